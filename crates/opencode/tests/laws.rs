//! N1: laws of the difference, for whole snapshots and for what follows from an engine's answers.
//!
//! The files here are values, and the engine is its own description: `effective`. What is real on
//! both sides stands in `tests/end_to_end/drift.rs`.

use std::collections::BTreeSet;

use proptest::{collection::vec, option, prelude::*};
use rekindle_domain::{
    Action, Answers, Change, Fingerprint, Item, ItemId, Kind, Place, Scope, SkillAnswer, Snapshot, drift,
};
use rekindle_opencode::{Disk, Memory, Profile, effective, joined, loaded, merge, plugin_fingerprint, value_of};
use serde_json::{Map, Value, json};

/// A failure is told with its smallest input; there is no file of past ones.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn profile() -> Profile {
    Profile::newest()
}

fn item(kind: Kind, scope: Scope, place: Place, name: &str, declared: Fingerprint) -> Item {
    Item {
        id: ItemId::new(kind, scope, name),
        kind,
        name: name.to_owned(),
        scope,
        source: format!("/p/{name}"),
        place,
        value: None,
        runs_before: None,
        declared,
        code: None,
    }
}

fn any_item() -> impl Strategy<Value = Item> {
    let kind = prop_oneof![Just(Kind::Plugin), Just(Kind::Skill), Just(Kind::Mcp), Just(Kind::Config)];
    let place = prop_oneof![Just(Place::Folder), Just(Place::InstanceConfig), Just(Place::GlobalConfig)];
    (kind, place, "[a-e]", 0..3u8, option::of(0..3u8)).prop_map(|(kind, place, name, declared, code)| {
        let scope = if place == Place::GlobalConfig { Scope::Global } else { Scope::Project };
        let code = code.map(|code| Fingerprint::of_bytes(&[code])).filter(|_| kind == Kind::Plugin);
        Item { code, ..item(kind, scope, place, &name, Fingerprint::of_bytes(&[declared])) }
    })
}

fn any_snapshot() -> impl Strategy<Value = Snapshot> {
    vec(any_item(), 0..8).prop_map(Snapshot::from_iter)
}

/// What happens to one id: it is written otherwise or anew, or removed.
type Edit = (ItemId, Option<Item>);

/// Edits of different ids. An item that is only removed may not have been there at all.
fn any_edits() -> impl Strategy<Value = Vec<Edit>> {
    vec((any_item(), any::<bool>()), 0..6).prop_map(|edits| {
        let mut seen = BTreeSet::new();
        let edits = edits.into_iter().map(|(item, stays)| (item.id.clone(), stays.then_some(item)));
        edits.filter(|(id, _)| seen.insert(id.clone())).collect()
    })
}

fn edited(snapshot: &Snapshot, edits: &[Edit]) -> Snapshot {
    let is_edited = |item: &&Item| edits.iter().any(|(id, _)| *id == item.id);
    let kept = snapshot.iter().filter(|item| !is_edited(item)).cloned();
    kept.chain(edits.iter().filter_map(|(_, item)| item.clone())).collect()
}

proptest! {
    #![proptest_config(cases(256))]

    /// P5: what is changed and changed back, in any order, is no change.
    #[test]
    fn a_change_taken_back_is_none(before in any_snapshot(), edits in any_edits(), turn in 0..6usize) {
        let mut now = edited(&before, &edits);
        let mut back: Vec<Edit> = edits.iter().map(|(id, _)| (id.clone(), before.get(id).cloned())).collect();
        back.rotate_left(turn.min(edits.len()));
        for edit in back {
            now = edited(&now, &[edit]);
        }
        prop_assert_eq!(drift(&now, &before, &profile()), vec![]);
    }

    /// N1: several changes are told as each of them alone would be, and nothing besides.
    #[test]
    fn the_drift_is_the_union_of_single_changes(before in any_snapshot(), edits in any_edits()) {
        let together = drift(&edited(&before, &edits), &before, &profile());
        let alone = |edit: &Edit| drift(&edited(&before, std::slice::from_ref(edit)), &before, &profile());
        let mut single: Vec<Change> = edits.iter().flat_map(alone).collect();
        single.sort_by(|a, b| a.id.cmp(&b.id));
        prop_assert_eq!(together, single);
    }
}

