//! The flows in the real window.

use std::fs;

use rekindle_tests::{
    model::Model,
    wait,
    window::Window,
    world::{World, is_alive, kill, plugin, skill, write},
};

/// P1, P3, P6, P7, N3: a plugin is added, the banner comes, a click makes it live, the engine says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_added_and_becomes_live() {
    let world = World::new();
    world.write("my plugin.ts", &plugin("my_tool"));
    world.write("opencode.jsonc", "{\n  // keep me\n  \"share\": \"manual\", /* and me */\n}\n");
    let window = Window::open(&world).await;
    window.engine_runs().await;
    let before = world.read("opencode.jsonc");
    window.click("nav-plugins").await;
    window.type_into("plugin-input", "./my plugin.ts").await;
    window.click("plugin-add").await;
    let banner = window.banner("pending").await;
    assert!(banner.contains("Reload required") && banner.contains("my plugin.ts"), "{banner}");
    let (head, tail) = before.split_once("/* and me */").expect("the comment");
    assert_eq!(world.read("opencode.jsonc"), format!("{head}/* and me */\n  \"plugin\": [\"./my plugin.ts\"],{tail}"));
    window.row("my plugin.ts", "waiting").await;
    assert!(!world.engine().has_tool("my_tool").await);

    let disposes = world.engine().count_disposes().await;
    window.click("reload").await;
    let banner = window.banner("ended").await;
    assert!(banner.contains("Engine reloaded") && banner.contains("my plugin.ts"), "{banner}");
    window.row("my plugin.ts", "loaded").await;
    assert!(world.engine().has_tool("my_tool").await);
    assert_eq!(disposes.so_far(), 1);
    window.click("dismiss").await;
    window.gone("[data-testid='banner']").await;
    window.click("nav-activity").await;
    window.find("receipt").await;
    window.close().await;
}

/// P2, P5: a skill is imported, made live, removed, and brought back by undo.
#[tokio::test(flavor = "multi_thread")]
async fn a_skill_is_imported_and_removed() {
    let world = World::new();
    write(&world.outside("source/SKILL.md"), &skill("git-release", "Tag and push."));
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-skills").await;
    window.type_into("skill-input", "nowhere").await;
    window.click("skill-import").await;
    let error = window.text("skill-error").await;
    assert!(error.contains("SKILL.md"), "{error}");
    window.type_into("skill-input", &world.outside("source").display().to_string()).await;
    window.click("skill-import").await;
    window.banner("pending").await;
    window.click("reload").await;
    window.banner("ended").await;
    assert!(world.engine().has_skill("git-release", "Tag and push.").await);

    window.row("git-release", "loaded").await;
    window.click("row-remove").await;
    window.banner("pending").await;
    assert!(!world.path(".opencode/skills/git-release").exists());
    window.click("toast-undo").await;
    window.gone("[data-testid='banner'][data-banner='pending']").await;
    assert!(world.path(".opencode/skills/git-release/SKILL.md").exists());
    window.close().await;
}

/// P5, P12: what happens outside is seen; dismissed is hidden until the next change; taken back is
/// gone for good.
#[tokio::test(flavor = "multi_thread")]
async fn the_banner_follows_the_files() {
    let world = World::new();
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-plugins").await;
    world.write(".opencode/plugins/one.ts", &plugin("one"));
    window.banner("pending").await;
    window.click("dismiss").await;
    window.gone("[data-testid='banner']").await;
    world.write(".opencode/plugins/two.ts", &plugin("two"));
    let banner = window.banner("pending").await;
    assert!(banner.contains("one.ts") && banner.contains("two.ts"), "{banner}");
    for name in ["one.ts", "two.ts"] {
        fs::remove_file(world.path(".opencode/plugins").join(name)).expect("removed");
    }
    window.gone("[data-testid='banner']").await;
    // Saved as editors do: beside it, then renamed over it.
    let skills = world.path(".opencode/skills/s");
    write(&skills.join("SKILL.md.tmp"), &skill("s", "Body."));
    fs::rename(skills.join("SKILL.md.tmp"), skills.join("SKILL.md")).expect("renamed");
    let banner = window.banner("pending").await;
    assert!(banner.contains("Skill"), "{banner}");
    window.close().await;
}

