//! Public market data: instruments, the book, prints, tickers, candles.

use serde::Serialize;
use utoipa::ToSchema;

use super::{code, percent, print_ratio, time};
use crate::domain::{
    book,
    history::{self, InstrumentHistory, Interval},
    id::{Sequence, Stamp},
    instrument::{self, Price, Quantity},
    money::Amount,
    order::Side,
    window::Window,
};

/// What can be traded, in which steps, at which fees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Instrument {
    #[schema(example = "BTC-USD")]
    pub name: String,
    /// What is bought and sold.
    #[schema(example = "BTC")]
    pub base: &'static str,
    /// What it is paid in.
    #[schema(example = "USD")]
    pub quote: &'static str,
    /// Every price is a multiple of it.
    #[schema(example = "0.01")]
    pub tick_size: String,
    /// Every quantity is a multiple of it.
    #[schema(example = "0.00001")]
    pub lot_size: String,
    /// The least that price x quantity of an order may be worth.
    #[schema(example = "1.00")]
    pub min_notional: String,
    #[schema(example = "0.1000")]
    pub maker_fee_percent: String,
    #[schema(example = "0.2000")]
    pub taker_fee_percent: String,
    /// How far a limit price may be from the last trade.
    #[schema(example = "20.0000")]
    pub price_band_percent: String,
    /// How far past the best opposite price a market order may trade.
    #[schema(example = "5.0000")]
    pub protection_percent: String,
    /// Null before the first trade.
    pub last_price: Option<String>,
    #[schema(value_type = String, pattern = "^TRADING$")]
    pub status: &'static str,
}

impl Instrument {
    /// The instrument of `book`.
    pub fn of(book: &book::Book) -> Instrument {
        let on = book.instrument();
        Instrument {
            name: on.name.clone(),
            base: on.base.code(),
            quote: on.quote.code(),
            tick_size: on.tick.print(1),
            lot_size: on.lot.print(1),
            min_notional: on.quote.print(on.min_notional),
            maker_fee_percent: percent(on.maker_fee),
            taker_fee_percent: percent(on.taker_fee),
            price_band_percent: percent(on.band),
            protection_percent: percent(on.protection),
            last_price: book.last().map(|price| on.print_price(price)),
            status: "TRADING",
        }
    }
}

/// What the book shows: the best levels of both sides, best first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Book {
    pub instrument: String,
    /// The journal's number through which this is the book.
    pub sequence: u64,
    /// `[price, quantity]`, highest price first.
    #[schema(value_type = Vec<Vec<String>>)]
    pub bids: Vec<[String; 2]>,
    /// `[price, quantity]`, lowest price first.
    #[schema(value_type = Vec<Vec<String>>)]
    pub asks: Vec<[String; 2]>,
    /// CRC-32 (IEEE) of `bid_price:bid_quantity:ask_price:ask_quantity:...` over the ten best levels
    /// of each side, whatever depth was asked for.
    pub checksum: u32,
}

/// How many levels of each side the checksum covers.
const CHECKSUM_LEVELS: usize = 10;

impl Book {
    /// The `depth` best levels of each side of `book`, which stands at `sequence`.
    pub fn of(book: &book::Book, sequence: Sequence, depth: usize) -> Book {
        let on = book.instrument();
        let side = |side| {
            let levels = book.levels(side).take(depth.max(CHECKSUM_LEVELS));
            levels.map(|(price, shown)| [on.print_price(price), on.print_quantity(shown)]).collect()
        };
        let (mut bids, mut asks): (Vec<_>, Vec<_>) = (side(Side::Buy), side(Side::Sell));
        let checksum = checksum(&bids, &asks);
        bids.truncate(depth);
        asks.truncate(depth);
        Book { instrument: on.name.clone(), sequence: sequence.0, bids, asks, checksum }
    }
}

/// The checksum of a book with these levels, best first.
pub fn checksum(bids: &[[String; 2]], asks: &[[String; 2]]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    let mut first = true;
    for at in 0..CHECKSUM_LEVELS {
        for text in [bids.get(at), asks.get(at)].into_iter().flatten().flatten() {
            if !std::mem::take(&mut first) {
                crc.update(b":");
            }
            crc.update(text.as_bytes());
        }
    }
    crc.finalize()
}

