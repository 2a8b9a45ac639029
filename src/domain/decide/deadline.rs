//! The deadlines decide whom to knock at: all of the exchange's in one ordered set of (deadline, entity,
//! epoch), and the manual clock.
//!
//! A knock says only that a deadline may have come; the entity decides by its own stamps whether it has, so
//! neither a late nor a stale knock does harm. Every knock is answered, and only so many are under way at
//! once, since what they set off takes no permit. A manual clock stops at each deadline on its way, and
//! what fires there is durable before it moves on.

#![deny(clippy::wildcard_enum_match_arm)]

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::{
    Entry, Letter, Out, ReplyTo, board::BoardMessage, trade::TradeMessage, wallet::WalletMessage,
};
use crate::domain::{
    command::ClockMove,
    fact::{Body, Fact},
    id::{AdId, P2pTradeId, Stamp, UserId},
    p2p::{ad::Ad, trade::P2pTrade},
    rejection::Rejection,
    state::State,
};

/// How many knocks may be unanswered.
pub const KNOCKS_MAX: usize = 1_024;

/// What has a deadline; one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entity {
    /// A user's dead man's switch.
    Switch(UserId),
    /// The end of an ad.
    Ad(AdId),
    /// The deadline of a P2P trade.
    P2pTrade(P2pTradeId),
}

/// What the deadlines can be told.
#[derive(Debug)]
pub enum DeadlineMessage<R> {
    /// A durable fact set the deadline of an entity, or ended it.
    News(DeadlineNews),
    /// The entity that was knocked at had nothing due.
    NotDue {
        /// Who.
        entity: Entity,
        /// As the knock had it.
        epoch: u32,
        /// Its deadline, where the knock came too early.
        again: Option<Stamp>,
    },
    /// Somebody moves a manual clock.
    MoveClock(R, ClockMove),
    /// The next deadline may have come.
    Woken,
}

/// The deadline of an entity, as a durable fact left it; `None` where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct DeadlineNews {
    pub entity: Entity,
    pub deadline: Option<Stamp>,
    pub epoch: u32,
}

impl DeadlineNews {
    /// What a fact says of a deadline.
    pub fn of_fact(fact: &Fact) -> Option<DeadlineNews> {
        match &fact.body {
            Body::SwitchArmed { user, deadline, epoch } => {
                let entity = Entity::Switch(*user);
                Some(DeadlineNews { entity, deadline: *deadline, epoch: *epoch })
            }
            Body::SwitchFired { user, epoch } => {
                let entity = Entity::Switch(*user);
                Some(DeadlineNews { entity, deadline: None, epoch: *epoch })
            }
            Body::P2pTrade(own) => Some(DeadlineNews::of_trade(&own.trade)),
            Body::P2pAd(own) => Some(DeadlineNews::of_ad(&own.ad)),
            Body::InstrumentListed(_)
            | Body::InstrumentChanged(_)
            | Body::UserRegistered { .. }
            | Body::PasswordChanged { .. }
            | Body::LoggedOut { .. }
            | Body::ProfileChanged { .. }
            | Body::RoleChanged { .. }
            | Body::FreezeChanged { .. }
            | Body::Deposited { .. }
            | Body::Withdrawn { .. }
            | Body::Book(_)
            | Body::NotificationsRead { .. }
            | Body::ClockMoved { .. }
            | Body::DowntimeShifted { .. }
            | Body::BoardListed { .. }
            | Body::P2pMessage(_)
            | Body::Reviewed(_)
            | Body::ContactChanged { .. } => None,
        }
    }

    /// Everything in a state that has a deadline.
    pub fn of_state(state: &State) -> impl Iterator<Item = DeadlineNews> {
        let switches = state.wallets().iter().filter_map(|wallet| {
            let (entity, switch) = (Entity::Switch(wallet.user), wallet.switch?);
            Some(DeadlineNews { entity, deadline: Some(switch.deadline), epoch: switch.epoch })
        });
        let ads = state.p2p.boards().iter().flat_map(|board| board.ads()).map(DeadlineNews::of_ad);
        let trades = state.p2p.trades().map(DeadlineNews::of_trade);
        switches.chain(ads).chain(trades).filter(|news| news.deadline.is_some())
    }

