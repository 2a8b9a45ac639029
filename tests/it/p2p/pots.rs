//! No two actors decide over one pot: coins that a trade gives back while its ad is closed, edited or
//! expires are never stuck, whoever comes first.

use futures_util::future::{join, join_all};
use serde_json::json;

use super::{Market, ad_in, id, minor, text, trade_in};
use crate::exchange::User;

const WHOLE: [&str; 3] = ["5000.000000", "0.000000", "0.000000"];

/// Sellers with three buyers each, so that many rounds run at once.
async fn stalls(market: &Market, count: usize) -> Vec<(User, Vec<User>)> {
    let mut stalls = Vec::new();
    for stall in 0..count {
        let seller = market.joins(&format!("seller{stall}")).await;
        let buyers = market.join((0..3).map(|n| format!("buyer{stall}_{n}"))).await;
        stalls.push((seller, buyers));
    }
    stalls
}

/// Publishes an ad and takes it three times; the ad and its trades.
async fn taken(market: &Market, seller: &User, buyers: &[User]) -> (String, Vec<String>) {
    let ad = market.ad(seller, json!({})).await;
    let trades = join_all(buyers.iter().map(|buyer| market.take(buyer, &ad, "100"))).await;
    (ad, trades)
}

/// Closes an ad while its trades are cancelled, some before it and some after; everything is the
/// seller's again.
async fn close_against_cancels(market: &Market, round: usize, seller: &User, buyers: &[User]) {
    let (ad, trades) = taken(market, seller, buyers).await;
    let cancels = || buyers.iter().zip(&trades).map(|(buyer, trade)| buyer.cancels(trade));
    let first = round % 4;
    let before = join_all(cancels().take(first));
    let after = join_all(cancels().skip(first));
    let (before, (closed, after)) = join(before, join(seller.turns(&ad, "close"), after)).await;
    closed.is_done(200);
    before.iter().chain(&after).for_each(|reply| reply.is_done(200));
    assert_eq!(seller.has("USDT").await, WHOLE, "round {round}");
}

#[actix::test]
async fn an_ad_is_closed_against_cancels_of_its_trades_a_thousand_times() {
    let market = Market::open().await;
    let stalls = stalls(&market, 10).await;
    let hundred = async |(seller, buyers): &(User, Vec<User>)| {
        for round in 0..100 {
            close_against_cancels(&market, round, seller, buyers).await;
        }
    };
    join_all(stalls.iter().map(hundred)).await;
    market.adds_up().await;
    let totals = market.admin.get("/api/system/totals").await.body;
    let usdt = totals["totals"].as_array().unwrap().iter().find(|t| t["currency"] == "USDT");
    assert_eq!(minor(&usdt.unwrap()["issued"]), 42 * 5_000_000_000);
}

/// Trades end in every way at once while the ad is closed: what is released is the buyers', all else
/// the seller's.
#[actix::test]
async fn an_ad_is_closed_against_everything_that_ends_its_trades() {
    let market = Market::open().await;
    let stalls = stalls(&market, 5).await;
    let rounds = async |(seller, buyers): &(User, Vec<User>)| {
        for round in 0..10 {
            let (ad, trades) = taken(&market, seller, buyers).await;
            buyers[0].pays(&trades[0]).await.is_done(200);
            seller.cancels(&trades[1]).await.is_done(200);
            let (confirmed, (closed, (accepted, cancelled))) = join(
                seller.confirms(&trades[0]),
                join(
                    seller.turns(&ad, "close"),
                    join(
                        buyers[1].acts(&trades[1], "cancel/accept"),
                        buyers[2].cancels(&trades[2]),
                    ),
                ),
            )
            .await;
            [confirmed, closed, accepted, cancelled].iter().for_each(|reply| reply.is_done(200));
            let left = 5_000_000_000 - 98_039_215 * (round + 1);
            let [available, in_ads, in_trades] =
                seller.has("USDT").await.map(|figure| minor(&json!(figure)));
            assert_eq!((available, in_ads, in_trades), (left, 0, 0), "round {round}");
        }
    };
    join_all(stalls.iter().map(rounds)).await;
    market.adds_up().await;
}

