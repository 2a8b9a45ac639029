//! What a wallet does for P2P trading: it holds back what an ad or a take may cost, and passes the
//! command on to its board.

use super::WalletContext;
use crate::domain::{
    decide::{
        HoldOf, Letter, Out, Reads, ReplyTo,
        board::{BoardCommand, BoardMessage, BoardRequest},
    },
    id::{AdId, BoardId},
    p2p::{
        ad::{AdChange, AdDraft},
        board::Take,
        context,
    },
    rejection::Rejection,
    wallet::Budget,
};

impl<R: ReplyTo, V: Reads, O: Out<R>> WalletContext<'_, '_, R, V, O> {
    pub(super) fn publish_ad(&mut self, to: R, board: BoardId, draft: AdDraft) {
        let budget =
            self.context.reads.world(|world| context::publish_purse(&world.state, board, &draft));
        self.ask_board(to, board, budget, HoldOf::Ad, BoardRequest::Publish(draft));
    }

    pub(super) fn edit_ad(&mut self, to: R, ad: AdId, change: AdChange, version: Option<u32>) {
        let user = self.wallet.user;
        let budget =
            self.context.reads.world(|world| context::edit_purse(&world.state, user, ad, &change));
        let ask = BoardRequest::Edit { ad, change, version };
        self.ask_board(to, ad.board(), budget, HoldOf::Ad, ask);
    }

    /// Takes an ad that buys.
    pub(super) fn take_ad(&mut self, to: R, take: Take) {
        let now = self.context.now;
        let budget = self.context.reads.world(|world| context::take_purse(world, &take, now));
        self.ask_board(
            to,
            take.ad.board(),
            budget.map(Some),
            HoldOf::Take,
            BoardRequest::Take(take),
        );
    }

    /// Asks a board for something that costs so much; `None` where it costs nothing.
    fn ask_board(
        &mut self,
        to: R,
        board: BoardId,
        budget: Result<Option<Budget>, Rejection>,
        of: HoldOf,
        ask: BoardRequest,
    ) {
        let budget = match self.wallet.frozen {
            true => Err(Rejection::UserFrozen),
            false => {
                budget.and_then(|budget| budget.map(|budget| self.affordable(budget)).transpose())
            }
        };
        match budget {
            Ok(budget) => {
                let hold = budget.map(|budget| self.hold(budget, of));
                let command = BoardCommand { user: self.wallet.user, to, hold, ask };
                self.out.send(Letter::Board(board, BoardMessage::Command(Box::new(command))));
            }
            Err(rejection) => self.refuse(to, rejection),
        }
    }
}
