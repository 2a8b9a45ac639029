//! Facts: what has happened. One record of the journal each; state is a fold over them.
//!
//! A fact carries after-values, postings and causes, so that views, feeds and the mirror need to ask
//! nobody, and so that applying can check its own figures against the carried ones.

#![deny(clippy::wildcard_enum_match_arm)]

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{
    account::{Role, User},
    id::{BoardId, InstrumentId, OrderId, RequestId, Stamp, UserId},
    instrument::{Instrument, Price, Quantity},
    ledger::{Posting, Transaction},
    money::{Amount, Asset},
    order::{Fill, Order, Side},
    p2p::{
        ad::AdFact,
        contact::ContactChange,
        fiat::Fiat,
        trade::{MessageFact, P2pTradeFact, ReviewFact},
    },
};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Fact {
    /// When its actor decided it; never goes backwards within one actor.
    pub stamp: Stamp,
    pub cause: Cause,
    pub body: Body,
}

/// Who asked, and by which request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// `None` where time or the exchange itself was the cause.
    pub by: Option<UserId>,
    /// What logs and the answer call the request; zero where there was none.
    pub request: RequestId,
    /// The idempotency key that this fact uses up.
    pub key: Option<KeyUse>,
}

/// An idempotency key, as it is remembered: two hashes, never a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyUse {
    /// Hash of user, method, path and key.
    pub key: [u8; 16],
    /// HMAC of the body that came with it.
    pub body: [u8; 16],
    /// How many facts the command becomes (a cancel-all has one for each book).
    pub parts: u16,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Body {
    /// An instrument was listed; its id is the next free one.
    InstrumentListed(Instrument),
    /// Fees, least notional, band or protection of an instrument changed.
    InstrumentChanged(Instrument),
    /// A user came to be, with a wallet and its grants.
    UserRegistered {
        user: User,
        transaction: Transaction,
    },
    /// A password was changed; tokens of earlier versions are dead.
    PasswordChanged {
        user: UserId,
        password_hash: String,
        token_version: u32,
    },
    /// All tokens given out before are dead.
    LoggedOut {
        user: UserId,
        token_version: u32,
    },
    ProfileChanged {
        user: UserId,
        email: String,
        full_name: Option<String>,
    },
    RoleChanged {
        user: UserId,
        role: Role,
    },
    FreezeChanged {
        user: UserId,
        frozen: bool,
    },
    /// Simulated money came in. `counted` says whether it counts against the day's bound.
    Deposited {
        user: UserId,
        asset: Asset,
        amount: Amount,
        counted: bool,
        transaction: Transaction,
    },
    /// Simulated money went out.
    Withdrawn {
        user: UserId,
        asset: Asset,
        amount: Amount,
        transaction: Transaction,
    },
    /// An order book changed.
    Book(Box<BookFact>),
    /// A dead man's switch was set to `deadline`, or disarmed (`None`).
    SwitchArmed {
        user: UserId,
        deadline: Option<Stamp>,
        epoch: u32,
    },
    /// A switch fired; its cancels are facts before this one.
    SwitchFired {
        user: UserId,
        epoch: u32,
    },
    /// Notifications up to and including `through` were read.
    NotificationsRead {
        user: UserId,
        through: u64,
    },
    /// A manual clock was moved.
    ClockMoved {
        to: Stamp,
    },
    /// Open deadlines moved by the time in which the exchange was down.
    DowntimeShifted {
        since: Stamp,
        millis: i64,
    },
    /// A board of ads came to be; its id is the next free one.
    BoardListed {
        board: BoardId,
        asset: Asset,
        fiat: Fiat,
    },
    /// An ad came to be, changed or ended.
    P2pAd(Box<AdFact>),
    /// A P2P trade was opened, changed or ended.
    P2pTrade(Box<P2pTradeFact>),
    /// Somebody wrote into the chat of a P2P trade.
    P2pMessage(MessageFact),
    /// One party of a completed P2P trade judged the other.
    Reviewed(ReviewFact),
    /// A user's payment accounts, blocks or favourites changed.
    ContactChanged {
        user: UserId,
        change: ContactChange,
    },
}

