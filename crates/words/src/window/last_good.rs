//! The words of restoring the last good files.
//!
//! Invariant: what happens to each file is said before it happens, and that nothing is lost by it.

use rekindle_domain::Restoring;

pub use crate::edits::restored as done;

pub const TITLE: &str = "Restore the last good files?";
pub const RESTORE: &str = "Restore last good";
pub const RESTORE_ASK: &str = "Restore last good…";
pub const KEPT: &str = "The current versions are kept, and the engine is not touched.";

/// What they become.
pub fn body(when: &str) -> String {
    format!("These files go back to how they were when the engine last loaded them without an error ({when}).")
}

/// What happens to a file.
pub fn change(change: Restoring) -> &'static str {
    match change {
        Restoring::Replaced => "will be restored",
        Restoring::BroughtBack => "will be recreated",
        Restoring::SetAside => "will be moved to the trash",
    }
}
