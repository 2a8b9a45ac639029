//! What is wrong with a body, in the words of this API: which member, and a sentence on it.

use crate::domain::{
    money::NumberError,
    rejection::Rejection,
    request::{Field, InvalidRequest, Why},
};

/// What is wrong with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// The body makes no sense: which member, and why.
    Field(&'static str, &'static str),
    /// The member has none of these codes.
    Choice(&'static str, &'static [&'static str]),
    /// The body makes sense, and breaks a rule in this member.
    Rule(&'static str, Rejection),
}

impl From<InvalidRequest> for BodyError {
    fn from(InvalidRequest { field, why }: InvalidRequest) -> BodyError {
        let field = member(field);
        let why = match why {
            Why::Rule(rejection) => return BodyError::Rule(field, rejection),
            Why::Missing => "is missing",
            Why::MarketOrder => "does not go with a market order",
            Why::StopOrdersOnly => "goes with stop orders only",
            Why::MarketBuyOnly => "goes with a market buy only",
            Why::BesideQuantity => "stands in place of quantity, not beside it",
            Why::PricedOrdersOnly => "goes with orders that have a price",
            Why::GtcOnly => "goes with GTC only",
            Why::PricedGtcOnly => "goes with GTC orders that have a price",
            Why::Zero => "is not above zero",
            Why::NotAName => "is not 1 to 36 of A-Z a-z 0-9 - _ . :",
            Why::Number(error) => explain(error),
        };
        BodyError::Field(field, why)
    }
}

/// The member that carries a part of an order.
fn member(field: Field) -> &'static str {
    match field {
        Field::Side => "order_type",
        Field::OrderType => "order_subtype",
        Field::PostOnly => "post_only",
        Field::Quantity => "quantity",
        Field::Price => "price",
        Field::StopPrice => "stop_price",
        Field::QuoteAmount => "quote_amount",
        Field::DisplayQuantity => "display_quantity",
        Field::ClientOrderId => "client_order_id",
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

/// That a text is none of `codes`: `is not A, B or C`.
pub fn none_of(codes: &[&str]) -> String {
    match codes {
        [] => "is not known".to_owned(),
        [only] => format!("is not {only}"),
        [first @ .., last] => format!("is not {} or {last}", first.join(", ")),
    }
}
