//! The snapshotter: a thread beside the hot path that folds the journal into a world of its own and
//! writes it down, every so many facts and every so many seconds.
//!
//! It never slows the journal but by what it reads and writes. Once two snapshots stand, the journal
//! loses what is below the older of them.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::{
    chunk::{Chain, Key},
    failure::Failure,
    journal::{Reader, next_commit},
    keep_from::KeepFrom,
    open, recovery,
    snapshot::{SnapshotFolder, Taken},
};
use crate::domain::{id::Sequence, world::World};

/// How many snapshots stand.
const KEPT: usize = 2;
/// How often it looks whether something is due.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How far a snapshot's writing stands back for what orders wait for.
const NICE: i32 = 10;
/// How many commits leave the journal at once, while its writer waits.
const TRIM_COMMITS: usize = 16;
/// What the journal's writer has for itself between two of these.
const TRIM_PAUSE: Duration = Duration::from_millis(1);

/// The handle of the snapshotter's thread.
pub struct Snapshotter {
    orders: Sender<Order>,
    durable: Arc<AtomicU64>,
    last: Arc<Mutex<Option<Taken>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

enum Order {
    Take(Sender<Result<Taken, Failure>>),
    Stop,
}

impl Snapshotter {
    /// Starts the thread. A snapshot is due after `every_facts` facts, and after `every_secs`
    /// seconds in which there was one. `keep_from` says what
    /// the journal keeps for a mirror.
    pub fn start(
        snapshots: SnapshotFolder,
        reader: Reader,
        every_facts: u64,
        every_secs: u64,
        keep_from: KeepFrom,
    ) -> Snapshotter {
        let durable = Arc::new(AtomicU64::new(reader.durable().0));
        let last = Arc::new(Mutex::new(None));
        let (orders, received) = channel();
        let worker = Worker {
            snapshots,
            reader,
            every_facts,
            every: Duration::from_secs(every_secs),
            keep_from,
            durable: durable.clone(),
            last: last.clone(),
            folded: None,
            failed: false,
            tried: Instant::now(),
            tried_at: None,
        };
        let thread = std::thread::Builder::new()
            .name("snapshotter".into())
            .spawn(move || worker.run(&received))
            .expect("a process that cannot start a thread cannot serve");
        Snapshotter { orders, durable, last, thread: Mutex::new(Some(thread)) }
    }

    /// Says that the facts up to and including `through` are durable. Never blocks.
    pub fn durable(&self, through: Sequence) {
        self.durable.fetch_max(through.0, Ordering::AcqRel);
    }

    /// Takes a snapshot through the newest durable fact now, and waits for it. Where one stands
    /// there already, it is that one.
    ///
    /// # Errors
    /// What writing it gave. The next one is tried again when it is due.
    pub fn take(&self) -> Result<Taken, Failure> {
        let (answer, taken) = channel();
        self.orders.send(Order::Take(answer)).map_err(|_| Failure::Stopped)?;
        taken.recv().map_err(|_| Failure::Stopped)?
    }

