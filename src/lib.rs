//! Souk: an exchange on your own machine that keeps everything in memory and loses nothing.
//!
//! `domain <- store <- pipeline <- actors <- http, ws <- app`, with `mirror` beside the pipeline; a test keeps the
//! layers.

pub mod actors;
pub mod app;
#[cfg(feature = "baseline")]
pub mod baseline;
pub mod domain;
pub mod http;
pub mod memory;
pub mod mirror;
pub mod pipeline;
pub mod settings;
pub mod sim;
pub mod store;
pub mod telemetry;
pub mod ws;
