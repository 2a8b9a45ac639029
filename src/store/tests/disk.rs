//! The data folder: sled, snapshots, the archive, and the verifier.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use tempfile::TempDir;

use super::{facts::Market, *};
use crate::{
    domain::id::Stamp,
    store::{
        Durability, Failure, KeepFrom, Reader, SnapshotFolder, Snapshotter, Status,
        chunk::{self, Chain},
        mark::Mark,
        sled_journal::SledChunks,
        verify,
    },
};

const NO_MIRROR: u64 = u64::MAX;

fn temp() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A folder with 400 facts in commits of 7, and the facts.
fn filled(dir: &Path) -> Vec<Fact> {
    let facts = Market::new(9).facts(400);
    append(&mut *opened(dir).journal, &facts, 7);
    facts
}

fn snapshotter(folder: &SnapshotFolder, reader: &Reader, mirrored: u64) -> Snapshotter {
    let keep_from = KeepFrom::default();
    if mirrored != NO_MIRROR {
        keep_from.follow(u64::MAX);
        keep_from.stands_at(Sequence(mirrored + 1));
    }
    Snapshotter::start(folder.clone(), reader.clone(), u64::MAX, u64::MAX / 2, keep_from)
}

/// A folder with snapshots at 100, 200 and 300 of 400 facts, of which the last two are kept and
/// the journal is trimmed through `mirrored`, at most through 200.
fn with_snapshots(dir: &Path, mirrored: u64) -> Vec<Fact> {
    let facts = Market::new(9).facts(400);
    let Opened { mut journal, snapshots, .. } = opened(dir);
    let snapshotter = snapshotter(&snapshots, &journal.reader(), mirrored);
    for (part, commits) in facts.chunks(100).enumerate() {
        append(&mut *journal, commits, 5);
        if part < 3 {
            let taken = snapshotter.take().unwrap();
            assert_eq!(taken.through, Sequence(100 * (part as u64 + 1)));
            assert_eq!(taken.digest.to_string(), digest_of(&facts[..100 * (part + 1)]));
            assert_eq!(snapshotter.last(), Some(taken));
        }
    }
    snapshotter.stop();
    facts
}

fn snap(dir: &Path, through: u64) -> PathBuf {
    dir.join(format!("{through:020}.snap"))
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

fn refused(dir: &Path) -> Failure {
    open(&Options::new(dir)).unwrap_err()
}

#[test]
fn facts_come_back_after_reopening() {
    let dir = temp();
    let facts = filled(dir.path());
    let Opened { mut journal, world, recovered, alive, .. } = opened(dir.path());
    assert_eq!((recovered.through, recovered.snapshot), (Sequence(400), None));
    assert_eq!((recovered.facts, &recovered.torn, alive), (400, &None, None));
    assert!(recovered.notes.is_empty());
    assert_eq!(recovered.digest.to_string(), digest_of(&facts));
    assert_eq!(world.state.digest(), recovered.digest);
    let reader = journal.reader();
    let read: Vec<_> = reader.from(Sequence(123)).map(Result::unwrap).collect();
    assert_eq!(read.len(), 278);
    assert_eq!(read[0], (Sequence(123), facts[122].clone()));
    assert_eq!(reader.fact(Sequence(399)).unwrap().unwrap(), facts[398]);
    journal.alive(Stamp(77)).unwrap();
    drop((journal, reader));
    assert_eq!(opened(dir.path()).alive, Some(Stamp(77)));
}

#[test]
fn a_large_commit_takes_many_chunks_and_no_file_that_sled_never_syncs() {
    let dir = temp();
    let facts = Market::new(400).facts(1_500);
    let mut journal = opened(dir.path()).journal;
    for _ in 0..3 {
        let bytes: usize = records(&facts).iter().map(Vec::len).sum();
        assert!(bytes > 2 * 96 * 1024);
    }
    append(&mut *journal, &facts[..500], 500);
    append(&mut *journal, &facts[500..], 250);
    assert_eq!(fs::read_dir(dir.path().join("journal/blobs")).unwrap().count(), 0);
    drop(journal);
    let recovered = opened(dir.path()).recovered;
    assert_eq!(recovered.digest.to_string(), digest_of(&facts));
    assert_eq!(verify(dir.path()).status, Status::Clean);
}

#[test]
fn the_folder_is_private_and_its_secret_stays() {
    let dir = temp();
    let inside = dir.path().join("data");
    let first = opened(&inside);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inside), 0o700);
    for file in ["secret", "mark", "lock", "journal/db", "journal/conf"] {
        assert_eq!(mode(&inside.join(file)), 0o600, "{file}");
    }
    let secret = first.secret;
    assert_ne!(secret, [0; 32]);
    drop(first);
    assert_eq!(opened(&inside).secret, secret);
}

