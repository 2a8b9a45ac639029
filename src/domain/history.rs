//! What people look back at: prints, candles, their own closed orders, trades, postings and
//! notifications. A fold over facts, like the state, and bounded: the newest of each. No decision
//! looks in here, and it is in no digest; older history is in the journal's archive.

use serde::{Deserialize, Serialize};

use super::{
    audience,
    fact::{Body, BookFact, Fact},
    id::{AdId, ById, InstrumentId, OrderId, P2pTradeId, Sequence, Stamp, TradeId, UserId},
    instrument::{Price, Quantity},
    ledger::Account,
    money::{Amount, Asset},
    order::{Fill, Order, OrderReason, OrderStatus, Side},
    p2p::{history::P2pHistory, machine::Action, trade::TradeState},
    wallet::CLOSED_ORDERS_MAX,
    window::Window,
};
use crate::domain::code::codes;

/// How much is kept, for each instrument or user.
pub const TRADES_MAX: usize = 1_000;
/// See [`TRADES_MAX`]; a day of minutes and some more.
pub const CANDLES_MAX: usize = 1_500;
/// See [`TRADES_MAX`].
pub const OWN_TRADES_MAX: usize = 1_000;
/// See [`TRADES_MAX`].
pub const POSTINGS_MAX: usize = 2_000;
/// See [`TRADES_MAX`].
pub const NOTIFICATIONS_MAX: usize = 200;

/// A public print of one fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Print {
    pub trade: TradeId,
    pub sequence: Sequence,
    pub stamp: Stamp,
    pub price: Price,
    pub quantity: Quantity,
    pub notional: Amount,
    pub taker_side: Side,
}

/// The spans that candles are kept for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Interval {
    M1,
    M5,
    M15,
    H1,
    H4,
    D1,
}

codes!(Interval {
    M1 => "1m",
    M5 => "5m",
    M15 => "15m",
    H1 => "1h",
    H4 => "4h",
    D1 => "1d",
});

impl Interval {
    /// Its length.
    pub fn millis(self) -> i64 {
        60_000
            * match self {
                Interval::M1 => 1,
                Interval::M5 => 5,
                Interval::M15 => 15,
                Interval::H1 => 60,
                Interval::H4 => 240,
                Interval::D1 => 1440,
            }
    }

    /// When the span that holds `stamp` began.
    pub fn start(self, stamp: Stamp) -> Stamp {
        Stamp(stamp.0 - stamp.0.rem_euclid(self.millis()))
    }
}

/// What the trades of one span made of the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Candle {
    pub start: Stamp,
    pub open: Price,
    pub high: Price,
    pub low: Price,
    pub close: Price,
    pub volume: Quantity,
    pub quote_volume: Amount,
    pub trades: u64,
}

impl Candle {
    fn first(start: Stamp, fill: &Fill) -> Candle {
        Candle {
            start,
            open: fill.price,
            high: fill.price,
            low: fill.price,
            close: fill.price,
            volume: fill.quantity,
            quote_volume: fill.notional,
            trades: 1,
        }
    }

    fn add(&mut self, fill: &Fill) {
        self.high = self.high.max(fill.price);
        self.low = self.low.min(fill.price);
        self.close = fill.price;
        // Bounded only by how often the same money goes to and fro.
        self.volume = self.volume.saturating_add(fill.quantity);
        self.quote_volume = self.quote_volume.saturating_add(fill.notional);
        self.trades += 1;
    }

    /// The candle of a span without trades.
    pub fn gap(start: Stamp, close: Price) -> Candle {
        Candle {
            start,
            open: close,
            high: close,
            low: close,
            close,
            volume: Quantity::ZERO,
            quote_volume: Amount::ZERO,
            trades: 0,
        }
    }
}

/// One instrument's public history.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct InstrumentHistory {
    /// The newest prints.
    pub prints: Window<Print>,
    candles: [Window<Candle>; Interval::ALL.len()],
    /// The last fact that changed what the book shows.
    pub book_changed: Sequence,
}

impl InstrumentHistory {
    /// The candles that had trades, oldest first.
    pub fn candles(&self, interval: Interval) -> &Window<Candle> {
        &self.candles[interval as usize]
    }

