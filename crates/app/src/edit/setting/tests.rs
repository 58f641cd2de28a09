use std::fs;

use super::*;
use crate::{edit::undo, files::environment::Environment};

/// A project in a home of its own.
struct Project {
    root: tempfile::TempDir,
    places: Places,
}

impl Project {
    fn of(files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let home = root.path().canonicalize().expect("there");
        fs::create_dir_all(home.join("p/.git")).expect("made");
        for (path, text) in files {
            let path = home.join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, text).expect("written");
        }
        let variables = [("HOME", home.clone()), ("OPENCODE_TEST_MANAGED_CONFIG_DIR", home.join("etc"))];
        let environment: Environment =
            variables.into_iter().map(|(name, value)| (name.to_owned(), value.display().to_string())).collect();
        Self { places: Places::in_environment(&home.join("p"), environment).expect("places"), root }
    }

    fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.root.path().join(path)).ok()
    }

    fn set(&self, key: &str, value: &str) -> Result<SetKey, UserError> {
        set_key(&self.places, None, key, value, Scope::Project)
    }

    /// The file in short form, and the code of each remark.
    fn told(&self, set: &SetKey) -> (String, Vec<String>) {
        (self.places.short(&set.path), set.remarks.iter().map(Notice::code).collect())
    }
}

/// V5, H2: what is set is what was meant, where the engine takes it; undone, the file is as it was.
#[test]
fn a_key_is_set_and_undone() {
    let before = "{\n  // mine\n  \"model\": \"a/b\", // kept\n}\n";
    let check = |key: &str, value: &str, after: &str| {
        let project = Project::of(&[("p/opencode.json", before)]);
        let set = project.set(key, value).expect("set");
        assert_eq!(project.read("p/opencode.json").as_deref(), Some(after), "{key} {value}");
        assert_eq!(project.told(&set), ("opencode.json".to_owned(), Vec::new()), "{key} {value}");
        undo(&project.places, None, None).expect("undone");
        assert_eq!(project.read("p/opencode.json").as_deref(), Some(before));
    };
    let with = |line: &str| before.replace("// kept\n", &format!("// kept\n  {line},\n"));
    check("model", "c/d", &before.replace("a/b", "c/d"));
    check("model", "\"c/d\"", &before.replace("a/b", "c/d"));
    check("snapshot", "false", &with("\"snapshot\": false"));
    check("username", "123", &with("\"username\": \"123\""));
    check("username", "true", &with("\"username\": \"true\""));
    check("autoupdate", "notify", &with("\"autoupdate\": \"notify\""));
    check("subagent_depth", "3", &with("\"subagent_depth\": 3"));
    check("instructions", "[\"a.md\"]", &with("\"instructions\": [\"a.md\"]"));
    check("share", "{env:SHARE}", &with("\"share\": \"{env:SHARE}\""));
    check(
        "permission.bash.\"*.md\"",
        "ask",
        &with("\"permission\": {\n    \"bash\": {\n      \"*.md\": \"ask\"\n    }\n  }"),
    );
}

/// V5, H2: what is refused leaves everything as it is, and says what is accepted.
#[test]
fn what_is_invalid_is_refused() {
    let files = [("p/opencode.json", "{\"permission\": \"ask\", \"agents\": {\"a\": {\"system\": \"s\"}}}")];
    let check = |key: &str, value: &str, code: ErrorCode, notice: &str| {
        let project = Project::of(&files);
        let error = project.set(key, value).expect_err(key);
        assert_eq!((error.code, error.what.code()), (code, notice.to_owned()), "{key} {value}");
        assert_eq!(project.read("p/opencode.json").as_deref(), Some(files[0].1));
        assert!(!project.places.state.exists(), "{key}");
    };
    check("share", "never", ErrorCode::BadValue, "key-refused");
    check("snapshot", "maybe", ErrorCode::BadValue, "key-refused");
    check("subagent_depth", "1.5", ErrorCode::BadValue, "key-refused");
    check("mcp.x.timeout", "5", ErrorCode::BadValue, "key-refused");
    check("modle", "a/b", ErrorCode::BadKey, "key-not-read");
    check("theme", "dark", ErrorCode::BadKey, "key-not-read");
    check("plugin", "[]", ErrorCode::BadKey, "key-of-items");
    check("mcp.x", "{}", ErrorCode::BadKey, "key-of-items");
    check("instructions[0]", "a", ErrorCode::BadKey, "key-in-list");
    check("a..b", "a", ErrorCode::BadKey, "key-malformed");
    check("permission.bash", "ask", ErrorCode::NotAnObject, "refused");
    check("agent.a.model", "a/b", ErrorCode::BadKey, "key-spelt-otherwise");
    let project = Project::of(&files);
    let told = |key: &str| match project.set(key, "x").expect_err("unknown").what {
        Notice::Key(KeyNotice::KeyNotRead { near, .. }) => near,
        other => panic!("{other:?}"),
    };
    assert_eq!(told("modle").as_deref(), Some("model"));
    assert_eq!(told("compaction.autos").as_deref(), Some("compaction.auto"));
    assert_eq!(told("wallpaper"), None);
}

