//! Taking a change of ours back.
//!
//! Invariants: nothing that somebody else wrote since is lost without their choice, and even then it
//! goes to the trash; a change is taken back once; one that cannot be taken back does not stand in
//! the way of what was done before it.

use std::{
    io,
    path::{Path, PathBuf},
};

use rekindle_domain::{EditNotice, ErrorCode, Fingerprint, UndoChoice, UserError};
use rekindle_opencode::{
    config::{
        edit::{self, EditError},
        text,
    },
    plugin_spec,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    keys::{KeySet, taken_back},
    lock::LockEdit,
    place::Room,
    record::Records,
    replace::Replacement,
    trash::{self, not_moved},
};
use crate::{
    edit::last_good::LastGood,
    error::{cause, shown},
    files::{
        file::{self, Content, Edited, contended},
        foreign::{self, LARGEST},
        locate::{Places, real},
        walk::walk,
    },
};

/// The list in which plugins are declared.
pub(super) const LIST: &str = "plugin";

/// Whether a text has a list of plugins, or anything in its place.
pub(super) fn has_list(text: &str) -> bool {
    rekindle_opencode::config::text::value(text).is_ok_and(|config| config.get(LIST).is_some())
}

/// What takes a change back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "was", rename_all = "kebab-case")]
pub(crate) enum Undo {
    /// A text was put in place of another.
    Edited {
        path: PathBuf,
        before: Option<String>,
        after: Option<String>,
        /// What the edit meant.
        #[serde(default)]
        entries: Entries,
        /// Where it is; records from before this was kept have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<Room>,
    },
    /// Something was moved to the trash.
    Removed {
        from: PathBuf,
        trash: PathBuf,
        /// Where it was; records from before this was kept have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<Room>,
    },
    /// A folder was created.
    Created {
        path: PathBuf,
        /// What was in it.
        #[serde(default)]
        content: Option<Fingerprint>,
        /// Where it is; records from before this was kept have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<Room>,
    },
    /// Entries of the lock that says where skills are from were changed.
    Locked(LockEdit),
    /// A folder was put in place of something, which was moved to the trash.
    Replaced(Replacement),
    /// Several things were done at once, and are taken back at once.
    Together {
        /// Each of them.
        parts: Vec<Undo>,
    },
    /// Copies of files were put in place of those that were there.
    Restored {
        /// The files.
        files: Vec<PathBuf>,
        /// Which copies.
        version: String,
        /// The copies of what was there.
        kept: String,
    },
}

/// What an edit was about: entries of the list of plugins, or keys.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Entries {
    /// It is not known which.
    #[default]
    Unknown,
    /// They were added.
    Added(Vec<Value>),
    /// They were removed.
    Removed(Vec<Value>),
    /// Keys were set or taken away.
    Keys(Vec<KeySet>),
    /// One got another spec.
    Renamed {
        /// The entry as it was.
        from: Value,
        /// The entry as it is.
        to: Value,
    },
}

impl Undo {
    /// What takes back an edit of a file's text.
    pub(super) fn of(edited: Edited, entries: Entries) -> Self {
        let Edited { path, before, after } = edited;
        let room = Some(Room::of(&path));
        Self::Edited { path, before, after, entries, room }
    }

    /// What takes back that a folder is created at a path; `content`: the folder that will be put there.
    pub(super) fn of_folder(path: &Path, content: &Path) -> Self {
        Self::Created { path: path.to_owned(), content: Some(content_of(content)), room: Some(Room::of(path)) }
    }

    /// What takes back that something is moved to a place in the trash.
    pub(super) fn of_removal(from: &Path, trash: &Path) -> Self {
        Self::Removed { from: from.to_owned(), trash: trash.to_owned(), room: Some(Room::of(from)) }
    }

    /// What takes back several things that are done at once.
    pub(super) fn together(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 { parts.remove(0) } else { Self::Together { parts } }
    }

