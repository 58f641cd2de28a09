//! The keys of the configuration as people see them: what each holds, which file says so, and which others it overrides.
//!
//! Invariant: a value that may be a secret is masked; what is here may be shown anywhere.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Expected, Problem, Scope};

/// The merged configuration, key by key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    /// The keys, by name.
    pub keys: Vec<KeyRow>,
    /// The files that the engine would not load, so that nothing of them counts.
    pub problems: Vec<Problem>,
}

/// One key: a value that is no object with keys in it, or one entry of a list that several files add to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyRow {
    /// The whole of it: `permission.bash."git *"`, `plugin[0]`.
    pub key: String,
    /// The keys that lead to the value, from the top.
    pub path: Vec<String>,
    /// The value, masked.
    pub value: Value,
    /// Who says it.
    #[serde(flatten)]
    pub source: KeySource,
    /// Who says something else, or the same, that does not count; the strongest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Overridden>,
}

/// What does not count, and who says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overridden {
    /// The value, masked.
    pub value: Value,
    /// Who says it.
    #[serde(flatten)]
    pub source: KeySource,
}

/// Who says something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySource {
    /// What kind of source it is.
    pub origin: KeyOrigin,
    /// Whom it is for.
    pub scope: Scope,
    /// The absolute path of the file or folder, or the variable's name.
    pub source: String,
    /// The same in short form, for people.
    pub place: String,
    /// The line, from 1, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

/// What kind of source a value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyOrigin {
    /// A configuration file.
    File,
    /// A Markdown file, or a folder of plugins.
    Folder,
    /// A variable of the engine's environment.
    Environment,
    /// A file of whoever administers this machine.
    Managed,
}

/// The merged configuration as a window lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyList {
    /// The keys, by name.
    pub keys: Vec<KeyLine>,
    /// The files that the engine would not load, so that nothing of them counts.
    pub problems: Vec<Problem>,
}

/// One key, with its values in one line each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLine {
    /// The whole of it.
    pub key: String,
    /// The value, masked; its beginning, where it is long.
    pub value: String,
    /// Who says it.
    pub source: KeySource,
    /// What does not count, likewise, and who says it; the strongest first.
    pub overrides: Vec<(String, KeySource)>,
    /// What a person would type to have this value. `None`: it is not edited one key at a time.
    pub typed: Option<String>,
}

/// What may be written at a key, for whoever edits it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KeyHelp {
    /// The kinds of values, and the words; empty: anything.
    pub values: Vec<Expected>,
    /// What the engine says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}
