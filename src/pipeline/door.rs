//! The door: where capacity is taken, once, for each command.
//!
//! A permit travels with the message chain and is freed when the answer is let out, so the number of
//! commands inside is bounded whatever clients do with their connections. Queues inside are as large
//! as all permits can fill.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use dashmap::DashMap;
use tokio::sync::watch;

use crate::domain::{
    id::{IdHash, UserId},
    rejection::Rejection,
};

/// Whether commands are let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoorState {
    /// What was due before is still being done; commands wait outside.
    Starting,
    /// Everyone may enter.
    Open,
    /// Commands wait outside for a moment, while a digest is taken.
    Held,
    /// The exchange stops; nobody enters any more.
    Stopping,
    /// The journal has failed; nobody enters any more.
    Failed,
}

impl DoorState {
    /// Whether it is worth waiting for another.
    fn is_passing(self) -> bool {
        matches!(self, DoorState::Starting | DoorState::Held)
    }
}

/// The door; clones are the same door.
#[derive(Clone, Debug)]
pub struct Door(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    permits_max: usize,
    per_user_max: usize,
    inside: AtomicUsize,
    by_user: DashMap<UserId, usize, IdHash>,
    state: watch::Sender<DoorState>,
    left: tokio::sync::Notify,
    /// Idempotency keys of commands that are under way.
    keys: DashMap<[u8; 16], ()>,
    /// Answers that were lost inside while the door was not closed.
    lost: AtomicU64,
}

/// The right to be inside; dropping it frees the place.
#[derive(Debug)]
pub struct Permit {
    door: Arc<Inner>,
    user: Option<UserId>,
    weight: usize,
    key: Option<[u8; 16]>,
}

impl Door {
    /// A door for so many permits overall and for each user. Commands wait until it is opened.
    pub fn new(permits_max: usize, per_user_max: usize) -> Door {
        Door(Arc::new(Inner {
            permits_max,
            per_user_max,
            inside: AtomicUsize::new(0),
            by_user: DashMap::with_hasher(IdHash::default()),
            state: watch::channel(DoorState::Starting).0,
            left: tokio::sync::Notify::new(),
            keys: DashMap::new(),
            lost: AtomicU64::new(0),
        }))
    }

    /// Whether commands are let in.
    pub fn state(&self) -> DoorState {
        *self.0.state.borrow()
    }

    /// Opens, holds or closes. A door that failed or is stopping never opens again.
    pub fn set(&self, state: DoorState) {
        self.0.state.send_if_modified(|now| {
            let final_state = matches!(now, DoorState::Stopping | DoorState::Failed);
            let changes = *now != state && (!final_state || state == DoorState::Failed);
            if changes {
                *now = state;
            }
            changes
        });
    }

    /// Takes a permit of `weight` places, or says why not. Waits only while the door is held.
    pub async fn enter(&self, user: Option<UserId>, weight: usize) -> Result<Permit, Rejection> {
        loop {
            match self.passed().await {
                DoorState::Open => {}
                _ => return Err(Rejection::Stopping),
            }
            let permit = self.take(user, weight)?;
            // A door that was held just now may have been found empty before this one was counted.
            if self.state() == DoorState::Open {
                return Ok(permit);
            }
        }
    }

    /// The state, once it is one that stays for a while.
    async fn passed(&self) -> DoorState {
        let now = self.state();
        if !now.is_passing() {
            return now;
        }
        let mut state = self.0.state.subscribe();
        let passed = state.wait_for(|state| !state.is_passing()).await;
        passed.map(|state| *state).unwrap_or(DoorState::Stopping)
    }

    /// A permit for an idempotency key: refuses a second one while the first is under way.
    pub fn hold_key(&self, permit: &mut Permit, key: [u8; 16]) -> Result<(), Rejection> {
        match self.0.keys.entry(key) {
            dashmap::Entry::Occupied(_) => Err(Rejection::InProgress),
            dashmap::Entry::Vacant(free) => {
                free.insert(());
                permit.key = Some(key);
                Ok(())
            }
        }
    }

    fn take(&self, user: Option<UserId>, weight: usize) -> Result<Permit, Rejection> {
        let inner = &self.0;
        if let Some(user) = user {
            let mut mine = inner.by_user.entry(user).or_insert(0);
            if *mine + weight > inner.per_user_max {
                return Err(Rejection::TooManyInFlight);
            }
            *mine += weight;
        }
        let permit = Permit { door: inner.clone(), user, weight, key: None };
        let before = inner.inside.fetch_add(weight, Ordering::SeqCst);
        match before + weight > inner.permits_max {
            true => Err(Rejection::Overloaded),
            false => Ok(permit),
        }
    }

    /// How many places are taken.
    pub fn inside(&self) -> usize {
        self.0.inside.load(Ordering::SeqCst)
    }

    /// The most places there are.
    pub fn permits_max(&self) -> usize {
        self.0.permits_max
    }

    /// How many commands were dropped inside without an answer: a bug each.
    pub fn lost(&self) -> u64 {
        self.0.lost.load(Ordering::Relaxed)
    }

    /// Waits until nobody is inside.
    pub async fn empty(&self) {
        loop {
            let left = self.0.left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            if self.inside() == 0 {
                return;
            }
            left.await;
        }
    }
}

impl Permit {
    /// Counts that its command was dropped without an answer. `false` where the exchange is ending, and
    /// its actors with all that waits for them.
    pub(super) fn note_lost(&self) -> bool {
        let ending = matches!(*self.door.state.borrow(), DoorState::Stopping | DoorState::Failed);
        if !ending {
            self.door.lost.fetch_add(1, Ordering::Relaxed);
        }
        !ending
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.door.keys.remove(&key);
        }
        if let Some(user) = self.user
            && let dashmap::Entry::Occupied(mut mine) = self.door.by_user.entry(user)
        {
            *mine.get_mut() -= self.weight;
            if *mine.get() == 0 {
                mine.remove();
            }
        }
        if self.door.inside.fetch_sub(self.weight, Ordering::SeqCst) == self.weight {
            self.door.left.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn permits_are_bounded_overall_and_by_user_and_come_back() {
        let door = Door::new(3, 2);
        door.set(DoorState::Open);
        let (a, b) = (Some(UserId(1)), Some(UserId(2)));
        let first = door.enter(a, 2).await.unwrap();
        assert_eq!(door.enter(a, 1).await.unwrap_err(), Rejection::TooManyInFlight);
        let second = door.enter(b, 1).await.unwrap();
        assert_eq!(door.enter(b, 1).await.unwrap_err(), Rejection::Overloaded);
        assert_eq!(door.inside(), 3);
        drop((first, second));
        door.empty().await;
        assert!(door.enter(b, 2).await.is_ok());
    }

    #[tokio::test]
    async fn a_closed_door_never_opens_again() {
        let door = Door::new(3, 2);
        door.set(DoorState::Stopping);
        door.set(DoorState::Open);
        assert_eq!(door.enter(None, 1).await.unwrap_err(), Rejection::Stopping);
    }

    #[tokio::test]
    async fn a_key_is_held_until_its_command_is_answered() {
        let door = Door::new(3, 3);
        door.set(DoorState::Open);
        let mut first = door.enter(None, 1).await.unwrap();
        let mut second = door.enter(None, 1).await.unwrap();
        door.hold_key(&mut first, [7; 16]).unwrap();
        assert_eq!(door.hold_key(&mut second, [7; 16]), Err(Rejection::InProgress));
        drop(first);
        door.hold_key(&mut second, [7; 16]).unwrap();
    }
}
