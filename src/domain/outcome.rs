//! What a command comes to.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    fact::Fact,
    id::{OrderId, Sequence},
    rejection::Rejection,
};

/// What a command gets: done, or refused with nothing changed.
pub type Answer = Result<Outcome, Rejection>;

/// A command was done, and is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The number of its (last) fact; where it made none, what the journal stood at.
    pub sequence: Sequence,
    /// What was done.
    pub done: Done,
    /// Whether this is the answer of an earlier command with the same idempotency key.
    pub replayed: bool,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Done {
    /// The command became this fact.
    Fact(#[serde(with = "shared")] Arc<Fact>),
    /// The order had been placed before under the same client order id.
    Existing(OrderId),
    /// All checks passed, or there was nothing to do.
    Nothing,
    /// An answer for each part.
    Parts(Vec<Answer>),
}

/// A fact that is shared in memory is written whole.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::domain::fact::Fact;

    pub fn serialize<S: Serializer>(fact: &Arc<Fact>, to: S) -> Result<S::Ok, S::Error> {
        fact.as_ref().serialize(to)
    }

    pub fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Arc<Fact>, D::Error> {
        Fact::deserialize(from).map(Arc::new)
    }
}
