//! What can be traded: an instrument, its steps, its least order and its fees.

use serde::{Deserialize, Serialize};

use super::{
    figure::figure,
    id::InstrumentId,
    money::{Amount, Asset, NumberError, Rate, Ratio, parse_scaled, print_scaled, ten_to},
    order::Side,
};

figure! {
    /// A price as a count of ticks; positive.
    Price
}

figure! {
    /// A quantity as a count of lots; positive in commands.
    Quantity
}

/// The largest price in ticks and quantity in lots; their product fits 128 bits with room.
pub const PRICE_MAX: Price = Price::new(1 << 50);
/// See [`PRICE_MAX`].
pub const QUANTITY_MAX: Quantity = Quantity::new(1 << 50);

/// A step of 10^-`scale` times `units`: a tick of 0.05 is 5 at scale 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Increment {
    pub units: i64,
    pub scale: u32,
}

impl Increment {
    /// Reads `text` as a count of this step. `TooFine` where it is no multiple.
    pub fn parse(self, text: &str, most: i64) -> Result<i64, NumberError> {
        let units = parse_scaled(text, self.scale)?;
        if units % i128::from(self.units) != 0 {
            return Err(NumberError::TooFine);
        }
        i64::try_from(units / i128::from(self.units))
            .ok()
            .filter(|count| *count <= most)
            .ok_or(NumberError::TooLarge)
    }

    /// Prints `count` steps at this step's scale.
    pub fn print(self, count: i64) -> String {
        print_scaled(i128::from(count) * i128::from(self.units), self.scale)
    }
}

/// An instrument as it was listed. Its asset pair and steps never change; fees, the least notional,
/// the band and the protection may, by a fact.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Instrument {
    /// Its place in the list of all instruments.
    pub id: InstrumentId,
    /// `BTC-USD`.
    pub name: String,
    /// What is bought and sold.
    pub base: Asset,
    /// What it is paid in.
    pub quote: Asset,
    /// The price step.
    pub tick: Increment,
    /// The quantity step.
    pub lot: Increment,
    /// The least value of an order, in minor units of the quote asset.
    pub min_notional: Amount,
    /// Taken from what the resting side receives.
    pub maker_fee: Rate,
    /// Taken from what the incoming side receives.
    pub taker_fee: Rate,
    /// How far from the reference a limit price may be.
    pub band: Rate,
    /// How far past the best opposite price a market order may trade.
    pub protection: Rate,
}

impl Instrument {
    /// Minor units of the quote asset for one tick times one lot.
    pub fn ratio(&self) -> Ratio {
        let units = self.tick.units * self.lot.units;
        let (have, want) = (self.tick.scale + self.lot.scale, self.quote.scale());
        match have >= want {
            true => Ratio { numerator: units, denominator: ten_to(have - want) },
            false => Ratio { numerator: units * ten_to(want - have), denominator: 1 },
        }
    }

    /// `price x quantity` rounded down, in minor units of the quote asset.
    pub fn notional_down(&self, price: Price, quantity: Quantity) -> Amount {
        self.ratio().notional_down(price.get(), quantity.get())
    }

    /// `price x quantity` rounded up, in minor units of the quote asset.
    pub fn notional_up(&self, price: Price, quantity: Quantity) -> Amount {
        self.ratio().notional_up(price.get(), quantity.get())
    }

    /// A price in plain notation.
    pub fn print_price(&self, price: Price) -> String {
        self.tick.print(price.get())
    }

    /// A quantity in plain notation.
    pub fn print_quantity(&self, quantity: Quantity) -> String {
        self.lot.print(quantity.get())
    }

    /// `quantity` in minor units of the base asset; exact.
    pub fn base_amount(&self, quantity: Quantity) -> Amount {
        Amount::new(quantity.get() * self.lot.units * ten_to(self.base.scale() - self.lot.scale))
    }

    /// The worst price at which a market order of `side` may trade where the best opposite price, or a
    /// stop price in its place, is `best`.
    pub fn protection_price(&self, side: Side, best: Price) -> Price {
        match side {
            Side::Buy => Price::new(self.protection.above_down(best.get())),
            Side::Sell => Price::new(self.protection.below_up(best.get())),
        }
    }

    /// Says what is wrong with this instrument's figures, if anything; asked once, at start.
    pub fn fault(&self) -> Option<&'static str> {
        let step = |s: Increment| s.units > 0 && s.units < 1 << 20 && s.scale <= 12;
        let broad = [self.maker_fee, self.taker_fee].iter().any(|r| r.0 >= 1_000_000);
        match () {
            _ if self.base == self.quote => Some("base and quote are the same asset"),
            _ if !step(self.tick) => Some("tick_size is not a step"),
            _ if !step(self.lot) => Some("lot_size is not a step"),
            _ if self.lot.scale > self.base.scale() => {
                Some("lot_size is finer than the base asset")
            }
            _ if !self.is_bounded() => Some("tick_size times lot_size is too coarse"),
            _ if self.min_notional <= Amount::ZERO => Some("min_notional is not positive"),
            _ if broad => Some("a fee takes everything"),
            _ if self.band.0 == 0 => Some("band_percent is zero"),
            _ if self.name.is_empty() || self.name.len() > 32 => Some("name is empty or too long"),
            _ => None,
        }
    }

    /// Whether the largest price times the largest quantity fits 128 bits at the quote's scale.
    fn is_bounded(&self) -> bool {
        let finer = self.quote.scale().saturating_sub(self.tick.scale + self.lot.scale);
        let units = i128::from(self.tick.units) * i128::from(self.lot.units);
        units * 10_i128.pow(finer) < 1 << 27
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notionals_follow_the_steps() {
        let usdt_usd = Instrument {
            id: InstrumentId(4),
            name: "USDT-USD".into(),
            base: Asset::Usdt,
            quote: Asset::Usd,
            tick: Increment { units: 1, scale: 4 },
            lot: Increment { units: 1, scale: 2 },
            min_notional: Amount::new(100),
            maker_fee: Rate(0),
            taker_fee: Rate(500),
            band: Rate(200_000),
            protection: Rate(50_000),
        };
        assert_eq!(usdt_usd.fault(), None);
        assert_eq!(usdt_usd.notional_down(Price::new(9_999), Quantity::new(1)), Amount::ZERO);
        assert_eq!(usdt_usd.notional_up(Price::new(9_999), Quantity::new(1)), Amount::new(1));
        assert_eq!(
            usdt_usd.notional_down(Price::new(10_000), Quantity::new(150)),
            Amount::new(150)
        );
        assert_eq!(usdt_usd.base_amount(Quantity::new(150)), Amount::new(1_500_000));
        let coarse = Increment { units: 1 << 19, scale: 0 };
        let vast = Instrument { tick: coarse, lot: coarse, ..usdt_usd };
        assert_eq!(vast.fault(), Some("tick_size times lot_size is too coarse"));
    }

    #[test]
    fn a_step_reads_multiples_of_itself_only() {
        let nickel = Increment { units: 5, scale: 2 };
        assert_eq!(nickel.parse("0.15", 1000), Ok(3));
        assert_eq!(nickel.parse("0.16", 1000), Err(NumberError::TooFine));
        assert_eq!(nickel.parse("0.155", 1000), Err(NumberError::TooFine));
        assert_eq!(nickel.parse("51", 1000), Err(NumberError::TooLarge));
        assert_eq!(nickel.print(3), "0.15");
    }
}
