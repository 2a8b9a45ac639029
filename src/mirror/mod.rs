//! The mirror: follows the durable journal into MySQL, for reports.
//!
//! It reads from disk what is durable, on a thread of its own, and never speaks to the hot path: the
//! exchange goes on at the same speed whatever becomes of the database. Rows and cursor are written
//! together, so that a record applied twice changes nothing. It holds one batch and a state of its own,
//! never a queue. It never changes what the exchange does.

mod check;
mod database;
mod fact;
mod fold;
mod follower;
mod row;
mod status;
mod table;

use std::{
    io,
    sync::mpsc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

pub use self::{
    check::{Difference, Report, check},
    database::check_url,
    follower::{Measured, Rebuilt, measure, rebuild},
    status::{Monitor, Phase, Status},
};
use self::{follower::Follower, status::Stop};
use crate::{
    domain::id::Sequence,
    store::{Failure, KeepFrom, Opened, Reader, SnapshotFolder},
};

/// How long a thread that was told to end at once may take.
const END_WITHIN: Duration = Duration::from_millis(500);

/// Why the mirror cannot go on now.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum MirrorError {
    /// The server refused, or the connection broke. It is tried again.
    #[error("{doing}: {detail}")]
    Database { doing: String, detail: String },
    /// The server did not answer. It is tried again.
    #[error("{doing}: no answer within {within_secs} s")]
    TooSlow { doing: String, within_secs: u64 },
    /// Give the mirror a database of its own.
    #[error("the database holds `{table}`, which is not the mirror's: give it one of its own")]
    Foreign { table: String },
    /// A newer release made the schema; go on with that one.
    #[error("the schema has version {version}, which a newer release made")]
    Newer { version: u64 },
    /// Two exchanges, or an earlier attempt that went through late. The mirror looks where it stands.
    #[error("the cursor stands at {found:?}, where it was not left")]
    Moved { found: Option<Sequence> },
    /// The data folder was restored, wiped or is another: the mirror is of something else.
    #[error("{why}: run `souk mirror rebuild`")]
    Rebuild { why: &'static str },
    /// Somebody removed it, and the facts that its rows came from are no longer all there.
    #[error("`{table}` is missing: run `souk mirror rebuild`")]
    Incomplete { table: &'static str },
    /// The journal cannot be read; see the failure.
    #[error(transparent)]
    Store(#[from] Failure),
    /// A fact could not be made into rows; that is a fault of this program.
    #[error("rows cannot be made: {detail}")]
    Rows { detail: String },
}

/// What the operator chose.
#[derive(Clone)]
pub struct Options {
    /// `mysql://user:password@host:port/database`.
    pub url: String,
    /// The most facts that the journal keeps for a mirror that is behind.
    pub keep_facts_max: u64,
}

/// What is followed.
#[derive(Clone)]
pub struct Source {
    /// The journal.
    pub reader: Reader,
    /// Where folds begin.
    pub snapshots: SnapshotFolder,
    /// Tells this exchange's data folder from any other.
    pub exchange: String,
}

impl Source {
    /// The data folder that was opened.
    pub fn of(opened: &Opened) -> Source {
        // The secret is made once with the folder and stays; its hash gives nothing away.
        let hash = Sha256::new().chain_update(b"mirror of ").chain_update(opened.secret).finalize();
        Source {
            reader: opened.journal.reader(),
            snapshots: opened.snapshots.clone(),
            exchange: hash[..16].iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

/// A running mirror.
pub struct Mirror {
    monitor: Monitor,
    stop: watch::Sender<Stop>,
    ended: mpsc::Receiver<()>,
    thread: JoinHandle<()>,
}

impl Mirror {
    /// Starts following. `keep_from` is where it says which facts it may still ask for.
    ///
    /// # Errors
    /// Where a thread cannot be started.
    pub fn start(options: Options, source: Source, keep_from: KeepFrom) -> io::Result<Mirror> {
        let monitor = Monitor::new(source.reader.clone(), keep_from, options.keep_facts_max);
        let (stop, told) = watch::channel(Stop::No);
        let (ending, ended) = mpsc::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let follower = Follower::new(options.url, source, monitor.clone());
        let thread = std::thread::Builder::new().name("mirror".into()).spawn(move || {
            runtime.block_on(follower.run(told));
            // A broken connection may still have work of its own to do; nobody waits for it.
            runtime.shutdown_background();
            drop(ending);
        })?;
        Ok(Mirror { monitor, stop, ended, thread })
    }

    /// Where it stands, for whoever asks.
    pub fn monitor(&self) -> Monitor {
        self.monitor.clone()
    }

    /// Lets it write what is durable, until `until` at the latest, and ends it.
    pub fn finish(self, until: Instant) {
        for (how, within) in [
            (Stop::WhenCaughtUp, until.saturating_duration_since(Instant::now())),
            (Stop::Now, END_WITHIN),
        ] {
            // Where the thread has ended already, there is nobody to tell.
            let _ = self.stop.send(how);
            if let Err(mpsc::RecvTimeoutError::Disconnected) = self.ended.recv_timeout(within) {
                let _ = self.thread.join();
                return;
            }
        }
        tracing::warn!("the mirror did not end in time; it goes on at the next start");
    }
}
