//! The wiring: from settings to a serving exchange, and back to an orderly end.

use std::{
    net::TcpListener,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    actors::start::{Config, Running, start},
    domain::{p2p::Rules, wallet::Limits},
    http::{
        api::{HttpSettings, RateLimits},
        limit::Rate,
        server,
    },
    mirror::{self, Mirror, Source},
    settings::{self, ClockKind, Settings, Switch},
    store::{self, Durability, Failure, Opened},
    telemetry,
    ws::{self, Sockets, WsSettings},
};

/// How long an orderly stop may take.
const STOP_WITHIN: Duration = Duration::from_secs(9);
/// What is kept back of it for closing sockets.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
/// How long the mirror may go on behind the exchange; the next start goes on where it stands.
const MIRROR_WITHIN: Duration = Duration::from_secs(2);

/// What can be done to a mirror while the exchange is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum MirrorWork {
    /// Make it anew from snapshot, archive and journal; what was in it is removed
    Rebuild,
    /// Compare it with the fold of the journal, table by table, and name the first difference
    Check,
}

/// Serves until it is told to stop. The exit code is 0 after an orderly stop.
///
/// # Errors
/// What keeps it from starting: the data folder, the address, the settings.
pub fn serve(settings: Settings) -> anyhow::Result<ExitCode> {
    let opened = match open(&settings)? {
        Ok(opened) => opened,
        Err(failure) => {
            tracing::error!(%failure, "the data folder cannot be used");
            eprintln!("souk: {failure}");
            return Ok(ExitCode::from(failure.exit_code()));
        }
    };
    actix::System::new().block_on(async { run(settings, opened).await })
}

/// Opens the data folder on a thread where a panic of the storage engine becomes a failure.
fn open(settings: &Settings) -> anyhow::Result<Result<Opened, Failure>> {
    let durability = match settings.durability {
        settings::Durability::Disk => Durability::Disk,
        settings::Durability::Process => Durability::Process,
    };
    let options = store::Options {
        dir: settings.data_dir.clone(),
        durability,
        keep_archive: settings.keep_archive,
    };
    let opening = std::thread::Builder::new()
        .name(telemetry::OPENING_THREAD.into())
        .spawn(move || store::open(&options))?;
    let opened = opening.join().map_err(|_| anyhow!("opening the data folder panicked"))?;
    if let Ok(opened) = &opened {
        let found = &opened.recovered;
        tracing::info!(
            through = found.through.0,
            digest = %found.digest,
            facts = found.facts,
            millis = found.millis,
            "recovered"
        );
        if let Some(torn) = &found.torn {
            tracing::warn!(first = torn.first.0, detail = torn.detail, "cut a torn tail");
        }
        found.notes.iter().for_each(|note| tracing::warn!("{note}"));
    }
    Ok(opened)
}

/// Each connection takes two file handles, and the limit that a process begins with is often far below
/// what it may have.
fn raise_open_files_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => tracing::debug!(most = ?limit.maximum, "may open so many files"),
        Err(error) => tracing::warn!(%error, now = ?limit.current, "cannot open more files"),
    }
}

