//! The one integration binary: each module tests the product from outside.

mod tidy;
