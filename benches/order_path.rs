//! An order's whole way in process: the door, wallet, book, journal with a synced disk, the durable
//! end, the answer. Many clients at once, each waiting for its answer before its next order.
//!
//! Left out: HTTP, JSON, and clients on other machines. A quarter of the orders cross, the rest
//! rest and are cancelled.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
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

const USERS: u64 = 64;

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
    black_box(exchange.submit(asked).await).expect("the bench asks for what can be done");
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

fn order(number: u64) -> PlaceOrder {
    let side = if number.is_multiple_of(2) { Side::Buy } else { Side::Sell };
    let away = if number % 8 < 2 { 0 } else { 1_000 + (number % 97) as i64 };
    let price = match side {
        Side::Buy => 5_000_000 - away,
        Side::Sell => 5_000_000 + away,
    };
    PlaceOrder {
        self_trade_prevention: SelfTradePrevention::CancelOldest,
        ..PlaceOrder::limit(side, Quantity::new(100), Price::new(price))
    }
}

/// One client: places, and cancels everything each 16 orders, so that the book stays small.
async fn client(exchange: Exchange, at: u64, orders: u64) {
    let by = Some(UserId(at % USERS + 1));
    for number in 0..orders {
        let command = match number % 16 {
            15 => Command::CancelAll {
                instrument: Some(InstrumentId(0)),
                reason: CancelReason::Owner,
            },
            _ => Command::Place { instrument: InstrumentId(0), order: order(at + number) },
        };
        ask(&exchange, by, command).await;
    }
}

fn order_path(criterion: &mut Criterion) {
    souk::memory::prepare();
    let mut group = criterion.benchmark_group("order_path");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(8))
        .throughput(Throughput::Elements(1));
    for clients in [1, 16, 128, 512] {
        group.bench_function(BenchmarkId::new("durable", clients), |bencher| {
            bencher.iter_custom(|count| {
                let dir = tempfile::tempdir().expect("a folder can be made");
                actix::System::new().block_on(async {
                    let opened =
                        store::open(&Options::new(dir.path())).expect("a new folder opens");
                    let failed = |failure| panic!("the journal failed: {failure}");
                    let running = start(opened, config(), Box::new(failed)).expect("it starts");
                    let exchange = running.exchange.clone();
                    fund(&exchange).await;
                    let share = count.div_ceil(clients);
                    let started = Instant::now();
                    let work: Vec<_> = (0..clients)
                        .map(|at| actix::spawn(client(exchange.clone(), at, share)))
                        .collect();
                    for done in work {
                        done.await.expect("no client panics");
                    }
                    let took = started.elapsed();
                    let until = Instant::now() + Duration::from_secs(30);
                    running.drain(until).await;
                    running.finish(until).await;
                    took.mul_f64(count as f64 / (share * clients) as f64)
                })
            });
        });
    }
    group.finish();
}

criterion_group!(benches, order_path);
criterion_main!(benches);
