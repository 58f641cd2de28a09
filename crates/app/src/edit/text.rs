//! Editing the text of a file, whoever else writes to it.
//!
//! Invariant: what takes the edit back is written down before the file is, and says what the edit meant for the very text
//! that it was made on.

use std::path::Path;

use rekindle_domain::UserError;
use rekindle_opencode::config::edit::EditError;

use super::{
    record::Records,
    undo::{Entries, Undo},
};
use crate::files::{
    file::{self, TRIES, contended},
    locate::Places,
};

/// Edits a file; a token for taking it back. What takes it back is written down first, and anew if another program writes
/// to the file in between. `entries`: what the edit means for a text.
pub(super) fn edit_text(
    places: &Places,
    path: &Path,
    change: impl Fn(&str) -> Result<String, EditError>,
    entries: impl Fn(&str) -> Entries,
) -> Result<String, UserError> {
    let records = Records::open(places)?;
    for _ in 0..TRIES {
        let edited = file::compute(path, &change)?;
        let undo = Undo::of(edited.clone(), entries(edited.before.as_deref().unwrap_or_default()));
        let made = records.carry_out(places, &undo, || {
            match file::replace(path, edited.before.as_deref(), edited.after.as_deref()) {
                Ok(true) => Ok(()),
                Ok(false) => Err(None),
                Err(error) => Err(Some(error)),
            }
        });
        match made {
            Ok(((), token)) => return Ok(token),
            Err(Some(error)) => return Err(error),
            // Another program wrote to the file in between.
            Err(None) => {}
        }
    }
    Err(contended(path))
}
