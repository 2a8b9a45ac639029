//! What no client should send: each gets a clear refusal, changes nothing, and harms nobody else.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    app::TestApp,
    exchange::{Reply, User},
};

const DEPOSIT: &str = "/api/wallet/deposit";
const GOOD: &str = r#"{"currency":"USD","amount":"1.00"}"#;

async fn posts(user: &User, body: &str) -> Reply {
    user.post_text(DEPOSIT, body, "application/json").await
}

#[actix::test]
async fn broken_json_is_refused() {
    let app = TestApp::start();
    let alice = app.register("alice").await;
    let before = app.sequence().await;
    let deep = format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000));
    let deep_field = format!(r#"{{"currency":{deep}}}"#);
    for body in [
        "",
        "{",
        "null",
        "5",
        "[]",
        "\"text\"",
        r#"{"currency":"USD","amount":"1.00"}}"#,
        r#"{"currency":"USD","amount":"1.00"}{}"#,
        r#"{"currency":"USD","amount":NaN}"#,
        r#"{'currency':'USD'}"#,
        "\u{feff}{}",
        &deep,
    ] {
        posts(&alice, body).await.is_refused(400, "INVALID_JSON");
    }
    for body in [
        "{}",
        r#"{"currency":"USD","amount":"1.00","amount":"2.00"}"#,
        r#"{"currency":"USD","amount":["1.00"]}"#,
        r#"{"currency":"USD","amount":1.00}"#,
        r#"{"currency":"USD","amount":100000000000000000000000000000000000000000}"#,
        r#"{"currency":"USD","amount":"1.00","":""}"#,
        &deep_field,
    ] {
        posts(&alice, body).await.is_refused(400, "INVALID_FIELD");
    }
    let bytes = app.raw(Method::POST, DEPOSIT).bearer_auth(app.token("alice").await);
    let bytes =
        bytes.header("content-type", "application/json").body(b"{\"currency\":\"\xff\"}".to_vec());
    assert_eq!(bytes.send().await.unwrap().status().as_u16(), 400);
    assert_eq!(app.sequence().await, before);
    posts(&alice, GOOD).await.is_done(200);
}

