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
    write::{behind, private_in, refuse_shared, rename_new, sync_folder},
};
pub use self::{
    owner::{adopt, create_dirs, create_private_dir, mode},
    write::{Content, put, replace, write_private, write_private_bytes},
};
use crate::{
    error::{Tell, cause, problem_error},
    files::foreign::{self, LARGEST, ReadError},
};

/// Why a file could not be read or written. It is as it was.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The system refused to write it.
    #[error("could not write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// It is not UTF-8.
    #[error("{path} is not UTF-8 text")]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// The edit is not possible.
    #[error("could not change {path}")]
    Edit {
        /// The file.
        path: PathBuf,
        /// Its text, for showing where.
        text: String,
        /// Why not.
        #[source]
        cause: EditError,
    },
    /// It is a link that leads to nothing, so that writing would make something at a place that nobody looked
    /// at.
    #[error("{path} is a link to {target}, which is not there")]
    Dangling {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// It has another name, from which putting a new file in its place would part it. Written in place, somebody could
    /// read half of it, and a crash could leave half of it.
    #[error("{path} is the same file as another one (a hard link), and the two would be parted")]
    Shared {
        /// The file.
        path: PathBuf,
    },
    /// It could not stay its owner's: writing would make it ours.
    #[error("{path} belongs to another user or group, and would not any more")]
    Owner {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// Another program keeps writing to it.
    #[error("{path} is being changed by another program")]
    Contended {
        /// The file.
        path: PathBuf,
    },
}

impl FileError {
    /// What a person should know of it.
    fn notice(&self) -> ConfigNotice {
        let shown = |path: &Path| path.display().to_string();
        match self {
            Self::Read(error) => {
                let why = match error {
                    ReadError::Refused { cause, .. } => cause.to_string().into(),
                    other => other.why(),
                };
                let is_too_large = error.is_bound_of_ours();
                ConfigNotice::FileNotRead { path: shown(error.path()), why: Box::new(why), is_too_large }
            }
            Self::Write { path, cause: why } => {
                let fault = match why.kind() {
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                        WriteFault::DiskFull
                    }
                    io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => WriteFault::Forbidden,
                    _ => WriteFault::Other,
                };
                ConfigNotice::FileNotWritten { path: shown(path), why: cause(why), fault }
            }
            Self::NotText { path } => ConfigNotice::FileNotText { path: shown(path) },
            Self::Contended { path } => ConfigNotice::FileContended { path: shown(path) },
            Self::Dangling { path, target } => {
                ConfigNotice::FileLinkDangling { path: shown(path), target: shown(target) }
            }
            Self::Shared { path } => ConfigNotice::FileShared { path: shown(path) },
            Self::Owner { path, cause } => ConfigNotice::FileOfOther { path: shown(path), why: cause.to_string() },
            Self::Edit { cause: EditError::Text(error), .. } => {
                ConfigNotice::NotEdited { why: Box::new(error.what.clone().into()) }
            }
            Self::Edit { cause: EditError::NotAList { key, .. }, .. } => ConfigNotice::NotAList { key: key.clone() },
            Self::Edit { path, cause: EditError::NoSuchEntry { entry, .. }, .. } => {
                ConfigNotice::NotDeclared { entry: entry.clone(), path: shown(path) }
            }
        }
    }
}

impl Tell for FileError {
    fn tell(&self) -> UserError {
        let (code, path): (_, &Path) = match self {
            Self::Read(error) if error.is_bound_of_ours() => (ErrorCode::TooLarge, error.path()),
            Self::Read(error) => (ErrorCode::CannotRead, error.path()),
            Self::Write { path, .. } => (ErrorCode::CannotWrite, path),
            Self::NotText { path } => (ErrorCode::NotText, path),
            Self::Contended { path } => (ErrorCode::Contended, path),
            Self::Dangling { path, .. } => (ErrorCode::DanglingLink, path),
            Self::Shared { path } => (ErrorCode::HardLink, path),
            Self::Owner { path, .. } => (ErrorCode::NotYours, path),
            Self::Edit { path, text, cause } => {
                let (code, offset) = match cause {
                    EditError::Text(error) => (ErrorCode::NotJson, error.offset),
                    EditError::NotAList { offset, .. } => (ErrorCode::NotAList, *offset),
                    EditError::NoSuchEntry { .. } => return about(ErrorCode::NotFound, self.notice(), path),
                };
                let problem = Problem::new(&path.display().to_string(), self.notice()).at(text, offset);
                return UserError { code, ..problem_error(&problem) };
            }
        };
        about(code, self.notice(), path)
    }
}

fn about(code: ErrorCode, what: ConfigNotice, path: &Path) -> UserError {
    UserError { path: Some(path.display().to_string()), ..UserError::new(code, what) }
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
pub fn read(path: &Path) -> Result<Option<String>, FileError> {
    let text = |bytes| String::from_utf8(bytes).map_err(|_| FileError::NotText { path: path.to_owned() });
    bytes(path)?.map(text).transpose()
}

/// The same as the engine reads it: what is not UTF-8 is replaced. For looking, never for writing.
pub fn read_lossy(path: &Path) -> Result<Option<String>, FileError> {
    Ok(bytes(path)?.map(foreign::lossy))
}

/// The bytes of a file; `None` when it is not there.
pub fn bytes(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
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
pub fn edit(path: &Path, change: impl Fn(&str) -> Result<String, EditError>) -> Result<Edited, FileError> {
    for _ in 0..TRIES {
        let edited = compute(path, &change)?;
        if edited.before == edited.after || replace(path, edited.before.as_deref(), edited.after.as_deref())? {
            return Ok(edited);
        }
    }
    Err(FileError::Contended { path: path.to_owned() })
}

/// What an edit would do; one that leaves nothing removes the file. Nothing is written; a file that could not be is an
/// error already now.
pub fn compute(path: &Path, change: impl Fn(&str) -> Result<String, EditError>) -> Result<Edited, FileError> {
    refuse_shared(path, &behind(path)?)?;
    let before = read(path)?;
    let text = before.clone().unwrap_or_default();
    let after = change(&text).map_err(|cause| FileError::Edit { path: path.to_owned(), text, cause })?;
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
        assert!(matches!(edit(&path, add), Err(FileError::Edit { .. })));
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
        assert!(matches!(edit(&path, add), Err(FileError::NotText { .. })));
        fs::File::create(&path).and_then(|file| file.set_len(1 << 30)).expect("a sparse file");
        assert!(matches!(read(&path), Err(FileError::Read(ReadError::TooLarge { .. }))));
        assert_eq!(read(&folder.path().join("none")).expect("no error"), None);
        assert!(matches!(read(folder.path()), Err(FileError::Read(ReadError::NotAFile { .. }))));
    }
}
