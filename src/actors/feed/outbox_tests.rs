//! What an outbox does when its listener is slower than what comes.

use std::task::Waker;

use super::*;
use crate::{actors::feed::event::Event, domain::history::Candle};

const BOOK: InstrumentId = InstrumentId(0);
const MILLIS: Duration = Duration::from_millis(100);

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
    let data = Data::Candle(Candle::gap(Stamp(0), 1));
    Arc::new(Event::new(channel, Sequence(sequence), Sequence(0), Stamp(0), data))
}

/// What comes next, in short.
fn next(outbox: &Outbox, now: Instant) -> String {
    match outbox.next(now, Waker::noop()) {
        Next::Text(text) => text,
        Next::Event(event) => format!("event {}", event.sequence),
        Next::Book(_, update) => {
            let levels: Vec<_> =
                update.levels.iter().map(|((_, price), q)| format!("{price}:{q}")).collect();
            format!("book {} {}", update.sequence, levels.join(" "))
        }
        Next::Snapshot(_) => "snapshot".into(),
        Next::Ticker(_) => "ticker".into(),
        Next::Close(close) => format!("close {}", close.code),
        Next::Idle(None) => "idle".into(),
        Next::Idle(Some(until)) => format!("idle {}", (until - now).as_millis()),
    }
}

#[test]
fn a_book_is_conflated_over_its_interval_after_a_snapshot() {
    let (outbox, now) = (Outbox::new(10), Instant::now());
    outbox.open_book(BOOK, MILLIS);
    outbox.deliver(&book_event(1, &[(Side::Buy, 10, 5)]));
    assert_eq!(next(&outbox, now), "snapshot", "the snapshot has event 1 in it");
    assert_eq!(next(&outbox, now), "idle");
    outbox.deliver(&book_event(2, &[(Side::Buy, 10, 6)]));
    outbox.deliver(&book_event(3, &[(Side::Buy, 10, 0), (Side::Sell, 11, 1)]));
    assert_eq!(next(&outbox, now), "idle 100");
    assert_eq!(next(&outbox, now + MILLIS), "book 3 10:0 11:1");
    assert_eq!(next(&outbox, now + MILLIS), "idle");
}

#[test]
fn a_raw_book_is_passed_on_while_there_is_room_and_conflated_in_its_turn_beyond_it() {
    let (outbox, now) = (Outbox::new(4), Instant::now());
    outbox.open_book(BOOK, Duration::ZERO);
    assert_eq!(next(&outbox, now), "snapshot");
    for sequence in 1..=5 {
        outbox.deliver(&book_event(sequence, &[(Side::Buy, 10, sequence as i64)]));
    }
    outbox.push("answer".into());
    assert_eq!(next(&outbox, now), "event 1");
    outbox.deliver(&book_event(6, &[(Side::Buy, 9, 1)]));
    assert_eq!(next(&outbox, now), "event 2");
    assert_eq!(next(&outbox, now), "book 6 9:1 10:5");
    assert_eq!(next(&outbox, now), "answer");
    outbox.deliver(&book_event(7, &[(Side::Buy, 10, 0)]));
    assert_eq!(next(&outbox, now), "event 7");
}

#[test]
fn too_many_levels_become_a_snapshot() {
    let (outbox, now) = (Outbox::new(4), Instant::now());
    outbox.open_book(BOOK, MILLIS);
    assert_eq!(next(&outbox, now), "snapshot");
    for sequence in 1..=LEVELS_WAITING_MAX as u64 + 1 {
        outbox.deliver(&book_event(sequence, &[(Side::Buy, sequence as i64, 1)]));
    }
    assert_eq!(next(&outbox, now + MILLIS), "snapshot");
    assert_eq!(next(&outbox, now + MILLIS), "idle");
}

#[test]
fn whatever_else_does_not_fit_closes() {
    let (outbox, now) = (Outbox::new(3), Instant::now());
    (1..=3).for_each(|sequence| outbox.deliver(&other_event(sequence)));
    assert!(!outbox.is_closing());
    outbox.deliver(&other_event(4));
    assert!(outbox.is_closing());
    outbox.push("never sent".into());
    assert_eq!(next(&outbox, now), "close 4008");
    assert_eq!(next(&outbox, now), "idle");
}

#[test]
fn a_finished_outbox_says_what_it_has_and_closes() {
    let (outbox, now) = (Outbox::new(3), Instant::now());
    outbox.push("first".into());
    outbox.finish(Close { code: 1001, reason: "" });
    outbox.push("never sent".into());
    outbox.close(TOO_SLOW);
    assert_eq!(next(&outbox, now), "close 1001", "the first reason stays");
    let outbox = Outbox::new(3);
    outbox.push("first".into());
    outbox.finish(Close { code: 1001, reason: "" });
    assert_eq!([next(&outbox, now), next(&outbox, now)], ["first", "close 1001"]);
}

#[test]
fn replayed_events_do_not_count_and_go_before_what_is_new() {
    let (outbox, now) = (Outbox::new(2), Instant::now());
    let mark = outbox.mark();
    let missed: Vec<_> = (1..=5).map(other_event).collect();
    outbox.replay(&missed);
    outbox.deliver(&other_event(6));
    outbox.push_at(mark, "subscribed".into());
    assert!(!outbox.is_closing());
    let told: Vec<_> = (0..8).map(|_| next(&outbox, now)).collect();
    let expected =
        ["subscribed", "event 1", "event 2", "event 3", "event 4", "event 5", "event 6", "idle"];
    assert_eq!(told, expected);
}

#[test]
fn a_resumed_book_begins_with_what_was_missed() {
    let missed = [book_event(4, &[(Side::Buy, 10, 1)]), book_event(5, &[(Side::Buy, 10, 2)])];
    let now = Instant::now();
    let raw = Outbox::new(10);
    raw.resume_book(BOOK, Duration::ZERO, &missed);
    raw.deliver(&book_event(6, &[(Side::Buy, 10, 3)]));
    let told = [next(&raw, now), next(&raw, now), next(&raw, now), next(&raw, now)];
    assert_eq!(told, ["event 4", "event 5", "event 6", "idle"]);
    let conflated = Outbox::new(10);
    conflated.resume_book(BOOK, MILLIS, &missed);
    conflated.deliver(&book_event(6, &[(Side::Sell, 11, 3)]));
    assert_eq!(next(&conflated, now), "book 6 10:2 11:3");
}

#[test]
fn a_ticker_is_told_once_an_interval() {
    let (outbox, now) = (Outbox::new(1), Instant::now());
    let changed = Arc::new(Event::new(
        Channel::Ticker(BOOK),
        Sequence(1),
        Sequence(0),
        Stamp(0),
        Data::Ticker,
    ));
    outbox.open_ticker(BOOK, MILLIS);
    assert_eq!([next(&outbox, now), next(&outbox, now)], ["ticker", "idle"]);
    (0..100).for_each(|_| outbox.deliver(&changed));
    assert_eq!(next(&outbox, now), "idle 100");
    assert_eq!([next(&outbox, now + MILLIS), next(&outbox, now + MILLIS)], ["ticker", "idle"]);
    outbox.shut(Channel::Ticker(BOOK));
    outbox.deliver(&changed);
    assert_eq!(next(&outbox, now + 2 * MILLIS), "idle");
}
