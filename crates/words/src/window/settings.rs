//! The words of the settings page.
//!
//! Invariant: a choice says what it does, not only what it is called.

use rekindle_domain::{EngineChoice, FindingLevel, Habit, Theme};

pub const APPEARANCE: &str = "Appearance";
pub const THEME: &str = "Theme";
pub const HABIT: &str = "When something waits for a reload";
pub const ROLL_BACK: &str = "Restore the last good files automatically";
pub const ROLL_BACK_HINT: &str = "When the engine does not come up. What was there is kept.";
pub const ENGINE: &str = "Which engine Rekindle starts";
pub const ENGINE_HINT: &str = "Takes effect when the engine is started the next time.";
pub const FILE_FIELD: &str = "Path of the opencode program";
pub const USE_FILE: &str = "Use this file";
pub const DOCTOR: &str = "Doctor";
pub const DOCTOR_HINT: &str = "Looks at the engine, the files and the folders, and says what is wrong.";
pub const CHECK: &str = "Check";
pub const CHECKING: &str = "Checking…";
pub const OUTPUT: &str = "Engine output";
pub const OUTPUT_HINT: &str = "The last lines that the engine printed.";
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

/// What happens by itself, as a choice.
pub fn habit(habit: Habit) -> &'static str {
    match habit {
        Habit::Ask => "Ask",
        Habit::WhenIdle => "When idle",
        Habit::Never => "Never",
    }
}

/// What that means for the folder that is shown.
pub fn habit_hint(habit: Habit) -> &'static str {
    match habit {
        Habit::Ask => "In this folder, a banner asks.",
        Habit::WhenIdle => "In this folder, the engine is reloaded by itself as soon as nothing runs.",
        Habit::Never => "In this folder, nothing happens and no banner comes. Overview has the button.",
    }
}

/// An engine, as a choice: its name and what it means.
pub fn engine(choice: &EngineChoice) -> (&'static str, &'static str) {
    match choice {
        EngineChoice::Bundled => ("Bundled", "The one that comes with Rekindle; without it, the one on PATH."),
        EngineChoice::Path => ("From PATH", "The opencode that a terminal would start."),
        EngineChoice::File(_) => ("A file", "A program that you name."),
    }
}

/// How bad a finding is, also the name of its style.
pub fn level(level: FindingLevel) -> &'static str {
    match level {
        FindingLevel::Ok => "Fine",
        FindingLevel::Warning => "Look at it",
        FindingLevel::Error => "Broken",
    }
}
