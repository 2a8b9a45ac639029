//! The domain as a whole, at random: a small exchange made of its parts, where commands wait on
//! their way to the books and facts on their way back to the wallets.
//!
//! At each step every fact is folded into a second state, which must come out the same; nothing is
//! made or lost, and nobody has less than nothing.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::{
    account::{Accounts, Register, Role},
    book::{
        Book,
        tests::{
            random::{Command, commands, is_well_formed, scaled},
            table::{dusty, percent, plain},
        },
    },
    fact::{Body, BookFact, Cause, Fact},
    id::{InstrumentId, OrderId, Stamp, UserId},
    instrument::{Instrument, Price, Quantity, Step},
    ledger::Account,
    money::{Amount, Asset},
    order::{ClientOrderId, PlaceOrder, Reason, Side, Status},
    per_asset::PerAsset,
    rejection::Rejection,
    state::State,
    wallet::{Limits, Purse, Wallet},
};

/// A command on its way from the wallet to the book, with what was set aside for it.
struct Flight {
    user: UserId,
    ask: Ask,
    purse: Option<Purse>,
}

enum Ask {
    Place(PlaceOrder),
    Amend { id: OrderId, price: Option<Price>, quantity: Option<Quantity> },
    Cancel(OrderId),
    CancelAll,
}

/// On its way back: a fact, if there is one, and what is not set aside any more when it arrives.
struct Return {
    fact: Option<Fact>,
    released: Option<(UserId, Purse)>,
}

/// The wallet as it decides: durable facts and what is set aside.
struct LiveWallet {
    wallet: Wallet,
    set_aside: PerAsset<Amount>,
}

impl LiveWallet {
    fn free(&self, asset: Asset) -> Amount {
        self.wallet.balance(asset).available - self.set_aside[asset]
    }
}

struct Exchange {
    accounts: Accounts,
    wallets: Vec<LiveWallet>,
    books: Vec<Book>,
    /// Follows by facts alone.
    state: State,
    flights: Vec<VecDeque<Flight>>,
    returns: VecDeque<Return>,
    placed: Vec<(UserId, OrderId)>,
    client_orders: u64,
}

impl Exchange {
    fn new(instruments: &[Instrument], users: usize, deposit: Amount) -> Exchange {
        let mut exchange = Exchange {
            accounts: Accounts::default(),
            wallets: Vec::new(),
            books: Vec::new(),
            state: State::default(),
            flights: instruments.iter().map(|_| VecDeque::new()).collect(),
            returns: VecDeque::new(),
            placed: Vec::new(),
            client_orders: 0,
        };
        for instrument in instruments {
            exchange.books.push(Book::new(instrument.clone()));
            exchange.journal(Body::InstrumentListed(instrument.clone()), None);
        }
        for number in 1..=users {
            exchange.register(number);
            for asset in Asset::ALL {
                exchange.deposit(UserId(number as u64), asset, deposit);
            }
        }
        exchange.deliver(usize::MAX);
        exchange
    }

    fn register(&mut self, number: usize) {
        let asked = Register {
            username: format!("user_{number}"),
            email: format!("user_{number}@example.org"),
            full_name: None,
            password_hash: String::new(),
            role: Role::User,
            granted: false,
        };
        let body = self.accounts.register(asked, self.now()).unwrap();
        let fact = self.journal(body, None);
        self.accounts.apply(&fact);
        let wallet = Wallet::new(UserId(number as u64));
        self.wallets.push(LiveWallet { wallet, set_aside: Default::default() });
    }

    fn now(&self) -> Stamp {
        Stamp(self.state.through.0 as i64)
    }

    fn live(&mut self, user: UserId) -> &mut LiveWallet {
        &mut self.wallets[user.0 as usize - 1]
    }

    /// Makes a body durable: folds it into the state and checks what must hold at every sequence.
    fn journal(&mut self, body: Body, released: Option<(UserId, Purse)>) -> Fact {
        let fact = Fact { stamp: self.now(), cause: Cause::default(), body };
        if let Some(book) = fact.book() {
            assert!(book.transaction.balances());
            check_purse(book, released);
        }
        self.state.apply(self.state.through.next(), &fact);
        assert!(self.state.is_balanced());
        for (live, followed) in self.books.iter().zip(&self.state.books) {
            assert_eq!(live.digest(), followed.digest());
        }
        self.returns.push_back(Return { fact: Some(fact.clone()), released });
        fact
    }

    /// Brings up to `count` answers back to the wallets.
    fn deliver(&mut self, count: usize) {
        for _ in 0..count {
            let Some(Return { fact, released }) = self.returns.pop_front() else { return };
            if let Some((user, purse)) = released {
                self.live(user).set_aside[purse.asset] -= purse.amount;
            }
            let Some(fact) = fact else { continue };
            for user in fact.wallets() {
                let live = self.live(user);
                live.wallet.apply(&fact);
                for asset in Asset::ALL {
                    assert!(live.free(asset) >= 0, "{user} has set aside what it does not have");
                }
            }
        }
    }

