//! Before and after, for every way in which people lay out a file.

use serde_json::json;

use super::{super::without_file, *};

const PATH: [&str; 2] = ["mcp", "new"];

fn put(text: &str) -> Result<String, EditError> {
    set(text, &PATH, &json!({"type": "local", "command": ["a", "b"]}))
}

/// B9: a value goes where its keys lead, laid out like what is around it, and taking it away leaves the text as it was.
#[test]
fn a_value_and_back() {
    let check = |before: &str, after: &str| {
        assert_eq!(put(before).as_deref(), Ok(after), "{before:?}");
        let kept = depth(before, &PATH);
        assert_eq!(unset(after, &PATH, kept).map(without_file).as_deref(), Ok(before), "{after:?}");
    };
    let line = "{\"type\": \"local\", \"command\": [\"a\", \"b\"]}";
    check(
        "",
        "{\n  \"$schema\": \"https://opencode.ai/config.json\",\n  \"mcp\": {\n    \"new\": {\n      \"type\": \"local\",\n      \"command\": [\"a\", \"b\"]\n    }\n  }\n}\n",
    );
    check("{}", &format!("{{\"mcp\": {{\"new\": {line}}}}}"));
    check("{\"a\": 1,}", &format!("{{\"a\": 1, \"mcp\": {{\"new\": {line}}},}}"));
    check("{\"mcp\": {}}", &format!("{{\"mcp\": {{\"new\": {line}}}}}"));
    check("{\"mcp\": {\"a\": {}}}", &format!("{{\"mcp\": {{\"a\": {{}}, \"new\": {line}}}}}"));
    check(
        "\u{feff}{\r\n    \"a\": 1 // one\r\n}\r\n",
        "\u{feff}{\r\n    \"a\": 1, // one\r\n    \"mcp\": {\r\n        \"new\": {\r\n            \"type\": \"local\",\r\n            \"command\": [\"a\", \"b\"]\r\n        }\r\n    }\r\n}\r\n",
    );
    check(
        "{\n\t\"mcp\": {\n\t\t// none\n\t},\n}",
        "{\n\t\"mcp\": {\n\t\t// none\n\t\t\"new\": {\n\t\t\t\"type\": \"local\",\n\t\t\t\"command\": [\"a\", \"b\"]\n\t\t}\n\t},\n}",
    );
    // A line may end with a carriage return alone.
    check(
        "{\n  \"a\": 1 // one\r}\n",
        "{\n  \"a\": 1, // one\n  \"mcp\": {\n    \"new\": {\n      \"type\": \"local\",\n      \"command\": [\"a\", \"b\"]\n    }\n  }\r}\n",
    );
    check(
        "{\n  // none\r }\n",
        "{\n  // none\n    \"mcp\": {\n      \"new\": {\n        \"type\": \"local\",\n        \"command\": [\"a\", \"b\"]\n      }\n    }\r }\n",
    );
    // A comment may end with white space that JSON has not.
    let new = "\"mcp\": {\n    \"new\": {\n      \"type\": \"local\",\n      \"command\": [\"a\", \"b\"]\n    }\n  }";
    check("{\n  // none\u{a0}\n}\n", &format!("{{\n  // none\u{a0}\n  {new}\n}}\n"));
    check("{\n  \"a\": 1 // one\u{a0}\n}\n", &format!("{{\n  \"a\": 1, // one\u{a0}\n  {new}\n}}\n"));
    // Of two keys with one name the engine takes the last.
    check("{\"mcp\": {\"a\": 1}, \"mcp\": {}}", &format!("{{\"mcp\": {{\"a\": 1}}, \"mcp\": {{\"new\": {line}}}}}"));
    // What a person would have to lay out anew stays on its line.
    check("{ /* a\n b */ }", &format!("{{ /* a\n b */ \"mcp\": {{\"new\": {line}}} }}"));
}

