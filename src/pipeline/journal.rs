//! The journal's thread: joins what is queued into one commit, writes and syncs it, and hands it to
//! the durable end, which works while the next commit syncs.
//!
//! Facts and answers go through one queue in one order. An answer without a fact is an entry without
//! bytes: it leaves behind the facts that its actor had seen.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::{
    answer::Ticket,
    clock::Clock,
    door::{Door, DoorState},
    fatal,
};
use crate::{
    domain::{
        decide::{
            Entry, Reply,
            commit::{Commit, Note},
        },
        fact::Fact,
        id::Sequence,
        rejection::Rejection,
    },
    store::{Failure, Journal, codec},
};
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};

/// The most entries in one commit.
const COMMIT_MAX: usize = 1024;
/// A commit that has so many bytes takes no further entry.
const COMMIT_BYTES_MAX: usize = 4 << 20;
/// How many commits the durable end may be behind before the journal's thread waits for it.
const COMMITS_WAITING_MAX: usize = 16;
/// How often the journal notes that the exchange is alive.
const ALIVE_EVERY: Duration = Duration::from_secs(1);
/// How long a failed journal goes on answering that the outcome is unknown, before the process ends.
const FAREWELL: Duration = Duration::from_millis(500);

/// An entry on its way to the disk.
struct Queued {
    /// The fact and its encoded record.
    fact: Option<(Arc<Fact>, Vec<u8>)>,
    note: Note<Ticket>,
}

impl Queued {
    /// Encodes the fact: on the thread of whoever decided it.
    fn of(entry: Entry<Ticket>) -> Queued {
        let Entry { fact, hold, reply, cascade } = entry;
        let note = Note { has_fact: fact.is_some(), hold, reply, cascade };
        let encoded = |fact: Fact| {
            let record = codec::encode(&fact);
            (Arc::new(fact), record)
        };
        Queued { fact: fact.map(encoded), note }
    }
}

/// What waits to be written as one commit.
#[derive(Default)]
struct Gathered {
    records: Vec<Vec<u8>>,
    facts: Vec<Arc<Fact>>,
    notes: Vec<Note<Ticket>>,
    bytes: usize,
}

impl Gathered {
    fn put(&mut self, queued: Queued) {
        if let Some((fact, record)) = queued.fact {
            self.bytes += record.len();
            self.facts.push(fact);
            self.records.push(record);
        }
        self.notes.push(queued.note);
    }
}

/// Where actors put entries; clones are the same queue.
#[derive(Clone, Debug)]
pub struct JournalHandle {
    /// Boxed, since the queue's room is taken up front and is seldom used.
    queue: Sender<Box<Queued>>,
    work: Arc<Mutex<JournalWork>>,
}

/// What the journal has done since the start: who divides finds how large its commits are, and how long each
/// takes until it is durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct JournalWork {
    pub commits: u64,
    pub facts: u64,
    pub took: Duration,
}

impl JournalHandle {
    /// Puts an entry behind all others. The queue holds all that permits and cascades can fill, so
    /// a full one is a bug, and stops the process.
    pub fn put(&self, entry: Entry<Ticket>) {
        if let Err(error) = self.queue.try_send(Box::new(Queued::of(entry))) {
            fatal(&format!("the journal's queue takes nothing: {error}"));
        }
    }

    /// How many entries wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// What has been written so far.
    pub fn work(&self) -> JournalWork {
        *self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until everything that was put before is durable and let out.
    pub async fn flush(&self) {
        let (ticket, told) = Ticket::flush();
        self.put(Entry::answer(ticket, Reply::Nothing));
        // An error means that the thread is gone; then there is nothing to wait for.
        drop(told.await);
    }
}

/// What to do when the journal has failed and everyone was told.
pub type OnFailure = Box<dyn FnOnce(Failure) + Send>;

/// Starts the thread. Commits come out of the receiver.
pub fn start(
    journal: Box<dyn Journal>,
    queue_max: usize,
    door: Door,
    clock: Arc<dyn Clock>,
    on_failure: OnFailure,
) -> std::io::Result<(JournalHandle, Receiver<Commit<Ticket>>, JoinHandle<()>)> {
    let (queue, entries) = bounded(queue_max);
    let (committed, commits) = bounded(COMMITS_WAITING_MAX);
    let work = Arc::default();
    let writer = Writer { journal, entries, committed, work: Arc::clone(&work), door, clock };
    let thread = std::thread::Builder::new()
        .name("souk-journal".into())
        .spawn(move || writer.run(on_failure))?;
    Ok((JournalHandle { queue, work }, commits, thread))
}

struct Writer {
    journal: Box<dyn Journal>,
    entries: Receiver<Box<Queued>>,
    committed: Sender<Commit<Ticket>>,
    work: Arc<Mutex<JournalWork>>,
    door: Door,
    clock: Arc<dyn Clock>,
}

impl Writer {
    fn run(mut self, on_failure: OnFailure) {
        let mut noted = Instant::now();
        loop {
            let first = self.entries.recv_timeout(ALIVE_EVERY);
            if noted.elapsed() >= ALIVE_EVERY || first.is_err() {
                noted = Instant::now();
                if let Err(failure) = self.journal.alive(self.clock.now()) {
                    return self.fail(Vec::new(), failure, on_failure);
                }
            }
            let first = match first {
                Ok(entry) => *entry,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let gathered = self.gather(first);
            match self.write(&gathered.records) {
                Ok(first) => {
                    let Gathered { facts, notes, .. } = gathered;
                    drop(self.committed.send(Commit { first, facts, notes }));
                }
                Err(failure) => return self.fail(gathered.notes, failure, on_failure),
            }
        }
    }

    /// What goes into one commit: what waits, up to a number of entries and of bytes.
    fn gather(&self, first: Queued) -> Gathered {
        let mut gathered = Gathered { notes: Vec::with_capacity(64), ..Gathered::default() };
        gathered.put(first);
        while gathered.notes.len() < COMMIT_MAX && gathered.bytes < COMMIT_BYTES_MAX {
            let Ok(entry) = self.entries.try_recv() else { break };
            gathered.put(*entry);
        }
        gathered
    }

    fn write(&mut self, records: &[Vec<u8>]) -> Result<Sequence, Failure> {
        if records.is_empty() {
            return Ok(self.journal.next());
        }
        let began = Instant::now();
        let (first, _) = self.journal.append(records)?;
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        work.commits += 1;
        work.facts += records.len() as u64;
        work.took += began.elapsed();
        Ok(first)
    }

    /// Nothing of the failed commit may be taken for done, nor for not done: the disk decides.
    fn fail(self, notes: Vec<Note<Ticket>>, failure: Failure, on_failure: OnFailure) {
        self.door.set(DoorState::Failed);
        tracing::error!(%failure, "the journal failed; the exchange stops");
        let unknown = |note: Note<Ticket>| {
            if let Some((ticket, _)) = note.reply {
                ticket.answer(Sequence(0), Err(Rejection::OutcomeUnknown));
            }
        };
        notes.into_iter().for_each(unknown);
        let until = Instant::now() + FAREWELL;
        while let Ok(entry) = self.entries.recv_deadline(until) {
            unknown(entry.note);
        }
        on_failure(failure);
    }
}
