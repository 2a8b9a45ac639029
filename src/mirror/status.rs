//! Where the mirror stands, for operators and for the snapshotter, which trims the journal.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use super::MirrorError;
use crate::{
    domain::{code::codes, id::Sequence},
    store::{KeepFrom, Reader},
};

/// The most looks that are remembered, to tell how old what is missing is.
const LOOKS_MAX: usize = 1_024;

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    No,
    WhenCaughtUp,
    Now,
}

/// What the mirror is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It has not reached the database yet.
    Connecting,
    /// It follows.
    Following,
    /// It cannot go on, and tries again.
    Retrying,
    /// It follows another history than the journal's; an operator has to rebuild it.
    RebuildNeeded,
}

codes!(Phase {
    Connecting => "CONNECTING",
    Following => "FOLLOWING",
    Retrying => "RETRYING",
    RebuildNeeded => "REBUILD_NEEDED",
});

/// Where the mirror stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Status {
    pub phase: Phase,
    /// The last fact in it, once that is known.
    pub sequence: Option<u64>,
    /// How many durable facts it does not have.
    pub lag: Option<u64>,
    /// For how many seconds it has not had everything that was durable.
    pub lag_secs: Option<u64>,
    /// Why it cannot go on.
    pub error: Option<String>,
}

/// Tells where a mirror stands; clones tell the same.
#[derive(Clone)]
pub struct Monitor(Arc<Shared>);

struct Shared {
    reader: Reader,
    keep_from: KeepFrom,
    progress: Mutex<Progress>,
}

struct Progress {
    phase: Phase,
    cursor: Option<Sequence>,
    error: Option<String>,
    /// What was durable when, oldest first; the first is the last that the mirror has all of.
    looks: VecDeque<(Sequence, Instant)>,
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Monitor").field(&self.status()).finish()
    }
}

impl Monitor {
    pub(super) fn new(reader: Reader, keep_from: KeepFrom, keep_facts_max: u64) -> Monitor {
        let looks = VecDeque::from([(Sequence(0), Instant::now())]);
        keep_from.follow(keep_facts_max);
        let progress = Progress { phase: Phase::Connecting, cursor: None, error: None, looks };
        let progress = Mutex::new(progress);
        let monitor = Monitor(Arc::new(Shared { reader, keep_from, progress }));
        monitor.look();
        monitor
    }

    fn locked(&self) -> MutexGuard<'_, Progress> {
        self.0.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it stands now.
    pub fn status(&self) -> Status {
        let durable = self.0.reader.durable();
        let progress = self.locked();
        let lag = progress.cursor.map(|cursor| durable.0.saturating_sub(cursor.0));
        let since = progress.looks.front().map_or_else(Instant::now, |(_, at)| *at);
        Status {
            phase: progress.phase,
            sequence: progress.cursor.map(|cursor| cursor.0),
            lag,
            lag_secs: lag.map(|lag| if lag == 0 { 0 } else { since.elapsed().as_secs() }),
            error: progress.error.clone(),
        }
    }

    /// Looks at what is durable, for how long the mirror has been behind.
    pub(super) fn look(&self) {
        let durable = self.0.reader.durable();
        let mut progress = self.locked();
        if progress.looks.len() == LOOKS_MAX {
            // Every other one tells nearly as much.
            let mut at = 0;
            progress.looks.retain(|_| {
                at += 1;
                at % 2 == 1
            });
        }
        progress.looks.push_back((durable, Instant::now()));
        progress.forget_looks();
    }

    /// The mirror stands at `cursor`.
    pub(super) fn stands_at(&self, cursor: Sequence) {
        let mut progress = self.locked();
        progress.cursor = Some(cursor);
        self.0.keep_from.stands_at(cursor);
        progress.forget_looks();
    }

    /// It follows. Returns what had kept it from it.
    pub(super) fn follows(&self) -> Option<String> {
        let mut progress = self.locked();
        progress.phase = Phase::Following;
        progress.error.take()
    }

    /// It cannot go on. Returns whether that is news.
    pub(super) fn cannot(&self, trouble: &MirrorError) -> bool {
        let mut progress = self.locked();
        progress.phase = match trouble {
            MirrorError::Rebuild { .. } | MirrorError::Incomplete { .. } => Phase::RebuildNeeded,
            _ => Phase::Retrying,
        };
        let error = Some(trouble.to_string());
        std::mem::replace(&mut progress.error, error.clone()) != error
    }
}

impl Progress {
    fn forget_looks(&mut self) {
        let Some(cursor) = self.cursor else { return };
        while self.looks.get(1).is_some_and(|(durable, _)| *durable <= cursor) {
            self.looks.pop_front();
        }
    }
}
