//! One channel: who listens, its newest events, and the number of the last one.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    conflated::Group,
    event::{Channel, Data, Event},
    outbox::{Close, Outbox, tell},
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
    /// Who gets every event.
    listeners: Vec<Arc<Outbox>>,
    /// Who gets a book's or a ticker's conflated, by their intervals.
    groups: Vec<Group>,
    ring: VecDeque<Arc<Event>>,
    ring_max: usize,
    last: Sequence,
}

impl Stream {
    /// A channel whose last event was `last`.
    pub fn new(channel: Channel, ring_max: usize, last: Sequence) -> Stream {
        let (listeners, groups) = (Vec::new(), Vec::new());
        Stream { channel, listeners, groups, ring: VecDeque::new(), ring_max, last }
    }

    pub fn publish(&mut self, sequence: Sequence, stamp: Stamp, data: Data) {
        let event = Arc::new(Event::new(self.channel, sequence, self.last, stamp, data));
        self.last = sequence;
        tell(&mut self.listeners, &event);
        self.groups.iter_mut().for_each(|group| group.take(&event));
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
        let raw = match self.channel {
            Channel::Book(_) => join.interval.is_zero(),
            Channel::Ticker(_) => false,
            _ => true,
        };
        match raw {
            true => self.listeners.push(outbox.clone()),
            false => self.group(join.interval).listeners.push(outbox.clone()),
        }
        let missed = join.after.and_then(|after| self.since(after));
        let resumed = missed.is_some();
        match (self.channel, missed) {
            (Channel::Book(on), Some(missed)) => outbox.resume_book(on, raw, &missed),
            (Channel::Book(on), None) => outbox.open_book(on, raw),
            (Channel::Ticker(on), _) => outbox.open_ticker(on),
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

    fn group(&mut self, interval: Duration) -> &mut Group {
        let known = self.groups.iter().position(|group| group.interval == interval);
        let at = known.unwrap_or_else(|| {
            self.groups.push(Group::new(self.channel, interval, self.last));
            self.groups.len() - 1
        });
        &mut self.groups[at]
    }

    /// Tells what was conflated and is due; gives when the next is.
    pub fn beat(&mut self, now: Instant) -> Option<Instant> {
        let next = self.groups.iter_mut().filter_map(|group| group.beat(now)).min();
        self.groups.retain(|group| !group.listeners.is_empty());
        next
    }

    pub fn leave(&mut self, outbox: &Arc<Outbox>) {
        let others = |other: &Arc<Outbox>| !Arc::ptr_eq(other, outbox);
        self.listeners.retain(others);
        self.groups.iter_mut().for_each(|group| group.listeners.retain(others));
        self.groups.retain(|group| !group.listeners.is_empty());
    }

    pub fn has_listeners(&self) -> bool {
        !(self.listeners.is_empty() && self.groups.is_empty())
    }

    pub fn last(&self) -> Sequence {
        self.last
    }

    pub fn into_listeners(self) -> impl Iterator<Item = Arc<Outbox>> {
        self.listeners.into_iter().chain(self.groups.into_iter().flat_map(|group| group.listeners))
    }

    /// Lets go of everything, and goes on after `last`.
    pub fn break_off(&mut self, last: Sequence, close: Close) {
        let groups = self.groups.drain(..).flat_map(|group| group.listeners);
        self.listeners.drain(..).chain(groups).for_each(|outbox| outbox.close(close));
        self.ring.clear();
        self.last = last;
    }
}
