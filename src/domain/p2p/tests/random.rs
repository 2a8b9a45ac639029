//! P2P trading at random: what escrows are split into, what amounts and fiat are worth, and markets
//! of several ads and takers in which a state that follows by facts alone comes out the same.

use proptest::prelude::*;

use super::market::*;
use crate::domain::{
    account::Role,
    id::{AdId, P2pTradeId, UserId},
    ledger::{Account, Transaction},
    money::{Amount, Asset, P2pPrice, Rate, share_down},
    order::Side,
    p2p::{
        ad::{AdChange, AdTerms},
        board::TakeSize,
        dispute::VerdictOutcome,
        machine::{Action, Party},
        step::{DecidedTrade, Settlement},
        trade::{P2pTrade, TradeState},
        trade_request::TradeRequest,
    },
};

/// An open trade over `amount` with these fees, in parts per million.
fn trade(market: &mut Market, amount: Amount, (maker, taker): (u32, u32)) -> P2pTrade {
    let id = market.tr1();
    let fees = (Rate(maker), Rate(taker));
    P2pTrade { amount, maker_fee: fees.0, taker_fee: fees.1, ..market.trade(id).clone() }
}

fn decided(trade: &P2pTrade, state: TradeState, settlement: Settlement) -> DecidedTrade {
    let (action, party) = (Action::AppealDeadline, Party::Clock);
    let trade = P2pTrade { state, ..trade.clone() };
    let (note, relieved) = (None, None);
    DecidedTrade {
        action,
        party,
        trade,
        settlement,
        fault: None,
        note,
        relieved,
        review_until: None,
    }
}

/// What goes to the buyer, the house, and back, after a look at the whole.
fn parts(transaction: &Transaction, amount: Amount) -> (Amount, Amount, Amount) {
    let legs = transaction.postings();
    let sum = |fits: &dyn Fn(Account) -> bool| -> Amount {
        legs.iter().filter(|leg| fits(leg.account)).map(|leg| leg.amount).sum()
    };
    let parts = (
        sum(&|account| account == Account::Available(B)),
        sum(&|account| account == Account::House),
        sum(&|account| account == Account::Ads(S) || account == Account::Available(S)),
    );
    assert!(transaction.balances());
    assert!(legs.iter().all(|leg| leg.amount != Amount::ZERO && leg.asset == Asset::Usdt));
    assert!(
        legs.iter().all(|leg| (leg.amount < Amount::ZERO) == (leg.account == Account::Trades(S)))
    );
    assert_eq!(sum(&|account| account == Account::Trades(S)), -amount);
    assert!(parts.0 >= Amount::ZERO && parts.1 >= Amount::ZERO && parts.2 >= Amount::ZERO);
    assert_eq!(parts.0 + parts.1 + parts.2, amount);
    parts
}

fn amounts() -> impl Strategy<Value = Amount> {
    prop_oneof![1i64..10, 1i64..10_000_000_000, Just(1_000_000_000_000_000_000)]
        .prop_map(Amount::new)
}

