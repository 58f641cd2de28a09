//! What moves when a skill is removed.
//!
//! Invariant: its folder moves only if it is known to be nothing but this skill's own. Else what makes it a
//! skill moves, its `SKILL.md`; and where not even that is sure, nothing does.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rekindle_domain::{Scope, Unremoved};
use serde_json::Value;

use crate::{
    fault::{Fault, sheltered},
    files::{
        foreign,
        layers::Layers,
        locate::{Places, real},
    },
    install::rules::{DEEPEST, MOST_ENTRIES},
    state::record::load,
};

/// What a repository has in it that is known by its name: of Git, Mercurial, Subversion, Jujutsu, Bazaar, Darcs, Pijul,
/// CVS, and Fossil, also by the name that it has on Windows.
const REPOSITORIES: [&str; 10] =
    [".git", ".hg", ".svn", ".jj", ".bzr", "_darcs", ".pijul", "CVS", ".fslckout", "_FOSSIL_"];
/// What a repository of Git without files is told by.
const BARE: [&str; 3] = ["HEAD", "objects", "refs"];

/// What a project has in it: a folder of skills that somebody named may as well be one of projects.
const PROJECTS: [&str; 14] = [
    "Cargo.toml",
    "CMakeLists.txt",
    "Gemfile",
    "Package.swift",
    "build.gradle",
    "build.gradle.kts",
    "composer.json",
    "deno.json",
    "go.mod",
    "mix.exs",
    "package.json",
    "pom.xml",
    "pyproject.toml",
    "setup.py",
];

/// How much of a skill is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Its folder, or the link that stands for it.
    Folder,
    /// Its `SKILL.md` alone.
    File,
    /// Nothing, because of this.
    Nothing(Unremoved),
}

/// What is known of a skill's folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Facts {
    /// It, or something in it, is a place that the engine, a configuration, the system or Rekindle knows by its
    /// path: a root of skills, the directory, a folder of configuration, the home folder.
    is_place: bool,
    /// It lies where only skills are: below a root that is the person's own, or the project's own in the project.
    is_among_skills: bool,
    /// It is a link, which can be moved without what it leads to.
    is_link: bool,
    /// It is, or holds, the place of another file system.
    is_mount: bool,
    /// It holds another skill.
    holds_skill: bool,
    /// It holds a repository.
    holds_repository: bool,
    /// It is a project, in a folder that somebody named as one of skills.
    is_project: bool,
    /// It is larger than a skill can be.
    is_large: bool,
    /// It is in Rekindle's own state, which holds what was removed before.
    is_ours: bool,
    /// Not all of it could be looked at.
    is_unknown: bool,
}

impl Facts {
    fn extent(self) -> Extent {
        let is_whole = !self.is_place && self.is_among_skills && !self.holds_skill;
        let is_plain = !self.is_mount && !self.holds_repository && !self.is_large && !self.is_project;
        match self {
            Self { is_ours: true, .. } => Extent::Nothing(Unremoved::InState),
            Self { is_link: true, .. } if is_whole => Extent::Folder,
            Self { is_unknown: true, .. } => Extent::Nothing(Unremoved::NotReadable),
            _ if is_whole && is_plain => Extent::Folder,
            _ => Extent::File,
        }
    }
}

/// What moves when the skill of this `SKILL.md` is removed.
pub(super) fn extent(places: &Places, file: &Path) -> Extent {
    let Some(folder) = file.parent() else { return Extent::File };
    match sheltered(Fault::of_files(&places.directory), || facts(places, &Known::of(places), folder)) {
        Ok(facts) => facts.extent(),
        Err(_) => Extent::Nothing(Unremoved::NotKnown),
    }
}

fn facts(places: &Places, known: &Known, folder: &Path) -> Facts {
    let here = real(folder);
    let inside = Inside::of(folder);
    let is_at_or_in = |place: &PathBuf| place.starts_with(folder) || real(place).starts_with(&here);
    let is_link = folder.is_symlink();
    Facts {
        // A link may lead to such a place: it is not moved by moving the link.
        is_place: known.places.iter().any(|place| place == folder || !is_link && is_at_or_in(place)),
        is_among_skills: known.own_roots.iter().any(|root| {
            let above = folder.parent().map(real);
            folder != root && folder.starts_with(root) && above.is_some_and(|above| above.starts_with(real(root)))
        }),
        is_link,
        is_mount: inside.has_mount || known.mounts.iter().any(|mount| mount.starts_with(&here)),
        holds_skill: inside.skills > 1,
        holds_repository: inside.has_repository,
        is_project: PROJECTS.iter().any(|name| folder.join(name).exists())
            && !known.engine_roots.iter().any(|root| folder.starts_with(root)),
        is_large: inside.is_large,
        is_ours: here.starts_with(real(&places.common_state)),
        is_unknown: inside.failed.is_some(),
    }
}

/// The places that are known by their paths.
struct Known {
    places: Vec<PathBuf>,
    own_roots: Vec<PathBuf>,
    /// The engine's own roots, in which there is nothing else.
    engine_roots: Vec<PathBuf>,
    mounts: Vec<PathBuf>,
}

