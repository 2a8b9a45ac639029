//! The follower: where does the mirror stand, what comes next, write it; and again after any trouble.

use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::watch;

use super::{
    MirrorError, Source,
    database::{CURSOR, Cursor, Database, StoredCursor},
    fold::Fold,
    row::Batch,
    status::{Monitor, Stop},
};
use crate::{
    domain::id::Sequence,
    store::{self, Failure},
};

/// How often it looks for more.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long it waits after trouble: so long first, twice as long each time, never longer than the last.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LAST: Duration = Duration::from_secs(5);

/// Follows the journal into a database.
pub struct Follower {
    url: String,
    source: Source,
    monitor: Monitor,
    /// The state at the end of what is pending; `None` until it is needed, and after trouble with it.
    fold: Option<Fold>,
    pending: Option<Pending>,
}

/// Rows that may or may not have been written.
struct Pending {
    batch: Batch,
    before: Sequence,
    after: Cursor,
}

impl Follower {
    pub(super) fn new(url: String, source: Source, monitor: Monitor) -> Follower {
        Follower { url, source, monitor, fold: None, pending: None }
    }

    /// Follows until it is told to stop.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<Stop>) {
        let monitor = self.monitor.clone();
        let looks = async {
            loop {
                monitor.look();
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        let mut told = stop.clone();
        tokio::select! {
            () = self.follow(&mut stop) => {}
            // Its sender going away means the same.
            _ = told.wait_for(|stop| *stop == Stop::Now) => {}
            () = looks => {}
        }
    }

    async fn follow(&mut self, stop: &mut watch::Receiver<Stop>) {
        let mut wait = RETRY_FIRST;
        loop {
            let begun = self.monitor.status().sequence;
            let Err(trouble) = self.session(stop).await else { return };
            if self.monitor.cannot(&trouble) {
                tracing::warn!(%trouble, "the mirror cannot go on; it tries again");
            }
            if !matches!(trouble, MirrorError::Database { .. } | MirrorError::TooSlow { .. }) {
                (self.fold, self.pending) = (None, None);
            }
            if *stop.borrow() != Stop::No {
                return;
            }
            if self.monitor.status().sequence != begun {
                wait = RETRY_FIRST;
            }
            // Only what comes first counts: the time, or word to stop.
            let _ = tokio::time::timeout(wait, stop.changed()).await;
            wait = (wait * 2).min(RETRY_LAST);
        }
    }

    /// Works with one connection, until it is told to stop.
    async fn session(&mut self, stop: &mut watch::Receiver<Stop>) -> Result<(), MirrorError> {
        let mut database = Database::connect(&self.url).await?;
        database.migrate().await?;
        let missing = database.missing().await?;
        match missing.is_empty() {
            true => self.find_position(&mut database).await?,
            false => self.begin_without(&mut database, &missing).await?,
        }
        loop {
            let more = self.step(&mut database).await?;
            if let Some(error) = self.monitor.follows() {
                tracing::info!(after = error, "the mirror follows again");
            }
            if more {
                continue;
            }
            if *stop.borrow() != Stop::No {
                return Ok(());
            }
            // Only what comes first counts: the time, or word to stop.
            let _ = tokio::time::timeout(LOOK_EVERY, stop.changed()).await;
        }
    }

    /// Somebody removed tables. The mirror begins anew, unless it holds what could not be made again.
    async fn begin_without(
        &mut self,
        database: &mut Database,
        missing: &[&'static str],
    ) -> Result<(), MirrorError> {
        let table = missing[0];
        let opened_behind = match missing.contains(&CURSOR) {
            true => None,
            false => database.stands().await?.map(|stands| stands.opened_behind),
        };
        let begins = store::beginning(&self.source.snapshots, &self.source.reader)?;
        if opened_behind.is_some_and(|behind| behind < begins.world.state.through) {
            return Err(MirrorError::Incomplete { table });
        }
        tracing::warn!(table, "a table of the mirror is missing: it begins anew");
        database.drop_all().await?;
        database.migrate().await?;
        self.begin(database).await
    }

    /// Finds out where the mirror stands, and stands there too.
    async fn find_position(&mut self, database: &mut Database) -> Result<(), MirrorError> {
        let Some(stands) = database.stands().await? else { return self.begin(database).await };
        if stands.exchange != self.source.exchange {
            return Err(MirrorError::Rebuild { why: "the mirror is of another data folder" });
        }
        let cursor = stands.cursor;
        let ours = self.pending.as_ref().map_or_else(
            || self.fold.as_ref().is_some_and(|fold| fold.cursor == cursor),
            |pending| pending.before == cursor.sequence || pending.after == cursor,
        );
        if !ours {
            (self.fold, self.pending) = (None, None);
            match self.fold_at(&cursor) {
                Ok(fold) => self.fold = Some(fold),
                Err(MirrorError::Store(Failure::Gap { .. })) => {
                    tracing::warn!(
                        at = cursor.sequence.0,
                        "facts behind the mirror are gone: it begins anew"
                    );
                    return self.begin(database).await;
                }
                Err(trouble) => return Err(trouble),
            }
        }
        self.monitor.stands_at(cursor.sequence);
        Ok(())
    }

    fn fold_at(&self, cursor: &Cursor) -> Result<Fold, MirrorError> {
        match self.source.reader.continues(cursor.sequence, cursor.chain)? {
            true => Fold::at(&self.source, cursor.clone()),
            false => Err(MirrorError::Rebuild {
                why: "the data folder has another history than the mirror: restored from a backup?",
            }),
        }
    }

    /// Fills an empty mirror with what stands where history begins.
    async fn begin(&mut self, database: &mut Database) -> Result<(), MirrorError> {
        (self.fold, self.pending) = (None, None);
        database.empty().await?;
        let (fold, batch) = Fold::beginning(&self.source)?;
        let opened_behind = fold.cursor.sequence;
        let at = (opened_behind > Sequence(0)).then(|| fold.latest());
        let exchange = self.source.exchange.clone();
        let stands = StoredCursor { exchange, cursor: fold.cursor.clone(), opened_behind };
        database.open(&batch, &stands, at).await?;
        tracing::info!(behind = opened_behind.0, "the mirror begins");
        self.monitor.stands_at(opened_behind);
        self.fold = Some(fold);
        Ok(())
    }

    /// Writes what is pending, or what comes next. Returns whether there was anything.
    async fn step(&mut self, database: &mut Database) -> Result<bool, MirrorError> {
        if self.pending.is_none() {
            self.pending = self.next()?;
        }
        let Some(Pending { batch, before, after }) = &self.pending else { return Ok(false) };
        database.write(batch, *before, after).await?;
        self.monitor.stands_at(after.sequence);
        self.pending = None;
        Ok(true)
    }

    fn next(&mut self) -> Result<Option<Pending>, MirrorError> {
        let mut fold = self.fold.take().ok_or(MirrorError::Moved { found: None })?;
        let (before, durable) = (fold.cursor.sequence, self.source.reader.durable());
        let batch = fold.advance(&self.source, durable)?;
        let after = fold.cursor.clone();
        self.fold = Some(fold);
        Ok((after.sequence > before).then_some(Pending { batch, before, after }))
    }
}

/// What a rebuild came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Rebuilt {
    pub through: Sequence,
    /// Behind which fact its history begins; 0 where nothing is gone.
    pub behind: Sequence,
    pub rows: u64,
    pub millis: u64,
}

/// Makes the mirror anew from what the data folder holds. What was in it is removed.
///
/// # Errors
/// What keeps it from being written. A start of the exchange, or another rebuild, begins anew.
pub async fn rebuild(url: &str, source: Source) -> Result<Rebuilt, MirrorError> {
    let started = Instant::now();
    let mut database = Database::connect(url).await?;
    if database.holds_mirror().await? {
        database.drop_all().await?;
    }
    database.migrate().await?;
    let monitor = Monitor::new(source.reader.clone(), Default::default(), u64::MAX);
    let mut follower = Follower::new(url.into(), source, monitor);
    follower.begin(&mut database).await?;
    let behind = follower.fold.as_ref().map_or(Sequence(0), |fold| fold.cursor.sequence);
    let mut rows = 0;
    while let Some(pending) = follower.next()? {
        rows += pending.batch.count() as u64;
        follower.pending = Some(pending);
        follower.step(&mut database).await?;
    }
    let through = follower.source.reader.durable();
    Ok(Rebuilt { through, behind, rows, millis: started.elapsed().as_millis() as u64 })
}

/// How long the same rows take with nothing around them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Measured {
    pub records: u64,
    pub rows: u64,
    /// A rebuild: reading, folding, writing, moving the cursor.
    pub mirror_millis: u64,
    /// Only the inserts, of rows that were made before, in one transaction a batch.
    pub bare_millis: u64,
}

/// Measures a rebuild against a bare loop that inserts the same rows. The mirror in the database is made
/// anew twice.
///
/// # Errors
/// As [`rebuild`].
pub async fn measure(url: &str, source: Source) -> Result<Measured, MirrorError> {
    let (mut fold, opening) = Fold::beginning(&source)?;
    let (behind, durable) = (fold.cursor.sequence, source.reader.durable());
    let mut batches = vec![opening];
    while fold.cursor.sequence < durable {
        batches.push(fold.advance(&source, durable)?);
    }
    let mut database = Database::connect(url).await?;
    if database.holds_mirror().await? {
        database.drop_all().await?;
    }
    database.migrate().await?;
    let started = Instant::now();
    for batch in &batches {
        database.insert(batch).await?;
    }
    let bare_millis = started.elapsed().as_millis() as u64;
    let rows = batches.iter().map(|batch| batch.count() as u64).sum();
    drop((batches, database));
    let rebuilt = rebuild(url, source).await?;
    let records = durable.0 - behind.0;
    Ok(Measured { records, rows, mirror_millis: rebuilt.millis, bare_millis })
}
