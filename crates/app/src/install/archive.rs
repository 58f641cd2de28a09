//! Unpacking an archive that others made.
//!
//! Invariants: sizes are counted as bytes come out, not as the archive tells them; what is kept in memory is bounded.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, BufReader, Read, Seek},
    path::Path,
};

use flate2::bufread::MultiGzDecoder;
use rekindle_domain::{EditNotice, EntryFault, InstallNotice, Notice, UserError};
use tar::EntryType;
use zip::ZipArchive;

use super::{
    rules::{MOST_BYTES, MOST_ENTRIES, MOST_PACKED, refused, refused_entry},
    writer::Writer,
};
use crate::{error::cause, files::file::open_plain};

/// The longest path that is read from a tar archive's own headers, in bytes.
const LONGEST_HEADER: u64 = 64 * 1024;

/// What an archive is, by how it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Zip,
    Tar,
    TarGz,
}

impl Format {
    /// How much of a file tells.
    const HEAD: usize = 512;

    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            [0x1f, 0x8b, ..] => Some(Self::TarGz),
            _ if head.get(257..262) == Some(b"ustar") => Some(Self::Tar),
            _ => None,
        }
    }
}

/// Unpacks an archive into a new folder. `Ok(false)`: the file is no archive that can be read.
pub(crate) fn unpack(path: &Path, into: &Path) -> Result<bool, UserError> {
    let mut file = open_plain(path).map_err(broken)?;
    let metadata = file.metadata().map_err(broken)?;
    if !metadata.is_file() {
        return Ok(false);
    }
    if metadata.len() > MOST_PACKED {
        return Err(refused(InstallNotice::ArchiveTooLarge { mebibytes: MOST_PACKED / 1024 / 1024 }));
    }
    let mut head = Vec::new();
    file.by_ref().take(Format::HEAD as u64).read_to_end(&mut head).map_err(broken)?;
    let Some(format) = Format::of(&head) else { return Ok(false) };
    file.rewind().map_err(broken)?;
    let file = BufReader::new(file.take(MOST_PACKED));
    match format {
        Format::Zip => unpack_zip(file.into_inner().into_inner(), into)?,
        Format::Tar => unpack_tar(file, into)?,
        Format::TarGz => unpack_tar(MultiGzDecoder::new(file), into)?,
    }
    Ok(true)
}

/// Unpacks what a tar archive holds into a new folder.
pub(crate) fn unpack_tar(archive: impl Read, into: &Path) -> Result<(), UserError> {
    // Its headers are read too: one more for each entry, and two more for a long name.
    let most = MOST_BYTES + MOST_ENTRIES as u64 * 4 * 512 + 1;
    let mut archive = tar::Archive::new(Tail { inner: archive.take(most), zeros: 0 });
    let mut writer = Writer::new(into)?;
    let (mut long_name, mut long_target) = (None, None);
    // Raw: the library would read names of any length into memory.
    for entry in archive.entries().map_err(broken)?.raw(true) {
        let mut entry = entry.map_err(broken)?;
        let kind = entry.header().entry_type();
        match kind {
            EntryType::GNULongName => {
                long_name = Some(header_text(&mut entry)?);
                continue;
            }
            EntryType::GNULongLink => {
                long_target = Some(header_text(&mut entry)?);
                continue;
            }
            EntryType::XHeader => {
                let bytes = header_bytes(&mut entry)?;
                for (key, value) in pax(&bytes).ok_or_else(|| broken(io::ErrorKind::InvalidData.into()))? {
                    match key {
                        b"path" => long_name = Some(text(value)?),
                        b"linkpath" => long_target = Some(text(value)?),
                        key if key.starts_with(b"GNU.sparse.") => {
                            let name = long_name.unwrap_or_else(|| "a sparse file".to_owned());
                            return Err(refused_entry(&name, EntryFault::Special));
                        }
                        _ => {}
                    }
                }
                continue;
            }
            EntryType::XGlobalHeader => continue,
            _ => {}
        }
        let name = match long_name.take() {
            Some(name) => name,
            None => text(&entry.header().path_bytes())?,
        };
        let target = match long_target.take() {
            Some(target) => target,
            None => text(&entry.header().link_name_bytes().unwrap_or_default())?,
        };
        let is_program = entry.header().mode().unwrap_or_default() & 0o111 != 0;
        match kind {
            EntryType::Directory => writer.folder(&name)?,
            // Old archives tell a folder by its name alone.
            EntryType::Regular if name.ends_with('/') => writer.folder(&name)?,
            EntryType::Regular | EntryType::Continuous => writer.file(&name, is_program, &mut entry, broken)?,
            EntryType::Symlink => writer.link(&name, target)?,
            EntryType::Link => return Err(refused_entry(&name, EntryFault::HardLink)),
            _ => return Err(refused_entry(&name, EntryFault::Special)),
        }
    }
    // To the very end, where a compressed one has its checksum. A whole archive ends with at least a block of zeros.
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(broken)?;
    if rest.zeros < BLOCK {
        return Err(broken(io::ErrorKind::UnexpectedEof.into()));
    }
    writer.finish()
}

