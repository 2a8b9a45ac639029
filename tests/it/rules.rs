//! The rules that keep the exchange true, each shown on a running one: nothing leaves before it is
//! durable, replies never overtake credits, cancels never overtake places, a failed journal stops
//! everything.

use std::{
    future::Future,
    rc::Rc,
    sync::atomic::Ordering,
    task::{Context, Poll, Waker},
};

use souk::domain::{
    command::Command,
    id::{InstrumentId, UserId},
    instrument::{Price, Quantity},
    money::{Amount, Asset},
    order::{OrderStatus, PlaceOrder, Side},
    outcome::Answer,
    rejection::Rejection,
};

use crate::floor::{Floor, Opening, ask, cancel_all, limit, order, scale};

/// Whether an answer is there already.
fn is_ready(answer: &mut (impl Future<Output = Answer> + Unpin)) -> bool {
    matches!(
        std::pin::Pin::new(answer).poll(&mut Context::from_waker(Waker::noop())),
        Poll::Ready(_)
    )
}

#[actix::test]
async fn nothing_leaves_before_its_record_and_all_before_it_are_synced() {
    let floor = Floor::open(Opening { in_memory: true, ..Opening::default() }).await;
    let alice = floor.register("alice").await;
    let before = floor.balance(alice, Asset::Usd);
    floor.control.shut_gate();
    let exchange = floor.exchange();
    // An order, a refusal that saw it, and the same refusal of somebody else's making.
    let mut placed = Box::pin(ask(exchange, Some(alice), limit(Side::Buy, 1_000, 5_000_000)));
    assert!(!is_ready(&mut placed));
    let control = floor.control.clone();
    tokio::task::spawn_blocking(move || control.wait_for_append()).await.unwrap();
    let mut refused = Box::pin(ask(exchange, Some(alice), limit(Side::Buy, 1_000_000, 5_000_000)));
    let mut tested = Box::pin(ask(exchange, Some(alice), cancel_all()));
    assert!(!is_ready(&mut refused) && !is_ready(&mut tested));
    // The books and wallets have long decided: a digest of theirs would show it, a view must not.
    while exchange.journal_waiting() < 2 {
        tokio::task::yield_now().await;
    }
    assert!(!is_ready(&mut placed) && !is_ready(&mut refused) && !is_ready(&mut tested));
    assert_eq!(floor.balance(alice, Asset::Usd), before);
    assert!(floor.open_orders(alice).is_empty());
    floor.control.open_gate();
    assert_eq!(order(placed.await).unwrap().status, OrderStatus::Pending);
    assert_eq!(refused.await.unwrap_err(), Rejection::InsufficientFunds);
    assert!(tested.await.is_ok());
    floor.close().await;
}

#[actix::test]
async fn a_failed_journal_answers_that_the_outcome_is_unknown_and_lets_nobody_in() {
    let floor = Floor::open(Opening { in_memory: true, ..Opening::default() }).await;
    let alice = floor.register("alice").await;
    floor.control.fail_next();
    let answer = floor.ask(Some(alice), limit(Side::Buy, 1_000, 5_000_000)).await;
    assert_eq!(answer.unwrap_err(), Rejection::OutcomeUnknown);
    let answer = floor.ask(Some(alice), limit(Side::Buy, 1_000, 5_000_000)).await;
    assert_eq!(answer.unwrap_err(), Rejection::Stopping);
    while !floor.failed.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
    }
    assert!(floor.open_orders(alice).is_empty());
}

/// Two users hand one lot of money to and fro: each order spends what the one before has just
/// brought, as a maker or as a taker, the moment the answer is there.
async fn hand_to_and_fro(floor: Rc<Floor>, pair: usize, rounds: usize) {
    let a = floor.register(&format!("a{pair}")).await;
    let b = floor.register(&format!("b{pair}")).await;
    let (quantity, price) = (10_000, 1_000_000);
    // A book of their own, behind the usual five.
    let instrument = InstrumentId(5 + pair as u16);
    // One has the coins and no dollars, the other the dollars and no coins.
    let cost = quantity * price / 100_000;
    for (user, usd, btc) in [(a, 0, 10_000_000), (b, cost, 0)] {
        for (asset, keep) in [(Asset::Usd, usd), (Asset::Btc, btc)] {
            let amount = floor.balance(user, asset).available - Amount::new(keep);
            floor.ask(Some(user), Command::Withdraw { asset, amount }).await.unwrap();
        }
    }
    let (mut seller, mut buyer) = (a, b);
    for round in 0..rounds {
        let place = async |user: UserId, side| {
            let placed = Command::Place {
                instrument,
                order: PlaceOrder::limit(side, Quantity::new(quantity), Price::new(price)),
            };
            let placed = order(floor.ask(Some(user), placed).await);
            placed.unwrap_or_else(|refused| panic!("round {round}: {side:?} {refused:?}"))
        };
        let resting = place(buyer, Side::Buy).await;
        assert_eq!(resting.status, OrderStatus::Pending);
        let taking = place(seller, Side::Sell).await;
        assert_eq!(taking.status, OrderStatus::Filled);
        std::mem::swap(&mut seller, &mut buyer);
    }
}

#[actix::test]
async fn the_proceeds_of_a_fill_can_be_spent_the_moment_its_answer_is_there() {
    const PAIRS: usize = 100;
    let opening = Opening { more_books: PAIRS as u16, ..Opening::default() };
    let floor = Rc::new(Floor::open(opening).await);
    // Two orders a round and pair: 200,000 at least.
    let rounds = 1_000 * scale();
    let pairs = (0..PAIRS).map(|pair| actix::spawn(hand_to_and_fro(floor.clone(), pair, rounds)));
    for pair in pairs.collect::<Vec<_>>() {
        pair.await.unwrap();
    }
    assert!(floor.exchange().views().world().state.is_balanced());
}

