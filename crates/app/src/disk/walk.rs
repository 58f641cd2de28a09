//! Going through folders as the engine does: links are followed, nothing is left out because git
//! ignores it.

use std::path::{Path, PathBuf};

/// What is below a folder.
#[derive(Debug, Default)]
pub struct Walked {
    /// The files, by name.
    pub files: Vec<PathBuf>,
    /// The folder itself and those below it, as far as they are worth watching.
    pub folders: Vec<Folder>,
    /// True when a link was followed on the way to any of them.
    pub has_links: bool,
}

/// A folder, and which one it is: another one may take its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Folder {
    /// Its path.
    pub path: PathBuf,
    /// Its inode; 0 where there are none.
    pub inode: u64,
}

impl Folder {
    /// The folder at a path, if there is one.
    pub fn at(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_dir)?;
        Some(Self { path: path.to_owned(), inode: inode(&metadata) })
    }
}

/// Everything below a folder down to a depth. Names that begin with a dot are left out unless
/// `has_hidden`. A link that leads back up is not followed.
pub fn walk(folder: &Path, depth: Option<usize>, has_hidden: bool) -> Walked {
    let mut walked = Walked::default();
    // Most places hold nothing, and to prepare a walk costs more than to ask.
    if !folder.exists() {
        return walked;
    }
    let entries = ignore::WalkBuilder::new(folder)
        .standard_filters(false)
        .hidden(!has_hidden)
        .follow_links(true)
        .max_depth(depth)
        .sort_by_file_name(Ord::cmp)
        .build();
    for entry in entries.filter_map(Result::ok) {
        walked.has_links |= entry.path_is_symlink() && entry.depth() > 0;
        match entry.file_type() {
            // The engine can read no file whose name is not UTF-8.
            Some(kind) if kind.is_file() && entry.path().to_str().is_some() => walked.files.push(entry.into_path()),
            Some(kind) if kind.is_dir() && is_worth_watching(entry.path(), folder) => {
                let inode = entry_inode(&entry);
                walked.folders.push(Folder { path: entry.into_path(), inode });
            }
            _ => {}
        }
    }
    walked
}

/// Packages and git's own folders are large, and change without anything for us in them.
fn is_worth_watching(path: &Path, root: &Path) -> bool {
    let below = path.strip_prefix(root).unwrap_or(path);
    !below.components().any(|part| part.as_os_str() == "node_modules" || part.as_os_str() == ".git")
}

#[cfg(unix)]
fn inode(metadata: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_metadata: &std::fs::Metadata) -> u64 {
    0
}

#[cfg(unix)]
fn entry_inode(entry: &ignore::DirEntry) -> u64 {
    // A link's own inode says nothing of where it leads.
    if entry.path_is_symlink() || entry.depth() == 0 {
        return Folder::at(entry.path()).map_or(0, |folder| folder.inode);
    }
    entry.ino().unwrap_or_default()
}

#[cfg(not(unix))]
fn entry_inode(_entry: &ignore::DirEntry) -> u64 {
    0
}
