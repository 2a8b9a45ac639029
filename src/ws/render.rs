//! Events as clients read them: pure functions of an event and its instrument.

use serde::Serialize;

use super::protocol::text;
use crate::{
    domain::{
        audience,
        fact::{Body, Fact, Level},
        history::{self, Interval},
        id::{InstrumentId, Sequence, Stamp, UserId},
        instrument::{Instrument, Price, Quantity},
        money::Asset,
        order::{Fill, Side},
        p2p::{ad::AdStatus, board::Board, context},
        world::World,
    },
    http::wire,
    pipeline::feed::{Channel, Conflated, Data, Event, Top},
};

/// What every event has.
#[derive(Serialize)]
struct Envelope<'a, D> {
    r#type: &'static str,
    channel: &'a str,
    sequence: u64,
    prev_sequence: u64,
    timestamp: String,
    data: D,
}

/// Levels of a book, and the checksum of its best ones afterwards.
#[derive(Serialize)]
struct BookUpdate {
    bids: Vec<PrintedLevel>,
    asks: Vec<PrintedLevel>,
    checksum: u32,
}

type PrintedLevel = [String; 2];

/// A user's orders in a fact, with what they traded in it.
#[derive(Serialize)]
struct OrderUpdate {
    orders: Vec<wire::Order>,
    fills: Vec<OwnFill>,
}

/// What was done to a P2P trade, and the trade afterwards.
#[derive(Serialize)]
struct TradeChange {
    action: &'static str,
    party: &'static str,
    #[serde(flatten)]
    trade: wire::ShownTrade,
}

#[derive(Serialize)]
struct OwnFill {
    order_id: String,
    #[serde(flatten)]
    fill: wire::Fill,
}

/// Writes events; knows the instruments.
#[derive(Clone, Copy)]
pub struct Render<'a>(pub &'a [Instrument]);

