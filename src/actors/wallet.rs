//! A user's wallet as an actor: every order command and every movement of the user's money passes
//! through here, in the order in which they came.
//!
//! Debits are early and credits late: what a command may spend is set aside in memory the moment the
//! command is passed on, and the wallet's state changes by durable facts alone. So whatever a fact
//! relied on has a lower number.

mod p2p;
mod switch;

use std::collections::{HashMap, hash_map};

use actix::{Actor, Context, Handler, Message, MessageResult};

use super::{
    answer::Ticket,
    book::{Ask, BookCommand},
    clock::Stamps,
    durable::Delivery,
    journal::{Entry, Reply, SetAside},
    wiring::Wiring,
};
use crate::domain::{
    command::{CancelReason, Command, OrderName},
    digest::Digest,
    fact::{Body, Fact},
    id::{InstrumentId, OrderId, Stamp},
    instrument::{Instrument, Price, Quantity},
    money::{Amount, Asset},
    order::{ClientOrderId, PlaceOrder, Reason},
    per_asset::PerAsset,
    rejection::Rejection,
    wallet::{Purse, Wallet},
};

use switch::LiveSwitch;
pub(super) use switch::{SwitchCancelled, SwitchDue};

/// A placement under way that has a client order id.
struct Pending {
    asked: u64,
    instrument: InstrumentId,
}

/// The actor.
pub(super) struct WalletActor {
    wallet: Wallet,
    wiring: Wiring,
    stamps: Stamps,
    set_aside: PerAsset<Amount>,
    orders_under_way: usize,
    pending: HashMap<ClientOrderId, Pending>,
    /// How many amends of an order are under way.
    amends_under_way: HashMap<OrderId, usize>,
    /// Deposits and withdrawals that count against the day's bounds and are not durable yet.
    deposits_under_way: PerAsset<Amount>,
    withdrawals_under_way: PerAsset<Amount>,
    switch: LiveSwitch,
}

impl WalletActor {
    /// `since` is the latest stamp that the wallet can have seen: its own never go backwards.
    pub(super) fn new(wallet: Wallet, wiring: Wiring, since: Stamp) -> WalletActor {
        let stamps = Stamps::new(wiring.clock.clone(), since);
        WalletActor {
            switch: LiveSwitch::of(&wallet),
            wallet,
            wiring,
            stamps,
            set_aside: Default::default(),
            orders_under_way: 0,
            pending: HashMap::new(),
            amends_under_way: HashMap::new(),
            deposits_under_way: Default::default(),
            withdrawals_under_way: Default::default(),
        }
    }

    fn put(&self, entry: Entry) {
        self.wiring.journal.put(entry);
    }

    fn refuse(&self, ticket: Ticket, rejection: Rejection) {
        self.put(Entry::answer(ticket, Reply::Refused(rejection)));
    }

    fn spendable(&self, asset: Asset) -> Amount {
        self.wallet.balance(asset).available - self.set_aside[asset]
    }

    fn place(&mut self, ticket: Ticket, instrument: InstrumentId, order: PlaceOrder) {
        let asked = order.fingerprint(instrument);
        if let Some(known) =
            order.client_order_id.as_ref().and_then(|id| self.wallet.client_order(id))
        {
            let reply = match known.asked == asked {
                true => Reply::Existing(known.order),
                false => Reply::Refused(Rejection::ClientOrderIdReused),
            };
            return self.put(Entry::answer(ticket, reply));
        }
        let purse = match self.check_place(instrument, &order, asked) {
            Ok(purse) => purse,
            Err(rejection) => return self.refuse(ticket, rejection),
        };
        if let Some(id) = &order.client_order_id {
            self.pending.insert(id.clone(), Pending { asked, instrument });
        }
        self.orders_under_way += 1;
        let client_order_id = order.client_order_id.clone();
        let set_aside = SetAside { is_order: true, client_order_id, ..self.set_aside(purse) };
        self.pass_on(ticket, instrument, Some(set_aside), Ask::Place(order));
    }

    fn check_place(
        &self,
        instrument: InstrumentId,
        order: &PlaceOrder,
        asked: u64,
    ) -> Result<Purse, Rejection> {
        if self.wallet.frozen {
            return Err(Rejection::UserFrozen);
        }
        let on = self.instrument(instrument)?;
        if let Some(pending) = order.client_order_id.as_ref().and_then(|id| self.pending.get(id)) {
            return Err(match pending.asked == asked {
                true => Rejection::InProgress,
                false => Rejection::ClientOrderIdReused,
            });
        }
        let open = self.wallet.open.len() + self.orders_under_way;
        if open >= self.wiring.limits.open_orders_max {
            return Err(Rejection::TooManyOpenOrders);
        }
        let best = self.wiring.views.best(instrument, order.side.opposite());
        let protection = best.map(|best| on.protection_price(order.side, best));
        let purse = Purse::of_order(order, on, protection)?;
        match purse.amount > self.spendable(purse.asset) {
            true => Err(Rejection::InsufficientFunds),
            false => Ok(purse),
        }
    }

