//! Wallets: balances, postings with their causes, simulated deposits and withdrawals.

use actix_web::{HttpResponse, http::StatusCode, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    body::Json,
    caller::{Caller, answer, reading},
    page::{Page, Query, Span},
    problem::{EdgeError, Problem, ProblemBody},
    wire,
};
use crate::domain::{
    command::Command,
    history::OwnPosting,
    id::{Sequence, UserId},
    ledger::{Account, PostingCause},
    money::{Amount, Asset},
    outcome::Outcome,
    wallet::Balance,
    world::World,
};

/// All balances of a user.
#[derive(Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct Wallets {
    pub wallets: Vec<wire::Balance>,
    pub sequence: u64,
}

/// One balance, with the sequence that it stands at.
#[derive(Serialize, ToSchema)]
pub struct Wallet {
    /// The balance.
    #[serde(flatten)]
    pub balance: wire::Balance,
    /// The fact after which the balance is this.
    pub sequence: u64,
}

/// The caller's balances.
#[utoipa::path(get, path = "/api/wallet", tag = "wallet", security(("bearer" = [])),
    responses((status = 200, body = Wallets), (status = 401, body = ProblemBody)))]
pub async fn list(caller: Caller) -> HttpResponse {
    let world = caller.api.exchange.views().world();
    let balance = |asset| wire::Balance::of(asset, &balance_of(&world, caller.user, asset));
    let wallets = Asset::ALL.into_iter().map(balance).collect();
    let sequence = world.state.through;
    reading(sequence, &Wallets { wallets, sequence: sequence.0 })
}

/// The caller's balance of one currency.
#[utoipa::path(get, path = "/api/wallet/{currency}", tag = "wallet", security(("bearer" = [])),
    params(("currency" = String, Path, example = "USD")),
    responses((status = 200, body = Wallet), (status = 404, body = ProblemBody)))]
pub async fn one(caller: Caller, currency: web::Path<String>) -> Result<HttpResponse, Problem> {
    let unknown = || Problem::of(EdgeError::NotFound).saying("there is no such currency");
    let asset = Asset::from_code(&currency).ok_or_else(unknown)?;
    let world = caller.api.exchange.views().world();
    let balance = wire::Balance::of(asset, &balance_of(&world, caller.user, asset));
    let sequence = world.state.through;
    Ok(reading(sequence, &Wallet { balance, sequence: sequence.0 }))
}

fn balance_of(world: &World, user: UserId, asset: Asset) -> Balance {
    world.state.wallet(user).map(|wallet| *wallet.balance(asset)).unwrap_or_default()
}

/// Which postings are asked for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TransactionQuery {
    /// Those in this currency.
    #[param(example = "USD")]
    pub currency: Option<String>,
    /// Those of this cause.
    #[param(value_type = Option<wire::code::TransactionType>, example = "TRADE")]
    pub r#type: Option<String>,
    /// At most so many, up to 500; 50 where it is left out.
    #[param(value_type = Option<u32>)]
    pub limit: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// A posting to one of the caller's accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Posting {
    #[allow(missing_docs)]
    #[schema(example = "17")]
    pub id: String,
    /// The fact that it is a part of; postings with the same one happened together.
    pub sequence: u64,
    /// REGISTRATION, DEPOSIT, WITHDRAWAL, TRADE, FEE, ORDER_LOCK, ORDER_UNLOCK, ESCROW_LOCK,
    /// ESCROW_RELEASE or ESCROW_REFUND.
    #[serde(rename = "type")]
    #[schema(value_type = wire::code::TransactionType, example = "DEPOSIT")]
    pub kind: &'static str,
    #[allow(missing_docs)]
    #[schema(example = "USD")]
    pub currency: &'static str,
    /// AVAILABLE, ORDERS, ADS or TRADES: where the amount was added, or taken from if it is negative.
    #[schema(value_type = wire::code::TransactionAccount, example = "AVAILABLE")]
    pub account: &'static str,
    #[allow(missing_docs)]
    #[schema(example = "-490.19")]
    pub amount: String,
    #[allow(missing_docs)]
    #[schema(format = DateTime)]
    pub created_at: String,
}

impl Posting {
    fn of(posting: &OwnPosting) -> Posting {
        let account = match posting.account {
            Account::Available(_) => wire::PostingAccount::Available,
            Account::Orders(_) => wire::PostingAccount::Orders,
            Account::Ads(_) => wire::PostingAccount::Ads,
            Account::Trades(_) => wire::PostingAccount::Trades,
            Account::House | Account::Issuer => wire::PostingAccount::Exchange,
        };
        Posting {
            id: posting.number.to_string(),
            sequence: posting.sequence.0,
            kind: posting.cause.code(),
            currency: posting.asset.code(),
            account: account.code(),
            amount: posting.asset.print(posting.amount),
            created_at: wire::time(posting.stamp),
        }
    }
}

