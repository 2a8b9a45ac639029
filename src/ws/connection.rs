//! One connection: what its client asks for, and what it is sent next. Knows no sockets.

use std::{
    collections::HashMap,
    sync::Arc,
    task::Waker,
    time::{Duration, Instant},
};

use serde_json::{Map, json};

use super::{
    entry::Entry,
    protocol::{
        self, Auth, CONFLATE_MS, CONFLATE_MS_MAX, Cancel, DEPTH_MAX, Id, Operation, ProtocolError,
        Refusal, Subscribe,
    },
    render::{BookCopy, Render},
    sockets::{ConnectionSlot, Sockets},
};
use crate::{
    actors::exchange::Exchange,
    domain::{
        command::{Command, OrderName},
        fact::{Body, Fact},
        id::{InstrumentId, OrderId, Sequence, Stamp, UserId},
        order::ClientOrderId,
        rejection::Rejection,
    },
    http::{
        api::Api,
        problem::{EdgeError, Problem},
        wire,
    },
    pipeline::feed::{Channel, Close, Data, Event, Feed, Join, Next, Outbox},
};

/// A ticker is never sent more often than this.
const TICKER_INTERVAL: Duration = Duration::from_millis(100);
/// How often a token is looked at again, apart from each private event.
const TOKEN_CHECK_EVERY: Duration = Duration::from_secs(5);

/// What is to be sent.
#[derive(Debug)]
pub enum Out {
    /// A text.
    Text(Arc<str>),
    /// A close; nothing comes after it.
    Close(Close),
    /// Nothing now; the waker says when there is.
    Idle,
}

/// One connection.
pub struct Connection {
    api: Arc<Api>,
    place: ConnectionSlot,
    close_within: Duration,
    entry: Entry,
    login: Option<Login>,
    subscriptions: HashMap<Channel, Subscription>,
}

struct Login {
    user: UserId,
    version: u32,
    token: String,
    check_at: Instant,
}

struct Subscription {
    /// The last event that was sent.
    last: Sequence,
    /// Levels of each side in a snapshot.
    depth: usize,
}

impl Connection {
    /// A connection in its place, with nothing asked for yet.
    pub fn new(api: Arc<Api>, place: ConnectionSlot, sockets: Sockets) -> Connection {
        let close_within = sockets.settings().close_within;
        let entry = Entry::start(api.exchange.clone(), place.outbox.clone(), sockets);
        let subscriptions = HashMap::new();
        Connection { api, place, close_within, entry, login: None, subscriptions }
    }

    /// How long the peer may take to answer a close.
    pub fn close_within(&self) -> Duration {
        self.close_within
    }

    /// What waits for this connection.
    pub fn outbox(&self) -> &Arc<Outbox> {
        &self.place.outbox
    }

    /// Does what a message asks for. The answer goes into the outbox.
    pub fn take(&mut self, message: &str) {
        let (id, operation) = protocol::read(message);
        if let Err(refusal) = operation.and_then(|operation| self.perform(&id, operation)) {
            self.outbox().push(refusal.text(&id));
        }
    }

    fn perform(&mut self, id: &Id, operation: Operation) -> Result<(), Refusal> {
        match operation {
            Operation::Auth(auth) => self.authenticate(id, auth),
            Operation::Subscribe(asked) => self.subscribe(id, asked),
            Operation::Unsubscribe(asked) => {
                let channels = self.channels(&asked.channels)?;
                channels.into_iter().for_each(|channel| self.leave(channel));
                self.answer("unsubscribed", id, json!({"channels": asked.channels}))
            }
            Operation::Ping => {
                let at = wire::time(self.exchange().now());
                self.answer("pong", id, json!({"timestamp": at}))
            }
            Operation::Place(body) => {
                let user = self.user()?;
                self.api.limits.command(user)?;
                let command = self.place_command(&body)?;
                self.entry.send(id.clone(), user, command)
            }
            Operation::Cancel(asked) => {
                let user = self.user()?;
                self.api.limits.command(user)?;
                let command = Command::Cancel(order_name(&asked)?);
                self.entry.send(id.clone(), user, command)
            }
        }
    }