#[test]
fn a_second_process_is_refused() {
    let dir = temp();
    let first = opened(dir.path());
    let failure = refused(dir.path());
    assert!(matches!(failure, Failure::InUse { .. }));
    assert_eq!(failure.exit_code(), 5);
    let verdict = verify(dir.path());
    assert_eq!((verdict.status, verdict.exit_code()), (Status::Unavailable, 1));
    drop(first);
    opened(dir.path());
}

#[test]
fn an_unfinished_index_of_sled_is_no_hindrance() {
    let dir = temp();
    filled(dir.path());
    fs::write(dir.path().join("journal/snap.0000000000000001.generating"), "x").unwrap();
    assert_eq!(opened(dir.path()).recovered.through, Sequence(400));
}

#[test]
fn a_torn_tail_is_cut_and_reported() {
    let dir = temp();
    let facts = filled(dir.path());
    let chain = opened(dir.path()).journal.reader().chain_at(Sequence(400)).unwrap().unwrap();
    let torn = records(&Market::new(60).facts(90));
    let (chunks, _) = chunk::cut(Sequence(401), chain, &torn).unwrap();
    assert!(chunks.len() > 2);
    let chunks_on_disk =
        SledChunks::open(&dir.path().join("journal"), Durability::Disk, None).unwrap();
    chunks_on_disk.write(&chunks[..2]).unwrap();
    drop(chunks_on_disk);

    let verdict = verify(dir.path());
    assert_eq!((verdict.status, verdict.exit_code()), (Status::TornTail, 3));
    assert_eq!((verdict.through, verdict.digest), (Sequence(400), digest_of(&facts)));
    let torn = opened(dir.path()).recovered.torn.unwrap();
    assert_eq!((torn.first, torn.chunks), (Sequence(401), 2));
    let Opened { mut journal, recovered, .. } = opened(dir.path());
    assert_eq!(recovered.torn, None);
    append(&mut *journal, &Market::new(9).facts(401)[400..], 1);
    drop(journal);
    assert_eq!(verify(dir.path()).status, Status::Clean);
}

#[test]
fn an_altered_commit_in_the_middle_is_refused() {
    let dir = temp();
    let facts = filled(dir.path());
    let chunks_on_disk =
        SledChunks::open(&dir.path().join("journal"), Durability::Disk, None).unwrap();
    let (mut chunks, _) = chunk::cut(Sequence(8), Chain::GENESIS, &records(&facts[7..14])).unwrap();
    chunks_on_disk.write(&chunks).unwrap();
    drop(chunks_on_disk);
    assert!(matches!(refused(dir.path()), Failure::Damaged { at: Sequence(8), .. }));
    let verdict = verify(dir.path());
    assert_eq!((verdict.status, verdict.exit_code()), (Status::Damaged, 4));
    assert_eq!((verdict.through, verdict.digest), (Sequence(7), digest_of(&facts[..7])));

    let chunks_on_disk =
        SledChunks::open(&dir.path().join("journal"), Durability::Disk, None).unwrap();
    chunks[0].1[70] ^= 1;
    chunks_on_disk.write(&chunks).unwrap();
    drop(chunks_on_disk);
    let failure = refused(dir.path());
    assert!(failure.to_string().contains("checksum"), "{failure}");
}

