//! Order requests as clients write them, and their one way into checked orders.

use serde::{Deserialize, Serialize};

use super::{
    instrument::{Instrument, PRICE_MAX, Price, QUANTITY_MAX, Quantity},
    money::{Amount, NumberError},
    order::{ClientOrderId, Kind, PlaceOrder, SelfTradePrevention, Side, TimeInForce},
    rejection::Rejection,
};

/// An order as it is asked for; figures are texts in plain notation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct OrderRequest {
    pub side: Option<Side>,
    pub kind: Option<Kind>,
    pub time_in_force: TimeInForce,
    pub post_only: bool,
    pub self_trade_prevention: SelfTradePrevention,
    pub quantity: Option<String>,
    pub price: Option<String>,
    pub stop_price: Option<String>,
    pub quote_amount: Option<String>,
    pub display_quantity: Option<String>,
    pub client_order_id: Option<String>,
}

/// What is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request makes no sense: which field, and why.
    Field(&'static str, &'static str),
    /// The request makes sense, and breaks a rule of the instrument in this field.
    Rule(&'static str, Rejection),
}

impl OrderRequest {
    /// The checked order, in ticks, lots and minor units of `instrument`.
    pub fn check(&self, instrument: &Instrument) -> Result<PlaceOrder, Fault> {
        let kind = self.kind.ok_or(Fault::Field("order_subtype", "is missing"))?;
        let side = self.side.ok_or(Fault::Field("order_type", "is missing"))?;
        self.check_fields_fit(kind, side)?;
        let quantity = self.quantity.as_deref().map(|t| read_quantity("quantity", t, instrument));
        let price = self.price.as_deref().map(|t| read_price("price", t, instrument));
        let stop_price =
            self.stop_price.as_deref().map(|t| read_price("stop_price", t, instrument));
        let display = self
            .display_quantity
            .as_deref()
            .map(|t| read_quantity("display_quantity", t, instrument));
        let order = PlaceOrder {
            side,
            kind,
            time_in_force: self.time_in_force,
            post_only: self.post_only,
            self_trade_prevention: self.self_trade_prevention,
            quantity: quantity.transpose()?.unwrap_or(0),
            price: price.transpose()?,
            stop_price: stop_price.transpose()?,
            quote_amount: self.read_quote_amount(instrument)?,
            display_quantity: display.transpose()?,
            client_order_id: self.read_client_order_id()?,
        };
        check_notional(&order, instrument)?;
        Ok(order)
    }

    /// Which fields go with which kind of order.
    fn check_fields_fit(&self, kind: Kind, side: Side) -> Result<(), Fault> {
        let by_quote = self.quote_amount.is_some();
        let resting_kind = kind.has_price();
        let refuse = |field, why| Err(Fault::Field(field, why));
        match () {
            _ if kind.has_price() && self.price.is_none() => refuse("price", "is missing"),
            _ if !kind.has_price() && self.price.is_some() => {
                refuse("price", "does not go with a market order")
            }
            _ if kind.is_stop() && self.stop_price.is_none() => refuse("stop_price", "is missing"),
            _ if !kind.is_stop() && self.stop_price.is_some() => {
                refuse("stop_price", "goes with stop orders only")
            }
            _ if by_quote && (kind, side) != (Kind::Market, Side::Buy) => {
                refuse("quote_amount", "goes with a market buy only")
            }
            _ if by_quote && self.quantity.is_some() => {
                refuse("quote_amount", "stands in place of quantity, not beside it")
            }
            _ if !by_quote && self.quantity.is_none() => refuse("quantity", "is missing"),
            _ if self.post_only && !resting_kind => {
                refuse("post_only", "goes with orders that have a price")
            }
            _ if self.post_only && self.time_in_force != TimeInForce::Gtc => {
                refuse("post_only", "goes with GTC only")
            }
            _ if self.display_quantity.is_some()
                && (!resting_kind || self.time_in_force != TimeInForce::Gtc) =>
            {
                refuse("display_quantity", "goes with GTC orders that have a price")
            }
            _ => Ok(()),
        }
    }

