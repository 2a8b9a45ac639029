//! An open P2P trade as an actor: it decides what becomes of it, alone, and applies its own facts at
//! once. Its escrow is its own; what goes back to an ad it decides and the board writes down, and
//! meanwhile the trade keeps its commands waiting. It ends with its last fact.

use std::{collections::VecDeque, sync::Arc};

use actix::{Actor, ActorContext, Addr, Context, Handler, Message, MessageResult};

use super::{
    ad_board::Refund,
    answer::Ticket,
    clock::Stamps,
    deadline::{Entity, NotDue},
    journal::{Entry, Reply},
    wallet::DigestPart,
    wiring::Wiring,
};
use crate::domain::{
    account::Role,
    fact::{Body, Cause, Fact},
    id::{DisputeId, Stamp, UserId},
    p2p::{
        ad::Person,
        ask::{Asker, TradeAsk},
        decide::{Decision, decide, due},
        machine::Action,
        step::{Decided, Settlement},
        trade::{Trade, TradeState},
    },
    rejection::Rejection,
    world::World,
};

/// A command for an open trade.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub(super) struct TradeCommand {
    pub by: UserId,
    pub ticket: Ticket,
    pub dispute: Option<DisputeId>,
    pub expected: Option<TradeState>,
    pub ask: TradeAsk,
}

/// The actor.
pub(super) struct TradeActor {
    trade: Trade,
    wiring: Arc<Wiring>,
    stamps: Stamps,
    /// Whether the board is writing down that the coins go back.
    refunding: bool,
    /// Commands that wait for that; bounded by the door's permits.
    waiting: VecDeque<TradeCommand>,
}

impl TradeActor {
    /// `since` is the latest stamp that the trade can have seen: its own never go backwards.
    pub(super) fn new(trade: Trade, wiring: Arc<Wiring>, since: Stamp) -> TradeActor {
        let stamps = Stamps::new(wiring.clock.clone(), since);
        TradeActor { trade, wiring, stamps, refunding: false, waiting: VecDeque::new() }
    }

    fn work(&mut self) {
        while !self.refunding && !self.waiting.is_empty() {
            self.fire_due();
            if self.refunding {
                return;
            }
            let Some(command) = self.waiting.pop_front() else { return };
            self.decide(command);
        }
    }

    /// What the clock was to do is done before the next command. `false`: nothing was due.
    fn fire_due(&mut self) -> bool {
        let mut any = false;
        while !self.refunding {
            let stamp = self.stamps.stamp();
            let Some(decided) = due(&self.trade, &self.wiring.p2p, stamp) else { break };
            any = true;
            self.carry_out(decided, Ticket::own(Cause::default()), stamp);
        }
        any
    }

    fn decide(&mut self, command: TradeCommand) {
        let TradeCommand { by, ticket, dispute, expected, ask } = command;
        let stamp = self.stamps.stamp();
        let decided = {
            let world = self.wiring.views.world();
            asker(&world, by, &self.trade).and_then(|asker| {
                decide_on(&self.trade, &asker, dispute, |trade| {
                    decide(trade, &asker, ask, expected, &self.wiring.p2p, stamp)
                })
            })
        };
        match decided {
            Ok(Decision::Step(decided)) => self.carry_out(*decided, ticket, stamp),
            Ok(Decision::Message(message)) => {
                self.trade.messages = message.number;
                let entry = Entry::fact(stamp, ticket, Body::P2pMessage(message));
                self.wiring.journal.put(entry);
            }
            Ok(Decision::Nothing) => {
                self.wiring.journal.put(Entry::answer(ticket, Reply::Nothing));
            }
            Err(rejection) => {
                self.wiring.journal.put(Entry::answer(ticket, Reply::Refused(rejection)));
            }
        }
    }

