//! Plugins that are turned off: taken out of their list, and kept with their options and their place.
//!
//! Invariants: what is kept is in the state folder, of the directory or, for global ones, of all; a project holds nothing of
//! it. If nobody else has changed the file since, turning a plugin on again leaves it byte for byte as it was; else it comes
//! back at its place among what is there. Each is one change that can be undone. Why it is kept there: `docs/plugins.md`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rekindle_domain::{ConfigNotice, EditNotice, ErrorCode, Fingerprint, PackageNotice, Row, Scope, UserError};
use rekindle_opencode::{
    PluginSpec,
    config::{
        edit::{
            EditError,
            entry::{self, Stood},
        },
        text,
    },
    plugin_spec,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    entry::{Changed, Declared},
    list::entries_of,
    place::FolderId,
    several::{Edit, edit_together},
    undo::{Entries, LIST},
};
use crate::{
    error::shown,
    files::{
        file::{self, create_private_dir, not_written},
        locate::Places,
    },
};

/// The mode of what is kept: options may hold secrets.
const PRIVATE: u32 = 0o600;

/// A plugin that is turned off.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TurnedOff {
    /// The file in which it was declared.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// Its id, as that of its row was.
    pub id: String,
    /// What it was declared as.
    pub spec: String,
    /// The project for which it was; a new one at the same path has none of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    directory: Option<FolderId>,
    /// How it stood in the list.
    stood: Stood,
    /// The text of the file with it.
    before: Option<String>,
    /// The text of the file without it.
    after: Option<String>,
}

/// Turns a declared plugin off.
pub fn turn_off(places: &Places, row: &Row) -> Result<Changed, UserError> {
    let declared = Declared::of(places, row)?;
    let (path, spec) = (declared.path.clone(), declared.spec().text);
    let folder = folder(places, row.scope);
    create_private_dir(&folder).map_err(not_written(&folder))?;
    let kept =
        folder.join(format!("{}.json", Fingerprint::of_parts(&[&path.to_string_lossy(), row.id.as_str()]).short()));
    let off = || -> Result<String, EditError> {
        let before = file::read(&path).ok().flatten();
        let text = before.as_deref().unwrap_or_default();
        let stood = entry::stood(text, LIST, &row.name, |entry| declared.is_it(entry))?;
        let after = Some(declared.taken_out(text)?).filter(|text| !text.is_empty() || path.is_symlink());
        let (name, id) = (row.name.clone(), row.id.as_str().to_owned());
        let directory = (row.scope == Scope::Project).then(|| FolderId::at(&places.directory)).flatten();
        let off = TurnedOff { path: path.clone(), name, id, spec: spec.clone(), directory, stood, before, after };
        Ok(serde_json::to_string(&off).unwrap_or_default())
    };
    let edits = [
        // It is kept before it is taken out.
        Edit { path: kept, change: Box::new(|_| off()), entries: Box::new(|_| Entries::Unknown), mode: Some(PRIVATE) },
        Edit {
            path: path.clone(),
            change: Box::new(|text| declared.taken_out(text)),
            entries: Box::new(|text| declared.removed(text)),
            mode: None,
        },
    ];
    let token = edit_together(places, &edits)?;
    drop(edits);
    Ok(Changed { path, spec, token })
}

