//! What is asked before anything changes: the rules that a command must keep, and whether a
//! fill-or-kill order would fill.

use std::collections::VecDeque;

use super::{Book, matching::Taker};
use crate::domain::{
    instrument::{Price, Quantity},
    money::{Amount, Rate},
    order::{Order, OrderType, PlaceOrder, SelfTradePrevention, Side},
    rejection::Rejection,
};

impl Book {
    /// Every rule that [`Book::place`] has, but for the budget's, without its effects.
    pub fn check_place(&self, asked: &PlaceOrder) -> Result<(), Rejection> {
        match asked.kind {
            OrderType::Limit => {
                self.check_limit(asked.side, asked.price.unwrap_or_default(), asked.post_only)
            }
            OrderType::Market => {
                let best = self.best(asked.side.opposite()).ok_or(Rejection::NoLiquidity)?;
                let worth = self.instrument.notional_down(best, asked.quantity);
                let by_quantity = asked.quote_amount.is_none();
                match by_quantity && worth < self.instrument.min_notional {
                    true => Err(Rejection::BelowMinNotional),
                    false => Ok(()),
                }
            }
            OrderType::StopLimit | OrderType::StopMarket => {
                let stop = asked.stop_price.unwrap_or_default();
                match self.last {
                    Some(last) if reaches(asked.side, last, stop) => {
                        Err(Rejection::StopWouldTrigger)
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    /// The price band, and that a post-only order does not cross.
    pub(super) fn check_limit(
        &self,
        side: Side,
        price: Price,
        post_only: bool,
    ) -> Result<(), Rejection> {
        if !self.is_within_band(price) {
            return Err(Rejection::PriceOutOfBand);
        }
        let crosses = self.best(side.opposite()).is_some_and(|best| side.accepts(price, best));
        match post_only && crosses {
            true => Err(Rejection::PostOnlyWouldCross),
            false => Ok(()),
        }
    }

    /// Whether a price is near enough to the last trade, else to the middle of the book.
    fn is_within_band(&self, price: Price) -> bool {
        let band = self.instrument.band;
        if band == Rate::UNBOUNDED {
            return true;
        }
        let middle = || Some(self.best(Side::Buy)? + self.best(Side::Sell)?);
        let Some(twice) = self.last.map(|last| last + last).or_else(middle) else { return true };
        let near = band.below_up(twice.get())..=band.above_down(twice.get());
        near.contains(&(price + price).get())
    }

    /// The worst price at which a market order of `side` may trade now.
    pub fn protection_price(&self, side: Side) -> Option<Price> {
        let best = self.best(side.opposite())?;
        Some(self.instrument.protection_price(side, best))
    }

    /// The worst price that an order accepts: its own, or its protection. Without either there is
    /// nothing to trade with.
    pub(super) fn worst_price(&self, order: &Order) -> Price {
        order.price.or_else(|| self.protection_price(order.side)).unwrap_or_default()
    }

    /// What an order must be able to spend. A buy that names no price takes what its budget allows.
    pub(super) fn least_budget(&self, asked: &PlaceOrder) -> Amount {
        match (asked.side, asked.price) {
            (Side::Sell, _) => self.instrument.base_amount(asked.quantity),
            (Side::Buy, Some(price)) => self.instrument.notional_up(price, asked.quantity),
            (Side::Buy, None) => Amount::ZERO,
        }
    }

    /// How much a taker can take at a price, with so much of it left and so much to spend.
    pub(super) fn most_at(
        &self,
        taker: &Order,
        left: Quantity,
        budget: Amount,
        price: Price,
    ) -> Quantity {
        if taker.side == Side::Sell {
            return left;
        }
        let affordable = self.instrument.ratio().affordable(price.get(), budget);
        match taker.quote_amount {
            Some(_) => Quantity::new(affordable),
            None => Quantity::new(affordable.min(left.get())),
        }
    }

    /// Whether a fill-or-kill order can fill whole: plays the queues through as [`Book::trade`]
    /// would, without changing them.
    pub(super) fn can_fill(&self, taker: &Taker) -> bool {
        let (order, on) = (taker.order(), &self.instrument);
        let (mut left, mut budget) = (order.remaining, taker.budget);
        let against = order.side.opposite();
        let accepted = |(price, _): &(Price, Quantity)| order.side.accepts(taker.limit, *price);
        for (price, _) in self.levels(against).take_while(accepted) {
            let mut queue: VecDeque<(Quantity, Quantity, &Order)> =
                self.queue(against, price).map(|o| (o.shown, o.remaining, o)).collect();
            while let Some((shown, remaining, maker)) = queue.pop_front() {
                let most = self.most_at(order, left, budget, price);
                if on.notional_down(price, most) == Amount::ZERO {
                    return order.quote_amount.is_some() && budget < taker.budget;
                }
                if maker.user == order.user {
                    match order.self_trade_prevention {
                        SelfTradePrevention::CancelOldest => continue,
                        _ => return false,
                    }
                }
                let quantity = shown.min(most);
                left -= quantity;
                budget -= on.notional_down(price, quantity);
                if left == Quantity::ZERO && order.quote_amount.is_none() {
                    return true;
                }
                let (shown, remaining) = (shown - quantity, remaining - quantity);
                if on.notional_down(price, shown) > Amount::ZERO {
                    queue.push_front((shown, remaining, maker));
                } else if on.notional_down(price, remaining) > Amount::ZERO {
                    let anew = maker.display_quantity.map_or(remaining, |d| d.min(remaining));
                    queue.push_back((anew, remaining, maker));
                }
            }
        }
        false
    }
}

/// Whether the last price has reached a stop.
fn reaches(side: Side, last: Price, stop: Price) -> bool {
    match side {
        Side::Buy => last >= stop,
        Side::Sell => last <= stop,
    }
}
