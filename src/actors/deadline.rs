//! Deadlines: all of the exchange in one ordered set of (deadline, entity, epoch), and the manual
//! clock.
//!
//! A timer only knocks; the entity itself decides by its clock whether the deadline has passed, so
//! neither a late nor a stale timer does harm. Every knock is answered, and only so many are under
//! way at once, since what they set off takes no permit. A manual clock stops at each deadline on
//! its way, and what fires there is durable before it moves on.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    time::Duration,
};

use actix::{Actor, AsyncContext, Context, Handler, Message, SpawnHandle};
use tokio::sync::oneshot;

use super::{
    answer::Ticket,
    command::ClockMove,
    journal::{Entry, Reply},
    wallet::SwitchDue,
    wiring::Wiring,
};
use crate::domain::{
    fact::{Body, Cause},
    id::{Stamp, UserId},
    rejection::Rejection,
};

/// A deadline of a user's switch.
type Deadline = (Stamp, UserId, u32);

/// The longest that a timer is set for; then the set is looked at again.
const TIMER_MAX: Duration = Duration::from_secs(3600);
/// How many knocks may be unanswered.
pub(super) const KNOCKS_MAX: usize = 1_024;

/// The actor.
pub(super) struct DeadlineActor {
    ordered: BTreeSet<Deadline>,
    /// The one deadline of each user; a newer one takes its place.
    by_user: HashMap<UserId, Deadline>,
    /// What was knocked for and is not answered yet.
    knocked: HashSet<(UserId, u32)>,
    /// Told when nothing is knocked for.
    quiet: Vec<oneshot::Sender<()>>,
    wiring: Wiring,
    timer: Option<SpawnHandle>,
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
            by_user: HashMap::new(),
            knocked: HashSet::new(),
            quiet: Vec::new(),
            wiring,
            timer: None,
            moving: None,
            waiting: VecDeque::new(),
        }
    }

    fn set(&mut self, user: UserId, deadline: Option<(Stamp, u32)>) {
        if let Some(old) = self.by_user.remove(&user) {
            self.ordered.remove(&old);
        }
        if let Some((stamp, epoch)) = deadline {
            self.by_user.insert(user, (stamp, user, epoch));
            self.ordered.insert((stamp, user, epoch));
        }
    }

    /// The next deadline up to `now`, taken out of the set.
    fn take_due(&mut self, now: Stamp) -> Option<Deadline> {
        let due = *self.ordered.first().filter(|(deadline, ..)| *deadline <= now)?;
        self.ordered.remove(&due);
        self.by_user.remove(&due.1);
        Some(due)
    }

    fn knock(&mut self, user: UserId, epoch: u32) {
        self.knocked.insert((user, epoch));
        self.wiring.directory.tell_wallet(user, SwitchDue { epoch });
    }

    /// Knocks for what is due, and sets the timer for what comes next.
    fn arm(&mut self, ctx: &mut Context<Self>) {
        if self.moving.is_some() {
            return;
        }
        let now = self.wiring.clock.now();
        while self.knocked.len() < KNOCKS_MAX {
            let Some((_, user, epoch)) = self.take_due(now) else { break };
            self.knock(user, epoch);
        }
        if let Some(timer) = self.timer.take() {
            ctx.cancel_future(timer);
        }
        let next = self.ordered.first().filter(|_| self.wiring.clock.manual().is_none());
        if let Some((next, ..)) = next.filter(|_| self.knocked.len() < KNOCKS_MAX) {
            let wait = Duration::from_millis((next.0 - now.0).max(1) as u64).min(TIMER_MAX);
            self.timer = Some(ctx.run_later(wait, |actor, ctx| actor.arm(ctx)));
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
        if let Some((deadline, user, epoch)) = self.take_due(moving.to) {
            if deadline > self.wiring.clock.now() {
                clock.move_to(deadline);
                let body = Body::ClockMoved { to: deadline };
                self.wiring.journal.put(Entry::own_fact(deadline, Cause::default(), body));
            }
            self.moving = Some(moving);
            return self.knock(user, epoch);
        }
        clock.move_to(moving.to);
        let body = Body::ClockMoved { to: moving.to };
        self.wiring.journal.put(Entry::fact(moving.to, moving.ticket, body));
    }

    fn answered(&mut self, user: UserId, epoch: u32, ctx: &mut Context<Self>) {
        // A switch may also fire on a command of its user, without a knock.
        self.knocked.remove(&(user, epoch));
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

/// What there is to tell of deadlines.
#[derive(Clone, Copy, Debug)]
pub(super) enum News {
    Set { user: UserId, deadline: Option<Stamp>, epoch: u32 },
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
            News::Set { user, deadline, epoch } => {
                self.set(user, deadline.map(|deadline| (deadline, epoch)));
                self.arm(ctx);
            }
            News::Done { user, epoch } => self.answered(user, epoch, ctx),
        }
    }
}

/// The wallet that was knocked for had nothing due under this epoch. `again` is its deadline where
/// the knock came too early.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct NotDue {
    pub user: UserId,
    pub epoch: u32,
    pub again: Option<Stamp>,
}

impl Handler<NotDue> for DeadlineActor {
    type Result = ();

    fn handle(&mut self, NotDue { user, epoch, again }: NotDue, ctx: &mut Context<Self>) {
        if let Some(deadline) = again.filter(|_| !self.by_user.contains_key(&user)) {
            self.set(user, Some((deadline, epoch)));
        }
        self.answered(user, epoch, ctx);
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
