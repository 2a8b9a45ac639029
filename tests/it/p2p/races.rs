//! What happens when many act at once: exactly one effect each time, whoever comes first; and what keys
//! and expected states are for when nobody knows who came first.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use super::{DAY, HOUR, Market, TRADES, ad_in, id, taking, text, trade_in};
use crate::exchange::{Reply, User};

/// How many of the answers were this.
fn count(replies: &[Reply], status: u16) -> usize {
    replies.iter().filter(|reply| reply.status == status).count()
}

#[actix::test]
async fn scenario_06_of_100_takers_at_once_exactly_two_succeed() {
    let market = Market::open().await;
    let ad = market.ad1().await;
    let takers = market.join((0..100).map(|n| format!("taker{n}"))).await;
    let replies = join_all(takers.iter().map(|taker| taker.takes_ad(&ad, "500"))).await;
    assert_eq!((count(&replies, 201), count(&replies, 409)), (2, 98));
    for refused in replies.iter().filter(|reply| reply.status == 409) {
        // Hidden, since 19.607844 is worth less than the least trade of 50 USD.
        refused.is_refused(409, "AD_NOT_ACTIVE");
    }
    assert_eq!(market.s.has("USDT").await, ["4000.000000", "19.607844", "980.392156"]);
    assert_eq!(market.s.ad(&ad).await["remaining_amount"], "19.607844");
    market.adds_up().await;
}

#[actix::test]
async fn scenario_10_one_pot_is_not_spent_on_the_book_and_in_escrow() {
    let market = Market::open().await;
    market.s.withdraws("USDT", "4400").await.is_done(200);
    let buys = json!({ "ad_type": "BUY", "max_limit": "600" });
    let ad = market.ad(&market.b, buys).await;
    let order = json!({
        "instrument": "USDT-USD", "order_type": "SELL", "order_subtype": "LIMIT",
        "quantity": "600", "price": "1.0500",
    });
    let take = json!({
        "advertisement_id": ad, "amount": "500", "payment_method": "BANK_TRANSFER",
    });
    let mut sold = 0;
    for round in 0..50 {
        let place = market.s.post("/api/orderbook/orders", &order);
        let take = market.s.post(TRADES, &take);
        let (placed, taken) = match round % 2 {
            0 => join(place, take).await,
            _ => {
                let (taken, placed) = join(take, place).await;
                (placed, taken)
            }
        };
        match (placed.status, taken.status) {
            (201, _) => {
                taken.is_refused(422, "INSUFFICIENT_FUNDS");
                market.adds_up().await;
                let order = text(&placed.body["order"]["id"]);
                market.s.delete(&format!("/api/orderbook/orders/{order}")).await.is_done(200);
                sold += 1;
            }
            _ => {
                placed.is_refused(422, "INSUFFICIENT_FUNDS");
                assert_eq!(trade_in(&taken)["amount"], "500.000000");
                market.adds_up().await;
                market.b.cancels(&id(trade_in(&taken))).await.is_done(200);
            }
        }
        assert_eq!(market.s.has("USDT").await, ["600.000000", "0.000000", "0.000000"]);
    }
    assert!((0..=50).contains(&sold));
    market.adds_up().await;
}

/// A trade of a buyer that is marked as paid.
async fn paid(market: &Market, buyer: &User, ad: &str) -> String {
    let trade = market.take(buyer, ad, "1").await;
    buyer.pays(&trade).await.is_done(200);
    trade
}

/// Lets the buyer cancel and the seller confirm at the same instant; whether the buyer got the coins.
async fn cancel_against_confirm(market: &Market, buyer: &User, ad: &str, turn: usize) -> bool {
    let trade = paid(market, buyer, ad).await;
    let before = super::minor(&json!(buyer.available("USDT").await));
    let (cancel, confirm) = (buyer.cancels_unpaid(&trade), market.s.confirms(&trade));
    let (cancelled, confirmed) = match turn % 2 {
        0 => join(cancel, confirm).await,
        _ => {
            let (confirmed, cancelled) = join(confirm, cancel).await;
            (cancelled, confirmed)
        }
    };
    let (won, lost) = match cancelled.status {
        200 => (&cancelled, &confirmed),
        _ => (&confirmed, &cancelled),
    };
    won.is_done(200);
    lost.is_refused(409, "TRADE_STATE_FORBIDS");
    let state = text(&trade_in(won)["status"]);
    assert_eq!(lost.body["state"], state, "the loser is told who won");
    let got = super::minor(&json!(buyer.available("USDT").await)) - before;
    assert_eq!(buyer.trade(&trade).await["status"], state);
    match state.as_str() {
        "COMPLETED" => assert_eq!(got, 980_392),
        "CANCELLED" => assert_eq!(got, 0),
        other => panic!("{other}"),
    }
    got > 0
}

