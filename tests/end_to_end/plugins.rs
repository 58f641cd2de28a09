//! Plugins on the real engine: in every form in which it takes them, in each state in which it keeps them, and new ones.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use rekindle_tests::{
    shelf::Shelf,
    world::{Engine, Ran, World, plugin, write},
};
use serde_json::{Value, json};

/// A registry with these versions of packages, each of which adds a tool; and the environment that leads there.
pub(crate) async fn registry(world: &World, packages: &[(&str, &str, &str)]) -> Shelf {
    registry_with(world, packages, None).await
}

/// The same, and each package has this changelog.
pub(crate) async fn registry_with(world: &World, packages: &[(&str, &str, &str)], changes: Option<&str>) -> Shelf {
    let packed =
        packages.iter().map(|(name, version, tool)| (*name, *version, pack(world, name, version, tool, changes)));
    let packed: Vec<_> = packed.collect();
    Shelf::start(|here| {
        let mut files = BTreeMap::new();
        let mut abouts: BTreeMap<&str, Value> = BTreeMap::new();
        for (name, version, archive) in packed {
            let path = format!("/{name}-{version}.tgz");
            let about = abouts.entry(name).or_insert_with(|| json!({"name": name, "versions": {}, "time": {}}));
            let tarball = format!("{here}{path}");
            about["versions"][version] =
                json!({"name": name, "version": version, "main": "index.js", "dist": {"tarball": tarball}});
            about["time"][version] = json!("2026-01-31T00:00:00.000Z");
            // The last one that is named.
            about["dist-tags"] = json!({"latest": version});
            files.insert(path, archive);
        }
        files.extend(abouts.into_iter().map(|(name, about)| (format!("/{name}"), about.to_string().into_bytes())));
        files
    })
    .await
}

/// The archive of a package that adds a tool.
fn pack(world: &World, name: &str, version: &str, tool: &str, changes: Option<&str>) -> Vec<u8> {
    let folder = world.outside(&format!("packed/{name}-{version}"));
    let repository = "git+https://github.com/o/r.git";
    let description =
        json!({"name": name, "version": version, "main": "index.js", "type": "module", "repository": repository});
    write(&folder.join("package/package.json"), &description.to_string());
    write(&folder.join("package/index.js"), &plugin(tool));
    if let Some(changes) = changes {
        write(&folder.join("package/CHANGELOG.md"), changes);
    }
    let archive = folder.with_extension("tgz");
    let tar = Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(&folder).arg("package").status();
    assert!(tar.expect("tar").success());
    fs::read(archive).expect("read")
}

/// The engine of a world, and what it asks.
struct Bed {
    world: World,
    registry: String,
}

impl Bed {
    async fn new(packages: &[(&str, &str, &str)]) -> (Self, Shelf) {
        let world = World::new();
        let shelf = registry(&world, packages).await;
        (Self { registry: shelf.url(), world }, shelf)
    }

    async fn run(&self, arguments: &[&str]) -> Ran {
        self.world.rekindle_with(arguments, &[("NPM_CONFIG_REGISTRY", &self.registry)]).await
    }

    async fn ok(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--json"]].concat()).await;
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran.json()
    }

    async fn start(&self) -> Engine {
        self.ok(&["engine", "start"]).await;
        self.world.engine()
    }

    /// What is listed of the only plugin.
    async fn listed(&self, more: &[&str]) -> Value {
        self.ok(&[&["plugin", "list"], more].concat()).await[0].clone()
    }

    fn packages(&self) -> std::path::PathBuf {
        self.world.home(".cache/opencode/packages")
    }
}

fn git(repository: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@b"]).args(arguments).current_dir(repository);
    assert!(command.env("GIT_CONFIG_GLOBAL", "/dev/null").status().expect("git").success());
}

