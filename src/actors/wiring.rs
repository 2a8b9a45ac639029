//! What every deciding actor is connected to, and the one count that wallets share.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use super::{clock::Clock, directory::Directory, journal::JournalHandle, view::Views};
use crate::domain::{
    instrument::Instrument,
    money::{Amount, Asset, ISSUED_MAX},
    p2p::Rules,
    per_asset::PerAsset,
    rejection::Rejection,
    wallet::Limits,
};

/// What every deciding actor is connected to.
#[derive(Clone)]
#[allow(missing_docs)]
pub(super) struct Wiring {
    pub journal: JournalHandle,
    pub directory: Directory,
    pub views: Views,
    pub clock: Arc<dyn Clock>,
    /// By instrument id; fixed while the process runs.
    pub instruments: Arc<Vec<Instrument>>,
    pub limits: Arc<Limits>,
    pub issue: Arc<Issue>,
    pub p2p: Arc<Rules>,
}

/// How much of each asset is issued, commands under way included.
#[derive(Debug, Default)]
pub struct Issue(PerAsset<AtomicI64>);

impl Issue {
    /// Starts from what is issued already.
    pub fn new(issued: PerAsset<Amount>) -> Issue {
        Issue(issued.map(AtomicI64::new))
    }

    /// Counts `amount` as issued, if there may be so much.
    pub fn reserve(&self, asset: Asset, amount: Amount) -> Result<(), Rejection> {
        let more = |issued: Amount| issued.checked_add(amount).filter(|sum| *sum <= ISSUED_MAX);
        let counter = &self.0[asset];
        let reserved = counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more);
        reserved.map(drop).map_err(|_| Rejection::IssueLimit)
    }

    /// Counts `amount` as not issued any more.
    pub fn give_back(&self, asset: Asset, amount: Amount) {
        self.0[asset].fetch_sub(amount, Ordering::SeqCst);
    }
}
