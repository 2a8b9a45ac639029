//! What a replay found, for people and for programs.

use std::{collections::BTreeMap, fmt, time::Duration};

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use super::{feed::FeedCount, maker::Skipped, replay_book::Touch};
use crate::{
    domain::instrument::Price,
    sim::client::{Total, Totals},
};

/// How far one side's best price was from the recorded one, over all comparisons, in ticks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distances {
    /// How often each distance was seen.
    seen: BTreeMap<u64, u64>,
    /// Comparisons in which one of the two had no best price.
    missing: u64,
}

impl Distances {
    /// Takes one comparison.
    pub fn compare(&mut self, ours: Option<Price>, recorded: Option<Price>) {
        match (ours, recorded) {
            (Some(ours), Some(recorded)) => {
                *self.seen.entry(ours.get().abs_diff(recorded.get())).or_default() += 1;
            }
            (None, None) => *self.seen.entry(0).or_default() += 1,
            _ => self.missing += 1,
        }
    }

    /// How many comparisons there were.
    pub fn compared(&self) -> u64 {
        self.seen.values().sum::<u64>() + self.missing
    }

    /// How many comparisons found the very same price.
    pub fn exact(&self) -> u64 {
        self.seen.get(&0).copied().unwrap_or(0)
    }

    /// The share of exact ones, in percent with two decimals.
    pub fn exact_percent(&self) -> Decimal {
        ratio(self.exact() * 100, self.compared(), 2)
    }

    /// The mean distance, with three decimals.
    pub fn mean(&self) -> Decimal {
        let sum = self.seen.iter().map(|(distance, count)| distance * count).sum();
        ratio(sum, self.seen.values().sum(), 3)
    }

    /// The distance that `percent` of the comparisons do not exceed.
    pub fn percentile(&self, percent: u64) -> u64 {
        let rank = (self.seen.values().sum::<u64>() * percent).div_ceil(100);
        let mut below = 0;
        let reaches = |(_, count): &(&u64, &u64)| {
            below += **count;
            below >= rank
        };
        self.seen.iter().find(reaches).map_or(0, |(distance, _)| *distance)
    }

    /// The largest distance.
    pub fn max(&self) -> u64 {
        self.seen.last_key_value().map_or(0, |(distance, _)| *distance)
    }
}

impl Serialize for Distances {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Figures {
            compared: u64,
            exact: u64,
            exact_percent: String,
            missing: u64,
            mean_ticks: String,
            p50_ticks: u64,
            p99_ticks: u64,
            max_ticks: u64,
        }
        let figures = Figures {
            compared: self.compared(),
            exact: self.exact(),
            exact_percent: self.exact_percent().to_string(),
            missing: self.missing,
            mean_ticks: self.mean().to_string(),
            p50_ticks: self.percentile(50),
            p99_ticks: self.percentile(99),
            max_ticks: self.max(),
        };
        figures.serialize(serializer)
    }
}

fn ratio(dividend: u64, divisor: u64, decimals: u32) -> Decimal {
    let exact = Decimal::from(dividend).checked_div(Decimal::from(divisor));
    let mut rounded = exact.unwrap_or_default().round_dp(decimals);
    rounded.rescale(decimals);
    rounded
}

/// Both sides' distances.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct PriceDistances {
    pub bid: Distances,
    pub ask: Distances,
}

impl PriceDistances {
    /// Takes one comparison of both sides.
    pub fn compare(&mut self, ours: Touch, recorded: Touch) {
        self.bid.compare(ours.bid, recorded.bid);
        self.ask.compare(ours.ask, recorded.ask);
    }
}

/// What the recording held.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Recorded {
    /// Lines read.
    pub lines: u64,
    /// Depth snapshots.
    pub snapshots: u64,
    /// Depth differences.
    pub differences: u64,
    /// Changes of the best prices.
    pub tickers: u64,
    /// Trades.
    pub trades: u64,
    /// Lines of other streams.
    pub foreign: u64,
    /// Differences that did not go on from the one before.
    pub gaps: u64,
    /// Differences older than the snapshot.
    pub outdated: u64,
    /// Trades that were received after the difference which holds their effect, and played before.
    pub trades_moved: u64,
    /// Trades that were not played: before the snapshot, or below the least notional.
    pub trades_skipped: u64,
    /// From the first line to the last, in milliseconds.
    pub span_millis: u64,
}

