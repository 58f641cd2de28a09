//! The flows through the command line.

use rekindle_tests::{
    model::Model,
    raw::installed,
    shelf::Shelf,
    wait,
    world::{World, is_alive, kill, plugin, skill, write},
};
use serde_json::json;

/// P3, P4, P6, P7, N3: a plugin written by hand is pending, named, reloaded by one dispose, proved.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_written_by_hand_becomes_live() {
    let world = World::new();
    let engine = world.start_engine().await;
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    world.write(".opencode/plugins/hello.ts", &plugin("hello_tool"));

    let status = world.rekindle(&["status", "--json"]).await;
    assert_eq!(status.code, 1);
    let status = status.json();
    assert_eq!(status["reloadRequired"], true);
    assert_eq!(status["action"], "dispose");
    assert_eq!(status["reasons"], json!(["plugin-config-changed"]));
    assert!(status["detectedAt"].is_string());
    let change = &status["changes"][0];
    let found = [&change["kind"], &change["name"], &change["change"], &change["scope"]];
    assert_eq!(found, ["plugin", "hello.ts", "added", "project"]);
    assert!(!engine.has_tool("hello_tool").await);

    let disposes = engine.count_disposes().await;
    let receipt = world.rekindle(&["reload", "--json"]).await;
    assert_eq!(receipt.code, 0, "{receipt:?}");
    let receipt = receipt.json();
    assert_eq!(receipt["result"], "proved");
    assert_eq!(receipt["items"][0]["state"], "active");
    assert_eq!(receipt["stillPending"], json!([]));
    assert_eq!(
        receipt["counts"]["tools"],
        engine.get("/experimental/tool/ids").await.as_array().expect("a list").len()
    );
    assert!(engine.has_tool("hello_tool").await);
    assert_eq!(disposes.so_far(), 1, "exactly one dispose");
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    assert_eq!(world.rekindle(&["history", "--json"]).await.json()[0]["result"], "proved");
    assert_eq!(world.rekindle(&["reload", "--json"]).await.json()["steps"].as_array().map(Vec::len), Some(1));
    assert_eq!(disposes.so_far(), 1, "nothing pending, nothing done");
}

/// P10: what the engine reads once in its life needs a restart, and gets one.
#[tokio::test(flavor = "multi_thread")]
async fn a_global_change_restarts_the_engine() {
    let world = World::new();
    let before = world.start_engine().await;
    write(&world.home(".config/opencode/opencode.json"), r#"{"username": "someone else"}"#);
    let status = world.rekindle(&["status", "--json"]).await.json();
    assert_eq!(status["action"], "restart");
    assert_eq!(status["changes"][0]["scope"], "global");
    let receipt = world.rekindle(&["reload", "--json"]).await;
    assert_eq!((receipt.code, &receipt.json()["action"]), (0, &json!("restart")));
    let after = world.engine();
    assert_eq!(after.get("/config").await["username"], "someone else");
    assert_ne!(after.pid, before.pid);
    assert_eq!(after.url, before.url, "who is connected finds it again");
    assert!(!is_alive(before.pid));
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
}

/// What is listed is what is removed: edits find files as the engine does, whatever the shell's own environment says.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_listed_is_what_is_edited() {
    let world = World::new();
    let folder = world.home("elsewhere");
    installed(&folder);
    write(&folder.join("skills/far/SKILL.md"), &skill("far", "Away."));
    let named = folder.display().to_string();
    let started = world.rekindle_with(&["engine", "start"], &[("OPENCODE_CONFIG_DIR", &named)]).await;
    assert_eq!(started.code, 0, "{started:?}");
    let is_listed = async || {
        let rows = world.rekindle(&["skill", "list", "--json"]).await.json();
        rows.as_array().expect("a list").iter().any(|row| row["name"] == "far")
    };
    assert!(is_listed().await);
    let removed = world.rekindle(&["skill", "remove", "far", "--global"]).await;
    assert_eq!((removed.code, folder.join("skills/far/SKILL.md").exists()), (0, false), "{removed:?}");
    let undone = world.rekindle(&["undo"]).await;
    assert_eq!((undone.code, folder.join("skills/far/SKILL.md").exists()), (0, true), "{undone:?}");
    assert!(is_listed().await);
}

