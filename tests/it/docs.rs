//! The documentation, as it is written: its shell blocks run against the real binary, what it shows
//! as an answer was answered, and what it links to is there.
//!
//! A ```` ```json ```` block must be found in what the shell block before it printed: members may be
//! left out, and `"..."` stands for any text. A line of a ```` ```jsonl ```` block is a WebSocket message:
//! with `op` it is sent, with `type` it must come.

use std::{fs, path::Path, process::Command, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::process::{Process, souk};

const BASE: &str = "http://127.0.0.1:8080";
/// What a script prints before each of its blocks.
const MARK: &str = "=== block";

/// How long a message may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A fenced block.
#[derive(Clone, Debug, PartialEq)]
struct Block {
    language: String,
    text: String,
    /// The heading that it stands under.
    heading: String,
}

/// What a shell block printed: each answer with its status.
#[derive(Debug)]
struct Printed {
    heading: String,
    lines: Vec<String>,
    answers: Vec<(u16, Value)>,
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn blocks(text: &str) -> Vec<Block> {
    let (mut blocks, mut heading, mut open): (Vec<Block>, String, Option<Block>) =
        Default::default();
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                let (language, heading) = (language.to_owned(), heading.clone());
                open = Some(Block { language, text: String::new(), heading });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.text = format!("{}{line}\n", block.text),
            (None, None) => {
                if let Some(title) = line.strip_prefix("## ") {
                    heading = title.to_owned();
                }
            }
        }
    }
    blocks
}

/// A fresh exchange as a reader would start it, but with cheap passwords.
fn fresh(dir: &Path) -> Process {
    let mut command = souk(dir);
    command.env_remove("SOUK_ADMIN_PASSWORD").env_remove("SOUK_RATE_LIMITS");
    Process::spawn(command)
}

/// Runs the shell blocks as one script against `process`.
fn run(blocks: &[Block], process: &Process) -> Vec<Printed> {
    let shell: Vec<&Block> = blocks.iter().filter(|block| block.language == "sh").collect();
    let mut script = String::from("set -eu -o pipefail\n");
    for block in &shell {
        script += &format!("echo '{MARK}'\n{}", block.text.replace(BASE, &process.base));
    }
    let output = Command::new("bash").args(["-c", &script]).output();
    let output = output.expect("the documentation's examples need bash and curl");
    let (text, errors) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && errors.is_empty(), "{}\n{text}\n{errors}", output.status);
    let parts: Vec<&str> = text.split(MARK).skip(1).collect();
    assert_eq!(parts.len(), shell.len());
    let printed = |(block, part): (&&Block, &str)| {
        let lines: Vec<String> = part.lines().map(|line| line.trim().to_owned()).collect();
        let answers = lines.iter().filter_map(|line| {
            let (body, status) = line.rsplit_once(' ')?;
            Some((status.parse().ok()?, serde_json::from_str(body).ok()?))
        });
        Printed { heading: block.heading.clone(), answers: answers.collect(), lines }
    };
    shell.iter().zip(parts).map(printed).collect()
}

/// Whether `shown` is what was `told`, with members left out.
fn fits(shown: &Value, told: &Value) -> bool {
    match (shown, told) {
        (Value::String(any), Value::String(_)) if any == "..." => true,
        (Value::Object(shown), Value::Object(told)) => {
            shown.iter().all(|(name, value)| told.get(name).is_some_and(|told| fits(value, told)))
        }
        (Value::Array(shown), Value::Array(told)) => {
            shown.len() == told.len() && shown.iter().zip(told).all(|(s, t)| fits(s, t))
        }
        _ => shown == told,
    }
}

/// Whether `shown` is `told` or a part of it.
fn found(shown: &Value, told: &Value) -> bool {
    let within = match told {
        Value::Object(members) => members.values().any(|part| found(shown, part)),
        Value::Array(entries) => entries.iter().any(|part| found(shown, part)),
        _ => false,
    };
    within || fits(shown, told)
}

