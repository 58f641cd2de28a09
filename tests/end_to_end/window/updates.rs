//! Updates that a person looks at before they are made: of a plugin with what its package says, of a skill file by file.

use rekindle_tests::{
    wait,
    window::Window,
    world::{World, skill, write},
};

use super::plugins::{choose, open, reads, undo};
use crate::plugins::registry_with;

/// G3: what stands between the version in use and the new one is read before the update; the newest that the entry does not
/// allow is a choice of its own; made, it is one change that is taken back.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_updated_after_its_changes_are_read() {
    let world = World::new();
    let changes = "# Changelog\n\n## [2.0.0] - 2026-02-01\n\nBreaks all.\n\n## 1.1.0\n\n- Adds \u{202e}new_tool.\n\n## 1.0.0\n\nThe first.\n";
    let versions = [("acme", "1.0.0", "old_tool"), ("acme", "1.1.0", "new_tool"), ("acme", "2.0.0", "next_tool")];
    let shelf = registry_with(&world, &versions, Some(changes)).await;
    let text = "{\n  \"$schema\": \"https://opencode.ai/config.json\",\n  \"plugin\": [[\"acme@1.0.0\", {\"a\": 1}]] // mine\n}\n";
    world.write("opencode.jsonc", text);
    let window = open(&world, &shelf.url()).await;
    choose(&window, "Update").await;
    let told = window.text_with("update-versions", "1.0.0 → 1.1.0").await;
    assert!(told.contains("published 2026-01-31"), "{told}");
    let read = window.text("changelog").await;
    assert!(
        read.contains("Adds \\u{202e}new_tool.") && !read.contains("The first") && !read.contains("Breaks"),
        "{read}"
    );
    window.find("update-beyond").await.send_keys(" ").await.expect("ticked");
    window.text_with("update-versions", "1.0.0 → 2.0.0").await;
    let read = window.text("changelog").await;
    assert!(read.contains("Breaks all.") && read.contains("new_tool"), "{read}");
    window.escape().await;
    assert_eq!(world.read("opencode.jsonc"), text, "looked at, and no more");

    choose(&window, "Update").await;
    window.text_with("update-versions", "1.0.0 → 1.1.0").await;
    window.press("[data-testid='confirm-update']").await;
    reads(&world, "opencode.jsonc", &text.replace("1.0.0", "1.1.0")).await;
    window.banner("pending").await;
    undo(&window, "Updated acme").await;
    reads(&world, "opencode.jsonc", text).await;
    window.gone("[data-testid='banner']").await;
    window.close().await;
}

/// S4: what changed in the source and by whom is told file by file and can be read; where both changed a file the person
/// chooses, and takes it back.
#[tokio::test(flavor = "multi_thread")]
async fn a_skill_is_updated_and_what_you_changed_stays() {
    let world = World::new();
    let source = world.outside("source/s");
    write(&source.join("SKILL.md"), &skill("s", "Old."));
    write(&source.join("notes.md"), "old");
    let from = source.display().to_string();
    assert_eq!(world.rekindle(&["skill", "install", &from]).await.code, 0);
    write(&source.join("SKILL.md"), &skill("s", "New."));
    world.write(".opencode/skills/s/notes.md", "mine");
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-skills").await;
    window.row("s", "loaded").await;

    choose(&window, "Update").await;
    let told = window.text_with("update-state", "What you changed stays").await;
    let files = window.text("update-files").await;
    assert!(files.contains("changed in the source") && files.contains("changed by you"), "{told} {files}");
    window.press("[data-testid='update-file'][data-path='SKILL.md']").await;
    window.find_css("[data-testid='diff-line'][data-mark='added']").await;
    window.press("[data-testid='confirm-update']").await;
    window.banner("pending").await;
    assert!(world.read(".opencode/skills/s/SKILL.md").contains("New."));
    assert_eq!(world.read(".opencode/skills/s/notes.md"), "mine");
    undo(&window, "Updated s").await;
    window.gone("[data-testid='banner']").await;
    assert!(world.read(".opencode/skills/s/SKILL.md").contains("Old."));

    // Both changed the same file.
    world.write(".opencode/skills/s/SKILL.md", &skill("s", "Mine."));
    window.banner("pending").await;
    choose(&window, "Update").await;
    window.text_with("update-state", "changed the same file").await;
    window.press("[data-testid='keep-theirs']").await;
    window.gone("[role='dialog'][open]").await;
    assert!(world.read(".opencode/skills/s/SKILL.md").contains("New."));
    undo(&window, "Updated s").await;
    wait::until("mine", async || world.read(".opencode/skills/s/SKILL.md").contains("Mine.").then_some(())).await;
    choose(&window, "Update").await;
    window.press("[data-testid='keep-mine']").await;
    window.gone("[role='dialog'][open]").await;
    assert!(world.read(".opencode/skills/s/SKILL.md").contains("Mine."));
    choose(&window, "Update").await;
    window.text_with("update-state", "decided to keep your files").await;
    window.escape().await;
    window.close().await;
}
