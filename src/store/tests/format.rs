//! Each released format stays readable: a journal and a snapshot of it give their recorded digest.
//!
//! `SOUK_WRITE_FIXTURES=1 cargo test --lib store::tests::format` writes the newest format's anew;
//! only for a format that was never released; a test of its own holds the others to their hashes.

use std::{fs, path::PathBuf};

use super::{facts::Market, *};
use crate::{
    domain::{
        account::Role,
        fact::{Body, Cause, KeyUse},
        id::{RequestId, Stamp, UserId},
        ledger::{Account, PostingCause, Transaction},
        money::{Amount, Asset},
        p2p::tests::story,
    },
    store::{
        MemoryJournal,
        folder::Layout,
        snapshot::{self, SnapshotFolder},
    },
};

/// What was recorded of a format: a journal, and a snapshot within it.
struct Format {
    folder: &'static str,
    facts: fn() -> Vec<Fact>,
    snapshot_at: usize,
}

/// The oldest first.
const FORMATS: [Format; 2] = [
    Format { folder: "format-1", facts: || Market::new(6).facts(150), snapshot_at: 120 },
    // P2P trading, and a snapshot that has it behind the rest.
    Format { folder: "format-2", facts: story::facts, snapshot_at: story::MIDDLE },
];

impl Format {
    fn file(&self, name: &str) -> PathBuf {
        let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
        PathBuf::from(tests).join(self.folder).join(name)
    }

    fn snapshot(&self) -> PathBuf {
        self.file(&format!("{:020}.snap", self.snapshot_at))
    }

    fn write(&self) {
        let facts = (self.facts)();
        let mut journal = MemoryJournal::new();
        append(&mut journal, &facts, 10);
        fs::create_dir_all(self.file("")).unwrap();
        fs::write(self.file("journal.bin"), journal.control().image()).unwrap();
        let chain = journal.reader().chain_at(Sequence(self.snapshot_at as u64)).unwrap().unwrap();
        let folder = SnapshotFolder::new(&Layout::new(&self.file("")), true);
        let middle = &facts[..self.snapshot_at];
        folder.write(&world_of(middle), chain).unwrap();
        let digests =
            [middle, &facts].map(|facts| format!("{} {}\n", facts.len(), digest_of(facts)));
        fs::write(self.file("digest.txt"), digests.concat()).unwrap();
    }

    /// How many facts, and their digest: of the snapshot, and of all.
    fn recorded(&self) -> [(u64, String); 2] {
        let digests = fs::read_to_string(self.file("digest.txt")).unwrap();
        let mut lines = digests.lines().map(|line| {
            let (count, digest) = line.split_once(' ').unwrap();
            (count.parse().unwrap(), digest.to_owned())
        });
        [lines.next().unwrap(), lines.next().unwrap()]
    }

    fn journal(&self) -> (MemoryJournal, World) {
        let image = fs::read(self.file("journal.bin")).unwrap();
        let [_, (count, _)] = self.recorded();
        let (journal, world, _) = MemoryJournal::open(&image, Sequence(count)).unwrap();
        (journal, world)
    }
}

#[test]
fn each_format_gives_its_recorded_digests() {
    if std::env::var_os("SOUK_WRITE_FIXTURES").is_some() {
        FORMATS[FORMATS.len() - 1].write();
    }
    for format in &FORMATS {
        let [(middle, half), (_, whole)] = format.recorded();
        let (journal, folded) = format.journal();
        assert_eq!(folded.state.digest().to_string(), whole, "{}", format.folder);

        let loaded = snapshot::load(&format.snapshot()).unwrap();
        assert_eq!(loaded.digest.to_string(), half, "{}", format.folder);
        let chain = journal.reader().chain_at(Sequence(middle)).unwrap();
        assert_eq!(chain, Some(loaded.chain), "{}", format.folder);
        let mut world = loaded.world;
        for fact in journal.reader().from(Sequence(middle + 1)) {
            let (at, fact) = fact.unwrap();
            world.apply(at, &fact);
        }
        assert_eq!(world.state.digest().to_string(), whole, "{}", format.folder);
    }
}

#[test]
fn the_rules_still_make_the_facts_of_each_format() {
    for format in &FORMATS {
        let (journal, _) = format.journal();
        let recorded = journal.reader().from(Sequence(1)).map(|fact| fact.unwrap().1);
        for (at, (recorded, made)) in recorded.zip((format.facts)()).enumerate() {
            let [recorded, made] = [recorded, made].map(|fact| codec::encode(&fact));
            assert_eq!(recorded, made, "{}: fact {at}", format.folder);
        }
    }
}

