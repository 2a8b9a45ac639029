//! What makes no sense is refused with a stable code and the field at fault, and changes nothing.

use serde_json::{Value, json};

use super::{ADS, DISPUTES, Market, STATEMENT, TRADES, ad1, taking, with};
use crate::exchange::Reply;

/// Whether a refusal points at `field`, or at something in it.
#[track_caller]
fn blames(reply: &Reply, field: &str) {
    let errors = reply.body["errors"].as_array();
    let at = |error: &Value| {
        let at = error["field"].as_str().unwrap();
        at == field || at.starts_with(&format!("{field}[")) || at.starts_with(&format!("{field}."))
    };
    let at_fault = errors.is_some_and(|errors| errors.iter().any(at));
    assert!(at_fault, "{field} is not named: {}", reply.body);
}

/// Changes to a good ad that leave nothing that could be read, and what is to blame.
fn unreadable() -> Vec<(Value, &'static str)> {
    vec![
        (json!({ "ad_type": "LEND" }), "ad_type"),
        (json!({ "ad_type": null }), "ad_type"),
        (json!({ "ad_type": 1 }), "ad_type"),
        (json!({ "currency": "USD" }), "currency"),
        (json!({ "currency": "DOGE" }), "currency"),
        (json!({ "currency": null }), "currency"),
        (json!({ "fiat_currency": "usd" }), "fiat_currency"),
        (json!({ "fiat_currency": null }), "fiat_currency"),
        (json!({ "price_type": "GUESSED" }), "price_type"),
        (json!({ "price_type": null }), "price_type"),
        (json!({ "price": null }), "price"),
        (json!({ "price": 1.02 }), "price"),
        (json!({ "price": "-1" }), "price"),
        (json!({ "price": "0" }), "price"),
        (json!({ "price": "1.123456789" }), "price"),
        (json!({ "price": "1e2" }), "price"),
        (json!({ "price": "01.02" }), "price"),
        (json!({ "price": "99999999999999999999" }), "price"),
        (json!({ "margin_percent": "2" }), "margin_percent"),
        (json!({ "price_floor": "1" }), "price_floor"),
        (json!({ "price_ceiling": "1" }), "price_ceiling"),
        (json!({ "price_type": "FLOATING", "margin_percent": "2" }), "price"),
        (json!({ "price_type": "FLOATING", "price": null }), "margin_percent"),
        (json!({ "price_type": "FLOATING", "price": null, "margin_percent": 2 }), "margin_percent"),
        (
            json!({ "price_type": "FLOATING", "price": null, "margin_percent": "+2" }),
            "margin_percent",
        ),
        (
            json!({ "price_type": "FLOATING", "price": null, "margin_percent": "x" }),
            "margin_percent",
        ),
        (json!({ "available_amount": null }), "available_amount"),
        (json!({ "available_amount": 1000 }), "available_amount"),
        (json!({ "available_amount": "0" }), "available_amount"),
        (json!({ "available_amount": "-1" }), "available_amount"),
        (json!({ "available_amount": "1.0000001" }), "available_amount"),
        (json!({ "available_amount": " 1" }), "available_amount"),
        (json!({ "available_amount": "1_000" }), "available_amount"),
        (json!({ "available_amount": ".5" }), "available_amount"),
        (json!({ "min_limit": null }), "min_limit"),
        (json!({ "min_limit": 50 }), "min_limit"),
        (json!({ "min_limit": "50.001" }), "min_limit"),
        (json!({ "max_limit": null }), "max_limit"),
        (json!({ "max_limit": ["500"] }), "max_limit"),
        (json!({ "max_limit": "" }), "max_limit"),
        (json!({ "payment_methods": [] }), "payment_methods"),
        (json!({ "payment_methods": null }), "payment_methods"),
        (json!({ "payment_methods": "SEPA" }), "payment_methods"),
        (json!({ "payment_methods": ["CHEQUE"] }), "payment_methods"),
        (json!({ "payment_methods": ["SEPA", "SEPA"] }), "payment_methods"),
        (json!({ "payment_window_secs": null }), "payment_window_secs"),
        (json!({ "payment_window_secs": "900" }), "payment_window_secs"),
        (json!({ "payment_window_secs": 900.5 }), "payment_window_secs"),
        (json!({ "payment_window_secs": -1 }), "payment_window_secs"),
        (json!({ "payment_window_secs": 299 }), "payment_window_secs"),
        (json!({ "payment_window_secs": 21601 }), "payment_window_secs"),
        (json!({ "terms": 5 }), "terms"),
        (json!({ "terms": "x".repeat(2_001) }), "terms"),
        (json!({ "conditions": [] }), "conditions"),
        (json!({ "conditions": { "min_luck": 1 } }), "conditions"),
        (json!({ "conditions": { "min_completed_trades": "3" } }), "conditions"),
        (json!({ "conditions": { "min_completed_trades": -3 } }), "conditions"),
        (json!({ "conditions": { "min_completion_rate": 90 } }), "conditions"),
        (json!({ "conditions": { "min_completion_rate": "101" } }), "conditions"),
        (json!({ "conditions": { "min_rating": "5.01" } }), "conditions"),
        (json!({ "conditions": { "first_trade_max_fiat": 5 } }), "conditions"),
        (json!({ "expires_at": 1 }), "expires_at"),
        (json!({ "expires_at": "tomorrow" }), "expires_at"),
        (json!({ "colour": "red" }), "colour"),
    ]
}

