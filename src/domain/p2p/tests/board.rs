//! Ads: what is refused and why, what edits, prices and ends do to reserves, and reviews.

use super::market::*;
use crate::domain::{
    fact::Body,
    id::{AdId, Stamp},
    money::{Amount, P2pPrice},
    order::Side,
    p2p::{
        Rules,
        ad::{AdAction, AdChange, AdDraft, AdStatus, AdTerms, Hidden, OwnerState, Pricing},
        board::AdContext,
        fiat::PaymentMethod,
        trade::ReviewFact,
        trade_request::TradeRequest,
    },
    rejection::Rejection,
};

fn floating(margin: i32, floor: Option<&str>, ceiling: Option<&str>) -> Pricing {
    Pricing::Floating { margin, floor: floor.map(price), ceiling: ceiling.map(price) }
}

/// Makes B one whom the ladder bars for 15 minutes.
pub fn bar_buyer(market: &mut Market) {
    let ad = market.ad1();
    for _ in 0..6 {
        market.faults(B, ad).unwrap();
    }
    market.close(S, ad).unwrap();
}

#[test]
fn an_ad_that_makes_no_sense_is_not_published() {
    let check = |change: &dyn Fn(&mut AdTerms), code| {
        let (mut market, mut terms) = (Market::new(), terms());
        change(&mut terms);
        assert_eq!(refused(market.publish(S, Side::Sell, terms)), code);
    };
    check(&|t| t.min_limit = usd("500"), "accepted");
    check(&|t| t.min_limit = usd("500.01"), "LIMITS_CROSSED");
    check(&|t| t.methods = vec![], "PAYMENT_WINDOW_TOO_LONG");
    check(&|t| t.methods.push(PaymentMethod::Card), "accepted");
    check(&|t| t.payment_window_secs = 21_600, "accepted");
    check(&|t| t.payment_window_secs = 21_601, "PAYMENT_WINDOW_TOO_LONG");
    let with_gifts = |secs: u32| {
        move |t: &mut AdTerms| {
            t.methods.push(PaymentMethod::GiftCard);
            t.payment_window_secs = secs;
        }
    };
    check(&with_gifts(7_200), "accepted");
    check(&with_gifts(7_201), "PAYMENT_WINDOW_TOO_LONG");
    check(&|t| t.expires_at = Some(START), "EXPIRES_IN_PAST");
    check(&|t| t.expires_at = Some(START.plus_millis(1)), "accepted");
    check(&|t| t.pricing = floating(0, None, None), "PRICE_UNAVAILABLE");
    // 49 USDT at 1.02 are worth 49.98 USD; 49.019608 are worth 50.00.
    check(&|t| t.available = usdt("49"), "AMOUNT_BELOW_LIMIT");
    check(&|t| t.available = usdt("49.019607"), "AMOUNT_BELOW_LIMIT");
    check(&|t| t.available = usdt("49.019608"), "accepted");
    check(&|t| t.available = usdt("5000.000001"), "INSUFFICIENT_FUNDS");
}

#[test]
fn a_user_has_so_many_ads_and_a_currency_may_have_gone() {
    let mut market = Market::new();
    market.rules.open_ads_max = 2;
    let first = market.ad1();
    market.ad1();
    assert_eq!(refused(market.publish(S, Side::Sell, terms())), "TOO_MANY_ADS");
    market.publish(B, Side::Sell, terms()).unwrap();
    market.close(S, first).unwrap();
    market.ad1();
    market.rules.fiats.clear();
    assert_eq!(refused(market.publish(X, Side::Sell, terms())), "FIAT_NOT_OFFERED");
}

