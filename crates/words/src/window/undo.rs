//! The words of undoing a change when somebody else changed the same file since.

use rekindle_domain::UndoChoice;

pub const TITLE: &str = "Changed since Rekindle edited it";

/// What is at stake.
pub fn body(path: &str) -> String {
    format!("{path} has been changed since Rekindle edited it. Anything that gets replaced goes to the trash.")
}

/// What a button does.
pub fn choice(choice: UndoChoice) -> &'static str {
    match choice {
        UndoChoice::Ours => "Undo only Rekindle's edit",
        UndoChoice::Before => "Go back to before the edit",
        UndoChoice::Leave => "Leave as is",
    }
}
