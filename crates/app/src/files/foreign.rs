//! The one reader of files: of people's, of whoever wrote the folder that is open, and of our own.
//!
//! Invariants: opening never waits, whatever is at the path (a pipe that nobody writes into, a device,
//! a terminal); what is not a regular file at the moment of opening is refused; of one file no more is
//! read than a bound, whatever its size says and however it grows meanwhile, and in one look no more
//! than a [`Budget`]. `clippy.toml` disallows every other way to open or read a file.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
};

use rekindle_domain::{FileKind, FileNotice, Notice};

use crate::error::{ours, shown};

/// The largest file that is read whole, in bytes. A larger one is no text that a person wrote.
pub const LARGEST: u64 = 32 * 1024 * 1024;
/// The same for files of others that are only looked into, such as the description of a package.
pub const LARGEST_ASIDE: u64 = 1024 * 1024;

/// Why a file was not read.
#[derive(Debug)]
pub enum ReadError {
    /// The system refused.
    Refused {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// There is something else at the path.
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What there is.
        kind: FileKind,
    },
    /// It is larger than what is read of one file.
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What is read, in bytes.
        most: u64,
    },
    /// The files before it are all that is read in one look.
    Spent {
        /// The file.
        path: PathBuf,
        /// What is read in a look, in bytes.
        most: u64,
    },
}

impl ReadError {
    /// The file.
    pub fn path(&self) -> &Path {
        match self {
            Self::Refused { path, .. }
            | Self::NotAFile { path, .. }
            | Self::TooLarge { path, .. }
            | Self::Spent { path, .. } => path,
        }
    }

    /// What is wrong, for where the path is told beside it.
    pub fn why(&self) -> Notice {
        let notice = match self {
            Self::Refused { cause, .. } => FileNotice::FileRefused { why: cause.to_string() },
            Self::NotAFile { kind, .. } => FileNotice::NotARegularFile { kind: *kind },
            Self::TooLarge { most, .. } => FileNotice::FileTooLarge { most: *most },
            Self::Spent { most, .. } => FileNotice::LookSpent { most: *most },
        };
        notice.into()
    }

    /// True when only Rekindle does not read it: another program may well.
    pub fn is_bound_of_ours(&self) -> bool {
        matches!(self, Self::TooLarge { .. } | Self::Spent { .. })
    }
}

impl From<ReadError> for io::Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Refused { cause, .. } => cause,
            other => {
                let what = FileNotice::FileNotOpened { path: shown(other.path()), why: Box::new(other.why()) };
                ours(io::ErrorKind::Other, what)
            }
        }
    }
}

/// All of a file, if it is no larger than `most` bytes; `None`: it is not there.
pub fn bytes(path: &Path, most: u64) -> Result<Option<Vec<u8>>, ReadError> {
    let Some((file, length)) = open(path)? else { return Ok(None) };
    let too_large = || ReadError::TooLarge { path: path.to_owned(), most };
    if length > most {
        return Err(too_large());
    }
    let mut buffer = Vec::with_capacity(usize::try_from(length).unwrap_or_default().saturating_add(1));
    // What it says of its size is a hint: it may grow, and files of the system say 0.
    let read = file.take(most.saturating_add(1)).read_to_end(&mut buffer);
    read.map_err(|cause| ReadError::Refused { path: path.to_owned(), cause })?;
    if buffer.len() as u64 > most { Err(too_large()) } else { Ok(Some(buffer)) }
}

/// The same as the engine reads it: what leads to the device of nothing, by which a file is commonly said to be none, is
/// empty.
pub fn bytes_or_nothing(path: &Path, most: u64) -> Result<Option<Vec<u8>>, ReadError> {
    bytes(path, most).or_else(|error| if is_nothing(path) { Ok(Some(Vec::new())) } else { Err(error) })
}

/// What there is at the path of a file at which a reader may wait without end, or read without end: a pipe, a socket,
/// a device. `None`: a file, a folder, or nothing.
pub fn endless(path: &Path) -> Option<FileKind> {
    let metadata = fs::metadata(path).ok()?;
    let is_plain = metadata.is_file() || metadata.is_dir() || is_nothing(path);
    (!is_plain).then(|| kind_of(&metadata))
}

fn is_nothing(path: &Path) -> bool {
    path.canonicalize().is_ok_and(|path| path == Path::new("/dev/null"))
}

