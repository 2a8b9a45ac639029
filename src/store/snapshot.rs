//! Snapshots: the world up to and including a sequence, in one file.
//!
//! `<data_dir>/<sequence, 20 digits>.snap`: a header with the format, the sequence, the chain and
//! the state's digest there, and a checksum; then the world. A file is written under another name,
//! synced in slices so that it never stalls the journal's sync for long, and renamed once whole.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    time::{Instant, SystemTime},
};

use super::{
    archive::Archive,
    chunk::Chain,
    codec::{self, WorldFormat},
    failure::Failure,
    folder::{Layout, create_unfinished, files, finish, remove_gently},
};
use crate::domain::{digest::Digest, id::Sequence, world::World};

/// What a snapshot begins with, by the format of its world; the newest is written.
const MAGICS: [(&[u8; 8], WorldFormat); 2] =
    [(b"SOUKSNP1", WorldFormat::First), (b"SOUKSNP2", WorldFormat::Second)];
const HEADER_BYTES: usize = 120;
/// What is synced at once: the journal's own sync, which answers wait for, comes behind it.
const SLICE_BYTES: usize = 256 << 10;
const EXTENSION: &str = "snap";

/// A snapshot that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Taken {
    pub through: Sequence,
    pub digest: Digest,
    pub bytes: u64,
    pub at: SystemTime,
}

/// Where snapshots are kept, and what they allow the journal to lose.
#[derive(Clone, Debug)]
pub struct SnapshotFolder {
    pub(super) dir: PathBuf,
    pub(super) archive: Archive,
    /// Whether what the journal loses goes into the archive.
    pub(super) keep_archive: bool,
}

/// A snapshot that was read and found whole.
pub(super) struct Loaded {
    pub world: World,
    pub chain: Chain,
    pub digest: Digest,
}

/// What stands before the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    through: Sequence,
    chain: Chain,
    digest: [u8; 64],
    body_bytes: u64,
    body_crc: u32,
    format: WorldFormat,
}

impl Header {
    fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        let magic = MAGICS.iter().find(|(_, format)| *format == self.format);
        bytes.extend(magic.map_or(b"unknown ", |(magic, _)| magic));
        bytes.extend(self.through.0.to_be_bytes());
        bytes.extend(self.chain.0);
        bytes.extend(self.digest);
        bytes.extend(self.body_bytes.to_be_bytes());
        bytes.extend(self.body_crc.to_be_bytes());
        bytes.extend([0; 8]);
        let crc = crc32fast::hash(&bytes);
        bytes.extend(crc.to_be_bytes());
        let mut header = [0; HEADER_BYTES];
        header.copy_from_slice(&bytes);
        header
    }

    fn from_bytes(bytes: &[u8; HEADER_BYTES]) -> Result<Header, &'static str> {
        let number = |at: usize| u64::from_be_bytes(std::array::from_fn(|i| bytes[at + i]));
        let short = |at: usize| u32::from_be_bytes(std::array::from_fn(|i| bytes[at + i]));
        let magic = MAGICS.iter().find(|(magic, _)| bytes[..8] == magic[..]);
        let (_, format) = *magic.ok_or("it is of an unknown format")?;
        match crc32fast::hash(&bytes[..HEADER_BYTES - 4]) == short(HEADER_BYTES - 4) {
            false => Err("its header's checksum is wrong"),
            true => Ok(Header {
                through: Sequence(number(8)),
                chain: Chain(std::array::from_fn(|i| bytes[16 + i])),
                digest: std::array::from_fn(|i| bytes[32 + i]),
                body_bytes: number(96),
                body_crc: short(104),
                format,
            }),
        }
    }
}

/// Reads a snapshot, checks its checksums, and takes its digest anew.
///
/// # Errors
/// `Snapshot` where anything is not as it was written.
pub(super) fn load(path: &Path) -> Result<Loaded, Failure> {
    let (header, bytes) = read_checked(path)?;
    let world = codec::read_world(&bytes[HEADER_BYTES..], header.format)
        .map_err(|detail| unusable(path, &detail))?;
    let digest = world.state.digest();
    match () {
        _ if world.state.through != header.through => {
            Err(unusable(path, "it holds another sequence than it says"))
        }
        _ if digest.to_string().as_bytes() != header.digest => {
            Err(unusable(path, "its digest is wrong"))
        }
        _ => Ok(Loaded { world, chain: header.chain, digest }),
    }
}

/// Reads a snapshot and checks all that can be checked without making a world of it.
fn read_checked(path: &Path) -> Result<(Header, Vec<u8>), Failure> {
    let bytes = fs::read(path).map_err(Failure::io("read", path))?;
    let header = header_of(path, &bytes)?;
    let body = &bytes[HEADER_BYTES..];
    check_body(path, &header, body.len() as u64, crc32fast::hash(body))?;
    Ok((header, bytes))
}

/// As [`read_checked`], of a snapshot of which nothing else is wanted: piece by piece, since room for all of
/// it at once is memory that the system has to clear.
fn check(path: &Path) -> Result<(), Failure> {
    let mut file = File::open(path).map_err(Failure::io("read", path))?;
    let mut next = |most: usize| {
        let mut piece = Vec::with_capacity(most);
        let read = Read::by_ref(&mut file).take(most as u64).read_to_end(&mut piece);
        read.map_err(Failure::io("read", path)).map(|_| piece)
    };
    let header = header_of(path, &next(HEADER_BYTES)?)?;
    let (mut length, mut crc) = (0, crc32fast::Hasher::new());
    loop {
        let piece = next(SLICE_BYTES)?;
        if piece.is_empty() {
            return check_body(path, &header, length, crc.finalize());
        }
        length += piece.len() as u64;
        crc.update(&piece);
    }
}