    /// The part of it that is somewhere else now than when it was done, if that is known.
    fn led_elsewhere(&self) -> Option<(&Self, &Room)> {
        match self {
            Self::Edited { room, .. } | Self::Created { room, .. } | Self::Removed { room, .. } => {
                room.as_ref().filter(|room| !room.is_of(self.path())).map(|room| (self, room))
            }
            Self::Locked(edit) => (!edit.room.is_of(&edit.path)).then_some((self, &edit.room)),
            Self::Replaced(replacement) => {
                let room = &replacement.room;
                (!room.is_of(&replacement.path)).then_some((self, room))
            }
            Self::Together { parts } => parts.iter().find_map(Self::led_elsewhere),
            Self::Restored { .. } => None,
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Together { parts } => parts.first().map_or(Path::new(""), Self::path),
            Self::Edited { path, .. } | Self::Created { path, .. } | Self::Removed { from: path, .. } => path,
            Self::Replaced(replacement) => &replacement.path,
            Self::Locked(edit) => &edit.path,
            Self::Restored { files, .. } => files.first().map_or(Path::new(""), PathBuf::as_path),
        }
    }

    /// Where in the trash it is what was removed.
    pub(super) fn in_trash(&self) -> Vec<&Path> {
        match self {
            Self::Removed { trash, .. } | Self::Replaced(Replacement { trash, .. }) => vec![trash],
            Self::Together { parts } => parts.iter().flat_map(Self::in_trash).collect(),
            _ => Vec::new(),
        }
    }

    /// What was done.
    pub(super) fn told(&self) -> EditNotice {
        let shown = |path: &Path| path.display().to_string();
        match self {
            Self::Edited { path, .. } | Self::Locked(LockEdit { path, .. }) => {
                EditNotice::FileChanged { path: shown(path) }
            }
            Self::Removed { from, trash, .. } => EditNotice::ItemMoved { path: shown(from), to: shown(trash) },
            Self::Created { path, .. } => EditNotice::ItemCreated { path: shown(path) },
            Self::Replaced(replacement) => replacement.told(),
            Self::Together { parts } => {
                EditNotice::ItemsChanged { paths: parts.iter().map(|part| shown(part.path())).collect() }
            }
            Self::Restored { files, .. } => {
                EditNotice::FilesRestored { paths: files.iter().map(|path| shown(path)).collect() }
            }
        }
    }

