//! What Rekindle keeps between its runs, as something that can be there and not be readable.
//!
//! Invariant: only what is not there is nothing; what cannot be read is an error.

pub mod history;
pub mod journal;
pub(crate) mod lines;
pub(crate) mod lock;
pub mod memory;
pub mod record;
pub mod settings;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rekindle_domain::{ErrorCode, StateNotice, UserError};

use crate::{
    error::{cause, shown},
    files::{file::end_of_links, foreign, locate::Places},
};

/// Something that Rekindle keeps is there, or may be, and cannot be read. `leads_to`: if it is a link that leads to no
/// folder.
fn unreadable(path: &Path, leads_to: Option<PathBuf>, error: &io::Error) -> UserError {
    let (path, why) = (shown(path), error.to_string());
    let notice = match (leads_to, error.kind()) {
        (Some(target), _) => StateNotice::KeptLinkBroken { path: path.clone(), target: shown(&target) },
        (None, io::ErrorKind::NotADirectory) => StateNotice::KeptNotAFolder { path: path.clone(), why },
        (None, io::ErrorKind::PermissionDenied) => StateNotice::KeptForbidden { path: path.clone(), why },
        (None, _) => StateNotice::KeptUnreadable { path: path.clone(), why: cause(error) },
    };
    UserError::new(ErrorCode::UnreadableState, notice).about(path)
}

/// The error for a state folder in which something cannot be opened or written. `code`: what cannot be done without it.
pub(crate) fn unusable(places: &Places, code: ErrorCode) -> impl Fn(io::Error) -> UserError + use<> {
    let path = shown(&places.state);
    move |error| UserError::new(code, StateNotice::StateUnusable { path: path.clone(), why: cause(&error) })
}

/// True when a folder is there, and its entries can be listed and opened.
pub(crate) fn folder(path: &Path) -> Result<bool, UserError> {
    // To list it takes one right, to open what is in it another one.
    is_there(path, fs::read_dir(path).and_then(|_| fs::metadata(path.join("."))).map(drop))
}

/// True when a file is there, and can be read.
pub(crate) fn file(path: &Path) -> Result<bool, UserError> {
    is_there(path, foreign::open_with(path, fs::OpenOptions::new().read(true)).map(drop))
}

fn is_there(path: &Path, opened: io::Result<()>) -> Result<bool, UserError> {
    let Err(error) = opened else { return Ok(true) };
    match (error.kind(), in_the_way(path)) {
        (io::ErrorKind::NotFound | io::ErrorKind::NotADirectory, Some(way)) if way.is_symlink() => {
            Err(unreadable(way, Some(end_of_links(way)), &error))
        }
        (io::ErrorKind::NotADirectory, Some(way)) => Err(unreadable(way, None, &error)),
        (io::ErrorKind::NotFound, _) => Ok(false),
        _ => Err(unreadable(path, None, &error)),
    }
}

/// What is at a path or on the way to it, and leads no further.
fn in_the_way(path: &Path) -> Option<&Path> {
    let there = path.ancestors().find(|path| path.symlink_metadata().is_ok())?;
    (!there.is_dir()).then_some(there)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use rekindle_domain::Notice;

    use super::*;

    /// N16: what is in the place of a folder or a file of ours is told, and which it is; only where nothing is, nothing
    /// is kept.
    #[test]
    fn what_leads_nowhere_is_not_taken_for_nothing() {
        let root = tempfile::tempdir().expect("a folder");
        let at = |path: &str| root.path().join(path);
        fs::create_dir_all(at("there/deep")).expect("made");
        fs::write(at("there/file"), "x").expect("written");
        for (link, target) in [("dangling", "none"), ("link", "there"), ("loop", "loop"), ("file link", "there/file")] {
            symlink(target, at(link)).expect("linked");
        }
        type Told<'a> = Result<bool, &'a str>;
        let check = |path: &str, told: Result<bool, UserError>, expected: Told<'_>| {
            let told = told.map_err(|error| error.path.expect("a path"));
            assert_eq!(told, expected.map_err(|path| shown(&at(path))), "{path}");
        };
        let folders: [(&str, Told<'_>); 10] = [
            ("there", Ok(true)),
            ("link/deep", Ok(true)),
            ("none", Ok(false)),
            ("there/none/deeper", Ok(false)),
            ("there/file", Err("there/file")),
            ("there/file/deep", Err("there/file")),
            ("file link/deep", Err("file link")),
            ("dangling", Err("dangling")),
            ("dangling/deep/er", Err("dangling")),
            ("loop", Err("loop")),
        ];
        for (path, expected) in folders {
            check(path, folder(&at(path)), expected);
        }
        let files: [(&str, Told<'_>); 7] = [
            ("there/file", Ok(true)),
            ("file link", Ok(true)),
            ("there/none", Ok(false)),
            ("none/none", Ok(false)),
            ("there/deep", Err("there/deep")),
            ("dangling", Err("dangling")),
            ("there/file/file", Err("there/file")),
        ];
        for (path, expected) in files {
            check(path, file(&at(path)), expected);
        }
    }

    /// N16: what is in the place of a file of ours is told as what it is, whoever needs the file.
    #[test]
    fn why_a_file_of_ours_is_not_opened_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut places = Places::of(folder.path()).expect("places");
        places.state = folder.path().join("state");
        fs::create_dir_all(&places.state).expect("made");
        for name in ["owner.lock", "reload.lock", "host.log"] {
            fs::write(places.state.join(name), "").expect("written");
            fs::hard_link(places.state.join(name), folder.path().join(name)).expect("linked");
        }
        fs::create_dir(places.state.join("history.jsonl")).expect("made");
        let records = record::Records(&places);
        let told = [
            records.own().map(drop),
            records.reloading().map(drop),
            records.begin_log().map(drop),
            history::History::of(&places).check(),
        ];
        for told in told {
            let (StateNotice::StateUnusable { why, .. } | StateNotice::KeptUnreadable { why, .. }) =
                (match told.expect_err("in the way").what {
                    Notice::State(notice) => notice,
                    other => panic!("{other:?}"),
                })
            else {
                panic!("another reason")
            };
            assert!(matches!(*why, Notice::File(_)), "{why:?}");
        }
    }
}
