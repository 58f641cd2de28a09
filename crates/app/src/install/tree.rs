//! What is in the folder of a skill, as hashes: for telling whether anybody changed it, and what.
//!
//! Invariant: the same files have the same hashes on every system, whatever their modes and times are.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use rekindle_domain::{EditNotice, UserError};
use rekindle_sources::lock::as_they_sort;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::rules::{MOST_BYTES, MOST_ENTRIES, refused};
use crate::{
    error::{cause, shown},
    files::foreign,
};

/// The hashes of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tree {
    /// The SHA-256 of each file by its path, with slashes; of a link, of where it leads.
    pub(crate) files: BTreeMap<String, String>,
    /// What the tool `skills` computes of it.
    pub(crate) theirs: String,
}

impl Tree {
    /// Looks at all files of a folder.
    pub(crate) fn of(folder: &Path) -> Result<Self, UserError> {
        let failed = |path: &Path, error: &io::Error| {
            refused(EditNotice::SkillNotCopied { path: shown(path), why: cause(error) }).about(shown(path))
        };
        let entries = WalkDir::new(folder).into_iter();
        let entries = entries.filter_entry(|entry| entry.depth() == 0 || entry.file_name() != ".git");
        let (mut files, mut plain) = (BTreeMap::new(), Vec::new());
        for (count, entry) in entries.enumerate() {
            let entry = entry.map_err(|error| {
                let path = error.path().unwrap_or(folder).to_owned();
                failed(&path, &error.into_io_error().unwrap_or_else(|| io::ErrorKind::Other.into()))
            })?;
            if count > MOST_ENTRIES {
                return Err(refused(EditNotice::SkillTooManyFiles { most: MOST_ENTRIES }));
            }
            let (path, kind) = (entry.path(), entry.file_type());
            let name = below(folder, path);
            if kind.is_symlink() {
                let leads = fs::read_link(path).map_err(|error| failed(path, &error))?;
                files.insert(name, hex(Sha256::digest(format!("link:{}", leads.display()))));
            } else if kind.is_file() {
                let bytes = foreign::bytes(path, MOST_BYTES)?.unwrap_or_default();
                files.insert(name.clone(), hex(Sha256::digest(&bytes)));
                if !name.split('/').any(|name| name == "node_modules") {
                    plain.push((name, path.to_owned()));
                }
            }
        }
        Ok(Self { theirs: theirs(plain)?, files })
    }

    /// `sha256:…` of all of it.
    pub(crate) fn whole(&self) -> String {
        whole(&self.files)
    }
}

/// `sha256:…` of files.
pub(crate) fn whole(files: &BTreeMap<String, String>) -> String {
    let mut all = Sha256::new();
    for (path, hash) in files {
        all.update(format!("{path}\0{hash}\n"));
    }
    format!("sha256:{}", hex(all.finalize()))
}

/// Each path and what is in it, one after the other, in their order.
fn theirs(mut files: Vec<(String, PathBuf)>) -> Result<String, UserError> {
    files.sort_by(|(one, _), (other, _)| as_they_sort(one, other));
    let mut all = Sha256::new();
    for (name, path) in files {
        all.update(name);
        all.update(foreign::bytes(&path, MOST_BYTES)?.unwrap_or_default());
    }
    Ok(hex(all.finalize()))
}

fn below(folder: &Path, path: &Path) -> String {
    let below = path.strip_prefix(folder).unwrap_or(path);
    below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S3: computed as the tool whose lock it is in does: with Node 20 and `skills` 1.7.4 for these very files.
    #[test]
    fn the_hash_is_theirs() {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in [
            ("SKILL.md", "---\nname: s\ndescription: d\n---\nbody\n"),
            ("scripts/run.sh", "#!/bin/sh\n"),
            ("references/a b.md", "é 😀"),
            ("LICENSE.txt", ""),
            ("node_modules/x/index.js", "1"),
            ("_x", "2"),
            (".hidden", "3"),
            ("É.md", "4"),
            ("ea.md", "5"),
        ] {
            fs::create_dir_all(folder.path().join(path).parent().expect("a parent")).expect("made");
            fs::write(folder.path().join(path), text).expect("written");
        }
        let tree = Tree::of(folder.path()).expect("looked at");
        assert_eq!(tree.theirs, "03ed16c47b116987938334e224f706eace3f91eeb27ea33679c4b48fe5ac92a3");
        assert_eq!(tree.files.len(), 9);
        let before = tree.whole();
        fs::write(folder.path().join("node_modules/x/index.js"), "2").expect("written");
        let after = Tree::of(folder.path()).expect("looked at");
        assert!(after.whole() != before && after.theirs == tree.theirs);
    }
}