/// P10: changed code of a loaded plugin is pending, and a restart loads it.
#[tokio::test(flavor = "multi_thread")]
async fn changed_code_restarts_the_engine() {
    let world = World::new();
    world.write(".opencode/plugins/tool.ts", &plugin("first"));
    world.start_engine().await;
    world.write(".opencode/plugins/tool.ts", &plugin("second"));
    let status = world.rekindle(&["status", "--json"]).await.json();
    assert_eq!((&status["action"], &status["reasons"]), (&json!("restart"), &json!(["plugin-code-changed"])));
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert!(world.engine().has_tool("second").await);
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
}

/// B1, N4: a file that would not load is refused with its place; the engine is not touched.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_is_refused() {
    let cases = [
        ("opencode.json", "{\n  \"model\": \"a/b\"\n  \"share\": \"manual\"\n}", Some((3, 3))),
        ("opencode.json", "{\"model\": 5}", Some((1, 11))),
        ("opencode.jsonc", "[]", Some((1, 1))),
        (".opencode/opencode.json", "{\"instructions\": \"no list\"}", Some((1, 18))),
        (".opencode/agent/helper.md", "---\ndescription: x\nmode: nonsense\n---\nHelp", Some((3, 1))),
    ];
    let world = World::new();
    let engine = world.start_engine().await;
    let disposes = engine.count_disposes().await;
    for (file, text, place) in cases {
        world.write(file, text);
        let ran = world.rekindle(&["reload", "--json"]).await;
        assert_eq!(ran.code, 3, "{file}: {ran:?}");
        let error = &ran.json()["error"];
        assert_eq!(error["path"], json!(world.path(file)), "{error}");
        let found = error["line"].as_u64().zip(error["column"].as_u64());
        assert_eq!(found, place, "{error}");
        let told = world.rekindle(&["reload"]).await;
        assert_eq!((told.code, told.err.lines().count()), (3, 1), "{told:?}");
        assert_eq!(world.rekindle(&["status"]).await.code, 1);
        assert_eq!(engine.ask(reqwest::Method::GET, "/config", None).await.0, 200, "{file}");
        std::fs::remove_file(world.path(file)).expect("removed");
    }
    assert_eq!(disposes.so_far(), 0);
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
}

/// P2, P5: skills come, are proved, go, and come back.
#[tokio::test(flavor = "multi_thread")]
async fn skills_come_and_go() {
    let world = World::new();
    let engine = world.start_engine().await;
    write(&world.outside("source/SKILL.md"), &skill("git release", "First body."));
    let source = world.outside("source").display().to_string();
    assert_eq!(world.rekindle(&["skill", "install", &source]).await.code, 0);
    assert_eq!(world.rekindle(&["status", "--json"]).await.json()["reasons"], json!(["skills-changed"]));
    assert_eq!(world.rekindle(&["undo"]).await.code, 0);
    assert_eq!(world.rekindle(&["status"]).await.code, 0, "undone is as if it had not been");
    assert_eq!(world.rekindle(&["skill", "install", &source]).await.code, 0);
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert!(engine.has_skill("git release", "First body.").await);

    world.write(".opencode/skills/git release/SKILL.md", &skill("git release", "Second body."));
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert!(engine.has_skill("git release", "Second body.").await);

    assert_eq!(world.rekindle(&["skill", "remove", "git release"]).await.code, 0);
    let receipt = world.rekindle(&["reload", "--json"]).await.json();
    assert_eq!(receipt["items"][0]["state"], "removed");
    assert!(!engine.has_skill("git release", "").await);

    write(&world.home(".config/opencode/skills/everywhere/SKILL.md"), &skill("everywhere", "Global."));
    let status = world.rekindle(&["status", "--json"]).await.json();
    assert_eq!((&status["changes"][0]["scope"], &status["action"]), (&json!("global"), &json!("dispose")));
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert!(engine.has_skill("everywhere", "Global.").await);
}

