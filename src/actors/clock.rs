//! Time, through one door: the system's clock, or one that stands still and is moved by command.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use crate::domain::id::Stamp;

/// Where deciding actors read the time.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Stamp;
    /// The clock as one that can be moved, if it is.
    fn manual(&self) -> Option<&ManualClock> {
        None
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Stamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Stamp(since.as_millis() as i64)
    }
}

/// A clock that stands still until it is moved.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that stands at `stamp`.
    pub fn new(stamp: Stamp) -> ManualClock {
        ManualClock(Arc::new(AtomicI64::new(stamp.0)))
    }

    /// Moves it forward; never back.
    pub fn move_to(&self, stamp: Stamp) {
        self.0.fetch_max(stamp.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Stamp {
        Stamp(self.0.load(Ordering::SeqCst))
    }

    fn manual(&self) -> Option<&ManualClock> {
        Some(self)
    }
}

/// The stamps of one actor: they never go backwards.
#[derive(Clone)]
pub struct Stamps {
    clock: Arc<dyn Clock>,
    last: Stamp,
}

impl Stamps {
    /// Stamps from `clock`, none before `since`.
    pub fn new(clock: Arc<dyn Clock>, since: Stamp) -> Stamps {
        Stamps { clock, last: since }
    }

    /// A stamp for now.
    pub fn stamp(&mut self) -> Stamp {
        self.last = self.last.max(self.clock.now());
        self.last
    }

    /// A stamp for now that is not before `stamp`, which another actor gave.
    pub fn not_before(&mut self, stamp: Stamp) -> Stamp {
        self.last = self.last.max(stamp);
        self.stamp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_never_go_backwards() {
        let clock = ManualClock::new(Stamp(50));
        let mut stamps = Stamps::new(Arc::new(clock.clone()), Stamp(100));
        assert_eq!(stamps.stamp(), Stamp(100));
        clock.move_to(Stamp(150));
        clock.move_to(Stamp(120));
        assert_eq!(stamps.stamp(), Stamp(150));
    }
}
