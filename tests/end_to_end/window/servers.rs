//! MCP servers: pasted, looked at, added, made live, and taken back.

use rekindle_tests::{
    oauth::{OauthServer, open_in_browser, without_browser},
    wait,
    window::Window,
    world::{MCP_SERVER, World},
};
use serde_json::json;

/// V2, V4: what another program's page shows is looked at before it lands, with what cannot be carried over and what is better
/// said otherwise; it is added as one change, becomes live, is removed, and comes back.
#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_server_is_added_and_becomes_live() {
    let world = World::new();
    world.write("server.mjs", MCP_SERVER);
    world.write("opencode.jsonc", "{\n  // keep me\n  \"share\": \"manual\",\n}\n");
    let window = Window::open(&world).await;
    window.engine_runs().await;
    let before = world.read("opencode.jsonc");
    window.click("nav-mcp").await;
    window.type_into("server-input", "not a server").await;
    window.click("server-add").await;
    window.text_with("server-error", "not a server").await;

    let issues = json!({"command": "node", "args": ["server.mjs"], "env": {"ISSUES_TOKEN": "sk-123456789012345678901234"}, "autoApprove": []});
    let search = json!({"url": "https://search.example.com/mcp"});
    let pasted = format!("{:#}", json!({"mcpServers": {"issues": issues, "search": search}}));
    window.type_into("server-input", &pasted).await;
    window.click("server-add").await;
    window.count("preview-server", 2).await;
    let shown = window.text("preview-servers").await;
    assert!(shown.contains("\"type\": \"local\"") && !shown.contains("sk-1234"), "{shown}");
    let notices = window.find_css(".preview-remarks").await.text().await.expect("a text");
    assert!(notices.contains("autoApprove") && notices.contains("ISSUES_TOKEN"), "{notices}");
    window.find("server-variables").await.send_keys(" ").await.expect("ticked");
    window.text_with("preview-servers", "{env:ISSUES_TOKEN}").await;
    let notices = window.find_css(".preview-remarks").await.text().await.expect("a text");
    assert!(notices.contains("is read from the variable ISSUES_TOKEN"), "{notices}");
    assert_eq!(world.read("opencode.jsonc"), before, "a preview writes nothing");
    window.escape().await;
    assert_eq!(
        window.value("server-input").await.lines().count(),
        pasted.lines().count(),
        "what was pasted is still there"
    );

    // Only one of them is meant.
    window.click("server-add").await;
    window.count("preview-server", 2).await;
    let search = "[data-testid='preview-server'][data-name='search'] [data-testid='preview-choose']";
    window.find_css(search).await.send_keys(" ").await.expect("unticked");
    window.text_with("confirm-servers", "Add").await;
    window.click("confirm-servers").await;
    window.gone("[role='dialog'][open]").await;
    window.banner("pending").await;
    let declared = world.read("opencode.jsonc");
    assert!(
        declared.contains("// keep me") && declared.contains("issues") && !declared.contains("search"),
        "{declared}"
    );
    window.click("reload").await;
    window.banner("ended").await;
    window.row("issues", "loaded").await;

    window.click("row-switch").await;
    window.text_with("row-switch", "Turn on").await;
    assert!(world.read("opencode.jsonc").contains("\"enabled\": false"));
    window.press("[data-testid='toast']:last-child [data-testid='toast-undo']").await;
    window.text_with("row-switch", "Turn off").await;
    assert_eq!(world.read("opencode.jsonc"), declared);
    window.click("row-remove").await;
    window.banner("pending").await;
    assert_eq!(world.read("opencode.jsonc"), before);
    window.press("[data-testid='toast']:last-child [data-testid='toast-undo']").await;
    window.gone("[data-testid='banner'][data-banner='pending']").await;
    assert_eq!(world.read("opencode.jsonc"), declared);
    window.close().await;
}

/// V2: a single entry without a name gets the person's.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_name_is_named() {
    let world = World::new();
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-mcp").await;
    window.type_into("server-input", "{\"command\": \"node\", \"args\": [\"server.mjs\"]}").await;
    window.click("server-add").await;
    window.find("server-name").await;
    let add = window.find("confirm-servers").await;
    assert!(!add.is_enabled().await.expect("asked"), "without a name");
    window.type_into("server-name", "mine").await;
    window.click("confirm-servers").await;
    window.gone("[role='dialog'][open]").await;
    window.row("mine", "waiting").await;
    assert!(world.read("opencode.json").contains("\"mine\""));
    window.close().await;
}

/// V1: a server that failed is connected anew once its cause is gone, without a reload.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_failed_is_connected_anew() {
    let world = World::new();
    world.write(
        "opencode.json",
        "{\"mcp\": {\"issues\": {\"type\": \"local\", \"command\": [\"node\", \"server.mjs\"]}}}",
    );
    let window = Window::open(&world).await;
    window.engine_runs().await;
    let disposes = world.engine().count_disposes().await;
    window.click("nav-mcp").await;
    window.row("issues", "failed").await;
    world.write("server.mjs", MCP_SERVER);
    window.click("row-retry").await;
    window.row("issues", "loaded").await;
    assert_eq!(disposes.so_far(), 0);
    window.close().await;
}

/// V1: a person signs in to a server, where the engine can open no browser with the address that is shown, and out again;
/// whoever thinks better of it waits for nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_signed_in_to_and_out_of() {
    let world = World::new();
    let server = OauthServer::start().await;
    world.write("opencode.json", &json!({"mcp": {"drive": server.entry()}}).to_string());
    let window = Window::open_with(&world, &[], &[("PATH", &without_browser(&world))]).await;
    window.engine_runs().await;
    window.click("nav-mcp").await;
    window.row("drive", "failed").await;
    window.press("[data-testid='row-sign-in']").await;
    let first = window.text("sign-in-address").await;
    window.picture("sign-in").await;
    window.press("[data-testid='cancel-sign-in']").await;
    window.gone("[role='dialog'][open]").await;
    window.press("[data-testid='row-sign-in']").await;
    let address = wait::until("another address", async || {
        let address = window.text("sign-in-address").await;
        (address != first).then_some(address)
    })
    .await;
    assert!(open_in_browser(&address).await);
    window.gone("[role='dialog'][open]").await;
    window.row("drive", "loaded").await;
    window.press("[data-testid='row-sign-out']").await;
    window.row("drive", "failed").await;
    window.find("row-sign-in").await;
    assert!(!window.has(".toast.failed").await);
    window.close().await;
}
