//! The whole grid of (state, party, action), of the machine alone and of decisions about real trades.

use std::{collections::BTreeMap, fmt::Write};

use super::market::*;
use crate::domain::{
    id::{P2pTradeId, UserId},
    p2p::{
        decide::{Decision, decide},
        dispute::{DisputeReason, Media, VerdictOutcome},
        machine::{Action, Money, Party, after},
        trade::{
            P2pTrade,
            TradeState::{self, *},
        },
        trade_request::{Arbiter, TradeRequest},
    },
    rejection::Rejection,
};

/// Tries all 1,320 combinations; the text is the whole contract.
#[test]
fn only_these_steps_are_allowed() {
    let mut allowed = String::new();
    for state in TradeState::ALL {
        for party in Party::ALL {
            for action in Action::ALL {
                let Some(step) = after(state, party, action) else { continue };
                let money = match step.money {
                    Money::Keep => "",
                    Money::Release => ", released",
                    Money::Refund => ", refunded",
                    Money::ByVerdict => ", by verdict",
                };
                let to = if step.to == state { "=".into() } else { format!("{:?}", step.to) };
                writeln!(allowed, "{state:?}: {party:?} {action:?} -> {to}{money}").unwrap();
            }
        }
    }
    assert_eq!(allowed.trim(), ALLOWED.trim());
}

const ALLOWED: &str = "
Pending: Buyer MarkSent -> PaymentSent
Pending: Buyer Cancel -> Cancelled, refunded
Pending: Buyer AcceptCancel -> Cancelled, refunded
Pending: Buyer RejectCancel -> =
Pending: Buyer Write -> =
Pending: Seller Cancel -> =
Pending: Seller Extend -> =
Pending: Seller Write -> =
Pending: Admin Freeze -> =
Pending: Admin Unfreeze -> =
Pending: Clock PayDeadline -> Expired, refunded
PaymentSent: Buyer Cancel -> Cancelled, refunded
PaymentSent: Buyer AcceptCancel -> Cancelled, refunded
PaymentSent: Buyer RejectCancel -> =
PaymentSent: Buyer Write -> =
PaymentSent: Seller Cancel -> =
PaymentSent: Seller Confirm -> Completed, released
PaymentSent: Seller OpenDispute -> Disputed
PaymentSent: Seller Write -> =
PaymentSent: Admin Freeze -> =
PaymentSent: Admin Unfreeze -> =
PaymentSent: Clock ReleaseDeadline -> ReleaseOverdue
ReleaseOverdue: Buyer Cancel -> Cancelled, refunded
ReleaseOverdue: Buyer AcceptCancel -> Cancelled, refunded
ReleaseOverdue: Buyer RejectCancel -> =
ReleaseOverdue: Buyer OpenDispute -> Disputed
ReleaseOverdue: Buyer Write -> =
ReleaseOverdue: Seller Cancel -> =
ReleaseOverdue: Seller Confirm -> Completed, released
ReleaseOverdue: Seller OpenDispute -> Disputed
ReleaseOverdue: Seller Write -> =
ReleaseOverdue: Admin Freeze -> =
ReleaseOverdue: Admin Unfreeze -> =
ReleaseOverdue: Clock AutoDispute -> Disputed
Disputed: Buyer OpenDispute -> =
Disputed: Buyer AddStatement -> =
Disputed: Buyer AddEvidence -> =
Disputed: Buyer Withdraw -> ReleaseOverdue
Disputed: Buyer Concede -> Cancelled, refunded
Disputed: Buyer Write -> =
Disputed: Seller Confirm -> Completed, released
Disputed: Seller OpenDispute -> =
Disputed: Seller AddStatement -> =
Disputed: Seller AddEvidence -> =
Disputed: Seller Withdraw -> ReleaseOverdue
Disputed: Seller Write -> =
Disputed: Arbitrator TakeDispute -> =
Disputed: Arbitrator Reassign -> =
Disputed: Arbitrator GiveVerdict -> VerdictPending
Disputed: Arbitrator Write -> =
Disputed: Admin TakeDispute -> =
Disputed: Admin Reassign -> =
Disputed: Admin Freeze -> =
Disputed: Admin Unfreeze -> =
Disputed: Clock TargetMissed -> =
VerdictPending: Buyer Appeal -> Disputed
VerdictPending: Buyer Concede -> Cancelled, refunded
VerdictPending: Buyer Write -> =
VerdictPending: Seller Confirm -> Completed, released
VerdictPending: Seller Appeal -> Disputed
VerdictPending: Seller Write -> =
VerdictPending: Arbitrator Write -> =
VerdictPending: Admin Freeze -> =
VerdictPending: Admin Unfreeze -> =
VerdictPending: Clock AppealDeadline -> ResolvedSplit, by verdict
";

