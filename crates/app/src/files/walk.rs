//! Going through folders as the engine does: links are followed, nothing is left out because git
//! ignores it.
//!
//! Invariant: a walk ends. Links can give one folder any number of paths, and a folder may hold a whole
//! disk; what is nearest is found first, and that something was left out is said.

use std::{
    collections::{HashMap, VecDeque},
    ffi::OsStr,
    fs::{self, Metadata},
    path::{Path, PathBuf},
};

use rekindle_domain::{FileNotice, Problem};

use crate::files::foreign::Budget;

/// The most paths under which one folder is looked into. Each further one would show the same again.
pub const MOST_PATHS: u32 = 8;

/// What is below a folder.
#[derive(Debug, Default)]
pub struct Walked {
    /// The files, by name; and what is neither a file nor a folder, such as a pipe.
    pub files: Vec<PathBuf>,
    /// The folder itself and those below it, as far as they are worth watching, in order.
    pub folders: Vec<Folder>,
    /// The links among them, and those that lead nowhere: what is behind a link changes elsewhere.
    pub links: Vec<PathBuf>,
    /// How many files and folders were looked at.
    pub entries: u64,
    /// Why this is not all.
    pub cut: Option<Cut>,
}

/// Why not everything below a folder was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// There is too much; so many files and folders are looked at.
    TooMuch(u64),
    /// Links lead to the same folders again and again. Every folder was looked into.
    Repeats,
}

impl Cut {
    /// What people are told of it.
    pub(crate) fn problem(self, folder: &Path) -> Problem {
        let notice = match self {
            Self::TooMuch(most) => FileNotice::FolderTooFull { most },
            Self::Repeats => FileNotice::LinksRepeat { paths: MOST_PATHS },
        };
        Problem::new(&folder.display().to_string(), notice)
    }
}

/// A folder, and which one it is: another one may take its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Folder {
    /// Its path.
    pub path: PathBuf,
    /// Its inode; 0 where there are none.
    pub inode: u64,
}

impl Folder {
    /// The folder at a path, if there is one.
    pub fn at(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok().filter(Metadata::is_dir)?;
        Some(Self { path: path.to_owned(), inode: identity(&metadata).1 })
    }
}

/// Everything below a folder down to a depth. Names that begin with a dot are left out unless
/// `has_hidden`. A link that leads back up is not followed.
pub fn walk(folder: &Path, depth: Option<usize>, has_hidden: bool) -> Walked {
    walk_within(folder, depth, has_hidden, |_| true, &mut Budget::of_files())
}

/// The same within a budget, for the files whose names are wanted.
pub fn walk_within(
    folder: &Path,
    depth: Option<usize>,
    has_hidden: bool,
    is_wanted: impl Fn(&OsStr) -> bool,
    budget: &mut Budget,
) -> Walked {
    let mut walk =
        Walk { root: folder, walked: Walked::default(), steps: Vec::new(), late: Vec::new(), visits: HashMap::new() };
    let mut left = VecDeque::new();
    left.extend(walk.enter(folder.to_owned(), None, false));
    // Breadth first, so that what is near is found when there is too much.
    while let Some(step) = left.pop_front() {
        if depth.is_some_and(|depth| walk.steps[step].depth >= depth) {
            continue;
        }
        let Ok(entries) = fs::read_dir(&walk.steps[step].path) else { continue };
        for entry in entries.filter_map(Result::ok) {
            if !budget.step() {
                walk.walked.cut = Some(Cut::TooMuch(budget.most_entries()));
                return walk.end();
            }
            walk.walked.entries += 1;
            let name = entry.file_name();
            let Ok(mut kind) = entry.file_type() else { continue };
            if !has_hidden && name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = walk.steps[step].path.join(&name);
            let is_link = kind.is_symlink();
            if is_link {
                let target = fs::metadata(&path);
                if is_wanted(&name) || !target.as_ref().is_ok_and(Metadata::is_file) {
                    walk.walked.links.push(path.clone());
                }
                // One that leads nowhere is nothing.
                let Ok(target) = target else { continue };
                kind = target.file_type();
            }
            // The engine can read no file whose name is not UTF-8.
            if !kind.is_dir() {
                if is_wanted(&name) && path.to_str().is_some() {
                    walk.walked.files.push(path);
                }
            } else if let Some(next) = walk.enter(path, Some(step), is_link) {
                // Packages are large; they come last.
                if name == "node_modules" { walk.late.push(next) } else { left.push_back(next) }
            }
        }
        if left.is_empty() {
            left.extend(walk.late.drain(..));
        }
    }
    walk.end()
}

struct Walk<'a> {
    root: &'a Path,
    walked: Walked,
    steps: Vec<Step>,
    late: Vec<usize>,
    visits: HashMap<(u64, u64), u32>,
}

/// A folder on the way, and how it was come to.
struct Step {
    path: PathBuf,
    from: Option<usize>,
    depth: usize,
    identity: (u64, u64),
}

