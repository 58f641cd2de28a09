//! Skills of a directory that are where the engine does not look: those of a repository that is a collection.
//!
//! Invariant: what belongs to somebody else is left out: packages, other repositories, and what is behind a link.

use std::path::{Path, PathBuf};

use rekindle_domain::{FileNotice, Problem};
use walkdir::{DirEntry, WalkDir};

use super::skills::is_others;
use crate::{
    files::{foreign::Budget, locate::Places},
    install::{candidate::SKILL, rules::DEEPEST},
};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    /// The `SKILL.md` files, in the order of their paths.
    pub(super) files: Vec<PathBuf>,
    /// The folders that could not be looked into.
    pub(super) unread: Vec<Problem>,
}

/// Every folder with a `SKILL.md` in the directory, but for those below `known` and in hidden folders. One that is in
/// another skill is part of that; only the directory itself may be a skill and hold others.
pub(super) fn find(places: &Places, known: &[PathBuf], budget: &mut Budget) -> Elsewhere {
    let mut found = Elsewhere::default();
    let mut walk = WalkDir::new(&places.directory).max_depth(DEEPEST).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        if !budget.step() {
            let what = FileNotice::FolderTooFull { most: budget.most_entries() };
            found.unread.push(Problem::new(&places.directory.display().to_string(), what));
            break;
        }
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                found.unread.extend(unread(&error));
                continue;
            }
        };
        if !entry.file_type().is_dir() {
            continue;
        }
        let folder = entry.path();
        if is_left_out(&entry) || known.iter().any(|known| known == folder) {
            walk.skip_current_dir();
            continue;
        }
        let file = folder.join(SKILL);
        // A link that leads nowhere is told, too.
        if file.symlink_metadata().is_ok_and(|metadata| !metadata.is_dir()) {
            found.files.push(file);
            if entry.depth() > 0 {
                walk.skip_current_dir();
            }
        }
    }
    found
}

fn is_left_out(entry: &DirEntry) -> bool {
    let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
    entry.depth() > 0 && (is_hidden || is_others(entry))
}

fn unread(error: &walkdir::Error) -> Option<Problem> {
    let why = error.io_error()?;
    let path = error.path().unwrap_or(Path::new(""));
    Some(Problem::new(&path.display().to_string(), FileNotice::FileRefused { why: why.to_string() }))
}
