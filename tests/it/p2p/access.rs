//! Who may see and do what: a stranger learns nothing, a party nothing of what is not its own, and an
//! arbitrator decides only what is the arbitrator's to decide.

use serde_json::{Value, json};

use super::{
    ADS, DAY, DISPUTES, HOUR, Market, SECOND, STATEMENT, TRADES, dispute_in, id, text, trade_in,
};
use crate::exchange::User;

const ACCOUNTS: &str = "/api/user/payment-accounts";

fn account(details: &str) -> Value {
    json!({ "payment_method": "BANK_TRANSFER", "holder": "S. Eller", "details": details })
}

/// What a stranger may want to read of a trade.
fn pages(trade: &Value, dispute: &str) -> Vec<String> {
    let (trade, escrow) = (id(trade), text(&trade["escrow_id"]));
    vec![
        format!("{TRADES}/{trade}"),
        format!("{TRADES}/{trade}/messages"),
        format!("{TRADES}/{trade}/audit"),
        format!("/api/escrow/{escrow}"),
        format!("{DISPUTES}/{dispute}"),
    ]
}

#[actix::test]
async fn a_stranger_learns_nothing_of_a_trade() {
    let market = Market::open().await;
    let (trade, dispute) = market.disputed().await;
    market.b.writes(&trade, "are you there?").await.is_done(201);
    let brought = market.b.brings(&dispute, b"a receipt", "text/plain").await;
    brought.is_done(201);
    let evidence = market.b.dispute(&dispute).await["evidence"][0].clone();
    let file = format!("{DISPUTES}/{dispute}/evidence/{}", text(&evidence["sha256"]));
    let stranger = market.joins("stranger").await;
    let mut pages = pages(&market.b.trade(&trade).await, &dispute);
    pages.push(file);
    for page in &pages {
        market.b.get(page).await.is_done(200);
        market.s.get(page).await.is_done(200);
        let hidden = stranger.get(page).await;
        assert_eq!(hidden.status, 404, "{page}: {}", hidden.body);
        market.app.nobody().get(page).await.is_refused(401, "UNAUTHORIZED");
        // The same as of what does not exist, so that nobody counts other people's trades.
        let absent =
            stranger.get(&page.replace(&trade, "999424").replace(&dispute, "3997696")).await;
        assert_eq!((absent.status, &absent.body["code"]), (404, &hidden.body["code"]), "{page}");
        assert_eq!(absent.body["detail"], hidden.body["detail"], "{page}");
    }
    for list in [TRADES, "/api/escrow", DISPUTES, "/api/user/notifications"] {
        assert!(stranger.all(list).await.is_empty(), "{list}");
    }
    let before = market.app.sequence().await;
    let statement = json!({ "trade_id": trade, "reason": "OTHER", "statement": STATEMENT });
    stranger.post(DISPUTES, &statement).await.is_refused(404, "P2P_TRADE_NOT_FOUND");
    stranger.writes(&trade, "let me in").await.is_refused(404, "P2P_TRADE_NOT_FOUND");
    for verb in [
        "payment-sent",
        "confirm-payment",
        "cancel",
        "cancel/accept",
        "cancel/reject",
        "extend",
        "concede",
    ] {
        stranger.acts(&trade, verb).await.is_refused(404, "P2P_TRADE_NOT_FOUND");
    }
    for (verb, body) in [
        ("statement", json!({ "text": STATEMENT })),
        ("withdraw", json!({})),
        ("take", json!({})),
        ("appeal", json!({})),
        ("reassign", json!({ "arbitrator": "stranger" })),
    ] {
        let reply = stranger.judges(&dispute, verb, body).await;
        // Taking and deciding is a role's: who has it not may be told so, and learns nothing by it.
        assert!([403, 404].contains(&reply.status), "{verb}: {}", reply.body);
        if reply.status == 403 {
            let absent = stranger.judges("3997696", verb, json!({})).await;
            assert_eq!(absent.status, 403, "{verb}: {}", absent.body);
        }
    }
    stranger.decides(&dispute, "BUYER").await;
    stranger
        .brings(&dispute, b"a receipt", "text/plain")
        .await
        .is_refused(404, "DISPUTE_NOT_FOUND");
    stranger.reviews(&trade, 1).await.is_refused(404, "P2P_TRADE_NOT_FOUND");
    assert_eq!(market.app.sequence().await, before);
    market.adds_up().await;
}

