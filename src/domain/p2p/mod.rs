//! P2P trading, pure: ads, trades with their escrow, disputes, reputation.
//!
//! A trade's coins are in escrow until its machine says who gets them; fiat moves outside. Boards and
//! trades are each decided by one actor; [`P2p`] is the fold of all of it.

pub mod ad;
pub mod board;
pub mod contact;
pub mod context;
pub mod decide;
pub mod dispute;
pub mod fiat;
pub mod history;
pub mod machine;
pub mod reputation;
pub mod step;
#[cfg(test)]
pub mod tests;
pub mod trade;
pub mod trade_request;

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use self::{
    ad::Ad,
    board::Board,
    contact::ContactBook,
    fiat::Fiat,
    reputation::Reputation,
    trade::{P2pTrade, P2pTradeFact},
};
use super::{
    digest::Digest,
    fact::{Body, Fact},
    id::{AdId, BoardId, P2pTradeId, UserId},
    money::{Amount, Asset, Rate},
};

/// What settings say of P2P trading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The currencies that ads may ask for.
    pub fiats: Vec<Fiat>,
    /// Out of what the buyer receives, in the traded asset.
    pub maker_fee: Rate,
    /// Out of what the buyer receives, in the traded asset.
    pub taker_fee: Rate,
    /// How long a seller has to release.
    pub release_window_secs: u32,
    /// How long after that the clock opens a dispute.
    pub auto_dispute_secs: u32,
    /// How long a verdict can be appealed.
    pub appeal_window_secs: u32,
    /// When a dispute that is not decided is brought before the admins.
    pub dispute_target_secs: u32,
    /// How long an arbitrator waits for the second statement.
    pub statement_window_secs: u32,
    /// How long a completed trade can be reviewed.
    pub review_window_secs: u32,
    /// How long a buyer may step back from a new trade without fault.
    pub cancel_grace_secs: u32,
    /// The most live ads of one user on one board.
    pub open_ads_max: usize,
    /// The most open trades that one user has taken on one board.
    pub open_trades_max: usize,
}

impl Default for Rules {
    fn default() -> Rules {
        const DAY: u32 = 86_400;
        Rules {
            fiats: Fiat::from_code("USD").into_iter().collect(),
            maker_fee: Rate(0),
            taker_fee: Rate(0),
            release_window_secs: 900,
            auto_dispute_secs: DAY,
            appeal_window_secs: DAY,
            dispute_target_secs: 3 * DAY,
            statement_window_secs: DAY,
            review_window_secs: 7 * DAY,
            cancel_grace_secs: 120,
            open_ads_max: 50,
            open_trades_max: 50,
        }
    }
}

/// Amounts by owner and asset.
pub type Held = HashMap<(UserId, Asset), Amount>;

/// What is traded on boards.
pub const ASSETS: [Asset; 3] = [Asset::Btc, Asset::Eth, Asset::Usdt];

/// All of P2P trading that decisions need.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct P2p {
    /// By board id.
    boards: Vec<Board>,
    /// The open ones.
    trades: BTreeMap<P2pTradeId, P2pTrade>,
    reputations: HashMap<UserId, Reputation>,
    /// What users keep of each other.
    pub contacts: ContactBook,
}

