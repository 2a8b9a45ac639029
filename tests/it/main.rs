//! The one integration binary: each module tests the product from outside.

mod floor;
mod rules;
mod tidy;
