//! A board of ads as an actor: it decides what becomes of ads, who takes them and where refunds go,
//! numbers ads and P2P trades, and applies its own facts at once, ahead of their durability. An ad's
//! reserve is the board's, and nobody else decides over it.

use actix::{Actor, Context, Handler, Message, MessageResult};
use smallvec::SmallVec;
use std::sync::Arc;

use super::{
    answer::Ticket,
    clock::Stamps,
    deadline::{Entity, NotDue},
    journal::{Entry, Reply, SetAside},
    wallet::{DigestPart, Refused},
    wiring::Wiring,
};
use crate::domain::{
    fact::{Body, Cause, Fact},
    id::{AdId, P2pTradeId, Stamp, UserId},
    money::Amount,
    order::Side,
    p2p::{
        ad::{AdChange, AdDraft, AdFact, OwnerStands, Person},
        board::{Board, Seen, Take, Taker},
        step::Decided,
        trade::{ReviewFact, TradeFact, TradeState},
    },
    rejection::Rejection,
    world::World,
};

/// A command for a board; from the wallet of its user where money had to be set aside.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub(super) struct BoardCommand {
    pub user: UserId,
    pub ticket: Ticket,
    pub set_aside: Option<SetAside>,
    pub ask: BoardAsk,
}

/// What is asked of a board.
#[derive(Debug)]
pub(super) enum BoardAsk {
    Publish(AdDraft),
    Edit { ad: AdId, change: AdChange, version: Option<u32> },
    Pause(AdId),
    Resume(AdId),
    Close(AdId),
    Take(Take),
    Review { trade: P2pTradeId, rating: u8, comment: Option<String> },
}

/// The actor.
pub(super) struct AdBoardActor {
    board: Board,
    wiring: Wiring,
    stamps: Stamps,
}

impl AdBoardActor {
    /// `since` is the latest stamp of any fact: a board's stamps never go backwards.
    pub(super) fn new(board: Board, wiring: Wiring, since: Stamp) -> AdBoardActor {
        let stamps = Stamps::new(wiring.clock.clone(), since);
        AdBoardActor { board, wiring, stamps }
    }

    fn decide(&mut self, command: BoardCommand) {
        let BoardCommand { user, ticket, set_aside, ask } = command;
        self.end_due_ads();
        let stamp = self.stamps.stamp();
        let purse = set_aside.as_ref().map_or(0, |set_aside| set_aside.amount);
        let decided = self.body(user, ask, purse, stamp);
        match (decided, set_aside) {
            (Ok(body), set_aside) => {
                let entry = Entry { set_aside, ..Entry::fact(stamp, ticket, body) };
                self.put(entry);
            }
            (Err(rejection), Some(set_aside)) => {
                let refused = Refused { ticket, rejection, set_aside };
                self.wiring.directory.tell_wallet(user, refused);
            }
            (Err(rejection), None) => {
                self.wiring.journal.put(Entry::answer(ticket, Reply::Refused(rejection)));
            }
        }
    }

    /// Applies an entry's fact, and journals it.
    fn put(&mut self, entry: Entry) {
        if let Some((fact, _)) = &entry.fact {
            self.board.apply(fact);
        }
        self.wiring.journal.put(entry);
    }

    fn body(
        &self,
        user: UserId,
        ask: BoardAsk,
        purse: Amount,
        now: Stamp,
    ) -> Result<Body, Rejection> {
        // What is not the board's own is read as it is durable: it has a lower number than the fact.
        let world = &self.wiring.views.world();
        let of_ad = |id: AdId| self.board.ad(id).ok_or(Rejection::AdNotFound);
        let own = |fact: AdFact| Body::P2pAd(Box::new(fact));
        match ask {
            BoardAsk::Publish(draft) => {
                let seen = self.seen(world, user, now);
                self.board.publish(person(world, user)?, draft, purse, seen).map(own)
            }
            BoardAsk::Edit { ad, change, version } => {
                let seen = self.seen(world, user, now);
                self.board.edit(user, ad, change, version, purse, seen).map(own)
            }
            BoardAsk::Pause(ad) => {
                self.board.pause(user, ad, true, self.seen(world, user, now)).map(own)
            }
            BoardAsk::Resume(ad) => {
                if world.state.accounts.user(user).is_none_or(|user| user.frozen) {
                    return Err(Rejection::UserFrozen);
                }
                self.board.pause(user, ad, false, self.seen(world, user, now)).map(own)
            }
            BoardAsk::Close(ad) => self.board.close(user, ad, self.seen(world, user, now)).map(own),
            BoardAsk::Take(take) => {
                let owner = of_ad(take.ad)?.owner.id;
                let taker = self.taker(world, user, &take)?;
                let seen = self.seen(world, owner, now);
                let fact = self.board.take(&taker, &take, purse, seen)?;
                Ok(Body::P2pTrade(Box::new(fact)))
            }
            BoardAsk::Review { trade, rating, comment } => {
                self.review(world, user, trade, now, |reviewer, reviewed| ReviewFact {
                    trade,
                    reviewer,
                    reviewed,
                    rating,
                    comment,
                })
            }
        }
    }

