//! What users keep of others and of ways to be paid: payment accounts, blocks, favourites. Nobody else
//! reads these lists.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, http::StatusCode, web::Path};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    body::Json,
    caller::{Caller, answer, fact_of, reading},
    p2p::PageQuery,
    page::{Page, Query, read_count},
    problem::{EdgeError, Problem, ProblemBody},
    text,
    wire::{PaymentAccount, read_method},
};
use crate::{
    domain::{
        command::Command,
        fact::Body,
        id::UserId,
        outcome::Outcome,
        p2p::contact::{ContactChange, ContactRequest, Contacts},
        rejection::Rejection,
    },
    http::wire,
};

/// The longest name of an account's holder, in characters.
const HOLDER_CHARS_MAX: usize = 100;
/// The longest details of an account, in characters.
const DETAILS_CHARS_MAX: usize = 500;

/// The caller's payment accounts, oldest first. The newest one for a method is what buyers see.
#[utoipa::path(get, path = "/api/user/payment-accounts", tag = "user", security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, body = Page<PaymentAccount>), (status = 401, body = ProblemBody)))]
pub async fn list_payment_accounts(
    caller: Caller,
    Query(asked): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let span = asked.span()?;
    let world = caller.api.exchange.views().world();
    let own = world.state.p2p.contacts.of(caller.user);
    let accounts = own.into_iter().flat_map(|own| own.accounts.values());
    let page = span.rising(accounts, |account| u64::from(account.number), PaymentAccount::of);
    Ok(reading(world.state.through, &page))
}

/// A payment account to add.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentAccountBody {
    #[schema(value_type = wire::code::PaymentMethodCode, example = "BANK_TRANSFER")]
    payment_method: String,
    /// Whose name the account bears, 1 to 100 characters.
    #[schema(example = "Alice Example")]
    holder: String,
    /// What a payer needs to know, 1 to 500 characters.
    #[schema(example = "DE00 1234 5678 9012 3456 78")]
    details: String,
}

/// Adds a payment account, up to 20. Trades that open from now on show the buyer a copy of it.
#[utoipa::path(post, path = "/api/user/payment-accounts", tag = "user", security(("bearer" = [])),
    request_body = PaymentAccountBody,
    responses((status = 201, body = PaymentAccount), (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 422, body = ProblemBody, description = "TOO_MANY_PAYMENT_ACCOUNTS")))]
pub async fn add_payment_account(
    caller: Caller,
    body: Json<PaymentAccountBody>,
) -> Result<HttpResponse, Problem> {
    let PaymentAccountBody { payment_method, holder, details } = body.asked;
    let method = read_method("payment_method", &payment_method)?;
    text::check("holder", &holder, HOLDER_CHARS_MAX)?;
    text::check("details", &details, DETAILS_CHARS_MAX)?;
    let ask = ContactRequest::AddAccount { method, holder, details };
    let outcome = caller.submit(Command::Contact(ask), &body.raw).await?;
    match change_of(&outcome)? {
        ContactChange::AccountAdded(account) => {
            Ok(answer(StatusCode::CREATED, &outcome, &PaymentAccount::of(account)))
        }
        _ => Err(Problem::of(EdgeError::Internal)),
    }
}

/// A payment account that is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct RemovedAccount {
    #[schema(example = "1")]
    pub id: String,
    pub sequence: u64,
}

/// Removes a payment account. Open trades keep their copies.
#[utoipa::path(delete, path = "/api/user/payment-accounts/{id}", tag = "user",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, body = RemovedAccount), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "PAYMENT_ACCOUNT_NOT_FOUND")))]
pub async fn remove_payment_account(
    caller: Caller,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let number = read_count(&id).and_then(|number| u32::try_from(number).ok());
    let number = number.ok_or(Rejection::PaymentAccountNotFound)?;
    let ask = Command::Contact(ContactRequest::RemoveAccount { number });
    let outcome = caller.submit(ask, b"").await?;
    let removed = RemovedAccount { id: number.to_string(), sequence: outcome.sequence.0 };
    Ok(answer(StatusCode::OK, &outcome, &removed))
}

/// A user in one of the caller's lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct Contact {
    #[schema(example = "bob")]
    pub username: String,
}

/// A user who was put into a list or taken out of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct ContactChanged {
    #[schema(example = "bob")]
    pub username: String,
    pub sequence: u64,
}

/// Whom to put into a list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactBody {
    #[schema(example = "bob")]
    username: String,
}