impl Known {
    fn of(places: &Places) -> Self {
        let engines = places.skill_folders();
        let mut own: Vec<_> = places.own_places();
        // Resolved once: a configuration may name thousands of folders, and each is compared with all of these.
        let own_real: Vec<_> = own.iter().map(|place| real(place)).collect();
        // The engine's own folders of skills lie in a folder that lies in the one that they are for.
        let engines_own = engines.iter().map(|root| (root.path.clone(), root.path.ancestors().nth(2), root.scope));
        let base = places.project_root();
        let layers = Layers::read(places, None);
        let named = named_in(&layers).map(|(path, scope)| (places.skills_named(path), Some(base), scope));
        let is_own = |(path, base, scope): &(PathBuf, Option<&Path>, Scope)| {
            let here = real(path);
            let is_inside = || base.is_some_and(|base| here.starts_with(real(base)));
            (*scope == Scope::Global || is_inside()) && !own_real.iter().any(|place| place.starts_with(&here))
        };
        let roots: Vec<_> = engines_own.chain(named).collect();
        let own_roots = roots.iter().filter(|root| is_own(root)).map(|(path, ..)| path.clone()).collect();
        own.extend(std::env::current_dir());
        own.extend(roots.into_iter().map(|(path, ..)| path));
        own.extend(learned(places).iter().map(|path| places.skills_named(path)));
        let engine_roots = engines.into_iter().map(|root| root.path).collect();
        Self { places: own, own_roots, engine_roots, mounts: mounts() }
    }
}

/// The folders of skills that any file names, also one that another file has the last word over.
fn named_in(layers: &Layers) -> impl Iterator<Item = (&str, Scope)> {
    layers.iter().flat_map(|layer| {
        let paths = layer.value.pointer("/skills/paths").and_then(Value::as_array).into_iter().flatten();
        paths.filter_map(Value::as_str).map(|path| (path, layer.scope))
    })
}

/// The folders of skills that an engine named, some of which a plugin may have added.
fn learned(places: &Places) -> Vec<String> {
    load(&places.learned_skills()).unwrap_or_default()
}

/// What is in a folder; links in it are not followed, but for one step to a skill.
#[derive(Debug, Default)]
struct Inside {
    skills: usize,
    has_repository: bool,
    has_mount: bool,
    is_large: bool,
    failed: Option<io::Error>,
}

impl Inside {
    fn of(folder: &Path) -> Self {
        let mut inside = Self::default();
        inside.failed = inside.look(folder).err();
        inside
    }

    fn look(&mut self, folder: &Path) -> io::Result<()> {
        let (here, top) = (device(folder)?, real(folder));
        self.has_mount = match folder.parent() {
            Some(above) if !folder.is_symlink() => device(above)? != here,
            _ => false,
        };
        let mut entries = 0;
        let mut left = vec![(folder.to_owned(), 0)];
        while let Some((path, depth)) = left.pop() {
            let mut parts_of_bare = 0;
            for entry in fs::read_dir(path)? {
                let entry = entry?;
                entries += 1;
                if entries > MOST_ENTRIES || depth > DEEPEST {
                    self.is_large = true;
                    return Ok(());
                }
                let (name, kind) = (entry.file_name(), entry.file_type()?);
                // What a link inside or back up leads to is counted where it is, or not looked into by the engine.
                let is_linked_skill = || {
                    let target = real(&entry.path());
                    kind.is_symlink()
                        && !target.starts_with(&top)
                        && !top.starts_with(&target)
                        && target.join("SKILL.md").exists()
                };
                self.skills += usize::from(name == "SKILL.md" || is_linked_skill());
                self.has_repository |= REPOSITORIES.iter().any(|repository| name == *repository)
                    || Path::new(&name).extension().is_some_and(|ending| ending == "fossil");
                parts_of_bare += usize::from(BARE.iter().any(|part| name == *part));
                if kind.is_dir() {
                    self.has_mount |= device(&entry.path())? != here;
                    left.push((entry.path(), depth + 1));
                }
            }
            self.has_repository |= parts_of_bare == BARE.len();
        }
        Ok(())
    }
}

#[cfg(unix)]
fn device(path: &Path) -> io::Result<u64> {
    fs::metadata(path).map(|metadata| std::os::unix::fs::MetadataExt::dev(&metadata))
}

#[cfg(not(unix))]
fn device(path: &Path) -> io::Result<u64> {
    fs::metadata(path).map(|_| 0)
}

/// Where file systems are mounted, as far as the system tells: a folder that is mounted a second time is on
/// the same device.
fn mounts() -> Vec<PathBuf> {
    let text = foreign::text(Path::new("/proc/self/mountinfo")).unwrap_or_default();
    text.lines().filter_map(|line| line.split(' ').nth(4)).map(unescaped).collect()
}

/// A path without the escapes of `/proc`: blanks and backslashes are three octal digits.
fn unescaped(text: &str) -> PathBuf {
    let mut parts = text.split('\\');
    let mut path = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code.filter(u8::is_ascii) {
            Some(code) => {
                path.push(char::from(code));
                path.push_str(part.get(3..).unwrap_or_default());
            }
            None => {
                path.push('\\');
                path.push_str(part);
            }
        }
    }
    PathBuf::from(path)
}

#[cfg(test)]
mod tests;
