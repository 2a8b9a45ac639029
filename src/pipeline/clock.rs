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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_never_goes_back() {
        let clock = ManualClock::new(Stamp(50));
        clock.move_to(Stamp(150));
        clock.move_to(Stamp(120));
        assert_eq!(clock.now(), Stamp(150));
    }
}
