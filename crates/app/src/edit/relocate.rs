//! Moving a file, a link or a folder, also to another file system.
//!
//! Invariants: what arrives is what was there, byte for byte and link for link, or nothing moved at all; a
//! move that fails leaves what was there whole; nothing that is there is ever replaced. To another file
//! system it is copied, compared and synced under another name before anything of it is removed, and what
//! cannot be copied so is refused before anything is.

use std::{
    collections::BTreeMap,
    fs::{self, File, FileTimes, Metadata},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use rekindle_domain::{EditNotice, chain};

use crate::{
    error::{cause, ours, shown},
    files::{
        file::{keep_owner, open_plain, our_user, rename_new, sync_folder},
        foreign,
    },
};

/// The most files, folders and links that are copied to another file system.
const MOST: usize = 200_000;
/// The deepest that folders may lie in each other.
const DEEPEST: usize = 100;

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

/// What is in a tree, each folder before what is in it.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    /// From the top of the tree on.
    below: PathBuf,
    kind: Kind,
    traits: Traits,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Folder,
    File,
    Link(PathBuf),
    /// The same file as an earlier one of the tree.
    Same(PathBuf),
}

impl Kind {
    fn is_file(&self) -> bool {
        matches!(self, Self::File | Self::Same(_))
    }
}

/// What a copy has to have as well, and what tells that something was written meanwhile.
#[derive(Debug, PartialEq, Eq)]
struct Traits {
    bytes: u64,
    modified: Option<std::time::SystemTime>,
    mode: u32,
    owner: (u32, u32),
}

#[cfg(unix)]
fn traits(metadata: &Metadata) -> Traits {
    use std::os::unix::fs::MetadataExt;
    let bytes = if metadata.is_file() { metadata.len() } else { 0 };
    let owner = (metadata.uid(), metadata.gid());
    Traits { bytes, modified: metadata.modified().ok(), mode: metadata.mode() & 0o7777, owner }
}

#[cfg(not(unix))]
fn traits(metadata: &Metadata) -> Traits {
    let bytes = if metadata.is_file() { metadata.len() } else { 0 };
    Traits { bytes, modified: metadata.modified().ok(), mode: 0, owner: (0, 0) }
}

/// What tells a file that has several names.
#[cfg(unix)]
fn shared(metadata: &Metadata) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    (metadata.nlink() > 1).then(|| metadata.ino())
}