/// What a command did to one book, whole: the orders it touched, what they traded, who paid whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookFact {
    /// Which book.
    pub instrument: InstrumentId,
    /// What was asked of it.
    pub action: BookAction,
    /// Each touched order as it is afterwards. For all actions but a cancel of many, the first is
    /// the order that the command was about.
    pub orders: Vec<Order>,
    /// What to do to the book, in order.
    pub changes: SmallVec<[Change; 4]>,
    /// The fills, in the order in which they happened.
    pub fills: Vec<Fill>,
    /// Each touched level with what it shows afterwards; zero where it is gone.
    pub levels: SmallVec<[Level; 4]>,
    /// Who paid whom.
    pub transaction: Transaction,
}

/// What a book was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum BookAction {
    Placed,
    Amended,
    Cancelled,
    /// All open orders of a user, as one fact.
    CancelledAll,
    /// A stop became live, since the last price reached it.
    Triggered,
}

impl BookAction {
    /// Every action, in their order.
    pub const ALL: [BookAction; 5] = [
        BookAction::Placed,
        BookAction::Amended,
        BookAction::Cancelled,
        BookAction::CancelledAll,
        BookAction::Triggered,
    ];
}

/// The primitives by which a book changes. Orders that rest or wait are found in the fact's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Change {
    /// An order goes to the back of its price's queue.
    Rest(OrderId),
    /// A stop begins to wait.
    Wait(OrderId),
    /// A resting order keeps its place and loses this much of what it shows and of what it hides.
    Reduce { order: OrderId, shown: Quantity, hidden: Quantity },
    /// An iceberg shows anew, at the back of the queue.
    Requeue { order: OrderId, shown: Quantity },
    /// A resting or waiting order leaves.
    Remove(OrderId),
    /// The price of the last trade.
    SetLast(Price),
}

/// What a price level shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Level {
    pub side: Side,
    pub price: Price,
    pub quantity: Quantity,
}

impl Fact {
    /// The postings it carries.
    pub fn postings(&self) -> &[Posting] {
        match &self.body {
            Body::UserRegistered { transaction, .. }
            | Body::Deposited { transaction, .. }
            | Body::Withdrawn { transaction, .. } => transaction.postings(),
            Body::Book(book) => book.transaction.postings(),
            Body::P2pAd(ad) => ad.transaction.postings(),
            Body::P2pTrade(trade) => trade.transaction.postings(),
            Body::InstrumentListed(_)
            | Body::InstrumentChanged(_)
            | Body::PasswordChanged { .. }
            | Body::LoggedOut { .. }
            | Body::ProfileChanged { .. }
            | Body::RoleChanged { .. }
            | Body::FreezeChanged { .. }
            | Body::SwitchArmed { .. }
            | Body::SwitchFired { .. }
            | Body::NotificationsRead { .. }
            | Body::ClockMoved { .. }
            | Body::DowntimeShifted { .. }
            | Body::BoardListed { .. }
            | Body::P2pMessage(_)
            | Body::Reviewed(_)
            | Body::ContactChanged { .. } => &[],
        }
    }

    /// The users whose wallet it touches, each once.
    pub fn wallets(&self) -> SmallVec<[UserId; 4]> {
        let mut users = SmallVec::new();
        let mut add = |user: UserId| users.push(user);
        match &self.body {
            Body::UserRegistered { user, .. } => add(user.id),
            Body::FreezeChanged { user, .. }
            | Body::Deposited { user, .. }
            | Body::Withdrawn { user, .. }
            | Body::SwitchArmed { user, .. }
            | Body::SwitchFired { user, .. } => add(*user),
            Body::Book(book) => book.orders.iter().for_each(|o| add(o.user)),
            Body::P2pAd(_) | Body::P2pTrade(_) => {
                self.postings().iter().filter_map(|p| p.account.user()).for_each(add);
            }
            Body::InstrumentListed(_)
            | Body::InstrumentChanged(_)
            | Body::PasswordChanged { .. }
            | Body::LoggedOut { .. }
            | Body::ProfileChanged { .. }
            | Body::RoleChanged { .. }
            | Body::NotificationsRead { .. }
            | Body::ClockMoved { .. }
            | Body::DowntimeShifted { .. }
            | Body::BoardListed { .. }
            | Body::P2pMessage(_)
            | Body::Reviewed(_)
            | Body::ContactChanged { .. } => {}
        }
        users.sort_unstable();
        users.dedup();
        users
    }

    /// The book fact in it, if it is one.
    pub fn book(&self) -> Option<&BookFact> {
        if let Body::Book(book) = &self.body { Some(book) } else { None }
    }
}
