//! Coming back, and what it takes to be there: facts replayed a second with the parts, the time to start
//! with 100,000 users and 1,000,000 open orders, memory for each of them, and what a snapshot costs the
//! orders that come meanwhile.
//!
//! `cargo bench --bench recovery` prints all tables; `-- replay`, `-- start`, `-- snapshot` one of them.
//! Left out: HTTP, and a cold page cache.

#[path = "../src/store/tests/facts.rs"]
mod facts;
#[path = "support/grown.rs"]
mod grown;

use std::{
    env,
    hint::black_box,
    path::Path,
    process::Command as Process,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use souk::{
    actors::{exchange::Exchange, start::start},
    domain::{
        self,
        id::{InstrumentId, Sequence, UserId},
        state::State,
        world::World,
    },
    store::{KeepFrom, Options, Snapshotter, codec, open},
};

const FACTS: usize = 1_000_000;
const TRADERS: u64 = 1_000;
const USERS: u64 = 100_000;
const ORDERS: u64 = 1_000_000;
/// Orders a second while snapshots are taken.
const RATE: u64 = 2_000;
const ROUNDS: usize = 5;

fn rate(name: &str, count: usize, took: Duration) {
    let secs = took.as_secs_f64();
    println!("{name:<44} {secs:>7.2} s {:>12.0} facts/s", count as f64 / secs);
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed())
}

/// Facts a second, part by part.
fn replay() {
    let facts = facts::Market::new(TRADERS).facts(FACTS);
    let records: Vec<Vec<u8>> = facts.iter().map(codec::encode).collect();
    let bytes: usize = records.iter().map(Vec::len).sum();
    println!("{FACTS} facts of {TRADERS} users, {} bytes each", bytes / FACTS);
    let (_, took) = timed(|| {
        for record in &records {
            black_box(codec::decode(record).expect("it was encoded"));
        }
    });
    rate("decode", FACTS, took);
    let (state, took) = timed(|| {
        let mut state = State::default();
        for (sequence, fact) in (1..).zip(&facts) {
            state.apply(Sequence(sequence), fact);
        }
        state
    });
    rate("fold into the state", FACTS, took);
    let (world, took) = timed(|| {
        let mut world = World::default();
        for (sequence, fact) in (1..).zip(&facts) {
            world.apply(Sequence(sequence), fact);
        }
        world
    });
    rate("fold into state and history", FACTS, took);
    let (_, took) = timed(|| world.state.digest());
    println!("{:<44} {:>7.2} s", "digest", took.as_secs_f64());
    drop((facts, state, world));

    let dir = tempfile::tempdir().expect("a folder can be made");
    let mut opened = open(&Options::new(dir.path())).expect("an empty folder opens");
    for commit in records.chunks(256) {
        opened.journal.append(commit).expect("there is room");
    }
    drop((opened, records));
    for _ in 0..3 {
        let (opened, took) = timed(|| open(&Options::new(dir.path())).expect("it is whole"));
        assert_eq!(opened.recovered.facts, FACTS as u64);
        rate("open: read, check, fold, audit, digest", FACTS, took);
    }
}

fn snapshot_of(dir: &Path) {
    let opened = open(&Options::new(dir)).expect("it is whole");
    let keep_from = KeepFrom::default();
    let reader = opened.journal.reader();
    let snapshotter =
        Snapshotter::start(opened.snapshots.clone(), reader, u64::MAX, 3_600, keep_from);
    snapshotter.take().expect("there is room");
    snapshotter.stop();
}

/// Opens and starts a folder in a process of its own, and prints the times and the memory.
fn start_one(dir: &Path) {
    let (opened, to_open) = timed(|| open(&Options::new(dir)).expect("it is whole"));
    let world = grown::memory();
    actix::System::new().block_on(async {
        let (running, to_start) = timed(|| {
            let config = grown::config(grown::instruments(1));
            start(opened, config, Box::new(|failure| panic!("{failure}"))).expect("it starts")
        });
        let begun = Instant::now();
        // The first answer: everything is up.
        grown::ask(&running.exchange, UserId(1), grown::command(InstrumentId(0), 0, 0)).await;
        let to_start = to_start + begun.elapsed();
        println!("{} {} {world} {}", to_open.as_millis(), to_start.as_millis(), grown::memory());
    });
    // The pages need no tidying.
    std::process::exit(0);
}

fn started(dir: &Path) -> [f64; 4] {
    let bench = env::current_exe().expect("this program has a path");
    let output = Process::new(bench).arg("start-one").arg(dir).output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("figures");
    let mut figures = text.split_whitespace().filter_map(|figure| figure.parse().ok());
    std::array::from_fn(|_| figures.next().expect("four figures"))
}