/// Each buyer four times: the fourth cancel of a day bars, and nothing is taken after it.
#[actix::test]
async fn scenario_13_a_cancel_against_a_confirm_a_thousand_times() {
    let market = Market::open().await;
    let ad = market.ad(&market.s, json!({ "min_limit": "1", "available_amount": "2000" })).await;
    let buyers = market.join((0..250).map(|n| format!("buyer{n}"))).await;
    let four = async |at: usize, buyer: &User| {
        let mut got = 0;
        for turn in 0..4 {
            let released = cancel_against_confirm(&market, buyer, &ad, at + turn).await;
            got += usize::from(released);
        }
        got
    };
    let mut released = 0;
    for (at, few) in buyers.chunks(10).enumerate() {
        let all = join_all(few.iter().enumerate().map(|(n, buyer)| four(10 * at + n, buyer))).await;
        released += all.into_iter().sum::<usize>();
    }
    let gone = 980_392 * released as i128;
    let [available, in_ads, in_trades] =
        market.s.has("USDT").await.map(|figure| super::minor(&json!(figure)));
    assert_eq!(available + in_ads + in_trades, 5_000_000_000 - gone);
    assert_eq!((in_ads, in_trades), (2_000_000_000 - gone, 0));
    market.adds_up().await;
}

#[actix::test]
async fn scenario_14_100_confirms_at_once_are_one_transfer() {
    let mut market = Market::open().await;
    let trade = market.paid().await;
    let replies = join_all((0..100).map(|_| market.s.confirms(&trade))).await;
    assert_eq!((count(&replies, 200), count(&replies, 409)), (1, 99));
    for refused in replies.iter().filter(|reply| reply.status == 409) {
        refused.is_refused(409, "TRADE_STATE_FORBIDS");
        assert_eq!(refused.body["state"], "COMPLETED");
    }
    assert_eq!(market.b.available("USDT").await, "5490.196078");
    let released = market.b.all("/api/wallet/transactions?type=ESCROW_RELEASE").await;
    assert_eq!(released.len(), 1);
    market.adds_up().await;
    // The same with a key: one transfer, and one answer for all who ask under it.
    let ad = text(&market.s.trade(&trade).await["advertisement_id"]);
    let trade = market.take(&market.b, &ad, "400").await;
    market.b.pays(&trade).await.is_done(200);
    let before = market.app.sequence().await;
    let keyed = market.s.keyed("confirm-once");
    let replies = join_all((0..100).map(|_| keyed.confirms(&trade))).await;
    let answered: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 200).collect();
    for busy in replies.iter().filter(|reply| reply.status != 200) {
        busy.is_refused(409, "IN_PROGRESS");
    }
    assert!(answered.iter().all(|reply| reply.body == answered[0].body));
    let first = answered.iter().filter(|reply| reply.header("idempotent-replayed").is_empty());
    assert_eq!(first.count(), 1);
    assert_eq!(market.app.sequence().await, before + 1);
    assert_eq!(market.b.available("USDT").await, "5882.352940");
    let (body, sequence) = (answered[0].body.clone(), answered[0].header("x-sequence"));
    for clean in [true, false] {
        match clean {
            true => market.app.terminate_and_restart(),
            false => market.app.kill9_and_restart(),
        }
        market.again().await;
        let again = market.s.keyed("confirm-once").confirms(&trade).await;
        again.is_done(200);
        assert_eq!(
            (again.body.clone(), again.header("x-sequence")),
            (body.clone(), sequence.clone())
        );
        assert_eq!(again.header("idempotent-replayed"), "true");
    }
    assert_eq!(market.b.available("USDT").await, "5882.352940");
    market.adds_up().await;
}

