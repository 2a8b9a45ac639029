//! Order requests as clients write them, in whatever words, and their one way into checked orders.
//!
//! A request borrows its texts, and what is wrong with it is said by field and cause: which names and which
//! sentences a client reads is for the edge that it came in by.

use super::{
    instrument::{Instrument, PRICE_MAX, Price, QUANTITY_MAX, Quantity},
    money::{Amount, NumberError},
    order::{ClientOrderId, OrderType, PlaceOrder, SelfTradePrevention, Side, TimeInForce},
    rejection::Rejection,
};

/// An order as it is asked for; figures are texts in plain notation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct OrderRequest<'a> {
    pub side: Option<Side>,
    pub kind: Option<OrderType>,
    pub time_in_force: TimeInForce,
    pub post_only: bool,
    pub self_trade_prevention: SelfTradePrevention,
    pub quantity: Option<&'a str>,
    pub price: Option<&'a str>,
    pub stop_price: Option<&'a str>,
    pub quote_amount: Option<&'a str>,
    pub display_quantity: Option<&'a str>,
    pub client_order_id: Option<&'a str>,
}

/// A part of an order request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Field {
    Side,
    OrderType,
    PostOnly,
    Quantity,
    Price,
    StopPrice,
    QuoteAmount,
    DisplayQuantity,
    ClientOrderId,
}

/// What is wrong with a part of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It has to be there.
    Missing,
    /// It does not go with a market order.
    MarketOrder,
    /// It goes with stop orders only.
    StopOrdersOnly,
    /// It goes with a market buy only.
    MarketBuyOnly,
    /// It stands in place of the quantity, not beside it.
    BesideQuantity,
    /// It goes with orders that have a price.
    PricedOrdersOnly,
    /// It goes with GTC only.
    GtcOnly,
    /// It goes with GTC orders that have a price.
    PricedGtcOnly,
    /// It has to be above zero.
    Zero,
    /// It is no client order id.
    NotAName,
    /// It is no figure that can be read.
    Number(NumberError),
    /// The request makes sense, and breaks a rule of the instrument.
    Rule(Rejection),
}

/// Why there is no order in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRequest {
    /// The part at fault.
    pub field: Field,
    /// What is wrong with it.
    pub why: Why,
}

impl InvalidRequest {
    fn new(field: Field, why: Why) -> InvalidRequest {
        InvalidRequest { field, why }
    }
}

fn breaks(field: Field, rule: Rejection) -> InvalidRequest {
    InvalidRequest::new(field, Why::Rule(rule))
}

