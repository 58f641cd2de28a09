//! A plugin that is declared: another version of it, and another place.
//!
//! Invariants: of the entry nothing changes but what was asked for, so its options stay; each is one change that can be
//! undone, byte for byte.

use std::path::{Path, PathBuf};

use rekindle_domain::{ErrorCode, Fixed, PackageNotice, PluginOrigin, Row, Scope, UserError};
use rekindle_opencode::{
    PluginSpec,
    config::{
        edit::{self, entry},
        shape::plugin_path,
    },
    plugin_spec,
};
use serde_json::Value;

use super::{
    declare::{file_for_plugins, from_the_file, refuse_declared},
    list::entries_of,
    several::{Edit, edit_together},
    text::edit_text,
    undo::{Entries, LIST},
};
use crate::{
    error::shown,
    files::{
        cached::{self, Cached},
        file,
        locate::Places,
        scan::declared_id,
    },
};

/// An entry that was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The file in which it is declared now.
    pub path: PathBuf,
    /// What is declared there.
    pub spec: String,
    /// For taking it back.
    pub token: String,
}

/// The version to which a plugin is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To<'a> {
    /// The one that the engine keeps.
    Kept,
    /// This one, or a range, or a tag.
    Version(&'a str),
    /// None: whatever is newest when the engine installs it.
    Any,
}

/// An entry as a file has it.
pub(super) struct Declared<'a> {
    places: &'a Places,
    row: &'a Row,
    /// The file.
    pub(super) path: PathBuf,
    /// The whole entry; of several the one that counts.
    pub(super) entry: Value,
}

impl<'a> Declared<'a> {
    /// The entry of a row. One that the engine found in a folder has none.
    pub(super) fn of(places: &'a Places, row: &'a Row) -> Result<Self, UserError> {
        if row.origin == Some(PluginOrigin::Found) {
            let notice = PackageNotice::NotInAList { path: row.place.clone() };
            return Err(UserError::new(ErrorCode::NotFound, notice));
        }
        let mut declared = Self { places, row, path: PathBuf::from(&row.source), entry: Value::Null };
        let entries = entries_of(&file::read(&declared.path)?.unwrap_or_default());
        let entry = entries.into_iter().rfind(|entry| declared.is_it(entry));
        match entry {
            Some(entry) => declared.entry = entry,
            // The edit knows what is wrong with the file, and where.
            None => drop(file::compute(&declared.path, |text| declared.taken_out(text))?),
        }
        Ok(declared)
    }

    /// Whether an entry of its file is this one.
    pub(super) fn is_it(&self, entry: &Value) -> bool {
        declared_id(self.places, &self.path, self.row.scope, plugin_spec(entry)) == self.row.id
    }

    /// What it names.
    pub(super) fn spec(&self) -> PluginSpec {
        PluginSpec::parse(plugin_spec(&self.entry))
    }

    /// A text without it, and without what was there for it alone.
    pub(super) fn taken_out(&self, text: &str) -> Result<String, edit::EditError> {
        let left = edit::remove(text, LIST, &self.row.name, |entry| self.is_it(entry))?;
        edit::without_empty(&left, LIST).map(edit::without_file)
    }

    /// What that means for the text.
    pub(super) fn removed(&self, text: &str) -> Entries {
        Entries::Removed(entries_of(text).into_iter().filter(|entry| self.is_it(entry)).collect())
    }
}

/// The spec that the file has for the plugin of a row.
pub fn spec_of(places: &Places, row: &Row) -> Result<PluginSpec, UserError> {
    Declared::of(places, row).map(|declared| declared.spec())
}

/// Sets a declared plugin to a version.
pub fn set_version(places: &Places, row: &Row, to: To<'_>) -> Result<Changed, UserError> {
    let declared = Declared::of(places, row)?;
    let spec = declared.spec();
    let kept = match to {
        To::Kept => {
            versioned(&spec, Some("0"))?;
            let version = kept_version(places, &spec).ok_or_else(|| {
                UserError::new(ErrorCode::NoVersion, PackageNotice::VersionUnknown { name: row.name.clone() })
            })?;
            Some(version)
        }
        To::Version(version) => Some(version.to_owned()),
        To::Any => None,
    };
    let text = versioned(&spec, kept.as_deref())?;
    if text == spec.text {
        return Err(UserError::new(ErrorCode::Unchanged, PackageNotice::AlreadyThus { spec: text }));
    }
    let mut changed = declared.entry.clone();
    match changed.get_mut(0) {
        Some(first) => *first = Value::from(text.as_str()),
        None => changed = Value::from(text.as_str()),
    }
    let change = |old: &str| entry::respec(old, LIST, &row.name, |entry| declared.is_it(entry), &text);
    let means = |_: &str| Entries::Renamed { from: declared.entry.clone(), to: changed.clone() };
    let token = edit_text(places, &declared.path, change, means)?;
    Ok(Changed { path: declared.path.clone(), spec: text, token })
}

