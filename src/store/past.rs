//! The past: the state as it stood at an earlier fact, and where the history that is kept begins. For
//! the mirror, which folds the journal again beside the hot path.

use super::{
    chunk::Chain, codec, failure::Failure, guard, journal::Reader, open, snapshot::SnapshotFolder,
    verify,
};
use crate::domain::{id::Sequence, state::State, world::World};

/// Where the history that is kept begins.
pub struct HistoryStart {
    /// Empty, or as it stood in the oldest snapshot where the first facts are gone.
    pub world: World,
    /// The chain there.
    pub chain: Chain,
}

/// Where the history that is kept begins.
///
/// # Errors
/// `Gap` where neither the first facts nor a snapshot are left; what reading gives.
pub fn beginning(snapshots: &SnapshotFolder, reader: &Reader) -> Result<HistoryStart, Failure> {
    let mut listed = snapshots.list()?;
    listed.reverse();
    let (world, chain) = verify::base(reader, &listed)?;
    Ok(HistoryStart { world, chain })
}

/// The state as it stood behind the fact `at`, folded from the newest snapshot before it.
///
/// # Errors
/// `Gap` where facts on the way are gone, `TextError` where one does not follow from those before it; what
/// reading gives.
pub fn state_at(
    snapshots: &SnapshotFolder,
    reader: &Reader,
    at: Sequence,
) -> Result<State, Failure> {
    let mut listed = snapshots.list()?;
    listed.retain(|(through, _)| *through <= at);
    let mut state = open::base(&listed, reader).world.state;
    for commit in reader.commits(state.through.next()).through(at) {
        let commit = commit?;
        for (sequence, record) in commit.records().filter(|(sequence, _)| *sequence <= at) {
            if sequence > state.through {
                let fact = codec::decode(record)?;
                guard::caught(|| state.apply(sequence, &fact))
                    .map_err(|detail| Failure::TextError { at: sequence, detail })?;
            }
        }
    }
    match state.through == at {
        true => Ok(state),
        false => Err(Failure::Gap { expected: state.through.next(), found: None }),
    }
}
