//! The way of a command around those who decide: the door where it enters, the journal's thread that
//! writes what was decided, the durable end that tells the world, and what the world sees.
//!
//! Nothing in here knows who decides: that may be actors, a single thread, or another process whose commits
//! are only followed. Nothing leaves before it is durable.

pub mod answer;
pub mod clock;
pub mod door;

pub mod feed;
pub mod journal;
pub mod password;
pub mod publisher;
pub mod view;

/// Logs what is broken and ends the process at once: better to stop than to limp. What was answered
/// is durable; what was not, the journal decides.
pub(crate) fn fatal(what: &str) -> ! {
    tracing::error!("{what}");
    std::process::abort()
}
