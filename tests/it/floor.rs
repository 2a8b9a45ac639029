//! An exchange within the test's own process, without HTTP: its own folder or a journal in memory,
//! zero fees unless asked for, and verbs for what tests do.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use souk::{
    actors::{
        exchange::Exchange,
        start::{Config, Running, start},
    },
    domain::{
        account::{Register, Role},
        command::{CancelReason, Command, Request},
        fact::{BookFact, Fact},
        id::{InstrumentId, OrderId, RequestId, UserId},
        instrument::{Instrument, Price, Quantity},
        money::{Amount, Asset, Rate},
        order::{Order, PlaceOrder, Side},
        outcome::{Answer, Done, Outcome},
        p2p::Rules,
        per_asset::PerAsset,
        rejection::Rejection,
        wallet::{Balance, Limits},
    },
    mirror::{self, Mirror},
    settings::Settings,
    store::{self, MemoryControl, MemoryJournal, Options},
};
use tempfile::TempDir;

pub const BTC_USD: InstrumentId = InstrumentId(0);

/// A running exchange with what a test holds of it.
pub struct Floor {
    pub running: Running,
    /// Steers the journal in memory; without effect on one on disk.
    pub control: MemoryControl,
    pub failed: Arc<AtomicBool>,
    pub dir: TempDir,
    mirror: Option<Mirror>,
}

/// How to open a floor.
#[derive(Clone, Default)]
pub struct Opening {
    /// The journal is in memory, and can be steered.
    pub in_memory: bool,
    /// Fees as in the default settings; else none.
    pub fees: bool,
    /// More books of the same two assets.
    pub more_books: u16,
    /// 0.1 % of makers and 0.2 % of takers in P2P trades; else none.
    pub p2p_fees: bool,
    pub manual_clock: bool,
    /// A database that the floor is mirrored into.
    pub mysql_url: Option<String>,
}

fn config(opening: &Opening) -> Config {
    let mut instruments: Vec<Instrument> = Settings::default().instruments;
    if !opening.fees {
        for instrument in &mut instruments {
            (instrument.maker_fee, instrument.taker_fee) = (Rate(0), Rate(0));
        }
    }
    for more in 0..opening.more_books {
        let id = InstrumentId(instruments.len() as u16);
        let name = format!("BTC-USD-{more}");
        instruments.push(Instrument { id, name, ..instruments[0].clone() });
    }
    let most = PerAsset::all(Amount::new(1_000_000_000_000));
    Config {
        instruments,
        p2p: p2p_rules(opening),
        limits: Limits { open_orders_max: 1_000, deposit_day_max: most, withdrawal_day_max: most },
        permits_max: 8_192,
        permits_per_user_max: 4_096,
        bcrypt_cost: 4,
        admin_password: None,
        manual_clock: opening.manual_clock,
        downtime_shift: true,
        arbiters: 2,
        snapshot_every_facts: 1_000_000,
        snapshot_every_secs: 3_600,
    }
}

fn p2p_rules(opening: &Opening) -> Rules {
    let rate = |rate| if opening.p2p_fees { Rate(rate) } else { Rate(0) };
    Rules { maker_fee: rate(1_000), taker_fee: rate(2_000), ..Rules::default() }
}

impl Floor {
    /// Opens a floor in a folder of its own.
    pub async fn open(opening: Opening) -> Floor {
        let dir = TempDir::new().unwrap();
        let mut options = Options::new(dir.path().join("data"));
        options.durability = store::Durability::Process;
        let mut opened = store::open(&options).unwrap();
        let journal = MemoryJournal::new();
        let control = journal.control();
        if opening.in_memory {
            opened.journal = Box::new(journal);
        }
        let failed = Arc::new(AtomicBool::new(false));
        let told = failed.clone();
        let on_failure = Box::new(move |_| told.store(true, Ordering::SeqCst));
        let mirrored = |url| {
            let options = mirror::Options { url, keep_facts_max: 1_000_000 };
            let keep_from = opened.keep_from.clone();
            Mirror::start(options, mirror::Source::of(&opened), keep_from).unwrap()
        };
        let mirror = opening.mysql_url.clone().map(mirrored);
        let running = start(opened, config(&opening), on_failure).unwrap();
        Floor { running, control, failed, dir, mirror }
    }

    pub fn exchange(&self) -> &Exchange {
        &self.running.exchange
    }

    pub async fn ask(&self, by: Option<UserId>, command: Command) -> Answer {
        ask(self.exchange(), by, command).await
    }

    /// A registered user with the usual grants.
    pub async fn register(&self, name: &str) -> UserId {
        let register = Register {
            username: name.into(),
            email: format!("{name}@example.org"),
            full_name: None,
            password_hash: "no password".into(),
            role: Role::User,
            granted: true,
        };
        self.ask(None, Command::Register(register)).await.unwrap();
        let world = self.exchange().views().world();
        world.state.accounts.named(name).unwrap().id
    }

    pub fn balance(&self, user: UserId, asset: Asset) -> Balance {
        *self.exchange().views().world().state.wallet(user).unwrap().balance(asset)
    }

    pub fn open_orders(&self, user: UserId) -> Vec<OrderId> {
        let world = self.exchange().views().world();
        world.state.wallet(user).unwrap().open.keys().copied().collect()
    }

    /// Ends the floor in order.
    pub async fn close(self) -> TempDir {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
        self.running.drain(until).await;
        self.running.finish(until).await;
        self.mirror.into_iter().for_each(|mirror| mirror.finish(until));
        self.dir
    }
}

pub async fn ask(exchange: &Exchange, by: Option<UserId>, command: Command) -> Answer {
    let request = RequestId(0);
    exchange.submit(Request { by, request, key: None, command }).await
}

/// A limit order on BTC-USD: quantity in lots of 0.00001, price in cents.
pub fn limit(side: Side, quantity: i64, price: i64) -> Command {
    Command::Place {
        instrument: BTC_USD,
        order: PlaceOrder::limit(side, Quantity::new(quantity), Price::new(price)),
    }
}

pub fn cancel_all() -> Command {
    Command::CancelAll { instrument: None, reason: CancelReason::Owner }
}

/// The book fact of an answer.
pub fn book_fact(answer: &Outcome) -> BookFact {
    let Done::Fact(fact) = &answer.done else { panic!("no fact in {answer:?}") };
    Fact::book(fact).unwrap().clone()
}

/// The order that an accepted command was about.
pub fn order(answer: Answer) -> Result<Order, Rejection> {
    answer.map(|accepted| book_fact(&accepted).orders[0].clone())
}

/// How much larger than usual the long tests run.
pub fn scale() -> usize {
    std::env::var("SOUK_TEST_SCALE").ok().and_then(|s| s.parse().ok()).unwrap_or(1)
}
