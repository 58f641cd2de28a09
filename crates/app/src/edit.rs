//! The changes that Rekindle makes for a person: declaring and removing plugins, importing and
//! removing skills; and taking them back.
//!
//! Invariants: every change can be undone, byte for byte, as long as nobody else has touched what it
//! left, and is written down before it is made; what is removed goes to a trash folder under the state
//! folder, never away.

mod declare;
mod extent;
pub mod install;
pub mod last_good;
mod place;
pub(crate) mod record;
mod relocate;
pub(crate) mod trash;
mod undo;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rekindle_domain::{
    Copied, EditNotice, ErrorCode, Kind, Notice, PluginOrigin, Row, Scope, UndoChoice, Unremoved, UserError,
};
use rekindle_opencode::config::edit::{self, EditError};
use serde_json::Value;

pub(crate) use self::undo::Undo;
pub use self::{declare::add_plugin, undo::undo};
use self::{
    extent::{Extent, extent},
    record::Records,
    undo::{Entries, LIST},
};
use crate::{
    edit::{install::InstallError, last_good::LastGoodError},
    error::{Tell, cause},
    files::{
        file::{self, FileError, TRIES},
        locate::Places,
        scan::declared_id,
    },
    state::UnreadableState,
};

/// Why a change was not made. Nothing was changed, unless it says so.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// What was typed is no plugin.
    #[error("“{spec}” is not a plugin")]
    BadSpec {
        /// What was typed.
        spec: String,
        /// Why not.
        why: Notice,
    },
    /// It is declared already.
    #[error("“{name}” is declared already in {path}")]
    Declared {
        /// The plugin.
        name: String,
        /// Where.
        path: PathBuf,
    },
    /// A file could not be changed.
    #[error(transparent)]
    File(#[from] FileError),
    /// A skill could not be installed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// There is no such item, or not just one.
    #[error("there is no {} “{name}” that can be removed", .kind.word())]
    NotFound {
        /// The kind.
        kind: Kind,
        /// The name.
        name: String,
    },
    /// There is more than one of that name.
    #[error("“{name}” is there more than once: {} and {}", .places[0], .places[1])]
    Ambiguous {
        /// The name.
        name: String,
        /// Where.
        places: [String; 2],
    },
    /// It could not be moved to the trash or back.
    #[error("could not move {path}")]
    Move {
        /// What was to be moved.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// It is not certain what would be removed.
    #[error("{path} was not removed: {why:?}")]
    Unsure {
        /// The file.
        path: PathBuf,
        /// Why it is not.
        why: Unremoved,
    },
    /// How to take it back could not be written down, so it was not done, or was taken back.
    #[error("nothing was changed, because how to take it back could not be written down")]
    NotBegun {
        /// Why not.
        #[source]
        cause: Box<FileError>,
    },
    /// Another process of ours is changing something.
    #[error("another program of Rekindle is changing something in this directory")]
    Busy,
    /// The folder in which something was changed is another one now.
    #[error("{folder} leads to {now} now, and led to {before} when this was done")]
    LedElsewhere {
        /// The folder.
        folder: PathBuf,
        /// Where it leads.
        now: PathBuf,
        /// Where it led.
        before: PathBuf,
        /// Where what was removed is kept.
        trash: Option<PathBuf>,
    },
    /// Something was done, and could neither be finished nor taken back.
    #[error("{done:?}, and that could neither be finished nor taken back")]
    Half {
        /// What was done.
        done: EditNotice,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// Files that were restored could not be put back.
    #[error(transparent)]
    Restored(Box<LastGoodError>),
    /// What was written down cannot be read.
    #[error(transparent)]
    State(#[from] UnreadableState),
    /// There is nothing to undo in this folder, but in one that was here before.
    #[error(
        "there is nothing to undo in this folder: {count} {} to the folder that was here before",
        if *.count == 1 { "change belongs" } else { "changes belong" }
    )]
    OfFolderBefore {
        /// How many changes.
        count: usize,
    },
    /// There is nothing to undo.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// What takes the change back cannot be read, so that nothing was taken back, nor what came before it.
    #[error("how to take the change back cannot be read: {path}")]
    Unreadable {
        /// The record.
        path: PathBuf,
    },
    /// Somebody has changed what we left.
    #[error("{path} was changed since, so it was left as it is")]
    ChangedSince {
        /// The file or folder.
        path: PathBuf,
        /// How the change can be taken back all the same; empty: there is nothing left of it.
        choices: Vec<UndoChoice>,
    },
}

impl Tell for ChangeError {
    fn tell(&self) -> UserError {
        let shown = |path: &Path| path.display().to_string();
        match self {
            Self::BadSpec { spec, why } => {
                let notice = EditNotice::NotAPlugin { spec: spec.clone(), why: Box::new(why.clone()) };
                UserError::new(ErrorCode::BadSpec, notice)
            }
            Self::Declared { name, path } => {
                let notice = EditNotice::AlreadyDeclared { name: name.clone(), path: shown(path) };
                UserError::new(ErrorCode::Declared, notice)
            }
            Self::File(error) => error.tell(),
            Self::Install(error) => error.tell(),
            Self::NotFound { kind, name } => {
                UserError::new(ErrorCode::NotFound, EditNotice::NothingToRemove { kind: *kind, name: name.clone() })
            }
            Self::Ambiguous { name, places: [first, second] } => {
                let (name, first, second) = (name.clone(), first.clone(), second.clone());
                UserError::new(ErrorCode::Ambiguous, EditNotice::SeveralOfName { name, first, second })
            }
            Self::Move { path, cause: why } => {
                UserError::new(ErrorCode::CannotMove, EditNotice::NotMoved { path: shown(path), why: cause(why) })
            }
            Self::Unsure { path, why } => {
                let notice = EditNotice::NotRemoved { path: shown(path), why: *why };
                UserError::new(ErrorCode::NotRemoved, notice).about(shown(path))
            }
            Self::NotBegun { cause } => {
                let told = cause.tell();
                let notice = EditNotice::NotRecorded { why: Box::new(told.what) };
                UserError { path: told.path, ..UserError::new(ErrorCode::NotRecorded, notice) }
            }
            Self::Busy => UserError::new(ErrorCode::Contended, EditNotice::ChangeUnderWay),
            Self::Half { done, cause: why } => {
                let notice = EditNotice::HalfDone { done: Box::new(done.clone().into()), why: cause(why) };
                UserError::new(ErrorCode::HalfDone, notice)
            }
            Self::Restored(error) => error.tell(),
            Self::NothingToUndo => UserError::new(ErrorCode::NothingToUndo, EditNotice::NothingToUndo),
            Self::OfFolderBefore { count } => {
                UserError::new(ErrorCode::NothingToUndo, EditNotice::OfFolderBefore { count: *count })
            }
            Self::State(error) => error.tell(),
            Self::Unreadable { path } => {
                let choices = vec![UndoChoice::Leave];
                let notice = EditNotice::UndoUnreadable { path: shown(path), choices: choices.clone() };
                UserError { choices, ..UserError::new(ErrorCode::UnreadableRecord, notice).about(shown(path)) }
            }
            Self::LedElsewhere { folder, now, before, trash } => {
                let notice = EditNotice::LedElsewhere {
                    folder: shown(folder),
                    now: shown(now),
                    before: shown(before),
                    trash: trash.as_deref().map(shown),
                };
                let choices = vec![UndoChoice::Leave];
                UserError { choices, ..UserError::new(ErrorCode::ChangedSince, notice).about(shown(folder)) }
            }
            Self::ChangedSince { path, choices } => {
                let choices = choices.clone();
                let notice = EditNotice::ChangedSince { path: shown(path), choices: choices.clone() };
                UserError { choices, ..UserError::new(ErrorCode::ChangedSince, notice).about(shown(path)) }
            }
        }
    }
}

/// Edits a list of plugins. What takes it back is written down first, and anew if another program writes to
/// the file in between. `entries`: what the edit means for a text.
fn edit_list(
    places: &Places,
    path: &Path,
    change: impl Fn(&str) -> Result<String, EditError>,
    entries: impl Fn(&str) -> Entries,
) -> Result<String, ChangeError> {
    let records = Records::open(places)?;
    let contended = || FileError::Contended { path: path.to_owned() };
    for _ in 0..TRIES {
        let edited = file::compute(path, &change)?;
        let undo = Undo::of(edited.clone(), entries(edited.before.as_deref().unwrap_or_default()));
        let made = records.carry_out(places, &undo, || {
            match file::replace(path, edited.before.as_deref(), edited.after.as_deref())? {
                true => Ok(()),
                false => Err(ChangeError::from(contended())),
            }
        });
        match made {
            Err(ChangeError::File(FileError::Contended { .. })) => {}
            made => return made.map(|((), token)| token),
        }
    }
    Err(contended().into())
}

/// The engine reads `~/x` as a package's name; a person means their home folder.
fn expand_home(places: &Places, spec: &str) -> String {
    match spec.trim().strip_prefix("~/") {
        Some(rest) => places.home.join(rest).display().to_string(),
        None => spec.trim().to_owned(),
    }
}

/// What a text declares. What does not parse is reported by the edit, with its place.
fn entries_of(text: &str) -> Vec<Value> {
    let config = rekindle_opencode::config::text::value(text).unwrap_or_default();
    config.get(LIST).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Whether a text has a list of plugins, or anything in its place.
fn has_list(text: &str) -> bool {
    rekindle_opencode::config::text::value(text).is_ok_and(|config| config.get(LIST).is_some())
}

/// Imports a folder as a skill; its place, and a token for taking it back.
pub fn import_skill(
    places: &Places,
    source: &str,
    scope: Scope,
    name: Option<&str>,
) -> Result<(PathBuf, String), ChangeError> {
    let source = PathBuf::from(expand_home(places, source));
    let records = Records::open(places)?;
    let staged = install::stage(&places.directory.join(source), &places.skills_to_edit(scope), name)?;
    let undo = Undo::of_folder(staged.target(), &staged.folder());
    records.carry_out(places, &undo, || Ok(staged.put_in_place()?))
}

/// What was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The file in which it was declared, or what was moved to the trash.
    pub path: PathBuf,
    /// For taking it back.
    pub token: String,
}

/// Removes the item of a row.
pub fn remove(places: &Places, row: &Row) -> Result<Removed, ChangeError> {
    let source = Path::new(&row.source);
    match (row.kind, row.origin) {
        (Kind::Plugin, Some(PluginOrigin::Found)) => set_aside(places, source),
        (Kind::Plugin, _) => {
            let is_it = |entry: &Value| {
                let text = entry.as_str().or_else(|| entry[0].as_str()).unwrap_or_default();
                declared_id(places, source, row.scope, text) == row.id
            };
            let removed = |text: &str| Entries::Removed(entries_of(text).into_iter().filter(is_it).collect());
            let change = |text: &str| {
                let left = edit::remove(text, LIST, &row.name, is_it)?;
                edit::without_empty(&left, LIST).map(edit::without_file)
            };
            let token = edit_list(places, source, change, removed)?;
            Ok(Removed { path: source.to_owned(), token })
        }
        (Kind::Skill, _) => match extent(places, source) {
            Extent::Folder => set_aside(places, source.parent().unwrap_or(source)),
            Extent::File => set_aside(places, source),
            Extent::Nothing(why) => Err(ChangeError::Unsure { path: source.to_owned(), why }),
        },
        _ => Err(ChangeError::NotFound { kind: row.kind, name: row.name.clone() }),
    }
}

/// The one row that a person means by a name, an id or a path.
pub fn find<'a>(rows: &'a [Arc<Row>], kind: Kind, name: &str, scope: Scope) -> Result<&'a Row, ChangeError> {
    let mut matching = rows.iter().filter(|row| {
        // Another name of a file is meant only where it is named.
        let is_meant = row.copy != Some(Copied::Link) || row.place == name || row.source == name;
        row.kind == kind
            && row.removable
            && is_meant
            && (row.id.as_str() == name
                || row.scope == scope && (row.name == name || row.place == name || row.source == name))
    });
    let found = matching.next().ok_or_else(|| ChangeError::NotFound { kind, name: name.to_owned() })?;
    match matching.find(|other| other.source != found.source) {
        Some(other) => {
            Err(ChangeError::Ambiguous { name: name.to_owned(), places: [found.place.clone(), other.place.clone()] })
        }
        None => Ok(found),
    }
}

fn set_aside(places: &Places, path: &Path) -> Result<Removed, ChangeError> {
    let failed = |cause| ChangeError::Move { path: path.to_owned(), cause };
    let records = Records::open(places)?;
    let trash = trash::place_for(places, path).map_err(failed)?;
    let undo = Undo::of_removal(path, &trash);
    let moved = records.carry_out(places, &undo, || trash::put_in(path, &trash).map_err(failed));
    // A place that was not needed is no more; one that holds something stays.
    let ((), token) = moved.inspect_err(|_| trash::forget(&trash))?;
    Ok(Removed { path: path.to_owned(), token })
}

#[cfg(test)]
mod tests;
