//! The life of a P2P trade, as one match over (state, party, action), with its guards.
//!
//! ```text
//! PENDING ──payment sent──▶ PAYMENT_SENT ──release deadline──▶ RELEASE_OVERDUE
//!  │    │                    │  │    │                          │  │    │   ▲
//! cancel pay deadline   cancel confirm dispute (seller)    cancel confirm dispute, or the clock
//!  ▼    ▼                    ▼  ▼    │                          ▼  ▼    │   │ withdraw
//!  CANCELLED, EXPIRED    CANCELLED, COMPLETED     CANCELLED, COMPLETED  ▼   │
//!                                    └───────────────────────────▶ DISPUTED ◀─ appeal ─┐
//!                                            confirm: COMPLETED      │  │              │
//!                                            concede: CANCELLED ◀────┘  └─verdict─▶ VERDICT_PENDING
//!                                                             appeal deadline: RESOLVED_* ◀──┘
//! ```
//!
//! Every arrow is a line of [`after`]; whatever is not there is refused. [`super::decide`] asks the
//! guards that stand beside it.

use serde::{Deserialize, Serialize};

use self::{Action::*, Party::*};
use super::trade::TradeState::{self, *};
use crate::domain::code::codes;

/// In which role somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Party {
    Buyer,
    Seller,
    Arbitrator,
    Admin,
    Clock,
}

codes!(Party {
    Buyer => "BUYER",
    Seller => "SELLER",
    Arbitrator => "ARBITRATOR",
    Admin => "ADMIN",
    Clock => "CLOCK",
});

/// What is done to a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Action {
    /// The taker opened it.
    Open,
    MarkSent,
    Cancel,
    AcceptCancel,
    RejectCancel,
    Extend,
    Confirm,
    OpenDispute,
    AddStatement,
    AddEvidence,
    Withdraw,
    TakeDispute,
    Reassign,
    GiveVerdict,
    Appeal,
    Concede,
    Write,
    Freeze,
    Unfreeze,
    PayDeadline,
    ReleaseDeadline,
    AutoDispute,
    TargetMissed,
    AppealDeadline,
}

codes!(Action {
    Open => "OPENED",
    MarkSent => "PAYMENT_SENT",
    Cancel => "CANCEL",
    AcceptCancel => "CANCEL_ACCEPTED",
    RejectCancel => "CANCEL_REJECTED",
    Extend => "EXTENDED",
    Confirm => "PAYMENT_CONFIRMED",
    OpenDispute => "DISPUTE_OPENED",
    AddStatement => "STATEMENT",
    AddEvidence => "EVIDENCE",
    Withdraw => "DISPUTE_WITHDRAWN",
    TakeDispute => "DISPUTE_TAKEN",
    Reassign => "DISPUTE_REASSIGNED",
    GiveVerdict => "VERDICT",
    Appeal => "APPEALED",
    Concede => "CONCEDED",
    Write => "MESSAGE",
    Freeze => "FROZEN",
    Unfreeze => "UNFROZEN",
    PayDeadline => "PAYMENT_WINDOW_OVER",
    ReleaseDeadline => "RELEASE_WINDOW_OVER",
    AutoDispute => "DISPUTE_OPENED_BY_CLOCK",
    TargetMissed => "ESCALATED",
    AppealDeadline => "VERDICT_CARRIED_OUT",
});

/// What becomes of the coins in escrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Money {
    /// They stay.
    Keep,
    /// They go to the buyer.
    Release,
    /// They go back to the ad or to the seller.
    Refund,
    /// What the verdict says.
    ByVerdict,
}

/// Where an action leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Move {
    pub to: TradeState,
    pub money: Money,
}

/// The machine: where `action` by `party` leads from `state`; `None` where it is not allowed. What
/// leads to `ByVerdict` ends in one of the RESOLVED states.
pub fn after(state: TradeState, party: Party, action: Action) -> Option<Move> {
    let to = |to| Some(Move { to, money: Money::Keep });
    let stay = to(state);
    let released = Some(Move { to: Completed, money: Money::Release });
    let refunded = |to| Some(Move { to, money: Money::Refund });
    match (state, party, action) {
        (Pending, Buyer, MarkSent) => to(PaymentSent),
        (Pending, Buyer, Cancel) => refunded(Cancelled),
        (Pending, Seller, Extend) => stay,
        (Pending, Clock, PayDeadline) => refunded(Expired),

        (Pending | PaymentSent | ReleaseOverdue, Seller, Cancel) => stay,
        (Pending | PaymentSent | ReleaseOverdue, Buyer, AcceptCancel) => refunded(Cancelled),
        (Pending | PaymentSent | ReleaseOverdue, Buyer, RejectCancel) => stay,

        (PaymentSent | ReleaseOverdue, Buyer, Cancel) => refunded(Cancelled),
        (PaymentSent | ReleaseOverdue, Seller, Confirm) => released,
        (PaymentSent, Seller, OpenDispute) => to(Disputed),
        (PaymentSent, Clock, ReleaseDeadline) => to(ReleaseOverdue),
        (ReleaseOverdue, Buyer | Seller, OpenDispute) => to(Disputed),
        (ReleaseOverdue, Clock, AutoDispute) => to(Disputed),

        (Disputed, Buyer | Seller, OpenDispute | AddStatement | AddEvidence) => stay,
        (Disputed, Buyer | Seller, Withdraw) => to(ReleaseOverdue),
        (Disputed, Arbitrator | Admin, TakeDispute | Reassign) => stay,
        (Disputed, Arbitrator, GiveVerdict) => to(VerdictPending),
        (Disputed, Clock, TargetMissed) => stay,
        (Disputed | VerdictPending, Seller, Confirm) => released,
        (Disputed | VerdictPending, Buyer, Concede) => refunded(Cancelled),
        (VerdictPending, Buyer | Seller, Appeal) => to(Disputed),
        (VerdictPending, Clock, AppealDeadline) => {
            Some(Move { to: ResolvedSplit, money: Money::ByVerdict })
        }

        (_, Admin, Action::Freeze | Unfreeze) if state.is_open() => stay,
        (_, Buyer | Seller, Write) if state.is_open() => stay,
        (Disputed | VerdictPending, Arbitrator, Write) => stay,
        _ => None,
    }
}

/// Whether there is any state in which `party` may do this.
pub(super) fn is_ever_allowed(party: Party, action: Action) -> bool {
    TradeState::ALL.into_iter().any(|state| after(state, party, action).is_some())
}
