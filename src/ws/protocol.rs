//! What clients say and are told, apart from events: operations, their answers, refusals.

use std::collections::HashMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::{
    domain::id::RequestId,
    http::{
        problem::{EdgeError, Problem},
        wire,
    },
};

/// The largest message from a client, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// What an `id` may be long, in bytes.
const ID_BYTES_MAX: usize = 64;
/// The longest time over which updates are conflated, in milliseconds.
pub const CONFLATE_MS_MAX: u64 = 60_000;
/// Over how long updates are conflated where the client does not say.
pub const CONFLATE_MS: u64 = 100;
/// The most levels of each side that a snapshot has, and what it has where the client does not say.
pub const DEPTH_MAX: usize = 5_000;

/// The name of a request, which its answer repeats.
pub type Id = Option<Value>;

/// What is refused before a command is made of it. Codes that REST knows too are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ProtocolError {
    UnknownOperation,
    UnknownChannel,
    NotAuthenticated,
    OtherUser,
    TokenRevoked,
    TooManyInFlight,
}

impl ProtocolError {
    /// Status, code and sentence of each.
    fn row(self) -> (u16, &'static str, &'static str) {
        match self {
            ProtocolError::UnknownOperation => {
                (400, "UNKNOWN_OPERATION", "`op` is none of those that are known")
            }
            ProtocolError::UnknownChannel => (404, "UNKNOWN_CHANNEL", "there is no such channel"),
            ProtocolError::NotAuthenticated => {
                (401, "UNAUTHORIZED", "this needs `auth` with a token first")
            }
            ProtocolError::OtherUser => {
                (409, "ALREADY_AUTHENTICATED", "this connection is another user's already")
            }
            ProtocolError::TokenRevoked => {
                (401, "TOKEN_INVALID", "the token is dead: private channels have ended")
            }
            ProtocolError::TooManyInFlight => {
                (429, "TOO_MANY_IN_FLIGHT", "too many commands of this connection are under way")
            }
        }
    }
}

/// Why an operation was refused.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// By this layer: the fault, and what it is about.
    ProtocolError(ProtocolError, Option<String>),
    /// In the same words as REST.
    Problem(Problem),
}

impl From<ProtocolError> for Refusal {
    fn from(fault: ProtocolError) -> Refusal {
        Refusal::ProtocolError(fault, None)
    }
}

impl<T: Into<Problem>> From<T> for Refusal {
    fn from(problem: T) -> Refusal {
        Refusal::Problem(problem.into())
    }
}

impl Refusal {
    /// The message that says so.
    pub fn text(&self, id: &Id) -> String {
        let mut body = match self {
            Refusal::ProtocolError(fault, about) => {
                let (status, code, detail) = fault.row();
                let detail = match about {
                    Some(about) => format!("{detail}: {about}"),
                    None => detail.to_owned(),
                };
                Map::from_iter([
                    ("code".into(), code.into()),
                    ("status".into(), status.into()),
                    ("detail".into(), detail.into()),
                ])
            }
            Refusal::Problem(problem) => match problem.body(RequestId::default()) {
                Value::Object(mut body) => {
                    body.remove("title");
                    body.remove("request_id");
                    body
                }
                _ => Map::new(),
            },
        };
        body.insert("type".into(), "error".into());
        if let Some(id) = id {
            body.insert("id".into(), id.clone());
        }
        Value::Object(body).to_string()
    }
}

/// What every operation has.
#[derive(Deserialize)]
struct Head {
    op: Option<Value>,
    id: Option<Value>,
}

/// An operation, with the name that its answer repeats.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Operation {
    Auth(Auth),
    Subscribe(Subscribe),
    Unsubscribe(Unsubscribe),
    Ping,
    Place(Box<wire::OrderBody>),
    Cancel(Cancel),
}

/// Says who the client is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    #[serde(rename = "op")]
    _op: String,
    #[serde(rename = "id")]
    _id: Option<Value>,
    /// An access token, as REST gives it.
    pub token: String,
    /// Whether the user's open orders are cancelled when this connection ends; unchanged if absent.
    pub cancel_on_disconnect: Option<bool>,
}

/// Asks for channels.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscribe {
    #[serde(rename = "op")]
    _op: String,
    #[serde(rename = "id")]
    _id: Option<Value>,
    /// Their names.
    pub channels: Vec<String>,
    /// Over how many milliseconds books and tickers are conflated; 0 is not at all.
    pub conflate_ms: Option<u64>,
    /// Levels of each side in a snapshot.
    pub depth: Option<usize>,
    /// The last sequence that the client has of some of the channels.
    #[serde(default)]
    pub resume: HashMap<String, u64>,
}

/// Gives channels back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unsubscribe {
    #[serde(rename = "op")]
    _op: String,
    #[serde(rename = "id")]
    _id: Option<Value>,
    /// Their names.
    pub channels: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ping {
    #[serde(rename = "op")]
    _op: String,
    #[serde(rename = "id")]
    _id: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    #[serde(rename = "op")]
    _op: String,
    #[serde(rename = "id")]
    _id: Option<Value>,
    order: Box<wire::OrderBody>,
}

/// Names the order to cancel by one of the two.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    #[serde(rename = "op")]
    _op: String,
    #[serde(rename = "id")]
    _id: Option<Value>,
    /// By our name for it.
    pub order_id: Option<String>,
    /// By the client's own.
    pub client_order_id: Option<String>,
}

