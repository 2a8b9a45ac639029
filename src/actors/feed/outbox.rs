//! An outbox: what waits for one slow or fast listener, bounded, outside of the listener's actor.
//!
//! Whoever puts something in never waits. Book updates are conflated here, so that they take as much
//! room as there are touched levels, and none at all beyond a bound: then the listener gets a new
//! snapshot. Whatever else does not fit closes the outbox.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::{Duration, Instant},
};

use super::event::{Channel, Data, Event, Top};
use crate::domain::{
    fact::Level,
    id::{InstrumentId, Sequence, Stamp},
    instrument::{Price, Quantity},
    order::Side,
};

/// The listener takes less than it asked for.
pub const TOO_SLOW: Close = Close { code: 4008, reason: "too slow: messages were waiting" };
/// The feed itself has lost its place; listeners connect again and get snapshots.
pub const BROKEN_OFF: Close = Close { code: 1013, reason: "the feed fell behind: connect again" };

/// Touched levels that wait before a new snapshot replaces them.
const LEVELS_WAITING_MAX: usize = 10_000;

/// Why a listener is left: a close code of the WebSocket protocol and a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Close {
    pub code: u16,
    pub reason: &'static str,
}

/// What to send next.
#[derive(Debug)]
pub enum Next {
    /// A text of this listener's own.
    Text(String),
    /// An event.
    Event(Arc<Event>),
    /// Book updates, conflated to one.
    Book(InstrumentId, Box<Conflated>),
    /// The book as it is: it is to be read after this was taken, never before.
    Snapshot(InstrumentId),
    /// The ticker as it is.
    Ticker(InstrumentId),
    /// Nothing more; comes once.
    Close(Close),
    /// Nothing now. There is something to come at this time at the latest; earlier, the waker says so.
    Idle(Option<Instant>),
}

/// Book updates in one: each touched level as it is after the last of them.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Conflated {
    pub levels: BTreeMap<(Side, Price), Quantity>,
    pub top: Arc<Top>,
    /// Of the last update in it.
    pub sequence: Sequence,
    pub stamp: Stamp,
}

/// The outbox of one listener.
#[derive(Debug)]
pub struct Outbox {
    queue_max: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    queue: VecDeque<Item>,
    /// How many of the queue are replayed events, which a ring bounds.
    replayed: usize,
    slots: Vec<Slot>,
    closing: Option<Closing>,
    waker: Option<Waker>,
}

#[derive(Debug)]
enum Item {
    Text(String),
    Event(Arc<Event>),
    Replayed(Arc<Event>),
}

#[derive(Clone, Copy, Debug)]
struct Closing {
    close: Close,
    told: bool,
}

/// A channel of which only the newest matters: a book or a ticker.
#[derive(Debug)]
struct Slot {
    channel: Channel,
    interval: Duration,
    sent: Option<Instant>,
    waiting: Waiting,
    /// Entries of the queue that go first.
    behind: usize,
}

#[derive(Debug)]
enum Waiting {
    Nothing,
    Snapshot,
    Levels(Box<Conflated>),
    Ticker,
}

impl Outbox {
    /// An empty outbox for `queue_max` entries.
    pub fn new(queue_max: usize) -> Outbox {
        Outbox { queue_max, inner: Mutex::default() }
    }

    /// Puts a text in.
    pub fn push(&self, text: String) {
        self.put(Item::Text(text));
    }

    /// The place behind all that waits now.
    pub fn mark(&self) -> usize {
        self.lock().queue.len()
    }

    /// Puts a text in at a place that was marked; nothing may have been taken out since.
    pub fn push_at(&self, mark: usize, text: String) {
        let mut inner = self.lock();
        if inner.closing.is_some() {
            return;
        }
        let mark = mark.min(inner.queue.len());
        inner.queue.insert(mark, Item::Text(text));
        inner.slots.iter_mut().filter(|s| s.behind >= mark).for_each(|s| s.behind += 1);
        wake(inner);
    }

    /// Begins to conflate a book's updates over `interval`; without one, each is passed on as long
    /// as there is room. A snapshot comes first.
    pub(super) fn open_book(&self, instrument: InstrumentId, interval: Duration) {
        self.open(Channel::Book(instrument), interval, Waiting::Snapshot);
    }

    /// Begins to conflate a book's updates where a listener left off: `missed` comes first.
    pub(super) fn resume_book(
        &self,
        instrument: InstrumentId,
        interval: Duration,
        missed: &[Arc<Event>],
    ) {
        self.open(Channel::Book(instrument), interval, Waiting::Nothing);
        match interval.is_zero() {
            true => self.replay(missed),
            false => missed.iter().for_each(|event| self.deliver(event)),
        }
    }

    /// Begins to conflate a ticker over `interval`. What it is comes first.
    pub(super) fn open_ticker(&self, instrument: InstrumentId, interval: Duration) {
        self.open(Channel::Ticker(instrument), interval, Waiting::Ticker);
    }

    fn open(&self, channel: Channel, interval: Duration, waiting: Waiting) {
        let mut inner = self.lock();
        let behind = inner.queue.len();
        inner.slots.retain(|slot| slot.channel != channel);
        inner.slots.push(Slot { channel, interval, sent: None, waiting, behind });
        wake(inner);
    }

    /// Forgets what waits of a book or a ticker.
    pub fn shut(&self, channel: Channel) {
        self.lock().slots.retain(|slot| slot.channel != channel);
    }

    /// Puts events of a ring in; they do not count against the bound.
    pub(super) fn replay(&self, events: &[Arc<Event>]) {
        let mut inner = self.lock();
        if inner.closing.is_some() {
            return;
        }
        inner.replayed += events.len();
        inner.queue.extend(events.iter().cloned().map(Item::Replayed));
        wake(inner);
    }

