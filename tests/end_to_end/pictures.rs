//! Pictures of every page and every state of the banner, each reached by its real cause, for people
//! to look at; and what a program can see of them: nothing outside, cut off or on top of another.

use std::fs;

use rekindle_tests::{
    model::Model,
    window::Window,
    world::{MCP_SERVER, World, plugin, skill, write},
};
use reqwest::Method;
use serde_json::json;

use crate::{plugins::registry_with, window::plugins::open};

const SIZES: [(u32, u32); 2] = [(1180, 760), (800, 600)];

/// Takes a picture in both themes and sizes, and looks for misfits in each.
async fn picture(window: &Window, name: &str) {
    let mut misfits = Vec::new();
    for theme in ["light", "dark"] {
        let script = "document.documentElement.dataset.theme = arguments[0]";
        window.client.execute(script, vec![theme.into()]).await.expect("a theme");
        for (width, height) in SIZES {
            window.resize(width, height).await;
            window.picture(&format!("{name}-{theme}-{width}x{height}")).await;
            let found = window.misfits().await;
            if !found.is_empty() {
                misfits.push(format!("{name} {theme} {width}x{height}:\n{found}"));
            }
        }
    }
    assert!(misfits.is_empty(), "{}", misfits.join("\n"));
}

/// A project as people have them.
fn furnished() -> World {
    let world = World::named("acme-api");
    world.write(
        "opencode.jsonc",
        "{\n  // team settings\n  \"share\": \"manual\",\n  \"plugin\": [\n    \"./tools/notify.ts\",\n  ],\n}\n",
    );
    world.write("opencode.json", &declared(&[]));
    world.write("tools/server.mjs", MCP_SERVER);
    world.write("tools/notify.ts", &plugin("notify"));
    world.write(".opencode/plugins/guard.ts", &plugin("guard"));
    world.write(".opencode/plugins/broken.ts", "throw new Error(\"boom at load\")\n");
    world.write(".opencode/plugins/deep/unread.ts", &plugin("unread"));
    world.write(".opencode/skills/git-release/SKILL.md", &skill("git-release", &steps("Tag and push.")));
    let long = "a-skill-with-a-name-that-is-much-longer-than-anyone-would-choose-for-a-skill-of-theirs";
    world.write(&format!(".opencode/skills/{long}/SKILL.md"), &skill(long, "Long."));
    world.write(".opencode/skills/unnamed/SKILL.md", "no front matter");
    world
}

/// Servers, agents and commands; `arguments` are for one of the servers.
fn declared(arguments: &[&str]) -> String {
    let command: Vec<_> = ["node", "tools/server.mjs"].iter().chain(arguments).collect();
    let value = json!({
        "plugin": ["./tools/notify.ts"],
        "mcp": {
            "issues": {"type": "local", "command": command, "environment": {"ISSUES_TOKEN": "hidden"}},
            "search": {"type": "remote", "url": "https://search.example.com/mcp", "enabled": false},
        },
        "agent": {
            "reviewer": {"description": "Reads what others wrote, and says what it would not have written", "prompt": "Review."},
            "scribe": {"description": "Writes the minutes", "prompt": "Write."},
        },
        "command": {"release": {"description": "Cuts a release", "template": "Tag and push."}},
    });
    format!("{value:#}\n")
}

