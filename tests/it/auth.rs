//! Registration, login, logout, passwords and tokens over HTTP.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    app::{TestApp, credentials, password, registration},
    exchange::{Reply, User},
};

const REGISTER: &str = "/api/auth/register";
const LOGIN: &str = "/api/auth/login";

/// A refusal without what differs from request to request.
fn words(reply: &Reply) -> Value {
    let mut body = reply.body.clone();
    body["request_id"] = Value::Null;
    body
}

fn with(name: &str, member: &str, value: Value) -> Value {
    let mut body = registration(name);
    body[member] = value;
    body
}

#[actix::test]
async fn a_new_user_has_a_funded_wallet_and_logs_in_by_name_or_email() {
    let app = TestApp::start();
    let nobody = app.nobody();
    let body = with("alice", "full_name", json!("Alice Liddell"));
    let reply = nobody.post(REGISTER, &body).await;
    reply.is_done(201);
    assert_eq!(reply.header("x-sequence"), reply.body["sequence"].to_string());
    let user = &reply.body["user"];
    let members: Vec<&String> = user.as_object().unwrap().keys().collect();
    assert_eq!(members, ["created_at", "email", "full_name", "id", "role", "username"]);
    assert_eq!((&user["role"], &user["full_name"]), (&json!("USER"), &json!("Alice Liddell")));
    let wallets = reply.body["wallets"].as_array().unwrap();
    let available: Vec<_> =
        wallets.iter().map(|w| w["available_balance"].as_str().unwrap()).collect();
    assert_eq!(available, ["10000.00", "0.50000000", "5.00000000", "5000.000000"]);
    for name in ["alice", "alice@example.org", "Alice@Example.ORG"] {
        let reply = nobody.post(LOGIN, &credentials(name, &password("alice"))).await;
        reply.is_done(200);
        assert_eq!(reply.body["token_type"], "Bearer");
        assert_eq!(reply.body["expires_in"], 86_400);
        assert_eq!(&reply.body["user"], user);
        let alice = app.again(reply.body["access_token"].as_str().unwrap());
        alice.get("/api/user/me").await.is_done(200);
    }
}

#[actix::test]
async fn a_registration_that_makes_no_sense_says_which_field() {
    let app = TestApp::start();
    let before = app.sequence().await;
    let long = "x".repeat(72);
    for (member, value) in [
        ("username", json!("al")),
        ("username", json!("Alice")),
        ("username", json!("a b c")),
        ("username", json!("ä_ä_ä")),
        ("username", json!("a".repeat(33))),
        ("username", json!(5)),
        ("email", json!("alice")),
        ("email", json!("@example.org")),
        ("email", json!("a@b@c")),
        ("email", json!(format!("{}@example.org", "a".repeat(250)))),
        ("password", json!("short")),
        ("password", json!(long)),
        ("password", json!("ä".repeat(36))),
        ("password", json!(null)),
        ("full_name", json!("")),
        ("full_name", json!("x".repeat(101))),
        ("full_name", json!("line\nbreak")),
        ("role", json!("ADMIN")),
    ] {
        let reply = app.nobody().post(REGISTER, &with("alice", member, value.clone())).await;
        reply.is_refused(400, "INVALID_FIELD");
        assert_eq!(reply.body["errors"][0]["field"], member, "{value}");
    }
    let both = json!({ "username": "al", "email": "no", "password": "long enough" });
    let reply = app.nobody().post(REGISTER, &both).await;
    assert_eq!(reply.body["errors"].as_array().unwrap().len(), 2);
    assert_eq!(app.sequence().await, before);
}

#[actix::test]
async fn names_and_emails_are_taken_once() {
    let app = TestApp::start();
    app.register("alice").await;
    let nobody = app.nobody();
    let same_name = with("alice", "email", json!("other@example.org"));
    nobody.post(REGISTER, &same_name).await.is_refused(409, "USERNAME_TAKEN");
    let same_email = with("bob", "email", json!("ALICE@example.org"));
    nobody.post(REGISTER, &same_email).await.is_refused(409, "EMAIL_TAKEN");
    for name in [
        "admin",
        "house",
        "issuer",
        "me",
        "blocks",
        "favourites",
        "notifications",
        "preferences",
        "reviews",
    ] {
        let reply = nobody.post(REGISTER, &registration(name)).await;
        assert!(matches!(reply.status, 400 | 409), "{name}: {}", reply.body);
    }
}

#[actix::test]
async fn of_many_who_want_a_name_at_once_one_gets_it() {
    let app = TestApp::start();
    let bodies = (0..12).map(|i| with("alice", "email", json!(format!("a{i}@example.org"))));
    let asked = bodies.map(|body| {
        let nobody = app.nobody();
        async move { nobody.post(REGISTER, &body).await }
    });
    let replies = join_all(asked).await;
    let won = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(won, 1);
    for lost in replies.iter().filter(|reply| reply.status != 201) {
        lost.is_refused(409, "USERNAME_TAKEN");
    }
    let next = app.nobody().post(REGISTER, &registration("bob")).await;
    // The admin is the first, the winner the second: refusals use up no id.
    assert_eq!(next.body["user"]["id"], "3");
}

