//! The books that are measured, each behind the same few calls.

use std::sync::{Arc, Mutex, PoisonError};

use souk::{
    domain::{
        book::Book,
        fact::BookFact,
        id::{OrderId, Stamp, UserId},
        instrument::{Instrument, Price, Quantity},
        money::Rate,
        order::{PlaceOrder, Side, TimeInForce},
        rejection::Rejection,
        request::NOTIONAL_MAX,
    },
    sim::{
        bare::{self, Command, Trade},
        conformance,
    },
};

/// A book under measurement.
pub trait Played: Default {
    /// A command in the crate's own form.
    type Own;
    /// What a command returns.
    type Outcome;

    /// The commands in the crate's own form, one for each.
    fn prepare(commands: &[Command]) -> Vec<Self::Own>;

    /// Plays one.
    fn play(&mut self, command: &Self::Own) -> Self::Outcome;

    /// Plays one and adds its trades.
    fn report(&mut self, command: &Self::Own, trades: &mut Vec<Trade>);
}

/// Which placing each command is, where it is one.
fn placings(commands: &[Command]) -> impl Iterator<Item = (Command, u32)> + '_ {
    commands.iter().scan(0, |placed, command| {
        let number = *placed;
        *placed += u32::from(matches!(command, Command::Place { .. }));
        Some((*command, number))
    })
}

/// Souk's queues with the shortest loop over them.
#[derive(Default)]
pub struct Bare {
    bare: bare::Bare,
    trades: Vec<Trade>,
}

impl Played for Bare {
    type Own = Command;
    type Outcome = bool;

    fn prepare(commands: &[Command]) -> Vec<Command> {
        commands.to_vec()
    }

    #[inline]
    fn play(&mut self, command: &Command) -> bool {
        self.trades.clear();
        let played = self.bare.play(command, &mut self.trades);
        std::hint::black_box(&self.trades);
        played
    }

    fn report(&mut self, command: &Command, trades: &mut Vec<Trade>) {
        self.bare.play(command, trades);
    }
}

/// Souk's book as the exchange uses it: rules, money, fees, and the whole fact.
pub struct Whole(Book);

/// An order of the whole book.
pub enum Ask {
    Place(UserId, PlaceOrder),
    Cancel(UserId, OrderId),
}

impl Default for Whole {
    fn default() -> Whole {
        let (maker_fee, taker_fee) = (Rate(1_000), Rate(2_000));
        Whole(Book::new(Instrument { maker_fee, taker_fee, ..conformance::instrument() }))
    }
}

/// A thousand users on each side, so that nobody meets himself.
fn user_of(side: Side, placing: u32) -> UserId {
    UserId(u64::from(placing % 1_000) + if side == Side::Buy { 1 } else { 1_001 })
}

impl Played for Whole {
    type Own = Ask;
    type Outcome = Result<Box<BookFact>, Rejection>;

    fn prepare(commands: &[Command]) -> Vec<Ask> {
        let mut owners = Vec::new();
        let ask = |(command, placing): (Command, u32)| match command {
            Command::Place { side, price, quantity, ioc } => {
                let user = user_of(side, placing);
                owners.push(user);
                let time_in_force = if ioc { TimeInForce::Ioc } else { TimeInForce::Gtc };
                let order =
                    PlaceOrder { time_in_force, ..PlaceOrder::limit(side, quantity, price) };
                Ask::Place(user, order)
            }
            Command::Cancel(placing) => {
                let user = owners.get(placing as usize).copied().unwrap_or_default();
                Ask::Cancel(user, bare::id_of(placing))
            }
        };
        placings(commands).map(ask).collect()
    }

    #[inline]
    fn play(&mut self, command: &Ask) -> Self::Outcome {
        match command {
            Ask::Place(user, order) => self.0.place(*user, order, NOTIONAL_MAX, Stamp(1)),
            Ask::Cancel(user, id) => self.0.cancel(*user, *id, Stamp(1)),
        }
    }

    fn report(&mut self, command: &Ask, trades: &mut Vec<Trade>) {
        let Ok(fact) = self.play(command) else { return };
        trades.extend(fact.fills.iter().map(|fill| Trade {
            maker: bare::placing_of(fill.maker),
            taker: bare::placing_of(fill.taker),
            price: fill.price,
            quantity: fill.quantity,
        }));
    }
}

