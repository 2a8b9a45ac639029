//! What belongs to one user: balances and notifications.

use serde::Serialize;
use utoipa::ToSchema;

use super::{code, time};
use crate::domain::{
    history::{self, Notice},
    instrument::Instrument,
    money::Asset,
    wallet,
};

/// What a user has of one asset, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Balance {
    #[schema(example = "USD")]
    pub currency: &'static str,
    #[schema(example = "10000.00")]
    pub available_balance: String,
    /// The sum of the three parts below.
    pub locked_balance: String,
    /// Available and locked.
    pub total_balance: String,
    pub locked_in_orders: String,
    pub locked_in_ads: String,
    pub locked_in_trades: String,
}

impl Balance {
    /// `balance` of `asset`.
    pub fn of(asset: Asset, balance: &wallet::Balance) -> Balance {
        Balance {
            currency: asset.code(),
            available_balance: asset.print(balance.available),
            locked_balance: asset.print(balance.locked()),
            total_balance: asset.print(balance.total()),
            locked_in_orders: asset.print(balance.in_orders),
            locked_in_ads: asset.print(balance.in_ads),
            locked_in_trades: asset.print(balance.in_trades),
        }
    }
}

/// Something that a user may want to know of; members that do not go with its type are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Notification {
    /// Counts the user's notifications, from 1.
    #[schema(example = "1")]
    pub id: String,
    /// ORDER_FILLED, ORDER_ENDED, STOP_TRIGGERED, SWITCH_FIRED, DEPOSIT_RECEIVED, FROZEN, UNFROZEN,
    /// ROLE_CHANGED, PASSWORD_CHANGED, P2P_TRADE, P2P_MESSAGE, AD_EXPIRED or REVIEWED.
    #[serde(rename = "type")]
    #[schema(value_type = code::NotificationType)]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instrument: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<code::OrderReason>)]
    pub status_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<code::UserRole>)]
    pub role: Option<&'static str>,
    /// The P2P trade that it is about; `status` is where it stood then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p2p_trade_id: Option<String>,
    /// What was done to it, as in its audit trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<code::P2pAction>)]
    pub action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advertisement_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<u8>,
    pub read: bool,
    pub sequence: u64,
    #[schema(format = DateTime)]
    pub created_at: String,
}

impl Notification {
    /// `notification` of a user who has read through number `read_through`; `on` is the instrument
    /// that it names, if it names one ([`Notice::instrument`]).
    pub fn of(
        notification: &history::Notification,
        on: Option<&Instrument>,
        read_through: u64,
    ) -> Notification {
        let named = Notification {
            id: notification.number.to_string(),
            kind: notification.notice.kind().code(),
            instrument: on.map(|on| on.name.clone()),
            read: notification.number <= read_through,
            sequence: notification.sequence.0,
            created_at: time(notification.stamp),
            ..Notification::default()
        };
        match &notification.notice {
            Notice::OrderFilled { order, .. } | Notice::StopTriggered { order, .. } => {
                Notification { order_id: Some(order.to_string()), ..named }
            }
            Notice::OrderEnded { order, status, reason, .. } => Notification {
                order_id: Some(order.to_string()),
                status: Some(status.code()),
                status_reason: reason.map(|reason| reason.code()),
                ..named
            },
            Notice::DepositReceived { asset, amount } => Notification {
                currency: Some(asset.code()),
                amount: Some(asset.print(*amount)),
                ..named
            },
            Notice::RoleChanged { role } => Notification { role: Some(role.code()), ..named },
            Notice::P2pTrade { trade, action, state } => Notification {
                p2p_trade_id: Some(trade.to_string()),
                action: Some(action.code()),
                status: Some(state.code()),
                ..named
            },
            Notice::P2pMessage { trade } => {
                Notification { p2p_trade_id: Some(trade.to_string()), ..named }
            }
            Notice::AdExpired { ad } => {
                Notification { advertisement_id: Some(ad.to_string()), ..named }
            }
            Notice::Reviewed { trade, rating } => Notification {
                p2p_trade_id: Some(trade.to_string()),
                rating: Some(*rating),
                ..named
            },
            Notice::SwitchFired | Notice::Frozen | Notice::Unfrozen | Notice::PasswordChanged => {
                named
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Amount;
    use crate::domain::{
        id::{InstrumentId, OrderId, Sequence, Stamp},
        order::{OrderReason, OrderStatus},
    };
    use serde_json::json;

    #[test]
    fn a_balance_names_its_parts() {
        let balance = wallet::Balance {
            available: Amount::new(100),
            in_orders: Amount::new(20),
            in_ads: Amount::new(3),
            in_trades: Amount::new(4),
        };
        assert_eq!(
            json!(Balance::of(Asset::Usd, &balance)),
            json!({
                "currency": "USD", "available_balance": "1.00", "locked_balance": "0.27",
                "total_balance": "1.27", "locked_in_orders": "0.20", "locked_in_ads": "0.03",
                "locked_in_trades": "0.04",
            })
        );
    }

    #[test]
    fn a_notification_says_what_goes_with_its_type_only() {
        let notice = Notice::OrderEnded {
            order: OrderId(1024),
            instrument: InstrumentId(0),
            status: OrderStatus::Cancelled,
            reason: Some(OrderReason::SelfTrade),
        };
        let told =
            history::Notification { number: 2, sequence: Sequence(9), stamp: Stamp(0), notice };
        assert_eq!(
            json!(Notification::of(&told, Some(&crate::http::wire::tests::btc_usd()), 1)),
            json!({
                "id": "2", "type": "ORDER_ENDED", "order_id": "1024", "instrument": "BTC-USD",
                "status": "CANCELLED", "status_reason": "SELF_TRADE", "read": false, "sequence": 9,
                "created_at": "1970-01-01T00:00:00.000Z",
            })
        );
    }
}
