//! What the doctor looks at, and what it finds.

use serde::{Deserialize, Serialize};

use super::{Notice, notices};
use crate::EngineState;

/// What the doctor looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Examined {
    /// The engine's program.
    Program,
    /// The engine.
    Engine,
    /// What an engine that does not run said last.
    Output,
    /// A process that an engine left behind.
    Process,
    /// The folder with Rekindle's state.
    State,
    /// The directory.
    Directory,
    /// The settings.
    Settings,
    /// What is kept to take changes back.
    Undo,
    /// What was removed.
    Trash,
    /// The configuration.
    Configuration,
    /// A file that the engine does not read.
    Unread,
    /// A skill.
    Skill,
    /// A plugin.
    Plugin,
}

notices! {
    /// What the doctor says.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum DoctorNotice {
        /// The title of a finding.
        Examined {
            /// What was looked at.
            subject: Examined,
        },
        /// The engine's program does not run.
        ProgramFails {
            /// The program.
            path: String,
        },
        /// The engine's program runs.
        ProgramRuns {
            /// Its version.
            version: String,
            /// The program.
            path: String,
            /// What to know of this version.
            caveat: Option<Box<Notice>>,
        },
        /// How the engine is.
        EngineIs {
            /// Its state.
            state: EngineState,
            /// Its address, as far as it is known.
            url: String,
            /// Whether a file would not load.
            has_problems: bool,
            /// What it says itself.
            why: Option<Box<Notice>>,
        },
        /// What an engine that does not run said last, in several lines.
        EngineSaid {
            /// The lines.
            text: String,
        },
        /// A process that an engine left behind.
        ProcessLeft {
            /// Its id.
            pid: u32,
            /// What it runs.
            command: String,
        },
        /// The state folder can be written.
        StateWritable {
            /// The folder.
            path: String,
        },
        /// The state folder cannot be written.
        StateNotWritable {
            /// The folder.
            path: String,
            /// What the system said.
            why: Box<Notice>,
        },
        /// The directory is not there.
        DirectoryGone {
            /// The directory.
            path: String,
        },
        /// How to take a change back cannot be read.
        UndoNotRead {
            /// The file in which it is kept.
            path: String,
        },
        /// Things in the trash that no change refers to.
        TrashUnused {
            /// How many.
            count: usize,
            /// The paths of the first of them.
            paths: Vec<String>,
        },
        /// All files of the configuration would load.
        ConfigurationFine {
            /// How many there are.
            files: usize,
        },
        /// The engine does not read a file.
        RowNotRead {
            /// The file.
            place: String,
            /// Why.
            why: Box<Notice>,
        },
        /// Different skills have the same name.
        SkillContested {
            /// The name.
            name: String,
            /// Where they are.
            places: Vec<String>,
        },
        /// An item failed to load.
        ItemFailed {
            /// Its id.
            item: String,
            /// What the engine said.
            why: Box<Notice>,
        },
    }
}
