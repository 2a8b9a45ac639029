//! What P2P trading promises, figure by figure: sales, refunds, deadlines, verdicts, reputation. The
//! scenarios that are races are in `races`, and the one with kill -9 is in `kill`.

use serde_json::json;

use super::{DAY, HOUR, Market, SECOND, ad_in, dispute_in, id, text, trade_in};

/// A balance: available, locked in ads, locked in trades.
fn balance(available: &str, in_ads: &str, in_trades: &str) -> [String; 3] {
    [available, in_ads, in_trades].map(str::to_owned)
}

/// A balance with nothing locked.
fn free(available: &str) -> [String; 3] {
    balance(available, "0.000000", "0.000000")
}

#[actix::test]
async fn scenario_01_a_sell_ad_locks_its_amount_when_it_is_published() {
    let market = Market::open().await;
    let published = market.s.publishes(&super::ad1()).await;
    published.is_done(201);
    let ad = ad_in(&published);
    assert_eq!(
        [&ad["status"], &ad["remaining_amount"], &ad["available_amount"], &ad["owner"]],
        [&json!("ACTIVE"), &json!("1000.000000"), &json!("1000.000000"), &json!("seller")]
    );
    assert_eq!((&ad["version"], &ad["hidden_reason"]), (&json!(1), &json!(null)));
    assert_eq!(ad["effective_price"], "1.02000000");
    assert_eq!(market.s.has("USDT").await, balance("4000.000000", "1000.000000", "0.000000"));
    let wallet = market.s.get("/api/wallet/USDT").await.body;
    assert_eq!(wallet["locked_balance"], "1000.000000");
    market.adds_up().await;
}

#[actix::test]
async fn scenario_02_a_sell_ad_of_more_than_there_is_changes_nothing() {
    let market = Market::open().await;
    let before = market.app.sequence().await;
    let ad = super::with(super::ad1(), json!({ "available_amount": "5000.000001" }));
    market.s.publishes(&ad).await.is_refused(422, "INSUFFICIENT_FUNDS");
    assert_eq!(market.s.has("USDT").await, free("5000.000000"));
    assert_eq!(market.app.sequence().await, before);
    assert!(market.s.own_ads().await.is_empty());
    market.adds_up().await;
    // A refused ad uses up no id: the next two are neighbours of nothing.
    let ad = super::with(super::ad1(), json!({ "available_amount": "5000" }));
    market.s.publishes(&ad).await.is_done(201);
    assert_eq!(market.s.has("USDT").await, balance("0.000000", "5000.000000", "0.000000"));
    market.adds_up().await;
}

#[actix::test]
async fn scenario_03_a_paused_ad_is_not_taken_and_its_open_trades_go_on() {
    let market = Market::open().await;
    let ad = market.ad1().await;
    let trade = market.tr1(&ad).await;
    let other = market.joins("other").await;
    market.s.turns(&ad, "pause").await.is_done(200);
    assert!(other.all(super::ADS).await.is_empty(), "a paused ad is not listed");
    let refused = other.takes_ad(&ad, "100").await;
    refused.is_refused(409, "AD_NOT_ACTIVE");
    assert_eq!(refused.body["state"], "PAUSED");
    market.b.pays(&trade).await.is_done(200);
    market.s.confirms(&trade).await.is_done(200);
    assert_eq!(market.b.trade(&trade).await["status"], "COMPLETED");
    market.adds_up().await;
    let resumed = market.s.turns(&ad, "resume").await;
    assert_eq!(ad_in(&resumed)["remaining_amount"], "509.803922");
    assert_eq!(ad_in(&resumed)["status"], "ACTIVE");
    assert_eq!(other.all(super::ADS).await.len(), 1);
    market.adds_up().await;
}

