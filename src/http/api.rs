//! What all handlers share, and the settings of this layer.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::hmac;

use super::{
    limit::{Limits, Rate},
    metrics::Metrics,
    token::Tokens,
};
use crate::{actors::exchange::Exchange, mirror::Monitor};

/// The settings of the REST layer.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Signs tokens; made from the data folder's secret where there is none.
    pub jwt_secret: Option<String>,
    /// Origins that browsers may call from; none by default.
    pub cors_origins: Vec<String>,
    /// `None` turns rate limits off.
    pub rate_limits: Option<RateLimits>,
    /// How long a body may take to arrive.
    pub body_deadline: Duration,
    /// How long a request's head may take to arrive.
    pub head_deadline: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// Connections over all workers; more wait to be accepted.
    pub connections_max: usize,
    /// Threads that serve connections.
    pub workers: usize,
    /// How long open requests may go on once the server is told to stop.
    pub stop_deadline: Duration,
    /// Tells where the mirror stands, where there is one.
    pub mirror: Option<Monitor>,
}

/// How many requests are taken.
#[derive(Clone, Copy, Debug)]
pub struct RateLimits {
    /// From one address.
    pub by_address: Rate,
    /// From one user.
    pub by_user: Rate,
    /// Registrations, logins and password changes from one address.
    pub auth: Rate,
}

impl Default for HttpSettings {
    fn default() -> HttpSettings {
        HttpSettings {
            jwt_secret: None,
            cors_origins: Vec::new(),
            rate_limits: Some(RateLimits::default()),
            body_deadline: Duration::from_secs(10),
            head_deadline: Duration::from_secs(10),
            keep_alive: Duration::from_secs(75),
            connections_max: 16_384,
            workers: std::thread::available_parallelism().map_or(2, |n| n.get()),
            stop_deadline: Duration::from_secs(3),
            mirror: None,
        }
    }
}

impl Default for RateLimits {
    fn default() -> RateLimits {
        let second = Duration::from_secs(1);
        RateLimits {
            by_address: Rate { requests: 20_000, burst: 40_000, per: second },
            by_user: Rate { requests: 5_000, burst: 10_000, per: second },
            auth: Rate { requests: 300, burst: 300, per: Duration::from_secs(60) },
        }
    }
}

/// What all handlers share.
pub struct Api {
    /// The running exchange.
    pub exchange: Exchange,
    /// The settings of this layer.
    pub settings: Arc<HttpSettings>,
    /// Makes and checks access tokens.
    pub tokens: Tokens,
    /// Who asks too often.
    pub limits: Limits,
    /// What `/metrics` shows.
    pub metrics: Metrics,
    /// Hashes idempotency keys and their bodies.
    pub(super) hashing: hmac::Key,
}

impl Api {
    /// The shared parts for `exchange`.
    pub fn new(exchange: Exchange, settings: HttpSettings) -> Api {
        let hashing = hmac::Key::new(hmac::HMAC_SHA256, exchange.secret());
        let tokens = match &settings.jwt_secret {
            Some(secret) => Tokens::new(secret.as_bytes()),
            None => Tokens::new(hmac::sign(&hashing, b"access tokens").as_ref()),
        };
        let limits = Limits::new(settings.rate_limits);
        let metrics = Metrics::new(settings.mirror.clone());
        Api { exchange, settings: Arc::new(settings), tokens, limits, metrics, hashing }
    }
}
