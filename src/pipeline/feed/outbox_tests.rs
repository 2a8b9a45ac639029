//! What an outbox does when its listener is slower than what comes.

use std::task::Waker;

use super::*;
use crate::{
    domain::{
        history::Candle,
        id::{Sequence, Stamp},
        instrument::{Price, Quantity},
        order::Side,
    },
    pipeline::feed::{conflated::LEVELS_WAITING_MAX, event::Event},
};

const BOOK: InstrumentId = InstrumentId(0);

fn book_event(sequence: u64, levels: &[(Side, Price, Quantity)]) -> Arc<Event> {
    let level = |(side, price, quantity): &(Side, Price, Quantity)| Level {
        side: *side,
        price: *price,
        quantity: *quantity,
    };
    let data = Data::Book(levels.iter().map(level).collect(), Arc::default());
    let (at, before) = (Sequence(sequence), Sequence(sequence - 1));
    Arc::new(Event::new(Channel::Book(BOOK), at, before, Stamp(0), data))
}

fn other_event(sequence: u64) -> Arc<Event> {
    let channel = Channel::Candles(BOOK, crate::domain::history::Interval::M1);
    let data = Data::Candle(Candle::gap(Stamp(0), Price::new(1)));
    Arc::new(Event::new(channel, Sequence(sequence), Sequence(0), Stamp(0), data))
}

/// What comes next, in short.
fn next(outbox: &Outbox) -> String {
    match outbox.next(Waker::noop()) {
        Next::Text(text) => text,
        Next::Event(event) => format!("event {}", event.sequence),
        Next::Book(_, update) => {
            let levels = update.levels().map(|l| format!("{}:{}", l.price, l.quantity));
            let levels: Vec<_> = levels.collect();
            format!("book {} {}", update.sequence, levels.join(" "))
        }
        Next::Snapshot(_) => "snapshot".into(),
        Next::Ticker(_) => "ticker".into(),
        Next::Close(close) => format!("close {}", close.code),
        Next::Idle => "idle".into(),
    }
}

#[test]
fn a_group_s_update_is_passed_on_whole_and_joined_with_the_next_where_the_listener_is_slow() {
    let outbox = Outbox::new(10);
    outbox.open_book(BOOK, false);
    outbox.deliver(&book_event(1, &[(Side::Buy, Price::new(10), Quantity::new(5))]));
    assert_eq!(next(&outbox), "snapshot", "the snapshot has event 1 in it");
    assert_eq!(next(&outbox), "idle");
    outbox.deliver(&book_event(2, &[(Side::Buy, Price::new(10), Quantity::new(6))]));
    assert_eq!(next(&outbox), "event 2");
    outbox.deliver(&book_event(3, &[(Side::Buy, Price::new(10), Quantity::new(7))]));
    outbox.deliver(&book_event(
        4,
        &[
            (Side::Buy, Price::new(10), Quantity::ZERO),
            (Side::Sell, Price::new(11), Quantity::new(1)),
        ],
    ));
    assert_eq!(next(&outbox), "book 4 10:0 11:1");
    assert_eq!(next(&outbox), "idle");
    outbox.deliver(&book_event(5, &[(Side::Buy, Price::new(10), Quantity::new(1))]));
    outbox.renew_book(BOOK);
    assert_eq!([next(&outbox), next(&outbox)], ["snapshot", "idle"]);
}

#[test]
fn a_raw_book_is_passed_on_while_there_is_room_and_conflated_in_its_turn_beyond_it() {
    let outbox = Outbox::new(4);
    outbox.open_book(BOOK, true);
    assert_eq!(next(&outbox), "snapshot");
    for sequence in 1..=5 {
        outbox.deliver(&book_event(
            sequence,
            &[(Side::Buy, Price::new(10), Quantity::new(sequence as i64))],
        ));
    }
    outbox.push("answer".into());
    assert_eq!(next(&outbox), "event 1");
    outbox.deliver(&book_event(6, &[(Side::Buy, Price::new(9), Quantity::new(1))]));
    assert_eq!(next(&outbox), "event 2");
    assert_eq!(next(&outbox), "book 6 9:1 10:5");
    assert_eq!(next(&outbox), "answer");
    outbox.deliver(&book_event(7, &[(Side::Buy, Price::new(10), Quantity::ZERO)]));
    assert_eq!(next(&outbox), "event 7");
}

