//! `souk load`: drives a running exchange as a market does, and measures it.
//!
//! It is a client like any other: its users register and are funded over the public API, and their
//! orders come over REST, in batches, or over WebSockets. Several targets take turns within one run, so
//! that they meet the same machine in the same mood; one of them may be a bare handler without an
//! exchange behind it, which a server built with the feature `baseline` brings along.

mod chart;
mod drive;
mod link;
mod market;
mod mix;
mod report;
mod schedule;
mod tally;

use std::{
    cell::RefCell,
    fs,
    path::PathBuf,
    process::ExitCode,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::Context;
use serde::Serialize;
use tokio::task::JoinSet;

pub use self::report::Report;
use self::{
    drive::{Lane, LanePlan},
    market::Market,
    mix::Mix,
    report::{Round, rows},
    schedule::turns,
    tally::Tally,
};

/// How long a run may take beyond its time, for what is still under way.
const FAREWELL: Duration = Duration::from_secs(30);

/// What is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// `POST` and `DELETE /api/orderbook/orders`, one order each
    Rest,
    /// `POST /api/orderbook/orders/batch`
    Batch,
    /// Orders over WebSockets
    Ws,
    /// The bare handler of a server that was built with the feature `baseline`
    Baseline,
}

impl Target {
    /// As it stands in tables.
    pub fn name(self) -> &'static str {
        match self {
            Target::Rest => "rest",
            Target::Batch => "batch",
            Target::Ws => "ws",
            Target::Baseline => "baseline",
        }
    }
}

/// The arguments of `souk load`.
#[derive(Clone, Debug, clap::Args)]
pub struct LoadArgs {
    /// The exchange to drive; run it with `SOUK_RATE_LIMITS=off`
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// Where the bare handler listens; by default on the exchange's port plus one
    #[arg(long)]
    pub baseline_url: Option<String>,
    /// The password of the exchange's user `admin`, who funds the users and has the ledger checked;
    /// without it users trade with what they got at registration
    #[arg(long, env = "SOUK_ADMIN_PASSWORD", hide_env_values = true)]
    pub admin_password: Option<String>,
    /// What to drive; several take turns
    #[arg(long, value_enum, value_delimiter = ',', default_value = "rest")]
    pub target: Vec<Target>,
    /// Connections at a time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    pub connections: u16,
    /// Users, who share the connections
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    pub users: u16,
    /// Instruments, which share the connections
    #[arg(long, value_delimiter = ',', default_value = "BTC-USD")]
    pub instruments: Vec<String>,
    /// How long each target is driven in each round
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: u64,
    /// How often each target has its turn
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub rounds: u16,
    /// Requests a second over all connections by a fixed schedule (open loop); without it each connection
    /// asks as soon as it can (closed loop)
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,
    /// Orders of a batch
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub batch: u16,
    /// Commands of a WebSocket that may wait for their answers at a time
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=512))]
    pub in_flight: u16,
    /// Writes the results as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Draws the latencies
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

