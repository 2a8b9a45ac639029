//! P2P trading over HTTP against the real binary: a market with its users, verbs for what they do, and
//! the sum that has to come out after everything that is done.

mod access;
mod files;
mod kill;
mod lists;
mod pots;
mod races;
mod refusals;
mod restart;
mod scenarios;
mod transitions;

use std::{cell::RefCell, collections::HashMap};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    app::TestApp,
    exchange::{Reply, User},
};

pub const ADS: &str = "/api/p2p/advertisements";
pub const TRADES: &str = "/api/p2p/trades";
pub const DISPUTES: &str = "/api/dispute";

/// When tests with a manual clock begin: in the morning, so that a day has some hours left.
pub const MORNING: &str = "2030-01-01T08:00:00.000Z";
pub const SECOND: u64 = 1_000;
pub const HOUR: u64 = 3_600 * SECOND;
pub const DAY: u64 = 24 * HOUR;

/// A statement that is long enough to open a dispute with.
pub const STATEMENT: &str = "I have looked at my account twice.";

/// S sells 1,000 USDT at a fixed 1.02 USD, limits 50 to 500 USD, window 900 s.
pub fn ad1() -> Value {
    json!({
        "ad_type": "SELL", "currency": "USDT", "fiat_currency": "USD",
        "price_type": "FIXED", "price": "1.02", "available_amount": "1000",
        "min_limit": "50", "max_limit": "500",
        "payment_methods": ["BANK_TRANSFER"], "payment_window_secs": 900,
    })
}

/// `body` with some members changed; `null` removes one.
pub fn with(mut body: Value, change: Value) -> Value {
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => drop(body.as_object_mut().unwrap().remove(name)),
            _ => body[name] = value.clone(),
        }
    }
    body
}

/// The text of a member.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// The ad in an answer.
#[track_caller]
pub fn ad_in(reply: &Reply) -> &Value {
    part(reply, "advertisement")
}

/// The trade in an answer.
#[track_caller]
pub fn trade_in(reply: &Reply) -> &Value {
    part(reply, "trade")
}

/// The dispute in an answer.
#[track_caller]
pub fn dispute_in(reply: &Reply) -> &Value {
    part(reply, "dispute")
}

#[track_caller]
fn part<'a>(reply: &'a Reply, name: &str) -> &'a Value {
    assert!(reply.status < 300, "{}: {}", reply.status, reply.body);
    reply.body.get(name).filter(|part| part.is_object()).unwrap_or(&reply.body)
}

/// The id in a part of an answer.
#[track_caller]
pub fn id(part: &Value) -> String {
    text(&part["id"])
}

impl User {
    pub async fn publishes(&self, ad: &Value) -> Reply {
        self.post(ADS, ad).await
    }

    /// Pauses, resumes or closes an ad.
    pub async fn turns(&self, ad: &str, verb: &str) -> Reply {
        self.post(&format!("{ADS}/{ad}/{verb}"), &json!({})).await
    }

    pub async fn edits(&self, ad: &str, change: &Value) -> Reply {
        self.patch(&format!("{ADS}/{ad}"), change).await
    }

    /// Takes so much fiat of an ad.
    pub async fn takes_ad(&self, ad: &str, fiat: &str) -> Reply {
        self.post(TRADES, &taking(ad, fiat)).await
    }

    /// Does something to a trade that needs no more words.
    pub async fn acts(&self, trade: &str, verb: &str) -> Reply {
        self.post(&format!("{TRADES}/{trade}/{verb}"), &json!({})).await
    }

    pub async fn pays(&self, trade: &str) -> Reply {
        self.acts(trade, "payment-sent").await
    }

    pub async fn confirms(&self, trade: &str) -> Reply {
        self.acts(trade, "confirm-payment").await
    }

    pub async fn cancels(&self, trade: &str) -> Reply {
        self.acts(trade, "cancel").await
    }

    pub async fn cancels_unpaid(&self, trade: &str) -> Reply {
        self.post(&format!("{TRADES}/{trade}/cancel"), &json!({ "not_paid": true })).await
    }

