//! Where versions are kept: contents by their SHA-256, and one file of JSON a version.
//!
//! Invariants: contents are written before the version that needs them; a content that does not have
//! its SHA-256 any more is as if it were not there. Only the owner can read any of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use rekindle_domain::{Fingerprint, RestoredFile, Restoring, UserError};
use serde::{Deserialize, Serialize};

use super::{
    Standing,
    files::{FileState, Files},
};
use crate::{
    files::{
        file::{adopt, create_private_dir, end_of_links, not_written, private_in},
        foreign::{self, LARGEST},
        locate::Places,
    },
    state::{
        lock::Lock,
        record::{load, write_json},
    },
};

/// How many versions are kept.
const KEPT: usize = 50;

/// A set of files as it once was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Version {
    /// When it came to be on disk, as far as anyone looked (RFC 3339, UTC).
    pub(super) at: String,
    /// The folders that were looked through.
    pub(super) folders: Vec<PathBuf>,
    /// The files.
    pub(super) files: BTreeMap<PathBuf, FileState>,
    /// Where those led that were links.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) links: BTreeMap<PathBuf, PathBuf>,
}

impl Version {
    /// Where a file is put back: behind a link that leads to nothing now only if that is where it was.
    pub(super) fn place<'a>(&'a self, path: &'a Path) -> &'a Path {
        match self.links.get(path) {
            Some(target) if path.is_symlink() && end_of_links(path) == *target && !target.is_symlink() => target,
            _ => path,
        }
    }

    /// What would have to be done to the files that are there now.
    pub(super) fn changes(&self, now: &Files, places: &Places) -> Vec<RestoredFile> {
        let known = self.files.iter().filter_map(|(path, before)| {
            let change = match (before, now.entries().get(path).unwrap_or(&FileState::Absent)) {
                (FileState::NotKept, _) => None,
                (before, now) if before == now => None,
                (FileState::Absent, _) => Some(Restoring::SetAside),
                (_, FileState::Absent) => Some(Restoring::BroughtBack),
                _ => Some(Restoring::Replaced),
            };
            Some((path, change?))
        });
        let new = now.found_in(&self.folders).filter(|path| !self.files.contains_key(*path));
        let changes = known.chain(new.map(|path| (path, Restoring::SetAside)));
        let told = |(path, change): (&PathBuf, _)| RestoredFile {
            path: path.display().to_string(),
            place: places.short(path),
            change,
        };
        changes.map(told).collect()
    }
}

/// The folder `last-good` of a directory's state.
pub(super) struct Store(pub(super) PathBuf);

/// What the name of a version's file says, so that few files have to be opened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    /// Its place in the order in which they were kept; a clock may jump.
    order: u64,
    /// The fingerprint of the set.
    pub(super) id: String,
    /// What is known of it.
    pub(super) verdict: Standing,
}

impl Name {
    fn parse(name: &str) -> Option<Self> {
        let mut parts = name.strip_suffix(".json")?.split('-');
        let (order, verdict, id) = (parts.next()?, parts.next()?, parts.next()?);
        let all = [Standing::Seen, Standing::Partial, Standing::Loaded];
        let verdict = all.into_iter().find(|known| known.word() == verdict)?;
        Some(Self { order: order.parse().ok()?, id: id.to_owned(), verdict })
    }

    fn file(&self) -> String {
        format!("{:012}-{}-{}.json", self.order, self.verdict.word(), self.id)
    }
}

impl Store {
    /// Keeps other processes out, for as long as the lock lives; `None`: another one is at it.
    pub(super) fn lock(&self) -> io::Result<Option<Lock>> {
        Lock::take(&self.0.join("lock"))
    }

