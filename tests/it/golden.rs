//! What must never change by accident: fingerprints that are stored, the numbers that variants have in
//! records, names that others build on, and the bytes of what was released.
//!
//! A list here changes only together with what it stands for, on purpose: a new variant goes to the end of
//! its list, a released file is never written again.

use std::fs;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use souk::domain::{
    account::Role,
    fact::{BookAction, Change},
    history::{Interval, Notice},
    id::{AdId, InstrumentId, OrderId, P2pTradeId, UserId},
    instrument::{Price, Quantity},
    ledger::{Account, PostingCause},
    money::{Amount, Asset, P2pPrice},
    order::{
        ClientOrderId, OrderReason, OrderStatus, OrderType, PlaceOrder, SelfTradePrevention, Side,
        TimeInForce,
    },
    p2p::{
        ad::{AdAction, AdStatus, Hidden, Pricing},
        contact::{ContactChange, PaymentAccount},
        dispute::{DisputeReason, DisputeStatus, Media, VerdictOutcome},
        fiat::PaymentMethod,
        machine::{Action, Party},
        trade::{BuyerFault, TradeReason, TradeState},
    },
};

use crate::tidy::{root, sources};

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Orders keep theirs over releases: where one changed, a retry would be taken for another order.
#[test]
fn fingerprints_of_orders_are_what_they_were() {
    let named = PlaceOrder {
        client_order_id: ClientOrderId::new("golden-1"),
        ..PlaceOrder::limit(Side::Buy, Quantity::new(1_000), Price::new(5_000_000))
    };
    let check = |change: fn(&mut PlaceOrder), fingerprint: u64| {
        let mut order = named.clone();
        change(&mut order);
        assert_eq!(order.fingerprint(InstrumentId(0)), fingerprint, "{order:?}");
    };
    assert_eq!(named.fingerprint(InstrumentId(1)), 0xa2fb_820d_c34a_8746);
    check(|_| {}, 0xb4a1_61be_8a36_a8d8);
    check(|order| order.client_order_id = None, 0);
    check(|order| order.client_order_id = ClientOrderId::new("golden-2"), 0xacbf_570b_4a24_c144);
    check(|order| order.side = Side::Sell, 0x18b1_7ede_80a1_73da);
    check(|order| order.kind = OrderType::Market, 0x5ff6_5d43_70f4_c5c6);
    check(|order| order.kind = OrderType::StopLimit, 0x7d70_7950_cd86_459c);
    check(|order| order.kind = OrderType::StopMarket, 0x1c09_0700_a3e5_fbee);
    check(|order| order.time_in_force = TimeInForce::Ioc, 0x3887_6e88_d18b_cb9b);
    check(|order| order.time_in_force = TimeInForce::Fok, 0x1a8a_6e49_00ae_0443);
    check(|order| order.post_only = true, 0x59fa_e060_f8c9_6eea);
    check(
        |order| order.self_trade_prevention = SelfTradePrevention::CancelOldest,
        0x81e9_a420_2e76_bae8,
    );
    check(
        |order| order.self_trade_prevention = SelfTradePrevention::CancelBoth,
        0xba61_2cb3_4652_0d61,
    );
    check(
        |order| order.self_trade_prevention = SelfTradePrevention::DecrementAndCancel,
        0x8d14_ba71_3157_938a,
    );
    check(|order| order.quantity = Quantity::new(1_001), 0xcc5f_4433_fb65_4c0c);
    check(|order| order.price = Some(Price::new(5_000_001)), 0xff56_3d4f_317b_300c);
    check(|order| order.price = None, 0x1d68_41cf_e72b_2483);
    check(|order| order.stop_price = Some(Price::new(5_000_000)), 0xe635_006f_f943_91a2);
    check(|order| order.quote_amount = Some(Amount::new(5_000_000)), 0xe773_abf0_11a3_b7e9);
    check(|order| order.display_quantity = Some(Quantity::new(1_000)), 0xd046_c2a1_a8bc_cc9b);
}

