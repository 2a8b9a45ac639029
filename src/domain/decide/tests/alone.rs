//! Each decider alone: a message in, and the letters that come out.

use std::sync::Arc;

use super::core::{Clock, Core, To};
use crate::domain::{
    account::Role,
    book::{Book, tests::table::plain},
    command::{ClockMove, Command, OrderName},
    decide::{
        Decider, DecisionContext, Entry, Hold, HoldOf, Letter, Reply, ReplyTo,
        accounts::{AccountsFlight, AccountsMessage},
        book::{BookCommand, BookFlight, BookMessage, BookRequest, CASCADE_MAX},
        commit::{self, Commit, Note},
        deadline::{DeadlineMessage, DeadlineNews, Deadlines, Entity, KNOCKS_MAX},
        issued::IssuedTotal,
        route::undelivered,
        wallet::{Delivery, WalletFlight, WalletMessage},
    },
    fact::{Body, Cause, Fact, KeyUse},
    id::{InstrumentId, OrderId, P2pTradeId, RequestId, Sequence, Stamp, UserId},
    instrument::{Price, Quantity},
    money::{Amount, Asset, ISSUED_MAX},
    order::{ClientOrderId, OrderReason, OrderType, PlaceOrder, Side},
    p2p::Rules,
    per_asset::PerAsset,
    rejection::Rejection,
    wallet::{Limits, Wallet},
    world::World,
};

const ALICE: UserId = UserId(1);
const BOOK: InstrumentId = InstrumentId(0);

fn to(request: u64) -> To {
    To(Cause { by: Some(ALICE), request: RequestId(request), key: None })
}

fn limits(most: i64) -> Limits {
    let most = PerAsset::all(Amount::new(most));
    Limits { open_orders_max: 3, deposit_day_max: most, withdrawal_day_max: most }
}

/// What decisions are made by.
struct WalletContext {
    world: World,
    limits: Limits,
    rules: Rules,
    issued: IssuedTotal,
    now: Stamp,
    folded: bool,
}

impl WalletContext {
    fn new() -> WalletContext {
        let mut world = World::default();
        let listed = Body::InstrumentListed(plain());
        let fact = Fact { stamp: Stamp(0), cause: Cause::default(), body: listed };
        world.apply(Sequence(1), &fact);
        let (rules, issued) = (Rules::default(), IssuedTotal::default());
        WalletContext {
            world,
            limits: limits(1_000),
            rules,
            issued,
            now: Stamp(1_000),
            folded: false,
        }
    }

    fn tell<D: Decider<To>>(
        &self,
        flight: &mut D,
        own: &mut D::Own,
        message: D::Message,
    ) -> Vec<Letter<To>> {
        let WalletContext { world, limits, rules, issued, now, folded } = self;
        let context = DecisionContext {
            now: *now,
            reads: world,
            limits,
            p2p: rules,
            issued,
            folded: *folded,
        };
        let mut out = Vec::new();
        flight.handle(own, message, &context, &mut out);
        out
    }
}

/// What a hundred lots at a price of a hundred cost.
fn funds() -> Amount {
    plain().notional_up(Price::new(100), Quantity::new(100))
}

/// A wallet with so much of each asset that is traded on the plain instrument.
fn funded() -> (WalletFlight<To>, Wallet) {
    let mut wallet = Wallet::new(ALICE);
    let on = plain();
    for asset in [on.base, on.quote] {
        wallet.balances[asset].available = funds();
    }
    (WalletFlight::new(&wallet, Stamp(0)), wallet)
}

fn buy(price: i64, quantity: i64) -> PlaceOrder {
    PlaceOrder::limit(Side::Buy, Quantity::new(quantity), Price::new(price))
}

fn place(order: PlaceOrder) -> Command {
    Command::Place { instrument: BOOK, order }
}

fn named(order: PlaceOrder, name: &str) -> PlaceOrder {
    PlaceOrder { client_order_id: ClientOrderId::new(name), ..order }
}

/// The command for a book in the only letter.
fn to_book(letters: Vec<Letter<To>>) -> BookCommand<To> {
    match letters.into_iter().next() {
        Some(Letter::Book(BOOK, BookMessage::Command(command))) => command,
        other => panic!("{other:?}"),
    }
}

