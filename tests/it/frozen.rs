//! What the actors say and write, frozen: 20,000 commands from one seed, one at a time on a manual clock,
//! are answered as they always were, and become the same facts to the byte.
//!
//! Recorded is a hash for each block of commands, and the digest of the live actors behind the last. Where
//! a block differs, its commands, answers and facts lie as text beside the build;
//! `SOUK_TEST_FROZEN_TEXT=<folder>` writes those of all blocks, so that two checkouts can be compared,
//! and `SOUK_TEST_FROZEN_COUNTS=1` with `--nocapture` prints how often each command was done and refused.
//! `SOUK_TEST_WRITE_FROZEN=1 cargo test --test it frozen::` records anew: only for a change that is meant to
//! change what happens, never for one that only moves it.

mod answer;
mod floor;
mod p2p;
mod random;
mod script;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest as _, Sha256};
// All that is named of the product, here and in the modules below.
use souk::{
    actors::{
        exchange::Exchange,
        start::{Config, Running, start},
    },
    domain::{
        account::{Register, Role},
        command::{CancelReason, ClockMove, Command, OrderName, Request},
        digest::Digest,
        fact::{Body, BookAction, Cause, Fact, KeyUse},
        id::{
            AdId, BoardId, InstrumentId, OrderId, P2pTradeId, RequestId, Sequence, Stamp, UserId,
        },
        instrument::{Instrument, Price, Quantity},
        money::{Amount, Asset, ISSUED_MAX, P2pPrice, Rate},
        order::{
            ClientOrderId, OrderReason, OrderStatus, OrderType, PlaceOrder, SelfTradePrevention,
            Side, TimeInForce,
        },
        outcome::{Answer, Done},
        p2p::{
            Rules,
            ad::{Ad, AdAction, AdChange, AdDraft, AdStatus, AdTerms, Conditions, Person, Pricing},
            board::{Take, TakeSize},
            contact::ContactRequest,
            dispute::{DisputeReason, Media, VerdictOutcome},
            fiat::{Fiat, PaymentMethod},
            machine::Action,
            trade::{P2pTrade, TradeState},
            trade_request::{Arbiter, TradeRequest},
        },
        rejection::Rejection,
        wallet::Limits,
        world::World,
    },
    settings::Settings,
    store::{self, Journal, MemoryControl, MemoryJournal, Options, codec},
};

use answer::Tally;
use floor::Frozen;
use script::Script;

/// How many commands there are, and how many of them have one hash.
const COMMANDS: usize = 20_000;
const BLOCK: usize = 500;
/// How many commands are between two starts.
const RESTART_EVERY: usize = 3_700;
const SEED: u64 = 0x50_55_4b;

/// A command that was done, as text, and what the journal stood at when it and all that it led to was
/// durable.
struct Ran {
    asked: String,
    answer: String,
    through: Sequence,
}

/// What is compared of a block: what the journal stood at behind it, and its hash.
#[derive(PartialEq, Eq)]
struct Block {
    through: Sequence,
    hash: String,
}

impl Block {
    fn of(done: &[Ran], facts: &[Fact], before: Sequence) -> Block {
        let mut sum = Sha256::new();
        let mut through = before;
        for one in done {
            sum.update(one.answer.as_bytes());
            for fact in between(facts, through, one.through) {
                let record = codec::encode(fact);
                sum.update((record.len() as u64).to_le_bytes());
                sum.update(record);
            }
            through = one.through;
        }
        let hash = sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Block { through, hash }
    }

    fn line(&self, number: usize) -> String {
        format!("{number} {} {}\n", self.through, self.hash)
    }
}

/// The facts behind `after` up to and including `through`.
fn between(facts: &[Fact], after: Sequence, through: Sequence) -> &[Fact] {
    &facts[after.0 as usize..through.0 as usize]
}

