//! Request bodies: JSON of a bounded size that arrives in time, and says which field is at fault.
//!
//! Types that are read with this are `deny_unknown_fields`; money is a `String` in them, so that a
//! JSON number, which may have lost digits, is refused.

use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header,
    web::{Bytes, BytesMut, Data},
};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;

use super::{
    api::Api,
    problem::{EdgeError, Problem},
};

/// The largest JSON body, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// A JSON body, and its bytes as they came.
#[derive(Clone, Debug)]
pub struct Json<T> {
    /// What it says.
    pub asked: T,
    /// For telling whether a repeated request has the same body.
    pub raw: Bytes,
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Json<T>, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let checked = check_type(request).and_then(|()| check_length(request, BODY_BYTES_MAX));
        let (deadline, payload) = (deadline_of(request), payload.take());
        Box::pin(async move {
            checked?;
            let raw = read(payload, BODY_BYTES_MAX, deadline).await?;
            let asked = parse(&raw)?;
            Ok(Json { asked, raw })
        })
    }
}

/// The bytes of a JSON body, for who reads them alone.
#[derive(Clone, Debug)]
pub struct JsonBytes(pub Bytes);

impl FromRequest for JsonBytes {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<JsonBytes, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let checked = check_type(request).and_then(|()| check_length(request, BODY_BYTES_MAX));
        let (deadline, payload) = (deadline_of(request), payload.take());
        Box::pin(async move {
            checked?;
            Ok(JsonBytes(read(payload, BODY_BYTES_MAX, deadline).await?))
        })
    }
}

/// A JSON body of which every member may be left out, and so may the body: nothing reads as `{}`.
#[derive(Clone, Debug)]
pub struct OptionalJson<T>(pub Json<T>);

impl<T: DeserializeOwned + 'static> FromRequest for OptionalJson<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<OptionalJson<T>, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (typed, sized) = (check_type(request), check_length(request, BODY_BYTES_MAX));
        let (deadline, payload) = (deadline_of(request), payload.take());
        Box::pin(async move {
            sized?;
            let raw = read(payload, BODY_BYTES_MAX, deadline).await?;
            let asked = match raw.is_empty() {
                true => parse(b"{}")?,
                false => typed.and_then(|()| parse(&raw))?,
            };
            Ok(OptionalJson(Json { asked, raw }))
        })
    }
}

/// How long a body may take to arrive.
pub fn deadline_of(request: &HttpRequest) -> Duration {
    let api = request.app_data::<Data<Api>>();
    api.map_or(Duration::from_secs(10), |api| api.settings.body_deadline)
}

fn check_type(request: &HttpRequest) -> Result<(), Problem> {
    match request.content_type().trim().eq_ignore_ascii_case("application/json") {
        true => Ok(()),
        false => Err(Problem::of(EdgeError::UnsupportedMediaType)),
    }
}

/// Checks the length that the head announces, before any of the body is read.
pub fn check_length(request: &HttpRequest, most: usize) -> Result<(), Problem> {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    match length {
        Some(length) if length > most as u64 => Err(Problem::of(EdgeError::BodyTooLarge)),
        _ => Ok(()),
    }
}

/// Reads a whole body of at most `most` bytes within `deadline`.
pub async fn read(mut payload: Payload, most: usize, deadline: Duration) -> Result<Bytes, Problem> {
    let whole = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| Problem::of(EdgeError::BadRequest))?;
            if body.len() + chunk.len() > most {
                return Err(Problem::of(EdgeError::BodyTooLarge));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    let read = tokio::time::timeout(deadline, whole).await;
    read.unwrap_or_else(|_| Err(Problem::of(EdgeError::BodyTooSlow)))
}

/// Reads a JSON object; nesting deeper than 128 is refused by the parser.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // Derived readers would take a list for an object, its members by position.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::of(EdgeError::InvalidJson).saying("the body has to be a JSON object"));
    }
    // Nearly all are good; only of one that is not has to be known where.
    if let Ok(asked) = serde_json::from_slice(bytes) {
        return Ok(asked);
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let asked = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        explain(&path, error.inner())
    })?;
    reader.end().map_err(|error| explain(".", &error))?;
    Ok(asked)
}

fn explain(path: &str, error: &serde_json::Error) -> Problem {
    let message = error.to_string();
    if !error.is_data() {
        return Problem::of(EdgeError::InvalidJson).saying(message);
    }
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(text, _)| text);
    field_fault(path, message)
}

