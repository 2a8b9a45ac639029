//! Deciding what becomes of a P2P trade: who asks, the guards beside the machine's table, and what the
//! clock does. Pure: the trade's actor stamps a command and asks [`decide`], after it has fired what
//! [`due`] says.

use super::{
    Rules,
    ad::Person,
    dispute::{
        Dispute, DisputeStatus, EVIDENCE_MAX, STATEMENT_CHARS_MIN, STATEMENTS_MAX, VerdictOutcome,
        WITHDRAWALS_MAX,
    },
    machine::{
        Action::{self, *},
        Party::{self, *},
        after, is_ever_allowed,
    },
    step::{DecidedTrade, Step},
    trade::{
        BuyerFault, MessageFact, P2pTrade, TradeReason,
        TradeState::{self, *},
    },
    trade_request::{Arbiter, Requester, TradeRequest},
};
use crate::domain::{
    account::Role,
    id::{Stamp, UserId},
    rejection::Rejection,
};

/// The most messages of one trade.
pub const MESSAGES_MAX: u32 = 1_000;
/// How often a seller may ask the buyer of one trade to agree to a cancel.
pub const CANCELS_ASKED_MAX: u8 = 3;

/// What a command leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The trade changes.
    Step(Box<DecidedTrade>),
    /// A line of the chat.
    Message(MessageFact),
    /// It is so already: the same evidence again.
    Nothing,
}

/// In which role `asker` does `action` to `trade`; `None` for a stranger.
pub fn party_of(trade: &P2pTrade, asker: &Requester, action: Action) -> Option<Party> {
    let id = asker.person.id;
    let by_role = matches!(action, Action::Freeze | Unfreeze | TakeDispute | Reassign);
    let judges = matches!(action, TakeDispute | Reassign | GiveVerdict);
    match asker.role {
        _ if trade.buyer.id == id => Some(Buyer),
        _ if trade.seller.id == id => Some(Seller),
        Role::Admin if by_role => Some(Admin),
        Role::Admin | Role::Arbitrator if trade.is_arbitrator(id) => Some(Arbitrator),
        // Arbitrators know of open disputes; whose a dispute is, the guards ask.
        Role::Admin | Role::Arbitrator if judges && trade.is_disputed() => Some(Arbitrator),
        Role::Admin => Some(Admin),
        _ => None,
    }
}

/// Decides a command that `asker` gives at `now`, after what was due has been done. `expected` is the
/// state that the asker takes the trade to be in.
///
/// # Errors
/// A stranger learns nothing (`P2pTradeNotFound`); a party that may never do this is told so
/// (`NotAllowed`); what the state does not allow names the state.
pub fn decide(
    trade: &P2pTrade,
    asker: &Requester,
    ask: TradeRequest,
    expected: Option<TradeState>,
    rules: &Rules,
    now: Stamp,
) -> Result<Decision, Rejection> {
    let (action, state) = (ask.action(), trade.state);
    let party = party_of(trade, asker, action).ok_or(Rejection::P2pTradeNotFound)?;
    if !is_ever_allowed(party, action) {
        return Err(Rejection::NotAllowed);
    }
    if asker.is_frozen && matches!(action, TakeDispute | Reassign | GiveVerdict) {
        return Err(Rejection::UserFrozen);
    }
    if expected.is_some_and(|expected| expected != state) {
        return Err(Rejection::TradeStateChanged(state));
    }
    if trade.frozen.is_some() && action != Unfreeze && state.is_open() {
        return Err(Rejection::TradeFrozen);
    }
    let Some(step) = after(state, party, action) else {
        return Err(refusal(state, party, action));
    };
    guard(trade, party, asker, &ask, now)?;
    let by = &asker.person;
    match ask {
        TradeRequest::Write { text } => return Ok(Decision::Message(message(trade, by, text))),
        TradeRequest::AddEvidence { hash, .. }
            if evidence(trade).is_some_and(|d| d.evidence(&hash).is_some()) =>
        {
            return Ok(Decision::Nothing);
        }
        _ => {}
    }
    let mut next = Step::of(trade, rules, now);
    next.enter(step.to);
    let fault = next.change(party, by, ask);
    Ok(Decision::Step(Box::new(next.decided(action, party, step.money, fault))))
}

