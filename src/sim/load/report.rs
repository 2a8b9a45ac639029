//! What a run came to: as a table for people, and as JSON.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use super::{Target, tally::Tally};
use crate::sim::client::Totals;

/// Quantiles that are reported, in percent.
const QUANTILES: [f64; 6] = [50.0, 90.0, 99.0, 99.9, 99.99, 100.0];

/// A whole run.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct Report {
    pub connections: usize,
    pub users: usize,
    pub instruments: Vec<String>,
    pub seconds: u64,
    pub rounds: usize,
    /// Requests a second that were due over all connections; null where each connection asked as soon as
    /// it had its answer.
    pub rate: Option<u32>,
    pub batch: usize,
    pub in_flight: usize,
    /// One of each target, over all its rounds.
    pub targets: Vec<Row>,
    /// Whether the exchange found its ledger balanced afterwards; null without an admin.
    pub balanced: Option<bool>,
}

/// What one target came to.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct Row {
    pub target: Target,
    /// Requests that were answered, over all rounds.
    pub requests: u64,
    pub placed: u64,
    pub cancelled: u64,
    /// Cancels of what had been filled meanwhile.
    pub gone: u64,
    /// Placed orders that traded at once.
    pub traded: u64,
    pub refused: BTreeMap<String, u64>,
    pub broken_connections: u64,
    /// Facts that became durable during its rounds.
    pub facts: u64,
    /// Medians of the rounds.
    pub requests_per_second: f64,
    pub orders_per_second: f64,
    /// Orders a second against those of the baseline in the same run: the median of the rounds' ratios.
    pub to_baseline: Option<f64>,
    /// Seconds of processor that this tool took, for each second.
    pub own_cpu: f64,
    pub latency_micros: Vec<Quantile>,
    /// How late this tool itself sent what was due.
    pub late_micros: Vec<Quantile>,
    #[serde(skip)]
    pub tally: Tally,
}

/// A quantile.
#[derive(Clone, Copy, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Quantile {
    pub percent: f64,
    pub micros: u64,
}

/// One round of one target.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Round {
    pub tally: Tally,
    pub seconds: f64,
    pub own_cpu: f64,
    pub facts: u64,
}

impl Round {
    fn orders_per_second(&self) -> f64 {
        self.tally.orders() as f64 / self.seconds
    }

    fn requests_per_second(&self) -> f64 {
        self.tally.requests as f64 / self.seconds
    }
}

/// The rows of all targets, each with its rounds in their order.
pub fn rows(rounds: &[(Target, Vec<Round>)]) -> Vec<Row> {
    let baseline = rounds.iter().find(|(target, _)| *target == Target::Baseline);
    let row = |(target, own): &(Target, Vec<Round>)| {
        let mut tally = Tally::new();
        own.iter().for_each(|round| tally.add(&round.tally));
        let ratio = baseline.map(|(_, base)| {
            let pairs = own.iter().zip(base);
            median(pairs.map(|(own, base)| own.orders_per_second() / base.orders_per_second()))
        });
        let mut refused = tally.refused.clone();
        refused.retain(|_, count| *count > 0);
        Row {
            target: *target,
            requests: tally.requests,
            placed: tally.placed,
            cancelled: tally.cancelled,
            gone: tally.gone,
            traded: tally.traded,
            refused,
            broken_connections: tally.broken,
            facts: own.iter().map(|round| round.facts).sum(),
            requests_per_second: median(own.iter().map(Round::requests_per_second)),
            orders_per_second: median(own.iter().map(Round::orders_per_second)),
            to_baseline: ratio,
            own_cpu: median(own.iter().map(|round| round.own_cpu)),
            latency_micros: quantiles(&tally.latency),
            late_micros: quantiles(&tally.late),
            tally,
        }
    };
    rounds.iter().map(row).collect()
}

fn quantiles(of: &hdrhistogram::Histogram<u64>) -> Vec<Quantile> {
    let quantile = |percent| Quantile { percent, micros: of.value_at_quantile(percent / 100.0) };
    QUANTILES.into_iter().map(quantile).collect()
}

