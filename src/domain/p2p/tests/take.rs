//! Takes: what is refused and why, and what the taker's conditions ask.

use super::{board::bar_buyer, market::*};
use crate::domain::{
    account::Role,
    fact::Body,
    id::{AdId, UserId},
    money::{Amount, Asset, Rate},
    order::Side,
    p2p::{
        ad::{AdChange, AdTerms, Conditions, Pricing},
        board::{Take, TakeSize},
        contact::ContactRequest,
        fiat::PaymentMethod,
    },
    rejection::Rejection,
};

#[test]
fn an_ad_is_taken_once_at_a_time_by_somebody_else() {
    let mut market = Market::new();
    let ad = market.ad1();
    assert_eq!(refused(market.take(B, &take_of(AdId(u64::MAX), "100"))), "AD_NOT_FOUND");
    assert_eq!(refused(market.take(S, &take_of(ad, "100"))), "OWN_AD");
    let first = market.take(B, &take_of(ad, "100")).unwrap();
    assert_eq!(refused(market.take(B, &take_of(ad, "100"))), "ALREADY_TAKEN");
    let other = market.ad1();
    market.take(B, &take_of(other, "100")).unwrap();
    market.take(X, &take_of(ad, "100")).unwrap();
    market.does(B, first, cancel());
    market.take(B, &take_of(ad, "100")).unwrap();
}

#[test]
fn a_taker_has_so_many_open_trades() {
    let mut market = Market::new();
    market.rules.open_trades_max = 2;
    let ads = [market.ad1(), market.ad1(), market.ad1()];
    let first = market.take(B, &take_of(ads[0], "100")).unwrap();
    market.take(B, &take_of(ads[1], "100")).unwrap();
    assert_eq!(refused(market.take(B, &take_of(ads[2], "100"))), "TOO_MANY_P2P_TRADES");
    // Trades that others took count for them.
    market.take(X, &take_of(ads[2], "100")).unwrap();
    market.does(B, first, cancel());
    market.take(B, &take_of(ads[2], "100")).unwrap();
}

#[test]
fn who_is_barred_blocked_or_frozen_takes_nothing() {
    let mut market = Market::new();
    bar_buyer(&mut market);
    let ad = market.ad1();
    let until = market.now.plus_millis(15 * MINUTE);
    assert_eq!(market.take(B, &take_of(ad, "100")), Err(Rejection::Barred(until)));
    market.pass(15 * MINUTE - 1);
    assert_eq!(refused(market.take(B, &take_of(ad, "100"))), "BARRED");
    market.pass(1);
    let open = market.take(B, &take_of(ad, "100")).unwrap();
    market.does(B, open, cancel());

    for (blocker, blocked) in [(S, B), (B, S)] {
        market.contact(blocker, ContactRequest::Block(blocked));
        assert_eq!(refused(market.take(B, &take_of(ad, "100"))), "BLOCKED");
        market.take(X, &take_of(ad, "100")).map(|id| market.does(X, id, cancel())).unwrap();
        market.contact(blocker, ContactRequest::Unblock(blocked));
    }
    market.fold(Body::FreezeChanged { user: B, frozen: true });
    assert_eq!(refused(market.take(B, &take_of(ad, "100"))), "USER_FROZEN");
}

#[test]
fn what_was_seen_must_still_be_so() {
    let mut market = Market::new();
    let ad = market.ad1();
    let seen = |version| Take { version: Some(version), ..take_of(ad, "100") };
    market.edit(S, ad, AdChange::default()).unwrap();
    assert_eq!(market.take(B, &seen(1)), Err(Rejection::AdChanged(2)));
    market.take(B, &seen(2)).unwrap();
    let other = Take { method: PaymentMethod::Sepa, ..take_of(ad, "100") };
    assert_eq!(refused(market.take(X, &other)), "PAYMENT_METHOD_NOT_OFFERED");
}