    /// Takes it back if everything is as we left it; true when it did.
    pub(super) fn take_back(&self, places: &Places) -> Result<bool, UserError> {
        match self {
            Self::Edited { path, before, after, .. } => Ok(file::replace(path, after.as_deref(), before.as_deref())?),
            Self::Removed { from, .. } if is_there(from) => Ok(false),
            Self::Removed { from, trash, .. } => match bring_back(trash, from) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_there(from) => Ok(false),
                brought => brought.map_err(not_moved(from)),
            },
            Self::Created { path, .. } => {
                let is_ours = self.is_as_left(path);
                if is_ours {
                    set_aside_item(places, path)?;
                }
                Ok(is_ours)
            }
            Self::Replaced(replacement) => replacement.take_back(places),
            Self::Locked(edit) => edit.take_back(),
            Self::Together { parts } => {
                // What is taken back already, by whoever was cut off, is as it should be.
                let left: Vec<_> = parts.iter().filter(|part| !part.was_taken_back(places)).collect();
                if !left.iter().all(|part| part.was_made(places)) {
                    return Ok(false);
                }
                for part in left.into_iter().rev() {
                    if !part.take_back(places)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Restored { files, version, kept } => {
                Ok(LastGood::of(places).put_back(files, kept, Some(version.as_str()))?)
            }
        }
    }

    /// The ways that are left when somebody else changed what we left.
    fn choices(&self, places: &Places) -> Vec<UndoChoice> {
        let (ours, before) = match self {
            Self::Edited { path, entries, .. } => {
                let text = file::read(path).ok().flatten();
                (text.is_some_and(|text| entries.taken_back(&text).is_ok()), true)
            }
            Self::Removed { trash, .. } => (false, is_there(trash)),
            Self::Created { path, .. } => (false, is_there(path)),
            Self::Replaced(replacement) => (false, replacement.is_kept()),
            Self::Locked(edit) => (false, !edit.was_taken_back()),
            Self::Together { parts } => (false, parts.iter().any(|part| !part.was_taken_back(places))),
            Self::Restored { files, kept, .. } => (false, LastGood::of(places).can_put_back(files, kept)),
        };
        let all = [(UndoChoice::Ours, ours), (UndoChoice::Before, before), (UndoChoice::Leave, ours || before)];
        all.into_iter().filter_map(|(choice, is_possible)| is_possible.then_some(choice)).collect()
    }

    /// Makes everything as it was before the change. What came after goes to the trash.
    fn make_as_before(&self, places: &Places) -> Result<(), UserError> {
        match self {
            Self::Edited { path, before, .. } => {
                let present = file::bytes(path)?;
                if let Some(present) = &present {
                    trash::keep(places, path, present)?;
                }
                let before = before.as_ref().map(|text| Content { bytes: text.as_bytes(), mode: None });
                if !file::put(path, present.as_deref(), before)? {
                    return Err(contended(path));
                }
            }
            Self::Removed { from, .. } => {
                let aside = trash::move_in(places, from).map_err(not_moved(from))?;
                let error = match self.take_back(places) {
                    Ok(true) => return Ok(()),
                    Ok(false) => contended(from),
                    Err(error) => error,
                };
                let moved = EditNotice::ItemMoved { path: shown(from), to: shown(&aside) };
                trash::bring_back(&aside, from).map_err(|error| half_done(moved, &error))?;
                return Err(error);
            }
            Self::Created { path, .. } => set_aside_item(places, path)?,
            Self::Replaced(replacement) => replacement.make_as_before(places)?,
            Self::Locked(edit) => edit.make_as_before()?,
            Self::Together { parts } => {
                let left = parts.iter().rev().filter(|part| !part.was_taken_back(places));
                left.into_iter().try_for_each(|part| part.make_as_before(places))?;
            }
            Self::Restored { files, kept, .. } => {
                LastGood::of(places).put_back(files, kept, None)?;
            }
        }
        Ok(())
    }

    /// Whether a change that was cut off had been made.
    pub(super) fn was_made(&self, places: &Places) -> bool {
        match self {
            Self::Edited { path, before, after, entries, .. } => {
                let Ok(text) = file::read(path) else { return true };
                text == *after || text != *before && text.is_some_and(|text| entries.are_in(&text))
            }
            Self::Removed { from, trash, .. } => is_there(trash) && !is_there(from),
            Self::Created { path, .. } => self.is_as_left(path),
            Self::Replaced(replacement) => replacement.was_made(),
            Self::Locked(edit) => edit.was_made(),
            Self::Together { parts } => parts.iter().all(|part| part.was_made(places)),
            Self::Restored { files, kept, .. } => !LastGood::of(places).is_at(files, kept),
        }
    }

    /// Whether it was taken back by someone who was cut off.
    pub(super) fn was_taken_back(&self, places: &Places) -> bool {
        match self {
            Self::Edited { path, before, after, entries, .. } => {
                let Ok(text) = file::read(path) else { return false };
                text == *before || text != *after && text.is_some_and(|text| !entries.are_in(&text))
            }
            Self::Removed { from, trash, .. } => is_there(from) && !is_there(trash),
            Self::Created { path, .. } => !is_there(path),
            Self::Replaced(replacement) => replacement.was_taken_back(),
            Self::Locked(edit) => edit.was_taken_back(),
            Self::Together { parts } => parts.iter().all(|part| part.was_taken_back(places)),
            Self::Restored { files, kept, .. } => LastGood::of(places).is_at(files, kept),
        }
    }

    /// Whether a change that was cut off had been made, once what it left is cleared up. What was moved is, whatever came to
    /// its place since.
    pub(super) fn tidied_was_made(&self, places: &Places) -> bool {
        match self {
            Self::Removed { from, trash, .. } if trash::tidy_in(from, trash) => return true,
            Self::Replaced(replacement) => replacement.tidy(),
            // Each of them is cleared up, whatever the others are.
            Self::Together { parts } => {
                let left = parts.iter().filter(|part| !part.tidied_was_made(places)).count();
                return left == 0;
            }
            _ => {}
        }
        self.was_made(places)
    }

    /// The same for whether it was taken back.
    pub(super) fn tidied_was_taken_back(&self, places: &Places) -> bool {
        match self {
            Self::Removed { from, trash, .. } if trash::tidy_back(trash, from) => return true,
            Self::Replaced(replacement) => replacement.tidy_back(places),
            Self::Together { parts } => {
                let left = parts.iter().filter(|part| !part.tidied_was_taken_back(places)).count();
                return left == 0;
            }
            _ => {}
        }
        self.was_taken_back(places)
    }

    /// Takes back one of several things, the next of which could not be done; why not, where it stays.
    pub(super) fn stays(&self, places: &Places) -> Option<UserError> {
        match self.take_back(places) {
            Ok(true) => None,
            Ok(false) => Some(half_done(self.told(), &io::Error::from(io::ErrorKind::ResourceBusy))),
            Err(error) => Some(UserError::new(
                ErrorCode::HalfDone,
                EditNotice::HalfDone { done: Box::new(self.told().into()), why: Box::new(error.what) },
            )),
        }
    }

    /// Whether a change that failed has left something that taking it back puts right.
    pub(super) fn is_half_made(&self, places: &Places) -> bool {
        match self {
            Self::Removed { from, trash, .. } => is_there(trash) && !is_there(from),
            Self::Replaced(replacement) => replacement.is_kept(),
            // What was made of it could not be taken back, or it would not be there.
            Self::Together { parts } => parts
                .iter()
                .any(|part| part.is_half_made(places) || part.was_made(places) && !part.was_taken_back(places)),
            Self::Edited { .. } | Self::Created { .. } | Self::Restored { .. } | Self::Locked(_) => false,
        }
    }

    /// Takes back what was done of several things, if whoever did them was cut off before the last one; false when that
    /// could not be done for the moment.
    pub(super) fn take_part_back(&self, places: &Places) -> bool {
        let Self::Together { parts } = self else { return true };
        let mut made = parts.iter().rev().filter(|part| part.was_made(places));
        made.all(|part| part.take_back(places).inspect_err(|error| tracing::warn!(?error, "stays")).is_ok())
    }

    /// Whether a folder is as it was created.
    fn is_as_left(&self, path: &Path) -> bool {
        let Self::Created { content, .. } = self else { return false };
        is_there(path) && content.as_ref().is_none_or(|content| *content == content_of(path))
    }
}

impl Entries {
    /// A text without what the edit did to it, and with everything else.
    fn taken_back(&self, text: &str) -> Result<String, EditError> {
        match self {
            Self::Unknown => Err(none_of("our change")),
            Self::Added(entries) => edit::remove(text, LIST, "our entry", |entry| entries.contains(entry)),
            Self::Renamed { from, to } => {
                edit::entry::respec(text, LIST, "our entry", |entry| entry == to, plugin_spec(from))
            }
            Self::Removed(entries) => {
                let present = text::value(text)?;
                let present = present.get(LIST).and_then(Value::as_array).cloned().unwrap_or_default();
                let missing: Vec<_> = entries.iter().filter(|entry| !present.contains(entry)).collect();
                if missing.is_empty() {
                    return Err(none_of("the entry that is not there"));
                }
                missing.into_iter().try_fold(text.to_owned(), |text, entry| edit::append(&text, LIST, entry))
            }
            Self::Keys(keys) => taken_back(text, keys),
        }
    }