#[actix::test]
async fn an_ad_with_a_bad_member_is_refused_and_the_member_named() {
    let market = Market::open().await;
    let before = market.app.sequence().await;
    for (change, field) in unreadable() {
        let reply = market.s.publishes(&with(ad1(), change.clone())).await;
        assert_eq!(reply.status, 400, "{change}: {}", reply.body);
        reply.is_refused(400, "INVALID_FIELD");
        blames(&reply, field);
    }
    assert_eq!(market.app.sequence().await, before);
    assert!(market.s.own_ads().await.is_empty());
    market.app.nobody().publishes(&ad1()).await.is_refused(401, "UNAUTHORIZED");
    market.adds_up().await;
}

#[actix::test]
async fn an_ad_that_breaks_a_rule_is_refused_by_its_name() {
    let market = Market::open().await;
    let before = market.app.sequence().await;
    for (change, status, code) in [
        (json!({ "min_limit": "501" }), 422, "LIMITS_CROSSED"),
        (
            json!({ "payment_methods": ["GIFT_CARD"], "payment_window_secs": 7_201 }),
            422,
            "PAYMENT_WINDOW_TOO_LONG",
        ),
        (
            json!({ "payment_methods": ["SEPA", "CARD"], "payment_window_secs": 3_601 }),
            422,
            "PAYMENT_WINDOW_TOO_LONG",
        ),
        (json!({ "expires_at": super::MORNING }), 422, "EXPIRES_IN_PAST"),
        (json!({ "expires_at": "2029-12-31T23:59:59.999Z" }), 422, "EXPIRES_IN_PAST"),
        (json!({ "available_amount": "49" }), 422, "AMOUNT_BELOW_LIMIT"),
        (json!({ "available_amount": "5000.000001" }), 422, "INSUFFICIENT_FUNDS"),
        (json!({ "fiat_currency": "EUR" }), 422, "FIAT_NOT_OFFERED"),
        (
            json!({ "price": null, "price_type": "FLOATING", "margin_percent": "1" }),
            409,
            "PRICE_UNAVAILABLE",
        ),
    ] {
        let reply = market.s.publishes(&with(ad1(), change)).await;
        reply.is_refused(status, code);
    }
    assert_eq!(market.app.sequence().await, before);
    market.adds_up().await;
}

