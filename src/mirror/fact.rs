//! From facts to rows. What a fact carries is taken from it; balances and reputations come from the
//! state after it.

#![deny(clippy::wildcard_enum_match_arm)]

use super::{
    row::{Batch, Cell},
    table::{
        ADS, DISPUTES, ESCROW, INSTRUMENTS, ORDERS, P2P_TRADES, REPUTATION, REVIEWS, TRADES,
        TRANSACTIONS, USERS, WALLETS,
    },
};
use crate::domain::{
    account::User,
    fact::{Body, BookFact, Fact},
    id::{InstrumentId, Sequence, Stamp, TradeId, UserId},
    instrument::Instrument,
    ledger::Account,
    money::{Amount, Asset, Rate},
    order::{Fill, Order, Side},
    p2p::{
        ad::{Ad, AdFact, AdStatus, AdTerms, Conditions, Pricing},
        dispute::{Dispute, VerdictOutcome},
        fiat::Fiat,
        reputation::Record,
        trade::{EscrowStatus, P2pTrade, P2pTradeFact, ReviewFact},
    },
    state::State,
    world::World,
};

/// More than there will ever be assets.
const WALLETS_PER_USER: u64 = 100;
/// As many instruments as ids tell apart.
const TRADE_INSTRUMENT_BITS: u32 = 10;

/// Puts the rows that `fact` changed; `state` is the one after it.
pub fn put_fact(batch: &mut Batch, sequence: Sequence, fact: &Fact, state: &State) {
    let rows = &mut Rows { batch, sequence, state };
    match &fact.body {
        Body::InstrumentListed(instrument) | Body::InstrumentChanged(instrument) => {
            rows.instrument(instrument);
        }
        Body::UserRegistered { user, .. } => {
            rows.user(user);
            Asset::ALL.into_iter().for_each(|asset| rows.wallet(user.id, asset));
            rows.reputation(user.id);
        }
        Body::ProfileChanged { user, .. }
        | Body::RoleChanged { user, .. }
        | Body::FreezeChanged { user, .. } => {
            state.accounts.user(*user).into_iter().for_each(|user| rows.user(user));
        }
        Body::Book(own) => rows.book(own, fact.stamp),
        Body::P2pAd(own) => rows.ad_fact(own),
        Body::P2pTrade(own) => rows.trade_fact(own),
        Body::Reviewed(own) => rows.review(own, fact.stamp),
        Body::PasswordChanged { .. }
        | Body::LoggedOut { .. }
        | Body::Deposited { .. }
        | Body::Withdrawn { .. }
        | Body::SwitchArmed { .. }
        | Body::SwitchFired { .. }
        | Body::NotificationsRead { .. }
        | Body::ClockMoved { .. }
        | Body::DowntimeShifted { .. }
        | Body::BoardListed { .. }
        | Body::P2pMessage(_)
        | Body::ContactChanged { .. } => {}
    }
    rows.postings(fact);
}

/// Puts everything that stands in `world`, where the facts before it are gone: one transaction of
/// type OPENING for each wallet that has something.
pub fn put_opening(batch: &mut Batch, world: &World) {
    let state = &world.state;
    let rows = &mut Rows { batch, sequence: state.through, state };
    state.books.iter().for_each(|book| rows.instrument(book.instrument()));
    for user in state.accounts.all() {
        rows.user(user);
        Asset::ALL.into_iter().for_each(|asset| rows.wallet(user.id, asset));
        rows.reputation(user.id);
    }
    for book in &state.books {
        book.all().for_each(|order| rows.order(book.instrument(), order));
    }
    for ad in state.p2p.boards().iter().flat_map(|board| board.ads()) {
        rows.ad(ad, None);
    }
    for trade in state.p2p.trades() {
        if state.p2p.ad(trade.ad).is_none() {
            let ended = world.history.p2p.closed_ad(trade.ad).cloned();
            rows.ad(&ended.unwrap_or_else(|| ad_of(trade)), None);
        }
        rows.trade(trade, Amount::ZERO);
    }
    rows.openings();
}

