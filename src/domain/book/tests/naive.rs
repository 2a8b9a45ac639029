//! A second book, as simple as it can be: one unsorted list that is searched anew for everything.
//! It is written from the rules alone, knows nothing of money but what bounds a taker, and shares no
//! code with the real book.

use std::collections::BTreeMap;

use crate::domain::{
    instrument::{Price, Quantity},
    money::Amount,
    order::{
        OrderReason, OrderStatus, OrderType, PlaceOrder, SelfTradePrevention as Stp, Side,
        TimeInForce,
    },
    rejection::Rejection,
};

/// What the naive book knows of its instrument; rates in parts per million.
#[derive(Clone, Copy)]
pub struct Rules {
    pub denominator: i64,
    pub min_notional: i64,
    pub band: Option<i64>,
    pub protection: i64,
}

#[derive(Clone, Debug)]
pub struct Naive {
    pub id: u64,
    pub user: u64,
    pub side: Side,
    price: Option<i64>,
    stop: Option<i64>,
    by_quote: bool,
    tif: TimeInForce,
    post_only: bool,
    stp: Stp,
    display: Option<i64>,
    pub whole: i64,
    pub left: i64,
    pub shown: i64,
    pub filled: i64,
    budget: i64,
    time: u64,
}

impl Naive {
    pub fn status(&self) -> OrderStatus {
        if self.filled > 0 { OrderStatus::PartiallyFilled } else { OrderStatus::Pending }
    }
}

/// What a command led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Taker, maker, price, quantity.
    pub fills: Vec<(u64, u64, i64, i64)>,
    pub ended: BTreeMap<u64, (OrderStatus, Option<OrderReason>)>,
}

#[derive(Clone)]
pub struct NaiveBook {
    rules: Rules,
    resting: Vec<Naive>,
    waiting: Vec<Naive>,
    last: Option<i64>,
    time: u64,
    orders: u64,
}

impl NaiveBook {
    pub fn new(rules: Rules) -> NaiveBook {
        let (resting, waiting) = (Vec::new(), Vec::new());
        NaiveBook { rules, resting, waiting, last: None, time: 0, orders: 0 }
    }

    /// The resting orders of a side, best first.
    pub fn side(&self, side: Side) -> Vec<&Naive> {
        let mut orders: Vec<_> = self.resting.iter().filter(|o| o.side == side).collect();
        orders.sort_by_key(|o| {
            (if side == Side::Buy { -o.price.unwrap() } else { o.price.unwrap() }, o.time)
        });
        orders
    }

    /// The waiting stops, oldest first.
    pub fn waiting(&self) -> Vec<u64> {
        self.waiting.iter().map(|o| o.id).collect()
    }

    fn worth(&self, price: i64, quantity: i64) -> i64 {
        price * quantity / self.rules.denominator
    }

    fn best(&self, side: Side) -> Option<i64> {
        self.side(side).first().and_then(|o| o.price)
    }

    pub fn place(
        &mut self,
        user: u64,
        asked: &PlaceOrder,
        budget: i64,
    ) -> Result<Outcome, Rejection> {
        let other_best = self.best(asked.side.opposite());
        match asked.kind {
            OrderType::Limit => {
                self.check_price(asked.side, asked.price.unwrap().get(), asked.post_only)?
            }
            OrderType::Market => {
                let best = other_best.ok_or(Rejection::NoLiquidity)?;
                let small = self.worth(best, asked.quantity.get()) < self.rules.min_notional;
                if small && asked.quote_amount.is_none() {
                    return Err(Rejection::BelowMinNotional);
                }
            }
            OrderType::StopLimit | OrderType::StopMarket => {
                let (last, stop) = (self.last, asked.stop_price.unwrap());
                let reached = match asked.side {
                    Side::Buy => last.is_some_and(|last| stop.get() <= last),
                    Side::Sell => last.is_some_and(|last| stop.get() >= last),
                };
                if reached {
                    return Err(Rejection::StopWouldTrigger);
                }
            }
        }
        self.orders += 1;
        self.time += 1;
        let order = Naive {
            id: self.orders,
            user,
            side: asked.side,
            price: asked.price.map(Price::get),
            stop: asked.stop_price.map(Price::get),
            by_quote: asked.quote_amount.is_some(),
            tif: asked.time_in_force,
            post_only: asked.post_only,
            stp: asked.self_trade_prevention,
            display: asked.display_quantity.map(Quantity::get),
            whole: asked.quantity.get(),
            left: asked.quantity.get(),
            shown: 0,
            filled: 0,
            budget: asked.quote_amount.unwrap_or(Amount::new(budget)).get(),
            time: self.time,
        };
        if asked.stop_price.is_some() {
            self.waiting.push(order);
            return Ok(Outcome::default());
        }
        Ok(self.take(order))
    }

