//! One instrument's order book: its resting orders and waiting stops, and the primitives that
//! change them.
//!
//! Best price first, then oldest first. Who rests where is the business of [`queues::Queues`]; all else
//! of an order stands under the same slot here. The book changes by [`Change`]s alone: matching makes
//! them and writes them down, [`Book::apply`] makes them again from the fact.
//!
//! Prices count ticks and quantities count lots, so every sum here is exact.

mod amend;
mod guard;
mod ladder;
mod matching;
pub mod queues;
mod self_trade;
mod settle;
mod store;
#[cfg(test)]
pub(super) mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    digest::Digest,
    fact::{BookAction, BookFact, Change},
    id::{ById, OrderId, UserId},
    instrument::{Instrument, Price, Quantity},
    money::Asset,
    order::{Order, Side},
};
use queues::{NONE, Queues};
use store::Slot;

/// The book.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "BookParts", from = "BookParts")]
pub struct Book {
    instrument: Instrument,
    queues: Queues,
    /// By slot of the queues; one that is vacant there holds an order that is gone.
    slots: Vec<Slot>,
    by_user: ById<UserId, u32>,
    /// By stop price, then by place: buys trigger from the lowest up, sells from the highest down.
    buy_stops: BTreeSet<(Price, u64, u32)>,
    sell_stops: BTreeSet<(Price, std::cmp::Reverse<u64>, u32)>,
    last: Option<Price>,
    /// Orders and trades numbered so far, and places in queues given out.
    orders: u64,
    trades: u64,
    places: u64,
}

/// What a book is made of; the rest follows from it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct BookParts {
    instrument: Instrument,
    /// By place.
    orders: Vec<Order>,
    last: Option<Price>,
    counters: [u64; 3],
}

impl Book {
    /// An empty book.
    pub fn new(instrument: Instrument) -> Book {
        Book {
            instrument,
            queues: Queues::default(),
            slots: Vec::new(),
            by_user: ById::default(),
            buy_stops: BTreeSet::new(),
            sell_stops: BTreeSet::new(),
            last: None,
            orders: 0,
            trades: 0,
            places: 0,
        }
    }

    /// What is traded here.
    pub fn instrument(&self) -> &Instrument {
        &self.instrument
    }

    /// Takes over changed fees and bounds.
    pub fn change_instrument(&mut self, instrument: Instrument) {
        self.instrument = instrument;
    }

    /// The asset that orders of a side spend here.
    pub fn spent_asset(&self, side: Side) -> Asset {
        settle::spent_asset(&self.instrument, side)
    }

    /// The price of the last trade.
    pub fn last(&self) -> Option<Price> {
        self.last
    }

