//! The merged configuration key by key: what each holds, which file says so, and what that overrides.
//!
//! Invariants: what is listed is what a fresh engine would have, as the layers say it; nothing that may be a secret leaves
//! here unmasked.

use std::{
    cell::RefCell,
    collections::HashMap,
    path::{Path, PathBuf},
};

use rekindle_domain::{
    ErrorCode, KeyNotice, KeyOrigin, KeyRow, KeySource, Overridden, Place, Settled, UserError, masked,
};
use rekindle_opencode::{
    config::{judge::spellings, lines::Lines, path::KeyPath, schema::Schema},
    origin::{Leaf, Said, leaves},
};
use serde_json::{Map, Value, json};

use super::{
    check,
    foreign::Budget,
    layers::{Layer, Layers},
    locate::Places,
};
use crate::{edit::parse_key, error::shown};

/// Reads all layers, and says of each key where it comes from.
pub fn settled(places: &Places, schema: Option<&Schema>) -> Settled {
    let schema = schema.or(Schema::measured());
    let reading = Reading::of(places, schema);
    let problems = if reading.layers.broken.is_empty() { Vec::new() } else { check::check(places, schema) };
    Settled { keys: reading.rows(), problems }
}

/// Leaves only a key and those in it, as a person wrote it; the key as it is written.
///
/// # Errors
///
/// It is no key, or nothing says anything of it.
pub fn only_key(settled: &mut Settled, text: &str) -> Result<String, UserError> {
    let key = parse_key(text)?;
    let (written, keys) = (key.written(), key.keys());
    let is_in = |row: &KeyRow| match &keys {
        Some(keys) => row.path.starts_with(keys),
        None => row.key == written,
    };
    settled.keys.retain(is_in);
    if settled.keys.is_empty() {
        return Err(UserError::new(ErrorCode::NotFound, KeyNotice::KeyNotSet { key: written }));
    }
    Ok(written)
}

/// What a key comes to, masked: its value, or an object or a list of all that is in it. `rows`: the key and those in it.
pub fn whole_of(text: &str, rows: &[KeyRow]) -> Result<Value, UserError> {
    let Some(keys) = parse_key(text)?.keys() else {
        return Ok(rows.first().map(|row| row.value.clone()).unwrap_or_default());
    };
    let mut whole = Value::Null;
    for row in rows {
        let mut at = &mut whole;
        for key in row.path.get(keys.len()..).unwrap_or_default() {
            if !at.is_object() {
                *at = json!({});
            }
            let Value::Object(map) = at else { break };
            at = map.entry(key.clone()).or_insert(Value::Null);
        }
        match at {
            at if !row.key.ends_with(']') => *at = row.value.clone(),
            Value::Array(list) => list.push(row.value.clone()),
            at => *at = json!([row.value]),
        }
    }
    Ok(whole)
}

/// What the layers say, and what comes of them.
pub(crate) struct Reading<'a> {
    places: &'a Places,
    layers: Layers,
    managed: Vec<PathBuf>,
    /// The lines of the files that were asked for.
    lines: RefCell<HashMap<PathBuf, Lines>>,
}

impl<'a> Reading<'a> {
    /// Reads them.
    pub(crate) fn of(places: &'a Places, schema: Option<&Schema>) -> Self {
        let managed = places.managed_files().into_iter().map(|file| file.path).collect();
        Self { places, layers: Layers::read(places, schema), managed, lines: RefCell::default() }
    }

    /// All values, each with where it comes from.
    pub(crate) fn leaves(&self) -> Vec<Leaf> {
        let values: Vec<_> = self.layers.iter().map(|layer| &layer.value).collect();
        let mut found = leaves(&values, self.layers.global.len());
        // The engine puts it into every file.
        found.retain(|leaf| leaf.path.first().is_none_or(|key| key != "$schema"));
        found
    }

    /// The file, folder or variable that says something.
    pub(crate) fn path_of(&self, said: &Said) -> &Path {
        self.layer(said.layer).map_or(Path::new(""), |layer| layer.path.as_path())
    }

    fn rows(&self) -> Vec<KeyRow> {
        let mut rows: Vec<_> = self.leaves().iter().filter_map(|leaf| self.row(leaf)).collect();
        rows.sort_by(|a, b| (&a.path, order(&a.key)).cmp(&(&b.path, order(&b.key))));
        rows
    }

