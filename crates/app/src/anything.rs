//! Foreign data: whatever stands in the files and whatever an engine answers, a look has something to say of it.
//!
//! Invariant of these tests: the only errors are those that are told. A panic anywhere fails them.

use std::{collections::BTreeMap, fs, path::Path, sync::LazyLock};

use proptest::{collection::vec, option, prelude::*, sample::select};
use rekindle_domain::{After, Answers, Counts, Loaded, McpAnswer, Plan, Receipt, ReceiptItem, SkillAnswer, drift};
use rekindle_opencode::{
    Disk, Memory, Otherwise, Profile, config::schema::Schema, effective, loaded, plugin_spec, would_be_lost,
};
use serde_json::{Map, Value, json};

use crate::{
    edit::last_good::{LastGood, Standing},
    files::{
        check::check,
        environment::Environment,
        locate::Places,
        scan::{Scan, Scanner, scan},
    },
    state::memory::{Hold, Identity, MemoryStore, Read},
    workspace::{
        look::{self, Observation},
        target::Target,
    },
};

/// The keys that mean something in a configuration, in either spelling, or in one of its parts.
const KEYS: [&str; 40] = [
    "agent",
    "agents",
    "mode",
    "command",
    "commands",
    "mcp",
    "servers",
    "provider",
    "permission",
    "permissions",
    "plugin",
    "skills",
    "paths",
    "urls",
    "instructions",
    "tools",
    "lsp",
    "formatter",
    "experimental",
    "compaction",
    "keep",
    "tokens",
    "share",
    "autoshare",
    "model",
    "providerID",
    "variant",
    "type",
    "url",
    "enabled",
    "disabled",
    "timeout",
    "options",
    "prompt",
    "template",
    "name",
    "description",
    "build",
    "environment",
    "$schema",
];

/// Texts in which somebody might cut.
const TEXTS: [&str; 18] = [
    "",
    "primary",
    "local",
    "remote",
    "é",
    "a@",
    "@",
    "@é/é@1",
    "npm:",
    "npm:a@é",
    "file://",
    "file:///é%F0%9F",
    "./é.ts",
    "a://é@b?é=é",
    "--token=é",
    "é: é",
    "*",
    "a/b#é#",
];

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![select(&TEXTS[..]).prop_map(str::to_owned), select(&KEYS[..]).prop_map(str::to_owned), any::<String>()]
}

fn any_value() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    plain.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![vec(inner.clone(), 0..5).prop_map(Value::from), any_object(inner).prop_map(Value::from)]
    })
}

fn any_object(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let key = prop_oneof![3 => select(&KEYS[..]).prop_map(str::to_owned), 1 => any_text()];
    vec((key, value), 0..6).prop_map(Map::from_iter)
}

fn any_config() -> impl Strategy<Value = Value> {
    // Mostly one key of the engine's that holds anything, so that each of them is met often.
    let one = (select(&KEYS[..]), any_value()).prop_map(|(key, value)| json!({ key: value }));
    prop_oneof![one, any_object(any_value()).prop_map(Value::from)]
}

fn any_answers() -> impl Strategy<Value = Answers> {
    let skill = (any_text(), option::of(any_text()), any_text(), any_text())
        .prop_map(|(name, description, location, content)| SkillAnswer { name, description, location, content });
    let server = (any_text(), option::of(any_text())).prop_map(|(status, error)| McpAnswer { status, error });
    let servers = option::of(vec((any_text(), server), 0..4).prop_map(BTreeMap::from_iter));
    let tools = option::of(vec(any_text(), 0..4));
    // Also what no client lets through: nothing relies on who asked.
    let config = || prop_oneof![4 => any_config(), 1 => any_value()];
    (config(), config(), vec(skill, 0..4), servers, tools).prop_map(|(config, global_config, skills, mcp, tools)| {
        let entries: Vec<_> = config.get("plugin").and_then(Value::as_array).cloned().unwrap_or_default();
        Answers {
            plugins: entries.iter().map(|entry| plugin_spec(entry).to_owned()).collect(),
            config,
            global_config,
            skills,
            mcp,
            tools,
            ..Answers::default()
        }
    })
}

/// A directory and a home with these files.
struct World {
    root: tempfile::TempDir,
    places: Places,
}

