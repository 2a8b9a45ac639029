//! The REST API.

pub mod wire;
