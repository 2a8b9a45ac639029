//! Standings: the ladder of bars, and what a reputation is made of.

use super::market::*;
use crate::domain::{
    id::{Stamp, UserId},
    p2p::{
        decide::{Decision, decide},
        dispute::{Dispute, Verdict, VerdictOutcome},
        reputation::{Record, Reputation},
        trade::{
            BuyerFault, P2pTrade, TradeReason,
            TradeState::{self, *},
        },
        trade_request::TradeRequest,
    },
};

/// A trade of 50 USD between B and S that ended at `at`, ten minutes after its opening.
fn ended(state: TradeState, reason: Option<TradeReason>, at: Stamp) -> P2pTrade {
    let mut market = Market::new();
    let ad = market.ad1();
    let id = market.take(B, &take_of(ad, "50")).unwrap();
    let created_at = at.plus_millis(-10 * MINUTE);
    P2pTrade { state, reason, created_at, updated_at: at, ..market.trade(id).clone() }
}

/// The same with payment after four minutes and, it may be, a dispute.
fn completed(at: Stamp, disputed: bool) -> P2pTrade {
    let trade = ended(Completed, None, at);
    let sent_at = Some(trade.created_at.plus_millis(4 * MINUTE));
    let dispute = disputed.then(|| Box::new(Dispute::open(trade.id.dispute(0), at, at)));
    P2pTrade { sent_at, dispute, ..trade }
}

/// B after so many completed trades.
fn experienced(completions: usize) -> Reputation {
    let mut reputation = Reputation::default();
    (0..completions).for_each(|_| reputation.end_trade(B, &completed(START, false), None));
    reputation
}

/// Adds faults of a kind to B, each at its minute of the first day; gives the minutes for which B is
/// barred after each, counted from that fault.
fn bars(reputation: &mut Reputation, fault: BuyerFault, at_minutes: &[i64]) -> Vec<i64> {
    let bar = |minute: &i64| {
        let at = START.plus_millis(minute * MINUTE);
        let state = if fault == BuyerFault::BeforePayment { Expired } else { Cancelled };
        reputation.end_trade(B, &ended(state, None, at), Some(fault));
        reputation.bars.barred_until(at).map_or(0, |until| (until.0 - at.0) / MINUTE)
    };
    at_minutes.iter().map(bar).collect()
}

#[test]
fn newcomers_are_let_off_five_times_and_three_after_sent() {
    for completions in 0..3 {
        let fresh = || experienced(completions);
        let apart = [0, 10, 20, 30, 40, 50, 60];
        let before = bars(&mut fresh(), BuyerFault::BeforePayment, &apart);
        assert_eq!(before, [0, 0, 0, 0, 0, 15, 30], "{completions}");
        assert_eq!(bars(&mut fresh(), BuyerFault::AfterSent, &apart[..5]), [0, 0, 0, 15, 30]);
    }
}

#[test]
fn others_are_let_off_three_times_and_once_after_sent() {
    let apart = [0, 10, 20, 30, 40];
    assert_eq!(bars(&mut experienced(3), BuyerFault::BeforePayment, &apart), [0, 0, 0, 15, 30]);
    assert_eq!(bars(&mut experienced(3), BuyerFault::AfterSent, &apart[..3]), [0, 15, 30]);
}

#[test]
fn each_further_fault_bars_longer_and_the_fifth_for_the_rest_of_the_day() {
    let minutes = [0, 0, 0, 0, 15, 45, 105, 345, 346];
    let rest = [24 * 60 - 345, 24 * 60 - 346];
    let expected = [0, 0, 0, 15, 30, 60, 240, rest[0], rest[1]];
    assert_eq!(bars(&mut experienced(3), BuyerFault::BeforePayment, &minutes), expected);
}

/// The two kinds are let off apart; what is beyond either makes the same bars longer.
#[test]
fn faults_of_both_kinds_climb_one_ladder() {
    let mut reputation = experienced(3);
    assert_eq!(bars(&mut reputation, BuyerFault::BeforePayment, &[0, 0, 0]), [0, 0, 0]);
    assert_eq!(bars(&mut reputation, BuyerFault::AfterSent, &[1, 2]), [0, 15]);
    assert_eq!(bars(&mut reputation, BuyerFault::BeforePayment, &[20]), [30]);
}

