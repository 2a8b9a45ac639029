//! Ads: what a maker offers to buy or to sell, at which price, to whom.
//!
//! ```text
//! ACTIVE <-> PAUSED            by the owner
//! ACTIVE <-> HIDDEN            by itself: see `Ad::hidden`
//! any of them -> CLOSED        by the owner
//!             -> EXPIRED       by the clock
//! ```
//!
//! HIDDEN follows from what is left of the ad, from the index and from the owner's bar at the time of
//! looking; it is not stored, so it can never be out of date.

use serde::{Deserialize, Serialize};

use super::fiat::{Fiat, PaymentMethod};
use crate::domain::code::codes;
use crate::domain::{
    id::{AdId, Stamp, UserId},
    ledger::Transaction,
    money::{Amount, Asset, P2P_PRICE_MAX, P2pPrice, Rate},
    order::Side,
    rejection::Rejection,
};

/// A user with the name that others see; names never change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Person {
    pub id: UserId,
    pub name: String,
}

/// How an ad's price is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Pricing {
    /// Always this.
    Fixed(P2pPrice),
    /// The index with a margin, within bounds.
    Floating {
        /// In parts per million, of either sign.
        margin: i32,
        /// Never below this.
        floor: Option<P2pPrice>,
        /// Never above this.
        ceiling: Option<P2pPrice>,
    },
}

/// How the price of an ad is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum PriceType {
    Fixed,
    Floating,
}

codes!(PriceType {
    Fixed => "FIXED",
    Floating => "FLOATING",
});

impl Pricing {
    /// Which of the two it is.
    pub fn kind(self) -> PriceType {
        match self {
            Pricing::Fixed(_) => PriceType::Fixed,
            Pricing::Floating { .. } => PriceType::Floating,
        }
    }

    /// Whether its floor is above its ceiling.
    fn is_crossed(&self) -> bool {
        match self {
            Pricing::Floating { floor: Some(floor), ceiling: Some(ceiling), .. } => floor > ceiling,
            _ => false,
        }
    }

    /// The price at `index`; `None` where a floating price has no index to stand on.
    pub fn effective(&self, index: Option<P2pPrice>) -> Option<P2pPrice> {
        match *self {
            Pricing::Fixed(price) => Some(price),
            Pricing::Floating { margin, floor, ceiling } => {
                let price = index?.with_margin_down(margin);
                let price = floor.map_or(price, |floor| price.max(floor));
                let price = ceiling.map_or(price, |ceiling| price.min(ceiling));
                (1..=P2P_PRICE_MAX).contains(&price.0).then_some(price)
            }
        }
    }
}

/// What a taker has to bring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Conditions {
    /// Completed P2P trades, of all time.
    pub min_completed_trades: Option<u32>,
    /// Completion rate of all time; who has none does not meet it.
    pub min_completion_rate: Option<Rate>,
    /// Full days since registration.
    pub min_account_age_days: Option<u32>,
    /// Mean of all ratings in hundredths; who has none does not meet it.
    pub min_rating: Option<u32>,
    /// The most (fiat minor units) that somebody without a completed P2P trade may take.
    pub first_trade_max_fiat: Option<Amount>,
}

/// One of the [`Conditions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Condition {
    MinCompletedTrades,
    MinCompletionRate,
    MinAccountAgeDays,
    MinRating,
    FirstTradeMaxFiat,
}

codes!(Condition {
    MinCompletedTrades => "min_completed_trades",
    MinCompletionRate => "min_completion_rate",
    MinAccountAgeDays => "min_account_age_days",
    MinRating => "min_rating",
    FirstTradeMaxFiat => "first_trade_max_fiat",
});

/// What the owner of an ad chooses, and may choose anew.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AdTerms {
    /// How its price is made.
    pub pricing: Pricing,
    /// How much of the asset it is for in all; what is left of it is [`Ad::remaining`].
    pub available: Amount,
    /// The least that one trade may be for, in fiat.
    pub min_limit: Amount,
    /// The most that one trade may be for, in fiat.
    pub max_limit: Amount,
    /// How the buyer may pay; none twice, at least one.
    pub methods: Vec<PaymentMethod>,
    /// How long the buyer has to pay.
    pub payment_window_secs: u32,
    /// What the owner wants to say.
    pub terms: Option<String>,
    /// What a taker has to bring.
    pub conditions: Conditions,
    /// When it ends by itself.
    pub expires_at: Option<Stamp>,
}

impl AdTerms {
    /// Whether the parts fit together.
    pub(super) fn check(&self, now: Stamp) -> Result<(), Rejection> {
        let longest = self.methods.iter().map(|method| method.longest_window_secs()).min();
        match () {
            _ if self.min_limit > self.max_limit => Err(Rejection::LimitsCrossed),
            _ if self.pricing.is_crossed() => Err(Rejection::LimitsCrossed),
            _ if longest.is_none_or(|longest| self.payment_window_secs > longest) => {
                Err(Rejection::PaymentWindowTooLong)
            }
            _ if self.expires_at.is_some_and(|end| end <= now) => Err(Rejection::ExpiresInPast),
            _ => Ok(()),
        }
    }
}

