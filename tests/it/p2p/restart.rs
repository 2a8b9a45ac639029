//! After a restart, asked for or by kill -9, everything reads as it did, deadlines run again, and an
//! outage is nobody's fault.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{ADS, DAY, DISPUTES, Market, SECOND, TRADES, dispute_in, id, text};
use crate::{exchange::User, process::verify};

/// Everything that somebody can read.
async fn readable(
    market: &Market,
    user: &User,
    trades: &[String],
    dispute: &str,
) -> Vec<(String, Value)> {
    let mut pages: Vec<String> = [
        "/api/wallet",
        "/api/wallet/transactions?limit=500",
        "/api/user/me",
        "/api/user/notifications?limit=500",
        "/api/user/payment-accounts",
        "/api/user/blocks",
        "/api/user/favourites",
        "/api/escrow",
        "/api/reputation/seller",
        "/api/reputation/seller/reviews",
        "/api/reputation/buyer",
        "/api/user/seller",
        ADS,
        TRADES,
        DISPUTES,
    ]
    .map(str::to_owned)
    .to_vec();
    pages.push(format!("{ADS}?mine=true"));
    for trade in trades {
        for page in ["", "/messages", "/audit"] {
            pages.push(format!("{TRADES}/{trade}{page}"));
        }
    }
    pages.push(format!("{DISPUTES}/{dispute}"));
    let evidence = market.b.dispute(dispute).await["evidence"][0].clone();
    pages.push(format!("{DISPUTES}/{dispute}/evidence/{}", text(&evidence["sha256"])));
    let mut read = Vec::new();
    for page in pages {
        let mut reply = user.get(&page).await;
        // The one thing that is new in each answer.
        if let Some(problem) = reply.body.as_object_mut() {
            problem.remove("request_id");
        }
        read.push((page, json!([reply.status, reply.body])));
    }
    read
}

/// One of everything: ads of all kinds, trades in all states, a dispute with files, reviews, contacts.
/// Gives the trades of B and the dispute.
async fn busy(market: &Market) -> (Vec<String>, String) {
    let account = json!({
        "payment_method": "BANK_TRANSFER", "holder": "S. Eller", "details": "DE00 0001",
    });
    market.s.post("/api/user/payment-accounts", &account).await.is_done(201);
    let ad = market.ad(&market.s, json!({ "available_amount": "2000" })).await;
    let mut trades = Vec::new();
    let take = async || market.take(&market.b, &ad, "50").await;
    let done = take().await;
    market.b.writes(&done, "hello").await.is_done(201);
    market.b.pays(&done).await.is_done(200);
    market.s.confirms(&done).await.is_done(200);
    market.b.reviews(&done, 5).await.is_done(201);
    let gone = take().await;
    market.b.cancels(&gone).await.is_done(200);
    trades.extend([done, gone]);
    let (disputed, dispute) = market.disputed().await;
    market.b.brings(&dispute, b"\x89PNG\r\n\x1a\n receipt", "image/png").await.is_done(201);
    let frozen = market.take(&market.b, &ad, "50").await;
    let freeze = format!("/api/admin/p2p/trades/{frozen}/freeze");
    market.admin.post(&freeze, &json!({ "reason": "a report" })).await.is_done(200);
    let second = market.ad(&market.s, json!({ "available_amount": "100" })).await;
    let pending = market.take(&market.b, &second, "50").await;
    market.s.writes(&pending, "pay soon").await.is_done(201);
    trades.extend([disputed, frozen, pending]);
    market.ad(&market.b, json!({ "ad_type": "BUY" })).await;
    let closed = market.ad(&market.s, json!({ "available_amount": "100" })).await;
    market.s.turns(&closed, "close").await.is_done(200);
    let paused = market.ad(&market.s, json!({ "available_amount": "100" })).await;
    market.s.turns(&paused, "pause").await.is_done(200);
    for (list, name) in [("blocks", "stranger"), ("favourites", "seller")] {
        market
            .b
            .post(&format!("/api/user/{list}"), &json!({ "username": name }))
            .await
            .is_done(201);
    }
    (trades, dispute)
}

