//! What the parties, arbitrators and admins do in a dispute.

use actix_web::{HttpResponse, http::StatusCode, web::Path};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Case, Visibility, case_of, dispute_id, disputed};
use crate::{
    domain::{
        code::Coded,
        id::{DisputeId, P2pTradeId},
        p2p::{
            ad::Person,
            dispute::{DisputeReason, OutcomeKind, TEXT_CHARS_MAX, VerdictOutcome},
            trade_request::{Arbiter, TradeRequest},
        },
        rejection::Rejection,
    },
    http::{
        body::{Json, OptionalJson},
        caller::{Caller, answer},
        p2p::{ask_trade, trade_fact},
        page::read_count,
        problem::{Problem, ProblemBody},
        text,
        wire::{self, BodyError, Dispute},
    },
};

/// A dispute to open, or to join as the other party.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenDisputeBody {
    #[schema(example = "1026")]
    trade_id: String,
    /// The buyer's NOT_RELEASED, WRONG_AMOUNT_RELEASED; the seller's PAYMENT_NOT_RECEIVED,
    /// WRONG_AMOUNT, WRONG_NAME; either's OTHER.
    #[schema(value_type = wire::code::DisputeReasonCode, example = "NOT_RELEASED")]
    reason: String,
    /// What happened, 20 to 2000 characters.
    statement: String,
    /// The status that the caller takes the trade to have; another one refuses the command.
    expected_state: Option<String>,
}

/// Opens a dispute over a trade; or makes the other party's first statement in it.
#[utoipa::path(post, path = "/api/dispute", tag = "dispute", security(("bearer" = [])),
    request_body = OpenDisputeBody,
    responses((status = 201, body = Dispute), (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "P2P_TRADE_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "ALREADY_ANSWERED, DISPUTE_SEALED, TRADE_STATE_FORBIDS, TRADE_STATE_CHANGED with the `state`"),
        (status = 422, body = ProblemBody, description = "REASON_DOES_NOT_FIT, STATEMENT_TOO_SHORT"),
        (status = 423, body = ProblemBody, description = "TRADE_FROZEN")))]
pub async fn open_dispute(
    caller: Caller,
    body: Json<OpenDisputeBody>,
) -> Result<HttpResponse, Problem> {
    let Json { asked, raw } = body;
    let trade = read_count(&asked.trade_id).map(|id| P2pTradeId(id as u64));
    let trade = trade.ok_or_else(|| Problem::field("trade_id", "is not the id of a trade"))?;
    let reason = DisputeReason::from_code(&asked.reason)
        .ok_or_else(|| Problem::field("reason", "is not a reason for a dispute"))?;
    text::check("statement", &asked.statement, TEXT_CHARS_MAX)?;
    let ask = TradeRequest::OpenDispute { reason, statement: asked.statement };
    let expected = asked.expected_state.as_deref();
    let outcome = ask_trade(&caller, trade, None, expected, ask, &raw).await?;
    let trade = &trade_fact(&outcome)?.trade;
    let opened = Dispute::of(disputed(trade)?, trade, true);
    Ok(answer(StatusCode::CREATED, &outcome, &opened))
}

/// Asks something of a dispute; answers with the dispute as of its fact.
async fn ask_dispute(
    caller: &Caller,
    id: &str,
    expected: Option<&str>,
    ask: TradeRequest,
    raw: &[u8],
) -> Result<HttpResponse, Problem> {
    let id = dispute_id(id)?;
    let asked = ask_trade(caller, id.trade(), Some(id), expected, ask, raw).await;
    let outcome = asked?;
    let trade = &trade_fact(&outcome)?.trade;
    let case = Case { dispute: disputed(trade)?, trade };
    // Who handed it on has handed on the sight of it, too.
    let whole = case.sight(caller) == Some(Visibility::Whole);
    Ok(answer(StatusCode::OK, &outcome, &Dispute::of(case.dispute, trade, whole)))
}

/// A statement.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementBody {
    /// 1 to 2000 characters; a party's first one has at least 20.
    text: String,
    /// The status that the caller takes the trade to have; another one refuses the command.
    expected_state: Option<String>,
}

/// Adds a statement of a party; up to ten, until there is a verdict.
#[utoipa::path(post, path = "/api/dispute/{id}/statement", tag = "dispute",
    security(("bearer" = [])), params(("id" = String, Path)), request_body = StatementBody,
    responses((status = 200, body = Dispute), (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody), (status = 403, body = ProblemBody, description = "NOT_ALLOWED"),
        (status = 404, body = ProblemBody, description = "DISPUTE_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "DISPUTE_SEALED, TRADE_STATE_FORBIDS, TRADE_STATE_CHANGED with the `state`"),
        (status = 422, body = ProblemBody, description = "STATEMENT_TOO_SHORT, TOO_MANY_STATEMENTS"),
        (status = 423, body = ProblemBody, description = "TRADE_FROZEN")))]
