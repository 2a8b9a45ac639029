//! All deciders in one thread, for tests: letters to books wait until somebody lets one arrive, entries
//! wait until somebody makes them durable, everything else arrives at once.
//!
//! At each commit every fact is folded into a world besides, which must stay balanced; at rest the
//! deciders' own parts together must be that world.

use std::{cell::Cell, collections::BTreeMap, collections::VecDeque, sync::Arc};

use crate::domain::{
    account::{Accounts, Register, Role},
    book::Book,
    command::Command,
    decide::{
        Decider, DecisionContext, Entry, Letter, Reads, Reply, ReplyTo,
        accounts::AccountsFlight,
        board::BoardFlight,
        book::{BookFlight, BookMessage},
        commit::{self, Commit, Note},
        deadline::{Deadlines, Movable},
        issued::IssuedTotal,
        route::{route, undelivered},
        trade::{TradeFlight, TradeMessage},
        wallet::WalletFlight,
    },
    digest::Digest,
    fact::{Body, Cause, Fact, KeyUse},
    id::{InstrumentId, P2pTradeId, RequestId, Sequence, Stamp, UserId},
    instrument::{Instrument, Price},
    money::Amount,
    order::Side,
    p2p::{Rules, board::Board, contact::ContactBook, trade::P2pTrade},
    per_asset::PerAsset,
    rejection::Rejection,
    wallet::{Limits, Wallet},
    world::World,
};

/// Who asked, found again by the request's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct To(pub Cause);

impl ReplyTo for To {
    fn cause(&self) -> &Cause {
        &self.0
    }

    fn split(self, parts: usize) -> Vec<To> {
        vec![self; parts]
    }

    fn nobody(cause: Cause) -> To {
        To(cause)
    }
}

impl Reads for World {
    fn best(&self, on: InstrumentId, side: Side) -> Option<Price> {
        self.state.book(on)?.best(side)
    }

    fn instruments(&self) -> u16 {
        self.state.books.len() as u16
    }

    fn instrument<T>(&self, id: InstrumentId, look: impl FnOnce(&Instrument) -> T) -> Option<T> {
        self.state.book(id).map(|book| look(book.instrument()))
    }

    fn world<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(self)
    }
}

/// A clock that is moved by hand.
#[derive(Debug, Default)]
pub struct Clock(Cell<Stamp>);

impl Movable for Clock {
    fn now(&self) -> Stamp {
        self.0.get()
    }

    fn is_manual(&self) -> bool {
        true
    }

    fn move_to(&self, stamp: Stamp) {
        self.0.set(self.0.get().max(stamp));
    }
}

/// What was said, with the fact where there is one.
pub type Said = (Reply, Option<Arc<Fact>>);
pub type Wallets = (WalletFlight<To>, Wallet);
pub type Books = (BookFlight<To>, Book);

/// Everyone who decides.
pub struct Core {
    /// Follows by facts alone.
    pub world: World,
    pub wallets: Vec<Wallets>,
    pub books: Vec<Books>,
    pub boards: Vec<(BoardFlight, Board)>,
    pub trades: BTreeMap<P2pTradeId, (TradeFlight<To>, P2pTrade)>,
    pub accounts: (AccountsFlight, (Accounts, ContactBook)),
    pub deadlines: Deadlines<To>,
    pub clock: Clock,
    pub limits: Limits,
    pub rules: Rules,
    pub issued: IssuedTotal,
    /// Letters on their way to each book.
    pub to_books: Vec<VecDeque<BookMessage<To>>>,
    /// Entries that are not durable yet.
    pub journal: VecDeque<Entry<To>>,
    /// By request.
    pub said: BTreeMap<u64, Vec<Said>>,
    asked: u64,
    /// Looks at each fact and its note before it is folded.
    pub look: fn(&World, &Fact, &Note<To>),
}

