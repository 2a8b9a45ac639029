//! Answers as text, by what clients can tell of them, and a count of what was asked and how it went.

use super::*;

/// What an answer says, in one line.
pub fn text(answer: &Answer) -> String {
    match answer {
        Ok(accepted) => {
            let replayed = if accepted.replayed { " replayed" } else { "" };
            format!("{}{replayed} {}", accepted.sequence, said(&accepted.done))
        }
        Err(rejection) => {
            let (code, detail) = (rejection.code(), rejection.detail());
            format!("{code} [{}] {detail}", named(rejection))
        }
    }
}

fn said(said: &Done) -> String {
    match said {
        Done::Fact(_) => "fact".into(),
        Done::Existing(order) => format!("existing {order}"),
        Done::Nothing => "nothing".into(),
        Done::Parts(answers) => {
            format!("parts ({})", answers.iter().map(text).collect::<Vec<_>>().join("; "))
        }
    }
}

/// What a rejection names besides its rule.
fn named(rejection: &Rejection) -> String {
    match rejection {
        Rejection::OrderNotOpen(status) => status.code().into(),
        Rejection::AdStatusForbids(status) => status.code().into(),
        Rejection::AdHidden(hidden) => hidden.code().into(),
        Rejection::AdChanged(version) => version.to_string(),
        Rejection::PriceMoved(price) => price.print(),
        Rejection::AdAmountExceeded(left, asset) => asset.print(*left),
        Rejection::ConditionNotMet(condition) => condition.code().into(),
        Rejection::Barred(until) | Rejection::StatementsMissing(until) => until.0.to_string(),
        Rejection::TradeStateForbids(state)
        | Rejection::TradeStateChanged(state)
        | Rejection::TradeNotFrozen(state)
        | Rejection::ConfirmNotPaidRequired(state)
        | Rejection::CancelAlreadyAsked(state)
        | Rejection::TooManyCancelRequests(state)
        | Rejection::NoCancelRequest(state) => state.code().into(),
        _ => String::new(),
    }
}

/// Which commands there were, and how often each was done and refused.
#[derive(Default)]
pub struct Tally {
    commands: BTreeMap<String, [usize; 2]>,
    refused: BTreeMap<&'static str, usize>,
    replayed: usize,
    existing: usize,
}

impl Tally {
    pub fn add(&mut self, command: &Command, answer: &Answer) {
        match answer {
            Ok(accepted) => {
                self.replayed += usize::from(accepted.replayed);
                match &accepted.done {
                    Done::Parts(parts) => {
                        parts.iter().for_each(|part| self.count(command, part));
                    }
                    Done::Existing(_) => self.existing += 1,
                    _ => self.count(command, answer),
                }
            }
            Err(_) => self.count(command, answer),
        }
    }

    fn count(&mut self, command: &Command, answer: &Answer) {
        let counts = self.commands.entry(kind(command)).or_default();
        match answer {
            Ok(_) => counts[0] += 1,
            Err(rejection) => {
                counts[1] += 1;
                *self.refused.entry(rejection.code()).or_default() += 1;
            }
        }
    }

    /// Whether every command was often done and often refused, and everything that facts tell of happened.
    pub fn check(&self, facts: &[Fact]) {
        for kind in KINDS {
            let counts = self.commands.get(*kind).copied().unwrap_or_default();
            assert!(counts.iter().all(|count| *count >= 10), "{kind}: {counts:?}");
        }
        assert!(self.replayed >= 50 && self.existing >= 50);
        let mut records: Vec<u8> = facts.iter().map(|fact| codec::encode(fact)[0]).collect();
        records.sort_unstable();
        records.dedup();
        assert_eq!(records, (1..=22).collect::<Vec<u8>>(), "a kind of fact is missing");
        let orders = || facts.iter().filter_map(Fact::book).flat_map(|book| &book.orders);
        let is_in_book =
            |action| facts.iter().filter_map(Fact::book).any(|book| book.action == action);
        let ads = || {
            facts.iter().filter_map(|fact| match &fact.body {
                Body::P2pAd(own) => Some(own),
                _ => None,
            })
        };
        let trades = || {
            facts.iter().filter_map(|fact| match &fact.body {
                Body::P2pTrade(own) => Some(own),
                _ => None,
            })
        };
        all(&BookAction::ALL, is_in_book);
        all(&OrderStatus::ALL, |status| orders().any(|order| order.status == status));
        all(&OrderReason::ALL, |reason| orders().any(|order| order.reason == Some(reason)));
        all(&AD_ACTIONS, |action| ads().any(|own| own.action == action));
        all(&TradeState::ALL, |state| trades().any(|own| own.trade.state == state));
        // What is written is a fact of its own.
        let steps = Action::ALL.into_iter().filter(|action| *action != Action::Write);
        let steps: Vec<Action> = steps.collect();
        all(&steps, |action| trades().any(|own| own.action == action));
    }
}

