//! What a reload says it did, against what the engine says when it is asked past everything.

use std::fs;

use rekindle_domain::{Banner, Cause, RowState, Wish};
use rekindle_tests::{
    model::Model,
    proxy::{Fault, Rule},
    raw::installed,
    wait,
    world::{MCP_SERVER, World, plugin, skill, write},
};
use serde_json::{Value, json};

fn item<'a>(receipt: &'a Value, name: &str) -> &'a Value {
    let items = receipt["items"].as_array().expect("items");
    items.iter().find(|item| item["name"] == name).unwrap_or_else(|| panic!("{name}: {receipt}"))
}

/// C2, K2: the receipt names everything that became live, and counts what the engine has.
#[tokio::test(flavor = "multi_thread")]
async fn the_counts_are_the_engines_own() {
    let world = World::new();
    let engine = world.start_engine().await;
    world.write("server.mjs", MCP_SERVER);
    let servers = json!({
        "good": {"type": "local", "command": ["node", "server.mjs"]},
        "gone": {"type": "local", "command": ["/nowhere/at/all"]},
    });
    world.write("opencode.json", &json!({ "mcp": servers }).to_string());
    world.write(".opencode/plugins/hello.ts", &plugin("hello_tool"));
    world.write(".opencode/skills/tidy/SKILL.md", &skill("tidy", "body"));
    world.write(".opencode/agents/review.md", "---\ndescription: Reviews\nmode: subagent\n---\nReview.\n");
    world.write(".opencode/commands/sum.md", "---\ndescription: Sums up\n---\nSum up.\n");
    let reloaded = world.rekindle(&["reload", "--json"]).await;
    assert_eq!(reloaded.code, 1, "a server is not there: {reloaded:?}");
    let receipt = reloaded.json();
    for name in ["good", "hello.ts", "tidy", "review", "sum"] {
        assert_eq!(item(&receipt, name)["state"], "active", "{receipt}");
    }
    let gone = item(&receipt, "gone");
    assert_eq!((&gone["state"], gone["detail"].is_string()), (&json!("failed"), true), "{receipt}");

    let count = async |route: &str, key: Option<&str>| {
        let answer = engine.get(route).await;
        let list = key.map_or(&answer, |key| &answer[key]);
        list.as_array().map(Vec::len).or(list.as_object().map(serde_json::Map::len)).expect("a list")
    };
    let counts = &receipt["counts"];
    for (name, route, key) in [
        ("plugins", "/config", Some("plugin")),
        ("skills", "/skill", None),
        ("agents", "/agent", None),
        ("commands", "/command", None),
        ("mcp", "/mcp", None),
        ("tools", "/experimental/tool/ids", None),
        ("providers", "/config/providers", Some("providers")),
    ] {
        assert_eq!(counts[name], json!(count(route, key).await), "{name}: {counts}");
    }
}

/// C4, C5, P14: what fails is told once, whichever way the engine says it, and the rest is live; what failed
/// elsewhere stays told when the other is mended.
#[tokio::test(flavor = "multi_thread")]
async fn what_fails_does_not_hold_up_the_rest() {
    let world = World::new();
    world.start_engine().await;
    world.write(".opencode/plugins/load.ts", "throw new Error(\"boom at load\")\n");
    world.write(".opencode/plugins/init.ts", "export const P = async () => { throw new Error(\"boom at init\") }\n");
    world.write(".opencode/skills/tidy/SKILL.md", &skill("tidy", "body"));
    let receipt = world.rekindle(&["reload", "--json"]).await.json();
    assert_eq!((&receipt["result"], &receipt["counts"]["errors"]), (&json!("partial"), &json!(2)), "{receipt}");
    for (name, reason) in [("load.ts", "boom at load"), ("init.ts", "boom at init")] {
        let item = item(&receipt, name);
        let detail = item["detail"].as_str().unwrap_or_default();
        assert_eq!((&item["state"], detail.matches(reason).count()), (&json!("failed"), 1), "{receipt}");
    }
    assert_eq!(item(&receipt, "tidy")["state"], "active");

    world.write(".opencode/plugins/load.ts", &plugin("mended"));
    let receipt = world.rekindle(&["reload", "--json"]).await.json();
    assert_eq!((&item(&receipt, "load.ts")["state"], &receipt["counts"]["errors"]), (&json!("active"), &json!(1)));
    let rows = world.rekindle(&["list", "plugin", "--json"]).await.json();
    let row = rows.as_array().expect("rows").iter().find(|row| row["name"] == "init.ts").expect("it is listed");
    assert_eq!(row["state"], "failed", "{row}");
}

