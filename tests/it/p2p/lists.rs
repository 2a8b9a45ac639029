//! What can be looked up: ads by what they offer, one's own ads and trades, reputations and reviews,
//! and what a user keeps of others.

use serde_json::{Value, json};

use super::{ADS, DAY, Market, TRADES, ad_in, id, text, trade_in, with};
use crate::exchange::User;

/// The ids of a list, in its order.
async fn ids(user: &User, path: &str) -> Vec<String> {
    user.all(path).await.iter().map(id).collect()
}

#[actix::test]
async fn ads_are_found_by_what_they_offer() {
    let market = Market::open().await;
    let maker = market.joins("maker").await;
    let dear = market.ad(&market.s, json!({ "price": "1.05" })).await;
    let cheap = market.ad(&maker, json!({ "price": "1.01", "min_limit": "200" })).await;
    let methods = json!({ "payment_methods": ["SEPA", "CARD"], "payment_window_secs": 600 });
    let card = market.ad(&maker, methods).await;
    let bitcoin = json!({
        "currency": "BTC", "price": "50000", "available_amount": "0.1", "max_limit": "5000",
    });
    let bitcoin = market.ad(&maker, bitcoin).await;
    let high = market.ad(&market.b, json!({ "ad_type": "BUY", "price": "0.99" })).await;
    let low = market.ad(&maker, json!({ "ad_type": "BUY", "price": "0.98" })).await;
    let anyone = market.app.nobody();
    for (query, found) in [
        // The best price first: the lowest of those who sell, the highest of those who buy.
        ("ad_type=SELL&currency=USDT&sort=price", vec![&cheap, &card, &dear]),
        ("ad_type=BUY&currency=USDT&sort=price", vec![&high, &low]),
        ("currency=BTC", vec![&bitcoin]),
        ("currency=ETH", vec![]),
        ("ad_type=SELL&currency=USDT&payment_method=CARD", vec![&card]),
        ("ad_type=SELL&currency=USDT&amount=100&sort=price", vec![&card, &dear]),
        ("ad_type=SELL&currency=USDT&amount=200&sort=price", vec![&cheap, &card, &dear]),
        ("ad_type=SELL&currency=USDT&amount=501", vec![]),
        ("currency=USDT&fiat_currency=USD&ad_type=BUY&sort=price", vec![&high, &low]),
    ] {
        let path = format!("{ADS}?{query}");
        assert_eq!(
            ids(&anyone, &path).await,
            found.into_iter().cloned().collect::<Vec<_>>(),
            "{query}"
        );
    }
    let mut all = ids(&anyone, ADS).await;
    all.sort();
    let mut every = vec![dear, cheap, card, bitcoin, high, low];
    every.sort();
    assert_eq!(all, every);
    for (query, field) in [
        ("ad_type=LEND", "ad_type"),
        ("currency=DOGE", "currency"),
        ("fiat_currency=usd", "fiat_currency"),
        ("payment_method=CASH", "payment_method"),
        ("amount=1e3", "amount"),
        ("sort=random", "sort"),
        ("limit=501", "limit"),
        ("after=x", "after"),
        ("color=red", "color"),
    ] {
        let reply = anyone.get(&format!("{ADS}?{query}")).await;
        reply.is_refused(400, "INVALID_FIELD");
        assert_eq!(reply.body["errors"][0]["field"], field, "{}", reply.body);
    }
}

#[actix::test]
async fn ads_come_in_pages_without_gap_or_repeat() {
    let market = Market::open().await;
    let mut made = Vec::new();
    for number in 0..12 {
        let price = format!("1.{:02}", 20 - number);
        let change = json!({ "price": price, "available_amount": "100" });
        made.push(market.ad(&market.s, change).await);
    }
    for sort in ["", "&sort=price"] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("{ADS}?currency=USDT&ad_type=SELL&limit=5{sort}{after}");
            let page = market.b.get(&path).await;
            page.is_done(200);
            seen.extend(page.body["data"].as_array().unwrap().iter().map(id));
            match page.body["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), 12, "{sort}");
        seen.sort();
        let mut every = made.clone();
        every.sort();
        assert_eq!(seen, every, "{sort}");
    }
}

