//! What the rules say in figures: one sale, told in several ways. S sells 1,000 USDT at 1.02 USD, 50 to
//! 500 USD; B takes 500 USD, which is 490.196078 USDT.

use super::market::*;
use crate::domain::{
    account::Role,
    money::{Rate, share_down},
    order::Side,
    p2p::{
        ad::{AdChange, AdTerms, Pricing},
        dispute::VerdictOutcome,
        trade::TradeState::{self, *},
        trade_request::TradeRequest,
    },
};

#[test]
fn publishing_reserves_what_is_offered() {
    let mut market = Market::new();
    let ad = market.ad1();
    assert_eq!(market.usdt_of(S), ["4000.000000", "1000.000000", "0.000000"]);
    assert_eq!(market.remaining(ad), "1000.000000");
}

#[test]
fn nobody_offers_more_than_there_is() {
    let mut market = Market::new();
    let before = market.state.digest();
    let more = AdTerms { available: usdt("5000.000001"), ..terms() };
    assert_eq!(refused(market.publish(S, Side::Sell, more.clone())), "INSUFFICIENT_FUNDS");
    assert_eq!(market.state.digest(), before);
    // Who buys needs none of it.
    market.publish(S, Side::Buy, more).unwrap();
    assert_eq!(market.usdt_of(S), ["5000.000000", "0.000000", "0.000000"]);
}

#[test]
fn a_paused_ad_is_not_taken_and_its_trades_go_on() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    let ad = market.trade(tr1).ad;
    market.pause(S, ad, true).unwrap();
    assert_eq!(refused(market.take(X, &take_of(ad, "100"))), "AD_NOT_ACTIVE");
    market.does(B, tr1, TradeRequest::MarkSent);
    market.does(S, tr1, TradeRequest::Confirm);
    market.pause(S, ad, false).unwrap();
    assert_eq!(market.remaining(ad), "509.803922");
}

#[test]
fn closing_an_ad_returns_what_is_in_no_trade() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    let ad = market.trade(tr1).ad;
    market.close(S, ad).unwrap();
    assert_eq!(market.usdt_of(S), ["4509.803922", "0.000000", "490.196078"]);
    market.does(B, tr1, cancel());
    assert_eq!(market.usdt_of(S), ["5000.000000", "0.000000", "0.000000"]);
    assert_eq!(refused(market.close(S, ad)), "AD_NOT_FOUND");
}

#[test]
fn an_ad_hides_below_its_least_trade() {
    let mut market = Market::new();
    let ad = market.publish(S, Side::Sell, AdTerms { min_limit: usd("300"), ..terms() }).unwrap();
    let takes = [(B, "300", "294.117647"), (X, "300", "294.117647"), (ADMIN, "400", "392.156862")];
    for (taker, fiat, amount) in takes {
        let id = market.take(taker, &take_of(ad, fiat)).unwrap();
        assert_eq!(market.trade(id).amount, usdt(amount));
    }
    assert_eq!(
        (market.remaining(ad).as_str(), market.hidden(ad)),
        ("19.607844", Some("below_min"))
    );
    assert_eq!(refused(market.take(A, &take_of(ad, "300"))), "AD_NOT_ACTIVE");
    market.edit(S, ad, AdChange { min_limit: Some(usd("10")), ..AdChange::default() }).unwrap();
    assert_eq!(market.hidden(ad), None);
    market.take(A, &take_of(ad, "19.99")).unwrap();
    assert_eq!(market.remaining(ad), "0.009805");
}

#[test]
fn of_a_hundred_takers_as_many_succeed_as_there_are_coins_for() {
    let mut market = Market::new();
    let ad = market.ad1();
    let mut said: Vec<&str> = Vec::new();
    for number in 0..100 {
        let taker = market.register(&format!("taker_{number}"), Role::User);
        said.push(refused(market.take(taker, &take_of(ad, "500"))));
    }
    assert_eq!(said.iter().filter(|code| **code == "accepted").count(), 2);
    assert_eq!(said.iter().filter(|code| **code == "AD_NOT_ACTIVE").count(), 98);
    assert_eq!(market.usdt_of(S), ["4000.000000", "19.607844", "980.392156"]);
    assert_eq!(market.remaining(ad), "19.607844");
}

#[test]
fn a_sale_moves_the_coins_once() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    assert_eq!(market.usdt_of(S), ["4000.000000", "509.803922", "490.196078"]);
    market.does(B, tr1, TradeRequest::MarkSent);
    let before = market.state.through.0;
    market.does(S, tr1, TradeRequest::Confirm);
    assert_eq!(market.state.through.0, before + 1);
    assert_eq!(market.state_of(tr1), Completed);
    assert_eq!(market.usdt_of(B), ["5490.196078", "0.000000", "0.000000"]);
    assert_eq!(market.usdt_of(S), ["4000.000000", "509.803922", "0.000000"]);
    assert_eq!(refused(market.ask(S, tr1, TradeRequest::Confirm)), "TRADE_STATE_FORBIDS");
}