/// `matchcore`: its order ids are the sequence numbers of its commands.
pub struct Matchcore(matchcore::OrderBook);

impl Default for Matchcore {
    fn default() -> Matchcore {
        Matchcore(matchcore::OrderBook::new("BTC-USD"))
    }
}

/// A command, and what its trades are called elsewhere.
pub struct Numbered {
    command: matchcore::Command,
    placing: u32,
    /// The placing of each sequence number.
    names: Arc<Vec<u32>>,
}

impl Played for Matchcore {
    type Own = Numbered;
    type Outcome = matchcore::CommandOutcome;

    fn prepare(commands: &[Command]) -> Vec<Numbered> {
        let mut sequences = Vec::new();
        let names = Arc::new(placings(commands).map(|(_, placing)| placing).collect::<Vec<_>>());
        let numbered = |(at, (command, placing)): (u64, (Command, u32))| {
            let kind = match command {
                Command::Place { side, price, quantity, ioc } => {
                    sequences.push(at);
                    let quantity = matchcore::Quantity(quantity.get() as u64);
                    let time_in_force =
                        if ioc { matchcore::TimeInForce::Ioc } else { matchcore::TimeInForce::Gtc };
                    let side = match side {
                        Side::Buy => matchcore::Side::Buy,
                        Side::Sell => matchcore::Side::Sell,
                    };
                    let order = matchcore::LimitOrder::new(
                        matchcore::Price(price.get() as u64),
                        matchcore::QuantityPolicy::Standard { quantity },
                        matchcore::OrderFlags::new(side, false, time_in_force),
                    );
                    let order = matchcore::NewOrder::Limit(order);
                    matchcore::CommandKind::Submit(matchcore::SubmitCmd { order })
                }
                Command::Cancel(placing) => {
                    let id = sequences.get(placing as usize).copied().unwrap_or(u64::MAX);
                    let (order_id, order_kind) =
                        (matchcore::OrderId(id), matchcore::OrderKind::Limit);
                    matchcore::CommandKind::Cancel(matchcore::CancelCmd { order_id, order_kind })
                }
            };
            let sequence_number = matchcore::SequenceNumber(at);
            let meta =
                matchcore::CommandMeta { sequence_number, timestamp: matchcore::Timestamp(at) };
            let names = names.clone();
            Numbered { command: matchcore::Command { meta, kind }, placing, names }
        };
        (0..).zip(placings(commands)).map(numbered).collect()
    }

    #[inline]
    fn play(&mut self, command: &Numbered) -> matchcore::CommandOutcome {
        self.0.execute(&command.command)
    }

    fn report(&mut self, command: &Numbered, trades: &mut Vec<Trade>) {
        let outcome = self.play(command);
        let matchcore::CommandOutcome::Applied(matchcore::CommandReport::Submit(effects)) = outcome
        else {
            return;
        };
        let matched = effects.target_order().match_result();
        let made = matched.into_iter().flat_map(|matched| matched.trades());
        trades.extend(made.map(|trade| Trade {
            maker: command.names[trade.maker_order_id().0 as usize],
            taker: command.placing,
            price: Price::new(trade.price().0 as i64),
            quantity: Quantity::new(trade.quantity().0 as i64),
        }));
    }
}

/// `orderbook-rs`.
pub struct OrderbookRs {
    book: orderbook_rs::OrderBook<()>,
    /// What its listener heard; it listens where trades are compared only. An immediate-or-cancel
    /// order that fills in part returns an error, and its trades go nowhere else.
    heard: Option<Arc<Mutex<Vec<Trade>>>>,
}

impl Default for OrderbookRs {
    fn default() -> OrderbookRs {
        OrderbookRs { book: orderbook_rs::OrderBook::new("BTC-USD"), heard: None }
    }
}

fn trades_of(result: &orderbook_rs::TradeResult) -> impl Iterator<Item = Trade> + '_ {
    let number = |id: orderbook_rs::Id| match id {
        orderbook_rs::Id::Sequential(number) => number as u32 - 1,
        _ => u32::MAX,
    };
    result.match_result.trades().as_vec().iter().map(move |trade| Trade {
        maker: number(trade.maker_order_id()),
        taker: number(trade.taker_order_id()),
        price: Price::new(trade.price().as_u128() as i64),
        quantity: Quantity::new(trade.quantity().as_u64() as i64),
    })
}