/// Turns one on again.
pub fn turn_on(places: &Places, name: &str, scope: Scope) -> Result<Changed, UserError> {
    let (kept, off) = find(places, name, scope)?;
    let has_it = |text: &str| {
        let key = rekindle_opencode::plugin_key(&off.spec);
        entries_of(text).iter().any(|entry| rekindle_opencode::plugin_key(plugin_spec(entry)) == key)
    };
    let on = |text: &str| match &off.before {
        Some(before) if text == off.after.as_deref().unwrap_or_default() => Ok(before.clone()),
        // Somebody declared it meanwhile.
        _ if has_it(text) => Ok(text.to_owned()),
        _ => entry::put_back(text, LIST, &off.stood),
    };
    let entry = text::value(&format!("{{\"{LIST}\": [{}]}}", off.stood.written)).unwrap_or_default();
    let entry = entry.get(LIST).and_then(|list| list.get(0)).cloned().unwrap_or(Value::Null);
    let edits = [
        Edit {
            path: off.path.clone(),
            change: Box::new(on),
            entries: Box::new(|_| Entries::Added(vec![entry.clone()])),
            mode: None,
        },
        Edit {
            path: kept,
            change: Box::new(|_| Ok(String::new())),
            entries: Box::new(|_| Entries::Unknown),
            mode: None,
        },
    ];
    let token = edit_together(places, &edits)?;
    drop(edits);
    Ok(Changed { path: off.path, spec: off.spec, token })
}

/// All that are turned off, by name.
pub fn turned_off(places: &Places, scope: Scope) -> Vec<TurnedOff> {
    let mut all: Vec<_> = kept(places, scope).into_iter().map(|(_, off)| off).collect();
    all.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    all
}

/// For which projects the plugin of an id is turned off; `None`: it is not.
pub(super) fn scope_of(places: &Places, id: &str) -> Option<Scope> {
    let has_it = |scope: &Scope| kept(places, *scope).iter().any(|(_, off)| off.id == id);
    [Scope::Project, Scope::Global].into_iter().find(has_it)
}

fn find(places: &Places, name: &str, scope: Scope) -> Result<(PathBuf, TurnedOff), UserError> {
    let is_meant = |off: &TurnedOff| {
        off.name == name || off.id == name || off.spec == name || PluginSpec::parse(&off.spec).name == name
    };
    let mut meant = kept(places, scope).into_iter().filter(|(_, off)| is_meant(off));
    let none = || UserError::new(ErrorCode::NotFound, PackageNotice::NotTurnedOff { name: name.to_owned() });
    // One that cannot be read may be the one that is meant.
    let found = meant.next().ok_or_else(|| unread(places, scope).unwrap_or_else(none))?;
    match meant.next() {
        Some((_, other)) => {
            let (first, second) = (places.short(&found.1.path), places.short(&other.path));
            let notice = EditNotice::SeveralOfName { name: name.to_owned(), first, second };
            Err(UserError::new(ErrorCode::Ambiguous, notice).about(shown(&other.path)))
        }
        None => Ok(found),
    }
}

fn kept(places: &Places, scope: Scope) -> Vec<(PathBuf, TurnedOff)> {
    let here = FolderId::at(&places.directory);
    let is_of_here = |off: &TurnedOff| match (&off.directory, &here) {
        (Some(there), Some(here)) => here.is(there),
        _ => true,
    };
    let all = files(places, scope).into_iter().filter_map(|path| Some((read(&path).ok()?, path)));
    all.filter(|(off, _)| is_of_here(off)).map(|(off, path)| (path, off)).collect()
}

/// Why something that is kept cannot be read, if there is such a thing.
fn unread(places: &Places, scope: Scope) -> Option<UserError> {
    files(places, scope).iter().find_map(|path| read(path).err())
}

fn read(path: &Path) -> Result<TurnedOff, UserError> {
    let text = file::read(path)?.unwrap_or_default();
    serde_json::from_str(&text).map_err(|error| {
        let why = Box::new(error.to_string().into());
        let notice = ConfigNotice::FileNotRead { path: shown(path), why, is_too_large: false };
        UserError::new(ErrorCode::UnreadableState, notice).about(shown(path))
    })
}

fn files(places: &Places, scope: Scope) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder(places, scope)).into_iter().flatten().filter_map(Result::ok);
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect()
}

fn folder(places: &Places, scope: Scope) -> PathBuf {
    let state: &Path = match scope {
        Scope::Project => &places.state,
        Scope::Global => &places.common_state,
    };
    state.join("turned-off")
}