impl Core {
    /// Nobody and nothing but these instruments.
    pub fn new(instruments: &[Instrument]) -> Core {
        let most = PerAsset::all(Amount::new(i64::MAX / 4));
        let mut core = Core {
            world: World::default(),
            wallets: Vec::new(),
            books: Vec::new(),
            boards: Vec::new(),
            trades: BTreeMap::new(),
            accounts: (AccountsFlight::new(Stamp(0)), Default::default()),
            deadlines: Deadlines::default(),
            clock: Clock::default(),
            limits: Limits {
                open_orders_max: usize::MAX,
                deposit_day_max: most,
                withdrawal_day_max: most,
            },
            rules: Rules::default(),
            issued: IssuedTotal::default(),
            to_books: instruments.iter().map(|_| VecDeque::new()).collect(),
            journal: VecDeque::new(),
            said: BTreeMap::new(),
            asked: 0,
            look: |_, _, _| {},
        };
        for instrument in instruments {
            core.settings_say(Body::InstrumentListed(instrument.clone()));
            core.books.push((BookFlight::new(Stamp(0)), Book::new(instrument.clone())));
        }
        core
    }

    /// A fact that is there before anyone decides.
    pub fn settings_say(&mut self, body: Body) {
        let fact = Fact { stamp: self.clock.now(), cause: Cause::default(), body };
        self.world.apply(self.world.state.through.next(), &fact);
        if let Body::BoardListed { board, asset, fiat } = fact.body {
            let own = Board::new(board, asset, fiat);
            self.boards.push((BoardFlight::new(Stamp(0)), own));
        }
    }

    /// Registers somebody, durably.
    pub fn register(&mut self, name: &str, role: Role, granted: bool) -> UserId {
        let asked = Register {
            username: name.into(),
            email: format!("{name}@example.org"),
            full_name: None,
            password_hash: String::new(),
            role,
            granted,
        };
        self.ask(None, Command::Register(asked));
        self.commit(usize::MAX);
        UserId(self.wallets.len() as u64)
    }

    /// Puts a command in; returns the request's number.
    pub fn ask(&mut self, by: Option<UserId>, command: Command) -> u64 {
        self.ask_under(by, None, command)
    }

    /// The same under an idempotency key.
    pub fn ask_under(&mut self, by: Option<UserId>, key: Option<KeyUse>, command: Command) -> u64 {
        self.asked += 1;
        let to = To(Cause { by, request: RequestId(self.asked), key });
        let letter = route(&self.world, command, to);
        self.carry(vec![letter]);
        self.asked
    }

    /// Lets the next letter to a book arrive, if there is one.
    pub fn let_arrive(&mut self, book: usize) -> bool {
        let Some(message) = self.to_books[book].pop_front() else { return false };
        self.handle(Letter::Book(InstrumentId(book as u16), message));
        true
    }

    /// Makes up to `count` entries durable, as one commit.
    pub fn commit(&mut self, count: usize) {
        let count = count.min(self.journal.len());
        let first = self.world.state.through.next();
        let (mut facts, mut notes) = (Vec::new(), Vec::new());
        for Entry { fact, hold, reply, cascade } in self.journal.drain(..count) {
            let note = Note { has_fact: fact.is_some(), hold, reply, cascade };
            if let Some(fact) = fact {
                (self.look)(&self.world, &fact, &note);
                self.world.apply(self.world.state.through.next(), &fact);
                assert!(self.world.state.is_balanced());
                facts.push(Arc::new(fact));
            }
            notes.push(note);
        }
        let commit = Commit { first, facts, notes };
        let mut letters = Vec::new();
        commit::starts(&commit.facts, &mut letters);
        commit::deliveries(&commit, &mut letters);
        let said = &mut self.said;
        commit::answers(commit, |to: To, _: Sequence, reply, fact| {
            said.entry(to.0.request.0).or_default().push((reply, fact));
        });
        self.carry(letters);
    }

    /// Lets everything arrive and become durable; then the deciders together are the world.
    pub fn come_to_rest(&mut self) {
        loop {
            let waiting = (0..self.books.len()).any(|book| self.let_arrive(book));
            if !waiting && self.journal.is_empty() {
                break;
            }
            self.commit(usize::MAX);
        }
        assert!(self.wallets.iter().all(|(flight, _)| flight.is_idle()));
        assert!(self.books.iter().all(|(flight, _)| flight.is_idle()));
        assert_eq!(self.digest(), self.world.state.digest());
    }

