//! What people most often write by mistake, and what they are told of it.

use serde_json::Value;

use super::{super::check_config, schema};
use crate::files::locate::Places;

/// B1: the commonest mistakes, each told where it is and for what it is.
#[test]
fn the_commonest_mistakes_are_told_for_what_they_are() {
    let cases = [
        ("{\"model\": \"a/b\",}{", "1:18 trailing-text"),
        ("{\"model\": \"a/b\"", "1:16 bracket-not-closed {"),
        ("{\"model\": \"a/b\"}}", "1:17 trailing-text"),
        ("{\"model\" \"a/b\"}", "1:10 colon-missing"),
        ("{\"model\": }", "1:11 value-missing"),
        ("{\"model\":", "1:10 value-missing"),
        ("{\"model\": ,\"share\": \"auto\"}", "1:11 value-missing"),
        ("{\"model\": \"a/b\" \"share\": \"auto\"}", "1:17 comma-missing"),
        ("{\n  \"model\": \"a/b\"\n  \"share\": \"auto\"\n}", "3:3 comma-missing"),
        ("{'model': 'a/b'}", "1:2 single-quotes"),
        ("{model: \"a/b\"}", "1:2 not-quoted"),
        ("{\"model\": a/b}", "1:11 not-quoted"),
        ("{\"model\": \"a/b}", "1:11 string-not-closed"),
        ("{\"model\": \"a\nb\"}", "1:13 line-break-in-string"),
        ("{\"model\": \"a\tb\"}", "1:13 control-character \t"),
        ("{\"model\": \"C:\\users\\me\"}", "1:14 unicode-escape"),
        ("{\"model\": \"\\u12\"}", "1:12 unicode-escape"),
        ("{\"plugin\": [\"a\", \"b\"}", "1:21 bracket-not-closed ["),
        ("{\"plugin\": [\"a\" \"b\"]}", "1:17 comma-missing"),
        ("{\"plugin\": \"a\"]}", "1:15 bracket-not-opened ["),
        ("{\"plugin\": [\"a\",, \"b\"]}", "1:17 value-missing"),
        ("[\"a\"]", "1:1 not-an-object list"),
        ("\"text\"", "1:1 not-an-object string"),
        ("   \n", "1:1 holds-nothing"),
        ("// only a comment\n", "1:1 holds-nothing"),
        ("{\"model\": \"a/b\"} x", "1:18 not-quoted"),
        ("{\"model\": \"a/b\"} {\"share\": \"auto\"}", "1:18 trailing-text"),
        ("{\"model\": True}", "1:11 capital-letters"),
        ("{\"model\": None}", "1:11 other-null"),
        ("{\"model\": undefined}", "1:11 other-null"),
        ("{\"a\": 01}", "1:8 comma-missing"),
        ("{\"a\": .5}", "1:7 stray-character ."),
        ("{\"a\": 1.}", "1:7 number-cut-off"),
        ("{\"a\": +1}", "1:7 stray-character +"),
        ("{\"a\": 0x1F}", "1:8 not-quoted"),
        ("{\"a\": NaN}", "1:7 other-null"),
        ("{\"a\": 1e999}", "1:7 number-too-large"),
        ("/* open {\"model\": \"a/b\"}", "1:1 comment-not-closed"),
        ("# comment\n{\"model\": \"a/b\"}", "1:1 stray-character #"),
        ("{\"model\": \"a/b\" # comment\n}", "1:17 stray-character #"),
        ("<!-- x -->{}", "1:1 stray-character <"),
        ("model: a/b\n", "1:1 brace-missing"),
        ("model = \"a/b\"\n", "1:1 brace-missing"),
        ("“{}", "1:1 curly-quote"),
        ("{“model”: \"a/b\"}", "1:2 curly-quote"),
        ("{\u{a0}\"model\": \"a/b\"}", "1:2 invisible-character \u{a0}"),
        ("{\"model\": 5}", "1:11 at-key model wrong-value string number"),
        ("{\"plugin\": \"acme\"}", "1:12 at-key plugin wrong-value list string"),
        ("{\"plugin\": {\"acme\": true}}", "1:12 at-key plugin wrong-value list object"),
        ("{\"share\": \"always\"}", "1:11 at-key share wrong-value manual auto string"),
        ("{\"autoupdate\": \"yes\"}", "1:16 at-key autoupdate wrong-value boolean notify string"),
        (
            "{\"mcp\": {\"a\": {\"type\": \"local\", \"command\": \"npx x\"}}}",
            "1:44 at-key mcp.a.command wrong-value list string",
        ),
        ("{\"mcp\": {\"a\": {\"command\": [\"npx\"]}}}", "1:15 at-key mcp.a required-key-missing type"),
        ("{\"mcp\": {\"a\": {\"type\": \"remote\"}}}", "1:15 at-key mcp.a required-key-missing url"),
        ("{\"mcp\": [\"a\"]}", "1:9 at-key mcp wrong-value object list"),
        ("{\"model\": \"{file:none.txt}\"}", "1:12 reference-broken missing none.txt"),
        ("{\"permissions\": {\"bash\": \"ask\"}}", "1:17 newer-permissions permissions"),
        ("{\"agent\": {\"x\": {\"permissions\": {}}}}", "1:33 newer-permissions agent.x.permissions"),
        ("<<<<<<< HEAD\n{\"model\": \"a\"}\n=======\n{\"model\": \"b\"}\n>>>>>>> x\n", "1:1 git-conflict"),
        ("{\"a\": \"b\";}", "1:10 stray-character ;"),
        ("{\"model\": \"a/b\"\\n}", "1:16 stray-character \\"),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("opencode.json");
    let places = Places::of(folder.path()).expect("places");
    for (text, expected) in cases {
        std::fs::write(&path, text).expect("written");
        let problems = check_config(&path, &places, Some(&schema()));
        let told: Vec<_> = problems
            .iter()
            .map(|problem| {
                let place = problem.line.zip(problem.column).map(|(line, column)| format!("{line}:{column}"));
                format!("{} {}", place.unwrap_or_default(), flat(&serde_json::json!(problem.what)))
            })
            .collect();
        assert_eq!(told, [expected], "{text:?}");
    }
}

/// A notice as its code and its values, in the order of their names.
fn flat(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let code = fields.get("notice").map(flat);
            let mut values: Vec<_> = fields.iter().filter(|(key, _)| *key != "notice").collect();
            values.sort_by_key(|(key, _)| *key);
            code.into_iter().chain(values.into_iter().map(|(_, value)| flat(value))).collect::<Vec<_>>().join(" ")
        }
        Value::Array(list) => list.iter().map(flat).collect::<Vec<_>>().join(" "),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
