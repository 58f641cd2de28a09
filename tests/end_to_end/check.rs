//! `rekindle check`: no engine is asked, but by the two tests that compare with one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::SystemTime,
};

use rekindle_opencode::config::schema::Schema;
use rekindle_tests::{
    raw::RawEngine,
    world::{World, skill, write},
};
use reqwest::Method;
use serde_json::{Value, json};

/// A project and a home folder in which nothing was ever done.
struct Folder {
    root: tempfile::TempDir,
}

struct Checked {
    code: i32,
    out: String,
    err: String,
}

impl Checked {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.err))
    }

    /// The level, code, path and line of each finding.
    fn told(&self, folder: &Folder) -> Vec<(String, String, String, u64)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let project = format!("{}/", folder.project().display());
        let one = |one: &Value| {
            let path = text(&one["path"]).replace(&project, "");
            (text(&one["level"]), text(&one["code"]), path, one["line"].as_u64().unwrap_or(0))
        };
        self.json()["findings"].as_array().expect("findings").iter().map(one).collect()
    }
}

impl Folder {
    fn new() -> Self {
        let folder = Self { root: tempfile::tempdir().expect("a folder") };
        for inner in ["project/.git/objects", "project/.git/refs", "home"] {
            fs::create_dir_all(folder.root.path().join(inner)).expect("made");
        }
        folder.write(".git/HEAD", "ref: refs/heads/main\n");
        folder
    }

    fn project(&self) -> PathBuf {
        self.root.path().canonicalize().expect("there").join("project")
    }

    fn home(&self) -> PathBuf {
        self.root.path().canonicalize().expect("there").join("home")
    }

    fn write(&self, path: &str, text: &str) {
        write(&self.project().join(path), text);
    }

    fn check(&self, arguments: &[&str]) -> Checked {
        self.check_in(&self.project(), arguments, &[])
    }

