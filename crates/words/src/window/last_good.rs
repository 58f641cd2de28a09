//! The words of restoring the last good files.
//!
//! Invariant: what happens to each file is said before it happens, and that nothing is lost by it.

use rekindle_domain::Restoring;

use crate::text::counted;

pub const TITLE: &str = "Restore the last good files?";
pub const RESTORE: &str = "Restore last good";
pub const RESTORE_ASK: &str = "Restore last good…";
pub const KEPT: &str = "What is there now is kept, too. The engine is not touched by this.";

/// What they become.
pub fn body(when: &str) -> String {
    format!("These files become as they were when the engine last loaded them without an error ({when}).")
}

/// What happens to a file.
pub fn change(change: Restoring) -> &'static str {
    match change {
        Restoring::Replaced => "gets its earlier content back",
        Restoring::BroughtBack => "is brought back",
        Restoring::SetAside => "is moved to the trash",
    }
}

/// The toast afterwards.
pub fn done(files: usize) -> String {
    format!("Restored {}. What was there before is kept.", counted(files, "file"))
}
