//! Matching by price and time alone, over the book's own queues: what of a book other order books do
//! as well, so that it can be measured against them and against the book whole.
//!
//! It finds, matches, updates and reports trades. It never knows users, money, self-trade prevention,
//! what an order hides, or facts: for those there is [`crate::domain::book::Book`].

use std::collections::HashMap;

use super::conformance::{Ask, Message};
use crate::domain::{
    book::queues::{Queues, Resting},
    id::{InstrumentId, OrderId},
    instrument::{Price, Quantity},
    order::Side,
};

/// Adds this many prices from the touch at most.
const AWAY_MAX: u64 = 500;
/// The best bid of a mix begins just below, the best ask just above.
const MIDDLE: i64 = 100_000;

/// A command. Orders are named by which placing of the stream they are, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Command {
    Place { side: Side, price: Price, quantity: Quantity, ioc: bool },
    Cancel(u32),
}

/// Two orders met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Trade {
    pub maker: u32,
    pub taker: u32,
    pub price: Price,
    pub quantity: Quantity,
}

/// The queues, and how many orders were placed.
#[derive(Clone, Debug, Default)]
pub struct Bare {
    queues: Queues,
    placed: u32,
}

impl Bare {
    /// Plays a command; its trades go to `trades`. Returns whether a cancel found its order, or a
    /// placed order rests.
    #[inline]
    pub fn play(&mut self, command: &Command, trades: &mut Vec<Trade>) -> bool {
        match *command {
            Command::Place { side, price, quantity, ioc } => {
                self.place(side, price, quantity, ioc, trades)
            }
            Command::Cancel(order) => match self.queues.find(id_of(order)) {
                Some(slot) => {
                    self.queues.remove(slot);
                    true
                }
                None => false,
            },
        }
    }

    /// How many orders rest.
    pub fn len(&self) -> usize {
        self.queues.len()
    }

    /// Whether none rests.
    pub fn is_empty(&self) -> bool {
        self.queues.is_empty()
    }

    fn place(
        &mut self,
        side: Side,
        price: Price,
        mut left: Quantity,
        ioc: bool,
        trades: &mut Vec<Trade>,
    ) -> bool {
        let taker = self.placed;
        self.placed += 1;
        while let Some(slot) = self.queues.front(side.opposite()) {
            let resting = self.queues.at(slot);
            let (id, at, shown) = (resting.id(), resting.price(), resting.shown());
            if left == Quantity::ZERO || !side.accepts(price, at) {
                break;
            }
            let quantity = left.min(shown);
            left -= quantity;
            trades.push(Trade { maker: placing_of(id), taker, price: at, quantity });
            match quantity == shown {
                true => self.queues.remove(slot),
                false => self.queues.reduce(slot, quantity),
            }
        }
        if left == Quantity::ZERO || ioc {
            return false;
        }
        self.queues.rest(Resting::new(id_of(taker), side, price, left));
        true
    }
}

/// The id of a placing.
pub fn id_of(placing: u32) -> OrderId {
    OrderId::new(InstrumentId(0), u64::from(placing) + 1)
}

/// The placing of an id.
pub fn placing_of(id: OrderId) -> u32 {
    (id.number() - 1) as u32
}

/// A stream's messages as commands. A modify becomes a cancel and a placing, or, where its order does
/// not rest, a cancel that finds nothing; the names of orders become placings.
pub fn commands_of(messages: &[Message]) -> Vec<Command> {
    let (mut bare, mut trades, mut commands) = (Bare::default(), Vec::new(), Vec::new());
    let mut by_name: HashMap<u64, u32> = HashMap::new();
    for message in messages {
        let Message { ask, side, ioc, quantity, price, .. } = *message;
        let known = by_name.get(&message.id).copied();
        let resting = known.and_then(|order| bare.queues.find(id_of(order)));
        let side = resting.map_or(side, |slot| bare.queues.at(slot).side());
        let mut play = |command| {
            bare.play(&command, &mut trades);
            commands.push(command);
        };
        if ask != Ask::New {
            play(Command::Cancel(known.unwrap_or(u32::MAX - 1)));
        }
        if ask == Ask::New || (ask == Ask::Modify && resting.is_some()) {
            play(Command::Place { side, price, quantity, ioc });
            by_name.insert(message.id, bare.placed - 1);
        }
    }
    commands
}

