//! Market orders: by quantity, by quote amount, the protection price, the budget.

use super::table::{check, check_on, dusty, plain};
use crate::domain::{instrument::Instrument, money::Amount};

#[test]
fn a_market_order_takes_the_best_prices() {
    check(
        "a sell 2 @ 100
         b sell 2 @ 101
         c sell 2 @ 102
         d buy  3 market",
        "d takes 2 @ 100 from a
         d takes 1 @ 101 from b
         ask 2 @ 102 c
         ask 1 @ 101 b",
    );
}

#[test]
fn its_rest_expires() {
    check(
        "a buy  2 @ 100
         b sell 3 market",
        "b takes 2 @ 100 from a
         b EXPIRED PROTECTION_PRICE",
    );
}

#[test]
fn without_another_side_it_is_refused() {
    check(
        "a buy 2 @ 100
         b buy 3 market
         c buy market for 500",
        "b refused NO_LIQUIDITY
         c refused NO_LIQUIDITY
         bid 2 @ 100 a",
    );
}

#[test]
fn it_does_not_trade_beyond_the_protection_price() {
    check(
        "a sell 1 @ 100
         b sell 1 @ 105
         c sell 1 @ 106
         d buy  3 market",
        "d takes 1 @ 100 from a
         d takes 1 @ 105 from b
         d EXPIRED PROTECTION_PRICE
         ask 1 @ 106 c",
    );
    check(
        "a buy  1 @ 100
         b buy  1 @ 95
         c buy  1 @ 94
         d sell 3 market",
        "d takes 1 @ 100 from a
         d takes 1 @ 95 from b
         d EXPIRED PROTECTION_PRICE
         bid 1 @ 94 c",
    );
}

#[test]
fn a_quote_amount_buys_what_it_can() {
    check(
        "a sell 2 @ 100
         b sell 9 @ 103
         c buy market for 500",
        "c takes 2 @ 100 from a
         c takes 2 @ 103 from b
         ask 7 @ 103 b",
    );
}

#[test]
fn a_quote_amount_that_finds_too_little_expires() {
    check(
        "a sell 2 @ 100
         b sell 9 @ 200
         c buy market for 500",
        "c takes 2 @ 100 from a
         c EXPIRED PROTECTION_PRICE
         ask 9 @ 200 b",
    );
}

#[test]
fn a_quote_amount_that_buys_no_lot_expires() {
    check(
        "a sell 2 @ 100
         b buy market for 99",
        "b EXPIRED FUNDS_SPENT
         ask 2 @ 100 a",
    );
}

#[test]
fn by_quantity_it_is_bound_by_its_purse() {
    check(
        "a sell 2 @ 100
         b sell 9 @ 102
         c buy 8 market budget 505",
        "c takes 2 @ 100 from a
         c takes 2 @ 102 from b
         c EXPIRED FUNDS_SPENT
         ask 7 @ 102 b",
    );
}

#[test]
fn fill_or_kill_goes_with_market_orders() {
    check(
        "a sell 2 @ 100
         b sell 2 @ 105
         c sell 9 @ 106
         d buy 5 market fok
         e buy market for 411 fok
         f buy 4 market fok budget 409
         g buy market for 409 fok
         h buy 1 market fok",
        "d EXPIRED FILL_OR_KILL
         e EXPIRED FILL_OR_KILL
         f EXPIRED FILL_OR_KILL
         g takes 2 @ 100 from a
         g takes 1 @ 105 from b
         h takes 1 @ 105 from b
         ask 9 @ 106 c",
    );
}

#[test]
fn fill_or_kill_that_buys_no_lot_expires() {
    check(
        "a sell 2 @ 100
         b buy market for 99 fok
         c buy 1 market fok budget 99",
        "b EXPIRED FILL_OR_KILL
         c EXPIRED FILL_OR_KILL
         ask 2 @ 100 a",
    );
}

#[test]
fn fill_or_kill_takes_a_level_in_pieces_as_trading_does() {
    // With 2 units, one lot at 1.60 is all that can be had at once; then the next one again is.
    check_on(
        dusty(),
        "a sell 1 @ 160
         b sell 5 @ 160
         c buy 2 market fok budget 2",
        "c takes 1 @ 160 from a
         c takes 1 @ 160 from b
         ask 4 @ 160 b",
    );
    check_on(
        dusty(),
        "a sell 2 @ 160
         b sell 5 @ 160
         c buy 2 market fok budget 2",
        "c takes 1 @ 160 from a
         c takes 1 @ 160 from a
         ask 5 @ 160 b",
    );
}

#[test]
fn a_market_order_has_a_least_notional_at_the_best_price() {
    let instrument = Instrument { min_notional: Amount::new(200), ..plain() };
    check_on(
        instrument,
        "a sell 9 @ 100
         b buy 1 market
         c buy 2 market",
        "b refused BELOW_MIN_NOTIONAL
         c takes 2 @ 100 from a
         ask 7 @ 100 a",
    );
}

#[test]
fn what_is_worth_nothing_does_not_trade() {
    check_on(
        dusty(),
        "a buy  9 @ 40
         b sell 5 @ 40
         c sell 3 @ 40
         d buy  9 @ 40",
        "b takes 5 @ 40 from a
         c takes 3 @ 40 from a
         a EXPIRED DUST
         bid 9 @ 40 d",
    );
}

#[test]
fn a_rest_worth_nothing_does_not_rest() {
    check_on(
        dusty(),
        "a sell 8 @ 40
         b buy 10 @ 40
         c sell 5 @ 40
         d buy  6 @ 45 ioc",
        "b takes 8 @ 40 from a
         b EXPIRED DUST
         d takes 5 @ 40 from c
         d EXPIRED IMMEDIATE_OR_CANCEL",
    );
}

#[test]
fn a_rest_that_is_worth_something_only_at_its_own_price_expires() {
    check_on(
        dusty(),
        "a sell 5 @ 99
         b sell 9 @ 20
         c sell 9 @ 98
         d buy 10 @ 100",
        "d takes 9 @ 20 from b
         d EXPIRED DUST
         ask 5 @ 99 a
         ask 9 @ 98 c",
    );
}
