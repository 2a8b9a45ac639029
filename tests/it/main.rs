//! The one integration binary: each module tests the product from outside.

mod app;
mod floor;
mod orderbook;
mod rules;
mod tidy;