#[actix::test]
async fn ones_own_ads_are_listed_whatever_became_of_them() {
    let market = Market::open().await;
    let (open, paused) = (market.ad1().await, market.ad1().await);
    let closed = market.ad1().await;
    market.s.turns(&paused, "pause").await.is_done(200);
    market.s.turns(&closed, "close").await.is_done(200);
    let own = market.s.own_ads().await;
    let status =
        |wanted: &str| own.iter().find(|ad| id(ad) == wanted).map(|ad| text(&ad["status"]));
    assert_eq!(status(&open).as_deref(), Some("ACTIVE"));
    assert_eq!(status(&paused).as_deref(), Some("PAUSED"));
    assert!(status(&closed).is_none_or(|status| status == "CLOSED"));
    assert_eq!(ids(&market.b, ADS).await, [open.as_str()]);
    assert!(market.b.own_ads().await.is_empty());
    assert_eq!(market.s.ad(&closed).await["status"], "CLOSED");
    market.app.nobody().get(&format!("{ADS}?mine=true")).await.is_refused(401, "UNAUTHORIZED");
    market.app.nobody().get(&format!("{ADS}/999424")).await.is_refused(404, "AD_NOT_FOUND");
}

#[actix::test]
async fn an_ad_shows_what_was_posted() {
    let market = Market::open().await;
    let posted = with(
        super::ad1(),
        json!({
            "terms": "Bank transfers from your own account only.",
            "payment_methods": ["SEPA", "BANK_TRANSFER"],
            "conditions": {
                "min_completed_trades": 3, "min_completion_rate": "90", "min_account_age_days": 1,
                "min_rating": "4.5", "first_trade_max_fiat": "100",
            },
            "expires_at": "2030-02-01T00:00:00.000Z",
        }),
    );
    let reply = market.s.publishes(&posted).await;
    reply.is_done(201);
    let shown = market.b.ad(&id(ad_in(&reply))).await;
    for member in [
        "ad_type",
        "currency",
        "fiat_currency",
        "price_type",
        "payment_window_secs",
        "terms",
        "expires_at",
    ] {
        assert_eq!(shown[member], posted[member], "{member}");
    }
    for (member, value) in [
        ("price", "1.02000000"),
        ("available_amount", "1000.000000"),
        ("min_limit", "50.00"),
        ("max_limit", "500.00"),
    ] {
        assert_eq!(shown[member], value);
    }
    assert_eq!(shown["payment_methods"].as_array().unwrap().len(), 2);
    assert_eq!(shown["conditions"]["min_completed_trades"], 3);
    assert_eq!(shown["created_at"], super::MORNING);
}

#[actix::test]
async fn a_taker_brings_what_the_ad_asks_for() {
    let market = Market::open().await;
    for (conditions, unmet) in [
        (json!({ "min_completed_trades": 1 }), "min_completed_trades"),
        (json!({ "min_completion_rate": "50" }), "min_completion_rate"),
        (json!({ "min_account_age_days": 2 }), "min_account_age_days"),
        (json!({ "min_rating": "3" }), "min_rating"),
        (json!({ "first_trade_max_fiat": "60" }), "first_trade_max_fiat"),
    ] {
        let change = json!({ "conditions": conditions, "available_amount": "500" });
        let ad = market.ad(&market.s, change).await;
        let newcomer = market.joins(&format!("new_{unmet}")).await;
        let refused = newcomer.takes_ad(&ad, "100").await;
        refused.is_refused(422, "CONDITION_NOT_MET");
        assert_eq!(refused.body["condition"], unmet);
        market.s.turns(&ad, "close").await.is_done(200);
    }
    // One good trade, a good review and two days later everything is met.
    let first = market.ad1().await;
    let trade = market.take(&market.b, &first, "50").await;
    market.b.pays(&trade).await.is_done(200);
    market.s.confirms(&trade).await.is_done(200);
    market.s.reviews(&trade, 4).await.is_done(201);
    market.advance(2 * DAY).await;
    let conditions = json!({
        "min_completed_trades": 1, "min_completion_rate": "100", "min_account_age_days": 2,
        "min_rating": "4", "first_trade_max_fiat": "60",
    });
    let ad = market.ad(&market.s, json!({ "conditions": conditions })).await;
    market.take(&market.b, &ad, "500").await;
    market.adds_up().await;
}

