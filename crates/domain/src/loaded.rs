//! The loaded side: what the running engine has, from its own answers.
//!
//! Invariant: what the engine can tell is taken from its answers; memory stands in only for what
//! it cannot tell (the code behind a plugin, values it rewrites), and where neither knows, nothing
//! is claimed: the item counts as loaded. Source: `docs/engine.md`, "Asking and reading".

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Action, Aspect, ChangeKind, Fingerprint, Item, ItemId, Kind, Profile, Scope, Snapshot, effective};

mod configuration;
mod plugins;
mod skills;

pub use configuration::{Otherwise, shown_value, value_of};
pub use plugins::plugin_fingerprint;

/// What a fresh engine would load, as read from the files.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    /// The items.
    pub items: Snapshot,
    /// What each plugin item is called in the engine's `GET /config`: a package spec, or
    /// `file://` and the absolute path, not percent-encoded.
    pub plugin_specs: BTreeMap<ItemId, String>,
    /// The values of the items that configuration and Markdown files declare.
    pub values: BTreeMap<ItemId, Value>,
    /// The items in whose value a variable of the environment stands. The engine's environment may
    /// be another than ours.
    pub from_environment: BTreeSet<ItemId>,
    /// The values as they stand in the files, of the items in whose value a variable of any kind
    /// stands: what the engine has in its place may be a secret.
    pub written: BTreeMap<ItemId, Value>,
    /// The global configuration, as a fresh engine would answer to `GET /global/config`.
    pub global: Value,
    /// What is read over it with each instance, the strongest last.
    pub layers: Vec<Value>,
    /// The paths of configuration files that the engine would not load.
    pub broken: Vec<String>,
    /// The folders in which skills are looked for, absolute, with the scope of what is in them.
    pub skill_folders: Vec<(String, Scope)>,
    /// The files that the engine names for its skills and that are no longer there.
    pub gone_files: BTreeSet<String>,
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
        let content = content.trim();
        // Line ends are no change that a person made.
        if content.contains('\r') {
            let plain = content.replace("\r\n", "\n");
            return Fingerprint::of_parts(&[name, description.unwrap_or_default().trim(), &plain]);
        }
        Fingerprint::of_parts(&[name, description.unwrap_or_default().trim(), content])
    }
}

/// One MCP server as the engine reports it (`GET /mcp`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct McpAnswer {
    /// `connected`, `disabled`, `failed`, `needs_auth` and others.
    #[serde(default)]
    pub status: String,
    /// Why it failed, in the engine's words.
    #[serde(default)]
    pub error: Option<String>,
}

impl McpAnswer {
    /// Why the server is of no use now, if it is not.
    pub fn failure(&self) -> Option<String> {
        match self.status.as_str() {
            "failed" => Some(self.error.clone().unwrap_or_else(|| "it could not be started or reached".to_owned())),
            "needs_auth" => Some("it wants you to sign in: opencode mcp auth".to_owned()),
            "needs_client_registration" => Some("it wants a client id: set oauth.clientId in its entry".to_owned()),
            _ => None,
        }
    }
}

/// What the engine answered when asked.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// `plugin` of `GET /config`; `file:` URLs decoded.
    pub plugins: Vec<String>,
    /// The options of those plugins that have some, by spec.
    pub plugin_options: BTreeMap<String, Value>,
    /// `GET /config`: the merged configuration of the instance.
    pub config: Value,
    /// `GET /global/config`: the global configuration as it was when the engine read it.
    pub global_config: Value,
    /// `GET /skill`.
    pub skills: Vec<SkillAnswer>,
    /// How many agents `GET /agent` lists.
    pub agents: usize,
    /// How many commands `GET /command` lists. `None`: it did not answer in time; it waits for all
    /// servers, because they may add some.
    pub commands: Option<usize>,
    /// The servers of `GET /mcp`, by name. `None`: one of them is still connecting.
    pub mcp: Option<BTreeMap<String, McpAnswer>>,
    /// `GET /experimental/tool/ids`. `None`: it failed, as it does when one tool is broken.
    pub tools: Option<Vec<String>>,
    /// How many providers `GET /config/providers` lists.
    pub providers: usize,
}

impl Answers {
    /// True when the engine lists a tool of the file with this name: the tool's id is the name, or the
    /// name and that of an export.
    pub fn has_tool(&self, name: &str) -> bool {
        let is_of = |id: &String| id.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
        self.tools.iter().flatten().any(is_of)
    }
}

