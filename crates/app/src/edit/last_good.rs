//! Copies of the configuration files that the engine is known to have loaded, and putting them back.
//!
//! Invariants: what is on disk is kept before anything of it is replaced; a version is restored whole
//! or not at all, as far as the system lets us; no content of a file gets into a log or an error.
//! Skills are not part of it, because none keeps an engine from coming up, nor are the targets of
//! `{file:}` and the administrator's files, which are not ours to write.

mod files;
mod store;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use rekindle_domain::{
    EditNotice, ErrorCode, ItemId, LastGoodOffer, Notice, Restored, RestoredFile, Restoring, UserError,
};

use self::{
    files::{FileState, Files},
    store::{Name, Store, Version},
};
use crate::{
    clock,
    edit::{record::Records, trash, undo::Undo},
    error::{cause, shown},
    files::{
        file::{self, Content, contended, not_written},
        locate::Places,
        scan::{Scan, scan},
    },
    state::{self, lock::Lock},
};

/// A copy of the configuration files could not be kept.
fn not_kept(why: Box<Notice>) -> UserError {
    UserError::new(ErrorCode::NotKept, EditNotice::FilesNotKept { why })
}

/// Nothing better is known than what is on disk.
pub fn nothing() -> UserError {
    UserError::new(ErrorCode::NothingToRestore, EditNotice::NothingToRestore)
}

/// There is no such version, or a part of it is gone.
fn not_whole() -> UserError {
    UserError::new(ErrorCode::NotWhole, EditNotice::CopyNotWhole)
}

/// What is known of a set of files; the more, the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It stood on disk.
    Seen,
    /// The engine loaded it, and some item in it failed.
    Partial,
    /// The engine loaded it.
    Loaded,
}

impl Standing {
    /// That of files that the engine loaded. `failures`: what failed in them, as far as is known; what was not heard is no
    /// reason to go back to what was before.
    pub fn of(failures: &BTreeMap<ItemId, Notice>) -> Self {
        if failures.is_empty() { Self::Loaded } else { Self::Partial }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Partial => "partial",
            Self::Loaded => "loaded",
        }
    }
}

/// The copies of one directory's configuration files.
pub struct LastGood {
    places: Places,
    store: Store,
}

impl LastGood {
    /// Those of the directory.
    pub fn of(places: &Places) -> Self {
        Self { places: places.refreshed(), store: Store(places.state.join("last-good")) }
    }

    /// Keeps the files that the scan saw as they are now; by what to call them. Cheap when they are
    /// those that were kept last: they are read and fingerprinted, and nothing is written.
    pub fn keep(&self, scan: &Scan, verdict: Standing) -> Result<String, UserError> {
        let files = Files::read(&self.places, scan, [].iter());
        let _lock = self.lock()?;
        self.store_files(&files, verdict)
    }

    /// Says of files that were kept what became known since. What is worse than what was known is not
    /// noted.
    pub fn judge(&self, id: &str, verdict: Standing) -> Result<(), UserError> {
        let _lock = self.lock()?;
        self.store.judge(id, verdict).map_err(|error| not_kept(Box::new(error.what)))
    }

    /// Whether it can be read what is kept, where there is any.
    pub fn check(&self) -> Result<(), UserError> {
        state::folder(&self.store.versions())?;
        state::folder(&self.store.objects())?;
        Ok(())
    }

    /// The newest files that the engine loaded; those in which nothing failed come first. `None`: as
    /// much is known of what is there now.
    pub fn offer(&self, scan: &Scan) -> Option<LastGoodOffer> {
        let names = self.store.names();
        let now = Files::read(&self.places, scan, [].iter()).id();
        let known = names.iter().find(|name| name.id == now).map_or(Standing::Seen, |name| name.verdict);
        [Standing::Loaded, Standing::Partial].into_iter().filter(|better| *better > known).find_map(|better| {
            let names = names.iter().rev().filter(|name| name.verdict == better);
            names.filter_map(|name| self.offer_of(name, scan)).next()
        })
    }

    /// What restoring a version would do; `None`: nothing, or it is not whole.
    fn offer_of(&self, name: &Name, scan: &Scan) -> Option<LastGoodOffer> {
        let version = self.store.load(name)?;
        let now = Files::read(&self.places, scan, version.files.keys());
        let files = version.changes(&now, &self.places);
        let is_whole = self.contents(&version, &files).is_some();
        (is_whole && !files.is_empty()).then(|| LastGoodOffer { id: name.id.clone(), at: version.at, files })
    }