    /// When the clock acts on a trade.
    fn of_trade(trade: &P2pTrade) -> DeadlineNews {
        let (entity, deadline) = (Entity::P2pTrade(trade.id), trade.runs_out());
        DeadlineNews { entity, deadline, epoch: trade.step }
    }

    /// When an ad ends by itself.
    fn of_ad(ad: &Ad) -> DeadlineNews {
        let deadline = ad.terms.expires_at.filter(|_| ad.status.is_live());
        DeadlineNews { entity: Entity::Ad(ad.id), deadline, epoch: ad.version }
    }
}

/// The clock, as the deadlines see it.
pub trait Movable {
    /// The time now.
    fn now(&self) -> Stamp;
    /// Whether it stands still and is moved by command.
    fn is_manual(&self) -> bool;
    /// Moves a manual clock forward.
    fn move_to(&self, stamp: Stamp);
}

/// A deadline, whose it is, and the epoch that it was set in.
type Deadline = (Stamp, Entity, u32);

/// All deadlines, and what is knocked for.
#[derive(Debug)]
pub struct Deadlines<R> {
    ordered: BTreeSet<Deadline>,
    /// The one deadline of each entity; a newer one takes its place.
    by_entity: HashMap<Entity, Deadline>,
    /// What was knocked for and is not answered yet.
    knocked: HashMap<Entity, (Stamp, u32)>,
    moving: Option<Moving<R>>,
    /// Moves that wait, one after the other.
    waiting: VecDeque<(R, ClockMove)>,
}

/// A manual clock under way; it waits while something is knocked for.
#[derive(Debug)]
struct Moving<R> {
    to: Stamp,
    reply: R,
}

impl<R> Default for Deadlines<R> {
    fn default() -> Deadlines<R> {
        Deadlines {
            ordered: BTreeSet::new(),
            by_entity: HashMap::new(),
            knocked: HashMap::new(),
            moving: None,
            waiting: VecDeque::new(),
        }
    }
}

impl<R: ReplyTo> Deadlines<R> {
    /// Handles one message. Afterwards the runtime sees to it that [`DeadlineMessage::Woken`] comes at
    /// [`Deadlines::next`].
    pub fn handle(
        &mut self,
        message: DeadlineMessage<R>,
        clock: &(impl Movable + ?Sized),
        out: &mut impl Out<R>,
    ) {
        match message {
            DeadlineMessage::News(news) => self.hear(news, clock, out),
            DeadlineMessage::NotDue { entity, epoch, again } => {
                if self.knocked.get(&entity).is_some_and(|(_, knocked)| *knocked != epoch) {
                    return;
                }
                if let Some(deadline) = again.filter(|_| !self.by_entity.contains_key(&entity)) {
                    self.set(entity, Some((deadline, epoch)));
                }
                self.answered(entity, clock, out);
            }
            DeadlineMessage::MoveClock(reply, to) => {
                self.waiting.push_back((reply, to));
                self.begin_next(clock, out);
            }
            DeadlineMessage::Woken => self.knock_due(clock, out),
        }
    }

    /// Whether nothing is knocked for.
    pub fn is_quiet(&self) -> bool {
        self.knocked.is_empty()
    }

    /// When to wake it next; `None` where something else has to happen first.
    pub fn next(&self, clock: &(impl Movable + ?Sized)) -> Option<Stamp> {
        let runs = self.moving.is_none() && !clock.is_manual() && self.knocked.len() < KNOCKS_MAX;
        self.ordered.first().filter(|_| runs).map(|(deadline, ..)| *deadline)
    }