impl Render<'_> {
    /// The name of a channel.
    pub fn name(self, channel: Channel) -> String {
        let named = |kind: &str, on: InstrumentId| format!("{kind}:{}", self.on(on).name);
        match channel {
            Channel::Book(on) => named("orderbook", on),
            Channel::Trades(on) => named("trades", on),
            Channel::Ticker(on) => named("ticker", on),
            Channel::Candles(on, interval) => {
                format!("{}:{}", named("candles", on), interval.code())
            }
            Channel::Orders(_) => "orders".into(),
            Channel::Balances(_) => "balances".into(),
            Channel::Notifications(_) => "notifications".into(),
            Channel::Ads => ADS.into(),
            Channel::P2p(_) => "p2p".into(),
        }
    }

    /// The public channel of this name.
    pub fn public(self, name: &str) -> Option<Channel> {
        if name == ADS {
            return Some(Channel::Ads);
        }
        let (kind, rest) = name.split_once(':')?;
        let on = |name: &str| self.0.iter().find(|on| on.name == name).map(|on| on.id);
        match kind {
            "orderbook" => Some(Channel::Book(on(rest)?)),
            "trades" => Some(Channel::Trades(on(rest)?)),
            "ticker" => Some(Channel::Ticker(on(rest)?)),
            "candles" => {
                let (name, interval) = rest.rsplit_once(':')?;
                Some(Channel::Candles(on(name)?, Interval::from_code(interval)?))
            }
            _ => None,
        }
    }

    /// An event of any channel but a ticker's, which the views tell.
    pub fn event(self, event: &Event) -> String {
        match &event.data {
            Data::Book(levels, top) => {
                let on = self.on_of(event.channel);
                self.whole(event, "order_book_update", book_update(on, levels, top))
            }
            Data::Trades(fact) => {
                let prints = prints(event.sequence, fact, self.on_of(event.channel));
                self.whole(event, "new_trade", prints)
            }
            Data::Candle(candle) => {
                let candle = wire::Candle::of(candle, self.on_of(event.channel));
                self.whole(event, "candle", candle)
            }
            Data::Orders(fact) => {
                let user = event.channel.owner().unwrap_or_default();
                self.whole(event, "order_update", self.order_update(fact, user))
            }
            Data::Balances(changed) => {
                let balances: Vec<wire::Balance> =
                    changed.iter().map(|(asset, b)| wire::Balance::of(*asset, b)).collect();
                self.whole(event, "balance_update", balances)
            }
            Data::Notifications(news) => {
                let news: Vec<_> = news.iter().map(|news| self.notification(news, 0)).collect();
                self.whole(event, "new_notification", news)
            }
            Data::Ad(offer) => {
                let kind = if offer.is_new { "p2p_ad_created" } else { "p2p_ad_updated" };
                self.whole(event, kind, wire::Ad::of(&offer.ad, offer.price, offer.hidden))
            }
            Data::P2pTrade(fact) | Data::P2pMessage(fact) => self.p2p(event, fact, true),
            Data::Ticker => String::new(),
        }
    }

    /// An event of a P2P trade that has ended since: where to pay is nobody's to know any more.
    pub fn of_ended(self, event: &Event, fact: &Fact) -> String {
        self.p2p(event, fact, false)
    }

    fn p2p(self, event: &Event, fact: &Fact, is_open: bool) -> String {
        let user = event.channel.owner().unwrap_or_default();
        match &fact.body {
            Body::P2pTrade(own) => {
                let mut trade = wire::ShownTrade::of(&own.trade, user);
                trade.payment_account.take_if(|_| !is_open);
                let data =
                    TradeChange { action: own.action.code(), party: own.party.code(), trade };
                self.whole(event, "p2p_trade_status_change", data)
            }
            Body::P2pMessage(message) => {
                let data = wire::P2pMessage::of(event.sequence, fact.stamp, message);
                self.whole(event, "p2p_message", data)
            }
            _ => String::new(),
        }
    }

    /// Book updates in one, after `previous`.
    pub fn conflated(self, on: InstrumentId, update: &Conflated, previous: Sequence) -> String {
        let changed: Vec<Level> = update.levels().collect();
        self.book(on, &changed, &update.top, (update.sequence, previous, update.stamp))
    }

    /// Changed levels of a book, after another event than the one they are shared with.
    pub fn book(
        self,
        on: InstrumentId,
        changed: &[Level],
        top: &Top,
        at: (Sequence, Sequence, Stamp),
    ) -> String {
        let data = book_update(self.on(on), changed, top);
        self.envelope("order_book_update", Channel::Book(on), at, data)
    }

    /// The book as the world has it, `depth` levels of each side; the sequence it stands at.
    pub fn snapshot(self, on: InstrumentId, copied: &BookCopy) -> String {
        let shown = self.on(on);
        let side = |levels: &[(Price, Quantity)]| -> Vec<PrintedLevel> {
            levels.iter().map(|level| printed(shown, *level)).collect()
        };
        let (mut bids, mut asks) = (side(&copied.bids), side(&copied.asks));
        let checksum = wire::checksum(&bids, &asks);
        bids.truncate(copied.depth);
        asks.truncate(copied.depth);
        let data = BookUpdate { bids, asks, checksum };
        let at = (copied.sequence, Sequence(0), copied.stamp);
        self.envelope("order_book_snapshot", Channel::Book(on), at, data)
    }

    /// A ticker, after `previous`.
    pub fn ticker(
        self,
        on: InstrumentId,
        ticker: &wire::Ticker,
        (sequence, stamp): (Sequence, Stamp),
        previous: Sequence,
    ) -> String {
        self.envelope("ticker", Channel::Ticker(on), (sequence, previous, stamp), ticker)
    }

    /// That events of a channel are lost, with how things stand now.
    pub fn resync(
        self,
        channel: Channel,
        sequence: Sequence,
        stamp: Stamp,
        data: serde_json::Value,
    ) -> String {
        self.envelope("resync", channel, (sequence, Sequence(0), stamp), data)
    }

    /// How a channel stands in `world`: what is sent with a resync. `null` where the next message
    /// says it.
    pub fn standing(self, channel: Channel, world: &World) -> serde_json::Value {
        let state = &world.state;
        let own = channel.owner().and_then(|user| world.history.user(user));
        match channel {
            Channel::Book(_) | Channel::Ticker(_) => serde_json::Value::Null,
            Channel::Trades(on) => {
                let kept = world.history.instrument(on).into_iter();
                let newest = kept.flat_map(|h| h.prints.iter().rev()).take(STANDING_MAX);
                newest.map(|print| value(wire::Print::of(print, self.on(on)))).collect()
            }
            Channel::Candles(on, interval) => {
                let kept = world.history.instrument(on);
                let newest = kept.and_then(|h| h.candles(interval).newest());
                newest.map_or(serde_json::Value::Null, |candle| {
                    value(wire::Candle::of(candle, self.on(on)))
                })
            }
            Channel::Orders(user) => {
                let open = state.books.iter().flat_map(|book| {
                    book.of_user(user).map(|order| wire::Order::of(order, book.instrument()))
                });
                open.map(value).collect()
            }
            Channel::Balances(user) => {
                let wallet = state.wallet(user).into_iter();
                let balances = wallet.flat_map(|wallet| {
                    Asset::ALL.map(|asset| wire::Balance::of(asset, wallet.balance(asset)))
                });
                balances.map(value).collect()
            }
            Channel::Notifications(user) => {
                let read = state.notifications_read(user);
                let newest = own.into_iter().flat_map(|own| own.notifications.iter().rev());
                newest.take(STANDING_MAX).map(|n| value(self.notification(n, read))).collect()
            }
            Channel::Ads => {
                let ads = state.p2p.boards().iter().flat_map(Board::ads);
                let offers = ads.map(|ad| (ad, context::offer(world, ad, state.latest)));
                let shown = offers
                    .filter(|(ad, (_, hidden))| ad.status == AdStatus::Active && hidden.is_none());
                let shown: Vec<_> = shown.take(STANDING_ADS_MAX + 1).collect();
                if shown.len() > STANDING_ADS_MAX {
                    return serde_json::Value::Null;
                }
                let ads = shown.into_iter();
                ads.map(|(ad, (price, hidden))| value(wire::Ad::of(ad, price, hidden))).collect()
            }
            Channel::P2p(user) => {
                let own = state.p2p.trades().filter(|trade| audience::hears(world, user, trade));
                own.map(|trade| value(wire::ShownTrade::of(trade, user))).collect()
            }
        }
    }

    fn notification(self, news: &history::Notification, read: u64) -> wire::Notification {
        let on = news.notice.instrument().map(|on| self.on(on));
        wire::Notification::of(news, on, read)
    }

    fn order_update(self, fact: &Fact, user: UserId) -> OrderUpdate {
        let Some(book) = fact.book() else {
            return OrderUpdate { orders: Vec::new(), fills: Vec::new() };
        };
        let on = self.on(book.instrument);
        let own: Vec<_> = book.orders.iter().filter(|order| order.user == user).collect();
        let mut fills = Vec::new();
        for fill in &book.fills {
            for order in own.iter().filter(|order| [fill.maker, fill.taker].contains(&order.id)) {
                let shown = wire::Fill::of(fill, fill.maker == order.id, on);
                fills.push(OwnFill { order_id: order.id.to_string(), fill: shown });
            }
        }
        OrderUpdate { orders: own.iter().map(|order| wire::Order::of(order, on)).collect(), fills }
    }

    fn whole(self, event: &Event, kind: &'static str, data: impl Serialize) -> String {
        self.envelope(kind, event.channel, (event.sequence, event.previous, event.stamp), data)
    }

    fn envelope(
        self,
        kind: &'static str,
        channel: Channel,
        (sequence, previous, stamp): (Sequence, Sequence, Stamp),
        data: impl Serialize,
    ) -> String {
        text(&Envelope {
            r#type: kind,
            channel: &self.name(channel),
            sequence: sequence.0,
            prev_sequence: previous.0,
            timestamp: wire::time(stamp),
            data,
        })
    }

    fn on(&self, id: InstrumentId) -> &Instrument {
        &self.0[id.0 as usize]
    }

    fn on_of(&self, channel: Channel) -> &Instrument {
        match channel {
            Channel::Book(on)
            | Channel::Trades(on)
            | Channel::Ticker(on)
            | Channel::Candles(on, _) => self.on(on),
            Channel::Ads
            | Channel::Orders(_)
            | Channel::Balances(_)
            | Channel::Notifications(_)
            | Channel::P2p(_) => &self.0[0],
        }
    }
}

