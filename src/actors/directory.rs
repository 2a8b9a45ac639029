//! Who is where: the addresses of all actors, and the way of each command to the first of them.

use std::sync::{
    Arc, OnceLock, PoisonError, RwLock,
    atomic::{AtomicBool, Ordering},
};

use actix::{Actor, Addr, ArbiterHandle, Context, Handler, Message, dev::ToEnvelope};
use dashmap::DashMap;

use super::{
    accounts::{AccountsActor, AccountsCommand},
    ad_board::{AdBoardActor, AdDue, BoardAsk, BoardCommand, Refund, TradesEnded},
    answer::Ticket,
    book::{BookActor, BookCommand, CascadeDurable},
    deadline::{DeadlineActor, DeadlineNews, Entity, MoveClock, NotDue},
    durable::Delivery,
    fatal,
    journal::{Entry, Reply},
    p2p_trade::{TradeActor, TradeCommand, TradeDue, TradeEnded, asker, decide_on},
    wallet::{Deliver, SwitchDue, WalletActor, WalletCommand},
    wiring::Wiring,
};
use crate::domain::{
    command::Command,
    fact::{Body, Fact},
    id::{BoardId, InstrumentId, P2pTradeId, Stamp, UserId},
    order::Side,
    p2p::{ad::Ad, board::Take, decide::decide, trade::Trade},
    rejection::Rejection,
    wallet::Wallet,
};

/// The directory; clones are the same one.
#[derive(Clone)]
pub struct Directory(Arc<Inner>);

struct Inner {
    mailbox_capacity: usize,
    arbiters: Vec<ArbiterHandle>,
    /// By user id, from 1; ids count up without gaps.
    wallets: RwLock<Vec<Addr<WalletActor>>>,
    /// The open P2P trades.
    trades: DashMap<P2pTradeId, Addr<TradeActor>>,
    fixed: OnceLock<Fixed>,
    wiring: OnceLock<Arc<Wiring>>,
    stopping: AtomicBool,
}

/// The actors that are there from start to end.
pub(super) struct Fixed {
    pub books: Vec<Addr<BookActor>>,
    pub boards: Vec<Addr<AdBoardActor>>,
    pub accounts: Addr<AccountsActor>,
    pub deadlines: Addr<DeadlineActor>,
}

/// Starts an actor on an arbiter. Its mailbox has its capacity from the first message on, which
/// `Actor::start_in_arbiter` would give it only once it runs.
pub(super) fn start_on<A: Actor<Context = Context<A>> + Send>(
    arbiter: &ArbiterHandle,
    mailbox_capacity: usize,
    actor: A,
) -> Addr<A> {
    let (sender, receiver) = actix::dev::channel::channel(mailbox_capacity);
    let started = arbiter.spawn_fn(move || {
        Context::with_receiver(receiver).run(actor);
    });
    if !started {
        fatal("an arbiter is gone");
    }
    Addr::new(sender)
}

impl Directory {
    /// An empty directory, whose wallets, books and trades will live on these arbiters.
    pub(super) fn new(arbiters: Vec<ArbiterHandle>, mailbox_capacity: usize) -> Directory {
        Directory(Arc::new(Inner {
            mailbox_capacity,
            arbiters,
            wallets: RwLock::default(),
            trades: DashMap::new(),
            fixed: OnceLock::new(),
            wiring: OnceLock::new(),
            stopping: AtomicBool::new(false),
        }))
    }

    /// Makes known what wallets need, before the first is started.
    pub(super) fn wire(&self, wiring: Wiring) {
        if self.0.wiring.set(Arc::new(wiring)).is_err() {
            fatal("the directory was wired twice");
        }
    }

    /// Makes the lasting actors known.
    pub(super) fn fix(&self, fixed: Fixed) {
        if self.0.fixed.set(fixed).is_err() {
            fatal("the lasting actors were started twice");
        }
    }

    fn fixed(&self) -> &Fixed {
        self.0.fixed.get().unwrap_or_else(|| fatal("a command came before the actors"))
    }

