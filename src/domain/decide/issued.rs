//! How much of each asset is issued: the one count that all wallets share.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::domain::{
    money::{Amount, Asset, ISSUED_MAX},
    per_asset::PerAsset,
    rejection::Rejection,
};

/// How much of each asset is issued, commands under way included. It keeps every sum within its bounds.
#[derive(Debug, Default)]
pub struct IssuedTotal(PerAsset<AtomicI64>);

impl IssuedTotal {
    /// Starts from what is issued already.
    pub fn new(issued: PerAsset<Amount>) -> IssuedTotal {
        IssuedTotal(issued.map(|issued| AtomicI64::new(issued.get())))
    }

    /// Counts `amount` as issued.
    ///
    /// # Errors
    /// `IssueLimit` where there would be more than there may be; nothing is counted then.
    pub fn reserve(&self, asset: Asset, amount: Amount) -> Result<(), Rejection> {
        let more =
            |issued: i64| issued.checked_add(amount.get()).filter(|sum| *sum <= ISSUED_MAX.get());
        let reserved = self.0[asset].fetch_update(Ordering::SeqCst, Ordering::SeqCst, more);
        reserved.map(drop).map_err(|_| Rejection::IssueLimit)
    }

    /// Counts `amount` as not issued any more.
    pub fn give_back(&self, asset: Asset, amount: Amount) {
        self.0[asset].fetch_sub(amount.get(), Ordering::SeqCst);
    }
}