    fn row(&self, leaf: &Leaf) -> Option<KeyRow> {
        let said = leaf.said.as_ref()?;
        let source = self.source(said)?;
        let is_derived = leaf.value == json!({}) && self.exact_line(said).is_none();
        if is_derived && source.origin != KeyOrigin::Environment {
            // What the engine writes into what has nothing of the kind.
            return None;
        }
        let path = KeyPath::of_keys(leaf.path.iter().map(String::as_str));
        let key = match leaf.entry {
            Some(index) => path.entry(index).written(),
            None => path.written(),
        };
        let overridden =
            |said: &Said| Some(Overridden { value: self.shown(said, leaf, None), source: self.source(said)? });
        Some(KeyRow {
            key,
            path: leaf.path.clone(),
            value: self.shown(said, leaf, Some(&leaf.value)),
            source,
            overrides: leaf.overridden.iter().filter_map(overridden).collect(),
        })
    }

    fn layer(&self, number: usize) -> Option<&Layer> {
        self.layers.iter().nth(number)
    }

    /// What a layer says at a place, as it is written there; `value`: what comes of it, where that is something else.
    fn shown(&self, said: &Said, leaf: &Leaf, value: Option<&Value>) -> Value {
        let Some(layer) = self.layer(said.layer) else { return Value::Null };
        let written = layer.shown.as_ref().and_then(|shown| at(shown, &said.at));
        let as_read = at(&layer.value, &said.at);
        // Where it stands for something else, only that is told, as long as no variable is in it.
        let value = match (written, value) {
            (Some(written), Some(value)) if as_read == Some(value) => written,
            (Some(written), None) => written,
            (_, Some(value)) if written == as_read || written.is_none() => value,
            (Some(written), _) => written,
            (None, _) => as_read.unwrap_or(&Value::Null),
        };
        let path: Vec<&str> = if leaf.entry.is_some() {
            leaf.path.iter().map(String::as_str).collect()
        } else {
            said.at.iter().map(String::as_str).collect()
        };
        masked_at(&path, value, leaf.entry.is_some())
    }

    fn source(&self, said: &Said) -> Option<KeySource> {
        let layer = self.layer(said.layer)?;
        let origin = match layer.place {
            _ if !layer.path.is_absolute() => KeyOrigin::Environment,
            Place::Folder => KeyOrigin::Folder,
            _ if self.managed.contains(&layer.path) => KeyOrigin::Managed,
            _ => KeyOrigin::File,
        };
        let line = self.exact_line(said).or_else(|| self.with_lines(layer, |lines| lines.nearest(&said.at))?);
        Some(KeySource {
            origin,
            scope: layer.scope,
            source: shown(&layer.path),
            place: self.places.short(&layer.path),
            line,
        })
    }

    /// The line of the very key, in whichever spelling.
    fn exact_line(&self, said: &Said) -> Option<usize> {
        let layer = self.layer(said.layer)?;
        self.with_lines(layer, |lines| spellings(&said.at).iter().find_map(|path| lines.line(path)))?
    }

    fn with_lines<T>(&self, layer: &Layer, ask: impl FnOnce(&Lines) -> T) -> Option<T> {
        let is_config = layer.path.is_absolute() && layer.place != Place::Folder;
        if !is_config {
            return None;
        }
        let mut all = self.lines.borrow_mut();
        let lines = all.entry(layer.path.clone()).or_insert_with(|| {
            let text = Budget::of_configuration().text(&layer.path).ok().flatten();
            Lines::of(&text.unwrap_or_default())
        });
        Some(ask(lines))
    }
}

/// Entries of a list in their order, however many they are.
fn order(key: &str) -> (usize, &str) {
    (key.len(), key)
}

/// The value that a path of keys and entries leads to.
pub(crate) fn at<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| match value {
        Value::Array(list) => list.get(key.parse::<usize>().ok()?),
        value => value.get(key),
    })
}

/// A value with what may be a secret masked, also where only what it is part of says so. `is_entry`: it is one of a list.
pub(crate) fn masked_at(path: &[&str], value: &Value, is_entry: bool) -> Value {
    let value = if is_entry { json!([value]) } else { value.clone() };
    let within = |value, key: &&str| Value::Object(Map::from_iter([((*key).to_owned(), value)]));
    let mut shown = masked("", &path.iter().rev().fold(value, within));
    for key in path {
        // It may be hidden as a whole.
        match shown.get_mut(key) {
            Some(inner) => shown = inner.take(),
            None => return shown,
        }
    }
    match shown.get_mut(0) {
        Some(entry) if is_entry => entry.take(),
        _ => shown,
    }
}

#[cfg(test)]
mod tests;
