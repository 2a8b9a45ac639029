//! A recorded Binance spot capture, line by line, as events in ticks and lots.
//!
//! A line is the local time of receipt in nanoseconds, a space, and the message. Trades arrive on a
//! stream of their own, often after the depth difference that already holds their effect; here they
//! come before it, where they happened.

use std::{
    collections::VecDeque,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use anyhow::{Context, bail};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;

use super::replay_book::Increments;
use crate::domain::{
    instrument::{Price, Quantity},
    money::NumberError,
    order::Side,
};

/// How much later than the difference that holds its effect a trade may have been received.
const TRADE_DELAY_NANOS_MAX: u64 = 250_000_000;

/// A level's price in ticks and its new quantity in lots.
pub type Level = (Price, Quantity);

/// The whole book after update `last`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Snapshot {
    pub last: u64,
    pub bids: Vec<Level>,
    pub asks: Vec<Level>,
}

/// The levels that updates `first` to `last` changed, as they are after them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Difference {
    pub first: u64,
    pub last: u64,
    /// The recorded exchange's time.
    pub time_millis: u64,
    pub bids: Vec<Level>,
    pub asks: Vec<Level>,
}

/// The best bid and ask after `update`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Ticker {
    pub update: u64,
    pub bid: Level,
    pub ask: Level,
}

/// A recorded trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Trade {
    pub taker: Side,
    pub price: Price,
    pub quantity: Quantity,
    /// The recorded exchange's time.
    pub time_millis: u64,
}

/// What one line says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum RecordedEvent {
    Snapshot(Snapshot),
    Difference(Difference),
    Ticker(Ticker),
    Trade(Trade),
    /// A stream that the replay has no use for.
    Foreign,
}

/// A line: what happened, and when it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Event {
    pub nanos: u64,
    pub happening: RecordedEvent,
}

#[derive(Deserialize)]
struct RawLine<'a> {
    stream: Option<&'a str>,
    #[serde(borrow)]
    data: Option<RawData<'a>>,
    #[serde(rename = "lastUpdateId")]
    last_update_id: Option<u64>,
    #[serde(borrow, default)]
    bids: Vec<(&'a str, &'a str)>,
    #[serde(borrow, default)]
    asks: Vec<(&'a str, &'a str)>,
}

