//! Recovery, apart from files: where a journal ends, whether it ends where it must, and the fold.

use std::{
    sync::Arc,
    thread::{Builder, Scope, ScopedJoinHandle, scope},
};

use crossbeam::channel::{Receiver, bounded};
use serde::Serialize;

use super::{
    chunk::{Chain, Commit, Key},
    codec,
    failure::Failure,
    guard,
    journal::{Chunks, next_group},
};
use crate::domain::{digest::Digest, fact::Fact, id::Sequence, world::World};

/// What recovery found and did, for the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Recovered {
    pub through: Sequence,
    pub digest: Digest,
    /// The snapshot that the fold began at; `None` where it began at the first fact.
    pub snapshot: Option<Sequence>,
    /// How many facts were folded.
    pub facts: u64,
    /// What was cut off the journal's end.
    pub torn: Option<TornTail>,
    /// What an operator should look at, such as snapshots that could not be used.
    pub notes: Vec<String>,
    pub millis: u64,
}

/// The last commit, where it was not written whole. Nobody was ever told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct TornTail {
    /// The sequence that its first record would have had.
    pub first: Sequence,
    /// How many chunks of it were there.
    pub chunks: usize,
    pub detail: String,
}

/// Something that knows a sequence to be durable.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub through: Sequence,
    /// The chain there, where it is known too.
    pub chain: Option<Chain>,
    pub by: String,
}

/// Where a journal ends.
#[derive(Clone, Debug)]
pub(super) struct Tail {
    /// The last sequence of the last whole commit; zero where there is none.
    pub last: Sequence,
    pub chain: Chain,
    pub torn: Option<(TornTail, Vec<Key>)>,
    /// What a trim that a crash interrupted left of a commit, which stands elsewhere whole.
    pub trimmed: Vec<Key>,
}

impl Tail {
    /// The chunks to cut off.
    pub fn torn_keys(&self) -> &[Key] {
        self.torn.as_ref().map_or(&[], |(_, keys)| keys)
    }
}

/// Reads all chunks of a journal, checks them, and says where it ends. Changes nothing.
///
/// `covered` is the last sequence up to which a trim may have been at work: the archive or a snapshot
/// has all of it.
///
/// # Errors
/// `Damaged` and `Gap` where something before the end is wrong, `Short` where it ends before what
/// is known to have been durable.
pub(super) fn inspect(
    chunks: &dyn Chunks,
    known: &[Known],
    covered: Sequence,
) -> Result<Tail, Failure> {
    let bound = known.iter().max_by_key(|known| known.through);
    let through = bound.map_or(Sequence(0), |known| known.through);
    let mut tail =
        Tail { last: Sequence(0), chain: Chain::GENESIS, torn: None, trimmed: Vec::new() };
    let mut begun = false;
    let mut chunks = chunks.from(Key { first: Sequence(0), index: 0 }).peekable();
    while let Some(group) = next_group(&mut chunks)? {
        let first = group[0].0.first;
        check_follows(&tail, begun, first, covered)?;
        let commit = match Commit::join(first, &group) {
            Ok(commit) => commit,
            // A trim takes the oldest chunks first, and not all at once.
            Err(broken) if broken.torn && !begun && first <= covered => {
                tail.trimmed.extend(group.iter().map(|(key, _)| *key));
                continue;
            }
            Err(broken) if broken.torn && chunks.peek().is_none() => {
                if first > through {
                    let keys: Vec<Key> = group.iter().map(|(key, _)| *key).collect();
                    let detail = broken.detail.to_owned();
                    tail.torn = Some((TornTail { first, chunks: keys.len(), detail }, keys));
                }
                break;
            }
            Err(broken) => return Err(broken.at(first)),
        };
        check_chain(&tail, begun, &commit)?;
        if let Some(other) = known.iter().find(|known| differs(known, &commit)) {
            let detail = format!("the chain hash is not the one that {} knows", other.by);
            return Err(Failure::Damaged { at: commit.last, detail });
        }
        (tail.last, tail.chain) = (commit.last, commit.chain);
        begun = true;
    }
    match bound {
        Some(known) if tail.last < known.through => {
            let known = known.clone();
            Err(Failure::Short { known: known.through, found: tail.last, by: known.by })
        }
        _ => Ok(tail),
    }
}

/// A journal that was trimmed begins anywhere; from there on nothing is missing.
fn check_follows(
    tail: &Tail,
    begun: bool,
    first: Sequence,
    covered: Sequence,
) -> Result<(), Failure> {
    match begun {
        false if !tail.trimmed.is_empty() && first > covered.next() => {
            Err(Failure::Gap { expected: covered.next(), found: Some(first) })
        }
        true if first > tail.last.next() => {
            Err(Failure::Gap { expected: tail.last.next(), found: Some(first) })
        }
        true if first < tail.last.next() => {
            Err(Failure::Damaged { at: first, detail: "commits overlap".into() })
        }
        false if first == Sequence(0) => {
            Err(Failure::Damaged { at: first, detail: "sequences begin at 1".into() })
        }
        _ => Ok(()),
    }
}