    fn wiring(&self) -> &Arc<Wiring> {
        self.0.wiring.get().unwrap_or_else(|| fatal("an actor came before its wiring"))
    }

    /// Starts one of many actors of a kind.
    pub(super) fn start_one<A: Actor<Context = Context<A>> + Send>(
        &self,
        at: usize,
        actor: A,
    ) -> Addr<A> {
        let arbiters = &self.0.arbiters;
        start_on(&arbiters[at % arbiters.len()], self.0.mailbox_capacity, actor)
    }

    /// Starts a wallet's actor; ids come in order.
    pub(super) fn start_wallet(&self, wallet: Wallet, since: Stamp) {
        let wiring = self.wiring();
        let user = wallet.user.0;
        let actor = WalletActor::new(wallet, Wiring::clone(wiring), since);
        let addr = self.start_one(user as usize, actor);
        let mut wallets = self.0.wallets.write().unwrap_or_else(PoisonError::into_inner);
        wallets.push(addr);
        if wallets.len() as u64 != user {
            fatal("wallets do not come in order");
        }
    }

    /// Starts an open P2P trade's actor.
    pub(super) fn start_trade(&self, trade: Trade, since: Stamp) {
        let id = trade.id;
        let actor = TradeActor::new(trade, self.wiring().clone(), since);
        let addr = self.start_one(id.number() as usize, actor);
        self.0.trades.insert(id, addr);
    }

    /// Ends a P2P trade's actor: nobody finds it any more, and this is its last message.
    pub(super) fn end_trade(&self, id: P2pTradeId, fact: Arc<Fact>) {
        match self.0.trades.remove(&id) {
            Some((_, last)) => last.clone().do_send(TradeEnded { fact, last }),
            None if self.is_stopping() => {}
            None => fatal("a trade ended that was not open"),
        }
    }

    /// Every open P2P trade's address.
    pub(super) fn trades(&self) -> Vec<Addr<TradeActor>> {
        self.0.trades.iter().map(|entry| entry.value().clone()).collect()
    }

    fn with_wallet<R>(
        &self,
        user: UserId,
        then: impl FnOnce(&Addr<WalletActor>) -> R,
    ) -> Option<R> {
        let wallets = self.0.wallets.read().unwrap_or_else(PoisonError::into_inner);
        wallets.get((user.0 as usize).checked_sub(1)?).map(then)
    }

