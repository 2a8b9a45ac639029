//! Who is where: the addresses of all actors, and the way of each command to the first of them.

use std::sync::{
    Arc, OnceLock, PoisonError, RwLock,
    atomic::{AtomicBool, Ordering},
};

use actix::{Actor, Addr, ArbiterHandle, Context, Handler, Message, dev::ToEnvelope};

use super::{
    accounts::{AccountsActor, AccountsCommand},
    answer::Ticket,
    book::{BookActor, BookCommand, CascadeDurable},
    command::Command,
    deadline::{DeadlineActor, DeadlineNews, MoveClock, News, NotDue},
    durable::Delivery,
    fatal,
    journal::{Entry, Reply},
    wallet::{Deliver, WalletActor, WalletCommand},
    wiring::Wiring,
};
use crate::domain::{
    fact::Body,
    id::{InstrumentId, Stamp, UserId},
    rejection::Rejection,
    wallet::Wallet,
};

/// The directory; clones are the same one.
#[derive(Clone)]
pub struct Directory(Arc<Inner>);

struct Inner {
    mailbox_capacity: usize,
    wallet_arbiters: Vec<ArbiterHandle>,
    /// By user id, from 1; ids count up without gaps.
    wallets: RwLock<Vec<Addr<WalletActor>>>,
    fixed: OnceLock<Fixed>,
    wiring: OnceLock<Wiring>,
    stopping: AtomicBool,
}

/// The actors that are there from start to end.
pub(super) struct Fixed {
    pub books: Vec<Addr<BookActor>>,
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
    /// An empty directory, whose wallets will live on these arbiters.
    pub(super) fn new(wallet_arbiters: Vec<ArbiterHandle>, mailbox_capacity: usize) -> Directory {
        Directory(Arc::new(Inner {
            mailbox_capacity,
            wallet_arbiters,
            wallets: RwLock::default(),
            fixed: OnceLock::new(),
            wiring: OnceLock::new(),
            stopping: AtomicBool::new(false),
        }))
    }

    /// Makes known what wallets need, before the first is started.
    pub(super) fn wire(&self, wiring: Wiring) {
        if self.0.wiring.set(wiring).is_err() {
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

    fn wiring(&self) -> &Wiring {
        self.0.wiring.get().unwrap_or_else(|| fatal("an actor came before its wiring"))
    }

    /// Starts a wallet's actor; ids come in order.
    pub(super) fn start_wallet(&self, wallet: Wallet, since: Stamp) {
        let wiring = self.wiring();
        let at = wallet.user.0 as usize % self.0.wallet_arbiters.len();
        let user = wallet.user.0;
        let actor = WalletActor::new(wallet, wiring.clone(), since);
        let addr = start_on(&self.0.wallet_arbiters[at], self.0.mailbox_capacity, actor);
        let mut wallets = self.0.wallets.write().unwrap_or_else(PoisonError::into_inner);
        wallets.push(addr);
        if wallets.len() as u64 != user {
            fatal("wallets do not come in order");
        }
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
            | Command::ReadNotifications { .. } => {
                self.put(self.accounts(), AccountsCommand { command, ticket });
            }
            Command::MoveClock(to) => self.put(&self.fixed().deadlines, MoveClock { to, ticket }),
            Command::Deposit { to, .. } => self.send_to_wallet(Some(to), command, ticket),
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
            let reply = Reply::Refused(Rejection::UserNotFound);
            self.wiring().journal.put(Entry::answer(ticket, reply));
        }
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
                News::Set { user: *user, deadline: *deadline, epoch: *epoch }
            }
            Body::SwitchFired { user, epoch } => News::Done { user: *user, epoch: *epoch },
            _ => return,
        };
        self.fixed().deadlines.do_send(DeadlineNews(news));
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
