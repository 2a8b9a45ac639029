//! Records and snapshot bodies as bytes. The only file that names bincode.
//!
//! A record is its kind, its version and a payload. Kinds are never given out twice; a payload whose
//! shape changes gets a new version, and the decoder of the old one stays.

use std::io::Write;

use bincode::{
    config::{self, Configuration},
    serde::{decode_from_slice, encode_into_std_write},
};

use super::{failure::Failure, record};
use crate::domain::{
    fact::{Body, Fact},
    world::World,
};

const CONFIG: Configuration = config::standard();
const VERSION: u8 = 1;

/// The record of a fact: its kind, its version, its payload.
pub fn encode(fact: &Fact) -> Vec<u8> {
    let head = [kind_of(&fact.body), VERSION];
    record::record(&head, fact).expect("facts hold nothing that has no encoding")
}

/// The fact of a record.
///
/// # Errors
/// `UnknownRecord` where a newer release wrote it, `Record` where its bytes are none of its kind.
pub fn decode(record: &[u8]) -> Result<Fact, Failure> {
    let [kind, version, payload @ ..] = record else {
        return Err(Failure::Record { detail: "it has no kind and version".into() });
    };
    if *version != VERSION || !KINDS.contains(kind) {
        return Err(Failure::UnknownRecord { kind: *kind, version: *version });
    }
    let (fact, read): (Fact, usize) = decode_from_slice(payload, CONFIG)
        .map_err(|error| Failure::Record { detail: error.to_string() })?;
    match () {
        _ if read != payload.len() => {
            Err(Failure::Record { detail: format!("{} bytes are left", payload.len() - read) })
        }
        _ if kind_of(&fact.body) != *kind => {
            Err(Failure::Record { detail: format!("kind {kind} holds a fact of another kind") })
        }
        _ => Ok(fact),
    }
}

/// The formats of a world in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WorldFormat {
    /// Without P2P trading.
    First,
    /// The first, and behind it what P2P trading added to state and history.
    Second,
}

/// Writes a world, as it stands in a snapshot of the second format.
pub(super) fn write_world(world: &World, to: &mut impl Write) -> Result<(), String> {
    let p2p = (&world.state.p2p, &world.history.p2p);
    encode_into_std_write(world, to, CONFIG)
        .and_then(|_| encode_into_std_write(p2p, to, CONFIG))
        .map(drop)
        .map_err(|error| error.to_string())
}

/// Reads a world of a snapshot.
pub(super) fn read_world(body: &[u8], format: WorldFormat) -> Result<World, String> {
    let (mut world, mut read): (World, usize) =
        decode_from_slice(body, CONFIG).map_err(|error| error.to_string())?;
    if format == WorldFormat::Second {
        let (p2p, more) =
            decode_from_slice(&body[read..], CONFIG).map_err(|error| error.to_string())?;
        (world.state.p2p, world.history.p2p) = p2p;
        read += more;
    }
    match read == body.len() {
        true => Ok(world),
        false => Err(format!("{} bytes are left", body.len() - read)),
    }
}

/// Every kind that [`kind_of`] gives out.
const KINDS: std::ops::RangeInclusive<u8> = 1..=22;

/// The number of a kind of fact. Numbers stay; new kinds get new ones, and new variants of `Body`
/// go to its end.
fn kind_of(body: &Body) -> u8 {
    match body {
        Body::InstrumentListed(_) => 1,
        Body::InstrumentChanged(_) => 2,
        Body::UserRegistered { .. } => 3,
        Body::PasswordChanged { .. } => 4,
        Body::LoggedOut { .. } => 5,
        Body::ProfileChanged { .. } => 6,
        Body::RoleChanged { .. } => 7,
        Body::FreezeChanged { .. } => 8,
        Body::Deposited { .. } => 9,
        Body::Withdrawn { .. } => 10,
        Body::Book(_) => 11,
        Body::SwitchArmed { .. } => 12,
        Body::SwitchFired { .. } => 13,
        Body::NotificationsRead { .. } => 14,
        Body::ClockMoved { .. } => 15,
        Body::DowntimeShifted { .. } => 16,
        Body::BoardListed { .. } => 17,
        Body::P2pAd(_) => 18,
        Body::P2pTrade(_) => 19,
        Body::P2pMessage(_) => 20,
        Body::Reviewed(_) => 21,
        Body::ContactChanged { .. } => 22,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::Serialize;

    use super::*;
    use crate::store::tests::facts::Market;

    /// Both writers' bytes.
    #[track_caller]
    fn check(value: &impl Serialize) {
        let mut theirs = vec![7];
        encode_into_std_write(value, &mut theirs, CONFIG).unwrap();
        assert_eq!(record::record(&[7], value).unwrap(), theirs);
    }

    #[test]
    fn facts_are_written_as_they_are_read() {
        for fact in Market::new(20).facts(2_000) {
            check(&fact);
            assert_eq!(decode(&encode(&fact)).unwrap(), fact);
        }
    }

    #[derive(Serialize)]
    enum Shape {
        Unit,
        New(i8),
        Tuple(u16, i16),
        Struct { a: Option<u32>, b: i32 },
    }

    #[derive(Serialize)]
    struct Pair((), &'static str);

    proptest! {
        #[test]
        fn everything_that_serde_knows_is_written_as_it_is_read(
            a: (u64, i64, i128, u128),
            b: (u16, i16, u32, i32, u8, i8, bool),
            c: (Vec<u64>, String, Option<(i64, [u8; 16])>, BTreeMap<u32, i8>),
        ) {
            check(&a);
            check(&(a.0 >> (a.0 & 63), a.1 >> (a.0 & 63), a.2 >> (a.0 & 127), a.3 >> (a.0 & 127)));
            check(&b);
            check(&c);
            check(&(Shape::Unit, Shape::New(b.5), Shape::Tuple(b.0, b.1), Pair((), "text")));
            check(&[Shape::Struct { a: Some(b.2), b: b.3 }, Shape::Struct { a: None, b: 0 }]);
        }
    }

    #[test]
    fn numbers_at_the_edges_of_their_lengths_are_written_as_they_are_read() {
        for edge in [0, 250, 251, 0xffff, 0x1_0000, 0xffff_ffff, 0x1_0000_0000, u64::MAX] {
            check(&(edge, u128::from(edge), u128::from(edge) + 1));
            check(&[edge as i64, -(edge as i64 / 2), i64::MIN, i64::MAX]);
            check(&[i128::MIN, i128::MAX, i128::from(edge), -i128::from(edge)]);
        }
    }

    #[test]
    fn long_texts_and_lists_are_written_as_they_are_read() {
        for length in [0, 1_000, 1_023, 1_024, 100_000, 3] {
            check(&("x".repeat(length), vec![u64::MAX; length]));
        }
    }

    #[test]
    fn a_float_has_no_encoding() {
        assert!(record::record(&[], &1.5_f64).is_err());
    }
}
