//! What people look back at in P2P trading: finished trades with their chats and audit trails, closed
//! ads, reviews. A fold over facts, bounded; no decision looks in here, and it is in no digest.

#![deny(clippy::wildcard_enum_match_arm)]

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{
    ad::Ad,
    decide::people,
    dispute::Dispute,
    machine::{Action, Party},
    trade::{MessageFact, P2pTrade, P2pTradeFact, ReviewFact, TradeState},
};
use crate::domain::{
    fact::{Body, Fact},
    id::{AdId, DisputeId, P2pTradeId, Sequence, Stamp, UserId},
    window::Window,
};

/// How many finished trades, and trades of others with a dispute that the user decided, are kept of each.
pub const FINISHED_TRADES_MAX: usize = 200;
/// How many closed ads are kept of each user.
pub const CLOSED_ADS_MAX: usize = 100;
/// How many reviews are kept of each user.
pub const REVIEWS_MAX: usize = 500;

/// One line of an audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AuditEntry {
    pub sequence: Sequence,
    pub stamp: Stamp,
    /// `None` for the clock.
    pub by: Option<UserId>,
    pub party: Party,
    pub action: Action,
    /// Where the trade stood afterwards.
    pub state: TradeState,
    /// What was said for it.
    pub note: Option<String>,
}

/// A line of a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Message {
    pub sequence: Sequence,
    pub stamp: Stamp,
    pub message: MessageFact,
}

/// What is kept of one trade.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TradeHistory {
    /// The trade, once it has ended; an open one is in the state.
    pub ended: Option<Box<P2pTrade>>,
    /// What was done to it, oldest first.
    pub audit: Vec<AuditEntry>,
    /// The chat, oldest first.
    pub messages: Vec<Message>,
    /// Disputes that were withdrawn.
    pub withdrawn: Vec<Dispute>,
    /// In how many users' windows it is.
    kept_by: u8,
}

/// A closed or expired ad.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ClosedAd {
    pub sequence: Sequence,
    pub ad: Ad,
}

/// A review that a user got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct OwnReview {
    pub sequence: Sequence,
    pub stamp: Stamp,
    pub review: ReviewFact,
}

/// A finished trade of a user, or one whose dispute the user decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Finished {
    pub sequence: Sequence,
    pub trade: P2pTradeId,
}

/// One user's newest P2P history.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct UserP2pHistory {
    /// The open trades that the user is a party of.
    pub open: BTreeSet<P2pTradeId>,
    /// Those that the user was a party of.
    pub finished: Window<Finished>,
    /// Those of others whose dispute the user decided.
    pub judged: Window<Finished>,
    pub closed_ads: Window<ClosedAd>,
    pub reviews: Window<OwnReview>,
}

/// All kept P2P history.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct P2pHistory {
    trades: HashMap<P2pTradeId, TradeHistory>,
    users: HashMap<UserId, UserP2pHistory>,
    closed_ads: HashMap<AdId, UserId>,
    /// The open trades that are disputed.
    disputed: BTreeSet<P2pTradeId>,
}

impl P2pHistory {
    /// What is kept of a trade, open or finished.
    pub fn trade(&self, id: P2pTradeId) -> Option<&TradeHistory> {
        self.trades.get(&id)
    }

    /// A trade that has ended, if it is still kept.
    pub fn ended(&self, id: P2pTradeId) -> Option<&P2pTrade> {
        self.trades.get(&id)?.ended.as_deref()
    }

    /// A dispute that was withdrawn, or whose trade has ended.
    pub fn dispute(&self, id: DisputeId) -> Option<&Dispute> {
        let history = self.trades.get(&id.trade())?;
        let last = history.ended.as_ref().and_then(|trade| trade.dispute.as_deref());
        history.withdrawn.iter().chain(last).find(|dispute| dispute.id == id)
    }

    /// All disputes that are kept: of trades that have ended, and withdrawn ones.
    pub fn disputes(&self) -> impl Iterator<Item = &Dispute> {
        self.trades.values().flat_map(|history| {
            let ended = history.ended.as_ref();
            let last = ended.and_then(|trade| trade.dispute.as_deref());
            history.withdrawn.iter().chain(last)
        })
    }

    /// The history of a user; `None` where nothing has happened yet.
    pub fn user(&self, id: UserId) -> Option<&UserP2pHistory> {
        self.users.get(&id)
    }

    /// The open trades that are disputed, those with a verdict that may still be appealed included.
    pub fn disputed(&self) -> impl Iterator<Item = P2pTradeId> {
        self.disputed.iter().copied()
    }

