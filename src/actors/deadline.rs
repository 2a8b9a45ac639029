//! Deadlines: one heap of (deadline, entity, epoch) for the whole exchange, and the manual clock.
//!
//! A timer only knocks; the entity itself decides by its clock whether the deadline has passed, so
//! neither a late nor a stale timer does harm. A manual clock stops at each deadline on its way, and
//! what fires there is durable before it moves on.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    time::Duration,
};

use actix::{Actor, AsyncContext, Context, Handler, Message, SpawnHandle};

use super::{
    answer::Ticket,
    command::ClockMove,
    journal::{Entry, Reply},
    wallet::{SwitchDue, Wiring},
};
use crate::domain::{
    fact::{Body, Cause},
    id::{Stamp, UserId},
    rejection::Rejection,
};

/// A deadline of a user's switch.
type Deadline = (Stamp, UserId, u32);

/// The longest that a timer is set for; then the heap is looked at again.
const TIMER_MAX: Duration = Duration::from_secs(3600);

/// The actor.
pub(super) struct DeadlineActor {
    heap: BinaryHeap<Reverse<Deadline>>,
    wiring: Wiring,
    timer: Option<SpawnHandle>,
    moving: Option<Moving>,
    waiting: VecDeque<MoveClock>,
}

/// A manual clock under way.
struct Moving {
    to: Stamp,
    ticket: Ticket,
    /// The deadline that was knocked for and is not answered yet.
    knocked: Option<(UserId, u32)>,
}

impl DeadlineActor {
    pub(super) fn new(wiring: Wiring) -> DeadlineActor {
        DeadlineActor {
            heap: BinaryHeap::new(),
            wiring,
            timer: None,
            moving: None,
            waiting: VecDeque::new(),
        }
    }

    fn knock(&self, user: UserId, epoch: u32) {
        self.wiring.directory.tell_wallet(user, SwitchDue { epoch });
    }

    /// Knocks for what is due by the system's clock, and sets the timer for what comes next.
    fn arm(&mut self, ctx: &mut Context<Self>) {
        if self.wiring.clock.manual().is_some() {
            return;
        }
        let now = self.wiring.clock.now();
        while let Some(Reverse((_, user, epoch))) = self.heap.peek().filter(|d| d.0.0 <= now) {
            self.knock(*user, *epoch);
            self.heap.pop();
        }
        if let Some(timer) = self.timer.take() {
            ctx.cancel_future(timer);
        }
        if let Some(Reverse((next, ..))) = self.heap.peek() {
            let wait = Duration::from_millis((next.0 - now.0).max(1) as u64).min(TIMER_MAX);
            self.timer = Some(ctx.run_later(wait, |actor, ctx| actor.arm(ctx)));
        }
    }

    fn begin(&mut self, asked: MoveClock) {
        let now = self.wiring.clock.now();
        let to = match asked.to {
            ClockMove::AdvanceMillis(millis) => now.plus_millis(millis),
            ClockMove::To(stamp) => stamp,
        };
        if self.wiring.clock.manual().is_none() || to < now {
            let reply = Reply::Refused(Rejection::ClockNotMovable);
            return self.wiring.journal.put(Entry::answer(asked.ticket, reply));
        }
        self.moving = Some(Moving { to, ticket: asked.ticket, knocked: None });
        self.step();
    }

    /// Moves the clock to the next deadline on the way, or to where it was asked to go.
    fn step(&mut self) {
        let Some(mut moving) = self.moving.take() else { return };
        let Some(clock) = self.wiring.clock.manual() else { return };
        if let Some(Reverse((deadline, user, epoch))) =
            self.heap.peek().copied().filter(|d| d.0.0 <= moving.to)
        {
            self.heap.pop();
            if deadline > self.wiring.clock.now() {
                clock.move_to(deadline);
                let body = Body::ClockMoved { to: deadline };
                self.wiring.journal.put(Entry::own_fact(deadline, Cause::default(), body));
            }
            self.knock(user, epoch);
            moving.knocked = Some((user, epoch));
            self.moving = Some(moving);
            return;
        }
        clock.move_to(moving.to);
        let body = Body::ClockMoved { to: moving.to };
        self.wiring.journal.put(Entry::fact(moving.to, moving.ticket, body));
        if let Some(next) = self.waiting.pop_front() {
            self.begin(next);
        }
    }

    fn answered(&mut self, user: UserId, epoch: u32) {
        if self.moving.as_ref().is_some_and(|m| m.knocked == Some((user, epoch))) {
            self.step();
        }
    }
}

impl Actor for DeadlineActor {
    type Context = Context<Self>;
}

/// What the durable end has to tell of deadlines.
#[derive(Clone, Copy, Debug)]
pub(super) enum News {
    Set { deadline: Stamp, user: UserId, epoch: u32 },
    Done { user: UserId, epoch: u32 },
}

/// See [`News`].
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct DeadlineNews(pub News);

impl Handler<DeadlineNews> for DeadlineActor {
    type Result = ();

    fn handle(&mut self, DeadlineNews(news): DeadlineNews, ctx: &mut Context<Self>) {
        match news {
            News::Set { deadline, user, epoch } => {
                self.heap.push(Reverse((deadline, user, epoch)));
                self.arm(ctx);
            }
            News::Done { user, epoch } => self.answered(user, epoch),
        }
    }
}

/// The wallet that was knocked for had nothing due under this epoch.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct NotDue {
    pub user: UserId,
    pub epoch: u32,
}

impl Handler<NotDue> for DeadlineActor {
    type Result = ();

    fn handle(&mut self, NotDue { user, epoch }: NotDue, _: &mut Context<Self>) {
        self.answered(user, epoch);
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
        match self.moving {
            Some(_) => self.waiting.push_back(asked),
            None => self.begin(asked),
        }
    }
}
