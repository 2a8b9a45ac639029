//! A P2P trade: who buys what from whom, where it stands, and what facts say of it.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{
    ad::Person,
    contact::PaymentAccount,
    dispute::{Dispute, DisputeStatus},
    fiat::{Fiat, PaymentMethod},
    machine::{Action, Party},
};
use crate::domain::code::codes;
use crate::domain::{
    digest::Digest,
    id::{AdId, P2pTradeId, Stamp, UserId},
    ledger::{Account, PostingCause, Transaction},
    money::{Amount, Asset, P2pPrice, Rate},
};

/// Where a P2P trade stands; [`super::machine`] says what leads where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum TradeState {
    /// The coins are in escrow; the buyer has yet to pay.
    Pending,
    /// The buyer says that the money is on its way.
    PaymentSent,
    /// The seller has let the release window pass.
    ReleaseOverdue,
    /// The two disagree.
    Disputed,
    /// An arbitrator has decided; the loser may appeal.
    VerdictPending,
    Completed,
    Cancelled,
    Expired,
    ResolvedBuyer,
    ResolvedSeller,
    ResolvedSplit,
}

codes!(TradeState {
    Pending => "PENDING",
    PaymentSent => "PAYMENT_SENT",
    ReleaseOverdue => "RELEASE_OVERDUE",
    Disputed => "DISPUTED",
    VerdictPending => "VERDICT_PENDING",
    Completed => "COMPLETED",
    Cancelled => "CANCELLED",
    Expired => "EXPIRED",
    ResolvedBuyer => "RESOLVED_BUYER",
    ResolvedSeller => "RESOLVED_SELLER",
    ResolvedSplit => "RESOLVED_SPLIT",
});

impl TradeState {
    /// Whether the coins are still in escrow.
    pub fn is_open(self) -> bool {
        self < TradeState::Completed
    }
}

/// What became of a trade's escrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum EscrowStatus {
    Locked,
    /// All of it went to the buyer.
    Released,
    /// All of it went back.
    Refunded,
    Split,
}

codes!(EscrowStatus {
    Locked => "LOCKED",
    Released => "RELEASED",
    Refunded => "REFUNDED",
    Split => "SPLIT",
});

impl EscrowStatus {
    /// In this state of the trade.
    pub fn of(state: TradeState) -> EscrowStatus {
        match state {
            TradeState::Completed | TradeState::ResolvedBuyer => EscrowStatus::Released,
            TradeState::Cancelled | TradeState::Expired | TradeState::ResolvedSeller => {
                EscrowStatus::Refunded
            }
            TradeState::ResolvedSplit => EscrowStatus::Split,
            TradeState::Pending
            | TradeState::PaymentSent
            | TradeState::ReleaseOverdue
            | TradeState::Disputed
            | TradeState::VerdictPending => EscrowStatus::Locked,
        }
    }
}

/// Why a trade is where it is, where its state does not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum TradeReason {
    /// The buyer stepped back before paying.
    Buyer,
    /// The buyer stepped back within the grace, which is nobody's fault.
    Grace,
    /// The buyer had said that the money was sent, and took it back.
    NotPaid,
    /// The seller asked for it and the buyer agreed.
    Mutual,
    /// The buyer gave in to a dispute.
    Conceded,
    /// The payment window passed.
    PaymentWindow,
    /// The seller confirmed the payment during a dispute.
    ReleasedInDispute,
    /// A party opened the dispute.
    Party,
    /// Nobody acted, and the clock opened the dispute.
    Clock,
    /// The dispute was withdrawn.
    Withdrawn,
    /// The loser appealed against the verdict.
    Appealed,
}

codes!(TradeReason {
    Buyer => "BUYER_CANCELLED",
    Grace => "CANCELLED_IN_GRACE",
    NotPaid => "NOT_PAID",
    Mutual => "MUTUAL",
    Conceded => "CONCEDED",
    PaymentWindow => "PAYMENT_WINDOW_OVER",
    ReleasedInDispute => "RELEASED_IN_DISPUTE",
    Party => "OPENED_BY_PARTY",
    Clock => "OPENED_BY_CLOCK",
    Withdrawn => "DISPUTE_WITHDRAWN",
    Appealed => "APPEALED",
});

/// An admin has stopped a trade; its deadlines stand still.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Freeze {
    pub since: Stamp,
    pub reason: String,
}

/// A P2P trade.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct P2pTrade {
    /// Its id, and its escrow's; names its board.
    pub id: P2pTradeId,
    /// The ad that was taken.
    pub ad: AdId,
    /// What is in escrow.
    pub asset: Asset,
    /// What it is paid with.
    pub fiat: Fiat,
    /// How it is paid.
    pub method: PaymentMethod,
    /// Who gets the coins.
    pub buyer: Person,
    /// Whose coins they are until then.
    pub seller: Person,
    /// Whether the ad was the seller's.
    pub maker_sells: bool,
    /// What is in escrow, in minor units.
    pub amount: Amount,
    /// Fiat for one of the asset.
    pub price: P2pPrice,
    /// What the buyer pays, in minor units of fiat.
    pub total_fiat: Amount,
    /// The maker's fee, as it stood when the trade opened.
    pub maker_fee: Rate,
    /// The taker's fee.
    pub taker_fee: Rate,
    /// How long the buyer had to pay, for an extension.
    pub payment_window_secs: u32,
    /// What the ad said.
    pub terms: Option<String>,
    /// Where to pay: a copy of the seller's account as it was when the trade opened.
    pub account: Option<PaymentAccount>,
    /// Where the trade stands.
    pub state: TradeState,
    /// Why, where the state does not say it.
    pub reason: Option<TradeReason>,
    /// Whether an admin stopped it.
    pub frozen: Option<Freeze>,
    /// Whether the seller asks the buyer to agree to a cancel.
    pub seller_asks_cancel: bool,
    /// How often the seller has asked.
    pub cancels_asked: u8,
    /// Whether the payment window was extended.
    pub extended: bool,
    /// When the clock acts; stands still while the trade is frozen.
    pub deadline: Option<Stamp>,
    /// How many facts there were of it, messages not counted.
    pub step: u32,
    /// When it was opened.
    pub created_at: Stamp,
    /// Until when the buyer may step back without fault.
    pub grace_until: Stamp,
    /// When the buyer said that the money was sent.
    pub sent_at: Option<Stamp>,
    /// When its last fact took effect.
    pub updated_at: Stamp,
    /// How many messages were written.
    pub messages: u32,
    /// The newest dispute over it.
    pub dispute: Option<Box<Dispute>>,
    /// How many disputes over it were withdrawn.
    pub withdrawals: u8,
}