#[actix::test]
async fn an_edit_is_checked_like_an_ad() {
    let market = Market::open().await;
    let ad = market.ad1().await;
    market.tr1(&ad).await;
    let before = (market.app.sequence().await, market.s.ad(&ad).await);
    for (change, field) in [
        (json!({ "price": 1.03 }), "price"),
        (json!({ "price": "0" }), "price"),
        (json!({ "available_amount": "0" }), "available_amount"),
        (json!({ "min_limit": -5 }), "min_limit"),
        (json!({ "payment_methods": [] }), "payment_methods"),
        (json!({ "payment_window_secs": 1 }), "payment_window_secs"),
        (json!({ "conditions": { "x": 1 } }), "conditions"),
        (json!({ "expires_at": "soon" }), "expires_at"),
        (json!({ "ad_type": "BUY" }), "ad_type"),
        (json!({ "currency": "BTC" }), "currency"),
        (json!({ "owner": "buyer" }), "owner"),
        (json!({ "status": "CLOSED" }), "status"),
    ] {
        let reply = market.s.edits(&ad, &change).await;
        assert_eq!(reply.status, 400, "{change}: {}", reply.body);
        blames(&reply, field);
    }
    for (change, status, code) in [
        (json!({ "min_limit": "501" }), 422, "LIMITS_CROSSED"),
        (json!({ "max_limit": "49" }), 422, "LIMITS_CROSSED"),
        (json!({ "available_amount": "490" }), 409, "AD_AMOUNT_TAKEN"),
        (json!({ "available_amount": "5000.000001" }), 422, "INSUFFICIENT_FUNDS"),
        (
            json!({ "payment_methods": ["CARD"], "payment_window_secs": 3_601 }),
            422,
            "PAYMENT_WINDOW_TOO_LONG",
        ),
        (json!({ "expires_at": super::MORNING }), 422, "EXPIRES_IN_PAST"),
    ] {
        market.s.edits(&ad, &change).await.is_refused(status, code);
    }
    assert_eq!((market.app.sequence().await, market.s.ad(&ad).await), before);
    market.s.edits(&ad, &json!({})).await.is_refused(400, "INVALID_FIELD");
    // All of what is taken may be left, and nothing more.
    let least = market.s.edits(&ad, &json!({ "available_amount": "490.196078" })).await;
    least.is_done(200);
    assert_eq!(market.s.has("USDT").await, ["4509.803922", "0.000000", "490.196078"]);
    market.adds_up().await;
}

#[actix::test]
async fn a_take_that_makes_no_sense_takes_nothing() {
    let market = Market::open().await;
    let ad = market.ad1().await;
    let before = (market.app.sequence().await, market.s.ad(&ad).await);
    for (change, field) in [
        (json!({ "advertisement_id": null }), "advertisement_id"),
        (json!({ "advertisement_id": 1024 }), "advertisement_id"),
        (json!({ "advertisement_id": "x" }), "advertisement_id"),
        (json!({ "advertisement_id": "-1" }), "advertisement_id"),
        (json!({ "fiat_amount": null }), "fiat_amount"),
        (json!({ "fiat_amount": 100 }), "fiat_amount"),
        (json!({ "fiat_amount": "0" }), "fiat_amount"),
        (json!({ "fiat_amount": "100.001" }), "fiat_amount"),
        (json!({ "fiat_amount": "1e2" }), "fiat_amount"),
        (json!({ "fiat_amount": null, "amount": 1 }), "amount"),
        (json!({ "fiat_amount": null, "amount": "0" }), "amount"),
        (json!({ "fiat_amount": null, "amount": "1.0000001" }), "amount"),
        (json!({ "amount": "1" }), "amount"),
        (json!({ "payment_method": null }), "payment_method"),
        (json!({ "payment_method": "CHEQUE" }), "payment_method"),
        (json!({ "expected_price": 1.02 }), "expected_price"),
        (json!({ "expected_price": "x" }), "expected_price"),
        (
            json!({ "expected_price": "1.02", "price_tolerance_percent": 1 }),
            "price_tolerance_percent",
        ),
        (
            json!({ "expected_price": "1.02", "price_tolerance_percent": "-1" }),
            "price_tolerance_percent",
        ),
        (json!({ "price_tolerance_percent": "1" }), "price_tolerance_percent"),
        (json!({ "ad_version": "1" }), "ad_version"),
        (json!({ "ad_version": -1 }), "ad_version"),
        (json!({ "hurry": true }), "hurry"),
    ] {
        let reply = market.b.post(TRADES, &with(taking(&ad, "100"), change.clone())).await;
        assert_eq!(reply.status, 400, "{change}: {}", reply.body);
        // Of two that exclude each other either may be named.
        match field {
            "amount" if change["amount"] == "1" => {}
            _ => blames(&reply, field),
        }
    }
    for (change, status, code) in [
        (json!({ "fiat_amount": "49.99" }), 422, "OUTSIDE_LIMITS"),
        (json!({ "fiat_amount": "500.01" }), 422, "OUTSIDE_LIMITS"),
        (json!({ "payment_method": "SEPA" }), 422, "PAYMENT_METHOD_NOT_OFFERED"),
        (json!({ "ad_version": 2 }), 409, "AD_CHANGED"),
        (json!({ "expected_price": "1.01" }), 409, "PRICE_MOVED"),
        (json!({ "advertisement_id": "999424" }), 404, "AD_NOT_FOUND"),
        (json!({ "advertisement_id": "18446744073709551615" }), 404, "AD_NOT_FOUND"),
    ] {
        let reply = market.b.post(TRADES, &with(taking(&ad, "100"), change)).await;
        reply.is_refused(status, code);
    }
    assert_eq!((market.app.sequence().await, market.s.ad(&ad).await), before);
    // More than is left, but within the limits.
    market.tr1(&ad).await;
    let others = market.join(["other", "third"].map(str::to_owned).into_iter()).await;
    market.take(&others[0], &ad, "400").await;
    let left = others[1].takes_ad(&ad, "200").await;
    left.is_refused(409, "AD_AMOUNT_EXCEEDED");
    assert_eq!(left.body["remaining_amount"], "117.647060");
    market.adds_up().await;
}

