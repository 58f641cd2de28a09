//! Reading and writing one file safely.
//!
//! Invariants: a reader sees the old text or the new one, never a mix; the mode, the owner and a symlink
//! stay; if the file changed since it was read, the edit is made again on the new text; on any error the
//! file is as it was.

mod links;
mod owner;
mod write;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rekindle_domain::{ConfigNotice, ErrorCode, Problem, UserError, WriteFault};
use rekindle_opencode::config::edit::EditError;

pub(crate) use self::{
    links::end_of_links,
    owner::{adopt_folder, keep_owner, make_private, our_user},
    write::{behind, exchange, finish_exchange, private_in, refuse_shared, rename_new, sync_folder},
};
pub use self::{
    owner::{adopt, create_dirs, create_private_dir, mode},
    write::{Content, put, replace, write_private, write_private_bytes},
};
use crate::{
    error::{cause, problem_error, shown},
    files::foreign::{self, LARGEST, ReadError},
};

impl From<ReadError> for UserError {
    fn from(error: ReadError) -> Self {
        let (path, is_too_large) = (shown(error.path()), error.is_bound_of_ours());
        let why = match error {
            ReadError::Refused { cause, .. } => cause.to_string().into(),
            other => other.why(),
        };
        let code = if is_too_large { ErrorCode::TooLarge } else { ErrorCode::CannotRead };
        let what = ConfigNotice::FileNotRead { path: path.clone(), why: Box::new(why), is_too_large };
        UserError::new(code, what).about(path)
    }
}

/// The system refused to write a file. It is as it was, as with all errors of this module.
pub(crate) fn not_written(path: &Path) -> impl Fn(io::Error) -> UserError {
    let path = shown(path);
    move |error| {
        let fault = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                WriteFault::DiskFull
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => WriteFault::Forbidden,
            _ => WriteFault::Other,
        };
        let what = ConfigNotice::FileNotWritten { path: path.clone(), why: cause(&error), fault };
        UserError::new(ErrorCode::CannotWrite, what).about(path.clone())
    }
}

/// Another program keeps writing to it.
pub(crate) fn contended(path: &Path) -> UserError {
    UserError::new(ErrorCode::Contended, ConfigNotice::FileContended { path: shown(path) }).about(shown(path))
}

/// It is a link that leads to nothing, so that writing would make something at a place that nobody looked at.
fn dangling(path: &Path, target: &Path) -> UserError {
    let what = ConfigNotice::FileLinkDangling { path: shown(path), target: shown(target) };
    UserError::new(ErrorCode::DanglingLink, what).about(shown(path))
}

/// The edit of a text is not possible.
fn not_edited(path: &Path, text: &str, error: EditError) -> UserError {
    let (code, what, offset) = match error {
        EditError::Text(error) => {
            let what = ConfigNotice::NotEdited { why: Box::new(error.what.into()) };
            (ErrorCode::NotJson, what, error.offset)
        }
        EditError::NotAList { key, offset } => (ErrorCode::NotAList, ConfigNotice::NotAList { key }, offset),
        EditError::NotAnObject { key, offset } => {
            (ErrorCode::NotAnObject, ConfigNotice::KeyNotAnObject { key }, offset)
        }
        EditError::NoSuchEntry { entry, .. } => {
            let what = ConfigNotice::NotDeclared { entry, path: shown(path) };
            return UserError::new(ErrorCode::NotFound, what).about(shown(path));
        }
    };
    UserError { code, ..problem_error(&Problem::new(&shown(path), what).at(text, offset)) }
}

/// What an edit did: the texts before and after. `None`: the file was not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The file.
    pub path: PathBuf,
    /// Its text before.
    pub before: Option<String>,
    /// Its text now.
    pub after: Option<String>,
}

/// The text of a file; `None` when it is not there.
pub fn read(path: &Path) -> Result<Option<String>, UserError> {
    let text = |bytes| {
        String::from_utf8(bytes).map_err(|_| {
            UserError::new(ErrorCode::NotText, ConfigNotice::FileNotText { path: shown(path) }).about(shown(path))
        })
    };
    bytes(path)?.map(text).transpose()
}

/// The same as the engine reads it: what is not UTF-8 is replaced. For looking, never for writing.
pub fn read_lossy(path: &Path) -> Result<Option<String>, UserError> {
    Ok(bytes(path)?.map(foreign::lossy))
}

