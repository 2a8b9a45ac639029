//! Who is where: the addresses of all actors, what they are connected to, and the way of each letter.

use std::sync::{
    Arc, OnceLock, PoisonError, RwLock,
    atomic::{AtomicBool, Ordering},
};

use actix::{Actor, Addr, ArbiterHandle, Context, Handler, Message, dev::ToEnvelope};
use dashmap::DashMap;

use super::{
    deadline::DeadlineActor,
    shell::{LastMail, Mail, Shell},
};
use crate::{
    domain::{
        command::Command,
        decide::{
            DecisionContext, Letter, Out,
            accounts::AccountsFlight,
            board::{BoardFlight, BoardMessage},
            book::{BookFlight, BookMessage},
            issued::IssuedTotal,
            route::{route, undelivered},
            trade::{TradeFlight, TradeMessage},
            wallet::{WalletFlight, WalletMessage},
        },
        id::{P2pTradeId, Stamp, UserId},
        p2p::{Rules, trade::P2pTrade},
        wallet::{Limits, Wallet},
    },
    pipeline::{answer::Ticket, clock::Clock, fatal, journal::JournalHandle, view::Views},
};

pub(super) type WalletActor = Shell<WalletFlight<Ticket>>;
pub(super) type BookActor = Shell<BookFlight<Ticket>>;
pub(super) type BoardActor = Shell<BoardFlight>;
pub(super) type TradeActor = Shell<TradeFlight<Ticket>>;
pub(super) type AccountsActor = Shell<AccountsFlight>;

/// The directory; clones are the same one.
#[derive(Clone)]
pub struct Directory(Arc<Inner>);

struct Inner {
    connections: Connections,
    mailbox_capacity: usize,
    arbiters: Vec<ArbiterHandle>,
    /// By user id, from 1; ids count up without gaps.
    wallets: RwLock<Vec<Addr<WalletActor>>>,
    /// The open P2P trades.
    trades: DashMap<P2pTradeId, Addr<TradeActor>>,
    fixed: OnceLock<Fixed>,
    stopping: AtomicBool,
}

/// What every deciding actor is connected to.
#[allow(missing_docs)]
pub(super) struct Connections {
    pub journal: JournalHandle,
    pub views: Views,
    pub clock: Arc<dyn Clock>,
    pub limits: Limits,
    pub p2p: Rules,
    pub issued: IssuedTotal,
}

/// The actors that are there from start to end.
pub(super) struct Fixed {
    pub books: Vec<Addr<BookActor>>,
    pub boards: Vec<Addr<BoardActor>>,
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
    pub(super) fn new(
        connections: Connections,
        arbiters: Vec<ArbiterHandle>,
        mailbox_capacity: usize,
    ) -> Directory {
        Directory(Arc::new(Inner {
            connections,
            mailbox_capacity,
            arbiters,
            wallets: RwLock::default(),
            trades: DashMap::new(),
            fixed: OnceLock::new(),
            stopping: AtomicBool::new(false),
        }))
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

    /// What the actors are connected to.
    pub(super) fn connections(&self) -> &Connections {
        &self.0.connections
    }

    /// What a message is decided by now.
    pub(super) fn context(&self) -> DecisionContext<'_, Views> {
        let Connections { views, clock, limits, p2p, issued, .. } = &self.0.connections;
        DecisionContext { now: clock.now(), reads: views, limits, p2p, issued, folded: false }
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
        let user = wallet.user.0;
        let flight = WalletFlight::new(&wallet, since);
        let addr = self.start_one(user as usize, Shell::new(flight, wallet, self.clone()));
        let mut wallets = self.0.wallets.write().unwrap_or_else(PoisonError::into_inner);
        wallets.push(addr);
        if wallets.len() as u64 != user {
            fatal("wallets do not come in order");
        }
    }

    /// Starts an open P2P trade's actor.
    pub(super) fn start_trade(&self, trade: P2pTrade, since: Stamp) {
        let id = trade.id;
        let actor = Shell::new(TradeFlight::new(since), trade, self.clone());
        let addr = self.start_one(id.number() as usize, actor);
        self.0.trades.insert(id, addr);
    }

