//! What clients are told when something is not done: `application/problem+json` (RFC 9457).
//!
//! Every refusal leaves through here, so that each has a stable code and a request id. The codes of
//! the edge and the status of each rejection stand in the two tables below.

use std::borrow::Cow;

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::wire::{BodyError, code::ProblemCode};
use crate::domain::{id::RequestId, p2p::trade::TradeState, rejection::Rejection};

/// What the edge itself refuses, before a command is made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum EdgeError {
    BadRequest,
    InvalidJson,
    InvalidField,
    InvalidIdempotencyKey,
    Unauthorized,
    TokenInvalid,
    TokenExpired,
    InvalidCredentials,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    BodyTooSlow,
    BodyTooLarge,
    UnsupportedMediaType,
    RateLimited,
    NotReady,
    Internal,
}

impl EdgeError {
    /// Every code of the edge.
    pub const ALL: [EdgeError; 17] = [
        EdgeError::BadRequest,
        EdgeError::InvalidJson,
        EdgeError::InvalidField,
        EdgeError::InvalidIdempotencyKey,
        EdgeError::Unauthorized,
        EdgeError::TokenInvalid,
        EdgeError::TokenExpired,
        EdgeError::InvalidCredentials,
        EdgeError::Forbidden,
        EdgeError::NotFound,
        EdgeError::MethodNotAllowed,
        EdgeError::BodyTooSlow,
        EdgeError::BodyTooLarge,
        EdgeError::UnsupportedMediaType,
        EdgeError::RateLimited,
        EdgeError::NotReady,
        EdgeError::Internal,
    ];

    /// Status, code and sentence of each.
    pub fn row(self) -> (u16, &'static str, &'static str) {
        match self {
            EdgeError::BadRequest => (400, "BAD_REQUEST", "the request is malformed"),
            EdgeError::InvalidJson => (400, "INVALID_JSON", "the body is not valid JSON"),
            EdgeError::InvalidField => {
                (400, "INVALID_FIELD", "a field is missing, unknown or malformed")
            }
            EdgeError::InvalidIdempotencyKey => {
                (400, "INVALID_IDEMPOTENCY_KEY", "an idempotency key is 1 to 64 visible characters")
            }
            EdgeError::Unauthorized => (401, "UNAUTHORIZED", "this needs a bearer token"),
            EdgeError::TokenInvalid => {
                (401, "TOKEN_INVALID", "the token is not one that is valid here")
            }
            EdgeError::TokenExpired => (401, "TOKEN_EXPIRED", "the token has expired"),
            EdgeError::InvalidCredentials => {
                (401, "INVALID_CREDENTIALS", "the name and the password do not fit together")
            }
            EdgeError::Forbidden => (403, "FORBIDDEN", "this needs another role"),
            EdgeError::NotFound => (404, "NOT_FOUND", "there is nothing here"),
            EdgeError::MethodNotAllowed => {
                (405, "METHOD_NOT_ALLOWED", "the path takes other methods")
            }
            EdgeError::BodyTooSlow => (408, "BODY_TOO_SLOW", "the body did not arrive in time"),
            EdgeError::BodyTooLarge => {
                (413, "BODY_TOO_LARGE", "the body is larger than what is taken")
            }
            EdgeError::UnsupportedMediaType => {
                (415, "UNSUPPORTED_MEDIA_TYPE", "the body has to be application/json")
            }
            EdgeError::RateLimited => (429, "RATE_LIMITED", "too many requests; slow down"),
            EdgeError::NotReady => (503, "NOT_READY", "the exchange does not take commands"),
            EdgeError::Internal => (500, "INTERNAL", "something went wrong here"),
        }
    }
}

