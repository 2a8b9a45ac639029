//! A user's wallet decides: every order command and every movement of the user's money passes through
//! here, in the order in which they came.
//!
//! Debits are early and credits late: what a command may spend is held back in memory the moment the
//! command is passed on, and the wallet's own part changes by durable facts alone. So whatever a fact
//! relied on has a lower number.

mod p2p;
mod switch;

use std::{
    collections::{HashMap, hash_map},
    sync::Arc,
};

use smallvec::SmallVec;

use super::{
    Decider, DecisionContext, Entry, Hold, HoldOf, Letter, Out, Reads, Reply, ReplyTo, Stamps,
    book::{BookCommand, BookMessage, BookRequest},
};
use crate::domain::{
    command::{CancelReason, Command, OrderName},
    fact::{Body, Fact},
    id::{InstrumentId, OrderId, Stamp},
    instrument::{Instrument, Price, Quantity},
    money::{Amount, Asset},
    order::{ClientOrderId, OrderReason, PlaceOrder},
    per_asset::PerAsset,
    rejection::Rejection,
    wallet::{Budget, Wallet},
};

use switch::SwitchFlight;

/// What a wallet can be told.
#[derive(Debug)]
pub enum WalletMessage<R> {
    /// A command of this wallet's user, or about this wallet.
    Command(R, Command),
    /// A book or a board refused what this wallet held money back for.
    Refused {
        /// Who is to be told.
        to: R,
        /// Why.
        rejection: Rejection,
        /// What comes free.
        hold: Hold,
    },
    /// Durable facts that touch this wallet.
    Delivered(Delivery),
    /// The deadline of the user's switch has come.
    SwitchDue {
        /// Which setting of the switch.
        epoch: u32,
    },
    /// A book has cancelled what the switch had it cancel; its fact is in the journal's queue.
    SwitchCancelled {
        /// Which setting of the switch.
        epoch: u32,
    },
}

/// What became durable in one commit and touches one wallet, in order: first the facts, then what comes free.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Delivery {
    pub facts: SmallVec<[Arc<Fact>; 2]>,
    pub holds: SmallVec<[Hold; 2]>,
}

/// A placement under way that has a client order id.
#[derive(Debug)]
struct PendingName {
    asked: u64,
    instrument: InstrumentId,
}

/// What is under way at a wallet.
#[derive(Debug)]
pub struct WalletFlight<R> {
    stamps: Stamps,
    held: PerAsset<Amount>,
    /// Deposits and withdrawals that count against the day's bounds and are not durable yet.
    deposits: PerAsset<Amount>,
    withdrawals: PerAsset<Amount>,
    /// New orders, which count as open.
    orders: usize,
    names: HashMap<ClientOrderId, PendingName>,
    /// How many amends of an order.
    amends: HashMap<OrderId, usize>,
    switch: SwitchFlight<R>,
}

impl<R> WalletFlight<R> {
    /// Nothing under way at `wallet`; no stamp before `since`, the latest that it can have seen.
    pub fn new(wallet: &Wallet, since: Stamp) -> WalletFlight<R> {
        WalletFlight {
            stamps: Stamps::since(since),
            held: PerAsset::default(),
            deposits: PerAsset::default(),
            withdrawals: PerAsset::default(),
            orders: 0,
            names: HashMap::new(),
            amends: HashMap::new(),
            switch: SwitchFlight::of(wallet),
        }
    }

    /// What the user of `wallet` can spend: what is available, less what is held back.
    pub fn spendable(&self, wallet: &Wallet, asset: Asset) -> Amount {
        wallet.balance(asset).available - self.held[asset]
    }

    fn hold(&mut self, wallet: &Wallet, budget: Budget, of: HoldOf) -> Hold {
        let Budget { asset, amount } = budget;
        self.held[asset] += amount;
        match &of {
            HoldOf::Order { .. } => self.orders += 1,
            HoldOf::Amend(order) => *self.amends.entry(*order).or_default() += 1,
            HoldOf::Withdrawal => self.withdrawals[asset] += amount,
            HoldOf::Ad | HoldOf::Take => {}
        }
        Hold { user: wallet.user, asset, amount, of }
    }