/// A text of many lines, of which one is given.
fn steps(last: &str) -> String {
    let steps: String =
        (1..=24).map(|step| format!("{step}. Look at step {step} and write down what it says.\n")).collect();
    format!("{steps}\n{last}")
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_pages() {
    let world = World::named("empty");
    let window = Window::open(&world).await;
    window.engine_runs().await;
    for page in ["overview", "plugins", "skills", "mcp", "agents", "configuration", "activity", "settings"] {
        window.click(&format!("nav-{page}")).await;
        picture(&window, &format!("empty-{page}")).await;
    }
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_states_of_the_banner() {
    let world = furnished();
    let model = Model::start().await;
    write(&world.home(".config/opencode/opencode.json"), &model.configuration().to_string());
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-plugins").await;
    window.row("guard.ts", "loaded").await;
    window.row("broken.ts", "failed").await;
    picture(&window, "plugins").await;
    window.click("nav-skills").await;
    picture(&window, "skills").await;
    window.click("nav-mcp").await;
    window.row("issues", "loaded").await;
    picture(&window, "mcp").await;
    window.click("nav-agents").await;
    window.row("release", "loaded").await;
    picture(&window, "agents").await;

    world.write(".opencode/plugins/wakatime.ts", &plugin("wakatime"));
    world.write(".opencode/skills/git-release/SKILL.md", &skill("git-release", &steps("Tag, sign and push.")));
    world.write("opencode.json", &declared(&["--organisation", "acme", "--read-only"]));
    window.click("nav-plugins").await;
    window.row("wakatime.ts", "waiting").await;
    window.banner("pending").await;
    window.find_css("[data-id='mcp:project:issues']").await;
    picture(&window, "banner-pending").await;
    for (name, id, part) in [
        ("difference", "mcp:project:issues", "--read-only"),
        ("difference-skill", "skill:project:git-release", "Tag, sign and push."),
    ] {
        window.toggle_difference(id).await;
        window.difference(id, part).await;
        picture(&window, name).await;
        window.toggle_difference(id).await;
        window.gone("[data-testid='difference']").await;
    }
    window.click("nav-overview").await;
    picture(&window, "overview").await;

    world.engine().start_run("Fix flaky login test").await;
    window.banner("busy").await;
    window.click("nav-plugins").await;
    picture(&window, "banner-busy").await;
    window.click("reload-anyway").await;
    window.find_css("[role='dialog'][open]").await;
    picture(&window, "confirm").await;
    window.client.active_element().await.expect("focus").send_keys("\u{e00c}").await.expect("Escape");
    window.gone("[role='dialog'][open]").await;
    window.click("reload-when-idle").await;
    window.banner("waiting").await;
    picture(&window, "banner-waiting").await;
    model.finish();
    window.banner("ended").await;
    picture(&window, "banner-proved").await;
    window.click("nav-activity").await;
    window.find("receipt").await;
    picture(&window, "activity").await;
    window.find_css("[data-testid='receipt'] summary").await.click().await.expect("unfolded");
    window.find_css("details[open] [data-testid='timeline']").await;
    picture(&window, "activity-open").await;

    world.write(".opencode/plugins/bad.ts", "throw new Error(\"no such thing\")\n");
    window.banner("pending").await;
    window.click("reload").await;
    window.find_css("[data-banner='ended'][data-result='partial']").await;
    window.click("nav-plugins").await;
    picture(&window, "banner-partial").await;
    world.write(".opencode/skills/git-release/SKILL.md", &skill("git-release", &steps("Tag, sign, push, tell.")));
    window.find_css("[data-testid='banner-past'] + [data-testid='banner-now']").await;
    picture(&window, "banner-past-and-pending").await;
    window.click("nav-overview").await;
    picture(&window, "overview-past-and-pending").await;
    window.click("nav-plugins").await;

    world.write("opencode.jsonc", "{\n  \"plugin\": [\"opencode-wakatime@1.4.0\"]\n  \"mcp\": {\n  }\n}\n");
    window.banner("blocked").await;
    picture(&window, "banner-blocked").await;
    window.click("nav-settings").await;
    window.click("doctor-run").await;
    window.find("finding").await;
    picture(&window, "settings").await;
    window.click("nav-plugins").await;
    brick(&world).await;
    window.click("restore-last-good").await;
    window.find("restored-file").await;
    picture(&window, "restore").await;
    window.click("confirm-restore").await;
    window.banner("stuck").await;
    picture(&window, "banner-stuck").await;
    window.close().await;
}

/// Has someone else load a broken file.
async fn brick(world: &World) {
    world.engine().ask(Method::POST, "/instance/dispose", None).await;
    assert_eq!(world.engine().ask(Method::GET, "/config", None).await.0, 400);
}

/// What is interrupted, in a dialog and in a plan; what happened by itself; what failed.
#[tokio::test(flavor = "multi_thread")]
async fn runs_habits_and_failures() {
    let world = furnished();
    let model = Model::start().await;
    world.write("opencode.jsonc", &model.configuration().to_string());
    let window = Window::open_with(&world, &[], &[("REKINDLE_LOADING_SECONDS", "8")]).await;
    window.engine_runs().await;
    let engine = world.engine();
    engine.start_run("Fix flaky login test").await;
    engine.start_run("Rewrite the importer so that it no longer reads each file twice, and measure it").await;
    engine.ask(Method::POST, "/pty", Some(json!({"title": "npm run dev"}))).await;
    let everywhere = world.home(".config/opencode/opencode.json");
    write(&everywhere, "{\"share\": \"auto\"}");
    window.click("nav-plugins").await;
    window.banner("busy").await;
    window.click("plan-toggle").await;
    window.text_with("plan-more", "npm run dev").await;
    picture(&window, "banner-plan").await;
    window.click("reload-anyway").await;
    window.count("confirm-run", 3).await;
    picture(&window, "confirm-many").await;
    window.escape().await;
    window.click("reload-when-idle").await;
    window.find("runs").await;
    picture(&window, "banner-waiting-many").await;
    window.click("reload-anyway").await;
    window.count("confirm-run", 3).await;
    window.find("goes-on").await.click().await.expect("ticked");
    window.click("confirm-reload").await;
    window.find_css("[data-banner='ended'] [data-testid='resumed']").await;
    picture(&window, "banner-resumed").await;
    model.finish();

    window.click("nav-settings").await;
    window.click("habit-when-idle").await;
    window.text_with("habit-hint", "the engine reloads automatically as soon as nothing is running").await;
    window.click("nav-plugins").await;
    world.write(".opencode/plugins/wakatime.ts", &plugin("wakatime"));
    window.find_css(".slim[data-banner='ended']").await;
    picture(&window, "banner-quiet").await;
    world.write(".opencode/plugins/hangs.ts", "export const Plugin = async () => { await new Promise(() => {}) }\n");
    window.find_css("[data-banner='ended'][data-result='failed']").await;
    picture(&window, "banner-failed").await;
    window.close().await;
}

/// K1, K2: the steps are shown while they run, and a wish that comes too late is served afterwards: a plugin that takes its time holds the reload where it is.
#[tokio::test(flavor = "multi_thread")]
async fn reloading_shows_its_steps() {
    let world = World::named("acme-api");
    let window = Window::open(&world).await;
    window.engine_runs().await;
    let gate = world.outside("go");
    let slow = format!(
        "import {{ existsSync }} from \"fs\"\nexport const Slow = async () => {{\n  \
         while (!existsSync({:?})) await new Promise((done) => setTimeout(done, 50))\n  return {{}}\n}}\n",
        gate.display().to_string()
    );
    world.write(".opencode/plugins/slow.ts", &slow);
    window.click("nav-plugins").await;
    window.banner("pending").await;
    window.click("reload").await;
    // The engine is asked, and the plugin holds it.
    window.find_css("[data-banner='reloading'] .step:nth-child(3)[data-state='now']").await;
    picture(&window, "banner-reloading").await;
    window.text_with("elapsed", "2 s").await;
    // What is written now is not in this reload, but in the next.
    world.write(".opencode/plugins/late.ts", &plugin("late_tool"));
    window.click("reload-once-more").await;
    window.find("follows").await;
    picture(&window, "banner-follows").await;
    write(&gate, "");
    window.text_with("banner-body", "late.ts").await;
    assert!(world.engine().has_tool("late_tool").await);
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn client_mode_and_a_dead_engine() {
    let world = furnished();
    let engine = world.start_engine().await;
    let password = [("REKINDLE_ENGINE_PASSWORD", engine.password())];
    let window = Window::open_with(&world, &["--engine", &engine.url], &password).await;
    window.engine_runs().await;
    world.write(".opencode/plugins/wakatime.ts", &plugin("wakatime"));
    window.click("nav-plugins").await;
    let banner = window.banner("client").await;
    assert!(banner.contains("Changes will apply after the host reloads"), "{banner}");
    assert!(!window.has("[data-testid='reload']").await, "client mode offers no reload");
    picture(&window, "banner-client").await;
    world.write("opencode.jsonc", "{ broken");
    brick(&world).await;
    window.banner("blocked").await;
    fs::remove_file(world.path("opencode.jsonc")).expect("removed");
    let banner = window.banner("stuck").await;
    assert!(banner.contains("end the opencode process and start it again"), "{banner}");
    assert!(!window.has("[data-testid='restart-engine']").await, "it is not ours to restart");
    picture(&window, "banner-stuck-client").await;
    assert_eq!(world.rekindle(&["engine", "stop"]).await.code, 0);
    window.banner("engine-down").await;
    picture(&window, "banner-engine-down").await;
    window.close().await;
}

/// The preview of a collection, and what is read in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_preview() {
    let world = World::named("acme-api");
    let source = world.outside("collection");
    for (name, body) in [
        ("git-release", steps("Tag and push.")),
        ("review", "Review.\n<!-- tell nobody -->\nDone\u{200b}.".to_owned()),
        ("a-skill-with-a-name-that-is-much-longer-than-anyone-would-choose", "Long.".to_owned()),
    ] {
        write(&source.join(name).join("SKILL.md"), &skill(name, &body));
        write(&source.join(name).join("scripts/a script with a long name.sh"), "#!/bin/sh\ngit tag\n");
    }
    write(&source.join("broken/SKILL.md"), "no front matter");
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-skills").await;
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/skill.zip", silent.local_addr().expect("an address"));
    window.type_into("skill-input", &address).await;
    window.click("skill-import").await;
    window.find("preview-fetching").await;
    picture(&window, "preview-fetching").await;
    window.escape().await;
    window.type_into("skill-input", &source.display().to_string()).await;
    window.click("skill-import").await;
    window.count("preview-skill", 3).await;
    picture(&window, "preview").await;
    let css = "[data-testid='preview-skill'][data-name='git-release'] ";
    window.press(&format!("{css}[data-testid='preview-files']")).await;
    window.press(&format!("{css}[data-testid='preview-file']")).await;
    window.find("preview-text").await;
    picture(&window, "preview-text").await;
    window.escape().await;
    window.close().await;
}

/// The preview of pasted servers: one with a name to choose, several with what is to be known of them.
#[tokio::test(flavor = "multi_thread")]
async fn pasted_servers() {
    let world = World::named("acme-api");
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-mcp").await;
    window.type_into("server-input", "npx -y @modelcontextprotocol/server-everything").await;
    window.click("server-add").await;
    window.find("server-name").await;
    picture(&window, "servers-one").await;
    window.escape().await;
    let long = "a-server-with-a-name-that-is-much-longer-than-anyone-would-choose";
    let env = json!({"ISSUES_TOKEN": "sk-123456789012345678901234", "ISSUES_URL": "${ISSUES_URL:-https://issues.example.com}"});
    let pasted = json!({"mcpServers": {
        "issues": {"command": "npx", "args": ["-y", "@acme/issues", "--read-only"], "env": env, "autoApprove": ["list"]},
        long: {"type": "http", "url": "https://search.example.com/a/path/that/is/rather/long/for/an/address/mcp"},
    }});
    window.type_into("server-input", &format!("{pasted:#}")).await;
    picture(&window, "servers-pasted").await;
    window.click("server-add").await;
    window.count("preview-server", 2).await;
    picture(&window, "servers-several").await;
    window.escape().await;
    window.close().await;
}

/// Keys of the configuration with what they override, and the dialogs in which they are edited.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_the_configuration() {
    let world = furnished();
    let permission = json!({"bash": {"git push --force-with-lease origin *": "deny", "*": "ask"}});
    let provider = json!({"acme": {"options": {"apiKey": "sk-123456789012345678901234", "baseURL": "https://models.example.com/a/path/that/is/rather/long/for/an/address/v1"}}});
    let global = json!({"share": "auto", "autoupdate": "notify", "subagent_depth": 2, "permission": permission, "provider": provider});
    write(&world.home(".config/opencode/opencode.json"), &format!("{global:#}\n"));
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-configuration").await;
    window.find_css("[data-testid='key'][data-key='share']").await;
    picture(&window, "configuration").await;
    window.press("[data-key='share'] [data-testid='key-edit']").await;
    window.find("key-manual").await;
    picture(&window, "configuration-choice").await;
    window.escape().await;
    window.press("[data-key='subagent_depth'] [data-testid='key-edit']").await;
    window.type_into("key-text", "many").await;
    window.press("[data-testid='key-save']").await;
    window.find("key-error").await;
    picture(&window, "configuration-wrong").await;
    window.escape().await;
    window.type_into("key-search", "nowhere").await;
    window.gone("[data-testid='key']").await;
    picture(&window, "configuration-none").await;
    window.close().await;
}

/// The form of a new agent, and what is wrong with its name; agents of which one is turned off.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_agent() {
    let world = World::named("acme-api");
    world.write(".opencode/agents/reviewer.md", "---\ndescription: Reads what others wrote\n---\n\nReview.\n");
    world.write("opencode.json", r#"{"agent": {"plan": {"disable": true}}}"#);
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-agents").await;
    window.row("reviewer", "loaded").await;
    window.row("plan", "loaded").await;
    picture(&window, "agents-turned-off").await;
    window.click("new-agent").await;
    window.type_into("entry-name", "code review for the whole team").await;
    window.type_into("entry-description", "Reads what others wrote, and says what is wrong with it").await;
    picture(&window, "agents-new").await;
    window.press("[data-testid='entry-create']").await;
    window.text_with("entry-error", "letters").await;
    picture(&window, "agents-new-wrong").await;
    window.escape().await;
    window.close().await;
}

/// What stands behind the button “More”, and what is asked from there.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_row_offers() {
    let world = furnished();
    let notes = "- Adds a tool that lists what is open, with the person who is to look at it.\n".repeat(6);
    let changes = format!(
        "# Changelog\n\n## [2.0.0] - 2026-02-01\n\nBreaks all.\n\n## 1.1.0\n\n### Added\n\n{notes}\n## 1.0.1\n\nA fix.\n"
    );
    let versions = [("acme", "1.0.0", "old_tool"), ("acme", "1.1.0", "new_tool"), ("acme", "2.0.0", "next_tool")];
    let shelf = registry_with(&world, &versions, Some(&changes)).await;
    world.write("opencode.json", "{\"plugin\": [\"acme@1.0.0\", \"./tools/notify.ts\"]}\n");
    let source = world.outside("source/s");
    write(&source.join("SKILL.md"), &skill("s", &steps("Tag and push.")));
    write(&source.join("notes.md"), "old");
    assert_eq!(world.rekindle(&["skill", "install", &source.display().to_string()]).await.code, 0);
    write(&source.join("SKILL.md"), &skill("s", &steps("Tag, sign and push.")));
    world.write(".opencode/skills/s/notes.md", "mine");

    let window = open(&world, &shelf.url()).await;
    let more = |name: &str| format!("[data-testid='row'][data-name='{name}'] [data-testid='row-more']");
    window.press(&more("acme")).await;
    window.find_css("[data-testid='deed']:focus").await;
    picture(&window, "more").await;
    window.client.active_element().await.expect("a choice").send_keys("\u{e007}").await.expect("Enter");
    window.text_with("changelog", "Adds a tool").await;
    picture(&window, "update-plugin").await;
    window.escape().await;
    window.press("[data-testid='row'][data-name='acme'] [data-testid='row-switch']").await;
    window.row("acme", "waiting").await;
    picture(&window, "plugin-turned-off").await;

    window.click("nav-skills").await;
    window.press(&more("s")).await;
    window.find_css("[data-testid='deed']:focus").await;
    window.client.active_element().await.expect("a choice").send_keys("\u{e007}").await.expect("Enter");
    window.press("[data-testid='update-file'][data-path='SKILL.md']").await;
    window.find_css("[data-testid='diff-line']").await;
    picture(&window, "update-skill").await;
    window.escape().await;
    window.click("skill-new").await;
    window.type_into("draft-name", "Bad Name").await;
    window.type_into("draft-description", "Cuts a release, when somebody asks for one.").await;
    window.text_with("draft-findings", "SKILL.md").await;
    picture(&window, "new-skill").await;
    window.escape().await;
    window.press(&more("git-release")).await;
    window.find_css("[data-testid='deed']:focus").await;
    window.client.active_element().await.expect("a choice").send_keys("\u{e007}").await.expect("Enter");
    window.type_into("draft-name", "git-releases").await;
    window.text_with("draft-findings", "SKILL.md").await;
    picture(&window, "edit-skill").await;
    window.escape().await;
    window.close().await;
}
