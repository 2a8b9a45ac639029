//! Disputes over HTTP: the parties say and show what happened, an arbitrator decides.
//!
//! The parties, the assigned arbitrator and admins see all of a dispute; another arbitrator sees what
//! an open one is about; nobody else learns that there is one.

mod command;
mod evidence;
mod list;

pub use command::*;
pub use evidence::*;
pub use list::*;

use super::{
    caller::Caller,
    p2p::trade_of,
    page::read_count,
    problem::{EdgeError, Problem},
};
use crate::domain::{
    account::Role,
    id::DisputeId,
    p2p::{dispute::Dispute, trade::P2pTrade},
    rejection::Rejection,
    world::World,
};

/// How much of a dispute somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Visibility {
    /// What it is about.
    Summary,
    /// All of it.
    Whole,
}

/// A dispute and its trade, as the views know them.
#[derive(Clone, Copy)]
struct Case<'w> {
    dispute: &'w Dispute,
    trade: &'w P2pTrade,
}

/// The dispute that a path names, if it can be one.
fn dispute_id(text: &str) -> Result<DisputeId, Problem> {
    let id = read_count(text).map(|id| DisputeId(id as u64));
    id.ok_or_else(|| Rejection::DisputeNotFound.into())
}

/// A dispute, whoever may see it: over an open trade, or over one that is kept.
fn case_of(world: &World, id: DisputeId) -> Option<Case<'_>> {
    let trade = trade_of(world, id.trade())?;
    let newest = trade.dispute.as_deref().filter(|dispute| dispute.id == id);
    let dispute = newest.or_else(|| world.history.p2p.dispute(id))?;
    Some(Case { dispute, trade })
}

impl Case<'_> {
    /// How much of it `caller` sees; `None` for a stranger.
    fn sight(self, caller: &Caller) -> Option<Visibility> {
        let Case { dispute, trade } = self;
        match caller.access.role {
            _ if trade.is_party(caller.user) => Some(Visibility::Whole),
            Role::Admin => Some(Visibility::Whole),
            Role::Arbitrator if self.is_assigned(caller) => Some(Visibility::Whole),
            Role::Arbitrator if dispute.status.is_open() => Some(Visibility::Summary),
            Role::Arbitrator | Role::User => None,
        }
    }

    /// Whether `caller` is who decides it.
    fn is_assigned(self, caller: &Caller) -> bool {
        let arbitrator = self.dispute.arbitrator.as_ref();
        caller.access.role != Role::User
            && arbitrator.is_some_and(|person| person.id == caller.user)
    }
}

/// The newest dispute over a trade that a fact has in it.
fn disputed(trade: &P2pTrade) -> Result<&Dispute, Problem> {
    trade.dispute.as_deref().ok_or_else(|| Problem::of(EdgeError::Internal))
}
