//! Placing orders: one, many, or none at all, to see whether it would be taken.

use actix_web::{HttpResponse, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{listed, own_order};
use crate::{
    domain::{
        command::Command,
        id::{InstrumentId, OrderId, Sequence, UserId},
        instrument::Instrument,
        order::PlaceOrder,
        outcome::{Answer, Done, Outcome},
        rejection::Rejection,
        world::World,
    },
    http::{
        body::{Json, JsonBytes, named_field, parse},
        caller::{Caller, answer, reading},
        problem::{EdgeError, Problem, ProblemBody},
        wire::{Order, OrderBody, Placed, fills},
    },
};

/// The most orders of one batch.
const BATCH_MAX: usize = 100;

/// Places an order. The same order under the same `client_order_id` again gives the order as it is
/// now, with `Idempotent-Replayed: true`.
#[utoipa::path(
    post,
    path = "/api/orderbook/orders",
    tag = "orderbook",
    security(("bearer" = [])),
    request_body = OrderBody,
    responses(
        (status = 201, body = Placed, description = "Taken; its status says what became of it"),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "INSTRUMENT_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "IN_PROGRESS"),
        (status = 422, body = ProblemBody, description = "A rule refused it; no id was used up"),
        (status = 429, body = ProblemBody),
        (status = 503, body = ProblemBody)
    )
)]
pub async fn place_order(caller: Caller, body: Json<OrderBody>) -> Result<HttpResponse, Problem> {
    let (on, order) = read_order(&caller, &body.asked)?;
    let command = Command::Place { instrument: on.id, order };
    let outcome = caller.submit(command, &body.raw).await?;
    let (outcome, placed) = placed(&caller, outcome, on)?;
    Ok(answer(StatusCode::CREATED, &outcome, &placed))
}

/// What a test is answered with.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tested {
    /// The journal number at which the order would have been taken.
    pub sequence: u64,
}

/// Checks an order as if it were placed, without any effect.
#[utoipa::path(
    post,
    path = "/api/orderbook/orders/test",
    tag = "orderbook",
    security(("bearer" = [])),
    request_body = OrderBody,
    responses(
        (status = 200, body = Tested, description = "It would be taken"),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)
    )
)]
pub async fn test_order(caller: Caller, body: Json<OrderBody>) -> Result<HttpResponse, Problem> {
    let (on, order) = read_order(&caller, &body.asked)?;
    let outcome = caller.submit_unkeyed(Command::Test { instrument: on.id, order }).await?;
    let tested = Tested { sequence: outcome.sequence.0 };
    Ok(answer(StatusCode::OK, &outcome, &tested))
}

/// Many orders, on any instruments.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchBody {
    /// 1 to 100, placed in this order.
    #[schema(value_type = Vec<OrderBody>)]
    orders: Vec<Value>,
}

/// A batch in which every order can be read: then they are read at once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadableBatch {
    orders: Vec<OrderBody>,
}

/// What became of each order of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchAnswer {
    /// In the order in which they were asked.
    pub results: Vec<BatchResult>,
}

/// What became of one order of a batch: what it would have been answered with alone.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum BatchResult {
    /// It was taken.
    Placed {
        /// 201.
        status: u16,
        /// What became of it.
        #[serde(flatten)]
        placed: Box<Placed>,
        /// Whether it had been placed before under its `client_order_id`.
        replayed: bool,
    },
    /// It was refused; its `status` and `code` say why.
    #[schema(value_type = ProblemBody)]
    Refused(Value),
}

/// Places up to 100 orders, each by itself: one that is refused holds up no other. Safe to repeat
/// where each has a `client_order_id`; an `Idempotency-Key` is not taken.
#[utoipa::path(
    post,
    path = "/api/orderbook/orders/batch",
    tag = "orderbook",
    security(("bearer" = [])),
    request_body = BatchBody,
    responses(
        (status = 200, body = BatchAnswer, description = "A result for each, in order"),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 429, body = ProblemBody),
        (status = 503, body = ProblemBody)
    )
)]
pub async fn place_batch(caller: Caller, body: JsonBytes) -> Result<HttpResponse, Problem> {
    if caller.has_key() {
        let why = "a batch takes no idempotency key; give each order a client_order_id";
        return Err(Problem::of(EdgeError::InvalidIdempotencyKey).saying(why));
    }
    let read = read_batch(&caller, &body.0)?;
    if !(1..=BATCH_MAX).contains(&read.len()) {
        return Err(Problem::field("orders", "does not hold 1 to 100 orders"));
    }
    let good = || read.iter().flatten();
    let command = good().map(|(on, order)| (on.id, order.clone())).collect();
    let (sequence, answers) = submit_batch(&caller, command).await?;
    let mut answers = answers.into_iter();
    let results = read.into_iter().map(|read| {
        let placed = read.and_then(|(on, _)| {
            // There is an answer for each order that was asked for.
            let answer = answers.next().unwrap_or(Err(Rejection::OutcomeUnknown));
            placed(&caller, answer?, on)
        });
        match placed {
            Ok((outcome, placed)) => {
                let replayed = outcome.replayed;
                BatchResult::Placed { status: 201, placed: Box::new(placed), replayed }
            }
            Err(problem) => BatchResult::Refused(problem.body(caller.request)),
        }
    });
    let results = BatchAnswer { results: results.collect() };
    Ok(reading(sequence, &results))
}

