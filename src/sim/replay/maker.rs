//! The makers' orders: what rests at each level, and the actions that bring a level to a quantity.
//!
//! All actions of a plan are answered before the next plan is made, so what is known here is what
//! rests, as long as nobody else trades on the instrument.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::replay_book::{Increments, ReplayBook};
use crate::domain::{
    instrument::{Price, Quantity},
    order::Side,
};

/// The most orders that a level is made of; one more and they are joined to one.
const ORDERS_A_LEVEL_MAX: usize = 6;

/// Something for a maker to do; `order` is the tool's own number of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Action {
    Place { order: u64, side: Side, price: Price, quantity: Quantity },
    Cancel { order: u64, side: Side, price: Price },
}

/// Actions in the order in which they are sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Sent first.
    pub cancels: Vec<Action>,
    /// Sent next.
    pub places: Vec<Action>,
}

/// Levels that were not kept, by the rule that forbids it; a level counts each time it changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Skipped {
    /// Too far from the last trade.
    pub out_of_band: u64,
    /// Worth less than the least notional.
    pub below_min_notional: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Resting {
    order: u64,
    left: Quantity,
}

/// What the makers have in the book.
#[derive(Debug, Default)]
pub struct Makers {
    /// Oldest first, as the exchange fills them.
    levels: BTreeMap<(Side, Price), VecDeque<Resting>>,
    last_order: u64,
    /// Levels that are not what they should be although the recorded ones did not change.
    dirty: BTreeSet<(Side, Price)>,
    /// Levels that were not kept.
    pub skipped: Skipped,
}

impl Makers {
    /// How many orders rest.
    pub fn open_orders(&self) -> usize {
        self.levels.values().map(VecDeque::len).sum()
    }

    /// The best price on a side.
    fn best(&self, side: Side) -> Option<Price> {
        let sells_from = (Side::Sell, Price::ZERO);
        let best = match side {
            Side::Buy => self.levels.range(..sells_from).next_back(),
            Side::Sell => self.levels.range(sells_from..).next(),
        };
        best.map(|((_, price), _)| *price)
    }

    /// The actions that bring the `changed` levels, and those that went wrong before, to what
    /// `wanted` says. `reference` is the price that the exchange's band is around.
    pub fn plan(
        &mut self,
        wanted: &ReplayBook,
        mut changed: BTreeSet<(Side, Price)>,
        reference: Option<Price>,
        steps: &Increments,
    ) -> Plan {
        changed.append(&mut self.dirty);
        let mut plan = Plan::default();
        for (side, price) in changed {
            let recorded = wanted.at(side, price);
            let quantity = self.allowed(price, recorded, reference, steps);
            self.plan_level(side, price, quantity, steps, &mut plan);
        }
        plan
    }

    /// `recorded`, or nothing where a rule of the exchange forbids such an order.
    fn allowed(
        &mut self,
        price: Price,
        recorded: Quantity,
        reference: Option<Price>,
        steps: &Increments,
    ) -> Quantity {
        if recorded == Quantity::ZERO {
            return Quantity::ZERO;
        }
        if reference.is_some_and(|reference| !steps.is_in_band(price, reference)) {
            self.skipped.out_of_band += 1;
            return Quantity::ZERO;
        }
        if !steps.is_worth(price, recorded) {
            self.skipped.below_min_notional += 1;
            return Quantity::ZERO;
        }
        recorded
    }

    fn plan_level(
        &mut self,
        side: Side,
        price: Price,
        quantity: Quantity,
        steps: &Increments,
        plan: &mut Plan,
    ) {
        let orders = self.levels.get(&(side, price));
        let mut orders: Vec<Resting> = orders.into_iter().flatten().copied().collect();
        let mut rest = orders.iter().map(|order| order.left).sum::<Quantity>();
        let mut cancel_last = |orders: &mut Vec<Resting>| {
            let last = orders.pop()?;
            plan.cancels.push(Action::Cancel { order: last.order, side, price });
            Some(last.left)
        };
        // The newest go first: who came early keeps the place in the queue. A missing part that is
        // too small for an order of its own takes the newest with it.
        let fits = |rest: Quantity, orders: &[Resting]| {
            let missing = quantity - rest;
            let is_order = steps.is_worth(price, missing) && orders.len() < ORDERS_A_LEVEL_MAX;
            missing == Quantity::ZERO || (missing > Quantity::ZERO && is_order)
        };
        while !fits(rest, &orders) {
            let joined = orders.len() == ORDERS_A_LEVEL_MAX && rest < quantity;
            let count = if joined { orders.len() } else { 1 };
            for _ in 0..count {
                match cancel_last(&mut orders) {
                    Some(left) => rest -= left,
                    None => return,
                }
            }
        }
        if rest < quantity {
            self.last_order += 1;
            let order = self.last_order;
            plan.places.push(Action::Place { order, side, price, quantity: quantity - rest });
        }
    }

