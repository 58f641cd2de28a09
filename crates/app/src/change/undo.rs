//! Taking a change of ours back.
//!
//! Invariants: nothing that somebody else wrote since is lost without their choice, and even then it
//! goes to the trash; a change is taken back once; one that cannot be taken back does not stand in
//! the way of what was done before it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rekindle_domain::{Fingerprint, UndoChoice};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ChangeError, trash};
use crate::{
    config::{
        edit::{self, EditError},
        file::{self, Content, Edited, FileError},
        text,
    },
    disk::{locate::Places, walk::walk},
    engine::record::{load, write_json},
    foreign::{self, LARGEST},
};

/// The list in which plugins are declared.
pub(super) const LIST: &str = "plugin";

/// What takes a change back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "was", rename_all = "kebab-case")]
pub(super) enum Undo {
    /// A text was put in place of another.
    Edited {
        path: PathBuf,
        before: Option<String>,
        after: Option<String>,
        /// What the edit meant.
        #[serde(default)]
        entries: Entries,
    },
    /// Something was moved to the trash.
    Removed { from: PathBuf, trash: PathBuf },
    /// A folder was created.
    Created {
        path: PathBuf,
        /// What was in it.
        #[serde(default)]
        content: Option<Fingerprint>,
    },
}

/// The entries of the list of plugins that an edit was about.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Entries {
    /// It is not known which.
    #[default]
    Unknown,
    /// They were added.
    Added(Vec<Value>),
    /// They were removed.
    Removed(Vec<Value>),
}

impl Undo {
    /// What takes back an edit of the list of plugins.
    pub(super) fn of(edited: Edited, entries: Entries) -> Self {
        let Edited { path, before, after } = edited;
        Self::Edited { path, before, after, entries }
    }

    /// What takes back that a folder was created.
    pub(super) fn of_folder(path: &Path) -> Self {
        Self::Created { path: path.to_owned(), content: Some(content_of(path)) }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Edited { path, .. } | Self::Created { path, .. } | Self::Removed { from: path, .. } => path,
        }
    }

    /// Takes it back if everything is as we left it; true when it did.
    fn take_back(&self, places: &Places) -> Result<bool, ChangeError> {
        match self {
            Self::Edited { path, before, after, .. } => Ok(file::replace(path, after.as_deref(), before.as_deref())?),
            Self::Removed { from, .. } if is_there(from) => Ok(false),
            Self::Removed { from, trash } => {
                let failed = |cause| ChangeError::Move { path: from.clone(), cause };
                fs::create_dir_all(from.parent().unwrap_or(Path::new("/"))).map_err(failed)?;
                trash::move_to(trash, from).map_err(failed)?;
                Ok(true)
            }
            Self::Created { path, content } => {
                let is_ours = is_there(path) && content.as_ref().is_none_or(|content| *content == content_of(path));
                if is_ours {
                    set_aside_item(places, path)?;
                }
                Ok(is_ours)
            }
        }
    }

    /// The ways that are left when somebody else changed what we left.
    fn choices(&self) -> Vec<UndoChoice> {
        let (ours, before) = match self {
            Self::Edited { path, entries, .. } => {
                let text = file::read(path).ok().flatten();
                (text.is_some_and(|text| entries.taken_back(&text).is_ok()), true)
            }
            Self::Removed { trash, .. } => (false, is_there(trash)),
            Self::Created { path, .. } => (false, is_there(path)),
        };
        let all = [(UndoChoice::Ours, ours), (UndoChoice::Before, before), (UndoChoice::Leave, ours || before)];
        all.into_iter().filter_map(|(choice, is_possible)| is_possible.then_some(choice)).collect()
    }

    /// Makes everything as it was before the change. What came after goes to the trash.
    fn make_as_before(&self, places: &Places) -> Result<(), ChangeError> {
        match self {
            Self::Edited { path, before, .. } => {
                let present = file::bytes(path)?;
                if let Some(present) = &present {
                    trash::keep(places, path, present)?;
                }
                let before = before.as_ref().map(|text| Content { bytes: text.as_bytes(), mode: None });
                if !file::put(path, present.as_deref(), before)? {
                    return Err(FileError::Contended { path: path.clone() }.into());
                }
            }
            Self::Removed { from, .. } => {
                set_aside_item(places, from)?;
                self.take_back(places)?;
            }
            Self::Created { path, .. } => set_aside_item(places, path)?,
        }
        Ok(())
    }
}