/// The size of what a tar archive is made of, in bytes.
const BLOCK: usize = 512;

/// Remembers with how many zeros ends what was read.
struct Tail<R> {
    inner: R,
    zeros: usize,
}

impl<R: Read> Read for Tail<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let read = buffer.get(..count).unwrap_or_default();
        self.zeros = match read.iter().rposition(|byte| *byte != 0) {
            Some(last) => count - last - 1,
            None => self.zeros.saturating_add(count),
        };
        Ok(count)
    }
}

/// The records of an extended header: `LENGTH KEY=VALUE`, each with a line break that its length counts. A value may hold
/// any byte, line breaks too. `None`: it has others.
fn pax(mut bytes: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let blank = bytes.iter().position(|byte| *byte == b' ')?;
        let length: usize = std::str::from_utf8(bytes.get(..blank)?).ok()?.parse().ok()?;
        let record = bytes.get(blank + 1..length)?.strip_suffix(b"\n")?;
        let equals = record.iter().position(|byte| *byte == b'=')?;
        records.push((record.get(..equals)?, record.get(equals + 1..)?));
        bytes = bytes.get(length..)?;
    }
    Some(records)
}

fn header_bytes(entry: &mut impl Read) -> Result<Vec<u8>, UserError> {
    let mut bytes = Vec::new();
    entry.take(LONGEST_HEADER + 1).read_to_end(&mut bytes).map_err(broken)?;
    match bytes.len() as u64 > LONGEST_HEADER {
        true => Err(refused_entry(&String::from_utf8_lossy(&bytes), EntryFault::TooLong)),
        false => Ok(bytes),
    }
}

fn header_text(entry: &mut impl Read) -> Result<String, UserError> {
    let bytes = header_bytes(entry)?;
    text(bytes.split(|byte| *byte == 0).next().unwrap_or_default())
}

fn text(bytes: &[u8]) -> Result<String, UserError> {
    let text = String::from_utf8_lossy(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(refused_entry(&text, EntryFault::BadName)),
    }
}

