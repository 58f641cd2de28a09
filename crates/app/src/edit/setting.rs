//! Setting single keys of the configuration, and taking them away.
//!
//! Invariants: what the engine would not load, or would not read, is not written; a set changes this key and nothing else; each
//! is one change that can be undone, byte for byte; where another file has the last word, that is told.

use std::path::{Path, PathBuf};

use rekindle_domain::{ConfigNotice, ErrorCode, KeyNotice, Kind, Notice, Scope, UserError, is_wide, mentions_outside};
use rekindle_opencode::{
    config::{
        edit,
        judge::{Refused, judge, nearest, spellings},
        path::KeyPath,
        schema::Schema,
    },
    origin::Said,
};
use serde_json::Value;

use super::{KeyEdit, Operation, edit_keys_in, file_for_keys, keys::value_at};
use crate::{
    error::shown,
    files::{
        file,
        locate::Places,
        settled::{Reading, masked_at},
    },
};

/// What became of a key.
#[derive(Clone, Debug)]
pub struct SetKey {
    /// The key, as it is written.
    pub key: String,
    /// The file in which it is set.
    pub path: PathBuf,
    /// What it holds now, masked; `None`: it is gone.
    pub value: Option<Value>,
    /// The edit. `None`: it is so already.
    pub operation: Option<Operation>,
    /// What a person should know of it.
    pub remarks: Vec<Notice>,
}

/// Sets a key to what a person wrote: a value as JSON, or any other text as a string where the engine takes one.
pub fn set_key(
    places: &Places,
    schema: Option<&Schema>,
    key: &str,
    text: &str,
    scope: Scope,
) -> Result<SetKey, UserError> {
    let (schema, key) = (schema.or(Schema::measured()), &parse_key(key)?);
    let keys = keys_of(key)?;
    refuse_items(&keys, key)?;
    let (path, written) =
        place_of(places, scope, &keys).unwrap_or_else(|| (file_for_keys(places, scope, &keys), keys.clone()));
    let json = serde_json::from_str::<Value>(text).ok();
    let values = json.into_iter().chain([Value::from(text)]);
    let mut refused = None;
    for value in values {
        let edit = KeyEdit { path: written.clone(), value: Some(value.clone()) };
        match judged(&path, &edit, &keys, schema)? {
            Ok(()) => return carry_out(places, schema, &path, edit, &keys, key),
            // What was given as JSON is what is meant.
            Err(why) => refused = refused.or(Some(why)),
        }
    }
    Err(refused.map_or_else(|| malformed(text), |why| refusal(why, key, schema, &path)))
}

/// Takes a key out of the strongest file of a scope that has it.
pub fn unset_key(places: &Places, schema: Option<&Schema>, key: &str, scope: Scope) -> Result<SetKey, UserError> {
    let (schema, key) = (schema.or(Schema::measured()), &parse_key(key)?);
    let keys = keys_of(key)?;
    if keys.first().is_some_and(|first| first == "plugin") {
        refuse_items(&keys, key)?;
    }
    let Some((path, written)) = place_of(places, scope, &keys) else {
        let reading = Reading::of(places, schema);
        let places = set_by(places, &reading, &keys).into_iter().map(|(_, place)| place).collect();
        return Err(UserError::new(ErrorCode::NotFound, KeyNotice::KeyNotSetHere { key: key.written(), places }));
    };
    let edit = KeyEdit { path: written, value: None };
    judged(&path, &edit, &keys, schema)?.map_err(|why| refusal(why, key, schema, &path))?;
    carry_out(places, schema, &path, edit, &keys, key)
}

/// Where a scope has a key: the strongest file, and how it is written there.
fn place_of(places: &Places, scope: Scope, keys: &[String]) -> Option<(PathBuf, Vec<String>)> {
    places.configs_to_edit(scope).into_iter().rev().find_map(|path| {
        let text = file::read_lossy(&path).ok().flatten()?;
        let written = spellings(keys).into_iter().find(|written| value_at(&text, written).is_some())?;
        Some((path, written))
    })
}

/// What the engine would make of an edit.
fn judged(
    path: &Path,
    edit: &KeyEdit,
    keys: &[String],
    schema: Option<&Schema>,
) -> Result<Result<(), Refused>, UserError> {
    let written: Vec<_> = edit.path.iter().map(String::as_str).collect();
    let edited = file::compute(path, |text| match &edit.value {
        Some(value) => edit::set(text, &written, value),
        None => edit::unset(text, &written, 0).map(edit::without_file),
    })?;
    let [before, after] = [edited.before, edited.after].map(Option::unwrap_or_default);
    Ok(judge(&before, &after, keys, edit.value.as_ref(), schema))
}

fn carry_out(
    places: &Places,
    schema: Option<&Schema>,
    path: &Path,
    edit: KeyEdit,
    keys: &[String],
    key: &KeyPath,
) -> Result<SetKey, UserError> {
    let path = path.to_owned();
    let value = edit.value.clone();
    let operation = edit_keys_in(places, &path, &[edit])?;
    let mut remarks: Vec<Notice> = Vec::new();
    let named: Vec<_> = keys.iter().map(String::as_str).collect();
    let reading = Reading::of(places, schema);
    if value.is_some() {
        let beaten = beaten_by(&reading, &path, keys)
            .map(|by| KeyNotice::KeyBeaten { key: key.written(), by: places.short(&by) });
        remarks.extend(beaten.map(Notice::from));
    } else if let Some((_, by)) = set_by(places, &reading, keys).into_iter().next() {
        remarks.push(KeyNotice::KeyStillSet { key: key.written(), by }.into());
    }
    let shown = value.as_ref().map(|value| masked_at(&named, value, false));
    if let (Some(value), Some(shown)) = (&value, &shown) {
        if value != shown && !mentions_outside(value) {
            let variable = variable_of(keys);
            remarks.push(KeyNotice::KeySecretInFile { key: key.written(), variable }.into());
        }
        if is_rule_at_the_end(&path, keys) {
            remarks.push(KeyNotice::KeyRuleIsLast { key: key.written() }.into());
        }
    }
    Ok(SetKey { key: key.written(), path, value: shown, operation, remarks })
}