fn field_fault(path: &str, message: &str) -> Problem {
    let field = match (path, named_field(message)) {
        (".", Some(name)) => name.to_owned(),
        (path, Some(name)) if path.rsplit('.').next() != Some(name) => format!("{path}.{name}"),
        (".", None) => return Problem::of(EdgeError::InvalidJson).saying(message.to_owned()),
        (path, _) => path.to_owned(),
    };
    Problem::field(field, message)
}

/// The missing, unknown or repeated field that a deserializer's message names.
pub fn named_field(message: &str) -> Option<&str> {
    let named = ["missing field `", "unknown field `", "duplicate field `"];
    named.iter().find_map(|start| message.strip_prefix(start)?.split('`').next())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Order {
        price: String,
        post_only: Option<bool>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Orders {
        orders: Vec<Order>,
    }

    fn fault<T: DeserializeOwned>(text: &str) -> String {
        let Err(problem) = parse::<T>(text.as_bytes()) else { return String::from("good") };
        let body = problem.body(Default::default());
        match body["errors"][0]["field"].as_str() {
            Some(field) => format!("{} {field}", problem.code()),
            None => problem.code().to_owned(),
        }
    }

    #[test]
    fn a_good_body_is_read() {
        let text = r#"{"orders":[{"price":"1.0"},{"price":"2","post_only":true}]}"#;
        let read: Orders = parse(text.as_bytes()).unwrap();
        let read: Vec<_> = read.orders.iter().map(|o| (o.price.as_str(), o.post_only)).collect();
        assert_eq!(read, [("1.0", None), ("2", Some(true))]);
    }

    #[test]
    fn the_field_at_fault_is_named() {
        for (text, expected) in [
            (r#"{"price":"1"}"#, "good"),
            (r#"{"price":1}"#, "INVALID_FIELD price"),
            (r#"{"price":1.5}"#, "INVALID_FIELD price"),
            (r#"{"price":null}"#, "INVALID_FIELD price"),
            (r#"{}"#, "INVALID_FIELD price"),
            (r#"{"price":"1","post_only":"yes"}"#, "INVALID_FIELD post_only"),
            (r#"{"price":"1","prize":"2"}"#, "INVALID_FIELD prize"),
            (r#"{"price":"1","price":"2"}"#, "INVALID_FIELD price"),
            (r#"[]"#, "INVALID_JSON"),
            (r#" ["1"]"#, "INVALID_JSON"),
            (r#""price""#, "INVALID_JSON"),
            (r#"{"price":"1"} x"#, "INVALID_JSON"),
            (r#"{"price":"1""#, "INVALID_JSON"),
            (r#"{"price":NaN}"#, "INVALID_JSON"),
            ("", "INVALID_JSON"),
        ] {
            assert_eq!(fault::<Order>(text), expected, "{text}");
        }
        let nested = r#"{"orders":[{"price":"1"},{"price":2}]}"#;
        assert_eq!(fault::<Orders>(nested), "INVALID_FIELD orders[1].price");
        let missing = r#"{"orders":[{}]}"#;
        assert_eq!(fault::<Orders>(missing), "INVALID_FIELD orders[0].price");
    }

    #[actix_web::test]
    async fn a_body_may_be_left_out_where_nothing_in_it_is_needed() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Asked {
            flag: Option<bool>,
        }
        let json = Some("application/json");
        for (kind, text, expected) in [
            (None, "", Ok(None)),
            (Some("text/plain"), "", Ok(None)),
            (json, "{}", Ok(None)),
            (json, r#"{"flag":true}"#, Ok(Some(true))),
            (None, "{}", Err("UNSUPPORTED_MEDIA_TYPE")),
            (json, "[]", Err("INVALID_JSON")),
            (json, r#"{"flog":true}"#, Err("INVALID_FIELD")),
        ] {
            let request = actix_web::test::TestRequest::post().set_payload(text);
            let request = match kind {
                Some(kind) => request.insert_header((header::CONTENT_TYPE, kind)),
                None => request,
            };
            let (request, mut payload) = request.to_http_parts();
            let read = OptionalJson::<Asked>::from_request(&request, &mut payload).await;
            let read = read.map(|OptionalJson(body)| body.asked.flag);
            assert_eq!(read.map_err(|problem| problem.code()), expected, "{kind:?} {text}");
        }
    }

    #[test]
    fn deep_nesting_and_broken_text_are_refused() {
        let deep = r#"{"a":"#.repeat(10_000) + "1" + &"}".repeat(10_000);
        assert_eq!(fault::<serde_json::Value>(&deep), "INVALID_JSON");
        assert!(parse::<serde_json::Value>(b"\"\xff\"").is_err());
    }
}
