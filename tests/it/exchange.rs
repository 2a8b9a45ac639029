//! A running exchange of a test's own: its folder, a port that the system picks, a clock that is
//! moved by hand.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use souk::{
    actors::start::{Config, Running, start},
    domain::{
        account::{Register, Role},
        command::{ClockMove, Command, Request},
        fact::Body,
        id::{RequestId, UserId},
        money::{Amount, Asset},
        per_asset::PerAsset,
        wallet::Limits,
    },
    http::{api::HttpSettings, server, token::Tokens},
    settings::Settings,
    store::{self, Durability, Options},
    ws::{self, Sockets, WsSettings},
};
use tempfile::TempDir;

const SECRET: &str = "a secret that tests share and nobody else";

/// The exchange and its server.
pub struct App {
    base: String,
    client: Client,
    running: Running,
    server: actix_web::dev::ServerHandle,
    sockets: Sockets,
    _dir: TempDir,
}

impl App {
    pub async fn start() -> App {
        App::start_with(WsSettings::default()).await
    }

    /// With settings of its own for WebSockets.
    pub async fn start_with(sockets: WsSettings) -> App {
        let dir = tempfile::tempdir().unwrap();
        let options =
            Options { durability: Durability::Process, ..Options::new(dir.path().join("data")) };
        let opened = store::open(&options).unwrap();
        let failed = |failure| panic!("the journal failed: {failure}");
        let running = start(opened, config(), Box::new(failed)).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let settings = HttpSettings {
            jwt_secret: Some(SECRET.into()),
            rate_limits: None,
            workers: 1,
            ..HttpSettings::default()
        };
        let sockets = Sockets::new(sockets);
        let serving = server::serve_with(
            running.exchange.clone(),
            settings,
            listener,
            ws::configure(sockets.clone()),
            ws::remember_socket,
        )
        .unwrap();
        let server = serving.handle();
        actix::spawn(serving);
        App { base, client: Client::new(), running, server, sockets, _dir: dir }
    }

    /// Stops in the product's own order, so that nothing writes into a folder that is gone.
    pub async fn stop(self) {
        let until = Instant::now() + Duration::from_secs(10);
        self.running.drain(until).await;
        self.running.exchange.feed().drained().await;
        self.sockets.stop();
        self.server.stop(false).await;
        self.running.finish(until).await;
    }

    /// A new user with the usual grants.
    pub async fn user(&self, name: &str) -> User {
        let register = Register {
            username: name.into(),
            email: format!("{name}@example.org"),
            full_name: None,
            password_hash: "none that fits".into(),
            role: Role::User,
            granted: true,
        };
        let answer = self.submit(Command::Register(register)).await;
        let souk::domain::outcome::Done::Fact(fact) = answer else { panic!("{answer:?}") };
        let Body::UserRegistered { user, .. } = &fact.body else { panic!("{fact:?}") };
        self.with_token(Some(token(user.id, user.token_version)))
    }

    /// Somebody without a token.
    pub fn nobody(&self) -> User {
        self.with_token(None)
    }

    fn with_token(&self, token: Option<String>) -> User {
        User { base: self.base.clone(), client: self.client.clone(), token, key: None }
    }

    /// A public read.
    pub async fn get(&self, path: &str) -> Reply {
        self.nobody().get(path).await
    }

    /// The open WebSockets.
    pub fn sockets(&self) -> &Sockets {
        &self.sockets
    }

    /// Where WebSockets connect.
    pub fn ws_url(&self, client_id: &str) -> String {
        format!("ws{}/ws/{client_id}", self.base.trim_start_matches("http"))
    }

    /// Waits until what has happened has reached everyone who listens.
    pub async fn told(&self) {
        self.running.exchange.feed().drained().await;
    }

    /// Moves the clock; what is due on the way has happened when this returns.
    pub async fn advance(&self, millis: i64) {
        self.submit(Command::MoveClock(ClockMove::AdvanceMillis(millis))).await;
    }

