//! Skills that are written in the window.

use rekindle_tests::{
    wait,
    window::Window,
    world::{World, skill},
};

use super::plugins::{choose, undo};

/// S7: a skill is begun, with what is to be said of it while it is typed, and edited: only what was edited changes, a file
/// that changed meanwhile is left alone, and all of it can be taken back.
#[tokio::test(flavor = "multi_thread")]
async fn a_skill_is_begun_and_edited() {
    let world = World::new();
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-skills").await;
    window.click("skill-new").await;
    window.type_into("draft-name", "Bad Name").await;
    window.type_into("draft-description", "Does: this").await;
    let findings = window.text_with("draft-findings", "SKILL.md:2:1").await;
    assert!(findings.contains("Bad Name"), "{findings}");
    window.type_into("draft-name", "release").await;
    wait::until("nothing to say", async || window.text("draft-findings").await.is_empty().then_some(())).await;
    window.press("[data-testid='confirm-draft']").await;
    window.banner("pending").await;
    let begun = world.read(".opencode/skills/release/SKILL.md");
    assert!(begun.starts_with("---\nname: release\ndescription: \"Does: this\"\n---\n"), "{begun}");
    undo(&window, "Created release").await;
    window.gone("[data-testid='row']").await;
    assert!(!world.path(".opencode/skills/release").exists());

    let text = "---\r\n# ours\r\nname: s\r\ndescription: Old. # short\r\nlicense: MIT\r\n---\r\n\r\nBody.\r\n";
    world.write(".opencode/skills/s/SKILL.md", text);
    window.row("s", "waiting").await;
    choose(&window, "Edit").await;
    assert_eq!(window.value("draft-description").await, "Old.");
    window.type_into("draft-description", "New.").await;
    window.type_into("draft-body", "\nBody.\nMore\u{200b}.\n").await;
    let findings = window.text_with("draft-findings", "SKILL.md:9:5").await;
    assert!(findings.contains("200b"), "{findings}");
    window.type_into("draft-body", "\nBody.\nMore.\n").await;
    window.press("[data-testid='confirm-draft']").await;
    window.gone("[role='dialog'][open]").await;
    let edited = text.replace("Old.", "New.").replace("Body.\r\n", "Body.\r\nMore.\r\n");
    assert_eq!(world.read(".opencode/skills/s/SKILL.md"), edited);
    undo(&window, "Saved s").await;
    wait::until("the text before", async || (world.read(".opencode/skills/s/SKILL.md") == text).then_some(())).await;

    // Somebody else writes to it while it is edited.
    choose(&window, "Edit").await;
    window.type_into("draft-description", "Mine.").await;
    world.write(".opencode/skills/s/SKILL.md", &skill("s", "Theirs."));
    window.press("[data-testid='confirm-draft']").await;
    let error = window.text("task-error").await;
    assert!(error.contains("has changed since"), "{error}");
    assert_eq!(window.value("draft-description").await, "Mine.");
    assert_eq!(world.read(".opencode/skills/s/SKILL.md"), skill("s", "Theirs."));
    window.escape().await;
    window.close().await;
}