/// The entry in the only letter.
fn journaled(letters: Vec<Letter<To>>) -> Entry<To> {
    let count = letters.len();
    match letters.into_iter().next() {
        Some(Letter::Journal(entry)) if count == 1 => entry,
        other => panic!("{other:?}"),
    }
}

fn refused(letters: Vec<Letter<To>>) -> Rejection {
    match journaled(letters) {
        Entry { fact: None, hold: None, reply: Some((_, Reply::Refused(why))), .. } => why,
        other => panic!("{other:?}"),
    }
}

fn delivered(facts: Vec<Body>, holds: Vec<Hold>) -> WalletMessage<To> {
    let fact = |body| Arc::new(Fact { stamp: Stamp(0), cause: Cause::default(), body });
    let facts = facts.into_iter().map(fact).collect();
    WalletMessage::Delivered(Delivery { facts, holds: holds.into() })
}

#[test]
fn a_wallet_holds_what_an_order_may_cost_and_frees_it_once() {
    let (desk, quote) = (WalletContext::new(), plain().quote);
    let (mut flight, mut wallet) = funded();
    let command = WalletMessage::Command(to(1), place(buy(100, 60)));
    let first = to_book(desk.tell(&mut flight, &mut wallet, command));
    let hold = first.hold.clone().unwrap();
    assert_eq!((hold.asset, &hold.of), (quote, &HoldOf::Order { name: None }));
    assert_eq!(flight.spendable(&wallet, quote), funds() - hold.amount);
    assert!(!flight.is_idle());
    let command = WalletMessage::Command(to(2), place(buy(100, 60)));
    let second = desk.tell(&mut flight, &mut wallet, command);
    assert_eq!(refused(second), Rejection::InsufficientFunds);
    let back = WalletMessage::Refused { to: first.to, rejection: Rejection::PriceOutOfBand, hold };
    let back = desk.tell(&mut flight, &mut wallet, back);
    assert_eq!(refused(back), Rejection::PriceOutOfBand);
    assert_eq!(flight.spendable(&wallet, quote), funds());
    assert!(flight.is_idle());
}

#[test]
fn orders_under_way_count_as_open() {
    let desk = WalletContext::new();
    let (mut flight, mut wallet) = funded();
    for request in 1..=3 {
        let command = WalletMessage::Command(to(request), place(buy(100, 1)));
        to_book(desk.tell(&mut flight, &mut wallet, command));
    }
    let command = WalletMessage::Command(to(4), place(buy(100, 1)));
    let fourth = desk.tell(&mut flight, &mut wallet, command);
    assert_eq!(refused(fourth), Rejection::TooManyOpenOrders);
}

#[test]
fn a_name_under_way_is_taken_and_its_order_can_be_cancelled_by_it() {
    let desk = WalletContext::new();
    let (mut flight, mut wallet) = funded();
    let mut tell =
        |command| desk.tell(&mut flight, &mut wallet, WalletMessage::Command(to(1), command));
    to_book(tell(place(named(buy(100, 1), "mine"))));
    assert_eq!(refused(tell(place(named(buy(100, 1), "mine")))), Rejection::InProgress);
    assert_eq!(refused(tell(place(named(buy(100, 2), "mine")))), Rejection::ClientOrderIdReused);
    let name = |name| OrderName::Client(ClientOrderId::new(name).unwrap());
    let cancel = to_book(tell(Command::Cancel(name("mine"))));
    assert!(matches!(cancel.ask, BookRequest::Cancel(OrderName::Client(_))));
    assert_eq!(refused(tell(Command::Cancel(name("other")))), Rejection::OrderNotFound);
}

