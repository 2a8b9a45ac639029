//! The MySQL mirror with a real MariaDB, which `scripts/setup tools` installs.
//!
//! First how many facts a second it writes, against a bare loop that inserts the same rows, many a
//! statement. Then what orders feel of a database that is frozen: the slowest of a hundred with the mirror
//! following, and with the database stopped, by turns; how far the mirror falls behind meanwhile, and how
//! long it then takes. Left out: HTTP, a network, a disk of the database's own.
//!
//! `SOUK_BENCH_FROZEN_SECS` says how long each turn takes; 10 unless given.

#[allow(dead_code)]
#[path = "../tests/it/mirror/server.rs"]
mod server;

use std::{
    fs,
    time::{Duration, Instant},
};

use souk::{
    actors::{
        exchange::Exchange,
        start::{Config, start},
    },
    domain::{
        account::{Register, Role},
        command::{CancelReason, Command, Request},
        id::{InstrumentId, RequestId, UserId},
        instrument::{Price, Quantity},
        money::{Amount, Asset},
        order::{PlaceOrder, SelfTradePrevention, Side},
        per_asset::PerAsset,
        wallet::Limits,
    },
    mirror::{self, Mirror, Monitor, Options, Source},
    settings::Settings,
    store,
};

use server::Server;

const USERS: u64 = 64;
/// Facts that are written from the first to the last.
const FACTS: u64 = 100_000;
/// Orders a second while the database is frozen or not.
const ORDERS_PER_SEC: u64 = 2_000;
const CLIENTS: u64 = 32;
const TURNS: usize = 5;

fn config() -> Config {
    let most = PerAsset::all(Amount::new(1_000_000_000_000));
    Config {
        instruments: Settings::default().instruments,
        p2p: Default::default(),
        limits: Limits {
            open_orders_max: 100_000,
            deposit_day_max: most,
            withdrawal_day_max: most,
        },
        permits_max: 8_192,
        permits_per_user_max: 8_192,
        bcrypt_cost: 4,
        admin_password: None,
        manual_clock: false,
        downtime_shift: true,
        arbiters: 1,
        snapshot_every_facts: 100_000,
        snapshot_every_secs: 3_600,
    }
}

async fn ask(exchange: &Exchange, by: Option<UserId>, command: Command) {
    let asked = Request { by, request: RequestId(0), key: None, command };
    exchange.submit(asked).await.expect("the bench asks for what can be done");
}

async fn fund(exchange: &Exchange) {
    for number in 1..=USERS {
        let register = Register {
            username: format!("user{number}"),
            email: format!("user{number}@example.org"),
            full_name: None,
            password_hash: String::new(),
            role: Role::User,
            granted: true,
        };
        ask(exchange, None, Command::Register(register)).await;
        for (asset, amount) in [(Asset::Usd, 1_000_000_000_000), (Asset::Btc, 10_000_000_000_000)] {
            let to = UserId(number);
            ask(
                exchange,
                None,
                Command::Deposit { to, asset, amount: Amount::new(amount), counted: false },
            )
            .await;
        }
    }
}

/// A quarter of the orders cross; everything of a user is cancelled each 16, so that the book stays
/// small.
fn command(number: u64) -> Command {
    if number % 16 == 15 {
        let instrument = Some(InstrumentId(0));
        return Command::CancelAll { instrument, reason: CancelReason::Owner };
    }
    let side = if number.is_multiple_of(2) { Side::Buy } else { Side::Sell };
    let away = if number % 8 < 2 { 0 } else { 1_000 + (number % 97) as i64 };
    let price = match side {
        Side::Buy => 5_000_000 - away,
        Side::Sell => 5_000_000 + away,
    };
    let order = PlaceOrder {
        self_trade_prevention: SelfTradePrevention::CancelOldest,
        ..PlaceOrder::limit(side, Quantity::new(100), Price::new(price))
    };
    Command::Place { instrument: InstrumentId(0), order }
}

/// Places orders one after the other, as fast as it goes.
async fn hurried(exchange: Exchange, at: u64, orders: u64) {
    for number in 0..orders {
        ask(&exchange, Some(UserId(at % USERS + 1)), command(at + number)).await;
    }
}

/// Places orders at its share of the rate, and says how long each took.
async fn paced(exchange: Exchange, at: u64, during: Duration) -> Vec<Duration> {
    let mut ticks =
        tokio::time::interval(Duration::from_secs(1) * CLIENTS as u32 / ORDERS_PER_SEC as u32);
    let (until, mut took) = (Instant::now() + during, Vec::new());
    for number in 0.. {
        ticks.tick().await;
        let asked = Instant::now();
        if asked >= until {
            break;
        }
        ask(&exchange, Some(UserId(at % USERS + 1)), command(at + number)).await;
        took.push(asked.elapsed());
    }
    took
}

