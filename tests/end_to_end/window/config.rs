//! The page “Configuration”.

use rekindle_tests::{
    window::Window,
    world::{World, write},
};

/// V5, H4: a key is found by what is typed, with the file that wins and the one it overrides; it is changed in that file, waits
/// for a reload and becomes live; what the engine would not load is refused; a change is taken back, byte for byte.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_found_changed_and_taken_back() {
    let world = World::new();
    let ours = "{\n  \"$schema\": \"https://opencode.ai/config.json\",\n  // team settings\n  \"share\": \"manual\",\n  \"subagent_depth\": 2,\n}\n";
    world.write("opencode.jsonc", ours);
    write(&world.home(".config/opencode/opencode.json"), "{\"share\": \"auto\", \"username\": \"ada\"}\n");
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-configuration").await;
    let row = |key: &str| format!("[data-testid='key'][data-key='{key}']");
    // By its title: the driver tells no text of what may end in an ellipsis.
    let value = |value: &str| format!("[data-testid='key-value'][title='{value}']");
    let edit = |key: &str| format!("{} [data-testid='key-edit']", row(key));
    window.find_css(&row("username")).await;
    window.type_into("key-search", "SHAR").await;
    window.gone(&row("username")).await;
    let told = window.find_css(&row("share")).await.text().await.expect("a row");
    assert!(told.contains("opencode.jsonc:4") && told.contains("Overrides \"auto\""), "{told}");

    window.press(&edit("share")).await;
    window.press("[data-testid='key-disabled']").await;
    window.press("[data-testid='key-save']").await;
    window.gone("[role='dialog'][open]").await;
    window.find_css(&value("\"disabled\"")).await;
    let banner = window.banner("pending").await;
    assert!(banner.contains("share"), "{banner}");
    assert_eq!(world.read("opencode.jsonc"), ours.replace("manual", "disabled"));
    window.click("reload").await;
    window.banner("ended").await;
    let undo = "[data-testid='toast']:last-child [data-testid='toast-undo']";
    window.press(&edit("share")).await;
    window.press("[data-testid='key-reset']").await;
    window.find_css(&value("\"auto\"")).await;
    assert!(!world.read("opencode.jsonc").contains("share"));
    window.press(undo).await;
    window.find_css(&value("\"disabled\"")).await;
    assert_eq!(world.read("opencode.jsonc"), ours.replace("manual", "disabled"));

    window.type_into("key-search", "subagent").await;
    window.press(&edit("subagent_depth")).await;
    window.type_into("key-text", "many").await;
    window.press("[data-testid='key-save']").await;
    window.text_with("key-error", "whole number").await;
    window.type_into("key-text", "3").await;
    window.gone("p[data-testid='key-error']").await;
    window.press("[data-testid='key-save']").await;
    window.find_css(&value("3")).await;
    window.press(undo).await;
    window.find_css(&value("2")).await;
    assert_eq!(world.read("opencode.jsonc"), ours.replace("manual", "disabled"));
    window.close().await;
}
