//! Moving a file, a link or a folder, also to another file system.
//!
//! Invariants: what arrives is what was there, byte for byte and link for link, or nothing moved at all; a
//! move that fails leaves what was there whole; nothing that is there is ever replaced. To another file
//! system it is copied, compared and synced under another name before anything of it is removed, and what
//! cannot be copied so is refused before anything is.

mod copying;
mod tree;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use rekindle_domain::{EditNotice, chain};

use self::{
    copying::{copy, copy_part, finish_all, is_same, set_mode},
    tree::{Kind, Part, at, refuse_what_is_shared, refuse_what_lends, survey},
};
use crate::{
    error::{cause, ours, shown},
    files::file::{open_plain, rename_new, sync_folder},
};

/// Why something was not moved. It is where it was.
fn refused(why: EditNotice) -> io::Error {
    ours(io::ErrorKind::Other, why)
}

fn not_copied(path: &Path, error: &io::Error) -> io::Error {
    refused(EditNotice::MoveNotCopied { path: shown(path), why: cause(error) })
}

/// Moves something to where nothing is. `id`: a name that is this move's alone, for what it needs beside both
/// places.
pub(super) fn relocate(from: &Path, to: &Path, id: &str) -> io::Result<()> {
    match rename_new(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy_across(from, to, id)?,
        renamed => renamed?,
    }
    [to, from].into_iter().filter_map(Path::parent).for_each(sync_folder);
    Ok(())
}

/// What a move with this id needs beside a place; there only while it goes on.
fn beside(place: &Path, id: &str) -> PathBuf {
    place.with_file_name(format!(".rekindle-{id}"))
}

/// Where an original is while it is removed: from then on only its copy is whole.
fn spent(place: &Path, id: &str) -> PathBuf {
    place.with_file_name(format!(".rekindle-{id}-spent"))
}

fn copy_across(from: &Path, to: &Path, id: &str) -> io::Result<()> {
    let survey = survey(from)?;
    refuse_what_is_shared(&survey, from)?;
    refuse_what_lends(&survey, from, to)?;
    let staging = beside(to, id);
    let copied = copy(&survey, from, &staging).and_then(|()| rename_new(&staging, to));
    if let Err(error) = copied {
        clear(&staging);
        return Err(error);
    }
    if let Some(folder) = to.parent() {
        sync_folder(folder);
    }
    give_up(from, to, id, |aside| self::survey(aside).is_ok_and(|now| now == survey), discard)
}

/// Removes what was copied, if it is still what was copied. It is put aside first: from then on nobody can change it
/// unseen, and it is gone as a whole or not at all.
fn give_up(
    from: &Path,
    copy: &Path,
    id: &str,
    is_unchanged: impl FnOnce(&Path) -> bool,
    discard: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let aside = beside(from, id);
    rename_new(from, &aside).inspect_err(|_| clear(copy))?;
    if !is_unchanged(&aside) || !is_all_in(&aside, copy).unwrap_or(false) {
        // What is not back where it was is there twice rather than once.
        put_back(from, copy, id)?;
        clear(copy);
        return Err(refused(EditNotice::MoveChanged { path: shown(from) }));
    }
    let spent = spent(from, id);
    match rename_new(&aside, &spent).and_then(|()| discard(&spent)) {
        Ok(()) => Ok(()),
        Err(error) => {
            put_back(from, copy, id)?;
            clear(copy);
            Err(refused(EditNotice::MoveKept { path: shown(from), why: cause(&error) }))
        }
    }
}

/// Clears up what a move that was cut off left beside both places. The original is removed only if all of it is in the
/// copy; else it goes back to where it was, and the copy stays, too. True when the copy is what there is of it now.
pub(super) fn tidy(from: &Path, to: &Path, id: &str) -> bool {
    if from.symlink_metadata().is_ok() {
        clear(&beside(to, id));
    }
    let (aside, spent) = (beside(from, id), spent(from, id));
    let was_spent = spent.symlink_metadata().is_ok();
    let is_whole = is_all_in(&aside, to).unwrap_or(false);
    let given_up = if is_whole { rename_new(&aside, &spent) } else { Ok(()) };
    if given_up.and_then(|()| discard(&spent)).is_ok() && aside.symlink_metadata().is_err() {
        return is_whole || was_spent;
    }
    match put_back(from, to, id) {
        Ok(_) => {
            tracing::warn!(path = %from.display(), "it was not moved as a whole, so it is back where it was");
            false
        }
        Err(error) => {
            tracing::warn!(error = chain(&error), "what was not moved as a whole stays aside");
            spent.symlink_metadata().is_ok()
        }
    }
}

