//! The arguments of `rekindle config`.

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// List the merged configuration, key by key: the value, the file that sets it, and the files it overrides
    List {
        /// Only this key and those in it
        key: Option<String>,
    },
    /// Print the effective value of a key
    Get {
        /// The key: permission.bash, or permission.bash."git *"
        key: String,
    },
    /// Set a key
    Set {
        /// The key: permission.bash, or permission.bash."git *"
        key: String,
        /// The value as JSON, or text where OpenCode expects a string
        #[arg(allow_hyphen_values = true)]
        value: String,
        /// For every project
        #[arg(long)]
        global: bool,
    },
    /// Remove a key
    Unset {
        /// The key: permission.bash, or permission.bash."git *"
        key: String,
        /// For every project
        #[arg(long)]
        global: bool,
    },
}
