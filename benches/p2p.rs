//! A P2P trade's whole way in process: opened, paid, released, each command through its actors to a
//! synced disk before the next. And what an open trade takes of memory.
//!
//! Left out: HTTP and JSON. Each client buys from an ad of its own board's one seller.

use std::{
    fs,
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use souk::{
    actors::{
        exchange::Exchange,
        start::{Config, Running, start},
    },
    domain::{
        account::{Register, Role},
        command::{Command, Request},
        fact::Body,
        id::{AdId, BoardId, P2pTradeId, RequestId, UserId},
        money::{Amount, Asset, P2pPrice},
        order::Side,
        outcome::Done,
        p2p::{
            Rules,
            ad::{AdDraft, AdTerms, Conditions, Pricing},
            board::{Take, TakeSize},
            fiat::PaymentMethod,
            trade_request::TradeRequest,
        },
        per_asset::PerAsset,
        wallet::Limits,
    },
    settings::Settings,
    store::{self, Options},
};

const METHOD: PaymentMethod = PaymentMethod::BankTransfer;
const USDT_USD: BoardId = BoardId(2);
const SELLERS: u64 = 16;

fn config() -> Config {
    let most = PerAsset::all(Amount::new(1_000_000_000_000_000));
    Config {
        instruments: Settings::default().instruments,
        p2p: Rules { open_ads_max: 1_000, open_trades_max: 1_000, ..Rules::default() },
        limits: Limits { open_orders_max: 1, deposit_day_max: most, withdrawal_day_max: most },
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

async fn ask(exchange: &Exchange, by: Option<UserId>, command: Command) -> Body {
    let asked = Request { by, request: RequestId(0), key: None, command };
    let outcome = exchange.submit(asked).await.expect("the bench asks for what can be done");
    match outcome.done {
        Done::Fact(fact) => fact.body.clone(),
        done => panic!("no fact: {done:?}"),
    }
}

/// An exchange with sellers, each with an ad, and `buyers` after them.
async fn open(dir: &tempfile::TempDir, buyers: u64, ads_each: u64) -> (Running, Vec<AdId>) {
    let opened = store::open(&Options::new(dir.path())).expect("a new folder opens");
    let failed = |failure| panic!("the journal failed: {failure}");
    let running = start(opened, config(), Box::new(failed)).expect("it starts");
    let exchange = running.exchange.clone();
    for number in 1..=SELLERS + buyers {
        let register = Register {
            username: format!("user{number}"),
            email: format!("user{number}@example.org"),
            full_name: None,
            password_hash: String::new(),
            role: Role::User,
            granted: true,
        };
        ask(&exchange, None, Command::Register(register)).await;
    }
    let mut ads = Vec::new();
    for seller in 1..=SELLERS {
        let (to, amount) = (UserId(seller), 10_000_000_000_000);
        let deposit = Command::Deposit {
            to,
            asset: Asset::Usdt,
            amount: Amount::new(amount),
            counted: false,
        };
        ask(&exchange, None, deposit).await;
        for _ in 0..ads_each {
            ads.push(publish(&exchange, to, amount / ads_each as i64).await);
        }
    }
    (running, ads)
}

async fn publish(exchange: &Exchange, seller: UserId, available: i64) -> AdId {
    let terms = AdTerms {
        pricing: Pricing::Fixed(P2pPrice(102_000_000)),
        available: Amount::new(available),
        min_limit: Amount::new(1),
        max_limit: Amount::new(1_000_000),
        methods: vec![METHOD],
        payment_window_secs: 21_600,
        terms: None,
        conditions: Conditions::default(),
        expires_at: None,
    };
    let draft = AdDraft { side: Side::Sell, terms };
    match ask(exchange, Some(seller), Command::PublishAd { board: USDT_USD, draft }).await {
        Body::P2pAd(fact) => fact.ad.id,
        body => panic!("no ad: {body:?}"),
    }
}

async fn take(exchange: &Exchange, buyer: UserId, ad: AdId) -> (P2pTradeId, UserId) {
    let take = Take {
        ad,
        wanted: TakeSize::Fiat(Amount::new(100)),
        method: METHOD,
        expected: None,
        version: None,
    };
    match ask(exchange, Some(buyer), Command::TakeAd(take)).await {
        Body::P2pTrade(fact) => (fact.trade.id, fact.trade.seller.id),
        body => panic!("no trade: {body:?}"),
    }
}

/// One buyer, who opens trades on one ad, pays, and has them released.
async fn client(exchange: Exchange, buyer: UserId, ad: AdId, trades: u64) {
    let step = |trade, ask| Command::P2pTrade { trade, dispute: None, expected: None, ask };
    for _ in 0..trades {
        let (trade, seller) = take(&exchange, buyer, ad).await;
        ask(&exchange, Some(buyer), step(trade, TradeRequest::MarkSent)).await;
        black_box(ask(&exchange, Some(seller), step(trade, TradeRequest::Confirm)).await);
    }
}

async fn close(running: Running) {
    let until = Instant::now() + Duration::from_secs(30);
    running.drain(until).await;
    running.finish(until).await;
}

fn open_to_completed(criterion: &mut Criterion) {
    souk::memory::prepare();
    let mut group = criterion.benchmark_group("p2p");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(8))
        .throughput(Throughput::Elements(1));
    for clients in [1, 64, 512] {
        group.bench_function(BenchmarkId::new("open_to_completed", clients), |bencher| {
            bencher.iter_custom(|count| {
                let dir = tempfile::tempdir().expect("a folder can be made");
                actix::System::new().block_on(async {
                    let (running, ads) = open(&dir, clients, 1).await;
                    let share = count.div_ceil(clients);
                    let started = Instant::now();
                    let buyer = |at: u64| {
                        let ad = ads[at as usize % ads.len()];
                        let exchange = running.exchange.clone();
                        actix::spawn(client(exchange, UserId(SELLERS + 1 + at), ad, share))
                    };
                    let work: Vec<_> = (0..clients).map(buyer).collect();
                    for done in work {
                        done.await.expect("no client panics");
                    }
                    let took = started.elapsed();
                    close(running).await;
                    took.mul_f64(count as f64 / (share * clients) as f64)
                })
            });
        });
    }
    group.finish();
}

/// Resident bytes of this process.
fn resident() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split_whitespace().nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0) * 4_096
}

