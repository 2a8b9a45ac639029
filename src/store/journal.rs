//! The journal: commits of records in one contiguous order, durable before anyone hears of them.
//!
//! [`Journal`] is what the journal's thread writes to. [`Reader`] is what everyone else reads from:
//! it sees durable commits only, and crosses the archive and the journal unseen.

use std::{
    iter::Peekable,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    archive::{Archive, ArchivedCommits},
    chunk::{Chain, Chunk, Commit, Key},
    codec,
    failure::Failure,
};
use crate::domain::{
    fact::Fact,
    id::{Sequence, Stamp},
};

/// Where records are written.
pub trait Journal: Send {
    /// Appends encoded records as one commit whose first has the sequence [`Journal::next`], and
    /// makes it durable. Returns the first and the last sequence.
    ///
    /// # Errors
    /// After any failure nothing more is written: the process must stop.
    ///
    /// # Panics
    /// Where there is no record.
    fn append(&mut self, records: &[Vec<u8>]) -> Result<(Sequence, Sequence), Failure>;

    /// The sequence that the next record will have.
    fn next(&self) -> Sequence;

    /// Notes that the exchange is alive at `stamp`: cheap, and not synced.
    fn alive(&mut self, stamp: Stamp) -> Result<(), Failure>;

    /// A handle to read what is durable.
    fn reader(&self) -> Reader;
}

/// Chunks in the order of their keys.
pub(super) type ChunkIter = Box<dyn Iterator<Item = Result<Chunk, Failure>> + Send>;

/// Where a journal keeps its chunks.
pub(super) trait Chunks: Send + Sync {
    /// The chunks from `key` on.
    fn from(&self, key: Key) -> ChunkIter;

    /// The newest key that is not above `key`.
    fn at_or_below(&self, key: Key) -> Result<Option<Key>, Failure>;

    /// Takes chunks out.
    fn remove(&self, keys: &[Key]) -> Result<(), Failure>;
}

/// Reads durable records. Cheap to clone, and safe to use from any thread.
#[derive(Clone)]
pub struct Reader {
    pub(super) chunks: Arc<dyn Chunks>,
    pub(super) archive: Option<Archive>,
    /// The last durable sequence.
    pub(super) durable: Arc<AtomicU64>,
}

impl Reader {
    /// The last durable sequence; zero where there is none.
    pub fn durable(&self) -> Sequence {
        Sequence(self.durable.load(Ordering::Acquire))
    }

    /// The durable commits from the one that holds `first` on. Ends with what was durable when it
    /// was last asked, or with the first failure.
    pub fn commits(&self, first: Sequence) -> Commits {
        let next = first.max(Sequence(1));
        Commits {
            reader: self.clone(),
            next,
            through: Sequence(u64::MAX),
            chain: None,
            chunks: None,
            archived: None,
            failed: false,
        }
    }

    /// The durable facts from `first` on, as [`Reader::commits`] gives them.
    ///
    /// # Errors
    /// `Gap` where `first` was trimmed away, `Damaged` and `Record` where the data is not what it
    /// was; nothing follows then.
    pub fn from(
        &self,
        first: Sequence,
    ) -> impl Iterator<Item = Result<(Sequence, Fact), Failure>> + Send + use<> {
        let facts = self.commits(first).flat_map(facts_of);
        let mut failed = false;
        facts
            .filter(move |fact| fact.as_ref().map_or(true, |(at, _)| *at >= first))
            .take_while(move |fact| !std::mem::replace(&mut failed, fact.is_err()))
    }

    /// The fact at a sequence; `None` where it is not durable yet.
    ///
    /// # Errors
    /// As [`Reader::from`].
    pub fn fact(&self, at: Sequence) -> Result<Option<Fact>, Failure> {
        let Some(commit) = self.commits(at).next().transpose()? else { return Ok(None) };
        let record = commit.records().find(|(sequence, _)| *sequence == at);
        record.map(|(_, record)| codec::decode(record)).transpose()
    }

    /// The chain with the commit that ends at `at`; `None` where no durable commit does.
    ///
    /// # Errors
    /// As [`Reader::from`].
    pub fn chain_at(&self, at: Sequence) -> Result<Option<Chain>, Failure> {
        if at == Sequence(0) {
            return Ok(Some(Chain::GENESIS));
        }
        let commit = self.commits(at).next().transpose()?;
        Ok(commit.filter(|commit| commit.last == at).map(|commit| commit.chain))
    }

    /// Whether the journal goes on from `chain` behind `through`, the end of a commit.
    ///
    /// # Errors
    /// As [`Reader::from`].
    pub fn continues(&self, through: Sequence, chain: Chain) -> Result<bool, Failure> {
        match self.commits(through.next()).next().transpose()? {
            Some(commit) => Ok(commit.first == through.next() && commit.before == chain),
            None => Ok(self.chain_at(through)? == Some(chain)),
        }
    }
}