fn check_chain(tail: &Tail, begun: bool, commit: &Commit) -> Result<(), Failure> {
    let before_is_known = begun || commit.first == Sequence(1);
    match before_is_known && commit.before != tail.chain {
        true => Err(Failure::Damaged {
            at: commit.first,
            detail: "a commit does not follow from the one before it".into(),
        }),
        false => Ok(()),
    }
}

fn differs(known: &Known, commit: &Commit) -> bool {
    known.through == commit.last && known.chain.is_some_and(|chain| chain != commit.chain)
}

/// Folds commits into a world; records that it holds already are passed over. Returns how many
/// facts were folded. After a failure the world is unusable.
///
/// # Errors
/// What reading gives, and `TextError` where a fact does not follow from those before it.
pub(super) fn fold(
    world: &mut World,
    commits: impl Iterator<Item = Result<Commit, Failure>>,
) -> Result<u64, Failure> {
    let mut folded = 0;
    for commit in commits {
        folded += fold_commit(world, &commit?)?;
    }
    Ok(folded)
}

/// Facts that go from one thread to another at once.
const BATCH: usize = 256;
/// Batches that may wait for a thread.
const BATCHES_WAITING_MAX: usize = 16;

type Batch = Arc<Vec<(Sequence, Fact)>>;

/// As [`fold`], of a whole journal: what reads and decodes, the state, and the history need nothing of each
/// other, so each has a thread.
///
/// # Errors
/// As [`fold`].
pub(super) fn fold_apart(
    world: &mut World,
    commits: impl Iterator<Item = Result<Commit, Failure>>,
) -> Result<u64, Failure> {
    let World { state, history } = world;
    let through = state.through;
    scope(|threads| {
        let (to_state, states) = bounded(BATCHES_WAITING_MAX);
        let (to_history, histories) = bounded(BATCHES_WAITING_MAX);
        let state = folder(threads, "fold-state", states, |at, fact| state.apply(at, fact));
        let history = folder(threads, "fold-history", histories, |at, fact| {
            history.apply(at, fact);
        });
        let mut folded = 0;
        // Where a folder has ended before its time, it says why below.
        let read = decode_all(commits, through, |batch| {
            folded += batch.len() as u64;
            to_state.send(batch.clone()).is_ok() && to_history.send(batch).is_ok()
        });
        drop((to_state, to_history));
        // What does not fit came before what cannot be read.
        ended(state).and(ended(history)).and(read).map(|()| folded)
    })
}

/// Decodes the records after `through`, batch by batch, as long as `take` takes them.
fn decode_all(
    commits: impl Iterator<Item = Result<Commit, Failure>>,
    through: Sequence,
    mut take: impl FnMut(Batch) -> bool,
) -> Result<(), Failure> {
    let mut batch = Vec::with_capacity(BATCH);
    for commit in commits {
        for (at, record) in commit?.records().filter(|(at, _)| *at > through) {
            batch.push((at, codec::decode(record)?));
            if batch.len() >= BATCH && !take(Arc::new(std::mem::take(&mut batch))) {
                return Ok(());
            }
        }
    }
    take(Arc::new(batch));
    Ok(())
}

/// A thread that applies what it receives.
fn folder<'scope>(
    threads: &'scope Scope<'scope, '_>,
    name: &str,
    batches: Receiver<Batch>,
    mut apply: impl FnMut(Sequence, &Fact) + Send + 'scope,
) -> ScopedJoinHandle<'scope, Result<(), Failure>> {
    let work = move || {
        for batch in batches {
            for (at, fact) in batch.iter() {
                let applied = guard::caught(|| apply(*at, fact));
                applied.map_err(|detail| Failure::TextError { at: *at, detail })?;
            }
        }
        Ok(())
    };
    let started = Builder::new().name(name.into()).spawn_scoped(threads, work);
    started.expect("a process that cannot start a thread cannot serve")
}

fn ended(folder: ScopedJoinHandle<'_, Result<(), Failure>>) -> Result<(), Failure> {
    folder.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Folds one commit; see [`fold`].
pub(super) fn fold_commit(world: &mut World, commit: &Commit) -> Result<u64, Failure> {
    let mut folded = 0;
    for (at, record) in commit.records() {
        if at > world.state.through {
            apply(world, at, &codec::decode(record)?)?;
            folded += 1;
        }
    }
    Ok(folded)
}

fn apply(world: &mut World, at: Sequence, fact: &Fact) -> Result<(), Failure> {
    let applied = guard::caught(|| world.apply(at, fact));
    applied.map(drop).map_err(|detail| Failure::TextError { at, detail })
}

/// Checks a folded world and reports it.
///
/// # Errors
/// `Unbalanced`.
pub(super) fn report(world: &World, tail: &Tail) -> Result<Recovered, Failure> {
    let through = world.state.through;
    debug_assert_eq!(through, tail.last, "invariant: the fold ends where the journal ends");
    if !world.state.is_balanced() {
        return Err(Failure::Unbalanced { at: through });
    }
    let digest = world.state.digest();
    let torn = tail.torn.as_ref().map(|(torn, _)| torn.clone());
    Ok(Recovered { through, digest, torn, ..Recovered::default() })
}