/// What the clock does next to a trade at `now`, effective at its deadline, however late the timer.
pub fn due(trade: &P2pTrade, rules: &Rules, now: Stamp) -> Option<DecidedTrade> {
    let at = trade.runs_out().filter(|deadline| *deadline <= now)?;
    let action = match trade.state {
        Pending => PayDeadline,
        PaymentSent => ReleaseDeadline,
        ReleaseOverdue => AutoDispute,
        Disputed => TargetMissed,
        VerdictPending => AppealDeadline,
        _ => return None,
    };
    let step = after(trade.state, Clock, action)?;
    let mut next = Step::of(trade, rules, at);
    next.enter(step.to);
    let fault = (action == PayDeadline).then_some(BuyerFault::BeforePayment);
    match action {
        PayDeadline => next.trade.reason = Some(TradeReason::PaymentWindow),
        AutoDispute => {
            next.trade.reason = Some(TradeReason::Clock);
            next.open_dispute();
        }
        TargetMissed => {
            next.trade.deadline = None;
            next.dispute().escalated = true;
        }
        _ => {}
    }
    Some(next.decided(action, Clock, step.money, fault))
}

fn refusal(state: TradeState, party: Party, action: Action) -> Rejection {
    match (state, party, action) {
        (Pending, Seller, Confirm) => Rejection::PaymentNotMarked,
        (Expired, Buyer, MarkSent) => Rejection::TradeExpired,
        _ => Rejection::TradeStateForbids(state),
    }
}

fn evidence(trade: &P2pTrade) -> Option<&Dispute> {
    trade.dispute.as_deref()
}

/// The guards that stand beside the table, by name, before anything changes.
fn guard(
    trade: &P2pTrade,
    party: Party,
    asker: &Requester,
    ask: &TradeRequest,
    now: Stamp,
) -> Result<(), Rejection> {
    let id = asker.person.id;
    let need = |holds: bool, otherwise: Rejection| if holds { Ok(()) } else { Err(otherwise) };
    match ask {
        TradeRequest::Cancel { not_paid: false } if party == Buyer => {
            need(trade.state == Pending, Rejection::ConfirmNotPaidRequired(trade.state))
        }
        TradeRequest::Cancel { .. } if party == Seller => {
            need(!trade.seller_asks_cancel, Rejection::CancelAlreadyAsked(trade.state))?;
            let more = trade.cancels_asked < CANCELS_ASKED_MAX;
            need(more, Rejection::TooManyCancelRequests(trade.state))
        }
        TradeRequest::AcceptCancel | TradeRequest::RejectCancel => {
            need(trade.seller_asks_cancel, Rejection::NoCancelRequest(trade.state))
        }
        TradeRequest::Extend => need(!trade.extended, Rejection::AlreadyExtended),
        TradeRequest::Write { .. } => {
            need(trade.messages < MESSAGES_MAX, Rejection::TooManyMessages)
        }
        TradeRequest::Unfreeze { .. } => {
            need(trade.frozen.is_some(), Rejection::TradeNotFrozen(trade.state))
        }
        TradeRequest::OpenDispute { reason, statement } => {
            let open = trade.dispute.as_ref().filter(|dispute| dispute.status.is_open());
            need(reason.fits(party == Buyer), Rejection::ReasonDoesNotFit)?;
            need(is_statement(statement), Rejection::StatementTooShort)?;
            need(open.is_none_or(|d| !d.has_answered(id)), Rejection::AlreadyAnswered)?;
            need(open.is_none_or(|d| !d.is_sealed()), Rejection::DisputeSealed)
        }
        _ => guard_dispute(trade, asker, ask, now),
    }
}

fn is_statement(text: &str) -> bool {
    text.trim().chars().count() >= STATEMENT_CHARS_MIN
}

