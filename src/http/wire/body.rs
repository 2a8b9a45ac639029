//! Orders as clients write them.
//!
//! Members are read as any JSON first and judged one by one, so that a wrong type is told with its
//! field's name. Figures are taken as strings only: a JSON number has lost digits already.

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{body_error::BodyError, code};
use crate::domain::{
    code::Coded,
    instrument::{Instrument, Price, Quantity},
    order::PlaceOrder,
    request::{Field, OrderRequest, read_price, read_quantity},
};

/// An order to place; `null` stands for a member that is absent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderBody {
    #[schema(value_type = String, example = "BTC-USD")]
    instrument: Option<Value>,
    #[schema(value_type = code::OrderSide, example = "BUY")]
    order_type: Option<Value>,
    #[schema(value_type = code::OrderKind, example = "LIMIT")]
    order_subtype: Option<Value>,
    /// A multiple of the lot size. A market buy may give `quote_amount` in its place.
    #[schema(value_type = Option<String>, example = "0.01000")]
    quantity: Option<Value>,
    /// A multiple of the tick size; LIMIT and STOP_LIMIT only.
    #[schema(value_type = Option<String>, example = "50000.00")]
    price: Option<Value>,
    /// How much of the quote asset a market buy spends.
    #[schema(value_type = Option<String>)]
    quote_amount: Option<Value>,
    /// Stops become live when the last trade reaches it.
    #[schema(value_type = Option<String>)]
    stop_price: Option<Value>,
    /// Default GTC.
    #[schema(value_type = Option<code::TimeInForce>, example = "GTC")]
    time_in_force: Option<Value>,
    /// Refused where it would trade at once. Default false.
    #[schema(value_type = Option<bool>, example = false)]
    post_only: Option<Value>,
    /// The part of an iceberg that the book shows.
    #[schema(value_type = Option<String>)]
    display_quantity: Option<Value>,
    /// What happens when it meets an order of the same user. Default CANCEL_NEWEST.
    #[schema(value_type = Option<code::SelfTradePrevention>, example = "CANCEL_NEWEST")]
    self_trade_prevention: Option<Value>,
    /// The client's own name for it, 1 to 36 of `A-Z a-z 0-9 - _ . :`. Placing the same order under
    /// the same name again gives the order as it is now.
    #[schema(value_type = Option<String>, example = "my-order-1")]
    client_order_id: Option<Value>,
}

impl OrderBody {
    /// Which instrument it is for.
    pub fn instrument(&self) -> Result<&str, BodyError> {
        text("instrument", &self.instrument)?.ok_or(BodyError::Field("instrument", "is missing"))
    }

    /// The checked order.
    pub fn check(&self, on: &Instrument) -> Result<PlaceOrder, BodyError> {
        Ok(self.request()?.check(on)?)
    }

    fn request(&self) -> Result<OrderRequest<'_>, BodyError> {
        Ok(OrderRequest {
            side: choice("order_type", &self.order_type)?,
            kind: choice("order_subtype", &self.order_subtype)?,
            time_in_force: choice("time_in_force", &self.time_in_force)?.unwrap_or_default(),
            post_only: flag("post_only", &self.post_only)?,
            self_trade_prevention: choice("self_trade_prevention", &self.self_trade_prevention)?
                .unwrap_or_default(),
            quantity: text("quantity", &self.quantity)?,
            price: text("price", &self.price)?,
            stop_price: text("stop_price", &self.stop_price)?,
            quote_amount: text("quote_amount", &self.quote_amount)?,
            display_quantity: text("display_quantity", &self.display_quantity)?,
            client_order_id: text("client_order_id", &self.client_order_id)?,
        })
    }
}

/// What to change of a resting order; at least one of the two.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendBody {
    /// A new price loses the order's place in the queue.
    #[schema(value_type = Option<String>, example = "50000.00")]
    price: Option<Value>,
    /// The new whole quantity, what was filled included; a larger one loses the order's place.
    #[schema(value_type = Option<String>, example = "0.01000")]
    quantity: Option<Value>,
}

impl AmendBody {
    /// The checked figures, in ticks and lots.
    pub fn check(&self, on: &Instrument) -> Result<(Option<Price>, Option<Quantity>), BodyError> {
        let price = text("price", &self.price)?.map(|text| read_price(Field::Price, text, on));
        let quantity =
            text("quantity", &self.quantity)?.map(|text| read_quantity(Field::Quantity, text, on));
        match (price.transpose()?, quantity.transpose()?) {
            (None, None) => Err(BodyError::Field("price", "is missing, and so is quantity")),
            changes => Ok(changes),
        }
    }
}

