//! What of files and folders is not read, or seen late, and what of a difference is not a line of theirs.

use serde::{Deserialize, Serialize};

use super::{Notice, notices};

/// What there is at a path where a file should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// A folder.
    Folder,
    /// A link.
    Link,
    /// A pipe.
    Pipe,
    /// A socket.
    Socket,
    /// A device.
    Device,
}

/// Why changes are seen late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blind {
    /// There are more folders than are watched.
    TooMany,
    /// The system has no watches left.
    Exhausted,
    /// The file system sends no events.
    Silent,
    /// The system refused to watch at all.
    Refused,
}

notices! {
    /// What is to be said of files that are read.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum FileNotice {
        /// The system does not let a file be read.
        FileRefused {
            /// What the system said.
            why: String,
        },
        /// What is at the path is no regular file.
        NotARegularFile {
            /// What it is.
            kind: FileKind,
        },
        /// What is at the path has no end, and the engine would wait for it.
        NoEnd {
            /// What it is.
            kind: FileKind,
        },
        /// It is larger than what is read of one file.
        FileTooLarge {
            /// What is read, in bytes.
            most: u64,
        },
        /// The files before it are all that is read in one look.
        LookSpent {
            /// What is read in a look, in bytes.
            most: u64,
        },
        /// A file was not opened, where its path is not told beside it.
        FileNotOpened {
            /// The file.
            path: String,
            /// Why.
            why: Box<Notice>,
        },
        /// A file of our own has a second name, under which it may be somebody else's.
        HardLinked {
            /// The file.
            path: String,
        },
        /// There is more in a folder than is looked at.
        FolderTooFull {
            /// How many files and folders are looked at.
            most: u64,
        },
        /// Links in a folder lead to the same folders again and again.
        LinksRepeat {
            /// How many paths of each are looked at.
            paths: u32,
        },
        /// Changes that others make are seen late.
        SeenLate {
            /// How late, in seconds.
            seconds: u64,
            /// Why.
            why: Blind,
        },
        /// The directory is no folder, or not there.
        NotAFolder {
            /// The directory.
            path: String,
            /// What the system said, if it said anything.
            why: Option<String>,
        },
        /// Nobody can tell from where a part of a path is meant.
        NoCurrentFolder {
            /// What the system said.
            why: String,
        },
        /// There is no home folder.
        NoHomeFolder {
            /// What the system said.
            why: String,
        },
        /// What is in the file of the settings is no settings.
        SettingsBroken {
            /// The file, with line and column.
            place: String,
            /// What is wrong, in the words of a library.
            why: String,
        },
        /// The defaults stand in for settings that cannot be read.
        SettingsNotRead {
            /// Why.
            why: Box<Notice>,
        },
        /// A choice was not saved, because the settings cannot be read.
        SettingsNotSaved {
            /// Why.
            why: Box<Notice>,
        },
        /// A choice was not saved, because the lock of the settings cannot be taken.
        SettingsNotLocked {
            /// Why.
            why: Box<Notice>,
        },
        /// Another process keeps the lock of the settings.
        SettingsBusy,
        /// The files of the directory were not read, through a fault of Rekindle.
        FilesFault,
        /// Files and the engine's answers were not put together, through a fault of Rekindle.
        LookFault,
        /// A line of a difference: the value changed, and nothing is shown of what changed in it.
        ValueChanged {
            /// The line that is the same in both.
            line: String,
        },
        /// A line of a difference: keys whose order counts.
        KeyOrder {
            /// What holds the keys.
            path: String,
            /// The keys in their order.
            keys: String,
        },
        /// A line of a difference: a plugin that runs before another one.
        RunsBefore {
            /// The plugin.
            plugin: String,
            /// The name of the other one.
            other: String,
        },
        /// A line of a difference: a plugin that runs after another one.
        RunsAfter {
            /// The plugin.
            plugin: String,
            /// The name of the other one.
            other: String,
        },
        /// The last line of a difference: lines that are not shown.
        MoreLines {
            /// How many.
            lines: usize,
        },
    }
}
