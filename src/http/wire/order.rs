//! Orders, fills and what their owners' commands are answered with.

use serde::Serialize;
use utoipa::ToSchema;

use super::{code, print_ratio, time};
use crate::domain::{
    fact::BookFact,
    history,
    id::{OrderId, Sequence, UserId},
    instrument::Instrument,
    order::{self, Side},
};

/// An order with all that has happened to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Order {
    /// Unique across all instruments.
    #[schema(example = "1024")]
    pub id: String,
    /// The owner's own name for it.
    pub client_order_id: Option<String>,
    #[schema(example = "BTC-USD")]
    pub instrument: String,
    #[schema(value_type = code::OrderSide)]
    pub order_type: &'static str,
    #[schema(value_type = code::OrderKind)]
    pub order_subtype: &'static str,
    #[schema(value_type = code::TimeInForce)]
    pub time_in_force: &'static str,
    pub post_only: bool,
    #[schema(value_type = code::SelfTradePrevention)]
    pub self_trade_prevention: &'static str,
    /// The limit; null for market orders.
    #[schema(example = "50000.00")]
    pub price: Option<String>,
    /// What the last trade must reach before a stop becomes live.
    pub stop_price: Option<String>,
    /// Whether a stop has become live; null for all other orders.
    pub triggered: Option<bool>,
    /// Of a market buy by quote amount: what it bought.
    #[schema(example = "0.01000")]
    pub quantity: String,
    /// What a market buy by quote amount was given to spend.
    pub quote_amount: Option<String>,
    /// The part of an iceberg that the book shows.
    pub display_quantity: Option<String>,
    /// What had not been filled; an order that ended by a cancel or an expiry keeps it.
    pub remaining_quantity: String,
    pub filled_quantity: String,
    /// What the fills were worth in the quote asset; each rounded down.
    pub filled_notional: String,
    /// The fills' prices weighted with their quantities, at the price's scale, rounded to the
    /// nearest; null before the first fill.
    pub average_price: Option<String>,
    /// All fees so far, in `fee_currency`.
    pub fee_paid: String,
    /// What the order receives: the base asset for buys, the quote asset for sells.
    #[schema(example = "BTC")]
    pub fee_currency: &'static str,
    #[schema(value_type = code::OrderStatus)]
    pub status: &'static str,
    /// Why it ended, where the status alone does not say: OWNER, SWITCH, SELF_TRADE,
    /// IMMEDIATE_OR_CANCEL, FILL_OR_KILL, PROTECTION_PRICE, FUNDS_SPENT, DUST, PRICE_OUT_OF_BAND or
    /// POST_ONLY_WOULD_CROSS.
    #[schema(value_type = Option<code::OrderReason>)]
    pub status_reason: Option<&'static str>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
}

impl Order {
    /// `order` of the instrument `on`.
    pub fn of(order: &order::Order, on: &Instrument) -> Order {
        let price = |ticks| on.print_price(ticks);
        let quantity = |lots| on.print_quantity(lots);
        let fee_asset = received_asset(order.side, on);
        Order {
            id: order.id.to_string(),
            client_order_id: order.client_order_id.as_ref().map(|id| id.as_str().to_owned()),
            instrument: on.name.clone(),
            order_type: order.side.code(),
            order_subtype: order.kind.code(),
            time_in_force: order.time_in_force.code(),
            post_only: order.post_only,
            self_trade_prevention: order.self_trade_prevention.code(),
            price: order.price.map(price),
            stop_price: order.stop_price.map(price),
            triggered: order.kind.is_stop().then_some(order.triggered),
            quantity: quantity(order.quantity),
            quote_amount: order.quote_amount.map(|amount| on.quote.print(amount)),
            display_quantity: order.display_quantity.map(quantity),
            remaining_quantity: quantity(order.remaining),
            filled_quantity: quantity(order.filled),
            filled_notional: on.quote.print(order.quote_filled),
            average_price: order.average_price().map(|(ticks, lots)| {
                print_ratio(ticks * i128::from(on.tick.units), lots, on.tick.scale)
            }),
            fee_paid: fee_asset.print(order.fee_paid),
            fee_currency: fee_asset.code(),
            status: order.status.code(),
            status_reason: order.reason.map(|reason| reason.code()),
            created_at: time(order.created_at),
            updated_at: time(order.updated_at),
        }
    }
}