/// Files as values: what an engine reads once in its life, what it reads with each instance, and
/// what is in folders.
#[derive(Clone, Debug)]
struct Files {
    global: Value,
    layers: Vec<Value>,
    skills: Vec<(String, u8)>,
    plugins: Vec<(String, u8)>,
    tools: Vec<(String, u8)>,
}

/// A value of one of these names, as files may say it.
#[derive(Clone, Debug)]
struct Named {
    kind: Kind,
    name: &'static str,
    value: Value,
}

fn any_named() -> impl Strategy<Value = Named> {
    let text = || (0..3u8).prop_map(|n| json!(format!("text {n}")));
    let fields = |keys: &'static [&'static str]| {
        vec((proptest::sample::select(keys), 0..3u8), 0..3).prop_map(|fields| {
            Value::Object(fields.iter().map(|(key, n)| ((*key).to_owned(), json!(format!("text {n}")))).collect())
        })
    };
    let server = (any::<bool>(), 0..3u8, fields(&["A", "B"])).prop_map(|(is_local, n, more)| {
        if is_local {
            json!({"type": "local", "command": ["run", n.to_string()], "environment": more})
        } else {
            json!({"type": "remote", "url": format!("https://{n}"), "headers": more})
        }
    });
    let list = vec("[a-c]", 0..3).prop_map(|list| json!(list));
    let of = |kind, names: &'static [&'static str], value: BoxedStrategy<Value>| {
        (proptest::sample::select(names), value).prop_map(move |(name, value)| Named { kind, name, value })
    };
    prop_oneof![
        of(Kind::Config, &["model", "share", "username"], text().boxed()),
        of(Kind::Instructions, &["instructions"], list.boxed()),
        of(Kind::Mcp, &["m", "n"], server.boxed()),
        of(Kind::Agent, &["a", "b"], fields(&["prompt", "model", "description"]).boxed()),
        of(Kind::Command, &["c", "d"], fields(&["template", "description"]).boxed()),
    ]
}

/// Sets or removes a name in a configuration. A map with nothing in it goes.
fn set(config: &mut Value, kind: Kind, name: &str, value: Option<Value>) {
    let outer = match kind {
        Kind::Mcp => Some("mcp"),
        Kind::Agent => Some("agent"),
        Kind::Command => Some("command"),
        _ => None,
    };
    let Value::Object(config) = config else { return };
    let put = |map: &mut Map<String, Value>, value: Option<Value>| match value {
        Some(value) => drop(map.insert(name.to_owned(), value)),
        None => drop(map.remove(name)),
    };
    let Some(outer) = outer else { return put(config, value) };
    let inner = config.entry(outer).or_insert_with(|| json!({}));
    inner.as_object_mut().into_iter().for_each(|map| put(map, value.clone()));
    if *inner == json!({}) {
        config.remove(outer);
    }
}

fn any_config() -> impl Strategy<Value = Value> {
    vec(any_named(), 0..6).prop_map(|all| {
        let mut config = json!({});
        all.into_iter().for_each(|named| set(&mut config, named.kind, named.name, Some(named.value)));
        config
    })
}

fn any_files() -> impl Strategy<Value = Files> {
    let some = || {
        vec(("[a-c]", 0..3u8), 0..3).prop_map(|mut all| {
            all.sort();
            all.dedup_by(|a, b| a.0 == b.0);
            all
        })
    };
    (any_config(), vec(any_config(), 0..4), some(), some(), some())
        .prop_map(|(global, layers, skills, plugins, tools)| Files { global, layers, skills, plugins, tools })
}

