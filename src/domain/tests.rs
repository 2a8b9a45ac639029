//! The domain as a whole, at random: all deciders, where commands wait on their way to the books and facts
//! on their way to the disk.
//!
//! At each step every fact is folded into a second state, which must come out the same; nothing is
//! made or lost, and nobody has less than nothing.

use proptest::prelude::*;

use super::{
    account::Role,
    book::tests::{
        random::{Command as Request, commands, is_well_formed, scaled},
        table::{dusty, percent, plain},
    },
    command::{CancelReason, Command, OrderName},
    decide::{
        book::BookMessage,
        commit::Note,
        tests::core::{Core, To},
    },
    fact::{BookAction, BookFact, Fact},
    id::{InstrumentId, OrderId, UserId},
    instrument::{Increment, Instrument, Price, Quantity},
    ledger::Account,
    money::{Amount, Asset},
    order::{ClientOrderId, OrderStatus, PlaceOrder, Side},
    rejection::Rejection,
    wallet::Budget,
    world::World,
};

/// Everyone who decides, with what tests of this file ask for.
struct Exchange {
    core: Core,
    /// Who placed which order.
    placed: Vec<(UserId, OrderId)>,
    client_orders: u64,
}

impl Exchange {
    fn new(instruments: &[Instrument], users: usize, deposit: Amount) -> Exchange {
        let mut core = Core::new(instruments);
        core.look = look;
        for number in 1..=users {
            let user = core.register(&format!("user_{number}"), Role::User, false);
            for asset in Asset::ALL {
                let amount = deposit;
                core.ask(None, Command::Deposit { to: user, asset, amount, counted: false });
            }
        }
        core.commit(usize::MAX);
        Exchange { core, placed: Vec::new(), client_orders: 0 }
    }

    fn free(&self, user: UserId, asset: Asset) -> Amount {
        let (flight, wallet) = &self.core.wallets[user.0 as usize - 1];
        flight.spendable(wallet, asset)
    }

    /// Brings up to `count` entries to the disk, and back to the wallets.
    fn deliver(&mut self, count: usize) {
        self.core.commit(count);
        for user in 1..=self.core.wallets.len() as u64 {
            for asset in Asset::ALL {
                assert!(
                    self.free(UserId(user), asset) >= Amount::ZERO,
                    "{user} holds what it does not have"
                );
            }
        }
    }

    fn withdraw(&mut self, user: UserId, asset: Asset, amount: Amount) {
        self.core.ask(Some(user), Command::Withdraw { asset, amount });
    }

    /// The wallet's part of a command: what it holds back, then off to the book.
    fn ask(&mut self, instrument: usize, asked: &Request) -> Option<u64> {
        let (user, command) = self.read(InstrumentId(instrument as u16), asked)?;
        Some(self.core.ask(Some(user), command))
    }

    fn read(&mut self, instrument: InstrumentId, asked: &Request) -> Option<(UserId, Command)> {
        let pick = |nth: usize| {
            let newest = self.placed.len().min(12);
            self.placed.iter().rev().nth(nth.checked_rem(newest)?).copied()
        };
        Some(match asked {
            Request::Place { user, asked, .. } => {
                let on = self.core.books[usize::from(instrument.0)].1.instrument();
                if !is_well_formed(asked, on) {
                    return None;
                }
                self.client_orders += 1;
                let named = self.client_orders.is_multiple_of(3);
                let name = named.then(|| format!("order-{}", self.client_orders));
                let client_order_id = name.and_then(|name| ClientOrderId::new(&name));
                let order = PlaceOrder { client_order_id, ..asked.clone() };
                (UserId(user + 1), Command::Place { instrument, order })
            }
            Request::Amend { nth, price, quantity } => {
                let (user, order) = pick(*nth)?;
                (
                    user,
                    Command::Amend {
                        order,
                        price: price.map(Price::new),
                        quantity: quantity.map(Quantity::new),
                    },
                )
            }
            Request::Cancel { nth } => {
                let (user, id) = pick(*nth)?;
                (user, Command::Cancel(OrderName::Id(id)))
            }
            Request::CancelAll { user } => {
                let (instrument, reason) = (Some(instrument), CancelReason::Owner);
                (UserId(user + 1), Command::CancelAll { instrument, reason })
            }
        })
    }

