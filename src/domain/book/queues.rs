//! Which orders rest at which price, oldest first: all that matching by price and time asks of a book,
//! and nothing of money.
//!
//! Orders stand in one dense slab; a level is a list linked through it. The links stand beside the slab,
//! since to take one order out of a long list is to change three of them and nothing else. An order is
//! found by its id, joins its queue, shrinks and leaves from anywhere without a scan. Ids of one book
//! count up, so most are found in a flat table of the newest ones, and those that stay while as many
//! others come as the table has places are found in a hash map.

use super::ladder::Ladder;
use crate::domain::{
    id::{ById, OrderId},
    instrument::{Price, Quantity},
    order::Side,
};

/// No slot: the first one of a slab is never given out. What is linked to it is linked to nothing, so
/// that the ends of a list need no branch.
pub(super) const NONE: u32 = 0;
/// The id that no order has.
const NOBODY: OrderId = OrderId(0);
/// The first table of newest ids. It doubles with the orders, of which it has room for twice as many
/// at least.
const TABLE_MIN: usize = 64;

/// An order as its queue needs it.
#[derive(Clone, Copy, Debug)]
pub struct Resting {
    id: OrderId,
    /// Its price, below zero for bids.
    key: i64,
    shown: Quantity,
}

/// The neighbours of a slot.
#[derive(Clone, Copy, Debug)]
struct Links {
    /// The older one.
    prev: u32,
    /// The younger one; of a vacant slot the next vacant one.
    next: u32,
}

impl Resting {
    /// An order that is about to rest, showing so much.
    #[inline]
    pub fn new(id: OrderId, side: Side, price: Price, shown: Quantity) -> Resting {
        Resting { id, key: key_of(side, price), shown }
    }

    /// Its name.
    #[inline]
    pub fn id(&self) -> OrderId {
        self.id
    }

    /// On which side it rests.
    #[inline]
    pub fn side(&self) -> Side {
        if self.key < 0 { Side::Buy } else { Side::Sell }
    }

    /// At which price.
    #[inline]
    pub fn price(&self) -> Price {
        price_of(self.key)
    }

    /// What its queue shows of it.
    #[inline]
    pub fn shown(&self) -> Quantity {
        self.shown
    }
}

/// The least key is the best price, on either side.
#[inline]
fn key_of(side: Side, price: Price) -> i64 {
    match side {
        Side::Buy => -price.get(),
        Side::Sell => price.get(),
    }
}

/// The price of a key.
#[inline]
fn price_of(key: i64) -> Price {
    Price::new(key.abs())
}

/// The queues of a book.
#[derive(Clone, Debug)]
pub struct Queues {
    slots: Vec<Resting>,
    /// By slot.
    links: Vec<Links>,
    /// The first vacant slot.
    vacant: u32,
    /// How many slots are not vacant.
    taken: usize,
    /// By the last digits of an id's number: the slot of the newest order that has them.
    newest: Vec<u32>,
    /// Orders that a newer one has displaced from the table.
    older: ById<OrderId, u32>,
    /// Bids, asks.
    sides: [Ladder; 2],
}

impl Default for Queues {
    fn default() -> Queues {
        Queues {
            slots: vec![Resting { id: NOBODY, key: 0, shown: Quantity::ZERO }],
            links: vec![Links { prev: NONE, next: NONE }],
            vacant: NONE,
            taken: 0,
            newest: vec![NONE; TABLE_MIN],
            older: ById::default(),
            sides: Default::default(),
        }
    }
}

impl Queues {
    /// How many orders have a slot.
    pub fn len(&self) -> usize {
        self.taken
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.taken == 0
    }

    /// The slot of an order.
    #[inline]
    pub fn find(&self, id: OrderId) -> Option<u32> {
        let slot = self.newest[self.place_of(id)];
        // Anything can be asked for, also the id that stands in what is nobody's.
        match slot != NONE && self.slots[slot as usize].id == id {
            true => Some(slot),
            false if self.older.is_empty() => None,
            false => self.older.get(&id).copied(),
        }
    }

    /// The order in a slot.
    #[inline]
    pub fn at(&self, slot: u32) -> &Resting {
        &self.slots[slot as usize]
    }