#[actix::test]
async fn scenario_04_a_closed_ad_returns_what_is_in_none_of_its_trades() {
    let market = Market::open().await;
    let ad = market.ad1().await;
    let trade = market.tr1(&ad).await;
    let closed = market.s.turns(&ad, "close").await;
    assert_eq!(ad_in(&closed)["status"], "CLOSED");
    assert_eq!(market.s.has("USDT").await, balance("4509.803922", "0.000000", "490.196078"));
    market.adds_up().await;
    market.b.cancels(&trade).await.is_done(200);
    assert_eq!(market.s.has("USDT").await, free("5000.000000"));
    assert_eq!(market.b.has("USDT").await, free("5000.000000"));
    market.adds_up().await;
}

#[actix::test]
async fn scenario_05_an_ad_worth_less_than_its_least_trade_hides_itself() {
    let market = Market::open().await;
    let ad = market.ad(&market.s, json!({ "min_limit": "300" })).await;
    let takers = market.join((1..=4).map(|n| format!("taker{n}"))).await;
    for (taker, fiat, amount) in [
        (&takers[0], "300", "294.117647"),
        (&takers[1], "300", "294.117647"),
        (&takers[2], "400", "392.156862"),
    ] {
        let reply = taker.takes_ad(&ad, fiat).await;
        assert_eq!(trade_in(&reply)["amount"], amount);
    }
    let hidden = market.s.ad(&ad).await;
    assert_eq!(
        [&hidden["remaining_amount"], &hidden["status"], &hidden["hidden_reason"]],
        ["19.607844", "HIDDEN", "below_min"]
    );
    assert!(takers[3].all(super::ADS).await.is_empty());
    let refused = takers[3].takes_ad(&ad, "300").await;
    refused.is_refused(409, "AD_NOT_ACTIVE");
    assert_eq!(refused.body["hidden_reason"], "below_min");
    market.adds_up().await;
    let edited = market.s.edits(&ad, &json!({ "min_limit": "10" })).await;
    let edited = ad_in(&edited);
    assert_eq!([&edited["status"], &edited["remaining_amount"]], ["ACTIVE", "19.607844"]);
    assert_eq!((&edited["hidden_reason"], &edited["version"]), (&json!(null), &json!(2)));
    market.take(&takers[3], &ad, "10").await;
    market.adds_up().await;
}

#[actix::test]
async fn scenario_07_a_sale_from_the_take_to_the_coins() {
    let market = Market::open().await;
    let ad = market.ad1().await;
    let opened = market.b.takes_ad(&ad, "500").await;
    opened.is_done(201);
    let trade = trade_in(&opened);
    for (member, value) in [
        ("advertisement_id", ad.as_str()),
        ("buyer", "buyer"),
        ("seller", "seller"),
        ("maker", "seller"),
        ("taker", "buyer"),
        ("currency", "USDT"),
        ("fiat_currency", "USD"),
        ("amount", "490.196078"),
        ("price", "1.02000000"),
        ("total_fiat", "500.00"),
        ("status", "PENDING"),
        ("payment_method", "BANK_TRANSFER"),
        ("deadline", "2030-01-01T08:15:00.000Z"),
        ("created_at", super::MORNING),
    ] {
        assert_eq!(trade[member], value, "{member} of {trade}");
    }
    let escrow = &opened.body["escrow"];
    assert_eq!(escrow["id"], trade["escrow_id"]);
    assert_eq!([&escrow["amount"], &escrow["status"]], ["490.196078", "LOCKED"]);
    let (trade, escrow) = (id(trade), id(escrow));
    assert_eq!(market.s.has("USDT").await, balance("4000.000000", "509.803922", "490.196078"));
    market.adds_up().await;
    let mut sequences = vec![opened.header("x-sequence")];
    for reply in [market.b.pays(&trade).await, market.s.confirms(&trade).await] {
        reply.is_done(200);
        sequences.push(reply.header("x-sequence"));
        market.adds_up().await;
    }
    let sequences: Vec<u64> = sequences.iter().map(|text| text.parse().unwrap()).collect();
    assert_eq!([sequences[1] - sequences[0], sequences[2] - sequences[1]], [1, 1]);
    let audit = market.b.audit(&trade).await;
    let audited: Vec<u64> = audit.iter().map(|entry| entry["sequence"].as_u64().unwrap()).collect();
    assert_eq!(audited, sequences);
    assert_eq!(market.b.has("USDT").await, free("5490.196078"));
    assert_eq!(market.s.has("USDT").await, balance("4000.000000", "509.803922", "0.000000"));
    assert_eq!(market.s.trade(&trade).await["status"], "COMPLETED");
    let escrow = market.s.get(&format!("/api/escrow/{escrow}")).await;
    assert_eq!(super::part(&escrow, "escrow")["status"], "RELEASED");
}

