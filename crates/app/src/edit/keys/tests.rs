use std::fs;

use rekindle_domain::{ErrorCode, UndoChoice};
use serde_json::json;

use super::{
    super::{tests::places, undo},
    *,
};

fn edit(path: &[&str], value: Option<Value>) -> KeyEdit {
    KeyEdit { path: path.iter().map(|key| (*key).to_owned()).collect(), value }
}

/// B9: an operation on keys and its undo leave every byte as it was, wherever it went.
#[test]
fn keys_come_and_go() {
    let check = |scope: Scope, files: &[(&str, &str)], edits: &[KeyEdit], goes_to: &str| {
        let (_root, places) = places();
        let base = if scope == Scope::Global { &places.global } else { &places.directory };
        for (name, text) in files {
            fs::create_dir_all(base.join(name).parent().expect("a parent")).expect("made");
            fs::write(base.join(name), text).expect("written");
        }
        let made = edit_keys(&places, scope, edits).expect("edited").expect("something changed");
        assert_eq!(made.path, base.join(goes_to), "{files:?}");
        let text = fs::read_to_string(&made.path).unwrap_or_default();
        for edit in edits {
            assert_eq!(value_at(&text, &edit.path), edit.value, "{text}");
        }
        undo(&places, Some(&made.token), None).expect("undone");
        let before = files.iter().find(|(name, _)| *name == goes_to).map(|(_, text)| (*text).to_owned());
        assert_eq!(fs::read_to_string(&made.path).ok(), before, "{files:?}");
    };
    let new = || vec![edit(&["mcp", "new"], Some(json!({"enabled": false})))];
    check(Scope::Project, &[], &new(), "opencode.json");
    check(Scope::Global, &[], &new(), "opencode.json");
    check(
        Scope::Project,
        &[("opencode.json", "{}"), (".opencode/opencode.jsonc", "{}")],
        &new(),
        ".opencode/opencode.jsonc",
    );
    check(Scope::Project, &[("opencode.json", "{\"mcp\": {}}"), ("opencode.jsonc", "{}")], &new(), "opencode.json");
    let has = "{\r\n\t\"mcp\": {\"new\": {}, /* x */}\r\n}";
    check(Scope::Project, &[("opencode.json", has), ("opencode.jsonc", "{\"mcp\": {}}")], &new(), "opencode.json");
    check(Scope::Project, &[("opencode.json", has)], &[edit(&["mcp", "new"], None)], "opencode.json");
    check(
        Scope::Project,
        &[("opencode.json", "{\"mcp\": {\"new\": 1}}")],
        &[edit(&["mcp", "new"], None)],
        "opencode.json",
    );
    let several = [
        edit(&["mcp", "a.b \" 😀"], Some(json!(1))),
        edit(&["permission", "skill", "x"], Some(json!("deny"))),
        edit(&["model"], None),
    ];
    check(Scope::Global, &[("config.json", "{\"model\": \"m\" // mine\n}")], &several, "config.json");
}

/// B9: a file that cannot be edited is as it was, and the error names the key; what is so already is no operation.
#[test]
fn what_is_not_edited() {
    let check = |text: &str, edits: &[KeyEdit], expected: Result<(), ErrorCode>| {
        let (_root, places) = places();
        let path = places.directory.join("opencode.json");
        fs::write(&path, text).expect("written");
        let made = edit_keys(&places, Scope::Project, edits);
        assert_eq!(made.map(|made| assert_eq!(made, None)).map_err(|error| error.code), expected, "{text}");
        assert_eq!(fs::read_to_string(&path).expect("read"), text);
        assert_eq!(undo(&places, None, None).expect_err("nothing was done").code, ErrorCode::NothingToUndo);
    };
    let set = |value: Value| vec![edit(&["mcp", "a"], Some(value))];
    check("{\"mcp\": {\"a\": {\"x\":1}}}", &set(json!({"x": 1})), Ok(()));
    check("{\"mcp\": []}", &set(json!(1)), Err(ErrorCode::NotAnObject));
    check("{\"mcp\": {}", &set(json!(1)), Err(ErrorCode::NotJson));
    check("{\"mcp\": {}}", &[edit(&["mcp", "a"], None)], Err(ErrorCode::NotFound));
    // Nothing of several is done if one of them cannot be.
    check("{\"b\": 1}", &[set(json!(1)).remove(0), edit(&["b", "c"], Some(json!(1)))], Err(ErrorCode::NotAnObject));
}

/// B9: what somebody else wrote to the file since stays, and each key gets back what it held.
#[test]
fn only_ours_is_taken_back() {
    let check = |before: &str, edits: &[KeyEdit], theirs: fn(&str) -> String, expected: Option<&str>| {
        let (_root, places) = places();
        let path = places.directory.join("opencode.json");
        fs::write(&path, before).expect("written");
        let made = edit_keys(&places, Scope::Project, edits).expect("edited").expect("something changed");
        let changed = theirs(&fs::read_to_string(&path).expect("read"));
        fs::write(&path, &changed).expect("someone else writes");
        let error = undo(&places, Some(&made.token), None).expect_err("changed since");
        assert_eq!(error.choices.contains(&UndoChoice::Ours), expected.is_some(), "{error:?}");
        if let Some(expected) = expected {
            undo(&places, Some(&made.token), Some(UndoChoice::Ours)).expect("undone");
            assert_eq!(fs::read_to_string(&path).expect("read"), expected);
        }
    };
    let add = |name: &str| vec![edit(&["mcp", name], Some(json!({"enabled": true})))];
    let theirs = |text: &str| text.replacen('{', "{\"theirs\": 1, ", 1);
    check("{\"a\": 1}", &add("new"), theirs, Some("{\"theirs\": 1, \"a\": 1}"));
    check("{\"mcp\": {}}", &add("new"), theirs, Some("{\"theirs\": 1, \"mcp\": {}}"));
    check("{\"mcp\": {\"new\": 1}}", &add("new"), theirs, Some("{\"theirs\": 1, \"mcp\": {\"new\": 1}}"));
    check(
        "{\"b\": 1, \"mcp\": {\"new\": 1}}",
        &[edit(&["mcp", "new"], None)],
        theirs,
        Some("{\"theirs\": 1, \"b\": 1, \"mcp\": {\"new\": 1}}"),
    );
    // They changed the very value.
    check("{}", &add("new"), |text| text.replace("true", "false"), None);
    check("{}", &add("new"), |_| "{}".to_owned(), None);
}

/// B9: what an older Rekindle wrote down is still read.
#[test]
fn records_stay_readable() {
    let read = |text: &str| serde_json::from_str::<Entries>(text).expect("read");
    assert!(matches!(read("\"unknown\""), Entries::Unknown));
    assert!(matches!(read("{\"added\": [\"a\"]}"), Entries::Added(list) if list == [json!("a")]));
    let Entries::Keys(keys) = read("{\"keys\": [{\"path\": [\"a\"], \"before\": null, \"kept\": 0}]}") else {
        panic!("keys");
    };
    assert_eq!(keys, [KeySet { path: vec!["a".to_owned()], before: Some(Value::Null), after: None, kept: 0 }]);
}
