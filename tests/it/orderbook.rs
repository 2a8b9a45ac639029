//! The order book over HTTP: every kind of order, every refusal, lists, batches, bad input.

use serde_json::{Value, json};

use crate::exchange::{App, Reply, User};

/// A limit order on BTC-USD.
fn limit(side: &str, quantity: &str, price: &str) -> Value {
    json!({
        "instrument": "BTC-USD", "order_type": side, "order_subtype": "LIMIT",
        "quantity": quantity, "price": price,
    })
}

/// `body` with some members replaced or added.
fn with(mut body: Value, more: Value) -> Value {
    for (member, value) in more.as_object().expect("an object") {
        body[member] = value.clone();
    }
    body
}

/// A market order on BTC-USD for `how` much.
fn market(side: &str, how: Value) -> Value {
    let body = json!({
        "instrument": "BTC-USD", "order_type": side, "order_subtype": "MARKET",
    });
    with(body, how)
}

impl User {
    async fn place(&self, body: Value) -> Reply {
        self.post("/api/orderbook/orders", &body).await
    }

    /// Places an order that is taken; gives its answer's body.
    async fn takes(&self, body: Value) -> Value {
        let reply = self.place(body).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply.body
    }

    async fn rests(&self, side: &str, quantity: &str, price: &str) -> String {
        let placed = self.takes(limit(side, quantity, price)).await;
        assert_eq!(placed["order"]["status"], "PENDING");
        text(&placed["order"]["id"]).to_owned()
    }

    async fn order(&self, id: &str) -> Value {
        let reply = self.get(&format!("/api/orderbook/orders/{id}")).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body
    }

    async fn amend(&self, id: &str, body: Value) -> Reply {
        self.patch(&format!("/api/orderbook/orders/{id}"), &body).await
    }

    async fn cancel(&self, id: &str) -> Reply {
        self.delete(&format!("/api/orderbook/orders/{id}")).await
    }

