//! Deciding: a message goes in, letters come out.
//!
//! Each kind of entity that decides (wallets, books, boards of ads, P2P trades, the accounts, the
//! deadlines) is a [`Decider`]. It has two parts. Its *own* part is durable: it follows from facts and is a
//! part of [`State`](super::state::State). Its *flight* is what is under way and not durable yet: money that
//! is held back, commands that wait. A flight starts empty from any state, and ends with whoever leads.
//!
//! A decider reads no clock, sends nothing and writes nothing: time and what else it reads come in with
//! [`DecisionContext`], and what is to be sent or journaled goes out through [`Out`]. So actors, a single thread with
//! virtual time, and tests run the same rules.

pub mod accounts;
pub mod board;
pub mod book;
pub mod commit;
pub mod deadline;
pub mod issued;
pub mod route;
#[cfg(test)]
pub mod tests;
pub mod trade;
pub mod wallet;

use super::{
    fact::{Body, Cause, Fact},
    id::{BoardId, InstrumentId, OrderId, P2pTradeId, Stamp, UserId},
    instrument::{Instrument, Price},
    money::{Amount, Asset},
    order::{ClientOrderId, Side},
    p2p::{Rules, trade::P2pTrade},
    rejection::Rejection,
    wallet::{Limits, Wallet},
    world::World,
};

use self::{
    accounts::AccountsMessage, board::BoardMessage, book::BookMessage, deadline::DeadlineMessage,
    issued::IssuedTotal, trade::TradeMessage, wallet::WalletMessage,
};

/// Who waits for an answer, and what the command came with; deciders pass it along and look at its cause
/// alone.
pub trait ReplyTo: Sized {
    /// Who asked, and by which request.
    fn cause(&self) -> &Cause;
    /// Splits into `parts`, whose answers together make this one's, in their order.
    fn split(self, parts: usize) -> Vec<Self>;
    /// Nobody waits: the exchange does it by itself.
    fn nobody(cause: Cause) -> Self;
}

/// What a decision reads that is not its own. All of it is durable, so it has a lower number than the
/// fact that is decided. Nobody reads his own part here: it may be behind.
pub trait Reads {
    /// The best price of a side of a book. It sizes what is held back, and decides nothing: the book
    /// prices by its own best.
    fn best(&self, on: InstrumentId, side: Side) -> Option<Price>;
    /// How many instruments are listed; their ids count up from 0.
    fn instruments(&self) -> u16;
    /// Looks at an instrument, if it is listed.
    fn instrument<T>(&self, id: InstrumentId, look: impl FnOnce(&Instrument) -> T) -> Option<T>;
    /// Looks at the world; once a decision, and shortly.
    fn world<T>(&self, look: impl FnOnce(&World) -> T) -> T;
}

/// Where what was decided goes.
pub trait Out<R> {
    /// Takes a letter; letters to one addressee arrive in the order in which they are sent.
    fn send(&mut self, letter: Letter<R>);
}

impl<R> Out<R> for Vec<Letter<R>> {
    fn send(&mut self, letter: Letter<R>) {
        self.push(letter);
    }
}

/// Nobody is there: what goes out is dropped. For whoever follows, and decides nothing.
#[derive(Clone, Copy, Debug)]
pub struct Nobody;

impl<R> Out<R> for Nobody {
    fn send(&mut self, _: Letter<R>) {}
}

/// A message with its addressee.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Letter<R> {
    Journal(Entry<R>),
    Accounts(AccountsMessage<R>),
    Wallet(UserId, WalletMessage<R>),
    Book(InstrumentId, BookMessage<R>),
    Board(BoardId, BoardMessage<R>),
    P2pTrade(P2pTradeId, TradeMessage<R>),
    Deadlines(DeadlineMessage<R>),
    /// A wallet came to be, at this stamp: from now on it decides.
    StartWallet(Box<Wallet>, Stamp),
    /// A P2P trade was opened, at this stamp: from now on it decides.
    StartTrade(Box<P2pTrade>, Stamp),
}

