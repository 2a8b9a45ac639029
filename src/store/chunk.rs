//! Commits as chunks: how a commit is cut, and how it is known to be whole and undamaged.
//!
//! A commit's content is its records, each behind its length. It is cut into chunks; each chunk
//! names its commit, its place in it and how many there are, and carries a CRC-32 of itself. A chain
//! hash over the content and the commit before it ties all commits together, so that nothing can be
//! missing, altered or swapped unseen.

use std::{fmt, str::FromStr};

use sha2::{Digest as _, Sha256};

use super::failure::Failure;
use crate::domain::id::Sequence;

/// The most bytes of one chunk, its header included.
///
/// A page of sled holds up to 20 values and is rewritten whole. Pages above 128 KiB go to files of
/// their own, which sled never syncs; 20 chunks of this size stay below.
pub(super) const CHUNK_BYTES_MAX: usize = 6_000;

const FORMAT: u8 = 1;
const HEADER_BYTES: usize = 60;
const PAYLOAD_MAX: usize = CHUNK_BYTES_MAX - HEADER_BYTES;
const CRC_AT: std::ops::Range<usize> = 24..28;

/// A chunk with its key.
pub type Chunk = (Key, Vec<u8>);

/// Where a chunk stands: the first sequence of its commit and its place in it. Sorts as bytes do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub struct Key {
    pub first: Sequence,
    pub index: u16,
}

impl Key {
    /// How many bytes a key has.
    pub const BYTES: usize = 10;

    /// As it is stored.
    pub fn to_bytes(self) -> [u8; Key::BYTES] {
        let mut bytes = [0; Key::BYTES];
        bytes[..8].copy_from_slice(&self.first.0.to_be_bytes());
        bytes[8..].copy_from_slice(&self.index.to_be_bytes());
        bytes
    }

    /// Reads what [`Key::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Option<Key> {
        let (first, index) = bytes.split_first_chunk::<8>()?;
        let index = <[u8; 2]>::try_from(index).ok()?;
        let first = Sequence(u64::from_be_bytes(*first));
        Some(Key { first, index: u16::from_be_bytes(index) })
    }
}

/// The hash of everything up to and including a commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain(pub(super) [u8; 16]);

impl Chain {
    /// The chain before the first commit.
    pub const GENESIS: Chain = Chain([0; 16]);

    fn after(self, first: Sequence, records: u32, content: &[u8]) -> Chain {
        let hash = Sha256::new()
            .chain_update(self.0)
            .chain_update(first.0.to_be_bytes())
            .chain_update(records.to_be_bytes())
            .chain_update(content)
            .finalize();
        let mut chain = [0; 16];
        chain.copy_from_slice(&hash[..16]);
        Chain(chain)
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Chain {
    type Err = Failure;

    /// Reads what `Display` wrote.
    fn from_str(text: &str) -> Result<Chain, Failure> {
        let bad = || Failure::Record { detail: format!("`{text}` is no chain hash") };
        let mut chain = [0; 16];
        if text.len() != 32 || !text.is_ascii() {
            return Err(bad());
        }
        for (at, byte) in chain.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| bad())?;
        }
        Ok(Chain(chain))
    }
}

/// Cuts a commit of `records` into chunks. Returns them with the chain after it.
///
/// # Errors
/// `TooLarge` where it would need more chunks than can be numbered.
pub fn cut(
    first: Sequence,
    before: Chain,
    records: &[Vec<u8>],
) -> Result<(Vec<Chunk>, Chain), Failure> {
    let bytes = records.iter().map(|record| record.len() + 4).sum();
    let too_large = |_| Failure::TooLarge { bytes };
    let count = u32::try_from(records.len()).map_err(too_large)?;
    let mut content = Vec::with_capacity(bytes);
    for record in records {
        content.extend(u32::try_from(record.len()).map_err(too_large)?.to_be_bytes());
        content.extend(record);
    }
    let chunks = u16::try_from(content.len().div_ceil(PAYLOAD_MAX)).map_err(too_large)?;
    let chain = before.after(first, count, &content);
    let header = Header { first, records: count, index: 0, chunks, before, chain };
    let cut = (0..chunks)
        .zip(content.chunks(PAYLOAD_MAX))
        .map(|(index, payload)| (Key { first, index }, Header { index, ..header }.write(payload)));
    Ok((cut.collect(), chain))
}

/// What each chunk says of itself and its commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    first: Sequence,
    records: u32,
    index: u16,
    chunks: u16,
    before: Chain,
    chain: Chain,
}