    /// The ids of a list, page by page.
    async fn pages(&self, list: &str, limit: usize, key: &str) -> Vec<String> {
        let (mut ids, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{list}limit={limit}{after}")).await;
            assert_eq!(page.status, 200, "{}", page.body);
            let data = page.body["data"].as_array().expect("a list");
            assert!(data.len() <= limit);
            ids.extend(data.iter().map(|entry| text(&entry[key]).to_owned()));
            match page.body["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return ids,
            }
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}"))
}

#[actix::test]
async fn a_limit_order_rests_is_filled_and_is_shown_whole() {
    let app = App::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let asked = with(limit("SELL", "0.02", "50000"), json!({"client_order_id": "mine:1"}));
    let rested = alice.place(asked).await;
    assert_eq!(rested.status, 201);
    assert_eq!(rested.header("x-sequence"), rested.body["sequence"].to_string());
    let order = &rested.body["order"];
    let created_at = text(&order["created_at"]).to_owned();
    assert!(created_at.ends_with('Z') && created_at.len() == 24, "{created_at}");
    assert_eq!(
        *order,
        json!({
            "id": order["id"], "client_order_id": "mine:1", "instrument": "BTC-USD",
            "order_type": "SELL", "order_subtype": "LIMIT", "time_in_force": "GTC",
            "post_only": false, "self_trade_prevention": "CANCEL_NEWEST",
            "price": "50000.00", "stop_price": null, "triggered": null,
            "quantity": "0.02000", "quote_amount": null, "display_quantity": null,
            "remaining_quantity": "0.02000", "filled_quantity": "0.00000",
            "filled_notional": "0.00", "average_price": null,
            "fee_paid": "0.00", "fee_currency": "USD",
            "status": "PENDING", "status_reason": null,
            "created_at": created_at, "updated_at": created_at,
        })
    );
    assert_eq!(rested.body["fills"], json!([]));

    let taken = bob.takes(limit("BUY", "0.005", "50000.5")).await;
    assert_eq!(
        taken["fills"],
        json!([{
            "trade_id": "1", "price": "50000.00", "quantity": "0.00500",
            "fee": "0.00001000", "fee_currency": "BTC", "liquidity": "TAKER",
        }])
    );
    assert_eq!(taken["order"]["status"], "FILLED");
    assert_eq!(taken["order"]["average_price"], "50000.00");
    assert_eq!(taken["order"]["fee_paid"], "0.00001000");

    let maker = alice.order(text(&order["id"])).await;
    assert_eq!(maker["status"], "PARTIALLY_FILLED");
    assert_eq!(maker["remaining_quantity"], "0.01500");
    assert_eq!((&maker["fee_paid"], &maker["filled_notional"]), (&json!("0.25"), &json!("250.00")));
    app.stop().await;
}

#[actix::test]
async fn each_kind_of_order_ends_as_it_should() {
    let app = App::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    alice.rests("SELL", "0.01", "50000").await;
    let status = |placed: &Value| {
        let order = &placed["order"];
        (order["status"].clone(), order["status_reason"].clone())
    };
    let with_time = |body, time| with(body, json!({"time_in_force": time}));

    let fok = bob.takes(with_time(limit("BUY", "0.02", "50000"), "FOK")).await;
    assert_eq!(status(&fok), (json!("EXPIRED"), json!("FILL_OR_KILL")));
    assert_eq!(fok["fills"], json!([]));
    let ioc = bob.takes(with_time(limit("BUY", "0.02", "50000"), "IOC")).await;
    assert_eq!(status(&ioc), (json!("EXPIRED"), json!("IMMEDIATE_OR_CANCEL")));
    assert_eq!(ioc["order"]["filled_quantity"], "0.01000");
    assert_eq!(ioc["order"]["remaining_quantity"], "0.01000");

    alice.rests("SELL", "0.01", "50000").await;
    alice.rests("SELL", "0.01", "60000").await;
    let market_buy = bob.takes(market("BUY", json!({"quantity": "0.02"}))).await;
    assert_eq!(status(&market_buy), (json!("EXPIRED"), json!("PROTECTION_PRICE")));
    assert_eq!(market_buy["order"]["filled_quantity"], "0.01000");

    let by_quote = bob.takes(market("BUY", json!({"quote_amount": "150.00"}))).await;
    assert_eq!(by_quote["order"]["status"], "FILLED");
    assert_eq!(by_quote["order"]["quantity"], "0.00250");
    assert_eq!(by_quote["order"]["quote_amount"], "150.00");
    assert_eq!(by_quote["order"]["average_price"], "60000.00");

    let post_only = with(limit("BUY", "0.001", "59000"), json!({"post_only": true}));
    assert_eq!(bob.takes(post_only).await["order"]["post_only"], true);
    let iceberg = with(limit("BUY", "0.01", "58000"), json!({"display_quantity": "0.002"}));
    assert_eq!(bob.takes(iceberg).await["order"]["display_quantity"], "0.00200");
    let book = app.get("/api/orderbook/BTC-USD").await.body;
    assert_eq!(book["bids"], json!([["59000.00", "0.00100"], ["58000.00", "0.00200"]]));

    let mine = alice.takes(limit("BUY", "0.0001", "60000")).await;
    assert_eq!(status(&mine), (json!("CANCELLED"), json!("SELF_TRADE")));
    let fok_filled = alice.takes(with_time(limit("SELL", "0.001", "59000"), "FOK")).await;
    assert_eq!(fok_filled["order"]["status"], "FILLED");
    app.stop().await;
}

#[actix::test]
async fn stops_wait_until_the_last_trade_reaches_them() {
    let app = App::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    alice.rests("SELL", "0.001", "50000").await;
    alice.rests("SELL", "0.001", "51000").await;
    alice.rests("SELL", "0.001", "52000").await;
    let stop = |subtype: &str, stop_price: &str, more| {
        let body = json!({
            "instrument": "BTC-USD", "order_type": "BUY", "order_subtype": subtype,
            "quantity": "0.001", "stop_price": stop_price,
        });
        with(body, more)
    };
    let stop_limit = bob.takes(stop("STOP_LIMIT", "51000", json!({"price": "51500"}))).await;
    let stop_market = bob.takes(stop("STOP_MARKET", "51000", json!({}))).await;
    for placed in [&stop_limit, &stop_market] {
        assert_eq!(placed["order"]["status"], "PENDING");
        assert_eq!(placed["order"]["triggered"], false);
    }
    let waiting = text(&stop_limit["order"]["id"]);
    let refused = bob.amend(waiting, json!({"price": "51600"})).await;
    refused.is_refused(409, "ORDER_NOT_AMENDABLE");
    assert_eq!(app.get("/api/orderbook/BTC-USD").await.body["bids"], json!([]));

    let carol = app.user("carol").await;
    carol.takes(limit("BUY", "0.002", "51000")).await;
    // Both stops were due at once; one found the last offer, the other's limit was too low to.
    let market_id = text(&stop_market["order"]["id"]);
    bob.waits_for(&format!("/api/orderbook/orders/{market_id}"), |o| o["status"] == "FILLED").await;
    assert_eq!(bob.order(market_id).await["average_price"], "52000.00");
    let limited = bob.order(waiting).await;
    assert_eq!((&limited["status"], &limited["triggered"]), (&json!("PENDING"), &json!(true)));

    let late = bob.place(stop("STOP_MARKET", "51000", json!({}))).await;
    late.is_refused(422, "STOP_WOULD_TRIGGER");
    bob.cancel(waiting).await.is_done(200);
    app.stop().await;
}

#[actix::test]
async fn a_refused_order_changes_nothing_and_uses_up_no_id() {
    let app = App::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    market_refused(&alice).await;
    let first = alice.rests("SELL", "0.01", "50000").await;
    bob.takes(limit("BUY", "0.001", "50000")).await;
    let before = bob.get("/api/wallet").await.body["wallets"].clone();
    let buy = || limit("BUY", "0.01", "49000");
    for (body, field, code) in [
        (limit("BUY", "1", "50000"), "", "INSUFFICIENT_FUNDS"),
        (limit("SELL", "9", "50000"), "", "INSUFFICIENT_FUNDS"),
        (limit("BUY", "0.01", "49000.001"), "price", "OFF_TICK"),
        (limit("BUY", "0.000001", "49000"), "quantity", "OFF_LOT"),
        (limit("BUY", "0.01", "99999999999999999"), "price", "PRICE_TOO_LARGE"),
        (limit("BUY", "999999999999999999", "49000"), "quantity", "QUANTITY_TOO_LARGE"),
        (limit("BUY", "0.00001", "49000"), "quantity", "BELOW_MIN_NOTIONAL"),
        (limit("BUY", "10000000", "10000000000"), "quantity", "ABOVE_MAX_NOTIONAL"),
        (limit("BUY", "0.01", "30000"), "", "PRICE_OUT_OF_BAND"),
        (
            with(limit("BUY", "0.001", "50000"), json!({"post_only": true})),
            "",
            "POST_ONLY_WOULD_CROSS",
        ),
        (
            with(buy(), json!({"display_quantity": "0.00001"})),
            "display_quantity",
            "DISPLAY_QUANTITY_TOO_SMALL",
        ),
        (
            with(buy(), json!({"display_quantity": "1"})),
            "display_quantity",
            "DISPLAY_QUANTITY_TOO_SMALL",
        ),
        (market("SELL", json!({"quantity": "0.001"})), "", "NO_LIQUIDITY"),
        (market("BUY", json!({"quote_amount": "0.5"})), "quote_amount", "BELOW_MIN_NOTIONAL"),
        (market("BUY", json!({"quantity": "0.00001"})), "", "BELOW_MIN_NOTIONAL"),
    ] {
        for path in ["/api/orderbook/orders", "/api/orderbook/orders/test"] {
            let reply = bob.post(path, &body).await;
            reply.is_refused(422, code);
            let at = reply.body["errors"][0]["field"].as_str().unwrap_or_default();
            assert_eq!(at, field, "{body}");
        }
    }
    let unknown = with(buy(), json!({"instrument": "BTC-EUR"}));
    bob.place(unknown).await.is_refused(404, "INSTRUMENT_NOT_FOUND");
    assert_eq!(bob.get("/api/wallet").await.body["wallets"], before);

    let tested = bob.post("/api/orderbook/orders/test", &buy()).await;
    tested.is_done(200);
    let placed = bob.takes(buy()).await;
    let number = |id: &str| id.parse::<u64>().unwrap() >> 10;
    assert_eq!(number(text(&placed["order"]["id"])), number(&first) + 2, "no id was used up");
    app.stop().await;
}

async fn market_refused(user: &User) {
    let empty = user.place(market("BUY", json!({"quote_amount": "10"}))).await;
    empty.is_refused(422, "NO_LIQUIDITY");
}

#[actix::test]
async fn what_makes_no_sense_is_told_with_its_field() {
    let app = App::start().await;
    let alice = app.user("alice").await;
    let good = || limit("BUY", "0.01", "50000");
    for (member, values) in [
        (
            "quantity",
            json!([
                "NaN",
                "1e-2",
                "-0.01",
                "+0.01",
                " 0.01",
                "0.01 ",
                "",
                "0",
                ".1",
                "1.",
                "01",
                "1_0",
                "0x1",
                "Infinity",
                "1,0",
                "٠.٠١",
                0.01,
                1,
                null,
                true,
                [],
                {}
            ]),
        ),
        ("price", json!(["abc", "1e5", "-1", "0", 50000, 50000.5, null, "1234567890123456789012"])),
        ("order_type", json!(["buy", "LONG", 1, null])),
        ("order_subtype", json!(["limit", "TRAILING", null])),
        ("time_in_force", json!(["GTD", 1])),
        ("post_only", json!(["true", 1])),
        ("self_trade_prevention", json!(["NONE", 0])),
        ("display_quantity", json!(["x", 1])),
        ("stop_price", json!(["49000", 1])),
        ("quote_amount", json!(["10", 10])),
        (
            "client_order_id",
            json!(["", "two words", "ü", 7, "1234567890123456789012345678901234567"]),
        ),
        ("instrument", json!([null, 1, ["BTC-USD"]])),
        ("qty", json!(["0.01"])),
    ] {
        for value in values.as_array().unwrap() {
            let body = with(good(), json!({member: value}));
            let reply = alice.place(body).await;
            reply.is_refused(400, "INVALID_FIELD");
            assert_eq!(reply.body["errors"][0]["field"], member, "{value}");
        }
    }
    let deep = "[".repeat(5_000) + &"]".repeat(5_000);
    let long = format!("{{\"instrument\":\"{}\"}}", "x".repeat(70_000));
    let twice = r#"{"instrument":"BTC-USD","price":"1","price":"2"}"#;
    for (body, status) in [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        ("null", 400),
        ("\"BUY\"", 400),
        (&deep, 400),
        (twice, 400),
        ("{\"price\":NaN}", 400),
        (&long, 413),
    ] {
        let reply = alice.post_text("/api/orderbook/orders", body, "application/json").await;
        assert_eq!(reply.status, status, "{}", reply.body);
        assert!(reply.body["code"].is_string());
    }
    let form = alice.post_text("/api/orderbook/orders", &good().to_string(), "text/plain").await;
    form.is_refused(415, "UNSUPPORTED_MEDIA_TYPE");
    let open = alice.get("/api/orderbook/orders").await;
    assert_eq!(open.body["data"], json!([]), "nothing was placed");
    app.stop().await;
}

#[actix::test]
async fn nobody_without_a_token_places_lists_or_cancels() {
    let app = App::start().await;
    let nobody = app.nobody();
    nobody.place(limit("BUY", "0.01", "50000")).await.is_refused(401, "UNAUTHORIZED");
    for path in ["/api/orderbook/orders", "/api/orderbook/orders/1025", "/api/orderbook/trades"] {
        nobody.get(path).await.is_refused(401, "UNAUTHORIZED");
    }
    nobody.cancel("1025").await.is_refused(401, "UNAUTHORIZED");
    nobody.amend("1025", json!({"price": "1"})).await.is_refused(401, "UNAUTHORIZED");
    nobody.delete("/api/orderbook/orders").await.is_refused(401, "UNAUTHORIZED");
    let batch = json!({"orders": []});
    nobody.post("/api/orderbook/orders/batch", &batch).await.is_refused(401, "UNAUTHORIZED");
    app.stop().await;
}

#[actix::test]
async fn an_order_of_someone_else_is_not_there() {
    let app = App::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let id = alice.rests("SELL", "0.01", "50000").await;
    let reads = bob.get(&format!("/api/orderbook/orders/{id}")).await;
    reads.is_refused(404, "ORDER_NOT_FOUND");
    bob.amend(&id, json!({"price": "49000"})).await.is_refused(404, "ORDER_NOT_FOUND");
    bob.cancel(&id).await.is_refused(404, "ORDER_NOT_FOUND");
    assert_eq!(bob.get("/api/orderbook/orders").await.body["data"], json!([]));
    assert_eq!(alice.order(&id).await["status"], "PENDING");
    alice.cancel(&id).await.is_done(200);
    bob.cancel(&id).await.is_refused(404, "ORDER_NOT_FOUND");
    for id in ["0", "1", "abc", "-1", "99999999999999999999", "1023"] {
        bob.cancel(id).await.is_refused(404, "ORDER_NOT_FOUND");
    }
    app.stop().await;
}

#[actix::test]
async fn an_amend_keeps_its_place_or_loses_it_and_may_trade() {
    let app = App::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let first = alice.rests("SELL", "0.02", "50000").await;
    let second = alice.rests("SELL", "0.01", "50000").await;
    let smaller = alice.amend(&first, json!({"quantity": "0.01"})).await;
    smaller.is_done(200);
    assert_eq!(smaller.body["order"]["quantity"], "0.01000");
    assert_eq!(smaller.header("x-sequence"), smaller.body["sequence"].to_string());
    bob.takes(limit("BUY", "0.005", "50000")).await;
    assert_eq!(alice.order(&first).await["filled_quantity"], "0.00500", "it kept its place");
    alice.amend(&first, json!({"quantity": "0.02"})).await.is_done(200);
    bob.takes(limit("BUY", "0.005", "50000")).await;
    assert_eq!(alice.order(&second).await["filled_quantity"], "0.00500", "it lost its place");

    alice
        .amend(&first, json!({"quantity": "0.005"}))
        .await
        .is_refused(422, "QUANTITY_NOT_ABOVE_FILLED");
    alice.amend(&first, json!({"price": "50000.001"})).await.is_refused(422, "OFF_TICK");
    alice.amend(&first, json!({"quantity": "5"})).await.is_refused(422, "INSUFFICIENT_FUNDS");
    for body in [json!({}), json!({"price": 1}), json!({"price": "1", "side": "BUY"})] {
        alice.amend(&first, body).await.is_refused(400, "INVALID_FIELD");
    }

    let bid = bob.rests("BUY", "0.001", "49000").await;
    let crossed = bob.amend(&bid, json!({"price": "50000"})).await;
    crossed.is_done(200);
    assert_eq!(crossed.body["order"]["status"], "FILLED");
    assert_eq!(crossed.body["fills"][0]["liquidity"], "TAKER");
    let again = bob.amend(&bid, json!({"price": "50000"})).await;
    again.is_refused(409, "ORDER_NOT_OPEN");
    assert_eq!(again.body["state"], "FILLED");
    app.stop().await;
}

#[actix::test]
async fn a_cancel_gives_the_order_back_once() {
    let app = App::start().await;
    let alice = app.user("alice").await;
    let id = alice.rests("SELL", "0.01", "50000").await;
    let cancelled = alice.cancel(&id).await;
    cancelled.is_done(200);
    assert_eq!(cancelled.body["status"], "CANCELLED");
    assert_eq!(cancelled.body["status_reason"], "OWNER");
    assert!(!cancelled.header("x-sequence").is_empty());
    let again = alice.cancel(&id).await;
    again.is_refused(409, "ORDER_NOT_OPEN");
    assert_eq!(again.body["state"], "CANCELLED");
    assert_eq!(alice.order(&id).await, cancelled.body);
    app.stop().await;
}

#[actix::test]
async fn a_cancel_of_all_names_what_it_cancelled_and_is_replayed_by_its_key() {
    let app = App::start().await;
    let alice = app.user("alice").await;
    let (one, two) =
        (alice.rests("SELL", "0.01", "50000").await, alice.rests("SELL", "0.01", "51000").await);
    let eth = with(limit("SELL", "1", "3000"), json!({"instrument": "ETH-USD"}));
    let eth = alice.takes(eth).await["order"]["id"].clone();
    let only = alice.delete("/api/orderbook/orders?instrument=BTC-USD").await;
    only.is_done(200);
    assert_eq!(only.body["cancelled"], json!([one, two]));
    alice
        .delete("/api/orderbook/orders?instrument=X")
        .await
        .is_refused(404, "INSTRUMENT_NOT_FOUND");
    alice.delete("/api/orderbook/orders?id=1").await.is_refused(400, "INVALID_FIELD");

    let all = alice.keyed("k1").delete("/api/orderbook/orders").await;
    all.is_done(200);
    assert_eq!(all.body["cancelled"], json!([eth]));
    let later = alice.rests("SELL", "0.01", "50000").await;
    let replayed = alice.keyed("k1").delete("/api/orderbook/orders").await;
    assert_eq!(
        (&replayed.body, replayed.header("idempotent-replayed")),
        (&all.body, "true".into())
    );
    assert_eq!(alice.order(&later).await["status"], "PENDING", "a replay does nothing");
    alice.delete("/api/orderbook/orders").await.is_done(200);
    let nothing = alice.delete("/api/orderbook/orders").await;
    assert_eq!((nothing.status, &nothing.body["cancelled"]), (200, &json!([])));
    app.stop().await;
}

#[actix::test]
async fn a_client_order_id_places_once() {
    let app = App::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let mine = || with(limit("SELL", "0.01", "50000"), json!({"client_order_id": "c-1"}));
    let first = alice.takes(mine()).await;
    bob.takes(limit("BUY", "0.004", "50000")).await;
    let again = alice.place(mine()).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, "true".into()));
    assert_eq!(again.body["order"]["id"], first["order"]["id"]);
    assert_eq!(again.body["order"]["filled_quantity"], "0.00400", "as it is now");
    assert_eq!(again.body["fills"][0]["liquidity"], "MAKER");
    let other = with(mine(), json!({"quantity": "0.02"}));
    alice.place(other.clone()).await.is_refused(422, "CLIENT_ORDER_ID_REUSED");
    alice
        .post("/api/orderbook/orders/test", &other)
        .await
        .is_refused(422, "CLIENT_ORDER_ID_REUSED");

    let found = alice.get("/api/orderbook/orders?client_order_id=c-1").await.body;
    assert_eq!(found["data"][0]["id"], first["order"]["id"]);
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    let none = alice.get("/api/orderbook/orders?client_order_id=c-2").await.body;
    assert_eq!(none["data"], json!([]));
    alice.get("/api/orderbook/orders?client_order_id=a%20b").await.is_refused(400, "INVALID_FIELD");
    bob.takes(mine()).await;
    alice.cancel(text(&first["order"]["id"])).await.is_done(200);
    let closed = alice.place(mine()).await;
    assert_eq!(closed.body["order"]["status"], "CANCELLED", "still the same order");
    app.stop().await;
}