/// What a call of `orderbook-rs` returned; it is dropped unread.
#[expect(dead_code)]
pub enum Returned {
    Added(Result<Added, orderbook_rs::OrderBookError>),
    Cancelled(Result<Option<Arc<orderbook_rs::OrderType<()>>>, orderbook_rs::OrderBookError>),
}

type Added = (Arc<orderbook_rs::OrderType<()>>, Option<orderbook_rs::TradeResult>);

impl Played for OrderbookRs {
    type Own = (Command, u32);
    type Outcome = Returned;

    fn prepare(commands: &[Command]) -> Vec<(Command, u32)> {
        placings(commands).collect()
    }

    #[inline]
    fn play(&mut self, (command, placing): &(Command, u32)) -> Returned {
        let id = |placing: u32| orderbook_rs::Id::Sequential(u64::from(placing) + 1);
        match *command {
            Command::Place { side, price, quantity, ioc } => {
                let side = match side {
                    Side::Buy => orderbook_rs::Side::Buy,
                    Side::Sell => orderbook_rs::Side::Sell,
                };
                let time_in_force = match ioc {
                    true => orderbook_rs::TimeInForce::Ioc,
                    false => orderbook_rs::TimeInForce::Gtc,
                };
                let (price, quantity) = (price.get() as u128, quantity.get() as u64);
                Returned::Added(self.book.add_limit_order_with_result(
                    id(*placing),
                    price,
                    quantity,
                    side,
                    time_in_force,
                    None,
                ))
            }
            Command::Cancel(placing) => Returned::Cancelled(self.book.cancel_order(id(placing))),
        }
    }

    fn report(&mut self, command: &(Command, u32), trades: &mut Vec<Trade>) {
        let book = &mut self.book;
        let heard = self.heard.get_or_insert_with(|| {
            let heard = Arc::new(Mutex::new(Vec::new()));
            let listener = heard.clone();
            book.set_trade_listener(Arc::new(move |result| {
                let mut heard = listener.lock().unwrap_or_else(PoisonError::into_inner);
                heard.extend(trades_of(result));
            }));
            heard
        });
        let heard = heard.clone();
        self.play(command);
        trades.append(&mut heard.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// `lobster`. It knows no immediate-or-cancel: such an order is a limit order that is cancelled next.
#[derive(Default)]
pub struct Lobster(lobster::OrderBook);

/// An order, and what follows it at once.
pub struct Pair(lobster::OrderType, Option<lobster::OrderType>);

impl Played for Lobster {
    type Own = Pair;
    type Outcome = (lobster::OrderEvent, Option<lobster::OrderEvent>);

    fn prepare(commands: &[Command]) -> Vec<Pair> {
        let name = |placing: u32| u128::from(placing) + 1;
        let pair = |(command, placing): (Command, u32)| match command {
            Command::Place { side, price, quantity, ioc } => {
                let side = match side {
                    Side::Buy => lobster::Side::Bid,
                    Side::Sell => lobster::Side::Ask,
                };
                let (id, qty, price) = (name(placing), quantity.get() as u64, price.get() as u64);
                let cancel = ioc.then_some(lobster::OrderType::Cancel { id });
                Pair(lobster::OrderType::Limit { id, side, qty, price }, cancel)
            }
            Command::Cancel(placing) => {
                Pair(lobster::OrderType::Cancel { id: name(placing) }, None)
            }
        };
        placings(commands).map(pair).collect()
    }

    #[inline]
    fn play(&mut self, Pair(order, then): &Pair) -> Self::Outcome {
        let event = self.0.execute(*order);
        // What filled whole has nothing left to cancel.
        let rests = !matches!(event, lobster::OrderEvent::Filled { .. });
        let then = then.filter(|_| rests).map(|cancel| self.0.execute(cancel));
        (event, then)
    }

    fn report(&mut self, command: &Pair, trades: &mut Vec<Trade>) {
        let (lobster::OrderEvent::Filled { fills, .. }
        | lobster::OrderEvent::PartiallyFilled { fills, .. }) = self.play(command).0
        else {
            return;
        };
        trades.extend(fills.iter().map(|fill| Trade {
            maker: fill.order_2 as u32 - 1,
            taker: fill.order_1 as u32 - 1,
            price: Price::new(fill.price as i64),
            quantity: Quantity::new(fill.qty as i64),
        }));
    }
}