    fn check_price(&self, side: Side, price: i64, post_only: bool) -> Result<(), Rejection> {
        let mid = || Some((self.best(Side::Buy)? + self.best(Side::Sell)?, 2));
        if let (Some(band), Some((sum, count))) =
            (self.rules.band, self.last.map(|last| (last, 1)).or_else(mid))
        {
            // |price - sum / count| <= band x sum / count, in whole numbers.
            let off = (price * count - sum).abs() * 1_000_000;
            if off > band * sum {
                return Err(Rejection::PriceOutOfBand);
            }
        }
        let crosses = match side {
            Side::Buy => self.best(Side::Sell).is_some_and(|ask| ask <= price),
            Side::Sell => self.best(Side::Buy).is_some_and(|bid| bid >= price),
        };
        if post_only && crosses { Err(Rejection::PostOnlyWouldCross) } else { Ok(()) }
    }

    pub fn amend(
        &mut self,
        user: u64,
        id: u64,
        price: Option<i64>,
        whole: Option<i64>,
    ) -> Result<Outcome, Rejection> {
        if self.waiting.iter().any(|o| o.id == id && o.user == user) {
            return Err(Rejection::OrderWaits);
        }
        let at = self.resting.iter().position(|o| o.id == id && o.user == user);
        let at = at.ok_or(Rejection::OrderNotFound)?;
        let mut order = self.resting[at].clone();
        let new_price = price.or(order.price).unwrap();
        let new_whole = whole.unwrap_or(order.whole);
        let left = new_whole - order.filled;
        if left <= 0 {
            return Err(Rejection::QuantityNotAboveFilled);
        }
        if self.worth(new_price, new_whole) < self.rules.min_notional
            || self.worth(new_price, left) == 0
        {
            return Err(Rejection::BelowMinNotional);
        }
        if let Some(display) = order.display
            && self.worth(new_price, display) < self.rules.min_notional
        {
            return Err(Rejection::DisplayTooSmall);
        }
        let same_price = order.price == Some(new_price);
        if !same_price {
            self.check_price(order.side, new_price, order.post_only)?;
        }
        if same_price && new_whole <= order.whole {
            let order = &mut self.resting[at];
            (order.whole, order.left) = (new_whole, left);
            order.shown = order.shown.min(left);
            return Ok(Outcome::default());
        }
        self.resting.remove(at);
        (order.price, order.whole, order.left) = (Some(new_price), new_whole, left);
        // Whoever amends has the money; nothing but price and quantity bounds it.
        order.budget = i64::MAX / 4;
        Ok(self.take(order))
    }

    pub fn cancel(&mut self, user: u64, id: u64) -> Result<Outcome, Rejection> {
        let all = self.resting.iter().chain(&self.waiting);
        if !all.into_iter().any(|o| o.id == id && o.user == user) {
            return Err(Rejection::OrderNotFound);
        }
        Ok(self.cancel_where(|o| o.id == id))
    }

    pub fn cancel_all(&mut self, user: u64) -> Outcome {
        self.cancel_where(|o| o.user == user)
    }

