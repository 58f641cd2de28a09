//! What we say about the files on disk, and what the real engine says. N8: random layouts, from a
//! seed that is told, and every disagreement that was found as a case with a name.
//!
//! `REKINDLE_LAYOUTS=5000 REKINDLE_SEED=7` ask about more, or about others.

mod cases;
mod front_matter;
mod grammar;
mod worktrees;

use std::{collections::BTreeSet, env, sync::Arc};

use rekindle_app::files::{check::check, locate::Places, scan::scan};
use rekindle_domain::{Kind, Row, RowState};
use rekindle_opencode::{config::schema::Schema, effective, skill::frontmatter};
use rekindle_tests::{
    conformance::{self, Asked, BuiltIn, Engine, Inputs, Ours, Outcome, differences},
    layout::{Content, Home, Layout},
};
use rekindle_words::notice::{Front, placed};
use serde_json::{Map, Value, json};
use tokio::sync::{Mutex, OnceCell};

/// The seed of every run that names no other.
const SEED: u64 = 11833;
/// How many layouts one engine is asked about.
const GROUP: u64 = 20;

fn number(variable: &str, otherwise: u64) -> u64 {
    env::var(variable).map_or(otherwise, |text| text.parse().unwrap_or_else(|error| panic!("{variable}: {error}")))
}

/// Compares about so many random layouts with what a prediction says, half of them at a time.
async fn random<P: AsyncFn(&Inputs<'_>) -> Ours>(seed: u64, count: u64, prediction: impl Fn() -> P) -> Outcome {
    let built_in = BuiltIn::learn().await;
    let half = async |parity: u64| {
        let mut outcome = Outcome::default();
        for group in (0..count.div_ceil(GROUP)).filter(|group| group % 2 == parity) {
            let numbers = group * GROUP..count.min((group + 1) * GROUP);
            let layouts: Vec<_> = numbers.map(|index| Layout::random(seed, index)).collect();
            let home = Home::random(seed, group);
            outcome.add(conformance::compare(&home, &layouts, &built_in, prediction()).await);
        }
        outcome
    };
    let (mut all, other) = tokio::join!(half(0), half(1));
    all.add(other);
    all
}

/// What another engine says that was started afresh.
fn another_engine() -> impl AsyncFn(&Inputs<'_>) -> Ours {
    let engine: Mutex<Option<Engine>> = Mutex::new(None);
    async move |inputs: &Inputs<'_>| {
        let mut engine = engine.lock().await;
        if engine.is_none() {
            *engine = Some(Engine::start_with(inputs.environment.to_vec()).await);
        }
        let engine = engine.as_ref().expect("started");
        let asked = engine.ask(inputs.directory).await;
        Ours {
            config: asked.config,
            global: engine.global().clone(),
            skills: asked.skills,
            has_all_candidates: false,
            tools: asked.tools,
            refused: asked.refused,
        }
    }
}

/// What we say: the scan of the product, and its check of what would be refused.
fn ours() -> impl AsyncFn(&Inputs<'_>) -> Ours {
    async |inputs: &Inputs<'_>| {
        let schema = SCHEMA.get_or_init(schema).await;
        let environment = inputs.environment.iter().cloned().collect();
        let places = Places::in_environment(inputs.directory, environment).expect("places");
        let disk = scan(&places, Some(schema)).expect("no fault");
        let problem = check(&places, Some(schema)).into_iter().next();
        let tools = disk.disk.items.iter().filter(|item| item.kind == Kind::Tool).map(|item| item.name.clone());
        Ours {
            config: effective(&disk.disk.global, &disk.disk.layers),
            global: disk.disk.global.clone(),
            skills: skills(&disk.rows),
            has_all_candidates: true,
            tools: Some(tools.collect()),
            refused: problem.map(|problem| placed(&problem, Front::Command)),
        }
    }
}

static SCHEMA: OnceCell<Schema> = OnceCell::const_new();

async fn schema() -> Schema {
    let root = tempfile::tempdir().expect("a folder");
    let base = root.path().canonicalize().expect("the folder");
    Home::empty().write(&base);
    let doc = Engine::start(&base, &Home::empty()).await.doc().await;
    Schema::from_doc(&doc).expect("a schema")
}