    fn instrument(&self, id: InstrumentId) -> Result<&Instrument, Rejection> {
        self.wiring.instruments.get(id.0 as usize).ok_or(Rejection::InstrumentNotFound)
    }

    fn set_aside(&mut self, purse: Purse) -> SetAside {
        let Purse { asset, amount } = purse;
        self.set_aside[asset] += amount;
        let user = self.wallet.user;
        SetAside { user, asset, amount, is_order: false, client_order_id: None, amends: None }
    }

    fn free(&mut self, set_aside: SetAside) {
        self.set_aside[set_aside.asset] -= set_aside.amount;
        if set_aside.is_order {
            self.orders_under_way -= 1;
        }
        if let Some(id) = &set_aside.client_order_id {
            self.pending.remove(id);
        }
        if let Some(hash_map::Entry::Occupied(mut count)) =
            set_aside.amends.map(|order| self.amends_under_way.entry(order))
        {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }

    fn pass_on(
        &self,
        ticket: Ticket,
        instrument: InstrumentId,
        set_aside: Option<SetAside>,
        ask: Ask,
    ) {
        let user = self.wallet.user;
        let command = BookCommand { user, ticket, set_aside, ask };
        self.wiring.directory.send_to_book(instrument, command);
    }

    fn test(&mut self, ticket: Ticket, instrument: InstrumentId, order: PlaceOrder) {
        let asked = order.fingerprint(instrument);
        let known = order.client_order_id.as_ref().and_then(|id| self.wallet.client_order(id));
        let reused = known.is_some_and(|known| known.asked != asked);
        let checked = match reused {
            true => Err(Rejection::ClientOrderIdReused),
            false => self.check_place(instrument, &order, asked),
        };
        match checked {
            Ok(_) => self.pass_on(ticket, instrument, None, Ask::Test(order)),
            Err(rejection) => self.refuse(ticket, rejection),
        }
    }

    fn amend(
        &mut self,
        ticket: Ticket,
        order: OrderId,
        price: Option<Price>,
        quantity: Option<Quantity>,
    ) {
        match self.check_amend(order, price, quantity) {
            Ok(purse) => {
                let set_aside = SetAside { amends: Some(order), ..self.set_aside(purse) };
                *self.amends_under_way.entry(order).or_default() += 1;
                let ask = Ask::Amend { order, price, quantity };
                self.pass_on(ticket, order.instrument(), Some(set_aside), ask);
            }
            Err(rejection) => self.refuse(ticket, rejection),
        }
    }

    fn check_amend(
        &self,
        order: OrderId,
        price: Option<Price>,
        quantity: Option<Quantity>,
    ) -> Result<Purse, Rejection> {
        if self.wallet.frozen {
            return Err(Rejection::UserFrozen);
        }
        let on = self.instrument(order.instrument())?;
        let open = self.wallet.open.get(&order).ok_or(Rejection::OrderNotFound)?;
        let price = price.or(open.price).unwrap_or(0);
        let quantity = quantity.unwrap_or(open.quantity);
        let purse = match self.amends_under_way.contains_key(&order) {
            true => Purse::of_whole_amend(open, on, price, quantity),
            false => Purse::of_amend(open, on, price, quantity),
        };
        match purse.amount > self.spendable(purse.asset) {
            true => Err(Rejection::InsufficientFunds),
            false => Ok(purse),
        }
    }

    fn cancel(&mut self, ticket: Ticket, name: OrderName) {
        let name = match name {
            OrderName::Id(id) => Ok((id.instrument(), OrderName::Id(id))),
            OrderName::Client(client) => {
                match (self.wallet.client_order(&client), self.pending.get(&client)) {
                    (Some(known), _) => Ok((known.order.instrument(), OrderName::Id(known.order))),
                    // Its number is not known here yet, but its book will have it before this.
                    (None, Some(pending)) => Ok((pending.instrument, OrderName::Client(client))),
                    (None, None) => Err(Rejection::OrderNotFound),
                }
            }
        };
        match name {
            Ok((instrument, name)) if self.instrument(instrument).is_ok() => {
                self.pass_on(ticket, instrument, None, Ask::Cancel(name));
            }
            _ => self.refuse(ticket, Rejection::OrderNotFound),
        }
    }

    fn cancel_all(&mut self, ticket: Ticket, only: Option<InstrumentId>, reason: CancelReason) {
        let reason = match reason {
            CancelReason::Owner => Reason::Owner,
            CancelReason::Switch => Reason::Switch,
        };
        let books: Vec<InstrumentId> = match only {
            Some(instrument) => vec![instrument],
            None => self.wiring.instruments.iter().map(|i| i.id).collect(),
        };
        for (ticket, book) in ticket.split(books.len()).into_iter().zip(books) {
            match self.instrument(book) {
                Ok(_) => {
                    self.pass_on(ticket, book, None, Ask::CancelAll { reason, firing: None });
                }
                Err(rejection) => self.refuse(ticket, rejection),
            }
        }
    }

    fn deposit(&mut self, ticket: Ticket, asset: Asset, amount: Amount, counted: bool) {
        let stamp = self.stamps.stamp();
        let pending = self.deposits_under_way[asset];
        let limit = counted.then_some((&*self.wiring.limits, pending));
        let issue = &self.wiring.issue;
        let decided = issue.reserve(asset, amount).and_then(|()| {
            let body = self.wallet.deposit(asset, amount, limit, stamp);
            body.inspect_err(|_| issue.give_back(asset, amount))
        });
        match decided {
            Ok(body) => {
                if counted {
                    self.deposits_under_way[asset] += amount;
                }
                self.put(Entry::fact(stamp, ticket, body));
            }
            Err(rejection) => self.refuse(ticket, rejection),
        }
    }

    fn withdraw(&mut self, ticket: Ticket, asset: Asset, amount: Amount) {
        let stamp = self.stamps.stamp();
        let bounds = (&*self.wiring.limits, self.withdrawals_under_way[asset]);
        let aside = self.set_aside[asset];
        match self.wallet.withdraw(asset, amount, aside, bounds, stamp) {
            Ok(body) => {
                self.withdrawals_under_way[asset] += amount;
                let set_aside = self.set_aside(Purse { asset, amount });
                let entry = Entry::fact(stamp, ticket, body);
                self.put(Entry { set_aside: Some(set_aside), ..entry });
            }
            Err(rejection) => self.refuse(ticket, rejection),
        }
    }

    fn apply(&mut self, fact: &Fact) {
        self.wallet.apply(fact);
        match &fact.body {
            Body::Deposited { asset, amount, counted: true, .. } => {
                self.deposits_under_way[*asset] -= amount;
            }
            Body::Withdrawn { asset, amount, .. } => {
                self.withdrawals_under_way[*asset] -= amount;
                self.wiring.issue.give_back(*asset, *amount);
            }
            Body::SwitchFired { epoch, .. } => self.finish_firing(*epoch),
            _ => {}
        }
    }
}

impl Actor for WalletActor {
    type Context = Context<Self>;
}

/// A command of this wallet's user, or about this wallet.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct WalletCommand {
    pub command: Command,
    pub ticket: Ticket,
}

