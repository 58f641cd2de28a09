//! The loaded side: what the running engine has, from its own answers.
//!
//! Invariant: what the engine can tell is taken from its answers; memory stands in only for what
//! it cannot tell (the code behind a plugin, values it rewrites), and where neither knows, nothing
//! is claimed: the item counts as loaded. Source: `docs/engine.md`, "Asking and reading".

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Fingerprint, Item, ItemId, Kind, Place, Scope, Snapshot, mask::mentions_outside};

/// What a fresh engine would load, as read from the files.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    /// The items.
    pub items: Snapshot,
    /// What each plugin item is called in the engine's `GET /config`: a package spec, or
    /// `file://` and the absolute path, not percent-encoded.
    pub plugin_specs: BTreeMap<ItemId, String>,
    /// The values of the items that come from configuration files.
    pub values: BTreeMap<ItemId, Value>,
    /// The folders in which skills are looked for, absolute, with the scope of what is in them.
    pub skill_folders: Vec<(String, Scope)>,
    /// The folders in which plugin files are looked for, likewise.
    pub plugin_folders: Vec<(String, Scope)>,
    /// All fingerprints of skills whose name more than one folder claims. The engine picks one of
    /// them by chance each time.
    pub contested_skills: BTreeMap<String, Vec<Fingerprint>>,
}

/// One skill as the engine reports it (`GET /skill`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillAnswer {
    /// The name from the front matter.
    pub name: String,
    /// The description from the front matter.
    #[serde(default)]
    pub description: Option<String>,
    /// The absolute path of the `SKILL.md`, or `<built-in>`.
    pub location: String,
    /// The body.
    #[serde(default)]
    pub content: String,
}

impl SkillAnswer {
    /// The fingerprint of what the engine has loaded of a skill.
    pub fn fingerprint(name: &str, description: Option<&str>, content: &str) -> Fingerprint {
        Fingerprint::of_parts(&[name, description.unwrap_or_default().trim(), content.trim()])
    }
}

/// What the engine answered when asked.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// `plugin` of `GET /config`; `file:` URLs decoded.
    pub plugins: Vec<String>,
    /// `GET /config`: the merged configuration of the instance.
    pub config: Value,
    /// `GET /global/config`: the global configuration as it was when the engine read it.
    pub global_config: Value,
    /// `GET /skill`.
    pub skills: Vec<SkillAnswer>,
    /// How many agents `GET /agent` lists.
    pub agents: usize,
    /// How many commands `GET /command` lists.
    pub commands: usize,
    /// The servers of `GET /mcp`, by name, with their status.
    pub mcp: BTreeMap<String, String>,
    /// How many tools `GET /experimental/tool/ids` lists.
    pub tools: usize,
    /// How many providers `GET /config/providers` lists.
    pub providers: usize,
}

/// What was seen when the engine loaded things, for what it cannot tell later.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// For each plugin file that this engine process has loaded: its code's fingerprint then. It
    /// stays when the plugin is removed, because the engine keeps the module.
    pub modules: BTreeMap<String, Fingerprint>,
    /// The items as they were loaded by the present instance. `None`: nobody watched.
    pub instance: Option<Snapshot>,
    /// The items that failed when the present instance loaded them, with the engine's message.
    #[serde(default)]
    pub failures: BTreeMap<ItemId, String>,
}

/// How we know that an item is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The engine says so.
    Told,
    /// It was on disk when the engine loaded everything, and the engine has no way to tell.
    Remembered,
}

/// The loaded side.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The items.
    pub items: Snapshot,
    /// How we know, by item.
    pub evidence: BTreeMap<ItemId, Evidence>,
}

impl Loaded {
    fn add(&mut self, item: Item, evidence: Evidence) {
        self.evidence.insert(item.id.clone(), evidence);
        self.items.insert(item);
    }
}

