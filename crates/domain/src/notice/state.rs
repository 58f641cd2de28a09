//! The state folder, its locks and records, and what is left of work that was cut off.

use serde::{Deserialize, Serialize};

use super::{Notice, notices};

/// What the engine showed of a reload that was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterCut {
    /// All of it.
    All,
    /// Nothing is pending, and not all of it can be proved any more.
    NothingPending,
    /// Something is still pending.
    StillPending,
}

/// Which interrupted sessions were not told to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Untold {
    /// None was to be told.
    Nobody,
    /// So many.
    These {
        /// How many.
        count: usize,
    },
    /// All that there were.
    All,
}

notices! {
    /// What is to be said of what Rekindle keeps.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum StateNotice {
        /// A link leads to no folder.
        KeptLinkBroken {
            /// The link.
            path: String,
            /// Where it leads.
            target: String,
        },
        /// Something else is in the place of a folder.
        KeptNotAFolder {
            /// What it is.
            path: String,
            /// What the system said.
            why: String,
        },
        /// It may not be read.
        KeptForbidden {
            /// The file or folder.
            path: String,
            /// What the system said.
            why: String,
        },
        /// It cannot be read.
        KeptUnreadable {
            /// The file or folder.
            path: String,
            /// What the system said.
            why: Box<Notice>,
        },
        /// The state folder cannot be used.
        StateUnusable {
            /// The folder.
            path: String,
            /// What the system said.
            why: Box<Notice>,
        },
        /// What was about to be done could not be written down.
        JournalNotWritten {
            /// The state folder.
            path: String,
            /// What the system said.
            why: Box<Notice>,
        },
        /// The state folder is another one since, so that the engine was nobody's.
        StateLost {
            /// The folder.
            path: String,
        },
        /// The state folder is another one since, so that another reload may be under way.
        ReloadTurnLost {
            /// The folder.
            path: String,
        },
        /// A reload was cut off after it had touched the engine.
        ReloadCutOff {
            /// What the engine showed afterwards.
            shows: AfterCut,
            /// Which interrupted sessions were not told to go on.
            untold: Untold,
        },
        /// A reload that waited until nothing runs was cut off, and can be gone on with.
        ReloadWaits,
    }
}