/// A fill, as the owner of one of its two orders sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fill {
    /// Rises by one within the instrument.
    #[schema(example = "1")]
    pub trade_id: String,
    pub price: String,
    pub quantity: String,
    /// What this side paid of what it received.
    pub fee: String,
    pub fee_currency: &'static str,
    #[schema(value_type = code::FillLiquidity)]
    pub liquidity: &'static str,
}

impl Fill {
    /// `fill` of the instrument `on`, as its maker or its taker sees it.
    pub fn of(fill: &order::Fill, maker: bool, on: &Instrument) -> Fill {
        let (side, fee, liquidity) = match maker {
            true => (fill.taker_side.opposite(), fill.maker_fee, code::Liquidity::Maker),
            false => (fill.taker_side, fill.taker_fee, code::Liquidity::Taker),
        };
        let fee_asset = received_asset(side, on);
        Fill {
            trade_id: fill.trade.to_string(),
            price: on.print_price(fill.price),
            quantity: on.print_quantity(fill.quantity),
            fee: fee_asset.print(fee),
            fee_currency: fee_asset.code(),
            liquidity: liquidity.code(),
        }
    }
}

/// The fills of one order among `all`, in their order.
pub fn fills<'a>(
    order: OrderId,
    all: impl IntoIterator<Item = &'a order::Fill>,
    on: &Instrument,
) -> Vec<Fill> {
    let own = |f: &&order::Fill| f.taker == order || f.maker == order;
    all.into_iter().filter(own).map(|f| Fill::of(f, f.maker == order, on)).collect()
}

/// The answer to a placed, amended or found order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Placed {
    pub order: Order,
    /// What it traded by this command.
    pub fills: Vec<Fill>,
    /// The journal's number of it.
    pub sequence: u64,
}

impl Placed {
    /// What a command did to its own order.
    pub fn of(sequence: Sequence, fact: &BookFact, on: &Instrument) -> Placed {
        let own = &fact.orders[0];
        Placed {
            order: Order::of(own, on),
            fills: fills(own.id, &fact.fills, on),
            sequence: sequence.0,
        }
    }
}

/// The answer to a cancel of many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Cancelled {
    /// Their ids.
    pub cancelled: Vec<String>,
    /// The journal's number of the last of the cancels.
    pub sequence: u64,
}

impl Cancelled {
    /// The orders of `by` that ended in these facts of one cancel.
    pub fn of<'a>(
        sequence: Sequence,
        by: UserId,
        facts: impl IntoIterator<Item = &'a BookFact>,
    ) -> Cancelled {
        let mut cancelled = Vec::new();
        for fact in facts {
            let own = fact.orders.iter().filter(|order| order.user == by);
            cancelled.extend(own.map(|order| order.id.to_string()));
        }
        Cancelled { cancelled, sequence: sequence.0 }
    }
}

/// A trade of the caller's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OwnTrade {
    /// Unique with the instrument.
    pub trade_id: String,
    pub instrument: String,
    pub order_id: String,
    #[schema(value_type = code::OrderSide)]
    pub order_type: &'static str,
    pub price: String,
    pub quantity: String,
    /// Price x quantity, rounded down to the quote asset's scale.
    pub notional: String,
    pub fee: String,
    pub fee_currency: &'static str,
    #[schema(value_type = code::FillLiquidity)]
    pub liquidity: &'static str,
    pub sequence: u64,
    #[schema(format = DateTime)]
    pub created_at: String,
}