    pub async fn writes(&self, trade: &str, message: &str) -> Reply {
        self.post(&format!("{TRADES}/{trade}/messages"), &json!({ "text": message })).await
    }

    pub async fn disputes(&self, trade: &str, reason: &str) -> Reply {
        let body = json!({ "trade_id": trade, "reason": reason, "statement": STATEMENT });
        self.post(DISPUTES, &body).await
    }

    /// Does something to a dispute that needs no more words.
    pub async fn judges(&self, dispute: &str, verb: &str, body: Value) -> Reply {
        self.post(&format!("{DISPUTES}/{dispute}/{verb}"), &body).await
    }

    pub async fn decides(&self, dispute: &str, outcome: &str) -> Reply {
        let body = json!({
            "outcome": outcome, "reason": "what the bank says is clear", "fraud": false,
        });
        self.judges(dispute, "verdict", body).await
    }

    pub async fn brings(&self, dispute: &str, content: &[u8], kind: &str) -> Reply {
        self.post_bytes(&format!("{DISPUTES}/{dispute}/evidence"), content, kind).await
    }

    pub async fn reviews(&self, trade: &str, rating: u64) -> Reply {
        let body = json!({ "trade_id": trade, "rating": rating, "comment": "as agreed" });
        self.post("/api/reputation/reviews", &body).await
    }

    pub async fn ad(&self, ad: &str) -> Value {
        let reply = self.get(&format!("{ADS}/{ad}")).await;
        ad_in(&reply).clone()
    }

    pub async fn trade(&self, trade: &str) -> Value {
        let reply = self.get(&format!("{TRADES}/{trade}")).await;
        trade_in(&reply).clone()
    }

    pub async fn dispute(&self, dispute: &str) -> Value {
        let reply = self.get(&format!("{DISPUTES}/{dispute}")).await;
        dispute_in(&reply).clone()
    }

    /// What is there of `currency`: available, locked in ads, locked in trades.
    pub async fn has(&self, currency: &str) -> [String; 3] {
        let reply = self.get(&format!("/api/wallet/{currency}")).await;
        reply.is_done(200);
        ["available_balance", "locked_in_ads", "locked_in_trades"]
            .map(|name| text(&reply.body[name]))
    }

    /// All pages of a list.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let (mut entries, mut after) = (Vec::new(), String::new());
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let reply = self.get(&format!("{path}{joint}limit=500{after}")).await;
            reply.is_done(200);
            entries.extend(reply.body["data"].as_array().unwrap().iter().cloned());
            match reply.body["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return entries,
            }
        }
    }

    /// The trades that this user is a party of, newest first.
    pub async fn trades(&self) -> Vec<Value> {
        self.all(TRADES).await
    }

    /// The ads of this user's own that have not ended, hidden ones too.
    pub async fn own_ads(&self) -> Vec<Value> {
        self.all(&format!("{ADS}?mine=true")).await
    }

    /// What a trade's audit trail says: who did what in which role, and where it led.
    pub async fn audit(&self, trade: &str) -> Vec<Value> {
        self.all(&format!("{TRADES}/{trade}/audit")).await
    }
}

/// What takes so much fiat of an ad.
pub fn taking(ad: &str, fiat: &str) -> Value {
    json!({ "advertisement_id": ad, "fiat_amount": fiat, "payment_method": "BANK_TRANSFER" })
}

/// Whether a trade's coins are still in escrow.
pub fn is_open(trade: &Value) -> bool {
    ["PENDING", "PAYMENT_SENT", "RELEASE_OVERDUE", "DISPUTED", "VERDICT_PENDING"]
        .contains(&trade["status"].as_str().unwrap())
}

/// A figure at its full scale, in minor units.
pub fn minor(figure: &Value) -> i128 {
    let figure = text(figure);
    let digits = figure.replace('.', "");
    digits.parse().unwrap_or_else(|_| panic!("{figure} is no figure"))
}