impl World {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let home = root.path().join("home").display().to_string();
        let directory = root.path().join("p");
        fs::create_dir_all(directory.join(".git")).expect("made");
        fs::create_dir_all(&home).expect("made");
        let environment: Environment = [("HOME".to_owned(), home)].into_iter().collect();
        let places = Places::in_environment(&directory, environment).expect("places");
        Self { root, places }
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
}

/// The schema of an engine, as far as it matters here: other than that it takes anything.
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let config = json!({"type": "object", "additionalProperties": false, "properties": {
        "agent": {"type": "object", "additionalProperties": {"type": "object"}},
        "mcp": {"type": "object", "additionalProperties": {"anyOf": [
            {"type": "object", "required": ["type"], "properties": {"type": {"enum": ["local"]}}}, {"type": "object"}]}},
        "instructions": {"type": "array", "items": {"type": "string"}},
    }});
    Schema::from_doc(&json!({"components": {"schemas": {"Config": config}}})).expect("a schema")
});

/// Everything that follows from files and answers.
fn follow(places: &Places, scan: &Scan, answers: &Answers) {
    let target = Target::by_record(places);
    let mut memory = MemoryStore::open(places, Identity::default(), Hold::Here);
    let seen = Observation { answers: Some(answers.clone()), ..Observation::default() };
    let seen = look::with_files(&seen, scan.clone(), Vec::new(), &mut target.memory());
    let status = seen.status(&target, seen.plan());
    assert!(serde_json::to_string(&status).is_ok());
    let differences = seen.differences();
    for change in seen.drift.iter() {
        differences(change.id.as_str());
    }
    seen.rows(places);
    seen.tell_servers(&mut Plan::new(vec![], vec![]));
    let meanwhile = scan.all_of_it();
    let read = Read { disk: &scan.disk, answers, failures: BTreeMap::new(), was_heard: false, meanwhile: &meanwhile };
    memory.proved(&read).expect("nothing is kept");
    for memory in memories(&scan.disk, answers) {
        let profile = Profile::newest();
        let loaded = loaded(&scan.disk, answers, &memory);
        let drift = drift(&scan.disk.items, &loaded.items, &profile);
        would_be_lost(&scan.disk, &memory, &profile);
        prove(&Plan::new(drift, Vec::new()), &loaded, answers);
    }
}

/// What may be remembered beside these files: nothing, the same files, and others.
fn memories(disk: &Disk, answers: &Answers) -> [Memory; 4] {
    let of = |disk: &Disk, before: Option<&Memory>, is_certain| Memory {
        instance: Some(disk.items.clone()),
        otherwise: Otherwise::of(disk, answers, before, is_certain),
        ..Memory::default()
    };
    let same = of(disk, None, true);
    [Memory::default(), of(disk, Some(&same), false), of(&Disk::default(), Some(&same), false), same]
}

fn prove(plan: &Plan, loaded: &Loaded, answers: &Answers) {
    let (failures, passed_over) = (BTreeMap::new(), BTreeMap::new());
    let after = After { still: &plan.changes, loaded, failures: &failures, answers, passed_over: &passed_over };
    let mut items = ReceiptItem::judge(&plan.changes, &after);
    items.extend(ReceiptItem::judge(&plan.changes, &After { still: &[], ..after }));
    ReceiptItem::doubt_plugins(&mut items, &plan.changes);
    Counts::of(answers, items.len());
    assert!(serde_json::from_value::<Receipt>(json!({ "items": items })).is_err(), "a receipt says more than that");
}