#[test]
fn a_bar_never_becomes_shorter() {
    // The fourth bar, of four hours, reaches into the next day; the fifth ends with this one.
    let minutes = [0, 0, 0, 1, 2, 3, 22 * 60, 22 * 60 + 1];
    let bars = bars(&mut experienced(3), BuyerFault::BeforePayment, &minutes);
    assert_eq!(bars[3..], [15, 30, 60, 240, 239]);
}

#[test]
fn a_bar_does_not_grow_by_itself_and_a_new_day_forgets_faults() {
    let mut reputation = experienced(3);
    let evening = 24 * 60 - 5;
    assert_eq!(
        bars(&mut reputation, BuyerFault::BeforePayment, &[0, 0, 0, evening]),
        [0, 0, 0, 15]
    );
    let midnight = START.plus_millis(DAY);
    // What is left of the bar reaches over midnight.
    assert_eq!(reputation.bars.barred_until(midnight), Some(midnight.plus_millis(10 * MINUTE)));
    assert_eq!(reputation.bars.barred_until(midnight.plus_millis(10 * MINUTE)), None);
    let next = [24 * 60, 24 * 60 + 20, 24 * 60 + 21, 24 * 60 + 22];
    assert_eq!(bars(&mut reputation, BuyerFault::BeforePayment, &next), [10, 0, 0, 15]);
}

#[test]
fn only_the_buyer_is_at_fault() {
    let mut reputation = Reputation::default();
    for _ in 0..10 {
        let trade = ended(Expired, Some(TradeReason::PaymentWindow), START);
        reputation.end_trade(S, &trade, Some(BuyerFault::BeforePayment));
    }
    assert_eq!(reputation.bars.barred_until(START), None);
    assert_eq!(reputation.all_time().completion_permille(), None);
}

/// Which fault a cancel is: none within the grace, a heavier one after "sent".
#[test]
fn a_cancel_is_a_fault_by_when_it_comes() {
    let check = |after: i64, sent: bool, reason, fault| {
        let mut market = Market::new();
        let id = market.tr1();
        if sent {
            market.does(B, id, TradeRequest::MarkSent);
        }
        market.pass(after);
        let asker = market.asker(B, market.trade(id));
        let ask = TradeRequest::Cancel { not_paid: sent };
        match decide(market.trade(id), &asker, ask, None, &market.rules, market.now) {
            Ok(Decision::Step(decided)) => {
                assert_eq!((decided.trade.reason, decided.fault), (Some(reason), fault));
            }
            other => panic!("{other:?}"),
        }
    };
    check(120 * SECOND - 1, false, TradeReason::Grace, None);
    check(120 * SECOND, false, TradeReason::Buyer, Some(BuyerFault::BeforePayment));
    check(0, true, TradeReason::NotPaid, Some(BuyerFault::AfterSent));
    check(120 * SECOND, true, TradeReason::NotPaid, Some(BuyerFault::AfterSent));
}

#[test]
fn every_end_counts_for_those_whose_it_is() {
    use TradeReason::*;
    let split = Some((true, false));
    for (state, reason, buyer_seller) in [
        (Completed, None, Some((true, true))),
        (Completed, Some(ReleasedInDispute), Some((true, true))),
        (ResolvedBuyer, None, split),
        (ResolvedSeller, None, Some((false, true))),
        (Cancelled, Some(Conceded), Some((false, true))),
        (Cancelled, Some(Mutual), None),
        (Cancelled, Some(Grace), None),
        (ResolvedSplit, None, None),
    ] {
        let trade = ended(state, reason, START);
        for (user, well) in
            [(B, buyer_seller.map(|both| both.0)), (S, buyer_seller.map(|both| both.1))]
        {
            let mut reputation = Reputation::default();
            reputation.end_trade(user, &trade, None);
            let permille = reputation.all_time().completion_permille();
            assert_eq!(permille, well.map(|well| if well { 1_000 } else { 0 }), "{state:?} {user}");
        }
    }
    for (state, reason) in [(Cancelled, Buyer), (Cancelled, NotPaid), (Expired, PaymentWindow)] {
        let trade = ended(state, Some(reason), START);
        let (mut buyer, mut seller) = (Reputation::default(), Reputation::default());
        buyer.end_trade(B, &trade, None);
        seller.end_trade(S, &trade, None);
        assert_eq!(buyer.all_time().completion_permille(), Some(0), "{reason:?}");
        assert_eq!(seller.all_time().completion_permille(), None, "{reason:?}");
    }
}

