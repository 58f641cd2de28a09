//! Writing down what comes from elsewhere: out of an archive, or from a repository.
//!
//! Invariants: what is written lies below the folder, in files and folders that are new; links are made only when all else is
//! there, and lead to something below it.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use rekindle_domain::{EditNotice, EntryFault, UserError};

use super::rules::{EntryKind, Rules, followed, refused, refused_entry};
use crate::{
    error::{cause, shown},
    files::{file::create_dirs, foreign},
};

/// Writes what comes.
pub(crate) struct Writer<'a> {
    into: &'a Path,
    rules: Rules,
    /// Where links lead, by where they are. They are made last, so that nothing is written through one.
    links: BTreeMap<PathBuf, String>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(into: &'a Path) -> Result<Self, UserError> {
        create_dirs(into).map_err(not_written(into))?;
        Ok(Self { into, rules: Rules::default(), links: BTreeMap::new() })
    }

    pub(crate) fn folder(&mut self, name: &str) -> Result<(), UserError> {
        if name.split('/').all(|name| matches!(name, "" | ".")) && !name.starts_with('/') {
            return Ok(());
        }
        let path = self.rules.admit(name, EntryKind::Folder)?;
        let path = self.into.join(path);
        fs::create_dir_all(&path).map_err(not_written(&path))
    }

    /// A file with what can be read from `content`.
    pub(crate) fn file(
        &mut self,
        name: &str,
        is_program: bool,
        content: &mut impl Read,
        unread: impl Fn(io::Error) -> UserError,
    ) -> Result<(), UserError> {
        let path = self.into.join(self.rules.admit(name, EntryKind::Other)?);
        fs::create_dir_all(path.parent().unwrap_or(self.into)).map_err(not_written(&path))?;
        let mut file = create(&path, is_program).map_err(not_written(&path))?;
        let mut buffer = vec![0; 128 * 1024];
        loop {
            let count = content.read(&mut buffer).map_err(&unread)?;
            if count == 0 {
                return Ok(());
            }
            self.rules.spend(count as u64)?;
            file.write_all(buffer.get(..count).unwrap_or_default()).map_err(not_written(&path))?;
        }
    }

    /// A link, which is made at the end.
    pub(crate) fn link(&mut self, name: &str, target: String) -> Result<(), UserError> {
        let path = self.rules.admit(name, EntryKind::Other)?;
        self.links.insert(path, target);
        Ok(())
    }

    /// Makes the links.
    pub(crate) fn finish(self) -> Result<(), UserError> {
        for (path, target) in &self.links {
            let leaves = || refused_entry(&path.to_string_lossy(), EntryFault::Link { to: target.clone() });
            let leads = followed(path, target).ok_or_else(leaves)?;
            // A link to a link, or below one, could lead anywhere.
            let is_through_link = leads.ancestors().any(|above| self.links.contains_key(above));
            if is_through_link || !self.into.join(&leads).exists() {
                return Err(leaves());
            }
        }
        for (path, target) in &self.links {
            let path = self.into.join(path);
            fs::create_dir_all(path.parent().unwrap_or(self.into)).map_err(not_written(&path))?;
            symlink(target, &path).map_err(not_written(&path))?;
        }
        Ok(())
    }
}

#[cfg(unix)]
fn symlink(target: &str, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn symlink(_target: &str, _path: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A new file of ours; of its mode only whether it is a program is taken over.
#[cfg(unix)]
fn create(path: &Path, is_program: bool) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let mode = if is_program { 0o755 } else { 0o644 };
    foreign::open_with(path, fs::OpenOptions::new().write(true).create_new(true).mode(mode))
}

#[cfg(not(unix))]
fn create(path: &Path, _is_program: bool) -> io::Result<File> {
    foreign::open_with(path, fs::OpenOptions::new().write(true).create_new(true))
}

/// The system refused to write what came out.
fn not_written(path: &Path) -> impl Fn(io::Error) -> UserError {
    let path = shown(path);
    move |error| refused(EditNotice::SkillNotCopied { path: path.clone(), why: cause(&error) })
}
