//! Wallets over HTTP: balances, deposits, withdrawals, postings, and commands that are sent twice.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::app::TestApp;

#[actix::test]
async fn money_comes_and_goes_and_every_posting_has_its_cause() {
    let app = TestApp::start();
    let alice = app.register("alice").await;
    let reply = alice.deposits("USD", "0.01").await;
    reply.is_done(200);
    assert_eq!(reply.body["available_balance"], "10000.01");
    assert_eq!(reply.header("x-sequence"), reply.body["sequence"].to_string());
    let reply = alice.withdraws("BTC", "0.5").await;
    reply.is_done(200);
    assert_eq!(reply.body["total_balance"], "0.00000000");
    assert_eq!(alice.available("USD").await, "10000.01");
    let all = alice.get("/api/wallet").await.body;
    assert_eq!(all["wallets"].as_array().unwrap().len(), 4);
    assert_eq!(alice.get("/api/wallet/").await.body, all);
    let postings = alice.get("/api/wallet/transactions").await.body;
    let seen: Vec<_> = postings["data"].as_array().unwrap().iter().map(text_of).collect();
    assert_eq!(
        seen,
        [
            "WITHDRAWAL BTC AVAILABLE -0.50000000",
            "DEPOSIT USD AVAILABLE 0.01",
            "REGISTRATION USDT AVAILABLE 5000.000000",
            "REGISTRATION ETH AVAILABLE 5.00000000",
            "REGISTRATION BTC AVAILABLE 0.50000000",
            "REGISTRATION USD AVAILABLE 10000.00",
        ]
    );
    assert_eq!(postings["window"]["dropped"], 0);
}

fn text_of(posting: &Value) -> String {
    let member = |name: &str| posting[name].as_str().unwrap().to_owned();
    let parts = ["type", "currency", "account", "amount"].map(member);
    parts.join(" ")
}