    /// An order that rests or waits.
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.queues.find(id).map(|slot| self.at(slot))
    }

    /// How many orders rest or wait.
    pub fn len(&self) -> usize {
        self.queues.len()
    }

    /// Whether nothing rests or waits.
    pub fn is_empty(&self) -> bool {
        self.queues.is_empty()
    }

    /// The best price of a side.
    pub fn best(&self, side: Side) -> Option<Price> {
        self.queues.best(side)
    }

    /// What a price shows.
    pub fn shown_at(&self, side: Side, price: Price) -> Quantity {
        self.queues.shown_at(side, price)
    }

    /// Prices and what they show, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = (Price, Quantity)> + '_ {
        self.queues.levels(side)
    }

    /// The orders at a price, oldest first.
    pub fn queue(&self, side: Side, price: Price) -> impl Iterator<Item = &Order> + '_ {
        self.queues.queue(side, price).map(|slot| self.at(slot))
    }

    /// All orders of a user that rest or wait, newest first.
    pub fn of_user(&self, user: UserId) -> impl Iterator<Item = &Order> + '_ {
        let mut at = self.by_user.get(&user).copied().unwrap_or(NONE);
        std::iter::from_fn(move || {
            let slot = self.slots.get((at as usize).wrapping_sub(1))?;
            at = slot.next;
            Some(&slot.order)
        })
    }

    /// Every order that rests or waits, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Order> + '_ {
        self.queues.taken().map(|slot| self.at(slot))
    }

    /// The next stop that the last price has reached: buys from the lowest stop price up, then sells
    /// from the highest down; the older first at the same price.
    pub fn due_stop(&self) -> Option<&Order> {
        let last = self.last?;
        let buy = self.buy_stops.first().filter(|(stop, ..)| *stop <= last).map(|(.., s)| *s);
        let sell = || self.sell_stops.last().filter(|(stop, ..)| *stop >= last).map(|(.., s)| *s);
        buy.or_else(sell).map(|slot| self.at(slot))
    }

    /// This book's part of the state's digest.
    pub fn digest(&self) -> Digest {
        let mut sum = Digest::part(
            "book",
            (&self.instrument, self.last, self.orders, self.trades, self.places),
        );
        self.all().for_each(|order| sum.add(Digest::part("order", order)));
        sum
    }

    /// Folds a fact in. What it carries is checked against what the primitives made of it.
    ///
    /// # Panics
    /// Where they differ: then this state and the one that decided are not the same, and to go on
    /// would be worse than to stop.
    pub fn apply(&mut self, fact: &BookFact) {
        for change in &fact.changes {
            self.make(*change, fact);
        }
        if fact.action == BookAction::Placed {
            self.orders += 1;
            let id = OrderId::new(self.instrument.id, self.orders);
            assert_eq!(fact.orders[0].id, id, "invariant: order ids count up");
        }
        for fill in &fact.fills {
            self.trades += 1;
            assert_eq!(fill.trade.0, self.trades, "invariant: trade ids count up");
        }
        for order in &fact.orders {
            match self.queues.find(order.id) {
                Some(slot) => {
                    let own = self.at_mut(slot);
                    let carried = (order.remaining, order.shown, order.place);
                    assert_eq!(
                        (own.remaining, own.shown, own.place),
                        carried,
                        "order {}",
                        order.id
                    );
                    own.clone_from(order);
                }
                None => assert!(!order.status.is_open(), "open order {} is missing", order.id),
            }
        }
        for level in &fact.levels {
            assert_eq!(self.shown_at(level.side, level.price), level.quantity, "{level:?}");
        }
    }

    fn make(&mut self, change: Change, fact: &BookFact) {
        let carried = |id: OrderId| {
            let order = fact.orders.iter().find(|o| o.id == id);
            order.expect("a fact carries the orders that it rests")
        };
        match change {
            Change::Rest(id) => self.rest(carried(id)),
            Change::Wait(id) => self.wait(carried(id)),
            Change::Reduce { order, shown, hidden } => {
                self.reduce(self.slot_of(order), shown, hidden);
            }
            Change::Requeue { order, shown } => self.requeue(self.slot_of(order), shown),
            Change::Remove(id) => drop(self.remove(self.slot_of(id))),
            Change::SetLast(price) => self.last = Some(price),
        }
    }

    fn slot_of(&self, id: OrderId) -> u32 {
        self.queues.find(id).expect("a fact changes orders that rest or wait")
    }

    fn at(&self, slot: u32) -> &Order {
        &self.slots[slot as usize - 1].order
    }

    /// An order, to be changed in all but what the primitives change.
    fn at_mut(&mut self, slot: u32) -> &mut Order {
        &mut self.slots[slot as usize - 1].order
    }

    // The primitives.

    /// Puts an order at the back of its price's queue.
    fn rest(&mut self, order: &Order) {
        let slot = self.occupy(order);
        self.queues.enqueue(slot);
    }

    /// Lets a stop wait.
    fn wait(&mut self, order: &Order) {
        let stop = order.stop_price.expect("a stop has a stop price");
        let slot = self.occupy(order);
        let place = self.places;
        match order.side {
            Side::Buy => self.buy_stops.insert((stop, place, slot)),
            Side::Sell => self.sell_stops.insert((stop, std::cmp::Reverse(place), slot)),
        };
    }

    /// Takes quantity from a resting order, which keeps its place.
    fn reduce(&mut self, slot: u32, shown: Quantity, hidden: Quantity) {
        self.queues.reduce(slot, shown);
        let order = self.at_mut(slot);
        order.shown -= shown;
        order.remaining -= shown + hidden;
    }

    /// Shows an iceberg anew at the back of its queue.
    fn requeue(&mut self, slot: u32, shown: Quantity) {
        self.queues.requeue(slot, shown);
        self.places += 1;
        let place = self.places;
        let order = self.at_mut(slot);
        (order.place, order.shown) = (place, shown);
    }

    /// Takes an order out, whether it rests or waits.
    fn remove(&mut self, slot: u32) -> Order {
        let order = self.at(slot);
        match (order.waits(), order.side, order.stop_price, order.place) {
            (true, Side::Buy, Some(stop), place) => {
                self.buy_stops.remove(&(stop, place, slot));
            }
            (true, Side::Sell, Some(stop), place) => {
                self.sell_stops.remove(&(stop, std::cmp::Reverse(place), slot));
            }
            _ => self.queues.dequeue(slot),
        }
        self.vacate(slot)
    }
}

/// Where a resting order stands.
fn resting_at(order: &Order) -> (Side, Price) {
    (order.side, order.price.expect("a resting order has a price"))
}

impl From<Book> for BookParts {
    fn from(book: Book) -> BookParts {
        let mut orders: Vec<Order> = book.all().cloned().collect();
        orders.sort_unstable_by_key(|order| order.place);
        let counters = [book.orders, book.trades, book.places];
        BookParts { instrument: book.instrument, orders, last: book.last, counters }
    }
}

impl From<BookParts> for Book {
    fn from(parts: BookParts) -> Book {
        let mut book = Book::new(parts.instrument);
        for order in parts.orders {
            // Resting counts places up from here to the order's own again.
            book.places = order.place.saturating_sub(1);
            match order.waits() {
                true => book.wait(&order),
                false => book.rest(&order),
            }
        }
        book.last = parts.last;
        [book.orders, book.trades, book.places] = parts.counters;
        book
    }
}

impl PartialEq for Book {
    fn eq(&self, other: &Book) -> bool {
        self.digest() == other.digest()
    }
}
