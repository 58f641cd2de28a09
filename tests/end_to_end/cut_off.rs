//! `kill -9` in the middle of a reload: of whoever reloads, of the engine, of its owner, of all of them.
//!
//! The moment is certain: the request that belongs to a step waits at a gate when the kill comes.

use rekindle_app::{
    state::journal::Journal,
    workspace::{App, Source},
};
use rekindle_domain::{Banner, StepName};
use rekindle_tests::{
    faulty::{FaultyEngine, START},
    model::Model,
    proxy::{Fault, Rule},
    wait,
    world::{World, is_alive, kill, skill, write},
};
use serde_json::{Value, json};

/// The step in which the kill comes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    /// The engine is asked what runs.
    Check,
    /// The dispose is on its way, and has not arrived.
    Dispose,
    /// The dispose is done, and nobody knows yet.
    Disposed,
    /// The new instance is asked for the first time.
    Answer,
    /// The engine is asked for everything.
    Verify,
    /// The engine is being replaced.
    Restart,
    /// The new engine is asked for the first time.
    AnswerOfNew,
}

impl At {
    const ALL: [Self; 7] =
        [Self::Check, Self::Dispose, Self::Disposed, Self::Answer, Self::Verify, Self::Restart, Self::AnswerOfNew];

    fn rule(self) -> Rule {
        const DISPOSE: &str = "POST /instance/dispose";
        match self {
            Self::Check => Rule::once("GET /session/status", Fault::None),
            Self::Dispose => Rule::once(DISPOSE, Fault::None),
            // It arrives and is carried out; the answer is lost, as it is for whoever is dead.
            Self::Disposed => Rule::once(DISPOSE, Fault::Lost),
            Self::Answer => Rule::once("GET /config", Fault::None).after(DISPOSE),
            Self::Verify => Rule::once("GET /skill", Fault::None).after(DISPOSE),
            Self::Restart => Rule::once(START, Fault::None),
            Self::AnswerOfNew => Rule::once("GET /config", Fault::None).after(START),
        }
    }

    fn restarts(self) -> bool {
        matches!(self, Self::Restart | Self::AnswerOfNew)
    }
}

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Victim {
    Command,
    Engine,
    Owner,
    All,
}

fn change(world: &World, at: At, of: &str) {
    world.write(".opencode/skills/count/SKILL.md", &skill("count", of));
    if at.restarts() {
        // It would count for more than the global one.
        let project = world.path("opencode.json");
        if project.exists() {
            std::fs::remove_file(project).expect("removed");
        }
        write(&world.home(".config/opencode/opencode.json"), &json!({ "username": of }).to_string());
    } else {
        world.write("opencode.json", &json!({ "username": of }).to_string());
    }
}

/// Whether the engine, asked past everything, has the change.
async fn is_live(world: &World, faulty: &FaultyEngine, of: &str) -> bool {
    let engine = faulty.past_faults(world);
    engine.get("/config").await["username"] == *of && engine.has_skill("count", of).await
}

/// A world whose engine is killed again and again.
struct Bed {
    world: World,
    faulty: FaultyEngine,
}

impl Bed {
    async fn start() -> Self {
        let world = World::new();
        let faulty = world.start_faulty_engine(Vec::new()).await;
        Self { world, faulty }
    }
}

/// One case; everything that is wrong, in words. Afterwards the engine is there, and has all that is on disk.
async fn killed(Bed { world, faulty }: &Bed, at: At, victim: Victim) -> Vec<String> {
    let mut wrong = Vec::new();
    let status = world.rekindle(&["status"]).await;
    assert_eq!(status.code, 0, "before {victim:?} is killed at {at:?}: {status:?}");
    let wanted = format!("{at:?}");
    change(world, at, &wanted);
    let (owner, engine) = (world.owner(), faulty.started().pop().expect("an engine"));
    let mut held = faulty.faults.hold(at.rule());
    let mut command = tokio::process::Command::new(World::program("rekindle"));
    command.args(["reload", "--json"]).current_dir(world.project()).envs(world.environment());
    command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped()).kill_on_drop(true);
    let mut reloading = command.spawn().expect("it starts");
    held.arrived().await;
    let pid = reloading.id().expect("it runs");
    if matches!(victim, Victim::Command | Victim::All) {
        kill(pid);
    }
    if matches!(victim, Victim::Engine | Victim::All) && is_alive(engine.pid) {
        kill(engine.pid);
    }
    if matches!(victim, Victim::Owner | Victim::All) {
        kill(owner);
    }
    held.release();
    let ended = tokio::time::timeout(wait::BOUND, reloading.wait()).await;
    if ended.is_err() {
        wrong.push("the reload does not end".to_owned());
    }
    faulty.faults.clear();
    if matches!(victim, Victim::Owner | Victim::All) {
        wait::until("the end of the engine", async || world.engines().is_empty().then_some(())).await;
    }
    let again = faulty.start(world).await;
    if again.code != 0 {
        wrong.push(format!("it does not start again: {again:?}"));
        return wrong;
    }
    let status = world.rekindle(&["status", "--json"]).await;
    if world.engines().len() != 1 {
        wrong.push(format!("the engines {:?}", world.engines()));
    }
    if (status.code == 0) != is_live(world, faulty, &wanted).await {
        wrong.push(format!("status ends with {} and that is not so: {}", status.code, status.out));
    }
    if let Some(cut) = Journal::of(&world.places()).unfinished() {
        wrong.push(format!("still in the journal: {cut:?}"));
    }
    let history = world.rekindle(&["history", "--json"]).await.json();
    let last = &history[0];
    if matches!(victim, Victim::Command | Victim::All) && last["cause"] != "cut-off" {
        wrong.push(format!("nobody says what became of it: {last}"));
    }
    let proved = |receipt: &Value| receipt["result"] == "proved";
    if proved(last) && status.code != 0 {
        wrong.push(format!("proved, and pending: {last}"));
    }
    let reloaded = world.rekindle(&["reload", "--json"]).await;
    if reloaded.code != 0 || !is_live(world, faulty, &wanted).await {
        wrong.push(format!("it cannot be reloaded: {reloaded:?}"));
    }
    wrong.into_iter().map(|text| format!("{victim:?} killed at {at:?}: {text}")).collect()
}

