//! Putting skills in place.
//!
//! Invariants: a skill appears whole or not at all; nothing outside the source folder is copied and
//! nothing outside the target is written; what is there is replaced only if that was said, and if it is known to be nothing
//! but a skill; of a link the file is copied that it leads to, and one that leads out of the folder is refused. What is copied is a new file of ours: of the modes of its source it has what the umask
//! leaves, and nothing that would lend a program somebody's rights.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use rekindle_domain::{EditNotice, EntryFault, UserError, visible};
use walkdir::{DirEntry, WalkDir};

use super::{
    extent::{Extent, extent},
    replace::Replacement,
    steps::Step,
    undo::Undo,
};
use crate::{
    error::{cause, shown},
    files::{
        file::{adopt, adopt_folder, create_dirs, open_plain, rename_new},
        foreign,
        locate::{Places, SkillsOf, real},
    },
    install::{
        candidate::{Candidate, SKILL},
        rules::{self, EntryKind, Rules, followed, refused, refused_entry},
        scratch::Scratch,
    },
};

/// How the name of a folder begins in which a skill is copied.
const STAGED: &str = ".rekindle-new-";

/// Where skills land, and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Landing<'a> {
    /// The name of the folder, for a single one; `None`: that of the skill.
    pub name: Option<&'a str>,
    /// Among whose skills.
    pub to: SkillsOf,
    /// What becomes of what is at the place.
    pub there: There,
}

/// What becomes of what is at the place of a skill that is installed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum There {
    /// It stays, and nothing is installed.
    #[default]
    Stays,
    /// It goes to the trash.
    IsReplaced,
}

/// Skills that are copied and not yet where the engine looks. Dropped, nothing is left of them.
pub(super) struct Staged {
    skills: Vec<OneStaged>,
    // Goes before the folders that were made for it.
    scratch: Scratch,
    made: MadeFolders,
}

/// One of them.
pub(super) struct OneStaged {
    /// The copy.
    pub(super) folder: PathBuf,
    /// Where it will be.
    pub(super) target: PathBuf,
}

/// Folders that were made on the way; dropped, they go. One in which somebody put something stays.
struct MadeFolders(Vec<PathBuf>);

impl Drop for MadeFolders {
    fn drop(&mut self) {
        self.0.iter().rev().for_each(|folder| fs::remove_dir(folder).unwrap_or_default());
    }
}

impl Staged {
    /// Each of them.
    pub(super) fn skills(&self) -> &[OneStaged] {
        &self.skills
    }

    /// What puts them where the engine looks, each whole and at once.
    pub(super) fn steps(&self, places: &Places) -> Result<Vec<Step<'_>>, UserError> {
        let base = self.scratch.path().parent().unwrap_or(Path::new("/"));
        let step = |one: &'_ OneStaged| -> Result<Undo, UserError> {
            Ok(match is_there(&one.target) {
                true => Undo::Replaced(Replacement::of(places, &one.target, &one.folder, base)?),
                false => Undo::of_folder(&one.target, &one.folder),
            })
        };
        self.skills.iter().map(|one| step(one).map(|undo| one.step(undo))).collect()
    }

    /// They are where the engine looks; their places.
    pub(super) fn landed(mut self) -> Vec<PathBuf> {
        self.made.0.clear();
        self.skills.iter().map(|one| one.target.clone()).collect()
    }
}

impl OneStaged {
    fn step(&self, undo: Undo) -> Step<'_> {
        let replacement = if let Undo::Replaced(replacement) = &undo { Some(replacement.clone()) } else { None };
        Step::new(undo, move || match replacement {
            Some(replacement) => replacement.put_in_place(&self.folder),
            None => match rename_new(&self.folder, &self.target) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(there(&self.target)),
                renamed => renamed.map_err(failed(&self.target)),
            },
        })
    }
}

/// Copies skills beside their places in a skills folder, each under its own name or, if it is a single one, another.
pub(super) fn stage(
    places: &Places,
    candidates: &[Candidate],
    skills: &Path,
    landing: &Landing,
) -> Result<Staged, UserError> {
    let made = MadeFolders(create_dirs(skills).map_err(failed(skills))?);
    // The engine does not look into folders of its own that begin with a dot; into those of others it does.
    let is_own = landing.to == SkillsOf::OpenCode;
    let base = if is_own { skills } else { skills.parent().unwrap_or(skills) };
    // Renaming makes them whole at once.
    let scratch = Scratch::new(places, base, STAGED).map_err(failed(skills))?;
    let mut staged = Staged { skills: Vec::new(), scratch, made };
    for (number, candidate) in candidates.iter().enumerate() {
        let name = landing.name.unwrap_or(&candidate.skill.name);
        check_place(places, candidate, skills, name, landing.there)?;
        let (folder, target) = (staged.scratch.path().join(number.to_string()), skills.join(name));
        copy(&candidate.folder, &folder)?;
        staged.skills.push(OneStaged { folder, target });
    }
    Ok(staged)
}