#[test]
fn who_is_barred_sells_and_buys_nothing_new() {
    let mut market = Market::new();
    let early = market.publish(B, Side::Buy, terms()).unwrap();
    assert_eq!(market.hidden(early), None);
    bar_buyer(&mut market);
    assert_eq!(market.hidden(early), Some("owner_barred"));
    assert_eq!(refused(market.take(X, &take_of(early, "50"))), "AD_NOT_ACTIVE");
    assert_eq!(refused(market.publish(B, Side::Buy, terms())), "BARRED");
    market.pause(B, early, true).unwrap();
    assert_eq!(refused(market.pause(B, early, false)), "BARRED");
    let sells = market.publish(B, Side::Sell, terms()).unwrap();
    assert_eq!(market.hidden(sells), None);
    market.take(X, &take_of(sells, "50")).unwrap();
    market.pass(15 * MINUTE);
    market.pause(B, early, false).unwrap();
    assert_eq!(market.hidden(early), None);
    market.publish(B, Side::Buy, terms()).unwrap();
}

#[test]
fn who_is_frozen_offers_nothing() {
    let mut market = Market::new();
    let ads = [market.ad1(), market.publish(S, Side::Buy, terms()).unwrap()];
    market.fold(Body::FreezeChanged { user: S, frozen: true });
    for ad in ads {
        assert_eq!(market.hidden(ad), Some("owner_barred"));
        assert_eq!(refused(market.take(B, &take_of(ad, "50"))), "AD_NOT_ACTIVE");
    }
    market.fold(Body::FreezeChanged { user: S, frozen: false });
    for ad in ads {
        market.take(B, &take_of(ad, "50")).unwrap();
    }
}

#[test]
fn a_change_needs_the_owner_a_live_ad_and_the_version_that_was_seen() {
    let mut market = Market::new();
    let (ad, none) = (market.ad1(), AdId(u64::MAX));
    for (owner, ad, code) in [(B, ad, "NOT_ALLOWED"), (S, none, "AD_NOT_FOUND")] {
        assert_eq!(refused(market.edit(owner, ad, AdChange::default())), code);
        assert_eq!(refused(market.pause(owner, ad, true)), code);
        assert_eq!(refused(market.close(owner, ad)), code);
    }
    let edit = |market: &Market, version| {
        let fact =
            market.board.edit(S, ad, AdChange::default(), version, Amount::ZERO, market.seen(S));
        fact.map(|fact| fact.ad.version)
    };
    assert_eq!(edit(&market, Some(1)), Ok(2));
    market.edit(S, ad, AdChange::default()).unwrap();
    assert_eq!(edit(&market, Some(1)), Err(Rejection::AdChanged(2)));
    assert_eq!(edit(&market, None), Ok(3));
    assert_eq!(refused(market.pause(S, ad, false)), "AD_NOT_ACTIVE");
    market.pause(S, ad, true).unwrap();
    assert_eq!(refused(market.pause(S, ad, true)), "AD_NOT_ACTIVE");
    // Neither a pause nor a resume nor a trade is an edit.
    market.pause(S, ad, false).unwrap();
    market.take(B, &take_of(ad, "100")).unwrap();
    assert_eq!(market.ad(ad).version, 2);
    market.pause(S, ad, true).unwrap();
    market.edit(S, ad, AdChange::default()).unwrap();
    assert_eq!((market.ad(ad).version, market.ad(ad).status), (3, AdStatus::Paused));
    market.close(S, ad).unwrap();
    assert_eq!(refused(market.edit(S, ad, AdChange::default())), "AD_NOT_FOUND");
}

#[test]
fn an_edit_obeys_the_rules_of_a_new_ad() {
    let mut market = Market::new();
    let ad = market.ad1();
    let mut check = |change: AdChange, code| assert_eq!(refused(market.edit(S, ad, change)), code);
    let none = AdChange::default;
    check(AdChange { min_limit: Some(usd("501")), ..none() }, "LIMITS_CROSSED");
    check(AdChange { max_limit: Some(usd("49")), ..none() }, "LIMITS_CROSSED");
    check(AdChange { methods: Some(vec![]), ..none() }, "PAYMENT_WINDOW_TOO_LONG");
    check(AdChange { payment_window_secs: Some(21_601), ..none() }, "PAYMENT_WINDOW_TOO_LONG");
    check(AdChange { expires_at: Some(Some(START)), ..none() }, "EXPIRES_IN_PAST");
    assert_eq!(market.ad(ad).version, 1);
}

