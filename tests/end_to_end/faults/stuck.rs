//! Files that the engine cannot load, before it starts, while it starts, and by someone else's hand.

use rekindle_tests::{
    proxy::{Fault, Rule},
    world::World,
};
use serde_json::json;

use super::bed::DISPOSE;

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
    assert!(message.contains("opencode.json:1:3"), "{message}");
    assert!(world.try_engine().is_none());
    // What an engine of this program accepts is known once one has run: then a wrong type has a place, too.
    rekindle_tests::world::write(&world.home(".config/opencode/opencode.json"), "{}");
    world.start_engine().await;
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    assert_eq!(world.rekindle(&["engine", "stop"]).await.code, 0);
    rekindle_tests::world::write(
        &world.home(".config/opencode/opencode.json"),
        "{\n  \"share\": \"auto\",\n  \"model\": 1\n}",
    );
    let ran = world.rekindle(&["engine", "start", "--json"]).await;
    let message = ran.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
    assert!(ran.code == 2 && message.contains("opencode.json:3:12") && message.contains("“model”"), "{ran:?}");
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

/// N4: a file that someone breaks in the moment of the dispose: it is named, nobody of ours asks the
/// directory, and once it is mended the engine answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_breaks_in_the_moment_of_the_dispose_bricks_nothing() {
    let world = World::new();
    let faulty = world.start_faulty_engine(Vec::new()).await;
    let pid = world.engine().pid;
    world.write("opencode.json", r#"{"share": "manual"}"#);
    let mut dispose = faulty.faults.hold(Rule::once(DISPOSE, Fault::None));
    let (ran, ()) = tokio::join!(world.rekindle(&["reload", "--json"]), async {
        dispose.arrived().await;
        world.write("opencode.json", "{ broken");
        dispose.release();
    });
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.out.contains("opencode.json"), "{ran:?}");
    assert_eq!(world.rekindle(&["status"]).await.code, 1);
    let asked = faulty.faults.asked();
    let dispose = asked.iter().position(|asked| asked == DISPOSE).expect("a dispose");
    let creates = |asked: &&String| !["GET /global/", "GET /doc"].iter().any(|start| asked.starts_with(start));
    assert_eq!(asked[dispose + 1..].iter().filter(creates).count(), 0, "{asked:?}");
    world.write("opencode.json", r#"{"share": "manual"}"#);
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert_eq!((world.engine().get("/config").await["share"].clone(), world.engine().pid), (json!("manual"), pid));
}
