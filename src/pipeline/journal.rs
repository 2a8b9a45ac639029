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

/// What waits in the queue.
enum Queued {
    Entry(Box<Encoded>),
    /// Nothing comes any more: the thread ends, and gives the journal back.
    End,
}

/// An entry on its way to the disk.
struct Encoded {
    /// The fact and its record.
    fact: Option<(Arc<Fact>, Vec<u8>)>,
    note: Note<Ticket>,
}

impl Encoded {
    /// Encodes the fact: on the thread of whoever decided it.
    fn of(entry: Entry<Ticket>) -> Encoded {
        let Entry { fact, hold, reply, cascade } = entry;
        let note = Note { has_fact: fact.is_some(), hold, reply, cascade };
        let encoded = |fact: Fact| {
            let record = codec::encode(&fact);
            (Arc::new(fact), record)
        };
        Encoded { fact: fact.map(encoded), note }
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
    fn put(&mut self, encoded: Encoded) {
        if let Some((fact, record)) = encoded.fact {
            self.bytes += record.len();
            self.facts.push(fact);
            self.records.push(record);
        }
        self.notes.push(encoded.note);
    }
}

/// Where actors put entries; clones are the same queue.
#[derive(Clone, Debug)]
pub struct JournalHandle {
    /// Its entries are boxed, since the queue's room is taken up front and is seldom used.
    queue: Sender<Queued>,
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
        if let Err(error) = self.queue.try_send(Queued::Entry(Box::new(Encoded::of(entry)))) {
            fatal(&format!("the journal's queue takes nothing: {error}"));
        }
    }

    /// Has the thread end behind all that was put before; whoever put entries has ended already.
    pub(crate) fn end(&self) {
        // Where the thread is gone, the journal has failed and the process ends anyway.
        let _ = self.queue.send(Queued::End);
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

/// A running journal's thread, which gives the journal back at its end; none where it failed.
pub type JournalThread = JoinHandle<Option<Box<dyn Journal>>>;

/// Starts the thread. Commits come out of the receiver.
pub fn start(
    journal: Box<dyn Journal>,
    queue_max: usize,
    door: Door,
    clock: Arc<dyn Clock>,
    on_failure: OnFailure,
) -> std::io::Result<(JournalHandle, Receiver<Commit<Ticket>>, JournalThread)> {
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
    entries: Receiver<Queued>,
    committed: Sender<Commit<Ticket>>,
    work: Arc<Mutex<JournalWork>>,
    door: Door,
    clock: Arc<dyn Clock>,
}

impl Writer {
    fn run(mut self, on_failure: OnFailure) -> Option<Box<dyn Journal>> {
        let mut noted = Instant::now();
        let mut ends = false;
        while !ends {
            let first = self.entries.recv_timeout(ALIVE_EVERY);
            if noted.elapsed() >= ALIVE_EVERY || first.is_err() {
                noted = Instant::now();
                if let Err(failure) = self.journal.alive(self.clock.now()) {
                    self.fail(Vec::new(), failure, on_failure);
                    return None;
                }
            }
            let gathered = match first {
                Ok(Queued::Entry(first)) => self.gather(*first, &mut ends),
                Err(RecvTimeoutError::Timeout) => continue,
                Ok(Queued::End) | Err(RecvTimeoutError::Disconnected) => break,
            };
            match self.write(&gathered.records) {
                Ok(first) => {
                    let Gathered { facts, notes, .. } = gathered;
                    drop(self.committed.send(Commit { first, facts, notes }));
                }
                Err(failure) => {
                    self.fail(gathered.notes, failure, on_failure);
                    return None;
                }
            }
        }
        Some(self.journal)
    }

    /// What goes into one commit: what waits, up to a number of entries and of bytes. `ends`: nothing
    /// comes behind it.
    fn gather(&self, first: Encoded, ends: &mut bool) -> Gathered {
        let mut gathered = Gathered { notes: Vec::with_capacity(64), ..Gathered::default() };
        gathered.put(first);
        while gathered.notes.len() < COMMIT_MAX && gathered.bytes < COMMIT_BYTES_MAX {
            match self.entries.try_recv() {
                Ok(Queued::Entry(entry)) => gathered.put(*entry),
                Ok(Queued::End) => {
                    *ends = true;
                    break;
                }
                Err(_) => break,
            }
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
        while let Ok(Queued::Entry(entry)) = self.entries.recv_deadline(until) {
            unknown(entry.note);
        }
        on_failure(failure);
    }
}