    fn answer(&self, kind: &str, id: &Id, more: serde_json::Value) -> Result<(), Refusal> {
        self.outbox().push(protocol::answer(kind, id, more));
        Ok(())
    }

    fn authenticate(&mut self, id: &Id, auth: Auth) -> Result<(), Refusal> {
        let bearer = self.api.tokens.check(&auth.token)?;
        if self.login.as_ref().is_some_and(|login| login.user != bearer.user) {
            return Err(ProtocolError::OtherUser.into());
        }
        let check_at = Instant::now() + TOKEN_CHECK_EVERY;
        let (user, version) = (bearer.user, bearer.version);
        let login = Login { user, version, token: auth.token, check_at };
        if !login.is_current(self.exchange()) {
            return Err(Problem::of(EdgeError::TokenInvalid).into());
        }
        self.login = Some(login);
        if let Some(cancel) = auth.cancel_on_disconnect {
            self.entry.cancel_at_end(user, cancel);
        }
        self.answer("authenticated", id, json!({"user_id": user.to_string()}))
    }

    /// The user who is logged in, if the token is still good.
    fn user(&mut self) -> Result<UserId, Refusal> {
        let login = self.login.as_ref().ok_or(ProtocolError::NotAuthenticated)?;
        match login.is_current(self.exchange()) {
            true => Ok(login.user),
            false => {
                self.log_out();
                Err(ProtocolError::TokenRevoked.into())
            }
        }
    }

    /// Ends what the token allowed.
    fn log_out(&mut self) {
        self.login = None;
        let private: Vec<Channel> =
            self.subscriptions.keys().copied().filter(|c| c.owner().is_some()).collect();
        private.into_iter().for_each(|channel| self.leave(channel));
    }

    fn place_command(&self, body: &wire::OrderBody) -> Result<Command, Refusal> {
        let name = body.instrument()?;
        let on = self.feed().instruments().iter().find(|on| on.name == name);
        let on = on.ok_or(Rejection::InstrumentNotFound)?;
        Ok(Command::Place { instrument: on.id, order: body.check(on)? })
    }

    /// The channels of these names, or the first name that is none.
    fn channels(&mut self, names: &[String]) -> Result<Vec<Channel>, Refusal> {
        let mut channels = Vec::with_capacity(names.len());
        for name in names {
            let channel = match name.as_str() {
                "orders" => Channel::Orders(self.user()?),
                "balances" => Channel::Balances(self.user()?),
                "notifications" => Channel::Notifications(self.user()?),
                "p2p" => Channel::P2p(self.user()?),
                _ => self.render().public(name).ok_or_else(|| {
                    Refusal::ProtocolError(ProtocolError::UnknownChannel, Some(name.clone()))
                })?,
            };
            if !channels.contains(&channel) {
                channels.push(channel);
            }
        }
        Ok(channels)
    }

    fn subscribe(&mut self, id: &Id, asked: Subscribe) -> Result<(), Refusal> {
        let conflate = asked.conflate_ms.unwrap_or(CONFLATE_MS);
        if conflate > CONFLATE_MS_MAX {
            return Err(Problem::field("conflate_ms", "is not 0 to 60000").into());
        }
        let depth = asked.depth.unwrap_or(DEPTH_MAX);
        if !(1..=DEPTH_MAX).contains(&depth) {
            return Err(Problem::field("depth", "is not 1 to 5000").into());
        }
        if asked.channels.is_empty() {
            return Err(Problem::field("channels", "is empty").into());
        }
        let channels = self.channels(&asked.channels)?;
        let through = self.exchange().views().world().state.through;
        let mark = self.outbox().mark();
        let mut sequences = Map::new();
        for channel in channels {
            let name = self.render().name(channel);
            let after = asked.resume.get(&name).map(|after| Sequence(*after));
            let last = self.join(channel, Duration::from_millis(conflate), depth, after, through);
            sequences.insert(name, last.0.into());
        }
        let names: Vec<&String> = sequences.keys().collect();
        let more = json!({
            "channels": names, "sequences": sequences, "conflate_ms": conflate, "depth": depth,
        });
        self.outbox().push_at(mark, protocol::answer("subscribed", id, more));
        Ok(())
    }

