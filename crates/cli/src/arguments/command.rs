//! The arguments of `rekindle command`.

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum SlashCommand {
    /// Create a slash command from a template
    New {
        /// Its name: letters, digits, hyphens and underscores; slashes create folders
        name: String,
        /// What it does
        #[arg(long)]
        description: Option<String>,
        /// For every project
        #[arg(long)]
        global: bool,
    },
    /// Remove a command; its file goes to the trash
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
    /// List commands
    List,
}
