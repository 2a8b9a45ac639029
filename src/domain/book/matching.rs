//! Matching: an incoming order against the other side of the book, by price, then time.
//!
//! All guards precede the first change. From then on nothing is refused: what cannot trade rests,
//! expires or is cancelled, and every step is written down as a [`Change`].

use smallvec::SmallVec;

use super::{Book, resting_at, settle};
use crate::domain::{
    fact::{BookAction, BookFact, Change, Level},
    id::{InstrumentId, OrderId, Stamp, TradeId, UserId},
    instrument::{Price, Quantity},
    ledger::{Account, Transaction},
    money::Amount,
    order::{Fill, Order, OrderReason, OrderStatus, OrderType, PlaceOrder, Side, TimeInForce},
    rejection::Rejection,
};

/// How an incoming order came to the end of its matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing is left of it.
    Filled,
    /// Nothing more that it accepts.
    NoneLeft,
    /// Its budget buys no further lot.
    Spent,
    /// What is left of it is worth less than one minor unit.
    Dust,
    /// It met an order of its own user.
    SelfTrade,
}

/// An incoming order under way.
pub(super) struct Taker {
    /// Its order, alone, in the list that the fact will have.
    pub(super) own: Vec<Order>,
    /// The worst price that it accepts.
    pub(super) limit: Price,
    /// What it may still spend of the quote asset (buys), budget and lock together.
    pub(super) budget: Amount,
    /// What was locked for it before, and is not yet spent.
    locked: Amount,
}

impl Taker {
    pub(super) fn order(&self) -> &Order {
        &self.own[0]
    }
}

/// The fact in the making.
pub(super) struct Draft {
    pub(super) stamp: Stamp,
    /// Its orders are the command's own as long as it is in the making.
    pub(super) fact: Box<BookFact>,
    /// Orders of others that ended, as they ended.
    ended: Vec<Order>,
    /// Orders of others that were touched and are still open.
    open: SmallVec<[OrderId; 4]>,
    touched: SmallVec<[(Side, Price); 4]>,
}

impl Draft {
    pub(super) fn new(instrument: InstrumentId, action: BookAction, stamp: Stamp) -> Draft {
        // Made where it stays: it is large.
        let fact = BookFact {
            instrument,
            action,
            orders: Vec::new(),
            changes: SmallVec::new(),
            fills: Vec::new(),
            levels: SmallVec::new(),
            transaction: Transaction::default(),
        };
        let fact = Box::write(Box::new_uninit(), fact);
        let (ended, open, touched) = (Vec::new(), SmallVec::new(), SmallVec::new());
        Draft { stamp, fact, ended, open, touched }
    }

    pub(super) fn change(&mut self, change: Change) {
        self.fact.changes.push(change);
    }

    pub(super) fn touch(&mut self, side: Side, price: Price) {
        if self.touched.last() != Some(&(side, price)) {
            self.touched.push((side, price));
        }
    }
}

impl Book {
    /// Takes a new order in, matches it, and rests, ends or lets wait what is left of it.
    ///
    /// `budget` is the most that it may spend, in minor units of the quote asset for buys and of the
    /// base asset for sells; [`crate::domain::wallet::Budget::of_order`] says how much that is.
    pub fn place(
        &mut self,
        user: UserId,
        asked: &PlaceOrder,
        budget: Amount,
        stamp: Stamp,
    ) -> Result<Box<BookFact>, Rejection> {
        self.check_place(asked)?;
        if budget < self.least_budget(asked) {
            return Err(Rejection::InsufficientFunds);
        }
        self.orders += 1;
        let id = OrderId::new(self.instrument.id, self.orders);
        let mut own = vec![new_order(id, user, asked, stamp)];
        let order = &mut own[0];
        let mut draft = self.draft(BookAction::Placed, stamp);
        if order.kind.is_stop() {
            let asset = settle::spent_asset(&self.instrument, order.side);
            settle::lock(&mut draft.fact.transaction, asset, user, budget);
            order.locked = budget;
            self.wait(order);
            order.place = self.places;
            draft.change(Change::Wait(id));
            draft.fact.orders = own;
            return Ok(self.finish(draft, id));
        }
        let limit = self.worst_price(order);
        let budget = asked.quote_amount.map_or(budget, |amount| amount.min(budget));
        Ok(self.take(Taker { own, limit, budget, locked: Amount::ZERO }, draft))
    }

