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
    Disable {
        /// Their names; * stands for any text
        #[arg(required = true)]
        names: Vec<String>,
        /// For every project
        #[arg(long)]
        global: bool,
    },
    /// Turn skills on again
    Enable {
        /// Their names; * stands for any text
        #[arg(required = true)]
        names: Vec<String>,
        /// For every project
        #[arg(long)]
        global: bool,
    },
    /// List skills
    List,
    /// Check whether OpenCode would load a folder as a skill
    Check {
        /// The folder
        path: PathBuf,
    },
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