/// G1: every form in which a plugin is added is one that the engine loads, with its options; what is refused, it would not
/// have loaded, or installed anew each time.
#[tokio::test(flavor = "multi_thread")]
async fn every_form_that_is_taken_is_loaded() {
    let (bed, _shelf) = Bed::new(&[
        ("acme", "1.0.0", "acme_tool"),
        ("ranged", "1.0.0", "ranged_tool"),
        ("real", "1.0.0", "aliased_tool"),
    ])
    .await;
    let world = &bed.world;
    let archive = world.outside("archive.tgz");
    fs::write(&archive, pack(world, "packed", "1.0.0", "packed_tool", None)).expect("written");
    let repository = world.outside("repository");
    write(
        &repository.join("package.json"),
        r#"{"name": "gitp", "version": "1.0.0", "main": "index.js", "type": "module"}"#,
    );
    write(&repository.join("index.js"), &plugin("git_tool"));
    for arguments in [&["init", "-q"][..], &["add", "."], &["commit", "-qm", "x"], &["tag", "v1"]] {
        git(&repository, arguments);
    }
    world.write("folder/index.ts", &plugin("folder_tool"));
    world.write("a file.ts", &plugin("file_tool"));
    let engine = bed.start().await;
    let specs = [
        ("acme".to_owned(), "acme_tool"),
        ("ranged@^1".to_owned(), "ranged_tool"),
        ("other@npm:real@1.0.0".to_owned(), "aliased_tool"),
        (format!("file:{}", archive.display()), "packed_tool"),
        (format!("gitp@git+file://{}#v1", repository.display()), "git_tool"),
        ("./folder".to_owned(), "folder_tool"),
        ("./a file.ts".to_owned(), "file_tool"),
    ];
    for (spec, _) in &specs {
        let options: &[&str] = if spec == "acme" { &["--options", r#"{"a": [1]}"#] } else { &[] };
        bed.ok(&[&["plugin", "add", spec], options].concat()).await;
    }
    let receipt = bed.ok(&["reload"]).await;
    assert_eq!(receipt["result"], "proved", "{receipt}");
    for (spec, tool) in &specs {
        assert!(engine.has_tool(tool).await, "{spec}");
    }
    assert_eq!(engine.get("/config").await["plugin"][0], json!(["acme", {"a": [1]}]));
    let mended = format!("file:{}", archive.display());
    for (typed, written) in [
        (archive.display().to_string(), mended.as_str()),
        (format!("git+file://{}", repository.display()), "repository@git+file://"),
        ("npm install new-one".to_owned(), "write new-one"),
    ] {
        let ran = bed.run(&["plugin", "add", &typed, "--json"]).await;
        let error = ran.json()["error"].clone();
        assert_eq!((ran.code, &error["code"]), (2, &json!("bad-spec")), "{ran:?}");
        assert!(error["hint"].as_str().is_some_and(|hint| hint.contains(written)), "{error}");
    }
}

/// G2, G3: one version is pinned, updated and taken back; what the engine froze is known, and renewed by mending it.
#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_package_is_known_and_renewed() {
    let (bed, _shelf) = Bed::new(&[("acme", "1.0.0", "old_tool"), ("acme", "1.1.0", "new_tool")]).await;
    let engine = bed.start().await;
    bed.ok(&["plugin", "add", "acme@1.0.0"]).await;
    assert_eq!(bed.ok(&["reload"]).await["result"], "proved");
    assert!(engine.has_tool("old_tool").await);
    let before = bed.world.read("opencode.json");
    let checked = bed.ok(&["plugin", "update", "--check"]).await;
    assert_eq!(
        (&checked[0]["from"], &checked[0]["to"], &checked[0]["by"]),
        (&json!("1.0.0"), &json!("1.1.0"), &json!("entry"))
    );
    assert_eq!(bed.world.read("opencode.json"), before);
    assert!(checked[0].get("changelog").is_none(), "of all nothing is fetched");
    let checked = bed.ok(&["plugin", "update", "acme", "--check"]).await;
    assert_eq!(checked[0]["changelog"], json!({"sections": [], "repository": "https://github.com/o/r"}));
    let young = bed.ok(&["plugin", "update", "--min-age", "100000"]).await;
    assert_eq!((&young[0]["by"], bed.world.read("opencode.json")), (&json!("nothing"), before.clone()));
    bed.ok(&["plugin", "update", "acme"]).await;
    assert_eq!(bed.world.read("opencode.json"), before.replace("1.0.0", "1.1.0"));
    assert_eq!(bed.ok(&["reload"]).await["result"], "proved");
    assert!(engine.has_tool("new_tool").await);
    bed.ok(&["undo"]).await;
    assert_eq!(bed.world.read("opencode.json"), before);

    // As if it had been installed when 1.0.0 was the newest.
    bed.ok(&["plugin", "unpin", "acme"]).await;
    fs::rename(bed.packages().join("acme@1.0.0"), bed.packages().join("acme@latest")).expect("moved");
    assert_eq!(bed.ok(&["reload"]).await["result"], "proved");
    assert!(engine.has_tool("old_tool").await);
    let listed = bed.listed(&["--published"]).await;
    assert_eq!(
        (&listed["cached"]["version"], &listed["published"]["latest"]),
        (&json!("1.0.0"), &json!("1.1.0")),
        "{listed}"
    );
    assert!(listed["remarks"].to_string().contains("1.1.0 is published"), "{listed}");
    let updated = bed.ok(&["plugin", "update"]).await;
    assert_eq!((&updated[0]["by"], &updated[0]["to"]), (&json!("cache"), &json!("1.1.0")), "{updated}");
    assert_eq!(bed.ok(&["reload", "--restart"]).await["result"], "proved");
    let engine = bed.world.engine();
    assert!(engine.has_tool("new_tool").await && !engine.has_tool("old_tool").await);
    bed.ok(&["plugin", "pin", "acme"]).await;
    assert!(bed.world.read("opencode.json").contains("\"acme@1.1.0\""));
}

/// G2: a package of which a part is missing stays so for the engine, is told, and is whole again after it was mended.
#[tokio::test(flavor = "multi_thread")]
async fn a_package_that_is_half_installed_is_mended() {
    let (bed, _shelf) = Bed::new(&[("acme", "1.0.0", "acme_tool")]).await;
    bed.start().await;
    bed.ok(&["plugin", "add", "acme"]).await;
    assert_eq!(bed.ok(&["reload"]).await["result"], "proved");
    let half = bed.packages().join("acme@latest/node_modules/acme/package.json");
    fs::remove_file(&half).expect("removed");
    bed.run(&["reload", "--restart"]).await;
    assert!(!bed.world.engine().has_tool("acme_tool").await && !half.exists(), "the engine does not complete it");
    let listed = bed.listed(&[]).await;
    assert_eq!(listed["cached"]["state"], "half", "{listed}");
    assert!(listed["warning"].as_str().is_some_and(|told| told.contains("only partly installed")), "{listed}");
    let mended = bed.ok(&["plugin", "mend", "acme"]).await;
    assert_eq!(mended["needs"], "dispose", "{mended}");
    assert_eq!(bed.ok(&["reload", "--restart"]).await["result"], "proved");
    assert!(bed.world.engine().has_tool("acme_tool").await && half.exists());
    let listed = bed.listed(&[]).await;
    assert_eq!((&listed["cached"]["state"], &listed["state"]), (&json!("whole"), &json!("loaded")), "{listed}");
}

/// G3: turned off, a plugin is gone from the engine, and on again with its options; moved, it is there for every project.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_turned_off_and_on_and_moved() {
    let world = World::new();
    let text = "{\n  \"$schema\": \"https://opencode.ai/config.json\",\n  \"plugin\": [[\"./mine.ts\", {\"a\": 1}]] // mine\n}\n";
    world.write("opencode.jsonc", text);
    world.write("mine.ts", &plugin("mine_tool"));
    let engine = world.start_engine().await;
    assert!(engine.has_tool("mine_tool").await);
    let run = async |arguments: &[&str]| {
        let ran = world.rekindle(arguments).await;
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran
    };
    run(&["plugin", "disable", "mine.ts"]).await;
    run(&["reload"]).await;
    assert!(!engine.has_tool("mine_tool").await);
    let listed = run(&["plugin", "list", "--json"]).await.json();
    assert_eq!((&listed[0]["name"], &listed[0]["state"]), (&json!("mine.ts"), &json!("disabled")), "{listed}");
    run(&["plugin", "enable", "mine.ts"]).await;
    assert_eq!(world.read("opencode.jsonc"), text);
    run(&["reload"]).await;
    assert!(engine.has_tool("mine_tool").await);
    run(&["plugin", "move", "mine.ts", "--to", "global"]).await;
    run(&["reload"]).await;
    assert!(world.engine().has_tool("mine_tool").await);
    let global = fs::read_to_string(world.home(".config/opencode/opencode.jsonc"));
    let global = global.or_else(|_| fs::read_to_string(world.home(".config/opencode/opencode.json"))).expect("read");
    assert!(global.contains("mine.ts\",{\"a\":1}]"), "{global}");
    run(&["undo"]).await;
    assert_eq!(world.read("opencode.jsonc"), text);
}

