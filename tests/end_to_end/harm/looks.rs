//! Looks at files and answers of shapes that nobody expects, and clocks that go back.

use std::fs;

use rekindle_app::{
    engine::client::Credentials,
    workspace::{App, Source},
};
use rekindle_domain::EngineState;
use rekindle_tests::{
    proxy::{self, Fault, Faults, Rule},
    wait,
    world::{Ran, World, plugin, skill},
};
use serde_json::{Value, json};

const GLOBAL: &str = "GET /global/config";

/// What is told of a status: its exit code, and the changes and problems in it.
fn told(ran: &Ran) -> (i32, Vec<Value>, Vec<Value>) {
    let status = ran.json();
    let list = |key: &str| status[key].as_array().cloned().unwrap_or_else(|| panic!("{key}: {ran:?}"));
    (ran.code, list("changes"), list("problems"))
}

/// N16: a value that is no object where one is expected is a problem of its file: nothing else counts as
/// removed, nothing is loaded, and what is needed just then works: taking a skill away, and going back to the
/// last good files.
#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_the_wrong_shape_is_a_problem_and_nothing_more() {
    let world = World::new();
    world.write("opencode.json", r#"{"instructions": ["a.md"], "command": {"c": {"template": "t"}}}"#);
    world.write(".opencode/skills/s/SKILL.md", &skill("s", "one"));
    world.write(".opencode/agents/a.md", "Help.");
    world.start_engine().await;
    let good = world.read("opencode.json");
    for (key, wrong) in [
        ("mode", json!({"build": "primary"})),
        ("mode", json!(["primary"])),
        ("agent", json!({"a": 5})),
        ("mcp", json!({"m": {"type": "local", "command": "x"}})),
        ("plugin", json!({"0": "x"})),
        ("instructions", json!({"0": "a.md"})),
    ] {
        let text = json!({"instructions": ["a.md"], "command": {"c": {"template": "t"}}, key: wrong}).to_string();
        world.write("opencode.json", &text);
        let ran = world.rekindle(&["status", "--json"]).await;
        let (code, changes, problems) = told(&ran);
        assert_eq!((code, problems.len()), (1, 1), "{text}: {ran:?}");
        assert!(problems[0]["path"].as_str().is_some_and(|path| path.ends_with("opencode.json")), "{ran:?}");
        let gone: Vec<_> = changes.iter().filter(|change| change["change"] == "removed").collect();
        // What the file does not say any more may be told; what is elsewhere may not.
        assert!(gone.iter().all(|change| change["id"] == "instructions:project:instructions"), "{text}: {gone:?}");
        let listed = world.rekindle(&["list", "--json"]).await;
        assert_eq!(listed.code, 0, "{text}: {listed:?}");
    }
    assert_eq!(world.rekindle(&["reload"]).await.code, 3);
    let removed = world.rekindle(&["skill", "remove", "s"]).await;
    assert_eq!((removed.code, world.path(".opencode/skills/s").exists()), (0, false), "{removed:?}");
    assert_eq!(world.rekindle(&["undo"]).await.code, 0);
    assert!(world.path(".opencode/skills/s/SKILL.md").exists());
    let restored = world.rekindle(&["undo", "--last-good"]).await;
    assert_eq!((restored.code, world.read("opencode.json")), (0, good), "{restored:?}");
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
}

/// N16: an engine that answers with something of another shape is told so, nothing is made of it, and it is asked
/// again by itself until it answers.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_the_wrong_shape_is_told_and_asked_for_again() {
    let world = World::new();
    world.write("opencode.json", r#"{"instructions": ["a.md"]}"#);
    let (engine, faults) = (world.start_engine().await, Faults::default());
    let url = proxy::start(&engine.url, &faults).await;
    let password = [("REKINDLE_ENGINE_PASSWORD", engine.password())];
    for (route, wrong) in [(GLOBAL, "[]"), (GLOBAL, "\"text\""), (GLOBAL, "null"), (GLOBAL, "5"), ("GET /config", "[]")]
    {
        faults.clear();
        faults.add(Rule::every(route, Fault::json(200, wrong)));
        let ran = world.rekindle_with(&["--engine", &url, "status", "--json"], &password).await;
        assert_eq!((ran.code, told(&ran).1), (2, vec![]), "{wrong}: {ran:?}");
        let message = ran.json()["engine"]["message"].to_string();
        assert!(message.contains(route.trim_start_matches("GET ")), "{wrong}: {message}");
    }
    // An object of which nothing inside is as it should be.
    let odd =
        json!({"mode": {"build": "primary"}, "agent": ["a"], "plugin": {"x": 1}, "mcp": "m", "command": 5}).to_string();
    for route in [GLOBAL, "GET /config"] {
        faults.clear();
        faults.add(Rule::every(route, Fault::json(200, &odd)));
        let ran = world.rekindle_with(&["--engine", &url, "status", "--json"], &password).await;
        assert!([0, 1].contains(&ran.code), "{route}: {ran:?}");
    }
    faults.clear();
    faults.add(Rule::every(GLOBAL, Fault::json(200, "[]")));
    let credentials = Credentials { username: "opencode".to_owned(), password: Some(engine.password().to_owned()) };
    let app = App::start(world.places(), Source::Client { url, credentials }, 0);
    let state = app.watch();
    let is_told = async || {
        let state = state.borrow();
        let message = state.status.engine.message.as_ref().map(rekindle_words::window::told).unwrap_or_default();
        (message.contains("/global/config") && state.status.changes.is_empty()).then_some(())
    };
    wait::until("the error", is_told).await;
    let asked = faults.count(GLOBAL);
    wait::until("another question", async || (faults.count(GLOBAL) > asked + 1).then_some(())).await;
    assert!(state.borrow().counts.is_none(), "nothing was made of it");
    faults.clear();
    wait::until("an answer", async || {
        let state = state.borrow();
        (state.status.engine.state == EngineState::Running && state.counts.is_some()).then_some(())
    })
    .await;
}

/// N16: a clock that was put back between two starts hides nothing: what is remembered of the engine that runs is
/// its own, and changed code is pending.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_put_back_hides_nothing() {
    let world = World::new();
    world.write(".opencode/plugins/p.ts", &plugin("one"));
    world.start_engine().await;
    let ran = world.rekindle(&["status", "--json"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(world.rekindle(&["engine", "stop"]).await.code, 0);
    // As if it had been started when the clock was years ahead.
    let path = world.state("memory.json").expect("a memory");
    let mut memory: Value = serde_json::from_str(&fs::read_to_string(&path).expect("read")).expect("JSON");
    assert!(memory["identity"]["started_at"].is_string(), "{memory}");
    memory["identity"]["started_at"] = json!("2099-01-01T00:00:00.000Z");
    fs::write(&path, memory.to_string()).expect("written");
    world.start_engine().await;
    let ran = world.rekindle(&["status", "--json"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    world.write(".opencode/plugins/p.ts", &plugin("two"));
    let ran = world.rekindle(&["status", "--json"]).await;
    let (code, changes, _) = told(&ran);
    assert_eq!((code, changes.len()), (1, 1), "{ran:?}");
    assert_eq!((&changes[0]["change"], &changes[0]["action"]), (&json!("changed"), &json!("restart")), "{ran:?}");
}
