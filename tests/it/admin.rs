//! What admins and operators do over HTTP.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    process::{newest, verify},
};

#[actix::test]
async fn admins_alone_may() {
    let app = TestApp::start();
    let alice = app.register("alice").await;
    for (user, status, code) in [(&alice, 403, "FORBIDDEN"), (&app.nobody(), 401, "UNAUTHORIZED")] {
        for path in ["/api/admin/users/alice", "/api/system/digest", "/api/system/totals"] {
            user.get(path).await.is_refused(status, code);
        }
        for (path, body) in [
            ("/api/admin/snapshots", json!({})),
            ("/api/admin/users/alice", json!({ "role": "ADMIN" })),
            ("/api/admin/users/alice/deposit", json!({ "currency": "USD", "amount": "1" })),
            ("/api/admin/clock", json!({ "advance_ms": 1 })),
        ] {
            user.post(path, &body).await.is_refused(status, code);
        }
    }
}

#[actix::test]
async fn a_role_counts_from_the_answer_on_with_the_same_token() {
    let app = TestApp::start();
    let (alice, admin) = (app.register("alice").await, app.admin().await);
    let change = |role: &str| json!({ "role": role });
    let path = "/api/admin/users/alice";
    for _ in 0..20 {
        let reply = admin.post(path, &change("ADMIN")).await;
        reply.is_done(200);
        assert_eq!((&reply.body["role"], &reply.body["frozen"]), (&json!("ADMIN"), &json!(false)));
        alice.get(path).await.is_done(200);
        admin.post(path, &change("ARBITRATOR")).await.is_done(200);
        alice.get(path).await.is_refused(403, "FORBIDDEN");
    }
    for body in [json!({}), json!({ "role": "KING" }), json!({ "frozen": "yes" })] {
        admin.post(path, &body).await.is_refused(400, "INVALID_FIELD");
    }
    let unknown = admin.post("/api/admin/users/nobody_here", &change("USER")).await;
    unknown.is_refused(404, "USER_NOT_FOUND");
    admin.get("/api/admin/users/nobody_here").await.is_refused(404, "USER_NOT_FOUND");
}

#[actix::test]
async fn a_frozen_user_takes_nothing_out_until_thawed() {
    let app = TestApp::start();
    let (alice, admin) = (app.register("alice").await, app.admin().await);
    let path = "/api/admin/users/alice";
    let both = json!({ "role": "ARBITRATOR", "frozen": true });
    let reply = admin.keyed("both").post(path, &both).await;
    reply.is_done(200);
    assert_eq!((&reply.body["role"], &reply.body["frozen"]), (&json!("ARBITRATOR"), &json!(true)));
    alice.withdraws("USD", "1.00").await.is_refused(403, "USER_FROZEN");
    alice.deposits("USD", "1.00").await.is_done(200);
    let again = admin.keyed("both").post(path, &both).await;
    assert_eq!(again.header("x-sequence"), reply.header("x-sequence"));
    assert_eq!(again.header("idempotent-replayed"), "true");
    admin.post(path, &json!({ "frozen": false })).await.is_done(200);
    alice.withdraws("USD", "1.00").await.is_done(200);
}

#[actix::test]
async fn an_admins_deposit_knows_no_days_bound_but_that_of_all_issue() {
    let app = TestApp::start();
    let (alice, admin) = (app.register("alice").await, app.admin().await);
    let path = "/api/admin/users/alice/deposit";
    let body = |amount: &str| json!({ "currency": "USD", "amount": amount });
    let reply = admin.post(path, &body("50000000.00")).await;
    reply.is_done(200);
    assert_eq!(reply.body["available_balance"], "50010000.00");
    assert_eq!(alice.available("USD").await, "50010000.00");
    let most = admin.post(path, &body("9999999999999999.00")).await;
    most.is_refused(422, "ISSUE_LIMIT");
    let none = admin.post("/api/admin/users/nobody_here/deposit", &body("1")).await;
    none.is_refused(404, "USER_NOT_FOUND");
    let totals = admin.get("/api/system/totals").await.body;
    assert_eq!(totals["balanced"], true);
    assert_eq!(
        totals["totals"][0],
        json!({ "currency": "USD", "issued": "50010000.00", "users": "50010000.00", "house": "0.00" })
    );
}

