//! What a market feed costs: one book at a fixed rate of changes, told by the real binary to many who listen,
//! conflated over 100 ms and raw; beside it a bare loop that writes as many bytes a frame to as many
//! sockets, as fast as it can.
//!
//! `cargo bench --bench feeds` prints the table. Delays count from an event's own time, when it was decided,
//! to when its frame was read: the sync of the journal is in them. Left out: a network, TLS, readers who do
//! something with what they read. Everybody shares the machine's processors.

#[allow(dead_code)]
#[path = "../tests/it/process.rs"]
mod process;

use std::{
    fs,
    io::Write,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use futures_util::{SinkExt, StreamExt};
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{io::AsyncReadExt, task::JoinHandle};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use process::{ADMIN_PASSWORD, Process};

const MAKERS: u64 = 4;
const SECONDS: u64 = 8;
/// Commands of a maker that may wait for their answers.
const IN_FLIGHT: u64 = 256;
/// One frame in so many has its delay taken: reading times costs more than the frame.
const SAMPLED: u64 = 16;

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// What the listeners have got.
struct Got {
    frames: AtomicU64,
    bytes: AtomicU64,
    counting: AtomicBool,
    /// Milliseconds.
    delays: Mutex<Histogram<u64>>,
}

impl Got {
    fn nothing() -> Arc<Got> {
        let delays = Histogram::new_with_bounds(1, 120_000, 3);
        Arc::new(Got {
            frames: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            counting: AtomicBool::new(false),
            delays: Mutex::new(delays.expect("two minutes at three digits can be counted")),
        })
    }
}

/// What is asked of the feed.
struct Load {
    what: &'static str,
    listeners: usize,
    conflate_ms: u64,
    changes_per_sec: u64,
}

const LOADS: [Load; 4] = [
    Load { what: "nobody listens", listeners: 0, conflate_ms: 100, changes_per_sec: 10_000 },
    Load { what: "100, raw", listeners: 100, conflate_ms: 0, changes_per_sec: 10_000 },
    Load {
        what: "1,000, each 100 ms",
        listeners: 1_000,
        conflate_ms: 100,
        changes_per_sec: 10_000,
    },
    Load { what: "1,000, each 100 ms", listeners: 1_000, conflate_ms: 100, changes_per_sec: 1_000 },
];

/// What one run came to.
struct Run {
    seconds: f64,
    changes: u64,
    frames: u64,
    bytes: u64,
    /// Seconds of processor.
    server_cpu: f64,
    /// p50 and p99 in milliseconds.
    delays: [u64; 2],
}

async fn open(exchange: &Process, name: &str) -> Socket {
    let url = format!("{}/ws/{name}", exchange.base.replacen("http", "ws", 1));
    connect_async(url).await.expect("the exchange takes connections").0
}

async fn say(socket: &mut Socket, message: Value) {
    socket.send(Message::text(message.to_string())).await.expect("the connection holds");
}

async fn until_told(socket: &mut Socket, what: &str) {
    while let Some(Ok(message)) = socket.next().await {
        let text = message.to_text().unwrap_or_default();
        assert!(!text.contains("\"type\":\"error\""), "{text}");
        if text.contains(what) {
            return;
        }
    }
    panic!("the connection ended before {what}");
}

/// Listens to the book until the connection ends.
async fn listen(mut socket: Socket, got: Arc<Got>) {
    let mut number = 0_u64;
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        if !got.counting.load(Ordering::Relaxed) || !text.contains("order_book_update") {
            continue;
        }
        got.frames.fetch_add(1, Ordering::Relaxed);
        got.bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
        number += 1;
        if number.is_multiple_of(SAMPLED)
            && let (Some(delay), Ok(mut delays)) = (delay(&text), got.delays.lock())
        {
            delays.saturating_record(delay.max(1));
        }
    }
}

