//! What the engine says of plugins that fail: while they are loaded by an event, later in its log alone.

use std::time::Duration;

use rekindle_app::{
    engine::{
        client::{Client, Credentials},
        events::Events,
        log::LogMark,
    },
    files::locate::Places,
};
use rekindle_tests::{
    wait,
    world::{World, write},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::engine;
use rekindle_opencode::events::EngineEvent;

const THROWS: &str = "export const P = async () => { throw new Error(\"boom: at \\\"init\\\"\\nsecond line\") }\n";
const IN_HOOK: &str = "export const P = async () => ({ config() { throw new Error(\"boom in hook\") } })\n";
const NO_FUNCTION: &str = "export const P = 5\n";

/// P14, B7: the log names the plugin and the reason; lines of before, and of other directories, do not
/// count; after the next dispose it is told again.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_what_failed() {
    let world = World::new();
    let (init, none) = (".opencode/plugins/in it ü.ts", ".opencode/plugins/none.ts");
    world.write(init, THROWS);
    world.write(none, NO_FUNCTION);
    world.write(".opencode/plugins/hook.ts", IN_HOOK);
    let environment = world.environment().into_iter();
    let environment = environment.map(|(name, value)| (name.to_owned(), value.display().to_string())).collect();
    let places = Places::in_environment(world.project(), environment).expect("places");
    let engine = engine(&world).await;
    let credentials = Credentials { username: String::new(), password: None };
    let client = Client::new(engine.url(), &world.project().display().to_string(), credentials).expect("a client");
    let told = |file: &str, why: &str| format!("Failed to load plugin file://{}: {why}", world.path(file).display());
    let mut expected = vec![
        "plugin config hook failed: boom in hook".to_owned(),
        told(init, "boom: at \"init\""),
        told(none, "Plugin export is not a function"),
    ];
    expected.sort();
    for _ in 0..2 {
        let mark = LogMark::now(&places);
        assert_eq!(engine.ask(Method::GET, "/config", world.project()).await.0, 200);
        let mut failures = mark.settled(&client).await.expect("a line");
        failures.sort();
        assert_eq!(failures, expected);
        let mark = LogMark::now(&places);
        let other = world.home("code/other");
        write(&other.join("opencode.json"), "{}");
        assert_eq!(engine.ask(Method::GET, "/config", &other).await.0, 200);
        assert_eq!(mark.settled(&client).await, Ok(Vec::new()));
        engine.dispose(world.project()).await;
    }
}

/// N3: each creation of an instance is told, and before what fails in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_creation_is_told_before_its_failures() {
    let world = World::new();
    world.write(".opencode/plugins/p.ts", "throw new Error(\"boom\")\n");
    let engine = engine(&world).await;
    let credentials = Credentials { username: String::new(), password: None };
    let client = Client::new(engine.url(), &world.project().display().to_string(), credentials).expect("a client");
    let mut events = Events::open(&client).await.expect("a stream");
    wait::until("the stream to hear", async || {
        engine.dispose(world.project()).await;
        events.disposed(Duration::from_secs(1), &mut Vec::new()).await.then_some(())
    })
    .await;
    for _ in 0..2 {
        events.skip().await;
        assert!(!events.has_heard_loading());
        assert_eq!(engine.ask(Method::GET, "/config", world.project()).await.0, 200);
        let failure = wait::until("the failure", async || match events.next().await? {
            EngineEvent::PluginFailed(message) => Some(message),
            _ => None,
        });
        assert!(failure.await.contains("boom"));
        assert!(events.has_heard_loading());
        engine.dispose(world.project()).await;
        assert!(events.disposed(Duration::from_secs(10), &mut Vec::new()).await);
    }
}

/// The first look tells what failed; a config hook is told of the only plugin that can have it.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_fails_when_it_begins_is_shown() {
    let cases = [
        (THROWS, "boom: at \"init\""),
        (IN_HOOK, "its config hook failed: boom in hook"),
        (NO_FUNCTION, "Plugin export is not a function"),
    ];
    for (code, expected) in cases {
        let world = World::new();
        world.write(".opencode/plugins/p.ts", code);
        world.start_engine().await;
        let rows = world.rekindle(&["list", "plugin", "--json"]).await.json();
        let row: &Value = &rows[0];
        assert_eq!((&row["state"], &row["message"]), (&json!("failed"), &json!(expected)), "{row}");
    }
}
