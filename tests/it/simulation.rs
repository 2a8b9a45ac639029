//! Random users from one seed, the journal cut at any byte, and an auditor of its own who re-adds
//! all postings.

use std::collections::HashMap;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use souk::{
    domain::{
        command::Command,
        digest::Digest,
        fact::Fact,
        id::{Sequence, UserId},
        instrument::{Price, Quantity},
        ledger::Account,
        money::{Amount, Asset},
        order::{ClientOrderId, OrderType, PlaceOrder, SelfTradePrevention, Side, TimeInForce},
        outcome::Answer,
        world::World,
    },
    store::{Journal, MemoryJournal},
};

use crate::floor::{BTC_USD, Floor, Opening, ask, cancel_all, scale};

/// A random order near 50,000 USD, of any kind.
fn random_order(random: &mut StdRng) -> PlaceOrder {
    let side = if random.random() { Side::Buy } else { Side::Sell };
    let mut order = PlaceOrder::limit(
        side,
        Quantity::new(random.random_range(2..2_000)),
        Price::new(price(random)),
    );
    order.self_trade_prevention = match random.random_range(0..4) {
        0 => SelfTradePrevention::CancelNewest,
        1 => SelfTradePrevention::CancelOldest,
        2 => SelfTradePrevention::CancelBoth,
        _ => SelfTradePrevention::DecrementAndCancel,
    };
    match random.random_range(0..10) {
        0 => order.time_in_force = TimeInForce::Ioc,
        1 => order.time_in_force = TimeInForce::Fok,
        2 => order.post_only = true,
        3 => order.display_quantity = Some(Quantity::new((order.quantity.get() / 3).max(2))),
        4 => (order.kind, order.price) = (OrderType::Market, None),
        5 => {
            (order.kind, order.price) = (OrderType::Market, None);
            if side == Side::Buy {
                let amount = Amount::new(random.random_range(100..100_000));
                (order.quantity, order.quote_amount) = (Quantity::ZERO, Some(amount));
            }
        }
        6 => {
            (order.kind, order.stop_price) = (OrderType::StopLimit, Some(Price::new(price(random))))
        }
        7 => {
            (order.kind, order.price) = (OrderType::StopMarket, None);
            order.stop_price = Some(Price::new(price(random)));
        }
        _ => {}
    }
    if random.random_range(0..3) == 0 {
        order.client_order_id = ClientOrderId::new(&format!("c{}", random.random_range(0..50)));
    }
    order
}

fn price(random: &mut StdRng) -> i64 {
    5_000_000 + random.random_range(-40..=40) * 1_000
}

pub fn random_command(random: &mut StdRng, floor: &Floor, user: UserId) -> Command {
    let open = floor.open_orders(user);
    let any_open = |random: &mut StdRng| open.get(random.random_range(0..open.len().max(1)));
    match random.random_range(0..100) {
        0..60 => Command::Place { instrument: BTC_USD, order: random_order(random) },
        60..75 => match any_open(random) {
            Some(id) => Command::Cancel(souk::domain::command::OrderName::Id(*id)),
            None => cancel_all(),
        },
        75..88 => match any_open(random) {
            Some(order) => {
                let quantity = Some(random.random_range(2..2_000));
                let price = random.random::<bool>().then(|| price(random));
                Command::Amend {
                    order: *order,
                    price: price.map(Price::new),
                    quantity: quantity.map(Quantity::new),
                }
            }
            None => Command::Deposit {
                to: user,
                asset: Asset::Usd,
                amount: Amount::new(random.random_range(1..10_000)),
                counted: true,
            },
        },
        88..90 => cancel_all(),
        90..94 => Command::PlaceMany((0..3).map(|_| (BTC_USD, random_order(random))).collect()),
        94..97 => Command::Withdraw {
            asset: Asset::Usd,
            amount: Amount::new(random.random_range(1..5_000)),
        },
        _ => Command::ArmSwitch {
            timeout_ms: random.random_range(0..2) * random.random_range(1..50),
        },
    }
}

