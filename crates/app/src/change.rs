//! The changes that Rekindle makes for a person: declaring and removing plugins, importing and
//! removing skills; and taking them back.
//!
//! Invariants: every change can be undone, byte for byte, as long as nobody else has touched what it
//! left; what is removed goes to a trash folder under the state folder, never away.

pub(crate) mod trash;
mod undo;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rekindle_domain::{Kind, PluginOrigin, PluginSpec, Row, Scope, UndoChoice, UserError};
use serde_json::Value;

pub use self::undo::undo;
use self::undo::{Entries, LIST, Undo, remember};

use crate::{
    config::{
        edit,
        file::{self, FileError},
    },
    disk::{locate::Places, scan::declared_id, walk::walk},
    error::{Tell, chain, user_error},
    skill::install::{self, InstallError},
};

/// Why a change was not made. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// What was typed is no plugin.
    #[error("“{spec}” is not a plugin")]
    BadSpec {
        /// What was typed.
        spec: String,
        /// Why not.
        why: String,
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
    #[error("there is no {kind} “{name}” that can be removed")]
    NotFound {
        /// The kind.
        kind: &'static str,
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
    /// There is nothing to undo.
    #[error("there is nothing to undo")]
    NothingToUndo,
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
        match self {
            Self::BadSpec { why, .. } => user_error("bad-spec", self.to_string(), why),
            Self::Declared { .. } => {
                user_error("declared", self.to_string(), "remove it first to declare another version")
            }
            Self::File(error) => error.tell(),
            Self::Install(error) => user_error("not-installed", chain(error), install_hint(error)),
            Self::NotFound { .. } => user_error("not-found", self.to_string(), "look at the list of what is there"),
            Self::Ambiguous { .. } => {
                user_error("ambiguous", self.to_string(), "name the one you mean by its path: rekindle list")
            }
            Self::Move { .. } => {
                user_error("cannot-move", chain(self), "check the permissions and the free disk space")
            }
            Self::NothingToUndo => {
                user_error("nothing-to-undo", self.to_string(), "only changes made by Rekindle can be undone")
            }
            Self::ChangedSince { path, choices } => UserError {
                path: Some(path.display().to_string()),
                choices: choices.clone(),
                ..user_error("changed-since", self.to_string(), choice_hint(choices))
            },
        }
    }
}

/// What each choice does.
fn choice_hint(choices: &[UndoChoice]) -> String {
    let told = choices.iter().map(|choice| match choice {
        UndoChoice::Ours => "take back only that change with --ours",
        UndoChoice::Before => "make it as it was before that change with --before (what came after goes to the trash)",
        UndoChoice::Leave => "or forget that change with --leave",
    });
    let told: Vec<_> = told.collect();
    if told.is_empty() { "nothing of that change is left to take back".to_owned() } else { told.join(", ") }
}

fn install_hint(error: &InstallError) -> &'static str {
    match error {
        InstallError::NoSkill { .. } => "choose a folder that holds a file named SKILL.md",
        InstallError::File(_) => "check the file's permissions",
        InstallError::Invalid { .. } => "SKILL.md begins with ---, then name: and description:, then ---",
        InstallError::BadName { .. } => "change the name in SKILL.md, or give the folder another name",
        InstallError::Exists { .. } => "remove the skill that is there first",
        InstallError::Link { .. } => "put the file itself in its place",
        InstallError::TooLarge { .. } => "choose the skill's own folder, without build output",
        InstallError::IntoItself { .. } => "choose a folder elsewhere",
        InstallError::Copy { .. } => "check the permissions and the free disk space",
    }
}

/// Declares a plugin; a token for taking it back.
pub fn add_plugin(places: &Places, spec: &str, scope: Scope) -> Result<String, ChangeError> {
    let spec = PluginSpec::parse(&expand_home(places, spec));
    if let Some(why) = spec.objection() {
        return Err(ChangeError::BadSpec { spec: spec.text.clone(), why: why.to_owned() });
    }
    let path = places.config_to_edit(scope);
    if spec.origin == PluginOrigin::File {
        let named = spec.text.strip_prefix("file://").unwrap_or(&spec.text);
        let target = path.parent().unwrap_or(Path::new("/")).join(named);
        let encoded = spec.text.contains('%');
        if !encoded && !target.exists() {
            let why = format!("there is no file {}", target.display());
            return Err(ChangeError::BadSpec { spec: spec.text, why });
        }
    }
    let declared = declared_in(&path)?;
    if declared.iter().any(|entry| same_plugin(&PluginSpec::parse(entry), &spec)) {
        return Err(ChangeError::Declared { name: spec.name, path });
    }
    let entry = Value::from(spec.text.as_str());
    let edited = file::edit(&path, |text| edit::append(text, LIST, &entry))?;
    remember(places, &Undo::of(edited, Entries::Added(vec![entry])))
}

