//! Registration, login, logout, passwords.
//!
//! A name is checked before its password is hashed, since hashing is dear. Login says the same in the
//! same time whether the user exists or not. Tokens are never stored, so none of these calls takes an
//! idempotency key but logout.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    api::Api,
    body::Json,
    caller::{Caller, answer, done, fact_of, request_id},
    limit::AuthLimit,
    problem::{EdgeError, FieldError, Problem, ProblemBody},
    token::TOKEN_SECS,
    user::User,
    wire,
};
use crate::domain::{
    account::{self, Register, Role, email_from, is_reserved, is_username},
    command::{Command, Request},
    fact::{Body, Fact},
    id::UserId,
    ledger::Account,
    money::Asset,
    rejection::Rejection,
    wallet::Balance,
};

/// The shortest password, in bytes.
const PASSWORD_BYTES_MIN: usize = 8;
/// The longest password, in bytes: bcrypt passes over what follows byte 72, and ends with a zero.
const PASSWORD_BYTES_MAX: usize = 71;
/// The longest full name, in characters.
const FULL_NAME_MAX: usize = 100;

/// A registration.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterBody {
    /// 3 to 32 of `a-z 0-9 _`.
    #[schema(example = "alice")]
    pub username: String,
    #[schema(example = "alice@example.com")]
    #[allow(missing_docs)]
    pub email: String,
    /// 8 to 71 bytes.
    #[schema(example = "correct horse")]
    pub password: String,
    /// 1 to 100 characters.
    pub full_name: Option<String>,
}

/// A new user with the wallet that every user starts with.
#[derive(Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct Registered {
    pub user: User,
    pub wallets: Vec<wire::Balance>,
    pub sequence: u64,
}

/// Registers a user, with a funded wallet.
#[utoipa::path(post, path = "/api/auth/register", tag = "auth", request_body = RegisterBody,
    responses((status = 201, body = Registered), (status = 400, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "USERNAME_TAKEN, EMAIL_TAKEN")))]
pub async fn register(
    _limit: AuthLimit,
    api: Data<Api>,
    request: HttpRequest,
    body: Json<RegisterBody>,
) -> Result<HttpResponse, Problem> {
    let asked = body.asked;
    let email = check_registration(&asked)?;
    if is_reserved(&asked.username) {
        return Err(Problem::from(Rejection::UsernameTaken));
    }
    api.exchange.views().world().state.accounts.check_free(&asked.username, &email)?;
    let password_hash = api.exchange.passwords().hash(asked.password).await?;
    let command = Command::Register(Register {
        username: asked.username,
        email,
        full_name: asked.full_name,
        password_hash,
        role: Role::User,
        granted: true,
    });
    let request = request_id(&request);
    let outcome = api.exchange.submit(Request { by: None, request, key: None, command }).await?;
    let fact = fact_of(&outcome)?;
    let Body::UserRegistered { user, .. } = &fact.body else {
        return Err(Problem::of(EdgeError::Internal));
    };
    let registered = Registered {
        user: User::of(user),
        wallets: granted(fact, user.id),
        sequence: outcome.sequence.0,
    };
    Ok(answer(StatusCode::CREATED, &outcome, &registered))
}

/// What a registration's fact put into the new wallet.
fn granted(fact: &Fact, user: UserId) -> Vec<wire::Balance> {
    let granted = |asset: Asset| {
        let mine = fact.postings().iter().filter(|posting| {
            posting.asset == asset && posting.account == Account::Available(user)
        });
        let available = mine.map(|posting| posting.amount).sum();
        wire::Balance::of(asset, &Balance { available, ..Balance::default() })
    };
    Asset::ALL.into_iter().map(granted).collect()
}

/// Checks all fields at once; gives the email in lower case.
fn check_registration(asked: &RegisterBody) -> Result<String, Problem> {
    let mut errors = Vec::new();
    let mut note = |field: &str, fault: Option<&'static str>| {
        errors.extend(fault.map(|message| FieldError::new(field, message)));
    };
    let name_fault = "is not 3 to 32 of a-z, 0-9 and _";
    note("username", (!is_username(&asked.username)).then_some(name_fault));
    let email = email_from(&asked.email);
    note("email", email.is_none().then_some(EMAIL_FAULT));
    note("password", password_fault(&asked.password));
    note("full_name", asked.full_name.as_deref().and_then(full_name_fault));
    Problem::fields(errors)?;
    Ok(email.unwrap_or_default())
}