/// An exchange with S, who sells, B, who buys, and whoever joins them.
pub struct Market {
    pub app: TestApp,
    pub admin: User,
    pub s: User,
    pub b: User,
    /// Everyone who joined, with their tokens.
    pub people: RefCell<Vec<(String, String)>>,
}

impl Market {
    /// On a manual clock, in the morning of a day.
    pub async fn open() -> Market {
        Market::open_with(&[]).await
    }

    /// With more settings.
    pub async fn open_with(settings: &[(&'static str, &'static str)]) -> Market {
        let settings = [&[("SOUK_CLOCK", "manual")], settings].concat();
        let market = Market::on_system_clock(&settings).await;
        market.set_clock(MORNING).await;
        market
    }

    /// On the system's clock, unless `settings` say otherwise.
    pub async fn on_system_clock(settings: &[(&'static str, &'static str)]) -> Market {
        // What is synced to the disk is the same; tests kill processes, not machines.
        let settings = [&[("SOUK_DURABILITY", "process")], settings].concat();
        let app = TestApp::start_with(&settings);
        let admin = app.admin().await;
        let people = RefCell::default();
        let (s, b) = (app.nobody(), app.nobody());
        let mut market = Market { app, admin, s, b, people };
        market.s = market.joins("seller").await;
        market.b = market.joins("buyer").await;
        market
    }

    /// A new user.
    pub async fn joins(&self, name: &str) -> User {
        let token = self.app.process.register(name).await;
        self.people.borrow_mut().push((name.to_owned(), token.clone()));
        self.app.again(&token)
    }

    /// Many new users at once.
    pub async fn join(&self, names: impl Iterator<Item = String>) -> Vec<User> {
        let names: Vec<String> = names.collect();
        let mut users = Vec::new();
        for names in names.chunks(50) {
            users.extend(join_all(names.iter().map(|name| self.joins(name))).await);
        }
        users
    }

    /// A new user who decides disputes.
    pub async fn arbitrator(&self, name: &str) -> User {
        let user = self.joins(name).await;
        let role = json!({ "role": "ARBITRATOR" });
        self.admin.post(&format!("/api/admin/users/{name}"), &role).await.is_done(200);
        user
    }

    /// Finds everyone again after a restart.
    pub async fn again(&mut self) {
        self.admin = self.app.again(&self.app.admin_token().await);
        let people = self.people.borrow().clone();
        let named = |wanted: &str| {
            let (_, token) = people.iter().find(|(name, _)| name == wanted).unwrap();
            self.app.again(token)
        };
        (self.s, self.b) = (named("seller"), named("buyer"));
    }

    /// A user from before, after a restart.
    pub fn same(&self, user: &User) -> User {
        self.app.again(user.token())
    }

    pub async fn set_clock(&self, time: &str) {
        self.admin.post("/api/admin/clock", &json!({ "set": time })).await.is_done(200);
    }

    pub async fn advance(&self, millis: u64) {
        let body = json!({ "advance_ms": millis });
        self.admin.post("/api/admin/clock", &body).await.is_done(200);
    }

    /// S's ad: AD1.
    pub async fn ad1(&self) -> String {
        self.ad(&self.s, json!({})).await
    }

    /// An ad like AD1, changed in some members.
    pub async fn ad(&self, owner: &User, change: Value) -> String {
        let reply = owner.publishes(&with(ad1(), change)).await;
        reply.is_done(201);
        id(ad_in(&reply))
    }

    /// B takes 500 USD of S's ad: TR1.
    pub async fn tr1(&self, ad: &str) -> String {
        self.take(&self.b, ad, "500").await
    }

    pub async fn take(&self, taker: &User, ad: &str, fiat: &str) -> String {
        let reply = taker.takes_ad(ad, fiat).await;
        reply.is_done(201);
        id(trade_in(&reply))
    }

    /// TR1, marked as paid.
    pub async fn paid(&self) -> String {
        let trade = self.tr1(&self.ad1().await).await;
        self.b.pays(&trade).await.is_done(200);
        trade
    }

