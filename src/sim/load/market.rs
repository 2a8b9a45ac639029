//! Who drives, and on which instruments: users that register and are funded over the public API.

use anyhow::Context;
use rust_decimal::Decimal;
use serde_json::Value;

use super::{LoadArgs, mix::PlacementArea};
use crate::sim::{
    client::{Client, InstrumentInfo, Totals},
    replay::replay_book::Increments,
};

/// What each user gets of each currency where an admin funds them.
const DEPOSIT: &str = "100000";
/// Roughly what a unit is worth where nothing was traded yet, by the beginning of the name.
const WORTH: [(&str, u32); 3] = [("BTC-", 60_000), ("ETH-", 2_500), ("USDT-", 1)];

/// Users and grounds.
pub struct Market {
    public: Client,
    admin: Option<Client>,
    users: Vec<Client>,
    grounds: Vec<PlacementArea>,
}

impl Market {
    /// Registers and funds the users, and looks at the instruments.
    pub async fn open(args: &LoadArgs) -> anyhow::Result<Market> {
        let public = Client::new(&args.url)?;
        let listed = public.instruments().await.context("is the exchange running?")?;
        let mut grounds = Vec::new();
        let mut currencies = Vec::new();
        for name in &args.instruments {
            let info = listed.iter().find(|info| info.name == *name);
            let info = info.with_context(|| format!("{name} is not listed"))?;
            grounds.push(ground(info)?);
            currencies.extend([info.base.clone(), info.quote.clone()]);
        }
        currencies.sort_unstable();
        currencies.dedup();
        let admin = match &args.admin_password {
            Some(password) => {
                let admin = public.login("admin", password).await;
                Some(admin.context("cannot log in as `admin`")?)
            }
            None => None,
        };
        let run = format!("{:08x}", rand::random::<u32>());
        let mut users = Vec::new();
        for number in 0..args.users {
            let name = format!("load{number}_{run}");
            let user = user(&public, admin.as_ref(), &name, &currencies).await;
            users.push(user.with_context(|| format!("cannot make {name}"))?);
        }
        eprintln!("{} users are ready on {}", users.len(), args.instruments.join(", "));
        Ok(Market { public, admin, users, grounds })
    }

    /// Whose connection the `at`-th is, and where it trades.
    pub fn place_of(&self, at: usize) -> (&str, &PlacementArea) {
        let user = &self.users[at % self.users.len()];
        // All users come to all instruments, as far as there are connections.
        let ground = &self.grounds[(at + at / self.users.len()) % self.grounds.len()];
        (user.token().unwrap_or_default(), ground)
    }

    /// Cancels what the users left open, so that the next target begins as this one did.
    pub async fn clear(&self) -> anyhow::Result<()> {
        for user in &self.users {
            for ground in &self.grounds {
                user.cancel_all(ground.name()).await?;
            }
        }
        Ok(())
    }

    /// The last durable fact.
    pub async fn sequence(&self) -> anyhow::Result<u64> {
        let status: Value = self.public.get("/api/system/status").await?;
        status["sequence"].as_u64().context("the exchange does not say where it stands")
    }

    /// What the exchange says of its ledger, where there is an admin to ask.
    pub async fn totals(&self) -> anyhow::Result<Option<Totals>> {
        match &self.admin {
            Some(admin) => Ok(Some(admin.totals().await?)),
            None => Ok(None),
        }
    }
}

async fn user(
    public: &Client,
    admin: Option<&Client>,
    name: &str,
    currencies: &[String],
) -> anyhow::Result<Client> {
    let password = format!("{:032x}", rand::random::<u128>());
    public.register(name, &password).await?;
    if let Some(admin) = admin {
        for currency in currencies {
            admin.deposit_to(name, currency, DEPOSIT).await?;
        }
    }
    Ok(public.login(name, &password).await?)
}

/// Around the last trade, or what the instrument is roughly worth.
fn ground(info: &InstrumentInfo) -> anyhow::Result<PlacementArea> {
    let steps = Increments::read(info).map_err(anyhow::Error::msg)?;
    let known = WORTH.iter().find(|(start, _)| info.name.starts_with(start));
    let worth = known.map_or(Decimal::from(100), |(_, worth)| Decimal::from(*worth));
    let middle = info.last_price.clone().unwrap_or_else(|| worth.to_string());
    let middle = steps.price(&middle).ok().context("cannot tell what it is worth")?;
    Ok(PlacementArea::new(steps, middle))
}
