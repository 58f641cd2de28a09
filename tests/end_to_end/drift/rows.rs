//! What lists and the status say of items that people mix up: shadowed, not found, of the same name.

use std::fs;

use rekindle_tests::{
    raw::installed,
    wait,
    world::{MCP_SERVER, World, skill, write},
};
use serde_json::{Value, json};

/// The changes of the status: kind, name, and what happened.
async fn changes(world: &World) -> Vec<(String, String, String)> {
    let status = world.rekindle(&["status", "--json"]).await.json();
    let text = |change: &Value, key: &str| change[key].as_str().expect("a text").to_owned();
    let changes = status["changes"].as_array().expect("a list").iter();
    changes.map(|change| (text(change, "kind"), text(change, "name"), text(change, "change"))).collect()
}

fn change(kind: &str, name: &str, change: &str) -> (String, String, String) {
    (kind.to_owned(), name.to_owned(), change.to_owned())
}

/// The rows of one name, in the order of the list.
async fn rows(world: &World, kind: &str, name: &str) -> Vec<Value> {
    let list = world.rekindle(&["list", kind, "--json"]).await.json();
    list.as_array().expect("a list").iter().filter(|row| row["name"] == name).cloned().collect()
}

/// The one row of a name, as soon as it is like this: a busy engine may not have said all when it is asked.
async fn row_that(world: &World, kind: &str, name: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let found = async || rows(world, kind, name).await.into_iter().find(|row| is_so(row));
    wait::until(&format!("{kind} {name}"), found).await
}

/// K3: a skill that is removed is pending as removed; one that is renamed as removed and added.
#[tokio::test(flavor = "multi_thread")]
async fn a_skill_that_goes_or_is_renamed_is_pending() {
    let world = World::new();
    for name in ["stays", "goes", "old"] {
        world.write(&format!(".opencode/skills/pack/{name}/SKILL.md"), &skill(name, "Body."));
    }
    let engine = world.start_engine().await;
    assert_eq!(changes(&world).await, []);
    fs::remove_dir_all(world.path(".opencode/skills/pack/goes")).expect("removed");
    world.write(".opencode/skills/pack/old/SKILL.md", &skill("new", "Body."));
    let expected =
        [change("skill", "goes", "removed"), change("skill", "new", "added"), change("skill", "old", "removed")];
    assert_eq!(changes(&world).await, expected);
    assert!(engine.has_skill("goes", "").await, "it is still loaded");
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert!(!engine.has_skill("goes", "").await && !engine.has_skill("old", "").await);
    assert!(engine.has_skill("new", "Body.").await);
    assert_eq!(changes(&world).await, []);
}

/// K4, K5: a server whose command, environment, working folder or address changed is pending under its
/// name, whatever that is; others are not.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_the_same_name_is_compared() {
    let world = World::new();
    let local =
        || json!({"type": "local", "command": ["one"], "cwd": "one", "environment": {"K": "one"}, "enabled": false});
    let remote = |url: &str| json!({"type": "remote", "url": url, "enabled": false});
    let declare = |server: &Value, url: &str| {
        let config = json!({"mcp": {"plugin-foo": server, "remote": remote(url)}});
        world.write("opencode.json", &config.to_string());
    };
    declare(&local(), "https://one.example");
    world.start_engine().await;
    assert_eq!(changes(&world).await, [], "its name says nothing of where it comes from");
    assert_eq!(rows(&world, "mcp", "plugin-foo").await[0]["state"], "loaded");
    for (pointer, value) in [
        ("/command", json!(["two"])),
        ("/cwd", json!("two")),
        ("/environment/K", json!("two")),
        ("/enabled", json!(true)),
    ] {
        let mut server = local();
        *server.pointer_mut(pointer).expect("a value") = value;
        declare(&server, "https://one.example");
        assert_eq!(changes(&world).await, [change("mcp", "plugin-foo", "changed")], "{pointer}");
        let row = rows(&world, "mcp", "plugin-foo").await.remove(0);
        assert_eq!((&row["state"], &row["action"]), (&json!("waiting"), &json!("dispose")), "{pointer}");
    }
    declare(&local(), "https://two.example");
    assert_eq!(changes(&world).await, [change("mcp", "remote", "changed")]);
    declare(&local(), "https://one.example");
    assert_eq!(changes(&world).await, []);
}

