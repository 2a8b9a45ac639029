//! What is said in a trade, and the trail of what was done to it.

use actix_web::{HttpResponse, http::StatusCode, web::Path};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{ask_trade, trade_for, trade_id};
use crate::{
    domain::{
        account::Role,
        fact::Body,
        p2p::{dispute::TEXT_CHARS_MAX, trade_request::TradeRequest},
    },
    http::{
        body::Json,
        caller::{Caller, answer, fact_of, reading},
        page::{Page, Query, Span},
        problem::{EdgeError, Problem, ProblemBody},
        text,
        wire::{AuditEntry, P2pMessage},
    },
};

/// Which part of a list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// At most so many, 1 to 500; default 50.
    #[param(value_type = Option<u32>)]
    pub limit: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

impl PageQuery {
    /// The checked span.
    pub fn span(&self) -> Result<Span, Problem> {
        Span::read(self.limit.as_deref(), self.after.as_deref())
    }
}

/// A trade's chat, oldest first; for its parties, who decides its dispute, and admins.
#[utoipa::path(
    get,
    path = "/api/p2p/trades/{id}/messages",
    tag = "p2p",
    security(("bearer" = [])),
    params(("id" = String, Path), PageQuery),
    responses(
        (status = 200, body = Page<P2pMessage>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "P2P_TRADE_NOT_FOUND")
    )
)]
pub async fn list_messages(
    caller: Caller,
    id: Path<String>,
    Query(asked): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let (id, span) = (trade_id(&id)?, asked.span()?);
    let world = caller.api.exchange.views().world();
    trade_for(&world, &caller, id)?;
    let lines = world.history.p2p.trade(id).into_iter().flat_map(|history| &history.messages);
    let page = span.rising(
        lines,
        |line| u64::from(line.message.number),
        |line| P2pMessage::of(line.sequence, line.stamp, &line.message),
    );
    Ok(reading(world.state.through, &page))
}

/// A message.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageBody {
    /// 1 to 2000 characters.
    #[schema(example = "Sent, reference 4711")]
    text: String,
    /// The status that the caller takes the trade to have; another one refuses the message.
    expected_state: Option<String>,
}

/// Writes into a trade's chat: the parties, and who decides its dispute.
#[utoipa::path(
    post,
    path = "/api/p2p/trades/{id}/messages",
    tag = "p2p",
    security(("bearer" = [])),
    params(("id" = String, Path)),
    request_body = MessageBody,
    responses(
        (status = 201, body = P2pMessage),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody, description = "NOT_ALLOWED"),
        (status = 404, body = ProblemBody, description = "P2P_TRADE_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "TRADE_STATE_FORBIDS, TRADE_STATE_CHANGED, with the `state`"),
        (status = 422, body = ProblemBody, description = "TOO_MANY_MESSAGES"),
        (status = 423, body = ProblemBody, description = "TRADE_FROZEN")
    )
)]
pub async fn write_message(
    caller: Caller,
    id: Path<String>,
    body: Json<MessageBody>,
) -> Result<HttpResponse, Problem> {
    let id = trade_id(&id)?;
    let MessageBody { text, expected_state } = body.asked;
    text::check("text", &text, TEXT_CHARS_MAX)?;
    let ask = TradeRequest::Write { text };
    let outcome = ask_trade(&caller, id, None, expected_state.as_deref(), ask, &body.raw).await?;
    let fact = fact_of(&outcome)?;
    let Body::P2pMessage(message) = &fact.body else {
        return Err(Problem::of(EdgeError::Internal));
    };
    let message = P2pMessage::of(outcome.sequence, fact.stamp, message);
    Ok(answer(StatusCode::CREATED, &outcome, &message))
}

/// What was done to a trade, by whom and when, oldest first; messages are in the chat.
#[utoipa::path(
    get,
    path = "/api/p2p/trades/{id}/audit",
    tag = "p2p",
    security(("bearer" = [])),
    params(("id" = String, Path), PageQuery),
    responses(
        (status = 200, body = Page<AuditEntry>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "P2P_TRADE_NOT_FOUND")
    )
)]
pub async fn list_audit(
    caller: Caller,
    id: Path<String>,
    Query(asked): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let (id, span) = (trade_id(&id)?, asked.span()?);
    let world = caller.api.exchange.views().world();
    trade_for(&world, &caller, id)?;
    let entries = world.history.p2p.trade(id).into_iter().flat_map(|history| &history.audit);
    let page = span.rising(
        entries,
        |entry| entry.sequence.0,
        |entry| {
            let by = entry.by.and_then(|by| world.state.accounts.user(by));
            let by = by.map(|user| user.username.clone());
            AuditEntry::of(entry, by, caller.access.role == Role::Admin)
        },
    );
    Ok(reading(world.state.through, &page))
}
