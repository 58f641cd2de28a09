//! Editing the list in which plugins are declared, whoever else writes to the file.

use std::path::Path;

use rekindle_domain::UserError;
use rekindle_opencode::config::edit::EditError;
use serde_json::Value;

use super::{
    record::Records,
    undo::{Entries, LIST, Undo},
};
use crate::files::{
    file::{self, TRIES, contended},
    locate::Places,
};

/// Edits a list of plugins. What takes it back is written down first, and anew if another program writes to
/// the file in between. `entries`: what the edit means for a text.
pub(super) fn edit_list(
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

/// What a text declares. What does not parse is reported by the edit, with its place.
pub(super) fn entries_of(text: &str) -> Vec<Value> {
    let config = rekindle_opencode::config::text::value(text).unwrap_or_default();
    config.get(LIST).and_then(Value::as_array).cloned().unwrap_or_default()
}
