//! Each transition is in the audit trail, with who did it and the journal's number, and both sides are
//! told of it; what the table of transitions does not have changes nothing.

use serde_json::{Value, json};

use super::{DAY, DISPUTES, Market, SECOND, STATEMENT, TRADES, dispute_in, id, text, trade_in};
use crate::exchange::User;

/// What both sides were told of a trade: action, status and sequence, oldest first.
async fn told(user: &User, trade: &str) -> Vec<(String, String, u64)> {
    let mut told: Vec<_> = user
        .all("/api/user/notifications")
        .await
        .into_iter()
        .filter(|told| told["type"] == "P2P_TRADE" && told["p2p_trade_id"] == trade)
        .map(|told| {
            (text(&told["action"]), text(&told["status"]), told["sequence"].as_u64().unwrap())
        })
        .collect();
    told.reverse();
    told
}

#[actix::test]
async fn everything_that_is_done_to_a_trade_is_audited_and_told_to_both() {
    let market = Market::open().await;
    let (first, second) = (market.arbitrator("first").await, market.arbitrator("second").await);
    let (s, b) = (&market.s, &market.b);
    let trade = market.tr1(&market.ad1().await).await;
    let reason = json!({ "reason": "a report came in" });
    let admin = |verb: &str| format!("/api/admin/p2p/trades/{trade}/{verb}");
    s.acts(&trade, "extend").await.is_done(200);
    s.cancels(&trade).await.is_done(200);
    b.acts(&trade, "cancel/reject").await.is_done(200);
    b.pays(&trade).await.is_done(200);
    market.advance(900 * SECOND).await;
    let opened = b.disputes(&trade, "NOT_RELEASED").await;
    let withdrawn = id(dispute_in(&opened));
    b.judges(&withdrawn, "withdraw", json!({})).await.is_done(200);
    market.advance(DAY).await;
    let dispute = text(&b.trade(&trade).await["dispute_id"]);
    assert_ne!(dispute, withdrawn);
    for user in [b, s] {
        let statement = user.judges(&dispute, "statement", json!({ "text": STATEMENT })).await;
        statement.is_done(200);
    }
    b.brings(&dispute, b"a receipt", "text/plain").await.is_done(201);
    first.judges(&dispute, "take", json!({})).await.is_done(200);
    market.admin.judges(&dispute, "reassign", json!({ "arbitrator": "second" })).await.is_done(200);
    market.admin.post(&admin("freeze"), &reason).await.is_done(200);
    market.admin.post(&admin("unfreeze"), &reason).await.is_done(200);
    market.advance(3 * DAY).await;
    second.decides(&dispute, "SELLER").await.is_done(200);
    b.judges(&dispute, "appeal", json!({ "reason": "I did pay" })).await.is_done(200);
    first.judges(&dispute, "take", json!({})).await.is_done(200);
    first.decides(&dispute, "BUYER").await.is_done(200);
    market.advance(DAY).await;
    let audit = b.audit(&trade).await;
    let lines: Vec<String> = audit
        .iter()
        .map(|line| {
            let by = line["by"].as_str().unwrap_or("-");
            let of = |name: &str| text(&line[name]);
            format!("{} {by} {} {}", of("party"), of("action"), of("status"))
        })
        .collect();
    assert_eq!(
        lines,
        [
            "BUYER buyer OPENED PENDING",
            "SELLER seller EXTENDED PENDING",
            "SELLER seller CANCEL PENDING",
            "BUYER buyer CANCEL_REJECTED PENDING",
            "BUYER buyer PAYMENT_SENT PAYMENT_SENT",
            "CLOCK - RELEASE_WINDOW_OVER RELEASE_OVERDUE",
            "BUYER buyer DISPUTE_OPENED DISPUTED",
            "BUYER buyer DISPUTE_WITHDRAWN RELEASE_OVERDUE",
            "CLOCK - DISPUTE_OPENED_BY_CLOCK DISPUTED",
            "BUYER buyer STATEMENT DISPUTED",
            "SELLER seller STATEMENT DISPUTED",
            "BUYER buyer EVIDENCE DISPUTED",
            "ARBITRATOR first DISPUTE_TAKEN DISPUTED",
            "ADMIN admin DISPUTE_REASSIGNED DISPUTED",
            "ADMIN admin FROZEN DISPUTED",
            "ADMIN admin UNFROZEN DISPUTED",
            "CLOCK - ESCALATED DISPUTED",
            "ARBITRATOR second VERDICT VERDICT_PENDING",
            "BUYER buyer APPEALED DISPUTED",
            "ARBITRATOR first DISPUTE_TAKEN DISPUTED",
            "ARBITRATOR first VERDICT VERDICT_PENDING",
            "CLOCK - VERDICT_CARRIED_OUT RESOLVED_BUYER",
        ]
    );
    let expected: Vec<(String, String, u64)> = audit
        .iter()
        .map(|line| {
            (text(&line["action"]), text(&line["status"]), line["sequence"].as_u64().unwrap())
        })
        .collect();
    assert!(expected.windows(2).all(|pair| pair[0].2 < pair[1].2));
    assert_eq!(told(b, &trade).await, expected);
    assert_eq!(told(s, &trade).await, expected);
    // The arbitrator is told from the day on which the dispute was taken, and the admins when it was
    // not decided in time.
    let of_first: Vec<String> = told(&first, &trade).await.into_iter().map(|t| t.0).collect();
    assert!(of_first.starts_with(&["DISPUTE_TAKEN".into()]), "{of_first:?}");
    assert!(told(&market.admin, &trade).await.iter().any(|told| told.0 == "ESCALATED"));
    assert_eq!(s.audit(&trade).await, audit);
    assert_eq!(market.b.has("USDT").await[0], "5490.196078");
    market.adds_up().await;
}