#[actix::test]
async fn only_json_is_taken() {
    let app = TestApp::start();
    let alice = app.register("alice").await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "", "x"] {
        let reply = alice.post_text(DEPOSIT, GOOD, kind).await;
        reply.is_refused(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    for kind in ["application/json; charset=utf-8", "Application/JSON"] {
        alice.post_text(DEPOSIT, GOOD, kind).await.is_done(200);
    }
}

#[actix::test]
async fn a_body_of_64_kib_is_the_largest() {
    let app = TestApp::start();
    let alice = app.register("alice").await;
    let of = |length: usize| format!("{GOOD}{}", " ".repeat(length - GOOD.len()));
    posts(&alice, &of(64 * 1024)).await.is_done(200);
    posts(&alice, &of(64 * 1024 + 1)).await.is_refused(413, "BODY_TOO_LARGE");
    // In chunks, so that no length is announced.
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    let token = app.token("alice").await;
    let head = format!(
        "POST {DEPOSIT} HTTP/1.1\r\nhost: souk\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("2000\r\n{}\r\n", " ".repeat(0x2000));
    for _ in 0..9 {
        stream.write_all(chunk.as_bytes()).await.unwrap();
    }
    assert!(status_line(&mut stream).await.contains(" 413 "));
}

#[actix::test]
async fn a_megabyte_is_refused_before_it_is_read() {
    let app = TestApp::start();
    app.register("alice").await;
    let token = app.token("alice").await;
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    let head = format!(
        "POST {DEPOSIT} HTTP/1.1\r\nhost: souk\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 1000000\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    assert!(status_line(&mut stream).await.contains(" 413 "));
}

#[actix::test]
async fn a_slow_body_is_cut_off() {
    let app = TestApp::start_with(&[("SOUK_BODY_DEADLINE_MS", "300")]);
    app.register("alice").await;
    let token = app.token("alice").await;
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    let head = format!(
        "POST {DEPOSIT} HTTP/1.1\r\nhost: souk\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 34\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    assert!(status_line(&mut stream).await.contains(" 408 "));
    // The connection is closed, so the rest of the body cannot become a request.
    let mut rest = Vec::new();
    timeout(Duration::from_secs(20), stream.read_to_end(&mut rest)).await.unwrap().ok();
}

/// The first line of an answer, which must come within 20 seconds.
async fn status_line(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut chunk = [0; 1024];
    while !answer.contains(&b'\n') {
        let read = timeout(Duration::from_secs(20), stream.read(&mut chunk)).await;
        match read.expect("an answer in time") {
            Ok(0) | Err(_) => break,
            Ok(length) => answer.extend_from_slice(&chunk[..length]),
        }
    }
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

#[actix::test]
async fn unknown_paths_and_wrong_methods_are_problems_too() {
    let app = TestApp::start();
    let alice = app.register("alice").await;
    for path in ["/api", "/nothing.js", "/api/nothing", "/api/wallet/USD/x", "/api/user/a%00b/c"] {
        alice.get(path).await.is_refused(404, "NOT_FOUND");
    }
    let reply = alice.delete("/api/wallet/deposit").await;
    reply.is_refused(405, "METHOD_NOT_ALLOWED");
    assert_eq!(reply.header("allow"), "POST");
    let odd = app.raw(Method::from_bytes(b"BREW").unwrap(), "/api/wallet").send().await.unwrap();
    assert_eq!(odd.status().as_u16(), 405);
    for path in ["/api/user/%ff", "/api/user/'%20or%201=1", "/api/wallet/%F0%9F%92%A9"] {
        assert_eq!(alice.get(path).await.status, 404, "{path}");
    }
}

#[actix::test]
async fn every_answer_has_an_id_of_its_own_and_the_headers_that_protect() {
    let app = TestApp::start();
    let mut ids = std::collections::HashSet::new();
    for path in ["/healthz", "/api/time", "/api/nothing", "/api/wallet", "/api/docs", "/metrics"] {
        let reply = app.nobody().get(path).await;
        let id = reply.header("x-request-id");
        assert!(id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
        if reply.status >= 400 {
            assert_eq!(reply.body["request_id"], id.as_str());
        }
        assert!(ids.insert(id));
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("x-frame-options"), "DENY");
        assert!(reply.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert_eq!(reply.header("access-control-allow-origin"), "");
    }
}

#[actix::test]
async fn browsers_of_listed_origins_alone_may_call() {
    let app = TestApp::start_with(&[("SOUK_CORS_ORIGINS", "https://souk.example")]);
    let asked = |origin: &str, path: &str| {
        let request = app.raw(Method::GET, path).header("origin", origin.to_owned());
        async { request.send().await.unwrap() }
    };
    let allowed =
        |answer: &reqwest::Response| answer.headers().get("access-control-allow-origin").is_some();
    assert!(allowed(&asked("https://souk.example", "/api/time").await));
    assert!(allowed(&asked("https://souk.example", "/api/nothing").await));
    assert!(!allowed(&asked("https://evil.example", "/api/time").await));
    let preflight = app
        .raw(Method::OPTIONS, "/api/wallet/deposit")
        .header("origin", "https://souk.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,idempotency-key,content-type");
    let answer = preflight.send().await.unwrap();
    assert!(answer.status().is_success() && allowed(&answer));
}

#[actix::test]
async fn the_document_and_its_page_need_nothing_from_elsewhere() {
    let app = TestApp::start();
    let document = app.nobody().get("/api/openapi.json").await;
    document.is_done(200);
    assert_eq!(document.body["openapi"], "3.1.0");
    let page = app.nobody().get("/api/docs/").await;
    page.is_done(200);
    let page = page.body.as_str().unwrap().to_owned();
    assert!(page.contains("swagger-ui") && !page.contains("http://") && !page.contains("https://"));
    for part in ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-initializer.js"] {
        app.nobody().get(&format!("/api/docs/{part}")).await.is_done(200);
    }
    let start = app.nobody().get("/api/docs/swagger-initializer.js").await;
    assert!(start.body.as_str().unwrap().contains("/api/openapi.json"));
}

#[actix::test]
async fn what_is_no_http_at_all_harms_nobody() {
    let app = TestApp::start();
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(200_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x-y: z\r\n".repeat(500));
    for bytes in [
        b"\x16\x03\x01\x00\xff\x00\x00".as_slice(),
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /api/wallet/deposit HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\n\0: \0\r\n\r\n",
        long.as_bytes(),
        many.as_bytes(),
    ] {
        let mut stream = TcpStream::connect(app.address()).await.unwrap();
        // The server may have hung up before all of it is written.
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        let line = status_line(&mut stream).await;
        assert!(!line.contains(" 200 ") && !line.contains(" 500 "), "{line}");
    }
    app.register("alice").await;
    app.nobody().get("/readyz").await.is_done(200);
}

#[actix::test]
async fn idle_connections_keep_nobody_out() {
    let app = TestApp::start();
    let mut idle = Vec::new();
    for _ in 0..500 {
        idle.push(TcpStream::connect(app.address()).await.unwrap());
    }
    app.register("alice").await;
    app.nobody().get("/readyz").await.is_done(200);
}

#[actix::test]
async fn who_asks_too_often_is_told_to_wait_and_others_are_not() {
    let settings = [
        ("SOUK_RATE_LIMITS", "on"),
        ("SOUK_RATE_LIMIT_USER_PER_SEC", "1"),
        ("SOUK_RATE_LIMIT_USER_BURST", "5"),
    ];
    let app = TestApp::start_with(&settings);
    let (alice, bob) = (app.register("alice").await, app.register("bob").await);
    let mut refused: Option<Reply> = None;
    for _ in 0..50 {
        let reply = alice.get("/api/wallet").await;
        assert!(!reply.header("ratelimit-limit").is_empty());
        if reply.status == 429 {
            refused = Some(reply);
            break;
        }
    }
    let refused = refused.expect("a bucket of five is empty after fifty");
    refused.is_refused(429, "RATE_LIMITED");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(refused.header("ratelimit-remaining"), "0");
    bob.get("/api/wallet").await.is_done(200);
}

#[actix::test]
async fn what_the_order_book_is_asked_wrongly_uses_up_no_order_id() {
    let app = TestApp::start();
    let alice = app.register("alice").await;
    let good = json!({
        "instrument": "BTC-USD", "order_type": "BUY", "order_subtype": "LIMIT",
        "quantity": "0.10000", "price": "50000.00",
    });
    let path = "/api/orderbook/orders";
    let number =
        |reply: &Reply| reply.body["order"]["id"].as_str().unwrap().parse::<u64>().unwrap() >> 10;
    let first = number(&alice.post(path, &good).await);
    for (member, value) in [
        ("price", json!(50000)),
        ("price", json!("5e4")),
        ("price", json!("NaN")),
        ("quantity", json!("-1")),
        ("quantity", json!("0")),
        ("order_type", json!("HOLD")),
        ("nonsense", json!(true)),
    ] {
        let mut bad: Value = good.clone();
        bad[member] = value;
        alice.post(path, &bad).await.is_refused(400, "INVALID_FIELD");
    }
    assert_eq!(number(&alice.post(path, &good).await), first + 1);
}
