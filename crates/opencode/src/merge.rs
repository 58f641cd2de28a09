//! What the engine makes of several configurations.
//!
//! Invariant: the same layers in the same order give what the engine answers to `GET /config`, but
//! for the system's user name, which it fills in, and for what plugins change. Source:
//! `docs/engine.md`, "Places and precedence"; held by `tests/end_to_end/conformance.rs`. Values of the wrong
//! shape, which the engine refuses in files, are merged like all others and mean nothing: a merge has an
//! answer to everything, in a time that grows with what is merged and no faster.

use std::collections::HashSet;

use rekindle_domain::Kind;
use serde_json::{Map, Value, json};

/// Objects are merged key by key, everything else is replaced.
pub fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => merge_keys(into, from),
        (into, from) => into.clone_from(from),
    }
}

fn merge_keys(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (key, value) in from {
        match into.get_mut(key) {
            Some(inner) => merge(inner, value),
            None => drop(into.insert(key.clone(), value.clone())),
        }
    }
}

/// The configuration of an instance: the global one, and over it the layers, the strongest last.
pub fn effective(global: &Value, layers: &[Value]) -> Value {
    let mut config = Map::new();
    let mut lists = Lists::default();
    for layer in std::iter::once(global).chain(layers).filter_map(Value::as_object) {
        lists.add(layer);
        merge_keys(&mut config, layer);
    }
    lists.put_into(&mut config);
    finish(&mut config);
    Value::Object(config)
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
    let name = name_and_version(package).0;
    let bare = match name.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').filter(|(scope, _)| is_part(scope)).map(|(_, bare)| bare),
        None => Some(name),
    };
    let begins_well = !name.starts_with(['.', '_']);
    if begins_well && bare.is_some_and(|bare| is_part(bare) && !is_archive(bare)) { name } else { spec }
}

/// A package and what stands behind the `@`. A scope's own `@` is not the border to the version.
pub(crate) fn name_and_version(package: &str) -> (&str, Option<&str>) {
    let border = package.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
    let parts = border.and_then(|at| package.split_at_checked(at));
    parts.map_or((package, None), |(name, version)| (name, version.strip_prefix('@')))
}

fn is_part(part: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'()".contains(c);
    !part.is_empty() && part.chars().all(is_plain)
}

fn is_archive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".tgz", ".tar.gz", ".tar"].iter().any(|ending| name.ends_with(ending))
}

/// The lists that layers add to, where other lists replace each other.
#[derive(Default)]
struct Lists<'a> {
    /// The plugins of all layers, the strongest last.
    plugins: Vec<&'a Value>,
    /// True when the last layer with a list of plugins had some in it.
    has_plugins: bool,
    /// The lists of instructions that count.
    instructions: Vec<&'a [Value]>,
}

impl<'a> Lists<'a> {
    fn add(&mut self, layer: &'a Map<String, Value>) {
        match layer.get("instructions") {
            Some(Value::Array(list)) => self.instructions.push(list),
            // What is no list takes the place of all lists before it.
            Some(_) => self.instructions.clear(),
            None => {}
        }
        if let Some(plugins) = layer.get("plugin") {
            let list = plugins.as_array().map(Vec::as_slice).unwrap_or_default();
            self.plugins.extend(list);
            self.has_plugins = !list.is_empty();
        }
    }

    fn put_into(self, config: &mut Map<String, Value>) {
        // The list of a single layer stays as it is.
        if self.instructions.len() > 1 {
            config.insert("instructions".to_owned(), each_once(self.instructions.into_iter().flatten()));
        }
        if self.has_plugins {
            let plugins = unique_plugins(self.plugins.into_iter().cloned().collect());
            config.insert("plugin".to_owned(), Value::Array(plugins));
        }
    }
}

/// Two lists of instructions as one, each entry once. `None`: they are not both lists.
pub fn joined(before: &Value, after: &Value) -> Option<Value> {
    Some(each_once(before.as_array()?.iter().chain(after.as_array()?)))
}

/// Each entry once, where it stands first.
fn each_once<'a>(entries: impl Iterator<Item = &'a Value>) -> Value {
    let mut seen = HashSet::new();
    entries.filter(|entry| seen.insert(*entry)).cloned().collect()
}

/// What the engine does to a configuration when all layers are merged.
fn finish(config: &mut Map<String, Value>) {
    for (key, empty) in [("agent", json!({})), ("mode", json!({})), ("command", json!({})), ("plugin", json!([]))] {
        if config.get(key).is_none_or(Value::is_null) {
            config.insert(key.to_owned(), empty);
        }
    }
    let modes = config.get("mode").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(Value::Object(agents)) = config.get_mut("agent") {
        let modes = modes.into_iter().filter_map(|(name, mode)| Some((name, agent_of_mode(mode)?)));
        merge_keys(agents, &modes.collect());
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

/// A mode is an agent by its old name. `None`: it is none, because it is no object.
pub fn agent_of_mode(mode: Value) -> Option<Value> {
    let Value::Object(mut mode) = mode else { return None };
    mode.insert("mode".to_owned(), json!("primary"));
    Some(Value::Object(mode))
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
        check(instructions(&["a", "a"]), &[], "instructions", json!(["a", "a"]));
        check(instructions(&["a"]), &[json!({"instructions": "x"})], "instructions", json!("x"));
        check(
            instructions(&["a"]),
            &[json!({"instructions": 5}), instructions(&["b", "b"])],
            "instructions",
            json!(["b", "b"]),
        );
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

    /// N16: what is no object where one is expected adds nothing, and nothing panics.
    #[test]
    fn values_of_the_wrong_shape_mean_nothing() {
        let check = |global: Value, layers: &[Value], key: &str, expected: Value| {
            assert_eq!(effective(&global, layers)[key], expected, "{global} {layers:?}");
        };
        let agent = json!({"agent": {"a": {"model": "x"}}});
        for wrong in [json!("primary"), json!(5), json!(["a"]), json!(null), json!(true)] {
            check(json!({"mode": {"build": wrong}}), &[], "agent", json!({}));
            check(json!({"mode": wrong}), std::slice::from_ref(&agent), "agent", json!({"a": {"model": "x"}}));
            check(wrong.clone(), &[agent.clone(), wrong.clone()], "agent", json!({"a": {"model": "x"}}));
            check(agent.clone(), &[json!({"plugin": wrong, "mcp": wrong, "tools": wrong})], "tools", wrong.clone());
            check(json!({"mcp": {"m": wrong}}), &[], "mcp", json!({"m": wrong}));
            if !wrong.is_null() {
                check(json!({"mode": {"m": {}}}), &[json!({"agent": wrong})], "agent", wrong.clone());
            }
        }
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