/// B8, H4: what another file says is used is told, with the file that wins; that it changes is no
/// reason to reload.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_overridden_names_the_file_that_wins() {
    let world = World::new();
    let global = world.home(".config/opencode/opencode.json");
    let server = |command: &str| json!({"type": "local", "command": [command], "enabled": false});
    let declare = |share: &str| json!({"share": share, "mcp": {"m": server(share)}}).to_string();
    write(&global, &declare("auto"));
    world.write("opencode.json", &declare("manual"));
    world.write("opencode.jsonc", r#"{"share": "disabled"}"#);
    world.start_engine().await;
    assert_eq!(changes(&world).await, []);
    let states = rows(&world, "mcp", "m").await;
    let states: Vec<_> = states.iter().map(|row| (&row["scope"], &row["state"], &row["by"])).collect();
    let winner = json!(world.path("opencode.json"));
    let (project, all) = (json!("project"), json!("global"));
    let (loaded, overridden) = (json!("loaded"), json!("overridden"));
    assert_eq!(states, [(&project, &loaded, &Value::Null), (&all, &overridden, &winner)]);
    let shares = rows(&world, "config", "share").await;
    let winner = json!(world.path("opencode.jsonc"));
    assert_eq!(shares.iter().filter(|row| row["by"] == winner).count(), 2, "{shares:?}");
    let used = shares.iter().find(|row| row["state"] == "loaded").expect("the one that is used");
    assert_eq!((&used["source"], used["overrides"].as_array().map(Vec::len)), (&winner, Some(2)), "{used}");

    write(&global, &declare("manual"));
    assert_eq!(changes(&world).await, [], "it is not used either way");
    fs::remove_file(world.path("opencode.jsonc")).expect("removed");
    assert_eq!(changes(&world).await, [change("config", "share", "changed")]);
}

/// B8, C1: of skills with one name each is told that chance decides; a plugin that is declared twice
/// says which declaration is used.
#[tokio::test(flavor = "multi_thread")]
async fn what_shadows_another_is_told() {
    let world = World::new();
    world.write(".opencode/skills/one/SKILL.md", &skill("twin", "First."));
    world.write(".claude/skills/two/SKILL.md", &skill("twin", "Second."));
    world.write(".opencode/skills/odd/SKILL.md", "no front matter");
    world.start_engine().await;
    assert_eq!(changes(&world).await, [], "which one is loaded is chance, and no change");
    let twins = rows(&world, "skill", "twin").await;
    assert_eq!(twins.len(), 2, "{twins:?}");
    assert!(
        twins.iter().all(|row| row["warning"].as_str().is_some_and(|text| text.starts_with("2 skills"))),
        "{twins:?}"
    );
    let odd = rows(&world, "skill", "odd").await.remove(0);
    assert_eq!((&odd["state"], &odd["layer"]), (&json!("not-read"), &json!("installed")), "{odd}");
    assert!(odd["why"].as_str().is_some_and(|why| why.contains("front matter")), "{odd}");
}

/// C1: a plugin that is declared and not there has got no further than that, and it is told why.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_is_not_there_is_only_declared() {
    let world = World::new();
    world.start_engine().await;
    world.write("opencode.json", r#"{"plugin": ["./none.ts"]}"#);
    world.write(".opencode/plugins/there.ts", &rekindle_tests::world::plugin("there"));
    let layers = async || {
        let of = async |name| {
            let row = rows(&world, "plugin", name).await.remove(0);
            (row["layer"].as_str().expect("a layer").to_owned(), row["state"].as_str().expect("a state").to_owned())
        };
        (of("none.ts").await, of("there.ts").await)
    };
    let pair = |layer: &str, state: &str| (layer.to_owned(), state.to_owned());
    assert_eq!(layers().await, (pair("declared", "waiting"), pair("installed", "waiting")));
    assert_eq!(world.rekindle(&["reload"]).await.code, 1, "not all of it is live");
    assert_eq!(layers().await, (pair("declared", "failed"), pair("active", "loaded")));
    let row = rows(&world, "plugin", "none.ts").await.remove(0);
    assert!(row["message"].as_str().is_some_and(|message| !message.is_empty()), "{row}");
}

