//! Where a book keeps its orders: a dense slab, and lists linked through it.

use super::{Book, Queue, resting_at};
use crate::domain::{id::OrderId, order::Order};

/// No slot.
pub(super) const NONE: u32 = u32::MAX;

/// The neighbours of a slot in one list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links {
    pub prev: u32,
    pub next: u32,
}

const UNLINKED: Links = Links { prev: NONE, next: NONE };

/// An order with its place in its price's queue and in its user's list.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub order: Order,
    pub queue: Links,
    pub user: Links,
}

impl Book {
    /// Gives an order a slot, findable by id and by user.
    pub(super) fn occupy(&mut self, order: Order) -> u32 {
        let (id, user) = (order.id, order.user);
        let filled = Slot { order, queue: UNLINKED, user: UNLINKED };
        let slot = match self.vacant.pop() {
            Some(slot) => {
                self.slots[slot as usize] = filled;
                slot
            }
            None => {
                self.slots.push(filled);
                self.slots.len() as u32 - 1
            }
        };
        let known = self.by_id.insert(id, slot);
        debug_assert!(known.is_none(), "invariant: an order rests once");
        if let Some(head) = self.by_user.insert(user, slot) {
            self.slots[slot as usize].user.next = head;
            self.slots[head as usize].user.prev = slot;
        }
        slot
    }

    /// Takes an order out of its slot; it is in no queue any more.
    pub(super) fn vacate(&mut self, slot: u32) -> Order {
        let Slot { order, user: Links { prev, next }, .. } = &self.slots[slot as usize];
        let (user, prev, next, order) = (order.user, *prev, *next, order.clone());
        if let Some(after) = self.slots.get_mut(next as usize) {
            after.user.prev = prev;
        }
        match (self.slots.get_mut(prev as usize), next) {
            (Some(before), _) => before.user.next = next,
            (None, NONE) => drop(self.by_user.remove(&user)),
            (None, _) => drop(self.by_user.insert(user, next)),
        }
        self.by_id.remove(&order.id);
        self.vacant.push(slot);
        order
    }

    /// Links a slot to the back of its price's queue.
    pub(super) fn enqueue(&mut self, slot: u32) {
        let order = &self.slots[slot as usize].order;
        let (shown, (side, price)) = (order.shown, resting_at(order));
        let empty = Queue { head: slot, tail: NONE, shown: 0 };
        let queue = self.side_mut(side).entry(price).or_insert(empty);
        let before = std::mem::replace(&mut queue.tail, slot);
        queue.shown += shown;
        self.slots[slot as usize].queue = Links { prev: before, next: NONE };
        if let Some(tail) = self.slots.get_mut(before as usize) {
            tail.queue.next = slot;
        }
    }

    /// Unlinks a slot from its price's queue; an empty level goes.
    pub(super) fn dequeue(&mut self, slot: u32) {
        let Slot { order, queue: Links { prev, next }, .. } = &self.slots[slot as usize];
        let (prev, next, shown, (side, price)) = (*prev, *next, order.shown, resting_at(order));
        if let Some(before) = self.slots.get_mut(prev as usize) {
            before.queue.next = next;
        }
        if let Some(after) = self.slots.get_mut(next as usize) {
            after.queue.prev = prev;
        }
        let levels = self.side_mut(side);
        let queue = levels.get_mut(&price).expect("a resting order has a level");
        queue.shown -= shown;
        match (prev, next) {
            (NONE, NONE) => drop(levels.remove(&price)),
            (NONE, _) => queue.head = next,
            (_, NONE) => queue.tail = prev,
            _ => {}
        }
    }

    /// The oldest order at the best price of a side.
    pub(super) fn front(&self, side: crate::domain::order::Side) -> Option<&Order> {
        use crate::domain::order::Side;
        let (_, queue) = match side {
            Side::Buy => self.bids.last_key_value(),
            Side::Sell => self.asks.first_key_value(),
        }?;
        Some(&self.slots[queue.head as usize].order)
    }

    /// A resting or waiting order, to be changed in all but what the primitives change.
    pub(super) fn order_mut(&mut self, id: OrderId) -> &mut Order {
        let slot = self.by_id[&id];
        &mut self.slots[slot as usize].order
    }
}