    /// The book's part of the next command, and of the stops that it makes due.
    fn decide(&mut self, instrument: usize) -> bool {
        let before = self.core.journal.len();
        let any = self.core.let_arrive(instrument);
        let facts = self.core.journal.iter().skip(before).filter_map(|entry| entry.fact.as_ref());
        let placed = facts.filter_map(Fact::book).filter(|f| f.action == BookAction::Placed);
        self.placed.extend(placed.map(|fact| (fact.orders[0].user, fact.orders[0].id)));
        any
    }

    /// Lets everything arrive; then the parts together are the state.
    fn come_to_rest(&mut self) {
        self.core.come_to_rest();
        for (user, asset) in (1..=USERS).flat_map(|user| Asset::ALL.map(|asset| (user, asset))) {
            let Some(wallet) = self.core.world.state.wallet(UserId(user)) else { continue };
            assert_eq!(self.free(UserId(user), asset), wallet.balance(asset).available);
        }
    }
}

/// A fact takes nothing of anyone's available money but what travelled with the command.
fn look(_: &World, fact: &Fact, note: &Note<To>) {
    let Some(book) = fact.book() else { return };
    assert!(book.transaction.balances());
    for order in &book.orders {
        for asset in Asset::ALL {
            let hold = note.hold.as_ref();
            let hold = hold.filter(|hold| (hold.user, hold.asset) == (order.user, asset));
            let most = hold.map_or(0, |hold| hold.amount.get());
            assert!(
                spent(book, order.user, asset) <= Amount::new(most),
                "beyond the budget: {book:?}"
            );
        }
    }
}

/// What a fact takes from a user's available money, net.
fn spent(fact: &BookFact, user: UserId, asset: Asset) -> Amount {
    let postings = fact.transaction.postings().iter();
    let own = postings.filter(|p| p.account == Account::Available(user) && p.asset == asset);
    -own.map(|p| p.amount).sum::<Amount>()
}

/// What happens next in the exchange.
#[derive(Clone, Debug)]
enum Event {
    Ask(usize, Request),
    Decide(usize),
    Deliver(usize),
    Deposit(u64, usize, Amount),
    Withdraw(u64, usize, Amount),
}

const USERS: u64 = 4;

fn events() -> impl Strategy<Value = Event> {
    let money = (1..=USERS, 0..Asset::ALL.len(), 1i64..40);
    prop_oneof![
        8 => (0usize..2, commands(USERS)).prop_map(|(on, command)| Event::Ask(on, command)),
        9 => (0usize..2).prop_map(Event::Decide),
        6 => (1usize..4).prop_map(Event::Deliver),
        1 => money.clone().prop_map(|(user, asset, amount)| Event::Deposit(user, asset, Amount::new(amount))),
        1 => money.prop_map(|(user, asset, amount)| Event::Withdraw(user, asset, Amount::new(amount))),
    ]
}

