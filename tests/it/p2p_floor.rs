//! P2P trading without HTTP: random trades at once, the live actors against the fold, a journal cut at
//! any byte, and the rule that no two actors decide over one pot.

use std::collections::HashMap;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use souk::{
    domain::{
        command::{ClockMove, Command},
        fact::{Body, Fact},
        id::{AdId, BoardId, P2pTradeId, Sequence, UserId},
        money::{Amount, Asset, P2pPrice},
        order::Side,
        outcome::{Answer, Done},
        p2p::{
            ad::{AdChange, AdDraft, AdTerms, Conditions, Pricing},
            board::{Take, TakeSize},
            dispute::{DisputeReason, VerdictOutcome},
            fiat::PaymentMethod,
            trade::{P2pTrade, TradeState},
            trade_request::TradeRequest,
        },
        world::World,
    },
    store::{Journal, MemoryJournal},
};

use crate::floor::{Floor, Opening, ask, scale};

/// USDT against USD: boards are listed by asset, BTC, ETH, USDT.
const USDT_USD: BoardId = BoardId(2);

fn terms(available: Amount) -> AdTerms {
    AdTerms {
        pricing: Pricing::Fixed(P2pPrice(102_000_000)),
        available,
        min_limit: Amount::new(100),
        max_limit: Amount::new(100_000_000),
        methods: vec![PaymentMethod::BankTransfer],
        payment_window_secs: 900,
        terms: None,
        conditions: Conditions::default(),
        expires_at: None,
    }
}

fn publish(side: Side, available: Amount) -> Command {
    Command::PublishAd { board: USDT_USD, draft: AdDraft { side, terms: terms(available) } }
}

fn take(ad: AdId, fiat: Amount) -> Command {
    let method = PaymentMethod::BankTransfer;
    Command::TakeAd(Take {
        ad,
        wanted: TakeSize::Fiat(fiat),
        method,
        expected: None,
        version: None,
    })
}

fn to_trade(trade: P2pTradeId, ask: TradeRequest) -> Command {
    Command::P2pTrade { trade, dispute: None, expected: None, ask }
}

fn body(answer: Answer) -> Body {
    let Done::Fact(fact) = answer.unwrap().done else { panic!("no fact") };
    fact.body.clone()
}

fn ad_of(answer: Answer) -> AdId {
    let Body::P2pAd(fact) = body(answer) else { panic!("no ad") };
    fact.ad.id
}

fn trade_of(answer: Answer) -> P2pTradeId {
    let Body::P2pTrade(fact) = body(answer) else { panic!("no trade") };
    fact.trade.id
}

#[actix::test]
async fn a_sale_moves_the_coins_and_the_next_command_finds_them() {
    let floor = Floor::open(Opening { in_memory: true, ..Opening::default() }).await;
    let (seller, buyer) = (floor.register("seller").await, floor.register("buyer").await);
    let ad = ad_of(floor.ask(Some(seller), publish(Side::Sell, Amount::new(1_000_000_000))).await);
    let trade = trade_of(floor.ask(Some(buyer), take(ad, Amount::new(50_000))).await);
    let balance = floor.balance(seller, Asset::Usdt);
    assert_eq!(
        (balance.in_ads, balance.in_trades),
        (Amount::new(509_803_922), Amount::new(490_196_078))
    );
    floor.ask(Some(buyer), to_trade(trade, TradeRequest::MarkSent)).await.unwrap();
    floor.ask(Some(seller), to_trade(trade, TradeRequest::Confirm)).await.unwrap();
    let balance = floor.balance(buyer, Asset::Usdt);
    assert_eq!(balance.available, Amount::new(5_490_196_078));
    let again = floor.ask(Some(seller), to_trade(trade, TradeRequest::Confirm)).await;
    assert_eq!(again.unwrap_err().code(), "TRADE_STATE_FORBIDS");
    floor.ask(Some(buyer), take(ad, Amount::new(50_000))).await.unwrap();
    floor.exchange().digest().await.unwrap();
    floor.close().await;
}