/// B1, N4: a broken file is shown with its place, a reload is not offered, the engine keeps answering.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_blocks_the_reload() {
    let world = World::new();
    let window = Window::open(&world).await;
    window.engine_runs().await;
    let disposes = world.engine().count_disposes().await;
    world.write("opencode.jsonc", "{\n  \"plugin\": [\"a\"]\n  \"share\": \"manual\"\n}\n");
    let banner = window.banner("blocked").await;
    assert!(banner.contains("opencode.jsonc") && banner.contains("Line 3, column 3"), "{banner}");
    assert!(!window.has("[data-testid='reload']:not([disabled])").await);
    assert_eq!(world.engine().ask(reqwest::Method::GET, "/config", None).await.0, 200);
    world.write("opencode.jsonc", "{\n  \"share\": \"manual\"\n}\n");
    window.banner("pending").await;
    window.click("reload").await;
    window.banner("ended").await;
    assert_eq!(world.engine().get("/config").await["share"], "manual");
    assert_eq!(disposes.so_far(), 1);
    window.close().await;
}

/// P8, P9: a busy session is named and blocks the reload; it can be waited for, and interrupted only
/// behind a confirm that names it.
#[tokio::test(flavor = "multi_thread")]
async fn a_busy_session_blocks_the_reload() {
    let world = World::new();
    let model = Model::start().await;
    world.write("opencode.json", &model.configuration().to_string());
    let window = Window::open(&world).await;
    window.engine_runs().await;
    world.engine().start_run("Fix flaky login test").await;
    world.write(".opencode/plugins/hello.ts", &plugin("hello_tool"));
    let banner = window.banner("busy").await;
    assert!(banner.contains("Fix flaky login test"), "{banner}");
    assert!(window.has("[data-testid='reload'][disabled]").await);

    window.click("reload-anyway").await;
    let dialog = window.find_css("[role='dialog'][open]").await.text().await.expect("a text");
    assert!(dialog.contains("Fix flaky login test"), "{dialog}");
    window.client.active_element().await.expect("focus").send_keys("\u{e00c}").await.expect("Escape");
    window.gone("[role='dialog'][open]").await;

    window.click("reload-when-idle").await;
    window.banner("waiting").await;
    window.click("cancel-reload").await;
    window.banner("busy").await;
    window.click("reload-when-idle").await;
    window.banner("waiting").await;
    assert!(!world.engine().has_tool("hello_tool").await);
    model.finish();
    window.banner("ended").await;
    assert!(world.engine().has_tool("hello_tool").await);
    window.close().await;
}

/// P10: a global change restarts the engine, and the window shows the new one.
#[tokio::test(flavor = "multi_thread")]
async fn a_global_plugin_restarts_the_engine() {
    let world = World::new();
    write(&world.home("plugins/everywhere.ts"), &plugin("everywhere"));
    let window = Window::open(&world).await;
    window.engine_runs().await;
    let before = world.engine();
    window.click("nav-plugins").await;
    window.click("scope-global").await;
    window.type_into("plugin-input", "~/plugins/everywhere.ts").await;
    window.click("plugin-add").await;
    let banner = window.banner("pending").await;
    assert!(banner.contains("global"), "{banner}");
    window.click("reload").await;
    window.banner("ended").await;
    let after = world.engine();
    assert_ne!(before.pid, after.pid);
    assert!(after.has_tool("everywhere").await);
    window.close().await;
}

/// The engine ends with the window, however the window ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_window_leaves_no_engine() {
    let world = World::new();
    let window = Window::open(&world).await;
    window.engine_runs().await;
    let engine = world.engine();
    let second = world.rekindle(&["engine", "start", "--json"]).await.json();
    assert_eq!(second["pid"], engine.pid, "never a second engine for the same directory");
    kill(world.owner());
    wait::until("the engine's end", async || (!is_alive(engine.pid)).then_some(())).await;
}

/// A dead engine is told, and can be started again.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_engine_is_told_and_started_again() {
    let world = World::new();
    let window = Window::open(&world).await;
    window.engine_runs().await;
    let before = world.engine();
    kill(before.pid);
    window.banner("engine-down").await;
    window.click("start-engine").await;
    window.engine_runs().await;
    assert_ne!(world.engine().pid, before.pid);
    window.close().await;
}
