//! How a reload ended, beside what is new; what was not heard yet; and how long it takes.

use rekindle_tests::{
    proxy::{Fault, Rule},
    window::Window,
    world::{MCP_SERVER, World, plugin, skill, write},
};
use serde_json::{Value, json};

/// Where a button is: its right edge and its top, in pixels.
async fn place(window: &Window, id: &str) -> Value {
    let script = "const box = document.querySelector(`[data-testid=${arguments[0]}]`).getBoundingClientRect(); \
        return [Math.round(box.right), Math.round(box.top)]";
    window.client.execute(script, vec![json!(id)]).await.expect("a place")
}

/// W4, N16: a reload that was not wholly proved and a change that came after it are both shown, each with its
/// button; nothing moves when the second appears; what is put away is what was on the screen.
#[tokio::test(flavor = "multi_thread")]
async fn the_past_and_what_is_now_are_both_shown() {
    let world = World::new();
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-plugins").await;
    world.write(".opencode/plugins/good.ts", &plugin("good"));
    world.write(".opencode/plugins/bad.ts", "throw new Error(\"boom\")\n");
    window.text_with("banner", "good.ts").await;
    window.text_with("banner", "bad.ts").await;
    let before = place(&window, "dismiss").await;
    window.click("reload").await;
    window.find_css("[data-banner='ended'][data-result='partial']").await;
    assert_eq!(window.text("banner-title").await, "Engine reloaded; 1 of 2 changes is not proved");
    assert_eq!(window.text("banner-body").await, "The other one is live: good.ts loaded.");
    window.find("restore-last-good").await;
    assert_eq!(place(&window, "dismiss").await, before);
    window.click("nav-overview").await;
    let told = window.text("not-live").await;
    assert!(told.contains("1 item failed to load.") && told.contains("1 of 2 changes"), "{told}");
    window.click("nav-plugins").await;
    // As somebody sees it who has not seen what comes next.
    let seen = window
        .client
        .execute_async("const done = arguments[0]; window.__TAURI__.core.invoke('state').then(done)", vec![]);
    let id = seen.await.expect("a state")["state"]["past"]["id"].clone();

    world.write(".opencode/skills/tidy/SKILL.md", &skill("tidy", "body"));
    window.banner("pending").await;
    window.find_css("[data-testid='banner'][data-result='partial'] [data-testid='banner-past']").await;
    window.find_css("[data-testid='banner-now'] [data-testid='reload']").await;
    window.find_css("[data-testid='banner-now'] [data-id='skill:project:tidy']").await;
    window.count("banner", 1).await;
    window.count("dismiss", 1).await;
    assert_eq!(place(&window, "dismiss").await, before, "it stays where it was");

    // A click on what was there before the change puts away that, and not the change.
    window.command("dismiss", json!({"shown": {"past": id, "changes": [], "problems": []}})).await;
    window.gone("[data-testid='banner-past']").await;
    window.banner("pending").await;
    assert_eq!(place(&window, "dismiss").await, before);
    // And so the other way round.
    world.write(".opencode/skills/neat/SKILL.md", &skill("neat", "body"));
    window.find_css("[data-testid='banner-now'] [data-id='skill:project:neat']").await;
    window.click("dismiss").await;
    window.gone("[data-testid='banner']").await;
    world.write(".opencode/skills/neat/SKILL.md", &skill("neat", "another body"));
    window.banner("pending").await;
    window.click("reload").await;
    window.find_css("[data-banner='ended'][data-result='proved']").await;

    // Both at once.
    world.write(".opencode/plugins/worse.ts", "throw new Error(\"boom\")\n");
    window.banner("pending").await;
    window.click("reload").await;
    window.find_css("[data-banner='ended'][data-result='partial']").await;
    world.write(".opencode/skills/tidy/SKILL.md", &skill("tidy", "another body"));
    window.banner("pending").await;
    window.click("dismiss").await;
    window.gone("[data-testid='banner']").await;
    world.write(".opencode/skills/tidy/SKILL.md", &skill("tidy", "a third body"));
    window.banner("pending").await;
    assert!(!window.has("[data-testid='banner-past']").await);
    window.close().await;
}

/// N16: while a reload runs, the time it has taken goes on, and what the engine installs is named; what was not
/// heard at its end is no number, and settles by itself, in the banner, in the counts and in the history.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_late_is_told_and_settles() {
    let world = World::new();
    world.write("server.mjs", MCP_SERVER);
    let faulty = world.start_faulty_engine(Vec::new()).await;
    let window = Window::open(&world).await;
    window.engine_runs().await;
    let server = json!({"type": "local", "command": ["node", "server.mjs"]});
    let declare = |plugins: &[&str]| {
        world.write("opencode.json", &json!({"plugin": plugins, "mcp": {"late": server}}).to_string());
    };
    declare(&["acme-notify"]);
    window.text_with("banner", "acme-notify").await;
    window.text_with("plan", "installs 1 package first").await;
    let mut dispose = faulty.faults.hold(Rule::once("POST /instance/dispose", Fault::None));
    window.click("reload").await;
    dispose.arrived().await;
    assert_eq!(window.text("banner-body").await, "Sessions are kept.", "there was none like it");
    window.text_with("elapsed", "1 s").await;
    write(
        &world.home(".cache/opencode/packages/acme-notify@latest/node_modules/acme/index.js"),
        &"x".repeat(1_500_000),
    );
    window.text_with("installing", "OpenCode is installing acme-notify@latest (1.5 MB so far).").await;
    window.text_with("elapsed", "4 s").await;
    window.picture("banner-installing").await;
    // Nothing is to be had from a network.
    declare(&[]);
    for route in ["GET /mcp", "GET /command"] {
        faulty.faults.add(Rule::every(route, Fault::Silence));
    }
    dispose.release();
    window.find_css("[data-testid='banner'][data-result='partial']").await;
    window.text_with("unproved", "It is still connecting. Rekindle will ask again").await;
    window.picture("banner-unheard").await;
    window.click("details").await;
    window.find_css("[data-testid='receipt-item'][data-id='mcp:project:late']").await;
    window.picture("banner-unheard-details").await;
    window.click("nav-overview").await;
    for count in ["count-mcp", "count-commands"] {
        assert_eq!(window.text(count).await, "–", "not 0");
    }
    // One count, wherever it is told.
    window.text_with("banner-title", "2 changes are not proved").await;
    window.text_with("not-live", "2 changes are not proved after the last reload").await;
    faulty.faults.clear();
    window.text_with("count-mcp", "1").await;
    window.text_with("banner-title", "1 of 2 changes is not proved").await;
    window.text_with("not-live", "1 of 2 changes is not proved after the last reload").await;
    window.find_css("[data-testid='settled'][data-id='mcp:project:late']").await;
    assert!(!window.has("[data-testid='unproved'][data-id='mcp:project:late']").await);
    window.find_css("[data-testid='receipt-item'][data-id='mcp:project:late'] [data-tone='good']").await;
    window.click("nav-mcp").await;
    window.row("late", "loaded").await;
    window.picture("banner-settled").await;
    window.click("nav-activity").await;
    window.find_css("[data-testid='receipt'] summary").await.click().await.expect("unfolded");
    window.find_css("[data-testid='receipt'] [data-id='mcp:project:late'] [data-tone='good']").await;
    window.close().await;
}
