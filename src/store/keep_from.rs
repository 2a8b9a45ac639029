//! Which facts a mirror may still ask the journal for. The mirror says where it stands; whoever trims
//! asks at that moment, so the answer is never older than the question.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::domain::id::Sequence;

/// Which facts the journal keeps for a mirror; clones say the same.
#[derive(Clone, Debug)]
pub struct KeepFrom(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// The last fact that the mirror has.
    cursor: AtomicU64,
    /// How many of the newest facts are kept at most, wherever the mirror stands.
    facts_max: AtomicU64,
}

impl Default for KeepFrom {
    /// There is no mirror: nothing is kept for it.
    fn default() -> KeepFrom {
        let (cursor, facts_max) = (AtomicU64::new(u64::MAX), AtomicU64::new(u64::MAX));
        KeepFrom(Arc::new(Inner { cursor, facts_max }))
    }
}

impl KeepFrom {
    /// A mirror begins to follow, which may be behind by `facts_max` facts. Where it stands is not known
    /// yet.
    pub fn follow(&self, facts_max: u64) {
        self.0.facts_max.store(facts_max, Ordering::SeqCst);
        self.stands_at(Sequence(0));
    }

    /// The mirror has all facts through `cursor`.
    pub fn stands_at(&self, cursor: Sequence) {
        self.0.cursor.store(cursor.0, Ordering::SeqCst);
    }

    /// The last fact that the mirror does not ask for again, with facts durable through `durable`. The
    /// last commit that it has stays, since its cursor is checked against it.
    pub fn unneeded(&self, durable: Sequence) -> Sequence {
        let bound = durable.0.saturating_sub(self.0.facts_max.load(Ordering::SeqCst));
        Sequence(self.0.cursor.load(Ordering::SeqCst).saturating_sub(1).max(bound))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_keeps_what_it_lacks_up_to_its_bound() {
        let keep_from = KeepFrom::default();
        assert_eq!(keep_from.unneeded(Sequence(500)), Sequence(u64::MAX - 1));
        keep_from.follow(100);
        assert_eq!(keep_from.unneeded(Sequence(50)), Sequence(0));
        keep_from.stands_at(Sequence(40));
        assert_eq!(keep_from.unneeded(Sequence(50)), Sequence(39));
        assert_eq!(keep_from.unneeded(Sequence(500)), Sequence(400));
    }
}
