//! A small market that makes facts, always the same ones: users register, instruments are listed,
//! orders are placed, matched and cancelled, money comes in. Benches use it too.

use crate::domain::{
    account::{Register, Role},
    book::Book,
    fact::{Body, Cause, Fact, KeyUse},
    id::{InstrumentId, OrderId, RequestId, Sequence, Stamp, UserId},
    instrument::{Increment, Instrument, Price, Quantity},
    money::{Amount, Asset, Rate},
    order::{ClientOrderId, OrderType, PlaceOrder, SelfTradePrevention, Side, TimeInForce},
    state::State,
    wallet::Budget,
};

/// Decides commands on books of its own, and folds each fact into a state of its own.
pub struct Market {
    pub state: State,
    books: Vec<Book>,
    random: u64,
    users: u64,
}

impl Market {
    /// A market of `users` users, which register first.
    pub fn new(users: u64) -> Market {
        Market { state: State::default(), books: Vec::new(), random: 0x9e37_79b9_7f4a_7c15, users }
    }

    /// The next `count` facts.
    pub fn facts(&mut self, count: usize) -> Vec<Fact> {
        (0..count).map(|_| self.fact()).collect()
    }

    /// The next fact.
    pub fn fact(&mut self) -> Fact {
        let number = self.state.through.0;
        let body = match () {
            _ if number < 2 => self.list(number as u16),
            _ if number < 2 + self.users => self.register(number - 2),
            _ => self.trade(),
        };
        let by = Some(UserId(1)).filter(|_| number >= 2 + self.users);
        let key = KeyUse { key: [number as u8; 16], body: [7; 16], parts: 1 };
        let key = by.and(Some(key)).filter(|_| number.is_multiple_of(16));
        let request = RequestId(number);
        let fact = Fact { stamp: self.now(), cause: Cause { by, request, key }, body };
        self.state.apply(Sequence(number + 1), &fact);
        fact
    }

    fn list(&mut self, number: u16) -> Body {
        let (name, base) = [("BTC-USD", Asset::Btc), ("ETH-USD", Asset::Eth)][usize::from(number)];
        let instrument = Instrument {
            id: InstrumentId(number),
            name: name.into(),
            base,
            quote: Asset::Usd,
            tick: Increment { units: 1, scale: 2 },
            lot: Increment { units: 1, scale: 5 },
            min_notional: Amount::new(100),
            maker_fee: Rate(1_000),
            taker_fee: Rate(2_000),
            band: Rate(200_000),
            protection: Rate(50_000),
        };
        self.books.push(Book::new(instrument.clone()));
        Body::InstrumentListed(instrument)
    }

    fn register(&mut self, number: u64) -> Body {
        let asked = Register {
            username: format!("user{number}"),
            email: format!("user{number}@example.org"),
            full_name: None,
            password_hash: "$2b$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234".into(),
            role: Role::User,
            granted: true,
        };
        self.state.accounts.register(asked, self.now()).expect("names differ")
    }

    fn trade(&mut self) -> Body {
        let user = UserId(1 + self.draw(self.users));
        let at = self.draw(2) as usize;
        let body = match self.draw(8) {
            0 => None,
            1 | 2 => self.cancel(user, at),
            _ => self.place(user, at),
        };
        body.unwrap_or_else(|| self.deposit(user))
    }

    fn deposit(&mut self, user: UserId) -> Body {
        let asset = Asset::ALL[self.draw(4) as usize];
        let wallet = self.state.wallet(user).expect("it registered");
        wallet.deposit(asset, Amount::new(5_000), None, self.now()).expect("without bounds")
    }

    fn cancel(&mut self, user: UserId, at: usize) -> Option<Body> {
        let now = self.now();
        let id: OrderId = self.books[at].of_user(user).next()?.id;
        let fact = self.books[at].cancel(user, id, now).expect("it is open");
        Some(Body::Book(fact))
    }

    fn place(&mut self, user: UserId, at: usize) -> Option<Body> {
        let side = Side::ALL[self.draw(2) as usize];
        let number = self.state.through.0;
        let asked = PlaceOrder {
            side,
            kind: OrderType::Limit,
            time_in_force: TimeInForce::Gtc,
            post_only: false,
            self_trade_prevention: SelfTradePrevention::CancelOldest,
            quantity: Quantity::new(100 + self.draw(400) as i64),
            price: Some(Price::new(100_000 + self.draw(200) as i64)),
            stop_price: None,
            quote_amount: None,
            display_quantity: None,
            client_order_id: ClientOrderId::new(&format!("order-{number}"))
                .filter(|_| number.is_multiple_of(4)),
        };
        let now = self.now();
        let book = &mut self.books[at];
        let budget = Budget::of_order(&asked, book.instrument(), None).ok()?;
        let wallet = self.state.wallet(user).expect("it registered");
        if wallet.balance(budget.asset).available < budget.amount {
            return None;
        }
        let fact = book.place(user, &asked, budget.amount, now).ok()?;
        Some(Body::Book(fact))
    }

    fn now(&self) -> Stamp {
        Stamp(1_700_000_000_000 + 250 * self.state.through.0 as i64)
    }

    /// A number below `below`, by xorshift: the same on every machine.
    fn draw(&mut self, below: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % below
    }
}