#[actix::test]
async fn a_party_does_only_what_is_its_own_to_do() {
    let market = Market::open().await;
    let (trade, dispute) = market.disputed().await;
    let before = market.app.sequence().await;
    for (user, verb) in [
        (&market.s, "payment-sent"),
        (&market.s, "cancel/accept"),
        (&market.s, "cancel/reject"),
        (&market.s, "concede"),
        (&market.b, "confirm-payment"),
        (&market.b, "extend"),
    ] {
        user.acts(&trade, verb).await.is_refused(403, "NOT_ALLOWED");
    }
    for user in [&market.s, &market.b] {
        for verb in ["take", "verdict", "reassign"] {
            let body = match verb {
                "verdict" => json!({ "outcome": "BUYER", "reason": "it is mine", "fraud": false }),
                "reassign" => json!({ "arbitrator": "seller" }),
                _ => json!({}),
            };
            let reply = user.judges(&dispute, verb, body).await;
            assert_eq!(reply.status, 403, "{verb}: {}", reply.body);
        }
        for verb in ["freeze", "unfreeze"] {
            let path = format!("/api/admin/p2p/trades/{trade}/{verb}");
            user.post(&path, &json!({ "reason": "so" })).await.is_refused(403, "FORBIDDEN");
        }
    }
    market.b.judges(&dispute, "withdraw", json!({})).await.is_refused(403, "NOT_THE_OPENER");
    assert_eq!(market.app.sequence().await, before);
    let ad = text(&market.s.trade(&trade).await["advertisement_id"]);
    for verb in ["pause", "resume", "close"] {
        market.b.turns(&ad, verb).await.is_refused(403, "NOT_ALLOWED");
    }
    market.b.edits(&ad, &json!({ "price": "0.01" })).await.is_refused(403, "NOT_ALLOWED");
    market.s.takes_ad(&ad, "100").await.is_refused(422, "OWN_AD");
    assert_eq!(market.app.sequence().await, before);
}

#[actix::test]
async fn an_arbitrator_sees_what_is_disputed_and_decides_what_was_taken() {
    let market = Market::open().await;
    let arbitrator = market.arbitrator("arbitrator").await;
    let second = market.arbitrator("second").await;
    let quiet = market.take(&market.joins("quiet").await, &market.ad1().await, "50").await;
    arbitrator.get(&format!("{TRADES}/{quiet}")).await.is_refused(404, "P2P_TRADE_NOT_FOUND");
    let (trade, dispute) = market.disputed().await;
    arbitrator.decides(&dispute, "BUYER").await.is_refused(403, "NOT_ASSIGNED");
    let open = arbitrator.all(DISPUTES).await;
    assert_eq!(open.len(), 1, "arbitrators see what is open: {open:?}");
    assert_eq!(id(&open[0]), dispute);
    arbitrator.judges(&dispute, "take", json!({})).await.is_done(200);
    second.judges(&dispute, "take", json!({})).await.is_refused(409, "DISPUTE_TAKEN");
    second.decides(&dispute, "BUYER").await.is_refused(403, "NOT_ASSIGNED");
    let to_second = json!({ "arbitrator": "second" });
    second.judges(&dispute, "reassign", to_second.clone()).await.is_refused(403, "NOT_ASSIGNED");
    // The assigned one reads everything, writes into the chat, and touches no coins.
    for page in pages(&market.b.trade(&trade).await, &dispute) {
        arbitrator.get(&page).await.is_done(200);
    }
    arbitrator.writes(&trade, "please send the receipt").await.is_done(201);
    for verb in ["confirm-payment", "concede", "payment-sent"] {
        arbitrator.acts(&trade, verb).await.is_refused(403, "NOT_ALLOWED");
    }
    let passed = arbitrator.judges(&dispute, "reassign", to_second).await;
    assert_eq!(dispute_in(&passed)["arbitrator"], "second");
    arbitrator.decides(&dispute, "BUYER").await.is_refused(403, "NOT_ASSIGNED");
    let to_nobody = json!({ "arbitrator": "quiet" });
    let reply = market.admin.judges(&dispute, "reassign", to_nobody).await;
    reply.is_refused(422, "NOT_AN_ARBITRATOR");
    let back = json!({ "arbitrator": "arbitrator" });
    market.admin.judges(&dispute, "reassign", back).await.is_done(200);
    arbitrator.decides(&dispute, "SELLER").await.is_done(200);
    market.adds_up().await;
}

