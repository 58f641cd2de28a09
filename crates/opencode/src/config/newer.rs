//! The newer spellings that the engine takes besides its own.
//!
//! Invariant: what the older spelling says wins. What is malformed is left out, as the engine leaves
//! it out. Source: `docs/engine.md`, "What a file becomes".

use serde_json::{Map, Value, json};

/// Rewrites a configuration in the older spelling; other keys stay.
pub(super) fn in_older_words(config: &mut Map<String, Value>) {
    rename(config, "snapshots", "snapshot", Value::is_boolean);
    rename(config, "media", "attachment", Value::is_object);
    if let Some((model, _)) = config.get("model").and_then(model_and_variant) {
        config.insert("model".to_owned(), model);
    }
    if let Some(Value::Array(skills)) = config.get("skills").cloned()
        && skills.iter().all(Value::is_string)
    {
        let (urls, paths): (Vec<_>, Vec<_>) = skills.into_iter().partition(is_url);
        config.insert("skills".to_owned(), json!({ "paths": paths, "urls": urls }));
    }
    compaction(config);
    if let Some(depth) = config.get("experimental").and_then(|all| all.get("subagent_depth")).cloned()
        && depth.is_u64()
    {
        config.entry("subagent_depth").or_insert(depth);
    }
    agents(config);
    commands(config);
    servers(config);
    language_servers(config);
}

/// The language servers that the engine knows by itself. Source: `docs/engine.md`, "What a file
/// becomes".
const KNOWN_SERVERS: &str = "deno typescript vue eslint oxlint biome gopls ruby-lsp ty pyright elixir-ls zls csharp \
    razor fsharp sourcekit-lsp rust clangd svelte astro jdtls kotlin-ls yaml-ls lua-ls prisma dart ocaml-lsp bash \
    terraform texlab dockerfile gleam clojure-lsp nixd tinymist haskell-language-server julials";

/// One that the engine does not know is left out unless it says for which files it is.
fn language_servers(config: &mut Map<String, Value>) {
    let Some(Value::Object(servers)) = config.get_mut("lsp") else { return };
    servers.retain(|name, server| {
        let is_known = name == "php intelephense" || KNOWN_SERVERS.split(' ').any(|known| known == name);
        let is_whole = server["command"].as_array().is_some_and(|words| words.iter().all(Value::is_string));
        is_known || !is_whole || server["disabled"] == true || server.get("extensions").is_some()
    });
}

fn rename(config: &mut Map<String, Value>, newer: &str, older: &str, fits: fn(&Value) -> bool) {
    if let Some(value) = config.remove(newer).filter(fits) {
        config.entry(older).or_insert(value);
    }
}

fn is_url(text: &Value) -> bool {
    let text = text.as_str().unwrap_or_default().to_ascii_lowercase();
    text.starts_with("http://") || text.starts_with("https://")
}

/// `provider/model#variant`, or the same as an object.
fn model_and_variant(value: &Value) -> Option<(Value, Option<Value>)> {
    if let Value::String(text) = value {
        let (model, variant) = text.split_once('#').map_or((text.as_str(), None), |(m, v)| (m, Some(v)));
        let (provider, name) = model.split_once('/')?;
        let is_whole = !provider.is_empty() && !name.is_empty();
        let is_whole = is_whole && variant.is_none_or(|variant| !variant.is_empty() && !variant.contains('#'));
        return is_whole.then(|| (json!(model), variant.map(|variant| json!(variant))));
    }
    let part = |key| value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty() && !text.contains('#'));
    let provider = part("providerID").filter(|text| !text.contains('/'))?;
    let variant = match value.get("variant") {
        None => None,
        Some(_) => Some(json!(part("variant")?)),
    };
    Some((json!(format!("{provider}/{}", part("model")?)), variant))
}

fn compaction(config: &mut Map<String, Value>) {
    let Some(Value::Object(all)) = config.get_mut("compaction") else { return };
    for (newer, older) in [("/keep/tokens", "preserve_recent_tokens"), ("/buffer", "reserved")] {
        let value = Value::Object(all.clone()).pointer(newer).cloned();
        if let Some(value) = value.filter(Value::is_u64) {
            all.entry(older).or_insert(value);
        }
    }
}

fn agents(config: &mut Map<String, Value>) {
    let Some(Value::Object(newer)) = config.remove("agents") else { return };
    let older = config.entry("agent").or_insert_with(|| json!({}));
    let Value::Object(older) = older else { return };
    for (name, agent) in newer {
        if let (false, Some(agent)) = (older.contains_key(&name), agent.as_object().and_then(one_agent)) {
            older.insert(name, agent);
        }
    }
}