    fn add(&mut self, fact: &BookFact, sequence: Sequence, stamp: Stamp) {
        if !fact.levels.is_empty() {
            self.book_changed = sequence;
        }
        for fill in &fact.fills {
            let print = Print {
                trade: fill.trade,
                sequence,
                stamp,
                price: fill.price,
                quantity: fill.quantity,
                notional: fill.notional,
                taker_side: fill.taker_side,
            };
            self.prints.push(print, TRADES_MAX);
            for interval in Interval::ALL {
                self.add_to_candle(interval, fill, stamp);
            }
        }
    }

    fn add_to_candle(&mut self, interval: Interval, fill: &Fill, stamp: Stamp) {
        let series = &mut self.candles[interval as usize];
        // A book's stamps never go backwards, so a fill is never older than the last candle.
        let start = interval.start(stamp);
        match series.newest_mut().filter(|candle| candle.start >= start) {
            Some(candle) => candle.add(fill),
            None => drop(series.push(Candle::first(start, fill), CANDLES_MAX)),
        }
    }
}

/// A fill, as one of its two users sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct OwnTrade {
    pub sequence: Sequence,
    pub stamp: Stamp,
    pub instrument: InstrumentId,
    pub fill: Fill,
    pub maker: bool,
}

/// A posting to one of a user's accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct OwnPosting {
    /// Counts all users' postings, from 1.
    pub number: u64,
    pub sequence: Sequence,
    pub stamp: Stamp,
    pub account: Account,
    pub asset: Asset,
    pub amount: Amount,
    pub cause: super::ledger::PostingCause,
}

/// Something that a user may want to know of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Notice {
    /// A resting order traded whole.
    OrderFilled {
        order: OrderId,
        instrument: InstrumentId,
    },
    /// A resting order or a stop ended without its owner asking for it.
    OrderEnded {
        order: OrderId,
        instrument: InstrumentId,
        status: OrderStatus,
        reason: Option<OrderReason>,
    },
    /// A stop's price was reached.
    StopTriggered {
        order: OrderId,
        instrument: InstrumentId,
    },
    /// The dead man's switch cancelled what was open.
    SwitchFired,
    /// Somebody else deposited.
    DepositReceived {
        asset: Asset,
        amount: Amount,
    },
    Frozen,
    Unfrozen,
    RoleChanged {
        role: super::account::Role,
    },
    PasswordChanged,
    /// Something was done to a P2P trade of the user, or to one whose dispute is the user's to decide.
    P2pTrade {
        trade: P2pTradeId,
        action: Action,
        state: TradeState,
    },
    /// Somebody wrote to the user in a P2P trade.
    P2pMessage {
        trade: P2pTradeId,
    },
    /// The user's ad ended by itself.
    AdExpired {
        ad: AdId,
    },
    /// Somebody reviewed the user.
    Reviewed {
        trade: P2pTradeId,
        rating: u8,
    },
}

impl Notice {
    /// The instrument that it is about, if it is about one.
    pub fn instrument(&self) -> Option<InstrumentId> {
        match self {
            Notice::OrderFilled { instrument, .. }
            | Notice::OrderEnded { instrument, .. }
            | Notice::StopTriggered { instrument, .. } => Some(*instrument),
            _ => None,
        }
    }

    /// What it is about.
    pub fn kind(&self) -> NoticeKind {
        match self {
            Notice::OrderFilled { .. } => NoticeKind::OrderFilled,
            Notice::OrderEnded { .. } => NoticeKind::OrderEnded,
            Notice::StopTriggered { .. } => NoticeKind::StopTriggered,
            Notice::SwitchFired => NoticeKind::SwitchFired,
            Notice::DepositReceived { .. } => NoticeKind::DepositReceived,
            Notice::Frozen => NoticeKind::Frozen,
            Notice::Unfrozen => NoticeKind::Unfrozen,
            Notice::RoleChanged { .. } => NoticeKind::RoleChanged,
            Notice::PasswordChanged => NoticeKind::PasswordChanged,
            Notice::P2pTrade { .. } => NoticeKind::P2pTrade,
            Notice::P2pMessage { .. } => NoticeKind::P2pMessage,
            Notice::AdExpired { .. } => NoticeKind::AdExpired,
            Notice::Reviewed { .. } => NoticeKind::Reviewed,
        }
    }
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum NoticeKind {
    OrderFilled,
    OrderEnded,
    StopTriggered,
    SwitchFired,
    DepositReceived,
    Frozen,
    Unfrozen,
    RoleChanged,
    PasswordChanged,
    P2pTrade,
    P2pMessage,
    AdExpired,
    Reviewed,
}

codes!(NoticeKind {
    OrderFilled => "ORDER_FILLED",
    OrderEnded => "ORDER_ENDED",
    StopTriggered => "STOP_TRIGGERED",
    SwitchFired => "SWITCH_FIRED",
    DepositReceived => "DEPOSIT_RECEIVED",
    Frozen => "FROZEN",
    Unfrozen => "UNFROZEN",
    RoleChanged => "ROLE_CHANGED",
    PasswordChanged => "PASSWORD_CHANGED",
    P2pTrade => "P2P_TRADE",
    P2pMessage => "P2P_MESSAGE",
    AdExpired => "AD_EXPIRED",
    Reviewed => "REVIEWED",
});

/// A notice with its number among the user's, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Notification {
    pub number: u64,
    pub sequence: Sequence,
    pub stamp: Stamp,
    pub notice: Notice,
}

