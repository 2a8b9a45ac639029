//! What admins do: snapshots, roles and freezes, deposits without bound, and the manual clock.

use actix_web::{HttpResponse, http::StatusCode, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    body::Json,
    caller::{AdminCaller, Caller, answer, fact_of, reading},
    problem::{Edge, Problem, ProblemBody},
    system::{SnapshotTaken, Time},
    user::User,
    wallet::{MoneyBody, Wallet, balance_after},
    wire,
};
use crate::{
    actors::command::{ClockMove, Command},
    domain::{
        account::{self, Role},
        fact::Body,
        rejection::Rejection,
    },
};

/// Writes a snapshot through the newest fact.
#[utoipa::path(post, path = "/api/admin/snapshots", tag = "admin", security(("bearer" = [])),
    responses((status = 200, body = SnapshotTaken), (status = 403, body = ProblemBody)))]
pub async fn snapshot(admin: AdminCaller) -> Result<HttpResponse, Problem> {
    let taken = admin.0.api.exchange.snapshot().await;
    let taken = taken.ok_or_else(|| Problem::of(Edge::Internal).saying("the snapshot failed"))?;
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
}

impl AdminUser {
    fn of(user: &account::User) -> AdminUser {
        AdminUser { user: User::of(user), frozen: user.frozen }
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
    let world = admin.0.api.exchange.views().world();
    let user = world.state.accounts.named(&username).ok_or(Rejection::UserNotFound)?;
    Ok(reading(world.state.through, &AdminUser::of(user)))
}

/// A change of a user; what is left out stays as it is.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeUserBody {
    /// USER, ARBITRATOR or ADMIN.
    #[schema(example = "ARBITRATOR")]
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
    let mut shown = AdminUser::of(&user);
    let mut last = None;
    for (step, command) in (1..).zip(set_role.into_iter().chain(frozen)) {
        let accepted = caller.submit_step(command, &body.raw, step).await?;
        match &fact_of(&accepted)?.body {
            Body::RoleChanged { role, .. } => shown.user.role = role.code(),
            Body::FreezeChanged { frozen, .. } => shown.frozen = *frozen,
            _ => return Err(Problem::of(Edge::Internal)),
        }
        last = Some(accepted);
    }
    let nothing = || Problem::of(Edge::InvalidField).saying("there is nothing to change");
    Ok(answer(StatusCode::OK, &last.ok_or_else(nothing)?, &shown))
}

fn role_named(code: &str) -> Result<Role, Problem> {
    Role::from_code(code).ok_or_else(|| Problem::field("role", "is not USER, ARBITRATOR or ADMIN"))
}

fn user_named(caller: &Caller, username: &str) -> Result<account::User, Problem> {
    let world = caller.api.exchange.views().world();
    let user = world.state.accounts.named(username).cloned();
    user.ok_or_else(|| Problem::from(Rejection::UserNotFound))
}

/// Gives simulated money to anyone, without the day's bound.
#[utoipa::path(post, path = "/api/admin/users/{username}/deposit", tag = "admin",
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
    let accepted = caller.submit(command, &body.raw).await?;
    Ok(balance_after(&caller, &accepted, to, asset))
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
        _ => return Err(Problem::of(Edge::InvalidField).saying("give advance_ms or set")),
    };
    let accepted = caller.submit(Command::MoveClock(to), &body.raw).await?;
    let Body::ClockMoved { to } = fact_of(&accepted)?.body else {
        return Err(Problem::of(Edge::Internal));
    };
    let moved = ClockMoved { time: Time::of(to), sequence: accepted.sequence.0 };
    Ok(answer(StatusCode::OK, &accepted, &moved))
}
