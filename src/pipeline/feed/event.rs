//! Events: what a fact means to the listeners of one channel.

use std::sync::{Arc, OnceLock};

use smallvec::SmallVec;

use crate::domain::{
    audience::Offer,
    fact::{Fact, Level},
    history::{Candle, Interval, Notification},
    id::{InstrumentId, Sequence, Stamp, UserId},
    instrument::{Price, Quantity},
    money::Asset,
    wallet::Balance,
};

/// What can be listened to. A private channel is its user's: it is keyed by the user ids in the
/// facts and by nothing that a client says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Channel {
    Book(InstrumentId),
    Trades(InstrumentId),
    Ticker(InstrumentId),
    Candles(InstrumentId, Interval),
    /// All ads.
    Ads,
    Orders(UserId),
    Balances(UserId),
    Notifications(UserId),
    /// P2P trades of a user, and those whose disputes are the user's to decide.
    P2p(UserId),
}

impl Channel {
    /// Whose it is, where it is private.
    pub fn owner(self) -> Option<UserId> {
        match self {
            Channel::Orders(user)
            | Channel::Balances(user)
            | Channel::Notifications(user)
            | Channel::P2p(user) => Some(user),
            Channel::Book(_)
            | Channel::Trades(_)
            | Channel::Ticker(_)
            | Channel::Candles(..)
            | Channel::Ads => None,
        }
    }
}

/// One event: there is one for a channel and fact.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Event {
    pub channel: Channel,
    /// The fact's number.
    pub sequence: Sequence,
    /// The number of the event before it in this channel.
    pub previous: Sequence,
    pub stamp: Stamp,
    pub data: Data,
    text: OnceLock<Arc<str>>,
}

/// What an event tells.
#[derive(Debug)]
pub enum Data {
    /// Levels of a book, and its best ones afterwards.
    Book(SmallVec<[Level; 4]>, Arc<Top>),
    /// The fills of a book's fact.
    Trades(Arc<Fact>),
    /// The newest candle.
    Candle(Candle),
    /// Something of the ticker changed; what it is now, the views say.
    Ticker,
    /// The orders of the channel's user in a book's fact.
    Orders(Arc<Fact>),
    /// Balances that changed, as they are afterwards.
    Balances(Vec<(Asset, Balance)>),
    /// News to the channel's user.
    Notifications(Vec<Notification>),
    /// An ad as it is afterwards.
    Ad(Arc<Offer>),
    /// A P2P trade as its fact left it.
    P2pTrade(Arc<Fact>),
    /// A line of a P2P trade's chat.
    P2pMessage(Arc<Fact>),
}

/// How many levels of each side a book's checksum covers.
pub const TOP_LEVELS: usize = 10;

/// The best levels of both sides, best first: what a checksum is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Top {
    pub bids: SmallVec<[(Price, Quantity); TOP_LEVELS]>,
    pub asks: SmallVec<[(Price, Quantity); TOP_LEVELS]>,
}

impl Event {
    pub(super) fn new(
        channel: Channel,
        sequence: Sequence,
        previous: Sequence,
        stamp: Stamp,
        data: Data,
    ) -> Event {
        Event { channel, sequence, previous, stamp, data, text: OnceLock::new() }
    }

    /// Its text as `write` makes it: made once, by whoever sends it first, and shared by all.
    pub fn text(&self, write: impl FnOnce(&Event) -> String) -> Arc<str> {
        self.text.get_or_init(|| write(self).into()).clone()
    }
}
