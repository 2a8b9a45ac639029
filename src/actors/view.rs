//! What readers see: the world as the durable end has folded it, and small maps for the hot path.
//!
//! Readers never ask actors that decide. Everything here stands at one sequence and holds nothing
//! that is not durable.

use std::sync::{
    Arc, PoisonError, RwLock, RwLockReadGuard,
    atomic::{AtomicI64, Ordering},
};

use dashmap::DashMap;

use crate::domain::{
    account::{Role, User},
    id::{IdHash, InstrumentId, UserId},
    instrument::Price,
    order::Side,
    world::World,
};

/// What a request needs to know of its user before it does anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Access {
    pub role: Role,
    pub token_version: u32,
    pub frozen: bool,
}

impl Access {
    /// What `user` may do.
    pub fn of(user: &User) -> Access {
        Access { role: user.role, token_version: user.token_version, frozen: user.frozen }
    }
}

/// A book's best prices, as published: what wallets price market orders with.
#[derive(Debug, Default)]
struct Published {
    bid: AtomicI64,
    ask: AtomicI64,
}

/// The views; clones are the same views.
#[derive(Clone, Debug)]
pub struct Views(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    world: RwLock<World>,
    access: DashMap<UserId, Access, IdHash>,
    published: Vec<Published>,
}

impl Views {
    /// Views of a recovered world. Its instruments are all that there will be.
    pub fn new(world: World) -> Views {
        let access = DashMap::with_hasher(IdHash::default());
        for user in world.state.accounts.all() {
            access.insert(user.id, Access::of(user));
        }
        let published = world.state.books.iter().map(|_| Published::default()).collect();
        let views = Views(Arc::new(Inner { world: RwLock::new(world), access, published }));
        let instruments = views.world().state.books.len();
        (0..instruments).for_each(|i| views.publish(InstrumentId(i as u16)));
        views
    }

    /// The world; held for as short as can be, since the durable end waits for it.
    pub fn world(&self) -> RwLockReadGuard<'_, World> {
        self.0.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the world; the durable end alone does.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut World) -> R) -> R {
        change(&mut self.0.world.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Role, token version and freeze of a user.
    pub fn access(&self, user: UserId) -> Option<Access> {
        self.0.access.get(&user).map(|access| *access)
    }

    pub(super) fn set_access(&self, user: UserId, access: Access) {
        self.0.access.insert(user, access);
    }

    /// Publishes a book's best prices as they are in the world now.
    pub(super) fn publish(&self, instrument: InstrumentId) {
        let world = self.world();
        let Some(book) = world.state.book(instrument) else { return };
        let published = &self.0.published[instrument.0 as usize];
        let price = |side| book.best(side).unwrap_or(0);
        published.bid.store(price(Side::Buy), Ordering::Relaxed);
        published.ask.store(price(Side::Sell), Ordering::Relaxed);
    }

    /// The best price of a side, as published.
    pub fn best(&self, instrument: InstrumentId, side: Side) -> Option<Price> {
        let published = self.0.published.get(instrument.0 as usize)?;
        let price = match side {
            Side::Buy => published.bid.load(Ordering::Relaxed),
            Side::Sell => published.ask.load(Ordering::Relaxed),
        };
        (price > 0).then_some(price)
    }
}
