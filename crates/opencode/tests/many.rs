//! D17: many of everything. Whatever grows, a look takes as long as there is much of it, and no longer.
//!
//! Nothing here asserts on a time: there is so much of everything that comparing each with each would take
//! minutes, while all tests together take seconds.

use std::collections::BTreeMap;

use rekindle_domain::{
    After, Answers, EngineMode, Fingerprint, Item, ItemId, Kind, Loaded, McpAnswer, Past, Place, Plan, Receipt,
    ReceiptItem, Row, RowState, Scope, SkillAnswer, Stage, drift,
};
use rekindle_opencode::{Disk, Memory, Otherwise, Profile, effective, loaded, plugin_fingerprint, would_be_lost};
use serde_json::{Map, Value, json};

/// How many there are of each kind.
const MANY: usize = 20_000;

fn numbered(prefix: &str) -> impl Iterator<Item = String> {
    (0..MANY).map(move |number| format!("{prefix}{number:06}"))
}

/// A configuration with many of everything; `said`: what it says of each.
fn config(said: &str) -> Value {
    let all = |value: Value| -> Map<String, Value> { numbered("n").map(|name| (name, value.clone())).collect() };
    json!({
        "instructions": numbered(said).collect::<Vec<_>>(),
        "plugin": numbered(said).collect::<Vec<_>>(),
        "mcp": all(json!({"type": "local", "command": [said], "environment": {"A": said}})),
        "agent": all(json!({"prompt": said})),
        "mode": numbered("m").map(|name| (name, json!({"prompt": said}))).collect::<Map<_, _>>(),
        "command": all(json!({"template": said})),
    })
}

fn item(kind: Kind, place: Place, name: &str, declared: Fingerprint) -> Item {
    let scope = if place == Place::GlobalConfig { Scope::Global } else { Scope::Project };
    let source = format!("/p/{}/{name}", kind.word());
    let code = matches!(kind, Kind::Plugin | Kind::Tool).then(|| Fingerprint::of_bytes(b"code"));
    let id = ItemId::new(kind, scope, name);
    Item { id, kind, name: name.to_owned(), scope, source, place, value: None, runs_before: None, declared, code }
}

/// The files of such a configuration, twice: once read with each instance, once in the global files.
fn disk(said: &str) -> Disk {
    let (global, layer) = (config("global"), config(said));
    let whole = effective(&global, std::slice::from_ref(&layer));
    let mut disk = Disk { global, layers: vec![layer], ..Disk::default() };
    for (kind, key) in [(Kind::Mcp, "mcp"), (Kind::Agent, "agent"), (Kind::Command, "command")] {
        for place in [Place::InstanceConfig, Place::GlobalConfig] {
            for (name, value) in whole[key].as_object().into_iter().flatten() {
                let item = item(kind, place, name, Fingerprint::of_config(value));
                disk.values.insert(item.id.clone(), value.clone());
                disk.items.insert(item);
            }
        }
    }
    for spec in numbered(said) {
        let item = item(Kind::Plugin, Place::InstanceConfig, &spec, plugin_fingerprint(&spec, None));
        disk.plugin_specs.insert(item.id.clone(), spec);
        disk.items.insert(item);
    }
    for name in numbered("t") {
        disk.items.insert(item(Kind::Tool, Place::Folder, &name, Fingerprint::of_bytes(said.as_bytes())));
    }
    for name in numbered("s") {
        disk.items.insert(item(Kind::Skill, Place::Folder, &name, SkillAnswer::fingerprint(&name, None, said)));
        disk.skill_folders.push((format!("/p/skill/{name}"), Scope::Project));
    }
    disk.contested_skills = BTreeMap::from([("s000000".to_owned(), numbered("x").map(|text| print(&text)).collect())]);
    disk
}

fn print(text: &str) -> Fingerprint {
    Fingerprint::of_bytes(text.as_bytes())
}

/// An engine that has read such files.
fn answers(said: &str) -> Answers {
    let global_config = config("global");
    let config = effective(&global_config, &[config(said)]);
    let skill = |name: String| SkillAnswer {
        location: format!("/p/skill/{name}/SKILL.md"),
        name,
        description: None,
        content: said.to_owned(),
    };
    // A thousand of one name, which no engine has.
    let contested = (0..MANY).map(|_| skill("s000000".to_owned()));
    Answers {
        plugins: numbered(said).chain(numbered("other")).collect(),
        skills: numbered("s").map(skill).chain(contested).collect(),
        tools: Some(numbered("t").map(|name| format!("{name}_run")).collect()),
        mcp: Some(
            numbered("n").map(|name| (name, McpAnswer { status: "connected".to_owned(), error: None })).collect(),
        ),
        config,
        global_config,
        ..Answers::default()
    }
}

