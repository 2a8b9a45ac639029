//! What can only be seen from inside: an actor's end against a command that comes just then, leading that
//! ends and begins again, and following without anybody who decides.

use std::{
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use actix::{AsyncContext, Context, Handler, Message, fut};

use super::{
    directory::TradeActor,
    exchange::{Entered, Exchange},
    start::{Config, Running, lead, serve, start},
};
use crate::{
    domain::{
        account::{Register, Role},
        command::{ClockMove, Command, OrderName, Request},
        decide::{Nobody, Reads, commit::Commit},
        fact::{Body, Fact},
        id::{AdId, BoardId, InstrumentId, OrderId, P2pTradeId, RequestId, Sequence, UserId},
        instrument::{Price, Quantity},
        money::{Amount, Asset, P2pPrice},
        order::{PlaceOrder, Side},
        outcome::{Answer, Done},
        p2p::{
            Rules,
            ad::{AdDraft, AdTerms, Conditions, Pricing},
            board::{Take, TakeSize},
            fiat::PaymentMethod,
            trade::TradeState,
            trade_request::TradeRequest,
        },
        per_asset::PerAsset,
        rejection::Rejection,
        wallet::Limits,
    },
    settings::Settings,
    store::{self, MemoryControl, MemoryJournal, Options},
};

/// USDT against USD.
const BOARD: BoardId = BoardId(2);
/// How often the crossing is provoked.
const TURNS: usize = 10_000;

/// Holds an actor's thread where its mailbox was found empty, and before anything else is looked at.
#[derive(Message)]
#[rtype(result = "()")]
struct Hold {
    held: mpsc::SyncSender<()>,
    go: mpsc::Receiver<()>,
}

impl Handler<Hold> for TradeActor {
    type Result = ();

    fn handle(&mut self, Hold { held, go }: Hold, ctx: &mut Context<Self>) {
        // What is spawned is polled behind the mailbox.
        ctx.spawn(fut::wrap_future(async move {
            held.send(()).unwrap();
            go.recv().unwrap();
        }));
    }
}

struct Inside {
    running: Option<Running>,
    control: MemoryControl,
    _dir: tempfile::TempDir,
}

impl Inside {
    fn open() -> Inside {
        let dir = tempfile::TempDir::new().unwrap();
        let mut opened = store::open(&Options::new(dir.path().join("data"))).unwrap();
        let journal = MemoryJournal::new();
        let control = journal.control();
        opened.journal = Box::new(journal);
        let on_failure = Box::new(|failure| panic!("{failure}"));
        let running = start(opened, config(), on_failure).unwrap();
        Inside { running: Some(running), control, _dir: dir }
    }

    fn exchange(&self) -> &Exchange {
        &self.running.as_ref().unwrap().exchange
    }

    async fn enter(&self, by: Option<UserId>, command: Command) -> Entered {
        let asked = Request { by, request: RequestId(0), key: None, command };
        self.exchange().enter(asked).await.unwrap()
    }

    async fn ask(&self, by: Option<UserId>, command: Command) -> Answer {
        self.enter(by, command).await.answer().await
    }

    async fn fact(&self, by: Option<UserId>, command: Command) -> Arc<Fact> {
        match self.ask(by, command).await.unwrap().done {
            Done::Fact(fact) => fact,
            other => panic!("{other:?}"),
        }
    }

    async fn register(&self, name: &str) -> UserId {
        let asked = Register {
            username: name.into(),
            email: format!("{name}@example.com"),
            full_name: None,
            password_hash: String::new(),
            role: Role::User,
            granted: true,
        };
        match &self.fact(None, Command::Register(asked)).await.body {
            Body::UserRegistered { user, .. } => user.id,
            other => panic!("{other:?}"),
        }
    }

    async fn ad(&self, seller: UserId) -> AdId {
        let terms = AdTerms {
            pricing: Pricing::Fixed(P2pPrice(100_000_000)),
            available: Amount::new(20_000_000_000),
            min_limit: Amount::new(100),
            max_limit: Amount::new(100_000_000),
            methods: vec![PaymentMethod::BankTransfer],
            payment_window_secs: 900,
            terms: None,
            conditions: Conditions::default(),
            expires_at: None,
        };
        let draft = AdDraft { side: Side::Sell, terms };
        match &self.fact(Some(seller), Command::PublishAd { board: BOARD, draft }).await.body {
            Body::P2pAd(fact) => fact.ad.id,
            other => panic!("{other:?}"),
        }
    }

    /// A trade of one dollar that is marked as paid.
    async fn paid(&self, buyer: UserId, ad: AdId) -> P2pTradeId {
        let method = PaymentMethod::BankTransfer;
        let take = Take {
            ad,
            wanted: TakeSize::Fiat(Amount::new(100)),
            method,
            expected: None,
            version: None,
        };
        let trade = match &self.fact(Some(buyer), Command::TakeAd(take)).await.body {
            Body::P2pTrade(fact) => fact.trade.id,
            other => panic!("{other:?}"),
        };
        self.fact(Some(buyer), to_trade(trade, TradeRequest::MarkSent)).await;
        trade
    }
}

fn to_trade(trade: P2pTradeId, ask: TradeRequest) -> Command {
    Command::P2pTrade { trade, dispute: None, expected: None, ask }
}

/// The seller's release is on its way to the disk; the actor has looked into its mailbox and is about to
/// ask whether anybody can still write to it. Just then the buyer's cancel comes in, the release
/// becomes durable, and the directory gives the trade up.
#[actix::test]
async fn a_command_that_meets_the_end_of_its_trade_is_answered_each_time() {
    let inside = Inside::open();
    let (seller, buyer) = (inside.register("seller").await, inside.register("buyer").await);
    inside.fact(None, deposit(seller)).await;
    let ad = inside.ad(seller).await;
    for turn in 0..TURNS {
        let trade = inside.paid(buyer, ad).await;
        inside.control.shut_gate();
        let release = inside.enter(Some(seller), to_trade(trade, TradeRequest::Confirm)).await;
        let (held, is_held) = mpsc::sync_channel(1);
        let (go_on, go) = mpsc::sync_channel(1);
        inside.exchange().leading().unwrap().trades()[0].do_send(Hold { held, go });
        is_held.recv().unwrap();
        let cancel = TradeRequest::Cancel { not_paid: true };
        let cancel = inside.enter(Some(buyer), to_trade(trade, cancel)).await;
        inside.control.open_gate();
        // Its answer comes behind the message to the trade.
        release.answer().await.unwrap();
        go_on.send(()).unwrap();
        let refused = cancel.answer().await.unwrap_err();
        assert_eq!(refused, Rejection::TradeStateForbids(TradeState::Completed), "turn {turn}");
    }
    assert_eq!(inside.exchange().door().lost(), 0);
    inside.exchange().digest().await.unwrap();
}

fn config() -> Config {
    let most = PerAsset::all(Amount::new(1_000_000_000_000));
    Config {
        instruments: Settings::default().instruments,
        p2p: Rules::default(),
        limits: Limits { open_orders_max: 100, deposit_day_max: most, withdrawal_day_max: most },
        permits_max: 64,
        permits_per_user_max: 64,
        bcrypt_cost: 4,
        admin_password: None,
        manual_clock: true,
        downtime_shift: true,
        arbiters: 1,
        snapshot_every_facts: 1_000_000,
        snapshot_every_secs: 3_600,
    }
}

/// Whoever leads ends and begins again in one process, and nothing is lost or made by it: neither what is
/// open, nor what waits for its deadline, nor those who come meanwhile.
#[actix::test]
async fn leading_ends_and_begins_again() {
    let mut inside = Inside::open();
    let (seller, buyer) = (inside.register("seller").await, inside.register("buyer").await);
    let order = PlaceOrder::limit(Side::Sell, Quantity::new(1_000), Price::new(6_000_000));
    let place = |order| Command::Place { instrument: InstrumentId(0), order };
    inside.fact(Some(seller), place(order)).await;
    inside.fact(Some(seller), Command::ArmSwitch { timeout_ms: 60_000 }).await;
    inside.fact(None, deposit(seller)).await;
    let ad = inside.ad(seller).await;
    let trade = inside.paid(buyer, ad).await;
    let exchange = inside.exchange().clone();
    let before = exchange.digest().await.unwrap();
    for _ in 0..3 {
        let Running { leading, .. } = inside.running.take().unwrap();
        let journal = leading.end(Instant::now() + Duration::from_secs(5)).await.unwrap();
        assert!(exchange.digest().await.is_none(), "nobody leads");
        // It waits outside for the next who leads.
        let early = exchange.clone();
        let early = actix::spawn(async move {
            let asked = Request {
                by: Some(buyer),
                request: RequestId(0),
                key: None,
                command: Command::Cancel(OrderName::Id(OrderId(u64::MAX >> 11))),
            };
            early.submit(asked).await.unwrap_err()
        });
        let on_failure = Box::new(|failure| panic!("{failure}"));
        let leading = lead(&exchange, journal, &config(), on_failure).unwrap();
        inside.running = Some(Running { exchange: exchange.clone(), leading });
        assert_eq!(early.await.unwrap(), Rejection::OrderNotFound);
        assert_eq!(exchange.digest().await.unwrap(), before);
    }
    inside.fact(Some(seller), to_trade(trade, TradeRequest::Confirm)).await;
    inside
        .fact(
            Some(buyer),
            place(PlaceOrder::limit(Side::Buy, Quantity::new(400), Price::new(6_000_000))),
        )
        .await;
    inside.fact(None, Command::MoveClock(ClockMove::AdvanceMillis(60_000))).await;
    let (through, digest) = exchange.digest().await.unwrap();
    let state = &exchange.views().world().state;
    assert_eq!((state.through, state.digest()), (through, digest));
    assert!(state.is_balanced());
    assert!(state.wallet(seller).unwrap().open.is_empty(), "its switch fired");
}

/// Whoever only follows is fed with commits, has nobody who decides, and comes to the same.
#[actix::test]
async fn a_follower_comes_to_the_same_without_deciders() {
    let inside = Inside::open();
    let (seller, buyer) = (inside.register("seller").await, inside.register("buyer").await);
    inside.fact(None, deposit(seller)).await;
    let ad = inside.ad(seller).await;
    for turn in 0..20 {
        let trade = inside.paid(buyer, ad).await;
        let (by, ask) = match turn {
            7 => (buyer, TradeRequest::Cancel { not_paid: true }),
            _ => (seller, TradeRequest::Confirm),
        };
        inside.fact(Some(by), to_trade(trade, ask)).await;
        let side = if turn % 2 == 0 { Side::Buy } else { Side::Sell };
        let order = PlaceOrder::limit(side, Quantity::new(100 + turn), Price::new(6_000_000));
        let instrument = InstrumentId(0);
        inside.fact(Some(buyer), Command::Place { instrument, order }).await;
    }
    let (through, digest) = inside.exchange().digest().await.unwrap();

    let dir = tempfile::TempDir::new().unwrap();
    let mut opened = store::open(&Options::new(dir.path().join("data"))).unwrap();
    opened.journal = Box::new(MemoryJournal::new());
    let (follower, _journal) = serve(
        opened,
        &Config {
            instruments: Vec::new(),
            p2p: Rules { fiats: Vec::new(), ..Rules::default() },
            manual_clock: false,
            ..config()
        },
    )
    .unwrap();
    let publisher = follower.publisher();
    let mut first = Sequence(1);
    while first <= through {
        let mut facts = Vec::new();
        for at in 0..7 {
            let Some(fact) = inside.exchange().fact(Sequence(first.0 + at)).await else { break };
            facts.push(fact);
        }
        let count = facts.len() as u64;
        publisher.publish(Commit { first, facts, notes: Vec::new() }, &mut Nobody);
        first = Sequence(first.0 + count);
    }
    let world = follower.views().world();
    assert_eq!((world.state.through, world.state.digest()), (through, digest));
    assert!(world.state.is_balanced());
    let best = |exchange: &Exchange, side| exchange.views().best(InstrumentId(0), side);
    assert_eq!(best(&follower, Side::Buy), best(inside.exchange(), Side::Buy));
    assert!(follower.views().access(buyer).is_some());
}

fn deposit(to: UserId) -> Command {
    Command::Deposit { to, asset: Asset::Usdt, amount: Amount::new(20_000_000_000), counted: false }
}
