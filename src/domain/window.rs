//! The newest of something, with the number of those that are gone.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// The newest entries of a history, oldest first, with the number of those that were dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window<T> {
    kept: VecDeque<T>,
    dropped: u64,
}

impl<T> Default for Window<T> {
    fn default() -> Window<T> {
        Window { kept: VecDeque::new(), dropped: 0 }
    }
}

impl<T> Window<T> {
    /// Adds the newest entry; gives the oldest, where there are `most` already.
    pub(in crate::domain) fn push(&mut self, entry: T, most: usize) -> Option<T> {
        let full = self.kept.len() == most;
        let dropped = if full { self.kept.pop_front() } else { None };
        self.dropped += u64::from(dropped.is_some());
        self.kept.push_back(entry);
        dropped
    }

    /// Oldest first; `.rev()` gives what people read first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.kept.iter()
    }

    /// Newest first, each with its number among all that ever were, from 1.
    pub fn newest_first(&self) -> impl Iterator<Item = (u64, &T)> {
        let all = self.dropped + self.kept.len() as u64;
        (1..=all).rev().zip(self.kept.iter().rev())
    }

    /// How many older entries there were.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The newest entry, to be added to.
    pub(in crate::domain) fn newest_mut(&mut self) -> Option<&mut T> {
        self.kept.back_mut()
    }

    /// The newest entry.
    pub fn newest(&self) -> Option<&T> {
        self.kept.back()
    }
}
