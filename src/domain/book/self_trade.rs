//! What becomes of an incoming order that meets one of its own user.

use super::{
    Book,
    matching::{Draft, End, Taker},
    resting_at,
};
use crate::domain::{
    fact::Change,
    instrument::Quantity,
    order::{OrderReason, OrderStatus, SelfTradePrevention},
};

impl Book {
    /// What the taker chose for meeting an order of its own user. `None`: matching goes on.
    pub(super) fn prevent_self_trade(
        &mut self,
        taker: &mut Taker,
        slot: u32,
        most: Quantity,
        draft: &mut Draft,
    ) -> Option<End> {
        let cancel = |book: &mut Book, draft: &mut Draft| {
            book.end_resting(slot, OrderStatus::Cancelled, Some(OrderReason::SelfTrade), draft);
        };
        match taker.order().self_trade_prevention {
            SelfTradePrevention::CancelNewest => Some(End::SelfTrade),
            SelfTradePrevention::CancelOldest => {
                cancel(self, draft);
                None
            }
            SelfTradePrevention::CancelBoth => {
                cancel(self, draft);
                Some(End::SelfTrade)
            }
            SelfTradePrevention::DecrementAndCancel => {
                let order = self.at(slot);
                let (resting, (_, price)) = (order.remaining, resting_at(order));
                if most < resting {
                    if most > Quantity::ZERO {
                        self.decrement_resting(slot, most, draft);
                    }
                    return Some(End::SelfTrade);
                }
                cancel(self, draft);
                if most == resting {
                    return Some(End::SelfTrade);
                }
                match taker.order().quote_amount {
                    Some(_) => taker.budget -= self.instrument.notional_down(price, resting),
                    None => {
                        taker.own[0].quantity -= resting;
                        taker.own[0].remaining -= resting;
                    }
                }
                None
            }
        }
    }

    /// Makes a resting order smaller without a fill; what it hides goes first.
    pub(super) fn decrement_resting(&mut self, slot: u32, by: Quantity, draft: &mut Draft) {
        let order = self.at(slot);
        let (id, (side, price)) = (order.id, resting_at(order));
        let hidden = by.min(order.hidden());
        self.reduce(slot, by - hidden, hidden);
        draft.change(Change::Reduce { order: id, shown: by - hidden, hidden });
        draft.touch(side, price);
        let mut order = self.at(slot).clone();
        order.quantity -= by;
        order.updated_at = draft.stamp;
        self.settle_lock(&mut order, draft);
        *self.at_mut(slot) = order;
        self.after_fill(slot, price, draft);
    }
}
