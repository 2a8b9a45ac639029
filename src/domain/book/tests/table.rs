//! Plays commands written as text into a book, and writes what happens.
//!
//! | command | |
//! |---|---|
//! | `a buy 5 @ 100` | a limit order named `a`, of a user with that name |
//! | `a buy 5 market`, `a buy market for 500` | by quantity, by quote amount |
//! | `a sell 5 stop 90`, `a sell 5 @ 89 stop 90` | stop-market, stop-limit |
//! | `.. ioc`, `fok`, `post`, `show 2`, `of kim`, `budget 7` | in force, post-only, displayed, user, budget |
//! | `.. newest`, `oldest`, `both`, `decrement` | self-trade prevention |
//! | `amend a 4 @ 101`, `amend a 4`, `amend a @ 101` | whole quantity and price |
//! | `cancel a`, `cancel all kim` | |
//!
//! | outcome | |
//! |---|---|
//! | `b takes 4 @ 100 from a` | a fill |
//! | `b EXPIRED FILL_OR_KILL` | an order that ended otherwise than filled |
//! | `b triggers`, `b refused NO_LIQUIDITY` | |
//! | `ask 2+3 @ 100 a`, `bid ..`, `stop buy 5 at 105 a` | what is left, highest first, oldest first: shown + hidden |

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;

use crate::domain::{
    book::Book,
    fact::BookFact,
    id::{InstrumentId, OrderId, Stamp, UserId},
    instrument::{Increment, Instrument, Price, Quantity},
    ledger::Account,
    money::{Amount, Asset, Rate},
    order::{
        Order, OrderReason, OrderStatus, OrderType, PlaceOrder, SelfTradePrevention, Side,
        TimeInForce,
    },
    rejection::Rejection,
    wallet::{Budget, OpenOrder},
};

/// One tick times one lot is one minor unit of the quote; no fees, no band, protection 5 %.
pub fn plain() -> Instrument {
    Instrument {
        id: InstrumentId(0),
        name: "USD-USDT".into(),
        base: Asset::Usd,
        quote: Asset::Usdt,
        tick: Increment { units: 1, scale: 4 },
        lot: Increment { units: 1, scale: 2 },
        min_notional: Amount::new(1),
        maker_fee: Rate(0),
        taker_fee: Rate(0),
        band: Rate::UNBOUNDED,
        protection: Rate(50_000),
    }
}

/// A hundred ticks times lots are one minor unit of the quote, so there is dust.
pub fn dusty() -> Instrument {
    Instrument { tick: Increment { units: 1, scale: 6 }, ..plain() }
}

/// The rate of a percentage.
pub fn percent(text: &str) -> Rate {
    Rate::from_percent(text.parse::<Decimal>().unwrap()).unwrap()
}

/// Plays `commands` on a [`plain`] instrument and compares what happened with `expected`.
#[track_caller]
pub fn check(commands: &str, expected: &str) {
    check_on(plain(), commands, expected);
}

/// [`check`] on another instrument.
#[track_caller]
pub fn check_on(instrument: Instrument, commands: &str, expected: &str) {
    let mut table = Table::new(instrument);
    commands.trim().lines().for_each(|line| table.play(line.trim()));
    table.see_what_is_left();
    compare(&table.seen, expected);
}

/// Plays `commands` and compares what they did to everyone's money: `kim available -400 USDT`.
#[track_caller]
pub fn check_money(instrument: Instrument, commands: &str, expected: &str) {
    let mut table = Table::new(instrument);
    commands.trim().lines().for_each(|line| table.play(line.trim()));
    compare(&table.money(), expected);
}

#[track_caller]
fn compare(seen: &[String], expected: &str) {
    let expected: Vec<_> = expected.trim().lines().map(str::trim).collect();
    assert_eq!(seen, expected, "\nseen:\n{}\n", seen.join("\n"));
}

/// A book, a second one that follows it by facts alone, and the names of who takes part.
pub struct Table {
    pub book: Book,
    follower: Book,
    feed: Feed,
    users: Vec<String>,
    orders: HashMap<String, OrderId>,
    balances: BTreeMap<(String, &'static str), Amount>,
    pub seen: Vec<String>,
}

impl Table {
    pub fn new(instrument: Instrument) -> Table {
        Table {
            book: Book::new(instrument.clone()),
            follower: Book::new(instrument),
            feed: Feed::default(),
            users: Vec::new(),
            orders: HashMap::new(),
            balances: BTreeMap::new(),
            seen: Vec::new(),
        }
    }