#[actix::test]
async fn a_command_to_a_trade_that_makes_no_sense_changes_nothing() {
    let market = Market::open().await;
    let (trade, dispute) = market.disputed().await;
    let arbitrator = market.arbitrator("arbitrator").await;
    arbitrator.judges(&dispute, "take", json!({})).await.is_done(200);
    let before = market.app.sequence().await;
    let of_trade = |verb: &str| format!("{TRADES}/{trade}/{verb}");
    let of_dispute = |verb: &str| format!("{DISPUTES}/{dispute}/{verb}");
    let verdict = |change: Value| {
        let good =
            json!({ "outcome": "SPLIT", "buyer_percent": 50, "reason": "so", "fraud": false });
        with(good, change)
    };
    let opening = |change: Value| {
        with(json!({ "trade_id": trade, "reason": "OTHER", "statement": STATEMENT }), change)
    };
    let review = |change: Value| with(json!({ "trade_id": trade, "rating": 5 }), change);
    let reviews = || String::from("/api/reputation/reviews");
    let freeze = format!("/api/admin/p2p/trades/{trade}/freeze");
    let accounts = || String::from("/api/user/payment-accounts");
    let account = |change: Value| {
        with(json!({ "payment_method": "SEPA", "holder": "B", "details": "DE" }), change)
    };
    for (user, path, body, field) in [
        (&market.b, of_trade("cancel"), json!({ "not_paid": "true" }), "not_paid"),
        (&market.b, of_trade("cancel"), json!({ "paid": true }), "paid"),
        (&market.s, of_trade("confirm-payment"), json!({ "expected_state": 5 }), "expected_state"),
        (&market.s, of_trade("confirm-payment"), json!({ "really": true }), "really"),
        (&market.b, of_trade("messages"), json!({}), "text"),
        (&market.b, of_trade("messages"), json!({ "text": "" }), "text"),
        (&market.b, of_trade("messages"), json!({ "text": 5 }), "text"),
        (&market.b, of_trade("messages"), json!({ "text": "x".repeat(2_001) }), "text"),
        (&market.b, DISPUTES.into(), opening(json!({ "trade_id": 5 })), "trade_id"),
        (&market.b, DISPUTES.into(), opening(json!({ "reason": "ANGER" })), "reason"),
        (&market.b, DISPUTES.into(), opening(json!({ "statement": null })), "statement"),
        (&market.b, DISPUTES.into(), opening(json!({ "x": 1 })), "x"),
        (&market.b, of_dispute("statement"), json!({ "text": null }), "text"),
        (&market.b, of_dispute("statement"), json!({ "text": "x".repeat(2_001) }), "text"),
        (&arbitrator, of_dispute("verdict"), verdict(json!({ "outcome": "NOBODY" })), "outcome"),
        (
            &arbitrator,
            of_dispute("verdict"),
            verdict(json!({ "buyer_percent": 0 })),
            "buyer_percent",
        ),
        (
            &arbitrator,
            of_dispute("verdict"),
            verdict(json!({ "buyer_percent": 100 })),
            "buyer_percent",
        ),
        (
            &arbitrator,
            of_dispute("verdict"),
            verdict(json!({ "buyer_percent": "50" })),
            "buyer_percent",
        ),
        (
            &arbitrator,
            of_dispute("verdict"),
            verdict(json!({ "buyer_percent": 50.5 })),
            "buyer_percent",
        ),
        (
            &arbitrator,
            of_dispute("verdict"),
            verdict(json!({ "buyer_percent": null })),
            "buyer_percent",
        ),
        (
            &arbitrator,
            of_dispute("verdict"),
            verdict(json!({ "outcome": "BUYER" })),
            "buyer_percent",
        ),
        (&arbitrator, of_dispute("verdict"), verdict(json!({ "reason": null })), "reason"),
        (&arbitrator, of_dispute("verdict"), verdict(json!({ "reason": "" })), "reason"),
        (&arbitrator, of_dispute("verdict"), verdict(json!({ "fraud": "no" })), "fraud"),
        (&market.admin, of_dispute("reassign"), json!({}), "arbitrator"),
        (&market.admin, freeze.clone(), json!({ "reason": "" }), "reason"),
        (&market.admin, freeze, json!({ "reason": 5 }), "reason"),
        (&market.b, reviews(), review(json!({ "rating": 0 })), "rating"),
        (&market.b, reviews(), review(json!({ "rating": 6 })), "rating"),
        (&market.b, reviews(), review(json!({ "rating": "5" })), "rating"),
        (&market.b, reviews(), review(json!({ "rating": 4.5 })), "rating"),
        (&market.b, reviews(), review(json!({ "comment": "x".repeat(2_001) })), "comment"),
        (&market.b, accounts(), account(json!({ "payment_method": "CHEQUE" })), "payment_method"),
        (&market.b, accounts(), account(json!({ "holder": "" })), "holder"),
        (&market.b, accounts(), account(json!({ "details": null })), "details"),
        (&market.b, accounts(), account(json!({ "pin": "1234" })), "pin"),
        (&market.b, "/api/user/blocks".into(), json!({ "username": 5 }), "username"),
        (&market.b, "/api/user/favourites".into(), json!({}), "username"),
    ] {
        let reply = user.post(&path, &body).await;
        assert_eq!(reply.status, 400, "{path} {body}: {}", reply.body);
        reply.is_refused(400, "INVALID_FIELD");
        blames(&reply, field);
    }
    let short = json!({ "trade_id": trade, "reason": "OTHER", "statement": "too short" });
    let fresh = market.take(&market.b, &market.ad1().await, "50").await;
    market.b.pays(&fresh).await.is_done(200);
    let short = with(short, json!({ "trade_id": fresh }));
    let after = market.app.sequence().await;
    assert_eq!(after, before + 3, "an ad, a take, a payment");
    market.s.post(DISPUTES, &short).await.is_refused(422, "STATEMENT_TOO_SHORT");
    market.s.disputes(&fresh, "NOT_RELEASED").await.is_refused(422, "REASON_DOES_NOT_FIT");
    market.b.disputes(&fresh, "NOT_RELEASED").await.is_refused(409, "TRADE_STATE_FORBIDS");
    assert_eq!(market.app.sequence().await, after);
}

