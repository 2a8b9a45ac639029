//! What follows from a commit that is durable: who begins to decide, whom it touches, and what is
//! answered. Pure functions of its facts and of the notes that whoever leads keeps beside them; whoever
//! only follows has no notes, and drops the letters.

#![deny(clippy::wildcard_enum_match_arm)]

use std::sync::Arc;

use smallvec::SmallVec;

use super::{
    Hold, Letter, Out, Reply,
    board::BoardMessage,
    book::BookMessage,
    deadline::{DeadlineMessage, DeadlineNews},
    trade::TradeMessage,
    wallet::{Delivery, WalletMessage},
};
use crate::domain::{
    fact::{Body, Fact},
    id::{BoardId, ById, InstrumentId, Sequence, UserId},
    p2p::{
        machine::Action,
        trade::{P2pTradeFact, TradeState},
    },
    wallet::Wallet,
};

/// A commit that is durable.
#[derive(Debug)]
pub struct Commit<R> {
    /// The number of its first fact; of the next one, where it has none.
    pub first: Sequence,
    /// Its facts, numbered from `first` on.
    pub facts: Vec<Arc<Fact>>,
    /// What its entries were besides their facts, in their order.
    pub notes: Vec<Note<R>>,
}

/// What an entry of a commit was besides its fact.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Note<R> {
    /// Whether it had a fact; the notes with facts are in the order of the facts.
    pub has_fact: bool,
    pub hold: Option<Hold>,
    pub reply: Option<(R, Reply)>,
    pub cascade: Option<InstrumentId>,
}

/// Who begins to decide with these facts: open trades. To be sent before anyone can read of them, so that
/// whoever does finds them.
pub fn starts<R>(facts: &[Arc<Fact>], out: &mut impl Out<R>) {
    for fact in facts {
        if let Body::P2pTrade(own) = &fact.body
            && own.action == Action::Open
        {
            out.send(Letter::StartTrade(Box::new(own.trade.clone()), fact.stamp));
        }
    }
}

/// A message to each whom a commit touches. To be sent once the world has its facts, and before any of its
/// answers: money is there to spend before anyone hears of it.
pub fn deliveries<R>(commit: &Commit<R>, out: &mut impl Out<R>) {
    let mut wallets: ById<UserId, Delivery> = ById::default();
    let mut boards: ById<BoardId, SmallVec<[Arc<Fact>; 2]>> = ById::default();
    for fact in &commit.facts {
        if let Body::UserRegistered { user, .. } = &fact.body {
            let mut wallet = Wallet::new(user.id);
            wallet.apply(fact);
            out.send(Letter::StartWallet(Box::new(wallet), fact.stamp));
            continue;
        }
        for user in fact.wallets() {
            wallets.entry(user).or_default().facts.push(fact.clone());
        }
        if let Some(news) = DeadlineNews::of_fact(fact) {
            out.send(Letter::Deadlines(DeadlineMessage::News(news)));
        }
        if let Body::P2pTrade(own) = &fact.body
            && !own.trade.state.is_open()
        {
            out.send(Letter::P2pTrade(own.trade.id, TradeMessage::Ended(fact.clone())));
            if is_news_to_board(own) {
                boards.entry(own.trade.id.board()).or_default().push(fact.clone());
            }
        }
    }
    let mut cascades: SmallVec<[(InstrumentId, usize); 4]> = SmallVec::new();
    for note in &commit.notes {
        if let Some(hold) = &note.hold {
            wallets.entry(hold.user).or_default().holds.push(hold.clone());
        }
        if let Some(book) = note.cascade {
            match cascades.iter_mut().find(|(known, _)| *known == book) {
                Some((_, count)) => *count += 1,
                None => cascades.push((book, 1)),
            }
        }
    }
    for (user, delivery) in wallets {
        out.send(Letter::Wallet(user, WalletMessage::Delivered(delivery)));
    }
    for (book, count) in cascades {
        out.send(Letter::Book(book, BookMessage::CascadeDurable(count)));
    }
    for (board, facts) in boards {
        out.send(Letter::Board(board, BoardMessage::TradesEnded(facts)));
    }
}

/// Whether the board has to be told of a fact: the trade wrote it, and it ended by it. A board's own facts
/// are a part of it already.
fn is_news_to_board(fact: &P2pTradeFact) -> bool {
    matches!(fact.trade.state, TradeState::Completed | TradeState::ResolvedBuyer)
}

/// What is said to whoever asked, each with what the journal stood at.
pub fn answers<R>(commit: Commit<R>, mut give: impl FnMut(R, Sequence, Reply, Option<Arc<Fact>>)) {
    let mut facts = commit.facts.into_iter();
    let mut next = commit.first;
    for note in commit.notes {
        let fact = if note.has_fact { facts.next() } else { None };
        // An answer without a fact stands behind the one before.
        let sequence = if fact.is_some() { next } else { Sequence(next.0 - 1) };
        next = Sequence(next.0 + u64::from(fact.is_some()));
        if let Some((to, reply)) = note.reply {
            give(to, sequence, reply, fact);
        }
    }
}
