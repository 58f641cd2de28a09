//! From what was pasted to skills that can be put in place: the source is fetched into a folder of ours, and what is in it is
//! found. Nothing of it is run, and nothing is put where the engine looks (`edit` does that).

mod archive;
pub mod candidate;
mod find;
mod git;
pub(crate) mod npm;
pub(crate) mod preview;
pub(crate) mod registry;
pub(crate) mod rules;
pub(crate) mod scratch;
mod site;
mod tool;
pub(crate) mod tree;
mod web;
mod writer;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use rekindle_domain::{EditNotice, ErrorCode, InstallNotice, Notice, PreviewSource, Scope, UserError, masked_text};
use rekindle_sources::{
    Folder, Git, Origin, Pasted, Source,
    lock::{Locked, Ours},
    paste,
};

pub(crate) use self::preview::{LONGEST, hidden_in};
use self::{
    candidate::{Candidate, SKILL, check},
    find::Found,
    rules::refused,
    scratch::Scratch,
    writer::Writer,
};
pub use self::{
    find::All,
    preview::{findings, preview, text_of},
    tool::Stop,
};
use crate::{
    error::{cause, shown},
    files::{
        file::{self, create_private_dir},
        locate::{Places, real},
    },
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
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The skills that are meant.
    pub skills: Vec<Candidate>,
    /// For which projects.
    pub scope: Scope,
    /// Where they are from.
    pub source: PreviewSource,
    /// What a command of another tool asked for and is not done here.
    pub left_out: Vec<String>,
    /// What else is in the source, and the engine would not load: why, with its path in the source.
    pub broken: Vec<UserError>,
    /// The source, with the revision that it turned out to be.
    origin: Origin,
    /// The folder that stands for the whole of it.
    top: PathBuf,
    /// What was fetched; it goes with the last that holds it.
    _fetched: Option<Arc<Scratch>>,
}

impl Fetched {
    /// Where one of its skills is from.
    pub(crate) fn from(&self, candidate: &Candidate) -> Locked {
        let below = candidate.folder.strip_prefix(real(&self.top)).ok().map(|below| below.join(SKILL));
        let path = below
            .map(|path| path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"));
        let mut locked = Locked::of(&self.origin, path);
        locked.ours = Some(Ours { resolved: self.source.resolved.clone(), ..Ours::default() });
        locked
    }
}

/// It is not known where a skill is from.
pub(crate) fn no_source(name: &str) -> UserError {
    UserError::new(ErrorCode::NotFound, InstallNotice::NoSource { name: name.to_owned() })
}

/// A name is for a single skill.
pub(crate) fn only_one(fetched: &Fetched, name: Option<&str>) -> Result<(), UserError> {
    let names = || fetched.skills.iter().map(|skill| skill.skill.name.clone()).collect();
    match name.is_some() && fetched.skills.len() > 1 {
        true => Err(several(names())),
        false => Ok(()),
    }
}

/// There are several, and it was not said which.
fn several(names: Vec<String>) -> UserError {
    UserError::new(ErrorCode::SeveralSkills, InstallNotice::SeveralSkills { names })
}

/// Fetches a source, and finds the skills that are meant.
pub fn fetch(places: &Places, wanted: &Wanted) -> Result<Fetched, UserError> {
    fetch_until(places, wanted, &Stop::default())
}

/// The same, unless nobody wants it any more.
pub fn fetch_until(places: &Places, wanted: &Wanted, stop: &Stop) -> Result<Fetched, UserError> {
    let here = |path: &str| places.directory.join(places.expanded(path));
    let pasted = paste(wanted.source, |path| here(path).symlink_metadata().is_ok());
    let Pasted { source, scope, left_out } = pasted.map_err(|why| UserError::new(ErrorCode::BadSource, why))?;
    let names: Vec<_> = source.skills.iter().chain(wanted.skills).cloned().collect();
    let given = masked_text(wanted.source.trim());
    let fetched = bring(places, source.origin, &names, wanted.all, given, stop)?;
    Ok(Fetched { scope: wanted.scope.or(scope).unwrap_or(Scope::Project), left_out, ..fetched })
}

/// Fetches the skill of a source that was installed before. One that is known by its folder may have another name by now; one
/// that is not there any more may be in another folder.
pub(crate) fn fetch_again(places: &Places, source: &Source, given: &str) -> Result<Fetched, UserError> {
    let stop = Stop::default();
    let bring =
        |origin: Origin, names: &[String]| bring(places, origin, names, All::NotWanted, masked_text(given), &stop);
    let Origin::Git(git) = &source.origin else { return bring(source.origin.clone(), &source.skills) };
    if git.folder.is_whole() {
        return bring(source.origin.clone(), &source.skills);
    }
    bring(source.origin.clone(), &[]).or_else(|error| match error.what {
        Notice::Install(InstallNotice::NoSuchFolder { .. } | InstallNotice::NoSkills) => {
            bring(Origin::Git(Git { folder: Folder::default(), ..git.clone() }), &source.skills)
        }
        _ => Err(error),
    })
}

fn bring(
    places: &Places,
    origin: Origin,
    names: &[String],
    all: All,
    given: String,
    stop: &Stop,
) -> Result<Fetched, UserError> {
    let mut brought = Brought::default();
    let (found, top, origin) = match origin {
        Origin::Local(path) => {
            let path = places.directory.join(places.expanded(&path));
            (brought.local(places, &path, names)?, path.clone(), Origin::Local(shown(&path)))
        }
        Origin::Git(git) => {
            let scratch = brought.scratch(places)?;
            let (repository, folder) = (scratch.join("repository"), scratch.join("skills"));
            fs::create_dir(&repository).map_err(not_made(&repository))?;
            let (commit, revision) = git::fetch(&git, names, &repository, &folder, stop)?;
            brought.resolved = Some(commit);
            (find::find(&folder, names)?, folder, Origin::Git(Git { revision, ..git }))
        }
        Origin::Npm(package) => {
            let scratch = brought.scratch(places)?;
            let folder = scratch.join("skills");
            brought.resolved = Some(npm::fetch(&package, &scratch, &folder, stop)?);
            (find::find(&folder, names)?, folder, Origin::Npm(package))
        }
        Origin::Web(address) => {
            let scratch = brought.scratch(places)?;
            let folder = scratch.join("skills");
            let site = site::Asked { address: &address, names, all, scratch: &scratch, stop };
            let came = site.fetch(&folder)?;
            (brought.resolved, brought.digest) = (came.resolved, came.digest);
            let mut found = match find::find(&folder, names) {
                Err(none) if none.what == InstallNotice::NoSkills && !came.broken.is_empty() => Found::default(),
                found => found?,
            };
            found.broken.extend(came.broken);
            (found, folder, Origin::Web(address))
        }
    };
    // Of what nobody asked for nothing is said.
    let broken = found.broken.iter().filter(|_| names.is_empty()).map(|(_, error)| error.clone()).collect();
    Ok(Fetched {
        skills: find::chosen(found, names, all)?,
        scope: Scope::Project,
        source: PreviewSource { given, resolved: brought.resolved, digest: brought.digest },
        left_out: Vec::new(),
        broken,
        origin,
        top,
        _fetched: brought.fetched.map(Arc::new),
    })
}

/// A folder of ours, for what does not stay.
pub(crate) fn scratch(places: &Places) -> Result<Scratch, UserError> {
    let folder = places.common_state.join("fetched");
    create_private_dir(&folder).map_err(not_made(&folder))?;
    Scratch::new(places, &folder, "").map_err(not_made(&folder))
}

/// What a source brought, and where it is.
#[derive(Default)]
struct Brought {
    resolved: Option<String>,
    digest: Option<String>,
    fetched: Option<Scratch>,
}

impl Brought {
    /// A folder of ours for it.
    fn scratch(&mut self, places: &Places) -> Result<PathBuf, UserError> {
        Ok(self.fetched.insert(scratch(places)?).path().to_owned())
    }