/// The same of every mix of members, those that no request can have included.
#[test]
fn fingerprints_of_all_shapes_are_what_they_were() {
    let (mut sum, mut shapes) = (Sha256::new(), 0);
    let maybe = |bits: u8, bit: u8, figure: i64| (bits >> bit & 1 == 1).then_some(figure);
    for side in Side::ALL {
        for kind in OrderType::ALL {
            for time_in_force in TimeInForce::ALL {
                for self_trade_prevention in SelfTradePrevention::ALL {
                    for bits in 0..32 {
                        let order = PlaceOrder {
                            side,
                            kind,
                            time_in_force,
                            post_only: bits >> 4 & 1 == 1,
                            self_trade_prevention,
                            quantity: Quantity::new(70_000),
                            price: maybe(bits, 0, 4_999_999).map(Price::new),
                            stop_price: maybe(bits, 1, 5_000_001).map(Price::new),
                            quote_amount: maybe(bits, 2, 123_456_789).map(Amount::new),
                            display_quantity: maybe(bits, 3, 7_000).map(Quantity::new),
                            client_order_id: ClientOrderId::new("A.b:c_9-"),
                        };
                        sum.update(order.fingerprint(InstrumentId(4)).to_le_bytes());
                        shapes += 1;
                    }
                }
            }
        }
    }
    assert_eq!(
        (shapes, hex(sum.finalize()).as_str()),
        (3_072, "5f548e055a25e70ded6c152eabb7397179076fbbe6e9a2d50220e621f75493fa")
    );
}

/// Whether variants are numbered in their order where they are stored.
#[track_caller]
fn numbered<T: Serialize>(variants: &[T]) {
    for (number, variant) in variants.iter().enumerate() {
        let record = bincode::serde::encode_to_vec(variant, bincode::config::standard()).unwrap();
        assert_eq!(usize::from(record[0]), number, "{}", std::any::type_name::<T>());
    }
}