/// A trade that gives coins back to an ad's reserve while the board closes the ad: whoever comes
/// first, all of it is the seller's again.
#[actix::test]
async fn an_ad_closed_against_cancels_of_its_trades_keeps_nothing() {
    let floor = Floor::open(Opening { in_memory: true, ..Opening::default() }).await;
    let seller = floor.register("seller").await;
    let mut buyers = Vec::new();
    for at in 0..3 {
        buyers.push(floor.register(&format!("buyer{at}")).await);
    }
    let whole = floor.balance(seller, Asset::Usdt).available;
    for round in 0..1_000 {
        let ad =
            ad_of(floor.ask(Some(seller), publish(Side::Sell, Amount::new(1_000_000_000))).await);
        let mut trades = Vec::new();
        for buyer in &buyers {
            trades.push((
                *buyer,
                trade_of(floor.ask(Some(*buyer), take(ad, Amount::new(10_000))).await),
            ));
        }
        let cancel = |(buyer, trade): &(UserId, P2pTradeId)| {
            let command = to_trade(*trade, TradeRequest::Cancel { not_paid: false });
            ask(floor.exchange(), Some(*buyer), command)
        };
        let close = ask(floor.exchange(), Some(seller), Command::CloseAd(ad));
        let (first, rest) = trades.split_at(1 + round % 2);
        let answers = tokio::join!(
            futures_util::future::join_all(first.iter().map(cancel)),
            close,
            futures_util::future::join_all(rest.iter().map(cancel)),
        );
        answers.1.unwrap();
        answers.0.into_iter().chain(answers.2).for_each(|answer| drop(answer.unwrap()));
        let balance = floor.balance(seller, Asset::Usdt);
        assert_eq!((balance.available, balance.locked()), (whole, Amount::ZERO), "round {round}");
    }
    floor.close().await;
}

/// What a random user asks for next.
pub fn random_command(random: &mut StdRng, floor: &Floor, user: UserId) -> Command {
    let world = floor.exchange().views().world();
    let p2p = &world.state.p2p;
    let ads: Vec<_> = p2p.boards().iter().flat_map(|board| board.ads()).collect();
    let any_ad = |random: &mut StdRng| Some(ads.get(random.random_range(0..ads.len().max(1)))?.id);
    let own: Vec<_> = p2p.trades().filter(|trade| trade.is_party(user)).collect();
    let arbitrates = world.state.accounts.user(user).is_some_and(|u| u.username == "arbiter");
    let disputed: Vec<_> =
        p2p.trades().filter(|trade| trade.state == TradeState::Disputed).collect();
    if arbitrates && let Some(trade) = disputed.get(random.random_range(0..disputed.len().max(1))) {
        return to_trade(trade.id, arbitrate(random, trade));
    }
    match (random.random_range(0..100), any_ad(random)) {
        (0..8, _) | (_, None) => {
            let side = if random.random() { Side::Sell } else { Side::Buy };
            publish(side, Amount::new(random.random_range(1_000_000..900_000_000)))
        }
        (8..40, Some(ad)) => take(ad, Amount::new(random.random_range(100..60_000))),
        (40..44, Some(ad)) => Command::CloseAd(ad),
        (44..47, Some(ad)) => Command::PauseAd(ad),
        (47..50, Some(ad)) => Command::ResumeAd(ad),
        (50..54, Some(ad)) => {
            let available = Some(random.random_range(1_000_000..900_000_000));
            let change = AdChange { available: available.map(Amount::new), ..AdChange::default() };
            Command::EditAd { ad, change, version: None }
        }
        _ => match own.get(random.random_range(0..own.len().max(1))) {
            Some(trade) => to_trade(trade.id, random_ask(random)),
            None => publish(Side::Sell, Amount::new(random.random_range(1_000_000..90_000_000))),
        },
    }
}

fn arbitrate(random: &mut StdRng, trade: &P2pTrade) -> TradeRequest {
    let taken = trade.dispute.as_ref().is_some_and(|dispute| dispute.arbitrator.is_some());
    let outcome = match random.random_range(0..3) {
        _ if !taken => return TradeRequest::TakeDispute,
        0 => VerdictOutcome::Buyer,
        1 => VerdictOutcome::Seller,
        _ => VerdictOutcome::Split { buyer_percent: random.random_range(1..=99) },
    };
    TradeRequest::GiveVerdict { outcome, reason: "what both of them said".into(), fraud: false }
}

fn random_ask(random: &mut StdRng) -> TradeRequest {
    let statement = String::from("a statement that is long enough");
    match random.random_range(0..16) {
        0..4 => TradeRequest::MarkSent,
        4..6 => TradeRequest::Confirm,
        6..8 => TradeRequest::Cancel { not_paid: random.random() },
        8 => TradeRequest::AcceptCancel,
        9 => TradeRequest::RejectCancel,
        10 => TradeRequest::Extend,
        11 => TradeRequest::Write { text: "hello".into() },
        12 => TradeRequest::OpenDispute { reason: DisputeReason::Other, statement },
        13 => TradeRequest::AddStatement { text: statement },
        14 => TradeRequest::Concede,
        _ => TradeRequest::Appeal { reason: None },
    }
}