/// C3, K8: until the engine has shown everything, nothing of it is shown, and then all of it at once.
#[tokio::test(flavor = "multi_thread")]
async fn no_list_is_older_than_the_reload() {
    let world = World::new();
    let faulty = world.start_faulty_engine(Vec::new()).await;
    let app = world.core().await;
    let mut states = app.watch();
    world.write(".opencode/skills/tidy/SKILL.md", &skill("tidy", "body"));
    let pending = states.wait_for(|state| matches!(state.banner, Banner::Pending));
    drop(tokio::time::timeout(wait::BOUND, pending).await.expect("in time").expect("pending"));
    let mut held = faulty.faults.hold(Rule::once("GET /skill", Fault::None).after("POST /instance/dispose"));
    app.reload(Wish::new(Cause::Window)).await;
    held.arrived().await;
    let during = states.borrow_and_update().clone();
    assert!(matches!(during.banner, Banner::Reloading { .. }), "{:?}", during.banner);
    let state_of =
        |rows: &[rekindle_domain::Row]| rows.iter().find(|row| row.name == "tidy").map(|row| row.state.clone());
    assert!(matches!(state_of(&during.skills), Some(RowState::Waiting { .. })), "{:?}", during.skills);
    held.release();
    let ended = states.wait_for(|state| state.past.is_some());
    let ended = tokio::time::timeout(wait::BOUND, ended).await.expect("in time").expect("ended").clone();
    assert_eq!(state_of(&ended.skills), Some(RowState::Loaded));
    assert!(ended.status.changes.is_empty());
}

/// P9: a session that was interrupted goes on, if that is wished, and is named.
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_session_goes_on() {
    let world = World::new();
    let model = Model::start().await;
    world.write("opencode.json", &model.configuration().to_string());
    let engine = world.start_engine().await;
    let session = engine.start_run("Long work").await;
    world.write(".opencode/skills/tidy/SKILL.md", &skill("tidy", "body"));
    let receipt = world.rekindle(&["reload", "--force", "--resume", "--json"]).await.json();
    let resumed = json!([{ "session": session, "title": "Long work" }]);
    assert_eq!((&receipt["result"], &receipt["resumed"]), (&json!("proved"), &resumed), "{receipt}");
    wait::until("the session at work", async || {
        (engine.get("/session/status").await[&session]["type"] == "busy").then_some(())
    })
    .await;
    let messages = engine.get(&format!("/session/{session}/message")).await;
    let told = messages.as_array().expect("messages").iter().filter(|message| message["info"]["role"] == "user");
    assert_eq!(told.count(), 2, "{messages}");
    model.finish();
}

/// B2: where a person wants that, what worked before comes back by itself, byte for byte.
#[tokio::test(flavor = "multi_thread")]
async fn what_worked_comes_back_by_itself() {
    let world = World::new();
    let good = format!("// kept as it is 😀\r\n{}", plugin("works"));
    world.write(".opencode/plugins/p.ts", &good);
    write(&world.home(".config/rekindle/settings.json"), &json!({ "roll_back": true }).to_string());
    world.start_engine().await;
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    let broken = "throw new Error(\"boom\")\n";
    world.write(".opencode/plugins/p.ts", broken);
    let reloaded = world.rekindle(&["reload", "--json"]).await;
    let answer = reloaded.json();
    assert_eq!((reloaded.code, &answer["error"]["code"]), (2, &json!("rolled-back")), "{answer}");
    assert_eq!((&answer["result"], &answer["restored"]), (&json!("failed"), &json!(true)));
    assert_eq!(world.read(".opencode/plugins/p.ts"), good);
    assert!(world.engine().has_tool("works").await);
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    let kept = fs::read_dir(world.state("last-good").expect("copies").join("objects")).expect("objects");
    let is_kept =
        kept.filter_map(Result::ok).any(|object| fs::read(object.path()).is_ok_and(|text| text == broken.as_bytes()));
    assert!(is_kept, "what was there is kept");
}

/// B2, P8: taking back interrupts nobody either: what runs elsewhere goes on, and the files are as they were.
#[tokio::test(flavor = "multi_thread")]
async fn taking_back_interrupts_nobody() {
    let world = World::new();
    let model = Model::start().await;
    let other = world.home("code/other");
    installed(&other.join(".opencode"));
    write(&other.join("opencode.json"), &model.configuration().to_string());
    write(&world.home(".config/rekindle/settings.json"), &json!({ "roll_back": true }).to_string());
    world.write(
        ".opencode/tools/keeps.ts",
        "export default { description: \"test\", args: {}, async execute() { return \"\" } }\n",
    );
    let engine = world.start_engine().await;
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    let there = engine.in_directory(&other);
    there.start_run("Far away").await;
    world.write(".opencode/tools/bad.ts", "throw new Error(\"boom\")\n");
    let reloaded = world.rekindle(&["reload", "--json"]).await;
    let receipt = reloaded.json();
    assert_eq!(
        (reloaded.code, &receipt["result"], &receipt["restored"]),
        (2, &json!("failed"), &Value::Null),
        "{receipt}"
    );
    let message = receipt["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("the last good files are back, and") && message.contains("“Far away” is running"),
        "{message}"
    );
    assert!(!world.path(".opencode/tools/bad.ts").exists());
    assert_eq!(world.engine().pid, engine.pid);
    let status = there.get("/session/status").await;
    assert_eq!(status.as_object().map(serde_json::Map::len), Some(1), "{status}");
    model.finish();
}