#[actix::test]
async fn an_arbitrator_is_no_party_and_not_blocked_with_one() {
    let market = Market::open().await;
    let (_, dispute) = market.disputed().await;
    let role = json!({ "role": "ARBITRATOR" });
    for name in ["seller", "buyer"] {
        market.admin.post(&format!("/api/admin/users/{name}"), &role).await.is_done(200);
    }
    for party in [&market.s, &market.b] {
        let reply = party.judges(&dispute, "take", json!({})).await;
        assert_eq!(reply.status, 403, "{}", reply.body);
    }
    let (hostile, disliked) =
        (market.arbitrator("hostile").await, market.arbitrator("disliked").await);
    let block = async |by: &User, whom: &str| {
        let reply = by.post("/api/user/blocks", &json!({ "username": whom })).await;
        assert!(reply.status < 300, "{}", reply.body);
    };
    block(&hostile, "buyer").await;
    block(&market.s, "disliked").await;
    for user in [&hostile, &disliked] {
        let refused = user.judges(&dispute, "take", json!({})).await;
        refused.is_refused(403, "CONFLICT_OF_INTEREST");
    }
    for name in ["hostile", "disliked", "seller"] {
        let reply = market.admin.judges(&dispute, "reassign", json!({ "arbitrator": name })).await;
        reply.is_refused(403, "CONFLICT_OF_INTEREST");
    }
    let fair = market.arbitrator("fair").await;
    fair.judges(&dispute, "take", json!({})).await.is_done(200);
}

#[actix::test]
async fn a_verdict_waits_for_both_statements_or_their_deadline() {
    let market = Market::open().await;
    let arbitrator = market.arbitrator("arbitrator").await;
    let trade = market.paid().await;
    let opened = market.s.disputes(&trade, "PAYMENT_NOT_RECEIVED").await;
    let dispute = id(dispute_in(&opened));
    arbitrator.judges(&dispute, "take", json!({})).await.is_done(200);
    let early = arbitrator.decides(&dispute, "SELLER").await;
    early.is_refused(409, "STATEMENTS_MISSING");
    assert_eq!(early.body["allowed_at"], "2030-01-02T08:00:00.000Z");
    market.advance(DAY - 1).await;
    arbitrator.decides(&dispute, "SELLER").await.is_refused(409, "STATEMENTS_MISSING");
    market.advance(1).await;
    arbitrator.decides(&dispute, "SELLER").await.is_done(200);
    // What is decided is sealed.
    let late = market.b.judges(&dispute, "statement", json!({ "text": STATEMENT })).await;
    assert_eq!(late.status, 409, "{}", late.body);
    let late = market.b.brings(&dispute, b"too late", "text/plain").await;
    assert_eq!(late.status, 409, "{}", late.body);
    market.adds_up().await;
}

#[actix::test]
async fn only_the_loser_appeals_once_and_another_arbitrator_decides() {
    let market = Market::open().await;
    let (trade, dispute) = market.disputed().await;
    let (first, second) = (market.arbitrator("first").await, market.arbitrator("second").await);
    first.judges(&dispute, "take", json!({})).await.is_done(200);
    first.decides(&dispute, "BUYER").await.is_done(200);
    let why = json!({ "reason": "nothing came" });
    let winner = market.b.judges(&dispute, "appeal", why.clone()).await;
    winner.is_refused(403, "NOT_THE_LOSER");
    market.advance(DAY - SECOND).await;
    let appealed = market.s.judges(&dispute, "appeal", why.clone()).await;
    appealed.is_done(200);
    assert_eq!(dispute_in(&appealed)["status"], "OPEN");
    assert_eq!(market.s.trade(&trade).await["status"], "DISPUTED");
    first.judges(&dispute, "take", json!({})).await.is_refused(403, "CONFLICT_OF_INTEREST");
    let back = json!({ "arbitrator": "first" });
    let reply = market.admin.judges(&dispute, "reassign", back).await;
    reply.is_refused(403, "CONFLICT_OF_INTEREST");
    second.judges(&dispute, "take", json!({})).await.is_done(200);
    second.decides(&dispute, "SELLER").await.is_done(200);
    let again = market.b.judges(&dispute, "appeal", why).await;
    again.is_refused(409, "ALREADY_APPEALED");
    market.advance(DAY).await;
    assert_eq!(market.s.trade(&trade).await["status"], "RESOLVED_SELLER");
    assert_eq!(market.s.has("USDT").await, ["4000.000000", "1000.000000", "0.000000"]);
    market.adds_up().await;
}

