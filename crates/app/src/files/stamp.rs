//! What tells an unchanged file without reading it.
//!
//! Invariant: a file with the same stamp has the same content, provided that it was last changed
//! well before it was read: within the clock's granularity two contents can have one stamp.

use std::{
    fs::Metadata,
    time::{Duration, SystemTime},
};

/// Device, inode, size, and the times of the last change of content and of attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    file: (u64, u64),
    size: u64,
    modified: SystemTime,
    changed: (i64, i64),
}

impl Stamp {
    /// The stamp of the file or folder at a path; `None`: there is none.
    pub(super) fn at(path: &std::path::Path) -> Option<Self> {
        std::fs::metadata(path).ok().as_ref().map(Self::of)
    }

    /// The stamp of a file.
    pub(super) fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let (file, changed) = {
            use std::os::unix::fs::MetadataExt;
            ((metadata.dev(), metadata.ino()), (metadata.ctime(), metadata.ctime_nsec()))
        };
        #[cfg(not(unix))]
        let (file, changed) = ((0, 0), (0, 0));
        let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        Self { file, size: metadata.len(), modified, changed }
    }

    /// The size of the file, in bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// True when a file with this stamp, read at that time, can be relied on not to have changed
    /// since without another stamp.
    fn is_settled(&self, read: SystemTime) -> bool {
        /// Linux counts in ticks of up to 10 ms, some file systems in 2 s.
        const TICK: Duration = Duration::from_millis(20);
        const COARSE: Duration = Duration::from_secs(2);
        let whole = self.modified.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|time| time.subsec_nanos() == 0);
        let changed = u64::try_from(self.changed.0).unwrap_or_default();
        let changed = Duration::new(changed, u32::try_from(self.changed.1).unwrap_or_default());
        let last = self.modified.max(SystemTime::UNIX_EPOCH + changed);
        read.duration_since(last).is_ok_and(|age| age > if whole { COARSE } else { TICK })
    }
}

/// Something made from a file, kept until the file changes.
#[derive(Clone, Debug)]
pub(super) struct Kept<T> {
    stamp: Option<Stamp>,
    read: SystemTime,
    pub(super) made: T,
}

impl<T> Kept<T> {
    /// For this moment only: the file has no stamp.
    pub(super) fn never(made: T) -> Self {
        Self { stamp: None, read: SystemTime::UNIX_EPOCH, made }
    }

    /// Notes what was made from a file with this stamp. `read`: a time before it was read.
    pub(super) fn new(stamp: Stamp, read: SystemTime, made: T) -> Self {
        Self { stamp: Some(stamp), read, made }
    }

    /// The size of the file, in bytes.
    pub(super) fn size(&self) -> u64 {
        self.stamp.map_or(0, |stamp| stamp.size)
    }

    /// True when the file still is as it was.
    pub(super) fn holds(&self, stamp: &Stamp) -> bool {
        self.stamp.as_ref() == Some(stamp) && stamp.is_settled(self.read)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_changed_within_a_tick_is_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        fs::write(&path, "one").expect("written");
        let stamp = Stamp::of(&fs::metadata(&path).expect("there"));
        let now = SystemTime::now();
        assert!(!Kept::new(stamp, now, ()).holds(&stamp), "it may have changed in the same tick");
        assert!(Kept::new(stamp, now + Duration::from_secs(3), ()).holds(&stamp));
        // A file from the future: the clock was put back since.
        assert!(!Kept::new(stamp, now - Duration::from_secs(3600), ()).holds(&stamp));
        assert!(!Kept::new(stamp, SystemTime::UNIX_EPOCH, ()).holds(&stamp));
        fs::write(&path, "three").expect("written");
        let after = Stamp::of(&fs::metadata(&path).expect("there"));
        assert!(!Kept::new(stamp, now + Duration::from_secs(3), ()).holds(&after));
    }
}