/// Says what an open trade takes: state, history, actor, deadline and the journal's cache, all in.
fn memory(_: &mut Criterion) {
    const BUYERS: u64 = 1_000;
    for trades in [10_000_u64, 100_000] {
        let dir = tempfile::tempdir().expect("a folder can be made");
        actix::System::new().block_on(async {
            let ads_each = (trades / BUYERS).div_ceil(SELLERS);
            let (running, ads) = open(&dir, BUYERS, ads_each).await;
            let (before, started) = (resident(), Instant::now());
            let each = trades / BUYERS;
            let opening = |buyer: u64| {
                let (exchange, ads) = (running.exchange.clone(), ads.clone());
                actix::spawn(async move {
                    for ad in ads.into_iter().take(each as usize) {
                        take(&exchange, UserId(SELLERS + 1 + buyer), ad).await;
                    }
                })
            };
            let work: Vec<_> = (0..BUYERS).map(opening).collect();
            for done in work {
                done.await.expect("no client panics");
            }
            let (took, grown) = (started.elapsed(), resident().saturating_sub(before));
            let open = running.exchange.views().world().state.p2p.trades().len() as u64;
            let rate = open as f64 / took.as_secs_f64();
            println!("p2p/memory/{open}: {} bytes an open trade, {rate:.0} opened/s", grown / open);
            close(running).await;
        });
    }
}

criterion_group!(benches, open_to_completed, memory);
criterion_main!(benches);
