//! What Rekindle does to people's files: nothing is lost, and all of it can be taken back.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink},
    path::{Path, PathBuf},
    process::Stdio,
};

use rekindle_tests::{
    users::is_root_or_passed_as_root,
    world::{World, skill, write},
};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};

/// Everything below a folder but the engine's own: a file's mode and text, a link's target.
fn tree(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(folder).expect("listed") {
            let path = entry.expect("an entry").path();
            let metadata = path.symlink_metadata().expect("there");
            let mode = metadata.mode();
            let what = if metadata.is_symlink() {
                format!("-> {}", path.read_link().expect("a link").display())
            } else if metadata.is_file() {
                format!("{mode:o} {}", String::from_utf8_lossy(&fs::read(&path).expect("read")))
            } else {
                format!("{mode:o}")
            };
            if metadata.is_dir() && !path.ends_with("node_modules") {
                left.push(path.clone());
            }
            found.insert(path, what);
        }
    }
    found
}

fn owner(path: &Path) -> (u32, u32) {
    path.symlink_metadata().map(|metadata| (metadata.uid(), metadata.gid())).expect("there")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("there").permissions().mode() & 0o7777
}

/// N16: however a project's file names it, a folder that is more than a skill stays; what made it one goes to the
/// trash and comes back.
#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_not_removed_as_a_skill() {
    let cases = [
        (".", "SKILL.md"),
        ("./", "SKILL.md"),
        ("{project}", "SKILL.md"),
        ("..", "../SKILL.md"),
        ("..", "SKILL.md"),
        (".", "src/SKILL.md"),
        ("../elsewhere", "../elsewhere/SKILL.md"),
        ("{elsewhere}", "../elsewhere/deep/SKILL.md"),
        ("~/code", "../elsewhere/deep/SKILL.md"),
    ];
    for (named, file) in cases {
        let world = World::new();
        let elsewhere = world.home("code/elsewhere");
        world.write("src/main.rs", "fn main() {}");
        world.write(file, &skill("mine", "Body."));
        write(&elsewhere.join("deep/thesis.txt"), "years of work");
        let named = named.replace("{project}", &world.project().display().to_string());
        let named = named.replace("{elsewhere}", &elsewhere.display().to_string());
        world.write("opencode.json", &json!({"skills": {"paths": [named]}}).to_string());
        let before = tree(&world.home("code"));
        let path = fs::canonicalize(world.path(file)).expect("there");
        let ran = world.rekindle(&["skill", "remove", "mine", "--json"]).await;
        assert_eq!(ran.code, 0, "{named} {file}: {ran:?}");
        assert_eq!(ran.json()["path"], json!(path), "{named} {file}");
        let mut without = before.clone();
        without.remove(&path);
        assert_eq!(tree(&world.home("code")), without, "{named} {file}");
        assert_eq!(world.rekindle(&["undo"]).await.code, 0);
        assert_eq!(tree(&world.home("code")), before, "{named} {file}");
    }
}

/// N16: when the directory is gone, its engine can be stopped, what is wrong is told, and what was done is taken
/// back; a folder that never was one is an error as ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_gone_can_be_left() {
    let world = World::new();
    world.write(".opencode/skills/mine/SKILL.md", &skill("mine", "Body."));
    world.start_engine().await;
    assert_eq!(world.rekindle(&["skill", "remove", "mine"]).await.code, 0);
    fs::remove_dir_all(world.project()).expect("removed");
    let home = world.home("");
    let doctor = world.rekindle_from(&home, &["doctor", "--json"]).await;
    let findings = doctor.json();
    let told = findings.as_array().expect("a list").iter().find(|finding| finding["title"] == "Directory");
    assert!(told.is_some_and(|finding| finding["level"] == "error"), "{doctor:?}");
    let info = world.rekindle_from(&home, &["engine", "info", "--json"]).await;
    assert_eq!(info.json()["state"], "running", "{info:?}");
    let stopped = world.rekindle_from(&home, &["engine", "stop", "--json"]).await;
    assert_eq!(stopped.json()["state"], "stopped", "{stopped:?}");
    assert_eq!(world.rekindle_from(&home, &["undo"]).await.code, 0);
    assert!(world.path(".opencode/skills/mine/SKILL.md").exists());
    for arguments in [&["undo", "--json"][..], &["doctor", "--json"], &["engine", "stop", "--json"]] {
        let never = [&["--directory", "/never/was/there"], arguments].concat();
        let ran = world.rekindle(&never).await;
        assert_eq!((ran.code, &ran.json()["error"]["code"]), (2, &json!("no-directory")), "{ran:?}");
    }
    // The folder in which one stands is another one than the one that is named.
    let here = world.home("here");
    fs::create_dir(&here).expect("made");
    let program = World::program("rekindle");
    let script = format!("rmdir \"$PWD\"; exec {} --directory \"$1\" history --json", program.display());
    let ran = tokio::process::Command::new("sh")
        .args(["-c", &script, "sh"])
        .arg(world.project())
        .current_dir(&here)
        .envs(world.environment())
        .output()
        .await
        .expect("runs");
    assert!(ran.status.success(), "{ran:?}");
}

