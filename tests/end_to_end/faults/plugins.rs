//! Plugins that keep an engine from loading a directory, or fail in it.

use rekindle_tests::{
    proxy::{self, Fault, Faults, Rule},
    wait,
    world::{Ran, World},
};
use serde_json::json;

use super::bed::DISPOSE;

const EVENTS: &str = "GET /global/event";
const LOG: &str = "POST /log";

/// A plugin whose start is this.
fn starting(body: &str) -> String {
    format!("export const Plugin = async () => {{ {body}; return {{}} }}\n")
}

fn message(ran: &Ran) -> String {
    ran.json()["error"]["message"].as_str().unwrap_or_default().to_owned()
}

/// P7: a plugin that takes its time is waited for, and meanwhile anyone can see that it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_takes_20_seconds_is_proved() {
    let world = World::new();
    let faulty = world.start_faulty_engine(Vec::new()).await;
    world.write(".opencode/plugins/slow.ts", &starting("await Bun.sleep(20_000)"));
    let (ran, status) = tokio::join!(world.rekindle(&["reload", "--json"]), async {
        wait::until("the new instance", async || {
            let asked = faulty.faults.asked();
            let dispose = asked.iter().position(|asked| asked == DISPOSE)?;
            asked[dispose..].iter().any(|asked| asked == "GET /config").then_some(())
        })
        .await;
        let soon = world.rekindle(&["status", "--json", "--wait", "1"]).await;
        assert!(soon.json()["engine"]["message"].as_str().is_some_and(|told| told.contains("after 1 s")), "{soon:?}");
        let later = world.rekindle(&["status", "--json"]).await;
        // Whoever wants to wait is told what came of it.
        let last = world.rekindle(&["status", "--json", "--wait", "120"]).await;
        assert_eq!(last.json()["engine"]["state"], "running", "{last:?}");
        later
    });
    let status = (status.code, status.json()["engine"].clone());
    assert_eq!((status.0, &status.1["state"]), (2, &json!("starting")), "{status:?}");
    assert!(status.1["message"].as_str().unwrap_or_default().contains("still loading"), "{status:?}");
    assert_eq!((ran.code, &ran.json()["action"]), (0, &json!("dispose")), "{ran:?}");
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
}

/// P7: a plugin that never lets the engine load the directory: told after a bound, with what was waited for;
/// without it everything is well again.
async fn a_plugin_that_hangs_is_told(body: &str) {
    let world = World::new();
    world.start_engine().await;
    world.write(".opencode/plugins/hangs.ts", &starting(body));
    let ran = world.rekindle_with(&["reload", "--json"], &[("REKINDLE_LOADING_SECONDS", "6")]).await;
    assert_eq!((ran.code, &ran.json()["result"]), (2, &json!("failed")), "{ran:?}");
    let message = message(&ran);
    assert!(message.contains("load") && message.contains("hangs.ts"), "{message}");
    let status = world.rekindle(&["status", "--json"]).await;
    assert_eq!((status.code, &status.json()["engine"]["state"]), (2, &json!("starting")), "{status:?}");
    std::fs::remove_file(world.path(".opencode/plugins/hangs.ts")).expect("removed");
    let ran = world.rekindle_with(&["reload", "--json"], &[("REKINDLE_LOADING_SECONDS", "6")]).await;
    assert_eq!((ran.code, &ran.json()["action"]), (0, &json!("restart")), "{ran:?}");
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
}

/// P7: see above.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_never_returns_is_told() {
    a_plugin_that_hangs_is_told("await new Promise(() => {})").await;
}

/// P7: the whole process does not answer any more, not even about its health.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_loops_is_told() {
    a_plugin_that_hangs_is_told("while (true) {}").await;
}

/// N3: what a plugin throws when it starts is only in the engine's log, and is told all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_throws_is_not_proved() {
    let world = World::new();
    world.start_engine().await;
    world.write(".opencode/plugins/throws.ts", &starting("throw new Error(\"boom at init\")"));
    let ran = world.rekindle(&["reload", "--json"]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    let item = ran.json()["items"][0].clone();
    assert_eq!(item["state"], "failed", "{item}");
    assert!(item["detail"].as_str().unwrap_or_default().contains("boom at init"), "{item}");
}

/// N3: the engine lists a plugin that failed, too, and says that it did by an event alone: only an engine
/// that was heard proves one.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_not_proved_by_an_engine_that_was_not_heard() {
    const BROKEN: &str = "throw new Error(\"boom while it is loaded\")\n";
    let (boom, lost) = ("boom while it is loaded", "its report of failed plugins was lost");
    let world = World::new();
    let faulty = world.start_faulty_engine(Vec::new()).await;
    for (at, (code, rule, state, told)) in [
        // As when the connection is still one to the process before.
        (BROKEN, Rule::once(EVENTS, Fault::Reset), "failed", boom),
        (BROKEN, Rule::once(LOG, Fault::Reset), "failed", boom),
        (BROKEN, Rule::every(EVENTS, Fault::broken()), "unknown", lost),
        (&starting(""), Rule::every(LOG, Fault::broken()), "unknown", lost),
    ]
    .into_iter()
    .enumerate()
    {
        // A file of its own: the engine keeps a module for its life.
        let plugin = format!(".opencode/plugins/{at}.ts");
        world.write(&plugin, code);
        faulty.faults.add(rule);
        let ran = world.rekindle(&["reload", "--json"]).await;
        assert_eq!((ran.code, &ran.json()["result"]), (1, &json!("partial")), "{ran:?}");
        let item = ran.json()["items"][0].clone();
        assert_eq!(item["state"], state, "{item}");
        assert!(item["detail"].as_str().unwrap_or_default().contains(told), "{item}");
        faulty.faults.clear();
        std::fs::remove_file(world.path(&plugin)).expect("removed");
        assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    }
}

/// P14: a package that does not exist is named, with what the registry said.
#[tokio::test(flavor = "multi_thread")]
async fn a_package_that_does_not_exist_is_not_proved() {
    let world = World::new();
    let registry = Faults::default();
    registry.add(Rule::every("*", Fault::json(404, "{\"error\":\"Not found\"}")));
    let registry = proxy::start("http://127.0.0.1:1", &registry).await;
    let ran = world.rekindle_with(&["engine", "start"], &[("NPM_CONFIG_REGISTRY", &registry)]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(world.rekindle(&["plugin", "add", "there-is-no-such-package"]).await.code, 0);
    let ran = world.rekindle(&["reload", "--json"]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    let item = ran.json()["items"][0].clone();
    assert_eq!((&item["name"], &item["state"]), (&json!("there-is-no-such-package"), &json!("failed")), "{item}");
    assert!(item["detail"].as_str().unwrap_or_default().contains("404"), "{item}");
}