    fn hear(&mut self, news: DeadlineNews, clock: &(impl Movable + ?Sized), out: &mut impl Out<R>) {
        let DeadlineNews { entity, deadline, epoch } = news;
        let knocked = self.knocked.get(&entity).map(|(knocked, _)| *knocked);
        self.set(entity, deadline.map(|deadline| (deadline, epoch)));
        match knocked {
            None => self.knock_due(clock, out),
            // From a fact before the one that the knock sets off: that one is still to come.
            Some(knocked) if deadline == Some(knocked) => {}
            Some(_) => self.answered(entity, clock, out),
        }
    }

    fn set(&mut self, entity: Entity, deadline: Option<(Stamp, u32)>) {
        if let Some(old) = self.by_entity.remove(&entity) {
            self.ordered.remove(&old);
        }
        if let Some((stamp, epoch)) = deadline {
            self.by_entity.insert(entity, (stamp, entity, epoch));
            self.ordered.insert((stamp, entity, epoch));
        }
    }

    /// The next deadline up to `now`, taken out of the set.
    fn take_due(&mut self, now: Stamp) -> Option<Deadline> {
        let due = *self.ordered.first().filter(|(deadline, ..)| *deadline <= now)?;
        self.ordered.remove(&due);
        self.by_entity.remove(&due.1);
        Some(due)
    }

    /// Knocks. Where the entity is gone, whoever carries the letter answers that nothing was due.
    fn knock(&mut self, (deadline, entity, epoch): Deadline, out: &mut impl Out<R>) {
        self.knocked.insert(entity, (deadline, epoch));
        out.send(match entity {
            Entity::Switch(user) => Letter::Wallet(user, WalletMessage::SwitchDue { epoch }),
            Entity::Ad(ad) => Letter::Board(ad.board(), BoardMessage::AdDue { ad, epoch }),
            Entity::P2pTrade(trade) => Letter::P2pTrade(trade, TradeMessage::Due { epoch }),
        });
    }

    /// Knocks for what is due.
    fn knock_due(&mut self, clock: &(impl Movable + ?Sized), out: &mut impl Out<R>) {
        if self.moving.is_some() {
            return;
        }
        let now = clock.now();
        while self.knocked.len() < KNOCKS_MAX {
            let Some(due) = self.take_due(now) else { return };
            self.knock(due, out);
        }
    }

    /// Begins with the moves that wait.
    fn begin_next(&mut self, clock: &(impl Movable + ?Sized), out: &mut impl Out<R>) {
        while self.moving.is_none() {
            let Some((reply, asked)) = self.waiting.pop_front() else { return };
            let now = clock.now();
            let to = match asked {
                ClockMove::AdvanceMillis(millis) => now.plus_millis(millis),
                ClockMove::To(stamp) => stamp,
            };
            if !clock.is_manual() || to < now {
                out.send(Letter::Journal(Entry::refusal(reply, Rejection::ClockNotMovable)));
                continue;
            }
            self.moving = Some(Moving { to, reply });
            self.step(clock, out);
        }
    }

    /// Moves the clock to the next deadline on the way, or to where it was asked to go.
    fn step(&mut self, clock: &(impl Movable + ?Sized), out: &mut impl Out<R>) {
        if !self.knocked.is_empty() {
            return;
        }
        let Some(moving) = self.moving.take() else { return };
        if let Some(due) = self.take_due(moving.to) {
            if due.0 > clock.now() {
                clock.move_to(due.0);
                let body = Body::ClockMoved { to: due.0 };
                out.send(Letter::Journal(Entry::own_fact(due.0, body)));
            }
            self.knock(due, out);
            self.moving = Some(moving);
            return;
        }
        clock.move_to(moving.to);
        let body = Body::ClockMoved { to: moving.to };
        out.send(Letter::Journal(Entry::fact(moving.to, moving.reply, body)));
    }

    /// A knock was answered: what was due is durable, or was not due.
    fn answered(&mut self, entity: Entity, clock: &(impl Movable + ?Sized), out: &mut impl Out<R>) {
        self.knocked.remove(&entity);
        self.step(clock, out);
        self.begin_next(clock, out);
        self.knock_due(clock, out);
    }
}
