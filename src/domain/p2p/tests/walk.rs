//! An exhaustive walk of the machine with money: from one trade, every command of everybody, the clock
//! at each moment that means something, the ad alive or closed, breadth first over all states that
//! can be reached. The rules are handed in, so that wrong ones can be, and must be caught.

use std::collections::HashMap;

use super::market::*;
use crate::domain::{
    fact::Body,
    id::{AdId, P2pTradeId, Stamp, UserId},
    ledger::{Account, PostingCause, Transaction},
    money::{Amount, Rate, share_down},
    order::Side,
    p2p::{
        Rules,
        board::Board,
        decide::{Decision, decide, due},
        dispute::{Dispute, Media, VerdictOutcome},
        machine::{
            Action,
            Party::{self, *},
        },
        step::{DecidedTrade, Settlement},
        trade::{
            P2pTrade, P2pTradeFact,
            TradeState::{self, *},
        },
        trade_request::{Requester, TradeRequest},
    },
    rejection::Rejection,
};

type Decide = fn(
    &P2pTrade,
    &Requester,
    TradeRequest,
    Option<TradeState>,
    &Rules,
    Stamp,
) -> Result<Decision, Rejection>;

/// What is walked.
#[derive(Clone, Copy)]
struct Model {
    decide: Decide,
    due: fn(&P2pTrade, &Rules, Stamp) -> Option<DecidedTrade>,
    settle: fn(&Board, DecidedTrade) -> P2pTradeFact,
}

const REAL: Model = Model { decide, due, settle };

/// Somewhere on the walk.
#[derive(Clone)]
struct Place {
    market: Market,
    ad: AdId,
    id: P2pTradeId,
}

/// A step from one place to another, by their numbers; `alone` where nobody but the clock, an
/// arbitrator or an admin had to act.
struct Edge {
    from: usize,
    to: usize,
    alone: bool,
}

/// What was walked.
#[derive(Debug, PartialEq, Eq)]
struct Walked {
    places: usize,
    ends: usize,
}

impl Place {
    /// One open trade, of which the maker sells or buys.
    fn first(maker_sells: bool) -> Place {
        let mut market = Market::with_fees(Rate(1_000), Rate(2_000));
        let (maker, taker) = if maker_sells { (S, B) } else { (B, S) };
        let side = if maker_sells { Side::Sell } else { Side::Buy };
        let ad = market.publish(maker, side, terms()).unwrap();
        let id = market.take(taker, &take_of(ad, "500")).unwrap();
        Place { market, ad, id }
    }

    fn trade(&self) -> &P2pTrade {
        self.market.trade(self.id)
    }

    fn dispute(&self) -> Option<&Dispute> {
        self.trade().dispute.as_deref().filter(|dispute| dispute.status.is_open())
    }

    fn grace_ends(&self) -> Stamp {
        let grace = i64::from(self.market.rules.cancel_grace_secs) * SECOND;
        self.trade().created_at.plus_millis(grace)
    }

    /// All that a later step can depend on; places with the same key are one.
    fn key(&self) -> String {
        let (trade, now) = (self.trade(), self.market.now);
        let dispute = self.dispute().map(|d| {
            let answered = [B, S].map(|user| d.has_answered(user));
            let arbitrator = d.arbitrator.as_ref().map(|person| person.id);
            let outcome = d.verdict.as_ref().map(|verdict| verdict.outcome);
            let waits = now < d.statements_until;
            let people = (d.opened_by, answered, arbitrator, d.appealed_by, &d.past_arbitrators);
            format!("{people:?} {:?} {outcome:?} {waits} {}", d.status, d.escalated)
        });
        let pending = (trade.state == Pending).then(|| (trade.extended, now < self.grace_ends()));
        let flags = (trade.frozen.is_some(), trade.seller_asks_cancel, trade.deadline.is_some());
        let (state, reason) = (trade.state, trade.reason.filter(|_| !trade.state.is_open()));
        let alive = self.market.board.ad(self.ad).is_some();
        let known = (state, reason, flags, pending, trade.withdrawals, alive);
        format!("{known:?} {dispute:?}")
    }

