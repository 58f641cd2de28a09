//! Putting a skill's folder in place, and checking one before it is.
//!
//! Invariants: a skill appears whole or not at all; nothing outside the source folder is copied and
//! nothing outside the target is written; links are refused, because what they point to is not part
//! of the folder. What is copied is a new file of ours: of the modes of its source it has what the umask
//! leaves, and nothing that would lend a program somebody's rights.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use rekindle_domain::{EditNotice, ErrorCode, UserError, visible};
use rekindle_opencode::skill::frontmatter::{self, NotASkill, SkillText};
use walkdir::{DirEntry, WalkDir};

use crate::{
    error::{cause, shown},
    files::{
        file::{self, adopt, adopt_folder, create_dirs, open_plain, rename_new},
        foreign,
        locate::real,
    },
};

/// The most files and folders of a skill.
pub const MOST_ENTRIES: usize = 10_000;
/// The most bytes of a skill.
pub const MOST_BYTES: u64 = 512 * 1024 * 1024;
/// The deepest nesting of a skill.
pub const DEEPEST: usize = 16;

/// The error of a skill that is not installed: nothing was changed.
fn refused(why: EditNotice) -> UserError {
    UserError::new(ErrorCode::NotInstalled, why)
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
pub fn check(source: &Path) -> Result<Candidate, UserError> {
    let folder = match source.file_name() {
        Some(name) if name == "SKILL.md" => source.parent().unwrap_or(Path::new(".")),
        _ => source,
    };
    let missing = || refused(EditNotice::NoSkillFolder { path: shown(source) });
    let folder = folder.canonicalize().map_err(|_| missing())?;
    let path = folder.join("SKILL.md");
    let read = file::read(&path);
    let text = read.map_err(|error| refused(EditNotice::SkillNotRead { why: Box::new(error.what) }))?;
    let text = text.ok_or_else(missing)?;
    let skill = frontmatter::skill(&text).map_err(|error| {
        let why = Box::new(error.notice().into());
        refused(match error {
            NotASkill::NotRead(_) => EditNotice::SkillNotKnown { why },
            _ => EditNotice::SkillWouldNotLoad { why },
        })
    })?;
    Ok(Candidate { folder, skill })
}

/// A skill that is copied and not yet where the engine looks. Dropped, nothing is left of it.
pub struct Staged {
    staging: tempfile::TempDir,
    target: PathBuf,
    made: Vec<PathBuf>,
}

impl Staged {
    /// The copy.
    pub fn folder(&self) -> PathBuf {
        self.staging.path().join("skill")
    }

    /// Where it will be.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Puts it where the engine looks, whole and at once; the place.
    pub fn put_in_place(mut self) -> Result<PathBuf, UserError> {
        let target = self.target.clone();
        match rename_new(&self.folder(), &target) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(is_there(&target));
            }
            renamed => renamed.map_err(failed(&target))?,
        }
        self.made.clear();
        Ok(target)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // The folder of the copy goes when this does; those above it that were made for it only then.
        if let Err(error) = fs::remove_dir_all(self.staging.path()) {
            tracing::debug!(%error, "what was staged");
        }
        remove_made(&self.made);
    }
}

fn remove_made(made: &[PathBuf]) {
    // One in which somebody put something stays.
    made.iter().rev().for_each(|folder| fs::remove_dir(folder).unwrap_or_default());
}

/// Copies a skill beside the place in a skills folder where it is to be, under its own name or another.
pub fn stage(source: &Path, skills: &Path, name: Option<&str>) -> Result<Staged, UserError> {
    let candidate = check(source)?;
    let name = name.unwrap_or(&candidate.skill.name);
    if !is_folder_name(name) {
        return Err(refused(EditNotice::BadFolderName { name: visible(name).into_owned() }));
    }
    let target = skills.join(name);
    if target.symlink_metadata().is_ok() {
        return Err(is_there(&target));
    }
    if real(skills).starts_with(&candidate.folder) {
        return Err(refused(EditNotice::SkillIntoItself { path: shown(&candidate.folder) }));
    }
    let made = create_dirs(skills).map_err(failed(skills))?;
    // The engine does not look into folders that begin with a dot; renaming makes it whole at once.
    let staging = match tempfile::Builder::new().prefix(".rekindle-").tempdir_in(skills) {
        Ok(staging) => staging,
        Err(error) => {
            remove_made(&made);
            return Err(failed(skills)(error));
        }
    };
    adopt_folder(staging.path());
    let staged = Staged { staging, target, made };
    copy(&candidate.folder, &staged.folder(), &mut Budget::default())?;
    Ok(staged)
}

/// What it is called when the system refuses to copy something.
fn failed(path: &Path) -> impl Fn(io::Error) -> UserError {
    let path = shown(path);
    move |error| refused(EditNotice::SkillNotCopied { path: path.clone(), why: cause(&error) })
}