impl Handler<WalletCommand> for WalletActor {
    type Result = ();

    fn handle(&mut self, WalletCommand { command, ticket }: WalletCommand, _: &mut Context<Self>) {
        self.fire_due_switch();
        match command {
            Command::Place { instrument, order } => self.place(ticket, instrument, order),
            Command::PlaceMany(orders) if orders.is_empty() => {
                self.put(Entry::answer(ticket, Reply::Nothing));
            }
            Command::PlaceMany(orders) => {
                let tickets = ticket.split(orders.len());
                for (ticket, (instrument, order)) in tickets.into_iter().zip(orders) {
                    self.place(ticket, instrument, order);
                }
            }
            Command::Test { instrument, order } => self.test(ticket, instrument, order),
            Command::Amend { order, price, quantity } => self.amend(ticket, order, price, quantity),
            Command::Cancel(name) => self.cancel(ticket, name),
            Command::CancelAll { instrument, reason } => {
                self.cancel_all(ticket, instrument, reason)
            }
            Command::ArmSwitch { timeout_ms } => self.arm_switch(ticket, timeout_ms),
            Command::Deposit { asset, amount, counted, .. } => {
                self.deposit(ticket, asset, amount, counted);
            }
            Command::Withdraw { asset, amount } => self.withdraw(ticket, asset, amount),
            Command::PublishAd { .. } | Command::EditAd { .. } | Command::TakeAd(_) => {
                self.p2p(ticket, command);
            }
            // The directory sends these elsewhere.
            _ => super::fatal("a wallet got a command that is not a wallet's"),
        }
    }
}

/// Durable facts that touch this wallet.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Deliver(pub Delivery);

impl Handler<Deliver> for WalletActor {
    type Result = ();

    fn handle(&mut self, Deliver(delivery): Deliver, _: &mut Context<Self>) {
        delivery.facts.iter().for_each(|fact| self.apply(fact));
        delivery.set_aside.into_iter().for_each(|set_aside| self.free(set_aside));
    }
}

/// A book refused a command that this wallet had set money aside for.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Refused {
    pub ticket: Ticket,
    pub rejection: Rejection,
    pub set_aside: SetAside,
}

impl Handler<Refused> for WalletActor {
    type Result = ();

    fn handle(&mut self, refused: Refused, _: &mut Context<Self>) {
        self.free(refused.set_aside);
        self.refuse(refused.ticket, refused.rejection);
    }
}

/// Asks for this entity's part of the digest.
#[derive(Message)]
#[rtype(result = "Digest")]
pub(super) struct DigestPart;

impl Handler<DigestPart> for WalletActor {
    type Result = MessageResult<DigestPart>;

    fn handle(&mut self, _: DigestPart, _: &mut Context<Self>) -> Self::Result {
        debug_assert_eq!(self.set_aside, PerAsset::all(0), "nothing is in flight");
        MessageResult(self.wallet.digest())
    }
}