/// The scan of a directory that has been looked at before, with a schema and without.
fn scans(places: &Places) -> [Scan; 2] {
    check(places, Some(&SCHEMA));
    let mut scanner = Scanner::default();
    scanner.scan(places, None).expect("no fault");
    let again = scanner.rescan(places, Some(&SCHEMA), Some(&[places.directory.join("opencode.json")]));
    [scan(places, None).expect("no fault"), again.expect("no fault")]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    /// N16: no value under any key of any file, and no answer of an engine, makes a look fail.
    #[test]
    fn a_look_has_an_answer_to_everything(
        configs in [any_config(), any_config(), any_config()],
        fields in any_object(any_value()),
        environment in any_value(),
        answers in any_answers(),
    ) {
        let mut world = World::new();
        let [project, other, global] = configs.map(|config| config.to_string());
        world.write("p/opencode.json", &project);
        world.write("p/.opencode/opencode.jsonc", &other);
        world.write("home/.config/opencode/opencode.json", &global);
        // What is JSON is YAML.
        let markdown = format!("---\n{}\n---\nbody é", Value::from(fields));
        for path in ["agents/a.md", "commands/c.md", "modes/m.md", "skills/s/SKILL.md"] {
            world.write(&format!("p/.opencode/{path}"), &markdown);
        }
        let variables = [("OPENCODE_CONFIG_CONTENT", &project), ("OPENCODE_PERMISSION", &environment.to_string())];
        let home = world.root.path().join("home").display().to_string();
        let variables = variables.map(|(name, text)| (name.to_owned(), text.clone()));
        let environment = variables.into_iter().chain([("HOME".to_owned(), home)]).collect();
        world.places = Places::in_environment(&world.places.directory, environment).expect("places");
        for scan in scans(&world.places) {
            follow(&world.places, &scan, &answers);
            // An engine that has read these very files.
            let told = effective(&scan.disk.global, &scan.disk.layers);
            follow(&world.places, &scan, &Answers { config: told, global_config: scan.disk.global.clone(), ..answers.clone() });
        }
    }

    /// N16: nor does any text, whatever it is meant to be.
    #[test]
    fn a_look_has_an_answer_to_every_text(text in any::<String>(), variable in any_text(), cut in any::<prop::sample::Index>()) {
        let world = World::new();
        let torn: String = json!({"plugin": ["./é.ts"], "agent": {"é": {"prompt": text}}}).to_string();
        let torn: String = torn.chars().take(cut.index(torn.chars().count())).collect();
        world.write("p/opencode.json", &torn);
        world.write("p/opencode.jsonc", &format!("{{\"username\": \"{{file:{variable}}}{{env:{variable}}}\", // é\n{text}}}"));
        world.write("home/.config/opencode/opencode.json", &text);
        world.write("p/.opencode/agents/a.md", &format!("---\n{text}\n---\n{variable}"));
        world.write("p/.opencode/skills/s/SKILL.md", &format!("---\nname: s\ndescription: {text}\n---\n{torn}"));
        world.write("p/.opencode/plugins/a.ts", &format!("import '{variable}'; {text}"));
        for scan in scans(&world.places) {
            follow(&world.places, &scan, &Answers::default());
        }
    }
}

/// N16: an object is expected under each of these keys, and a text, a number, a list, nothing or a truth is there.
#[test]
fn values_of_the_wrong_shape_are_no_fault() {
    let world = World::new();
    let wrong = [json!("primary"), json!(5), json!(["a"]), json!(null), json!(true), json!({"a": "primary"})];
    for (key, wrong) in KEYS.iter().flat_map(|key| wrong.iter().map(move |wrong| (key, wrong))) {
        for value in [wrong.clone(), json!({"build": wrong}), json!([wrong]), json!({"build": {"options": wrong}})] {
            world.write("p/opencode.json", &json!({ *key: value }).to_string());
            let scan = scan(&world.places, None).unwrap_or_else(|fault| panic!("{key} {value}: {fault}"));
            let config = json!({ *key: value });
            let answers = Answers { config: config.clone(), global_config: config, ..Answers::default() };
            follow(&world.places, &scan, &answers);
        }
    }
}

/// N16: a nesting without end is a problem of its file, wherever it stands, and nothing ends by it.
#[test]
fn a_nesting_without_end_is_a_problem() {
    let nested = "[".repeat(100_000);
    let closed = format!("{nested}{}", "]".repeat(100_000));
    for text in [&nested, &closed] {
        let world = World::new();
        world.write("p/opencode.json", &format!("{{\"agent\": {{\"a\": {{\"x\": {text}}}}}}}"));
        world.write("p/package.json", text);
        let mut variables = Vec::from([("HOME".to_owned(), world.root.path().join("home").display().to_string())]);
        variables
            .extend(["OPENCODE_CONFIG_CONTENT", "OPENCODE_PERMISSION"].map(|name| (name.to_owned(), text.clone())));
        let places = Places::in_environment(&world.places.directory, variables.into_iter().collect()).expect("places");
        let scan = scan(&places, None).expect("no fault");
        assert!(
            scan.disk.broken.iter().any(|path| Path::new(path).ends_with("p/opencode.json")),
            "{:?}",
            scan.disk.broken
        );
        assert_eq!(check(&places, None).len(), 1);
        follow(&places, &scan, &Answers::default());
    }
}

