//! The arguments, as `docs/cli.md` promises them.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use rekindle_domain::Kind;

/// The longest wait that can be asked for, in seconds.
const YEAR: u64 = 365 * 24 * 60 * 60;

/// Shows what is on disk and not in the OpenCode engine, and reloads it calmly.
#[derive(Parser)]
#[command(name = "rekindle", version, propagate_version = true)]
pub(crate) struct Arguments {
    /// The directory the engine works on [default: the current folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
    /// Someone else's engine; a password is read from REKINDLE_ENGINE_PASSWORD
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) engine: Option<String>,
    /// How long to wait for an engine that is still loading the directory [default: 15 for a look, 120 for a reload]
    #[arg(long, global = true, value_name = "SECONDS")]
    pub(crate) wait: Option<u64>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print nothing but the result
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more about what is done (twice: everything)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// The engine that Rekindle runs for the directory
    #[command(subcommand)]
    Engine(EngineCommand),
    /// What is pending now
    Status,
    /// What a reload would do, what it would interrupt, and a fingerprint of that plan
    Plan,
    /// Make what is on disk live, and prove it
    Reload(ReloadArguments),
    /// One status per change, as a line of JSON, until interrupted
    Watch,
    /// Every item, with its state
    List {
        /// Only items of this kind
        kind: Option<KindArgument>,
    },
    /// Plugins
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Skills
    #[command(subcommand)]
    Skill(SkillCommand),
    /// Take back the last change that Rekindle made, or put the last good files back
    Undo(UndoArguments),
    /// Past reloads
    History {
        /// How many
        #[arg(long, default_value_t = 20, value_name = "N")]
        last: usize,
    },
    /// What is wrong, and how to mend it
    Doctor {
        /// End processes that engines of the directory left behind
        #[arg(long)]
        end_leftovers: bool,
    },
    /// Completions for a shell
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
    /// Stop it, cleanly
    Stop,
    /// How to reach it
    Info,
    /// Attach a terminal to it
    Attach,
}

#[derive(clap::Args)]
pub(crate) struct ReloadArguments {
    /// Interrupt what is running
    #[arg(long, conflicts_with = "when_idle")]
    pub(crate) force: bool,
    /// Tell the interrupted sessions to go on afterwards
    #[arg(long, requires = "force")]
    pub(crate) resume: bool,
    /// Wait until nothing is running
    #[arg(long)]
    pub(crate) when_idle: bool,
    /// How long to wait at the most
    #[arg(long, value_name = "SECONDS", requires = "when_idle", value_parser = clap::value_parser!(u64).range(..=YEAR))]
    pub(crate) timeout: Option<u64>,
    /// Replace the engine's process, also when less would do or nothing is pending
    #[arg(long)]
    pub(crate) restart: bool,
    /// Only if the plan still has this fingerprint
    #[arg(long, value_name = "FINGERPRINT")]
    pub(crate) plan: Option<String>,
    /// Also an engine that is someone else's
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(clap::Args)]
#[group(multiple = false)]
pub(crate) struct UndoArguments {
    /// Of a file that was changed since, take back only that change
    #[arg(long)]
    pub(crate) ours: bool,
    /// Of a file that was changed since, make all as it was before that change
    #[arg(long)]
    pub(crate) before: bool,
    /// Leave it as it is, and forget that change
    #[arg(long)]
    pub(crate) leave: bool,
    /// Restore the configuration files that the engine loaded last
    #[arg(long)]
    pub(crate) last_good: bool,
}

#[derive(Subcommand)]
pub(crate) enum PluginCommand {
    /// Declare a plugin: an npm package, a file or a git URL
    Add {
        /// For example opencode-wakatime@1.4.0 or ./my-plugin.ts
        spec: String,
        /// For every directory
        #[arg(long)]
        global: bool,
    },
    /// Remove a plugin's declaration, or move its file to the trash
    Remove {
        /// Its name, id or path
        name: String,
        /// The global one
        #[arg(long)]
        global: bool,
    },
    /// The plugins
    List,
}

#[derive(Subcommand)]
pub(crate) enum SkillCommand {
    /// Copy a folder with a SKILL.md to where the engine finds it
    Install {
        /// The folder
        source: String,
        /// The name of the new folder [default: the skill's name]
        #[arg(long)]
        name: Option<String>,
        /// For every directory
        #[arg(long)]
        global: bool,
    },
    /// Move a skill to the trash
    Remove {
        /// Its name, id or path
        name: String,
        /// The global one
        #[arg(long)]
        global: bool,
    },
    /// The skills
    List,
    /// Whether the engine would load a folder as a skill
    Check {
        /// The folder
        path: PathBuf,
    },
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
