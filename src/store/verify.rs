//! The offline verifier: reads all facts again, from the first where the archive has them, and says
//! whether the data is what it should be. It changes nothing but its own copy of the journal.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU64},
};

use serde::Serialize;

use super::{
    chunk::Chain,
    evidence::EvidenceFolder,
    failure::Failure,
    folder::{self, FolderLock, Layout},
    journal::{Chunks, Reader},
    open::{self, Durability},
    recovery,
    sled_journal::SledChunks,
    snapshot::{self, SnapshotFolder},
};
use crate::domain::{digest::Digest, id::Sequence, world::World};

/// What a verification came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Everything is as it should be.
    Clean,
    /// The last commit was not written whole; the next start cuts it off. Nothing is lost.
    TornTail,
    /// Something is missing or altered.
    Damaged,
    /// The folder could not be verified: it is in use, missing or unreadable.
    Unavailable,
}

/// What was found in a data folder.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Verdict {
    pub status: Status,
    /// The last fact that could be folded.
    pub through: Sequence,
    /// The state's digest there, as hex.
    pub digest: String,
    /// How many facts were folded.
    pub facts: u64,
    /// Whether the ledger balances and what is locked is what open orders hold.
    pub balanced: bool,
    /// The sequence that the fold began behind: 0, or a snapshot where older facts are gone.
    pub from: Sequence,
    /// The snapshots, oldest first.
    pub snapshots: Vec<SnapshotVerdict>,
    /// How many files of evidence are named, and were found whole.
    pub evidence: u64,
    /// What is wrong; empty where nothing is.
    pub detail: String,
}

/// What was found of one snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct SnapshotVerdict {
    pub through: Sequence,
    pub digest: String,
    /// Whether it is whole, and its digest is that of the fold.
    pub good: bool,
    pub detail: String,
}

impl Verdict {
    /// What the process exits with: 0 clean, 3 torn tail, 4 damaged, 1 where it could not verify.
    pub fn exit_code(&self) -> u8 {
        match self.status {
            Status::Clean => 0,
            Status::TornTail => 3,
            Status::Damaged => 4,
            Status::Unavailable => 1,
        }
    }

    fn failed(failure: &Failure) -> Verdict {
        let status = match failure.exit_code() {
            4 => Status::Damaged,
            _ => Status::Unavailable,
        };
        Verdict {
            status,
            through: Sequence(0),
            digest: Digest::default().to_string(),
            facts: 0,
            balanced: false,
            from: Sequence(0),
            snapshots: Vec::new(),
            evidence: 0,
            detail: failure.to_string(),
        }
    }
}

/// Verifies the data folder `dir`.
pub fn verify(dir: &Path) -> Verdict {
    let layout = Layout::new(dir);
    let verdict = verify_locked(&layout);
    verdict.unwrap_or_else(|failure| Verdict::failed(&failure))
}

fn verify_locked(layout: &Layout) -> Result<Verdict, Failure> {
    let _lock = FolderLock::take(&layout.dir)?;
    // Opening sled changes its files, so a copy is opened.
    let scratch = Scratch(layout.scratch());
    folder::remove_scratch(&scratch.0)?;
    folder::copy_all(&layout.journal(), &scratch.0)?;
    let chunks = Arc::new(SledChunks::open(&scratch.0, Durability::Process, None)?);
    verify_chunks(layout, chunks)
}

/// The copy of the journal, removed when it is let go of.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(failure) = folder::remove_scratch(&self.0) {
            tracing::warn!(%failure, "the verifier's copy of the journal stays");
        }
    }
}

