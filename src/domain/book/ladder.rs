//! The prices of one side, best first: a flat window around the touch with a bitmap over it, and a
//! sorted map for prices outside of the window.
//!
//! A level in the window is found by a subtraction, the next better one by counting zeros. Nothing
//! depends on where the window stands but speed: a price is in the window's range and found there, or
//! outside and found in the map, and the best price is known at all times. The window moves to the
//! touch, and grows up to [`WINDOW_MAX`], after as many orders came outside of it as it has levels, so
//! that a move costs each of them little; a book where little happens has no window at all.

use std::collections::BTreeMap;

use super::queues::NONE;
use crate::domain::{
    instrument::{Price, Quantity},
    order::Side,
};

/// The resting orders of one price, oldest first, as slots of the slab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    pub head: u32,
    pub tail: u32,
    /// What they show together.
    pub shown: Quantity,
}

const EMPTY: Level = Level { head: NONE, tail: NONE, shown: 0 };

/// The first window, in prices.
const WINDOW_MIN: usize = 1 << 10;
/// The largest one: 256 KiB a side.
const WINDOW_MAX: usize = 1 << 14;
/// So many orders outside of a window are few.
const MISSES_MIN: usize = 64;
/// The bits of a word.
const WORD: usize = 64;
/// No key: nothing rests.
const NO_KEY: i64 = i64::MAX;

/// The levels of one side.
///
/// A key is a price, negated for bids, so the least key is the best price of either side.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    side: Side,
    best: i64,
    /// The key of the window's first level.
    base: i64,
    window: Vec<Level>,
    /// A bit for each level of the window where orders rest.
    words: Vec<u64>,
    /// A bit for each word that has one.
    summary: Vec<u64>,
    far: BTreeMap<i64, Level>,
    /// Orders that came outside of the window since it stands where it does.
    misses: usize,
}

impl Ladder {
    /// An empty side.
    pub fn new(side: Side) -> Ladder {
        Ladder {
            side,
            best: NO_KEY,
            base: 0,
            window: Vec::new(),
            words: Vec::new(),
            summary: Vec::new(),
            far: BTreeMap::new(),
            misses: 0,
        }
    }

    /// The best price.
    #[inline]
    pub fn best(&self) -> Option<Price> {
        (self.best != NO_KEY).then(|| self.turned(self.best))
    }

    /// The level of the best price.
    #[inline]
    pub fn best_level(&self) -> Option<&Level> {
        match self.best {
            NO_KEY => None,
            best => self.at(best),
        }
    }

    /// The level of a price, where orders rest at it.
    #[inline]
    pub fn get(&self, price: Price) -> Option<&Level> {
        self.at(self.turned(price))
    }

    /// The level of a price at which orders rest.
    #[inline]
    pub fn level_mut(&mut self, price: Price) -> &mut Level {
        let key = self.turned(price);
        match self.place_of(key) {
            Some(at) => &mut self.window[at],
            None => self.far.get_mut(&key).expect("a resting order has a level"),
        }
    }

    /// The level of a price at which an order is about to rest.
    #[inline]
    pub fn open(&mut self, price: Price) -> &mut Level {
        let key = self.turned(price);
        self.best = self.best.min(key);
        let Some(at) = self.place_of(key) else { return self.open_far(key) };
        let level = &mut self.window[at];
        if level.head == NONE {
            self.words[at / WORD] |= 1 << (at % WORD);
            self.summary[at / WORD / WORD] |= 1 << (at / WORD % WORD);
        }
        level
    }

    /// Takes the level of a price away at which nothing rests any more.
    #[inline]
    pub fn close(&mut self, price: Price) {
        let key = self.turned(price);
        match self.place_of(key) {
            Some(at) => {
                self.window[at] = EMPTY;
                self.clear(at);
            }
            None => drop(self.far.remove(&key)),
        }
        if key == self.best {
            self.best = self.first_behind(key);
        }
    }

