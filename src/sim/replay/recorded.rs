//! The recorded book: a snapshot and the differences that go on from it.
//!
//! Differences are received before the snapshot that they belong to, so they are kept until it
//! comes. What is missing between two differences is counted, and healed by the best prices that
//! the recording tells: a level beyond them is no longer there.

use std::collections::BTreeSet;

use super::{
    recording::{Difference, Level, Snapshot, Ticker},
    replay_book::ReplayBook,
};
use crate::domain::{
    instrument::{Price, Quantity},
    order::Side,
};

/// A book as the recording tells it.
#[derive(Debug, Default)]
pub struct RecordedBook {
    ladder: ReplayBook,
    /// The last update that it holds; none before the first snapshot.
    last: Option<u64>,
    early: Vec<Difference>,
    /// Set by a gap until the next snapshot.
    doubtful: bool,
    changed: BTreeSet<(Side, Price)>,
    /// Differences that did not go on from the one before.
    pub gaps: u64,
    /// Differences older than the snapshot.
    pub outdated: u64,
}

impl RecordedBook {
    /// The last update that the book holds, none before the first snapshot.
    pub fn last(&self) -> Option<u64> {
        self.last
    }

    /// The levels.
    pub fn ladder(&self) -> &ReplayBook {
        &self.ladder
    }

    /// The levels that changed since this was asked last.
    pub fn take_changed(&mut self) -> BTreeSet<(Side, Price)> {
        std::mem::take(&mut self.changed)
    }

    /// Starts anew from a snapshot and the differences that came before it.
    pub fn snapshot(&mut self, snapshot: &Snapshot) {
        for side in Side::ALL {
            let prices: Vec<Price> = self.ladder.side(side).keys().copied().collect();
            self.changed.extend(prices.into_iter().map(|price| (side, price)));
        }
        self.ladder.clear();
        self.set_all(&snapshot.bids, &snapshot.asks);
        self.last = Some(snapshot.last);
        self.doubtful = false;
        for difference in std::mem::take(&mut self.early) {
            self.difference(difference);
        }
    }

    /// Goes on by a difference.
    pub fn difference(&mut self, difference: Difference) {
        let Some(last) = self.last else {
            self.early.push(difference);
            return;
        };
        if difference.last <= last {
            self.outdated += 1;
            return;
        }
        if difference.first > last + 1 {
            self.gaps += 1;
            self.doubtful = true;
        }
        self.set_all(&difference.bids, &difference.asks);
        self.last = Some(difference.last);
    }

    /// After a gap: drops the levels beyond the best prices.
    pub fn heal(&mut self, ticker: &Ticker) {
        if !self.doubtful || self.last.is_none_or(|last| ticker.update < last) {
            return;
        }
        let bids = self.ladder.side(Side::Buy).range(ticker.bid.0 + Price::new(1)..);
        let bids: Vec<Level> = bids.map(|(price, _)| (*price, Quantity::ZERO)).collect();
        let asks = self.ladder.side(Side::Sell).range(..ticker.ask.0);
        let asks: Vec<Level> = asks.map(|(price, _)| (*price, Quantity::ZERO)).collect();
        self.set_all(&bids, &asks);
    }

