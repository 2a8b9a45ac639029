//! The book alone: no wallets, no journal, no network, one thread.
//!
//! `streams` plays the recorded command streams, reports written out; `resting` adds, cancels and
//! crosses in a book that holds 1,000 to 1,000,000 orders already.

use std::{
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use souk::{
    domain::{
        book::Book,
        id::{InstrumentId, OrderId, Stamp, UserId},
        instrument::{Increment, Instrument, Price, Quantity},
        money::{Amount, Asset, Rate},
        order::{PlaceOrder, Side, TimeInForce},
        request::NOTIONAL_MAX,
    },
    sim::conformance,
};

const STREAMS: [&str; 3] = ["normal", "static", "flash-crash"];
const SIZES: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// The best bid is just below, the best ask just above.
const MIDDLE: Price = Price::new(100_000);
/// Resting orders spread over this many prices on each side.
const LEVELS: u64 = 500;
/// Commands timed at once, and undone untimed, so that a book keeps its size.
const BATCH: u64 = 100;
const QUANTITY: i64 = 100;

fn streams(c: &mut Criterion) {
    let mut group = c.benchmark_group("matching/streams");
    for name in STREAMS {
        let file = format!("tests/data/matching/{name}.n10000.s23.bin.gz");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let messages = conformance::read_stream(&path).expect("the stream is in the repository");
        group.throughput(Throughput::Elements(messages.len() as u64));
        group.bench_function(name, |b| b.iter(|| conformance::play(black_box(&messages))));
    }
    group.finish();
}

fn resting(c: &mut Criterion) {
    let mut group = c.benchmark_group("matching/resting");
    group.throughput(Throughput::Elements(1));
    for size in SIZES {
        let mut desk = WalletContext::with(size);
        group.bench_function(BenchmarkId::new("add", size), |b| {
            b.iter_custom(|count| {
                desk.time(count, WalletContext::add_all, WalletContext::cancel_all)
            });
        });
        group.bench_function(BenchmarkId::new("cancel", size), |b| {
            b.iter_custom(|count| {
                desk.add_all(BATCH);
                let time = desk.time(count, WalletContext::cancel_all, WalletContext::add_all);
                desk.cancel_all(BATCH);
                time
            });
        });
        group.bench_function(BenchmarkId::new("cross", size), |b| {
            b.iter_custom(|count| {
                desk.rest_at_best(BATCH);
                let time = desk.time(count, WalletContext::cross_all, WalletContext::rest_at_best);
                desk.cross_all(BATCH);
                time
            });
        });
    }
    group.finish();
}

/// A book and the orders that the bench itself added to it.
struct WalletContext {
    book: Book,
    added: Vec<(UserId, OrderId)>,
    users: u64,
    random: u64,
}

impl WalletContext {
    /// A book in which `size` orders rest, evenly on both sides.
    fn with(size: u64) -> WalletContext {
        let book = Book::new(instrument());
        let mut desk = WalletContext { book, added: Vec::new(), users: 0, random: 7 };
        desk.add_all(size);
        desk.added.clear();
        desk
    }

    /// Times `work` in batches, each undone by `undo` outside of the time that counts.
    fn time(
        &mut self,
        count: u64,
        work: impl Fn(&mut WalletContext, u64),
        undo: impl Fn(&mut WalletContext, u64),
    ) -> Duration {
        let mut total = Duration::ZERO;
        let mut left = count;
        while left > 0 {
            let batch = left.min(BATCH);
            let start = Instant::now();
            work(self, batch);
            total += start.elapsed();
            undo(self, batch);
            left -= batch;
        }
        total
    }

    /// Orders anywhere in the book, that trade with nothing.
    fn add_all(&mut self, count: u64) {
        for _ in 0..count {
            let away = Price::new(1 + (self.next() % LEVELS) as i64);
            let (side, price) = match self.next() % 2 {
                0 => (Side::Buy, MIDDLE - Price::new(1) - away),
                _ => (Side::Sell, MIDDLE + Price::new(1) + away),
            };
            self.place(side, price, TimeInForce::Gtc);
        }
    }

    /// Cancels what was added last, from wherever it stands.
    fn cancel_all(&mut self, count: u64) {
        for _ in 0..count {
            let Some((user, id)) = self.added.pop() else { return };
            let cancelled = self.book.cancel(user, id, Stamp(1));
            black_box(cancelled).expect("it rests");
        }
    }

    fn rest_at_best(&mut self, count: u64) {
        (0..count).for_each(|_| self.place(Side::Sell, MIDDLE + Price::new(1), TimeInForce::Gtc));
        self.added.clear();
    }

    /// Each takes exactly one resting order.
    fn cross_all(&mut self, count: u64) {
        (0..count).for_each(|_| self.place(Side::Buy, MIDDLE + Price::new(1), TimeInForce::Ioc));
        self.added.clear();
    }

    fn place(&mut self, side: Side, price: Price, time_in_force: TimeInForce) {
        self.users += 1;
        // A thousand users, so that a user's list is walked as it would be.
        let user = UserId(match time_in_force {
            TimeInForce::Gtc => self.users % 1_000,
            _ => 1_000 + self.users % 1_000,
        });
        let asked =
            PlaceOrder { time_in_force, ..PlaceOrder::limit(side, Quantity::new(QUANTITY), price) };
        let placed = self.book.place(user, &asked, NOTIONAL_MAX, Stamp(1));
        let fact = black_box(placed).expect("nothing speaks against it");
        self.added.push((user, fact.orders[0].id));
    }

    /// The next of a fixed row of numbers (Knuth's linear congruence).
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.random >> 33
    }
}

fn instrument() -> Instrument {
    Instrument {
        id: InstrumentId(0),
        name: "BTC-USD".into(),
        base: Asset::Btc,
        quote: Asset::Usd,
        tick: Increment { units: 1, scale: 2 },
        lot: Increment { units: 1, scale: 5 },
        min_notional: Amount::new(100),
        maker_fee: Rate(1_000),
        taker_fee: Rate(2_000),
        band: Rate::UNBOUNDED,
        protection: Rate(50_000),
    }
}

criterion_group!(benches, streams, resting);
criterion_main!(benches);
