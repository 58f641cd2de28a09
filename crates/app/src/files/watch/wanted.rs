//! What is to be watched of a directory, and which events matter then.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fs,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use crate::files::{
    found::Scan,
    locate::Places,
    walk::{Folder, Walked},
};

/// The most links that are followed to one path, as the system does.
const MOST_LINKS: u32 = 40;

/// Which events matter. All paths are without links.
#[derive(Debug, Default)]
pub(super) struct Interest {
    /// These paths themselves: files, links, and folders on the way to them.
    exact: HashSet<PathBuf>,
    /// Everything below these folders.
    below: HashSet<PathBuf>,
    /// What else leads to a path.
    names: HashMap<PathBuf, Vec<PathBuf>>,
}

impl Interest {
    fn covers(&self, path: &Path) -> bool {
        let is_told = |folder: &&Path| path.strip_prefix(folder).is_ok_and(|below| !is_noise(below));
        self.exact.contains(path)
            || path.ancestors().filter(|folder| self.below.contains(*folder)).any(|folder| is_told(&folder))
    }

    /// True where a folder that is watched may be, or be below. Each of them is on the way to a path, or below
    /// one of the folders, also where its name is noise.
    pub(super) fn may_be_watched(&self, path: &Path) -> bool {
        self.exact.contains(path) || path.ancestors().any(|folder| self.below.contains(folder))
    }

    /// A path with an event, under all its names, if it matters.
    pub(super) fn told(&self, path: &Path) -> BTreeSet<PathBuf> {
        if !self.covers(path) {
            return BTreeSet::new();
        }
        let mut names = BTreeSet::from([path.to_owned()]);
        for real in path.ancestors() {
            let below = path.strip_prefix(real).unwrap_or(path);
            let others = self.names.get(real).into_iter().flatten();
            names.extend(others.map(|name| name.components().chain(below.components()).collect::<PathBuf>()));
        }
        names
    }

    /// A path, and every folder on the way to it.
    fn add(&mut self, path: &Path) {
        for step in path.ancestors() {
            if !self.exact.insert(step.to_owned()) {
                break;
            }
        }
    }
}

/// What is to be watched, and which events matter then.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) folders: BTreeSet<Folder>,
    pub(super) interest: Interest,
    /// The paths without links, as far as they were found out.
    real: HashMap<PathBuf, PathBuf>,
}

impl Wanted {
    /// All but what belongs to skills.
    pub(super) fn few(places: &Places, scan: &Scan) -> Self {
        let mut wanted = Self::default();
        // What is read whatever its name is; its folders come from the scan.
        for path in places.all_folders().iter().chain(&scan.skill_roots) {
            let real = wanted.add(path);
            wanted.below(path, real);
        }
        wanted.walked(&scan.folders, &scan.links);
        let configs = places.config_files().into_iter().map(|config| config.path);
        for path in configs.chain(scan.references.iter().cloned()).chain(scan.code_files.iter().cloned()) {
            wanted.add(&path);
        }
        for folder in places.ancestors() {
            wanted.add(&folder.join(".git/HEAD"));
        }
        // A project that is moved away and comes back is seen by the folder above it.
        wanted.add(&places.directory);
        wanted
    }

    /// The folders of skills.
    pub(super) fn many(skills: &[Arc<Walked>]) -> Self {
        let mut wanted = Self::default();
        for walked in skills {
            match walked.folders.first() {
                // Without links none of them has to be looked at, and they may be thousands.
                Some(root) if walked.links.is_empty() && wanted.real(&root.path, &mut 0) == root.path => {
                    wanted.folders.extend(walked.folders.iter().cloned());
                }
                _ => wanted.walked(&walked.folders, &walked.links),
            }
        }
        wanted
    }

    /// What a walk found.
    fn walked(&mut self, folders: &[Folder], links: &[PathBuf]) {
        for folder in folders {
            let path = self.real(&folder.path, &mut 0);
            self.folders.insert(Folder { path, inode: folder.inode });
        }
        for link in links {
            let real = self.add(link);
            if real.is_dir() {
                self.below(link, real);
            }
        }
    }