/// What was seen when the engine loaded things, for what it cannot tell later.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// For each plugin or tool that this engine process has loaded: its code's fingerprint then, by
    /// the path of its file or the spec of its package. It stays when the plugin is removed, because
    /// the engine keeps the module.
    pub modules: BTreeMap<String, Fingerprint>,
    /// The texts that this engine process had to mend in order to read them. It does so only the
    /// first time: read again, they are taken for something else.
    #[serde(default)]
    pub mended: BTreeSet<Fingerprint>,
    /// The items in whose value a variable stood when the present instance was created: what the
    /// engine has of them is not shown.
    #[serde(default)]
    pub hidden: BTreeSet<ItemId>,
    /// The items as they were loaded by the present instance. `None`: nobody watched.
    pub instance: Option<Snapshot>,
    /// What the present instance tells otherwise than the files said when it was created.
    #[serde(default)]
    pub otherwise: Otherwise,
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
    fn add(&mut self, item: impl Into<Arc<Item>>, evidence: Evidence) {
        let item = item.into();
        self.evidence.insert(item.id.clone(), evidence);
        self.items.insert(item);
    }
}

/// What the engine has loaded, according to its answers and to what is remembered.
pub fn loaded(disk: &Disk, answers: &Answers, memory: &Memory) -> Loaded {
    let mut loaded = Loaded::default();
    plugins::add(disk, answers, memory, &mut loaded);
    plugins::add_tools(disk, answers, memory, &mut loaded);
    skills::add(disk, answers, memory, &mut loaded);
    configuration::add(disk, answers, memory, &mut loaded);
    loaded
}

/// The names of what the engine has and a dispose would lose: it would read the texts a second time.
pub fn would_be_lost(disk: &Disk, memory: &Memory, profile: &Profile) -> Vec<String> {
    let is_lost = |item: &&Item| {
        let is_text = matches!(item.kind, Kind::Skill | Kind::Agent | Kind::Command);
        let once = profile.rule(item.kind, item.place, Aspect::Code, ChangeKind::Changed).action == Action::Restart;
        is_text && once && item.code.as_ref().is_some_and(|text| memory.mended.contains(text))
    };
    disk.items.iter().filter(is_lost).map(|item| item.name.clone()).collect()
}

/// An item whose text the engine has read before, and cannot read again.
fn spent(item: &Item, memory: &Memory) -> Option<Item> {
    let is_spent = item.code.as_ref().is_some_and(|text| memory.mended.contains(text));
    let spent = || Fingerprint::of_parts(&["read before", item.id.as_str()]);
    is_spent.then(|| Item { code: Some(spent()), declared: spent(), ..item.clone() })
}

