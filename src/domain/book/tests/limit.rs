//! Limit orders: priority, time in force, post-only, the band, cancelling.

use super::table::{check, check_on, percent, plain};
use crate::domain::{
    instrument::{Instrument, Quantity},
    money::Amount,
};

#[test]
fn a_taker_gets_the_resting_price() {
    check(
        "a sell 7 @ 1600
         b buy  4 @ 1550
         c buy  2 @ 1700",
        "c takes 2 @ 1600 from a
         ask 5 @ 1600 a
         bid 4 @ 1550 b",
    );
}

#[test]
fn the_best_price_then_the_oldest_order_is_filled_first() {
    check(
        "a sell 1 @ 10
         b sell 1 @ 10
         c sell 1 @ 9
         d buy  3 @ 10",
        "d takes 1 @ 9 from c
         d takes 1 @ 10 from a
         d takes 1 @ 10 from b",
    );
    check(
        "a buy  2 @ 10
         b buy  2 @ 11
         c buy  2 @ 10
         d sell 5 @ 10",
        "d takes 2 @ 11 from b
         d takes 2 @ 10 from a
         d takes 1 @ 10 from c
         bid 1 @ 10 c",
    );
}

#[test]
fn what_does_not_fill_rests_at_its_own_price() {
    check(
        "a sell 3 @ 100
         b sell 3 @ 103
         c buy  9 @ 102
         d sell 1 @ 102",
        "c takes 3 @ 100 from a
         d takes 1 @ 102 from c
         ask 3 @ 103 b
         bid 5 @ 102 c",
    );
}

#[test]
fn a_partial_fill_keeps_its_place() {
    check(
        "a buy  5 @ 10
         b buy  5 @ 10
         c sell 2 @ 10
         d sell 4 @ 10",
        "c takes 2 @ 10 from a
         d takes 3 @ 10 from a
         d takes 1 @ 10 from b
         bid 4 @ 10 b",
    );
}

#[test]
fn immediate_or_cancel_never_rests() {
    check(
        "a sell 3 @ 100
         b buy  5 @ 100 ioc
         c buy  5 @ 100 ioc",
        "b takes 3 @ 100 from a
         b EXPIRED IMMEDIATE_OR_CANCEL
         c EXPIRED IMMEDIATE_OR_CANCEL",
    );
}

#[test]
fn fill_or_kill_takes_all_or_nothing() {
    check(
        "a sell 3 @ 100
         b sell 3 @ 101
         c buy  7 @ 101 fok
         d buy  6 @ 100 fok
         e buy  6 @ 101 fok",
        "c EXPIRED FILL_OR_KILL
         d EXPIRED FILL_OR_KILL
         e takes 3 @ 100 from a
         e takes 3 @ 101 from b",
    );
}

#[test]
fn fill_or_kill_counts_what_icebergs_hide() {
    check(
        "a sell 9 @ 100 show 2
         b sell 2 @ 100
         c buy 12 @ 100 fok
         d buy 11 @ 100 fok",
        "c EXPIRED FILL_OR_KILL
         d takes 2 @ 100 from a
         d takes 2 @ 100 from b
         d takes 2 @ 100 from a
         d takes 2 @ 100 from a
         d takes 2 @ 100 from a
         d takes 1 @ 100 from a",
    );
}

#[test]
fn post_only_is_refused_where_it_would_trade() {
    check(
        "a sell 3 @ 100
         b buy  1 @ 100 post
         c buy  1 @ 99 post
         d sell 1 @ 99 post
         e sell 1 @ 100 post",
        "b refused POST_ONLY_WOULD_CROSS
         d refused POST_ONLY_WOULD_CROSS
         ask 3 @ 100 a
         ask 1 @ 100 e
         bid 1 @ 99 c",
    );
}

fn banded() -> Instrument {
    Instrument { band: percent("20"), ..plain() }
}

#[test]
fn without_a_trade_or_a_mid_there_is_no_band() {
    check_on(
        banded(),
        "a sell 1 @ 100000
         b sell 1 @ 1",
        "ask 1 @ 100000 a
         ask 1 @ 1 b",
    );
}

#[test]
fn the_band_is_around_the_mid_until_there_is_a_trade() {
    check_on(
        banded(),
        "a sell 1 @ 101
         b buy  1 @ 100
         c buy  1 @ 121
         d buy  1 @ 80
         e buy  1 @ 81",
        "c refused PRICE_OUT_OF_BAND
         d refused PRICE_OUT_OF_BAND
         ask 1 @ 101 a
         bid 1 @ 100 b
         bid 1 @ 81 e",
    );
}

#[test]
fn the_band_is_around_the_last_trade() {
    check_on(
        banded(),
        "a sell 1 @ 100
         b buy  1 @ 100
         c sell 1 @ 121
         d sell 1 @ 120
         e buy  1 @ 79
         f buy  1 @ 80
         g buy  1 @ 79 ioc
         h buy  1 @ 79 fok",
        "b takes 1 @ 100 from a
         c refused PRICE_OUT_OF_BAND
         e refused PRICE_OUT_OF_BAND
         g refused PRICE_OUT_OF_BAND
         h refused PRICE_OUT_OF_BAND
         ask 1 @ 120 d
         bid 1 @ 80 f",
    );
}

#[test]
fn a_cancelled_order_leaves_from_the_middle() {
    check(
        "a buy 1 @ 10
         b buy 2 @ 10
         c buy 3 @ 10
         cancel b
         cancel b
         d sell 4 @ 10",
        "b CANCELLED OWNER
         b refused ORDER_NOT_FOUND
         d takes 1 @ 10 from a
         d takes 3 @ 10 from c",
    );
}

#[test]
fn nobody_cancels_or_amends_for_somebody_else() {
    use super::table::Table;
    use crate::domain::{
        id::{Stamp, UserId},
        rejection::Rejection,
    };
    let mut table = Table::new(plain());
    table.play("a buy 1 @ 10");
    let (id, other) = (table.order("a").id, UserId(77));
    let refused = Err(Rejection::OrderNotFound);
    assert_eq!(table.book.cancel(other, id, Stamp(1)), refused);
    assert_eq!(
        table.book.amend(other, id, None, Some(Quantity::new(2)), Amount::new(99), Stamp(1)),
        refused
    );
}

#[test]
fn cancel_all_ends_all_of_one_user_and_nothing_else() {
    check(
        "a buy 1 @ 10 of kim
         b buy 2 @ 10 of lee
         c sell 3 @ 12 of kim
         d sell 4 stop 5 of kim
         cancel all kim
         cancel all kim",
        "a CANCELLED OWNER
         c CANCELLED OWNER
         d CANCELLED OWNER
         bid 2 @ 10 b",
    );
}

#[test]
fn a_budget_that_does_not_cover_is_refused() {
    check(
        "a buy  5 @ 10 budget 49
         b sell 5 @ 10 budget 4
         c buy  5 @ 10 stop 8 budget 49
         d sell 5 stop 8 budget 4
         e buy  5 @ 10 budget 50",
        "a refused INSUFFICIENT_FUNDS
         b refused INSUFFICIENT_FUNDS
         c refused INSUFFICIENT_FUNDS
         d refused INSUFFICIENT_FUNDS
         bid 5 @ 10 e",
    );
}