#[actix::test]
async fn an_idempotency_key_repeats_an_answer_word_for_word() {
    let app = App::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let path = "/api/orderbook/orders";
    let first = alice.keyed("k").post(path, &limit("SELL", "0.01", "50000")).await;
    first.is_done(201);
    bob.takes(limit("BUY", "0.004", "50000")).await;
    let again = alice.keyed("k").post(path, &limit("SELL", "0.01", "50000")).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, "true".into()));
    assert_eq!(again.body, first.body);
    let other = alice.keyed("k").post(path, &limit("SELL", "0.02", "50000")).await;
    other.is_refused(422, "IDEMPOTENCY_KEY_REUSED");
    let id = text(&first.body["order"]["id"]);
    let path = format!("/api/orderbook/orders/{id}");
    let amended = alice.keyed("k").patch(&path, &json!({"quantity": "0.008"})).await;
    amended.is_done(200);
    let cancelled = alice.keyed("k").delete(&path).await;
    cancelled.is_done(200);
    let replay = alice.keyed("k").patch(&path, &json!({"quantity": "0.008"})).await;
    assert_eq!((replay.status, &replay.body), (200, &amended.body), "although it is closed now");
    assert_eq!(alice.keyed("k").delete(&path).await.body, cancelled.body);
    app.stop().await;
}