/// What an owner changes; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AdChange {
    pub pricing: Option<Pricing>,
    pub available: Option<Amount>,
    pub min_limit: Option<Amount>,
    pub max_limit: Option<Amount>,
    pub methods: Option<Vec<PaymentMethod>>,
    pub payment_window_secs: Option<u32>,
    pub terms: Option<Option<String>>,
    pub conditions: Option<Conditions>,
    pub expires_at: Option<Option<Stamp>>,
}

impl AdChange {
    /// What the terms become.
    pub(super) fn of(self, now: &AdTerms) -> AdTerms {
        AdTerms {
            pricing: self.pricing.unwrap_or(now.pricing),
            available: self.available.unwrap_or(now.available),
            min_limit: self.min_limit.unwrap_or(now.min_limit),
            max_limit: self.max_limit.unwrap_or(now.max_limit),
            methods: self.methods.unwrap_or_else(|| now.methods.clone()),
            payment_window_secs: self.payment_window_secs.unwrap_or(now.payment_window_secs),
            terms: self.terms.unwrap_or_else(|| now.terms.clone()),
            conditions: self.conditions.unwrap_or(now.conditions),
            expires_at: self.expires_at.unwrap_or(now.expires_at),
        }
    }
}

/// A new ad that is asked for; syntax was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AdDraft {
    pub side: Side,
    pub terms: AdTerms,
}

/// Where an ad stands; see [`Ad::hidden`] for what an active one can be besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum AdStatus {
    Active,
    Paused,
    Closed,
    Expired,
}

codes!(AdStatus {
    Active => "ACTIVE",
    Paused => "PAUSED",
    Closed => "CLOSED",
    Expired => "EXPIRED",
});

impl AdStatus {
    /// Whether it may still be taken some time.
    pub fn is_live(self) -> bool {
        matches!(self, AdStatus::Active | AdStatus::Paused)
    }
}

/// Why an active ad is not shown and cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Hidden {
    /// What is left is worth less than its least trade.
    BelowMin,
    /// Its price floats, and there is no fresh index.
    NoIndex,
    /// Its owner is frozen, or it buys and its owner is barred.
    OwnerBarred,
}

/// What there is against the owner of an ad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnerState {
    /// Until when the owner is barred, after too many cancels.
    pub barred: Option<Stamp>,
    /// Whether an admin has frozen the owner.
    pub frozen: bool,
}

codes!(Hidden {
    BelowMin => "below_min",
    NoIndex => "no_index",
    OwnerBarred => "owner_barred",
});

/// An advertisement.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ad {
    /// Its id; names its board.
    pub id: AdId,
    /// The maker.
    pub owner: Person,
    /// Whether the maker buys or sells the asset.
    pub side: Side,
    /// What is bought or sold.
    pub asset: Asset,
    /// What it is paid with.
    pub fiat: Fiat,
    /// What the owner chose.
    pub terms: AdTerms,
    /// How much of the asset is left; of a SELL ad, just so much is in its reserve.
    pub remaining: Amount,
    /// Where it stands.
    pub status: AdStatus,
    /// Raised by every edit, from 1.
    pub version: u32,
    /// When it was published.
    pub created_at: Stamp,
    /// When it last changed, trades included.
    pub updated_at: Stamp,
}

impl Ad {
    /// Why the ad is not shown although it is active, given its price and how its owner stands.
    pub fn hidden(&self, price: Option<P2pPrice>, owner: OwnerState) -> Option<Hidden> {
        if self.status != AdStatus::Active {
            return None;
        }
        let Some(price) = price else { return Some(Hidden::NoIndex) };
        let worth = price.fiat_down(self.remaining, self.asset, self.fiat.scale());
        match () {
            _ if worth < self.terms.min_limit => Some(Hidden::BelowMin),
            _ if owner.frozen => Some(Hidden::OwnerBarred),
            _ if owner.barred.is_some() && self.side == Side::Buy => Some(Hidden::OwnerBarred),
            _ => None,
        }
    }

    /// What it keeps of its owner's money.
    pub fn reserve(&self) -> Amount {
        match self.side {
            Side::Sell if self.status.is_live() => self.remaining,
            _ => Amount::ZERO,
        }
    }
}

/// What an owner or the clock did to an ad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum AdAction {
    Published,
    Edited,
    Paused,
    Resumed,
    Closed,
    Expired,
}

/// An ad came to be, changed or ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdFact {
    /// What was done.
    pub action: AdAction,
    /// The ad afterwards.
    pub ad: Ad,
    /// Its price then, if it had one.
    pub price: Option<P2pPrice>,
    /// Why it was not shown then, if it was not.
    pub hidden: Option<Hidden>,
    /// What went into its reserve or came back from it.
    pub transaction: Transaction,
}