    fn deposit(&mut self, user: UserId, asset: Asset, amount: Amount) {
        let now = self.now();
        let decided = self.live(user).wallet.deposit(asset, amount, None, now);
        self.journal(decided.unwrap(), None);
    }

    fn withdraw(&mut self, user: UserId, asset: Asset, amount: Amount) {
        let limits = Limits {
            open_orders_max: 0,
            deposit_day_max: PerAsset::all(0),
            withdrawal_day_max: PerAsset::all(Amount::MAX),
        };
        let now = self.now();
        let live = self.live(user);
        let set_aside = live.set_aside[asset];
        let Ok(body) = live.wallet.withdraw(asset, amount, set_aside, (&limits, 0), now) else {
            return;
        };
        live.set_aside[asset] += amount;
        self.journal(body, Some((user, Purse { asset, amount })));
    }

    /// The wallet's part of a command: the purse, then off to the book.
    fn ask(&mut self, instrument: usize, command: &Command) {
        let Some((user, ask)) = self.read(command) else { return };
        let instrument = match &ask {
            Ask::Amend { id, .. } | Ask::Cancel(id) => id.instrument().0 as usize,
            _ => instrument,
        };
        // What readers see is what the durable end has: the state.
        let book = &self.state.books[instrument];
        let wallet = &self.wallets[user.0 as usize - 1].wallet;
        let purse = match &ask {
            Ask::Place(asked) => {
                if !is_well_formed(asked, book.instrument()) {
                    return;
                }
                let protection = book.protection_price(asked.side);
                Purse::of_order(asked, book.instrument(), protection).map(Some)
            }
            Ask::Amend { id, price, quantity } => Ok(wallet.open.get(id).map(|open| {
                let price = price.or(open.price).unwrap_or(1);
                let quantity = quantity.unwrap_or(open.quantity);
                Purse::of_amend(open, book.instrument(), price, quantity)
            })),
            Ask::Cancel(_) | Ask::CancelAll => Ok(None),
        };
        let Ok(purse) = purse else { return };
        if let Some(purse) = purse {
            let live = self.live(user);
            if live.free(purse.asset) < purse.amount {
                return;
            }
            live.set_aside[purse.asset] += purse.amount;
        }
        self.flights[instrument].push_back(Flight { user, ask, purse });
    }

    fn read(&mut self, command: &Command) -> Option<(UserId, Ask)> {
        let pick = |nth: usize| {
            let newest = self.placed.len().min(12);
            self.placed.iter().rev().nth(nth.checked_rem(newest)?).copied()
        };
        Some(match command {
            Command::Place { user, asked, .. } => {
                self.client_orders += 1;
                let named = self.client_orders.is_multiple_of(3);
                let name = named.then(|| format!("order-{}", self.client_orders));
                let client_order_id = name.and_then(|name| ClientOrderId::new(&name));
                let asked = PlaceOrder { client_order_id, ..asked.clone() };
                (UserId(user + 1), Ask::Place(asked))
            }
            Command::Amend { nth, price, quantity } => {
                let (user, id) = pick(*nth)?;
                (user, Ask::Amend { id, price: *price, quantity: *quantity })
            }
            Command::Cancel { nth } => {
                let (user, id) = pick(*nth)?;
                (user, Ask::Cancel(id))
            }
            Command::CancelAll { user } => (UserId(user + 1), Ask::CancelAll),
        })
    }

    /// The book's part of the next command, and of the stops that it makes due.
    fn decide(&mut self, instrument: usize) -> Option<Result<(), Rejection>> {
        let Flight { user, ask, purse } = self.flights[instrument].pop_front()?;
        let (now, book) = (self.now(), &mut self.books[instrument]);
        let amount = purse.map_or(0, |purse| purse.amount);
        let placing = matches!(ask, Ask::Place(_));
        let decided = match ask {
            Ask::Place(asked) => book.place(user, &asked, amount, now).map(Some),
            Ask::Amend { id, price, quantity } => {
                book.amend(user, id, price, quantity, amount, now).map(Some)
            }
            Ask::Cancel(id) => book.cancel(user, id, now).map(Some),
            Ask::CancelAll => Ok(book.cancel_all(user, Reason::Owner, now)),
        };
        let released = purse.map(|purse| (user, purse));
        match &decided {
            Ok(Some(fact)) => {
                if placing {
                    self.placed.push((user, fact.orders[0].id));
                }
                self.journal(Body::Book(fact.clone()), released);
            }
            // A refusal travels behind the facts that came before it.
            _ => self.returns.push_back(Return { fact: None, released }),
        }
        while let Some(fact) = self.books[instrument].trigger(now) {
            self.journal(Body::Book(fact), None);
        }
        Some(decided.map(drop))
    }