#[actix::test]
async fn a_batch_answers_each_order_by_itself() {
    let app = App::start().await;
    let alice = app.user("alice").await;
    let path = "/api/orderbook/orders/batch";
    let orders = json!({"orders": [
        with(limit("SELL", "0.01", "50000"), json!({"client_order_id": "b1"})),
        limit("SELL", "0.01", "50000.001"),
        5,
        with(limit("SELL", "1", "3000"), json!({"instrument": "ETH-USD"})),
        with(limit("SELL", "1", "3000"), json!({"side": "SELL"})),
        limit("SELL", "0.01", "20000000000"),
        limit("SELL", "0.01", "51000"),
        with(limit("SELL", "1", "3000"), json!({"instrument": "DOGE-USD"})),
    ]});
    let batch = alice.post(path, &orders).await;
    batch.is_done(200);
    let results = batch.body["results"].as_array().unwrap();
    let codes: Vec<Value> =
        results.iter().map(|r| json!([r["status"], r["code"], r["errors"][0]["field"]])).collect();
    assert_eq!(
        json!(codes),
        json!([
            [201, null, null],
            [422, "OFF_TICK", "price"],
            [400, "INVALID_FIELD", null],
            [201, null, null],
            [400, "INVALID_FIELD", "side"],
            [422, "INSUFFICIENT_FUNDS", null],
            [201, null, null],
            [404, "INSTRUMENT_NOT_FOUND", null],
        ])
    );
    let last = results[6]["sequence"].as_u64().unwrap();
    assert_eq!(results[6]["order"]["status"], "PENDING");
    assert!(results.iter().flat_map(|r| r["sequence"].as_u64()).all(|s| s <= last.max(s)));
    let again = alice.post(path, &orders).await.body;
    assert_eq!(again["results"][0]["replayed"], true);
    assert_eq!(again["results"][0]["order"]["id"], results[0]["order"]["id"]);

    let refused = alice.keyed("k").post(path, &orders).await;
    refused.is_refused(400, "INVALID_IDEMPOTENCY_KEY");
    alice.post(path, &json!({"orders": []})).await.is_refused(400, "INVALID_FIELD");
    let many = vec![limit("SELL", "0.00003", "50000"); 101];
    alice.post(path, &json!({"orders": many})).await.is_refused(400, "INVALID_FIELD");
    let hundred = vec![limit("SELL", "0.00003", "50000"); 100];
    let placed = alice.post(path, &json!({"orders": hundred})).await;
    placed.is_done(200);
    assert!(placed.body["results"].as_array().unwrap().iter().all(|r| r["status"] == 201));
    let bad = alice.post(path, &json!({"orders": [1, 2]})).await;
    assert_eq!((bad.status, bad.body["results"].as_array().unwrap().len()), (200, 2));
    app.stop().await;
}