#[actix::test]
async fn a_cancel_all_right_behind_a_place_cancels_it() {
    let floor = Floor::open(Opening::default()).await;
    let alice = floor.register("alice").await;
    let exchange = floor.exchange();
    for _ in 0..1_000 {
        let place = ask(exchange, Some(alice), limit(Side::Buy, 1_000, 5_000_000));
        let cancel = ask(exchange, Some(alice), cancel_all());
        let (placed, cancelled) = futures_util::future::join(place, cancel).await;
        assert_eq!(order(placed).unwrap().status, OrderStatus::Pending);
        cancelled.unwrap();
        assert!(floor.open_orders(alice).is_empty());
    }
    assert_eq!(floor.balance(alice, Asset::Usd).in_orders, Amount::ZERO);
    floor.close().await;
}

/// An amend that lowers the price and raises the quantity is priced by the wallet at one moment and
/// decided by the book at another; fills come between.
#[actix::test]
async fn an_amend_at_a_falling_price_never_overdraws_whatever_fills_come_between() {
    let floor = Floor::open(Opening { fees: true, ..Opening::default() }).await;
    let (alice, bob) = (floor.register("alice").await, floor.register("bob").await);
    let exchange = floor.exchange();
    for round in 0..500 {
        let placed = floor.ask(Some(alice), limit(Side::Buy, 1_000, 5_000_000)).await;
        let id = order(placed).unwrap().id;
        let sell = ask(exchange, Some(bob), limit(Side::Sell, 10 + round % 900, 5_000_000));
        let amend = Command::Amend {
            order: id,
            price: Some(Price::new(4_900_000)),
            quantity: Some(Quantity::new(1_500)),
        };
        let amend = ask(exchange, Some(alice), amend);
        let (sold, amended) = futures_util::future::join(sell, amend).await;
        order(sold).unwrap();
        let amended = order(amended).unwrap();
        assert_eq!(amended.remaining, Quantity::new(1_500) - amended.filled);
        for user in [alice, bob] {
            floor.ask(Some(user), cancel_all()).await.unwrap();
        }
        // Whoever ran dry trades back.
        let back = floor
            .ask(
                Some(bob),
                limit(Side::Buy, amended.filled.max(Quantity::new(10)).get(), 5_000_000),
            )
            .await;
        order(back).unwrap();
        let back = floor.ask(
            Some(alice),
            limit(Side::Sell, amended.filled.max(Quantity::new(10)).get(), 5_000_000),
        );
        order(back.await).unwrap();
        for user in [alice, bob] {
            floor.ask(Some(user), cancel_all()).await.unwrap();
        }
    }
    let (through, digest) = exchange.digest().await.unwrap();
    let state = &exchange.views().world().state;
    assert!(state.is_balanced());
    assert_eq!((state.through, state.digest()), (through, digest));
}

/// The second amend is priced before the first is durable: what is locked then is not what the
/// wallet knows.
#[actix::test]
async fn amends_of_one_order_on_each_others_heels_are_taken_in_their_order() {
    let floor = Floor::open(Opening::default()).await;
    let alice = floor.register("alice").await;
    let exchange = floor.exchange();
    let placed = floor.ask(Some(alice), limit(Side::Buy, 1_000, 5_000_000)).await;
    let id = order(placed).unwrap().id;
    for _ in 0..300 {
        let amend = |price| {
            let amend = Command::Amend { order: id, price: Some(price), quantity: None };
            ask(exchange, Some(alice), amend)
        };
        let (down, up) =
            futures_util::future::join(amend(Price::new(4_500_000)), amend(Price::new(5_000_000)))
                .await;
        assert_eq!(order(down).unwrap().price, Some(Price::new(4_500_000)));
        assert_eq!(order(up).unwrap().price, Some(Price::new(5_000_000)));
    }
    assert_eq!(floor.balance(alice, Asset::Usd).in_orders, Amount::new(50_000));
    floor.close().await;
}

/// A user whose switch fires sets it anew at the same time: neither firing is lost.
#[actix::test]
async fn a_switch_that_is_set_again_while_it_fires_fires_again() {
    let floor = Floor::open(Opening::default()).await;
    let alice = floor.register("alice").await;
    let exchange = floor.exchange();
    for _ in 0..50 {
        let arm = |timeout_ms| ask(exchange, Some(alice), Command::ArmSwitch { timeout_ms });
        arm(1).await.unwrap();
        let place = ask(exchange, Some(alice), limit(Side::Buy, 1_000, 5_000_000));
        let (placed, armed) = futures_util::future::join(place, arm(1)).await;
        order(placed).unwrap();
        armed.unwrap();
        while !floor.open_orders(alice).is_empty() {
            tokio::task::yield_now().await;
        }
    }
    floor.close().await;
}

#[actix::test]
async fn many_digests_at_once_leave_the_door_open() {
    let floor = Floor::open(Opening::default()).await;
    let alice = floor.register("alice").await;
    let exchange = floor.exchange();
    let digests = futures_util::future::join_all((0..8).map(|_| exchange.digest()));
    // One that nobody waits for any more.
    drop(exchange.digest());
    let place = ask(exchange, Some(alice), limit(Side::Buy, 1_000, 5_000_000));
    let (digests, placed) = futures_util::future::join(digests, place).await;
    order(placed).unwrap();
    assert!(digests.iter().all(Option::is_some));
    floor.close().await;
}
