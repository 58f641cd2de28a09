//! What a plugin's row offers: turning it off and on, pinning, reinstalling.

use fantoccini::Locator;
use rekindle_tests::{wait, window::Window, world::World};

use crate::plugins::registry;

/// A window on a project with one plugin, which the engine has installed and loaded.
pub(crate) async fn open(world: &World, registry: &str) -> Window {
    let window = Window::open_with(world, &[], &[("NPM_CONFIG_REGISTRY", registry)]).await;
    window.engine_runs().await;
    window.click("nav-plugins").await;
    window.row("acme", "loaded").await;
    window
}

/// Takes back what the newest message tells, once it has this text.
pub(crate) async fn undo(window: &Window, told: &str) {
    let css = "[data-testid='toast']:last-child";
    wait::until(&format!("the message “{told}”"), async || {
        let text = window.client.find(Locator::Css(css)).await.ok()?.text().await.ok()?;
        text.contains(told).then_some(())
    })
    .await;
    window.press(&format!("{css} [data-testid='toast-undo']")).await;
}

/// Chooses from the list behind the button “More”, as the keyboard does.
pub(crate) async fn choose(window: &Window, deed: &str) {
    // A row that changes meanwhile is drawn anew, without its list.
    wait::until(&format!("{deed} among the choices"), async || {
        if !window.has("[data-testid='deeds']").await {
            window
                .client
                .find(Locator::Css("[data-testid='row-more']"))
                .await
                .ok()?
                .send_keys("\u{e007}")
                .await
                .ok()?;
        }
        let active = window.client.active_element().await.ok()?;
        let at = active.attr("data-deed").await.ok()??;
        active.send_keys(if at == deed { "\u{e007}" } else { "\u{e015}" }).await.ok()?;
        (at == deed).then_some(())
    })
    .await;
}

/// Waits until a file of the project has this text.
pub(crate) async fn reads(world: &World, path: &str, text: &str) {
    wait::until(&format!("{text} in {path}"), async || (world.read(path) == text).then_some(())).await;
}

/// G3, W3: turned off, a plugin is listed as such and gone from the engine, and on again as it was, to the byte; pinned and
/// unpinned, its options stay; each can be taken back, and the focus stays on its row.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_turned_off_and_on_and_pinned() {
    let world = World::new();
    let shelf = registry(&world, &[("acme", "1.0.0", "acme_tool")]).await;
    let text = "{\n  \"$schema\": \"https://opencode.ai/config.json\",\n  \"share\": \"manual\",\n  \"plugin\": [[\"acme\", {\"a\": 1}]] // mine\n}\n";
    world.write("opencode.jsonc", text);
    let window = open(&world, &shelf.url()).await;
    assert!(world.engine().has_tool("acme_tool").await);

    window.press("[data-testid='row-switch']").await;
    window.banner("pending").await;
    assert!(!world.read("opencode.jsonc").contains("acme"));
    window.text_with("row-switch", "Turn on").await;
    window.focus_in_row("acme").await;
    undo(&window, "Turned acme off").await;
    window.gone("[data-testid='banner']").await;
    reads(&world, "opencode.jsonc", text).await;
    window.text_with("row-switch", "Turn off").await;

    window.press("[data-testid='row-switch']").await;
    window.banner("pending").await;
    window.click("reload").await;
    let banner = window.banner("ended").await;
    assert!(banner.contains("Engine reloaded"), "{banner}");
    window.row("acme", "not-read").await;
    assert_eq!(window.text("row-state").await, "Turned off");
    assert!(!world.engine().has_tool("acme_tool").await);
    window.press("[data-testid='row-switch']").await;
    reads(&world, "opencode.jsonc", text).await;
    window.banner("pending").await;
    window.click("reload").await;
    window.row("acme", "loaded").await;
    assert!(world.engine().has_tool("acme_tool").await);

    choose(&window, "Pin").await;
    reads(&world, "opencode.jsonc", &text.replace("\"acme\"", "\"acme@1.0.0\"")).await;
    undo(&window, "Pinned acme").await;
    reads(&world, "opencode.jsonc", text).await;
    window.close().await;
}

/// G2: reinstalled, what the engine keeps goes to the trash, and is there again after a restart; taken back before, it is
/// where it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_reinstalled() {
    let world = World::new();
    let shelf = registry(&world, &[("acme", "1.0.0", "acme_tool")]).await;
    world.write("opencode.json", "{\"$schema\": \"https://opencode.ai/config.json\", \"plugin\": [\"acme\"]}");
    let window = open(&world, &shelf.url()).await;
    let kept = world.home(".cache/opencode/packages/acme@latest");
    assert!(kept.is_dir());
    choose(&window, "Reinstall").await;
    wait::until("the trash", async || (!kept.exists()).then_some(())).await;
    undo(&window, "OpenCode's copy of acme").await;
    wait::until("what was kept", async || kept.is_dir().then_some(())).await;

    // What is missing is told, and the way out is offered.
    std::fs::remove_file(kept.join("node_modules/acme/package.json")).expect("removed");
    // The engine's cache is looked at with the files, and not watched.
    world.write("opencode.json", "{\"$schema\": \"https://opencode.ai/config.json\",  \"plugin\": [\"acme\"]}");
    window.text_with("row-remark", "only partly installed").await;
    choose(&window, "Reinstall").await;
    wait::until("the trash", async || (!kept.exists()).then_some(())).await;
    window.click("nav-overview").await;
    window.click("overview-restart").await;
    let whole = kept.join("node_modules/acme/package.json");
    wait::until("the whole package", async || whole.is_file().then_some(())).await;
    window.click("nav-plugins").await;
    window.row("acme", "loaded").await;
    assert!(world.engine().has_tool("acme_tool").await);
    window.close().await;
}