/// A file of our own or of the system as text; what is not UTF-8 is replaced. One that is not there, or
/// cannot be read, is an error.
pub fn text(path: &Path) -> io::Result<String> {
    Ok(lossy(bytes(path, LARGEST)?.ok_or(io::ErrorKind::NotFound)?))
}

/// The beginning of a file as text, however large it is; `None`: it is not there.
pub fn beginning(path: &Path, most: u64) -> Result<Option<String>, ReadError> {
    let file = match open(path) {
        Ok(Some((file, _))) => file,
        Ok(None) => return Ok(None),
        Err(_) if is_nothing(path) => return Ok(Some(String::new())),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    let read = file.take(most).read_to_end(&mut bytes);
    read.map_err(|cause| ReadError::Refused { path: path.to_owned(), cause })?;
    Ok(Some(lossy(bytes)))
}

/// Opens a file in another way than only to read it. It never waits, and what is no regular file is refused.
pub fn open_with(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    Ok(plain(path, options)?)
}

fn plain(path: &Path, options: &mut OpenOptions) -> Result<File, ReadError> {
    refuse_what_is_no_file(path, fs::metadata(path))?;
    open_as(path, with_flags(options, false))
}

/// The same for a file of our own state, to add to it, or as a lock; it is made if it is not there, and nobody else can
/// read it. Never one that may be somebody else's: neither through a link nor one with a second name. Folders on the way
/// may be links. Nothing is cut off before that is known, whatever the options say: see [`begin_own`].
pub fn open_own(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    refuse_what_is_no_file(path, fs::symlink_metadata(path))?;
    let file = open_as(path, with_flags(private(options.create(true).truncate(false)), true))?;
    refuse_what_has_another_name(path, &file)?;
    Ok(file)
}

/// A file of our own state to write to, with nothing in it.
pub fn begin_own(path: &Path) -> io::Result<File> {
    let file = open_own(path, OpenOptions::new().write(true))?;
    file.set_len(0)?;
    Ok(file)
}

fn open_as(path: &Path, options: &OpenOptions) -> Result<File, ReadError> {
    #[expect(clippy::disallowed_methods, reason = "this is the door: what is opened is looked at before it is used")]
    let opened = options.open(path);
    let file = opened.map_err(|cause| ReadError::Refused { path: path.to_owned(), cause })?;
    refuse_what_is_no_file(path, file.metadata())?;
    Ok(file)
}

/// What one look may cost: bytes that are read, and files and folders that are looked at. What was read
/// before and is kept counts as well, so that the same files give the same answer in each look.
#[derive(Debug)]
pub struct Budget {
    most: u64,
    left: u64,
    most_entries: u64,
    entries: u64,
}

impl Budget {
    /// So many bytes, and so many files and folders.
    pub fn new(bytes: u64, entries: u64) -> Self {
        Self { most: bytes, left: bytes, most_entries: entries, entries }
    }

    /// For configuration and Markdown files, which are kept in memory while they are compared.
    pub fn of_configuration() -> Self {
        Self::new(64 * 1024 * 1024, 100_000)
    }

    /// For files of which only a little is kept: skills, code.
    pub fn of_files() -> Self {
        Self::new(512 * 1024 * 1024, 500_000)
    }

    /// How many files and folders are looked at.
    pub fn most_entries(&self) -> u64 {
        self.most_entries
    }

    /// Two halves, for two who read at a time.
    pub fn halves(self) -> (Self, Self) {
        let half = self.left / 2;
        (Self { left: half, ..self }, Self { left: self.left - half, ..self })
    }

    /// Counts a file or folder that is looked at; false when it is one too many.
    pub fn step(&mut self) -> bool {
        self.steps(1)
    }

    /// Counts several; false when they are too many.
    pub fn steps(&mut self, entries: u64) -> bool {
        let left = self.entries.checked_sub(entries);
        self.entries = left.unwrap_or(0);
        left.is_some()
    }

    /// Counts a file of this size. A smaller one may still be read when a larger one may not.
    pub fn spend(&mut self, path: &Path, bytes: u64) -> Result<(), ReadError> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(ReadError::Spent { path: path.to_owned(), most: self.most }),
        }
    }

    /// All of a file as the engine reads it, if it is no larger than [`LARGEST`]; `None`: it is not there.
    pub fn bytes(&mut self, path: &Path) -> Result<Option<Vec<u8>>, ReadError> {
        self.bytes_up_to(path, LARGEST)
    }

    /// The same of a file that is no larger than this.
    pub fn bytes_up_to(&mut self, path: &Path, largest: u64) -> Result<Option<Vec<u8>>, ReadError> {
        let found = bytes_or_nothing(path, largest.min(self.left)).map_err(|error| match error {
            ReadError::TooLarge { path, most } if most < largest => ReadError::Spent { path, most: self.most },
            other => other,
        })?;
        if let Some(found) = &found {
            self.spend(path, found.len() as u64)?;
        }
        Ok(found)
    }

    /// The same as text; what is not UTF-8 is replaced, as the engine does.
    pub fn text(&mut self, path: &Path) -> Result<Option<String>, ReadError> {
        Ok(self.bytes(path)?.map(lossy))
    }
}

