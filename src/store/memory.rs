//! The journal in memory, for tests of everything above it: it can be stopped before a sync, made to
//! fail, taken out as bytes, cut anywhere and opened again.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    chunk::{self, Key, read_frames, write_frame},
    failure::Failure,
    journal::{ChunkIter, Chunks, Journal, Reader},
    mark::Mark,
    recovery::{self, Known, Recovered},
};
use crate::domain::{
    id::{Sequence, Stamp},
    world::World,
};

/// A journal without files.
pub struct MemoryJournal {
    control: MemoryControl,
    mark: Mark,
    durable: Arc<AtomicU64>,
    stopped: bool,
}

/// What a test holds of a [`MemoryJournal`].
#[derive(Clone, Default)]
pub struct MemoryControl {
    chunks: Arc<MemoryChunks>,
    gate: Arc<(Mutex<Gate>, Condvar)>,
}

#[derive(Default)]
struct Gate {
    shut: bool,
    waiting: bool,
    fail_next: bool,
}

impl MemoryControl {
    /// From now on appends are written and wait before they count as synced.
    pub fn shut_gate(&self) {
        self.locked().shut = true;
    }

    /// Lets the waiting append and those behind it pass.
    pub fn open_gate(&self) {
        self.locked().shut = false;
        self.gate.1.notify_all();
    }

    /// Blocks until an append waits at the gate.
    pub fn wait_for_append(&self) {
        let waits = self.gate.1.wait_while(self.locked(), |gate| !gate.waiting);
        drop(waits.unwrap_or_else(PoisonError::into_inner));
    }

    /// Makes the next append fail; as after any failure, all later ones fail too.
    pub fn fail_next(&self) {
        self.locked().fail_next = true;
    }

    /// All chunks as bytes, the unsynced ones too: what a disk would hold.
    pub fn image(&self) -> Vec<u8> {
        let mut image = Vec::new();
        let chunks = self.chunks.locked();
        chunks.iter().for_each(|(key, chunk)| write_frame(*key, chunk, &mut image));
        image
    }

    fn locked(&self) -> MutexGuard<'_, Gate> {
        self.gate.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits at the gate; says whether the append is to fail.
    fn pass(&self) -> bool {
        let mut gate = self.locked();
        while gate.shut {
            gate.waiting = true;
            self.gate.1.notify_all();
            gate = self.gate.1.wait(gate).unwrap_or_else(PoisonError::into_inner);
        }
        gate.waiting = false;
        std::mem::take(&mut gate.fail_next)
    }
}

impl MemoryJournal {
    /// An empty journal.
    pub fn new() -> MemoryJournal {
        MemoryJournal::behind(MemoryControl::default(), Mark::default())
    }

    /// Opens what [`MemoryControl::image`] gave, cut or not. `known` is the last sequence that was
    /// known to be durable.
    ///
    /// # Errors
    /// As opening a data folder: a torn tail is cut, everything else that is wrong is refused.
    pub fn open(
        image: &[u8],
        known: Sequence,
    ) -> Result<(MemoryJournal, World, Recovered), Failure> {
        let control = MemoryControl::default();
        let chunks = read_frames(image).map(|(key, chunk)| (key, chunk.to_vec()));
        control.chunks.locked().extend(chunks);
        let known = Known { through: known, chain: None, by: "the test".into() };
        let tail = recovery::inspect(&*control.chunks, &[known], Sequence(0))?;
        control.chunks.remove(tail.torn_keys())?;
        let mark = Mark { through: tail.last, chain: tail.chain, alive: None };
        let journal = MemoryJournal::behind(control, mark);
        let mut world = World::default();
        recovery::fold(&mut world, journal.reader().commits(Sequence(1)))?;
        let recovered = recovery::report(&world, &tail)?;
        Ok((journal, world, recovered))
    }

    /// What steers it.
    pub fn control(&self) -> MemoryControl {
        self.control.clone()
    }

    fn behind(control: MemoryControl, mark: Mark) -> MemoryJournal {
        let durable = Arc::new(AtomicU64::new(mark.through.0));
        MemoryJournal { control, mark, durable, stopped: false }
    }
}

impl Default for MemoryJournal {
    fn default() -> MemoryJournal {
        MemoryJournal::new()
    }
}

impl Journal for MemoryJournal {
    fn append(&mut self, records: &[Vec<u8>]) -> Result<(Sequence, Sequence), Failure> {
        assert!(!records.is_empty(), "invariant: a commit has a record");
        if self.stopped {
            return Err(Failure::Stopped);
        }
        let first = self.next();
        let (chunks, chain) = chunk::cut(first, self.mark.chain, records)?;
        self.control.chunks.locked().extend(chunks);
        if self.control.pass() {
            self.stopped = true;
            return Err(Failure::Journal { doing: "sync", detail: "a test said so".into() });
        }
        let last = Sequence(self.mark.through.0 + records.len() as u64);
        self.mark = Mark { through: last, chain, ..self.mark };
        self.durable.store(last.0, Ordering::Release);
        Ok((first, last))
    }

    fn next(&self) -> Sequence {
        self.mark.through.next()
    }

    fn alive(&mut self, stamp: Stamp) -> Result<(), Failure> {
        self.mark.alive = Some(stamp);
        Ok(())
    }

    fn reader(&self) -> Reader {
        Reader { chunks: self.control.chunks.clone(), archive: None, durable: self.durable.clone() }
    }
}

#[derive(Default)]
struct MemoryChunks {
    chunks: Arc<Mutex<BTreeMap<Key, Vec<u8>>>>,
}

impl MemoryChunks {
    fn locked(&self) -> MutexGuard<'_, BTreeMap<Key, Vec<u8>>> {
        self.chunks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chunks for MemoryChunks {
    fn from(&self, key: Key) -> ChunkIter {
        let chunks = MemoryChunks { chunks: self.chunks.clone() };
        let mut next = Some(key);
        Box::new(std::iter::from_fn(move || {
            let (key, chunk) = {
                let chunks = chunks.locked();
                let (key, chunk) = chunks.range(next?..).next()?;
                (*key, chunk.clone())
            };
            next = match key.index.checked_add(1) {
                Some(index) => Some(Key { index, ..key }),
                None => Some(Key { first: key.first.next(), index: 0 }),
            };
            Some(Ok((key, chunk)))
        }))
    }

    fn at_or_below(&self, key: Key) -> Result<Option<Key>, Failure> {
        Ok(self.locked().range(..=key).next_back().map(|(key, _)| *key))
    }

    fn remove(&self, keys: &[Key]) -> Result<(), Failure> {
        let mut chunks = self.locked();
        keys.iter().for_each(|key| drop(chunks.remove(key)));
        Ok(())
    }
}