/// B9: a value that is there is replaced in its place, and nothing else.
#[test]
fn replacements() {
    let check = |before: &str, value: Value, after: &str| {
        assert_eq!(set(before, &["a", "b"], &value).as_deref(), Ok(after), "{before:?}");
    };
    check("{\"a\": {\"b\": 1 /* one */, \"c\": 2}}", json!("x"), "{\"a\": {\"b\": \"x\" /* one */, \"c\": 2}}");
    check("{\"a\": {\"b\": 1, \"b\": 2}}", json!(3), "{\"a\": {\"b\": 1, \"b\": 3}}");
    check(
        "{\n  \"a\": {\n    \"b\": 1\n  }\n}",
        json!({"c": [1]}),
        "{\n  \"a\": {\n    \"b\": {\n      \"c\": [1]\n    }\n  }\n}",
    );
    check("{\"a\": {\"b\": {\n}}}", json!({"c": {}}), "{\"a\": {\"b\": {\n  \"c\": {}\n}}}");
    check("{\"a\": {\"b\": {\"c\": 1}}}", json!([{"d": 1}]), "{\"a\": {\"b\": [{\"d\": 1}]}}");
    check("{\"a\": {\"\\u0062\": 1}}", json!(2), "{\"a\": {\"\\u0062\": 2}}");
    check("{\"x\": \"\\ud83d\", \"a\": {\"b\": 1}}", json!(2), "{\"x\": \"\\ud83d\", \"a\": {\"b\": 2}}");
}

/// B9: what is taken away goes with those of its parents that nothing is left of.
#[test]
fn removals() {
    let check = |before: &str, kept: usize, after: &str| {
        assert_eq!(unset(before, &["a", "b", "c"], kept).as_deref(), Ok(after), "{before:?}");
    };
    check("{\"a\": {\"b\": {\"c\": 1}}}", 0, "{}");
    check("{\"a\": {\"b\": {\"c\": 1}}}", 1, "{\"a\": {}}");
    check("{\"a\": {\"b\": {\"c\": 1}}}", 2, "{\"a\": {\"b\": {}}}");
    check("{\"a\": {\"b\": {\"c\": 1}, \"d\": 1}}", 0, "{\"a\": {\"d\": 1}}");
    check("{\"a\": {\"b\": {\"c\": 1 /* why */}}}", 0, "{\"a\": {\"b\": { /* why */}}}");
    // None of that name comes into effect in its place, nor one of its parent's.
    check("{\"a\": {\"b\": {\"c\": 1, \"d\": 2, \"c\": 3}}}", 0, "{\"a\": {\"b\": {\"d\": 2}}}");
    check("{\"a\": {\"b\": {\"d\": 1}, \"b\": {\"c\": 2}}}", 0, "{\"a\": {\"b\": {\"d\": 1}, \"b\": {}}}");
    check("{\n  \"a\": {\n    \"b\": {\n      \"c\": 1\n    }\n  }, // mine\n  \"d\": 2\n}", 0, "{\n  \"d\": 2\n}");
}

/// B9: what can't be edited is left alone, and the error says where it is.
#[test]
fn refusals() {
    let wrong = |text: &str| put(text).expect_err("refused");
    assert!(matches!(wrong("{\"mcp\": {}"), EditError::Text(_)));
    assert!(matches!(wrong("[]"), EditError::Text(_)));
    assert_eq!(wrong("\u{feff}{\"mcp\": []}"), EditError::NotAnObject { key: "mcp".to_owned(), offset: 11 });
    assert_eq!(
        set("{\"a\": {\"b\": 1}}", &["a", "b", "c"], &json!(1)),
        Err(EditError::NotAnObject { key: "a.b".to_owned(), offset: 12 })
    );
    assert!(matches!(unset("{\"mcp\": {}}", &PATH, 0), Err(EditError::NoSuchEntry { .. })));
    assert!(matches!(unset("{}", &PATH, 0), Err(EditError::NoSuchEntry { .. })));
    assert!(matches!(unset("{\"mcp\": 1}", &PATH, 0), Err(EditError::NotAnObject { .. })));
}

#[test]
fn how_much_of_a_path_is_there() {
    let check = |text: &str, expected: usize| assert_eq!(depth(text, &["a", "b", "c"]), expected, "{text}");
    check("", 0);
    check("{", 0);
    check("{\"a\": {}}", 1);
    check("{\"a\": {\"b\": 1}}", 2);
    check("{\"a\": {\"b\": {\"c\": null}}}", 3);
    check("{\"a\": {\"b\": {}}, \"a\": {}}", 1);
}
