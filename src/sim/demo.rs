//! A market to look at: a few users with resting orders and ads in a running exchange, and some trades.

use anyhow::Context;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::client::{Client, NewOrder};
use crate::domain::order::Side;

/// Where the demo plays.
#[derive(Clone, Debug, clap::Args)]
pub struct DemoArgs {
    /// The exchange to fill
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: String,
}

/// What all demo users log in with.
const PASSWORD: &str = "demo password";
/// How many levels each maker rests on each side.
const LEVELS: u32 = 5;

/// Roughly what a unit is worth where nothing has been traded yet: (instrument, price, quantity).
const MARKETS: [(&str, u32, &str); 5] = [
    ("BTC-USD", 60_000, "0.00200"),
    ("ETH-USD", 2_500, "0.0400"),
    ("BTC-USDT", 60_000, "0.00200"),
    ("ETH-USDT", 2_500, "0.0400"),
    ("USDT-USD", 1, "100.00"),
];

/// Registers users, rests orders around the last price, and lets one of them trade. Says what it did
/// on standard output.
pub async fn run(args: DemoArgs) -> anyhow::Result<()> {
    let public = Client::new(&args.url)?;
    let run = format!("{:06x}", rand::random::<u32>() & 0xff_ffff);
    let mut users = Vec::new();
    for role in ["maker", "taker"] {
        let name = format!("demo_{role}_{run}");
        public.register(&name, PASSWORD).await.context("is the exchange running?")?;
        users.push(public.login(&name, PASSWORD).await?);
        println!("{name} is registered; the password is `{PASSWORD}`");
    }
    let [maker, taker] = &users[..] else { unreachable!("two users were registered") };
    for instrument in public.instruments().await? {
        let Some((name, price, quantity)) = MARKETS.iter().find(|m| m.0 == instrument.name) else {
            continue;
        };
        let last = instrument.last_price.as_deref().map(Decimal::from_str_exact).transpose()?;
        let middle = last.unwrap_or(Decimal::from(*price));
        let mut resting = 0;
        for level in 1..=LEVELS {
            for side in Side::ALL {
                let price = away(middle, side, level, &instrument.tick_size)?;
                let order = NewOrder::limit(name, side, (*quantity).to_owned(), price);
                // Somebody else's market may be in the way; then this level is theirs.
                resting += usize::from(maker.place(&order).await.is_ok());
            }
        }
        let best = away(middle, Side::Sell, 1, &instrument.tick_size)?;
        let taking = NewOrder::limit(name, Side::Buy, (*quantity).to_owned(), best);
        let taken = taker.place(&taking).await;
        let fills = taken.map_or(0, |placed| placed.fills.len());
        println!("{name}: {resting} orders rest around {middle}, {fills} trades");
    }
    offer(maker, taker).await?;
    println!("the book of BTC-USD: {}/api/orderbook/BTC-USD", args.url);
    println!("what people offer: {}/api/p2p/advertisements", args.url);
    Ok(())
}

/// Posts ads of one user, fixed and floating, and has the other take one of them.
async fn offer(maker: &Client, taker: &Client) -> anyhow::Result<()> {
    let ads = [
        ad("SELL", "USDT", "1000.000000", json!({"price_type": "FIXED", "price": "1.02"})),
        ad("BUY", "USDT", "500.000000", json!({"price_type": "FIXED", "price": "0.99"})),
        ad("SELL", "BTC", "0.10000000", json!({"price_type": "FLOATING", "margin_percent": "1.5"})),
    ];
    let mut posted = Vec::new();
    for ad in &ads {
        posted.push(maker.post::<Value>("/api/p2p/advertisements", ad).await?);
    }
    println!("{} ads of people who buy and sell", posted.len());
    let take = json!({
        "advertisement_id": posted[0]["id"], "fiat_amount": "100.00",
        "payment_method": "BANK_TRANSFER",
    });
    let taken: Value = taker.post("/api/p2p/trades", &take).await?;
    let trade = &taken["trade"];
    println!("P2P trade {} is open: the buyer has to pay", trade["id"].as_str().unwrap_or("?"));
    Ok(())
}

fn ad(ad_type: &str, currency: &str, amount: &str, price: Value) -> Value {
    let mut ad = json!({
        "ad_type": ad_type, "currency": currency, "fiat_currency": "USD",
        "available_amount": amount, "min_limit": "10.00", "max_limit": "500.00",
        "payment_methods": ["BANK_TRANSFER", "SEPA"], "payment_window_secs": 1800,
        "terms": "The money must come from an account in your own name.",
    });
    if let (Some(ad), Value::Object(price)) = (ad.as_object_mut(), price) {
        ad.extend(price);
    }
    ad
}

/// A price some tenths of a percent from the middle, on a whole tick.
fn away(middle: Decimal, side: Side, level: u32, tick: &str) -> anyhow::Result<String> {
    let tick = Decimal::from_str_exact(tick)?;
    let step = Decimal::new(i64::from(level), 3);
    let factor = match side {
        Side::Buy => Decimal::ONE - step,
        Side::Sell => Decimal::ONE + step,
    };
    let price = middle.checked_mul(factor).context("a price is too large")?;
    let ticks = price.checked_div(tick).context("a tick is zero")?.trunc();
    let price = ticks.checked_mul(tick).context("a price is too large")?;
    Ok(price.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_stand_on_ticks() {
        let middle = Decimal::new(6_183_764, 2);
        assert_eq!(away(middle, Side::Buy, 1, "0.01").unwrap(), "61775.80");
        assert_eq!(away(Decimal::ONE, Side::Sell, 5, "0.0001").unwrap(), "1.0050");
    }
}