/// Every skill that was found and can be read, as the engine would report it.
fn skills(rows: &[Arc<Row>]) -> Vec<Value> {
    let found = rows.iter().filter(|row| row.kind == Kind::Skill && !matches!(row.state, RowState::NotRead { .. }));
    let read = found.map(|row| {
        let text = std::fs::read_to_string(&row.source).expect("a skill");
        let skill = frontmatter::skill(&text).expect("a skill");
        json!({"name": skill.name, "description": skill.description, "location": row.source, "content": skill.body})
    });
    read.collect()
}

#[tokio::test]
async fn random_layouts_are_read_as_the_engine_reads_them() {
    let (seed, count) = (number("REKINDLE_SEED", SEED), number("REKINDLE_LAYOUTS", 300));
    let outcome = random(seed, count, ours).await;
    outcome.assert_none(&format!("seed {seed}, {count} layouts"));
    let refused = outcome.refused * 100 / outcome.asked;
    assert!((1..=12).contains(&refused), "{refused} % of the layouts are refused: most have to be read");
}

/// What is compared is what the files determine: two engines that start afresh say the same. This
/// is what allows to call a difference between us and the engine our mistake.
#[tokio::test]
async fn two_fresh_engines_agree_about_random_layouts() {
    let outcome = random(SEED + 1, 60, another_engine).await;
    outcome.assert_none("two engines");
}

