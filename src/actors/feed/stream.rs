//! One channel: who listens, its newest events, and the number of the last one.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use super::{
    event::{Channel, Data, Event},
    outbox::{Close, Outbox},
};
use crate::domain::id::{Sequence, Stamp};

/// How a listener joins a channel.
#[derive(Clone, Copy, Debug, Default)]
pub struct Join {
    /// Over how long books and tickers are conflated; zero is not at all.
    pub interval: Duration,
    /// The last event that the listener has, if it comes back.
    pub after: Option<Sequence>,
}

/// Where a listener has joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The last event before what the listener gets from now on.
    pub last: Sequence,
    /// Whether the channel goes on where the listener left off.
    pub resumed: bool,
}

#[derive(Debug)]
pub(super) struct Stream {
    channel: Channel,
    listeners: Vec<Arc<Outbox>>,
    ring: VecDeque<Arc<Event>>,
    ring_max: usize,
    last: Sequence,
}

impl Stream {
    /// A channel whose last event was `last`.
    pub fn new(channel: Channel, ring_max: usize, last: Sequence) -> Stream {
        Stream { channel, listeners: Vec::new(), ring: VecDeque::new(), ring_max, last }
    }

    pub fn publish(&mut self, sequence: Sequence, stamp: Stamp, data: Data) {
        let event = Arc::new(Event::new(self.channel, sequence, self.last, stamp, data));
        self.last = sequence;
        self.listeners.retain(|outbox| {
            outbox.deliver(&event);
            !outbox.is_closing()
        });
        if self.ring_max == 0 {
            return;
        }
        if self.ring.len() == self.ring_max {
            self.ring.pop_front();
        }
        self.ring.push_back(event);
    }

    /// Adds a listener; what it missed goes into its outbox first. Nothing is published meanwhile.
    pub fn join(&mut self, outbox: &Arc<Outbox>, join: Join) -> Joined {
        self.leave(outbox);
        self.listeners.push(outbox.clone());
        let missed = join.after.and_then(|after| self.since(after));
        let resumed = missed.is_some();
        match (self.channel, missed) {
            (Channel::Book(on), Some(missed)) => outbox.resume_book(on, join.interval, &missed),
            (Channel::Book(on), None) => outbox.open_book(on, join.interval),
            (Channel::Ticker(on), _) => outbox.open_ticker(on, join.interval),
            (_, Some(missed)) => outbox.replay(&missed),
            (_, None) => {}
        }
        let last = join.after.filter(|_| resumed).unwrap_or(self.last);
        Joined { last, resumed }
    }

    /// The events after `after`, if none of them is lost.
    fn since(&self, after: Sequence) -> Option<Vec<Arc<Event>>> {
        let covered = match self.ring.front() {
            Some(oldest) => oldest.previous <= after,
            None => self.last <= after,
        };
        let from = self.ring.partition_point(|event| event.sequence <= after);
        covered.then(|| self.ring.range(from..).cloned().collect())
    }

    pub fn leave(&mut self, outbox: &Arc<Outbox>) {
        self.listeners.retain(|other| !Arc::ptr_eq(other, outbox));
    }

    pub fn has_listeners(&self) -> bool {
        !self.listeners.is_empty()
    }

    pub fn last(&self) -> Sequence {
        self.last
    }

    pub fn into_listeners(self) -> impl Iterator<Item = Arc<Outbox>> {
        self.listeners.into_iter()
    }

    /// Lets go of everything, and goes on after `last`.
    pub fn break_off(&mut self, last: Sequence, close: Close) {
        self.listeners.drain(..).for_each(|outbox| outbox.close(close));
        self.ring.clear();
        self.last = last;
    }
}
