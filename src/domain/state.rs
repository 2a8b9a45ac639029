//! The state of the exchange: a fold over its facts.
//!
//! The live actors, the durable end, recovery, the snapshotter and the offline verifier all use the
//! same `apply`. Sequence numbers order it; stamps only inform.

#![deny(clippy::wildcard_enum_match_arm)]

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{
    account::Accounts,
    book::Book,
    digest::Digest,
    fact::{Body, Fact, KeyUse},
    id::{InstrumentId, OrderId, Sequence, Stamp, UserId},
    ledger::Ledger,
    money::{Amount, Asset},
    order::Order,
    p2p::P2p,
    per_asset::PerAsset,
    wallet::Wallet,
};

/// How long an idempotency key is remembered.
pub const KEY_KEPT_MILLIS: i64 = 24 * 3_600_000;
/// How many keys of one user are remembered; the next one is refused until some have expired.
pub const KEYS_MAX: usize = 10_000;

/// A remembered idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct KnownKey {
    pub body: [u8; 16],
    /// The facts that its command became, in order.
    pub facts: Vec<Sequence>,
    /// How many there will be.
    pub parts: u16,
    pub expires: Stamp,
}

impl KnownKey {
    /// Whether all of the command's facts are here.
    pub fn is_complete(&self) -> bool {
        self.facts.len() >= usize::from(self.parts)
    }
}

/// Everything that decisions need.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct State {
    /// The last fact that is folded in.
    pub through: Sequence,
    pub accounts: Accounts,
    /// By user id, from 1.
    wallets: Vec<Wallet>,
    /// By instrument id.
    pub books: Vec<Book>,
    pub ledger: Ledger,
    keys: HashMap<UserId, HashMap<[u8; 16], KnownKey>>,
    /// Up to which notification each user has read.
    notifications_read: HashMap<UserId, u64>,
    /// Where a manual clock stands.
    pub clock: Option<Stamp>,
    /// The latest stamp of any fact.
    pub latest: Stamp,
    /// Written behind the rest: see `store::codec`.
    #[serde(skip)]
    pub p2p: P2p,
}

impl State {
    /// Folds in the fact with the next sequence number.
    ///
    /// # Panics
    /// Where the number is not the next one, or the fact does not fit this state: the journal or the
    /// code is wrong then, and the process must stop.
    pub fn apply(&mut self, sequence: Sequence, fact: &Fact) {
        assert_eq!(sequence, self.through.next(), "invariant: sequences are contiguous");
        self.through = sequence;
        self.latest = self.latest.max(fact.stamp);
        self.accounts.apply(fact);
        self.p2p.apply(fact);
        match &fact.body {
            Body::UserRegistered { user, .. } => self.wallets.push(Wallet::new(user.id)),
            Body::InstrumentListed(instrument) => {
                assert_eq!(instrument.id.0 as usize, self.books.len(), "instruments count up");
                self.books.push(Book::new(instrument.clone()));
            }
            Body::InstrumentChanged(instrument) => {
                self.books[instrument.id.0 as usize].change_instrument(instrument.clone());
            }
            Body::Book(book) => {
                self.books[book.instrument.0 as usize].apply(book);
                for order in &book.orders {
                    self.wallet_mut(order.user).track(order);
                }
            }
            Body::NotificationsRead { user, through } => {
                self.notifications_read.insert(*user, *through);
            }
            Body::ClockMoved { to } => self.clock = Some(*to),
            Body::DowntimeShifted { .. } => {
                self.wallets.iter_mut().for_each(|wallet| wallet.apply_own(fact));
            }
            Body::PasswordChanged { .. }
            | Body::LoggedOut { .. }
            | Body::ProfileChanged { .. }
            | Body::RoleChanged { .. }
            | Body::FreezeChanged { .. }
            | Body::Deposited { .. }
            | Body::Withdrawn { .. }
            | Body::SwitchArmed { .. }
            | Body::SwitchFired { .. }
            | Body::BoardListed { .. }
            | Body::P2pAd(_)
            | Body::P2pTrade(_)
            | Body::P2pMessage(_)
            | Body::Reviewed(_)
            | Body::ContactChanged { .. } => {
                fact.wallets().iter().for_each(|user| self.wallet_mut(*user).apply_own(fact))
            }
        }
        self.post(fact);
        if let (Some(by), Some(key)) = (fact.cause.by, fact.cause.key) {
            self.remember_key(by, key, sequence, fact.stamp);
        }
    }

    fn post(&mut self, fact: &Fact) {
        for posting in fact.postings() {
            self.ledger.post(posting);
            if let Some(user) = posting.account.user() {
                self.wallet_mut(user).post(posting);
            }
        }
        for user in fact.postings().iter().filter_map(|p| p.account.user()) {
            let wallet = self.wallet_mut(user);
            assert!(!wallet.is_overdrawn(), "invariant: wallet {user} is never negative");
        }
    }