#[test]
fn nine_completed_and_one_expired_are_ninety_percent() {
    let mut market = Market::new();
    let ad = market.ad1();
    for _ in 0..9 {
        market.completes(B, ad, "50");
    }
    market.take(B, &take_of(ad, "50")).unwrap();
    market.pass(900 * SECOND);
    market.tick();
    let rate = |market: &Market, user| {
        market.state.p2p.reputation(user).unwrap().all_time().completion_permille()
    };
    assert_eq!((rate(&market, B), rate(&market, S)), (Some(900), Some(1_000)));
    let mutual = market.take(B, &take_of(ad, "50")).unwrap();
    market.does(S, mutual, cancel());
    market.does(B, mutual, TradeRequest::AcceptCancel);
    let graced = market.take(B, &take_of(ad, "50")).unwrap();
    market.does(B, graced, cancel());
    assert_eq!((rate(&market, B), rate(&market, S)), (Some(900), Some(1_000)));
}

#[test]
fn no_data_is_nothing_and_not_zero() {
    let none = Record::default();
    assert_eq!(none.completion_permille(), None);
    assert_eq!(none.positive_permille(), None);
    assert_eq!(none.rating_hundredths(), None);
    assert_eq!((none.average_pay_millis(), none.average_release_millis()), (None, None));
}

fn rated(ratings: &[u8]) -> Record {
    let mut reputation = Reputation::default();
    ratings.iter().for_each(|rating| reputation.review(*rating, START));
    reputation.all_time().clone()
}

/// A mean that takes in each vote as it comes would make something else of the same votes.
#[test]
fn a_rating_is_the_exact_mean_of_all_votes() {
    for (ratings, hundredths) in [
        (&[5, 1][..], 300),
        (&[1, 5], 300),
        (&[5, 1, 1, 5], 300),
        (&[5, 5, 4], 467),
        (&[4, 4, 5], 433),
        (&[5, 5, 5, 5, 5, 5, 5, 4], 488),
        (&[4, 4, 4, 4, 4, 4, 4, 5], 412),
    ] {
        assert_eq!(rated(ratings).rating_hundredths(), Some(hundredths), "{ratings:?}");
    }
    // The running mean of 5 and 1, 1, 5 that halves at each vote is 3.5, and not 3.
    let halved = [1, 1, 5].iter().fold(500, |mean, vote| (mean + vote * 100) / 2);
    assert_ne!(rated(&[5, 1, 1, 5]).rating_hundredths(), Some(halved));
}

#[test]
fn fours_and_fives_are_positive() {
    for (ratings, permille) in
        [(&[4, 5][..], 1_000), (&[3], 0), (&[5, 4, 3], 667), (&[1, 2, 5], 333)]
    {
        assert_eq!(rated(ratings).positive_permille(), Some(permille), "{ratings:?}");
    }
}

#[test]
fn windows_are_whole_days_with_today() {
    let mut reputation = Reputation::default();
    reputation.end_trade(B, &completed(START, false), None);
    reputation.review(5, START);
    let in_window = |days, after: i64| {
        let record = reputation.last_days(days, START.plus_millis(after));
        (record.completed, record.reviews)
    };
    assert_eq!((in_window(30, 0), in_window(30, 30 * DAY - 1)), ((1, 1), (1, 1)));
    assert_eq!((in_window(30, 30 * DAY), in_window(90, 30 * DAY)), ((0, 0), (1, 1)));
    assert_eq!((in_window(90, 90 * DAY - 1), in_window(90, 90 * DAY)), ((1, 1), (0, 0)));
    assert_eq!(reputation.all_time().completed, 1);
}