/// What the engine has loaded, according to its answers and to what is remembered.
pub fn loaded(disk: &Disk, answers: &Answers, memory: &Memory) -> Loaded {
    let mut loaded = Loaded::default();
    add_plugins(disk, answers, memory, &mut loaded);
    add_skills(disk, answers, memory, &mut loaded);
    add_configuration(disk, answers, memory, &mut loaded);
    loaded
}

fn add_plugins(disk: &Disk, answers: &Answers, memory: &Memory, loaded: &mut Loaded) {
    let module = |spec: &str| spec.strip_prefix("file://").and_then(|path| memory.modules.get(path)).cloned();
    let mut told: BTreeSet<&str> = answers.plugins.iter().map(String::as_str).collect();
    for (id, spec) in &disk.plugin_specs {
        let Some(item) = disk.items.get(id) else { continue };
        if told.remove(spec.as_str()) {
            let code = item.code.as_ref().map(|now| module(spec).unwrap_or_else(|| now.clone()));
            loaded.add(Item { code, ..item.clone() }, Evidence::Told);
        }
    }
    // What is left is loaded and no longer on disk, or there under another version.
    for spec in told {
        let declared = Fingerprint::of_parts(&[spec]);
        let remembered = memory.instance.iter().flat_map(Snapshot::iter);
        let item = match remembered.filter(|item| item.kind == Kind::Plugin).find(|item| item.declared == declared) {
            Some(item) => item.clone(),
            None => unremembered_plugin(disk, answers, spec, declared),
        };
        loaded.add(Item { code: module(spec).or(item.code), ..item }, Evidence::Told);
    }
    // A module stays in the engine's memory when its file is removed: a file that comes back with
    // other code needs more than its declaration.
    for (id, spec) in &disk.plugin_specs {
        if let (None, Some(item), Some(code)) = (loaded.items.get(id), disk.items.get(id), module(spec))
            && item.code.as_ref().is_some_and(|now| *now != code)
        {
            let gone = Fingerprint::of_parts(&["removed", spec]);
            loaded.add(Item { code: Some(code), declared: gone, ..item.clone() }, Evidence::Remembered);
        }
    }
}

fn unremembered_plugin(disk: &Disk, answers: &Answers, spec: &str, declared: Fingerprint) -> Item {
    let path = spec.strip_prefix("file://");
    let folder = path.and_then(|path| disk.plugin_folders.iter().find(|(folder, _)| is_directly_in(path, folder)));
    let globally = answers.global_config["plugin"].as_array().is_some_and(|list| {
        list.iter().any(|entry| entry.as_str().or_else(|| entry[0].as_str()).is_some_and(|text| text == spec))
    });
    let (scope, place) = match folder {
        Some((_, scope)) => (*scope, Place::Folder),
        None if globally => (Scope::Global, Place::GlobalConfig),
        None => (Scope::Project, Place::InstanceConfig),
    };
    let name = crate::PluginSpec::parse(spec).name;
    Item {
        id: ItemId::new(Kind::Plugin, scope, &name),
        kind: Kind::Plugin,
        name,
        scope,
        source: path.unwrap_or_default().to_owned(),
        place,
        value: Some(spec.to_owned()),
        declared,
        code: None,
    }
}

fn add_skills(disk: &Disk, answers: &Answers, memory: &Memory, loaded: &mut Loaded) {
    for skill in &answers.skills {
        let Some((_, scope)) = disk.skill_folders.iter().find(|(folder, _)| is_below(&skill.location, folder)) else {
            continue;
        };
        let declared = SkillAnswer::fingerprint(&skill.name, skill.description.as_deref(), &skill.content);
        let on_disk = disk.items.iter().find(|item| item.kind == Kind::Skill && item.name == skill.name);
        if let (Some(all), Some(item)) = (disk.contested_skills.get(&skill.name), on_disk)
            && all.contains(&declared)
        {
            loaded.add(item.clone(), Evidence::Told);
            continue;
        }
        let id = ItemId::new(Kind::Skill, *scope, &skill.name);
        let value = match disk.items.get(&id) {
            Some(item) if item.declared == declared => item.value.clone(),
            _ => skill.description.clone(),
        };
        let remembered = memory.instance.as_ref().and_then(|items| items.get(&id));
        loaded.add(
            Item {
                id,
                kind: Kind::Skill,
                name: skill.name.clone(),
                scope: *scope,
                source: remembered.map_or_else(|| skill.location.clone(), |item| item.source.clone()),
                place: Place::Folder,
                value,
                declared,
                code: None,
            },
            Evidence::Told,
        );
    }
}

