//! Clients of the product that come with it: replay of recorded markets, conformance
//! of the book, a demo market, a load to measure it with.

pub mod bare;
pub mod client;
pub mod conformance;
pub mod demo;
pub mod load;
pub mod replay;