/// S1, B10: a repository is pasted as another tool's command; one skill of it is chosen, made live, and taken back.
#[tokio::test(flavor = "multi_thread")]
async fn a_repository_is_a_source() {
    let world = World::new();
    let remote = world.outside("remote");
    for name in ["one", "two"] {
        write(&remote.join("skills").join(name).join("SKILL.md"), &skill(name, "From a repository."));
    }
    let git = |arguments: &[&str]| {
        let who = ["-c", "user.name=t", "-c", "user.email=t@localhost"];
        let mut git = std::process::Command::new("git");
        let output = git.args(who).args(arguments).current_dir(&remote).output().expect("git");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    git(&["init", "--quiet", "."]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message=skills"]);
    let source = format!("npx skills add 'git+file://{}' --agent cursor", remote.display());

    let engine = world.start_engine().await;
    let several = world.rekindle(&["skill", "install", &source]).await;
    assert_eq!(several.code, 2);
    assert!(several.err.contains("one, two") && several.err.contains("--skill NAME"), "{several:?}");
    let unknown = world.rekindle(&["skill", "install", "what is this"]).await;
    assert!(unknown.code == 2 && unknown.err.contains("owner/repository"), "{unknown:?}");

    // Looked at first: nothing lands, and what nobody would see is shown.
    let hidden = skill("three", "Body.") + "<!-- tell nobody -->";
    write(&remote.join("skills/three/SKILL.md"), &hidden);
    write(&remote.join("skills/three/run.sh"), "#!/bin/sh");
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message=more"]);
    let commit = git(&["rev-parse", "HEAD"]);
    let looked = world.rekindle(&["skill", "install", &source, "--skill", "three", "--dry-run", "--json"]).await.json();
    assert_eq!(looked["source"]["resolved"], json!(commit));
    let three = &looked["skills"][0];
    let found: Vec<_> = three["findings"].as_array().expect("a list").iter().map(|one| one["code"].clone()).collect();
    assert_eq!((&three["name"], found), (&json!("three"), vec![json!("hidden-comment")]));
    assert_eq!(three["files"][1], json!({"path": "run.sh", "bytes": 9, "executable": true}));
    assert!(three["tokens"]["listed"].as_u64() > Some(0) && three["replaces"].is_null());
    let told = world.rekindle(&["skill", "install", &source, "--skill", "three", "--dry-run"]).await;
    assert!(
        told.out.contains("tell nobody") && told.out.contains("run.sh") && told.out.contains("--dry-run"),
        "{told:?}"
    );
    assert!(!world.path(".opencode/skills").exists(), "nothing landed");

    let installed = world.rekindle(&["skill", "install", &source, "--skill", "two", "--json"]).await;
    assert_eq!(installed.code, 0, "{installed:?}");
    assert!(installed.err.contains("--agent cursor"), "{installed:?}");
    let installed = installed.json();
    let place = world.path(".opencode/skills/two");
    assert_eq!((&installed["resolved"], &installed["places"]), (&json!(commit), &json!([place])));
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert!(engine.has_skill("two", "From a repository.").await && !engine.has_skill("one", "").await);

    assert_eq!(world.rekindle(&["undo"]).await.code, 0);
    let all = world.rekindle(&["skill", "install", &source, "--all"]).await;
    assert!(all.code == 0 && all.out.contains("3 skills"), "{all:?}");
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert!(engine.has_skill("one", "From a repository.").await);
    assert_eq!(world.rekindle(&["undo"]).await.code, 0);
    assert!(!world.path(".opencode/skills").exists() || !place.exists());
}

/// S1: a package comes through the `npm` of the machine, and its own configuration; a download is told by its content.
#[tokio::test(flavor = "multi_thread")]
async fn a_package_and_a_download_are_sources() {
    let world = World::new();
    let package = world.outside("package");
    write(
        &package.join("package.json"),
        r#"{"name": "@acme/skills", "version": "1.2.3", "scripts": {"prepare": "touch ran"}}"#,
    );
    write(&package.join("skills/from-npm/SKILL.md"), &skill("from-npm", "From a package."));
    let packed = world.outside("packed.tgz");
    let tar = std::process::Command::new("tar")
        .arg("-czf")
        .arg(&packed)
        .args(["-C", &world.outside("").display().to_string(), "package"])
        .status();
    assert!(tar.expect("tar").success());
    let packed = std::fs::read(&packed).expect("read");
    let site = Shelf::start(|here| {
        let version =
            json!({"name": "@acme/skills", "version": "1.2.3", "dist": {"tarball": format!("{here}/packed.tgz")}});
        let about = json!({"name": "@acme/skills", "dist-tags": {"latest": "1.2.3"}, "versions": {"1.2.3": version}});
        [
            ("/@acme%2fskills".to_owned(), about.to_string().into_bytes()),
            ("/packed.tgz".to_owned(), packed.clone()),
            ("/page".to_owned(), b"<!doctype html>".to_vec()),
        ]
        .into()
    })
    .await;
    write(&world.home(".npmrc"), &format!("@acme:registry={}/\n", site.url()));

    let installed = world.rekindle(&["skill", "install", "npm:@acme/skills@^1", "--json"]).await;
    assert_eq!(installed.code, 0, "{installed:?}");
    assert_eq!(installed.json()["resolved"], "@acme/skills@1.2.3");
    let place = world.path(".opencode/skills/from-npm/SKILL.md");
    assert!(place.exists());
    let none = world.rekindle(&["skill", "install", "npm:@acme/skills@^2"]).await;
    assert!(none.code == 2 && none.err.contains("npm:@acme/skills@^2"), "{none:?}");

    assert_eq!(world.rekindle(&["undo"]).await.code, 0);
    let installed = world.rekindle(&["skill", "install", &format!("{}/packed.tgz", site.url()), "--json"]).await;
    assert_eq!(installed.code, 0, "{installed:?}");
    let digest = installed.json()["digest"].as_str().map(str::to_owned);
    assert!(digest.is_some_and(|digest| digest.starts_with("sha256:")) && place.exists());
    for (path, words) in [("/page", "archive"), ("/none.zip", "404")] {
        let refused = world.rekindle(&["skill", "install", &format!("{}{path}", site.url())]).await;
        assert!(refused.code == 2 && refused.err.contains(words), "{refused:?}");
    }
}

/// P1, B9: a plugin is declared and removed in the text, and everything else in it stays.
#[tokio::test(flavor = "multi_thread")]
async fn plugins_are_declared_in_the_text() {
    let world = World::new();
    let text = "{\r\n  // which model\r\n  \"model\": \"a/b\",\r\n  \"plugin\": [\r\n  ],\r\n}\r\n";
    world.write("opencode.jsonc", text);
    world.write("my plugin.ts", &plugin("mine"));
    let engine = world.start_engine().await;
    let before = world.read("opencode.jsonc");
    assert_eq!(world.rekindle(&["plugin", "add", "./my plugin.ts"]).await.code, 0);
    let expected = before.replace("[\r\n  ]", "[\r\n    \"./my plugin.ts\"\r\n  ]");
    assert_eq!(world.read("opencode.jsonc"), expected);
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert!(engine.has_tool("mine").await);
    assert_eq!(world.rekindle(&["plugin", "remove", "my plugin.ts"]).await.code, 0);
    // An empty list would hide those of other files.
    assert_eq!(world.read("opencode.jsonc"), before.replace("  \"plugin\": [\r\n  ],\r\n", ""));
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert!(!engine.has_tool("mine").await);
    let list = world.rekindle(&["list", "plugin", "--json"]).await.json();
    assert_eq!(list, json!([]));
}

/// B9: to add a plugin and to remove it leaves the plugins of other files as they were, and no file that was not there.
#[tokio::test(flavor = "multi_thread")]
async fn a_removal_turns_nothing_else_off() {
    let world = World::new();
    write(&world.home("everywhere.ts"), &plugin("everywhere"));
    let url = format!("file://{}", world.home("everywhere.ts").display());
    write(&world.home(".config/opencode/opencode.json"), &json!({ "plugin": [url] }).to_string());
    world.write("mine.ts", &plugin("mine"));
    let engine = world.start_engine().await;
    assert!(engine.has_tool("everywhere").await);
    assert_eq!(world.rekindle(&["plugin", "add", "./mine.ts"]).await.code, 0);
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert!(engine.has_tool("mine").await && engine.has_tool("everywhere").await);
    assert_eq!(world.rekindle(&["plugin", "remove", "mine.ts"]).await.code, 0);
    assert!(!world.path("opencode.json").exists(), "it was made for the plugin");
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert!(!engine.has_tool("mine").await && engine.has_tool("everywhere").await);
    assert_eq!(world.rekindle(&["undo"]).await.code, 0);
    assert_eq!(world.rekindle(&["undo"]).await.code, 0);
    assert!(!world.path("opencode.json").exists(), "as before");
}

/// P5: a rewrite that means the same is no change; a change taken back is none.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_means_something_is_pending() {
    let world = World::new();
    world.write("opencode.json", r#"{"model": "a/b", "share": "manual"}"#);
    world.start_engine().await;
    let check = async |text: &str, code| {
        world.write("opencode.json", text);
        let ran = world.rekindle(&["status", "--json"]).await;
        assert_eq!(ran.code, code, "{text}: {ran:?}");
    };
    check("{\n  // order and comments\n  \"share\": \"manual\",\n  \"model\": \"a/b\",\n}\n", 0).await;
    check("\u{feff}{\"model\": \"a/b\", \"share\": \"manual\"}", 0).await;
    check(r#"{"model": "a/c", "share": "manual"}"#, 1).await;
    check(r#"{"model": "a/b", "share": "manual"}"#, 0).await;
}

/// P8, P9: a busy session blocks a reload; it waits, or interrupts with consent.
#[tokio::test(flavor = "multi_thread")]
async fn a_busy_session_is_not_interrupted() {
    let world = World::new();
    let model = Model::start().await;
    world.write("opencode.json", &model.configuration().to_string());
    let engine = world.start_engine().await;
    engine.start_run("Fix flaky login test").await;
    world.write(".opencode/plugins/hello.ts", &plugin("hello_tool"));
    let disposes = engine.count_disposes().await;

    let refused = world.rekindle(&["reload", "--json"]).await;
    assert_eq!(refused.code, 3, "{refused:?}");
    let error = refused.json()["error"].clone();
    assert_eq!(error["code"], "busy");
    assert!(error["message"].as_str().unwrap_or_default().contains("Fix flaky login test"), "{error}");
    assert_eq!(world.rekindle(&["status", "--json"]).await.json()["busy"][0]["state"], "busy");
    let late = world.rekindle(&["reload", "--when-idle", "--timeout", "1", "--json"]).await;
    assert_eq!((late.code, &late.json()["error"]["code"]), (3, &json!("busy")));
    assert_eq!(disposes.so_far(), 0);

    let waiting = world.rekindle(&["reload", "--when-idle", "--json"]);
    let (done, ()) = tokio::join!(waiting, async {
        engine.get("/session/status").await;
        model.finish();
    });
    assert_eq!(done.code, 0, "{done:?}");
    assert!(engine.has_tool("hello_tool").await);
}

/// P9: with consent, the reload does not wait.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_interrupted_with_consent_only() {
    let world = World::new();
    let model = Model::start().await;
    world.write("opencode.json", &model.configuration().to_string());
    let engine = world.start_engine().await;
    engine.start_run("Long work").await;
    world.write(".opencode/plugins/hello.ts", &plugin("hello_tool"));
    assert_eq!(world.rekindle(&["reload"]).await.code, 3);
    assert_eq!(world.rekindle(&["reload", "--force"]).await.code, 0);
    assert!(engine.has_tool("hello_tool").await);
}

/// P8, P9: a restart is a reload like every other: it is checked, asks whom it interrupts, is proved and kept; also when
/// nothing is pending.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_is_a_reload() {
    let world = World::new();
    let model = Model::start().await;
    world.write("opencode.json", &model.configuration().to_string());
    let engine = world.start_engine().await;
    let restart = async |more: &[&str]| world.rekindle(&[&["reload", "--restart", "--json"][..], more].concat()).await;

    world.write(".opencode/opencode.json", "{");
    assert_eq!(restart(&[]).await.code, 3, "a file would not load");
    std::fs::remove_file(world.path(".opencode/opencode.json")).expect("removed");
    engine.start_run("Long work").await;
    let busy = restart(&[]).await;
    assert_eq!((busy.code, &busy.json()["error"]["code"]), (3, &json!("busy")), "{busy:?}");
    assert_eq!(world.engine().pid, engine.pid, "nothing was touched");

    let done = restart(&["--force"]).await;
    let receipt = done.json();
    assert_eq!(
        (done.code, &receipt["action"], &receipt["result"]),
        (0, &json!("restart"), &json!("proved")),
        "{done:?}"
    );
    assert_ne!(world.engine().pid, engine.pid);
    let history = world.rekindle(&["history", "--json"]).await.json();
    assert_eq!((&history[0]["id"], history.as_array().map(Vec::len)), (&receipt["id"], Some(1)), "{history}");

    let plan = world.rekindle(&["plan", "--json"]).await.json();
    let fingerprint = plan["fingerprint"].as_str().expect("a fingerprint");
    assert_eq!(restart(&["--plan", fingerprint]).await.code, 0, "whoever saw the plan agreed to its changes");
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
}

/// P7, N3: what the engine could not load is named, with its own message.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_fails_is_not_proved() {
    let world = World::new();
    world.start_engine().await;
    world.write(".opencode/plugins/broken.ts", "throw new Error(\"boom at load\")\n");
    let receipt = world.rekindle(&["reload", "--json"]).await;
    assert_eq!(receipt.code, 1, "{receipt:?}");
    let item = receipt.json()["items"][0].clone();
    assert_eq!(item["state"], "failed");
    assert!(item["detail"].as_str().unwrap_or_default().contains("boom at load"), "{item}");
    let rows = world.rekindle(&["list", "plugin", "--json"]).await.json();
    assert_eq!(rows[0]["state"], "failed");
    // Mended, it needs a restart: the engine keeps the failure.
    world.write(".opencode/plugins/broken.ts", &plugin("mended"));
    assert_eq!(world.rekindle(&["status", "--json"]).await.json()["action"], "restart");
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert!(world.engine().has_tool("mended").await);
}

/// B4: a plan that no longer fits is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_stale_plan_is_refused() {
    let world = World::new();
    let engine = world.start_engine().await;
    world.write(".opencode/plugins/one.ts", &plugin("one"));
    let plan = world.rekindle(&["plan", "--json"]).await;
    assert_eq!(plan.code, 1);
    let fingerprint = plan.json()["fingerprint"].as_str().expect("a fingerprint").to_owned();
    world.write(".opencode/plugins/two.ts", &plugin("two"));
    let ran = world.rekindle(&["reload", "--plan", &fingerprint, "--json"]).await;
    assert_eq!((ran.code, &ran.json()["error"]["code"]), (3, &json!("stale-plan")));
    std::fs::remove_file(world.path(".opencode/plugins/two.ts")).expect("removed");
    assert_eq!(world.rekindle(&["reload", "--plan", &fingerprint]).await.code, 0);
    assert!(engine.has_tool("one").await);
}

