//! The words of taking a change back when somebody else changed the same file since.

use rekindle_domain::UndoChoice;

pub const TITLE: &str = "Changed by someone else since";

/// What is at stake.
pub fn body(path: &str) -> String {
    format!("{path} is not as Rekindle left it. What replaces something goes to the trash, not away.")
}

/// What a button does.
pub fn choice(choice: UndoChoice) -> &'static str {
    match choice {
        UndoChoice::Ours => "Take back only my change",
        UndoChoice::Before => "Make all as before",
        UndoChoice::Leave => "Leave as is",
    }
}