/// All names that any of these configurations has.
fn names(files: &Files) -> BTreeSet<(Kind, String)> {
    let all = std::iter::once(&files.global).chain(&files.layers).flat_map(|config| {
        config.as_object().into_iter().flatten().flat_map(|(key, value)| {
            let kind = match key.as_str() {
                "mcp" => Kind::Mcp,
                "agent" => Kind::Agent,
                "command" => Kind::Command,
                "instructions" => return vec![(Kind::Instructions, key.clone())],
                _ => return vec![(Kind::Config, key.clone())],
            };
            value.as_object().into_iter().flat_map(|map| map.keys().map(move |name| (kind, name.clone()))).collect()
        })
    });
    all.collect()
}

/// What several values of one name come to.
fn fold(kind: Kind, values: &[&Value]) -> Option<Value> {
    values.iter().fold(None, |whole, value| match whole {
        None => Some((*value).clone()),
        Some(before) if kind == Kind::Instructions => joined(&before, value),
        Some(mut before) => {
            merge(&mut before, value);
            Some(before)
        }
    })
}

impl Files {
    /// What a scan of them says: one item for what is read once, one for what is read with each
    /// instance, and none for what adds nothing.
    fn disk(&self) -> Disk {
        let mut disk = Disk { global: self.global.clone(), layers: self.layers.clone(), ..Disk::default() };
        for (kind, name) in names(self) {
            let mut add = |scope, place, value: Option<Value>| {
                if let Some(value) = value {
                    let item = item(kind, scope, place, &name, Fingerprint::of_json(&value));
                    disk.values.insert(item.id.clone(), value);
                    disk.items.insert(item);
                }
            };
            let global = value_of(&self.global, kind, &name);
            let said: Vec<&Value> = self.layers.iter().filter_map(|layer| value_of(layer, kind, &name)).collect();
            let with = effective(&self.global, &self.layers);
            let adds = value_of(&with, kind, &name) != value_of(&effective(&json!({}), &self.layers), kind, &name);
            add(Scope::Global, Place::GlobalConfig, global.filter(|_| adds).cloned());
            add(Scope::Project, Place::InstanceConfig, fold(kind, &said));
        }
        disk.skill_folders = vec![("/p/.opencode/skills".to_owned(), Scope::Project)];
        for (name, body) in &self.skills {
            let declared = SkillAnswer::fingerprint(name, None, &body.to_string());
            disk.items.insert(item(Kind::Skill, Scope::Project, Place::Folder, name, declared));
        }
        for (name, code) in &self.plugins {
            let spec = format!("file:///p/.opencode/plugins/{name}.ts");
            let item = item(Kind::Plugin, Scope::Project, Place::Folder, name, plugin_fingerprint(&spec, None));
            disk.plugin_specs.insert(item.id.clone(), spec);
            disk.items.insert(Item { code: Some(Fingerprint::of_bytes(&[*code])), ..item });
        }
        for (name, code) in &self.tools {
            let name = format!("tool-{name}");
            let item = item(Kind::Tool, Scope::Project, Place::Folder, &name, Fingerprint::of_parts(&[&name]));
            disk.items.insert(Item { code: Some(Fingerprint::of_bytes(&[*code])), ..item });
        }
        disk
    }

    /// What an engine answers that was started with them.
    fn answers(&self) -> Answers {
        let skill = |(name, body): &(String, u8)| SkillAnswer {
            name: name.clone(),
            description: None,
            location: format!("/p/.opencode/skills/{name}/SKILL.md"),
            content: body.to_string(),
        };
        Answers {
            config: effective(&self.global, &self.layers),
            global_config: self.global.clone(),
            plugins: self.plugins.iter().map(|(name, _)| format!("file:///p/.opencode/plugins/{name}.ts")).collect(),
            skills: self.skills.iter().map(skill).collect(),
            tools: Some(self.tools.iter().map(|(name, _)| format!("tool-{name}")).collect()),
            ..Answers::default()
        }
    }