/// B1: what would be dropped, is not there, or cannot be parsed is told with its place, and keeps nothing
/// from being reloaded.
#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_missing_is_a_warning() {
    let world = World::new();
    world.start_engine().await;
    world.write(".opencode/agent/odd.md", "---\ndescription: \"never closed\nmode: primary\n---\nHelp\n");
    world.write(".opencode/plugins/broken.ts", "export const P = async () => {\n  const apiKey = 'sk-1' return\n}\n");
    world.write(".opencode/skills/named/SKILL.md", "---\ndescription: no name\n---\n");
    world.write(".opencode/skills/once/SKILL.md", "---\nname: once\ndescription: Use when: always\n---\n");
    world.write(".opencode/tools/broken.ts", "export default {\n");
    world.write("opencode.json", "{\n  \"plugin\": [\n    \"./none.ts\"\n  ]\n}");
    let status = world.rekindle(&["status", "--json"]).await.json();
    assert_eq!(status["problems"], json!([]));
    let warnings = status["warnings"].as_array().expect("warnings");
    let found: Vec<_> =
        warnings.iter().map(|one| (one["path"].clone(), one["line"].as_u64(), one["column"].as_u64())).collect();
    let at = |path: &str, line, column| (json!(world.path(path)), Some(line), Some(column));
    let expected = [
        at(".opencode/agent/odd.md", 1, 1),
        at(".opencode/plugins/broken.ts", 2, 24),
        at(".opencode/skills/named/SKILL.md", 1, 1),
        at(".opencode/skills/once/SKILL.md", 3, 1),
        at(".opencode/tools/broken.ts", 2, 1),
        at("opencode.json", 3, 5),
    ];
    assert_eq!(found, expected, "{warnings:?}");
    let plan = world.rekindle(&["plan", "--json"]).await;
    assert_eq!((plan.code, &plan.json()["warnings"]), (1, &status["warnings"]), "the same in the plan");
    for command in ["status", "plan"] {
        let told = world.rekindle(&[command]).await.out;
        assert_eq!(told.matches("Warning: ").count(), expected.len(), "{told}");
        assert!(told.contains("\n      description: Use when: always\n"), "the line in question: {told}");
        assert!(!told.contains("sk-1"), "{told}");
    }
    let tool = rows(&world, "tool", "broken").await.remove(0);
    assert!(tool["warning"].as_str().is_some_and(|text| text.contains("no prompt")), "{tool}");
    // The engine agrees: it answers for no tool, until the file is gone.
    assert_eq!(world.rekindle(&["reload"]).await.code, 1);
    assert_eq!(world.engine().ask(reqwest::Method::GET, "/experimental/tool/ids", None).await.0, 500);
}