    /// Whether what the edit did is in a text that somebody else changed since.
    fn are_in(&self, text: &str) -> bool {
        !matches!(self, Self::Unknown) && self.taken_back(text).is_ok()
    }
}

fn none_of(entry: &str) -> EditError {
    EditError::NoSuchEntry { key: LIST.to_owned(), entry: entry.to_owned() }
}

/// Takes a change back: the one with this token, or the last one. `choice`: how, if somebody else
/// changed the same file since; without one that is an error which names the choices.
pub fn undo(places: &Places, token: Option<&str>, choice: Option<UndoChoice>) -> Result<PathBuf, UserError> {
    if token.is_some_and(|token| !token.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')) {
        return Err(nothing_to_undo(0));
    }
    let records = Records::open_if_any(places)?.ok_or_else(|| nothing_to_undo(0))?;
    let nothing = || nothing_to_undo(records.of_the_folder_before());
    let token = token.map(str::to_owned).or_else(|| records.last()).ok_or_else(nothing)?;
    let loaded = records.load(&token);
    if choice == Some(UndoChoice::Leave) && !matches!(loaded, Ok(None)) {
        records.forget(&token)?;
        return Ok(loaded.ok().flatten().map_or_else(|| records.made(&token), |undo| undo.path().to_owned()));
    }
    let undo = loaded?.ok_or_else(nothing)?;
    let taken = records.take_back(places, &token, || take_back(places, &undo, choice));
    if taken.as_ref().is_err_and(|error| error.code == ErrorCode::ChangedSince && error.choices.is_empty()) {
        records.forget(&token)?;
    }
    taken.map(|()| undo.path().to_owned())
}

fn take_back(places: &Places, undo: &Undo, choice: Option<UndoChoice>) -> Result<(), UserError> {
    if let Some((part, room)) = undo.led_elsewhere() {
        return Err(led_elsewhere(part, room));
    }
    if undo.take_back(places)? {
        return Ok(());
    }
    let (path, choices) = (undo.path(), undo.choices(places));
    match (choice.filter(|choice| choices.contains(choice)), undo) {
        (Some(UndoChoice::Ours), Undo::Edited { entries, before, .. }) => {
            let is_list = matches!(entries, Entries::Added(_) | Entries::Removed(_));
            let had_list = before.as_deref().is_some_and(has_list);
            file::edit(path, |text| {
                let left = entries.taken_back(text)?;
                let left = if had_list || !is_list { left } else { edit::without_empty(&left, LIST)? };
                Ok(if before.is_some() { left } else { edit::without_file(left) })
            })?;
            Ok(())
        }
        (Some(_), _) => undo.make_as_before(places),
        (None, _) => {
            Err(changed_since(EditNotice::ChangedSince { path: shown(path), choices: choices.clone() }, path, choices))
        }
    }
}

/// Brings something back that was removed; false when it is nowhere.
fn bring_back(trash: &Path, from: &Path) -> io::Result<bool> {
    if trash::put_back(from, trash)? {
        return Ok(true);
    }
    if !is_there(trash) {
        return Ok(false);
    }
    trash::bring_back(trash, from).map(|()| true)
}

fn led_elsewhere(undo: &Undo, room: &Room) -> UserError {
    let path = undo.path();
    let folder = path.parent().unwrap_or(path);
    let notice = EditNotice::LedElsewhere {
        folder: shown(folder),
        now: shown(&real(folder)),
        before: shown(room.path()),
        trash: undo.in_trash().first().map(|trash| shown(trash)),
    };
    changed_since(notice, folder, vec![UndoChoice::Leave])
}

fn changed_since(what: EditNotice, path: &Path, choices: Vec<UndoChoice>) -> UserError {
    UserError { choices, ..UserError::new(ErrorCode::ChangedSince, what).about(shown(path)) }
}

/// So many changes were made for a folder that was here before.
fn nothing_to_undo(count: usize) -> UserError {
    let what = if count == 0 { EditNotice::NothingToUndo } else { EditNotice::OfFolderBefore { count } };
    UserError::new(ErrorCode::NothingToUndo, what)
}

/// Something was done, and could neither be finished nor taken back.
pub(super) fn half_done(done: EditNotice, error: &io::Error) -> UserError {
    UserError::new(ErrorCode::HalfDone, EditNotice::HalfDone { done: Box::new(done.into()), why: cause(error) })
}

fn set_aside_item(places: &Places, path: &Path) -> Result<(), UserError> {
    trash::move_in(places, path).map(drop).map_err(not_moved(path))
}

pub(super) fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The names and contents of everything in a folder.
pub(super) fn content_of(folder: &Path) -> Fingerprint {
    let walked = walk(folder, None, true);
    // What cannot be read is told by its name only.
    let print = |path: &Path| match foreign::bytes(path, LARGEST) {
        Ok(Some(bytes)) => Fingerprint::of_bytes(&bytes).as_str().to_owned(),
        Ok(None) | Err(_) => String::new(),
    };
    let of = |path: &PathBuf| {
        let name = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned();
        [name, print(path)]
    };
    let parts: Vec<_> = walked.files.iter().flat_map(of).collect();
    Fingerprint::of_parts(&parts.iter().map(String::as_str).collect::<Vec<_>>())
}
