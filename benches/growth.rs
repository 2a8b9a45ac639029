//! How an exchange slows down as it grows: orders a second through all actors to the synced disk, in
//! process, with 512 clients in flight that wait for each answer, over more users and more instruments.
//! Each user's turn is fifteen orders, a quarter of which cross, and a cancel of what is left.
//!
//! `cargo bench --bench growth` prints the table: the sizes take turns, the median of the rounds counts.
//! Left out: HTTP, JSON.

#[path = "support/grown.rs"]
mod grown;

use std::time::{Duration, Instant};

use souk::{
    actors::start::start,
    domain::id::{InstrumentId, UserId},
    store::{Options, open},
};
use tempfile::TempDir;

const CLIENTS: u64 = 512;
const ROUNDS: usize = 3;
const LASTING: Duration = Duration::from_secs(3);
/// Users and instruments of each row.
const SIZES: [(u64, u16); 5] = [(10, 1), (1_000, 1), (100_000, 1), (1_000, 5), (1_000, 50)];

fn orders_per_second(dir: &TempDir, users: u64, instruments: u16) -> f64 {
    actix::System::new().block_on(async {
        let opened = open(&Options::new(dir.path())).expect("it is whole");
        let failed = |failure| panic!("the journal failed: {failure}");
        let config = grown::config(grown::instruments(instruments));
        let running = start(opened, config, Box::new(failed)).expect("it starts");
        let started = Instant::now();
        let until = started + LASTING;
        let client = |at: u64| {
            let exchange = running.exchange.clone();
            actix::spawn(async move {
                let mut count = 0;
                while Instant::now() < until {
                    let turn = at + CLIENTS * (count / 16);
                    let on = InstrumentId((turn % u64::from(instruments)) as u16);
                    let user = UserId(1 + turn % users);
                    grown::ask(&exchange, user, grown::command(on, at, count)).await;
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
        let rate = orders as f64 / started.elapsed().as_secs_f64();
        let until = Instant::now() + Duration::from_secs(30);
        running.drain(until).await;
        running.finish(until).await;
        rate
    })
}

fn main() {
    souk::memory::prepare();
    let mut rates = vec![Vec::new(); SIZES.len()];
    for _ in 0..ROUNDS {
        for (rates, (users, instruments)) in rates.iter_mut().zip(SIZES) {
            let dir = tempfile::tempdir().expect("a folder can be made");
            grown::make(dir.path(), &grown::instruments(instruments), users, 0);
            rates.push(orders_per_second(&dir, users, instruments));
        }
    }
    println!("{CLIENTS} in flight, {LASTING:?} each, median of {ROUNDS} rounds");
    println!("{:>8} {:>12} {:>10} {:>12}", "users", "instruments", "orders/s", "/ 1,000 and 1");
    let usual = grown::median(&rates[1]);
    for (rates, (users, instruments)) in rates.iter().zip(SIZES) {
        let rate = grown::median(rates);
        println!("{users:>8} {instruments:>12} {rate:>10.0} {:>12.2}", rate / usual);
    }
}
