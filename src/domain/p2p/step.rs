//! A P2P trade on its way to its next fact: what a command changes besides the state, how an escrow
//! is settled, and the fact.

use super::{
    Rules,
    ad::Person,
    decide::people,
    dispute::{
        Dispute, DisputeReason, DisputeStatus, Evidence, Statement, Verdict, VerdictOutcome,
    },
    machine::{
        Action::{self, *},
        Money,
        Party::{self, *},
    },
    trade::{
        BuyerFault, Freeze, P2pTrade, P2pTradeFact, TradeReason,
        TradeState::{self, *},
    },
    trade_request::TradeRequest,
};
use crate::domain::{
    id::{Stamp, UserId},
    ledger::Transaction,
    money::{Amount, share_down},
};

/// What was decided, before somebody wrote down the postings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedTrade {
    /// What was done.
    pub action: Action,
    /// In which role.
    pub party: Party,
    /// The trade afterwards.
    pub trade: P2pTrade,
    /// How the escrow is settled.
    pub settlement: Settlement,
    /// What counts against the buyer.
    pub fault: Option<BuyerFault>,
    /// What was said for it.
    pub note: Option<String>,
    /// Who decided on it until now, and does no more.
    pub relieved: Option<UserId>,
    /// Until when it may be reviewed, where it has completed.
    pub review_until: Option<Stamp>,
}

/// How an escrow is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// It is not.
    Open,
    /// All of it to the buyer.
    Release,
    /// So much to the buyer, the rest, which is not nothing, back to the ad or the seller.
    Refund {
        /// The buyer's part; zero unless a verdict splits.
        to_buyer: Amount,
    },
}

/// A trade on its way to the next fact.
pub(super) struct Step<'a> {
    pub trade: P2pTrade,
    pub rules: &'a Rules,
    /// When the fact takes effect.
    pub at: Stamp,
    note: Option<String>,
    relieved: Option<UserId>,
}