/// The fields of all three streams; `b` is a price on one and a list of levels on another.
#[derive(Deserialize)]
struct RawData<'a> {
    #[serde(rename = "E")]
    event_time: Option<u64>,
    #[serde(rename = "U")]
    first: Option<u64>,
    u: Option<u64>,
    #[serde(borrow)]
    b: Option<RawSide<'a>>,
    #[serde(borrow)]
    a: Option<RawSide<'a>>,
    #[serde(rename = "B")]
    bid_quantity: Option<&'a str>,
    #[serde(rename = "A")]
    ask_quantity: Option<&'a str>,
    p: Option<&'a str>,
    q: Option<&'a str>,
    #[serde(rename = "T")]
    trade_time: Option<u64>,
    m: Option<bool>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawSide<'a> {
    Levels(#[serde(borrow)] Vec<(&'a str, &'a str)>),
    Price(&'a str),
}

/// Reads one line; says what is wrong with it otherwise.
pub fn parse_line(line: &str, steps: &Increments) -> anyhow::Result<Event> {
    let (nanos, body) = line.split_once(' ').context("no local time before the message")?;
    let nanos = nanos.parse().context("the local time is no number")?;
    let raw: RawLine = serde_json::from_str(body).context("the message cannot be read")?;
    let happening = match (raw.last_update_id, raw.stream, raw.data) {
        (Some(last), ..) => RecordedEvent::Snapshot(Snapshot {
            last,
            bids: levels(&raw.bids, steps)?,
            asks: levels(&raw.asks, steps)?,
        }),
        (None, Some(stream), Some(data)) => {
            let kind = stream.split('@').nth(1).unwrap_or_default();
            of_stream(kind, &data, steps).with_context(|| format!("in {stream}"))?
        }
        _ => bail!("neither a snapshot nor of a stream"),
    };
    Ok(Event { nanos, happening })
}

fn of_stream(kind: &str, data: &RawData<'_>, steps: &Increments) -> anyhow::Result<RecordedEvent> {
    let happening = match (kind, data) {
        ("bookTicker", RawData { u: Some(update), b: Some(bid), a: Some(ask), .. }) => {
            let best = |side: &RawSide, quantity: Option<&str>| match (side, quantity) {
                (RawSide::Price(price), Some(quantity)) => level(price, quantity, steps),
                _ => bail!("no best price"),
            };
            let bid = best(bid, data.bid_quantity)?;
            let ask = best(ask, data.ask_quantity)?;
            RecordedEvent::Ticker(Ticker { update: *update, bid, ask })
        }
        (
            "depth",
            RawData {
                first: Some(first),
                u: Some(last),
                event_time: Some(time_millis),
                b: Some(RawSide::Levels(bids)),
                a: Some(RawSide::Levels(asks)),
                ..
            },
        ) => RecordedEvent::Difference(Difference {
            first: *first,
            last: *last,
            time_millis: *time_millis,
            bids: levels(bids, steps)?,
            asks: levels(asks, steps)?,
        }),
        (
            "trade",
            RawData {
                p: Some(price),
                q: Some(quantity),
                trade_time: Some(time_millis),
                m: Some(buyer_was_maker),
                ..
            },
        ) => {
            let (price, quantity) = level(price, quantity, steps)?;
            let taker = if *buyer_was_maker { Side::Sell } else { Side::Buy };
            RecordedEvent::Trade(Trade { taker, price, quantity, time_millis: *time_millis })
        }
        ("bookTicker" | "depth" | "trade", _) => bail!("a field is missing"),
        _ => RecordedEvent::Foreign,
    };
    Ok(happening)
}

fn levels(raw: &[(&str, &str)], steps: &Increments) -> anyhow::Result<Vec<Level>> {
    raw.iter().map(|(price, quantity)| level(price, quantity, steps)).collect()
}

fn level(price: &str, quantity: &str, steps: &Increments) -> anyhow::Result<Level> {
    let bad = |text: &str, error: NumberError| anyhow::anyhow!("`{text}`: {error:?}");
    let price = steps.price(price).map_err(|e| bad(price, e))?;
    let quantity = steps.quantity_down(quantity).map_err(|e| bad(quantity, e))?;
    Ok((price, quantity))
}

/// The symbol of a capture, `btcusdt`: that of its first line on a stream.
pub fn symbol(path: &Path) -> anyhow::Result<String> {
    for line in open(path)?.lines().take(1_000) {
        let line = line?;
        let body = line.split_once(' ').map_or("", |(_, body)| body);
        let stream = serde_json::from_str::<RawLine>(body).ok().and_then(|raw| raw.stream);
        if let Some((symbol, _)) = stream.and_then(|stream| stream.split_once('@')) {
            return Ok(symbol.to_owned());
        }
    }
    bail!("{} is no capture: none of its first lines is of a stream", path.display())
}

/// A capture as text, unpacked where it is packed.
pub fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead + Send>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let packed = path.extension().is_some_and(|extension| extension == "gz");
    let source: Box<dyn Read + Send> =
        if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok(Box::new(BufReader::with_capacity(1 << 16, source)))
}

/// The events of a capture, trades before the differences that hold their effect.
pub struct Recording {
    lines: std::io::Lines<Box<dyn BufRead + Send>>,
    steps: Increments,
    ahead: VecDeque<Event>,
    /// Lines read so far.
    pub lines_read: u64,
    /// Trades that were moved before a difference.
    pub trades_moved: u64,
}

impl Recording {
    /// Opens a capture.
    pub fn open(path: &Path, steps: Increments) -> anyhow::Result<Recording> {
        Ok(Recording::of(open(path)?, steps))
    }

    /// A capture from any source of lines.
    pub fn of(source: Box<dyn BufRead + Send>, steps: Increments) -> Recording {
        Recording {
            lines: source.lines(),
            steps,
            ahead: VecDeque::new(),
            lines_read: 0,
            trades_moved: 0,
        }
    }

    /// The next event, none at the end.
    pub fn next_event(&mut self) -> anyhow::Result<Option<Event>> {
        if !self.read_ahead(0)? {
            return Ok(None);
        }
        let nanos = self.ahead[0].nanos;
        let Some(place) = self.late_trade()? else {
            return Ok(self.ahead.pop_front());
        };
        self.trades_moved += 1;
        // Received later, it happened before what is next.
        Ok(self.ahead.remove(place).map(|event| Event { nanos, ..event }))
    }

    /// Where a trade waits whose effect the difference at the front already holds.
    fn late_trade(&mut self) -> anyhow::Result<Option<usize>> {
        let front = &self.ahead[0];
        let RecordedEvent::Difference(Difference { time_millis: held, .. }) = front.happening
        else {
            return Ok(None);
        };
        let until = front.nanos + TRADE_DELAY_NANOS_MAX;
        let mut place = 1;
        while self.read_ahead(place)? && self.ahead[place].nanos <= until {
            match self.ahead[place].happening {
                RecordedEvent::Trade(trade) if trade.time_millis <= held => return Ok(Some(place)),
                // Trades keep their order, so none behind this one is of `held` or before.
                RecordedEvent::Trade(_) => break,
                _ => place += 1,
            }
        }
        Ok(None)
    }