/// Milliseconds since the event of a frame was decided.
fn delay(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once("\"timestamp\":\"")?;
    let at = OffsetDateTime::parse(rest.split('"').next()?, &Rfc3339).ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_millis() as i128;
    u64::try_from(now - at.unix_timestamp_nanos() / 1_000_000).ok()
}

/// Places and cancels at its share of the rate; gives how many changes were answered.
async fn make(mut socket: Socket, maker: u64, rate: u64, until: Instant) -> u64 {
    let (mut sent, mut answered, mut open) = (0_u64, 0_u64, std::collections::VecDeque::new());
    let started = Instant::now();
    loop {
        let due = (started.elapsed().as_micros() as u64 * rate / MAKERS) / 1_000_000;
        let ended = Instant::now() >= until;
        while !ended && sent < due && sent - answered < IN_FLIGHT {
            let message = match (sent % 2, open.front()) {
                (1, Some(_)) => json!({ "op": "order.cancel", "order_id": open.pop_front() }),
                _ => json!({ "op": "order.place", "order": order(maker, sent) }),
            };
            socket.feed(Message::text(message.to_string())).await.expect("the connection holds");
            sent += 1;
        }
        socket.flush().await.expect("the connection holds");
        if ended && answered == sent {
            return answered;
        }
        // What has come is read; then the next are due.
        let wait = tokio::time::timeout(Duration::from_millis(2), socket.next());
        let Ok(Some(Ok(message))) = wait.await else { continue };
        let text = message.to_text().unwrap_or_default();
        if text.contains("\"type\":\"order.") || text.contains("\"type\":\"error\"") {
            answered += 1;
        }
        if text.contains("\"type\":\"order.placed\"")
            && let Some((_, rest)) = text.split_once("\"order\":{\"id\":\"")
        {
            open.push_back(rest.split('"').next().unwrap_or_default().to_owned());
        }
    }
}

fn order(maker: u64, number: u64) -> Value {
    let away = 1 + (number * 7 + maker * 11) % 200;
    let (side, price) = match (number / 2) % 2 {
        0 => ("BUY", 60_000 - away),
        _ => ("SELL", 60_000 + away),
    };
    json!({
        "instrument": "BTC-USD", "order_type": side, "order_subtype": "LIMIT",
        "quantity": format!("0.000{}", 10 + number % 90), "price": format!("{price}.00"),
    })
}

async fn run(exchange: &Process, tokens: &[String], load: &Load) -> Run {
    let got = Got::nothing();
    let mut listening: Vec<JoinHandle<()>> = Vec::new();
    for number in 0..load.listeners {
        let mut socket = open(exchange, &format!("l{number}")).await;
        let channels = ["orderbook:BTC-USD"];
        let subscribe = json!({
            "op": "subscribe", "channels": channels, "conflate_ms": load.conflate_ms, "depth": 10,
        });
        say(&mut socket, subscribe).await;
        until_told(&mut socket, "subscribed").await;
        listening.push(tokio::spawn(listen(socket, got.clone())));
    }
    let mut sockets = Vec::new();
    for (maker, token) in tokens.iter().enumerate() {
        let mut socket = open(exchange, &format!("m{maker}")).await;
        say(&mut socket, json!({ "op": "auth", "token": token })).await;
        until_told(&mut socket, "authenticated").await;
        sockets.push(socket);
    }
    let server = exchange.id().to_string();
    let (started, cpu) = (Instant::now(), cpu_of(&server));
    let (rate, until) = (load.changes_per_sec, started + Duration::from_secs(SECONDS));
    got.counting.store(true, Ordering::Relaxed);
    let making: Vec<_> =
        (0..).zip(sockets).map(|(at, s)| tokio::spawn(make(s, at, rate, until))).collect();
    let mut changes = 0;
    for maker in making {
        changes += maker.await.expect("no maker panics");
    }
    got.counting.store(false, Ordering::Relaxed);
    let (seconds, server_cpu) = (started.elapsed().as_secs_f64(), cpu_of(&server) - cpu);
    listening.iter().for_each(JoinHandle::abort);
    let delays = got.delays.lock().expect("no listener panics");
    Run {
        seconds,
        changes,
        frames: got.frames.load(Ordering::Relaxed),
        bytes: got.bytes.load(Ordering::Relaxed),
        server_cpu,
        delays: [0.5, 0.99].map(|share| delays.value_at_quantile(share)),
    }
}