    fn cancel_where(&mut self, chosen: impl Fn(&Naive) -> bool) -> Outcome {
        let mut outcome = Outcome::default();
        for order in self.resting.iter().chain(&self.waiting).filter(|o| chosen(o)) {
            outcome.ended.insert(order.id, (OrderStatus::Cancelled, Some(OrderReason::Owner)));
        }
        self.resting.retain(|o| !chosen(o));
        self.waiting.retain(|o| !chosen(o));
        outcome
    }

    /// The next stop that is due, if any, and what it leads to.
    pub fn trigger(&mut self) -> Option<(u64, Outcome)> {
        let last = self.last?;
        let due = |o: &&Naive| match o.side {
            Side::Buy => o.stop.unwrap() <= last,
            Side::Sell => o.stop.unwrap() >= last,
        };
        let rank = |o: &&Naive| match o.side {
            Side::Buy => (0, o.stop.unwrap(), o.time),
            Side::Sell => (1, -o.stop.unwrap(), o.time),
        };
        let id = self.waiting.iter().filter(due).min_by_key(rank)?.id;
        let at = self.waiting.iter().position(|o| o.id == id)?;
        let order = self.waiting.remove(at);
        if let Some(price) = order.price
            && let Err(rejection) = self.check_price(order.side, price, order.post_only)
        {
            let reason = match rejection {
                Rejection::PriceOutOfBand => OrderReason::Band,
                _ => OrderReason::PostOnly,
            };
            let mut outcome = Outcome::default();
            outcome.ended.insert(id, (OrderStatus::Rejected, Some(reason)));
            return Some((id, outcome));
        }
        Some((id, self.take(order)))
    }

    /// Fill-or-kill is tried on a copy first.
    fn take(&mut self, taker: Naive) -> Outcome {
        if taker.tif == TimeInForce::Fok {
            let outcome = self.clone().run(taker.clone());
            let filled: i64 = outcome.fills.iter().map(|fill| fill.3).sum();
            let whole = match taker.by_quote {
                // What was decremented was not spent.
                true => {
                    let own = (OrderStatus::Cancelled, Some(OrderReason::SelfTrade));
                    let met = outcome.ended.values().any(|end| *end == own);
                    let decremented = met && taker.stp == Stp::DecrementAndCancel;
                    outcome.ended[&taker.id].0 == OrderStatus::Filled && !decremented
                }
                false => filled == taker.whole,
            };
            if !whole {
                let mut outcome = Outcome::default();
                outcome
                    .ended
                    .insert(taker.id, (OrderStatus::Expired, Some(OrderReason::FillOrKill)));
                return outcome;
            }
        }
        self.run(taker)
    }

    fn run(&mut self, mut taker: Naive) -> Outcome {
        let mut outcome = Outcome::default();
        let best = self.best(taker.side.opposite());
        let limit = taker.price.or(best.map(|best| match taker.side {
            Side::Buy => best * (1_000_000 + self.rules.protection) / 1_000_000,
            Side::Sell => {
                let exact = best * (1_000_000 - self.rules.protection);
                (exact + 999_999) / 1_000_000
            }
        }));
        let end = loop {
            if !taker.by_quote && taker.left == 0 {
                break Some((OrderStatus::Filled, None));
            }
            let next = self.side(taker.side.opposite()).first().map(|o| (o.id, o.price.unwrap()));
            let Some((maker, price)) = next.filter(|(_, price)| match taker.side {
                Side::Buy => *price <= limit.unwrap(),
                Side::Sell => *price >= limit.unwrap(),
            }) else {
                break None;
            };
            let most = self.most(&taker, price);
            if self.worth(price, most) == 0 {
                let dust = if most == 0 { OrderReason::Spent } else { OrderReason::Dust };
                let done = taker.by_quote && taker.filled > 0;
                let end = if done {
                    (OrderStatus::Filled, None)
                } else {
                    (OrderStatus::Expired, Some(dust))
                };
                break Some(end);
            }
            let at = self.resting.iter().position(|o| o.id == maker).unwrap();
            if self.resting[at].user == taker.user {
                match self.meet_oneself(&mut taker, at, most, &mut outcome) {
                    true => break Some((OrderStatus::Cancelled, Some(OrderReason::SelfTrade))),
                    false => continue,
                }
            }
            let quantity = most.min(self.resting[at].shown);
            outcome.fills.push((taker.id, maker, price, quantity));
            self.last = Some(price);
            taker.filled += quantity;
            taker.left -= quantity;
            taker.budget -= self.worth(price, quantity);
            self.resting[at].filled += quantity;
            self.resting[at].shown -= quantity;
            self.resting[at].left -= quantity;
            self.tidy(at, &mut outcome);
        };
        if let Some(end) = end.or_else(|| self.rest(&mut taker)) {
            outcome.ended.insert(taker.id, end);
        }
        outcome
    }

