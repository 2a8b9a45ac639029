//! Icebergs: what the book shows of an order, and how it is refilled.

use super::table::{Table, check, check_on, dusty, plain};
use crate::domain::{
    instrument::{Price, Quantity},
    order::Side,
};

#[test]
fn a_shown_part_refills_at_the_back() {
    check(
        "a sell 7 @ 100 show 3
         b sell 2 @ 100
         c buy 4 @ 100
         d buy 3 @ 100",
        "c takes 3 @ 100 from a
         c takes 1 @ 100 from b
         d takes 1 @ 100 from b
         d takes 2 @ 100 from a
         ask 1+1 @ 100 a",
    );
}

#[test]
fn one_taker_takes_it_in_turns_with_its_level() {
    check(
        "a sell 5 @ 100 show 2
         b sell 3 @ 100
         c buy 8 @ 100",
        "c takes 2 @ 100 from a
         c takes 3 @ 100 from b
         c takes 2 @ 100 from a
         c takes 1 @ 100 from a",
    );
}

#[test]
fn a_level_shows_no_more_than_its_orders_do() {
    let mut table = Table::new(plain());
    table.play("a buy 9 @ 100 show 4");
    table.play("b buy 2 @ 100");
    assert_eq!(table.book.shown_at(Side::Buy, Price::new(100)), Quantity::new(6));
    table.play("c sell 5 @ 100");
    assert_eq!(table.book.shown_at(Side::Buy, Price::new(100)), Quantity::new(5));
    assert_eq!(
        table.book.levels(Side::Buy).collect::<Vec<_>>(),
        [(Price::new(100), Quantity::new(5))]
    );
    assert_eq!(table.book.levels(Side::Sell).count(), 0);
}

#[test]
fn what_is_left_after_matching_is_shown_in_part() {
    check(
        "a sell 3 @ 100
         b buy 10 @ 100 show 2",
        "b takes 3 @ 100 from a
         bid 2+5 @ 100 b",
    );
    check("a buy 3 @ 100 show 9", "bid 3 @ 100 a");
}

#[test]
fn a_shown_part_worth_nothing_is_joined_with_the_hidden_one() {
    check_on(
        dusty(),
        "a sell 9 @ 40 show 3
         b sell 3 @ 40
         c buy 3 @ 100
         d buy 2 @ 60 ioc
         e buy 4 @ 60",
        "c takes 3 @ 40 from a
         d EXPIRED DUST
         e takes 3 @ 40 from b
         e EXPIRED DUST
         ask 3+3 @ 40 a",
    );
    check_on(
        dusty(),
        "a sell 12 @ 40 show 4
         b sell 3 @ 40
         c buy 3 @ 40 ioc",
        "c takes 3 @ 40 from a
         ask 3 @ 40 b
         ask 4+5 @ 40 a",
    );
}

#[test]
fn a_smaller_iceberg_loses_what_it_hides_first() {
    check(
        "a sell 9 @ 100 show 4
         b sell 1 @ 100
         amend a 6
         amend a 3",
        "ask 3 @ 100 a
         ask 1 @ 100 b",
    );
}
