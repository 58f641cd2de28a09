//! Copying a tree to another file system, compared and synced, with its modes, times, links and holes.

use std::{
    fs::{self, File, FileTimes},
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use rekindle_domain::EditNotice;

use super::{
    not_copied, refused,
    tree::{Kind, Part, at, traits},
};
use crate::{
    error::shown,
    files::{
        file::{keep_owner, open_plain},
        foreign,
    },
};

pub(super) fn copy(parts: &[Part], from: &Path, to: &Path) -> io::Result<()> {
    parts.iter().try_for_each(|part| copy_part(part, from, to))?;
    finish_all(parts, from, to)
}

pub(super) fn copy_part(part: &Part, from: &Path, top: &Path) -> io::Result<()> {
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
pub(super) fn finish_all(parts: &[Part], from: &Path, to: &Path) -> io::Result<()> {
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
pub(super) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    match fs::metadata(path)?.permissions().mode() & 0o7777 == mode {
        true => Ok(()),
        false => Err(io::Error::other(format!("its mode, {mode:o}, could not be kept"))),
    }
}

#[cfg(not(unix))]
pub(super) fn set_mode(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

pub(super) fn is_same(mut one: File, mut other: File) -> io::Result<bool> {
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