impl OrderRequest<'_> {
    /// The checked order, in ticks, lots and minor units of `instrument`.
    ///
    /// # Errors
    /// The first part of the request that is wrong.
    pub fn check(&self, instrument: &Instrument) -> Result<PlaceOrder, InvalidRequest> {
        let missing = |field| InvalidRequest::new(field, Why::Missing);
        let kind = self.kind.ok_or(missing(Field::OrderType))?;
        let side = self.side.ok_or(missing(Field::Side))?;
        self.check_fields_fit(kind, side)?;
        let quantity = self.quantity.map(|t| read_quantity(Field::Quantity, t, instrument));
        let price = self.price.map(|t| read_price(Field::Price, t, instrument));
        let stop_price = self.stop_price.map(|t| read_price(Field::StopPrice, t, instrument));
        let display =
            self.display_quantity.map(|t| read_quantity(Field::DisplayQuantity, t, instrument));
        let order = PlaceOrder {
            side,
            kind,
            time_in_force: self.time_in_force,
            post_only: self.post_only,
            self_trade_prevention: self.self_trade_prevention,
            quantity: quantity.transpose()?.unwrap_or(Quantity::ZERO),
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
    fn check_fields_fit(&self, kind: OrderType, side: Side) -> Result<(), InvalidRequest> {
        let by_quote = self.quote_amount.is_some();
        let resting_kind = kind.has_price();
        let is_gtc = self.time_in_force == TimeInForce::Gtc;
        let refuse = |field, why| Err(InvalidRequest::new(field, why));
        match () {
            _ if kind.has_price() && self.price.is_none() => refuse(Field::Price, Why::Missing),
            _ if !kind.has_price() && self.price.is_some() => {
                refuse(Field::Price, Why::MarketOrder)
            }
            _ if kind.is_stop() && self.stop_price.is_none() => {
                refuse(Field::StopPrice, Why::Missing)
            }
            _ if !kind.is_stop() && self.stop_price.is_some() => {
                refuse(Field::StopPrice, Why::StopOrdersOnly)
            }
            _ if by_quote && (kind, side) != (OrderType::Market, Side::Buy) => {
                refuse(Field::QuoteAmount, Why::MarketBuyOnly)
            }
            _ if by_quote && self.quantity.is_some() => {
                refuse(Field::QuoteAmount, Why::BesideQuantity)
            }
            _ if !by_quote && self.quantity.is_none() => refuse(Field::Quantity, Why::Missing),
            _ if self.post_only && !resting_kind => refuse(Field::PostOnly, Why::PricedOrdersOnly),
            _ if self.post_only && !is_gtc => refuse(Field::PostOnly, Why::GtcOnly),
            _ if self.display_quantity.is_some() && (!resting_kind || !is_gtc) => {
                refuse(Field::DisplayQuantity, Why::PricedGtcOnly)
            }
            _ => Ok(()),
        }
    }

    fn read_quote_amount(&self, on: &Instrument) -> Result<Option<Amount>, InvalidRequest> {
        let Some(text) = self.quote_amount else { return Ok(None) };
        let wrong = |why| Err(InvalidRequest::new(Field::QuoteAmount, why));
        match on.quote.parse(text) {
            Ok(Amount::ZERO) => wrong(Why::Zero),
            Ok(amount) => Ok(Some(amount)),
            Err(NumberError::TooLarge) => wrong(Why::Rule(Rejection::AboveMaxNotional)),
            Err(error) => wrong(Why::Number(error)),
        }
    }

    fn read_client_order_id(&self) -> Result<Option<ClientOrderId>, InvalidRequest> {
        let Some(text) = self.client_order_id else { return Ok(None) };
        let wrong = || InvalidRequest::new(Field::ClientOrderId, Why::NotAName);
        ClientOrderId::new(text).map(Some).ok_or_else(wrong)
    }
}

/// Reads a price as a count of ticks.
///
/// # Errors
/// What is wrong with `text`, which stands in `field`.
pub fn read_price(field: Field, text: &str, on: &Instrument) -> Result<Price, InvalidRequest> {
    let ticks = on.tick.parse(text, PRICE_MAX.get());
    read_steps(field, ticks, Rejection::OffTick, Rejection::PriceTooLarge).map(Price::new)
}

/// Reads a quantity as a count of lots.
///
/// # Errors
/// What is wrong with `text`, which stands in `field`.
pub fn read_quantity(
    field: Field,
    text: &str,
    on: &Instrument,
) -> Result<Quantity, InvalidRequest> {
    let most = QUANTITY_MAX.get() / on.base_amount(Quantity::new(1)).get().max(1);
    let lots = on.lot.parse(text, most);
    read_steps(field, lots, Rejection::OffLot, Rejection::QuantityTooLarge).map(Quantity::new)
}

fn read_steps(
    field: Field,
    read: Result<i64, NumberError>,
    too_fine: Rejection,
    too_large: Rejection,
) -> Result<i64, InvalidRequest> {
    match read {
        Ok(0) => Err(InvalidRequest::new(field, Why::Zero)),
        Ok(count) => Ok(count),
        Err(NumberError::TooFine) => Err(breaks(field, too_fine)),
        Err(NumberError::TooLarge) => Err(breaks(field, too_large)),
        Err(error) => Err(InvalidRequest::new(field, Why::Number(error))),
    }
}

/// The most parts that an iceberg may show one after the other: it bounds how many fills one order
/// can have with another.
pub const ICEBERG_PARTS_MAX: i64 = 100;

/// The largest notional that an order may have, in minor units; well below what can be issued.
pub const NOTIONAL_MAX: Amount = Amount::new(100_000_000_000_000_000);

/// Whether an iceberg of `quantity` would have more parts than it may.
pub fn shows_too_little(shown: Quantity, quantity: Quantity) -> bool {
    quantity.get() > shown.get().saturating_mul(ICEBERG_PARTS_MAX)
}

/// Checks what an order is worth at its own price; a market order without one is checked by the book.
fn check_notional(order: &PlaceOrder, instrument: &Instrument) -> Result<(), InvalidRequest> {
    let least = instrument.min_notional;
    let low = order.price.into_iter().chain(order.stop_price).min();
    let high = order.price.into_iter().chain(order.stop_price).max();
    if let (Some(low), Some(high)) = (low, high) {
        if instrument.notional_up(high, order.quantity) > NOTIONAL_MAX {
            return Err(breaks(Field::Quantity, Rejection::AboveMaxNotional));
        }
        let judged = order.price.unwrap_or(low);
        if instrument.notional_down(judged, order.quantity) < least {
            return Err(breaks(Field::Quantity, Rejection::BelowMinNotional));
        }
        if let Some(shown) = order.display_quantity {
            let too_small = instrument.notional_down(judged, shown) < least;
            if too_small || shown > order.quantity || shows_too_little(shown, order.quantity) {
                return Err(breaks(Field::DisplayQuantity, Rejection::DisplayTooSmall));
            }
        }
    }
    match order.quote_amount {
        Some(amount) if amount < least => {
            Err(breaks(Field::QuoteAmount, Rejection::BelowMinNotional))
        }
        Some(amount) if amount > NOTIONAL_MAX => {
            Err(breaks(Field::QuoteAmount, Rejection::AboveMaxNotional))
        }
        _ => Ok(()),
    }
}
