//! Files that the engine cannot load, before it starts, while it starts, and by someone else's hand.

use rekindle_tests::world::World;
use serde_json::json;

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
