//! The actor of one connection: frames in, frames out. The only file that knows actix-web-actors.
//!
//! It takes from the outbox no more than the socket takes from it, so nothing piles up here.

use std::{
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Instant,
};

use actix::{Actor, ActorContext, AsyncContext, StreamHandler, fut::ActorFuture};
use actix_web::{
    Error, HttpRequest, HttpResponse,
    http::header::{self, HeaderMap},
    web::{self, Data, Payload},
};
use actix_web_actors::ws::{
    CloseCode, CloseReason, Message, ProtocolError, WebsocketContext, WsResponseBuilder,
};
use tokio::time::{Sleep, sleep_until};

use super::{
    connection::{Connection, Out},
    intake::{Intake, PROTOCOL_ERROR, ReadGate, TOO_LARGE},
    protocol::MESSAGE_BYTES_MAX,
    sockets::Sockets,
    watch::{Link, Socket, watch},
};
use crate::{
    domain::rejection::Rejection,
    http::{
        api::Api,
        problem::{EdgeError, Problem},
    },
    pipeline::feed::Close,
};

/// Only text is taken.
const NOT_TEXT: Close = Close { code: 1003, reason: "messages are JSON text" };
/// A text is not UTF-8.
const NOT_UTF8: Close = Close { code: 1007, reason: "messages are UTF-8" };

/// Bytes that are handed to the socket at a time.
const WRITE_BYTES: usize = 16 * 1024;
/// After so many polls the server has handed the close that was written before them to the system:
/// it may poll twice before it writes.
const POLLS_TO_FLUSH: u32 = 3;
/// How long a name a connection may have.
const CLIENT_ID_BYTES_MAX: usize = 64;

/// Serves `sockets` at `/ws/{client_id}`.
pub fn configure(sockets: Sockets) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
    move |cfg| {
        cfg.service(
            web::resource("/ws/{client_id}")
                .app_data(Data::new(sockets.clone()))
                .route(web::get().to(connect)),
        );
    }
}

async fn connect(
    request: HttpRequest,
    payload: Payload,
    sockets: Data<Sockets>,
    api: Data<Api>,
) -> Result<HttpResponse, Error> {
    check_client_id(request.match_info().get("client_id").unwrap_or_default())?;
    check_origin(request.headers(), &sockets.settings().origins)?;
    if sockets.is_stopping() {
        return Err(Problem::from(Rejection::Stopping).into());
    }
    let full = || Problem::from(Rejection::Overloaded).saying("too many connections are open");
    let place = sockets.take_place().ok_or_else(full)?;
    let outbox = place.outbox.clone();
    let settings = sockets.settings().clone();
    let link = Rc::new(Link::new(Instant::now()));
    let valve = Rc::new(ReadGate::default());
    let socket = request.conn_data::<Rc<Socket>>().cloned();
    let intake = Intake::new(payload, valve.clone(), outbox.clone(), settings.queue_max);
    let exchange = api.exchange.clone();
    let connection = Connection::new(api.into_inner(), place, Sockets::clone(&sockets));
    let watched = socket.as_ref().map(Rc::downgrade);
    let session =
        Session { connection, link: link.clone(), valve, socket, told: false, answered: false };
    let response =
        WsResponseBuilder::new(session, &request, intake).frame_size(MESSAGE_BYTES_MAX).start()?;
    actix::spawn(watch(link, outbox, watched, exchange, settings));
    Ok(response)
}

/// A connection's name: 1 to 64 of `[A-Za-z0-9_-]`. It grants nothing.
fn check_client_id(name: &str) -> Result<(), Problem> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let good = (1..=CLIENT_ID_BYTES_MAX).contains(&name.len()) && name.bytes().all(fits);
    match good {
        true => Ok(()),
        false => Err(Problem::field("client_id", "is not 1 to 64 of A-Z a-z 0-9 _ -")),
    }
}

/// A browser says which page connects. Ours may, and listed ones; programs do not say.
fn check_origin(headers: &HeaderMap, listed: &[String]) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let page = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    let own = page.zip(host).is_some_and(|(page, host)| page.eq_ignore_ascii_case(host));
    match own || listed.iter().any(|known| known == origin) {
        true => Ok(()),
        false => {
            Err(Problem::of(EdgeError::Forbidden).saying("pages of this origin may not connect"))
        }
    }
}

