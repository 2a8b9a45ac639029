//! What is asked next: a function of a seed, of what the world shows, and of a few things remembered from
//! earlier answers. Random users trade, some of it rightly, some of it not.

use super::{
    random::{Newest, Random},
    *,
};

/// Those who trade, registered first; then those who decide disputes, and an admin.
pub const TRADERS: [&str; 8] = ["ann", "bob", "cid", "dora", "eve", "finn", "gus", "hal"];
const OFFICERS: [(&str, Role); 3] =
    [("judge", Role::Arbitrator), ("juror", Role::Arbitrator), ("root", Role::Admin)];
/// A user, an instrument and a board that there never are.
pub const NOBODY: UserId = UserId(999);
const NOWHERE: InstrumentId = InstrumentId(9);
pub const NO_BOARD: BoardId = BoardId(77);
/// From these commands on all is issued that may be: of the last two assets, and of the first two.
const FULL_FROM: (usize, usize) = (18_000, 19_200);

/// A P2P trade that was opened.
#[derive(Clone, Copy)]
pub struct Opened {
    pub id: P2pTradeId,
    pub buyer: UserId,
    pub seller: UserId,
}

pub struct Script {
    pub random: Random,
    asked: usize,
    /// The middle of each instrument's prices, which drifts.
    middles: [i64; 5],
    orders: Newest<(UserId, OrderId)>,
    amended: Newest<(UserId, OrderId)>,
    /// Orders that were asked for under a name.
    named: Newest<(UserId, InstrumentId, PlaceOrder)>,
    keys: Newest<(UserId, KeyUse, Command)>,
    pub trades: Newest<Opened>,
    pub ads: Newest<AdId>,
}

/// Where the prices of the usual instruments begin, in ticks, and how many lots are worth 20 USD.
const MIDDLES: [i64; 5] = [5_000_000, 300_000, 5_000_000, 300_000, 9_500];
/// One lot of it is worth less than a minor unit.
const DUSTY: InstrumentId = InstrumentId(4);
const LOTS: [i64; 5] = [40, 66, 40, 66, 2_000];

impl Script {
    pub fn new(seed: u64) -> Script {
        Script {
            random: Random::new(seed),
            asked: 0,
            middles: MIDDLES,
            orders: Newest::default(),
            amended: Newest::default(),
            named: Newest::default(),
            keys: Newest::default(),
            trades: Newest::default(),
            ads: Newest::default(),
        }
    }

    /// The next command.
    pub fn next(&mut self, world: &World, now: Stamp) -> Request {
        let number = self.asked;
        self.asked += 1;
        let request = RequestId(number as u64);
        if let Some(register) = first(number) {
            let command = Command::Register(register);
            return Request { by: None, request, key: None, command };
        }
        if let Some((user, key, command)) = self.again() {
            return Request { by: Some(user), request, key: Some(key), command };
        }
        let by = self.someone();
        let (by, command) = self.command(world, now, by);
        let key = by.and_then(|by| self.key(by, &command));
        Request { by, request, key, command }
    }

    /// Remembers what later commands are about.
    pub fn learn(&mut self, asked: &Request, answer: &Answer) {
        let (Some(by), Ok(accepted)) = (asked.by, answer) else { return };
        if let (Command::Amend { order, .. }, false) = (&asked.command, accepted.replayed) {
            self.amended.push((by, *order));
        }
        match &accepted.done {
            Done::Fact(fact) => self.learn_fact(by, fact),
            Done::Parts(parts) => {
                for part in parts.iter().flatten() {
                    if let Done::Fact(fact) = &part.done {
                        self.learn_fact(by, fact);
                    }
                }
            }
            _ => {}
        }
    }

    fn learn_fact(&mut self, by: UserId, fact: &Arc<Fact>) {
        match &fact.body {
            Body::Book(book) => {
                if let Some(order) = book.orders.first() {
                    self.orders.push((by, order.id));
                }
            }
            Body::P2pTrade(own) if own.action == Action::Open => {
                let (buyer, seller) = (own.trade.buyer.id, own.trade.seller.id);
                self.trades.push(Opened { id: own.trade.id, buyer, seller });
            }
            Body::P2pAd(own) => self.ads.push(own.ad.id),
            _ => {}
        }
    }

