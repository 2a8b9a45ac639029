//! Closed codes as the OpenAPI document shows them: a schema with all values for each, made of the one place
//! where they are written. Responses may get further values with a release.

use std::collections::BTreeSet;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, Type},
    },
};

use crate::domain::{
    account::Role as DomainRole,
    code::{Coded, codes},
    history::{Interval as DomainInterval, NoticeKind},
    ledger::PostingCause,
    order,
    p2p::{
        ad::{AdStatus, Hidden, PriceType as DomainPriceType},
        dispute,
        fiat::PaymentMethod as DomainMethod,
        machine::{Action, Party},
        trade::{EscrowStatus as DomainEscrowStatus, TradeReason, TradeState},
    },
    rejection::Rejection,
};
use crate::http::problem::EdgeError;

/// Which side of a fill an order was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Liquidity {
    Maker,
    Taker,
}

codes!(Liquidity {
    Maker => "MAKER",
    Taker => "TAKER",
});

/// Where an ad stands, as others see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ShownStatus {
    Active,
    Paused,
    /// Active, but not to be taken now.
    Hidden,
    Closed,
    Expired,
}

codes!(ShownStatus {
    Active => "ACTIVE",
    Paused => "PAUSED",
    Hidden => "HIDDEN",
    Closed => "CLOSED",
    Expired => "EXPIRED",
});

impl ShownStatus {
    /// Of an ad with this status, hidden or not.
    pub fn of(status: AdStatus, hidden: Option<Hidden>) -> ShownStatus {
        match (status, hidden) {
            (_, Some(_)) => ShownStatus::Hidden,
            (AdStatus::Active, None) => ShownStatus::Active,
            (AdStatus::Paused, None) => ShownStatus::Paused,
            (AdStatus::Closed, None) => ShownStatus::Closed,
            (AdStatus::Expired, None) => ShownStatus::Expired,
        }
    }
}

/// Which part of a balance a posting changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum PostingAccount {
    Available,
    Orders,
    Ads,
    Trades,
    Exchange,
}

codes!(PostingAccount {
    Available => "AVAILABLE",
    Orders => "ORDERS",
    Ads => "ADS",
    Trades => "TRADES",
    Exchange => "EXCHANGE",
});

/// What a party is in a P2P trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TradeRole {
    Buyer,
    Seller,
    Maker,
    Taker,
}

codes!(TradeRole {
    Buyer => "BUYER",
    Seller => "SELLER",
    Maker => "MAKER",
    Taker => "TAKER",
});

/// Gives the document a schema for the codes of an enum.
macro_rules! schemas {
    ($($(#[$doc:meta])* $name:ident of $coded:ty,)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    schema_of::<$coded>()
                }
            }

            impl ToSchema for $name {}
        )+
    };
}

fn schema_of<T: Coded>() -> RefOr<Schema> {
    strings(T::CODES.iter().copied())
}

fn strings<'a>(codes: impl IntoIterator<Item = &'a str>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes)).into()
}

/// Gives the document a schema for lists of one status, or of all that are open or closed.
macro_rules! filters {
    ($($(#[$doc:meta])* $name:ident of $coded:ty,)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    strings(["OPEN", "CLOSED"].into_iter().chain(<$coded as Coded>::CODES.iter().copied()))
                }
            }

            impl ToSchema for $name {}
        )+
    };
}

filters! {
    /// Orders that are open or closed, or have one status.
    OrderStatusFilter of order::OrderStatus,
    /// P2P trades that are open or closed, or have one status.
    P2pTradeStatusFilter of TradeState,
}

/// Why something was refused. A release may add codes.
#[derive(Debug)]
pub struct ProblemCode;

impl PartialSchema for ProblemCode {
    fn schema() -> RefOr<Schema> {
        let edge = EdgeError::ALL.into_iter().map(|error| error.row().1);
        let all: BTreeSet<&str> = edge.chain(Rejection::CODES.iter().copied()).collect();
        strings(all)
    }
}

impl ToSchema for ProblemCode {}

schemas! {
    /// BUY or SELL.
    OrderSide of order::Side,
    /// How an order finds its price.
    OrderKind of order::OrderType,
    /// How long an order lives.
    TimeInForce of order::TimeInForce,
    /// What happens where an order meets one of the same user.
    SelfTradePrevention of order::SelfTradePrevention,
    /// What became of an order.
    OrderStatus of order::OrderStatus,
    /// Why an order has its status.
    OrderReason of order::OrderReason,
    /// Which side of a fill.
    FillLiquidity of Liquidity,
    /// Why money moved.
    TransactionType of PostingCause,
    /// Which part of a balance.
    TransactionAccount of PostingAccount,
    /// The span of a candle.
    CandleInterval of DomainInterval,
    /// What a user may do.
    UserRole of DomainRole,
    /// What a notification is about.
    NotificationType of NoticeKind,
    /// Where an ad stands.
    AdStatusShown of ShownStatus,
    /// Why an ad is hidden.
    AdHiddenReason of Hidden,
    /// How the price of an ad is made.
    AdPriceType of DomainPriceType,
    /// A way of paying fiat.
    PaymentMethodCode of DomainMethod,
    /// Where a P2P trade stands.
    P2pTradeStatus of TradeState,
    /// What a party is in a P2P trade.
    P2pTradeRole of TradeRole,
    /// Why a P2P trade stands there.
    P2pTradeReason of TradeReason,
    /// Who did something to a P2P trade.
    P2pParty of Party,
    /// What was done to a P2P trade.
    P2pAction of Action,
    /// What became of an escrow.
    EscrowState of DomainEscrowStatus,
    /// Why there is a dispute.
    DisputeReasonCode of dispute::DisputeReason,
    /// Where a dispute stands.
    DisputeStatusCode of dispute::DisputeStatus,
    /// Who gets what is in escrow.
    VerdictOutcome of dispute::OutcomeKind,
    /// What kind of file.
    EvidenceMedia of dispute::Media,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_has_every_code() {
        let schema = serde_json::to_value(OrderStatus::schema()).unwrap();
        assert_eq!(schema["type"], "string");
        let codes = order::OrderStatus::ALL.map(order::OrderStatus::code);
        assert_eq!(schema["enum"], serde_json::json!(codes));
    }
}