#[test]
fn a_flipped_bit_or_a_cut_in_the_log_is_never_taken_for_a_shorter_journal() {
    let dir = temp();
    filled(dir.path());
    let log = dir.path().join("journal/db");
    let whole = fs::read(&log).unwrap();
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap();
    let parts = 8 * scale();
    for part in 1..parts {
        let work = temp();
        crate::store::folder::copy_all(dir.path(), work.path()).unwrap();
        let log = work.path().join("journal/db");
        match part % 2 {
            0 => flip(&log, used * part / parts),
            _ => fs::write(&log, &whole[..used * part / parts]).unwrap(),
        }
        let verdict = verify(work.path());
        let opened = open(&Options::new(work.path()));
        // A flip may hit what sled has since written anew; then nothing is missing.
        match opened {
            Ok(opened) => assert_eq!(
                (opened.recovered.through, part % 2, verdict.status),
                (Sequence(400), 0, Status::Clean)
            ),
            Err(failure) => {
                assert_eq!((verdict.exit_code(), failure.exit_code()), (4, 4), "{failure}");
            }
        }
    }
}

#[test]
fn a_lost_journal_is_refused_by_the_mark_or_by_a_snapshot() {
    let dir = temp();
    with_snapshots(dir.path(), NO_MIRROR);
    fs::remove_dir_all(dir.path().join("journal")).unwrap();
    assert!(matches!(refused(dir.path()), Failure::Short { known: Sequence(400), .. }));
    fs::remove_file(dir.path().join("mark")).unwrap();
    assert!(matches!(refused(dir.path()), Failure::Short { known: Sequence(300), .. }));
}

#[test]
fn a_mark_of_another_history_is_refused() {
    let dir = temp();
    filled(dir.path());
    let mark = Mark { through: Sequence(400), chain: Chain([1; 16]), alive: None };
    crate::store::mark::MarkFile::open(&dir.path().join("mark")).unwrap().write(mark).unwrap();
    assert!(matches!(refused(dir.path()), Failure::Damaged { at: Sequence(400), .. }));
}

#[test]
fn a_damaged_mark_is_noted_and_made_anew() {
    let dir = temp();
    filled(dir.path());
    flip(&dir.path().join("mark"), 10);
    assert_eq!(opened(dir.path()).recovered.notes, ["the mark is damaged"]);
    assert!(opened(dir.path()).recovered.notes.is_empty());
}

#[test]
fn a_snapshot_and_the_tail_are_the_full_fold() {
    let dir = temp();
    let facts = with_snapshots(dir.path(), NO_MIRROR);
    let recovered = opened(dir.path()).recovered;
    assert_eq!((recovered.snapshot, recovered.facts), (Some(Sequence(300)), 100));
    assert_eq!(recovered.digest.to_string(), digest_of(&facts));
    assert!(!snap(dir.path(), 100).exists() && snap(dir.path(), 200).exists());
}

