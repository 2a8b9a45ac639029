//! Souk's order book beside the crates `matchcore`, `orderbook-rs` and `lobster`: the same commands, in
//! the same process, in turns.
//!
//! `cargo run --release --locked [-- ROUNDS [LOAD [BOOK]]]`. Each round plays the three recorded streams and four
//! mixes through every book; a figure is the median of the rounds, in nanoseconds a command, and behind it the least. Before
//! that, each book plays each stream and mix once with its trades compared. With parts of names, it
//! plays those loads and books only, for a profile.
//!
//! A book is asked for what all of them can do: limit orders, immediate-or-cancel, cancels. What it
//! returns is taken and dropped as it is; commands are made beforehand in each crate's own form.

mod book;

use std::{
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use book::{Bare, Lobster, Matchcore, OrderbookRs, Played, Whole};
use souk::sim::{
    bare::{Command, Trade, commands_of, mix},
    conformance::read_stream,
};

/// Resting orders, and commands timed over them.
const MIXES: [(u32, u32); 4] =
    [(1_000, 200_000), (10_000, 200_000), (100_000, 200_000), (1_000_000, 400_000)];
/// How often a round plays a stream into a fresh book.
const STREAM_PLAYS: u32 = 5;

/// What every book plays.
struct Load {
    name: String,
    /// Played first, untimed.
    filling: usize,
    commands: Vec<Command>,
    plays: u32,
}

impl Load {
    fn timed(&self) -> usize {
        self.commands.len() - self.filling
    }
}

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let rounds = asked.first().map_or(7, |text| text.parse().expect("a number"));
    let named = |name: &str, at: usize| asked.get(at).is_none_or(|part| name.contains(part));
    let mut loads = loads();
    loads.retain(|load| named(&load.name, 1));
    let mut books = vec![
        Row::of::<Bare>("souk, queues"),
        Row::of::<Whole>("souk, book and fact"),
        Row::of::<Matchcore>("matchcore"),
        Row::of::<OrderbookRs>("orderbook-rs"),
        Row::of::<Lobster>("lobster"),
    ];
    books.retain(|row| named(row.name, 2));
    println!(
        "nanoseconds a command in {rounds} rounds: median, least; in brackets what that is to"
    );
    println!("the first line");
    for load in &loads {
        let expected = (books[0].check)(load);
        let differs = |row: &&Row| (row.check)(load) != expected;
        let others: Vec<&str> = books.iter().filter(differs).map(|row| row.name).collect();
        let mut times = vec![Vec::new(); books.len()];
        for _ in 0..rounds {
            for (row, times) in books.iter().zip(&mut times) {
                times.push((row.time)(load));
            }
        }
        let figures: Vec<_> = times.iter_mut().map(|times| figures(times, load)).collect();
        println!("\n{}: {} commands, {} trades", load.name, load.timed(), expected.len());
        for (row, [median, least]) in books.iter().zip(&figures) {
            let ratios = (median / figures[0][0], least / figures[0][1]);
            let name = row.name;
            println!("  {name:<20} {median:>8.1} ({:.1}) {least:>8.1} ({:.1})", ratios.0, ratios.1);
        }
        match others.is_empty() {
            true => println!("  all trades agree: maker, taker, price, quantity"),
            false => println!("  trades differ: {}", others.join(", ")),
        }
    }
}

fn loads() -> Vec<Load> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/matching");
    let stream = |name: &str| {
        let path = dir.join(format!("{name}.n10000.s23.bin.gz"));
        let messages = read_stream(&path).expect("the stream is in the repository");
        let (commands, name) = (commands_of(&messages), format!("stream {name}"));
        Load { name, filling: 0, commands, plays: STREAM_PLAYS }
    };
    let mixed = |(size, count)| {
        let (filling, commands) = mix(size, count);
        let (filling, commands) = (filling.len(), [filling, commands].concat());
        Load { name: format!("{size} resting"), filling, commands, plays: 1 }
    };
    let streams = ["normal", "static", "flash-crash"].map(stream);
    streams.into_iter().chain(MIXES.map(mixed)).collect()
}

/// A book with what is done to it.
struct Row {
    name: &'static str,
    check: fn(&Load) -> Vec<Trade>,
    time: fn(&Load) -> Duration,
}

impl Row {
    fn of<B: Played>(name: &'static str) -> Row {
        Row { name, check: check::<B>, time: time::<B> }
    }
}

/// The trades of the timed part.
fn check<B: Played>(load: &Load) -> Vec<Trade> {
    let (mut book, mut trades) = (B::default(), Vec::new());
    let commands = B::prepare(&load.commands);
    commands.iter().for_each(|command| book.report(command, &mut trades));
    trades
}

fn time<B: Played>(load: &Load) -> Duration {
    let commands = B::prepare(&load.commands);
    let mut total = Duration::ZERO;
    for _ in 0..load.plays {
        let mut book = B::default();
        let (filling, timed) = commands.split_at(load.filling);
        filling.iter().for_each(|command| drop(black_box(book.play(command))));
        let start = Instant::now();
        timed.iter().for_each(|command| drop(black_box(book.play(command))));
        total += start.elapsed();
    }
    total / load.plays
}

/// The median and the least.
fn figures(times: &mut [Duration], load: &Load) -> [f64; 2] {
    times.sort_unstable();
    [times[times.len() / 2], times[0]].map(|time| time.as_secs_f64() * 1e9 / load.timed() as f64)
}