/// Lets random users act at once, and returns all facts with the image of the journal.
async fn play(seed: u64, rounds: usize) -> (Vec<Fact>, Vec<u8>, Digest) {
    let floor = Floor::open(Opening { in_memory: true, fees: true, ..Opening::default() }).await;
    let mut random = StdRng::seed_from_u64(seed);
    let mut users = Vec::new();
    for name in ["ann", "bob", "cid", "dora", "eve"] {
        users.push(floor.register(name).await);
    }
    for _ in 0..rounds {
        let commands: Vec<(UserId, Command)> = (0..8)
            .map(|_| {
                let user = users[random.random_range(0..users.len())];
                (user, random_command(&mut random, &floor, user))
            })
            .collect();
        let asked = commands.into_iter().map(|(user, c)| ask(floor.exchange(), Some(user), c));
        let _: Vec<Answer> = futures_util::future::join_all(asked).await;
    }
    let (_, digest) = floor.exchange().digest().await.unwrap();
    let image = floor.control.image();
    floor.close().await;
    let (journal, ..) = MemoryJournal::open(&image, Sequence(0)).unwrap();
    let facts = journal.reader().from(Sequence(1)).map(|read| read.unwrap().1).collect();
    (facts, image, digest)
}

/// Re-adds every posting, with nothing of the product's own bookkeeping.
#[derive(Default)]
struct Auditor(HashMap<(Account, Asset), Amount>);

impl Auditor {
    fn add(&mut self, fact: &Fact) {
        let mut sums: HashMap<Asset, Amount> = HashMap::new();
        for posting in fact.postings() {
            *self.0.entry((posting.account, posting.asset)).or_default() += posting.amount;
            *sums.entry(posting.asset).or_default() += posting.amount;
        }
        assert!(sums.values().all(|sum| *sum == Amount::ZERO), "a fact does not balance: {fact:?}");
        for posting in fact.postings() {
            let after = self.0[&(posting.account, posting.asset)];
            assert!(
                after >= Amount::ZERO || posting.account == Account::Issuer,
                "below zero: {posting:?}"
            );
        }
    }

    fn agrees_with(&self, world: &World) {
        let state = &world.state;
        let of = |account, asset| self.0.get(&(account, asset)).copied().unwrap_or(Amount::ZERO);
        for wallet in state.wallets() {
            for asset in Asset::ALL {
                let balance = wallet.balance(asset);
                assert_eq!(balance.available, of(Account::Available(wallet.user), asset));
                assert_eq!(balance.in_orders, of(Account::Orders(wallet.user), asset));
            }
        }
        for asset in Asset::ALL {
            assert_eq!(state.ledger.house[asset], of(Account::House, asset));
            assert_eq!(state.ledger.issued[asset], -of(Account::Issuer, asset));
        }
    }
}

#[actix::test]
async fn a_journal_cut_at_any_byte_recovers_to_a_true_prefix() {
    for seed in 0..2 * scale() as u64 {
        let (facts, image, live) = play(seed, 60).await;
        let mut digests = vec![World::default().state.digest()];
        let (mut world, mut auditor) = (World::default(), Auditor::default());
        for (at, fact) in facts.iter().enumerate() {
            world.apply(Sequence(at as u64 + 1), fact);
            auditor.add(fact);
            auditor.agrees_with(&world);
            assert!(world.state.is_balanced(), "seed {seed}: fact {} unbalances", at + 1);
            digests.push(world.state.digest());
        }
        assert!(facts.len() > 200, "too little happened: {} facts", facts.len());
        assert_eq!(*digests.last().unwrap(), live, "the live actors and the fold differ");
        let mut random = StdRng::seed_from_u64(seed);
        for _ in 0..100 * scale() {
            let cut = random.random_range(0..=image.len());
            let (_, recovered, report) = MemoryJournal::open(&image[..cut], Sequence(0)).unwrap();
            let through = recovered.state.through;
            assert_eq!(report.through, through);
            assert_eq!(recovered.state.digest(), digests[through.0 as usize], "cut at {cut}");
        }
    }
}
