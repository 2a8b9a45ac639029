//! The exchange that is asked: its time begins at a fixed moment, and who asks waits until all that a
//! command leads to is durable and has reached every actor.

use souk::domain::{money::Amount, per_asset::PerAsset};

use super::*;
use serde::{Serialize, de::DeserializeOwned};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// 2025-01-01 in UTC.
const BEGIN: Stamp = Stamp(1_735_689_600_000);
/// How long the clock is taken to have stood between the two starts.
const DOWN_MILLIS: i64 = 90_000;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running exchange over a journal in memory.
pub struct Frozen {
    running: Running,
    control: MemoryControl,
    config: Config,
    _dir: TempDir,
}

/// One arbiter, so that what one message sets off in several actors is done in one order.
fn config(instruments: Vec<Instrument>, p2p: Rules) -> Config {
    Config {
        instruments,
        p2p,
        limits: Limits {
            open_orders_max: 8,
            deposit_day_max: PerAsset::from_fn(|asset| {
                Amount::new([200_000, 4_000_000, 50_000_000, 2_000_000_000][asset.index()])
            }),
            withdrawal_day_max: PerAsset::from_fn(|asset| {
                Amount::new([100_000, 2_000_000, 25_000_000, 1_000_000_000][asset.index()])
            }),
        },
        permits_max: 1_024,
        permits_per_user_max: 1_024,
        bcrypt_cost: 4,
        admin_password: None,
        manual_clock: true,
        downtime_shift: true,
        arbiters: 1,
        snapshot_every_facts: 1_000_000,
        snapshot_every_secs: 3_600,
    }
}

/// Narrow bounds and short windows, so that all of them are met.
fn rules(currencies: &[&str]) -> Rules {
    const HOUR: u32 = 3_600;
    Rules {
        fiats: currencies.iter().filter_map(|code| Fiat::from_code(code)).collect(),
        maker_fee: Rate(1_000),
        taker_fee: Rate(2_000),
        auto_dispute_secs: HOUR,
        appeal_window_secs: 2 * HOUR,
        dispute_target_secs: 6 * HOUR,
        statement_window_secs: 2 * HOUR,
        review_window_secs: 24 * HOUR,
        open_ads_max: 5,
        open_trades_max: 3,
        ..Rules::default()
    }
}

fn append(journal: &mut MemoryJournal, world: &mut World, stamp: Stamp, body: Body) {
    let fact = Fact { stamp, cause: Cause::default(), body };
    let (sequence, _) = journal.append(&[codec::encode(&fact)]).unwrap();
    world.apply(sequence, &fact);
}

impl Frozen {
    /// Opens an empty exchange at [`BEGIN`].
    pub async fn open() -> Frozen {
        let (mut journal, mut world) = (MemoryJournal::new(), World::default());
        append(&mut journal, &mut world, BEGIN, Body::ClockMoved { to: BEGIN });
        Frozen::run(journal, world, config(Settings::default().instruments, rules(&["USD", "GBP"])))
            .await
    }

    /// Stops it, and starts it again; where `other`, with other fees, another currency, and a downtime
    /// behind it.
    pub async fn restart(self, other: bool) -> Frozen {
        let mut config = self.config.clone();
        let (mut journal, mut world) = self.stop().await;
        if other {
            let since = world.state.latest;
            let body = Body::DowntimeShifted { since, millis: DOWN_MILLIS };
            append(&mut journal, &mut world, since, body);
            config.instruments[0].maker_fee = Rate(500);
            config.instruments[1].taker_fee = Rate(3_000);
            config.p2p = rules(&["USD", "EUR"]);
        }
        Frozen::run(journal, world, config).await
    }

    async fn run(journal: MemoryJournal, world: World, config: Config) -> Frozen {
        let dir = TempDir::new().unwrap();
        let mut opened = store::open(&Options::new(dir.path().join("data"))).unwrap();
        let control = journal.control();
        (opened.journal, opened.world) = (Box::new(journal), world);
        let failed = |failure| panic!("the journal failed: {failure}");
        let running = start(opened, config.clone(), Box::new(failed)).unwrap();
        let floor = Frozen { running, control, config, _dir: dir };
        floor.settle(Sequence(0)).await;
        floor
    }

    pub fn exchange(&self) -> &Exchange {
        &self.running.exchange
    }

    /// The number of the last durable fact.
    pub fn through(&self) -> Sequence {
        self.exchange().views().world().state.through
    }

    /// Asks, and waits for all that it leads to. What is asked and what is answered goes through bytes,
    /// as between processes.
    pub async fn ask(&self, asked: Request) -> Answer {
        let before = self.through();
        let text = format!("{asked:?}");
        let answered =
            tokio::time::timeout(PATIENCE, self.exchange().submit(carried(&asked))).await;
        let answer: Answer = carried(&answered.unwrap_or_else(|_| panic!("no answer to {text}")));
        let known = answer.as_ref().map_or(before, |accepted| before.max(accepted.sequence));
        self.settle(known).await;
        answer
    }

    /// Waits until no stop is due and everything durable has been told to whom it concerns. `known` is
    /// the last fact of which that is known.
    async fn settle(&self, mut known: Sequence) {
        loop {
            let (through, due) = {
                let state = &self.exchange().views().world().state;
                (state.through, state.books.iter().any(|book| book.due_stop().is_some()))
            };
            if through == known && !due {
                return;
            }
            // A refusal leaves behind everything that was durable before.
            let by = None;
            let probe = Request { by, request: RequestId(0), key: None, command: Command::LogOut };
            self.exchange().submit(probe).await.unwrap_err();
            known = through;
            tokio::task::yield_now().await;
        }
    }

    /// The digest of the live actors.
    pub async fn digest(&self) -> Digest {
        self.exchange().digest().await.unwrap().1
    }

    /// Ends it; gives all facts, without the names of the requests that caused them.
    pub async fn close(self) -> Vec<Fact> {
        let (journal, _) = self.stop().await;
        let blank = |fact: Fact| {
            let cause = Cause { request: RequestId(0), ..fact.cause };
            Fact { cause, ..fact }
        };
        journal.reader().from(Sequence(1)).map(|read| blank(read.unwrap().1)).collect()
    }

    /// Ends it; gives the journal, and what it folds to: what the actors held.
    async fn stop(self) -> (MemoryJournal, World) {
        let (live, image) = (self.digest().await, self.control.image());
        let until = Instant::now() + Duration::from_secs(30);
        self.running.drain(until).await;
        self.running.finish(until).await;
        let (journal, world, _) = MemoryJournal::open(&image, Sequence(0)).unwrap();
        assert_eq!(world.state.digest(), live, "the live actors and the fold differ");
        (journal, world)
    }
}

/// What comes out at the other end of a wire.
fn carried<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let bytes = bincode::serde::encode_to_vec(value, bincode::config::standard()).unwrap();
    bincode::serde::decode_from_slice(&bytes, bincode::config::standard()).unwrap().0
}