impl OwnTrade {
    /// `trade` of the instrument `on`.
    pub fn of(trade: &history::OwnTrade, on: &Instrument) -> OwnTrade {
        let fill = &trade.fill;
        let (order, side) = match trade.maker {
            true => (fill.maker, fill.taker_side.opposite()),
            false => (fill.taker, fill.taker_side),
        };
        let Fill { trade_id, price, quantity, fee, fee_currency, liquidity } =
            Fill::of(fill, trade.maker, on);
        OwnTrade {
            trade_id,
            instrument: on.name.clone(),
            order_id: order.to_string(),
            order_type: side.code(),
            price,
            quantity,
            notional: on.quote.print(fill.notional),
            fee,
            fee_currency,
            liquidity,
            sequence: trade.sequence.0,
            created_at: time(trade.stamp),
        }
    }
}

/// A fee is taken from what is received.
fn received_asset(side: Side, on: &Instrument) -> crate::domain::money::Asset {
    match side {
        Side::Buy => on.base,
        Side::Sell => on.quote,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::instrument::{Price, Quantity};
    use crate::domain::money::Amount;
    use crate::domain::{book::Book, id::Stamp, order::PlaceOrder};
    use crate::http::wire::tests::btc_usd;

    fn limit(side: Side, price: i64, quantity: i64) -> PlaceOrder {
        PlaceOrder::limit(side, Quantity::new(quantity), Price::new(price))
    }

    #[test]
    fn an_average_price_is_exact_and_rounds_to_the_nearest() {
        let mut book = Book::new(btc_usd());
        let (alice, bob, at) = (UserId(1), UserId(2), Stamp(0));
        let budget = 1_000_000_000;
        // 0.00001 BTC at 61837.64 is worth 0.61: an average of notionals would say 61000.00.
        book.place(alice, &limit(Side::Sell, 6_183_764, 1), Amount::new(budget), at).unwrap();
        book.place(alice, &limit(Side::Sell, 6_183_765, 1), Amount::new(budget), at).unwrap();
        let one =
            book.place(bob, &limit(Side::Buy, 6_183_764, 1), Amount::new(budget), at).unwrap();
        let placed = Placed::of(Sequence(9), &one, &btc_usd());
        assert_eq!(placed.order.average_price.as_deref(), Some("61837.64"));
        assert_eq!(placed.order.filled_notional, "0.61");
        assert_eq!((placed.order.status, placed.sequence), ("FILLED", 9));

        book.place(alice, &limit(Side::Sell, 6_183_764, 1), Amount::new(budget), at).unwrap();
        let two =
            book.place(bob, &limit(Side::Buy, 6_183_765, 2), Amount::new(budget), at).unwrap();
        let placed = Placed::of(Sequence(11), &two, &btc_usd());
        assert_eq!(placed.order.average_price.as_deref(), Some("61837.65"), "halves go up");
        assert_eq!(placed.fills.len(), 2);
        assert_eq!(placed.fills[0].fee_currency, "BTC");
        assert_eq!(placed.fills[0].liquidity, "TAKER");
    }

    #[test]
    fn both_sides_of_a_fill_see_their_own_fee() {
        let mut book = Book::new(btc_usd());
        let budget = 1_000_000_000;
        book.place(UserId(1), &limit(Side::Sell, 5_000_000, 1000), Amount::new(budget), Stamp(0))
            .unwrap();
        let taken = book
            .place(UserId(2), &limit(Side::Buy, 5_000_000, 1000), Amount::new(budget), Stamp(0))
            .unwrap();
        let fill = &taken.fills[0];
        let (maker, taker) = (Fill::of(fill, true, &btc_usd()), Fill::of(fill, false, &btc_usd()));
        assert_eq!((maker.fee.as_str(), maker.fee_currency), ("0.50", "USD"));
        assert_eq!((taker.fee.as_str(), taker.fee_currency), ("0.00002000", "BTC"));
        let json = serde_json::to_value(&taker).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "trade_id": "1", "price": "50000.00", "quantity": "0.01000",
                "fee": "0.00002000", "fee_currency": "BTC", "liquidity": "TAKER",
            })
        );
        assert_eq!(fills(fill.maker, &taken.fills, &btc_usd()), [maker]);
    }
}