fn text<'a>(field: &'static str, value: &'a Option<Value>) -> Result<Option<&'a str>, BodyError> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(BodyError::Field(field, "is not a string")),
    }
}

fn flag(field: &'static str, value: &Option<Value>) -> Result<bool, BodyError> {
    match value {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(BodyError::Field(field, "is not true or false")),
    }
}

fn choice<T: Coded>(field: &'static str, value: &Option<Value>) -> Result<Option<T>, BodyError> {
    let Some(code) = text(field, value)? else { return Ok(None) };
    T::of_code(code).map(Some).ok_or(BodyError::Choice(field, T::CODES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{order::TimeInForce, rejection::Rejection},
        http::wire::tests::btc_usd,
    };
    use serde_json::json;

    /// A good limit order with some of its members replaced.
    fn limit(with: Value) -> Result<PlaceOrder, BodyError> {
        let mut body = json!({
            "instrument": "BTC-USD", "order_type": "BUY", "order_subtype": "LIMIT",
            "quantity": "0.01", "price": "50000",
        });
        for (member, value) in with.as_object().unwrap() {
            body[member] = value.clone();
        }
        serde_json::from_value::<OrderBody>(body).unwrap().check(&btc_usd())
    }

    #[test]
    fn a_good_order_counts_ticks_and_lots() {
        let order = limit(json!({"post_only": true, "client_order_id": "a:1"})).unwrap();
        assert_eq!(
            (order.price, order.quantity),
            (Some(Price::new(5_000_000)), Quantity::new(1000))
        );
        assert!(order.post_only && order.time_in_force == TimeInForce::Gtc);
        let absent = limit(json!({"stop_price": null, "time_in_force": null})).unwrap();
        assert_eq!(absent, limit(json!({})).unwrap(), "null is absent");
    }

    #[test]
    fn a_bad_member_is_named() {
        for (with, field) in [
            (json!({"quantity": 1}), "quantity"),
            (json!({"price": 50000.5}), "price"),
            (json!({"price": ["1"]}), "price"),
            (json!({"quantity": "1e3"}), "quantity"),
            (json!({"quantity": "-1"}), "quantity"),
            (json!({"quantity": "NaN"}), "quantity"),
            (json!({"quantity": "0"}), "quantity"),
            (json!({"quantity": null}), "quantity"),
            (json!({"order_type": "buy"}), "order_type"),
            (json!({"order_type": null}), "order_type"),
            (json!({"order_subtype": "ICEBERG"}), "order_subtype"),
            (json!({"time_in_force": "GTD"}), "time_in_force"),
            (json!({"post_only": "true"}), "post_only"),
            (json!({"self_trade_prevention": "NONE"}), "self_trade_prevention"),
            (json!({"client_order_id": "two words"}), "client_order_id"),
            (json!({"stop_price": "1"}), "stop_price"),
        ] {
            match limit(with.clone()) {
                Err(BodyError::Field(at, _) | BodyError::Choice(at, _)) => {
                    assert_eq!(at, field, "{with}");
                }
                other => panic!("{with}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_broken_rule_is_named_with_its_field() {
        for (with, field, rejection) in [
            (json!({"price": "50000.001"}), "price", Rejection::OffTick),
            (json!({"quantity": "0.000001"}), "quantity", Rejection::OffLot),
            (json!({"price": "99999999999999999"}), "price", Rejection::PriceTooLarge),
            (json!({"quantity": "99999999999999999"}), "quantity", Rejection::QuantityTooLarge),
        ] {
            assert_eq!(limit(with), Err(BodyError::Rule(field, rejection)));
        }
    }

    #[test]
    fn an_unknown_member_is_refused() {
        let body = json!({"instrument": "BTC-USD", "qty": "1"});
        let error = serde_json::from_value::<OrderBody>(body).unwrap_err().to_string();
        assert!(error.starts_with("unknown field `qty`"), "{error}");
    }

    #[test]
    fn an_amend_names_a_price_or_a_quantity() {
        let check = |body| serde_json::from_value::<AmendBody>(body).unwrap().check(&btc_usd());
        assert_eq!(check(json!({"price": "1.00"})), Ok((Some(Price::new(100)), None)));
        assert_eq!(check(json!({"quantity": "1"})), Ok((None, Some(Quantity::new(100_000)))));
        assert!(matches!(check(json!({})), Err(BodyError::Field("price", _))));
        assert!(matches!(check(json!({"price": 1})), Err(BodyError::Field("price", _))));
        assert_eq!(
            check(json!({"price": "0.001"})),
            Err(BodyError::Rule("price", Rejection::OffTick))
        );
    }
}