#[test]
fn what_was_trimmed_is_in_the_archive_and_readers_cross_it() {
    let dir = temp();
    let facts = with_snapshots(dir.path(), NO_MIRROR);
    let archived: Vec<_> = fs::read_dir(dir.path().join("archive"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(archived.len(), 2, "{archived:?}");
    let Opened { journal, .. } = opened(dir.path());
    let reader = journal.reader();
    let read: Result<Vec<_>, _> = reader.from(Sequence(1)).collect();
    assert!(read.unwrap().into_iter().map(|(_, fact)| fact).eq(facts.iter().cloned()));
    for at in [1, 99, 100, 101, 200, 201, 400] {
        let fact = reader.fact(Sequence(at)).unwrap().unwrap();
        assert_eq!(fact, facts[at as usize - 1], "{at}");
    }
    drop((journal, reader));
    let verdict = verify(dir.path());
    assert_eq!((verdict.status, verdict.detail.as_str()), (Status::Clean, ""));
    assert_eq!((verdict.from, verdict.facts), (Sequence(0), 400));
    assert!(verdict.balanced && verdict.digest == digest_of(&facts));
    assert_eq!(verdict.snapshots.len(), 2);
}

#[test]
fn the_journal_is_not_trimmed_above_the_mirror() {
    let dir = temp();
    with_snapshots(dir.path(), 52);
    let archive = crate::store::archive::Archive::new(dir.path().join("archive"));
    assert_eq!(archive.last().unwrap(), Sequence(50));
}

#[test]
fn without_an_archive_the_verifier_begins_at_the_oldest_snapshot() {
    let dir = temp();
    let facts = with_snapshots(dir.path(), NO_MIRROR);
    fs::remove_dir_all(dir.path().join("archive")).unwrap();
    let verdict = verify(dir.path());
    assert_eq!((verdict.status, verdict.detail.as_str()), (Status::Clean, ""));
    assert_eq!((verdict.from, verdict.facts), (Sequence(200), 200));
    assert_eq!(verdict.digest, digest_of(&facts));
    let Opened { journal, .. } = opened(dir.path());
    let gone = journal.reader().from(Sequence(1)).next().unwrap().unwrap_err();
    assert!(matches!(gone, Failure::Gap { expected: Sequence(1), .. }));
}

#[test]
fn a_damaged_snapshot_is_passed_over() {
    let dir = temp();
    let facts = with_snapshots(dir.path(), NO_MIRROR);
    let size = fs::metadata(snap(dir.path(), 300)).unwrap().len() as usize;
    flip(&snap(dir.path(), 300), size / 2);
    assert_eq!(verify(dir.path()).exit_code(), 4);
    let recovered = opened(dir.path()).recovered;
    assert_eq!((recovered.snapshot, recovered.facts), (Some(Sequence(200)), 200));
    assert_eq!(recovered.digest.to_string(), digest_of(&facts));
    assert_eq!(recovered.notes.len(), 1);
    assert!(snap(dir.path(), 300).with_extension("snap.damaged").exists());

    // The other one too: the archive has everything from the first fact on.
    flip(&snap(dir.path(), 200), 20);
    let recovered = opened(dir.path()).recovered;
    assert_eq!((recovered.snapshot, recovered.facts), (None, 400));
    assert_eq!(recovered.digest.to_string(), digest_of(&facts));
    assert_eq!(verify(dir.path()).status, Status::Clean);
}

#[test]
fn a_snapshot_that_was_damaged_meanwhile_does_not_count() {
    let dir = temp();
    let facts = with_snapshots(dir.path(), NO_MIRROR);
    let Opened { mut journal, snapshots, .. } = opened(dir.path());
    let snapshotter = snapshotter(&snapshots, &journal.reader(), NO_MIRROR);
    assert_eq!(snapshotter.take().unwrap().through, Sequence(400));
    flip(&snap(dir.path(), 400), 200);
    append(&mut *journal, &Market::new(9).facts(401)[400..], 1);
    assert_eq!(snapshotter.take().unwrap().through, Sequence(401));
    snapshotter.stop();
    // The journal still begins behind the older of the two that are whole.
    assert!(snap(dir.path(), 300).exists() && !snap(dir.path(), 400).exists());
    let archive = crate::store::archive::Archive::new(dir.path().join("archive"));
    assert_eq!(archive.last().unwrap(), Sequence(300));
    assert!(journal.reader().from(Sequence(1)).take(400).map(|fact| fact.unwrap().1).eq(facts));
}

#[test]
fn a_damaged_archive_is_damage() {
    let dir = temp();
    with_snapshots(dir.path(), NO_MIRROR);
    let file = fs::read_dir(dir.path().join("archive")).unwrap().next().unwrap().unwrap().path();
    flip(&file, 500);
    assert_eq!(verify(dir.path()).status, Status::Damaged);
    // Start-up needs it only where no snapshot stands.
    assert_eq!(opened(dir.path()).recovered.through, Sequence(400));
}

#[test]
fn a_trim_that_a_crash_interrupted_is_done_again() {
    let dir = temp();
    let facts = filled(dir.path());
    let Opened { journal, snapshots, .. } = opened(dir.path());
    let reader = journal.reader();
    let before: Vec<_> = reader
        .chunks
        .from(chunk::Key { first: Sequence(1), index: 0 })
        .take(30)
        .map(Result::unwrap)
        .collect();
    crate::store::snapshotter::trim(&snapshots, &reader, Sequence(100)).unwrap();
    drop((journal, reader));
    let chunks_on_disk =
        SledChunks::open(&dir.path().join("journal"), Durability::Disk, None).unwrap();
    chunks_on_disk.write(&before).unwrap();
    drop(chunks_on_disk);
    assert_eq!(verify(dir.path()).status, Status::Clean);
    let Opened { journal, snapshots, .. } = opened(dir.path());
    crate::store::snapshotter::trim(&snapshots, &journal.reader(), Sequence(200)).unwrap();
    assert!(journal.reader().from(Sequence(1)).map(|fact| fact.unwrap().1).eq(facts));
    drop(journal);
    assert_eq!(verify(dir.path()).status, Status::Clean);
}

/// A trim takes a commit's chunks out one by one, and the process may end between two of them.
#[test]
fn a_trim_that_a_crash_interrupted_within_a_commit_is_finished() {
    let dir = temp();
    let facts = Market::new(4).facts(600);
    let Opened { mut journal, snapshots, .. } = opened(dir.path());
    append(&mut *journal, &facts, 200);
    let reader = journal.reader();
    let first = chunk::Key { first: Sequence(1), index: 0 };
    let of_first = |key: &chunk::Key| key.first == first.first;
    let chunks: Vec<_> = reader.chunks.from(first).map(Result::unwrap).collect();
    let halves: Vec<_> = chunks.into_iter().filter(|(key, _)| of_first(key)).skip(1).collect();
    assert!(halves.len() > 1, "the first commit has several chunks");
    crate::store::snapshotter::trim(&snapshots, &reader, Sequence(200)).unwrap();
    drop((journal, reader));
    let on_disk = SledChunks::open(&dir.path().join("journal"), Durability::Disk, None).unwrap();
    on_disk.write(&halves).unwrap();
    drop(on_disk);
    assert_eq!(verify(dir.path()).status, Status::Clean);
    let Opened { journal, world, .. } = opened(dir.path());
    assert_eq!(world.state.through, Sequence(600));
    assert!(journal.reader().from(Sequence(1)).map(|fact| fact.unwrap().1).eq(facts));
    drop(journal);
    // What nothing else has is not passed over: the archive ends before this.
    let on_disk = SledChunks::open(&dir.path().join("journal"), Durability::Disk, None).unwrap();
    on_disk.cut(&[chunk::Key { first: Sequence(201), index: 0 }]).unwrap();
    drop(on_disk);
    assert_eq!(verify(dir.path()).status, Status::Damaged);
}

#[test]
fn snapshots_are_taken_every_so_many_facts_while_the_journal_grows() {
    let dir = temp();
    let facts = Market::new(9).facts(900);
    let Opened { mut journal, snapshots, .. } = opened(dir.path());
    let snapshotter =
        Snapshotter::start(snapshots, journal.reader(), 50, 3_600, KeepFrom::default());
    let mut seen = std::collections::BTreeSet::new();
    for commit in facts.chunks(100) {
        append(&mut *journal, commit, 10);
        snapshotter.durable(Sequence(journal.next().0 - 1));
        // The next facts come once this snapshot stands.
        while snapshotter.last().map(|taken| taken.through.next()) != Some(journal.next()) {
            std::thread::yield_now();
        }
        seen.extend(snapshotter.last().map(|taken| taken.through));
    }
    assert_eq!(seen.len(), 9);
    snapshotter.stop();
    drop(journal);
    assert_eq!(opened(dir.path()).recovered.facts, 0);
    assert_eq!(verify(dir.path()).status, Status::Clean);
}

#[test]
fn a_snapshotter_goes_on_from_the_snapshot_that_stands() {
    let dir = temp();
    let facts = with_snapshots(dir.path(), NO_MIRROR);
    let Opened { journal, snapshots, .. } = opened(dir.path());
    let snapshotter = snapshotter(&snapshots, &journal.reader(), NO_MIRROR);
    let taken = snapshotter.take().unwrap();
    assert_eq!((taken.through, taken.digest.to_string()), (Sequence(400), digest_of(&facts)));
    assert_eq!(snapshotter.take().unwrap(), taken);
    snapshotter.stop();
}

#[test]
fn an_empty_folder_is_clean_and_a_missing_one_is_not_verified() {
    let dir = temp();
    assert_eq!(verify(&dir.path().join("none")).status, Status::Unavailable);
    drop(opened(dir.path()));
    let verdict = verify(dir.path());
    assert_eq!((verdict.status, verdict.through), (Status::Clean, Sequence(0)));
}
