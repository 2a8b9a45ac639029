//! Each released format stays readable: a journal and a snapshot of it give their recorded digest.
//!
//! `SOUK_WRITE_FIXTURES=1 cargo test --lib store::tests::format` writes the newest format's anew;
//! only for a format that was never released.

use std::{fs, path::PathBuf};

use super::{facts::Market, *};
use crate::{
    domain::{fact::Body, p2p::tests::story},
    store::{MemoryJournal, folder::Layout, snapshot, snapshot::SnapshotFolder},
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