    /// The next moment at which something changes by itself.
    fn next_moment(&self) -> Option<Stamp> {
        let trade = self.trade();
        let statements = self.dispute().map(|dispute| dispute.statements_until);
        let grace = (trade.state == Pending).then(|| self.grace_ends());
        let moments = [trade.runs_out(), statements, grace];
        moments.into_iter().flatten().filter(|moment| *moment > self.market.now).min()
    }
}

/// Every command that somebody can think of.
fn asks(market: &Market, buyer: bool) -> Vec<TradeRequest> {
    let text = || STATEMENT.to_owned();
    let reassign = |user| TradeRequest::Reassign { to: market.arbiter(user) };
    vec![
        TradeRequest::MarkSent,
        TradeRequest::Cancel { not_paid: false },
        TradeRequest::Cancel { not_paid: true },
        TradeRequest::AcceptCancel,
        TradeRequest::RejectCancel,
        TradeRequest::Extend,
        TradeRequest::Confirm,
        dispute_for(buyer),
        TradeRequest::AddStatement { text: text() },
        TradeRequest::AddEvidence { hash: [7; 32], media: Media::Png, bytes: 1 },
        TradeRequest::Withdraw,
        TradeRequest::TakeDispute,
        reassign(A),
        reassign(A2),
        verdict(VerdictOutcome::Buyer),
        verdict(VerdictOutcome::Seller),
        verdict(VerdictOutcome::Split { buyer_percent: 60 }),
        TradeRequest::Appeal { reason: None },
        TradeRequest::Concede,
        TradeRequest::Write { text: text() },
        TradeRequest::Freeze { reason: text() },
        TradeRequest::Unfreeze { reason: text() },
    ]
}

fn holds(is_so: bool, otherwise: &str) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(otherwise.into()) }
}

/// Whether a fact moves just what it has to: nothing while the trade is open; then all of the escrow,
/// the buyer's part less the fees on it, the rest to where it came from.
fn check_figures(before: &P2pTrade, fact: &P2pTradeFact, ad_lives: bool) -> Result<(), String> {
    let sum = |account: Account| -> Amount {
        let legs = fact.transaction.postings().iter();
        legs.filter(|leg| leg.account == account).map(|leg| leg.amount).sum()
    };
    let (buyer, seller, amount) = (before.buyer.id, before.seller.id, before.amount);
    holds(fact.transaction.balances(), "the legs do not balance")?;
    if fact.trade.state.is_open() {
        return holds(fact.transaction.postings().is_empty(), "money moves in an open trade");
    }
    holds(sum(Account::Trades(seller)) == -amount, "the escrow is not emptied")?;
    let part = match (fact.trade.state, outcome(before)) {
        (Completed | ResolvedBuyer, _) => amount,
        (ResolvedSplit, Some(VerdictOutcome::Split { buyer_percent })) => {
            share_down(amount, buyer_percent)
        }
        _ => Amount::ZERO,
    };
    let fee = before.maker_fee.fee_up(part) + before.taker_fee.fee_up(part);
    holds(sum(Account::House) == fee, "the house does not get its fee")?;
    holds(sum(Account::Available(buyer)) == part - fee, "the buyer does not get the buyer's part")?;
    let (to_ad, to_seller) =
        if ad_lives { (amount - part, Amount::ZERO) } else { (Amount::ZERO, amount - part) };
    holds(sum(Account::Ads(seller)) == to_ad, "an ad's reserve is not as it has to be")?;
    holds(sum(Account::Available(seller)) == to_seller, "the seller does not get the rest")
}

fn outcome(trade: &P2pTrade) -> Option<VerdictOutcome> {
    Some(trade.dispute.as_ref()?.verdict.as_ref()?.outcome)
}