#[actix::test]
async fn a_dead_mans_switch_cancels_everything_unless_it_is_set_anew() {
    let app = App::start().await;
    let alice = app.user("alice").await;
    let path = "/api/orderbook/orders/cancel-all-after";
    let id = alice.rests("SELL", "0.01", "50000").await;
    let armed = alice.post(path, &json!({"timeout_ms": 60_000})).await;
    armed.is_done(200);
    assert!(armed.body["cancel_at"].is_string());
    app.advance(59_000).await;
    alice.post(path, &json!({"timeout_ms": 60_000})).await.is_done(200);
    app.advance(59_000).await;
    assert_eq!(alice.order(&id).await["status"], "PENDING");
    app.advance(2_000).await;
    let ended = alice.order(&id).await;
    assert_eq!(
        (&ended["status"], &ended["status_reason"]),
        (&json!("CANCELLED"), &json!("SWITCH"))
    );

    let later = alice.rests("SELL", "0.01", "50000").await;
    alice.post(path, &json!({"timeout_ms": 1_000})).await.is_done(200);
    let disarmed = alice.post(path, &json!({"timeout_ms": 0})).await;
    assert_eq!((disarmed.status, &disarmed.body["cancel_at"]), (200, &Value::Null));
    app.advance(10_000).await;
    assert_eq!(alice.order(&later).await["status"], "PENDING");
    for bad in [
        json!({}),
        json!({"timeout_ms": "5"}),
        json!({"timeout_ms": -1}),
        json!({"timeout_ms": 86_400_001}),
    ] {
        alice.post(path, &bad).await.is_refused(400, "INVALID_FIELD");
    }
    app.stop().await;
}

