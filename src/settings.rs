//! What an operator may choose: defaults in code, then a TOML file, then `SOUK_*`, then flags.
//!
//! Every key is flat and has the same name in the file and, in capitals behind `SOUK_`, in the
//! environment. A key that nobody knows, or a value that cannot work, is refused at start by an
//! error that names the key. Secrets are in no `Debug` output, no serialised form and no error.

mod environment;
mod value;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use figment::{
    Figment,
    error::Kind,
    providers::{Format, Serialized, Toml},
};
use serde::{Deserialize, Serialize};

pub use self::value::{Amounts, ClockKind, Durability, Fee, Fiats, LogFormat, Secret, Switch};
use crate::{
    domain::{id::INSTRUMENTS_MAX, instrument::Instrument, p2p::Rules},
    mirror::check_url,
};

/// Everything that can be chosen; `souk.example.toml` says what each key does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Settings {
    pub listen: SocketAddr,
    pub data_dir: PathBuf,
    #[serde(default, skip_serializing)]
    pub jwt_secret: Option<Secret>,
    #[serde(default, skip_serializing)]
    pub admin_password: Option<Secret>,
    #[serde(default, skip_serializing)]
    pub mysql_url: Option<Secret>,
    pub development: bool,
    pub clock: ClockKind,

    pub durability: Durability,
    pub snapshot_every_facts: u64,
    pub snapshot_every_secs: u64,
    pub keep_archive: bool,
    pub mirror_keep_facts_max: u64,
    pub downtime_shift: bool,

    /// 0 is one for each core.
    pub http_workers: usize,
    pub body_deadline_ms: u64,
    pub bcrypt_cost: u32,
    pub cors_origins: Vec<String>,
    pub rate_limits: Switch,
    pub rate_limit_user_per_sec: u32,
    pub rate_limit_user_burst: u32,
    pub rate_limit_address_per_sec: u32,
    pub rate_limit_address_burst: u32,
    /// Registrations and logins of one address.
    pub auth_attempts_per_min: u32,
    pub permits_max: usize,
    pub permits_per_user_max: usize,
    pub ws_connections_max: usize,
    pub ws_queue_max: usize,

    pub log: String,
    pub log_format: LogFormat,

    pub open_orders_per_user_max: usize,
    pub deposit_day_max: Amounts,
    pub withdrawal_day_max: Amounts,

    pub p2p_fiats: Fiats,
    pub p2p_maker_fee_percent: Fee,
    pub p2p_taker_fee_percent: Fee,
    pub p2p_release_window_secs: u32,
    pub p2p_auto_dispute_secs: u32,
    pub p2p_appeal_window_secs: u32,
    pub p2p_dispute_target_secs: u32,
    pub p2p_statement_window_secs: u32,
    pub p2p_review_window_secs: u32,
    pub p2p_cancel_grace_secs: u32,
    pub open_ads_per_user_max: usize,
    pub open_p2p_trades_per_user_max: usize,

    #[serde(with = "value::listings")]
    pub instruments: Vec<Instrument>,
}

/// What the command line may say over everything else.
#[derive(Clone, Debug, Default, Serialize, clap::Args)]
pub struct Flags {
    /// Address and port to serve on; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
    /// Folder of the journal and the snapshots
    #[arg(long, value_name = "FOLDER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// What to survive: disk (power cuts) or process (killed processes)
    #[arg(long, value_name = "disk|process")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub durability: Option<String>,
    /// What to log, as a filter: info, or souk=debug,info
    #[arg(long, value_name = "FILTER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
}

impl Flags {
    /// These, and where they say nothing, `others`.
    pub fn or(self, others: Flags) -> Flags {
        Flags {
            listen: self.listen.or(others.listen),
            data_dir: self.data_dir.or(others.data_dir),
            durability: self.durability.or(others.durability),
            log: self.log.or(others.log),
        }
    }
}

/// Why the settings cannot be used; the operator corrects the key that it names.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("setting `{key}`: {fault}")]
pub struct SettingsError {
    /// The key as its source writes it: `listen`, `instruments`, `SOUK_LISTEN`.
    pub key: String,
    /// What is wrong with it.
    pub fault: String,
}

