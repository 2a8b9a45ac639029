//! A board of ads decides: what becomes of ads, who takes them and where refunds go. It numbers ads and
//! P2P trades. An ad's reserve is the board's, and nobody else decides over it.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{
    Decider, DecisionContext, Entry, Hold, Letter, Out, Reads, ReplyTo, Stamps,
    deadline::{DeadlineMessage, Entity},
    wallet::WalletMessage,
};
use crate::domain::{
    fact::{Body, Fact},
    id::{AdId, P2pTradeId, Stamp, UserId},
    money::Amount,
    p2p::{
        ad::{AdChange, AdDraft, AdFact, OwnerState},
        board::{AdContext, Board, Take},
        context,
        step::DecidedTrade,
        trade::ReviewFact,
    },
    rejection::Rejection,
    world::World,
};

/// What a board can be told.
#[derive(Debug)]
pub enum BoardMessage<R> {
    /// A command; from the wallet of its user where money had to be held back.
    Command(Box<BoardCommand<R>>),
    /// A trade gives coins back: the board decides where they go, and writes it down.
    Refund {
        /// Who asked the trade.
        to: R,
        /// When the trade decided it.
        stamp: Stamp,
        /// What it decided.
        decided: Box<DecidedTrade>,
    },
    /// Trades of this board ended by facts of their own, which are durable.
    TradesEnded(SmallVec<[Arc<Fact>; 2]>),
    /// The end of an ad has come.
    AdDue {
        /// Which.
        ad: AdId,
        /// Its version when the end was set.
        epoch: u32,
    },
}

/// A command for a board.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct BoardCommand<R> {
    pub user: UserId,
    pub to: R,
    /// What the user's wallet holds back for it.
    pub hold: Option<Hold>,
    pub ask: BoardRequest,
}

/// What is asked of a board.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum BoardRequest {
    Publish(AdDraft),
    Edit { ad: AdId, change: AdChange, version: Option<u32> },
    Pause(AdId),
    Resume(AdId),
    Close(AdId),
    Take(Take),
    Review { trade: P2pTradeId, rating: u8, comment: Option<String> },
}

/// What is under way at a board: nothing but the time of its last fact.
#[derive(Debug)]
pub struct BoardFlight {
    stamps: Stamps,
}

impl BoardFlight {
    /// Nothing under way; no stamp before `since`, the latest of any fact.
    pub fn new(since: Stamp) -> BoardFlight {
        BoardFlight { stamps: Stamps::since(since) }
    }
}

impl<R: ReplyTo> Decider<R> for BoardFlight {
    type Own = Board;
    type Message = BoardMessage<R>;

    fn handle<V: Reads>(
        &mut self,
        board: &mut Board,
        message: BoardMessage<R>,
        context: &DecisionContext<'_, V>,
        out: &mut impl Out<R>,
    ) {
        match message {
            BoardMessage::Command(command) => {
                let stamp = self.stamps.at(context.now);
                end_due_ads(board, stamp, context, out);
                decide(board, *command, stamp, context, out);
            }
            BoardMessage::Refund { to, stamp, decided } => {
                let stamp = self.stamps.at(stamp.max(context.now));
                let body = Body::P2pTrade(Box::new(board.refund(*decided)));
                put(board, Entry::fact(stamp, to, body), out);
            }
            BoardMessage::TradesEnded(facts) if !context.folded => {
                facts.iter().for_each(|fact| board.apply(fact));
            }
            BoardMessage::TradesEnded(_) => {}
            BoardMessage::AdDue { ad, epoch } => {
                let stamp = self.stamps.at(context.now);
                end_due_ads(board, stamp, context, out);
                // Where it has ended, its fact answers the knock.
                if let Some(ad) = board.ad(ad) {
                    let (entity, again) = (Entity::Ad(ad.id), ad.terms.expires_at);
                    let not_due = DeadlineMessage::NotDue { entity, epoch, again };
                    out.send(Letter::Deadlines(not_due));
                }
            }
        }
    }

    fn is_idle(&self) -> bool {
        true
    }
}