impl Step<'_> {
    /// From where the trade stands now. A dispute that was withdrawn is history.
    pub fn of<'a>(trade: &P2pTrade, rules: &'a Rules, at: Stamp) -> Step<'a> {
        let mut trade = trade.clone();
        trade.dispute.take_if(|dispute| dispute.status == DisputeStatus::Withdrawn);
        Step { trade, rules, at, note: None, relieved: None }
    }

    fn after_secs(&self, secs: u32) -> Stamp {
        self.at.plus_millis(i64::from(secs) * 1_000)
    }

    /// Enters a state, with the deadline that goes with it; staying changes neither.
    pub fn enter(&mut self, to: TradeState) {
        if self.trade.state == to {
            return;
        }
        self.trade.state = to;
        self.trade.reason = None;
        self.trade.deadline = match to {
            PaymentSent => Some(self.after_secs(self.rules.release_window_secs)),
            ReleaseOverdue => Some(self.after_secs(self.rules.auto_dispute_secs)),
            Disputed => Some(self.after_secs(self.rules.dispute_target_secs)),
            VerdictPending => Some(self.after_secs(self.rules.appeal_window_secs)),
            _ => None,
        };
        if to == Disputed || !to.is_open() {
            self.trade.seller_asks_cancel = false;
        }
    }

    pub fn dispute(&mut self) -> &mut Dispute {
        self.trade.dispute.as_mut().expect("invariant: a disputed trade has its dispute")
    }

    pub fn open_dispute(&mut self) {
        let id = self.trade.id.dispute(self.trade.withdrawals);
        let until = self.after_secs(self.rules.statement_window_secs);
        self.trade.dispute = Some(Box::new(Dispute::open(id, self.at, until)));
    }

    fn say(&mut self, by: UserId, text: String) {
        let at = self.at;
        self.dispute().statements.push(Statement { by, text, at });
    }

    /// What a command changes besides the state; gives what counts against the buyer.
    pub fn change(&mut self, party: Party, by: &Person, ask: TradeRequest) -> Option<BuyerFault> {
        let at = self.at;
        match ask {
            TradeRequest::MarkSent => {
                self.trade.sent_at = Some(at);
                self.trade.seller_asks_cancel = false;
            }
            TradeRequest::Cancel { .. } if party == Seller => {
                self.trade.seller_asks_cancel = true;
                self.trade.cancels_asked += 1;
            }
            TradeRequest::Cancel { .. } => return self.cancelled_by_buyer(),
            TradeRequest::AcceptCancel => self.trade.reason = Some(TradeReason::Mutual),
            TradeRequest::RejectCancel => self.trade.seller_asks_cancel = false,
            TradeRequest::Extend => {
                let more = i64::from(self.trade.payment_window_secs) * 1_000;
                self.trade.deadline = self.trade.deadline.map(|end| end.plus_millis(more));
                self.trade.extended = true;
            }
            TradeRequest::Confirm => {
                if let Some(dispute) = self.trade.dispute.as_mut().filter(|d| d.status.is_open()) {
                    dispute.status = DisputeStatus::ClosedByParties;
                    self.trade.reason = Some(TradeReason::ReleasedInDispute);
                }
            }
            TradeRequest::Concede => {
                self.dispute().status = DisputeStatus::ClosedByParties;
                self.trade.reason = Some(TradeReason::Conceded);
            }
            TradeRequest::Freeze { reason } => {
                self.note = Some(reason.clone());
                self.trade.frozen = Some(Freeze { since: at, reason });
            }
            TradeRequest::Unfreeze { reason } => {
                self.note = Some(reason);
                self.unfreeze();
            }
            TradeRequest::OpenDispute { reason, statement } => {
                self.join_dispute(by.id, reason, statement);
            }
            other => self.change_dispute(by, other),
        }
        None
    }

    fn cancelled_by_buyer(&mut self) -> Option<BuyerFault> {
        let (reason, fault) = match self.trade.sent_at {
            Some(_) => (TradeReason::NotPaid, Some(BuyerFault::AfterSent)),
            None if self.at < self.trade.grace_until => (TradeReason::Grace, None),
            None => (TradeReason::Buyer, Some(BuyerFault::BeforePayment)),
        };
        self.trade.reason = Some(reason);
        fault
    }

    /// Deadlines go on with what was left of them.
    fn unfreeze(&mut self) {
        let Some(freeze) = self.trade.frozen.take() else { return };
        let stood = self.at.0 - freeze.since.0;
        let later = |stamp: &mut Stamp| *stamp = stamp.plus_millis(stood);
        if self.trade.grace_until > freeze.since {
            later(&mut self.trade.grace_until);
        }
        if let Some(deadline) = &mut self.trade.deadline {
            later(deadline);
        }
        if let Some(dispute) = &mut self.trade.dispute
            && dispute.statements_until > freeze.since
        {
            later(&mut dispute.statements_until);
        }
    }

    fn join_dispute(&mut self, by: UserId, reason: DisputeReason, statement: String) {
        let open = self.trade.dispute.as_ref().is_some_and(|dispute| dispute.status.is_open());
        if !open {
            self.open_dispute();
            self.dispute().opened_by = Some(by);
            self.trade.reason = Some(TradeReason::Party);
        }
        // One that the clock opened gets the reason of whom it hears first.
        self.dispute().reason.get_or_insert(reason);
        self.say(by, statement);
    }

    fn change_dispute(&mut self, by: &Person, ask: TradeRequest) {
        let at = self.at;
        match ask {
            TradeRequest::AddStatement { text } => self.say(by.id, text),
            TradeRequest::AddEvidence { hash, media, bytes } => {
                self.dispute().evidence.push(Evidence { hash, media, bytes, by: by.id, at });
            }
            TradeRequest::Withdraw => {
                self.dispute().status = DisputeStatus::Withdrawn;
                self.trade.withdrawals += 1;
                self.trade.reason = Some(TradeReason::Withdrawn);
            }
            TradeRequest::TakeDispute => self.assign(by.clone()),
            TradeRequest::Reassign { to } => {
                self.relieve();
                self.assign(to.person);
            }
            TradeRequest::GiveVerdict { outcome, reason, fraud } => {
                self.note = Some(reason.clone());
                let dispute = self.dispute();
                dispute.status = DisputeStatus::Decided;
                dispute.first_verdict = dispute.verdict.take();
                dispute.verdict = Some(Verdict { outcome, reason, fraud, by: by.clone(), at });
            }
            TradeRequest::Appeal { reason } => {
                self.trade.reason = Some(TradeReason::Appealed);
                self.note = reason.clone();
                self.relieve();
                let decided = self.relieved;
                let dispute = self.dispute();
                dispute.status = DisputeStatus::Open;
                dispute.appealed_by = Some(by.id);
                dispute.appeal_reason = reason;
                dispute.past_arbitrators.extend(decided);
            }
            _ => {}
        }
    }

    fn relieve(&mut self) {
        self.relieved = self.dispute().arbitrator.take().map(|person| person.id);
    }

    fn assign(&mut self, arbitrator: Person) {
        let dispute = self.dispute();
        dispute.status = DisputeStatus::Assigned;
        dispute.arbitrator = Some(arbitrator);
    }

    pub fn decided(
        mut self,
        action: Action,
        party: Party,
        money: Money,
        fault: Option<BuyerFault>,
    ) -> DecidedTrade {
        let settlement = match money {
            Money::Keep => Settlement::Open,
            Money::Release => Settlement::Release,
            Money::Refund => Settlement::Refund { to_buyer: Amount::ZERO },
            Money::ByVerdict => self.carry_out(),
        };
        self.trade.step += 1;
        self.trade.updated_at = self.at;
        let completed = self.trade.state == Completed;
        let review_until = completed.then(|| self.after_secs(self.rules.review_window_secs));
        let Step { trade, note, relieved, .. } = self;
        DecidedTrade { action, party, trade, settlement, fault, note, relieved, review_until }
    }

    /// Carries the verdict out.
    fn carry_out(&mut self) -> Settlement {
        let dispute = self.dispute();
        dispute.status = DisputeStatus::Closed;
        let outcome = dispute.verdict.as_ref().map(|verdict| verdict.outcome);
        let (state, settlement) = match outcome.expect("invariant: what was decided has a verdict")
        {
            VerdictOutcome::Buyer => (ResolvedBuyer, Settlement::Release),
            VerdictOutcome::Seller => {
                (ResolvedSeller, Settlement::Refund { to_buyer: Amount::ZERO })
            }
            VerdictOutcome::Split { buyer_percent } => {
                let to_buyer = share_down(self.trade.amount, buyer_percent);
                (ResolvedSplit, Settlement::Refund { to_buyer })
            }
        };
        self.trade.state = state;
        settlement
    }
}

impl DecidedTrade {
    /// The fact, where the trade itself may write it: nothing goes back to an ad. `admins` are told
    /// where it was escalated.
    pub fn into_fact(self, admins: &[UserId]) -> P2pTradeFact {
        debug_assert!(!matches!(self.settlement, Settlement::Refund { .. }));
        let mut transaction = Transaction::default();
        if self.settlement == Settlement::Release {
            self.trade.pay_buyer(self.trade.amount, &mut transaction);
        }
        let mut told: Vec<UserId> = people(&self.trade);
        told.extend(self.relieved);
        if self.action == TargetMissed {
            told.extend(admins.iter().filter(|admin| !people(&self.trade).contains(admin)));
        }
        P2pTradeFact {
            action: self.action,
            party: self.party,
            trade: self.trade,
            ad: None,
            fault: self.fault,
            note: self.note,
            review_until: self.review_until,
            told: told.into(),
            transaction,
        }
    }
}
