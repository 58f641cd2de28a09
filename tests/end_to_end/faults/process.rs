//! What an engine's process can do to whoever restarts it.
//!
//! What only a restart makes live is a change of the global configuration.

use rekindle_tests::{
    faulty::{FaultyEngine, START},
    proxy::{Fault, Rule},
    world::{World, is_alive, kill, write},
};
use serde_json::json;

use super::bed::DISPOSE;

fn change(world: &World) {
    write(&world.home(".config/opencode/opencode.json"), r#"{"username": "someone else"}"#);
}

/// Exactly one engine is alive, it is another one, and it has the change.
async fn assert_replaced(world: &World, faulty: &FaultyEngine) {
    assert_eq!(world.engines(), [faulty.started().pop().expect("an engine").pid]);
    assert_eq!(faulty.past_faults(world).get("/config").await["username"], "someone else");
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
}

/// P10: an engine that does not end when it is asked is ended.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_ignores_term_is_killed() {
    let world = World::new();
    let faulty = world.start_faulty_engine(vec![Rule::once(START, Fault::IgnoreTerm)]).await;
    let before = world.engine();
    change(&world);
    let ran = world.rekindle(&["reload", "--json"]).await;
    assert_eq!((ran.code, &ran.json()["action"]), (0, &json!("restart")), "{ran:?}");
    assert!(!is_alive(before.pid));
    assert_eq!(world.engine().url, before.url, "whoever is connected finds it again");
    assert_replaced(&world, &faulty).await;
}

/// P10: whoever takes the port in the moment of the restart does not keep the engine from coming up.
#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_left_to_the_other() {
    let world = World::new();
    let faulty = world.start_faulty_engine(Vec::new()).await;
    let before = world.engine().url;
    change(&world);
    let mut start = faulty.faults.hold(Rule::once(START, Fault::None));
    let (ran, _other) = tokio::join!(world.rekindle(&["reload", "--json"]), async {
        start.arrived().await;
        let other =
            tokio::net::TcpListener::bind(before.trim_start_matches("http://")).await.expect("the port is free");
        start.release();
        other
    });
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_ne!(world.engine().url, before);
    assert_replaced(&world, &faulty).await;
}

/// P10: an engine that takes its time to come up is said to be starting, and waited for.
#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_comes_up_slowly_is_waited_for() {
    let world = World::new();
    let faulty = world.start_faulty_engine(Vec::new()).await;
    change(&world);
    let mut start = faulty.faults.hold(Rule::once(START, Fault::None));
    let (ran, status) = tokio::join!(world.rekindle(&["reload", "--json"]), async {
        start.arrived().await;
        let status = world.rekindle(&["status", "--json"]).await;
        start.release();
        status
    });
    assert_eq!((status.code, &status.json()["engine"]["state"]), (2, &json!("starting")));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_replaced(&world, &faulty).await;
}

/// P10: an engine that does not come up again: its own words are told, and it can be started again.
#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_does_not_come_up_again_says_why() {
    let world = World::new();
    let faulty = world.start_faulty_engine(Vec::new()).await;
    change(&world);
    faulty.faults.add(Rule::once(START, Fault::Die));
    let ran = world.rekindle(&["reload", "--json"]).await;
    assert_eq!((ran.code, &ran.json()["result"]), (2, &json!("failed")), "{ran:?}");
    let message = ran.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("it does not want to"), "{message}");
    let status = world.rekindle(&["status", "--json"]).await;
    assert_eq!((status.code, &status.json()["engine"]["state"]), (0, &json!("stopped")));
    assert!(world.try_engine().is_none());
    let ran = world.rekindle(&["engine", "start", "--json"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_replaced(&world, &faulty).await;
}

/// N6: what an engine left behind is ended with it, or named for whoever wants to end it.
#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_is_left_behind_is_not_forgotten() {
    let world = World::new();
    let faulty = world.start_faulty_engine(vec![Rule::once(START, Fault::LeaveChild)]).await;
    let left = || world.processes().into_iter().find(|(_, line)| line.starts_with("sleep ")).map(|(pid, _)| pid);
    let child = left().expect("a child");
    change(&world);
    let ran = world.rekindle(&["reload", "--json"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let doctor = world.rekindle(&["doctor"]).await.out;
    let is_named = doctor.contains(&format!("process {child}"));
    let is_there = is_alive(child);
    if is_there {
        kill(child);
    }
    assert!(is_named || !is_there, "{doctor}");
    assert_replaced(&world, &faulty).await;
}

/// P6: of two reloads at a time one disposes, and neither lies.
#[tokio::test(flavor = "multi_thread")]
async fn two_reloads_at_a_time_dispose_once() {
    let world = World::new();
    let faulty = world.start_faulty_engine(Vec::new()).await;
    world.write("opencode.json", r#"{"username": "someone else"}"#);
    let mut dispose = faulty.faults.hold(Rule::once(DISPOSE, Fault::None));
    let (first, second) = tokio::join!(world.rekindle(&["reload", "--json"]), async {
        dispose.arrived().await;
        let second = world.rekindle(&["reload", "--json", "--quiet"]);
        tokio::pin!(second);
        // It may say at once that another one is under way, or wait for its end.
        let early = tokio::time::timeout(std::time::Duration::from_secs(2), &mut second).await;
        dispose.release();
        match early {
            Ok(ran) => ran,
            Err(_) => second.await,
        }
    });
    assert_eq!(first.code, 0, "{first:?}");
    assert!([0, 3].contains(&second.code), "{second:?}");
    assert_eq!(faulty.faults.count(DISPOSE), 1);
    assert_replaced(&world, &faulty).await;
}