    /// Lets everything arrive; then the parts together are the state.
    fn come_to_rest(&mut self) {
        for instrument in 0..self.books.len() {
            while self.decide(instrument).is_some() {}
        }
        self.deliver(usize::MAX);
        let mut digest = self.state.shared_digest();
        digest.add(self.accounts.digest());
        for live in &self.wallets {
            assert_eq!(live.set_aside, PerAsset::all(0));
            digest.add(live.wallet.digest());
        }
        self.books.iter().for_each(|book| digest.add(book.digest()));
        assert_eq!(digest, self.state.digest());
    }
}

/// A fact takes nothing of anyone's available money but what travelled with the command.
fn check_purse(fact: &BookFact, released: Option<(UserId, Purse)>) {
    for order in &fact.orders {
        for asset in Asset::ALL {
            let purse = released.filter(|(user, p)| (*user, p.asset) == (order.user, asset));
            let purse = purse.map_or(0, |(_, purse)| purse.amount);
            assert!(spent(fact, order.user, asset) <= purse, "beyond the purse: {fact:?}");
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
    Ask(usize, Command),
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
        1 => money.clone().prop_map(|(user, asset, amount)| Event::Deposit(user, asset, amount)),
        1 => money.prop_map(|(user, asset, amount)| Event::Withdraw(user, asset, amount)),
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
        tick: Step { units: 1, scale: 8 },
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
        let mut exchange = Exchange::new(&instruments(fees.0, fees.1), USERS as usize, deposit);
        for event in &events {
            match event {
                Event::Ask(on, command) => exchange.ask(*on, command),
                Event::Decide(on) => drop(exchange.decide(*on)),
                Event::Deliver(count) => exchange.deliver(*count),
                Event::Deposit(user, asset, amount) => {
                    exchange.deposit(UserId(*user), Asset::ALL[*asset], *amount);
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
        let mut exchange = Exchange::new(&[dusty], 2, 1000);
        let (amender, filler) = (UserId(1), UserId(2));
        exchange.order(amender, Side::Buy, price, quantity);
        let Some((_, id)) = exchange.placed.first().copied() else { return Ok(()) };
        heard.iter().for_each(|part| exchange.order(filler, Side::Sell, price, *part));
        exchange.deliver(usize::MAX);
        let on = exchange.books[0].instrument().clone();
        let Some(open) = exchange.wallets[0].wallet.open.get(&id).copied() else { return Ok(()) };
        // The amender has no more than the purse says, so one unit too few would show.
        let purse = Purse::of_amend(&open, &on, new_price, new_quantity);
        let spare = exchange.wallets[0].free(purse.asset) - purse.amount;
        prop_assume!(spare >= 0);
        exchange.withdraw(amender, purse.asset, spare);
        let (price, quantity) = (Some(new_price), Some(new_quantity));
        let ask = Ask::Amend { id, price, quantity };
        exchange.live(amender).set_aside[purse.asset] += purse.amount;
        exchange.flights[0].push_back(Flight { user: amender, ask, purse: Some(purse) });
        let amend = exchange.flights[0].pop_back();
        unheard.iter().for_each(|part| exchange.order(filler, Side::Sell, open.price.unwrap(), *part));
        exchange.flights[0].extend(amend);
        let decided = exchange.decide(0);
        prop_assert_ne!(decided, Some(Err(Rejection::InsufficientFunds)));
        exchange.come_to_rest();
    }
}

impl Exchange {
    /// A limit order, decided at once; small ones that the door would refuse are left out.
    fn order(&mut self, user: UserId, side: Side, price: Price, quantity: Quantity) {
        let asked = limit(side, price, quantity);
        self.ask(0, &Command::Place { user: user.0 - 1, asked, purse_quarters: 4 });
        self.decide(0);
    }
}

fn limit(side: Side, price: Price, quantity: Quantity) -> PlaceOrder {
    PlaceOrder::limit(side, quantity, price)
}

#[test]
fn a_falling_price_with_a_larger_quantity_costs_most_after_the_fills() {
    let [dusty, _] = instruments("0", "0");
    let mut exchange = Exchange::new(&[dusty], 2, 1000);
    let (amender, filler) = (UserId(1), UserId(2));
    exchange.order(amender, Side::Buy, 100, 10);
    exchange.deliver(usize::MAX);
    let (_, id) = exchange.placed[0];
    exchange.ask(0, &Command::Amend { nth: 0, price: Some(60), quantity: Some(20) });
    let amend = exchange.flights[0].pop_back().unwrap();
    // 20 x 0.60 - 10 x 1.00 = 2 without a fill; 12 x 0.60 - 2 x 1.00, rounded up, after eight.
    assert!(amend.purse.unwrap().amount >= 6);
    exchange.order(filler, Side::Sell, 100, 8);
    exchange.flights[0].push_back(amend);
    assert_eq!(exchange.decide(0), Some(Ok(())));
    let order = exchange.books[0].order(id).unwrap();
    assert_eq!((order.remaining, order.locked, order.status), (12, 8, Status::PartiallyFilled));
    exchange.come_to_rest();
}