/// The HTTP status of each rejection.
fn status_of(rejection: &Rejection) -> u16 {
    use Rejection::*;
    match rejection {
        UserFrozen | Blocked | Barred(_) | NotAllowed | NotTheOpener | NotAssigned
        | ConflictOfInterest | NotTheLoser => 403,
        InstrumentNotFound
        | OrderNotFound
        | UserNotFound
        | AdNotFound
        | P2pTradeNotFound
        | DisputeNotFound
        | PaymentAccountNotFound => 404,
        InProgress
        | OrderNotOpen(_)
        | OrderWaits
        | UsernameTaken
        | EmailTaken
        | AnswerGone
        | ClockNotMovable
        | AdStatusForbids(_)
        | AdHidden(_)
        | AdChanged(_)
        | PriceMoved(_)
        | PriceUnavailable
        | AdAmountExceeded(..)
        | AdAmountTaken
        | AlreadyTaken
        | TradeStateForbids(_)
        | TradeStateChanged(_)
        | TradeExpired
        | TradeNotFrozen(_)
        | PaymentNotMarked
        | ConfirmNotPaidRequired(_)
        | CancelAlreadyAsked(_)
        | TooManyCancelRequests(_)
        | NoCancelRequest(_)
        | AlreadyExtended
        | AlreadyAnswered
        | DisputeSealed
        | TooManyWithdrawals
        | DisputeTaken
        | StatementsMissing(_)
        | AlreadyAppealed
        | AlreadyReviewed
        | ReviewWindowOver => 409,
        TradeFrozen => 423,
        InsufficientFunds
        | OffTick
        | OffLot
        | PriceTooLarge
        | QuantityTooLarge
        | BelowMinNotional
        | AboveMaxNotional
        | PriceOutOfBand
        | PostOnlyWouldCross
        | StopWouldTrigger
        | NoLiquidity
        | DisplayTooSmall
        | QuantityNotAboveFilled
        | TooManyOpenOrders
        | ClientOrderIdReused
        | DepositLimit
        | WithdrawalLimit
        | IssueLimit
        | IdempotencyKeyReused
        | AmountBelowLimit
        | LimitsCrossed
        | PaymentWindowTooLong
        | ExpiresInPast
        | FiatNotOffered
        | OwnAd
        | OutsideLimits
        | AmountTooSmall
        | MethodNotOffered
        | ConditionNotMet(_)
        | TooManyAds
        | TooManyP2pTrades
        | TooManyMessages
        | ReasonDoesNotFit
        | StatementTooShort
        | TooManyStatements
        | TooMuchEvidence
        | NotAnArbitrator
        | TooManyPaymentAccounts
        | TooManyContacts
        | NotYourself => 422,
        TooManyInFlight | TooManyIdempotencyKeys => 429,
        Overloaded | Stopping | OutcomeUnknown => 503,
    }
}

/// After how many seconds to try again, where trying again may help.
fn retry_after_secs(rejection: &Rejection) -> Option<u64> {
    use Rejection::*;
    match rejection {
        TooManyIdempotencyKeys => Some(3600),
        TooManyInFlight | Overloaded | InProgress => Some(1),
        Stopping | OutcomeUnknown => Some(5),
        _ => None,
    }
}

/// A field that is at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Its name, with its path where it is nested: `orders[3].price`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl FieldError {
    /// `field` is at fault, since it `message`.
    pub fn new(field: &str, message: &str) -> FieldError {
        FieldError { field: field.to_owned(), message: message.to_owned() }
    }
}

/// The body of every refusal.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
#[allow(missing_docs)]
pub struct ProblemBody {
    #[schema(example = "urn:souk:problem:insufficient-funds")]
    pub r#type: String,
    #[schema(example = "Insufficient funds")]
    pub title: String,
    #[schema(example = 422)]
    pub status: u16,
    pub detail: String,
    /// Stable, for programs.
    #[schema(value_type = ProblemCode, example = "INSUFFICIENT_FUNDS")]
    pub code: &'static str,
    /// As in `X-Request-Id`.
    pub request_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What else the client needs to go on, such as `state`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub more: Map<String, Value>,
}

