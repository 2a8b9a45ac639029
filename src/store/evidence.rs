//! Evidence: files that parties brought into disputes, each under the hash of its content.
//!
//! A file is whole and synced before a fact names it. What does not have the hash that it is named
//! by is damage, and is never given out. Nothing in here is ever executed or changed.

use std::{
    collections::HashMap,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sha2::{Digest as _, Sha256};

use super::{
    failure::Failure,
    folder::{Layout, make, write_whole},
};
use crate::domain::world::World;

/// The folder; clones are the same one.
#[derive(Clone, Debug)]
pub struct EvidenceFolder {
    dir: PathBuf,
    /// Files that were kept for commands under way.
    held: Arc<Mutex<HashMap<[u8; 32], Held>>>,
}

/// What is known of a file while commands that would name it are under way.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    by: usize,
    is_new: bool,
    is_named: bool,
}

impl EvidenceFolder {
    pub(super) fn new(layout: &Layout) -> EvidenceFolder {
        EvidenceFolder { dir: layout.evidence(), held: Arc::default() }
    }

    fn path(&self, hash: &[u8; 32]) -> PathBuf {
        let name: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        self.dir.join(name)
    }

    /// Keeps a file, durably, for a command that would name it; one that is there already is not
    /// written again. Gives its SHA-256. [`EvidenceFolder::settle`] says what became of the command.
    ///
    /// # Errors
    /// `Io` where the disk fails, `Evidence` where another content lies under this hash.
    pub fn keep(&self, content: &[u8]) -> Result<[u8; 32], Failure> {
        let hash: [u8; 32] = Sha256::digest(content).into();
        let mut held = self.held();
        let is_new = self.read(&hash)?.is_none();
        if is_new {
            make(&self.dir)?;
            write_whole(&self.path(&hash), content)?;
        }
        let file = held.entry(hash).or_default();
        file.by += 1;
        file.is_new |= is_new;
        Ok(hash)
    }

    /// Says whether a fact names the file now. Where none does, and no other command under way would,
    /// it goes.
    ///
    /// # Errors
    /// `Io` where it cannot be removed.
    pub fn settle(&self, hash: &[u8; 32], is_named: bool) -> Result<(), Failure> {
        let mut held = self.held();
        let Some(file) = held.get_mut(hash) else { return Ok(()) };
        file.by -= 1;
        file.is_named |= is_named;
        let file = *file;
        if file.by > 0 {
            return Ok(());
        }
        held.remove(hash);
        let path = self.path(hash);
        match file.is_new && !file.is_named {
            true => fs::remove_file(&path).map_err(Failure::io("remove", &path)),
            false => Ok(()),
        }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<[u8; 32], Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file with this hash, if it is there.
    ///
    /// # Errors
    /// `Io` where it cannot be read, `Evidence` where its content is not what was kept.
    pub fn read(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, Failure> {
        let path = self.path(hash);
        let content = match fs::read(&path) {
            Ok(content) => content,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::io("read", &path)(error)),
        };
        match <[u8; 32]>::from(Sha256::digest(&content)) == *hash {
            true => Ok(Some(content)),
            false => Err(Failure::Evidence { path, detail: "its content has another hash".into() }),
        }
    }

    /// Checks that every file that `world` names is there and whole; gives how many there are.
    ///
    /// # Errors
    /// `Evidence` for the first that is missing or altered, `Io` where one cannot be read.
    pub(super) fn check(&self, world: &World) -> Result<u64, Failure> {
        let mut checked = 0;
        for hash in world.evidence() {
            if self.read(&hash)?.is_none() {
                let detail = "it is missing".into();
                return Err(Failure::Evidence { path: self.path(&hash), detail });
            }
            checked += 1;
        }
        Ok(checked)
    }

    /// Where the files lie.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_was_kept_comes_back_and_what_was_altered_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let folder = EvidenceFolder::new(&Layout::new(dir.path()));
        let hash = folder.keep(b"a receipt").unwrap();
        assert_eq!(folder.keep(b"a receipt").unwrap(), hash);
        assert_eq!(folder.read(&hash).unwrap().unwrap(), b"a receipt");
        assert_eq!(folder.read(&[0; 32]).unwrap(), None);
        let path = folder.path(&hash);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(folder.dir()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(folder.dir()).unwrap().count(), 1);
        folder.settle(&hash, true).unwrap();
        folder.settle(&hash, false).unwrap();
        assert_eq!(folder.keep(b"a receipt").unwrap(), hash);
        folder.settle(&hash, false).unwrap();
        assert!(path.exists(), "a fact named it before");
        fs::write(&path, b"a forgery").unwrap();
        assert!(matches!(folder.read(&hash), Err(Failure::Evidence { .. })));
        assert!(matches!(folder.keep(b"a receipt"), Err(Failure::Evidence { .. })));
    }
    #[test]
    fn what_no_fact_names_goes_with_the_last_command_that_would() {
        let dir = tempfile::tempdir().unwrap();
        let folder = EvidenceFolder::new(&Layout::new(dir.path()));
        let hash = folder.keep(b"a receipt").unwrap();
        folder.keep(b"a receipt").unwrap();
        folder.settle(&hash, false).unwrap();
        assert!(folder.read(&hash).unwrap().is_some(), "another may name it yet");
        folder.settle(&hash, false).unwrap();
        assert_eq!(folder.read(&hash).unwrap(), None);
    }
}
