//! `souk replay`: a recorded Binance spot market, played into a running exchange.
//!
//! It is a client like any other: maker accounts keep each price level at the recorded quantity,
//! taker accounts trade as recorded, all over REST and WebSocket. It expects to be alone on its
//! instrument; orders of others are met, and show in the report as distance from the recording.

mod feed;
mod lanes;
mod maker;
mod player;
mod recorded;
mod recording;
pub(super) mod replay_book;
mod report;

use std::{fmt, path::PathBuf, process::ExitCode, str::FromStr, time::Duration};

use anyhow::Context;
use rust_decimal::Decimal;

pub use self::report::Report;
use self::{
    feed::Feed,
    lanes::Lanes,
    player::{Player, Roles},
    recording::Recording,
    replay_book::Increments,
};
use super::client::{Client, InstrumentInfo};

/// What each account gets, far beyond what a market's visible depth asks for.
const QUOTE_DEPOSIT: &str = "500000000";
const BASE_DEPOSIT: &str = "100000";

/// How fast the recorded time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// Without any wait.
    Max,
    /// So many times as fast as recorded.
    Times(Decimal),
}

impl Speed {
    /// How long after the start something is due that was recorded `nanos` after the first line.
    pub fn due(self, nanos: u64) -> Option<Duration> {
        match self {
            Speed::Max => None,
            Speed::Times(times) => {
                let nanos = Decimal::from(nanos).checked_div(times)?;
                u64::try_from(nanos.trunc()).ok().map(Duration::from_nanos)
            }
        }
    }
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Speed, String> {
        if text == "max" {
            return Ok(Speed::Max);
        }
        let times = Decimal::from_str_exact(text).ok();
        let times = times
            .filter(|times| *times >= Decimal::new(1, 3) && *times <= Decimal::from(1_000_000));
        times.map(Speed::Times).ok_or_else(|| "must be `max` or from 0.001 to 1000000".to_owned())
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Speed::Max => f.write_str("max"),
            Speed::Times(times) => write!(f, "{times}"),
        }
    }
}

/// What to play, where, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct ReplayOptions {
    /// A capture of Binance's spot WebSocket, plain or gzipped: a line each of local nanoseconds
    /// and a message (bookTicker, depth differences, trades, and a depth snapshot)
    pub file: PathBuf,
    /// How many times as fast as recorded, or `max`
    #[arg(long, default_value = "1", value_name = "N|max")]
    pub speed: Speed,
    /// The exchange to play into
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// The password of the exchange's user `admin`, who funds the accounts
    #[arg(long, env = "SOUK_ADMIN_PASSWORD", hide_env_values = true)]
    pub admin_password: String,
    /// The instrument to play on; by default the one whose currencies are the recorded ones
    #[arg(long)]
    pub instrument: Option<String>,
    /// Accounts that keep the levels
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub makers: u16,
    /// Accounts that trade
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub takers: u16,
    /// Commands of an account that may wait for their answers at a time
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..))]
    pub in_flight: u16,
    /// Leave the makers' orders in the book at the end
    #[arg(long)]
    pub keep_orders: bool,
}