impl SettingsError {
    fn new(key: &str, fault: impl Into<String>) -> SettingsError {
        SettingsError { key: key.into(), fault: fault.into() }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        let p2p = Rules::default();
        Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data_dir: "snapshots".into(),
            jwt_secret: None,
            admin_password: None,
            mysql_url: None,
            development: false,
            clock: ClockKind::System,
            durability: Durability::Disk,
            snapshot_every_facts: 100_000,
            snapshot_every_secs: 300,
            keep_archive: true,
            mirror_keep_facts_max: 5_000_000,
            downtime_shift: true,
            http_workers: 0,
            body_deadline_ms: 5_000,
            bcrypt_cost: 12,
            cors_origins: Vec::new(),
            rate_limits: Switch::On,
            rate_limit_user_per_sec: 2_000,
            rate_limit_user_burst: 4_000,
            rate_limit_address_per_sec: 5_000,
            rate_limit_address_burst: 10_000,
            auth_attempts_per_min: 300,
            permits_max: 8_192,
            permits_per_user_max: 1_024,
            ws_connections_max: 10_000,
            ws_queue_max: 1_000,
            log: "info".into(),
            log_format: LogFormat::Text,
            open_orders_per_user_max: 10_000,
            deposit_day_max: value::day_max(),
            withdrawal_day_max: value::day_max(),
            p2p_fiats: Fiats(p2p.fiats),
            p2p_maker_fee_percent: Fee(p2p.maker_fee),
            p2p_taker_fee_percent: Fee(p2p.taker_fee),
            p2p_release_window_secs: p2p.release_window_secs,
            p2p_auto_dispute_secs: p2p.auto_dispute_secs,
            p2p_appeal_window_secs: p2p.appeal_window_secs,
            p2p_dispute_target_secs: p2p.dispute_target_secs,
            p2p_statement_window_secs: p2p.statement_window_secs,
            p2p_review_window_secs: p2p.review_window_secs,
            p2p_cancel_grace_secs: p2p.cancel_grace_secs,
            open_ads_per_user_max: p2p.open_ads_max,
            open_p2p_trades_per_user_max: p2p.open_trades_max,
            instruments: value::default_instruments(),
        }
    }
}

impl Settings {
    /// Reads the settings of this process: `config` where one is given, then the environment, then
    /// `flags`. The error names the first key that is unknown or cannot be used.
    pub fn load(config: Option<&Path>, flags: Flags) -> Result<Settings, SettingsError> {
        // A variable that is not UTF-8 cannot be one of ours: all our values are.
        let variables = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        Settings::load_from(config, variables, flags)
    }

