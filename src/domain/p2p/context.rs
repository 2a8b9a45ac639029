//! What decisions about P2P trading read of others: who asks, who owns, who is blocked, what floating
//! prices stand on, what an ad or a take costs. All of it is durable when it is read, so it has a lower
//! number than the fact that is decided.
//!
//! It is the one place where such a decision looks into the world; [`Board`], [`decide`] and the rest of
//! this folder see what comes out here.

use super::{
    Rules,
    ad::{Ad, AdChange, AdDraft, Hidden, OwnerState, Person},
    board::{AdContext, Board, Take, TakerProfile},
    decide::decide,
    fiat::Fiat,
    trade::{P2pTrade, TradeState},
    trade_request::{Requester, TradeRequest},
};
use crate::domain::{
    account::Role,
    id::{AdId, BoardId, DisputeId, P2pTradeId, Stamp, UserId},
    instrument::{Instrument, Price},
    money::{Amount, Asset, P2pPrice},
    order::Side,
    rejection::Rejection,
    state::State,
    wallet::Budget,
    world::World,
};

/// How old a last trade may be to stand for a price, where a book has only one side.
pub const INDEX_AGE_MILLIS_MAX: i64 = 60_000;

/// What floating P2P prices of an asset stand on: the middle of our own book while it has both sides, else
/// its last trade while that is fresh; `None` where there is neither.
pub fn index(world: &World, asset: Asset, fiat: Fiat, now: Stamp) -> Option<P2pPrice> {
    let quote = Asset::from_code(fiat.code())?;
    let fits = |on: &Instrument| (on.base, on.quote) == (asset, quote);
    let book = world.state.books.iter().find(|book| fits(book.instrument()))?;
    let on = book.instrument();
    let at = |bid: Price, ask: Price| {
        P2pPrice::mid_down(bid.get(), ask.get(), on.tick.units, on.tick.scale)
    };
    if let (Some(bid), Some(ask)) = (book.best(Side::Buy), book.best(Side::Sell)) {
        return Some(at(bid, ask));
    }
    let last = world.history.instrument(on.id)?.prints.newest()?;
    (now.0 - last.stamp.0 <= INDEX_AGE_MILLIS_MAX).then(|| at(last.price, last.price))
}

/// What there is against a user as the owner of ads.
pub fn stands(state: &State, user: UserId, now: Stamp) -> OwnerState {
    let bars = state.p2p.reputation(user).map(|reputation| reputation.bars);
    OwnerState {
        barred: bars.and_then(|bars| bars.barred_until(now)),
        frozen: state.accounts.user(user).is_some_and(|user| user.frozen),
    }
}

/// The price of an ad, if it has one, and why it is hidden, if it is.
pub fn offer(world: &World, ad: &Ad, now: Stamp) -> (Option<P2pPrice>, Option<Hidden>) {
    let price = ad.terms.pricing.effective(index(world, ad.asset, ad.fiat, now));
    (price, ad.hidden(price, stands(&world.state, ad.owner.id, now)))
}

/// A user as others see the user.
///
/// # Errors
/// `UserNotFound`.
pub fn person(state: &State, user: UserId) -> Result<Person, Rejection> {
    let known = state.accounts.user(user).ok_or(Rejection::UserNotFound)?;
    Ok(Person { id: user, name: known.username.clone() })
}

/// All admins, in the order of registration.
pub fn admins(state: &State) -> Vec<UserId> {
    let users = state.accounts.all().iter();
    users.filter(|user| user.role == Role::Admin).map(|user| user.id).collect()
}

/// Who asks something of `trade`.
///
/// # Errors
/// `UserNotFound`.
pub fn asker(state: &State, by: UserId, trade: &P2pTrade) -> Result<Requester, Rejection> {
    let user = state.accounts.user(by).ok_or(Rejection::UserNotFound)?;
    let contacts = &state.p2p.contacts;
    let person = Person { id: by, name: user.username.clone() };
    let is_blocked = user.role != Role::User
        && [trade.buyer.id, trade.seller.id].iter().any(|party| contacts.is_blocked(by, *party));
    Ok(Requester { person, role: user.role, is_blocked, is_frozen: user.frozen })
}

/// Decides on `trade`, where the command names its dispute: the one that is meant has to be the trade's
/// newest.
///
/// # Errors
/// Those of `decide`, and `DisputeNotFound`.
pub fn decide_on<T>(
    trade: &P2pTrade,
    asker: &Requester,
    dispute: Option<DisputeId>,
    decide: impl FnOnce(&P2pTrade) -> Result<T, Rejection>,
) -> Result<T, Rejection> {
    let Some(meant) = dispute else { return decide(trade) };
    let newest = trade.dispute.as_ref().map(|dispute| dispute.id);
    // One that was withdrawn is history once something else was done.
    let next = newest.unwrap_or(trade.id.dispute(trade.withdrawals));
    match newest {
        Some(newest) if newest == meant => decide(trade).map_err(|rejection| match rejection {
            Rejection::P2pTradeNotFound => Rejection::DisputeNotFound,
            other => other,
        }),
        _ if meant < next && meant.trade() == trade.id && trade.is_party(asker.person.id) => {
            Err(Rejection::TradeStateForbids(trade.state))
        }
        _ => Err(Rejection::DisputeNotFound),
    }
}

