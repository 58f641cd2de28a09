//! The arguments of `rekindle mcp`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum McpCommand {
    /// Add MCP servers from another program's configuration, a URL or a command
    Add(McpAdd),
    /// Remove a server from the configuration
    Remove {
        /// Its name, id or path
        name: String,
        /// Remove the global one
        #[arg(long)]
        global: bool,
    },
    /// Turn a server on
    Enable {
        /// Its name
        name: String,
        /// For every project
        #[arg(long)]
        global: bool,
    },
    /// Turn a server off
    Disable {
        /// Its name
        name: String,
        /// For every project
        #[arg(long)]
        global: bool,
    },
    /// List servers
    List,
    /// Reconnect a server in the running engine, without a reload
    #[command(alias = "connect")]
    Retry {
        /// Its name
        name: String,
        /// Even if the engine is someone else's
        #[arg(long)]
        yes: bool,
    },
    /// Sign in to a server that needs it, in your browser
    SignIn {
        /// Its name
        name: String,
        /// Even if the engine is someone else's
        #[arg(long)]
        yes: bool,
    },
    /// Sign out of a server
    SignOut {
        /// Its name
        name: String,
        /// Even if the engine is someone else's
        #[arg(long)]
        yes: bool,
    },
    /// Disconnect a server in the running engine, until it is reconnected or the engine reloads
    Disconnect {
        /// Its name
        name: String,
        /// Even if the engine is someone else's
        #[arg(long)]
        yes: bool,
    },
    /// Test a server without the engine: whether it answers, and which tools it has
    Test {
        /// Its name
        name: String,
    },
}

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("given").required(true))]
pub(crate) struct McpAdd {
    /// The server's name, if the source has none or you want another; of several servers, the one to add
    pub(crate) name: Option<String>,
    /// A configuration for another program (JSON or TOML), or a command
    #[arg(long, value_name = "JSON", group = "given")]
    pub(crate) json_config: Option<String>,
    /// A file with the same, or - for standard input
    #[arg(long, value_name = "FILE", group = "given")]
    pub(crate) from: Option<PathBuf>,
    /// The address of a remote server
    #[arg(long, value_name = "URL", group = "given")]
    pub(crate) url: Option<String>,
    /// A header to send with every request
    #[arg(long = "header", value_name = "K=V", requires = "url", value_parser = pair)]
    pub(crate) headers: Vec<(String, String)>,
    /// An environment variable for the server
    #[arg(long = "env", value_name = "K=V", conflicts_with = "url", value_parser = pair)]
    pub(crate) environment: Vec<(String, String)>,
    /// For every project
    #[arg(long)]
    pub(crate) global: bool,
    /// Replace a server of the same name
    #[arg(long)]
    pub(crate) replace: bool,
    /// Write {env:NAME} in place of values that look like secrets
    #[arg(long)]
    pub(crate) secrets_from_env: bool,
    /// Only show what would be added
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The command that runs the server
    #[arg(last = true, value_name = "COMMAND", group = "given")]
    pub(crate) command: Vec<String>,
}

fn pair(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("it has no =")?;
    if name.is_empty() { Err("it has no name") } else { Ok((name.to_owned(), value.to_owned())) }
}
