//! What operators ask: is it alive, is it ready, where does it stand, does the ledger balance.

use actix_web::{HttpResponse, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    api::Api,
    caller::{AdminCaller, reading},
    problem::{EdgeError, Problem, ProblemBody},
    wire,
};
use crate::{
    domain::{
        digest::Digest,
        id::{Sequence, Stamp},
        money::Asset,
    },
    mirror::Monitor,
    pipeline::door::DoorState,
};

/// A word on how it is.
#[derive(Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct Health {
    #[schema(example = "ok")]
    pub status: &'static str,
}

/// Alive: the process answers.
#[utoipa::path(get, path = "/healthz", tag = "operations",
    responses((status = 200, body = Health)))]
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok" })
}

/// Ready: recovered, and taking commands.
#[utoipa::path(get, path = "/readyz", tag = "operations",
    responses((status = 200, body = Health), (status = 503, body = ProblemBody)))]
pub async fn readyz(api: Data<Api>) -> Result<HttpResponse, Problem> {
    let state = match api.exchange.door().state() {
        // A door is held for moments only, and whoever comes waits for it.
        DoorState::Open | DoorState::Held => {
            return Ok(HttpResponse::Ok().json(Health { status: "ready" }));
        }
        DoorState::Starting => "STARTING",
        DoorState::Stopping => "STOPPING",
        DoorState::Failed => "FAILED",
    };
    Err(Problem::of(EdgeError::NotReady).with("state", state))
}

/// Counters and gauges in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "operations",
    responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn metrics(api: Data<Api>) -> HttpResponse {
    let text = api.metrics.render(&api.exchange);
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text)
}

/// The exchange's time.
#[derive(Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct Time {
    #[schema(example = "2026-01-31T12:00:00.000Z")]
    pub time: String,
    /// Milliseconds since 1970.
    pub unix_ms: i64,
}

/// The time by the exchange's clock.
#[utoipa::path(get, path = "/api/time", tag = "operations",
    responses((status = 200, body = Time)))]
pub async fn time(api: Data<Api>) -> HttpResponse {
    HttpResponse::Ok().json(Time::of(api.exchange.now()))
}

impl Time {
    /// `now`, in both forms.
    pub fn of(now: Stamp) -> Time {
        Time { time: wire::time(now), unix_ms: now.0 }
    }
}

/// Where the exchange stands.
#[derive(Serialize, ToSchema)]
pub struct Status {
    /// The last fact that readers see.
    pub sequence: u64,
    /// The last fact on disk; never below what readers see.
    pub durable_sequence: u64,
    /// `null` where none was made or found yet.
    pub last_snapshot: Option<SnapshotTaken>,
    /// The reporting database.
    pub mirror: MirrorStatus,
    /// Seconds since this process started.
    pub uptime: u64,
}

/// A snapshot.
#[derive(Serialize, ToSchema)]
pub struct SnapshotTaken {
    /// The last fact in it.
    pub through: u64,
    /// The digest of the state after that fact.
    pub digest: String,
}

impl SnapshotTaken {
    /// A snapshot through this fact, with this digest.
    pub fn of(through: Sequence, digest: Digest) -> SnapshotTaken {
        SnapshotTaken { through: through.0, digest: digest.to_string() }
    }
}

/// How far the mirror has followed the journal.
#[derive(Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct MirrorStatus {
    pub enabled: bool,
    /// `CONNECTING`, `FOLLOWING`, `RETRYING` or `REBUILD_NEEDED`.
    #[schema(example = "FOLLOWING")]
    pub state: Option<&'static str>,
    /// The last fact in it; `null` until that is known.
    pub sequence: Option<u64>,
    /// How many facts it is behind.
    pub lag: Option<u64>,
    /// For how many seconds it has not had everything.
    pub lag_seconds: Option<u64>,
    /// Why it cannot go on.
    pub error: Option<String>,
}

impl MirrorStatus {
    fn of(mirror: Option<&Monitor>) -> MirrorStatus {
        let status = mirror.map(Monitor::status);
        MirrorStatus {
            enabled: status.is_some(),
            state: status.as_ref().map(|status| status.phase.code()),
            sequence: status.as_ref().and_then(|status| status.sequence),
            lag: status.as_ref().and_then(|status| status.lag),
            lag_seconds: status.as_ref().and_then(|status| status.lag_secs),
            error: status.and_then(|status| status.error),
        }
    }
}

/// Where the exchange stands.
#[utoipa::path(get, path = "/api/system/status", tag = "operations",
    responses((status = 200, body = Status)))]
pub async fn status(api: Data<Api>) -> HttpResponse {
    let exchange = &api.exchange;
    let sequence = exchange.views().world().state.through.0;
    let last_snapshot = exchange
        .last_snapshot()
        .map(|taken| SnapshotTaken { through: taken.through.0, digest: taken.digest.to_string() });
    HttpResponse::Ok().json(Status {
        sequence,
        durable_sequence: sequence,
        last_snapshot,
        mirror: MirrorStatus::of(api.settings.mirror.as_ref()),
        uptime: exchange.started().elapsed().as_secs(),
    })
}

/// The digest of the live actors' state.
#[derive(Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct LiveDigest {
    pub sequence: u64,
    /// 64 hex digits; equal to what `souk verify` says at that sequence.
    pub digest: String,
}

/// The digest of the live actors' state. Commands wait at the door while it is taken.
#[utoipa::path(get, path = "/api/system/digest", tag = "operations", security(("bearer" = [])),
    responses((status = 200, body = LiveDigest), (status = 403, body = ProblemBody)))]
pub async fn digest(admin: AdminCaller) -> Result<HttpResponse, Problem> {
    let taken = admin.0.api.exchange.digest().await;
    let (sequence, digest) = taken.ok_or_else(|| Problem::of(EdgeError::NotReady))?;
    Ok(HttpResponse::Ok().json(LiveDigest { sequence: sequence.0, digest: digest.to_string() }))
}

/// The ledger's sums.
#[derive(Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct Totals {
    pub totals: Vec<Total>,
    /// Whether users + house = issued for each currency, and what is locked is what orders hold.
    pub balanced: bool,
    pub sequence: u64,
}

/// The ledger's sums of one currency.
#[derive(Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct Total {
    pub currency: &'static str,
    /// Grants and deposits less withdrawals.
    pub issued: String,
    /// What all users have together.
    pub users: String,
    /// The fees that the house earned.
    pub house: String,
}

/// Issued, users' and the house's money, for each currency.
#[utoipa::path(get, path = "/api/system/totals", tag = "operations", security(("bearer" = [])),
    responses((status = 200, body = Totals), (status = 403, body = ProblemBody)))]
pub async fn totals(admin: AdminCaller) -> HttpResponse {
    let world = admin.0.api.exchange.views().world();
    let state = &world.state;
    let users = state.users_total();
    let total = |asset: Asset| Total {
        currency: asset.code(),
        issued: asset.print(state.ledger.issued[asset]),
        users: asset.print(users[asset]),
        house: asset.print(state.ledger.house[asset]),
    };
    let totals = Asset::ALL.into_iter().map(total).collect();
    let (balanced, sequence) = (state.is_balanced(), state.through);
    reading(sequence, &Totals { totals, balanced, sequence: sequence.0 })
}
