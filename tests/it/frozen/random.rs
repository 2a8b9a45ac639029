//! Chance from a seed, and a short memory.

use std::collections::VecDeque;

/// How much is remembered of each kind.
const REMEMBERED: usize = 60;

/// Numbers from a seed, by splitmix64: the same on every machine and with every release of a library.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `below`.
    pub fn draw(&mut self, below: usize) -> usize {
        ((self.next() >> 11) % below as u64) as usize
    }

    /// A number from `low` to `high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + ((self.next() >> 11) % (high - low + 1) as u64) as i64
    }

    pub fn percent(&mut self, chance: usize) -> bool {
        self.draw(100) < chance
    }

    pub fn any<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.draw(of.len())].clone()
    }

    /// One of them, if there is any.
    pub fn one<T>(&mut self, of: impl IntoIterator<Item = T>) -> Option<T> {
        let mut all: Vec<T> = of.into_iter().collect();
        (!all.is_empty()).then(|| all.swap_remove(self.draw(all.len())))
    }

    /// The place of one of `weights`, by its weight.
    pub fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut drawn = self.draw(weights.iter().sum());
        let reached = |weight: &usize| match drawn.checked_sub(*weight) {
            Some(left) => {
                drawn = left;
                false
            }
            None => true,
        };
        weights.iter().position(reached).unwrap()
    }
}

/// A list of the newest.
pub struct Newest<T>(VecDeque<T>);

impl<T> Newest<T> {
    pub fn push(&mut self, one: T) {
        self.0.push_back(one);
        if self.0.len() > REMEMBERED {
            self.0.pop_front();
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

impl<T> Default for Newest<T> {
    fn default() -> Newest<T> {
        Newest(VecDeque::new())
    }
}