/// Configuration keys, MCP servers, agents and commands that files declare.
fn add_configuration(disk: &Disk, answers: &Answers, memory: &Memory, loaded: &mut Loaded) {
    let remembered = |id: &ItemId| memory.instance.as_ref().and_then(|items| items.get(id));
    for item in disk.items.iter().filter(|item| !matches!(item.kind, Kind::Plugin | Kind::Skill)) {
        let Some(value) = disk.values.get(&item.id) else { continue };
        let told = told_value(item, answers);
        let exact = is_told_exactly(item);
        if !mentions_outside(value) && told.is_some_and(|told| covers(told, value, exact)) {
            loaded.add(item.clone(), Evidence::Told);
            continue;
        }
        if exact && !mentions_outside(value) {
            // The engine's own word is the whole truth; what is remembered could only hide it.
            if let Some(told) = told {
                loaded.add(as_told(item, told), Evidence::Told);
            }
            continue;
        }
        match remembered(&item.id) {
            // The engine says otherwise in its own words, and the file is as it was when it read it.
            Some(before) => loaded.add(before.clone(), Evidence::Remembered),
            None if mentions_outside(value) && memory.instance.is_none() => {
                loaded.add(item.clone(), Evidence::Remembered);
            }
            None => {
                if let Some(told) = told.filter(|_| memory.instance.is_none()) {
                    loaded.add(as_told(item, told), Evidence::Told);
                }
            }
        }
    }
    let gone = memory
        .instance
        .iter()
        .flat_map(Snapshot::iter)
        .filter(|item| !matches!(item.kind, Kind::Plugin | Kind::Skill) && disk.items.get(&item.id).is_none());
    for item in gone.filter(|item| told_value(item, answers).is_some()) {
        loaded.add(item.clone(), Evidence::Remembered);
    }
}

/// The item with the value that the engine has.
fn as_told(item: &Item, told: &Value) -> Item {
    let value = Some(crate::masked(&item.name, told).to_string());
    Item { value, declared: Fingerprint::of_json(told), ..item.clone() }
}

/// The global configuration is reported as it was read, but for agents, which are filled up.
fn is_told_exactly(item: &Item) -> bool {
    item.place == Place::GlobalConfig && item.kind != Kind::Agent && item.name != "mode"
}

/// What the engine says of an item of the configuration.
fn told_value<'a>(item: &Item, answers: &'a Answers) -> Option<&'a Value> {
    let config = if item.place == Place::GlobalConfig { &answers.global_config } else { &answers.config };
    match item.kind {
        Kind::Mcp => config.get("mcp")?.get(&item.name),
        Kind::Agent => config.get("agent")?.get(&item.name),
        Kind::Command => config.get("command")?.get(&item.name),
        _ => config.get(&item.name),
    }
}

/// True when the engine has what the file says. What is not told exactly is merged with other files
/// and filled up by the engine.
fn covers(told: &Value, ours: &Value, exact: bool) -> bool {
    match (told, ours) {
        (Value::Object(told), Value::Object(ours)) if !exact => {
            ours.iter().all(|(key, ours)| told.get(key).is_some_and(|told| covers(told, ours, exact)))
        }
        (Value::Array(told), Value::Array(ours)) if !exact => {
            ours.iter().all(|ours| told.iter().any(|told| covers(told, ours, exact)))
        }
        _ => Fingerprint::of_json(told) == Fingerprint::of_json(ours),
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with(['/', '\\']))
}

