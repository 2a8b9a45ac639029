//! Reputations: what a user's P2P trades made of the user, and what others wrote. No data is `null`,
//! never 0 % or 100 %.

use serde::Serialize;
use utoipa::ToSchema;

use super::time;
use crate::domain::{
    id::{Sequence, Stamp},
    money::print_scaled,
    p2p::{
        reputation::{Record, Reputation, WINDOWS_DAYS},
        trade::ReviewFact,
    },
};

/// What P2P trades that ended and reviews that were written in some span of time come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TradeRecord {
    #[schema(example = 9)]
    pub completed_trades: u64,
    /// The share of trades that ended well, in percent; cancels by both or within the grace, and
    /// trades that ended by the other one's fault, do not count.
    #[schema(example = "90.0")]
    pub completion_rate: Option<String>,
    /// As a buyer, from opening to "payment sent"; trades with a dispute do not count.
    pub average_pay_secs: Option<i64>,
    /// As a seller, from "payment sent" to completed; trades with a dispute do not count.
    pub average_release_secs: Option<i64>,
    /// The share of reviews of 4 or 5.
    #[schema(example = "66.7")]
    pub positive_percent: Option<String>,
    /// The mean of all scores, 1 to 5, halves to even.
    #[schema(example = "4.33")]
    pub rating: Option<String>,
    pub reviews: u64,
    /// With how many people trades were completed.
    pub distinct_partners: u64,
    /// Fiat of completed trades, by currency.
    pub volume: Vec<Volume>,
}

/// So much of one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Volume {
    #[schema(example = "USD")]
    pub fiat_currency: String,
    #[schema(example = "1500.00")]
    pub amount: String,
}

impl TradeRecord {
    /// `record`, of trades with so many people.
    pub fn of(record: &Record, distinct_partners: u64) -> TradeRecord {
        let secs = |millis: i64| millis.div_euclid(1_000);
        let percent = |permille| print_scaled(permille, 1);
        TradeRecord {
            completed_trades: record.completed,
            completion_rate: record.completion_permille().map(percent),
            average_pay_secs: record.average_pay_millis().map(secs),
            average_release_secs: record.average_release_millis().map(secs),
            positive_percent: record.positive_permille().map(percent),
            rating: record.rating_hundredths().map(|hundredths| print_scaled(hundredths, 2)),
            reviews: record.reviews,
            distinct_partners,
            volume: record
                .volume
                .iter()
                .map(|(fiat, amount)| Volume {
                    fiat_currency: fiat.code().to_owned(),
                    amount: print_scaled(*amount, fiat.scale()),
                })
                .collect(),
        }
    }

    /// What `reputation` comes to in the last `days`, or ever.
    pub fn within(reputation: &Reputation, days: Option<i64>, now: Stamp) -> TradeRecord {
        let partners = reputation.partners(days, now);
        match days {
            Some(days) => TradeRecord::of(&reputation.last_days(days, now), partners),
            None => TradeRecord::of(reputation.all_time(), partners),
        }
    }
}

/// A user's reputation: of all time, and by spans of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Reputation)]
pub struct ShownReputation {
    #[schema(example = "alice")]
    pub username: String,
    /// Of all time.
    #[serde(flatten)]
    pub record: TradeRecord,
    pub windows: Windows,
    /// Until when the user neither takes ads nor has BUY ads, after too many cancels; told to the user
    /// and to admins only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub barred_until: Option<Option<String>>,
}

/// The spans; days are those of UTC, today included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReputationWindows)]
pub struct Windows {
    pub d30: TradeRecord,
    pub d90: TradeRecord,
    pub all: TradeRecord,
}

impl ShownReputation {
    /// The reputation of the user of this name; `whole` with what others are not told.
    pub fn of(username: &str, reputation: &Reputation, now: Stamp, whole: bool) -> ShownReputation {
        let [d30, d90] = WINDOWS_DAYS.map(|days| TradeRecord::within(reputation, Some(days), now));
        let all = TradeRecord::within(reputation, None, now);
        let barred_until = reputation.bars.barred_until(now).map(time);
        ShownReputation {
            username: username.to_owned(),
            record: all.clone(),
            windows: Windows { d30, d90, all },
            barred_until: whole.then_some(barred_until),
        }
    }
}

/// What a list of ads says of an owner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct OwnerReputation {
    pub completed_trades: u64,
    /// In percent.
    #[schema(example = "90.0")]
    pub completion_rate: Option<String>,
    #[schema(example = "4.33")]
    pub rating: Option<String>,
}

impl OwnerReputation {
    /// What `record` of all time comes to.
    pub fn of(record: &Record) -> OwnerReputation {
        OwnerReputation {
            completed_trades: record.completed,
            completion_rate: record.completion_permille().map(|permille| print_scaled(permille, 1)),
            rating: record.rating_hundredths().map(|hundredths| print_scaled(hundredths, 2)),
        }
    }
}

/// A word on a user, after a completed P2P trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Review {
    #[schema(example = "bob")]
    pub reviewer: String,
    #[schema(example = "alice")]
    pub reviewed: String,
    /// 1 to 5.
    pub rating: u8,
    pub comment: Option<String>,
    /// Told to the two of them only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trade_id: Option<String>,
    pub sequence: u64,
    #[schema(format = DateTime)]
    pub created_at: String,
}

impl Review {
    /// A review with the number and the stamp of its fact; `whole` for the two that it is about.
    pub fn of(sequence: Sequence, stamp: Stamp, review: &ReviewFact, whole: bool) -> Review {
        Review {
            reviewer: review.reviewer.name.clone(),
            reviewed: review.reviewed.name.clone(),
            rating: review.rating,
            comment: review.comment.clone(),
            trade_id: whole.then(|| review.trade.to_string()),
            sequence: sequence.0,
            created_at: time(stamp),
        }
    }
}