#[actix::test]
async fn a_floating_price_follows_the_index_and_hides_without_one() {
    let market = Market::open().await;
    let floating = with(
        super::ad1(),
        json!({ "price": null, "price_type": "FLOATING", "margin_percent": "2" }),
    );
    market.s.publishes(&floating).await.is_refused(409, "PRICE_UNAVAILABLE");
    let order = |side: &str, price: &str| {
        json!({
            "instrument": "USDT-USD", "order_type": side, "order_subtype": "LIMIT",
            "quantity": "10", "price": price,
        })
    };
    let maker = market.joins("maker").await;
    maker.post("/api/orderbook/orders", &order("BUY", "0.9900")).await.is_done(201);
    maker.post("/api/orderbook/orders", &order("SELL", "1.0100")).await.is_done(201);
    let reply = market.s.publishes(&floating).await;
    reply.is_done(201);
    assert_eq!(ad_in(&reply)["effective_price"], "1.02000000");
    let ad = id(ad_in(&reply));
    let bounded =
        json!({ "margin_percent": "-50", "price_floor": "0.95", "price_ceiling": "1.10" });
    let edited = market.s.edits(&ad, &bounded).await;
    assert_eq!(ad_in(&edited)["effective_price"], "0.95000000");
    // The middle of a book that stands is always fresh; without both sides only the last trade is
    // left, and there was none.
    maker.delete("/api/orderbook/orders?instrument=USDT-USD").await.is_done(200);
    market.advance(61_000).await;
    let hidden = market.s.ad(&ad).await;
    assert_eq!([&hidden["status"], &hidden["hidden_reason"]], ["HIDDEN", "no_index"]);
    assert!(hidden["effective_price"].is_null());
    market.b.takes_ad(&ad, "100").await.is_refused(409, "PRICE_UNAVAILABLE");
    assert!(market.b.all(ADS).await.is_empty());
    let closed = market.s.turns(&ad, "close").await;
    closed.is_done(200);
    assert_eq!(market.s.available("USDT").await, "5000.000000");
}

#[actix::test]
async fn trades_are_listed_by_state_and_by_role_newest_first() {
    let market = Market::open().await;
    let ad = market.ad1().await;
    let done = market.take(&market.b, &ad, "50").await;
    market.b.pays(&done).await.is_done(200);
    market.s.confirms(&done).await.is_done(200);
    let gone = market.take(&market.b, &ad, "50").await;
    market.b.cancels(&gone).await.is_done(200);
    let open = market.take(&market.b, &ad, "50").await;
    let buys = market.ad(&market.s, json!({ "ad_type": "BUY" })).await;
    let sold = market.take(&market.b, &buys, "50").await;
    let listed = async |query: &str| ids(&market.b, &format!("{TRADES}{query}")).await;
    let expected = |some: &[&String]| some.iter().map(|id| (*id).clone()).collect::<Vec<_>>();
    assert_eq!(listed("").await, expected(&[&sold, &open, &gone, &done]));
    assert_eq!(listed("?status=PENDING").await, expected(&[&sold, &open]));
    assert_eq!(listed("?status=COMPLETED").await, expected(&[&done]));
    assert_eq!(listed("?status=EXPIRED").await, expected(&[]));
    assert_eq!(listed("?role=SELLER").await, expected(&[&sold]));
    assert_eq!(listed("?role=BUYER&status=CANCELLED").await, expected(&[&gone]));
    for (query, field) in [("status=DONE", "status"), ("role=KING", "role"), ("x=1", "x")] {
        let reply = market.b.get(&format!("{TRADES}?{query}")).await;
        reply.is_refused(400, "INVALID_FIELD");
        assert_eq!(reply.body["errors"][0]["field"], field);
    }
    let escrows = market.b.all("/api/escrow").await;
    assert_eq!(escrows.len(), 4);
    for (trade, status) in [(&done, "RELEASED"), (&gone, "REFUNDED"), (&open, "LOCKED")] {
        let escrow = escrows.iter().find(|escrow| escrow["trade_id"] == **trade).unwrap();
        assert_eq!([&escrow["status"], &escrow["seller"]], [status, "seller"]);
    }
}

#[actix::test]
async fn a_reputation_is_told_for_three_spans() {
    let market = Market::open().await;
    let ad = market.ad1().await;
    let other = market.joins("other").await;
    for (buyer, seconds) in [(&market.b, 60), (&other, 120), (&other, 180)] {
        let trade = market.take(buyer, &ad, "100").await;
        market.advance(seconds * 1_000).await;
        buyer.pays(&trade).await.is_done(200);
        market.advance(30_000).await;
        market.s.confirms(&trade).await.is_done(200);
        buyer.reviews(&trade, 5).await.is_done(201);
    }
    market.advance(40 * DAY).await;
    let trade = market.take(&market.b, &ad, "50").await;
    market.advance(10_000).await;
    market.b.pays(&trade).await.is_done(200);
    market.advance(90_000).await;
    market.s.confirms(&trade).await.is_done(200);
    market.b.reviews(&trade, 3).await.is_done(201);
    let reply = market.app.nobody().get("/api/reputation/seller").await;
    reply.is_done(200);
    for (span, completed, release, rating, partners, volume) in [
        ("d30", 1, 90, "3.00", 1, "50.00"),
        ("d90", 4, 45, "4.50", 2, "350.00"),
        ("all", 4, 45, "4.50", 2, "350.00"),
    ] {
        let told = &reply.body["windows"][span];
        assert_eq!(told["completed_trades"], completed, "{span}: {told}");
        assert_eq!(told["average_release_secs"], release, "{span}: {told}");
        assert_eq!(told["rating"], rating, "{span}: {told}");
        assert_eq!(told["distinct_partners"], partners, "{span}: {told}");
        assert_eq!(told["volume"][0]["amount"], volume, "{span}: {told}");
        assert_eq!(told["average_pay_secs"], Value::Null, "no data is null: {told}");
    }
    let buyer = market.app.nobody().get("/api/reputation/other").await.body;
    assert_eq!(buyer["windows"]["all"]["average_pay_secs"], 150);
    let profile = market.app.nobody().get("/api/user/seller").await.body;
    assert_eq!(profile["reputation"]["rating"], "4.50");
    market.app.nobody().get("/api/reputation/no_one").await.is_refused(404, "USER_NOT_FOUND");
}