    /// What decisions about an ad of `owner` look at outside the board.
    fn seen(&self, world: &World, owner: UserId, now: Stamp) -> Seen<'_> {
        Seen {
            now,
            index: world.index(self.board.asset, self.board.fiat, now),
            owner: world.stands(owner, now),
            rules: &self.wiring.p2p,
        }
    }

    fn taker<'a>(
        &self,
        world: &'a World,
        user: UserId,
        take: &Take,
    ) -> Result<Taker<'a>, Rejection> {
        let ad = self.board.ad(take.ad).ok_or(Rejection::AdNotFound)?;
        let known = world.state.accounts.user(user).ok_or(Rejection::UserNotFound)?;
        let p2p = &world.state.p2p;
        let seller = if ad.side == Side::Sell { ad.owner.id } else { user };
        let account = p2p.contacts.of(seller).and_then(|own| own.account_for(take.method));
        Ok(Taker {
            person: Person { id: user, name: known.username.clone() },
            frozen: known.frozen,
            registered_at: known.created_at,
            standing: p2p.standing(user),
            is_blocked: p2p.contacts.is_blocked(user, ad.owner.id),
            account: account.cloned(),
        })
    }

    fn review(
        &self,
        world: &World,
        by: UserId,
        trade: P2pTradeId,
        now: Stamp,
        fact: impl FnOnce(Person, Person) -> ReviewFact,
    ) -> Result<Body, Rejection> {
        match self.board.review(trade, by, now)? {
            Some(other) => Ok(Body::Reviewed(fact(person(world, by)?, person(world, other)?))),
            None => Err(not_reviewable(world, by, trade)),
        }
    }

    /// What is due is done before the next command.
    fn end_due_ads(&mut self) {
        let stamp = self.stamps.stamp();
        while self.board.next_end().is_some_and(|end| end <= stamp) {
            let due = {
                let world = self.wiring.views.world();
                // An ad that ends is not shown, so nobody asks how its owner stands.
                let owner = OwnerStands::default();
                let index = world.index(self.board.asset, self.board.fiat, stamp);
                self.board.due(Seen { now: stamp, index, owner, rules: &self.wiring.p2p })
            };
            let Some(fact) = due else { return };
            let body = Body::P2pAd(Box::new(fact));
            self.put(Entry::own_fact(stamp, Cause::default(), body));
        }
    }
}

fn person(world: &World, user: UserId) -> Result<Person, Rejection> {
    let known = world.state.accounts.user(user).ok_or(Rejection::UserNotFound)?;
    Ok(Person { id: user, name: known.username.clone() })
}

/// Why a trade cannot be reviewed that the board does not know as one that can.
fn not_reviewable(world: &World, by: UserId, trade: P2pTradeId) -> Rejection {
    let open = world.state.p2p.trade(trade);
    let known = open.or_else(|| world.history.p2p.ended(trade)).filter(|t| t.is_party(by));
    match known.map(|trade| trade.state) {
        Some(TradeState::Completed) => Rejection::ReviewWindowOver,
        Some(state) => Rejection::TradeStateForbids(state),
        None => Rejection::P2pTradeNotFound,
    }
}

impl Actor for AdBoardActor {
    type Context = Context<Self>;
}

impl Handler<BoardCommand> for AdBoardActor {
    type Result = ();

    fn handle(&mut self, command: BoardCommand, _: &mut Context<Self>) {
        self.decide(command);
    }
}

/// A trade gives coins back: the board decides where they go, and writes it down.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub(super) struct Refund {
    pub ticket: Ticket,
    /// When the trade decided it.
    pub stamp: Stamp,
    pub decided: Box<Decided>,
}

impl Handler<Refund> for AdBoardActor {
    type Result = ();

    fn handle(&mut self, Refund { ticket, stamp, decided }: Refund, _: &mut Context<Self>) {
        let stamp = self.stamps.not_before(stamp);
        let body = Body::P2pTrade(Box::new(self.board.refund(*decided)));
        self.put(Entry::fact(stamp, ticket, body));
    }
}

/// Trades of this board ended by facts of their own, which are durable.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct TradesEnded(pub SmallVec<[Arc<Fact>; 2]>);

impl Handler<TradesEnded> for AdBoardActor {
    type Result = ();

    fn handle(&mut self, TradesEnded(facts): TradesEnded, _: &mut Context<Self>) {
        facts.iter().for_each(|fact| self.board.apply(fact));
    }
}

/// Whether the board has to be told of a fact: the trade wrote it, and it ended by it.
pub(super) fn is_news_to_board(fact: &TradeFact) -> bool {
    matches!(fact.trade.state, TradeState::Completed | TradeState::ResolvedBuyer)
}

/// The end of an ad has come.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct AdDue {
    pub ad: AdId,
    pub epoch: u32,
}

impl Handler<AdDue> for AdBoardActor {
    type Result = ();

    fn handle(&mut self, AdDue { ad, epoch }: AdDue, _: &mut Context<Self>) {
        self.end_due_ads();
        // Where it has ended, its fact answers the knock.
        if let Some(ad) = self.board.ad(ad) {
            let (entity, again) = (Entity::Ad(ad.id), ad.terms.expires_at);
            self.wiring.directory.tell_not_due(NotDue { entity, epoch, again });
        }
    }
}

impl Handler<DigestPart> for AdBoardActor {
    type Result = MessageResult<DigestPart>;

    fn handle(&mut self, _: DigestPart, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.board.digest())
    }
}