impl Header {
    fn write(self, payload: &[u8]) -> Vec<u8> {
        let mut chunk = Vec::with_capacity(HEADER_BYTES + payload.len());
        chunk.extend([FORMAT, 0, 0, 0]);
        chunk.extend(self.first.0.to_be_bytes());
        chunk.extend(self.records.to_be_bytes());
        chunk.extend(self.index.to_be_bytes());
        chunk.extend(self.chunks.to_be_bytes());
        chunk.extend((payload.len() as u32).to_be_bytes());
        chunk.extend([0; 4]);
        chunk.extend(self.before.0);
        chunk.extend(self.chain.0);
        chunk.extend(payload);
        let crc = crc_of(&chunk);
        chunk[CRC_AT].copy_from_slice(&crc.to_be_bytes());
        chunk
    }

    /// A chunk's header and payload.
    fn read(chunk: &[u8]) -> Result<(Header, &[u8]), Broken> {
        if chunk.len() < HEADER_BYTES {
            return Err(Broken::torn("a chunk ends within its header"));
        }
        let (head, payload) = chunk.split_at(HEADER_BYTES);
        let length = u32::from_be_bytes(bytes_at(head, 20)) as usize;
        match () {
            _ if head[..4] != [FORMAT, 0, 0, 0] => {
                return Err(Broken::damaged("a chunk has an unknown format"));
            }
            _ if payload.len() < length => return Err(Broken::torn("a chunk ends early")),
            _ if payload.len() > length => return Err(Broken::damaged("a chunk is too long")),
            _ if crc_of(chunk) != u32::from_be_bytes(bytes_at(head, CRC_AT.start)) => {
                return Err(Broken::damaged("a chunk's checksum is wrong"));
            }
            _ => {}
        }
        let header = Header {
            first: Sequence(u64::from_be_bytes(bytes_at(head, 4))),
            records: u32::from_be_bytes(bytes_at(head, 12)),
            index: u16::from_be_bytes(bytes_at(head, 16)),
            chunks: u16::from_be_bytes(bytes_at(head, 18)),
            before: Chain(bytes_at(head, 28)),
            chain: Chain(bytes_at(head, 44)),
        };
        Ok((header, payload))
    }
}

fn bytes_at<const N: usize>(head: &[u8], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&head[at..at + N]);
    bytes
}

/// The checksum of a chunk with its own place left out.
fn crc_of(chunk: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&chunk[..CRC_AT.start]);
    crc.update(&chunk[CRC_AT.end..]);
    crc.finalize()
}

/// Why chunks are no commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// Whether it looks as if writing had been interrupted: parts are missing, none is altered.
    pub torn: bool,
    /// What is wrong.
    pub detail: &'static str,
}

impl Broken {
    fn torn(detail: &'static str) -> Broken {
        Broken { torn: true, detail }
    }

    fn damaged(detail: &'static str) -> Broken {
        Broken { torn: false, detail }
    }

    /// As a failure of the commit that begins at `at`.
    pub fn at(&self, at: Sequence) -> Failure {
        Failure::Damaged { at, detail: self.detail.into() }
    }
}

/// A whole, checked commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The sequence of its first record.
    pub first: Sequence,
    /// The sequence of its last record.
    pub last: Sequence,
    /// The chain before it.
    pub before: Chain,
    /// The chain with it.
    pub chain: Chain,
    content: Vec<u8>,
}

impl Commit {
    /// Joins all chunks that stand under `first`, in order.
    pub(super) fn join(first: Sequence, chunks: &[Chunk]) -> Result<Commit, Broken> {
        let mut content = Vec::new();
        let mut head: Option<Header> = None;
        for (at, (key, chunk)) in chunks.iter().enumerate() {
            let (header, payload) = Header::read(chunk)?;
            let head = *head.get_or_insert(header);
            match () {
                _ if header.first != key.first || header.first != first => {
                    return Err(Broken::damaged("a chunk stands in another's place"));
                }
                _ if header.index != key.index
                    || (Header { index: head.index, ..header }) != head =>
                {
                    return Err(Broken::damaged("a chunk belongs to another commit"));
                }
                _ if usize::from(header.index) < at => {
                    return Err(Broken::damaged("a chunk stands twice"));
                }
                _ if usize::from(header.index) > at => {
                    return Err(Broken::torn("a commit misses a chunk"));
                }
                _ => content.extend(payload),
            }
        }
        let head = head.ok_or(Broken::torn("a commit has no chunk"))?;
        match chunks.len().cmp(&usize::from(head.chunks)) {
            std::cmp::Ordering::Less => {
                return Err(Broken::torn("a commit misses its last chunks"));
            }
            std::cmp::Ordering::Greater => return Err(Broken::damaged("a commit has more chunks")),
            std::cmp::Ordering::Equal => {}
        }
        if head.before.after(first, head.records, &content) != head.chain {
            return Err(Broken::damaged("a commit's chain hash is wrong"));
        }
        let last = Sequence(first.0 + u64::from(head.records).saturating_sub(1));
        let commit = Commit { first, last, before: head.before, chain: head.chain, content };
        match head.records > 0 && commit.records().count() == head.records as usize {
            true => Ok(commit),
            false => Err(Broken::damaged("a commit has another number of records")),
        }
    }