/// Puts an original back that a move left aside, whole; true when there was one. What is gone of it already comes from
/// its copy, which stays.
pub(super) fn put_back(from: &Path, copy: &Path, id: &str) -> io::Result<bool> {
    let (aside, spent) = (beside(from, id), spent(from, id));
    let left = |aside: &Path, error| {
        refused(EditNotice::MoveAside { path: shown(from), aside: shown(aside), why: cause(&error) })
    };
    let (aside, filled) = if spent.symlink_metadata().is_ok() {
        let filled = if from.symlink_metadata().is_ok() { Ok(()) } else { fill(&spent, copy) };
        (spent, filled)
    } else if aside.symlink_metadata().is_ok() {
        (aside, Ok(()))
    } else {
        return Ok(false);
    };
    filled.and_then(|()| rename_new(&aside, from)).map_err(|error| left(&aside, error))?;
    Ok(true)
}

/// Makes what is left of an original whole again, from its copy.
fn fill(rest: &Path, copy: &Path) -> io::Result<()> {
    let parts = survey(copy)?;
    open_folders(rest);
    let is_there = |part: &Part| at(rest, &part.below).symlink_metadata().is_ok();
    let names = parts.iter().filter(|part| is_there(part));
    let names: BTreeMap<&Path, &Path> = names
        .filter_map(|part| match &part.kind {
            Kind::Same(first) => Some((first.as_path(), part.below.as_path())),
            _ => None,
        })
        .collect();
    for part in parts.iter().filter(|part| !is_there(part)) {
        match names.get(part.below.as_path()) {
            // Another name of the same file is left.
            Some(name) => fs::hard_link(at(rest, name), at(rest, &part.below))?,
            None => copy_part(part, copy, rest)?,
        }
    }
    finish_all(&parts, copy, rest)?;
    match is_all_in(copy, rest)? {
        true => Ok(()),
        false => Err(refused(EditNotice::MoveChanged { path: shown(rest) })),
    }
}

/// Whether whatever is in one tree is in another. Folders may differ in their traits: those of a tree that is just
/// being removed do.
fn is_all_in(tree: &Path, other: &Path) -> io::Result<bool> {
    let others: BTreeMap<_, _> = survey(other)?.into_iter().map(|part| (part.below.clone(), part)).collect();
    for part in survey(tree)? {
        let is_there = others.get(&part.below).is_some_and(|other| match part.kind.is_file() {
            true => other.kind.is_file() && part.traits == other.traits,
            false => part.kind == other.kind,
        });
        let files = || Ok::<_, io::Error>((open_plain(&at(tree, &part.below))?, open_plain(&at(other, &part.below))?));
        if !is_there || part.kind.is_file() && !files().and_then(|(one, other)| is_same(one, other))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Removes what is needed no more because it is elsewhere, whole. What cannot be removed stays, which is told.
fn clear(path: &Path) {
    if let Err(error) = discard(path) {
        tracing::warn!(error = chain(&error), path = %path.display(), "what was copied elsewhere could not be removed");
    }
}

/// The same for what must not stay in part.
fn discard(path: &Path) -> io::Result<()> {
    let Ok(metadata) = path.symlink_metadata() else { return Ok(()) };
    let remove = || if metadata.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    remove().or_else(|_| {
        open_folders(path);
        remove()
    })
}

/// Lets us remove what is in folders of ours whose mode says that nobody may.
fn open_folders(path: &Path) {
    let mut left = vec![path.to_owned()];
    while let Some(folder) = left.pop() {
        if folder.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
            if let Err(error) = set_mode(&folder, 0o700) {
                tracing::debug!(error = chain(&error), path = %folder.display(), "a folder stays closed");
            }
            left.extend(fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())));
        }
    }
}

#[cfg(all(test, unix))]
mod tests;
