//! Users: one's own profile, what others see of it, and notifications.

use actix_web::{HttpResponse, http::StatusCode, web};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    api::Api,
    auth::{EMAIL_FAULT, full_name_fault},
    body::Json,
    caller::{Caller, answer, fact_of, reading},
    page::{Page, Query, Span, read_count},
    problem::{EdgeError, Problem, ProblemBody},
    reputation::reputation_of,
    wire::{self, TradeRecord},
};
use crate::domain::{
    account::{self, email_from},
    command::Command,
    fact::Body,
    rejection::Rejection,
};

/// A user, as the user and admins see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct User {
    #[schema(example = "1")]
    pub id: String,
    #[schema(example = "alice")]
    pub username: String,
    pub email: String,
    pub full_name: Option<String>,
    /// USER, ARBITRATOR or ADMIN.
    #[schema(value_type = wire::code::UserRole, example = "USER")]
    pub role: &'static str,
    #[schema(format = DateTime)]
    pub created_at: String,
}

impl User {
    /// `user`, without what nobody needs to know.
    pub fn of(user: &account::User) -> User {
        User {
            id: user.id.to_string(),
            username: user.username.clone(),
            email: user.email.clone(),
            full_name: user.full_name.clone(),
            role: user.role.code(),
            created_at: wire::time(user.created_at),
        }
    }
}

/// The caller's own profile.
#[utoipa::path(get, path = "/api/user/me", tag = "user", security(("bearer" = [])),
    responses((status = 200, body = User), (status = 401, body = ProblemBody)))]
pub async fn me(caller: Caller) -> Result<HttpResponse, Problem> {
    let world = caller.api.exchange.views().world();
    let user = world.state.accounts.user(caller.user).ok_or(Rejection::UserNotFound)?;
    Ok(reading(world.state.through, &User::of(user)))
}

/// A change of profile; what is left out stays as it is.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileBody {
    /// The new email.
    pub email: Option<String>,
    /// The new full name; `null` removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub full_name: Option<Option<String>>,
}

/// Tells a field that is `null` from one that is not there.
fn present<'de, D: Deserializer<'de>>(field: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(field).map(Some)
}

/// Changes the caller's profile.
#[utoipa::path(patch, path = "/api/user/me", tag = "user", request_body = ProfileBody,
    security(("bearer" = [])),
    responses((status = 200, body = User),
        (status = 409, body = ProblemBody, description = "EMAIL_TAKEN")))]
pub async fn change_me(caller: Caller, body: Json<ProfileBody>) -> Result<HttpResponse, Problem> {
    let ProfileBody { email, full_name } = body.asked;
    if email.is_none() && full_name.is_none() {
        return Err(Problem::of(EdgeError::InvalidField).saying("there is nothing to change"));
    }
    if let Some(fault) = full_name.iter().flatten().find_map(|name| full_name_fault(name)) {
        return Err(Problem::field("full_name", fault));
    }
    let fault = || Problem::field("email", EMAIL_FAULT);
    let email = email.map(|email| email_from(&email).ok_or_else(fault)).transpose()?;
    let command = Command::ChangeProfile { email, full_name };
    let outcome = caller.submit(command, &body.raw).await?;
    let Body::ProfileChanged { email, full_name, .. } = &fact_of(&outcome)?.body else {
        return Err(Problem::of(EdgeError::Internal));
    };
    let world = caller.api.exchange.views().world();
    let user = world.state.accounts.user(caller.user).ok_or(Rejection::UserNotFound)?;
    let (email, full_name) = (email.clone(), full_name.clone());
    let changed = User { email, full_name, ..User::of(user) };
    Ok(answer(StatusCode::OK, &outcome, &changed))
}

/// What everyone may know of a user.
#[derive(Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct Profile {
    pub username: String,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Of all time; without data each figure is `null` or 0.
    pub reputation: TradeRecord,
}

/// The public profile of a user.
#[utoipa::path(get, path = "/api/user/{username}", tag = "user",
    params(("username" = String, Path)),
    responses((status = 200, body = Profile), (status = 404, body = ProblemBody)))]
pub async fn profile(
    api: web::Data<Api>,
    username: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let now = api.exchange.now();
    let world = api.exchange.views().world();
    let user = world.state.accounts.named(&username).ok_or(Rejection::UserNotFound)?;
    let profile = Profile {
        username: user.username.clone(),
        created_at: wire::time(user.created_at),
        reputation: TradeRecord::within(&reputation_of(&world, user.id), None, now),
    };
    Ok(reading(world.state.through, &profile))
}

/// Which notifications are asked for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NotificationQuery {
    /// At most so many, up to 500; 50 where it is left out.
    #[param(value_type = Option<u32>)]
    pub limit: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// The caller's notifications, newest first.
#[utoipa::path(get, path = "/api/user/notifications", tag = "user", security(("bearer" = [])),
    params(NotificationQuery), responses((status = 200, body = Page<wire::Notification>)))]
pub async fn notifications(
    caller: Caller,
    Query(asked): Query<NotificationQuery>,
) -> Result<HttpResponse, Problem> {
    let span = Span::read(asked.limit.as_deref(), asked.after.as_deref())?;
    let world = caller.api.exchange.views().world();
    let read_through = world.state.notifications_read(caller.user);
    let window = world.history.user(caller.user).map(|own| &own.notifications);
    let newest_first = window.into_iter().flat_map(|window| window.iter().rev());
    let page = span.falling(
        newest_first,
        |told| told.number,
        |told| {
            let on = told.notice.instrument().and_then(|id| world.state.book(id));
            wire::Notification::of(told, on.map(|book| book.instrument()), read_through)
        },
    );
    Ok(reading(world.state.through, &page.of_window(window, |told| told.sequence)))
}

/// What was read.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadBody {
    /// The id of the newest notification that was read.
    #[schema(example = "12")]
    pub through: String,
}

/// What was read.
#[derive(Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct ReadThrough {
    pub through: String,
    pub sequence: u64,
}

/// Marks notifications as read, up to and including one.
#[utoipa::path(post, path = "/api/user/notifications/read", tag = "user", request_body = ReadBody,
    security(("bearer" = [])),
    responses((status = 200, body = ReadThrough), (status = 400, body = ProblemBody)))]
pub async fn read_notifications(
    caller: Caller,
    body: Json<ReadBody>,
) -> Result<HttpResponse, Problem> {
    let through = read_count(&body.asked.through)
        .ok_or_else(|| Problem::field("through", "is not the id of a notification"))?;
    let through = {
        let world = caller.api.exchange.views().world();
        let notified = world.history.user(caller.user).map_or(0, |own| own.notified());
        // What was read stays read, and what is not there yet cannot have been.
        (through as u64).min(notified).max(world.state.notifications_read(caller.user))
    };
    let outcome = caller.submit(Command::ReadNotifications { through }, &body.raw).await?;
    let Body::NotificationsRead { through, .. } = &fact_of(&outcome)?.body else {
        return Err(Problem::of(EdgeError::Internal));
    };
    let read = ReadThrough { through: through.to_string(), sequence: outcome.sequence.0 };
    Ok(answer(StatusCode::OK, &outcome, &read))
}