fn fees() -> impl Strategy<Value = (u32, u32)> {
    prop_oneof![Just((0, 0)), (0u32..=20_000, 0u32..=20_000), (0u32..=1_000_000, 0u32..=1_000_000)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_escrow_is_split_without_loss(
        amount in amounts(), fees in fees(), percent in 1u8..100, alive in any::<bool>(),
    ) {
        let mut market = Market::new();
        let trade = trade(&mut market, amount, fees);
        if !alive {
            market.close(S, trade.ad).unwrap();
        }
        let to_buyer = share_down(amount, percent);
        for (settlement, part) in [
            (Settlement::Release, amount),
            (Settlement::Refund { to_buyer: Amount::ZERO }, Amount::ZERO),
            (Settlement::Refund { to_buyer }, to_buyer),
        ] {
            let fact = settle(&market.board, decided(&trade, TradeState::ResolvedSplit, settlement));
            let (buyer, house, back) = parts(&fact.transaction, amount);
            prop_assert_eq!(back, amount - part);
            prop_assert_eq!(buyer + house, part);
            prop_assert_eq!(house, part.min(trade.maker_fee.fee_up(part) + trade.taker_fee.fee_up(part)));
            let to_ad = alive && back > Amount::ZERO;
            let ads = fact.transaction.postings().iter().any(|leg| leg.account == Account::Ads(S));
            prop_assert_eq!(ads, to_ad);
            let left = fact.ad.map(|after| after.remaining);
            let before = market.board.ad(trade.ad).map(|ad| ad.remaining);
            match settlement {
                Settlement::Release => prop_assert_eq!(left, None),
                _ => prop_assert_eq!(left, before.map(|before| before + back)),
            }
        }
    }

    /// What fiat buys costs no more than that fiat, and that cost buys as much again.
    #[test]
    fn an_amount_and_its_price_agree(total in 1i64..1_000_000_000_000, price in 1i64..10_000_000_000_000) {
        for asset in [Asset::Usdt, Asset::Btc] {
            let price = P2pPrice(price);
            let Ok((amount, paid)) = TakeSize::Fiat(Amount::new(total)).at(price, asset, fiat()) else { continue };
            prop_assert_eq!(paid, Amount::new(total));
            let (same, cost) = TakeSize::Crypto(amount).at(price, asset, fiat()).unwrap();
            prop_assert_eq!(same, amount);
            prop_assert!(cost <= Amount::new(total));
            prop_assert_eq!(TakeSize::Fiat(cost).at(price, asset, fiat()), Ok((amount, cost)));
        }
    }
}

/// A command at random, with numbers that pick who, which ad, which trade and how much.
#[derive(Clone, Debug)]
struct Pick {
    what: u8,
    who: usize,
    which: usize,
    much: i64,
}

fn picks() -> impl Strategy<Value = Vec<Pick>> {
    let pick = (0u8..32, 0usize..64, 0usize..64, 0i64..1_000)
        .prop_map(|(what, who, which, much)| Pick { what, who, which, much });
    prop::collection::vec(pick, 1..300)
}

/// A market at play, with all ads and trades that there ever were.
struct Play {
    market: Market,
    traders: Vec<UserId>,
    ads: Vec<(UserId, AdId)>,
    trades: Vec<P2pTradeId>,
}

impl Play {
    fn new(fees: (u32, u32)) -> Play {
        let mut market = Market::with_fees(Rate(fees.0), Rate(fees.1));
        market.index = Some(price("1"));
        let mut traders = vec![S, B, X];
        traders.extend((0..3).map(|n| market.register(&format!("trader_{n}"), Role::User)));
        Play { market, traders, ads: Vec::new(), trades: Vec::new() }
    }

    fn play(&mut self, pick: &Pick) {
        let user = self.traders[pick.who % self.traders.len()];
        match pick.what {
            0..=2 => self.publish(user, pick.much),
            3..=8 => self.take(user, pick),
            9..=12 => self.change_ad(pick),
            13 => self.market.pass(pick.much * HOUR / 25),
            14..=15 => self.market.pass(pick.much * SECOND),
            _ => self.act(pick),
        }
        self.market.tick();
    }

    fn publish(&mut self, user: UserId, much: i64) {
        let available = usdt("50") + Amount::new(much * 2_000_000);
        let expires_at = (much % 3 == 0).then(|| self.market.now.plus_millis(much * MINUTE + 1));
        let terms = AdTerms { available, expires_at, ..terms() };
        let side = if much % 2 == 0 { Side::Sell } else { Side::Buy };
        if let Ok(ad) = self.market.publish(user, side, terms) {
            self.ads.push((user, ad));
        }
    }

    fn take(&mut self, user: UserId, pick: &Pick) {
        let Some((_, ad)) = self.ads.get(pick.which % self.ads.len().max(1)) else { return };
        let take = take_of(*ad, &format!("{}", 50 + pick.much / 2));
        self.trades.extend(self.market.take(user, &take));
    }

    fn change_ad(&mut self, pick: &Pick) {
        let Some((owner, ad)) = self.ads.get(pick.which % self.ads.len().max(1)) else { return };
        let (owner, ad, market) = (*owner, *ad, &mut self.market);
        let _ = match pick.what {
            9 => market.close(owner, ad),
            10 => market.pause(owner, ad, pick.much % 2 == 0),
            _ => {
                let available = Some(pick.much * 1_500_000 + 1);
                market.edit(
                    owner,
                    ad,
                    AdChange { available: available.map(Amount::new), ..AdChange::default() },
                )
            }
        };
    }

    /// Something is done to a trade: mostly to an open one, and mostly what its state allows.
    fn act(&mut self, pick: &Pick) {
        let market = &self.market;
        let open: Vec<_> = market.state.p2p.trades().map(|trade| trade.id).collect();
        let from = if pick.what < 31 { &open } else { &self.trades };
        let Some(id) = from.get(pick.which % from.len().max(1)) else { return };
        let likely = self.likely(market.trade(*id), pick.much);
        let all = TradeState::ALL.iter().flat_map(|state| {
            self.likely(&P2pTrade { state: *state, ..market.trade(*id).clone() }, pick.much)
        });
        let mut asks = if pick.what < 30 { likely } else { all.collect() };
        if !asks.is_empty() {
            let (by, ask) = asks.swap_remove(pick.who % asks.len());
            let _ = self.market.ask(by, *id, ask);
        }
    }

    /// What people do to a trade in its state, each as often as it is named.
    fn likely(&self, trade: &P2pTrade, much: i64) -> Vec<(UserId, TradeRequest)> {
        let (buyer, seller) = (trade.buyer.id, trade.seller.id);
        let outcome = match much % 3 {
            0 => VerdictOutcome::Buyer,
            1 => VerdictOutcome::Seller,
            _ => VerdictOutcome::Split { buyer_percent: 1 + (much % 99) as u8 },
        };
        let assigned = trade.dispute.as_ref().and_then(|dispute| dispute.arbitrator.as_ref());
        let arbitrator = assigned.map_or([A, A2][much as usize % 2], |person| person.id);
        let paid = || {
            let not_paid = (buyer, TradeRequest::Cancel { not_paid: much % 2 == 0 });
            let disputes = [(seller, dispute_for(false)), (buyer, dispute_for(true))];
            [vec![(seller, TradeRequest::Confirm), not_paid, (seller, cancel())], disputes.into()]
                .concat()
        };
        let mut likely = match trade.state {
            TradeState::Pending => vec![
                (buyer, TradeRequest::MarkSent),
                (buyer, TradeRequest::MarkSent),
                (buyer, TradeRequest::MarkSent),
                (seller, TradeRequest::Extend),
                (seller, cancel()),
                (buyer, TradeRequest::AcceptCancel),
                (buyer, cancel()),
            ],
            TradeState::PaymentSent | TradeState::ReleaseOverdue => paid(),
            TradeState::Disputed => vec![
                (buyer, dispute_for(true)),
                (seller, dispute_for(false)),
                (arbitrator, TradeRequest::TakeDispute),
                (arbitrator, verdict(outcome)),
                (arbitrator, verdict(outcome)),
                (ADMIN, TradeRequest::Reassign { to: self.market.arbiter(A2) }),
                (buyer, TradeRequest::Withdraw),
                (seller, TradeRequest::Withdraw),
            ],
            TradeState::VerdictPending => vec![
                (buyer, TradeRequest::Appeal { reason: None }),
                (seller, TradeRequest::Appeal { reason: None }),
                (buyer, TradeRequest::Concede),
                (seller, TradeRequest::Confirm),
            ],
            _ => Vec::new(),
        };
        if much % 10 == 0 || trade.frozen.is_some() {
            likely.push((ADMIN, TradeRequest::Freeze { reason: "a hint".into() }));
            likely.push((ADMIN, TradeRequest::Unfreeze { reason: "all is well".into() }));
        }
        likely
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// After every fact the market compares what it decides with and what follows, and re-adds all
    /// that is locked; see [`Market::check`].
    #[test]
    fn a_market_at_random_stays_sound(picks in picks(), fees in fees()) {
        let mut play = Play::new(fees);
        picks.iter().for_each(|pick| play.play(pick));
        play.market.check();
        let again = play.market.replayed();
        prop_assert_eq!(again.digest(), play.market.state.digest());
    }
}
