//! Appending to the journal on disk, by commit size, synced to the disk and given to the system
//! only. Facts are encoded beforehand, as the deciding actors do it.

#[path = "../src/store/tests/facts.rs"]
mod facts;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use souk::{
    domain,
    store::{Durability, Options, codec, open},
};

fn journal(c: &mut Criterion) {
    let facts = facts::Market::new(100).facts(8_192);
    let records: Vec<Vec<u8>> = facts[4_096..].iter().map(codec::encode).collect();
    let bytes: usize = records.iter().map(Vec::len).sum();
    println!("{} bytes a record on average", bytes / records.len());

    let mut group = c.benchmark_group("journal");
    for durability in [Durability::Disk, Durability::Process] {
        for size in [1, 16, 64, 256] {
            let dir = tempfile::tempdir().expect("a folder");
            let options = Options { durability, ..Options::new(dir.path()) };
            let mut journal = open(&options).expect("an empty folder opens").journal;
            let mut commits = records.chunks_exact(size).cycle();
            group.throughput(Throughput::Elements(size as u64));
            group.bench_function(BenchmarkId::new(format!("append {durability:?}"), size), |b| {
                b.iter_batched(
                    || commits.next().expect("it cycles"),
                    |commit| journal.append(commit).expect("there is room"),
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.throughput(Throughput::Elements(facts.len() as u64));
    group.bench_function("encode", |b| {
        b.iter(|| facts.iter().map(|fact| codec::encode(fact).len()).sum::<usize>());
    });
    group.finish();
}

criterion_group!(benches, journal);
criterion_main!(benches);
