//! An open P2P trade decides: what becomes of it. Its escrow is its own; what goes back to an ad it
//! decides and the board writes down, and meanwhile the trade keeps its commands waiting. It ends with
//! its last fact.

use std::{collections::VecDeque, sync::Arc};

use super::{
    Decider, DecisionContext, Entry, Letter, Out, Reads, Reply, ReplyTo, Stamps,
    board::BoardMessage,
    deadline::{DeadlineMessage, Entity},
};
use crate::domain::{
    fact::{Body, Cause, Fact},
    id::{DisputeId, Stamp, UserId},
    p2p::{
        context,
        decide::{Decision, decide, due},
        machine::Action,
        step::{DecidedTrade, Settlement},
        trade::{P2pTrade, TradeState},
        trade_request::TradeRequest,
    },
};

/// What an open trade can be told.
#[derive(Debug)]
pub enum TradeMessage<R> {
    /// A command.
    Command(TradeCommand<R>),
    /// The trade has ended by this fact, which is durable. It is the last message: from now on the trade
    /// is history.
    Ended(Arc<Fact>),
    /// The trade's deadline has come.
    Due {
        /// The trade's step when the deadline was set.
        epoch: u32,
    },
}

/// A command for an open trade. `expected` is the state that the asker takes it to be in, `dispute` the
/// one that is meant.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct TradeCommand<R> {
    pub by: UserId,
    pub to: R,
    pub dispute: Option<DisputeId>,
    pub expected: Option<TradeState>,
    pub ask: TradeRequest,
}

/// What is under way at a trade.
#[derive(Debug)]
pub struct TradeFlight<R> {
    stamps: Stamps,
    /// Whether the board is writing down that the coins go back.
    refunding: bool,
    /// Commands that wait for that; bounded by the door's permits.
    waiting: VecDeque<TradeCommand<R>>,
}

impl<R> TradeFlight<R> {
    /// Nothing under way; no stamp before `since`, the latest that the trade can have seen.
    pub fn new(since: Stamp) -> TradeFlight<R> {
        let stamps = Stamps::since(since);
        TradeFlight { stamps, refunding: false, waiting: VecDeque::new() }
    }
}

impl<R: ReplyTo> Decider<R> for TradeFlight<R> {
    type Own = P2pTrade;
    type Message = TradeMessage<R>;

    fn handle<V: Reads>(
        &mut self,
        trade: &mut P2pTrade,
        message: TradeMessage<R>,
        context: &DecisionContext<'_, V>,
        out: &mut impl Out<R>,
    ) {
        match message {
            TradeMessage::Command(command) => {
                self.waiting.push_back(command);
                self.work(trade, context, out);
            }
            TradeMessage::Ended(fact) => {
                if let Body::P2pTrade(own) = &fact.body {
                    *trade = own.trade.clone();
                }
                self.refunding = false;
                self.work(trade, context, out);
            }
            TradeMessage::Due { epoch } => {
                // Where something fires, or has fired and is on its way to the disk, its fact is the answer.
                if !self.refunding && !self.fire_due(trade, context, out) && trade.state.is_open() {
                    let (entity, again) = (Entity::P2pTrade(trade.id), trade.runs_out());
                    let not_due = DeadlineMessage::NotDue { entity, epoch, again };
                    out.send(Letter::Deadlines(not_due));
                }
            }
        }
    }

    fn is_idle(&self) -> bool {
        !self.refunding && self.waiting.is_empty()
    }
}

impl<R: ReplyTo> TradeFlight<R> {
    fn work<V: Reads>(
        &mut self,
        trade: &mut P2pTrade,
        context: &DecisionContext<'_, V>,
        out: &mut impl Out<R>,
    ) {
        while !self.refunding && !self.waiting.is_empty() {
            self.fire_due(trade, context, out);
            if self.refunding {
                return;
            }
            let Some(command) = self.waiting.pop_front() else { return };
            self.decide(trade, command, context, out);
        }
    }

    /// What the clock was to do is done before the next command. `false`: nothing was due.
    fn fire_due<V: Reads>(
        &mut self,
        trade: &mut P2pTrade,
        context: &DecisionContext<'_, V>,
        out: &mut impl Out<R>,
    ) -> bool {
        let mut any = false;
        while !self.refunding {
            let stamp = self.stamps.at(context.now);
            let Some(decided) = due(trade, context.p2p, stamp) else { break };
            any = true;
            self.carry_out(trade, decided, R::nobody(Cause::default()), stamp, context, out);
        }
        any
    }

    fn decide<V: Reads>(
        &mut self,
        trade: &mut P2pTrade,
        command: TradeCommand<R>,
        context: &DecisionContext<'_, V>,
        out: &mut impl Out<R>,
    ) {
        let TradeCommand { by, to, dispute, expected, ask } = command;
        let stamp = self.stamps.at(context.now);
        let asker = context.reads.world(|world| context::asker(&world.state, by, trade));
        let decided = asker.and_then(|asker| {
            context::decide_on(trade, &asker, dispute, |trade| {
                decide(trade, &asker, ask, expected, context.p2p, stamp)
            })
        });
        match decided {
            Ok(Decision::Step(decided)) => self.carry_out(trade, *decided, to, stamp, context, out),
            Ok(Decision::Message(message)) => {
                trade.messages = message.number;
                out.send(Letter::Journal(Entry::fact(stamp, to, Body::P2pMessage(message))));
            }
            Ok(Decision::Nothing) => out.send(Letter::Journal(Entry::answer(to, Reply::Nothing))),
            Err(rejection) => out.send(Letter::Journal(Entry::refusal(to, rejection))),
        }
    }

    fn carry_out<V: Reads>(
        &mut self,
        trade: &mut P2pTrade,
        decided: DecidedTrade,
        to: R,
        stamp: Stamp,
        context: &DecisionContext<'_, V>,
        out: &mut impl Out<R>,
    ) {
        if let Settlement::Refund { .. } = decided.settlement {
            self.refunding = true;
            let refund = BoardMessage::Refund { to, stamp, decided: Box::new(decided) };
            return out.send(Letter::Board(trade.id.board(), refund));
        }
        let admins = match decided.action {
            Action::TargetMissed => context.reads.world(|world| context::admins(&world.state)),
            _ => Vec::new(),
        };
        let fact = decided.into_fact(&admins);
        *trade = fact.trade.clone();
        out.send(Letter::Journal(Entry::fact(stamp, to, Body::P2pTrade(Box::new(fact)))));
    }
}
