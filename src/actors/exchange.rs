//! The running exchange, as its clients' side sees it: commands go in, answers and views come out.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::{digest::live_digest, directory::Directory};
use crate::{
    domain::{
        command::{Command, Request},
        digest::Digest,
        fact::{Cause, Fact, KeyUse},
        id::{Sequence, Stamp, UserId},
        outcome::{Answer, Done, Outcome},
        rejection::Rejection,
        state::KEYS_MAX,
    },
    pipeline::{
        answer::Ticket,
        clock::Clock,
        door::{Door, DoorState},
        feed::Feed,
        journal::JournalWork,
        password::Passwords,
        publisher::Publisher,
        view::Views,
    },
    store::{EvidenceFolder, Failure, Reader, Taken},
};

/// How long a digest waits for commands under way.
const EMPTY_WITHIN: Duration = Duration::from_secs(5);

/// The exchange; clones are the same exchange.
#[derive(Clone)]
pub struct Exchange(pub(super) Arc<Parts>);

/// What it is made of; [`super::start::start`] puts it together.
pub(super) struct Parts {
    pub door: Door,
    pub publisher: Publisher,
    /// Who decides, while somebody does.
    pub leading: RwLock<Option<Directory>>,
    pub passwords: Passwords,
    pub clock: Arc<dyn Clock>,
    pub reader: Reader,
    pub evidence: EvidenceFolder,
    pub secret: [u8; 32],
    pub started: Instant,
    /// One digest at a time holds the door.
    pub digesting: tokio::sync::Mutex<()>,
}

/// A command that has entered.
#[derive(Debug)]
pub enum Entered {
    /// It was done before, under the same idempotency key.
    Known(Outcome),
    /// Its answer comes out here.
    UnderWay(oneshot::Receiver<Answer>),
}

impl Entered {
    /// Waits until the answer is durable.
    pub async fn answer(self) -> Answer {
        match self {
            Entered::Known(outcome) => Ok(outcome),
            Entered::UnderWay(answer) => answer.await.unwrap_or(Err(Rejection::OutcomeUnknown)),
        }
    }
}

impl Exchange {
    /// Asks for something and waits until the answer is durable. A caller that stops waiting cuts
    /// nothing in half: the command goes its way.
    pub async fn submit(&self, asked: Request) -> Answer {
        self.enter(asked).await?.answer().await
    }

    /// Asks for something, and waits until it has entered only: who waits for one after the other
    /// has them done in this order, without waiting for their answers.
    pub async fn enter(&self, asked: Request) -> Result<Entered, Rejection> {
        let parts = &self.0;
        let Request { by, request, key, command } = asked;
        let mut permit = parts.door.enter(by, command.weight()).await?;
        let key = key.map(|key| KeyUse { parts: self.facts_of(&command), ..key });
        if let (Some(by), Some(key)) = (by, key) {
            parts.door.hold_key(&mut permit, key.key)?;
            if let Some(answer) = self.recall(by, key).await? {
                return Ok(Entered::Known(answer));
            }
        }
        let leading = parts.leading.read().unwrap_or_else(PoisonError::into_inner);
        let Some(directory) = &*leading else { return Err(Rejection::Stopping) };
        let (ticket, answer) = Ticket::new(Cause { by, request, key }, permit);
        directory.enter(command, ticket);
        Ok(Entered::UnderWay(answer))
    }

    /// How many facts a command becomes, where that is more than one.
    fn facts_of(&self, command: &Command) -> u16 {
        match command {
            Command::CancelAll { instrument: None, .. } => {
                self.views().world().state.books.len() as u16
            }
            _ => 1,
        }
    }

    /// The answer of an earlier command with the same key, if there was one.
    pub async fn recall(&self, by: UserId, key: KeyUse) -> Result<Option<Outcome>, Rejection> {
        let now = self.now();
        let known = {
            let state = &self.views().world().state;
            let known = state.key(by, &key.key, now).cloned();
            if known.is_none() && state.keys_in_use(by, now) >= KEYS_MAX {
                return Err(Rejection::TooManyIdempotencyKeys);
            }
            known
        };
        let Some(known) = known else { return Ok(None) };
        if known.body != key.body {
            return Err(Rejection::IdempotencyKeyReused);
        }
        if !known.is_complete() {
            return Ok(None);
        }
        let mut facts = Vec::new();
        for at in known.facts {
            let fact = self.fact(at).await.ok_or(Rejection::AnswerGone)?;
            facts.push(Outcome { sequence: at, done: Done::Fact(fact), replayed: true });
        }
        let sequence = facts.last().map(|f| f.sequence).unwrap_or_default();
        let done = match (facts.len(), known.parts) {
            (1, 1) => facts.remove(0).done,
            _ => Done::Parts(facts.into_iter().map(Ok).collect()),
        };
        Ok(Some(Outcome { sequence, done, replayed: true }))
    }

