//! From what was pasted to skills that can be put in place: the source is fetched into a folder of ours, and what is in it is
//! found. Nothing of it is run, and nothing is put where the engine looks (`edit` does that).

mod archive;
pub mod candidate;
mod find;
mod git;
pub(crate) mod rules;
pub(crate) mod scratch;
mod writer;

use std::{fs, path::Path};

use rekindle_domain::{EditNotice, ErrorCode, InstallNotice, Scope, UserError};
use rekindle_sources::{Origin, Pasted, paste};

pub use self::find::All;
use self::{
    candidate::{Candidate, SKILL, check},
    find::Found,
    rules::refused,
    scratch::Scratch,
};
use crate::{
    error::{cause, shown},
    files::{file::create_private_dir, locate::Places},
};

/// What a person wants to install.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// What was pasted.
    pub source: &'a str,
    /// For which projects; `None`: as the source says, or for this one.
    pub scope: Option<Scope>,
    /// The names of the skills that are meant, beside those that the source names.
    pub skills: &'a [String],
    /// Whether all are meant when none is named.
    pub all: All,
}

/// What a source brought.
#[derive(Debug)]
pub struct Fetched {
    /// The skills that are meant.
    pub skills: Vec<Candidate>,
    /// For which projects.
    pub scope: Scope,
    /// The commit that they are from, if they are from a repository.
    pub commit: Option<String>,
    /// What a command of another tool asked for and is not done here.
    pub left_out: Vec<String>,
    /// What else is in the source, and the engine would not load: why, with its path in the source.
    pub broken: Vec<UserError>,
    /// What was fetched; it goes when this does.
    _fetched: Option<Scratch>,
}

/// Fetches a source, and finds the skills that are meant.
pub fn fetch(places: &Places, wanted: &Wanted) -> Result<Fetched, UserError> {
    let here = |path: &str| places.directory.join(places.expanded(path));
    let pasted = paste(wanted.source, |path| here(path).symlink_metadata().is_ok());
    let Pasted { source, scope, left_out } = pasted.map_err(|why| UserError::new(ErrorCode::BadSource, why))?;
    let names: Vec<_> = source.skills.iter().chain(wanted.skills).cloned().collect();
    let (mut commit, mut fetched) = (None, None);
    let found = match &source.origin {
        Origin::Local(path) => {
            let path = here(path);
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() || path.ends_with(SKILL) => local(&path)?,
                Ok(_) => {
                    let folder = fetched.insert(scratch(places)?).path().join("skills");
                    if !archive::unpack(&path, &folder)? {
                        return Err(refused(InstallNotice::NoArchive { path: shown(&path) }));
                    }
                    find::find(&folder)?
                }
                Err(_) => return Err(refused(InstallNotice::SourceMissing { path: shown(&path) })),
            }
        }
        Origin::Git(git) => {
            let scratch = fetched.insert(scratch(places)?).path().to_owned();
            let (repository, folder) = (scratch.join("repository"), scratch.join("skills"));
            fs::create_dir(&repository).map_err(not_made(&repository))?;
            commit = Some(git::fetch(git, &names, &repository, &folder)?);
            find::find(&folder)?
        }
        Origin::Npm(_) | Origin::Web(_) => {
            let text = wanted.source.trim().to_owned();
            return Err(UserError::new(ErrorCode::NotFetched, InstallNotice::SourceNotFetched { text }));
        }
    };
    let broken = found.broken.iter().map(|(_, error)| error.clone()).collect();
    Ok(Fetched {
        skills: find::chosen(found, &names, wanted.all)?,
        scope: wanted.scope.or(scope).unwrap_or(Scope::Project),
        commit,
        left_out,
        broken,
        _fetched: fetched,
    })
}

/// The skill of a folder on this machine, or those in it.
fn local(path: &Path) -> Result<Found, UserError> {
    let is_skill = path.ends_with(SKILL) || path.join(SKILL).symlink_metadata().is_ok();
    let none = |error: UserError| match error.what == InstallNotice::NoSkills {
        true => refused(EditNotice::NoSkillFolder { path: shown(path) }),
        false => error,
    };
    if is_skill {
        return Ok(Found { skills: vec![check(path)?], broken: Vec::new() });
    }
    find::find(path).map_err(none)
}

/// A folder of ours for what is fetched.
fn scratch(places: &Places) -> Result<Scratch, UserError> {
    let folder = places.common_state.join("fetched");
    create_private_dir(&folder).map_err(not_made(&folder))?;
    Scratch::new(places, &folder, "").map_err(not_made(&folder))
}

fn not_made(path: &Path) -> impl Fn(std::io::Error) -> UserError {
    let path = shown(path);
    move |error| refused(EditNotice::SkillNotCopied { path: path.clone(), why: cause(&error) })
}

#[cfg(test)]
mod tests;
