//! Tests of the book as text: commands, a line each, and what they lead to.

mod amend;
mod iceberg;
mod limit;
mod market;
mod money;
mod self_trade;
mod stop;
mod table;
