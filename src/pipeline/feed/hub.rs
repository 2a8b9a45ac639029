//! All channels: where facts become events, and where listeners join.
//!
//! Each channel has a lock of its own, held for one event or one listener at a time. The feed's
//! thread alone publishes.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use super::{
    event::{Channel, Data},
    outbox::{BROKEN_OFF, Outbox},
    shown::Shown,
    stream::{Join, Joined, Stream},
};
use crate::{
    domain::{
        audience::{self, PublishedFact},
        fact::{Body, BookFact, Fact},
        history::Interval,
        id::{ById, InstrumentId, Sequence, UserId},
        instrument::Instrument,
        world::World,
    },
    pipeline::view::Views,
};

/// Events kept of each public channel, for listeners that come back.
pub const RING_MAX: usize = 10_000;
/// Events kept of each private channel.
pub const OWN_RING_MAX: usize = 500;
/// Users without a listener whose newest events are kept, before they are let go.
const IDLE_USERS_MAX: usize = 1_000;

#[derive(Debug)]
pub(super) struct Hub {
    pub instruments: Vec<Instrument>,
    markets: Vec<Market>,
    ads: Mutex<Stream>,
    own: Mutex<Own>,
}

/// The public channels of one instrument.
#[derive(Debug)]
struct Market {
    book: Mutex<Stream>,
    trades: Mutex<Stream>,
    ticker: Mutex<Stream>,
    candles: [Mutex<Stream>; Interval::ALL.len()],
}

/// The private channels of those users whom somebody has listened to.
#[derive(Debug, Default)]
struct Own {
    users: ById<UserId, [Stream; 4]>,
    /// The last fact that was published.
    through: Sequence,
    /// At how many users those without a listener are let go.
    prune_at: usize,
}

/// What the feed's thread alone knows: books as they were told, through which fact.
#[derive(Debug)]
pub(super) struct ToldBooks {
    shown: Vec<Shown>,
    through: Sequence,
}

impl Hub {
    /// The channels of the world as it is now, with what has been told of it.
    pub fn new(views: &Views) -> (Hub, ToldBooks) {
        let world = views.world();
        let books = &world.state.books;
        let through = world.state.through;
        let hub = Hub {
            instruments: books.iter().map(|book| book.instrument().clone()).collect(),
            markets: books.iter().map(|book| Market::new(book.instrument().id, &world)).collect(),
            // Nothing knows which fact was the last about an ad; none came after this one.
            ads: Mutex::new(Stream::new(Channel::Ads, RING_MAX, through)),
            own: Mutex::new(Own { users: ById::default(), through, prune_at: IDLE_USERS_MAX }),
        };
        (hub, ToldBooks::of(&world))
    }

    /// Adds a listener to a channel; `None` where there is no such channel.
    pub fn join(&self, channel: Channel, outbox: &Arc<Outbox>, how: Join) -> Option<Joined> {
        match channel.owner() {
            None => Some(lock(self.public(channel)?).join(outbox, how)),
            Some(user) => Some(lock(&self.own).stream(user, channel).join(outbox, how)),
        }
    }

    /// Takes a listener away from a channel.
    pub fn leave(&self, channel: Channel, outbox: &Arc<Outbox>) {
        outbox.shut(channel);
        match channel.owner() {
            None => {
                if let Some(stream) = self.public(channel) {
                    lock(stream).leave(outbox);
                }
            }
            Some(user) => {
                if let Some(streams) = lock(&self.own).users.get_mut(&user) {
                    streams[own_place(channel)].leave(outbox);
                }
            }
        }
    }

    fn public(&self, channel: Channel) -> Option<&Mutex<Stream>> {
        let market = |on: InstrumentId| self.markets.get(on.0 as usize);
        match channel {
            Channel::Book(on) => Some(&market(on)?.book),
            Channel::Trades(on) => Some(&market(on)?.trades),
            Channel::Ticker(on) => Some(&market(on)?.ticker),
            Channel::Candles(on, interval) => market(on)?.candles.get(interval as usize),
            Channel::Ads => Some(&self.ads),
            Channel::Orders(_)
            | Channel::Balances(_)
            | Channel::Notifications(_)
            | Channel::P2p(_) => None,
        }
    }

    /// Turns a fact into events; one that was told already is passed over.
    pub fn publish(&self, told: &mut ToldBooks, published: &PublishedFact) {
        if published.sequence <= told.through {
            return;
        }
        told.through = published.sequence;
        if let Some(book) = published.fact.book() {
            self.publish_book(told, published, book);
        }
        if let Some(offer) = &published.offer {
            let (sequence, stamp) = (published.sequence, published.fact.stamp);
            lock(&self.ads).publish(sequence, stamp, Data::Ad(offer.clone()));
        }
        self.publish_own(published);
    }

    fn publish_book(&self, told: &mut ToldBooks, published: &PublishedFact, book: &BookFact) {
        let on = book.instrument.0 as usize;
        let (Some(market), Some(shown)) = (self.markets.get(on), told.shown.get_mut(on)) else {
            return;
        };
        let (sequence, stamp) = (published.sequence, published.fact.stamp);
        if !book.levels.is_empty() {
            let top = shown.apply(&book.levels);
            let data = Data::Book(book.levels.clone(), top);
            lock(&market.book).publish(sequence, stamp, data);
        }
        if !book.fills.is_empty() {
            let data = Data::Trades(published.fact.clone());
            lock(&market.trades).publish(sequence, stamp, data);
            for (candle, stream) in published.candles.iter().zip(&market.candles) {
                lock(stream).publish(sequence, stamp, Data::Candle(*candle));
            }
        }
        if !book.levels.is_empty() || !book.fills.is_empty() {
            let mut ticker = lock(&market.ticker);
            if ticker.has_listeners() {
                ticker.publish(sequence, stamp, Data::Ticker);
            }
        }
    }

