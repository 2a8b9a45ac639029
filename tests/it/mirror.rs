//! The MySQL mirror with the real binary and a real server.

mod expected;
mod load;
mod repair;
mod reports;
mod server;
mod trouble;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use self::server::Server;
use crate::{
    app::TestApp,
    process::{Process, souk},
};

/// How long the mirror may take for anything that a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the mirror says that it stands.
async fn status(exchange: &Process) -> Value {
    let said = exchange.ask(reqwest::Method::GET, "/api/system/status", None, None).await;
    said.unwrap().ok()
}

/// Waits until the mirror's state fits.
async fn until(exchange: &Process, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + PATIENCE;
    loop {
        let status = status(exchange).await;
        if fits(&status) {
            return status;
        }
        assert!(Instant::now() < end, "waiting until {what}: {status}");
        tokio::task::yield_now().await;
    }
}

/// Waits until the mirror has everything.
async fn caught_up(exchange: &Process) -> Value {
    until(exchange, "it has caught up", |status| {
        let mirror = &status["mirror"];
        mirror["state"] == "FOLLOWING"
            && mirror["lag"] == 0
            && mirror["sequence"] == status["sequence"]
    })
    .await
}

/// `souk mirror check` or `rebuild`: its exit code and what it prints.
fn look_after(work: &str, data: &Path, url: &str) -> (i32, Value) {
    let output = souk(data).env("SOUK_MYSQL_URL", url).args(["mirror", work]).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let line = serde_json::from_slice(&output.stdout);
    (output.status.code().unwrap(), line.unwrap_or_else(|_| json!({ "stderr": errors })))
}

#[track_caller]
fn is_clean(data: &Path, url: &str) -> Value {
    let (code, report) = look_after("check", data, url);
    assert_eq!(
        (code, &report["equal"], &report["behind"]),
        (0, &json!(true), &json!(0)),
        "{report}"
    );
    report
}

/// The rows of a query in their order as texts, without zeros at the end of decimals.
fn rows_of(server: &Server, sql: &str) -> Vec<Vec<String>> {
    let mut rows = server.rows(sql);
    rows.iter_mut().flatten().for_each(|text| *text = expected::short(text));
    rows.sort();
    rows
}

fn order(side: &str, price: &str) -> Value {
    json!({
        "instrument": "BTC-USD", "order_type": side, "order_subtype": "LIMIT",
        "quantity": "0.01", "price": price,
    })
}

/// An exchange with a mirror.
struct Following;

impl Following {
    fn start(server: &Server) -> TestApp {
        Following::with(server, &[])
    }

    fn at(url: String) -> TestApp {
        Following::open(url, &[])
    }

    fn with(server: &Server, settings: &[(&'static str, &'static str)]) -> TestApp {
        Following::open(server.url(), settings)
    }

    fn open(url: String, settings: &[(&'static str, &'static str)]) -> TestApp {
        // Settings live as long as the tests.
        let url: &'static str = Box::leak(url.into_boxed_str());
        TestApp::start_with(&[settings, &[("SOUK_MYSQL_URL", url)]].concat())
    }
}

#[actix::test]
async fn a_trade_is_in_the_tables_as_the_exchange_tells_it() {
    let server = Server::start();
    let mut app = Following::start(&server);
    let (alice, bob) = (app.register("alice").await, app.register("bob").await);
    bob.post("/api/orderbook/orders", &order("SELL", "60000.00")).await.is_done(201);
    alice.post("/api/orderbook/orders", &order("BUY", "60000.00")).await.is_done(201);
    caught_up(&app.process).await;
    let trades =
        server.rows("SELECT instrument, quantity, price, buyer_fee, seller_fee FROM trades");
    let expected = [
        "BTC-USD",
        "0.010000000000000000",
        "60000.000000000000000000",
        "0.000020000000000000",
        "0.600000000000000000",
    ];
    assert_eq!(trades, [expected]);
    let wallets = server.rows(
        "SELECT username, currency, available_balance + 0 FROM wallets JOIN users ON users.id = user_id \
         WHERE username <> 'admin' AND currency IN ('BTC', 'USD') ORDER BY wallets.id",
    );
    let of = |user: usize, at: usize| wallets[2 * user + at][2].trim_end_matches('0').to_owned();
    assert_eq!([of(0, 0), of(0, 1)], ["9400.", "0.50998"]);
    assert_eq!(server.value("SELECT COUNT(*) FROM report_balance_differences"), "0");
    assert!(app.terminate().success());
    let report = is_clean(app.dir.path(), &server.url());
    assert_eq!(report["rows"]["trades"], 1);
}