async fn all<T: 'static>(work: impl Iterator<Item = impl Future<Output = T> + 'static>) -> Vec<T> {
    let mut done = Vec::new();
    for task in work.map(actix::spawn).collect::<Vec<_>>() {
        done.push(task.await.expect("no client panics"));
    }
    done
}

fn p99(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    took[took.len() * 99 / 100]
}

fn median<T: PartialOrd + Copy>(mut figures: Vec<T>) -> T {
    figures.sort_by(|a, b| a.partial_cmp(b).expect("figures can be compared"));
    figures[figures.len() / 2]
}

/// Kilobytes of this process that are in memory.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

async fn throughput(server: &Server) {
    let dir = tempfile::tempdir().expect("a folder can be made");
    let opened = store::open(&store::Options::new(dir.path())).expect("a new folder opens");
    let source = Source::of(&opened);
    let failed = |failure| panic!("the journal failed: {failure}");
    let running = start(opened, config(), Box::new(failed)).expect("it starts");
    fund(&running.exchange).await;
    let load = (0..64).map(|at| hurried(running.exchange.clone(), at, FACTS / 64));
    all(load).await;
    for _ in 0..3 {
        let measured = mirror::measure(&server.url(), source.clone()).await.expect("it writes");
        let per_sec = |count: u64, millis: u64| count * 1_000 / millis.max(1);
        println!(
            "mirror/throughput: {} facts, {} rows: mirror {} facts/s, bare inserts {} facts/s, ratio {:.2}",
            measured.records,
            measured.rows,
            per_sec(measured.records, measured.mirror_millis),
            per_sec(measured.records, measured.bare_millis),
            measured.bare_millis as f64 / measured.mirror_millis as f64,
        );
    }
    let until = Instant::now() + Duration::from_secs(30);
    running.drain(until).await;
    running.finish(until).await;
}

/// Waits until the mirror has everything; says how long that took.
async fn caught_up(monitor: &Monitor) -> Duration {
    let started = Instant::now();
    while monitor.status().lag != Some(0) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    started.elapsed()
}

async fn frozen(server: &Server, during: Duration) {
    let dir = tempfile::tempdir().expect("a folder can be made");
    let opened = store::open(&store::Options::new(dir.path())).expect("a new folder opens");
    let options = Options { url: server.url(), keep_facts_max: 5_000_000 };
    let keep_from = opened.keep_from.clone();
    mirror::rebuild(&server.url(), Source::of(&opened)).await.expect("it writes");
    let mirror = Mirror::start(options, Source::of(&opened), keep_from).expect("it starts");
    let monitor = mirror.monitor();
    let failed = |failure| panic!("the journal failed: {failure}");
    let running = start(opened, config(), Box::new(failed)).expect("it starts");
    fund(&running.exchange).await;
    let load = async || {
        let clients = (0..CLIENTS).map(|at| paced(running.exchange.clone(), at, during));
        p99(all(clients).await.concat())
    };
    load().await;
    let (mut ratios, mut follows, mut stopped) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..TURNS {
        caught_up(&monitor).await;
        let with = load().await;
        caught_up(&monitor).await;
        server.signal("STOP");
        let without = load().await;
        let (lag, memory) = (monitor.status().lag.unwrap_or_default(), resident());
        server.signal("CONT");
        let back = caught_up(&monitor).await;
        println!(
            "mirror/frozen turn {turn}: p99 {with:?} following, {without:?} frozen; lag {lag} facts, \
             back in {back:?}; {} MB in memory",
            memory / 1_024
        );
        ratios.push(without.as_secs_f64() / with.as_secs_f64());
        follows.push(with);
        stopped.push(without);
    }
    println!(
        "mirror/frozen: {ORDERS_PER_SEC} orders/s, turns of {during:?}: median p99 {:?} following, {:?} \
         frozen; median ratio {:.2}",
        median(follows),
        median(stopped),
        median(ratios)
    );
    let until = Instant::now() + Duration::from_secs(30);
    running.drain(until).await;
    running.finish(until).await;
    mirror.finish(until);
}

fn main() {
    souk::memory::prepare();
    // `cargo test --benches` only wants to know that it starts.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let secs = std::env::var("SOUK_BENCH_FROZEN_SECS").ok().and_then(|secs| secs.parse().ok());
    let during = Duration::from_secs(secs.unwrap_or(10));
    let server = Server::start_with(&[]);
    actix::System::new().block_on(async {
        throughput(&server).await;
        frozen(&server, during).await;
    });
}