#[test]
fn a_trade_ends_exactly_when_its_escrow_is_settled() {
    for state in TradeState::ALL {
        for (party, action) in pairs() {
            if let Some(step) = after(state, party, action) {
                assert!(state.is_open());
                assert_eq!(step.to.is_open(), step.money == Money::Keep, "{state:?} {action:?}");
            }
        }
    }
}

fn pairs() -> impl Iterator<Item = (Party, Action)> {
    // The opening makes the trade, and is nothing that can be asked of it.
    let asked = || Action::ALL.into_iter().filter(|action| *action != Action::Open);
    Party::ALL.into_iter().flat_map(move |party| asked().map(move |action| (party, action)))
}

/// Every command, with all that it needs to pass where anything can.
fn asks(market: &Market, buyer: bool) -> Vec<TradeRequest> {
    let text = || STATEMENT.to_owned();
    vec![
        TradeRequest::MarkSent,
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
        TradeRequest::Reassign { to: market.arbiter(A2) },
        verdict(VerdictOutcome::Buyer),
        TradeRequest::Appeal { reason: None },
        TradeRequest::Concede,
        TradeRequest::Write { text: text() },
        TradeRequest::Freeze { reason: text() },
        TradeRequest::Unfreeze { reason: text() },
    ]
}

/// TR1 on its way to `state`. Where there can be one, the seller has asked for a cancel, or has
/// opened a dispute that A has taken, and the time for statements is over.
fn prepared(state: TradeState) -> (Market, P2pTradeId) {
    let mut market = Market::new();
    let id = market.tr1();
    lead_to(&mut market, id, state);
    assert_eq!(market.state_of(id), state);
    (market, id)
}

fn lead_to(market: &mut Market, id: P2pTradeId, state: TradeState) {
    match state {
        Pending => market.does(S, id, cancel()),
        PaymentSent => {
            market.does(B, id, TradeRequest::MarkSent);
            market.does(S, id, cancel());
        }
        ReleaseOverdue => {
            lead_to(market, id, PaymentSent);
            market.pass(900 * SECOND);
            market.tick();
        }
        Disputed => {
            lead_to(market, id, PaymentSent);
            market.does(S, id, dispute_for(false));
            market.does(A, id, TradeRequest::TakeDispute);
            market.pass(DAY);
        }
        VerdictPending => decided(market, id, VerdictOutcome::Split { buyer_percent: 60 }),
        Completed => {
            lead_to(market, id, PaymentSent);
            market.does(S, id, TradeRequest::Confirm);
        }
        Cancelled => market.does(B, id, cancel()),
        Expired => {
            market.pass(900 * SECOND);
            market.tick();
        }
        ResolvedBuyer => resolved(market, id, VerdictOutcome::Buyer),
        ResolvedSeller => resolved(market, id, VerdictOutcome::Seller),
        ResolvedSplit => resolved(market, id, VerdictOutcome::Split { buyer_percent: 60 }),
    }
}

fn decided(market: &mut Market, id: P2pTradeId, outcome: VerdictOutcome) {
    lead_to(market, id, Disputed);
    market.does(A, id, verdict(outcome));
}

fn resolved(market: &mut Market, id: P2pTradeId, outcome: VerdictOutcome) {
    decided(market, id, outcome);
    market.pass(DAY);
    market.tick();
}

/// What a decision answers: the state it leads to, or the code of its refusal.
fn answer(market: &Market, trade: &P2pTrade, by: UserId, ask: TradeRequest) -> String {
    let asker = market.asker(by, trade);
    match decide(trade, &asker, ask, None, &market.rules, market.now) {
        Ok(Decision::Step(decided)) if decided.trade.state == trade.state => "stays".into(),
        Ok(Decision::Step(decided)) => format!("-> {}", decided.trade.state.code()),
        Ok(Decision::Message(_)) => "message".into(),
        Ok(Decision::Nothing) => "nothing".into(),
        Err(rejection) => rejection.code().into(),
    }
}