/// A book of `size` resting orders, and `count` commands that keep its size: half of them add on
/// either side up to [`AWAY_MAX`] prices from the touch, the nearer the more, four in ten cancel any
/// order that rests, one in ten takes what the best price shows first.
pub fn mix(size: u32, count: u32) -> (Vec<Command>, Vec<Command>) {
    let mut mixer = Mixer::default();
    let filling: Vec<Command> = (0..size).map(|_| mixer.add()).collect();
    let mixed = (0..count).map(|_| match mixer.next() % 10 {
        0..5 => mixer.add(),
        5..9 => mixer.cancel(),
        _ => mixer.cross(),
    });
    let mixed = mixed.collect();
    (filling, mixed)
}

#[derive(Default)]
struct Mixer {
    bare: Bare,
    trades: Vec<Trade>,
    /// Placings that may still rest.
    alive: Vec<u32>,
    random: u64,
}

impl Mixer {
    fn add(&mut self) -> Command {
        let side = if self.next().is_multiple_of(2) { Side::Buy } else { Side::Sell };
        // The nearer of two, so that there is twice as much at the touch as on average.
        let away = (self.next() % AWAY_MAX).min(self.next() % AWAY_MAX) as i64;
        let price = match side {
            Side::Buy => Price::new(MIDDLE - 1 - away),
            Side::Sell => Price::new(MIDDLE + 1 + away),
        };
        self.alive.push(self.bare.placed);
        let quantity = Quantity::new(1 + (self.next() % 100) as i64);
        self.played(Command::Place { side, price, quantity, ioc: false })
    }

    fn cancel(&mut self) -> Command {
        loop {
            if self.alive.is_empty() {
                return self.add();
            }
            let at = self.next() as usize % self.alive.len();
            let order = self.alive.swap_remove(at);
            if self.bare.queues.find(id_of(order)).is_some() {
                return self.played(Command::Cancel(order));
            }
        }
    }

    fn cross(&mut self) -> Command {
        let side = if self.next().is_multiple_of(2) { Side::Buy } else { Side::Sell };
        let Some(slot) = self.bare.queues.front(side.opposite()) else { return self.add() };
        let resting = self.bare.queues.at(slot);
        let (price, shown) = (resting.price(), resting.shown());
        self.played(Command::Place { side, price, quantity: shown, ioc: true })
    }

    fn played(&mut self, command: Command) -> Command {
        self.bare.play(&command, &mut self.trades);
        self.trades.clear();
        command
    }

    /// The next of a fixed row of numbers (Knuth's linear congruence).
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.random >> 33
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Read, path::Path};

    use super::*;
    use crate::sim::conformance;

    /// The trades that the engines of a stream agreed on, without their names and sequences.
    fn expected(name: &str) -> Vec<(Price, Quantity)> {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/matching");
        let file = std::fs::File::open(dir.join(format!("{name}.expected.txt.gz"))).unwrap();
        let mut reports = String::new();
        flate2::read::GzDecoder::new(file).read_to_string(&mut reports).unwrap();
        let trade = |line: &str| {
            let mut figures = line.strip_prefix("1,")?.split(',').skip(1);
            let mut next = || figures.next()?.parse().ok();
            Some((Price::new(next()?), Quantity::new(next()?)))
        };
        reports.lines().filter_map(trade).collect()
    }

    #[test]
    fn the_streams_trade_as_the_engines_agreed() {
        for name in ["normal", "static", "flash-crash"] {
            let name = format!("{name}.n10000.s23");
            let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/matching");
            let messages = conformance::read_stream(&dir.join(format!("{name}.bin.gz"))).unwrap();
            let (mut bare, mut trades) = (Bare::default(), Vec::new());
            for command in commands_of(&messages) {
                bare.play(&command, &mut trades);
            }
            let traded: Vec<_> = trades.iter().map(|t| (t.price, t.quantity)).collect();
            assert!(traded == expected(&name), "{name}");
            assert!(!traded.is_empty());
        }
    }

    #[test]
    fn a_mix_keeps_its_size() {
        let (filling, mixed) = mix(1_000, 100_000);
        let (mut bare, mut trades) = (Bare::default(), Vec::new());
        for command in filling.iter().chain(&mixed) {
            bare.play(command, &mut trades);
        }
        assert!((500..2_000).contains(&bare.len()), "{} rest", bare.len());
        assert!(trades.len() > 9_000, "{} trades", trades.len());
    }
}