#[actix::test]
async fn scenario_08_the_takers_fee_is_paid_out_of_what_the_buyer_receives() {
    let market = Market::open_with(&[("SOUK_P2P_TAKER_FEE_PERCENT", "0.2")]).await;
    let trade = market.paid().await;
    market.s.confirms(&trade).await.is_done(200);
    assert_eq!(market.b.has("USDT").await, free("5489.215685"));
    assert_eq!(market.s.has("USDT").await, balance("4000.000000", "509.803922", "0.000000"));
    let totals = market.admin.get("/api/system/totals").await.body;
    let usdt = totals["totals"].as_array().unwrap().iter().find(|t| t["currency"] == "USDT");
    assert_eq!(usdt.unwrap()["house"], "0.980393");
    market.adds_up().await;
}

#[actix::test]
async fn scenario_09_an_amount_is_rounded_down_and_a_total_up() {
    let market = Market::open().await;
    let ad = market.ad(&market.s, json!({ "price": "1.03" })).await;
    let reply = market.b.takes_ad(&ad, "100").await;
    assert_eq!(trade_in(&reply)["amount"], "97.087378");
    assert_eq!(trade_in(&reply)["total_fiat"], "100.00");
    market.adds_up().await;
    // The other way round: 97.087379 x 1.03 = 100.00000037, and the seller loses no cent.
    let other = market.joins("other").await;
    let take = json!({
        "advertisement_id": ad, "amount": "97.087379", "payment_method": "BANK_TRANSFER",
    });
    let reply = other.post(super::TRADES, &take).await;
    assert_eq!(trade_in(&reply)["total_fiat"], "100.01");
    assert_eq!(trade_in(&reply)["amount"], "97.087379");
    market.adds_up().await;
}

#[actix::test]
async fn scenario_11_who_may_say_what_about_a_payment() {
    let market = Market::open().await;
    let stranger = market.joins("stranger").await;
    let trade = market.tr1(&market.ad1().await).await;
    let before = market.app.sequence().await;
    let early = market.s.confirms(&trade).await;
    early.is_refused(409, "PAYMENT_NOT_MARKED");
    assert_eq!(early.body["state"], "PENDING");
    market.s.pays(&trade).await.is_refused(403, "NOT_ALLOWED");
    market.b.confirms(&trade).await.is_refused(403, "NOT_ALLOWED");
    stranger.pays(&trade).await.is_refused(404, "P2P_TRADE_NOT_FOUND");
    stranger.confirms(&trade).await.is_refused(404, "P2P_TRADE_NOT_FOUND");
    market.app.nobody().pays(&trade).await.is_refused(401, "UNAUTHORIZED");
    assert_eq!(market.app.sequence().await, before);
    assert_eq!(market.b.trade(&trade).await["status"], "PENDING");
    market.adds_up().await;
}

