//! What goes wrong, and the way out that the window offers.

use std::fs;

use rekindle_tests::{
    model::Model,
    proxy::{Fault, Rule},
    raw::installed,
    wait,
    window::Window,
    world::{MCP_SERVER, World, is_alive, plugin, write},
};
use reqwest::Method;
use serde_json::json;

/// Restores the last good files, of which one is told in these words.
async fn restore(window: &Window, told: &str) {
    window.click("restore-last-good").await;
    window.text_with("restored-file", told).await;
    window.click("confirm-restore").await;
    window.gone("[role='dialog'][open]").await;
}

/// K2, N3, N6, B7: what is not proved is named with its reason, a process that stayed can be ended, and the
/// receipt can be passed on. B2: the last good files come back from a plugin that fails, and from one that
/// lets the engine hang; the banner goes on by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_fails_is_named_and_set_aside() {
    let world = World::new();
    let leave = "import { spawn } from \"node:child_process\"\n\
        spawn(\"sh\", [\"-c\", \"setsid sleep 120 &\"], { detached: true, stdio: \"ignore\" })\n";
    world.write("server.mjs", &format!("{leave}{MCP_SERVER}"));
    let server = json!({"type": "local", "command": ["node", "server.mjs"]});
    world.write("opencode.json", &json!({"mcp": {"leaving": server}}).to_string());
    world.write(".opencode/plugins/one.ts", &plugin("one_tool"));
    let window = Window::open_with(&world, &[], &[("REKINDLE_LOADING_SECONDS", "10")]).await;
    window.engine_runs().await;
    window.click("nav-plugins").await;
    world.write(".opencode/plugins/throws.ts", "throw new Error(\"boom\")\n");
    window.banner("pending").await;
    window.click("reload").await;
    window.find_css("[data-banner='ended'][data-result='partial']").await;
    let why = window.text("unproved").await;
    assert!(why.contains("throws.ts") && why.contains("Boom") && why.contains("then reload"), "{why}");

    let told = window.text_with("orphan", "was left behind: sleep 120").await;
    let left: u32 = told.split_whitespace().find_map(|word| word.parse().ok()).expect("a process");
    assert!(is_alive(left), "{told}");
    window.click("end-orphan").await;
    window.text_with("orphan", "Ended").await;
    assert!(!is_alive(left));
    window.click("details").await;
    window.text_with("timeline", "Disposed instance").await;
    window.text_with("receipt-cause", "Started in the window").await;
    window.click("copy-json").await;
    window.text_with("toast", "Copied as JSON").await;

    restore(&window, "will be moved to the trash").await;
    window.banner("pending").await;
    assert!(!world.path(".opencode/plugins/throws.ts").exists());
    window.click("reload").await;
    window.find_css("[data-banner='ended'][data-result='proved']").await;

    world.write(".opencode/plugins/hangs.ts", "export const Plugin = async () => { await new Promise(() => {}) }\n");
    window.banner("pending").await;
    window.click("reload").await;
    window.find_css("[data-banner='ended'][data-result='failed']").await;
    window.text_with("banner-body", "hangs.ts").await;
    restore(&window, "hangs.ts").await;
    window.banner("engine-down").await;
    window.text_with("start-engine", "Restart engine").await;
    window.click("start-engine").await;
    window.gone("[data-testid='banner'][data-banner='engine-down']").await;
    window.engine_runs().await;
    assert!(world.engine().has_tool("one_tool").await);
    window.close().await;
}

