//! The real binary killed under load, and what is found afterwards: nothing acknowledged is missing,
//! nothing refused is there, nothing appears twice, and the digest is the same everywhere.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    floor::scale,
    process::{Process, newest, verify},
};

/// What a client was told of one of its orders.
#[derive(Debug)]
enum Told {
    Accepted(String),
    Refused,
    Nothing,
}

/// One user's orders by client order id, with what was told of each.
struct Trader {
    token: String,
    told: Vec<(String, Told)>,
}

/// Places random orders until the exchange is gone.
async fn trade(
    exchange: Arc<Process>,
    token: String,
    seed: u64,
    answers: Arc<AtomicUsize>,
) -> Trader {
    let mut random = StdRng::seed_from_u64(seed);
    let mut told = Vec::new();
    // Fewer than stay known by client order id.
    for number in 0..400 {
        let name = format!("{seed}-{number}");
        // Some are too dear, so that refusals are among the answers.
        let quantity = if random.random_range(0..8) == 0 { "9000.00000" } else { "0.00100" };
        let price = format!("{}.00", 50_000 + random.random_range(-20..=20));
        let body = json!({
            "instrument": "BTC-USD",
            "order_type": if random.random() { "BUY" } else { "SELL" },
            "order_subtype": "LIMIT",
            "quantity": quantity,
            "price": price,
            "client_order_id": name,
        });
        let path = "/api/orderbook/orders";
        let said = exchange.ask(Method::POST, path, Some(&token), Some(body)).await;
        let what = match said {
            Some(said) if said.status == 201 => {
                Told::Accepted(said.body["order"]["id"].as_str().unwrap().to_owned())
            }
            Some(said) if said.status == 422 => Told::Refused,
            Some(said) if said.status == 503 => Told::Nothing,
            Some(said) => panic!("{said:?}"),
            None => Told::Nothing,
        };
        let gone = matches!(what, Told::Nothing);
        told.push((name, what));
        if gone {
            break;
        }
        answers.fetch_add(1, Ordering::SeqCst);
    }
    Trader { token, told }
}

/// Every order that was told of is there as it was told; every refused one is not.
async fn check(exchange: &Process, traders: &[Trader], ids: &mut HashSet<String>) {
    for trader in traders {
        for (name, told) in &trader.told {
            let path = format!("/api/orderbook/orders?client_order_id={name}");
            let said = exchange.get(&path, &trader.token).await;
            let found = found(&said.body);
            match told {
                Told::Accepted(id) => {
                    assert_eq!(found.as_ref(), Some(id), "{name} was lost: {said:?}");
                    assert!(ids.insert(id.clone()), "{id} was given out twice");
                }
                Told::Refused => assert_eq!(found, None, "{name} was refused, and is there"),
                // Nobody was told: it may be there, but not under an id that is somebody else's.
                Told::Nothing => {
                    if let Some(id) = found {
                        assert!(ids.insert(id.clone()), "{id} was given out twice");
                    }
                }
            }
        }
    }
}

/// The id of the one order in an answer to a look-up by client order id.
fn found(body: &Value) -> Option<String> {
    let orders = body["data"].as_array();
    let order = orders.map_or(Some(body), |orders| orders.first())?;
    order["id"].as_str().map(str::to_owned)
}

