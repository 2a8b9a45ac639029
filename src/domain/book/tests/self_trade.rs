//! Self-trade prevention: nobody trades with oneself; the taker says what happens instead.

use super::table::{check, check_on, dusty};

#[test]
fn cancel_newest_ends_the_taker() {
    check(
        "a sell 2 @ 100
         b sell 5 @ 101 of kim
         c sell 5 @ 102
         d buy  9 @ 102 of kim",
        "d takes 2 @ 100 from a
         d CANCELLED SELF_TRADE
         ask 5 @ 102 c
         ask 5 @ 101 b",
    );
}

#[test]
fn cancel_oldest_ends_the_resting_order_and_goes_on() {
    check(
        "a sell 2 @ 100
         b sell 5 @ 101 of kim
         c sell 5 @ 102
         d buy  9 @ 102 of kim oldest",
        "d takes 2 @ 100 from a
         d takes 5 @ 102 from c
         b CANCELLED SELF_TRADE
         bid 2 @ 102 d",
    );
}

#[test]
fn cancel_both_ends_both() {
    check(
        "a sell 2 @ 100
         b sell 5 @ 101 of kim
         c sell 5 @ 102
         d buy  9 @ 102 of kim both",
        "d takes 2 @ 100 from a
         d CANCELLED SELF_TRADE
         b CANCELLED SELF_TRADE
         ask 5 @ 102 c",
    );
}

#[test]
fn decrement_and_cancel_ends_the_smaller_and_reduces_the_larger() {
    check(
        "a sell 5 @ 101 of kim
         b sell 5 @ 102
         c buy  9 @ 102 of kim decrement",
        "c takes 4 @ 102 from b
         a CANCELLED SELF_TRADE
         ask 1 @ 102 b",
    );
    check(
        "a sell 5 @ 101 of kim
         b sell 2 @ 101
         c buy  3 @ 102 of kim decrement
         d buy  3 @ 101",
        "c CANCELLED SELF_TRADE
         d takes 2 @ 101 from a
         d takes 1 @ 101 from b
         ask 1 @ 101 b",
    );
    check(
        "a sell 5 @ 101 of kim
         b buy  5 @ 101 of kim decrement",
        "b CANCELLED SELF_TRADE
         a CANCELLED SELF_TRADE",
    );
}

#[test]
fn decrementing_an_iceberg_takes_what_it_hides_first() {
    check(
        "a sell 9 @ 101 of kim show 3
         b sell 1 @ 101
         c buy  4 @ 101 of kim decrement
         d buy  4 @ 101 of kim decrement",
        "c CANCELLED SELF_TRADE
         d CANCELLED SELF_TRADE
         ask 1 @ 101 a
         ask 1 @ 101 b",
    );
}

#[test]
fn what_decrementing_leaves_can_be_dust() {
    check_on(
        dusty(),
        "a sell 5 @ 40 of kim
         b buy  3 @ 40 of kim decrement",
        "b CANCELLED SELF_TRADE
         a EXPIRED DUST",
    );
}

#[test]
fn market_orders_prevent_self_trades_too() {
    check(
        "a sell 2 @ 100 of kim
         b sell 5 @ 101
         c buy  3 market of kim
         d buy  market for 500 of kim oldest",
        "c CANCELLED SELF_TRADE
         d takes 4 @ 101 from b
         a CANCELLED SELF_TRADE
         ask 1 @ 101 b",
    );
}

#[test]
fn a_quote_amount_is_decremented_by_what_the_own_order_is_worth() {
    check(
        "a sell 2 @ 100 of kim
         b sell 5 @ 101
         c buy  market for 503 of kim decrement",
        "c takes 3 @ 101 from b
         a CANCELLED SELF_TRADE
         ask 2 @ 101 b",
    );
    check(
        "a sell 9 @ 100 of kim
         b buy  market for 503 of kim decrement",
        "b CANCELLED SELF_TRADE
         ask 4 @ 100 a",
    );
}

#[test]
fn an_order_that_has_spent_everything_meets_nobody() {
    // 200 are spent at 100; what would come next, its own order, is none of its business.
    for prevention in ["newest", "oldest", "both", "decrement"] {
        check(
            &format!(
                "a sell 2 @ 100
                 b sell 5 @ 101 of kim
                 c buy  market for 250 of kim {prevention}"
            ),
            "c takes 2 @ 100 from a
             ask 5 @ 101 b",
        );
        check(
            &format!(
                "a sell 2 @ 100
                 b sell 5 @ 101 of kim
                 c buy  4 market of kim budget 250 {prevention}"
            ),
            "c takes 2 @ 100 from a
             c EXPIRED FUNDS_SPENT
             ask 5 @ 101 b",
        );
    }
}

#[test]
fn a_rest_worth_nothing_meets_nobody() {
    for prevention in ["newest", "oldest", "both", "decrement"] {
        check_on(
            dusty(),
            &format!(
                "a sell 7 @ 40
                 b sell 9 @ 40 of kim
                 c buy  9 @ 40 of kim {prevention}"
            ),
            "c takes 7 @ 40 from a
             c EXPIRED DUST
             ask 9 @ 40 b",
        );
    }
}

#[test]
fn fill_or_kill_counts_no_own_orders() {
    for prevention in ["newest", "oldest", "both", "decrement"] {
        check(
            &format!(
                "a sell 2 @ 100 of kim
                 b sell 5 @ 101
                 c buy  6 @ 101 of kim fok {prevention}"
            ),
            "c EXPIRED FILL_OR_KILL
             ask 5 @ 101 b
             ask 2 @ 100 a",
        );
    }
    check(
        "a sell 2 @ 100 of kim
         b sell 5 @ 101
         c buy  5 @ 101 of kim fok oldest",
        "c takes 5 @ 101 from b
         a CANCELLED SELF_TRADE",
    );
    check(
        "a sell 2 @ 100
         b sell 5 @ 101 of kim
         c buy  2 @ 101 of kim fok",
        "c takes 2 @ 100 from a
         ask 5 @ 101 b",
    );
}

#[test]
fn an_amended_order_prevents_self_trades_too() {
    check(
        "a sell 2 @ 105 of kim
         b buy  2 @ 100 of kim
         amend b @ 106",
        "b CANCELLED SELF_TRADE
         ask 2 @ 105 a",
    );
}

#[test]
fn post_only_does_not_excuse_an_own_order() {
    check(
        "a sell 2 @ 105 of kim
         b buy  2 @ 105 of kim post oldest",
        "b refused POST_ONLY_WOULD_CROSS
         ask 2 @ 105 a",
    );
}
