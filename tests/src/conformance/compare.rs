//! Two answers side by side.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use rekindle_domain::Fingerprint;
use serde_json::{Map, Value, json};

use super::{Asked, BuiltIn, Ours};
use crate::layout::{Home, Layout};

/// One place at which two answers differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where: a JSON pointer below the route's name.
    pub pointer: String,
    /// What we say; null for nothing.
    pub ours: Value,
    /// What the engine says; null for nothing.
    pub engines: Value,
}

impl Difference {
    pub(super) fn new(pointer: &str, ours: &Value, engines: &Value) -> Self {
        Self { pointer: pointer.to_owned(), ours: ours.clone(), engines: engines.clone() }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: ours {} / engine's {}", self.pointer, self.ours, self.engines)
    }
}

/// Where we and the engine differ about a layout.
pub fn differences(home: &Home, layout: &Layout, built_in: &BuiltIn, ours: &Ours, asked: &Asked) -> Vec<Difference> {
    match (&ours.refused, &asked.refused) {
        // Why is told in other words; that it is refused is what matters.
        (Some(_), Some(_)) => return Vec::new(),
        (None, None) => {}
        (ours, engines) => return vec![Difference::new("refused", &json!(ours), &json!(engines))],
    }
    let mut found = Vec::new();
    let (mut left, mut right) = (comparable(&ours.config), comparable(&asked.config));
    // The system's name of the user is no configuration.
    if left.get("username").is_none() && right["username"] == built_in.user.as_str() {
        right.as_object_mut().expect("an object").remove("username");
    }
    let agents: BTreeSet<_> = home.contested.agents.union(&layout.contested.agents).map(String::as_str).collect();
    let commands: BTreeSet<_> = home.contested.commands.union(&layout.contested.commands).map(String::as_str).collect();
    for (key, names) in [("agent", &agents), ("command", &commands)] {
        for name in names {
            // Both have to have it; what is in it is left to chance.
            let both = [&mut left, &mut right].map(|side| side[key].as_object_mut().and_then(|map| map.remove(*name)));
            if both[0].is_some() != both[1].is_some() {
                found.push(Difference::new(&format!("/config/{key}/{name}"), &json!(both[0]), &json!(both[1])));
            }
        }
    }
    values("/config", &left, &right, &mut found);
    if found.is_empty() {
        order(&left, &right, &asked.unordered, &mut found);
    }
    compare_agents(&ours.config["agent"], &agents, built_in, asked, &mut found);
    compare_commands(ours, &commands, built_in, asked, &mut found);
    compare_skills(ours, built_in, asked, &mut found);
    if let (Some(tools), Some(engines)) = (&ours.tools, &asked.tools) {
        let engines: BTreeSet<_> = engines.difference(&built_in.tools).cloned().collect();
        let tools: BTreeSet<_> = tools.difference(&built_in.tools).cloned().collect();
        names("/tool", &tools, &engines, &mut found);
    }
    found
}

/// Where we and the engine differ about the global configuration.
pub(super) fn global(ours: &Ours, engines: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    values("/global/config", &comparable(&ours.global), &comparable(engines), &mut found);
    found
}

/// A configuration with runs of plugin files of one folder in one order.
fn comparable(config: &Value) -> Value {
    let mut config = config.clone();
    if let Some(plugins) = config.get_mut("plugin").and_then(Value::as_array_mut) {
        plugins.chunk_by_mut(|a, b| folder(a).is_some() && folder(a) == folder(b)).for_each(|run| {
            run.sort_by_key(|entry| spec(entry).to_owned());
        });
    }
    config
}

fn spec(entry: &Value) -> &str {
    entry.as_str().or_else(|| entry[0].as_str()).unwrap_or_default()
}

/// The folder of configuration that a plugin file may have been found in.
fn folder(entry: &Value) -> Option<&str> {
    let (parent, _) = spec(entry).strip_prefix("file://")?.rsplit_once('/')?;
    let (folder, name) = parent.rsplit_once('/')?;
    ["plugin", "plugins"].contains(&name).then_some(folder)
}

