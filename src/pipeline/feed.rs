//! The feed: what happened, as events on channels, to whoever listens. A slow listener never slows
//! the exchange.
//!
//! A thread of its own turns durable facts into events, behind a bounded queue. Where the queue is
//! full the feed breaks off: it drops the commit, closes every listener, and goes on from the views.

mod conflated;
mod event;
mod hub;
mod outbox;
mod shown;
mod stream;
#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use tokio::sync::watch;

use self::hub::{Hub, ToldBooks};
pub use self::{
    conflated::Conflated,
    event::{Channel, Data, Event, Top},
    hub::{OWN_RING_MAX, RING_MAX},
    outbox::{BROKEN_OFF, Close, Next, Outbox, TOO_SLOW},
    stream::{Join, Joined},
};
use super::view::Views;
use crate::domain::{audience::PublishedFact, instrument::Instrument};

/// Commits that wait for the feed's thread before it breaks off.
const COMMITS_MAX: usize = 4_096;

/// Where events come out; clones are the same feed.
#[derive(Clone, Debug)]
pub struct Feed(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    commits: Sender<Vec<PublishedFact>>,
    sent: AtomicU64,
    done: watch::Receiver<u64>,
    broken: Arc<AtomicBool>,
    hub: Arc<Hub>,
}

impl Feed {
    /// A feed of the world in `views` as it is now, with its thread, which ends with the last clone.
    /// No fact may be missing between this world and the first one that is published.
    pub fn start(views: Views) -> Feed {
        let (feed, worker) = Feed::idle(views, COMMITS_MAX);
        let thread = std::thread::Builder::new().name("feed".into());
        let started = thread.spawn(move || worker.run());
        started.expect("a system that cannot start a thread cannot run the exchange");
        feed
    }

    fn idle(views: Views, commits_max: usize) -> (Feed, Worker) {
        let (hub, told) = Hub::new(&views);
        let (commits, waiting) = bounded(commits_max);
        let (count, done) = watch::channel(0);
        let (hub, broken) = (Arc::new(hub), Arc::new(AtomicBool::new(false)));
        let worker =
            Worker { views, hub: hub.clone(), told, waiting, broken: broken.clone(), count };
        let sent = AtomicU64::new(0);
        (Feed(Arc::new(Inner { commits, sent, done, broken, hub })), worker)
    }

    /// Takes the facts of one commit, which the views hold already; never blocks.
    pub fn publish(&self, commit: Vec<PublishedFact>) {
        if self.send(commit) {
            return;
        }
        tracing::warn!("the feed fell behind: every listener is closed");
        self.0.broken.store(true, Ordering::SeqCst);
        // Should the thread have emptied the queue meanwhile, this makes it look.
        self.send(Vec::new());
    }

    fn send(&self, commit: Vec<PublishedFact>) -> bool {
        match self.0.commits.try_send(commit) {
            Ok(()) => {
                self.0.sent.fetch_add(1, Ordering::SeqCst);
                true
            }
            Err(TrySendError::Full(_)) => false,
            // The thread ends by a panic only, and then the process ends too.
            Err(TrySendError::Disconnected(_)) => true,
        }
    }

    /// Joins a channel; `None` where there is no such channel. What comes first goes into the outbox
    /// before this returns.
    pub fn join(&self, channel: Channel, outbox: &Arc<Outbox>, how: Join) -> Option<Joined> {
        self.0.hub.join(channel, outbox, how)
    }

    /// Leaves a channel.
    pub fn leave(&self, channel: Channel, outbox: &Arc<Outbox>) {
        self.0.hub.leave(channel, outbox);
    }

    /// The instruments, by id, as they are until the next start.
    pub fn instruments(&self) -> &[Instrument] {
        &self.0.hub.instruments
    }

    /// How many commits wait for the feed's thread.
    pub fn waiting(&self) -> usize {
        self.0.commits.len()
    }

    /// Waits until all that was published before has reached the listeners' outboxes, or the group in
    /// which it is conflated.
    pub async fn drained(&self) {
        let sent = self.0.sent.load(Ordering::SeqCst);
        // An error says that the thread is gone: then nothing is left to wait for.
        let _ = self.0.done.clone().wait_for(|done| *done >= sent).await;
    }
}

/// The feed's thread.
struct Worker {
    views: Views,
    hub: Arc<Hub>,
    told: ToldBooks,
    waiting: Receiver<Vec<PublishedFact>>,
    broken: Arc<AtomicBool>,
    count: watch::Sender<u64>,
}

impl Worker {
    fn run(mut self) {
        let mut beat: Option<Instant> = None;
        loop {
            let commit = match beat {
                Some(at) => self.waiting.recv_deadline(at),
                None => self.waiting.recv().map_err(RecvTimeoutError::from),
            };
            match commit {
                Ok(commit) => self.take(&commit),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            beat = self.hub.beat(Instant::now());
        }
    }

    fn take(&mut self, commit: &[PublishedFact]) {
        let mut taken = 1;
        commit.iter().for_each(|published| self.hub.publish(&mut self.told, published));
        // First the mark, then the views: they hold whatever was dropped before the mark was taken.
        if self.broken.swap(false, Ordering::SeqCst) {
            taken += self.waiting.try_iter().count() as u64;
            self.told = self.hub.break_off(&self.views);
        }
        self.count.send_modify(|count| *count += taken);
    }
}