    /// A closed ad, if it is still kept.
    pub fn closed_ad(&self, id: AdId) -> Option<&Ad> {
        let owner = self.users.get(self.closed_ads.get(&id)?)?;
        owner.closed_ads.iter().rev().map(|closed| &closed.ad).find(|ad| ad.id == id)
    }

    /// Folds a fact in; what is not about P2P changes nothing.
    pub fn apply(&mut self, sequence: Sequence, fact: &Fact) {
        match &fact.body {
            Body::P2pAd(own) if !own.ad.status.is_live() => self.close_ad(sequence, &own.ad),
            Body::P2pTrade(own) => self.apply_trade(sequence, fact, own),
            Body::P2pMessage(message) => {
                let line = Message { sequence, stamp: fact.stamp, message: message.clone() };
                self.trades.entry(message.trade).or_default().messages.push(line);
            }
            Body::Reviewed(review) => {
                let own = OwnReview { sequence, stamp: fact.stamp, review: review.clone() };
                let reviews = &mut self.users.entry(review.reviewed.id).or_default().reviews;
                reviews.push(own, REVIEWS_MAX);
            }
            Body::InstrumentListed(_)
            | Body::InstrumentChanged(_)
            | Body::UserRegistered { .. }
            | Body::PasswordChanged { .. }
            | Body::LoggedOut { .. }
            | Body::ProfileChanged { .. }
            | Body::RoleChanged { .. }
            | Body::FreezeChanged { .. }
            | Body::Deposited { .. }
            | Body::Withdrawn { .. }
            | Body::Book(_)
            | Body::SwitchArmed { .. }
            | Body::SwitchFired { .. }
            | Body::NotificationsRead { .. }
            | Body::ClockMoved { .. }
            | Body::DowntimeShifted { .. }
            | Body::BoardListed { .. }
            | Body::P2pAd(_)
            | Body::ContactChanged { .. } => {}
        }
    }

    fn close_ad(&mut self, sequence: Sequence, ad: &Ad) {
        let own = self.users.entry(ad.owner.id).or_default();
        let dropped = own.closed_ads.push(ClosedAd { sequence, ad: ad.clone() }, CLOSED_ADS_MAX);
        self.closed_ads.insert(ad.id, ad.owner.id);
        if let Some(dropped) = dropped {
            self.closed_ads.remove(&dropped.ad.id);
        }
    }

    fn apply_trade(&mut self, sequence: Sequence, fact: &Fact, own: &P2pTradeFact) {
        let trade = &own.trade;
        self.index(trade);
        let history = self.trades.entry(trade.id).or_default();
        history.audit.push(AuditEntry {
            sequence,
            stamp: fact.stamp,
            by: fact.cause.by.filter(|_| own.party != Party::Clock),
            party: own.party,
            action: own.action,
            state: trade.state,
            note: own.note.clone(),
        });
        let withdrawn = trade.dispute.as_deref().filter(|_| own.action == Action::Withdraw);
        history.withdrawn.extend(withdrawn.cloned());
        if trade.state.is_open() {
            return;
        }
        let users = people(trade);
        history.ended = Some(Box::new(trade.clone()));
        history.kept_by = users.len() as u8;
        for user in users {
            let own = self.users.entry(user).or_default();
            let window = if trade.is_party(user) { &mut own.finished } else { &mut own.judged };
            if let Some(old) =
                window.push(Finished { sequence, trade: trade.id }, FINISHED_TRADES_MAX)
            {
                self.let_go(old.trade);
            }
        }
    }

    /// Keeps the lists of open trades by which readers find them.
    fn index(&mut self, trade: &P2pTrade) {
        let keep = |list: &mut BTreeSet<P2pTradeId>, is_in: bool| match is_in {
            true => list.insert(trade.id),
            false => list.remove(&trade.id),
        };
        let is_disputed = matches!(trade.state, TradeState::Disputed | TradeState::VerdictPending);
        keep(&mut self.disputed, is_disputed);
        for user in [&trade.buyer, &trade.seller] {
            keep(&mut self.users.entry(user.id).or_default().open, trade.state.is_open());
        }
    }

    /// One user less looks back at a trade; with the last it is dropped.
    fn let_go(&mut self, trade: P2pTradeId) {
        if let Some(history) = self.trades.get_mut(&trade) {
            history.kept_by -= 1;
            if history.kept_by == 0 {
                self.trades.remove(&trade);
            }
        }
    }
}
