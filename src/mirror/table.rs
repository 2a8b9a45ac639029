//! The tables, in an order in which rows can be written: what is referred to comes first. Column by
//! column as `sql/0001_tables.sql` makes them.

use super::row::Table;

macro_rules! tables {
    ($($place:ident = $name:literal, $changes:literal, $sticky:expr, [$($column:literal),+ $(,)?];)+) => {
        /// Every table.
        pub static TABLES: &[Table] = &[$(Table {
            name: $name,
            columns: &[$($column),+],
            changes: $changes,
            sticky: $sticky,
        }),+];
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Place { $($place),+ }
        $(
            #[doc = concat!("The place of `", $name, "` in [`TABLES`].")]
            pub const $place: usize = Place::$place as usize;
        )+
    };
}

tables! {
    INSTRUMENTS = "instruments", true, None, [
        "id", "instrument", "base", "quote", "tick_size", "lot_size", "maker_fee_percent",
        "taker_fee_percent", "sequence",
    ];
    USERS = "users", true, None, [
        "id", "username", "email", "full_name", "role", "frozen", "created_at", "sequence",
    ];
    WALLETS = "wallets", true, None, [
        "id", "user_id", "currency", "available_balance", "locked_balance", "sequence",
    ];
    TRANSACTIONS = "transactions", false, None, [
        "id", "wallet_id", "type", "amount", "locked_amount", "status", "created_at", "sequence",
    ];
    ORDERS = "orderbook_orders", true, None, [
        "id", "user_id", "instrument", "client_order_id", "order_type", "order_subtype",
        "time_in_force", "price", "stop_price", "quote_amount", "quantity", "remaining_quantity",
        "filled_quantity", "filled_quote", "fee_paid", "status", "status_reason", "created_at",
        "updated_at", "sequence",
    ];
    TRADES = "trades", false, None, [
        "id", "instrument", "number", "buy_order_id", "sell_order_id", "buyer_id", "seller_id",
        "quantity", "price", "notional", "buyer_fee", "seller_fee", "taker_side", "created_at",
        "sequence",
    ];
    ADS = "p2p_advertisements", true, Some("price"), [
        "id", "user_id", "ad_type", "currency", "fiat_currency", "price_type", "price",
        "margin_percent", "min_limit", "max_limit", "available_amount", "payment_methods", "status",
        "created_at", "updated_at", "sequence",
    ];
    ESCROW = "escrow", true, None, [
        "id", "seller_id", "amount", "currency", "status", "sequence",
    ];
    P2P_TRADES = "p2p_trades", true, None, [
        "id", "advertisement_id", "buyer_id", "seller_id", "escrow_id", "currency", "fiat_currency",
        "payment_method", "amount", "price", "total_fiat", "fee", "status", "status_reason",
        "disputed", "created_at", "sent_at", "ended_at", "sequence",
    ];
    REPUTATION = "reputation", true, None, [
        "id", "user_id", "trades_count", "total_volume", "rating", "reviews_count", "sequence",
    ];
    REVIEWS = "reviews", false, None, [
        "id", "trade_id", "reviewer_id", "reviewed_id", "rating", "comment", "created_at",
    ];
    DISPUTES = "disputes", true, None, [
        "id", "trade_id", "raised_by", "reason", "status", "outcome", "opened_at", "sequence",
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_as_the_migration_makes_them() {
        let sql = include_str!("sql/0001_tables.sql");
        for table in TABLES {
            let start = sql.find(&format!("EXISTS {} (", table.name)).unwrap();
            let body = &sql[start..start + sql[start..].find(") ENGINE").unwrap()];
            let columns = body.lines().skip(1).filter_map(|line| line.split_whitespace().next());
            let keys = ["UNIQUE", "KEY", "CONSTRAINT"];
            let columns: Vec<&str> = columns.filter(|word| !keys.contains(word)).collect();
            assert_eq!(columns, table.columns, "{}", table.name);
        }
        assert_eq!((TABLES[TRADES].name, TABLES[DISPUTES].name), ("trades", "disputes"));
    }
}
