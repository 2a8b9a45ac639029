//! Starting and stopping: from what the store recovered to an open door, and back.

use std::{
    sync::{Arc, RwLock},
    thread::JoinHandle,
    time::Instant,
};

use actix::Arbiter;
use tokio::sync::oneshot;

use super::{
    deadline::{DeadlineActor, WhenQuiet},
    directory::{Connections, Directory, Fixed, start_on},
    exchange::{Exchange, Parts},
    shell::Shell,
};
use crate::{
    domain::{
        account::{ADMIN, ADMIN_EMAIL, Register, Role},
        decide::{
            Letter,
            accounts::AccountsFlight,
            board::BoardFlight,
            book::{BookFlight, BookMessage, CASCADE_MAX},
            deadline::{DeadlineMessage, DeadlineNews, KNOCKS_MAX},
            issued::IssuedTotal,
        },
        fact::{Body, Cause, Fact},
        id::{BOARDS_MAX, BoardId, InstrumentId, Sequence, Stamp},
        instrument::Instrument,
        p2p::{self, Rules, board::Board},
        rejection::Rejection,
        state::State,
        wallet::Limits,
        world::World,
    },
    pipeline::{
        clock::{Clock, ManualClock, SystemClock},
        door::{Door, DoorState},
        feed::Feed,
        journal::{self, JournalThread, OnFailure},
        password::{self, Passwords},
        publisher::Publisher,
        view::Views,
    },
    store::{Failure, Journal, Opened, Snapshotter, codec},
};

/// What the actors need to know of the settings.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Config {
    /// By id; those that the journal knows must keep their assets and steps.
    pub instruments: Vec<Instrument>,
    pub limits: Limits,
    pub p2p: Rules,
    pub permits_max: usize,
    pub permits_per_user_max: usize,
    pub bcrypt_cost: u32,
    /// Makes or updates the user `admin`.
    pub admin_password: Option<String>,
    pub manual_clock: bool,
    /// Whether open deadlines move by the time in which the exchange was down.
    pub downtime_shift: bool,
    /// Threads for wallets, books and P2P trades, which share them: a hop between actors of one thread
    /// wakes nobody.
    pub arbiters: usize,
    pub snapshot_every_facts: u64,
    pub snapshot_every_secs: u64,
}