    fn read_quote_amount(&self, instrument: &Instrument) -> Result<Option<Amount>, Fault> {
        let Some(text) = &self.quote_amount else { return Ok(None) };
        match instrument.quote.parse(text) {
            Ok(0) => Err(Fault::Field("quote_amount", "is not above zero")),
            Ok(amount) => Ok(Some(amount)),
            Err(NumberError::TooLarge) => {
                Err(Fault::Rule("quote_amount", Rejection::AboveMaxNotional))
            }
            Err(error) => Err(Fault::Field("quote_amount", explain(error))),
        }
    }

    fn read_client_order_id(&self) -> Result<Option<ClientOrderId>, Fault> {
        let Some(text) = &self.client_order_id else { return Ok(None) };
        match ClientOrderId::new(text) {
            Some(id) => Ok(Some(id)),
            None => Err(Fault::Field("client_order_id", "is not 1 to 36 of A-Z a-z 0-9 - _ . :")),
        }
    }
}

/// Reads a price as a count of ticks.
pub fn read_price(field: &'static str, text: &str, on: &Instrument) -> Result<Price, Fault> {
    read_steps(field, on.tick.parse(text, PRICE_MAX), Rejection::OffTick, Rejection::PriceTooLarge)
}

/// Reads a quantity as a count of lots.
pub fn read_quantity(field: &'static str, text: &str, on: &Instrument) -> Result<Quantity, Fault> {
    let most = QUANTITY_MAX / (on.base_amount(1)).max(1);
    read_steps(field, on.lot.parse(text, most), Rejection::OffLot, Rejection::QuantityTooLarge)
}

fn read_steps(
    field: &'static str,
    read: Result<i64, NumberError>,
    too_fine: Rejection,
    too_large: Rejection,
) -> Result<i64, Fault> {
    match read {
        Ok(0) => Err(Fault::Field(field, "is not above zero")),
        Ok(count) => Ok(count),
        Err(NumberError::TooFine) => Err(Fault::Rule(field, too_fine)),
        Err(NumberError::TooLarge) => Err(Fault::Rule(field, too_large)),
        Err(error) => Err(Fault::Field(field, explain(error))),
    }
}

/// What is wrong with a figure, as a message to a client.
pub fn explain(error: NumberError) -> &'static str {
    match error {
        NumberError::Malformed => "is not a decimal number in plain notation",
        NumberError::TooManyDigits => "has too many digits",
        NumberError::TooFine => "has more decimals than its asset",
        NumberError::TooLarge => "is too large",
    }
}

/// The most parts that an iceberg may show one after the other: it bounds how many fills one order
/// can have with another.
pub const ICEBERG_PARTS_MAX: Quantity = 100;

/// The largest notional that an order may have, in minor units; well below what can be issued.
pub const NOTIONAL_MAX: Amount = 100_000_000_000_000_000;

/// Whether an iceberg of `quantity` would have more parts than it may.
pub fn shows_too_little(shown: Quantity, quantity: Quantity) -> bool {
    quantity > shown.saturating_mul(ICEBERG_PARTS_MAX)
}

/// Checks what an order is worth at its own price; a market order without one is checked by the book.
fn check_notional(order: &PlaceOrder, instrument: &Instrument) -> Result<(), Fault> {
    let least = instrument.min_notional;
    let low = order.price.into_iter().chain(order.stop_price).min();
    let high = order.price.into_iter().chain(order.stop_price).max();
    if let (Some(low), Some(high)) = (low, high) {
        if instrument.notional_up(high, order.quantity) > NOTIONAL_MAX {
            return Err(Fault::Rule("quantity", Rejection::AboveMaxNotional));
        }
        let judged = order.price.unwrap_or(low);
        if instrument.notional_down(judged, order.quantity) < least {
            return Err(Fault::Rule("quantity", Rejection::BelowMinNotional));
        }
        if let Some(shown) = order.display_quantity {
            let too_small = instrument.notional_down(judged, shown) < least;
            if too_small || shown > order.quantity || shows_too_little(shown, order.quantity) {
                return Err(Fault::Rule("display_quantity", Rejection::DisplayTooSmall));
            }
        }
    }
    match order.quote_amount {
        Some(amount) if amount < least => {
            Err(Fault::Rule("quote_amount", Rejection::BelowMinNotional))
        }
        Some(amount) if amount > NOTIONAL_MAX => {
            Err(Fault::Rule("quote_amount", Rejection::AboveMaxNotional))
        }
        _ => Ok(()),
    }
}
