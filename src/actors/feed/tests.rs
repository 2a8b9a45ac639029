//! From facts to events: chains, rings, private channels, and a feed that falls behind.

use std::{task::Waker, time::Instant};

use smallvec::SmallVec;

use super::*;
use crate::domain::{
    fact::{Body, Cause},
    id::{InstrumentId, Stamp},
    instrument::Step,
    money::Rate,
    order::{PlaceOrder, Side},
    world::World,
};

const BTC_USD: InstrumentId = InstrumentId(0);
const MAKER: UserId = UserId(1);
const TAKER: UserId = UserId(2);

fn instrument() -> Instrument {
    Instrument {
        id: BTC_USD,
        name: "BTC-USD".into(),
        base: Asset::Btc,
        quote: Asset::Usd,
        tick: Step { units: 1, scale: 2 },
        lot: Step { units: 1, scale: 5 },
        min_notional: 1,
        maker_fee: Rate(0),
        taker_fee: Rate(0),
        band: Rate(900_000),
        protection: Rate(50_000),
    }
}

/// A book that decides, the views that follow, and a feed whose thread is the test's own.
struct Market {
    book: crate::domain::book::Book,
    views: Views,
    sequence: Sequence,
    feed: Feed,
    worker: Worker,
}

impl Market {
    fn new(commits_max: usize) -> Market {
        let mut world = World::default();
        let list = |body| Fact { stamp: Stamp(0), cause: Cause::default(), body };
        world.apply(Sequence(1), &list(Body::InstrumentListed(instrument())));
        let book = world.state.books[0].clone();
        let views = Views::new(world);
        let (feed, worker) = Feed::idle(views.clone(), commits_max);
        Market { book, views, sequence: Sequence(1), feed, worker }
    }

    /// A limit order's fact, published; the views know nothing of it.
    fn places(&mut self, user: UserId, side: Side, price: i64, quantity: i64) -> Sequence {
        let order = PlaceOrder::limit(side, quantity, price);
        let fact = self.book.place(user, &order, 1 << 50, Stamp(7)).unwrap();
        self.sequence = self.sequence.next();
        let candles = match fact.fills.is_empty() {
            true => Vec::new(),
            false => vec![Candle::gap(Stamp(0), price); 6],
        };
        let body = Body::Book(fact);
        let fact = Arc::new(Fact { stamp: Stamp(7), cause: Cause::default(), body });
        let balance = (user, Asset::Usd, Balance::default());
        self.feed.publish(vec![Published {
            offer: None,
            sequence: self.sequence,
            fact,
            balances: vec![balance],
            candles,
            notifications: Vec::new(),
            p2p: SmallVec::new(),
        }]);
        self.sequence
    }

    /// Lets the feed's thread do what waits for it.
    fn run(&mut self) {
        while let Ok(commit) = self.worker.waiting.try_recv() {
            self.worker.take(&commit);
        }
    }

    fn join(&self, channel: Channel, after: Option<u64>) -> (Arc<Outbox>, Joined) {
        let outbox = Arc::new(Outbox::new(100_000));
        let how = Join { after: after.map(Sequence), ..Join::default() };
        let joined = self.feed.join(channel, &outbox, how).unwrap();
        (outbox, joined)
    }
}

/// The events that wait, as (sequence, the one before).
fn chain(outbox: &Outbox) -> Vec<(u64, u64)> {
    let mut events = Vec::new();
    loop {
        match outbox.next(Instant::now(), Waker::noop()) {
            Next::Event(event) => events.push((event.sequence.0, event.previous.0)),
            Next::Snapshot(_) => {}
            _ => return events,
        }
    }
}

#[test]
fn each_channel_has_a_chain_of_its_own() {
    let mut market = Market::new(10);
    let (book, _) = market.join(Channel::Book(BTC_USD), None);
    let (trades, joined) = market.join(Channel::Trades(BTC_USD), None);
    assert_eq!(joined, Joined { last: Sequence(0), resumed: false });
    let (orders, joined) = market.join(Channel::Orders(TAKER), None);
    assert_eq!(joined.last, Sequence(1), "a private channel begins with its first listener");
    let (balances, _) = market.join(Channel::Balances(MAKER), None);
    assert!(matches!(book.next(Instant::now(), Waker::noop()), Next::Snapshot(_)));
    market.places(MAKER, Side::Sell, 5_000_000, 10);
    market.places(MAKER, Side::Sell, 5_000_100, 10);
    market.places(TAKER, Side::Buy, 5_000_000, 4);
    market.places(TAKER, Side::Buy, 5_000_100, 16);
    market.run();
    assert_eq!(chain(&book), [(2, 0), (3, 2), (4, 3), (5, 4)]);
    assert_eq!(chain(&trades), [(4, 0), (5, 4)]);
    assert_eq!(chain(&orders), [(4, 1), (5, 4)]);
    assert_eq!(chain(&balances), [(2, 1), (3, 2)]);
}