fn remembered<'a>(memory: &'a Memory, id: &ItemId) -> Option<&'a Item> {
    memory.instance.as_ref()?.get(id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Action, ChangeKind, Kind, Place, Profile, drift};

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

    /// A file of that place that says `k`, or nothing.
    fn saying(value: Option<&Value>, place: Place) -> Disk {
        let mut disk = disk(&[]);
        let Some(value) = value else { return disk };
        let item = config_item(Kind::Config, "k", value, place);
        disk.values.insert(item.id.clone(), value.clone());
        disk.items.insert(item);
        let whole = json!({ "k": value });
        if place == Place::GlobalConfig {
            disk.global = whole
        } else {
            disk.layers = vec![whole]
        }
        disk
    }

    /// N1: what the engine tells decides; what was seen when it loaded stands in where it cannot tell.
    #[test]
    fn configuration_is_told_where_the_engine_tells_it() {
        use ChangeKind::*;
        let (global, project) = (Place::GlobalConfig, Place::InstanceConfig);
        let with = |ours: Option<Value>, told: Value, before: Option<Value>, place, plugins: &[&str], expected| {
            let disk = saying(ours.as_ref(), place);
            let plugins = plugins.iter().map(|name| (*name).to_owned()).collect();
            let mut answers = Answers { config: told.clone(), plugins, ..Answers::default() };
            if place == global {
                answers.global_config = told.clone();
            }
            let memory = before.map(|before| {
                let then = saying(Some(&before).filter(|before| !before.is_null()), place);
                let otherwise = Otherwise::of(&then, &answers, None, true);
                Memory { instance: Some(then.items), otherwise, ..Memory::default() }
            });
            let found = changes(&disk, &answers, &memory.unwrap_or_default());
            let found = found.iter().find(|change| change.0 == "k").map(|change| change.1);
            assert_eq!(found, expected, "{ours:?} {told}");
        };
        let check = |ours, told, before, place, expected| with(ours, told, before, place, &[], expected);
        check(Some(json!("a")), json!({"k": "a"}), None, project, None);
        check(Some(json!("a")), json!({"k": "b"}), None, project, Some(Changed));
        check(Some(json!("a")), json!({}), None, project, Some(Added));
        check(Some(json!({"x": 1})), json!({"k": {"x": 1, "old": true}}), None, project, Some(Changed));
        with(Some(json!({"x": 1})), json!({"k": {"x": 1, "filled": true}}), None, project, &["p"], None);
        check(Some(json!({"x": 1})), json!({"k": {"x": 1, "old": true}}), None, global, Some(Changed));
        // Remembered or not, the global configuration is what the engine says.
        check(Some(json!("new")), json!({"k": "old"}), Some(json!("new")), global, Some(Changed));
        check(Some(json!("new")), json!({}), Some(json!("new")), global, Some(Added));
        check(None, json!({"k": "old"}), None, global, Some(Removed));
        // No plugin is there to rewrite this key: the file changed before anyone looked.
        check(Some(json!("a")), json!({"k": "other"}), Some(json!("a")), project, Some(Changed));
        check(Some(json!("a")), json!({}), Some(json!("a")), project, Some(Added));
        check(Some(json!("b")), json!({"k": "rewritten"}), Some(json!("a")), project, Some(Changed));
        check(Some(json!("b")), json!({"k": "default"}), Some(Value::Null), project, Some(Added));
        check(None, json!({"k": "a"}), Some(json!("a")), project, Some(Removed));
        check(None, json!({}), Some(json!("a")), project, None);
    }

    /// K7, P4: a value that a plugin replaces is told as it was seen when it was loaded, for as long as the
    /// engine tells the same; what others loaded meanwhile is told as the engine tells it.
    #[test]
    fn what_a_plugin_replaces_is_remembered_until_the_engine_tells_something_else() {
        let on_disk = |value: &str| saying(Some(&json!(value)), Place::InstanceConfig);
        let told = |config: Value| Answers { config, plugins: vec!["p".to_owned()], ..Answers::default() };
        let seen = |value: &str, answers: &Answers, before: Option<&Memory>| {
            let disk = on_disk(value);
            let otherwise = Otherwise::of(&disk, answers, before, before.is_none());
            Memory { instance: Some(disk.items), otherwise, ..Memory::default() }
        };
        let is_pending = |value: &str, answers: &Answers, memory: &Memory| {
            changes(&on_disk(value), answers, memory).iter().any(|change| change.0 == "k")
        };
        for replaced in [json!({"k": "replaced"}), json!({})] {
            let answers = told(replaced.clone());
            let memory = seen("a", &answers, None);
            assert!(!is_pending("a", &answers, &memory), "{replaced}");
            assert!(is_pending("b", &answers, &memory), "{replaced}");
            // Somebody else had the engine read something else; the file says again what it said.
            let other = told(json!({"k": "other"}));
            assert!(is_pending("a", &other, &memory), "{replaced}");
            // Nobody saw the instance come into being: only what was so before is believed.
            assert!(!is_pending("a", &answers, &seen("a", &answers, Some(&memory))), "{replaced}");
            assert!(is_pending("b", &answers, &seen("b", &answers, Some(&memory))), "{replaced}");
            assert!(is_pending("a", &other, &seen("a", &other, Some(&memory))), "{replaced}");
        }
    }

    /// K1: what changed while the engine read it is as the engine says, whatever was seen before.
    #[test]
    fn what_changed_meanwhile_is_not_remembered() {
        let disk = saying(Some(&json!("one")), Place::InstanceConfig);
        let (config, plugins) = (json!({"k": "two", "gone": 1}), vec!["file:///elsewhere/p.ts".to_owned()]);
        let answers = Answers { config, plugins, ..Answers::default() };
        let changes = |memory: &Memory| {
            let mut found = changes(&disk, &answers, memory);
            found.retain(|change| change.0 == "k" || change.0 == "gone");
            found.sort();
            found
        };
        let seen = |before, is_certain| Memory {
            instance: Some(disk.items.clone()),
            otherwise: Otherwise::of(&disk, &answers, before, is_certain),
            ..Memory::default()
        };
        let by_a_plugin = seen(None, true);
        assert_eq!(changes(&by_a_plugin), []);
        assert_eq!(changes(&seen(Some(&by_a_plugin), false)), [], "as it was before");
        let expected = [("gone", ChangeKind::Removed), ("k", ChangeKind::Changed)];
        assert_eq!(
            changes(&seen(None, false)),
            expected.map(|(name, change)| (name.to_owned(), change, Action::Dispose))
        );
    }

    /// H4: what the project's files replace anyway is no change when the global ones change it.
    #[test]
    fn a_value_that_is_never_used_is_no_drift() {
        let mut disk = saying(Some(&json!("project")), Place::InstanceConfig);
        disk.global = json!({"k": "new"});
        let answers =
            Answers { config: json!({"k": "project"}), global_config: json!({"k": "old"}), ..Answers::default() };
        assert_eq!(changes(&disk, &answers, &Memory::default()), []);
        // Without the project's value the global one counts again, and is not what the engine has.
        let global = config_item(Kind::Config, "k", &json!("new"), Place::GlobalConfig);
        disk.values = [(global.id.clone(), json!("new"))].into();
        disk.items = Snapshot::from_iter([global]);
        disk.layers = vec![];
        let found = changes(&disk, &answers, &Memory::default());
        assert_eq!(found, [("k".to_owned(), ChangeKind::Changed, Action::Restart)]);
    }
}
