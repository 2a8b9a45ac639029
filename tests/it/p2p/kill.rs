//! kill -9 under P2P load: every sum is exact, the digest is the same everywhere, and nothing that was
//! acknowledged is lost.

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
    rc::Rc,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use super::{DISPUTES, Market, STATEMENT, TRADES, id, minor, taking, text};
use crate::{exchange::User, floor::scale, process::verify};

/// What a trade's parties do to it, one after the other: who, what, and where it leads.
type Script = &'static [(Who, &'static str, &'static str)];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Buyer,
    Seller,
}
use Who::{Buyer, Seller};

const SCRIPTS: [Script; 6] = [
    &[(Buyer, "cancel", "CANCELLED")],
    &[(Buyer, "payment-sent", "PAYMENT_SENT"), (Seller, "confirm-payment", "COMPLETED")],
    &[
        (Buyer, "payment-sent", "PAYMENT_SENT"),
        (Seller, "cancel", "PAYMENT_SENT"),
        (Buyer, "cancel/accept", "CANCELLED"),
    ],
    &[
        (Buyer, "messages", "PENDING"),
        (Buyer, "payment-sent", "PAYMENT_SENT"),
        (Seller, "dispute", "DISPUTED"),
        (Buyer, "concede", "CANCELLED"),
    ],
    &[
        (Seller, "extend", "PENDING"),
        (Buyer, "payment-sent", "PAYMENT_SENT"),
        (Seller, "dispute", "DISPUTED"),
        (Seller, "confirm-payment", "COMPLETED"),
    ],
    // Left open.
    &[(Buyer, "payment-sent", "PAYMENT_SENT")],
];

/// What is known of a trade: where it was when last heard of, and where it may have gone since.
struct Told {
    trade: String,
    acknowledged: &'static str,
    tried: &'static str,
    messages: usize,
}

/// What one buyer did: the trades, and whether a take was not answered.
struct Deals {
    buyer: User,
    told: Vec<Told>,
    maybe_one_more: bool,
}

/// One step of a script; `None` where nobody answers any more.
async fn step(who: &User, trade: &str, verb: &str) -> Option<()> {
    let (path, body) = match verb {
        "dispute" => {
            let reason = "PAYMENT_NOT_RECEIVED";
            (
                DISPUTES.to_owned(),
                json!({ "trade_id": trade, "reason": reason, "statement": STATEMENT }),
            )
        }
        "messages" => (format!("{TRADES}/{trade}/{verb}"), json!({ "text": "hello" })),
        _ => (format!("{TRADES}/{trade}/{verb}"), json!({})),
    };
    let reply = who.tries(&path, &body).await?;
    match reply.status {
        200 | 201 => Some(()),
        503 => None,
        _ => panic!("{verb}: {}", reply.body),
    }
}

/// Takes ads one after the other until the exchange is gone. Each ad is taken once only: what is left
/// open bars another take of it.
async fn deal(
    seller: User,
    buyer: User,
    ads: Vec<String>,
    seed: u64,
    opened: Rc<Cell<usize>>,
) -> Deals {
    let mut random = StdRng::seed_from_u64(seed);
    let mut deals = Deals { buyer, told: Vec::new(), maybe_one_more: false };
    let mut ads = ads.into_iter();
    let mut ad = ads.next();
    while let Some(now) = &ad {
        let Some(reply) = deals.buyer.tries(TRADES, &taking(now, "1")).await else {
            deals.maybe_one_more = true;
            break;
        };
        if reply.status == 503 {
            deals.maybe_one_more = true;
            break;
        }
        reply.is_done(201);
        opened.set(opened.get() + 1);
        let trade = id(&reply.body["trade"]);
        let mut told = Told { trade, acknowledged: "PENDING", tried: "PENDING", messages: 0 };
        let script = SCRIPTS[random.random_range(0..SCRIPTS.len())];
        let mut gone = false;
        for (who, verb, leads_to) in script {
            told.tried = leads_to;
            let user = if *who == Buyer { &deals.buyer } else { &seller };
            if step(user, &told.trade, verb).await.is_none() {
                gone = true;
                break;
            }
            told.acknowledged = leads_to;
            told.messages += usize::from(*verb == "messages");
        }
        if !gone && told.acknowledged == "PAYMENT_SENT" {
            ad = ads.next();
        }
        deals.told.push(told);
        if gone {
            break;
        }
    }
    deals
}