/// One user's newest history.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct UserHistory {
    pub closed_orders: Window<Order>,
    pub trades: Window<OwnTrade>,
    pub postings: Window<OwnPosting>,
    pub notifications: Window<Notification>,
    notified: u64,
}

impl UserHistory {
    /// A closed order that is still kept.
    pub fn closed_order(&self, id: OrderId) -> Option<&Order> {
        self.closed_orders.iter().rev().find(|order| order.id == id)
    }

    /// How many notifications there have been.
    pub fn notified(&self) -> u64 {
        self.notified
    }
}

/// All kept history.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct History {
    instruments: Vec<InstrumentHistory>,
    users: ById<UserId, UserHistory>,
    postings: u64,
    /// Written behind the rest: see `store::codec`.
    #[serde(skip)]
    pub p2p: P2pHistory,
}

impl History {
    /// The history of an instrument.
    pub fn instrument(&self, id: InstrumentId) -> Option<&InstrumentHistory> {
        self.instruments.get(id.0 as usize)
    }

    /// The history of a user; `None` where nothing has happened yet.
    pub fn user(&self, id: UserId) -> Option<&UserHistory> {
        self.users.get(&id)
    }

    /// Folds a fact in. Returns whom it notified, so that the feed need not guess.
    pub fn apply(&mut self, sequence: Sequence, fact: &Fact) -> Vec<UserId> {
        if let Body::InstrumentListed(_) = fact.body {
            self.instruments.push(InstrumentHistory::default());
        }
        for posting in fact.postings() {
            let Some(user) = posting.account.user() else { continue };
            self.postings += 1;
            let own = OwnPosting {
                number: self.postings,
                sequence,
                stamp: fact.stamp,
                account: posting.account,
                asset: posting.asset,
                amount: posting.amount,
                cause: posting.cause,
            };
            self.users.entry(user).or_default().postings.push(own, POSTINGS_MAX);
        }
        if let Some(book) = fact.book() {
            self.apply_book(sequence, fact.stamp, book);
        }
        self.p2p.apply(sequence, fact);
        let notices = audience::notices(fact);
        let users = notices.iter().map(|(user, _)| *user).collect();
        for (user, notice) in notices {
            let own = self.users.entry(user).or_default();
            own.notified += 1;
            let number = own.notified;
            let notification = Notification { number, sequence, stamp: fact.stamp, notice };
            own.notifications.push(notification, NOTIFICATIONS_MAX);
        }
        users
    }

    fn apply_book(&mut self, sequence: Sequence, stamp: Stamp, fact: &BookFact) {
        self.instruments[fact.instrument.0 as usize].add(fact, sequence, stamp);
        for fill in &fact.fills {
            for (user, maker) in [(fill.taker_user, false), (fill.maker_user, true)] {
                let (instrument, fill) = (fact.instrument, fill.clone());
                let own = OwnTrade { sequence, stamp, instrument, fill, maker };
                self.users.entry(user).or_default().trades.push(own, OWN_TRADES_MAX);
            }
        }
        for order in fact.orders.iter().filter(|order| !order.status.is_open()) {
            let own = self.users.entry(order.user).or_default();
            own.closed_orders.push(order.clone(), CLOSED_ORDERS_MAX);
        }
    }
}