#[test]
fn too_many_levels_become_a_snapshot() {
    let outbox = Outbox::new(4);
    outbox.open_book(BOOK, false);
    assert_eq!(next(&outbox), "snapshot");
    for sequence in 1..=LEVELS_WAITING_MAX as u64 + 1 {
        outbox.deliver(&book_event(
            sequence,
            &[(Side::Buy, Price::new(sequence as i64), Quantity::new(1))],
        ));
    }
    assert_eq!(next(&outbox), "snapshot");
    assert_eq!(next(&outbox), "idle");
}

#[test]
fn whatever_else_does_not_fit_closes() {
    let outbox = Outbox::new(3);
    (1..=3).for_each(|sequence| outbox.deliver(&other_event(sequence)));
    assert!(!outbox.is_closing());
    outbox.deliver(&other_event(4));
    assert!(outbox.is_closing());
    outbox.push("never sent".into());
    assert_eq!(next(&outbox), "close 4008");
    assert_eq!(next(&outbox), "idle");
}

#[test]
fn a_finished_outbox_says_what_it_has_and_closes() {
    let outbox = Outbox::new(3);
    outbox.push("first".into());
    outbox.finish(Close { code: 1001, reason: "" });
    outbox.push("never sent".into());
    outbox.close(TOO_SLOW);
    assert_eq!(next(&outbox), "close 1001", "the first reason stays");
    let outbox = Outbox::new(3);
    outbox.push("first".into());
    outbox.finish(Close { code: 1001, reason: "" });
    assert_eq!([next(&outbox), next(&outbox)], ["first", "close 1001"]);
}

#[test]
fn replayed_events_do_not_count_and_go_before_what_is_new() {
    let outbox = Outbox::new(2);
    let mark = outbox.mark();
    let missed: Vec<_> = (1..=5).map(other_event).collect();
    outbox.replay(&missed);
    outbox.deliver(&other_event(6));
    outbox.push_at(mark, "subscribed".into());
    assert!(!outbox.is_closing());
    let told: Vec<_> = (0..8).map(|_| next(&outbox)).collect();
    let expected =
        ["subscribed", "event 1", "event 2", "event 3", "event 4", "event 5", "event 6", "idle"];
    assert_eq!(told, expected);
}

#[test]
fn a_resumed_book_begins_with_what_was_missed() {
    let missed = [
        book_event(4, &[(Side::Buy, Price::new(10), Quantity::new(1))]),
        book_event(5, &[(Side::Buy, Price::new(10), Quantity::new(2))]),
    ];
    let raw = Outbox::new(10);
    raw.resume_book(BOOK, true, &missed);
    raw.deliver(&book_event(6, &[(Side::Buy, Price::new(10), Quantity::new(3))]));
    let told = [next(&raw), next(&raw), next(&raw), next(&raw)];
    assert_eq!(told, ["event 4", "event 5", "event 6", "idle"]);
    let conflated = Outbox::new(10);
    conflated.resume_book(BOOK, false, &missed);
    conflated.deliver(&book_event(6, &[(Side::Sell, Price::new(11), Quantity::new(3))]));
    assert_eq!(next(&conflated), "book 6 10:2 11:3");
}

#[test]
fn only_the_newest_ticker_waits() {
    let outbox = Outbox::new(1);
    let changed = |sequence| {
        let (at, before) = (Sequence(sequence), Sequence(sequence - 1));
        Arc::new(Event::new(Channel::Ticker(BOOK), at, before, Stamp(0), Data::Ticker))
    };
    outbox.open_ticker(BOOK);
    assert_eq!([next(&outbox), next(&outbox)], ["ticker", "idle"]);
    outbox.deliver(&changed(1));
    assert_eq!([next(&outbox), next(&outbox)], ["event 1", "idle"]);
    (2..100).for_each(|sequence| outbox.deliver(&changed(sequence)));
    assert_eq!([next(&outbox), next(&outbox)], ["ticker", "idle"], "as it is, not as it was");
    outbox.shut(Channel::Ticker(BOOK));
    outbox.deliver(&changed(100));
    assert_eq!(next(&outbox), "idle");
}