    /// Joins a channel; gives the sequence after which the client gets all events.
    fn join(
        &mut self,
        channel: Channel,
        conflate: Duration,
        depth: usize,
        after: Option<Sequence>,
        through: Sequence,
    ) -> Sequence {
        let interval = match channel {
            Channel::Ticker(_) => conflate.max(TICKER_INTERVAL),
            _ => conflate,
        };
        // Nobody has seen what has not happened: such a client was another exchange's.
        let how = Join { interval, after: after.filter(|after| *after <= through) };
        let Some(joined) = self.feed().join(channel, self.outbox(), how) else {
            return Sequence(0);
        };
        let mut last = joined.last;
        if after.is_some() && !joined.resumed && !matches!(channel, Channel::Ticker(_)) {
            last = self.resync(channel).max(last);
            if let Channel::Book(_) = channel {
                // Again, so that the snapshot comes behind what was just said.
                self.feed().join(channel, self.outbox(), Join { interval, after: None });
            }
        }
        self.subscriptions.insert(channel, Subscription { last, depth });
        last
    }

    /// Tells how a channel stands, in place of events that are lost; gives its sequence.
    fn resync(&self, channel: Channel) -> Sequence {
        let (text, sequence) = {
            let world = self.exchange().views().world();
            let (sequence, stamp) = (world.state.through, world.state.latest);
            let standing = self.render().standing(channel, &world);
            (self.render().resync(channel, sequence, stamp, standing), sequence)
        };
        self.outbox().push(text);
        match channel {
            // The snapshot that follows says where it stands.
            Channel::Book(_) => Sequence(0),
            _ => sequence,
        }
    }

    fn leave(&mut self, channel: Channel) {
        self.feed().leave(channel, self.outbox());
        self.subscriptions.remove(&channel);
    }

    /// What is to be sent next; where there is nothing, `waker` is woken when there is.
    pub fn next(&mut self, now: Instant, waker: &Waker) -> Out {
        if self.login.as_ref().is_some_and(|login| login.check_at <= now) {
            self.check_token(now);
        }
        loop {
            let told = match self.outbox().next(waker) {
                Next::Text(text) => Some(Push::from(text)),
                Next::Event(event) => self.event(&event),
                Next::Book(on, update) => self.told(Channel::Book(on), update.sequence, |last| {
                    self.render().conflated(on, &update, last)
                }),
                Next::Snapshot(on) => self.snapshot(on),
                Next::Ticker(on) => self.ticker(on),
                Next::Close(close) => return Out::Close(close),
                Next::Idle => return Out::Idle,
            };
            if let Some(Push { text, sent }) = told {
                if let Some((channel, last)) = sent
                    && let Some(subscription) = self.subscriptions.get_mut(&channel)
                {
                    subscription.last = last;
                }
                return Out::Text(text);
            }
        }
    }

    fn check_token(&mut self, now: Instant) {
        let Some(login) = &mut self.login else { return };
        login.check_at = now + TOKEN_CHECK_EVERY;
        let expired = self.api.tokens.check(&login.token).is_err();
        if expired || self.user().is_err() {
            self.log_out();
            self.outbox().push(Refusal::from(ProtocolError::TokenRevoked).text(&None));
        }
    }

    /// An event's text, if its channel is still subscribed and the client does not have it.
    fn event(&mut self, event: &Event) -> Option<Push> {
        let own = self.subscriptions.get(&event.channel);
        let last = own.map(|own| own.last).filter(|last| *last < event.sequence)?;
        if event.channel.owner().is_some() && self.user().is_err() {
            self.outbox().push(Refusal::from(ProtocolError::TokenRevoked).text(&None));
            return None;
        }
        let text = match (&event.data, event.channel) {
            // A group was told before this listener joined it, or the listener missed one.
            (Data::Book(levels, top), Channel::Book(on)) if event.previous != last => {
                let at = (event.sequence, last, event.stamp);
                self.render().book(on, levels, top, at).into()
            }
            (Data::Ticker, Channel::Ticker(on)) if event.previous > last => {
                return self.ticker(on);
            }
            (Data::Ticker, Channel::Ticker(on)) => event.text(|event| {
                let Some((ticker, _, now)) = self.ticker_now(on) else { return String::new() };
                self.render().ticker(on, &ticker, (event.sequence, now), event.previous)
            }),
            _ => match self.ended(event) {
                Some(fact) => self.render().of_ended(event, fact).into(),
                None => event.text(|event| self.render().event(event)),
            },
        };
        Some(Push { text, sent: Some((event.channel, event.sequence)) })
    }