#[actix::test]
async fn scenario_12_a_deadline_is_half_open() {
    let market = Market::open().await;
    let ad = market.ad1().await;
    let other = market.joins("other").await;
    let in_time = market.take(&market.b, &ad, "100").await;
    market.advance(1).await;
    let late = market.take(&other, &ad, "100").await;
    market.advance(899_998).await;
    let sent = market.b.pays(&in_time).await;
    sent.is_done(200);
    assert_eq!(trade_in(&sent)["status"], "PAYMENT_SENT");
    market.adds_up().await;
    // The other one's 900 seconds are over one millisecond later, and not before.
    assert_eq!(other.trade(&late).await["status"], "PENDING");
    market.advance(2).await;
    let refused = other.pays(&late).await;
    refused.is_refused(409, "TRADE_EXPIRED");
    assert_eq!(refused.body["state"], "EXPIRED");
    let trade = other.trade(&late).await;
    assert_eq!([&trade["status"], &trade["status_reason"]], ["EXPIRED", "PAYMENT_WINDOW_OVER"]);
    let audit = other.audit(&late).await;
    assert_eq!(audit.last().unwrap()["status"], "EXPIRED");
    assert_eq!(trade["updated_at"], "2030-01-01T08:15:00.001Z", "effective at its deadline");
    assert_eq!(market.s.has("USDT").await[2], "98.039215");
    market.adds_up().await;
}

#[actix::test]
async fn scenario_15_when_nobody_acts_the_coins_stay_where_they_are() {
    let market = Market::open().await;
    let trade = market.paid().await;
    let status = async || text(&market.b.trade(&trade).await["status"]);
    market.advance(900 * SECOND - 1).await;
    assert_eq!(status().await, "PAYMENT_SENT");
    market.advance(1).await;
    assert_eq!(status().await, "RELEASE_OVERDUE");
    market.adds_up().await;
    market.advance(DAY - 1).await;
    assert_eq!(status().await, "RELEASE_OVERDUE");
    market.advance(1).await;
    assert_eq!(status().await, "DISPUTED");
    market.adds_up().await;
    market.advance(30 * DAY).await;
    assert_eq!(status().await, "DISPUTED");
    assert_eq!(market.s.has("USDT").await, balance("4000.000000", "509.803922", "490.196078"));
    let audit = market.s.audit(&trade).await;
    let done: Vec<String> = audit.iter().map(|entry| text(&entry["action"])).collect();
    let clock = ["RELEASE_WINDOW_OVER", "DISPUTE_OPENED_BY_CLOCK", "ESCALATED"];
    assert_eq!(done[2..], clock);
    market.adds_up().await;
}

#[actix::test]
async fn scenario_16_a_verdict_is_carried_out_when_it_cannot_be_appealed_any_more() {
    let market = Market::open().await;
    let (trade, dispute) = market.disputed().await;
    let arbitrator = market.arbitrator("arbitrator").await;
    arbitrator.judges(&dispute, "take", json!({})).await.is_done(200);
    let decided = arbitrator.decides(&dispute, "BUYER").await;
    decided.is_done(200);
    assert_eq!(dispute_in(&decided)["status"], "DECIDED");
    assert_eq!(market.b.trade(&trade).await["status"], "VERDICT_PENDING");
    market.advance(DAY - 1).await;
    assert_eq!(market.b.has("USDT").await, free("5000.000000"));
    market.adds_up().await;
    market.advance(1).await;
    assert_eq!(market.b.has("USDT").await, free("5490.196078"));
    assert_eq!(market.s.has("USDT").await, balance("4000.000000", "509.803922", "0.000000"));
    assert_eq!(market.b.trade(&trade).await["status"], "RESOLVED_BUYER");
    assert_eq!(market.b.dispute(&dispute).await["status"], "CLOSED");
    market.adds_up().await;
}

