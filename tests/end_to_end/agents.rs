//! Agents and commands: begun, made live, turned off, removed, and taken back.

use rekindle_tests::world::World;
use serde_json::{Value, json};

/// The names in an answer of the engine.
fn names(answer: &Value) -> Vec<String> {
    let all = answer.as_array().expect("a list").iter();
    all.map(|one| one["name"].as_str().expect("a name").to_owned()).collect()
}

/// V5: begun from a template, an agent and a command are pending, and proved by a reload; removed, they are gone after the next
/// one; undone, they are back, byte for byte.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_and_a_command_come_and_go() {
    let world = World::new();
    let engine = world.start_engine().await;
    let (agent, command) = (".opencode/agents/team/reviewer.md", ".opencode/commands/release.md");
    let description = "Reads: \"what\" others # wrote\n😀 'and' --- more";
    let run = async |arguments: &[&str]| {
        let ran = world.rekindle(arguments).await;
        assert_eq!(ran.code, 0, "{ran:?}");
        ran
    };
    let new = ["agent", "new", "team/reviewer", "--description", description, "--mode", "subagent", "--json"];
    let begun = run(&new).await.json();
    assert_eq!(begun["path"], world.path(agent).display().to_string());
    run(&["command", "new", "/release", "--description", description]).await;
    let status = world.rekindle(&["status", "--json"]).await.json();
    let mut changes: Vec<_> = status["changes"].as_array().expect("a list").iter().map(|one| &one["id"]).collect();
    changes.sort_by_key(|id| id.to_string());
    assert_eq!(changes, ["agent:project:team/reviewer", "command:project:release"]);
    assert_eq!((&status["warnings"], &status["problems"]), (&Value::Null, &json!([])));
    run(&["reload"]).await;
    let told = engine.agent("team/reviewer").await;
    assert_eq!((&told["description"], &told["mode"]), (&json!(description), &json!("subagent")));
    let told = engine.get("/command").await;
    let told = told.as_array().expect("a list").iter().find(|one| one["name"] == "release").expect("listed").clone();
    assert_eq!(told["description"], description);
    assert!(told["template"].as_str().is_some_and(|text| text.contains("$ARGUMENTS")), "{told}");
    let check = world.rekindle(&["check", "--json"]).await.json();
    assert_eq!(check["findings"], json!([]), "of what is begun nothing is to be said");

    let texts = [agent, command].map(|path| world.read(path));
    let again = world.rekindle(&["agent", "new", "team/reviewer", "--json"]).await;
    assert_eq!((again.code, &again.json()["error"]["code"]), (2, &json!("declared")));
    let removed = run(&["command", "remove", "release", "--json"]).await.json();
    assert_eq!(removed["path"], world.path(command).display().to_string());
    run(&["agent", "remove", "agent:project:team/reviewer"]).await;
    run(&["reload"]).await;
    assert!(!names(&engine.get("/agent").await).contains(&"team/reviewer".to_owned()));
    assert!(!names(&engine.get("/command").await).contains(&"release".to_owned()));
    run(&["undo"]).await;
    run(&["undo"]).await;
    assert_eq!([agent, command].map(|path| world.read(path)), texts);
    assert_eq!(world.rekindle(&["status"]).await.code, 1, "they are pending again");
    run(&["undo"]).await;
    run(&["undo"]).await;
    assert!(!world.path(agent).exists() && !world.path(command).exists());
}

/// V5: an agent is turned off, also one of the engine's own, and proved to be; on again, every byte is as it was. What the
/// engine has of itself is answered with what to do instead, and it still has just that.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_engine_has_of_itself_is_turned_off_and_not_removed() {
    let world = World::new();
    let text = "{\n  \"$schema\": \"https://opencode.ai/config.json\",\n  // mine\n  \"share\": \"manual\"\n}\n";
    world.write("opencode.jsonc", text);
    world.write(".opencode/skills/s/SKILL.md", "---\nname: s\ndescription: d\n---\nb\n");
    let adds = "export const A = async () => ({ config: async (config) => { config.agent = { ...config.agent, added: {} } } })\n";
    world.write(".opencode/plugins/adds.ts", adds);
    let engine = world.start_engine().await;
    let own = |kind| rekindle_opencode::own_names(kind).into_iter().map(str::to_owned).collect::<Vec<_>>();
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let mut agents = engine.get("/agent").await;
    agents.as_array_mut().expect("a list").retain(|one| one["native"] == true);
    assert_eq!(sorted(names(&agents)), sorted(own(rekindle_domain::Kind::Agent)));
    let commands: Vec<_> = engine.get("/command").await.as_array().expect("a list").clone();
    let commands = commands.into_iter().filter(|one| one["source"] == "command").collect::<Value>();
    assert_eq!(sorted(names(&commands)), sorted(own(rekindle_domain::Kind::Command)));

    for (kind, name, hint) in [
        ("agent", "plan", "rekindle agent disable plan"),
        ("agent", "added", "a plugin adds it"),
        ("command", "init", "rekindle command new init"),
        ("command", "s", "rekindle skill remove s"),
    ] {
        let refused = world.rekindle(&[kind, "remove", name, "--json"]).await;
        let error = refused.json()["error"].clone();
        assert_eq!((refused.code, &error["code"]), (2, &json!("from-elsewhere")), "{error}");
        assert!(error["hint"].as_str().is_some_and(|told| told.contains(hint)), "{error}");
    }
    assert_eq!(world.rekindle(&["agent", "disable", "plan"]).await.code, 0);
    let reloaded = world.rekindle(&["reload", "--json"]).await;
    assert_eq!((reloaded.code, &reloaded.json()["items"][0]["detail"]), (0, &json!("turned off")), "{reloaded:?}");
    assert!(!names(&engine.get("/agent").await).contains(&"plan".to_owned()));
    let listed = world.rekindle(&["agent", "list", "--json"]).await.json();
    assert_eq!((&listed[0]["name"], &listed[0]["detail"]), (&json!("plan"), &json!("turned off")));
    assert_eq!(world.rekindle(&["agent", "enable", "plan"]).await.code, 0);
    assert_eq!(world.read("opencode.jsonc"), text);
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert!(names(&engine.get("/agent").await).contains(&"plan".to_owned()));
}
