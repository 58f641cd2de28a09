//! Taking the place of a file that holds what is expected, and of no other.
//!
//! Invariants: between a comparison and a rename another program may write, and its content must not be lost. So the two
//! files change places at once, and what came out is compared: if it is not what was expected, they change back. Of two
//! Rekindles one does so at a time. What an editor writes over the new content afterwards is the editor's own affair: it has
//! to look first, as this does.

use std::{io, path::Path};

use tempfile::NamedTempFile;

use super::{bytes, exchange_at_once, rename_new};

/// How often files change places, while another program writes in between each time.
const TRIES: usize = 16;

/// Puts a staged file that holds `ours` in the place of one that holds `expected`; false when another program was faster,
/// whose content is there then. On an error that is so, too, or the error says where that content is.
pub(super) fn place(staged: NamedTempFile, target: &Path, expected: &[u8], ours: &[u8]) -> io::Result<bool> {
    match exchange_at_once(staged.path(), target) {
        Ok(true) => {}
        Ok(false) => return staged.persist(target).map(|_| true).map_err(|error| error.error),
        // Somebody has just moved it away.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    }
    let mut out = held(staged.path());
    if out.as_deref() == Some(expected) {
        return Ok(true);
    }
    // Somebody else's came out. It goes back, unless what comes out then is of somebody who wrote even later.
    let mut within = Some(ours.to_vec());
    for _ in 0..TRIES {
        match exchange_at_once(staged.path(), target) {
            // Where there is none any more, it has a place.
            Err(error) if error.kind() == io::ErrorKind::NotFound => match rename_new(staged.path(), target) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(kept(staged, &error)),
                Ok(()) => return Ok(false),
            },
            Err(error) => return Err(kept(staged, &error)),
            Ok(_) => {}
        }
        let later = held(staged.path());
        if later.is_some() && later == within {
            return Ok(false);
        }
        (within, out) = (out, later);
    }
    Err(kept(staged, &io::ErrorKind::ResourceBusy.into()))
}

/// Takes away a file that holds `expected`; false when it holds something else, which stays.
pub(super) fn away(target: &Path, expected: &[u8]) -> io::Result<bool> {
    let folder = target.parent().unwrap_or(Path::new("."));
    let moved = tempfile::Builder::new().prefix(".rekindle-").make_in(folder, |aside| rename_new(target, aside));
    let moved = match moved {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        moved => moved?,
    };
    if held(moved.path()).as_deref() == Some(expected) {
        return Ok(true);
    }
    // Where there is another one by now, that is the later one.
    match rename_new(moved.path(), target) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(kept(moved, &error)),
        _ => Ok(false),
    }
}

/// What a file holds; `None`: it cannot be read, and is nothing that was expected.
fn held(path: &Path) -> Option<Vec<u8>> {
    bytes(path).ok().flatten()
}

/// Keeps what somebody else wrote and nothing could be done with, and says where.
fn kept<F>(file: NamedTempFile<F>, why: &io::Error) -> io::Error {
    match file.keep() {
        Ok((_, path)) => io::Error::new(why.kind(), format!("{why} ({})", path.display())),
        Err(error) => error.error,
    }
}

/// The turn to write in a folder, among Rekindles: a lock on the folder itself, which leaves nothing there. `None`: the file
/// system has no locks, or somebody else holds this one for long.
#[cfg(unix)]
pub(super) fn turn(folder: &Path) -> Option<rustix::fd::OwnedFd> {
    use std::{
        thread,
        time::{Duration, Instant},
    };

    use rustix::{
        fs::{FlockOperation, Mode, OFlags, flock, open},
        io::Errno,
    };

    const PATIENCE: Duration = Duration::from_secs(2);
    const AGAIN: Duration = Duration::from_millis(1);
    // The system waits for a lock without a bound, or not at all.
    let folder = open(folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let until = Instant::now() + PATIENCE;
    loop {
        match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Some(folder),
            Err(Errno::WOULDBLOCK) if Instant::now() < until => thread::sleep(AGAIN),
            Err(_) => return None,
        }
    }
}

