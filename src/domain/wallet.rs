//! A user's wallet: balances, and what decisions about the user's orders need.
//!
//! State changes by facts alone. Money set aside for commands under way is not in here: it is kept
//! in memory by the wallet's actor and handed in where a decision needs to know what can be spent.

#![deny(clippy::wildcard_enum_match_arm)]

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{
    digest::Digest,
    fact::{Body, Fact},
    id::{OrderId, Stamp, UserId},
    instrument::{Instrument, Price, Quantity},
    ledger::{Account, Posting, PostingCause, Transaction},
    money::{Amount, Asset},
    order::{ClientOrderId, Order, OrderType, PlaceOrder, Side},
    per_asset::PerAsset,
    rejection::Rejection,
};

/// How many closed orders of a user stay known, here by client order id and in the user's history.
pub const CLOSED_ORDERS_MAX: usize = 500;

/// What a user has of one asset, by where it stands; never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Balance {
    pub available: Amount,
    pub in_orders: Amount,
    pub in_ads: Amount,
    pub in_trades: Amount,
}

impl Balance {
    /// What is not available.
    pub fn locked(&self) -> Amount {
        self.in_orders + self.in_ads + self.in_trades
    }

    /// Everything.
    pub fn total(&self) -> Amount {
        self.available + self.locked()
    }
}

/// What the wallet knows of an open order: enough to bound what an amend can cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct OpenOrder {
    pub side: Side,
    pub price: Option<Price>,
    pub quantity: Quantity,
    pub filled: Quantity,
    pub waits: bool,
}

/// Which order a client order id stands for, and what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ClientOrder {
    pub order: OrderId,
    pub asked: u64,
}

/// How much simulated money came and went on one UTC day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DayBucket {
    pub day: i64,
    pub deposited: PerAsset<Amount>,
    pub withdrawn: PerAsset<Amount>,
}

/// A dead man's switch: at `deadline` all open orders of the user are cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Switch {
    pub deadline: Stamp,
    pub epoch: u32,
}

/// Bounds that settings put on a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open orders, over all instruments.
    pub open_orders_max: usize,
    /// Deposits a UTC day, by asset.
    pub deposit_day_max: PerAsset<Amount>,
    /// Withdrawals a UTC day, by asset.
    pub withdrawal_day_max: PerAsset<Amount>,
}

/// One user's wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Wallet {
    pub user: UserId,
    pub balances: PerAsset<Balance>,
    pub open: BTreeMap<OrderId, OpenOrder>,
    client_orders: HashMap<ClientOrderId, ClientOrder>,
    /// Closed orders that had a client order id, oldest first.
    closed: VecDeque<(ClientOrderId, OrderId)>,
    pub today: DayBucket,
    pub switch: Option<Switch>,
    /// How often the switch was set or fired; a timer that carries an older one is stale.
    pub switch_epoch: u32,
    pub frozen: bool,
}

impl Wallet {
    /// An empty wallet.
    pub fn new(user: UserId) -> Wallet {
        Wallet {
            user,
            balances: Default::default(),
            open: BTreeMap::new(),
            client_orders: HashMap::new(),
            closed: VecDeque::new(),
            today: DayBucket::default(),
            switch: None,
            switch_epoch: 0,
            frozen: false,
        }
    }

    /// What the user has of `asset`.
    pub fn balance(&self, asset: Asset) -> &Balance {
        &self.balances[asset]
    }

    /// Which order was placed under `id`.
    pub fn client_order(&self, id: &ClientOrderId) -> Option<ClientOrder> {
        self.client_orders.get(id).copied()
    }

    /// Decides a deposit. `limit` is what a day may bring, with what is under way today. That no more is
    /// issued than there may be is the caller's to see to: it concerns all wallets.
    pub fn deposit(
        &self,
        asset: Asset,
        amount: Amount,
        limit: Option<(&Limits, Amount)>,
        stamp: Stamp,
    ) -> Result<Body, Rejection> {
        if let Some((limits, pending)) = limit {
            let used = self.on_day(stamp).deposited[asset] + pending;
            if amount > limits.deposit_day_max[asset] - used {
                return Err(Rejection::DepositLimit);
            }
        }
        let mut transaction = Transaction::default();
        let (from, to) = (Account::Issuer, Account::Available(self.user));
        transaction.transfer(asset, amount, from, to, PostingCause::Deposit);
        let counted = limit.is_some();
        Ok(Body::Deposited { user: self.user, asset, amount, counted, transaction })
    }