/// Fails where a ```json block shows what the shell block before it did not print.
#[track_caller]
fn shown_was_told(blocks: &[Block], printed: &[Printed]) {
    let mut before = printed.iter();
    let mut last = None;
    for block in blocks {
        match block.language.as_str() {
            "sh" => last = before.next(),
            "json" => {
                let shown = serde_json::from_str(&block.text).unwrap();
                let told = last.expect("a shell block comes first");
                let was_told = told.answers.iter().any(|(_, told)| found(&shown, told));
                assert!(was_told, "{}: {shown}\nis not in\n{told:#?}", block.heading);
            }
            _ => {}
        }
    }
}

/// The statuses of each block, under its heading.
fn statuses(printed: &[Printed]) -> Vec<(&str, Vec<u16>)> {
    let of = |p: &Printed| p.answers.iter().map(|(status, _)| *status).collect::<Vec<_>>();
    printed.iter().map(|p| (p.heading.as_str(), of(p))).filter(|(_, s)| !s.is_empty()).collect()
}

fn wallet<'a>(answer: &'a Value, currency: &str) -> &'a Value {
    let wallets = answer["wallets"].as_array().unwrap();
    wallets.iter().find(|wallet| wallet["currency"] == currency).unwrap()
}

#[test]
fn the_first_trade_of_the_readme_comes_out_as_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let process = fresh(dir.path());
    let mut blocks = blocks(&read("README.md"));
    blocks.retain(|block| block.heading == "A first trade");
    let printed = run(&blocks, &process);
    assert_eq!(statuses(&printed), [("A first trade", vec![201, 201, 201, 201, 200])]);
    let answers: Vec<&Value> = printed[0].answers.iter().map(|(_, answer)| answer).collect();
    assert_eq!(answers[2]["order"]["status"], "PENDING");
    assert_eq!(answers[3]["order"]["status"], "FILLED");
    assert_eq!(wallet(answers[4], "BTC")["available_balance"], "0.50998000");
    assert_eq!(wallet(answers[4], "USD")["available_balance"], "9400.00");
}

#[test]
fn the_sale_and_the_dispute_of_the_readme_come_out_as_they_say() {
    const HEADING: &str = "From person to person";
    let dir = tempfile::tempdir().unwrap();
    let mut command = souk(dir.path());
    command.env("SOUK_ADMIN_PASSWORD", "correct horse").env("SOUK_CLOCK", "manual");
    let process = Process::spawn(command);
    let mut blocks = blocks(&read("README.md"));
    blocks.retain(|block| block.heading == HEADING);
    let printed = run(&blocks, &process);
    let sale = vec![201, 201, 201, 201, 201, 200, 200, 200, 201, 200];
    let dispute = vec![200, 200, 201, 200, 200, 200, 200, 200];
    assert_eq!(statuses(&printed), [(HEADING, sale), (HEADING, dispute)]);
    let answers = |block: usize, at: usize| &printed[block].answers[at].1;
    assert_eq!(answers(0, 6)["status"], "COMPLETED");
    assert_eq!(answers(0, 7)["available_balance"], "5490.196078");
    assert_eq!(answers(0, 9)["windows"]["all"]["rating"], "5.00");
    let escrow = answers(1, 7);
    let shown = ["status", "released_amount", "refunded_amount"].map(|member| &escrow[member]);
    assert_eq!(shown, ["SPLIT", "294.117646", "196.078432"]);
}

