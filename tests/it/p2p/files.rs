//! Evidence: which files are taken, how they are kept, and how and to whom they are served.

use reqwest::Method;
use serde_json::{Value, json};

use super::{DISPUTES, Market, dispute_in, text};
use crate::exchange::{Reply, User};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and so on\xff\xfe";
const MEBIBYTE: usize = 1024 * 1024;

/// The newest piece of evidence of a dispute.
async fn newest(user: &User, dispute: &str) -> Value {
    let dispute = user.dispute(dispute).await;
    dispute["evidence"].as_array().unwrap().last().unwrap().clone()
}

fn path_of(dispute: &str, evidence: &Value) -> String {
    format!("{DISPUTES}/{dispute}/evidence/{}", text(&evidence["sha256"]))
}

/// The bytes that are served.
async fn bytes(market: &Market, user: &User, path: &str) -> Vec<u8> {
    let request = market.app.raw(Method::GET, path).bearer_auth(user.token());
    request.send().await.unwrap().bytes().await.unwrap().to_vec()
}

/// Nothing that is served can be run by a browser, or taken for something else.
fn is_harmless(reply: &Reply, kind: &str) {
    reply.is_done(200);
    let served = reply.header("content-type");
    assert_eq!(served.split(';').next().unwrap(), kind);
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert!(reply.header("content-disposition").starts_with("attachment"), "{reply:?}");
    let policy = reply.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") || policy.contains("sandbox"), "{policy}");
    let cached = reply.header("cache-control");
    assert!(cached.contains("no-store") || cached.contains("private"), "{cached}");
}

#[actix::test]
async fn files_of_each_kind_come_back_as_they_were() {
    let market = Market::open().await;
    let (_, dispute) = market.disputed().await;
    for (content, kind) in [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF".as_slice(), "image/jpeg"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        ("Überweisung über 500 USD\n".as_bytes(), "text/plain"),
    ] {
        let brought = market.b.brings(&dispute, content, kind).await;
        brought.is_done(201);
        let evidence = newest(&market.s, &dispute).await;
        assert_eq!(evidence["media_type"], kind);
        assert_eq!(evidence["bytes"], content.len());
        assert_eq!(evidence["by"], "buyer");
        let path = path_of(&dispute, &evidence);
        for user in [&market.b, &market.s] {
            is_harmless(&user.get(&path).await, kind);
            assert_eq!(bytes(&market, user, &path).await, content);
        }
    }
    let text = market.b.brings(&dispute, b"with parameters", "text/plain; charset=utf-8").await;
    text.is_done(201);
    let kept = std::fs::read_dir(market.app.dir.path().join("evidence")).unwrap().count();
    assert_eq!(kept, 6);
}