/// Lets random users act at once on a manual clock; returns the facts, the journal and the digest.
async fn play(seed: u64, rounds: usize) -> (Vec<Fact>, Vec<u8>, souk::domain::digest::Digest) {
    let opening =
        Opening { in_memory: true, p2p_fees: true, manual_clock: true, ..Opening::default() };
    let floor = Floor::open(opening).await;
    let mut random = StdRng::seed_from_u64(seed);
    let mut users = Vec::new();
    for name in ["ann", "bob", "cid", "dora", "eve", "arbiter"] {
        users.push(floor.register(name).await);
    }
    let role = souk::domain::account::Role::Arbitrator;
    floor.ask(None, Command::SetRole { user: users[5], role }).await.unwrap();
    for _ in 0..rounds {
        let commands: Vec<(UserId, Command)> = (0..10)
            .map(|at| {
                // The arbitrator has a word in each round, the others by chance.
                let user = if at == 0 { users[5] } else { users[random.random_range(0..5)] };
                (user, random_command(&mut random, &floor, user))
            })
            .collect();
        let asked = commands.into_iter().map(|(user, c)| ask(floor.exchange(), Some(user), c));
        let _: Vec<Answer> = futures_util::future::join_all(asked).await;
        if random.random_range(0..6) == 0 {
            let millis = [60_000, 900_000, 86_400_000][random.random_range(0..3)];
            let to = ClockMove::AdvanceMillis(millis);
            floor.ask(None, Command::MoveClock(to)).await.unwrap();
        }
    }
    let (_, digest) = floor.exchange().digest().await.unwrap();
    let image = floor.control.image();
    floor.close().await;
    let (journal, ..) = MemoryJournal::open(&image, Sequence(0)).unwrap();
    let facts = journal.reader().from(Sequence(1)).map(|read| read.unwrap().1).collect();
    (facts, image, digest)
}

#[actix::test]
async fn random_trades_leave_a_true_prefix_wherever_the_journal_is_cut() {
    let mut states: HashMap<TradeState, usize> = HashMap::new();
    for seed in 0..2 * scale() as u64 {
        let (facts, image, live) = play(seed, 500).await;
        let mut world = World::default();
        let mut digests = vec![world.state.digest()];
        for (at, fact) in facts.iter().enumerate() {
            world.apply(Sequence(at as u64 + 1), fact);
            assert!(world.state.is_balanced(), "seed {seed}: fact {} unbalances: {fact:?}", at + 1);
            digests.push(world.state.digest());
            if let Body::P2pTrade(own) = &fact.body {
                *states.entry(own.trade.state).or_default() += 1;
            }
        }
        assert_eq!(*digests.last().unwrap(), live, "the live actors and the fold differ");
        let mut random = StdRng::seed_from_u64(seed);
        for _ in 0..50 * scale() {
            let cut = random.random_range(0..=image.len());
            let (_, recovered, _) = MemoryJournal::open(&image[..cut], Sequence(0)).unwrap();
            let through = recovered.state.through;
            assert_eq!(recovered.state.digest(), digests[through.0 as usize], "cut at {cut}");
        }
    }
    // Which of the three verdicts come is left to chance and to the order of what happens at once.
    let resolved =
        [TradeState::ResolvedBuyer, TradeState::ResolvedSeller, TradeState::ResolvedSplit];
    assert!(resolved.iter().any(|state| states.contains_key(state)), "{states:?}");
    let others = TradeState::ALL.iter().filter(|state| !resolved.contains(state));
    assert!(others.into_iter().all(|state| states.contains_key(state)), "{states:?}");
}

/// What a naive reader of the facts makes of each user: completed, counted, well, reviews, scores.
fn recount(facts: &[Fact]) -> HashMap<UserId, [u64; 5]> {
    let mut counts: HashMap<UserId, [u64; 5]> = HashMap::new();
    let mut add = |user: UserId, what: [u64; 5]| {
        let sums = counts.entry(user).or_default();
        sums.iter_mut().zip(what).for_each(|(sum, more)| *sum += more);
    };
    for fact in facts {
        match &fact.body {
            Body::P2pTrade(own) if own.trade.state == TradeState::Completed => {
                add(own.trade.buyer.id, [1, 1, 1, 0, 0]);
                add(own.trade.seller.id, [1, 1, 1, 0, 0]);
            }
            Body::P2pTrade(own) if own.fault.is_some() => add(own.trade.buyer.id, [0, 1, 0, 0, 0]),
            Body::Reviewed(own) => add(own.reviewed.id, [0, 0, 0, 1, u64::from(own.rating)]),
            _ => {}
        }
    }
    counts
}