#[test]
fn an_end_that_is_not_touched_may_be_near() {
    let mut market = Market::new();
    let ends = AdTerms { expires_at: Some(START.plus_millis(HOUR)), ..terms() };
    let ad = market.publish(S, Side::Sell, ends).unwrap();
    market.pass(HOUR);
    let limits = AdChange { min_limit: Some(usd("60")), ..AdChange::default() };
    market.edit(S, ad, limits).unwrap();
    let same = AdChange { expires_at: Some(None), ..AdChange::default() };
    market.edit(S, ad, same).unwrap();
    assert_eq!(market.tick(), []);
    assert_eq!(market.ad(ad).status, AdStatus::Active);
}

#[test]
fn an_edited_amount_moves_the_reserve_and_not_the_trades() {
    let mut market = Market::new();
    let tr1 = market.tr1();
    let ad = market.trade(tr1).ad;
    let to = |text| AdChange { available: Some(usdt(text)), ..AdChange::default() };
    market.edit(S, ad, to("1500")).unwrap();
    assert_eq!(market.usdt_of(S), ["3500.000000", "1009.803922", "490.196078"]);
    market.edit(S, ad, to("600")).unwrap();
    assert_eq!(market.usdt_of(S), ["4400.000000", "109.803922", "490.196078"]);
    assert_eq!(market.remaining(ad), "109.803922");
    market.edit(S, ad, to("490.196078")).unwrap();
    assert_eq!((market.remaining(ad).as_str(), market.hidden(ad)), ("0.000000", Some("below_min")));
    assert_eq!(refused(market.edit(S, ad, to("490.196077"))), "AD_AMOUNT_TAKEN");
    market.does(B, tr1, cancel());
    assert_eq!(market.usdt_of(S), ["4509.803922", "490.196078", "0.000000"]);
    // More than what the wallet has set aside for it: it had looked at an older ad.
    let fact = market.board.edit(S, ad, to("500"), None, usdt("9.803921"), market.seen(S));
    assert_eq!(fact, Err(Rejection::AdChanged(4)));
    market.edit(S, ad, to("5000")).unwrap();
    assert_eq!(market.usdt_of(S), ["0.000000", "5000.000000", "0.000000"]);
}

#[test]
fn a_buy_ad_keeps_nothing_and_its_taker_locks() {
    let mut market = Market::new();
    let ad = market.publish(B, Side::Buy, terms()).unwrap();
    assert_eq!(market.usdt_of(B), ["5000.000000", "0.000000", "0.000000"]);
    let id = market.take(S, &take_of(ad, "500")).unwrap();
    let trade = market.trade(id);
    assert_eq!((trade.seller.id, trade.buyer.id, trade.maker().id), (S, B, B));
    assert_eq!(market.usdt_of(S), ["4509.803922", "0.000000", "490.196078"]);
    assert_eq!(market.remaining(ad), "509.803922");
    market.edit(B, ad, AdChange { available: Some(usdt("600")), ..AdChange::default() }).unwrap();
    assert_eq!(market.usdt_of(B), ["5000.000000", "0.000000", "0.000000"]);
    market.does(B, id, cancel());
    assert_eq!(market.usdt_of(S), ["5000.000000", "0.000000", "0.000000"]);
    assert_eq!(market.remaining(ad), "600.000000");
    market.completes(S, ad, "500");
    assert_eq!(market.remaining(ad), "109.803922");
    market.close(B, ad).unwrap();
    assert_eq!(market.usdt_of(B), ["5490.196078", "0.000000", "0.000000"]);
}