/// The facts of a commit; the first that cannot be read ends them.
fn facts_of(commit: Result<Commit, Failure>) -> Vec<Result<(Sequence, Fact), Failure>> {
    match commit {
        Ok(commit) => {
            commit.records().map(|(at, record)| Ok((at, codec::decode(record)?))).collect()
        }
        Err(failure) => vec![Err(failure)],
    }
}

/// Durable commits in their order; see [`Reader::commits`].
pub struct Commits {
    reader: Reader,
    next: Sequence,
    through: Sequence,
    /// The chain of the commit before, once one was read.
    chain: Option<Chain>,
    chunks: Option<Peekable<ChunkIter>>,
    archived: Option<ArchivedCommits>,
    failed: bool,
}

impl Commits {
    /// Lets the first commit be checked against the chain that is known to come before it.
    pub(super) fn behind(mut self, chain: Chain) -> Commits {
        self.chain = Some(chain);
        self
    }

    /// Ends behind `through`, even where more becomes durable meanwhile.
    pub fn through(mut self, through: Sequence) -> Commits {
        self.through = through;
        self
    }

    fn step(&mut self) -> Result<Option<Commit>, Failure> {
        if self.next > self.reader.durable().min(self.through) {
            return Ok(None);
        }
        let found = match self.in_journal() {
            Ok(Some(commit)) => Some(commit),
            // Trimming takes a commit out chunk by chunk, and only once it is in the archive.
            Ok(None) => self.in_archive()?,
            Err(failure) => Some(self.in_archive()?.ok_or(failure)?),
        };
        let Some(commit) = found else {
            return Err(Failure::Gap { expected: self.next, found: None });
        };
        if self.chain.is_some_and(|chain| chain != commit.before) {
            let detail = "a commit does not follow from the one before it".into();
            return Err(Failure::Damaged { at: commit.first, detail });
        }
        self.next = commit.last.next();
        self.chain = Some(commit.chain);
        Ok(Some(commit))
    }

    fn in_journal(&mut self) -> Result<Option<Commit>, Failure> {
        let mut chunks = match self.chunks.take() {
            Some(chunks) => chunks,
            None => {
                let within = Key { first: self.next, index: u16::MAX };
                let Some(key) = self.reader.chunks.at_or_below(within)? else { return Ok(None) };
                self.reader.chunks.from(Key { index: 0, ..key }).peekable()
            }
        };
        let Some((commit, _)) = next_commit(&mut chunks)? else { return Ok(None) };
        if self.next < commit.first || commit.last < self.next {
            return Ok(None);
        }
        self.chunks = Some(chunks);
        Ok(Some(commit))
    }

    fn in_archive(&mut self) -> Result<Option<Commit>, Failure> {
        if let Some(archived) = &mut self.archived
            && let Some(commit) = archived.next()?
        {
            return Ok(Some(commit));
        }
        self.archived = None;
        let Some(archive) = &self.reader.archive else { return Ok(None) };
        let Some(file) = archive.holding(self.next)? else { return Ok(None) };
        let archived = self.archived.insert(ArchivedCommits::open(&file, self.next)?);
        archived.next()
    }
}

impl Iterator for Commits {
    type Item = Result<Commit, Failure>;

    fn next(&mut self) -> Option<Result<Commit, Failure>> {
        if self.failed {
            return None;
        }
        let step = self.step();
        self.failed = step.is_err();
        step.transpose()
    }
}

/// Takes the chunks of the next commit and joins them; gives the chunks too.
pub(super) fn next_commit(
    chunks: &mut Peekable<ChunkIter>,
) -> Result<Option<(Commit, Vec<Chunk>)>, Failure> {
    let Some(group) = next_group(chunks)? else { return Ok(None) };
    let first = group[0].0.first;
    let commit = Commit::join(first, &group).map_err(|broken| broken.at(first))?;
    Ok(Some((commit, group)))
}

/// Takes the chunks that stand under the next first sequence; never empty.
pub(super) fn next_group(chunks: &mut Peekable<ChunkIter>) -> Result<Option<Vec<Chunk>>, Failure> {
    let Some(head) = chunks.next().transpose()? else { return Ok(None) };
    let first = head.0.first;
    let mut group = vec![head];
    let same =
        |next: &Result<Chunk, Failure>| next.as_ref().map_or(true, |(key, _)| key.first == first);
    while let Some(next) = chunks.next_if(same) {
        group.push(next?);
    }
    Ok(Some(group))
}
