//! WebSockets from outside: books kept from deltas, private channels, slow readers, order entry, the
//! ends of connections, bad input.

mod p2p;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use souk::{
    domain::{
        command::Command,
        money::{Asset, parse_decimal},
    },
    ws::WsSettings,
};
use tokio::{io::AsyncWriteExt, net::TcpSocket};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        self, Message,
        client::IntoClientRequest,
        http::{HeaderValue, Request},
    },
};

use crate::exchange::{App, User};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

type Stream = WebSocketStream<tokio::net::TcpStream>;

/// A client.
struct Socket {
    stream: Stream,
    next_id: u64,
}

/// The handshake's request, as a browser's page of `origin` would send it.
fn handshake(app: &App, client_id: &str, origin: Option<&str>) -> Request<()> {
    let mut request = app.ws_url(client_id).into_client_request().unwrap();
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", HeaderValue::from_str(origin).unwrap());
    }
    request
}

/// Connects with a receive buffer of `buffer` bytes; the status where the server refuses.
async fn connect(request: Request<()>, buffer: Option<u32>) -> Result<Socket, u16> {
    let socket = TcpSocket::new_v4().unwrap();
    if let Some(bytes) = buffer {
        socket.set_recv_buffer_size(bytes).unwrap();
    }
    let uri = request.uri();
    let address = format!("{}:{}", uri.host().unwrap(), uri.port_u16().unwrap()).parse().unwrap();
    let tcp = socket.connect(address).await.unwrap();
    match client_async(request, tcp).await {
        Ok((stream, _)) => Ok(Socket { stream, next_id: 0 }),
        Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

impl Socket {
    async fn open(app: &App) -> Socket {
        connect(handshake(app, "test", None), None).await.unwrap()
    }

    /// A connection that is logged in.
    async fn of(app: &App, user: &User) -> Socket {
        let mut socket = Socket::open(app).await;
        let told = socket.ask(json!({"op": "auth", "token": user.token()})).await;
        assert_eq!(told["type"], "authenticated", "{told}");
        socket
    }

    async fn send(&mut self, message: &Value) {
        self.stream.send(Message::text(message.to_string())).await.unwrap();
    }

    /// Sends a request with an id of its own; gives the id.
    async fn request(&mut self, mut message: Value) -> u64 {
        self.next_id += 1;
        message["id"] = self.next_id.into();
        self.send(&message).await;
        self.next_id
    }

    /// Sends a request and reads until its answer.
    async fn ask(&mut self, message: Value) -> Value {
        let id = self.request(message).await;
        self.until(|told| told["id"] == id).await
    }

    async fn subscribe(&mut self, more: Value) -> Value {
        let mut message = json!({"op": "subscribe"});
        for (member, value) in more.as_object().unwrap() {
            message[member] = value.clone();
        }
        let told = self.ask(message).await;
        assert_eq!(told["type"], "subscribed", "{told}");
        told
    }

    /// The next message, or the code of the close.
    async fn next(&mut self) -> Result<Value, u16> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.stream.next()).await;
            match message.expect("nothing came") {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return Err(frame.map_or(0, |f| f.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }

    /// The first message that fits; those before it are passed over.
    async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let told = self.next().await.expect("closed");
            if fits(&told) {
                return told;
            }
        }
    }

    /// The next event of a channel.
    async fn event(&mut self, channel: &str) -> Value {
        self.until(|told| told["channel"] == channel).await
    }

    /// Reads to the end; gives the close's code.
    async fn closed(&mut self) -> u16 {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }
}

fn limit(side: &str, quantity: &str, price: &str) -> Value {
    json!({
        "instrument": "BTC-USD", "order_type": side, "order_subtype": "LIMIT",
        "quantity": quantity, "price": price,
    })
}

async fn placed(user: &User, order: Value) -> Value {
    let reply = user.post("/api/orderbook/orders", &order).await;
    reply.is_done(201);
    reply.body
}

async fn order(user: &User, id: &Value) -> Value {
    user.get(&format!("/api/orderbook/orders/{}", id.as_str().unwrap())).await.body
}

/// A book kept by the rule of the documentation.
#[derive(Default)]
struct Book {
    sequence: Option<u64>,
    sides: [BTreeMap<u64, (String, String)>; 2],
    updates: usize,
}

impl Book {
    /// Takes a snapshot or an update; checks that none is missing, and the checksum.
    fn take(&mut self, told: &Value) {
        let (kind, sequence) = (told["type"].as_str().unwrap(), told["sequence"].as_u64().unwrap());
        match kind {
            "order_book_snapshot" => self.sides = Default::default(),
            "order_book_update" => {
                let have = self.sequence.expect("a snapshot comes first");
                assert_eq!(told["prev_sequence"], have, "a gap: {told}");
                assert!(sequence > have, "{told}");
                self.updates += 1;
            }
            _ => panic!("{told}"),
        }
        self.sequence = Some(sequence);
        for (at, side) in ["bids", "asks"].into_iter().enumerate() {
            for level in told["data"][side].as_array().unwrap() {
                let (price, quantity) = (level[0].as_str().unwrap(), level[1].as_str().unwrap());
                let key = u64::try_from(parse_decimal(price).unwrap().mantissa()).unwrap();
                match quantity {
                    "0" => self.sides[at].remove(&key),
                    _ => self.sides[at].insert(key, (price.into(), quantity.into())),
                };
            }
        }
        assert_eq!(told["data"]["checksum"], self.checksum(), "{told}");
    }

    fn checksum(&self) -> u32 {
        let bids = self.sides[0].values().rev().take(10).collect::<Vec<_>>();
        let asks = self.sides[1].values().take(10).collect::<Vec<_>>();
        let mut parts = Vec::new();
        for at in 0..10 {
            for (price, quantity) in [bids.get(at), asks.get(at)].into_iter().flatten() {
                parts.extend([price.as_str(), quantity.as_str()]);
            }
        }
        crc32fast::hash(parts.join(":").as_bytes())
    }

    /// As REST shows it.
    fn shown(&self) -> Value {
        let level = |(price, quantity): &(String, String)| json!([price, quantity]);
        let bids: Vec<_> = self.sides[0].values().rev().map(level).collect();
        let asks: Vec<_> = self.sides[1].values().map(level).collect();
        json!({"bids": bids, "asks": asks, "checksum": self.checksum()})
    }
}

/// Reads a book until it has a level at `price`.
async fn keep_until(mut socket: Socket, price: &'static str) -> Book {
    let mut book = Book::default();
    loop {
        let told = socket.event("orderbook:BTC-USD").await;
        book.take(&told);
        let bids = told["data"]["bids"].as_array().unwrap();
        if bids.iter().any(|level| level[0] == price) {
            return book;
        }
    }
}

/// Places and cancels at random over a socket, never waiting for an answer.
async fn trades_at_random(mut socket: Socket, mut seed: u64, commands: u64) {
    let mut random = move |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    let (mut sent, mut answered) = (0, 0);
    while answered < commands {
        while sent < commands && sent - answered < 200 {
            sent += 1;
            let message = match random(4) {
                0 => {
                    let name = format!("o{}", random(sent) + 1);
                    json!({"op": "order.cancel", "client_order_id": name})
                }
                _ => {
                    let side = if random(2) == 0 { "BUY" } else { "SELL" };
                    let price = format!("{}.{:02}", 50_000, random(60));
                    let mut order = limit(side, &format!("0.000{}", 10 + random(80)), &price);
                    order["client_order_id"] = format!("o{sent}").into();
                    json!({"op": "order.place", "order": order})
                }
            };
            socket.request(message).await;
        }
        let told = socket.next().await.expect("closed");
        assert!(told["id"].is_u64(), "{told}");
        answered += 1;
    }
}

fn scaled(count: u64) -> u64 {
    let scale = std::env::var("SOUK_TEST_SCALE").ok().and_then(|text| text.parse().ok());
    count * scale.unwrap_or(1)
}

#[actix::test]
async fn a_book_kept_from_deltas_is_the_book() {
    const MARK: &str = "41000.00";
    let app = App::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    for user in [&alice, &bob] {
        app.deposit(user, Asset::Usd, 1_000_000_000_000).await;
        app.deposit(user, Asset::Btc, 1_000_000_000_000).await;
    }
    placed(&alice, limit("BUY", "0.001", "49999.99")).await;
    let mut keepers = Vec::new();
    for conflate_ms in [0, 1, 100] {
        let mut socket = Socket::open(&app).await;
        let asked = json!({"channels": ["orderbook:BTC-USD"], "conflate_ms": conflate_ms});
        socket.subscribe(asked).await;
        keepers.push(actix::spawn(keep_until(socket, MARK)));
    }
    let commands = scaled(8_000);
    let hers = async { trades_at_random(Socket::of(&app, &alice).await, 1, commands).await };
    let his = async { trades_at_random(Socket::of(&app, &bob).await, 2, commands).await };
    // Joins in the middle: its snapshot falls between updates.
    let mut late = Socket::open(&app).await;
    late.subscribe(json!({"channels": ["trades:BTC-USD"]})).await;
    keepers.push(actix::spawn(async move {
        late.event("trades:BTC-USD").await;
        late.subscribe(json!({"channels": ["orderbook:BTC-USD"], "conflate_ms": 0})).await;
        keep_until(late, MARK).await
    }));
    futures_util::future::join(hers, his).await;
    let mark = placed(&alice, limit("BUY", "0.001", MARK)).await;
    assert!(mark["sequence"].as_u64().unwrap() > scaled(10_000), "{mark}");
    let rest = app.get("/api/orderbook/BTC-USD?depth=500").await.body;
    for keeper in keepers {
        let book = keeper.await.unwrap();
        let shown = book.shown();
        for member in ["bids", "asks", "checksum"] {
            assert_eq!(shown[member], rest[member], "{member}");
        }
        assert!(book.updates > 2, "{}", book.updates);
    }
    app.stop().await;
}

#[actix::test]
async fn a_snapshot_has_the_depth_that_was_asked_for() {
    let app = App::start().await;
    let alice = app.user("alice").await;
    for price in ["49990", "49991", "49992"] {
        placed(&alice, limit("BUY", "0.001", price)).await;
    }
    let last = placed(&alice, limit("SELL", "0.001", "50010")).await;
    let mut socket = Socket::open(&app).await;
    socket.subscribe(json!({"channels": ["orderbook:BTC-USD"], "depth": 2})).await;
    let told = socket.event("orderbook:BTC-USD").await;
    let rest = app.get("/api/orderbook/BTC-USD?depth=2").await.body;
    assert_eq!(told["type"], "order_book_snapshot");
    assert_eq!(told["sequence"], last["sequence"]);
    assert_eq!(told["data"]["bids"], json!([["49992.00", "0.00100"], ["49991.00", "0.00100"]]));
    assert_eq!(told["data"]["checksum"], rest["checksum"]);
    app.stop().await;
}

#[actix::test]
async fn trades_candles_and_tickers_are_told_as_rest_tells_them() {
    let app = App::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let mut socket = Socket::open(&app).await;
    let channels = ["trades:BTC-USD", "candles:BTC-USD:1m", "ticker:BTC-USD"];
    let told = socket.subscribe(json!({"channels": channels})).await;
    assert_eq!(told["sequences"]["trades:BTC-USD"], 0);
    assert_eq!(socket.event("ticker:BTC-USD").await["data"]["last"], Value::Null);
    placed(&alice, limit("SELL", "0.001", "50000")).await;
    placed(&alice, limit("SELL", "0.001", "50001")).await;
    let taken = placed(&bob, limit("BUY", "0.002", "50001")).await;
    let trades = socket.event("trades:BTC-USD").await;
    assert_eq!((&trades["type"], &trades["sequence"]), (&json!("new_trade"), &taken["sequence"]));
    assert_eq!(trades["prev_sequence"], 0);
    let rest = app.get("/api/orderbook/BTC-USD/trades").await.body;
    let mut newest_first = trades["data"].as_array().unwrap().clone();
    newest_first.reverse();
    assert_eq!(Value::from(newest_first), rest["data"]);
    let ticker =
        socket.until(|told| told["type"] == "ticker" && told["data"]["last"] == "50001.00").await;
    let rest = app.get("/api/orderbook/BTC-USD/ticker").await.body;
    for member in ["last", "open", "high", "low", "volume", "change_percent", "best_bid"] {
        assert_eq!(ticker["data"][member], rest[member], "{member}");
    }
    placed(&alice, limit("SELL", "0.001", "50002")).await;
    let taken = placed(&bob, limit("BUY", "0.001", "50002")).await;
    let candle = socket.event("candles:BTC-USD:1m").await;
    assert_eq!(candle["data"]["close"], "50002.00");
    assert_eq!(candle["sequence"], taken["sequence"]);
    assert_eq!(candle["prev_sequence"], trades["sequence"]);
    app.stop().await;
}

#[actix::test]
async fn a_client_that_comes_back_gets_what_it_missed() {
    let app = App::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let trade = || async {
        placed(&alice, limit("SELL", "0.001", "50000")).await;
        placed(&bob, limit("BUY", "0.001", "50000")).await["sequence"].as_u64().unwrap()
    };
    let mut socket = Socket::of(&app, &bob).await;
    let channels = json!(["trades:BTC-USD", "orders", "orderbook:BTC-USD"]);
    socket.subscribe(json!({"channels": channels})).await;
    let first = trade().await;
    let book = socket.until(|told| told["channel"] == "orderbook:BTC-USD").await;
    assert_eq!(book["type"], "order_book_snapshot");
    drop(socket);
    let (second, third) = (trade().await, trade().await);
    app.told().await;

    let mut socket = Socket::of(&app, &bob).await;
    let resume = json!({"trades:BTC-USD": first, "orders": first, "orderbook:BTC-USD": first});
    let asked = json!({"channels": channels, "resume": resume, "conflate_ms": 0});
    let told = socket.subscribe(asked).await;
    assert_eq!(told["sequences"], resume);
    let mut chains: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
    let fourth = trade().await;
    while chains.values().filter(|chain| chain.last().unwrap().1 == fourth).count() < 3 {
        let told = socket.next().await.unwrap();
        let at = ["prev_sequence", "sequence"].map(|member| told[member].as_u64().unwrap());
        assert_ne!(told["type"], "order_book_snapshot", "{told}");
        chains.entry(told["channel"].as_str().unwrap().into()).or_default().push((at[0], at[1]));
    }
    let takes = vec![(first, second), (second, third), (third, fourth)];
    assert_eq!(chains["trades:BTC-USD"], takes);
    assert_eq!(chains["orders"], takes);
    let rests = (first..fourth).map(|at| (at, at + 1)).collect::<Vec<_>>();
    assert_eq!(chains["orderbook:BTC-USD"], rests);

    let resume =
        json!({"trades:BTC-USD": 999_999, "orderbook:BTC-USD": 999_999, "orders": 999_999});
    socket.subscribe(json!({"channels": channels, "resume": resume})).await;
    for _ in 0..3 {
        let told = socket.until(|told| told["type"] == "resync").await;
        match told["channel"].as_str().unwrap() {
            "trades:BTC-USD" => assert_eq!(told["data"].as_array().unwrap().len(), 4),
            "orders" => assert_eq!(told["data"], json!([])),
            _ => assert_eq!(told["data"], Value::Null),
        }
    }
    socket.until(|told| told["type"] == "order_book_snapshot").await;
    app.stop().await;
}

#[actix::test]
async fn private_events_reach_their_user_alone() {
    let app = App::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let channels = json!({"channels": ["orders", "balances", "notifications"]});
    let mut hers = Socket::of(&app, &alice).await;
    let mut his = Socket::of(&app, &bob).await;
    let told =
        Socket::open(&app).await.ask(json!({"op": "subscribe", "channels": ["orders"]})).await;
    assert_eq!((&told["code"], &told["status"]), (&json!("UNAUTHORIZED"), &json!(401)));
    hers.subscribe(channels.clone()).await;
    his.subscribe(channels.clone()).await;
    let rested = placed(&alice, limit("SELL", "0.001", "50000")).await;
    let taken = placed(&bob, limit("BUY", "0.001", "50000")).await;

    let told = hers.event("orders").await;
    assert_eq!(told["sequence"], rested["sequence"]);
    assert_eq!(told["data"]["orders"], json!([rested["order"]]));
    let told = hers.event("orders").await;
    assert_eq!(told["data"]["orders"][0]["status"], "FILLED");
    let fill = &told["data"]["fills"][0];
    assert_eq!((&fill["liquidity"], &fill["order_id"]), (&json!("MAKER"), &rested["order"]["id"]));
    let told = hers.event("notifications").await;
    assert_eq!(told["data"][0]["type"], "ORDER_FILLED");

    let told = his.next().await.unwrap();
    assert_eq!((&told["channel"], &told["sequence"]), (&json!("orders"), &taken["sequence"]));
    assert_eq!(told["data"]["orders"], json!([taken["order"]]));
    assert_eq!(told["data"]["fills"][0]["liquidity"], "TAKER");
    let told = his.event("balances").await;
    let bought = told["data"].as_array().unwrap().iter().find(|b| b["currency"] == "BTC").unwrap();
    let wallet = bob.get("/api/wallet/BTC").await;
    if wallet.status == 200 {
        assert_eq!(bought["available_balance"], wallet.body["available_balance"]);
    }

    let told = his.ask(json!({"op": "auth", "token": alice.token()})).await;
    assert_eq!(told["code"], "ALREADY_AUTHENTICATED");
    let told = his.ask(json!({"op": "auth", "token": "forged"})).await;
    assert_eq!((&told["type"], &told["code"]), (&json!("error"), &json!("TOKEN_INVALID")));
    let told = his.ask(json!({"op": "unsubscribe", "channels": ["orders"]})).await;
    assert_eq!(told["type"], "unsubscribed");
    app.stop().await;
}

#[actix::test]
async fn a_logout_ends_private_channels_and_orders_but_not_market_data() {
    let app = App::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let mut socket = Socket::of(&app, &alice).await;
    socket.subscribe(json!({"channels": ["orders", "trades:BTC-USD"]})).await;
    placed(&alice, limit("SELL", "0.001", "50000")).await;
    socket.event("orders").await;
    app.submit_as(&alice, Command::LogOut).await;
    placed(&bob, limit("BUY", "0.001", "50000")).await;
    let mut told = Vec::new();
    for _ in 0..2 {
        told.push(socket.next().await.unwrap());
    }
    told.sort_by_key(|told| told["type"].to_string());
    assert_eq!((&told[0]["type"], &told[0]["code"]), (&json!("error"), &json!("TOKEN_INVALID")));
    assert_eq!(told[1]["channel"], "trades:BTC-USD");
    let order = json!({"op": "order.place", "order": limit("SELL", "0.001", "50000")});
    assert_eq!(socket.ask(order).await["code"], "UNAUTHORIZED");
    app.stop().await;
}

/// All channels that say something of each trade.
fn every_print() -> Vec<String> {
    let spans = ["1m", "5m", "15m", "1h", "4h", "1d"].map(|i| format!("candles:BTC-USD:{i}"));
    spans.into_iter().chain(["trades:BTC-USD".into()]).collect()
}

/// Places fifty orders that cross those of the other side, and reads their answers.
async fn places_fifty(socket: &mut Socket, side: &str) {
    for _ in 0..50 {
        let order = limit(side, "0.001", "50000");
        socket.request(json!({"op": "order.place", "order": order})).await;
    }
    for _ in 0..50 {
        let told = socket.next().await.unwrap();
        assert_eq!(told["type"], "order.placed", "{told}");
    }
}

#[actix::test]
async fn a_slow_reader_is_closed_and_the_others_go_on() {
    let settings = WsSettings { queue_max: 120, ..WsSettings::default() };
    let app = App::start_with(settings).await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    for user in [&alice, &bob] {
        app.deposit(user, Asset::Usd, 1_000_000_000).await;
        app.deposit(user, Asset::Btc, 1_000_000_000).await;
    }
    let mut slow = connect(handshake(&app, "slow", None), Some(4_096)).await.unwrap();
    slow.subscribe(json!({"channels": every_print()})).await;
    let mut books = connect(handshake(&app, "books", None), Some(4_096)).await.unwrap();
    books.subscribe(json!({"channels": ["orderbook:BTC-USD"], "conflate_ms": 0})).await;
    let mut quick = Socket::open(&app).await;
    quick.subscribe(json!({"channels": ["trades:BTC-USD"]})).await;
    let (mut hers, mut his) = (Socket::of(&app, &alice).await, Socket::of(&app, &bob).await);
    for _ in 0..80 {
        let sells = places_fifty(&mut hers, "SELL");
        let buys = places_fifty(&mut his, "BUY");
        let reads = async {
            for _ in 0..50 {
                quick.event("trades:BTC-USD").await;
            }
        };
        futures_util::future::join3(sells, buys, reads).await;
    }
    assert_eq!(slow.closed().await, 4008);
    // Books are conflated for whom is slow, however slow.
    placed(&alice, limit("BUY", "0.001", "41000.00")).await;
    keep_until(books, "41000.00").await;
    app.stop().await;
}

#[actix::test]
async fn a_peer_that_takes_nothing_loses_its_socket_and_its_orders() {
    let app = App::start_with(WsSettings {
        queue_max: 120,
        heartbeat: Duration::from_millis(300),
        close_within: Duration::from_millis(300),
        ..WsSettings::default()
    })
    .await;
    let (alice, bob, carol) =
        (app.user("alice").await, app.user("bob").await, app.user("carol").await);
    for user in [&alice, &bob] {
        app.deposit(user, Asset::Usd, 1_000_000_000).await;
        app.deposit(user, Asset::Btc, 1_000_000_000).await;
    }
    let mut stuck = connect(handshake(&app, "stuck", None), Some(4_096)).await.unwrap();
    let vouch = json!({"op": "auth", "token": carol.token(), "cancel_on_disconnect": true});
    stuck.ask(vouch).await;
    let place = json!({"op": "order.place", "order": limit("BUY", "0.001", "45000")});
    let id = stuck.ask(place).await["order"]["id"].clone();
    stuck.subscribe(json!({"channels": every_print()})).await;
    // Nobody reads from it any more: what the system keeps for it fills, and then its outbox.
    let (mut hers, mut his) = (Socket::of(&app, &alice).await, Socket::of(&app, &bob).await);
    while app.sockets().count() == 3 {
        let (sells, buys) = (places_fifty(&mut hers, "SELL"), places_fifty(&mut his, "BUY"));
        futures_util::future::join(sells, buys).await;
    }
    let path = format!("/api/orderbook/orders/{}", id.as_str().unwrap());
    carol.waits_for(&path, |order| order["status"] == "CANCELLED").await;
    app.stop().await;
}

#[actix::test]
async fn orders_are_placed_and_cancelled_over_a_socket() {
    let app = App::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let mut socket = Socket::of(&app, &alice).await;
    let told =
        socket.ask(json!({"op": "order.place", "order": limit("SELL", "0.002", "50000")})).await;
    assert_eq!(told["type"], "order.placed");
    assert_eq!(told["order"], order(&alice, &told["order"]["id"]).await);
    assert!(told["sequence"].is_u64() && told["fills"] == json!([]));
    let id = told["order"]["id"].clone();

    let mut his = Socket::of(&app, &bob).await;
    let told = his.ask(json!({"op": "order.place", "order": limit("BUY", "0.001", "50000")})).await;
    assert_eq!(told["fills"][0]["liquidity"], "TAKER");
    let told = his.ask(json!({"op": "order.cancel", "order_id": id})).await;
    assert_eq!((&told["code"], &told["status"]), (&json!("ORDER_NOT_FOUND"), &json!(404)));
    let told = socket.ask(json!({"op": "order.cancel", "order_id": id})).await;
    assert_eq!(told["type"], "order.cancelled");
    assert_eq!(told["order"]["status_reason"], "OWNER");
    let told = socket.ask(json!({"op": "order.cancel", "order_id": id})).await;
    assert_eq!((&told["code"], &told["state"]), (&json!("ORDER_NOT_OPEN"), &json!("CANCELLED")));

    let mut named = limit("SELL", "0.001", "50000");
    named["client_order_id"] = "mine".into();
    let first = socket.ask(json!({"op": "order.place", "order": named})).await;
    let again = socket.ask(json!({"op": "order.place", "order": named})).await;
    assert_eq!(first["order"], again["order"]);

    for (order, code) in [
        (limit("SELL", "0.001", "50000.001"), "OFF_TICK"),
        (limit("SELL", "1e3", "50000"), "INVALID_FIELD"),
        (limit("BUY", "9", "50000"), "INSUFFICIENT_FUNDS"),
        (json!({"instrument": "XRP-USD"}), "INSTRUMENT_NOT_FOUND"),
        (json!({}), "INVALID_FIELD"),
        (json!({"instrument": "BTC-USD", "price": 5.0}), "INVALID_FIELD"),
    ] {
        let told = socket.ask(json!({"op": "order.place", "order": order})).await;
        assert_eq!((&told["type"], &told["code"]), (&json!("error"), &json!(code)), "{order}");
    }
    for cancel in [json!({}), json!({"order_id": "1", "client_order_id": "mine"})] {
        let mut message = cancel.clone();
        message["op"] = "order.cancel".into();
        assert_eq!(socket.ask(message).await["code"], "INVALID_FIELD", "{cancel}");
    }
    let told = Socket::open(&app).await.ask(json!({"op": "order.place", "order": {}})).await;
    assert_eq!(told["code"], "UNAUTHORIZED");
    app.stop().await;
}

#[actix::test]
async fn frames_are_done_in_order_without_waiting_for_answers() {
    let app = App::start().await;
    let alice = app.user("alice").await;
    let mut socket = Socket::of(&app, &alice).await;
    let rounds = 200;
    for round in 0..rounds {
        let mut order = limit("SELL", "0.001", "50000");
        order["client_order_id"] = format!("o{round}").into();
        socket.request(json!({"op": "order.place", "order": order})).await;
        let cancel = json!({"op": "order.cancel", "client_order_id": format!("o{round}")});
        socket.request(cancel).await;
    }
    let mut sequences = BTreeMap::new();
    while sequences.len() < 2 * rounds {
        let told = socket.next().await.unwrap();
        assert_ne!(told["type"], "error", "{told}");
        sequences.insert(told["id"].as_u64().unwrap(), told["sequence"].as_u64().unwrap());
    }
    let in_order: Vec<u64> = sequences.into_values().collect();
    assert!(in_order.is_sorted(), "{in_order:?}");
    app.stop().await;
}

#[actix::test]
async fn open_orders_end_with_the_connection_that_vouched_for_them() {
    let app = App::start().await;
    let alice = app.user("alice").await;
    let vouch = json!({"op": "auth", "token": alice.token(), "cancel_on_disconnect": true});
    let mut socket = Socket::open(&app).await;
    socket.ask(vouch.clone()).await;
    let place = json!({"op": "order.place", "order": limit("SELL", "0.001", "50000")});
    let id = socket.ask(place.clone()).await["order"]["id"].clone();
    // Not even those whose answers nobody waited for stay.
    socket.request(place.clone()).await;
    drop(socket);
    let path = format!("/api/orderbook/orders/{}", id.as_str().unwrap());
    alice.waits_for(&path, |order| order["status"] == "CANCELLED").await;
    assert_eq!(order(&alice, &id).await["status_reason"], "SWITCH");
    alice.waits_for("/api/orderbook/orders?status=OPEN", |list| list["data"] == json!([])).await;

    // Without the vow they stay, and when the server stops too.
    let mut plain = Socket::of(&app, &alice).await;
    let stays = plain.ask(place.clone()).await["order"]["id"].clone();
    drop(plain);
    let mut socket = Socket::open(&app).await;
    socket.ask(vouch).await;
    app.sockets().stop();
    assert_eq!(socket.closed().await, 1001);
    drop(socket);
    app.sockets().closed().await;
    assert_eq!(connect(handshake(&app, "late", None), None).await.err(), Some(503));
    assert_eq!(order(&alice, &stays).await["status"], "PENDING");
    app.stop().await;
}

#[actix::test]
async fn a_peer_that_does_not_answer_is_closed_even_if_it_takes_nothing() {
    let quick = WsSettings {
        heartbeat: Duration::from_millis(60),
        silence_max: Duration::from_millis(600),
        close_within: Duration::from_millis(200),
        ..WsSettings::default()
    };
    let app = App::start_with(quick).await;
    let alice = app.user("alice").await;
    let mut dead = connect(handshake(&app, "dead", None), Some(4_096)).await.unwrap();
    dead.ask(json!({"op": "auth", "token": alice.token(), "cancel_on_disconnect": true})).await;
    let place = json!({"op": "order.place", "order": limit("SELL", "0.001", "50000")});
    let id = dead.ask(place).await["order"]["id"].clone();
    let mut alive = Socket::open(&app).await;
    // It reads, so it answers pings.
    let beats = actix::spawn(async move {
        let since = Instant::now();
        while since.elapsed() < Duration::from_millis(1_500) {
            assert_eq!(alive.next().await.unwrap()["type"], "heartbeat");
        }
        alive
    });
    let path = format!("/api/orderbook/orders/{}", id.as_str().unwrap());
    alice.waits_for(&path, |order| order["status"] == "CANCELLED").await;
    assert!([4009, 1006].contains(&dead.closed().await));
    let alive = beats.await.unwrap();
    assert_eq!(app.sockets().count(), 1);
    drop(alive);
    app.sockets().closed().await;
    app.stop().await;
}

#[actix::test]
async fn messages_that_make_no_sense_are_refused_and_the_connection_goes_on() {
    let app = App::start().await;
    let mut socket = Socket::open(&app).await;
    for (text, code) in [
        ("", "INVALID_JSON"),
        ("hello", "INVALID_JSON"),
        ("{\"op\":\"ping\"", "INVALID_JSON"),
        ("[1]", "INVALID_JSON"),
        ("{\"op\":\"fly\"}", "UNKNOWN_OPERATION"),
        ("{\"op\":\"ping\",\"id\":[]}", "INVALID_FIELD"),
        ("{\"op\":\"subscribe\",\"channels\":[\"orderbook:XRP-USD\"]}", "UNKNOWN_CHANNEL"),
        ("{\"op\":\"subscribe\",\"channels\":[\"candles:BTC-USD:2m\"]}", "UNKNOWN_CHANNEL"),
        ("{\"op\":\"subscribe\",\"channels\":[\"p2p:trades\"]}", "UNKNOWN_CHANNEL"),
        ("{\"op\":\"subscribe\",\"channels\":[]}", "INVALID_FIELD"),
        ("{\"op\":\"subscribe\",\"channels\":[\"orders\"]}", "UNAUTHORIZED"),
        (
            "{\"op\":\"subscribe\",\"channels\":[\"ticker:BTC-USD\"],\"conflate_ms\":60001}",
            "INVALID_FIELD",
        ),
        ("{\"op\":\"subscribe\",\"channels\":[\"ticker:BTC-USD\"],\"depth\":0}", "INVALID_FIELD"),
    ] {
        socket.stream.send(Message::text(text)).await.unwrap();
        assert_eq!(socket.next().await.unwrap()["code"], code, "{text}");
    }
    assert_eq!(socket.ask(json!({"op": "ping"})).await["type"], "pong");
    app.stop().await;
}

#[actix::test]
async fn frames_that_are_not_taken_close_with_their_code() {
    let app = App::start().await;
    let mut socket = Socket::open(&app).await;
    // The client is not stopped in the middle of it by a reset.
    socket.stream.send(Message::text("x".repeat(1_000_000))).await.unwrap();
    assert_eq!(socket.closed().await, 1009);
    let mut socket = Socket::open(&app).await;
    socket.stream.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(socket.closed().await, 1003);
    // A text of 65,536 bytes is not too long, only senseless.
    let mut socket = Socket::open(&app).await;
    socket.stream.send(Message::text("x".repeat(65_536))).await.unwrap();
    assert_eq!(socket.next().await.unwrap()["code"], "INVALID_JSON");
    drop(socket);
    for (bytes, code) in [
        // A masked text that is not UTF-8.
        (vec![0x81, 0x81, 0, 0, 0, 0, 0xff], 1007),
        // Not masked; reserved bits; an endless length.
        (vec![0x81, 0x01, b'a'], 1002),
        (vec![0xc1, 0x81, 0, 0, 0, 0, b'a'], 1002),
        (vec![0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], 1009),
    ] {
        let mut socket = Socket::open(&app).await;
        socket.stream.get_mut().write_all(&bytes).await.unwrap();
        assert_eq!(socket.closed().await, code, "{bytes:?}");
    }
    // A client that says goodbye is answered, and its socket is closed at once.
    let mut socket = Socket::open(&app).await;
    socket.stream.close(None).await.unwrap();
    let since = Instant::now();
    socket.closed().await;
    while let Some(Ok(_)) = socket.stream.next().await {}
    assert!(since.elapsed() < Duration::from_secs(4));
    app.sockets().closed().await;
    app.stop().await;
}

#[actix::test]
async fn strangers_are_refused_before_a_socket_is_opened() {
    let app = App::start_with(WsSettings {
        connections_max: 2,
        origins: vec!["https://souk.example".into()],
        ..WsSettings::default()
    })
    .await;
    let own = app.ws_url("").replace("ws://", "http://").replace("/ws/", "");
    let status = |name: &'static str, origin: Option<&str>| {
        let request = handshake(&app, name, origin);
        async move { connect(request, None).await.err().unwrap_or(101) }
    };
    assert_eq!(status("a", Some("https://evil.example")).await, 403);
    assert_eq!(status("a", Some("null")).await, 403);
    assert_eq!(status("a", Some("https://souk.example.evil.example")).await, 403);
    assert_eq!(status("two%20words", None).await, 400);
    assert_eq!(status("-_Az09", Some("https://souk.example")).await, 101);
    assert_eq!(status("a", Some(&own)).await, 101);
    let long = "x".repeat(65);
    assert_eq!(connect(handshake(&app, &long, None), None).await.err(), Some(400));
    app.sockets().closed().await;
    let _kept = [Socket::open(&app).await, Socket::open(&app).await];
    assert_eq!(status("a", None).await, 503);
    let reply = app.get("/ws/plain").await;
    assert_eq!(reply.status, 503, "no place, and no upgrade either");
    app.stop().await;
}