/// The same, and whether they have these codes.
#[track_caller]
fn coded<'a, T: Serialize + 'a>(
    variants: &'a [T],
    code: impl Fn(&'a T) -> &'a str,
    codes: &[&str],
) {
    numbered(variants);
    assert_eq!(variants.iter().map(code).collect::<Vec<_>>(), codes);
}

#[test]
fn what_orders_are_made_of_keeps_numbers_and_codes() {
    coded(&Side::ALL, |v| v.code(), &["BUY", "SELL"]);
    coded(&OrderType::ALL, |v| v.code(), &["LIMIT", "MARKET", "STOP_LIMIT", "STOP_MARKET"]);
    coded(&TimeInForce::ALL, |v| v.code(), &["GTC", "IOC", "FOK"]);
    let modes = ["CANCEL_NEWEST", "CANCEL_OLDEST", "CANCEL_BOTH", "DECREMENT_AND_CANCEL"];
    coded(&SelfTradePrevention::ALL, |v| v.code(), &modes);
    let statuses = ["PENDING", "PARTIALLY_FILLED", "FILLED", "CANCELLED", "REJECTED", "EXPIRED"];
    coded(&OrderStatus::ALL, |v| v.code(), &statuses);
    let reasons = [
        "OWNER",
        "SWITCH",
        "SELF_TRADE",
        "IMMEDIATE_OR_CANCEL",
        "FILL_OR_KILL",
        "PROTECTION_PRICE",
        "FUNDS_SPENT",
        "DUST",
        "PRICE_OUT_OF_BAND",
        "POST_ONLY_WOULD_CROSS",
    ];
    coded(&OrderReason::ALL, |v| v.code(), &reasons);
    numbered(&BookAction::ALL);
    let order = OrderId(1);
    numbered(&[
        Change::Rest(order),
        Change::Wait(order),
        Change::Reduce { order, shown: Quantity::new(1), hidden: Quantity::new(1) },
        Change::Requeue { order, shown: Quantity::new(1) },
        Change::Remove(order),
        Change::SetLast(Price::new(1)),
    ]);
}

#[test]
fn what_money_and_users_are_made_of_keeps_numbers_and_codes() {
    coded(&Asset::ALL, |v| v.code(), &["USD", "BTC", "ETH", "USDT"]);
    let causes = [
        "REGISTRATION",
        "DEPOSIT",
        "WITHDRAWAL",
        "TRADE",
        "FEE",
        "ORDER_LOCK",
        "ORDER_UNLOCK",
        "ESCROW_LOCK",
        "ESCROW_RELEASE",
        "ESCROW_REFUND",
    ];
    coded(&PostingCause::ALL, |v| v.code(), &causes);
    let user = UserId(1);
    numbered(&[
        Account::Available(user),
        Account::Orders(user),
        Account::Ads(user),
        Account::Trades(user),
        Account::House,
        Account::Issuer,
    ]);
    let roles = [Role::User, Role::Arbitrator, Role::Admin];
    coded(&roles, |v| v.code(), &["USER", "ARBITRATOR", "ADMIN"]);
    coded(&Interval::ALL, |v| v.code(), &["1m", "5m", "15m", "1h", "4h", "1d"]);
    let (order, instrument, trade) = (OrderId(1), InstrumentId(1), P2pTradeId(1));
    let notices = [
        Notice::OrderFilled { order, instrument },
        Notice::OrderEnded { order, instrument, status: OrderStatus::Expired, reason: None },
        Notice::StopTriggered { order, instrument },
        Notice::SwitchFired,
        Notice::DepositReceived { asset: Asset::Usd, amount: Amount::new(1) },
        Notice::Frozen,
        Notice::Unfrozen,
        Notice::RoleChanged { role: Role::Admin },
        Notice::PasswordChanged,
        Notice::P2pTrade { trade, action: Action::Open, state: TradeState::Pending },
        Notice::P2pMessage { trade },
        Notice::AdExpired { ad: AdId(1) },
        Notice::Reviewed { trade, rating: 5 },
    ];
    let codes = [
        "ORDER_FILLED",
        "ORDER_ENDED",
        "STOP_TRIGGERED",
        "SWITCH_FIRED",
        "DEPOSIT_RECEIVED",
        "FROZEN",
        "UNFROZEN",
        "ROLE_CHANGED",
        "PASSWORD_CHANGED",
        "P2P_TRADE",
        "P2P_MESSAGE",
        "AD_EXPIRED",
        "REVIEWED",
    ];
    coded(&notices, |v| v.kind().code(), &codes);
}

#[test]
fn what_ads_and_contacts_are_made_of_keeps_numbers_and_codes() {
    let statuses = [AdStatus::Active, AdStatus::Paused, AdStatus::Closed, AdStatus::Expired];
    coded(&statuses, |v| v.code(), &["ACTIVE", "PAUSED", "CLOSED", "EXPIRED"]);
    let hidden = [Hidden::BelowMin, Hidden::NoIndex, Hidden::OwnerBarred];
    coded(&hidden, |v| v.code(), &["below_min", "no_index", "owner_barred"]);
    numbered(&[
        AdAction::Published,
        AdAction::Edited,
        AdAction::Paused,
        AdAction::Resumed,
        AdAction::Closed,
        AdAction::Expired,
    ]);
    numbered(&[
        Pricing::Fixed(P2pPrice(1)),
        Pricing::Floating { margin: 1, floor: None, ceiling: None },
    ]);
    let methods = [
        "BANK_TRANSFER",
        "INSTANT_TRANSFER",
        "SEPA",
        "CARD",
        "CASH_DEPOSIT",
        "E_WALLET",
        "MOBILE_MONEY",
        "GIFT_CARD",
    ];
    coded(&PaymentMethod::ALL, |v| v.code(), &methods);
    let account = PaymentAccount {
        number: 1,
        method: PaymentMethod::Card,
        holder: String::new(),
        details: String::new(),
        created_at: Default::default(),
    };
    let other = UserId(1);
    numbered(&[
        ContactChange::AccountAdded(account),
        ContactChange::AccountRemoved { number: 1 },
        ContactChange::Blocked(other),
        ContactChange::Unblocked(other),
        ContactChange::Favoured(other),
        ContactChange::Unfavoured(other),
    ]);
}

#[test]
fn what_p2p_trades_are_made_of_keeps_numbers_and_codes() {
    let states = [
        "PENDING",
        "PAYMENT_SENT",
        "RELEASE_OVERDUE",
        "DISPUTED",
        "VERDICT_PENDING",
        "COMPLETED",
        "CANCELLED",
        "EXPIRED",
        "RESOLVED_BUYER",
        "RESOLVED_SELLER",
        "RESOLVED_SPLIT",
    ];
    coded(&TradeState::ALL, |v| v.code(), &states);
    let reasons = [
        TradeReason::Buyer,
        TradeReason::Grace,
        TradeReason::NotPaid,
        TradeReason::Mutual,
        TradeReason::Conceded,
        TradeReason::PaymentWindow,
        TradeReason::ReleasedInDispute,
        TradeReason::Party,
        TradeReason::Clock,
        TradeReason::Withdrawn,
        TradeReason::Appealed,
    ];
    let codes = [
        "BUYER_CANCELLED",
        "CANCELLED_IN_GRACE",
        "NOT_PAID",
        "MUTUAL",
        "CONCEDED",
        "PAYMENT_WINDOW_OVER",
        "RELEASED_IN_DISPUTE",
        "OPENED_BY_PARTY",
        "OPENED_BY_CLOCK",
        "DISPUTE_WITHDRAWN",
        "APPEALED",
    ];
    coded(&reasons, |v| v.code(), &codes);
    coded(&Party::ALL, |v| v.code(), &["BUYER", "SELLER", "ARBITRATOR", "ADMIN", "CLOCK"]);
    let actions: Vec<Action> = Action::ALL.to_vec();
    let codes = [
        "OPENED",
        "PAYMENT_SENT",
        "CANCEL",
        "CANCEL_ACCEPTED",
        "CANCEL_REJECTED",
        "EXTENDED",
        "PAYMENT_CONFIRMED",
        "DISPUTE_OPENED",
        "STATEMENT",
        "EVIDENCE",
        "DISPUTE_WITHDRAWN",
        "DISPUTE_TAKEN",
        "DISPUTE_REASSIGNED",
        "VERDICT",
        "APPEALED",
        "CONCEDED",
        "MESSAGE",
        "FROZEN",
        "UNFROZEN",
        "PAYMENT_WINDOW_OVER",
        "RELEASE_WINDOW_OVER",
        "DISPUTE_OPENED_BY_CLOCK",
        "ESCALATED",
        "VERDICT_CARRIED_OUT",
    ];
    coded(&actions, |v| v.code(), &codes);
    numbered(&[BuyerFault::BeforePayment, BuyerFault::AfterSent]);
}

#[test]
fn what_disputes_are_made_of_keeps_numbers_and_codes() {
    let reasons = [
        "NOT_RELEASED",
        "WRONG_AMOUNT_RELEASED",
        "PAYMENT_NOT_RECEIVED",
        "WRONG_AMOUNT",
        "WRONG_NAME",
        "OTHER",
    ];
    coded(&DisputeReason::ALL, |v| v.code(), &reasons);
    let statuses = [
        DisputeStatus::Open,
        DisputeStatus::Assigned,
        DisputeStatus::Decided,
        DisputeStatus::Closed,
        DisputeStatus::ClosedByParties,
        DisputeStatus::Withdrawn,
    ];
    let codes = ["OPEN", "ASSIGNED", "DECIDED", "CLOSED", "CLOSED_BY_PARTIES", "WITHDRAWN"];
    coded(&statuses, |v| v.code(), &codes);
    let outcomes =
        [VerdictOutcome::Buyer, VerdictOutcome::Seller, VerdictOutcome::Split { buyer_percent: 1 }];
    coded(&outcomes, |v| v.code(), &["BUYER", "SELLER", "SPLIT"]);
    let media = [Media::Png, Media::Jpeg, Media::Webp, Media::Pdf, Media::Text];
    let codes = ["image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain"];
    coded(&media, |v| v.code(), &codes);
}

/// The texts that stand right behind one of `marks` in what is shipped, each once and in order.
fn literals(marks: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in sources("src") {
        let code: String = file.shipped().map(|(_, line)| line.trim()).collect();
        for mark in marks {
            let texts = code.split(mark).skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(texts.map(str::to_owned));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Digests stand in snapshots and are compared between releases.
#[test]
fn the_kinds_in_digests_have_their_names() {
    let kinds = [
        "ad",
        "asked",
        "board",
        "book",
        "client order",
        "closed orders",
        "contacts",
        "key",
        "ledger",
        "notifications read",
        "open orders",
        "order",
        "p2p trade",
        "reviewable",
        "standing",
        "taker",
        "user",
        "wallet",
    ];
    assert_eq!(literals(&["Digest::part(\""]), kinds);
}

#[test]
fn metrics_have_their_names() {
    let names = [
        "answers_lost",
        "door_places",
        "door_places_taken",
        "http_request_seconds",
        "http_requests_total",
        "journal_commits",
        "journal_facts",
        "journal_micros",
        "journal_waiting",
        "mirror_follows",
        "mirror_lag_facts",
        "mirror_lag_seconds",
        "mirror_sequence",
        "p2p_ads",
        "p2p_trades_open",
        "sequence",
    ];
    assert_eq!(literals(&["\"souk_"]), names);
}

/// Profiles and measurements tell threads apart by these.
#[test]
fn threads_have_their_names() {
    let names = [
        "feed",
        "fold-history",
        "fold-state",
        "mirror",
        "schedule",
        "sketch-journal",
        "snapshot",
        "snapshotter",
        "souk-durable",
        "souk-journal",
        "souk-open",
        "souk-password",
    ];
    let marks = ["Builder::new().name(\"", "folder(threads, \"", "OPENING_THREAD: &str = \""];
    assert_eq!(literals(&marks), names);
}

/// What was released, and what it is: recorded formats, and the migrations that make the mirror's tables.
const RELEASED: &[(&str, &str)] = &[
    (
        "src/mirror/sql/0001_tables.sql",
        "391645cc60a8f0d66c8817c45da78c24d119a820a87e831e5161794e269700c5",
    ),
    (
        "src/mirror/sql/0002_reports.sql",
        "609431aa3b00f8d2917de63adbb28899984404e9f04de092a4715e1bd034e657",
    ),
    (
        "tests/data/format-1/00000000000000000120.snap",
        "57515cf2d8f33295ea876c0e1b3218ac684ec4e8dc901f47f7bbd458f87f1c35",
    ),
    (
        "tests/data/format-1/digest.txt",
        "7fb7633e768d848e2ab35bed3d1132f50f4f7e1cf175b15bbe2b2de23809defe",
    ),
    (
        "tests/data/format-1/journal.bin",
        "a1e218b5952e7861a22b487338db455f2d5d697b66628fde10e3c426067b678c",
    ),
    (
        "tests/data/format-2/00000000000000000050.snap",
        "fe912a57cb6a8f1730060b31745e2650f79b5f1aefebb82eb176d05d3290094a",
    ),
    (
        "tests/data/format-2/digest.txt",
        "8ddf8756ed225bc6f30b8d736d833f948927bf7de1c53efcadef0d0eb0e6adbe",
    ),
    (
        "tests/data/format-2/journal.bin",
        "7e8bd1368f008cdeec58fdec823f791e65d210b9a6459b3c4a9a3776736c4bdf",
    ),
];

#[test]
fn what_was_released_is_what_it_was() {
    let mut files = Vec::new();
    for folder in ["tests/data/format-1", "tests/data/format-2", "src/mirror/sql"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let hash = hex(Sha256::digest(fs::read(&path).unwrap()));
            files.push((path.strip_prefix(root()).unwrap().display().to_string(), hash));
        }
    }
    files.sort();
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, hash)| (path.as_str(), hash.as_str())).collect();
    assert_eq!(files, RELEASED);
}
