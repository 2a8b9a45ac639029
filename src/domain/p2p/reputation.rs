//! What a user's P2P trades made of the user: reputation, and the ladder of bars.
//!
//! Both are folds over facts, so the journal gives them again. Nothing here is a running mean: sums
//! and counts are kept, and a mean is taken when somebody looks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    fiat::Fiat,
    trade::{BuyerFault, P2pTrade, TradeReason, TradeState},
};
use crate::domain::{
    id::{Stamp, UserId},
    money::{Rate, mean_half_even},
};

/// The spans, in days, that a reputation is shown for, besides all time.
pub const WINDOWS_DAYS: [i64; 2] = [30, 90];
/// Who has fewer completed trades than this is let off more often.
const NEWCOMER_TRADES: u64 = 3;
/// Bars, by how many faults of a day were beyond what is let off; then the rest of the day.
const BARS_MILLIS: [i64; 4] = [15 * 60_000, 30 * 60_000, 60 * 60_000, 4 * 60 * 60_000];

/// Sums over trades that ended and reviews that were written in some span of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Record {
    /// Trades that ended COMPLETED.
    pub completed: u64,
    /// Trades that count for the completion rate.
    pub counted: u64,
    /// Those of them that ended well for this user.
    pub well: u64,
    /// Milliseconds from opening to "payment sent", over completed trades without a dispute in which
    /// this user was the buyer.
    pub pay_millis: i64,
    /// How many those are.
    pub paid: u64,
    /// Milliseconds from "payment sent" to completed, where this user was the seller.
    pub release_millis: i64,
    /// How many those are.
    pub released: u64,
    /// Reviews that this user got.
    pub reviews: u64,
    /// Those of 4 or 5.
    pub positive: u64,
    /// The sum of their scores.
    pub scores: u64,
    /// Fiat of completed trades, in minor units.
    pub volume: BTreeMap<Fiat, i128>,
    /// Verdicts that found this user deceiving.
    pub frauds: u64,
}

impl Record {
    fn add(&mut self, more: &Record) {
        self.completed += more.completed;
        self.counted += more.counted;
        self.well += more.well;
        self.pay_millis += more.pay_millis;
        self.paid += more.paid;
        self.release_millis += more.release_millis;
        self.released += more.released;
        self.reviews += more.reviews;
        self.positive += more.positive;
        self.scores += more.scores;
        self.frauds += more.frauds;
        for (fiat, amount) in &more.volume {
            *self.volume.entry(*fiat).or_default() += amount;
        }
    }

    /// The share of trades that ended well, in tenths of a percent; `None` without data.
    pub fn completion_permille(&self) -> Option<i128> {
        let share = || mean_half_even(i128::from(self.well), i128::from(self.counted), 3);
        (self.counted > 0).then(share)
    }

    /// The share of reviews of 4 or 5, in tenths of a percent; `None` without data.
    pub fn positive_permille(&self) -> Option<i128> {
        let share = || mean_half_even(i128::from(self.positive), i128::from(self.reviews), 3);
        (self.reviews > 0).then(share)
    }

    /// The mean of the scores in hundredths; `None` without data.
    pub fn rating_hundredths(&self) -> Option<i128> {
        let mean = || mean_half_even(i128::from(self.scores), i128::from(self.reviews), 2);
        (self.reviews > 0).then(mean)
    }

    /// Mean milliseconds from opening to "payment sent", rounded down.
    pub fn average_pay_millis(&self) -> Option<i64> {
        self.pay_millis.checked_div(self.paid as i64)
    }

    /// Mean milliseconds from "payment sent" to completed, rounded down.
    pub fn average_release_millis(&self) -> Option<i64> {
        self.release_millis.checked_div(self.released as i64)
    }

    /// Whether the completion rate, exactly, is at least `least`.
    pub(super) fn completes_at_least(&self, least: Rate) -> bool {
        let (well, counted) = (u128::from(self.well), u128::from(self.counted));
        counted > 0 && well * 1_000_000 >= counted * u128::from(least.0)
    }

    /// Whether the mean score, exactly, is at least `least` hundredths.
    pub(super) fn is_rated_at_least(&self, least: u32) -> bool {
        let (scores, reviews) = (u128::from(self.scores), u128::from(self.reviews));
        reviews > 0 && scores * 100 >= reviews * u128::from(least)
    }
}

/// The faults of one UTC day, and the bar that they led to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CancelBars {
    day: i64,
    before_payment: u32,
    after_sent: u32,
    /// How many faults of the day were beyond what is let off.
    beyond: u32,
    /// Until when the user may neither take ads nor have BUY ads.
    barred_until: Stamp,
}