/// What was sent, and what came back.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Commands {
    /// Makers' orders sent.
    pub maker_orders: u64,
    /// Takers' orders sent.
    pub taker_orders: u64,
    /// Cancels sent.
    pub cancels: u64,
    /// Orders accepted.
    pub orders_accepted: u64,
    /// Cancels accepted.
    pub cancels_accepted: u64,
    /// Refusals by code; each was made good later, or its level stays different.
    pub refused: BTreeMap<String, u64>,
}

impl Commands {
    /// Orders sent.
    pub fn orders(&self) -> u64 {
        self.maker_orders + self.taker_orders
    }

    /// Everything sent.
    pub fn sent(&self) -> u64 {
        self.orders() + self.cancels
    }
}

/// What the takers' orders traded.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Fills {
    /// Fills.
    pub fills: u64,
    /// The quantity that they traded.
    pub quantity: String,
    /// The quantity of the trades that were played.
    pub recorded_quantity: String,
}

/// The book over REST at the end, against the recorded one: levels at the best prices.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LastLook {
    /// Levels compared.
    pub levels: u64,
    /// Levels with the same price and quantity.
    pub equal: u64,
    /// Whether the book kept from the feed was the same as the one over REST.
    pub feed_equal: bool,
}

/// The exchange's own totals, added up.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Ledger {
    /// Whether users + house = issued in each currency, by our sums and by the exchange's own.
    pub balanced: bool,
    /// The sequence that the totals are of.
    pub sequence: u64,
    /// The totals themselves.
    pub totals: Vec<Total>,
}

impl Ledger {
    /// Adds up the totals; a figure that cannot be read counts as unbalanced.
    pub fn of(Totals { totals, balanced, sequence }: Totals) -> Ledger {
        let figure = |text: &str| Decimal::from_str_exact(text).ok();
        let balances = |total: &Total| {
            let sum = figure(&total.users)?.checked_add(figure(&total.house)?)?;
            Some(sum == figure(&total.issued)?)
        };
        let all_balance = !totals.is_empty() && totals.iter().all(|t| balances(t) == Some(true));
        Ledger { balanced: balanced && all_balance, sequence, totals }
    }
}

/// What a replay found.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct Report {
    pub file: String,
    pub instrument: String,
    pub speed: String,
    pub recorded: Recorded,
    pub commands: Commands,
    pub fills: Fills,
    /// Levels that were not kept, each time they changed.
    pub skipped_levels: Skipped,
    /// Our best prices against the recorded book's, after each of its differences was played.
    pub at_differences: PriceDistances,
    /// Our best prices against the recorded ones, each time those changed: in between differences
    /// they run ahead by up to 100 ms.
    pub at_tickers: PriceDistances,
    /// The recorded book itself against the recorded best prices: how far they run ahead of it.
    pub recorded_at_tickers: PriceDistances,
    pub feed: FeedCount,
    pub last_look: LastLook,
    pub ledger: Ledger,
    /// From the first event played to the last answer.
    pub elapsed_millis: u64,
    /// Orders and cancels a second.
    pub commands_per_sec: u64,
    /// Orders a second.
    pub orders_per_sec: u64,
    /// How far the playing fell behind its pace at most; zero at full speed.
    pub behind_max_millis: u64,
}

