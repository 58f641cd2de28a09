//! What goes wrong, and what is done about it.

use rekindle_tests::{
    proxy::{self, Fault},
    world::{World, is_alive, plugin},
};
use serde_json::{Value, json};

/// N4: a directory that someone else bricked is recognised, and healed by a restart.
#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_directory_is_healed() {
    let world = World::new();
    let engine = world.start_engine().await;
    world.write("opencode.json", "{ broken");
    engine.ask(reqwest::Method::POST, "/instance/dispose", None).await;
    assert_eq!(engine.ask(reqwest::Method::GET, "/config", None).await.0, 400);
    world.write("opencode.json", "{\"share\": \"manual\"}");
    let status = world.rekindle(&["status", "--json"]).await.json();
    assert_eq!(status["engine"]["state"], "stuck");
    let receipt = world.rekindle(&["reload", "--json"]).await;
    assert_eq!((receipt.code, &receipt.json()["action"]), (0, &json!("restart")), "{receipt:?}");
    assert_eq!(world.engine().get("/config").await["share"], "manual");
}

/// P10: when a dispose fails, the engine is restarted, and the change is proved all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_dispose_that_fails_becomes_a_restart() {
    let world = World::new();
    let engine = world.start_engine().await;
    let fault =
        Fault::status("POST /instance/dispose", "500 Internal Server Error", "{\"name\":\"UnknownError\",\"data\":{}}");
    let through = proxy::start(&engine.url, fault).await;
    let path = world.state("engine.json").expect("a record");
    let text = std::fs::read_to_string(&path).expect("read");
    let mut record: Value = serde_json::from_str(&text).expect("JSON");
    record["url"] = json!(through);
    std::fs::write(&path, record.to_string()).expect("written");

    world.write(".opencode/plugins/hello.ts", &plugin("hello_tool"));
    let receipt = world.rekindle(&["reload", "--json"]).await;
    assert_eq!(receipt.code, 0, "{receipt:?}");
    let receipt = receipt.json();
    assert_eq!(receipt["action"], "restart");
    let steps: Vec<_> = receipt["steps"].as_array().expect("steps").iter().map(|step| step["name"].clone()).collect();
    assert_eq!(steps, ["check", "dispose", "check", "restart", "answer", "verify"]);
    assert!(!is_alive(engine.pid));
    assert!(world.engine().has_tool("hello_tool").await);
}

/// The same through a client: nothing may be restarted there, and the error says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_dispose_that_fails_in_client_mode_is_told() {
    let world = World::new();
    let engine = world.start_engine().await;
    let fault =
        Fault::status("POST /instance/dispose", "500 Internal Server Error", "{\"name\":\"UnknownError\",\"data\":{}}");
    let through = proxy::start(&engine.url, fault).await;
    world.write(".opencode/plugins/hello.ts", &plugin("hello_tool"));
    let password = [("REKINDLE_ENGINE_PASSWORD", engine.password())];
    let ran = world.rekindle_with(&["--engine", &through, "reload", "--yes", "--json"], &password).await;
    assert_eq!((ran.code, &ran.json()["result"]), (2, &json!("failed")), "{ran:?}");
    assert_eq!(world.rekindle(&["status"]).await.code, 1, "it is still pending");
    assert!(is_alive(engine.pid));
}

/// A global configuration that is broken when the engine starts: told, and nothing is left behind.
#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_cannot_start_says_why() {
    let world = World::new();
    rekindle_tests::world::write(&world.home(".config/opencode/opencode.json"), "{ broken");
    let ran = world.rekindle(&["engine", "start", "--json"]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    let message = ran.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("opencode.json") && message.contains("line 1, column 3"), "{message}");
    assert!(world.try_engine().is_none());
    let none =
        world.rekindle_with(&["engine", "start", "--json"], &[("REKINDLE_ENGINE", "/nowhere"), ("PATH", "")]).await;
    assert_eq!((none.code, &none.json()["error"]["code"]), (2, &json!("no-engine")));
}

/// N4: an engine that starts with a broken project is not asked, so it is not bricked.
#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_is_broken_from_the_start_is_not_bricked() {
    let world = World::new();
    world.write("opencode.json", "{ broken");
    world.start_engine().await;
    assert_eq!(world.rekindle(&["status"]).await.code, 1);
    world.write("opencode.json", "{\"share\": \"manual\"}");
    let status = world.rekindle(&["status", "--json"]).await;
    assert_eq!((status.code, &status.json()["engine"]["state"]), (0, &json!("running")));
    assert_eq!(world.engine().get("/config").await["share"], "manual");
}
