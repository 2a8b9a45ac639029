//! Amending and cancelling what rests or waits.

use super::{Book, matching::Draft, resting_at};
use crate::domain::{
    fact::{BookAction, BookFact, Change},
    id::{OrderId, Stamp, UserId},
    instrument::{Price, Quantity},
    money::Amount,
    order::{Order, OrderReason, OrderStatus, Side},
    rejection::Rejection,
    request::{NOTIONAL_MAX, shows_too_little},
};

impl Book {
    /// Changes a resting order's price or whole quantity. A smaller quantity at the same price keeps
    /// its place; everything else takes the order out and matches it anew.
    ///
    /// `budget` is what it may lock beyond what is locked for it already; what is not needed is
    /// never taken. [`crate::domain::wallet::Budget::of_amend`] says how much that can be.
    pub fn amend(
        &mut self,
        user: UserId,
        id: OrderId,
        price: Option<Price>,
        quantity: Option<Quantity>,
        budget: Amount,
        stamp: Stamp,
    ) -> Result<Box<BookFact>, Rejection> {
        let (slot, old) = self.own_order(user, id)?;
        if old.waits() {
            return Err(Rejection::OrderWaits);
        }
        let (side, old_price) = resting_at(old);
        let (price, quantity) = (price.unwrap_or(old_price), quantity.unwrap_or(old.quantity));
        self.check_amend(old, price, quantity, budget)?;
        let mut draft = self.draft(BookAction::Amended, stamp);
        if price == old_price && quantity <= old.quantity {
            let by = old.quantity - quantity;
            if by > Quantity::ZERO {
                self.decrement_resting(slot, by, &mut draft);
            }
            return Ok(self.finish_amend(draft, id));
        }
        let mut order = self.remove(slot);
        draft.touch(side, old_price);
        draft.change(Change::Remove(id));
        order.remaining = quantity - order.filled;
        (order.price, order.quantity, order.updated_at) = (Some(price), quantity, stamp);
        (order.shown, order.place) = (Quantity::ZERO, 0);
        Ok(self.retake(order, budget, draft))
    }

    fn check_amend(
        &self,
        old: &Order,
        price: Price,
        quantity: Quantity,
        budget: Amount,
    ) -> Result<(), Rejection> {
        let on = &self.instrument;
        let least = on.min_notional;
        let remaining = quantity - old.filled;
        if remaining <= Quantity::ZERO {
            return Err(Rejection::QuantityNotAboveFilled);
        }
        if on.notional_down(price, quantity) < least
            || on.notional_down(price, remaining) == Amount::ZERO
        {
            return Err(Rejection::BelowMinNotional);
        }
        if on.notional_up(price, quantity) > NOTIONAL_MAX {
            return Err(Rejection::AboveMaxNotional);
        }
        let shows_badly =
            |shown| on.notional_down(price, shown) < least || shows_too_little(shown, quantity);
        if old.display_quantity.is_some_and(shows_badly) {
            return Err(Rejection::DisplayTooSmall);
        }
        if old.price != Some(price) {
            self.check_limit(old.side, price, old.post_only)?;
        }
        let needed = match old.side {
            Side::Buy => on.notional_up(price, remaining),
            Side::Sell => on.base_amount(remaining),
        };
        match needed > old.locked + budget {
            true => Err(Rejection::InsufficientFunds),
            false => Ok(()),
        }
    }

    /// Cancels one order of `user`.
    pub fn cancel(
        &mut self,
        user: UserId,
        id: OrderId,
        stamp: Stamp,
    ) -> Result<Box<BookFact>, Rejection> {
        let (slot, _) = self.own_order(user, id)?;
        let mut draft = self.draft(BookAction::Cancelled, stamp);
        self.end_resting(slot, OrderStatus::Cancelled, Some(OrderReason::Owner), &mut draft);
        Ok(self.finish(draft, id))
    }

    /// Cancels everything of `user`, as one fact; `None` where nothing is open.
    pub fn cancel_all(
        &mut self,
        user: UserId,
        reason: OrderReason,
        stamp: Stamp,
    ) -> Option<Box<BookFact>> {
        let mut ids: Vec<OrderId> = self.of_user(user).map(|order| order.id).collect();
        ids.sort_unstable();
        let first = *ids.first()?;
        let mut draft = self.draft(BookAction::CancelledAll, stamp);
        for id in ids {
            self.end_resting(self.slot_of(id), OrderStatus::Cancelled, Some(reason), &mut draft);
        }
        Some(self.finish(draft, first))
    }

    fn own_order(&self, user: UserId, id: OrderId) -> Result<(u32, &Order), Rejection> {
        let found = self.queues.find(id).map(|slot| (slot, self.at(slot)));
        found.filter(|(_, order)| order.user == user).ok_or(Rejection::OrderNotFound)
    }

    /// A decrement may have ended the order; then it is among the ended ones already.
    fn finish_amend(&self, draft: Draft, id: OrderId) -> Box<BookFact> {
        let mut fact = self.finish(draft, id);
        if let Some(at) = fact.orders.iter().position(|order| order.id == id) {
            fact.orders.swap(0, at);
        }
        fact
    }
}