/// Every command of everybody, in every state. A line has the commands that are answered alike: what
/// they lead to and in which states, and last what they lead to in all others.
#[test]
fn everybody_is_answered_like_this() {
    let markets = TradeState::ALL.map(prepared);
    let cast = [
        ("buyer", B),
        ("seller", S),
        ("assigned arbitrator", A),
        ("other arbitrator", A2),
        ("admin", ADMIN),
        ("stranger", X),
    ];
    let mut text = String::new();
    for (name, by) in cast {
        let mut lines: Vec<(String, String)> = Vec::new();
        for number in 0..asks(&markets[0].0, true).len() {
            let (action, answers) = summary(&markets, by, number);
            match lines.iter_mut().find(|line| line.1 == answers) {
                Some(line) => write!(line.0, " {action:?}").unwrap(),
                None => lines.push((format!("{action:?}"), answers)),
            }
        }
        writeln!(text, "{name}").unwrap();
        for (actions, answers) in lines {
            writeln!(text, "  {actions}: {answers}").unwrap();
        }
    }
    assert_eq!(text.trim(), ANSWERS.trim());
}

/// One command and its answers; the one that most states give is named last, without them.
fn summary(markets: &[(Market, P2pTradeId)], by: UserId, number: usize) -> (Action, String) {
    let ask = |market| asks(market, by == B).swap_remove(number);
    let mut answers: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (market, id) in markets {
        let trade = market.trade(*id);
        let answer = answer(market, trade, by, ask(market));
        answers.entry(answer).or_default().push(trade.state.code());
    }
    let most = answers.iter().max_by_key(|(_, states)| states.len()).unwrap().0;
    let few = answers.iter().filter(|(answer, _)| *answer != most);
    let mut parts: Vec<_> =
        few.map(|(answer, states)| format!("{answer} ({})", states.join(" "))).collect();
    parts.push(most.clone());
    (ask(&markets[0].0).action(), parts.join("; "))
}

const ANSWERS: &str = "
buyer
  MarkSent: -> PAYMENT_SENT (PENDING); TRADE_EXPIRED (EXPIRED); TRADE_STATE_FORBIDS
  Cancel AcceptCancel: -> CANCELLED (PENDING PAYMENT_SENT RELEASE_OVERDUE); TRADE_STATE_FORBIDS
  RejectCancel: stays (PENDING PAYMENT_SENT RELEASE_OVERDUE); TRADE_STATE_FORBIDS
  Extend Confirm TakeDispute Reassign GiveVerdict Freeze Unfreeze: NOT_ALLOWED
  OpenDispute: -> DISPUTED (RELEASE_OVERDUE); stays (DISPUTED); TRADE_STATE_FORBIDS
  AddStatement AddEvidence: stays (DISPUTED); TRADE_STATE_FORBIDS
  Withdraw: NOT_THE_OPENER (DISPUTED); TRADE_STATE_FORBIDS
  Appeal: -> DISPUTED (VERDICT_PENDING); TRADE_STATE_FORBIDS
  Concede: -> CANCELLED (DISPUTED VERDICT_PENDING); TRADE_STATE_FORBIDS
  Write: message (PENDING PAYMENT_SENT RELEASE_OVERDUE DISPUTED VERDICT_PENDING); TRADE_STATE_FORBIDS
seller
  MarkSent AcceptCancel RejectCancel TakeDispute Reassign GiveVerdict Concede Freeze Unfreeze: NOT_ALLOWED
  Cancel: CANCEL_ALREADY_ASKED (PENDING PAYMENT_SENT RELEASE_OVERDUE); TRADE_STATE_FORBIDS
  Extend: stays (PENDING); TRADE_STATE_FORBIDS
  Confirm: -> COMPLETED (PAYMENT_SENT RELEASE_OVERDUE DISPUTED VERDICT_PENDING); PAYMENT_NOT_MARKED (PENDING); TRADE_STATE_FORBIDS
  OpenDispute: -> DISPUTED (PAYMENT_SENT RELEASE_OVERDUE); ALREADY_ANSWERED (DISPUTED); TRADE_STATE_FORBIDS
  AddStatement AddEvidence: stays (DISPUTED); TRADE_STATE_FORBIDS
  Withdraw: -> RELEASE_OVERDUE (DISPUTED); TRADE_STATE_FORBIDS
  Appeal: -> DISPUTED (VERDICT_PENDING); TRADE_STATE_FORBIDS
  Write: message (PENDING PAYMENT_SENT RELEASE_OVERDUE DISPUTED VERDICT_PENDING); TRADE_STATE_FORBIDS
