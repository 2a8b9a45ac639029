//! Money: what a fill does to two wallets, and folding a book's facts into the state. In memory, one
//! thread, no journal.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use souk::domain::{
    account::{Register, Role},
    book::Book,
    fact::{Body, Cause, Fact},
    id::{InstrumentId, Stamp, UserId},
    instrument::{Increment, Instrument, Price, Quantity},
    ledger::Ledger,
    money::{Amount, Asset, Rate},
    order::{PlaceOrder, Side},
    state::State,
    wallet::Budget,
};

const USERS: u64 = 1_000;
const FACTS: usize = 10_000;
/// What each user gets of each asset, in minor units.
const PLENTY: Amount = Amount::new(1_000_000_000_000);

fn settle(c: &mut Criterion) {
    let (mut book, mut state) = funded();
    let maker = decide(&mut book, 1, Side::Sell, Price::new(6_000_000), Quantity::new(500_000_000));
    apply(&mut state, &maker);
    let one_fill =
        |book: &mut Book| decide(book, 2, Side::Buy, Price::new(6_000_000), Quantity::new(10));
    let fact = one_fill(&mut book);
    apply(&mut state, &fact);
    assert_eq!(fact.book().map(|book| book.fills.len()), Some(1));
    let mut group = c.benchmark_group("ledger");
    group.throughput(Throughput::Elements(1));
    let known = |user| state.wallet(UserId(user)).expect("it is registered").clone();
    let (mut wallets, mut ledger) = ([1, 2].map(known), Ledger::default());
    group.bench_function("settle_fill", |b| {
        b.iter(|| {
            let fact = black_box(&fact);
            wallets.iter_mut().for_each(|wallet| wallet.apply(fact));
            fact.postings().iter().for_each(|posting| ledger.post(posting));
        });
    });
    group.bench_function("decide_and_fold_fill", |b| {
        b.iter(|| {
            let fact = one_fill(&mut book);
            apply(&mut state, black_box(&fact));
        });
    });
    group.finish();
}

fn fold(c: &mut Criterion) {
    let (mut book, start) = funded();
    let facts = trading(&mut book);
    let fills: usize = facts.iter().filter_map(Fact::book).map(|book| book.fills.len()).sum();
    let mut end = start.clone();
    facts.iter().for_each(|fact| apply(&mut end, fact));
    assert!(end.is_balanced() && fills > FACTS / 4, "{fills} fills");
    let mut group = c.benchmark_group("ledger");
    group.throughput(Throughput::Elements(facts.len() as u64));
    group.bench_function("state_apply", |b| {
        b.iter_batched_ref(
            || start.clone(),
            |state| facts.iter().for_each(|fact| apply(state, black_box(fact))),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

/// An empty book, and a state in which a thousand users have plenty of everything.
fn funded() -> (Book, State) {
    let mut state = State::default();
    let fold = |state: &mut State, body| apply(state, &fact(body));
    fold(&mut state, Body::InstrumentListed(instrument()));
    for number in 1..=USERS {
        let asked = Register {
            username: format!("user_{number}"),
            email: format!("user_{number}@example.org"),
            full_name: None,
            password_hash: String::new(),
            role: Role::User,
            granted: true,
        };
        let body = state.accounts.register(asked, Stamp(1)).expect("the name is free");
        fold(&mut state, body);
        for asset in [Asset::Usd, Asset::Btc] {
            let wallet = state.wallet(UserId(number)).expect("just registered");
            let deposit = wallet.deposit(asset, PLENTY, None, Stamp(1));
            fold(&mut state, deposit.expect("there is no bound"));
        }
    }
    (Book::new(instrument()), state)
}

/// Limit orders around a price.
fn trading(book: &mut Book) -> Vec<Fact> {
    let mut random = 7_u64;
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) % below
    };
    let one = |_| {
        let side = if next(2) == 0 { Side::Buy } else { Side::Sell };
        let (price, quantity) =
            (Price::new(6_000_000 + next(41) as i64 - 20), Quantity::new(10 + next(1_000) as i64));
        decide(book, 1 + next(USERS), side, price, quantity)
    };
    (0..FACTS).map(one).collect()
}

fn decide(book: &mut Book, user: u64, side: Side, price: Price, quantity: Quantity) -> Fact {
    let asked = PlaceOrder::limit(side, quantity, price);
    let budget = Budget::of_order(&asked, book.instrument(), None).expect("it names its price");
    let decided = book.place(UserId(user), &asked, budget.amount, Stamp(1));
    fact(Body::Book(decided.expect("nothing speaks against it")))
}

fn fact(body: Body) -> Fact {
    Fact { stamp: Stamp(1), cause: Cause::default(), body }
}

fn apply(state: &mut State, fact: &Fact) {
    state.apply(state.through.next(), fact);
}

fn instrument() -> Instrument {
    Instrument {
        id: InstrumentId(0),
        name: "BTC-USD".into(),
        base: Asset::Btc,
        quote: Asset::Usd,
        tick: Increment { units: 1, scale: 2 },
        lot: Increment { units: 1, scale: 5 },
        min_notional: Amount::new(1),
        maker_fee: Rate(1_000),
        taker_fee: Rate(2_000),
        band: Rate(200_000),
        protection: Rate(50_000),
    }
}

criterion_group!(benches, settle, fold);
criterion_main!(benches);
