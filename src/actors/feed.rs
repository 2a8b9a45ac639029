//! The feed: what happened, as events on channels, to whoever listens. A slow listener never slows
//! the exchange.

use std::sync::Arc;

use crate::domain::{
    fact::Fact,
    history::{Candle, Notification},
    id::{Sequence, UserId},
    money::Asset,
    wallet::Balance,
};

/// A durable fact with the after-values that it does not carry itself.
#[derive(Clone, Debug)]
pub struct Published {
    /// Its number.
    pub sequence: Sequence,
    /// The fact.
    pub fact: Arc<Fact>,
    /// Each balance that it changed, as it is afterwards.
    pub balances: Vec<(UserId, Asset, Balance)>,
    /// Where it had fills: the newest candle of each interval, in the order of `Interval::ALL`.
    pub candles: Vec<Candle>,
    /// What it told whom.
    pub notifications: Vec<(UserId, Notification)>,
}

/// Where events come out; clones are the same feed.
#[derive(Clone, Debug)]
pub struct Feed(());

impl Feed {
    /// Starts the feed of what `views` show.
    pub fn start(_views: super::view::Views) -> Feed {
        Feed(())
    }

    /// Takes the facts of one commit; never blocks.
    pub fn publish(&self, _commit: Vec<Published>) {}
}