const AD_ACTIONS: [AdAction; 6] = [
    AdAction::Published,
    AdAction::Edited,
    AdAction::Paused,
    AdAction::Resumed,
    AdAction::Closed,
    AdAction::Expired,
];

#[track_caller]
fn all<T: Copy + std::fmt::Debug>(of: &[T], happened: impl Fn(T) -> bool) {
    let missing: Vec<&T> = of.iter().filter(|one| !happened(**one)).collect();
    assert!(missing.is_empty(), "never happened: {missing:?}");
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (kind, [done, refused]) in &self.commands {
            writeln!(f, "{kind:32} {done:6} {refused:6}")?;
        }
        for (code, count) in &self.refused {
            writeln!(f, "{code:32} {count:6}")?;
        }
        writeln!(f, "replayed {}, existing {}", self.replayed, self.existing)
    }
}

/// Every kind of command.
const KINDS: &[&str] = &[
    "register",
    "change profile",
    "change password",
    "log out",
    "set role",
    "set frozen",
    "read notifications",
    "deposit",
    "withdraw",
    "place LIMIT",
    "place MARKET",
    "place STOP_LIMIT",
    "place STOP_MARKET",
    "place many",
    "test",
    "amend",
    "cancel by id",
    "cancel by client order id",
    "cancel all",
    "cancel all of one",
    "arm switch",
    "move clock",
    "publish ad",
    "edit ad",
    "pause ad",
    "resume ad",
    "close ad",
    "take ad",
    "trade PAYMENT_SENT",
    "trade CANCEL",
    "trade CANCEL_ACCEPTED",
    "trade CANCEL_REJECTED",
    "trade EXTENDED",
    "trade PAYMENT_CONFIRMED",
    "trade DISPUTE_OPENED",
    "trade STATEMENT",
    "trade EVIDENCE",
    "trade DISPUTE_WITHDRAWN",
    "trade DISPUTE_TAKEN",
    "trade DISPUTE_REASSIGNED",
    "trade VERDICT",
    "trade APPEALED",
    "trade CONCEDED",
    "trade MESSAGE",
    "trade FROZEN",
    "trade UNFROZEN",
    "review",
    "contact",
];

fn kind(command: &Command) -> String {
    let name = match command {
        Command::Register(_) => "register",
        Command::ChangeProfile { .. } => "change profile",
        Command::ChangePassword { .. } => "change password",
        Command::LogOut => "log out",
        Command::SetRole { .. } => "set role",
        Command::SetFrozen { .. } => "set frozen",
        Command::ReadNotifications { .. } => "read notifications",
        Command::Deposit { .. } => "deposit",
        Command::Withdraw { .. } => "withdraw",
        Command::Place { order, .. } => return format!("place {}", order.kind.code()),
        Command::PlaceMany(_) => "place many",
        Command::Test { .. } => "test",
        Command::Amend { .. } => "amend",
        Command::Cancel(OrderName::Id(_)) => "cancel by id",
        Command::Cancel(OrderName::Client(_)) => "cancel by client order id",
        Command::CancelAll { instrument: None, .. } => "cancel all",
        Command::CancelAll { instrument: Some(_), .. } => "cancel all of one",
        Command::ArmSwitch { .. } => "arm switch",
        Command::MoveClock(_) => "move clock",
        Command::PublishAd { .. } => "publish ad",
        Command::EditAd { .. } => "edit ad",
        Command::PauseAd(_) => "pause ad",
        Command::ResumeAd(_) => "resume ad",
        Command::CloseAd(_) => "close ad",
        Command::TakeAd(_) => "take ad",
        Command::P2pTrade { ask, .. } => return format!("trade {}", ask.action().code()),
        Command::Review { .. } => "review",
        Command::Contact(_) => "contact",
    };
    name.into()
}