/// N16: with a full disk, or a state folder that cannot be written, nothing is changed, and that is said; when
/// there is room again everything works, and all of it can be taken back.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_down_is_not_done() {
    let world = World::new();
    write(&world.outside("source/SKILL.md"), &skill("new", "Body."));
    world.write("opencode.json", r#"{"plugin": ["./a.ts"]}"#);
    world.write("a.ts", "export {}");
    world.write("b.ts", "export {}");
    world.write(".opencode/plugins/p.ts", "export {}");
    world.write(".opencode/skills/mine/SKILL.md", &skill("mine", "Body."));
    let source = world.outside("source").display().to_string();
    let deeds: [&[&str]; 6] = [
        &["plugin", "add", "./b.ts"],
        &["plugin", "add", "--global", "npm-package"],
        &["plugin", "remove", "a.ts"],
        &["plugin", "remove", "p.ts"],
        &["skill", "install", &source],
        &["skill", "remove", "mine"],
    ];
    let (project, config) = (world.project().to_owned(), world.home(".config/opencode"));
    let before = || (tree(&project), tree(&config));
    let at_first = before();
    // Makes the state; what is done and taken back leaves nothing.
    assert_eq!(world.rekindle(deeds[0]).await.code, 0);
    assert_eq!(world.rekindle(&["undo"]).await.code, 0);
    let undo = world.state("undo").expect("the records");
    for (at, deed) in deeds.into_iter().enumerate() {
        let ran = world.rekindle_on_full_disk(&[deed, &["--json"]].concat()).await;
        // A copy of a skill has no room before its record has none.
        let code = if deed[1] == "install" { "not-installed" } else { "not-recorded" };
        assert_eq!((ran.code, &ran.json()["error"]["code"]), (2, &json!(code)), "{deed:?}: {ran:?}");
        assert_eq!(before(), at_first, "{deed:?} on a full disk");
        fs::set_permissions(&undo, fs::Permissions::from_mode(0o500)).expect("closed");
        let ran = world.rekindle_without_privileges(&[deed, &["--json"]].concat()).await;
        fs::set_permissions(&undo, fs::Permissions::from_mode(0o700)).expect("open");
        assert_eq!((ran.code, &ran.json()["error"]["code"]), (2, &json!("not-recorded")), "{deed:?}: {ran:?}");
        assert_eq!(before(), at_first, "{deed:?} with a closed folder");
        assert!(ran.json()["error"]["message"].as_str().is_some_and(|told| told.contains("nothing was changed")));
        if at == 0 {
            let ran = world.rekindle(&["undo", "--json"]).await;
            assert_eq!(ran.json()["error"]["code"], "nothing-to-undo", "{ran:?}");
        }
    }
    for deed in deeds {
        let ran = world.rekindle(deed).await;
        assert_eq!(ran.code, 0, "{deed:?}: {ran:?}");
    }
    let done = before();
    fs::set_permissions(&undo, fs::Permissions::from_mode(0o500)).expect("closed");
    let ran = world.rekindle_without_privileges(&["undo", "--json"]).await;
    fs::set_permissions(&undo, fs::Permissions::from_mode(0o700)).expect("open");
    assert_eq!((ran.code, before()), (2, done), "taking back is a change, too: {ran:?}");
    for deed in deeds {
        assert_eq!(world.rekindle(&["undo"]).await.code, 0, "{deed:?}");
    }
    assert_eq!(before(), at_first);
}