/// P11: someone else's engine is looked at, and touched only when that is said.
#[tokio::test(flavor = "multi_thread")]
async fn client_mode_does_not_touch() {
    let world = World::new();
    let engine = world.start_engine().await;
    let disposes = engine.count_disposes().await;
    let client = async |arguments: &[&str]| {
        let arguments: Vec<_> =
            ["--engine", &engine.url, "--json"].into_iter().chain(arguments.iter().copied()).collect();
        world.rekindle_with(&arguments, &[("REKINDLE_ENGINE_PASSWORD", engine.password())]).await
    };
    world.write(".opencode/plugins/hello.ts", &plugin("hello_tool"));
    let status = client(&["status"]).await;
    assert_eq!((status.code, &status.json()["engine"]["mode"]), (1, &json!("client")));
    let refused = client(&["reload"]).await;
    assert_eq!((refused.code, &refused.json()["error"]["code"]), (3, &json!("client-mode")));
    assert_eq!(disposes.so_far(), 0);
    let unauthorized = world.rekindle(&["--engine", &engine.url, "--json", "status"]).await;
    assert_eq!((unauthorized.code, &unauthorized.json()["engine"]["state"]), (2, &json!("unauthorized")));
    assert_eq!(client(&["reload", "--yes"]).await.code, 0);
    assert!(engine.has_tool("hello_tool").await);
}

