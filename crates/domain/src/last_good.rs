//! What can be restored of the last good files, and what was.
//!
//! Invariant: no content of a file is in here, only its path.

use serde::{Deserialize, Serialize};

/// What restoring does to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restoring {
    /// It holds something else, and gets its earlier content.
    Replaced,
    /// It is gone, and comes back.
    BroughtBack,
    /// It was not there, and is moved to the trash.
    SetAside,
}

/// A file that restoring changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoredFile {
    /// Its absolute path.
    pub path: String,
    /// The same, short, for people: relative to the directory, or with `~`.
    pub place: String,
    /// What is done to it.
    pub change: Restoring,
}

/// Files that the engine is known to have loaded, and that are not what is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastGoodOffer {
    /// What to restore them by.
    pub id: String,
    /// When they were last as the engine loaded them (RFC 3339, UTC).
    pub at: String,
    /// What restoring them changes; never empty.
    pub files: Vec<RestoredFile>,
}

/// What was restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// What was restored.
    pub id: String,
    /// What brings back the files as they stood before; their content is kept under the state folder.
    pub kept: String,
    /// What was changed.
    pub files: Vec<RestoredFile>,
}
