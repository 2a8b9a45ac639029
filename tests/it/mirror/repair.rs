//! What operators do about a mirror: compare it, make it anew; and what it does about itself.

use serde_json::{Value, json};

use super::{Following, caught_up, is_clean, look_after, order, server::Server, status, until};
use crate::{
    exchange::User,
    process::{Process, souk},
};

async fn orders(user: &User, prices: std::ops::Range<u32>) {
    for price in prices {
        let mut order = order("BUY", &format!("{price}.00"));
        order["quantity"] = "0.1".into();
        user.post("/api/orderbook/orders", &order).await.is_done(201);
    }
}

#[actix::test]
async fn records_that_are_applied_twice_change_nothing() {
    let server = Server::start();
    let mut app = Following::start(&server);
    let alice = app.register("alice").await;
    caught_up(&app.process).await;
    let earlier = &server.rows("SELECT sequence, chain FROM mirror_cursor")[0];
    orders(&alice, 10..30).await;
    caught_up(&app.process).await;
    assert!(app.terminate().success());
    let [sequence, chain] = &earlier[..] else { panic!("{earlier:?}") };
    let back = format!("UPDATE mirror_cursor SET sequence = {sequence}, chain = '{chain}'");
    server.rows(&back);
    app.restart();
    caught_up(&app.process).await;
    assert!(app.terminate().success());
    let report = is_clean(app.dir.path(), &server.url());
    assert_eq!(report["rows"]["orderbook_orders"], 20);
    assert_eq!(server.value("SELECT COUNT(*) FROM report_balance_differences"), "0");
}

#[actix::test]
async fn a_check_names_the_first_difference_and_a_rebuild_mends_it() {
    let server = Server::start();
    let mut app = Following::start(&server);
    let alice = app.register("alice").await;
    orders(&alice, 10..15).await;
    caught_up(&app.process).await;
    assert!(app.terminate().success());
    let (data, url) = (app.dir.path(), server.url());
    is_clean(data, &url);
    let id = server.value("SELECT MAX(id) FROM orderbook_orders");
    let id: u64 = id.parse().unwrap();
    for (planted, column, expected, found) in [
        (
            "UPDATE orderbook_orders SET price = price + 0.000000000000000001 WHERE id = MAX",
            "price",
            "14.",
            "14.",
        ),
        ("UPDATE orderbook_orders SET price = NULL WHERE id = MAX", "price", "14.", "null"),
        ("DELETE FROM orderbook_orders WHERE id = MAX", "null", "BTC-USD", "null"),
    ] {
        server.rows(&planted.replace("MAX", &id.to_string()));
        let (code, report) = look_after("check", data, &url);
        assert_eq!((code, &report["equal"]), (1, &json!(false)), "{report}");
        let difference = &report["difference"];
        assert_eq!(
            (&difference["table"], &difference["id"]),
            (&json!("orderbook_orders"), &json!(id))
        );
        let said = [("column", column), ("expected", expected), ("found", found)];
        for (name, text) in said {
            assert!(difference[name].to_string().contains(text), "{name}: {difference}");
        }
    }
    server.rows(&format!(
        "INSERT INTO orderbook_orders SELECT {id} + 1024, user_id, instrument, client_order_id, \
         order_type, order_subtype, time_in_force, price, stop_price, quote_amount, quantity, \
         remaining_quantity, filled_quantity, filled_quote, fee_paid, status, status_reason, \
         created_at, updated_at, sequence FROM orderbook_orders LIMIT 1"
    ));
    let (code, rebuilt) = look_after("rebuild", data, &url);
    assert_eq!((code, &rebuilt["behind"]), (0, &json!(0)), "{rebuilt}");
    is_clean(data, &url);
    app.restart();
    let alice = app.again(&app.token("alice").await);
    orders(&alice, 20..25).await;
    caught_up(&app.process).await;
}