#[actix::test]
async fn everything_reads_the_same_after_a_stop_and_after_a_kill() {
    let mut market = Market::open_with(&[("SOUK_SNAPSHOT_EVERY_FACTS", "20")]).await;
    let stranger = market.joins("stranger").await;
    let (trades, dispute) = busy(&market).await;
    let mut read = Vec::new();
    for user in [&market.s, &market.b, &stranger] {
        read.push(readable(&market, user, &trades, &dispute).await);
    }
    let digest = market.admin.get("/api/system/digest").await.body;
    for clean in [true, false, true] {
        match clean {
            true => market.app.terminate_and_restart(),
            false => market.app.kill9_and_restart(),
        }
        market.again().await;
        let stranger = market.same(&stranger);
        for (user, before) in [&market.s, &market.b, &stranger].into_iter().zip(&read) {
            let after = readable(&market, user, &trades, &dispute).await;
            for ((page, before), (_, after)) in before.iter().zip(&after) {
                assert_eq!(before, after, "{page} after a restart");
            }
        }
        assert_eq!(market.admin.get("/api/system/digest").await.body, digest);
        market.adds_up().await;
    }
    // Deadlines run again: the payment window of one, the target of another.
    market.advance(900 * SECOND).await;
    let status = async |trade: &str| text(&market.b.trade(trade).await["status"]);
    assert_eq!(status(&trades[4]).await, "EXPIRED");
    assert_eq!(status(&trades[3]).await, "PENDING", "frozen");
    market.advance(3 * DAY).await;
    assert_eq!(market.b.dispute(&dispute).await["escalated"], true);
    market.adds_up().await;
    assert!(market.app.terminate().success());
    let (code, verdict) = verify(market.app.dir.path());
    assert_eq!((code, &verdict["balanced"]), (0, &json!(true)), "{verdict}");
}

#[actix::test]
async fn a_verdict_is_carried_out_after_a_restart_at_its_time() {
    let mut market = Market::open().await;
    let (trade, dispute) = market.disputed().await;
    let arbitrator = market.arbitrator("arbitrator").await;
    arbitrator.judges(&dispute, "take", json!({})).await.is_done(200);
    arbitrator.decides(&dispute, "BUYER").await.is_done(200);
    market.advance(DAY - 1).await;
    market.app.kill9_and_restart();
    market.again().await;
    assert_eq!(market.b.trade(&trade).await["status"], "VERDICT_PENDING");
    market.advance(1).await;
    assert_eq!(market.b.trade(&trade).await["status"], "RESOLVED_BUYER");
    assert_eq!(market.b.available("USDT").await, "5490.196078");
    let reviewed = market.b.reviews(&trade, 5).await;
    reviewed.is_refused(409, "TRADE_STATE_FORBIDS");
    market.adds_up().await;
}

#[actix::test]
async fn an_ad_expires_after_a_restart() {
    let mut market = Market::open().await;
    let ad = market.ad(&market.s, json!({ "expires_at": "2030-01-01T09:00:00.000Z" })).await;
    let trade = market.tr1(&ad).await;
    market.b.pays(&trade).await.is_done(200);
    market.app.kill9_and_restart();
    market.again().await;
    market.advance(3_600 * SECOND - 1).await;
    assert_eq!(market.s.ad(&ad).await["status"], "ACTIVE");
    market.advance(1).await;
    let expired = market.s.ad(&ad).await;
    assert_eq!(expired["status"], "EXPIRED");
    assert_eq!(market.s.has("USDT").await, ["4509.803922", "0.000000", "490.196078"]);
    market.s.confirms(&trade).await.is_done(200);
    market.adds_up().await;
}

/// A time on the wire, in milliseconds.
fn millis(time: &Value) -> i128 {
    let time = OffsetDateTime::parse(time.as_str().unwrap(), &Rfc3339).unwrap();
    time.unix_timestamp_nanos() / 1_000_000
}

/// Lets time pass in which the exchange is down; the folder is looked at meanwhile.
fn outage(market: &Market, lasts: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < lasts {
        let (code, verdict) = verify(market.app.dir.path());
        assert!([0, 3].contains(&code), "{verdict}");
    }
}