#[test]
fn kinds_keep_their_numbers() {
    let facts: Vec<Fact> = FORMATS.iter().flat_map(|format| (format.facts)()).collect();
    let kind = |is: fn(&Body) -> bool| {
        let fact = facts.iter().find(|fact| is(&fact.body)).unwrap();
        codec::encode(fact)[..2].to_vec()
    };
    assert_eq!(kind(|body| matches!(body, Body::InstrumentListed(_))), [1, 1]);
    assert_eq!(kind(|body| matches!(body, Body::UserRegistered { .. })), [3, 1]);
    assert_eq!(kind(|body| matches!(body, Body::Deposited { .. })), [9, 1]);
    assert_eq!(kind(|body| matches!(body, Body::Book(_))), [11, 1]);
    assert_eq!(kind(|body| matches!(body, Body::DowntimeShifted { .. })), [16, 1]);
    assert_eq!(kind(|body| matches!(body, Body::BoardListed { .. })), [17, 1]);
    assert_eq!(kind(|body| matches!(body, Body::P2pAd(_))), [18, 1]);
    assert_eq!(kind(|body| matches!(body, Body::P2pTrade(_))), [19, 1]);
    assert_eq!(kind(|body| matches!(body, Body::P2pMessage(_))), [20, 1]);
    assert_eq!(kind(|body| matches!(body, Body::Reviewed(_))), [21, 1]);
    assert_eq!(kind(|body| matches!(body, Body::ContactChanged { .. })), [22, 1]);
}

/// One of each kind that no recorded format has.
fn others() -> [Body; 12] {
    let Some(Body::InstrumentListed(listed)) = Market::new(0).facts(1).pop().map(|fact| fact.body)
    else {
        panic!("a market begins with its instruments")
    };
    let user = UserId(300);
    let mut transaction = Transaction::default();
    let (from, to) = (Account::Available(user), Account::Issuer);
    transaction.transfer(Asset::Usdt, Amount::new(70_000), from, to, PostingCause::Withdrawal);
    [
        Body::InstrumentChanged(listed),
        Body::PasswordChanged { user, password_hash: "hash".into(), token_version: 7 },
        Body::LoggedOut { user, token_version: 8 },
        Body::ProfileChanged { user, email: "a@b".into(), full_name: Some("Ann".into()) },
        Body::RoleChanged { user, role: Role::Admin },
        Body::FreezeChanged { user, frozen: true },
        Body::Withdrawn { user, asset: Asset::Usdt, amount: Amount::new(70_000), transaction },
        Body::SwitchArmed { user, deadline: Some(Stamp(1_700_000_000_000)), epoch: 2 },
        Body::SwitchArmed { user, deadline: None, epoch: 3 },
        Body::SwitchFired { user, epoch: 2 },
        Body::NotificationsRead { user, through: 12 },
        Body::ClockMoved { to: Stamp(1_700_000_000_001) },
    ]
}

#[test]
fn kinds_that_no_format_has_are_written_as_ever() {
    let key = KeyUse { key: [1; 16], body: [2; 16], parts: 5 };
    let cause = Cause { by: Some(UserId(9)), request: RequestId(0x1234), key: Some(key) };
    let fact = |body| Fact { stamp: Stamp(1_700_000_000_000), cause: cause.clone(), body };
    let records = others().map(|body| codec::encode(&fact(body)));
    let hex = |record: &[u8]| record.iter().map(|b| format!("{b:02x}")).collect::<String>();
    // Behind kind and version stand time and cause, the same for all.
    let head = concat!(
        "fd00d0ca9f170300000109fb341201",
        "01010101010101010101010101010101",
        "0202020202020202020202020202020205",
    );
    let expected = [
        ("02", "0100074254432d555344010002020205c8fbe803fbd007fc400d0300fb50c3"),
        ("04", "03fb2c01046861736807"),
        ("05", "04fb2c0108"),
        ("06", "05fb2c01036140620103416e6e"),
        ("07", "06fb2c0102"),
        ("08", "07fb2c0101"),
        ("0a", "09fb2c0103fce02202000200fb2c0103fcdf220200020503fce022020002"),
        ("0c", "0bfb2c0101fd00d0ca9f1703000002"),
        ("0c", "0bfb2c010003"),
        ("0d", "0cfb2c0102"),
        ("0e", "0dfb2c010c"),
        ("0f", "0efd02d0ca9f17030000"),
    ];
    for (record, (kind, body)) in records.iter().zip(expected) {
        assert_eq!(hex(record), format!("{kind}01{head}{body}"));
        assert_eq!(hex(&codec::encode(&codec::decode(record).unwrap())), hex(record));
    }
    assert_eq!(records.len(), expected.len());
    let recorded = FORMATS.iter().flat_map(|format| (format.facts)());
    let recorded = recorded.map(|fact| codec::encode(&fact)[0]);
    let mut kinds: Vec<u8> = records.iter().map(|record| record[0]).chain(recorded).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(
        kinds,
        (1..=22).collect::<Vec<u8>>(),
        "there is a kind that is not held to its bytes"
    );
}