    fn carry_out(&mut self, decided: Decided, ticket: Ticket, stamp: Stamp) {
        if let Settlement::Refund { .. } = decided.settlement {
            self.refunding = true;
            let (board, decided) = (self.trade.id.board(), Box::new(decided));
            return self.wiring.directory.refund(board, Refund { ticket, stamp, decided });
        }
        let admins = match decided.action {
            Action::TargetMissed => admins(&self.wiring.views.world()),
            _ => Vec::new(),
        };
        let fact = decided.into_fact(&admins);
        self.trade = fact.trade.clone();
        self.wiring.journal.put(Entry::fact(stamp, ticket, Body::P2pTrade(Box::new(fact))));
    }
}

fn admins(world: &World) -> Vec<UserId> {
    let users = world.state.accounts.all().iter();
    users.filter(|user| user.role == Role::Admin).map(|user| user.id).collect()
}

/// Who asks something of `trade`, as the views know them.
pub(super) fn asker(world: &World, by: UserId, trade: &Trade) -> Result<Asker, Rejection> {
    let user = world.state.accounts.user(by).ok_or(Rejection::UserNotFound)?;
    let contacts = &world.state.p2p.contacts;
    let person = Person { id: by, name: user.username.clone() };
    let is_blocked = user.role != Role::User
        && [trade.buyer.id, trade.seller.id].iter().any(|party| contacts.is_blocked(by, *party));
    Ok(Asker { person, role: user.role, is_blocked, is_frozen: user.frozen })
}

/// Decides on `trade`, where the command names its dispute: the one that is meant has to be the
/// trade's newest.
pub(super) fn decide_on<T>(
    trade: &Trade,
    asker: &Asker,
    dispute: Option<DisputeId>,
    decide: impl FnOnce(&Trade) -> Result<T, Rejection>,
) -> Result<T, Rejection> {
    let Some(meant) = dispute else { return decide(trade) };
    let newest = trade.dispute.as_ref().map(|dispute| dispute.id);
    // One that was withdrawn is history once something else was done.
    let next = newest.unwrap_or(trade.id.dispute(trade.withdrawals));
    match newest {
        Some(newest) if newest == meant => decide(trade).map_err(|rejection| match rejection {
            Rejection::P2pTradeNotFound => Rejection::DisputeNotFound,
            other => other,
        }),
        _ if meant < next && meant.trade() == trade.id && trade.is_party(asker.person.id) => {
            Err(Rejection::TradeStateForbids(trade.state))
        }
        _ => Err(Rejection::DisputeNotFound),
    }
}

impl Actor for TradeActor {
    type Context = Context<Self>;
}

impl Handler<TradeCommand> for TradeActor {
    type Result = ();

    fn handle(&mut self, command: TradeCommand, _: &mut Context<Self>) {
        self.waiting.push_back(command);
        self.work();
    }
}

/// The trade has ended by a fact that is durable. It is the last message: nobody finds the trade in
/// the directory any more.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct TradeEnded {
    pub fact: Arc<Fact>,
    /// The last address goes with the last message. An actor that finds itself without addresses ends
    /// without another look into its mailbox, and what came into it just before would be dropped.
    pub last: Addr<TradeActor>,
}

impl Handler<TradeEnded> for TradeActor {
    type Result = ();

    fn handle(&mut self, TradeEnded { fact, last: _last }: TradeEnded, ctx: &mut Context<Self>) {
        if let Body::P2pTrade(own) = &fact.body {
            self.trade = own.trade.clone();
        }
        self.refunding = false;
        self.work();
        ctx.stop();
    }
}

/// The trade's deadline has come.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct TradeDue {
    pub epoch: u32,
}

impl Handler<TradeDue> for TradeActor {
    type Result = ();

    fn handle(&mut self, TradeDue { epoch }: TradeDue, _: &mut Context<Self>) {
        // Where something fires, or has fired and is on its way to the disk, its fact is the answer.
        if !self.refunding && !self.fire_due() && self.trade.state.is_open() {
            let (entity, again) = (Entity::Trade(self.trade.id), self.trade.runs_out());
            self.wiring.directory.tell_not_due(NotDue { entity, epoch, again });
        }
    }
}

impl Handler<DigestPart> for TradeActor {
    type Result = MessageResult<DigestPart>;

    fn handle(&mut self, _: DigestPart, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.trade.digest())
    }
}
