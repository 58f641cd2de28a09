use std::fs;

use super::*;
use crate::files::environment::Environment;

/// A project in a home of its own, with these files.
fn project(files: &[(&str, &str)], variables: &[(&str, &str)]) -> (tempfile::TempDir, Places) {
    let root = tempfile::tempdir().expect("a folder");
    let home = root.path().canonicalize().expect("there");
    for (path, text) in files {
        let path = home.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }
    fs::create_dir_all(home.join("p/.git")).expect("made");
    let own = [
        ("HOME", home.display().to_string()),
        ("OPENCODE_TEST_MANAGED_CONFIG_DIR", home.join("etc").display().to_string()),
    ];
    let all = own.into_iter().chain(variables.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let environment: Environment = all.map(|(name, value)| (name.to_owned(), value)).collect();
    let places = Places::in_environment(&home.join("p"), environment).expect("places");
    (root, places)
}

fn told(settled: &Settled) -> Vec<String> {
    let place = |source: &KeySource| {
        let line = source.line.map(|line| format!(":{line}")).unwrap_or_default();
        format!("{:?} {}{line}", source.origin, source.place)
    };
    let line = |row: &KeyRow| {
        let overridden: Vec<_> =
            row.overrides.iter().map(|other| format!("{} {}", other.value, place(&other.source))).collect();
        format!("{} = {} < {}; {}", row.key, row.value, place(&row.source), overridden.join(", "))
            .trim_end_matches("; ")
            .to_owned()
    };
    settled.keys.iter().map(line).collect()
}

/// V5, H4: files, Markdown, the environment and the administrator, each with its line; secrets are masked, variables as
/// written.
#[test]
fn every_key_names_its_source() {
    let (_root, places) = project(
        &[
            (".config/opencode/opencode.json", "{\n  \"model\": \"g/g\",\n  \"share\": \"auto\"\n}"),
            (
                "p/opencode.json",
                "{\n  \"model\": \"p/p\",\n  \"permission\": \"ask\",\n  \"provider\": {\"x\": {\"options\": {\n    \"apiKey\": \"hunter2\", \"baseURL\": \"{env:BASE}\"}}}\n}",
            ),
            (
                "p/opencode.jsonc",
                "{\n // one\n \"snapshots\": true, \"modle\": 1,\n \"permission\": {\"bash\": {\"git *\": \"allow\"}}\n}",
            ),
            ("p/.opencode/agent/a.md", "---\ndescription: an agent\n---\nText"),
            ("etc/opencode.json", "{\"share\": \"disabled\"}"),
        ],
        &[
            ("OPENCODE_CONFIG_CONTENT", "{\"username\": \"me\", \"model\": \"e/e\"}"),
            ("BASE", "https://secret.example"),
        ],
    );
    let settled = settled(&places, None);
    let expected = [
        "agent.a.description = \"an agent\" < Folder .opencode/agent/a.md",
        "agent.a.name = \"a\" < Folder .opencode/agent/a.md",
        "agent.a.prompt = \"Text\" < Folder .opencode/agent/a.md",
        "model = \"e/e\" < Environment OPENCODE_CONFIG_CONTENT; \"p/p\" File opencode.json:2, \"g/g\" File ~/.config/opencode/opencode.json:2",
        "permission.* = \"ask\" < File opencode.json:3",
        "permission.bash.\"git *\" = \"allow\" < File opencode.jsonc:4",
        "provider.x.options.apiKey = \"••••\" < File opencode.json:5",
        "provider.x.options.baseURL = \"{env:BASE}\" < File opencode.json:5",
        "share = \"disabled\" < Managed ~/etc/opencode.json:1; \"auto\" File ~/.config/opencode/opencode.json:3",
        "snapshot = true < File opencode.jsonc:3",
        "username = \"me\" < Environment OPENCODE_CONFIG_CONTENT",
    ];
    assert_eq!(told(&settled), expected);
    assert_eq!(settled.problems, []);
}

/// V5: a file that would not load is named, and the rest is listed; one key is found with all that is in it.
#[test]
fn what_is_broken_hides_only_itself() {
    let plugin = "{\"plugin\": [[\"p\", {\"token\": \"hunter2\"}], \"q\"], \"watcher\": {\"ignore\": [\"a\"]}}";
    let (_root, places) = project(&[("p/opencode.json", "{\"model\": "), ("p/opencode.jsonc", plugin)], &[]);
    let mut settled = settled(&places, None);
    assert_eq!(settled.problems.len(), 1);
    let expected = [
        "plugin[0] = [\"p\",{\"token\":\"••••\"}] < File opencode.jsonc:1",
        "plugin[1] = \"q\" < File opencode.jsonc:1",
        "watcher.ignore = [\"a\"] < File opencode.jsonc:1",
    ];
    assert_eq!(told(&settled), expected);
    assert_eq!(whole_of("watcher", &settled.keys[2..]).expect("a value"), json!({"ignore": ["a"]}));
    assert_eq!(whole_of("plugin", &settled.keys[..2]).expect("a value"), json!([["p", {"token": "••••"}], "q"]));
    assert_eq!(only_key(&mut settled, "plugin[1]").expect("there"), "plugin[1]");
    assert_eq!(whole_of("plugin[1]", &settled.keys).expect("a value"), json!("q"));
    assert_eq!(only_key(&mut settled, "model").expect_err("not set").code, ErrorCode::NotFound);
    assert_eq!(only_key(&mut settled, "model.").expect_err("no key").code, ErrorCode::BadKey);
}