fn decide<R: ReplyTo, V: Reads>(
    board: &mut Board,
    command: BoardCommand<R>,
    stamp: Stamp,
    context: &DecisionContext<'_, V>,
    out: &mut impl Out<R>,
) {
    let BoardCommand { user, to, hold, ask } = command;
    let budget = hold.as_ref().map_or(0, |hold| hold.amount.get());
    // What is not the board's own is read as it is durable: it has a lower number than the fact.
    let decided = context.reads.world(|world| {
        BoardContext { board, world, user, budget: Amount::new(budget), context, stamp }.body(ask)
    });
    match (decided, hold) {
        (Ok(body), hold) => put(board, Entry { hold, ..Entry::fact(stamp, to, body) }, out),
        (Err(rejection), Some(hold)) => {
            out.send(Letter::Wallet(user, WalletMessage::Refused { to, rejection, hold }));
        }
        (Err(rejection), None) => out.send(Letter::Journal(Entry::refusal(to, rejection))),
    }
}

/// Makes an entry's fact a part of the board, and journals it.
fn put<R>(board: &mut Board, entry: Entry<R>, out: &mut impl Out<R>) {
    if let Some(fact) = &entry.fact {
        board.apply(fact);
    }
    out.send(Letter::Journal(entry));
}

/// What is due is done before the next command.
fn end_due_ads<R: ReplyTo, V: Reads>(
    board: &mut Board,
    stamp: Stamp,
    context: &DecisionContext<'_, V>,
    out: &mut impl Out<R>,
) {
    while board.next_end().is_some_and(|end| end <= stamp) {
        let index =
            context.reads.world(|world| context::index(world, board.asset, board.fiat, stamp));
        // An ad that ends is not shown, so nobody asks how its owner stands.
        let owner = OwnerState::default();
        let due = board.due(AdContext { now: stamp, index, owner, rules: context.p2p });
        let Some(fact) = due else { return };
        put(board, Entry::own_fact(stamp, Body::P2pAd(Box::new(fact))), out);
    }
}

/// A command with all that a board decides it by.
struct BoardContext<'a, 'c, V> {
    board: &'a Board,
    world: &'a World,
    user: UserId,
    budget: Amount,
    context: &'a DecisionContext<'c, V>,
    stamp: Stamp,
}

impl<V> BoardContext<'_, '_, V> {
    fn body(&self, ask: BoardRequest) -> Result<Body, Rejection> {
        let BoardContext { board, world, user, budget, stamp, .. } = *self;
        let of_ad = |fact: AdFact| Body::P2pAd(Box::new(fact));
        match ask {
            BoardRequest::Publish(draft) => {
                let owner = context::person(&world.state, user)?;
                board.publish(owner, draft, budget, self.seen(user)).map(of_ad)
            }
            BoardRequest::Edit { ad, change, version } => {
                board.edit(user, ad, change, version, budget, self.seen(user)).map(of_ad)
            }
            BoardRequest::Pause(ad) => board.pause(user, ad, true, self.seen(user)).map(of_ad),
            BoardRequest::Resume(ad) => {
                if world.state.accounts.user(user).is_none_or(|user| user.frozen) {
                    return Err(Rejection::UserFrozen);
                }
                board.pause(user, ad, false, self.seen(user)).map(of_ad)
            }
            BoardRequest::Close(ad) => board.close(user, ad, self.seen(user)).map(of_ad),
            BoardRequest::Take(take) => {
                let owner = board.ad(take.ad).ok_or(Rejection::AdNotFound)?.owner.id;
                let taker = context::taker(&world.state, board, user, &take)?;
                let fact = board.take(&taker, &take, budget, self.seen(owner))?;
                Ok(Body::P2pTrade(Box::new(fact)))
            }
            BoardRequest::Review { trade, rating, comment } => {
                let Some(other) = board.review(trade, user, stamp)? else {
                    return Err(context::not_reviewable(world, user, trade));
                };
                let reviewer = context::person(&world.state, user)?;
                let reviewed = context::person(&world.state, other)?;
                Ok(Body::Reviewed(ReviewFact { trade, reviewer, reviewed, rating, comment }))
            }
        }
    }

    /// What decisions about an ad of `owner` look at outside the board.
    fn seen(&self, owner: UserId) -> AdContext<'_> {
        context::seen(self.world, self.board, owner, self.stamp, self.context.p2p)
    }
}