/// Why a trade that is not open any more does nothing, as it would say it itself.
#[allow(clippy::too_many_arguments)]
pub fn refusal_of_ended(
    world: &World,
    now: Stamp,
    rules: &Rules,
    id: P2pTradeId,
    by: UserId,
    dispute: Option<DisputeId>,
    expected: Option<TradeState>,
    ask: TradeRequest,
) -> Rejection {
    let refused = world.history.p2p.ended(id).map_or(Rejection::P2pTradeNotFound, |trade| {
        let decided = asker(&world.state, by, trade).and_then(|asker| {
            decide_on(trade, &asker, dispute, |trade| {
                decide(trade, &asker, ask, expected, rules, now)
            })
        });
        decided.err().unwrap_or(Rejection::TradeStateForbids(trade.state))
    });
    match refused {
        Rejection::P2pTradeNotFound if dispute.is_some() => Rejection::DisputeNotFound,
        other => other,
    }
}

/// What decisions about an ad of `owner` look at outside of its board.
pub fn seen<'a>(
    world: &World,
    board: &Board,
    owner: UserId,
    now: Stamp,
    rules: &'a Rules,
) -> AdContext<'a> {
    let index = index(world, board.asset, board.fiat, now);
    AdContext { now, index, owner: stands(&world.state, owner, now), rules }
}

/// Who takes an ad of `board`.
///
/// # Errors
/// `AdNotFound`, `UserNotFound`.
pub fn taker<'a>(
    state: &'a State,
    board: &Board,
    user: UserId,
    take: &Take,
) -> Result<TakerProfile<'a>, Rejection> {
    let ad = board.ad(take.ad).ok_or(Rejection::AdNotFound)?;
    let known = state.accounts.user(user).ok_or(Rejection::UserNotFound)?;
    let p2p = &state.p2p;
    let seller = if ad.side == Side::Sell { ad.owner.id } else { user };
    let account = p2p.contacts.of(seller).and_then(|own| own.account_for(take.method));
    Ok(TakerProfile {
        person: person(state, user)?,
        frozen: known.frozen,
        registered_at: known.created_at,
        reputation: p2p.reputation(user),
        is_blocked: p2p.contacts.is_blocked(user, ad.owner.id),
        account: account.cloned(),
    })
}

/// Why a trade cannot be reviewed that its board does not know as one that can.
pub fn not_reviewable(world: &World, by: UserId, trade: P2pTradeId) -> Rejection {
    let open = world.state.p2p.trade(trade);
    let known = open.or_else(|| world.history.p2p.ended(trade)).filter(|t| t.is_party(by));
    match known.map(|trade| trade.state) {
        Some(TradeState::Completed) => Rejection::ReviewWindowOver,
        Some(state) => Rejection::TradeStateForbids(state),
        None => Rejection::P2pTradeNotFound,
    }
}

/// What an ad costs its owner who publishes it: a SELL ad its whole reserve, a BUY ad nothing.
///
/// # Errors
/// `AdNotFound` where there is no such board.
pub fn publish_purse(
    state: &State,
    board: BoardId,
    draft: &AdDraft,
) -> Result<Option<Budget>, Rejection> {
    if draft.side == Side::Buy {
        return Ok(None);
    }
    let board = state.p2p.board(board).ok_or(Rejection::AdNotFound)?;
    Ok(Some(Budget { asset: board.asset, amount: draft.terms.available }))
}

/// What an edit of an ad costs `user`: what a SELL ad of the user's own grows by.
///
/// # Errors
/// `AdNotFound`.
pub fn edit_purse(
    state: &State,
    user: UserId,
    ad: AdId,
    change: &AdChange,
) -> Result<Option<Budget>, Rejection> {
    let ad = state.p2p.ad(ad).ok_or(Rejection::AdNotFound)?;
    let own = ad.side == Side::Sell && ad.owner.id == user;
    let wanted = change.available.filter(|_| own).unwrap_or(ad.terms.available);
    let grown = wanted - ad.terms.available;
    Ok((grown > Amount::ZERO).then_some(Budget { asset: ad.asset, amount: grown }))
}

/// What a take of an ad that buys costs its taker, who sells.
///
/// # Errors
/// `AdNotFound`, and those of `Board::take_purse`.
pub fn take_purse(world: &World, take: &Take, now: Stamp) -> Result<Budget, Rejection> {
    let board = world.state.p2p.board(take.ad.board()).ok_or(Rejection::AdNotFound)?;
    let index = index(world, board.asset, board.fiat, now);
    Ok(Budget { asset: board.asset, amount: board.take_purse(take, index)? })
}
