//! What breaks under the exchange: a disk that takes no more, and a panic in one actor.

use std::{
    os::unix::process::ExitStatusExt,
    process::{Command, Stdio},
};

use serde_json::json;
use souk::{
    domain::{
        command::Command as Request,
        instrument::{Price, Quantity},
        order::{OrderType, PlaceOrder, Side},
    },
    telemetry,
};
use tempfile::TempDir;

use crate::{
    floor::{BTC_USD, Floor, Opening},
    process::{Process, souk, verify},
};

/// The binary behind a limit on the size of files: past it the kernel refuses writes, as on a full
/// disk, and the signal that would end the process is ignored.
fn souk_with_little_room(data: &std::path::Path, kib: usize) -> Command {
    let plain = souk(data);
    let mut command = Command::new("bash");
    let script = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\"");
    command.args(["-c", &script]).arg(plain.get_program());
    command.envs(plain.get_envs().filter_map(|(key, value)| Some((key, value?))));
    command
}

#[actix::test]
async fn a_full_disk_stops_the_exchange_and_a_restart_with_room_works() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    // The storage engine makes room by the half MiB; then there is a little more.
    let mut roomy = Process::start(&data);
    let alice = roomy.register("alice").await;
    assert!(roomy.terminate().success());
    let mut cramped = Process::spawn(souk_with_little_room(&data, 640));
    let order = json!({
        "instrument": "BTC-USD", "order_type": "BUY", "order_subtype": "LIMIT",
        "quantity": "0.00100", "price": "50000.00",
    });
    let mut accepted = Vec::new();
    let refused = loop {
        let path = "/api/orderbook/orders";
        let said =
            cramped.ask(reqwest::Method::POST, path, Some(&alice), Some(order.clone())).await;
        match said {
            Some(said) if said.status == 201 => {
                let id = said.body["order"]["id"].as_str().unwrap().to_owned();
                let path = format!("/api/orderbook/orders/{id}");
                cramped.ask(reqwest::Method::DELETE, &path, Some(&alice), None).await;
                accepted.push(id);
            }
            other => break other,
        }
    };
    if let Some(said) = refused {
        assert_eq!(said.status, 503, "{said:?}");
    }
    let status = cramped.ended();
    assert!(status.code().is_some_and(|code| code != 0), "{status:?}");
    let (code, verdict) = verify(&data);
    assert!([0, 3].contains(&code), "{verdict}");
    let roomy = Process::start(&data);
    assert!(!accepted.is_empty());
    for id in accepted.iter().rev().take(400) {
        roomy.get(&format!("/api/orderbook/orders/{id}"), &alice).await.ok();
    }
    roomy.post("/api/orderbook/orders", &alice, order).await.ok();
}

const CHILD: &str = "SOUK_TEST_PANIC";

/// A command that no edge lets through: a stop order without a stop price.
async fn panic_in_a_book() {
    telemetry::install_panic_hook();
    let floor = Floor::open(Opening::default()).await;
    let alice = floor.register("alice").await;
    let mut order = PlaceOrder::limit(Side::Buy, Quantity::new(1_000), Price::new(5_000_000));
    order.kind = OrderType::StopLimit;
    let answer = floor.ask(Some(alice), Request::Place { instrument: BTC_USD, order }).await;
    println!("still here: {answer:?}");
}

#[actix::test]
async fn a_panic_in_one_actor_ends_the_process() {
    if std::env::var(CHILD).is_ok() {
        return panic_in_a_book().await;
    }
    let name = "failure::a_panic_in_one_actor_ends_the_process";
    let ended = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", name])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(ended.status.signal(), Some(6), "{}", String::from_utf8_lossy(&ended.stdout));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("a stop has a stop price"));
}
