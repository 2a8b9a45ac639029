//! An outbox: what waits for one slow or fast listener, bounded, outside of the listener's actor.
//!
//! Whoever puts something in never waits. Book updates that a listener does not keep up with are conflated
//! here, so that they take as much room as there are touched levels, and none at all beyond a bound: then
//! the listener gets a new snapshot. Whatever else does not fit closes the outbox.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
};

use super::{
    conflated::Conflated,
    event::{Channel, Data, Event, Top},
};
use crate::domain::{fact::Level, id::InstrumentId};

/// The listener takes less than it asked for.
pub const TOO_SLOW: Close = Close { code: 4008, reason: "too slow: messages were waiting" };
/// The feed itself has lost its place; listeners connect again and get snapshots.
pub const BROKEN_OFF: Close = Close { code: 1013, reason: "the feed fell behind: connect again" };

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
    /// Book updates that this listener did not keep up with, conflated to one.
    Book(InstrumentId, Box<Conflated>),
    /// The book as it is: it is to be read after this was taken, never before.
    Snapshot(InstrumentId),
    /// The ticker as it is.
    Ticker(InstrumentId),
    /// Nothing more; comes once.
    Close(Close),
    /// Nothing now; the waker says when there is.
    Idle,
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
    /// Whether every event is passed on, as long as there is room.
    raw: bool,
    waiting: Waiting,
    /// Entries of the queue that go first.
    behind: usize,
}

#[derive(Debug)]
enum Waiting {
    Nothing,
    Snapshot,
    /// Shared by all who get it.
    Event(Arc<Event>),
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

    /// Begins to take a book's updates: `raw` ones are passed on one by one as long as there is room. A
    /// snapshot comes first.
    pub(super) fn open_book(&self, instrument: InstrumentId, raw: bool) {
        self.open(Channel::Book(instrument), raw, Waiting::Snapshot);
    }

    /// Begins to take a book's updates where a listener left off: `missed` comes first.
    pub(super) fn resume_book(&self, instrument: InstrumentId, raw: bool, missed: &[Arc<Event>]) {
        self.open(Channel::Book(instrument), raw, Waiting::Nothing);
        match raw {
            true => self.replay(missed),
            false => missed.iter().for_each(|event| self.deliver(event)),
        }
    }

    /// Begins to take a ticker. What it is comes first.
    pub(super) fn open_ticker(&self, instrument: InstrumentId) {
        self.open(Channel::Ticker(instrument), false, Waiting::Ticker);
    }

    /// Sends the book as it is in place of updates that are too many.
    pub(super) fn renew_book(&self, instrument: InstrumentId) {
        let mut inner = self.lock();
        let channel = Channel::Book(instrument);
        if let Some(slot) = inner.slots.iter_mut().find(|slot| slot.channel == channel) {
            slot.waiting = Waiting::Snapshot;
            wake(inner);
        }
    }

    fn open(&self, channel: Channel, raw: bool, waiting: Waiting) {
        let mut inner = self.lock();
        let behind = inner.queue.len();
        inner.slots.retain(|slot| slot.channel != channel);
        inner.slots.push(Slot { channel, raw, waiting, behind });
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
            Data::Ticker => self.deliver_ticker(event),
            _ => self.put(Item::Event(event.clone())),
        }
    }

    fn deliver_ticker(&self, event: &Arc<Event>) {
        let mut inner = self.lock();
        let slot = inner.slots.iter_mut().find(|slot| slot.channel == event.channel);
        let Some(slot) = slot else { return };
        match slot.waiting {
            Waiting::Nothing => {
                slot.waiting = Waiting::Event(event.clone());
                wake(inner);
            }
            // Only the newest counts, and it is whole by itself.
            _ => slot.waiting = Waiting::Ticker,
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
            Waiting::Nothing if slot.raw && room => {
                inner.queue.push_back(Item::Event(event.clone()));
                wake(guard);
            }
            Waiting::Nothing => {
                slot.waiting = Waiting::Event(event.clone());
                slot.behind = inner.queue.len();
                wake(guard);
            }
            Waiting::Event(first) => {
                let mut both = Conflated::default();
                if let Data::Book(levels, top) = &first.data {
                    both.add(first, levels, top);
                }
                both.add(event, levels, top);
                slot.waiting = Waiting::Levels(both.into());
            }
            Waiting::Levels(all) => {
                all.add(event, levels, top);
                if all.is_too_much() {
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
    pub fn next(&self, waker: &Waker) -> Next {
        let mut guard = self.lock();
        let inner = &mut *guard;
        if let Some(next) = inner.take_due() {
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
        Next::Idle
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells an event to all who listen, and lets go of those who take nothing more.
pub(super) fn tell(listeners: &mut Vec<Arc<Outbox>>, event: &Arc<Event>) {
    listeners.retain(|outbox| {
        outbox.deliver(event);
        !outbox.is_closing()
    });
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

    fn take_due(&mut self) -> Option<Next> {
        let slot = self.slots.iter_mut().find(|slot| slot.is_due())?;
        let waiting = std::mem::replace(&mut slot.waiting, Waiting::Nothing);
        match (waiting, slot.channel) {
            (Waiting::Event(event), _) => Some(Next::Event(event)),
            (Waiting::Snapshot, Channel::Book(on)) => Some(Next::Snapshot(on)),
            (Waiting::Levels(levels), Channel::Book(on)) => Some(Next::Book(on, levels)),
            (Waiting::Ticker, Channel::Ticker(on)) => Some(Next::Ticker(on)),
            _ => None,
        }
    }
}

impl Slot {
    /// Whether something waits here whose turn has come.
    fn is_due(&self) -> bool {
        self.behind == 0 && !matches!(self.waiting, Waiting::Nothing)
    }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
