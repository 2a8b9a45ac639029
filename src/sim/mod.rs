//! Clients of the product that come with it: replay of recorded markets, conformance of the book.

pub mod client;
pub mod conformance;
pub mod replay;
