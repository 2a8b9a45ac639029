//! Orders: what a trader may ask for, and what becomes of it.

use serde::{Deserialize, Serialize};

use super::{
    digest::Digest,
    id::{InstrumentId, OrderId, Stamp, TradeId, UserId},
    instrument::{Price, Quantity},
    money::Amount,
};
use crate::domain::code::codes;

/// Which side of the book an order takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Side {
    Buy,
    Sell,
}

codes!(Side {
    Buy => "BUY",
    Sell => "SELL",
});

impl Side {
    /// The other one.
    pub fn opposite(self) -> Side {
        match self {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        }
    }

    /// Whether an order of this side with `limit` trades at `price`.
    pub fn accepts(self, limit: Price, price: Price) -> bool {
        match self {
            Side::Buy => price <= limit,
            Side::Sell => price >= limit,
        }
    }
}

/// How an order finds its price, and when it becomes live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum OrderType {
    Limit,
    Market,
    StopLimit,
    StopMarket,
}

codes!(OrderType {
    Limit => "LIMIT",
    Market => "MARKET",
    StopLimit => "STOP_LIMIT",
    StopMarket => "STOP_MARKET",
});

impl OrderType {
    /// Whether the order waits for its stop price first.
    pub fn is_stop(self) -> bool {
        matches!(self, OrderType::StopLimit | OrderType::StopMarket)
    }

    /// Whether the order names its price.
    pub fn has_price(self) -> bool {
        matches!(self, OrderType::Limit | OrderType::StopLimit)
    }
}

/// How long an order lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TimeInForce {
    /// Good till cancelled.
    #[default]
    Gtc,
    /// Immediate or cancel: what does not fill at once expires.
    Ioc,
    /// Fill or kill: all at once or nothing.
    Fok,
}

codes!(TimeInForce {
    Gtc => "GTC",
    Ioc => "IOC",
    Fok => "FOK",
});

/// What happens when an order would trade with another of the same user; the taker's choice counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SelfTradePrevention {
    /// The incoming order's rest is cancelled.
    #[default]
    CancelNewest,
    /// The resting order is cancelled and matching goes on.
    CancelOldest,
    /// Both are cancelled.
    CancelBoth,
    /// The smaller is cancelled and the larger reduced by as much.
    DecrementAndCancel,
}

codes!(SelfTradePrevention {
    CancelNewest => "CANCEL_NEWEST",
    CancelOldest => "CANCEL_OLDEST",
    CancelBoth => "CANCEL_BOTH",
    DecrementAndCancel => "DECREMENT_AND_CANCEL",
});

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderStatus {
    /// Resting without a fill, or a stop that waits.
    Pending,
    /// Resting with fills.
    PartiallyFilled,
    /// All of it traded.
    Filled,
    /// Ended by its owner or by self-trade prevention.
    Cancelled,
    /// A stop whose trigger found a rule broken.
    Rejected,
    /// What could not trade at once ended with it.
    Expired,
}

codes!(OrderStatus {
    Pending => "PENDING",
    PartiallyFilled => "PARTIALLY_FILLED",
    Filled => "FILLED",
    Cancelled => "CANCELLED",
    Rejected => "REJECTED",
    Expired => "EXPIRED",
});

impl OrderStatus {
    /// Whether the order can still trade.
    pub fn is_open(self) -> bool {
        matches!(self, OrderStatus::Pending | OrderStatus::PartiallyFilled)
    }
}

/// Why an order has the status that it has, where the status alone does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderReason {
    /// Its owner cancelled it.
    Owner,
    /// Its owner's dead man's switch fired, or the connection it was tied to ended.
    Switch,
    /// It met an order of its own user.
    SelfTrade,
    /// Immediate or cancel, and nothing more to trade with.
    ImmediateOrCancel,
    /// Fill or kill, and not all of it could fill.
    FillOrKill,
    /// A market order found nothing more within its protection price.
    Protection,
    /// A market order spent all that it was given, or all but what buys no lot.
    Spent,
    /// What was left is worth less than one minor unit of the quote asset.
    Dust,
    /// Triggered outside the price band.
    Band,
    /// Triggered post-only, and would have traded at once.
    PostOnly,
}

codes!(OrderReason {
    Owner => "OWNER",
    Switch => "SWITCH",
    SelfTrade => "SELF_TRADE",
    ImmediateOrCancel => "IMMEDIATE_OR_CANCEL",
    FillOrKill => "FILL_OR_KILL",
    Protection => "PROTECTION_PRICE",
    Spent => "FUNDS_SPENT",
    Dust => "DUST",
    Band => "PRICE_OUT_OF_BAND",
    PostOnly => "POST_ONLY_WOULD_CROSS",
});

/// A client's own name for an order: 1 to 36 of `A-Z a-z 0-9 - _ . :`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClientOrderId(Box<str>);

