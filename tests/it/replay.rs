//! A minute of a real market, played into the real binary by the real tool at full speed.

use std::process::Output;

use serde_json::{Value, json};

use super::process::{ADMIN_PASSWORD, Process, souk, verify};

const MINUTE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/market/btcusdt_20240808_60s.jsonl.gz");

/// `souk replay` of the minute: its report.
fn replay(exchange: &Process, more: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let mut command = souk(folder.path());
    command.args(["replay", MINUTE, "--speed", "max", "--json", "--url", &exchange.base]);
    command.args(["--admin-password", ADMIN_PASSWORD]).args(more);
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    serde_json::from_slice(&stdout).unwrap()
}

#[test]
fn a_recorded_minute_is_followed_to_the_lot_and_leaves_a_balanced_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let mut exchange = Process::start(folder.path());
    let report = replay(&exchange, &[]);
    assert_eq!(report["recorded"]["lines"], 7_341);
    assert_eq!(report["recorded"]["gaps"], 0);
    assert_eq!(report["commands"]["refused"], json!({}));
    assert!(report["fills"]["fills"].as_u64().unwrap() > 1_000, "{}", report["fills"]);
    for side in ["bid", "ask"] {
        let distances = &report["at_differences"][side];
        assert_eq!((&distances["compared"], &distances["exact"]), (&json!(597), &json!(597)));
    }
    let feed = &report["feed"];
    assert_eq!((&feed["gaps"], &feed["wrong_checksums"]), (&json!(0), &json!(0)));
    assert_eq!(report["last_look"], json!({"levels": 100, "equal": 100, "feed_equal": true}));
    assert_eq!(report["ledger"]["balanced"], true);

    // The makers' orders are gone, so that it can be played again on the same exchange; with other
    // numbers of accounts and commands in flight the market is the same.
    let again = replay(&exchange, &["--makers", "3", "--takers", "1", "--in-flight", "7"]);
    assert_eq!(again["at_differences"], report["at_differences"]);
    assert_eq!(again["at_tickers"], report["at_tickers"]);
    assert_eq!(again["fills"], report["fills"]);
    assert_eq!(again["ledger"]["balanced"], true);

    assert!(exchange.terminate().success());
    let (code, verdict) = verify(folder.path());
    assert_eq!((code, &verdict["balanced"]), (0, &json!(true)), "{verdict}");
}

#[test]
fn what_cannot_be_played_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let exchange = Process::start(folder.path());
    let played = |file: &str, password: &str| {
        let mut command = souk(folder.path());
        command.args(["replay", file, "--url", &exchange.base, "--admin-password", password]);
        let Output { status, stderr, .. } = command.output().unwrap();
        assert!(!status.success());
        String::from_utf8(stderr).unwrap()
    };
    let told = played(MINUTE, "not the password");
    assert!(told.contains("cannot log in as `admin`"), "{told}");
    let told = played("no such file", ADMIN_PASSWORD);
    assert!(told.contains("cannot open no such file"), "{told}");
    let told = played(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), ADMIN_PASSWORD);
    assert!(told.contains("is no capture"), "{told}");
}