/// All places at which two values differ.
fn values(pointer: &str, ours: &Value, engines: &Value, found: &mut Vec<Difference>) {
    match (ours, engines) {
        (Value::Object(left), Value::Object(right)) => {
            let keys: BTreeSet<_> = left.keys().chain(right.keys()).collect();
            for key in keys {
                let below = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                match (left.get(key), right.get(key)) {
                    (Some(left), Some(right)) => values(&below, left, right, found),
                    // A key with null is not the same as no key.
                    (left, right) => {
                        let shown = |side: Option<&Value>| side.cloned().unwrap_or_else(|| json!("(nothing)"));
                        found.push(Difference::new(&below, &shown(left), &shown(right)));
                    }
                }
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (at, (left, right)) in left.iter().zip(right).enumerate() {
                values(&format!("{pointer}/{at}"), left, right, found);
            }
        }
        // The engine has one kind of number.
        (Value::Number(left), Value::Number(right)) if left.as_f64() == right.as_f64() => {}
        (left, right) if left == right => {}
        (left, right) => found.push(Difference::new(pointer, left, right)),
    }
}

/// Where what is the same comes in another order, and that counts.
fn order(ours: &Value, engines: &Value, unordered: &BTreeSet<Option<String>>, found: &mut Vec<Difference>) {
    let agents = ours["agent"].as_object().into_iter().flatten().map(|(name, _)| Some(name.clone()));
    for agent in [None].into_iter().chain(agents).filter(|agent| !unordered.contains(agent)) {
        for key in ["permission", "tools"] {
            let of = |config: &Value| match &agent {
                Some(name) => config["agent"][name][key].clone(),
                None => config[key].clone(),
            };
            let (ours, engines) = (of(ours), of(engines));
            if Fingerprint::of_config(&ours) != Fingerprint::of_config(&engines) {
                found.push(Difference::new(&format!("order of {key} of {agent:?}"), &ours, &engines));
            }
        }
    }
}

fn names(pointer: &str, ours: &BTreeSet<String>, engines: &BTreeSet<String>, found: &mut Vec<Difference>) {
    if ours != engines {
        found.push(Difference::new(pointer, &json!(ours), &json!(engines)));
    }
}

fn by_name(list: &[Value]) -> BTreeMap<&str, &Value> {
    list.iter().filter_map(|one| Some((one["name"].as_str()?, one))).collect()
}

/// `/agent` against the agents of our configuration.
fn compare_agents(
    ours: &Value,
    contested: &BTreeSet<&str>,
    built_in: &BuiltIn,
    asked: &Asked,
    found: &mut Vec<Difference>,
) {
    let nothing = Map::new();
    let ours = ours.as_object().unwrap_or(&nothing);
    let engines = by_name(&asked.agents);
    let mut expected: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut disabled = BTreeSet::new();
    for (key, agent) in ours.iter().filter(|(key, _)| !contested.contains(key.as_str())) {
        let name = agent["name"].as_str().unwrap_or(key);
        if agent["disable"] == true {
            disabled.insert(key.as_str());
        } else {
            expected.insert(name, agent);
        }
    }
    for (name, agent) in &expected {
        let pointer = format!("/agent/{name}");
        let Some(engines) = engines.get(name) else {
            found.push(Difference::new(&pointer, agent, &Value::Null));
            continue;
        };
        for key in ["description", "prompt", "mode"] {
            let told = &agent[key];
            // What no file says, the engine fills in; an empty text says nothing.
            if !told.is_null() && *told != "" && *told != engines[key] {
                found.push(Difference::new(&format!("{pointer}/{key}"), told, &engines[key]));
            }
        }
        if let Some((provider, model)) = agent["model"].as_str().and_then(|model| model.split_once('/')) {
            values(
                &format!("{pointer}/model"),
                &json!({"providerID": provider, "modelID": model}),
                &engines["model"],
                found,
            );
        }
    }
    let all: BTreeSet<_> = built_in.agents.iter().map(String::as_str).chain(expected.keys().copied()).collect();
    let all: BTreeSet<_> =
        all.difference(&disabled).filter(|name| !contested.contains(**name)).map(|n| (*n).to_owned()).collect();
    let engines = engines.keys().filter(|name| !contested.contains(**name)).map(|name| (*name).to_owned()).collect();
    names("/agent", &all, &engines, found);
}

/// `/command` against the commands and the skills of ours.
fn compare_commands(
    ours: &Ours,
    contested: &BTreeSet<&str>,
    built_in: &BuiltIn,
    asked: &Asked,
    found: &mut Vec<Difference>,
) {
    let nothing = Map::new();
    let config = ours.config["command"].as_object().unwrap_or(&nothing);
    let engines = by_name(&asked.commands);
    for (name, command) in config.iter().filter(|(name, _)| !contested.contains(name.as_str())) {
        for key in ["description", "agent", "model", "subtask", "template"] {
            let engines = engines.get(name.as_str()).map_or(&Value::Null, |command| &command[key]);
            values(&format!("/command/{name}/{key}"), &command[key], engines, found);
        }
    }
    let skills = ours.skills.iter().filter_map(|skill| skill["name"].as_str());
    let expected: BTreeSet<_> = built_in.commands.iter().map(String::as_str).chain(skills).map(str::to_owned).collect();
    let expected: BTreeSet<_> = expected.into_iter().chain(config.keys().cloned()).collect();
    let all = engines.keys().map(|name| (*name).to_owned()).collect();
    names("/command", &expected, &all, found);
}

/// `/skill` against the candidates of ours.
fn compare_skills(ours: &Ours, built_in: &BuiltIn, asked: &Asked, found: &mut Vec<Difference>) {
    let name = |skill: &Value| skill["name"].as_str().unwrap_or_default().to_owned();
    let mine: BTreeSet<_> = ours.skills.iter().map(name).collect();
    let engines: BTreeSet<_> = asked.skills.iter().map(name).collect();
    names("/skill", &mine.union(&built_in.skills).cloned().collect(), &engines, found);
    for skill in asked.skills.iter().filter(|skill| ours.has_all_candidates && mine.contains(&name(skill))) {
        let same = |other: &&Value| {
            // The engine says null where there is no description.
            ["name", "description", "location", "content"].iter().all(|key| other[key] == skill[key])
        };
        if !ours.skills.iter().any(|other| same(&other)) {
            let candidates: Vec<_> = ours.skills.iter().filter(|other| name(other) == name(skill)).collect();
            found.push(Difference::new(&format!("/skill/{}", name(skill)), &json!(candidates), skill));
        }
    }
}
