//! One value for each asset.

use std::ops::{Index, IndexMut};

use serde::{Deserialize, Serialize};

use super::money::Asset;

/// One value for each asset, found by the asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PerAsset<T>([T; Asset::ALL.len()]);

impl<T> PerAsset<T> {
    /// The same for each.
    pub fn all(value: T) -> PerAsset<T>
    where
        T: Copy,
    {
        PerAsset([value; Asset::ALL.len()])
    }

    /// What `make` says for each.
    pub fn from_fn(make: impl FnMut(Asset) -> T) -> PerAsset<T> {
        PerAsset(Asset::ALL.map(make))
    }

    /// The same assets with other values.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> PerAsset<U> {
        PerAsset(self.0.map(change))
    }

    /// The values, in the order of [`Asset::ALL`].
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

impl<T> Index<Asset> for PerAsset<T> {
    type Output = T;

    fn index(&self, asset: Asset) -> &T {
        &self.0[asset.index()]
    }
}

impl<T> IndexMut<Asset> for PerAsset<T> {
    fn index_mut(&mut self, asset: Asset) -> &mut T {
        &mut self.0[asset.index()]
    }
}
