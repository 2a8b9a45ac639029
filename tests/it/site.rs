//! The web front end as the binary serves it, or the page that says that it was not built.

use reqwest::{Method, header::CONTENT_SECURITY_POLICY};

use crate::app::TestApp;

#[actix::test]
async fn every_route_of_the_page_is_the_page_under_a_strict_policy() {
    let app = TestApp::start();
    for path in ["/", "/trade/BTC-USD", "/p2p/trades/1026", "/index.html", "/login?back=%2Fwallets"]
    {
        let answer = app.raw(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        assert_eq!(answer.headers()["cache-control"], "no-cache");
        let policy = answer.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        for rule in ["default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for"] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
        let page = answer.text().await.unwrap();
        assert!(page.contains("<title>Souk</title>"), "{page}");
        assert!(page.contains(&format!("nonce=\"{nonce}\"")) && !page.contains("%CSP_NONCE%"));
    }
}

#[actix::test]
async fn what_is_no_page_is_nowhere() {
    let app = TestApp::start();
    for path in ["/nothing.js", "/api/nothing", "/index.html.br", "/%2e%2e/Cargo.toml"] {
        app.nobody().get(path).await.is_refused(404, "NOT_FOUND");
    }
    app.nobody().post("/trade/BTC-USD", &serde_json::json!({})).await.is_refused(404, "NOT_FOUND");
}

#[actix::test]
async fn files_are_kept_by_browsers_and_told_apart_by_their_tags() {
    let app = TestApp::start();
    let page = app.raw(Method::GET, "/").send().await.unwrap().text().await.unwrap();
    let Some(name) = page.split('"').find(|part| part.starts_with("main-")) else {
        assert!(page.contains("was built without it"), "{page}");
        return;
    };
    let path = format!("/{name}");
    let file = app.raw(Method::GET, &path).header("accept-encoding", "br").send().await.unwrap();
    assert_eq!(file.headers()["content-encoding"], "br");
    assert_eq!(file.headers()["vary"], "Accept-Encoding");
    assert_eq!(file.headers()["cache-control"], "public, max-age=31536000, immutable");
    let tag = file.headers()["etag"].to_str().unwrap().to_owned();
    let small = file.bytes().await.unwrap().len();
    let plain = app.raw(Method::GET, &path).header("accept-encoding", "identity");
    assert!(plain.send().await.unwrap().bytes().await.unwrap().len() > 2 * small);
    let again = app.raw(Method::GET, &path).header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
}
