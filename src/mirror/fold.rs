//! A fold over the journal that makes rows of what it passes.

use super::{
    MirrorError, Source,
    database::Cursor,
    fact::{put_fact, put_opening},
    row::Batch,
    table::TABLES,
};
use crate::{
    domain::{
        id::{Sequence, Stamp},
        state::State,
        world::World,
    },
    store::{self, Commit, Commits, codec},
};

/// A batch ends with the commit in which it gets this many facts.
pub const BATCH_FACTS: u64 = 2_000;

/// A state and where it stands.
pub struct Fold {
    state: State,
    /// Where it stands.
    pub cursor: Cursor,
    /// Where reading goes on, so that a long way is read once.
    ahead: Option<Commits>,
}

impl Fold {
    fn new(state: State, cursor: Cursor) -> Fold {
        Fold { state, cursor, ahead: None }
    }

    /// Where the history that is kept begins, with the rows of what stands there.
    ///
    /// # Errors
    /// What reading gives.
    pub fn beginning(source: &Source) -> Result<(Fold, Batch), MirrorError> {
        let beginning = store::beginning(&source.snapshots, &source.reader)?;
        let mut batch = Batch::new(TABLES);
        let World { state, .. } = &beginning.world;
        if state.through > Sequence(0) {
            caught(|| put_opening(&mut batch, &beginning.world))?;
        }
        let cursor = Cursor { sequence: state.through, chain: beginning.chain };
        Ok((Fold::new(beginning.world.state, cursor), batch))
    }

    /// The fold at a cursor.
    ///
    /// # Errors
    /// `Gap` where facts before it are gone.
    pub fn at(source: &Source, cursor: Cursor) -> Result<Fold, MirrorError> {
        let state = store::state_at(&source.snapshots, &source.reader, cursor.sequence)?;
        Ok(Fold::new(state, cursor))
    }

    /// The latest stamp of any fact in it.
    pub fn latest(&self) -> Stamp {
        self.state.latest
    }

    /// Folds some commits that end at or before `through`, and gives the rows of what they changed.
    ///
    /// # Errors
    /// What reading gives; the fold is unusable then.
    pub fn advance(&mut self, source: &Source, through: Sequence) -> Result<Batch, MirrorError> {
        let mut batch = Batch::new(TABLES);
        let until = Sequence(self.cursor.sequence.0 + BATCH_FACTS);
        let next = self.cursor.sequence.next();
        let ahead = self.ahead.take();
        let mut ahead = ahead.unwrap_or_else(|| source.reader.commits(next).through(through));
        while let Some(commit) = ahead.next().transpose()? {
            if commit.last > through {
                return Ok(batch);
            }
            self.fold(&commit, &mut batch)?;
            if commit.last >= until {
                self.ahead = Some(ahead);
                return Ok(batch);
            }
        }
        Ok(batch)
    }

    fn fold(&mut self, commit: &Commit, batch: &mut Batch) -> Result<(), MirrorError> {
        if (commit.first, commit.before) != (self.cursor.sequence.next(), self.cursor.chain) {
            return Err(MirrorError::Rebuild { why: "the journal does not go on from the mirror" });
        }
        for (sequence, record) in commit.records() {
            let fact = codec::decode(record)?;
            caught(|| {
                self.state.apply(sequence, &fact);
                put_fact(batch, sequence, &fact, &self.state);
            })?;
        }
        self.cursor = Cursor { sequence: commit.last, chain: commit.chain };
        Ok(())
    }
}

fn caught<T>(work: impl FnOnce() -> T) -> Result<T, MirrorError> {
    store::caught(work).map_err(|detail| MirrorError::Rows { detail })
}
