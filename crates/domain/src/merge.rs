//! What the engine makes of several configurations.
//!
//! Invariant: the same layers in the same order give what the engine answers to `GET /config`, but
//! for the system's user name, which it fills in, and for what plugins change. Source:
//! `docs/engine.md`, "Places and precedence"; held by `tests/end_to_end/conformance.rs`.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::Kind;

/// Objects are merged key by key, everything else is replaced.
pub fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                match into.get_mut(key) {
                    Some(inner) => merge(inner, value),
                    None => drop(into.insert(key.clone(), value.clone())),
                }
            }
        }
        (into, from) => into.clone_from(from),
    }
}

/// The configuration of an instance: the global one, and over it the layers, the strongest last.
pub fn effective(global: &Value, layers: &[Value]) -> Value {
    let mut config = json!({});
    let mut plugins = Vec::new();
    for layer in std::iter::once(global).chain(layers) {
        add(&mut config, &mut plugins, layer);
    }
    finish(&mut config);
    config
}

/// The strongest of several entries for one plugin stays, where it stands.
pub fn unique_plugins(entries: Vec<Value>) -> Vec<Value> {
    let mut seen = HashSet::new();
    let mut unique: Vec<_> =
        entries.into_iter().rev().filter(|entry| seen.insert(plugin_key(plugin_spec(entry)).to_owned())).collect();
    unique.reverse();
    unique
}

/// The spec of an entry of `plugin`, which may have options behind it.
pub fn plugin_spec(entry: &Value) -> &str {
    entry.as_str().or_else(|| entry.get(0)?.as_str()).unwrap_or_default()
}

/// What makes two specs one plugin: the package's name; of everything else the whole text.
pub fn plugin_key(spec: &str) -> &str {
    let package = spec.strip_prefix("npm:").unwrap_or(spec);
    let at = package.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
    let name = at.map_or(package, |at| &package[..at]);
    let bare = match name.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').filter(|(scope, _)| is_part(scope)).map(|(_, bare)| bare),
        None => Some(name),
    };
    let begins_well = !name.starts_with(['.', '_']);
    if begins_well && bare.is_some_and(|bare| is_part(bare) && !is_archive(bare)) { name } else { spec }
}

fn is_part(part: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'()".contains(c);
    !part.is_empty() && part.chars().all(is_plain)
}

fn is_archive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".tgz", ".tar.gz", ".tar"].iter().any(|ending| name.ends_with(ending))
}

fn add(config: &mut Value, plugins: &mut Vec<Value>, layer: &Value) {
    let instructions = joined(&config["instructions"], &layer["instructions"]);
    merge(config, layer);
    if let Some(instructions) = instructions {
        config["instructions"] = instructions;
    }
    if let Some(entries) = layer["plugin"].as_array().filter(|entries| !entries.is_empty()) {
        let all = std::mem::take(plugins).into_iter().chain(entries.iter().cloned()).collect();
        *plugins = unique_plugins(all);
        config["plugin"] = Value::Array(plugins.clone());
    }
}

/// Two lists of instructions as one, each entry once. `None`: they are not both lists.
pub fn joined(before: &Value, after: &Value) -> Option<Value> {
    let mut all: Vec<Value> = Vec::new();
    for entry in before.as_array()?.iter().chain(after.as_array()?) {
        if !all.contains(entry) {
            all.push(entry.clone());
        }
    }
    Some(Value::Array(all))
}

/// What the engine does to a configuration when all layers are merged.
fn finish(config: &mut Value) {
    let Value::Object(config) = config else { return };
    for (key, empty) in [("agent", json!({})), ("mode", json!({})), ("command", json!({})), ("plugin", json!([]))] {
        if config.get(key).is_none_or(Value::is_null) {
            config.insert(key.to_owned(), empty);
        }
    }
    // A mode is an agent by its old name.
    let modes = config["mode"].as_object().cloned().unwrap_or_default();
    for (name, mut mode) in modes {
        mode["mode"] = json!("primary");
        merge(&mut config["agent"], &json!({ name: mode }));
    }
    if let Some(tools) = config.get("tools").and_then(Value::as_object) {
        let mut permission = Value::Object(permissions(tools));
        merge(&mut permission, config.get("permission").unwrap_or(&json!({})));
        config.insert("permission".to_owned(), permission);
    }
    // What an earlier layer said of a server of the other type is not answered.
    let servers = config.get_mut("mcp").and_then(Value::as_object_mut);
    servers.into_iter().flat_map(Map::values_mut).for_each(keep_own_type);
    if config.get("autoshare") == Some(&json!(true)) && config.get("share").is_none() {
        config.insert("share".to_owned(), json!("auto"));
    }
}

