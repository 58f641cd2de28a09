//! Putting a content in the place of another.
//!
//! Invariants: written beside the file, synced, compared with what was expected, and put in its place at once, so that a
//! reader sees the old content or the new one, and what another program writes in that moment stays (`take`); through a
//! link only where it leads to a file; never in the place of one of several names of a file.

mod take;

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use rekindle_domain::{ConfigNotice, ErrorCode, UserError};

use super::{bytes, dangling, links::end_of_links, not_written, owner};
use crate::{error::shown, files::foreign::ReadError};

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
pub fn replace(path: &Path, expected: Option<&str>, text: Option<&str>) -> Result<bool, UserError> {
    let content = text.map(|text| Content { bytes: text.as_bytes(), mode: None });
    put(path, expected.map(str::as_bytes), content)
}

/// The same for bytes.
pub fn put(path: &Path, expected: Option<&[u8]>, content: Option<Content<'_>>) -> Result<bool, UserError> {
    let failed = &not_written(path);
    let target = behind(path)?;
    let Some(content) = content else {
        let Some(expected) = expected else { return Ok(bytes(path)?.is_none()) };
        let _turn = take::turn(target.parent().unwrap_or(Path::new(".")));
        if bytes(path)?.as_deref() != Some(expected) {
            return Ok(false);
        }
        return take::away(&target, expected).map_err(failed);
    };
    refuse_shared(path, &target)?;
    let folder = target.parent().unwrap_or(Path::new("."));
    owner::create_dirs(folder).map_err(failed)?;
    let present = fs::metadata(&target).ok();
    let mut staged = stage(folder, content.mode.is_none() && present.is_none()).map_err(failed)?;
    staged.write_all(content.bytes).map_err(failed)?;
    match &present {
        Some(present) => owner::keep_owner(staged.as_file(), present).map_err(|error| not_yours(path, &error))?,
        None => owner::adopt(staged.as_file(), &target),
    }
    if let Some(mode) = content.mode.or_else(|| owner::mode(&target)) {
        owner::set_mode(staged.as_file(), mode).map_err(failed)?;
    }
    staged.as_file().sync_all().map_err(failed)?;
    let _turn = take::turn(folder);
    if bytes(path)?.as_deref() != expected {
        return Ok(false);
    }
    let is_there = match expected {
        Some(expected) => take::place(staged, &target, expected, content.bytes).map_err(failed)?,
        None => match staged.persist_noclobber(&target) {
            Ok(_) => true,
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => false,
            Err(error) => return Err(failed(error.error)),
        },
    };
    sync_folder(folder);
    Ok(is_there)
}

/// A file beside the one that it will take the place of. Only one that nobody's rights are known of begins
/// with those that any editor gives a new file.
#[cfg(unix)]
fn stage(folder: &Path, is_new: bool) -> io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    let mode = if is_new { 0o666 } else { 0o600 };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".rekindle-").permissions(fs::Permissions::from_mode(mode)).tempfile_in(folder)
}

#[cfg(not(unix))]
fn stage(folder: &Path, _is_new: bool) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(".rekindle-").tempfile_in(folder)
}

