//! The arguments of `rekindle skill`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use rekindle_app::files::locate::SkillsOf;

#[derive(Subcommand)]
pub(crate) enum SkillCommand {
    /// Install skills from a folder, an archive or a repository
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
