//! Conflation: many changes told as one, to all who want it at the same pace.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    event::{Channel, Data, Event, Top},
    outbox::{Outbox, tell},
};
use crate::domain::{
    fact::Level,
    id::{Sequence, Stamp},
    instrument::{Price, Quantity},
    order::Side,
};

/// Touched levels that wait before a new snapshot replaces them.
pub(super) const LEVELS_WAITING_MAX: usize = 10_000;

/// Book updates in one: each touched level as it is after the last of them.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Conflated {
    levels: BTreeMap<(Side, Price), Quantity>,
    pub top: Arc<Top>,
    /// Of the last update in it.
    pub sequence: Sequence,
    pub stamp: Stamp,
}

impl Conflated {
    /// Takes an update over.
    pub(super) fn add(&mut self, event: &Event, levels: &[Level], top: &Arc<Top>) {
        self.levels.extend(levels.iter().map(|l| ((l.side, l.price), l.quantity)));
        self.top = top.clone();
        (self.sequence, self.stamp) = (event.sequence, event.stamp);
    }

    /// Whether a snapshot is better than so many levels.
    pub(super) fn is_too_much(&self) -> bool {
        self.levels.len() > LEVELS_WAITING_MAX
    }

    /// The touched levels, by side and price.
    pub fn levels(&self) -> impl Iterator<Item = Level> {
        let level = |(&(side, price), &quantity): (&(Side, Price), &Quantity)| Level {
            side,
            price,
            quantity,
        };
        self.levels.iter().map(level)
    }
}

/// Who listens to one book or ticker over the same interval. What changes is kept once for all of them,
/// and told as one event, on one beat.
#[derive(Debug)]
pub(super) struct Group {
    pub interval: Duration,
    pub listeners: Vec<Arc<Outbox>>,
    channel: Channel,
    changed: Option<Changed>,
    /// Through which event all of them were told.
    told: Sequence,
    beaten: Option<Instant>,
}

/// What changed since the last beat.
#[derive(Debug)]
enum Changed {
    Book(Conflated),
    Ticker(Sequence, Stamp),
}

impl Group {
    /// A group that nobody has joined; `told` is the channel's last event.
    pub fn new(channel: Channel, interval: Duration, told: Sequence) -> Group {
        Group { interval, listeners: Vec::new(), channel, changed: None, told, beaten: None }
    }

    /// Takes an event of the channel, to be told at the next beat.
    pub fn take(&mut self, event: &Event) {
        match &event.data {
            Data::Book(levels, top) => {
                let changed =
                    self.changed.get_or_insert_with(|| Changed::Book(Conflated::default()));
                if let Changed::Book(all) = changed {
                    all.add(event, levels, top);
                    if all.is_too_much() {
                        self.renew(event.sequence);
                    }
                }
            }
            _ => self.changed = Some(Changed::Ticker(event.sequence, event.stamp)),
        }
    }

    /// Everybody gets a snapshot in place of what changed.
    fn renew(&mut self, through: Sequence) {
        (self.changed, self.told) = (None, through);
        if let Channel::Book(on) = self.channel {
            self.listeners.iter().for_each(|outbox| outbox.renew_book(on));
        }
    }

    /// Tells what changed, if it is time; gives when it will be, if something waits.
    pub fn beat(&mut self, now: Instant) -> Option<Instant> {
        self.changed.as_ref()?;
        let due = self.beaten.map_or(now, |beaten| beaten + self.interval);
        if due > now {
            return Some(due);
        }
        let (sequence, stamp, data) = match self.changed.take()? {
            Changed::Book(all) => {
                let data = Data::Book(all.levels().collect(), all.top.clone());
                (all.sequence, all.stamp, data)
            }
            Changed::Ticker(sequence, stamp) => (sequence, stamp, Data::Ticker),
        };
        let event = Arc::new(Event::new(self.channel, sequence, self.told, stamp, data));
        (self.told, self.beaten) = (sequence, Some(now));
        tell(&mut self.listeners, &event);
        None
    }
}