    /// Puts the files of a version back, byte for byte, and keeps those that are there now. Files that
    /// were not there then go to the trash. Nothing is reloaded. It is written down before, so that it can be
    /// taken back like every change.
    pub fn restore(&self, id: &str) -> Result<Restored, UserError> {
        let records = Records::open(&self.places)?;
        let _lock = self.lock()?;
        let version = self.version(id)?;
        // After a fault in reading them all, those of the version are put back all the same.
        let seen = scan(&self.places, None);
        let mut now = Files::read(&self.places, seen.as_ref().unwrap_or(&Scan::default()), version.files.keys());
        if seen.is_err() {
            // No folder was looked through: nothing in it is known to have been missing.
            now.folders.clear();
        }
        let files = version.changes(&now, &self.places);
        if files.is_empty() {
            return Err(nothing());
        }
        // All that is needed is at hand before anything is touched.
        let contents = self.contents(&version, &files).ok_or_else(not_whole)?;
        all_kept(&files, &now)?;
        let kept = self.store_files(&now, Standing::Seen)?;
        let undo = Undo::Restored {
            files: files.iter().map(|file| file.path.clone().into()).collect(),
            version: id.to_owned(),
            kept: kept.clone(),
        };
        let (half, _) = records.carry_out(&self.places, &undo, || {
            match self.put(&version, &now, &files, &contents) {
                // What stayed restored can still be taken back.
                Err(half) if half.code == ErrorCode::HalfRestored => Ok(Some(half)),
                put => put.map(|()| None),
            }
        })?;
        if let Some(half) = half {
            return Err(half);
        }
        Ok(Restored { id: id.to_owned(), kept, files })
    }

    /// Takes back that files were restored: those of the version `kept` come back. `left`: the version that
    /// was restored; false if one of the files is neither as that one nor as the one that is kept, or if the copies
    /// are gone. Without it, they come back whatever is there now, of which a copy is kept.
    pub(crate) fn put_back(&self, files: &[PathBuf], kept: &str, left: Option<&str>) -> Result<bool, UserError> {
        let _lock = self.lock()?;
        // Only so many versions are kept. What cannot be taken back any more is no obstacle to what was done before.
        let Ok(version) = self.version(kept) else { return Ok(false) };
        let now = Files::read(&self.places, &Scan::default(), files.iter());
        if let Some(left) = left {
            let Ok(left) = self.version(left) else { return Ok(false) };
            let is_ours = |path: &PathBuf| {
                let entry = now.entries().get(path).unwrap_or(&FileState::Absent);
                [&left, &version].iter().any(|version| version.files.get(path).unwrap_or(&FileState::Absent) == entry)
            };
            if !files.iter().all(is_ours) {
                return Ok(false);
            }
        } else {
            self.store_files(&now, Standing::Seen)?;
        }
        let mut changes = version.changes(&now, &self.places);
        changes.retain(|change| files.iter().any(|path| path.as_path() == Path::new(&change.path)));
        let Some(contents) = self.contents(&version, &changes) else { return Ok(false) };
        all_kept(&changes, &now)?;
        self.put(&version, &now, &changes, &contents)?;
        Ok(true)
    }

    /// Whether files can be put back.
    pub(crate) fn can_put_back(&self, files: &[PathBuf], kept: &str) -> bool {
        let Ok(version) = self.version(kept) else { return false };
        let now = Files::read(&self.places, &Scan::default(), files.iter());
        self.contents(&version, &version.changes(&now, &self.places)).is_some()
    }

    /// Whether files are all as a version has them.
    pub(crate) fn is_at(&self, files: &[PathBuf], id: &str) -> bool {
        let Ok(version) = self.version(id) else { return false };
        let now = Files::read(&self.places, &Scan::default(), files.iter());
        files.iter().all(|path| version.files.get(path) == now.entries().get(path))
    }

    fn version(&self, id: &str) -> Result<Version, UserError> {
        self.store.name(id).and_then(|name| self.store.load(&name)).ok_or_else(not_whole)
    }