/// Runs, prints the table, writes the files; fails where a connection broke or the ledger is not
/// balanced.
pub fn load(args: LoadArgs) -> anyhow::Result<ExitCode> {
    // One thread: it shares the machine with the exchange, and is not to be what is measured.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = tokio::task::LocalSet::new().block_on(&runtime, run(&args))?;
    print!("{report}");
    if let Some(path) = &args.json {
        let json = serde_json::to_string_pretty(&report)? + "\n";
        fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(path) = &args.svg {
        let svg = chart::draw(&report.targets);
        fs::write(path, svg).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run(args: &LoadArgs) -> anyhow::Result<Report> {
    let market = Market::open(args).await?;
    let mut rounds: Vec<(Target, Vec<Round>)> = Vec::new();
    for target in &args.target {
        if !rounds.iter().any(|(known, _)| known == target) {
            rounds.push((*target, Vec::new()));
        }
    }
    for number in 1..=args.rounds {
        for (target, done) in &mut rounds {
            eprintln!("{}, round {number} of {}", target.name(), args.rounds);
            done.push(round(args, &market, *target, number.into()).await?);
            market.clear().await?;
        }
    }
    let mut report = Report {
        connections: args.connections.into(),
        users: args.users.into(),
        instruments: args.instruments.clone(),
        seconds: args.seconds,
        rounds: args.rounds.into(),
        rate: args.rate,
        batch: args.batch.into(),
        in_flight: args.in_flight.into(),
        targets: rows(&rounds),
        balanced: None,
    };
    if let Some(totals) = market.totals().await? {
        report.judge(&totals);
    }
    Ok(report)
}

async fn round(
    args: &LoadArgs,
    market: &Market,
    target: Target,
    number: u64,
) -> anyhow::Result<Round> {
    let course = course(args, target)?;
    let lanes = usize::from(args.connections);
    let tally = Rc::new(RefCell::new(Tally::new()));
    let facts_before = market.sequence().await?;
    let (turns, schedule) = turns(args.rate, lanes, Duration::from_secs(args.seconds))?;
    let (started, cpu) = (Instant::now(), cpu_seconds());
    let mut work = JoinSet::new();
    for (at, turns) in turns.into_iter().enumerate() {
        let (token, ground) = market.place_of(at);
        let mix = Mix::new(ground.clone(), number << 32 | at as u64);
        let (course, tally) = (course.clone(), tally.clone());
        let lane = Lane { course, token: token.to_owned(), mix, turns, tally };
        work.spawn_local(async move {
            match target {
                Target::Rest | Target::Baseline => lane.rest().await,
                Target::Batch => lane.batch().await,
                Target::Ws => lane.socket(&format!("load-{at}")).await,
            }
        });
    }
    let all = async {
        while let Some(ended) = work.join_next().await {
            if let Err(error) = ended? {
                eprintln!("a connection to {} broke: {error}", course.address);
                tally.borrow_mut().broken += 1;
            }
        }
        anyhow::Ok(())
    };
    let within = Duration::from_secs(args.seconds) + FAREWELL;
    tokio::time::timeout(within, all).await.context("the exchange does not answer")??;
    let seconds = started.elapsed().as_secs_f64();
    let own_cpu = (cpu_seconds() - cpu) / seconds;
    if let Some(Err(_)) = schedule.map(|thread| thread.join()) {
        anyhow::bail!("the schedule's thread failed");
    }
    let facts = market.sequence().await? - facts_before;
    let tally = tally.borrow().clone();
    Ok(Round { tally, seconds, own_cpu, facts })
}

fn course(args: &LoadArgs, target: Target) -> anyhow::Result<LanePlan> {
    let address = host_and_port(&args.url)?;
    let (address, path) = match (target, &args.baseline_url) {
        (Target::Baseline, Some(url)) => (host_and_port(url)?, "/orders"),
        (Target::Baseline, None) => (next_port(&address)?, "/orders"),
        _ => (address, "/api/orderbook/orders"),
    };
    let (batch, in_flight) = (args.batch.into(), args.in_flight.into());
    Ok(LanePlan { address, path: path.to_owned(), batch, in_flight })
}

fn host_and_port(url: &str) -> anyhow::Result<String> {
    let rest = url.strip_prefix("http://").context("only http:// can be driven")?;
    let address = rest.trim_end_matches('/');
    Ok(if address.contains(':') { address.to_owned() } else { format!("{address}:80") })
}

fn next_port(address: &str) -> anyhow::Result<String> {
    let (host, port) = address.rsplit_once(':').context("an address without a port")?;
    let port: u16 = port.parse().context("a port is no number")?;
    Ok(format!("{host}:{}", port.checked_add(1).context("there is no next port")?))
}

/// Seconds of processor that this process has used.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = after_name.split(' ').skip(11).take(2).filter_map(|n| n.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: LoadArgs,
    }

    #[test]
    fn arguments_are_read() {
        let cli = ["load", "--target", "rest,baseline", "--rate", "500", "--instruments", "A,B"];
        let args = Cli::parse_from(cli).args;
        assert_eq!(args.target, [Target::Rest, Target::Baseline]);
        assert_eq!((args.rate, args.instruments.len()), (Some(500), 2));
        for bad in [["load", "--rate", "0"], ["load", "--batch", "101"], ["load", "--target", "x"]]
        {
            assert!(Cli::try_parse_from(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn each_target_has_its_address() {
        let cli = ["load", "--url", "http://127.0.0.1:8400/"];
        let args = Cli::parse_from(cli).args;
        assert_eq!(course(&args, Target::Rest).unwrap().address, "127.0.0.1:8400");
        assert_eq!(course(&args, Target::Baseline).unwrap().address, "127.0.0.1:8401");
        assert_eq!(host_and_port("http://exchange").unwrap(), "exchange:80");
        assert!(host_and_port("https://exchange").is_err());
    }
}
