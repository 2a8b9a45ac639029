//! The dead man's switch of a wallet: set by its user, fired by the clock, before the user's next
//! command where it is due. What it has the books cancel is in the journal before it counts as fired,
//! so a crash between leaves it armed, and it fires again.

use std::collections::VecDeque;

use actix::{Context, Handler, Message};

use super::WalletActor;
use crate::{
    actors::{
        answer::Ticket,
        book::Ask,
        deadline::{Entity, NotDue},
        journal::Entry,
    },
    domain::{
        fact::{Body, Cause},
        order::Reason,
        wallet::{Switch, Wallet},
    },
};

/// The switch as decided, which may be ahead of the durable one.
pub(super) struct LiveSwitch {
    decided: Option<Switch>,
    epoch: u32,
    firing: Option<Firing>,
    /// Settings that wait until the switch that fires is done; bounded by permits.
    arms_waiting: VecDeque<(Ticket, u64)>,
}

impl LiveSwitch {
    /// The switch of a recovered or a new wallet.
    pub(super) fn of(wallet: &Wallet) -> LiveSwitch {
        LiveSwitch {
            decided: wallet.switch,
            epoch: wallet.switch_epoch,
            firing: None,
            arms_waiting: VecDeque::new(),
        }
    }
}

/// A switch that fires: the books that have not cancelled yet.
struct Firing {
    epoch: u32,
    books_left: usize,
}

impl WalletActor {
    pub(super) fn arm_switch(&mut self, ticket: Ticket, timeout_ms: u64) {
        // A newer switch on disk would hide the one whose cancels are not all there yet.
        if self.switch.firing.is_some() {
            return self.switch.arms_waiting.push_back((ticket, timeout_ms));
        }
        let stamp = self.stamps.stamp();
        let timeout = i64::try_from(timeout_ms).unwrap_or(i64::MAX);
        let deadline = (timeout > 0).then(|| stamp.plus_millis(timeout));
        self.switch.epoch = self.switch.epoch.wrapping_add(1);
        let epoch = self.switch.epoch;
        self.switch.decided = deadline.map(|deadline| Switch { deadline, epoch });
        let user = self.wallet.user;
        self.put(Entry::fact(stamp, ticket, Body::SwitchArmed { user, deadline, epoch }));
    }

    /// What is due is done before the next command.
    pub(super) fn fire_due_switch(&mut self) {
        let now = self.stamps.stamp();
        let Some(due) = self.switch.decided.filter(|switch| switch.deadline <= now) else { return };
        if self.switch.firing.is_some() {
            return;
        }
        self.switch.decided = None;
        let books = self.wiring.instruments.clone();
        self.switch.firing = Some(Firing { epoch: due.epoch, books_left: books.len() });
        for book in books.iter() {
            let ticket = Ticket::own(Cause::default());
            let ask = Ask::CancelAll { reason: Reason::Switch, firing: Some(due.epoch) };
            self.pass_on(ticket, book.id, None, ask);
        }
    }

    pub(super) fn finish_firing(&mut self, epoch: u32) {
        if self.switch.firing.take_if(|firing| firing.epoch == epoch).is_some() {
            let waiting = std::mem::take(&mut self.switch.arms_waiting);
            waiting.into_iter().for_each(|(ticket, ms)| self.arm_switch(ticket, ms));
        }
    }
}

/// The deadline of the user's switch has come.
#[derive(Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct SwitchDue {
    pub epoch: u32,
}

impl Handler<SwitchDue> for WalletActor {
    type Result = ();

    fn handle(&mut self, due: SwitchDue, _: &mut Context<Self>) {
        self.fire_due_switch();
        if self.switch.firing.as_ref().is_none_or(|firing| firing.epoch != due.epoch) {
            // A clock that was set back makes a knock come early; then another is due.
            let same = self.switch.decided.filter(|switch| switch.epoch == due.epoch);
            let (entity, epoch) = (Entity::Switch(self.wallet.user), due.epoch);
            let again = same.map(|switch| switch.deadline);
            self.wiring.directory.tell_not_due(NotDue { entity, epoch, again });
        }
    }
}

/// A book has cancelled what the switch had it cancel; its fact is in the journal's queue.
#[derive(Message)]
#[rtype(result = "()")]
pub(in crate::actors) struct SwitchCancelled {
    pub epoch: u32,
}

impl Handler<SwitchCancelled> for WalletActor {
    type Result = ();

    fn handle(&mut self, cancelled: SwitchCancelled, _: &mut Context<Self>) {
        let Some(firing) = self.switch.firing.as_mut().filter(|f| f.epoch == cancelled.epoch)
        else {
            return;
        };
        firing.books_left -= 1;
        if firing.books_left == 0 {
            let (user, epoch) = (self.wallet.user, cancelled.epoch);
            let (stamp, body) = (self.stamps.stamp(), Body::SwitchFired { user, epoch });
            self.put(Entry::own_fact(stamp, Cause::default(), body));
        }
    }
}