async fn run(settings: Settings, opened: Opened) -> anyhow::Result<ExitCode> {
    raise_open_files_limit();
    let listener = TcpListener::bind(settings.listen)
        .with_context(|| format!("cannot listen on {}", settings.listen))?;
    let address = listener.local_addr()?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // A journal that failed may not be written to again; what it holds, the next start finds.
    let on_failure = |failure: Failure| std::process::exit(i32::from(failure.exit_code().max(1)));
    let mirror = start_mirror(&settings, &opened)?;
    let running = start(opened, config(&settings), Box::new(on_failure))?;
    let sockets = Sockets::new(WsSettings {
        connections_max: settings.ws_connections_max,
        queue_max: settings.ws_queue_max,
        origins: settings.cors_origins.clone(),
        ..WsSettings::default()
    });
    let server = server::serve_with(
        running.exchange.clone(),
        HttpSettings { mirror: mirror.as_ref().map(Mirror::monitor), ..http_settings(&settings) },
        listener,
        ws::configure(sockets.clone()),
        ws::remember_socket,
    )?;
    let handle = server.handle();
    let serving = actix::spawn(server);
    tracing::info!("listening on http://{address}");
    #[cfg(feature = "baseline")]
    {
        let sketch = store::open(&store::Options::new(settings.data_dir.join("sketch")))?;
        let workers = http_settings(&settings).workers;
        let (bare, at) = crate::baseline::serve(address, workers, sketch.journal)?;
        actix::spawn(bare);
        tracing::info!("the bare handler and the sketch listen on http://{at}");
    }
    tokio::select! {
        _ = terminate.recv() => tracing::info!("stopping: SIGTERM"),
        _ = interrupt.recv() => tracing::info!("stopping: SIGINT"),
        ended = serving => return Err(anyhow!("the server ended: {ended:?}")),
    }
    stop(running, sockets, handle, mirror).await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Follows what is durable into MySQL, where the settings name one. It starts before the snapshotter,
/// which trims the journal, so that nothing that it lacks is trimmed away.
fn start_mirror(settings: &Settings, opened: &Opened) -> anyhow::Result<Option<Mirror>> {
    let Some(url) = &settings.mysql_url else { return Ok(None) };
    let options = mirror::Options {
        url: url.expose().to_owned(),
        keep_facts_max: settings.mirror_keep_facts_max,
    };
    let started = Mirror::start(options, Source::of(opened), opened.keep_from.clone());
    Ok(Some(started.context("the mirror cannot be started")?))
}

/// Makes the mirror anew, or compares it with the fold, with the exchange stopped. Prints one line of
/// JSON. Exits with 0, with 1 where the mirror differs or could not be reached, or with what a data
/// folder that cannot be used exits with.
///
/// # Errors
/// Where there is no mirror, or the runtime cannot be started.
pub fn look_after_mirror(settings: &Settings, work: MirrorWork) -> anyhow::Result<ExitCode> {
    let Some(url) = settings.mysql_url.as_ref().map(|url| url.expose()) else {
        return Err(anyhow!("there is no mirror: set SOUK_MYSQL_URL"));
    };
    let opened = match open(settings)? {
        Ok(opened) => opened,
        Err(failure) => {
            eprintln!("souk: {failure}");
            return Ok(ExitCode::from(failure.exit_code()));
        }
    };
    let source = Source::of(&opened);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let said = runtime.block_on(async {
        Ok::<_, mirror::MirrorError>(match work {
            MirrorWork::Rebuild => (true, json!(mirror::rebuild(url, source).await?)),
            MirrorWork::Check => {
                let report = mirror::check(url, &source).await?;
                (report.equal, json!(report))
            }
        })
    });
    match said {
        Ok((good, line)) => {
            println!("{line}");
            Ok(ExitCode::from(u8::from(!good)))
        }
        Err(trouble) => {
            eprintln!("souk: {trouble}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Door, commands under way, journal and replies, sockets, a snapshot if time is left, the mirror.
async fn stop(
    running: Running,
    sockets: Sockets,
    server: actix_web::dev::ServerHandle,
    mirror: Option<Mirror>,
) {
    let until = Instant::now() + STOP_WITHIN;
    running.drain(until - CLOSE_WITHIN).await;
    running.exchange.feed().drained().await;
    sockets.stop();
    // A client that does not close its connection is not waited for.
    let _ = tokio::time::timeout(CLOSE_WITHIN / 2, sockets.closed()).await;
    if tokio::time::timeout(CLOSE_WITHIN / 2, server.stop(true)).await.is_err() {
        tracing::warn!("stopping with open connections");
    }
    running.finish(until).await;
    if let Some(mirror) = mirror {
        mirror.finish(until.min(Instant::now() + MIRROR_WITHIN));
    }
}

fn config(settings: &Settings) -> Config {
    let cores = cores();
    Config {
        instruments: settings.instruments.clone(),
        limits: Limits {
            open_orders_max: settings.open_orders_per_user_max,
            deposit_day_max: settings.deposit_day_max.0,
            withdrawal_day_max: settings.withdrawal_day_max.0,
        },
        p2p: p2p_rules(settings),
        permits_max: settings.permits_max,
        permits_per_user_max: settings.permits_per_user_max,
        bcrypt_cost: settings.bcrypt_cost,
        admin_password: settings.admin_password.as_ref().map(|p| p.expose().to_owned()),
        manual_clock: settings.clock == ClockKind::Manual,
        downtime_shift: settings.downtime_shift,
        // The other half is for requests, the journal and the durable end.
        arbiters: (cores / 2).max(1),
        snapshot_every_facts: settings.snapshot_every_facts,
        snapshot_every_secs: settings.snapshot_every_secs,
    }
}

fn p2p_rules(settings: &Settings) -> Rules {
    Rules {
        fiats: settings.p2p_fiats.0.clone(),
        maker_fee: settings.p2p_maker_fee_percent.0,
        taker_fee: settings.p2p_taker_fee_percent.0,
        release_window_secs: settings.p2p_release_window_secs,
        auto_dispute_secs: settings.p2p_auto_dispute_secs,
        appeal_window_secs: settings.p2p_appeal_window_secs,
        dispute_target_secs: settings.p2p_dispute_target_secs,
        statement_window_secs: settings.p2p_statement_window_secs,
        review_window_secs: settings.p2p_review_window_secs,
        cancel_grace_secs: settings.p2p_cancel_grace_secs,
        open_ads_max: settings.open_ads_per_user_max,
        open_trades_max: settings.open_p2p_trades_per_user_max,
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, |cores| cores.get())
}

fn http_settings(settings: &Settings) -> HttpSettings {
    let second = Duration::from_secs(1);
    let rate = |requests, burst, per| Rate { requests, burst, per };
    let limits = RateLimits {
        by_address: rate(
            settings.rate_limit_address_per_sec,
            settings.rate_limit_address_burst,
            second,
        ),
        by_user: rate(settings.rate_limit_user_per_sec, settings.rate_limit_user_burst, second),
        auth: rate(
            settings.auth_attempts_per_min,
            settings.auth_attempts_per_min,
            Duration::from_secs(60),
        ),
    };
    let cores = cores();
    HttpSettings {
        jwt_secret: settings.jwt_secret.as_ref().map(|secret| secret.expose().to_owned()),
        cors_origins: settings.cors_origins.clone(),
        rate_limits: (settings.rate_limits == Switch::On).then_some(limits),
        body_deadline: Duration::from_millis(settings.body_deadline_ms),
        workers: if settings.http_workers == 0 { cores } else { settings.http_workers },
        ..HttpSettings::default()
    }
}