    /// Decides a withdrawal. `set_aside` and `pending` are what is under way.
    pub fn withdraw(
        &self,
        asset: Asset,
        amount: Amount,
        set_aside: Amount,
        (limits, pending): (&Limits, Amount),
        stamp: Stamp,
    ) -> Result<Body, Rejection> {
        if self.frozen {
            return Err(Rejection::UserFrozen);
        }
        let used = self.on_day(stamp).withdrawn[asset] + pending;
        if amount > limits.withdrawal_day_max[asset] - used {
            return Err(Rejection::WithdrawalLimit);
        }
        if amount > self.balance(asset).available - set_aside {
            return Err(Rejection::InsufficientFunds);
        }
        let mut transaction = Transaction::default();
        let (from, to) = (Account::Available(self.user), Account::Issuer);
        transaction.transfer(asset, amount, from, to, PostingCause::Withdrawal);
        Ok(Body::Withdrawn { user: self.user, asset, amount, transaction })
    }

    fn on_day(&self, stamp: Stamp) -> DayBucket {
        match self.today.day == stamp.day() {
            true => self.today,
            false => DayBucket { day: stamp.day(), ..DayBucket::default() },
        }
    }

    /// Folds in a fact that touches this wallet.
    pub fn apply(&mut self, fact: &Fact) {
        let user = self.user;
        for posting in fact.postings().iter().filter(|p| p.account.user() == Some(user)) {
            self.post(posting);
        }
        match fact.book() {
            Some(book) => {
                book.orders.iter().filter(|o| o.user == user).for_each(|o| self.track(o));
            }
            None => self.apply_own(fact),
        }
    }

    /// Folds in what a fact other than a book's says of this wallet, its postings excepted.
    pub fn apply_own(&mut self, fact: &Fact) {
        match &fact.body {
            Body::Deposited { asset, amount, counted: true, .. } => {
                self.today = self.on_day(fact.stamp);
                self.today.deposited[*asset] += *amount;
            }
            Body::Withdrawn { asset, amount, .. } => {
                self.today = self.on_day(fact.stamp);
                self.today.withdrawn[*asset] += *amount;
            }
            Body::FreezeChanged { frozen, .. } => self.frozen = *frozen,
            Body::SwitchArmed { deadline, epoch, .. } => {
                self.switch = deadline.map(|deadline| Switch { deadline, epoch: *epoch });
                self.switch_epoch = *epoch;
            }
            Body::SwitchFired { epoch, .. } => {
                self.switch.take_if(|s| s.epoch == *epoch).map_or((), drop)
            }
            Body::DowntimeShifted { since, millis } => {
                if let Some(switch) = self.switch.as_mut().filter(|s| s.deadline > *since) {
                    switch.deadline = switch.deadline.plus_millis(*millis);
                }
            }
            Body::InstrumentListed(_)
            | Body::InstrumentChanged(_)
            | Body::UserRegistered { .. }
            | Body::PasswordChanged { .. }
            | Body::LoggedOut { .. }
            | Body::ProfileChanged { .. }
            | Body::RoleChanged { .. }
            | Body::Deposited { .. }
            | Body::Book(_)
            | Body::NotificationsRead { .. }
            | Body::ClockMoved { .. }
            | Body::BoardListed { .. }
            | Body::P2pAd(_)
            | Body::P2pTrade(_)
            | Body::P2pMessage(_)
            | Body::Reviewed(_)
            | Body::ContactChanged { .. } => {}
        }
    }

    /// Adds one leg that is this user's.
    pub fn post(&mut self, posting: &Posting) {
        let balance = &mut self.balances[posting.asset];
        let part = match posting.account {
            Account::Available(_) => &mut balance.available,
            Account::Orders(_) => &mut balance.in_orders,
            Account::Ads(_) => &mut balance.in_ads,
            Account::Trades(_) => &mut balance.in_trades,
            Account::House | Account::Issuer => return,
        };
        *part += posting.amount;
    }

    /// Says whether a part of the wallet is below zero; asked after all legs of a fact.
    pub fn is_overdrawn(&self) -> bool {
        let negative = |b: &Balance| {
            b.available < Amount::ZERO
                || b.in_orders < Amount::ZERO
                || b.in_ads < Amount::ZERO
                || b.in_trades < Amount::ZERO
        };
        self.balances.values().any(negative)
    }

