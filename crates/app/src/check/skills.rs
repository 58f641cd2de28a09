//! What the author of a skill should know of it: whether the engine would load it, where it differs from the specification,
//! and what a reader would not see.
//!
//! Invariant: it says what `rekindle skill check` says, but for what is behind links; no file is searched twice, however
//! skills lie in each other.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use rekindle_domain::{FileNotice, Problem};
use rekindle_opencode::skill::{
    frontmatter, problem,
    spec::{self, Remark},
};
use walkdir::{DirEntry, WalkDir};

use crate::{
    files::foreign::{self, Budget},
    install::{LONGEST, candidate::SKILL, hidden_in},
};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// What the engine would make of those that no scan has seen.
    pub(super) dropped: Vec<Problem>,
    /// What else there is to know.
    pub(super) remarks: Vec<Problem>,
    /// The files that were searched.
    pub(super) files: BTreeSet<PathBuf>,
}

/// Looks at skills. `loaded`: the files of those that a scan has seen; `others`: of all other ones.
pub(super) fn look(loaded: &BTreeSet<PathBuf>, others: &[PathBuf], budget: &mut Budget) -> Looked {
    let mut looked = Looked::default();
    for file in loaded {
        if let Ok(Some(bytes)) = budget.bytes(file) {
            looked.remarks.extend(remarks(file, &foreign::lossy(bytes)));
        }
    }
    let mut unread = BTreeSet::new();
    for file in others {
        looked.files.insert(file.clone());
        let told = match budget.bytes(file) {
            Ok(Some(bytes)) => looked.other(file, bytes),
            Ok(None) => Some(problem::dangling(file)),
            Err(error) => {
                unread.insert(file);
                Some(Problem::new(&shown(file), error.why()))
            }
        };
        looked.dropped.extend(told);
    }
    let mut searched = BTreeSet::new();
    for file in loaded.iter().chain(others).collect::<BTreeSet<_>>() {
        // A skill in another one was searched with it.
        if let (false, Some(folder)) = (searched.contains(file), file.parent()) {
            looked.remarks.extend(add_files(folder, &mut searched, budget));
        }
    }
    let files: Vec<_> = searched.iter().filter(|file| !unread.contains(file)).collect();
    looked.remarks.extend(hidden(&files));
    looked.files.extend(searched);
    looked
}

impl Looked {
    /// Looks at a `SKILL.md` that no scan has seen: what the engine would make of it, if that is not what one would think.
    fn other(&mut self, file: &Path, bytes: Vec<u8>) -> Option<Problem> {
        let is_utf8 = std::str::from_utf8(&bytes).is_ok();
        let text = foreign::lossy(bytes);
        let skill = match frontmatter::skill(&text) {
            Ok(skill) => skill,
            Err(why) => return Some(problem::dropped(file, &text, &why)),
        };
        self.remarks.extend(remarks(file, &text));
        match (skill.is_mended, is_utf8) {
            (true, _) => Some(problem::read_once(file, &text)),
            (_, false) => Some(problem::encoding(file, &text)),
            _ => None,
        }
    }
}

/// Where a `SKILL.md` differs from the specification.
fn remarks(file: &Path, text: &str) -> Vec<Problem> {
    let folder = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    spec::remarks(text, &folder).into_iter().map(|remark| placed(file, remark)).collect()
}

/// What a reader of these files would not see; on two threads when there are many.
fn hidden(files: &[&PathBuf]) -> Vec<Problem> {
    /// Fewer than this are done before a thread has started.
    const MANY: usize = 128;
    let search = |files: &[&PathBuf]| -> Vec<_> {
        let of_file =
            |file: &&PathBuf| hidden_in(file).into_iter().map(|remark| placed(file, remark)).collect::<Vec<_>>();
        files.iter().flat_map(of_file).collect()
    };
    if files.len() < MANY {
        return search(files);
    }
    let (first, second) = files.split_at(files.len() / 2);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| search(second));
        let mut found = search(first);
        found.extend(second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        found
    })
}

/// Adds the files of a skill, and says what was left out because there is too much. What is behind a link is elsewhere.
fn add_files(folder: &Path, files: &mut BTreeSet<PathBuf>, budget: &mut Budget) -> Option<Problem> {
    let is_wanted = |entry: &DirEntry| entry.depth() == 0 || !is_others(entry);
    let mut left_out = None;
    for entry in WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(is_wanted) {
        if !budget.step() {
            let what = FileNotice::FolderTooFull { most: budget.most_entries() };
            return Some(Problem::new(&shown(folder), what));
        }
        let Ok(entry) = entry else { continue };
        let is_file = entry.file_type().is_file() || entry.file_name() == SKILL && entry.path().is_file();
        if !is_file {
            continue;
        }
        let size = entry.metadata().map_or(0, |metadata| metadata.len());
        match budget.spend(entry.path(), size.min(LONGEST)) {
            Ok(()) => {
                files.insert(entry.into_path());
            }
            Err(error) if left_out.is_none() => left_out = Some(Problem::new(&shown(entry.path()), error.why())),
            Err(_) => {}
        }
    }
    left_out
}

/// True for what is no part of a skill, or of a collection: packages, and other repositories.
pub(super) fn is_others(entry: &DirEntry) -> bool {
    let is_repository = || entry.path().join(".git").symlink_metadata().is_ok();
    entry.file_type().is_dir()
        && (entry.file_name() == ".git" || entry.file_name() == "node_modules" || is_repository())
}

fn placed(file: &Path, Remark { line, column, what }: Remark) -> Problem {
    Problem { line: Some(line), column: Some(column), ..Problem::new(&shown(file), what) }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