impl ClientOrderId {
    /// The name, if it is one.
    pub fn new(text: &str) -> Option<ClientOrderId> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
        let good = (1..=36).contains(&text.len()) && text.bytes().all(fits);
        good.then(|| ClientOrderId(text.into()))
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An order that a user asks for; checked against its instrument's steps and least notional.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PlaceOrder {
    pub side: Side,
    pub kind: OrderType,
    pub time_in_force: TimeInForce,
    pub post_only: bool,
    pub self_trade_prevention: SelfTradePrevention,
    /// Zero where `quote_amount` says how much.
    pub quantity: Quantity,
    /// Present exactly where the kind has a price.
    pub price: Option<Price>,
    /// Present exactly where the kind is a stop.
    pub stop_price: Option<Price>,
    /// Market buys only: how much of the quote asset to spend.
    pub quote_amount: Option<Amount>,
    /// The part of an iceberg that the book shows.
    pub display_quantity: Option<Quantity>,
    pub client_order_id: Option<ClientOrderId>,
}

impl PlaceOrder {
    /// A plain limit order, good till cancelled.
    pub fn limit(side: Side, quantity: Quantity, price: Price) -> PlaceOrder {
        PlaceOrder {
            side,
            kind: OrderType::Limit,
            time_in_force: TimeInForce::Gtc,
            post_only: false,
            self_trade_prevention: SelfTradePrevention::default(),
            quantity,
            price: Some(price),
            stop_price: None,
            quote_amount: None,
            display_quantity: None,
            client_order_id: None,
        }
    }

    /// What is asked, in short. Tells a repeated command under one client order id from another;
    /// zero without a client order id.
    pub fn fingerprint(&self, on: InstrumentId) -> u64 {
        match self.client_order_id {
            Some(_) => Digest::part("asked", (on, self)).lane(),
            None => 0,
        }
    }
}

/// An order with all that has happened to it. Facts carry it as it is after them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Order {
    pub id: OrderId,
    pub user: UserId,
    pub client_order_id: Option<ClientOrderId>,
    /// What was asked, in short: tells a repeated command from another under the same client id.
    pub asked: u64,
    pub side: Side,
    pub kind: OrderType,
    pub time_in_force: TimeInForce,
    pub post_only: bool,
    pub self_trade_prevention: SelfTradePrevention,
    pub price: Option<Price>,
    pub stop_price: Option<Price>,
    pub quote_amount: Option<Amount>,
    pub display_quantity: Option<Quantity>,
    /// Whether a stop has been triggered; false for all others.
    pub triggered: bool,
    pub quantity: Quantity,
    /// What can still fill; zero once the order is closed as filled.
    pub remaining: Quantity,
    pub filled: Quantity,
    /// What the fills were worth, in minor units of the quote asset.
    pub quote_filled: Amount,
    /// Price x quantity summed over the fills, in ticks times lots: exact, while `quote_filled` is
    /// rounded down fill by fill. The average price follows from it.
    pub weight_filled: i128,
    /// Base asset for buys, quote asset for sells.
    pub fee_paid: Amount,
    /// The part of `remaining` that the book shows; zero when not resting.
    pub shown: Quantity,
    /// What stays locked for it: quote asset for buys, base asset for sells; zero when closed.
    pub locked: Amount,
    /// Its place in the book's queue: rises with each resting or requeueing; zero when not resting.
    pub place: u64,
    pub status: OrderStatus,
    pub reason: Option<OrderReason>,
    pub created_at: Stamp,
    pub updated_at: Stamp,
}

impl Order {
    /// Whether it is a stop that still waits.
    pub fn waits(&self) -> bool {
        self.kind.is_stop() && !self.triggered
    }

    /// What a lot cost on average, in ticks as `(numerator, denominator)`; exact, so it lies between
    /// the lowest and the highest price of the fills. `None` before the first fill.
    pub fn average_price(&self) -> Option<(i128, i128)> {
        (self.filled > Quantity::ZERO).then(|| (self.weight_filled, i128::from(self.filled)))
    }

    /// The part that the book does not show.
    pub fn hidden(&self) -> Quantity {
        self.remaining - self.shown
    }
}

/// Two orders met. The price is always the resting order's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Fill {
    pub trade: TradeId,
    pub taker_side: Side,
    pub maker: OrderId,
    pub taker: OrderId,
    pub maker_user: UserId,
    pub taker_user: UserId,
    pub price: Price,
    pub quantity: Quantity,
    /// What it is worth in the quote asset, one figure for both sides.
    pub notional: Amount,
    /// In what each side receives.
    pub maker_fee: Amount,
    pub taker_fee: Amount,
}

impl Fill {
    /// Price x quantity, in ticks times lots.
    pub fn weight(&self) -> i128 {
        i128::from(self.price) * i128::from(self.quantity)
    }

    /// Who bought, by which order, at which fee (in the base asset).
    pub fn buyer(&self) -> (UserId, OrderId, Amount) {
        match self.taker_side {
            Side::Buy => (self.taker_user, self.taker, self.taker_fee),
            Side::Sell => (self.maker_user, self.maker, self.maker_fee),
        }
    }

    /// Who sold, by which order, at which fee (in the quote asset).
    pub fn seller(&self) -> (UserId, OrderId, Amount) {
        match self.taker_side {
            Side::Sell => (self.taker_user, self.taker, self.taker_fee),
            Side::Buy => (self.maker_user, self.maker, self.maker_fee),
        }
    }
}
