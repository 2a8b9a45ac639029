//! Ads and what their owners do with them, and the catalogue of payment methods.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ad_fact, ad_id, ad_of, list::ListedAd};
use crate::{
    domain::{
        command::Command,
        id::{AdId, UserId},
        outcome::Outcome,
        p2p::{context, fiat::PaymentMethod},
        rejection::Rejection,
    },
    http::{
        api::Api,
        body::{Json, OptionalJson},
        caller::{Caller, answer, reading},
        page::Page,
        problem::{Problem, ProblemBody},
        wire::{self, Ad, AdBody, AdChangeBody},
    },
};

/// Publishes an ad. What a SELL ad sells is locked from here on.
#[utoipa::path(
    post,
    path = "/api/p2p/advertisements",
    tag = "p2p",
    security(("bearer" = [])),
    request_body = AdBody,
    responses(
        (status = 201, body = Ad),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody, description = "USER_FROZEN, BARRED with `allowed_at`"),
        (status = 409, body = ProblemBody, description = "PRICE_UNAVAILABLE"),
        (status = 422, body = ProblemBody, description = "INSUFFICIENT_FUNDS, FIAT_NOT_OFFERED, LIMITS_CROSSED, AMOUNT_BELOW_LIMIT, PAYMENT_WINDOW_TOO_LONG, EXPIRES_IN_PAST, TOO_MANY_ADS")
    )
)]
pub async fn publish_ad(caller: Caller, body: Json<AdBody>) -> Result<HttpResponse, Problem> {
    let (asset, fiat, draft) = body.asked.check()?;
    let board = {
        let world = caller.api.exchange.views().world();
        let board = world.state.p2p.board_of(asset, fiat).ok_or(Rejection::FiatNotOffered)?;
        board.id
    };
    let outcome = caller.submit(Command::PublishAd { board, draft }, &body.raw).await?;
    Ok(answer(StatusCode::CREATED, &outcome, &Ad::after(ad_fact(&outcome)?)))
}

/// An ad, whatever has become of it.
#[utoipa::path(
    get,
    path = "/api/p2p/advertisements/{id}",
    tag = "p2p",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = ListedAd),
        (status = 404, body = ProblemBody, description = "AD_NOT_FOUND")
    )
)]
pub async fn show_ad(api: Data<Api>, id: Path<String>) -> Result<HttpResponse, Problem> {
    let id = ad_id(&id)?;
    let now = api.exchange.now();
    let world = api.exchange.views().world();
    let ad = ad_of(&world, id)?;
    let (price, hidden) = context::offer(&world, ad, now);
    Ok(reading(world.state.through, &ListedAd::of(&world, ad, price, hidden)))
}

/// Changes an ad; every change raises its version. Open trades go on as they were taken.
#[utoipa::path(
    patch,
    path = "/api/p2p/advertisements/{id}",
    tag = "p2p",
    security(("bearer" = [])),
    params(("id" = String, Path)),
    request_body = AdChangeBody,
    responses(
        (status = 200, body = Ad),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody, description = "NOT_ALLOWED, USER_FROZEN"),
        (status = 404, body = ProblemBody, description = "AD_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "AD_CHANGED with its `version`, AD_AMOUNT_TAKEN, AD_NOT_ACTIVE with its `state`"),
        (status = 422, body = ProblemBody, description = "INSUFFICIENT_FUNDS, LIMITS_CROSSED, PAYMENT_WINDOW_TOO_LONG, EXPIRES_IN_PAST")
    )
)]
pub async fn edit_ad(
    caller: Caller,
    id: Path<String>,
    body: Json<AdChangeBody>,
) -> Result<HttpResponse, Problem> {
    let id = ad_id(&id)?;
    // The ad may have changed since: a repeat is not read against it again.
    if let Some(known) = caller.known(&body.raw).await? {
        return Ok(answer(StatusCode::OK, &known, &Ad::after(ad_fact(&known)?)));
    }
    let ad = ad_of(&caller.api.exchange.views().world(), id)?.clone();
    let (change, version) = body.asked.check(&ad)?;
    ask_owner(&caller, id, Command::EditAd { ad: id, change, version }, &body.raw).await
}

/// A command that says all in its path.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EmptyBody)]
pub struct NoBody {}

