//! Looking at disputes: one's own, and for arbitrators and admins those that are to be decided.

use actix_web::{HttpResponse, web::Path};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Case, Visibility, case_of, dispute_id};
use crate::{
    domain::{
        account::Role, id::Stamp, p2p::dispute::DisputeStatus, rejection::Rejection, world::World,
    },
    http::{
        caller::{Caller, reading},
        p2p::{trade_of, trades_of},
        page::{CursorPosition, CursorSpan, Page, Query},
        problem::{Problem, ProblemBody},
        wire::{self, Dispute, DisputeSummary},
    },
};

/// What begins the cursors of this list.
const LETTER: char = 'd';

const STATUSES: [DisputeStatus; 6] = [
    DisputeStatus::Open,
    DisputeStatus::Assigned,
    DisputeStatus::Decided,
    DisputeStatus::Closed,
    DisputeStatus::ClosedByParties,
    DisputeStatus::Withdrawn,
];

/// A dispute in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ListedDispute {
    /// What it is about.
    #[serde(flatten)]
    pub summary: DisputeSummary,
    /// Since it was opened.
    pub age_secs: i64,
}

/// A dispute, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShownDispute {
    /// The dispute.
    #[serde(flatten)]
    pub dispute: Dispute,
    /// Since it was opened.
    pub age_secs: i64,
}

fn age_secs(case: Case<'_>, now: Stamp) -> i64 {
    (now.0 - case.dispute.opened_at.0).max(0) / 1_000
}

/// Which disputes.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DisputesQuery {
    /// OPEN, ASSIGNED, DECIDED, CLOSED, CLOSED_BY_PARTIES or WITHDRAWN.
    #[param(value_type = Option<wire::code::DisputeStatusCode>)]
    status: Option<String>,
    /// At most so many, 1 to 500; default 50.
    #[param(value_type = Option<u32>)]
    limit: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Disputes, newest first: of a party, those over its trades; of an arbitrator, those that nobody has
/// taken and those of the arbitrator's own, too; of an admin, all that are open.
#[utoipa::path(get, path = "/api/dispute", tag = "dispute", security(("bearer" = [])),
    params(DisputesQuery),
    responses((status = 200, body = Page<ListedDispute>), (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody)))]
pub async fn list_disputes(
    caller: Caller,
    Query(asked): Query<DisputesQuery>,
) -> Result<HttpResponse, Problem> {
    let status = asked.status.as_deref().map(read_status).transpose()?;
    let span = CursorSpan::read(asked.limit.as_deref(), asked.after.as_deref(), LETTER)?;
    let now = caller.api.exchange.now();
    let world = caller.api.exchange.views().world();
    let mut cases = own_cases(&world, &caller);
    if caller.access.role != Role::User {
        cases.extend(cases_to_decide(&world, &caller));
    }
    cases.retain(|case| status.is_none_or(|status| case.dispute.status == status));
    let cases = cases.into_iter().map(|case| (place_of(case), case)).collect();
    let (cases, next) = span.cut(cases, LETTER);
    let listed = |case: &Case<'_>| ListedDispute {
        summary: DisputeSummary::of(case.dispute, case.trade),
        age_secs: age_secs(*case, now),
    };
    let data = cases.iter().map(listed).collect();
    let window = world.history.p2p.user(caller.user).map(|own| &own.finished);
    let page = Page { data, next, window: None }.of_window(window, |ended| ended.sequence);
    Ok(reading(world.state.through, &page))
}

fn read_status(code: &str) -> Result<DisputeStatus, Problem> {
    let status = STATUSES.into_iter().find(|status| status.code() == code);
    status.ok_or_else(|| Problem::field("status", "is not the status of a dispute"))
}

fn place_of(case: Case<'_>) -> CursorPosition {
    [-case.dispute.opened_at.0, -(case.dispute.id.0 as i64), 0]
}

/// The disputes over the caller's own trades, withdrawn ones too.
fn own_cases<'w>(world: &'w World, caller: &Caller) -> Vec<Case<'w>> {
    let mut cases = Vec::new();
    for trade in trades_of(world, caller.user) {
        let newest = trade.dispute.as_deref();
        let newest = newest.filter(|dispute| dispute.status != DisputeStatus::Withdrawn);
        let kept = world.history.p2p.trade(trade.id);
        let withdrawn = kept.into_iter().flat_map(|kept| &kept.withdrawn);
        cases.extend(withdrawn.chain(newest).map(|dispute| Case { dispute, trade }));
    }
    cases
}

/// The disputes over other people's trades that are an arbitrator's or an admin's to look at.
fn cases_to_decide<'w>(world: &'w World, caller: &Caller) -> Vec<Case<'w>> {
    let own = world.history.p2p.user(caller.user);
    let decided = own.into_iter().flat_map(|own| own.judged.iter().map(|ended| ended.trade));
    let trades = world.history.p2p.disputed().chain(decided);
    let trades = trades.filter_map(|id| trade_of(world, id));
    let cases = trades.filter_map(|trade| Some(Case { dispute: trade.dispute.as_deref()?, trade }));
    cases
        .filter(|case| !case.trade.is_party(caller.user))
        .filter(|case| match caller.access.role {
            Role::Admin => true,
            _ => case.dispute.status == DisputeStatus::Open || case.is_assigned(caller),
        })
        .collect()
}

/// A dispute: all of it for the parties, the assigned arbitrator and admins, what it is about for other
/// arbitrators while it is open.
#[utoipa::path(get, path = "/api/dispute/{id}", tag = "dispute", security(("bearer" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = ShownDispute), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "DISPUTE_NOT_FOUND")))]
pub async fn show_dispute(caller: Caller, id: Path<String>) -> Result<HttpResponse, Problem> {
    let id = dispute_id(&id)?;
    let now = caller.api.exchange.now();
    let world = caller.api.exchange.views().world();
    let seen = case_of(&world, id).and_then(|case| Some((case, case.sight(&caller)?)));
    let (case, sight) = seen.ok_or(Rejection::DisputeNotFound)?;
    let dispute = Dispute::of(case.dispute, case.trade, sight == Visibility::Whole);
    let shown = ShownDispute { dispute, age_secs: age_secs(case, now) };
    Ok(reading(world.state.through, &shown))
}
