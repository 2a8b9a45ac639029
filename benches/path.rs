//! An order's whole way in process, on one thread: what its wallet checks and sets aside, what the
//! book matches and writes down, what the touched wallets settle, the record, and the commit with its
//! checksums. No actor, no queue between threads, no disk, no HTTP.
//!
//! `MIMALLOC_PURGE_DELAY=-1 cargo bench --bench path [-- ROUNDS]`: without the variable the allocator
//! gives the memory of a round back, for the next one to fault it in again. Plays the three recorded streams with 1,000 funded users.
//! Each round plays them once for each step, each time one step further, so that a step's cost is
//! what it adds. Figures are nanoseconds a command: the median of the rounds, and the least, which is
//! what is left where other work on the machine disturbed most of them.

use std::{
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use smallvec::SmallVec;
use souk::{
    domain::{
        book::Book,
        command::Command,
        decide::{
            Decider, DecisionContext, Hold, Letter, Reads, ReplyTo,
            book::{BookMessage, BookRequest},
            issued::IssuedTotal,
            wallet::{Delivery, WalletFlight, WalletMessage},
        },
        fact::{Body, BookFact, Cause, Fact},
        id::{InstrumentId, RequestId, Sequence, Stamp, UserId},
        instrument::{Increment, Instrument, Price, Quantity},
        ledger::{Account, Posting, PostingCause},
        money::{Amount, Asset, Rate},
        order::{PlaceOrder, Side, TimeInForce},
        p2p::Rules,
        per_asset::PerAsset,
        wallet::{Limits, Wallet},
        world::World,
    },
    sim::{
        bare::{Command as Request, commands_of, id_of},
        conformance::read_stream,
    },
    store::{Chain, codec, cut},
};

const USERS: u64 = 1_000;
const FUNDS: Amount = Amount::new(1_000_000_000_000_000);
const OPEN_ORDERS_MAX: usize = 1_000;
/// Facts in a commit, as a busy exchange has them.
const COMMIT: usize = 64;
/// A stream's quantity of one becomes so many lots, so that no order is worth next to nothing.
const LOTS: i64 = 1_000;
/// Milliseconds since 1970, as long as a real one.
const NOW: Stamp = Stamp(1_790_000_000_000);

/// How far a round goes.
const STEPS: [(Part, &str); 5] = [
    (Part::Match, "match: rules, fills, postings, the fact"),
    (Part::Check, "check and lock: the wallet's guards, the budget"),
    (Part::Settle, "settle: postings and open orders of each wallet"),
    (Part::Record, "record: the fact as bytes"),
    (Part::Commit, "commit: joined, CRC-32, SHA-256 chain"),
];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Match,
    Check,
    Settle,
    Record,
    Commit,
}

fn main() {
    souk::memory::prepare();
    let rounds: usize = std::env::args().skip(1).find_map(|text| text.parse().ok()).unwrap_or(51);
    println!("nanoseconds a command in {rounds} rounds: median, least");
    for name in ["normal", "static", "flash-crash"] {
        let asks = asks(name);
        let mut times = [const { Vec::new() }; STEPS.len()];
        let mut last = None;
        for _ in 0..rounds {
            for ((part, _), times) in STEPS.iter().zip(&mut times) {
                let (took, path) = Exchange::played(&asks, *part);
                times.push(took);
                last = Some(path);
            }
        }
        let figures = times.map(|times| figures(times, asks.len()));
        let path = last.expect("there is a round");
        println!("\nstream {name}: {} commands", asks.len());
        let mut before = [0.0; 2];
        for ((_, what), [median, least]) in STEPS.iter().zip(figures) {
            println!("  {what:<48} {:>7.0} {:>7.0}", median - before[0], least - before[1]);
            before = [median, least];
        }
        println!("  {:<48} {:>7.0} {:>7.0}", "together", before[0], before[1]);
        println!(
            "  {} facts, {} refusals, {} fills, {} bytes a record",
            path.facts,
            path.refused,
            path.fills,
            path.bytes / path.facts
        );
    }
}

/// The median and the least.
fn figures(mut times: Vec<Duration>, commands: usize) -> [f64; 2] {
    times.sort_unstable();
    [times[times.len() / 2], times[0]].map(|time| time.as_secs_f64() * 1e9 / commands as f64)
}

/// A command with its user.
enum Ask {
    Place(UserId, PlaceOrder),
    Cancel(UserId, u32),
}

fn asks(name: &str) -> Vec<Ask> {
    let file = format!("tests/data/matching/{name}.n10000.s23.bin.gz");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let messages = read_stream(&path).expect("the stream is in the repository");
    // Neighbours in the stream are not neighbours in the list of users.
    let user_of = |placing: u64| UserId(placing * 7_919 % USERS + 1);
    let mut placed = 0;
    let ask = |command: Request| match command {
        Request::Place { side, price, quantity, ioc } => {
            placed += 1;
            let time_in_force = if ioc { TimeInForce::Ioc } else { TimeInForce::Gtc };
            let order = PlaceOrder::limit(side, Quantity::new(quantity.get() * LOTS), price);
            Ask::Place(user_of(placed - 1), PlaceOrder { time_in_force, ..order })
        }
        Request::Cancel(placing) => Ask::Cancel(user_of(u64::from(placing)), placing),
    };
    commands_of(&messages).into_iter().map(ask).collect()
}

/// What takes part, without actors around it.
struct Exchange {
    book: Book,
    /// By user, from 1.
    wallets: Vec<(WalletFlight<To>, Wallet)>,
    rules: Given,
    /// What a decider writes.
    letters: Vec<Letter<To>>,
    chain: Chain,
    /// The commit in the making.
    records: Vec<Vec<u8>>,
    facts: usize,
    refused: usize,
    fills: usize,
    bytes: usize,
}

