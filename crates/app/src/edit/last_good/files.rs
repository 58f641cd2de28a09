//! The configuration files of a directory as they stand: what a version is made of.
//!
//! Invariants: the bytes that are fingerprinted are the bytes that are kept; a file of a project that
//! only happens to be imported by a plugin is not configuration and is left alone.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::{Path, PathBuf},
};

use rekindle_domain::Fingerprint;
use serde::{Deserialize, Serialize};

use crate::files::{file, foreign, locate::Places, scan::Scan};

/// The largest file that is kept, in bytes. A larger one was not written by a person.
const LARGEST: u64 = 4 * 1024 * 1024;
/// The most that is kept of all files together, in bytes, while they are taken.
const MOST: u64 = 256 * 1024 * 1024;

/// A file in a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "was", rename_all = "kebab-case")]
pub(super) enum FileState {
    /// It was there.
    There {
        /// What it held.
        sha256: Fingerprint,
        /// Its mode, where there are modes.
        mode: Option<u32>,
    },
    /// It was not there.
    Absent,
    /// It is too large, cannot be read, or is no file.
    NotKept,
}

/// All files at a moment.
pub(super) struct Files {
    entries: BTreeMap<PathBuf, FileState>,
    bytes: BTreeMap<Fingerprint, Vec<u8>>,
    /// The folders that were looked through.
    pub(super) folders: Vec<PathBuf>,
    /// The files in them that count whatever their names are.
    found: BTreeSet<PathBuf>,
}

impl Files {
    /// Reads the files that a scan saw, and those that an earlier version had.
    pub(super) fn read<'a>(places: &Places, scan: &Scan, earlier: impl Iterator<Item = &'a PathBuf>) -> Self {
        let mut files = Self {
            entries: BTreeMap::new(),
            bytes: BTreeMap::new(),
            folders: places.config_folders().into_iter().map(|folder| folder.path).collect(),
            found: scan.found.clone(),
        };
        let configs = places.own_files().into_iter().map(|config| config.path);
        let code = own_code(&files.folders, scan);
        let paths = configs.chain(scan.found.iter().cloned()).chain(code);
        // A path that is no text can stand in no JSON; the engine can read no such file.
        let paths: BTreeSet<_> = paths.chain(earlier.cloned()).filter(|path| path.to_str().is_some()).collect();
        let mut left = MOST;
        for path in paths {
            let entry = files.take(&path, &mut left);
            files.entries.insert(path, entry);
        }
        files
    }

    fn take(&mut self, path: &Path, left: &mut u64) -> FileState {
        match foreign::bytes(path, LARGEST.min(*left)) {
            Ok(Some(bytes)) => {
                *left -= bytes.len() as u64;
                let sha256 = Fingerprint::of_bytes(&bytes);
                self.bytes.insert(sha256.clone(), bytes);
                FileState::There { sha256, mode: file::mode(path) }
            }
            Ok(None) => FileState::Absent,
            Err(_) => FileState::NotKept,
        }
    }

    /// What there is, by path.
    pub(super) fn entries(&self) -> &BTreeMap<PathBuf, FileState> {
        &self.entries
    }

    /// Where those lead that are links.
    pub(super) fn links(&self) -> BTreeMap<PathBuf, PathBuf> {
        let links =
            self.entries.iter().filter(|(path, entry)| matches!(entry, FileState::There { .. }) && path.is_symlink());
        links.map(|(path, _)| (path.clone(), file::end_of_links(path))).collect()
    }

    /// The contents, by fingerprint.
    pub(super) fn contents(&self) -> impl Iterator<Item = (&Fingerprint, &[u8])> {
        self.bytes.iter().map(|(sha256, bytes)| (sha256, &bytes[..]))
    }

    /// The content of one file; `None`: it is not there, or could not be kept.
    pub(super) fn content(&self, path: &Path) -> Option<(&[u8], Option<u32>)> {
        match self.entries.get(path)? {
            FileState::There { sha256, mode } => Some((self.bytes.get(sha256)?, *mode)),
            FileState::Absent | FileState::NotKept => None,
        }
    }

    /// The files that count whatever their names are, in one of these folders.
    pub(super) fn found_in(&self, folders: &[PathBuf]) -> impl Iterator<Item = &PathBuf> {
        self.found.iter().filter(|path| folders.iter().any(|folder| path.starts_with(folder)))
    }

    /// The same files with the same content have the same id.
    pub(super) fn id(&self) -> String {
        let of = |entry: &FileState| match entry {
            FileState::There { sha256, mode } => format!("{} {mode:?}", sha256.as_str()),
            FileState::Absent => "absent".to_owned(),
            FileState::NotKept => "not kept".to_owned(),
        };
        let parts: Vec<_> =
            self.entries.iter().flat_map(|(path, entry)| [path.to_string_lossy(), of(entry).into()]).collect();
        let parts: Vec<_> = parts.iter().map(AsRef::as_ref).collect();
        Fingerprint::of_parts(&parts).short().to_owned()
    }
}

/// The code of plugins and tools that lies in the engine's folders or is declared itself.
fn own_code<'a>(folders: &[PathBuf], scan: &'a Scan) -> Vec<PathBuf> {
    let declared = scan.disk.plugin_specs.values().filter_map(|spec| spec.strip_prefix("file://"));
    let roots: HashSet<_> = folders.iter().map(PathBuf::as_path).chain(declared.map(Path::new)).collect();
    let is_package = |path: &Path| path.components().any(|part| part.as_os_str() == "node_modules");
    let is_own = |path: &&'a PathBuf| !is_package(path) && path.ancestors().any(|above| roots.contains(above));
    scan.code_files.iter().filter(is_own).cloned().collect()
}
