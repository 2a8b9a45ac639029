//! Plays a recording: the pace, the makers' and takers' commands, and the comparisons.
//!
//! A difference's commands are all sent before the first answer is awaited, and all answered before
//! the next difference is planned, so that a run does the same each time.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use anyhow::{bail, ensure};

use super::{
    Speed,
    feed::Feed,
    lanes::Lanes,
    maker::{Action, Makers, Plan},
    recorded::RecordedBook,
    recording::{Event, RecordedEvent, Recording, Trade},
    replay_book::{Increments, Touch},
    report::{LastLook, Report, per_sec},
};
use crate::{
    domain::{
        instrument::{Price, Quantity},
        order::{Side, TimeInForce},
    },
    sim::client::{BookView, Client, Levels, Message, NewOrder, Placed, Refusal},
};

const PROGRESS_EVERY: Duration = Duration::from_secs(1);
/// How long to hold back when the exchange says that we are too fast, and how often in a row.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSES_MAX: u32 = 300;
/// How many levels of a side are compared at the end.
const LAST_LOOK_DEPTH: usize = 50;
/// The refusal that a level's next plan makes good.
const WOULD_CROSS: &str = "POST_ONLY_WOULD_CROSS";

/// How many accounts do what: the makers' connections come first.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Roles {
    pub makers: usize,
    pub takers: usize,
}

/// A command that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub enum Sent {
    /// A maker's.
    Make(Action),
    /// A taker's.
    Take(Trade),
}

/// A replay under way.
#[derive(Debug)]
pub struct Player {
    steps: Increments,
    roles: Roles,
    run: String,
    lanes: Lanes<Sent>,
    feed: Feed,
    book: RecordedBook,
    makers: Makers,
    /// The last price that the exchange traded at.
    last_price: Option<Price>,
    /// The newest answered command that changed a level.
    changed_at: u64,
    taker: usize,
    /// Trades that the exchange had no time for.
    again: Vec<Trade>,
    /// Whether the exchange had no time for something since this was last asked.
    too_fast: bool,
    traded: Quantity,
    recorded: Quantity,
    report: Report,
}

impl Player {
    /// A player on open connections; nothing is sent yet.
    pub fn new(
        steps: Increments,
        roles: Roles,
        lanes: Lanes<Sent>,
        feed: Feed,
        run: &str,
        last_price: Option<Price>,
    ) -> Player {
        let report = Report { instrument: steps.name.clone(), ..Report::default() };
        Player {
            steps,
            roles,
            run: run.to_owned(),
            lanes,
            feed,
            book: RecordedBook::default(),
            makers: Makers::default(),
            last_price,
            changed_at: 0,
            taker: 0,
            again: Vec::new(),
            too_fast: false,
            traded: Quantity::ZERO,
            recorded: Quantity::ZERO,
            report,
        }
    }

    /// Plays all of it; the report lacks the file's name and the ledger.
    pub async fn play(
        mut self,
        mut recording: Recording,
        speed: Speed,
        public: &Client,
    ) -> anyhow::Result<Report> {
        let (start, mut shown, mut first) = (Instant::now(), Instant::now(), None);
        while let Some(Event { nanos, happening }) = recording.next_event()? {
            let position = nanos.saturating_sub(*first.get_or_insert(nanos));
            self.report.recorded.span_millis = position / 1_000_000;
            self.report.recorded.lines = recording.lines_read;
            if let Some(due) = speed.due(position) {
                self.wait(start, due).await?;
            }
            self.happened(happening).await?;
            if shown.elapsed() >= PROGRESS_EVERY {
                shown = Instant::now();
                self.show(start.elapsed());
            }
        }
        ensure!(self.book.last().is_some(), "the recording holds no depth snapshot to start from");
        self.follow().await?;
        let elapsed = start.elapsed();
        self.show(elapsed);
        self.report.last_look = self.last_look(public).await?;
        self.lanes.close().await?;

        let mut report = self.report;
        report.speed = speed.to_string();
        report.recorded.trades_moved = recording.trades_moved;
        (report.recorded.gaps, report.recorded.outdated) = (self.book.gaps, self.book.outdated);
        report.skipped_levels = self.makers.skipped;
        report.fills.quantity = self.steps.print_quantity(self.traded);
        report.fills.recorded_quantity = self.steps.print_quantity(self.recorded);
        report.feed = self.feed.book().count;
        report.elapsed_millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        report.commands_per_sec = per_sec(report.commands.sent(), elapsed);
        report.orders_per_sec = per_sec(report.commands.orders(), elapsed);
        Ok(report)
    }