    /// Mostly a trader; now and then somebody else, somebody unknown, or nobody.
    fn someone(&mut self) -> Option<UserId> {
        let traders = TRADERS.len() as i64;
        match self.random.draw(100) {
            0 | 1 => None,
            2 => Some(NOBODY),
            3 => Some(UserId(self.random.between(1, traders + 20) as u64)),
            4 => Some(self.officer()),
            _ => Some(self.trader()),
        }
    }

    pub fn trader(&mut self) -> UserId {
        UserId(self.random.between(1, TRADERS.len() as i64) as u64)
    }

    pub fn admin(&self) -> UserId {
        UserId((TRADERS.len() + OFFICERS.len()) as u64)
    }

    pub fn officer(&mut self) -> UserId {
        let first = TRADERS.len() as i64 + 1;
        UserId(self.random.between(first, first + OFFICERS.len() as i64 - 1) as u64)
    }

    /// A command that was asked with a key: the same once more, or something else under its key.
    fn again(&mut self) -> Option<(UserId, KeyUse, Command)> {
        if !self.random.percent(2) {
            return None;
        }
        let (user, key, command) = self.random.one(self.keys.iter().cloned())?;
        let body = if self.random.percent(70) { key.body } else { [0xee; 16] };
        Some((user, KeyUse { body, ..key }, command))
    }

    /// A key for a command that takes one, at times.
    fn key(&mut self, by: UserId, command: &Command) -> Option<KeyUse> {
        let chance = match command {
            Command::PlaceMany(_) => 0,
            Command::CancelAll { .. } => 40,
            _ => 8,
        };
        if !self.random.percent(chance) {
            return None;
        }
        let mut key = [0; 16];
        key[..8].copy_from_slice(&(self.asked as u64).to_le_bytes());
        let key = KeyUse { key, body: [by.0 as u8; 16], parts: 1 };
        self.keys.push((by, key, command.clone()));
        Some(key)
    }

    /// A command, mostly of `by`; and who asks it, where others are more likely to.
    fn command(
        &mut self,
        world: &World,
        now: Stamp,
        by: Option<UserId>,
    ) -> (Option<UserId>, Command) {
        const WEIGHTS: [usize; 26] = [
            290, 35, 40, 110, 60, 14, 14, 40, 35, 32, 8, 9, 8, 9, 9, 14, 8, 30, 40, 34, 14, 18, 8,
            90, 300, 25,
        ];
        let user = by.unwrap_or(NOBODY);
        let own = match self.random.weighted(&WEIGHTS) {
            0 => self.place(user),
            1 => self.place_many(user),
            2 => self.test(user),
            3 => return self.amend(world, by),
            4 => return self.cancel(world, by),
            5 => return (by.filter(|_| self.random.percent(85)), self.cancel_all()),
            6 => {
                let timeout_ms = self.random.any(&[0, 1, 500, 5_000, 60_000, 3_600_000]);
                return (by.filter(|_| self.random.percent(90)), Command::ArmSwitch { timeout_ms });
            }
            7 => self.move_clock(now),
            8 => self.deposit(world, user),
            9 => self.withdraw(),
            10 => self.register(),
            11 => self.change_profile(),
            12 => {
                let user = if self.random.percent(20) { NOBODY } else { user };
                let password_hash = format!("hash {}", self.asked);
                Command::ChangePassword { user, password_hash }
            }
            13 => match self.random.percent(70) {
                true => Command::LogOut,
                false => return (Some(NOBODY), Command::LogOut),
            },
            14 => self.set_role(),
            15 => self.set_frozen(world),
            16 => {
                let through = self.random.draw(300) as u64;
                let by = by.filter(|_| self.random.percent(75));
                return (by, Command::ReadNotifications { through });
            }
            17 => self.contact(),
            18 => self.publish(now),
            19 => return self.edit(world, now, by),
            20 => return self.on_ad(world, by, AdStatus::Active, Command::PauseAd),
            21 => return self.on_ad(world, by, AdStatus::Paused, Command::ResumeAd),
            22 => return self.on_ad(world, by, AdStatus::Active, Command::CloseAd),
            23 => self.take(world),
            24 => return self.trade(world),
            _ => return self.review(user),
        };
        (by, own)
    }

