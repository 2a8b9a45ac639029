//! The record of a book's fact as bytes. Most records are of this kind: the actor of the book makes
//! each one between two orders, and whoever folds the journal takes each one apart again. So both are
//! done field by field here rather than by way of the codec's general writer and reader; the tests of
//! the codec hold both to the same bytes.
//!
//! A number below 251 is itself; above, a byte says how many follow (251: 2, 252: 4, 253: 8, 254: 16),
//! least first. Signed ones are folded so that the last bit is the sign. Lists and texts have their
//! length before them, an option 0 or 1, an enum its variant's place; structs have nothing.

mod read;
mod write;

pub(super) use read::decode;
pub(super) use write::encode;

/// The place of `Body::Book` among the bodies.
const BODY: u8 = 10;