fn verify_chunks(layout: &Layout, chunks: Arc<dyn Chunks>) -> Result<Verdict, Failure> {
    let folder = SnapshotFolder::new(layout, true);
    let mut notes = Vec::new();
    let mark = open::read_mark(&layout.mark(), &mut notes);
    let mut snapshots = folder.list()?;
    let known = open::known(mark, &snapshots, &folder.archive)?;
    let tail = recovery::inspect(&*chunks, &known, open::covered(&snapshots, &folder.archive)?);
    // From the copy, like everything that is changed here.
    tail.as_ref().map_or(Ok(()), |tail| chunks.remove(&tail.trimmed))?;
    // Where the end is unknown, everything before the damage is still read.
    let last = tail.as_ref().map_or(u64::MAX, |tail| tail.last.0);
    let durable = Arc::new(AtomicU64::new(last));
    let reader = Reader { chunks, archive: Some(folder.archive.clone()), durable };

    snapshots.reverse();
    let base = base(&reader, &snapshots)?;
    let mut fold = Fold::new(base, &snapshots);
    let folded = fold.run(&reader);
    let torn = tail.as_ref().ok().and_then(|tail| tail.torn.as_ref());
    let broken = tail.as_ref().err().or(folded.as_ref().err());
    let world = &fold.world;
    // A world that a fact did not fit is unusable.
    let usable = !matches!(folded, Err(Failure::TextError { .. }));
    let balanced = usable && world.state.is_balanced();
    let evidence = EvidenceFolder::new(layout).check(world);
    let bad = fold.verdicts.iter().find(|snapshot| !snapshot.good);
    let (status, detail) = match (broken, bad, torn) {
        (Some(failure), ..) => (Status::Damaged, failure.to_string()),
        _ if !balanced => (Status::Damaged, "the ledger is not balanced".into()),
        (_, Some(bad), _) => (Status::Damaged, format!("snapshot {}: {}", bad.through, bad.detail)),
        _ if evidence.is_err() => {
            (Status::Damaged, evidence.as_ref().err().map(Failure::to_string).unwrap_or_default())
        }
        _ if !notes.is_empty() => (Status::Damaged, notes.join("; ")),
        (.., Some((torn, _))) => {
            let (first, detail) = (torn.first, &torn.detail);
            (Status::TornTail, format!("the commit that begins at {first} is torn: {detail}"))
        }
        _ => (Status::Clean, String::new()),
    };
    Ok(Verdict {
        status,
        through: fold.through,
        digest: if usable { world.state.digest().to_string() } else { String::new() },
        facts: fold.facts,
        balanced,
        from: fold.from,
        snapshots: fold.verdicts,
        evidence: evidence.unwrap_or_default(),
        detail,
    })
}

/// Where the fold begins: at the first fact, or behind the oldest snapshot where that is gone.
pub(super) fn base(
    reader: &Reader,
    snapshots: &[(Sequence, PathBuf)],
) -> Result<(World, Chain), Failure> {
    let start = || (World::default(), Chain::GENESIS);
    match reader.commits(Sequence(1)).next() {
        Some(Err(Failure::Gap { .. })) => {
            let good = snapshots.iter().find_map(|(_, path)| snapshot::load(path).ok());
            let gap = Failure::Gap { expected: Sequence(1), found: None };
            good.map(|loaded| (loaded.world, loaded.chain)).ok_or(gap)
        }
        Some(Err(failure)) => Err(failure),
        _ => Ok(start()),
    }
}

/// A fold that compares snapshots as it passes them.
struct Fold<'a> {
    world: World,
    chain: Chain,
    from: Sequence,
    /// The last fact of the last commit that folded whole.
    through: Sequence,
    facts: u64,
    ahead: &'a [(Sequence, PathBuf)],
    verdicts: Vec<SnapshotVerdict>,
}

impl<'a> Fold<'a> {
    fn new((world, chain): (World, Chain), ahead: &'a [(Sequence, PathBuf)]) -> Fold<'a> {
        let from = world.state.through;
        Fold { world, chain, from, through: from, facts: 0, ahead, verdicts: Vec::new() }
    }

    fn run(&mut self, reader: &Reader) -> Result<(), Failure> {
        self.compare();
        for commit in reader.commits(self.from.next()).behind(self.chain) {
            let commit = commit?;
            self.facts += recovery::fold_commit(&mut self.world, &commit)?;
            self.chain = commit.chain;
            self.through = commit.last;
            self.compare();
        }
        Ok(())
    }

    /// Compares the snapshots that the fold has reached.
    fn compare(&mut self) {
        let through = self.world.state.through;
        while let Some(((at, path), ahead)) = self.ahead.split_first()
            && *at <= through
        {
            self.ahead = ahead;
            let verdict = self.verdict(*at, path);
            self.verdicts.push(verdict);
        }
    }

    fn verdict(&self, through: Sequence, path: &Path) -> SnapshotVerdict {
        let loaded = match snapshot::load(path) {
            Ok(loaded) => loaded,
            Err(failure) => {
                let (digest, detail) = (String::new(), failure.to_string());
                return SnapshotVerdict { through, digest, good: false, detail };
            }
        };
        let state = &self.world.state;
        let detail = match () {
            _ if through != state.through && through < self.from => "older than the fold",
            _ if through != state.through => "it stands within a commit",
            _ if loaded.digest != state.digest() => "its digest is not that of the fold",
            _ if loaded.chain != self.chain => "its chain hash is not the journal's",
            _ => "",
        };
        let digest = loaded.digest.to_string();
        SnapshotVerdict { through, digest, good: detail.is_empty(), detail: detail.into() }
    }
}
