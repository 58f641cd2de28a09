//! The words of the settings page.
//!
//! Invariant: a choice says what it does, not only what it is called.

use rekindle_domain::{EngineChoice, FindingLevel, Habit, Theme};

pub const APPEARANCE: &str = "Appearance";
pub const THEME: &str = "Theme";
pub const HABIT: &str = "When changes are pending";
pub const ROLL_BACK: &str = "Restore the last good files automatically";
pub const ROLL_BACK_HINT: &str = "If a reload leaves the engine broken. The newer versions are kept.";
pub const ENGINE: &str = "Engine to start";
pub const ENGINE_HINT: &str = "Takes effect the next time the engine starts.";
pub const FILE_FIELD: &str = "Path to the opencode executable";
pub const USE_FILE: &str = "Use this file";
pub const DOCTOR: &str = "Doctor";
pub const DOCTOR_HINT: &str = "Checks the engine, files and folders, and says what is wrong.";
pub const CHECK: &str = "Check";
pub const CHECKING: &str = "Checking…";
pub const OUTPUT: &str = "Engine output";
pub const OUTPUT_HINT: &str = "The last lines the engine printed.";
pub const REFRESH: &str = "Refresh";
pub const NO_OUTPUT: &str = "The engine has printed nothing yet.";

/// A theme, as a choice.
pub fn theme(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "System",
        Theme::Light => "Light",
        Theme::Dark => "Dark",
    }
}

/// What happens automatically, as a choice.
pub fn habit(habit: Habit) -> &'static str {
    match habit {
        Habit::Ask => "Ask",
        Habit::WhenIdle => "When idle",
        Habit::Never => "Never",
    }
}

/// What that means for the workspace that is shown.
pub fn habit_hint(habit: Habit) -> &'static str {
    match habit {
        Habit::Ask => "In this workspace, a banner asks first.",
        Habit::WhenIdle => "In this workspace, the engine reloads automatically as soon as nothing is running.",
        Habit::Never => {
            "In this workspace, nothing reloads automatically and no banner appears. You can reload from Overview."
        }
    }
}

/// An engine, as a choice: its name and what it means.
pub fn engine(choice: &EngineChoice) -> (&'static str, &'static str) {
    match choice {
        EngineChoice::Bundled => {
            ("Bundled", "The version that comes with Rekindle. If there is none, the one on PATH.")
        }
        EngineChoice::Path => ("From PATH", "The opencode that your terminal would start."),
        EngineChoice::File(_) => ("Custom", "An executable that you choose."),
    }
}

/// How bad a finding is, also the name of its style.
pub fn level(level: FindingLevel) -> &'static str {
    match level {
        FindingLevel::Ok => "OK",
        FindingLevel::Warning => "Needs attention",
        FindingLevel::Error => "Broken",
    }
}
