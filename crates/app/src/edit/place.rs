//! Which folder it is, and whether something lies where it lay.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde::{Deserialize, Serialize};

use crate::files::{locate::real, walk::identity};

/// Which folder it is, wherever it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FolderId {
    device: u64,
    inode: u64,
    /// When it was made, in nanoseconds since 1970, where the system keeps that.
    born: Option<u64>,
}

impl FolderId {
    pub(super) fn at(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        let born = metadata.created().ok().and_then(|born| born.duration_since(SystemTime::UNIX_EPOCH).ok());
        let (device, inode) = identity(&metadata);
        Some(Self { device, inode, born: born.and_then(|born| u64::try_from(born.as_nanos()).ok()) })
    }

    /// An inode is used again, and a device may be numbered otherwise after a restart of the system.
    pub(super) fn is(&self, other: &Self) -> bool {
        let is_known = self.born.is_some() && other.born.is_some();
        self.inode == other.inode && if is_known { self.born == other.born } else { self.device == other.device }
    }
}

/// The folder in which something lies, behind all links.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Room {
    path: PathBuf,
    folder: Option<FolderId>,
}

impl Room {
    /// The one of the item at a path.
    pub(super) fn of(item: &Path) -> Self {
        let folder = item.parent().unwrap_or(item);
        Self { path: real(folder), folder: FolderId::at(folder) }
    }

    /// Where it was.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether an item at a path would lie there: in that very folder, wherever it is by now, or in one that is
    /// at its place.
    pub(super) fn is_of(&self, item: &Path) -> bool {
        let now = Self::of(item);
        let is_same = |before: &FolderId| now.folder.is_some_and(|now| now.is(before));
        now.path == self.path || self.folder.as_ref().is_some_and(is_same)
    }
}