/// The users whom the caller blocks.
#[utoipa::path(get, path = "/api/user/blocks", tag = "user", security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, body = Page<Contact>), (status = 401, body = ProblemBody)))]
pub async fn list_blocks(caller: Caller, asked: Query<PageQuery>) -> Result<HttpResponse, Problem> {
    list(&caller, &asked.0, |own| &own.blocked)
}

/// Blocks a user: neither takes the other's ads, nor decides the other's disputes. Open trades go on.
#[utoipa::path(post, path = "/api/user/blocks", tag = "user", security(("bearer" = [])),
    request_body = ContactBody,
    responses((status = 201, body = ContactChanged), (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody), (status = 404, body = ProblemBody, description = "USER_NOT_FOUND"),
        (status = 422, body = ProblemBody, description = "NOT_YOURSELF, TOO_MANY_CONTACTS")))]
pub async fn block(caller: Caller, body: Json<ContactBody>) -> Result<HttpResponse, Problem> {
    let (name, raw) = (&body.asked.username, &body.raw);
    change(&caller, name, ContactRequest::Block, raw, StatusCode::CREATED).await
}

/// Ends a block.
#[utoipa::path(delete, path = "/api/user/blocks/{username}", tag = "user",
    security(("bearer" = [])), params(("username" = String, Path)),
    responses((status = 200, body = ContactChanged), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "USER_NOT_FOUND")))]
pub async fn unblock(caller: Caller, username: Path<String>) -> Result<HttpResponse, Problem> {
    change(&caller, &username, ContactRequest::Unblock, b"", StatusCode::OK).await
}

/// The users whom the caller likes to trade with.
#[utoipa::path(get, path = "/api/user/favourites", tag = "user", security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, body = Page<Contact>), (status = 401, body = ProblemBody)))]
pub async fn list_favourites(
    caller: Caller,
    asked: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    list(&caller, &asked.0, |own| &own.favourites)
}

/// Makes a user a favourite.
#[utoipa::path(post, path = "/api/user/favourites", tag = "user", security(("bearer" = [])),
    request_body = ContactBody,
    responses((status = 201, body = ContactChanged), (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody), (status = 404, body = ProblemBody, description = "USER_NOT_FOUND"),
        (status = 422, body = ProblemBody, description = "NOT_YOURSELF, TOO_MANY_CONTACTS")))]
pub async fn favour(caller: Caller, body: Json<ContactBody>) -> Result<HttpResponse, Problem> {
    let (name, raw) = (&body.asked.username, &body.raw);
    change(&caller, name, ContactRequest::Favour, raw, StatusCode::CREATED).await
}

/// Makes a user a favourite no more.
#[utoipa::path(delete, path = "/api/user/favourites/{username}", tag = "user",
    security(("bearer" = [])), params(("username" = String, Path)),
    responses((status = 200, body = ContactChanged), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "USER_NOT_FOUND")))]
pub async fn unfavour(caller: Caller, username: Path<String>) -> Result<HttpResponse, Problem> {
    change(&caller, &username, ContactRequest::Unfavour, b"", StatusCode::OK).await
}

fn list(
    caller: &Caller,
    asked: &PageQuery,
    of: impl Fn(&Contacts) -> &BTreeSet<UserId>,
) -> Result<HttpResponse, Problem> {
    let span = asked.span()?;
    let world = caller.api.exchange.views().world();
    let users = world.state.p2p.contacts.of(caller.user).into_iter().flat_map(|own| of(own).iter());
    let users = users.filter_map(|id| world.state.accounts.user(*id));
    let contact = |user: &crate::domain::account::User| Contact { username: user.username.clone() };
    let page = span.rising(users, |user| user.id.0, contact);
    Ok(reading(world.state.through, &page))
}

async fn change(
    caller: &Caller,
    username: &str,
    ask: impl FnOnce(UserId) -> ContactRequest,
    raw: &[u8],
    status: StatusCode,
) -> Result<HttpResponse, Problem> {
    let other = {
        let world = caller.api.exchange.views().world();
        world.state.accounts.named(username).ok_or(Rejection::UserNotFound)?.id
    };
    let outcome = caller.submit(Command::Contact(ask(other)), raw).await?;
    let username = username.to_owned();
    let changed = ContactChanged { username, sequence: outcome.sequence.0 };
    Ok(answer(status, &outcome, &changed))
}

fn change_of(outcome: &Outcome) -> Result<&ContactChange, Problem> {
    match &fact_of(outcome)?.body {
        Body::ContactChanged { change, .. } => Ok(change),
        _ => Err(Problem::of(EdgeError::Internal)),
    }
}
