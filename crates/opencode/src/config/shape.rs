//! What the engine makes of one configuration file after parsing it.
//!
//! Invariant: pure. The result is what the file adds to `GET /config`: newer spellings in the words
//! of the older ones, keys that the engine does not know left out, agents and permissions written
//! out, paths of plugins resolved. Source: `docs/engine.md`, "What a file becomes".

use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::{newer::in_older_words, schema::Schema};
use crate::{permissions, plugin_spec};

/// What the engine names as the schema of every file.
pub const SCHEMA: &str = "https://opencode.ai/config.json";

/// Keys of other programs of the engine, which it leaves out everywhere.
const NOT_OF_THE_ENGINE: [&str; 3] = ["theme", "keybinds", "tui"];

/// Keys of an agent that are not options of its model.
const AGENT_KEYS: [&str; 16] = [
    "name",
    "model",
    "variant",
    "prompt",
    "description",
    "temperature",
    "top_p",
    "mode",
    "hidden",
    "color",
    "steps",
    "maxSteps",
    "options",
    "permission",
    "disable",
    "tools",
];

/// What a configuration becomes. `folder`: what relative paths of plugins start from; `None`: they
/// stay as they are, because the text has no file. Without a schema unknown keys stay.
pub fn shaped(value: Value, folder: Option<&Path>, schema: Option<&Schema>) -> Value {
    let mut value = lowered(value);
    if let Some(schema) = schema {
        value = schema.known(&value);
    }
    if let Some(permission) = value.get_mut("permission") {
        write_out_permission(permission);
    }
    for key in ["agent", "mode"] {
        let agents = value.get_mut(key).and_then(Value::as_object_mut);
        agents.into_iter().flat_map(Map::values_mut).for_each(write_out_agent);
    }
    let plugins = value.get_mut("plugin").and_then(Value::as_array_mut);
    if let Some(folder) = folder {
        plugins.into_iter().flatten().for_each(|entry| resolve_plugin(entry, folder));
        // The engine writes it into every file that has none.
        if let Value::Object(map) = &mut value {
            map.entry("$schema").or_insert_with(|| json!(SCHEMA));
        }
    }
    value
}

/// The part of it that the engine checks against its schema.
pub fn lowered(mut value: Value) -> Value {
    if let Value::Object(map) = &mut value {
        map.retain(|key, _| !NOT_OF_THE_ENGINE.contains(&key.as_str()));
        in_older_words(map);
    }
    value
}

/// An agent as the engine keeps it: everything it does not know is an option of the model.
pub fn write_out_agent(agent: &mut Value) {
    let Value::Object(agent) = agent else { return };
    let mut options = agent.get("options").and_then(Value::as_object).cloned().unwrap_or_default();
    for (key, value) in agent.iter().filter(|(key, _)| !AGENT_KEYS.contains(&key.as_str())) {
        options.insert(key.clone(), value.clone());
    }
    let mut permission = agent.get("tools").and_then(Value::as_object).map(permissions).unwrap_or_default();
    if let Some(own) = agent.get_mut("permission") {
        write_out_permission(own);
        permission.extend(own.as_object().cloned().unwrap_or_default());
    }
    let steps = agent.get("steps").or_else(|| agent.get("maxSteps")).cloned();
    agent.insert("options".to_owned(), Value::Object(options));
    agent.insert("permission".to_owned(), Value::Object(permission));
    if let Some(steps) = steps {
        agent.insert("steps".to_owned(), steps);
    }
}

/// One word stands for all tools.
fn write_out_permission(permission: &mut Value) {
    if permission.is_string() {
        *permission = json!({ "*": permission.take() });
    }
}

fn resolve_plugin(entry: &mut Value, folder: &Path) {
    let spec = plugin_spec(entry);
    let Some(path) = plugin_path(folder, spec) else { return };
    let file = entry_file(&path);
    // A URL to a file stays as it was written.
    if file == path && spec.starts_with("file://") {
        return;
    }
    let url = Value::from(url_of(&file));
    match entry {
        Value::Array(list) => list.iter_mut().take(1).for_each(|spec| *spec = url.clone()),
        entry => *entry = url,
    }
}

/// The file or folder that a plugin's spec names; `None`: it is not a path. `~/x` is none: the engine
/// takes it for a package.
pub fn plugin_path(folder: &Path, spec: &str) -> Option<PathBuf> {
    if let Some(path) = spec.strip_prefix("file://") {
        let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
        return Some(plain(Path::new(&path)));
    }
    (spec.starts_with('.') || Path::new(spec).is_absolute()).then(|| plain(&folder.join(spec)))
}

/// The file that the engine loads of a folder, which stands for its index file unless it is a package; the folder itself
/// where there is none.
pub fn entry_file(path: &Path) -> PathBuf {
    const INDEX: [&str; 5] = ["index.ts", "index.tsx", "index.js", "index.mjs", "index.cjs"];
    if !path.is_dir() || path.join("package.json").exists() {
        return path.to_owned();
    }
    INDEX.iter().map(|name| path.join(name)).find(|file| file.exists()).unwrap_or_else(|| path.to_owned())
}

/// `.` and `..` resolved by text.
pub fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                plain.pop();
            }
            std::path::Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

/// A path as the URL that the engine makes of it.
pub fn url_of(path: &Path) -> String {
    const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'!')
        .remove(b'$')
        .remove(b'&')
        .remove(b'\'')
        .remove(b'(')
        .remove(b')')
        .remove(b'*')
        .remove(b'+')
        .remove(b',')
        .remove(b';')
        .remove(b'=')
        .remove(b'@')
        .remove(b':')
        .remove(b'/');
    format!("file://{}", utf8_percent_encode(&path.to_string_lossy(), ESCAPED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_becomes_what_the_engine_reports() {
        let check = |file: Value, expected: Value| {
            let mut shaped = shaped(file, Some(Path::new("/p")), None);
            assert_eq!(shaped.as_object_mut().and_then(|map| map.remove("$schema")), Some(json!(SCHEMA)));
            assert_eq!(shaped, expected);
        };
        check(json!({"theme": "x", "model": "a/b"}), json!({"model": "a/b"}));
        check(json!({"permission": "ask"}), json!({"permission": {"*": "ask"}}));
        check(
            json!({"agent": {"a": {"prompt": "p", "maxSteps": 3, "tools": {"edit": true}, "permission": {"bash": "ask"}, "x": 1}}}),
            json!({"agent": {"a": {"prompt": "p", "maxSteps": 3, "tools": {"edit": true}, "x": 1, "steps": 3,
                "permission": {"edit": "allow", "bash": "ask"}, "options": {"x": 1}}}}),
        );
        check(
            json!({"plugin": ["./a b.ts", ["../x.js", {"o": 1}], "pkg@1", "~/x", "file:///p/ü.ts"]}),
            json!({"plugin": ["file:///p/a%20b.ts", ["file:///x.js", {"o": 1}], "pkg@1", "~/x", "file:///p/ü.ts"]}),
        );
    }

    #[test]
    fn paths_are_named_as_the_engine_names_them() {
        let check = |spec, expected: Option<&str>| {
            assert_eq!(plugin_path(Path::new("/p"), spec), expected.map(PathBuf::from), "{spec}");
        };
        check("./a.ts", Some("/p/a.ts"));
        check("../x/./a b.ts", Some("/x/a b.ts"));
        check("file:///p/sp%20ace/%F0%9F%98%80.ts", Some("/p/sp ace/😀.ts"));
        check("/abs/a.ts", Some("/abs/a.ts"));
        check("pkg", None);
        check("~/x", None);
    }
}