fn start_up() {
    let row = |name: &str, [open, start, world, all]: [f64; 4]| {
        println!(
            "{name:<44} {:>7.2} s {:>7.2} s {:>8.0} MB {:>8.0} MB",
            open / 1e3,
            start / 1e3,
            world / 1e6,
            all / 1e6
        );
    };
    println!("{:<44} {:>9} {:>9} {:>11} {:>11}", "", "open", "start", "world", "running");
    let listed = grown::instruments(1);
    let mut sizes = Vec::new();
    for (users, orders) in [(1, 0), (USERS, 0), (USERS, ORDERS)] {
        let dir = tempfile::tempdir().expect("a folder can be made");
        grown::make(dir.path(), &listed, users, orders);
        if orders > 0 {
            row("the last one from its facts alone", started(dir.path()));
        }
        snapshot_of(dir.path());
        let figures = started(dir.path());
        row(&format!("{users} users, {orders} open orders"), figures);
        sizes.push(figures);
    }
    let each = |from: usize, column: usize, count: u64| {
        (sizes[from + 1][column] - sizes[from][column]) / count as f64
    };
    println!(
        "an idle user: {:.0} bytes in the world, {:.0} in the running exchange",
        each(0, 2, USERS),
        each(0, 3, USERS)
    );
    println!(
        "a resting order: {:.0} bytes in the world, {:.0} in the running exchange",
        each(1, 2, ORDERS),
        each(1, 3, ORDERS)
    );
}

/// Sends orders by a schedule until `stop`; latencies count from when each was due.
async fn send(
    exchange: Exchange,
    count: Rc<std::cell::Cell<u64>>,
    stop: Arc<AtomicU64>,
) -> Histogram<u64> {
    let latency = Histogram::new_with_bounds(1, 60_000_000, 3).expect("good bounds");
    let latency = Rc::new(std::cell::RefCell::new(latency));
    let started = Instant::now();
    let mut sent = 0;
    let mut under_way = Vec::new();
    while stop.load(Ordering::Relaxed) == 0 {
        let due_by_now = (started.elapsed().as_micros() as u64 * RATE) / 1_000_000;
        while sent < due_by_now {
            let due = started + Duration::from_micros(sent * 1_000_000 / RATE);
            let number = count.get();
            count.set(number + 1);
            let turn = number / 16;
            let (exchange, latency) = (exchange.clone(), latency.clone());
            under_way.push(actix::spawn(async move {
                let user = UserId(1 + turn % USERS);
                let on = InstrumentId(0);
                grown::ask(&exchange, user, grown::command(on, turn, number)).await;
                latency.borrow_mut().saturating_record(due.elapsed().as_micros() as u64);
            }));
            sent += 1;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for task in under_way {
        task.await.expect("no client panics");
    }
    latency.borrow().clone()
}

/// Orders by a fixed schedule, without a snapshot and while one is made, in turns.
fn snapshots() {
    let dir = tempfile::tempdir().expect("a folder can be made");
    grown::make(dir.path(), &grown::instruments(1), USERS, ORDERS);
    snapshot_of(dir.path());
    actix::System::new().block_on(async {
        let opened = open(&Options::new(dir.path())).expect("it is whole");
        let config = grown::config(grown::instruments(1));
        let failed = |failure| panic!("the journal failed: {failure}");
        let running = start(opened, config, Box::new(failed)).expect("it starts");
        let exchange = running.exchange.clone();
        let count = Rc::new(std::cell::Cell::new(0));
        println!("{RATE} orders/s due, {USERS} users, {ORDERS} open orders");
        println!(
            "{:>6} {:>10} {:>24} {:>24}",
            "", "snapshot", "without: p50 / p99 ms", "with: p50 / p99 ms"
        );
        let mut ratios = Vec::new();
        for round in 0..=ROUNDS {
            let mut measured = Vec::new();
            let mut lasted = Duration::ZERO;
            for with in [false, true] {
                let stop = Arc::new(AtomicU64::new(0));
                let sending = actix::spawn(send(exchange.clone(), count.clone(), stop.clone()));
                let began = Instant::now();
                match with {
                    false => tokio::time::sleep(lasted.max(Duration::from_secs(3))).await,
                    true => drop(exchange.snapshot().await.expect("there is room")),
                }
                lasted = began.elapsed();
                stop.store(1, Ordering::Relaxed);
                measured.push(sending.await.expect("the sender does not panic"));
            }
            let at = |of: usize, quantile| measured[of].value_at_quantile(quantile) as f64 / 1e3;
            // The first round warms up: its snapshot folds what the start left.
            if round > 0 {
                println!(
                    "{round:>6} {:>8.2} s {:>15.2} / {:>6.2} {:>15.2} / {:>6.2}",
                    lasted.as_secs_f64(),
                    at(0, 0.5),
                    at(0, 0.99),
                    at(1, 0.5),
                    at(1, 0.99)
                );
                ratios.push(at(1, 0.99) / at(0, 0.99));
            }
        }
        println!("p99 with a snapshot / without, median: {:.2}", grown::median(&ratios));
        std::process::exit(0);
    });
}

fn main() {
    souk::memory::prepare();
    let arguments: Vec<String> = env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let only = arguments.first().map(String::as_str);
    match (only, arguments.get(1)) {
        (Some("start-one"), Some(dir)) => start_one(Path::new(dir)),
        (Some("replay"), _) => replay(),
        (Some("start"), _) => start_up(),
        (Some("snapshot"), _) => snapshots(),
        _ => {
            replay();
            start_up();
            snapshots();
        }
    }
}
