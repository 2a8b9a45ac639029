//! The durable end: the one place from which anything leaves.
//!
//! For each commit, in this order: fold, views, a message to each touched actor, replies, events.
//! So whoever has an answer reads its effects, and whoever spends what an answer gave him finds it
//! in his wallet: a reply never overtakes the credit.

use std::{sync::Arc, thread::JoinHandle};

use crossbeam::channel::Receiver;
use smallvec::SmallVec;

use super::{
    ad_board::{TradesEnded, is_news_to_board},
    answer::{Accepted, Said},
    directory::Directory,
    feed::{Feed, Offer, Published},
    journal::{Committed, Entry, Reply, SetAside},
    view::{Access, Views},
};
use crate::{
    domain::{
        account::User,
        fact::{Body, Fact},
        history::Interval,
        id::{BoardId, ById, InstrumentId, Sequence, UserId},
        money::Asset,
        p2p::{ad::AdAction, machine::Action, trade::Trade},
        wallet::Wallet,
        world::World,
    },
    store::Snapshotter,
};

/// What the durable end tells a wallet: the facts of one commit that touch it, in order.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Delivery {
    pub facts: SmallVec<[Arc<Fact>; 2]>,
    pub set_aside: SmallVec<[SetAside; 2]>,
}

/// Starts the thread; it ends when the journal's thread has.
pub fn start(
    commits: Receiver<Committed>,
    views: Views,
    directory: Directory,
    feed: Feed,
    snapshots: Arc<Snapshotter>,
) -> std::io::Result<JoinHandle<()>> {
    let end = DurableEnd { views, directory, feed, snapshots };
    let work = move || commits.into_iter().for_each(|commit| end.let_out(commit));
    std::thread::Builder::new().name("souk-durable".into()).spawn(work)
}

struct DurableEnd {
    views: Views,
    directory: Directory,
    feed: Feed,
    snapshots: Arc<Snapshotter>,
}

impl DurableEnd {
    fn let_out(&self, commit: Committed) {
        let Committed { first, entries } = commit;
        self.start_trades(&entries);
        let published = self.fold(first, &entries);
        self.update_views(&published);
        self.tell_actors(&published, &entries);
        let through = published.last().map_or(Sequence(first.0 - 1), |p| p.sequence);
        self.reply(first, entries);
        if !published.is_empty() {
            self.feed.publish(published);
            self.snapshots.durable(through);
        }
    }

    /// Before anyone can know of a new trade, so that whoever does finds it.
    fn start_trades(&self, entries: &[Entry]) {
        for (fact, _) in entries.iter().filter_map(|entry| entry.fact.as_ref()) {
            if let Body::P2pTrade(own) = &fact.body
                && own.action == Action::Open
            {
                self.directory.start_trade(own.trade.clone(), fact.stamp);
            }
        }
    }

    fn fold(&self, first: Sequence, entries: &[Entry]) -> Vec<Published> {
        let facts = entries.iter().filter_map(|entry| entry.fact.as_ref());
        let mut published = Vec::new();
        let mut sequence = first;
        let mut facts = facts.peekable();
        if facts.peek().is_none() {
            return published;
        }
        self.views.change(|world| {
            for (fact, _) in facts {
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

    fn tell_actors(&self, published: &[Published], entries: &[Entry]) {
        let mut deliveries: ById<UserId, Delivery> = ById::default();
        let mut ended: ById<BoardId, TradesEnded> = ById::default();
        for Published { fact, .. } in published {
            if let Body::UserRegistered { user, .. } = &fact.body {
                let mut wallet = Wallet::new(user.id);
                wallet.apply(fact);
                self.directory.start_wallet(wallet, fact.stamp);
                continue;
            }
            for user in fact.wallets() {
                deliveries.entry(user).or_default().facts.push(fact.clone());
            }
            self.directory.tell_deadlines(&fact.body);
            if let Body::P2pTrade(own) = &fact.body
                && !own.trade.state.is_open()
            {
                self.directory.end_trade(own.trade.id, fact.clone());
                if is_news_to_board(own) {
                    let board = ended.entry(own.trade.id.board());
                    board.or_insert_with(|| TradesEnded(SmallVec::new())).0.push(fact.clone());
                }
            }
        }
        let mut cascades: SmallVec<[(InstrumentId, usize); 4]> = SmallVec::new();
        for entry in entries {
            if let Some(set_aside) = &entry.set_aside {
                let delivery = deliveries.entry(set_aside.user).or_default();
                delivery.set_aside.push(set_aside.clone());
            }
            if let Some(book) = entry.cascade {
                match cascades.iter_mut().find(|(known, _)| *known == book) {
                    Some((_, count)) => *count += 1,
                    None => cascades.push((book, 1)),
                }
            }
        }
        for (user, delivery) in deliveries {
            self.directory.deliver(user, delivery);
        }
        for (book, count) in cascades {
            self.directory.tell_cascade(book, count);
        }
        for (board, ended) in ended {
            self.directory.tell_board(board, ended);
        }
    }

    fn reply(&self, first: Sequence, entries: Vec<Entry>) {
        let mut next = first;
        for entry in entries {
            let fact = entry.fact.map(|(fact, _)| fact);
            let sequence = match fact {
                Some(_) => next,
                // What the answer stands behind.
                None => Sequence(next.0 - 1),
            };
            next = Sequence(next.0 + u64::from(fact.is_some()));
            if let Some((ticket, reply)) = entry.reply {
                let said = match (reply, fact) {
                    (Reply::Refused(rejection), _) => Err(rejection),
                    (Reply::Existing(order), _) => Ok(Said::Existing(order)),
                    (Reply::Done, Some(fact)) => Ok(Said::Fact(fact)),
                    (Reply::Done | Reply::Nothing, _) => Ok(Said::Nothing),
                };
                ticket.answer(
                    sequence,
                    said.map(|said| Accepted { sequence, said, replayed: false }),
                );
            }
            if let Some(flushed) = entry.flushed {
                // Who waited may have gone.
                let _ = flushed.send(());
            }
        }
    }
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
    let (price, hidden) = world.offer(ad, fact.stamp);
    let is_new = matches!(&fact.body, Body::P2pAd(own) if own.action == AdAction::Published);
    Some(Offer { is_new, ad: ad.clone(), price, hidden })
}
