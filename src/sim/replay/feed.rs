//! The exchange's book as a subscriber of its raw feed keeps it: snapshot, then each update.
//!
//! It is kept apart from what the replay knows of its own orders, so that the two can disagree.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::replay_book::{Increments, ReplayBook, Touch};
use crate::{
    domain::{
        instrument::{Price, Quantity},
        order::Side,
    },
    sim::client::{Client, Event, Levels, Message, Op, SocketReader},
};

/// How long the feed may stay behind an answer.
const BEHIND_MAX: Duration = Duration::from_secs(10);
/// How many levels of a side the checksum covers.
const CHECKSUM_LEVELS: usize = 10;

/// What was seen of the feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FeedCount {
    /// Updates applied.
    pub updates: u64,
    /// Snapshots taken, the first one too.
    pub snapshots: u64,
    /// Updates that did not go on from the one before.
    pub gaps: u64,
    /// Updates whose checksum is not that of the kept book.
    pub wrong_checksums: u64,
}

/// A book kept from a feed.
#[derive(Debug, Default)]
pub struct FeedBook {
    ladder: ReplayBook,
    /// Each level as it was on the wire, for the checksum.
    texts: BTreeMap<(Side, Price), (String, String)>,
    sequence: u64,
    /// Whether the last event was a snapshot, which stands at any sequence, not only at an event's.
    fresh: bool,
    /// What was seen so far.
    pub count: FeedCount,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    bids: Levels,
    #[serde(default)]
    asks: Levels,
    #[serde(default)]
    checksum: Option<u32>,
}

impl FeedBook {
    /// The levels.
    pub fn ladder(&self) -> &ReplayBook {
        &self.ladder
    }

    /// Takes one event of the channel.
    pub fn apply(&mut self, event: &Event, steps: &Increments) -> anyhow::Result<()> {
        match event.kind.as_str() {
            "order_book_snapshot" => {
                self.ladder.clear();
                self.texts.clear();
                self.fresh = true;
                self.count.snapshots += 1;
            }
            "order_book_update" if event.sequence <= self.sequence => return Ok(()),
            "order_book_update" => {
                self.count.updates += 1;
                let fresh = std::mem::take(&mut self.fresh);
                let goes_on = |before| before == self.sequence || fresh && before < self.sequence;
                self.count.gaps += u64::from(!event.prev_sequence.is_none_or(goes_on));
            }
            // A snapshot follows.
            "resync" => return Ok(()),
            other => bail!("an event `{other}` on the order book's channel"),
        }
        let data = Data::deserialize(&event.data).context("an event of the order book")?;
        for (side, levels) in [(Side::Buy, data.bids), (Side::Sell, data.asks)] {
            for (price_text, quantity_text) in levels {
                let unreadable = || format!("the level {price_text} {quantity_text}");
                let price = steps.price(&price_text).ok().with_context(unreadable)?;
                let quantity = steps.quantity_down(&quantity_text).ok().with_context(unreadable)?;
                self.ladder.set(side, price, quantity);
                match quantity {
                    Quantity::ZERO => self.texts.remove(&(side, price)),
                    _ => self.texts.insert((side, price), (price_text, quantity_text)),
                };
            }
        }
        self.sequence = event.sequence;
        let wrong = data.checksum.is_some_and(|checksum| checksum != self.checksum());
        self.count.wrong_checksums += u64::from(wrong);
        Ok(())
    }

    /// CRC-32 of the ten best levels of each side, alternating, best first.
    fn checksum(&self) -> u32 {
        let best = |side| self.ladder.best_first(side).take(CHECKSUM_LEVELS);
        let (mut bids, mut asks) = (best(Side::Buy), best(Side::Sell));
        let mut parts: Vec<&str> = Vec::with_capacity(4 * CHECKSUM_LEVELS);
        for _ in 0..CHECKSUM_LEVELS {
            for (side, next) in [(Side::Buy, bids.next()), (Side::Sell, asks.next())] {
                let texts = next.and_then(|(price, _)| self.texts.get(&(side, price)));
                if let Some((price, quantity)) = texts {
                    parts.extend([price.as_str(), quantity.as_str()]);
                }
            }
        }
        crc32fast::hash(parts.join(":").as_bytes())
    }
}

/// A subscription that keeps a book in the background.
#[derive(Debug)]
pub struct Feed {
    book: Arc<Mutex<FeedBook>>,
    /// The sequence that the book has reached, or why it goes no further.
    reached: watch::Receiver<Result<u64, String>>,
}

