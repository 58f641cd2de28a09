//! The arguments of `rekindle plugin`.

use clap::{Subcommand, ValueEnum};
use rekindle_domain::Scope;

#[derive(Subcommand)]
pub(crate) enum PluginCommand {
    /// Add a plugin to the configuration: an npm package, a file or a git URL
    Add {
        /// For example opencode-wakatime@1.4.0 or ./my-plugin.ts
        spec: String,
        /// Options for the plugin, as a JSON object
        #[arg(long, value_name = "JSON")]
        options: Option<String>,
        /// For every project
        #[arg(long)]
        global: bool,
    },
    /// Remove a plugin from the configuration, or move its file to the trash
    Remove(Named),
    /// List plugins, with what OpenCode keeps of each
    List {
        /// Ask the registry what is published
        #[arg(long)]
        published: bool,
    },
    /// Pin a plugin to the version that OpenCode keeps, or to another one: NAME@VERSION
    Pin(Named),
    /// Declare a plugin without a version
    Unpin(Named),
    /// Take a plugin out of its list, and keep it with its options
    Disable(Named),
    /// Put a disabled plugin back where it was declared
    Enable(Named),
    /// Declare a plugin for every project instead of this one, or the other way round
    Move {
        /// Its name, id or path
        name: String,
        /// The scope to move it to
        #[arg(long, value_name = "SCOPE")]
        to: ScopeArgument,
    },
    /// Discard OpenCode's copy of a plugin, so that it is installed again
    Mend(Named),
    /// Bring plugins up to date
    Update {
        /// Only this one: its name, id or path
        name: Option<String>,
        /// Only show what would be done
        #[arg(long)]
        check: bool,
        /// Update to the tag “latest”, even if the entry does not allow it
        #[arg(long)]
        latest: bool,
        /// Only to versions published at least this many days ago
        #[arg(long, value_name = "DAYS", default_value_t = 0)]
        min_age: u64,
        /// Only global ones
        #[arg(long)]
        global: bool,
    },
    /// Create a plugin from a template
    New {
        /// The name of its file
        name: String,
        /// For every project
        #[arg(long)]
        global: bool,
    },
}

/// Which plugin is meant.
#[derive(clap::Args)]
pub(crate) struct Named {
    /// Its name, id or path
    pub(crate) name: String,
    /// The global one
    #[arg(long)]
    pub(crate) global: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ScopeArgument {
    Project,
    Global,
}

impl From<ScopeArgument> for Scope {
    fn from(scope: ScopeArgument) -> Self {
        match scope {
            ScopeArgument::Project => Self::Project,
            ScopeArgument::Global => Self::Global,
        }
    }
}
