//! All open WebSockets: how many there may be, and how they are closed when the server stops.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use dashmap::DashMap;
use tokio::sync::Notify;

use crate::pipeline::feed::{Close, Outbox};

/// The server stops.
const STOPPING: Close = Close { code: 1001, reason: "the server is stopping" };

/// What an operator may choose, and times that tests shorten.
#[derive(Clone, Debug)]
pub struct WsSettings {
    /// Connections open at once; more are refused.
    pub connections_max: usize,
    /// Messages that may wait for one connection before it is closed.
    pub queue_max: usize,
    /// Origins whose pages may connect, besides our own.
    pub origins: Vec<String>,
    /// After how much silence the peer is pinged, and told that we are here.
    pub heartbeat: Duration,
    /// After how much silence of the peer the connection is closed.
    pub silence_max: Duration,
    /// How long a peer may take to answer a close.
    pub close_within: Duration,
}

impl Default for WsSettings {
    fn default() -> WsSettings {
        WsSettings {
            connections_max: 10_000,
            queue_max: 1_000,
            origins: Vec::new(),
            heartbeat: Duration::from_secs(15),
            silence_max: Duration::from_secs(60),
            close_within: Duration::from_secs(5),
        }
    }
}

/// The open WebSockets; clones are the same.
#[derive(Clone, Debug)]
pub struct Sockets(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: WsSettings,
    count: AtomicUsize,
    next: AtomicU64,
    open: DashMap<u64, Arc<Outbox>>,
    stopping: AtomicBool,
    closed: Notify,
}

/// A connection's place; dropping it frees the place.
#[derive(Debug)]
pub(super) struct ConnectionSlot {
    sockets: Sockets,
    id: u64,
    /// What waits for the connection.
    pub outbox: Arc<Outbox>,
}

impl Sockets {
    /// None is open yet.
    pub fn new(settings: WsSettings) -> Sockets {
        Sockets(Arc::new(Inner {
            settings,
            count: AtomicUsize::new(0),
            next: AtomicU64::new(0),
            open: DashMap::new(),
            stopping: AtomicBool::new(false),
            closed: Notify::new(),
        }))
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.0.count.load(Ordering::SeqCst)
    }

    /// Tells every connection that the server stops, after what waits for it; takes no new one. What
    /// was to be cancelled with a connection stays.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::SeqCst);
        self.0.open.iter().for_each(|outbox| outbox.finish(STOPPING));
    }

    /// Waits until no connection is open.
    pub async fn closed(&self) {
        loop {
            let closed = self.0.closed.notified();
            tokio::pin!(closed);
            closed.as_mut().enable();
            if self.count() == 0 {
                return;
            }
            closed.await;
        }
    }

    pub(super) fn settings(&self) -> &WsSettings {
        &self.0.settings
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::SeqCst)
    }

    /// A place for one more connection, if there is one.
    pub(super) fn take_place(&self) -> Option<ConnectionSlot> {
        let inner = &self.0;
        let outbox = Arc::new(Outbox::new(inner.settings.queue_max));
        let id = inner.next.fetch_add(1, Ordering::SeqCst);
        let before = inner.count.fetch_add(1, Ordering::SeqCst);
        let place = ConnectionSlot { sockets: self.clone(), id, outbox };
        if before >= inner.settings.connections_max {
            return None;
        }
        inner.open.insert(id, place.outbox.clone());
        // Who stops first marks and then looks; this is first seen and then looks for the mark.
        match self.is_stopping() {
            true => None,
            false => Some(place),
        }
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let inner = &self.sockets.0;
        inner.open.remove(&self.id);
        if inner.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            inner.closed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix::test]
    async fn places_are_bounded_and_none_is_given_once_it_stops() {
        let sockets = Sockets::new(WsSettings { connections_max: 2, ..WsSettings::default() });
        let first = sockets.take_place().unwrap();
        let second = sockets.take_place().unwrap();
        assert!(sockets.take_place().is_none());
        drop(first);
        let third = sockets.take_place().unwrap();
        sockets.stop();
        assert!(second.outbox.is_closing() && third.outbox.is_closing());
        drop((second, third));
        assert!(sockets.take_place().is_none());
        sockets.closed().await;
    }
}