    fn free(&mut self, hold: Hold) {
        self.held[hold.asset] -= hold.amount;
        match hold.of {
            HoldOf::Order { name } => {
                self.orders -= 1;
                name.map(|name| self.names.remove(&name));
            }
            HoldOf::Amend(order) => {
                if let hash_map::Entry::Occupied(mut count) = self.amends.entry(order) {
                    *count.get_mut() -= 1;
                    if *count.get() == 0 {
                        count.remove();
                    }
                }
            }
            HoldOf::Withdrawal => self.withdrawals[hold.asset] -= hold.amount,
            HoldOf::Ad | HoldOf::Take => {}
        }
    }
}

impl<R: ReplyTo> Decider<R> for WalletFlight<R> {
    type Own = Wallet;
    type Message = WalletMessage<R>;

    fn handle<V: Reads>(
        &mut self,
        wallet: &mut Wallet,
        message: WalletMessage<R>,
        context: &DecisionContext<'_, V>,
        out: &mut impl Out<R>,
    ) {
        let mut desk = WalletContext { flight: self, wallet, context, out };
        match message {
            WalletMessage::Command(to, command) => {
                // What is due is done before the next command.
                desk.fire_due_switch();
                desk.command(to, command);
            }
            WalletMessage::Refused { to, rejection, hold } => {
                desk.flight.free(hold);
                desk.refuse(to, rejection);
            }
            WalletMessage::Delivered(Delivery { facts, holds }) => {
                facts.iter().for_each(|fact| desk.deliver(fact));
                holds.into_iter().for_each(|hold| desk.flight.free(hold));
            }
            WalletMessage::SwitchDue { epoch } => desk.switch_due(epoch),
            WalletMessage::SwitchCancelled { epoch } => desk.switch_cancelled(epoch),
        }
    }

    fn is_idle(&self) -> bool {
        self.held == PerAsset::default() && self.orders == 0 && self.names.is_empty()
    }
}

/// A wallet with all that it decides by, for one message.
struct WalletContext<'d, 'c, R, V, O> {
    flight: &'d mut WalletFlight<R>,
    wallet: &'d mut Wallet,
    context: &'d DecisionContext<'c, V>,
    out: &'d mut O,
}

impl<R: ReplyTo, V: Reads, O: Out<R>> WalletContext<'_, '_, R, V, O> {
    fn command(&mut self, to: R, command: Command) {
        match command {
            Command::Place { instrument, order } => self.place(to, instrument, order),
            Command::PlaceMany(orders) if orders.is_empty() => {
                self.journal(Entry::answer(to, Reply::Nothing));
            }
            Command::PlaceMany(orders) => {
                let parts = to.split(orders.len());
                for (to, (instrument, order)) in parts.into_iter().zip(orders) {
                    self.place(to, instrument, order);
                }
            }
            Command::Test { instrument, order } => self.test(to, instrument, order),
            Command::Amend { order, price, quantity } => self.amend(to, order, price, quantity),
            Command::Cancel(name) => self.cancel(to, name),
            Command::CancelAll { instrument, reason } => self.cancel_all(to, instrument, reason),
            Command::ArmSwitch { timeout_ms } => self.arm_switch(to, timeout_ms),
            Command::Deposit { asset, amount, counted, .. } => {
                self.deposit(to, asset, amount, counted);
            }
            Command::Withdraw { asset, amount } => self.withdraw(to, asset, amount),
            Command::PublishAd { board, draft } => self.publish_ad(to, board, draft),
            Command::EditAd { ad, change, version } => self.edit_ad(to, ad, change, version),
            Command::TakeAd(take) => self.take_ad(to, take),
            other => unreachable!("invariant: a wallet is not asked {other:?}"),
        }
    }

    fn stamp(&mut self) -> Stamp {
        self.flight.stamps.at(self.context.now)
    }

    fn journal(&mut self, entry: Entry<R>) {
        self.out.send(Letter::Journal(entry));
    }

    fn refuse(&mut self, to: R, rejection: Rejection) {
        self.journal(Entry::refusal(to, rejection));
    }

    /// The budget, where the user can spend so much.
    fn affordable(&self, budget: Budget) -> Result<Budget, Rejection> {
        match budget.amount > self.flight.spendable(self.wallet, budget.asset) {
            true => Err(Rejection::InsufficientFunds),
            false => Ok(budget),
        }
    }

    fn hold(&mut self, budget: Budget, of: HoldOf) -> Hold {
        self.flight.hold(self.wallet, budget, of)
    }

