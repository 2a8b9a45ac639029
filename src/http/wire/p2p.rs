//! P2P trades with their escrow, chat and audit trail.

use serde::Serialize;
use utoipa::ToSchema;

use super::{code, percent, time};
use crate::domain::{
    id::{Sequence, Stamp, UserId},
    money::{Amount, share_down},
    p2p::{
        ad::Person,
        contact,
        dispute::VerdictOutcome,
        history,
        machine::Action,
        trade::{EscrowStatus, MessageFact, P2pTrade},
    },
};

/// A P2P trade, as one of its readers sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = P2pTrade)]
pub struct ShownTrade {
    #[schema(example = "1026")]
    pub id: String,
    pub advertisement_id: String,
    /// Who gets the coins.
    #[schema(example = "bob")]
    pub buyer: String,
    /// Whose coins they are until then.
    #[schema(example = "alice")]
    pub seller: String,
    /// Who posted the ad.
    pub maker: String,
    /// Who took it.
    pub taker: String,
    pub escrow_id: String,
    #[schema(example = "USDT")]
    pub currency: &'static str,
    #[schema(example = "USD")]
    pub fiat_currency: String,
    /// What is in escrow, fees included.
    #[schema(example = "490.196078")]
    pub amount: String,
    /// Fiat for one of the currency.
    #[schema(example = "1.02000000")]
    pub price: String,
    /// What the buyer pays.
    #[schema(example = "500.00")]
    pub total_fiat: String,
    pub fees: Fees,
    #[schema(value_type = code::P2pTradeStatus)]
    pub status: &'static str,
    /// Why, where the status does not say it: BUYER_CANCELLED, CANCELLED_IN_GRACE, NOT_PAID, MUTUAL,
    /// CONCEDED, PAYMENT_WINDOW_OVER, RELEASED_IN_DISPUTE, OPENED_BY_PARTY, OPENED_BY_CLOCK or
    /// DISPUTE_WITHDRAWN.
    #[schema(value_type = Option<code::P2pTradeReason>)]
    pub status_reason: Option<&'static str>,
    /// Whether an admin has stopped it.
    pub frozen: bool,
    /// The seller, where the seller asks the buyer to agree to a cancel.
    pub cancel_requested_by: Option<String>,
    #[schema(value_type = code::PaymentMethodCode, example = "BANK_TRANSFER")]
    pub payment_method: &'static str,
    /// Where to pay, as it was when the trade opened; for the two parties only, and while the trade is
    /// open.
    pub payment_account: Option<PaymentTo>,
    /// What the ad said.
    pub terms: Option<String>,
    /// When the clock acts; null while the trade is frozen, and where the clock has nothing to do.
    #[schema(format = DateTime)]
    pub deadline: Option<String>,
    /// When the buyer said that the payment was sent.
    #[schema(format = DateTime)]
    pub sent_at: Option<String>,
    /// The newest dispute over it.
    pub dispute_id: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// What the exchange takes out of what the buyer receives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = P2pFees)]
pub struct Fees {
    #[schema(example = "0.0000")]
    pub maker_percent: String,
    #[schema(example = "0.2000")]
    pub taker_percent: String,
}

/// Where a seller is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PaymentTo {
    #[schema(value_type = code::PaymentMethodCode)]
    pub payment_method: &'static str,
    /// Whose name the account bears.
    pub holder: String,
    /// What a payer needs to know: number, bank, phone.
    pub details: String,
}

impl ShownTrade {
    /// `trade` for `reader`.
    pub fn of(trade: &P2pTrade, reader: UserId) -> ShownTrade {
        let name = |person: &Person| person.name.clone();
        let (asset, fiat) = (trade.asset, trade.fiat);
        let shown = trade.is_party(reader) && trade.state.is_open();
        ShownTrade {
            id: trade.id.to_string(),
            advertisement_id: trade.ad.to_string(),
            buyer: name(&trade.buyer),
            seller: name(&trade.seller),
            maker: name(trade.maker()),
            taker: name(trade.taker()),
            escrow_id: trade.id.to_string(),
            currency: asset.code(),
            fiat_currency: fiat.code().to_owned(),
            amount: asset.print(trade.amount),
            price: trade.price.print(),
            total_fiat: fiat.print(trade.total_fiat),
            fees: Fees {
                maker_percent: percent(trade.maker_fee),
                taker_percent: percent(trade.taker_fee),
            },
            status: trade.state.code(),
            status_reason: trade.reason.map(|reason| reason.code()),
            frozen: trade.frozen.is_some(),
            cancel_requested_by: trade.seller_asks_cancel.then(|| name(&trade.seller)),
            payment_method: trade.method.code(),
            payment_account: trade.account.as_ref().filter(|_| shown).map(PaymentTo::of),
            terms: trade.terms.clone(),
            deadline: trade.runs_out().map(time),
            sent_at: trade.sent_at.map(time),
            dispute_id: trade.dispute.as_ref().map(|dispute| dispute.id.to_string()),
            created_at: time(trade.created_at),
            updated_at: time(trade.updated_at),
        }
    }
}

impl PaymentTo {
    fn of(account: &contact::PaymentAccount) -> PaymentTo {
        PaymentTo {
            payment_method: account.method.code(),
            holder: account.holder.clone(),
            details: account.details.clone(),
        }
    }
}

