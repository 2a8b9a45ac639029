//! Profiles and notifications over HTTP.

use serde_json::{Value, json};

use crate::app::TestApp;

#[actix::test]
async fn a_profile_is_changed_by_its_owner_and_seen_by_everyone_without_its_secrets() {
    let app = TestApp::start();
    let alice = app.register("alice").await;
    app.register("bob").await;
    let change = json!({ "email": "New@Example.org", "full_name": "Alice" });
    let reply = alice.patch("/api/user/me", &change).await;
    reply.is_done(200);
    assert_eq!(
        (&reply.body["email"], &reply.body["full_name"]),
        (&json!("new@example.org"), &json!("Alice"))
    );
    assert!(!reply.header("x-sequence").is_empty());
    assert_eq!(alice.get("/api/user/me").await.body, reply.body);
    let removed = alice.patch("/api/user/me", &json!({ "full_name": null })).await;
    assert_eq!(
        (&removed.body["email"], &removed.body["full_name"]),
        (&json!("new@example.org"), &Value::Null)
    );
    let profile = app.nobody().get("/api/user/alice").await;
    profile.is_done(200);
    let members: Vec<&String> = profile.body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["created_at", "reputation", "username"]);
    app.nobody().get("/api/user/nobody_here").await.is_refused(404, "USER_NOT_FOUND");
    let taken = alice.patch("/api/user/me", &json!({ "email": "bob@example.org" })).await;
    taken.is_refused(409, "EMAIL_TAKEN");
    // The address that was given up is free.
    app.register("carol").await;
    let free = app.again(&app.token("carol").await);
    free.patch("/api/user/me", &json!({ "email": "alice@example.org" })).await.is_done(200);
}

#[actix::test]
async fn a_change_that_makes_no_sense_changes_nothing() {
    let app = TestApp::start();
    let alice = app.register("alice").await;
    let before = alice.get("/api/user/me").await.body;
    for body in [
        json!({}),
        json!({ "email": "nonsense" }),
        json!({ "full_name": "" }),
        json!({ "username": "other" }),
        json!({ "role": "ADMIN" }),
        json!({ "email": 5 }),
    ] {
        alice.patch("/api/user/me", &body).await.is_refused(400, "INVALID_FIELD");
    }
    let nobody = app.nobody().patch("/api/user/me", &json!({ "full_name": "x" })).await;
    nobody.is_refused(401, "UNAUTHORIZED");
    assert_eq!(alice.get("/api/user/me").await.body, before);
}

#[actix::test]
async fn notifications_are_listed_newest_first_and_stay_read() {
    let mut app = TestApp::start();
    let (alice, admin) = (app.register("alice").await, app.admin().await);
    let token = app.token("alice").await;
    let empty = alice.get("/api/user/notifications").await;
    assert_eq!((&empty.body["data"], &empty.body["next"]), (&json!([]), &Value::Null));
    for amount in ["1.00", "2.00", "3.00"] {
        let body = json!({ "currency": "USD", "amount": amount });
        admin.post("/api/admin/users/alice/deposit", &body).await.is_done(200);
    }
    let page = alice.get("/api/user/notifications?limit=2").await;
    let told = |page: &Value| -> Vec<(String, String, bool)> {
        let text = |v: &Value| v.as_str().unwrap().to_owned();
        let entries = page["data"].as_array().unwrap().iter();
        entries.map(|n| (text(&n["id"]), text(&n["amount"]), n["read"] == true)).collect()
    };
    let entry = |id: &str, amount: &str, read| (id.to_owned(), amount.to_owned(), read);
    assert_eq!(told(&page.body), [entry("3", "3.00", false), entry("2", "2.00", false)]);
    assert_eq!(page.body["data"][0]["type"], "DEPOSIT_RECEIVED");
    let next = page.body["next"].as_str().unwrap();
    let rest = alice.get(&format!("/api/user/notifications?limit=2&after={next}")).await;
    assert_eq!(told(&rest.body), [entry("1", "1.00", false)]);
    assert_eq!(rest.body["next"], Value::Null);
    let read = "/api/user/notifications/read";
    let reply = alice.post(read, &json!({ "through": "2" })).await;
    reply.is_done(200);
    assert_eq!(reply.body["through"], "2");
    // What was read stays read, and nobody reads what is yet to come.
    assert_eq!(alice.post(read, &json!({ "through": "1" })).await.body["through"], "2");
    app.kill9_and_restart();
    let alice = app.again(&token);
    let page = alice.get("/api/user/notifications").await;
    let expected = [entry("3", "3.00", false), entry("2", "2.00", true), entry("1", "1.00", true)];
    assert_eq!(told(&page.body), expected);
    assert_eq!(alice.post(read, &json!({ "through": "99" })).await.body["through"], "3");
    for through in [json!("x"), json!(""), json!("-1"), json!(3), json!(null)] {
        let reply = alice.post(read, &json!({ "through": through })).await;
        reply.is_refused(400, "INVALID_FIELD");
    }
    app.nobody().get("/api/user/notifications").await.is_refused(401, "UNAUTHORIZED");
}