/// N16: with the state on another file system, a skill goes to the trash and comes back link for link; one that
/// holds a pipe is refused, and nobody waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn the_trash_may_be_on_another_file_system() {
    let world = World::new();
    let state = tempfile::tempdir_in("/dev/shm").expect("/dev/shm is there, and open to everyone");
    let device = |path: &Path| path.metadata().expect("there").dev();
    assert_ne!(device(state.path()), device(world.project()), "the temporary folder is not in /dev/shm");
    let state = [("XDG_STATE_HOME", state.path().to_str().expect("a path"))];
    for is_hidden in [false, true] {
        let folder = if is_hidden { ".claude/skills/mine" } else { ".opencode/skills/mine" };
        world.write(&format!("{folder}/SKILL.md"), &skill("mine", "Body."));
        world.write(&format!("{folder}/scripts/run.sh"), "#!/bin/sh");
        let folder = world.path(folder);
        fs::set_permissions(folder.join("scripts/run.sh"), fs::Permissions::from_mode(0o751)).expect("mode set");
        symlink("/no/such/place", folder.join("dangling")).expect("linked");
        symlink(".", folder.join("loop")).expect("linked");
        symlink(world.path("note.txt"), folder.join("absolute")).expect("linked");
        let (whole, time) = (tree(world.project()), |path: &str| {
            folder.join(path).symlink_metadata().and_then(|metadata| metadata.modified()).expect("a time")
        });
        let times = ["SKILL.md", "scripts", "dangling"].map(time);
        let ran = world.rekindle_with(&["skill", "remove", ".", "--json"], &state).await;
        assert_eq!(ran.json()["error"]["code"], "not-found", "{ran:?}");
        let ran = world.rekindle_with(&["skill", "remove", "mine", "--json"], &state).await;
        assert_eq!((ran.code, &ran.json()["path"]), (0, &json!(folder)), "{ran:?}");
        assert!(!folder.exists());
        assert_eq!(fs::read_dir(folder.parent().expect("a parent")).expect("listed").count(), 0, "nothing is left");
        assert_eq!(world.rekindle_with(&["undo"], &state).await.code, 0);
        assert_eq!(tree(world.project()), whole);
        assert_eq!(["SKILL.md", "scripts", "dangling"].map(time), times);

        assert!(std::process::Command::new("mkfifo").arg(folder.join("pipe")).status().expect("runs").success());
        let whole = tree(world.project());
        let ran = world.rekindle_with(&["skill", "remove", "mine", "--json"], &state).await;
        let error = &ran.json()["error"];
        assert_eq!((ran.code, &error["code"]), (2, &json!("cannot-move")), "{ran:?}");
        assert!(error["message"].as_str().is_some_and(|told| told.contains("pipe")), "{error}");
        assert!(error["hint"].as_str().is_some_and(|told| told.contains("move it elsewhere yourself")), "{error}");
        assert_eq!(tree(world.project()), whole);
        fs::remove_dir_all(folder).expect("removed");
    }
}

/// N16: settings that do not parse are told with their place wherever somebody looks, and stay as they are.
#[tokio::test(flavor = "multi_thread")]
async fn settings_that_do_not_parse_stay() {
    let world = World::new();
    let path = world.home(".config/rekindle/settings.json");
    for (text, place) in [
        ("{\n  \"theme\": \"dark\",\n}\n", ":3:1"),
        ("{\"habits\": {}, \"roll_back\": 1}", ":1:"),
        ("[\"dark\"]", ":1:1"),
        ("{\"theme\": \"dark\"", ":1:16"),
    ] {
        write(&path, text);
        let place = format!("{}{place}", path.display());
        let status = world.rekindle(&["status", "--json"]).await;
        assert_eq!(status.code, 0, "{status:?}");
        assert!(status.err.contains(&place), "{status:?}");
        assert!(status.json()["notices"].to_string().contains(&place), "{status:?}");
        assert!(!world.rekindle(&["status", "--quiet", "--json"]).await.err.contains(&place));
        let doctor = world.rekindle(&["doctor", "--json"]).await;
        assert!(doctor.out.contains(&place), "{doctor:?}");
        // What the window shows, and what remembers the folder as opened.
        let mut watching = tokio::process::Command::new(World::program("rekindle"))
            .arg("watch")
            .current_dir(world.project())
            .envs(world.environment())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("runs");
        let out = watching.stdout.take().expect("its output");
        let line = BufReader::new(out).lines().next_line().await.expect("read").expect("a status");
        assert!(line.contains(&place), "{line}");
        watching.kill().await.expect("ended");
        assert_eq!(fs::read_to_string(&path).expect("read"), text);
    }
}