    fn publish_own(&self, published: &PublishedFact) {
        let mut own = lock(&self.own);
        own.through = published.sequence;
        if own.users.is_empty() {
            return;
        }
        let (sequence, stamp) = (published.sequence, published.fact.stamp);
        // What an arbitrator was told is not told again to who is none any more.
        if let Body::RoleChanged { user, .. } = &published.fact.body
            && let Some(streams) = own.users.get_mut(user)
        {
            streams[own_place(Channel::P2p(*user))].break_off(sequence, BROKEN_OFF);
        }
        for user in published.hearers() {
            let Some([orders, balances, notifications, p2p]) = own.users.get_mut(&user) else {
                continue;
            };
            if audience::orders(&published.fact).any(|owner| owner == user) {
                orders.publish(sequence, stamp, Data::Orders(published.fact.clone()));
            }
            let changed = published.balances.iter().filter(|(owner, ..)| *owner == user);
            let changed: Vec<_> = changed.map(|(_, asset, balance)| (*asset, *balance)).collect();
            if !changed.is_empty() {
                balances.publish(sequence, stamp, Data::Balances(changed));
            }
            let news = published.notifications.iter().filter(|(owner, _)| *owner == user);
            let news: Vec<_> = news.map(|(_, notification)| notification.clone()).collect();
            if !news.is_empty() {
                notifications.publish(sequence, stamp, Data::Notifications(news));
            }
            if published.p2p.contains(&user) {
                p2p.publish(sequence, stamp, p2p_data(&published.fact));
            }
        }
    }

    /// Tells what was conflated and is due; gives when the next is.
    pub fn beat(&self, now: Instant) -> Option<Instant> {
        let conflated = self.markets.iter().flat_map(|market| [&market.book, &market.ticker]);
        conflated.filter_map(|stream| lock(stream).beat(now)).min()
    }

    /// Users whose private channels are kept.
    #[cfg(test)]
    pub fn users(&self) -> usize {
        lock(&self.own).users.len()
    }

    /// Closes every listener and goes on from the world as it is now.
    pub fn break_off(&self, views: &Views) -> ToldBooks {
        let world = views.world();
        for (market, book) in self.markets.iter().zip(&world.state.books) {
            let fresh = Market::new(book.instrument().id, &world);
            for (old, new) in market.streams().zip(fresh.streams()) {
                lock(old).break_off(lock(new).last(), BROKEN_OFF);
            }
        }
        lock(&self.ads).break_off(world.state.through, BROKEN_OFF);
        let mut own = lock(&self.own);
        own.through = world.state.through;
        for stream in own.users.drain().flat_map(|(_, streams)| streams) {
            stream.into_listeners().for_each(|outbox| outbox.close(BROKEN_OFF));
        }
        ToldBooks::of(&world)
    }
}

impl ToldBooks {
    fn of(world: &World) -> ToldBooks {
        let shown = world.state.books.iter().map(Shown::of).collect();
        ToldBooks { shown, through: world.state.through }
    }
}

impl Market {
    fn new(on: InstrumentId, world: &World) -> Market {
        let history = world.history.instrument(on);
        let book = history.map(|history| history.book_changed).unwrap_or_default();
        let print = history.and_then(|history| history.prints.newest());
        let trade = print.map(|print| print.sequence).unwrap_or_default();
        let stream = |channel, ring, last| Mutex::new(Stream::new(channel, ring, last));
        Market {
            book: stream(Channel::Book(on), RING_MAX, book),
            trades: stream(Channel::Trades(on), RING_MAX, trade),
            // A ticker is whole by itself: nobody needs an old one.
            ticker: stream(Channel::Ticker(on), 0, book.max(trade)),
            candles: Interval::ALL.map(|i| stream(Channel::Candles(on, i), RING_MAX, trade)),
        }
    }

    fn streams(&self) -> impl Iterator<Item = &Mutex<Stream>> {
        [&self.book, &self.trades, &self.ticker].into_iter().chain(&self.candles)
    }
}

impl Own {
    /// A user's channel, which begins with the first listener.
    fn stream(&mut self, user: UserId, channel: Channel) -> &mut Stream {
        if self.users.len() >= self.prune_at {
            self.users.retain(|_, streams| streams.iter().any(Stream::has_listeners));
            self.prune_at = self.users.len() * 2 + IDLE_USERS_MAX;
        }
        let through = self.through;
        let streams = self.users.entry(user).or_insert_with(|| {
            OWN_CHANNELS
                .map(|channel| channel(user))
                .map(|channel| Stream::new(channel, OWN_RING_MAX, through))
        });
        &mut streams[own_place(channel)]
    }
}

/// A user's private channels, by their place.
const OWN_CHANNELS: [fn(UserId) -> Channel; 4] =
    [Channel::Orders, Channel::Balances, Channel::Notifications, Channel::P2p];

/// Where a private channel stands among its user's.
fn own_place(channel: Channel) -> usize {
    match channel {
        Channel::Balances(_) => 1,
        Channel::Notifications(_) => 2,
        Channel::P2p(_) => 3,
        _ => 0,
    }
}

fn p2p_data(fact: &Arc<Fact>) -> Data {
    match &fact.body {
        Body::P2pMessage(_) => Data::P2pMessage(fact.clone()),
        _ => Data::P2pTrade(fact.clone()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
