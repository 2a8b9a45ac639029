//! The write-ahead journal in sled, snapshots, recovery and the offline verifier.
//!
//! Guarantees: what [`Journal::append`] returned is durable; what [`open`] gives is the fold of a
//! prefix of the journal that holds all of it; damage and loss are refused, never passed over.
//! It never decides anything, and it never tries a failed write again.

mod archive;
mod book_record;
mod chunk;
pub mod codec;
mod evidence;
mod failure;
mod folder;
mod guard;
mod journal;
mod keep_from;
mod mark;
mod memory;
mod open;
mod past;
mod recovery;
mod sled_journal;
mod snapshot;
mod snapshotter;
mod verify;

#[cfg(test)]
mod tests;

pub use chunk::{Chain, Chunk, Commit, Key, cut};
pub use evidence::EvidenceFolder;
pub use failure::Failure;
pub use guard::{caught, is_caught};
pub use journal::{Commits, Journal, Reader};
pub use keep_from::KeepFrom;
pub use memory::{MemoryControl, MemoryJournal};
pub use open::{Durability, Opened, Options, open};
pub use past::{HistoryStart, beginning, state_at};
pub use recovery::{Recovered, TornTail};
pub use snapshot::{SnapshotFolder, Taken};
pub use snapshotter::Snapshotter;
pub use verify::{SnapshotVerdict, Status, Verdict, verify};