impl Walk<'_> {
    /// Takes a folder in, unless it is on the way to itself or was come to often enough.
    fn enter(&mut self, path: PathBuf, from: Option<usize>, is_link: bool) -> Option<usize> {
        let metadata = fs::metadata(&path).ok().filter(Metadata::is_dir)?;
        let identity = identity(&metadata);
        let has_identity = identity != (0, 0);
        let mut above = std::iter::successors(from, |step| self.steps[*step].from);
        if is_link && has_identity && above.any(|step| self.steps[step].identity == identity) {
            return None;
        }
        let visits = self.visits.entry(identity).or_default();
        if has_identity && *visits >= MOST_PATHS {
            self.walked.cut = Some(Cut::Repeats);
            return None;
        }
        *visits += 1;
        if is_worth_watching(&path, self.root) {
            self.walked.folders.push(Folder { path: path.clone(), inode: identity.1 });
        }
        let depth = from.map_or(0, |from| self.steps[from].depth + 1);
        self.steps.push(Step { path, from, depth, identity });
        Some(self.steps.len() - 1)
    }

    fn end(mut self) -> Walked {
        self.walked.files.sort_unstable();
        self.walked.folders.sort_unstable();
        self.walked
    }
}

/// Packages and git's own folders are large, and change without anything for us in them.
fn is_worth_watching(path: &Path, root: &Path) -> bool {
    let below = path.strip_prefix(root).unwrap_or(path);
    !below.components().any(|part| part.as_os_str() == "node_modules" || part.as_os_str() == ".git")
}

/// Device and inode; zeros where there are none.
#[cfg(unix)]
pub(crate) fn identity(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
pub(crate) fn identity(_metadata: &Metadata) -> (u64, u64) {
    (0, 0)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().canonicalize().expect("there");
        (root, path)
    }

    fn names(root: &Path, walked: &Walked) -> Vec<String> {
        walked.files.iter().map(|path| path.strip_prefix(root).expect("inside").display().to_string()).collect()
    }

    /// The order is that of names, folder by folder; links are followed, dots are left out.
    #[test]
    fn files_come_in_the_order_of_their_names() {
        let (_keep, root) = folder();
        for name in ["a/x", "a.md", "a-b/x", "b/c/d", ".h/x", "z"] {
            fs::create_dir_all(root.join(name).parent().expect("a parent")).expect("made");
            fs::write(root.join(name), "").expect("written");
        }
        symlink(root.join("b"), root.join("c")).expect("linked");
        symlink("nowhere", root.join("d")).expect("linked");
        let walked = walk(&root, None, false);
        assert_eq!(names(&root, &walked), ["a/x", "a-b/x", "a.md", "b/c/d", "c/c/d", "z"]);
        assert_eq!(walked.links.len(), 2, "also the one that leads nowhere");
        assert!(walked.cut.is_none());
        assert_eq!(names(&root, &walk(&root, Some(1), true)), ["a.md", "z"]);
        assert_eq!(names(&root, &walk(&root, Some(2), true)), [".h/x", "a/x", "a-b/x", "a.md", "z"]);
        assert!(walk(&root.join("z"), None, true).files.is_empty(), "a file holds nothing");
        assert!(walk(&root.join("none"), None, true).folders.is_empty());
    }

    /// N16: links that multiply, that lead up, or to everything: the work is bounded by what is there, and
    /// every folder is looked into all the same.
    #[test]
    fn links_multiply_nothing_without_end() {
        let (_keep, root) = folder();
        // Each folder has two links to the next one: 2^40 paths.
        for at in 0..40 {
            let here = root.join(format!("f{at}"));
            fs::create_dir(&here).expect("made");
            fs::write(here.join(format!("SKILL{at}.md")), "").expect("written");
            for name in ["one", "two"] {
                symlink(root.join(format!("f{}", at + 1)), here.join(name)).expect("linked");
            }
            symlink(&root, here.join("up")).expect("linked");
        }
        let walked = walk(&root, None, true);
        assert_eq!(walked.cut, Some(Cut::Repeats));
        assert!(walked.folders.len() <= 41 * MOST_PATHS as usize, "{}", walked.folders.len());
        for at in 0..40 {
            let name = format!("SKILL{at}.md");
            assert!(walked.files.iter().any(|path| path.ends_with(&name)), "{name}");
        }
    }

    /// N16: of a folder with too much in it what is nearest is found, and packages come last.
    #[test]
    fn too_much_is_cut_where_it_is_far() {
        let (_keep, root) = folder();
        for folder in ["node_modules/p", "a/b/c"] {
            fs::create_dir_all(root.join(folder)).expect("made");
            (0..50).for_each(|at| fs::write(root.join(folder).join(at.to_string()), "").expect("written"));
        }
        fs::write(root.join("z"), "").expect("written");
        fs::write(root.join("a/b/SKILL.md"), "").expect("written");
        let walked = walk_within(&root, None, true, |_| true, &mut Budget::new(0, 20));
        assert_eq!(walked.cut, Some(Cut::TooMuch(20)));
        let found = names(&root, &walked);
        assert!(["z", "a/b/SKILL.md"].iter().all(|name| found.iter().any(|found| found == name)), "{found:?}");
        assert!(!found.iter().any(|name| name.contains("node_modules")), "{found:?}");
    }
}
