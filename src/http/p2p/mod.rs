//! P2P trading over HTTP: ads, the trades that they lead to, and what is said and done in a trade.
//!
//! What does not exist and what is not the caller's to know of get the same answer. Answers to
//! commands are made of their fact and of who asked alone, so a replayed answer is the same text.

mod ad;
mod command;
mod list;
mod talk;
mod trade;

pub use ad::*;
pub use command::*;
pub use list::*;
pub use talk::*;
pub use trade::*;

use actix_web::http::StatusCode;

use super::{
    caller::{Caller, fact_of},
    page::{CursorPosition, read_count},
    problem::{EdgeError, Problem},
};
use crate::domain::{
    account::Role,
    command::Command,
    fact::Body,
    id::{AdId, DisputeId, P2pTradeId, UserId},
    outcome::Outcome,
    p2p::{
        ad::{Ad, AdFact},
        dispute::DisputeStatus,
        trade::{P2pTrade, P2pTradeFact, TradeState},
        trade_request::TradeRequest,
    },
    rejection::Rejection,
    world::World,
};

/// The ad that a path names, if it can be one.
fn ad_id(text: &str) -> Result<AdId, Problem> {
    let id = read_count(text).map(|id| AdId(id as u64));
    id.ok_or_else(|| Rejection::AdNotFound.into())
}

/// The trade that a path names, if it can be one.
pub(super) fn trade_id(text: &str) -> Result<P2pTradeId, Problem> {
    let id = read_count(text).map(|id| P2pTradeId(id as u64));
    id.ok_or_else(|| Rejection::P2pTradeNotFound.into())
}

/// An ad, live or among the closed ones that are kept.
fn ad_of(world: &World, id: AdId) -> Result<&Ad, Rejection> {
    let live = world.state.p2p.ad(id);
    live.or_else(|| world.history.p2p.closed_ad(id)).ok_or(Rejection::AdNotFound)
}

/// A trade, open or kept, whoever may see it.
pub(super) fn trade_of(world: &World, id: P2pTradeId) -> Option<&P2pTrade> {
    world.state.p2p.trade(id).or_else(|| world.history.p2p.ended(id))
}

/// A trade that the caller may look at: the parties, who decides its dispute, and admins.
pub(super) fn trade_for<'w>(
    world: &'w World,
    caller: &Caller,
    id: P2pTradeId,
) -> Result<&'w P2pTrade, Rejection> {
    let seen = trade_of(world, id).filter(|trade| may_see(trade, caller));
    seen.ok_or(Rejection::P2pTradeNotFound)
}

fn may_see(trade: &P2pTrade, caller: &Caller) -> bool {
    let withdrawn = |status| status == DisputeStatus::Withdrawn;
    let disputed = trade.dispute.as_ref().is_some_and(|dispute| !withdrawn(dispute.status));
    match caller.access.role {
        _ if trade.is_party(caller.user) => true,
        Role::Admin => true,
        Role::Arbitrator => disputed && trade.is_arbitrator(caller.user),
        Role::User => false,
    }
}

/// The trades of which `user` is a party, open ones and those that are kept, in no order.
pub(super) fn trades_of(world: &World, user: UserId) -> impl Iterator<Item = &P2pTrade> {
    let own = world.history.p2p.user(user);
    let open = own.into_iter().flat_map(|own| own.open.iter());
    let open = open.filter_map(|id| world.state.p2p.trade(*id));
    let ended = own.into_iter().flat_map(|own| own.finished.iter());
    let ended = ended.filter_map(|ended| world.history.p2p.ended(ended.trade));
    open.chain(ended)
}

/// Newest first; ids alone do not say which of two boards' trades is older.
pub(super) fn place_of(trade: &P2pTrade) -> CursorPosition {
    [-trade.created_at.0, -(trade.id.0 as i64), 0]
}

/// Asks something of a trade, or of the dispute that is meant.
pub(super) async fn ask_trade(
    caller: &Caller,
    trade: P2pTradeId,
    dispute: Option<DisputeId>,
    expected: Option<&str>,
    ask: TradeRequest,
    raw: &[u8],
) -> Result<Outcome, Problem> {
    let expected = read_expected(expected)?;
    let command = Command::P2pTrade { trade, dispute, expected, ask };
    caller.submit(command, raw).await.map_err(|rejection| refused(caller, trade, rejection))
}

/// Reads the status that a caller takes a trade to have.
pub(super) fn read_expected(code: Option<&str>) -> Result<Option<TradeState>, Problem> {
    let read = |code| {
        let state = TradeState::from_code(code);
        state.ok_or_else(|| Problem::field("expected_state", "is not the status of a trade"))
    };
    code.map(read).transpose()
}

/// A refusal of what the trade's state does not allow, with that state.
pub(super) fn refused(caller: &Caller, trade: P2pTradeId, rejection: Rejection) -> Problem {
    let problem = Problem::from(rejection);
    if !matches!(problem.status(), StatusCode::CONFLICT | StatusCode::LOCKED) {
        return problem;
    }
    let world = caller.api.exchange.views().world();
    match trade_for(&world, caller, trade) {
        Ok(trade) => problem.with_state(trade.state.code()),
        Err(_) => problem,
    }
}

/// What a command did to a trade.
pub(super) fn trade_fact(outcome: &Outcome) -> Result<&P2pTradeFact, Problem> {
    match &fact_of(outcome)?.body {
        Body::P2pTrade(fact) => Ok(fact),
        _ => Err(Problem::of(EdgeError::Internal)),
    }
}

/// What a command did to an ad.
fn ad_fact(outcome: &Outcome) -> Result<&AdFact, Problem> {
    match &fact_of(outcome)?.body {
        Body::P2pAd(fact) => Ok(fact),
        _ => Err(Problem::of(EdgeError::Internal)),
    }
}