    /// The newest snapshot that this thread took or began with.
    pub fn last(&self) -> Option<Taken> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the thread, after the snapshot that it is at.
    pub fn stop(&self) {
        // Where the thread has ended already, there is nothing to tell it.
        let _ = self.orders.send(Order::Stop);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

struct Worker {
    snapshots: SnapshotFolder,
    reader: Reader,
    every_facts: u64,
    every: Duration,
    keep_from: KeepFrom,
    durable: Arc<AtomicU64>,
    last: Arc<Mutex<Option<Taken>>>,
    /// The world so far and the chain there; `None` until it is needed, and after a failure.
    folded: Option<(World, Chain)>,
    /// Whether the last attempt at anything failed; the next one is a whole snapshot, when due.
    failed: bool,
    /// When a snapshot was last tried, and through which fact.
    tried: Instant,
    tried_at: Option<Sequence>,
}

impl Worker {
    fn run(mut self, orders: &Receiver<Order>) {
        self.attempt(Worker::fold);
        loop {
            match orders.recv_timeout(LOOK_EVERY) {
                Ok(Order::Take(answer)) => {
                    // A caller that went away is told nothing.
                    let _ = answer.send(self.take());
                }
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => self.look(),
            }
        }
    }

    /// Takes a snapshot if one is due. Failures are logged: the exchange lives without.
    fn look(&mut self) {
        let durable = self.durable.load(Ordering::Acquire);
        let tried_at = self.tried_at.map_or(0, |at| at.0);
        let facts = durable.saturating_sub(tried_at);
        let due = facts >= self.every_facts || (facts > 0 && self.tried.elapsed() >= self.every);
        match due {
            true => self.attempt(|worker| worker.take().map(drop)),
            false if self.failed => {}
            false => self.attempt(Worker::fold),
        }
    }

    fn attempt(&mut self, work: impl FnOnce(&mut Worker) -> Result<(), Failure>) {
        let done = work(self);
        self.failed = done.is_err();
        if let Err(failure) = done {
            tracing::error!(%failure, "the snapshotter could not go on");
        }
    }

    /// Folds in what is durable now. What becomes durable meanwhile is the next one's: a fold that
    /// ran after a busy journal might never end.
    fn fold(&mut self) -> Result<(), Failure> {
        let (mut world, chain) = match self.folded.take() {
            Some(folded) => folded,
            None => self.begin()?,
        };
        let mut end = chain;
        let durable = self.reader.durable();
        let commits = self.reader.commits(world.state.through.next()).through(durable);
        let commits = commits.behind(chain);
        let commits = commits.inspect(|commit| end = commit.as_ref().map_or(end, |c| c.chain));
        recovery::fold(&mut world, commits)?;
        self.folded = Some((world, end));
        Ok(())
    }

    /// The newest snapshot on disk, as the world to go on from.
    fn begin(&mut self) -> Result<(World, Chain), Failure> {
        let snapshots = self.snapshots.list()?;
        let base = open::base(&snapshots, &self.reader);
        let path = snapshots.iter().find(|(at, _)| Some(*at) == base.snapshot);
        if let Some((through, path)) = path {
            let metadata = std::fs::metadata(path).map_err(Failure::io("inspect", path))?;
            let at = metadata.modified().map_err(Failure::io("inspect", path))?;
            let digest = base.world.state.digest();
            self.note(Taken { through: *through, digest, bytes: metadata.len(), at });
        }
        Ok((base.world, base.chain))
    }

    fn take(&mut self) -> Result<Taken, Failure> {
        self.tried = Instant::now();
        self.tried_at = Some(self.reader.durable());
        self.fold()?;
        let Some((world, chain)) = &self.folded else { return Err(Failure::Stopped) };
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = last.filter(|taken| taken.through == world.state.through) {
            return Ok(taken);
        }
        let follower = self.keep_from.unneeded(self.reader.durable());
        let (taken, unneeded) = stand_back(|| {
            let taken = self.snapshots.write(world, *chain)?;
            Ok((taken, self.snapshots.prune(KEPT, follower)))
        })?;
        self.note(taken);
        if let Some(through) = unneeded? {
            trim(&self.snapshots, &self.reader, through)?;
        }
        Ok(taken)
    }

    fn note(&mut self, taken: Taken) {
        self.tried_at = self.tried_at.max(Some(taken.through));
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(taken);
    }
}

/// Works on a thread that stands back for all others where there are not processors enough. It must not
/// touch sled, which may start threads of its own: they would stand back as well, and the journal waits
/// for them.
fn stand_back<T: Send>(work: impl FnOnce() -> Result<T, Failure> + Send) -> Result<T, Failure> {
    std::thread::scope(|scope| {
        let work = || {
            // On Linux this is the thread's own. Where it may not, it just competes.
            let _ = rustix::process::nice(NICE);
            work()
        };
        let thread = std::thread::Builder::new().name("snapshot".into()).spawn_scoped(scope, work);
        let thread = thread.expect("a process that cannot start a thread cannot serve");
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Moves the commits that end at or before `through` out of the journal.
pub(super) fn trim(
    snapshots: &SnapshotFolder,
    reader: &Reader,
    through: Sequence,
) -> Result<(), Failure> {
    let start = Key { first: Sequence(0), index: 0 };
    let commits = || {
        let mut chunks = reader.chunks.from(start).peekable();
        std::iter::from_fn(move || next_commit(&mut chunks).transpose()).take_while(move |next| {
            next.as_ref().map_or(true, |(commit, _)| commit.last <= through)
        })
    };
    if snapshots.keep_archive {
        // A crash may have kept the journal from losing what the archive has.
        let archived = snapshots.archive.last()?;
        let fresh = |next: &Result<(super::Commit, _), Failure>| {
            next.as_ref().map_or(true, |(commit, _)| commit.first > archived)
        };
        snapshots.archive.write(commits().filter(fresh))?;
    }
    let mut keys = Vec::new();
    for (count, next) in commits().enumerate() {
        keys.extend(next?.1.iter().map(|(key, _)| *key));
        if (count + 1) % TRIM_COMMITS == 0 {
            reader.chunks.remove(&std::mem::take(&mut keys))?;
            // Whoever lets go of a lock and takes it again at once is quicker than who waits for it.
            std::thread::sleep(TRIM_PAUSE);
        }
    }
    reader.chunks.remove(&keys)
}