pub async fn add_statement(
    caller: Caller,
    id: Path<String>,
    body: Json<StatementBody>,
) -> Result<HttpResponse, Problem> {
    let Json { asked: StatementBody { text, expected_state }, raw } = body;
    text::check("text", &text, TEXT_CHARS_MAX)?;
    let ask = TradeRequest::AddStatement { text };
    ask_dispute(&caller, &id, expected_state.as_deref(), ask, &raw).await
}

/// A command to a dispute.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputeCommandBody {
    /// The status that the caller takes the trade to have; another one refuses the command.
    #[schema(example = "DISPUTED")]
    expected_state: Option<String>,
}

/// The party that opened a dispute withdraws it, before a verdict; twice at most in a trade.
#[utoipa::path(post, path = "/api/dispute/{id}/withdraw", tag = "dispute",
    security(("bearer" = [])), params(("id" = String, Path)),
    request_body = Option<DisputeCommandBody>,
    responses((status = 200, body = Dispute), (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody, description = "NOT_THE_OPENER, NOT_ALLOWED"),
        (status = 404, body = ProblemBody, description = "DISPUTE_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "DISPUTE_SEALED, TOO_MANY_WITHDRAWALS, TRADE_STATE_FORBIDS, TRADE_STATE_CHANGED with the `state`"),
        (status = 423, body = ProblemBody, description = "TRADE_FROZEN")))]
pub async fn withdraw_dispute(
    caller: Caller,
    id: Path<String>,
    body: OptionalJson<DisputeCommandBody>,
) -> Result<HttpResponse, Problem> {
    let OptionalJson(Json { asked, raw }) = body;
    let expected = asked.expected_state.as_deref();
    ask_dispute(&caller, &id, expected, TradeRequest::Withdraw, &raw).await
}

/// An arbitrator takes a dispute that nobody has taken.
#[utoipa::path(post, path = "/api/dispute/{id}/take", tag = "dispute",
    security(("bearer" = [])), params(("id" = String, Path)),
    request_body = Option<DisputeCommandBody>,
    responses((status = 200, body = Dispute), (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody, description = "CONFLICT_OF_INTEREST, NOT_ALLOWED"),
        (status = 404, body = ProblemBody, description = "DISPUTE_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "DISPUTE_TAKEN, TRADE_STATE_FORBIDS, TRADE_STATE_CHANGED with the `state`"),
        (status = 423, body = ProblemBody, description = "TRADE_FROZEN")))]
pub async fn take_dispute(
    caller: Caller,
    id: Path<String>,
    body: OptionalJson<DisputeCommandBody>,
) -> Result<HttpResponse, Problem> {
    let OptionalJson(Json { asked, raw }) = body;
    let expected = asked.expected_state.as_deref();
    ask_dispute(&caller, &id, expected, TradeRequest::TakeDispute, &raw).await
}

/// Another arbitrator.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReassignBody {
    /// The username.
    #[schema(example = "carol")]
    arbitrator: String,
    /// The status that the caller takes the trade to have; another one refuses the command.
    expected_state: Option<String>,
}

/// The assigned arbitrator or an admin hands a dispute to another arbitrator.
#[utoipa::path(post, path = "/api/dispute/{id}/reassign", tag = "dispute",
    security(("bearer" = [])), params(("id" = String, Path)), request_body = ReassignBody,
    responses((status = 200, body = Dispute), (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody, description = "NOT_ASSIGNED, CONFLICT_OF_INTEREST, NOT_ALLOWED"),
        (status = 404, body = ProblemBody, description = "DISPUTE_NOT_FOUND, USER_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "DISPUTE_TAKEN, TRADE_STATE_FORBIDS, TRADE_STATE_CHANGED with the `state`"),
        (status = 422, body = ProblemBody, description = "NOT_AN_ARBITRATOR"),
        (status = 423, body = ProblemBody, description = "TRADE_FROZEN")))]
pub async fn reassign_dispute(
    caller: Caller,
    id: Path<String>,
    body: Json<ReassignBody>,
) -> Result<HttpResponse, Problem> {
    let Json { asked, raw } = body;
    let to = arbiter_named(&caller, dispute_id(&id)?, &asked.arbitrator)?;
    let expected = asked.expected_state.as_deref();
    ask_dispute(&caller, &id, expected, TradeRequest::Reassign { to }, &raw).await
}