/// Pauses an ad: it is neither shown nor taken, and its open trades go on.
#[utoipa::path(
    post,
    path = "/api/p2p/advertisements/{id}/pause",
    tag = "p2p",
    security(("bearer" = [])),
    params(("id" = String, Path)),
    request_body = Option<NoBody>,
    responses(
        (status = 200, body = Ad),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody, description = "NOT_ALLOWED"),
        (status = 404, body = ProblemBody, description = "AD_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "AD_NOT_ACTIVE with its `state`")
    )
)]
pub async fn pause_ad(
    caller: Caller,
    id: Path<String>,
    body: OptionalJson<NoBody>,
) -> Result<HttpResponse, Problem> {
    let id = ad_id(&id)?;
    ask_owner(&caller, id, Command::PauseAd(id), &body.0.raw).await
}

/// Ends a pause.
#[utoipa::path(
    post,
    path = "/api/p2p/advertisements/{id}/resume",
    tag = "p2p",
    security(("bearer" = [])),
    params(("id" = String, Path)),
    request_body = Option<NoBody>,
    responses(
        (status = 200, body = Ad),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody, description = "NOT_ALLOWED, USER_FROZEN, BARRED with `allowed_at`"),
        (status = 404, body = ProblemBody, description = "AD_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "AD_NOT_ACTIVE with its `state`")
    )
)]
pub async fn resume_ad(
    caller: Caller,
    id: Path<String>,
    body: OptionalJson<NoBody>,
) -> Result<HttpResponse, Problem> {
    let id = ad_id(&id)?;
    ask_owner(&caller, id, Command::ResumeAd(id), &body.0.raw).await
}

/// Closes an ad: what is in none of its trades is available again, and its open trades go on.
#[utoipa::path(
    post,
    path = "/api/p2p/advertisements/{id}/close",
    tag = "p2p",
    security(("bearer" = [])),
    params(("id" = String, Path)),
    request_body = Option<NoBody>,
    responses(
        (status = 200, body = Ad),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody, description = "NOT_ALLOWED"),
        (status = 404, body = ProblemBody, description = "AD_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "AD_NOT_ACTIVE with its `state`")
    )
)]
pub async fn close_ad(
    caller: Caller,
    id: Path<String>,
    body: OptionalJson<NoBody>,
) -> Result<HttpResponse, Problem> {
    let id = ad_id(&id)?;
    ask_owner(&caller, id, Command::CloseAd(id), &body.0.raw).await
}

async fn ask_owner(
    caller: &Caller,
    id: AdId,
    command: Command,
    raw: &[u8],
) -> Result<HttpResponse, Problem> {
    let submitted = caller.submit(command, raw).await;
    let outcome: Outcome = submitted.map_err(|rejection| explain(caller, id, rejection, true))?;
    Ok(answer(StatusCode::OK, &outcome, &Ad::after(ad_fact(&outcome)?)))
}

/// A board knows live ads only; the history knows what became of the others.
pub(super) fn explain(
    caller: &Caller,
    id: AdId,
    rejection: Rejection,
    for_owner: bool,
) -> Rejection {
    if rejection != Rejection::AdNotFound {
        return rejection;
    }
    let is_owner = |owner: UserId| owner == caller.user || !for_owner;
    match caller.api.exchange.views().world().history.p2p.closed_ad(id) {
        Some(ad) if is_owner(ad.owner.id) => Rejection::AdStatusForbids(ad.status),
        Some(_) => Rejection::NotAllowed,
        None => Rejection::AdNotFound,
    }
}

/// A way of paying fiat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = P2pPaymentMethod)]
pub struct Method {
    #[schema(value_type = wire::code::PaymentMethodCode, example = "BANK_TRANSFER")]
    #[allow(missing_docs)]
    pub code: &'static str,
    /// The longest payment window that an ad with this method may give.
    #[schema(example = 21600)]
    pub longest_window_secs: u32,
}

/// The catalogue of payment methods.
#[utoipa::path(
    get,
    path = "/api/p2p/payment-methods",
    tag = "p2p",
    responses((status = 200, body = Page<Method>))
)]
pub async fn list_payment_methods(api: Data<Api>) -> HttpResponse {
    let method = |method: PaymentMethod| Method {
        code: method.code(),
        longest_window_secs: method.longest_window_secs(),
    };
    let data = PaymentMethod::ALL.into_iter().map(method).collect();
    let sequence = api.exchange.views().world().state.through;
    reading(sequence, &Page { data, next: None, window: None })
}