#[actix::test]
async fn reviews_are_for_each_side_once_after_a_sale_and_within_the_window() {
    let market = Market::open().await;
    let ad = market.ad1().await;
    let trade = market.take(&market.b, &ad, "50").await;
    market.b.reviews(&trade, 5).await.is_refused(409, "TRADE_STATE_FORBIDS");
    market.b.pays(&trade).await.is_done(200);
    market.s.confirms(&trade).await.is_done(200);
    market.b.reviews(&trade, 5).await.is_done(201);
    market.b.reviews(&trade, 4).await.is_refused(409, "ALREADY_REVIEWED");
    market.s.reviews(&trade, 2).await.is_done(201);
    let got = market.app.nobody().all("/api/reputation/seller/reviews").await;
    assert_eq!(got.len(), 1);
    assert_eq!(
        [&got[0]["rating"], &got[0]["comment"], &got[0]["reviewer"]],
        [&json!(5), &json!("as agreed"), &json!("buyer")]
    );
    let late = market.take(&market.b, &ad, "50").await;
    market.b.pays(&late).await.is_done(200);
    market.s.confirms(&late).await.is_done(200);
    market.advance(7 * DAY - 1).await;
    market.s.reviews(&late, 3).await.is_done(201);
    market.advance(1).await;
    market.b.reviews(&late, 5).await.is_refused(409, "REVIEW_WINDOW_OVER");
    let gone = market.take(&market.b, &ad, "50").await;
    market.b.cancels(&gone).await.is_done(200);
    market.s.reviews(&gone, 1).await.is_refused(409, "TRADE_STATE_FORBIDS");
    let ratings: Vec<Value> = market
        .app
        .nobody()
        .all("/api/reputation/buyer/reviews")
        .await
        .iter()
        .map(|review| review["rating"].clone())
        .collect();
    assert_eq!(ratings, [3, 2], "newest first");
}

#[actix::test]
async fn payment_accounts_are_added_listed_and_removed() {
    let market = Market::open().await;
    let path = "/api/user/payment-accounts";
    let account = |number: usize| {
        json!({
            "payment_method": "SEPA", "holder": "S. Eller", "details": format!("DE00 {number}"),
        })
    };
    for number in 1..=20 {
        market.s.post(path, &account(number)).await.is_done(201);
    }
    market.s.post(path, &account(21)).await.is_refused(422, "TOO_MANY_PAYMENT_ACCOUNTS");
    let listed = market.s.all(path).await;
    assert_eq!(listed.len(), 20);
    assert_eq!([&listed[0]["payment_method"], &listed[0]["holder"]], ["SEPA", "S. Eller"]);
    let gone = format!("{path}/{}", id(&listed[3]));
    market.b.delete(&gone).await.is_refused(404, "PAYMENT_ACCOUNT_NOT_FOUND");
    market.s.delete(&gone).await.is_done(200);
    market.s.delete(&gone).await.is_refused(404, "PAYMENT_ACCOUNT_NOT_FOUND");
    assert_eq!(market.s.all(path).await.len(), 19);
    // An id is not given out again.
    let added = market.s.post(path, &account(22)).await;
    added.is_done(201);
    let number = id(super::part(&added, "payment_account"));
    assert!(listed.iter().all(|account| id(account) != number));
    assert!(market.b.all(path).await.is_empty());
    market.app.nobody().get(path).await.is_refused(401, "UNAUTHORIZED");
}

