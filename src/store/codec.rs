//! Records and snapshot bodies as bytes. The only file that names bincode.
//!
//! A record is its kind, its version and a payload. Kinds are never given out twice; a payload whose
//! shape changes gets a new version, and the decoder of the old one stays.

use std::io::Write;

use bincode::{
    config::{self, Configuration},
    serde::{decode_from_slice, encode_into_std_write},
};

use super::failure::Failure;
use crate::domain::{
    fact::{Body, Fact},
    world::World,
};

const CONFIG: Configuration = config::standard();
const VERSION: u8 = 1;

/// The record of a fact: its kind, its version, its payload.
pub fn encode(fact: &Fact) -> Vec<u8> {
    let mut record = Vec::with_capacity(256);
    record.extend([kind_of(&fact.body), VERSION]);
    encode_into_std_write(fact, &mut record, CONFIG)
        .expect("a vector takes all bytes and facts hold nothing that has no encoding");
    record
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