/// One entry of the journal's queue: a fact, an answer, or both. An answer without a fact leaves behind
/// the facts that its decider had seen.
#[derive(Debug)]
pub struct Entry<R> {
    /// What happened.
    pub fact: Option<Fact>,
    /// What its wallet may spend again once this is durable.
    pub hold: Option<Hold>,
    /// The answer, and to whom.
    pub reply: Option<(R, Reply)>,
    /// The book whose cascade of stops this fact is a part of.
    pub cascade: Option<InstrumentId>,
}

impl<R: ReplyTo> Entry<R> {
    /// A fact that answers whoever asked for it.
    pub fn fact(stamp: Stamp, to: R, body: Body) -> Entry<R> {
        let fact = Fact { stamp, cause: to.cause().clone(), body };
        Entry { fact: Some(fact), hold: None, reply: Some((to, Reply::Done)), cascade: None }
    }

    /// A fact that time or the exchange itself caused.
    pub fn own_fact(stamp: Stamp, body: Body) -> Entry<R> {
        let fact = Fact { stamp, cause: Cause::default(), body };
        Entry { fact: Some(fact), hold: None, reply: None, cascade: None }
    }

    /// An answer without a fact.
    pub fn answer(to: R, reply: Reply) -> Entry<R> {
        Entry { fact: None, hold: None, reply: Some((to, reply)), cascade: None }
    }

    /// A refusal.
    pub fn refusal(to: R, rejection: Rejection) -> Entry<R> {
        Entry::answer(to, Reply::Refused(rejection))
    }
}

/// What is to be said to the one who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The entry's fact happened.
    Done,
    /// The order is there already.
    Existing(OrderId),
    /// Nothing to do, and nothing wrong.
    Nothing,
    /// A rule was broken; nothing changed.
    Refused(Rejection),
}

/// Money that a wallet holds back for a command under way, in memory only. It comes free with the
/// command's fact or refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Hold {
    pub user: UserId,
    pub asset: Asset,
    /// The most that the command may spend.
    pub amount: Amount,
    pub of: HoldOf,
}

/// What the money is held for, and what counts with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoldOf {
    /// A new order, which counts as open meanwhile, and whose name is taken.
    Order {
        /// Its client order id.
        name: Option<ClientOrderId>,
    },
    /// An amend of this order.
    Amend(OrderId),
    /// An ad that is published or grows.
    Ad,
    /// A take of an ad that buys.
    Take,
    /// A withdrawal.
    Withdrawal,
}

/// What is fixed for a message.
pub struct DecisionContext<'c, V> {
    /// The time. A decider's own stamps never go back, so it may stamp later than this.
    pub now: Stamp,
    /// What others have made durable.
    pub reads: &'c V,
    /// Bounds on a user.
    pub limits: &'c Limits,
    /// What settings say of P2P trading.
    pub p2p: &'c Rules,
    /// How much of each asset is issued.
    pub issued: &'c IssuedTotal,
    /// Whether durable facts are in a decider's own part before it is told of them: true where there is
    /// one world for all, false where each decider keeps a part of its own and folds them in itself.
    pub folded: bool,
}

/// The flight of an entity that decides; see the module.
pub trait Decider<R: ReplyTo> {
    /// Its durable part.
    type Own;
    /// What it can be told.
    type Message;

    /// Handles one message: changes the flight, sends letters, and makes its own facts a part of `own` at
    /// once, ahead of their durability, where nobody else writes to that part.
    fn handle<V: Reads>(
        &mut self,
        own: &mut Self::Own,
        message: Self::Message,
        context: &DecisionContext<'_, V>,
        out: &mut impl Out<R>,
    );

    /// Whether nothing is under way.
    fn is_idle(&self) -> bool;
}

/// The stamps of one decider: they never go back.
#[derive(Clone, Copy, Debug)]
pub struct Stamps(Stamp);

impl Stamps {
    /// None before `since`.
    pub fn since(since: Stamp) -> Stamps {
        Stamps(since)
    }

    /// A stamp for `now`.
    pub fn at(&mut self, now: Stamp) -> Stamp {
        self.0 = self.0.max(now);
        self.0
    }
}