fn is_there(target: &Path) -> UserError {
    refused(EditNotice::SkillThere { path: shown(target) })
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
    fn spend(&mut self, bytes: u64) -> Result<(), UserError> {
        self.entries += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        if self.entries > MOST_ENTRIES {
            return Err(refused(EditNotice::SkillTooManyFiles { most: MOST_ENTRIES }));
        }
        if self.bytes > MOST_BYTES {
            return Err(refused(EditNotice::SkillTooLarge { mebibytes: MOST_BYTES / 1024 / 1024 }));
        }
        Ok(())
    }
}

fn copy(from: &Path, to: &Path, budget: &mut Budget) -> Result<(), UserError> {
    let is_git = |entry: &DirEntry| entry.file_type().is_dir() && entry.file_name() == ".git";
    let entries = WalkDir::new(from).into_iter().filter_entry(|entry| entry.depth() == 0 || !is_git(entry));
    for entry in entries {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(from).to_owned();
            failed(&path)(error.into_io_error().unwrap_or_else(|| io::Error::other("a loop of links")))
        })?;
        let path = entry.path();
        let below = path.strip_prefix(from).unwrap_or(path);
        let target = if entry.depth() == 0 { to.to_owned() } else { to.join(below) };
        let kind = entry.file_type();
        if kind.is_symlink() {
            return Err(refused(EditNotice::SkillHasLink { path: shown(path) }));
        }
        if kind.is_dir() {
            if entry.depth() > DEEPEST {
                return Err(refused(EditNotice::SkillTooDeep { most: DEEPEST }));
            }
            if entry.depth() > 0 {
                budget.spend(0)?;
            }
            fs::create_dir(&target).map_err(failed(&target))?;
            adopt_folder(&target);
        } else if kind.is_file() {
            let length = path.symlink_metadata().map_err(failed(path))?.len();
            budget.spend(length)?;
            if !copy_file(path, &target, length).map_err(failed(path))? {
                return Err(refused(EditNotice::SkillChanged { path: shown(path) }));
            }
        }
        // Sockets, pipes and devices are no part of a skill.
    }
    Ok(())
}

/// Copies a file of this size; false when it is none of this size any more.
fn copy_file(from: &Path, to: &Path, bytes: u64) -> io::Result<bool> {
    let source = open_plain(from)?;
    let metadata = source.metadata()?;
    if !metadata.is_file() {
        return Ok(false);
    }
    let mut copy = create_like(to, &metadata)?;
    adopt(&copy, to);
    let copied = io::copy(&mut source.take(bytes.saturating_add(1)), &mut copy)?;
    Ok(copied == bytes)
}

/// A new file whose mode is what the umask leaves of another one's.
#[cfg(unix)]
fn create_like(path: &Path, other: &fs::Metadata) -> io::Result<File> {
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
    // Whoever owns it has to be able to read and to remove it.
    let mode = other.mode() & 0o777 | 0o600;
    foreign::open_with(path, fs::OpenOptions::new().write(true).create_new(true).mode(mode))
}

#[cfg(not(unix))]
fn create_like(path: &Path, _other: &fs::Metadata) -> io::Result<File> {
    foreign::open_with(path, fs::OpenOptions::new().write(true).create_new(true))
}

#[cfg(test)]
mod tests {
    use rekindle_domain::Notice;

    use super::*;

    fn install(source: &Path, skills: &Path, name: Option<&str>) -> Result<PathBuf, UserError> {
        stage(source, skills, name)?.put_in_place()
    }

    fn refusal(source: &Path, skills: &Path, name: Option<&str>) -> EditNotice {
        match install(source, skills, name).expect_err("refused").what {
            Notice::Edit(why) => why,
            other => panic!("{other:?}"),
        }
    }

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
        assert!(matches!(refusal(&from, &skills, None), EditNotice::SkillThere { .. }));
        assert_eq!(fs::read_dir(&skills).expect("listed").count(), 1, "no staging is left");
        install(&from.join("SKILL.md"), &skills, Some("other")).expect("a SKILL.md names its folder");
    }

    /// B10: nothing leaves, nothing escapes.
    #[test]
    fn what_is_no_skill_is_refused() {
        let root = tempfile::tempdir().expect("a folder");
        let (from, skills) = (source(root.path()), root.path().join("skills"));
        for name in ["..", ".", "a/b", "", " ", "a\nb", ".hidden"] {
            assert!(matches!(refusal(&from, &skills, Some(name)), EditNotice::BadFolderName { .. }), "{name:?}");
        }
        let nowhere = root.path().join("none");
        assert!(matches!(refusal(&nowhere, &skills, None), EditNotice::NoSkillFolder { .. }));
        assert!(matches!(refusal(&from, &from.join("skills"), None), EditNotice::SkillIntoItself { .. }));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("/etc/hostname", from.join("link")).expect("linked");
            assert!(matches!(refusal(&from, &skills, None), EditNotice::SkillHasLink { .. }));
            fs::remove_file(from.join("link")).expect("removed");
        }
        fs::write(from.join("SKILL.md"), "no front matter").expect("written");
        assert!(matches!(refusal(&from, &skills, None), EditNotice::SkillWouldNotLoad { .. }));
    }
}