/// The arguments of `souk replay`.
#[derive(Clone, Debug, clap::Args)]
pub struct ReplayArgs {
    /// What to play, where, and how.
    #[command(flatten)]
    pub options: ReplayOptions,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Plays and prints the report; fails where the ledger is not balanced at the end.
pub async fn play(args: ReplayArgs) -> anyhow::Result<ExitCode> {
    let report = run(args.options).await?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{report}");
    }
    Ok(if report.ledger.balanced { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Plays a recording into a running exchange. Progress goes to standard error.
pub async fn run(options: ReplayOptions) -> anyhow::Result<Report> {
    let public = Client::new(&options.url)?;
    let listed = instrument(&public, &options).await?;
    let steps = Increments::read(&listed).map_err(anyhow::Error::msg)?;
    let last_price = listed.last_price.and_then(|last| steps.price(&last).ok());
    let recording = Recording::open(&options.file, steps.clone())?;
    let admin = public.login("admin", &options.admin_password).await;
    let admin = admin.context("cannot log in as `admin`")?;

    let run = format!("{:08x}", rand::random::<u32>());
    let roles = Roles { makers: options.makers.into(), takers: options.takers.into() };
    let mut accounts = Vec::new();
    for index in 0..roles.makers + roles.takers {
        let role = if index < roles.makers { "maker" } else { "taker" };
        let name = format!("{role}{index}_{run}");
        accounts.push(account(&public, &admin, &name, &steps).await?);
    }
    eprintln!("{} accounts on {} are funded", accounts.len(), steps.name);

    let feed = Feed::open(&public, &run, &steps).await?;
    let in_flight_max = options.in_flight.into();
    // Should this program be stopped half way, the makers' orders would stand in the next run's way.
    let lanes = Lanes::open(&accounts, &run, in_flight_max, !options.keep_orders).await?;
    let player = Player::new(steps.clone(), roles, lanes, feed, &run, last_price);
    let mut report = player.play(recording, options.speed, &public).await?;

    report.file = options.file.display().to_string();
    if !options.keep_orders {
        for maker in &accounts[..roles.makers] {
            maker.cancel_all(&steps.name).await?;
        }
    }
    report.ledger = report::Ledger::of(admin.totals().await?);
    Ok(report)
}

/// The instrument that the recording is to be played on.
async fn instrument(public: &Client, options: &ReplayOptions) -> anyhow::Result<InstrumentInfo> {
    let symbol = recording::symbol(&options.file)?;
    let is_wanted = |info: &InstrumentInfo| match &options.instrument {
        Some(wanted) => info.name == *wanted,
        None => format!("{}{}", info.base, info.quote).eq_ignore_ascii_case(&symbol),
    };
    let found = public.instruments().await?.into_iter().find(is_wanted);
    let wanted = options.instrument.as_deref().unwrap_or(&symbol);
    found.with_context(|| format!("the exchange lists no instrument for {wanted}"))
}

/// A new funded account, logged in.
async fn account(
    public: &Client,
    admin: &Client,
    name: &str,
    steps: &Increments,
) -> anyhow::Result<Client> {
    let password = format!("{:032x}", rand::random::<u128>());
    public.register(name, &password).await.with_context(|| format!("cannot register {name}"))?;
    for (currency, amount) in [(&steps.base, BASE_DEPOSIT), (&steps.quote, QUOTE_DEPOSIT)] {
        let funded = admin.deposit_to(name, currency, amount).await;
        funded.with_context(|| format!("cannot fund {name} with {currency}"))?;
    }
    Ok(public.login(name, &password).await?)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: ReplayArgs,
    }

    #[test]
    fn arguments_are_read() {
        let cli = ["replay", "x.jsonl.gz", "--speed", "max", "--admin-password", "p", "--json"];
        let args = Cli::parse_from(cli).args;
        assert_eq!((args.options.speed, args.json), (Speed::Max, true));
        assert_eq!(args.options.url, "http://127.0.0.1:8080");
        for bad in ["0", "-1", "fast", "1e3"] {
            let cli = ["replay", "x", "--admin-password", "p", "--speed", bad];
            assert!(Cli::try_parse_from(cli).is_err(), "{bad}");
        }
    }

    #[test]
    fn speed_divides_the_recorded_time() {
        assert_eq!(Speed::Max.due(5), None);
        let double = "2".parse::<Speed>().unwrap();
        assert_eq!(double.due(3_000_000_000), Some(Duration::from_millis(1_500)));
        let slow = "0.5".parse::<Speed>().unwrap();
        assert_eq!(slow.due(1_000_000_000), Some(Duration::from_secs(2)));
    }
}