/// What keeps something from counting that a file says of a key.
fn beaten_by(reading: &Reading<'_>, path: &Path, keys: &[String]) -> Option<PathBuf> {
    reading.leaves().iter().find_map(|leaf| {
        let is_ours =
            |said: &Said| reading.path_of(said) == path && (said.at.starts_with(keys) || keys.starts_with(&said.at));
        let is_about = leaf.path.starts_with(keys) || keys.starts_with(&leaf.path);
        let winner = leaf.said.as_ref().filter(|_| is_about && leaf.overridden.iter().any(is_ours))?;
        Some(reading.path_of(winner).to_owned())
    })
}

/// What decides a key: files, folders and variables, each with its short form.
fn set_by(places: &Places, reading: &Reading<'_>, keys: &[String]) -> Vec<(PathBuf, String)> {
    let mut found: Vec<(PathBuf, String)> = Vec::new();
    for leaf in reading.leaves().iter().filter(|leaf| leaf.path.starts_with(keys) || keys.starts_with(&leaf.path)) {
        let Some(said) = &leaf.said else { continue };
        let path = reading.path_of(said);
        if found.iter().all(|(other, _)| other != path) {
            found.push((path.to_owned(), places.short(path)));
        }
    }
    found
}

/// Whether a rule for everything stands behind others, which it takes out of effect.
fn is_rule_at_the_end(path: &Path, keys: &[String]) -> bool {
    let Some((last, parents)) = keys.split_last() else { return false };
    let is_rules = parents.iter().any(|key| key == "permission") && is_wide(last);
    let text = file::read_lossy(path).ok().flatten().unwrap_or_default();
    let rules = value_at(&text, parents);
    let rules = rules.as_ref().and_then(Value::as_object);
    is_rules && rules.is_some_and(|rules| rules.len() > 1 && rules.keys().next_back() == Some(last))
}

fn keys_of(key: &KeyPath) -> Result<Vec<String>, UserError> {
    let in_list = || UserError::new(ErrorCode::BadKey, KeyNotice::KeyInList { key: key.written() });
    key.keys().ok_or_else(in_list)
}

/// What has commands of its own, which know more of it, is not set here: plugins, and servers as a whole.
fn refuse_items(keys: &[String], key: &KeyPath) -> Result<(), UserError> {
    let kind = match keys {
        [first, ..] if first == "plugin" => Kind::Plugin,
        [first] | [first, _] if first == "mcp" => Kind::Mcp,
        _ => return Ok(()),
    };
    Err(UserError::new(ErrorCode::BadKey, KeyNotice::KeyOfItems { key: key.written(), kind }))
}

/// Why an edit is not made, for a person.
fn refusal(why: Refused, key: &KeyPath, schema: Option<&Schema>, path: &Path) -> UserError {
    let written = |keys: &[String]| KeyPath::of_keys(keys.iter().map(String::as_str)).written();
    match why {
        Refused::Fault(fault) => {
            let what = ConfigNotice::AtKey { key: written(&fault.path), what: Box::new(fault.what.into()) };
            UserError::new(ErrorCode::BadValue, KeyNotice::KeyRefused { why: Box::new(what.into()) })
        }
        Refused::NotRead => {
            let near = key.keys().zip(schema).and_then(|(keys, schema)| meant(&keys, schema));
            UserError::new(ErrorCode::BadKey, KeyNotice::KeyNotRead { key: key.written(), near })
        }
        Refused::Others(other) => {
            let what = KeyNotice::KeySpeltOtherwise { key: key.written(), other: written(&other) };
            UserError::new(ErrorCode::BadKey, what).about(shown(path))
        }
    }
}

/// The key that was probably meant: the first that is not known, otherwise.
fn meant(keys: &[String], schema: &Schema) -> Option<String> {
    let length =
        (1..=keys.len()).find(|length| keys.get(..*length).is_some_and(|keys| schema.accepts_at(keys).is_none()))?;
    let known = schema.keys_beside(keys.get(..length)?);
    let near = nearest(keys.get(length - 1)?, &known)?.to_owned();
    let mut meant = keys.to_vec();
    *meant.get_mut(length - 1)? = near;
    Some(KeyPath::of_keys(meant.iter().map(String::as_str)).written())
}

/// A variable for the value of a key: `PROVIDER_X_API_KEY`.
fn variable_of(keys: &[String]) -> String {
    let sign = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    keys.iter().rev().take(2).rev().map(|key| key.chars().map(sign).collect::<String>()).collect::<Vec<_>>().join("_")
}

/// A key as a person wrote it.
pub(crate) fn parse_key(text: &str) -> Result<KeyPath, UserError> {
    KeyPath::parse(text).ok_or_else(|| malformed(text))
}

fn malformed(text: &str) -> UserError {
    UserError::new(ErrorCode::BadKey, KeyNotice::KeyMalformed { key: text.to_owned() })
}

#[cfg(test)]
mod tests;
