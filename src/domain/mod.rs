//! The rules of the exchange, pure: (state, command) gives facts, (state, fact) gives state.
//!
//! Nothing here reads a clock, a file or a random number; time comes in as an argument. Deciding
//! holds every rule and may refuse; applying holds none and cannot fail.

pub mod account;
pub mod audience;
pub mod book;
pub mod code;
pub mod command;
pub mod decide;
pub mod digest;
pub mod fact;
pub mod figure;
pub mod history;
pub mod id;
pub mod instrument;
pub mod ledger;
pub mod money;
pub mod order;
pub mod outcome;
pub mod p2p;
pub mod per_asset;
pub mod rejection;
pub mod request;
pub mod state;
#[cfg(test)]
mod tests;
pub mod wallet;
pub mod window;
pub mod world;
