//! The archive: commits that were moved out of the journal, in files that never change again.
//!
//! `archive/<from>-<to>.journal`, contiguous. A file is synced under its name before the journal
//! loses what is in it, so a crash between the two leaves commits in both places, never in none.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use super::{
    chunk::{Chunk, Commit, Key, read_frames, write_frame},
    failure::Failure,
    folder::{create_unfinished, files, finish},
};
use crate::domain::id::Sequence;

const MAGIC: &[u8; 8] = b"SOUKJRN1";
/// A file is closed once it is larger than this, so that one record is found without much reading.
const FILE_BYTES: usize = 32 << 20;

/// The folder of archived commits.
#[derive(Clone, Debug)]
pub(super) struct Archive {
    dir: PathBuf,
}

/// One file of it: which sequences it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ArchiveFile {
    pub from: Sequence,
    pub to: Sequence,
    pub path: PathBuf,
}

impl Archive {
    pub fn new(dir: PathBuf) -> Archive {
        Archive { dir }
    }

    /// Its files, oldest first.
    pub fn list(&self) -> Result<Vec<ArchiveFile>, Failure> {
        Ok(files(&self.dir)?.into_iter().filter_map(parse_name).collect())
    }

    /// The newest sequence in it; zero where it is empty.
    pub fn last(&self) -> Result<Sequence, Failure> {
        Ok(self.list()?.last().map_or(Sequence(0), |file| file.to))
    }

    /// The file that holds `at`.
    pub fn holding(&self, at: Sequence) -> Result<Option<ArchiveFile>, Failure> {
        Ok(self.list()?.into_iter().find(|file| file.from <= at && at <= file.to))
    }

    /// Writes commits with their chunks, oldest first and contiguous.
    pub fn write(
        &self,
        commits: impl Iterator<Item = Result<(Commit, Vec<Chunk>), Failure>>,
    ) -> Result<(), Failure> {
        let mut bytes = MAGIC.to_vec();
        let mut span: Option<(Sequence, Sequence)> = None;
        for commit in commits {
            let (commit, chunks) = commit?;
            chunks.iter().for_each(|(key, chunk)| write_frame(*key, chunk, &mut bytes));
            let from = span.map_or(commit.first, |(from, _)| from);
            span = Some((from, commit.last));
            if bytes.len() > FILE_BYTES {
                self.write_file(from, commit.last, &bytes)?;
                (bytes, span) = (MAGIC.to_vec(), None);
            }
        }
        match span {
            Some((from, to)) => self.write_file(from, to, &bytes),
            None => Ok(()),
        }
    }

    fn write_file(&self, from: Sequence, to: Sequence, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.dir.join(format!("{:020}-{:020}.journal", from.0, to.0));
        let (mut file, unfinished) = create_unfinished(&path)?;
        for slice in bytes.chunks(4 << 20) {
            file.write_all(slice).map_err(Failure::io("write", &unfinished))?;
            file.sync_data().map_err(Failure::io("sync", &unfinished))?;
        }
        file.sync_all().map_err(Failure::io("sync", &unfinished))?;
        finish(&unfinished, &path)
    }
}

fn parse_name(path: PathBuf) -> Option<ArchiveFile> {
    let (from, to) = path.file_name()?.to_str()?.strip_suffix(".journal")?.split_once('-')?;
    let number = |digits: &str| digits.parse().ok().filter(|_| digits.len() == 20).map(Sequence);
    Some(ArchiveFile { from: number(from)?, to: number(to)?, path: path.clone() })
}

/// The commits of one archive file, from the one that holds a sequence on.
pub(super) struct ArchivedCommits {
    bytes: Vec<u8>,
    at: usize,
    from: Sequence,
    to: Sequence,
}

impl ArchivedCommits {
    pub fn open(file: &ArchiveFile, from: Sequence) -> Result<ArchivedCommits, Failure> {
        let bytes = fs::read(&file.path).map_err(Failure::io("read", &file.path))?;
        if !bytes.starts_with(MAGIC) {
            return Err(damaged(file.from, &file.path, "it does not begin as an archive does"));
        }
        Ok(ArchivedCommits { bytes, at: MAGIC.len(), from, to: file.to })
    }

    /// The next commit; `None` behind the last.
    pub fn next(&mut self) -> Result<Option<Commit>, Failure> {
        while self.from <= self.to {
            let chunks = self.take_group();
            let Some((first, following)) = chunks.first().map(|(key, _)| (key.first, self.peek()))
            else {
                let detail = "an archive file ends early".into();
                return Err(Failure::Damaged { at: self.from, detail });
            };
            // Commits before the one that is asked for are passed over unread.
            if following.is_some_and(|key| key.first <= self.from) {
                continue;
            }
            let commit = Commit::join(first, &chunks).map_err(|broken| broken.at(first))?;
            if commit.first > self.from || commit.last < self.from {
                return Err(Failure::Gap { expected: self.from, found: Some(commit.first) });
            }
            self.from = commit.last.next();
            return Ok(Some(commit));
        }
        Ok(None)
    }

    fn peek(&self) -> Option<Key> {
        read_frames(&self.bytes[self.at..]).next().map(|(key, _)| key)
    }

    /// All chunks of the commit that is next.
    fn take_group(&mut self) -> Vec<Chunk> {
        let Some(first) = self.peek().map(|key| key.first) else { return Vec::new() };
        let frames = read_frames(&self.bytes[self.at..]);
        let group: Vec<Chunk> = frames
            .take_while(|(key, _)| key.first == first)
            .map(|(key, chunk)| (key, chunk.to_vec()))
            .collect();
        self.at += group.iter().map(|(_, chunk)| Key::BYTES + 4 + chunk.len()).sum::<usize>();
        group
    }
}

fn damaged(at: Sequence, path: &Path, detail: &str) -> Failure {
    Failure::Damaged { at, detail: format!("{}: {detail}", path.display()) }
}
