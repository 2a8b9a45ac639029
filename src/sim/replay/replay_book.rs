//! Price levels of both sides, in ticks and lots, and an instrument's steps to read them with.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::{
    domain::{
        instrument::{Increment, PRICE_MAX, Price, QUANTITY_MAX, Quantity},
        money::{NumberError, Rate, parse_decimal, parse_scaled},
        order::Side,
    },
    sim::client::InstrumentInfo,
};

/// What the replay needs to know of the instrument that it plays on.
#[derive(Clone, Debug)]
pub struct Increments {
    /// `BTC-USDT`.
    pub name: String,
    /// The currency that is traded.
    pub base: String,
    /// The currency that it is paid in.
    pub quote: String,
    tick: Increment,
    lot: Increment,
    band: Rate,
    /// In units of one tick's times one lot's scale.
    min_notional: i128,
}

impl Increments {
    /// The steps of a listed instrument; what is wrong with the listing otherwise.
    pub fn read(info: &InstrumentInfo) -> Result<Increments, String> {
        let wrong = |field: &str| format!("{}: cannot use its {field}", info.name);
        let tick = step(&info.tick_size).ok_or_else(|| wrong("tick_size"))?;
        let lot = step(&info.lot_size).ok_or_else(|| wrong("lot_size"))?;
        let band = parse_decimal(&info.price_band_percent).ok().and_then(Rate::from_percent);
        Ok(Increments {
            name: info.name.clone(),
            base: info.base.clone(),
            quote: info.quote.clone(),
            tick,
            lot,
            band: band.ok_or_else(|| wrong("price_band_percent"))?,
            min_notional: parse_scaled(&info.min_notional, tick.scale + lot.scale)
                .map_err(|_| wrong("min_notional"))?,
        })
    }

    /// A price in ticks; an error where it is no multiple of the tick.
    pub fn price(&self, text: &str) -> Result<Price, NumberError> {
        self.tick.parse(text, PRICE_MAX.get()).map(Price::new)
    }

    /// A quantity in lots, rounded down.
    pub fn quantity_down(&self, text: &str) -> Result<Quantity, NumberError> {
        let cut = parse_decimal(text)?.trunc_with_scale(self.lot.scale);
        let units = parse_scaled(&cut.to_string(), self.lot.scale)?;
        let lots = units / i128::from(self.lot.units);
        let lots = i64::try_from(lots).ok().map(Quantity::new);
        lots.filter(|lots| *lots <= QUANTITY_MAX).ok_or(NumberError::TooLarge)
    }

    /// A price as the exchange writes it.
    pub fn print_price(&self, price: Price) -> String {
        self.tick.print(price.get())
    }

    /// A quantity as the exchange writes it.
    pub fn print_quantity(&self, quantity: Quantity) -> String {
        self.lot.print(quantity.get())
    }

    /// Whether an order of this size is worth as much as the instrument asks for.
    pub fn is_worth(&self, price: Price, quantity: Quantity) -> bool {
        let price = i128::from(price) * i128::from(self.tick.units);
        price * i128::from(quantity) * i128::from(self.lot.units) >= self.min_notional
    }

    /// Whether the exchange takes a limit at `price` when `reference` was the last price.
    pub fn is_in_band(&self, price: Price, reference: Price) -> bool {
        (self.band.below_up(reference.get())..=self.band.above_down(reference.get()))
            .contains(&price.get())
    }
}

/// `0.05` as 5 at scale 2.
fn step(text: &str) -> Option<Increment> {
    let value: Decimal = parse_decimal(text).ok()?.normalize();
    let units = i64::try_from(value.mantissa()).ok().filter(|units| *units > 0)?;
    Some(Increment { units, scale: value.scale() })
}

/// The best prices of a book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Touch {
    pub bid: Option<Price>,
    pub ask: Option<Price>,
}

/// Price levels of both sides; a level that is there has a positive quantity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayBook {
    bids: BTreeMap<Price, Quantity>,
    asks: BTreeMap<Price, Quantity>,
}

