//! Agents and commands: beginning, removing, and turning agents off and on.

use serde::{Deserialize, Serialize};

use super::notices;
use crate::{Kind, Scope};

/// What the engine has of itself by the name of an agent or a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnEntry {
    /// An agent that can be turned off.
    Agent,
    /// An agent that the engine needs.
    InnerAgent,
    /// A command.
    Command,
}

notices! {
    /// What is to be said of how agents and commands are declared. Of either kind, it is called an entry.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum AgentNotice {
        /// A name cannot be that of a new entry.
        EntryBadName {
            /// The kind.
            kind: Kind,
            /// The name.
            name: String,
        },
        /// There is an entry of that name, or something at the place of its file.
        EntryThere {
            /// The kind.
            kind: Kind,
            /// The name.
            name: String,
            /// Where it is.
            path: String,
        },
        /// Another file declares the new entry, too.
        EntryJoined {
            /// The kind.
            kind: Kind,
            /// The name.
            name: String,
            /// The other file.
            path: String,
        },
        /// The engine has an entry of the name of the new one.
        EntryOverOwn {
            /// The name.
            name: String,
            /// Which one.
            own: OwnEntry,
        },
        /// The engine does not read the folder of the new entry.
        EntryNotRead {
            /// The file.
            path: String,
        },
        /// Several files declare an entry.
        EntryInSeveral {
            /// The kind.
            kind: Kind,
            /// The name.
            name: String,
            /// The files; the one that counts first.
            paths: Vec<String>,
        },
        /// Another file still declares an entry that was removed.
        EntryLeft {
            /// The kind.
            kind: Kind,
            /// The name.
            name: String,
            /// The file.
            path: String,
        },
        /// An entry is declared for other projects than was said.
        EntryOfOtherScope {
            /// The kind.
            kind: Kind,
            /// The name.
            name: String,
            /// For which projects.
            scope: Scope,
            /// The file.
            path: String,
        },
        /// An entry is declared in the environment.
        EntryInVariable {
            /// The kind.
            kind: Kind,
            /// The name.
            name: String,
            /// The variable.
            variable: String,
        },
        /// After a removal, the engine uses its own entry again.
        OwnEntryBack {
            /// The name.
            name: String,
            /// Which one.
            own: OwnEntry,
        },
        /// An entry is the engine's own, and no file declares it.
        EntryIsOwn {
            /// The name.
            name: String,
            /// Which one.
            own: OwnEntry,
        },
        /// A command is a skill.
        CommandIsSkill {
            /// The name.
            name: String,
            /// The file of the skill.
            path: String,
        },
        /// A command is a prompt of an MCP server.
        CommandOfServer {
            /// The name.
            name: String,
            /// The server.
            server: String,
        },
        /// The engine has an entry that no file declares.
        EntryOnlyLoaded {
            /// The kind.
            kind: Kind,
            /// The name.
            name: String,
        },
        /// No file declares the agent, and the engine has none of that name.
        AgentNotDeclared {
            /// The name.
            name: String,
        },
        /// Another file has the last word on whether an agent is on.
        AgentNotTurned {
            /// The name.
            name: String,
            /// The file.
            path: String,
        },
        /// The agent that was turned off is the one to which prompts go.
        DefaultAgentOff {
            /// The name.
            name: String,
        },
        /// No agent is left to which a prompt could go.
        NoAgentLeft,
    }
}