/// Copies a folder beside that of a skill, in whose place it is to be.
pub(super) fn stage_update(places: &Places, place: &Path, from: &Path) -> Result<Staged, UserError> {
    let skills = place.parent().unwrap_or(place);
    // The engine does not look into folders of its own that begin with a dot; into those of others it does.
    let has_hidden = places.skill_folders().iter().any(|root| root.has_hidden && root.path == skills);
    let base = if has_hidden { skills.parent().unwrap_or(skills) } else { skills };
    let scratch = Scratch::new(places, base, STAGED).map_err(failed(skills))?;
    let folder = scratch.path().join("0");
    copy(from, &folder)?;
    let skills = vec![OneStaged { folder, target: place.to_owned() }];
    Ok(Staged { skills, scratch, made: MadeFolders(Vec::new()) })
}

/// Copies one file or link from one folder to the same place in another one.
pub(super) fn copy_one(from: &Path, below: &Path, to: &Path) -> Result<(), UserError> {
    let (source, target) = (from.join(below), to.join(below));
    let metadata = source.symlink_metadata().map_err(failed(&source))?;
    if metadata.is_symlink() {
        return copy_link(from, below, &target, &mut Rules::default());
    }
    create_dirs(target.parent().unwrap_or(to)).map_err(failed(&target))?;
    if target.symlink_metadata().is_ok() {
        fs::remove_file(&target).map_err(failed(&target))?;
    }
    match copy_file(&source, &target, metadata.len()).map_err(failed(&source))? {
        true => Ok(()),
        false => Err(refused(EditNotice::SkillChanged { path: shown(&source) })),
    }
}

/// Whether a skill can land in a folder of skills under this name.
pub(crate) fn check_place(
    places: &Places,
    candidate: &Candidate,
    skills: &Path,
    name: &str,
    what_is_there: There,
) -> Result<(), UserError> {
    if !is_folder_name(name) {
        return Err(refused(EditNotice::BadFolderName { name: visible(name).into_owned() }));
    }
    let target = skills.join(name);
    let is_in = |place: &Path| real(place).starts_with(&candidate.folder) || candidate.folder.starts_with(real(place));
    if real(skills).starts_with(&candidate.folder) || is_there(&target) && is_in(&target) {
        return Err(refused(EditNotice::SkillIntoItself { path: shown(&candidate.folder) }));
    }
    match what_is_there {
        _ if !is_there(&target) => Ok(()),
        There::Stays => Err(there(&target)),
        There::IsReplaced => may_go(places, &target),
    }
}

/// Whether what is at a place is known to be nothing but a skill.
pub(super) fn may_go(places: &Places, place: &Path) -> Result<(), UserError> {
    match extent(places, &place.join(SKILL)) {
        Extent::Folder => Ok(()),
        Extent::File | Extent::Nothing(_) => {
            Err(refused(EditNotice::SkillNotReplaced { path: shown(place) }).about(shown(place)))
        }
    }
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// What it is called when the system refuses to copy something.
fn failed(path: &Path) -> impl Fn(io::Error) -> UserError {
    let path = shown(path);
    move |error| refused(EditNotice::SkillNotCopied { path: path.clone(), why: cause(&error) })
}

fn there(target: &Path) -> UserError {
    refused(EditNotice::SkillThere { path: shown(target) })
}

fn is_folder_name(name: &str) -> bool {
    // One that begins with a dot is none that the engine looks into.
    name.len() <= 200 && !name.starts_with(['.', ' ']) && !name.contains('/') && rules::check_name(name).is_ok()
}

pub(super) fn copy(from: &Path, to: &Path) -> Result<(), UserError> {
    let mut rules = Rules::default();
    let is_git = |entry: &DirEntry| entry.file_type().is_dir() && entry.file_name() == ".git";
    let entries = WalkDir::new(from).into_iter().filter_entry(|entry| entry.depth() == 0 || !is_git(entry));
    for entry in entries {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(from).to_owned();
            failed(&path)(error.into_io_error().unwrap_or_else(|| io::Error::other("a loop of links")))
        })?;
        let (path, kind) = (entry.path(), entry.file_type());
        let below = path.strip_prefix(from).unwrap_or(path);
        let Some(name) = below.to_str() else {
            return Err(refused_entry(&below.to_string_lossy(), EntryFault::BadName));
        };
        let target = if name.is_empty() { to.to_owned() } else { to.join(below) };
        if !name.is_empty() && (kind.is_dir() || kind.is_file() || kind.is_symlink()) {
            rules.admit(name, if kind.is_dir() { EntryKind::Folder } else { EntryKind::Other })?;
        }
        if kind.is_symlink() {
            copy_link(from, below, &target, &mut rules)?;
        } else if kind.is_dir() {
            fs::create_dir(&target).map_err(failed(&target))?;
            adopt_folder(&target);
        } else if kind.is_file() {
            let length = path.symlink_metadata().map_err(failed(path))?.len();
            rules.spend(length)?;
            if !copy_file(path, &target, length).map_err(failed(path))? {
                return Err(refused(EditNotice::SkillChanged { path: shown(path) }));
            }
        }
        // Sockets, pipes and devices are no part of a skill.
    }
    Ok(())
}