#[actix::test]
async fn the_api_by_example_comes_out_as_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let process = fresh(dir.path());
    let blocks = blocks(&read("docs/api.md"));
    let printed = run(&blocks, &process);
    shown_was_told(&blocks, &printed);
    let expected: &[(&str, &[u16])] = &[
        ("Register", &[201, 201]),
        ("Log in", &[200]),
        ("The wallet", &[200, 200, 200]),
        ("Repeating safely", &[200, 422, 200]),
        ("Place an order that rests", &[201, 200]),
        ("Fill it", &[201, 200, 200, 200]),
        ("The kinds of orders", &[201, 422]),
        ("Amend", &[200, 200]),
        ("Many at once", &[200]),
        ("Cancel", &[200, 200, 409]),
        ("Cancel", &[200, 200]),
        ("Lists", &[200, 200]),
        ("Market data", &[200, 200, 200]),
        ("Refusals", &[422, 400]),
    ];
    let expected: Vec<_> = expected.iter().map(|(h, statuses)| (*h, statuses.to_vec())).collect();
    assert_eq!(statuses(&printed), expected);
    let block = |heading: &str| printed.iter().find(|p| p.heading == heading).unwrap();
    let replay = &block("Repeating safely").lines;
    assert!(replay.iter().any(|line| line == "idempotent-replayed: true"), "{replay:?}");
    let granted = &block("Register").answers[0].1;
    let amounts = ["USD", "BTC", "ETH", "USDT"].map(|c| &wallet(granted, c)["available_balance"]);
    assert_eq!(amounts, ["10000.00", "0.50000000", "5.00000000", "5000.000000"]);
    assert_eq!(block("Fill it").answers[0].1["order"]["status"], "FILLED");
    let token = process.login("alice", "correct horse").await;
    let messages = blocks.iter().filter(|block| block.language == "jsonl");
    let messages: String = messages.map(|block| block.text.as_str()).collect();
    talk(&process, &messages.replace("<alice's token>", &token)).await;
}

/// Sends what clients say, and waits for what they are told.
async fn talk(process: &Process, messages: &str) {
    let url = format!("{}/ws/my-bot", process.base.replace("http", "ws"));
    let (mut socket, _) = connect_async(url).await.unwrap();
    // What came and was not waited for yet: channels do not wait for each other.
    let mut waiting: Vec<Value> = Vec::new();
    for line in messages.lines() {
        let message: Value = serde_json::from_str(line).unwrap();
        if message["op"].is_string() {
            socket.send(Message::text(line)).await.unwrap();
            continue;
        }
        while !waiting.iter().any(|told| fits(&message, told)) {
            let next = tokio::time::timeout(PATIENCE, socket.next()).await;
            let told = next.unwrap_or_else(|_| panic!("{line}\ndid not come, but\n{waiting:#?}"));
            if let Message::Text(text) = told.unwrap().unwrap() {
                waiting.push(serde_json::from_str(&text).unwrap());
            }
        }
        let at = waiting.iter().position(|told| fits(&message, told)).unwrap_or_default();
        waiting.remove(at);
    }
}

#[test]
fn links_lead_to_files_that_are_there() {
    let mut dangling = Vec::new();
    for page in [
        "README.md",
        "ARCHITECTURE.md",
        "docs/api.md",
        "docs/errors.md",
        "docs/reporting.md",
        "snapshots/README.md",
    ] {
        let text = read(page);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
            let there = folder.parent().unwrap().join(file).exists();
            if !link.starts_with("http") && !there {
                dangling.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(dangling.is_empty(), "{dangling:?}");
}

/// The map names folders and files by their paths in backquotes: each is there.
#[test]
fn the_map_names_files_that_are_there() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = read("ARCHITECTURE.md");
    let quoted = text.split('`').skip(1).step_by(2);
    let paths = quoted.filter(|name| {
        let is_path = |c: char| c.is_ascii_alphanumeric() || "/_.-".contains(c);
        name.chars().all(is_path) && (name.ends_with(".rs") || name.ends_with('/'))
    });
    let missing: Vec<&str> =
        paths.filter(|p| !src.join(p).exists() && !src.join("src").join(p).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn what_is_shown_may_leave_out_and_may_not_make_up() {
    let told = json!({"order": {"id": "1", "status": "FILLED"}, "fills": [{"fee": "0"}]});
    assert!(found(&json!({"status": "FILLED"}), &told));
    assert!(found(&json!({"order": {"id": "..."}, "fills": [{}]}), &told));
    assert!(!found(&json!({"status": "PENDING"}), &told));
    assert!(!found(&json!({"order": {"id": "1"}, "fills": []}), &told));
    let text = "## A\n```sh\nls\n```\ntext\n```json\n{}\n```\n";
    let kinds: Vec<(String, String)> =
        blocks(text).into_iter().map(|block| (block.language, block.text)).collect();
    let expected = [("sh", "ls\n"), ("json", "{}\n")].map(|(l, t)| (l.to_owned(), t.to_owned()));
    assert_eq!(kinds, expected);
}