impl Feed {
    /// Subscribes to the raw order book of an instrument; returns once the snapshot is there.
    pub async fn open(client: &Client, run: &str, steps: &Increments) -> anyhow::Result<Feed> {
        let mut socket = client.connect(&format!("replay-{run}-feed"), false).await?;
        let channels = vec![format!("orderbook:{}", steps.name)];
        let (resume, depth) = (BTreeMap::new(), None);
        let op = Op::Subscribe { id: 1, conflate_ms: Some(0), depth, channels, resume };
        socket.writer.send(&op).await?;
        let book = Arc::new(Mutex::new(FeedBook::default()));
        let (sender, mut reached) = watch::channel(Ok(0));
        let (kept, steps) = (book.clone(), steps.clone());
        tokio::spawn(async move {
            // The writer stays open with the subscription.
            let _writer = socket.writer;
            if let Err(error) = follow(socket.reader, &kept, &steps, &sender).await {
                sender.send_modify(|reached| *reached = Err(format!("{error:#}")));
            }
        });
        reached.changed().await?;
        Ok(Feed { book, reached })
    }

    /// The kept book.
    pub fn book(&self) -> MutexGuard<'_, FeedBook> {
        // A panic while it was held ended the task that keeps it, which `caught_up` reports.
        self.book.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The best prices, once the book has reached `sequence`.
    pub async fn touch(&mut self, sequence: u64) -> anyhow::Result<Touch> {
        self.caught_up(sequence).await?;
        Ok(self.book().ladder().touch())
    }

    /// Waits until the book has reached `sequence`.
    pub async fn caught_up(&mut self, sequence: u64) -> anyhow::Result<()> {
        let there =
            |reached: &Result<u64, String>| reached.as_ref().map_or(true, |r| *r >= sequence);
        let wait = self.reached.wait_for(there);
        let reached = tokio::time::timeout(BEHIND_MAX, wait).await;
        let reached = reached.with_context(|| {
            format!("the feed did not reach sequence {sequence} within {BEHIND_MAX:?}")
        })?;
        match &*reached.context("the feed has ended")? {
            Ok(_) => Ok(()),
            Err(error) => bail!("the feed has ended: {error}"),
        }
    }
}

async fn follow(
    mut reader: SocketReader,
    book: &Mutex<FeedBook>,
    steps: &Increments,
    reached: &watch::Sender<Result<u64, String>>,
) -> anyhow::Result<()> {
    loop {
        match reader.receive().await? {
            Message::Event(event) => {
                let mut book = book.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                book.apply(&event, steps)?;
                drop(book);
                reached.send_modify(|reached| *reached = Ok(event.sequence));
            }
            Message::Refused(refusal) => bail!("{refusal}"),
            _ => (),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::replay_book::btc_usdt, *};

    fn event(
        kind: &str,
        sequence: u64,
        prev_sequence: Option<u64>,
        data: serde_json::Value,
    ) -> Event {
        Event {
            kind: kind.into(),
            channel: "orderbook:BTC-USDT".into(),
            sequence,
            prev_sequence,
            data,
        }
    }

    #[test]
    fn a_book_is_kept_from_a_snapshot_and_updates() {
        let (mut book, steps) = (FeedBook::default(), btc_usdt());
        let bids = json!([["10.00", "1.00000"], ["9.99", "2.00000"]]);
        let checksum = crc32fast::hash(b"10.00:1.00000:10.02:3.00000:9.99:2.00000");
        let data = json!({"bids": bids, "asks": [["10.02", "3.00000"]], "checksum": checksum});
        book.apply(&event("order_book_snapshot", 5, None, data), &steps).unwrap();
        assert_eq!(
            book.ladder().touch(),
            Touch { bid: Some(Price::new(1000)), ask: Some(Price::new(1002)) }
        );

        let checksum = crc32fast::hash(b"9.99:2.00000:10.01:1.00000:10.02:3.00000");
        let data =
            json!({"bids": [["10.00", "0"]], "asks": [["10.01", "1.00000"]], "checksum": checksum});
        book.apply(&event("order_book_update", 7, Some(5), data), &steps).unwrap();
        assert_eq!(
            book.ladder().touch(),
            Touch { bid: Some(Price::new(999)), ask: Some(Price::new(1001)) }
        );
        let clean = FeedCount { updates: 1, snapshots: 1, ..FeedCount::default() };
        assert_eq!(book.count, clean);

        let data = json!({"bids": [], "asks": [], "checksum": 1});
        book.apply(&event("order_book_update", 9, Some(8), data), &steps).unwrap();
        assert_eq!((book.count.gaps, book.count.wrong_checksums), (1, 1));
        assert!(book.apply(&event("ticker", 10, None, json!({})), &steps).is_err());
    }
}
