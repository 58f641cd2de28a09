//! Fetching what an address leads to: an archive, a `SKILL.md`, or the skills that a site's index names.
//!
//! Invariants: what an index gives a digest for is that very file, or nothing is installed; all of it together is bounded in
//! size and time.

use std::{
    cell::Cell,
    fs::{self, File},
    path::{Path, PathBuf},
    time::Instant,
};

use rekindle_domain::{EditNotice, InstallNotice, UserError};
use rekindle_sources::{
    Address,
    index::{Content, Index, Listed, index, places},
};

use walkdir::WalkDir;

use super::{
    find::All,
    not_made,
    rules::{MOST_BYTES, MOST_ENTRIES, MOST_PACKED, refused},
    several,
    tool::{PATIENCE, Stop, not_fetched, too_large},
    unfold,
    web::{Came, download},
    writer::Writer,
};
use crate::files::file;

/// What is asked for.
pub(crate) struct Asked<'a> {
    /// Where.
    pub(crate) address: &'a Address,
    /// The names of the skills that are meant, if any is named.
    pub(crate) names: &'a [String],
    /// Whether all are meant, if none is named.
    pub(crate) all: All,
    /// A folder for what does not stay.
    pub(crate) scratch: &'a Path,
    /// Whether it is wanted any more.
    pub(crate) stop: &'a Stop,
}

/// What came.
#[derive(Debug, Default)]
pub(crate) struct Site {
    /// The index that named it.
    pub(crate) resolved: Option<String>,
    /// The SHA-256 of what was downloaded, if it was one file.
    pub(crate) digest: Option<String>,
    /// The skills that an index names and does not say how to get.
    pub(crate) broken: Vec<(String, UserError)>,
}

impl Asked<'_> {
    /// Writes all that is meant into a new folder.
    pub(crate) fn fetch(&self, into: &Path) -> Result<Site, UserError> {
        let fetch = Fetch { asked: self, until: Instant::now() + PATIENCE, files: Cell::new(0), bytes: Cell::new(0) };
        let (came, path) = fetch.download(self.address)?;
        if let Came::File(digest) = &came {
            if unfold(&path, into)? {
                return Ok(Site { digest: Some(digest.clone()), ..Site::default() });
            }
            if let Some(index) = read_index(&path, self.address)? {
                return fetch.all_of(index, self.address, into);
            }
        }
        for place in places(self.address) {
            if let (Came::File(_), path) = fetch.download(&place)?
                && let Some(index) = read_index(&path, &place)?
            {
                return fetch.all_of(index, &place, into);
            }
        }
        let from = self.address.shown();
        Err(match came {
            Came::File(_) => refused(InstallNotice::NoArchive { path: from }),
            Came::Nothing(why) => not_fetched(InstallNotice::FetchFailed { from, why }),
        })
    }
}

/// What an index says, if a file is one.
fn read_index(path: &Path, at: &Address) -> Result<Option<Index>, UserError> {
    let text = file::read(path).ok().flatten();
    text.and_then(|text| index(&text, at)).transpose().map_err(refused)
}

/// Several downloads, within one bound.
struct Fetch<'a> {
    asked: &'a Asked<'a>,
    until: Instant,
    files: Cell<usize>,
    bytes: Cell<u64>,
}

impl Fetch<'_> {
    fn download(&self, address: &Address) -> Result<(Came, PathBuf), UserError> {
        self.files.set(self.files.get() + 1);
        let path = self.asked.scratch.join(format!("download-{}", self.files.get()));
        let came = download(address, &path, self.until, self.asked.stop)?;
        let bytes = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        self.bytes.set(self.bytes.get().saturating_add(bytes));
        match self.bytes.get() > MOST_PACKED {
            true => Err(too_large(&self.asked.address.shown())),
            false => Ok((came, path)),
        }
    }

    /// The same, where something must be.
    fn file(&self, address: &Address) -> Result<(String, PathBuf), UserError> {
        match self.download(address)? {
            (Came::File(digest), path) => Ok((digest, path)),
            (Came::Nothing(why), _) => Err(not_fetched(InstallNotice::FetchFailed { from: address.shown(), why })),
        }
    }

    /// The skills of an index that are meant.
    fn all_of(&self, index: Index, at: &Address, into: &Path) -> Result<Site, UserError> {
        let Index { mut skills, broken } = index;
        let names = |skills: &[Listed]| skills.iter().map(|skill| skill.name.clone()).collect::<Vec<_>>();
        let is_broken = |name: &String| broken.iter().any(|(other, _)| other == name);
        if self.asked.names.is_empty() {
            if skills.len() > 1 && self.asked.all == All::NotWanted {
                return Err(several(names(&skills)));
            }
        } else if let Some(name) =
            self.asked.names.iter().find(|name| !skills.iter().any(|skill| skill.name == **name) && !is_broken(name))
        {
            return Err(refused(InstallNotice::NoSuchSkill { name: name.clone(), names: names(&skills) }));
        } else {
            skills.retain(|skill| self.asked.names.contains(&skill.name));
        }
        let mut digests = Vec::new();
        let mut left = Left { entries: MOST_ENTRIES, bytes: MOST_BYTES };
        for skill in &skills {
            let folder = into.join(&skill.name);
            digests.push(self.skill(skill, &folder)?);
            left.spend(&folder)?;
        }
        Ok(Site {
            resolved: Some(at.shown()),
            digest: digests.pop().filter(|_| digests.is_empty()).flatten(),
            broken: broken.into_iter().map(|(name, why)| (name, refused(why))).collect(),
        })
    }

    /// One skill; its digest, if the index has one.
    fn skill(&self, skill: &Listed, into: &Path) -> Result<Option<String>, UserError> {
        match &skill.content {
            Content::File { address, digest } => {
                let (came, path) = self.file(address)?;
                if came != *digest {
                    return Err(refused(InstallNotice::DigestMismatch { name: skill.name.clone() }));
                }
                match unfold(&path, into)? {
                    true => Ok(Some(came)),
                    false => Err(refused(InstallNotice::NoArchive { path: address.shown() })),
                }
            }
            Content::Files(files) if files.len() > MOST_ENTRIES => {
                Err(refused(EditNotice::SkillTooManyFiles { most: MOST_ENTRIES }))
            }
            Content::Files(files) => {
                let mut writer = Writer::new(into)?;
                for (name, address) in files {
                    let (_, path) = self.file(address)?;
                    let mut content: File = file::open_plain(&path).map_err(not_made(&path))?;
                    writer.file(name, false, &mut content, not_made(&path))?;
                }
                Ok(None)
            }
        }
    }
}

/// How much of all skills together may still come: each of them alone is bounded while it is written.
struct Left {
    entries: usize,
    bytes: u64,
}

impl Left {
    /// Counts what is in a folder.
    fn spend(&mut self, folder: &Path) -> Result<(), UserError> {
        let files: Vec<_> = WalkDir::new(folder).into_iter().filter_map(Result::ok).collect();
        let bytes = files.iter().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum();
        let entries = self.entries.checked_sub(files.len());
        self.entries = entries.ok_or_else(|| refused(EditNotice::SkillTooManyFiles { most: MOST_ENTRIES }))?;
        let bytes = self.bytes.checked_sub(bytes);
        self.bytes = bytes.ok_or_else(|| refused(EditNotice::SkillTooLarge { mebibytes: MOST_BYTES / 1024 / 1024 }))?;
        Ok(())
    }
}
