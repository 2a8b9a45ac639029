//! Disputes: what an arbitrator sees before taking one, and what those see who are in it.

use serde::Serialize;
use utoipa::ToSchema;

use super::{code, time};
use crate::domain::{
    id::UserId,
    p2p::{
        dispute::{self, VerdictOutcome},
        trade::P2pTrade,
    },
};

/// What a dispute is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DisputeSummary {
    #[schema(example = "4104")]
    pub id: String,
    pub trade_id: String,
    pub buyer: String,
    pub seller: String,
    #[schema(example = "490.196078")]
    pub amount: String,
    #[schema(example = "USDT")]
    pub currency: &'static str,
    #[schema(example = "500.00")]
    pub total_fiat: String,
    #[schema(example = "USD")]
    pub fiat_currency: String,
    #[schema(value_type = code::PaymentMethodCode, example = "BANK_TRANSFER")]
    pub payment_method: &'static str,
    #[schema(value_type = code::DisputeStatusCode)]
    pub status: &'static str,
    /// Where the trade stands.
    #[schema(value_type = code::P2pTradeStatus, example = "DISPUTED")]
    pub trade_status: &'static str,
    /// NOT_RELEASED, WRONG_AMOUNT_RELEASED, PAYMENT_NOT_RECEIVED, WRONG_AMOUNT, WRONG_NAME or OTHER;
    /// null where the clock opened it.
    #[schema(value_type = Option<code::DisputeReasonCode>)]
    pub reason: Option<&'static str>,
    /// The party that opened it; null for the clock.
    pub opened_by: Option<String>,
    /// Who decides.
    pub arbitrator: Option<String>,
    /// Whether it was not decided in time, and the admins were told.
    pub escalated: bool,
    #[schema(format = DateTime)]
    pub opened_at: String,
    /// Until when an arbitrator waits for the second party's statement.
    #[schema(format = DateTime)]
    pub statements_until: String,
}

impl DisputeSummary {
    /// What `dispute` over `trade` is about.
    pub fn of(dispute: &dispute::Dispute, trade: &P2pTrade) -> DisputeSummary {
        DisputeSummary {
            id: dispute.id.to_string(),
            trade_id: trade.id.to_string(),
            buyer: trade.buyer.name.clone(),
            seller: trade.seller.name.clone(),
            amount: trade.asset.print(trade.amount),
            currency: trade.asset.code(),
            total_fiat: trade.fiat.print(trade.total_fiat),
            fiat_currency: trade.fiat.code().to_owned(),
            payment_method: trade.method.code(),
            status: dispute.status.code(),
            trade_status: trade.state.code(),
            reason: dispute.reason.map(|reason| reason.code()),
            opened_by: dispute.opened_by.map(|user| name_of(trade, user)),
            arbitrator: dispute.arbitrator.as_ref().map(|person| person.name.clone()),
            escalated: dispute.escalated,
            opened_at: time(dispute.opened_at),
            statements_until: time(dispute.statements_until),
        }
    }
}

/// The name of one of the parties.
fn name_of(trade: &P2pTrade, user: UserId) -> String {
    let party = if trade.buyer.id == user { &trade.buyer } else { &trade.seller };
    party.name.clone()
}

/// A dispute; what the parties said and brought is not there for who is not in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Dispute {
    #[serde(flatten)]
    pub summary: DisputeSummary,
    #[serde(flatten)]
    pub case: Option<DisputeCase>,
}

/// What was said, brought in and decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DisputeCase {
    /// What the parties said, oldest first.
    pub statements: Vec<Statement>,
    /// What the parties brought in, oldest first.
    pub evidence: Vec<Evidence>,
    /// The newest verdict.
    pub verdict: Option<Verdict>,
    /// The one before it, which was appealed against.
    pub first_verdict: Option<Verdict>,
    /// Who appealed against the first verdict.
    pub appealed_by: Option<String>,
    pub appeal_reason: Option<String>,
}

impl Dispute {
    /// `dispute` over `trade`, `whole` for those who are in it.
    pub fn of(dispute: &dispute::Dispute, trade: &P2pTrade, whole: bool) -> Dispute {
        let case = || DisputeCase {
            statements: dispute.statements.iter().map(|said| Statement::of(said, trade)).collect(),
            evidence: dispute.evidence.iter().map(|file| Evidence::of(file, trade)).collect(),
            verdict: dispute.verdict.as_ref().map(Verdict::of),
            first_verdict: dispute.first_verdict.as_ref().map(Verdict::of),
            appealed_by: dispute.appealed_by.map(|user| name_of(trade, user)),
            appeal_reason: dispute.appeal_reason.clone(),
        };
        Dispute { summary: DisputeSummary::of(dispute, trade), case: whole.then(case) }
    }
}

/// What a party said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DisputeStatement)]
pub struct Statement {
    pub by: String,
    pub text: String,
    #[schema(format = DateTime)]
    pub created_at: String,
}

impl Statement {
    fn of(statement: &dispute::Statement, trade: &P2pTrade) -> Statement {
        Statement {
            by: name_of(trade, statement.by),
            text: statement.text.clone(),
            created_at: time(statement.at),
        }
    }
}

/// A file that a party brought in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Evidence {
    /// SHA-256 of its content, in hexadecimal; its name in paths.
    pub sha256: String,
    #[schema(value_type = code::EvidenceMedia, example = "image/png")]
    pub media_type: &'static str,
    pub bytes: u32,
    pub by: String,
    #[schema(format = DateTime)]
    pub created_at: String,
}

impl Evidence {
    /// `evidence` in a dispute over `trade`.
    pub fn of(evidence: &dispute::Evidence, trade: &P2pTrade) -> Evidence {
        Evidence {
            sha256: hex(&evidence.hash),
            media_type: evidence.media.code(),
            bytes: evidence.bytes,
            by: name_of(trade, evidence.by),
            created_at: time(evidence.at),
        }
    }
}

/// A hash as it stands in answers and paths.
pub fn hex(hash: &[u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What an arbitrator decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Verdict {
    #[schema(value_type = code::VerdictOutcome)]
    pub outcome: &'static str,
    /// The buyer's part; null unless the outcome is SPLIT.
    pub buyer_percent: Option<u8>,
    pub reason: String,
    /// Whether the loser meant to deceive.
    pub fraud: bool,
    pub by: String,
    #[schema(format = DateTime)]
    pub created_at: String,
}

impl Verdict {
    fn of(verdict: &dispute::Verdict) -> Verdict {
        Verdict {
            outcome: verdict.outcome.code(),
            buyer_percent: match verdict.outcome {
                VerdictOutcome::Split { buyer_percent } => Some(buyer_percent),
                VerdictOutcome::Buyer | VerdictOutcome::Seller => None,
            },
            reason: verdict.reason.clone(),
            fraud: verdict.fraud,
            by: verdict.by.name.clone(),
            created_at: time(verdict.at),
        }
    }
}