    /// Puts contents in the place of others; when one cannot be put there, all of them go again.
    fn put(
        &self,
        version: &Version,
        now: &Files,
        files: &[RestoredFile],
        contents: &[Option<Kept>],
    ) -> Result<(), UserError> {
        let mut done: Vec<Step<'_>> = Vec::new();
        for (file, content) in files.iter().zip(contents) {
            let path = PathBuf::from(&file.path);
            let before = now.content(&path);
            match self.carry_out(version.place(&path), before, content.as_ref()) {
                Ok(trashed) => done.push(Step { path, before, after: content.as_ref(), trashed }),
                Err(error) => {
                    let (path, why) = (shown(&path), Box::new(error.what));
                    let (code, what) = match take_back(done) {
                        None => (ErrorCode::NotRestored, EditNotice::FileNotRestored { path: path.clone(), why }),
                        Some(left) => {
                            let left = shown(&left);
                            (ErrorCode::HalfRestored, EditNotice::HalfRestored { path: path.clone(), left, why })
                        }
                    };
                    return Err(UserError::new(code, what).about(path));
                }
            }
        }
        Ok(())
    }

    /// The contents that these files get, each with its mode; `None` in place of one: it is set aside.
    /// `None`: one of them is missing or torn.
    fn contents(&self, version: &Version, files: &[RestoredFile]) -> Option<Vec<Option<Kept>>> {
        let content = |file: &RestoredFile| match version.files.get(Path::new(&file.path)) {
            Some(FileState::There { sha256, mode }) => Some(Some((self.store.object(sha256)?, *mode))),
            _ => Some(None),
        };
        files.iter().map(content).collect()
    }

    /// Changes one file; where it was moved to, when it was set aside.
    fn carry_out(
        &self,
        path: &Path,
        before: Option<(&[u8], Option<u32>)>,
        after: Option<&Kept>,
    ) -> Result<Option<PathBuf>, UserError> {
        let Some((bytes, mode)) = after else {
            return trash::move_in(&self.places, path).map(Some).map_err(not_written(path));
        };
        let content = Content { bytes, mode: *mode };
        match file::put(path, before.map(|(bytes, _)| bytes), Some(content))? {
            true => Ok(None),
            false => Err(contended(path)),
        }
    }

    fn store_files(&self, files: &Files, verdict: Standing) -> Result<String, UserError> {
        self.store.keep(files, clock::now(), verdict).map_err(|error| not_kept(Box::new(error.what)))
    }

    fn lock(&self) -> Result<Lock, UserError> {
        let lock = self.store.lock().map_err(|error| not_kept(cause(&error)))?;
        lock.ok_or_else(|| UserError::new(ErrorCode::Contended, EditNotice::RestoreUnderWay))
    }
}

/// Whether of everything that is to be replaced a copy is kept.
fn all_kept(files: &[RestoredFile], now: &Files) -> Result<(), UserError> {
    let is_lost =
        |file: &&RestoredFile| file.change == Restoring::Replaced && now.content(file.path.as_ref()).is_none();
    match files.iter().find(is_lost) {
        Some(RestoredFile { path, .. }) => {
            Err(UserError::new(ErrorCode::CannotKeep, EditNotice::FileNotKept { path: path.clone() }).about(path))
        }
        None => Ok(()),
    }
}

/// A content, and the mode of its file.
type Kept = (Vec<u8>, Option<u32>);

/// One file that was restored.
struct Step<'a> {
    path: PathBuf,
    before: Option<(&'a [u8], Option<u32>)>,
    after: Option<&'a Kept>,
    trashed: Option<PathBuf>,
}

/// Puts back what was restored, the last one first; a file with which that could not be done.
fn take_back(done: Vec<Step<'_>>) -> Option<PathBuf> {
    let mut left = None;
    for Step { path, before, after, trashed } in done.into_iter().rev() {
        let put_back = match trashed {
            Some(trashed) => trash::bring_back(&trashed, &path).map_err(not_written(&path)),
            None => {
                let before = before.map(|(bytes, mode)| Content { bytes, mode });
                file::put(&path, after.map(|(bytes, _)| &bytes[..]), before).map(drop)
            }
        };
        if let Err(error) = put_back {
            tracing::warn!(%error, "a restored file could not be put back");
            left = Some(path);
        }
    }
    left
}

#[cfg(test)]
mod tests;
