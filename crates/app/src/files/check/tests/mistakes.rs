//! What people most often write by mistake, and what they are told of it.

use super::{super::check_config, schema};
use crate::files::locate::Places;

/// B1: the commonest mistakes, each told where it is and for what it is.
#[test]
fn the_commonest_mistakes_are_told_for_what_they_are() {
    let cases = [
        ("{\"model\": \"a/b\",}{", "1:18 there is something behind the closing bracket"),
        ("{\"model\": \"a/b\"", "1:16 a “{” is not closed before this"),
        ("{\"model\": \"a/b\"}}", "1:17 there is something behind the closing bracket"),
        ("{\"model\" \"a/b\"}", "1:10 expected “:” behind the key"),
        ("{\"model\": }", "1:11 a value is missing here"),
        ("{\"model\":", "1:10 a value is missing here"),
        ("{\"model\": ,\"share\": \"auto\"}", "1:11 a value is missing here"),
        ("{\"model\": \"a/b\" \"share\": \"auto\"}", "1:17 expected “,” or a closing bracket"),
        ("{\n  \"model\": \"a/b\"\n  \"share\": \"auto\"\n}", "3:3 expected “,” or a closing bracket"),
        ("{'model': 'a/b'}", "1:2 a string in single quotes"),
        ("{model: \"a/b\"}", "1:2 expected a key or value in double quotes"),
        ("{\"model\": a/b}", "1:11 expected a key or value in double quotes"),
        ("{\"model\": \"a/b}", "1:11 a string in double quotes is never closed"),
        ("{\"model\": \"a\nb\"}", "1:13 a string in double quotes goes on over the end of its line"),
        ("{\"model\": \"a\tb\"}", "1:13 a tab in a string"),
        ("{\"model\": \"C:\\users\\me\"}", "1:14 “\\u” without four hexadecimal digits"),
        ("{\"model\": \"\\u12\"}", "1:12 “\\u” without four hexadecimal digits"),
        ("{\"plugin\": [\"a\", \"b\"}", "1:21 a “[” is not closed before this"),
        ("{\"plugin\": [\"a\" \"b\"]}", "1:17 expected “,” or a closing bracket"),
        ("{\"plugin\": \"a\"]}", "1:15 a “]” that closes nothing"),
        ("{\"plugin\": [\"a\",, \"b\"]}", "1:17 a value is missing here"),
        ("[\"a\"]", "1:1 expected an object in braces, found a list"),
        ("\"text\"", "1:1 expected an object in braces, found a string"),
        ("   \n", "1:1 the file holds no value"),
        ("// only a comment\n", "1:1 the file holds no value"),
        ("{\"model\": \"a/b\"} x", "1:18 expected a key or value in double quotes"),
        ("{\"model\": \"a/b\"} {\"share\": \"auto\"}", "1:18 there is something behind the closing bracket"),
        ("{\"model\": True}", "1:11 true, false and null are written in small letters"),
        ("{\"model\": None}", "1:11 a word that means nothing here"),
        ("{\"model\": undefined}", "1:11 a word that means nothing here"),
        ("{\"a\": 01}", "1:8 expected “,” or a closing bracket"),
        ("{\"a\": .5}", "1:7 a number that begins with a point"),
        ("{\"a\": 1.}", "1:7 a number that breaks off"),
        ("{\"a\": +1}", "1:7 a number with a plus sign"),
        ("{\"a\": 0x1F}", "1:8 expected a key or value in double quotes"),
        ("{\"a\": NaN}", "1:7 a word that means nothing here"),
        ("{\"a\": 1e999}", "1:7 a number that is too large for OpenCode"),
        ("/* open {\"model\": \"a/b\"}", "1:1 a “/*” is never closed"),
        ("# comment\n{\"model\": \"a/b\"}", "1:1 “#” begins no comment here"),
        ("{\"model\": \"a/b\" # comment\n}", "1:17 “#” begins no comment here"),
        ("<!-- x -->{}", "1:1 “<” where a key or value is expected"),
        ("model: a/b\n", "1:1 expected “{”, with which a configuration begins"),
        ("model = \"a/b\"\n", "1:1 expected “{”, with which a configuration begins"),
        ("“{}", "1:1 a curly quote"),
        ("{“model”: \"a/b\"}", "1:2 a curly quote"),
        ("{\u{a0}\"model\": \"a/b\"}", "1:2 an invisible character (U+00A0) between the values"),
        ("{\"model\": 5}", "1:11 “model”: expected a string, found a number"),
        ("{\"plugin\": \"acme\"}", "1:12 “plugin”: expected a list, found a string"),
        ("{\"plugin\": {\"acme\": true}}", "1:12 “plugin”: expected a list, found an object"),
        ("{\"share\": \"always\"}", "1:11 “share”: expected “manual” or “auto”, found a string"),
        ("{\"autoupdate\": \"yes\"}", "1:16 “autoupdate”: expected true or false or “notify”, found a string"),
        (
            "{\"mcp\": {\"a\": {\"type\": \"local\", \"command\": \"npx x\"}}}",
            "1:44 “mcp.a.command”: expected a list, found a string",
        ),
        ("{\"mcp\": {\"a\": {\"command\": [\"npx\"]}}}", "1:15 “mcp.a”: “type” is missing"),
        ("{\"mcp\": {\"a\": {\"type\": \"remote\"}}}", "1:15 “mcp.a”: “url” is missing"),
        ("{\"mcp\": [\"a\"]}", "1:9 “mcp”: expected an object, found a list"),
        ("{\"model\": \"{file:none.txt}\"}", "1:12 the file “none.txt” is not there"),
        ("{\"permissions\": {\"bash\": \"ask\"}}", "1:17 “permissions” is not what this engine reads"),
        ("{\"agent\": {\"x\": {\"permissions\": {}}}}", "1:33 “agent.x.permissions” is not what this engine reads"),
        (
            "<<<<<<< HEAD\n{\"model\": \"a\"}\n=======\n{\"model\": \"b\"}\n>>>>>>> x\n",
            "1:1 a conflict that git left in the file",
        ),
        ("{\"a\": \"b\";}", "1:10 “;” where a comma or a bracket is expected"),
        ("{\"model\": \"a/b\"\\n}", "1:16 “\\” where a key or value is expected"),
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
                format!("{} {}", place.unwrap_or_default(), problem.message)
            })
            .collect();
        assert_eq!(told, [expected], "{text:?}");
        assert!(problems.iter().all(|problem| !problem.hint.is_empty()), "{text:?}");
    }
}