/// Every command that makes a fact is done once under a key: the same answer the second time and after
/// a restart, and no other body.
#[actix::test]
async fn each_command_is_done_once_under_its_key() {
    let mut market = Market::open().await;
    let ad = market.ad1().await;
    let arbitrator = market.arbitrator("arbitrator").await;
    let trade = market.tr1(&ad).await;
    let path = |verb: &str| format!("{TRADES}/{trade}/{verb}");
    let dispute =
        |by: &str| json!({ "trade_id": trade, "reason": by, "statement": super::STATEMENT });
    let mut asked: Vec<(String, String, Value, Reply)> = Vec::new();
    let mut number = 0;
    let mut once = async |user: &User, path: String, body: Value| {
        number += 1;
        let user = user.keyed(&format!("key-{number}"));
        let first = user.post(&path, &body).await;
        assert!(first.status < 300, "{path}: {}", first.body);
        let again = user.post(&path, &body).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body), "{path}");
        assert_eq!(again.header("x-sequence"), first.header("x-sequence"), "{path}");
        assert_eq!(again.header("idempotent-replayed"), "true", "{path}");
        let other = super::with(body.clone(), json!({ "expected_state": "COMPLETED" }));
        let reused = user.post(&path, &other).await;
        // Where there is no such member, that is what is refused.
        assert!([400, 422].contains(&reused.status), "{path}: {}", reused.body);
        let value = first.body.clone();
        asked.push((user.token().to_owned(), path, body, first));
        value
    };
    let other = with_account(&market).await;
    once(&market.s, super::ADS.into(), super::ad1()).await;
    once(&other, TRADES.into(), taking(&ad, "100")).await;
    once(&market.s, path("extend"), json!({})).await;
    once(&market.s, path("cancel"), json!({})).await;
    once(&market.b, path("cancel/reject"), json!({})).await;
    once(&market.b, path("payment-sent"), json!({})).await;
    once(&market.b, path("messages"), json!({ "text": "sent just now" })).await;
    let opened = once(&market.s, super::DISPUTES.into(), dispute("WRONG_AMOUNT")).await;
    let named = opened.get("dispute").filter(|part| part.is_object()).unwrap_or(&opened);
    let judged = |verb: &str| format!("{}/{}/{verb}", super::DISPUTES, text(&named["id"]));
    once(&market.b, super::DISPUTES.into(), dispute("OTHER")).await;
    once(&market.b, judged("statement"), json!({ "text": "and there is more to it" })).await;
    once(&arbitrator, judged("take"), json!({})).await;
    let verdict = json!({ "outcome": "SELLER", "reason": "nothing was paid", "fraud": false });
    once(&arbitrator, judged("verdict"), verdict).await;
    once(&market.b, judged("appeal"), json!({ "reason": "but it was" })).await;
    once(&market.b, path("concede"), json!({})).await;
    once(&market.s, format!("{}/{ad}/pause", super::ADS), json!({})).await;
    once(&market.s, format!("{}/{ad}/resume", super::ADS), json!({})).await;
    once(&market.s, format!("{}/{ad}/close", super::ADS), json!({})).await;
    let before = market.app.sequence().await;
    market.app.kill9_and_restart();
    market.again().await;
    let restarted = market.app.sequence().await;
    assert_eq!(restarted, before, "a restart on a manual clock needs no fact");
    for (number, (token, path, body, first)) in (1..).zip(asked) {
        let user = market.app.again(&token).keyed(&format!("key-{number}"));
        let again = user.post(&path, &body).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body), "{path}");
        assert_eq!(again.header("idempotent-replayed"), "true", "{path}");
    }
    assert_eq!(market.app.sequence().await, restarted);
    market.adds_up().await;
    // A day later a key is forgotten, and the command is decided anew.
    market.advance(DAY + HOUR).await;
    let anew = market.b.keyed("key-14").acts(&trade, "concede").await;
    anew.is_refused(409, "TRADE_STATE_FORBIDS");
}

/// Somebody who may be paid by bank transfer.
async fn with_account(market: &Market) -> User {
    let other = market.joins("other").await;
    let account = json!({
        "payment_method": "BANK_TRANSFER", "holder": "Other One", "details": "DE00 1234",
    });
    other.post("/api/user/payment-accounts", &account).await.is_done(201);
    other
}

#[actix::test]
async fn another_body_under_a_key_and_a_refusal_under_one() {
    let market = Market::open().await;
    let ad = market.ad1().await;
    let keyed = market.b.keyed("a-take");
    keyed.takes_ad(&ad, "501").await.is_refused(422, "OUTSIDE_LIMITS");
    // What was refused is decided anew, with whatever body.
    let taken = keyed.takes_ad(&ad, "100").await;
    taken.is_done(201);
    keyed.takes_ad(&ad, "101").await.is_refused(422, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(keyed.takes_ad(&ad, "100").await.body, taken.body);
    // Another user's, and another path's, are other keys.
    let trade = id(trade_in(&taken));
    keyed.pays(&trade).await.is_done(200);
    market.s.keyed("a-take").confirms(&trade).await.is_done(200);
    assert_eq!(market.b.trades().await.len(), 1);
    market.adds_up().await;
}

#[actix::test]
async fn twenty_takes_under_one_key_at_once_are_one_trade() {
    let market = Market::open().await;
    let ad = market.ad1().await;
    let keyed = market.b.keyed("one-take");
    let replies = join_all((0..20).map(|_| keyed.takes_ad(&ad, "100"))).await;
    let done: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 201).collect();
    for busy in replies.iter().filter(|reply| reply.status != 201) {
        busy.is_refused(409, "IN_PROGRESS");
    }
    assert!(!done.is_empty() && done.iter().all(|reply| reply.body == done[0].body));
    assert_eq!(market.b.trades().await.len(), 1);
    // Without a key, and without luck: one open trade on an ad for each taker.
    let other = market.joins("other").await;
    let replies = join_all((0..20).map(|_| other.takes_ad(&ad, "100"))).await;
    assert_eq!((count(&replies, 201), count(&replies, 409)), (1, 19));
    replies.iter().filter(|r| r.status == 409).for_each(|r| r.is_refused(409, "ALREADY_TAKEN"));
    market.adds_up().await;
}

