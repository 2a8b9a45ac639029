//! Deadlines: half-open, effective when they pass and not when a timer gets to it; extended, frozen,
//! shifted by an outage.

use super::market::*;
use crate::domain::{
    fact::Body,
    id::{P2pTradeId, Stamp},
    p2p::{
        decide::due,
        dispute::{DisputeStatus, VerdictOutcome},
        machine::Action,
        trade::{TradeReason, TradeState::*},
        trade_request::TradeRequest,
    },
    rejection::Rejection,
};

fn freeze() -> TradeRequest {
    TradeRequest::Freeze { reason: "a hint".into() }
}

fn unfreeze() -> TradeRequest {
    TradeRequest::Unfreeze { reason: "all is well".into() }
}

/// When TR1's clock runs out, in milliseconds since it was opened.
fn left(market: &Market, id: P2pTradeId) -> Option<i64> {
    market.trade(id).runs_out().map(|deadline| deadline.0 - START.0)
}

#[test]
fn a_stamp_before_a_deadline_is_in_time_and_one_at_it_is_late() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    market.pass(899_999);
    market.does(B, tr1, TradeRequest::MarkSent);
    assert_eq!(market.state_of(tr1), PaymentSent);

    let mut market = Market::new();
    let tr1 = market.tr1();
    market.pass(900_000);
    assert_eq!(refused(market.ask(B, tr1, TradeRequest::MarkSent)), "TRADE_EXPIRED");
    assert_eq!(market.state_of(tr1), Expired);
    assert_eq!(market.trade(tr1).reason, Some(TradeReason::PaymentWindow));
    assert_eq!(refused(market.ask(B, tr1, cancel())), "TRADE_STATE_FORBIDS");
    assert_eq!(market.usdt_of(S), ["4000.000000", "1000.000000", "0.000000"]);
}

#[test]
fn each_state_has_its_deadline() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    assert_eq!(left(&market, tr1), Some(900 * SECOND));
    market.pass(100 * SECOND);
    market.does(B, tr1, TradeRequest::MarkSent);
    assert_eq!(left(&market, tr1), Some(1_000 * SECOND));
    market.pass(100 * SECOND);
    market.does(S, tr1, dispute_for(false));
    assert_eq!(left(&market, tr1), Some(200 * SECOND + 3 * DAY));
    market.does(B, tr1, dispute_for(true));
    market.does(A, tr1, TradeRequest::TakeDispute);
    assert_eq!(left(&market, tr1), Some(200 * SECOND + 3 * DAY));
    market.pass(100 * SECOND);
    market.does(A, tr1, verdict(VerdictOutcome::Buyer));
    assert_eq!(left(&market, tr1), Some(300 * SECOND + DAY));
    market.pass(100 * SECOND);
    market.does(S, tr1, TradeRequest::Appeal { reason: None });
    assert_eq!(left(&market, tr1), Some(400 * SECOND + 3 * DAY));
    market.does(S, tr1, TradeRequest::Confirm);
    assert_eq!(left(&market, tr1), None);
}

/// Four days late, the clock does all that was due, each at its own time.
#[test]
fn late_timers_are_effective_at_their_deadlines() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    market.does(B, tr1, TradeRequest::MarkSent);
    market.pass(4 * DAY + HOUR);
    let steps = [Action::ReleaseDeadline, Action::AutoDispute, Action::TargetMissed];
    assert_eq!(market.tick(), steps);
    let trade = market.trade(tr1);
    let dispute = trade.dispute.as_ref().unwrap();
    let opened = START.plus_millis(900 * SECOND + DAY);
    assert_eq!((dispute.opened_at, dispute.statements_until), (opened, opened.plus_millis(DAY)));
    assert_eq!((trade.updated_at, trade.step), (opened.plus_millis(3 * DAY), 5));
}

/// However late and in however many pieces the clock is looked at, the outcome is the same.
#[test]
fn the_outcome_does_not_depend_on_how_late_a_timer_runs() {
    let after = |pieces: &[i64]| {
        let mut market = Market::new();
        let tr1 = market.tr1();
        market.does(B, tr1, TradeRequest::MarkSent);
        for piece in pieces {
            market.pass(*piece);
            market.tick();
        }
        market.trade(tr1).clone()
    };
    let whole = after(&[2 * DAY]);
    assert_eq!(whole.state, Disputed);
    assert_eq!(after(&[900 * SECOND, 2 * DAY - 900 * SECOND]), whole);
    assert_eq!(after(&[DAY, DAY]), whole);
    assert_eq!(after(&[HOUR; 48]), whole);
}