    /// Whether some placed order would meet a maker's order that the plan cancels: then the cancels
    /// must have been answered first, since two makers' commands overtake each other.
    pub fn is_crossing(&self, plan: &Plan) -> bool {
        let (bid, ask) = (self.best(Side::Buy), self.best(Side::Sell));
        plan.places.iter().any(|action| match action {
            Action::Place { side: Side::Buy, price, .. } => ask.is_some_and(|ask| *price >= ask),
            Action::Place { side: Side::Sell, price, .. } => bid.is_some_and(|bid| *price <= bid),
            Action::Cancel { .. } => false,
        })
    }

    /// An order was accepted, with this much left of it.
    pub fn placed(&mut self, order: u64, side: Side, price: Price, left: Quantity) {
        if left > Quantity::ZERO {
            self.levels.entry((side, price)).or_default().push_back(Resting { order, left });
        }
    }

    /// An order is no longer there.
    pub fn gone(&mut self, order: u64, side: Side, price: Price) {
        if let Some(orders) = self.levels.get_mut(&(side, price)) {
            orders.retain(|resting| resting.order != order);
            if orders.is_empty() {
                self.levels.remove(&(side, price));
            }
        }
    }

    /// A level must be looked at again in the next plan.
    pub fn mark(&mut self, side: Side, price: Price) {
        self.dirty.insert((side, price));
    }