/// One engine a directory; and none is left when its owner is killed.
#[tokio::test(flavor = "multi_thread")]
async fn there_is_never_a_second_engine_nor_an_orphan() {
    let world = World::new();
    let first = world.start_engine().await;
    let again = world.rekindle(&["engine", "start", "--json"]).await.json();
    assert_eq!(again["pid"], first.pid);
    kill(world.owner());
    wait::until("the engine's end", async || (!is_alive(first.pid)).then_some(())).await;
    let stopped = world.rekindle(&["status", "--json"]).await;
    assert_eq!((stopped.code, &stopped.json()["engine"]["state"]), (0, &json!("stopped")));
    let second = world.start_engine().await;
    assert!(is_alive(second.pid));
    assert_eq!(world.rekindle(&["engine", "stop"]).await.code, 0);
    wait::until("the engine's end", async || (!is_alive(second.pid)).then_some(())).await;
    assert_eq!(world.rekindle(&["engine", "info"]).await.code, 2);
}

/// Errors say what happened and what to do, in one line or as an object, with exit code 2.
#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_told_and_harms_nothing() {
    let world = World::new();
    world.write("broken/opencode.json", "{\"plugin\": [");
    world.write("no skill/readme.md", "nothing");
    world.write("odd skill/SKILL.md", "---\nname: ../escape\n---\n");
    std::fs::create_dir_all(world.path("broken/.git")).expect("made");
    let broken = world.path("broken").display().to_string();
    let cases: &[(&[&str], &str)] = &[
        (&["plugin", "add", "two words"], "bad-spec"),
        (&["plugin", "add", "./none.ts"], "bad-spec"),
        (&["plugin", "remove", "none"], "not-found"),
        (&["--directory", &broken, "plugin", "add", "x"], "not-json"),
        (&["skill", "install", "no skill"], "not-installed"),
        (&["skill", "install", "odd skill"], "not-installed"),
        (&["skill", "install", "odd skill", "--name", "a/b"], "not-installed"),
        (&["skill", "remove", "../.."], "not-found"),
        (&["skill", "check", "no skill"], "not-installed"),
        (&["--directory", "none", "status"], "no-directory"),
        (&["--engine", "nonsense", "status"], "bad-url"),
        (&["reload"], "no-engine-running"),
        (&["engine", "info"], "no-engine-running"),
        (&["undo"], "nothing-to-undo"),
    ];
    for (arguments, code) in cases {
        let ran = world.rekindle(&[&["--json"], *arguments].concat()).await;
        assert_eq!((ran.code, &ran.json()["error"]["code"]), (2, &json!(code)), "{arguments:?} {ran:?}");
        let told = world.rekindle(arguments).await;
        assert_eq!((told.code, told.err.lines().count(), told.out.as_str()), (2, 1, ""), "{told:?}");
    }
    assert_eq!(world.read("broken/opencode.json"), "{\"plugin\": [");
    assert!(!world.path(".opencode/skills").exists());
    assert_eq!(world.rekindle(&["nonsense"]).await.code, 2);
    let doctor = world.rekindle(&["doctor", "--json"]).await.json();
    assert!(doctor.as_array().is_some_and(|findings| findings.iter().all(|f| f["level"] == "ok" || f["hint"] != "")));
}

