//! What admins do: snapshots, roles and freezes, deposits without bound, stopping P2P trades, and the
//! manual clock.

use actix_web::{HttpResponse, http::StatusCode, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    body::Json,
    caller::{AdminCaller, Caller, answer, fact_of, reading},
    p2p,
    problem::{EdgeError, Problem, ProblemBody},
    system::{SnapshotTaken, Time},
    text,
    user::User,
    wallet::{MoneyBody, Wallet, balance_after},
    wire::{self, ShownTrade},
};
use crate::{
    domain::{
        account::{self, Role},
        code::Coded,
        command::{ClockMove, Command},
        fact::Body,
        id::Stamp,
        p2p::{dispute::TEXT_CHARS_MAX, trade_request::TradeRequest},
        rejection::Rejection,
        world::World,
    },
    http::wire::BodyError,
};

/// Writes a snapshot through the newest fact.
#[utoipa::path(post, path = "/api/admin/snapshots", tag = "admin", security(("bearer" = [])),
    responses((status = 200, body = SnapshotTaken), (status = 403, body = ProblemBody)))]
pub async fn snapshot(admin: AdminCaller) -> Result<HttpResponse, Problem> {
    let taken = admin.0.api.exchange.snapshot().await;
    let taken =
        taken.ok_or_else(|| Problem::of(EdgeError::Internal).saying("the snapshot failed"))?;
    Ok(reading(taken.through, &SnapshotTaken::of(taken.through, taken.digest)))
}

/// A user, as admins see it.
#[derive(Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct AdminUser {
    #[serde(flatten)]
    pub user: User,
    /// Whether the user may not place or withdraw anything.
    pub frozen: bool,
    /// How many verdicts found the user deceiving.
    pub fraud_verdicts: u64,
    /// Until when the user neither takes ads nor has BUY ads, after too many cancels.
    #[schema(format = DateTime)]
    pub barred_until: Option<String>,
}

impl AdminUser {
    fn of(user: &account::User, world: &World, now: Stamp) -> AdminUser {
        let reputation = world.state.p2p.reputation(user.id);
        let barred_until = reputation.and_then(|reputation| reputation.bars.barred_until(now));
        AdminUser {
            user: User::of(user),
            frozen: user.frozen,
            fraud_verdicts: reputation.map_or(0, |reputation| reputation.all_time().frauds),
            barred_until: barred_until.map(wire::time),
        }
    }
}

/// A user with role and freeze.
#[utoipa::path(get, path = "/api/admin/users/{username}", tag = "admin", security(("bearer" = [])),
    params(("username" = String, Path)),
    responses((status = 200, body = AdminUser), (status = 404, body = ProblemBody)))]
pub async fn user(
    admin: AdminCaller,
    username: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let now = admin.0.api.exchange.now();
    let world = admin.0.api.exchange.views().world();
    let user = world.state.accounts.named(&username).ok_or(Rejection::UserNotFound)?;
    Ok(reading(world.state.through, &AdminUser::of(user, &world, now)))
}

/// A change of a user; what is left out stays as it is.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeUserBody {
    /// USER, ARBITRATOR or ADMIN.
    #[schema(value_type = Option<wire::code::UserRole>, example = "ARBITRATOR")]
    pub role: Option<String>,
    /// A frozen user places and withdraws nothing.
    pub frozen: Option<bool>,
}

/// Changes a user's role, or freezes the user; two facts where both are asked for.
#[utoipa::path(post, path = "/api/admin/users/{username}", tag = "admin",
    request_body = ChangeUserBody, security(("bearer" = [])), params(("username" = String, Path)),
    responses((status = 200, body = AdminUser), (status = 404, body = ProblemBody)))]
pub async fn change_user(
    admin: AdminCaller,
    username: web::Path<String>,
    body: Json<ChangeUserBody>,
) -> Result<HttpResponse, Problem> {
    let AdminCaller(caller) = admin;
    let user = user_named(&caller, &username)?;
    let role = body.asked.role.as_deref().map(role_named).transpose()?;
    let set_role = role.map(|role| Command::SetRole { user: user.id, role });
    let frozen = body.asked.frozen.map(|frozen| Command::SetFrozen { user: user.id, frozen });
    let now = caller.api.exchange.now();
    let mut shown = AdminUser::of(&user, &caller.api.exchange.views().world(), now);
    let mut last = None;
    for (step, command) in (1..).zip(set_role.into_iter().chain(frozen)) {
        let outcome = caller.submit_step(command, &body.raw, step).await?;
        match &fact_of(&outcome)?.body {
            Body::RoleChanged { role, .. } => shown.user.role = role.code(),
            Body::FreezeChanged { frozen, .. } => shown.frozen = *frozen,
            _ => return Err(Problem::of(EdgeError::Internal)),
        }
        last = Some(outcome);
    }
    let nothing = || Problem::of(EdgeError::InvalidField).saying("there is nothing to change");
    Ok(answer(StatusCode::OK, &last.ok_or_else(nothing)?, &shown))
}

fn role_named(code: &str) -> Result<Role, Problem> {
    Role::from_code(code).ok_or_else(|| BodyError::Choice("role", Role::CODES).into())
}

