//! The arguments of `rekindle agent`.

use clap::{Subcommand, ValueEnum};
use rekindle_domain::AgentMode;

#[derive(Subcommand)]
pub(crate) enum AgentCommand {
    /// Create an agent from a template
    New {
        /// Its name: letters, digits, hyphens and underscores; slashes create folders
        name: String,
        /// What it does, and when to use it
        #[arg(long)]
        description: Option<String>,
        /// Where it can be used
        #[arg(long, value_enum, default_value_t)]
        mode: Mode,
        /// For every project
        #[arg(long)]
        global: bool,
    },
    /// Remove an agent; its file goes to the trash
    Remove {
        /// Its name, id or path
        name: String,
        /// The file, if several declare it
        #[arg(long, value_name = "FILE")]
        from: Option<String>,
        /// Remove the global one
        #[arg(long)]
        global: bool,
    },
    /// Turn an agent on
    Enable {
        /// Its name
        name: String,
        /// For every project
        #[arg(long)]
        global: bool,
    },
    /// Turn an agent off, even a built-in one
    Disable {
        /// Its name
        name: String,
        /// For every project
        #[arg(long)]
        global: bool,
    },
    /// List agents
    List,
}

/// Where an agent can be used.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum Mode {
    /// A person talks to it
    Primary,
    /// Other agents call it, or a person mentions it as @NAME
    Subagent,
    /// Both
    #[default]
    All,
}

impl From<Mode> for AgentMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Primary => Self::Primary,
            Mode::Subagent => Self::Subagent,
            Mode::All => Self::All,
        }
    }
}
