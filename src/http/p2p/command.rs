//! What the parties do to a trade; the machine says who may do what and when.

use actix_web::{HttpResponse, http::StatusCode, web::Path};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{ask_trade, trade_fact, trade_id};
use crate::{
    domain::p2p::trade_request::TradeRequest,
    http::{
        body::{Json, OptionalJson},
        caller::{Caller, answer},
        problem::{Problem, ProblemBody},
        wire::ShownTrade,
    },
};

/// A command to a trade.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TradeCommandBody {
    /// The status that the caller takes the trade to have; another one refuses the command.
    #[schema(example = "PENDING")]
    expected_state: Option<String>,
}

/// A cancel.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelBody {
    /// That no money was sent, although it was marked as sent. Default false.
    #[serde(default)]
    not_paid: bool,
    /// The status that the caller takes the trade to have; another one refuses the command.
    expected_state: Option<String>,
}

/// Declares the command of one path: what is asked, and what may stand against it.
macro_rules! trade_command {
    ($(#[$doc:meta])* $name:ident, $path:literal, $ask:expr, $conflict:literal) => {
        $(#[$doc])*
        #[utoipa::path(
            post,
            path = $path,
            tag = "p2p",
            security(("bearer" = [])),
            params(("id" = String, Path)),
            request_body = Option<TradeCommandBody>,
            responses(
                (status = 200, body = ShownTrade, description = "The trade afterwards"),
                (status = 400, body = ProblemBody),
                (status = 401, body = ProblemBody),
                (status = 403, body = ProblemBody, description = "NOT_ALLOWED: the other party's to do"),
                (status = 404, body = ProblemBody, description = "P2P_TRADE_NOT_FOUND"),
                (status = 409, body = ProblemBody, description = $conflict),
                (status = 423, body = ProblemBody, description = "TRADE_FROZEN")
            )
        )]
        pub async fn $name(
            caller: Caller,
            id: Path<String>,
            body: OptionalJson<TradeCommandBody>,
        ) -> Result<HttpResponse, Problem> {
            let OptionalJson(Json { asked, raw }) = body;
            command(&caller, &id, asked.expected_state.as_deref(), $ask, &raw).await
        }
    };
}

trade_command!(
    /// The buyer says that the payment was sent.
    mark_sent,
    "/api/p2p/trades/{id}/payment-sent",
    TradeRequest::MarkSent,
    "TRADE_STATE_FORBIDS, TRADE_STATE_CHANGED, TRADE_EXPIRED, with the `state`"
);
trade_command!(
    /// The seller says that the payment came: the coins go to the buyer.
    confirm_payment,
    "/api/p2p/trades/{id}/confirm-payment",
    TradeRequest::Confirm,
    "PAYMENT_NOT_MARKED, TRADE_STATE_FORBIDS, TRADE_STATE_CHANGED, with the `state`"
);
trade_command!(
    /// The buyer agrees to the cancel that the seller asks for: nobody's fault.
    accept_cancel,
    "/api/p2p/trades/{id}/cancel/accept",
    TradeRequest::AcceptCancel,
    "NO_CANCEL_REQUEST, TRADE_STATE_FORBIDS, TRADE_STATE_CHANGED, with the `state`"
);
trade_command!(
    /// The buyer does not agree to the cancel that the seller asks for.
    reject_cancel,
    "/api/p2p/trades/{id}/cancel/reject",
    TradeRequest::RejectCancel,
    "NO_CANCEL_REQUEST, TRADE_STATE_FORBIDS, TRADE_STATE_CHANGED, with the `state`"
);
trade_command!(
    /// The seller gives the buyer another payment window, once.
    extend_trade,
    "/api/p2p/trades/{id}/extend",
    TradeRequest::Extend,
    "ALREADY_EXTENDED, TRADE_STATE_FORBIDS, TRADE_STATE_CHANGED, with the `state`"
);
trade_command!(
    /// The buyer gives in to a dispute: the coins go back.
    concede_trade,
    "/api/p2p/trades/{id}/concede",
    TradeRequest::Concede,
    "TRADE_STATE_FORBIDS, TRADE_STATE_CHANGED, with the `state`"
);

/// The buyer cancels, and the coins go back; or the seller asks the buyer to agree to a cancel.
#[utoipa::path(
    post,
    path = "/api/p2p/trades/{id}/cancel",
    tag = "p2p",
    security(("bearer" = [])),
    params(("id" = String, Path)),
    request_body = Option<CancelBody>,
    responses(
        (status = 200, body = ShownTrade, description = "The trade afterwards"),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "P2P_TRADE_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "CONFIRM_NOT_PAID_REQUIRED, CANCEL_ALREADY_ASKED, TRADE_STATE_FORBIDS, TRADE_STATE_CHANGED, with the `state`"),
        (status = 423, body = ProblemBody, description = "TRADE_FROZEN")
    )
)]
pub async fn cancel_trade(
    caller: Caller,
    id: Path<String>,
    body: OptionalJson<CancelBody>,
) -> Result<HttpResponse, Problem> {
    let OptionalJson(Json { asked, raw }) = body;
    let ask = TradeRequest::Cancel { not_paid: asked.not_paid };
    command(&caller, &id, asked.expected_state.as_deref(), ask, &raw).await
}

/// Asks something of the trade that a path names; answers with the trade as of its fact.
pub(in crate::http) async fn command(
    caller: &Caller,
    id: &str,
    expected: Option<&str>,
    ask: TradeRequest,
    raw: &[u8],
) -> Result<HttpResponse, Problem> {
    let outcome = ask_trade(caller, trade_id(id)?, None, expected, ask, raw).await?;
    let trade = ShownTrade::of(&trade_fact(&outcome)?.trade, caller.user);
    Ok(answer(StatusCode::OK, &outcome, &trade))
}