    /// Prices and what they show, best first.
    pub fn levels(&self) -> impl Iterator<Item = (Price, Quantity)> + '_ {
        let end = self.base.saturating_add(self.window.len() as i64);
        let before = self.far.range(..self.base).map(|(key, level)| (*key, level));
        let behind = self.far.range(end..).map(|(key, level)| (*key, level));
        let mut at = self.next_from(0);
        let within = std::iter::from_fn(move || {
            let here = at?;
            at = self.next_from(here + 1);
            Some((self.base + here as i64, &self.window[here]))
        });
        let all = before.chain(within).chain(behind);
        all.map(|(key, level)| (self.turned(key), level.shown))
    }

    /// From a price to its key and back.
    #[inline]
    fn turned(&self, figure: i64) -> i64 {
        match self.side {
            Side::Buy => -figure,
            Side::Sell => figure,
        }
    }

    /// Where in the window a key stands, if it does.
    #[inline]
    fn place_of(&self, key: i64) -> Option<usize> {
        // Wraps for keys before the window, to beyond its end.
        let at = key.wrapping_sub(self.base) as u64 as usize;
        (at < self.window.len()).then_some(at)
    }

    #[inline]
    fn at(&self, key: i64) -> Option<&Level> {
        match self.place_of(key) {
            Some(at) => Some(&self.window[at]).filter(|level| level.head != NONE),
            None => self.far.get(&key),
        }
    }

    #[inline]
    fn clear(&mut self, at: usize) {
        let word = &mut self.words[at / WORD];
        *word &= !(1 << (at % WORD));
        if *word == 0 {
            self.summary[at / WORD / WORD] &= !(1 << (at / WORD % WORD));
        }
    }

    /// The best key that is left when `key` was the best.
    #[inline]
    fn first_behind(&self, key: i64) -> i64 {
        let from = key.saturating_sub(self.base).max(0) as usize;
        let within = self.next_from(from).map_or(NO_KEY, |at| self.base + at as i64);
        match self.far.first_key_value() {
            Some((far, _)) => within.min(*far),
            None => within,
        }
    }

    /// The first place in the window, from `from` on, where orders rest.
    #[inline]
    fn next_from(&self, from: usize) -> Option<usize> {
        let at = from / WORD;
        let word = self.words.get(at)? & (u64::MAX << (from % WORD));
        if word != 0 {
            return Some(at * WORD + word.trailing_zeros() as usize);
        }
        let behind = at + 1;
        let mut mask = u64::MAX << (behind % WORD);
        for (block, summary) in self.summary.iter().enumerate().skip(behind / WORD) {
            let left = summary & mask;
            if left != 0 {
                let at = block * WORD + left.trailing_zeros() as usize;
                return Some(at * WORD + self.words[at].trailing_zeros() as usize);
            }
            mask = u64::MAX;
        }
        None
    }

    #[cold]
    fn open_far(&mut self, key: i64) -> &mut Level {
        self.misses += 1;
        if self.misses >= self.window.len().max(MISSES_MIN) {
            self.move_window();
            if self.place_of(key).is_some() {
                return self.open(self.turned(key));
            }
        }
        self.far.entry(key).or_insert(EMPTY)
    }

    /// Puts the window around the touch: a quarter of it for better prices to come, the rest behind
    /// it. A window that stands there already was too small.
    fn move_window(&mut self) {
        let length = self.window.len();
        let centred = self.place_of(self.best).is_some_and(|at| at < length / 2);
        let length = match length {
            0 => WINDOW_MIN,
            _ if centred => (length * 4).min(WINDOW_MAX),
            _ => length,
        };
        let mut at = self.next_from(0);
        while let Some(here) = at {
            self.far.insert(self.base + here as i64, self.window[here]);
            at = self.next_from(here + 1);
        }
        self.base = self.best - length as i64 / 4;
        self.misses = 0;
        self.window.clear();
        self.window.resize(length, EMPTY);
        self.words.clear();
        self.words.resize(length / WORD, 0);
        self.summary.clear();
        self.summary.resize(length.div_ceil(WORD * WORD), 0);
        let mut near = self.far.split_off(&self.base);
        let mut behind = near.split_off(&(self.base + length as i64));
        self.far.append(&mut behind);
        for (key, level) in near {
            let at = (key - self.base) as usize;
            self.window[at] = level;
            self.words[at / WORD] |= 1 << (at % WORD);
            self.summary[at / WORD / WORD] |= 1 << (at / WORD % WORD);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A ladder against a plain map, over prices that leave every window again and again.
    fn agrees(side: Side, steps: &[(i64, bool)]) {
        let (mut ladder, mut plain) = (Ladder::new(side), BTreeMap::<i64, i64>::new());
        let mut middle = 1 << 20;
        for (away, opens) in steps {
            middle += away % 7 - 3;
            let price = middle + away;
            match (opens, plain.contains_key(&price)) {
                (true, false) => {
                    *ladder.open(price) = Level { head: 1, tail: 1, shown: *away };
                    plain.insert(price, *away);
                }
                (false, true) => {
                    ladder.close(price);
                    plain.remove(&price);
                }
                (_, stands) => assert_eq!(ladder.get(price).is_some(), stands),
            }
            let best = match side {
                Side::Buy => plain.last_key_value(),
                Side::Sell => plain.first_key_value(),
            };
            assert_eq!(ladder.best(), best.map(|(price, _)| *price));
            assert_eq!(ladder.best_level().map(|level| level.shown), best.map(|(_, shown)| *shown));
        }
        let mut all: Vec<(i64, i64)> = plain.into_iter().collect();
        if side == Side::Buy {
            all.reverse();
        }
        assert!(ladder.levels().eq(all));
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_sorted_map(
            near in proptest::collection::vec((0_i64..300, any::<bool>()), 0..600),
            wide in proptest::collection::vec((0_i64..40_000, any::<bool>()), 0..3_000),
        ) {
            for side in [Side::Buy, Side::Sell] {
                agrees(side, &near);
                agrees(side, &[&near[..], &wide, &near].concat());
            }
        }
    }

    #[test]
    fn the_window_follows_the_touch_and_grows_to_its_bound() {
        let mut ladder = Ladder::new(Side::Sell);
        for price in 0..200_000 {
            ladder.open(1_000_000 + price).head = 1;
        }
        assert_eq!((ladder.window.len(), ladder.best()), (WINDOW_MAX, Some(1_000_000)));
        for price in 0..200_000 {
            ladder.close(1_000_000 + price);
            assert_eq!(ladder.best(), Some(1_000_001 + price).filter(|best| *best < 1_200_000));
        }
        assert_eq!(ladder.levels().count(), 0);
    }

    #[test]
    fn the_widest_prices_have_a_level() {
        for side in [Side::Buy, Side::Sell] {
            let mut ladder = Ladder::new(side);
            for round in 0..2_000 {
                for price in [1 + round, crate::domain::instrument::PRICE_MAX - round] {
                    ladder.open(price).head = 1;
                }
            }
            assert_eq!(ladder.levels().count(), 4_000);
        }
    }
}