#[actix::test]
async fn a_payment_account_is_shown_to_the_counterparty_of_an_open_trade_as_it_was() {
    let market = Market::open().await;
    let added = market.s.post(ACCOUNTS, &account("DE00 0001")).await;
    added.is_done(201);
    let ad = market.ad1().await;
    assert!(!market.b.ad(&ad).await.to_string().contains("DE00"));
    let opened = market.b.takes_ad(&ad, "100").await;
    opened.is_done(201);
    let shown = &trade_in(&opened)["payment_account"];
    assert_eq!([&shown["holder"], &shown["details"]], ["S. Eller", "DE00 0001"]);
    let trade = id(trade_in(&opened));
    // What becomes of the account is nothing to a trade that is open.
    let number = text(&super::part(&added, "payment_account")["id"]);
    market.s.delete(&format!("{ACCOUNTS}/{number}")).await.is_done(200);
    market.s.post(ACCOUNTS, &account("DE00 0002")).await.is_done(201);
    let details = async |user: &User, trade: &str| {
        user.trade(trade).await["payment_account"]["details"].clone()
    };
    assert_eq!(details(&market.b, &trade).await, "DE00 0001");
    let other = market.joins("other").await;
    let later = market.take(&other, &ad, "100").await;
    assert_eq!(details(&other, &later).await, "DE00 0002");
    // Nobody else reads it anywhere: not the admin, not an arbitrator of another dispute.
    for page in [format!("{ADS}/{ad}"), "/api/user/seller".into(), "/api/reputation/seller".into()]
    {
        for user in [&market.b, &other, &market.admin] {
            let page = user.get(&page).await;
            assert!(!page.body.to_string().contains("DE00"), "{}", page.body);
        }
    }
    assert!(market.b.all(ACCOUNTS).await.is_empty());
    // And with the trade it is over.
    market.b.pays(&trade).await.is_done(200);
    market.s.confirms(&trade).await.is_done(200);
    assert_eq!(market.b.trade(&trade).await["payment_account"], json!(null));
    other.cancels(&later).await.is_done(200);
    assert_eq!(other.trade(&later).await["payment_account"], json!(null));
    let listed = other.trades().await;
    assert!(!json!(listed).to_string().contains("DE00"));
}

#[actix::test]
async fn a_taker_who_sells_shows_an_account_too() {
    let market = Market::open().await;
    market.s.post(ACCOUNTS, &account("DE00 0003")).await.is_done(201);
    let ad = market.ad(&market.b, json!({ "ad_type": "BUY" })).await;
    let trade = market.take(&market.s, &ad, "100").await;
    let seen = market.b.trade(&trade).await;
    assert_eq!(seen["payment_account"]["details"], "DE00 0003");
    assert_eq!([&seen["seller"], &seen["maker"]], ["seller", "buyer"]);
    market.adds_up().await;
}

#[actix::test]
async fn a_frozen_trade_stands_still_and_goes_on_with_what_was_left() {
    let market = Market::open().await;
    let trade = market.tr1(&market.ad1().await).await;
    let freeze = |verb: &str| format!("/api/admin/p2p/trades/{trade}/{verb}");
    let reason = json!({ "reason": "a report came in" });
    market.admin.post(&freeze("unfreeze"), &reason).await.is_refused(409, "TRADE_NOT_FROZEN");
    market.admin.post(&freeze("freeze"), &json!({})).await.is_refused(400, "INVALID_FIELD");
    market.advance(300 * SECOND).await;
    market.admin.post(&freeze("freeze"), &reason).await.is_done(200);
    assert_eq!(market.b.trade(&trade).await["frozen"], true);
    let before = market.app.sequence().await;
    market.admin.post(&freeze("freeze"), &reason).await.is_refused(423, "TRADE_FROZEN");
    for (user, verb) in [
        (&market.b, "payment-sent"),
        (&market.b, "cancel"),
        (&market.s, "cancel"),
        (&market.s, "extend"),
        (&market.s, "confirm-payment"),
    ] {
        user.acts(&trade, verb).await.is_refused(423, "TRADE_FROZEN");
    }
    market.b.writes(&trade, "what is it?").await.is_refused(423, "TRADE_FROZEN");
    let stranger = market.joins("stranger").await;
    stranger.pays(&trade).await.is_refused(404, "P2P_TRADE_NOT_FOUND");
    assert_eq!(market.app.sequence().await, before + 1, "the registration of the stranger");
    market.advance(5 * HOUR).await;
    assert_eq!(market.b.trade(&trade).await["status"], "PENDING", "its deadline stands still");
    market.adds_up().await;
    market.admin.post(&freeze("unfreeze"), &reason).await.is_done(200);
    let unfrozen = market.b.trade(&trade).await;
    assert_eq!(
        (&unfrozen["frozen"], &unfrozen["deadline"]),
        (&json!(false), &json!("2030-01-01T13:15:00.000Z"))
    );
    market.advance(600 * SECOND - 1).await;
    assert_eq!(market.b.trade(&trade).await["status"], "PENDING");
    market.advance(1).await;
    assert_eq!(market.b.trade(&trade).await["status"], "EXPIRED");
    market.admin.post(&freeze("freeze"), &reason).await.is_refused(409, "TRADE_STATE_FORBIDS");
    market.adds_up().await;
}

