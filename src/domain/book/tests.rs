//! Tests of the book: as text (commands, a line each, and what they lead to), and at random against
//! a naive book that shares no code with it.

mod amend;
mod iceberg;
mod limit;
mod market;
mod money;
mod naive;
pub mod random;
mod self_trade;
mod stop;
pub mod table;
