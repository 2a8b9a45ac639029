//! Deadlines: all of the exchange in one ordered set of (deadline, entity, epoch), and the manual
//! clock.
//!
//! A timer only knocks; the entity itself decides by its clock whether the deadline has passed, so
//! neither a late nor a stale timer does harm. Every knock is answered, and only so many are under
//! way at once, since what they set off takes no permit. A manual clock stops at each deadline on
//! its way, and what fires there is durable before it moves on.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    time::Duration,
};

use actix::{Actor, AsyncContext, Context, Handler, Message, SpawnHandle};
use tokio::sync::oneshot;

use super::{
    answer::Ticket,
    journal::{Entry, Reply},
    wiring::Wiring,
};
use crate::domain::{
    command::ClockMove,
    fact::{Body, Cause},
    id::{AdId, P2pTradeId, Stamp, UserId},
    rejection::Rejection,
};

/// What has a deadline; one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Entity {
    /// A user's dead man's switch.
    Switch(UserId),
    Ad(AdId),
    Trade(P2pTradeId),
}

/// A deadline, whose it is, and the epoch that it was set in.
type Deadline = (Stamp, Entity, u32);

/// The longest that a timer is set for; then the set is looked at again.
const TIMER_MAX: Duration = Duration::from_secs(3600);
/// How many knocks may be unanswered.
pub(super) const KNOCKS_MAX: usize = 1_024;

/// The actor.
pub(super) struct DeadlineActor {
    ordered: BTreeSet<Deadline>,
    /// The one deadline of each entity; a newer one takes its place.
    by_entity: HashMap<Entity, Deadline>,
    /// What was knocked for and is not answered yet.
    knocked: HashMap<Entity, (Stamp, u32)>,
    /// Told when nothing is knocked for.
    quiet: Vec<oneshot::Sender<()>>,
    wiring: Wiring,
    timer: Option<(Stamp, SpawnHandle)>,
    moving: Option<Moving>,
    waiting: VecDeque<MoveClock>,
}

/// A manual clock under way; it waits while something is knocked for.
struct Moving {
    to: Stamp,
    ticket: Ticket,
}

impl DeadlineActor {
    pub(super) fn new(wiring: Wiring) -> DeadlineActor {
        DeadlineActor {
            ordered: BTreeSet::new(),
            by_entity: HashMap::new(),
            knocked: HashMap::new(),
            quiet: Vec::new(),
            wiring,
            timer: None,
            moving: None,
            waiting: VecDeque::new(),
        }
    }

    fn set(&mut self, entity: Entity, deadline: Option<(Stamp, u32)>) {
        if let Some(old) = self.by_entity.remove(&entity) {
            self.ordered.remove(&old);
        }
        if let Some((stamp, epoch)) = deadline {
            self.by_entity.insert(entity, (stamp, entity, epoch));
            self.ordered.insert((stamp, entity, epoch));
        }
    }

    /// The next deadline up to `now`, taken out of the set.
    fn take_due(&mut self, now: Stamp) -> Option<Deadline> {
        let due = *self.ordered.first().filter(|(deadline, ..)| *deadline <= now)?;
        self.ordered.remove(&due);
        self.by_entity.remove(&due.1);
        Some(due)
    }

    /// Knocks; `false` where the entity is gone, so that there is nothing to wait for.
    fn knock(&mut self, (deadline, entity, epoch): Deadline) -> bool {
        let reached = self.wiring.directory.knock(entity, epoch);
        if reached {
            self.knocked.insert(entity, (deadline, epoch));
        }
        reached
    }

    /// Knocks for what is due, and sets the timer for what comes next.
    fn arm(&mut self, ctx: &mut Context<Self>) {
        if self.moving.is_some() {
            return;
        }
        let now = self.wiring.clock.now();
        while self.knocked.len() < KNOCKS_MAX {
            let Some(due) = self.take_due(now) else { break };
            self.knock(due);
        }
        let runs = self.wiring.clock.manual().is_none() && self.knocked.len() < KNOCKS_MAX;
        let next = self.ordered.first().filter(|_| runs).map(|(deadline, ..)| *deadline);
        if next.is_some() && next == self.timer.map(|(deadline, _)| deadline) {
            return;
        }
        if let Some((_, timer)) = self.timer.take() {
            ctx.cancel_future(timer);
        }
        if let Some(next) = next {
            let wait = Duration::from_millis((next.0 - now.0).max(1) as u64).min(TIMER_MAX);
            let woken = |actor: &mut Self, ctx: &mut Context<Self>| {
                actor.timer = None;
                actor.arm(ctx);
            };
            self.timer = Some((next, ctx.run_later(wait, woken)));
        }
    }