struct Session {
    connection: Connection,
    link: Rc<Link>,
    valve: Rc<ReadGate>,
    socket: Option<Rc<Socket>>,
    /// A close was sent.
    told: bool,
    /// A close was received.
    answered: bool,
}

impl Actor for Session {
    type Context = WebsocketContext<Session>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.spawn(Pump { closing: None, polls_since_close: 0 });
    }
}

impl StreamHandler<Result<Message, ProtocolError>> for Session {
    fn handle(&mut self, message: Result<Message, ProtocolError>, ctx: &mut Self::Context) {
        use actix_web_actors::ws::Message::{Binary, Close, Continuation, Nop, Ping, Pong, Text};
        self.link.heard.set(Instant::now());
        match message {
            Ok(Text(_)) if self.told => {}
            Ok(Text(text)) => self.connection.take(&text),
            Ok(Ping(payload)) => ctx.pong(&payload),
            Ok(Pong(_) | Nop) => {}
            Ok(Binary(_)) => self.refuse(NOT_TEXT),
            // The intake makes one message of the parts.
            Ok(Continuation(_)) => self.refuse(PROTOCOL_ERROR),
            Ok(Close(reason)) => {
                self.valve.shut.set(true);
                self.answered = true;
                if !std::mem::replace(&mut self.told, true) {
                    ctx.close(reason);
                }
            }
            Err(error) => self.refuse(self.valve.fault.take().unwrap_or(close_for(&error))),
        }
    }
}

/// What is wrong with a frame that the intake let through.
fn close_for(error: &ProtocolError) -> Close {
    match error {
        ProtocolError::Overflow => TOO_LARGE,
        // The text of a whole frame, as the only thing here that is read from bytes.
        ProtocolError::Io(_) => NOT_UTF8,
        _ => PROTOCOL_ERROR,
    }
}

impl Session {
    /// Takes nothing more, and says why.
    fn refuse(&self, close: Close) {
        self.valve.shut.set(true);
        self.connection.outbox().finish(close);
    }
}

/// Moves what waits in the outbox into the socket, as far as it takes it.
struct Pump {
    /// How long the peer may still take to answer our close.
    closing: Option<Pin<Box<Sleep>>>,
    polls_since_close: u32,
}

impl ActorFuture<Session> for Pump {
    type Output = ();

    fn poll(
        mut self: Pin<&mut Self>,
        session: &mut Session,
        ctx: &mut WebsocketContext<Session>,
        task: &mut Context<'_>,
    ) -> Poll<()> {
        if session.told {
            return self.finish(session, ctx, task);
        }
        if session.link.ping_due.take() {
            ctx.ping(b"");
        }
        let mut written = 0;
        while written < WRITE_BYTES {
            match session.connection.next(Instant::now(), task.waker()) {
                Out::Text(text) => {
                    written += text.len();
                    session.link.spoke.set(Instant::now());
                    ctx.text(&*text);
                }
                Out::Close(Close { code, reason }) => {
                    let description = Some(reason.to_owned());
                    ctx.close(Some(CloseReason { code: CloseCode::from(code), description }));
                    session.told = true;
                    return self.finish(session, ctx, task);
                }
                Out::Idle => {
                    if session.valve.held.take() {
                        // The peer's next message is read.
                        task.waker().wake_by_ref();
                    }
                    return Poll::Pending;
                }
            }
        }
        // The socket is asked first whether it takes more.
        task.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Pump {
    /// Waits for the peer's answer to a close, and ends. The server itself would leave the socket
    /// open for the peer to close it, and peers leave that to us.
    fn finish(
        &mut self,
        session: &mut Session,
        ctx: &mut WebsocketContext<Session>,
        task: &mut Context<'_>,
    ) -> Poll<()> {
        self.polls_since_close += 1;
        if self.polls_since_close < POLLS_TO_FLUSH {
            task.waker().wake_by_ref();
            return Poll::Pending;
        }
        if session.valve.shut.get()
            && let Some(socket) = &session.socket
        {
            socket.say_no_more();
        }
        let within = session.connection.close_within();
        let timer = self
            .closing
            .get_or_insert_with(|| Box::pin(sleep_until((Instant::now() + within).into())));
        if session.answered || timer.as_mut().poll(task).is_ready() {
            ctx.stop();
            return Poll::Ready(());
        }
        Poll::Pending
    }
}
