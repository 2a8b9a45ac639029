//! Who calls: the user behind a bearer token, and how a command is asked in the user's name.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse,
    dev::Payload,
    http::{
        StatusCode,
        header::{self, HeaderName},
    },
    web::Data,
};
use serde::Serialize;

use super::{
    api::Api,
    idempotency::{Key, key_of},
    problem::{EdgeError, Problem},
};
use crate::{
    domain::{
        account::Role,
        command::{Command, Request},
        fact::Fact,
        id::{RequestId, Sequence, UserId},
        outcome::{Answer, Done, Outcome},
    },
    pipeline::view::Access,
};

/// A user who is logged in.
#[derive(Clone)]
pub struct Caller {
    /// What all handlers share.
    pub api: Data<Api>,
    /// Who it is.
    pub user: UserId,
    /// What the user may do; from the user's record, not from the token.
    pub access: Access,
    /// What logs and answers call this request.
    pub request: RequestId,
    key: Option<Key>,
}

/// A user in the role ADMIN.
#[derive(Clone)]
pub struct AdminCaller(pub Caller);

/// Anybody: a user who is logged in, or somebody without a token. A token that is no good is refused.
#[derive(Clone)]
pub struct Visitor {
    /// What all handlers share.
    pub api: Data<Api>,
    /// Who it is, where there is a token.
    pub caller: Option<Caller>,
}

impl Caller {
    fn of(request: &HttpRequest) -> Result<Caller, Problem> {
        let api = api_of(request)?;
        let token = bearer_token(request)?;
        let bearer = api.tokens.check(token)?;
        let access = api.exchange.views().access(bearer.user);
        let access = access.filter(|access| access.token_version == bearer.version);
        let access = access.ok_or_else(|| Problem::of(EdgeError::TokenInvalid))?;
        request.extensions_mut().insert(bearer.user);
        api.limits.user(request, bearer.user)?;
        let key = key_of(request, bearer.user)?;
        Ok(Caller { api, user: bearer.user, access, request: request_id(request), key })
    }

    /// Asks for `command`, under the request's idempotency key if it has one. `body` is the request's
    /// body as it came, empty where there was none.
    pub async fn submit(&self, command: Command, body: &[u8]) -> Answer {
        self.submit_step(command, body, 0).await
    }

    /// Like [`Caller::submit`], for the `step`-th of several commands that one request makes.
    pub async fn submit_step(&self, command: Command, body: &[u8], step: u8) -> Answer {
        self.api.exchange.submit(self.asked(command, body, step)).await
    }

    /// `command` as the exchange is asked for it, under the request's idempotency key if it has one.
    pub fn asked(&self, command: Command, body: &[u8], step: u8) -> Request {
        let key = self.key.as_ref().map(|key| key.used(&self.api.hashing, body, step));
        Request { by: Some(self.user), request: self.request, key, command }
    }

    /// The answer that the request's idempotency key had before, if it has one: for calls that look at
    /// more than the key before they ask.
    pub async fn known(&self, body: &[u8]) -> Result<Option<Outcome>, Problem> {
        let Some(key) = &self.key else { return Ok(None) };
        let key = key.used(&self.api.hashing, body, 0);
        Ok(self.api.exchange.recall(self.user, key).await?)
    }

    /// Asks for `command` without an idempotency key: where a repeat is harmless, or where the
    /// command has a key of its own.
    pub async fn submit_unkeyed(&self, command: Command) -> Answer {
        let (by, request) = (Some(self.user), self.request);
        self.api.exchange.submit(Request { by, request, key: None, command }).await
    }

    /// Whether the request came with an idempotency key.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Caller, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Caller::of(request))
    }
}

impl FromRequest for Visitor {
    type Error = Problem;
    type Future = Ready<Result<Visitor, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let named = request.headers().contains_key(header::AUTHORIZATION);
        let caller = named.then(|| Caller::of(request)).transpose();
        ready(caller.and_then(|caller| Ok(Visitor { api: api_of(request)?, caller })))
    }
}

impl FromRequest for AdminCaller {
    type Error = Problem;
    type Future = Ready<Result<AdminCaller, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let admin = Caller::of(request).and_then(|caller| match caller.access.role {
            Role::Admin => Ok(AdminCaller(caller)),
            Role::User | Role::Arbitrator => Err(Problem::of(EdgeError::Forbidden)),
        });
        ready(admin)
    }
}

/// The number that an answer stands at.
static X_SEQUENCE: HeaderName = HeaderName::from_static("x-sequence");

/// What the middleware calls this request.
pub fn request_id(request: &HttpRequest) -> RequestId {
    request.extensions().get::<RequestId>().copied().unwrap_or_default()
}

fn api_of(request: &HttpRequest) -> Result<Data<Api>, Problem> {
    let api = request.app_data::<Data<Api>>().cloned();
    api.ok_or_else(|| Problem::of(EdgeError::Internal))
}

fn bearer_token(request: &HttpRequest) -> Result<&str, Problem> {
    let missing = || Problem::of(EdgeError::Unauthorized);
    let value = request.headers().get(header::AUTHORIZATION).ok_or_else(missing)?;
    let (scheme, token) =
        value.to_str().ok().and_then(|v| v.split_once(' ')).ok_or_else(missing)?;
    match scheme.eq_ignore_ascii_case("bearer") {
        true => Ok(token.trim()),
        false => Err(missing()),
    }
}

/// The fact that a command became.
pub fn fact_of(outcome: &Outcome) -> Result<&Fact, Problem> {
    match &outcome.done {
        Done::Fact(fact) => Ok(fact),
        other => {
            tracing::error!(?other, "a command was not answered by its fact");
            Err(Problem::of(EdgeError::Internal))
        }
    }
}

/// The answer to a command that was done: its body, with its sequence and whether it is a repeat in
/// the headers.
pub fn answer(status: StatusCode, outcome: &Outcome, body: &impl Serialize) -> HttpResponse {
    let mut response = head(status, outcome.sequence);
    if outcome.replayed {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    response.json(body)
}

/// The answer to a command that was done and has nothing to say: 204.
pub fn done(outcome: &Outcome) -> HttpResponse {
    let mut response = head(StatusCode::NO_CONTENT, outcome.sequence);
    if outcome.replayed {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    response.finish()
}

/// The answer to a read: its body, and the sequence that it stands at in the headers.
pub fn reading(sequence: Sequence, body: &impl Serialize) -> HttpResponse {
    head(StatusCode::OK, sequence).json(body)
}

/// What an answer begins with.
pub fn head(status: StatusCode, sequence: Sequence) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((X_SEQUENCE.clone(), sequence.0));
    response
}
