//! What a random load leaves in the tables: exactly what the journal says.

use std::{collections::BTreeMap, path::Path};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use souk::{
    domain::{
        account::Role,
        command::{ClockMove, Command},
        fact::Fact,
        id::{BoardId, InstrumentId, Sequence, UserId},
        instrument::{Price, Quantity},
        money::Amount,
        order::{PlaceOrder, Side},
        outcome::Answer,
        p2p::{
            ad::{AdDraft, AdTerms, Conditions, Pricing},
            fiat::PaymentMethod,
        },
    },
    store::{self, Options},
};

use super::{
    expected::{COLUMNS, Expected, Texts, short},
    is_clean,
    reports::run_as_written,
    rows_of,
    server::{Server, copy_all},
};
use crate::{
    floor::{Floor, Opening, ask, scale},
    p2p_floor, simulation,
};

const BTC_USDT: InstrumentId = InstrumentId(2);
const USDT_USD: InstrumentId = InstrumentId(4);
const USDT_BOARD: BoardId = BoardId(2);

/// Random orders and P2P trades of users who act at once, while a mirror follows.
async fn play(floor: &Floor, seed: u64, rounds: usize) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut users = Vec::new();
    for name in ["ann", "ben", "cid", "dora", "eve", "arbiter"] {
        users.push(floor.register(name).await);
    }
    let arbiter = users[5];
    floor.ask(None, Command::SetRole { user: arbiter, role: Role::Arbitrator }).await.unwrap();
    let full_name = Some(Some("Ann O'Nym 🦀 \\".to_owned()));
    let profile = Command::ChangeProfile { email: None, full_name };
    floor.ask(Some(users[0]), profile).await.unwrap();
    floating(floor, users[0]).await;
    sale(floor, [users[0], users[1]]).await;
    for _ in 0..rounds {
        let commands: Vec<(UserId, Command)> = (0..12)
            .map(|at| {
                let user = users[random.random_range(0..5)];
                match at {
                    0 => (arbiter, p2p_floor::random_command(&mut random, floor, arbiter)),
                    1..8 => (user, p2p_floor::random_command(&mut random, floor, user)),
                    _ => (user, simulation::random_command(&mut random, floor, user)),
                }
            })
            .collect();
        let asked = commands.into_iter().map(|(user, c)| ask(floor.exchange(), Some(user), c));
        let _: Vec<Answer> = futures_util::future::join_all(asked).await;
        if random.random_range(0..6) == 0 {
            let millis = [60_000, 900_000, 86_400_000][random.random_range(0..3)];
            let to = ClockMove::AdvanceMillis(millis);
            floor.ask(None, Command::MoveClock(to)).await.unwrap();
            review(floor, &mut random).await;
        }
    }
}

/// Every completed trade that can be is reviewed by one of its parties.
async fn review(floor: &Floor, random: &mut StdRng) {
    let open: Vec<_> = {
        let history = &floor.exchange().views().world().history.p2p;
        let users = (1..=6).filter_map(|user| history.user(UserId(user)));
        let trades = users.flat_map(|user| user.finished.iter().map(|finished| finished.trade));
        trades.filter_map(|trade| history.ended(trade).cloned()).collect()
    };
    for trade in open {
        let by = if random.random() { trade.buyer.id } else { trade.seller.id };
        let comment = random.random::<bool>().then(|| "quick — thanks".into());
        let rating = random.random_range(1..=5);
        let review = Command::Review { trade: trade.id, rating, comment };
        // Those that were not completed, or are too old, cannot be.
        let _ = floor.ask(Some(by), review).await;
    }
}

/// An ad whose price floats with a book that has both sides.
async fn floating(floor: &Floor, user: UserId) {
    for (side, price) in [(Side::Buy, 9_990), (Side::Sell, 10_010)] {
        let order = PlaceOrder::limit(side, Quantity::new(10_000), Price::new(price));
        floor.ask(Some(user), Command::Place { instrument: USDT_USD, order }).await.unwrap();
    }
    let pricing = Pricing::Floating { margin: 12_500, floor: None, ceiling: None };
    let terms = AdTerms {
        pricing,
        available: Amount::new(100_000_000),
        min_limit: Amount::new(100),
        max_limit: Amount::new(10_000),
        methods: vec![PaymentMethod::Sepa, PaymentMethod::Card],
        payment_window_secs: 900,
        terms: None,
        conditions: Conditions::default(),
        expires_at: None,
    };
    let draft = AdDraft { side: Side::Sell, terms };
    floor.ask(Some(user), Command::PublishAd { board: USDT_BOARD, draft }).await.unwrap();
}