    /// Makes the next due stop live, if there is one.
    pub fn trigger(&mut self, stamp: Stamp) -> Option<Box<BookFact>> {
        let id = self.due_stop()?.id;
        let mut own = vec![self.remove(self.slot_of(id))];
        let order = &mut own[0];
        let mut draft = self.draft(BookAction::Triggered, stamp);
        draft.change(Change::Remove(id));
        order.triggered = true;
        order.updated_at = stamp;
        order.place = 0;
        let broken = match (order.kind, order.price) {
            (OrderType::StopLimit, Some(price)) => {
                self.check_limit(order.side, price, order.post_only).err()
            }
            _ => None,
        };
        if let Some(rejection) = broken {
            let reason = match rejection {
                Rejection::PostOnlyWouldCross => OrderReason::PostOnly,
                _ => OrderReason::Band,
            };
            return Some(self.finish_ended(own, OrderStatus::Rejected, Some(reason), draft));
        }
        let limit = self.worst_price(order);
        let (budget, locked) = (order.locked, order.locked);
        Some(self.take(Taker { own, limit, budget, locked }, draft))
    }

    /// Matches an amended order anew; its money is `locked` already, but for the `budget`.
    pub(super) fn retake(&mut self, order: Order, budget: Amount, draft: Draft) -> Box<BookFact> {
        let limit = order.price.expect("an amended order has a price");
        let (budget, locked) = (order.locked + budget, order.locked);
        self.take(Taker { own: vec![order], limit, budget, locked }, draft)
    }

    fn take(&mut self, mut taker: Taker, mut draft: Draft) -> Box<BookFact> {
        let fok = taker.order().time_in_force == TimeInForce::Fok;
        let end = match fok && !self.can_fill(&taker) {
            true => End::NoneLeft,
            false => self.trade(&mut taker, &mut draft),
        };
        let Taker { mut own, locked, .. } = taker;
        let order = &mut own[0];
        let rests = end == End::NoneLeft
            && order.price.is_some()
            && order.time_in_force == TimeInForce::Gtc;
        order.locked = locked;
        let worth =
            order.price.map_or(0, |p| (self.instrument.notional_down(p, order.remaining)).get());
        if rests && worth > 0 {
            let id = order.id;
            self.settle_lock(order, &mut draft);
            order.shown =
                order.display_quantity.map_or(order.remaining, |d| d.min(order.remaining));
            order.status = if order.filled > Quantity::ZERO {
                OrderStatus::PartiallyFilled
            } else {
                OrderStatus::Pending
            };
            let (side, price) = resting_at(order);
            draft.touch(side, price);
            draft.change(Change::Rest(id));
            self.rest(order);
            order.place = self.places;
            draft.fact.orders = own;
            return self.finish(draft, id);
        }
        let (status, reason) = match rests {
            true => (OrderStatus::Expired, Some(OrderReason::Dust)),
            false => closing_status(order, end),
        };
        self.finish_ended(own, status, reason, draft)
    }

    /// Trades until nothing is left that both accept.
    fn trade(&mut self, taker: &mut Taker, draft: &mut Draft) -> End {
        let against = taker.order().side.opposite();
        loop {
            if taker.order().remaining == Quantity::ZERO && taker.order().quote_amount.is_none() {
                return End::Filled;
            }
            let Some(slot) = self.queues.front(against) else { return End::NoneLeft };
            let resting = self.queues.at(slot);
            let (price, shown) = (resting.price(), resting.shown());
            if !taker.order().side.accepts(taker.limit, price) {
                return End::NoneLeft;
            }
            let most = self.most_at(taker.order(), taker.order().remaining, taker.budget, price);
            // Whoever can take nothing here meets nobody, not even an own order.
            if most == Quantity::ZERO {
                return End::Spent;
            }
            if self.instrument.notional_down(price, most) == Amount::ZERO {
                return End::Dust;
            }
            if self.at(slot).user == taker.order().user {
                match self.prevent_self_trade(taker, slot, most, draft) {
                    Some(end) => return end,
                    None => continue,
                }
            }
            self.fill(taker, slot, price, shown.min(most), draft);
        }
    }

    fn fill(
        &mut self,
        taker: &mut Taker,
        slot: u32,
        price: Price,
        quantity: Quantity,
        draft: &mut Draft,
    ) {
        self.trades += 1;
        let fill = self.price_fill(taker.order(), self.at(slot), price, quantity);
        if self.last != Some(price) {
            self.last = Some(price);
            draft.change(Change::SetLast(price));
        }
        self.pay_for_taker(taker, &fill, draft);
        draft.touch(taker.order().side.opposite(), price);
        self.reduce(slot, quantity, Quantity::ZERO);
        draft.change(Change::Reduce { order: fill.maker, shown: quantity, hidden: Quantity::ZERO });
        self.pay_for_maker(slot, &fill, draft);
        draft.fact.fills.push(fill);
        self.after_fill(slot, price, draft);
    }