#[test]
fn an_amend_behind_another_holds_all_that_the_order_can_lock() {
    let mut core = Core::new(&[plain()]);
    let alice = core.register("alice", Role::User, true);
    let order = buy(100, 50);
    core.ask(Some(alice), place(order));
    core.come_to_rest();
    let order = *core.wallets[0].1.open.keys().next().unwrap();
    let amend = |quantity| Command::Amend { order, price: None, quantity: Some(quantity) };
    core.ask(Some(alice), amend(Quantity::new(60)));
    core.ask(Some(alice), amend(Quantity::new(60)));
    let holds: Vec<Amount> = core.to_books[0]
        .iter()
        .map(|message| match message {
            BookMessage::Command(command) => command.hold.as_ref().unwrap().amount,
            other => panic!("{other:?}"),
        })
        .collect();
    let on = plain();
    // What it grows by; and all of it, since nobody knows what the first has come to.
    assert_eq!(
        holds,
        [
            on.notional_up(Price::new(100), Quantity::new(60))
                - on.notional_down(Price::new(100), Quantity::new(50)),
            on.notional_up(Price::new(100), Quantity::new(60))
        ]
    );
    core.come_to_rest();
    assert_eq!(core.wallets[0].1.open[&order].quantity, Quantity::new(60));
}

