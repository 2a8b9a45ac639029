//! What can break in the store. Nothing here is a user's fault, so nothing here is a rejection.
//!
//! Each variant's doc says what the operator does. After a failed write or sync nothing is tried
//! again: the kernel may have dropped the pages, and only a restart shows what is on disk.

use std::{io, path::PathBuf};

use thiserror::Error;

use crate::domain::id::Sequence;

/// The machine broke, or the data is not what it was.
#[derive(Debug, Error)]
pub enum Failure {
    /// The file system refused. Make room, or mend the disk or the permissions; then start again.
    #[error("cannot {doing} {path}: {source}", path = .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// Another process works in this folder. Stop it, or choose another data folder.
    #[error("the data folder {} is in use by another process", .path.display())]
    InUse {
        /// The data folder.
        path: PathBuf,
    },

    /// sled could not open, read or write its files. Make room and start again; where it persists,
    /// run `souk verify` and restore the folder from a backup.
    #[error("the journal's files fail to {doing}: {detail}")]
    Journal {
        /// What was tried.
        doing: &'static str,
        /// What sled said.
        detail: String,
    },

    /// sled found its files damaged. Keep the folder as evidence, and restore it from a backup.
    #[error("the journal's files are damaged: {detail}")]
    Corrupt {
        /// What sled said.
        detail: String,
    },

    /// An earlier write or sync failed and nothing was written since. Stop the process; start it
    /// again once the cause, which was logged first, is gone.
    #[error("the journal stopped after an earlier failure")]
    Stopped,

    /// A commit would need more chunks than a commit can have. Report it: settings bound commits
    /// far below this.
    #[error("a commit of {bytes} bytes is too large")]
    TooLarge {
        /// The size of its records.
        bytes: usize,
    },

    /// A record was written by a newer release. Run that release.
    #[error("a record of kind {kind} and version {version} is unknown to this release")]
    UnknownRecord {
        /// The record's kind.
        kind: u8,
        /// The record's version.
        version: u8,
    },

    /// A record's bytes are none of its kind. Restore the folder from a backup.
    #[error("a record cannot be read: {detail}")]
    Record {
        /// What is wrong with it.
        detail: String,
    },

    /// The journal or its archive is damaged before its end. Keep the folder as evidence, and
    /// restore it from a backup.
    #[error("the journal is damaged at sequence {at}: {detail}")]
    Damaged {
        /// The first sequence that cannot be read.
        at: Sequence,
        /// What is wrong there.
        detail: String,
    },

    /// Records are missing that neither the journal nor its archive holds. Restore the missing
    /// files of `archive/`, or the folder from a backup.
    #[error("the journal has a gap: sequence {expected} is missing{}", .found.map_or(String::new(), |f| format!(", {f} is the next")))]
    Gap {
        /// The sequence that should be there.
        expected: Sequence,
        /// The next one that is, if any.
        found: Option<Sequence>,
    },

    /// The journal ends before what was known to be durable. Restore the folder from a backup. Only
    /// to accept the loss of what is missing: remove `mark` and the snapshots above `found`.
    #[error("the journal ends at sequence {found}, but {known} was durable according to {by}")]
    Short {
        /// What was durable.
        known: Sequence,
        /// Where the journal ends.
        found: Sequence,
        /// Who knows it.
        by: String,
    },

    /// A snapshot cannot be used. Start-up falls back to an older one by itself.
    #[error("the snapshot {} cannot be used: {detail}", .path.display())]
    Snapshot {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },

    /// A fact does not follow from the facts before it: the data was mixed, or the release is not
    /// the one that wrote it. Run that release, and report it.
    #[error("the fact at sequence {at} does not fit: {detail}")]
    TextError {
        /// The fact.
        at: Sequence,
        /// The invariant that it breaks.
        detail: String,
    },

    /// The ledger does not balance after the fold. Keep the folder as evidence, and report it.
    #[error("the ledger is not balanced at sequence {at}")]
    Unbalanced {
        /// The last fact folded.
        at: Sequence,
    },

    /// A file that a party brought into a dispute is missing or altered. Restore it from a backup.
    #[error("the evidence {} cannot be used: {detail}", .path.display())]
    Evidence {
        /// Its file; the name is the hash of what it held.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },

    /// The secret is not of its length. Restore the file, or remove it: all tokens end then.
    #[error("the file {} is not a secret of 32 bytes", .path.display())]
    Secret {
        /// The file.
        path: PathBuf,
    },
}

impl Failure {
    /// What the process exits with: 4 where data is damaged or missing, 5 where the folder is in
    /// use, 1 where the machine is at fault.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Io { .. }
            | Failure::Journal { .. }
            | Failure::Stopped
            | Failure::TooLarge { .. }
            | Failure::UnknownRecord { .. } => 1,
            Failure::Corrupt { .. }
            | Failure::Record { .. }
            | Failure::Damaged { .. }
            | Failure::Gap { .. }
            | Failure::Short { .. }
            | Failure::Snapshot { .. }
            | Failure::TextError { .. }
            | Failure::Unbalanced { .. }
            | Failure::Evidence { .. }
            | Failure::Secret { .. } => 4,
            Failure::InUse { .. } => 5,
        }
    }

    /// For `map_err`: an I/O failure of `doing` something to `path`.
    pub(super) fn io(
        doing: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Failure::Io { doing, path, source }
    }
}