#[actix::test]
async fn who_blocks_whom_trades_with_neither() {
    let market = Market::open().await;
    let ad = market.ad1().await;
    market.s.post("/api/user/blocks", &json!({ "username": "buyer" })).await.is_done(201);
    market.b.takes_ad(&ad, "100").await.is_refused(403, "BLOCKED");
    market.s.delete("/api/user/blocks/buyer").await.is_done(200);
    market.b.post("/api/user/blocks", &json!({ "username": "seller" })).await.is_done(201);
    market.b.takes_ad(&ad, "100").await.is_refused(403, "BLOCKED");
    market.b.delete("/api/user/blocks/seller").await.is_done(200);
    let trade = market.tr1(&ad).await;
    // A block later on ends no trade that is open.
    market.b.post("/api/user/blocks", &json!({ "username": "seller" })).await.is_done(201);
    market.b.pays(&trade).await.is_done(200);
    market.s.confirms(&trade).await.is_done(200);
    market.adds_up().await;
}

#[actix::test]
async fn a_frozen_user_takes_and_publishes_nothing_and_finishes_what_is_open() {
    let market = Market::open().await;
    let ad = market.ad1().await;
    let trade = market.tr1(&ad).await;
    let frozen = json!({ "frozen": true });
    market.admin.post("/api/admin/users/buyer", &frozen).await.is_done(200);
    market.b.publishes(&super::ad1()).await.is_refused(403, "USER_FROZEN");
    market.b.pays(&trade).await.is_done(200);
    market.s.confirms(&trade).await.is_done(200);
    market.b.takes_ad(&ad, "100").await.is_refused(403, "USER_FROZEN");
    market.adds_up().await;
}

#[actix::test]
async fn too_many_faults_of_a_day_bar_and_let_open_trades_be_finished() {
    let market = Market::open().await;
    let ad = market.ad1().await;
    let second = market.ad(&market.s, json!({ "available_amount": "500" })).await;
    let own = market.ad(&market.b, json!({ "ad_type": "BUY" })).await;
    let open = market.take(&market.b, &second, "50").await;
    for fault in 0..4 {
        let trade = market.take(&market.b, &ad, "50").await;
        market.b.pays(&trade).await.is_done(200);
        market.b.cancels(&trade).await.is_refused(409, "CONFIRM_NOT_PAID_REQUIRED");
        assert_eq!(market.b.ad(&own).await["status"], "ACTIVE", "after {fault} faults");
        let cancelled = market.b.cancels_unpaid(&trade).await;
        assert_eq!(trade_in(&cancelled)["status_reason"], "NOT_PAID");
    }
    let barred = market.b.takes_ad(&ad, "50").await;
    barred.is_refused(403, "BARRED");
    assert_eq!(barred.body["allowed_at"], "2030-01-01T08:15:00.000Z");
    let buys = super::with(super::ad1(), json!({ "ad_type": "BUY" }));
    market.b.publishes(&buys).await.is_refused(403, "BARRED");
    let hidden = market.b.ad(&own).await;
    assert_eq!([&hidden["status"], &hidden["hidden_reason"]], ["HIDDEN", "owner_barred"]);
    market.s.takes_ad(&own, "50").await.is_refused(409, "AD_NOT_ACTIVE");
    market.b.publishes(&super::ad1()).await.is_done(201);
    market.b.pays(&open).await.is_done(200);
    market.s.confirms(&open).await.is_done(200);
    market.advance(900 * SECOND).await;
    assert_eq!(market.b.ad(&own).await["status"], "ACTIVE");
    market.take(&market.b, &ad, "50").await;
    market.adds_up().await;
}