impl Entries {
    /// A text without what the edit did to it, and with everything else.
    fn taken_back(&self, text: &str) -> Result<String, EditError> {
        match self {
            Self::Unknown => Err(none_of("our change")),
            Self::Added(entries) => edit::remove(text, LIST, "our entry", |entry| entries.contains(entry)),
            Self::Removed(entries) => {
                let present = text::value(text)?;
                let present = present[LIST].as_array().cloned().unwrap_or_default();
                let missing: Vec<_> = entries.iter().filter(|entry| !present.contains(entry)).collect();
                if missing.is_empty() {
                    return Err(none_of("the entry that is not there"));
                }
                missing.into_iter().try_fold(text.to_owned(), |text, entry| edit::append(&text, LIST, entry))
            }
        }
    }
}

fn none_of(entry: &str) -> EditError {
    EditError::NoSuchEntry { key: LIST.to_owned(), entry: entry.to_owned() }
}

/// Takes a change back: the one with this token, or the last one. `choice`: how, if somebody else
/// changed the same file since; without one that is an error which names the choices.
pub fn undo(places: &Places, token: Option<&str>, choice: Option<UndoChoice>) -> Result<PathBuf, ChangeError> {
    let folder = folder(places);
    let token = match token {
        Some(token) if token.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') => token.to_owned(),
        Some(_) => return Err(ChangeError::NothingToUndo),
        None => last_token(&folder).ok_or(ChangeError::NothingToUndo)?,
    };
    let record = folder.join(format!("{token}.json"));
    let undo = load::<Undo>(&record).ok_or(ChangeError::NothingToUndo)?;
    let path = undo.path().to_owned();
    if choice == Some(UndoChoice::Leave) {
        set_aside(&record);
        return Ok(path);
    }
    if !undo.take_back(places)? {
        let choices = undo.choices();
        match (choice.filter(|choice| choices.contains(choice)), &undo) {
            (Some(UndoChoice::Ours), Undo::Edited { entries, .. }) => {
                file::edit(&path, |text| entries.taken_back(text))?;
            }
            (Some(_), _) => undo.make_as_before(places)?,
            (None, _) => {
                if choices.is_empty() {
                    set_aside(&record);
                }
                return Err(ChangeError::ChangedSince { path, choices });
            }
        }
    }
    if let Err(error) = fs::remove_file(&record) {
        tracing::warn!(%error, "an undo record stays");
    }
    Ok(path)
}

/// Keeps what takes a change back; its token.
pub(super) fn remember(places: &Places, undo: &Undo) -> Result<String, ChangeError> {
    // Tokens sort by time, to the microsecond.
    let token = format!("{}-{}", jiff::Timestamp::now().as_microsecond(), std::process::id());
    write_json(&folder(places).join(format!("{token}.json")), undo)?;
    Ok(token)
}

/// What can't be undone must not stand in the way of what was done before it.
fn set_aside(record: &Path) {
    if let Err(error) = fs::rename(record, record.with_extension("stale")) {
        tracing::warn!(%error, "an undo record stays");
    }
}

fn set_aside_item(places: &Places, path: &Path) -> Result<(), ChangeError> {
    trash::move_in(places, path).map(drop).map_err(|cause| ChangeError::Move { path: path.to_owned(), cause })
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The names and contents of everything in a folder.
fn content_of(folder: &Path) -> Fingerprint {
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

fn folder(places: &Places) -> PathBuf {
    places.state.join("undo")
}

fn last_token(folder: &Path) -> Option<String> {
    let names = fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let tokens = names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned));
    tokens.max()
}
