//! P2P trades, chats and ads over WebSocket: who hears of them, and who does not any more.

use serde_json::{Value, json};
use souk::domain::{account::Role, command::Command};

use super::Socket;
use crate::{
    exchange::{App, User},
    p2p::{STATEMENT, ad_in, ad1, dispute_in, id, trade_in},
};

/// S sells, B buys; S has a payment account.
async fn market() -> (App, User, User) {
    let app = App::start().await;
    let (s, b) = (app.user("seller").await, app.user("buyer").await);
    let account = json!({
        "payment_method": "BANK_TRANSFER", "holder": "S. Eller", "details": "DE00 0001",
    });
    s.post("/api/user/payment-accounts", &account).await.is_done(201);
    (app, s, b)
}

/// What the next event of a channel says: its kind, and its data.
async fn told(socket: &mut Socket, channel: &str) -> (String, Value) {
    let event = socket.event(channel).await;
    (event["type"].as_str().unwrap().to_owned(), event["data"].clone())
}

/// What a party is told next of its trade, in short; where to pay is told as long as it is open.
async fn hears(socket: &mut Socket) -> String {
    let (kind, data) = told(socket, "p2p").await;
    if kind == "p2p_trade_status_change" {
        let shown = data["payment_account"]["details"] == "DE00 0001";
        assert_eq!(shown, data["status"] != "COMPLETED", "{data}");
    }
    let what = if kind == "p2p_message" { &data["text"] } else { &data["action"] };
    format!("{kind} {}", what.as_str().unwrap())
}

#[actix::test]
async fn both_parties_hear_of_each_step_and_nobody_else() {
    let (app, s, b) = market().await;
    let stranger = app.user("stranger").await;
    let mut sockets = Vec::new();
    for user in [&s, &b, &stranger] {
        let mut socket = Socket::of(&app, user).await;
        socket.subscribe(json!({ "channels": ["p2p", "notifications"] })).await;
        sockets.push(socket);
    }
    let mut public = Socket::open(&app).await;
    public.subscribe(json!({ "channels": ["p2p:ads"] })).await;

    let ad = id(ad_in(&s.publishes(&ad1()).await));
    let (kind, data) = told(&mut public, "p2p:ads").await;
    assert_eq!(
        (kind.as_str(), &data["remaining_amount"]),
        ("p2p_ad_created", &json!("1000.000000"))
    );
    let trade = id(trade_in(&b.takes_ad(&ad, "102").await));
    let (kind, data) = told(&mut public, "p2p:ads").await;
    assert_eq!(
        (kind.as_str(), &data["remaining_amount"]),
        ("p2p_ad_updated", &json!("900.000000"))
    );
    b.writes(&trade, "on its way").await.is_done(201);
    b.pays(&trade).await.is_done(200);
    let change = |action: &str| format!("p2p_trade_status_change {action}");
    let steps = [change("OPENED"), "p2p_message on its way".into(), change("PAYMENT_SENT")];
    // Heard before the trade ends: from then on nobody is told where to pay.
    for socket in &mut sockets[..2] {
        for step in &steps {
            assert_eq!(hears(socket).await, *step);
        }
    }
    s.confirms(&trade).await.is_done(200);
    for socket in &mut sockets[..2] {
        assert_eq!(hears(socket).await, change("PAYMENT_CONFIRMED"));
    }
    // The stranger hears of a trade of its own only.
    let own = id(trade_in(&stranger.takes_ad(&ad, "51").await));
    let (_, data) = told(&mut sockets[2], "p2p").await;
    assert_eq!(data["id"], own);
    app.stop().await;
}

#[actix::test]
async fn where_to_pay_is_not_told_again_once_a_trade_has_ended() {
    let (app, s, b) = market().await;
    let ad = id(ad_in(&s.publishes(&ad1()).await));
    let mut socket = Socket::of(&app, &b).await;
    let sequences = socket.subscribe(json!({ "channels": ["p2p"] })).await["sequences"].clone();
    let trade = id(trade_in(&b.takes_ad(&ad, "102").await));
    let (_, data) = told(&mut socket, "p2p").await;
    assert_eq!(data["payment_account"]["details"], "DE00 0001");
    b.cancels(&trade).await.is_done(200);
    app.told().await;
    drop(socket);

    let mut socket = Socket::of(&app, &b).await;
    socket.subscribe(json!({ "channels": ["p2p"], "resume": sequences })).await;
    let (_, opened) = told(&mut socket, "p2p").await;
    assert_eq!(opened["status"], "PENDING");
    assert_eq!(opened["payment_account"], Value::Null, "{opened}");
    let (_, cancelled) = told(&mut socket, "p2p").await;
    assert_eq!(cancelled["status"], "CANCELLED");
    app.stop().await;
}

#[actix::test]
async fn who_is_no_arbitrator_any_more_hears_nothing_of_the_case() {
    let (app, s, b) = market().await;
    let judge = app.user("judge").await;
    let role = |role| Command::SetRole { user: judge.id(), role };
    app.submit_as(&s, role(Role::Arbitrator)).await;
    let ad = id(ad_in(&s.publishes(&ad1()).await));
    let trade = id(trade_in(&b.takes_ad(&ad, "102").await));
    b.pays(&trade).await.is_done(200);
    let opened = s.disputes(&trade, "PAYMENT_NOT_RECEIVED").await;
    let dispute = id(dispute_in(&opened));
    judge.judges(&dispute, "take", json!({})).await.is_done(200);
    let mut socket = Socket::of(&app, &judge).await;
    let sequences = socket.subscribe(json!({ "channels": ["p2p"] })).await["sequences"].clone();
    b.writes(&trade, "look here").await.is_done(201);
    assert_eq!(told(&mut socket, "p2p").await.1["text"], "look here");

    app.submit_as(&s, role(Role::User)).await;
    b.writes(&trade, "a secret").await.is_done(201);
    app.told().await;
    let closed = loop {
        match socket.next().await {
            Ok(event) => assert_ne!(event["data"]["text"], "a secret"),
            Err(code) => break code,
        }
    };
    assert_eq!(closed, 1013);
    let mut socket = Socket::of(&app, &judge).await;
    socket.subscribe(json!({ "channels": ["p2p"], "resume": sequences })).await;
    let resync = socket.until(|told| told["type"] == "resync").await;
    assert_eq!(resync["data"], json!([]));
    judge.get(&format!("/api/p2p/trades/{trade}")).await.is_refused(404, "P2P_TRADE_NOT_FOUND");
    let statement = json!({ "text": STATEMENT });
    judge.judges(&dispute, "statement", statement).await.is_refused(404, "DISPUTE_NOT_FOUND");
    app.stop().await;
}