#[actix::test]
async fn kill_9_under_load_loses_nothing_acknowledged() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let mut ids = HashSet::new();
    let mut random = StdRng::seed_from_u64(9);
    let mut process = Process::start_with(&data, &[("SOUK_SNAPSHOT_EVERY_FACTS", "500")]);
    for round in 0..10 * scale() as u64 {
        let mut tokens = Vec::new();
        for user in 0..8 {
            tokens.push(process.register(&format!("r{round}u{user}")).await);
        }
        let answers = Arc::new(AtomicUsize::new(0));
        let exchange = Arc::new(process);
        let load: Vec<_> = (0..)
            .zip(tokens)
            .map(|(user, token)| {
                let seed = round * 8 + user;
                actix::spawn(trade(exchange.clone(), token, seed, answers.clone()))
            })
            .collect();
        let enough = random.random_range(100..1_000);
        while answers.load(Ordering::SeqCst) < enough {
            tokio::task::yield_now().await;
        }
        exchange.signal("KILL");
        let mut traders = Vec::new();
        for trader in load {
            traders.push(trader.await.unwrap());
        }
        drop(exchange);
        let (code, verdict) = verify(&data);
        assert!([0, 3].contains(&code), "round {round}: {verdict}");
        assert_eq!(verdict["balanced"], true, "{verdict}");
        process = Process::start_with(&data, &[("SOUK_SNAPSHOT_EVERY_FACTS", "500")]);
        let admin = process.admin().await;
        let digest = process.get("/api/system/digest", &admin).await.ok();
        assert_eq!(digest["sequence"], verdict["through"]);
        assert_eq!(digest["digest"], verdict["digest"]);
        check(&process, &traders, &mut ids).await;
    }
    assert!(process.terminate().success());
    let (code, verdict) = verify(&data);
    assert_eq!((code, verdict["balanced"].as_bool()), (0, Some(true)), "{verdict}");
}

#[actix::test]
async fn sigterm_leaves_a_snapshot_and_the_same_digest() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let mut process = Process::start(&data);
    let alice = process.register("alice").await;
    let order = json!({
        "instrument": "BTC-USD", "order_type": "BUY", "order_subtype": "LIMIT",
        "quantity": "0.01", "price": "50000.00",
    });
    process.post("/api/orderbook/orders", &alice, order).await.ok();
    let admin = process.admin().await;
    let digest = process.get("/api/system/digest", &admin).await.ok();
    assert!(process.terminate().success());
    let (code, verdict) = verify(&data);
    assert_eq!(code, 0, "{verdict}");
    assert_eq!((&verdict["through"], &verdict["digest"]), (&digest["sequence"], &digest["digest"]));
    assert_eq!(verdict["snapshots"].as_array().unwrap().len(), 1);
    let process = Process::start(&data);
    let wallet = process.get("/api/wallet/USD", &alice).await.ok();
    assert_eq!(wallet["locked_balance"], "500.00");
}

/// Three snapshots' worth of facts, ended by SIGTERM.
async fn some_history(data: &std::path::Path) -> Value {
    let mut process = Process::start(data);
    let admin = process.admin().await;
    for name in ["ann", "bob", "cid"] {
        process.register(name).await;
        process.post("/api/admin/snapshots", &admin, json!({})).await.ok();
    }
    let digest = process.get("/api/system/digest", &admin).await.ok();
    process.kill();
    digest
}

#[actix::test]
async fn a_corrupt_newest_snapshot_is_passed_over() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let before = some_history(&data).await;
    let snapshot = newest(&data, ".snap").unwrap();
    let mut bytes = std::fs::read(&snapshot).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&snapshot, bytes).unwrap();
    let process = Process::start(&data);
    let admin = process.admin().await;
    assert_eq!(process.get("/api/system/digest", &admin).await.ok(), before);
}

#[actix::test]
async fn a_flipped_bit_in_the_journal_stops_the_start_with_a_message() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    some_history(&data).await;
    // Without snapshots everything is read; the bit is in a user's name, in the middle of it.
    let journal = data.join("journal").join("db");
    let mut bytes = std::fs::read(&journal).unwrap();
    let at = bytes.windows(3).rposition(|name| name == b"cid").expect("the name is in the journal");
    bytes[at] ^= 4;
    std::fs::write(&journal, bytes).unwrap();
    let (code, verdict) = verify(&data);
    assert_eq!(code, 4, "{verdict}");
    let started = crate::process::souk(&data).output().unwrap();
    assert_eq!(started.status.code(), Some(4));
    let message = String::from_utf8_lossy(&started.stderr).into_owned();
    assert!(message.contains("souk: "), "{message}");
}

#[actix::test]
async fn a_second_process_is_refused_the_same_folder() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let _process = Process::start(&data);
    let second = crate::process::souk(&data).output().unwrap();
    assert_eq!(second.status.code(), Some(5), "{}", String::from_utf8_lossy(&second.stderr));
}