    fn instrument(&mut self) -> InstrumentId {
        match self.random.draw(100) {
            0 => NOWHERE,
            1..60 => InstrumentId(0),
            _ => InstrumentId(self.random.draw(5) as u16),
        }
    }

    /// A price near the middle; seldom far from it.
    fn price(&mut self, on: InstrumentId) -> i64 {
        let middle = self.middles[usize::from(on.0).min(4)];
        if self.random.percent(2) {
            return middle * 3 / 2;
        }
        middle + self.random.between(-30, 30) * (middle / 4_000)
    }

    fn quantity(&mut self, on: InstrumentId) -> i64 {
        // What one of them leaves of another is worth next to nothing.
        if on == DUSTY && self.random.percent(50) {
            return self.random.between(106, 112);
        }
        let most = LOTS[usize::from(on.0).min(4)] * self.random.any(&[1, 5, 20, 60, 400]);
        self.random.between(2, most)
    }

    /// A random order of any kind.
    fn order(&mut self, on: InstrumentId) -> PlaceOrder {
        let side = self.random.any(&Side::ALL);
        let (quantity, price) = (self.quantity(on), self.price(on));
        let mut order = PlaceOrder::limit(side, Quantity::new(quantity), Price::new(price));
        order.self_trade_prevention = self.random.any(&SelfTradePrevention::ALL);
        match self.random.draw(16) {
            0 => order.time_in_force = TimeInForce::Ioc,
            1 | 2 => order.time_in_force = TimeInForce::Fok,
            3 => order.post_only = true,
            4 => order.display_quantity = Some(Quantity::new((order.quantity.get() / 3).max(2))),
            5 | 6 => (order.kind, order.price) = (OrderType::Market, None),
            7 => {
                (order.kind, order.price) = (OrderType::Market, None);
                if side == Side::Buy {
                    let cent = if matches!(on.0, 2 | 3) { 10_000 } else { 1 };
                    let most = self.random.any(&[40, 6_000, 60_000]);
                    let amount = self.random.between(10, most) * cent;
                    (order.quantity, order.quote_amount) =
                        (Quantity::ZERO, Some(Amount::new(amount)));
                }
            }
            8 | 9 => {
                (order.kind, order.stop_price) =
                    (OrderType::StopLimit, Some(Price::new(self.price(on))));
                order.post_only = self.random.percent(30);
            }
            10 | 11 => {
                (order.kind, order.price) = (OrderType::StopMarket, None);
                order.stop_price = Some(Price::new(self.price(on)));
            }
            _ => {}
        }
        order
    }

    /// An order, at times with a name, and at times one that was asked for before under its name.
    fn ask_order(&mut self, user: UserId, on: InstrumentId) -> (InstrumentId, PlaceOrder) {
        if self.random.percent(12) {
            let own = self.named.iter().filter(|(by, ..)| *by == user);
            if let Some((_, on, mut order)) = self.random.one(own.cloned()) {
                if self.random.percent(50) {
                    order.quantity += Quantity::new(1);
                }
                return (on, order);
            }
        }
        let mut order = self.order(on);
        if self.random.percent(25) {
            order.client_order_id = ClientOrderId::new(&format!("n-{}", self.random.draw(4_000)));
            self.named.push((user, on, order.clone()));
        }
        (on, order)
    }

    fn place(&mut self, user: UserId) -> Command {
        let on = self.instrument();
        let (instrument, order) = self.ask_order(user, on);
        Command::Place { instrument, order }
    }

    /// Several orders, those for one instrument together.
    fn place_many(&mut self, user: UserId) -> Command {
        let count = self.random.draw(6);
        let mut orders: Vec<_> = (0..count)
            .map(|_| {
                let on = self.instrument();
                self.ask_order(user, on)
            })
            .collect();
        orders.sort_by_key(|(on, _)| *on);
        Command::PlaceMany(orders)
    }

