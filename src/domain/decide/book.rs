//! A book decides: what becomes of orders. It numbers them and makes its own facts a part of itself while
//! it decides. Money travels in with each command and back with each refusal; the book itself owns none.

use std::collections::VecDeque;

use super::{
    Decider, DecisionContext, Entry, Hold, Letter, Out, Reads, Reply, ReplyTo, Stamps,
    wallet::WalletMessage,
};
use crate::domain::{
    book::Book,
    command::OrderName,
    fact::{Body, BookAction, BookFact},
    id::{InstrumentId, OrderId, Stamp, UserId},
    instrument::{Price, Quantity},
    ledger::Transaction,
    money::Amount,
    order::{OrderReason, PlaceOrder},
    rejection::Rejection,
};

/// How many facts of a cascade of stops may be on their way to the disk at once. Beyond it the book
/// keeps its commands waiting: stops come first.
pub const CASCADE_MAX: usize = 256;

/// What a book can be told.
#[derive(Debug)]
pub enum BookMessage<R> {
    /// A command, from the wallet of its user.
    Command(BookCommand<R>),
    /// So many facts of this book's cascade are durable.
    CascadeDurable(usize),
    /// It decides from now on: stops may have been due when the process ended.
    Begin,
}

/// A command for a book.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct BookCommand<R> {
    pub user: UserId,
    pub to: R,
    /// What the user's wallet holds back for it.
    pub hold: Option<Hold>,
    pub ask: BookRequest,
}

/// What is asked of a book.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum BookRequest {
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
        reason: OrderReason,
        firing: Option<u32>,
    },
}

/// What is under way at a book.
#[derive(Debug)]
pub struct BookFlight<R> {
    stamps: Stamps,
    /// Facts of a cascade that are not durable yet.
    cascading: usize,
    /// Commands that wait until due stops are done; bounded by the door's permits.
    waiting: VecDeque<BookCommand<R>>,
}

impl<R> BookFlight<R> {
    /// Nothing under way; no stamp before `since`, the latest of any fact.
    pub fn new(since: Stamp) -> BookFlight<R> {
        BookFlight { stamps: Stamps::since(since), cascading: 0, waiting: VecDeque::new() }
    }
}

impl<R: ReplyTo> Decider<R> for BookFlight<R> {
    type Own = Book;
    type Message = BookMessage<R>;

    fn handle<V: Reads>(
        &mut self,
        book: &mut Book,
        message: BookMessage<R>,
        context: &DecisionContext<'_, V>,
        out: &mut impl Out<R>,
    ) {
        match message {
            BookMessage::Command(command) => self.waiting.push_back(command),
            BookMessage::CascadeDurable(count) => {
                self.cascading = self
                    .cascading
                    .checked_sub(count)
                    .expect("invariant: no more of a cascade is durable than there was");
            }
            BookMessage::Begin => {}
        }
        let stamp = self.stamps.at(context.now);
        while self.cascade(book, stamp, out) {
            match self.waiting.pop_front() {
                Some(command) => decide(book, command, stamp, out),
                None => return,
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.cascading == 0 && self.waiting.is_empty()
    }
}

impl<R: ReplyTo> BookFlight<R> {
    /// Makes due stops live, as many as may be on their way. `false`: some are still due.
    fn cascade(&mut self, book: &mut Book, stamp: Stamp, out: &mut impl Out<R>) -> bool {
        while book.due_stop().is_some() {
            if self.cascading >= CASCADE_MAX {
                return false;
            }
            let Some(fact) = book.trigger(stamp) else { return true };
            self.cascading += 1;
            let cascade = Some(book.instrument().id);
            out.send(Letter::Journal(Entry {
                cascade,
                ..Entry::own_fact(stamp, Body::Book(fact))
            }));
        }
        true
    }
}

fn decide<R: ReplyTo>(
    book: &mut Book,
    command: BookCommand<R>,
    stamp: Stamp,
    out: &mut impl Out<R>,
) {
    let BookCommand { user, to, hold, ask } = command;
    let budget = hold.as_ref().map_or(0, |hold| hold.amount.get());
    let decided = match ask {
        BookRequest::Place(order) => book.place(user, &order, Amount::new(budget), stamp),
        BookRequest::Amend { order, price, quantity } => {
            book.amend(user, order, price, quantity, Amount::new(budget), stamp)
        }
        BookRequest::Cancel(name) => cancel(book, user, name, stamp),
        BookRequest::CancelAll { reason, firing } => {
            return cancel_all(book, (user, to), reason, firing, stamp, out);
        }
        BookRequest::Test(order) => {
            let checked = book.check_place(&order);
            let reply = checked.map_or_else(Reply::Refused, |()| Reply::Nothing);
            return out.send(Letter::Journal(Entry::answer(to, reply)));
        }
    };
    out.send(match (decided, hold) {
        (Ok(fact), hold) => {
            Letter::Journal(Entry { hold, ..Entry::fact(stamp, to, Body::Book(fact)) })
        }
        (Err(rejection), Some(hold)) => {
            Letter::Wallet(user, WalletMessage::Refused { to, rejection, hold })
        }
        (Err(rejection), None) => Letter::Journal(Entry::refusal(to, rejection)),
    });
}

fn cancel(
    book: &mut Book,
    user: UserId,
    name: OrderName,
    stamp: Stamp,
) -> Result<Box<BookFact>, Rejection> {
    let id = match name {
        OrderName::Id(id) => Some(id),
        OrderName::Client(client) => {
            let named = |id: &Option<_>| id.as_ref() == Some(&client);
            book.of_user(user).find(|o| named(&o.client_order_id)).map(|o| o.id)
        }
    };
    book.cancel(user, id.ok_or(Rejection::OrderNotFound)?, stamp)
}

fn cancel_all<R: ReplyTo>(
    book: &mut Book,
    (user, to): (UserId, R),
    reason: OrderReason,
    firing: Option<u32>,
    stamp: Stamp,
    out: &mut impl Out<R>,
) {
    let decided = book.cancel_all(user, reason, stamp);
    // A key is remembered by a fact, so a cancel of nothing needs one as well.
    let keyed = to.cause().key.is_some();
    let fact = decided.or_else(|| keyed.then(|| nothing_cancelled(book.instrument().id)));
    out.send(Letter::Journal(match fact {
        Some(fact) => Entry::fact(stamp, to, Body::Book(fact)),
        None => Entry::answer(to, Reply::Nothing),
    }));
    if let Some(epoch) = firing {
        out.send(Letter::Wallet(user, WalletMessage::SwitchCancelled { epoch }));
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