/// N2: a text that the engine can read only once in its life is not lost by a reload.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_loses_no_skill() {
    let world = World::new();
    world.write(".opencode/skills/odd/SKILL.md", "---\nname: odd\ndescription: Use when: always\n---\nbody\n");
    let engine = world.start_engine().await;
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    assert!(engine.has_skill("odd", "body").await);
    world.write(".opencode/skills/other/SKILL.md", &skill("other", "body"));
    let status = world.rekindle(&["status", "--json"]).await.json();
    assert_eq!((&status["changes"][0]["action"], &status["action"]), (&json!("dispose"), &json!("restart")));
    let notices = status["notices"].as_array().expect("notices").iter().filter_map(|notice| notice.as_str());
    assert!(notices.clone().any(|notice| notice.contains("odd") && notice.contains("once")), "{status}");
    let reloaded = world.rekindle(&["reload", "--json"]).await;
    assert_eq!(reloaded.code, 0, "{reloaded:?}");
    assert!(world.engine().has_skill("odd", "body").await, "it would be gone after a dispose");
    assert!(world.engine().has_skill("other", "body").await);

    // Somebody else disposes: the engine has lost it, and only a restart brings it back.
    let (status, _) = world.engine().ask(reqwest::Method::POST, "/instance/dispose", None).await;
    assert_eq!(status, 200);
    assert!(!world.engine().has_skill("odd", "body").await);
    let status = world.rekindle(&["status", "--json"]).await.json();
    let change = &status["changes"][0];
    assert_eq!((&change["name"], &change["action"]), (&json!("odd"), &json!("restart")), "{status}");
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert!(world.engine().has_skill("odd", "body").await);
}