    fn test(&mut self, user: UserId) -> Command {
        let on = self.instrument();
        let (instrument, order) = self.ask_order(user, on);
        Command::Test { instrument, order }
    }

    /// An open order with its owner; seldom somebody else's, a closed or an unknown one.
    fn some_order(&mut self, world: &World, by: Option<UserId>) -> (Option<UserId>, OrderId) {
        let unknown = OrderId::new(NOWHERE, 1);
        match self.random.draw(20) {
            0 => (by, unknown),
            1 => (by, OrderId::new(InstrumentId(0), 1 << 30)),
            2 => {
                let known = self.random.one(self.orders.iter().map(|(_, order)| *order));
                (by, known.unwrap_or(unknown))
            }
            3 | 4 => {
                let known = self.random.one(self.orders.iter().copied());
                known.map_or((by, unknown), |(owner, order)| (Some(owner), order))
            }
            _ => {
                let wallets = world.state.wallets().iter();
                let open = wallets.flat_map(|own| own.open.keys().map(|order| (own.user, *order)));
                let known = self.random.one(open);
                known.map_or((by, unknown), |(owner, order)| (Some(owner), order))
            }
        }
    }

    fn amend(&mut self, world: &World, by: Option<UserId>) -> (Option<UserId>, Command) {
        let is_open = |(_, order): &(UserId, OrderId)| world.state.open_order(*order).is_some();
        let again = self.random.one(self.amended.iter().copied().filter(is_open));
        let (by, order) = match again.filter(|_| self.random.percent(30)) {
            Some((owner, order)) => (Some(owner), order),
            None => self.some_order(world, by),
        };
        let on = order.instrument();
        let price = self.random.percent(60).then(|| self.price(on));
        let quantity = self.random.percent(70).then(|| self.quantity(on));
        (
            by,
            Command::Amend {
                order,
                price: price.map(Price::new),
                quantity: quantity.map(Quantity::new),
            },
        )
    }

    fn cancel(&mut self, world: &World, by: Option<UserId>) -> (Option<UserId>, Command) {
        if self.random.percent(65) {
            let (by, order) = self.some_order(world, by);
            return (by, Command::Cancel(OrderName::Id(order)));
        }
        let name = |order: &PlaceOrder| order.client_order_id.clone();
        let asked = self.named.iter().filter_map(|(by, _, order)| Some((*by, name(order)?)));
        let orders = world.state.books.iter().flat_map(|book| book.all());
        let open = orders.filter_map(|order| Some((order.user, order.client_order_id.clone()?)));
        // A book gives its orders in no order.
        let open: BTreeSet<(UserId, ClientOrderId)> = open.collect();
        let known = match self.random.percent(60) {
            true => self.random.one(open),
            false => self.random.one(asked),
        };
        let other = (by.unwrap_or(NOBODY), ClientOrderId::new("never").unwrap());
        let (owner, name) = known.unwrap_or(other);
        (Some(owner), Command::Cancel(OrderName::Client(name)))
    }

    fn cancel_all(&mut self) -> Command {
        let instrument = match self.random.draw(10) {
            0 => Some(NOWHERE),
            1..6 => Some(InstrumentId(self.random.draw(5) as u16)),
            _ => None,
        };
        let reason = self.random.any(&[CancelReason::Owner, CancelReason::Switch]);
        Command::CancelAll { instrument, reason }
    }

    /// Mostly a little; at times over the windows and deadlines of P2P trades, or back.
    fn move_clock(&mut self, now: Stamp) -> Command {
        const MINUTE: i64 = 60_000;
        for (middle, begin) in self.middles.iter_mut().zip(MIDDLES) {
            let drift = self.random.between(-6, 6) * (begin / 2_000);
            *middle = (*middle + drift).clamp(begin * 19 / 20, begin * 21 / 20);
        }
        let millis = match self.random.draw(100) {
            0..50 => self.random.between(0, 3_000),
            50..72 => self.random.between(1, 2 * MINUTE),
            72..84 => self.random.between(1, 20 * MINUTE),
            84..90 => self.random.between(1, 150 * MINUTE),
            90..92 => self.random.between(1, 30 * 60 * MINUTE),
            92..95 => return Command::MoveClock(ClockMove::To(now.plus_millis(1_000))),
            95..98 => return Command::MoveClock(ClockMove::To(now.plus_millis(-1))),
            _ => -5,
        };
        Command::MoveClock(ClockMove::AdvanceMillis(millis))
    }

