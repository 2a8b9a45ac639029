//! The data folder: its layout, its permissions, its lock, the secret in it.
//!
//! `<data_dir>/{journal/, archive/, *.snap, evidence/, secret, mark, lock}`; the folder is 0700,
//! files are 0600, and one process at a time works in it.

use std::{
    fs::{self, File, OpenOptions, Permissions, TryLockError},
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use super::failure::Failure;

/// Files under way end with this until they are whole; what a crash left of them is removed.
pub(super) const UNFINISHED: &str = "unfinished";
/// What is taken from a large file at once where it is removed, and how long others go first then.
const SHRINK_BYTES: u64 = 4 << 20;
const SHRINK_PAUSE: Duration = Duration::from_millis(1);
/// The mode of a folder that many users share.
const STICKY: u32 = 0o1000;
/// Where the verifier puts its copy of the journal.
const SCRATCH: &str = ".verify";

/// Names of what is in a data folder.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub dir: PathBuf,
}

impl Layout {
    pub fn new(dir: &Path) -> Layout {
        Layout { dir: dir.to_owned() }
    }

    pub fn journal(&self) -> PathBuf {
        self.dir.join("journal")
    }

    pub fn archive(&self) -> PathBuf {
        self.dir.join("archive")
    }

    pub fn evidence(&self) -> PathBuf {
        self.dir.join("evidence")
    }

    pub fn mark(&self) -> PathBuf {
        self.dir.join("mark")
    }

    pub fn secret(&self) -> PathBuf {
        self.dir.join("secret")
    }

    pub fn scratch(&self) -> PathBuf {
        self.dir.join(SCRATCH)
    }

    /// Makes what is missing and removes what a crash left unfinished.
    pub fn prepare(&self) -> Result<(), Failure> {
        make(&self.journal())?;
        make(&self.archive())?;
        for dir in [&self.dir, &self.archive(), &self.evidence()] {
            for path in files(dir)? {
                if path.extension().is_some_and(|e| e == UNFINISHED) {
                    fs::remove_file(&path).map_err(Failure::io("remove", &path))?;
                }
            }
        }
        remove_scratch(&self.scratch())?;
        sync_dir(&self.dir)
    }
}

/// Makes a folder that only this user may enter, where it is missing.
pub(super) fn make(dir: &Path) -> Result<(), Failure> {
    fs::create_dir_all(dir).map_err(Failure::io("make", dir))?;
    restrict(dir, 0o700)
}

/// Held as long as this process works in the folder.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the lock of `dir`, which must exist.
    ///
    /// # Errors
    /// `InUse` where another process has it.
    pub fn take(dir: &Path) -> Result<FolderLock, Failure> {
        let path = dir.join("lock");
        let mut options = OpenOptions::new();
        let options = options.create(true).truncate(false).write(true).mode(0o600);
        let file = options.open(&path).map_err(Failure::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(FolderLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Failure::InUse { path: dir.to_owned() }),
            Err(TryLockError::Error(source)) => Err(Failure::io("lock", &path)(source)),
        }
    }
}

/// The 32 bytes that tokens are signed with; made at random the first time.
///
/// # Errors
/// `Secret` where the file holds something else.
pub(super) fn secret(layout: &Layout) -> Result<[u8; 32], Failure> {
    let path = layout.secret();
    match fs::read(&path) {
        Ok(bytes) => bytes.try_into().map_err(|_| Failure::Secret { path }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut secret = [0; 32];
            rand::fill(&mut secret);
            write_whole(&path, &secret)?;
            Ok(secret)
        }
        Err(error) => Err(Failure::io("read", &path)(error)),
    }
}

/// A new file that only this user may read, under a name that says it is unfinished.
pub(super) fn create_unfinished(path: &Path) -> Result<(File, PathBuf), Failure> {
    let unfinished = unfinished_name(path);
    let mut options = OpenOptions::new();
    let options = options.create(true).truncate(true).write(true).mode(0o600);
    let file = options.open(&unfinished).map_err(Failure::io("create", &unfinished))?;
    Ok((file, unfinished))
}

fn unfinished_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(UNFINISHED);
    PathBuf::from(name)
}

/// Removes a large file bit by bit: whoever syncs another file meanwhile would wait for all of it. What a
/// crash leaves of it is removed like a file that never became whole.
pub(super) fn remove_gently(path: &Path) -> Result<(), Failure> {
    let remains = unfinished_name(path);
    fs::rename(path, &remains).map_err(Failure::io("rename", path))?;
    let shrink = |file: File| {
        let mut length = file.metadata()?.len();
        while length > 0 {
            length = length.saturating_sub(SHRINK_BYTES);
            file.set_len(length)?;
            std::thread::sleep(SHRINK_PAUSE);
        }
        fs::remove_file(&remains)
    };
    let file = OpenOptions::new().write(true).open(&remains);
    file.and_then(shrink).map_err(Failure::io("remove", &remains))
}

/// Gives a synced, unfinished file its name, durably.
pub(super) fn finish(unfinished: &Path, path: &Path) -> Result<(), Failure> {
    fs::rename(unfinished, path).map_err(Failure::io("rename", unfinished))?;
    sync_dir(path.parent().unwrap_or(Path::new(".")))
}

/// Writes a file so that it is there whole or not at all.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let (mut file, unfinished) = create_unfinished(path)?;
    file.write_all(bytes).map_err(Failure::io("write", &unfinished))?;
    file.sync_all().map_err(Failure::io("sync", &unfinished))?;
    finish(&unfinished, path)
}

/// Makes names in a folder durable.
pub(super) fn sync_dir(dir: &Path) -> Result<(), Failure> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(Failure::io("sync", dir))
}

/// The files and folders of a folder, sorted; none where the folder does not exist.
pub(super) fn files(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Failure::io("list", dir)(error)),
    };
    let paths: Result<Vec<PathBuf>, _> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(Failure::io("list", dir))?;
    paths.sort_unstable();
    Ok(paths)
}

/// Takes all rights but the owner's from a folder and everything in it.
pub(super) fn restrict_all(dir: &Path) -> Result<(), Failure> {
    restrict(dir, 0o700)?;
    for path in files(dir)? {
        match path.is_dir() {
            true => restrict_all(&path)?,
            false => restrict(&path, 0o600)?,
        }
    }
    Ok(())
}

fn restrict(path: &Path, mode: u32) -> Result<(), Failure> {
    let metadata = fs::metadata(path).map_err(Failure::io("inspect", path))?;
    let now = metadata.permissions().mode();
    // A folder such as /tmp is everyone's; what is made in it is this user's alone anyway.
    if now & 0o777 == mode || now & STICKY != 0 {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(Failure::io("restrict", path))
}

/// Copies the files of a folder and of the folders in it.
pub(super) fn copy_all(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to).map_err(Failure::io("make", to))?;
    for path in files(from)? {
        let copy = to.join(path.file_name().unwrap_or_default());
        match path.is_dir() {
            true => copy_all(&path, &copy)?,
            false => fs::copy(&path, &copy).map(drop).map_err(Failure::io("copy", &path))?,
        }
    }
    Ok(())
}

/// Removes the verifier's copy, if one is there.
pub(super) fn remove_scratch(dir: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::io("remove", dir)(error))
        }
        _ => Ok(()),
    }
}