/// Why a request was refused.
#[derive(Clone, Debug)]
pub struct Problem(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    more: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A refusal of the edge, in its usual words.
    pub fn of(edge: EdgeError) -> Problem {
        let (status, code, detail) = edge.row();
        let problem = Problem::new(status, code, detail);
        match edge {
            EdgeError::TokenInvalid | EdgeError::TokenExpired => {
                problem.with_header(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")
            }
            EdgeError::Unauthorized | EdgeError::InvalidCredentials => {
                problem.with_header(header::WWW_AUTHENTICATE, "Bearer")
            }
            EdgeError::NotReady => problem.with_retry_after(5),
            EdgeError::BodyTooLarge | EdgeError::BodyTooSlow => {
                problem.with_header(header::CONNECTION, "close")
            }
            _ => problem,
        }
    }

    /// A field that makes no sense.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Problem {
        Problem::of(EdgeError::InvalidField).at(field, message)
    }

    /// Some fields that make no sense; nothing where there are none.
    pub fn fields(errors: Vec<FieldError>) -> Result<(), Problem> {
        if errors.is_empty() {
            return Ok(());
        }
        let mut problem = Problem::of(EdgeError::InvalidField);
        problem.0.errors = errors;
        Err(problem)
    }

    fn new(status: u16, code: &'static str, detail: &'static str) -> Problem {
        Problem(Box::new(Inner {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code,
            detail: Cow::Borrowed(detail),
            errors: Vec::new(),
            more: Map::new(),
            headers: Vec::new(),
        }))
    }

    /// Says it in other words.
    pub fn saying(mut self, detail: impl Into<Cow<'static, str>>) -> Problem {
        self.0.detail = detail.into();
        self
    }

    /// Points at a field.
    pub fn at(mut self, field: impl Into<String>, message: impl Into<String>) -> Problem {
        self.0.errors.push(FieldError { field: field.into(), message: message.into() });
        self
    }

    /// Adds a member that the client needs to go on.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Problem {
        self.0.more.insert(name.to_owned(), value.into());
        self
    }

    /// Adds the `state` that stands in the way, unless it is there already.
    pub fn with_state(mut self, state: &str) -> Problem {
        self.0.more.entry("state").or_insert_with(|| state.into());
        self
    }

    /// Adds `Retry-After`, in seconds.
    pub fn with_retry_after(self, secs: u64) -> Problem {
        self.with_header_value(header::RETRY_AFTER, HeaderValue::from(secs))
    }

    /// Adds a header.
    pub fn with_header(self, name: HeaderName, value: &'static str) -> Problem {
        self.with_header_value(name, HeaderValue::from_static(value))
    }

    fn with_header_value(mut self, name: HeaderName, value: HeaderValue) -> Problem {
        self.0.headers.push((name, value));
        self
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The body, as JSON.
    pub fn body(&self, request: RequestId) -> Value {
        json!(self.rendered(request))
    }

    fn rendered(&self, request: RequestId) -> ProblemBody {
        let problem = &self.0;
        ProblemBody {
            r#type: format!("urn:souk:problem:{}", problem.code.to_lowercase().replace('_', "-")),
            title: title(problem.code),
            status: problem.status.as_u16(),
            detail: problem.detail.to_string(),
            code: problem.code,
            request_id: format!("{:016x}", request.0),
            errors: problem.errors.clone(),
            more: problem.more.clone(),
        }
    }

    /// The answer, for the request with this id.
    pub fn response(&self, request: RequestId) -> HttpResponse {
        let mut response = HttpResponse::build(self.0.status);
        for header in &self.0.headers {
            response.insert_header(header.clone());
        }
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        // A body of strings and plain maps cannot fail to serialize.
        response.body(serde_json::to_vec(&self.rendered(request)).unwrap_or_default())
    }
}

/// `INSUFFICIENT_FUNDS` as `Insufficient funds`.
fn title(code: &str) -> String {
    let mut title = code.to_lowercase().replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Problem {
        let problem = Problem::new(status_of(&rejection), rejection.code(), rejection.detail());
        let problem = match retry_after_secs(&rejection) {
            Some(secs) => problem.with_retry_after(secs),
            None => problem,
        };
        match rejection {
            Rejection::OrderNotOpen(status) => problem.with("state", status.code()),
            Rejection::OrderWaits => problem.with("state", "PENDING"),
            Rejection::AdStatusForbids(status) => problem.with("state", status.code()),
            Rejection::AdHidden(hidden) => problem
                .with("state", super::wire::ShownStatus::Hidden.code())
                .with("hidden_reason", hidden.code()),
            Rejection::AdChanged(version) => problem.with("version", version),
            Rejection::PriceMoved(price) => problem.with("price", price.print()),
            Rejection::AdAmountExceeded(left, asset) => {
                problem.with("remaining_amount", asset.print(left))
            }
            Rejection::ConditionNotMet(condition) => problem.with("condition", condition.code()),
            Rejection::Barred(until) | Rejection::StatementsMissing(until) => {
                problem.with("allowed_at", super::wire::time(until))
            }
            Rejection::TradeStateForbids(state)
            | Rejection::TradeStateChanged(state)
            | Rejection::TradeNotFrozen(state)
            | Rejection::ConfirmNotPaidRequired(state)
            | Rejection::CancelAlreadyAsked(state)
            | Rejection::TooManyCancelRequests(state)
            | Rejection::NoCancelRequest(state) => problem.with("state", state.code()),
            Rejection::TradeExpired => problem.with("state", TradeState::Expired.code()),
            Rejection::PaymentNotMarked => problem.with("state", TradeState::Pending.code()),
            _ => problem,
        }
    }
}

