//! The web front end: the files that its build left in `frontend/dist`, held in the binary.
//!
//! Files with a hash in their name never change and may be kept for ever. The page itself is made for
//! each answer, with a nonce of its own, under a policy that lets it run nothing else. Where the front
//! end was not built, a page says so.

use std::borrow::Cow;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{self, HeaderValue},
    },
    web::Bytes,
};
use rust_embed::RustEmbed;

use super::problem::{EdgeError, Problem};

/// What the front end's build left, and the same compressed, with `.br` behind the name.
#[derive(RustEmbed)]
#[folder = "frontend/dist"]
#[allow_missing = true]
struct Site;

const PAGE: &str = "index.html";
const NOT_BUILT: &str = include_str!("site/not_built.html");
/// What the page's nonce stands for in it.
const NONCE: &str = "%CSP_NONCE%";

/// Answers what is no route of the API: a file, or the page, which finds its way by its own routes.
///
/// # Errors
/// `NotFound` below `/api` and `/ws`, and where a file is asked for that there is none of.
pub async fn show(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let path = request.path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads || is_programs(path) {
        return Err(Problem::of(EdgeError::NotFound));
    }
    let name = path.trim_start_matches('/');
    match file(&request, name) {
        Some(answer) => Ok(answer),
        None if is_page(name) => Ok(page()),
        None => Err(Problem::of(EdgeError::NotFound)),
    }
}

/// Whether programs ask here, not people.
fn is_programs(path: &str) -> bool {
    ["/api", "/ws", "/metrics", "/healthz", "/readyz"].iter().any(|root| {
        path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Whether the front end may have a route of this name: files have an extension, routes have none.
fn is_page(name: &str) -> bool {
    name == PAGE || name.rsplit('/').all(|part| !part.contains(['.', '%', '\\']))
}

fn page() -> HttpResponse {
    let built = Site::get(PAGE).map(|file| String::from_utf8_lossy(&file.data).into_owned());
    let nonce = format!("{:032x}", rand::random::<u128>());
    let page = built.unwrap_or_else(|| NOT_BUILT.to_owned()).replace(NONCE, &nonce);
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::CONTENT_SECURITY_POLICY, policy(&nonce)))
        .insert_header(("Cross-Origin-Opener-Policy", "same-origin"))
        .insert_header((
            "Permissions-Policy",
            "camera=(), geolocation=(), microphone=(), payment=()",
        ))
        .body(page)
}

/// What the page may do: run our own files, speak with us, and nothing else. `'self'` in `connect-src`
/// covers WebSockets of the same origin.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
         base-uri 'self'; form-action 'self'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types angular angular#bundler"
    )
}

fn file(request: &HttpRequest, name: &str) -> Option<HttpResponse> {
    if name == PAGE || name.ends_with(".br") {
        return None;
    }
    let plain = Site::get(name)?;
    let tag = format!("\"{}\"", hex(&plain.metadata.sha256_hash()[..16]));
    let mut answer = HttpResponse::build(StatusCode::OK);
    answer
        .insert_header((header::CACHE_CONTROL, kept(name)))
        .insert_header((header::ETAG, tag.as_str()))
        .insert_header((header::VARY, "Accept-Encoding"));
    if asks_same(request, &tag) {
        return Some(answer.status(StatusCode::NOT_MODIFIED).finish());
    }
    answer.insert_header((header::CONTENT_TYPE, kind(name)));
    let compressed = takes_brotli(request).then(|| Site::get(&format!("{name}.br"))).flatten();
    let data = match compressed {
        Some(small) => {
            answer.insert_header((header::CONTENT_ENCODING, "br"));
            small.data
        }
        None => plain.data,
    };
    Some(answer.body(bytes(data)))
}

fn bytes(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => Bytes::from(data),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How long a file may be kept: for ever where its name changes with its content.
fn kept(name: &str) -> &'static str {
    match is_hashed(name) {
        true => "public, max-age=31536000, immutable",
        false => "public, max-age=3600",
    }
}

/// Whether a name ends in a hash, as `main-DOUISBWV.js` does.
fn is_hashed(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let hash = stem.split_once('-').map_or("", |(_, hash)| hash);
    let hash = hash.get(hash.len().saturating_sub(8)..).unwrap_or("");
    hash.len() == 8 && hash.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

fn asks_same(request: &HttpRequest, tag: &str) -> bool {
    let known = request.headers().get(header::IF_NONE_MATCH).map(HeaderValue::to_str);
    let Some(Ok(known)) = known else { return false };
    known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag)
}

fn takes_brotli(request: &HttpRequest) -> bool {
    let outcome = request.headers().get_all(header::ACCEPT_ENCODING);
    let mut codings = outcome.filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("br") && !is_zero(weight)
    })
}

/// Whether a weight such as `q=0.0` says no.
fn is_zero(weight: &str) -> bool {
    let figure = weight.trim().strip_prefix("q=");
    figure.is_some_and(|figure| figure.bytes().all(|b| matches!(b, b'0' | b'.')))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn pages_are_told_from_files_and_from_what_programs_ask() {
        for path in ["/api", "/api/", "/api/x/y", "/ws", "/metrics", "/healthz"] {
            assert!(is_programs(path), "{path}");
        }
        for path in ["/", "/trade/BTC-USD", "/apis", "/wsx", "/p2p/trades/1026"] {
            assert!(!is_programs(path), "{path}");
        }
        for name in ["", "trade/BTC-USD", "p2p", "index.html"] {
            assert!(is_page(name), "{name}");
        }
        for name in ["main.js", "a/b.css", "../etc", "%2e%2e/x", "favicon.ico"] {
            assert!(!is_page(name), "{name}");
        }
    }

    #[test]
    fn a_name_with_a_hash_is_kept_for_ever() {
        for (name, hashed) in [
            ("main-DOUISBWV.js", true),
            ("chunk-sIz8AEsJ.js", true),
            ("chunk-B_1rBftN.js", true),
            ("chunk-lO-AEK6y.js", true),
            ("favicon.svg", false),
            ("3rdpartylicenses.txt", false),
            ("a-b.js", false),
        ] {
            assert_eq!(is_hashed(name), hashed, "{name}");
        }
    }

    #[test]
    fn brotli_is_sent_to_whom_takes_it() {
        for (accepts, expected) in [
            ("gzip, deflate, br", true),
            ("br;q=1.0", true),
            ("gzip;q=1, br;q=0", false),
            ("br;q=0.0", false),
            ("gzip", false),
            ("brotli", false),
        ] {
            let request = TestRequest::get().insert_header(("Accept-Encoding", accepts));
            assert_eq!(takes_brotli(&request.to_http_request()), expected, "{accepts}");
        }
        assert!(!takes_brotli(&TestRequest::get().to_http_request()));
    }

    #[test]
    fn every_page_has_a_nonce_of_its_own() {
        let nonce = |answer: HttpResponse| {
            let policy = answer.headers().get(header::CONTENT_SECURITY_POLICY).unwrap();
            let policy = policy.to_str().unwrap().to_owned();
            policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned()
        };
        let (one, other) = (nonce(page()), nonce(page()));
        assert_eq!(one.len(), 32);
        assert_ne!(one, other);
    }
}