/// Commands, answers and facts for people to read.
fn text_of(done: &[Ran], facts: &[Fact], before: Sequence) -> String {
    let (mut text, mut through) = (String::new(), before);
    for one in done {
        writeln!(text, "{}\n  -> {}", one.asked, one.answer).unwrap();
        for (at, fact) in (through.0 + 1..).zip(between(facts, through, one.through)) {
            writeln!(text, "  {at}: {fact:?}").unwrap();
        }
        through = one.through;
    }
    text
}

/// A run: what was done, all facts, and the digest of the live actors at its end.
struct Run {
    done: Vec<Ran>,
    facts: Vec<Fact>,
    digest: String,
    tally: Tally,
}

impl Run {
    async fn play() -> Run {
        let mut floor = Frozen::open().await;
        let mut script = Script::new(SEED);
        let (mut done, mut tally) = (Vec::with_capacity(COMMANDS), Tally::default());
        let opening = "the start".to_owned();
        done.push(Ran { asked: opening, answer: String::new(), through: floor.through() });
        for number in 0..COMMANDS {
            if number > 0 && number.is_multiple_of(RESTART_EVERY) {
                floor = floor.restart(number == 2 * RESTART_EVERY).await;
            }
            let asked = script.next(&floor.exchange().views().world(), floor.exchange().now());
            let text = format!("{number} {asked:?}");
            let answer = floor.ask(asked.clone()).await;
            tally.add(&asked.command, &answer);
            script.learn(&asked, &answer);
            let answer = answer::text(&answer);
            done.push(Ran { asked: text, answer, through: floor.through() });
        }
        let digest = floor.digest().await;
        let facts = floor.close().await;
        Run { done, facts, digest: digest.to_string(), tally }
    }

    /// The blocks in order, each with its commands and with what the journal stood at before it.
    fn blocks(&self) -> impl Iterator<Item = (&[Ran], Sequence)> {
        // The first is the start, and stands alone.
        let (start, rest) = self.done.split_at(1);
        let mut before = Sequence(0);
        std::iter::once(start).chain(rest.chunks(BLOCK)).map(move |done| {
            let after = done.last().map_or(before, |last| last.through);
            (done, std::mem::replace(&mut before, after))
        })
    }
}

fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/frozen/actors.txt")
}

#[actix::test]
async fn the_actors_say_and_write_what_they_always_did() {
    let run = Run::play().await;
    let texts = std::env::var_os("SOUK_TEST_FROZEN_TEXT").map(PathBuf::from);
    let write = |folder: &Path, number: usize, done: &[Ran], before| {
        let path = folder.join(format!("block-{number:02}.txt"));
        fs::create_dir_all(folder).unwrap();
        fs::write(&path, text_of(done, &run.facts, before)).unwrap();
        path
    };
    let mut lines = String::new();
    for (number, (done, before)) in run.blocks().enumerate() {
        lines += &Block::of(done, &run.facts, before).line(number);
        if let Some(folder) = &texts {
            write(folder, number, done, before);
        }
    }
    lines += &format!("digest {}\n", run.digest);
    if std::env::var_os("SOUK_TEST_FROZEN_COUNTS").is_some() {
        println!("{}", run.tally);
    }
    if std::env::var_os("SOUK_TEST_WRITE_FROZEN").is_some() {
        fs::create_dir_all(recorded().parent().unwrap()).unwrap();
        fs::write(recorded(), &lines).unwrap();
    }
    let known = fs::read_to_string(recorded()).unwrap();
    let differs = lines.lines().zip(known.lines()).position(|(made, known)| made != known);
    if let Some((number, (done, before))) = differs.and_then(|at| run.blocks().enumerate().nth(at))
    {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("frozen");
        let path = write(&folder, number, done, before);
        let first = number.saturating_sub(1) * BLOCK;
        panic!(
            "block {number}, commands {first} to {}, is not as it was; recorded: {:?}; now: {:?}; see {}",
            first + done.len() - 1,
            known.lines().nth(number).unwrap(),
            lines.lines().nth(number).unwrap(),
            path.display(),
        );
    }
    assert_eq!(lines, known, "what is said and written is as it was, and the digest is not");
    run.tally.check(&run.facts);
}