/// Who is to decide a dispute, as the views know that user.
fn arbiter_named(caller: &Caller, id: DisputeId, username: &str) -> Result<Arbiter, Problem> {
    let world = caller.api.exchange.views().world();
    let user = world.state.accounts.named(username).ok_or(Rejection::UserNotFound)?;
    let contacts = &world.state.p2p.contacts;
    // Where there is no such dispute, its trade refuses whoever it is.
    let is_blocked = case_of(&world, id).is_some_and(|case| {
        let parties = [&case.trade.buyer, &case.trade.seller];
        parties.iter().any(|party| contacts.is_blocked(user.id, party.id))
    });
    let person = Person { id: user.id, name: user.username.clone() };
    Ok(Arbiter { person, role: user.role, is_blocked })
}

/// A verdict.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictBody {
    #[schema(value_type = wire::code::VerdictOutcome, example = "SPLIT")]
    outcome: String,
    /// The buyer's part in whole percent, 1 to 99; SPLIT only.
    #[schema(example = 60)]
    buyer_percent: Option<u8>,
    /// For the parties, 1 to 2000 characters.
    reason: String,
    /// Whether the loser meant to deceive. Default false.
    #[serde(default)]
    fraud: bool,
    /// The status that the caller takes the trade to have; another one refuses the command.
    expected_state: Option<String>,
}

impl VerdictBody {
    fn outcome(&self) -> Result<VerdictOutcome, Problem> {
        let field = "buyer_percent";
        let unknown = || Problem::from(BodyError::Choice("outcome", OutcomeKind::CODES));
        let outcome = OutcomeKind::from_code(&self.outcome).ok_or_else(unknown)?;
        match (outcome, self.buyer_percent) {
            (OutcomeKind::Buyer, None) => Ok(VerdictOutcome::Buyer),
            (OutcomeKind::Seller, None) => Ok(VerdictOutcome::Seller),
            (OutcomeKind::Split, Some(buyer_percent @ 1..=99)) => {
                Ok(VerdictOutcome::Split { buyer_percent })
            }
            (OutcomeKind::Split, Some(_)) => Err(Problem::field(field, "is not from 1 to 99")),
            (OutcomeKind::Split, None) => Err(Problem::field(field, "is missing")),
            (OutcomeKind::Buyer | OutcomeKind::Seller, Some(_)) => {
                Err(Problem::field(field, "goes with SPLIT only"))
            }
        }
    }
}

/// The assigned arbitrator decides. It is carried out when the time to appeal is over.
#[utoipa::path(post, path = "/api/dispute/{id}/verdict", tag = "dispute",
    security(("bearer" = [])), params(("id" = String, Path)), request_body = VerdictBody,
    responses((status = 200, body = Dispute), (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody, description = "NOT_ASSIGNED, NOT_ALLOWED"),
        (status = 404, body = ProblemBody, description = "DISPUTE_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "STATEMENTS_MISSING with `allowed_at`, TRADE_STATE_FORBIDS, TRADE_STATE_CHANGED with the `state`"),
        (status = 423, body = ProblemBody, description = "TRADE_FROZEN")))]
pub async fn give_verdict(
    caller: Caller,
    id: Path<String>,
    body: Json<VerdictBody>,
) -> Result<HttpResponse, Problem> {
    let Json { asked, raw } = body;
    let outcome = asked.outcome()?;
    text::check("reason", &asked.reason, TEXT_CHARS_MAX)?;
    let expected = asked.expected_state.as_deref();
    let ask = TradeRequest::GiveVerdict { outcome, reason: asked.reason, fraud: asked.fraud };
    ask_dispute(&caller, &id, expected, ask, &raw).await
}

/// An appeal.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppealBody {
    /// 1 to 2000 characters.
    reason: Option<String>,
    /// The status that the caller takes the trade to have; another one refuses the command.
    expected_state: Option<String>,
}

/// Who lost appeals, once: another arbitrator decides anew.
#[utoipa::path(post, path = "/api/dispute/{id}/appeal", tag = "dispute",
    security(("bearer" = [])), params(("id" = String, Path)), request_body = Option<AppealBody>,
    responses((status = 200, body = Dispute), (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody, description = "NOT_THE_LOSER, NOT_ALLOWED"),
        (status = 404, body = ProblemBody, description = "DISPUTE_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "ALREADY_APPEALED, TRADE_STATE_FORBIDS, TRADE_STATE_CHANGED with the `state`"),
        (status = 423, body = ProblemBody, description = "TRADE_FROZEN")))]
pub async fn appeal_verdict(
    caller: Caller,
    id: Path<String>,
    body: OptionalJson<AppealBody>,
) -> Result<HttpResponse, Problem> {
    let OptionalJson(Json { asked: AppealBody { reason, expected_state }, raw }) = body;
    if let Some(reason) = &reason {
        text::check("reason", reason, TEXT_CHARS_MAX)?;
    }
    ask_dispute(&caller, &id, expected_state.as_deref(), TradeRequest::Appeal { reason }, &raw)
        .await
}
