//! Public market data; needs no token.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::instrument_named;
use crate::{
    domain::{
        history::{self, InstrumentHistory, Interval},
        id::{Sequence, Stamp},
        instrument,
        rejection::Rejection,
        world::World,
    },
    http::{
        api::Api,
        caller::reading,
        page::{Page, Query, Span, read_count},
        problem::{Problem, ProblemBody},
        wire::{self, Book, Candle, Instrument, Print, Ticker, candles},
    },
};

/// Levels of a book where nothing else is asked.
const DEPTH_DEFAULT: usize = 50;
/// The most levels that can be asked.
const DEPTH_MAX: usize = 1_000;
/// Candles where nothing says when they begin.
const CANDLES_DEFAULT: i64 = 500;

/// What can be traded, with steps, bounds and fees.
#[utoipa::path(
    get,
    path = "/api/orderbook/instruments",
    tag = "orderbook",
    responses((status = 200, body = Page<Instrument>))
)]
pub async fn list_instruments(api: Data<Api>) -> HttpResponse {
    let (sequence, data) = {
        let world = api.exchange.views().world();
        let data: Vec<Instrument> = world.state.books.iter().map(Instrument::of).collect();
        (world.state.through, data)
    };
    reading(sequence, &Page { data, next: None, window: None })
}

/// How much of a book.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DepthQuery {
    /// Levels of each side, 1 to 1000; default 50.
    depth: Option<String>,
}

/// The best levels of both sides, with the checksum of the ten best.
#[utoipa::path(
    get,
    path = "/api/orderbook/{instrument}",
    tag = "orderbook",
    params(("instrument" = String, Path, example = "BTC-USD"), DepthQuery),
    responses((status = 200, body = Book), (status = 404, body = ProblemBody))
)]
pub async fn show_book(
    api: Data<Api>,
    name: Path<String>,
    Query(asked): Query<DepthQuery>,
) -> Result<HttpResponse, Problem> {
    let depth = match asked.depth.as_deref() {
        None => DEPTH_DEFAULT,
        Some(text) => read_count(text)
            .filter(|depth| (1..=DEPTH_MAX).contains(depth))
            .ok_or_else(|| Problem::field("depth", "is not a number from 1 to 1000"))?,
    };
    let shown = {
        let world = api.exchange.views().world();
        let book = world.state.book_named(&name).ok_or(Rejection::InstrumentNotFound)?;
        Book::of(book, world.state.through, depth)
    };
    Ok(reading(Sequence(shown.sequence), &shown))
}

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SpanQuery {
    /// At most so many, 1 to 500; default 50.
    limit: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// The newest trades of an instrument, newest first; the last 1,000 are kept here.
#[utoipa::path(
    get,
    path = "/api/orderbook/{instrument}/trades",
    tag = "orderbook",
    params(("instrument" = String, Path, example = "BTC-USD"), SpanQuery),
    responses((status = 200, body = Page<Print>), (status = 404, body = ProblemBody))
)]
pub async fn list_trades(
    api: Data<Api>,
    name: Path<String>,
    Query(asked): Query<SpanQuery>,
) -> Result<HttpResponse, Problem> {
    let span = Span::read(asked.limit.as_deref(), asked.after.as_deref())?;
    let world = api.exchange.views().world();
    let on = instrument_named(&world, &name)?;
    let history = history_of(&world, &on)?;
    let newest_first = history.prints.iter().rev().copied();
    let page = span
        .falling(newest_first, |print| print.trade.0, |print| print)
        .of_window(Some(&history.prints), |print| print.sequence);
    let sequence = world.state.through;
    drop(world);
    let data = page.data.iter().map(|print| Print::of(print, &on)).collect();
    Ok(reading(sequence, &Page { data, next: page.next, window: page.window }))
}

/// Prices and volumes of the last 24 hours.
#[utoipa::path(
    get,
    path = "/api/orderbook/{instrument}/ticker",
    tag = "orderbook",
    params(("instrument" = String, Path, example = "BTC-USD")),
    responses((status = 200, body = Ticker), (status = 404, body = ProblemBody))
)]
pub async fn show_ticker(api: Data<Api>, name: Path<String>) -> Result<HttpResponse, Problem> {
    let now = api.exchange.now();
    let (sequence, ticker) = {
        let world = api.exchange.views().world();
        let book = world.state.book_named(&name).ok_or(Rejection::InstrumentNotFound)?;
        let history = history_of(&world, book.instrument())?;
        (world.state.through, Ticker::of(book, history, now))
    };
    Ok(reading(sequence, &ticker))
}

fn history_of<'a>(
    world: &'a World,
    on: &instrument::Instrument,
) -> Result<&'a InstrumentHistory, Problem> {
    Ok(world.history.instrument(on.id).ok_or(Rejection::InstrumentNotFound)?)
}