#[actix::test]
async fn lists_are_cut_into_pages_newest_first() {
    let app = App::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let mut ids = Vec::new();
    for at in 0..7 {
        let (name, price, quantity) = match at % 2 {
            0 => ("BTC-USD", "50000", "0.001"),
            _ => ("ETH-USD", "3000", "0.01"),
        };
        let body = with(limit("SELL", quantity, price), json!({"instrument": name}));
        ids.push(text(&alice.takes(body).await["order"]["id"]).to_owned());
        app.advance(1).await;
    }
    ids.reverse();
    bob.takes(limit("BUY", "0.0025", "50000")).await;
    alice.cancel(&ids[1]).await.is_done(200);
    let list = "/api/orderbook/orders?";
    for limit in [1, 3, 7, 100] {
        assert_eq!(alice.pages(list, limit, "id").await, ids, "pages of {limit}");
    }
    let of = async |query: &str| alice.pages(&format!("{list}{query}&"), 2, "id").await;
    // From the newest: BTC, ETH (cancelled), BTC (half filled), ETH, BTC (filled), ETH, BTC (filled).
    let pick = |at: &[usize]| at.iter().map(|at| ids[*at].clone()).collect::<Vec<_>>();
    assert_eq!(of("status=open").await, pick(&[0, 2, 3, 5]));
    assert_eq!(of("status=closed").await, pick(&[1, 4, 6]));
    assert_eq!(of("status=PARTIALLY_FILLED").await, pick(&[2]));
    assert_eq!(of("status=CANCELLED").await, pick(&[1]));
    assert_eq!(of("status=FILLED&instrument=BTC-USD").await, pick(&[4, 6]));
    assert_eq!(of("instrument=ETH-USD").await, pick(&[1, 3, 5]));
    let whole = alice.get("/api/orderbook/orders").await;
    assert_eq!(whole.body["window"]["dropped"], 0);

    assert_eq!(alice.pages("/api/orderbook/trades?", 2, "trade_id").await, ["3", "2", "1"]);
    let trade = &bob.get("/api/orderbook/trades?instrument=BTC-USD&limit=1").await.body["data"][0];
    assert_eq!(
        (&trade["liquidity"], &trade["order_type"], &trade["quantity"], &trade["notional"]),
        (&json!("TAKER"), &json!("BUY"), &json!("0.00050"), &json!("25.00"))
    );
    let eth = bob.get("/api/orderbook/trades?instrument=ETH-USD").await;
    assert_eq!(eth.body["data"], json!([]));
    for query in ["limit=0", "limit=501", "limit=x", "after=x", "status=done", "page=2"] {
        alice.get(&format!("{list}{query}")).await.is_refused(400, "INVALID_FIELD");
    }
    alice.get("/api/orderbook/orders?instrument=X").await.is_refused(404, "INSTRUMENT_NOT_FOUND");
    app.stop().await;
}