/// N1: the same permissions in another order are pending where the order decides, and nowhere else; the engine shows
/// when they are live. The order is that of the project, of the person's own files, of an agent, and of its file.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_counts_is_pending() {
    let world = World::new();
    let global = world.home(".config/opencode/opencode.json");
    let config = |permission: &str, own: &str, tools: &str| {
        format!(
            r#"{{"permission": {permission}, "agent": {{"a": {{"permission": {own}}}, "b": {{"tools": {tools}}}}}}}"#
        )
    };
    let (wide, narrow) = (r#"{"*": "deny", "bash": "allow"}"#, r#"{"bash": "allow", "*": "deny"}"#);
    let [some, other] = [r#"{"*": false, "read": true}"#, r#"{"read": true, "*": false}"#];
    let [last_off, last_on] = [r#"{"edit": true, "write": false}"#, r#"{"write": false, "edit": true}"#];
    let agent = |permission: &str| format!("---\npermission: {permission}\n---\nText.");
    world.write("opencode.json", &config(wide, wide, some));
    world.write(".opencode/agent/c.md", &agent(wide));
    write(&global, &format!(r#"{{"agent": {{"g": {{"permission": {wide}}}}}}}"#));
    world.start_engine().await;
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    type Edit<'a> = (&'a str, Option<&'a str>, &'a dyn Fn());
    let edits: [Edit<'_>; 9] = [
        ("the project's", Some("permission"), &|| world.write("opencode.json", &config(narrow, wide, some))),
        ("an agent's", Some("a"), &|| world.write("opencode.json", &config(narrow, narrow, some))),
        ("tools", Some("b"), &|| world.write("opencode.json", &config(narrow, narrow, other))),
        ("other tools", Some("b"), &|| world.write("opencode.json", &config(narrow, narrow, last_off))),
        ("three names of one tool", Some("b"), &|| world.write("opencode.json", &config(narrow, narrow, last_on))),
        ("a file's", Some("c"), &|| world.write(".opencode/agent/c.md", &agent(narrow))),
        ("one's own", Some("g"), &|| write(&global, &format!(r#"{{"agent": {{"g": {{"permission": {narrow}}}}}}}"#))),
        ("of names that are apart", Some("permission"), &|| {
            world.write("opencode.json", &config(r#"{"bash": "ask", "edit": "deny"}"#, narrow, last_on));
        }),
        ("the same in no order", None, &|| {
            world.write("opencode.json", &config(r#"{"edit": "deny", "bash": "ask"}"#, narrow, last_on));
        }),
    ];
    for (what, pending, edit) in edits {
        edit();
        let names: Vec<_> = changes(&world).await.into_iter().map(|(_, name, _)| name).collect();
        assert_eq!(names, pending.into_iter().collect::<Vec<_>>(), "{what}");
        let receipt = world.rekindle(&["reload", "--yes", "--json"]).await.json();
        assert_eq!((&receipt["result"], &receipt["stillPending"]), (&json!("proved"), &json!([])), "{what}: {receipt}");
        assert_eq!(world.rekindle(&["status"]).await.code, 0, "{what}");
    }
}

/// N3: skills of a folder that a plugin names are the engine's like all others: for a look and for a reload, when they
/// change, come and go, and when the plugin names another folder, or none.
#[tokio::test(flavor = "multi_thread")]
async fn skills_that_a_plugin_names_are_read_by_everyone() {
    let world = World::new();
    let skill_at =
        |path: &str, name: &str, body: &str| write(&world.outside(&format!("{path}/SKILL.md")), &skill(name, body));
    let names = |folders: &[&str]| {
        let paths: Vec<_> = folders.iter().map(|folder| world.outside(folder).display().to_string()).collect();
        let paths = json!(paths);
        world.write(
            ".opencode/plugin/names.ts",
            &format!(
                "export const P = async () => ({{ config: async (cfg) => {{ cfg.skills = {{ paths: {paths} }} }} }})"
            ),
        );
    };
    skill_at("one/s", "s", "First.");
    skill_at("one/t", "t", "First.");
    skill_at("two/u", "u", "First.");
    names(&["one"]);
    let engine = world.start_engine().await;
    assert_eq!(changes(&world).await, []);
    type Edit<'a> = (&'a str, &'a dyn Fn(), &'a [(&'a str, &'a str)]);
    let edits: [Edit<'_>; 6] = [
        ("changed", &|| skill_at("one/s", "s", "Second."), &[("s", "changed")]),
        ("come", &|| skill_at("one/v", "v", "First."), &[("v", "added")]),
        ("gone", &|| fs::remove_dir_all(world.outside("one/t")).expect("removed"), &[("t", "removed")]),
        ("another folder", &|| names(&["two"]), &[]),
        ("both", &|| names(&["two", "one"]), &[]),
        ("none", &|| names(&[]), &[]),
    ];
    for (what, edit, pending) in edits {
        edit();
        let expected: Vec<_> = pending.iter().map(|(name, happened)| change("skill", name, happened)).collect();
        let found: Vec<_> = changes(&world).await.into_iter().filter(|(kind, ..)| kind == "skill").collect();
        assert_eq!(found, expected, "{what}");
        let plan = world.rekindle(&["plan", "--json"]).await.json()["fingerprint"].clone();
        let ran = world.rekindle(&["reload", "--json", "--plan", plan.as_str().expect("a plan")]).await;
        let receipt = ran.json();
        assert_eq!(
            (ran.code, &receipt["result"], &receipt["stillPending"]),
            (0, &json!("proved"), &json!([])),
            "{what}: {receipt}"
        );
        assert_eq!(changes(&world).await, [], "{what}");
    }
    assert!(!engine.has_skill("s", "").await);
}

/// N1: what the environment names is where the engine looks for it, however it is written: relative, with `..` through
/// what is not there, with two slashes.
#[tokio::test(flavor = "multi_thread")]
async fn paths_of_the_environment_are_resolved_as_the_engine_does() {
    let world = World::new();
    let beside = world.project().parent().expect("a parent").join("cd");
    let fill = |folder: &std::path::Path, body: &str| {
        write(&folder.join("skill/s/SKILL.md"), &skill("s", body));
        write(&folder.join("agent/a.md"), &format!("---\ndescription: {body}\n---\nText."));
        write(&folder.join("plugin/p.ts"), "export const P = async () => ({})");
        write(&folder.join("opencode.json"), r#"{"username": "u"}"#);
        installed(folder);
    };
    let (home, config) = (world.home(""), world.home(".config"));
    let of = |path: &std::path::Path, between: &str| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        format!("{}{between}{name}", path.parent().expect("a parent").display())
    };
    let cases: [(&str, String, std::path::PathBuf); 5] = [
        ("OPENCODE_CONFIG_DIR", "../cd".to_owned(), beside.clone()),
        ("OPENCODE_CONFIG_DIR", of(&beside, "/not there/../"), beside.clone()),
        ("HOME", of(home.parent().unwrap_or(&home).join("home").as_path(), "/not there/../"), world.home(".opencode")),
        ("XDG_CONFIG_HOME", of(&config, "//"), world.home(".config/opencode")),
        ("XDG_CONFIG_HOME", "own config".to_owned(), world.project().join("own config/opencode")),
    ];
    for (at, (variable, value, folder)) in cases.into_iter().enumerate() {
        let run = async |arguments: &[&str]| world.rekindle_with(arguments, &[(variable, &value)]).await;
        fill(&folder, &format!("First {at}."));
        assert_eq!(run(&["engine", "start"]).await.code, 0, "{variable}={value}");
        let status = run(&["status", "--json"]).await.json();
        assert_eq!(status["changes"], json!([]), "{variable}={value}");
        fill(&folder, &format!("Second {at}."));
        let names = |status: &Value| -> Vec<String> {
            let changes = status["changes"].as_array().expect("a list").iter();
            changes.map(|change| change["name"].as_str().expect("a name").to_owned()).collect()
        };
        assert_eq!(names(&run(&["status", "--json"]).await.json()), ["a", "s"], "{variable}={value}");
        let receipt = run(&["reload", "--json"]).await.json();
        assert_eq!((&receipt["result"], &receipt["stillPending"]), (&json!("proved"), &json!([])), "{receipt}");
        assert_eq!(run(&["engine", "stop"]).await.code, 0);
        fs::remove_dir_all(&folder).expect("removed");
    }
}

/// N3, H4: what OpenCode takes for less than was meant, without a word, is told with what is wrong, and never called
/// active: servers, tools of which none comes, agents that are turned off.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_engine_passes_over_is_told() {
    let world = World::new();
    let servers = [
        ("text", json!({"type": "local", "command": "npx x", "enabled": true}), "command"),
        ("stdio", json!({"type": "stdio", "command": ["x"], "enabled": true}), "type"),
        ("no-type", json!({"command": ["x"], "enabled": true}), "type"),
        ("no-url", json!({"type": "remote", "enabled": true}), "url"),
        (
            "number",
            json!({"type": "local", "command": ["x"], "environment": {"A": 1}, "enabled": true}),
            "environment.A",
        ),
        ("half", json!({"type": "local", "command": ["x"], "timeout": 1.5, "enabled": true}), "timeout"),
        ("negative", json!({"type": "local", "command": ["x"], "timeout": -5, "enabled": true}), "timeout"),
    ];
    let config = |more: &[(&str, Value, &str)]| {
        let mut mcp: serde_json::Map<_, _> =
            more.iter().map(|(name, entry, _)| ((*name).to_owned(), entry.clone())).collect();
        mcp.insert("off".to_owned(), json!({"enabled": false}));
        let agents = json!({"gone": {"disable": true, "description": "one"}, "here": {"description": "one"}});
        world.write("opencode.json", &json!({"mcp": mcp, "agent": agents}).to_string());
    };
    config(&servers[1..]);
    let helpers =
        |text: &str| world.write(".opencode/tool/helpers.ts", &format!("export const help = () => \"{text}\""));
    helpers("one");
    world.write(
        ".opencode/tool/t.ts",
        "export default { description: \"x\", args: {}, async execute() { return \"\" } }",
    );
    // Plugins that run write it down.
    let ran = world.outside("ran");
    let plugin = |name: &str| {
        let ran = json!(ran.display().to_string());
        format!(
            "import fs from 'fs'; export const P = async () => {{ fs.appendFileSync({ran}, '{name}\\n'); return {{}} }}"
        )
    };
    world.write(".opencode/plugin/my-opencode-copilot-auth.js", &plugin("copilot"));
    world.write(".opencode/plugin/runs.js", &plugin("runs"));
    world.start_engine().await;
    let status = world.rekindle(&["status", "--json"]).await.json();
    assert_eq!(status["changes"], json!([]), "nothing waits for ever: {status}");
    assert_eq!(fs::read_to_string(&ran).expect("written"), "runs\n");
    assert_eq!(rows(&world, "plugin", "my-opencode-copilot-auth.js").await[0]["state"], "not-read");
    assert_eq!(rows(&world, "plugin", "runs.js").await[0]["state"], "loaded");
    let warned = |status: &Value, name: &str, key: &str| {
        let messages = status["warnings"].as_array().expect("a list").iter();
        let place = if ["type", "url"].contains(&key) {
            format!("“mcp.{name}”")
        } else {
            format!("“mcp.{name}.{key}”")
        };
        let place = if name == "stdio" { "“mcp.stdio.type”".to_owned() } else { place };
        messages.filter(|warning| warning["message"].as_str().is_some_and(|text| text.starts_with(&place))).count()
    };
    for (name, _, key) in &servers[1..] {
        assert_eq!(warned(&status, name, key), 1, "{name}: {}", status["warnings"]);
        row_that(&world, "mcp", name, |row| row["state"] == "failed").await;
    }
    row_that(&world, "mcp", "off", |row| row["state"] == "loaded").await;
    assert_eq!(rows(&world, "agent", "gone").await[0]["detail"], "turned off");
    assert_eq!(rows(&world, "agent", "here").await[0]["detail"], "one");
    let has_no_tool = |row: &Value| row["detail"].as_str().is_some_and(|told| told.contains("no tool"));
    row_that(&world, "tool", "helpers", has_no_tool).await;

    config(&servers);
    helpers("two");
    world.write("pk/package.json", r#"{"exports": {".": "./i.js"}}"#);
    world.write("pk/i.js", &plugin("package"));
    world.write(".opencode/opencode.json", r#"{"plugin": ["../pk", "opencode-openai-codex-auth@1.0.0"]}"#);
    let ran = world.rekindle(&["reload", "--yes", "--json"]).await;
    let receipt = ran.json();
    let items: Vec<_> = receipt["items"].as_array().expect("a list").iter().collect();
    let told =
        |name: &str| items.iter().find(|item| item["name"] == name).unwrap_or_else(|| panic!("{name}: {receipt}"));
    assert_eq!((ran.code, &told("text")["state"]), (1, &json!("failed")), "{receipt}");
    for plugin in ["pk", "opencode-openai-codex-auth"] {
        assert_eq!(told(plugin)["state"], "unknown", "{receipt}");
    }
    assert!(!fs::read_to_string(world.outside("ran")).expect("written").contains("package"));
    assert_eq!(told("helpers")["state"], "active", "{receipt}");
    assert!(told("helpers")["detail"].as_str().is_some_and(|told| told.contains("no tool")), "{receipt}");
    assert_eq!(receipt["stillPending"], json!([]));
}

/// N1: of files of one name in one folder the engine takes one by chance, or the deepest: which it took is no change, what
/// is edited in it is, and that it is so is told. With a plugin, too, which could be taken for what changed it.
#[tokio::test(flavor = "multi_thread")]
async fn files_of_one_name_are_no_change_whichever_is_taken() {
    let world = World::new();
    let agent = |path: &str, name: &str, text: &str| {
        world.write(path, &format!("---\n{name}description: {text}\nmode: subagent\n---\n{text}"));
    };
    let files = [
        (".opencode/agent/a.md", ""),
        (".opencode/agents/a.md", ""),
        (".opencode/agent/b.md", "name: same\n"),
        (".opencode/agent/c.md", "name: same\n"),
        (".opencode/agent/d.md", "name: deep\n"),
        (".opencode/agent/deep/d.md", "name: deep\n"),
        (".opencode/agent/zz.md", "name: deep\n"),
    ];
    files.iter().for_each(|(path, name)| agent(path, name, &format!("First of {}", path.replace(['/', '.'], " "))));
    for plugin in [false, true] {
        if plugin {
            world.write(".opencode/plugin/p.ts", "export const P = async () => ({})");
        }
        let engine = world.start_engine().await;
        let status = world.rekindle(&["status", "--json"]).await.json();
        assert_eq!(status["changes"], json!([]), "{plugin}: {status}");
        let told: Vec<_> =
            status["warnings"].as_array().expect("a list").iter().map(|one| one["message"].to_string()).collect();
        let is_told = |name: &str| told.iter().any(|told| told.contains(&format!("“{name}”")));
        assert_eq!((is_told("a"), is_told("same"), is_told("deep")), (true, true, false), "{told:?}");
        for (at, (path, name)) in files.iter().enumerate() {
            let taken = engine.agent(if at < 2 { "a" } else { name.trim().trim_start_matches("name: ") }).await;
            let is_in_use =
                taken["description"].as_str().is_some_and(|text| text.ends_with(&path.replace(['/', '.'], " ")));
            agent(path, name, &format!("Edit {plugin} of {}", path.replace(['/', '.'], " ")));
            let expected = if is_in_use { vec![taken["name"].as_str().expect("a name").to_owned()] } else { vec![] };
            let names: Vec<_> = changes(&world).await.into_iter().map(|(_, name, _)| name).collect();
            assert_eq!(names, expected, "{plugin} {path}");
            let receipt = world.rekindle(&["reload", "--json"]).await.json();
            assert_eq!(
                (&receipt["result"], &receipt["stillPending"]),
                (&json!("proved"), &json!([])),
                "{path}: {receipt}"
            );
        }
        assert_eq!(world.rekindle(&["engine", "stop"]).await.code, 0);
    }
}

/// N2: what lives only in the engine is told before it goes: a server that was added while it ran, and one that was
/// switched off.
#[tokio::test(flavor = "multi_thread")]
async fn what_lives_only_in_the_engine_is_told() {
    let world = World::new();
    world.write("good.mjs", MCP_SERVER);
    let server = json!({"type": "local", "command": ["node", "good.mjs"]});
    world.write("opencode.json", &json!({"mcp": {"stays": server, "sleeps": server}}).to_string());
    let engine = world.start_engine().await;
    engine.ask(reqwest::Method::POST, "/mcp", Some(json!({"name": "late", "config": server}))).await;
    engine.ask(reqwest::Method::POST, "/mcp/sleeps/disconnect", Some(json!({}))).await;
    world.write("opencode.json", &json!({"mcp": {"stays": server, "sleeps": server}, "username": "u"}).to_string());
    let plan = wait::until("the servers", async || {
        let plan = world.rekindle(&["plan", "--json"]).await.json();
        plan.get("servers").is_some().then_some(plan)
    })
    .await;
    let told = ["servers", "ends", "returns"].map(|key| plan[key].clone());
    assert_eq!(told, [json!(["stays"]), json!(["late"]), json!(["sleeps"])], "{plan}");
    let text = world.rekindle(&["plan"]).await.out;
    assert!(
        text.contains("Drops MCP servers that no file declares: late")
            && text.contains("Turns MCP servers back on: sleeps"),
        "{text}"
    );
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    let servers = engine.get("/mcp").await;
    assert_eq!((&servers["late"], &servers["sleeps"]["status"]), (&Value::Null, &json!("connected")), "{servers}");
}

/// H4: a skill that is there under several names, or in copies with one text, is one, with its places; what is removed is
/// the file, and copies are asked about. When one copy is edited, that either may be taken is told.
#[tokio::test(flavor = "multi_thread")]
async fn one_skill_with_several_places_is_one() {
    use std::os::unix::fs::symlink;
    let world = World::new();
    world.write(".agents/skills/linked/SKILL.md", &skill("linked", "Body."));
    fs::create_dir_all(world.path(".claude/skills")).expect("made");
    symlink("../../.agents/skills/linked", world.path(".claude/skills/linked")).expect("linked");
    for root in [".claude", ".agents"] {
        world.write(&format!("{root}/skills/copied/SKILL.md"), &skill("copied", "Body."));
    }
    world.start_engine().await;
    let status = world.rekindle(&["status", "--json"]).await.json();
    assert_eq!((&status["changes"], &status["warnings"]), (&json!([]), &Value::Null), "{status}");
    let row = async |name: &str| {
        let rows = rows(&world, "skill", name).await;
        let rows: Vec<_> =
            rows.iter().map(|row| (row["place"].clone(), row["also"].clone(), row["state"].clone())).collect();
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows[0].clone()
    };
    let (agents, claude) = (json!(".agents/skills/linked/SKILL.md"), json!([".claude/skills/linked/SKILL.md"]));
    assert_eq!(row("linked").await, (agents, claude, json!("loaded")));
    let (place, also, state) = row("copied").await;
    assert_eq!((place.as_str().is_some(), also.as_array().map(Vec::len), state), (true, Some(1), json!("loaded")));

    let ran = world.rekindle(&["skill", "remove", "copied", "--json"]).await;
    assert_eq!((ran.code, &ran.json()["error"]["code"]), (2, &json!("ambiguous")), "{ran:?}");
    world.write(".claude/skills/copied/SKILL.md", &skill("copied", "Other."));
    let status = world.rekindle(&["status", "--json"]).await.json();
    let warned = status["warnings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| one["message"].to_string().contains("at random"));
    assert_eq!((warned.count(), rows(&world, "skill", "copied").await.len()), (2, 2), "{status}");

    let ran = world.rekindle(&["skill", "remove", "linked"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!world.path(".agents/skills/linked").exists());
    assert_eq!(world.rekindle(&["undo"]).await.code, 0);
    assert!(world.path(".claude/skills/linked/SKILL.md").exists());
    let ran = world.rekindle(&["skill", "remove", ".claude/skills/linked/SKILL.md"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(world.path(".agents/skills/linked/SKILL.md").exists() && !world.path(".claude/skills/linked").exists());
}

/// N1: the order of plugins counts: the last has the last word. That it is another is pending, and proved like all else.
#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_plugins_is_pending() {
    let world = World::new();
    for name in ["a", "b", "c"] {
        let body = format!("export const P = async () => ({{ config: async (cfg) => {{ cfg.username = '{name}' }} }})");
        world.write(&format!("{name}.ts"), &body);
    }
    world.write(".opencode/plugin/found.ts", "export const P = async () => ({})");
    let declare = |list: &[&str]| world.write("opencode.json", &json!({ "plugin": list }).to_string());
    declare(&["./a.ts", "./b.ts", "./c.ts"]);
    let engine = world.start_engine().await;
    assert_eq!((changes(&world).await, engine.get("/config").await["username"].clone()), (vec![], json!("c")));
    for (list, last, said) in [
        (["./b.ts", "./a.ts", "./c.ts"], "c", ["- a.ts, runs before b.ts", "+ a.ts, runs after b.ts"]),
        (["./b.ts", "./c.ts", "./a.ts"], "a", ["- a.ts, runs before c.ts", "+ a.ts, runs after c.ts"]),
        (["./a.ts", "./b.ts", "./c.ts"], "c", ["- b.ts, runs before a.ts", "+ b.ts, runs after a.ts"]),
    ] {
        declare(&list);
        let shown = world.rekindle(&["status"]).await.out;
        assert!(said.iter().all(|line| shown.contains(line)), "{shown}");
        let told = changes(&world).await;
        assert!(told.iter().all(|(kind, _, what)| (kind.as_str(), what.as_str()) == ("plugin", "changed")), "{told:?}");
        assert!(!told.is_empty(), "{list:?}");
        let receipt = world.rekindle(&["reload", "--json"]).await.json();
        assert_eq!((&receipt["result"], &receipt["stillPending"]), (&json!("proved"), &json!([])), "{receipt}");
        assert_eq!(engine.get("/config").await["username"], last, "{list:?}");
        assert_eq!(changes(&world).await, []);
    }
}

/// K8: a tool that is broken, so that the engine can load none, is pending as soon as it is mended, or removed, and the
/// reload makes it well.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_tool_that_is_mended_is_pending() {
    let world = World::new();
    let tool = |before: &str| {
        let body = "export default { description: \"x\", args: {}, async execute() { return \"\" } }";
        world.write(".opencode/tool/t.ts", &format!("{before}\n{body}"));
    };
    world.write(".opencode/tool/other.ts", "export const help = () => 1");
    let is = async |state: &str| drop(row_that(&world, "tool", "t", |row| row["state"] == state).await);
    for broken in ["import x from \"./nothere\"\nx()", "throw new Error(\"boom\")"] {
        tool(broken);
        let engine = world.start_engine().await;
        assert_eq!(changes(&world).await, []);
        is("failed").await;
        tool("");
        assert_eq!(changes(&world).await, [change("tool", "t", "changed")], "{broken}");
        let receipt = world.rekindle(&["reload", "--json"]).await.json();
        assert_eq!((&receipt["result"], &receipt["stillPending"]), (&json!("proved"), &json!([])), "{receipt}");
        is("loaded").await;

        tool(broken);
        assert_eq!(world.rekindle(&["reload", "--json"]).await.json()["result"], "partial");
        fs::remove_file(world.path(".opencode/tool/t.ts")).expect("removed");
        assert_eq!(changes(&world).await, [change("tool", "t", "removed")], "{broken}");
        let receipt = world.rekindle(&["reload", "--json"]).await.json();
        assert_eq!((&receipt["result"], &receipt["stillPending"]), (&json!("proved"), &json!([])), "{receipt}");
        assert_eq!(world.engine().ask(reqwest::Method::GET, "/experimental/tool/ids", None).await.0, 200);
        assert_eq!(changes(&world).await, []);
        drop(engine);
        assert_eq!(world.rekindle(&["engine", "stop"]).await.code, 0);
    }
}
