//! The arguments, as `docs/cli.md` promises them.

mod agent;
mod check;
mod command;
mod config;
mod mcp;
mod plugin;
mod skill;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use rekindle_domain::Kind;

pub(crate) use self::{
    agent::AgentCommand,
    check::{CheckArguments, CheckFormat},
    command::SlashCommand,
    config::ConfigCommand,
    mcp::{McpAdd, McpCommand},
    plugin::{Named, PluginCommand},
    skill::{SkillCommand, Turn},
};

/// The longest wait that can be asked for, in seconds.
const YEAR: u64 = 365 * 24 * 60 * 60;

/// Shows what is on disk but not in the running OpenCode engine, and reloads it safely.
#[derive(Parser)]
#[command(name = "rekindle", version, propagate_version = true)]
pub(crate) struct Arguments {
    /// The project directory [default: the current one]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
    /// Use someone else's engine; its password is read from REKINDLE_ENGINE_PASSWORD
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) engine: Option<String>,
    /// How long to wait for an engine that is still loading the directory [default: 120 for a reload, otherwise 15]
    #[arg(long, global = true, value_name = "SECONDS")]
    pub(crate) wait: Option<u64>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print only the result
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Log what is done (-vv: in full)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    /// The same where one option says what another one says, too.
    pub(crate) fn settled(mut self) -> Self {
        self.json |= matches!(&self.command, Command::Check(options) if options.format(self.json) == CheckFormat::Json);
        self
    }
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start, stop or reach the engine that Rekindle runs for the directory
    #[command(subcommand)]
    Engine(EngineCommand),
    /// Show what is pending
    Status,
    /// Show what a reload would do and interrupt, and the fingerprint of that plan
    Plan,
    /// Make what is on disk live, and prove it
    Reload(ReloadArguments),
    /// Print the status as a line of JSON after each change, until interrupted
    Watch,
    /// List every item with its state
    List {
        /// Only items of this kind
        kind: Option<KindArgument>,
    },
    /// Add, create, pin, update, disable, enable, move, mend, remove or list plugins
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Install, update, create, turn on or off, remove, list or check skills
    #[command(subcommand)]
    Skill(SkillCommand),
    /// Add, remove, turn on or off, reconnect, list or test MCP servers
    #[command(subcommand)]
    Mcp(McpCommand),
    /// Create, turn on or off, remove or list agents
    #[command(subcommand)]
    Agent(AgentCommand),
    /// Create, remove or list slash commands
    #[command(subcommand, name = "command")]
    Slash(SlashCommand),
    /// List, read, set and unset keys of the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Check the files as a reload would, without an engine
    Check(CheckArguments),
    /// Undo the last change that Rekindle made, or restore the last good files
    Undo(UndoArguments),
    /// List past reloads
    History {
        /// How many to list
        #[arg(long, default_value_t = 20, value_name = "N")]
        last: usize,
    },
    /// Find out what is wrong and how to fix it
    Doctor {
        /// End processes that engines of the directory left behind
        #[arg(long)]
        end_leftovers: bool,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Owns an engine in the background (started by `engine start`)
    #[command(name = "__host", hide = true)]
    Host,
}

#[derive(Subcommand)]
pub(crate) enum EngineCommand {
    /// Start an engine in the background
    Start,
    /// Stop the engine
    Stop,
    /// Show the engine's address and password file
    Info,
    /// Attach OpenCode to the engine in this terminal
    Attach,
}

#[derive(clap::Args)]
pub(crate) struct ReloadArguments {
    /// Interrupt what is running
    #[arg(long, conflicts_with = "when_idle")]
    pub(crate) force: bool,
    /// Resume the interrupted sessions afterwards
    #[arg(long, requires = "force")]
    pub(crate) resume: bool,
    /// Wait until nothing is running
    #[arg(long)]
    pub(crate) when_idle: bool,
    /// The longest time to wait
    #[arg(long, value_name = "SECONDS", requires = "when_idle", value_parser = clap::value_parser!(u64).range(..=YEAR))]
    pub(crate) timeout: Option<u64>,
    /// Restart the engine, even if disposing its instance would do or nothing is pending
    #[arg(long)]
    pub(crate) restart: bool,
    /// Reload only if the plan still has this fingerprint
    #[arg(long, value_name = "FINGERPRINT")]
    pub(crate) plan: Option<String>,
    /// Reload even if the engine is someone else's
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(clap::Args)]
#[group(multiple = false)]
pub(crate) struct UndoArguments {
    /// If the file has changed since, undo only Rekindle's change
    #[arg(long)]
    pub(crate) ours: bool,
    /// If the file has changed since, put it back to how it was before Rekindle's change
    #[arg(long)]
    pub(crate) before: bool,
    /// Leave the file as it is, and forget Rekindle's change
    #[arg(long)]
    pub(crate) leave: bool,
    /// Restore the configuration files that the engine last loaded without an error
    #[arg(long)]
    pub(crate) last_good: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum KindArgument {
    Plugin,
    Skill,
    Mcp,
    Agent,
    Command,
    Tool,
    Config,
    Instructions,
}

impl From<KindArgument> for Kind {
    fn from(kind: KindArgument) -> Self {
        match kind {
            KindArgument::Plugin => Self::Plugin,
            KindArgument::Skill => Self::Skill,
            KindArgument::Mcp => Self::Mcp,
            KindArgument::Agent => Self::Agent,
            KindArgument::Command => Self::Command,
            KindArgument::Tool => Self::Tool,
            KindArgument::Config => Self::Config,
            KindArgument::Instructions => Self::Instructions,
        }
    }
}
