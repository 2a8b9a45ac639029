//! The store as a whole: what is appended comes back, and what is not as it was is refused.

mod disk;
pub(super) mod facts;
mod fold;
mod format;
mod memory;

use std::path::Path;

use super::{Journal, Opened, Options, codec, open};
use crate::domain::{fact::Fact, id::Sequence, world::World};

/// The records of facts.
fn records(facts: &[Fact]) -> Vec<Vec<u8>> {
    facts.iter().map(codec::encode).collect()
}

/// Appends facts in commits of `size`.
fn append(journal: &mut dyn Journal, facts: &[Fact], size: usize) {
    for commit in records(facts).chunks(size) {
        let first = journal.next();
        let last = Sequence(first.0 + commit.len() as u64 - 1);
        assert_eq!(journal.append(commit).unwrap(), (first, last));
    }
}

/// The fold of the first facts.
fn world_of(facts: &[Fact]) -> World {
    let mut world = World::default();
    for (at, fact) in facts.iter().enumerate() {
        world.apply(Sequence(at as u64 + 1), fact);
    }
    world
}

fn digest_of(facts: &[Fact]) -> String {
    world_of(facts).state.digest().to_string()
}

fn opened(dir: &Path) -> Opened {
    open(&Options::new(dir)).unwrap()
}

/// How many times more than usual the long tests do; `SOUK_TEST_SCALE`.
fn scale() -> usize {
    std::env::var("SOUK_TEST_SCALE").ok().and_then(|scale| scale.parse().ok()).unwrap_or(1)
}