/// The version that the engine keeps for a spec.
pub(crate) fn kept_version(places: &Places, spec: &PluginSpec) -> Option<String> {
    match cached::look(places, spec) {
        Cached::Whole { version, .. } => version,
        Cached::Nothing | Cached::Leftover | Cached::Half => None,
    }
}

/// A spec with another version, or with none.
pub(crate) fn versioned(spec: &PluginSpec, version: Option<&str>) -> Result<String, UserError> {
    let fixed =
        |why| UserError::new(ErrorCode::NoVersion, PackageNotice::VersionFixed { name: spec.name.clone(), why });
    let package = match (spec.origin, spec.version.as_deref()) {
        (PluginOrigin::File | PluginOrigin::Found, _) => return Err(fixed(Fixed::Path)),
        (PluginOrigin::Git, _) => return Err(fixed(Fixed::Address)),
        // Another name for a package.
        (PluginOrigin::Npm, Some(alias)) if alias.starts_with("npm:") => {
            format!("{}@npm:{}", spec.name, PluginSpec::parse(alias.trim_start_matches("npm:")).name)
        }
        (PluginOrigin::Npm, Some(other)) if other.contains([':', '/']) => return Err(fixed(Fixed::Address)),
        (PluginOrigin::Npm, _) => spec.name.clone(),
    };
    let Some(version) = version else { return Ok(package) };
    let is_one = |c: char| c.is_ascii_alphanumeric() || " .-+^~<>=|*".contains(c);
    if version.trim().is_empty() || version.starts_with('-') || !version.chars().all(is_one) {
        let notice = PackageNotice::NotAVersion { version: version.to_owned() };
        return Err(UserError::new(ErrorCode::BadSpec, notice));
    }
    Ok(format!("{package}@{version}"))
}

/// Declares a plugin for other projects than so far: with its options, in the file of that scope, and no more where it was.
pub fn move_plugin(places: &Places, row: &Row, to: Scope) -> Result<Changed, UserError> {
    let declared = Declared::of(places, row)?;
    if row.scope == to {
        let spec = declared.spec().text;
        return Err(
            UserError::new(ErrorCode::Unchanged, PackageNotice::AlreadyThus { spec }).about(shown(&declared.path))
        );
    }
    let files = places.configs_to_edit(to);
    let path = file_for_plugins(places, to, &files);
    let spec = for_the_file(places, &declared, &path);
    refuse_declared(&files, &path, &spec)?;
    let mut moved = declared.entry.clone();
    match moved.get_mut(0) {
        Some(first) => *first = Value::from(spec.text.as_str()),
        None => moved = Value::from(spec.text.as_str()),
    }
    // It is declared twice for a moment, rather than not at all.
    let edits = [
        Edit {
            path: path.clone(),
            change: Box::new(|text| edit::append(text, LIST, &moved)),
            entries: Box::new(|_| Entries::Added(vec![moved.clone()])),
            mode: None,
        },
        Edit {
            path: declared.path.clone(),
            change: Box::new(|text| declared.taken_out(text)),
            entries: Box::new(|text| declared.removed(text)),
            mode: None,
        },
    ];
    let token = edit_together(places, &edits)?;
    drop(edits);
    Ok(Changed { path, spec: spec.text, token })
}

/// A path is written the way that the other file needs it: what is in the project, from there; else as a whole.
fn for_the_file(places: &Places, declared: &Declared<'_>, file: &Path) -> PluginSpec {
    let spec = declared.spec();
    let folder = |file: &Path| file.parent().unwrap_or(Path::new("/")).to_owned();
    let Some(target) = plugin_path(&folder(&declared.path), &spec.text).filter(|_| !spec.text.contains("://")) else {
        return spec;
    };
    match target.strip_prefix(&places.directory) {
        Ok(below) if file.starts_with(&places.directory) => {
            from_the_file(places, file, PluginSpec::parse(&format!("./{}", below.display())))
        }
        _ => PluginSpec::parse(&target.display().to_string()),
    }
}

#[cfg(test)]
mod tests;