#[actix::test]
async fn blocks_and_favourites_are_lists_of_names() {
    let market = Market::open().await;
    for path in ["/api/user/blocks", "/api/user/favourites"] {
        let named = json!({ "username": "seller" });
        let added = market.b.post(path, &named).await;
        assert!(added.status < 300, "{}", added.body);
        let again = market.b.post(path, &named).await;
        assert!(again.status < 300, "what is so already is done again: {}", again.body);
        let listed = market.b.all(path).await;
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0]["username"], "seller");
        assert!(market.s.all(path).await.is_empty(), "nobody learns who lists one");
        market.b.post(path, &json!({ "username": "buyer" })).await.is_refused(422, "NOT_YOURSELF");
        let unknown = market.b.post(path, &json!({ "username": "no_one" })).await;
        unknown.is_refused(404, "USER_NOT_FOUND");
        let removed = market.b.delete(&format!("{path}/seller")).await;
        assert!(removed.status < 300, "{}", removed.body);
        assert!(market.b.all(path).await.is_empty());
        market.b.delete(&format!("{path}/no_one")).await.is_refused(404, "USER_NOT_FOUND");
    }
}

#[actix::test]
async fn the_catalogue_tells_each_methods_longest_window() {
    let market = Market::open().await;
    let methods = market.app.nobody().get("/api/p2p/payment-methods").await;
    methods.is_done(200);
    let listed = methods.body["data"].as_array().unwrap();
    let told: Vec<(String, u64)> = listed
        .iter()
        .map(|m| (text(&m["code"]), m["longest_window_secs"].as_u64().unwrap()))
        .collect();
    let names: Vec<&str> = told.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(
        names,
        [
            "BANK_TRANSFER",
            "INSTANT_TRANSFER",
            "SEPA",
            "CARD",
            "CASH_DEPOSIT",
            "E_WALLET",
            "MOBILE_MONEY",
            "GIFT_CARD",
        ]
    );
    // What is told is what holds.
    for (code, longest) in told {
        let of = |window: u64| {
            let change = json!({
                "payment_methods": [code], "payment_window_secs": window, "available_amount": "50",
            });
            with(super::ad1(), change)
        };
        let published = market.s.publishes(&of(longest)).await;
        published.is_done(201);
        let longer = market.s.publishes(&of(longest + 1)).await;
        assert!([400, 422].contains(&longer.status), "{code}: {}", longer.body);
    }
}

#[actix::test]
async fn a_chat_is_read_in_its_order_by_both() {
    let market = Market::open().await;
    let trade = market.tr1(&market.ad1().await).await;
    for number in 0..7 {
        let user = if number % 2 == 0 { &market.b } else { &market.s };
        user.writes(&trade, &format!("word {number}")).await.is_done(201);
    }
    for user in [&market.b, &market.s] {
        let chat = user.all(&format!("{TRADES}/{trade}/messages")).await;
        let mut words: Vec<String> = chat.iter().map(|line| text(&line["text"])).collect();
        if words[0] != "word 0" {
            words.reverse();
        }
        assert_eq!(words, (0..7).map(|n| format!("word {n}")).collect::<Vec<_>>());
        assert!(
            chat.iter().all(|line| ["buyer", "seller"].contains(&line["from"].as_str().unwrap()))
        );
    }
    market.b.cancels(&trade).await.is_done(200);
    market.b.writes(&trade, "too late").await.is_refused(409, "TRADE_STATE_FORBIDS");
    assert_eq!(market.b.all(&format!("{TRADES}/{trade}/messages")).await.len(), 7);
}

#[actix::test]
async fn open_ads_and_open_trades_of_a_user_are_bounded() {
    let market = Market::open_with(&[
        ("SOUK_OPEN_ADS_PER_USER_MAX", "3"),
        ("SOUK_OPEN_P2P_TRADES_PER_USER_MAX", "2"),
    ])
    .await;
    let mut ads = Vec::new();
    for _ in 0..3 {
        ads.push(market.ad(&market.s, json!({ "available_amount": "100" })).await);
    }
    let before = market.app.sequence().await;
    market.s.publishes(&super::ad1()).await.is_refused(422, "TOO_MANY_ADS");
    assert_eq!(market.app.sequence().await, before);
    market.take(&market.b, &ads[0], "50").await;
    let second = market.take(&market.b, &ads[1], "50").await;
    market.b.takes_ad(&ads[2], "50").await.is_refused(422, "TOO_MANY_P2P_TRADES");
    let cancelled = market.b.cancels(&second).await;
    assert_eq!(trade_in(&cancelled)["status"], "CANCELLED");
    market.take(&market.b, &ads[2], "50").await;
    market.s.turns(&ads[1], "close").await.is_done(200);
    market.ad(&market.s, json!({ "available_amount": "100" })).await;
    market.adds_up().await;
}
