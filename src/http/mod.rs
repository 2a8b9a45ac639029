//! The REST layer: requests become commands, answers and views become JSON.
//!
//! Handlers decide nothing. Reads come from the views, commands go through the door, and each
//! refusal leaves as a problem with a stable code. No sockets of its own, no files, no rules.

pub mod admin;
pub mod api;
pub mod auth;
pub mod body;
pub mod caller;
pub mod contact;
pub mod dispute;
pub mod escrow;
pub mod idempotency;
pub mod limit;
pub mod metrics;
pub mod middleware;
pub mod orderbook;
pub mod p2p;
pub mod page;
pub mod problem;
pub mod reputation;
pub mod routes;
pub mod server;
pub mod site;
pub mod system;
pub mod text;
pub mod token;
pub mod user;
pub mod wallet;
pub mod wire;
