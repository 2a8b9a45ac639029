//! Random commands: the real book does what the naive one does, is never crossed, and each fact
//! tells a second book all that happened.

use proptest::prelude::*;

use super::{
    naive::{NaiveBook, Outcome, Rules},
    table::{Feed, dusty, open_order, percent, plain},
};
use crate::domain::{
    book::Book,
    fact::BookFact,
    id::{InstrumentId, OrderId, Stamp, UserId},
    instrument::{Instrument, Price, Quantity},
    money::Amount,
    order::{OrderReason, OrderType, PlaceOrder, SelfTradePrevention, Side, TimeInForce},
    rejection::Rejection,
    wallet::Budget,
};

/// A command; `nth` picks one of the orders placed so far.
#[derive(Clone, Debug)]
pub enum Command {
    Place { user: u64, asked: PlaceOrder, purse_quarters: i64 },
    Amend { nth: usize, price: Option<i64>, quantity: Option<i64> },
    Cancel { nth: usize },
    CancelAll { user: u64 },
}

fn sides() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn preventions() -> impl Strategy<Value = SelfTradePrevention> {
    prop_oneof![
        Just(SelfTradePrevention::CancelNewest),
        Just(SelfTradePrevention::CancelOldest),
        Just(SelfTradePrevention::CancelBoth),
        Just(SelfTradePrevention::DecrementAndCancel),
    ]
}

fn prices() -> impl Strategy<Value = i64> {
    prop_oneof![6 => 96i64..=104, 1 => 85i64..=115]
}

/// An order that names a price, live or waiting for a stop price.
fn priced() -> impl Strategy<Value = PlaceOrder> {
    let time_in_force = prop_oneof![
        6 => Just(TimeInForce::Gtc),
        1 => Just(TimeInForce::Ioc),
        2 => Just(TimeInForce::Fok),
    ];
    let stop = prop::option::weighted(0.15, prices());
    let display = prop::option::weighted(0.3, 1i64..8);
    let order = (sides(), prices(), stop, 1i64..25, time_in_force);
    (order, prop::bool::weighted(0.1), preventions(), display).prop_map(
        |((side, price, stop_price, quantity, time_in_force), post_only, stp, display)| {
            let rests = time_in_force == TimeInForce::Gtc;
            PlaceOrder {
                side,
                kind: if stop_price.is_some() { OrderType::StopLimit } else { OrderType::Limit },
                time_in_force,
                post_only: post_only && rests,
                self_trade_prevention: stp,
                quantity: Quantity::new(quantity),
                price: Some(Price::new(price)),
                stop_price: stop_price.map(Price::new),
                quote_amount: None,
                display_quantity: display
                    .filter(|shown| rests && *shown <= quantity)
                    .map(Quantity::new),
                client_order_id: None,
            }
        },
    )
}

/// A market order by quantity or quote amount, live or waiting for a stop price.
fn unpriced() -> impl Strategy<Value = PlaceOrder> {
    let stop = prop::option::weighted(0.4, prices());
    let quote = prop::option::weighted(0.5, 1i64..3000);
    (sides(), stop, 1i64..25, quote, prop::bool::weighted(0.3), preventions()).prop_map(
        |(side, stop_price, quantity, quote, fok, self_trade_prevention)| {
            let quote_amount = quote.filter(|_| side == Side::Buy && stop_price.is_none());
            PlaceOrder {
                side,
                kind: if stop_price.is_some() { OrderType::StopMarket } else { OrderType::Market },
                time_in_force: if fok { TimeInForce::Fok } else { TimeInForce::Gtc },
                post_only: false,
                self_trade_prevention,
                quantity: if quote_amount.is_some() {
                    Quantity::ZERO
                } else {
                    Quantity::new(quantity)
                },
                price: None,
                stop_price: stop_price.map(Price::new),
                quote_amount: quote_amount.map(Amount::new),
                display_quantity: None,
                client_order_id: None,
            }
        },
    )
}