#[tokio::test]
async fn named_layouts_are_read_as_the_engine_reads_them() {
    let cases = cases::all();
    let layouts: Vec<_> = cases.iter().map(|case| case.layout.clone()).collect();
    let outcome = conformance::compare(&Home::empty(), &layouts, &BuiltIn::learn().await, ours()).await;
    let wrong = cases.iter().zip(&outcome.seen).filter_map(|(case, seen)| {
        let found = seen.pointer(case.pointer).unwrap_or(&Value::Null);
        (*found != case.expected).then(|| format!("{}{}: {found}, not {}", case.layout, case.pointer, case.expected))
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "the engine reads {} otherwise than we know\n\n{}", wrong.len(), wrong.join("\n\n"));
    outcome.assert_none("named layouts");
}

/// Each text once as a skill and once as a mode, of which the engine leaves out those that it cannot read.
#[tokio::test]
async fn front_matter_is_read_as_the_engine_reads_it() {
    let texts = front_matter::texts();
    let layout = texts.iter().enumerate().fold(Layout::named("front matter"), |layout, (index, text)| {
        let named = |kind: &str| text.replace('@', &format!("{kind}{index}"));
        let layout = layout.file(&format!(".agents/skills/{index}/SKILL.md"), &named("skill"));
        layout.file(&format!(".opencode/mode/file{index}.md"), &named("mode"))
    });
    let outcome = conformance::compare(&Home::empty(), &[layout], &BuiltIn::learn().await, ours()).await;
    let read = outcome.seen[0]["skill"].as_object().map_or(0, Map::len);
    assert!(
        (100..texts.len() - 100).contains(&read),
        "{read} of {} are skills: both kinds have to be there",
        texts.len()
    );
    outcome.assert_none("front matter");
}

#[test]
fn a_difference_is_seen_and_only_what_is_left_to_chance_is_not() {
    let config = json!({
        "username": "system", "plugin": ["a", "file:///p/plugin/x.ts", "file:///p/plugins/y.ts"], "n": 1,
        "agent": {"a": {"prompt": "x", "model": "p/m"}}, "command": {"c": {"template": "t"}},
    });
    let skill = json!({"name": "s", "description": null, "location": "/s", "content": "c"});
    let built_in = BuiltIn { user: "system".to_owned(), ..BuiltIn::default() };
    let asked = Asked {
        unordered: BTreeSet::new(),
        agents: vec![json!({"name": "a", "prompt": "x", "model": {"providerID": "p", "modelID": "m"}})],
        commands: vec![json!({"name": "c", "template": "t"}), json!({"name": "s"})],
        skills: vec![skill.clone()],
        tools: Some(BTreeSet::from(["t".to_owned()])),
        config: config.clone(),
        refused: None,
    };
    let check = |change: fn(&mut Ours), expected: &[&str]| {
        let mut ours = Ours {
            config: config.clone(),
            skills: vec![skill.clone()],
            tools: asked.tools.clone(),
            has_all_candidates: true,
            ..Ours::default()
        };
        change(&mut ours);
        let found = differences(&Home::empty(), &Layout::named("x"), &built_in, &ours, &asked);
        let pointers: Vec<_> = found.iter().map(|difference| difference.pointer.as_str()).collect();
        assert_eq!(pointers, expected, "{found:?}");
    };
    check(|_| {}, &[]);
    check(|ours| ours.config["n"] = json!(1.0), &[]);
    check(|ours| drop(ours.config.as_object_mut().and_then(|map| map.remove("username"))), &[]);
    check(|ours| ours.config["plugin"] = json!(["a", "file:///p/plugins/y.ts", "file:///p/plugin/x.ts"]), &[]);
    check(|ours| ours.skills.push(json!({"name": "s", "location": "/other"})), &[]);
    check(|ours| ours.config["username"] = json!("other"), &["/config/username"]);
    check(|ours| ours.config["n"] = Value::Null, &["/config/n"]);
    check(|ours| drop(ours.config.as_object_mut().and_then(|map| map.remove("n"))), &["/config/n"]);
    check(
        |ours| ours.config["plugin"] = json!(["file:///p/plugin/x.ts", "a", "file:///p/plugins/y.ts"]),
        &["/config/plugin/0", "/config/plugin/1"],
    );
    check(
        |ours| ours.config["agent"]["a"]["model"] = json!("p/other"),
        &["/config/agent/a/model", "/agent/a/model/modelID"],
    );
    check(|ours| ours.config["command"]["d"] = json!({}), &["/config/command/d", "/command"]);
    check(|ours| ours.skills[0]["content"] = json!("other"), &["/skill/s"]);
    check(|ours| ours.skills.clear(), &["/command", "/skill"]);
    check(|ours| ours.tools = Some(BTreeSet::new()), &["/tool"]);
    check(|ours| ours.refused = Some(String::new()), &["refused"]);
}

#[test]
fn a_seed_and_a_number_always_give_the_same_layout() {
    for index in 0..50 {
        assert_eq!(Layout::random(SEED, index), Layout::random(SEED, index));
        assert_eq!(Home::random(SEED, index), Home::random(SEED, index));
        assert_ne!(Layout::random(SEED, index).entries, Layout::random(SEED + 1, index).entries);
        assert_ne!(Layout::random(SEED, index).entries, Layout::random(SEED, index + 1).entries);
    }
}

#[test]
fn random_layouts_hold_everything_that_the_engine_reads() {
    let entries = (0..300).flat_map(|index| Layout::random(SEED, index).entries);
    let entries = entries.chain((0..15).flat_map(|index| Home::random(SEED, index).entries));
    let mut seen = BTreeSet::new();
    for entry in entries {
        let (text, link) = match &entry.content {
            Content::Text(text) => (text.as_str(), false),
            Content::Link(_) => ("", true),
            Content::Folder => ("", false),
        };
        let mut see = |what: &'static str, there: bool| {
            if there {
                seen.insert(what);
            }
        };
        for part in ["opencode.json", "opencode.jsonc", "config.json", "/agent/", "/agents/", "/mode/", "/modes/"] {
            see(part, entry.path.ends_with(part) || entry.path.contains(part));
        }
        for part in ["/command/", "/commands/", "/skill/", "/skills/", "/plugin/", "/plugins/", "/tool/", "/tools/"] {
            see(part, entry.path.contains(part));
        }
        see("a skill", entry.path.ends_with("/SKILL.md"));
        see("a link", link);
        see("a mark at the beginning", text.starts_with('\u{feff}'));
        see("other line ends", text.contains("\r\n"));
        for part in
            ["{env:REKINDLE_WORD}", "{file:", "// ", "/* ", ",\n}", "\\u0061", "\"plugin\"", "\"mcp\"", "\"agents\""]
        {
            see(part, text.contains(part));
        }
    }
    assert_eq!(seen.len(), 28, "{seen:?}");
}
