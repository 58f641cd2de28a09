//! Plugins and tools, and what lists say of items that the engine does not read.

use super::{FileKind, Notice, notices};
use crate::Kind;

notices! {
    /// What is to be said of plugins, tools, and rows of lists.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum PluginNotice {
        /// A plugin that is declared by a path is not there.
        PluginMissing {
            /// The path.
            path: String,
        },
        /// A file in a plugins folder is a link that leads nowhere.
        PluginLinkBroken,
        /// A plugin never runs.
        PluginPassedOver {
            /// Its name.
            plugin: String,
            /// Why.
            why: Box<Notice>,
        },
        /// The engine has a plugin of this name built in, and passes over every other.
        BuiltIn {
            /// What it has in its name.
            name: String,
        },
        /// The package of a plugin exports nothing that the engine runs.
        ExportsNothing,
        /// A file in a folder below the plugins folder.
        NestedPlugin,
        /// Code that is not compared: it cannot be read, or is more than is read.
        CodeNotCompared,
        /// What is at the path of code is no file.
        CodeNotAFile {
            /// What it is.
            kind: FileKind,
        },
        /// Code that cannot be parsed.
        CodeNotParsed {
            /// What the parser said.
            why: String,
        },
        /// The parser could not get through code.
        CodeNotChecked,
        /// The parser was not asked about code: it failed too often, or did not start.
        CodeSkipped,
        /// The same of a tool, which keeps the engine from answering any prompt.
        ToolBroken {
            /// What is wrong with its code.
            why: Box<Notice>,
        },
        /// The engine would not load the file that declares an item.
        DeclaredInBroken,
        /// A key that the engine does not know.
        UnknownKey,
        /// A configuration of a name that the engine does not read in a project.
        OtherConfigName,
        /// Two files declare the same item.
        DeclaredTwice {
            /// The one file.
            one: String,
            /// The other.
            other: String,
            /// The kind of the item.
            kind: Kind,
            /// Its name.
            name: String,
        },
        /// The entry of a server turns it off.
        ServerTurnedOff {
            /// What would be started or asked.
            target: String,
        },
    }
}
