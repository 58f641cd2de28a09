//! MCP servers as other programs' pages show them, as entries of OpenCode's own configuration.
//!
//! Invariants: nothing is lost silently: what OpenCode has no setting for is told, one by one; what stands in a text is data,
//! and nothing of it is run or looked up. Source of the forms: the documentation of the programs (`docs/servers.md`).

mod command;
mod entry;
mod jsonc;
mod registry;
#[cfg(test)]
mod tests;
mod variables;

use rekindle_domain::{Scope, ServerNotice, masked_text};
use serde_json::{Map, Value, json};

use self::entry::{Told, entry};

/// The longest text that is looked at, in bytes.
const LONGEST: usize = 256 * 1024;
/// How much of a text is told, in characters.
const SHOWN: usize = 60;

/// A server, as OpenCode declares it.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// Its name. `None`: the text does not say it.
    pub name: Option<String>,
    /// Its entry below `mcp`.
    pub entry: Value,
}

/// What was found in a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Declared {
    /// The servers, at least one.
    pub servers: Vec<Server>,
    /// Whether they are for this project or for all, if that was said.
    pub scope: Option<Scope>,
    /// What could not be carried over, or only in another way.
    pub told: Vec<ServerNotice>,
}

/// Who wrote an entry, which decides what some words in it mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    /// OpenCode itself: texts are as it reads them.
    Own,
    /// Another program.
    Other,
}

/// The servers that a text declares.
pub fn servers(text: &str) -> Result<Declared, ServerNotice> {
    let text = unfenced(text.trim_start_matches('\u{feff}').trim());
    if text.is_empty() {
        return Err(ServerNotice::ServersEmpty);
    }
    if text.len() > LONGEST {
        return Err(ServerNotice::ServersTooLarge);
    }
    match jsonc::beginning(text) {
        Some('{') => of_json(&jsonc::read(text)?),
        // A part of a file: `"mcpServers": { … }`, with or without the comma behind it.
        Some('"') => of_json(&jsonc::read(&format!("{{{text}\n}}"))?),
        Some('[') => of_toml(text),
        _ if text.lines().any(|line| line.trim_start().starts_with("[mcp_servers")) => of_toml(text),
        _ => command::of_command(text),
    }
}

/// The server of a command and its arguments.
pub fn of_words(words: &[String]) -> Server {
    Server { name: command::name_of(words), entry: json!({ "type": "local", "command": words }) }
}

/// The server at an address.
pub fn of_url(url: &str) -> Server {
    let host = url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    // `mcp.example.com` is example's.
    let part = |host: String| {
        let parts: Vec<_> = host.split('.').filter(|part| !["mcp", "api", "www"].contains(part)).collect();
        parts.first().map(|part| (*part).to_owned())
    };
    Server { name: host.and_then(part), entry: json!({ "type": "remote", "url": url }) }
}

/// What stands between the fences of Markdown.
fn unfenced(text: &str) -> &str {
    let Some((_, inner)) = text.strip_prefix("```").and_then(|rest| rest.split_once('\n')) else { return text };
    inner.split("```").next().unwrap_or(inner).trim()
}

fn of_toml(text: &str) -> Result<Declared, ServerNotice> {
    let broken = |error: toml::de::Error| {
        let before = text.get(..error.span().map_or(0, |span| span.start)).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let (line, column) = (before.matches('\n').count() + 1, line.chars().count() + 1);
        let why = Box::new(masked_text(error.message()).into());
        ServerNotice::ServersBroken { why, line, column }
    };
    of_json(&toml::from_str(text).map_err(broken)?)
}

/// The servers of a whole file, of a part of one, or a single one.
fn of_json(value: &Value) -> Result<Declared, ServerNotice> {
    const OF_OTHERS: [&str; 5] = ["mcpServers", "mcp_servers", "context_servers", "servers", "mcp.servers"];
    let Some(map) = value.as_object() else { return Err(ServerNotice::ServersNone) };
    if let Some(found) = registry::of_registry(map) {
        return found;
    }
    let of_others = |key: &&str| map.get(*key).and_then(Value::as_object);
    let (servers, dialect, inputs) = match (OF_OTHERS.iter().find_map(of_others), map.get("mcp")) {
        (Some(servers), _) => (servers, Dialect::Other, map.get("inputs")),
        (None, Some(Value::Object(mcp))) => match mcp.get("servers") {
            // The settings of VS Code; OpenCode's newer spelling has its own entries there.
            Some(Value::Object(servers)) => (servers, Dialect::Other, mcp.get("inputs")),
            _ => (mcp, Dialect::Own, None),
        },
        // The names alone: each of them holds a server.
        _ if !map.is_empty() && map.values().all(entry::is_one) => (map, Dialect::Other, None),
        _ if entry::is_one(value) => {
            let mut told = Told::of(map.get("name").and_then(Value::as_str).unwrap_or_default());
            let entry = entry(map, Dialect::Other, &mut told)?;
            let name = map.get("name").and_then(Value::as_str).map(str::to_owned);
            return Ok(Declared { servers: vec![Server { name, entry }], scope: None, told: told.notices });
        }
        _ => return Err(ServerNotice::ServersNone),
    };
    let mut declared = all(servers, dialect)?;
    name_inputs(&mut declared, inputs);
    Ok(declared)
}

fn all(servers: &Map<String, Value>, dialect: Dialect) -> Result<Declared, ServerNotice> {
    let mut declared = Declared::default();
    for (name, value) in servers {
        let Some(map) = value.as_object() else {
            return Err(ServerNotice::ServerBadValue { name: name.clone(), key: name.clone() });
        };
        let mut told = Told::of(name);
        let entry = entry(map, dialect, &mut told)?;
        declared.servers.push(Server { name: Some(name.clone()), entry });
        declared.told.append(&mut told.notices);
    }
    if declared.servers.is_empty() { Err(ServerNotice::ServersNone) } else { Ok(declared) }
}

/// Tells each input by what a person is asked for, where the text says that.
fn name_inputs(declared: &mut Declared, inputs: Option<&Value>) {
    let inputs = inputs.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for notice in &mut declared.told {
        let ServerNotice::ServerInputFromVariable { input, .. } = notice else { continue };
        let asked = inputs.iter().find(|known| known["id"] == input.as_str());
        if let Some(description) = asked.and_then(|known| known["description"].as_str()) {
            *input = description.chars().take(SHOWN).collect();
        }
    }
}

fn not_understood(text: &str) -> ServerNotice {
    let line = masked_text(text.lines().next().unwrap_or_default());
    let is_long = line.chars().nth(SHOWN).is_some();
    ServerNotice::ServersNotUnderstood { text: line.chars().take(SHOWN).chain(is_long.then_some('…')).collect() }
}