#[actix::test]
async fn postings_are_filtered_and_read_in_pages() {
    let app = TestApp::start();
    let alice = app.register("alice").await;
    for _ in 0..5 {
        alice.deposits("USD", "1.00").await.is_done(200);
    }
    let list = "/api/wallet/transactions";
    let count = |body: &Value| body["data"].as_array().unwrap().len();
    assert_eq!(count(&alice.get(&format!("{list}?type=DEPOSIT")).await.body), 5);
    assert_eq!(count(&alice.get(&format!("{list}?currency=BTC")).await.body), 1);
    assert_eq!(count(&alice.get(&format!("{list}?currency=BTC&type=DEPOSIT")).await.body), 0);
    let (mut ids, mut after) = (Vec::new(), String::new());
    loop {
        let page = alice.get(&format!("{list}?currency=USD&limit=4{after}")).await.body;
        let data = page["data"].as_array().unwrap();
        ids.extend(data.iter().map(|p| p["id"].as_str().unwrap().parse::<u64>().unwrap()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(ids.len(), 6);
    assert!(ids.is_sorted_by(|a, b| a > b));
    for query in
        ["limit=0", "limit=501", "limit=x", "after=x", "type=NONE", "currency=usd", "limits=5"]
    {
        alice.get(&format!("{list}?{query}")).await.is_refused(400, "INVALID_FIELD");
    }
}

#[actix::test]
async fn money_that_is_not_there_or_makes_no_sense_is_refused_and_nothing_changes() {
    let app = TestApp::start();
    let alice = app.register("alice").await;
    let before = app.sequence().await;
    alice.withdraws("USD", "10000.01").await.is_refused(422, "INSUFFICIENT_FUNDS");
    alice.deposits("USD", "1000000.01").await.is_refused(422, "DEPOSIT_LIMIT");
    alice.withdraws("USD", "1000000.01").await.is_refused(422, "WITHDRAWAL_LIMIT");
    for amount in [
        "0",
        "0.00",
        "-1",
        "+1",
        "1e3",
        "1_000",
        " 1",
        "1 ",
        "",
        ".5",
        "5.",
        "01",
        "NaN",
        "inf",
        "1,5",
        "0x10",
        "0.001",
        "1000000000000000000000",
        "99999999999999999",
        "١",
    ] {
        let reply = alice.deposits("USD", amount).await;
        reply.is_refused(400, "INVALID_FIELD");
        assert_eq!(reply.body["errors"][0]["field"], "amount", "{amount}");
    }
    for body in [
        json!({ "currency": "USD", "amount": 5 }),
        json!({ "currency": "USD", "amount": 5.0 }),
        json!({ "currency": "USD", "amount": null }),
        json!({ "currency": "USD" }),
        json!({ "currency": "EUR", "amount": "5" }),
        json!({ "currency": "usd", "amount": "5" }),
        json!({ "currency": "USD", "amount": "5", "to": "bob" }),
    ] {
        alice.post("/api/wallet/deposit", &body).await.is_refused(400, "INVALID_FIELD");
    }
    alice.get("/api/wallet/EUR").await.is_refused(404, "NOT_FOUND");
    for path in ["/api/wallet", "/api/wallet/USD", "/api/wallet/transactions"] {
        app.nobody().get(path).await.is_refused(401, "UNAUTHORIZED");
    }
    assert_eq!(app.sequence().await, before);
}

#[actix::test]
async fn the_bound_on_deposits_is_the_days() {
    let app = TestApp::start_with(&[("SOUK_CLOCK", "manual")]);
    let (alice, admin) = (app.register("alice").await, app.admin().await);
    alice.deposits("USD", "999999.99").await.is_done(200);
    alice.deposits("USD", "0.02").await.is_refused(422, "DEPOSIT_LIMIT");
    alice.deposits("USD", "0.01").await.is_done(200);
    let day = json!({ "advance_ms": 86_400_000 });
    admin.post("/api/admin/clock", &day).await.is_done(200);
    alice.deposits("USD", "1000000.00").await.is_done(200);
}

#[actix::test]
async fn a_key_makes_a_repeated_command_the_same_command_over_a_kill() {
    let mut app = TestApp::start();
    app.register("alice").await;
    let token = app.token("alice").await;
    let alice = app.again(&token);
    let first = alice.keyed("k-1").deposits("USD", "5.00").await;
    first.is_done(200);
    assert_eq!(first.header("idempotent-replayed"), "");
    alice.deposits("USD", "1.00").await.is_done(200);
    let again = alice.keyed("k-1").deposits("USD", "5.00").await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.header("x-sequence"), first.header("x-sequence"));
    let reused = alice.keyed("k-1").deposits("USD", "6.00").await;
    reused.is_refused(422, "IDEMPOTENCY_KEY_REUSED");
    // Another path and another user are another scope.
    alice.keyed("k-1").withdraws("USD", "6.00").await.is_done(200);
    app.register("bob").await.keyed("k-1").deposits("USD", "7.00").await.is_done(200);
    app.kill9_and_restart();
    let alice = app.again(&token);
    let again = alice.keyed("k-1").deposits("USD", "5.00").await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(alice.available("USD").await, "10000.00");
}

#[actix::test]
async fn a_refused_command_is_decided_anew_under_its_key() {
    let app = TestApp::start();
    let alice = app.register("alice").await;
    let keyed = alice.keyed("k");
    keyed.withdraws("USD", "10001.00").await.is_refused(422, "INSUFFICIENT_FUNDS");
    alice.deposits("USD", "1.00").await.is_done(200);
    keyed.withdraws("USD", "10001.00").await.is_done(200);
}

#[actix::test]
async fn a_double_submit_is_done_once() {
    let app = TestApp::start();
    let alice = app.register("alice").await;
    let asked = (0..10).map(|_| {
        let alice = alice.keyed("twice");
        async move { alice.deposits("USD", "1.00").await }
    });
    for reply in join_all(asked).await {
        match reply.status {
            200 => assert_eq!(reply.body["available_balance"], "10001.00"),
            _ => reply.is_refused(409, "IN_PROGRESS"),
        }
    }
    assert_eq!(alice.available("USD").await, "10001.00");
}

#[actix::test]
async fn keys_have_1_to_64_visible_characters() {
    let app = TestApp::start();
    let alice = app.register("alice").await;
    for key in ["", "a b", &"k".repeat(65)] {
        let reply = alice.keyed(key).deposits("USD", "1.00").await;
        reply.is_refused(400, "INVALID_IDEMPOTENCY_KEY");
    }
    alice.keyed(&"k".repeat(64)).deposits("USD", "1.00").await.is_done(200);
}

/// The key is free again before the answer can be read.
#[actix::test]
async fn a_keyed_command_can_be_repeated_the_moment_its_answer_is_there() {
    let app = TestApp::start();
    let alice = app.register("alice").await;
    for number in 0..200 {
        let body = json!({ "currency": "USD", "amount": "1.00" });
        let keyed = alice.keyed(&format!("deposit-{number}"));
        let first = keyed.post("/api/wallet/deposit", &body).await;
        let again = keyed.post("/api/wallet/deposit", &body).await;
        assert_eq!((first.status, again.status), (200, 200), "{again:?}");
        assert_eq!(first.body, again.body);
    }
}