/// The guards of what is done in an open dispute.
fn guard_dispute(
    trade: &P2pTrade,
    asker: &Requester,
    ask: &TradeRequest,
    now: Stamp,
) -> Result<(), Rejection> {
    let id = asker.person.id;
    let need = |holds: bool, otherwise: Rejection| if holds { Ok(()) } else { Err(otherwise) };
    let Some(dispute) = trade.dispute.as_deref() else { return Ok(()) };
    match ask {
        TradeRequest::AddStatement { text } => {
            let own = dispute.statements.iter().filter(|statement| statement.by == id).count();
            need(!dispute.is_sealed(), Rejection::DisputeSealed)?;
            need(own > 0 || is_statement(text), Rejection::StatementTooShort)?;
            need(own < STATEMENTS_MAX, Rejection::TooManyStatements)
        }
        TradeRequest::AddEvidence { hash, .. } => {
            let own = dispute.evidence.iter().filter(|evidence| evidence.by == id).count();
            need(!dispute.is_sealed(), Rejection::DisputeSealed)?;
            let known = dispute.evidence(hash).is_some();
            need(known || own < EVIDENCE_MAX, Rejection::TooMuchEvidence)
        }
        TradeRequest::Withdraw => {
            need(dispute.opened_by == Some(id), Rejection::NotTheOpener)?;
            need(!dispute.is_sealed(), Rejection::DisputeSealed)?;
            need(trade.withdrawals < WITHDRAWALS_MAX, Rejection::TooManyWithdrawals)
        }
        TradeRequest::TakeDispute => {
            need(dispute.arbitrator.is_none(), Rejection::DisputeTaken)?;
            let arbiter = Arbiter {
                person: asker.person.clone(),
                role: asker.role,
                is_blocked: asker.is_blocked,
            };
            guard_arbiter(trade, dispute, &arbiter)
        }
        TradeRequest::Reassign { to } => {
            let may = asker.role == Role::Admin || trade.is_arbitrator(id);
            need(may, Rejection::NotAssigned)?;
            need(!trade.is_arbitrator(to.person.id), Rejection::DisputeTaken)?;
            guard_arbiter(trade, dispute, to)
        }
        TradeRequest::GiveVerdict { .. } => {
            let answered = |who: &Person| dispute.has_answered(who.id);
            let heard = answered(&trade.buyer) && answered(&trade.seller);
            need(trade.is_arbitrator(id), Rejection::NotAssigned)?;
            let until = dispute.statements_until;
            need(heard || now >= until, Rejection::StatementsMissing(until))
        }
        TradeRequest::Appeal { .. } => {
            let outcome = dispute.verdict.as_ref().map(|verdict| verdict.outcome);
            let lost = match outcome {
                Some(VerdictOutcome::Buyer) => id == trade.seller.id,
                Some(VerdictOutcome::Seller) => id == trade.buyer.id,
                Some(VerdictOutcome::Split { .. }) | None => true,
            };
            need(dispute.appealed_by.is_none(), Rejection::AlreadyAppealed)?;
            need(lost, Rejection::NotTheLoser)
        }
        _ => Ok(()),
    }
}

/// Whether somebody may decide a dispute: never a party, nor blocked with one, nor who decided before.
fn guard_arbiter(trade: &P2pTrade, dispute: &Dispute, to: &Arbiter) -> Result<(), Rejection> {
    let id = to.person.id;
    match () {
        _ if to.role == Role::User => Err(Rejection::NotAnArbitrator),
        _ if trade.is_party(id) || to.is_blocked => Err(Rejection::ConflictOfInterest),
        _ if dispute.past_arbitrators.contains(&id) => Err(Rejection::ConflictOfInterest),
        _ => Ok(()),
    }
}

fn message(trade: &P2pTrade, by: &Person, text: String) -> MessageFact {
    let told = people(trade).into_iter().filter(|user| *user != by.id).collect();
    MessageFact { trade: trade.id, number: trade.messages + 1, from: by.clone(), text, told }
}

/// The parties, and who decides between them.
pub(super) fn people(trade: &P2pTrade) -> Vec<UserId> {
    let open = trade.dispute.as_ref().filter(|dispute| dispute.status != DisputeStatus::Withdrawn);
    let arbitrator = open.and_then(|dispute| dispute.arbitrator.as_ref());
    [&trade.buyer, &trade.seller].into_iter().chain(arbitrator).map(|person| person.id).collect()
}
