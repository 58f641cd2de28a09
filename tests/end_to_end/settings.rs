//! Keys of the configuration through the command line: listed with their sources, set, proved, undone.

use rekindle_tests::world::World;
use serde_json::{Value, json};

/// The row of a key.
fn row<'a>(listed: &'a Value, key: &str) -> &'a Value {
    let rows = listed["keys"].as_array().expect("rows");
    rows.iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("{key}: {listed}"))
}

/// What the rows come to, put together.
fn together(listed: &Value) -> Value {
    let mut whole = json!({});
    for row in listed["keys"].as_array().expect("rows") {
        let mut at = &mut whole;
        for key in row["path"].as_array().expect("a path") {
            at = &mut at[key.as_str().expect("a key")];
        }
        if row["key"].as_str().expect("a key").ends_with(']') {
            match at.as_array_mut() {
                Some(list) => list.push(row["value"].clone()),
                None => *at = json!([row["value"]]),
            }
        } else {
            *at = row["value"].clone();
        }
    }
    whole
}

/// V5, H2, H4, B9: a key is set, pending, proved by the engine's own word, and undone byte for byte; what is invalid leaves
/// everything as it is; what a stronger file overrides is told; secrets are masked.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_set_and_becomes_live() {
    let world = World::new();
    let before = "{\n  // mine\n  \"$schema\": \"https://opencode.ai/config.json\",\n  \"username\": \"me\", // kept\n  \"provider\": {\"x\": {\"options\": {\"apiKey\": \"hunter2\"}}},\n  \"instructions\": [\"a.md\"],\n}\n";
    world.write("opencode.json", before);
    world.write("opencode.jsonc", "{\n  // stronger\n  \"$schema\": \"https://opencode.ai/config.json\",\n  \"username\": \"you\",\n  \"instructions\": [\"b.md\"]\n}\n");
    let engine = world.start_engine().await;

    let listed = world.rekindle(&["config", "list", "--json"]).await;
    assert_eq!(listed.code, 0, "{listed:?}");
    assert!(!listed.out.contains("hunter2"), "{listed:?}");
    let name = row(&listed.json(), "username").clone();
    assert_eq!((&name["value"], &name["place"], &name["line"]), (&json!("you"), &json!("opencode.jsonc"), &json!(4)));
    let overridden = &name["overrides"][0];
    assert_eq!(
        (&overridden["value"], &overridden["place"], &overridden["line"]),
        (&json!("me"), &json!("opencode.json"), &json!(4))
    );
    assert_eq!(row(&listed.json(), "instructions[1]")["place"], "opencode.jsonc");
    let told = world.rekindle(&["config", "list", "username"]).await;
    let lines: Vec<_> = told.out.lines().collect();
    assert_eq!(lines, ["username = \"you\"  (opencode.jsonc:4)", "    overrides \"me\"  (opencode.json:4)"]);
    assert_eq!(world.rekindle(&["config", "get", "username"]).await.out, "you\n");
    assert_eq!(world.rekindle(&["config", "get", "provider.x.options.apiKey"]).await.out, "••••\n");

    // What is listed is what the engine has.
    let mut has = engine.get("/config").await;
    has["provider"]["x"]["options"]["apiKey"] = json!("••••");
    let mine = together(&listed.json());
    for (key, value) in mine.as_object().expect("an object") {
        assert_eq!(&has[key], value, "{key}");
    }
    let is_empty = |value: &Value| *value == json!({}) || *value == json!([]);
    let missing: Vec<_> = has
        .as_object()
        .expect("an object")
        .iter()
        .filter(|(key, value)| mine.get(key).is_none() && !is_empty(value))
        .map(|(key, _)| key)
        .collect();
    assert_eq!(missing, ["$schema"]);

    for (key, value, code, part) in [
        ("share", "never", "bad-value", "“manual”, “auto” or “disabled”"),
        ("modle", "a/b", "bad-key", "OpenCode does not read"),
        ("plugin", "[]", "bad-key", "declares plugins"),
    ] {
        let refused = world.rekindle(&["config", "set", key, value, "--json"]).await;
        assert_eq!((refused.code, &refused.json()["error"]["code"]), (2, &json!(code)), "{refused:?}");
        assert!(
            refused.json()["error"]["message"].as_str().is_some_and(|message| message.contains(part)),
            "{refused:?}"
        );
    }
    assert_eq!(world.read("opencode.json"), before);
    assert_eq!(world.rekindle(&["status"]).await.code, 0);

    let beaten = world.rekindle(&["config", "set", "provider.x.name", "An example"]).await;
    assert_eq!((beaten.code, beaten.err.as_str()), (0, ""), "{beaten:?}");
    let set = world.rekindle(&["config", "set", "permission.bash.\"git push *\"", "ask", "--json"]).await;
    assert_eq!(set.code, 0, "{set:?}");
    let status = world.rekindle(&["status", "--json"]).await;
    let changes = status.json()["changes"].as_array().expect("changes").clone();
    let names: Vec<_> = changes.iter().map(|change| change["name"].as_str().unwrap_or_default().to_owned()).collect();
    assert_eq!((status.code, names), (1, vec!["permission".to_owned(), "provider".to_owned()]), "{status:?}");
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    let has = engine.get("/config").await;
    assert_eq!(
        (&has["permission"]["bash"]["git push *"], &has["provider"]["x"]["name"]),
        (&json!("ask"), &json!("An example"))
    );

    for _ in 0..2 {
        assert_eq!(world.rekindle(&["undo"]).await.code, 0);
    }
    assert_eq!(world.read("opencode.json"), before);
}
