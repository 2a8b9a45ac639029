//! What is sent to the exchange and what it answers, as texts.

use serde::{Deserialize, Serialize};

use crate::domain::order::{Side, TimeInForce};

/// An instrument as listed.
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs)]
pub struct InstrumentInfo {
    pub name: String,
    pub base: String,
    pub quote: String,
    pub tick_size: String,
    pub lot_size: String,
    pub min_notional: String,
    /// How far from the last trade a price may be.
    pub price_band_percent: String,
    /// None before the first trade.
    pub last_price: Option<String>,
}

/// One side's levels, best first: price and quantity.
pub type Levels = Vec<(String, String)>;

/// An order book as it stood after `sequence`.
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs)]
pub struct BookView {
    #[serde(default)]
    pub sequence: u64,
    pub bids: Levels,
    pub asks: Levels,
    #[serde(default)]
    pub checksum: Option<u32>,
}

/// An order to place; [`NewOrder::limit`] and [`NewOrder::market`] start one.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct NewOrder {
    pub instrument: String,
    pub order_type: &'static str,
    pub order_subtype: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote_amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_in_force: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub post_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<String>,
}

impl NewOrder {
    /// A limit order, good till cancelled.
    pub fn limit(instrument: &str, side: Side, quantity: String, price: String) -> NewOrder {
        let price = Some(price);
        NewOrder { price, order_subtype: "LIMIT", ..NewOrder::market(instrument, side, quantity) }
    }

    /// A market order by quantity.
    pub fn market(instrument: &str, side: Side, quantity: String) -> NewOrder {
        NewOrder {
            instrument: instrument.to_owned(),
            order_type: side.code(),
            order_subtype: "MARKET",
            quantity: Some(quantity),
            price: None,
            quote_amount: None,
            time_in_force: None,
            post_only: false,
            client_order_id: None,
        }
    }

    /// The same order with another time in force.
    pub fn time_in_force(mut self, time_in_force: TimeInForce) -> NewOrder {
        self.time_in_force = Some(time_in_force.code());
        self
    }

    /// The same order, refused where it would trade at once.
    pub fn post_only(mut self) -> NewOrder {
        self.post_only = true;
        self
    }

    /// The same order under a name of the client's own.
    pub fn client_order_id(mut self, id: String) -> NewOrder {
        self.client_order_id = Some(id);
        self
    }
}

/// An order as answered.
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs)]
pub struct OrderView {
    pub id: String,
    #[serde(default)]
    pub client_order_id: Option<String>,
    pub status: String,
    #[serde(default)]
    pub status_reason: Option<String>,
    pub remaining_quantity: String,
    pub filled_quantity: String,
}

impl OrderView {
    /// Whether it rests in the book, or waits as a stop.
    pub fn is_open(&self) -> bool {
        matches!(self.status.as_str(), "PENDING" | "PARTIALLY_FILLED")
    }
}

/// A fill as its owner sees it.
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs)]
pub struct FillView {
    pub trade_id: String,
    pub price: String,
    pub quantity: String,
    pub fee: String,
    pub fee_currency: String,
    pub liquidity: String,
}

/// The answer to an accepted order.
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Placed {
    pub order: OrderView,
    pub fills: Vec<FillView>,
    pub sequence: u64,
}

/// One currency's totals: always `users + house = issued`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[allow(missing_docs)]
pub struct Total {
    pub currency: String,
    pub issued: String,
    pub users: String,
    pub house: String,
}

/// All currencies' totals at `sequence`.
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Totals {
    pub totals: Vec<Total>,
    /// Whether the exchange finds that they add up, and that what is locked is what orders hold.
    pub balanced: bool,
    pub sequence: u64,
}
