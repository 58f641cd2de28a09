//! What reloads did.

use rekindle_domain::{Leftover, ReceiptResult, Resumed};

use crate::{
    notice::{Front, said},
    text::{be, counted},
};

pub const NO_RELOADS: &str = "No reloads yet";

/// The result's word, as in JSON; also the name of its style.
pub fn result_word(result: ReceiptResult) -> &'static str {
    match result {
        ReceiptResult::Proved => "proved",
        ReceiptResult::Partial => "partial",
        ReceiptResult::Failed => "failed",
        ReceiptResult::Refused => "refused",
    }
}

/// `1 change`, `2 changes`, and of how many, where that is not all: `1 of 3 changes`.
pub fn part(some: usize, all: usize) -> String {
    if some >= all { counted(some, "change") } else { format!("{some} of {}", counted(all, "change")) }
}

/// `1 of 3 changes is not proved`.
pub fn unproved(open: usize, all: usize) -> String {
    format!("{} {} not proved", part(open, all), be(open))
}

/// What became of a session that was to resume.
pub fn resumed(resumed: &Resumed, front: Front) -> String {
    let title = resumed.title.trim();
    match &resumed.error {
        None => format!("“{title}” resumed"),
        Some(error) => format!("“{title}” could not be resumed: {}", said(error, front)),
    }
}

/// A process that should be gone.
pub fn left_behind(process: &Leftover) -> String {
    format!("Process {} was left behind: {}", process.pid, process.command)
}
