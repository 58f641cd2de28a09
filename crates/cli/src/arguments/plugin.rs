//! The arguments of `rekindle plugin`.

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum PluginCommand {
    /// Add a plugin to the configuration: an npm package, a file or a git URL
    Add {
        /// For example opencode-wakatime@1.4.0 or ./my-plugin.ts
        spec: String,
        /// For every project
        #[arg(long)]
        global: bool,
    },
    /// Remove a plugin from the configuration, or move its file to the trash
    Remove {
        /// Its name, id or path
        name: String,
        /// Remove the global one
        #[arg(long)]
        global: bool,
    },
    /// List plugins
    List,
}