    /// A durable fact, read from the journal or its archive.
    pub async fn fact(&self, at: Sequence) -> Option<Arc<Fact>> {
        let reader = self.0.reader.clone();
        blocking("reading a fact", move || reader.fact(at)).await?.map(Arc::new)
    }

    /// Asks for something whose fact names a file of evidence: the file is kept, synced, before the
    /// fact is, and goes again where there is none. `None` where the disk failed. A caller that stops
    /// waiting changes nothing.
    pub async fn submit_evidence(&self, content: Vec<u8>, asked: Request) -> Option<Answer> {
        let exchange = self.clone();
        let bring = async move {
            let folder = exchange.0.evidence.clone();
            let hash = blocking("keeping evidence", move || folder.keep(&content)).await?;
            let answer = exchange.submit(asked).await;
            let named = !matches!(&answer, Err(refused) if *refused != Rejection::OutcomeUnknown);
            let folder = exchange.0.evidence.clone();
            blocking("settling evidence", move || folder.settle(&hash, named)).await;
            Some(answer)
        };
        actix::spawn(bring).await.ok().flatten()
    }

    /// A file of evidence by its hash.
    pub async fn evidence(&self, hash: [u8; 32]) -> Option<Vec<u8>> {
        let folder = self.0.evidence.clone();
        blocking("reading evidence", move || folder.read(&hash)).await?
    }

    /// Who decides, while somebody does.
    pub(super) fn leading(&self) -> Option<Directory> {
        self.0.leading.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says who decides from now on.
    pub(super) fn set_leading(&self, directory: Option<Directory>) {
        *self.0.leading.write().unwrap_or_else(PoisonError::into_inner) = directory;
    }

    /// Who tells the world of what is durable.
    pub fn publisher(&self) -> &Publisher {
        &self.0.publisher
    }

    /// What readers see.
    pub fn views(&self) -> &Views {
        &self.0.publisher.views
    }

    /// Where events come out.
    pub fn feed(&self) -> &Feed {
        &self.0.publisher.feed
    }

    /// Where passwords are hashed and compared.
    pub fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    /// The door.
    pub fn door(&self) -> &Door {
        &self.0.door
    }

    /// The time by the exchange's clock.
    pub fn now(&self) -> Stamp {
        self.0.clock.now()
    }

    /// Whether the clock is moved by command.
    pub fn has_manual_clock(&self) -> bool {
        self.0.clock.manual().is_some()
    }

    /// 32 bytes that only this data folder knows.
    pub fn secret(&self) -> &[u8; 32] {
        &self.0.secret
    }

    /// Since when this process runs.
    pub fn started(&self) -> Instant {
        self.0.started
    }

    /// How many entries wait for the journal.
    pub fn journal_waiting(&self) -> usize {
        self.leading().map_or(0, |directory| directory.connections().journal.waiting())
    }

    /// What the journal has written since the start.
    pub fn journal_work(&self) -> JournalWork {
        self.leading().map(|directory| directory.connections().journal.work()).unwrap_or_default()
    }

    /// The newest snapshot.
    pub fn last_snapshot(&self) -> Option<Taken> {
        self.0.publisher.snapshots.last()
    }

    /// Makes a snapshot through the newest durable fact; blocks a thread of the pool, not an arbiter.
    pub async fn snapshot(&self) -> Option<Taken> {
        let exchange = self.clone();
        blocking("a snapshot", move || exchange.0.publisher.snapshots.take()).await
    }

    /// The digest of the live actors' state, with the door held and nothing in flight.
    pub async fn digest(&self) -> Option<(Sequence, Digest)> {
        let exchange = self.clone();
        // A task of its own: a caller who hangs up must not leave the door held.
        let taking = actix::spawn(async move {
            let parts = &exchange.0;
            let _alone = parts.digesting.lock().await;
            parts.door.set(DoorState::Held);
            let empty = tokio::time::timeout(EMPTY_WITHIN, parts.door.empty()).await;
            let taken = match empty {
                Ok(()) => live_digest(&exchange).await,
                Err(_) => None,
            };
            parts.door.set(DoorState::Open);
            taken
        });
        taking.await.ok().flatten()
    }
}

/// Work of the store on a thread of the pool; a failure is logged and gives nothing.
async fn blocking<T: Send + 'static>(
    what: &str,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Option<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Some(done),
        Ok(Err(failure)) => {
            tracing::error!(%failure, "{what} failed");
            None
        }
        Err(_) => None,
    }
}