    /// TR1 in dispute, both heard: the trade and its dispute.
    pub async fn disputed(&self) -> (String, String) {
        let trade = self.paid().await;
        let opened = self.s.disputes(&trade, "PAYMENT_NOT_RECEIVED").await;
        opened.is_done(201);
        let dispute = id(dispute_in(&opened));
        self.b.disputes(&trade, "OTHER").await.is_done(201);
        (trade, dispute)
    }

    /// The ledger balances, no balance is negative, and what is locked is what ads, orders and trades
    /// hold, of everyone.
    pub async fn adds_up(&self) {
        let people = self.people.borrow().clone();
        let mut users: HashMap<String, i128> = HashMap::new();
        for some in people.chunks(50) {
            let checks = some.iter().map(|(name, token)| self.holds(name, self.app.again(token)));
            for (currency, total) in join_all(checks).await.into_iter().flatten() {
                *users.entry(currency).or_default() += total;
            }
        }
        let totals = self.admin.get("/api/system/totals").await;
        totals.is_done(200);
        assert_eq!(totals.body["balanced"], true, "{}", totals.body);
        for total in totals.body["totals"].as_array().unwrap() {
            assert_eq!(minor(&total["users"]) + minor(&total["house"]), minor(&total["issued"]));
            assert_eq!(minor(&total["users"]), users[&text(&total["currency"])], "{total}");
        }
    }

    /// Compares what is locked of one user with what it is locked for; gives the totals.
    pub async fn holds(&self, name: &str, user: User) -> HashMap<String, i128> {
        let mut held: HashMap<(String, &str), i128> = HashMap::new();
        for ad in user.own_ads().await {
            if ad["ad_type"] == "SELL" && ad["status"] != "CLOSED" && ad["status"] != "EXPIRED" {
                let key = (text(&ad["currency"]), "locked_in_ads");
                *held.entry(key).or_default() += minor(&ad["remaining_amount"]);
            }
        }
        for trade in user.trades().await.iter().filter(|t| t["seller"] == name && is_open(t)) {
            let key = (text(&trade["currency"]), "locked_in_trades");
            *held.entry(key).or_default() += minor(&trade["amount"]);
        }
        for (currency, amount) in user.locked_in_orders().await {
            *held.entry((currency, "locked_in_orders")).or_default() += amount;
        }
        let wallets = user.get("/api/wallet").await;
        wallets.is_done(200);
        let mut totals = HashMap::new();
        for wallet in wallets.body["wallets"].as_array().unwrap() {
            let currency = text(&wallet["currency"]);
            let mut total = minor(&wallet["available_balance"]);
            assert!(total >= 0, "{name}: {wallet}");
            for pot in ["locked_in_orders", "locked_in_ads", "locked_in_trades"] {
                let wanted = held.get(&(currency.clone(), pot)).copied().unwrap_or(0);
                assert_eq!(minor(&wallet[pot]), wanted, "{name}: {pot} of {wallet}");
                total += wanted;
            }
            assert_eq!(minor(&wallet["total_balance"]), total, "{name}: {wallet}");
            totals.insert(currency, total);
        }
        totals
    }
}

impl User {
    /// What open limit orders that sell keep of their base; tests here place no others.
    async fn locked_in_orders(&self) -> Vec<(String, i128)> {
        let orders = self.all("/api/orderbook/orders?status=PENDING").await;
        let locked = |order: &Value| {
            assert_eq!(order["order_type"], "SELL");
            let base = text(&order["instrument"]).split('-').next().unwrap().to_owned();
            (base, text(&order["remaining_quantity"]))
        };
        let locked = orders.iter().map(locked);
        locked.map(|(base, quantity)| (base.clone(), at_scale(&base, &quantity))).collect()
    }
}

/// A figure of `currency` with fewer decimals than its full scale, in minor units.
fn at_scale(currency: &str, figure: &str) -> i128 {
    let scale = match currency {
        "USD" => 2,
        "USDT" => 6,
        _ => 8,
    };
    let (whole, decimals) = figure.split_once('.').unwrap_or((figure, ""));
    format!("{whole}{decimals:0<scale$}").parse().unwrap()
}