#[actix::test]
async fn ids_that_are_none_are_nowhere() {
    let market = Market::open().await;
    for wrong in ["0", "999424", "18446744073709551615", "99999999999999999999999"] {
        for path in [
            format!("{TRADES}/{wrong}"),
            format!("{TRADES}/{wrong}/audit"),
            format!("{TRADES}/{wrong}/messages"),
            format!("/api/escrow/{wrong}"),
            format!("{DISPUTES}/{wrong}"),
            format!("{ADS}/{wrong}"),
        ] {
            let reply = market.b.get(&path).await;
            assert_eq!(reply.status, 404, "{path}: {}", reply.body);
        }
        let reply = market.b.pays(wrong).await;
        reply.is_refused(404, "P2P_TRADE_NOT_FOUND");
    }
    for wrong in ["x", "-1", "1.5", "%20", "0x10"] {
        for path in
            [format!("{TRADES}/{wrong}"), format!("{DISPUTES}/{wrong}"), format!("{ADS}/{wrong}")]
        {
            let reply = market.b.get(&path).await;
            assert!([400, 404].contains(&reply.status), "{path}: {}", reply.body);
        }
    }
}

#[actix::test]
async fn everything_but_looking_at_ads_needs_a_token() {
    let market = Market::open().await;
    let nobody = market.app.nobody();
    for path in [
        TRADES,
        "/api/escrow",
        DISPUTES,
        "/api/user/payment-accounts",
        "/api/user/blocks",
        "/api/user/favourites",
    ] {
        nobody.get(path).await.is_refused(401, "UNAUTHORIZED");
    }
    for path in [ADS, TRADES, DISPUTES, "/api/reputation/reviews", "/api/user/blocks"] {
        nobody.post(path, &json!({})).await.is_refused(401, "UNAUTHORIZED");
    }
    nobody.get(ADS).await.is_done(200);
}