#[cfg(not(unix))]
pub(super) fn turn(_folder: &Path) {}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::PathBuf,
        sync::atomic::{AtomicUsize, Ordering},
        thread,
        time::{Duration, Instant},
    };

    use super::*;
    use crate::files::file::edit;

    /// How many edits are made in all.
    const ROUNDS: usize = 10_000;
    /// How long what is back in a moment may take.
    const BOUND: Duration = Duration::from_secs(60);

    /// A file in which each writer has a line of its own, with the number of its last edit.
    struct Shared {
        folder: tempfile::TempDir,
        path: PathBuf,
        left: AtomicUsize,
    }

    impl Shared {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("opencode.json");
            fs::write(&path, "a0\nb0\ntheirs0\n").expect("written");
            Self { folder, path, left: AtomicUsize::new(ROUNDS) }
        }

        fn has_more(&self) -> bool {
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
        }

        /// Edits as a Rekindle does until all is done; how often that went well, which it may not where others are faster all
        /// the time. `look`: at what it finds, and how often it went well by then.
        fn rekindle(&self, writer: &str, look: impl Fn(&str, usize)) -> usize {
            let mut done = 0;
            while self.has_more() {
                let edited = edit(&self.path, |text| {
                    look(text, done);
                    Ok(set(text, writer, done + 1))
                });
                done += usize::from(edited.is_ok());
            }
            done
        }

        fn text(&self) -> String {
            fs::read_to_string(&self.path).expect("always there, and whole")
        }

        fn is_alone(&self) -> bool {
            fs::read_dir(self.folder.path()).expect("listed").count() == 1
        }
    }

    fn set(text: &str, writer: &str, number: usize) -> String {
        let line = |line: &str| match line.strip_prefix(writer) {
            Some(_) => format!("{writer}{number}\n"),
            None => format!("{line}\n"),
        };
        text.lines().map(line).collect()
    }

    fn number(text: &str, writer: &str) -> usize {
        let line = text.lines().find_map(|line| line.strip_prefix(writer)).expect("its line");
        line.parse().expect("a number")
    }

    /// B9: two Rekindles write to one file as fast as they can, and no edit of either is lost.
    #[test]
    fn of_two_rekindles_no_edit_is_lost() {
        let shared = Shared::new();
        let rekindle =
            |writer| shared.rekindle(writer, |text, done| assert_eq!(number(text, writer), done, "{text:?}"));
        let (a, b) = thread::scope(|scope| {
            let (a, b) = (scope.spawn(|| rekindle("a")), scope.spawn(|| rekindle("b")));
            (a.join().expect("a"), b.join().expect("b"))
        });
        assert_eq!((number(&shared.text(), "a"), number(&shared.text(), "b")), (a, b));
        assert!(a + b > ROUNDS / 2 && shared.is_alone(), "{a} and {b}");
    }

    /// B9: an editor that knows nothing of them writes to the same file, and none of its edits is lost: each is there until the
    /// next one, but for the moment in which two files change back.
    #[test]
    fn no_edit_of_an_editor_is_lost() {
        let shared = Shared::new();
        let editor = || {
            let mut done = 0;
            while shared.has_more() {
                let until = Instant::now() + BOUND;
                let mut text = shared.text();
                while number(&text, "theirs") != done {
                    assert!(Instant::now() < until, "edit {done} is lost: {text:?}");
                    text = shared.text();
                }
                done += 1;
                let staged = NamedTempFile::new_in(shared.folder.path()).expect("a file");
                fs::write(staged.path(), set(&text, "theirs", done)).expect("written");
                staged.persist(&shared.path).expect("renamed");
            }
            done
        };
        let theirs = thread::scope(|scope| {
            let (a, b) =
                (scope.spawn(|| shared.rekindle("a", |_, _| {})), scope.spawn(|| shared.rekindle("b", |_, _| {})));
            let theirs = scope.spawn(editor).join().expect("the editor");
            assert!(a.join().expect("a") + b.join().expect("b") > 0);
            theirs
        });
        assert_eq!(number(&shared.text(), "theirs"), theirs);
        assert!(theirs > 0 && shared.is_alone());
    }

    /// B9: what somebody writes between the comparison and the rename stays, and is what the next edit begins with; also if they
    /// write again while it goes back.
    #[test]
    fn what_comes_in_between_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.json");
        let staged = |text: &str| {
            let staged = tempfile::NamedTempFile::new_in(folder.path()).expect("a file");
            fs::write(staged.path(), text).expect("written");
            staged
        };
        fs::write(&path, "theirs").expect("written");
        assert!(!place(staged("ours"), &path, b"before", b"ours").expect("no error"));
        assert_eq!(fs::read_to_string(&path).expect("read"), "theirs");
        assert!(place(staged("ours"), &path, b"theirs", b"ours").expect("no error"));
        assert_eq!(fs::read_to_string(&path).expect("read"), "ours");
        assert!(!away(&path, b"theirs").expect("no error"));
        assert!(away(&path, b"ours").expect("no error"));
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0);
    }
}
