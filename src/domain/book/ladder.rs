//! The prices of one side, best first: a flat window around the touch with a bitmap over it, and a
//! sorted map for prices outside of the window.
//!
//! A level in the window is found by a subtraction, the next better one by counting zeros. Nothing
//! depends on where the window stands but speed: a price is in the window's range and found there, or
//! outside and found in the map, and the best price is known at all times. The window moves to the
//! touch, and grows up to [`WINDOW_MAX`], when a quarter as many orders came outside of it as it has
//! levels, so that a move costs each of them little; a book where little happens has no window at all.

use std::collections::BTreeMap;

use super::queues::NONE;
use crate::domain::instrument::Quantity;

/// The resting orders of one price, oldest first, as slots of the slab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    pub head: u32,
    pub tail: u32,
    /// What they show together.
    pub shown: Quantity,
}

const EMPTY: Level = Level { head: NONE, tail: NONE, shown: Quantity::ZERO };

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

/// The levels of one side, by key: a price, below zero for bids, so the least key is the best price.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
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

impl Default for Ladder {
    fn default() -> Ladder {
        Ladder {
            best: NO_KEY,
            base: 0,
            window: Vec::new(),
            words: Vec::new(),
            summary: Vec::new(),
            far: BTreeMap::new(),
            misses: 0,
        }
    }
}

impl Ladder {
    /// The best key.
    #[inline]
    pub fn best(&self) -> Option<i64> {
        (self.best != NO_KEY).then_some(self.best)
    }

    /// The level of the best key.
    #[inline]
    pub fn best_level(&self) -> Option<&Level> {
        match self.best {
            NO_KEY => None,
            best => self.get(best),
        }
    }

    /// The level of a key, where orders rest at it.
    #[inline]
    pub fn get(&self, key: i64) -> Option<&Level> {
        match self.place_of(key) {
            Some(at) => Some(&self.window[at]).filter(|level| level.head != NONE),
            None => self.far.get(&key),
        }
    }

    /// The level of a key at which orders rest.
    #[inline]
    pub fn level_mut(&mut self, key: i64) -> &mut Level {
        match self.place_of(key) {
            Some(at) => &mut self.window[at],
            None => self.far.get_mut(&key).expect("a resting order has a level"),
        }
    }

    /// The level of a key at which an order is about to rest.
    #[inline]
    pub fn open(&mut self, key: i64) -> &mut Level {
        self.best = self.best.min(key);
        let Some(at) = self.place_of(key) else { return self.open_far(key) };
        let level = &mut self.window[at];
        if level.head == NONE {
            self.words[at / WORD] |= 1 << (at % WORD);
            self.summary[at / WORD / WORD] |= 1 << (at / WORD % WORD);
        }
        level
    }

    /// Takes the level of a key away at which nothing rests any more.
    #[inline]
    pub fn close(&mut self, key: i64) {
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

    /// Keys and what they show, best first.
    pub fn levels(&self) -> impl Iterator<Item = (i64, Quantity)> + '_ {
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
        all.map(|(key, level)| (key, level.shown))
    }

    /// Where in the window a key stands, if it does.
    #[inline]
    fn place_of(&self, key: i64) -> Option<usize> {
        // Wraps for keys before the window, to beyond its end.
        let at = key.wrapping_sub(self.base) as u64 as usize;
        (at < self.window.len()).then_some(at)
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
        if self.misses >= (self.window.len() / 4).max(MISSES_MIN) {
            self.move_window();
            if self.place_of(key).is_some() {
                return self.open(key);
            }
        }
        self.far.entry(key).or_insert(EMPTY)
    }

    /// Puts a larger window around the touch: a quarter of it for better prices to come, the rest
    /// behind it.
    fn move_window(&mut self) {
        let mut levels = Vec::new();
        let mut at = self.next_from(0);
        while let Some(here) = at {
            levels.push((self.base + here as i64, self.window[here]));
            at = self.next_from(here + 1);
        }
        let length = (self.window.len() * 4).clamp(WINDOW_MIN, WINDOW_MAX);
        self.base = self.best - length as i64 / 4;
        self.misses = 0;
        self.window.clear();
        self.window.resize(length, EMPTY);
        self.words.clear();
        self.words.resize(length / WORD, 0);
        self.summary.clear();
        self.summary.resize(length.div_ceil(WORD * WORD), 0);
        let within = self.base..self.base + length as i64;
        let near: Vec<i64> = self.far.range(within).map(|(key, _)| *key).collect();
        levels.extend(near.iter().filter_map(|key| self.far.remove_entry(key)));
        levels.into_iter().for_each(|(key, level)| self.put(key, level));
    }

    fn put(&mut self, key: i64, level: Level) {
        match self.place_of(key) {
            Some(_) => *self.open(key) = level,
            None => drop(self.far.insert(key, level)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A ladder against a plain map, over keys that leave every window again and again.
    fn agrees(middle: i64, steps: &[(i64, bool)]) {
        let (mut ladder, mut plain) = (Ladder::default(), BTreeMap::<i64, i64>::new());
        let mut middle = middle;
        for (away, opens) in steps {
            middle += away % 7 - 3;
            let key = middle + away;
            match (opens, plain.contains_key(&key)) {
                (true, false) => {
                    *ladder.open(key) = Level { head: 1, tail: 1, shown: Quantity::new(*away) };
                    plain.insert(key, *away);
                }
                (false, true) => {
                    ladder.close(key);
                    plain.remove(&key);
                }
                (_, stands) => assert_eq!(ladder.get(key).is_some(), stands),
            }
            let best = plain.first_key_value();
            assert_eq!(ladder.best(), best.map(|(key, _)| *key));
            assert_eq!(
                ladder.best_level().map(|level| level.shown),
                best.map(|(_, shown)| *shown).map(Quantity::new)
            );
        }
        assert!(
            ladder.levels().eq(plain.into_iter().map(|(key, shown)| (key, Quantity::new(shown))))
        );
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_sorted_map(
            near in proptest::collection::vec((0_i64..300, any::<bool>()), 0..600),
            wide in proptest::collection::vec((0_i64..40_000, any::<bool>()), 0..3_000),
        ) {
            for middle in [1 << 20, -(1 << 20)] {
                agrees(middle, &near);
                agrees(middle, &[&near[..], &wide, &near].concat());
            }
        }
    }

    #[test]
    fn the_window_follows_the_touch_and_grows_to_its_bound() {
        let mut ladder = Ladder::default();
        for key in 0..200_000 {
            ladder.open(1_000_000 + key).head = 1;
        }
        assert_eq!((ladder.window.len(), ladder.best()), (WINDOW_MAX, Some(1_000_000)));
        for key in 0..200_000 {
            ladder.close(1_000_000 + key);
            assert_eq!(ladder.best(), Some(1_000_001 + key).filter(|best| *best < 1_200_000));
        }
        assert_eq!(ladder.levels().count(), 0);
    }

    #[test]
    fn the_widest_prices_have_a_level() {
        for sign in [-1, 1] {
            let mut ladder = Ladder::default();
            for round in 0..2_000 {
                for price in [1 + round, crate::domain::instrument::PRICE_MAX.get() - round] {
                    ladder.open(sign * price).head = 1;
                }
            }
            assert_eq!(ladder.levels().count(), 4_000);
        }
    }
}