    /// Keeps the pace: sends what is due and waits for what is next.
    async fn wait(&mut self, start: Instant, due: Duration) -> anyhow::Result<()> {
        self.lanes.flush().await?;
        let elapsed = start.elapsed();
        match due.checked_sub(elapsed) {
            Some(left) => tokio::time::sleep(left).await,
            None => {
                let behind = u64::try_from((elapsed - due).as_millis()).unwrap_or(u64::MAX);
                self.report.behind_max_millis = self.report.behind_max_millis.max(behind);
            }
        }
        Ok(())
    }

    fn show(&self, elapsed: Duration) {
        let (recorded, commands) = (&self.report.recorded, &self.report.commands);
        let at = recorded.span_millis / 1_000;
        eprintln!(
            "{:02}:{:02}  {} lines, {} orders ({}/s), {} cancels, {} refused, {} fills, {} open",
            at / 60,
            at % 60,
            recorded.lines,
            commands.orders(),
            per_sec(commands.orders(), elapsed),
            commands.cancels,
            commands.refused.values().sum::<u64>(),
            self.report.fills.fills,
            self.makers.open_orders(),
        );
    }

    async fn happened(&mut self, happening: RecordedEvent) -> anyhow::Result<()> {
        let recorded = &mut self.report.recorded;
        match happening {
            RecordedEvent::Snapshot(snapshot) => {
                recorded.snapshots += 1;
                self.book.snapshot(&snapshot);
                self.follow_and_compare().await
            }
            RecordedEvent::Difference(difference) => {
                recorded.differences += 1;
                self.book.difference(difference);
                self.follow_and_compare().await
            }
            RecordedEvent::Ticker(ticker) => {
                recorded.tickers += 1;
                self.book.heal(&ticker);
                if self.book.last().is_none() {
                    return Ok(());
                }
                self.settle().await?;
                let ours = self.feed.touch(self.changed_at).await?;
                let recorded = Touch { bid: Some(ticker.bid.0), ask: Some(ticker.ask.0) };
                self.report.at_tickers.compare(ours, recorded);
                let book = self.book.ladder().touch();
                self.report.recorded_at_tickers.compare(book, recorded);
                Ok(())
            }
            RecordedEvent::Trade(trade) => {
                recorded.trades += 1;
                let is_worth = self.steps.is_worth(trade.price, trade.quantity);
                if self.book.last().is_none() || !is_worth {
                    recorded.trades_skipped += 1;
                    return Ok(());
                }
                self.recorded += trade.quantity;
                self.take(trade).await
            }
            RecordedEvent::Foreign => {
                recorded.foreign += 1;
                Ok(())
            }
        }
    }

    async fn follow_and_compare(&mut self) -> anyhow::Result<()> {
        if self.book.last().is_none() {
            return Ok(());
        }
        self.follow().await?;
        let ours = self.feed.touch(self.changed_at).await?;
        self.report.at_differences.compare(ours, self.book.ladder().touch());
        Ok(())
    }