fn is_directly_in(path: &str, folder: &str) -> bool {
    is_below(path, folder) && !path[folder.len() + 1..].contains(['/', '\\'])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Action, ChangeKind, Profile, drift};

    fn plugin(name: &str, spec: &str, code: Option<&str>) -> (Item, String) {
        let item = Item {
            id: ItemId::new(Kind::Plugin, Scope::Project, name),
            kind: Kind::Plugin,
            name: name.to_owned(),
            scope: Scope::Project,
            source: "/p/x".to_owned(),
            place: Place::Folder,
            value: Some(spec.to_owned()),
            declared: Fingerprint::of_parts(&[spec]),
            code: code.map(|code| Fingerprint::of_bytes(code.as_bytes())),
        };
        (item, spec.to_owned())
    }

    fn disk(plugins: &[(Item, String)]) -> Disk {
        Disk {
            items: plugins.iter().map(|(item, _)| item.clone()).collect(),
            plugin_specs: plugins.iter().map(|(item, spec)| (item.id.clone(), spec.clone())).collect(),
            plugin_folders: vec![("/p/.opencode/plugins".to_owned(), Scope::Project)],
            skill_folders: vec![("/p/.opencode/skills".to_owned(), Scope::Project)],
            ..Disk::default()
        }
    }

    fn config_item(kind: Kind, name: &str, value: &Value, place: Place) -> Item {
        Item {
            id: ItemId::new(kind, Scope::Project, name),
            kind,
            name: name.to_owned(),
            scope: Scope::Project,
            source: "/p/opencode.json".to_owned(),
            place,
            value: Some(value.to_string()),
            declared: Fingerprint::of_json(value),
            code: None,
        }
    }

    fn changes(disk: &Disk, answers: &Answers, memory: &Memory) -> Vec<(String, ChangeKind, Action)> {
        drift(&disk.items, &loaded(disk, answers, memory).items, &Profile::for_version("1.18.33"))
            .into_iter()
            .map(|change| (change.name, change.change, change.action))
            .collect()
    }

    const FILE: &str = "file:///p/.opencode/plugins/a.ts";

    #[test]
    fn plugins_are_told_by_the_engine_and_their_code_is_remembered() {
        let check = |disk: &Disk, told: &[&str], code: Option<&str>, expected: &[(&str, ChangeKind, Action)]| {
            let answers = Answers { plugins: told.iter().map(|s| (*s).to_owned()).collect(), ..Answers::default() };
            let modules = code
                .map(|code| ("/p/.opencode/plugins/a.ts".to_owned(), Fingerprint::of_bytes(code.as_bytes())))
                .into_iter()
                .collect();
            let expected: Vec<_> = expected.iter().map(|(n, c, a)| ((*n).to_owned(), *c, *a)).collect();
            assert_eq!(changes(disk, &answers, &Memory { modules, ..Memory::default() }), expected);
        };
        use ChangeKind::*;
        let file = |code| disk(&[plugin("a.ts", FILE, Some(code))]);
        check(&file("one"), &[], None, &[("a.ts", Added, Action::Dispose)]);
        check(&file("one"), &[FILE], None, &[]);
        check(&file("one"), &[FILE], Some("one"), &[]);
        check(&file("two"), &[FILE], Some("one"), &[("a.ts", Changed, Action::Restart)]);
        check(&disk(&[]), &[FILE], Some("one"), &[("a.ts", Removed, Action::Dispose)]);
        // Removed, disposed, and put back: with the same code a dispose helps, with other code not.
        check(&file("one"), &[], Some("one"), &[("a.ts", Added, Action::Dispose)]);
        check(&file("two"), &[], Some("one"), &[("a.ts", Changed, Action::Restart)]);
        let versioned = disk(&[plugin("pkg", "pkg@2", None)]);
        check(&versioned, &["pkg@1"], None, &[("pkg", Changed, Action::Dispose)]);
    }

    #[test]
    fn skills_are_told_by_the_engine() {
        let skill = |location: &str, content: &str| SkillAnswer {
            name: "s".to_owned(),
            description: Some("d".to_owned()),
            location: location.to_owned(),
            content: content.to_owned(),
        };
        let on_disk = |content: &str| {
            let mut disk = disk(&[]);
            disk.items.insert(Item {
                declared: SkillAnswer::fingerprint("s", Some("d"), content),
                ..config_item(Kind::Skill, "s", &json!(null), Place::Folder)
            });
            disk
        };
        let check = |disk: &Disk, told: Option<SkillAnswer>, expected: Option<ChangeKind>| {
            let answers = Answers { skills: told.into_iter().collect(), ..Answers::default() };
            assert_eq!(changes(disk, &answers, &Memory::default()).first().map(|c| c.1), expected);
        };
        let here = "/p/.opencode/skills/s/SKILL.md";
        check(&on_disk("body"), Some(skill(here, "\nbody\n")), None);
        check(&on_disk("new body"), Some(skill(here, "body")), Some(ChangeKind::Changed));
        check(&on_disk("body"), None, Some(ChangeKind::Added));
        check(&disk(&[]), Some(skill(here, "body")), Some(ChangeKind::Removed));
        check(&disk(&[]), Some(skill("<built-in>", "body")), None);
        let mut contested = on_disk("one");
        let other = SkillAnswer::fingerprint("s", Some("d"), "two");
        contested.contested_skills.insert("s".to_owned(), vec![other]);
        check(&contested, Some(skill(here, "two")), None);
    }

    #[test]
    fn configuration_is_told_where_the_engine_tells_it() {
        use ChangeKind::*;
        let check = |ours: Option<Value>, told: Value, before: Option<Value>, place, expected: Option<ChangeKind>| {
            let mut disk = disk(&[]);
            if let Some(ours) = &ours {
                let item = config_item(Kind::Config, "k", ours, place);
                disk.values.insert(item.id.clone(), ours.clone());
                disk.items.insert(item);
            }
            let answers = match place {
                Place::GlobalConfig => Answers { global_config: told.clone(), ..Answers::default() },
                _ => Answers { config: told.clone(), ..Answers::default() },
            };
            let instance = before.map(|before| {
                if before.is_null() {
                    Snapshot::default()
                } else {
                    Snapshot::from_iter([config_item(Kind::Config, "k", &before, place)])
                }
            });
            let found = changes(&disk, &answers, &Memory { instance, ..Memory::default() });
            assert_eq!(found.first().map(|c| c.1), expected, "{ours:?} {told}");
        };
        let (global, project) = (Place::GlobalConfig, Place::InstanceConfig);
        check(Some(json!("a")), json!({"k": "a"}), None, project, None);
        check(Some(json!("a")), json!({"k": "b"}), None, project, Some(Changed));
        check(Some(json!("a")), json!({}), None, project, Some(Added));
        check(Some(json!({"x": 1})), json!({"k": {"x": 1, "filled": true}}), None, project, None);
        check(Some(json!({"x": 1})), json!({"k": {"x": 1, "old": true}}), None, global, Some(Changed));
        // Remembered or not, the global configuration is what the engine says.
        check(Some(json!("new")), json!({"k": "old"}), Some(json!("new")), global, Some(Changed));
        check(Some(json!("new")), json!({}), Some(json!("new")), global, Some(Added));
        // The engine rewrites this key; the file is as it was.
        check(Some(json!("a")), json!({"k": "rewritten"}), Some(json!("a")), project, None);
        check(Some(json!("b")), json!({"k": "rewritten"}), Some(json!("a")), project, Some(Changed));
        check(Some(json!("b")), json!({"k": "default"}), Some(Value::Null), project, Some(Added));
        check(None, json!({"k": "a"}), Some(json!("a")), project, Some(Removed));
        check(None, json!({}), Some(json!("a")), project, None);
        check(Some(json!("{env:X}")), json!({"k": "value"}), None, project, None);
    }
}
