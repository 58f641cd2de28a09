//! Taking back: the last good files, and single changes of ours.

use std::fs;

use rekindle_app::{
    files::locate::Places,
    workspace::{App, Source},
};
use rekindle_domain::Restoring;
use rekindle_tests::{
    wait,
    world::{World, plugin, write},
};
use serde_json::json;

/// The texts of all files below a folder, as far as they are texts.
fn texts_below(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries
        .flat_map(|entry| match entry.path() {
            path if path.is_dir() => texts_below(&path),
            path => fs::read_to_string(path).into_iter().collect(),
        })
        .collect()
}

/// B2, N4: a broken file, saved and disposed by someone else, bricks the directory; the last good files
/// come back byte for byte, a reload heals the engine, and what was broken is kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_bricked_directory_gets_its_last_good_files_back() {
    let world = World::new();
    world.write("opencode.json", "{\r\n  // 😀 mine\r\n  \"share\": \"manual\",\r\n}\r\n");
    world.write(".opencode/agent/helper.md", "---\ndescription: helps\n---\nHelp.\n");
    let engine = world.start_engine().await;
    // The engine added its schema.
    let good = world.read("opencode.json");
    let nothing = world.rekindle(&["undo", "--last-good", "--json"]).await;
    assert_eq!((nothing.code, &nothing.json()["error"]["code"]), (2, &json!("nothing-to-restore")), "{nothing:?}");

    world.write("opencode.json", "{ \"share\": \"manual\", broken");
    world.write(".opencode/agent/new.md", "---\nmode: nonsense\n---\nHelp.\n");
    fs::remove_file(world.path(".opencode/agent/helper.md")).expect("removed");
    engine.ask(reqwest::Method::POST, "/instance/dispose", None).await;
    assert_eq!(engine.ask(reqwest::Method::GET, "/config", None).await.0, 400);
    assert_eq!(world.rekindle(&["reload"]).await.code, 3, "nothing of ours makes it worse");

    let restored = world.rekindle(&["undo", "--last-good", "--json"]).await;
    assert_eq!(restored.code, 0, "{restored:?}");
    let files: Vec<_> = restored.json()["files"]
        .as_array()
        .expect("files")
        .iter()
        .map(|file| (file["place"].clone(), file["change"].clone()))
        .collect();
    let expected = [
        (json!(".opencode/agent/helper.md"), json!("brought-back")),
        (json!("opencode.json"), json!("replaced")),
        (json!(".opencode/agent/new.md"), json!("set-aside")),
    ];
    assert_eq!(files, expected);
    assert_eq!(world.read("opencode.json"), good);
    assert_eq!(world.read(".opencode/agent/helper.md"), "---\ndescription: helps\n---\nHelp.\n");
    assert_eq!(engine.ask(reqwest::Method::GET, "/config", None).await.0, 400, "it does not reload by itself");

    let receipt = world.rekindle(&["reload", "--json"]).await;
    assert_eq!((receipt.code, &receipt.json()["action"]), (0, &json!("restart")), "{receipt:?}");
    assert_eq!(world.engine().get("/config").await["share"], "manual");
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    let kept = texts_below(&world.state("last-good").expect("a folder").join("objects"));
    assert!(kept.iter().any(|text| text.contains("broken")), "the broken state is kept");
    assert!(kept.iter().any(|text| text.contains("nonsense")));
    let trash = texts_below(&world.home(".local/state/rekindle/trash"));
    assert_eq!(trash, ["---\nmode: nonsense\n---\nHelp.\n"]);
}

/// B2: an engine that cannot start any more, because a global file is broken, comes up after a restore.
#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_does_not_come_up_gets_its_last_good_files_back() {
    let world = World::new();
    let global = world.home(".config/opencode/opencode.json");
    write(&global, "{\"username\": \"me\"}");
    world.start_engine().await;
    let good = fs::read(&global).expect("read");
    assert_eq!(world.rekindle(&["engine", "stop"]).await.code, 0);
    write(&global, "{ broken");
    assert_eq!(world.rekindle(&["engine", "start"]).await.code, 2);
    let told = world.rekindle(&["undo", "--last-good"]).await;
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.out.contains("~/.config/opencode/opencode.json: restored"), "{told:?}");
    assert_eq!(fs::read(&global).expect("read"), good);
    assert_eq!(world.start_engine().await.get("/config").await["username"], "me");
}