    /// Every open P2P trade's address.
    pub(super) fn trades(&self) -> Vec<Addr<TradeActor>> {
        self.0.trades.iter().map(|entry| entry.value().clone()).collect()
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
    pub(super) fn boards(&self) -> &[Addr<BoardActor>] {
        &self.fixed().boards
    }

    /// The address of the accounts.
    pub(super) fn accounts(&self) -> &Addr<AccountsActor> {
        &self.fixed().accounts
    }

    /// The address of the deadlines.
    pub(super) fn deadlines(&self) -> &Addr<DeadlineActor> {
        &self.fixed().deadlines
    }

    /// Puts a command into the first mailbox of its way.
    pub(super) fn enter(&self, command: Command, ticket: Ticket) {
        self.post(route(&self.connections().views, command, ticket));
    }

    /// Brings a letter to its addressee. What permits bound must find room; deliveries and what time
    /// brings about take no permit, so a mailbox's capacity does not count for them.
    pub(super) fn post(&self, letter: Letter<Ticket>) {
        match letter {
            Letter::Journal(entry) => self.connections().journal.put(entry),
            Letter::Accounts(message) => self.put(self.accounts(), Mail(message)),
            Letter::Deadlines(message) => self.deadlines().do_send(Mail(message)),
            Letter::Wallet(user, message) => self.to_wallet(user, message),
            Letter::Book(book, message) => {
                let addr = &self.books()[usize::from(book.0)];
                match message {
                    BookMessage::CascadeDurable(_) => addr.do_send(Mail(message)),
                    _ => self.put(addr, Mail(message)),
                }
            }
            Letter::Board(board, message) => match self.boards().get(usize::from(board.0)) {
                None => self.undelivered(Letter::Board(board, message)),
                Some(addr) => match message {
                    BoardMessage::Refund { .. } | BoardMessage::TradesEnded(_) => {
                        addr.do_send(Mail(message));
                    }
                    _ => self.put(addr, Mail(message)),
                },
            },
            Letter::P2pTrade(trade, message) => self.to_trade(trade, message),
            Letter::StartWallet(wallet, since) => self.start_wallet(*wallet, since),
            Letter::StartTrade(trade, since) => self.start_trade(*trade, since),
        }
    }

    fn to_wallet(&self, user: UserId, message: WalletMessage<Ticket>) {
        let wallets = self.0.wallets.read().unwrap_or_else(PoisonError::into_inner);
        let addr = (user.0 as usize).checked_sub(1).and_then(|at| wallets.get(at));
        match (addr, message) {
            (Some(addr), message @ WalletMessage::Delivered(_)) => {
                addr.do_send(Mail(message));
                if !addr.connected() && !self.is_stopping() {
                    fatal("a wallet is gone");
                }
            }
            (Some(addr), message) => self.put(addr, Mail(message)),
            (None, message) => {
                drop(wallets);
                self.undelivered(Letter::Wallet(user, message));
            }
        }
    }

    fn to_trade(&self, trade: P2pTradeId, message: TradeMessage<Ticket>) {
        if let TradeMessage::Ended(_) = message {
            return match self.0.trades.remove(&trade) {
                Some((_, last)) => last.clone().do_send(LastMail { message, last }),
                None if self.is_stopping() => {}
                None => fatal("a trade ended that was not open"),
            };
        }
        match self.0.trades.get(&trade) {
            Some(addr) => self.put(addr.value(), Mail(message)),
            None => self.undelivered(Letter::P2pTrade(trade, message)),
        }
    }

    fn undelivered(&self, letter: Letter<Ticket>) {
        match undelivered(letter, &self.context()) {
            Some(letter) => self.post(letter),
            None if self.is_stopping() => {}
            None => fatal("a letter has nobody to go to"),
        }
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

impl Out<Ticket> for Directory {
    fn send(&mut self, letter: Letter<Ticket>) {
        self.post(letter);
    }
}

impl Out<Ticket> for &Directory {
    fn send(&mut self, letter: Letter<Ticket>) {
        self.post(letter);
    }
}