    /// Takes an event of the feed.
    pub(super) fn deliver(&self, event: &Arc<Event>) {
        match &event.data {
            Data::Book(levels, top) => self.deliver_book(event, levels, top),
            Data::Ticker => {
                let mut inner = self.lock();
                let slot = inner.slots.iter_mut().find(|slot| slot.channel == event.channel);
                let Some(slot) = slot else { return };
                if matches!(slot.waiting, Waiting::Nothing) {
                    slot.waiting = Waiting::Ticker;
                    wake(inner);
                }
            }
            _ => self.put(Item::Event(event.clone())),
        }
    }

    fn deliver_book(&self, event: &Arc<Event>, levels: &[Level], top: &Arc<Top>) {
        let mut guard = self.lock();
        let inner = &mut *guard;
        // Answers and private events keep half of the room for themselves.
        let room = inner.queue.len() - inner.replayed < self.queue_max.div_ceil(2);
        let slot = inner.slots.iter_mut().find(|slot| slot.channel == event.channel);
        let Some(slot) = slot else { return };
        match &mut slot.waiting {
            // It will be read after this event, and will have it in it.
            Waiting::Snapshot | Waiting::Ticker => {}
            Waiting::Nothing if slot.interval.is_zero() && room => {
                inner.queue.push_back(Item::Event(event.clone()));
                wake(guard);
            }
            Waiting::Nothing => {
                let levels = levels.iter().map(|l| ((l.side, l.price), l.quantity)).collect();
                let (top, sequence, stamp) = (top.clone(), event.sequence, event.stamp);
                slot.waiting = Waiting::Levels(Conflated { levels, top, sequence, stamp }.into());
                slot.behind = inner.queue.len();
                wake(guard);
            }
            Waiting::Levels(all) => {
                all.levels.extend(levels.iter().map(|l| ((l.side, l.price), l.quantity)));
                all.top = top.clone();
                (all.sequence, all.stamp) = (event.sequence, event.stamp);
                if all.levels.len() > LEVELS_WAITING_MAX {
                    slot.waiting = Waiting::Snapshot;
                }
            }
        }
    }

    fn put(&self, item: Item) {
        let mut inner = self.lock();
        if inner.closing.is_some() {
            return;
        }
        match inner.queue.len() - inner.replayed < self.queue_max {
            true => inner.queue.push_back(item),
            false => inner.close_now(TOO_SLOW),
        }
        wake(inner);
    }

    /// Drops what waits and closes. The first reason stays.
    pub fn close(&self, close: Close) {
        let mut inner = self.lock();
        inner.close_now(close);
        wake(inner);
    }

    /// Takes nothing more, and closes after what waits in the queue.
    pub fn finish(&self, close: Close) {
        let mut inner = self.lock();
        inner.slots.clear();
        inner.closing.get_or_insert(Closing { close, told: false });
        wake(inner);
    }

    /// Whether nothing is taken any more.
    pub fn is_closing(&self) -> bool {
        self.lock().closing.is_some()
    }

    /// How many entries wait in the queue.
    pub fn waiting(&self) -> usize {
        self.lock().queue.len()
    }

    /// Wakes the listener as if something had come.
    pub fn wake(&self) {
        wake(self.lock());
    }

    /// Takes what is to be sent next; where there is nothing, `waker` is woken when there is.
    pub fn next(&self, now: Instant, waker: &Waker) -> Next {
        let mut guard = self.lock();
        let inner = &mut *guard;
        if let Some(next) = inner.take_due(now) {
            return next;
        }
        if let Some(item) = inner.queue.pop_front() {
            inner.slots.iter_mut().for_each(|slot| slot.behind = slot.behind.saturating_sub(1));
            return match item {
                Item::Text(text) => Next::Text(text),
                Item::Event(event) => Next::Event(event),
                Item::Replayed(event) => {
                    inner.replayed -= 1;
                    Next::Event(event)
                }
            };
        }
        if let Some(closing) = inner.closing.as_mut().filter(|closing| !closing.told) {
            closing.told = true;
            return Next::Close(closing.close);
        }
        inner.waker = Some(waker.clone());
        Next::Idle(inner.slots.iter().filter_map(|slot| slot.due(now)).min())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes the listener after the lock is free again.
fn wake(mut inner: MutexGuard<'_, Inner>) {
    let waker = inner.waker.take();
    drop(inner);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Inner {
    fn close_now(&mut self, close: Close) {
        self.queue = VecDeque::new();
        self.replayed = 0;
        self.slots = Vec::new();
        self.closing.get_or_insert(Closing { close, told: false });
    }

    fn take_due(&mut self, now: Instant) -> Option<Next> {
        let due = |slot: &&mut Slot| slot.due(now).is_some_and(|at| at <= now);
        let slot = self.slots.iter_mut().find(due)?;
        slot.sent = Some(now);
        let waiting = std::mem::replace(&mut slot.waiting, Waiting::Nothing);
        match (waiting, slot.channel) {
            (Waiting::Snapshot, Channel::Book(on)) => Some(Next::Snapshot(on)),
            (Waiting::Levels(levels), Channel::Book(on)) => Some(Next::Book(on, levels)),
            (Waiting::Ticker, Channel::Ticker(on)) => Some(Next::Ticker(on)),
            _ => None,
        }
    }
}

impl Slot {
    /// When what waits here may go, once its turn has come.
    fn due(&self, now: Instant) -> Option<Instant> {
        if self.behind > 0 || matches!(self.waiting, Waiting::Nothing) {
            return None;
        }
        Some(self.sent.map_or(now, |sent| sent + self.interval))
    }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