#[test]
fn a_taker_who_sells_must_have_the_coins() {
    let mut market = Market::new();
    let more = AdTerms { available: usdt("6000"), max_limit: usd("6000"), ..terms() };
    let ad = market.publish(B, Side::Buy, more).unwrap();
    assert_eq!(refused(market.take(S, &take_of(ad, "5100.01"))), "INSUFFICIENT_FUNDS");
    let take = take_of(ad, "5100");
    let (taker, seen) = (market.taker(S, &take).unwrap(), market.seen(B));
    let fact = market.board.take(&taker, &take, usdt("4999.999999"), seen);
    assert_eq!(fact.err(), Some(Rejection::PriceMoved(price("1.02"))));
    market.take(S, &take).unwrap();
    assert_eq!(market.usdt_of(S), ["0.000000", "0.000000", "5000.000000"]);
}

#[test]
fn an_ad_ends_at_its_end_whatever_the_timer() {
    let mut market = Market::new();
    let end = START.plus_millis(HOUR);
    let ends = AdTerms { expires_at: Some(end), ..terms() };
    let ad = market.publish(S, Side::Sell, ends.clone()).unwrap();
    let tr1 = market.take(B, &take_of(ad, "500")).unwrap();
    market.does(B, tr1, TradeRequest::MarkSent);
    market.pass(HOUR - 1);
    assert!(market.board.due(market.seen(S)).is_none());
    market.pass(1 + 5 * MINUTE);
    let fact = market.board.due(market.seen(S)).unwrap();
    assert_eq!((fact.action, fact.ad.updated_at), (AdAction::Expired, end));
    assert_eq!(refused(market.take(X, &take_of(ad, "100"))), "AD_NOT_FOUND");
    assert_eq!(market.usdt_of(S), ["4509.803922", "0.000000", "490.196078"]);
    market.does(B, tr1, TradeRequest::Cancel { not_paid: true });
    assert_eq!(market.usdt_of(S), ["5000.000000", "0.000000", "0.000000"]);
}

#[test]
fn a_floating_price_follows_the_index_within_its_bounds() {
    for (pricing, index, effective) in [
        (floating(0, None, None), Some("1.02"), Some("1.02")),
        (floating(-15_000, None, None), Some("1"), Some("0.985")),
        (floating(25_000, None, None), Some("1.00000001"), Some("1.02500001")),
        (floating(0, Some("1.05"), None), Some("1.02"), Some("1.05")),
        (floating(0, None, Some("1.01")), Some("1.02"), Some("1.01")),
        (floating(0, Some("1"), Some("1.05")), Some("1.02"), Some("1.02")),
        (floating(0, Some("1.05"), None), None, None),
        (floating(-1_000_000, None, None), Some("1.02"), None),
        (floating(-1_000_000, Some("1"), None), Some("1.02"), Some("1")),
        (floating(0, None, None), Some("1000000000"), Some("1000000000")),
        (floating(1, None, None), Some("1000000000"), None),
        (Pricing::Fixed(price("1.02")), None, Some("1.02")),
    ] {
        let got = pricing.effective(index.map(price));
        assert_eq!(got, effective.map(price), "{pricing:?} at {index:?}");
    }
}

#[test]
fn without_an_index_a_floating_ad_hides() {
    let mut market = Market::new();
    market.index = Some(price("1"));
    let ad = AdTerms { pricing: floating(20_000, None, None), ..terms() };
    let ad = market.publish(S, Side::Sell, ad).unwrap();
    let fixed = market.ad1();
    market.index = None;
    assert_eq!((market.hidden(ad), market.hidden(fixed)), (Some("no_index"), None));
    assert_eq!(refused(market.take(B, &take_of(ad, "100"))), "PRICE_UNAVAILABLE");
    market.take(B, &take_of(fixed, "100")).unwrap();
    // It may be edited, paused and closed all the same.
    market.edit(S, ad, AdChange { min_limit: Some(usd("60")), ..AdChange::default() }).unwrap();
    market.pause(S, ad, true).unwrap();
    assert_eq!(market.hidden(ad), None);
    market.pause(S, ad, false).unwrap();
    market.index = Some(price("1"));
    let id = market.take(B, &take_of(ad, "100")).unwrap();
    assert_eq!(market.trade(id).price, price("1.02"));
    // A price that rises makes what is left worth more: 49 at 1.02 are 49.98, at 1.03 50.47.
    let left = AdChange {
        available: Some(usdt("147.039215")),
        min_limit: Some(usd("50")),
        ..AdChange::default()
    };
    market.edit(S, ad, left).unwrap();
    assert_eq!(
        (market.remaining(ad).as_str(), market.hidden(ad)),
        ("49.000000", Some("below_min"))
    );
    market.index = Some(price("1.01"));
    assert_eq!(market.hidden(ad), None);
}