/// What is left of an ad is always what it is for, less what is in its trades.
#[actix::test]
async fn an_ad_is_edited_against_takes_and_cancels() {
    let market = Market::open().await;
    let stalls = stalls(&market, 5).await;
    let rounds = async |(seller, buyers): &(User, Vec<User>)| {
        let ad = market.ad(seller, json!({ "available_amount": "200" })).await;
        for round in 0..20 {
            let whole = ["100", "150", "400", "250"][round % 4];
            let takes = join_all(buyers.iter().map(|buyer| buyer.takes_ad(&ad, "100")));
            let change = json!({ "available_amount": whole });
            let (edited, takes) = join(seller.edits(&ad, &change), takes).await;
            if edited.status != 200 {
                edited.is_refused(409, "AD_AMOUNT_TAKEN");
            }
            let mut trades = Vec::new();
            for (buyer, reply) in buyers.iter().zip(&takes) {
                match reply.status {
                    201 => trades.push((buyer, id(trade_in(reply)))),
                    _ => assert!(
                        ["AD_AMOUNT_EXCEEDED", "AD_NOT_ACTIVE"]
                            .contains(&reply.body["code"].as_str().unwrap()),
                        "{}",
                        reply.body
                    ),
                }
            }
            let shown = seller.ad(&ad).await;
            let (available, left) =
                (minor(&shown["available_amount"]), minor(&shown["remaining_amount"]));
            assert_eq!(left, available - 98_039_215 * trades.len() as i128, "round {round}");
            let [free, in_ads, in_trades] =
                seller.has("USDT").await.map(|figure| minor(&json!(figure)));
            assert_eq!((in_ads, free + in_ads + in_trades), (left, 5_000_000_000));
            // Another edit while all of it comes back.
            let cancels = join_all(trades.iter().map(|(buyer, trade)| buyer.cancels(trade)));
            let change = json!({ "available_amount": "200" });
            let (edited, cancels) = join(seller.edits(&ad, &change), cancels).await;
            cancels.iter().for_each(|reply| reply.is_done(200));
            if edited.status != 200 {
                edited.is_refused(409, "AD_AMOUNT_TAKEN");
                seller.edits(&ad, &change).await.is_done(200);
            }
            assert_eq!(
                seller.has("USDT").await,
                ["4800.000000", "200.000000", "0.000000"],
                "round {round}"
            );
        }
        seller.turns(&ad, "close").await.is_done(200);
        assert_eq!(seller.has("USDT").await, WHOLE);
    };
    join_all(stalls.iter().map(rounds)).await;
    market.adds_up().await;
}

/// An edit that asks for more than there is while the wallet is emptied: never both.
#[actix::test]
async fn an_ad_grows_against_a_withdrawal() {
    let market = Market::open().await;
    market.s.withdraws("USDT", "4000").await.is_done(200);
    let ad = market.ad(&market.s, json!({ "available_amount": "100" })).await;
    for round in 0..50 {
        let more = json!({ "available_amount": "900" });
        let grow = market.s.edits(&ad, &more);
        let (grown, withdrawn) = join(grow, market.s.withdraws("USDT", "800")).await;
        assert!(
            [(200, 422), (422, 200)].contains(&(grown.status, withdrawn.status)),
            "round {round}: {} {}",
            grown.body,
            withdrawn.body
        );
        if withdrawn.status == 200 {
            market.s.deposits("USDT", "800").await.is_done(200);
        } else {
            market.s.edits(&ad, &json!({ "available_amount": "100" })).await.is_done(200);
        }
        assert_eq!(market.s.has("USDT").await, ["900.000000", "100.000000", "0.000000"]);
    }
    market.adds_up().await;
}

/// An ad ends by the clock while it is taken: whoever got in has the coins in escrow, and all else is
/// the seller's.
#[actix::test]
async fn an_ad_expires_against_takes() {
    let market = Market::open().await;
    let buyers = market.join((0..3).map(|n| format!("taker{n}"))).await;
    for round in 0..40_i64 {
        let now = market.admin.get("/api/time").await.body["unix_ms"].as_i64().unwrap();
        let ends =
            time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(now + 1_000) * 1_000_000);
        let ends = ends.unwrap().format(&time::format_description::well_known::Rfc3339).unwrap();
        let ad = market.ad(&market.s, json!({ "expires_at": ends })).await;
        let takes = join_all(buyers.iter().map(|buyer| buyer.takes_ad(&ad, "100")));
        let ((), takes) = match round % 2 {
            0 => join(market.advance(1_000), takes).await,
            _ => {
                let (takes, done) = join(takes, market.advance(1_000)).await;
                (done, takes)
            }
        };
        assert_eq!(market.s.ad(&ad).await["status"], "EXPIRED");
        let mut cancels = Vec::new();
        for (buyer, reply) in buyers.iter().zip(&takes) {
            match reply.status {
                201 => cancels.push((buyer, id(trade_in(reply)))),
                _ => {
                    reply.is_refused(409, "AD_NOT_ACTIVE");
                    assert_eq!(reply.body["state"], "EXPIRED");
                }
            }
        }
        let [_, in_ads, in_trades] = market.s.has("USDT").await.map(|f| minor(&json!(f)));
        assert_eq!((in_ads, in_trades), (0, 98_039_215 * cancels.len() as i128), "round {round}");
        for (buyer, trade) in cancels {
            buyer.cancels(&trade).await.is_done(200);
        }
        assert_eq!(market.s.has("USDT").await, WHOLE);
    }
    market.adds_up().await;
    let told = market.s.all("/api/user/notifications").await;
    assert_eq!(told.iter().filter(|told| told["type"] == "AD_EXPIRED").count(), 40);
}

/// Coins that come back to an ad can be taken the moment the cancel is answered, and a closed ad's can
/// be spent.
#[actix::test]
async fn what_came_back_can_be_used_the_moment_the_answer_is_there() {
    let market = Market::open().await;
    let change = json!({ "available_amount": "490.196078", "max_limit": "500" });
    let ad = market.ad(&market.s, change).await;
    let other = market.joins("other").await;
    let mut takers = [&market.b, &other];
    let mut trade = market.take(takers[0], &ad, "500").await;
    for _ in 0..50 {
        takers[0].cancels(&trade).await.is_done(200);
        takers.reverse();
        trade = market.take(takers[0], &ad, "500").await;
    }
    let closed = market.s.turns(&ad, "close").await;
    assert_eq!(text(&ad_in(&closed)["status"]), "CLOSED");
    takers[0].cancels(&trade).await.is_done(200);
    market.s.withdraws("USDT", "5000").await.is_done(200);
    market.adds_up().await;
}
