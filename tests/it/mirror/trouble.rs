//! A database that is not there, dies, freezes or refuses: the exchange goes on, the mirror says why it
//! does not, and has everything as soon as it can.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;

use super::{
    Following, caught_up, is_clean,
    load::{as_the_journal_says, facts_of},
    order,
    server::Server,
    status, until,
};
use crate::{app::TestApp, exchange::User};

/// How long the product takes to stop at most.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

/// Two who trade with each other.
async fn traders(app: &TestApp) -> [User; 2] {
    [app.register("alice").await, app.register("bob").await]
}

/// The same two after a restart.
async fn back(app: &TestApp) -> [User; 2] {
    [app.again(&app.token("alice").await), app.again(&app.token("bob").await)]
}

/// Orders of which each second one trades; all are answered.
async fn trades([alice, bob]: &[User; 2], orders: usize) {
    for number in 0..orders {
        let (user, side) = if number % 2 == 0 { (alice, "SELL") } else { (bob, "BUY") };
        let mut order = order(side, "50000.00");
        order["quantity"] = "0.00100".into();
        user.post("/api/orderbook/orders", &order).await.is_done(201);
    }
}

fn is_retrying(status: &Value) -> bool {
    status["mirror"]["state"] == "RETRYING"
}

#[actix::test]
async fn without_a_database_orders_go_on_and_it_gets_everything_later() {
    let mut server = Server::start();
    server.kill();
    let mut app = Following::start(&server);
    let both = traders(&app).await;
    trades(&both, 20).await;
    let status = until(&app.process, "it says why", is_retrying).await;
    let error = status["mirror"]["error"].as_str().unwrap();
    assert!(error.contains("connect") && !error.contains("secret"), "{error}");
    assert_eq!(status["mirror"]["sequence"], Value::Null);
    let metrics = app.raw(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("\nsouk_mirror_follows 0\n"), "{metrics}");
    server.restart();
    let status = caught_up(&app.process).await;
    assert_eq!(status["mirror"]["error"], Value::Null);
    assert!(app.terminate().success());
    is_clean(app.dir.path(), &server.url());
}

#[actix::test]
async fn a_frozen_database_holds_up_neither_orders_nor_a_stop() {
    let server = Server::start();
    let mut app = Following::start(&server);
    let both = traders(&app).await;
    let before = caught_up(&app.process).await;
    server.signal("STOP");
    trades(&both, 60).await;
    let behind = status(&app.process).await;
    let lag = behind["mirror"]["lag"].as_u64().unwrap();
    assert_eq!(lag, behind["sequence"].as_u64().unwrap() - before["sequence"].as_u64().unwrap());
    server.signal("CONT");
    caught_up(&app.process).await;
    server.signal("STOP");
    trades(&both, 20).await;
    let told = Instant::now();
    assert!(app.terminate().success());
    assert!(told.elapsed() < STOPS_WITHIN, "{:?}", told.elapsed());
    server.signal("CONT");
    is_clean(app.dir.path(), &server.url());
    app.restart();
    caught_up(&app.process).await;
    assert!(app.terminate().success());
    let report = is_clean(app.dir.path(), &server.url());
    assert_eq!(report["sequence"], report["durable"]);
}

#[actix::test]
async fn kills_of_either_side_under_load_lose_nothing_and_double_nothing() {
    let mut server = Server::start();
    let mut app = Following::start(&server);
    let mut both = traders(&app).await;
    for round in 0..2 {
        trades(&both, 30).await;
        server.kill();
        trades(&both, 30).await;
        until(&app.process, "it has noticed", is_retrying).await;
        server.restart();
        // The mirror is in the middle of a batch: some of its tables are written, others are not.
        caught_up(&app.process).await;
        let lock = server.locks("trades");
        trades(&both, 30).await;
        server.somebody_waits();
        app.process.kill();
        drop(lock);
        app.restart();
        both = back(&app).await;
        // And once more while it catches up.
        let (_, ()) = tokio::join!(trades(&both, 10), async {
            until(&app.process, "it follows", |status| status["mirror"]["state"] == "FOLLOWING")
                .await;
            server.signal("KILL");
        });
        server.kill();
        server.restart();
        if round == 0 {
            app.kill9_and_restart();
            both = back(&app).await;
        }
    }
    caught_up(&app.process).await;
    assert!(app.terminate().success());
    is_clean(app.dir.path(), &server.url());
    as_the_journal_says(&server, &facts_of(app.dir.path()));
}

