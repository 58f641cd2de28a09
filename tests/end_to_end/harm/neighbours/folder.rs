//! The state folder is deleted or moved while an engine runs.

use std::{fs, path::Path};

use rekindle_app::state::record::Records;
use rekindle_tests::{
    faulty::FaultyEngine,
    proxy::{Fault, Rule},
    wait,
    world::World,
};
use serde_json::json;
use tokio::process::Command;

use super::are_gone;

const DISPOSE: &str = "POST /instance/dispose";

/// Starts an engine in the background, while nobody waits for it, and sees that there are never two.
async fn start_and_count(world: &World) {
    let mut command = Command::new(World::program("rekindle"));
    command.args(["engine", "start"]).current_dir(world.project()).envs(world.environment());
    let mut starting = command.kill_on_drop(true).spawn().expect("it runs");
    let status = wait::until("the start", async || {
        // A list is not made in one moment: who is in the next one, too, was there when all of this one were.
        let mut running = world.engines();
        if running.len() > 1 {
            let later = world.engines();
            running.retain(|pid| later.contains(pid));
        }
        let all = || world.processes();
        assert!(running.len() <= 1, "engines at the same time: {running:?} of {:?}", all());
        starting.try_wait().expect("it can be waited for")
    })
    .await;
    assert!(status.success());
}

/// N16: an owner whose state folder is deleted or moved, or whose lock is replaced, ends, and its engine before it; and
/// whoever starts another engine waits for that: there are never two.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_without_its_folder_ends() {
    let world = World::new();
    let state = world.home(".local/state/rekindle");
    let before = (world.start_engine().await.pid, world.owner());
    fs::remove_dir_all(&state).expect("deleted");
    start_and_count(&world).await;
    wait::until("the end of the first owner", async || are_gone(&[before.0, before.1])).await;

    // Another owner takes the place of the lock alone.
    let before = (world.engine().pid, world.owner());
    fs::remove_file(world.state("owner.lock").expect("a lock")).expect("deleted");
    start_and_count(&world).await;
    wait::until("the end of the second owner", async || are_gone(&[before.0, before.1])).await;
    assert_ne!(world.engine().pid, before.0);
    assert_eq!(world.rekindle(&["status"]).await.code, 0);

    let last = (world.engine().pid, world.owner());
    fs::rename(&state, world.home("elsewhere")).expect("moved");
    wait::until("the end of the last owner", async || are_gone(&[last.0, last.1])).await;
    assert!(!Records(&world.places()).is_owned());
    let status = world.rekindle(&["status", "--json"]).await.json();
    assert_eq!(status["engine"]["state"], "stopped");
}

/// N16: what others need to reach an engine and its owner comes back when a part of it is removed or spoilt; the engine
/// stays the one that it is, and can be stopped.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_its_folder_comes_back() {
    let world = World::new();
    let first = world.start_engine().await;
    let remove = |path: &Path| fs::remove_file(path).expect("deleted");
    let spoil = |path: &Path| fs::write(path, r#"{"mode": 1}"#).expect("written");
    type Harm<'a> = &'a dyn Fn(&Path);
    let files = ["control.sock", "control.json", "engine.json"];
    let mut harms: Vec<(Vec<&str>, Harm<'_>)> = files.iter().map(|file| (vec![*file], &remove as Harm<'_>)).collect();
    harms.push((vec!["engine.json"], &spoil));
    harms.push((vec!["control.json"], &spoil));
    harms.push((files.to_vec(), &remove));
    for (names, harm) in harms {
        let whole = || files.iter().all(|name| world.state(name).is_some_and(|path| path.symlink_metadata().is_ok()));
        let password = Records(&world.places()).record().expect("a record").password_file;
        names.iter().for_each(|name| harm(&world.state(name).expect("there")));
        remove(&password);
        wait::until("all of it", async || (whole() && password.exists()).then_some(())).await;
        let engine = world.rekindle(&["engine", "start", "--json"]).await;
        assert_eq!((engine.code, &engine.json()["pid"]), (0, &json!(first.pid)), "{names:?}: {engine:?}");
        assert_eq!(world.rekindle(&["status"]).await.code, 0, "{names:?}");
    }
    // Whoever asks meanwhile waits for it.
    remove(&world.state("engine.json").expect("there"));
    let engine = world.rekindle(&["engine", "start", "--json"]).await;
    assert_eq!((engine.code, &engine.json()["pid"]), (0, &json!(first.pid)), "{engine:?}");
    remove(&world.state("control.sock").expect("there"));
    let stopped = world.rekindle(&["engine", "stop"]).await;
    assert_eq!(stopped.code, 0, "{stopped:?}");
    wait::until("the end", async || world.engines().is_empty().then_some(())).await;
}

/// N16: a reload whose right to reload is lost touches nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_without_its_lock_touches_nothing() {
    let world = World::new();
    let faulty: FaultyEngine = world.start_faulty_engine(Vec::new()).await;
    world.write("opencode.json", r#"{"username": "someone else"}"#);
    let mut check = faulty.faults.hold(Rule::once("GET /session/status", Fault::None));
    let (ran, ()) = tokio::join!(world.rekindle(&["reload", "--json"]), async {
        check.arrived().await;
        fs::remove_file(world.state("reload.lock").expect("a lock")).expect("deleted");
        check.release();
    });
    assert_eq!((ran.code, &ran.json()["result"]), (2, &json!("failed")), "{ran:?}");
    assert!(ran.out.contains("another reload may be under way"), "{ran:?}");
    assert_eq!(faulty.faults.count(DISPOSE), 0);
    assert_eq!(world.rekindle(&["status"]).await.code, 1, "it is still pending");
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
}