/// Whether who settles an escrow may: a release is the seller's or an arbitrator's to give, and once
/// the buyer has said "sent" a refund is the buyer's or an arbitrator's.
fn check_consent(before: &P2pTrade, fact: &P2pTradeFact) -> Result<(), String> {
    let verdict = outcome(before).filter(|_| fact.action == Action::AppealDeadline);
    let caused = |cause| fact.transaction.postings().iter().any(|leg| leg.cause == cause);
    let for_buyer = matches!(verdict, Some(VerdictOutcome::Buyer | VerdictOutcome::Split { .. }));
    let for_seller = matches!(verdict, Some(VerdictOutcome::Seller | VerdictOutcome::Split { .. }));
    if caused(PostingCause::EscrowRelease) {
        holds(fact.party == Seller || for_buyer, "a release without seller or arbitrator")?;
    }
    if caused(PostingCause::EscrowRefund) && before.sent_at.is_some() {
        holds(fact.party == Buyer || for_seller, "a refund after \"sent\" without the buyer")?;
    }
    Ok(())
}

/// Whether the whole is sound after a fact.
fn check_place(place: &Place) -> Result<(), String> {
    let Place { market, id, .. } = place;
    holds(market.state.is_balanced(), "the state does not balance")?;
    let trade = place.trade();
    let held = if trade.state.is_open() { trade.amount } else { Amount::ZERO };
    holds(market.balance(trade.seller.id).in_trades == held, "the escrow is not what is locked")?;
    holds(market.state.p2p.trade(*id).is_some() == trade.state.is_open(), "an end is no end")?;
    let due = trade.runs_out().is_none_or(|deadline| deadline > market.now);
    holds(due, "a deadline has passed and nothing was done")
}

/// Whether nobody can do anything in a place where the trade has ended.
fn check_final(model: Model, place: &Place) -> Result<(), String> {
    let Place { market, .. } = place;
    let (trade, later) = (place.trade(), market.now.plus_millis(1_000 * DAY));
    for (_, asker, ask) in everybodys_asks(place) {
        let action = ask.action();
        let answer = (model.decide)(trade, &asker, ask, None, &market.rules, market.now);
        holds(answer.is_err(), &format!("{:?} is not final: {action:?}", trade.state))?;
    }
    holds((model.due)(trade, &market.rules, later).is_none(), "the clock acts after the end")
}

/// All that anybody can ask. An admin who takes a dispute is an arbitrator like the others: left out.
fn everybodys_asks(place: &Place) -> impl Iterator<Item = (UserId, Requester, TradeRequest)> {
    let Place { market, .. } = place;
    let all = [B, S, A, A2, ADMIN, X].into_iter().flat_map(move |by| {
        let asker = market.asker(by, place.trade());
        asks(market, by == B).into_iter().map(move |ask| (by, asker.clone(), ask))
    });
    all.filter(|(by, _, ask)| (*by, ask) != (ADMIN, &TradeRequest::TakeDispute))
}

/// The place after a decision, with all that must hold of it.
fn step(model: Model, place: &Place, decided: DecidedTrade) -> Result<Place, String> {
    let ad = place.market.board.ad(place.ad);
    let ad_lives = ad.is_some_and(|ad| ad.side == Side::Sell);
    let fact = (model.settle)(&place.market.board, decided);
    check_consent(place.trade(), &fact)?;
    check_figures(place.trade(), &fact, ad_lives)?;
    let mut next = place.clone();
    next.market.fold(Body::P2pTrade(Box::new(fact)));
    check_place(&next)?;
    Ok(next)
}

