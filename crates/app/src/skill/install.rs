//! Putting a skill's folder in place, and checking one before it is.
//!
//! Invariants: a skill appears whole or not at all; nothing outside the source folder is copied and
//! nothing outside the target is written; links are refused, because what they point to is not part
//! of the folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::frontmatter::{self, NotASkill, SkillText};
use crate::config::file::{self, FileError};

/// The most files and folders of a skill.
pub const MOST_ENTRIES: usize = 10_000;
/// The most bytes of a skill.
pub const MOST_BYTES: u64 = 512 * 1024 * 1024;
/// The deepest nesting of a skill.
pub const DEEPEST: usize = 16;

/// Why a skill was not installed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// There is no such folder, or it holds no `SKILL.md`.
    #[error("{path} is not a folder with a SKILL.md")]
    NoSkill {
        /// What was given.
        path: PathBuf,
    },
    /// The `SKILL.md` can't be read.
    #[error("the skill could not be read")]
    File(#[from] FileError),
    /// The engine would not take it for a skill.
    #[error("OpenCode would not load this skill: {cause}")]
    Invalid {
        /// The `SKILL.md`.
        path: PathBuf,
        /// Why not.
        cause: NotASkill,
    },
    /// Its name can't be a folder's name.
    #[error("“{name}” cannot be the name of a folder")]
    BadName {
        /// The name.
        name: String,
    },
    /// There is something at its place.
    #[error("{path} is there already")]
    Exists {
        /// The place.
        path: PathBuf,
    },
    /// It holds a link.
    #[error("{path} is a link, and a skill must not hold links")]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// It is too large or too deep.
    #[error("the folder is too large for a skill: {what}")]
    TooLarge {
        /// What is too large.
        what: String,
    },
    /// The target lies in the source.
    #[error("the folder {path} holds the place into which it would be copied")]
    IntoItself {
        /// The source.
        path: PathBuf,
    },
    /// The system refused.
    #[error("could not copy {path}")]
    Copy {
        /// What was being copied.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
}

/// A folder that would be a skill.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The folder.
    pub folder: PathBuf,
    /// What its `SKILL.md` says.
    pub skill: SkillText,
}

/// Looks at a folder, or at a `SKILL.md` in it.
pub fn check(source: &Path) -> Result<Candidate, InstallError> {
    let folder = match source.file_name() {
        Some(name) if name == "SKILL.md" => source.parent().unwrap_or(Path::new(".")),
        _ => source,
    };
    let missing = || InstallError::NoSkill { path: source.to_owned() };
    let folder = folder.canonicalize().map_err(|_| missing())?;
    let path = folder.join("SKILL.md");
    let text = file::read(&path)?.ok_or_else(missing)?;
    let skill = frontmatter::skill(&text).map_err(|cause| InstallError::Invalid { path, cause })?;
    Ok(Candidate { folder, skill })
}

/// Copies a skill into a skills folder, under its own name or another; the place where it is now.
pub fn install(source: &Path, skills: &Path, name: Option<&str>) -> Result<PathBuf, InstallError> {
    let candidate = check(source)?;
    let name = name.unwrap_or(&candidate.skill.name);
    if !is_folder_name(name) {
        return Err(InstallError::BadName { name: name.to_owned() });
    }
    let target = skills.join(name);
    if target.symlink_metadata().is_ok() {
        return Err(InstallError::Exists { path: target });
    }
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause| InstallError::Copy { path, cause }
    };
    fs::create_dir_all(skills).map_err(failed(skills))?;
    if skills.canonicalize().map_err(failed(skills))?.starts_with(&candidate.folder) {
        return Err(InstallError::IntoItself { path: candidate.folder });
    }
    // The engine does not look into folders that begin with a dot; renaming makes it whole at once.
    let staging = tempfile::Builder::new().prefix(".rekindle-").tempdir_in(skills).map_err(failed(skills))?;
    let staged = staging.path().join("skill");
    copy(&candidate.folder, &staged, &mut Budget::default(), 0)?;
    fs::rename(&staged, &target).map_err(failed(&target))?;
    Ok(target)
}