fn one_agent(newer: &Map<String, Value>) -> Option<Value> {
    let mut agent = Map::new();
    for (key, fits) in [
        ("description", Value::is_string as fn(&Value) -> bool),
        ("mode", |mode| ["subagent", "primary", "all"].iter().any(|word| mode == word)),
        ("hidden", Value::is_boolean),
        ("color", is_color),
        ("steps", is_count),
    ] {
        put(&mut agent, key, newer.get(key), fits)?;
    }
    put(&mut agent, "prompt", newer.get("system"), Value::is_string)?;
    put(&mut agent, "disable", newer.get("disabled"), Value::is_boolean)?;
    put_model(&mut agent, newer.get("model"))?;
    put(&mut agent, "options", newer.get("request").and_then(|request| request.get("body")), Value::is_object)?;
    Some(Value::Object(agent))
}

fn is_color(value: &Value) -> bool {
    let digits = value.as_str().and_then(|text| text.strip_prefix('#')).unwrap_or_default();
    digits.len() == 6 && digits.chars().all(|c| c.is_ascii_hexdigit())
}

fn is_count(value: &Value) -> bool {
    value.as_u64().is_some_and(|count| count > 0)
}

/// `None`: the value does not fit, and nothing of the whole is taken.
fn put(into: &mut Map<String, Value>, key: &str, value: Option<&Value>, fits: fn(&Value) -> bool) -> Option<()> {
    if let Some(value) = value {
        into.insert(key.to_owned(), Some(value).filter(|value| fits(value))?.clone());
    }
    Some(())
}

fn put_model(into: &mut Map<String, Value>, value: Option<&Value>) -> Option<()> {
    if let Some(value) = value {
        let (model, variant) = model_and_variant(value)?;
        into.insert("model".to_owned(), model);
        if let Some(variant) = variant {
            into.insert("variant".to_owned(), variant);
        }
    }
    Some(())
}

fn commands(config: &mut Map<String, Value>) {
    let Some(Value::Object(newer)) = config.remove("commands") else { return };
    let mut found = Map::new();
    for (name, command) in newer {
        if let Some(command) = command.as_object().and_then(one_command) {
            found.insert(name, command);
        }
    }
    if found.is_empty() {
        return;
    }
    if let Value::Object(older) = config.entry("command").or_insert_with(|| json!({})) {
        for (name, command) in found {
            older.entry(name).or_insert(command);
        }
    }
}

fn one_command(newer: &Map<String, Value>) -> Option<Value> {
    let mut command = Map::new();
    newer.get("template")?;
    for key in ["template", "description", "agent"] {
        put(&mut command, key, newer.get(key), Value::is_string)?;
    }
    put(&mut command, "subtask", newer.get("subtask"), Value::is_boolean)?;
    put_model(&mut command, newer.get("model"))?;
    Some(Value::Object(command))
}

/// `mcp.servers` beside servers directly in `mcp`, and the newer keys of one server.
fn servers(config: &mut Map<String, Value>) {
    let Some(Value::Object(all)) = config.get("mcp").cloned() else { return };
    let looks_like_a_server =
        |value: &Value| ["type", "enabled"].iter().any(|key| value.get(key).is_some_and(|value| !value.is_object()));
    let group = |key: &str| all.get(key).filter(|value| value.is_object() && !looks_like_a_server(value));
    let timeout = group("timeout").filter(|timeout| is_timeout(timeout));
    let mut found = Map::new();
    for (name, server) in &all {
        if (name == "servers" && group("servers").is_some()) || (name == "timeout" && timeout.is_some()) {
            continue;
        }
        let server =
            if is_newer(server) { one_server(server).unwrap_or_else(|| server.clone()) } else { server.clone() };
        found.insert(name.clone(), server);
    }
    for (name, server) in group("servers").and_then(Value::as_object).into_iter().flatten() {
        let is_older = server.get("enabled").is_some_and(Value::is_boolean) && server.get("disabled").is_none();
        let server = if is_older { Some(server.clone()) } else { one_server(server) };
        if let (false, Some(server)) = (found.contains_key(name), server) {
            found.insert(name.clone(), server);
        }
    }
    config.insert("mcp".to_owned(), Value::Object(found));
    if let Some(bound) = timeout.and_then(one_timeout)
        && let Value::Object(experimental) = config.entry("experimental").or_insert_with(|| json!({}))
    {
        experimental.entry("mcp_timeout").or_insert(bound);
    }
}

fn is_timeout(value: &Value) -> bool {
    let Value::Object(map) = value else { return false };
    let known = ["startup", "catalog", "execution"];
    let fits = known.iter().filter_map(|key| map.get(*key)).all(is_count);
    fits && (map.is_empty() || known.iter().any(|key| map.contains_key(*key)))
}

fn is_newer(server: &Value) -> bool {
    let Value::Object(map) = server else { return false };
    let oauth = ["client_id", "client_secret", "callback_port", "redirect_uri"];
    map.contains_key("disabled")
        || map.contains_key("codemode")
        || map.get("timeout").is_some_and(|timeout| timeout.is_object() || timeout.is_array() || timeout.is_null())
        || map.get("oauth").is_some_and(|value| oauth.iter().any(|key| value.get(key).is_some()))
}