/// One of the caller's payment accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PaymentAccount {
    #[schema(example = "1")]
    pub id: String,
    #[serde(flatten)]
    pub account: PaymentTo,
    #[schema(format = DateTime)]
    pub created_at: String,
}

impl PaymentAccount {
    /// `account`, for its owner.
    pub fn of(account: &contact::PaymentAccount) -> PaymentAccount {
        PaymentAccount {
            id: account.number.to_string(),
            account: PaymentTo::of(account),
            created_at: time(account.created_at),
        }
    }
}

/// The coins of a P2P trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Escrow {
    /// The same as its trade's.
    #[schema(example = "1026")]
    pub id: String,
    pub trade_id: String,
    /// Whose coins they are, or were.
    pub seller: String,
    pub buyer: String,
    #[schema(example = "490.196078")]
    pub amount: String,
    #[schema(example = "USDT")]
    pub currency: &'static str,
    #[schema(value_type = code::EscrowState)]
    pub status: &'static str,
    /// What the buyer received.
    pub released_amount: String,
    /// What the exchange took of the buyer's part.
    pub fee_amount: String,
    /// What went back to the ad or the seller.
    pub refunded_amount: String,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
}

impl Escrow {
    /// The escrow of `trade`.
    pub fn of(trade: &P2pTrade) -> Escrow {
        let asset = trade.asset;
        let (status, to_buyer, back) = settled(trade);
        let fee = trade.fee_on(to_buyer);
        Escrow {
            id: trade.id.to_string(),
            trade_id: trade.id.to_string(),
            seller: trade.seller.name.clone(),
            buyer: trade.buyer.name.clone(),
            amount: asset.print(trade.amount),
            currency: asset.code(),
            status: status.code(),
            released_amount: asset.print(to_buyer - fee),
            fee_amount: asset.print(fee),
            refunded_amount: asset.print(back),
            created_at: time(trade.created_at),
            updated_at: time(trade.updated_at),
        }
    }
}

/// What an escrow's status is, and how much of it went to the buyer, fees included, and back.
fn settled(trade: &P2pTrade) -> (EscrowStatus, Amount, Amount) {
    let amount = trade.amount;
    let status = EscrowStatus::of(trade.state);
    match status {
        EscrowStatus::Released => (status, amount, Amount::ZERO),
        EscrowStatus::Refunded => (status, Amount::ZERO, amount),
        EscrowStatus::Split => {
            let verdict = trade.dispute.as_ref().and_then(|dispute| dispute.verdict.as_ref());
            let percent = verdict.map_or(0, |verdict| match verdict.outcome {
                VerdictOutcome::Split { buyer_percent } => buyer_percent,
                VerdictOutcome::Buyer | VerdictOutcome::Seller => 0,
            });
            let to_buyer = share_down(amount, percent);
            (status, to_buyer, amount - to_buyer)
        }
        EscrowStatus::Locked => (status, Amount::ZERO, Amount::ZERO),
    }
}

/// A trade that was just opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Taken {
    pub trade: ShownTrade,
    pub escrow: Escrow,
    pub sequence: u64,
}

impl Taken {
    /// The answer to the taker of `trade`.
    pub fn of(sequence: Sequence, trade: &P2pTrade, taker: UserId) -> Taken {
        Taken {
            trade: ShownTrade::of(trade, taker),
            escrow: Escrow::of(trade),
            sequence: sequence.0,
        }
    }
}

/// A line of a trade's chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct P2pMessage {
    /// Counts the messages of the trade, from 1.
    #[schema(example = "1")]
    pub id: String,
    pub trade_id: String,
    /// Who wrote it.
    #[schema(example = "bob")]
    pub from: String,
    pub text: String,
    pub sequence: u64,
    #[schema(format = DateTime)]
    pub created_at: String,
}

impl P2pMessage {
    /// A message with the number and the stamp of its fact.
    pub fn of(sequence: Sequence, stamp: Stamp, message: &MessageFact) -> P2pMessage {
        P2pMessage {
            id: message.number.to_string(),
            trade_id: message.trade.to_string(),
            from: message.from.name.clone(),
            text: message.text.clone(),
            sequence: sequence.0,
            created_at: time(stamp),
        }
    }
}

/// A line of a trade's audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditEntry {
    pub sequence: u64,
    /// A username; null for the clock.
    pub by: Option<String>,
    #[schema(value_type = code::P2pParty)]
    pub party: &'static str,
    /// What was done.
    #[schema(value_type = code::P2pAction, example = "PAYMENT_SENT")]
    pub action: &'static str,
    /// Where the trade stood afterwards.
    #[schema(value_type = code::P2pTradeStatus, example = "PAYMENT_SENT")]
    pub status: &'static str,
    /// What was said for it: of a verdict or an appeal; of a freeze and its end to admins only.
    pub reason: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
}

impl AuditEntry {
    /// `entry`, by the user of this name.
    pub fn of(entry: &history::AuditEntry, by: Option<String>, for_admin: bool) -> AuditEntry {
        let for_all = !matches!(entry.action, Action::Freeze | Action::Unfreeze);
        AuditEntry {
            sequence: entry.sequence.0,
            by,
            party: entry.party.code(),
            action: entry.action.code(),
            status: entry.state.code(),
            reason: entry.note.clone().filter(|_| for_all || for_admin),
            created_at: time(entry.stamp),
        }
    }
}