    /// The fact of an event that says where to pay in a trade that has ended since.
    fn ended<'a>(&self, event: &'a Event) -> Option<&'a Fact> {
        let Data::P2pTrade(fact) = &event.data else { return None };
        let Body::P2pTrade(own) = &fact.body else { return None };
        let told = own.trade.state.is_open() && own.trade.account.is_some();
        let open = || self.api.exchange.views().world().state.p2p.trade(own.trade.id).is_some();
        (told && !open()).then_some(fact)
    }

    /// A text made for this connection alone, if its channel is still subscribed and it is new.
    fn told(
        &self,
        channel: Channel,
        sequence: Sequence,
        write: impl FnOnce(Sequence) -> String,
    ) -> Option<Push> {
        let own = self.subscriptions.get(&channel).filter(|own| own.last < sequence)?;
        Some(Push { text: write(own.last).into(), sent: Some((channel, sequence)) })
    }

    fn snapshot(&self, on: InstrumentId) -> Option<Push> {
        let channel = Channel::Book(on);
        let depth = self.subscriptions.get(&channel)?.depth;
        let copy = BookCopy::of(&self.exchange().views().world(), on, depth)?;
        let text = self.render().snapshot(on, &copy).into();
        Some(Push { text, sent: Some((channel, copy.sequence)) })
    }

    fn ticker(&self, on: InstrumentId) -> Option<Push> {
        let channel = Channel::Ticker(on);
        let previous = self.subscriptions.get(&channel)?.last;
        let (ticker, sequence, now) = self.ticker_now(on)?;
        let text = self.render().ticker(on, &ticker, (sequence, now), previous).into();
        Some(Push { text, sent: Some((channel, sequence)) })
    }

    /// A ticker as it is, at which fact and when.
    fn ticker_now(&self, on: InstrumentId) -> Option<(wire::Ticker, Sequence, Stamp)> {
        let now = self.exchange().now();
        let world = self.exchange().views().world();
        let (book, history) = (world.state.book(on)?, world.history.instrument(on)?);
        let traded = history.prints.newest().map(|print| print.sequence).unwrap_or_default();
        Some((wire::Ticker::of(book, history, now), history.book_changed.max(traded), now))
    }

    fn exchange(&self) -> &Exchange {
        &self.api.exchange
    }

    fn feed(&self) -> &Feed {
        self.exchange().feed()
    }

    fn render(&self) -> Render<'_> {
        Render(self.feed().instruments())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        for channel in self.subscriptions.keys() {
            self.feed().leave(*channel, self.outbox());
        }
    }
}

/// A text, and of which channel it brings the client up to where.
struct Push {
    text: Arc<str>,
    sent: Option<(Channel, Sequence)>,
}

impl From<String> for Push {
    fn from(text: String) -> Push {
        Push { text: text.into(), sent: None }
    }
}

impl Login {
    /// Whether no logout or change of password has come since.
    fn is_current(&self, exchange: &Exchange) -> bool {
        let access = exchange.views().access(self.user);
        access.is_some_and(|access| access.token_version == self.version)
    }
}

fn order_name(asked: &Cancel) -> Result<OrderName, Refusal> {
    match (&asked.order_id, &asked.client_order_id) {
        (Some(id), None) => {
            let id = wire_id(id).ok_or(Rejection::OrderNotFound)?;
            Ok(OrderName::Id(OrderId(id)))
        }
        (None, Some(name)) => {
            let name = ClientOrderId::new(name).ok_or(Rejection::OrderNotFound)?;
            Ok(OrderName::Client(name))
        }
        _ => Err(Problem::field("order_id", "is missing, or stands beside client_order_id").into()),
    }
}

/// An id as it stands on the wire: digits without a leading zero, below 2^53.
fn wire_id(text: &str) -> Option<u64> {
    let id: u64 = text.parse().ok().filter(|id| *id < 1 << 53)?;
    (id.to_string() == text).then_some(id)
}
