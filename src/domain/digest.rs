//! The digest of a state: each entity is hashed with its key and the parts are summed, so that
//! neither order nor who holds which entity matters.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A sum of entity hashes: four lanes of 64 bits, added with wrap-around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest([u64; 4]);

impl Digest {
    /// The part of one entity. `kind` keeps entities of different kinds with equal content apart.
    pub fn part(kind: &str, entity: impl Hash) -> Digest {
        let mut hasher = Sha256Hasher(Sha256::new());
        kind.hash(&mut hasher);
        entity.hash(&mut hasher);
        let bytes: [u8; 32] = hasher.0.finalize().into();
        let mut lanes = [0; 4];
        for (lane, chunk) in lanes.iter_mut().zip(bytes.chunks_exact(8)) {
            *lane = chunk.iter().fold(0, |sum, b| sum << 8 | u64::from(*b));
        }
        Digest(lanes)
    }

    /// The first 64 bits, for what needs a short hash only.
    pub fn lane(&self) -> u64 {
        self.0[0]
    }

    /// Adds another part or sum.
    pub fn add(&mut self, other: Digest) {
        for (lane, more) in self.0.iter_mut().zip(other.0) {
            *lane = lane.wrapping_add(more);
        }
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|lane| write!(f, "{lane:016x}"))
    }
}

/// Feeds what `derive(Hash)` writes to SHA-256, every integer in one byte order and every size as
/// 64 bits, so that the digest is the same on each machine.
struct Sha256Hasher(Sha256);

macro_rules! little_endian {
    ($($name:ident($int:ty)),*) => {
        $(fn $name(&mut self, i: $int) {
            self.0.update(i.to_le_bytes());
        })*
    };
}

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        unreachable!("the digest is taken from the SHA-256 itself")
    }

    little_endian!(write_u16(u16), write_u32(u32), write_u64(u64), write_u128(u128));
    little_endian!(write_i16(i16), write_i32(i32), write_i64(i64), write_i128(i128));

    fn write_usize(&mut self, i: usize) {
        self.write_u64(i as u64);
    }

    fn write_isize(&mut self, i: isize) {
        self.write_u64(i as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_but_content_and_kind_do() {
        let (a, b) = (Digest::part("x", 1u64), Digest::part("x", 2u64));
        let sum = |parts: [Digest; 2]| {
            let mut sum = Digest::default();
            parts.into_iter().for_each(|p| sum.add(p));
            sum
        };
        assert_eq!(sum([a, b]), sum([b, a]));
        assert_ne!(a, b);
        assert_ne!(a, Digest::part("y", 1u64));
        assert_eq!(a.to_string().len(), 64);
    }
}
