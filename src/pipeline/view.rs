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
    decide::Reads,
    id::{IdHash, InstrumentId, UserId},
    instrument::{Instrument, Price},
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
    /// By id.
    instruments: Vec<Instrument>,
}

impl Views {
    /// Views of a recovered world. Its instruments are all that there will be.
    pub fn new(world: World) -> Views {
        let access = DashMap::with_hasher(IdHash::default());
        for user in world.state.accounts.all() {
            access.insert(user.id, Access::of(user));
        }
        let published = world.state.books.iter().map(|_| Published::default()).collect();
        let instruments = world.state.books.iter().map(|book| book.instrument().clone()).collect();
        let world = RwLock::new(world);
        let views = Views(Arc::new(Inner { world, access, published, instruments }));
        (0..views.instruments()).for_each(|id| views.publish(InstrumentId(id)));
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
}

impl Reads for Views {
    /// As published: it may be behind the book by a commit.
    fn best(&self, on: InstrumentId, side: Side) -> Option<Price> {
        let published = self.0.published.get(usize::from(on.0))?;
        let price = match side {
            Side::Buy => published.bid.load(Ordering::Relaxed),
            Side::Sell => published.ask.load(Ordering::Relaxed),
        };
        (price > 0).then_some(price)
    }

    fn instruments(&self) -> u16 {
        self.0.instruments.len() as u16
    }

    fn instrument<T>(&self, id: InstrumentId, look: impl FnOnce(&Instrument) -> T) -> Option<T> {
        self.0.instruments.get(usize::from(id.0)).map(look)
    }

    fn world<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&Views::world(self))
    }
}
