//! The journal in memory: gates, failures, and cuts at any byte.

use proptest::prelude::*;

use super::{facts::Market, *};
use crate::store::{Failure, MemoryJournal};

/// A journal of 60 facts in commits of different sizes, and where each commit ended in its image.
fn sample() -> (Vec<Fact>, Vec<u8>, Vec<(usize, u64)>) {
    let facts = Market::new(5).facts(60);
    let mut journal = MemoryJournal::new();
    let mut ends = vec![(0, 0)];
    let mut rest = facts.as_slice();
    for size in [1, 2, 7, 1, 29, 3, 17] {
        let (commit, behind) = rest.split_at(size);
        append(&mut journal, commit, size);
        rest = behind;
        ends.push((journal.control().image().len(), journal.next().0 - 1));
    }
    (facts, journal.control().image(), ends)
}

#[test]
fn an_image_opens_to_the_same_world_and_goes_on() {
    let (facts, image, _) = sample();
    let (mut journal, world, recovered) = MemoryJournal::open(&image, Sequence(60)).unwrap();
    assert_eq!(world.state.digest().to_string(), digest_of(&facts));
    assert_eq!((recovered.through, recovered.torn), (Sequence(60), None));
    let mut market = Market::new(5);
    let more = market.facts(70);
    append(&mut journal, &more[60..], 10);
    let read: Result<Vec<_>, _> = journal.reader().from(Sequence(1)).collect();
    assert!(read.unwrap().into_iter().map(|(_, fact)| fact).eq(more));
}

#[test]
fn a_journal_shorter_than_what_was_durable_is_refused() {
    let (_, image, ends) = sample();
    let (at, through) = ends[ends.len() - 2];
    for cut in [at, at + 300] {
        let refused = MemoryJournal::open(&image[..cut], Sequence(60)).err().unwrap();
        assert!(
            matches!(refused, Failure::Short { known: Sequence(60), found, .. } if found.0 == through),
            "{refused}"
        );
    }
}

#[test]
fn nothing_counts_as_durable_behind_a_shut_gate() {
    let facts = Market::new(3).facts(20);
    let mut journal = MemoryJournal::new();
    append(&mut journal, &facts[..10], 5);
    let (control, reader) = (journal.control(), journal.reader());
    control.shut_gate();
    let commit = records(&facts[10..]);
    let appending = std::thread::spawn(move || journal.append(&commit));
    control.wait_for_append();
    assert_eq!(reader.durable(), Sequence(10));
    assert_eq!(reader.from(Sequence(1)).count(), 10);
    assert_eq!(reader.fact(Sequence(11)).unwrap(), None);
    control.open_gate();
    assert_eq!(appending.join().unwrap().unwrap(), (Sequence(11), Sequence(20)));
    assert_eq!(reader.fact(Sequence(20)).unwrap().as_ref(), Some(&facts[19]));
}

#[test]
fn after_a_failed_append_nothing_more_is_written() {
    let facts = Market::new(3).facts(3);
    let mut journal = MemoryJournal::new();
    append(&mut journal, &facts[..1], 1);
    journal.control().fail_next();
    assert!(matches!(journal.append(&records(&facts[1..])), Err(Failure::Journal { .. })));
    assert!(matches!(journal.append(&records(&facts[1..])), Err(Failure::Stopped)));
    assert_eq!(journal.reader().durable(), Sequence(1));
}

#[test]
fn a_fact_that_does_not_fit_is_refused() {
    let facts = Market::new(3).facts(4);
    let mut journal = MemoryJournal::new();
    append(&mut journal, &facts, 4);
    append(&mut journal, &facts[2..3], 1);
    let refused = MemoryJournal::open(&journal.control().image(), Sequence(5)).err().unwrap();
    assert!(matches!(refused, Failure::TextError { at: Sequence(5), .. }), "{refused}");
}

#[test]
fn a_commit_that_is_missing_in_the_middle_is_a_gap() {
    let (_, image, ends) = sample();
    let without = [&image[..ends[2].0], &image[ends[3].0..]].concat();
    let refused = MemoryJournal::open(&without, Sequence(0)).err().unwrap();
    assert!(
        matches!(refused, Failure::Gap { expected: Sequence(4), found: Some(Sequence(11)) }),
        "{refused}"
    );
}

#[test]
fn a_chain_is_known_at_the_end_of_each_commit() {
    let (_, image, ends) = sample();
    let (journal, ..) = MemoryJournal::open(&image, Sequence(0)).unwrap();
    let reader = journal.reader();
    let known: Vec<u64> =
        (0..=61).filter(|at| reader.chain_at(Sequence(*at)).unwrap().is_some()).collect();
    assert!(known.iter().eq(ends.iter().map(|(_, through)| through)));
}

#[test]
fn commits_end_where_they_are_told_to() {
    let (_, image, _) = sample();
    let (journal, ..) = MemoryJournal::open(&image, Sequence(60)).unwrap();
    let firsts = |through| {
        let commits = journal.reader().commits(Sequence(5)).through(Sequence(through));
        commits.map(|commit| commit.unwrap().first.0).collect::<Vec<_>>()
    };
    assert_eq!(firsts(11), [4, 11]);
    assert_eq!(firsts(4), [0_u64; 0]);
    assert_eq!(firsts(100), [4, 11, 12, 41, 44]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_journal_cut_at_any_byte_recovers_to_its_last_whole_commit(part in 0.0..1.0_f64) {
        let (facts, image, ends) = sample();
        let cut = (image.len() as f64 * part) as usize;
        let (_, through) = *ends.iter().rfind(|(end, _)| *end <= cut).unwrap();
        let (journal, world, recovered) = MemoryJournal::open(&image[..cut], Sequence(0)).unwrap();
        prop_assert_eq!(recovered.through, Sequence(through));
        prop_assert_eq!(world.state.digest().to_string(), digest_of(&facts[..through as usize]));
        // What was cut is gone for good.
        let again = MemoryJournal::open(&journal.control().image(), Sequence(through)).unwrap().2;
        prop_assert_eq!(again.torn, None);
    }

    #[test]
    fn a_flipped_bit_anywhere_is_refused_or_changes_nothing_that_is_read(
        part in 0.0..1.0_f64,
        bit in 0..8,
    ) {
        let (facts, mut image, ends) = sample();
        let at = (image.len() as f64 * part) as usize;
        image[at] ^= 1_u8 << bit;
        if let Ok((_, world, _)) = MemoryJournal::open(&image, Sequence(60)) {
            let (last, _) = ends[ends.len() - 2];
            // The length of the last chunk in the image reads the same where it grew.
            prop_assert!((last..last + 16).contains(&at), "a flip at {} is not seen", at);
            prop_assert_eq!(world.state.digest().to_string(), digest_of(&facts[..60]));
        }
    }
}