    fn price_fill(&self, taker: &Order, maker: &Order, price: Price, quantity: Quantity) -> Fill {
        let on = &self.instrument;
        let notional = on.notional_down(price, quantity);
        let base = on.base_amount(quantity);
        let (taker_gets, maker_gets) = match taker.side {
            Side::Buy => (base, notional),
            Side::Sell => (notional, base),
        };
        Fill {
            trade: TradeId(self.trades),
            taker_side: taker.side,
            maker: maker.id,
            taker: taker.id,
            maker_user: maker.user,
            taker_user: taker.user,
            price,
            quantity,
            notional,
            maker_fee: on.maker_fee.fee_up(maker_gets),
            taker_fee: on.taker_fee.fee_up(taker_gets),
        }
    }

    fn pay_for_taker(&self, taker: &mut Taker, fill: &Fill, draft: &mut Draft) {
        let order = &mut taker.own[0];
        let (spent, _) = settle::legs(&self.instrument, order.side, fill);
        let from_lock = spent.min(taker.locked);
        for (part, account) in [
            (from_lock, Account::Orders(order.user)),
            (spent - from_lock, Account::Available(order.user)),
        ] {
            let payer = (order.side, account);
            settle::pay_from_taker(
                &mut draft.fact.transaction,
                &self.instrument,
                payer,
                part,
                fill,
            );
        }
        taker.locked -= from_lock;
        if order.side == Side::Buy {
            taker.budget -= spent;
        }
        match order.quote_amount {
            Some(_) => order.quantity += fill.quantity,
            None => order.remaining -= fill.quantity,
        }
        order.filled += fill.quantity;
        order.quote_filled += fill.notional;
        order.weight_filled += fill.weight();
        order.fee_paid += fill.taker_fee;
    }

    fn pay_for_maker(&mut self, slot: u32, fill: &Fill, draft: &mut Draft) {
        let order = &mut self.slots[slot as usize - 1].order;
        let lock_after = settle::lock_of(&self.instrument, order);
        settle::pay_from_maker(
            &mut draft.fact.transaction,
            &self.instrument,
            order,
            fill,
            lock_after,
        );
        settle::take_maker_fee(&mut draft.fact.transaction, &self.instrument, order.side, fill);
        order.filled += fill.quantity;
        order.quote_filled += fill.notional;
        order.weight_filled += fill.weight();
        order.fee_paid += fill.maker_fee;
        order.status = OrderStatus::PartiallyFilled;
        order.updated_at = draft.stamp;
    }

    /// Ends, requeues or leaves the resting order that was just filled in part or whole.
    ///
    /// What a resting order shows is always worth at least one minor unit, so no later fill of it
    /// can be worth nothing: a shown rest below that is joined with the hidden part, and where there
    /// is none the order expires.
    pub(super) fn after_fill(&mut self, slot: u32, price: Price, draft: &mut Draft) {
        let order = self.at(slot);
        let maker = order.id;
        let (shown, remaining, display) = (order.shown, order.remaining, order.display_quantity);
        let on = &self.instrument;
        if remaining == Quantity::ZERO {
            self.end_resting(slot, OrderStatus::Filled, None, draft);
        } else if on.notional_down(price, remaining) == Amount::ZERO {
            self.end_resting(slot, OrderStatus::Expired, Some(OrderReason::Dust), draft);
        } else {
            if on.notional_down(price, shown) == Amount::ZERO {
                let anew = display.map_or(remaining, |d| d.min(remaining));
                self.requeue(slot, anew);
                draft.change(Change::Requeue { order: maker, shown: anew });
            }
            if !draft.open.contains(&maker) {
                draft.open.push(maker);
            }
        }
    }

    /// Ends an order that rests or waits, and gives back what is locked for it.
    pub(super) fn end_resting(
        &mut self,
        slot: u32,
        status: OrderStatus,
        reason: Option<OrderReason>,
        draft: &mut Draft,
    ) {
        let order = self.at(slot);
        if !order.waits() {
            let (side, price) = resting_at(order);
            draft.touch(side, price);
        }
        draft.change(Change::Remove(order.id));
        if draft.ended.is_empty() {
            // Most end alone.
            draft.ended.reserve_exact(1);
        }
        draft.ended.push(self.remove(slot));
        if let Some(order) = draft.ended.last_mut() {
            let transaction = &mut draft.fact.transaction;
            self.end(order, status, reason, (transaction, draft.stamp));
        }
    }