/// N16: what is written has the mode that the umask leaves, and a skill nothing that lends its owner's rights;
/// run by root for somebody, what it writes is theirs, the state included.
#[tokio::test(flavor = "multi_thread")]
async fn modes_and_owners_are_kept() {
    if !is_root_or_passed_as_root("harm::deeds::modes_and_owners_are_kept") {
        return;
    }
    let world = World::new();
    let source = world.outside("source");
    write(&source.join("SKILL.md"), &skill("new", "Body."));
    write(&source.join("bin/run"), "#!/bin/sh");
    fs::set_permissions(source.join("bin/run"), fs::Permissions::from_mode(0o6755)).expect("mode set");
    fs::set_permissions(source.join("bin"), fs::Permissions::from_mode(0o3777)).expect("mode set");
    world.write(".opencode/plugins/p.ts", "export {}");
    let theirs = (12_345, 23_456);
    for user in [owner(world.project()), theirs] {
        let who = format!("{}:{}", user.0, user.1);
        let given = std::process::Command::new("chown").args(["-R", &who]).arg(world.home("")).status();
        assert!(given.expect("runs").success());
        let source = source.display().to_string();
        assert_eq!(world.rekindle_after("umask 027", &["skill", "install", &source]).await.code, 0);
        assert_eq!(world.rekindle_after("umask 027", &["plugin", "add", "a@1"]).await.code, 0);
        let place = world.path(".opencode/skills/new");
        let modes = ["", "SKILL.md", "bin", "bin/run"].map(|path| mode(&place.join(path)));
        assert_eq!(modes, [0o750, 0o640, 0o750, 0o750]);
        let config = world.path("opencode.json");
        assert_eq!(mode(&config), 0o640);
        fs::set_permissions(&config, fs::Permissions::from_mode(0o604)).expect("mode set");
        assert_eq!(world.rekindle(&["plugin", "add", "b@1"]).await.code, 0);
        assert_eq!(mode(&config), 0o604);
        assert_eq!(world.rekindle(&["plugin", "remove", "p.ts"]).await.code, 0);
        assert_eq!(world.rekindle(&["undo"]).await.code, 0);
        assert_eq!(world.rekindle(&["skill", "remove", "new"]).await.code, 0);
        for path in tree(&world.home("")).into_keys() {
            assert_eq!(owner(&path), user, "{}", path.display());
        }
        fs::remove_file(config).expect("removed");
    }
}

