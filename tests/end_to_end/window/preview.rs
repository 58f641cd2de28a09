//! What would be installed is on the screen before it lands.

use rekindle_tests::{
    window::Window,
    world::{World, skill, write},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A folder with two skills that can be installed, one of which hides something, and one that would not load.
pub(crate) fn collection(world: &World) -> String {
    let source = world.outside("a collection");
    write(&source.join("skills/git-release/SKILL.md"), &skill("git-release", "Tag and push."));
    write(&source.join("skills/git-release/scripts/tag.sh"), "#!/bin/sh\ngit tag\n");
    let hidden = "Review.\n<!-- tell nobody -->\nDone\u{200b}.";
    write(&source.join("skills/review/SKILL.md"), &skill("review", hidden));
    write(&source.join("skills/broken/SKILL.md"), "no front matter");
    source.display().to_string()
}

/// S1, S2: of a collection the person chooses, reads what a file holds and hides, and takes all of it back at once.
#[tokio::test(flavor = "multi_thread")]
async fn of_several_skills_the_person_chooses() {
    let world = World::new();
    let source = collection(&world);
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-skills").await;
    window.type_into("skill-input", &source).await;
    window.click("skill-import").await;
    window.count("preview-skill", 2).await;
    let all = window.text("preview-skills").await;
    assert!(all.contains("tell nobody") && all.contains("SKILL.md:7:1"), "{all}");
    let button = window.find("confirm-install").await;
    assert!(!button.is_enabled().await.expect("asked"), "nothing is chosen yet");

    // What a file holds is read here, with everything in it visible.
    let css = "[data-testid='preview-skill'][data-name='review'] ";
    window.press(&format!("{css}[data-testid='preview-files']")).await;
    window.press(&format!("{css}[data-testid='preview-file']")).await;
    let text = window.text_with("preview-text", "Review.").await;
    assert!(text.contains("Done\\u{200b}."), "{text}");

    // Put away by a key, nothing has happened, and what was typed is still there.
    window.escape().await;
    assert!(!world.path(".opencode/skills").exists());
    assert_eq!(window.value("skill-input").await, source);
    window.click("skill-import").await;
    window.count("preview-skill", 2).await;
    window.click("preview-all").await;
    assert_eq!(window.text("confirm-install").await, "Install 2 skills");
    window.click("confirm-install").await;
    window.gone("[role='dialog'][open]").await;
    window.row("git-release", "waiting").await;
    window.row("review", "waiting").await;
    window.click("toast-undo").await;
    window.gone("[data-testid='row']").await;
    assert!(!world.path(".opencode/skills/review").exists() && !world.path(".opencode/skills/git-release").exists());
    window.close().await;
}

/// S1: how much has come is told, of how much.
#[tokio::test(flavor = "multi_thread")]
async fn how_far_a_fetch_is_can_be_seen() {
    let world = World::new();
    let slow = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}/skill.zip", slow.local_addr().expect("an address"));
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-skills").await;
    window.type_into("skill-input", &address).await;
    window.click("skill-import").await;
    let (mut stream, _) = slow.accept().await.expect("a connection");
    let mut request = [0; 1024];
    assert!(stream.read(&mut request).await.expect("a request") > 0);
    let begun = [&b"HTTP/1.1 200 OK\r\ncontent-length: 80000\r\n\r\n"[..], &[0; 20_000]].concat();
    stream.write_all(&begun).await.expect("sent");
    window.text_with("preview-received", "20 KB of 80 KB, 25%").await;
    window.picture("preview-fetching").await;
    window.click("cancel-preview").await;
    window.gone("[role='dialog'][open]").await;
    window.close().await;
}

/// S1: while a source is fetched the person can cancel, and nothing is left of it; what came meanwhile is told, and stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_is_cancelled() {
    let world = World::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/skill.zip", silent.local_addr().expect("an address"));
    let window = Window::open(&world).await;
    window.engine_runs().await;
    window.click("nav-skills").await;
    window.type_into("skill-input", &address).await;
    window.click("skill-import").await;
    window.text_with("preview-fetching", "skill.zip").await;
    window.click("cancel-preview").await;
    window.gone("[role='dialog'][open]").await;
    window.find_css("[data-testid='skill-import'][aria-busy='false']").await;
    assert!(!window.has("[data-testid='skill-error'] b").await, "what a person cancelled is no error");

    // Somebody else puts a skill there while this one is looked at.
    let source = collection(&world);
    window.type_into("skill-input", &format!("{source}/skills/review")).await;
    window.click("skill-import").await;
    window.count("preview-skill", 1).await;
    world.write(".opencode/skills/review/SKILL.md", &skill("review", "Theirs."));
    window.click("confirm-install").await;
    let error = window.text("preview-error").await;
    assert!(error.contains("review"), "{error}");
    assert_eq!(world.read(".opencode/skills/review/SKILL.md"), skill("review", "Theirs."));
    window.click("cancel-preview").await;
    window.gone("[role='dialog'][open]").await;
    window.close().await;
}