/// Reads a message. What cannot be read is refused, under its name if it has one.
pub fn read(text: &str) -> (Id, Result<Operation, Refusal>) {
    if text.trim_start().starts_with('[') {
        return (
            None,
            Err(Problem::of(EdgeError::InvalidJson).saying("a message is an object").into()),
        );
    }
    let head: Head = match serde_json::from_str(text) {
        Ok(head) => head,
        Err(error) => return (None, Err(malformed(&error))),
    };
    let id = match head.id {
        Some(id) if !is_id(&id) => {
            let why = "is not an integer or a string of at most 64 bytes";
            return (None, Err(Problem::field("id", why).into()));
        }
        id => id,
    };
    let operation = match head.op.as_ref().and_then(Value::as_str) {
        Some("auth") => parse(text).map(Operation::Auth),
        Some("subscribe") => parse(text).map(Operation::Subscribe),
        Some("unsubscribe") => parse(text).map(Operation::Unsubscribe),
        Some("ping") => parse::<Ping>(text).map(|_| Operation::Ping),
        Some("order.place") => parse::<Place>(text).map(|place| Operation::Place(place.order)),
        Some("order.cancel") => parse(text).map(Operation::Cancel),
        _ => Err(ProtocolError::UnknownOperation.into()),
    };
    (id, operation)
}

fn is_id(id: &Value) -> bool {
    id.is_i64() || id.is_u64() || id.as_str().is_some_and(|text| text.len() <= ID_BYTES_MAX)
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Refusal> {
    serde_json::from_str(text).map_err(|error| malformed(&error))
}

fn malformed(error: &serde_json::Error) -> Refusal {
    let edge = match error.classify() {
        serde_json::error::Category::Data => EdgeError::InvalidField,
        _ => EdgeError::InvalidJson,
    };
    Problem::of(edge).saying(error.to_string()).into()
}

/// The answer `kind` to the request `id`, with the members of `more`.
pub fn answer(kind: &str, id: &Id, more: Value) -> String {
    let mut body = match more {
        Value::Object(body) => body,
        _ => Map::new(),
    };
    body.insert("type".into(), kind.into());
    if let Some(id) = id {
        body.insert("id".into(), id.clone());
    }
    Value::Object(body).to_string()
}

/// The answer to a command on an order.
#[derive(Serialize)]
pub struct OrderAnswer<'a> {
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: &'a Id,
    order: wire::Order,
    #[serde(skip_serializing_if = "Option::is_none")]
    fills: Option<Vec<wire::Fill>>,
    sequence: u64,
}

/// An order was placed, or had been before.
pub fn placed(id: &Id, placed: wire::Placed) -> String {
    let wire::Placed { order, fills, sequence } = placed;
    text(&OrderAnswer { r#type: "order.placed", id, order, fills: Some(fills), sequence })
}

/// An order was cancelled.
pub fn cancelled(id: &Id, order: wire::Order, sequence: u64) -> String {
    text(&OrderAnswer { r#type: "order.cancelled", id, order, fills: None, sequence })
}

/// That we are here, when there was nothing else to say.
pub fn heartbeat(sequence: u64, timestamp: String) -> String {
    json!({"type": "heartbeat", "sequence": sequence, "timestamp": timestamp}).to_string()
}

/// Anything of ours as JSON.
pub fn text(shape: &impl Serialize) -> String {
    // Strings, numbers and lists of them cannot fail to serialize.
    serde_json::to_string(shape).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Value {
        let (id, operation) = read(text);
        let refusal = operation.err().unwrap_or_else(|| panic!("{text} is taken"));
        serde_json::from_str(&refusal.text(&id)).unwrap()
    }

    #[test]
    fn what_cannot_be_read_is_refused_under_its_name() {
        for (text, id, code) in [
            ("", Value::Null, "INVALID_JSON"),
            ("{", Value::Null, "INVALID_JSON"),
            ("[\"ping\",1]", Value::Null, "INVALID_JSON"),
            (r#"{"op":"dance","id":3}"#, json!(3), "UNKNOWN_OPERATION"),
            (r#"{"id":"a"}"#, json!("a"), "UNKNOWN_OPERATION"),
            (r#"{"op":7,"id":"a"}"#, json!("a"), "UNKNOWN_OPERATION"),
            (r#"{"op":"ping","id":1.5}"#, Value::Null, "INVALID_FIELD"),
            (r#"{"op":"ping","id":{}}"#, Value::Null, "INVALID_FIELD"),
            (r#"{"op":"ping","id":1,"more":2}"#, json!(1), "INVALID_FIELD"),
            (r#"{"op":"auth","id":1}"#, json!(1), "INVALID_FIELD"),
            (r#"{"op":"subscribe","id":1,"channels":"orders"}"#, json!(1), "INVALID_FIELD"),
            (r#"{"op":"subscribe","channels":[],"conflate_ms":-1}"#, Value::Null, "INVALID_FIELD"),
            (r#"{"op":"order.place","id":1}"#, json!(1), "INVALID_FIELD"),
            (r#"{"op":"order.place","id":1,"order":{"size":"1"}}"#, json!(1), "INVALID_FIELD"),
        ] {
            let told = refused(text);
            assert_eq!((&told["id"], &told["code"]), (&id, &json!(code)), "{text}");
            assert_eq!(told["type"], "error");
            assert!(told["status"].is_number() && told["detail"].is_string(), "{told}");
        }
        let deep = format!(r#"{{"op":"ping","id":{}1{}}}"#, "[".repeat(2000), "]".repeat(2000));
        assert_eq!(refused(&deep)["code"], "INVALID_JSON");
    }

    #[test]
    fn an_order_may_be_named_by_either_name() {
        let (id, operation) = read(r#"{"op":"order.cancel","id":8,"client_order_id":"a"}"#);
        assert_eq!(id, Some(json!(8)));
        assert!(matches!(operation, Ok(Operation::Cancel(Cancel { order_id: None, .. }))));
    }
}
