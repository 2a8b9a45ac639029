//! A book as the feed has told it: quantities at prices, and nothing else.

use std::{collections::BTreeMap, sync::Arc};

use super::event::{TOP_LEVELS, Top};
use crate::domain::{
    book::Book,
    fact::Level,
    instrument::{Price, Quantity},
    order::Side,
};

#[derive(Debug, Default)]
pub(super) struct Shown {
    bids: BTreeMap<Price, Quantity>,
    asks: BTreeMap<Price, Quantity>,
    top: Arc<Top>,
}

impl Shown {
    /// What `book` shows.
    pub fn of(book: &Book) -> Shown {
        let (bids, asks) = (book.levels(Side::Buy).collect(), book.levels(Side::Sell).collect());
        let mut shown = Shown { bids, asks, top: Arc::default() };
        shown.top = shown.best();
        shown
    }

    /// Takes over the levels that a fact touched; gives the best ones afterwards.
    pub fn apply(&mut self, levels: &[Level]) -> Arc<Top> {
        let mut touched = false;
        for level in levels {
            touched |= self.reaches_top(level);
            let side = match level.side {
                Side::Buy => &mut self.bids,
                Side::Sell => &mut self.asks,
            };
            match level.quantity {
                Quantity::ZERO => drop(side.remove(&level.price)),
                quantity => drop(side.insert(level.price, quantity)),
            }
        }
        if touched {
            self.top = self.best();
        }
        self.top.clone()
    }

    /// Whether a change of this level may change the best ones.
    fn reaches_top(&self, level: &Level) -> bool {
        let (best, better): (_, fn(Price, Price) -> bool) = match level.side {
            Side::Buy => (&self.top.bids, |price, worst| price >= worst),
            Side::Sell => (&self.top.asks, |price, worst| price <= worst),
        };
        match best.get(TOP_LEVELS - 1) {
            Some((worst, _)) => better(level.price, *worst),
            None => true,
        }
    }

    fn best(&self) -> Arc<Top> {
        let level = |(price, quantity): (&Price, &Quantity)| (*price, *quantity);
        Arc::new(Top {
            bids: self.bids.iter().rev().take(TOP_LEVELS).map(level).collect(),
            asks: self.asks.iter().take(TOP_LEVELS).map(level).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_kept_top_is_the_top(
            facts in prop::collection::vec(
                prop::collection::vec((any::<bool>(), 1i64..40, 0i64..3), 1..4), 1..60),
        ) {
            let mut shown = Shown::default();
            for fact in facts {
                let levels: Vec<Level> = fact
                    .into_iter()
                    .map(|(buy, price, quantity)| Level {
                        side: if buy { Side::Buy } else { Side::Sell },
                        price: Price::new(price),
                        quantity: Quantity::new(quantity),
                    })
                    .collect();
                let kept = shown.apply(&levels);
                prop_assert_eq!(kept, shown.best());
            }
        }
    }
}