    /// Every wallet's address.
    pub(super) fn wallets(&self) -> Vec<Addr<WalletActor>> {
        self.0.wallets.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every book's address.
    pub(super) fn books(&self) -> &[Addr<BookActor>] {
        &self.fixed().books
    }

    /// Every board's address.
    pub(super) fn boards(&self) -> &[Addr<AdBoardActor>] {
        &self.fixed().boards
    }

    /// The address of the accounts.
    pub(super) fn accounts(&self) -> &Addr<AccountsActor> {
        &self.fixed().accounts
    }

    /// Puts a command into the first mailbox of its way.
    pub(super) fn send(&self, command: Command, ticket: Ticket) {
        match command {
            Command::Register(_)
            | Command::ChangeProfile { .. }
            | Command::ChangePassword { .. }
            | Command::LogOut
            | Command::SetRole { .. }
            | Command::SetFrozen { .. }
            | Command::Contact(_)
            | Command::ReadNotifications { .. } => {
                self.put(self.accounts(), AccountsCommand { command, ticket });
            }
            Command::MoveClock(to) => self.put(&self.fixed().deadlines, MoveClock { to, ticket }),
            Command::Deposit { to, .. } => self.send_to_wallet(Some(to), command, ticket),
            Command::PauseAd(ad) => self.ask_board(ad.board(), BoardAsk::Pause(ad), ticket),
            Command::ResumeAd(ad) => self.ask_board(ad.board(), BoardAsk::Resume(ad), ticket),
            Command::CloseAd(ad) => self.ask_board(ad.board(), BoardAsk::Close(ad), ticket),
            // What a SELL ad sells is in its reserve: its taker sets nothing aside.
            Command::TakeAd(take) if !self.buys(&take) => {
                self.ask_board(take.ad.board(), BoardAsk::Take(take), ticket);
            }
            Command::Review { trade, rating, comment } => {
                let ask = BoardAsk::Review { trade, rating, comment };
                self.ask_board(trade.board(), ask, ticket);
            }
            Command::P2pTrade { trade, dispute, expected, ask } => {
                let Some(by) = ticket.cause.by else {
                    return self.refuse(ticket, Rejection::UserNotFound);
                };
                self.send_to_trade(trade, TradeCommand { by, ticket, dispute, expected, ask });
            }
            _ => self.send_to_wallet(ticket.cause.by, command, ticket),
        }
    }

    fn send_to_wallet(&self, user: Option<UserId>, command: Command, ticket: Ticket) {
        let mut unsent = Some((command, ticket));
        if let Some(user) = user {
            self.with_wallet(user, |wallet| {
                if let Some((command, ticket)) = unsent.take() {
                    self.put(wallet, WalletCommand { command, ticket });
                }
            });
        }
        if let Some((_, ticket)) = unsent {
            self.refuse(ticket, Rejection::UserNotFound);
        }
    }

    fn refuse(&self, ticket: Ticket, rejection: Rejection) {
        self.wiring().journal.put(Entry::answer(ticket, Reply::Refused(rejection)));
    }

    fn buys(&self, take: &Take) -> bool {
        let world = self.wiring().views.world();
        world.state.p2p.ad(take.ad).is_some_and(|ad| ad.side == Side::Buy)
    }

    fn ask_board(&self, board: BoardId, ask: BoardAsk, ticket: Ticket) {
        match ticket.cause.by {
            Some(user) => {
                self.send_to_board(board, BoardCommand { user, ticket, set_aside: None, ask });
            }
            None => self.refuse(ticket, Rejection::UserNotFound),
        }
    }

    /// Passes a command on to a board of ads. One that came with money knows its board.
    pub(super) fn send_to_board(&self, board: BoardId, command: BoardCommand) {
        match self.boards().get(usize::from(board.0)) {
            Some(addr) => self.put(addr, command),
            None => {
                let rejection = match command.ask {
                    BoardAsk::Review { .. } => Rejection::P2pTradeNotFound,
                    _ => Rejection::AdNotFound,
                };
                self.refuse(command.ticket, rejection);
            }
        }
    }

    /// Has a board write down that a trade gives coins back. Refunds by the clock take no permit, so the
    /// mailbox's capacity does not count for them.
    pub(super) fn refund(&self, board: BoardId, refund: Refund) {
        self.boards()[usize::from(board.0)].do_send(refund);
    }

    /// Tells a board of trades that ended by facts of their own.
    pub(super) fn tell_board(&self, board: BoardId, ended: TradesEnded) {
        self.boards()[usize::from(board.0)].do_send(ended);
    }

    fn send_to_trade(&self, id: P2pTradeId, command: TradeCommand) {
        match self.0.trades.get(&id) {
            Some(trade) => self.put(trade.value(), command),
            None => self.refuse_ended(id, command),
        }
    }

    /// A trade that is not open any more refuses everything, as its actor would.
    fn refuse_ended(&self, id: P2pTradeId, command: TradeCommand) {
        let TradeCommand { by, ticket, dispute, expected, ask } = command;
        let refused = {
            let wiring = self.wiring();
            let (world, now) = (wiring.views.world(), wiring.clock.now());
            world.history.p2p.ended(id).map_or(Rejection::P2pTradeNotFound, |trade| {
                let decided = asker(&world, by, trade).and_then(|asker| {
                    decide_on(trade, &asker, dispute, |trade| {
                        decide(trade, &asker, ask, expected, &wiring.p2p, now)
                    })
                });
                decided.err().unwrap_or(Rejection::TradeStateForbids(trade.state))
            })
        };
        let refused = match refused {
            Rejection::P2pTradeNotFound if dispute.is_some() => Rejection::DisputeNotFound,
            other => other,
        };
        self.refuse(ticket, refused);
    }

    /// Passes a command on to a book.
    pub(super) fn send_to_book(&self, instrument: InstrumentId, command: BookCommand) {
        self.put(&self.books()[instrument.0 as usize], command);
    }

    /// Passes a message on to a user's wallet.
    pub(super) fn tell_wallet<M>(&self, user: UserId, message: M)
    where
        WalletActor: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        self.with_wallet(user, |wallet| self.put(wallet, message));
    }