    pub fn play(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let stamp = Stamp(1);
        let (name, outcome) = match words[..] {
            ["cancel", "all", user] => {
                let user = self.user(user);
                if let Some(fact) = self.book.cancel_all(user, OrderReason::Owner, stamp) {
                    self.see(&fact);
                }
                return;
            }
            ["cancel", name] => {
                let (user, id) = self.known(name);
                (name, self.book.cancel(user, id, stamp))
            }
            ["amend", name, ..] => (name, self.amend(name, &words[2..])),
            [name, ..] => (name, self.place(name, &words[1..])),
            [] => panic!("an empty line"),
        };
        match outcome {
            Ok(fact) => self.see(&fact),
            Err(rejection) => self.seen.push(format!("{name} refused {}", rejection.code())),
        }
        while let Some(fact) = self.book.trigger(stamp) {
            let line = format!("{} triggers", self.name(fact.orders[0].id));
            self.seen.push(line);
            self.see(&fact);
        }
    }

    fn place(&mut self, name: &str, words: &[&str]) -> Result<Box<BookFact>, Rejection> {
        let (asked, user, budget) = read_order(words);
        let user = self.user(user.unwrap_or(name));
        let on = self.book.instrument();
        let usual = || Budget::of_order(&asked, on, self.book.protection_price(asked.side));
        let budget = budget
            .map_or_else(|| usual().map_or(Amount::ZERO, |budget| budget.amount), Amount::from);
        let fact = self.book.place(user, &asked, budget, Stamp(1))?;
        self.orders.insert(name.into(), fact.orders[0].id);
        Ok(fact)
    }

    fn amend(&mut self, name: &str, words: &[&str]) -> Result<Box<BookFact>, Rejection> {
        let (mut quantity, mut price, mut budget) = (None, None, None);
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "@" => price = Some(number(words.next())),
                "budget" => budget = Some(number(words.next())),
                _ => quantity = Some(number(Some(word))),
            }
        }
        let (user, id) = self.known(name);
        let usual = || {
            let order = self.book.order(id)?;
            let open = open_order(order);
            let (price, quantity) =
                (price.map(Price::new).or(order.price)?, quantity.unwrap_or(order.quantity.get()));
            Some(
                Budget::of_amend(&open, self.book.instrument(), price, Quantity::new(quantity))
                    .amount
                    .get(),
            )
        };
        let budget = budget.or_else(usual).unwrap_or(0);
        self.book.amend(
            user,
            id,
            price.map(Price::new),
            quantity.map(Quantity::new),
            Amount::new(budget),
            Stamp(1),
        )
    }

    /// Writes down what a fact says, and folds it into the follower.
    fn see(&mut self, fact: &BookFact) {
        for fill in &fact.fills {
            let (taker, maker) = (self.name(fill.taker), self.name(fill.maker));
            let line = format!("{taker} takes {} @ {} from {maker}", fill.quantity, fill.price);
            self.seen.push(line);
        }
        for order in fact.orders.iter().filter(|o| !o.status.is_open()) {
            if order.status != OrderStatus::Filled {
                let reason = order.reason.map_or("", OrderReason::code);
                let line = format!("{} {} {reason}", self.name(order.id), order.status.code());
                self.seen.push(line);
            }
        }
        for posting in fact.transaction.postings() {
            let account = match posting.account {
                Account::Available(user) => format!("{} available", self.users[user.0 as usize]),
                Account::Orders(user) => format!("{} locked", self.users[user.0 as usize]),
                Account::House => "house".into(),
                other => panic!("a book posts nothing to {other:?}"),
            };
            *self.balances.entry((account, posting.asset.code())).or_default() += posting.amount;
        }
        self.follow(fact);
    }

    fn follow(&mut self, fact: &BookFact) {
        self.follower.apply(fact);
        self.feed.follow(fact, &self.book);
        assert_eq!(self.follower.digest(), self.book.digest(), "the fact does not tell all");
        assert!(fact.transaction.balances());
        let written = serde_json::to_string(&self.book).unwrap();
        let read: Book = serde_json::from_str(&written).unwrap();
        assert_eq!(read.digest(), self.book.digest(), "written and read again");
    }

    fn see_what_is_left(&mut self) {
        let line = |table: &Table, name: &str, order: &Order| {
            let hidden = match order.hidden() {
                Quantity::ZERO => String::new(),
                hidden => format!("+{hidden}"),
            };
            let price = order.price.unwrap();
            format!("{name} {}{hidden} @ {price} {}", order.shown, table.name(order.id))
        };
        let mut left = Vec::new();
        let mut asks: Vec<_> = self.book.levels(Side::Sell).collect();
        asks.reverse();
        for (price, _) in asks {
            left.extend(self.book.queue(Side::Sell, price).map(|o| line(self, "ask", o)));
        }
        for (price, _) in self.book.levels(Side::Buy) {
            left.extend(self.book.queue(Side::Buy, price).map(|o| line(self, "bid", o)));
        }
        let mut stops: Vec<&Order> = self.book.all().filter(|o| o.waits()).collect();
        stops.sort_by_key(|o| o.place);
        left.extend(stops.iter().map(|o| {
            let (side, stop) = (o.side.code().to_lowercase(), o.stop_price.unwrap());
            format!("stop {side} {} at {stop} {}", o.remaining, self.name(o.id))
        }));
        self.seen.extend(left);
    }

    fn money(&self) -> Vec<String> {
        let line = |((account, asset), amount): (&(String, &str), &Amount)| {
            format!("{account} {amount} {asset}")
        };
        self.balances.iter().filter(|(_, amount)| **amount != Amount::ZERO).map(line).collect()
    }

    /// The order of this name as it is in the book.
    pub fn order(&self, name: &str) -> &Order {
        self.book.order(self.orders[name]).unwrap()
    }

    fn user(&mut self, name: &str) -> UserId {
        let at = self.users.iter().position(|user| user == name).unwrap_or_else(|| {
            self.users.push(name.into());
            self.users.len() - 1
        });
        UserId(at as u64)
    }

    fn known(&self, name: &str) -> (UserId, OrderId) {
        let id = self.orders[name];
        let user = self.book.order(id).map_or(UserId(0), |order| order.user);
        (user, id)
    }

    fn name(&self, id: OrderId) -> &str {
        self.orders.iter().find(|(_, known)| **known == id).unwrap().0
    }
}

