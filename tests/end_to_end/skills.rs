//! Skills after they are installed: updated, turned off, replaced, begun.

use rekindle_tests::world::{World, skill, write};
use serde_json::{Value, json};

/// S3, S4, M3: an update is told file by file, put in place, pending, and proved; undone, it is pending again. What the person
/// changed stays, and the lock of the project says where the skill is from.
#[tokio::test(flavor = "multi_thread")]
async fn an_update_is_pending_and_proved() {
    let world = World::new();
    let source = world.outside("source/s");
    write(&source.join("SKILL.md"), &skill("s", "Old."));
    write(&source.join("notes.md"), "old");
    let engine = world.start_engine().await;
    let from = source.display().to_string();
    assert_eq!(world.rekindle(&["skill", "install", &from, "--to", "agents"]).await.code, 0);
    let lock: serde_json::Value = serde_json::from_str(&world.read("skills-lock.json")).expect("JSON");
    assert_eq!(lock["skills"]["s"]["rekindle"]["place"], ".agents/skills/s");
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert!(engine.has_skill("s", "Old.").await);
    let listed = world.rekindle(&["skill", "list", "--json"]).await.json();
    let row = listed.as_array().expect("a list").iter().find(|row| row["name"] == "s").expect("listed").clone();
    assert!(row["from"]["source"].is_string(), "{row}");

    // Beside a SKILL.md nothing needs a reload.
    write(&source.join("notes.md"), "new");
    let checked = world.rekindle(&["skill", "update", "--check", "--json"]).await;
    let one = checked.json()["skills"][0].clone();
    assert_eq!((checked.code, &one["state"], &one["class"]), (0, &json!("available"), &json!("support")));
    assert_eq!(one["files"], json!([{"path": "notes.md", "change": "changed", "by": "source"}]));
    assert_eq!(world.rekindle(&["skill", "update"]).await.code, 0);
    assert_eq!((world.read(".agents/skills/s/notes.md").as_str(), world.rekindle(&["status"]).await.code), ("new", 0));

    write(&source.join("SKILL.md"), &skill("s", "New."));
    world.write(".agents/skills/s/mine.md", "mine");
    let updated = world.rekindle(&["skill", "update", "s", "--json"]).await;
    let one = updated.json()["skills"][0].clone();
    assert_eq!((updated.code, &one["state"], &one["class"]), (0, &json!("updated"), &json!("content")), "{updated:?}");
    assert_eq!(world.read(".agents/skills/s/mine.md"), "mine");
    assert_eq!(world.rekindle(&["status", "--json"]).await.json()["reasons"], json!(["skills-changed"]));
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert!(engine.has_skill("s", "New.").await);

    // Both changed the same file: nothing is overwritten without a word.
    write(&source.join("SKILL.md"), &skill("s", "Newer."));
    world.write(".agents/skills/s/SKILL.md", &skill("s", "Mine."));
    let refused = world.rekindle(&["skill", "update", "s", "--json"]).await;
    assert_eq!((refused.code, &refused.json()["skills"][0]["state"]), (2, &json!("conflict")));
    assert!(world.read(".agents/skills/s/SKILL.md").contains("Mine."));
    assert_eq!(world.rekindle(&["skill", "update", "s", "--keep", "theirs"]).await.code, 0);
    assert!(world.read(".agents/skills/s/SKILL.md").contains("Newer."));
    assert_eq!(world.rekindle(&["undo"]).await.code, 0);
    assert!(world.read(".agents/skills/s/SKILL.md").contains("Mine."));
}