    /// As the live actors give it.
    pub fn digest(&self) -> Digest {
        let mut sum = self.world.state.shared_digest();
        let (accounts, contacts) = &self.accounts.1;
        [accounts.digest(), contacts.digest()].into_iter().for_each(|part| sum.add(part));
        self.wallets.iter().for_each(|(_, own)| sum.add(own.digest()));
        self.books.iter().for_each(|(_, own)| sum.add(own.digest()));
        self.boards.iter().for_each(|(_, own)| sum.add(own.digest()));
        self.trades.values().for_each(|(_, own)| sum.add(own.digest()));
        sum
    }

    /// What was said to a request that has one answer.
    pub fn reply(&self, request: u64) -> Reply {
        match self.said.get(&request).map(Vec::as_slice) {
            Some([(reply, _)]) => reply.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// Why a request was refused, once everything is at rest.
    pub fn refusal(&mut self, request: u64) -> Option<Rejection> {
        self.come_to_rest();
        match self.reply(request) {
            Reply::Refused(rejection) => Some(rejection),
            _ => None,
        }
    }

    fn carry(&mut self, letters: Vec<Letter<To>>) {
        let mut letters = VecDeque::from(letters);
        while let Some(letter) = letters.pop_front() {
            match letter {
                Letter::Journal(entry) => self.journal.push_back(entry),
                // What is durable reaches a book at once, and what it has decided does not wait.
                Letter::Book(book, message @ BookMessage::Command(_)) => {
                    self.to_books[usize::from(book.0)].push_back(message);
                }
                other => letters.extend(self.handled(other)),
            }
        }
    }

    fn handle(&mut self, letter: Letter<To>) {
        let letters = self.handled(letter);
        self.carry(letters);
    }

    /// Has the addressee handle a letter; gives those that the addressee writes.
    fn handled(&mut self, letter: Letter<To>) -> Vec<Letter<To>> {
        let Core { world, limits, rules, issued, clock, .. } = self;
        let now = clock.now();
        let context =
            DecisionContext { now, reads: &*world, limits, p2p: rules, issued, folded: false };
        let mut out = Vec::new();
        let at = |user: UserId| (user.0 as usize).wrapping_sub(1);
        match letter {
            Letter::Journal(entry) => out.push(Letter::Journal(entry)),
            Letter::Accounts(message) => {
                let (flight, own) = &mut self.accounts;
                flight.handle(own, message, &context, &mut out);
            }
            Letter::Wallet(user, message) => match self.wallets.get_mut(at(user)) {
                Some((flight, own)) => flight.handle(own, message, &context, &mut out),
                None => out.extend(undelivered(Letter::Wallet(user, message), &context)),
            },
            Letter::Book(book, message) => {
                let (flight, own) = &mut self.books[usize::from(book.0)];
                flight.handle(own, message, &context, &mut out);
            }
            Letter::Board(board, message) => match self.boards.get_mut(usize::from(board.0)) {
                Some((flight, own)) => flight.handle(own, message, &context, &mut out),
                None => out.extend(undelivered(Letter::Board(board, message), &context)),
            },
            Letter::P2pTrade(trade, message) => match self.trades.get_mut(&trade) {
                Some((flight, own)) => {
                    let ends = matches!(message, TradeMessage::Ended(_));
                    flight.handle(own, message, &context, &mut out);
                    if ends {
                        self.trades.remove(&trade);
                    }
                }
                None => out.extend(undelivered(Letter::P2pTrade(trade, message), &context)),
            },
            Letter::Deadlines(message) => self.deadlines.handle(message, &self.clock, &mut out),
            Letter::StartWallet(own, since) => {
                self.wallets.push((WalletFlight::new(&own, since), *own));
            }
            Letter::StartTrade(own, since) => {
                self.trades.insert(own.id, (TradeFlight::new(since), *own));
            }
        }
        out
    }
}