fn median(of: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = of.filter(|figure| figure.is_finite()).collect();
    all.sort_by(f64::total_cmp);
    match all.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => all[odd / 2],
        even => (all[even / 2 - 1] + all[even / 2]) / 2.0,
    }
}

impl Report {
    /// Takes over what the exchange says of its ledger.
    pub fn judge(&mut self, totals: &Totals) {
        self.balanced = Some(totals.balanced);
    }

    /// Whether nothing broke, and the ledger balances as far as it was looked at.
    pub fn is_good(&self) -> bool {
        let whole = self.targets.iter().all(|row| row.broken_connections == 0);
        whole && self.balanced != Some(false)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loop_kind = match self.rate {
            Some(rate) => format!("open loop, {rate} requests/s due"),
            None => "closed loop".to_owned(),
        };
        writeln!(
            f,
            "{} connections of {} users on {}; {loop_kind}; {} x {} s",
            self.connections,
            self.users,
            self.instruments.join(", "),
            self.rounds,
            self.seconds,
        )?;
        writeln!(
            f,
            "{:<10}{:>11}{:>11}{:>10}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}",
            "target",
            "requests/s",
            "orders/s",
            "/baseline",
            "p50 ms",
            "p90",
            "p99",
            "p99.9",
            "max",
            "own cpu",
            "refused"
        )?;
        for row in &self.targets {
            let at = |percent: f64| {
                let found = row.latency_micros.iter().find(|q| q.percent == percent);
                found.map_or(0.0, |q| q.micros as f64 / 1_000.0)
            };
            let ratio = row.to_baseline.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"));
            writeln!(
                f,
                "{:<10}{:>11.0}{:>11.0}{:>10}{:>9.2}{:>9.2}{:>9.2}{:>9.2}{:>9.1}{:>8.0}%{:>9}",
                row.target.name(),
                row.requests_per_second,
                row.orders_per_second,
                ratio,
                at(50.0),
                at(90.0),
                at(99.0),
                at(99.9),
                at(100.0),
                row.own_cpu * 100.0,
                row.refused.values().sum::<u64>(),
            )?;
        }
        for row in self.targets.iter().filter(|row| !row.refused.is_empty()) {
            writeln!(f, "{} refused: {:?}", row.target.name(), row.refused)?;
        }
        match self.balanced {
            Some(true) => writeln!(f, "the ledger is balanced"),
            Some(false) => writeln!(f, "THE LEDGER IS NOT BALANCED"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn round(orders: u64) -> Round {
        let mut tally = Tally { placed: orders, ..Tally::new() };
        (0..orders).for_each(|_| tally.answered(Instant::now()));
        Round { tally, seconds: 2.0, own_cpu: 0.2, facts: orders }
    }

    #[test]
    fn targets_are_compared_round_by_round() {
        let rounds = [
            (Target::Rest, vec![round(80), round(10), round(70)]),
            (Target::Baseline, vec![round(100), round(20), round(100)]),
        ];
        let rows = rows(&rounds);
        assert_eq!(rows[0].to_baseline, Some(0.7), "the median of 0.8, 0.5 and 0.7");
        assert_eq!((rows[0].orders_per_second, rows[0].requests), (35.0, 160));
        assert_eq!(rows[1].to_baseline, Some(1.0));
        let percents: Vec<f64> = rows[0].latency_micros.iter().map(|q| q.percent).collect();
        assert_eq!(percents, QUANTILES);
    }

    #[test]
    fn a_report_is_read_by_people_and_programs() {
        let mut report = Report {
            connections: 4,
            users: 2,
            instruments: vec!["BTC-USD".into()],
            seconds: 2,
            rounds: 1,
            rate: None,
            batch: 50,
            in_flight: 8,
            targets: rows(&[(Target::Rest, vec![round(80)])]),
            balanced: Some(true),
        };
        let text = report.to_string();
        assert!(text.contains("closed loop") && text.contains("is balanced"), "{text}");
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["targets"][0]["target"], "rest");
        assert_eq!(json["targets"][0]["latency_micros"][2]["percent"], 99.0);
        assert!(report.is_good());
        report.balanced = Some(false);
        assert!(!report.is_good());
    }
}