    /// Keeps the files as the newest version; nothing is written when they are that already.
    pub(super) fn keep(&self, files: &Files, at: String, verdict: Standing) -> Result<String, UserError> {
        for (sha256, bytes) in files.contents() {
            self.write_object(sha256, bytes)?;
        }
        let id = files.id();
        let names = self.names();
        let newest = names.last();
        if newest.is_some_and(|newest| newest.id == id) {
            self.judge(&id, verdict)?;
            return Ok(id);
        }
        let earlier = names.iter().find(|name| name.id == id);
        let verdict = earlier.map_or(verdict, |earlier| earlier.verdict.max(verdict));
        let name = Name { order: newest.map_or(0, |newest| newest.order + 1), id: id.clone(), verdict };
        let version =
            Version { at, folders: files.folders.clone(), files: files.entries().clone(), links: files.links() };
        write_json(&self.path(&name), &version)?;
        earlier.into_iter().for_each(|earlier| remove(&self.path(earlier)));
        self.prune();
        Ok(id)
    }

    /// Says more of a version than was known when it was kept.
    pub(super) fn judge(&self, id: &str, verdict: Standing) -> Result<(), UserError> {
        let Some(name) = self.name(id).filter(|name| name.verdict < verdict) else { return Ok(()) };
        let path = self.path(&Name { verdict, ..name.clone() });
        fs::rename(self.path(&name), &path).map_err(not_written(&path))
    }

    /// The name of a version.
    pub(super) fn name(&self, id: &str) -> Option<Name> {
        self.names().into_iter().rev().find(|name| name.id == id)
    }

    /// A version; `None`: it is gone or torn.
    pub(super) fn load(&self, name: &Name) -> Option<Version> {
        load(&self.path(name))
    }

    /// A content; `None`: it is missing or torn.
    pub(super) fn object(&self, sha256: &Fingerprint) -> Option<Vec<u8>> {
        let bytes = foreign::bytes(&self.objects().join(sha256.as_str()), LARGEST).ok()??;
        (Fingerprint::of_bytes(&bytes) == *sha256).then_some(bytes)
    }

    /// Not synced: what a power cut takes is noticed by its SHA-256, and then not offered.
    fn write_object(&self, sha256: &Fingerprint, bytes: &[u8]) -> Result<(), UserError> {
        let path = self.objects().join(sha256.as_str());
        if fs::metadata(&path).is_ok_and(|metadata| metadata.len() == bytes.len() as u64) {
            return Ok(());
        }
        let write = || {
            create_private_dir(&self.objects())?;
            let mut staged = private_in(&self.objects())?;
            staged.write_all(bytes)?;
            adopt(staged.as_file(), &path);
            staged.persist(&path).map_err(|error| error.error)
        };
        write().map(drop).map_err(not_written(&path))
    }

    /// What is kept, oldest first.
    pub(super) fn names(&self) -> Vec<Name> {
        let entries = fs::read_dir(self.versions()).into_iter().flatten().filter_map(Result::ok);
        let mut names: Vec<_> = entries.filter_map(|entry| Name::parse(entry.file_name().to_str()?)).collect();
        names.sort();
        names
    }

    /// Removes the oldest versions, and the contents that no other needs. The newest one that the
    /// engine loaded stays, however many came after it.
    fn prune(&self) {
        let mut names = self.names();
        if names.len() <= KEPT {
            return;
        }
        while names.len() > KEPT {
            // Of the best ones the last.
            let best = names.iter().enumerate().max_by_key(|(_, name)| name.verdict).map(|(at, _)| at);
            remove(&self.path(&names.remove(usize::from(best == Some(0)))));
        }
        let versions: Vec<_> = names.iter().filter_map(|name| self.load(name)).collect();
        let kept = versions.iter().flat_map(|version| version.files.values());
        let needed: BTreeSet<_> = kept
            .filter_map(|entry| match entry {
                FileState::There { sha256, .. } => Some(sha256.as_str()),
                FileState::Absent | FileState::NotKept => None,
            })
            .collect();
        for object in fs::read_dir(self.objects()).into_iter().flatten().filter_map(Result::ok) {
            if !object.file_name().to_str().is_some_and(|name| needed.contains(name)) {
                remove(&object.path());
            }
        }
    }

    pub(super) fn versions(&self) -> PathBuf {
        self.0.join("versions")
    }

    pub(super) fn objects(&self) -> PathBuf {
        self.0.join("objects")
    }

    fn path(&self, name: &Name) -> PathBuf {
        self.versions().join(name.file())
    }
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(%error, path = %path.display(), "an old copy stays");
    }
}