#[actix::test]
async fn an_expected_state_that_is_over_changes_nothing() {
    let market = Market::open().await;
    let trade = market.paid().await;
    let before = market.app.sequence().await;
    let expecting = |state: &str| json!({ "expected_state": state });
    for (user, verb, body) in [
        (&market.s, "confirm-payment", expecting("PENDING")),
        (&market.s, "cancel", expecting("RELEASE_OVERDUE")),
        (&market.b, "cancel", json!({ "not_paid": true, "expected_state": "PENDING" })),
    ] {
        let reply = user.post(&format!("{TRADES}/{trade}/{verb}"), &body).await;
        reply.is_refused(409, "TRADE_STATE_CHANGED");
        assert_eq!(reply.body["state"], "PAYMENT_SENT");
    }
    let path = format!("{TRADES}/{trade}/confirm-payment");
    let unknown = market.s.post(&path, &expecting("PAID")).await;
    unknown.is_refused(400, "INVALID_FIELD");
    assert_eq!(unknown.body["errors"][0]["field"], "expected_state");
    assert_eq!(market.app.sequence().await, before);
    market.s.post(&path, &expecting("PAYMENT_SENT")).await.is_done(200);
    market.adds_up().await;
}

/// Ten confirm and ten cancel, each expecting what all of them saw: one is done, and everyone else is
/// told what became of it.
#[actix::test]
async fn of_many_who_expect_the_same_state_one_is_right() {
    let market = Market::open().await;
    let ad = market.ad(&market.s, json!({ "min_limit": "1" })).await;
    for round in 0..20 {
        let buyer = market.joins(&format!("fresh{round}")).await;
        let trade = paid(&market, &buyer, &ad).await;
        let path = |verb: &str| format!("{TRADES}/{trade}/{verb}");
        let sees = json!({ "expected_state": "PAYMENT_SENT", "not_paid": true });
        let confirm = json!({ "expected_state": "PAYMENT_SENT" });
        let confirms = (0..10).map(|_| market.s.post_to(path("confirm-payment"), &confirm));
        let cancels = (0..10).map(|_| buyer.post_to(path("cancel"), &sees));
        let (confirms, cancels) = join(join_all(confirms), join_all(cancels)).await;
        let replies = confirms.into_iter().chain(cancels).collect::<Vec<_>>();
        let won: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 200).collect();
        assert_eq!(won.len(), 1, "round {round}");
        let state = &trade_in(won[0])["status"];
        for lost in replies.iter().filter(|reply| reply.status != 200) {
            lost.is_refused(409, "TRADE_STATE_CHANGED");
            assert_eq!(&lost.body["state"], state);
        }
    }
    market.adds_up().await;
}

/// What a taker saw is what a taker gets, or nothing.
#[actix::test]
async fn a_take_of_an_ad_that_was_edited_meanwhile_is_refused_with_the_new_figures() {
    let market = Market::open().await;
    let ad = market.ad1().await;
    let edited = market.s.edits(&ad, &json!({ "price": "1.03" })).await;
    assert_eq!(ad_in(&edited)["version"], 2);
    let sees = |more: Value| super::with(taking(&ad, "100"), more);
    let stale = market.b.post(TRADES, &sees(json!({ "ad_version": 1 }))).await;
    stale.is_refused(409, "AD_CHANGED");
    assert_eq!(stale.body["version"], 2);
    let moved = market.b.post(TRADES, &sees(json!({ "expected_price": "1.02" }))).await;
    moved.is_refused(409, "PRICE_MOVED");
    assert_eq!(moved.body["price"], "1.03000000");
    let narrow = json!({ "expected_price": "1.02", "price_tolerance_percent": "0.9" });
    market.b.post(TRADES, &sees(narrow)).await.is_refused(409, "PRICE_MOVED");
    assert!(market.b.trades().await.is_empty());
    let wide = json!({
        "expected_price": "1.02", "price_tolerance_percent": "1", "ad_version": 2,
    });
    let taken = market.b.post(TRADES, &sees(wide)).await;
    assert_eq!(trade_in(&taken)["amount"], "97.087378");
    market.adds_up().await;
}

impl User {
    /// [`User::post`] with a path of its own, for many at once.
    async fn post_to(&self, path: String, body: &Value) -> Reply {
        self.post(&path, body).await
    }
}