/// What is known of an ad from one of its trades, where the ad itself is gone.
fn ad_of(trade: &P2pTrade) -> Ad {
    Ad {
        id: trade.ad,
        owner: trade.maker().clone(),
        side: match trade.maker_sells {
            true => Side::Sell,
            false => Side::Buy,
        },
        asset: trade.asset,
        fiat: trade.fiat,
        terms: AdTerms {
            pricing: Pricing::Fixed(trade.price),
            available: Amount::ZERO,
            min_limit: Amount::ZERO,
            max_limit: Amount::ZERO,
            methods: vec![trade.method],
            payment_window_secs: trade.payment_window_secs,
            terms: None,
            conditions: Conditions::default(),
            expires_at: None,
        },
        remaining: Amount::ZERO,
        status: AdStatus::Closed,
        version: 0,
        created_at: trade.created_at,
        updated_at: trade.created_at,
    }
}

/// Writes rows of one fact into a batch.
struct Rows<'a> {
    batch: &'a mut Batch,
    sequence: Sequence,
    state: &'a State,
}

impl Rows<'_> {
    fn sequence(&self) -> Cell {
        Cell::Number(self.sequence.0)
    }

    fn instrument(&mut self, on: &Instrument) {
        let percent = |rate: Rate| Cell::decimal(i128::from(rate.0), 4);
        let row = [
            Cell::text(on.name.as_str()),
            Cell::text(on.base.code()),
            Cell::text(on.quote.code()),
            Cell::decimal(i128::from(on.tick.units), on.tick.scale),
            Cell::decimal(i128::from(on.lot.units), on.lot.scale),
            percent(on.maker_fee),
            percent(on.taker_fee),
            self.sequence(),
        ];
        self.batch.put(INSTRUMENTS, u64::from(on.id.0) + 1, row);
    }

    fn user(&mut self, user: &User) {
        let row = [
            Cell::text(user.username.as_str()),
            Cell::text(user.email.as_str()),
            Cell::or_null(user.full_name.as_deref(), Cell::text),
            Cell::text(user.role.code()),
            Cell::Number(user.frozen.into()),
            Cell::time(user.created_at),
            self.sequence(),
        ];
        self.batch.put(USERS, user.id.0, row);
    }

    fn wallet(&mut self, user: UserId, asset: Asset) {
        let balance = self.state.wallet(user).map(|wallet| *wallet.balance(asset));
        let balance = balance.unwrap_or_default();
        let row = [
            Cell::Number(user.0),
            Cell::text(asset.code()),
            amount(asset, balance.available),
            amount(asset, balance.locked()),
            self.sequence(),
        ];
        self.batch.put(WALLETS, wallet_id(user, asset), row);
    }

    /// The postings to users' accounts, numbered as the ledger counts them, and the wallets that they
    /// changed.
    fn postings(&mut self, fact: &Fact) {
        let own = fact.postings().iter().filter_map(|p| Some((p.account.user()?, p)));
        let first = self.state.ledger.postings + 1 - own.clone().count() as u64;
        for (number, (user, posting)) in (first..).zip(own) {
            let asset = posting.asset;
            let locked = match posting.account {
                Account::Available(_) => 0,
                Account::Orders(_)
                | Account::Ads(_)
                | Account::Trades(_)
                | Account::House
                | Account::Issuer => posting.amount.get(),
            };
            let row = [
                Cell::Number(wallet_id(user, asset)),
                Cell::text(posting.cause.code()),
                amount(asset, posting.amount),
                amount(asset, Amount::new(locked)),
                Cell::text(DONE),
                Cell::time(fact.stamp),
                self.sequence(),
            ];
            self.batch.put(TRANSACTIONS, number, row);
            self.wallet(user, asset);
        }
    }

    /// Their numbers come before those of all later postings, since each wallet that has something had
    /// a posting.
    fn openings(&mut self) {
        let mut number = 0;
        for wallet in self.state.wallets() {
            for asset in Asset::ALL {
                let balance = wallet.balance(asset);
                if balance.total() == Amount::ZERO {
                    continue;
                }
                number += 1;
                let row = [
                    Cell::Number(wallet_id(wallet.user, asset)),
                    Cell::text("OPENING"),
                    amount(asset, balance.total()),
                    amount(asset, balance.locked()),
                    Cell::text(DONE),
                    Cell::time(self.state.latest),
                    self.sequence(),
                ];
                self.batch.put(TRANSACTIONS, number, row);
            }
        }
    }

    fn book(&mut self, own: &BookFact, stamp: Stamp) {
        let state = self.state;
        let Some(book) = state.book(own.instrument) else { return };
        let on = book.instrument();
        own.orders.iter().for_each(|order| self.order(on, order));
        own.fills.iter().for_each(|fill| self.fill(on, fill, stamp));
    }

    fn order(&mut self, on: &Instrument, order: &Order) {
        let price = |ticks| Cell::printed(&on.print_price(ticks));
        let quantity = |lots| Cell::printed(&on.print_quantity(lots));
        let received = match order.side {
            Side::Buy => on.base,
            Side::Sell => on.quote,
        };
        let row = [
            Cell::Number(order.user.0),
            Cell::text(on.name.as_str()),
            Cell::or_null(order.client_order_id.as_ref(), |id| Cell::text(id.as_str())),
            Cell::text(order.side.code()),
            Cell::text(order.kind.code()),
            Cell::text(order.time_in_force.code()),
            Cell::or_null(order.price, price),
            Cell::or_null(order.stop_price, price),
            Cell::or_null(order.quote_amount, |units| amount(on.quote, units)),
            quantity(order.quantity),
            quantity(order.remaining),
            quantity(order.filled),
            amount(on.quote, order.quote_filled),
            amount(received, order.fee_paid),
            Cell::text(order.status.code()),
            Cell::or_null(order.reason, |reason| Cell::text(reason.code())),
            Cell::time(order.created_at),
            Cell::time(order.updated_at),
            self.sequence(),
        ];
        self.batch.put(ORDERS, order.id.0, row);
    }

    fn fill(&mut self, on: &Instrument, fill: &Fill, stamp: Stamp) {
        let (buyer, buy_order, buyer_fee) = fill.buyer();
        let (seller, sell_order, seller_fee) = fill.seller();
        let row = [
            Cell::text(on.name.as_str()),
            Cell::Number(fill.trade.0),
            Cell::Number(buy_order.0),
            Cell::Number(sell_order.0),
            Cell::Number(buyer.0),
            Cell::Number(seller.0),
            Cell::printed(&on.print_quantity(fill.quantity)),
            Cell::printed(&on.print_price(fill.price)),
            amount(on.quote, fill.notional),
            amount(on.base, buyer_fee),
            amount(on.quote, seller_fee),
            Cell::text(fill.taker_side.code()),
            Cell::time(stamp),
            self.sequence(),
        ];
        self.batch.put(TRADES, trade_id(on.id, fill.trade), row);
    }

    fn ad_fact(&mut self, own: &AdFact) {
        self.ad(&own.ad, own.price.map(|price| price.print()));
    }

    /// `price` is what a floating price came to, where that is known.
    fn ad(&mut self, ad: &Ad, price: Option<String>) {
        let kind = ad.terms.pricing.kind().code();
        let (price, margin) = match ad.terms.pricing {
            Pricing::Fixed(price) => (Some(price.print()), None),
            Pricing::Floating { margin, .. } => (price, Some(margin)),
        };
        let methods: Vec<&str> = ad.terms.methods.iter().map(|method| method.code()).collect();
        let row = [
            Cell::Number(ad.owner.id.0),
            Cell::text(ad.side.code()),
            Cell::text(ad.asset.code()),
            Cell::text(ad.fiat.code()),
            Cell::text(kind),
            Cell::or_null(price, |price| Cell::printed(&price)),
            Cell::or_null(margin, |margin| Cell::decimal(i128::from(margin), 4)),
            fiat(ad.fiat, ad.terms.min_limit),
            fiat(ad.fiat, ad.terms.max_limit),
            amount(ad.asset, ad.remaining),
            Cell::text(methods.join(",")),
            Cell::text(ad.status.code()),
            Cell::time(ad.created_at),
            Cell::time(ad.updated_at),
            self.sequence(),
        ];
        self.batch.put(ADS, ad.id.0, row);
    }

    fn trade_fact(&mut self, own: &P2pTradeFact) {
        let state = self.state;
        let to_house = own.transaction.postings().iter().filter(|p| p.account == Account::House);
        self.trade(&own.trade, to_house.map(|posting| posting.amount).sum());
        if let Some(ad) = own.ad.and_then(|left| state.p2p.ad(left.ad)) {
            self.ad(ad, None);
        }
        if !own.trade.state.is_open() {
            self.reputation(own.trade.buyer.id);
            self.reputation(own.trade.seller.id);
        }
    }

    /// A P2P trade with its escrow and its dispute.
    fn trade(&mut self, trade: &P2pTrade, fee: Amount) {
        let held = [
            Cell::Number(trade.seller.id.0),
            amount(trade.asset, trade.amount),
            Cell::text(trade.asset.code()),
            Cell::text(EscrowStatus::of(trade.state).code()),
            self.sequence(),
        ];
        self.batch.put(ESCROW, trade.id.0, held);
        let disputed = trade.dispute.is_some() || trade.withdrawals > 0;
        let row = [
            Cell::Number(trade.ad.0),
            Cell::Number(trade.buyer.id.0),
            Cell::Number(trade.seller.id.0),
            Cell::Number(trade.id.0),
            Cell::text(trade.asset.code()),
            Cell::text(trade.fiat.code()),
            Cell::text(trade.method.code()),
            amount(trade.asset, trade.amount),
            Cell::printed(&trade.price.print()),
            fiat(trade.fiat, trade.total_fiat),
            amount(trade.asset, fee),
            Cell::text(trade.state.code()),
            Cell::or_null(trade.reason, |reason| Cell::text(reason.code())),
            Cell::Number(disputed.into()),
            Cell::time(trade.created_at),
            Cell::or_null(trade.sent_at, Cell::time),
            Cell::or_null(Some(trade.updated_at).filter(|_| !trade.state.is_open()), Cell::time),
            self.sequence(),
        ];
        self.batch.put(P2P_TRADES, trade.id.0, row);
        if let Some(dispute) = &trade.dispute {
            self.dispute(dispute);
        }
    }

    fn dispute(&mut self, dispute: &Dispute) {
        let outcome = dispute.verdict.as_ref().map(|verdict| verdict.outcome);
        let row = [
            Cell::Number(dispute.id.trade().0),
            Cell::or_null(dispute.opened_by, |user| Cell::Number(user.0)),
            Cell::or_null(dispute.reason, |reason| Cell::text(reason.code())),
            Cell::text(dispute.status.code()),
            Cell::or_null(outcome, |outcome: VerdictOutcome| Cell::text(outcome.code())),
            Cell::time(dispute.opened_at),
            self.sequence(),
        ];
        self.batch.put(DISPUTES, dispute.id.0, row);
    }

    fn reputation(&mut self, user: UserId) {
        let empty = Record::default();
        let record =
            self.state.p2p.reputation(user).map_or(&empty, |reputation| reputation.all_time());
        // Currencies have two decimals or none.
        let volume = record.volume.iter().map(|(fiat, sum)| sum * 10_i128.pow(2 - fiat.scale()));
        let row = [
            Cell::Number(user.0),
            Cell::Number(record.completed),
            Cell::decimal(volume.sum(), 2),
            Cell::or_null(record.rating_hundredths(), |rating| Cell::decimal(rating, 2)),
            Cell::Number(record.reviews),
            self.sequence(),
        ];
        self.batch.put(REPUTATION, user.0, row);
    }

    fn review(&mut self, own: &ReviewFact, stamp: Stamp) {
        let row = [
            Cell::Number(own.trade.0),
            Cell::Number(own.reviewer.id.0),
            Cell::Number(own.reviewed.id.0),
            Cell::Number(own.rating.into()),
            Cell::or_null(own.comment.as_deref(), Cell::text),
            Cell::time(stamp),
        ];
        self.batch.put(REVIEWS, self.sequence.0, row);
        self.reputation(own.reviewed.id);
    }
}

/// A posting is a fact; it is never under way.
const DONE: &str = "COMPLETED";

fn amount(asset: Asset, units: Amount) -> Cell {
    Cell::decimal(i128::from(units), asset.scale())
}

fn fiat(currency: Fiat, units: Amount) -> Cell {
    Cell::decimal(i128::from(units), currency.scale())
}

/// A user's wallet of one asset.
fn wallet_id(user: UserId, asset: Asset) -> u64 {
    user.0 * WALLETS_PER_USER + asset.index() as u64
}

/// Trades are numbered within their instrument; this tells all of them apart, and rises within one.
fn trade_id(on: InstrumentId, trade: TradeId) -> u64 {
    trade.0 << TRADE_INSTRUMENT_BITS | u64::from(on.0)
}