    fn remember_key(&mut self, by: UserId, key: KeyUse, sequence: Sequence, stamp: Stamp) {
        let keys = self.keys.entry(by).or_default();
        let expires = stamp.plus_millis(KEY_KEPT_MILLIS);
        let fresh = || KnownKey { body: key.body, facts: Vec::new(), parts: key.parts, expires };
        let known = keys.entry(key.key).or_insert_with(fresh);
        if known.expires <= stamp {
            *known = fresh();
        }
        known.facts.push(sequence);
        // Pruned when the number has doubled since: constant work for each key on average.
        if keys.len().is_power_of_two() {
            keys.retain(|_, known| known.expires > stamp);
        }
    }

    /// The wallet of a user.
    pub fn wallet(&self, user: UserId) -> Option<&Wallet> {
        self.wallets.get((user.0 as usize).checked_sub(1)?)
    }

    /// Everyone's wallets, in the order of registration.
    pub fn wallets(&self) -> &[Wallet] {
        &self.wallets
    }

    /// The book of an instrument.
    pub fn book(&self, instrument: InstrumentId) -> Option<&Book> {
        self.books.get(instrument.0 as usize)
    }

    /// The book of the instrument with this name.
    pub fn book_named(&self, name: &str) -> Option<&Book> {
        self.books.iter().find(|book| book.instrument().name == name)
    }

    /// An order that rests or waits.
    pub fn open_order(&self, id: OrderId) -> Option<&Order> {
        self.book(id.instrument())?.order(id)
    }

    /// What is remembered of an idempotency key at `now`.
    pub fn key(&self, user: UserId, key: &[u8; 16], now: Stamp) -> Option<&KnownKey> {
        self.keys.get(&user)?.get(key).filter(|known| known.expires > now)
    }

    /// How many keys of a user count at `now`.
    pub fn keys_in_use(&self, user: UserId, now: Stamp) -> usize {
        let Some(keys) = self.keys.get(&user) else { return 0 };
        match keys.len() < KEYS_MAX {
            true => keys.len(),
            false => keys.values().filter(|known| known.expires > now).count(),
        }
    }

    /// Up to which notification a user has read.
    pub fn notifications_read(&self, user: UserId) -> u64 {
        self.notifications_read.get(&user).copied().unwrap_or_default()
    }

    /// What all users have together, by asset.
    pub fn users_total(&self) -> PerAsset<Amount> {
        let mut totals = PerAsset::default();
        for wallet in &self.wallets {
            for asset in Asset::ALL {
                totals[asset] += wallet.balance(asset).total();
            }
        }
        totals
    }

    /// Whether users + house = issued for each asset, nothing is negative, and what is locked is what
    /// open orders, ads and P2P trades hold.
    pub fn is_balanced(&self) -> bool {
        let users = self.users_total();
        let even = |a: Asset| users[a] + self.ledger.house[a] == self.ledger.issued[a];
        let mut held: HashMap<(UserId, Asset), Amount> = HashMap::new();
        for book in &self.books {
            for order in book.all() {
                let asset = book.spent_asset(order.side);
                *held.entry((order.user, asset)).or_default() += order.locked;
            }
        }
        let (in_ads, in_trades) = self.p2p.held();
        let covered = |w: &Wallet, a: Asset| {
            let of =
                |held: &HashMap<_, Amount>| held.get(&(w.user, a)).copied().unwrap_or_default();
            let balance = w.balance(a);
            (balance.in_orders, balance.in_ads, balance.in_trades)
                == (of(&held), of(&in_ads), of(&in_trades))
        };
        Asset::ALL.into_iter().all(even)
            && self
                .wallets
                .iter()
                .all(|w| !w.is_overdrawn() && Asset::ALL.into_iter().all(|asset| covered(w, asset)))
    }

    /// The digest of everything.
    pub fn digest(&self) -> Digest {
        let mut sum = self.own_digest();
        sum.add(self.accounts.digest());
        self.wallets.iter().for_each(|wallet| sum.add(wallet.digest()));
        self.books.iter().for_each(|book| sum.add(book.digest()));
        sum.add(self.p2p.digest());
        sum
    }

    /// The part of the digest that no actor holds: ledger totals, idempotency keys, read marks.
    fn own_digest(&self) -> Digest {
        let mut sum = Digest::part("ledger", (&self.ledger, self.clock, self.latest));
        for (user, keys) in &self.keys {
            keys.iter().for_each(|key| sum.add(Digest::part("key", (user, key))));
        }
        for mark in &self.notifications_read {
            sum.add(Digest::part("notifications read", mark));
        }
        sum
    }

    /// What no actor holds, the standings of P2P traders included.
    pub fn shared_digest(&self) -> Digest {
        let mut sum = self.own_digest();
        sum.add(self.p2p.shared_digest());
        sum
    }

    fn wallet_mut(&mut self, user: UserId) -> &mut Wallet {
        &mut self.wallets[user.0 as usize - 1]
    }
}