    /// Begins with the moves that wait, one after the other.
    fn begin_next(&mut self) {
        while self.moving.is_none() {
            let Some(asked) = self.waiting.pop_front() else { return };
            let now = self.wiring.clock.now();
            let to = match asked.to {
                ClockMove::AdvanceMillis(millis) => now.plus_millis(millis),
                ClockMove::To(stamp) => stamp,
            };
            if self.wiring.clock.manual().is_none() || to < now {
                let reply = Reply::Refused(Rejection::ClockNotMovable);
                self.wiring.journal.put(Entry::answer(asked.ticket, reply));
                continue;
            }
            self.moving = Some(Moving { to, ticket: asked.ticket });
            self.step();
        }
    }

    /// Moves the clock to the next deadline on the way, or to where it was asked to go.
    fn step(&mut self) {
        if !self.knocked.is_empty() {
            return;
        }
        let Some(moving) = self.moving.take() else { return };
        let Some(clock) = self.wiring.clock.manual().cloned() else { return };
        while let Some(due) = self.take_due(moving.to) {
            if due.0 > self.wiring.clock.now() {
                clock.move_to(due.0);
                let body = Body::ClockMoved { to: due.0 };
                self.wiring.journal.put(Entry::own_fact(due.0, Cause::default(), body));
            }
            if self.knock(due) {
                self.moving = Some(moving);
                return;
            }
        }
        clock.move_to(moving.to);
        let body = Body::ClockMoved { to: moving.to };
        self.wiring.journal.put(Entry::fact(moving.to, moving.ticket, body));
    }

    /// A knock was answered: what was due is durable, or was not due.
    fn answered(&mut self, entity: Entity, ctx: &mut Context<Self>) {
        self.knocked.remove(&entity);
        self.step();
        self.begin_next();
        self.arm(ctx);
        if self.knocked.is_empty() {
            for told in self.quiet.drain(..) {
                // Who waited may have gone.
                let _ = told.send(());
            }
        }
    }
}

impl Actor for DeadlineActor {
    type Context = Context<Self>;
}

/// A durable fact set the deadline of an entity, or ended it (`None`).
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub(super) struct DeadlineNews {
    pub entity: Entity,
    pub deadline: Option<Stamp>,
    pub epoch: u32,
}

impl Handler<DeadlineNews> for DeadlineActor {
    type Result = ();

    fn handle(&mut self, news: DeadlineNews, ctx: &mut Context<Self>) {
        let DeadlineNews { entity, deadline, epoch } = news;
        let knocked = self.knocked.get(&entity).map(|(knocked, _)| *knocked);
        self.set(entity, deadline.map(|deadline| (deadline, epoch)));
        match knocked {
            None => self.arm(ctx),
            // From a fact before the one that the knock sets off: that one is still to come.
            Some(knocked) if deadline == Some(knocked) => {}
            Some(_) => self.answered(entity, ctx),
        }
    }
}

/// The entity that was knocked for had nothing due. `again` is its deadline where the knock came too
/// early.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct NotDue {
    pub entity: Entity,
    pub epoch: u32,
    pub again: Option<Stamp>,
}

impl Handler<NotDue> for DeadlineActor {
    type Result = ();

    fn handle(&mut self, NotDue { entity, epoch, again }: NotDue, ctx: &mut Context<Self>) {
        if self.knocked.get(&entity).is_some_and(|(_, knocked)| *knocked != epoch) {
            return;
        }
        if let Some(deadline) = again.filter(|_| !self.by_entity.contains_key(&entity)) {
            self.set(entity, Some((deadline, epoch)));
        }
        self.answered(entity, ctx);
    }
}

/// Asks to be told when nothing is knocked for.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct WhenQuiet(pub oneshot::Sender<()>);

impl Handler<WhenQuiet> for DeadlineActor {
    type Result = ();

    fn handle(&mut self, WhenQuiet(told): WhenQuiet, _: &mut Context<Self>) {
        match self.knocked.is_empty() {
            true => {
                let _ = told.send(());
            }
            false => self.quiet.push(told),
        }
    }
}

/// Moves a manual clock.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct MoveClock {
    pub to: ClockMove,
    pub ticket: Ticket,
}

impl Handler<MoveClock> for DeadlineActor {
    type Result = ();

    fn handle(&mut self, asked: MoveClock, _: &mut Context<Self>) {
        self.waiting.push_back(asked);
        self.begin_next();
    }
}