#[actix::test]
async fn a_file_is_what_its_content_says_and_nothing_else_is_taken() {
    let market = Market::open().await;
    let (_, dispute) = market.disputed().await;
    let before = market.app.sequence().await;
    for (content, kind) in [
        (PNG, "text/plain"),
        (PNG, "image/jpeg"),
        (b"just words".as_slice(), "image/png"),
        (b"MZ\x90\0 a program", "application/pdf"),
        (b"MZ\x90\0 a program", "application/octet-stream"),
        (b"\x7fELF\x02", "text/plain"),
        (b"GIF89a", "image/gif"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"<html></html>", "text/html"),
        (b"{}", "application/json"),
        (b"words", ""),
    ] {
        let reply = market.b.brings(&dispute, content, kind).await;
        reply.is_refused(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let empty = market.b.brings(&dispute, b"", "text/plain").await;
    assert!([400, 415].contains(&empty.status), "{}", empty.body);
    assert_eq!(market.app.sequence().await, before);
    assert!(market.b.dispute(&dispute).await["evidence"].as_array().unwrap().is_empty());
    let kept = std::fs::read_dir(market.app.dir.path().join("evidence"));
    assert_eq!(kept.map_or(0, Iterator::count), 0, "what is refused is not kept");
}

#[actix::test]
async fn a_page_that_calls_itself_text_is_served_as_text() {
    let market = Market::open().await;
    let (_, dispute) = market.disputed().await;
    let page = b"<html><script>alert(1)</script></html>";
    market.b.brings(&dispute, page, "text/plain").await.is_done(201);
    let reply = market.s.get(&path_of(&dispute, &newest(&market.s, &dispute).await)).await;
    is_harmless(&reply, "text/plain");
    assert_eq!(reply.body, json!(std::str::from_utf8(page).unwrap()));
}

#[actix::test]
async fn two_mebibytes_are_the_most() {
    let market = Market::open().await;
    let (_, dispute) = market.disputed().await;
    let most = vec![b'a'; 2 * MEBIBYTE];
    market.b.brings(&dispute, &most, "text/plain").await.is_done(201);
    let path = path_of(&dispute, &newest(&market.b, &dispute).await);
    assert_eq!(bytes(&market, &market.s, &path).await.len(), 2 * MEBIBYTE);
    let more = vec![b'a'; 2 * MEBIBYTE + 1];
    // The answer may come before all of it was sent, which some clients take for a broken pipe.
    let request = market.app.raw(Method::POST, &format!("{DISPUTES}/{dispute}/evidence"));
    let sent = request.bearer_auth(market.b.token()).header("content-type", "text/plain");
    if let Ok(answer) = sent.body(more).send().await {
        assert_eq!(answer.status().as_u16(), 413);
    }
    let kept = market.b.dispute(&dispute).await;
    assert_eq!(kept["evidence"].as_array().unwrap().len(), 1);
    // Everywhere else 64 KiB are still the most.
    let large = json!({ "text": "a".repeat(70_000) });
    let reply = market.b.judges(&dispute, "statement", large).await;
    reply.is_refused(413, "BODY_TOO_LARGE");
}

#[actix::test]
async fn equal_content_is_one_item_and_ten_are_the_most() {
    let market = Market::open().await;
    let (_, dispute) = market.disputed().await;
    market.b.brings(&dispute, b"the receipt", "text/plain").await.is_done(201);
    let before = market.app.sequence().await;
    for user in [&market.b, &market.s] {
        let again = user.brings(&dispute, b"the receipt", "text/plain").await;
        assert!(again.status < 300, "{}", again.body);
    }
    assert_eq!(market.app.sequence().await, before);
    assert_eq!(market.b.dispute(&dispute).await["evidence"].as_array().unwrap().len(), 1);
    for number in 0..9 {
        let content = format!("receipt {number}");
        market.b.brings(&dispute, content.as_bytes(), "text/plain").await.is_done(201);
    }
    let eleventh = market.b.brings(&dispute, b"one more", "text/plain").await;
    eleventh.is_refused(422, "TOO_MUCH_EVIDENCE");
    market.s.brings(&dispute, b"and mine", "text/plain").await.is_done(201);
}

#[actix::test]
async fn evidence_is_for_the_parties_and_the_arbitrator_only() {
    let market = Market::open().await;
    let (_, dispute) = market.disputed().await;
    market.b.brings(&dispute, b"the receipt", "text/plain").await.is_done(201);
    let path = path_of(&dispute, &newest(&market.b, &dispute).await);
    let (stranger, arbitrator) =
        (market.joins("stranger").await, market.arbitrator("arbitrator").await);
    stranger.get(&path).await.is_refused(404, "DISPUTE_NOT_FOUND");
    for user in [&market.admin, &arbitrator] {
        let reply = user.get(&path).await;
        assert!([403, 404].contains(&reply.status), "{}", reply.body);
        let brought = user.brings(&dispute, b"mine", "text/plain").await;
        assert!([403, 404].contains(&brought.status), "{}", brought.body);
    }
    arbitrator.judges(&dispute, "take", json!({})).await.is_done(200);
    is_harmless(&arbitrator.get(&path).await, "text/plain");
    assert_eq!(market.admin.get(&path).await.status / 100, 4);
    for hash in ["0".repeat(64), "x".into(), "..%2f..%2fsecret".into(), "A".repeat(63)] {
        let reply = market.b.get(&format!("{DISPUTES}/{dispute}/evidence/{hash}")).await;
        assert!([400, 404].contains(&reply.status), "{hash}: {}", reply.body);
    }
    // It is there after the verdict, too.
    let decided = arbitrator.decides(&dispute, "BUYER").await;
    assert_eq!(dispute_in(&decided)["evidence"].as_array().unwrap().len(), 1);
    is_harmless(&market.s.get(&path).await, "text/plain");
}
