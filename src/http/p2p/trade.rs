//! Taking ads, and looking at the trades that come of it.

use actix_web::{HttpResponse, http::StatusCode, web::Path};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{ad::explain, place_of, trade_fact, trade_for, trade_id, trades_of};
use crate::{
    domain::{
        command::Command,
        id::UserId,
        p2p::trade::{P2pTrade, TradeState},
        rejection::Rejection,
    },
    http::{
        body::Json,
        caller::{Caller, answer, reading},
        page::{CursorSpan, Page, Query},
        problem::{Problem, ProblemBody},
        wire::{self, ShownTrade, TakeBody, Taken, code::TradeRole},
    },
};

/// What begins the cursors of lists of trades.
const LETTER: char = 't';

/// Takes an ad: its coins go into escrow, and the buyer's time to pay begins.
#[utoipa::path(
    post,
    path = "/api/p2p/trades",
    tag = "p2p",
    security(("bearer" = [])),
    request_body = TakeBody,
    responses(
        (status = 201, body = Taken),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody, description = "USER_FROZEN, BLOCKED, BARRED with `allowed_at`"),
        (status = 404, body = ProblemBody, description = "AD_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "AD_NOT_ACTIVE with its `state`, AD_CHANGED with its `version`, PRICE_MOVED with the `price`, AD_AMOUNT_EXCEEDED with the `remaining_amount`, PRICE_UNAVAILABLE, ALREADY_TAKEN"),
        (status = 422, body = ProblemBody, description = "OWN_AD, OUTSIDE_LIMITS, AMOUNT_TOO_SMALL, PAYMENT_METHOD_NOT_OFFERED, CONDITION_NOT_MET with the `condition`, INSUFFICIENT_FUNDS, TOO_MANY_P2P_TRADES")
    )
)]
pub async fn take_ad(caller: Caller, body: Json<TakeBody>) -> Result<HttpResponse, Problem> {
    let ad = body.asked.ad()?;
    let (asset, fiat) = {
        let world = caller.api.exchange.views().world();
        let board = world.state.p2p.board(ad.board()).ok_or(Rejection::AdNotFound)?;
        (board.asset, board.fiat)
    };
    let take = body.asked.check(asset, fiat)?;
    let submitted = caller.submit(Command::TakeAd(take), &body.raw).await;
    let outcome = submitted.map_err(|rejection| explain(&caller, ad, rejection, false))?;
    let taken = Taken::of(outcome.sequence, &trade_fact(&outcome)?.trade, caller.user);
    Ok(answer(StatusCode::CREATED, &outcome, &taken))
}

/// A trade, for its parties, who decides its dispute, and admins.
#[utoipa::path(
    get,
    path = "/api/p2p/trades/{id}",
    tag = "p2p",
    security(("bearer" = [])),
    params(("id" = String, Path)),
    responses(
        (status = 200, body = ShownTrade),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "P2P_TRADE_NOT_FOUND")
    )
)]
pub async fn show_p2p_trade(caller: Caller, id: Path<String>) -> Result<HttpResponse, Problem> {
    let id = trade_id(&id)?;
    let world = caller.api.exchange.views().world();
    let trade = trade_for(&world, &caller, id)?;
    Ok(reading(world.state.through, &ShownTrade::of(trade, caller.user)))
}

/// Which trades.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct P2pTradesQuery {
    /// `OPEN`, `CLOSED`, or one status such as `PAYMENT_SENT`.
    #[param(value_type = Option<wire::code::P2pTradeStatusFilter>)]
    status: Option<String>,
    /// What the caller is in it: BUYER, SELLER, MAKER or TAKER.
    #[param(value_type = Option<wire::code::P2pTradeRole>)]
    role: Option<String>,
    /// At most so many, 1 to 500; default 50.
    #[param(value_type = Option<u32>)]
    limit: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// The caller's trades, newest first: all that are open, and the last 200 that ended.
#[utoipa::path(
    get,
    path = "/api/p2p/trades",
    tag = "p2p",
    security(("bearer" = [])),
    params(P2pTradesQuery),
    responses(
        (status = 200, body = Page<ShownTrade>),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody)
    )
)]
pub async fn list_p2p_trades(
    caller: Caller,
    Query(asked): Query<P2pTradesQuery>,
) -> Result<HttpResponse, Problem> {
    let status = asked.status.as_deref().map(StatusFilter::read).transpose()?;
    let role = asked.role.as_deref().map(TradeRole::read).transpose()?;
    let span = CursorSpan::read(asked.limit.as_deref(), asked.after.as_deref(), LETTER)?;
    let world = caller.api.exchange.views().world();
    let wanted = trades_of(&world, caller.user)
        .filter(|trade| status.is_none_or(|wanted| wanted.fits(trade.state)))
        .filter(|trade| role.is_none_or(|role| role.fits(trade, caller.user)))
        .map(|trade| (place_of(trade), trade))
        .collect();
    let (trades, next) = span.cut(wanted, LETTER);
    let data = trades.into_iter().map(|trade| ShownTrade::of(trade, caller.user)).collect();
    let window = world.history.p2p.user(caller.user).map(|own| &own.finished);
    let page = Page { data, next, window: None }.of_window(window, |ended| ended.sequence);
    Ok(reading(world.state.through, &page))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StatusFilter {
    Open,
    Closed,
    Is(TradeState),
}

impl StatusFilter {
    fn read(text: &str) -> Result<StatusFilter, Problem> {
        let code = text.to_ascii_uppercase();
        match code.as_str() {
            "OPEN" => Ok(StatusFilter::Open),
            "CLOSED" => Ok(StatusFilter::Closed),
            code => TradeState::from_code(code)
                .map(StatusFilter::Is)
                .ok_or_else(|| Problem::field("status", "is not OPEN, CLOSED or a status")),
        }
    }

    fn fits(self, state: TradeState) -> bool {
        match self {
            StatusFilter::Open => state.is_open(),
            StatusFilter::Closed => !state.is_open(),
            StatusFilter::Is(wanted) => state == wanted,
        }
    }
}

impl TradeRole {
    fn read(code: &str) -> Result<TradeRole, Problem> {
        let unknown = || Problem::field("role", "is not BUYER, SELLER, MAKER or TAKER");
        TradeRole::from_code(code).ok_or_else(unknown)
    }

    fn fits(self, trade: &P2pTrade, user: UserId) -> bool {
        let person = match self {
            TradeRole::Buyer => &trade.buyer,
            TradeRole::Seller => &trade.seller,
            TradeRole::Maker => trade.maker(),
            TradeRole::Taker => trade.taker(),
        };
        person.id == user
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_open_closed_or_its_code() {
        for state in TradeState::ALL {
            assert_eq!(StatusFilter::read(state.code()).unwrap(), StatusFilter::Is(state));
            assert_ne!(StatusFilter::Open.fits(state), StatusFilter::Closed.fits(state));
        }
        assert_eq!(StatusFilter::read("open").unwrap(), StatusFilter::Open);
        assert!(StatusFilter::read("DONE").is_err());
    }
}
