//! The journal on disk. The only file that names sled.
//!
//! Each commit costs one flush of sled, and with [`Durability::Disk`] one `sync_data` of our own:
//! sled's flush on Linux survives a killed process and not a power cut. sled's own flusher is off
//! and its cache small, since a journal is hardly read.

use std::{
    fs::{self, File},
    io::ErrorKind,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sled::Db;

use super::{
    archive::Archive,
    chunk::{self, Chunk, Key},
    failure::Failure,
    folder::{self, FolderLock},
    guard,
    journal::{ChunkIter, Chunks, Journal, Reader},
    mark::{Mark, MarkFile},
    open::Durability,
};
use crate::domain::id::{Sequence, Stamp};

const CACHE_BYTES: u64 = 16 << 20;
/// How long sled may take to let go of its files.
const FREE_WITHIN: Duration = Duration::from_secs(5);

/// A journal's chunks in sled.
pub(super) struct SledChunks {
    db: Db,
    /// sled's own log, for what its flush leaves undone.
    log: File,
    durability: Durability,
    /// Held by whoever changes something, so that a commit and a trim never interleave.
    changing: Mutex<()>,
    /// Let go of last: another process may come once sled is closed.
    _lock: Option<FolderLock>,
}

impl SledChunks {
    /// Opens the folder `dir`, or makes it.
    ///
    /// # Errors
    /// `Corrupt` where sled finds damage, or panics over it; `Journal` where it fails otherwise.
    pub fn open(
        dir: &Path,
        durability: Durability,
        lock: Option<FolderLock>,
    ) -> Result<SledChunks, Failure> {
        remove_generating(dir)?;
        let config = sled::Config::new().path(dir).cache_capacity(CACHE_BYTES).flush_every_ms(None);
        let db = open_free(&config)?;
        folder::restrict_all(dir)?;
        for path in folder::files(dir)?.iter().filter(|path| path.is_file()) {
            File::open(path).and_then(|f| f.sync_all()).map_err(Failure::io("sync", path))?;
        }
        folder::sync_dir(dir)?;
        let log = dir.join("db");
        let log = File::options().write(true).open(&log).map_err(Failure::io("open", &log))?;
        Ok(SledChunks { db, log, durability, changing: Mutex::new(()), _lock: lock })
    }

    /// Writes chunks and makes them durable.
    pub fn write(&self, chunks: &[Chunk]) -> Result<(), Failure> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, chunk) in chunks {
            self.db.insert(key.to_bytes(), chunk.as_slice()).map_err(failed("write"))?;
        }
        self.sync()
    }

    /// Takes chunks out durably.
    pub fn cut(&self, keys: &[Key]) -> Result<(), Failure> {
        self.remove(keys)?;
        self.sync()
    }

    fn sync(&self) -> Result<(), Failure> {
        self.db.flush().map_err(failed("flush"))?;
        match self.durability {
            Durability::Process => Ok(()),
            Durability::Disk => self
                .log
                .sync_data()
                .map_err(|error| Failure::Journal { doing: "sync", detail: error.to_string() }),
        }
    }
}

impl Chunks for SledChunks {
    fn from(&self, key: Key) -> ChunkIter {
        Box::new(self.db.range(key.to_bytes()..).map(|entry| {
            let (key, chunk) = entry.map_err(failed("read"))?;
            let read = Key::from_bytes(&key)
                .ok_or_else(|| Failure::Corrupt { detail: format!("{key:?} is no key") })?;
            Ok((read, chunk.to_vec()))
        }))
    }

    fn at_or_below(&self, key: Key) -> Result<Option<Key>, Failure> {
        let entry = self.db.range(..=key.to_bytes()).next_back().transpose();
        let entry = entry.map_err(failed("read"))?;
        Ok(entry.and_then(|(key, _)| Key::from_bytes(&key)))
    }

