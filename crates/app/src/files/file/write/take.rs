//! Taking the place of a file that holds what is expected, and of no other.
//!
//! Invariants: between a comparison and a rename another program may write, and its content must not be lost. So the two
//! files change places at once, and what came out is compared: if it is not what was expected, they change back. Of two
//! Rekindles one does so at a time. What an editor writes over the new content afterwards is the editor's own affair: it has
//! to look first, as this does.

use std::{fs, io, path::Path};

use tempfile::NamedTempFile;

use super::{bytes, exchange_at_once, rename_new};

/// How often files change places, while another program writes in between each time.
const TRIES: usize = 16;

/// Puts a staged file that holds `ours` in the place of one that holds `expected`; false when another program was faster,
/// whose content is there then.
pub(super) fn place(staged: NamedTempFile, target: &Path, expected: &[u8], ours: &[u8]) -> io::Result<bool> {
    if !exchange_at_once(staged.path(), target)? {
        return staged.persist(target).map(|_| true).map_err(|error| error.error);
    }
    let (mut out, mut within) = (held(&staged), ours.to_vec());
    if out == expected {
        return Ok(true);
    }
    // Somebody else's came out. It goes back, unless what comes out then is of somebody who wrote even later.
    for _ in 0..TRIES {
        exchange_at_once(staged.path(), target)?;
        let later = held(&staged);
        if later == within {
            return Ok(false);
        }
        (within, out) = (out, later);
    }
    tracing::warn!(target = %target.display(), bytes = out.len(), "written to faster than it can be compared");
    Ok(false)
}

/// Takes away a file that holds `expected`; false when it holds something else, which stays.
pub(super) fn away(target: &Path, expected: &[u8]) -> io::Result<bool> {
    let held = |path: &Path| bytes(path).ok().flatten();
    if held(target).as_deref() != Some(expected) {
        return Ok(false);
    }
    let aside = tempfile::Builder::new().prefix(".rekindle-").tempdir_in(target.parent().unwrap_or(Path::new(".")))?;
    let moved = aside.path().join("removed");
    fs::rename(target, &moved)?;
    if held(&moved).as_deref() == Some(expected) {
        return Ok(true);
    }
    // Where there is another one by now, that is the later one.
    match rename_new(&moved, target) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(false),
    }
}

/// What is in the staged place.
fn held(staged: &NamedTempFile) -> Vec<u8> {
    bytes(staged.path()).ok().flatten().unwrap_or_default()
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
