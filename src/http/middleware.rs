//! Around every request: its id, the log line, the metrics, the headers, and refusals in one shape.
//!
//! Log lines hold the method, the path, the status, the time and the user's id: no query, no header
//! and no body, so no secret.

use std::time::Instant;

use actix_cors::Cors;
use actix_web::{
    Error, HttpMessage,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, Uri,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};

use super::{
    api::Api,
    limit::LimitState,
    problem::{Problem, from_status},
};
use crate::domain::id::{RequestId, UserId};

/// Where the browsable documentation lives.
pub const DOCS_PATH: &str = "/api/docs";

/// Gives the request an id; finishes, logs and counts the answer.
pub async fn around<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let started = Instant::now();
    normalize(&mut request);
    let id = RequestId(rand::random());
    request.extensions_mut().insert(id);
    let response = finish(next.call(request).await?, id);
    let seconds = started.elapsed().as_secs_f64();
    record(&response, id, seconds);
    Ok(response)
}

/// Makes one slash of several, and takes one off the end. Hardly any path has such.
fn normalize(request: &mut ServiceRequest) {
    let path = request.path();
    if path.len() <= 1 || !(path.ends_with('/') || path.contains("//")) {
        return;
    }
    let mut clean = String::with_capacity(request.uri().to_string().len());
    for part in path.split('/').filter(|part| !part.is_empty()) {
        clean.push('/');
        clean.push_str(part);
    }
    if clean.is_empty() {
        clean.push('/');
    }
    if let Some(query) = request.uri().query() {
        clean.push('?');
        clean.push_str(query);
    }
    let mut parts = request.uri().clone().into_parts();
    // What was a path without some of its slashes is one.
    parts.path_and_query = clean.parse().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
}

/// Counts the request against its address, before anything is done for it.
pub async fn limit<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let counted = match request.app_data::<Data<Api>>() {
        Some(api) => api.limits.address(request.request()),
        None => Ok(()),
    };
    match counted {
        Ok(()) => next.call(request).await.map(ServiceResponse::map_into_left_body),
        Err(problem) => {
            Ok(request.error_response(problem).map_into_boxed_body().map_into_right_body())
        }
    }
}

/// Lets browsers of the listed origins call.
pub fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allowed_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("idempotency-key"),
        ])
        .expose_headers([
            "Idempotent-Replayed",
            "RateLimit-Limit",
            "RateLimit-Remaining",
            "RateLimit-Reset",
            "Retry-After",
            "X-Request-Id",
            "X-Sequence",
        ])
        .max_age(3600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// Puts refusals into their one shape, and the headers that every answer has.
fn finish<B: MessageBody>(
    response: ServiceResponse<B>,
    id: RequestId,
) -> ServiceResponse<EitherBody<B, BoxBody>> {
    let status = response.status();
    let failed = status.is_client_error() || status.is_server_error();
    let mut response = match failed {
        true => refuse(response, id).map_into_right_body(),
        false => response.map_into_left_body(),
    };
    let limit = response.request().extensions().get::<LimitState>().copied();
    let docs = response.request().path().starts_with(DOCS_PATH);
    let headers = response.headers_mut();
    if let Some(limit) = limit {
        limit.write(headers);
    }
    write_id(headers, id);
    secure(headers, docs);
    response
}

/// The same refusal with its request id in it; one of the framework's own becomes a problem.
fn refuse<B: MessageBody>(response: ServiceResponse<B>, id: RequestId) -> ServiceResponse<BoxBody> {
    let error = response.response().error();
    let problem = error.and_then(|error| error.as_error::<Problem>()).cloned();
    let problem = problem.unwrap_or_else(|| from_status(response.status()));
    let (request, old) = response.into_parts();
    let mut new = problem.response(id);
    let kept = [header::ALLOW, header::VARY, header::ACCESS_CONTROL_ALLOW_ORIGIN];
    for name in kept.iter().chain([&header::ACCESS_CONTROL_EXPOSE_HEADERS]) {
        for value in old.headers().get_all(name) {
            new.headers_mut().append(name.clone(), value.clone());
        }
    }
    ServiceResponse::new(request, new)
}

fn write_id(headers: &mut HeaderMap, id: RequestId) {
    if let Ok(value) = HeaderValue::from_str(&format!("{:016x}", id.0)) {
        headers.insert(X_REQUEST_ID.clone(), value);
    }
}

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
// Values are checked letter by letter as they are made, so the same ones are made once.
static OF_PAGES: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; \
     frame-ancestors 'none'; base-uri 'none'",
);
static OF_ANSWERS: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
static NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
static DENY: HeaderValue = HeaderValue::from_static("DENY");
static NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
static NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// A page may run what we serve ourselves and nothing else; an answer of the API nothing at all.
fn secure(headers: &mut HeaderMap, docs: bool) {
    let mut put = |name, value: &HeaderValue| {
        if !headers.contains_key(&name) {
            headers.insert(name, value.clone());
        }
    };
    put(header::CONTENT_SECURITY_POLICY, if docs { &OF_PAGES } else { &OF_ANSWERS });
    put(header::X_CONTENT_TYPE_OPTIONS, &NO_SNIFF);
    put(header::X_FRAME_OPTIONS, &DENY);
    put(header::REFERRER_POLICY, &NO_REFERRER);
    if !docs {
        put(header::CACHE_CONTROL, &NO_STORE);
    }
}

fn record<B>(response: &ServiceResponse<B>, id: RequestId, seconds: f64) {
    let request = response.request();
    let (method, path, status) = (request.method(), request.path(), response.status());
    let user = request.extensions().get::<UserId>().map(|user| user.0);
    let millis = seconds * 1000.0;
    let request_id = format_args!("{:016x}", id.0);
    // What a full or stopping exchange turns away is counted, not told one by one.
    match status.is_server_error() && status.as_u16() != 503 {
        true => {
            tracing::warn!(%request_id, %method, path, status = status.as_u16(), millis, user, "answered");
        }
        false => {
            tracing::debug!(%request_id, %method, path, status = status.as_u16(), millis, user, "answered");
        }
    }
    if let Some(api) = request.app_data::<Data<Api>>() {
        let route = request.match_pattern();
        // Unknown methods and paths are the client's to make up; each label's values are few.
        let method = match method.as_str() {
            known @ ("GET" | "POST" | "PATCH" | "DELETE" | "OPTIONS" | "HEAD" | "PUT") => known,
            _ => "other",
        };
        api.metrics.count(method, route.as_deref().unwrap_or("none"), status.as_str(), seconds);
    }
}
