//! Rekindle's own programs: the window and the command line.

use super::notices;

notices! {
    /// What is to be said of Rekindle's own programs.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum ProgramNotice {
        /// Work ended before it was done.
        WorkEndedEarly,
        /// A reload ended before it said how.
        ReloadEndedEarly,
        /// The program cannot begin.
        CannotBegin {
            /// What the system said.
            why: String,
        },
        /// Rekindle's own program is not where it was.
        NoProgram {
            /// What the system said.
            why: String,
        },
        /// What was given is not the fingerprint of a plan.
        NotAPlan,
        /// Another window shows the folder.
        OpenElsewhere,
        /// The window could not be opened.
        NoWindow {
            /// What the library said.
            why: String,
        },
        /// There is nothing behind the window.
        NoCore,
        /// The window cannot use the clipboard.
        NoClipboard,
        /// A file that was shown is gone.
        NoLongerThere {
            /// The file.
            path: String,
        },
        /// The window named a file that it was not shown.
        NotShownHere {
            /// The file.
            path: String,
        },
        /// The system opened no program for it.
        NotOpened {
            /// What the system said.
            why: String,
        },
        /// An error that nobody foresaw.
        Unforeseen {
            /// What it said.
            why: String,
        },
    }
}