/// An order of a batch, as far as it makes sense.
type Part<'a> = Result<(&'a Instrument, PlaceOrder), Problem>;

/// The orders of a batch, each with what is wrong with it.
fn read_batch<'a>(caller: &'a Caller, body: &[u8]) -> Result<Vec<Part<'a>>, Problem> {
    let asked = serde_json::from_slice::<ReadableBatch>(body);
    if let (Ok(asked), false) = (asked, body.trim_ascii_start().starts_with(b"[")) {
        return Ok(asked.orders.iter().map(|order| read_order(caller, order)).collect());
    }
    let asked: BatchBody = parse(body)?;
    Ok(asked.orders.into_iter().map(|order| read_part(caller, order)).collect())
}

fn read_part(caller: &Caller, order: Value) -> Part<'_> {
    let body: OrderBody = serde_json::from_value(order).map_err(|error| {
        let message = error.to_string();
        match named_field(&message) {
            Some(field) => Problem::field(field, message.as_str()),
            None => Problem::of(EdgeError::InvalidField).saying(message),
        }
    })?;
    read_order(caller, &body)
}

/// Nothing is asked of the exchange where no order makes sense.
async fn submit_batch(
    caller: &Caller,
    orders: Vec<(InstrumentId, PlaceOrder)>,
) -> Result<(Sequence, Vec<Answer>), Problem> {
    if orders.is_empty() {
        return Ok((caller.api.exchange.views().world().state.through, Vec::new()));
    }
    let outcome = caller.submit_unkeyed(Command::PlaceMany(orders)).await?;
    Ok(match outcome.done {
        Done::Parts(answers) => (outcome.sequence, answers),
        _ => (outcome.sequence, vec![Ok(outcome)]),
    })
}

/// The instrument that a body names, and its order in ticks and lots.
fn read_order<'a>(caller: &'a Caller, body: &OrderBody) -> Part<'a> {
    let name = body.instrument()?;
    let on = listed(caller).iter().find(|on| on.name == name);
    let on = on.ok_or(Rejection::InstrumentNotFound)?;
    let order = body.check(on)?;
    Ok((on, order))
}

/// What a placement is answered with, and whether it is a repeat.
fn placed(
    caller: &Caller,
    outcome: Outcome,
    on: &Instrument,
) -> Result<(Outcome, Placed), Problem> {
    let existing = match &outcome.done {
        Done::Existing(order) => *order,
        Done::Fact(fact) => {
            // A placement becomes a fact of its book.
            let fact = fact.book().ok_or_else(|| Problem::of(EdgeError::Internal))?;
            let placed = Placed::of(outcome.sequence, fact, on);
            return Ok((outcome, placed));
        }
        Done::Nothing | Done::Parts(_) => return Err(Problem::of(EdgeError::Internal)),
    };
    let world = caller.api.exchange.views().world();
    let placed = existing_order(&world, caller.user, existing, on, outcome.sequence)?;
    Ok((Outcome { replayed: true, ..outcome }, placed))
}

/// An order that was placed before, as it is now, with all its fills that are kept.
///
/// # Errors
/// `AnswerGone` where its client order id is still known and the order is kept no more.
pub fn existing_order(
    world: &World,
    user: UserId,
    id: OrderId,
    on: &Instrument,
    sequence: Sequence,
) -> Result<Placed, Rejection> {
    let order = own_order(world, user, id).ok_or(Rejection::AnswerGone)?;
    let trades = world.history.user(user).map(|own| own.trades.iter());
    let own = trades.into_iter().flatten().filter(|trade| trade.instrument == on.id);
    let fills = fills(id, own.map(|trade| &trade.fill), on);
    Ok(Placed { order: Order::of(order, on), fills, sequence: sequence.0 })
}
