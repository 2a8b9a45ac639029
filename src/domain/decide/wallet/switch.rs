//! The dead man's switch of a wallet: set by its user, fired by the clock, before the user's next
//! command where it is due. What it has the books cancel is in the journal before it counts as fired,
//! so a crash between leaves it armed, and it fires again.
//!
//! A firing waits for durability and holds back its own kind alone: settings of the switch.

use std::collections::VecDeque;

use super::WalletContext;
use crate::domain::{
    decide::{
        Entry, Letter, Out, Reads, ReplyTo,
        book::BookRequest,
        deadline::{DeadlineMessage, Entity},
    },
    fact::{Body, Cause},
    id::InstrumentId,
    order::OrderReason,
    wallet::{Switch, Wallet},
};

/// The switch as decided, which may be ahead of the durable one.
#[derive(Debug)]
pub(super) struct SwitchFlight<R> {
    decided: Option<Switch>,
    epoch: u32,
    firing: Option<Firing>,
    /// Settings that wait until the switch that fires is done; bounded by permits.
    arms_waiting: VecDeque<(R, u64)>,
}

/// A switch that fires: the books that have not cancelled yet.
#[derive(Debug)]
struct Firing {
    epoch: u32,
    books_left: u16,
}

impl<R> SwitchFlight<R> {
    /// The switch of a recovered or a new wallet.
    pub(super) fn of(wallet: &Wallet) -> SwitchFlight<R> {
        SwitchFlight {
            decided: wallet.switch,
            epoch: wallet.switch_epoch,
            firing: None,
            arms_waiting: VecDeque::new(),
        }
    }
}

impl<R: ReplyTo, V: Reads, O: Out<R>> WalletContext<'_, '_, R, V, O> {
    pub(super) fn arm_switch(&mut self, to: R, timeout_ms: u64) {
        // A newer switch on disk would hide the one whose cancels are not all there yet.
        if self.flight.switch.firing.is_some() {
            return self.flight.switch.arms_waiting.push_back((to, timeout_ms));
        }
        let stamp = self.stamp();
        let timeout = i64::try_from(timeout_ms).unwrap_or(i64::MAX);
        let deadline = (timeout > 0).then(|| stamp.plus_millis(timeout));
        let switch = &mut self.flight.switch;
        switch.epoch = switch.epoch.wrapping_add(1);
        let epoch = switch.epoch;
        switch.decided = deadline.map(|deadline| Switch { deadline, epoch });
        let user = self.wallet.user;
        self.journal(Entry::fact(stamp, to, Body::SwitchArmed { user, deadline, epoch }));
    }

    pub(super) fn fire_due_switch(&mut self) {
        let now = self.stamp();
        let switch = &mut self.flight.switch;
        let Some(due) = switch.decided.filter(|switch| switch.deadline <= now) else { return };
        if switch.firing.is_some() {
            return;
        }
        switch.decided = None;
        let books = self.context.reads.instruments();
        switch.firing = Some(Firing { epoch: due.epoch, books_left: books });
        for book in (0..books).map(InstrumentId) {
            let ask =
                BookRequest::CancelAll { reason: OrderReason::Switch, firing: Some(due.epoch) };
            self.ask_book(R::nobody(Cause::default()), book, None, ask);
        }
    }

    pub(super) fn switch_due(&mut self, epoch: u32) {
        self.fire_due_switch();
        let switch = &self.flight.switch;
        if switch.firing.as_ref().is_none_or(|firing| firing.epoch != epoch) {
            // A clock that was set back makes a knock come early; then another is due.
            let same = switch.decided.filter(|switch| switch.epoch == epoch);
            let (entity, again) = (Entity::Switch(self.wallet.user), same.map(|s| s.deadline));
            let not_due = DeadlineMessage::NotDue { entity, epoch, again };
            self.out.send(Letter::Deadlines(not_due));
        }
    }

    pub(super) fn switch_cancelled(&mut self, epoch: u32) {
        let Some(firing) = self.flight.switch.firing.as_mut().filter(|f| f.epoch == epoch) else {
            return;
        };
        firing.books_left -= 1;
        if firing.books_left == 0 {
            let (user, stamp) = (self.wallet.user, self.stamp());
            self.journal(Entry::own_fact(stamp, Body::SwitchFired { user, epoch }));
        }
    }

    /// That it fired is durable.
    pub(super) fn switch_fired(&mut self, epoch: u32) {
        let switch = &mut self.flight.switch;
        if switch.firing.take_if(|firing| firing.epoch == epoch).is_some() {
            let waiting = std::mem::take(&mut switch.arms_waiting);
            waiting.into_iter().for_each(|(to, ms)| self.arm_switch(to, ms));
        }
    }
}