assigned arbitrator
  MarkSent Cancel AcceptCancel RejectCancel Extend Confirm OpenDispute AddStatement AddEvidence Withdraw Appeal Concede Freeze Unfreeze: NOT_ALLOWED (DISPUTED VERDICT_PENDING RESOLVED_BUYER RESOLVED_SELLER RESOLVED_SPLIT); P2P_TRADE_NOT_FOUND
  TakeDispute: DISPUTE_TAKEN (DISPUTED); TRADE_STATE_FORBIDS (VERDICT_PENDING RESOLVED_BUYER RESOLVED_SELLER RESOLVED_SPLIT); P2P_TRADE_NOT_FOUND
  Reassign: TRADE_STATE_FORBIDS (VERDICT_PENDING RESOLVED_BUYER RESOLVED_SELLER RESOLVED_SPLIT); stays (DISPUTED); P2P_TRADE_NOT_FOUND
  GiveVerdict: -> VERDICT_PENDING (DISPUTED); TRADE_STATE_FORBIDS (VERDICT_PENDING RESOLVED_BUYER RESOLVED_SELLER RESOLVED_SPLIT); P2P_TRADE_NOT_FOUND
  Write: TRADE_STATE_FORBIDS (RESOLVED_BUYER RESOLVED_SELLER RESOLVED_SPLIT); message (DISPUTED VERDICT_PENDING); P2P_TRADE_NOT_FOUND
other arbitrator
  MarkSent Cancel AcceptCancel RejectCancel Extend Confirm OpenDispute AddStatement AddEvidence Withdraw Appeal Concede Write Freeze Unfreeze: P2P_TRADE_NOT_FOUND
  TakeDispute: DISPUTE_TAKEN (DISPUTED); TRADE_STATE_FORBIDS (VERDICT_PENDING); P2P_TRADE_NOT_FOUND
  Reassign GiveVerdict: NOT_ASSIGNED (DISPUTED); TRADE_STATE_FORBIDS (VERDICT_PENDING); P2P_TRADE_NOT_FOUND
admin
  MarkSent Cancel AcceptCancel RejectCancel Extend Confirm OpenDispute AddStatement AddEvidence Withdraw Appeal Concede Write: NOT_ALLOWED
  TakeDispute: DISPUTE_TAKEN (DISPUTED); TRADE_STATE_FORBIDS
  Reassign: stays (DISPUTED); TRADE_STATE_FORBIDS
  GiveVerdict: NOT_ASSIGNED (DISPUTED); TRADE_STATE_FORBIDS (VERDICT_PENDING); NOT_ALLOWED
  Freeze: stays (PENDING PAYMENT_SENT RELEASE_OVERDUE DISPUTED VERDICT_PENDING); TRADE_STATE_FORBIDS
  Unfreeze: TRADE_NOT_FROZEN (PENDING PAYMENT_SENT RELEASE_OVERDUE DISPUTED VERDICT_PENDING); TRADE_STATE_FORBIDS
stranger
  MarkSent Cancel AcceptCancel RejectCancel Extend Confirm OpenDispute AddStatement AddEvidence Withdraw TakeDispute Reassign GiveVerdict Appeal Concede Write Freeze Unfreeze: P2P_TRADE_NOT_FOUND
";

