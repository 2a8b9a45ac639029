//! Stops: waiting, triggering in order, cascades, and rules that a trigger finds broken.

use super::table::{check, check_on, percent, plain};
use crate::domain::instrument::Instrument;

/// Two trades' worth of `x` and `y`, so that the last price is 100.
fn after_a_trade(commands: &str) -> String {
    format!("x sell 1 @ 100\n y buy 1 @ 100\n {commands}")
}

#[track_caller]
fn check_after_a_trade(commands: &str, expected: &str) {
    check(&after_a_trade(commands), &format!("y takes 1 @ 100 from x\n {expected}"));
}

#[test]
fn a_stop_waits_for_its_price() {
    check_after_a_trade(
        "a buy  5 stop 110
         b sell 5 @ 89 stop 90
         c sell 1 @ 105
         d buy  1 @ 105",
        "d takes 1 @ 105 from c
         stop buy 5 at 110 a
         stop sell 5 at 90 b",
    );
}

#[test]
fn a_stop_whose_price_is_reached_already_is_refused() {
    check_after_a_trade(
        "a buy  5 stop 100
         b sell 5 stop 100
         c sell 5 @ 90 stop 101
         d buy  5 stop 101
         e sell 5 stop 99",
        "a refused STOP_WOULD_TRIGGER
         b refused STOP_WOULD_TRIGGER
         c refused STOP_WOULD_TRIGGER
         stop buy 5 at 101 d
         stop sell 5 at 99 e",
    );
}

#[test]
fn before_the_first_trade_a_stop_waits_for_it() {
    check(
        "a buy 5 stop 50
         b sell 1 @ 100
         c sell 9 @ 101
         d buy 1 @ 100",
        "d takes 1 @ 100 from b
         a triggers
         a takes 2 @ 101 from c
         a EXPIRED FUNDS_SPENT
         ask 7 @ 101 c",
    );
}

#[test]
fn a_stop_market_order_takes_what_is_there() {
    check_after_a_trade(
        "a buy  3 stop 102
         b sell 1 @ 102
         c sell 2 @ 103
         d sell 2 @ 104
         e buy  1 @ 102",
        "e takes 1 @ 102 from b
         a triggers
         a takes 2 @ 103 from c
         a takes 1 @ 104 from d
         ask 1 @ 104 d",
    );
}

#[test]
fn a_stop_market_order_without_another_side_expires() {
    check_after_a_trade(
        "a sell 3 stop 98
         b buy  1 @ 98
         c sell 1 @ 98",
        "c takes 1 @ 98 from b
         a triggers
         a EXPIRED PROTECTION_PRICE",
    );
}

#[test]
fn a_stop_limit_order_rests_at_its_price() {
    check_after_a_trade(
        "a buy  5 @ 103 stop 102
         b sell 1 @ 102
         c sell 2 @ 103
         d sell 2 @ 104
         e buy  1 @ 102",
        "e takes 1 @ 102 from b
         a triggers
         a takes 2 @ 103 from c
         ask 2 @ 104 d
         bid 3 @ 103 a",
    );
}

#[test]
fn stops_trigger_by_stop_price_then_by_time() {
    check_after_a_trade(
        "a buy 1 @ 90 stop 104
         b buy 1 @ 90 stop 103
         c buy 1 @ 90 stop 104
         d buy 1 @ 90 stop 105
         e buy 1 @ 90 stop 106
         f sell 1 @ 105
         g buy 1 @ 105",
        "g takes 1 @ 105 from f
         b triggers
         a triggers
         c triggers
         d triggers
         bid 1 @ 90 b
         bid 1 @ 90 a
         bid 1 @ 90 c
         bid 1 @ 90 d
         stop buy 1 at 106 e",
    );
    check_after_a_trade(
        "a sell 1 @ 110 stop 96
         b sell 1 @ 110 stop 97
         c sell 1 @ 110 stop 96
         d sell 1 @ 110 stop 95
         e sell 1 @ 110 stop 94
         f buy 1 @ 95
         g sell 1 @ 95",
        "g takes 1 @ 95 from f
         b triggers
         a triggers
         c triggers
         d triggers
         ask 1 @ 110 b
         ask 1 @ 110 a
         ask 1 @ 110 c
         ask 1 @ 110 d
         stop sell 1 at 94 e",
    );
}