    /// Reads until there is an event at `place`; whether there is one.
    fn read_ahead(&mut self, place: usize) -> anyhow::Result<bool> {
        while self.ahead.len() <= place {
            let Some(line) = self.lines.next() else {
                return Ok(false);
            };
            self.lines_read += 1;
            let at = self.lines_read;
            let event = line.map_err(anyhow::Error::from);
            let event = event.and_then(|line| parse_line(&line, &self.steps));
            self.ahead.push_back(event.with_context(|| format!("line {at}"))?);
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::replay_book::btc_usdt, *};

    fn parse(line: &str) -> anyhow::Result<RecordedEvent> {
        parse_line(line, &btc_usdt()).map(|event| event.happening)
    }

    #[test]
    fn each_kind_of_line_is_read() {
        let ticker = r#"5 {"stream":"btcusdt@bookTicker","data":{"u":12,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000","A":"1.54698000"}}"#;
        let expected = Ticker {
            update: 12,
            bid: (Price::new(6183763), Quantity::new(378826)),
            ask: (Price::new(6183764), Quantity::new(154698)),
        };
        assert_eq!(parse(ticker).unwrap(), RecordedEvent::Ticker(expected));

        let depth = r#"5 {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":77,"s":"BTCUSDT","U":3,"u":7,"b":[["55653.87000000","0.00000000"]],"a":[]}}"#;
        let (bids, asks) = (vec![(Price::new(5565387), Quantity::ZERO)], vec![]);
        let expected = Difference { first: 3, last: 7, time_millis: 77, bids, asks };
        assert_eq!(parse(depth).unwrap(), RecordedEvent::Difference(expected));

        let trade = r#"5 {"stream":"btcusdt@trade","data":{"e":"trade","E":9,"s":"BTCUSDT","t":1,"p":"61837.63000000","q":"0.02000000","T":8,"m":true,"M":true}}"#;
        let expected = Trade {
            taker: Side::Sell,
            price: Price::new(6183763),
            quantity: Quantity::new(2000),
            time_millis: 8,
        };
        assert_eq!(parse(trade).unwrap(), RecordedEvent::Trade(expected));

        let snapshot = r#"5 {"lastUpdateId":9,"bids":[["1.00000000","2.00000000"]],"asks":[]}"#;
        let (bids, asks) = (vec![(Price::new(100), Quantity::new(200_000))], vec![]);
        assert_eq!(
            parse(snapshot).unwrap(),
            RecordedEvent::Snapshot(Snapshot { last: 9, bids, asks })
        );
        let other = r#"5 {"stream":"btcusdt@kline_1m","data":{"e":"kline"}}"#;
        assert_eq!(parse(other).unwrap(), RecordedEvent::Foreign);
    }

    #[test]
    fn bad_lines_say_what_is_wrong() {
        for (line, expected) in [
            ("", "no local time before the message"),
            ("x {}", "the local time is no number"),
            ("5 {", "the message cannot be read"),
            ("5 {}", "neither a snapshot nor of a stream"),
            (r#"5 {"stream":"btcusdt@trade","data":{}}"#, "in btcusdt@trade: a field is missing"),
            (r#"5 {"lastUpdateId":9,"bids":[["1.001","2"]],"asks":[]}"#, "`1.001`: TooFine"),
        ] {
            let error = format!("{:#}", parse(line).unwrap_err());
            assert!(error.starts_with(expected), "{line}: {error}");
        }
    }

    #[test]
    fn a_late_trade_comes_before_the_difference_that_holds_it() {
        let depth = |nanos: u64, time: u64| {
            format!(
                r#"{nanos} {{"stream":"s@depth","data":{{"E":{time},"U":1,"u":1,"b":[],"a":[]}}}}"#
            )
        };
        let trade = |nanos: u64, time: u64| {
            format!(
                r#"{nanos} {{"stream":"s@trade","data":{{"p":"1","q":"1","T":{time},"m":true}}}}"#
            )
        };
        let text = [depth(10, 100), trade(11, 99), depth(12, 200), trade(13, 100), trade(14, 250)];
        let source = std::io::Cursor::new(text.join("\n"));
        let mut recording = Recording::of(Box::new(source), btc_usdt());
        let mut order = Vec::new();
        while let Some(event) = recording.next_event().unwrap() {
            order.push(match event.happening {
                RecordedEvent::Difference(difference) => format!("d{}", difference.time_millis),
                RecordedEvent::Trade(trade) => format!("t{}", trade.time_millis),
                other => panic!("{other:?}"),
            });
        }
        assert_eq!(order, ["t99", "t100", "d100", "d200", "t250"]);
        assert_eq!((recording.lines_read, recording.trades_moved), (5, 2));
    }
}