/// S5: a skill that is turned off is denied by the engine's own rules, is told so in the list, and comes back byte for byte.
#[tokio::test(flavor = "multi_thread")]
async fn a_skill_is_turned_off_and_on() {
    let world = World::new();
    // Without its schema the engine would add it.
    let text = "{\n  \"$schema\": \"https://opencode.ai/config.json\",\n  // mine\n  \"permission\": {\"skill\": \"allow\"}\n}\n";
    world.write("opencode.jsonc", text);
    world.write(".opencode/skills/s/SKILL.md", &skill("s", "Body."));
    let engine = world.start_engine().await;
    assert_eq!(world.rekindle(&["skill", "disable", "s"]).await.code, 0);
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    let rules = engine.agent("build").await["permission"].clone();
    let is_denied = json!({"permission": "skill", "pattern": "s", "action": "deny"});
    assert!(rules.as_array().expect("a list").contains(&is_denied), "{rules}");
    assert!(engine.has_skill("s", "Body.").await, "the engine lists it all the same");
    let listed = world.rekindle(&["skill", "list", "--json"]).await.json();
    let row = listed.as_array().expect("a list").iter().find(|row| row["name"] == "s").expect("listed").clone();
    assert!(row["warning"].as_str().is_some_and(|warning| warning.contains("permission.skill")), "{row}");
    assert_eq!(world.rekindle(&["skill", "enable", "s"]).await.code, 0);
    assert_eq!(world.read("opencode.jsonc"), text);
    assert_eq!(world.rekindle(&["skill", "disable", "none"]).await.code, 2);
}

/// S5: skills have a name together, by which they are turned off and on as one; one that is not here is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_set_is_turned_as_one() {
    let world = World::new();
    for name in ["a", "b", "c"] {
        world.write(&format!(".opencode/skills/{name}/SKILL.md"), &skill(name, "Body."));
    }
    let named = world.rekindle(&["skill", "set", "review", "a", "b", "elsewhere"]).await;
    assert_eq!(named.code, 0, "{named:?}");
    assert_eq!(world.rekindle(&["skill", "sets", "--json"]).await.json(), json!({"review": ["a", "b", "elsewhere"]}));
    let off = world.rekindle(&["skill", "disable", "--set", "review", "c"]).await;
    assert_eq!(off.code, 0, "{off:?}");
    assert!(off.err.contains("elsewhere"), "{off:?}");
    let rules: Value = serde_json::from_str(&world.read("opencode.json")).expect("JSON");
    assert_eq!(rules["permission"]["skill"], json!({"c": "deny", "a": "deny", "b": "deny"}));
    let check = async |arguments: &[&str], part: &str| {
        let ran = world.rekindle(arguments).await;
        assert!(ran.code == 2 && ran.err.contains(part), "{ran:?}");
    };
    check(&["skill", "disable", "--set", "none"], "review").await;
    check(&["skill", "disable", "--from", "o/r"], "o/r").await;
    check(&["skill", "set", "none", "--remove"], "none").await;
    assert_eq!(world.rekindle(&["undo"]).await.code, 0);
    assert!(!world.path("opencode.json").exists(), "one change");
    assert_eq!(world.rekindle(&["skill", "set", "review", "--remove"]).await.code, 0);
    assert_eq!(world.rekindle(&["skill", "sets", "--json"]).await.json(), json!({}));
}

/// S6, S7: one that is there is replaced only with --yes; a new one is a skill of which nothing is to be said.
#[tokio::test(flavor = "multi_thread")]
async fn a_skill_is_begun_and_replaced() {
    let world = World::new();
    let begun = world.rekindle(&["skill", "new", "s", "--description", "Does: \"this\" # and that", "--json"]).await;
    assert_eq!(begun.code, 0, "{begun:?}");
    let place = world.path(".opencode/skills/s").display().to_string();
    let checked = world.rekindle(&["skill", "check", &place, "--json"]).await.json();
    assert_eq!((&checked["findings"], &checked["description"]), (&json!([]), &json!("Does: \"this\" # and that")));
    let before = world.read(".opencode/skills/s/SKILL.md");
    let source = world.outside("s");
    write(&source.join("SKILL.md"), &skill("s", "Other."));
    let from = source.display().to_string();
    let refused = world.rekindle(&["skill", "install", &from, "--json"]).await;
    assert!(refused.json()["error"]["hint"].as_str().is_some_and(|hint| hint.contains("--yes")), "{refused:?}");
    assert_eq!((refused.code, world.read(".opencode/skills/s/SKILL.md")), (2, before.clone()));
    assert_eq!(world.rekindle(&["skill", "install", &from, "--yes"]).await.code, 0);
    assert!(world.read(".opencode/skills/s/SKILL.md").contains("Other."));
    assert_eq!(world.rekindle(&["undo"]).await.code, 0);
    assert_eq!(world.read(".opencode/skills/s/SKILL.md"), before);
}
