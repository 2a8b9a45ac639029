//! What the shape costs: 512 clients in flight, each waiting for its answer before its next order, over
//! three things with the same hops (wallet, book, journal's thread, durable end), taking turns:
//!
//! - `empty`: messages that carry a number, nothing written;
//! - `sketch`: a wallet and a book that only count, a record of an order's size written and synced to
//!   sled, the answer given by the journal's thread;
//! - `souk`: the exchange.
//!
//! `cargo bench --bench shape` prints the table; the median of the rounds counts. `-- souk` runs that one
//! alone, for a profile. Left out: HTTP, JSON.

use std::{
    collections::BTreeMap,
    env, fs,
    time::{Duration, Instant},
};

use actix::{Actor, Addr, Arbiter, Context, Handler, Message};
use crossbeam::channel::{Receiver, Sender, bounded};
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
    settings::Settings,
    store::{self, Options},
};
use tokio::sync::oneshot;

const CLIENTS: u64 = 512;
const USERS: u64 = 64;
const ROUNDS: usize = 5;
/// What a placed order takes in the journal.
const RECORD: usize = 120;

fn seconds() -> u64 {
    env::var("SOUK_BENCH_SECS").ok().and_then(|secs| secs.parse().ok()).unwrap_or(3)
}

/// What a round came to.
#[derive(Clone, Default)]
struct Round {
    orders: u64,
    took: Duration,
    /// Seconds of CPU by the thread's name.
    cpu: BTreeMap<String, f64>,
}

impl Round {
    fn rate(&self) -> f64 {
        self.orders as f64 / self.took.as_secs_f64()
    }
}

/// Seconds of CPU that the threads have used, by name.
fn cpu() -> BTreeMap<String, f64> {
    let mut by_name = BTreeMap::new();
    for task in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let Ok(stat) = fs::read_to_string(task.path().join("stat")) else { continue };
        let Some((head, tail)) = stat.rsplit_once(") ") else { continue };
        let name = head.split_once('(').map_or("?", |(_, name)| name);
        let ticks: f64 =
            tail.split(' ').skip(11).take(2).filter_map(|n| n.parse::<f64>().ok()).sum();
        *by_name.entry(name.to_owned()).or_default() += ticks / 100.0;
    }
    by_name
}

fn since(before: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    let used = |(name, now): (String, f64)| {
        let used = now - before.get(&name).copied().unwrap_or_default();
        (used > 0.0).then_some((name, used))
    };
    cpu().into_iter().filter_map(used).collect()
}

/// Lets the clients work for the round's time; each makes a future for its n-th order.
async fn work<F: Future<Output = ()> + 'static>(
    ask: impl Fn(u64, u64) -> F + Clone + 'static,
) -> Round {
    let before = cpu();
    let started = Instant::now();
    let until = started + Duration::from_secs(seconds());
    let client = |at| {
        let ask = ask.clone();
        actix::spawn(async move {
            let mut count = 0;
            while Instant::now() < until {
                ask(at, count).await;
                count += 1;
            }
            count
        })
    };
    let clients: Vec<_> = (0..CLIENTS).map(client).collect();
    let mut orders = 0;
    for client in clients {
        orders += client.await.expect("no client panics");
    }
    Round { orders, took: started.elapsed(), cpu: since(&before) }
}

// The hops with nothing in them.

#[derive(Message)]
#[rtype(result = "()")]
struct Hop {
    user: u64,
    answer: oneshot::Sender<u64>,
}

struct WalletHop {
    count: u64,
    book: Addr<BookHop>,
}

struct BookHop {
    count: u64,
    journal: Sender<Hop>,
}

impl Actor for WalletHop {
    type Context = Context<Self>;
}

impl Actor for BookHop {
    type Context = Context<Self>;
}

impl Handler<Hop> for WalletHop {
    type Result = ();

    fn handle(&mut self, hop: Hop, _: &mut Context<Self>) {
        self.count += 1;
        self.book.do_send(hop);
    }
}

impl Handler<Hop> for BookHop {
    type Result = ();

    fn handle(&mut self, mut hop: Hop, _: &mut Context<Self>) {
        self.count += 1;
        hop.user = self.count;
        self.journal.send(hop).expect("the journal's thread lives");
    }
}

fn answer(hop: Hop) {
    hop.answer.send(hop.user).expect("its client waits");
}

fn gather(queue: &Receiver<Hop>, into: &mut Vec<Hop>) -> bool {
    let Ok(first) = queue.recv() else { return false };
    into.push(first);
    while into.len() < 1_024 {
        let Ok(hop) = queue.try_recv() else { break };
        into.push(hop);
    }
    true
}

/// Passes on to a second thread, which answers.
fn empty_journal(queue: Receiver<Hop>) {
    let (committed, commits) = bounded::<Vec<Hop>>(16);
    std::thread::Builder::new()
        .name("durable".into())
        .spawn(move || {
            for hops in commits {
                hops.into_iter().for_each(answer);
            }
        })
        .expect("a thread starts");
    loop {
        let mut hops = Vec::with_capacity(64);
        if !gather(&queue, &mut hops) || committed.send(hops).is_err() {
            return;
        }
    }
}

