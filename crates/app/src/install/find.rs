//! Which skills a folder holds.

use std::path::{Path, PathBuf};

use rekindle_domain::{EditNotice, InstallNotice, UserError};
use walkdir::WalkDir;

use super::{
    candidate::{Candidate, SKILL, check},
    rules::{DEEPEST, MOST_ENTRIES, refused},
    several,
};

/// What is in a folder.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Its skills, by their names.
    pub(crate) skills: Vec<Candidate>,
    /// Those that the engine would not load: the name of the folder, and why.
    pub(crate) broken: Vec<(String, UserError)>,
}

/// The skills of a folder: each folder with a `SKILL.md`. One that is in another skill is part of that, unless skills are
/// named. Of two that have the same name the one counts that is not in a hidden folder, or less deep: some repositories hold
/// a copy for each tool.
pub(crate) fn find(folder: &Path, names: &[String]) -> Result<Found, UserError> {
    let mut found = Found::default();
    for place in places(folder, names.is_empty())? {
        match check(&place) {
            Ok(skill) if found.skills.iter().any(|other| other.skill.name == skill.skill.name) => {}
            Ok(skill) => found.skills.push(skill),
            Err(error) => {
                let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let shown = place.strip_prefix(folder).unwrap_or(&place).join(SKILL).display().to_string();
                found.broken.push((name, error.about(shown)));
            }
        }
    }
    found.skills.sort_by(|one, other| one.skill.name.cmp(&other.skill.name));
    match found.skills.is_empty() && found.broken.is_empty() {
        true => Err(refused(InstallNotice::NoSkills)),
        false => Ok(found),
    }
}

/// The folders with a `SKILL.md`, the plainest places first; only the outermost ones, if that is asked for.
fn places(folder: &Path, is_outermost: bool) -> Result<Vec<PathBuf>, UserError> {
    /// How many entries are looked at.
    const MOST: usize = 20 * MOST_ENTRIES;
    let mut places = Vec::new();
    let mut walk = WalkDir::new(folder).max_depth(DEEPEST).sort_by_file_name().into_iter();
    let mut seen = 0;
    while let Some(entry) = walk.next() {
        seen += 1;
        if seen > MOST {
            return Err(refused(EditNotice::SkillTooManyFiles { most: MOST }));
        }
        let Ok(entry) = entry else { continue };
        if !entry.file_type().is_dir() {
            continue;
        }
        let is_left_out = entry.depth() > 0 && matches!(entry.file_name().to_str(), Some(".git" | "node_modules"));
        let is_skill = !is_left_out && entry.path().join(SKILL).is_file();
        if is_skill {
            places.push(entry.path().to_owned());
        }
        if is_left_out || is_skill && is_outermost {
            walk.skip_current_dir();
        }
    }
    let is_hidden = |place: &Path| {
        let below = place.strip_prefix(folder).unwrap_or(place);
        below.components().any(|part| part.as_os_str().to_string_lossy().starts_with('.'))
    };
    places.sort_by_key(|place| (is_hidden(place), place.components().count()));
    Ok(places)
}

/// Those that are meant: by the name that they say, or that of their folder. What would not load is an error where it was
/// named, or nothing else is there.
pub(crate) fn chosen(found: Found, names: &[String], all: All) -> Result<Vec<Candidate>, UserError> {
    let Found { skills, mut broken } = found;
    let all_names = || skills.iter().map(|skill| skill.skill.name.clone()).collect::<Vec<_>>();
    if skills.is_empty() && !broken.is_empty() {
        return Err(broken.remove(0).1);
    }
    if names.is_empty() {
        return match (skills.len(), all) {
            (1, _) | (_, All::Wanted) => Ok(skills),
            _ => Err(several(all_names())),
        };
    }
    let is = |skill: &Candidate, name: &str| {
        skill.skill.name == name || skill.folder.file_name().is_some_and(|folder| folder == name)
    };
    if let Some(name) = names.iter().find(|name| !skills.iter().any(|skill| is(skill, name))) {
        let named = broken.into_iter().find(|(folder, _)| folder == name).map(|(_, error)| error);
        let none = || refused(InstallNotice::NoSuchSkill { name: name.clone(), names: all_names() });
        return Err(named.unwrap_or_else(none));
    }
    Ok(skills.into_iter().filter(|skill| names.iter().any(|name| is(skill, name))).collect())
}

/// Whether all skills of a source are meant when none is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum All {
    /// They are.
    Wanted,
    /// One must be named, if there are several.
    NotWanted,
}