    /// The slots that are taken, in no order.
    pub fn taken(&self) -> impl Iterator<Item = u32> + '_ {
        (0..).zip(&self.slots).filter(|(_, r)| r.id != NOBODY).map(|(slot, _)| slot)
    }

    /// The best price of a side.
    #[inline]
    pub fn best(&self, side: Side) -> Option<Price> {
        self.side(side).best().map(price_of)
    }

    /// The oldest order at the best price of a side.
    #[inline]
    pub fn front(&self, side: Side) -> Option<u32> {
        self.side(side).best_level().map(|level| level.head)
    }

    /// What a price shows.
    pub fn shown_at(&self, side: Side, price: Price) -> Quantity {
        self.side(side).get(key_of(side, price)).map_or(Quantity::ZERO, |level| level.shown)
    }

    /// Prices and what they show, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = (Price, Quantity)> + '_ {
        self.side(side).levels().map(|(key, shown)| (price_of(key), shown))
    }

    /// The orders at a price, oldest first.
    pub fn queue(&self, side: Side, price: Price) -> impl Iterator<Item = u32> + '_ {
        let mut at = self.side(side).get(key_of(side, price)).map_or(NONE, |level| level.head);
        std::iter::from_fn(move || {
            let here = at;
            at = self.links[here as usize].next;
            (here != NONE).then_some(here)
        })
    }

    /// Puts an order at the back of its price's queue.
    #[inline]
    pub fn rest(&mut self, resting: Resting) -> u32 {
        let slot = self.occupy(resting);
        self.enqueue(slot);
        slot
    }

    /// Shows so much less of a resting order, which keeps its place.
    #[inline]
    pub fn reduce(&mut self, slot: u32, by: Quantity) {
        let resting = &mut self.slots[slot as usize];
        resting.shown -= by;
        let key = resting.key;
        self.ladder_mut(key).level_mut(key).shown -= by;
    }

    /// Shows so much of an order anew, at the back of its queue.
    pub fn requeue(&mut self, slot: u32, shown: Quantity) {
        self.dequeue(slot);
        self.slots[slot as usize].shown = shown;
        self.enqueue(slot);
    }

    /// Takes a resting order out.
    #[inline]
    pub fn remove(&mut self, slot: u32) {
        self.dequeue(slot);
        self.vacate(slot);
    }

    /// Gives an order a slot, findable by its id; it is in no queue yet.
    #[inline]
    pub(super) fn occupy(&mut self, resting: Resting) -> u32 {
        debug_assert!(self.find(resting.id).is_none(), "invariant: an order rests once");
        self.taken += 1;
        let slot = match self.vacant {
            NONE => {
                self.slots.push(resting);
                self.links.push(Links { prev: NONE, next: NONE });
                self.slots.len() as u32 - 1
            }
            slot => {
                self.vacant = self.links[slot as usize].next;
                self.slots[slot as usize] = resting;
                slot
            }
        };
        match 2 * self.taken > self.newest.len() {
            true => self.grow_table(),
            false => self.note(slot),
        }
        slot
    }

    /// Frees the slot of an order that is in no queue.
    #[inline]
    pub(super) fn vacate(&mut self, slot: u32) {
        self.taken -= 1;
        let id = std::mem::replace(&mut self.slots[slot as usize].id, NOBODY);
        self.links[slot as usize].next = std::mem::replace(&mut self.vacant, slot);
        let place = self.place_of(id);
        match self.newest[place] == slot {
            true => self.newest[place] = NONE,
            false => drop(self.older.remove(&id)),
        }
    }

    /// Links a slot to the back of its price's queue.
    #[inline]
    pub(super) fn enqueue(&mut self, slot: u32) {
        let Resting { key, shown, .. } = self.slots[slot as usize];
        let level = self.ladder_mut(key).open(key);
        let before = std::mem::replace(&mut level.tail, slot);
        level.shown += shown;
        level.head = if before == NONE { slot } else { level.head };
        self.links[before as usize].next = slot;
        self.links[slot as usize] = Links { prev: before, next: NONE };
    }

    /// Unlinks a slot from its price's queue; an empty level goes.
    #[inline]
    pub(super) fn dequeue(&mut self, slot: u32) {
        let Resting { key, shown, .. } = self.slots[slot as usize];
        let Links { prev, next } = self.links[slot as usize];
        self.links[prev as usize].next = next;
        self.links[next as usize].prev = prev;
        let ladder = self.ladder_mut(key);
        if prev == next {
            // Both are none: it was alone.
            return ladder.close(key);
        }
        let level = ladder.level_mut(key);
        level.shown -= shown;
        level.head = if prev == NONE { next } else { level.head };
        level.tail = if next == NONE { prev } else { level.tail };
    }

    #[inline]
    fn side(&self, side: Side) -> &Ladder {
        &self.sides[side as usize]
    }

    #[inline]
    fn ladder_mut(&mut self, key: i64) -> &mut Ladder {
        &mut self.sides[usize::from(key > 0)]
    }

    /// Where in the table of newest ids one stands, if it is there.
    #[inline]
    fn place_of(&self, id: OrderId) -> usize {
        id.number() as usize & (self.newest.len() - 1)
    }

    /// Makes a slot findable by its order's id.
    #[inline]
    fn note(&mut self, slot: u32) {
        let place = self.place_of(self.slots[slot as usize].id);
        let displaced = std::mem::replace(&mut self.newest[place], slot);
        if displaced != NONE {
            self.older.insert(self.slots[displaced as usize].id, displaced);
        }
    }

    #[cold]
    fn grow_table(&mut self) {
        let length = 2 * self.newest.len();
        self.newest.clear();
        self.newest.resize(length, NONE);
        self.older.clear();
        for slot in 1..self.slots.len() as u32 {
            if self.slots[slot as usize].id != NOBODY {
                self.note(slot);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::id::InstrumentId;

    fn id(number: u64) -> OrderId {
        OrderId::new(InstrumentId(3), number)
    }

    /// The orders of a side as they would trade.
    fn in_order(queues: &Queues, side: Side) -> Vec<(u64, Price, Quantity)> {
        let orders = queues.levels(side).flat_map(|(price, _)| queues.queue(side, price));
        orders.map(|slot| figures(queues.at(slot))).collect()
    }

    fn figures(resting: &Resting) -> (u64, Price, Quantity) {
        (resting.id.number(), resting.price(), resting.shown)
    }

    /// The same out of a plain list in which the younger stand behind the older.
    fn sorted(plain: &[Resting], side: Side) -> Vec<(u64, Price, Quantity)> {
        let mut all: Vec<&Resting> = plain.iter().filter(|r| r.side() == side).collect();
        all.sort_by_key(|r| r.key);
        all.into_iter().map(figures).collect()
    }

    proptest! {
        #[test]
        fn they_agree_with_a_plain_list(
            steps in proptest::collection::vec((0_u8..10, 0_usize..1_000, 1_i64..30), 0..800),
        ) {
            let (mut queues, mut plain, mut number) = (Queues::default(), Vec::<Resting>::new(), 0);
            for (what, any, price) in steps {
                let at = any % plain.len().max(1);
                match (what, plain.len()) {
                    (0..5, _) | (_, 0) => {
                        // Jumps, so that old orders are displaced and others are never numbered.
                        number += 1 + (any as u64 % 50);
                        let side = if what % 2 == 0 { Side::Buy } else { Side::Sell };
                        let new = Resting::new(id(number), side, Price::new(price), Quantity::new(5));
                        queues.rest(new);
                        plain.push(new);
                    }
                    (5..7, _) => {
                        let gone = plain.remove(at);
                        queues.remove(queues.find(gone.id).unwrap());
                        prop_assert_eq!(queues.find(gone.id), None);
                    }
                    (7..9, _) => {
                        let by = (any as i64 % 2).min(plain[at].shown.get());
                        plain[at].shown -= Quantity::new(by);
                        queues.reduce(queues.find(plain[at].id).unwrap(), Quantity::new(by));
                    }
                    _ => {
                        let mut again = plain.remove(at);
                        again.shown = Quantity::new(any as i64 % 9);
                        queues.requeue(queues.find(again.id).unwrap(), again.shown);
                        plain.push(again);
                    }
                }
                prop_assert_eq!(queues.len(), plain.len());
                prop_assert_eq!(queues.taken().count(), plain.len());
                for side in Side::ALL {
                    let expected = sorted(&plain, side);
                    let front = queues.front(side).map(|slot| queues.at(slot).id.number());
                    prop_assert_eq!(front, expected.first().map(|first| first.0));
                    prop_assert_eq!(queues.best(side), expected.first().map(|first| first.1));
                    prop_assert_eq!(in_order(&queues, side), expected);
                }
                for (price, side) in [(price, Side::Buy), (price, Side::Sell)] {
                    let there = plain.iter().filter(|r| r.side() == side && r.price() == Price::new(price));
                    let shown: Quantity = there.map(|r| r.shown).sum();
                    prop_assert_eq!(queues.shown_at(side, Price::new(price)), shown);
                }
            }
            plain.iter().for_each(|r| assert_eq!(queues.at(queues.find(r.id).unwrap()).id, r.id));
        }
    }

    #[test]
    fn an_order_that_outlives_many_others_is_found() {
        let mut queues = Queues::default();
        let resting =
            |number| Resting::new(id(number), Side::Buy, Price::new(10), Quantity::new(1));
        queues.rest(resting(1));
        for number in 2..100_000 {
            let slot = queues.rest(resting(number));
            queues.remove(slot);
        }
        assert_eq!((queues.len(), queues.newest.len()), (1, TABLE_MIN));
        let slot = queues.find(id(1)).unwrap();
        queues.remove(slot);
        assert!(queues.is_empty() && queues.older.is_empty());
        assert_eq!(queues.find(id(1)), None);
    }

    #[test]
    fn nobody_is_never_found() {
        let mut queues = Queues::default();
        assert_eq!(queues.find(NOBODY), None);
        let slot = queues.rest(Resting::new(id(64), Side::Buy, Price::new(10), Quantity::new(1)));
        assert_eq!(queues.find(NOBODY), None);
        queues.remove(slot);
        assert_eq!((queues.find(NOBODY), queues.find(id(64))), (None, None));
        assert_eq!(queues.find(OrderId(u64::MAX)), None);
    }

    #[test]
    fn an_order_takes_32_bytes() {
        assert_eq!(size_of::<Resting>() + size_of::<Links>(), 32);
    }
}