#[test]
fn a_listener_resumes_from_the_ring_or_is_told_that_it_cannot() {
    let mut market = Market::new(10);
    let channel = Channel::Trades(BTC_USD);
    let trades = RING_MAX as u64 + 5;
    for _ in 0..trades {
        market.places(MAKER, Side::Sell, 5_000_000, 1);
        market.places(TAKER, Side::Buy, 5_000_000, 1);
        market.run();
    }
    let last = market.sequence.0;
    let (missed, joined) = market.join(channel, Some(last - 4));
    assert_eq!(joined, Joined { last: Sequence(last - 4), resumed: true });
    assert_eq!(chain(&missed), [(last - 2, last - 4), (last, last - 2)]);
    let (nothing, joined) = market.join(channel, Some(last));
    assert!(joined.resumed && chain(&nothing).is_empty());
    let oldest = last - 2 * RING_MAX as u64;
    assert_eq!(chain(&market.join(channel, Some(oldest)).0).len(), RING_MAX);
    let (lost, joined) = market.join(channel, Some(oldest - 2));
    assert_eq!(joined, Joined { last: Sequence(last), resumed: false });
    assert!(chain(&lost).is_empty());
}

#[test]
fn the_kept_book_shows_what_the_real_one_shows() {
    let mut market = Market::new(10);
    let (outbox, _) = market.join(Channel::Book(BTC_USD), None);
    assert!(matches!(outbox.next(Instant::now(), Waker::noop()), Next::Snapshot(_)));
    for step in 0..500_i64 {
        let side = if step % 3 == 0 { Side::Sell } else { Side::Buy };
        let price = 5_000_000 + (step * 7_919) % 40;
        market.places(UserId(step as u64 % 5 + 1), side, price, step % 9 + 1);
        market.run();
        let Next::Event(event) = outbox.next(Instant::now(), Waker::noop()) else { continue };
        let Data::Book(_, top) = &event.data else { panic!("{event:?}") };
        let best = |side| market.book.levels(side).take(10).collect::<Vec<_>>();
        assert_eq!(top.bids.to_vec(), best(Side::Buy));
        assert_eq!(top.asks.to_vec(), best(Side::Sell));
    }
}

#[test]
fn a_feed_that_falls_behind_closes_its_listeners_and_goes_on_from_the_views() {
    let mut market = Market::new(2);
    let (outbox, _) = market.join(Channel::Trades(BTC_USD), None);
    let (own, _) = market.join(Channel::Orders(MAKER), None);
    for _ in 0..4 {
        market.places(MAKER, Side::Sell, 5_000_000, 10);
    }
    market.run();
    for outbox in [outbox, own] {
        let told = outbox.next(Instant::now(), Waker::noop());
        assert!(matches!(told, Next::Close(BROKEN_OFF)), "{told:?}");
    }
    let (fresh, joined) = market.join(Channel::Trades(BTC_USD), None);
    assert_eq!(joined.last, Sequence(0), "as the views have it");
    market.sequence = Sequence(1);
    market.places(TAKER, Side::Buy, 5_000_000, 1);
    market.run();
    assert_eq!(chain(&fresh), [(2, 0)]);
    assert_eq!(market.views.world().state.through, Sequence(1));
}

#[actix::test]
async fn a_feed_says_when_it_is_drained() {
    let mut market = Market::new(10);
    market.places(MAKER, Side::Sell, 5_000_000, 10);
    let (feed, worker) = (market.feed.clone(), market.worker);
    assert_eq!(feed.waiting(), 1);
    std::thread::spawn(move || worker.run());
    feed.drained().await;
    assert_eq!(feed.waiting(), 0);
}

#[test]
fn users_whom_nobody_listens_to_are_let_go() {
    let market = Market::new(10);
    let (kept, _) = market.join(Channel::Orders(UserId(1)), None);
    for user in 2..5_000 {
        let channel = Channel::Balances(UserId(user));
        let (outbox, _) = market.join(channel, None);
        market.feed.leave(channel, &outbox);
    }
    assert!(market.feed.0.hub.users() < 2_100, "{}", market.feed.0.hub.users());
    let (_, joined) = market.join(Channel::Orders(UserId(1)), None);
    assert_eq!(joined.last, Sequence(1));
    assert!(!kept.is_closing());
}
