//! A fold over the journal that makes rows of what it passes.

use super::{
    Source, Trouble,
    database::Cursor,
    fact::{put_fact, put_opening},
    row::Batch,
    table::TABLES,
};
use crate::{
    domain::{id::Sequence, state::State, world::World},
    store::{self, Chain, codec},
};

/// A batch ends with the commit in which it gets this many facts.
pub const BATCH_FACTS: u64 = 2_000;

/// A state and where it stands.
pub struct Fold {
    state: State,
    /// Where it stands.
    pub cursor: Cursor,
}

impl Fold {
    /// Where the history that is kept begins, with the rows of what stands there.
    ///
    /// # Errors
    /// What reading gives.
    pub fn beginning(source: &Source) -> Result<(Fold, Batch), Trouble> {
        let beginning = store::beginning(&source.snapshots, &source.reader)?;
        let mut batch = Batch::new(TABLES);
        let World { state, .. } = &beginning.world;
        if state.through > Sequence(0) {
            caught(|| put_opening(&mut batch, &beginning.world))?;
        }
        let cursor = Cursor { sequence: state.through, chain: beginning.chain };
        Ok((Fold { state: beginning.world.state, cursor }, batch))
    }

    /// The fold at a cursor.
    ///
    /// # Errors
    /// `Gap` where facts before it are gone.
    pub fn at(source: &Source, cursor: Cursor) -> Result<Fold, Trouble> {
        let state = store::state_at(&source.snapshots, &source.reader, cursor.sequence)?;
        Ok(Fold { state, cursor })
    }

    /// The latest stamp of any fact in it.
    pub fn latest(&self) -> crate::domain::id::Stamp {
        self.state.latest
    }

    /// Folds some commits that end at or before `through`, and gives the rows of what they changed.
    ///
    /// # Errors
    /// What reading gives; the fold is unusable then.
    pub fn advance(&mut self, source: &Source, through: Sequence) -> Result<Batch, Trouble> {
        let mut batch = Batch::new(TABLES);
        let until = Sequence(self.cursor.sequence.0 + BATCH_FACTS);
        for commit in source.reader.commits(self.cursor.sequence.next()).through(through) {
            let commit = commit?;
            if commit.last > through {
                break;
            }
            self.check_follows(commit.first, commit.before)?;
            for (sequence, record) in commit.records() {
                let fact = codec::decode(record)?;
                caught(|| {
                    self.state.apply(sequence, &fact);
                    put_fact(&mut batch, sequence, &fact, &self.state);
                })?;
            }
            self.cursor = Cursor { sequence: commit.last, chain: commit.chain };
            if commit.last >= until {
                break;
            }
        }
        Ok(batch)
    }

    fn check_follows(&self, first: Sequence, before: Chain) -> Result<(), Trouble> {
        match first == self.cursor.sequence.next() && before == self.cursor.chain {
            true => Ok(()),
            false => Err(Trouble::Rebuild { why: "the journal does not go on from the mirror" }),
        }
    }
}

fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Trouble> {
    store::caught(work).map_err(|detail| Trouble::Rows { detail })
}