    /// A taker traded with a level's oldest orders.
    pub fn filled(&mut self, side: Side, price: Price, quantity: Quantity) {
        let Some(orders) = self.levels.get_mut(&(side, price)) else {
            return;
        };
        let mut open = quantity;
        while let Some(oldest) = orders.front_mut() {
            let part = open.min(oldest.left);
            oldest.left -= part;
            open -= part;
            if oldest.left > Quantity::ZERO {
                break;
            }
            orders.pop_front();
        }
        if orders.is_empty() {
            self.levels.remove(&(side, price));
        }
        self.mark(side, price);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{
        super::{
            recorded::RecordedBook,
            recording::{RecordedEvent, Recording},
            replay_book::btc_usdt,
        },
        *,
    };

    /// One tick is 0.01 and one lot 0.00001: at this price a lot is worth 0.10.
    const PRICE: Price = Price::new(1_000_000);

    /// What rests at a level.
    fn at(makers: &Makers, side: Side, price: Price) -> Quantity {
        let orders = makers.levels.get(&(side, price));
        orders.map_or(Quantity::ZERO, |orders| orders.iter().map(|order| order.left).sum())
    }

    /// The makers after each planned action was done.
    fn done(makers: &mut Makers, plan: &Plan) {
        for action in plan.cancels.iter().chain(&plan.places) {
            match *action {
                Action::Place { order, side, price, quantity } => {
                    makers.placed(order, side, price, quantity);
                }
                Action::Cancel { order, side, price } => makers.gone(order, side, price),
            }
        }
    }

    fn bring(makers: &mut Makers, side: Side, price: Price, quantity: Quantity) -> String {
        let mut wanted = ReplayBook::default();
        wanted.set(side, price, quantity);
        let plan = makers.plan(&wanted, BTreeSet::from([(side, price)]), None, &btc_usdt());
        done(makers, &plan);
        let text = plan.cancels.iter().chain(&plan.places).map(|action| match action {
            Action::Place { order, quantity, .. } => format!("+{order}:{quantity}"),
            Action::Cancel { order, .. } => format!("-{order}"),
        });
        text.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_level_is_brought_to_its_quantity_with_few_actions() {
        let mut makers = Makers::default();
        for (quantity, actions) in [
            (100, "+1:100"),
            (150, "+2:50"),
            (150, ""),
            (155, "-2 +3:55"),
            (100, "-3"),
            (97, "-1 +4:97"),
            (0, "-4"),
            (9, ""),
            (10, "+5:10"),
            (9, "-5"),
        ] {
            assert_eq!(
                bring(&mut makers, Side::Buy, PRICE, Quantity::new(quantity)),
                actions,
                "to {quantity}"
            );
        }
        assert_eq!(makers.skipped, Skipped { out_of_band: 0, below_min_notional: 2 });
    }

    #[test]
    fn a_level_of_many_orders_becomes_one() {
        let mut makers = Makers::default();
        for quantity in 1..=ORDERS_A_LEVEL_MAX as i64 {
            bring(&mut makers, Side::Sell, PRICE, Quantity::new(quantity * 10));
        }
        assert_eq!(makers.open_orders(), ORDERS_A_LEVEL_MAX);
        assert_eq!(
            bring(&mut makers, Side::Sell, PRICE, Quantity::new(70)),
            "-6 -5 -4 -3 -2 -1 +7:70"
        );
    }

    #[test]
    fn fills_take_the_oldest_and_are_made_good_by_the_next_plan() {
        let mut makers = Makers::default();
        bring(&mut makers, Side::Sell, PRICE, Quantity::new(100));
        bring(&mut makers, Side::Sell, PRICE, Quantity::new(150));
        makers.filled(Side::Sell, PRICE, Quantity::new(120));
        assert_eq!((at(&makers, Side::Sell, PRICE), makers.open_orders()), (Quantity::new(30), 1));
        let mut wanted = ReplayBook::default();
        wanted.set(Side::Sell, PRICE, Quantity::new(150));
        let plan = makers.plan(&wanted, BTreeSet::new(), None, &btc_usdt());
        let place = Action::Place {
            order: 3,
            side: Side::Sell,
            price: PRICE,
            quantity: Quantity::new(120),
        };
        assert_eq!(plan, Plan { cancels: vec![], places: vec![place] });
        makers.filled(Side::Sell, PRICE, Quantity::new(30));
        assert_eq!(makers.best(Side::Sell), None);
    }

    #[test]
    fn levels_out_of_band_are_skipped() {
        let (mut makers, mut wanted) = (Makers::default(), ReplayBook::default());
        wanted.set(Side::Buy, Price::new(PRICE.get() / 2), Quantity::new(100));
        let changed = BTreeSet::from([(Side::Buy, Price::new(PRICE.get() / 2))]);
        let plan = makers.plan(&wanted, changed, Some(PRICE), &btc_usdt());
        assert_eq!((plan, makers.skipped.out_of_band), (Plan::default(), 1));
    }

    #[test]
    fn a_place_beyond_the_other_side_waits_for_the_cancels() {
        let mut makers = Makers::default();
        bring(&mut makers, Side::Buy, PRICE, Quantity::new(100));
        bring(&mut makers, Side::Sell, PRICE + Price::new(10), Quantity::new(100));
        for (side, price, expected) in [
            (Side::Buy, PRICE + Price::new(9), false),
            (Side::Buy, PRICE + Price::new(10), true),
            (Side::Sell, PRICE + Price::new(1), false),
            (Side::Sell, PRICE, true),
        ] {
            let place = Action::Place { order: 9, side, price, quantity: Quantity::new(1) };
            let plan = Plan { cancels: vec![], places: vec![place] };
            assert_eq!(makers.is_crossing(&plan), expected, "{side:?} {price}");
        }
    }

    #[test]
    fn a_minute_of_a_real_market_is_followed_to_the_lot() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/data/market/btcusdt_20240808_60s.jsonl.gz");
        let steps = btc_usdt();
        let mut recording = Recording::open(&path, steps.clone()).unwrap();
        let (mut book, mut makers) = (RecordedBook::default(), Makers::default());
        let (mut reference, mut actions) = (None, 0);
        while let Some(event) = recording.next_event().unwrap() {
            match event.happening {
                RecordedEvent::Snapshot(snapshot) => book.snapshot(&snapshot),
                RecordedEvent::Difference(difference) => book.difference(difference),
                RecordedEvent::Trade(trade) => {
                    let maker = trade.taker.opposite();
                    if at(&makers, maker, trade.price) > Quantity::ZERO {
                        let quantity = trade.quantity.min(at(&makers, maker, trade.price));
                        makers.filled(maker, trade.price, quantity);
                        reference = Some(trade.price);
                    }
                    continue;
                }
                RecordedEvent::Ticker(_) | RecordedEvent::Foreign => continue,
            }
            if book.last().is_none() {
                continue;
            }
            let changed = book.take_changed();
            let plan = makers.plan(book.ladder(), changed, reference, &steps);
            actions += plan.cancels.len() + plan.places.len();
            done(&mut makers, &plan);
            assert_eq!((makers.best(Side::Buy), makers.best(Side::Sell)), {
                let touch = book.ladder().touch();
                (touch.bid, touch.ask)
            });
        }
        let plan = makers.plan(book.ladder(), BTreeSet::new(), reference, &steps);
        done(&mut makers, &plan);
        for side in Side::ALL {
            for (price, quantity) in book.ladder().side(side) {
                let kept = steps.is_worth(*price, *quantity)
                    && steps.is_in_band(*price, reference.unwrap());
                let wanted = if kept { *quantity } else { Quantity::ZERO };
                assert_eq!(at(&makers, side, *price), wanted, "{side:?} {price}");
            }
        }
        assert!(actions > 20_000, "{actions}");
        assert!(makers.skipped.out_of_band > 0);
    }
}