/// B2: files that the engine never loaded are not good; as soon as it loads some, these are.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_engine_loaded_is_good() {
    let world = World::new();
    world.write("opencode.json", "{ broken from the start");
    world.start_engine().await;
    world.write("opencode.json", "{ broken otherwise");
    let ran = world.rekindle(&["undo", "--last-good", "--json"]).await;
    assert_eq!((ran.code, &ran.json()["error"]["code"]), (2, &json!("nothing-to-restore")), "{ran:?}");
    world.write("opencode.json", "{\"share\": \"manual\"}");
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    let good = world.read("opencode.json");
    world.write("opencode.json", "{ broken again");
    assert_eq!(world.rekindle(&["undo", "--last-good"]).await.code, 0);
    assert_eq!(world.read("opencode.json"), good);
}

/// B2: a change of ours in a file that went on is taken back as the person chooses.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_went_on_is_asked_about() {
    let world = World::new();
    world.write("a.ts", &plugin("a"));
    let text = "{\n  \"plugin\": []\n}\n";
    let added = "{\n  \"plugin\": [\"./a.ts\"],\n  // theirs\n  \"share\": \"manual\"\n}\n";
    let cases: [(&str, &str); 3] = [
        ("--ours", "{\n  \"plugin\": [],\n  // theirs\n  \"share\": \"manual\"\n}\n"),
        ("--before", text),
        ("--leave", added),
    ];
    for (choice, expected) in cases {
        world.write("opencode.json", text);
        assert_eq!(world.rekindle(&["plugin", "add", "./a.ts"]).await.code, 0);
        world.write("opencode.json", added);
        let asked = world.rekindle(&["undo", "--json"]).await;
        let error = asked.json()["error"].clone();
        assert_eq!((asked.code, &error["code"]), (2, &json!("changed-since")), "{asked:?}");
        assert_eq!(error["choices"], json!(["ours", "before", "leave"]));
        let told = world.rekindle(&["undo"]).await;
        assert_eq!((told.code, told.err.lines().count()), (2, 1), "{told:?}");
        assert!(told.err.contains("--ours") && told.err.contains("--before"), "{told:?}");
        assert_eq!(world.read("opencode.json"), added, "nothing is done unasked");
        assert_eq!(world.rekindle(&["undo", choice]).await.code, 0);
        assert_eq!(world.read("opencode.json"), expected, "{choice}");
        let none = world.rekindle(&["undo", "--json"]).await;
        assert_eq!(none.json()["error"]["code"], "nothing-to-undo", "{choice}");
    }
    assert_ne!(world.rekindle(&["undo", "--ours", "--before"]).await.code, 0);
}

/// B2: while something is wrong, the core offers what could be restored; afterwards it does not.
#[tokio::test(flavor = "multi_thread")]
async fn the_core_offers_what_was_good() {
    let world = World::new();
    world.write("opencode.json", "{\"share\": \"manual\"}");
    world.start_engine().await;
    let good = world.read("opencode.json");
    let environment = world.environment().into_iter().map(|(name, path)| (name.to_owned(), path.display().to_string()));
    let places = Places::in_environment(world.project(), environment.collect()).expect("places");
    let app = App::start(places, Source::Attached, 0);
    let state = app.watch();
    wait::until("a first look", async || state.borrow().counts.is_some().then_some(())).await;
    assert_eq!(state.borrow().last_good, None, "nothing is wrong");
    world.write("opencode.json", "{ broken");
    let offer = wait::until("an offer", async || state.borrow().last_good.clone()).await;
    let files: Vec<_> = offer.files.iter().map(|file| (file.place.as_str(), file.change)).collect();
    assert_eq!(files, [("opencode.json", Restoring::Replaced)]);
    let restored = app.restore_last_good(offer.id.clone()).await.expect("restored");
    assert_eq!((&restored.id, &restored.files), (&offer.id, &offer.files));
    assert_eq!(world.read("opencode.json"), good);
    wait::until("nothing wrong", async || {
        let state = state.borrow();
        (state.status.problems.is_empty() && state.last_good.is_none()).then_some(())
    })
    .await;
    let error = app.restore_last_good(offer.id).await.expect_err("there is nothing to do");
    assert_eq!(error.code.word(), "nothing-to-restore");
}