    /// What is remembered by whoever watched it start.
    fn memory(&self) -> Memory {
        let disk = self.disk();
        let file = |item: &Item| match disk.plugin_specs.get(&item.id) {
            Some(spec) => spec.trim_start_matches("file://").to_owned(),
            None => item.source.clone(),
        };
        let modules = disk.items.iter().filter_map(|item| Some((file(item), item.code.clone()?))).collect();
        Memory { modules, instance: Some(disk.items.clone()), ..Memory::default() }
    }
}

/// The changes between files and an engine that was started with others.
fn changes(now: &Files, then: &Files, has_watched: bool) -> Vec<Change> {
    let disk = now.disk();
    let memory = if has_watched { then.memory() } else { Memory::default() };
    drift(&disk.items, &loaded(&disk, &then.answers(), &memory).items, &profile())
}

fn named(changes: &[Change]) -> Vec<(Kind, &str, Action)> {
    changes.iter().map(|change| (change.kind, change.name.as_str(), change.action)).collect()
}

proptest! {
    #![proptest_config(cases(1024))]

    /// N1: an engine that has what is on disk is told nothing, whether anyone watched it start or not.
    #[test]
    fn what_is_loaded_is_no_drift(files in any_files(), has_watched: bool) {
        prop_assert_eq!(changes(&files, &files, has_watched), vec![]);
    }

    /// N1, H4: one name that is changed in one file is told, with what it needs, and no other; a
    /// change that leaves the whole as it is, is not.
    #[test]
    fn one_name_that_changed_is_the_drift(
        then in any_files(),
        wish in any_named(),
        removes: bool,
        at in 0..5usize,
        has_watched: bool,
    ) {
        // What nobody saw loaded may come from a plugin, or be the engine's own word for no value; and
        // what is left of a name that another file has, too, may be that file's.
        let has_watched = has_watched
            || !then.plugins.is_empty()
            || matches!(wish.kind, Kind::Config | Kind::Instructions)
            || removes && value_of(&then.global, wish.kind, wish.name).is_some();
        let mut now = then.clone();
        let is_global = at == 0 || now.layers.is_empty();
        let last = now.layers.len().saturating_sub(1);
        let config = if is_global { &mut now.global } else { &mut now.layers[(at - 1).min(last)] };
        set(config, wish.kind, wish.name, (!removes).then_some(wish.value));
        let of = |files: &Files| value_of(&files.answers().config, wish.kind, wish.name).cloned();
        let action = if is_global { Action::Restart } else { Action::Dispose };
        let found = changes(&now, &then, has_watched);
        if of(&now).as_ref().map(Fingerprint::of_json) == of(&then).as_ref().map(Fingerprint::of_json) {
            prop_assert_eq!(named(&found), vec![]);
        } else {
            prop_assert_eq!(named(&found), vec![(wish.kind, wish.name, action)]);
        }
        // And taken back it is none.
        prop_assert_eq!(changes(&then, &then, has_watched), vec![]);
    }

    /// N1: the same for what is in folders: skills, plugins and tools with their code.
    #[test]
    fn one_file_that_changed_is_the_drift(then in any_files(), kind in 0..3u8, name in "[a-d]", to in option::of(0..4u8)) {
        let mut now = then.clone();
        let (kind, shown, list) = match kind {
            0 => (Kind::Skill, name.clone(), &mut now.skills),
            1 => (Kind::Plugin, name.clone(), &mut now.plugins),
            _ => (Kind::Tool, format!("tool-{name}"), &mut now.tools),
        };
        let before = list.iter().find(|(known, _)| *known == name).map(|(_, content)| *content);
        list.retain(|(known, _)| *known != name);
        list.extend(to.map(|content| (name.clone(), content)));
        let has_code = kind != Kind::Skill;
        let action = if has_code && before.is_some() && to.is_some() { Action::Restart } else { Action::Dispose };
        let found = changes(&now, &then, true);
        let expected = if before == to { vec![] } else { vec![(kind, shown.as_str(), action)] };
        prop_assert_eq!(named(&found), expected);
    }
}