/// The engine reads `~/x` as a package's name; a person means their home folder.
fn expand_home(places: &Places, spec: &str) -> String {
    match spec.trim().strip_prefix("~/") {
        Some(rest) => places.home.join(rest).display().to_string(),
        None => spec.trim().to_owned(),
    }
}

fn same_plugin(a: &PluginSpec, b: &PluginSpec) -> bool {
    match (a.origin, b.origin) {
        (PluginOrigin::Npm, PluginOrigin::Npm) => a.name == b.name,
        _ => a.text == b.text,
    }
}

fn declared_in(path: &Path) -> Result<Vec<String>, ChangeError> {
    let entries = entries_of(&file::read(path)?.unwrap_or_default());
    Ok(entries.iter().filter_map(|entry| Some(entry.as_str().or_else(|| entry[0].as_str())?.to_owned())).collect())
}

/// What a text declares. What does not parse is reported by the edit, with its place.
fn entries_of(text: &str) -> Vec<Value> {
    let config = crate::config::text::value(text).unwrap_or_default();
    config[LIST].as_array().cloned().unwrap_or_default()
}

/// Imports a folder as a skill; its place, and a token for taking it back.
pub fn import_skill(
    places: &Places,
    source: &str,
    scope: Scope,
    name: Option<&str>,
) -> Result<(PathBuf, String), ChangeError> {
    let source = PathBuf::from(expand_home(places, source));
    let place = install::install(&places.directory.join(source), &places.skills_to_edit(scope), name)?;
    let token = remember(places, &Undo::of_folder(&place))?;
    Ok((place, token))
}

/// Removes the item of a row; a token for taking it back.
pub fn remove(places: &Places, row: &Row) -> Result<String, ChangeError> {
    let source = Path::new(&row.source);
    match (row.kind, row.origin) {
        (Kind::Plugin, Some(PluginOrigin::Found)) => set_aside(places, source),
        (Kind::Plugin, _) => {
            let is_it = |entry: &Value| {
                let text = entry.as_str().or_else(|| entry[0].as_str()).unwrap_or_default();
                declared_id(places, source, row.scope, text) == row.id
            };
            let edited = file::edit(source, |text| edit::remove(text, LIST, &row.name, is_it))?;
            let removed = edited.before.as_deref().map(entries_of).unwrap_or_default();
            let removed = removed.into_iter().filter(is_it).collect();
            remember(places, &Undo::of(edited, Entries::Removed(removed)))
        }
        (Kind::Skill, _) => set_aside(places, skill_folder(places, source)),
        _ => Err(ChangeError::NotFound { kind: row.kind.word(), name: row.name.clone() }),
    }
}

/// A skill's folder; the `SKILL.md` alone where the folder holds more than this skill.
fn skill_folder<'a>(places: &Places, file: &'a Path) -> &'a Path {
    let Some(folder) = file.parent() else { return file };
    let is_root = places.skill_folders().iter().any(|root| root.path == folder);
    let skills = walk(folder, None, true)
        .files
        .into_iter()
        .filter(|path| path.file_name().is_some_and(|name| name == "SKILL.md"));
    if is_root || skills.count() > 1 { file } else { folder }
}

/// The one row that a person means by a name, an id or a path.
pub fn find<'a>(rows: &'a [Arc<Row>], kind: Kind, name: &str, scope: Scope) -> Result<&'a Row, ChangeError> {
    let mut matching = rows.iter().filter(|row| {
        row.kind == kind
            && row.removable
            && (row.id.as_str() == name
                || row.scope == scope && (row.name == name || row.place == name || row.source == name))
    });
    let found = matching.next().ok_or_else(|| ChangeError::NotFound { kind: kind.word(), name: name.to_owned() })?;
    match matching.find(|other| other.source != found.source) {
        Some(other) => {
            Err(ChangeError::Ambiguous { name: name.to_owned(), places: [found.place.clone(), other.place.clone()] })
        }
        None => Ok(found),
    }
}

fn set_aside(places: &Places, path: &Path) -> Result<String, ChangeError> {
    let trash = trash::move_in(places, path).map_err(|cause| ChangeError::Move { path: path.to_owned(), cause })?;
    remember(places, &Undo::Removed { from: path.to_owned(), trash })
}

#[cfg(test)]
mod tests;
