//! Disks that are full, folders that cannot be written, clocks that jump.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rekindle_tests::{
    faulty::FaultyEngine,
    world::{Ran, World},
};
use serde_json::{Value, json};

use super::bed::DISPOSE;

/// Everything in a folder, to see that nothing was added or taken.
fn names(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    names.sort();
    names
}

/// A reload that cannot note what it does is refused, and works as soon as it can.
async fn assert_untouched(world: &World, faulty: &FaultyEngine, ran: &Ran, hint: &str) {
    assert_eq!(ran.code, 3, "{ran:?}");
    let error = &ran.json()["error"];
    assert!(error["hint"].as_str().unwrap_or_default().contains(hint), "{error}");
    let state = world.home(".local/state/rekindle").display().to_string();
    assert!(error["message"].as_str().unwrap_or_default().contains(&state), "{error}");
    assert_eq!(faulty.faults.count(DISPOSE), 0);
    assert_eq!(world.rekindle(&["status"]).await.code, 1);
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
}

/// N5: with a full disk under the state folder nothing is begun that could not be noted.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_state_folder_stops_a_reload_before_it_begins() {
    let world = World::new();
    let faulty = world.start_faulty_engine(Vec::new()).await;
    world.write("opencode.json", r#"{"username": "someone else"}"#);
    let ran = world.rekindle_on_full_disk(&["reload", "--json"]).await;
    assert_untouched(&world, &faulty, &ran, "disk space").await;
}

/// N5: the same for a state folder that may not be written.
#[tokio::test(flavor = "multi_thread")]
async fn a_state_folder_that_is_read_only_stops_a_reload_before_it_begins() {
    let world = World::new();
    let faulty = world.start_faulty_engine(Vec::new()).await;
    world.write("opencode.json", r#"{"username": "someone else"}"#);
    let state = world.state("engine.json").expect("a record").parent().expect("a folder").to_owned();
    fs::set_permissions(&state, Permissions::from_mode(0o500)).expect("read-only");
    let ran = world.rekindle_without_privileges(&["reload", "--json"]).await;
    fs::set_permissions(&state, Permissions::from_mode(0o700)).expect("as it was");
    assert_untouched(&world, &faulty, &ran, "state folder").await;
}

/// No engine is left behind by a start that could not be noted.
#[tokio::test(flavor = "multi_thread")]
async fn an_engine_does_not_start_on_a_full_disk() {
    let world = World::new();
    let ran = world.rekindle_on_full_disk(&["engine", "start", "--json"]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    let message = ran.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains(".local/state/rekindle"), "{message}");
    assert_eq!(world.processes(), []);
}

/// B9: a project that cannot be written is as it was, byte for byte, and the person is told; what is
/// already there is reloaded all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_cannot_be_written_is_as_it_was() {
    let world = World::new();
    world.start_engine().await;
    let text = "{\n  // mine\n  \"$schema\": \"https://opencode.ai/config.json\",\n  \"username\": \"someone\"\n}\n";
    world.write("opencode.json", text);
    let before = names(world.project());
    let add = ["plugin", "add", "opencode-wakatime", "--json"];
    let check = |ran: &Ran, code: &str, hint: &str| {
        assert_eq!((ran.code, &ran.json()["error"]["code"]), (2, &json!(code)), "{ran:?}");
        assert!(ran.json()["error"]["hint"].as_str().unwrap_or_default().contains(hint), "{ran:?}");
        assert_eq!((world.read("opencode.json"), names(world.project())), (text.to_owned(), before.clone()));
    };
    check(&world.rekindle_on_full_disk(&add).await, "not-recorded", "disk space");
    fs::set_permissions(world.project(), Permissions::from_mode(0o500)).expect("read-only");
    check(&world.rekindle_without_privileges(&add).await, "cannot-write", "permissions");
    let ran = world.rekindle_without_privileges(&["reload", "--json"]).await;
    fs::set_permissions(world.project(), Permissions::from_mode(0o700)).expect("as it was");
    assert_eq!((ran.code, &ran.json()["result"]), (0, &json!("proved")), "{ran:?}");
}

/// A clock that jumps, forward or back, hides no change, and what is newest stays newest.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_misleads_nobody() {
    let world = World::new();
    world.start_engine().await;
    let future = SystemTime::now() + Duration::from_secs(100 * 365 * 24 * 60 * 60);
    let write = |name: &str, time: SystemTime| {
        world.write(
            "opencode.json",
            &json!({"$schema": "https://opencode.ai/config.json", "username": name}).to_string(),
        );
        let file = fs::File::options().write(true).open(world.path("opencode.json")).expect("the file");
        file.set_modified(time).expect("its time");
    };
    let reload = async || {
        assert_eq!(world.rekindle(&["status"]).await.code, 1);
        let ran = world.rekindle(&["reload", "--json"]).await;
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(world.rekindle(&["status"]).await.code, 0);
        ran.json()["id"].clone()
    };
    write("from the future", future);
    reload().await;
    // What was noted then is still to come now.
    let history = world.state("history.jsonl").expect("a history");
    let mut noted: Value = serde_json::from_str(&fs::read_to_string(&history).expect("read")).expect("JSON");
    noted["at"] = json!("2099-01-01T00:00:00.000Z");
    fs::write(&history, format!("{noted}\n")).expect("written");
    write("from the past!!", SystemTime::UNIX_EPOCH + Duration::from_secs(1));
    let last = reload().await;
    assert_eq!(world.rekindle(&["history", "--json"]).await.json()[0]["id"], last);
    assert_eq!(world.engine().get("/config").await["username"], "from the past!!");
}