#[test]
fn an_expiry_that_is_late_counts_on_the_day_of_its_deadline() {
    let mut market = Market::new();
    market.pass(DAY - 900 * SECOND - 1);
    let tr1 = market.tr1();
    market.pass(HOUR);
    market.tick();
    let reputation = market.state.p2p.reputation(B).unwrap();
    let midnight = START.plus_millis(DAY);
    assert_eq!(market.trade(tr1).updated_at, midnight.plus_millis(-1));
    assert_eq!(reputation.last_days(2, midnight).counted, 1);
    assert_eq!(reputation.last_days(1, midnight).counted, 0);
}

#[test]
fn an_extension_adds_the_window_once() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    market.pass(899_999);
    market.does(S, tr1, TradeRequest::Extend);
    assert_eq!(left(&market, tr1), Some(1_800 * SECOND));
    assert_eq!(refused(market.ask(S, tr1, TradeRequest::Extend)), "ALREADY_EXTENDED");
    market.pass(900_000);
    market.does(B, tr1, TradeRequest::MarkSent);

    let mut market = Market::new();
    let tr1 = market.tr1();
    market.pass(900_000);
    assert_eq!(refused(market.ask(S, tr1, TradeRequest::Extend)), "TRADE_STATE_FORBIDS");
}

#[test]
fn a_frozen_trade_keeps_what_was_left() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    market.pass(800 * SECOND);
    market.does(ADMIN, tr1, freeze());
    assert_eq!(left(&market, tr1), None);
    market.pass(30 * DAY);
    assert_eq!(market.tick(), []);
    assert_eq!(refused(market.ask(B, tr1, TradeRequest::MarkSent)), "TRADE_FROZEN");
    market.does(ADMIN, tr1, unfreeze());
    assert_eq!(left(&market, tr1), Some(900 * SECOND + 30 * DAY));
    market.pass(100 * SECOND - 1);
    market.does(B, tr1, TradeRequest::MarkSent);
}

#[test]
fn a_freeze_comes_too_late_for_what_is_due() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    market.pass(900 * SECOND);
    assert_eq!(refused(market.ask(ADMIN, tr1, freeze())), "TRADE_STATE_FORBIDS");
    assert_eq!(market.state_of(tr1), Expired);
}

/// The time for statements stands still too, unless it was over.
#[test]
fn a_freeze_stops_the_time_for_statements() {
    for (before, shifted) in [(HOUR, true), (DAY, false)] {
        let mut market = Market::new();
        let tr1 = market.tr1();
        market.does(B, tr1, TradeRequest::MarkSent);
        market.does(S, tr1, dispute_for(false));
        market.does(A, tr1, TradeRequest::TakeDispute);
        let until = |market: &Market| market.trade(tr1).dispute.as_ref().unwrap().statements_until;
        let first = until(&market);
        market.pass(before);
        market.does(ADMIN, tr1, freeze());
        market.pass(7 * DAY);
        market.does(ADMIN, tr1, unfreeze());
        let later = if shifted { first.plus_millis(7 * DAY) } else { first };
        assert_eq!(until(&market), later);
        let answer = market.ask(A, tr1, verdict(VerdictOutcome::Buyer));
        let missing = Err(Rejection::StatementsMissing(later));
        assert_eq!(answer, if shifted { missing } else { Ok(()) });
    }
}

/// The exchange was last alive at `since` after TR1 was opened, and down for `millis`.
fn shift(market: &mut Market, since: i64, millis: i64) {
    market.now = START.plus_millis(since + millis);
    let since = START.plus_millis(since);
    market.fold(Body::DowntimeShifted { since, millis });
    market.check();
}

#[test]
fn an_outage_moves_open_deadlines() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    shift(&mut market, 600 * SECOND, 5 * HOUR);
    assert_eq!(left(&market, tr1), Some(900 * SECOND + 5 * HOUR));
    market.pass(300 * SECOND - 1);
    market.does(B, tr1, TradeRequest::MarkSent);
    assert_eq!(market.state_of(tr1), PaymentSent);
}

#[test]
fn what_was_due_before_an_outage_stays_due() {
    for (since, state) in [(900 * SECOND - 1, Pending), (900 * SECOND, Expired)] {
        let mut market = Market::new();
        let tr1 = market.tr1();
        shift(&mut market, since, HOUR);
        market.tick();
        assert_eq!(market.state_of(tr1), state);
    }
}

#[test]
fn an_outage_in_a_dispute_leaves_time_for_statements() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    market.does(B, tr1, TradeRequest::MarkSent);
    market.does(S, tr1, dispute_for(false));
    shift(&mut market, HOUR, 2 * DAY);
    let dispute = market.trade(tr1).dispute.as_ref().unwrap();
    assert_eq!(dispute.statements_until, START.plus_millis(3 * DAY));
    assert_eq!(left(&market, tr1), Some(5 * DAY));
}