/// Any command of one of `users` users.
pub fn commands(users: u64) -> impl Strategy<Value = Command> {
    let asked = prop_oneof![4 => priced(), 1 => unpriced()];
    let amended = (prop::option::of(prices()), prop::option::of(1i64..30));
    prop_oneof![
        30 => (0..users, asked, 1i64..=4).prop_map(|(user, asked, purse_quarters)| {
            Command::Place { user, asked, purse_quarters }
        }),
        12 => (any::<usize>(), amended).prop_map(|(nth, (price, quantity))| {
            Command::Amend { nth, price, quantity }
        }),
        4 => any::<usize>().prop_map(|nth| Command::Cancel { nth }),
        1 => (0..users).prop_map(|user| Command::CancelAll { user }),
    ]
}

/// Whether an order would have come through the door: the least notional and display hold.
pub fn is_well_formed(asked: &PlaceOrder, on: &Instrument) -> bool {
    let Some(price) = asked.price.or(asked.stop_price) else { return true };
    let quantity = asked.display_quantity.unwrap_or(asked.quantity);
    on.notional_down(price, quantity) >= on.min_notional
}

struct Pair {
    book: Book,
    follower: Book,
    feed: Feed,
    naive: NaiveBook,
    placed: Vec<(UserId, OrderId)>,
}

impl Pair {
    fn new(instrument: Instrument) -> Pair {
        let banded = instrument.band != crate::domain::money::Rate::UNBOUNDED;
        let rules = Rules {
            denominator: instrument.ratio().denominator,
            min_notional: instrument.min_notional.get(),
            band: banded.then(|| i64::from(instrument.band.0)),
            protection: i64::from(instrument.protection.0),
        };
        let (book, follower) = (Book::new(instrument.clone()), Book::new(instrument));
        let (feed, naive) = (Feed::default(), NaiveBook::new(rules));
        Pair { book, follower, feed, naive, placed: Vec::new() }
    }

    fn play(&mut self, command: &Command) {
        let stamp = Stamp(1);
        let on = self.book.instrument().clone();
        match command {
            Command::Place { user, asked, purse_quarters } => {
                if !is_well_formed(asked, &on) {
                    return;
                }
                let usual = Budget::of_order(asked, &on, self.book.protection_price(asked.side));
                let usual = usual.map_or(0, |budget| budget.amount.get());
                let short = asked.kind == OrderType::Market && asked.quote_amount.is_none();
                let budget = match short && asked.side == Side::Buy {
                    true => usual * purse_quarters / 4,
                    false => usual,
                };
                let real = self.book.place(UserId(*user), asked, Amount::new(budget), stamp);
                if let Ok(fact) = &real {
                    self.placed.push((UserId(*user), fact.orders[0].id));
                }
                let naive = self.naive.place(*user, asked, budget);
                self.compare(real, naive);
            }
            Command::Amend { nth, price, quantity } => {
                let Some((user, id)) = self.pick(*nth) else { return };
                let usual = self.book.order(id).filter(|o| !o.waits()).map(|order| {
                    let price = price.map(Price::new).or(order.price).unwrap();
                    let quantity = quantity.map_or(order.quantity, Quantity::new);
                    Budget::of_amend(&open_order(order), &on, price, quantity).amount
                });
                let budget = usual.unwrap_or(Amount::ZERO);
                let real = self.book.amend(
                    user,
                    id,
                    price.map(Price::new),
                    quantity.map(Quantity::new),
                    budget,
                    stamp,
                );
                let naive = self.naive.amend(user.0, id.number(), *price, *quantity);
                self.compare(real, naive);
            }
            Command::Cancel { nth } => {
                let Some((user, id)) = self.pick(*nth) else { return };
                let real = self.book.cancel(user, id, stamp);
                let naive = self.naive.cancel(user.0, id.number());
                self.compare(real, naive);
            }
            Command::CancelAll { user } => {
                let real = self.book.cancel_all(UserId(*user), OrderReason::Owner, stamp);
                let naive = self.naive.cancel_all(*user);
                match real {
                    Some(fact) => self.compare(Ok(fact), Ok(naive)),
                    None => assert_eq!(naive, Outcome::default()),
                }
            }
        }
        self.trigger();
        self.compare_books();
    }

