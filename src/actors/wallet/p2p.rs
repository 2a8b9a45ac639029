//! What a wallet does for P2P trading: it sets aside what an ad or a take may cost, and passes the
//! command on to its board.

use super::WalletActor;
use crate::{
    actors::{
        ad_board::{BoardAsk, BoardCommand},
        answer::Ticket,
    },
    domain::{
        command::Command,
        id::{AdId, BoardId},
        money::{Amount, Asset},
        order::Side,
        p2p::{ad::AdChange, board::Take},
        rejection::Rejection,
        wallet::Purse,
    },
};

impl WalletActor {
    /// Publishes or edits an ad, or takes one that buys.
    pub(super) fn p2p(&mut self, ticket: Ticket, command: Command) {
        let (board, ask) = match command {
            Command::PublishAd { board, draft } => (board, BoardAsk::Publish(draft)),
            Command::EditAd { ad, change, version } => {
                (ad.board(), BoardAsk::Edit { ad, change, version })
            }
            Command::TakeAd(take) => (take.ad.board(), BoardAsk::Take(take)),
            // The wallet sorts them.
            _ => crate::actors::fatal("a wallet got an ad command that is none"),
        };
        match self.p2p_purse(board, &ask) {
            Ok(purse) => {
                let set_aside = purse.map(|purse| self.set_aside(purse));
                let user = self.wallet.user;
                let command = BoardCommand { user, ticket, set_aside, ask };
                self.wiring.directory.send_to_board(board, command);
            }
            Err(rejection) => self.refuse(ticket, rejection),
        }
    }

    /// What has to be set aside; `None` where nothing has.
    fn p2p_purse(&self, board: BoardId, ask: &BoardAsk) -> Result<Option<Purse>, Rejection> {
        if self.wallet.frozen {
            return Err(Rejection::UserFrozen);
        }
        let needed = match ask {
            BoardAsk::Publish(draft) if draft.side == Side::Sell => {
                self.p2p_asset(board).map(|asset| (asset, draft.terms.available))
            }
            BoardAsk::Edit { ad, change, .. } => return self.edit_purse(*ad, change),
            BoardAsk::Take(take) => return self.take_purse(take).map(Some),
            _ => return Ok(None),
        };
        let (asset, amount) = needed.ok_or(Rejection::AdNotFound)?;
        self.affordable(asset, amount).map(Some)
    }

    fn p2p_asset(&self, board: BoardId) -> Option<Asset> {
        self.wiring.views.world().state.p2p.board(board).map(|board| board.asset)
    }

    fn edit_purse(&self, ad: AdId, change: &AdChange) -> Result<Option<Purse>, Rejection> {
        let grown = {
            let world = self.wiring.views.world();
            let ad = world.state.p2p.ad(ad).ok_or(Rejection::AdNotFound)?;
            let own = ad.side == Side::Sell && ad.owner.id == self.wallet.user;
            let wanted = change.available.filter(|_| own).unwrap_or(ad.terms.available);
            (ad.asset, wanted - ad.terms.available)
        };
        match grown {
            (asset, grown) if grown > 0 => self.affordable(asset, grown).map(Some),
            _ => Ok(None),
        }
    }

    fn take_purse(&self, take: &Take) -> Result<Purse, Rejection> {
        let (asset, amount) = {
            let world = self.wiring.views.world();
            let board = world.state.p2p.board(take.ad.board()).ok_or(Rejection::AdNotFound)?;
            let index = world.index(board.asset, board.fiat, self.wiring.clock.now());
            (board.asset, board.take_purse(take, index)?)
        };
        self.affordable(asset, amount)
    }

    fn affordable(&self, asset: Asset, amount: Amount) -> Result<Purse, Rejection> {
        match amount > self.spendable(asset) {
            true => Err(Rejection::InsufficientFunds),
            false => Ok(Purse { asset, amount }),
        }
    }
}
