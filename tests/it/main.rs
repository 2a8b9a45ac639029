//! The one integration binary: each module tests the product from outside.

mod exchange;
mod orderbook;
mod tidy;