    /// Remembers what became of one of this user's orders.
    pub fn track(&mut self, order: &Order) {
        if order.status.is_open() {
            let open = OpenOrder {
                side: order.side,
                price: order.price,
                quantity: order.quantity,
                filled: order.filled,
                waits: order.waits(),
            };
            self.open.insert(order.id, open);
        } else {
            self.open.remove(&order.id);
        }
        let Some(id) = &order.client_order_id else { return };
        let known = ClientOrder { order: order.id, asked: order.asked };
        self.client_orders.insert(id.clone(), known);
        if !order.status.is_open() {
            self.closed.push_back((id.clone(), order.id));
            if self.closed.len() > CLOSED_ORDERS_MAX {
                self.forget_oldest();
            }
        }
    }

    fn forget_oldest(&mut self) {
        let Some((id, order)) = self.closed.pop_front() else { return };
        if self.client_orders.get(&id).is_some_and(|known| known.order == order) {
            self.client_orders.remove(&id);
        }
    }

    /// This wallet's part of the state's digest.
    pub fn digest(&self) -> Digest {
        let mut sum = Digest::part(
            "wallet",
            (self.user, &self.balances, &self.today, self.switch, self.switch_epoch, self.frozen),
        );
        sum.add(Digest::part("open orders", (self.user, &self.open)));
        sum.add(Digest::part("closed orders", (self.user, &self.closed)));
        for entry in &self.client_orders {
            sum.add(Digest::part("client order", (self.user, entry)));
        }
        sum
    }
}

/// What travels with an order command: the most that it may spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Budget {
    pub asset: Asset,
    pub amount: Amount,
}

impl Budget {
    /// The budget of a new order: its full cost rounded up. A market buy by quantity is priced at
    /// `protection`, the book's published protection price; without one there is nothing to buy.
    pub fn of_order(
        order: &PlaceOrder,
        on: &Instrument,
        protection: Option<Price>,
    ) -> Result<Budget, Rejection> {
        if order.side == Side::Sell {
            return Ok(Budget { asset: on.base, amount: on.base_amount(order.quantity) });
        }
        let price = match order.kind {
            OrderType::Limit | OrderType::StopLimit => order.price,
            OrderType::StopMarket => order.stop_price.map(|p| on.protection_price(Side::Buy, p)),
            OrderType::Market => protection,
        };
        let amount = match (order.quote_amount, price) {
            (Some(amount), _) => amount,
            (None, Some(price)) => on.notional_up(price, order.quantity),
            (None, None) => return Err(Rejection::NoLiquidity),
        };
        Ok(Budget { asset: on.quote, amount })
    }

    /// The most that an amended order can lock at all. It is the budget where another amend of the
    /// same order is under way, so that what is locked for it when this one comes is not known.
    pub fn of_whole_amend(
        open: &OpenOrder,
        on: &Instrument,
        new_price: Price,
        new_quantity: Quantity,
    ) -> Budget {
        let remaining = (new_quantity - open.filled).max(Quantity::ZERO);
        match open.side {
            Side::Buy => Budget { asset: on.quote, amount: on.notional_up(new_price, remaining) },
            Side::Sell => Budget { asset: on.base, amount: on.base_amount(remaining) },
        }
    }

    /// The budget of an amend: the worst case over the fills that may have happened meanwhile.
    ///
    /// With f filled, the amend adds `new_price x (new_quantity - f) - price x (quantity - f)` to
    /// what is locked. That is linear in f, so the worst case stands at one end: what was filled
    /// when the wallet last heard, or all that can have filled since. What is new rounds up and what
    /// is there already rounds down, so the roundings are covered.
    pub fn of_amend(
        open: &OpenOrder,
        on: &Instrument,
        new_price: Price,
        new_quantity: Quantity,
    ) -> Budget {
        let grown = (new_quantity - open.quantity).max(Quantity::ZERO);
        if open.side == Side::Sell {
            return Budget { asset: on.base, amount: on.base_amount(grown) };
        }
        let old_price = open.price.unwrap_or(new_price);
        let last = open.quantity.min(new_quantity);
        let cost_after = |filled: Quantity| {
            let after = on.notional_up(new_price, (new_quantity - filled).max(Quantity::ZERO));
            after - on.notional_down(old_price, (open.quantity - filled).max(Quantity::ZERO))
        };
        let worst = cost_after(open.filled.min(last)).max(cost_after(last));
        Budget { asset: on.quote, amount: worst.max(Amount::ZERO) }
    }
}