/// What is wrong with an email that is refused.
pub(super) const EMAIL_FAULT: &str = "is not an email address of at most 254 characters";

/// What is wrong with a full name, if anything.
pub(super) fn full_name_fault(name: &str) -> Option<&'static str> {
    let length = name.chars().count();
    let fits = (1..=FULL_NAME_MAX).contains(&length) && !name.chars().any(char::is_control);
    (!fits).then_some("is not 1 to 100 characters without control characters")
}

fn password_fault(password: &str) -> Option<&'static str> {
    let fits = (PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX).contains(&password.len());
    match fits && !password.contains('\0') {
        true => None,
        false => Some("is not 8 to 71 bytes"),
    }
}

/// A login.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginBody {
    /// The username, or the email.
    #[schema(example = "alice")]
    pub username: String,
    #[schema(example = "correct horse")]
    #[allow(missing_docs)]
    pub password: String,
}

/// A token for the `Authorization` header.
#[derive(Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct LoggedIn {
    pub access_token: String,
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds.
    #[schema(example = 86400)]
    pub expires_in: u64,
    pub user: User,
}

/// Gives a token for a name and a password.
#[utoipa::path(post, path = "/api/auth/login", tag = "auth", request_body = LoginBody,
    responses((status = 200, body = LoggedIn),
        (status = 401, body = ProblemBody, description = "INVALID_CREDENTIALS")))]
pub async fn login(
    _limit: AuthLimit,
    api: Data<Api>,
    body: Json<LoginBody>,
) -> Result<HttpResponse, Problem> {
    let LoginBody { username, password } = body.asked;
    let found = find(&api, &username);
    let user = proven(&api, found, password).await?;
    let access_token = api.tokens.issue(user.id, user.token_version)?;
    let user = User::of(&user);
    let logged_in = LoggedIn { access_token, token_type: "Bearer", expires_in: TOKEN_SECS, user };
    Ok(HttpResponse::Ok().json(logged_in))
}

/// A name holds no `@`, an email does, so one cannot be taken for the other.
fn find(api: &Api, name: &str) -> Option<account::User> {
    let world = api.exchange.views().world();
    let accounts = &world.state.accounts;
    accounts.named(name).or_else(|| accounts.with_email(name)).cloned()
}

/// The user, if the password is the user's; takes the same time where there is no user.
async fn proven(
    api: &Api,
    found: Option<account::User>,
    password: String,
) -> Result<account::User, Problem> {
    // A longer one was never registered, and bcrypt would compare its beginning only.
    let found = found.filter(|_| password.len() <= PASSWORD_BYTES_MAX);
    let hash = found.as_ref().map(|user| user.password_hash.clone());
    let same = api.exchange.passwords().verify(password, hash).await?;
    found.filter(|_| same).ok_or_else(|| Problem::of(EdgeError::InvalidCredentials))
}

/// Ends every token of the user that was given out before.
#[utoipa::path(post, path = "/api/auth/logout", tag = "auth", security(("bearer" = [])),
    responses((status = 204), (status = 401, body = ProblemBody)))]
pub async fn logout(caller: Caller) -> Result<HttpResponse, Problem> {
    Ok(done(&caller.submit(Command::LogOut, b"").await?))
}

/// A change of password.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct PasswordBody {
    pub current_password: String,
    /// 8 to 71 bytes.
    pub new_password: String,
}

/// Changes the password, and ends every token of the user.
#[utoipa::path(post, path = "/api/auth/password", tag = "auth", request_body = PasswordBody,
    security(("bearer" = [])),
    responses((status = 204),
        (status = 401, body = ProblemBody, description = "INVALID_CREDENTIALS")))]
pub async fn change_password(
    _limit: AuthLimit,
    caller: Caller,
    body: Json<PasswordBody>,
) -> Result<HttpResponse, Problem> {
    let PasswordBody { current_password, new_password } = body.asked;
    if let Some(fault) = password_fault(&new_password) {
        return Err(Problem::field("new_password", fault));
    }
    let user = caller.api.exchange.views().world().state.accounts.user(caller.user).cloned();
    proven(&caller.api, user, current_password).await?;
    let password_hash = caller.api.exchange.passwords().hash(new_password).await?;
    let command = Command::ChangePassword { user: caller.user, password_hash };
    Ok(done(&caller.submit_unkeyed(command).await?))
}