fn unpack_zip(mut file: File, into: &Path) -> Result<(), UserError> {
    // The library reads the whole directory into memory.
    if has_too_many_entries(&mut file).map_err(broken)? {
        return Err(refused(EditNotice::SkillTooManyFiles { most: MOST_ENTRIES }));
    }
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    if archive.has_duplicate_names() {
        let start = archive.central_directory_start();
        let name = name_of_two(BufReader::new(archive.into_inner().into_inner()), start).map_err(broken)?;
        return Err(refused_entry(&name, EntryFault::Twice));
    }
    let mut writer = Writer::new(into)?;
    for index in 0..archive.len() {
        let (name, is_encrypted) = {
            let entry = archive.by_index_raw(index).map_err(damaged)?;
            (text(entry.name_raw())?, entry.encrypted())
        };
        if is_encrypted {
            return Err(refused_entry(&name, EntryFault::Encrypted));
        }
        let mut entry = archive.by_index(index).map_err(damaged)?;
        let mode = entry.unix_mode().unwrap_or_default();
        match mode & 0o170_000 {
            0o120_000 => {
                let mut target = Vec::new();
                entry.by_ref().take(LONGEST_HEADER).read_to_end(&mut target).map_err(broken)?;
                writer.link(&name, text(&target)?)?;
            }
            0 | 0o100_000 | 0o040_000 if entry.is_dir() => writer.folder(&name)?,
            0 | 0o100_000 => writer.file(&name, mode & 0o111 != 0, &mut entry, broken)?,
            _ => return Err(refused_entry(&name, EntryFault::Special)),
        }
    }
    writer.finish()
}

/// Whether a zip archive says that it has more entries than may be, or more than such an archive can say in the plain way.
/// Every place counts at which the end of its directory could be: the library chooses one of them.
fn has_too_many_entries(file: &mut File) -> io::Result<bool> {
    /// The end of the directory: its length without the comment, and how it begins.
    const END: u64 = 22;
    const BEGIN: [u8; 4] = [b'P', b'K', 5, 6];
    let length = file.metadata()?.len();
    let mut tail = Vec::new();
    file.seek(io::SeekFrom::Start(length.saturating_sub(END + u64::from(u16::MAX))))?;
    file.by_ref().take(END + u64::from(u16::MAX)).read_to_end(&mut tail)?;
    file.rewind()?;
    let is_too_much = |end: &[u8]| {
        // The number of entries, and then the size of the directory and where it begins.
        let (count, rest) = (end.get(10..12).unwrap_or_default(), end.get(12..20).unwrap_or_default());
        let is_more =
            <[u8; 2]>::try_from(count).is_ok_and(|count| usize::from(u16::from_le_bytes(count)) > MOST_ENTRIES);
        is_more || rest.chunks(4).any(|number| number == [0xff; 4])
    };
    Ok(tail.windows(END as usize).any(|end| end.starts_with(&BEGIN) && is_too_much(end)))
}

/// The name that two entries have in the directory of a zip archive, which begins at this byte. The library keeps only one
/// of them.
fn name_of_two(mut directory: impl Read + Seek, start: u64) -> io::Result<String> {
    /// How an entry begins.
    const BEGIN: [u8; 4] = [b'P', b'K', 1, 2];
    let mut names = BTreeSet::new();
    directory.seek(io::SeekFrom::Start(start))?;
    loop {
        // What comes before the three lengths, and between them and the name.
        let (mut before, mut lengths, mut between) = ([0; 28], [0; 6], [0; 12]);
        directory.read_exact(&mut before)?;
        directory.read_exact(&mut lengths)?;
        directory.read_exact(&mut between)?;
        let [name_low, name_high, rest @ ..] = lengths;
        let [extra_low, extra_high, comment_low, comment_high] = rest;
        let mut name = vec![0; usize::from(u16::from_le_bytes([name_low, name_high]))];
        directory.read_exact(&mut name)?;
        let rest =
            [[extra_low, extra_high], [comment_low, comment_high]].map(|length| i64::from(u16::from_le_bytes(length)));
        directory.seek_relative(rest.iter().sum())?;
        let text = String::from_utf8_lossy(&name).into_owned();
        if !before.starts_with(&BEGIN) || !names.insert(name) {
            return Ok(text);
        }
    }
}

fn broken(error: io::Error) -> UserError {
    refused(InstallNotice::ArchiveBroken { why: cause(&error) })
}

fn damaged(error: zip::result::ZipError) -> UserError {
    match error {
        zip::result::ZipError::Io(error) => broken(error),
        other => refused(InstallNotice::ArchiveBroken { why: Box::new(Notice::Verbatim(other.to_string())) }),
    }
}
