//! Escrows: the coins of P2P trades, where they are and where they went.

use actix_web::{HttpResponse, web::Path};

use super::{
    caller::{Caller, reading},
    p2p::{PageQuery, place_of, trade_for, trade_id, trades_of},
    page::{CursorSpan, Page, Query},
    problem::{Problem, ProblemBody},
    wire::Escrow,
};

/// What begins the cursors of this list.
const LETTER: char = 'e';

/// The escrows of the caller's trades, newest first: all that are open, and those of the last 200 trades
/// that ended.
#[utoipa::path(get, path = "/api/escrow", tag = "escrow", security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, body = Page<Escrow>), (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody)))]
pub async fn list_escrows(
    caller: Caller,
    Query(asked): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let span = CursorSpan::read(asked.limit.as_deref(), asked.after.as_deref(), LETTER)?;
    let world = caller.api.exchange.views().world();
    let own = trades_of(&world, caller.user).map(|trade| (place_of(trade), trade)).collect();
    let (trades, next) = span.cut(own, LETTER);
    let data = trades.into_iter().map(Escrow::of).collect();
    let window = world.history.p2p.user(caller.user).map(|own| &own.finished);
    let page = Page { data, next, window: None }.of_window(window, |ended| ended.sequence);
    Ok(reading(world.state.through, &page))
}

/// The escrow of a trade, for those who may look at the trade.
#[utoipa::path(get, path = "/api/escrow/{id}", tag = "escrow", security(("bearer" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = Escrow), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "P2P_TRADE_NOT_FOUND")))]
pub async fn show_escrow(caller: Caller, id: Path<String>) -> Result<HttpResponse, Problem> {
    let id = trade_id(&id)?;
    let world = caller.api.exchange.views().world();
    let trade = trade_for(&world, &caller, id)?;
    Ok(reading(world.state.through, &Escrow::of(trade)))
}
