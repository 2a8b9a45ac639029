//! The watch over one connection, from outside of its actor.
//!
//! The server polls a connection's actor only as long as the peer takes what is written. So what
//! must happen to a peer that takes nothing happens here: after some silence it is pinged, after
//! more it is closed, and a peer that does not answer a close loses its socket.

use std::{
    any::Any,
    cell::Cell,
    net::{Shutdown, TcpStream},
    os::fd::AsFd,
    rc::{Rc, Weak},
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::dev::Extensions;

use super::{protocol, sockets::WsSettings};
use crate::{
    actors::exchange::Exchange,
    http::wire,
    pipeline::feed::{Close, Outbox},
};

/// The peer does not answer.
const SILENT: Close = Close { code: 4009, reason: "no answer to pings" };

/// What a session tells its watch, and the other way around.
#[derive(Debug)]
pub struct Link {
    /// When the peer was last heard.
    pub heard: Cell<Instant>,
    /// When something was last sent.
    pub spoke: Cell<Instant>,
    /// The peer is to be pinged.
    pub ping_due: Cell<bool>,
}

impl Link {
    /// Heard and spoke just now.
    pub fn new(now: Instant) -> Link {
        Link { heard: Cell::new(now), spoke: Cell::new(now), ping_due: Cell::new(false) }
    }
}

/// A connection's socket, to end it by.
#[derive(Debug)]
pub struct Socket(TcpStream);

impl Socket {
    /// Tells the peer that nothing more comes, behind what was written.
    pub fn say_no_more(&self) {
        // An error says that it has ended already.
        let _ = self.0.shutdown(Shutdown::Write);
    }

    fn end(&self) {
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

/// Keeps a second handle of each connection's socket, for [`actix_web::HttpServer::on_connect`].
pub fn remember_socket(connection: &dyn Any, extensions: &mut Extensions) {
    let Some(stream) = connection.downcast_ref::<actix_web::rt::net::TcpStream>() else { return };
    // Out of file handles: then the connection ends when the system gives it up.
    if let Ok(handle) = stream.as_fd().try_clone_to_owned() {
        extensions.insert(Rc::new(Socket(handle.into())));
    }
}

/// Watches until the session is gone.
pub async fn watch(
    link: Rc<Link>,
    outbox: Arc<Outbox>,
    socket: Option<Weak<Socket>>,
    exchange: Exchange,
    settings: WsSettings,
) {
    let tick = settings.heartbeat / 3;
    let mut pinged = Instant::now();
    let mut end_at: Option<Instant> = None;
    loop {
        tokio::time::sleep(tick.max(Duration::from_millis(1))).await;
        if Rc::strong_count(&link) == 1 {
            return;
        }
        let now = Instant::now();
        let silence = now.saturating_duration_since(link.heard.get());
        if end_at.is_none() && outbox.is_closing() {
            end_at = Some(now + settings.close_within);
        } else if end_at.is_none() && silence >= settings.silence_max {
            outbox.close(SILENT);
            end_at = Some(now + tick);
        } else if silence >= settings.heartbeat && now - pinged >= settings.heartbeat {
            pinged = now;
            link.ping_due.set(true);
            outbox.wake();
        }
        if end_at.is_none() && now - link.spoke.get() >= settings.heartbeat {
            let sequence = exchange.views().world().state.through;
            outbox.push(protocol::heartbeat(sequence.0, wire::time(exchange.now())));
        }
        if end_at.is_some_and(|end| end <= now)
            && let Some(socket) = socket.as_ref().and_then(Weak::upgrade)
        {
            socket.end();
        }
    }
}