    fn remove(&self, keys: &[Key]) -> Result<(), Failure> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        keys.iter().try_for_each(|key| {
            self.db.remove(key.to_bytes()).map(drop).map_err(failed("remove from"))
        })?;
        // Without it, a process that ends would leave a part of a commit behind.
        self.db.flush().map(drop).map_err(failed("flush"))
    }
}

/// Opens sled's files, waiting for a moment where they are in use: sled lets go of them only some time
/// after its last handle is gone. The folder's own lock keeps other processes out before this.
fn open_free(config: &sled::Config) -> Result<sled::Db, Failure> {
    let until = Instant::now() + FREE_WITHIN;
    loop {
        let opened =
            guard::caught(|| config.open()).map_err(|detail| Failure::Corrupt { detail })?;
        match opened {
            Err(error) if is_in_use(&error) && Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(10));
            }
            opened => return opened.map_err(failed("open")),
        }
    }
}

/// sled says so in words alone.
fn is_in_use(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(io) if io.to_string().contains("could not acquire lock"))
}

/// sled refuses to open beside an index file that a crash left unfinished; it makes a new one.
fn remove_generating(dir: &Path) -> Result<(), Failure> {
    for path in folder::files(dir)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(&path).map_err(Failure::io("remove", &path))?;
        }
    }
    Ok(())
}

/// What a failure of sled means: where the system does not refuse, the files are not as written.
fn failed(doing: &'static str) -> impl Fn(sled::Error) -> Failure {
    move |error| match &error {
        sled::Error::Io(io)
            if !matches!(io.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData) =>
        {
            Failure::Journal { doing, detail: error.to_string() }
        }
        _ => Failure::Corrupt { detail: error.to_string() },
    }
}

/// The journal in sled, with its mark.
pub(super) struct SledJournal {
    chunks: Arc<SledChunks>,
    archive: Archive,
    file: MarkFile,
    /// What the file says.
    mark: Mark,
    durable: Arc<AtomicU64>,
    /// Whether an earlier append failed.
    stopped: bool,
}

impl SledJournal {
    /// Goes on behind `mark`, which is the end of `chunks`.
    pub fn new(chunks: Arc<SledChunks>, archive: Archive, file: MarkFile, mark: Mark) -> Self {
        let durable = Arc::new(AtomicU64::new(mark.through.0));
        SledJournal { chunks, archive, file, mark, durable, stopped: false }
    }

    /// Writes the mark as it stands.
    pub fn write_mark(&self) -> Result<(), Failure> {
        self.file.write(self.mark)
    }

    fn try_append(&mut self, records: &[Vec<u8>]) -> Result<(Sequence, Sequence), Failure> {
        let first = self.next();
        let (chunks, chain) = chunk::cut(first, self.mark.chain, records)?;
        self.chunks.write(&chunks)?;
        let last = Sequence(self.mark.through.0 + records.len() as u64);
        self.mark = Mark { through: last, chain, ..self.mark };
        self.write_mark()?;
        self.durable.store(last.0, Ordering::Release);
        Ok((first, last))
    }
}

impl Journal for SledJournal {
    fn append(&mut self, records: &[Vec<u8>]) -> Result<(Sequence, Sequence), Failure> {
        assert!(!records.is_empty(), "invariant: a commit has a record");
        if self.stopped {
            return Err(Failure::Stopped);
        }
        let appended = self.try_append(records);
        self.stopped = appended.is_err();
        appended
    }

    fn next(&self) -> Sequence {
        self.mark.through.next()
    }

    fn alive(&mut self, stamp: Stamp) -> Result<(), Failure> {
        if self.stopped {
            return Err(Failure::Stopped);
        }
        self.mark.alive = Some(stamp);
        self.write_mark()
    }

    fn reader(&self) -> Reader {
        Reader {
            chunks: self.chunks.clone(),
            archive: Some(self.archive.clone()),
            durable: self.durable.clone(),
        }
    }
}