async fn check(victim: Victim) {
    // Two at a time: most of them wait, but a start keeps a core busy.
    let some = async |first: usize| {
        let mut wrong = Vec::new();
        let mut bed = None;
        for at in At::ALL.into_iter().skip(first).step_by(2) {
            let ready = match bed.take() {
                Some(ready) => ready,
                None => Bed::start().await,
            };
            let found = killed(&ready, at, victim).await;
            // What one case breaks does not concern the next one.
            bed = found.is_empty().then_some(ready);
            wrong.extend(found);
        }
        wrong
    };
    let (one, two) = tokio::join!(some(0), some(1));
    let wrong = [one, two].concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// K8, K9, N5: whoever reloads is killed at any step: nothing is forgotten, nothing is cleared that the
/// engine does not show, and whoever comes next says what became of it.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_reloads_is_killed() {
    check(Victim::Command).await;
}

/// K8, N5: the engine is killed at any step: the reload brings it back, or says that it could not.
#[tokio::test(flavor = "multi_thread")]
async fn the_engine_is_killed() {
    check(Victim::Engine).await;
}

/// K9, N5, N6: the engine's owner is killed at any step: no engine is left, and there is never a second one.
#[tokio::test(flavor = "multi_thread")]
async fn the_owner_is_killed() {
    check(Victim::Owner).await;
}

/// K9, N5, N6: everything is killed at once at any step.
#[tokio::test(flavor = "multi_thread")]
async fn everything_is_killed() {
    check(Victim::All).await;
}

/// K9, N3: what the engine said of a plugin that failed was said to whoever was killed: it is not proved.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_heard_is_not_proved() {
    let Bed { world, faulty } = Bed::start().await;
    world.write(".opencode/plugins/p.ts", "throw new Error(\"boom\")\n");
    let mut held = faulty.faults.hold(At::Verify.rule());
    let mut command = tokio::process::Command::new(World::program("rekindle"));
    command.args(["reload"]).current_dir(world.project()).envs(world.environment());
    let mut reloading = command.stdin(std::process::Stdio::null()).kill_on_drop(true).spawn().expect("it starts");
    held.arrived().await;
    kill(reloading.id().expect("it runs"));
    held.release();
    reloading.wait().await.expect("it ended");
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    let last = world.rekindle(&["history", "--json"]).await.json()[0].clone();
    assert_eq!((&last["cause"], &last["result"]), (&json!("cut-off"), &json!("partial")), "{last}");
    assert_eq!(last["items"][0]["state"], "unknown", "{last}");
}

/// P9, K9: a reload that waits until nothing runs survives the end of whoever asked for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_that_waits_survives() {
    let world = World::new();
    let model = Model::start().await;
    world.write("opencode.json", &model.configuration().to_string());
    let engine = world.start_engine().await;
    engine.start_run("Long work").await;
    let mut config = model.configuration();
    config["username"] = json!("two");
    world.write("opencode.json", &config.to_string());
    let mut command = tokio::process::Command::new(World::program("rekindle"));
    command.args(["reload", "--when-idle"]).current_dir(world.project()).envs(world.environment());
    let mut waiting = command.stdin(std::process::Stdio::null()).kill_on_drop(true).spawn().expect("it starts");
    let journal = Journal::of(&world.places());
    let waits = async || {
        let last = journal.unfinished()?.last_step();
        (last == Some(StepName::WaitForIdle)).then_some(())
    };
    wait::until("the wait", waits).await;
    kill(waiting.id().expect("it runs"));
    waiting.wait().await.expect("it ended");
    let status = world.rekindle(&["status", "--json"]).await.json();
    assert!(status["notices"].to_string().contains("cut off"), "{status}");

    let app = App::start(world.places(), Source::Attached, 0);
    let mut states = app.watch();
    let waits = states.wait_for(|state| matches!(state.banner, Banner::Waiting { .. }));
    drop(tokio::time::timeout(wait::BOUND, waits).await.expect("it goes on waiting").expect("it is there"));
    assert_ne!(engine.get("/config").await["username"], "two");
    model.finish();
    let ends = states.wait_for(|state| state.past.is_some());
    let state = tokio::time::timeout(wait::BOUND, ends).await.expect("it ends").expect("it is there").clone();
    assert!(state.status.changes.is_empty(), "{:?}", state.status);
    assert_eq!(engine.get("/config").await["username"], "two");
    assert_eq!(journal.unfinished(), None);
}