/// Frames a second and microseconds of processor a frame of a loop that only writes.
async fn bare(listeners: usize, frame: usize) -> (f64, f64) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address: SocketAddr = listener.local_addr().expect("it is bound");
    let writing = std::thread::spawn(move || {
        let accept = |_| listener.accept().expect("a reader comes").0;
        let mut sockets: Vec<TcpStream> = (0..listeners).map(accept).collect();
        let text = vec![b'x'; frame];
        let (started, mut frames) = (Instant::now(), 0_u64);
        while started.elapsed() < Duration::from_secs(SECONDS) {
            for socket in &mut sockets {
                socket.write_all(&text).expect("its reader reads");
                frames += 1;
            }
        }
        let cpu = cpu_of("thread-self");
        (frames as f64 / started.elapsed().as_secs_f64(), cpu * 1e6 / frames as f64)
    });
    let mut reading = Vec::new();
    for _ in 0..listeners {
        let mut socket = tokio::net::TcpStream::connect(address).await.expect("it listens");
        reading.push(tokio::spawn(async move {
            let mut room = vec![0; 64 * 1024];
            while socket.read(&mut room).await.is_ok_and(|read| read > 0) {}
        }));
    }
    for reader in reading {
        reader.await.expect("no reader panics");
    }
    writing.join().expect("the writer does not panic")
}

/// Seconds of processor that a process or thread has used.
fn cpu_of(whose: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{whose}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = after_name.split(' ').skip(11).take(2).filter_map(|n| n.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

async fn makers(exchange: &Process) -> Vec<String> {
    let admin = exchange.login("admin", ADMIN_PASSWORD).await;
    let mut tokens = Vec::new();
    for maker in 0..MAKERS {
        let name = format!("maker{maker}");
        tokens.push(exchange.register(&name).await);
        for currency in ["USD", "BTC"] {
            let path = format!("/api/admin/users/{name}/deposit");
            let body = json!({ "currency": currency, "amount": "10000000" });
            exchange.post(&path, &admin, body).await.ok();
        }
    }
    tokens
}

async fn measure() {
    println!(
        "{:<28}{:>10}{:>11}{:>8}{:>9}{:>10}{:>8}{:>8}{:>12}{:>10}",
        "",
        "changes/s",
        "frames/s",
        "bytes",
        "cores",
        "µs/frame",
        "p50 ms",
        "p99",
        "bare fr./s",
        "µs/frame"
    );
    for load in LOADS {
        let dir = tempfile::tempdir().expect("a folder can be made");
        let exchange = Process::start(dir.path());
        let tokens = makers(&exchange).await;
        let run = run(&exchange, &tokens, &load).await;
        drop(exchange);
        let size = run.bytes.checked_div(run.frames).unwrap_or_default();
        let (rate, cost) = match load.listeners {
            0 => (0.0, 0.0),
            listeners => bare(listeners, size as usize).await,
        };
        println!(
            "{:<28}{:>10.0}{:>11.0}{size:>8}{:>9.2}{:>10.1}{:>8}{:>8}{rate:>12.0}{cost:>10.1}",
            load.what,
            run.changes as f64 / run.seconds,
            run.frames as f64 / run.seconds,
            run.server_cpu / run.seconds,
            run.server_cpu * 1e6 / run.frames.max(1) as f64,
            run.delays[0],
            run.delays[1],
        );
    }
}

fn main() {
    // `cargo test --benches` only wants to know that it starts.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be made").block_on(measure());
}