/// What a fact of an ad says of its price and of why it is hidden, as readers will see it.
#[test]
fn a_fact_tells_the_price_and_why_nobody_sees_the_ad() {
    let market = Market::new();
    let publish = |index: Option<P2pPrice>| {
        let rules = Rules::default();
        let seen = AdContext { index, rules: &rules, ..market.seen(S) };
        let draft = AdDraft { side: Side::Sell, terms: terms() };
        market.board.publish(market.person(S), draft, usdt("1000"), seen).unwrap()
    };
    let fact = publish(None);
    assert_eq!((fact.price, fact.hidden), (Some(price("1.02")), None));
    let (mut ad, fine) = (fact.ad, OwnerState::default());
    assert_eq!(ad.created_at, START);
    ad.remaining = Amount::ZERO;
    assert_eq!(ad.hidden(fact.price, fine), Some(Hidden::BelowMin));
    assert_eq!(ad.hidden(None, fine), Some(Hidden::NoIndex));
    ad.status = AdStatus::Paused;
    assert_eq!(ad.hidden(None, fine), None);
    assert_eq!(ad.reserve(), Amount::ZERO);
}

#[test]
fn a_review_is_written_once_by_each_side_within_the_window() {
    let mut market = Market::new();
    let ad = market.ad1();
    let done = market.completes(B, ad, "100");
    assert_eq!(refused(market.board.review(done, X, market.now)), "P2P_TRADE_NOT_FOUND");
    market.review(B, done, 5).unwrap();
    assert_eq!(refused(market.review(B, done, 1)), "ALREADY_REVIEWED");
    market.pass(7 * DAY - 1);
    market.review(S, done, 4).unwrap();
    market.pass(1);
    let late = market.completes(B, ad, "100");
    market.pass(7 * DAY);
    assert_eq!(refused(market.review(S, late, 1)), "REVIEW_WINDOW_OVER");
    // Only what has completed: neither what is open, nor what was cancelled.
    let open = market.take(B, &take_of(ad, "100")).unwrap();
    assert_eq!(market.board.review(open, B, market.now), Ok(None));
    market.does(B, open, cancel());
    assert_eq!(market.board.review(open, B, market.now), Ok(None));
}

/// The board keeps what can be reviewed and no more.
#[test]
fn what_cannot_be_reviewed_any_more_is_forgotten() {
    let mut market = Market::new();
    let ad = market.ad1();
    let first = market.completes(B, ad, "50");
    market.pass(7 * DAY);
    assert!(market.board.reviewable(first).is_some());
    let second = market.completes(B, ad, "50");
    assert!(market.board.reviewable(first).is_none());
    let until = market.board.reviewable(second).unwrap().until;
    assert_eq!(until, Stamp(market.now.0 + 7 * DAY));
}

/// The board decides a review in time, and a later completion gets into the journal before it.
#[test]
fn a_review_that_was_in_time_counts_whatever_came_between() {
    let mut market = Market::new();
    let ad = market.ad1();
    let done = market.completes(B, ad, "50");
    market.pass(7 * DAY - 1);
    assert_eq!(market.board.review(done, B, market.now), Ok(Some(S)));
    let (reviewer, reviewed) = (market.person(B), market.person(S));
    market.pass(1);
    market.completes(X, ad, "50");
    let review = ReviewFact { trade: done, reviewer, reviewed, rating: 5, comment: None };
    market.fold(Body::Reviewed(review));
    market.check();
    let reputation = market.state.p2p.reputation(S).unwrap();
    assert_eq!(reputation.all_time().rating_hundredths(), Some(500));
}