    fn ask_book(&mut self, to: R, on: InstrumentId, hold: Option<Hold>, ask: BookRequest) {
        let command = BookCommand { user: self.wallet.user, to, hold, ask };
        self.out.send(Letter::Book(on, BookMessage::Command(command)));
    }

    fn place(&mut self, to: R, instrument: InstrumentId, order: PlaceOrder) {
        let asked = order.fingerprint(instrument);
        if let Some(known) =
            order.client_order_id.as_ref().and_then(|id| self.wallet.client_order(id))
        {
            let reply = match known.asked == asked {
                true => Reply::Existing(known.order),
                false => Reply::Refused(Rejection::ClientOrderIdReused),
            };
            return self.journal(Entry::answer(to, reply));
        }
        let budget = match self.check_place(instrument, &order, asked) {
            Ok(budget) => budget,
            Err(rejection) => return self.refuse(to, rejection),
        };
        let name = order.client_order_id.clone();
        if let Some(name) = &name {
            self.flight.names.insert(name.clone(), PendingName { asked, instrument });
        }
        let hold = self.hold(budget, HoldOf::Order { name });
        self.ask_book(to, instrument, Some(hold), BookRequest::Place(order));
    }

    fn check_place(
        &self,
        instrument: InstrumentId,
        order: &PlaceOrder,
        asked: u64,
    ) -> Result<Budget, Rejection> {
        if self.wallet.frozen {
            return Err(Rejection::UserFrozen);
        }
        self.on(instrument, |_| ())?;
        let pending = order.client_order_id.as_ref().and_then(|id| self.flight.names.get(id));
        if let Some(pending) = pending {
            return Err(match pending.asked == asked {
                true => Rejection::InProgress,
                false => Rejection::ClientOrderIdReused,
            });
        }
        if self.wallet.open.len() + self.flight.orders >= self.context.limits.open_orders_max {
            return Err(Rejection::TooManyOpenOrders);
        }
        let best = self.context.reads.best(instrument, order.side.opposite());
        let budget = self.on(instrument, |on| {
            let protection = best.map(|best| on.protection_price(order.side, best));
            Budget::of_order(order, on, protection)
        })??;
        self.affordable(budget)
    }

    fn on<T>(&self, id: InstrumentId, look: impl FnOnce(&Instrument) -> T) -> Result<T, Rejection> {
        self.context.reads.instrument(id, look).ok_or(Rejection::InstrumentNotFound)
    }

    fn test(&mut self, to: R, instrument: InstrumentId, order: PlaceOrder) {
        let asked = order.fingerprint(instrument);
        let known = order.client_order_id.as_ref().and_then(|id| self.wallet.client_order(id));
        let reused = known.is_some_and(|known| known.asked != asked);
        let checked = match reused {
            true => Err(Rejection::ClientOrderIdReused),
            false => self.check_place(instrument, &order, asked),
        };
        match checked {
            Ok(_) => self.ask_book(to, instrument, None, BookRequest::Test(order)),
            Err(rejection) => self.refuse(to, rejection),
        }
    }

    fn amend(&mut self, to: R, order: OrderId, price: Option<Price>, quantity: Option<Quantity>) {
        match self.check_amend(order, price, quantity) {
            Ok(budget) => {
                let hold = self.hold(budget, HoldOf::Amend(order));
                let ask = BookRequest::Amend { order, price, quantity };
                self.ask_book(to, order.instrument(), Some(hold), ask);
            }
            Err(rejection) => self.refuse(to, rejection),
        }
    }

    fn check_amend(
        &self,
        order: OrderId,
        price: Option<Price>,
        quantity: Option<Quantity>,
    ) -> Result<Budget, Rejection> {
        if self.wallet.frozen {
            return Err(Rejection::UserFrozen);
        }
        self.on(order.instrument(), |_| ())?;
        let open = self.wallet.open.get(&order).ok_or(Rejection::OrderNotFound)?;
        let price = price.or(open.price).unwrap_or_default();
        let quantity = quantity.unwrap_or(open.quantity);
        let budget =
            self.on(order.instrument(), |on| match self.flight.amends.contains_key(&order) {
                true => Budget::of_whole_amend(open, on, price, quantity),
                false => Budget::of_amend(open, on, price, quantity),
            })?;
        self.affordable(budget)
    }

