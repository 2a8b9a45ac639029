//! A story that has one of every kind of fact, always the same: what recorded formats are made of.

use super::market::*;
use crate::domain::{
    fact::{Body, Fact},
    id::P2pTradeId,
    order::Side,
    p2p::{
        ad::{AdChange, AdTerms, Pricing},
        contact::ContactRequest,
        dispute::{Media, VerdictOutcome},
        fiat::PaymentMethod,
        trade_request::TradeRequest,
    },
};

/// Where open trades, a dispute with evidence and a verdict that may be appealed stand side by side.
pub const MIDDLE: usize = 50;

/// The whole story.
pub fn facts() -> Vec<Fact> {
    let mut market = Market::new();
    market.index = Some(price("1"));
    contacts(&mut market);
    ads(&mut market);
    let take = |market: &mut Market, text| {
        let terms = AdTerms { available: usdt("200"), ..terms() };
        let ad = market.publish(S, Side::Sell, terms).unwrap();
        market.take(B, &take_of(ad, text)).unwrap()
    };

    let sold = take(&mut market, "50");
    market.does(S, sold, TradeRequest::Write { text: "grüß Gott".into() });
    market.does(S, sold, TradeRequest::Extend);
    market.does(B, sold, TradeRequest::MarkSent);
    market.does(S, sold, TradeRequest::Confirm);
    market.review(B, sold, 5).unwrap();
    market.review(S, sold, 4).unwrap();

    let split = take(&mut market, "60");
    market.does(B, split, TradeRequest::MarkSent);
    market.does(S, split, dispute_for(false));
    market.does(B, split, TradeRequest::AddStatement { text: STATEMENT.into() });
    let evidence = TradeRequest::AddEvidence { hash: [7; 32], media: Media::Png, bytes: 11 };
    market.does(B, split, evidence);
    market.does(A2, split, TradeRequest::TakeDispute);
    market.does(ADMIN, split, TradeRequest::Reassign { to: market.arbiter(A) });
    market.does(A, split, verdict(VerdictOutcome::Split { buyer_percent: 33 }));
    market.does(S, split, TradeRequest::Appeal { reason: Some("look again".into()) });
    market.does(A2, split, TradeRequest::TakeDispute);

    let frozen = take(&mut market, "70");
    market.does(ADMIN, frozen, TradeRequest::Freeze { reason: "a hint".into() });
    let paid = take(&mut market, "80");
    market.does(B, paid, TradeRequest::MarkSent);
    market.does(S, paid, cancel());
    market.pass(MINUTE);
    market.does(B, paid, TradeRequest::RejectCancel);
    market.does(A2, split, verdict(VerdictOutcome::Buyer));
    let since = market.now;
    market.pass(MINUTE);
    market.fold(Body::DowntimeShifted { since, millis: MINUTE });
    ends(&mut market, paid, frozen);
    market.facts()
}

/// What users keep of each other and of ways to be paid.
fn contacts(market: &mut Market) {
    let account = |details: &str| ContactRequest::AddAccount {
        method: PaymentMethod::BankTransfer,
        holder: "S. Eller".into(),
        details: details.into(),
    };
    market.contact(S, account("DE00 0001"));
    market.contact(S, account("DE00 0002"));
    market.contact(S, ContactRequest::RemoveAccount { number: 1 });
    market.contact(S, ContactRequest::Block(X));
    market.contact(B, ContactRequest::Favour(S));
    market.contact(B, ContactRequest::Block(X));
    market.contact(B, ContactRequest::Unblock(X));
    market.contact(B, ContactRequest::Unfavour(S));
}

/// Ads in each of their states.
fn ads(market: &mut Market) {
    market.ad1();
    let closed = market.ad1();
    market.pause(S, closed, true).unwrap();
    market.pause(S, closed, false).unwrap();
    let change = AdChange { available: Some(usdt("900")), ..AdChange::default() };
    market.edit(S, closed, change).unwrap();
    market.close(S, closed).unwrap();
    let expires_at = Some(market.now.plus_millis(HOUR));
    let pricing = Pricing::Floating { margin: 25_000, floor: Some(price("0.9")), ceiling: None };
    market.publish(X, Side::Buy, AdTerms { pricing, expires_at, ..terms() }).unwrap();
}

/// What was open ends: by its parties, an admin, the clock.
fn ends(market: &mut Market, paid: P2pTradeId, frozen: P2pTradeId) {
    market.does(B, paid, TradeRequest::Cancel { not_paid: true });
    market.does(ADMIN, frozen, TradeRequest::Unfreeze { reason: "all is well".into() });
    market.pass(DAY);
    market.tick();
    market.pass(DAY);
    market.tick();
}
