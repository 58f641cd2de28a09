//! Reading and writing one file safely.
//!
//! Invariants: a reader sees the old text or the new one, never a mix; the mode and a symlink stay;
//! if the file changed since it was read, the edit is made again on the new text; on any error the
//! file is as it was.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::edit::EditError;
use crate::foreign::{self, LARGEST, ReadError};

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
    #[error("{path} is not a text in UTF-8")]
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
    /// Another program keeps writing to it.
    #[error("{path} is being changed by another program")]
    Contended {
        /// The file.
        path: PathBuf,
    },
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

/// Changes a file's text by a pure edit. If another program writes to it in between, the edit is
/// made again on the new text.
pub fn edit(path: &Path, change: impl Fn(&str) -> Result<String, EditError>) -> Result<Edited, FileError> {
    const TRIES: usize = 8;
    for _ in 0..TRIES {
        let before = read(path)?;
        let text = before.clone().unwrap_or_default();
        let after =
            change(&text).map_err(|cause| FileError::Edit { path: path.to_owned(), text: text.clone(), cause })?;
        if before.as_deref() == Some(after.as_str()) || replace(path, before.as_deref(), Some(&after))? {
            return Ok(Edited { path: path.to_owned(), before, after: Some(after) });
        }
    }
    Err(FileError::Contended { path: path.to_owned() })
}

/// What a file is to hold.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Its mode where there are modes; `None`: that of the file that is there, or of a new one.
    pub mode: Option<u32>,
}

/// Puts a text in place of another: true when it did, false when the file no longer holds
/// `expected`. `None` stands for "not there".
pub fn replace(path: &Path, expected: Option<&str>, text: Option<&str>) -> Result<bool, FileError> {
    let content = text.map(|text| Content { bytes: text.as_bytes(), mode: None });
    put(path, expected.map(str::as_bytes), content)
}

/// The same for bytes.
pub fn put(path: &Path, expected: Option<&[u8]>, content: Option<Content<'_>>) -> Result<bool, FileError> {
    let failed = |cause| FileError::Write { path: path.to_owned(), cause };
    let target = behind(path);
    let Some(content) = content else {
        if bytes(path)?.as_deref() != expected {
            return Ok(false);
        }
        fs::remove_file(target).map_err(failed)?;
        return Ok(true);
    };
    let folder = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let mut staged = tempfile::Builder::new().prefix(".rekindle-").tempfile_in(folder).map_err(failed)?;
    staged.write_all(content.bytes).map_err(failed)?;
    set_mode(staged.as_file(), content.mode.or_else(|| mode(&target))).map_err(failed)?;
    staged.as_file().sync_all().map_err(failed)?;
    if bytes(path)?.as_deref() != expected {
        return Ok(false);
    }
    staged.persist(&target).map_err(|error| failed(error.error))?;
    sync_folder(folder);
    Ok(true)
}

/// The file behind a symlink, which is the one to replace so that the link stays; also when the link
/// leads to no file at this moment.
fn behind(path: &Path) -> PathBuf {
    let named = || Some(path.parent()?.join(fs::read_link(path).ok()?));
    fs::canonicalize(path).ok().or_else(named).unwrap_or_else(|| path.to_owned())
}

/// Writes a file of our own (state, not configuration) atomically, readable by its owner only.
pub fn write_private(path: &Path, text: &str) -> Result<(), FileError> {
    write_private_bytes(path, text.as_bytes())
}

/// The same for bytes.
pub fn write_private_bytes(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let failed = |cause| FileError::Write { path: path.to_owned(), cause };
    let folder = path.parent().unwrap_or(Path::new("."));
    create_private_dir(folder).map_err(failed)?;
    // A temporary file has mode 0600.
    let mut staged = tempfile::Builder::new().prefix(".tmp-").tempfile_in(folder).map_err(failed)?;
    staged.write_all(bytes).map_err(failed)?;
    staged.as_file().sync_all().map_err(failed)?;
    staged.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// A folder that only its owner can look into.
pub fn create_private_dir(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The permissions of a file, as `chmod` takes them; `None`: it is not there, or there are no modes.
#[cfg(unix)]
pub fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).ok().map(|metadata| metadata.permissions().mode() & 0o7777)
}

/// The permissions of a file, as `chmod` takes them; `None`: it is not there, or there are no modes.
#[cfg(not(unix))]
pub fn mode(_path: &Path) -> Option<u32> {
    None
}

/// Gives a file a mode, or the one that a new file gets from any editor, in place of a temporary
/// file's 0600.
#[cfg(unix)]
fn set_mode(file: &fs::File, mode: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(mode.unwrap_or(0o644)))
}

#[cfg(not(unix))]
fn set_mode(_file: &fs::File, _mode: Option<u32>) -> io::Result<()> {
    Ok(())
}

/// Makes the rename last through a power cut. Not every system can; then the rename is still atomic.
fn sync_folder(folder: &Path) {
    #[expect(clippy::disallowed_methods, reason = "a folder, whose entries a rename has just changed")]
    let opened = fs::File::open(folder);
    if let Ok(folder) = opened
        && let Err(error) = folder.sync_all()
    {
        tracing::debug!(%error, "a folder could not be synced");
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn add(text: &str) -> Result<String, EditError> {
        super::super::edit::append(text, "plugin", &serde_json::json!("new"))
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
