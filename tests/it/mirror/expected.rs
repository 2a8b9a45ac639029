//! What the tables should hold, made from the facts alone and with nothing of the mirror's own: balances
//! are re-added, states are the last that a fact told.

use std::collections::BTreeMap;

use souk::domain::{
    fact::{Body, BookFact, Fact},
    id::{P2pTradeId, UserId},
    instrument::Instrument,
    ledger::Account,
    money::{Amount, Asset},
    p2p::{
        ad::{Ad, Pricing},
        trade::{P2pTrade, P2pTradeFact, TradeState},
    },
};

/// A row by its columns' texts, without zeros at the end of decimals.
pub type Texts = Vec<String>;

/// The columns that people build on, by table; the first is the id.
pub const COLUMNS: &[(&str, &str)] = &[
    ("users", "id, username, email, full_name"),
    ("wallets", "id, user_id, currency, available_balance, locked_balance"),
    (
        "orderbook_orders",
        "id, user_id, instrument, order_type, order_subtype, price, quantity, remaining_quantity, status",
    ),
    (
        "trades",
        "id, buy_order_id, sell_order_id, buyer_id, seller_id, quantity, price, buyer_fee, seller_fee",
    ),
    (
        "p2p_advertisements",
        "id, user_id, ad_type, currency, fiat_currency, price, min_limit, max_limit, available_amount, \
         payment_methods",
    ),
    (
        "p2p_trades",
        "id, advertisement_id, buyer_id, seller_id, escrow_id, amount, price, total_fiat, status",
    ),
    ("escrow", "id, seller_id, amount, currency, status"),
    ("reputation", "id, user_id, trades_count, total_volume, rating"),
    ("reviews", "id, reviewer_id, reviewed_id, rating, comment"),
    ("disputes", "id, trade_id, raised_by, reason, status"),
];

/// Everything that the facts made.
#[derive(Default)]
pub struct Expected {
    rows: BTreeMap<&'static str, BTreeMap<u64, Texts>>,
    /// By wallet, in their order: type and amount.
    pub transactions: BTreeMap<(u64, &'static str), Vec<[String; 2]>>,
    instruments: Vec<Instrument>,
    balances: BTreeMap<(UserId, Asset), [Amount; 2]>,
    scores: BTreeMap<UserId, (u64, Amount, Vec<u8>)>,
    counted: Vec<P2pTradeId>,
    reviews: u64,
}

/// A decimal without the zeros at its end.
pub fn short(text: &str) -> String {
    match text.contains('.') && text.bytes().all(|b| b.is_ascii_digit() || b"-.".contains(&b)) {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    }
}

fn or_null(text: Option<String>) -> String {
    text.unwrap_or_else(|| "NULL".into())
}

impl Expected {
    pub fn of(facts: &[Fact]) -> Expected {
        let mut expected = Expected::default();
        facts.iter().for_each(|fact| expected.add(fact));
        expected.balance();
        expected.judge();
        expected
    }

    /// The rows of a table; ids that the mirror makes up itself are left out.
    pub fn rows(&self, table: &str) -> Vec<Texts> {
        let rows = self.rows.get(table).into_iter().flatten();
        let mut rows: Vec<Texts> = rows.map(|(_, row)| row.clone()).collect();
        rows.sort();
        rows
    }

    fn put(&mut self, table: &'static str, id: u64, row: &[String]) {
        let row = row.iter().map(|text| short(text)).collect();
        self.rows.entry(table).or_default().insert(id, row);
    }

    fn add(&mut self, fact: &Fact) {
        for posting in fact.postings() {
            let Some(user) = posting.account.user() else { continue };
            let pots = self.balances.entry((user, posting.asset)).or_default();
            let pot = usize::from(!matches!(posting.account, Account::Available(_)));
            pots[pot] += posting.amount;
            let line = [posting.cause.code().into(), short(&posting.asset.print(posting.amount))];
            self.transactions.entry((user.0, posting.asset.code())).or_default().push(line);
        }
        match &fact.body {
            Body::InstrumentListed(on) => self.instruments.push(on.clone()),
            Body::InstrumentChanged(on) => self.instruments[on.id.0 as usize] = on.clone(),
            Body::UserRegistered { user, .. } => {
                for asset in Asset::ALL {
                    self.balances.entry((user.id, asset)).or_default();
                }
                self.scores.entry(user.id).or_default();
                let name = user.username.to_string();
                let full_name = or_null(user.full_name.clone());
                self.put(
                    "users",
                    user.id.0,
                    &[user.id.0.to_string(), name, user.email.to_string(), full_name],
                );
            }
            Body::ProfileChanged { user, email, full_name } => {
                let row = &mut self.rows.get_mut("users").unwrap().get_mut(&user.0).unwrap();
                (row[2], row[3]) = (email.clone(), or_null(full_name.clone()));
            }
            Body::Book(own) => self.book(own),
            Body::P2pAd(own) => self.ad(&own.ad, own.price.map(|price| price.print())),
            Body::P2pTrade(own) => self.trade(own),
            Body::Reviewed(own) => {
                self.reviews += 1;
                let comment = or_null(own.comment.clone());
                let (by, of) = (own.reviewer.id.0.to_string(), own.reviewed.id.0.to_string());
                self.put("reviews", self.reviews, &[by, of, own.rating.to_string(), comment]);
                self.scores.entry(own.reviewed.id).or_default().2.push(own.rating);
            }
            _ => {}
        }
    }

