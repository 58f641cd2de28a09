//! Setting and taking away keys of a configuration: in which file, and how it is taken back.
//!
//! Invariants: what is set goes where it counts; several keys are one operation; taking it back is the identity on bytes,
//! and when somebody else wrote to the file since, `undo --ours` gives each key what it held before and nothing else.

use std::path::{Path, PathBuf};

use rekindle_domain::{Scope, UserError};
use rekindle_opencode::config::{
    edit::{self, EditError},
    text,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{text::edit_text, undo::Entries};
use crate::files::{file, locate::Places};

/// What a key is to hold.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyEdit {
    /// The keys that lead to it, from the top: `mcp`, `github`.
    pub path: Vec<String>,
    /// Its value. `None`: it is not to be there, nor are the objects on the way that nothing is left of.
    pub value: Option<Value>,
}

/// An edit that was made to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The file.
    pub path: PathBuf,
    /// For taking it back.
    pub token: String,
}

/// Sets or takes away keys in one file of a scope: the strongest of those that have most of the first path, else the
/// strongest that is there. `None`: everything is so already.
pub fn edit_keys(places: &Places, scope: Scope, edits: &[KeyEdit]) -> Result<Option<Operation>, UserError> {
    let path = edits.first().map(|edit| edit.path.as_slice()).unwrap_or_default();
    edit_keys_in(places, &file_for_keys(places, scope, path), edits)
}

/// The same in this file.
pub fn edit_keys_in(places: &Places, path: &Path, edits: &[KeyEdit]) -> Result<Option<Operation>, UserError> {
    let text = file::read(path)?.unwrap_or_default();
    if edits.iter().all(|edit| edit.value.is_some() && edit.value == value_at(&text, &edit.path)) {
        return Ok(None);
    }
    let change = |text: &str| Ok(edited(text, edits)?.0);
    // The edit has said what is wrong with a text.
    let entries = |text: &str| edited(text, edits).map_or(Entries::Unknown, |(_, keys)| Entries::Keys(keys));
    let token = edit_text(places, path, change, entries)?;
    Ok(Some(Operation { path: path.to_owned(), token }))
}

/// The file in which a path of keys is set. One that cannot be read has none that count; if it is edited all the same, the
/// edit says what is wrong.
pub fn file_for_keys(places: &Places, scope: Scope, path: &[String]) -> PathBuf {
    let keys: Vec<_> = path.iter().map(String::as_str).collect();
    let depth = |file: &PathBuf| {
        let text = file::read_lossy(file).ok().flatten().unwrap_or_default();
        (edit::depth(&text, &keys), file.symlink_metadata().is_ok())
    };
    // Of several that have as much, the last, which is the strongest.
    let found = places.configs_to_edit(scope).into_iter().max_by_key(depth).filter(|file| depth(file) != (0, false));
    let folder = match scope {
        Scope::Project => &places.directory,
        Scope::Global => &places.global,
    };
    found.unwrap_or_else(|| folder.join("opencode.json"))
}

/// What a text has at the end of a path of keys.
pub(super) fn value_at(text: &str, path: &[String]) -> Option<Value> {
    let config = text::value(text).ok()?;
    path.iter().try_fold(&config, |value, key| value.get(key)).cloned()
}

/// A key that an edit was about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeySet {
    /// The keys that lead to it.
    path: Vec<String>,
    /// What it held.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    before: Option<Value>,
    /// What it holds now.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    after: Option<Value>,
    /// How many of the keys on the way to it were there before.
    kept: usize,
}

/// What is there is a value, even if that is null.
fn some<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

/// A text with all edits, and what each of them did.
pub(super) fn edited(text: &str, edits: &[KeyEdit]) -> Result<(String, Vec<KeySet>), EditError> {
    let mut text = text.to_owned();
    let mut done = Vec::new();
    for KeyEdit { path, value } in edits {
        let before = value_at(&text, path);
        let kept = edit::depth(&text, &keys(path)).min(path.len().saturating_sub(1));
        // One that holds it already keeps how it is written.
        if before.is_none() || before != *value {
            text = written(&text, path, value.as_ref(), 0)?;
        }
        done.push(KeySet { path: path.clone(), before, after: value.clone(), kept });
    }
    Ok((edit::without_file(text), done))
}

/// A text without what an edit did, if all of it is still there.
pub(super) fn taken_back(text: &str, done: &[KeySet]) -> Result<String, EditError> {
    let changed = done.iter().find(|set| value_at(text, &set.path) != set.after);
    if let Some(KeySet { path, .. }) = changed {
        return Err(EditError::NoSuchEntry { key: path.join("."), entry: "our change".to_owned() });
    }
    let back = |text: String, set: &KeySet| match &set.before {
        before if *before == set.after => Ok(text),
        before => written(&text, &set.path, before.as_ref(), set.kept),
    };
    done.iter().rev().try_fold(text.to_owned(), back)
}

fn written(text: &str, path: &[String], value: Option<&Value>, kept: usize) -> Result<String, EditError> {
    match value {
        Some(value) => edit::set(text, &keys(path), value),
        None => edit::unset(text, &keys(path), kept),
    }
}

fn keys(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

#[cfg(test)]
mod tests;
