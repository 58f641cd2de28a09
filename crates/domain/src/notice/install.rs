//! Where skills come from: what was pasted, what was fetched, and what is in it.

use serde::{Deserialize, Serialize};

use super::{Notice, notices};

/// Why nothing is taken that holds such an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum EntryFault {
    /// Its path leads out of the folder.
    Outside,
    /// Its path begins at the root of a disk.
    Absolute,
    /// It is a link to something outside of the skill, or to nothing.
    Link {
        /// Where it leads.
        to: String,
    },
    /// It is another name of a file (a hard link).
    HardLink,
    /// It is no plain file: a device, a pipe or a socket.
    Special,
    /// Its name is no text, or holds control characters or such as file systems do not take.
    BadName,
    /// Its name is taken by some systems for a device.
    Reserved,
    /// It belongs to a repository, whose configuration can make other programs run something.
    Repository,
    /// Another entry has the same path.
    Twice,
    /// On some systems another entry has the same name: they differ only in case, or in how letters are composed.
    Clash {
        /// The other entry.
        with: String,
    },
    /// Its path is too long.
    TooLong,
    /// It is encrypted.
    Encrypted,
}

notices! {
    /// What is to be said of a source of skills, or of what came from it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum InstallNotice {
        /// There is nothing.
        SourceEmpty,
        /// It is too long, or holds control characters.
        SourceNotText,
        /// It has none of the forms.
        SourceNotUnderstood {
            /// What was given.
            text: String,
        },
        /// It is a single word, which could be the name of a package.
        SourceOnlyName {
            /// The word.
            name: String,
        },
        /// It is a page of a host that shows no repository, folder or skill.
        SourceOtherPage {
            /// The host.
            host: String,
        },
        /// It is an address of another machine, without encryption.
        SourcePlain {
            /// The address, without a password.
            url: String,
        },
        /// It is an address of a kind that is not used.
        SourceScheme {
            /// `ftp`, `git` and the like.
            scheme: String,
        },
        /// It names no branch, tag or commit.
        SourceBadRevision {
            /// The name.
            revision: String,
        },
        /// It names no npm package, or the range behind the name is none.
        SourceBadPackage {
            /// What was to be one.
            package: String,
        },
        /// The folder in it leads elsewhere.
        SourceBadFolder {
            /// The folder.
            folder: String,
        },
        /// It is more than one command.
        SourceSeveralCommands,
        /// It is a command that brings more than one source.
        SourceSeveral {
            /// The sources, as they were written.
            sources: Vec<String>,
        },
        /// It is a command that installs nothing.
        SourceOtherCommand {
            /// Its first words.
            command: String,
        },
        /// There is nothing at a path.
        SourceMissing {
            /// The path.
            path: String,
        },
        /// A file is neither a `SKILL.md` nor an archive.
        NoArchive {
            /// The file.
            path: String,
        },
        /// An archive cannot be read.
        ArchiveBroken {
            /// What is wrong with it.
            why: Box<Notice>,
        },
        /// An archive is too large.
        ArchiveTooLarge {
            /// How many mebibytes it may have.
            mebibytes: u64,
        },
        /// Something in it keeps all of it from being installed.
        EntryRefused {
            /// Its path in the source.
            entry: String,
            /// Why.
            why: EntryFault,
        },
        /// A program that fetches it is not installed.
        FetcherMissing {
            /// Its name.
            tool: String,
        },
        /// It could not be fetched.
        FetchFailed {
            /// The source, without a password.
            from: String,
            /// The last words of whatever was to fetch it.
            why: String,
        },
        /// A person cancelled it.
        FetchStopped {
            /// The source.
            from: String,
        },
        /// A site's index of skills has a format that is not known.
        IndexUnknown {
            /// What it says of its format.
            schema: String,
        },
        /// A site's index names more skills than are looked at.
        IndexTooLong {
            /// How many are.
            most: usize,
        },
        /// A site's index does not say where a skill is, or not in a way that is understood.
        IndexBadEntry {
            /// The name of the skill.
            name: String,
        },
        /// A file is not the one that the index of its site names.
        DigestMismatch {
            /// The name of the skill.
            name: String,
        },
        /// What was previewed was cancelled, or something else was previewed since.
        PreviewGone,
        /// Fetching it took too long.
        FetchSlow {
            /// The source, without a password.
            from: String,
            /// After so many seconds.
            seconds: u64,
        },
        /// More came than a source may have.
        FetchTooLarge {
            /// The source, without a password.
            from: String,
            /// How many mebibytes it may have.
            mebibytes: u64,
        },
        /// The repository has no such branch, tag or commit.
        NoSuchRevision {
            /// The repository, without a password.
            remote: String,
            /// What was asked for.
            revision: String,
        },
        /// The source has no such folder.
        NoSuchFolder {
            /// The folder.
            folder: String,
        },
        /// No folder of it has a `SKILL.md`.
        NoSkills,
        /// It has several, and nobody said which.
        SeveralSkills {
            /// Their names.
            names: Vec<String>,
        },
        /// The lock in which a project says where its skills are from is no lock that can be read.
        LockBroken {
            /// The file.
            path: String,
            /// What is wrong with it; `None`: it is JSON, and no lock.
            why: Option<String>,
        },
        /// That lock is of a version that is not known.
        LockUnknown {
            /// The file.
            path: String,
        },
        /// It is not known where an installed skill is from.
        NoSource {
            /// The skill.
            name: String,
        },
        /// It has none of that name.
        NoSuchSkill {
            /// The name.
            name: String,
            /// The names that there are.
            names: Vec<String>,
        },
    }
}