#[actix::test]
async fn another_data_folder_and_another_history_are_noticed() {
    let server = Server::start();
    let mut app = Following::start(&server);
    let alice = app.register("alice").await;
    orders(&alice, 10..12).await;
    assert!(app.terminate().success());
    let backup = tempfile::tempdir().unwrap();
    super::server::copy_all(app.dir.path(), &backup.path().join("data"));
    app.restart();
    let alice = app.again(&app.token("alice").await);
    orders(&alice, 20..22).await;
    caught_up(&app.process).await;
    assert!(app.terminate().success());
    let empty = tempfile::tempdir().unwrap();
    let url = server.url();
    let settings = [("SOUK_MYSQL_URL", url.as_str())];
    let needs_rebuild = |status: &Value| status["mirror"]["state"] == "REBUILD_NEEDED";
    for (data, why) in [
        (empty.path().to_path_buf(), "another data folder"),
        (backup.path().join("data"), "another history"),
    ] {
        let process = Process::start_with(&data, &settings);
        let status = until(&process, "it asks for a rebuild", needs_rebuild).await;
        let error = status["mirror"]["error"].as_str().unwrap();
        assert!(error.contains(why) && error.contains("souk mirror rebuild"), "{error}");
        drop(process);
        let (code, said) = look_after("check", &data, &url);
        assert_eq!(code, 1, "{said}");
    }
    assert_eq!(server.value("SELECT COUNT(*) FROM orderbook_orders"), "4");
    let data = backup.path().join("data");
    assert_eq!(look_after("rebuild", &data, &url).0, 0);
    is_clean(&data, &url);
    assert_eq!(server.value("SELECT COUNT(*) FROM orderbook_orders"), "2");
}

#[actix::test]
async fn where_facts_are_gone_it_begins_anew_with_what_stands_and_says_since_when() {
    let mut server = Server::start();
    let mut app = Following::with(
        &server,
        &[
            ("SOUK_KEEP_ARCHIVE", "false"),
            ("SOUK_SNAPSHOT_EVERY_FACTS", "20"),
            ("SOUK_MIRROR_KEEP_FACTS_MAX", "30"),
        ],
    );
    let alice = app.register("alice").await;
    orders(&alice, 10..20).await;
    caught_up(&app.process).await;
    server.kill();
    let admin = app.admin().await;
    let journal = || async { status(&app.process).await["last_snapshot"]["through"].as_u64() };
    for prices in [20..60, 60..100, 100..140] {
        orders(&alice, prices).await;
        admin.post("/api/admin/snapshots", &json!({})).await.is_done(200);
    }
    assert!(journal().await.unwrap() > 100);
    server.restart();
    let caught = caught_up(&app.process).await;
    let behind: u64 = server.value("SELECT opened_behind FROM mirror_cursor").parse().unwrap();
    assert!(behind > 20 && behind < caught["sequence"].as_u64().unwrap(), "{behind}");
    let opened = server.rows("SELECT opened_at IS NOT NULL FROM mirror_cursor");
    assert_eq!(opened, [["1"]]);
    assert_ne!(server.value("SELECT COUNT(*) FROM transactions WHERE type = 'OPENING'"), "0");
    assert_eq!(server.value("SELECT COUNT(*) FROM report_balance_differences"), "0");
    assert_eq!(
        server.value("SELECT COUNT(*) FROM orderbook_orders WHERE status = 'PENDING'"),
        "130"
    );
    orders(&alice, 140..150).await;
    caught_up(&app.process).await;
    assert!(app.terminate().success());
    let (code, report) = look_after("check", app.dir.path(), &server.url());
    assert_eq!((code, &report["equal"]), (0, &json!(true)), "{report}");
    // What the mirror began with is gone by now too; what happened since is still compared.
    app.restart();
    let (alice, admin) =
        (app.again(&app.token("alice").await), app.again(&app.admin_token().await));
    for prices in [150..180, 180..210, 210..240] {
        orders(&alice, prices).await;
        caught_up(&app.process).await;
        admin.post("/api/admin/snapshots", &json!({})).await.is_done(200);
    }
    assert!(app.terminate().success());
    let (code, report) = look_after("check", app.dir.path(), &server.url());
    assert_eq!((code, &report["equal"]), (0, &json!(true)), "{report}");
    assert!(report["behind"].as_u64().unwrap() > behind, "{report}");
    server.rows("UPDATE orderbook_orders SET price = 1 ORDER BY id DESC LIMIT 1");
    assert_eq!(look_after("check", app.dir.path(), &server.url()).0, 1);
}

#[test]
fn looking_after_a_mirror_needs_one() {
    let dir = tempfile::tempdir().unwrap();
    let output = souk(dir.path()).args(["mirror", "check"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(errors.contains("SOUK_MYSQL_URL"), "{errors}");
    let output = souk(dir.path()).env("SOUK_MYSQL_URL", "mysql://nowhere").output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    assert!(errors.contains("mysql_url"), "{errors}");
}
