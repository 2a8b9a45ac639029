//! Tests of P2P trading: the whole grid of the machine as text, an exhaustive walk of it with money,
//! rules of the board and of standings as tables, deadlines, and markets at random.

mod board;
mod deadlines;
mod grid;
pub(in crate::domain) mod market;
mod random;
mod reputation;
mod scenarios;
pub mod story;
mod take;
mod walk;
