//! The publisher, the durable end of a command's way: the one place from which anything leaves.
//!
//! For each commit, in this order: fold, views, a message to each touched actor, replies, events.
//! So whoever has an answer reads its effects, and whoever spends what an answer gave him finds it
//! in his wallet: a reply never overtakes the credit.

#![deny(clippy::wildcard_enum_match_arm)]

use std::{sync::Arc, thread::JoinHandle};

use crossbeam::channel::Receiver;
use smallvec::SmallVec;

use super::{
    answer::Ticket,
    feed::Feed,
    view::{Access, Views},
};
use crate::{
    domain::{
        account::User,
        audience::PublishedFact,
        decide::{
            Out, Reply,
            commit::{self, Commit},
        },
        fact::{Body, Fact},
        id::{InstrumentId, Sequence, UserId},
        outcome::{Done, Outcome},
    },
    store::Snapshotter,
};

/// Tells the world of what is durable; clones tell the same world.
#[derive(Clone)]
pub struct Publisher {
    /// What readers see.
    pub views: Views,
    /// Where events come out.
    pub feed: Feed,
    /// Who makes snapshots.
    pub snapshots: Arc<Snapshotter>,
}

impl Publisher {
    /// Starts the thread that publishes commits as they come, and ends when they do. Letters go to `out`.
    ///
    /// # Errors
    /// Where a thread cannot be started.
    pub fn start(
        self,
        commits: Receiver<Commit<Ticket>>,
        mut out: impl Out<Ticket> + Send + 'static,
    ) -> std::io::Result<JoinHandle<()>> {
        let work = move || commits.into_iter().for_each(|commit| self.publish(commit, &mut out));
        std::thread::Builder::new().name("souk-durable".into()).spawn(work)
    }

    /// Publishes a commit that is durable; it follows the one before. Letters go to `out`.
    pub fn publish(&self, commit: Commit<Ticket>, out: &mut impl Out<Ticket>) {
        commit::starts(&commit.facts, out);
        let published = self.fold(commit.first, &commit.facts);
        self.update_views(&published);
        commit::deliveries(&commit, out);
        let through = published.last().map_or(Sequence(commit.first.0 - 1), |p| p.sequence);
        commit::answers(commit, answer);
        if !published.is_empty() {
            self.feed.publish(published);
            self.snapshots.durable(through);
        }
    }

    fn fold(&self, first: Sequence, facts: &[Arc<Fact>]) -> Vec<PublishedFact> {
        let mut published = Vec::with_capacity(facts.len());
        if facts.is_empty() {
            return published;
        }
        self.views.change(|world| {
            let mut sequence = first;
            for fact in facts {
                published.push(PublishedFact::fold(world, sequence, fact));
                sequence = sequence.next();
            }
        });
        published
    }

    fn update_views(&self, published: &[PublishedFact]) {
        let mut books: SmallVec<[InstrumentId; 8]> = SmallVec::new();
        for fact in published.iter().map(|p| &p.fact) {
            match &fact.body {
                Body::UserRegistered { user: User { id, .. }, .. }
                | Body::PasswordChanged { user: id, .. }
                | Body::LoggedOut { user: id, .. }
                | Body::RoleChanged { user: id, .. }
                | Body::FreezeChanged { user: id, .. } => self.update_access(*id),
                Body::InstrumentListed(instrument) | Body::InstrumentChanged(instrument) => {
                    self.views.list(instrument.id);
                }
                Body::Book(book) if !books.contains(&book.instrument) => {
                    books.push(book.instrument);
                }
                Body::ProfileChanged { .. }
                | Body::Deposited { .. }
                | Body::Withdrawn { .. }
                | Body::Book(_)
                | Body::SwitchArmed { .. }
                | Body::SwitchFired { .. }
                | Body::NotificationsRead { .. }
                | Body::ClockMoved { .. }
                | Body::DowntimeShifted { .. }
                | Body::BoardListed { .. }
                | Body::P2pAd(_)
                | Body::P2pTrade(_)
                | Body::P2pMessage(_)
                | Body::Reviewed(_)
                | Body::ContactChanged { .. } => {}
            }
        }
        books.into_iter().for_each(|book| self.views.publish(book));
    }

    fn update_access(&self, user: UserId) {
        let access = self.views.world().state.accounts.user(user).map(Access::of);
        if let Some(access) = access {
            self.views.set_access(user, access);
        }
    }
}

/// Lets one answer out.
fn answer(ticket: Ticket, sequence: Sequence, reply: Reply, fact: Option<Arc<Fact>>) {
    let done = match (reply, fact) {
        (Reply::Refused(rejection), _) => Err(rejection),
        (Reply::Existing(order), _) => Ok(Done::Existing(order)),
        (Reply::Done, Some(fact)) => Ok(Done::Fact(fact)),
        (Reply::Done | Reply::Nothing, _) => Ok(Done::Nothing),
    };
    ticket.answer(sequence, done.map(|done| Outcome { sequence, done, replayed: false }));
}