/// G1, G3: what cannot be meant is told with its code, and nothing is changed.
#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_told_and_changes_nothing() {
    let world = World::new();
    let text = r#"{"plugin": ["acme", "./a.ts"]}"#;
    world.write("opencode.json", text);
    world.write("a.ts", &plugin("a_tool"));
    world.write(".opencode/plugins/found.ts", &plugin("found_tool"));
    let cases: &[(&[&str], &str)] = &[
        (&["add", "x", "--options", "[]"], "bad-spec"),
        (&["add", "obra/superpowers"], "bad-spec"),
        (&["pin", "none"], "not-found"),
        (&["pin", "acme"], "no-version"),
        (&["pin", "acme@"], "bad-spec"),
        (&["pin", "a.ts"], "no-version"),
        (&["unpin", "acme"], "unchanged"),
        (&["enable", "acme"], "not-found"),
        (&["disable", "found.ts"], "not-found"),
        (&["move", "found.ts", "--to", "global"], "not-found"),
        (&["mend", "acme"], "not-found"),
        (&["new", "../x"], "bad-spec"),
        (&["new", "found"], "unchanged"),
    ];
    for (arguments, code) in cases {
        let ran = world.rekindle(&[&["plugin"], *arguments, &["--json"]].concat()).await;
        assert_eq!((ran.code, &ran.json()["error"]["code"]), (2, &json!(code)), "{arguments:?}: {ran:?}");
        assert_eq!(world.read("opencode.json"), text, "{arguments:?}");
    }
    assert_eq!(world.rekindle(&["undo"]).await.code, 2, "nothing was done");
}

/// G4: a new plugin loads as it is, without the library of its types.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_plugin_loads() {
    let world = World::new();
    world.start_engine().await;
    for arguments in
        [&["plugin", "new", "my-own", "--json"][..], &["plugin", "new", "everywhere", "--global", "--json"]]
    {
        let ran = world.rekindle(arguments).await;
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(Path::new(ran.json()["path"].as_str().expect("a path")).is_file());
    }
    let ran = world.rekindle(&["reload", "--json"]).await;
    assert_eq!((ran.code, &ran.json()["result"]), (0, &json!("proved")), "{ran:?}");
    assert_eq!(world.rekindle(&["undo"]).await.code, 0);
    assert_eq!(world.rekindle(&["undo"]).await.code, 0);
    assert!(!world.path(".opencode/plugins/my-own.ts").exists());
}
