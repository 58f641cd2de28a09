//! The arguments of `rekindle skill`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use rekindle_app::{edit::Keep, files::locate::SkillsOf};

#[derive(Subcommand)]
pub(crate) enum SkillCommand {
    /// Install skills from a folder, an archive, a repository, npm or a site
    Install {
        /// A path, owner/repository, an address, or another tool's whole command in quotes
        source: String,
        /// Install only the skill of this name; can be repeated
        #[arg(long = "skill", value_name = "NAME")]
        skills: Vec<String>,
        /// Install every skill of the source
        #[arg(long, conflicts_with = "skills")]
        all: bool,
        /// The name of the new folder, for a single skill [default: the skill's name]
        #[arg(long, conflicts_with = "all")]
        name: Option<String>,
        /// For every project
        #[arg(long)]
        global: bool,
        /// Among whose skills: .opencode/skills, .agents/skills or .claude/skills
        #[arg(long, value_enum, default_value_t)]
        to: To,
        /// Replace what is there; it goes to the trash
        #[arg(long)]
        yes: bool,
        /// Show what would be installed, and install nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Move a skill to the trash
    Remove {
        /// Its name, id or path
        name: String,
        /// Remove the global one
        #[arg(long)]
        global: bool,
    },
    /// Update skills from their sources
    Update {
        /// Its name, id or path [default: every skill whose source is known]
        name: Option<String>,
        /// Show what is new, and change nothing
        #[arg(long)]
        check: bool,
        /// Which version to keep of a skill that was changed both here and in its source
        #[arg(long, value_enum, conflicts_with = "check")]
        keep: Option<KeepWhat>,
        /// Update the global skills instead of the project's
        #[arg(long)]
        global: bool,
    },
    /// Create a skill from a template
    New {
        /// Its name: lowercase letters, digits and hyphens
        name: String,
        /// What it does, and when to use it
        #[arg(long)]
        description: Option<String>,
        /// For every project
        #[arg(long)]
        global: bool,
        /// Among whose skills: .opencode/skills, .agents/skills or .claude/skills
        #[arg(long, value_enum, default_value_t)]
        to: To,
    },
    /// Turn skills off: agents are not told of them
    Disable(Turn),
    /// Turn skills on again
    Enable(Turn),
    /// Name skills that are turned on and off together
    Set {
        /// The name of the set
        name: String,
        /// The skills; * stands for any text
        #[arg(required_unless_present = "remove")]
        skills: Vec<String>,
        /// Forget the set; its skills stay as they are
        #[arg(long, conflicts_with = "skills")]
        remove: bool,
    },
    /// List the sets of skills
    Sets,
    /// List skills
    List,
    /// Check whether OpenCode would load a folder as a skill
    Check {
        /// The folder
        path: PathBuf,
    },
}

/// Which skills are turned on or off.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(true))]
pub(crate) struct Turn {
    /// Their names; * stands for any text
    #[arg(group = "which")]
    pub(crate) names: Vec<String>,
    /// The skills of this set; can be repeated
    #[arg(long = "set", value_name = "SET", group = "which")]
    pub(crate) sets: Vec<String>,
    /// The skills from this source, as `list` shows it; can be repeated
    #[arg(long = "from", value_name = "SOURCE", group = "which")]
    pub(crate) sources: Vec<String>,
    /// For every project
    #[arg(long)]
    pub(crate) global: bool,
}

/// Among whose skills one is installed.
#[derive(Clone, Copy, Default, ValueEnum)]
#[value(rename_all = "lower")]
pub(crate) enum To {
    #[default]
    OpenCode,
    Agents,
    Claude,
}

impl From<To> for SkillsOf {
    fn from(to: To) -> Self {
        match to {
            To::OpenCode => Self::OpenCode,
            To::Agents => Self::Agents,
            To::Claude => Self::Claude,
        }
    }
}

/// What is kept of a skill that was changed here and in its source.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum KeepWhat {
    /// It stays as it is; this change of the source is not offered again
    Mine,
    /// It becomes as it is in the source; what was there goes to the trash
    Theirs,
}

impl From<KeepWhat> for Keep {
    fn from(what: KeepWhat) -> Self {
        match what {
            KeepWhat::Mine => Self::Mine,
            KeepWhat::Theirs => Self::Theirs,
        }
    }
}
