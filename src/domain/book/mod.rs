//! One instrument's order book: its resting orders and waiting stops, and the primitives that
//! change them.
//!
//! Best price first, then oldest first. Orders live in one dense slab; a level is a list linked
//! through it, so an order leaves the middle of a deep level without a scan, and so does each order
//! of one user. The book changes by [`Change`]s alone: matching makes them and writes them down,
//! [`Book::apply`] makes them again from the fact.
//!
//! Prices count ticks and quantities count lots, so every sum here is exact.

mod amend;
mod guard;
mod matching;
mod settle;
mod store;
#[cfg(test)]
pub(super) mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{
    digest::Digest,
    fact::{BookAction, BookFact, Change, Level},
    id::{OrderId, UserId},
    instrument::{Instrument, Price, Quantity},
    money::Asset,
    order::{Order, Side},
};
use store::{NONE, Slot};

/// The resting orders of one price, oldest first.
#[derive(Clone, Copy, Debug)]
struct Queue {
    head: u32,
    tail: u32,
    shown: Quantity,
}

/// The book.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "BookParts", from = "BookParts")]
pub struct Book {
    instrument: Instrument,
    slots: Vec<Slot>,
    vacant: Vec<u32>,
    by_id: HashMap<OrderId, u32, foldhash::fast::FixedState>,
    by_user: HashMap<UserId, u32, foldhash::fast::FixedState>,
    bids: BTreeMap<Price, Queue>,
    asks: BTreeMap<Price, Queue>,
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
            slots: Vec::new(),
            vacant: Vec::new(),
            by_id: HashMap::default(),
            by_user: HashMap::default(),
            bids: BTreeMap::new(),
            asks: BTreeMap::new(),
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
        self.by_id.get(&id).map(|slot| &self.slots[*slot as usize].order)
    }

    /// How many orders rest or wait.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether nothing rests or waits.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The best price of a side.
    pub fn best(&self, side: Side) -> Option<Price> {
        match side {
            Side::Buy => self.bids.last_key_value(),
            Side::Sell => self.asks.first_key_value(),
        }
        .map(|(price, _)| *price)
    }

    /// What a price shows.
    pub fn shown_at(&self, side: Side, price: Price) -> Quantity {
        self.side(side).get(&price).map_or(0, |queue| queue.shown)
    }

    /// Prices and what they show, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = (Price, Quantity)> + '_ {
        let (bids, asks) = match side {
            Side::Buy => (Some(self.bids.iter().rev()), None),
            Side::Sell => (None, Some(self.asks.iter())),
        };
        let levels = bids.into_iter().flatten().map(|(p, q)| (*p, q.shown));
        levels.chain(asks.into_iter().flatten().map(|(p, q)| (*p, q.shown)))
    }

    /// The orders at a price, oldest first.
    pub fn queue(&self, side: Side, price: Price) -> impl Iterator<Item = &Order> + '_ {
        let mut at = self.side(side).get(&price).map_or(NONE, |queue| queue.head);
        std::iter::from_fn(move || {
            let slot = self.slots.get(at as usize)?;
            at = slot.queue.next;
            Some(&slot.order)
        })
    }

    /// All orders of a user that rest or wait, newest first.
    pub fn of_user(&self, user: UserId) -> impl Iterator<Item = &Order> + '_ {
        let mut at = self.by_user.get(&user).copied().unwrap_or(NONE);
        std::iter::from_fn(move || {
            let slot = self.slots.get(at as usize)?;
            at = slot.user.next;
            Some(&slot.order)
        })
    }

    /// Every order that rests or waits, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Order> + '_ {
        self.by_id.values().map(|slot| &self.slots[*slot as usize].order)
    }

    /// The next stop that the last price has reached: buys from the lowest stop price up, then sells
    /// from the highest down; the older first at the same price.
    pub fn due_stop(&self) -> Option<&Order> {
        let last = self.last?;
        let buy = self.buy_stops.first().filter(|(stop, ..)| *stop <= last).map(|(.., s)| *s);
        let sell = || self.sell_stops.last().filter(|(stop, ..)| *stop >= last).map(|(.., s)| *s);
        buy.or_else(sell).map(|slot| &self.slots[slot as usize].order)
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
            match self.by_id.get(&order.id) {
                Some(slot) => {
                    let own = &mut self.slots[*slot as usize].order;
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
            order.expect("a fact carries the orders that it rests").clone()
        };
        match change {
            Change::Rest(id) => self.rest(carried(id)),
            Change::Wait(id) => self.wait(carried(id)),
            Change::Reduce { order, shown, hidden } => self.reduce(order, shown, hidden),
            Change::Requeue { order, shown } => self.requeue(order, shown),
            Change::Remove(id) => drop(self.remove(id)),
            Change::SetLast(price) => self.last = Some(price),
        }
    }

    // The primitives.

    /// Puts an order at the back of its price's queue.
    fn rest(&mut self, mut order: Order) {
        self.places += 1;
        order.place = self.places;
        let slot = self.occupy(order);
        self.enqueue(slot);
    }

    /// Lets a stop wait.
    fn wait(&mut self, mut order: Order) {
        self.places += 1;
        order.place = self.places;
        let key = (order.side, order.stop_price.expect("a stop has a stop price"), order.place);
        let slot = self.occupy(order);
        match key {
            (Side::Buy, stop, place) => self.buy_stops.insert((stop, place, slot)),
            (Side::Sell, stop, place) => {
                self.sell_stops.insert((stop, std::cmp::Reverse(place), slot))
            }
        };
    }

    /// Takes quantity from a resting order, which keeps its place.
    fn reduce(&mut self, id: OrderId, shown: Quantity, hidden: Quantity) {
        let slot = self.by_id[&id];
        let order = &mut self.slots[slot as usize].order;
        order.shown -= shown;
        order.remaining -= shown + hidden;
        let (side, price) = resting_at(order);
        self.side_mut(side).get_mut(&price).expect("a resting order has a level").shown -= shown;
    }

    /// Shows an iceberg anew at the back of its queue.
    fn requeue(&mut self, id: OrderId, shown: Quantity) {
        let slot = self.by_id[&id];
        self.dequeue(slot);
        self.places += 1;
        let order = &mut self.slots[slot as usize].order;
        order.place = self.places;
        order.shown = shown;
        self.enqueue(slot);
    }

    /// Takes an order out, whether it rests or waits.
    fn remove(&mut self, id: OrderId) -> Order {
        let slot = self.by_id[&id];
        let order = &self.slots[slot as usize].order;
        match (order.waits(), order.side, order.stop_price, order.place) {
            (true, Side::Buy, Some(stop), place) => {
                self.buy_stops.remove(&(stop, place, slot));
            }
            (true, Side::Sell, Some(stop), place) => {
                self.sell_stops.remove(&(stop, std::cmp::Reverse(place), slot));
            }
            _ => self.dequeue(slot),
        }
        self.vacate(slot)
    }

    fn side(&self, side: Side) -> &BTreeMap<Price, Queue> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn side_mut(&mut self, side: Side) -> &mut BTreeMap<Price, Queue> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// The touched levels as they are now, each once.
    fn levels_now(&self, mut touched: SmallVec<[(Side, Price); 4]>) -> SmallVec<[Level; 4]> {
        touched.sort_unstable();
        touched.dedup();
        let level = |(side, price)| Level { side, price, quantity: self.shown_at(side, price) };
        touched.into_iter().map(level).collect()
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
                true => book.wait(order),
                false => book.rest(order),
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