    /// The skill of a path on this machine, or those in it.
    fn local(&mut self, places: &Places, path: &Path, names: &[String]) -> Result<Found, UserError> {
        let metadata = fs::metadata(path).map_err(|_| refused(InstallNotice::SourceMissing { path: shown(path) }))?;
        let is_skill = metadata.is_dir() && names.is_empty() && path.join(SKILL).symlink_metadata().is_ok();
        if path.ends_with(SKILL) || is_skill {
            return Ok(Found { skills: vec![check(path)?], broken: Vec::new() });
        }
        if metadata.is_dir() {
            let none = |error: UserError| match error.what == InstallNotice::NoSkills {
                true => refused(EditNotice::NoSkillFolder { path: shown(path) }),
                false => error,
            };
            return find::find(path, names).map_err(none);
        }
        let folder = self.scratch(places)?.join("skills");
        // What a link leads to is meant.
        let file = path.canonicalize().map_err(not_made(path))?;
        read_file(&file, &folder, &shown(path), names)
    }
}

/// The skills of a file: an archive, or a `SKILL.md`, which is unfolded into a folder. `name`: how it is told.
fn read_file(path: &Path, folder: &Path, name: &str, names: &[String]) -> Result<Found, UserError> {
    match unfold(path, folder)? {
        true => find::find(folder, names),
        false => Err(refused(InstallNotice::NoArchive { path: name.to_owned() })),
    }
}

/// Writes what a file holds into a new folder: what an archive has, or the `SKILL.md` that it is. False: it is neither.
fn unfold(path: &Path, folder: &Path) -> Result<bool, UserError> {
    if archive::unpack(path, folder)? {
        return Ok(true);
    }
    let text = file::read(path).ok().flatten().filter(|text| text.starts_with("---"));
    let Some(text) = text else { return Ok(false) };
    Writer::new(folder)?.file(SKILL, false, &mut text.as_bytes(), not_made(path))?;
    Ok(true)
}

fn not_made(path: &Path) -> impl Fn(std::io::Error) -> UserError {
    let path = shown(path);
    move |error| refused(EditNotice::SkillNotCopied { path: path.clone(), why: cause(&error) })
}

#[cfg(test)]
mod tests;