impl P2pTrade {
    /// Who posted the ad.
    pub fn maker(&self) -> &Person {
        if self.maker_sells { &self.seller } else { &self.buyer }
    }

    /// Who took it.
    pub fn taker(&self) -> &Person {
        if self.maker_sells { &self.buyer } else { &self.seller }
    }

    /// Whether `user` is one of the two.
    pub fn is_party(&self, user: UserId) -> bool {
        self.buyer.id == user || self.seller.id == user
    }

    /// The other of the two.
    pub fn other(&self, user: UserId) -> &Person {
        if self.buyer.id == user { &self.seller } else { &self.buyer }
    }

    /// Whether `user` is who decides its dispute.
    pub fn is_arbitrator(&self, user: UserId) -> bool {
        let reputation = self.dispute.as_ref().filter(|d| d.status != DisputeStatus::Withdrawn);
        let arbitrator = reputation.and_then(|dispute| dispute.arbitrator.as_ref());
        arbitrator.is_some_and(|person| person.id == user)
    }

    /// Whether there is a dispute over it that has not ended.
    pub fn is_disputed(&self) -> bool {
        self.dispute.as_ref().is_some_and(|dispute| dispute.status.is_open())
    }

    /// When the clock acts next, if it runs.
    pub fn runs_out(&self) -> Option<Stamp> {
        self.deadline.filter(|_| self.frozen.is_none() && self.state.is_open())
    }

    /// The fees out of `received`, each rounded up, and never more than there is.
    pub fn fee_on(&self, received: Amount) -> Amount {
        let fees = self.maker_fee.fee_up(received) + self.taker_fee.fee_up(received);
        fees.min(received)
    }

    /// Pays `part` of the escrow to the buyer, less the fees.
    pub(super) fn pay_buyer(&self, part: Amount, transaction: &mut Transaction) {
        let fee = self.fee_on(part);
        let (escrow, buyer) = (Account::Trades(self.seller.id), Account::Available(self.buyer.id));
        let release = PostingCause::EscrowRelease;
        transaction.transfer(self.asset, part - fee, escrow, buyer, release);
        transaction.transfer(self.asset, fee, escrow, Account::House, PostingCause::Fee);
    }

    /// Moves open deadlines that lie behind `since`, since the exchange was down for `millis`.
    pub(super) fn shift(&mut self, since: Stamp, millis: i64) {
        let later = |stamp: &mut Stamp| {
            if *stamp > since {
                *stamp = stamp.plus_millis(millis);
            }
        };
        if self.frozen.is_some() {
            return;
        }
        later(&mut self.grace_until);
        if let Some(deadline) = &mut self.deadline {
            later(deadline);
        }
        if let Some(dispute) = &mut self.dispute {
            later(&mut dispute.statements_until);
        }
    }

    /// This trade's part of the state's digest.
    pub fn digest(&self) -> Digest {
        Digest::part("p2p trade", self)
    }
}

/// Something that counts against a buyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BuyerFault {
    /// A cancel or an expiry before payment.
    BeforePayment,
    /// A cancel after the buyer had said that the money was sent.
    AfterSent,
}

/// What is left of an ad after one of its trades opened or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AdRemaining {
    pub ad: AdId,
    pub remaining: Amount,
}

/// What a command or the clock did to a P2P trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct P2pTradeFact {
    /// What was done.
    pub action: Action,
    /// In which role.
    pub party: Party,
    /// The trade afterwards.
    pub trade: P2pTrade,
    /// What is left of its ad, where that changed.
    pub ad: Option<AdRemaining>,
    /// What counts against the buyer.
    pub fault: Option<BuyerFault>,
    /// Until when it may be reviewed, where it has completed.
    pub review_until: Option<Stamp>,
    /// What was said for it: why it was frozen, thawed, decided so, appealed against.
    pub note: Option<String>,
    /// Whom it is news to.
    pub told: SmallVec<[UserId; 4]>,
    /// What moved in or out of escrow.
    pub transaction: Transaction,
}

/// A line of the chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageFact {
    /// The trade that is talked about.
    pub trade: P2pTradeId,
    /// Counts the messages of the trade, from 1.
    pub number: u32,
    /// Who wrote it.
    pub from: Person,
    /// What was written.
    pub text: String,
    /// Who may read it besides.
    pub told: SmallVec<[UserId; 4]>,
}

/// One party's word on the other, after a completed trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReviewFact {
    pub trade: P2pTradeId,
    pub reviewer: Person,
    pub reviewed: Person,
    /// 1 to 5.
    pub rating: u8,
    pub comment: Option<String>,
}