#[test]
fn fees_come_out_of_what_the_buyer_gets() {
    for (maker, taker, gets, house) in [
        (0, 2_000, "5489.215685", "0.980393"),
        (2_000, 0, "5489.215685", "0.980393"),
        (1_000, 2_000, "5488.725488", "1.470590"),
    ] {
        let mut market = Market::with_fees(Rate(maker), Rate(taker));
        let tr1 = market.tr1();
        // What was agreed to stays so.
        market.rules.taker_fee = Rate(500_000);
        market.does(B, tr1, TradeRequest::MarkSent);
        market.does(S, tr1, TradeRequest::Confirm);
        assert_eq!((market.usdt_of(B)[0].as_str(), market.house().as_str()), (gets, house));
        assert_eq!(market.usdt_of(S), ["4000.000000", "509.803922", "0.000000"]);
    }
}

#[test]
fn what_fiat_buys_rounds_down() {
    let mut market = Market::new();
    let at = AdTerms { pricing: Pricing::Fixed(price("1.03")), ..terms() };
    let ad = market.publish(S, Side::Sell, at).unwrap();
    let id = market.take(B, &take_of(ad, "100")).unwrap();
    assert_eq!(market.trade(id).amount, usdt("97.087378"));
}

#[test]
fn who_confirms_or_marks_too_early_or_is_not_the_one() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    assert_eq!(refused(market.ask(S, tr1, TradeRequest::Confirm)), "PAYMENT_NOT_MARKED");
    assert_eq!(refused(market.ask(S, tr1, TradeRequest::MarkSent)), "NOT_ALLOWED");
    assert_eq!(refused(market.ask(X, tr1, TradeRequest::MarkSent)), "P2P_TRADE_NOT_FOUND");
}

#[test]
fn nobody_acts_and_the_coins_stay_locked() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    market.does(B, tr1, TradeRequest::MarkSent);
    market.pass(900 * SECOND - 1);
    market.tick();
    assert_eq!(market.state_of(tr1), PaymentSent);
    market.pass(1);
    market.tick();
    assert_eq!(market.state_of(tr1), ReleaseOverdue);
    market.pass(DAY - 1);
    market.tick();
    assert_eq!(market.state_of(tr1), ReleaseOverdue);
    market.pass(1);
    market.tick();
    assert_eq!(market.state_of(tr1), Disputed);
    market.pass(30 * DAY);
    market.tick();
    assert_eq!(market.state_of(tr1), Disputed);
    assert_eq!(market.usdt_of(S), ["4000.000000", "509.803922", "490.196078"]);
}

/// TR1 with this verdict, a millisecond before it cannot be appealed any more, and then.
fn check_verdict(outcome: VerdictOutcome, state: TradeState, b: &str, s: &str) {
    let mut market = Market::new();
    let tr1 = market.tr1();
    market.does(B, tr1, TradeRequest::MarkSent);
    market.does(S, tr1, dispute_for(false));
    market.does(B, tr1, dispute_for(true));
    market.does(A, tr1, TradeRequest::TakeDispute);
    market.does(A, tr1, verdict(outcome));
    market.pass(DAY - 1);
    market.tick();
    assert_eq!(market.state_of(tr1), VerdictPending);
    assert_eq!(market.usdt_of(B)[0], "5000.000000");
    market.pass(1);
    market.tick();
    assert_eq!(market.state_of(tr1), state);
    assert_eq!((market.usdt_of(B)[0].as_str(), market.usdt_of(S)[1].as_str()), (b, s));
}

#[test]
fn a_verdict_is_carried_out_when_it_cannot_be_appealed_any_more() {
    check_verdict(VerdictOutcome::Buyer, ResolvedBuyer, "5490.196078", "509.803922");
    check_verdict(VerdictOutcome::Seller, ResolvedSeller, "5000.000000", "1000.000000");
    // 294.117646 to the buyer, 196.078432 back to the ad.
    let split = VerdictOutcome::Split { buyer_percent: 60 };
    check_verdict(split, ResolvedSplit, "5294.117646", "705.882354");
    assert_eq!(share_down(usdt("490.196078"), 60), usdt("294.117646"));
    assert_eq!(usdt("490.196078") - usdt("294.117646"), usdt("196.078432"));
}