#[actix::test]
async fn scenario_16_a_split_rounds_the_buyers_part_down() {
    let market = Market::open().await;
    let (trade, dispute) = market.disputed().await;
    let arbitrator = market.arbitrator("arbitrator").await;
    arbitrator.judges(&dispute, "take", json!({})).await.is_done(200);
    let split = json!({
        "outcome": "SPLIT", "buyer_percent": 60, "reason": "both are right", "fraud": false,
    });
    arbitrator.judges(&dispute, "verdict", split).await.is_done(200);
    // The ad is closed meanwhile, so the seller's part is free at once.
    market.s.turns(&text(&market.s.trade(&trade).await["advertisement_id"]), "close").await;
    market.advance(DAY).await;
    assert_eq!(market.b.has("USDT").await, free("5294.117646"));
    assert_eq!(market.s.has("USDT").await, free("4705.882354"));
    let trade = market.b.trade(&trade).await;
    assert_eq!(trade["status"], "RESOLVED_SPLIT");
    let escrow = market.b.get(&format!("/api/escrow/{}", text(&trade["escrow_id"]))).await;
    assert_eq!(super::part(&escrow, "escrow")["status"], "SPLIT");
    let refunds = market.s.all("/api/wallet/transactions?type=ESCROW_REFUND").await;
    assert!(refunds.iter().any(|posting| posting["amount"] == "196.078432"), "{refunds:?}");
    market.adds_up().await;
}

#[actix::test]
async fn scenario_17_ratings_are_exact_means() {
    let market = Market::open().await;
    let ad = market.ad1().await;
    let other = market.joins("other").await;
    let reputation = async |name: &str| {
        let reply = market.app.nobody().get(&format!("/api/reputation/{name}")).await;
        reply.is_done(200);
        reply.body
    };
    assert_eq!(
        reputation("seller").await["windows"]["all"]["rating"],
        json!(null),
        "no data is no zero"
    );
    assert_eq!(reputation("seller").await["windows"]["all"]["completion_rate"], json!(null));
    for (buyer, rating) in [(&market.b, 5), (&other, 1)] {
        let trade = market.take(buyer, &ad, "100").await;
        buyer.pays(&trade).await.is_done(200);
        market.s.confirms(&trade).await.is_done(200);
        buyer.reviews(&trade, rating).await.is_done(201);
    }
    let seller = reputation("seller").await;
    assert_eq!(seller["windows"]["all"]["rating"], "3.00");
    assert_eq!(seller["windows"]["all"]["positive_percent"], "50.0");
    assert_eq!(seller["windows"]["all"]["completion_rate"], "100.0");
    market.adds_up().await;
}

#[actix::test]
async fn scenario_17_a_mutual_cancel_counts_for_nothing_and_an_expiry_for_one() {
    let market = Market::open().await;
    let ad = market.ad1().await;
    let rate = async || {
        let reply = market.app.nobody().get("/api/reputation/buyer").await;
        reply.body["windows"]["all"]["completion_rate"].clone()
    };
    for _ in 0..9 {
        let trade = market.take(&market.b, &ad, "50").await;
        market.b.pays(&trade).await.is_done(200);
        market.s.confirms(&trade).await.is_done(200);
    }
    assert_eq!(rate().await, "100.0");
    market.take(&market.b, &ad, "50").await;
    market.advance(HOUR).await;
    assert_eq!(rate().await, "90.0");
    market.adds_up().await;
    let trade = market.take(&market.b, &ad, "50").await;
    market.advance(600 * SECOND).await;
    let asked = market.s.cancels(&trade).await;
    assert_eq!(text(&trade_in(&asked)["cancel_requested_by"]), "seller");
    let cancelled = market.b.acts(&trade, "cancel/accept").await;
    assert_eq!(trade_in(&cancelled)["status_reason"], "MUTUAL");
    assert_eq!(rate().await, "90.0");
    // Nor does one in the grace.
    let trade = market.take(&market.b, &ad, "50").await;
    let cancelled = market.b.cancels(&trade).await;
    assert_eq!(trade_in(&cancelled)["status_reason"], "CANCELLED_IN_GRACE");
    assert_eq!(rate().await, "90.0");
    assert_eq!(
        market.app.nobody().get("/api/reputation/seller").await.body["windows"]["all"]["completion_rate"],
        "100.0"
    );
    market.adds_up().await;
}