#[actix::test]
async fn an_outage_moves_open_deadlines_by_its_length_as_one_fact() {
    let windows = [("SOUK_P2P_RELEASE_WINDOW_SECS", "3"), ("SOUK_P2P_AUTO_DISPUTE_SECS", "2")];
    let mut market = Market::on_system_clock(&windows).await;
    let trade = market.paid().await;
    let other = market.joins("other").await;
    let ad = market.ad(&market.s, json!({ "available_amount": "100" })).await;
    let pending = market.take(&other, &ad, "50").await;
    let deadlines = async |market: &Market, other: &User| {
        let (paid, pending) = (market.b.trade(&trade).await, other.trade(&pending).await);
        [millis(&paid["deadline"]), millis(&pending["deadline"])]
    };
    let before = deadlines(&market, &other).await;
    let sequence = market.app.sequence().await;
    let asked = Instant::now();
    market.app.process.kill();
    let killed = Instant::now();
    outage(&market, Duration::from_millis(3_500));
    let down_at_least = killed.elapsed().as_millis() as i128;
    market.app.restart();
    let down_at_most = asked.elapsed().as_millis() as i128;
    market.again().await;
    let other = market.same(&other);
    assert_eq!(market.app.sequence().await, sequence + 1, "the shift is one fact");
    // The release window was over by the clock on the wall, and the seller still has what was left.
    assert_eq!(market.b.trade(&trade).await["status"], "PAYMENT_SENT");
    let after = deadlines(&market, &other).await;
    let shift = after[0] - before[0];
    assert_eq!(after[1] - before[1], shift);
    // The last sign of life is a second old at most, and the clock of the wall is read in between.
    assert!((down_at_least - 100..down_at_most + 1_500).contains(&shift), "{shift}");
    let path = format!("{TRADES}/{trade}");
    let is = |status: &'static str| {
        move |body: &Value| {
            let trade = body.get("trade").filter(|t| t.is_object()).unwrap_or(body);
            trade["status"] == status
        }
    };
    market.b.waits_for(&path, is("RELEASE_OVERDUE")).await;
    let overdue = market.b.trade(&trade).await;
    assert_eq!(millis(&overdue["updated_at"]), after[0], "effective at its deadline");
    market.b.waits_for(&path, is("DISPUTED")).await;
    assert_eq!(market.b.trade(&trade).await["status_reason"], "OPENED_BY_CLOCK");
    market.adds_up().await;
}

#[actix::test]
async fn without_the_shift_deadlines_of_an_outage_fire_before_anyone_is_let_in() {
    let settings = [("SOUK_P2P_RELEASE_WINDOW_SECS", "1"), ("SOUK_DOWNTIME_SHIFT", "false")];
    let mut market = Market::on_system_clock(&settings).await;
    let trade = market.paid().await;
    let due = millis(&market.b.trade(&trade).await["deadline"]);
    market.app.process.kill();
    outage(&market, Duration::from_millis(1_200));
    market.app.restart();
    market.again().await;
    let overdue = market.b.trade(&trade).await;
    assert_eq!(overdue["status"], "RELEASE_OVERDUE");
    assert_eq!(millis(&overdue["updated_at"]), due, "effective at its deadline, however late");
    // Whoever asks next finds it done.
    let opened = market.b.disputes(&trade, "NOT_RELEASED").await;
    assert_eq!(dispute_in(&opened)["status"], "OPEN");
    assert!(!id(dispute_in(&opened)).is_empty());
    market.adds_up().await;
}

#[actix::test]
async fn deadlines_by_the_systems_clock_fire_without_anyone_asking() {
    let windows = [
        ("SOUK_P2P_RELEASE_WINDOW_SECS", "1"),
        ("SOUK_P2P_AUTO_DISPUTE_SECS", "1"),
        ("SOUK_P2P_APPEAL_WINDOW_SECS", "1"),
        ("SOUK_P2P_STATEMENT_WINDOW_SECS", "1"),
        ("SOUK_P2P_DISPUTE_TARGET_SECS", "1"),
    ];
    let market = Market::on_system_clock(&windows).await;
    let arbitrator = market.arbitrator("arbitrator").await;
    let trade = market.paid().await;
    let told = |action: &'static str| {
        move |body: &Value| {
            let told = body["data"].as_array().unwrap();
            told.iter().any(|told| told["action"] == action)
        }
    };
    // What both are told of is durable, so nobody has to ask the trade itself.
    let notices = "/api/user/notifications";
    for action in ["RELEASE_WINDOW_OVER", "DISPUTE_OPENED_BY_CLOCK", "ESCALATED"] {
        market.s.waits_for(notices, told(action)).await;
    }
    let dispute = text(&market.b.trade(&trade).await["dispute_id"]);
    arbitrator.judges(&dispute, "take", json!({})).await.is_done(200);
    let decided = arbitrator.decides(&dispute, "BUYER").await;
    decided.is_done(200);
    market.b.waits_for(notices, told("VERDICT_CARRIED_OUT")).await;
    assert_eq!(market.b.available("USDT").await, "5490.196078");
    market.adds_up().await;
}