#[actix::test]
async fn what_nobody_else_does_between_has_consecutive_numbers() {
    let market = Market::open().await;
    let (trade, dispute) = market.disputed().await;
    market.b.writes(&trade, "hello?").await.is_done(201);
    market.s.judges(&dispute, "withdraw", json!({})).await.is_done(200);
    market.s.confirms(&trade).await.is_done(200);
    let audit = market.b.audit(&trade).await;
    let numbers: Vec<u64> = audit.iter().map(|line| line["sequence"].as_u64().unwrap()).collect();
    // A message is in the chat, and its number with it.
    let chat = market.b.all(&format!("{TRADES}/{trade}/messages")).await;
    let said = chat[0]["sequence"].as_u64().unwrap();
    let first = numbers[0];
    let mut all = [numbers, vec![said]].concat();
    all.sort_unstable();
    assert_eq!(all, (first..first + 7).collect::<Vec<u64>>());
}

/// Every verb of a party in this state: which ones are refused, and by what.
async fn refused_in(user: &User, trade: &str, verbs: &[&str], state: &str) {
    for verb in verbs {
        let body = if *verb == "cancel" { json!({ "not_paid": true }) } else { json!({}) };
        let reply = user.post(&format!("{TRADES}/{trade}/{verb}"), &body).await;
        assert_eq!(reply.status, 409, "{verb} in {state}: {}", reply.body);
        assert_eq!(reply.body["state"], state, "{verb}: {}", reply.body);
    }
}

const OF_BUYER: [&str; 5] = ["payment-sent", "cancel", "cancel/accept", "cancel/reject", "concede"];
const OF_SELLER: [&str; 3] = ["confirm-payment", "cancel", "extend"];

#[actix::test]
async fn a_trade_that_has_ended_refuses_everything_and_names_its_state() {
    let market = Market::open().await;
    let ad = market.ad(&market.s, json!({ "available_amount": "4000" })).await;
    let (b, s) = (&market.b, &market.s);
    let arbitrator = market.arbitrator("arbitrator").await;
    let mut ended: Vec<(String, &str)> = Vec::new();
    let take = async || market.take(b, &ad, "50").await;
    let paid = async || {
        let trade = take().await;
        b.pays(&trade).await.is_done(200);
        trade
    };
    let trade = take().await;
    b.cancels(&trade).await.is_done(200);
    ended.push((trade, "CANCELLED"));
    let trade = take().await;
    market.advance(900 * SECOND).await;
    ended.push((trade, "EXPIRED"));
    let trade = paid().await;
    s.confirms(&trade).await.is_done(200);
    ended.push((trade, "COMPLETED"));
    for (outcome, state) in
        [("BUYER", "RESOLVED_BUYER"), ("SELLER", "RESOLVED_SELLER"), ("SPLIT", "RESOLVED_SPLIT")]
    {
        let trade = paid().await;
        let opened = s.disputes(&trade, "PAYMENT_NOT_RECEIVED").await;
        let dispute = id(dispute_in(&opened));
        b.disputes(&trade, "OTHER").await.is_done(201);
        arbitrator.judges(&dispute, "take", json!({})).await.is_done(200);
        let percent = (outcome == "SPLIT").then_some(1);
        let mut verdict = json!({ "outcome": outcome, "reason": "so it is", "fraud": false });
        if let Some(percent) = percent {
            verdict["buyer_percent"] = json!(percent);
        }
        arbitrator.judges(&dispute, "verdict", verdict).await.is_done(200);
        market.advance(DAY).await;
        for verb in ["statement", "withdraw", "appeal"] {
            let body = match verb {
                "statement" => json!({ "text": STATEMENT }),
                _ => json!({}),
            };
            let reply = s.judges(&dispute, verb, body).await;
            assert!([403, 409].contains(&reply.status), "{verb}: {}", reply.body);
        }
        ended.push((trade, state));
    }
    let before = market.app.sequence().await;
    for (trade, state) in &ended {
        assert_eq!(b.trade(trade).await["status"], *state);
        let of_buyer: Vec<&str> = match *state {
            // Which has a code of its own, tested elsewhere.
            "EXPIRED" => OF_BUYER[1..].to_vec(),
            _ => OF_BUYER.to_vec(),
        };
        refused_in(b, trade, &of_buyer, state).await;
        refused_in(s, trade, &OF_SELLER, state).await;
        let late = b.disputes(trade, "NOT_RELEASED").await;
        late.is_refused(409, "TRADE_STATE_FORBIDS");
    }
    assert_eq!(market.app.sequence().await, before);
    market.adds_up().await;
}