/// The same bad command is refused for the first of the reasons that there are against it.
#[test]
fn refusals_come_in_one_order() {
    let (mut market, id) = prepared(Pending);
    let expected = Some(PaymentSent);
    let refuse = |market: &Market, by, ask, expected| {
        let trade = market.trade(id);
        decide(trade, &market.asker(by, trade), ask, expected, &market.rules, market.now).err()
    };
    market.does(S, id, TradeRequest::Extend);
    market.does(ADMIN, id, TradeRequest::Freeze { reason: "a hint".into() });
    let again = || TradeRequest::Extend;
    assert_eq!(refuse(&market, X, again(), expected), Some(Rejection::P2pTradeNotFound));
    assert_eq!(refuse(&market, B, again(), expected), Some(Rejection::NotAllowed));
    let changed = Rejection::TradeStateChanged(Pending);
    assert_eq!(refuse(&market, S, again(), expected), Some(changed));
    assert_eq!(refuse(&market, S, again(), None), Some(Rejection::TradeFrozen));
    assert_eq!(refuse(&market, S, TradeRequest::Confirm, None), Some(Rejection::TradeFrozen));
    market.does(ADMIN, id, TradeRequest::Unfreeze { reason: "all is well".into() });
    assert_eq!(refuse(&market, S, TradeRequest::Confirm, None), Some(Rejection::PaymentNotMarked));
    let short =
        TradeRequest::OpenDispute { reason: reason(&dispute_for(true)), statement: "".into() };
    let forbids = Rejection::TradeStateForbids(Pending);
    assert_eq!(refuse(&market, B, short, None), Some(forbids));
    assert_eq!(refuse(&market, S, again(), None), Some(Rejection::AlreadyExtended));
}

fn reason(ask: &TradeRequest) -> DisputeReason {
    match ask {
        TradeRequest::OpenDispute { reason, .. } => *reason,
        other => panic!("{other:?} has no reason"),
    }
}

#[test]
fn a_frozen_trade_answers_nobody_but_the_admin() {
    for state in [Pending, PaymentSent, ReleaseOverdue, Disputed, VerdictPending] {
        let (mut market, id) = prepared(state);
        market.does(ADMIN, id, TradeRequest::Freeze { reason: "a hint".into() });
        for by in [B, S, A, ADMIN] {
            for ask in asks(&market, by == B) {
                let action = ask.action();
                let said = answer(&market, market.trade(id), by, ask);
                let fits = match (by, action) {
                    (ADMIN, Action::Unfreeze) => said == "stays",
                    _ => ["TRADE_FROZEN", "NOT_ALLOWED", "P2P_TRADE_NOT_FOUND"].contains(&&*said),
                };
                assert!(fits, "{state:?} {by} {action:?}: {said}");
            }
        }
    }
}

