//! From facts to events: chains, rings, private channels, and a feed that falls behind.

use std::{
    task::Waker,
    time::{Duration, Instant},
};

use smallvec::SmallVec;

use super::*;
use crate::domain::{
    fact::{Body, Cause, Fact},
    history::Candle,
    id::{InstrumentId, Sequence, Stamp, UserId},
    instrument::{Increment, Price, Quantity},
    money::{Amount, Asset, Rate},
    order::{PlaceOrder, Side},
    wallet::Balance,
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
        tick: Increment { units: 1, scale: 2 },
        lot: Increment { units: 1, scale: 5 },
        min_notional: Amount::new(1),
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
        let order = PlaceOrder::limit(side, Quantity::new(quantity), Price::new(price));
        let fact = self.book.place(user, &order, Amount::new(1 << 50), Stamp(7)).unwrap();
        self.sequence = self.sequence.next();
        let candles = match fact.fills.is_empty() {
            true => Vec::new(),
            false => vec![Candle::gap(Stamp(0), Price::new(price)); 6],
        };
        let body = Body::Book(fact);
        let fact = Arc::new(Fact { stamp: Stamp(7), cause: Cause::default(), body });
        let balance = (user, Asset::Usd, Balance::default());
        self.feed.publish(vec![PublishedFact {
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
        self.join_over(channel, Duration::ZERO, after)
    }

    fn join_over(
        &self,
        channel: Channel,
        interval: Duration,
        after: Option<u64>,
    ) -> (Arc<Outbox>, Joined) {
        let outbox = Arc::new(Outbox::new(100_000));
        let how = Join { interval, after: after.map(Sequence) };
        let joined = self.feed.join(channel, &outbox, how).unwrap();
        (outbox, joined)
    }
}

/// The events that wait, as (sequence, the one before).
fn chain(outbox: &Outbox) -> Vec<(u64, u64)> {
    let mut events = Vec::new();
    loop {
        match outbox.next(Waker::noop()) {
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
    assert!(matches!(book.next(Waker::noop()), Next::Snapshot(_)));
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
fn listeners_of_one_interval_share_each_event_and_its_beat() {
    let mut market = Market::new(10);
    let book = Channel::Book(BTC_USD);
    let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
    let (early, _) = market.join_over(book, second, None);
    let (slower, _) = market.join_over(book, minute, None);
    for outbox in [&early, &slower] {
        assert!(matches!(outbox.next(Waker::noop()), Next::Snapshot(_)));
    }
    market.places(MAKER, Side::Buy, 4_000_000, 1);
    market.run();
    let now = Instant::now();
    assert_eq!(market.worker.hub.beat(now), None, "the first change is told at once");
    assert_eq!([chain(&early), chain(&slower)], [[(2, 0)], [(2, 0)]]);

    market.places(MAKER, Side::Buy, 4_000_000, 1);
    market.places(MAKER, Side::Sell, 5_000_000, 3);
    market.run();
    let (late, joined) = market.join_over(book, second, None);
    assert_eq!(joined.last, Sequence(4));
    assert!(matches!(late.next(Waker::noop()), Next::Snapshot(_)));
    assert_eq!(market.worker.hub.beat(now), Some(now + second), "the others come each interval");
    assert!(chain(&early).is_empty());
    assert_eq!(market.worker.hub.beat(now + second), Some(now + minute));
    let events = [&early, &late].map(|outbox| match outbox.next(Waker::noop()) {
        Next::Event(event) => event,
        other => panic!("{other:?}"),
    });
    assert!(Arc::ptr_eq(&events[0], &events[1]), "made once for all");
    assert_eq!((events[0].sequence, events[0].previous), (Sequence(4), Sequence(2)));
    let Data::Book(levels, _) = &events[0].data else { panic!("{events:?}") };
    let levels: Vec<_> =
        levels.iter().map(|level| (level.price.get(), level.quantity.get())).collect();
    assert_eq!(levels, [(4_000_000, 2), (5_000_000, 3)]);
    assert!(chain(&slower).is_empty());
    market.worker.hub.beat(now + minute);
    assert_eq!(chain(&slower), [(4, 2)]);

    for outbox in [&early, &late, &slower] {
        market.feed.leave(book, outbox);
    }
    market.places(MAKER, Side::Sell, 5_000_000, 3);
    market.run();
    assert_eq!(market.worker.hub.beat(now + 2 * minute), None, "nobody is left");
}

#[test]
fn too_many_changed_levels_become_a_snapshot_for_the_whole_group() {
    let mut market = Market::new(20_000);
    let (outbox, _) = market.join_over(Channel::Book(BTC_USD), Duration::from_secs(60), None);
    assert!(matches!(outbox.next(Waker::noop()), Next::Snapshot(_)));
    let now = Instant::now();
    market.places(MAKER, Side::Buy, 1, 100_000_000);
    market.run();
    market.worker.hub.beat(now);
    assert_eq!(chain(&outbox), [(2, 0)]);
    for price in 2..conflated::LEVELS_WAITING_MAX as i64 + 3 {
        market.places(MAKER, Side::Buy, price, 100_000_000);
    }
    market.run();
    assert!(matches!(outbox.next(Waker::noop()), Next::Snapshot(_)));
    assert_eq!(market.worker.hub.beat(now + Duration::from_secs(60)), None);
}

#[test]
fn a_ticker_has_one_event_a_beat() {
    let mut market = Market::new(10);
    let interval = Duration::from_millis(100);
    let (outbox, _) = market.join_over(Channel::Ticker(BTC_USD), interval, None);
    assert!(matches!(outbox.next(Waker::noop()), Next::Ticker(_)));
    let now = Instant::now();
    market.places(MAKER, Side::Buy, 4_000_000, 1);
    market.run();
    market.worker.hub.beat(now);
    market.places(MAKER, Side::Buy, 4_000_000, 1);
    market.places(MAKER, Side::Buy, 4_000_000, 1);
    market.run();
    assert_eq!(chain(&outbox), [(2, 0)]);
    market.worker.hub.beat(now + interval);
    assert_eq!(chain(&outbox), [(4, 2)]);
}

#[test]
fn the_kept_book_shows_what_the_real_one_shows() {
    let mut market = Market::new(10);
    let (outbox, _) = market.join(Channel::Book(BTC_USD), None);
    assert!(matches!(outbox.next(Waker::noop()), Next::Snapshot(_)));
    for step in 0..500_i64 {
        let side = if step % 3 == 0 { Side::Sell } else { Side::Buy };
        let price = 5_000_000 + (step * 7_919) % 40;
        market.places(UserId(step as u64 % 5 + 1), side, price, step % 9 + 1);
        market.run();
        let Next::Event(event) = outbox.next(Waker::noop()) else { continue };
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
        let told = outbox.next(Waker::noop());
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

#[tokio::test]
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
