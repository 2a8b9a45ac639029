//! Changing and ending orders: amend, cancel, cancel all, and the dead man's switch.

use actix_web::{HttpResponse, http::StatusCode, web::Path};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{instrument_named, order_listed, own_order};
use crate::{
    domain::{
        command::{CancelReason, Command, OrderName},
        fact::{Body, BookFact},
        id::{OrderId, UserId},
        outcome::{Done, Outcome},
        rejection::Rejection,
        world::World,
    },
    http::{
        body::Json,
        caller::{Caller, answer},
        page::Query,
        problem::{EdgeError, Problem, ProblemBody},
        wire::{self, AmendBody, Cancelled, Order, Placed},
    },
};

/// The longest that a dead man's switch can be set to: a day.
const SWITCH_MILLIS_MAX: u64 = 86_400_000;

/// Changes a resting order's price or whole quantity. A smaller quantity keeps its place in the
/// queue, everything else loses it; a new price may trade at once.
#[utoipa::path(
    patch,
    path = "/api/orderbook/orders/{id}",
    tag = "orderbook",
    security(("bearer" = [])),
    params(("id" = String, Path)),
    request_body = AmendBody,
    responses(
        (status = 200, body = Placed, description = "The order afterwards, and what it traded"),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "ORDER_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "ORDER_NOT_OPEN with its `state`, or ORDER_NOT_AMENDABLE"),
        (status = 422, body = ProblemBody)
    )
)]
pub async fn amend_order(
    caller: Caller,
    id: Path<String>,
    body: Json<AmendBody>,
) -> Result<HttpResponse, Problem> {
    let (order, on) = order_listed(&caller, &id)?;
    let (price, quantity) = body.asked.check(on)?;
    let command = Command::Amend { order, price, quantity };
    let submitted = caller.submit(command, &body.raw).await;
    let outcome = submitted.map_err(|rejection| explain(&caller, order, rejection))?;
    let placed = Placed::of(outcome.sequence, book_fact(&outcome)?, on);
    Ok(answer(StatusCode::OK, &outcome, &placed))
}

/// Cancels an order.
#[utoipa::path(
    delete,
    path = "/api/orderbook/orders/{id}",
    tag = "orderbook",
    security(("bearer" = [])),
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Order, description = "The order as it ended"),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "ORDER_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "ORDER_NOT_OPEN with its `state`")
    )
)]
pub async fn cancel_order(caller: Caller, id: Path<String>) -> Result<HttpResponse, Problem> {
    let (order, on) = order_listed(&caller, &id)?;
    let submitted = caller.submit(Command::Cancel(OrderName::Id(order)), b"").await;
    let outcome = submitted.map_err(|rejection| explain(&caller, order, rejection))?;
    let ended = Order::of(&book_fact(&outcome)?.orders[0], on);
    Ok(answer(StatusCode::OK, &outcome, &ended))
}

/// A book knows open orders only; the caller's history knows what became of the others.
fn explain(caller: &Caller, order: OrderId, rejection: Rejection) -> Problem {
    match rejection {
        Rejection::OrderNotFound => {
            let world = caller.api.exchange.views().world();
            not_open(&world, caller.user, order).into()
        }
        other => other.into(),
    }
}

/// Why an order that its book does not know cannot be changed.
pub fn not_open(world: &World, user: UserId, order: OrderId) -> Rejection {
    match own_order(world, user, order) {
        Some(order) => Rejection::OrderNotOpen(order.status),
        None => Rejection::OrderNotFound,
    }
}

/// The fact of a command to one book.
fn book_fact(outcome: &Outcome) -> Result<&BookFact, Problem> {
    match &outcome.done {
        Done::Fact(fact) => fact.book(),
        _ => None,
    }
    .ok_or_else(|| Problem::of(EdgeError::Internal))
}

/// Which orders to cancel.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CancelQuery {
    /// Only those of this instrument.
    instrument: Option<String>,
}

/// Cancels everything that the caller has open, on one instrument or on all.
#[utoipa::path(
    delete,
    path = "/api/orderbook/orders",
    tag = "orderbook",
    security(("bearer" = [])),
    params(CancelQuery),
    responses(
        (status = 200, body = Cancelled),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "INSTRUMENT_NOT_FOUND")
    )
)]
pub async fn cancel_orders(
    caller: Caller,
    Query(asked): Query<CancelQuery>,
) -> Result<HttpResponse, Problem> {
    let instrument = match &asked.instrument {
        None => None,
        Some(name) => Some(instrument_named(&caller.api.exchange.views().world(), name)?.id),
    };
    let command = Command::CancelAll { instrument, reason: CancelReason::Owner };
    let outcome = caller.submit(command, b"").await?;
    let facts = facts_of(&outcome)?;
    let cancelled = Cancelled::of(outcome.sequence, caller.user, facts);
    Ok(answer(StatusCode::OK, &outcome, &cancelled))
}

/// The book facts of a command to many books; a book where nothing was open has none.
fn facts_of(outcome: &Outcome) -> Result<Vec<&BookFact>, Problem> {
    let mut facts = Vec::new();
    match &outcome.done {
        Done::Parts(parts) => {
            for part in parts {
                match part {
                    Ok(part) => facts.extend(facts_of(part)?),
                    Err(rejection) => return Err(rejection.clone().into()),
                }
            }
        }
        Done::Fact(fact) => facts.extend(fact.book()),
        Done::Existing(_) | Done::Nothing => {}
    }
    Ok(facts)
}

/// When to cancel everything.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchBody {
    /// From now, at most a day; 0 disarms the switch.
    #[schema(example = 60_000, maximum = 86_400_000)]
    timeout_ms: u64,
}

/// How the dead man's switch stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct Switch {
    /// When everything will be cancelled; null where the switch is disarmed.
    #[schema(format = DateTime)]
    pub cancel_at: Option<String>,
    /// The journal's number of it.
    pub sequence: u64,
}

/// Sets the dead man's switch: unless it is set anew before, all open orders of the caller are
/// cancelled after `timeout_ms`.
#[utoipa::path(
    post,
    path = "/api/orderbook/orders/cancel-all-after",
    tag = "orderbook",
    security(("bearer" = [])),
    request_body = SwitchBody,
    responses(
        (status = 200, body = Switch),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody)
    )
)]
pub async fn cancel_all_after(
    caller: Caller,
    body: Json<SwitchBody>,
) -> Result<HttpResponse, Problem> {
    let timeout_ms = body.asked.timeout_ms;
    if timeout_ms > SWITCH_MILLIS_MAX {
        return Err(Problem::field("timeout_ms", "is more than a day, 86400000"));
    }
    let outcome = caller.submit(Command::ArmSwitch { timeout_ms }, &body.raw).await?;
    let deadline = match &outcome.done {
        Done::Fact(fact) => match fact.body {
            Body::SwitchArmed { deadline, .. } => deadline,
            _ => None,
        },
        _ => None,
    };
    let switch = Switch { cancel_at: deadline.map(wire::time), sequence: outcome.sequence.0 };
    Ok(answer(StatusCode::OK, &outcome, &switch))
}
