//! Where an agent or a command is declared.
//!
//! Invariant: the order is that in which the engine lets the files count, the strongest last; what it does not read comes
//! first.

use std::path::{Path, PathBuf};

use rekindle_domain::{Kind, Place, Scope};
use rekindle_opencode::declared_names;
use serde_json::Value;

use super::super::keys::value_at;
use crate::files::{
    file,
    layers::{Layer, Layers},
    locate::Places,
};

/// What one file says of one entry.
pub(super) struct Declaration {
    /// The name.
    pub(super) name: String,
    /// The file; of text from the environment the name of its variable.
    pub(super) path: PathBuf,
    /// For which projects.
    pub(super) scope: Scope,
    /// Whether the file is a Markdown file that declares nothing else.
    pub(super) is_file: bool,
    /// Whether it counts.
    pub(super) is_read: bool,
    /// What it says, as the engine reads it.
    pub(super) value: Value,
}

impl Declaration {
    /// Whether all that it says is whether an agent is on.
    pub(super) fn is_switch(&self) -> bool {
        let text = || file::read_lossy(&self.path).ok().flatten().unwrap_or_default();
        let only_that = |value: &Value| {
            value.as_object().is_some_and(|all| all.len() == 1 && all.keys().all(|key| is_switch_key(key)))
        };
        let keys = |text: &str| keys_in(text, Kind::Agent, &self.name);
        !self.is_file && self.value.get("disable").is_some() && {
            let text = text();
            let said: Vec<_> = keys(&text).iter().filter_map(|path| value_at(&text, path)).collect();
            !said.is_empty() && said.iter().all(only_that)
        }
    }
}

fn is_switch_key(key: &str) -> bool {
    matches!(key, "disable" | "disabled")
}

/// All declarations of a kind, the strongest last.
pub(super) fn declarations(places: &Places, kind: Kind) -> Vec<Declaration> {
    let layers = Layers::read(places, None);
    let unread = layers.unloaded.iter().chain(layers.replaced.iter().map(|(layer, _)| layer));
    let mut all: Vec<_> = unread.flat_map(|layer| of_layer(layer, kind, None, false)).collect();
    // A mode is an agent, and stronger than all others of its name.
    for modes in [false, true] {
        all.extend(layers.iter().flat_map(|layer| of_layer(layer, kind, Some(modes), true)));
    }
    all
}

fn of_layer(layer: &Layer, kind: Kind, modes: Option<bool>, is_read: bool) -> Vec<Declaration> {
    let names = declared_names(&layer.value).into_iter().filter(|(of, _, keys)| {
        let is_mode = keys.first() == Some(&"mode");
        *of == kind && keys.len() > 1 && modes.is_none_or(|modes| modes == is_mode)
    });
    let declaration = |(_, name, keys): (Kind, &str, Vec<&str>)| Declaration {
        name: name.to_owned(),
        path: layer.path.clone(),
        scope: layer.scope,
        is_file: layer.place == Place::Folder && has_markdown_ending(&layer.path),
        is_read,
        value: keys.iter().fold(&layer.value, |value, key| value.get(key).unwrap_or(&Value::Null)).clone(),
    };
    names.map(declaration).collect()
}

fn has_markdown_ending(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b".md")
}

/// The paths of the keys under which a text declares an entry, in any spelling that the engine takes.
pub(super) fn keys_in(text: &str, kind: Kind, name: &str) -> Vec<Vec<String>> {
    let groups: &[&str] = if kind == Kind::Agent { &["agent", "agents", "mode"] } else { &["command", "commands"] };
    let paths = groups.iter().map(|group| vec![(*group).to_owned(), name.to_owned()]);
    paths.filter(|path| value_at(text, path).is_some()).collect()
}