    fn cancel(&mut self, to: R, name: OrderName) {
        let name = match name {
            OrderName::Id(id) => Ok((id.instrument(), OrderName::Id(id))),
            OrderName::Client(client) => {
                match (self.wallet.client_order(&client), self.flight.names.get(&client)) {
                    (Some(known), _) => Ok((known.order.instrument(), OrderName::Id(known.order))),
                    // Its number is not known here yet, but its book will have it before this.
                    (None, Some(pending)) => Ok((pending.instrument, OrderName::Client(client))),
                    (None, None) => Err(Rejection::OrderNotFound),
                }
            }
        };
        match name {
            Ok((instrument, name)) if self.on(instrument, |_| ()).is_ok() => {
                self.ask_book(to, instrument, None, BookRequest::Cancel(name));
            }
            _ => self.refuse(to, Rejection::OrderNotFound),
        }
    }

    fn cancel_all(&mut self, to: R, only: Option<InstrumentId>, reason: CancelReason) {
        let reason = match reason {
            CancelReason::Owner => OrderReason::Owner,
            CancelReason::Switch => OrderReason::Switch,
        };
        let books: Vec<InstrumentId> = match only {
            Some(instrument) => vec![instrument],
            None => (0..self.context.reads.instruments()).map(InstrumentId).collect(),
        };
        for (to, book) in to.split(books.len()).into_iter().zip(books) {
            match self.on(book, |_| ()) {
                Ok(()) => {
                    self.ask_book(to, book, None, BookRequest::CancelAll { reason, firing: None })
                }
                Err(rejection) => self.refuse(to, rejection),
            }
        }
    }

    fn deposit(&mut self, to: R, asset: Asset, amount: Amount, counted: bool) {
        let stamp = self.stamp();
        let limit = counted.then_some((self.context.limits, self.flight.deposits[asset]));
        let issued = self.context.issued;
        let decided = issued.reserve(asset, amount).and_then(|()| {
            let body = self.wallet.deposit(asset, amount, limit, stamp);
            body.inspect_err(|_| issued.give_back(asset, amount))
        });
        match decided {
            Ok(body) => {
                if counted {
                    self.flight.deposits[asset] += amount;
                }
                self.journal(Entry::fact(stamp, to, body));
            }
            Err(rejection) => self.refuse(to, rejection),
        }
    }

    fn withdraw(&mut self, to: R, asset: Asset, amount: Amount) {
        let stamp = self.stamp();
        let bounds = (self.context.limits, self.flight.withdrawals[asset]);
        match self.wallet.withdraw(asset, amount, self.flight.held[asset], bounds, stamp) {
            Ok(body) => {
                let hold = self.hold(Budget { asset, amount }, HoldOf::Withdrawal);
                self.journal(Entry { hold: Some(hold), ..Entry::fact(stamp, to, body) });
            }
            Err(rejection) => self.refuse(to, rejection),
        }
    }

    #[deny(clippy::wildcard_enum_match_arm)]
    fn deliver(&mut self, fact: &Fact) {
        if !self.context.folded {
            self.wallet.apply(fact);
        }
        match &fact.body {
            Body::Deposited { asset, amount, counted: true, .. } => {
                self.flight.deposits[*asset] -= *amount;
            }
            Body::Withdrawn { asset, amount, .. } => self.context.issued.give_back(*asset, *amount),
            Body::SwitchFired { epoch, .. } => self.switch_fired(*epoch),
            Body::InstrumentListed(_)
            | Body::InstrumentChanged(_)
            | Body::UserRegistered { .. }
            | Body::PasswordChanged { .. }
            | Body::LoggedOut { .. }
            | Body::ProfileChanged { .. }
            | Body::RoleChanged { .. }
            | Body::FreezeChanged { .. }
            | Body::Deposited { .. }
            | Body::Book(_)
            | Body::SwitchArmed { .. }
            | Body::NotificationsRead { .. }
            | Body::ClockMoved { .. }
            | Body::DowntimeShifted { .. }
            | Body::BoardListed { .. }
            | Body::P2pAd(_)
            | Body::P2pTrade(_)
            | Body::P2pMessage(_)
            | Body::Reviewed(_)
            | Body::ContactChanged { .. } => {}
        }
    }
}
