//! The publisher, the durable end of a command's way: the one place from which anything leaves.
//!
//! For each commit, in this order: fold, views, a message to each touched actor, replies, events.
//! So whoever has an answer reads its effects, and whoever spends what an answer gave him finds it
//! in his wallet: a reply never overtakes the credit.

use std::{sync::Arc, thread::JoinHandle};

use crossbeam::channel::Receiver;
use smallvec::SmallVec;

use super::{
    answer::{Accepted, Said, Ticket},
    feed::{Feed, Offer, Published},
    view::{Access, Views},
};
use crate::{
    domain::{
        account::User,
        decide::{
            Out, Reply,
            commit::{self, Commit},
        },
        fact::{Body, Fact},
        history::Interval,
        id::{InstrumentId, Sequence, UserId},
        money::Asset,
        p2p::{ad::AdAction, context, trade::Trade},
        world::World,
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

    fn fold(&self, first: Sequence, facts: &[Arc<Fact>]) -> Vec<Published> {
        let mut published = Vec::with_capacity(facts.len());
        if facts.is_empty() {
            return published;
        }
        self.views.change(|world| {
            let mut sequence = first;
            for fact in facts {
                published.push(fold_one(world, sequence, fact));
                sequence = sequence.next();
            }
        });
        published
    }

    fn update_views(&self, published: &[Published]) {
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
                _ => {}
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
    let said = match (reply, fact) {
        (Reply::Refused(rejection), _) => Err(rejection),
        (Reply::Existing(order), _) => Ok(Said::Existing(order)),
        (Reply::Done, Some(fact)) => Ok(Said::Fact(fact)),
        (Reply::Done | Reply::Nothing, _) => Ok(Said::Nothing),
    };
    ticket.answer(sequence, said.map(|said| Accepted { sequence, said, replayed: false }));
}

fn fold_one(world: &mut World, sequence: Sequence, fact: &Arc<Fact>) -> Published {
    let notified = world.apply(sequence, fact);
    let newest = |user: UserId| {
        let notifications = world.history.user(user).map(|own| own.notifications.iter().rev());
        notifications.into_iter().flatten().take_while(|n| n.sequence == sequence).cloned()
    };
    let mut users = notified;
    users.sort_unstable();
    users.dedup();
    let notifications = users
        .into_iter()
        .flat_map(|user| newest(user).map(move |n| (user, n)).collect::<Vec<_>>().into_iter().rev())
        .collect();
    let owned = fact.postings().iter().filter_map(|p| p.account.user().map(|u| (u, p.asset)));
    let mut touched: SmallVec<[(UserId, Asset); 8]> = owned.collect();
    touched.sort_unstable();
    touched.dedup();
    let balance = |(user, asset)| Some((user, asset, *world.state.wallet(user)?.balance(asset)));
    let balances = touched.into_iter().filter_map(balance).collect();
    let candles = match fact.book() {
        Some(book) if !book.fills.is_empty() => world
            .history
            .instrument(book.instrument)
            .map(|h| Interval::ALL.iter().filter_map(|i| h.candles(*i).newest().copied()).collect())
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    let offer = offer_of(world, fact).map(Arc::new);
    let p2p = hearers_of(world, fact);
    Published { sequence, fact: fact.clone(), balances, candles, notifications, offer, p2p }
}

/// Who hears of a fact on the channel of P2P trades. Admins are told of an escalation, but the trade is
/// not shown to them here.
fn hearers_of(world: &World, fact: &Fact) -> SmallVec<[UserId; 4]> {
    let hears = |user: &UserId, trade: &Trade| world.hears(*user, trade);
    match &fact.body {
        Body::P2pTrade(own) => {
            own.told.iter().copied().filter(|user| hears(user, &own.trade)).collect()
        }
        Body::P2pMessage(message) => {
            let Some(trade) = world.state.p2p.trade(message.trade) else { return SmallVec::new() };
            let all = message.told.iter().copied().chain([message.from.id]);
            all.filter(|user| hears(user, trade)).collect()
        }
        _ => SmallVec::new(),
    }
}

/// The ad that a fact is about, as it is afterwards.
fn offer_of(world: &World, fact: &Fact) -> Option<Offer> {
    let ad = match &fact.body {
        Body::P2pAd(own) => &own.ad,
        Body::P2pTrade(own) => world.state.p2p.ad(own.ad?.ad)?,
        _ => return None,
    };
    let (price, hidden) = context::offer(world, ad, fact.stamp);
    let is_new = matches!(&fact.body, Body::P2pAd(own) if own.action == AdAction::Published);
    Some(Offer { is_new, ad: ad.clone(), price, hidden })
}