    /// Closes an order that is not in the book (any more), and gives back what is locked for it.
    fn end(
        &self,
        order: &mut Order,
        status: OrderStatus,
        reason: Option<OrderReason>,
        (transaction, stamp): (&mut Transaction, Stamp),
    ) {
        let asset = settle::spent_asset(&self.instrument, order.side);
        settle::unlock(transaction, asset, order.user, order.locked);
        (order.status, order.reason) = (status, reason);
        (order.locked, order.shown, order.place) = (Amount::ZERO, Quantity::ZERO, 0);
        order.updated_at = stamp;
    }

    /// Locks more, or gives back, so that exactly what remains of the order is covered.
    pub(super) fn settle_lock(&self, order: &mut Order, draft: &mut Draft) {
        let asset = settle::spent_asset(&self.instrument, order.side);
        let needed = settle::lock_of(&self.instrument, order);
        match needed >= order.locked {
            true => {
                settle::lock(&mut draft.fact.transaction, asset, order.user, needed - order.locked)
            }
            false => settle::unlock(
                &mut draft.fact.transaction,
                asset,
                order.user,
                order.locked - needed,
            ),
        }
        order.locked = needed;
    }

    pub(super) fn draft(&self, action: BookAction, stamp: Stamp) -> Draft {
        Draft::new(self.instrument.id, action, stamp)
    }

    /// The finished fact of a command whose own order ends.
    fn finish_ended(
        &self,
        mut own: Vec<Order>,
        status: OrderStatus,
        reason: Option<OrderReason>,
        mut draft: Draft,
    ) -> Box<BookFact> {
        let id = own[0].id;
        self.end(&mut own[0], status, reason, (&mut draft.fact.transaction, draft.stamp));
        draft.fact.orders = own;
        self.finish(draft, id)
    }

    /// The finished fact of a command about the order `id`.
    pub(super) fn finish(&self, mut draft: Draft, id: OrderId) -> Box<BookFact> {
        let mut fact = draft.fact;
        if fact.orders.is_empty() {
            fact.orders.extend(self.order(id).cloned());
        }
        match fact.orders.is_empty() {
            true => fact.orders = draft.ended,
            false => fact.orders.append(&mut draft.ended),
        }
        let open = draft.open.iter().filter(|open| **open != id);
        fact.orders.extend(open.filter_map(|open| self.order(*open).cloned()));
        draft.touched.sort_unstable();
        draft.touched.dedup();
        for &(side, price) in &draft.touched {
            fact.levels.push(Level { side, price, quantity: self.shown_at(side, price) });
        }
        debug_assert!(fact.transaction.balances(), "invariant: postings sum to zero");
        fact
    }
}

fn new_order(id: OrderId, user: UserId, asked: &PlaceOrder, stamp: Stamp) -> Order {
    Order {
        id,
        user,
        client_order_id: asked.client_order_id.clone(),
        asked: asked.fingerprint(id.instrument()),
        side: asked.side,
        kind: asked.kind,
        time_in_force: asked.time_in_force,
        post_only: asked.post_only,
        self_trade_prevention: asked.self_trade_prevention,
        price: asked.price,
        stop_price: asked.stop_price,
        quote_amount: asked.quote_amount,
        display_quantity: asked.display_quantity,
        triggered: false,
        quantity: asked.quantity,
        remaining: asked.quantity,
        filled: Quantity::ZERO,
        quote_filled: Amount::ZERO,
        weight_filled: 0,
        fee_paid: Amount::ZERO,
        shown: Quantity::ZERO,
        locked: Amount::ZERO,
        place: 0,
        status: OrderStatus::Pending,
        reason: None,
        created_at: stamp,
        updated_at: stamp,
    }
}

/// What becomes of an order that does not rest.
fn closing_status(order: &Order, end: End) -> (OrderStatus, Option<OrderReason>) {
    let market = order.price.is_none();
    match (end, order.time_in_force) {
        (End::Filled, _) => (OrderStatus::Filled, None),
        (End::SelfTrade, _) => (OrderStatus::Cancelled, Some(OrderReason::SelfTrade)),
        (End::Spent | End::Dust, _)
            if order.quote_amount.is_some() && order.filled > Quantity::ZERO =>
        {
            (OrderStatus::Filled, None)
        }
        (End::Spent, _) => (OrderStatus::Expired, Some(OrderReason::Spent)),
        (End::Dust, _) => (OrderStatus::Expired, Some(OrderReason::Dust)),
        (End::NoneLeft, TimeInForce::Fok) => (OrderStatus::Expired, Some(OrderReason::FillOrKill)),
        (End::NoneLeft, _) if market => (OrderStatus::Expired, Some(OrderReason::Protection)),
        (End::NoneLeft, _) => (OrderStatus::Expired, Some(OrderReason::ImmediateOrCancel)),
    }
}