fn is_folder_name(name: &str) -> bool {
    let reserved = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];
    !name.trim().is_empty()
        && name.len() <= 200
        && !name.starts_with('.')
        && name.trim() == name
        && !name.chars().any(|c| c.is_control() || reserved.contains(&c))
}

#[derive(Default)]
struct Budget {
    entries: usize,
    bytes: u64,
}

impl Budget {
    fn spend(&mut self, bytes: u64) -> Result<(), InstallError> {
        self.entries += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        let what = if self.entries > MOST_ENTRIES {
            format!("more than {MOST_ENTRIES} files")
        } else if self.bytes > MOST_BYTES {
            format!("more than {} MiB", MOST_BYTES / 1024 / 1024)
        } else {
            return Ok(());
        };
        Err(InstallError::TooLarge { what })
    }
}

fn copy(from: &Path, to: &Path, budget: &mut Budget, depth: usize) -> Result<(), InstallError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause| InstallError::Copy { path, cause }
    };
    if depth > DEEPEST {
        return Err(InstallError::TooLarge { what: format!("folders more than {DEEPEST} deep") });
    }
    fs::create_dir(to).map_err(failed(to))?;
    for entry in fs::read_dir(from).map_err(failed(from))? {
        let entry = entry.map_err(failed(from))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let metadata = path.symlink_metadata().map_err(failed(&path))?;
        if metadata.is_symlink() {
            return Err(InstallError::Link { path });
        }
        if metadata.is_dir() {
            if entry.file_name() == ".git" {
                continue;
            }
            budget.spend(0)?;
            copy(&path, &target, budget, depth + 1)?;
        } else if metadata.is_file() {
            budget.spend(metadata.len())?;
            #[expect(clippy::disallowed_methods, reason = "a copy of the whole file, with its mode")]
            fs::copy(&path, &target).map_err(failed(&path))?;
        }
        // Sockets, pipes and devices are no part of a skill.
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(root: &Path) -> PathBuf {
        let folder = root.join("source 😀");
        fs::create_dir_all(folder.join("scripts")).expect("made");
        fs::write(folder.join("SKILL.md"), "---\nname: git release\n---\nbody").expect("written");
        fs::write(folder.join("scripts/run.sh"), "#!/bin/sh").expect("written");
        folder
    }

    /// P2: a folder becomes a skill, whole, once.
    #[test]
    fn a_folder_is_imported() {
        let root = tempfile::tempdir().expect("a folder");
        let (from, skills) = (source(root.path()), root.path().join("skills"));
        let place = install(&from, &skills, None).expect("installed");
        assert_eq!(place, skills.join("git release"));
        assert_eq!(fs::read_to_string(place.join("scripts/run.sh")).expect("read"), "#!/bin/sh");
        assert!(matches!(install(&from, &skills, None), Err(InstallError::Exists { .. })));
        assert_eq!(fs::read_dir(&skills).expect("listed").count(), 1, "no staging is left");
        install(&from.join("SKILL.md"), &skills, Some("other")).expect("a SKILL.md names its folder");
    }

    /// B10: nothing leaves, nothing escapes.
    #[test]
    fn what_is_no_skill_is_refused() {
        let root = tempfile::tempdir().expect("a folder");
        let (from, skills) = (source(root.path()), root.path().join("skills"));
        for name in ["..", ".", "a/b", "", " ", "a\nb", ".hidden"] {
            assert!(matches!(install(&from, &skills, Some(name)), Err(InstallError::BadName { .. })), "{name:?}");
        }
        assert!(matches!(install(&root.path().join("none"), &skills, None), Err(InstallError::NoSkill { .. })));
        assert!(matches!(install(&from, &from.join("skills"), None), Err(InstallError::IntoItself { .. })));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("/etc/hostname", from.join("link")).expect("linked");
            assert!(matches!(install(&from, &skills, None), Err(InstallError::Link { .. })));
            fs::remove_file(from.join("link")).expect("removed");
        }
        fs::write(from.join("SKILL.md"), "no front matter").expect("written");
        assert!(matches!(install(&from, &skills, None), Err(InstallError::Invalid { .. })));
    }
}
