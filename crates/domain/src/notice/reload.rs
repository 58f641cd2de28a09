//! What became of an item in a reload, and how a reload ended.

use super::{Notice, notices};
use crate::Refusal;

notices! {
    /// What is to be said of a reload.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum ReloadNotice {
        /// The engine read an item and does not have it.
        NotShown,
        /// It is pending again: nothing failed, and it is not there.
        PendingAgain,
        /// Every tool failed, because one of them is broken.
        NoTools,
        /// The engine read a file of tools and lists none of it: helpers alone are in it, or what it exports lacks a
        /// description, arguments or a function.
        NoTool,
        /// The item changed once more while it was reloaded.
        ChangedAgain,
        /// The item changed once more before the engine had said anything of it.
        ChangedUnheard,
        /// The engine read the file, and the value is one that it does not tell.
        NotReported,
        /// A server has not said yes or no in time.
        Connecting,
        /// The engine says that a plugin failed, and not why.
        PluginFailed,
        /// The hook of a plugin that changes the configuration failed.
        ConfigHookFailed {
            /// What the engine says of it; empty when nothing.
            why: String,
        },
        /// The engine lists none of its servers.
        NoServers,
        /// The engine has not listed its tools.
        ToolsNotListed,
        /// The engine lists a plugin, and what it says of those that fail was not heard.
        PluginUnheard,
        /// The entry of a server or an agent turns it off: it is not to work, and does not.
        TurnedOff,
        /// A server could not be started or reached, and the engine does not say why.
        ServerNotReached,
        /// The engine starts no server for an entry, because something in it is missing or has the wrong type.
        ServerNotStarted,
        /// A server wants the person to sign in.
        ServerNeedsAuth,
        /// A server wants a client id.
        ServerNeedsClientId,
        /// Only a restart would help, and the engine may not be restarted.
        MayNotRestart,
        /// The engine did not drop the instance.
        NotDropped,
        /// Something that worked before does not any more.
        Worse,
        /// A reload was refused, and nothing was touched.
        Refused {
            /// Why.
            refusal: Box<Refusal>,
        },
        /// What kept a reload from going on.
        Stopped {
            /// Why.
            refusal: Box<Refusal>,
            /// Whether the engine had been touched.
            touched: bool,
        },
        /// The engine could not be started.
        NotStarted {
            /// Why.
            why: Box<Notice>,
        },
        /// A reload that had touched the engine did not get to its end.
        Failed {
            /// What happened.
            why: Box<Notice>,
            /// Whether the engine runs with the last good files again.
            restored: bool,
        },
        /// Something failed, and then something else.
        Then {
            /// What failed first: what a person has to hear of.
            first: Box<Notice>,
            /// What came of it.
            then: Box<Notice>,
        },
        /// The last good files are back, and something came of that.
        GoodFilesBack {
            /// What.
            then: Box<Notice>,
        },
        /// The engine takes its time to load the directory.
        StillLoading {
            /// How long it has been waited for, in seconds.
            seconds: u64,
            /// The packages that it has to install first.
            installs: Vec<String>,
        },
        /// Nobody watched the engine load, and it has plugins.
        LoadedUnwatched,
        /// The engine is restarted where it would have been enough to drop the instance, because it would lose something.
        RestartsToKeep {
            /// What.
            names: Vec<String>,
        },
    }
}