/// P14, C1: a plugin whose file was missing is loaded by a dispose as soon as it is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_plugin_that_appears_is_pending() {
    let world = World::new();
    world.write("opencode.json", r#"{"plugin": ["./later.ts"]}"#);
    world.start_engine().await;
    world.rekindle(&["status"]).await;
    world.write("later.ts", &plugin("late_tool"));
    let status = world.rekindle(&["status", "--json"]).await.json();
    assert_eq!(status["changes"][0]["name"], "later.ts", "{status}");
    assert_eq!(status["action"], "dispose");
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert!(world.engine().has_tool("late_tool").await);
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
}

/// N7: one status a change, as lines of JSON, until nobody reads them.
#[tokio::test(flavor = "multi_thread")]
async fn changes_are_watched() {
    use tokio::io::{AsyncBufReadExt, BufReader};
    let world = World::new();
    world.start_engine().await;
    let mut command = tokio::process::Command::new(World::program("rekindle"));
    command.arg("watch").current_dir(world.project()).envs(world.environment()).kill_on_drop(true);
    let mut watching = command.stdout(std::process::Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(watching.stdout.take().expect("its output")).lines();
    let mut until = async |what: &str, fits: &dyn Fn(&serde_json::Value) -> bool| {
        let found = async {
            while let Some(line) = lines.next_line().await.expect("a line") {
                let status: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
                if fits(&status) {
                    return;
                }
            }
            panic!("it ended before {what}");
        };
        tokio::time::timeout(wait::BOUND, found).await.unwrap_or_else(|_| panic!("no line with {what}"));
    };
    until("nothing pending", &|status| status["reloadRequired"] == false).await;
    world.write("opencode.json", r#"{"model": "a/b"}"#);
    until("the change", &|status| status["changes"][0]["id"] == "config:project:model").await;
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    until("the reload", &|status| status["changes"] == json!([])).await;
}

/// N1: a file among the tools that holds none is read, and not pending for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_a_tool_is_loaded() {
    let world = World::new();
    world.write(".opencode/tools/util.ts", "export const helper = 1\n");
    world.start_engine().await;
    assert_eq!(world.rekindle(&["status", "--json"]).await.json()["changes"], json!([]));
    world.write(".opencode/tools/util.ts", "export const helper = 2\n");
    assert_eq!(world.rekindle(&["status", "--json"]).await.json()["action"], "restart");
    world.write(".opencode/tools/bad.ts", "export default {\n");
    let reloaded = world.rekindle(&["reload", "--json"]).await;
    assert_eq!(reloaded.code, 1, "{reloaded:?}");
    let items = reloaded.json()["items"].clone();
    let bad = items.as_array().expect("a list").iter().find(|item| item["name"] == "bad").expect("the tool");
    assert_eq!(bad["state"], "failed", "the engine answers for no tool any more: {items}");
}

/// H3: what stands behind a variable is never shown, whatever changes around it.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_variable_holds_is_never_shown() {
    let world = World::new();
    world.write("secret.txt", "FILESECRET");
    let config = |url: &str, prompt: &str| json!({"mcp": {"m": {"type": "remote", "enabled": false, "url": url}}, "agent": {"a": {"prompt": prompt}}});
    world.write("opencode.json", &config("https://h/{file:secret.txt}", "{file:secret.txt}").to_string());
    world.start_engine().await;
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    for (url, prompt) in
        [("https://h/x?api_key=PLAINSECRET", "now plain"), ("https://h/{file:secret.txt}/x", "{file:secret.txt}!")]
    {
        world.write("opencode.json", &config(url, prompt).to_string());
        for command in
            [["status"].as_slice(), &["plan"], &["status", "--json"], &["plan", "--json"], &["list", "--json"]]
        {
            let ran = world.rekindle(command).await;
            assert!(!ran.out.contains("SECRET"), "{command:?} {}", ran.out);
        }
    }
}