/// N16: layers of configuration.
#[test]
fn many_entries_are_merged() {
    let mut layers: Vec<_> = ["a", "b", "a", "c"].map(config).into();
    layers.push(json!({ "tools": numbered("t").map(|name| (name, json!(true))).collect::<Map<_, _>>() }));
    let merged = effective(&config("global"), &layers);
    let count = |key: &str| merged[key].as_array().map(Vec::len);
    assert_eq!((count("instructions"), count("plugin")), (Some(4 * MANY), Some(4 * MANY)));
    assert_eq!(merged["agent"].as_object().map(Map::len), Some(2 * MANY));
    let long: Vec<_> = std::iter::repeat_n("same", MANY).chain(["other"]).collect();
    let twice = effective(&json!({ "instructions": long }), &[json!({ "instructions": long })]);
    assert_eq!(twice["instructions"], json!(["same", "other"]));
}

/// N16: what is on disk, what the engine has, what is remembered, the difference, and the proof.
#[test]
fn many_items_are_compared() {
    let (now, before, answers) = (disk("b"), disk("a"), answers("a"));
    let memory = |disk: &Disk, before: Option<&Memory>, is_certain| Memory {
        instance: Some(disk.items.clone()),
        otherwise: Otherwise::of(disk, &answers, before, is_certain),
        mended: numbered("x").map(|text| print(&text)).collect(),
        ..Memory::default()
    };
    let same = memory(&before, None, true);
    let unseen = memory(&now, Some(&same), false);
    let profile = Profile::newest();
    let mut last = None;
    for (memory, disk) in [(&Memory::default(), &now), (&unseen, &now), (&same, &Disk::default())] {
        let loaded = loaded(disk, &answers, memory);
        let drift = drift(&disk.items, &loaded.items, &profile);
        assert!(!loaded.items.is_empty());
        would_be_lost(disk, memory, &profile);
        let plan = Plan::new(drift, Vec::new());
        let items = judged(&plan, &loaded, &answers);
        last = Some((plan, items));
    }
    let (plan, items) = last.expect("a case");
    told(&plan, items);
}

fn judged(plan: &Plan, loaded: &Loaded, answers: &Answers) -> Vec<ReceiptItem> {
    let (failures, passed_over) = (BTreeMap::new(), BTreeMap::new());
    let after = After { still: &[], loaded, failures: &failures, answers, passed_over: &passed_over };
    let silent = Answers { tools: None, ..answers.clone() };
    assert_eq!(ReceiptItem::judge(&plan.changes, &After { answers: &silent, ..after }).len(), plan.changes.len());
    let mut items = ReceiptItem::judge(&plan.changes, &after);
    ReceiptItem::doubt_plugins(&mut items, &plan.changes);
    items.extend(ReceiptItem::judge(&plan.changes, &After { still: &plan.changes, ..after }));
    assert_eq!(items.len(), 2 * plan.changes.len());
    items
}

/// How it is told afterwards, when nothing of it has become live.
fn told(plan: &Plan, items: Vec<ReceiptItem>) {
    let receipt = json!({
        "version": 1, "id": "r", "at": "", "result": "failed", "action": "dispose", "durationMs": 1, "steps": [],
        "items": items, "counts": {}, "stillPending": plan.changes,
    });
    let receipt: Receipt = serde_json::from_value(receipt).expect("a receipt");
    let row = |item: &ReceiptItem| Row {
        id: item.id.clone(),
        kind: Kind::Config,
        name: item.name.clone(),
        scope: Scope::Project,
        source: String::new(),
        place: String::new(),
        origin: None,
        detail: None,
        stage: Stage::Declared,
        state: RowState::Unknown,
        removable: false,
        overrides: Vec::new(),
        also: Vec::new(),
        copy: None,
        from: None,
        since: None,
        is_signed_in: false,
        warning: None,
    };
    let rows: Vec<_> = receipt.items.iter().map(row).collect();
    let open = receipt.items.iter().filter(|item| !item.is_proved()).count();
    assert_eq!(Past::of(&receipt, &rows, true).map(|past| past.unproved.len()), Some(open));
    let covers = receipt.covers(EngineMode::Host);
    assert!(plan.changes.iter().all(covers), "trying it again is about all of them");
}

/// N16: a list of the engine's that holds at least what a file says.
#[test]
fn long_lists_are_compared() {
    let list = |extra: Option<Value>| -> Value {
        let lists = numbered("x").map(|text| json!([text, {"a": text}]));
        let texts = numbered("t").map(Value::from);
        texts.chain(lists).chain(extra).collect::<Vec<_>>().into()
    };
    let of = |list: Value| json!({ "provider": list });
    let (ours, told) = (of(list(None)), of(list(Some(json!("added")))));
    let mut disk = Disk { layers: vec![ours.clone()], ..Disk::default() };
    let item = item(Kind::Config, Place::InstanceConfig, "provider", Fingerprint::of_config(&ours["provider"]));
    disk.values.insert(item.id.clone(), ours["provider"].clone());
    disk.items.insert(item.clone());
    let answers = Answers { config: told, plugins: vec!["p".to_owned()], ..Answers::default() };
    let loaded = loaded(&disk, &answers, &Memory::default());
    assert_eq!(loaded.items.get(&item.id), Some(&item), "a plugin may have added to it");
}