/// A server in the older words; `None`: it is malformed.
fn one_server(newer: &Value) -> Option<Value> {
    let newer = newer.as_object()?;
    let mut server = Map::new();
    let texts = |value: &Value| value.as_object().is_some_and(|map| map.values().all(Value::is_string));
    let is_list = |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    let is_local = newer.get("type")?.as_str()? == "local";
    server.insert("type".to_owned(), newer["type"].clone());
    if is_local {
        newer.get("command")?;
        put(&mut server, "command", newer.get("command"), is_list)?;
        put(&mut server, "cwd", newer.get("cwd"), Value::is_string)?;
        put(&mut server, "environment", newer.get("environment"), texts)?;
    } else {
        newer.get("url").filter(|_| newer["type"] == "remote")?;
        put(&mut server, "url", newer.get("url"), Value::is_string)?;
        put(&mut server, "headers", newer.get("headers"), texts)?;
        if let Some(oauth) = newer.get("oauth") {
            server.insert("oauth".to_owned(), one_sign_in(oauth)?);
        }
    }
    let disabled = newer.get("disabled").map_or(Some(false), Value::as_bool)?;
    newer.get("codemode").map_or(Some(false), Value::as_bool)?;
    if let Some(timeout) = newer.get("timeout") {
        Some(timeout).filter(|timeout| timeout.as_object().is_some_and(Map::is_empty) || is_timeout(timeout))?;
        if let Some(bound) = one_timeout(timeout) {
            server.insert("timeout".to_owned(), bound);
        }
    }
    server.insert("enabled".to_owned(), newer.get("enabled").cloned().unwrap_or_else(|| json!(!disabled)));
    Some(Value::Object(server))
}

fn one_sign_in(newer: &Value) -> Option<Value> {
    let Value::Object(newer) = newer else { return (newer == false).then(|| newer.clone()) };
    let mut older = Map::new();
    let names = [
        ("client_id", "clientId"),
        ("client_secret", "clientSecret"),
        ("scope", "scope"),
        ("redirect_uri", "redirectUri"),
    ];
    for (key, name) in names {
        put(&mut older, name, newer.get(key), Value::is_string)?;
    }
    put(&mut older, "callbackPort", newer.get("callback_port"), Value::is_u64)?;
    Some(Value::Object(older))
}

/// One bound for all, if it says no more than that.
fn one_timeout(timeout: &Value) -> Option<Value> {
    let (catalog, execution) = (timeout.get("catalog")?, timeout.get("execution")?);
    (timeout.get("startup").is_none() && catalog == execution).then(|| catalog.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_words_become_older_ones() {
        let check = |newer: Value, key: &str, expected: Value| {
            let Value::Object(mut config) = newer.clone() else { panic!("{newer}") };
            in_older_words(&mut config);
            assert_eq!(config.get(key).cloned().unwrap_or_default(), expected, "{newer}");
        };
        check(json!({"model": "a/b#high"}), "model", json!("a/b"));
        check(json!({"model": {"providerID": "a", "model": "b"}}), "model", json!("a/b"));
        check(json!({"model": 5}), "model", json!(5));
        check(json!({"skills": ["./s", "https://x"]}), "skills", json!({"paths": ["./s"], "urls": ["https://x"]}));
        check(
            json!({"agents": {"a": {"system": "p", "model": "a/b#v", "disabled": true}, "bad": {"system": 1}}}),
            "agent",
            json!({"a": {"prompt": "p", "disable": true, "model": "a/b", "variant": "v"}}),
        );
        check(
            json!({"agent": {"a": {"prompt": "old"}}, "agents": {"a": {"system": "new"}}}),
            "agent",
            json!({"a": {"prompt": "old"}}),
        );
        check(
            json!({"commands": {"c": {"template": "t", "model": "a/b"}}}),
            "command",
            json!({"c": {"template": "t", "model": "a/b"}}),
        );
        check(
            json!({"mcp": {"servers": {"m": {"type": "local", "command": ["x"], "disabled": true}}}}),
            "mcp",
            json!({"m": {"type": "local", "command": ["x"], "enabled": false}}),
        );
        check(
            json!({"mcp": {"m": {"type": "remote", "url": "u", "oauth": {"client_id": "i"}}}}),
            "mcp",
            json!({"m": {"type": "remote", "url": "u", "oauth": {"clientId": "i"}, "enabled": true}}),
        );
        check(json!({"mcp": {"m": {"enabled": false}}}), "mcp", json!({"m": {"enabled": false}}));
        check(json!({"mcp": {"timeout": {"catalog": 5, "execution": 5}}}), "experimental", json!({"mcp_timeout": 5}));
    }
}
