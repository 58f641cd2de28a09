//! The flows in the real window.

mod agents;
mod config;
mod consent;
mod drafts;
mod habits;
mod past;
pub(crate) mod plugins;
mod preview;
mod servers;
mod trouble;
mod updates;

use std::fs;

use fantoccini::Locator;
use rekindle_tests::{
    model::Model,
    raw::installed,
    wait,
    window::Window,
    world::{MCP_SERVER, World, is_alive, kill, plugin, skill, write},
};
use serde_json::json;

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

/// P2, P5: a skill is installed, made live, removed, and brought back by undo.
#[tokio::test(flavor = "multi_thread")]
async fn a_skill_is_installed_and_removed() {
    let world = World::new();
    write(&world.outside("source/SKILL.md"), &skill("git-release", "Tag and push."));
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-skills").await;
    window.type_into("skill-input", "nowhere").await;
    window.click("skill-import").await;
    let error = window.text("skill-error").await;
    assert!(error.contains("nowhere"), "{error}");
    window.type_into("skill-input", &world.outside("source").display().to_string()).await;
    window.click("skill-import").await;
    window.find_css("[data-testid='preview-skill'][data-name='git-release']").await;
    assert!(!world.path(".opencode/skills").exists(), "a preview installs nothing");
    window.click("confirm-install").await;
    window.gone("[role='dialog'][open]").await;
    window.banner("pending").await;
    assert_eq!(window.value("skill-input").await, "");
    window.click("reload").await;
    window.banner("ended").await;
    assert!(world.engine().has_skill("git-release", "Tag and push.").await);

    window.row("git-release", "loaded").await;
    window.click("row-switch").await;
    window.banner("pending").await;
    assert!(world.read("opencode.json").contains("\"deny\""), "{}", world.read("opencode.json"));
    window.click("reload").await;
    window.text_with("row-switch", "Turn on").await;
    window.press("[data-testid='toast']:last-child [data-testid='toast-undo']").await;
    window.text_with("row-switch", "Turn off").await;
    window.banner("pending").await;
    window.click("reload").await;
    window.banner("ended").await;

    window.row("git-release", "loaded").await;
    window.click("row-remove").await;
    window.banner("pending").await;
    assert!(!world.path(".opencode/skills/git-release").exists());
    // The message of the installation may still be up, too.
    window.press("[data-testid='toast']:last-child [data-testid='toast-undo']").await;
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

/// P5, P12: what means the same raises nothing, however an editor writes it; one letter in a skill
/// raises the banner, with nothing else in it, and taken back it is gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_reformat_raises_nothing_and_a_letter_does() {
    let world = World::new();
    world.write("opencode.json", r#"{"share": "manual", "instructions": ["a.md", "b.md"], "model": "acme/one"}"#);
    world.write(".opencode/skills/release/SKILL.md", &skill("release", "Tag and push."));
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-skills").await;
    window.row("release", "loaded").await;

    let text = "// ours\r\n{\r\n\t\"model\": \"acme/one\", // the fast one\r\n\t\"instructions\": [\r\n\t\t\"a.md\",\r\n\t\t\"b.md\",\r\n\t],\r\n\t\"share\": \"manual\",\r\n}\r\n";
    world.write("opencode.json.tmp", text);
    fs::rename(world.path("opencode.json.tmp"), world.path("opencode.json")).expect("renamed");
    // What is seen after it is seen with it: the banner that comes for this names this alone.
    world.write(".opencode/skills/release/SKILL.md", &skill("release", "Tag and posh."));
    let banner = window.banner("pending").await;
    assert!(banner.contains("release"), "{banner}");
    let changes = window.client.find_all(Locator::Css("[data-testid='change']")).await.expect("a list");
    assert_eq!(changes.len(), 1, "{banner}");
    assert_eq!(changes[0].attr("data-id").await.expect("an id").as_deref(), Some("skill:project:release"));

    world.write(".opencode/skills/release/SKILL.md", &skill("release", "Tag and push."));
    window.gone("[data-testid='banner']").await;
    window.row("release", "loaded").await;
    window.close().await;
}

/// W1, W2: MCP servers, agents and commands have pages with their states; a pending one opens to what
/// the engine has and what is on disk, and follows the file while it is open.
#[tokio::test(flavor = "multi_thread")]
async fn servers_agents_and_commands_are_listed_and_compared() {
    let world = World::new();
    world.write("server.mjs", MCP_SERVER);
    let declare = |arguments: &str| {
        let text = json!({
            "mcp": {"issues": {"type": "local", "command": ["node", "server.mjs", arguments]}},
            "agent": {"reviewer": {"description": "Reads what others wrote", "prompt": "Review."}},
            "command": {"release": {"description": "Cuts a release", "template": "Tag and push."}},
        });
        world.write("opencode.json", &text.to_string());
    };
    declare("--quiet");
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-mcp").await;
    window.row("issues", "loaded").await;
    // All of it: the driver leaves out what ends in an ellipsis.
    let row = window.find("row").await.prop("innerText").await.expect("a text").unwrap_or_default();
    assert!(["Loaded", "opencode.json", "Open", "Reveal"].iter().all(|part| row.contains(part)), "{row}");
    window.click("nav-agents").await;
    window.find_css("[data-testid='group-agent'] [data-name='reviewer'][data-state='loaded']").await;
    window.find_css("[data-testid='group-command'] [data-name='release'][data-state='loaded']").await;
    assert!(window.text("group-tool").await.contains("No custom tools"));

    declare("--old-style");
    window.banner("pending").await;
    window.click("nav-mcp").await;
    window.row("issues", "waiting").await;
    let id = "mcp:project:issues";
    window.toggle_difference(id).await;
    let lines = window.difference(id, "--old-style").await;
    let has = |sign, part| lines.iter().any(|line| line.starts_with(sign) && line.contains(part));
    assert!(has('−', "--quiet") && has('+', "--old-style"), "{lines:?}");
    declare("--new-style");
    let lines = window.difference(id, "--new-style").await;
    assert!(!lines.iter().any(|line| line.contains("--old-style")), "{lines:?}");
    window.toggle_difference(id).await;
    window.gone("[data-testid='difference']").await;

    window.click("reload").await;
    window.banner("ended").await;
    window.row("issues", "loaded").await;
    window.close().await;
}

/// W3: what is typed survives a change of page, and the focus goes on after a removal.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_typed_and_no_focus_is_lost() {
    let world = World::new();
    world.write(".opencode/plugins/one.ts", &plugin("one"));
    world.write(".opencode/plugins/two.ts", &plugin("two"));
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-plugins").await;
    window.type_into("plugin-input", "not done yet").await;
    window.click("nav-skills").await;
    window.find("skill-input").await;
    window.click("nav-plugins").await;
    let typed = window.find("plugin-input").await.prop("value").await.expect("a value");
    assert_eq!(typed.as_deref(), Some("not done yet"));
    window.row("one.ts", "loaded").await;
    let remove = window.find_css("[data-name='one.ts'] [data-testid='row-remove']").await;
    remove.send_keys("\u{e007}").await.expect("Enter");
    window.row("one.ts", "waiting").await;
    window.focus_in_row("two.ts").await;
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

/// P10, B4: a global change restarts the engine; the plan says what that costs, in other folders too, and
/// follows what runs there.
#[tokio::test(flavor = "multi_thread")]
async fn a_global_plugin_restarts_the_engine() {
    let world = World::new();
    write(&world.home("plugins/everywhere.ts"), &plugin("everywhere"));
    let model = Model::start().await;
    let other = world.home("code/other");
    installed(&other.join(".opencode"));
    write(&other.join("opencode.json"), &model.configuration().to_string());
    let window = Window::open(&world).await;
    window.engine_runs().await;
    let before = world.engine();
    before.in_directory(&other).start_run("Far away").await;
    window.click("nav-plugins").await;
    window.click("scope-global").await;
    window.type_into("plugin-input", "~/plugins/everywhere.ts").await;
    window.click("plugin-add").await;
    let banner = window.banner("busy").await;
    assert!(banner.contains("global") && banner.contains("“Far away” is running in other"), "{banner}");
    window.text_with("plan", "Restarts the engine · interrupts 1 run · affects 1 other directory").await;
    model.finish();
    window.banner("pending").await;
    window.text_with("plan", "Restarts the engine · affects 1 other directory").await;
    window.click("plan-toggle").await;
    window.text_with("plan-more", "code/other").await;
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