/// Where one can get to from a place, and whether without the parties.
fn successors(model: Model, place: &Place) -> Result<Vec<(Place, bool)>, String> {
    let (market, trade) = (&place.market, place.trade());
    let mut found = Vec::new();
    for (by, asker, ask) in everybodys_asks(place) {
        let alone = [A, A2, ADMIN].contains(&by);
        let decision = (model.decide)(trade, &asker, ask, None, &market.rules, market.now);
        if let Ok(Decision::Step(decided)) = decision {
            found.push((step(model, place, *decided)?, alone));
        }
    }
    if let Some(moment) = place.next_moment().filter(|_| trade.state.is_open()) {
        let mut later = place.clone();
        later.market.now = moment;
        if let Some(decided) = (model.due)(trade, &market.rules, moment) {
            later = step(model, &later, decided)?;
        }
        check_place(&later)?;
        found.push((later, true));
    }
    if let Some(ad) = market.board.ad(place.ad) {
        let (mut closed, owner) = (place.clone(), ad.owner.id);
        closed.market.close(owner, place.ad).unwrap();
        check_place(&closed)?;
        found.push((closed, false));
    }
    Ok(found)
}

/// Walks everything that can be reached.
fn walk(model: Model, maker_sells: bool) -> Result<Walked, String> {
    let first = Place::first(maker_sells);
    check_place(&first)?;
    let mut known = HashMap::from([(first.key(), 0)]);
    let (mut places, mut edges) = (vec![first], Vec::new());
    let mut from = 0;
    while from < places.len() {
        let place = places[from].clone();
        if !place.trade().state.is_open() {
            check_final(model, &place)?;
        }
        for (next, alone) in successors(model, &place)? {
            let number = *known.entry(next.key()).or_insert(places.len());
            edges.push(Edge { from, to: number, alone });
            if number == places.len() {
                places.push(next);
            }
        }
        from += 1;
    }
    check_ends(&places, &edges)?;
    let ends = places.iter().filter(|place| !place.trade().state.is_open()).count();
    Ok(Walked { places: places.len(), ends })
}

/// Whether an end can be reached from everywhere by clock and arbitrator alone.
fn check_ends(places: &[Place], edges: &[Edge]) -> Result<(), String> {
    let mut ends: Vec<bool> = places.iter().map(|place| !place.trade().state.is_open()).collect();
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); places.len()];
    for edge in edges.iter().filter(|edge| edge.alone) {
        before[edge.to].push(edge.from);
    }
    let mut todo: Vec<usize> = (0..places.len()).filter(|place| ends[*place]).collect();
    while let Some(place) = todo.pop() {
        for from in &before[place] {
            if !std::mem::replace(&mut ends[*from], true) {
                todo.push(*from);
            }
        }
    }
    match ends.iter().position(|ends| !ends) {
        Some(stuck) => Err(format!("stuck: {}", places[stuck].key())),
        None => Ok(()),
    }
}

#[test]
fn nothing_is_lost_paid_twice_or_stuck() {
    for maker_sells in [true, false] {
        let walked = walk(REAL, maker_sells).unwrap();
        assert!(walked.places > 10_000 && walked.ends > 40, "{walked:?}");
    }
}

/// Both walks must find the fault.
fn check_caught(model: Model, finding: &str) {
    for maker_sells in [true, false] {
        let found = walk(model, maker_sells).unwrap_err();
        assert!(found.contains(finding), "{found}");
    }
}

fn end_with(mut decided: DecidedTrade, state: TradeState, settlement: Settlement) -> DecidedTrade {
    decided.trade.state = state;
    decided.trade.deadline = None;
    decided.settlement = settlement;
    decided
}

#[test]
fn a_refund_when_the_release_is_overdue_is_caught() {
    let due = |trade: &P2pTrade, rules: &Rules, now| {
        let decided = due(trade, rules, now)?;
        Some(match decided.action {
            Action::ReleaseDeadline => {
                end_with(decided, Expired, Settlement::Refund { to_buyer: Amount::ZERO })
            }
            _ => decided,
        })
    };
    check_caught(Model { due, ..REAL }, "a refund after \"sent\" without the buyer");
}

#[test]
fn a_release_by_the_clock_is_caught() {
    let due = |trade: &P2pTrade, rules: &Rules, now| {
        let decided = due(trade, rules, now)?;
        Some(match decided.action {
            Action::AutoDispute => end_with(decided, Completed, Settlement::Release),
            _ => decided,
        })
    };
    check_caught(Model { due, ..REAL }, "a release without seller or arbitrator");
}

