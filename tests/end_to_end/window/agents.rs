//! Agents and commands: created, made live, turned off, removed, and taken back.

use rekindle_tests::{window::Window, world::World};

/// V5, W1: an agent and a command are created in a form, become live, are turned off and on, removed, and come back; what is
/// wrong with a name is said below it, and what was typed stays.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_and_a_command_are_created_and_removed() {
    let world = World::new();
    // Without its schema the engine would add it.
    world.write("opencode.json", "{\n  \"$schema\": \"https://opencode.ai/config.json\"\n}\n");
    let config = world.read("opencode.json");
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-agents").await;
    window.click("new-agent").await;
    window.type_into("entry-name", "two words").await;
    let create = "[data-testid='entry-create']";
    window.press(create).await;
    window.text_with("entry-error", "two words").await;
    window.type_into("entry-name", "reviewer").await;
    window.type_into("entry-description", "Reads: \"it\" 😀").await;
    window.press("[data-testid='mode-subagent']").await;
    window.press(create).await;
    window.gone("[role='dialog'][open]").await;
    window.click("new-command").await;
    window.type_into("entry-name", "release").await;
    window.press(create).await;
    window.gone("[role='dialog'][open]").await;
    window.banner("pending").await;
    let (agent, command) = (".opencode/agents/reviewer.md", ".opencode/commands/release.md");
    let text = world.read(agent);
    assert!(text.contains("mode: subagent") && text.contains(r#"description: "Reads: \"it\" 😀""#), "{text}");
    window.click("reload").await;
    window.banner("ended").await;
    window.row("reviewer", "loaded").await;
    window.row("release", "loaded").await;

    let of = |name: &str, button: &str| format!("[data-name='{name}'] [data-testid='row-{button}']");
    window.press(&of("reviewer", "switch")).await;
    window.row("reviewer", "waiting").await;
    assert!(world.read("opencode.json").contains("\"disable\": true"));
    window.press("[data-testid='toast']:last-child [data-testid='toast-undo']").await;
    window.row("reviewer", "loaded").await;
    assert_eq!(world.read("opencode.json"), config);
    let before = world.read(command);
    window.press(&of("release", "remove")).await;
    window.row("release", "waiting").await;
    assert!(!world.path(command).exists());
    window.press("[data-testid='toast']:last-child [data-testid='toast-undo']").await;
    window.row("release", "loaded").await;
    assert_eq!(world.read(command), before);
    window.close().await;
}