#[test]
fn a_triggered_stop_can_trigger_the_next() {
    check_after_a_trade(
        "a sell 2 stop 99
         b sell 2 stop 97
         c sell 2 stop 95
         d buy  1 @ 99
         e buy  2 @ 97
         f buy  2 @ 96
         g sell 1 @ 99",
        "g takes 1 @ 99 from d
         a triggers
         a takes 2 @ 97 from e
         b triggers
         b takes 2 @ 96 from f
         stop sell 2 at 95 c",
    );
}

#[test]
fn of_stops_that_a_cascade_makes_due_the_first_by_price_goes_first() {
    // `a` lifts the price to 104: `d` (103) is due before `b` (104), though `b` is older.
    check_after_a_trade(
        "a buy 1 stop 101
         b buy 1 @ 90 stop 104
         d buy 1 @ 90 stop 103
         e sell 1 @ 101
         f sell 1 @ 104
         g buy 1 @ 101",
        "g takes 1 @ 101 from e
         a triggers
         a takes 1 @ 104 from f
         d triggers
         b triggers
         bid 1 @ 90 d
         bid 1 @ 90 b",
    );
}

#[test]
fn a_stop_market_buy_is_bound_by_its_purse() {
    // 4 x 100 x 1.05 = 420: all but the last lot at 110.
    check(
        "x sell 1 @ 99
         y buy  1 @ 99
         a buy  4 stop 100
         b sell 1 @ 100
         c sell 9 @ 110
         d buy  1 @ 100",
        "y takes 1 @ 99 from x
         d takes 1 @ 100 from b
         a triggers
         a takes 3 @ 110 from c
         a EXPIRED FUNDS_SPENT
         ask 6 @ 110 c",
    );
}

#[test]
fn a_trigger_that_finds_its_price_out_of_band_is_rejected() {
    let instrument = Instrument { band: percent("20"), ..plain() };
    check_on(
        instrument,
        &after_a_trade(
            "a buy 1 @ 130 stop 105
             b sell 1 @ 105
             c buy 1 @ 105",
        ),
        "y takes 1 @ 100 from x
         c takes 1 @ 105 from b
         a triggers
         a REJECTED PRICE_OUT_OF_BAND",
    );
}

#[test]
fn a_trigger_of_post_only_that_would_cross_is_rejected() {
    check_after_a_trade(
        "a buy  1 @ 106 stop 105 post
         b buy  1 @ 104 stop 105 post
         c sell 1 @ 105
         d sell 1 @ 106
         e buy  1 @ 105",
        "e takes 1 @ 105 from c
         a triggers
         a REJECTED POST_ONLY_WOULD_CROSS
         b triggers
         ask 1 @ 106 d
         bid 1 @ 104 b",
    );
}

#[test]
fn a_triggered_stop_keeps_its_time_in_force() {
    check_after_a_trade(
        "a buy  5 @ 106 stop 105 ioc
         b buy  5 @ 106 stop 105 fok
         c sell 1 @ 105
         d sell 2 @ 106
         e buy  1 @ 105",
        "e takes 1 @ 105 from c
         a triggers
         a takes 2 @ 106 from d
         a EXPIRED IMMEDIATE_OR_CANCEL
         b triggers
         b EXPIRED FILL_OR_KILL",
    );
}

#[test]
fn a_triggered_stop_may_be_an_iceberg() {
    check_after_a_trade(
        "a buy  5 @ 103 stop 105 show 2
         b sell 1 @ 105
         c buy  1 @ 105",
        "c takes 1 @ 105 from b
         a triggers
         bid 2+3 @ 103 a",
    );
}

#[test]
fn a_waiting_stop_can_be_cancelled_and_not_amended() {
    check_after_a_trade(
        "a buy 5 stop 110
         b buy 5 @ 111 stop 110
         amend a 4
         amend b @ 112
         cancel a
         c sell 1 @ 110
         d buy 1 @ 110",
        "a refused ORDER_NOT_AMENDABLE
         b refused ORDER_NOT_AMENDABLE
         a CANCELLED OWNER
         d takes 1 @ 110 from c
         b triggers
         bid 5 @ 111 b",
    );
}

#[test]
fn a_triggered_stop_that_rests_can_be_amended() {
    check_after_a_trade(
        "a buy  5 @ 103 stop 105
         b sell 1 @ 105
         c buy  1 @ 105
         amend a 3 @ 104",
        "c takes 1 @ 105 from b
         a triggers
         bid 3 @ 104 a",
    );
}
