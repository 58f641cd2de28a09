//! A lock between processes: an open file, so that it ends with its process, however that ends.
//!
//! Invariants: whoever takes a lock has locked the file that is at the path, and no other; whoever has one can tell that
//! it is not there any more. What is locked is a file and not a path: once the file is gone, the next one at the path is
//! free for others, and the lock holds nobody off.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::files::{
    file::{adopt, create_private_dir},
    foreign::{self, open_own, open_with},
};

/// The longest file that is looked into, in bytes.
const LONGEST: u64 = 1024;

/// A lock between processes, released when it is dropped and when the process ends.
pub struct Lock {
    file: File,
    path: PathBuf,
    /// What is written into the file.
    secret: String,
}

impl Lock {
    /// Takes the lock; `None`: someone has it.
    pub(crate) fn take(path: &Path) -> io::Result<Option<Self>> {
        // Whoever only looks holds it, too, for some microseconds. Whoever has it keeps it longer.
        const TRIES: u32 = 20;
        for _ in 0..TRIES {
            create_private_dir(path.parent().unwrap_or(Path::new(".")))?;
            let file = open_own(path, OpenOptions::new().write(true))?;
            match file.try_lock() {
                Ok(()) => {
                    adopt(&file, path);
                    let lock = Self { file, path: path.to_owned(), secret: crate::engine::secret() };
                    // On a full disk the number of the file has to be enough.
                    if let Err(error) = lock.sign() {
                        tracing::debug!(%error, "a lock is not signed");
                    }
                    // Somebody may have removed or replaced the file before it was locked.
                    if !lock.is_lost() {
                        return Ok(Some(lock));
                    }
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(None)
    }

    /// The same, but waits for whoever has it; `None`: they keep it longer than that.
    pub(crate) fn wait(path: &Path, patience: Duration) -> io::Result<Option<Self>> {
        let end = Instant::now() + patience;
        loop {
            match Self::take(path)? {
                None if Instant::now() < end => {}
                taken => return Ok(taken),
            }
        }
    }

    /// True when the file is not at its path any more: it was deleted or moved, or another one took its place. Another
    /// process can take the lock then. What cannot be told for the moment is not lost.
    pub fn is_lost(&self) -> bool {
        match fs::metadata(&self.path) {
            Ok(there) => {
                let is_other = self.file.metadata().is_ok_and(|ours| !is_same(&ours, &there));
                // Not every system of files gives a file the same number each time it is looked up: another one is free,
                // or somebody else's.
                is_other && !(Self::is_held(&self.path) && self.is_signed())
            }
            Err(error) => matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory),
        }
    }

    fn is_signed(&self) -> bool {
        foreign::bytes(&self.path, LONGEST).ok().flatten().as_deref() == Some(self.secret.as_bytes())
    }

    fn sign(&self) -> io::Result<()> {
        self.file.set_len(0)?;
        (&self.file).write_all(self.secret.as_bytes())
    }

    /// The folder that the lock is for.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// True while someone has the lock. Looking is shared, so that two who look do not see each other.
    pub(crate) fn is_held(path: &Path) -> bool {
        open_with(path, OpenOptions::new().read(true))
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

#[cfg(unix)]
fn is_same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Elsewhere a file that is open cannot be replaced.
#[cfg(not(unix))]
fn is_same(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// A lock is taken although others keep looking whether it is, and is seen by them while it is.
    #[test]
    fn looking_at_a_lock_does_not_take_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.lock");
        assert!(!Lock::is_held(&path));
        drop(Lock::take(&path).expect("locked").expect("free"));
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        Lock::is_held(&path);
                    }
                });
            }
            for _ in 0..50 {
                let lock = Lock::take(&path).expect("locked").expect("nobody has it");
                assert!(Lock::is_held(&path));
                drop(lock);
            }
            done.store(true, Ordering::Relaxed);
        });
        let _lock = Lock::take(&path).expect("locked").expect("free");
        assert!(Lock::take(&path).expect("no error").is_none());
    }

    /// N16: a lock whose file is not at its path any more holds nobody off, and says so.
    #[cfg(unix)]
    #[test]
    fn a_lock_that_is_not_at_its_path_is_lost() {
        let check = |what: &str, happen: fn(&Path), is_lost: bool| {
            let root = tempfile::tempdir().expect("a folder");
            let folder = root.path().join("state");
            let lock = Lock::take(&folder.join("x.lock")).expect("locked").expect("free");
            assert!(!lock.is_lost(), "{what}");
            happen(&folder);
            assert_eq!(lock.is_lost(), is_lost, "{what}");
        };
        let moved = |folder: &Path| fs::rename(folder, folder.with_extension("old")).expect("moved");
        check("nothing", |_| {}, false);
        check("the file deleted", |folder| fs::remove_file(folder.join("x.lock")).expect("deleted"), true);
        check("the folder deleted", |folder| fs::remove_dir_all(folder).expect("deleted"), true);
        check("the folder moved", moved, true);
        check(
            "the folder above deleted, and a file in its place",
            |folder| {
                fs::remove_dir_all(folder).expect("deleted");
                fs::write(folder, "").expect("written");
            },
            true,
        );
        check(
            "another file in its place",
            |folder| {
                fs::write(folder.join("y"), "").expect("written");
                fs::rename(folder.join("y"), folder.join("x.lock")).expect("replaced");
            },
            true,
        );
        check(
            "moved, and a copy in its place",
            |folder| {
                let before = fs::read(folder.join("x.lock")).expect("read");
                fs::remove_file(folder.join("x.lock")).expect("deleted");
                fs::write(folder.join("x.lock"), before).expect("written");
            },
            true,
        );
        check(
            "moved, and a link in its place",
            |folder| {
                fs::rename(folder, folder.with_extension("old")).expect("moved");
                std::os::unix::fs::symlink(folder.with_extension("old"), folder).expect("linked");
            },
            false,
        );
        check("written to", |folder| fs::write(folder.join("x.lock"), "x").expect("written"), false);
    }

    /// N16: whoever takes a lock while others delete its file has locked the file that is there.
    #[cfg(unix)]
    #[test]
    fn what_is_locked_is_what_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.lock");
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    fs::remove_file(&path).ok();
                }
            });
            for _ in 0..200 {
                // It may be deleted again by now; but then it was there when it was taken, so that nobody else has it.
                drop(Lock::take(&path).expect("locked"));
            }
            done.store(true, Ordering::Relaxed);
        });
        let first = Lock::take(&path).expect("locked").expect("free");
        fs::remove_file(&path).expect("deleted");
        let second = Lock::take(&path).expect("locked").expect("another file");
        assert!(first.is_lost() && !second.is_lost());
    }
}
