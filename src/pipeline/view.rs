//! What readers see: the world as the durable end has folded it, and small maps for the hot path.
//!
//! Readers never ask actors that decide. Everything here stands at one sequence and holds nothing
//! that is not durable.

use std::sync::{
    Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard,
    atomic::{AtomicI64, AtomicU16, Ordering},
};

use dashmap::DashMap;

use crate::domain::{
    account::{Role, User},
    decide::Reads,
    id::{INSTRUMENTS_MAX, IdHash, InstrumentId, UserId},
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

/// A listed instrument and its book's best prices, as published: what wallets price market orders with.
#[derive(Debug)]
struct Listed {
    instrument: RwLock<Instrument>,
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
    /// By instrument id, filled from the front; so a reader of one waits for nobody.
    listed: Box<[OnceLock<Listed>]>,
    listed_count: AtomicU16,
}

impl Views {
    /// Views of a recovered world.
    pub fn new(world: World) -> Views {
        let access = DashMap::with_hasher(IdHash::default());
        for user in world.state.accounts.all() {
            access.insert(user.id, Access::of(user));
        }
        let instruments = world.state.books.len() as u16;
        let views = Views(Arc::new(Inner {
            world: RwLock::new(world),
            access,
            listed: (0..INSTRUMENTS_MAX).map(|_| OnceLock::new()).collect(),
            listed_count: AtomicU16::new(0),
        }));
        (0..instruments).for_each(|id| views.list(InstrumentId(id)));
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

    /// Shows an instrument as it is in the world now.
    pub(super) fn list(&self, id: InstrumentId) {
        let world = self.world();
        let Some(book) = world.state.book(id) else { return };
        let instrument = book.instrument().clone();
        let slot = &self.0.listed[usize::from(id.0)];
        let listed = slot.get_or_init(|| Listed {
            instrument: RwLock::new(instrument.clone()),
            bid: AtomicI64::new(0),
            ask: AtomicI64::new(0),
        });
        *listed.instrument.write().unwrap_or_else(PoisonError::into_inner) = instrument;
        drop(world);
        self.0.listed_count.fetch_max(id.0 + 1, Ordering::SeqCst);
        self.publish(id);
    }

    /// Publishes a book's best prices as they are in the world now.
    pub(super) fn publish(&self, instrument: InstrumentId) {
        let world = self.world();
        let (Some(book), Some(listed)) = (world.state.book(instrument), self.listed(instrument))
        else {
            return;
        };
        let price = |side| book.best(side).unwrap_or_default().get();
        listed.bid.store(price(Side::Buy), Ordering::Relaxed);
        listed.ask.store(price(Side::Sell), Ordering::Relaxed);
    }

    fn listed(&self, id: InstrumentId) -> Option<&Listed> {
        self.0.listed.get(usize::from(id.0))?.get()
    }
}

impl Reads for Views {
    /// As published: it may be behind the book by a commit.
    fn best(&self, on: InstrumentId, side: Side) -> Option<Price> {
        let listed = self.listed(on)?;
        let price = match side {
            Side::Buy => listed.bid.load(Ordering::Relaxed),
            Side::Sell => listed.ask.load(Ordering::Relaxed),
        };
        (price > 0).then_some(Price::new(price))
    }

    fn instruments(&self) -> u16 {
        self.0.listed_count.load(Ordering::SeqCst)
    }

    fn instrument<T>(&self, id: InstrumentId, look: impl FnOnce(&Instrument) -> T) -> Option<T> {
        let listed = self.listed(id)?;
        Some(look(&listed.instrument.read().unwrap_or_else(PoisonError::into_inner)))
    }

    fn world<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&Views::world(self))
    }
}
