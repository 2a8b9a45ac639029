//! The one integration binary: each module tests the product from outside.

mod crash;
mod exchange;
mod failure;
mod floor;
mod orderbook;
mod process;
mod replay;
mod rules;
mod simulation;
mod tidy;