    fn set_all(&mut self, bids: &[Level], asks: &[Level]) {
        for (side, levels) in [(Side::Buy, bids), (Side::Sell, asks)] {
            for (price, quantity) in levels {
                self.ladder.set(side, *price, *quantity);
                self.changed.insert((side, *price));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, path::Path};

    use super::{
        super::{
            recording::{RecordedEvent, Recording},
            replay_book::{Touch, btc_usdt},
        },
        *,
    };

    fn difference(first: u64, last: u64, bids: &[Level]) -> Difference {
        Difference { first, last, time_millis: 0, bids: bids.to_vec(), asks: vec![] }
    }

    fn snapshot(last: u64, bids: &[Level]) -> Snapshot {
        Snapshot { last, bids: bids.to_vec(), asks: vec![(Price::new(20), Quantity::new(1))] }
    }

    #[test]
    fn differences_before_the_snapshot_are_kept_and_older_ones_dropped() {
        let mut book = RecordedBook::default();
        book.difference(difference(1, 4, &[(Price::new(9), Quantity::new(9))]));
        book.difference(difference(
            5,
            8,
            &[(Price::new(11), Quantity::ZERO), (Price::new(10), Quantity::new(5))],
        ));
        assert_eq!(book.last(), None);
        book.snapshot(&snapshot(
            6,
            &[(Price::new(11), Quantity::new(1)), (Price::new(10), Quantity::new(1))],
        ));
        assert_eq!(book.last(), Some(8));
        assert_eq!(
            book.ladder().side(Side::Buy).clone().into_iter().collect::<Vec<_>>(),
            [(Price::new(10), Quantity::new(5))]
        );
        assert_eq!((book.outdated, book.gaps), (1, 0));
        assert_eq!(
            book.take_changed().into_iter().collect::<Vec<_>>(),
            [
                (Side::Buy, Price::new(10)),
                (Side::Buy, Price::new(11)),
                (Side::Sell, Price::new(20))
            ]
        );
        assert!(book.take_changed().is_empty());
    }

    #[test]
    fn a_gap_is_counted_and_healed_by_the_best_prices() {
        let mut book = RecordedBook::default();
        book.snapshot(&snapshot(
            6,
            &[(Price::new(11), Quantity::new(1)), (Price::new(10), Quantity::new(1))],
        ));
        let ticker = Ticker {
            update: 20,
            bid: (Price::new(10), Quantity::new(1)),
            ask: (Price::new(21), Quantity::new(1)),
        };
        book.heal(&ticker);
        assert_eq!(book.ladder().touch().bid, Some(Price::new(11)), "nothing to heal yet");
        book.difference(difference(9, 12, &[(Price::new(8), Quantity::new(1))]));
        assert_eq!(book.gaps, 1);
        book.heal(&ticker);
        assert_eq!(book.ladder().touch(), Touch { bid: Some(Price::new(10)), ask: None });
        book.snapshot(&snapshot(30, &[(Price::new(12), Quantity::new(1))]));
        book.heal(&Ticker { update: 31, ..ticker });
        assert_eq!(book.ladder().touch().bid, Some(Price::new(12)), "a snapshot ends the doubt");
    }

    /// Each change of the best prices was recorded on a stream of its own, with the update that it
    /// belongs to: so after each difference both must say the same, to the lot.
    #[test]
    fn the_recorded_book_agrees_with_the_recorded_best_prices() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/data/market/btcusdt_20240808_60s.jsonl.gz");
        let mut recording = Recording::open(&path, btc_usdt()).unwrap();
        let (mut book, mut tickers) = (RecordedBook::default(), VecDeque::new());
        let (mut compared, mut trades) = (0, 0);
        while let Some(event) = recording.next_event().unwrap() {
            match event.happening {
                RecordedEvent::Snapshot(snapshot) => book.snapshot(&snapshot),
                RecordedEvent::Ticker(ticker) => tickers.push_back(ticker),
                RecordedEvent::Trade(_) => trades += 1,
                RecordedEvent::Foreign => panic!("a foreign line"),
                RecordedEvent::Difference(difference) => {
                    book.difference(difference);
                    let Some(last) = book.last() else { continue };
                    let mut known = None;
                    while tickers.front().is_some_and(|ticker: &Ticker| ticker.update <= last) {
                        known = tickers.pop_front();
                    }
                    let Some(ticker) = known else { continue };
                    let bid = book.ladder().best_first(Side::Buy).next();
                    let ask = book.ladder().best_first(Side::Sell).next();
                    assert_eq!((bid, ask), (Some(ticker.bid), Some(ticker.ask)), "at {last}");
                    compared += 1;
                }
            }
        }
        assert_eq!((recording.lines_read, book.gaps, book.outdated), (7_341, 0, 2));
        assert!(compared > 400, "{compared}");
        assert!(trades > 1_000, "{trades}");
    }
}
