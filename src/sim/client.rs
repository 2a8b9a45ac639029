//! A typed client of the exchange's public REST and WebSocket API.
//!
//! Money, prices and quantities stay the texts that the API speaks; nothing is rounded here. A
//! socket's two halves are separate, so that many commands can be in flight.

mod socket;
mod wire;

use std::{fmt, time::Duration};

use reqwest::{Method, StatusCode};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

pub use self::{
    socket::{Event, Message, Op, Socket, SocketReader, SocketWriter},
    wire::{
        BookView, FillView, InstrumentInfo, Levels, NewOrder, OrderView, Placed, Total, Totals,
    },
};

/// How long a REST answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a call gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The exchange understood the call and refused it.
    #[error("{0}")]
    Refused(Refusal),
    /// The exchange could not be reached, or went away; check that it runs at this address.
    #[error("cannot talk to the exchange: {0}")]
    Transport(String),
    /// The exchange answered what this client does not understand.
    #[error("unexpected answer: {0}")]
    Protocol(String),
}

impl From<reqwest::Error> for ClientError {
    fn from(error: reqwest::Error) -> ClientError {
        // The sentence of the outermost error alone does not say what went wrong.
        let source = std::error::Error::source(&error).map(|s| format!(": {s}"));
        ClientError::Transport(format!("{error}{}", source.unwrap_or_default()))
    }
}

impl From<tokio_tungstenite::tungstenite::Error> for ClientError {
    fn from(error: tokio_tungstenite::tungstenite::Error) -> ClientError {
        ClientError::Transport(error.to_string())
    }
}

/// A refusal, over REST (problem+json) or a socket.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Refusal {
    /// The id of the socket command that it answers.
    #[serde(default)]
    pub id: Option<u64>,
    /// The HTTP status; on a socket the one that REST would have given.
    #[serde(default)]
    pub status: u16,
    /// The stable code.
    #[serde(default)]
    pub code: String,
    /// A sentence for people.
    #[serde(default)]
    pub detail: String,
}

impl Refusal {
    /// Whether the same command may succeed a little later: too fast, or overloaded.
    pub fn is_passing(&self) -> bool {
        matches!(self.status, 429 | 503)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.code, self.detail)
    }
}

/// REST calls to one exchange, as one user once logged in.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

impl Client {
    /// A client of the exchange at `base`: `http://127.0.0.1:8080`. Nothing is sent yet.
    pub fn new(base: &str) -> Result<Client, ClientError> {
        // An exchange on one's own machine is never behind a proxy.
        let http = reqwest::Client::builder().no_proxy().timeout(ANSWER_TIMEOUT).build()?;
        Ok(Client { http, base: base.trim_end_matches('/').to_owned(), token: None })
    }

    /// Whose calls these are, once logged in.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Any call: `path` from the root with its query, `body` as JSON where there is one.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, ClientError> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let bytes = answer.bytes().await?;
        if !status.is_success() {
            return Err(ClientError::Refused(refusal(status, &bytes)));
        }
        let bytes = if bytes.is_empty() { &b"null"[..] } else { &bytes[..] };
        serde_json::from_slice(bytes).map_err(|e| unexpected(path, &e, bytes))
    }

    /// A read.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.call(Method::GET, path, None).await
    }

    /// A command.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<T, ClientError> {
        self.call(Method::POST, path, Some(body)).await
    }

    /// A removal.
    pub async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.call(Method::DELETE, path, None).await
    }

    /// Makes a user; log in next.
    pub async fn register(&self, username: &str, password: &str) -> Result<Value, ClientError> {
        let email = format!("{username}@example.com");
        let body = json!({"username": username, "email": email, "password": password});
        self.post("/api/auth/register", &body).await
    }

    /// The same client as this user.
    pub async fn login(&self, username: &str, password: &str) -> Result<Client, ClientError> {
        #[derive(Deserialize)]
        struct LoggedIn {
            access_token: String,
        }
        let body = json!({"username": username, "password": password});
        let answer: LoggedIn = self.post("/api/auth/login", &body).await?;
        Ok(Client { token: Some(answer.access_token), ..self.clone() })
    }

    /// As ADMIN: gives `username` an amount without bound.
    pub async fn deposit_to(
        &self,
        username: &str,
        currency: &str,
        amount: &str,
    ) -> Result<Value, ClientError> {
        let body = json!({"currency": currency, "amount": amount});
        self.post(&format!("/api/admin/users/{username}/deposit"), &body).await
    }

    /// All instruments.
    pub async fn instruments(&self) -> Result<Vec<InstrumentInfo>, ClientError> {
        let answer: Value = self.get("/api/orderbook/instruments").await?;
        let list =
            ["instruments", "data"].iter().find_map(|key| answer.get(key)).unwrap_or(&answer);
        Vec::deserialize(list).map_err(|e| ClientError::Protocol(format!("instruments: {e}")))
    }

    /// The best `depth` levels of each side.
    pub async fn book(&self, instrument: &str, depth: usize) -> Result<BookView, ClientError> {
        self.get(&format!("/api/orderbook/{instrument}?depth={depth}")).await
    }

    /// Places one order.
    pub async fn place(&self, order: &NewOrder) -> Result<Placed, ClientError> {
        let body = serde_json::to_value(order).map_err(|e| ClientError::Protocol(e.to_string()))?;
        self.post("/api/orderbook/orders", &body).await
    }

    /// Cancels all of this user's open orders on `instrument`; how many there were.
    pub async fn cancel_all(&self, instrument: &str) -> Result<usize, ClientError> {
        #[derive(Deserialize)]
        struct Cancelled {
            cancelled: Vec<String>,
        }
        let path = format!("/api/orderbook/orders?instrument={instrument}");
        self.delete::<Cancelled>(&path).await.map(|c| c.cancelled.len())
    }

    /// As ADMIN: what was issued and who has it.
    pub async fn totals(&self) -> Result<Totals, ClientError> {
        self.get("/api/system/totals").await
    }

    /// Opens a socket under this name, logged in where this client is. With `cancel_on_disconnect`
    /// the orders of this connection end with it.
    pub async fn connect(
        &self,
        client_id: &str,
        cancel_on_disconnect: bool,
    ) -> Result<Socket, ClientError> {
        let base = self.base.replacen("http", "ws", 1);
        let mut socket = Socket::open(&format!("{base}/ws/{client_id}")).await?;
        if let Some(token) = &self.token {
            socket.writer.send(&Op::Auth { token, cancel_on_disconnect }).await?;
            match socket.reader.receive().await? {
                Message::Authenticated => (),
                Message::Refused(refusal) => return Err(ClientError::Refused(refusal)),
                other => return Err(ClientError::Protocol(format!("to auth: {other:?}"))),
            }
        }
        Ok(socket)
    }
}

fn refusal(status: StatusCode, body: &[u8]) -> Refusal {
    let unreadable =
        || Refusal { id: None, status: 0, code: "UNREADABLE".to_owned(), detail: excerpt(body) };
    let refusal = serde_json::from_slice(body).unwrap_or_else(|_| unreadable());
    Refusal { status: status.as_u16(), ..refusal }
}

fn unexpected(to: &str, error: &serde_json::Error, body: &[u8]) -> ClientError {
    ClientError::Protocol(format!("to {to}: {error}: {}", excerpt(body)))
}

fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned()
}