    /// Brings our levels to the recorded ones.
    async fn follow(&mut self) -> anyhow::Result<()> {
        self.settle().await?;
        let mut changed = self.book.take_changed();
        for _ in 0..PAUSES_MAX {
            let touch = self.book.ladder().touch();
            let mid = touch.bid.zip(touch.ask).map(|(bid, ask)| Price::new((bid + ask).get() / 2));
            let reference = self.last_price.or(mid);
            let plan = self.makers.plan(self.book.ladder(), changed, reference, &self.steps);
            self.carry_out(plan).await?;
            if !std::mem::take(&mut self.too_fast) {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
            changed = BTreeSet::new();
        }
        bail!("the exchange keeps saying that we are too fast");
    }

    async fn carry_out(&mut self, plan: Plan) -> anyhow::Result<()> {
        let is_crossing = self.makers.is_crossing(&plan);
        for action in plan.cancels {
            self.make(action).await?;
        }
        if is_crossing {
            self.drain().await?;
        }
        for action in plan.places {
            self.make(action).await?;
        }
        self.drain().await
    }

    /// Sends a maker's command; a level is always the same maker's, whose commands keep their order.
    async fn make(&mut self, action: Action) -> anyhow::Result<()> {
        let (Action::Place { order, price, .. } | Action::Cancel { order, price, .. }) = action;
        let lane = usize::try_from(price.get())? % self.roles.makers;
        self.make_room(lane).await?;
        let name = format!("{}-{order}", self.run);
        match action {
            Action::Place { side, quantity, .. } => {
                self.report.commands.maker_orders += 1;
                let order = self.order(side, price, quantity).post_only().client_order_id(name);
                self.lanes.place(lane, &order, Sent::Make(action)).await
            }
            Action::Cancel { .. } => {
                self.report.commands.cancels += 1;
                self.lanes.cancel(lane, &name, Sent::Make(action)).await
            }
        }
    }

    /// Sends a taker's order; those between two differences are one taker's, so that they keep
    /// their order.
    async fn take(&mut self, trade: Trade) -> anyhow::Result<()> {
        let lane = self.roles.makers + self.taker;
        self.make_room(lane).await?;
        self.report.commands.taker_orders += 1;
        let order = self.order(trade.taker, trade.price, trade.quantity);
        let order = order.time_in_force(TimeInForce::Ioc);
        self.lanes.place(lane, &order, Sent::Take(trade)).await
    }

    fn order(&self, side: Side, price: Price, quantity: Quantity) -> NewOrder {
        let quantity = self.steps.print_quantity(quantity);
        NewOrder::limit(&self.steps.name, side, quantity, self.steps.print_price(price))
    }

    async fn make_room(&mut self, lane: usize) -> anyhow::Result<()> {
        if self.lanes.is_full(lane) {
            self.lanes.flush().await?;
        }
        while self.lanes.is_full(lane) {
            self.take_answer().await?;
        }
        Ok(())
    }

    /// Waits until everything is answered, trades that had to be repeated too.
    async fn settle(&mut self) -> anyhow::Result<()> {
        if self.lanes.in_flight() == 0 {
            return Ok(());
        }
        self.drain().await?;
        for _ in 0..PAUSES_MAX {
            if self.again.is_empty() {
                self.too_fast = false;
                self.taker = (self.taker + 1) % self.roles.takers;
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
            for trade in std::mem::take(&mut self.again) {
                self.take(trade).await?;
            }
            self.drain().await?;
        }
        bail!("the exchange keeps saying that we are too fast");
    }

    async fn drain(&mut self) -> anyhow::Result<()> {
        self.lanes.flush().await?;
        while self.lanes.in_flight() > 0 {
            self.take_answer().await?;
        }
        Ok(())
    }

    async fn take_answer(&mut self) -> anyhow::Result<()> {
        match self.lanes.answer().await? {
            (sent, Message::Refused(refusal)) => self.refused(sent, refusal),
            (
                Sent::Make(Action::Place { order, side, price, .. }),
                Message::Placed { placed, .. },
            ) => {
                self.made(order, side, price, &placed)?;
            }
            (Sent::Take(trade), Message::Placed { placed, .. }) => self.took(trade, &placed)?,
            (
                Sent::Make(Action::Cancel { order, side, price }),
                Message::Cancelled { sequence, .. },
            ) => {
                self.report.commands.cancels_accepted += 1;
                self.makers.gone(order, side, price);
                self.changed_at = self.changed_at.max(sequence);
            }
            (sent, message) => bail!("{message:?} is no answer to {sent:?}"),
        }
        Ok(())
    }

    fn made(
        &mut self,
        order: u64,
        side: Side,
        price: Price,
        placed: &Placed,
    ) -> anyhow::Result<()> {
        self.report.commands.orders_accepted += 1;
        if placed.order.is_open() {
            let left = self.lots(&placed.order.remaining_quantity)?;
            self.makers.placed(order, side, price, left);
        }
        self.changed_at = self.changed_at.max(placed.sequence);
        Ok(())
    }

    fn took(&mut self, trade: Trade, placed: &Placed) -> anyhow::Result<()> {
        self.report.commands.orders_accepted += 1;
        for fill in &placed.fills {
            let Ok(price) = self.steps.price(&fill.price) else {
                bail!("a fill at `{}`", fill.price);
            };
            let quantity = self.lots(&fill.quantity)?;
            self.makers.filled(trade.taker.opposite(), price, quantity);
            self.report.fills.fills += 1;
            self.traded += quantity;
            self.last_price = Some(price);
            self.changed_at = self.changed_at.max(placed.sequence);
        }
        Ok(())
    }

    fn refused(&mut self, sent: Sent, refusal: Refusal) {
        let is_passing = refusal.is_passing();
        self.too_fast |= is_passing;
        match sent {
            Sent::Make(Action::Place { side, price, .. }) => {
                if is_passing || refusal.code == WOULD_CROSS {
                    self.makers.mark(side, price);
                }
            }
            Sent::Make(Action::Cancel { order, side, price }) => {
                if !is_passing {
                    // It was filled by somebody whom we do not know.
                    self.makers.gone(order, side, price);
                }
                self.makers.mark(side, price);
            }
            Sent::Take(trade) if is_passing => self.again.push(trade),
            Sent::Take(_) => (),
        }
        *self.report.commands.refused.entry(refusal.code).or_default() += 1;
    }

    fn lots(&self, text: &str) -> anyhow::Result<Quantity> {
        self.steps.quantity_down(text).map_err(|e| anyhow::anyhow!("a quantity `{text}`: {e:?}"))
    }

    /// Compares the book over REST with the recorded one, and with the one kept from the feed.
    async fn last_look(&mut self, public: &Client) -> anyhow::Result<LastLook> {
        self.feed.caught_up(self.changed_at).await?;
        let view: BookView = public.book(&self.steps.name, LAST_LOOK_DEPTH).await?;
        let mut look = LastLook { feed_equal: true, ..LastLook::default() };
        for (side, levels) in [(Side::Buy, &view.bids), (Side::Sell, &view.asks)] {
            let levels = self.read(levels)?;
            let recorded =
                |level: &&(Price, Quantity)| self.book.ladder().at(side, level.0) == level.1;
            look.levels += levels.len() as u64;
            look.equal += levels.iter().filter(recorded).count() as u64;
            let feed = self.feed.book();
            let kept = feed.ladder().best_first(side).take(LAST_LOOK_DEPTH);
            look.feed_equal &= kept.eq(levels);
        }
        Ok(look)
    }

    fn read(&self, levels: &Levels) -> anyhow::Result<Vec<(Price, Quantity)>> {
        let level = |(price, quantity): &(String, String)| match self.steps.price(price) {
            Ok(price) => Ok((price, self.lots(quantity)?)),
            Err(error) => bail!("a level at `{price}`: {error:?}"),
        };
        levels.iter().map(level).collect()
    }
}