/// How many prints or notifications a resync has.
const STANDING_MAX: usize = 100;
/// How many ads a resync has at most; where there are more, a client reads them over REST.
const STANDING_ADS_MAX: usize = 1_000;
/// The channel of all ads.
const ADS: &str = "p2p:ads";

/// A book's levels, copied while the world is held; printed after it is let go.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct BookCopy {
    pub sequence: Sequence,
    pub stamp: Stamp,
    pub depth: usize,
    bids: Vec<(Price, Quantity)>,
    asks: Vec<(Price, Quantity)>,
}

/// How many levels a checksum covers.
const CHECKSUM_LEVELS: usize = 10;

impl BookCopy {
    /// The best levels of a book in `world`.
    pub fn of(world: &World, on: InstrumentId, depth: usize) -> Option<BookCopy> {
        let book = world.state.book(on)?;
        let history = world.history.instrument(on)?;
        let side = |side| book.levels(side).take(depth.max(CHECKSUM_LEVELS)).collect();
        Some(BookCopy {
            sequence: history.book_changed,
            stamp: world.state.latest,
            depth,
            bids: side(Side::Buy),
            asks: side(Side::Sell),
        })
    }
}

fn value(shape: impl Serialize) -> serde_json::Value {
    serde_json::to_value(shape).unwrap_or_default()
}

fn printed(on: &Instrument, (price, quantity): (Price, Quantity)) -> PrintedLevel {
    let shown = match quantity {
        Quantity::ZERO => "0".into(),
        quantity => on.print_quantity(quantity),
    };
    [on.print_price(price), shown]
}

fn book_update(on: &Instrument, changed: &[Level], top: &Top) -> BookUpdate {
    let side = |side| {
        let levels = changed.iter().filter(|level| level.side == side);
        levels.map(|level| printed(on, (level.price, level.quantity))).collect()
    };
    let best = |levels: &[(Price, Quantity)]| -> Vec<PrintedLevel> {
        levels.iter().map(|level| printed(on, *level)).collect()
    };
    let checksum = wire::checksum(&best(&top.bids), &best(&top.asks));
    BookUpdate { bids: side(Side::Buy), asks: side(Side::Sell), checksum }
}

fn prints(sequence: Sequence, fact: &Fact, on: &Instrument) -> Vec<wire::Print> {
    let fills = fact.book().map(|book| book.fills.as_slice()).unwrap_or_default();
    let print = |fill: &Fill| history::Print {
        trade: fill.trade,
        sequence,
        stamp: fact.stamp,
        price: fill.price,
        quantity: fill.quantity,
        notional: fill.notional,
        taker_side: fill.taker_side,
    };
    fills.iter().map(|fill| wire::Print::of(&print(fill), on)).collect()
}