#[actix::test]
async fn a_login_that_fails_says_the_same_for_everyone() {
    let app = TestApp::start();
    app.register("alice").await;
    let nobody = app.nobody();
    let mut said = Vec::new();
    for (name, password) in [
        ("alice", "not her password"),
        ("alice", ""),
        ("alice", &"x".repeat(72)),
        ("nobody_here", "whatever it is"),
        ("nobody@example.org", "whatever it is"),
        ("", ""),
    ] {
        let reply = nobody.post(LOGIN, &credentials(name, password)).await;
        reply.is_refused(401, "INVALID_CREDENTIALS");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
        said.push(words(&reply));
    }
    assert!(said.iter().all(|words| *words == said[0]));
}

#[actix::test]
async fn a_password_is_compared_whole() {
    let app = TestApp::start();
    let longest = "p".repeat(71);
    let body = with("alice", "password", json!(longest));
    app.nobody().post(REGISTER, &body).await.is_done(201);
    app.nobody().post(LOGIN, &credentials("alice", &longest)).await.is_done(200);
    for near in ["p".repeat(70), "p".repeat(72), "p".repeat(100)] {
        let reply = app.nobody().post(LOGIN, &credentials("alice", &near)).await;
        reply.is_refused(401, "INVALID_CREDENTIALS");
    }
}

async fn is_dead(user: &User) {
    let reply = user.get("/api/user/me").await;
    reply.is_refused(401, "TOKEN_INVALID");
    assert!(reply.header("www-authenticate").contains("invalid_token"));
}

#[actix::test]
async fn logging_out_ends_every_token_of_the_user_and_of_nobody_else() {
    let app = TestApp::start();
    let (first, bob) = (app.register("alice").await, app.register("bob").await);
    let second = app.again(&app.token("alice").await);
    let reply = first.post("/api/auth/logout", &json!({})).await;
    reply.is_done(204);
    assert!(!reply.header("x-sequence").is_empty());
    is_dead(&first).await;
    is_dead(&second).await;
    bob.get("/api/user/me").await.is_done(200);
    app.again(&app.token("alice").await).get("/api/user/me").await.is_done(200);
}

#[actix::test]
async fn a_new_password_ends_earlier_tokens_and_survives_a_kill() {
    let mut app = TestApp::start();
    let alice = app.register("alice").await;
    let change =
        |current: &str, new: &str| json!({ "current_password": current, "new_password": new });
    let path = "/api/auth/password";
    let wrong = change("not her password", "a new password");
    alice.post(path, &wrong).await.is_refused(401, "INVALID_CREDENTIALS");
    let short = change(&password("alice"), "short");
    alice.post(path, &short).await.is_refused(400, "INVALID_FIELD");
    alice.get("/api/user/me").await.is_done(200);
    alice.post(path, &change(&password("alice"), "a new password")).await.is_done(204);
    is_dead(&alice).await;
    app.kill9_and_restart();
    let old = credentials("alice", &password("alice"));
    app.nobody().post(LOGIN, &old).await.is_refused(401, "INVALID_CREDENTIALS");
    app.nobody().post(LOGIN, &credentials("alice", "a new password")).await.is_done(200);
}

#[actix::test]
async fn tokens_outlive_the_process() {
    let mut app = TestApp::start();
    app.register("alice").await;
    let token = app.token("alice").await;
    app.kill9_and_restart();
    app.again(&token).get("/api/user/me").await.is_done(200);
}

#[actix::test]
async fn only_a_token_of_ours_lets_anyone_in() {
    let app = TestApp::start();
    app.register("alice").await;
    let token = app.token("alice").await;
    let reply = app.nobody().get("/api/user/me").await;
    reply.is_refused(401, "UNAUTHORIZED");
    assert_eq!(reply.header("www-authenticate"), "Bearer");
    let parts: Vec<&str> = token.split('.').collect();
    // {"alg":"none","typ":"JWT"}
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    for forged in [
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}x", token),
        token.to_uppercase(),
        "x".repeat(4_000),
    ] {
        app.again(&forged).get("/api/user/me").await.is_refused(401, "TOKEN_INVALID");
    }
    for value in [format!("Basic {token}"), token.clone(), String::from("Bearer")] {
        let request = app.raw(reqwest::Method::GET, "/api/user/me");
        let answer = request.header("authorization", value).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 401);
    }
}

#[actix::test]
async fn who_tries_too_many_passwords_is_told_to_wait() {
    let app =
        TestApp::start_with(&[("SOUK_RATE_LIMITS", "on"), ("SOUK_AUTH_ATTEMPTS_PER_MIN", "3")]);
    let nobody = app.nobody();
    for left in ["2", "1", "0"] {
        let reply = nobody.post(LOGIN, &credentials("alice", "whatever it is")).await;
        reply.is_refused(401, "INVALID_CREDENTIALS");
        assert_eq!(
            (reply.header("ratelimit-limit"), reply.header("ratelimit-remaining")),
            ("3".into(), left.into())
        );
    }
    let reply = nobody.post(LOGIN, &credentials("alice", "whatever it is")).await;
    reply.is_refused(429, "RATE_LIMITED");
    let wait: u64 = reply.header("retry-after").parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    nobody.get("/api/time").await.is_done(200);
}