impl From<BodyError> for Problem {
    fn from(fault: BodyError) -> Problem {
        match fault {
            BodyError::Field(field, message) => Problem::field(field, message),
            BodyError::Choice(field, codes) => Problem::field(field, super::wire::none_of(codes)),
            BodyError::Rule(field, rejection) => {
                let message = rejection.detail();
                Problem::from(rejection).at(field, message)
            }
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    /// Rendered without a request id; the middleware, which knows it, renders it again.
    fn error_response(&self) -> HttpResponse {
        self.response(RequestId(0))
    }
}

/// What an error of the framework itself becomes.
pub fn from_status(status: StatusCode) -> Problem {
    let edge = match status.as_u16() {
        401 => EdgeError::Unauthorized,
        403 => EdgeError::Forbidden,
        404 => EdgeError::NotFound,
        405 => EdgeError::MethodNotAllowed,
        408 => EdgeError::BodyTooSlow,
        413 => EdgeError::BodyTooLarge,
        415 => EdgeError::UnsupportedMediaType,
        429 => EdgeError::RateLimited,
        503 => EdgeError::NotReady,
        400..=499 => EdgeError::BadRequest,
        _ => EdgeError::Internal,
    };
    Problem::of(edge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::order::OrderStatus;

    #[test]
    fn codes_of_the_edge_are_upper_snake_and_unlike_each_other() {
        let codes: std::collections::HashSet<_> =
            EdgeError::ALL.iter().map(|e| e.row().1).collect();
        assert_eq!(codes.len(), EdgeError::ALL.len());
        let plain = |b: u8| b.is_ascii_uppercase() || b == b'_';
        assert!(codes.iter().all(|code| code.bytes().all(plain)));
    }

    #[test]
    fn every_code_is_in_the_documentation() {
        let page = include_str!("../../docs/errors.md");
        for (status, code, _) in EdgeError::ALL.map(EdgeError::row) {
            assert!(page.contains(&format!("| {status} | `{code}` |")), "{code}");
        }
        let source = include_str!("../domain/rejection.rs");
        let named =
            source.lines().filter_map(|line| line.split_once(" => \"")?.1.split('"').next());
        let codes: Vec<&str> = named.filter(|text| !text.contains(' ')).collect();
        assert!(codes.len() > 30);
        codes.iter().for_each(|code| assert!(page.contains(&format!("| `{code}` |")), "{code}"));
    }

    #[test]
    fn a_problem_says_what_the_client_needs_to_go_on() {
        let problem = Problem::from(Rejection::OrderNotOpen(OrderStatus::Filled));
        let body = problem.body(RequestId(255));
        assert_eq!(
            body,
            json!({
                "type": "urn:souk:problem:order-not-open", "title": "Order not open", "status": 409,
                "detail": "the order is closed", "code": "ORDER_NOT_OPEN",
                "request_id": "00000000000000ff", "state": "FILLED",
            })
        );
    }

    #[test]
    fn a_rule_that_a_field_breaks_keeps_its_code_and_names_the_field() {
        let problem = Problem::from(BodyError::Rule("price", Rejection::OffTick));
        let body = problem.body(RequestId(1));
        assert_eq!((&body["status"], &body["code"]), (&json!(422), &json!("OFF_TICK")));
        assert_eq!(body["errors"][0]["field"], "price");
        let malformed = Problem::from(BodyError::Field("price", "is missing")).body(RequestId(1));
        assert_eq!(
            (&malformed["status"], &malformed["code"]),
            (&json!(400), &json!("INVALID_FIELD"))
        );
    }

    #[test]
    fn whoever_should_come_back_is_told_when() {
        for rejection in [Rejection::Overloaded, Rejection::Stopping, Rejection::TooManyInFlight] {
            let response = Problem::from(rejection).response(RequestId(1));
            assert!(response.headers().contains_key(header::RETRY_AFTER));
        }
    }
}
