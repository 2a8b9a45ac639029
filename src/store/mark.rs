//! The mark: a small file beside the journal with the last durable sequence and the last moment at
//! which the exchange was alive.
//!
//! It is written in place after each commit and never synced, so it can lag behind the journal and
//! never leads it. A journal that ends before its mark has lost something.

use std::{
    fs::{self, File, OpenOptions},
    io::ErrorKind,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::{chunk::Chain, failure::Failure};
use crate::domain::id::{Sequence, Stamp};

const MAGIC: &[u8; 8] = b"SOUKMRK1";
const BYTES: usize = 48;
/// Stands for "never" in the place of a stamp.
const NO_STAMP: i64 = i64::MIN;

/// What the mark says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// The last sequence that is known to be durable.
    pub through: Sequence,
    /// The chain there.
    pub chain: Chain,
    /// When the exchange was last alive.
    pub alive: Option<Stamp>,
}

impl Mark {
    fn to_bytes(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..16].copy_from_slice(&self.through.0.to_be_bytes());
        bytes[16..32].copy_from_slice(&self.chain.0);
        let alive = self.alive.map_or(NO_STAMP, |stamp| stamp.0);
        bytes[32..40].copy_from_slice(&alive.to_be_bytes());
        let crc = crc32fast::hash(&bytes[..40]);
        bytes[40..44].copy_from_slice(&crc.to_be_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Mark> {
        let bytes = <&[u8; BYTES]>::try_from(bytes).ok()?;
        let crc = crc32fast::hash(&bytes[..40]).to_be_bytes();
        if &bytes[..8] != MAGIC || bytes[40..44] != crc {
            return None;
        }
        let through = u64::from_be_bytes(bytes[8..16].try_into().ok()?);
        let chain = bytes[16..32].try_into().ok()?;
        let alive = i64::from_be_bytes(bytes[32..40].try_into().ok()?);
        let alive = (alive != NO_STAMP).then_some(Stamp(alive));
        Some(Mark { through: Sequence(through), chain: Chain(chain), alive })
    }

    /// Reads a mark: `Ok(None)` where there is none, `Err` with a note where it cannot be used.
    pub fn read(path: &Path) -> Result<Option<Mark>, String> {
        match fs::read(path) {
            Ok(bytes) => Mark::from_bytes(&bytes).map(Some).ok_or("the mark is damaged".into()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("the mark cannot be read: {error}")),
        }
    }
}

/// The mark's file, open for rewriting.
#[derive(Debug)]
pub(super) struct MarkFile {
    file: File,
    path: PathBuf,
}

impl MarkFile {
    pub fn open(path: &Path) -> Result<MarkFile, Failure> {
        let mut options = OpenOptions::new();
        let options = options.create(true).truncate(false).write(true).mode(0o600);
        let file = options.open(path).map_err(Failure::io("open", path))?;
        Ok(MarkFile { file, path: path.to_owned() })
    }

    /// Rewrites it in place: one small write, which a killed process leaves done or not done.
    pub fn write(&self, mark: Mark) -> Result<(), Failure> {
        self.file.write_all_at(&mark.to_bytes(), 0).map_err(Failure::io("write", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_comes_back_and_a_flipped_bit_is_seen() {
        let mark =
            Mark { through: Sequence(5), chain: Chain([7; 16]), alive: Some(Stamp(1_700_000)) };
        let bytes = mark.to_bytes();
        assert_eq!(Mark::from_bytes(&bytes), Some(mark));
        for at in 0..44 {
            let mut flipped = bytes;
            flipped[at] ^= 4;
            assert_eq!(Mark::from_bytes(&flipped), None, "byte {at}");
        }
        let never = Mark { alive: None, ..mark };
        assert_eq!(Mark::from_bytes(&never.to_bytes()), Some(never));
    }
}
