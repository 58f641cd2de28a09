use std::fs;

use super::{
    super::{find, remove, tests::places, undo},
    *,
};
use crate::files::{environment::Environment, scan::scan};
use rekindle_domain::{Kind, RowState};

fn wanted(text: &str) -> WantedServers<'_> {
    WantedServers {
        given: Given::Text(text),
        name: None,
        environment: &[],
        scope: None,
        replaces: false,
        takes_variables: false,
    }
}

const PASTED: &str =
    r#"{"mcpServers": {"fs": {"command": "npx", "args": ["-y", "fs"]}, "far": {"url": "https://far/mcp"}}}"#;

/// V2, B9: what was pasted is declared in one operation, listed, and removed; each undo leaves every byte as it was.
#[test]
fn servers_come_and_go() {
    for text in [
        "",
        "{}",
        "{\n    // mine\n    \"mcp\": {\n        \"other\": {\"type\": \"local\", \"command\": [\"x\"]}, // kept\n    },\n}\n",
        "\u{feff}{\r\n\t\"mcp\": {}\r\n}",
        "{\"mcp\": {\"servers\": {\"old\": {\"type\": \"local\", \"command\": [\"x\"]}}}}",
    ] {
        let (_root, places) = places();
        let path = places.directory.join("opencode.json");
        if !text.is_empty() {
            fs::write(&path, text).expect("written");
        }
        let read = || fs::read_to_string(&path).unwrap_or_default();
        let addition = read_servers(&places, &wanted(PASTED)).expect("understood");
        let added = add_servers(&places, &addition).expect("added").expect("something changed");
        let after = read();
        assert_eq!(add_servers(&places, &addition).expect("added"), None, "it is so already");
        let again = read_servers(&places, &wanted(PASTED)).expect("understood");
        let refused = add_servers(&places, &again).expect_err("declared");
        assert_eq!(refused.code, ErrorCode::Declared);
        let rows = scan(&places, None).expect("no fault").rows;
        let row = find(&rows, Kind::Mcp, "fs", Scope::Project).expect("listed");
        let removed = remove(&places, row).expect("removed");
        assert!(read().contains("\"far\"") && !read().contains("\"fs\""), "{}", read());
        undo(&places, Some(&removed.token), None).expect("undone");
        assert_eq!(read(), after);
        undo(&places, Some(&added.token), None).expect("undone");
        assert_eq!(read(), text);
        assert_eq!(path.exists(), !text.is_empty());
    }
}

/// V2: what is there by the same name is replaced only if that was asked for, and comes back.
#[test]
fn a_server_is_replaced_on_request() {
    let (_root, places) = places();
    let path = places.directory.join("opencode.jsonc");
    let text = "{\"mcp\": {/* mine */ \"fs\": {\"type\": \"local\", \"command\": [\"old\"] /* why */}}}";
    fs::write(&path, text).expect("written");
    let one = WantedServers { name: Some("fs"), replaces: true, ..wanted("npx -y new") };
    let addition = read_servers(&places, &one).expect("understood");
    add_servers(&places, &addition).expect("added").expect("something changed");
    let after = "{\"mcp\": {/* mine */ \"fs\": {\"type\": \"local\", \"command\": [\"npx\", \"-y\", \"new\"]}}}";
    assert_eq!(fs::read_to_string(&path).expect("read"), after);
    undo(&places, None, None).expect("undone");
    assert_eq!(fs::read_to_string(&path).expect("read"), text);
    // In a stronger file it would be mixed with this one.
    fs::create_dir_all(places.directory.join(".opencode")).expect("made");
    let stronger = places.directory.join(".opencode/opencode.json");
    fs::write(&stronger, "{\"mcp\": {\"a\": {\"enabled\": false}, \"fs\": {\"enabled\": false}}}").expect("written");
    assert_eq!(read_servers(&places, &one).expect("understood").path, stronger);
    let both = "{\"mcp\": {\"a\": {\"enabled\": true}, \"fs\": {\"enabled\": true}, \"new\": {\"enabled\": true}}}";
    let refused = read_servers(&places, &wanted(both)).expect("understood").check().expect_err("declared");
    assert_eq!(refused.code, ErrorCode::Declared);
}