/// The bytes of a file; `None` when it is not there.
pub fn bytes(path: &Path) -> Result<Option<Vec<u8>>, UserError> {
    Ok(foreign::bytes(path, LARGEST)?)
}

/// Opens a file that is one: no link, and nothing that would be waited for.
#[cfg(unix)]
pub(crate) fn open_plain(path: &Path) -> io::Result<fs::File> {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(fs::File::from(open(path, flags, Mode::empty())?))
}

#[cfg(not(unix))]
pub(crate) fn open_plain(path: &Path) -> io::Result<fs::File> {
    foreign::open_with(path, fs::OpenOptions::new().read(true))
}

/// How often an edit is made again when another program writes to the file in between.
pub(crate) const TRIES: usize = 8;

/// Changes a file's text by a pure edit. If another program writes to it in between, the edit is
/// made again on the new text.
pub fn edit(path: &Path, change: impl Fn(&str) -> Result<String, EditError>) -> Result<Edited, UserError> {
    for _ in 0..TRIES {
        let edited = compute(path, &change)?;
        if edited.before == edited.after || replace(path, edited.before.as_deref(), edited.after.as_deref())? {
            return Ok(edited);
        }
    }
    Err(contended(path))
}

/// What an edit would do; one that leaves nothing removes the file. Nothing is written; a file that could not be is an
/// error already now.
pub fn compute(path: &Path, change: impl Fn(&str) -> Result<String, EditError>) -> Result<Edited, UserError> {
    refuse_shared(path, &behind(path)?)?;
    let before = read(path)?;
    let text = before.clone().unwrap_or_default();
    let after = change(&text).map_err(|error| not_edited(path, &text, error))?;
    // A link would lead nowhere.
    let after = Some(after).filter(|text| !text.is_empty() || path.is_symlink());
    Ok(Edited { path: path.to_owned(), before, after })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn add(text: &str) -> Result<String, EditError> {
        rekindle_opencode::config::edit::append(text, "plugin", &serde_json::json!("new"))
    }

    /// B9: a concurrent edit by another program is never lost.
    #[test]
    fn an_edit_is_made_again_when_the_file_changed_meanwhile() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("opencode.json");
        fs::write(&path, "{\"plugin\": [\"a\"]}").expect("written");
        let first = Cell::new(true);
        edit(&path, |text| {
            if first.replace(false) {
                fs::write(&path, "{\"plugin\": [\"a\", \"theirs\"]}").expect("written");
            }
            add(text)
        })
        .expect("edited");
        assert_eq!(fs::read_to_string(&path).expect("read"), "{\"plugin\": [\"a\", \"theirs\", \"new\"]}");
    }

    /// B9: a file that does not parse is never overwritten.
    #[test]
    fn a_broken_file_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("opencode.json");
        fs::write(&path, "{\"plugin\": [").expect("written");
        assert_eq!(edit(&path, add).expect_err("broken").code, ErrorCode::NotJson);
        assert_eq!(fs::read_to_string(&path).expect("read"), "{\"plugin\": [");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1, "nothing is left behind");
    }

    #[cfg(unix)]
    #[test]
    fn mode_and_symlink_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let (real, link) = (folder.path().join("real 😀.json"), folder.path().join("opencode.json"));
        fs::write(&real, "{}").expect("written");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("mode set");
        symlink(&real, &link).expect("linked");
        edit(&link, add).expect("edited");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(fs::metadata(&real).expect("there").permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_to_string(&real).expect("read"), "{\"plugin\": [\"new\"]}");
    }

    #[test]
    fn a_file_that_is_no_text_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("opencode.json");
        fs::write(&path, [0xff, 0xfe]).expect("written");
        assert_eq!(edit(&path, add).expect_err("no text").code, ErrorCode::NotText);
        fs::File::create(&path).and_then(|file| file.set_len(1 << 30)).expect("a sparse file");
        assert_eq!(read(&path).expect_err("too large").code, ErrorCode::TooLarge);
        assert_eq!(read(&folder.path().join("none")).expect("no error"), None);
        assert_eq!(read(folder.path()).expect_err("a folder").code, ErrorCode::CannotRead);
    }
}