/// Which candles.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CandlesQuery {
    /// `1m`, `5m`, `15m`, `1h`, `4h` or `1d`; default `1m`.
    #[param(value_type = Option<wire::code::CandleInterval>)]
    interval: Option<String>,
    /// Candles that start at or after it, in RFC 3339; default 500 candles before `to`.
    from: Option<String>,
    /// Candles that start before it, in RFC 3339; default now, and never later.
    to: Option<String>,
}

/// Candles of one interval, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Candles {
    /// What was traded.
    pub instrument: String,
    /// The span of each.
    #[schema(value_type = wire::code::CandleInterval, example = "1m")]
    pub interval: &'static str,
    /// A span without trades is filled with the close before it.
    pub data: Vec<Candle>,
    /// When the oldest kept candle begins, where older ones were dropped; null where none were.
    #[schema(format = DateTime)]
    pub kept_since: Option<String>,
}

/// Candles, at most 1,500 at a time; gaps are filled with the last close.
#[utoipa::path(
    get,
    path = "/api/orderbook/{instrument}/candles",
    tag = "orderbook",
    params(("instrument" = String, Path, example = "BTC-USD"), CandlesQuery),
    responses(
        (status = 200, body = Candles),
        (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody)
    )
)]
pub async fn list_candles(
    api: Data<Api>,
    name: Path<String>,
    Query(asked): Query<CandlesQuery>,
) -> Result<HttpResponse, Problem> {
    let now = api.exchange.now();
    let (interval, from, to) = read_range(&asked, now)?;
    let world = api.exchange.views().world();
    let on = instrument_named(&world, &name)?;
    let kept = history_of(&world, &on)?.candles(interval);
    let found = candles(kept, interval, from, to);
    let oldest = kept.iter().next().filter(|_| kept.dropped() > 0).map(|oldest| oldest.start);
    let sequence = world.state.through;
    drop(world);
    let answer = Candles {
        interval: interval.code(),
        data: found.iter().map(|candle| Candle::of(candle, &on)).collect(),
        kept_since: oldest.map(wire::time),
        instrument: on.name,
    };
    Ok(reading(sequence, &answer))
}

/// The interval and the bounds: `from` included, `to` not, and nothing beyond now.
fn read_range(asked: &CandlesQuery, now: Stamp) -> Result<(Interval, Stamp, Stamp), Problem> {
    let code = asked.interval.as_deref().unwrap_or(Interval::M1.code());
    let interval = Interval::from_code(code)
        .ok_or_else(|| Problem::field("interval", "is not 1m, 5m, 15m, 1h, 4h or 1d"))?;
    let read = |field: &'static str, text: &Option<String>| match text.as_deref() {
        None => Ok(None),
        Some(text) => match wire::stamp(text) {
            Some(stamp) => Ok(Some(stamp)),
            None => Err(Problem::field(field, "is not a time in RFC 3339")),
        },
    };
    let end = now.plus_millis(1);
    let to = read("to", &asked.to)?.unwrap_or(end).min(end);
    let most = history::CANDLES_MAX as i64;
    let from = match read("from", &asked.from)? {
        Some(from) => from,
        None => {
            // The last candle is the one that holds the end.
            let last = interval.start(to.plus_millis(-1));
            last.plus_millis(-interval.millis() * (CANDLES_DEFAULT - 1))
        }
    };
    match to.0.saturating_sub(from.0) > interval.millis().saturating_mul(most) {
        true => Err(Problem::field("from", "is more than 1500 candles before the end")),
        false => Ok((interval, from, to)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(interval: &str, from: &str, to: &str) -> Result<(i64, i64), &'static str> {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let asked = CandlesQuery { interval: given(interval), from: given(from), to: given(to) };
        // A day and a half after the start of time.
        let read = read_range(&asked, Stamp(129_600_000));
        read.map(|(_, from, to)| (from.0, to.0)).map_err(|problem| problem.code())
    }

    #[test]
    fn a_range_is_bounded_and_ends_now() {
        let minute = 60_000;
        assert_eq!(range("", "", ""), Ok((129_600_000 - 499 * minute, 129_600_001)));
        assert_eq!(range("1h", "1970-01-01T00:00:00Z", "1970-01-01T02:00:00Z"), Ok((0, 7_200_000)));
        assert_eq!(
            range("1h", "1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z"),
            Ok((0, 129_600_001))
        );
        for (interval, from, to) in [
            ("2m", "", ""),
            ("1m", "1970-01-01T00:00:00Z", ""),
            ("1m", "0001-01-01T00:00:00Z", ""),
            ("1m", "yesterday", ""),
            ("1m", "", "129600000"),
        ] {
            assert_eq!(range(interval, from, to), Err("INVALID_FIELD"), "{interval} {from} {to}");
        }
    }
}
