//! The actors that decide: one for each wallet, book, board of ads and open P2P trade, one for the
//! accounts, one for the deadlines.
//!
//! A command enters at the door, passes from actor to actor as one message chain that carries its
//! answer's sender, becomes a fact, and is answered by the durable end after the fact is on disk. What they
//! decide is the domain's; here are their mailboxes, threads and timers. Nothing in here blocks a handler.

pub mod deadline;
pub mod digest;
pub mod directory;
pub mod exchange;
mod shell;
pub mod start;
#[cfg(test)]
mod tests;