impl P2p {
    /// Folds a fact in; what is not about P2P changes nothing.
    #[deny(clippy::wildcard_enum_match_arm)]
    pub fn apply(&mut self, fact: &Fact) {
        match &fact.body {
            Body::BoardListed { board, asset, fiat } => {
                assert_eq!(usize::from(board.0), self.boards.len(), "invariant: boards count up");
                self.boards.push(Board::new(*board, *asset, *fiat));
            }
            Body::P2pAd(own) => self.board_mut(own.ad.id.board()).apply(fact),
            Body::P2pTrade(own) => {
                self.board_mut(own.trade.id.board()).apply(fact);
                self.apply_trade(own);
            }
            Body::P2pMessage(message) => {
                let trade = self.trades.get_mut(&message.trade);
                trade.expect("invariant: only open trades are talked about").messages =
                    message.number;
            }
            Body::Reviewed(review) => {
                self.board_mut(review.trade.board()).apply(fact);
                let reputation = self.reputations.entry(review.reviewed.id).or_default();
                reputation.review(review.rating, fact.stamp);
            }
            Body::ContactChanged { .. } => self.contacts.apply(fact),
            Body::DowntimeShifted { since, millis } => {
                self.trades.values_mut().for_each(|trade| trade.shift(*since, *millis));
                self.boards.iter_mut().for_each(|board| board.shift(*since, *millis));
            }
            Body::InstrumentListed(_)
            | Body::InstrumentChanged(_)
            | Body::UserRegistered { .. }
            | Body::PasswordChanged { .. }
            | Body::LoggedOut { .. }
            | Body::ProfileChanged { .. }
            | Body::RoleChanged { .. }
            | Body::FreezeChanged { .. }
            | Body::Deposited { .. }
            | Body::Withdrawn { .. }
            | Body::Book(_)
            | Body::SwitchArmed { .. }
            | Body::SwitchFired { .. }
            | Body::NotificationsRead { .. }
            | Body::ClockMoved { .. } => {}
        }
    }

    fn apply_trade(&mut self, fact: &P2pTradeFact) {
        let trade = &fact.trade;
        let before = self.trades.get(&trade.id).map_or(0, |before| before.step);
        assert_eq!(trade.step, before + 1, "invariant: a trade's facts follow each other");
        if trade.state.is_open() {
            self.trades.insert(trade.id, trade.clone());
            return;
        }
        self.trades.remove(&trade.id);
        for user in [trade.buyer.id, trade.seller.id] {
            self.reputations.entry(user).or_default().end_trade(user, trade, fact.fault);
        }
    }

    fn board_mut(&mut self, board: BoardId) -> &mut Board {
        &mut self.boards[usize::from(board.0)]
    }

    /// All boards, by id.
    pub fn boards(&self) -> &[Board] {
        &self.boards
    }

    /// A board.
    pub fn board(&self, id: BoardId) -> Option<&Board> {
        self.boards.get(usize::from(id.0))
    }

    /// The board for an asset against a currency.
    pub fn board_of(&self, asset: Asset, fiat: Fiat) -> Option<&Board> {
        self.boards.iter().find(|board| (board.asset, board.fiat) == (asset, fiat))
    }

    /// An ad that is not closed.
    pub fn ad(&self, id: AdId) -> Option<&Ad> {
        self.board(id.board())?.ad(id)
    }

    /// An open trade.
    pub fn trade(&self, id: P2pTradeId) -> Option<&P2pTrade> {
        self.trades.get(&id)
    }

    /// All open trades.
    pub fn trades(&self) -> impl DoubleEndedIterator<Item = &P2pTrade> + ExactSizeIterator {
        self.trades.values()
    }

    /// What a user's trades made of the user, if there were any.
    pub fn reputation(&self, user: UserId) -> Option<&Reputation> {
        self.reputations.get(&user)
    }

    /// What ads keep and what trades have in escrow, by owner and asset.
    pub fn held(&self) -> (Held, Held) {
        let (mut ads, mut trades) = (HashMap::new(), HashMap::new());
        for ad in self.boards.iter().flat_map(Board::ads) {
            *ads.entry((ad.owner.id, ad.asset)).or_default() += ad.reserve();
        }
        for trade in self.trades.values() {
            *trades.entry((trade.seller.id, trade.asset)).or_default() += trade.amount;
        }
        (ads, trades)
    }

    /// This part of the state's digest.
    pub fn digest(&self) -> Digest {
        let mut sum = self.shared_digest();
        sum.add(self.contacts.digest());
        self.boards.iter().for_each(|board| sum.add(board.digest()));
        self.trades.values().for_each(|trade| sum.add(trade.digest()));
        sum
    }

    /// The part of the digest that no actor holds: what trades made of users.
    pub fn shared_digest(&self) -> Digest {
        let mut sum = Digest::default();
        self.reputations
            .iter()
            .for_each(|reputation| sum.add(Digest::part("standing", reputation)));
        sum
    }
}