/// A settlement without the fee's legs, and with its amount moved as `more` says.
fn with_legs(mut fact: P2pTradeFact, more: &[(PostingCause, Account, Account)]) -> P2pTradeFact {
    let legs = fact.transaction.postings();
    let fee = legs.iter().filter(|leg| leg.account == Account::House).map(|leg| leg.amount).sum();
    let mut changed = Transaction::default();
    for leg in legs.iter().filter(|leg| leg.cause != PostingCause::Fee && leg.amount > Amount::ZERO)
    {
        let escrow = Account::Trades(fact.trade.seller.id);
        changed.transfer(leg.asset, leg.amount, escrow, leg.account, leg.cause);
    }
    for (cause, from, to) in more {
        changed.transfer(fact.trade.asset, fee, *from, *to, *cause);
    }
    fact.transaction = changed;
    fact
}

#[test]
fn a_lost_fee_leg_is_caught() {
    let lost = |board: &Board, decided: DecidedTrade| with_legs(settle(board, decided), &[]);
    check_caught(Model { settle: lost, ..REAL }, "the escrow is not emptied");
    let given_away = |board: &Board, decided: DecidedTrade| {
        let fact = settle(board, decided);
        let (escrow, buyer) =
            (Account::Trades(fact.trade.seller.id), Account::Available(fact.trade.buyer.id));
        with_legs(fact, &[(PostingCause::EscrowRelease, escrow, buyer)])
    };
    check_caught(Model { settle: given_away, ..REAL }, "the house does not get its fee");
}

#[test]
fn an_unguarded_final_state_is_caught() {
    let decide: Decide = |trade, asker, ask, expected, rules, now| match (trade.state, &ask) {
        (Completed, TradeRequest::Confirm) if asker.person.id == trade.seller.id => {
            let open = P2pTrade { state: PaymentSent, dispute: None, ..trade.clone() };
            decide(&open, asker, ask, expected, rules, now)
        }
        _ => decide(trade, asker, ask, expected, rules, now),
    };
    check_caught(Model { decide, ..REAL }, "Completed is not final: Confirm");
}

#[test]
fn a_verdict_that_is_never_carried_out_is_caught() {
    let due = |trade: &P2pTrade, rules: &Rules, now| {
        due(trade, rules, now).filter(|decided| decided.action != Action::AppealDeadline)
    };
    check_caught(Model { due, ..REAL }, "a deadline has passed");
    let due = |trade: &P2pTrade, rules: &Rules, now| {
        let mut decided = self::due(trade, rules, now)?;
        if decided.action == Action::AppealDeadline {
            decided = DecidedTrade { party: Party::Clock, trade: trade.clone(), ..decided };
            decided.trade.step += 1;
            decided.trade.deadline = None;
            decided.settlement = Settlement::Open;
        }
        Some(decided)
    };
    check_caught(Model { due, ..REAL }, "stuck");
}

/// Where the ad is gone, coins that go back to it are nobody's.
#[test]
fn a_refund_to_an_ad_that_is_closed_is_caught() {
    let settle = |board: &Board, decided: DecidedTrade| {
        let mut fact = settle(board, decided);
        if fact.ad.is_none() && fact.trade.maker_sells {
            let mut changed = Transaction::default();
            let seller = fact.trade.seller.id;
            for leg in fact.transaction.postings().iter().filter(|leg| leg.amount > Amount::ZERO) {
                let (escrow, to) = (Account::Trades(seller), leg.account);
                let to = if to == Account::Available(seller) { Account::Ads(seller) } else { to };
                changed.transfer(leg.asset, leg.amount, escrow, to, leg.cause);
            }
            fact.transaction = changed;
        }
        fact
    };
    let found = walk(Model { settle, ..REAL }, true).unwrap_err();
    assert!(found.contains("an ad's reserve is not as it has to be"), "{found}");
}
