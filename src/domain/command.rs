//! What can be asked of the exchange.

use serde::{Deserialize, Serialize};

use super::{
    account::{Register, Role},
    fact::KeyUse,
    id::{AdId, BoardId, DisputeId, InstrumentId, OrderId, P2pTradeId, RequestId, Stamp, UserId},
    instrument::{Price, Quantity},
    money::{Amount, Asset},
    order::{ClientOrderId, PlaceOrder},
    p2p::{
        ad::{AdChange, AdDraft},
        board::Take,
        contact::ContactRequest,
        trade::TradeState,
        trade_request::TradeRequest,
    },
};

/// A command with who asks it, and by which request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// Who asks; `None` for a registration and for the exchange itself.
    pub by: Option<UserId>,
    /// What logs and the answer call the request.
    pub request: RequestId,
    /// The idempotency key that came with it; `parts` is set by the exchange.
    pub key: Option<KeyUse>,
    /// What is asked.
    pub command: Command,
}

/// A command; figures are in ticks, lots and minor units.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Command {
    Register(Register),
    ChangeProfile {
        email: Option<String>,
        full_name: Option<Option<String>>,
    },
    ChangePassword {
        user: UserId,
        password_hash: String,
    },
    LogOut,
    SetRole {
        user: UserId,
        role: Role,
    },
    SetFrozen {
        user: UserId,
        frozen: bool,
    },
    ReadNotifications {
        through: u64,
    },
    /// Simulated money to `to`; `counted` against the day's bound unless an admin gives it.
    Deposit {
        to: UserId,
        asset: Asset,
        amount: Amount,
        counted: bool,
    },
    Withdraw {
        asset: Asset,
        amount: Amount,
    },
    Place {
        instrument: InstrumentId,
        order: PlaceOrder,
    },
    /// Answered by [`one part`], an answer for each in the same order.
    PlaceMany(Vec<(InstrumentId, PlaceOrder)>),
    /// All checks of a placement, and no effect.
    Test {
        instrument: InstrumentId,
        order: PlaceOrder,
    },
    Amend {
        order: OrderId,
        price: Option<Price>,
        quantity: Option<Quantity>,
    },
    Cancel(OrderName),
    /// Answered by [`one part`], an answer for each book.
    CancelAll {
        instrument: Option<InstrumentId>,
        reason: CancelReason,
    },
    /// Sets the dead man's switch to fire after `timeout_ms`; 0 disarms it.
    ArmSwitch {
        timeout_ms: u64,
    },
    /// Moves a manual clock.
    MoveClock(ClockMove),
    PublishAd {
        board: BoardId,
        draft: AdDraft,
    },
    /// `version` is the one that the owner saw.
    EditAd {
        ad: AdId,
        change: AdChange,
        version: Option<u32>,
    },
    PauseAd(AdId),
    ResumeAd(AdId),
    CloseAd(AdId),
    TakeAd(Take),
    /// Something to an open P2P trade. `expected` is the state that the asker takes it to be in,
    /// `dispute` the one that is meant.
    P2pTrade {
        trade: P2pTradeId,
        dispute: Option<DisputeId>,
        expected: Option<TradeState>,
        ask: TradeRequest,
    },
    /// A word on the other party of a completed P2P trade.
    Review {
        trade: P2pTradeId,
        /// 1 to 5.
        rating: u8,
        comment: Option<String>,
    },
    /// Payment accounts, blocks, favourites.
    Contact(ContactRequest),
}

/// How an order is named by its owner.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum OrderName {
    Id(OrderId),
    Client(ClientOrderId),
}

/// Why everything of a user is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CancelReason {
    /// The user asked for it.
    Owner,
    /// A dead man's switch fired, or the connection that vouched for the orders ended.
    Switch,
}

/// Where to move a manual clock.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum ClockMove {
    AdvanceMillis(i64),
    To(Stamp),
}

impl Command {
    /// How many permits it takes at the door: one for each answer that it lets loose inside.
    pub fn weight(&self) -> usize {
        match self {
            Command::PlaceMany(orders) => orders.len().max(1),
            _ => 1,
        }
    }
}