/// Why the exchange does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings change what an instrument is; give it another name.
    #[error("instrument {name}: {why}")]
    Instrument {
        /// Which one.
        name: String,
        /// What is wrong.
        why: &'static str,
    },
    /// There are more currencies than boards of ads can be told apart.
    #[error("there can be at most {BOARDS_MAX} boards of ads, an asset and a currency each")]
    Boards,
    /// The user `admin` cannot be made; another user has its address.
    #[error("the user `admin` cannot be made: {0}")]
    Admin(&'static str),
    /// The journal took no fact; see the failure.
    #[error(transparent)]
    Store(#[from] Failure),
    /// A thread could not be started; look at the machine's limits.
    #[error("a thread cannot be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// A running exchange: it serves, and leads.
pub struct Running {
    /// The exchange.
    pub exchange: Exchange,
    /// Who decides.
    pub leading: Leading,
}

/// Who decides, with the threads behind it. It begins with [`lead`], from the world as it is durable, and
/// may end and begin again while the exchange serves.
pub struct Leading {
    exchange: Exchange,
    arbiters: Vec<Arbiter>,
    journal: JournalThread,
    publisher: JoinHandle<()>,
}

/// Brings what settings and time say into the journal, serves, and leads. Must be called within an actix
/// system.
///
/// # Errors
/// See [`StartError`].
pub fn start(opened: Opened, config: Config, on_failure: OnFailure) -> Result<Running, StartError> {
    let (exchange, journal) = serve(opened, &config)?;
    let leading = lead(&exchange, journal, &config, on_failure)?;
    Ok(Running { exchange, leading })
}

/// Serves what was recovered: reads, feeds, snapshots. Commands wait at the door until somebody leads.
/// Returns the journal, for whoever does.
///
/// # Errors
/// See [`StartError`].
pub fn serve(opened: Opened, config: &Config) -> Result<(Exchange, Box<dyn Journal>), StartError> {
    let Opened { mut journal, mut world, alive, secret, snapshots, keep_from, evidence, .. } =
        opened;
    let clock = make_clock(config, &world);
    reconcile(journal.as_mut(), &mut world, config, clock.as_ref(), alive)?;
    let reader = journal.reader();
    let snapshotter = Snapshotter::start(
        snapshots,
        reader.clone(),
        config.snapshot_every_facts,
        config.snapshot_every_secs,
        keep_from,
    );
    let views = Views::new(world);
    let feed = Feed::start(views.clone());
    let publisher = Publisher { views, feed, snapshots: Arc::new(snapshotter) };
    let exchange = Exchange(Arc::new(Parts {
        door: Door::new(config.permits_max, config.permits_per_user_max),
        publisher,
        leading: RwLock::default(),
        passwords: Passwords::start(config.bcrypt_cost)?,
        clock,
        reader,
        evidence,
        secret,
        started: Instant::now(),
        digesting: tokio::sync::Mutex::new(()),
    }));
    Ok((exchange, journal))
}

/// Begins to decide, from the world as it is durable; the door opens once what was due before is done.
///
/// # Errors
/// Where a thread cannot be started.
pub fn lead(
    exchange: &Exchange,
    journal: Box<dyn Journal>,
    config: &Config,
    on_failure: OnFailure,
) -> Result<Leading, StartError> {
    let Parts { door, publisher, clock, .. } = &*exchange.0;
    let queue_max = queue_max(config);
    let (queue, commits, journal) =
        journal::start(journal, queue_max, door.clone(), clock.clone(), on_failure)?;
    let arbiters: Vec<Arbiter> = (0..config.arbiters.max(1)).map(|_| Arbiter::new()).collect();
    let handles = arbiters.iter().map(Arbiter::handle).collect();
    let connections = Connections {
        journal: queue,
        views: publisher.views.clone(),
        clock: clock.clone(),
        limits: config.limits.clone(),
        p2p: config.p2p.clone(),
        issued: IssuedTotal::new(publisher.views.world().state.ledger.issued),
    };
    // Commands, refusals on their way back and knocks of deadlines meet in one mailbox.
    let capacity = 2 * queue_max;
    let directory = Directory::new(connections, handles, capacity);
    // The publisher speaks to actors, so they come first; until it runs, commits wait.
    let others = start_actors(&publisher.views, &directory, capacity);
    let publisher = publisher.clone().start(commits, directory.clone())?;
    exchange.set_leading(Some(directory));
    actix::spawn(open_when_quiet(exchange.clone()));
    let arbiters = arbiters.into_iter().chain([others]).collect();
    Ok(Leading { exchange: exchange.clone(), arbiters, journal, publisher })
}

/// Opens the door once what was due before is done and durable.
async fn open_when_quiet(exchange: Exchange) {
    let Some(directory) = exchange.leading() else { return };
    let (told, quiet) = oneshot::channel();
    directory.deadlines().do_send(WhenQuiet(told));
    // An error means that the exchange is being stopped already.
    if quiet.await.is_ok() {
        directory.connections().journal.flush().await;
        exchange.0.door.set(DoorState::Open);
    }
}

/// Room for what every permit may put, an entry for each book at most, for every book's cascade, and
/// for the switches that may fire at once. Switches that their users' commands fire go with those.
fn queue_max(config: &Config) -> usize {
    const OTHERS: usize = 4_096;
    let books = config.instruments.len().max(1);
    2 * config.permits_max * (books + 1) + books * CASCADE_MAX + KNOCKS_MAX * (books + 1) + OTHERS
}

fn make_clock(config: &Config, world: &World) -> Arc<dyn Clock> {
    match config.manual_clock {
        true => {
            let stands = world.state.clock.unwrap_or_else(|| SystemClock.now());
            Arc::new(ManualClock::new(stands.max(world.state.latest)))
        }
        false => Arc::new(SystemClock),
    }
}

fn start_actors(views: &Views, directory: &Directory, capacity: usize) -> Arbiter {
    let State { accounts, books, p2p, latest: since, .. } = views.world().state.clone();
    let wallets = views.world().state.wallets().to_vec();
    let running: Vec<DeadlineNews> = DeadlineNews::of_state(&views.world().state).collect();
    let others = Arbiter::new();
    let own = (accounts, p2p.contacts.clone());
    let accounts = Shell::new(AccountsFlight::new(since), own, directory.clone());
    let accounts = start_on(&others.handle(), capacity, accounts);
    wallets.into_iter().for_each(|wallet| directory.start_wallet(wallet, since));
    let start_board = |board: &Board| {
        let actor = Shell::new(BoardFlight::new(since), board.clone(), directory.clone());
        start_on(&others.handle(), capacity, actor)
    };
    let boards = p2p.boards().iter().map(start_board).collect();
    p2p.trades().for_each(|trade| directory.start_trade(trade.clone(), since));
    let start_book = |(at, book)| {
        directory.start_one(at, Shell::new(BookFlight::new(since), book, directory.clone()))
    };
    let books: Vec<_> = books.into_iter().enumerate().map(start_book).collect();
    let ids = (0..books.len()).map(|at| InstrumentId(at as u16));
    let deadlines = DeadlineActor::new(directory.clone());
    let deadlines = start_on(&others.handle(), capacity, deadlines);
    directory.fix(Fixed { books, boards, accounts, deadlines });
    // Only now, since what is due reaches the other actors at once.
    ids.for_each(|book| directory.post(Letter::Book(book, BookMessage::Begin)));
    for news in running {
        directory.post(Letter::Deadlines(DeadlineMessage::News(news)));
    }
    others
}

/// Brings what the settings and the time say into the journal, before anyone reads: a leader's work.
fn reconcile(
    journal: &mut dyn Journal,
    world: &mut World,
    config: &Config,
    clock: &dyn Clock,
    alive: Option<Stamp>,
) -> Result<(), StartError> {
    let mut bodies = listings(world, config)?;
    bodies.extend(boards(world, config)?);
    bodies.extend(admin(world, config, clock.now())?);
    if clock.manual().is_some() && world.state.clock.is_none() {
        bodies.push(Body::ClockMoved { to: clock.now() });
    }
    let armed = world.state.wallets().iter().any(|wallet| wallet.switch.is_some())
        || world.state.p2p.trades().next().is_some();
    // A fact is a sign of life too: else a start that failed behind it would be counted twice, and one
    // that was killed in its first second not at all.
    let since = alive.map_or(world.state.latest, |alive| alive.max(world.state.latest));
    let millis = clock.now().0 - since.0;
    if armed && config.downtime_shift && clock.manual().is_none() && millis > 0 {
        // Before other facts move the latest stamp.
        bodies.insert(0, Body::DowntimeShifted { since, millis });
    }
    for body in bodies {
        let stamp = clock.now().max(world.state.latest);
        let fact = Fact { stamp, cause: Cause::default(), body };
        let (sequence, _): (Sequence, Sequence) = journal.append(&[codec::encode(&fact)])?;
        world.apply(sequence, &fact);
    }
    Ok(())
}

/// New instruments are listed, changed ones changed; what an instrument is cannot change.
fn listings(world: &World, config: &Config) -> Result<Vec<Body>, StartError> {
    let mut bodies = Vec::new();
    let known = &world.state.books;
    if config.instruments.len() < known.len() {
        let name = known[config.instruments.len()].instrument().name.clone();
        return Err(StartError::Instrument { name, why: "is listed, and cannot be left out" });
    }
    for (at, wanted) in config.instruments.iter().enumerate() {
        let error = |why| Err(StartError::Instrument { name: wanted.name.clone(), why });
        if let Some(why) = wanted.fault() {
            return error(why);
        }
        let Some(listed) = known.get(at).map(|book| book.instrument()) else {
            bodies.push(Body::InstrumentListed(wanted.clone()));
            continue;
        };
        let what = |i: &Instrument| (i.id, i.name.clone(), i.base, i.quote, i.tick, i.lot);
        if what(listed) != what(wanted) {
            return error("its place, name, assets and steps cannot change once it is listed");
        }
        if listed != wanted {
            bodies.push(Body::InstrumentChanged(wanted.clone()));
        }
    }
    Ok(bodies)
}

/// A board for each traded asset against each currency of the settings; those that are there stay.
fn boards(world: &World, config: &Config) -> Result<Vec<Body>, StartError> {
    let known = &world.state.p2p;
    let wanted = config.p2p.fiats.iter().flat_map(|fiat| p2p::ASSETS.map(|asset| (asset, *fiat)));
    let new = wanted.filter(|(asset, fiat)| known.board_of(*asset, *fiat).is_none());
    let number = |(at, (asset, fiat))| {
        let at = u16::try_from(known.boards().len() + at).ok().filter(|at| *at < BOARDS_MAX);
        let board = BoardId(at.ok_or(StartError::Boards)?);
        Ok(Body::BoardListed { board, asset, fiat })
    };
    new.enumerate().map(number).collect()
}

/// Makes the user `admin`, or gives it its role and the password of the settings.
fn admin(world: &World, config: &Config, stamp: Stamp) -> Result<Vec<Body>, StartError> {
    let Some(password) = config.admin_password.as_deref() else { return Ok(Vec::new()) };
    let accounts = &world.state.accounts;
    let hash = || password::hash(password, config.bcrypt_cost);
    let refused = |rejection: Rejection| StartError::Admin(rejection.detail());
    match accounts.named(ADMIN) {
        Some(admin) => {
            let (user, role) = (admin.id, Role::Admin);
            let demoted = (admin.role != role).then_some(Body::RoleChanged { user, role });
            let mut bodies: Vec<Body> = demoted.into_iter().collect();
            if !password::same(password, &admin.password_hash) {
                bodies.push(accounts.change_password(user, hash()).map_err(refused)?);
            }
            Ok(bodies)
        }
        None => {
            let register = Register {
                username: ADMIN.into(),
                email: ADMIN_EMAIL.into(),
                full_name: None,
                password_hash: hash(),
                role: Role::Admin,
                granted: false,
            };
            accounts.register(register, stamp).map(|body| vec![body]).map_err(refused)
        }
    }
}

impl Leading {
    /// Ends deciding, with commands waiting outside, and gives the journal back to whoever leads next. What
    /// is inside is answered first, for as long as there is time before `until`. `None` where the journal
    /// has failed.
    pub async fn end(self, until: Instant) -> Option<Box<dyn Journal>> {
        let Leading { exchange, arbiters, journal, publisher } = self;
        let directory = exchange.leading()?;
        drain(&exchange, DoorState::Starting, until).await;
        directory.stop();
        exchange.set_leading(None);
        let ended = tokio::task::spawn_blocking(move || {
            // Who decides ends before those that it speaks to.
            for arbiter in arbiters.into_iter().rev() {
                arbiter.stop();
                // A panic of an actor was told of already.
                let _ = arbiter.join();
            }
            directory.connections().journal.end();
            let journal = journal.join().ok().flatten();
            publisher.join().ok()?;
            journal
        });
        ended.await.ok().flatten()
    }
}

/// Lets nobody in any more, waits for what is inside, and lets everything out.
async fn drain(exchange: &Exchange, door: DoorState, until: Instant) {
    let parts = &exchange.0;
    parts.door.set(door);
    let left = || until.saturating_duration_since(Instant::now());
    if tokio::time::timeout(left(), parts.door.empty()).await.is_err() {
        tracing::warn!(inside = parts.door.inside(), "stopping with commands under way");
    }
    let Some(directory) = exchange.leading() else { return };
    if tokio::time::timeout(left(), directory.connections().journal.flush()).await.is_err() {
        tracing::warn!("stopping before the journal is at rest");
    }
}

impl Running {
    /// Closes the door, waits for what is inside, and lets everything out.
    pub async fn drain(&self, until: Instant) {
        drain(&self.exchange, DoorState::Stopping, until).await;
    }

    /// Makes a last snapshot if there is time before `until`, and ends the actors.
    pub async fn finish(self, until: Instant) {
        let parts = &self.exchange.0;
        if let Some(directory) = self.exchange.leading() {
            directory.stop();
        }
        let left = until.saturating_duration_since(Instant::now());
        // A plain thread: the runtime would wait for a task of its pool beyond every bound.
        let (done, told) = oneshot::channel();
        let snapshotter = parts.publisher.snapshots.clone();
        std::thread::spawn(move || drop(done.send(snapshotter.take())));
        match tokio::time::timeout(left, told).await {
            Ok(_) => parts.publisher.snapshots.stop(),
            Err(_) => tracing::warn!("stopping without a last snapshot"),
        }
        // Who decides ends before those that it speaks to.
        for arbiter in self.leading.arbiters.iter().rev() {
            arbiter.stop();
        }
    }
}