/// Days that no window looks at are dropped, and only those.
#[test]
fn what_windows_show_does_not_depend_on_what_came_after() {
    let mut reputation = Reputation::default();
    for day in 0..200 {
        let now = START.plus_millis(day * DAY);
        reputation.end_trade(B, &completed(now, false), None);
        assert_eq!(reputation.last_days(30, now).completed as i64, (day + 1).min(30));
        assert_eq!(reputation.last_days(90, now).completed as i64, (day + 1).min(90));
    }
    assert_eq!(reputation.all_time().completed, 200);
}

#[test]
fn partners_are_counted_once_each() {
    let mut reputation = Reputation::default();
    let mut with = |buyer: UserId, day: i64| {
        let mut trade = completed(START.plus_millis(day * DAY), false);
        trade.buyer.id = buyer;
        reputation.end_trade(S, &trade, None);
    };
    [(B, 0), (X, 0), (B, 40)].into_iter().for_each(|(buyer, day)| with(buyer, day));
    let now = START.plus_millis(40 * DAY);
    assert_eq!((reputation.partners(None, now), reputation.partners(Some(30), now)), (2, 1));
    assert_eq!(reputation.partners(Some(90), now), 2);
    // Who only cancelled is no partner.
    reputation.end_trade(S, &ended(Cancelled, Some(TradeReason::Mutual), now), None);
    assert_eq!(reputation.partners(None, now), 2);
}

#[test]
fn averages_leave_disputed_trades_out() {
    let (mut buyer, mut seller) = (Reputation::default(), Reputation::default());
    for reputation in [(&mut buyer, B), (&mut seller, S)] {
        reputation.0.end_trade(reputation.1, &completed(START, false), None);
        reputation.0.end_trade(reputation.1, &completed(START, true), None);
    }
    let (buyer, seller) = (buyer.all_time(), seller.all_time());
    assert_eq!((buyer.completed, seller.completed), (2, 2));
    assert_eq!(buyer.average_pay_millis(), Some(4 * MINUTE));
    assert_eq!(seller.average_release_millis(), Some(6 * MINUTE));
    assert_eq!((buyer.average_release_millis(), seller.average_pay_millis()), (None, None));
    assert_eq!(buyer.volume[&fiat()], i128::from(usd("100")));
}

#[test]
fn fraud_is_the_losers() {
    let check = |state, outcome, fraud, frauds: [u64; 2]| {
        let mut trade = ended(state, None, START);
        let mut dispute = Dispute::open(trade.id.dispute(0), START, START);
        let by = Market::new().person(A);
        dispute.verdict = Some(Verdict { outcome, reason: "".into(), fraud, by, at: START });
        trade.dispute = Some(Box::new(dispute));
        let found = [B, S].map(|user| {
            let mut reputation = Reputation::default();
            reputation.end_trade(user, &trade, None);
            reputation.all_time().frauds
        });
        assert_eq!(found, frauds, "{state:?}");
    };
    check(ResolvedBuyer, VerdictOutcome::Buyer, true, [0, 1]);
    check(ResolvedSeller, VerdictOutcome::Seller, true, [1, 0]);
    check(ResolvedSeller, VerdictOutcome::Seller, false, [0, 0]);
    check(ResolvedSplit, VerdictOutcome::Split { buyer_percent: 1 }, true, [0, 0]);
    // A verdict that was never carried out finds nobody guilty.
    check(Completed, VerdictOutcome::Seller, true, [0, 0]);
}

/// A fault of yesterday that is told late does not wash away those of today.
#[test]
fn a_late_timer_forgets_no_fault_of_the_day() {
    let mut reputation = experienced(3);
    let today = 24 * 60;
    assert_eq!(bars(&mut reputation, BuyerFault::BeforePayment, &[today, today, today]), [0, 0, 0]);
    bars(&mut reputation, BuyerFault::BeforePayment, &[today - 1]);
    assert_eq!(bars(&mut reputation, BuyerFault::BeforePayment, &[today + 1]), [15]);
}