fn header_of(path: &Path, bytes: &[u8]) -> Result<Header, Failure> {
    let head = bytes.first_chunk().ok_or_else(|| unusable(path, "it is too short"))?;
    let header = Header::from_bytes(head).map_err(|detail| unusable(path, detail))?;
    match Some(header.through) == through_of(path) {
        true => Ok(header),
        false => Err(unusable(path, "its name is another's")),
    }
}

fn check_body(path: &Path, header: &Header, length: u64, crc: u32) -> Result<(), Failure> {
    match () {
        _ if header.body_bytes != length => Err(unusable(path, "its length is wrong")),
        _ if header.body_crc != crc => Err(unusable(path, "its checksum is wrong")),
        _ => Ok(()),
    }
}

fn unusable(path: &Path, detail: &str) -> Failure {
    Failure::Snapshot { path: path.to_owned(), detail: detail.into() }
}

/// The sequence in a snapshot's name.
fn through_of(path: &Path) -> Option<Sequence> {
    let digits = path.file_name()?.to_str()?.strip_suffix(".snap")?;
    digits.parse().ok().filter(|_| digits.len() == 20).map(Sequence)
}

impl SnapshotFolder {
    pub(super) fn new(layout: &Layout, keep_archive: bool) -> SnapshotFolder {
        let archive = Archive::new(layout.archive());
        SnapshotFolder { dir: layout.dir.clone(), archive, keep_archive }
    }

    /// The snapshots, newest first.
    pub(super) fn list(&self) -> Result<Vec<(Sequence, PathBuf)>, Failure> {
        let paths = files(&self.dir)?.into_iter().rev();
        Ok(paths.filter_map(|path| Some((through_of(&path)?, path))).collect())
    }

    /// Writes a snapshot of `world`, at whose last fact the chain is `chain`.
    pub(super) fn write(&self, world: &World, chain: Chain) -> Result<Taken, Failure> {
        let through = world.state.through;
        let digest = world.state.digest();
        let path = self.dir.join(format!("{:020}.{EXTENSION}", through.0));
        let (file, unfinished) = create_unfinished(&path)?;
        let written = write_to(&file, world, chain, digest)
            .and_then(|bytes| file.sync_all().map(|()| bytes))
            .map_err(Failure::io("write", &unfinished));
        if written.is_err() {
            // What was written is of no use, and may be what fills the disk.
            let _ = fs::remove_file(&unfinished);
        }
        let bytes = written?;
        finish(&unfinished, &path)?;
        Ok(Taken { through, digest, bytes, at: SystemTime::now() })
    }

    /// Puts a snapshot that cannot be used out of the way, and keeps it as evidence.
    pub(super) fn set_aside(&self, path: &Path) -> Result<(), Failure> {
        finish(path, &path.with_extension("snap.damaged"))
    }

    /// Removes all but the newest `keep` and the newest from which `follower`, the last sequence that
    /// the mirror may ask for again, can be folded. Returns up to where facts are no longer needed, once
    /// `keep` stand. One that is not whole does not count, and is set aside.
    pub(super) fn prune(
        &self,
        keep: usize,
        follower: Sequence,
    ) -> Result<Option<Sequence>, Failure> {
        let all = self.list()?;
        let serves = all.iter().map(|(through, _)| *through).find(|through| *through <= follower);
        let mut kept = Vec::new();
        for (through, path) in all {
            if kept.len() >= keep && Some(through) != serves {
                remove_gently(&path)?;
                continue;
            }
            match check(&path) {
                Ok(()) => kept.push(through),
                Err(failure @ Failure::Snapshot { .. }) => {
                    tracing::warn!(%failure, "a snapshot is set aside");
                    self.set_aside(&path)?;
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(kept.get(keep - 1).map(|oldest| *oldest.min(&serves.unwrap_or(follower))))
    }
}

fn write_to(file: &File, world: &World, chain: Chain, digest: Digest) -> io::Result<u64> {
    let mut body = SliceWriter { file, slice: Vec::new(), written: 0, crc: Default::default() };
    codec::write_world(world, &mut body).map_err(io::Error::other)?;
    body.write_slice()?;
    let mut text = [0; 64];
    text.copy_from_slice(digest.to_string().as_bytes());
    let header = Header {
        through: world.state.through,
        chain,
        digest: text,
        body_bytes: body.written,
        body_crc: body.crc.finalize(),
        format: WorldFormat::Second,
    };
    file.write_all_at(&header.to_bytes(), 0)?;
    Ok(HEADER_BYTES as u64 + header.body_bytes)
}

/// Writes a body behind the header's place, slice by slice, and syncs each.
struct SliceWriter<'a> {
    file: &'a File,
    slice: Vec<u8>,
    written: u64,
    crc: crc32fast::Hasher,
}

impl SliceWriter<'_> {
    fn write_slice(&mut self) -> io::Result<()> {
        let began = Instant::now();
        self.file.write_all_at(&self.slice, HEADER_BYTES as u64 + self.written)?;
        self.file.sync_data()?;
        // As long again the disk is the journal's.
        std::thread::sleep(began.elapsed());
        self.crc.update(&self.slice);
        self.written += self.slice.len() as u64;
        self.slice.clear();
        Ok(())
    }
}

impl Write for SliceWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.slice.extend(bytes);
        if self.slice.len() >= SLICE_BYTES {
            self.write_slice()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