#[test]
fn a_price_may_move_as_far_as_was_agreed_to() {
    let check = |index, expected: &str, tolerance, accepted| {
        let mut market = Market::new();
        market.index = Some(price("1"));
        let pricing = Pricing::Floating { margin: 0, floor: None, ceiling: None };
        let ad = market.publish(S, Side::Sell, AdTerms { pricing, ..terms() }).unwrap();
        market.index = Some(price(index));
        let expected = Some((price(expected), Rate(tolerance)));
        let answer = market.take(B, &Take { expected, ..take_of(ad, "100") });
        match accepted {
            true => assert!(answer.is_ok(), "{index} {tolerance}"),
            false => assert_eq!(answer, Err(Rejection::PriceMoved(price(index)))),
        }
    };
    check("1", "1", 0, true);
    check("1.00000001", "1", 0, false);
    check("1.01", "1", 10_000, true);
    check("0.99", "1", 10_000, true);
    check("1.01000001", "1", 10_000, false);
    check("0.98999999", "1", 10_000, false);
    check("1.01", "1", 9_999, false);
}

#[test]
fn limits_hold_for_what_is_paid() {
    let mut market = Market::new();
    let ad = market.ad1();
    let crypto = |text| Take { wanted: TakeSize::Crypto(usdt(text)), ..take_of(ad, "100") };
    let mut check = |take: &Take, code| {
        let answer = market.take(B, take);
        if let Ok(id) = answer {
            market.does(B, id, cancel());
        }
        assert_eq!(refused(answer), code, "{take:?}");
    };
    check(&take_of(ad, "49.99"), "OUTSIDE_LIMITS");
    check(&take_of(ad, "50"), "accepted");
    check(&take_of(ad, "500.01"), "OUTSIDE_LIMITS");
    check(&take_of(ad, "500"), "accepted");
    // By the amount: 49.009804 cost 49.99000008, so 50.00; 49.009803 cost 49.98999906, so 49.99.
    check(&crypto("49.009803"), "OUTSIDE_LIMITS");
    check(&crypto("49.009804"), "accepted");
    check(&crypto("490.196078"), "accepted");
    check(&crypto("490.196079"), "OUTSIDE_LIMITS");
    market.take(X, &take_of(ad, "500")).unwrap();
    market.take(ADMIN, &take_of(ad, "400")).unwrap();
    let left = usdt("117.647060");
    let answer = market.take(B, &take_of(ad, "150"));
    assert_eq!(answer, Err(Rejection::AdAmountExceeded(left, Asset::Usdt)));
    let all = market.take(B, &crypto("117.647060")).unwrap();
    assert_eq!(
        (market.trade(all).total_fiat, market.remaining(ad).as_str()),
        (usd("120.01"), "0.000000")
    );
}

#[test]
fn what_comes_to_nothing_is_refused() {
    let mut market = Market::new();
    let dear = AdTerms {
        pricing: Pricing::Fixed(price("100000")),
        min_limit: Amount::ZERO,
        max_limit: usd("1000000"),
        available: usdt("10"),
        ..terms()
    };
    let ad = market.publish(S, Side::Sell, dear).unwrap();
    // A cent buys 0.0000001 USDT, which is less than the least unit.
    for wanted in
        [TakeSize::Fiat(usd("0.01")), TakeSize::Fiat(Amount::ZERO), TakeSize::Crypto(Amount::ZERO)]
    {
        let answer = market.take(B, &Take { wanted, ..take_of(ad, "1") });
        assert_eq!(refused(answer), "AMOUNT_TOO_SMALL", "{wanted:?}");
    }
    let least = Take { wanted: TakeSize::Fiat(usd("0.10")), ..take_of(ad, "1") };
    let id = market.take(B, &least).unwrap();
    assert_eq!(market.trade(id).amount, Amount::new(1));
}

fn with(conditions: Conditions) -> (Market, AdId) {
    let mut market = Market::new();
    let ad = market.publish(S, Side::Sell, AdTerms { conditions, ..terms() }).unwrap();
    (market, ad)
}