/// N16: many of everything in two files. There is so much that comparing each with each would take minutes.
#[test]
fn many_entries_are_read_and_shown() {
    const MANY: usize = 10_000;
    let world = World::new();
    let list = |prefix: &str, ending: &str| -> Value {
        (0..MANY).map(|number| format!("{prefix}{number}{ending}")).collect::<Vec<_>>().into()
    };
    let map = |value: Value| Value::from((0..MANY).map(|n| (format!("n{n}"), value.clone())).collect::<Map<_, _>>());
    let config = |said: &str, plugins: Value| {
        json!({
            "plugin": plugins,
            "instructions": list(said, ""),
            "skills": {"paths": list(&format!("./{said}/"), "")},
            "agent": map(json!({"prompt": said})),
            "mcp": map(json!({"type": "local", "command": [said]})),
            "command": map(json!({"template": said})),
        })
    };
    world.write("p/opencode.json", &config("a", list("package-", "")).to_string());
    world.write("p/opencode.jsonc", &config("b", list("./missing/", ".ts")).to_string());
    let mut scanner = Scanner::default();
    let scan = scanner.scan(&world.places, None).expect("no fault");
    let placed = scan.warnings.iter().filter(|warning| warning.line == Some(1)).count();
    assert_eq!((scan.disk.plugin_specs.len(), placed), (2 * MANY, MANY), "each is told with its place");
    assert_eq!(scan.warnings.len(), MANY + 1, "and that not all of these folders of skills were looked into");
    let config = effective(&scan.disk.global, &scan.disk.layers);
    assert_eq!(config.pointer("/instructions").and_then(Value::as_array).map(Vec::len), Some(2 * MANY));
    let paths: Vec<_> = (0..MANY).map(|number| world.places.directory.join(format!("b/{number}/SKILL.md"))).collect();
    scanner.rescan(&world.places, None, Some(&paths)).expect("no fault");
    scanner.learn((0..2 * MANY).map(|number| format!("./c/{number}")).collect());
    // An engine that has none of it.
    let target = Target::by_record(&world.places);
    let seen = Observation { answers: Some(Answers::default()), ..Observation::default() };
    let seen = look::with_files(&seen, scan, Vec::new(), &mut target.memory());
    let differences = seen.differences();
    let shown = seen.drift.iter().filter(|change| !differences(change.id.as_str()).is_empty()).count();
    assert!(shown > 4 * MANY, "{shown} of {}", seen.drift.len());
    assert!(seen.rows(&world.places).len() > 4 * MANY);
    LastGood::of(&world.places).keep(&seen.scan, Standing::Seen).expect("kept");
}

/// N16: many files of one name, of which the engine takes one by chance, and many copies of one skill.
#[test]
fn many_files_of_one_name_are_read_and_shown() {
    const MANY: usize = 4_000;
    let world = World::new();
    for at in 0..MANY {
        world.write(&format!("p/.opencode/agent/a{at}.md"), &format!("---\nname: same\ndescription: {at}\n---\n"));
        let text = if at % 2 == 0 { "copy".to_owned() } else { at.to_string() };
        world.write(&format!("p/.opencode/skill/{at}/SKILL.md"), &format!("---\nname: {text}\n---\nBody."));
        world.write(&format!("p/.claude/skills/{at}/SKILL.md"), &format!("---\nname: other\n---\nBody {at}."));
    }
    let scan = Scanner::default().scan(&world.places, None).expect("no fault");
    assert_eq!(scan.disk.contested.values().map(Vec::len).sum::<usize>(), MANY - 1);
    let target = Target::by_record(&world.places);
    let config = json!({"agent": {"same": {"description": "what nobody says"}}});
    let answers = Answers { config, ..Answers::default() };
    let seen = Observation { answers: Some(answers), ..Observation::default() };
    let seen = look::with_files(&seen, scan, Vec::new(), &mut target.memory());
    assert!(seen.drift.iter().all(|change| change.name != "same"), "nothing is claimed of so many");
    let copies = seen.rows(&world.places).into_iter().filter(|row| row.name == "copy").collect::<Vec<_>>();
    assert_eq!(copies.iter().map(|row| row.also.len()).collect::<Vec<_>>(), [MANY / 2 - 1]);
}