    fn load_from(
        config: Option<&Path>,
        variables: impl Iterator<Item = (String, String)>,
        flags: Flags,
    ) -> Result<Settings, SettingsError> {
        let defaults = Settings::default();
        let mut figment = Figment::from(Serialized::defaults(&defaults));
        if let Some(path) = config {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path)
                .map_err(|e| SettingsError::new("config", format!("cannot read {name}: {e}")))?;
            figment = figment.merge(Toml::string(&text));
        }
        let chosen = environment::read(&defaults, variables)?;
        let settings: Settings = figment
            .merge(Serialized::globals(chosen))
            .merge(Serialized::globals(flags))
            .extract()
            .map_err(explain)?;
        settings.check()?;
        Ok(settings)
    }

    /// Checks what the types alone do not: ranges, and keys that need another.
    pub fn check(&self) -> Result<(), SettingsError> {
        let faulty = |key: &str, fault: &str| Err(SettingsError::new(key, fault));
        let length = |secret: &Option<Secret>| secret.as_ref().map(|s| s.expose().len());
        if self.data_dir.as_os_str().is_empty() {
            return faulty("data_dir", "must not be empty");
        }
        if length(&self.jwt_secret).is_some_and(|bytes| bytes < 32) {
            return faulty("jwt_secret", "must be at least 32 bytes long");
        }
        if length(&self.admin_password).is_some_and(|bytes| !(8..=71).contains(&bytes)) {
            return faulty("admin_password", "must be 8 to 71 bytes long");
        }
        if let Some(Err(fault)) = self.mysql_url.as_ref().map(|url| check_url(url.expose())) {
            return faulty("mysql_url", fault);
        }
        if self.clock == ClockKind::Manual && !self.development {
            return faulty("clock", "manual needs development = true");
        }
        if !(4..=15).contains(&self.bcrypt_cost) {
            return faulty("bcrypt_cost", "must be 4 to 15");
        }
        if self.bcrypt_cost < 10 && !self.development {
            return faulty("bcrypt_cost", "below 10 needs development = true");
        }
        if self.permits_per_user_max > self.permits_max {
            return faulty("permits_per_user_max", "must not be above permits_max");
        }
        if !(100..=600_000).contains(&self.body_deadline_ms) {
            return faulty("body_deadline_ms", "must be 100 to 600000");
        }
        if self.http_workers > 1_024 {
            return faulty("http_workers", "must be 0 to 1024");
        }
        if let Some(origin) = self.cors_origins.iter().find(|o| !is_origin(o)) {
            return Err(SettingsError::new(
                "cors_origins",
                format!("`{origin}` is no origin, such as https://souk.example"),
            ));
        }
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&self.log) {
            return Err(SettingsError::new("log", error.to_string()));
        }
        if self.instruments.is_empty() || self.instruments.len() > usize::from(INSTRUMENTS_MAX) {
            return faulty("instruments", "must be 1 to 1024");
        }
        match self.counts().into_iter().find(|(_, count)| *count == 0) {
            Some((key, _)) => faulty(key, "must be at least 1"),
            None => Ok(()),
        }
    }

    /// The figures of which none may be zero.
    fn counts(&self) -> [(&'static str, u64); 21] {
        [
            ("snapshot_every_facts", self.snapshot_every_facts),
            ("snapshot_every_secs", self.snapshot_every_secs),
            ("mirror_keep_facts_max", self.mirror_keep_facts_max),
            ("rate_limit_user_per_sec", self.rate_limit_user_per_sec.into()),
            ("rate_limit_user_burst", self.rate_limit_user_burst.into()),
            ("rate_limit_address_per_sec", self.rate_limit_address_per_sec.into()),
            ("rate_limit_address_burst", self.rate_limit_address_burst.into()),
            ("auth_attempts_per_min", self.auth_attempts_per_min.into()),
            ("permits_max", self.permits_max as u64),
            ("permits_per_user_max", self.permits_per_user_max as u64),
            ("ws_connections_max", self.ws_connections_max as u64),
            ("ws_queue_max", self.ws_queue_max as u64),
            ("open_orders_per_user_max", self.open_orders_per_user_max as u64),
            ("p2p_release_window_secs", self.p2p_release_window_secs.into()),
            ("p2p_auto_dispute_secs", self.p2p_auto_dispute_secs.into()),
            ("p2p_appeal_window_secs", self.p2p_appeal_window_secs.into()),
            ("p2p_dispute_target_secs", self.p2p_dispute_target_secs.into()),
            ("p2p_statement_window_secs", self.p2p_statement_window_secs.into()),
            ("p2p_review_window_secs", self.p2p_review_window_secs.into()),
            ("open_ads_per_user_max", self.open_ads_per_user_max as u64),
            ("open_p2p_trades_per_user_max", self.open_p2p_trades_per_user_max as u64),
        ]
    }
}

/// Whether `text` is what a browser sends as `Origin`: scheme, host and port, nothing behind.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let outside = |b: u8| b.is_ascii_uppercase() || !b.is_ascii_graphic() || b"/?#@*".contains(&b);
    host.is_some_and(|host| !host.is_empty() && !host.bytes().any(outside))
}

/// Turns the first of figment's errors into one that names the key.
fn explain(error: figment::Error) -> SettingsError {
    let path = error.path.join(".");
    match error.kind {
        Kind::UnknownField(field, _) => SettingsError::new(&field, "unknown key"),
        // The quoted lines of a syntax error may hold a secret.
        Kind::Message(text) if path.is_empty() => {
            let plain: Vec<&str> = text.lines().filter(|l| !l.contains('|')).collect();
            SettingsError::new("config", plain.join(": "))
        }
        Kind::UnknownVariant(found, known) => {
            SettingsError::new(&path, format!("`{found}` is none of {}", known.join(", ")))
        }
        kind => SettingsError::new(&path, kind.to_string()),
    }
}

#[cfg(test)]
mod tests;