impl CancelBars {
    /// Counts a fault at `at` of a user with so many completed trades. One of a day that is over for
    /// the ladder, which a late timer tells of, is not counted: it would wash away those of today.
    fn add(&mut self, fault: BuyerFault, completed: u64, at: Stamp) {
        if at.day() < self.day {
            return;
        }
        if at.day() > self.day {
            *self = CancelBars {
                day: at.day(),
                barred_until: self.barred_until,
                ..CancelBars::default()
            };
        }
        let newcomer = completed < NEWCOMER_TRADES;
        let (count, let_off) = match fault {
            BuyerFault::BeforePayment => (&mut self.before_payment, if newcomer { 5 } else { 3 }),
            BuyerFault::AfterSent => (&mut self.after_sent, if newcomer { 3 } else { 1 }),
        };
        *count += 1;
        if *count <= let_off {
            return;
        }
        let day_ends = Stamp((at.day() + 1) * 86_400_000);
        let bar = BARS_MILLIS.get(self.beyond as usize).map(|millis| at.plus_millis(*millis));
        self.beyond += 1;
        self.barred_until = self.barred_until.max(bar.unwrap_or(day_ends));
    }

    /// Until when the user is barred, if that is after `now`.
    pub fn barred_until(&self, now: Stamp) -> Option<Stamp> {
        (self.barred_until > now).then_some(self.barred_until)
    }
}

/// One user's reputation and ladder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reputation {
    all: Record,
    /// By UTC day, as many as the longest window looks at.
    days: BTreeMap<i64, Record>,
    /// Whom the user completed trades with, and on which day last.
    partners: BTreeMap<UserId, i64>,
    /// See [`CancelBars`].
    pub bars: CancelBars,
}

impl Reputation {
    /// Everything that ever was.
    pub fn all_time(&self) -> &Record {
        &self.all
    }

    /// The last `days` UTC days, today included.
    pub fn last_days(&self, days: i64, now: Stamp) -> Record {
        let mut sum = Record::default();
        let first = now.day() - days + 1;
        self.days.range(first..).for_each(|(_, day)| sum.add(day));
        sum
    }

    /// How many people the user completed trades with: ever, or in the last `days`.
    pub fn partners(&self, days: Option<i64>, now: Stamp) -> u64 {
        let first = days.map_or(i64::MIN, |days| now.day() - days + 1);
        self.partners.values().filter(|day| **day >= first).count() as u64
    }

    fn add(&mut self, at: Stamp, record: &Record) {
        let longest = WINDOWS_DAYS.into_iter().max().unwrap_or(0);
        self.all.add(record);
        self.days.entry(at.day()).or_default().add(record);
        while let Some((day, _)) = self.days.first_key_value()
            && *day <= at.day() - longest
        {
            self.days.pop_first();
        }
    }

    /// Folds in what a trade that ended, and what counted against it, mean for `user`.
    pub(super) fn end_trade(&mut self, user: UserId, trade: &P2pTrade, fault: Option<BuyerFault>) {
        let at = trade.updated_at;
        if trade.buyer.id == user
            && let Some(fault) = fault
        {
            self.bars.add(fault, self.all.completed, at);
        }
        let mut record = Record::default();
        if let Some(well) = ended_well(trade, user) {
            record.counted = 1;
            record.well = u64::from(well);
        }
        record.frauds = u64::from(is_fraud(trade, user));
        if trade.state == TradeState::Completed {
            record.completed = 1;
            record.volume.insert(trade.fiat, i128::from(trade.total_fiat));
            self.partners.insert(trade.other(user).id, at.day());
            if let Some(sent) = trade.sent_at.filter(|_| trade.dispute.is_none()) {
                match trade.buyer.id == user {
                    true => (record.pay_millis, record.paid) = (sent.0 - trade.created_at.0, 1),
                    false => (record.release_millis, record.released) = (at.0 - sent.0, 1),
                }
            }
        }
        self.add(at, &record);
    }

    /// Folds in a review that the user got.
    pub(super) fn review(&mut self, rating: u8, at: Stamp) {
        let positive = u64::from(rating >= 4);
        let scores = u64::from(rating);
        self.add(at, &Record { reviews: 1, positive, scores, ..Record::default() });
    }
}

/// Whether a trade that ended did so well for `user`; `None` where it counts for nothing: cancelled by
/// both, within the grace, by the other one's fault, or split.
fn ended_well(trade: &P2pTrade, user: UserId) -> Option<bool> {
    let is_buyer = trade.buyer.id == user;
    match (trade.state, trade.reason) {
        (TradeState::Completed, _) => Some(true),
        (TradeState::ResolvedBuyer, _) => Some(is_buyer),
        (TradeState::ResolvedSeller, _) => Some(!is_buyer),
        (TradeState::Expired, _) => is_buyer.then_some(false),
        (TradeState::Cancelled, Some(TradeReason::Conceded)) => Some(!is_buyer),
        (TradeState::Cancelled, Some(TradeReason::Buyer | TradeReason::NotPaid)) => {
            is_buyer.then_some(false)
        }
        _ => None,
    }
}

fn is_fraud(trade: &P2pTrade, user: UserId) -> bool {
    let verdict = trade.dispute.as_ref().and_then(|dispute| dispute.verdict.as_ref());
    let lost = match trade.state {
        TradeState::ResolvedBuyer => trade.seller.id == user,
        TradeState::ResolvedSeller => trade.buyer.id == user,
        _ => false,
    };
    lost && verdict.is_some_and(|verdict| verdict.fraud)
}