/// A public trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Print {
    /// Rises by one within the instrument.
    #[schema(example = "1")]
    pub trade_id: String,
    pub price: String,
    pub quantity: String,
    /// Price x quantity, rounded down to the quote asset's scale.
    pub notional: String,
    /// The incoming order's side.
    #[schema(value_type = code::OrderSide)]
    pub taker_side: &'static str,
    pub sequence: u64,
    #[schema(format = DateTime)]
    pub created_at: String,
}

impl Print {
    /// `print` of the instrument `on`.
    pub fn of(print: &history::Print, on: &instrument::Instrument) -> Print {
        Print {
            trade_id: print.trade.to_string(),
            price: on.print_price(print.price),
            quantity: on.print_quantity(print.quantity),
            notional: on.quote.print(print.notional),
            taker_side: print.taker_side.code(),
            sequence: print.sequence.0,
            created_at: time(print.stamp),
        }
    }
}

/// What the last 24 hours made of the price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ticker {
    pub instrument: String,
    /// The price of the last trade ever; null before the first one.
    pub last: Option<String>,
    /// The first price of the 24 hours; null without a trade in them, and so are `high`, `low`,
    /// `change` and `change_percent`.
    pub open: Option<String>,
    pub high: Option<String>,
    pub low: Option<String>,
    /// In the base asset.
    pub volume: String,
    /// In the quote asset.
    pub quote_volume: String,
    /// `last - open`.
    pub change: Option<String>,
    /// `change / open`, two decimals, rounded to the nearest.
    pub change_percent: Option<String>,
    pub best_bid: Option<String>,
    pub best_ask: Option<String>,
}

const DAY_MILLIS: i64 = 86_400_000;

impl Ticker {
    /// The ticker of `book` at `now`. It counts whole minutes: those that began in the 24 hours.
    pub fn of(book: &book::Book, history: &InstrumentHistory, now: Stamp) -> Ticker {
        let on = book.instrument();
        let since = now.plus_millis(-DAY_MILLIS);
        let minutes = history.candles(Interval::M1).iter().filter(|minute| minute.start > since);
        let day = minutes.copied().reduce(|day, minute| history::Candle {
            start: day.start,
            open: day.open,
            high: day.high.max(minute.high),
            low: day.low.min(minute.low),
            close: minute.close,
            volume: day.volume.saturating_add(minute.volume),
            quote_volume: day.quote_volume.saturating_add(minute.quote_volume),
            trades: day.trades + minute.trades,
        });
        let price = |ticks: Price| on.print_price(ticks);
        let best = |side| book.best(side).map(price);
        Ticker {
            instrument: on.name.clone(),
            last: book.last().map(price),
            open: day.map(|d| price(d.open)),
            high: day.map(|d| price(d.high)),
            low: day.map(|d| price(d.low)),
            volume: on.print_quantity(day.map_or(Quantity::ZERO, |d| d.volume)),
            quote_volume: on.quote.print(day.map_or(Amount::ZERO, |d| d.quote_volume)),
            change: day.map(|d| price(d.close - d.open)),
            change_percent: day.map(|d| {
                let parts = i128::from(d.close - d.open) * 10_000;
                print_ratio(parts, i128::from(d.open), 2)
            }),
            best_bid: best(Side::Buy),
            best_ask: best(Side::Sell),
        }
    }
}

/// What the trades of one span made of the price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Candle {
    #[schema(format = DateTime)]
    pub start: String,
    pub open: String,
    pub high: String,
    pub low: String,
    pub close: String,
    /// In the base asset.
    pub volume: String,
    /// In the quote asset.
    pub quote_volume: String,
    /// How many.
    pub trades: u64,
}

