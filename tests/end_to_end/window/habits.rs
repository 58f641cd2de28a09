//! What happens by itself.

use rekindle_tests::{
    window::Window,
    world::{World, plugin},
};

/// C6, B2: by itself when nothing runs, told in passing; never, with the dots, the states and the button still
/// there; and the last good files put back by themselves, where that is wanted.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_has_its_habit() {
    let world = World::new();
    world.write(".opencode/plugins/zero.ts", &plugin("zero_tool"));
    let window = Window::open_with(&world, &[], &[("REKINDLE_LOADING_SECONDS", "10")]).await;
    window.engine_runs().await;
    let engine = world.engine();
    window.click("nav-settings").await;
    window.click("habit-when-idle").await;
    window.text_with("habit-hint", "the engine reloads automatically as soon as nothing is running").await;
    window.click("nav-plugins").await;
    world.write(".opencode/plugins/one.ts", &plugin("one_tool"));
    window.find_css(".slim[data-banner='ended'][data-result='proved'][data-tone='calm']").await;
    window.text_with("banner-title", "Reloaded automatically").await;
    assert!(engine.has_tool("one_tool").await);
    window.click("dismiss").await;

    window.click("nav-settings").await;
    window.click("habit-never").await;
    window.text_with("habit-hint", "no banner").await;
    world.write(".opencode/plugins/two.ts", &plugin("two_tool"));
    window.click("nav-plugins").await;
    window.row("two.ts", "waiting").await;
    window.find_css("[data-testid='nav-plugins'] .dot").await;
    assert!(!window.has("[data-testid='banner']").await);
    window.click("nav-overview").await;
    window.text_with("plan", "Disposes the instance").await;
    window.click("reload-now").await;
    window.find_css("[data-banner='ended'][data-tone='good']").await;
    assert!(engine.has_tool("two_tool").await);

    window.click("nav-settings").await;
    window.click("habit-ask").await;
    window.click("roll-back").await;
    window.find_css("[data-testid='roll-back']:checked").await;
    window.click("nav-plugins").await;
    world.write(".opencode/plugins/hangs.ts", "export const Plugin = async () => { await new Promise(() => {}) }\n");
    window.banner("pending").await;
    window.click("reload").await;
    window.find_css("[data-banner='ended'][data-result='failed']").await;
    window.text_with("banner-title", "rolled back to the last good files").await;
    assert!(!world.path(".opencode/plugins/hangs.ts").exists());
    assert!(world.engine().has_tool("two_tool").await);
    window.close().await;
}