    /// Something that a user asks for.
    pub async fn submit_as(&self, user: &User, command: Command) {
        let by = Some(user.id());
        let asked = Request { by, request: RequestId(0), key: None, command };
        self.running.exchange.submit(asked).await.unwrap();
    }

    /// Simulated money.
    pub async fn deposit(&self, to: &User, asset: Asset, amount: i64) {
        let to = to.id();
        self.submit(Command::Deposit { to, asset, amount: Amount::new(amount), counted: false })
            .await;
    }

    async fn submit(&self, command: Command) -> souk::domain::outcome::Done {
        let asked = Request { by: None, request: RequestId(0), key: None, command };
        self.running.exchange.submit(asked).await.unwrap().done
    }
}

fn token(user: UserId, version: u32) -> String {
    Tokens::new(SECRET.as_bytes()).issue(user, version).unwrap()
}

fn config() -> Config {
    let settings = Settings::default();
    let unbounded = PerAsset::all(Amount::new(1_000_000_000_000));
    Config {
        instruments: settings.instruments,
        p2p: Default::default(),
        limits: Limits {
            open_orders_max: settings.open_orders_per_user_max,
            deposit_day_max: unbounded,
            withdrawal_day_max: unbounded,
        },
        permits_max: settings.permits_max,
        permits_per_user_max: settings.permits_per_user_max,
        bcrypt_cost: 4,
        admin_password: None,
        manual_clock: true,
        downtime_shift: true,
        arbiters: 1,
        snapshot_every_facts: settings.snapshot_every_facts,
        snapshot_every_secs: settings.snapshot_every_secs,
    }
}

/// A caller.
#[derive(Clone)]
pub struct User {
    base: String,
    client: Client,
    token: Option<String>,
    key: Option<String>,
}

impl User {
    /// A caller of the server at `base`, over connections that others use too.
    pub fn at(client: &Client, base: &str, token: Option<String>) -> User {
        User { base: base.to_owned(), client: client.clone(), token, key: None }
    }

    /// The same caller with an idempotency key.
    pub fn keyed(&self, key: &str) -> User {
        User { key: Some(key.into()), ..self.clone() }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Who it is.
    pub fn id(&self) -> UserId {
        Tokens::new(SECRET.as_bytes()).check(self.token()).unwrap().user
    }

    /// The bearer token; empty for nobody.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// A body as it stands, of any content type.
    pub async fn post_text(&self, path: &str, body: &str, content_type: &str) -> Reply {
        let request = self.request(Method::POST, path).header("content-type", content_type);
        self.send(request.body(body.to_owned())).await
    }

    /// The same for bytes that are no text.
    pub async fn post_bytes(&self, path: &str, body: &[u8], content_type: &str) -> Reply {
        let request = self.request(Method::POST, path).header("content-type", content_type);
        self.send(request.body(body.to_vec())).await
    }

    /// Reads until what is read fits.
    pub async fn waits_for(&self, path: &str, fits: impl Fn(&Value) -> bool) {
        let until = Instant::now() + Duration::from_secs(20);
        while !fits(&self.get(path).await.body) {
            assert!(Instant::now() < until, "{path} never became what is waited for");
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(key) = &self.key {
            request = request.header("idempotency-key", key);
        }
        request
    }

    /// Posts to an exchange that may be gone: `None` where the connection broke.
    pub async fn tries(&self, path: &str, body: &Value) -> Option<Reply> {
        answered(self.request(Method::POST, path).json(body)).await.ok()
    }

    async fn send(&self, request: RequestBuilder) -> Reply {
        answered(request).await.unwrap()
    }
}

async fn answered(request: RequestBuilder) -> reqwest::Result<Reply> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let text = response.text().await?;
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Ok(Reply { status, headers, body })
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Reply {
    /// A header's text; empty where it is missing.
    pub fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub fn is_done(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.body);
    }

    #[track_caller]
    pub fn is_refused(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status, &self.body["code"]),
            (status, &Value::from(code)),
            "{}",
            self.body
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
    }
}