/// A trade on the instrument whose candles the documentation asks for.
async fn sale(floor: &Floor, users: [UserId; 2]) {
    for (user, side) in users.into_iter().zip([Side::Sell, Side::Buy]) {
        let order = PlaceOrder::limit(side, Quantity::new(100), Price::new(6_000_000));
        floor.ask(Some(user), Command::Place { instrument: BTC_USDT, order }).await.unwrap();
    }
}

/// All facts of a folder.
pub fn facts_of(data: &Path) -> Vec<Fact> {
    let opened = store::open(&Options::new(data)).unwrap();
    opened.journal.reader().from(Sequence(1)).map(|read| read.unwrap().1).collect()
}

/// Everything that the facts say of what people build on is in the tables, and nothing else.
pub fn as_the_journal_says(server: &Server, facts: &[Fact]) {
    let expected = Expected::of(facts);
    for (table, columns) in COLUMNS {
        // Where the mirror makes up the ids, they are left out.
        let made_up = ["wallets", "trades", "reputation", "reviews"].contains(table);
        let columns = if made_up { columns.strip_prefix("id, ").unwrap() } else { columns };
        let found = rows_of(server, &format!("SELECT {columns} FROM {table}"));
        let rows = expected.rows(table);
        let missing: Vec<&Texts> = rows.iter().filter(|row| !found.contains(row)).collect();
        let more: Vec<&Texts> = found.iter().filter(|row| !rows.contains(row)).collect();
        assert!(missing.is_empty() && more.is_empty(), "{table}: {missing:?}\n{more:?}");
        assert_eq!(rows.len(), found.len(), "{table}");
    }
    let sql = "SELECT user_id, currency, type, amount FROM transactions \
               JOIN wallets ON wallets.id = wallet_id ORDER BY transactions.id";
    let mut found: BTreeMap<_, Vec<[String; 2]>> = Default::default();
    for row in server.rows(sql) {
        let line = [row[2].clone(), short(&row[3])];
        found.entry((row[0].parse().unwrap(), row[1].clone())).or_default().push(line);
    }
    for ((user, currency), lines) in &expected.transactions {
        let of = (*user, (*currency).to_owned());
        assert_eq!(found.remove(&of).as_ref(), Some(lines), "transactions of {of:?}");
    }
    assert!(found.is_empty(), "{found:?}");
}

#[actix::test]
async fn rows_are_what_the_journal_says_after_a_random_load() {
    let server = Server::start();
    let opening = Opening {
        fees: true,
        p2p_fees: true,
        manual_clock: true,
        mysql_url: Some(server.url()),
        ..Opening::default()
    };
    let floor = Floor::open(opening).await;
    play(&floor, 5, 200 * scale()).await;
    let dir = floor.close().await;
    // The test's own process may go on holding the folder.
    let data = dir.path().join("copy");
    copy_all(&dir.path().join("data"), &data);
    let facts = facts_of(&data);
    assert_eq!(server.value("SELECT sequence FROM mirror_cursor"), facts.len().to_string());
    as_the_journal_says(&server, &facts);
    for table in COLUMNS.iter().map(|(table, _)| table) {
        assert_ne!(server.value(&format!("SELECT COUNT(*) FROM {table}")), "0", "{table}");
    }
    for kind in ["COMPLETED", "CANCELLED", "EXPIRED"] {
        let count = format!("SELECT COUNT(*) FROM p2p_trades WHERE status = '{kind}'");
        assert_ne!(server.value(&count), "0", "{kind}");
    }
    assert_eq!(server.value("SELECT COUNT(*) FROM report_balance_differences"), "0");
    run_as_written(&server);
    is_clean(&data, &server.url());
}