/// Two instruments with one base asset, with fees; one of them has dust.
fn instruments(maker_fee: &str, taker_fee: &str) -> [Instrument; 2] {
    let fees = |on: Instrument| Instrument {
        maker_fee: percent(maker_fee),
        taker_fee: percent(taker_fee),
        ..on
    };
    let other = Instrument {
        id: InstrumentId(1),
        name: "USD-BTC".into(),
        quote: Asset::Btc,
        tick: Increment { units: 1, scale: 8 },
        ..plain()
    };
    [fees(dusty()), fees(other)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(scaled(100)))]

    #[test]
    fn nothing_is_made_or_lost_and_facts_tell_all(
        events in prop::collection::vec(events(), 1..600),
        fees in prop_oneof![Just(("0", "0")), Just(("1", "3")), Just(("0.1", "30"))],
        deposit in 5i64..300,
    ) {
        let mut exchange = Exchange::new(&instruments(fees.0, fees.1), USERS as usize, Amount::new(deposit));
        for event in &events {
            match event {
                Event::Ask(on, asked) => drop(exchange.ask(*on, asked)),
                Event::Decide(on) => drop(exchange.decide(*on)),
                Event::Deliver(count) => exchange.deliver(*count),
                Event::Deposit(user, asset, amount) => {
                    let (to, asset, amount) = (UserId(*user), Asset::ALL[*asset], *amount);
                    exchange.core.ask(None, Command::Deposit { to, asset, amount, counted: false });
                }
                Event::Withdraw(user, asset, amount) => {
                    exchange.withdraw(UserId(*user), Asset::ALL[*asset], *amount);
                }
            }
        }
        exchange.come_to_rest();
    }

    #[test]
    fn an_amend_has_the_money_for_whatever_fills_meanwhile(
        (price, new_price) in (90i64..110, 40i64..130),
        (quantity, new_quantity) in (1i64..60, 1i64..90),
        heard in prop::collection::vec(1i64..12, 0..3),
        unheard in prop::collection::vec(1i64..12, 0..6),
    ) {
        let [dusty, _] = instruments("0", "0");
        let mut exchange = Exchange::new(&[dusty], 2, Amount::new(1000));
        let (amender, filler) = (UserId(1), UserId(2));
        exchange.order(amender, Side::Buy, Price::new(price), Quantity::new(quantity));
        let Some((_, id)) = exchange.placed.first().copied() else { return Ok(()) };
        heard.iter().for_each(|part| exchange.order(filler, Side::Sell, Price::new(price), Quantity::new(*part)));
        exchange.deliver(usize::MAX);
        let (_, wallet) = &exchange.core.wallets[0];
        let Some(open) = wallet.open.get(&id).copied() else { return Ok(()) };
        // The amender has no more than the budget says, so one unit too few would show.
        let on = exchange.core.books[0].1.instrument();
        let budget = Budget::of_amend(&open, on, Price::new(new_price), Quantity::new(new_quantity));
        let spare = exchange.free(amender, budget.asset) - budget.amount;
        prop_assume!(spare >= Amount::ZERO);
        exchange.withdraw(amender, budget.asset, spare);
        exchange.deliver(usize::MAX);
        let (price, quantity) = (Some(Price::new(new_price)), Some(Quantity::new(new_quantity)));
        let amend = exchange.core.ask(Some(amender), Command::Amend { order: id, price, quantity });
        let on_its_way = exchange.core.to_books[0].pop_back();
        unheard.iter().for_each(|part| exchange.order(filler, Side::Sell, open.price.unwrap(), Quantity::new(*part)));
        exchange.core.to_books[0].extend(on_its_way);
        prop_assert_ne!(exchange.core.refusal(amend), Some(Rejection::InsufficientFunds));
        exchange.come_to_rest();
    }
}

impl Exchange {
    /// A limit order, decided at once; small ones that the door would refuse are left out.
    fn order(&mut self, user: UserId, side: Side, price: Price, quantity: Quantity) {
        let asked = limit(side, price, quantity);
        self.ask(0, &Request::Place { user: user.0 - 1, asked, purse_quarters: 4 });
        self.decide(0);
    }
}

fn limit(side: Side, price: Price, quantity: Quantity) -> PlaceOrder {
    PlaceOrder::limit(side, quantity, price)
}

#[test]
fn a_falling_price_with_a_larger_quantity_costs_most_after_the_fills() {
    let [dusty, _] = instruments("0", "0");
    let mut exchange = Exchange::new(&[dusty], 2, Amount::new(1000));
    let (amender, filler) = (UserId(1), UserId(2));
    exchange.order(amender, Side::Buy, Price::new(100), Quantity::new(10));
    exchange.deliver(usize::MAX);
    let (_, id) = exchange.placed[0];
    let amend = Request::Amend { nth: 0, price: Some(60), quantity: Some(20) };
    let amend = exchange.ask(0, &amend).unwrap();
    let on_its_way = exchange.core.to_books[0].pop_back().unwrap();
    // 20 x 0.60 - 10 x 1.00 = 2 without a fill; 12 x 0.60 - 2 x 1.00, rounded up, after eight.
    let BookMessage::Command(command) = &on_its_way else { panic!("{on_its_way:?}") };
    assert!(command.hold.as_ref().unwrap().amount >= Amount::new(6));
    exchange.order(filler, Side::Sell, Price::new(100), Quantity::new(8));
    exchange.core.to_books[0].push_back(on_its_way);
    assert_eq!(exchange.core.refusal(amend), None);
    let order = exchange.core.books[0].1.order(id).unwrap();
    assert_eq!(
        (order.remaining, order.locked, order.status),
        (Quantity::new(12), Amount::new(8), OrderStatus::PartiallyFilled)
    );
    exchange.come_to_rest();
}
