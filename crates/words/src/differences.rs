//! What differs, line by line.

use rekindle_domain::DiffLine;

use crate::{
    notice::{Front, said},
    text::counted,
};

/// How many lines are left out in a gap, which tells it as a number or in words.
pub fn gap(line: &DiffLine, front: Front) -> String {
    let text = said(&line.text, front);
    match text.trim().parse() {
        Ok(number) => counted(number, "unchanged line"),
        Err(_) => text.trim_start_matches(['⋯', '…', ' ']).to_owned(),
    }
}
