//! The real binary with its folder, and verbs for what tests do to it over HTTP.

use std::process::ExitStatus;

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    exchange::{Reply, User},
    process::{ADMIN_PASSWORD, Process},
};

/// A running exchange that can be stopped, killed and started again on the same folder.
pub struct TestApp {
    pub dir: TempDir,
    pub process: Process,
    settings: Vec<(&'static str, &'static str)>,
}

/// The password that [`TestApp::register`] gives to `name`.
pub fn password(name: &str) -> String {
    format!("the password of {name}")
}

/// What registers `name`.
pub fn registration(name: &str) -> Value {
    json!({
        "username": name, "email": format!("{name}@example.org"), "password": password(name),
    })
}

/// What logs `name` in.
pub fn credentials(name: &str, password: &str) -> Value {
    json!({ "username": name, "password": password })
}

impl TestApp {
    pub fn start() -> TestApp {
        TestApp::start_with(&[])
    }

    /// With settings other than the tests' usual ones.
    pub fn start_with(settings: &[(&'static str, &'static str)]) -> TestApp {
        let dir = tempfile::tempdir().unwrap();
        let process = Process::start_with(dir.path(), settings);
        TestApp { dir, process, settings: settings.to_vec() }
    }

    /// kill -9, and another start. Callers from before do not know the new port: see [`Self::again`].
    pub fn kill9_and_restart(&mut self) {
        self.process.kill();
        self.process = Process::start_with(self.dir.path(), &self.settings);
    }

    /// Starts again what has ended.
    pub fn restart(&mut self) {
        self.process = Process::start_with(self.dir.path(), &self.settings);
    }

    /// SIGTERM, and another start.
    pub fn terminate_and_restart(&mut self) {
        assert!(self.process.terminate().success());
        self.process = Process::start_with(self.dir.path(), &self.settings);
    }

    /// SIGTERM; gives the exit that follows.
    pub fn terminate(&mut self) -> ExitStatus {
        self.process.terminate()
    }

    /// Somebody without a token.
    pub fn nobody(&self) -> User {
        User::at(&self.process.client, &self.process.base, None)
    }

    /// A new user, logged in.
    pub async fn register(&self, name: &str) -> User {
        self.again(&self.process.register(name).await)
    }

    pub async fn admin(&self) -> User {
        self.again(&self.admin_token().await)
    }

    pub async fn admin_token(&self) -> String {
        self.process.login("admin", ADMIN_PASSWORD).await
    }

    /// Whoever holds `token`.
    pub fn again(&self, token: &str) -> User {
        User::at(&self.process.client, &self.process.base, Some(token.to_owned()))
    }

    /// A token for a user that [`Self::register`] made.
    pub async fn token(&self, name: &str) -> String {
        self.process.login(name, &password(name)).await
    }

    /// The last fact.
    pub async fn sequence(&self) -> u64 {
        self.nobody().get("/api/system/status").await.body["sequence"].as_u64().unwrap()
    }

    /// A request that is not JSON from a client that knows better.
    pub fn raw(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.process.client.request(method, format!("{}{path}", self.process.base))
    }

    /// `127.0.0.1:port`, for what reqwest would not send.
    pub fn address(&self) -> &str {
        self.process.base.trim_start_matches("http://")
    }
}

impl User {
    /// What can be spent of `currency`.
    pub async fn available(&self, currency: &str) -> String {
        let reply = self.get(&format!("/api/wallet/{currency}")).await;
        reply.is_done(200);
        reply.body["available_balance"].as_str().unwrap().to_owned()
    }

    pub async fn deposits(&self, currency: &str, amount: &str) -> Reply {
        let body = json!({ "currency": currency, "amount": amount });
        self.post("/api/wallet/deposit", &body).await
    }

    pub async fn withdraws(&self, currency: &str, amount: &str) -> Reply {
        let body = json!({ "currency": currency, "amount": amount });
        self.post("/api/wallet/withdraw", &body).await
    }
}
