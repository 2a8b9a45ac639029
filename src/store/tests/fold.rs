//! A whole journal folded on several threads.

use super::{facts::Market, *};
use crate::{
    domain::id::{InstrumentId, UserId},
    store::Failure,
};

#[test]
fn what_is_folded_apart_is_what_is_folded_in_turn() {
    let dir = tempfile::tempdir().unwrap();
    let facts = Market::new(9).facts(2_000);
    append(&mut *opened(dir.path()).journal, &facts, 7);
    let (apart, in_turn) = (opened(dir.path()).world, world_of(&facts));
    assert_eq!(apart.state.through, Sequence(2_000));
    assert_eq!(apart.state.digest(), in_turn.state.digest());
    let book = |world: &World| format!("{:?}", world.history.instrument(InstrumentId(0)));
    assert_eq!(book(&apart), book(&in_turn));
    let mut trades = 0;
    for user in (1..=9).map(UserId) {
        let own = |world: &World| format!("{:?}", world.history.user(user));
        assert_eq!(own(&apart), own(&in_turn));
        trades += apart.history.user(user).map_or(0, |own| own.trades.iter().count());
    }
    assert!(trades > 100, "{trades} trades");
}

#[test]
fn the_first_fact_that_does_not_fit_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let facts = Market::new(3).facts(1_000);
    let mut journal = opened(dir.path()).journal;
    append(&mut *journal, &facts, 10);
    append(&mut *journal, &facts[2..3], 1);
    append(&mut *journal, &facts[500..], 10);
    drop(journal);
    let refused = open(&Options::new(dir.path())).err().unwrap();
    assert!(matches!(refused, Failure::TextError { at: Sequence(1_001), .. }), "{refused}");
}

#[test]
fn a_large_file_is_removed_whole_though_bit_by_bit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("00000000000000000007.snap");
    std::fs::write(&path, vec![7; 9 << 20]).unwrap();
    crate::store::folder::remove_gently(&path).unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}