impl Candle {
    /// `candle` of the instrument `on`.
    pub fn of(candle: &history::Candle, on: &instrument::Instrument) -> Candle {
        Candle {
            start: time(candle.start),
            open: on.print_price(candle.open),
            high: on.print_price(candle.high),
            low: on.print_price(candle.low),
            close: on.print_price(candle.close),
            volume: on.print_quantity(candle.volume),
            quote_volume: on.quote.print(candle.quote_volume),
            trades: candle.trades,
        }
    }
}

/// The candles that start in `from..to`, oldest first. A span without trades is filled with the
/// last close; what lies before the first kept candle is left out.
pub fn candles(
    kept: &Window<history::Candle>,
    interval: Interval,
    from: Stamp,
    to: Stamp,
) -> Vec<history::Candle> {
    let mut filled: Vec<history::Candle> = Vec::new();
    let mut known = kept.iter().copied().peekable();
    let mut close = None;
    while let Some(before) = known.next_if(|candle| candle.start < from) {
        close = Some(before.close);
    }
    let first = Stamp(from.0 + (-from.0).rem_euclid(interval.millis()));
    let mut start = match (close, known.peek()) {
        (None, Some(oldest)) => oldest.start,
        _ => first,
    };
    while start < to {
        let candle = match (known.next_if(|candle| candle.start == start), close) {
            (Some(candle), _) => candle,
            (None, Some(close)) => history::Candle::gap(start, close),
            (None, None) => break,
        };
        close = Some(candle.close);
        filled.push(candle);
        start = start.plus_millis(interval.millis());
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fact::{Body, BookAction, BookFact, Cause, Fact},
        history::History,
        id::{InstrumentId, OrderId, TradeId, UserId},
        order::{Fill, PlaceOrder},
    };
    use crate::http::wire::tests::btc_usd;

    fn rest(book: &mut book::Book, side: Side, price: Price, quantity: i64) {
        let order = PlaceOrder::limit(side, Quantity::new(quantity), price);
        book.place(UserId(1), &order, Amount::new(1_000_000_000_000), Stamp(0)).unwrap();
    }

    /// A history with a fill of one lot at each of these times and prices.
    fn history(fills: &[(i64, Price)]) -> History {
        let mut history = History::default();
        let fact = |stamp, body| Fact { stamp: Stamp(stamp), cause: Cause::default(), body };
        history.apply(Sequence(1), &fact(0, Body::InstrumentListed(btc_usd())));
        for (at, (stamp, price)) in fills.iter().enumerate() {
            let fill = Fill {
                trade: TradeId(at as u64 + 1),
                taker_side: Side::Buy,
                maker: OrderId(1),
                taker: OrderId(2),
                maker_user: UserId(1),
                taker_user: UserId(2),
                price: *price,
                quantity: Quantity::new(1),
                notional: Amount::new(10),
                maker_fee: Amount::ZERO,
                taker_fee: Amount::ZERO,
            };
            let book = BookFact {
                instrument: InstrumentId(0),
                action: BookAction::CancelledAll,
                orders: Vec::new(),
                changes: Default::default(),
                fills: vec![fill],
                levels: Default::default(),
                transaction: Default::default(),
            };
            history.apply(Sequence(at as u64 + 2), &fact(*stamp, Body::Book(Box::new(book))));
        }
        history
    }

    #[test]
    fn a_checksum_alternates_the_ten_best_levels() {
        let mut book = book::Book::new(btc_usd());
        // CRC-32 of nothing.
        assert_eq!(Book::of(&book, Sequence(0), 5).checksum, 0);
        rest(&mut book, Side::Buy, Price::new(4_999_900), 100_000);
        rest(&mut book, Side::Buy, Price::new(4_999_800), 50_000);
        rest(&mut book, Side::Sell, Price::new(5_000_100), 25_000);
        let text = "49999.00:1.00000:50001.00:0.25000:49998.00:0.50000";
        let shown = Book::of(&book, Sequence(7), 50);
        assert_eq!(shown.checksum, crc32fast::hash(text.as_bytes()));
        // As any other CRC-32 says it (zlib, Python's binascii.crc32).
        assert_eq!(shown.checksum, CHECKSUM_OF_THREE);
        assert_eq!(shown.bids, [["49999.00", "1.00000"], ["49998.00", "0.50000"]]);
        assert_eq!(shown.asks, [["50001.00", "0.25000"]]);
        let narrow = Book::of(&book, Sequence(7), 1);
        assert_eq!((narrow.bids.len(), narrow.checksum), (1, shown.checksum));
        for more in 0..20 {
            rest(&mut book, Side::Sell, Price::new(5_000_200 + more), 1);
        }
        let ten = Book::of(&book, Sequence(8), 10);
        assert_eq!(ten.checksum, Book::of(&book, Sequence(8), 50).checksum);
    }

    const CHECKSUM_OF_THREE: u32 = 468_822_637;

    #[test]
    fn gaps_are_filled_with_the_last_close() {
        const MINUTE: i64 = 60_000;
        let history = history(&[
            (MINUTE, Price::new(100)),
            (MINUTE + 1, Price::new(120)),
            (4 * MINUTE, Price::new(90)),
        ]);
        let kept = history.instrument(InstrumentId(0)).unwrap().candles(Interval::M1);
        let read = |from: i64, to: i64| -> Vec<(i64, i64, i64, u64)> {
            let candles = candles(kept, Interval::M1, Stamp(from), Stamp(to));
            let told = candles.iter();
            told.map(|c| (c.start.0 / MINUTE, c.open.get(), c.close.get(), c.trades)).collect()
        };
        let whole = [(1, 100, 120, 2), (2, 120, 120, 0), (3, 120, 120, 0), (4, 90, 90, 1)];
        assert_eq!(read(0, 5 * MINUTE), whole);
        assert_eq!(read(MINUTE, 4 * MINUTE), whole[..3]);
        assert_eq!(read(2 * MINUTE, 4 * MINUTE), whole[1..3], "the close before the range counts");
        assert_eq!(read(MINUTE + 1, 4 * MINUTE), whole[1..3], "a range begins with a whole span");
        assert_eq!(read(5 * MINUTE, 7 * MINUTE), [(5, 90, 90, 0), (6, 90, 90, 0)]);
        assert_eq!(read(0, MINUTE), []);
        assert_eq!(read(4 * MINUTE, 4 * MINUTE), []);
    }

    #[test]
    fn a_ticker_covers_24_hours_and_says_null_where_there_is_nothing() {
        let mut book = book::Book::new(btc_usd());
        let history = history(&[
            (1_000, Price::new(50_000)),
            (DAY_MILLIS, Price::new(300)),
            (DAY_MILLIS + 5, Price::new(200)),
        ]);
        let own = history.instrument(InstrumentId(0)).unwrap();
        let nothing = Ticker::of(&book, &InstrumentHistory::default(), Stamp(0));
        assert_eq!((nothing.last, nothing.open, nothing.change_percent), (None, None, None));
        assert_eq!((nothing.volume.as_str(), nothing.quote_volume.as_str()), ("0.00000", "0.00"));

        rest(&mut book, Side::Buy, Price::new(150), 100_000);
        let ticker = Ticker::of(&book, own, Stamp(DAY_MILLIS + 60_000));
        assert_eq!(ticker.open.as_deref(), Some("3.00"), "the trade of the day before is gone");
        assert_eq!(ticker.high.as_deref(), Some("3.00"));
        assert_eq!(ticker.low.as_deref(), Some("2.00"));
        assert_eq!(ticker.change.as_deref(), Some("-1.00"));
        assert_eq!(ticker.change_percent.as_deref(), Some("-33.33"));
        assert_eq!((ticker.volume.as_str(), ticker.quote_volume.as_str()), ("0.00002", "0.20"));
        assert_eq!((ticker.best_bid.as_deref(), ticker.best_ask), (Some("1.50"), None));
    }

    #[test]
    fn an_instrument_shows_its_rules() {
        let shown = Instrument::of(&book::Book::new(btc_usd()));
        assert_eq!((shown.tick_size.as_str(), shown.lot_size.as_str()), ("0.01", "0.00001"));
        assert_eq!(shown.maker_fee_percent, "0.1000");
        assert_eq!(shown.price_band_percent, "20.0000");
        assert_eq!(shown.last_price, None);
    }
}