/// The postings to the caller's accounts, newest first.
#[utoipa::path(get, path = "/api/wallet/transactions", tag = "wallet", security(("bearer" = [])),
    params(TransactionQuery),
    responses((status = 200, body = Page<Posting>), (status = 400, body = ProblemBody)))]
pub async fn transactions(
    caller: Caller,
    Query(asked): Query<TransactionQuery>,
) -> Result<HttpResponse, Problem> {
    let span = Span::read(asked.limit.as_deref(), asked.after.as_deref())?;
    let asset = asked.currency.as_deref().map(asset_named).transpose()?;
    let cause = asked.r#type.as_deref().map(cause_named).transpose()?;
    let world = caller.api.exchange.views().world();
    let window = world.history.user(caller.user).map(|own| &own.postings);
    let wanted = window
        .into_iter()
        .flat_map(|window| window.iter().rev())
        .filter(|p| asset.is_none_or(|asset| p.asset == asset))
        .filter(|p| cause.is_none_or(|cause| p.cause == cause));
    let page = span.falling(wanted, |p| p.number, Posting::of);
    Ok(reading(world.state.through, &page.of_window(window, |p| p.sequence)))
}

fn asset_named(code: &str) -> Result<Asset, Problem> {
    Asset::from_code(code).ok_or_else(|| Problem::field("currency", "is not USD, BTC, ETH or USDT"))
}

fn cause_named(code: &str) -> Result<PostingCause, Problem> {
    let cause = PostingCause::ALL.into_iter().find(|cause| cause.code() == code);
    cause.ok_or_else(|| Problem::field("type", "is not a type of posting"))
}

/// An amount of simulated money.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct MoneyBody {
    #[schema(example = "USD")]
    pub currency: String,
    #[schema(example = "100.00")]
    pub amount: String,
}

impl MoneyBody {
    /// The asset, and the amount in its minor units.
    pub fn check(&self) -> Result<(Asset, Amount), Problem> {
        let asset = asset_named(&self.currency)?;
        match asset.parse(&self.amount) {
            Ok(Amount::ZERO) => Err(Problem::field("amount", "is not above zero")),
            Ok(amount) => Ok((asset, amount)),
            Err(error) => Err(Problem::field("amount", wire::explain(error))),
        }
    }
}

/// Simulated money comes in, up to a bound for each day.
#[utoipa::path(post, path = "/api/wallet/deposit", tag = "wallet", request_body = MoneyBody,
    security(("bearer" = [])),
    responses((status = 200, body = Wallet),
        (status = 422, body = ProblemBody, description = "DEPOSIT_LIMIT, ISSUE_LIMIT")))]
pub async fn deposit(caller: Caller, body: Json<MoneyBody>) -> Result<HttpResponse, Problem> {
    let (asset, amount) = body.asked.check()?;
    let command = Command::Deposit { to: caller.user, asset, amount, counted: true };
    let outcome = caller.submit(command, &body.raw).await?;
    Ok(balance_after(&caller, &outcome, caller.user, asset))
}

/// Simulated money goes out, up to a bound for each day.
#[utoipa::path(post, path = "/api/wallet/withdraw", tag = "wallet", request_body = MoneyBody,
    security(("bearer" = [])),
    responses((status = 200, body = Wallet), (status = 403, body = ProblemBody),
        (status = 422, body = ProblemBody, description = "INSUFFICIENT_FUNDS, WITHDRAWAL_LIMIT")))]
pub async fn withdraw(caller: Caller, body: Json<MoneyBody>) -> Result<HttpResponse, Problem> {
    let (asset, amount) = body.asked.check()?;
    let outcome = caller.submit(Command::Withdraw { asset, amount }, &body.raw).await?;
    Ok(balance_after(&caller, &outcome, caller.user, asset))
}

/// The answer to a command that moved money of `user`: the balance as it was right after it.
pub(super) fn balance_after(
    caller: &Caller,
    outcome: &Outcome,
    user: UserId,
    asset: Asset,
) -> HttpResponse {
    let sequence = outcome.sequence;
    let balance = balance_at(&caller.api.exchange.views().world(), user, asset, sequence);
    let balance = wire::Balance::of(asset, &balance);
    answer(StatusCode::OK, outcome, &Wallet { balance, sequence: sequence.0 })
}

/// The balance after fact `at`: what it is now without what was posted since. A repeated answer is
/// the same thus, as long as the postings since are kept.
fn balance_at(world: &World, user: UserId, asset: Asset, at: Sequence) -> Balance {
    let mut balance = balance_of(world, user, asset);
    let postings = world.history.user(user).map(|own| own.postings.iter().rev());
    for posting in postings.into_iter().flatten().take_while(|posting| posting.sequence > at) {
        if posting.asset != asset {
            continue;
        }
        match posting.account {
            Account::Available(_) => balance.available -= posting.amount,
            Account::Orders(_) => balance.in_orders -= posting.amount,
            Account::Ads(_) => balance.in_ads -= posting.amount,
            Account::Trades(_) => balance.in_trades -= posting.amount,
            Account::House | Account::Issuer => {}
        }
    }
    balance
}
