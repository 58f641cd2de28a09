//! What is to be said of single keys of the configuration, and of setting them.

use super::{Notice, notices};
use crate::Kind;

notices! {
    /// What is to be said of a key.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum KeyNotice {
        /// What was given is not written as a key.
        KeyMalformed {
            /// What was given.
            key: String,
        },
        /// The engine does not read such a key.
        KeyNotRead {
            /// The key.
            key: String,
            /// The one that was probably meant.
            near: Option<String>,
        },
        /// Nothing says anything of a key.
        KeyNotSet {
            /// The key.
            key: String,
        },
        /// A key is not set in the files of the scope in which it was to be taken away.
        KeyNotSetHere {
            /// The key.
            key: String,
            /// Where it is set, in short form; empty: nowhere.
            places: Vec<String>,
        },
        /// One entry of a list is not set alone.
        KeyInList {
            /// The key.
            key: String,
        },
        /// A key for which there are commands of its own.
        KeyOfItems {
            /// The key.
            key: String,
            /// What it declares.
            kind: Kind,
        },
        /// The value is none that the engine accepts there.
        KeyRefused {
            /// What is wrong, and where.
            why: Box<Notice>,
        },
        /// The file says it in another spelling, which the edit would take out of effect.
        KeySpeltOtherwise {
            /// The key.
            key: String,
            /// The key that would change with it.
            other: String,
        },
        /// A value is set, and another file keeps it from counting.
        KeyBeaten {
            /// The key.
            key: String,
            /// What has the last word, in short form.
            by: String,
        },
        /// A key is taken away, and another file still sets it.
        KeyStillSet {
            /// The key.
            key: String,
            /// What sets it, in short form.
            by: String,
        },
        /// What was set may be a secret, and stands in the file for all to read.
        KeySecretInFile {
            /// The key.
            key: String,
            /// A variable that it could be in.
            variable: String,
        },
        /// A rule is set behind narrower ones, which it takes out of effect.
        KeyRuleIsLast {
            /// The key.
            key: String,
        },
    }
}