#[actix::test]
async fn a_wrong_password_is_told_and_tried_again() {
    let server = Server::start();
    let mut app = Following::at(server.url().replace("secret", "no-secret"));
    let both = traders(&app).await;
    trades(&both, 4).await;
    let status = until(&app.process, "it says why", is_retrying).await;
    let error = status["mirror"]["error"].as_str().unwrap();
    assert!(error.contains("Access denied") && !error.contains("secret"), "{error}");
    server.must("ALTER USER souk@'127.0.0.1' IDENTIFIED BY 'no-secret'");
    caught_up(&app.process).await;
    assert!(app.terminate().success());
    is_clean(app.dir.path(), &server.url().replace("secret", "no-secret"));
}

#[actix::test]
async fn a_table_that_somebody_removes_is_made_anew_with_all_that_was_in_it() {
    let server = Server::start();
    let mut app = Following::start(&server);
    let both = traders(&app).await;
    trades(&both, 20).await;
    for table in ["trades", "mirror_cursor", "schema_version", "report_balance_check"] {
        caught_up(&app.process).await;
        let kind = if table.starts_with("report") { "VIEW" } else { "TABLE" };
        server.must(&format!("SET foreign_key_checks = 0; DROP {kind} souk.{table}"));
        if ["schema_version", "report_balance_check"].contains(&table) {
            // Nothing that is written needs them: they are missed at the next start.
            app.terminate_and_restart();
        }
        let both = back(&app).await;
        trades(&both, 10).await;
    }
    caught_up(&app.process).await;
    assert!(app.terminate().success());
    is_clean(app.dir.path(), &server.url());
    assert_eq!(server.value("SELECT SUM(differences) FROM report_balance_check"), "0");
}

#[actix::test]
async fn a_database_of_somebody_else_is_left_alone() {
    let server = Server::start();
    server.must(
        "CREATE DATABASE souk; CREATE TABLE souk.users (id INT); INSERT INTO souk.users VALUES (7)",
    );
    let app = Following::start(&server);
    let both = traders(&app).await;
    trades(&both, 4).await;
    let status = until(&app.process, "it says why", is_retrying).await;
    let error = status["mirror"]["error"].as_str().unwrap();
    assert!(error.contains("`users`"), "{error}");
    assert_eq!(server.rows("SELECT * FROM users"), [["7"]]);
}

#[actix::test]
async fn a_full_disk_is_told_and_tried_again() {
    let one_file = "--innodb-file-per-table=OFF";
    let files = "--innodb-data-file-path=ibdata1:12M;ibdata2:12M";
    let mut server = Server::start_with(&[one_file, files]);
    let mut app = Following::start(&server);
    let both = traders(&app).await;
    caught_up(&app.process).await;
    server.must("CREATE DATABASE filler; CREATE TABLE filler.pages (page LONGBLOB)");
    for size in [1 << 20, 1 << 17, 1 << 14] {
        let fill = format!("INSERT INTO filler.pages VALUES (REPEAT('x', {size}))");
        while server.run(&fill).status.success() {}
    }
    while !is_retrying(&status(&app.process).await) {
        trades(&both, 40).await;
    }
    let error = status(&app.process).await["mirror"]["error"].clone();
    assert!(error.to_string().contains("full"), "{error}");
    let more = format!("{files};ibdata3:64M");
    server.restart_with(&[one_file, &more]);
    caught_up(&app.process).await;
    assert!(app.terminate().success());
    is_clean(app.dir.path(), &server.url());
}