/// A file all of whose names move stays one; one that has a name elsewhere would become two.
#[cfg(unix)]
fn refuse_what_is_shared(parts: &[Part], top: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let mut names: BTreeMap<&Path, u64> = BTreeMap::new();
    for part in parts {
        match &part.kind {
            Kind::File => *names.entry(&part.below).or_default() += 1,
            Kind::Same(first) => *names.entry(first).or_default() += 1,
            Kind::Folder | Kind::Link(_) => {}
        }
    }
    for (below, names) in names {
        let path = at(top, below);
        if path.symlink_metadata()?.nlink() > names {
            return Err(refused(EditNotice::MoveShared { path: shown(&path) }));
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_what_is_shared(_parts: &[Part], _top: &Path) -> io::Result<()> {
    Ok(())
}

/// A person's own files are theirs to lend. For root, what lends rights has to be heeded on both file systems: one that
/// came on a disk of somebody's would get where it works, or would not come back.
fn refuse_what_lends(parts: &[Part], from: &Path, to: &Path) -> io::Result<()> {
    let lends = |part: &&Part| part.kind.is_file() && part.traits.mode & 0o6000 != 0;
    let is_own = |part: &Part| our_user().is_some_and(|user| user != 0 && user == part.traits.owner.0);
    let Some(part) = parts.iter().filter(lends).find(|part| !is_own(part)) else { return Ok(()) };
    for place in [from, to] {
        if !heeds_lent_rights(place.parent().unwrap_or(place))? {
            return Err(refused(EditNotice::MoveSetUid { path: shown(&at(from, &part.below)) }));
        }
    }
    Ok(())
}

#[cfg(unix)]
fn heeds_lent_rights(folder: &Path) -> io::Result<bool> {
    use rustix::fs::{StatVfsMountFlags, statvfs};
    Ok(!statvfs(folder)?.f_flag.contains(StatVfsMountFlags::NOSUID))
}

#[cfg(not(unix))]
fn heeds_lent_rights(_folder: &Path) -> io::Result<bool> {
    Ok(true)
}

#[cfg(not(unix))]
fn shared(_metadata: &Metadata) -> Option<u64> {
    None
}

#[cfg(unix)]
fn device(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::dev(metadata)
}

#[cfg(not(unix))]
fn device(_metadata: &Metadata) -> u64 {
    0
}

/// Looks at everything that would have to be copied, and then removed.
fn survey(top: &Path) -> io::Result<Vec<Part>> {
    let here = device(&top.symlink_metadata()?);
    let (mut parts, mut firsts) = (Vec::new(), BTreeMap::new());
    let mut left = vec![(PathBuf::new(), 0)];
    while let Some((below, depth)) = left.pop() {
        let path = at(top, &below);
        let failed = |error| not_copied(&path, &error);
        let metadata = path.symlink_metadata().map_err(failed)?;
        if device(&metadata) != here {
            return Err(refused(EditNotice::MoveMount { path: shown(&path) }));
        }
        if parts.len() == MOST || depth > DEEPEST {
            return Err(refused(EditNotice::MoveTooMuch { path: shown(top) }));
        }
        let kind = if metadata.is_dir() {
            if !may_empty(&path, &metadata) {
                return Err(refused(EditNotice::MoveNotOurs { path: shown(&path) }));
            }
            let mut names = Vec::new();
            for entry in fs::read_dir(&path).map_err(failed)? {
                names.push(entry.map_err(failed)?.file_name());
            }
            names.sort();
            left.extend(names.into_iter().rev().map(|name| (below.join(name), depth + 1)));
            Kind::Folder
        } else if metadata.is_symlink() {
            Kind::Link(fs::read_link(&path).map_err(failed)?)
        } else if metadata.is_file() {
            match shared(&metadata).map(|number| firsts.entry(number).or_insert_with(|| below.clone())) {
                Some(first) if *first != below => Kind::Same(first.clone()),
                _ => Kind::File,
            }
        } else {
            return Err(refused(EditNotice::MoveSpecial { path: shown(&path) }));
        };
        parts.push(Part { below, kind, traits: traits(&metadata) });
    }
    Ok(parts)
}

fn at(top: &Path, below: &Path) -> PathBuf {
    if below.as_os_str().is_empty() { top.to_owned() } else { top.join(below) }
}

/// Whether we can remove what is in a folder: it is ours, or open to us.
#[cfg(unix)]
fn may_empty(path: &Path, metadata: &Metadata) -> bool {
    use rustix::fs::{Access, access};
    let owner = std::os::unix::fs::MetadataExt::uid(metadata);
    our_user().is_some_and(|user| user == 0 || user == owner)
        || access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn may_empty(_path: &Path, metadata: &Metadata) -> bool {
    our_user().is_some() || !metadata.permissions().readonly()
}

fn copy(parts: &[Part], from: &Path, to: &Path) -> io::Result<()> {
    parts.iter().try_for_each(|part| copy_part(part, from, to))?;
    finish_all(parts, from, to)
}

fn copy_part(part: &Part, from: &Path, top: &Path) -> io::Result<()> {
    let (from, to) = (at(from, &part.below), at(top, &part.below));
    let copied = match &part.kind {
        // Under some umasks nothing could be made in it.
        Kind::Folder => fs::create_dir(&to).and_then(|()| set_mode(&to, 0o700)),
        Kind::Link(target) => link(target, &to),
        Kind::File => copy_file(&from, &to, part),
        Kind::Same(first) => fs::hard_link(at(top, first), &to),
    };
    copied.map_err(|error| not_copied(&from, &error))
}

/// What is in a folder changes its time, and may not be allowed by its mode: both are given to it when it is whole.
fn finish_all(parts: &[Part], from: &Path, to: &Path) -> io::Result<()> {
    for part in parts.iter().rev().filter(|part| !part.kind.is_file()) {
        let (from, to) = (at(from, &part.below), at(to, &part.below));
        // What has them may be protected.
        if to.symlink_metadata().is_ok_and(|metadata| traits(&metadata) != part.traits) {
            finish(&from, &to, part).map_err(|error| not_copied(&from, &error))?;
        }
    }
    Ok(())
}

/// Copies a file, and makes sure that it is the same.
fn copy_file(from: &Path, to: &Path, part: &Part) -> io::Result<()> {
    let source = open_plain(from)?;
    let metadata = source.metadata()?;
    if traits(&metadata) != part.traits {
        return Err(refused(EditNotice::MoveChanged { path: shown(from) }));
    }
    let copy = private(to)?;
    copy_content(&source, &copy, part.traits.bytes)?;
    keep_owner(&copy, &metadata)?;
    // It is the person's own and stays theirs, so it keeps what lends its owner's rights, too.
    set_mode(to, part.traits.mode)?;
    let times = FileTimes::new();
    copy.set_times(part.traits.modified.map_or(times, |modified| times.set_modified(modified)))?;
    copy.sync_all()?;
    if is_same(open_plain(to)?, open_plain(from)?)? {
        return Ok(());
    }
    Err(refused(EditNotice::MoveChanged { path: shown(from) }))
}

/// Copies what a file holds; where it holds nothing, neither does the copy.
#[cfg(target_os = "linux")]
fn copy_content(mut source: &File, mut copy: &File, length: u64) -> io::Result<()> {
    use rustix::{
        fs::{SeekFrom::Hole, seek},
        io::Errno,
    };
    let mut end = 0;
    while let Some(begin) = next_content(source, end)?.filter(|begin| *begin < length) {
        end = match seek(source, Hole(begin)) {
            Err(Errno::INVAL | Errno::NOTSUP) => length,
            hole => hole?.min(length),
        };
        source.seek(SeekFrom::Start(begin))?;
        copy.seek(SeekFrom::Start(begin))?;
        io::copy(&mut source.take(end - begin), &mut copy)?;
    }
    copy.set_len(length)
}

#[cfg(not(target_os = "linux"))]
fn copy_content(source: &File, mut copy: &File, length: u64) -> io::Result<()> {
    io::copy(&mut source.take(length), &mut copy).map(drop)
}

/// Where a file goes on with something that is no hole; `None`: nowhere.
#[cfg(target_os = "linux")]
fn next_content(file: &File, from: u64) -> io::Result<Option<u64>> {
    use rustix::{
        fs::{SeekFrom::Data, seek},
        io::Errno,
    };
    match seek(file, Data(from)) {
        Err(Errno::NXIO) => Ok(None),
        // A file system that knows no holes.
        Err(Errno::INVAL | Errno::NOTSUP) => Ok((from < file.metadata()?.len()).then_some(from)),
        found => Ok(Some(found?)),
    }
}

#[cfg(not(target_os = "linux"))]
fn next_content(file: &File, from: u64) -> io::Result<Option<u64>> {
    Ok((from < file.metadata()?.len()).then_some(from))
}

/// A new file that nobody else can open.
#[cfg(unix)]
fn private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    foreign::open_with(path, fs::OpenOptions::new().write(true).create_new(true).mode(0o600))
}

#[cfg(not(unix))]
fn private(path: &Path) -> io::Result<File> {
    foreign::open_with(path, fs::OpenOptions::new().write(true).create_new(true))
}

/// Gives a file or a folder of ours, which is no link, a mode. Some file systems take another one without a word.
#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    match fs::metadata(path)?.permissions().mode() & 0o7777 == mode {
        true => Ok(()),
        false => Err(io::Error::other(format!("its mode, {mode:o}, could not be kept"))),
    }
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

fn is_same(mut one: File, mut other: File) -> io::Result<bool> {
    const PIECE: usize = 64 * 1024;
    let (mut a, mut b) = (Vec::with_capacity(PIECE), Vec::with_capacity(PIECE));
    let mut at = 0;
    // Where both have a hole, however large, there is nothing to compare.
    while let Some(next) = [next_content(&one, at)?, next_content(&other, at)?].into_iter().flatten().min() {
        for (file, piece) in [(&mut one, &mut a), (&mut other, &mut b)] {
            piece.clear();
            file.seek(SeekFrom::Start(next))?;
            file.take(PIECE as u64).read_to_end(piece)?;
        }
        if a != b {
            return Ok(false);
        }
        at = next + PIECE as u64;
    }
    Ok(one.metadata()?.len() == other.metadata()?.len())
}

#[cfg(unix)]
fn link(target: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, to)
}

#[cfg(not(unix))]
fn link(_target: &Path, _to: &Path) -> io::Result<()> {
    Err(io::Error::other("a link cannot be copied on this system"))
}

/// Gives a folder or a link the owner, the mode and the time of the one that it is a copy of.
#[cfg(unix)]
fn finish(from: &Path, to: &Path, part: &Part) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};
    use std::os::unix::fs::{MetadataExt, lchown};
    let (source, copy) = (from.symlink_metadata()?, to.symlink_metadata()?);
    if (source.uid(), source.gid()) != (copy.uid(), copy.gid()) {
        lchown(to, Some(source.uid()), Some(source.gid()))?;
    }
    if part.kind == Kind::Folder {
        set_mode(to, part.traits.mode)?;
    }
    let time = |tv_sec, tv_nsec| Timespec { tv_sec, tv_nsec };
    let times = Timestamps {
        last_access: time(source.atime(), source.atime_nsec()),
        last_modification: time(source.mtime(), source.mtime_nsec()),
    };
    Ok(utimensat(CWD, to, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

#[cfg(not(unix))]
fn finish(_from: &Path, _to: &Path, _part: &Part) -> io::Result<()> {
    Ok(())
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