/// Copies what a link leads to, if that is a file of the same folder: the copy depends on nothing else.
fn copy_link(from: &Path, link: &Path, target: &Path, rules: &mut Rules) -> Result<(), UserError> {
    let path = from.join(link);
    let leads = fs::read_link(&path).map_err(failed(&path))?;
    let leaves = || refused_entry(&link.to_string_lossy(), EntryFault::Link { to: shown(&leads) });
    let file = leads.to_str().and_then(|leads| followed(link, leads)).map(|file| from.join(file)).ok_or_else(leaves)?;
    let metadata = file.symlink_metadata().ok().filter(fs::Metadata::is_file).ok_or_else(leaves)?;
    // A folder on the way to it may be a link, too.
    if real(&file) != real(from).join(file.strip_prefix(from).unwrap_or(&file)) {
        return Err(leaves());
    }
    rules.spend(metadata.len())?;
    match copy_file(&file, target, metadata.len()).map_err(failed(&path))? {
        true => Ok(()),
        false => Err(refused(EditNotice::SkillChanged { path: shown(&file) })),
    }
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
    use rekindle_domain::{InstallNotice, Notice};

    use super::*;
    use crate::{
        edit::{record::Records, steps},
        install::candidate::check,
    };

    fn install(source: &Path, skills: &Path, name: Option<&str>) -> Result<PathBuf, UserError> {
        let mut places = Places::of(skills.parent().expect("a folder")).expect("places");
        places.common_state = skills.with_file_name("state");
        places.state = skills.with_file_name("state");
        let staged = stage(&places, &[check(source)?], skills, &Landing { name, ..Landing::default() })?;
        let steps = staged.steps(&places)?;
        steps::carry_out(&Records::open(&places)?, &places, steps)?;
        Ok(staged.landed().remove(0))
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
        for name in ["..", ".", "a/b", "", " ", "a\nb", ".hidden", "aux", "x."] {
            assert!(matches!(refusal(&from, &skills, Some(name)), EditNotice::BadFolderName { .. }), "{name:?}");
        }
        fs::write(root.path().join("outside"), "").expect("written");
        let nowhere = root.path().join("none");
        assert!(matches!(refusal(&nowhere, &skills, None), EditNotice::NoSkillFolder { .. }));
        assert!(matches!(refusal(&from, &from.join("skills"), None), EditNotice::SkillIntoItself { .. }));
        #[cfg(unix)]
        {
            for leads in ["/etc/hostname", "../outside", "nowhere", "scripts"] {
                std::os::unix::fs::symlink(leads, from.join("link")).expect("linked");
                let error = install(&from, &skills, None).expect_err("refused");
                let why = EntryFault::Link { to: leads.to_owned() };
                assert_eq!(error.what, InstallNotice::EntryRefused { entry: "link".to_owned(), why });
                fs::remove_file(from.join("link")).expect("removed");
            }
        }
        fs::write(from.join("SKILL.md"), "no front matter").expect("written");
        assert!(matches!(refusal(&from, &skills, None), EditNotice::SkillWouldNotLoad { .. }));
    }
}