/// N16: what Rekindle keeps is its owner's to read and to write, whatever the umask takes away.
#[tokio::test(flavor = "multi_thread")]
async fn the_state_can_be_read_under_any_umask() {
    for umask in ["777", "000", "277"] {
        let world = World::new();
        world.write("opencode.json", r#"{"plugin": []}"#);
        world.write(".opencode/skills/mine/SKILL.md", &skill("mine", "Body."));
        let deeds: [&[&str]; 4] = [&["plugin", "add", "a@1"], &["skill", "remove", "mine"], &["undo"], &["undo"]];
        for deed in deeds {
            let ran = world.rekindle_after_without_privileges(&format!("umask {umask}"), deed).await;
            assert_eq!(ran.code, 0, "{umask} {deed:?}: {ran:?}");
            let state = world.home(".local/state/rekindle");
            for path in tree(&state).into_keys().filter(|path| !path.starts_with(state.join("trash"))) {
                let expected = if path.is_dir() { 0o700 } else { 0o600 };
                assert_eq!(mode(&path), expected, "{umask} {deed:?}: {}", path.display());
            }
        }
        assert!(world.path(".opencode/skills/mine/SKILL.md").exists(), "{umask}");
        assert_eq!(world.read("opencode.json"), r#"{"plugin": []}"#, "{umask}");
    }
}

/// N16: a configuration that is hard-linked elsewhere, as some keep theirs, is not parted from that, by no deed; what was
/// done before the link came is taken back once the file has one name again.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_two_names_stays_one() {
    let world = World::new();
    let (config, dotfile) = (world.path("opencode.json"), world.home("dotfile.json"));
    world.write("opencode.json", r#"{"plugin": ["a@1"]}"#);
    assert_eq!(world.rekindle(&["plugin", "add", "b@1"]).await.code, 0);
    fs::hard_link(&config, &dotfile).expect("linked");
    let before = world.read("opencode.json");
    let deeds: [&[&str]; 4] = [&["plugin", "add", "c@1"], &["plugin", "remove", "a"], &["undo"], &["undo", "--before"]];
    for deed in deeds {
        let ran = world.rekindle(&[deed, &["--json"]].concat()).await;
        assert_eq!((ran.code, &ran.json()["error"]["code"]), (2, &json!("hard-link")), "{deed:?}: {ran:?}");
        assert!(ran.json()["error"]["message"].to_string().contains("opencode.json"), "{ran:?}");
        assert_eq!(world.read("opencode.json"), before, "{deed:?}");
        let number = |path: &Path| fs::metadata(path).expect("there").ino();
        assert_eq!(number(&config), number(&dotfile), "{deed:?}");
    }
    fs::remove_file(&dotfile).expect("removed");
    assert_eq!(world.rekindle(&["undo"]).await.code, 0);
    assert_eq!(world.read("opencode.json"), r#"{"plugin": ["a@1"]}"#);
}

/// N16: what is kept and cannot be read is not taken for nothing.
#[tokio::test(flavor = "multi_thread")]
async fn state_that_cannot_be_read_is_told() {
    let world = World::new();
    world.write("opencode.json", "{}");
    assert_eq!(world.rekindle(&["plugin", "add", "a@1"]).await.code, 0);
    let state = world.home(".local/state/rekindle");
    let ways: [&[&str]; 3] = [&["undo", "--json"], &["undo", "--last-good", "--json"], &["history", "--json"]];
    let check = async |what: &str| {
        for way in ways {
            let ran = world.rekindle_without_privileges(way).await;
            assert_eq!(
                (ran.code, &ran.json()["error"]["code"]),
                (2, &json!("unreadable-state")),
                "{what}, {way:?}: {ran:?}"
            );
            assert!(ran.json()["error"]["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{ran:?}");
        }
        let doctor = world.rekindle_without_privileges(&["doctor", "--json"]).await;
        assert!(doctor.out.contains("is unreadable: "), "{what}: {doctor:?}");
    };
    for mode in [0o000, 0o300, 0o400] {
        let engines = fs::read_dir(state.join("engines")).expect("listed").filter_map(Result::ok);
        let folders: Vec<_> = engines.map(|entry| entry.path()).collect();
        let close = |mode| {
            for folder in &folders {
                for name in ["undo", "last-good/versions", "history.jsonl"] {
                    let path = folder.join(name);
                    if !path.exists() {
                        let made =
                            if name.ends_with("jsonl") { fs::write(&path, "") } else { fs::create_dir_all(&path) };
                        made.expect("made");
                    }
                    // A file can be read by the right by which a folder can only be listed.
                    let mode = if path.is_file() && mode == 0o400 { 0o200 } else { mode };
                    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("mode set");
                }
            }
        };
        close(mode);
        check(&format!("closed with {mode:o}")).await;
        close(0o700);
    }
    let aside = world.outside("aside");
    fs::rename(&state, &aside).expect("moved");
    fs::write(&state, "").expect("written");
    check("a file").await;
    fs::remove_file(&state).expect("removed");
    symlink("/no/such/place", &state).expect("linked");
    check("a link to nothing").await;
    fs::remove_file(&state).expect("removed");
    fs::rename(&aside, &state).expect("moved back");
    assert_eq!(world.rekindle(&["undo"]).await.code, 0);
}

/// N16: doctor finds records that cannot be read, and what in the trash no undo refers to, and changes neither.
#[tokio::test(flavor = "multi_thread")]
async fn what_leads_nowhere_is_found() {
    let world = World::new();
    let records = || -> Vec<_> {
        let undo = tree(&world.home(".local/state/rekindle/engines")).into_keys();
        undo.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect()
    };
    for name in ["one", "two"] {
        world.write(&format!(".opencode/skills/{name}/SKILL.md"), &skill(name, "Body."));
        assert_eq!(world.rekindle(&["skill", "remove", name]).await.code, 0);
    }
    let whole = world.rekindle(&["doctor"]).await;
    assert!(!whole.out.contains("no undo refers to") && !whole.out.contains("cannot be read"), "{whole:?}");
    let record = records().into_iter().min().expect("a record");
    fs::write(&record, "{").expect("written");
    let doctor = world.rekindle(&["doctor"]).await;
    assert!(doctor.out.contains(&format!("cannot be read: {}", record.display())), "{doctor:?}");
    assert!(doctor.out.contains("one thing is there that no undo refers to"), "{doctor:?}");
    let kept = tree(&world.home(".local/state/rekindle/trash")).into_keys();
    assert_eq!(kept.filter(|path| path.ends_with("SKILL.md")).count(), 2, "nothing is removed");
    assert_eq!(records().len(), 2, "nothing is removed");
}

/// N16: what a hint says to do is what helps.
#[tokio::test(flavor = "multi_thread")]
async fn hints_fit_what_happened() {
    let world = World::new();
    write(&world.outside("source").join("SKILL.md"), &skill("new", "Body."));
    let nowhere = world.outside("nowhere");
    for link in [".opencode/skills", ".opencode"] {
        let link = world.path(link);
        fs::create_dir_all(link.parent().expect("a parent")).expect("made");
        if link.exists() {
            fs::remove_dir_all(&link).expect("removed");
        }
        symlink(&nowhere, &link).expect("linked");
        let source = world.outside("source").display().to_string();
        let ran = world.rekindle(&["skill", "install", &source, "--json"]).await;
        let error = &ran.json()["error"];
        let said = |key: &str, text: &str| error[key].as_str().is_some_and(|told| told.contains(text));
        assert!(ran.code == 2 && said("message", "which does not exist") && said("hint", "remove the link"), "{ran:?}");
        assert!(!nowhere.exists());
        fs::remove_file(link).expect("removed");
    }
}

/// N16: a file that would not stay its owner's is not written.
#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_user_stays_theirs() {
    if !is_root_or_passed_as_root("harm::deeds::what_belongs_to_another_user_stays_theirs") {
        return;
    }
    let world = World::new();
    let open = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("open");
    open(&world.outside(""));
    // What was built may lie where that user cannot look.
    let program = world.outside("rekindle");
    fs::copy(World::program("rekindle"), &program).expect("copied");
    open(&program);
    world.write("opencode.json", "{}");
    assert!(std::process::Command::new("chown").args(["-R", "12345:12345"]).arg(world.home("")).status().is_ok());
    for owners in [(0, 0), (0, 12_345), (12_345, 0)] {
        chown(world.path("opencode.json"), Some(owners.0), Some(owners.1)).expect("given");
        let ran = tokio::process::Command::new("setpriv")
            .args(["--reuid", "12345", "--regid", "12345", "--clear-groups"])
            .arg(&program)
            .args(["plugin", "add", "a@1", "--json"])
            .current_dir(world.project())
            .envs(world.environment())
            .output()
            .await
            .expect("runs");
        let told: serde_json::Value = serde_json::from_slice(&ran.stdout).expect("JSON");
        assert_eq!(told["error"]["code"], "not-yours", "{owners:?}: {ran:?}");
        assert_eq!((world.read("opencode.json"), owner(&world.path("opencode.json"))), ("{}".to_owned(), owners));
    }
}