fn user_named(caller: &Caller, username: &str) -> Result<account::User, Problem> {
    let world = caller.api.exchange.views().world();
    let user = world.state.accounts.named(username).cloned();
    user.ok_or_else(|| Problem::from(Rejection::UserNotFound))
}

/// Gives simulated money to anyone, without the day's bound.
#[utoipa::path(post, path = "/api/admin/users/{username}/deposit", tag = "admin",
    operation_id = "deposit_to",
    request_body = MoneyBody, security(("bearer" = [])), params(("username" = String, Path)),
    responses((status = 200, body = Wallet),
        (status = 422, body = ProblemBody, description = "ISSUE_LIMIT")))]
pub async fn deposit(
    admin: AdminCaller,
    username: web::Path<String>,
    body: Json<MoneyBody>,
) -> Result<HttpResponse, Problem> {
    let AdminCaller(caller) = admin;
    let (asset, amount) = body.asked.check()?;
    let to = user_named(&caller, &username)?.id;
    let command = Command::Deposit { to, asset, amount, counted: false };
    let outcome = caller.submit(command, &body.raw).await?;
    Ok(balance_after(&caller, &outcome, to, asset))
}

/// Why a P2P trade is stopped, or goes on.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FreezeBody {
    /// 1 to 2000 characters.
    #[schema(example = "a report came in")]
    reason: String,
    /// The status that the admin takes the trade to have; another one refuses the command.
    expected_state: Option<String>,
}

/// Stops a P2P trade: its deadlines stand still, and its parties' commands are refused.
#[utoipa::path(post, path = "/api/admin/p2p/trades/{id}/freeze", tag = "admin",
    request_body = FreezeBody, security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ShownTrade), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "P2P_TRADE_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "TRADE_STATE_FORBIDS, TRADE_STATE_CHANGED, with the `state`"),
        (status = 423, body = ProblemBody, description = "TRADE_FROZEN")))]
pub async fn freeze_trade(
    admin: AdminCaller,
    id: web::Path<String>,
    body: Json<FreezeBody>,
) -> Result<HttpResponse, Problem> {
    let FreezeBody { reason, expected_state } = body.asked;
    text::check("reason", &reason, TEXT_CHARS_MAX)?;
    let ask = TradeRequest::Freeze { reason };
    p2p::command(&admin.0, &id, expected_state.as_deref(), ask, &body.raw).await
}

/// Lets a P2P trade go on, with what was left of its deadlines.
#[utoipa::path(post, path = "/api/admin/p2p/trades/{id}/unfreeze", tag = "admin",
    request_body = FreezeBody, security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ShownTrade), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "P2P_TRADE_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "TRADE_NOT_FROZEN, TRADE_STATE_FORBIDS, TRADE_STATE_CHANGED, with the `state`")))]
pub async fn unfreeze_trade(
    admin: AdminCaller,
    id: web::Path<String>,
    body: Json<FreezeBody>,
) -> Result<HttpResponse, Problem> {
    let FreezeBody { reason, expected_state } = body.asked;
    text::check("reason", &reason, TEXT_CHARS_MAX)?;
    let ask = TradeRequest::Unfreeze { reason };
    p2p::command(&admin.0, &id, expected_state.as_deref(), ask, &body.raw).await
}

/// Where to move the clock: one of the two.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockBody {
    /// So many milliseconds forward.
    pub advance_ms: Option<u32>,
    /// To this time.
    #[schema(format = DateTime)]
    pub set: Option<String>,
}

/// Where the clock stands now.
#[derive(Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct ClockMoved {
    #[serde(flatten)]
    pub time: Time,
    pub sequence: u64,
}

/// Moves a manual clock; each deadline on the way has fired, and is durable, before the answer.
#[utoipa::path(post, path = "/api/admin/clock", tag = "admin", request_body = ClockBody,
    security(("bearer" = [])),
    responses((status = 200, body = ClockMoved),
        (status = 409, body = ProblemBody, description = "CLOCK_NOT_MOVABLE")))]
pub async fn move_clock(
    admin: AdminCaller,
    body: Json<ClockBody>,
) -> Result<HttpResponse, Problem> {
    let AdminCaller(caller) = admin;
    if !caller.api.exchange.has_manual_clock() {
        return Err(Problem::from(Rejection::ClockNotMovable));
    }
    let to = match (body.asked.advance_ms, body.asked.set.as_deref()) {
        (Some(millis), None) => ClockMove::AdvanceMillis(i64::from(millis)),
        (None, Some(text)) => ClockMove::To(
            wire::stamp(text).ok_or_else(|| Problem::field("set", "is not an RFC 3339 time"))?,
        ),
        _ => return Err(Problem::of(EdgeError::InvalidField).saying("give advance_ms or set")),
    };
    let outcome = caller.submit(Command::MoveClock(to), &body.raw).await?;
    let Body::ClockMoved { to } = fact_of(&outcome)?.body else {
        return Err(Problem::of(EdgeError::Internal));
    };
    let moved = ClockMoved { time: Time::of(to), sequence: outcome.sequence.0 };
    Ok(answer(StatusCode::OK, &outcome, &moved))
}
