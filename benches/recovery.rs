//! Coming back: facts of the journal folded a second, and a start from a snapshot alone. Both
//! include opening the folder, checking the whole journal and taking the digest.

#[path = "../src/store/tests/facts.rs"]
mod facts;

use std::sync::{Arc, atomic::AtomicU64};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use souk::{
    domain,
    store::{Options, Snapshotter, codec, open},
};

const FACTS: usize = 100_000;
const USERS: u64 = 1_000;

fn recovery(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder");
    let options = Options::new(dir.path());
    let facts = facts::Market::new(USERS).facts(FACTS);
    let records: Vec<Vec<u8>> = facts.iter().map(codec::encode).collect();
    let mut opened = open(&options).expect("an empty folder opens");
    for commit in records.chunks(64) {
        opened.journal.append(commit).expect("there is room");
    }
    drop(opened);

    let mut group = c.benchmark_group("recovery");
    group.sample_size(10);
    group.throughput(Throughput::Elements(FACTS as u64));
    group.bench_function(format!("fold {FACTS} facts of {USERS} users"), |b| {
        b.iter(|| open(&options).expect("it is whole").recovered.facts);
    });

    let opened = open(&options).expect("it is whole");
    let keep_from = Arc::new(AtomicU64::new(0));
    let snapshotter = Snapshotter::start(
        opened.snapshots.clone(),
        opened.journal.reader(),
        u64::MAX,
        3_600,
        keep_from,
    );
    snapshotter.take().expect("there is room");
    snapshotter.stop();
    drop(opened);
    group.bench_function(format!("start from a snapshot at {FACTS}"), |b| {
        b.iter(|| open(&options).expect("it is whole").recovered.through);
    });
    group.finish();
}

criterion_group!(benches, recovery);
criterion_main!(benches);