/// Bytes as the engine takes them for text: what is not UTF-8 is replaced.
pub fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The open file, and the size that it says; `None`: there is none.
fn open(path: &Path) -> Result<Option<(File, u64)>, ReadError> {
    let opened = plain(path, OpenOptions::new().read(true)).and_then(|file| match file.metadata() {
        Ok(metadata) => Ok((file, metadata.len())),
        Err(cause) => Err(ReadError::Refused { path: path.to_owned(), cause }),
    });
    match opened {
        Ok(opened) => Ok(Some(opened)),
        Err(ReadError::Refused { cause, .. })
            if matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Looked at before opening: to open a device may have an effect (a watchdog, a tape). And again on what
/// was opened: something else may have come to the path in between.
fn refuse_what_is_no_file(path: &Path, metadata: io::Result<fs::Metadata>) -> Result<(), ReadError> {
    match metadata {
        Ok(metadata) if !metadata.is_file() => {
            Err(ReadError::NotAFile { path: path.to_owned(), kind: kind_of(&metadata) })
        }
        // Opening says why, or makes it.
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// One of ours has one name, or none any more. It is private whatever the umask and whoever made it.
#[cfg(unix)]
fn refuse_what_has_another_name(path: &Path, file: &File) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let metadata = file.metadata()?;
    if metadata.nlink() > 1 {
        return Err(ours(io::ErrorKind::Other, FileNotice::HardLinked { path: shown(path) }));
    }
    make_private(file, &metadata)
}

#[cfg(not(unix))]
fn refuse_what_has_another_name(_path: &Path, _file: &File) -> io::Result<()> {
    Ok(())
}

/// A new file has less than this under some umasks, so that we could not open it again.
#[cfg(unix)]
fn make_private(file: &File, metadata: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let is_ours = metadata.uid() == rustix::process::geteuid().as_raw();
    match is_ours && metadata.mode() & 0o7777 != 0o600 {
        true => file.set_permissions(fs::Permissions::from_mode(0o600)),
        false => Ok(()),
    }
}

#[cfg(unix)]
fn with_flags(options: &mut OpenOptions, is_own: bool) -> &mut OpenOptions {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let links = if is_own { OFlags::NOFOLLOW } else { OFlags::empty() };
    #[expect(clippy::cast_possible_wrap, reason = "flags, as the system's headers have them")]
    options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY | links).bits() as i32)
}

#[cfg(not(unix))]
fn with_flags(options: &mut OpenOptions, _is_own: bool) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn kind_of(metadata: &fs::Metadata) -> FileKind {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    if kind.is_dir() {
        FileKind::Folder
    } else if kind.is_symlink() {
        FileKind::Link
    } else if kind.is_fifo() {
        FileKind::Pipe
    } else if kind.is_socket() {
        FileKind::Socket
    } else {
        FileKind::Device
    }
}

#[cfg(not(unix))]
fn kind_of(metadata: &fs::Metadata) -> FileKind {
    if metadata.is_dir() { FileKind::Folder } else { FileKind::Device }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::cause;

    /// N16: pipes, sockets, devices and folders are refused at once, by any way to open them; links to
    /// them, too.
    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_refused_without_waiting() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("made");
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).expect("bound");
        for (name, target) in
            [("zero", "/dev/zero"), ("terminal", "/dev/tty"), ("null", "/dev/null"), ("link", "pipe"), ("root", "/")]
        {
            std::os::unix::fs::symlink(target, at(name)).expect("linked");
        }
        for name in ["pipe", "socket", "zero", "null", "terminal", "link", "root", "."] {
            let path = at(name);
            assert!(matches!(bytes(&path, LARGEST), Err(ReadError::NotAFile { .. })), "{name}");
            assert!(open_with(&path, OpenOptions::new().append(true)).is_err(), "{name}");
        }
    }

    /// N16: a file of ours is never opened through a link, made nor emptied; a folder on the way may be one.
    #[cfg(unix)]
    #[test]
    fn our_own_files_are_no_links() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("theirs"), "theirs").expect("written");
        for (link, target) in [("link", "theirs"), ("dangling", "new"), ("way", ".")] {
            std::os::unix::fs::symlink(target, at(link)).expect("linked");
        }
        for link in ["link", "dangling"] {
            assert!(begin_own(&at(link)).is_err(), "{link}");
        }
        assert!(open_own(&at("way/ours"), OpenOptions::new().write(true)).is_ok());
        // Nor one that is somebody else's under another name; it is not even emptied.
        fs::hard_link(at("theirs"), at("second")).expect("linked");
        for shared in ["theirs", "second"] {
            for options in [OpenOptions::new().write(true).truncate(true), OpenOptions::new().append(true)] {
                let refused = open_own(&at(shared), options).expect_err(shared);
                let told = FileNotice::HardLinked { path: shown(&at(shared)) };
                assert_eq!(*cause(&refused), Notice::from(told), "{shared}");
            }
            assert!(begin_own(&at(shared)).is_err(), "{shared}");
        }
        // Once it has one name, it is begun anew, and nobody else can read it.
        fs::remove_file(at("second")).expect("removed");
        fs::write(at("ours"), "before").expect("written");
        for mode in [0o644, 0o666, 0o200] {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(at("ours"), fs::Permissions::from_mode(mode)).expect("mode set");
            begin_own(&at("ours")).expect("opened");
            let metadata = fs::metadata(at("ours")).expect("there");
            assert_eq!((metadata.len(), metadata.permissions().mode() & 0o7777), (0, 0o600), "{mode:o}");
        }
        assert_eq!((fs::read_to_string(at("theirs")).expect("there").as_str(), at("new").exists()), ("theirs", false));
    }

    /// N16: of a file that says nothing of its size, or too little, no more than the bound is read.
    #[test]
    fn what_is_read_has_a_bound() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        fs::write(&path, "12345").expect("written");
        assert_eq!(bytes(&path, 5).expect("read").as_deref(), Some("12345".as_bytes()));
        assert!(matches!(bytes(&path, 4), Err(ReadError::TooLarge { .. })));
        assert_eq!(bytes(&path.join("b"), 5).expect("no error"), None, "below a file there is nothing");
        if cfg!(target_os = "linux") {
            // Files of the system say that they are empty.
            assert!(!bytes(Path::new("/proc/self/status"), LARGEST).expect("read").expect("there").is_empty());
            assert!(matches!(bytes(Path::new("/proc/self/status"), 10), Err(ReadError::TooLarge { .. })));
        }
        assert_eq!(beginning(&path, 2).expect("read").as_deref(), Some("12"));
        File::create(&path).and_then(|file| file.set_len(1 << 40)).expect("a sparse file");
        assert!(matches!(bytes(&path, LARGEST), Err(ReadError::TooLarge { .. })));
    }

    /// N16: many files that are each small enough are not read without end.
    #[test]
    fn what_is_read_in_sum_has_a_bound() {
        let folder = tempfile::tempdir().expect("a folder");
        let (large, small) = (folder.path().join("large"), folder.path().join("small"));
        fs::write(&large, "1234567890").expect("written");
        fs::write(&small, "12").expect("written");
        let mut budget = Budget::new(13, 2);
        assert!(budget.bytes(&large).is_ok());
        assert!(matches!(budget.bytes(&large), Err(ReadError::Spent { most: 13, .. })));
        assert!(budget.bytes(&small).is_ok(), "a small one is read all the same");
        assert!(budget.spend(&small, 2).is_err());
        assert!(matches!(Budget::new(13, 2).bytes_up_to(&large, 9), Err(ReadError::TooLarge { most: 9, .. })));
        assert!(matches!(Budget::new(8, 2).bytes_up_to(&large, 9), Err(ReadError::Spent { most: 8, .. })));
        assert!(budget.step() && budget.step() && !budget.step());
        let (one, other) = Budget::new(5, 0).halves();
        assert_eq!((one.left, other.left), (2, 3));
    }
}
