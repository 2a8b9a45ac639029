//! The actors that decide, the journal's thread, and the durable end that tells the world.
//!
//! A command enters at the door, passes from actor to actor as one message chain that carries its
//! answer's sender, becomes a fact, and is answered by the durable end after the fact is on disk.
//! Nothing in here blocks a handler, and nothing leaves before it is durable.

pub mod answer;
pub mod clock;
pub mod deadline;
pub mod digest;
pub mod directory;
pub mod door;
pub mod durable;
pub mod exchange;
pub mod feed;
pub mod journal;
pub mod password;
mod shell;
pub mod start;
#[cfg(test)]
mod tests;
pub mod view;

/// Logs what is broken and ends the process at once: better to stop than to limp. What was answered
/// is durable; what was not, the journal decides.
pub(crate) fn fatal(what: &str) -> ! {
    tracing::error!("{what}");
    std::process::abort()
}