    /// Delivers durable facts. Deliveries are not bounded by permits, so the mailbox's capacity does
    /// not count for them; a wallet that is gone is a bug like any other.
    pub(super) fn deliver(&self, user: UserId, delivery: Delivery) {
        let delivered = self.with_wallet(user, |wallet| {
            wallet.do_send(Deliver(delivery));
            wallet.connected()
        });
        if delivered != Some(true) && !self.is_stopping() {
            fatal("a wallet is gone");
        }
    }

    /// Tells a book how many facts of its cascade are durable.
    pub(super) fn tell_cascade(&self, book: InstrumentId, count: usize) {
        self.books()[book.0 as usize].do_send(CascadeDurable(count));
    }

    /// Tells the deadlines of a fact that sets or ends one.
    pub(super) fn tell_deadlines(&self, body: &Body) {
        let news = match body {
            Body::SwitchArmed { user, deadline, epoch } => {
                DeadlineNews { entity: Entity::Switch(*user), deadline: *deadline, epoch: *epoch }
            }
            Body::SwitchFired { user, epoch } => {
                DeadlineNews { entity: Entity::Switch(*user), deadline: None, epoch: *epoch }
            }
            Body::P2pTrade(own) => deadline_of_trade(&own.trade),
            Body::P2pAd(own) => deadline_of_ad(&own.ad),
            _ => return,
        };
        self.tell_deadline(news);
    }

    /// Tells the deadlines of one.
    pub(super) fn tell_deadline(&self, news: DeadlineNews) {
        self.fixed().deadlines.do_send(news);
    }

    /// Knocks at whoever has a deadline; `false` where it is gone.
    pub(super) fn knock(&self, entity: Entity, epoch: u32) -> bool {
        match entity {
            Entity::Switch(user) => {
                self.with_wallet(user, |wallet| self.put(wallet, SwitchDue { epoch })).is_some()
            }
            Entity::Ad(ad) => {
                let board = self.boards().get(usize::from(ad.board().0));
                board.map(|board| self.put(board, AdDue { ad, epoch })).is_some()
            }
            Entity::Trade(trade) => {
                let trade = self.0.trades.get(&trade);
                trade.map(|trade| self.put(trade.value(), TradeDue { epoch })).is_some()
            }
        }
    }

    /// Tells the deadlines that one of them was stale.
    pub(super) fn tell_not_due(&self, not_due: NotDue) {
        self.fixed().deadlines.do_send(not_due);
    }

    /// The address of the deadlines.
    pub(super) fn deadlines(&self) -> &Addr<DeadlineActor> {
        &self.fixed().deadlines
    }

    /// From now on actors may be gone: what cannot reach them is dropped.
    pub(super) fn stop(&self) {
        self.0.stopping.store(true, Ordering::SeqCst);
    }

    /// Sends a message that must arrive: a full or closed mailbox inside is a bug, but while stopping.
    fn put<A, M>(&self, to: &Addr<A>, message: M)
    where
        A: Actor + Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
        A::Context: ToEnvelope<A, M>,
    {
        if let Err(error) = to.try_send(message)
            && !self.is_stopping()
        {
            fatal(&format!("a mailbox inside takes nothing: {error}"));
        }
    }

    fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::SeqCst)
    }
}

/// When the clock acts on a trade.
pub(super) fn deadline_of_trade(trade: &Trade) -> DeadlineNews {
    let (entity, deadline) = (Entity::Trade(trade.id), trade.runs_out());
    DeadlineNews { entity, deadline, epoch: trade.step }
}

/// When an ad ends by itself.
pub(super) fn deadline_of_ad(ad: &Ad) -> DeadlineNews {
    let deadline = ad.terms.expires_at.filter(|_| ad.status.is_live());
    DeadlineNews { entity: Entity::Ad(ad.id), deadline, epoch: ad.version }
}