#[actix::test]
async fn each_open_state_refuses_what_does_not_belong_to_it() {
    let market = Market::open().await;
    let (b, s) = (&market.b, &market.s);
    let trade = market.tr1(&market.ad1().await).await;
    refused_in(b, &trade, &["cancel/accept", "cancel/reject", "concede"], "PENDING").await;
    refused_in(s, &trade, &["confirm-payment"], "PENDING").await;
    s.acts(&trade, "extend").await.is_done(200);
    s.acts(&trade, "extend").await.is_refused(409, "ALREADY_EXTENDED");
    s.cancels(&trade).await.is_done(200);
    s.cancels(&trade).await.is_refused(409, "CANCEL_ALREADY_ASKED");
    // Who pays after all voids the request.
    b.pays(&trade).await.is_done(200);
    let accept = b.acts(&trade, "cancel/accept").await;
    accept.is_refused(409, "NO_CANCEL_REQUEST");
    refused_in(b, &trade, &["payment-sent", "concede"], "PAYMENT_SENT").await;
    refused_in(s, &trade, &["extend"], "PAYMENT_SENT").await;
    b.disputes(&trade, "NOT_RELEASED").await.is_refused(409, "TRADE_STATE_FORBIDS");
    market.advance(900 * SECOND).await;
    refused_in(b, &trade, &["payment-sent", "concede"], "RELEASE_OVERDUE").await;
    refused_in(s, &trade, &["extend"], "RELEASE_OVERDUE").await;
    let opened = b.disputes(&trade, "NOT_RELEASED").await;
    let dispute = id(dispute_in(&opened));
    b.disputes(&trade, "NOT_RELEASED").await.is_refused(409, "ALREADY_ANSWERED");
    refused_in(b, &trade, &["payment-sent", "cancel", "cancel/accept"], "DISPUTED").await;
    refused_in(s, &trade, &["cancel", "extend"], "DISPUTED").await;
    s.judges(&dispute, "appeal", json!({})).await.is_refused(409, "TRADE_STATE_FORBIDS");
    // Twice at most, and only by who opened it.
    for _ in 0..2 {
        let dispute = text(&b.trade(&trade).await["dispute_id"]);
        s.judges(&dispute, "withdraw", json!({})).await.is_refused(403, "NOT_THE_OPENER");
        b.judges(&dispute, "withdraw", json!({})).await.is_done(200);
        b.disputes(&trade, "NOT_RELEASED").await.is_done(201);
    }
    let dispute = text(&b.trade(&trade).await["dispute_id"]);
    b.judges(&dispute, "withdraw", json!({})).await.is_refused(409, "TOO_MANY_WITHDRAWALS");
    let conceded = b.acts(&trade, "concede").await;
    assert_eq!(trade_in(&conceded)["status_reason"], "CONCEDED");
    assert_eq!(b.dispute(&dispute).await["status"], "CLOSED_BY_PARTIES");
    assert_eq!(s.has("USDT").await, ["4000.000000", "1000.000000", "0.000000"]);
    let listed: Vec<Value> = b.all(DISPUTES).await;
    assert!(listed.iter().all(|dispute| dispute["trade_id"] == trade.as_str()));
    market.adds_up().await;
}

#[actix::test]
async fn a_seller_who_confirms_closes_a_dispute_even_after_the_verdict() {
    let market = Market::open().await;
    let (trade, dispute) = market.disputed().await;
    let arbitrator = market.arbitrator("arbitrator").await;
    arbitrator.judges(&dispute, "take", json!({})).await.is_done(200);
    arbitrator.decides(&dispute, "SELLER").await.is_done(200);
    let confirmed = market.s.confirms(&trade).await;
    let done = trade_in(&confirmed);
    assert_eq!([&done["status"], &done["status_reason"]], ["COMPLETED", "RELEASED_IN_DISPUTE"]);
    assert_eq!(market.s.dispute(&dispute).await["status"], "CLOSED_BY_PARTIES");
    market.advance(DAY).await;
    assert_eq!(market.b.available("USDT").await, "5490.196078");
    market.adds_up().await;
}