/// A server of MCP has the keys of its type, whatever earlier layers said.
pub fn keep_own_type(server: &mut Value) {
    let others: &[&str] = match server["type"].as_str() {
        Some("local") => &["url", "headers", "oauth"],
        Some("remote") => &["command", "cwd", "environment"],
        _ => &[],
    };
    if let Value::Object(server) = server {
        others.iter().for_each(|key| drop(server.remove(*key)));
    }
}

/// Every name that a configuration declares, with its kind, and the keys that lead to what is said of it.
pub fn declared_names(config: &Value) -> Vec<(Kind, &str, Vec<&str>)> {
    let mut names = Vec::new();
    for (key, value) in config.as_object().into_iter().flatten() {
        let kind = match key.as_str() {
            "$schema" | "plugin" => continue,
            "mcp" => Kind::Mcp,
            "agent" | "mode" => Kind::Agent,
            "command" => Kind::Command,
            "instructions" => Kind::Instructions,
            _ => Kind::Config,
        };
        match value {
            Value::Object(map) if matches!(kind, Kind::Mcp | Kind::Agent | Kind::Command) => {
                names.extend(map.keys().map(|name| (kind, name.as_str(), vec![key.as_str(), name.as_str()])));
            }
            _ => names.push((kind, key.as_str(), vec![key.as_str()])),
        }
    }
    names
}

/// What `tools` means as `permission`: its successor.
pub fn permissions(tools: &Map<String, Value>) -> Map<String, Value> {
    let mut permissions = Map::new();
    for (tool, allowed) in tools {
        let name = if matches!(tool.as_str(), "write" | "edit" | "patch") { "edit" } else { tool };
        permissions.insert(name.to_owned(), json!(if allowed == true { "allow" } else { "deny" }));
    }
    permissions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_merged_as_the_engine_merges_them() {
        let check = |global: Value, layers: &[Value], key: &str, expected: Value| {
            assert_eq!(effective(&global, layers)[key], expected, "{global} {layers:?}");
        };
        check(json!({"model": "a"}), &[json!({"model": "b"})], "model", json!("b"));
        check(json!({"x": {"a": [1], "b": 1}}), &[json!({"x": {"a": [2]}})], "x", json!({"a": [2], "b": 1}));
        let instructions = |list: &[&str]| json!({ "instructions": list });
        check(instructions(&["a"]), &[instructions(&["b", "a"])], "instructions", json!(["a", "b"]));
        let plugin = |list: &[&str]| json!({ "plugin": list });
        check(plugin(&["p@1", "q"]), &[plugin(&["p@2"])], "plugin", json!(["q", "p@2"]));
        check(plugin(&["p"]), &[plugin(&[])], "plugin", json!([]));
        check(plugin(&["p"]), &[plugin(&[]), plugin(&["q"])], "plugin", json!(["p", "q"]));
        check(json!({}), &[json!({"plugin": [["p", {"x": 1}]]}), plugin(&["p"])], "plugin", json!(["p"]));
        check(
            json!({"mode": {"m": {"prompt": "p"}}}),
            &[json!({"agent": {"m": {"model": "x"}}})],
            "agent",
            json!({"m": {"model": "x", "prompt": "p", "mode": "primary"}}),
        );
        check(
            json!({"mcp": {"m": {"type": "local", "command": ["x"], "timeout": 5}}}),
            &[json!({"mcp": {"m": {"type": "remote", "url": "u"}}})],
            "mcp",
            json!({"m": {"type": "remote", "timeout": 5, "url": "u"}}),
        );
        check(
            json!({"tools": {"write": false, "bash": true}, "permission": {"bash": "ask"}}),
            &[],
            "permission",
            json!({"edit": "deny", "bash": "ask"}),
        );
    }

    #[test]
    fn a_plugin_is_known_by_its_package() {
        let check = |spec, expected: &str| assert_eq!(plugin_key(spec), expected);
        check("a", "a");
        check("a@1.0.0", "a");
        check("@s/a@^1", "@s/a");
        check("a@npm:b@1", "a");
        check("npm:b@1", "b");
        check("file:///p/a.ts", "file:///p/a.ts");
        check("github:team/a", "github:team/a");
        check("team/a", "team/a");
        check("~/a", "~/a");
        check("a.tgz", "a.tgz");
        check("sp ace", "sp ace");
    }
}