impl ReplayBook {
    /// One side's levels, cheapest first.
    pub fn side(&self, side: Side) -> &BTreeMap<Price, Quantity> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn side_mut(&mut self, side: Side) -> &mut BTreeMap<Price, Quantity> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// What is wanted at a level, zero where there is none.
    pub fn at(&self, side: Side, price: Price) -> Quantity {
        self.side(side).get(&price).copied().unwrap_or(Quantity::ZERO)
    }

    /// Sets a level; zero removes it.
    pub fn set(&mut self, side: Side, price: Price, quantity: Quantity) {
        match quantity {
            Quantity::ZERO => self.side_mut(side).remove(&price),
            _ => self.side_mut(side).insert(price, quantity),
        };
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
    }

    /// The best prices.
    pub fn touch(&self) -> Touch {
        Touch {
            bid: self.bids.last_key_value().map(|(price, _)| *price),
            ask: self.asks.first_key_value().map(|(price, _)| *price),
        }
    }

    /// One side's levels, best first.
    pub fn best_first(&self, side: Side) -> Box<dyn Iterator<Item = (Price, Quantity)> + '_> {
        let levels = self.side(side).iter().map(|(price, quantity)| (*price, *quantity));
        match side {
            Side::Buy => Box::new(levels.rev()),
            Side::Sell => Box::new(levels),
        }
    }
}

#[cfg(test)]
pub(super) fn btc_usdt() -> Increments {
    Increments::read(&InstrumentInfo {
        name: "BTC-USDT".into(),
        base: "BTC".into(),
        quote: "USDT".into(),
        tick_size: "0.01".into(),
        lot_size: "0.00001".into(),
        min_notional: "1.000000".into(),
        price_band_percent: "20.0000".into(),
        last_price: None,
    })
    .expect("these steps are good")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_in_ticks_and_lots() {
        let steps = btc_usdt();
        assert_eq!(steps.price("61837.63000000"), Ok(Price::new(6_183_763)));
        assert_eq!(steps.price("61837.63500000"), Err(NumberError::TooFine));
        assert_eq!(steps.quantity_down("3.78826999"), Ok(Quantity::new(378_826)));
        assert_eq!(steps.quantity_down("0.00000999"), Ok(Quantity::ZERO));
        assert_eq!(steps.quantity_down("1e3"), Err(NumberError::Malformed));
        assert_eq!(steps.print_price(Price::new(6_183_763)), "61837.63");
        assert_eq!(steps.print_quantity(Quantity::new(378_826)), "3.78826");
    }

    #[test]
    fn bounds_are_the_exchanges() {
        let steps = btc_usdt();
        assert!(!steps.is_worth(Price::new(6_183_763), Quantity::new(1)));
        assert!(steps.is_worth(Price::new(6_183_763), Quantity::new(2)));
        assert!(steps.is_worth(Price::new(100_000), Quantity::new(100)));
        assert!(!steps.is_worth(Price::new(99_999), Quantity::new(100)));
        assert!(steps.is_in_band(Price::new(120), Price::new(100)));
        assert!(steps.is_in_band(Price::new(80), Price::new(100)));
        assert!(!steps.is_in_band(Price::new(121), Price::new(100)));
        assert!(!steps.is_in_band(Price::new(79), Price::new(100)));
    }

    #[test]
    fn the_touch_is_the_best_of_each_side() {
        let mut ladder = ReplayBook::default();
        assert_eq!(ladder.touch(), Touch::default());
        for (side, price) in [(Side::Buy, 9), (Side::Buy, 10), (Side::Sell, 12), (Side::Sell, 11)] {
            ladder.set(side, Price::new(price), Quantity::new(1));
        }
        assert_eq!(ladder.touch(), Touch { bid: Some(Price::new(10)), ask: Some(Price::new(11)) });
        ladder.set(Side::Buy, Price::new(10), Quantity::ZERO);
        assert_eq!(ladder.touch().bid, Some(Price::new(9)));
        assert_eq!(
            ladder.best_first(Side::Sell).collect::<Vec<_>>(),
            [(Price::new(11), Quantity::new(1)), (Price::new(12), Quantity::new(1))]
        );
    }
}