/// One trade of `buyer` on `ad`, to one of the ends that a trade can have without a dispute.
async fn one_trade(floor: &Floor, buyer: UserId, seller: UserId, ad: AdId, end: u32) {
    let by = |user, command| ask(floor.exchange(), Some(user), command);
    let trade = trade_of(by(buyer, take(ad, Amount::new(1_000))).await);
    let step = |ask| to_trade(trade, ask);
    match end {
        // Left to expire.
        0 => return,
        1 => drop(by(buyer, step(TradeRequest::Cancel { not_paid: false })).await.unwrap()),
        2 => {
            by(seller, step(TradeRequest::Cancel { not_paid: false })).await.unwrap();
            by(buyer, step(TradeRequest::AcceptCancel)).await.unwrap();
        }
        _ => drop(by(buyer, step(TradeRequest::MarkSent)).await.unwrap()),
    }
    match end {
        0..3 => {}
        3 => drop(by(buyer, step(TradeRequest::Cancel { not_paid: true })).await.unwrap()),
        _ => {
            by(seller, step(TradeRequest::Confirm)).await.unwrap();
            let rating = 1 + (end % 5) as u8;
            by(buyer, Command::Review { trade, rating, comment: None }).await.unwrap();
        }
    }
}

/// Over a hundred days and ten thousand trades: the live standings are those of the journal, and both
/// are what a naive count says.
#[actix::test]
async fn reputations_after_ten_thousand_trades_are_those_of_the_journal() {
    const BUYERS: usize = 100;
    let opening = Opening { in_memory: true, manual_clock: true, ..Opening::default() };
    let floor = Floor::open(opening).await;
    let mut random = StdRng::seed_from_u64(7);
    let (mut buyers, mut ads) = (Vec::new(), Vec::new());
    for at in 0..10 {
        let seller = floor.register(&format!("seller{at}")).await;
        let (to, amount) = (seller, 100_000_000_000);
        let deposit = Command::Deposit {
            to,
            asset: Asset::Usdt,
            amount: Amount::new(amount),
            counted: false,
        };
        floor.ask(None, deposit).await.unwrap();
        ads.push((
            seller,
            ad_of(floor.ask(Some(seller), publish(Side::Sell, Amount::new(amount))).await),
        ));
    }
    for at in 0..BUYERS {
        buyers.push(floor.register(&format!("buyer{at}")).await);
    }
    for _ in 0..100 {
        let trades = buyers.iter().map(|buyer| {
            let (seller, ad) = ads[random.random_range(0..ads.len())];
            one_trade(&floor, *buyer, seller, ad, random.random_range(0..16))
        });
        futures_util::future::join_all(trades).await;
        let to = ClockMove::AdvanceMillis(86_400_000);
        floor.ask(None, Command::MoveClock(to)).await.unwrap();
    }
    let (_, live) = floor.exchange().digest().await.unwrap();
    let image = floor.control.image();
    let (journal, rebuilt, _) = MemoryJournal::open(&image, Sequence(0)).unwrap();
    assert_eq!(rebuilt.state.digest(), live);
    let facts: Vec<Fact> = journal.reader().from(Sequence(1)).map(|read| read.unwrap().1).collect();
    let opened = |fact: &&Fact| matches!(&fact.body, Body::P2pTrade(own) if own.trade.step == 1);
    assert_eq!(facts.iter().filter(opened).count(), 100 * BUYERS);
    let counts = recount(&facts);
    {
        let world = floor.exchange().views().world();
        for user in buyers.iter().chain(ads.iter().map(|(seller, _)| seller)) {
            let (shown, kept) =
                (world.state.p2p.reputation(*user), rebuilt.state.p2p.reputation(*user));
            assert_eq!(shown, kept);
            let all = shown.unwrap().all_time();
            let counted = [all.completed, all.counted, all.well, all.reviews, all.scores];
            assert_eq!(counted, counts[user], "{user}");
        }
    }
    floor.close().await;
}