/// N4, B2: a file that is broken in the very moment of the dispose, and one that somebody else bricks the
/// directory with: in both cases the last good files come back and the engine answers. P9: a restart asks first
/// about what runs elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_broken_at_the_worst_moment_is_restored() {
    let world = World::new();
    let model = Model::start().await;
    let other = world.home("code/other");
    installed(&other.join(".opencode"));
    write(&other.join("opencode.json"), &model.configuration().to_string());
    world.write("opencode.json", r#"{"share": "manual"}"#);
    let faulty = world.start_faulty_engine(Vec::new()).await;
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-plugins").await;
    let good = world.read("opencode.json");
    world.write("opencode.json", r#"{"share": "disabled"}"#);
    window.banner("pending").await;
    let mut dispose = faulty.faults.hold(Rule::once("POST /instance/dispose", Fault::None));
    window.click("reload").await;
    dispose.arrived().await;
    assert!(!window.has("[data-testid='cancel-reload']").await, "it is too late for that");
    world.write("opencode.json", "{ \"share\": \"manual\", broken");
    dispose.release();
    window.banner("blocked").await;
    restore(&window, "will be restored").await;
    window.gone("[data-testid='banner'][data-banner='blocked']").await;
    assert_eq!(world.read("opencode.json"), good);
    let engine = world.engine();
    assert_eq!(engine.get("/config").await["share"], "manual");

    world.write("opencode.json", "{ broken");
    engine.ask(Method::POST, "/instance/dispose", None).await;
    assert_eq!(engine.ask(Method::GET, "/config", None).await.0, 400);
    window.banner("blocked").await;
    restore(&window, "opencode.json").await;
    assert_eq!(engine.ask(Method::GET, "/config", None).await.0, 400, "mended files alone heal nothing");
    window.banner("stuck").await;
    // A restart would end this; it is asked about as anything else is.
    engine.in_directory(&other).start_run("Far away").await;
    wait::until("the question", async || {
        window.click("restart-engine").await;
        window.has("[role='dialog'][open]").await.then_some(())
    })
    .await;
    window.text_with("confirm-run", "“Far away” is running in other").await;
    window.click("confirm-reload").await;
    window.find_css("[data-banner='ended'][data-result='proved']").await;
    assert_eq!(world.engine().get("/config").await["share"], "manual");
    wait::until("the old engine's end", async || (!is_alive(engine.pid)).then_some(())).await;
    window.close().await;
}

/// B2: the undo of a removal asks when the file went on.
#[tokio::test(flavor = "multi_thread")]
async fn the_window_asks_how_to_take_back() {
    let world = World::new();
    world.write("mine.ts", &plugin("mine"));
    world.write("opencode.json", "{\n  \"plugin\": [\"./mine.ts\"]\n}\n");
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-plugins").await;
    window.row("mine.ts", "loaded").await;
    window.click("row-remove").await;
    window.banner("pending").await;
    let theirs = "{\n  \"plugin\": [],\n  \"share\": \"manual\"\n}\n";
    world.write("opencode.json", theirs);
    window.click("toast-undo").await;
    window.find_css("dialog[open] [data-testid='undo-leave']").await;
    assert_eq!(world.read("opencode.json"), theirs);
    window.click("undo-ours").await;
    window.gone("dialog[open]").await;
    let expected = theirs.replace("[]", "[\"./mine.ts\"]");
    wait::until("the entry is back", async || (world.read("opencode.json") == expected).then_some(())).await;
    window.close().await;
}

/// N16: a window whose state folder is gone ends its engine, says so, and starts it again when it is told to.
#[tokio::test(flavor = "multi_thread")]
async fn a_window_without_its_folder_says_so() {
    let world = World::new();
    let window = Window::open(&world).await;
    window.engine_runs().await;
    let before = world.engine().pid;
    fs::remove_dir_all(world.home(".local/state/rekindle")).expect("deleted");
    window.text_with("banner", "was deleted, moved or replaced").await;
    wait::until("the end of its engine", async || (!is_alive(before)).then_some(())).await;
    window.click("start-engine").await;
    window.engine_runs().await;
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    assert_eq!(world.rekindle(&["engine", "stop"]).await.code, 0, "it can be asked again");
    wait::until("the end", async || world.engines().is_empty().then_some(())).await;
}