/// The guards beside the table, each once, where nothing else is against the command.
#[test]
fn each_guard_refuses_with_its_code() {
    let check = |state, prepare: &[(UserId, TradeRequest)], by, ask, code| {
        let (mut market, id) = prepared(state);
        for (who, what) in prepare {
            market.does(*who, id, what.clone());
        }
        assert_eq!(refused(market.ask(by, id, ask)), code);
    };
    let text = || STATEMENT.to_owned();
    let say = |count: usize| vec![(S, TradeRequest::AddStatement { text: text() }); count];
    let files = |count: u8| {
        let file =
            |n| (S, TradeRequest::AddEvidence { hash: [n; 32], media: Media::Pdf, bytes: 9 });
        (0..count).map(file).collect::<Vec<_>>()
    };
    let open = |statement: &str| TradeRequest::OpenDispute {
        reason: reason(&dispute_for(true)),
        statement: statement.into(),
    };
    let seller = verdict(VerdictOutcome::Seller);
    check(PaymentSent, &[], B, cancel(), "CONFIRM_NOT_PAID_REQUIRED");
    check(PaymentSent, &[], S, cancel(), "CANCEL_ALREADY_ASKED");
    check(
        PaymentSent,
        &[(B, TradeRequest::RejectCancel)],
        B,
        TradeRequest::AcceptCancel,
        "NO_CANCEL_REQUEST",
    );
    check(
        Pending,
        &[(B, TradeRequest::MarkSent)],
        B,
        TradeRequest::RejectCancel,
        "NO_CANCEL_REQUEST",
    );
    check(Pending, &[(S, TradeRequest::Extend)], S, TradeRequest::Extend, "ALREADY_EXTENDED");
    check(Pending, &[], ADMIN, TradeRequest::Unfreeze { reason: text() }, "TRADE_NOT_FROZEN");
    check(PaymentSent, &[], S, dispute_for(true), "REASON_DOES_NOT_FIT");
    check(ReleaseOverdue, &[], B, open(&STATEMENT[1..]), "STATEMENT_TOO_SHORT");
    check(ReleaseOverdue, &[], B, open("     words     "), "STATEMENT_TOO_SHORT");
    check(Disputed, &[], S, dispute_for(false), "ALREADY_ANSWERED");
    check(
        Disputed,
        &[],
        B,
        TradeRequest::AddStatement { text: "no".into() },
        "STATEMENT_TOO_SHORT",
    );
    check(Disputed, &say(9), S, TradeRequest::AddStatement { text: text() }, "TOO_MANY_STATEMENTS");
    check(Disputed, &files(10), S, files(11).remove(10).1, "TOO_MUCH_EVIDENCE");
    check(Disputed, &files(10), S, files(1).remove(0).1, "accepted");
    check(Disputed, &[], B, TradeRequest::Withdraw, "NOT_THE_OPENER");
    check(Disputed, &[], A2, TradeRequest::TakeDispute, "DISPUTE_TAKEN");
    check(
        VerdictPending,
        &[(B, TradeRequest::Appeal { reason: None })],
        A,
        TradeRequest::TakeDispute,
        "CONFLICT_OF_INTEREST",
    );
    let appealed = [(S, TradeRequest::Appeal { reason: None }), (A2, TradeRequest::TakeDispute)];
    check(
        VerdictPending,
        &appealed,
        A2,
        TradeRequest::AddStatement { text: text() },
        "NOT_ALLOWED",
    );
    check(
        VerdictPending,
        &appealed,
        S,
        TradeRequest::AddStatement { text: text() },
        "DISPUTE_SEALED",
    );
    check(VerdictPending, &appealed, B, dispute_for(true), "DISPUTE_SEALED");
    check(VerdictPending, &appealed, S, files(1).remove(0).1, "DISPUTE_SEALED");
    check(VerdictPending, &appealed, S, TradeRequest::Withdraw, "DISPUTE_SEALED");
    let again = [&appealed[..], &[(A2, seller.clone())]].concat();
    check(VerdictPending, &again, B, TradeRequest::Appeal { reason: None }, "ALREADY_APPEALED");
    check(Disputed, &[(A, seller)], S, TradeRequest::Appeal { reason: None }, "NOT_THE_LOSER");
}

#[test]
fn who_may_decide_a_dispute_is_asked_of_takers_and_of_those_assigned() {
    let (market, id) = prepared(Disputed);
    let trade = market.trade(id);
    let mut open = trade.clone();
    open.dispute.as_mut().unwrap().arbitrator = None;
    let said = |trade: &P2pTrade, by, ask| answer(&market, trade, by, ask);
    let to = |user| TradeRequest::Reassign { to: market.arbiter(user) };
    assert_eq!(said(trade, A, to(A)), "DISPUTE_TAKEN");
    assert_eq!(said(trade, A2, to(A2)), "NOT_ASSIGNED");
    assert_eq!(said(trade, A, to(X)), "NOT_AN_ARBITRATOR");
    assert_eq!(said(trade, ADMIN, to(ADMIN)), "stays");
    assert_eq!(said(&open, ADMIN, to(A)), "stays");
    let blocked = TradeRequest::Reassign { to: Arbiter { is_blocked: true, ..market.arbiter(A2) } };
    assert_eq!(said(trade, ADMIN, blocked), "CONFLICT_OF_INTEREST");
    let mut asker = market.asker(A2, trade);
    asker.is_blocked = true;
    let taken = decide(&open, &asker, TradeRequest::TakeDispute, None, &market.rules, market.now);
    assert_eq!(taken, Err(Rejection::ConflictOfInterest));
    // A party is a party, whatever else the user is.
    let mut own = open.clone();
    own.buyer = market.person(A2);
    assert_eq!(said(&own, A2, TradeRequest::TakeDispute), "NOT_ALLOWED");
    own.buyer = market.person(ADMIN);
    assert_eq!(said(&own, ADMIN, to(ADMIN)), "NOT_ALLOWED");
    assert_eq!(said(&own, A, TradeRequest::TakeDispute), "stays");
}
