//! Where links lead.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where a link, and the links behind it, lead, whether anything is there or not.
pub(crate) fn end_of_links(path: &Path) -> PathBuf {
    // As many as Linux follows.
    const MOST: usize = 40;
    let next = |path: &PathBuf| Some(path.parent()?.join(fs::read_link(path).ok()?));
    std::iter::successors(Some(path.to_owned()), next).take(MOST).last().unwrap_or_else(|| path.to_owned())
}
