//! Whose a file is, and who may do what with it.
//!
//! Invariants: a new file has the mode that `open(2)` gives it under the umask, or is private; nothing that
//! is written becomes another user's; run by root in somebody's folder, what is made there is theirs.

use std::{
    fs::{self, File, Metadata},
    io,
    path::{Path, PathBuf},
};

use rekindle_domain::chain;

use super::{dangling, links::end_of_links};
use crate::error::ours;

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

/// Gives a file a mode. What would lend a program its owner's rights is not passed on to another content.
#[cfg(unix)]
pub(super) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(mode & 0o777))
}

#[cfg(not(unix))]
pub(super) fn set_mode(_file: &File, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// Gives a file the owner and the group of another one.
#[cfg(unix)]
pub(crate) fn keep_owner(file: &File, of: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let now = file.metadata()?;
    let wanted = |now: u32, of: u32| (now != of).then_some(of);
    match (wanted(now.uid(), of.uid()), wanted(now.gid(), of.gid())) {
        (None, None) => Ok(()),
        (uid, gid) => fchown(file, uid, gid),
    }
}

#[cfg(not(unix))]
pub(crate) fn keep_owner(_file: &File, _of: &Metadata) -> io::Result<()> {
    Ok(())
}

/// The user that we are; `None` where users have no numbers.
#[cfg(unix)]
pub(crate) fn our_user() -> Option<u32> {
    Some(rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
pub(crate) fn our_user() -> Option<u32> {
    None
}

/// Run by root, gives a file that was just made to whom its folder belongs, who would be locked out of it
/// else. `path`: where it is, or will be.
pub fn adopt(file: &File, path: &Path) {
    if our_user() != Some(0) {
        return;
    }
    let adopted = fs::metadata(path.parent().unwrap_or(Path::new("/"))).and_then(|folder| give(file, &folder));
    if let Err(error) = adopted {
        // In a container, say, in which that user is not known. Then it is nobody's but ours.
        tracing::debug!(error = chain(&error), path = %path.display(), "a new file stays root's");
    }
}

#[cfg(unix)]
fn give(file: &File, folder: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let metadata = file.metadata()?;
    // A file that has a second name, or that somebody else has, is none that was just made.
    let is_new = metadata.is_file() && metadata.uid() == 0 && metadata.nlink() == 1;
    if !is_new || folder.uid() == 0 {
        return Ok(());
    }
    fchown(file, Some(folder.uid()), Some(folder.gid()))
}

#[cfg(not(unix))]
fn give(_file: &File, _folder: &Metadata) -> io::Result<()> {
    Ok(())
}

/// A folder that only its owner can look into, and the folders above it.
pub fn create_private_dir(folder: &Path) -> io::Result<()> {
    create(folder, Some(0o700)).map(drop)
}

/// A folder and the folders above it, as the umask wants them; those that were not there, the outermost first.
pub fn create_dirs(folder: &Path) -> io::Result<Vec<PathBuf>> {
    create(folder, None)
}

fn create(folder: &Path, mode: Option<u32>) -> io::Result<Vec<PathBuf>> {
    let missing: Vec<_> =
        folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
    let mut made = Vec::new();
    for path in missing.into_iter().rev() {
        match builder(mode).create(path) {
            Ok(()) => {
                made.push(path.to_owned());
                if mode.is_some() {
                    make_private(path)?;
                }
                adopt_folder(path);
            }
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
            Err(error) => {
                let target = end_of_links(path);
                let error = if path.is_symlink() { ours(error.kind(), dangling(path, &target).what) } else { error };
                // Best effort: what is left is empty.
                made.iter().rev().for_each(|path| fs::remove_dir(path).unwrap_or_default());
                return Err(error);
            }
        }
    }
    Ok(made)
}

#[cfg(unix)]
fn builder(mode: Option<u32>) -> fs::DirBuilder {
    let mut builder = fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode.unwrap_or(0o777));
    builder
}

#[cfg(not(unix))]
fn builder(_mode: Option<u32>) -> fs::DirBuilder {
    fs::DirBuilder::new()
}

/// Makes a folder that was just made one that only its owner can look into, whatever the umask left of its mode.
#[cfg(unix)]
pub(crate) fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = folder.symlink_metadata()?;
    match metadata.is_dir() && metadata.permissions().mode() & 0o777 != 0o700 {
        true => fs::set_permissions(folder, fs::Permissions::from_mode(0o700)),
        false => Ok(()),
    }
}

#[cfg(not(unix))]
pub(crate) fn make_private(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// The same as [`adopt`] for a folder that was just made. What somebody puts in its place meanwhile is not given away:
/// neither what a link leads to nor a folder of root's that holds something.
#[cfg(unix)]
pub(crate) fn adopt_folder(path: &Path) {
    use std::os::unix::fs::MetadataExt;
    let Some(Ok(above)) = path.parent().map(fs::metadata) else { return };
    if our_user() != Some(0) || above.uid() == 0 {
        return;
    }
    if let Err(error) = give_folder(path, &above) {
        tracing::debug!(error = chain(&error), path = %path.display(), "a new folder stays root's");
    }
}

#[cfg(unix)]
fn give_folder(path: &Path, above: &Metadata) -> io::Result<()> {
    use rustix::fs::{Dir, Mode, OFlags, fstat, open};
    use std::os::unix::fs::{MetadataExt, fchown};
    let folder = open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    let mut entries = Dir::read_from(&folder)?.filter_map(Result::ok);
    let is_new =
        fstat(&folder)?.st_uid == 0 && entries.all(|entry| matches!(entry.file_name().to_bytes(), b"." | b".."));
    if !is_new {
        return Ok(());
    }
    fchown(folder, Some(above.uid()), Some(above.gid()))
}

#[cfg(not(unix))]
pub(crate) fn adopt_folder(_path: &Path) {}
