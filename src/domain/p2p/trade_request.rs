//! What can be asked of a P2P trade, and who asks.

use serde::{Deserialize, Serialize};

use super::{
    ad::Person,
    dispute::{DisputeReason, Media, VerdictOutcome},
    machine::Action::{self, *},
};
use crate::domain::account::Role;

/// A command to a trade, with what it brings; syntax and lengths were checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum TradeRequest {
    MarkSent,
    /// `not_paid`: the buyer says that no money was sent after all.
    Cancel {
        not_paid: bool,
    },
    AcceptCancel,
    RejectCancel,
    Extend,
    Confirm,
    OpenDispute {
        reason: DisputeReason,
        statement: String,
    },
    AddStatement {
        text: String,
    },
    AddEvidence {
        hash: [u8; 32],
        media: Media,
        bytes: u32,
    },
    Withdraw,
    TakeDispute,
    Reassign {
        to: Arbiter,
    },
    GiveVerdict {
        outcome: VerdictOutcome,
        reason: String,
        fraud: bool,
    },
    Appeal {
        reason: Option<String>,
    },
    Concede,
    Write {
        text: String,
    },
    Freeze {
        reason: String,
    },
    Unfreeze {
        reason: String,
    },
}

/// Somebody who is to decide a dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Arbiter {
    pub person: Person,
    pub role: Role,
    /// Whether one of the parties blocks the arbitrator, or is blocked.
    pub is_blocked: bool,
}

impl TradeRequest {
    /// What it is, without what it brings.
    pub fn action(&self) -> Action {
        match self {
            TradeRequest::MarkSent => MarkSent,
            TradeRequest::Cancel { .. } => Cancel,
            TradeRequest::AcceptCancel => AcceptCancel,
            TradeRequest::RejectCancel => RejectCancel,
            TradeRequest::Extend => Extend,
            TradeRequest::Confirm => Confirm,
            TradeRequest::OpenDispute { .. } => OpenDispute,
            TradeRequest::AddStatement { .. } => AddStatement,
            TradeRequest::AddEvidence { .. } => AddEvidence,
            TradeRequest::Withdraw => Withdraw,
            TradeRequest::TakeDispute => TakeDispute,
            TradeRequest::Reassign { .. } => Reassign,
            TradeRequest::GiveVerdict { .. } => GiveVerdict,
            TradeRequest::Appeal { .. } => Appeal,
            TradeRequest::Concede => Concede,
            TradeRequest::Write { .. } => Write,
            TradeRequest::Freeze { .. } => Action::Freeze,
            TradeRequest::Unfreeze { .. } => Unfreeze,
        }
    }
}

/// Who asks, as the views know them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Requester {
    pub person: Person,
    pub role: Role,
    /// Whether one of the parties blocks the asker, or is blocked; asked of arbitrators only.
    pub is_blocked: bool,
    /// Whether an admin has frozen the asker, who then decides nothing.
    pub is_frozen: bool,
}