#[test]
fn a_firing_switch_holds_back_its_settings_and_nothing_else() {
    let mut desk = WalletContext::new();
    let (mut flight, mut wallet) = funded();
    let arm = |request| WalletMessage::Command(to(request), Command::ArmSwitch { timeout_ms: 50 });
    let armed = journaled(desk.tell(&mut flight, &mut wallet, arm(1)));
    let Some(Fact { body: Body::SwitchArmed { epoch, .. }, .. }) = armed.fact else {
        panic!("{armed:?}")
    };
    // It fires before the next command, which goes on its way behind it.
    desk.now = desk.now.plus_millis(50);
    let command = WalletMessage::Command(to(2), place(buy(100, 1)));
    let letters = desk.tell(&mut flight, &mut wallet, command);
    let kinds: Vec<bool> = letters
        .iter()
        .map(|letter| match letter {
            Letter::Book(BOOK, BookMessage::Command(command)) => {
                matches!(command.ask, BookRequest::CancelAll { reason: OrderReason::Switch, .. })
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, [true, false]);
    assert!(desk.tell(&mut flight, &mut wallet, arm(3)).is_empty(), "it waits");
    // What is durable meanwhile arrives.
    let (user, asset, amount) = (ALICE, plain().quote, 7);
    let transaction = Default::default();
    let deposit =
        Body::Deposited { user, asset, amount: Amount::new(amount), counted: false, transaction };
    assert!(desk.tell(&mut flight, &mut wallet, delivered(vec![deposit], vec![])).is_empty());
    let done = WalletMessage::SwitchCancelled { epoch };
    let fired = journaled(desk.tell(&mut flight, &mut wallet, done));
    let fired = fired.fact.unwrap().body;
    assert_eq!(fired, Body::SwitchFired { user: ALICE, epoch });
    // Not before that is durable.
    let letters = desk.tell(&mut flight, &mut wallet, delivered(vec![fired], vec![]));
    let (to, _) = journaled(letters).reply.unwrap();
    assert_eq!(to.0.request, RequestId(3));
}

#[test]
fn what_is_withdrawn_and_not_durable_counts_against_the_day() {
    let desk = WalletContext { limits: limits(50), ..WalletContext::new() };
    let (mut flight, mut wallet) = funded();
    let asset = plain().quote;
    let withdraw = |amount| WalletMessage::Command(to(1), Command::Withdraw { asset, amount });
    let first = journaled(desk.tell(&mut flight, &mut wallet, withdraw(Amount::new(30))));
    assert_eq!(first.hold.as_ref().unwrap().of, HoldOf::Withdrawal);
    let second = desk.tell(&mut flight, &mut wallet, withdraw(Amount::new(21)));
    assert_eq!(refused(second), Rejection::WithdrawalLimit);
    desk.issued.reserve(asset, Amount::new(30)).unwrap();
    let message = delivered(vec![first.fact.unwrap().body], vec![first.hold.unwrap()]);
    assert!(desk.tell(&mut flight, &mut wallet, message).is_empty());
    assert_eq!(
        (wallet.balance(asset).available, flight.is_idle()),
        (funds() - Amount::new(30), true)
    );
    assert_eq!(desk.issued.reserve(asset, ISSUED_MAX), Ok(()), "it is not issued any more");
}

#[test]
fn a_deposit_that_is_refused_is_not_issued() {
    let desk = WalletContext { limits: limits(50), ..WalletContext::new() };
    let (mut flight, mut wallet) = funded();
    let asset = plain().quote;
    let deposit = Command::Deposit { to: ALICE, asset, amount: Amount::new(51), counted: true };
    let letters = desk.tell(&mut flight, &mut wallet, WalletMessage::Command(to(1), deposit));
    assert_eq!(refused(letters), Rejection::DepositLimit);
    assert_eq!(desk.issued.reserve(asset, ISSUED_MAX), Ok(()));
}

#[test]
fn where_the_world_has_folded_it_a_delivery_only_frees() {
    let desk = WalletContext { folded: true, ..WalletContext::new() };
    let (mut flight, mut wallet) = funded();
    let command = WalletMessage::Command(to(1), place(buy(100, 1)));
    let hold = to_book(desk.tell(&mut flight, &mut wallet, command)).hold.unwrap();
    let frozen = Body::FreezeChanged { user: ALICE, frozen: true };
    desk.tell(&mut flight, &mut wallet, delivered(vec![frozen], vec![hold]));
    assert!(!wallet.frozen && flight.is_idle());
}

fn ask(request: u64, hold: i64, ask: BookRequest) -> BookMessage<To> {
    let of = HoldOf::Order { name: None };
    let hold = (hold > 0).then_some(Hold {
        user: ALICE,
        asset: plain().quote,
        amount: Amount::new(hold),
        of,
    });
    BookMessage::Command(BookCommand { user: ALICE, to: to(request), hold, ask })
}

#[test]
fn a_book_sends_a_refusal_back_through_the_wallet_that_holds() {
    let desk = WalletContext::new();
    let (mut flight, mut book) = (BookFlight::new(Stamp(0)), Book::new(plain()));
    let poor = desk.tell(&mut flight, &mut book, ask(1, 1, BookRequest::Place(buy(100, 50))));
    let Some(Letter::Wallet(ALICE, WalletMessage::Refused { rejection, hold, .. })) = poor.first()
    else {
        panic!("{poor:?}")
    };
    assert_eq!((rejection, hold.amount), (&Rejection::InsufficientFunds, Amount::new(1)));
    let placed =
        desk.tell(&mut flight, &mut book, ask(2, funds().get(), BookRequest::Place(buy(100, 50))));
    assert_eq!(journaled(placed).hold.unwrap().amount, funds());
    let unheld = BookRequest::Cancel(OrderName::Id(OrderId::new(BOOK, 99)));
    let letters = desk.tell(&mut flight, &mut book, ask(3, 0, unheld));
    assert_eq!(refused(letters), Rejection::OrderNotFound);
}

#[test]
fn a_cancel_of_nothing_is_a_fact_under_a_key_only_and_a_switch_hears_of_it() {
    let desk = WalletContext::new();
    let (mut flight, mut book) = (BookFlight::new(Stamp(0)), Book::new(plain()));
    let all = |firing| BookRequest::CancelAll { reason: OrderReason::Owner, firing };
    let entry = journaled(desk.tell(&mut flight, &mut book, ask(1, 0, all(None))));
    assert!(matches!(entry.reply, Some((_, Reply::Nothing))) && entry.fact.is_none());
    let key = Some(KeyUse { key: [1; 16], body: [2; 16], parts: 1 });
    let to = To(Cause { by: Some(ALICE), request: RequestId(2), key });
    let command = BookCommand { user: ALICE, to, hold: None, ask: all(None) };
    let entry = journaled(desk.tell(&mut flight, &mut book, BookMessage::Command(command)));
    assert!(entry.fact.unwrap().book().unwrap().orders.is_empty());
    let letters = desk.tell(&mut flight, &mut book, ask(3, 0, all(Some(7))));
    let told = |letter: &Letter<To>| {
        matches!(letter, Letter::Wallet(ALICE, WalletMessage::SwitchCancelled { epoch: 7 }))
    };
    assert!(letters.last().is_some_and(told));
}

#[test]
fn a_cascade_pauses_for_the_disk_and_commands_wait_behind_it() {
    let desk = WalletContext::new();
    let (mut flight, mut book) = (BookFlight::new(Stamp(0)), Book::new(plain()));
    let mut tell = |message| desk.tell(&mut flight, &mut book, message);
    let stop = || PlaceOrder {
        kind: OrderType::StopLimit,
        stop_price: Some(Price::new(105)),
        ..PlaceOrder::limit(Side::Buy, Quantity::new(10), Price::new(50))
    };
    for _ in 0..CASCADE_MAX + 10 {
        journaled(tell(ask(1, 10_000, BookRequest::Place(stop()))));
    }
    // Somebody trades at 110.
    let sell = PlaceOrder::limit(Side::Sell, Quantity::new(10), Price::new(110));
    let other = BookCommand {
        user: UserId(2),
        to: to(2),
        hold: Some(Hold {
            user: UserId(2),
            asset: plain().base,
            amount: Amount::new(1_000_000),
            of: HoldOf::Order { name: None },
        }),
        ask: BookRequest::Place(sell),
    };
    journaled(tell(BookMessage::Command(other)));
    let letters = tell(ask(3, 10_000, BookRequest::Place(buy(110, 10))));
    assert_eq!(letters.len(), 1 + CASCADE_MAX, "the trade, and as many stops as may be under way");
    assert!(tell(ask(4, 10_000, BookRequest::Place(buy(50, 10)))).is_empty(), "it waits");
    assert_eq!(tell(BookMessage::CascadeDurable(4)).len(), 4);
    let rest = tell(BookMessage::CascadeDurable(CASCADE_MAX));
    let cascades =
        |letter: &Letter<To>| matches!(letter, Letter::Journal(entry) if entry.cascade.is_some());
    assert_eq!((rest.len(), rest.iter().filter(|letter| cascades(letter)).count()), (7, 6));
}

#[test]
fn who_cannot_be_granted_everything_is_granted_nothing() {
    let desk = WalletContext::new();
    desk.issued.reserve(Asset::Usdt, ISSUED_MAX).unwrap();
    let (mut flight, mut own) = (AccountsFlight::new(Stamp(0)), Default::default());
    let asked = crate::domain::account::Register {
        username: "alice".into(),
        email: "alice@example.org".into(),
        full_name: None,
        password_hash: String::new(),
        role: Role::User,
        granted: true,
    };
    let to = To(Cause::default());
    let message = AccountsMessage(to, Command::Register(asked));
    let letters = desk.tell(&mut flight, &mut own, message);
    assert_eq!(refused(letters), Rejection::IssueLimit);
    assert_eq!(desk.issued.reserve(Asset::Usd, ISSUED_MAX), Ok(()));
    assert!(own.0.all().is_empty());
}

fn news(user: u64, deadline: Option<i64>) -> DeadlineMessage<To> {
    let (entity, deadline) = (Entity::Switch(UserId(user)), deadline.map(Stamp));
    DeadlineMessage::News(DeadlineNews { entity, deadline, epoch: 1 })
}

fn knocked(letters: &[Letter<To>]) -> Vec<u64> {
    let user = |letter: &Letter<To>| match letter {
        Letter::Wallet(user, WalletMessage::SwitchDue { .. }) => Some(user.0),
        _ => None,
    };
    letters.iter().filter_map(user).collect()
}

#[test]
fn a_manual_clock_stops_at_each_deadline_until_it_is_answered() {
    let (mut deadlines, clock) = (Deadlines::default(), Clock::default());
    let mut tell = |message| {
        let mut out = Vec::new();
        deadlines.handle(message, &clock, &mut out);
        (out, deadlines.is_quiet())
    };
    tell(news(1, Some(30)));
    tell(news(2, Some(20)));
    let to = To(Cause::default());
    let (letters, quiet) = tell(DeadlineMessage::MoveClock(to, ClockMove::AdvanceMillis(40)));
    assert_eq!((knocked(&letters), quiet), (vec![2], false));
    let moved = |letters: &[Letter<To>]| match &letters[0] {
        Letter::Journal(Entry {
            fact: Some(Fact { body: Body::ClockMoved { to }, .. }), ..
        }) => to.0,
        other => panic!("{other:?}"),
    };
    assert_eq!(moved(&letters), 20);
    // It fired; its fact is the answer.
    let (letters, _) = tell(news(2, None));
    assert_eq!((moved(&letters), knocked(&letters)), (30, vec![1]));
    // It was set anew meanwhile.
    let (letters, quiet) = tell(news(1, Some(90)));
    assert_eq!((moved(&letters), quiet, letters.len()), (40, true, 1));
}

#[test]
fn only_so_many_knocks_are_unanswered() {
    let (mut deadlines, clock) = (Deadlines::default(), Clock::default());
    let mut letters = Vec::new();
    for user in 0..KNOCKS_MAX as u64 + 5 {
        deadlines.handle(news(user, Some(0)), &clock, &mut letters);
    }
    assert_eq!(knocked(&letters).len(), KNOCKS_MAX);
    letters.clear();
    let entity = Entity::Switch(UserId(3));
    let gone = DeadlineMessage::NotDue { entity, epoch: 1, again: None };
    deadlines.handle(gone, &clock, &mut letters);
    assert_eq!(knocked(&letters).len(), 1);
}

#[test]
fn where_nobody_is_there_commands_are_refused_and_knocks_had_nothing_due() {
    let desk = WalletContext::new();
    let WalletContext { world, limits, rules, issued, .. } = &desk;
    let context =
        DecisionContext { now: desk.now, reads: world, limits, p2p: rules, issued, folded: false };
    let command = WalletMessage::Command(to(1), Command::LogOut);
    let said = undelivered(Letter::Wallet(UserId(9), command), &context).unwrap();
    assert_eq!(refused(vec![said]), Rejection::UserNotFound);
    let trade = P2pTradeId::new(crate::domain::id::BoardId(0), 1);
    let due = crate::domain::decide::trade::TradeMessage::Due { epoch: 4 };
    let said = undelivered(Letter::<To>::P2pTrade(trade, due), &context).unwrap();
    let Letter::Deadlines(DeadlineMessage::NotDue { entity, epoch: 4, again: None }) = said else {
        panic!("{said:?}")
    };
    assert_eq!(entity, Entity::P2pTrade(trade));
    let delivery = WalletMessage::Delivered(Delivery::default());
    assert!(undelivered(Letter::<To>::Wallet(UserId(9), delivery), &context).is_none(), "a bug");
}

#[test]
fn a_commit_reaches_each_wallet_once_facts_first_and_answers_know_where_they_stand() {
    let deposit = |user: u64| {
        let (user, asset, amount) = (UserId(user), Asset::Usd, 1);
        let transaction = Default::default();
        let body = Body::Deposited {
            user,
            asset,
            amount: Amount::new(amount),
            counted: true,
            transaction,
        };
        Arc::new(Fact { stamp: Stamp(0), cause: Cause::default(), body })
    };
    let hold = |user: u64| {
        Some(Hold { user: UserId(user), asset: Asset::Usd, amount: Amount::new(1), of: HoldOf::Ad })
    };
    let note = |has_fact, hold, request| Note {
        has_fact,
        hold,
        reply: Some((to(request), if has_fact { Reply::Done } else { Reply::Nothing })),
        cascade: None,
    };
    let commit = Commit {
        first: Sequence(7),
        facts: vec![deposit(1), deposit(2), deposit(1)],
        notes: vec![
            note(false, None, 1),
            note(true, hold(1), 2),
            note(true, None, 3),
            note(false, hold(3), 4),
            note(true, None, 5),
        ],
    };
    let mut letters = Vec::new();
    commit::deliveries(&commit, &mut letters);
    let mut counts: Vec<(u64, usize, usize)> = letters
        .iter()
        .map(|letter| match letter {
            Letter::Wallet(user, WalletMessage::Delivered(delivery)) => {
                (user.0, delivery.facts.len(), delivery.holds.len())
            }
            other => panic!("{other:?}"),
        })
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [(1, 2, 1), (2, 1, 0), (3, 0, 1)]);
    let mut said = Vec::new();
    commit::answers(commit, |to: To, sequence, _, fact| {
        said.push((to.cause().request.0, sequence.0, fact.is_some()));
    });
    let expected = [(1, 6, false), (2, 7, true), (3, 8, true), (4, 8, false), (5, 9, true)];
    assert_eq!(said, expected);
}