/// V5: a broken file is left alone.
#[test]
fn a_broken_file_is_left_alone() {
    let project = Project::of(&[("p/opencode.json", "{\"model\": ")]);
    assert_eq!(project.set("model", "a/b").expect_err("broken").code, ErrorCode::NotJson);
    assert_eq!(project.read("p/opencode.json").as_deref(), Some("{\"model\": "));
}

/// V5, H4: a stronger file keeps a value from counting, a secret stands in the file, a rule is behind others.
#[test]
fn what_a_person_should_know_is_told() {
    let check = |files: &[(&str, &str)], key: &str, value: &str, file: &str, remarks: &[&str]| {
        let project = Project::of(files);
        let set = project.set(key, value).expect("set");
        let remarks = remarks.iter().map(|remark| (*remark).to_owned()).collect();
        assert_eq!(project.told(&set), (file.to_owned(), remarks), "{files:?} {key}");
    };
    let own = ("p/opencode.json", "{\"model\": \"a/b\"}");
    check(&[], "model", "a/b", "opencode.json", &[]);
    check(&[own], "model", "c/d", "opencode.json", &[]);
    check(&[own, ("p/.opencode/opencode.json", "{}")], "model", "c/d", "opencode.json", &[]);
    check(&[own, ("p/.opencode/opencode.json", "{}")], "share", "auto", ".opencode/opencode.json", &[]);
    check(&[own, ("etc/opencode.json", "{\"model\": \"m/m\"}")], "model", "c/d", "opencode.json", &["key-beaten"]);
    check(
        &[own, ("etc/opencode.json", "{\"permission\": {\"bash\": \"ask\"}}")],
        "permission",
        "\"allow\"",
        "opencode.json",
        &[],
    );
    check(
        &[own, ("etc/opencode.json", "{\"permission\": {\"bash\": \"ask\"}}")],
        "permission",
        "{\"bash\": \"allow\", \"edit\": \"ask\"}",
        "opencode.json",
        &["key-beaten"],
    );
    check(&[("p/opencode.json", "{\"snapshots\": true}")], "snapshot", "false", "opencode.json", &[]);
    check(&[own], "provider.x.options.apiKey", "hunter2", "opencode.json", &["key-secret-in-file"]);
    check(&[own], "provider.x.options.apiKey", "{env:KEY}", "opencode.json", &[]);
    let rules = ("p/opencode.json", "{\"permission\": {\"bash\": \"allow\"}}");
    check(&[rules], "permission.*", "deny", "opencode.json", &["key-rule-is-last"]);
    check(&[rules], "permission.edit", "deny", "opencode.json", &[]);
}

/// V5: a key is taken out of the file that has it, with what was there for it alone, and comes back byte for byte.
#[test]
fn a_key_is_taken_away() {
    let before = "{\n  // mine\n  \"model\": \"a/b\",\n  \"compaction\": { \"auto\": false } // its own\n}\n";
    let global = (".config/opencode/opencode.json", "{\"model\": \"g/g\"}");
    let project = Project::of(&[("p/opencode.json", before), global]);
    let unset = |key: &str| unset_key(&project.places, None, key, Scope::Project);
    let done = unset("compaction.auto").expect("unset");
    assert_eq!(project.read("p/opencode.json").as_deref(), Some("{\n  // mine\n  \"model\": \"a/b\"\n}\n"));
    assert_eq!((project.told(&done).1, done.value), (Vec::new(), None));
    undo(&project.places, None, None).expect("undone");
    assert_eq!(project.read("p/opencode.json").as_deref(), Some(before));
    let done = unset("model").expect("unset");
    assert_eq!(project.told(&done).1, ["key-still-set"]);
    let gone = unset("model").expect_err("it is not there any more");
    let places = match gone.what {
        Notice::Key(KeyNotice::KeyNotSetHere { places, .. }) => places,
        other => panic!("{other:?}"),
    };
    assert_eq!((gone.code, places), (ErrorCode::NotFound, vec!["~/.config/opencode/opencode.json".to_owned()]));
    unset_key(&project.places, None, "model", Scope::Global).expect("unset");
    assert_eq!(project.read(global.0).as_deref(), Some("{}"));
    undo(&project.places, None, None).expect("undone");
    undo(&project.places, None, None).expect("undone");
    assert_eq!(
        (project.read("p/opencode.json").as_deref(), project.read(global.0).as_deref()),
        (Some(before), Some(global.1))
    );
}
