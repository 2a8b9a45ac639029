//! Opening a data folder: lock, journal, snapshot, fold, digest.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use serde::{Deserialize, Serialize};

use super::{
    archive::Archive,
    chunk::Chain,
    evidence::EvidenceFolder,
    failure::Failure,
    folder::{self, FolderLock, Layout},
    journal::{Chunks, Journal, Reader},
    keep_from::KeepFrom,
    mark::{Mark, MarkFile},
    recovery::{self, Known, Recovered},
    sled_journal::{SledChunks, SledJournal},
    snapshot::{self, SnapshotFolder},
};
use crate::domain::{
    id::{Sequence, Stamp},
    world::World,
};

/// What a durable commit survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// A power cut: each commit is synced to the disk.
    #[default]
    Disk,
    /// A killed process: each commit is given to the system.
    Process,
}

/// How to open a data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The data folder; made where it is missing.
    pub dir: PathBuf,
    /// What a durable commit survives.
    pub durability: Durability,
    /// Whether facts that the journal no longer needs are kept in the archive.
    pub keep_archive: bool,
}

impl Options {
    /// The usual options for a folder.
    pub fn new(dir: impl Into<PathBuf>) -> Options {
        Options { dir: dir.into(), durability: Durability::Disk, keep_archive: true }
    }
}

/// An opened data folder.
pub struct Opened {
    /// Where facts go from now on.
    pub journal: Box<dyn Journal>,
    /// The fold of all facts so far.
    pub world: World,
    /// When the exchange was last alive.
    pub alive: Option<Stamp>,
    /// What tokens are signed with, unless settings say otherwise.
    pub secret: [u8; 32],
    /// Where snapshots go.
    pub snapshots: SnapshotFolder,
    /// Which facts the journal keeps for a mirror.
    pub keep_from: KeepFrom,
    /// Where evidence lies.
    pub evidence: EvidenceFolder,
    /// What was found and done.
    pub recovered: Recovered,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("recovered", &self.recovered).finish_non_exhaustive()
    }
}

/// Opens a data folder, or makes one, and recovers the world in it.
///
/// A torn tail is cut, a snapshot that cannot be used is set aside; `recovered` reports both.
///
/// # Errors
/// `InUse` where another process has it; `Corrupt`, `Damaged`, `Gap`, `Short`, `Record`, `TextError`
/// and `Unbalanced` where the data is not what was written; `Io` and `Journal` where the machine
/// fails. Nothing is changed then but what a crash left unfinished.
pub fn open(options: &Options) -> Result<Opened, Failure> {
    let started = Instant::now();
    let layout = Layout::new(&options.dir);
    folder::make(&layout.dir)?;
    let lock = FolderLock::take(&layout.dir)?;
    layout.prepare()?;
    let chunks = Arc::new(SledChunks::open(&layout.journal(), options.durability, Some(lock))?);
    let snapshots = SnapshotFolder::new(&layout, options.keep_archive);
    let mut notes = Vec::new();
    let mark = read_mark(&layout.mark(), &mut notes);
    let known = known(mark, &snapshots.list()?, &snapshots.archive)?;
    let covered = covered(&snapshots.list()?, &snapshots.archive)?;
    let tail = recovery::inspect(&*chunks, &known, covered)?;
    chunks.remove(&tail.trimmed)?;

    let alive = mark.and_then(|mark| mark.alive);
    let end = Mark { through: tail.last, chain: tail.chain, alive };
    let mark_file = MarkFile::open(&layout.mark())?;
    let journal = SledJournal::new(chunks.clone(), snapshots.archive.clone(), mark_file, end);
    let base = base(&snapshots.list()?, &journal.reader());
    let mut world = base.world;
    let commits = journal.reader().commits(world.state.through.next()).behind(base.chain);
    let facts = recovery::fold_apart(&mut world, commits)?;
    let recovered = recovery::report(&world, &tail)?;

    chunks.cut(tail.torn_keys())?;
    journal.write_mark()?;
    for (path, why) in base.unusable {
        snapshots.set_aside(&path)?;
        notes.push(why);
    }
    let secret = folder::secret(&layout)?;
    let evidence = EvidenceFolder::new(&layout);
    let millis = started.elapsed().as_millis() as u64;
    let recovered = Recovered { snapshot: base.snapshot, facts, notes, millis, ..recovered };
    let keep_from = KeepFrom::default();
    let journal = Box::new(journal);
    Ok(Opened { journal, world, alive, secret, snapshots, keep_from, evidence, recovered })
}

/// A mark that cannot be used is noted: snapshots and the archive still say what was durable.
pub(super) fn read_mark(path: &Path, notes: &mut Vec<String>) -> Option<Mark> {
    Mark::read(path).unwrap_or_else(|note| {
        notes.push(note);
        None
    })
}

/// Everything that knows how far the journal must reach.
pub(super) fn known(
    mark: Option<Mark>,
    snapshots: &[(Sequence, PathBuf)],
    archive: &Archive,
) -> Result<Vec<Known>, Failure> {
    let by_mark = mark.map(|mark| Known {
        through: mark.through,
        chain: Some(mark.chain),
        by: "its mark".into(),
    });
    let by_snapshot = snapshots.first().map(|(through, path)| Known {
        through: *through,
        chain: None,
        by: path.display().to_string(),
    });
    let by_archive = Known { through: archive.last()?, chain: None, by: "its archive".into() };
    Ok(by_mark.into_iter().chain(by_snapshot).chain([by_archive]).collect())
}

/// Up to where a trim may have been at work: what the archive has, or where none is kept, what is
/// below the older snapshot. `snapshots` are newest first.
pub(super) fn covered(
    snapshots: &[(Sequence, PathBuf)],
    archive: &Archive,
) -> Result<Sequence, Failure> {
    let older = snapshots.get(1).map_or(Sequence(0), |(through, _)| *through);
    Ok(archive.last()?.max(older))
}

/// Where a fold begins.
pub(super) struct FoldStart {
    pub world: World,
    pub chain: Chain,
    pub snapshot: Option<Sequence>,
    /// Newer snapshots that cannot be used, and why.
    pub unusable: Vec<(PathBuf, String)>,
}

/// The newest snapshot that can be used, else the empty world.
pub(super) fn base(snapshots: &[(Sequence, PathBuf)], reader: &Reader) -> FoldStart {
    let mut unusable = Vec::new();
    for (through, path) in snapshots {
        let loaded = snapshot::load(path).and_then(|loaded| {
            match reader.continues(*through, loaded.chain)? {
                true => Ok(loaded),
                false => Err(Failure::Snapshot {
                    path: path.clone(),
                    detail: "its chain hash is not the journal's".into(),
                }),
            }
        });
        match loaded {
            Ok(loaded) => {
                let snapshot = Some(*through);
                return FoldStart { world: loaded.world, chain: loaded.chain, snapshot, unusable };
            }
            Err(failure) => {
                tracing::warn!(%failure, "falling back to an older snapshot or the first fact");
                unusable.push((path.clone(), failure.to_string()));
            }
        }
    }
    FoldStart { world: World::default(), chain: Chain::GENESIS, snapshot: None, unusable }
}