/// `count` in a second when it took `elapsed`.
pub fn per_sec(count: u64, elapsed: Duration) -> u64 {
    let nanos = elapsed.as_nanos().max(1);
    u64::try_from(u128::from(count) * 1_000_000_000 / nanos).unwrap_or(u64::MAX)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { recorded, commands, fills, .. } = self;
        writeln!(f, "replay of {} on {} (speed {})", self.file, self.instrument, self.speed)?;
        let mut row = |name: &str, value: String| writeln!(f, "  {name:<18} {value}");
        row(
            "recorded",
            format!(
                "{} lines over {}: {} differences, {} trades, {} best prices, {} snapshots, {} others",
                recorded.lines,
                seconds(recorded.span_millis),
                recorded.differences,
                recorded.trades,
                recorded.tickers,
                recorded.snapshots,
                recorded.foreign,
            ),
        )?;
        row(
            "",
            format!(
                "{} gaps, {} outdated differences; {} trades put before their difference, {} not played",
                recorded.gaps, recorded.outdated, recorded.trades_moved, recorded.trades_skipped,
            ),
        )?;
        row(
            "sent",
            format!(
                "{} orders ({} of makers, {} of takers), {} cancels",
                commands.orders(),
                commands.maker_orders,
                commands.taker_orders,
                commands.cancels,
            ),
        )?;
        row(
            "accepted",
            format!("{} orders, {} cancels", commands.orders_accepted, commands.cancels_accepted),
        )?;
        let refused: Vec<String> =
            commands.refused.iter().map(|(code, count)| format!("{code} {count}")).collect();
        let refused = if refused.is_empty() { "none".to_owned() } else { refused.join(", ") };
        row("refused", refused)?;
        row(
            "fills",
            format!("{}: {} of {} recorded", fills.fills, fills.quantity, fills.recorded_quantity),
        )?;
        let Skipped { out_of_band, below_min_notional } = self.skipped_levels;
        row(
            "levels skipped",
            format!("{out_of_band} out of band, {below_min_notional} below the least notional"),
        )?;
        row(
            "took",
            format!(
                "{}: {} orders/s, {} commands/s, at most {} ms behind",
                seconds(self.elapsed_millis),
                self.orders_per_sec,
                self.commands_per_sec,
                self.behind_max_millis,
            ),
        )?;
        writeln!(
            f,
            "  {:<25} {:>8} {:>8} {:>9} {:>7} {:>5} {:>5} {:>6}",
            "distance in ticks", "compared", "exact", "missing", "mean", "p50", "p99", "max"
        )?;
        for (name, distances) in [
            ("bid after differences", &self.at_differences.bid),
            ("ask after differences", &self.at_differences.ask),
            ("bid at best prices", &self.at_tickers.bid),
            ("ask at best prices", &self.at_tickers.ask),
            ("  the recorded book's bid", &self.recorded_at_tickers.bid),
            ("  the recorded book's ask", &self.recorded_at_tickers.ask),
        ] {
            writeln!(
                f,
                "  {name:<25} {:>8} {:>7}% {:>9} {:>7} {:>5} {:>5} {:>6}",
                distances.compared(),
                distances.exact_percent(),
                distances.missing,
                distances.mean(),
                distances.percentile(50),
                distances.percentile(99),
                distances.max(),
            )?;
        }
        let (feed, look) = (&self.feed, &self.last_look);
        let mut row = |name: &str, value: String| writeln!(f, "  {name:<18} {value}");
        row(
            "feed",
            format!(
                "{} updates, {} snapshots, {} gaps, {} wrong checksums",
                feed.updates, feed.snapshots, feed.gaps, feed.wrong_checksums,
            ),
        )?;
        let same = if look.feed_equal { "equal" } else { "NOT equal" };
        row(
            "at the end",
            format!(
                "{} of {} best levels as recorded; the book from the feed is {same} to REST's",
                look.equal, look.levels,
            ),
        )?;
        let balanced = if self.ledger.balanced { "balanced" } else { "NOT BALANCED" };
        row("ledger", format!("{balanced} at sequence {}", self.ledger.sequence))?;
        for Total { currency, issued, users, house } in &self.ledger.totals {
            row("", format!("{currency}: users {users} + house {house} = issued {issued}"))?;
        }
        Ok(())
    }
}

fn seconds(millis: u64) -> String {
    format!("{}.{:03} s", millis / 1_000, millis % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_summed_up() {
        let mut distances = Distances::default();
        assert_eq!((distances.mean(), distances.percentile(99)), (Decimal::new(0, 3), 0));
        for ours in [100, 100, 100, 103, 97, 150] {
            distances.compare(Some(Price::new(ours)), Some(Price::new(100)));
        }
        distances.compare(None, Some(Price::new(100)));
        distances.compare(None, None);
        assert_eq!((distances.compared(), distances.exact(), distances.missing), (8, 4, 1));
        assert_eq!(distances.exact_percent().to_string(), "50.00");
        assert_eq!(distances.mean().to_string(), "8.000");
        assert_eq!(
            (distances.percentile(50), distances.percentile(86), distances.max()),
            (0, 50, 50)
        );
    }

    #[test]
    fn a_ledger_must_add_up_in_each_currency() {
        let total = |issued: &str, users: &str, house: &str| Total {
            currency: "USD".into(),
            issued: issued.into(),
            users: users.into(),
            house: house.into(),
        };
        let is_balanced =
            |totals, balanced| Ledger::of(Totals { totals, balanced, sequence: 1 }).balanced;
        assert!(is_balanced(vec![total("10.00", "9.99", "0.01")], true));
        assert!(!is_balanced(vec![total("10.00", "9.99", "0.01")], false));
        assert!(!is_balanced(vec![total("10.00", "9.99", "0.02")], true));
        assert!(!is_balanced(vec![total("10.00", "x", "0.02")], true));
        assert!(!is_balanced(vec![], true));
    }

    #[test]
    fn rates_are_a_second() {
        assert_eq!(per_sec(1_000, Duration::from_millis(500)), 2_000);
        assert_eq!(per_sec(1_000, Duration::ZERO), 1_000_000_000_000);
    }
}
