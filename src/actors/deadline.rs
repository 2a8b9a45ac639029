//! The deadlines as an actor: it wakes them by a timer, and tells who waits for it that nothing is due.

use std::time::Duration;

use actix::{Actor, AsyncContext, Context, Handler, Message, SpawnHandle};
use tokio::sync::oneshot;

use super::{directory::Directory, shell::Mail};
use crate::{
    domain::{
        decide::deadline::{DeadlineMessage, Deadlines, Movable},
        id::Stamp,
    },
    pipeline::{answer::Ticket, clock::Clock},
};

/// The longest that a timer is set for; then the set is looked at again.
const TIMER_MAX: Duration = Duration::from_secs(3600);

/// The actor.
pub(super) struct DeadlineActor {
    deadlines: Deadlines<Ticket>,
    directory: Directory,
    timer: Option<(Stamp, SpawnHandle)>,
    /// Told when nothing is knocked for.
    quiet: Vec<oneshot::Sender<()>>,
}

impl Movable for dyn Clock + '_ {
    fn now(&self) -> Stamp {
        Clock::now(self)
    }

    fn is_manual(&self) -> bool {
        self.manual().is_some()
    }

    fn move_to(&self, stamp: Stamp) {
        if let Some(clock) = self.manual() {
            clock.move_to(stamp);
        }
    }
}

impl DeadlineActor {
    pub(super) fn new(directory: Directory) -> DeadlineActor {
        let deadlines = Deadlines::default();
        DeadlineActor { deadlines, directory, timer: None, quiet: Vec::new() }
    }

    fn decide(&mut self, message: DeadlineMessage<Ticket>, ctx: &mut Context<Self>) {
        let clock = &*self.directory.connections().clock;
        self.deadlines.handle(message, clock, &mut &self.directory);
        self.set_timer(ctx);
        if self.deadlines.is_quiet() {
            for told in self.quiet.drain(..) {
                // Who waited may have gone.
                let _ = told.send(());
            }
        }
    }

    fn set_timer(&mut self, ctx: &mut Context<Self>) {
        let clock = &*self.directory.connections().clock;
        let next = self.deadlines.next(clock);
        if next.is_some() && next == self.timer.map(|(deadline, _)| deadline) {
            return;
        }
        if let Some((_, timer)) = self.timer.take() {
            ctx.cancel_future(timer);
        }
        if let Some(next) = next {
            let wait = (next.0 - Clock::now(clock).0).max(1) as u64;
            let woken = |actor: &mut Self, ctx: &mut Context<Self>| {
                actor.timer = None;
                actor.decide(DeadlineMessage::Woken, ctx);
            };
            let wait = Duration::from_millis(wait).min(TIMER_MAX);
            self.timer = Some((next, ctx.run_later(wait, woken)));
        }
    }
}

impl Actor for DeadlineActor {
    type Context = Context<Self>;
}

impl Handler<Mail<DeadlineMessage<Ticket>>> for DeadlineActor {
    type Result = ();

    fn handle(&mut self, Mail(message): Mail<DeadlineMessage<Ticket>>, ctx: &mut Context<Self>) {
        self.decide(message, ctx);
    }
}

/// Asks to be told when nothing is knocked for.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct WhenQuiet(pub oneshot::Sender<()>);

impl Handler<WhenQuiet> for DeadlineActor {
    type Result = ();

    fn handle(&mut self, WhenQuiet(told): WhenQuiet, _: &mut Context<Self>) {
        match self.deadlines.is_quiet() {
            true => {
                let _ = told.send(());
            }
            false => self.quiet.push(told),
        }
    }
}
