//! What is asked: a mix like that of a real market. Most orders rest a little away from the middle and
//! are cancelled again, some cross and trade at once.
//!
//! The same seed asks the same things in the same order, as far as the answers are the same.

use std::fmt::Write;

use crate::{
    domain::{
        instrument::{Price, Quantity},
        order::Side,
    },
    sim::replay::replay_book::Increments,
};

/// Of a hundred requests: so many orders that rest, so many that cross; the others are cancels.
pub const RESTING: u64 = 44;
pub const CROSSING: u64 = 20;
/// Open orders of one lane: with more it cancels, whatever the dice say.
const OPEN_MAX: usize = 100;
/// Prices stand up to so many hundred-thousandths of the middle away from it.
const AWAY_MAX: i64 = 128;

/// Where orders are placed.
#[derive(Clone, Debug)]
pub struct PlacementArea {
    steps: Increments,
    middle: Price,
    /// The least quantity that is worth an order.
    least: Quantity,
}

impl PlacementArea {
    /// Around `middle` ticks.
    pub fn new(steps: Increments, middle: Price) -> PlacementArea {
        let cheapest = middle - Price::new(middle.get() / 10);
        let mut least = 1;
        while !steps.is_worth(cheapest, Quantity::new(least)) && least < 1 << 40 {
            least *= 2;
        }
        PlacementArea { steps, middle, least: Quantity::new(least) }
    }

    /// The instrument's name.
    pub fn name(&self) -> &str {
        &self.steps.name
    }

    /// A hundred-thousandth of the middle, in ticks.
    fn unit(&self) -> i64 {
        (self.middle.get() / 100_000).max(1)
    }
}

/// What is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The order that was written.
    Place,
    /// A cancel of this order.
    Cancel(u64),
}

/// The requests of one lane.
#[derive(Clone, Debug)]
pub struct Mix {
    ground: PlacementArea,
    random: u64,
    open: Vec<u64>,
}

impl Mix {
    /// The requests that `seed` gives on `ground`.
    pub fn new(ground: PlacementArea, seed: u64) -> Mix {
        Mix { ground, random: seed, open: Vec::new() }
    }

    /// The next request; an order is written into `order`, which is emptied first.
    pub fn next(&mut self, order: &mut String) -> Ask {
        let dice = self.draw(100);
        let cancels = dice >= RESTING + CROSSING || self.open.len() >= OPEN_MAX;
        if cancels && !self.open.is_empty() {
            let at = self.draw(self.open.len() as u64) as usize;
            return Ask::Cancel(self.open.swap_remove(at));
        }
        order.clear();
        self.write(order, (RESTING..RESTING + CROSSING).contains(&dice));
        Ask::Place
    }

    /// Writes an order of a batch: the same mix without its cancels, four rest and one crosses.
    pub fn write_any(&mut self, into: &mut String) {
        let crosses = self.draw(5) == 0;
        self.write(into, crosses);
    }

    /// An order rests.
    pub fn opened(&mut self, id: u64) {
        self.open.push(id);
    }

    /// Writes one that rests near the middle, or one that takes what rests there and goes.
    fn write(&mut self, into: &mut String, crosses: bool) {
        let side = Side::ALL[self.draw(2) as usize];
        let unit = self.ground.unit();
        // Near the middle there are more than far away.
        let spread = (unit << self.draw(8)) as u64;
        let away = match crosses {
            true => -unit * AWAY_MAX,
            false => 1 + self.draw(spread) as i64,
        };
        let price = match side {
            Side::Buy => self.ground.middle - Price::new(away),
            Side::Sell => self.ground.middle + Price::new(away),
        };
        let least = self.ground.least.get();
        let quantity = Quantity::new(match crosses {
            true => least * (1 + self.draw(3) as i64),
            false => least * (1 + self.draw(9) as i64),
        });
        let steps = &self.ground.steps;
        // Writing to a text cannot fail.
        let _ = write!(
            into,
            r#"{{"instrument":"{}","order_type":"{}","order_subtype":"LIMIT","quantity":"{}","price":"{}""#,
            steps.name,
            side.code(),
            steps.print_quantity(quantity),
            steps.print_price(price),
        );
        into.push_str(if crosses { r#","time_in_force":"IOC"}"# } else { "}" });
    }

    /// A number below `bound` (splitmix64).
    fn draw(&mut self, bound: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::sim::client::InstrumentInfo;

    fn ground() -> PlacementArea {
        let info = InstrumentInfo {
            name: "BTC-USD".into(),
            base: "BTC".into(),
            quote: "USD".into(),
            tick_size: "0.01".into(),
            lot_size: "0.00001".into(),
            min_notional: "1.00".into(),
            price_band_percent: "20".into(),
            last_price: None,
        };
        PlacementArea::new(Increments::read(&info).unwrap(), Price::new(6_000_000))
    }

    #[test]
    fn the_mix_is_that_of_a_market() {
        let (mut mix, mut order) = (Mix::new(ground(), 7), String::new());
        let (mut resting, mut crossing, mut cancels, mut ids) = (0, 0, 0, 0);
        for _ in 0..10_000 {
            match mix.next(&mut order) {
                Ask::Cancel(_) => cancels += 1,
                Ask::Place if order.contains("IOC") => crossing += 1,
                Ask::Place => {
                    resting += 1;
                    ids += 1;
                    mix.opened(ids);
                }
            }
        }
        assert!((1_850..2_150).contains(&crossing), "{crossing}");
        assert!((7_850..8_150).contains(&(resting + cancels)), "{resting} {cancels}");
        assert!(mix.open.len() <= OPEN_MAX);
    }

    #[test]
    fn an_order_is_cancelled_once_at_most() {
        let (mut mix, mut order) = (Mix::new(ground(), 1), String::new());
        let mut open = std::collections::HashSet::new();
        for id in 0..10_000 {
            match mix.next(&mut order) {
                Ask::Place => {
                    mix.opened(id);
                    open.insert(id);
                }
                Ask::Cancel(id) => assert!(open.remove(&id)),
            }
        }
    }

    #[test]
    fn orders_rest_on_their_side_of_the_middle_or_cross_it() {
        let mut mix = Mix::new(ground(), 3);
        for _ in 0..1_000 {
            let mut text = String::new();
            mix.write_any(&mut text);
            let order: Value = serde_json::from_str(&text).unwrap();
            let price: f64 = order["price"].as_str().unwrap().parse().unwrap();
            let below = price < 60_000.0;
            let buys = order["order_type"] == "BUY";
            assert_eq!(below == buys, order["time_in_force"].is_null(), "{text}");
            assert!((59_900.0..60_100.0).contains(&price), "{text}");
        }
    }

    #[test]
    fn the_same_seed_asks_the_same() {
        let asked = |seed| {
            let mut all = String::new();
            let mut mix = Mix::new(ground(), seed);
            (0..50).for_each(|_| mix.write_any(&mut all));
            all
        };
        assert_eq!(asked(5), asked(5));
        assert_ne!(asked(5), asked(6));
    }
}
