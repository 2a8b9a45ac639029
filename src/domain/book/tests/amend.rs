//! Amending: what keeps its place, what loses it, and what is refused.

use super::table::{check, check_on, dusty, percent, plain};
use crate::domain::{instrument::Instrument, money::Amount};

#[test]
fn a_smaller_quantity_keeps_its_place() {
    check(
        "a buy 5 @ 10
         b buy 5 @ 10
         amend a 3
         c sell 4 @ 10",
        "c takes 3 @ 10 from a
         c takes 1 @ 10 from b
         bid 4 @ 10 b",
    );
}

#[test]
fn a_larger_quantity_loses_it() {
    check(
        "a buy 5 @ 10
         b buy 5 @ 10
         amend a 6
         c sell 6 @ 10",
        "c takes 5 @ 10 from b
         c takes 1 @ 10 from a
         bid 5 @ 10 a",
    );
}

#[test]
fn a_new_price_loses_it_even_where_it_comes_back() {
    check(
        "a buy 5 @ 10
         b buy 5 @ 10
         amend a @ 9
         amend a @ 10",
        "bid 5 @ 10 b
         bid 5 @ 10 a",
    );
}

#[test]
fn the_same_again_changes_nothing() {
    check(
        "a buy 5 @ 10
         b buy 5 @ 10
         amend a 5 @ 10
         amend a",
        "bid 5 @ 10 a
         bid 5 @ 10 b",
    );
}

#[test]
fn quantity_counts_what_was_filled() {
    check(
        "a buy  5 @ 10
         b sell 2 @ 10
         amend a 4
         amend a 2
         amend a 6 @ 11",
        "b takes 2 @ 10 from a
         a refused QUANTITY_NOT_ABOVE_FILLED
         bid 4 @ 11 a",
    );
}

#[test]
fn an_amended_price_that_crosses_trades() {
    check(
        "a sell 3 @ 105
         b buy  5 @ 100
         amend b @ 106
         c sell 2 @ 106
         d sell 1 @ 107
         amend d @ 101",
        "b takes 3 @ 105 from a
         c takes 2 @ 106 from b
         ask 1 @ 101 d",
    );
}

#[test]
fn post_only_is_still_refused_where_it_would_trade() {
    check(
        "a sell 3 @ 105
         b buy  5 @ 100 post
         amend b @ 105
         amend b @ 104",
        "b refused POST_ONLY_WOULD_CROSS
         ask 3 @ 105 a
         bid 5 @ 104 b",
    );
}

#[test]
fn the_band_holds_for_amended_prices() {
    let instrument = Instrument { band: percent("20"), ..plain() };
    check_on(
        instrument,
        "x sell 1 @ 100
         y buy  1 @ 100
         a buy  5 @ 90
         amend a @ 79
         amend a @ 80",
        "y takes 1 @ 100 from x
         a refused PRICE_OUT_OF_BAND
         bid 5 @ 80 a",
    );
}

#[test]
fn an_iceberg_is_shown_anew() {
    check(
        "a sell 9 @ 100 show 4
         b buy  3 @ 100
         c sell 1 @ 101
         amend a @ 101",
        "b takes 3 @ 100 from a
         ask 1 @ 101 c
         ask 4+2 @ 101 a",
    );
}

#[test]
fn least_notionals_hold() {
    let instrument = Instrument { min_notional: Amount::new(100), ..plain() };
    check_on(
        instrument,
        "a buy 30 @ 10 show 10
         amend a 9
         amend a @ 9
         amend a 10",
        "a refused BELOW_MIN_NOTIONAL
         a refused DISPLAY_QUANTITY_TOO_SMALL
         bid 10 @ 10 a",
    );
}

#[test]
fn a_rest_worth_nothing_is_refused() {
    check_on(
        dusty(),
        "a buy  9 @ 40
         b sell 4 @ 40
         amend a 6",
        "b takes 4 @ 40 from a
         a refused BELOW_MIN_NOTIONAL
         bid 5 @ 40 a",
    );
}

#[test]
fn a_budget_that_does_not_cover_is_refused() {
    check(
        "a buy  5 @ 10
         b sell 5 @ 20
         amend a 6 budget 9
         amend a @ 11 budget 4
         amend b 6 budget 0
         amend b @ 30 budget 0
         amend a @ 9 budget 0
         amend a 6 budget 9",
        "a refused INSUFFICIENT_FUNDS
         a refused INSUFFICIENT_FUNDS
         b refused INSUFFICIENT_FUNDS
         ask 5 @ 30 b
         bid 6 @ 9 a",
    );
}

#[test]
fn what_is_closed_cannot_be_amended() {
    check(
        "a buy 5 @ 10
         cancel a
         amend a 4",
        "a CANCELLED OWNER
         a refused ORDER_NOT_FOUND",
    );
}