    fn check_in(&self, folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Checked {
        let mut command = Command::new(World::program("rekindle"));
        command.arg("check").args(arguments).current_dir(folder).stdin(Stdio::null()).env_clear();
        command.env("HOME", self.home()).envs(std::env::vars().filter(|(name, _)| name == "PATH"));
        let output = command.envs(environment.iter().copied()).output().expect("rekindle runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Checked { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Everything that is there: when it was changed, and what is in it.
    fn all(&self) -> BTreeMap<PathBuf, (SystemTime, Vec<u8>)> {
        fn add(folder: &Path, all: &mut BTreeMap<PathBuf, (SystemTime, Vec<u8>)>) {
            for entry in fs::read_dir(folder).expect("read") {
                let path = entry.expect("an entry").path();
                let metadata = path.symlink_metadata().expect("there");
                let content = if metadata.is_file() { fs::read(&path).expect("read") } else { Vec::new() };
                all.insert(path.clone(), (metadata.modified().expect("a time"), content));
                if metadata.is_dir() {
                    add(&path, all);
                }
            }
        }
        let mut all = BTreeMap::new();
        add(self.root.path(), &mut all);
        all
    }
}

fn healthy() -> Folder {
    let folder = Folder::new();
    let server = json!({"type": "local", "command": ["node", "server.mjs"], "environment": {"TOKEN": "{env:TOKEN}"}});
    folder.write("opencode.json", &json!({"mcp": {"one": server}, "plugin": ["package@1.0.0"]}).to_string());
    folder.write(".opencode/agents/a.md", "---\ndescription: What it is for\n---\nDo it.\n");
    folder.write(".opencode/commands/c.md", "---\ndescription: What it is for\n---\nDo it.\n");
    folder.write(".opencode/plugins/p.ts", "export const Plugin = async () => ({})\n");
    folder.write(".opencode/tools/t.ts", "export default { description: 'x', args: {}, execute: async () => '' }\n");
    folder.write(".opencode/skills/s/SKILL.md", &skill("s", "Do it."));
    folder
}

/// N13: a project that is well, as text, JSON and for programs; nothing of what is for every project counts unless that is
/// asked for; and nothing is written, wherever that may be.
#[test]
fn a_healthy_project_is_fine_and_stays_as_it_is() {
    let folder = healthy();
    write(&folder.home().join(".config/opencode/opencode.json"), "{\"model\": 5}");
    let before = folder.all();
    let text = folder.check(&["--strict"]);
    assert_eq!((text.code, &*text.out, &*text.err), (0, "No errors or warnings in 6 files.\n", ""));
    let json = folder.check(&["--json"]).json();
    assert_eq!((&json["version"], &json["findings"]), (&json!(1), &json!([])));
    assert_eq!(json["summary"], json!({"errors": 0, "warnings": 0, "files": 6}));
    assert_eq!(json["directory"], folder.project().display().to_string());
    assert_eq!(folder.check(&["--format", "sarif"]).json()["runs"][0]["results"], json!([]));
    assert_eq!(folder.check(&["--format", "github"]).out, "No errors or warnings in 6 files.\n");
    let global = folder.check(&["--global", "--json"]);
    assert_eq!((global.code, &global.json()["findings"][0]["code"]), (2, &json!("wrong-value")));
    assert_eq!(folder.all(), before, "nothing is written");
}

/// N13: each kind of fault, once, with its level, code, file and line; and the rest is checked all the same.
#[test]
fn each_fault_is_told_in_its_place() {
    let folder = healthy();
    folder.write(
        "opencode.json",
        "{\n  \"model\": 5,\n  \"plugin\": [\"./gone.ts\"],\n  \"share\": \"{env:NOT_SET}\"\n}",
    );
    folder.write(".opencode/opencode.json", "{\"a\": 1\n\"b\": 2}");
    folder.write(".opencode/agents/b.md", "---\nmode: nonsense\n---\nDo it.\n");
    folder.write(".opencode/commands/d.md", "---\na: [\n---\nDo it.\n");
    folder.write(".opencode/plugins/q.ts", "export const x = (\n");
    folder.write(".opencode/tools/u.ts", "export default {\n");
    folder.write(".opencode/skills/bad/SKILL.md", "no front matter\n");
    folder.write(".opencode/skills/odd/SKILL.md", "---\nname: Odd\n---\n<!-- unseen -->\n");
    folder.write(".opencode/skills/odd/more.txt", "one\nt\u{200b}wo\n");
    symlink("nowhere", folder.project().join(".opencode/skills/s/link.md")).expect("linked");
    let checked = folder.check(&["--json"]);
    let told = checked.told(&folder);
    let told: Vec<_> = told.iter().map(|(level, code, path, line)| (&**level, &**code, &**path, *line)).collect();
    let expected = [
        ("error", "wrong-value", ".opencode/agents/b.md", 2),
        ("warning", "all-is-prompt", ".opencode/commands/d.md", 1),
        ("error", "comma-missing", ".opencode/opencode.json", 2),
        ("warning", "code-not-parsed", ".opencode/plugins/q.ts", 2),
        ("error", "skill-ignored", ".opencode/skills/bad/SKILL.md", 1),
        ("warning", "no-description", ".opencode/skills/odd/SKILL.md", 1),
        ("warning", "name-form", ".opencode/skills/odd/SKILL.md", 2),
        ("warning", "hidden-comment", ".opencode/skills/odd/SKILL.md", 4),
        ("warning", "hidden-characters", ".opencode/skills/odd/more.txt", 2),
        ("warning", "tool-broken", ".opencode/tools/u.ts", 2),
        ("error", "wrong-value", "opencode.json", 2),
        ("warning", "plugin-missing", "opencode.json", 3),
        ("warning", "wrong-value", "opencode.json", 4),
    ];
    assert_eq!(told, expected);
    assert_eq!(checked.code, 2);
    assert_eq!(checked.json()["summary"]["errors"], 4);
    assert_eq!(checked.json()["findings"][4]["item"], "skill:project:bad");
    assert_eq!(folder.check(&["--json"]).out, checked.out, "the same each time");
}

/// N13: the exit codes, and the ways to name the directory.
#[test]
fn exit_codes_are_a_contract() {
    let folder = Folder::new();
    folder.write("skills/one/SKILL.md", "---\nname: one\n---\n");
    let code = |arguments: &[&str]| folder.check(arguments).code;
    assert_eq!((code(&[]), code(&["--strict"]), code(&["--format", "github", "--strict"])), (0, 1, 1));
    folder.write("opencode.json", "{");
    assert_eq!((code(&[]), code(&["--strict"])), (2, 2));
    let gone = folder.check(&["gone", "--format", "json"]);
    assert_eq!((gone.code, &gone.json()["error"]["code"]), (2, &json!("no-directory")));
    let gone = folder.check(&["gone", "--format", "sarif"]);
    assert_eq!((gone.code, gone.out.is_empty(), gone.err.lines().count()), (2, true, 1));
    let elsewhere = folder.check_in(&folder.home(), &["project", "--directory", ".."], &[]);
    assert_eq!(elsewhere.code, 2, "{}", elsewhere.err);
    assert!(
        elsewhere.out.starts_with(&format!("{}/opencode.json:1:", folder.project().display())),
        "{}",
        elsewhere.out
    );
}

/// N13: the skills of a repository that is a collection are checked where they are; what belongs to others is not, and
/// neither is what is an example within a skill.
#[test]
fn a_collection_is_checked_where_it_is() {
    let folder = Folder::new();
    folder.write("skills/good/SKILL.md", &skill("good", "Do it."));
    folder.write("skills/good/examples/SKILL.md", "an example\n");
    folder.write("skills/group/other/SKILL.md", &skill("another", "Do it."));
    folder.write("skills/broken/SKILL.md", "---\nname: [\n---\n");
    folder.write("node_modules/package/SKILL.md", "no\n");
    folder.write("vendored/.git", "gitdir: elsewhere\n");
    folder.write("vendored/skills/x/SKILL.md", "no\n");
    folder.write(".hidden/x/SKILL.md", "no\n");
    let checked = folder.check(&["--json"]);
    let told = checked.told(&folder);
    let told: Vec<_> = told.iter().map(|(level, code, path, line)| (&**level, &**code, &**path, *line)).collect();
    let expected = [
        ("error", "skill-ignored", "skills/broken/SKILL.md", 1),
        ("warning", "name-not-folder", "skills/group/other/SKILL.md", 2),
    ];
    assert_eq!((told, checked.code), (expected.to_vec(), 2));
    fs::remove_dir_all(folder.project().join("skills/broken")).expect("removed");
    assert_eq!((folder.check(&[]).code, folder.check(&["--strict"]).code), (0, 1));
}

/// N13: names with anything in them come out whole, in one line each, and can be read back.
#[test]
fn hostile_names_stay_names() {
    let names = ["a b", "😀é", "x\ny", "100%25", "c:d,e", "::error::f", "q\"uote'", "\u{1b}[31m", "h#?&"];
    let folder = Folder::new();
    for name in names {
        folder.write(&format!("{name}/SKILL.md"), "no\n");
    }
    let paths: BTreeSet<_> = names.iter().map(|name| format!("{name}/SKILL.md")).collect();
    let text = folder.check(&[]);
    assert_eq!(text.out.lines().count(), names.len() * 2 + 1, "{}", text.out);
    assert!(!text.out.contains('\u{1b}') && !text.out.lines().any(|line| line.starts_with("::")), "{}", text.out);
    let github = folder.check(&["--format", "github"]).out;
    let commands: Vec<_> = github.lines().filter(|line| line.starts_with("::error file=")).collect();
    assert_eq!(commands.len(), names.len(), "{github}");
    assert!(github.contains("::error file=100%2525/SKILL.md,line=1,") && github.contains("=c%3Ad%2Ce/"), "{github}");
    let json: BTreeSet<_> = folder.check(&["--json"]).told(&folder).into_iter().map(|told| told.2).collect();
    assert_eq!(json, paths);
    let sarif = folder.check(&["--format", "sarif"]).json();
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let uri = |result: &Value| {
        let artifact = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(artifact["uriBaseId"], "%SRCROOT%");
        decoded(artifact["uri"].as_str().expect("a URI"))
    };
    assert_eq!(results.iter().map(uri).collect::<BTreeSet<_>>(), paths);
}

/// The path that a URI stands for.
fn decoded(uri: &str) -> String {
    let mut parts = uri.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (number, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(number, 16).expect("a byte"));
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// N13: annotations are told from the folder that GitHub checks out into, SARIF from the root of the worktree; columns of
/// SARIF are in units of UTF-16.
#[test]
fn places_are_what_the_reader_counts_from() {
    let folder = Folder::new();
    folder.write("deep/skills/s/SKILL.md", &skill("s", "😀 t\u{200b}"));
    let root = folder.root.path().canonicalize().expect("there").display().to_string();
    let deep = folder.project().join("deep");
    let github = |workspace: &str| {
        let environment = [("GITHUB_WORKSPACE", workspace)];
        folder.check_in(&deep, &["--format", "github"], &environment).out
    };
    assert!(github(&root).starts_with("::warning file=project/deep/skills/s/SKILL.md,line=6,col=4,"));
    assert!(github("/elsewhere").starts_with("::warning file=deep/skills/s/SKILL.md,line=6,col=4,"));
    let sarif = folder.check_in(&deep, &["--format", "sarif"], &[]).json();
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "deep/skills/s/SKILL.md");
    assert_eq!(place["region"], json!({"startLine": 6, "startColumn": 5}));
}

/// N13: what never ends, leads in circles or nowhere, or cannot be read is told, and the rest is checked.
#[test]
fn hostile_folders_end() {
    let folder = healthy();
    let project = folder.project();
    for path in ["skills/pipe", ".opencode/agents"] {
        fs::create_dir_all(project.join(path)).expect("made");
    }
    for path in ["skills/pipe/SKILL.md", ".opencode/agents/pipe.md"] {
        assert!(Command::new("mkfifo").arg(project.join(path)).status().expect("mkfifo").success());
    }
    symlink("..", project.join("skills/up")).expect("linked");
    fs::create_dir_all(project.join("skills/gone")).expect("made");
    symlink("nowhere", project.join("skills/gone/SKILL.md")).expect("linked");
    write(&project.join("skills/bytes/SKILL.md"), "");
    fs::write(project.join("skills/bytes/SKILL.md"), b"---\nname: bytes\ndescription: \xff\n---\n").expect("written");
    folder.write(&format!("{}SKILL.md", "d/".repeat(40)), "too deep to count\n");
    let checked = folder.check(&["--json"]);
    let told = checked.told(&folder);
    let told: Vec<_> = told.iter().map(|(level, code, path, line)| (&**level, &**code, &**path, *line)).collect();
    let expected = [
        ("error", "no-end", ".opencode/agents/pipe.md", 0),
        ("warning", "not-utf8", "skills/bytes/SKILL.md", 3),
        ("error", "skill-link-dangling", "skills/gone/SKILL.md", 0),
        ("error", "not-a-regular-file", "skills/pipe/SKILL.md", 0),
    ];
    assert_eq!(told, expected, "{}", checked.out);
}

/// N13, N16: what may not be read is told, and the rest is checked.
#[tokio::test]
async fn what_may_not_be_read_is_told() {
    let world = World::new();
    world.write("skills/closed/SKILL.md", &skill("closed", "Do it."));
    world.write("skills/open/SKILL.md", "no\n");
    world.write("folder/inner/x", "");
    let closed = world.path("skills/closed/SKILL.md").display().to_string();
    let folder = world.path("folder").display().to_string();
    let chmod = |mode: &str| {
        assert!(Command::new("chmod").args([mode, &closed, &folder]).status().expect("chmod").success());
    };
    chmod("000");
    let ran = world.rekindle_without_privileges(&["check", "--json"]).await;
    chmod("755");
    let found = ran.json();
    let told: Vec<_> =
        found["findings"].as_array().expect("findings").iter().map(|one| (&one["level"], &one["code"])).collect();
    let refused = json!("file-refused");
    let expected =
        [(&json!("warning"), &refused), (&json!("error"), &refused), (&json!("error"), &json!("skill-ignored"))];
    assert_eq!((told, ran.code), (expected.to_vec(), 2), "{ran:?}");
}

/// N13: what `status` says of the same files, with an engine to ask.
#[tokio::test(flavor = "multi_thread")]
async fn it_says_what_status_says() {
    let cases = [
        ("opencode.json", "{\n  \"model\": \"a/b\"\n  \"share\": \"manual\"\n}"),
        ("opencode.json", "{\"model\": 5, \"share\": \"x\", \"mcp\": {\"m\": {\"type\": \"remote\"}}}"),
        ("opencode.jsonc", "[]"),
        ("opencode.json", "{\"plugin\": [\"./gone.ts\"], \"model\": \"{file:gone.txt}\"}"),
        (".opencode/opencode.json", "{\"instructions\": \"no list\", \"agents\": {\"a\": 5}}"),
        (".opencode/agent/helper.md", "---\ndescription: x\nmode: nonsense\n---\nHelp"),
        (".opencode/command/x.md", "---\na: [\n---\n"),
        (".opencode/skills/bad/SKILL.md", "no front matter"),
        (".opencode/plugins/x.ts", "export const x = ("),
    ];
    let world = World::new();
    world.start_engine().await;
    for (file, text) in cases {
        world.write(file, text);
        let status = world.rekindle(&["status", "--json"]).await.json();
        let checked = world.rekindle(&["check", "--global", "--json"]).await;
        let found = checked.json();
        let places = |all: &Value| -> BTreeSet<String> {
            let place =
                |one: &Value| ["path", "line", "column", "message", "hint"].map(|key| one[key].to_string()).join(" ");
            all.as_array().into_iter().flatten().map(place).collect()
        };
        let told = places(&found["findings"]);
        let all: BTreeSet<_> = &places(&status["problems"]) | &places(&status["warnings"]);
        assert!(!all.is_empty() && all.is_subset(&told), "{file}: {text}: {all:?} {told:?}");
        let has_problems = status["problems"].as_array().is_some_and(|all| !all.is_empty());
        assert!(!has_problems || checked.code == 2, "{file}: {text}: {checked:?}");
        fs::remove_file(world.path(file)).expect("removed");
    }
}

/// N13: what is checked without an engine is what the pinned one accepts.
#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_the_pinned_engines() {
    let world = World::new();
    let engine = RawEngine::start(world.project(), &world.environment()).await;
    let doc = engine.ask(Method::GET, "/doc", world.project()).await.1;
    let theirs = without_words(Schema::from_doc(&doc).expect("a schema").published());
    assert_eq!(Schema::measured().expect("a schema").published(), &theirs);
}

/// A schema without what it says to people.
fn without_words(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let is_said = |(key, value): &(&String, &Value)| {
                ["description", "title", "$comment"].contains(&key.as_str()) && value.is_string()
            };
            fields
                .iter()
                .filter(|field| !is_said(field))
                .map(|(key, value)| (key.clone(), without_words(value)))
                .collect()
        }
        Value::Array(all) => all.iter().map(without_words).collect(),
        other => other.clone(),
    }
}