impl Deals {
    /// Compares what was told with what is there; gives the ids.
    async fn check(&self, buyer: &User) -> Vec<String> {
        let trades = buyer.trades().await;
        let found: HashMap<String, &Value> =
            trades.iter().map(|trade| (id(trade), trade)).collect();
        for told in &self.told {
            let trade = found.get(&told.trade);
            let trade = trade.unwrap_or_else(|| panic!("{} was lost", told.trade));
            let status = text(&trade["status"]);
            let may = [told.acknowledged, told.tried];
            assert!(may.contains(&status.as_str()), "{status} is none of {may:?}: {trade}");
            if told.messages > 0 {
                let chat = buyer.all(&format!("{TRADES}/{}/messages", told.trade)).await;
                assert_eq!(chat.len(), told.messages, "a message was lost, or is there twice");
            }
        }
        let more = trades.len() - self.told.len();
        assert!(more <= usize::from(self.maybe_one_more), "{more} trades that nobody asked for");
        trades.iter().map(id).collect()
    }
}

/// Sellers with two buyers each, at work until so many trades were opened; then kill -9.
async fn work_until_killed(market: &mut Market, round: u64, enough: usize) -> Vec<Deals> {
    let opened = Rc::new(Cell::new(0));
    let mut load = Vec::new();
    for stall in 0..3 {
        let seller = market.joins(&format!("r{round}s{stall}")).await;
        let mut ads = Vec::new();
        for _ in 0..8 {
            let change = json!({ "available_amount": "300", "min_limit": "1" });
            ads.push(market.ad(&seller, change).await);
        }
        for number in 0..2 {
            let buyer = market.joins(&format!("r{round}s{stall}b{number}")).await;
            let seed = round * 100 + stall * 10 + number;
            let deals = deal(seller.clone(), buyer, ads.clone(), seed, opened.clone());
            load.push(actix::spawn(deals));
        }
    }
    while opened.get() < enough && !load.iter().all(|buyer| buyer.is_finished()) {
        tokio::task::yield_now().await;
    }
    market.app.process.signal("KILL");
    let mut deals = Vec::new();
    for buyer in load {
        deals.push(buyer.await.unwrap());
    }
    market.app.process.ended();
    deals
}

#[actix::test]
async fn scenario_18_kill_9_under_p2p_load_loses_nothing_acknowledged() {
    let settings = [("SOUK_SNAPSHOT_EVERY_FACTS", "500"), ("SOUK_DURABILITY", "disk")];
    let mut market = Market::on_system_clock(&settings).await;
    let mut random = StdRng::seed_from_u64(18);
    let (mut trades, mut ids) = (0, HashSet::new());
    for round in 0..10 * scale() as u64 {
        let before = market.people.borrow().len();
        let deals = work_until_killed(&mut market, round, random.random_range(50..160)).await;
        let (code, verdict) = verify(market.app.dir.path());
        assert!([0, 3].contains(&code), "round {round}: {verdict}");
        assert_eq!(verdict["balanced"], true, "round {round}: {verdict}");
        market.app.restart();
        market.again().await;
        let digest = market.admin.get("/api/system/digest").await.body;
        // Since the shift of the deadlines is the one fact that a start makes.
        assert_eq!(digest["sequence"].as_u64().unwrap(), verdict["through"].as_u64().unwrap() + 1);
        for deals in &deals {
            for id in deals.check(&market.same(&deals.buyer)).await {
                assert!(ids.insert(id), "an id was given out twice");
            }
            trades += deals.told.len();
        }
        let people = market.people.borrow()[before..].to_vec();
        for (name, token) in people {
            let user = market.app.again(&token);
            let total = market.holds(&name, user.clone()).await["USDT"];
            assert_eq!(total, 5_000_000_000 + received(&user, &name).await, "{name}");
        }
    }
    assert!(trades >= 500 * scale(), "{trades}");
    market.adds_up().await;
    let live = market.admin.get("/api/system/digest").await.body;
    assert!(market.app.terminate().success());
    let (code, verdict) = verify(market.app.dir.path());
    assert_eq!((code, verdict["balanced"].as_bool()), (0, Some(true)), "{verdict}");
    assert_eq!([&verdict["through"], &verdict["digest"]], [&live["sequence"], &live["digest"]]);
}

/// What a user bought, less what was sold.
async fn received(user: &User, name: &str) -> i128 {
    let trades = user.trades().await;
    let completed = trades.iter().filter(|trade| trade["status"] == "COMPLETED");
    let signed = |trade: &Value| match trade["buyer"] == name {
        true => minor(&trade["amount"]),
        false => -minor(&trade["amount"]),
    };
    completed.map(signed).sum()
}