/// Nobody waits for an answer.
struct To(Cause);

impl ReplyTo for To {
    fn cause(&self) -> &Cause {
        &self.0
    }

    fn split(self, parts: usize) -> Vec<To> {
        (0..parts).map(|_| To(self.0.clone())).collect()
    }

    fn nobody(cause: Cause) -> To {
        To(cause)
    }
}

/// What settings say.
struct Given {
    limits: Limits,
    p2p: Rules,
    issued: IssuedTotal,
}

/// What wallets read: there is one book.
struct Seen<'b>(&'b Book);

impl Reads for Seen<'_> {
    fn best(&self, _: InstrumentId, side: Side) -> Option<Price> {
        self.0.best(side)
    }

    fn instruments(&self) -> u16 {
        1
    }

    fn instrument<T>(&self, _: InstrumentId, look: impl FnOnce(&Instrument) -> T) -> Option<T> {
        Some(look(self.0.instrument()))
    }

    fn world<T>(&self, _: impl FnOnce(&World) -> T) -> T {
        unreachable!("orders look at no world")
    }
}

impl Exchange {
    fn new() -> Exchange {
        let most = PerAsset::all(FUNDS);
        let limits = Limits {
            open_orders_max: OPEN_ORDERS_MAX,
            deposit_day_max: most,
            withdrawal_day_max: most,
        };
        Exchange {
            book: Book::new(instrument()),
            wallets: (1..=USERS).map(|number| funded(UserId(number))).collect(),
            rules: Given { limits, p2p: Rules::default(), issued: IssuedTotal::default() },
            letters: Vec::new(),
            chain: Chain::GENESIS,
            records: Vec::with_capacity(COMMIT),
            facts: 0,
            refused: 0,
            fills: 0,
            bytes: 0,
        }
    }

    fn played(asks: &[Ask], through: Part) -> (Duration, Exchange) {
        let mut exchange = Exchange::new();
        let start = Instant::now();
        for ask in asks {
            exchange.play(ask, through);
        }
        (start.elapsed(), exchange)
    }

    fn play(&mut self, ask: &Ask, through: Part) {
        let (user, hold, decided) = match ask {
            Ask::Place(user, order) if through == Part::Match => {
                (*user, None, self.book.place(*user, order, FUNDS, NOW))
            }
            Ask::Place(user, order) => {
                let Some((hold, order)) = self.hold(*user, order) else {
                    return self.refused += 1;
                };
                let decided = self.book.place(*user, &order, hold.amount, NOW);
                (*user, Some(hold), decided)
            }
            Ask::Cancel(user, placing) => {
                (*user, None, self.book.cancel(*user, id_of(*placing), NOW))
            }
        };
        if let Some(hold) = hold {
            let holds = SmallVec::from_iter([hold]);
            let delivery = Delivery { facts: SmallVec::new(), holds };
            self.tell(user, WalletMessage::Delivered(delivery));
        }
        match decided {
            Ok(fact) => self.take(user, fact, through),
            Err(_) => self.refused += 1,
        }
    }

    /// What the wallet of an order's user holds back, with the order as its book gets it.
    fn hold(&mut self, user: UserId, order: &PlaceOrder) -> Option<(Hold, PlaceOrder)> {
        let cause = Cause { by: Some(user), request: RequestId(self.facts as u64), key: None };
        let command = Command::Place { instrument: InstrumentId(0), order: order.clone() };
        self.tell(user, WalletMessage::Command(To(cause), command));
        match self.letters.pop() {
            Some(Letter::Book(_, BookMessage::Command(command))) => {
                let BookRequest::Place(order) = command.ask else { return None };
                Some((command.hold?, order))
            }
            _ => None,
        }
    }

    fn tell(&mut self, user: UserId, message: WalletMessage<To>) {
        let Given { limits, p2p, issued } = &self.rules;
        let reads = &Seen(&self.book);
        let context = DecisionContext { now: NOW, reads, limits, p2p, issued, folded: false };
        let (flight, wallet) = &mut self.wallets[user.0 as usize - 1];
        flight.handle(wallet, message, &context, &mut self.letters);
    }

    fn take(&mut self, user: UserId, fact: Box<BookFact>, through: Part) {
        self.facts += 1;
        self.fills += fact.fills.len();
        let cause = Cause { by: Some(user), request: RequestId(self.facts as u64), key: None };
        let fact = Fact { stamp: NOW, cause, body: Body::Book(fact) };
        if through >= Part::Settle {
            for user in fact.wallets() {
                self.wallets[user.0 as usize - 1].1.apply(&fact);
            }
        }
        if through >= Part::Record {
            let record = codec::encode(&fact);
            self.bytes += record.len();
            self.records.push(record);
        }
        if self.records.len() == COMMIT {
            if through >= Part::Commit {
                let first = Sequence((self.facts - COMMIT) as u64 + 1);
                let (chunks, chain) = cut(first, self.chain, &self.records).expect("it is small");
                self.chain = chain;
                black_box(chunks);
            }
            self.records.clear();
        }
        black_box(fact);
    }
}

fn funded(user: UserId) -> (WalletFlight<To>, Wallet) {
    let mut wallet = Wallet::new(user);
    for asset in Asset::ALL {
        let (account, cause) = (Account::Available(user), PostingCause::Deposit);
        wallet.post(&Posting { account, asset, amount: FUNDS, cause });
    }
    (WalletFlight::new(&wallet, NOW), wallet)
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
