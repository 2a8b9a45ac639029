//! Exchanges that have grown: data folders with many users and resting orders, made as facts, and what
//! is asked of them.

#![allow(dead_code, reason = "each bench uses its own part")]

use std::{collections::BTreeMap, fs, path::Path};

use souk::{
    actors::{exchange::Exchange, start::Config},
    domain::{
        account::{Accounts, Register, Role},
        book::Book,
        command::{CancelReason, Command, Request},
        fact::{Body, Cause, Fact},
        id::{InstrumentId, RequestId, Stamp, UserId},
        instrument::{Instrument, Price, Quantity},
        money::Amount,
        order::{PlaceOrder, SelfTradePrevention, Side},
        per_asset::PerAsset,
        wallet::{Budget, Limits},
    },
    settings::Settings,
    store::{Options, codec, open},
};

/// The middle of every book, in ticks.
pub const MIDDLE: i64 = 5_000_000;
/// Facts of one commit.
const COMMIT: usize = 1_000;

/// So many instruments that are all like the first of the settings.
pub fn instruments(count: u16) -> Vec<Instrument> {
    let first = Settings::default().instruments.swap_remove(0);
    let named = |number: u16| Instrument {
        id: InstrumentId(number),
        name: format!("BTC-USD-{number}"),
        ..first.clone()
    };
    (0..count).map(named).collect()
}

/// Settings of an exchange that takes what benches bring.
pub fn config(instruments: Vec<Instrument>) -> Config {
    let most = PerAsset::all(Amount::new(1_000_000_000_000));
    Config {
        instruments,
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

/// Makes a data folder in which `users` users have `orders` resting orders, spread over the instruments
/// and 2,000 prices on each side.
pub fn make(dir: &Path, listed: &[Instrument], users: u64, orders: u64) {
    let mut opened = open(&Options::new(dir)).expect("an empty folder opens");
    let mut waiting = Vec::with_capacity(COMMIT);
    let mut put = |body: Body, last: bool| {
        let fact = Fact { stamp: Stamp(1_700_000_000_000), cause: Cause::default(), body };
        waiting.push(codec::encode(&fact));
        if waiting.len() == COMMIT || last {
            opened.journal.append(&waiting).expect("there is room");
            waiting.clear();
        }
    };
    listed.iter().for_each(|on| put(Body::InstrumentListed(on.clone()), users == 0));
    let mut accounts = Accounts::default();
    for number in 0..users {
        let body = accounts.register(register(number), Stamp(0)).expect("names differ");
        let fact = Fact { stamp: Stamp(0), cause: Cause::default(), body };
        accounts.apply(&fact);
        put(fact.body, orders == 0 && number + 1 == users);
    }
    let mut books: Vec<Book> = listed.iter().cloned().map(Book::new).collect();
    for number in 0..orders {
        let user = UserId(1 + number % users);
        let at = (number / users) as usize % books.len();
        let on = books[at].instrument();
        let order = resting(number);
        let budget = Budget::of_order(&order, on, None).expect("a good order");
        let fact = books[at].place(user, &order, budget.amount, Stamp(1_700_000_000_000));
        put(Body::Book(fact.expect("a good order")), number + 1 == orders);
    }
}

/// A registration with a hash of bcrypt's length.
pub fn register(number: u64) -> Register {
    Register {
        username: format!("user{number}"),
        email: format!("user{number}@example.org"),
        full_name: None,
        password_hash: "$2b$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234".into(),
        role: Role::User,
        granted: true,
    }
}

/// The `number`-th order that rests: a tenth of a percent or more away from the middle.
fn resting(number: u64) -> PlaceOrder {
    let away = 5_000 + (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as i64 % 2_000;
    match number % 2 {
        0 => PlaceOrder::limit(Side::Buy, Quantity::new(10), Price::new(MIDDLE - away)),
        _ => PlaceOrder::limit(Side::Sell, Quantity::new(10), Price::new(MIDDLE + away)),
    }
}

/// What a client asks as its `count`-th: a quarter crosses near the middle, the others rest; each 16th
/// cancels all that the user has there.
pub fn command(instrument: InstrumentId, at: u64, count: u64) -> Command {
    if count % 16 == 15 {
        return Command::CancelAll { instrument: Some(instrument), reason: CancelReason::Owner };
    }
    let number = at + count;
    let side = if number.is_multiple_of(2) { Side::Buy } else { Side::Sell };
    let away = if number % 8 < 2 { 0 } else { 1_000 + (number % 97) as i64 };
    let price = match side {
        Side::Buy => MIDDLE - away,
        Side::Sell => MIDDLE + away,
    };
    let order = PlaceOrder {
        self_trade_prevention: SelfTradePrevention::CancelOldest,
        ..PlaceOrder::limit(side, Quantity::new(10), Price::new(price))
    };
    Command::Place { instrument, order }
}

/// Asks for what can be done.
pub async fn ask(exchange: &Exchange, by: UserId, command: Command) {
    let asked = Request { by: Some(by), request: RequestId(0), key: None, command };
    exchange.submit(asked).await.expect("the bench asks for what can be done");
}

/// Bytes of memory that this process holds.
pub fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok());
    kilobytes.unwrap_or(0u64) * 1024
}

/// Seconds of processor that this process's threads have used, by name.
pub fn cpu() -> BTreeMap<String, f64> {
    let mut by_name = BTreeMap::new();
    for task in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let Ok(stat) = fs::read_to_string(task.path().join("stat")) else { continue };
        let Some((head, tail)) = stat.rsplit_once(") ") else { continue };
        let name = head.split_once('(').map_or("?", |(_, name)| name);
        let ticks = tail.split(' ').skip(11).take(2).filter_map(|n| n.parse::<f64>().ok());
        *by_name.entry(name.to_owned()).or_default() += ticks.sum::<f64>() / 100.0;
    }
    by_name
}

/// The middle one.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}