/// V2: a server is turned off and on where it is declared, or for this project alone.
#[test]
fn servers_are_switched() {
    let (_root, places) = places();
    let path = places.directory.join("opencode.json");
    let global = places.global.join("opencode.json");
    fs::create_dir_all(&places.global).expect("made");
    let entry = |name: &str| format!("{{\"mcp\": {{\"{name}\": {{\"type\": \"local\", \"command\": [\"x\"]}}}}}}");
    fs::write(&path, entry("here")).expect("written");
    fs::write(&global, entry("all")).expect("written");
    let switch = |name: &str, scope, is_on| switch_server(&places, name, scope, is_on);
    let read = |path: &Path| fs::read_to_string(path).expect("read");
    assert!(matches!(switch("here", Scope::Project, true), Ok(None)));
    assert_eq!(switch("none", Scope::Project, false).expect_err("not there").code, ErrorCode::NotFound);
    switch("here", Scope::Project, false).expect("off").expect("changed");
    assert!(read(&path).contains("[\"x\"], \"enabled\": false}"), "{}", read(&path));
    assert!(matches!(switch("here", Scope::Project, false), Ok(None)));
    switch("here", Scope::Project, true).expect("on").expect("changed");
    assert!(read(&path).contains("\"enabled\": true"));
    switch("all", Scope::Project, false).expect("off").expect("changed");
    assert!(read(&path).contains("\"all\": {\"enabled\": false}"), "{}", read(&path));
    assert_eq!(read(&global), entry("all"));
    for _ in 0..3 {
        undo(&places, None, None).expect("undone");
    }
    assert_eq!(read(&path), entry("here"));
}

/// V2: a server in a file that would not load can be removed, too.
#[test]
fn a_server_of_a_broken_file_can_be_removed() {
    let (_root, places) = places();
    let path = places.directory.join("opencode.json");
    fs::write(&path, "{\"model\": 5, \"mcp\": {\"m\": {\"type\": \"local\", \"command\": [\"x\"]}}}").expect("written");
    let rows = scan(&places, None).expect("no fault").rows;
    let row = find(&rows, Kind::Mcp, "m", Scope::Project).expect("listed");
    assert!(matches!(row.state, RowState::NotRead { .. } | RowState::Unknown), "{row:?}");
    remove(&places, row).expect("removed");
    assert_eq!(fs::read_to_string(&path).expect("read"), "{\"model\": 5}");
}

/// V4: secrets and variables are told by name, and no value is.
#[test]
fn secrets_and_variables_are_told() {
    let check = |entry: Value, expected: &[&str]| {
        let (_root, mut places) = places();
        places.environment = [("SET".to_owned(), "1".to_owned())].into_iter().collect::<Environment>();
        let told: Vec<_> = remarks(&places, "git hub", &entry).iter().map(|notice| format!("{notice:?}")).collect();
        assert_eq!(told.len(), expected.len(), "{told:?}");
        for (told, parts) in told.iter().zip(expected) {
            assert!(parts.split(' ').all(|part| told.contains(part)), "{told} has not {parts}");
            assert!(!told.contains("hunter2"), "{told}");
        }
    };
    check(json!({"type": "local", "command": ["x", "--verbose"], "environment": {"MODE": "fast"}}), &[]);
    check(
        json!({"environment": {"GITHUB_TOKEN": "hunter2"}}),
        &["SecretInFile environment.GITHUB_TOKEN \"GITHUB_TOKEN\""],
    );
    check(json!({"environment": {"GITHUB_TOKEN": ""}}), &[]);
    check(
        json!({"headers": {"Authorization": "Bearer hunter2"}}),
        &["SecretInFile headers.Authorization GIT_HUB_AUTHORIZATION"],
    );
    check(json!({"headers": {"Authorization": "Bearer {env:SET}"}}), &[]);
    check(json!({"command": ["x", "--token", "hunter2"]}), &["SecretInFile command GIT_HUB_TOKEN"]);
    check(json!({"environment": {"A_KEY": "{env:SET}", "B_KEY": "{env:UNSET}"}}), &["VariableUnset UNSET"]);
}

/// V2: what is no server is refused, and nothing is written.
#[test]
fn what_is_no_server_is_refused() {
    let check = |wanted: &WantedServers<'_>, code: ErrorCode| {
        let (_root, places) = places();
        assert_eq!(read_servers(&places, wanted).expect_err("refused").code, code, "{wanted:?}");
        assert!(!places.directory.join("opencode.json").exists());
    };
    check(&wanted("hello"), ErrorCode::BadServer);
    check(&wanted("{\"command\": \"x\"}"), ErrorCode::BadServer);
    check(&WantedServers { name: Some("a\nb"), ..wanted("npx x") }, ErrorCode::BadServer);
    check(&WantedServers { name: Some("other"), ..wanted(PASTED) }, ErrorCode::BadServer);
    check(&WantedServers { given: Given::File(Path::new("/no/such/file")), ..wanted("") }, ErrorCode::NotFound);
}
