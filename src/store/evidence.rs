//! Evidence: files that parties brought into disputes, each under the hash of its content.
//!
//! A file is whole and synced before a fact names it. What does not have the hash that it is named
//! by is damage, and is never given out. Nothing in here is ever executed or changed.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::{
    failure::Failure,
    folder::{Layout, make, write_whole},
};
use crate::domain::world::World;

/// The folder; clones are the same one.
#[derive(Clone, Debug)]
pub struct EvidenceFolder(PathBuf);

impl EvidenceFolder {
    pub(super) fn new(layout: &Layout) -> EvidenceFolder {
        EvidenceFolder(layout.evidence())
    }

    fn path(&self, hash: &[u8; 32]) -> PathBuf {
        let name: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        self.0.join(name)
    }

    /// Keeps a file, durably; one that is there already is not written again. Gives its SHA-256.
    ///
    /// # Errors
    /// `Io` where the disk fails, `Evidence` where another content lies under this hash.
    pub fn keep(&self, content: &[u8]) -> Result<[u8; 32], Failure> {
        let hash: [u8; 32] = Sha256::digest(content).into();
        if self.read(&hash)?.is_none() {
            make(&self.0)?;
            write_whole(&self.path(&hash), content)?;
        }
        Ok(hash)
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
        &self.0
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
        fs::write(&path, b"a forgery").unwrap();
        assert!(matches!(folder.read(&hash), Err(Failure::Evidence { .. })));
        assert!(matches!(folder.keep(b"a receipt"), Err(Failure::Evidence { .. })));
    }
}
