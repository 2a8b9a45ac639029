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

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use tokio::sync::oneshot;

use super::{
    answer::Ticket,
    clock::Clock,
    door::{Door, DoorState},
    fatal,
};
use crate::{
    domain::{
        fact::{Body, Cause, Fact},
        id::{InstrumentId, OrderId, Sequence, Stamp, UserId},
        money::{Amount, Asset},
        order::ClientOrderId,
        rejection::Rejection,
    },
    store::{Failure, Journal, codec},
};

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

/// What a wallet set aside for a command under way; comes free with its fact or its refusal.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct SetAside {
    pub user: UserId,
    pub asset: Asset,
    pub amount: Amount,
    /// Whether it was set aside for a new order, which counts as open meanwhile.
    pub is_order: bool,
    pub client_order_id: Option<ClientOrderId>,
    /// The order that is amended with it.
    pub amends: Option<OrderId>,
}

/// What is to be said to the one who asked.
#[derive(Debug)]
pub enum Reply {
    /// The entry's fact happened.
    Done,
    /// The order is there already.
    Existing(OrderId),
    /// Nothing to do, and nothing wrong.
    Nothing,
    /// A rule was broken; nothing changed.
    Refused(Rejection),
}

/// One entry of the queue: a fact, an answer, or both.
#[derive(Debug, Default)]
pub struct Entry {
    /// The fact and its encoded record.
    pub fact: Option<(Arc<Fact>, Vec<u8>)>,
    /// What its wallet may spend again.
    pub set_aside: Option<SetAside>,
    /// The answer, and to whom.
    pub reply: Option<(Ticket, Reply)>,
    /// The book whose cascade of stops this fact is a part of.
    pub cascade: Option<InstrumentId>,
    /// Told when everything before is durable and let out.
    pub flushed: Option<oneshot::Sender<()>>,
}

impl Entry {
    /// A fact that answers `ticket`.
    pub fn fact(stamp: Stamp, ticket: Ticket, body: Body) -> Entry {
        let entry = Entry::own_fact(stamp, ticket.cause.clone(), body);
        Entry { reply: Some((ticket, Reply::Done)), ..entry }
    }

    /// A fact that answers nobody.
    pub fn own_fact(stamp: Stamp, cause: Cause, body: Body) -> Entry {
        let fact = Fact { stamp, cause, body };
        let record = codec::encode(&fact);
        Entry { fact: Some((Arc::new(fact), record)), ..Entry::default() }
    }

    /// An answer without a fact.
    pub fn answer(ticket: Ticket, reply: Reply) -> Entry {
        Entry { reply: Some((ticket, reply)), ..Entry::default() }
    }
}

/// A commit that is durable.
#[derive(Debug)]
pub struct Committed {
    /// The number of its first fact.
    pub first: Sequence,
    /// Its entries; those with facts are numbered from `first` on.
    pub entries: Vec<Entry>,
}

/// Where actors put entries; clones are the same queue.
#[derive(Clone, Debug)]
pub struct JournalHandle {
    /// Boxed, since the queue's room is taken up front and is seldom used.
    queue: Sender<Box<Entry>>,
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
    pub fn put(&self, entry: Entry) {
        if let Err(error) = self.queue.try_send(Box::new(entry)) {
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
        let (flushed, told) = oneshot::channel();
        self.put(Entry { flushed: Some(flushed), ..Entry::default() });
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
) -> std::io::Result<(JournalHandle, Receiver<Committed>, JoinHandle<()>)> {
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
    entries: Receiver<Box<Entry>>,
    committed: Sender<Committed>,
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
            let mut entries = self.gather(first);
            match self.write(&mut entries) {
                Ok(first) => drop(self.committed.send(Committed { first, entries })),
                Err(failure) => return self.fail(entries, failure, on_failure),
            }
        }
    }

    /// What goes into one commit: what waits, up to a number of entries and of bytes.
    fn gather(&self, first: Entry) -> Vec<Entry> {
        let size = |entry: &Entry| entry.fact.as_ref().map_or(0, |(_, record)| record.len());
        let mut bytes = size(&first);
        let mut entries = Vec::with_capacity(64);
        entries.push(first);
        while entries.len() < COMMIT_MAX && bytes < COMMIT_BYTES_MAX {
            let Ok(entry) = self.entries.try_recv() else { break };
            bytes += size(&entry);
            entries.push(*entry);
        }
        entries
    }

    fn write(&mut self, entries: &mut [Entry]) -> Result<Sequence, Failure> {
        let facts = entries.iter_mut().filter_map(|entry| entry.fact.as_mut());
        let records: Vec<Vec<u8>> = facts.map(|(_, record)| std::mem::take(record)).collect();
        if records.is_empty() {
            return Ok(self.journal.next());
        }
        let began = Instant::now();
        let (first, _) = self.journal.append(&records)?;
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        work.commits += 1;
        work.facts += records.len() as u64;
        work.took += began.elapsed();
        Ok(first)
    }

    /// Nothing of the failed commit may be taken for done, nor for not done: the disk decides.
    fn fail(self, entries: Vec<Entry>, failure: Failure, on_failure: OnFailure) {
        self.door.set(DoorState::Failed);
        tracing::error!(%failure, "the journal failed; the exchange stops");
        let unknown = |entry: Entry| {
            if let Some((ticket, _)) = entry.reply {
                ticket.answer(Sequence(0), Err(Rejection::OutcomeUnknown));
            }
        };
        entries.into_iter().for_each(unknown);
        let until = Instant::now() + FAREWELL;
        while let Ok(entry) = self.entries.recv_deadline(until) {
            unknown(*entry);
        }
        on_failure(failure);
    }
}