#[actix::test]
async fn the_live_digest_is_that_of_the_snapshot_and_of_the_offline_verifier() {
    let mut app = TestApp::start();
    let (alice, admin) = (app.register("alice").await, app.admin().await);
    for _ in 0..10 {
        alice.keyed("one-of-them").deposits("USD", "1.00").await.is_done(200);
        alice.withdraws("BTC", "0.01").await.is_done(200);
    }
    let digest = admin.get("/api/system/digest").await;
    digest.is_done(200);
    let taken = admin.post("/api/admin/snapshots", &json!({})).await;
    taken.is_done(200);
    assert_eq!(taken.body["through"], digest.body["sequence"]);
    assert_eq!(taken.body["digest"], digest.body["digest"]);
    assert!(newest(app.dir.path(), ".snap").is_some());
    let status = app.nobody().get("/api/system/status").await.body;
    assert_eq!(status["last_snapshot"]["digest"], digest.body["digest"]);
    assert_eq!(status["mirror"]["enabled"], false);
    assert!(status["mirror"]["sequence"].is_null() && status["mirror"]["lag"].is_null());
    assert!(app.terminate().success());
    let (code, verdict) = verify(app.dir.path());
    assert_eq!((code, &verdict["digest"]), (0, &digest.body["digest"]));
    assert_eq!(verdict["through"], digest.body["sequence"]);
}

#[actix::test]
async fn a_manual_clock_stands_still_and_moves_forward_only() {
    let mut app = TestApp::start_with(&[("SOUK_CLOCK", "manual")]);
    let admin = app.admin().await;
    let now = |time: Value| time["unix_ms"].as_i64().unwrap();
    let start = now(app.nobody().get("/api/time").await.body);
    assert_eq!(now(app.nobody().get("/api/time").await.body), start);
    let reply = admin.post("/api/admin/clock", &json!({ "advance_ms": 60_000 })).await;
    reply.is_done(200);
    assert_eq!(now(reply.body), start + 60_000);
    let there = "2099-01-01T00:00:00.000Z";
    admin.post("/api/admin/clock", &json!({ "set": there })).await.is_done(200);
    assert_eq!(app.nobody().get("/api/time").await.body["time"], there);
    let back = json!({ "set": "2098-01-01T00:00:00Z" });
    admin.post("/api/admin/clock", &back).await.is_refused(409, "CLOCK_NOT_MOVABLE");
    for body in [
        json!({}),
        json!({ "advance_ms": 1, "set": there }),
        json!({ "advance_ms": -1 }),
        json!({ "advance_ms": "1" }),
        json!({ "set": "tomorrow" }),
    ] {
        admin.post("/api/admin/clock", &body).await.is_refused(400, "INVALID_FIELD");
    }
    app.kill9_and_restart();
    assert_eq!(app.nobody().get("/api/time").await.body["time"], there);
}

#[actix::test]
async fn the_systems_clock_is_nobodys_to_move() {
    let app = TestApp::start();
    let reply = app.admin().await.post("/api/admin/clock", &json!({ "advance_ms": 1 })).await;
    reply.is_refused(409, "CLOCK_NOT_MOVABLE");
}

#[actix::test]
async fn an_operator_sees_that_it_lives_and_what_it_does() {
    let app = TestApp::start();
    let nobody = app.nobody();
    nobody.get("/healthz").await.is_done(200);
    app.register("alice").await;
    nobody.get("/readyz").await.is_done(200);
    let metrics = nobody.get("/metrics").await;
    let text = metrics.body.as_str().unwrap();
    let registered =
        r#"souk_http_requests_total{method="POST",route="/api/auth/register",status="201"} 1"#;
    assert!(text.contains(registered), "{text}");
    let figure = |name: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|figure| figure.parse().ok()).unwrap_or_else(|| panic!("{name} in {text}"))
    };
    assert!(figure("souk_sequence") > 0);
    assert_eq!(figure("souk_door_places_taken") + figure("souk_journal_waiting"), 0);
    let (commits, facts) = (figure("souk_journal_commits"), figure("souk_journal_facts"));
    assert!(1 <= commits && commits <= facts, "{commits} commits of {facts} facts");
    assert!(figure("souk_journal_micros") > 0);
}

#[actix::test]
async fn the_settings_give_the_admin_its_role_back() {
    let mut app = TestApp::start();
    let admin = app.admin().await;
    let demoted = admin.post("/api/admin/users/admin", &json!({ "role": "USER" })).await;
    demoted.is_done(200);
    admin.get("/api/system/totals").await.is_refused(403, "FORBIDDEN");
    app.kill9_and_restart();
    app.admin().await.get("/api/system/totals").await.is_done(200);
}
