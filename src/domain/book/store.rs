//! Where a book keeps its orders: in the slots that its queues give out, each with its place in the list
//! of its user's orders.

use super::{
    Book,
    queues::{NONE, Resting},
};
use crate::domain::order::Order;

/// An order with its neighbours in its user's list, newest first.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub order: Order,
    prev: u32,
    pub next: u32,
}

impl Book {
    /// Gives an order a slot, findable by id and by user, and the next place.
    pub(super) fn occupy(&mut self, order: &Order) -> u32 {
        self.places += 1;
        let user = order.user;
        // A stop that waits is in no queue, so its price is not asked for.
        let price = order.price.unwrap_or_default();
        let resting = Resting::new(order.id, order.side, price, order.shown);
        let slot = self.queues.occupy(resting);
        let head = self.by_user.insert(user, slot).unwrap_or(NONE);
        if let Some(after) = self.slot_mut(head) {
            after.prev = slot;
        }
        let client_order_id = order.client_order_id.clone();
        let order = Order { client_order_id, place: self.places, ..*order };
        let filled = Slot { order, prev: NONE, next: head };
        match self.slot_mut(slot) {
            Some(vacant) => *vacant = filled,
            None => self.slots.push(filled),
        }
        slot
    }

    /// Takes an order out of its slot; it is in no queue any more.
    pub(super) fn vacate(&mut self, slot: u32) -> Order {
        self.queues.vacate(slot);
        let Slot { order, prev, next } = &mut self.slots[slot as usize - 1];
        let (prev, next, user) = (*prev, *next, order.user);
        let order = Order { client_order_id: order.client_order_id.take(), ..*order };
        if let Some(after) = self.slot_mut(next) {
            after.prev = prev;
        }
        match (self.slot_mut(prev), next) {
            (Some(before), _) => before.next = next,
            (None, NONE) => drop(self.by_user.remove(&user)),
            (None, _) => drop(self.by_user.insert(user, next)),
        }
        order
    }

    /// What stands under a slot of the queues, which count from 1.
    fn slot_mut(&mut self, slot: u32) -> Option<&mut Slot> {
        self.slots.get_mut((slot as usize).wrapping_sub(1))
    }
}