    fn book(&mut self, own: &BookFact) {
        let on = self.instruments[own.instrument.0 as usize].clone();
        for order in &own.orders {
            let row = [
                order.id.0.to_string(),
                order.user.0.to_string(),
                on.name.clone(),
                order.side.code().into(),
                order.kind.code().into(),
                or_null(order.price.map(|price| on.print_price(price))),
                on.print_quantity(order.quantity),
                on.print_quantity(order.remaining),
                order.status.code().into(),
            ];
            self.put("orderbook_orders", order.id.0, &row);
        }
        for fill in &own.fills {
            let (buyer, buy_order, buyer_fee) = fill.buyer();
            let (seller, sell_order, seller_fee) = fill.seller();
            let row = [
                buy_order.0.to_string(),
                sell_order.0.to_string(),
                buyer.0.to_string(),
                seller.0.to_string(),
                on.print_quantity(fill.quantity),
                on.print_price(fill.price),
                on.base.print(buyer_fee),
                on.quote.print(seller_fee),
            ];
            let id = fill.trade.0 * 10_000 + u64::from(on.id.0);
            self.put("trades", id, &row);
        }
    }

    fn ad(&mut self, ad: &Ad, price: Option<String>) {
        let before = self.rows.get("p2p_advertisements").and_then(|rows| rows.get(&ad.id.0));
        let before = before.map(|row| row[5].clone());
        let price = match ad.terms.pricing {
            Pricing::Fixed(price) => price.print(),
            Pricing::Floating { .. } => price.or(before).unwrap_or_else(|| "NULL".into()),
        };
        let methods: Vec<&str> = ad.terms.methods.iter().map(|method| method.code()).collect();
        let row = [
            ad.id.0.to_string(),
            ad.owner.id.0.to_string(),
            ad.side.code().into(),
            ad.asset.code().into(),
            ad.fiat.code().into(),
            price,
            ad.fiat.print(ad.terms.min_limit),
            ad.fiat.print(ad.terms.max_limit),
            ad.asset.print(ad.remaining),
            methods.join(","),
        ];
        self.put("p2p_advertisements", ad.id.0, &row);
    }

    fn trade(&mut self, own: &P2pTradeFact) {
        let P2pTrade {
            id, ad, asset, fiat, buyer, seller, amount, price, total_fiat, state, ..
        } = &own.trade;
        if let Some(left) = own.ad {
            let ads = self.rows.get_mut("p2p_advertisements").unwrap();
            ads.get_mut(&left.ad.0).unwrap()[8] = short(&asset.print(left.remaining));
        }
        let row = [
            id.0.to_string(),
            ad.0.to_string(),
            buyer.id.0.to_string(),
            seller.id.0.to_string(),
            id.0.to_string(),
            asset.print(*amount),
            price.print(),
            fiat.print(*total_fiat),
            state.code().into(),
        ];
        self.put("p2p_trades", id.0, &row);
        let status = match state {
            TradeState::Completed | TradeState::ResolvedBuyer => "RELEASED",
            TradeState::ResolvedSplit => "SPLIT",
            state if state.is_open() => "LOCKED",
            _ => "REFUNDED",
        };
        let (id, of) = (id.0, seller.id.0.to_string());
        let row = [id.to_string(), of, asset.print(*amount), asset.code().into(), status.into()];
        self.put("escrow", id, &row);
        if let Some(dispute) = &own.trade.dispute {
            let row = [
                dispute.id.0.to_string(),
                id.to_string(),
                or_null(dispute.opened_by.map(|user| user.0.to_string())),
                or_null(dispute.reason.map(|reason| reason.code().into())),
                dispute.status.code().into(),
            ];
            self.put("disputes", dispute.id.0, &row);
        }
        if *state == TradeState::Completed && !self.counted.contains(&own.trade.id) {
            self.counted.push(own.trade.id);
            for user in [buyer.id, seller.id] {
                let (count, volume, _) = self.scores.entry(user).or_default();
                *count += 1;
                *volume += *total_fiat;
            }
        }
    }

    fn balance(&mut self) {
        for ((user, asset), [available, locked]) in std::mem::take(&mut self.balances) {
            let (available, locked) = (asset.print(available), asset.print(locked));
            let row = [user.0.to_string(), asset.code().into(), available, locked];
            self.put("wallets", user.0 * 100 + asset.index() as u64, &row);
        }
    }

    fn judge(&mut self) {
        for (user, (count, volume, scores)) in std::mem::take(&mut self.scores) {
            let volume = volume.get();
            let volume = format!("{}.{:02}", volume / 100, volume % 100);
            let sum: u64 = scores.iter().map(|score| u64::from(*score)).sum();
            let rating = (!scores.is_empty()).then(|| half_even(100 * sum, scores.len() as u64));
            let rating = or_null(rating.map(|mean| format!("{}.{:02}", mean / 100, mean % 100)));
            let user = user.0;
            self.put("reputation", user, &[user.to_string(), count.to_string(), volume, rating]);
        }
    }
}

/// A quotient, rounded to the nearest, and to the even one of two.
fn half_even(sum: u64, count: u64) -> u64 {
    let (down, rest) = (sum / count, 2 * (sum % count));
    down + u64::from(rest > count || (rest == count && down % 2 == 1))
}
