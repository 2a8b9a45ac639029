//! Each released format stays readable: a journal and a snapshot of it give their recorded digest.
//!
//! `SOUK_WRITE_FIXTURES=1 cargo test --lib store::tests::format` writes the newest format's anew;
//! only for a format that was never released.

use std::{fs, path::PathBuf};

use super::{facts::Market, *};
use crate::{
    domain::fact::Body,
    store::{MemoryJournal, folder::Layout, snapshot, snapshot::SnapshotFolder},
};

fn fixture(name: &str) -> PathBuf {
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/format-1");
    PathBuf::from(tests).join(name)
}

/// The facts of the fixtures; the snapshot stands at the 120th.
fn facts() -> Vec<Fact> {
    Market::new(6).facts(150)
}

const SNAPSHOT: &str = "00000000000000000120.snap";

fn write_fixtures() {
    let facts = facts();
    let mut journal = MemoryJournal::new();
    append(&mut journal, &facts, 30);
    fs::create_dir_all(fixture("")).unwrap();
    fs::write(fixture("journal.bin"), journal.control().image()).unwrap();
    let chain = journal.reader().chain_at(Sequence(120)).unwrap().unwrap();
    let folder = SnapshotFolder::new(&Layout::new(&fixture("")), true);
    folder.write(&world_of(&facts[..120]), chain).unwrap();
    let digests = format!("120 {}\n150 {}\n", digest_of(&facts[..120]), digest_of(&facts));
    fs::write(fixture("digest.txt"), digests).unwrap();
}

#[test]
fn format_1_gives_its_recorded_digests() {
    if std::env::var_os("SOUK_WRITE_FIXTURES").is_some() {
        write_fixtures();
    }
    let digests = fs::read_to_string(fixture("digest.txt")).unwrap();
    let recorded = |at: &str| {
        let line = digests.lines().find_map(|line| line.strip_prefix(at));
        line.unwrap().trim().to_owned()
    };
    let image = fs::read(fixture("journal.bin")).unwrap();
    let (journal, world, _) = MemoryJournal::open(&image, Sequence(150)).unwrap();
    assert_eq!(world.state.digest().to_string(), recorded("150"));

    let loaded = snapshot::load(&fixture(SNAPSHOT)).unwrap();
    assert_eq!(loaded.digest.to_string(), recorded("120"));
    assert_eq!(journal.reader().chain_at(Sequence(120)).unwrap(), Some(loaded.chain));
    let mut world = loaded.world;
    for fact in journal.reader().from(Sequence(121)) {
        let (at, fact) = fact.unwrap();
        world.apply(at, &fact);
    }
    assert_eq!(world.state.digest().to_string(), recorded("150"));
}

#[test]
fn the_rules_still_make_the_facts_of_format_1() {
    let image = fs::read(fixture("journal.bin")).unwrap();
    let (journal, ..) = MemoryJournal::open(&image, Sequence(150)).unwrap();
    let recorded = journal.reader().from(Sequence(1)).map(|fact| fact.unwrap().1);
    for (at, (recorded, made)) in recorded.zip(facts()).enumerate() {
        assert_eq!(codec::encode(&recorded), codec::encode(&made), "fact {at}");
    }
}

#[test]
fn kinds_keep_their_numbers() {
    let facts = facts();
    let kind = |is: fn(&Body) -> bool| {
        let fact = facts.iter().find(|fact| is(&fact.body)).unwrap();
        codec::encode(fact)[..2].to_vec()
    };
    assert_eq!(kind(|body| matches!(body, Body::InstrumentListed(_))), [1, 1]);
    assert_eq!(kind(|body| matches!(body, Body::UserRegistered { .. })), [3, 1]);
    assert_eq!(kind(|body| matches!(body, Body::Deposited { .. })), [9, 1]);
    assert_eq!(kind(|body| matches!(body, Body::Book(_))), [11, 1]);
}
