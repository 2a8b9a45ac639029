//! The state and the history together: what the durable end, recovery and the snapshots fold.

use serde::{Deserialize, Serialize};

use super::{
    fact::Fact,
    history::History,
    id::{Sequence, Stamp, UserId},
    money::{Asset, P2pPrice},
    order::Side,
    p2p::{
        ad::{Ad, Hidden, OwnerStands},
        fiat::Fiat,
    },
    state::State,
};

/// How old a last trade may be to stand for a price, where a book has only one side.
pub const INDEX_AGE_MILLIS_MAX: i64 = 60_000;

/// Everything that follows from the journal up to `state.through`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct World {
    pub state: State,
    pub history: History,
}

impl World {
    /// Folds in the fact with the next sequence number; returns whom it notified.
    pub fn apply(&mut self, sequence: Sequence, fact: &Fact) -> Vec<UserId> {
        self.state.apply(sequence, fact);
        self.history.apply(sequence, fact)
    }

    /// What floating P2P prices of an asset stand on: the middle of our own book while it has both
    /// sides, else its last trade while that is fresh; `None` where there is neither.
    pub fn index(&self, asset: Asset, fiat: Fiat, now: Stamp) -> Option<P2pPrice> {
        let listed = |code: &str| {
            let quote = Asset::from_code(code)?;
            let fits = |on: &super::instrument::Instrument| (on.base, on.quote) == (asset, quote);
            self.state.books.iter().find(|book| fits(book.instrument()))
        };
        let book = listed(fiat.code())?;
        let on = book.instrument();
        let at = |bid, ask| P2pPrice::mid_down(bid, ask, on.tick.units, on.tick.scale);
        if let (Some(bid), Some(ask)) = (book.best(Side::Buy), book.best(Side::Sell)) {
            return Some(at(bid, ask));
        }
        let last = self.history.instrument(on.id)?.prints.newest()?;
        (now.0 - last.stamp.0 <= INDEX_AGE_MILLIS_MAX).then(|| at(last.price, last.price))
    }

    /// The hash of every file of evidence that a dispute names.
    pub fn evidence(&self) -> impl Iterator<Item = [u8; 32]> {
        let open = self.state.p2p.trades().filter_map(|trade| trade.dispute.as_deref());
        let disputes = open.chain(self.history.p2p.disputes());
        disputes.flat_map(|dispute| dispute.evidence.iter().map(|evidence| evidence.hash))
    }

    /// What there is against a user as the owner of ads.
    pub fn stands(&self, user: UserId, now: Stamp) -> OwnerStands {
        let ladder = self.state.p2p.standing(user).map(|standing| standing.ladder);
        OwnerStands {
            barred: ladder.and_then(|ladder| ladder.barred_until(now)),
            frozen: self.state.accounts.user(user).is_some_and(|user| user.frozen),
        }
    }

    /// The price of an ad, if it has one, and why it is hidden, if it is.
    pub fn offer(&self, ad: &Ad, now: Stamp) -> (Option<P2pPrice>, Option<Hidden>) {
        let price = ad.terms.pricing.effective(self.index(ad.asset, ad.fiat, now));
        (price, ad.hidden(price, self.stands(ad.owner.id, now)))
    }
}
