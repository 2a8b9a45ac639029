//! Orders over a connection: commands enter the exchange in the order of their frames, and none
//! waits for the answer of the one before.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use tokio::sync::mpsc;

use super::{
    protocol::{self, Id, ProtocolError, Refusal},
    sockets::Sockets,
};
use crate::{
    actors::exchange::Exchange,
    domain::{
        command::{CancelReason, Command, OrderName, Request},
        fact::BookAction,
        id::{InstrumentId, RequestId, UserId},
        outcome::{Answer, Done, Outcome},
        rejection::Rejection,
        world::World,
    },
    http::{
        orderbook::{existing_order, not_open},
        wire,
    },
    pipeline::feed::Outbox,
};

/// Commands of one connection that may be under way.
const IN_FLIGHT_MAX: usize = 512;
/// How long to wait before a full exchange is asked again to cancel what a connection left.
const CANCEL_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// The way of a connection's commands into the exchange.
pub struct Entry {
    commands: mpsc::UnboundedSender<Waiting>,
    shared: Rc<Shared>,
}

struct Shared {
    exchange: Exchange,
    outbox: Arc<Outbox>,
    in_flight: Cell<usize>,
    /// Whose open orders end with the connection.
    cancel_for: RefCell<Option<UserId>>,
    sockets: Sockets,
}

struct Waiting {
    id: Id,
    by: UserId,
    command: Command,
}

impl Entry {
    /// The way of one connection; what is in it is done even after the connection has ended.
    pub fn start(exchange: Exchange, outbox: Arc<Outbox>, sockets: Sockets) -> Entry {
        let (commands, waiting) = mpsc::unbounded_channel();
        let (in_flight, cancel_for) = (Cell::new(0), RefCell::new(None));
        let shared = Rc::new(Shared { exchange, outbox, in_flight, cancel_for, sockets });
        actix::spawn(enter_all(shared.clone(), waiting));
        Entry { commands, shared }
    }

    /// Sends a command on its way; its answer goes into the outbox.
    pub fn send(&self, id: Id, by: UserId, command: Command) -> Result<(), Refusal> {
        let in_flight = &self.shared.in_flight;
        if in_flight.get() >= IN_FLIGHT_MAX {
            return Err(ProtocolError::TooManyInFlight.into());
        }
        in_flight.set(in_flight.get() + 1);
        if self.commands.send(Waiting { id, by, command }).is_err() {
            return Err(Rejection::Stopping.into());
        }
        Ok(())
    }

    /// Says whether the open orders of `user` are cancelled once the connection has ended.
    pub fn cancel_at_end(&self, user: UserId, cancel: bool) {
        self.shared.cancel_for.replace(cancel.then_some(user));
    }
}

async fn enter_all(shared: Rc<Shared>, mut waiting: mpsc::UnboundedReceiver<Waiting>) {
    while let Some(Waiting { id, by, command }) = waiting.recv().await {
        let request = RequestId(rand::random());
        let cancelled = match &command {
            Command::Cancel(name) => Some(name.clone()),
            _ => None,
        };
        let asked = Request { by: Some(by), request, key: None, command };
        match shared.exchange.enter(asked).await {
            Err(rejection) => shared.tell(&id, by, cancelled, Err(rejection)),
            Ok(entered) => {
                let shared = shared.clone();
                actix::spawn(async move {
                    let answer = entered.answer().await;
                    shared.tell(&id, by, cancelled, answer);
                });
            }
        }
    }
    let user = *shared.cancel_for.borrow();
    if let Some(user) = user {
        cancel_what_is_left(&shared, user).await;
    }
}

/// Cancels the user's open orders, however full the exchange is; not when the server stops.
async fn cancel_what_is_left(shared: &Shared, user: UserId) {
    while !shared.sockets.is_stopping() {
        let request = RequestId(rand::random());
        let command = Command::CancelAll { instrument: None, reason: CancelReason::Switch };
        let asked = Request { by: Some(user), request, key: None, command };
        match shared.exchange.submit(asked).await {
            Err(Rejection::Overloaded | Rejection::TooManyInFlight) => {
                tokio::time::sleep(CANCEL_AGAIN_AFTER).await;
            }
            Err(Rejection::Stopping) => return,
            Err(rejection) => {
                let code = rejection.code();
                tracing::warn!(user = user.0, code, "orders of an ended connection stay open");
                return;
            }
            Ok(_) => return,
        }
    }
}

impl Shared {
    fn tell(&self, id: &Id, by: UserId, cancelled: Option<OrderName>, answer: Answer) {
        self.in_flight.set(self.in_flight.get().saturating_sub(1));
        let said = match answer {
            Ok(outcome) => self.done(id, by, &outcome),
            Err(Rejection::OrderNotFound) => {
                Err(missing(&self.exchange.views().world(), by, cancelled))
            }
            Err(rejection) => Err(rejection),
        };
        self.outbox.push(said.unwrap_or_else(|rejection| Refusal::from(rejection).text(id)));
    }

    /// What is said of a command that was done.
    fn done(&self, id: &Id, by: UserId, outcome: &Outcome) -> Result<String, Rejection> {
        let instruments = self.exchange.feed().instruments();
        let on = |id: InstrumentId| {
            instruments.get(usize::from(id.0)).ok_or(Rejection::InstrumentNotFound)
        };
        let sequence = outcome.sequence;
        match &outcome.done {
            Done::Fact(fact) => {
                let book = fact.book().ok_or(Rejection::OrderNotFound)?;
                let on = on(book.instrument)?;
                Ok(match book.action {
                    BookAction::Cancelled => {
                        protocol::cancelled(id, wire::Order::of(&book.orders[0], on), sequence.0)
                    }
                    _ => protocol::placed(id, wire::Placed::of(sequence, book, on)),
                })
            }
            Done::Existing(order) => {
                let on = on(order.instrument())?;
                let world = self.exchange.views().world();
                Ok(protocol::placed(id, existing_order(&world, by, *order, on, sequence)?))
            }
            // Neither a place nor a cancel is answered by these.
            Done::Nothing | Done::Parts(_) => Err(Rejection::OrderNotFound),
        }
    }
}

/// Why an order that its book does not know cannot be cancelled.
fn missing(world: &World, by: UserId, name: Option<OrderName>) -> Rejection {
    let id = match name {
        Some(OrderName::Id(id)) => Some(id),
        Some(OrderName::Client(name)) => {
            let wallet = world.state.wallet(by);
            wallet.and_then(|wallet| wallet.client_order(&name)).map(|known| known.order)
        }
        None => None,
    };
    id.map_or(Rejection::OrderNotFound, |id| not_open(world, by, id))
}