    fn amount(&mut self, asset: Asset) -> Amount {
        let most = [120_000, 2_400_000, 30_000_000, 1_200_000_000][asset.index()];
        Amount::new(self.random.between(1, most))
    }

    fn deposit(&mut self, world: &World, user: UserId) -> Command {
        let asset = self.random.any(&Asset::ALL);
        let counted = self.random.percent(80);
        let full_from = if asset.index() < 2 { FULL_FROM.1 } else { FULL_FROM.0 };
        if self.asked > full_from && self.random.percent(60) {
            // All that may still be issued, or one more than that: both are refused or done by one count.
            let left = ISSUED_MAX - world.state.ledger.issued[asset];
            let amount = (left + Amount::new(self.random.between(0, 1))).max(Amount::new(1));
            return Command::Deposit { to: self.admin(), asset, amount, counted: false };
        }
        let (to, amount) = match self.random.draw(20) {
            0 => (NOBODY, self.amount(asset)),
            1 => (user, ISSUED_MAX),
            _ => (user, self.amount(asset)),
        };
        Command::Deposit { to, asset, amount, counted }
    }

    fn withdraw(&mut self) -> Command {
        let asset = self.random.any(&Asset::ALL);
        let most = self.amount(asset).get();
        let amount = Amount::new((most / self.random.any(&[1, 3, 10])).max(1));
        Command::Withdraw { asset, amount }
    }

    fn register(&mut self) -> Command {
        let number = self.random.draw(300);
        let name = match self.random.percent(20) {
            true => self.random.any(&TRADERS).to_owned(),
            false => format!("late{number}"),
        };
        let email = match self.random.percent(20) {
            true => "ann@example.org".into(),
            false => format!("{name}@example.org"),
        };
        let granted = self.random.percent(50);
        Command::Register(Register { email, granted, ..registers(&name, Role::User) })
    }

    fn change_profile(&mut self) -> Command {
        let email = match self.random.draw(4) {
            0 => None,
            1 => Some("bob@example.org".into()),
            _ => Some(format!("mail{}@example.org", self.asked)),
        };
        let full_name = match self.random.draw(3) {
            0 => None,
            1 => Some(None),
            _ => Some(Some(format!("Name {}", self.asked))),
        };
        Command::ChangeProfile { email, full_name }
    }

    fn set_role(&mut self) -> Command {
        let at = self.random.draw(OFFICERS.len());
        let (user, role) = match self.random.draw(10) {
            0..3 => (NOBODY, Role::Admin),
            3 | 4 => (self.officer(), Role::User),
            _ => (UserId((TRADERS.len() + 1 + at) as u64), OFFICERS[at].1),
        };
        Command::SetRole { user, role }
    }

    /// Who is frozen does not stay so for long.
    fn set_frozen(&mut self, world: &World) -> Command {
        let frozen = world.state.accounts.all().iter().filter(|user| user.frozen);
        let thawed = self.random.one(frozen.map(|user| user.id));
        match (self.random.draw(10), thawed) {
            (0, _) => Command::SetFrozen { user: NOBODY, frozen: true },
            (1..8, Some(user)) => Command::SetFrozen { user, frozen: false },
            (8, _) => Command::SetFrozen { user: self.officer(), frozen: true },
            (9, _) => Command::SetFrozen { user: self.trader(), frozen: true },
            _ => Command::SetFrozen { user: self.trader(), frozen: false },
        }
    }
}

/// Those who register first.
fn first(number: usize) -> Option<Register> {
    let traders = TRADERS.into_iter().map(|name| (name, Role::User));
    let (name, role) = traders.chain(OFFICERS).nth(number)?;
    Some(registers(name, role))
}

fn registers(name: &str, role: Role) -> Register {
    Register {
        username: name.into(),
        email: format!("{name}@example.org"),
        full_name: None,
        password_hash: "no password".into(),
        role,
        granted: true,
    }
}
