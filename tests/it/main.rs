//! The one integration binary: each module tests the product from outside.

mod admin;
mod app;
mod auth;
mod bad_input;
mod crash;
mod docs;
mod exchange;
mod failure;
mod floor;
mod frozen;
mod golden;
mod load;
mod mirror;
mod orderbook;
mod p2p;
mod p2p_floor;
mod process;
mod replay;
mod rules;
mod simulation;
mod site;
mod tidy;
mod user;
mod wallet;
mod ws;
