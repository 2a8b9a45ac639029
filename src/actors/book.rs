//! An order book as an actor: it decides what becomes of orders, numbers them, and applies its own
//! facts at once, ahead of their durability. Money travels in with each command and back with each
//! refusal; the book itself owns none.

use std::collections::VecDeque;

use actix::{Actor, Context, Handler, Message, MessageResult};

use super::{
    answer::Ticket,
    clock::Stamps,
    fatal,
    journal::{Entry, Reply, SetAside},
    wallet::{DigestPart, Refused, SwitchCancelled},
    wiring::Wiring,
};
use crate::domain::{
    book::Book,
    command::OrderName,
    fact::{Body, BookAction, BookFact, Cause},
    id::{InstrumentId, OrderId, Stamp, UserId},
    instrument::{Price, Quantity},
    ledger::Transaction,
    order::{PlaceOrder, Reason},
    rejection::Rejection,
};

/// How many facts of a cascade of stops may be on their way to the disk at once. Beyond it the book
/// keeps its commands waiting: stops come first.
pub const CASCADE_MAX: usize = 256;

/// A command for a book, from the wallet of its user.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub(super) struct BookCommand {
    pub user: UserId,
    pub ticket: Ticket,
    pub set_aside: Option<SetAside>,
    pub ask: Ask,
}

/// What is asked of a book.
#[derive(Debug)]
pub(super) enum Ask {
    Place(PlaceOrder),
    Test(PlaceOrder),
    Amend {
        order: OrderId,
        price: Option<Price>,
        quantity: Option<Quantity>,
    },
    Cancel(OrderName),
    /// `firing` is the epoch of the switch that asks; its wallet is told when it is done.
    CancelAll {
        reason: Reason,
        firing: Option<u32>,
    },
}

/// The actor.
pub(super) struct BookActor {
    book: Book,
    wiring: Wiring,
    stamps: Stamps,
    /// Facts of a cascade that are not durable yet.
    cascading: usize,
    /// Commands that wait until due stops are done; bounded by the door's permits.
    waiting: VecDeque<BookCommand>,
}

impl BookActor {
    /// `since` is the latest stamp of any fact: a book's stamps never go backwards.
    pub(super) fn new(book: Book, wiring: Wiring, since: Stamp) -> BookActor {
        let stamps = Stamps::new(wiring.clock.clone(), since);
        BookActor { book, wiring, stamps, cascading: 0, waiting: VecDeque::new() }
    }

    fn id(&self) -> InstrumentId {
        self.book.instrument().id
    }

    fn decide(&mut self, command: BookCommand) {
        let BookCommand { user, ticket, set_aside, ask } = command;
        let stamp = self.stamps.stamp();
        let purse = set_aside.as_ref().map_or(0, |set_aside| set_aside.amount);
        let decided = match ask {
            Ask::Place(order) => self.book.place(user, &order, purse, stamp),
            Ask::Amend { order, price, quantity } => {
                self.book.amend(user, order, price, quantity, purse, stamp)
            }
            Ask::Cancel(name) => self.cancel(user, name, stamp),
            Ask::CancelAll { reason, firing } => {
                return self.cancel_all(user, ticket, reason, firing, stamp);
            }
            Ask::Test(order) => {
                let reply = match self.book.check_place(&order) {
                    Ok(()) => Reply::Nothing,
                    Err(rejection) => Reply::Refused(rejection),
                };
                return self.wiring.journal.put(Entry::answer(ticket, reply));
            }
        };
        match (decided, set_aside) {
            (Ok(fact), set_aside) => {
                let entry = Entry::fact(stamp, ticket, Body::Book(fact));
                self.wiring.journal.put(Entry { set_aside, ..entry });
            }
            (Err(rejection), Some(set_aside)) => {
                let refused = Refused { ticket, rejection, set_aside };
                self.wiring.directory.tell_wallet(user, refused);
            }
            (Err(rejection), None) => {
                self.wiring.journal.put(Entry::answer(ticket, Reply::Refused(rejection)));
            }
        }
    }

    fn cancel(
        &mut self,
        user: UserId,
        name: OrderName,
        stamp: Stamp,
    ) -> Result<Box<BookFact>, Rejection> {
        let id = match name {
            OrderName::Id(id) => Some(id),
            OrderName::Client(client) => {
                let named = |id: &Option<_>| id.as_ref() == Some(&client);
                self.book.of_user(user).find(|o| named(&o.client_order_id)).map(|o| o.id)
            }
        };
        self.book.cancel(user, id.ok_or(Rejection::OrderNotFound)?, stamp)
    }

    fn cancel_all(
        &mut self,
        user: UserId,
        ticket: Ticket,
        reason: Reason,
        firing: Option<u32>,
        stamp: Stamp,
    ) {
        let decided = self.book.cancel_all(user, reason, stamp);
        // A key is remembered by a fact, so a cancel of nothing needs one as well.
        let keyed = ticket.cause.key.is_some();
        let fact = decided.or_else(|| keyed.then(|| nothing_cancelled(self.id())));
        let entry = match fact {
            Some(fact) => Entry::fact(stamp, ticket, Body::Book(fact)),
            None => Entry::answer(ticket, Reply::Nothing),
        };
        self.wiring.journal.put(entry);
        if let Some(epoch) = firing {
            self.wiring.directory.tell_wallet(user, SwitchCancelled { epoch });
        }
    }

    /// Makes due stops live, as many as may be on their way. `false`: some are still due.
    fn cascade(&mut self) -> bool {
        while self.book.due_stop().is_some() {
            if self.cascading >= CASCADE_MAX {
                return false;
            }
            let stamp = self.stamps.stamp();
            let Some(fact) = self.book.trigger(stamp) else { return true };
            self.cascading += 1;
            let entry = Entry::own_fact(stamp, Cause::default(), Body::Book(fact));
            self.wiring.journal.put(Entry { cascade: Some(self.id()), ..entry });
        }
        true
    }

    fn work(&mut self) {
        while self.cascade() {
            match self.waiting.pop_front() {
                Some(command) => self.decide(command),
                None => return,
            }
        }
    }
}

fn nothing_cancelled(instrument: InstrumentId) -> Box<BookFact> {
    Box::new(BookFact {
        instrument,
        action: BookAction::CancelledAll,
        orders: Vec::new(),
        changes: Default::default(),
        fills: Vec::new(),
        levels: Default::default(),
        transaction: Transaction::default(),
    })
}

impl Actor for BookActor {
    type Context = Context<Self>;

    /// Stops may have been due when the process ended.
    fn started(&mut self, _: &mut Context<Self>) {
        self.work();
    }
}

impl Handler<BookCommand> for BookActor {
    type Result = ();

    fn handle(&mut self, command: BookCommand, _: &mut Context<Self>) {
        self.waiting.push_back(command);
        self.work();
    }
}

/// So many facts of this book's cascade are durable.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct CascadeDurable(pub usize);

impl Handler<CascadeDurable> for BookActor {
    type Result = ();

    fn handle(&mut self, CascadeDurable(count): CascadeDurable, _: &mut Context<Self>) {
        match self.cascading.checked_sub(count) {
            Some(left) => self.cascading = left,
            None => fatal("more of a cascade is durable than there was"),
        }
        self.work();
    }
}

impl Handler<DigestPart> for BookActor {
    type Result = MessageResult<DigestPart>;

    fn handle(&mut self, _: DigestPart, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.book.digest())
    }
}