    fn most(&self, taker: &Naive, price: i64) -> i64 {
        let mut most = 0;
        while (taker.by_quote || most < taker.left)
            && (taker.side == Side::Sell || self.worth(price, most + 1) <= taker.budget)
        {
            most += 1;
        }
        most
    }

    /// Whether the taker ends.
    fn meet_oneself(&mut self, taker: &mut Naive, at: usize, most: i64, out: &mut Outcome) -> bool {
        let own = self.resting[at].clone();
        let cancelled = (OrderStatus::Cancelled, Some(OrderReason::SelfTrade));
        match taker.stp {
            Stp::CancelNewest => true,
            Stp::DecrementAndCancel if own.left > most => {
                let own = &mut self.resting[at];
                own.whole -= most;
                own.left -= most;
                own.shown = own.shown.min(own.left);
                self.tidy(at, out);
                true
            }
            stp => {
                self.resting.remove(at);
                out.ended.insert(own.id, cancelled);
                if stp == Stp::DecrementAndCancel && most > own.left {
                    if taker.by_quote {
                        taker.budget -= self.worth(own.price.unwrap(), own.left);
                    } else {
                        taker.left -= own.left;
                        taker.whole -= own.left;
                    }
                    return false;
                }
                stp != Stp::CancelOldest
            }
        }
    }

    /// Ends what is filled or worth nothing, refills what shows nothing that is worth something.
    fn tidy(&mut self, at: usize, outcome: &mut Outcome) {
        let order = self.resting[at].clone();
        let price = order.price.unwrap();
        if self.worth(price, order.left) == 0 {
            let end = match order.left {
                0 => (OrderStatus::Filled, None),
                _ => (OrderStatus::Expired, Some(OrderReason::Dust)),
            };
            outcome.ended.insert(order.id, end);
            self.resting.remove(at);
        } else if self.worth(price, order.shown) == 0 {
            self.time += 1;
            self.resting[at].time = self.time;
            self.resting[at].shown = order.left.min(order.display.unwrap_or(i64::MAX));
        }
    }

    /// Rests what nothing more matches; or says how it ends.
    fn rest(&mut self, taker: &mut Naive) -> Option<(OrderStatus, Option<OrderReason>)> {
        let Some(price) = taker.price else {
            let reason = match taker.tif {
                TimeInForce::Fok => OrderReason::FillOrKill,
                _ => OrderReason::Protection,
            };
            return Some((OrderStatus::Expired, Some(reason)));
        };
        match taker.tif {
            TimeInForce::Ioc => {
                return Some((OrderStatus::Expired, Some(OrderReason::ImmediateOrCancel)));
            }
            TimeInForce::Fok => return Some((OrderStatus::Expired, Some(OrderReason::FillOrKill))),
            TimeInForce::Gtc => {}
        }
        if self.worth(price, taker.left) == 0 {
            return Some((OrderStatus::Expired, Some(OrderReason::Dust)));
        }
        self.time += 1;
        taker.time = self.time;
        taker.shown = taker.left.min(taker.display.unwrap_or(i64::MAX));
        self.resting.push(taker.clone());
        None
    }
}
