//! What files mean, and what is therefore pending.

use std::collections::{BTreeMap, BTreeSet};

use rekindle_domain::{Action, ChangeKind, Kind};
use serde_json::{Map, Value, json};

/// The file that the engine reads once in its life.
pub(super) const GLOBAL: &str = "home/.config/opencode/opencode.jsonc";

/// The files that are no configuration.
pub(super) const PATHS: &[&str] = &[
    "project/.opencode/agents/reviewer.md",
    "project/.opencode/agents/deep/tester.md",
    "project/.opencode/agents/second.md",
    "project/.opencode/commands/release.md",
    "project/.opencode/skills/first/SKILL.md",
    "project/.claude/skills/notes/SKILL.md",
    "home/.config/opencode/skills/everywhere/SKILL.md",
    "project/.opencode/plugins/hello.ts",
    "project/.opencode/plugins/second.ts",
    SHARED,
    "project/.opencode/tools/count.ts",
];

/// What `hello.ts` imports.
pub(super) const SHARED: &str = "project/.opencode/lib/shared.ts";
const IMPORTS: &str = "hello.ts";

/// What a file says.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// Keys of a configuration. Plugins are a map by name.
    Config(Map<String, Value>),
    /// Front matter and a text.
    Page {
        /// The keys of the front matter.
        fields: Map<String, Value>,
        /// What stands below, without white space around it.
        body: String,
    },
    /// Code, which is compared byte by byte.
    Code(String),
}

/// All files that mean something, by their paths below the folder of project and home.
pub type Files = BTreeMap<String, Meaning>;

/// What has to be told: item, what happened to it, and what it needs; by kind and name.
pub type Expected = Vec<(Kind, String, ChangeKind, Action)>;

/// One thing that the engine loads.
#[derive(Clone, Debug, PartialEq)]
struct Thing {
    declared: Value,
    code: Option<String>,
    is_global: bool,
}

/// What is pending on these files in an engine that has loaded those.
pub fn expected(disk: &Files, loaded: &Files) -> Expected {
    let (disk, loaded) = (things(disk), things(loaded));
    let names: BTreeSet<_> = disk.keys().chain(loaded.keys()).collect();
    let told = names.into_iter().filter_map(|name| {
        let (before, after) = (loaded.get(name), disk.get(name));
        let change = match (before, after) {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Removed,
            (before, after) if before == after => return None,
            _ => ChangeKind::Changed,
        };
        let is_global = before.into_iter().chain(after).any(|thing| thing.is_global);
        let has_new_code = before.zip(after).is_some_and(|(before, after)| before.code != after.code);
        let action = if is_global || has_new_code { Action::Restart } else { Action::Dispose };
        Some((name.0, name.1.clone(), change, action))
    });
    told.collect()
}

fn things(files: &Files) -> BTreeMap<(Kind, String), Thing> {
    let mut things = BTreeMap::new();
    for (path, meaning) in files {
        match meaning {
            Meaning::Config(map) => add_config(path, map, &mut things),
            Meaning::Page { fields, body } => {
                let declared = json!([fields, body]);
                drop(things.insert(named(path), Thing { declared, code: None, is_global: false }));
            }
            Meaning::Code(_) if path == SHARED => {}
            Meaning::Code(code) => {
                let part = if path.ends_with(IMPORTS) { files.get(SHARED) } else { None };
                let code = Some(format!("{code}{part:?}"));
                drop(things.insert(named(path), Thing { declared: Value::Null, code, is_global: false }));
            }
        }
    }
    things
}

fn add_config(path: &str, map: &Map<String, Value>, things: &mut BTreeMap<(Kind, String), Thing>) {
    let is_global = path == GLOBAL;
    for (key, value) in map {
        let kind = match key.as_str() {
            // Another file's is used.
            "share" if is_global => continue,
            "$schema" => continue,
            "mcp" => Kind::Mcp,
            "agent" => Kind::Agent,
            "command" => Kind::Command,
            "plugin" => Kind::Plugin,
            "instructions" => Kind::Instructions,
            _ => Kind::Config,
        };
        let mut add = |name: &str, value: &Value| {
            let thing = Thing { declared: value.clone(), code: None, is_global };
            things.insert((kind, name.to_owned()), thing);
        };
        match value {
            Value::Object(inner) if !matches!(kind, Kind::Config) => {
                inner.iter().for_each(|(name, value)| add(name, value));
            }
            value => add(key, value),
        }
    }
}

/// What the file of a path gives.
fn named(path: &str) -> (Kind, String) {
    let (folder, file) = path.rsplit_once('/').expect("a folder");
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    if let Some((_, below)) = path.split_once("/agents/") {
        return (Kind::Agent, below.trim_end_matches(".md").to_owned());
    }
    match folder.rsplit('/').next().expect("a name") {
        "commands" => (Kind::Command, stem.to_owned()),
        "plugins" => (Kind::Plugin, file.to_owned()),
        "tools" => (Kind::Tool, stem.to_owned()),
        skill => (Kind::Skill, skill.to_owned()),
    }
}
