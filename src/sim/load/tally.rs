//! What came of the requests of one round.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;

/// Longer latencies count as this one.
const SLOWEST_MICROS: u64 = 120_000_000;

/// Counts and latencies.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Tally {
    /// From when a request was due to when its answer was here, in microseconds.
    pub latency: Histogram<u64>,
    /// From when a request was due to when it was sent: what it waited here.
    pub late: Histogram<u64>,
    pub requests: u64,
    pub placed: u64,
    pub cancelled: u64,
    /// Cancels of what had been filled meanwhile.
    pub gone: u64,
    /// Of what was placed: traded at once, in whole or in part.
    pub traded: u64,
    /// What was refused, by what was said.
    pub refused: BTreeMap<String, u64>,
    /// Connections that broke.
    pub broken: u64,
}

impl Tally {
    /// Nothing happened yet.
    pub fn new() -> Tally {
        let histogram = || {
            Histogram::new_with_bounds(1, SLOWEST_MICROS, 3)
                .expect("one to two minutes at three digits can be counted")
        };
        Tally {
            latency: histogram(),
            late: histogram(),
            requests: 0,
            placed: 0,
            cancelled: 0,
            gone: 0,
            traded: 0,
            refused: BTreeMap::new(),
            broken: 0,
        }
    }

    /// A request that was due at `due` went out just now.
    pub fn sent(&mut self, due: Instant) {
        self.late.saturating_record(micros(due.elapsed()));
    }

    /// A request that was due at `due` was answered just now.
    pub fn answered(&mut self, due: Instant) {
        self.requests += 1;
        self.latency.saturating_record(micros(due.elapsed()));
    }

    /// Something was refused.
    pub fn refuse(&mut self, said: &str) {
        match self.refused.get_mut(said) {
            Some(count) => *count += 1,
            None => drop(self.refused.insert(said.to_owned(), 1)),
        }
    }

    /// Orders that were placed or cancelled.
    pub fn orders(&self) -> u64 {
        self.placed + self.cancelled
    }

    /// Counts what another round counted too.
    pub fn add(&mut self, other: &Tally) {
        // The bounds are the same.
        let _ = self.latency.add(&other.latency);
        let _ = self.late.add(&other.late);
        self.requests += other.requests;
        self.placed += other.placed;
        self.cancelled += other.cancelled;
        self.gone += other.gone;
        self.traded += other.traded;
        self.broken += other.broken;
        for (said, count) in &other.refused {
            *self.refused.entry(said.clone()).or_default() += count;
        }
    }
}

fn micros(lasted: Duration) -> u64 {
    u64::try_from(lasted.as_micros()).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_counts_from_when_the_request_was_due() {
        let mut tally = Tally::new();
        let due = Instant::now() - Duration::from_millis(250);
        tally.answered(due);
        let measured = tally.latency.value_at_quantile(0.5);
        assert!((250_000..400_000).contains(&measured), "{measured}");
        tally.answered(Instant::now() - Duration::from_secs(3_600).min(due.elapsed() * 2));
        assert_eq!(tally.requests, 2);
    }

    #[test]
    fn rounds_add_up() {
        let mut one = Tally { placed: 2, cancelled: 1, ..Tally::new() };
        one.refuse("409");
        one.answered(Instant::now());
        let mut both = one.clone();
        both.add(&one);
        assert_eq!((both.orders(), both.refused["409"], both.latency.len()), (6, 2, 2));
    }
}