/// The file behind a link, which is the one to replace so that the link stays.
pub(crate) fn behind(path: &Path) -> Result<PathBuf, UserError> {
    match fs::canonicalize(path) {
        Ok(target) => Ok(target),
        Err(error) if !path.is_symlink() => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(path.to_owned()),
            _ => Err(ReadError::Refused { path: path.to_owned(), cause: error }.into()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(dangling(path, &end_of_links(path))),
        Err(cause) => Err(ReadError::Refused { path: path.to_owned(), cause }.into()),
    }
}

/// A file with several names is not replaced under one of them. `target`: the file behind the path.
#[cfg(unix)]
pub(crate) fn refuse_shared(path: &Path, target: &Path) -> Result<(), UserError> {
    let is_shared = fs::metadata(target).is_ok_and(|file| std::os::unix::fs::MetadataExt::nlink(&file) > 1);
    // Of a folder it counts what is in it, and a folder is refused by whoever reads it.
    if !is_shared || !target.is_file() {
        return Ok(());
    }
    let what = ConfigNotice::FileShared { path: shown(path) };
    Err(UserError::new(ErrorCode::HardLink, what).about(shown(path)))
}

#[cfg(not(unix))]
pub(crate) fn refuse_shared(_path: &Path, _target: &Path) -> Result<(), UserError> {
    Ok(())
}

/// It could not stay its owner's: writing would make it ours.
fn not_yours(path: &Path, error: &io::Error) -> UserError {
    let what = ConfigNotice::FileOfOther { path: shown(path), why: error.to_string() };
    UserError::new(ErrorCode::NotYours, what).about(shown(path))
}

/// Writes a file of our own (state, not configuration) atomically, readable by its owner only.
pub fn write_private(path: &Path, text: &str) -> Result<(), UserError> {
    write_private_bytes(path, text.as_bytes())
}

/// The same for bytes.
pub fn write_private_bytes(path: &Path, bytes: &[u8]) -> Result<(), UserError> {
    let failed = &not_written(path);
    let folder = path.parent().unwrap_or(Path::new("."));
    owner::create_private_dir(folder).map_err(failed)?;
    let mut staged = private_in(folder).map_err(failed)?;
    staged.write_all(bytes).map_err(failed)?;
    owner::adopt(staged.as_file(), path);
    staged.as_file().sync_all().map_err(failed)?;
    staged.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// A new file in a folder that only its owner can read, whatever the umask.
pub(crate) fn private_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let staged = tempfile::Builder::new().prefix(".tmp-").tempfile_in(folder)?;
    owner::set_mode(staged.as_file(), 0o600)?;
    Ok(staged)
}

/// Renames, unless something is there.
pub(crate) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::{
            fs::{CWD, RenameFlags, renameat_with},
            io::Errno,
        };
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // Not every file system can.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            renamed => return Ok(renamed?),
        }
    }
    if to.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(from, to)
}

/// Puts each of two in the place of the other, at once where the system can do that: whoever reads there finds one or the
/// other. Where it cannot, there is nothing at `other` for a moment, and [`finish_exchange`] mends what was cut off.
pub(crate) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    if exchange_at_once(one, other)? { Ok(()) } else { exchange_by_steps(one, other) }
}

/// The same, only where the system can do it at once; false where it cannot.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn exchange_at_once(one: &Path, other: &Path) -> io::Result<bool> {
    use rustix::{
        fs::{CWD, RenameFlags, renameat_with},
        io::Errno,
    };
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(false),
        renamed => Ok(renamed.map(|()| true)?),
    }
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn exchange_at_once(_one: &Path, _other: &Path) -> io::Result<bool> {
    Ok(false)
}

fn exchange_by_steps(one: &Path, other: &Path) -> io::Result<()> {
    let between = between(one);
    rename_new(other, &between)?;
    rename_new(one, other).inspect_err(|_| rename_new(&between, other).unwrap_or_default())?;
    rename_new(&between, one)
}

/// Where a thing is while it changes its place with another one.
fn between(one: &Path) -> PathBuf {
    let mut name = one.file_name().unwrap_or_default().to_owned();
    name.push("-between");
    one.with_file_name(name)
}

/// Mends an exchange that was cut off: both are where they were, or each is in the place of the other.
pub(crate) fn finish_exchange(one: &Path, other: &Path) -> io::Result<()> {
    let between = between(one);
    if between.symlink_metadata().is_err() {
        return Ok(());
    }
    if other.symlink_metadata().is_err() { rename_new(&between, other) } else { rename_new(&between, one) }
}

/// Makes a rename last through a power cut. Not every system can; then the rename is still atomic.
pub(crate) fn sync_folder(folder: &Path) {
    #[expect(clippy::disallowed_methods, reason = "a folder, whose entries a rename has just changed")]
    let opened = File::open(folder);
    if let Ok(folder) = opened
        && let Err(error) = folder.sync_all()
    {
        tracing::debug!(%error, "a folder could not be synced");
    }
}

#[cfg(test)]
mod tests;
