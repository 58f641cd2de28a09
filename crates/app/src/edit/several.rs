//! Several files edited as one change: all of them or none.
//!
//! Invariants: as for a single one; what takes all of it back is one record, written down before the first file changes. A
//! change that is cut off between two files is taken back by whoever comes next.

use std::{io, path::PathBuf};

use rekindle_domain::UserError;
use rekindle_opencode::config::edit::EditError;

use super::{
    record::Records,
    undo::{Entries, Undo, half_done},
};
use crate::files::{
    file::{self, Content, Edited, TRIES, contended},
    locate::Places,
};

/// What becomes of a text.
type Change<'a> = Box<dyn Fn(&str) -> Result<String, EditError> + 'a>;
/// What an edit means for a text.
type Meaning<'a> = Box<dyn Fn(&str) -> Entries + 'a>;

/// One of the edits.
pub(super) struct Edit<'a> {
    /// The file.
    pub(super) path: PathBuf,
    /// What becomes of its text; nothing: it goes.
    pub(super) change: Change<'a>,
    /// What that means.
    pub(super) entries: Meaning<'a>,
    /// The mode of a file of ours.
    pub(super) mode: Option<u32>,
}

/// Carries out all of them, anew if another program writes to a file in between; a token for taking them back.
pub(super) fn edit_together(places: &Places, edits: &[Edit<'_>]) -> Result<String, UserError> {
    let records = Records::open(places)?;
    let mut contested = None;
    for _ in 0..TRIES {
        let computed = |edit: &Edit<'_>| file::compute(&edit.path, &edit.change).map(|edited| (edited, edit.mode));
        let computed = edits.iter().map(computed).collect::<Result<Vec<_>, _>>()?;
        let undo = |((edited, _), edit): (&(Edited, _), &Edit<'_>)| {
            Undo::of(edited.clone(), (edit.entries)(edited.before.as_deref().unwrap_or_default()))
        };
        let undo = Undo::together(computed.iter().zip(edits).map(undo).collect());
        match records.carry_out(places, &undo, || write_all(&computed)) {
            Ok(((), token)) => return Ok(token),
            Err(Failed::Error(error)) => return Err(error),
            Err(Failed::Contended(path)) => contested = Some(path),
        }
    }
    Err(contended(&contested.unwrap_or_default()))
}

/// Why not all were written. Those that were are as they were.
enum Failed {
    Error(UserError),
    /// Another program wrote to this file.
    Contended(PathBuf),
}

impl From<UserError> for Failed {
    fn from(error: UserError) -> Self {
        Self::Error(error)
    }
}

fn write_all(edits: &[(Edited, Option<u32>)]) -> Result<(), Failed> {
    for (count, (edited, mode)) in edits.iter().enumerate() {
        let failed = match put(edited, *mode) {
            Ok(true) => continue,
            Ok(false) => Failed::Contended(edited.path.clone()),
            Err(error) => Failed::Error(error),
        };
        for (edited, _) in edits.iter().take(count).rev() {
            let back = file::replace(&edited.path, edited.after.as_deref(), edited.before.as_deref());
            if !matches!(back, Ok(true)) {
                let undo = Undo::of(edited.clone(), Entries::Unknown);
                return Err(Failed::Error(half_done(undo.told(), &io::Error::other("another program changed it"))));
            }
        }
        return Err(failed);
    }
    Ok(())
}

fn put(edited: &Edited, mode: Option<u32>) -> Result<bool, UserError> {
    let content = edited.after.as_ref().map(|text| Content { bytes: text.as_bytes(), mode });
    file::put(&edited.path, edited.before.as_deref().map(str::as_bytes), content)
}
