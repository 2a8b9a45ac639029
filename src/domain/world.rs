//! The state and the history together: what the durable end, recovery and the snapshots fold.

use serde::{Deserialize, Serialize};

use super::{
    account::Role,
    fact::Fact,
    history::History,
    id::{Sequence, UserId},
    p2p::trade::Trade,
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

    /// Whether `user` is told what happens in a trade: its parties, and who decides its dispute, as long
    /// as the user's role lets it.
    pub fn hears(&self, user: UserId, trade: &Trade) -> bool {
        let known = self.state.accounts.user(user);
        let judges = || known.is_some_and(|known| known.role != Role::User);
        trade.is_party(user) || (trade.is_arbitrator(user) && judges())
    }
}
