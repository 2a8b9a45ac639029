//! What orders and fills do to money: locks, improvements, fees, what returns.

use super::table::{check_money, dusty, percent, plain};
use crate::domain::instrument::Instrument;

#[test]
fn a_resting_order_locks_what_it_can_cost() {
    check_money(
        plain(),
        "a buy  5 @ 100
         b sell 5 @ 101",
        "a available -500 USDT
         a locked 500 USDT
         b available -5 USD
         b locked 5 USD",
    );
}

#[test]
fn a_fill_consumes_at_the_price_it_got() {
    check_money(
        plain(),
        "a sell 5 @ 100
         b buy  3 @ 110",
        "a available -5 USD
         a available 300 USDT
         a locked 2 USD
         b available 3 USD
         b available -300 USDT",
    );
    check_money(
        plain(),
        "a buy  5 @ 110
         b sell 3 @ 100",
        "a available 3 USD
         a available -550 USDT
         a locked 220 USDT
         b available -3 USD
         b available 330 USDT",
    );
}

#[test]
fn a_cancel_gives_back_what_is_locked() {
    check_money(
        plain(),
        "a buy  5 @ 110
         b sell 3 @ 100
         cancel a
         c sell 4 @ 10 of kim
         d buy  3 stop 200 of kim
         cancel all kim",
        "a available 3 USD
         a available -330 USDT
         b available -3 USD
         b available 330 USDT",
    );
}

#[test]
fn roundings_favour_nobody_and_return_with_the_last_fill() {
    // 3 x 1.55 locks 5 (4.65); three fills of 1 each (1.55) leave 2, which return.
    check_money(
        dusty(),
        "a buy  3 @ 155",
        "a available -5 USDT
         a locked 5 USDT",
    );
    check_money(
        dusty(),
        "a buy  3 @ 155
         b sell 1 @ 155
         c sell 1 @ 155",
        "a available 2 USD
         a available -4 USDT
         a locked 2 USDT
         b available -1 USD
         b available 1 USDT
         c available -1 USD
         c available 1 USDT",
    );
    check_money(
        dusty(),
        "a buy  3 @ 155
         b sell 1 @ 155
         c sell 1 @ 155
         d sell 1 @ 155",
        "a available 3 USD
         a available -3 USDT
         b available -1 USD
         b available 1 USDT
         c available -1 USD
         c available 1 USDT
         d available -1 USD
         d available 1 USDT",
    );
}

fn with_fees() -> Instrument {
    Instrument { maker_fee: percent("1"), taker_fee: percent("2"), ..plain() }
}

#[test]
fn fees_are_taken_from_what_is_received_and_round_up() {
    check_money(
        with_fees(),
        "a sell 150 @ 3
         b buy  150 @ 3",
        "a available -150 USD
         a available 445 USDT
         b available 147 USD
         b available -450 USDT
         house 3 USD
         house 5 USDT",
    );
    check_money(
        with_fees(),
        "a buy  150 @ 3
         b sell 150 @ 3",
        "a available 148 USD
         a available -450 USDT
         b available -150 USD
         b available 441 USDT
         house 2 USD
         house 9 USDT",
    );
}

#[test]
fn a_market_order_spends_no_more_than_it_takes() {
    check_money(
        plain(),
        "a sell 2 @ 100
         b buy  market for 150",
        "a available -2 USD
         a available 100 USDT
         a locked 1 USD
         b available 1 USD
         b available -100 USDT",
    );
}

#[test]
fn a_stop_locks_its_purse_and_gives_back_what_it_does_not_need() {
    let waiting = "x sell 1 @ 99
                   y buy  1 @ 99
                   a buy  4 stop 100 of kim";
    check_money(
        plain(),
        waiting,
        "kim available -420 USDT
         kim locked 420 USDT
         x available -1 USD
         x available 99 USDT
         y available 1 USD
         y available -99 USDT",
    );
    check_money(
        plain(),
        &format!("{waiting}\n b sell 9 @ 100 of lee\n c buy 1 @ 100 of mia"),
        "kim available 4 USD
         kim available -400 USDT
         lee available -9 USD
         lee available 500 USDT
         lee locked 4 USD
         mia available 1 USD
         mia available -100 USDT
         x available -1 USD
         x available 99 USDT
         y available 1 USD
         y available -99 USDT",
    );
}

#[test]
fn a_triggered_stop_limit_keeps_locked_what_its_rest_can_cost() {
    check_money(
        plain(),
        "x sell 1 @ 99 of mia
         y buy  1 @ 99 of nia
         a buy  4 @ 102 stop 100 of kim
         b sell 3 @ 100 of lee
         c buy  1 @ 100 of nia",
        "kim available 2 USD
         kim available -404 USDT
         kim locked 204 USDT
         lee available -3 USD
         lee available 300 USDT
         mia available -1 USD
         mia available 99 USDT
         nia available 2 USD
         nia available -199 USDT",
    );
}

#[test]
fn an_amend_locks_or_gives_back_the_difference() {
    check_money(
        plain(),
        "a buy 5 @ 100
         amend a 4
         amend a 7 @ 90
         b sell 5 @ 200
         amend b 8",
        "a available -630 USDT
         a locked 630 USDT
         b available -8 USD
         b locked 8 USD",
    );
}

#[test]
fn an_amend_that_trades_spends_its_lock_first() {
    check_money(
        plain(),
        "a sell 3 @ 105
         b buy  5 @ 100
         amend b @ 110",
        "a available -3 USD
         a available 315 USDT
         b available 3 USD
         b available -535 USDT
         b locked 220 USDT",
    );
}

#[test]
fn decrementing_gives_back_what_is_locked_for_it() {
    check_money(
        plain(),
        "a buy  5 @ 100 of kim
         b sell 3 @ 100 of kim decrement",
        "kim available -200 USDT
         kim locked 200 USDT",
    );
}
