//! The state and the history together: what the durable end, recovery and the snapshots fold.

use serde::{Deserialize, Serialize};

use super::{
    fact::Fact,
    history::History,
    id::{Sequence, UserId},
    state::State,
};

/// Everything that follows from the journal up to `state.through`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct World {
    pub state: State,
    pub history: History,
}

impl World {
    /// Folds in the fact with the next sequence number; returns whom it notified.
    pub fn apply(&mut self, sequence: Sequence, fact: &Fact) -> Vec<UserId> {
        self.state.apply(sequence, fact);
        self.history.apply(sequence, fact)
    }

    /// The hash of every file of evidence that a dispute names.
    pub fn evidence(&self) -> impl Iterator<Item = [u8; 32]> {
        let open = self.state.p2p.trades().filter_map(|trade| trade.dispute.as_deref());
        let disputes = open.chain(self.history.p2p.disputes());
        disputes.flat_map(|dispute| dispute.evidence.iter().map(|evidence| evidence.hash))
    }
}