#[actix::test]
async fn everyone_reads_the_market() {
    let app = App::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let names: Vec<Value> = app.get("/api/orderbook/instruments").await.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["name"].clone())
        .collect();
    assert_eq!(json!(names), json!(["BTC-USD", "ETH-USD", "BTC-USDT", "ETH-USDT", "USDT-USD"]));
    let empty = app.get("/api/orderbook/BTC-USD/ticker").await.body;
    assert_eq!((&empty["last"], &empty["volume"]), (&Value::Null, &json!("0.00000")));

    alice.rests("SELL", "0.003", "50000").await;
    alice.rests("SELL", "0.001", "50001").await;
    bob.rests("BUY", "0.001", "49999").await;
    bob.takes(limit("BUY", "0.001", "50000")).await;
    app.advance(180_000).await;
    bob.takes(limit("BUY", "0.0025", "50001")).await;

    let book = app.get("/api/orderbook/BTC-USD?depth=1").await;
    assert_eq!(book.body["bids"], json!([["49999.00", "0.00100"]]));
    assert_eq!(book.body["asks"], json!([["50001.00", "0.00050"]]));
    let sum = crc32fast::hash(b"49999.00:0.00100:50001.00:0.00050");
    assert_eq!(book.body["checksum"], sum);
    assert_eq!(book.header("x-sequence"), book.body["sequence"].to_string());

    let ticker = app.get("/api/orderbook/BTC-USD/ticker").await.body;
    for (member, value) in [
        ("last", "50001.00"),
        ("open", "50000.00"),
        ("high", "50001.00"),
        ("low", "50000.00"),
        ("volume", "0.00350"),
        ("quote_volume", "175.00"),
        ("change", "1.00"),
        ("change_percent", "0.00"),
        ("best_bid", "49999.00"),
        ("best_ask", "50001.00"),
    ] {
        assert_eq!(ticker[member], value, "{member}");
    }
    assert_eq!(
        app.nobody().pages("/api/orderbook/BTC-USD/trades?", 2, "trade_id").await,
        ["3", "2", "1"]
    );
    let candles = app.get("/api/orderbook/BTC-USD/candles?interval=1m").await.body;
    let trades: Vec<u64> =
        candles["data"].as_array().unwrap().iter().map(|c| c["trades"].as_u64().unwrap()).collect();
    assert_eq!(trades, [1, 0, 0, 2], "gaps are filled");
    assert_eq!(candles["data"][1]["open"], "50000.00");
    assert_eq!(candles["data"][3]["close"], "50001.00");
    assert_eq!(candles["kept_since"], Value::Null);

    for path in ["", "/trades", "/ticker", "/candles"] {
        app.get(&format!("/api/orderbook/BTC-EUR{path}"))
            .await
            .is_refused(404, "INSTRUMENT_NOT_FOUND");
    }
    for bad in [
        "?depth=0",
        "?depth=1001",
        "?depth=-1",
        "?deep=1",
        "/trades?limit=0",
        "/trades?after=zz",
        "/candles?interval=2m",
        "/candles?from=yesterday",
        "/candles?from=1970-01-01T00:00:00Z",
    ] {
        app.get(&format!("/api/orderbook/BTC-USD{bad}")).await.is_refused(400, "INVALID_FIELD");
    }
    app.stop().await;
}
