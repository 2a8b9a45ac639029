//! `souk load` against the real binary: what it counts is what the exchange did.

use std::process::Output;

use serde_json::{Value, json};

use super::process::{ADMIN_PASSWORD, Process, souk, verify};

/// `souk load` with these arguments: its report as JSON, and its table.
fn load(exchange: &Process, arguments: &[&str]) -> (Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let (json, svg) = (folder.path().join("load.json"), folder.path().join("load.svg"));
    let mut command = souk(folder.path());
    command.args(["load", "--url", &exchange.base, "--admin-password", ADMIN_PASSWORD]);
    command.arg("--json").arg(&json).arg("--svg").arg(&svg);
    command.args(["--connections", "4", "--users", "2", "--seconds", "1"]).args(arguments);
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    let picture = std::fs::read_to_string(&svg).unwrap();
    assert!(picture.starts_with("<svg") && picture.contains("<polyline"), "{picture}");
    let report = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    (report, String::from_utf8(stdout).unwrap())
}

#[track_caller]
fn number(row: &Value, name: &str) -> u64 {
    row[name].as_u64().unwrap_or_else(|| panic!("{name} of {row}"))
}

#[test]
fn what_it_counts_is_what_the_exchange_did() {
    let folder = tempfile::tempdir().unwrap();
    let mut exchange = Process::start(folder.path());
    let more = ["--target", "rest,ws,batch", "--instruments", "BTC-USD,ETH-USD", "--batch", "10"];
    let (report, table) = load(&exchange, &more);
    assert!(table.contains("the ledger is balanced"), "{table}");
    let [rest, ws, batch] = &report["targets"].as_array().unwrap()[..] else { panic!("{report}") };
    for row in [rest, ws] {
        assert_eq!(row["refused"], json!({}), "{row}");
        let (placed, cancelled) = (number(row, "placed"), number(row, "cancelled"));
        assert!(placed > 10 && cancelled > 5 && number(row, "traded") > 0, "{row}");
        assert_eq!(number(row, "requests"), placed + cancelled + number(row, "gone"));
        assert_eq!(number(row, "facts"), placed + cancelled);
    }
    assert_eq!(batch["refused"], json!({}), "{batch}");
    assert!(number(batch, "placed") >= 5 * number(batch, "requests"), "{batch}");
    assert!(number(batch, "facts") >= number(batch, "placed"));
    assert_eq!(report["balanced"], true);

    assert!(exchange.terminate().success());
    let (code, verdict) = verify(folder.path());
    assert_eq!((code, &verdict["balanced"]), (0, &json!(true)), "{verdict}");
}

#[test]
fn an_open_loop_sends_what_is_due_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let exchange = Process::start(folder.path());
    let (report, table) = load(&exchange, &["--target", "rest,ws", "--rate", "200"]);
    assert!(table.contains("open loop, 200 requests/s"), "{table}");
    for row in report["targets"].as_array().unwrap() {
        assert_eq!(number(row, "requests"), 200, "{row}");
    }
}