fn unmet(market: &mut Market, taker: UserId, ad: AdId) -> Option<&'static str> {
    match market.take(taker, &take_of(ad, "60")) {
        Ok(id) => {
            market.does(taker, id, cancel());
            None
        }
        Err(Rejection::ConditionNotMet(condition)) => Some(condition.code()),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_taker_has_completed_enough() {
    let conditions = Conditions { min_completed_trades: Some(2), ..Conditions::default() };
    let (mut market, ad) = with(conditions);
    let easy = market.ad1();
    market.completes(B, easy, "50");
    assert_eq!(unmet(&mut market, B, ad), Some("min_completed_trades"));
    market.completes(B, easy, "50");
    assert_eq!(unmet(&mut market, B, ad), None);
}

#[test]
fn a_taker_completes_often_enough() {
    let least = Some(Rate(900_000));
    let (mut market, ad) = with(Conditions { min_completion_rate: least, ..Conditions::default() });
    let easy = market.ad1();
    assert_eq!(unmet(&mut market, B, ad), Some("min_completion_rate"));
    for _ in 0..8 {
        market.completes(B, easy, "50");
    }
    assert_eq!(unmet(&mut market, B, ad), None);
    market.faults(B, easy).unwrap();
    assert_eq!(unmet(&mut market, B, ad), Some("min_completion_rate"));
    market.completes(B, easy, "50");
    assert_eq!(unmet(&mut market, B, ad), None);
}

#[test]
fn a_takers_account_is_old_enough() {
    let days = Some(3);
    let (mut market, ad) = with(Conditions { min_account_age_days: days, ..Conditions::default() });
    market.pass(3 * DAY - 1);
    assert_eq!(unmet(&mut market, B, ad), Some("min_account_age_days"));
    let young = market.register("young", Role::User);
    market.pass(1);
    assert_eq!(unmet(&mut market, B, ad), None);
    assert_eq!(unmet(&mut market, young, ad), Some("min_account_age_days"));
}

#[test]
fn a_taker_is_rated_well_enough() {
    let (mut market, ad) = with(Conditions { min_rating: Some(450), ..Conditions::default() });
    let easy = market.ad1();
    assert_eq!(unmet(&mut market, B, ad), Some("min_rating"));
    for (rating, said) in [(5, None), (4, None), (4, Some("min_rating"))] {
        let done = market.completes(B, easy, "50");
        market.review(S, done, rating).unwrap();
        assert_eq!(unmet(&mut market, B, ad), said);
    }
}

#[test]
fn a_first_trade_may_be_bounded() {
    let most = Some(usd("59.99"));
    let (mut market, ad) = with(Conditions { first_trade_max_fiat: most, ..Conditions::default() });
    assert_eq!(unmet(&mut market, B, ad), Some("first_trade_max_fiat"));
    market.completes(B, ad, "59.99");
    assert_eq!(unmet(&mut market, B, ad), None);
}

#[test]
fn a_trade_keeps_what_it_was_opened_with() {
    let mut market = Market::new();
    let account = |details: &str| ContactRequest::AddAccount {
        method: PaymentMethod::BankTransfer,
        holder: "S. Seller".into(),
        details: details.into(),
    };
    market.contact(S, account("old"));
    market.contact(S, account("newest"));
    let terms = AdTerms { terms: Some("by noon".into()), ..terms() };
    let ad = market.publish(S, Side::Sell, terms).unwrap();
    let id = market.take(B, &take_of(ad, "100")).unwrap();
    market.contact(S, ContactRequest::RemoveAccount { number: 2 });
    market
        .edit(
            S,
            ad,
            AdChange { terms: Some(None), payment_window_secs: Some(300), ..AdChange::default() },
        )
        .unwrap();
    let trade = market.trade(id);
    assert_eq!(trade.account.as_ref().map(|account| account.details.as_str()), Some("newest"));
    assert_eq!(trade.terms.as_deref(), Some("by noon"));
    assert_eq!(
        (trade.payment_window_secs, trade.deadline),
        (900, Some(START.plus_millis(900 * SECOND)))
    );
}