/// Writes a record for each, syncs, and answers.
fn sketched_journal(queue: Receiver<Hop>) {
    let dir = tempfile::tempdir().expect("a folder can be made");
    let db = sled::Config::new().path(dir.path()).flush_every_ms(None).open().expect("sled opens");
    let file = fs::File::open(dir.path().join("db")).expect("sled has its file");
    let (mut sequence, mut hops) = (0u64, Vec::new());
    while gather(&queue, &mut hops) {
        let value = vec![7u8; RECORD * hops.len()];
        for chunk in value.chunks(6_000) {
            sequence += 1;
            db.insert(sequence.to_be_bytes(), chunk).expect("sled takes it");
        }
        db.flush().expect("sled flushes");
        file.sync_data().expect("the disk syncs");
        hops.drain(..).for_each(answer);
    }
}

fn hops(journal: fn(Receiver<Hop>)) -> Round {
    actix::System::new().block_on(async {
        let (sender, queue) = bounded(16_384);
        let thread = std::thread::Builder::new().name("journal".into());
        let thread = thread.spawn(move || journal(queue)).expect("a thread starts");
        let arbiters = [Arbiter::new(), Arbiter::new(), Arbiter::new()];
        let book = BookHop { count: 0, journal: sender };
        let book = BookHop::start_in_arbiter(&arbiters[2].handle(), |_| book);
        let wallet = |at| {
            let (arbiter, book) = (arbiters[at as usize % 2].handle(), book.clone());
            WalletHop::start_in_arbiter(&arbiter, |_| WalletHop { count: 0, book })
        };
        let wallets: std::rc::Rc<Vec<_>> = std::rc::Rc::new((0..USERS).map(wallet).collect());
        let round = work(move |at, _| {
            let (answer, told) = oneshot::channel();
            wallets[(at % USERS) as usize].do_send(Hop { user: at, answer });
            async move {
                told.await.expect("each order is answered");
            }
        })
        .await;
        for arbiter in &arbiters {
            arbiter.stop();
        }
        arbiters.into_iter().for_each(|arbiter| arbiter.join().expect("an arbiter ends"));
        drop(book);
        thread.join().expect("the journal's thread ends");
        round
    })
}

// The exchange.

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
        snapshot_every_facts: u64::MAX,
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

/// A quarter crosses, the rest rests; each 16th cancels all.
fn command(at: u64, count: u64) -> Command {
    let instrument = InstrumentId(0);
    if count % 16 == 15 {
        return Command::CancelAll { instrument: Some(instrument), reason: CancelReason::Owner };
    }
    let number = at + count;
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
    Command::Place { instrument, order }
}

fn souk() -> Round {
    let dir = tempfile::tempdir().expect("a folder can be made");
    actix::System::new().block_on(async {
        let opened = store::open(&Options::new(dir.path())).expect("a new folder opens");
        let failed = |failure| panic!("the journal failed: {failure}");
        let running = start(opened, config(), Box::new(failed)).expect("it starts");
        let exchange = running.exchange.clone();
        fund(&exchange).await;
        let round = work(move |at, count| {
            let exchange = exchange.clone();
            async move { ask(&exchange, Some(UserId(at % USERS + 1)), command(at, count)).await }
        })
        .await;
        let until = Instant::now() + Duration::from_secs(30);
        running.drain(until).await;
        running.finish(until).await;
        round
    })
}

type Run = fn() -> Round;

fn median(rounds: &[Round]) -> Round {
    let mut rounds = rounds.to_vec();
    rounds.sort_by(|a, b| a.rate().total_cmp(&b.rate()));
    rounds.get(rounds.len() / 2).cloned().unwrap_or_default()
}

fn main() {
    souk::memory::prepare();
    let only: Vec<String> = env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let all: [(&str, Run); 3] =
        [("empty", || hops(empty_journal)), ("sketch", || hops(sketched_journal)), ("souk", souk)];
    let mut rounds: [Vec<Round>; 3] = Default::default();
    for _ in 0..ROUNDS {
        for (rounds, (name, run)) in rounds.iter_mut().zip(all) {
            if only.is_empty() || only.iter().any(|only| only == name) {
                rounds.push(run());
            }
        }
    }
    let [empty, sketch, souk] = rounds.map(|rounds| median(&rounds));
    println!("{CLIENTS} in flight, {} s each, median of {ROUNDS} rounds", seconds());
    println!(
        "{:<8} {:>10} {:>8} {:>9}  CPU by thread, µs an order",
        "", "orders/s", "/ empty", "/ sketch"
    );
    let table = [("empty", &empty), ("sketch", &sketch), ("souk", &souk)];
    for (name, round) in table.into_iter().filter(|(_, round)| round.orders > 0) {
        let cpu = round.cpu.iter().map(|(name, secs)| (secs * 1e6 / round.orders as f64, name));
        let mut cpu: Vec<_> = cpu.filter(|(us, _)| *us >= 0.05).collect();
        cpu.sort_by(|a, b| b.0.total_cmp(&a.0));
        let cpu: Vec<String> = cpu.iter().map(|(us, name)| format!("{name} {us:.2}")).collect();
        let (to_empty, to_sketch) = (round.rate() / empty.rate(), round.rate() / sketch.rate());
        println!(
            "{name:<8} {:>10.0} {to_empty:>8.2} {to_sketch:>9.2}  {}",
            round.rate(),
            cpu.join(", ")
        );
    }
}