/// A freeze that an outage falls into counts it once.
#[test]
fn an_outage_while_frozen_counts_once() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    market.pass(100 * SECOND);
    market.does(ADMIN, tr1, freeze());
    shift(&mut market, 200 * SECOND, HOUR);
    market.does(ADMIN, tr1, unfreeze());
    assert_eq!(left(&market, tr1), Some(900 * SECOND + 100 * SECOND + HOUR));
}

/// A timer carries the step for which it was set.
#[test]
fn every_fact_of_a_trade_raises_its_step() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    let mut steps = vec![market.trade(tr1).step];
    for (by, ask) in [
        (S, cancel()),
        (B, TradeRequest::RejectCancel),
        (S, TradeRequest::Extend),
        (B, TradeRequest::MarkSent),
        (ADMIN, freeze()),
        (ADMIN, unfreeze()),
        (S, dispute_for(false)),
        (S, TradeRequest::Withdraw),
        (B, TradeRequest::Cancel { not_paid: true }),
    ] {
        market.does(by, tr1, ask);
        steps.push(market.trade(tr1).step);
    }
    assert!(steps.iter().copied().eq(1..=10));
    // What a chat says sets no timer.
    let mut market = Market::new();
    let tr1 = market.tr1();
    market.does(B, tr1, TradeRequest::Write { text: "hello".into() });
    assert_eq!((market.trade(tr1).step, market.trade(tr1).messages), (1, 1));
}

#[test]
fn a_missed_target_is_told_once() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    market.does(B, tr1, TradeRequest::MarkSent);
    market.does(S, tr1, dispute_for(false));
    market.pass(3 * DAY);
    let told = due(market.trade(tr1), &market.rules, market.now).unwrap().into_fact(&[ADMIN, S]);
    assert_eq!(told.told.as_slice(), [B, S, ADMIN]);
    assert_eq!(market.tick(), [Action::TargetMissed]);
    assert!(market.trade(tr1).dispute.as_ref().unwrap().escalated);
    assert_eq!(left(&market, tr1), None);
    market.pass(100 * DAY);
    assert_eq!(market.tick(), []);
    // It can still be decided.
    market.does(A, tr1, TradeRequest::TakeDispute);
    market.does(A, tr1, verdict(VerdictOutcome::Seller));
    market.pass(DAY);
    assert_eq!(market.tick(), [Action::AppealDeadline]);
    assert_eq!(market.state_of(tr1), ResolvedSeller);
    assert_eq!(market.trade(tr1).dispute.as_ref().unwrap().status, DisputeStatus::Closed);
}

#[test]
fn a_withdrawn_dispute_gives_a_fresh_deadline_twice() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    market.does(B, tr1, TradeRequest::MarkSent);
    for number in 0..3 {
        market.pass(HOUR);
        market.does(S, tr1, dispute_for(false));
        let dispute = market.trade(tr1).dispute.as_ref().unwrap();
        assert_eq!(dispute.id, tr1.dispute(number));
        market.pass(HOUR);
        if number == 2 {
            break;
        }
        market.does(S, tr1, TradeRequest::Withdraw);
        assert_eq!(market.state_of(tr1), ReleaseOverdue);
        let deadline = market.trade(tr1).runs_out();
        assert_eq!(deadline, Some(market.now.plus_millis(DAY)));
    }
    assert_eq!(refused(market.ask(S, tr1, TradeRequest::Withdraw)), "TOO_MANY_WITHDRAWALS");
    // What the clock has opened nobody withdraws.
    let mut market = Market::new();
    let tr1 = market.tr1();
    market.does(B, tr1, TradeRequest::MarkSent);
    market.pass(2 * DAY);
    for party in [B, S] {
        assert_eq!(refused(market.ask(party, tr1, TradeRequest::Withdraw)), "NOT_THE_OPENER");
    }
}

#[test]
fn a_verdict_waits_for_both_sides_or_their_time() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    market.does(B, tr1, TradeRequest::MarkSent);
    market.does(S, tr1, dispute_for(false));
    market.does(A, tr1, TradeRequest::TakeDispute);
    let until: Stamp = START.plus_millis(DAY);
    market.pass(DAY - 1);
    let answer = market.ask(A, tr1, verdict(VerdictOutcome::Buyer));
    assert_eq!(answer, Err(Rejection::StatementsMissing(until)));
    let mut answered = market.clone();
    answered.does(B, tr1, dispute_for(true));
    answered.does(A, tr1, verdict(VerdictOutcome::Buyer));
    market.pass(1);
    market.does(A, tr1, verdict(VerdictOutcome::Buyer));
}