/// What a follower of the feed knows: levels, by their latest quantity alone.
#[derive(Default)]
pub struct Feed(BTreeMap<(Side, Price), Quantity>);

impl Feed {
    /// Takes in a fact's levels, each of which is told once, and compares with the book.
    pub fn follow(&mut self, fact: &BookFact, book: &Book) {
        let mut told = Vec::new();
        for level in &fact.levels {
            let at = (level.side, level.price);
            assert!(!told.contains(&at), "told twice: {level:?}");
            told.push(at);
            match level.quantity {
                Quantity::ZERO => self.0.remove(&at),
                quantity => self.0.insert(at, quantity),
            };
        }
        let real = Side::ALL
            .into_iter()
            .flat_map(|side| book.levels(side).map(move |(price, shown)| ((side, price), shown)));
        assert_eq!(self.0, real.collect(), "the levels do not tell all");
    }
}

/// What a wallet knows of an order.
pub fn open_order(order: &Order) -> OpenOrder {
    OpenOrder {
        side: order.side,
        price: order.price,
        quantity: order.quantity,
        filled: order.filled,
        waits: order.waits(),
    }
}

/// The order, its user where it is named, and its budget where it is given.
fn read_order<'a>(words: &[&'a str]) -> (PlaceOrder, Option<&'a str>, Option<Amount>) {
    let mut asked = PlaceOrder {
        price: None,
        ..PlaceOrder::limit(
            if words[0] == "buy" { Side::Buy } else { Side::Sell },
            Quantity::ZERO,
            Price::new(0),
        )
    };
    let (mut user, mut budget) = (None, None);
    let mut words = words[1..].iter();
    while let Some(word) = words.next() {
        match *word {
            "@" => asked.price = Some(Price::new(number(words.next()))),
            "for" => asked.quote_amount = Some(Amount::new(number(words.next()))),
            "stop" => asked.stop_price = Some(Price::new(number(words.next()))),
            "show" => asked.display_quantity = Some(Quantity::new(number(words.next()))),
            "budget" => budget = Some(number(words.next())),
            "of" => user = words.next().copied(),
            "market" => {}
            "ioc" => asked.time_in_force = TimeInForce::Ioc,
            "fok" => asked.time_in_force = TimeInForce::Fok,
            "post" => asked.post_only = true,
            "newest" => asked.self_trade_prevention = SelfTradePrevention::CancelNewest,
            "oldest" => asked.self_trade_prevention = SelfTradePrevention::CancelOldest,
            "both" => asked.self_trade_prevention = SelfTradePrevention::CancelBoth,
            "decrement" => asked.self_trade_prevention = SelfTradePrevention::DecrementAndCancel,
            _ => asked.quantity = Quantity::new(number(Some(word))),
        }
    }
    asked.kind = match (asked.price, asked.stop_price) {
        (Some(_), None) => OrderType::Limit,
        (None, None) => OrderType::Market,
        (Some(_), Some(_)) => OrderType::StopLimit,
        (None, Some(_)) => OrderType::StopMarket,
    };
    (asked, user, budget.map(Amount::new))
}

fn number(word: Option<&&str>) -> i64 {
    word.and_then(|word| word.parse().ok()).expect("a number")
}