    /// Everything below a folder, which may have another name.
    fn below(&mut self, name: &Path, real: PathBuf) {
        if real != name {
            self.interest.names.entry(real.clone()).or_default().push(name.to_owned());
        }
        self.interest.below.insert(real);
    }

    /// A path that may exist or not: its nearest existing parent is watched, and the folder itself. Returns the path
    /// without links.
    pub(super) fn add(&mut self, path: &Path) -> PathBuf {
        let real = self.real(path, &mut 0);
        self.watch(&real);
        real
    }

    /// The same for a path without links.
    fn watch(&mut self, real: &Path) {
        self.interest.add(real);
        let parent = real.ancestors().skip(1).find_map(Folder::at);
        self.folders.extend(parent.into_iter().chain(Folder::at(real)));
    }

    /// Goes to a path as the system does: the path without links, whether it exists or not. Each link on the way
    /// is watched where it stands. `followed`: how many there were.
    fn real(&mut self, path: &Path, followed: &mut u32) -> PathBuf {
        if let Some(real) = self.real.get(path) {
            return real.clone();
        }
        let mut parts = path.components();
        let (Some(last), above) = (parts.next_back(), parts.as_path()) else { return path.to_owned() };
        let real = match last {
            Component::Prefix(_) | Component::RootDir => path.to_owned(),
            Component::CurDir => self.real(above, followed),
            Component::ParentDir => {
                let above = self.real(above, followed);
                above.parent().map_or(above.clone(), Path::to_owned)
            }
            Component::Normal(name) => {
                let above = self.real(above, followed);
                let here = above.join(name);
                match fs::read_link(&here) {
                    Ok(target) if *followed < MOST_LINKS => {
                        *followed += 1;
                        self.watch_link(&here);
                        self.real(&above.join(target), followed)
                    }
                    _ => here,
                }
            }
        };
        self.real.insert(path.to_owned(), real.clone());
        real
    }

    /// A link, whose parent is without links.
    fn watch_link(&mut self, link: &Path) {
        self.interest.add(link);
        self.folders.extend(link.parent().and_then(Folder::at));
    }
}

/// What the engine writes by itself, packages, and temporary files of ours.
fn is_noise(path: &Path) -> bool {
    let noise = ["node_modules", ".git", "package.json", "package-lock.json", "bun.lock", ".gitignore"];
    path.components().any(|part| noise.iter().any(|name| part.as_os_str() == *name))
        || path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".rekindle-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a path with an event is called by whoever came to it in another way, and how far links are followed.
    #[cfg(unix)]
    #[test]
    fn paths_have_names() {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().expect("a folder");
        let root = root.path().canonicalize().expect("there");
        fs::create_dir_all(root.join("a/b")).expect("made");
        for (target, at) in [("a", "l"), ("../l/b/..", "a/up"), ("none/x", "dangling"), ("loop", "loop")] {
            symlink(target, root.join(at)).expect("linked");
        }
        let mut wanted = Wanted::default();
        for (path, real) in [
            ("l/b", "a/b"),
            ("l/b/../b/x", "a/b/x"),
            ("a/up/up/b", "a/b"),
            ("dangling/y", "none/x/y"),
            ("none/y", "none/y"),
            ("loop/x", "loop/x"),
        ] {
            assert_eq!(wanted.real(&root.join(path), &mut 0), root.join(real), "{path}");
        }
        wanted.below(&root.join("l"), root.join("a"));
        let told = wanted.interest.told(&root.join("a/b/SKILL.md"));
        assert_eq!(told, BTreeSet::from([root.join("a/b/SKILL.md"), root.join("l/b/SKILL.md")]));
        assert!(wanted.interest.told(&root.join("none/other")).is_empty());
    }

    /// N16: what is gone matters where something is watched.
    #[test]
    fn what_is_watched_is_known() {
        let mut interest = Interest::default();
        interest.add(Path::new("/p/opencode.json"));
        interest.below.insert("/p/skills".into());
        for (path, expected) in
            [("/p", true), ("/p/skills/a/b", true), ("/p/skills/bun.lock", true), ("/p/x", false), ("/q", false)]
        {
            assert_eq!(interest.may_be_watched(Path::new(path)), expected, "{path}");
        }
    }
}
