use rekindle_domain::{Action, ChangeKind, Kind, Place, SkillAnswer, drift};
use serde_json::json;

use super::*;
use crate::Profile;

fn plugin(name: &str, spec: &str, code: Option<&str>) -> (Item, String) {
    let item = Item {
        id: ItemId::new(Kind::Plugin, Scope::Project, name),
        kind: Kind::Plugin,
        name: name.to_owned(),
        scope: Scope::Project,
        source: "/p/x".to_owned(),
        place: Place::Folder,
        value: Some(spec.to_owned()),
        runs_before: None,
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
        runs_before: None,
        declared: Fingerprint::of_json(value),
        code: None,
    }
}

fn changes(disk: &Disk, answers: &Answers, memory: &Memory) -> Vec<(String, ChangeKind, Action)> {
    drift(&disk.items, &loaded(disk, answers, memory).items, &Profile::newest())
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
    assert_eq!(changes(&seen(None, false)), expected.map(|(name, change)| (name.to_owned(), change, Action::Dispose)));
}

/// K7: without plugins only a file can have added what the instance did not tell when it was created: another one took
/// its place. With plugins, and where it was told from the start, nothing is claimed.
#[test]
fn what_was_added_unseen_is_gone_from_the_files() {
    let disk = saying(Some(&json!("one")), Place::InstanceConfig);
    let told = |config: Value, plugins: &[&str]| {
        let plugins = plugins.iter().map(|spec| (*spec).to_owned()).collect();
        Answers { config, plugins, ..Answers::default() }
    };
    let (before, now) = (json!({"k": "one"}), json!({"k": "one", "added": 1}));
    let is_gone = |before: &Value, plugins: &[&str]| {
        let otherwise = Otherwise::of(&disk, &told(before.clone(), plugins), None, true);
        let memory = Memory { instance: Some(disk.items.clone()), otherwise, ..Memory::default() };
        changes(&disk, &told(now.clone(), plugins), &memory).iter().any(|change| change.0 == "added")
    };
    assert!(is_gone(&before, &[]));
    assert!(!is_gone(&now, &[]), "it came from elsewhere");
    assert!(!is_gone(&before, &["file:///elsewhere/p.ts"]), "a plugin may have added it");
}

/// H4: what the project's files replace anyway is no change when the global ones change it.
#[test]
fn a_value_that_is_never_used_is_no_drift() {
    let mut disk = saying(Some(&json!("project")), Place::InstanceConfig);
    disk.global = json!({"k": "new"});
    let answers = Answers { config: json!({"k": "project"}), global_config: json!({"k": "old"}), ..Answers::default() };
    assert_eq!(changes(&disk, &answers, &Memory::default()), []);
    // Without the project's value the global one counts again, and is not what the engine has.
    let global = config_item(Kind::Config, "k", &json!("new"), Place::GlobalConfig);
    disk.values = [(global.id.clone(), json!("new"))].into();
    disk.items = Snapshot::from_iter([global]);
    disk.layers = vec![];
    let found = changes(&disk, &answers, &Memory::default());
    assert_eq!(found, [("k".to_owned(), ChangeKind::Changed, Action::Restart)]);
}