    fn pick(&self, nth: usize) -> Option<(UserId, OrderId)> {
        // Mostly the newest: old ones are closed.
        let newest = self.placed.len().min(12);
        self.placed.iter().rev().nth(nth.checked_rem(newest)?).copied()
    }

    fn trigger(&mut self) {
        loop {
            match (self.book.trigger(Stamp(1)), self.naive.trigger()) {
                (None, None) => return,
                (Some(fact), Some((id, outcome))) => {
                    assert_eq!(fact.orders[0].id.number(), id, "which stop is due");
                    self.compare(Ok(fact), Ok(outcome));
                }
                (real, naive) => panic!("due: {real:?}, naive: {naive:?}"),
            }
        }
    }

    fn compare(
        &mut self,
        real: Result<Box<BookFact>, Rejection>,
        naive: Result<Outcome, Rejection>,
    ) {
        if let Ok(fact) = &real {
            self.follower.apply(fact);
            self.feed.follow(fact, &self.book);
            assert_eq!(self.follower.digest(), self.book.digest(), "the fact does not tell all");
            assert!(fact.transaction.balances());
        }
        assert_eq!(real.map(|fact| outcome_of(&fact)), naive);
    }

    /// The same orders in the same queues, and nothing crossed.
    fn compare_books(&self) {
        for side in Side::ALL {
            let real: Vec<_> = self
                .book
                .levels(side)
                .flat_map(|(price, _)| self.book.queue(side, price))
                .map(|o| {
                    let figures = [o.quantity, o.remaining, o.shown, o.filled].map(Quantity::get);
                    (o.id.number(), figures, o.status)
                })
                .collect();
            let naive: Vec<_> = self
                .naive
                .side(side)
                .iter()
                .map(|o| (o.id, [o.whole, o.left, o.shown, o.filled], o.status()))
                .collect();
            assert_eq!(real, naive, "{side:?}");
            for (price, shown) in self.book.levels(side) {
                let sum: Quantity = self.book.queue(side, price).map(|o| o.shown).sum();
                assert_eq!(shown, sum, "level {price}");
            }
        }
        let mut waiting: Vec<_> = self.book.all().filter(|o| o.waits()).collect();
        waiting.sort_by_key(|o| o.place);
        let waiting: Vec<_> = waiting.iter().map(|o| o.id.number()).collect();
        assert_eq!(waiting, self.naive.waiting());
        if let (Some(bid), Some(ask)) = (self.book.best(Side::Buy), self.book.best(Side::Sell)) {
            assert!(bid < ask, "crossed: {bid} {ask}");
        }
    }
}

fn outcome_of(fact: &BookFact) -> Outcome {
    let fills = fact.fills.iter();
    let fills = fills
        .map(|f| (f.taker.number(), f.maker.number(), f.price.get(), f.quantity.get()))
        .collect();
    let closed = fact.orders.iter().filter(|o| !o.status.is_open());
    let ended = closed.map(|o| (o.id.number(), (o.status, o.reason))).collect();
    Outcome { fills, ended }
}

fn instruments() -> impl Strategy<Value = Instrument> {
    let banded = |on: Instrument| Instrument { band: percent("8"), ..on };
    let least = |on: Instrument| Instrument { min_notional: Amount::new(3), ..on };
    prop_oneof![
        Just(plain()),
        Just(dusty()),
        Just(banded(dusty())),
        Just(least(dusty())),
        Just(Instrument { id: InstrumentId(3), ..plain() }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(scaled(400)))]

    #[test]
    fn the_real_book_does_what_the_naive_one_does(
        instrument in instruments(),
        commands in prop::collection::vec(commands(4), 1..120),
    ) {
        let mut pair = Pair::new(instrument);
        commands.iter().for_each(|command| pair.play(command));
    }
}

/// The number of cases, larger in a soak run.
pub fn scaled(cases: u32) -> u32 {
    let scale = std::env::var("SOUK_TEST_SCALE").ok().and_then(|scale| scale.parse().ok());
    cases * scale.unwrap_or(1)
}