    /// Its records with their sequences.
    pub fn records(&self) -> impl Iterator<Item = (Sequence, &[u8])> {
        let mut rest = self.content.as_slice();
        let mut sequence = self.first;
        std::iter::from_fn(move || {
            let (length, behind) = rest.split_first_chunk::<4>()?;
            let (record, behind) = behind.split_at_checked(u32::from_be_bytes(*length) as usize)?;
            rest = behind;
            let at = sequence;
            sequence = sequence.next();
            Some((at, record))
        })
    }
}

/// Writes a chunk behind its key and length, as files of chunks hold it.
pub(super) fn write_frame(key: Key, chunk: &[u8], to: &mut Vec<u8>) {
    to.extend(key.to_bytes());
    to.extend((chunk.len() as u32).to_be_bytes());
    to.extend(chunk);
}

/// Reads frames. A last one that was cut gives what is left of its chunk; one that was cut within
/// its key or length gives nothing.
pub(super) fn read_frames(bytes: &[u8]) -> impl Iterator<Item = (Key, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (key, behind) = rest.split_at_checked(Key::BYTES)?;
        let (length, behind) = behind.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length) as usize;
        let (chunk, behind) = behind.split_at(length.min(behind.len()));
        rest = behind;
        Some((Key::from_bytes(key)?, chunk))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn joined(chunks: &[Chunk]) -> Result<Commit, Broken> {
        Commit::join(Sequence(7), chunks)
    }

    fn cut_of(records: &[Vec<u8>]) -> (Vec<Chunk>, Chain) {
        cut(Sequence(7), Chain([9; 16]), records).unwrap()
    }

    #[test]
    fn a_commit_larger_than_a_chunk_comes_back_whole() {
        let records: Vec<Vec<u8>> = (0..100_u8).map(|i| vec![i; 1_500]).collect();
        let (chunks, chain) = cut_of(&records);
        assert!(chunks.len() > 20 && chunks.iter().all(|(_, c)| c.len() <= CHUNK_BYTES_MAX));
        let commit = joined(&chunks).unwrap();
        assert_eq!(
            (commit.last, commit.before, commit.chain),
            (Sequence(106), Chain([9; 16]), chain)
        );
        assert!(commit.records().map(|(_, r)| r).eq(records.iter().map(Vec::as_slice)));
        assert_eq!(commit.records().last().unwrap().0, Sequence(106));
    }

    #[test]
    fn missing_chunks_are_torn_and_altered_ones_are_damage() {
        let (chunks, _) = cut_of(&[vec![1; 15_000]]);
        assert_eq!(chunks.len(), 3);
        let torn = |chunks: &[Chunk]| joined(chunks).unwrap_err().torn;
        assert!(torn(&chunks[..2]));
        assert!(torn(&chunks[1..]));
        assert!(torn(&[]));
        let mut short = chunks.clone();
        short[2].1.truncate(100);
        assert!(torn(&short));
        let mut more = chunks.clone();
        more.push(chunks[2].clone());
        assert!(!torn(&more));
        let mut twice = chunks.clone();
        twice[1] = chunks[0].clone();
        assert!(!torn(&twice));
    }

    #[test]
    fn a_commit_needs_fewer_chunks_than_can_be_numbered() {
        let huge = vec![vec![0; 65_536 * PAYLOAD_MAX]];
        assert!(matches!(cut(Sequence(1), Chain::GENESIS, &huge), Err(Failure::TooLarge { .. })));
    }

    proptest! {
        #[test]
        fn a_flipped_bit_is_never_a_commit(at in 0_usize..13_000, bit in 0..8) {
            let (mut chunks, _) = cut_of(&[vec![3; 9_000], vec![4; 4_000]]);
            let mut at = at;
            for (_, chunk) in &mut chunks {
                if at < chunk.len() {
                    chunk[at] ^= 1_u8 << bit;
                    break;
                }
                at -= chunk.len();
            }
            prop_assert!(joined(&chunks).is_err());
        }
    }
}
