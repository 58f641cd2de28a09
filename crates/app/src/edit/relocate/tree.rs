//! What is in a tree that is to move, and what of it could not be moved as it is.

use std::{
    collections::BTreeMap,
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
};

use rekindle_domain::EditNotice;

use super::{not_copied, refused};
use crate::{error::shown, files::file::our_user};

/// The most files, folders and links that are copied to another file system.
const MOST: usize = 200_000;
/// The deepest that folders may lie in each other.
pub(super) const DEEPEST: usize = 100;

/// What is in a tree, each folder before what is in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// From the top of the tree on.
    pub(super) below: PathBuf,
    pub(super) kind: Kind,
    pub(super) traits: Traits,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File,
    Link(PathBuf),
    /// The same file as an earlier one of the tree.
    Same(PathBuf),
}

impl Kind {
    pub(super) fn is_file(&self) -> bool {
        matches!(self, Self::File | Self::Same(_))
    }
}

/// What a copy has to have as well, and what tells that something was written meanwhile.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Traits {
    pub(super) bytes: u64,
    pub(super) modified: Option<std::time::SystemTime>,
    pub(super) mode: u32,
    pub(super) owner: (u32, u32),
}

#[cfg(unix)]
pub(super) fn traits(metadata: &Metadata) -> Traits {
    use std::os::unix::fs::MetadataExt;
    let bytes = if metadata.is_file() { metadata.len() } else { 0 };
    let owner = (metadata.uid(), metadata.gid());
    Traits { bytes, modified: metadata.modified().ok(), mode: metadata.mode() & 0o7777, owner }
}

#[cfg(not(unix))]
pub(super) fn traits(metadata: &Metadata) -> Traits {
    let bytes = if metadata.is_file() { metadata.len() } else { 0 };
    Traits { bytes, modified: metadata.modified().ok(), mode: 0, owner: (0, 0) }
}

/// What tells a file that has several names.
#[cfg(unix)]
pub(super) fn shared(metadata: &Metadata) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    (metadata.nlink() > 1).then(|| metadata.ino())
}

/// A file all of whose names move stays one; one that has a name elsewhere would become two.
#[cfg(unix)]
pub(super) fn refuse_what_is_shared(parts: &[Part], top: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let mut names: BTreeMap<&Path, u64> = BTreeMap::new();
    for part in parts {
        match &part.kind {
            Kind::File => *names.entry(&part.below).or_default() += 1,
            Kind::Same(first) => *names.entry(first).or_default() += 1,
            Kind::Folder | Kind::Link(_) => {}
        }
    }
    for (below, names) in names {
        let path = at(top, below);
        if path.symlink_metadata()?.nlink() > names {
            return Err(refused(EditNotice::MoveShared { path: shown(&path) }));
        }
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn refuse_what_is_shared(_parts: &[Part], _top: &Path) -> io::Result<()> {
    Ok(())
}

/// A person's own files are theirs to lend. For root, what lends rights has to be heeded on both file systems: one that
/// came on a disk of somebody's would get where it works, or would not come back.
pub(super) fn refuse_what_lends(parts: &[Part], from: &Path, to: &Path) -> io::Result<()> {
    let lends = |part: &&Part| part.kind.is_file() && part.traits.mode & 0o6000 != 0;
    let is_own = |part: &Part| our_user().is_some_and(|user| user != 0 && user == part.traits.owner.0);
    let Some(part) = parts.iter().filter(lends).find(|part| !is_own(part)) else { return Ok(()) };
    for place in [from, to] {
        if !heeds_lent_rights(place.parent().unwrap_or(place))? {
            return Err(refused(EditNotice::MoveSetUid { path: shown(&at(from, &part.below)) }));
        }
    }
    Ok(())
}

#[cfg(unix)]
pub(super) fn heeds_lent_rights(folder: &Path) -> io::Result<bool> {
    use rustix::fs::{StatVfsMountFlags, statvfs};
    Ok(!statvfs(folder)?.f_flag.contains(StatVfsMountFlags::NOSUID))
}

#[cfg(not(unix))]
pub(super) fn heeds_lent_rights(_folder: &Path) -> io::Result<bool> {
    Ok(true)
}

#[cfg(not(unix))]
pub(super) fn shared(_metadata: &Metadata) -> Option<u64> {
    None
}

#[cfg(unix)]
pub(super) fn device(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::dev(metadata)
}

#[cfg(not(unix))]
pub(super) fn device(_metadata: &Metadata) -> u64 {
    0
}

/// Looks at everything that would have to be copied, and then removed.
pub(super) fn survey(top: &Path) -> io::Result<Vec<Part>> {
    let here = device(&top.symlink_metadata()?);
    let (mut parts, mut firsts) = (Vec::new(), BTreeMap::new());
    let mut left = vec![(PathBuf::new(), 0)];
    while let Some((below, depth)) = left.pop() {
        let path = at(top, &below);
        let failed = |error| not_copied(&path, &error);
        let metadata = path.symlink_metadata().map_err(failed)?;
        if device(&metadata) != here {
            return Err(refused(EditNotice::MoveMount { path: shown(&path) }));
        }
        if parts.len() == MOST || depth > DEEPEST {
            return Err(refused(EditNotice::MoveTooMuch { path: shown(top) }));
        }
        let kind = if metadata.is_dir() {
            if !may_empty(&path, &metadata) {
                return Err(refused(EditNotice::MoveNotOurs { path: shown(&path) }));
            }
            let mut names = Vec::new();
            for entry in fs::read_dir(&path).map_err(failed)? {
                names.push(entry.map_err(failed)?.file_name());
            }
            names.sort();
            left.extend(names.into_iter().rev().map(|name| (below.join(name), depth + 1)));
            Kind::Folder
        } else if metadata.is_symlink() {
            Kind::Link(fs::read_link(&path).map_err(failed)?)
        } else if metadata.is_file() {
            match shared(&metadata).map(|number| firsts.entry(number).or_insert_with(|| below.clone())) {
                Some(first) if *first != below => Kind::Same(first.clone()),
                _ => Kind::File,
            }
        } else {
            return Err(refused(EditNotice::MoveSpecial { path: shown(&path) }));
        };
        parts.push(Part { below, kind, traits: traits(&metadata) });
    }
    Ok(parts)
}

pub(super) fn at(top: &Path, below: &Path) -> PathBuf {
    if below.as_os_str().is_empty() { top.to_owned() } else { top.join(below) }
}

/// Whether we can remove what is in a folder: it is ours, or open to us.
#[cfg(unix)]
fn may_empty(path: &Path, metadata: &Metadata) -> bool {
    use rustix::fs::{Access, access};
    let owner = std::os::unix::fs::MetadataExt::uid(metadata);
    our_user().is_some_and(|user| user == 0 || user == owner)
        || access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn may_empty(_path: &Path, metadata: &Metadata) -> bool {
    our_user().is_some() || !metadata.permissions().readonly()
}
