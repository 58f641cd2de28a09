//! Reload after reload, with random changes and random faults on the way to the real engine:
//! `soak [RELOADS] [SEED]`.
//!
//! Invariants: after each reload what is said to be live is live; at the end nothing is pending that a
//! reload without faults does not make live, one engine is there, and this process has no more open
//! files and threads than at the beginning. Memory is printed, and fails nothing.
#![allow(clippy::print_stdout, reason = "its figures are what it is for")]

use std::{fs, time::Duration};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rekindle_app::{
    engine::weight::weight,
    workspace::{App, Source},
};
use rekindle_domain::{Banner, Cause, Consent, EngineState, ReceiptResult, WindowState, Wish};
use rekindle_tests::{
    faulty::FaultyEngine,
    proxy::{EventFault, Fault, Rule},
    wait,
    world::{World, is_alive, plugin, skill, write},
};
use serde_json::json;

/// How many reloads there are, unless another number is given.
const RELOADS: usize = 500;
/// How many open files and threads may be there more at the end than after the first reloads: a pool of
/// connections breathes.
const BREATH: usize = 16;
/// How long one reload may take under the worst of the faults.
const BOUND: Duration = Duration::from_secs(180);

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    let mut number = || arguments.next().map(|text| text.parse::<usize>().expect("a number"));
    let reloads = number().unwrap_or(RELOADS);
    let seed = number().map_or_else(rand::random, |seed| seed as u64);
    println!("{reloads} reloads, seed {seed}");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(soak(reloads, ChaCha8Rng::seed_from_u64(seed)));
}

async fn soak(reloads: usize, mut dice: ChaCha8Rng) {
    let world = World::new();
    let faulty = world.start_faulty_engine(Vec::new()).await;
    let app = App::start(world.places(), Source::Attached, 0);
    let mut first = None;
    let mut ends = [0; 4];
    let mut deaths = 0;
    for round in 0..reloads {
        change(&world, &mut dice, round);
        let fault = dice.random_bool(0.4).then(|| any_fault(&mut dice));
        faulty.faults.clear();
        fault.iter().cloned().for_each(|rule| faulty.faults.add(rule));
        let state = reload(&app).await;
        faulty.faults.clear();
        let Some(receipt) = &state.past else { continue };
        let index = [ReceiptResult::Proved, ReceiptResult::Partial, ReceiptResult::Failed, ReceiptResult::Refused]
            .iter()
            .position(|result| *result == receipt.result);
        ends[index.expect("one of four")] += 1;
        if !is_there(&world) {
            // It died of a question that came after the proof: that is shown, and a person starts it again.
            deaths += 1;
            started_again(&world, &app).await;
        } else if receipt.result == ReceiptResult::Proved && receipt.still_pending.is_empty() {
            assert!(is_live(&world, &faulty).await, "round {round}: proved, and not so: {receipt:?} {fault:?}");
        }
        if round == reloads.min(20) / 2 {
            first = Some(Size::now(&faulty));
        }
        if round % 50 == 49 {
            println!("{}: {}", round + 1, Size::now(&faulty));
        }
    }
    // Whatever was left, a reload without faults makes live.
    wait::until("nothing pending", async || {
        let state = reload(&app).await;
        (state.status.changes.is_empty() && state.status.problems.is_empty()).then_some(())
    })
    .await;
    assert!(is_live(&world, &faulty).await, "nothing is pending, and not all of it is live");
    assert_eq!(world.engines().len(), 1, "engines");
    let (before, after) = (first.expect("a first reload"), Size::now(&faulty));
    let [proved, partial, failed, refused] = ends;
    println!("proved {proved}, partial {partial}, failed {failed}, refused {refused}; started again by hand {deaths}");
    println!("in the beginning: {before}\nat the end:       {after}");
    assert!(after.files <= before.files + BREATH, "open files");
    assert!(after.threads <= before.threads + BREATH, "threads");
}

/// Reloads, restarting and interrupting whatever it takes, and waits for the end.
async fn reload(app: &App) -> WindowState {
    let mut states = app.watch();
    app.reload(Wish { consent: Consent::Force, ..Wish::new(Cause::Window) }).await;
    let begun = states.wait_for(|state| matches!(state.banner, Banner::Reloading { .. }));
    drop(tokio::time::timeout(wait::BOUND, begun).await.expect("it begins").expect("the core"));
    let ended = states.wait_for(|state| !matches!(state.banner, Banner::Reloading { .. }));
    let state = tokio::time::timeout(BOUND, ended).await.expect("it ends").expect("the core");
    WindowState::clone(&state)
}

/// Whether the engine's process is.
fn is_there(world: &World) -> bool {
    world.try_engine().is_some_and(|engine| is_alive(engine.pid))
}

/// Waits until the window says that the engine has ended, and starts another.
async fn started_again(world: &World, app: &App) {
    let mut states = app.watch();
    let shown = states.wait_for(|state| state.status.engine.state == EngineState::Stopped);
    drop(tokio::time::timeout(wait::BOUND, shown).await.expect("it is shown").expect("the core"));
    let ran = world.rekindle(&["engine", "start"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let runs = states.wait_for(|state| state.status.engine.state == EngineState::Running);
    drop(tokio::time::timeout(wait::BOUND, runs).await.expect("it is shown").expect("the core"));
}

fn change(world: &World, dice: &mut ChaCha8Rng, round: usize) {
    let text = format!("round {round}");
    match dice.random_range(0..10) {
        0 => world.write(&format!(".opencode/plugins/p{round}.ts"), &plugin(&format!("tool_{round}"))),
        1 => write(
            &world.home(".config/opencode/opencode.json"),
            &json!({ "share": "manual", "username": text }).to_string(),
        ),
        2 => drop(fs::remove_dir_all(world.path(".opencode/skills/s1"))),
        3 => world
            .write(&format!(".opencode/commands/c{}.md", round % 5), &format!("---\ndescription: d\n---\n{text}\n")),
        4 | 5 => world.write("opencode.json", &json!({ "username": text }).to_string()),
        number => world
            .write(&format!(".opencode/skills/s{}/SKILL.md", number - 5), &skill(&format!("s{}", number - 5), &text)),
    }
}

fn any_fault(dice: &mut ChaCha8Rng) -> Rule {
    const DISPOSE: &str = "POST /instance/dispose";
    let routes = [DISPOSE, "GET /config", "GET /skill", "GET /session/status", "GET /global/event"];
    let route = routes[dice.random_range(0..routes.len())];
    let fault = match dice.random_range(0..10) {
        0 => Fault::broken(),
        1 => Fault::page(),
        2 => Fault::Reset,
        3 => Fault::Cut,
        4 => Fault::Drip,
        5 => Fault::Lost,
        6 => Fault::Die,
        7 => Fault::Stall,
        _ if route == "GET /global/event" => Fault::Events(EventFault::NeverDisposed),
        _ => Fault::unauthorized(),
    };
    let rule = Rule::once(route, fault);
    if route != DISPOSE && dice.random_bool(0.5) { rule.after(DISPOSE) } else { rule }
}

/// Whether a fresh look, past all faults, finds nothing pending.
async fn is_live(world: &World, faulty: &FaultyEngine) -> bool {
    let wanted: Vec<_> = (1..5)
        .filter_map(|number| {
            let text = fs::read_to_string(world.path(&format!(".opencode/skills/s{number}/SKILL.md"))).ok()?;
            Some((format!("s{number}"), text.lines().last()?.to_owned()))
        })
        .collect();
    let engine = faulty.past_faults(world);
    for (name, body) in wanted {
        if !engine.has_skill(&name, &body).await {
            return false;
        }
    }
    let config: Option<serde_json::Value> =
        fs::read_to_string(world.path("opencode.json")).ok().and_then(|text| serde_json::from_str(&text).ok());
    config.is_none_or(|config| config["username"].is_null())
        || engine.get("/config").await["username"] == config_of(world)["username"]
}

fn config_of(world: &World) -> serde_json::Value {
    serde_json::from_str(&world.read("opencode.json")).expect("JSON")
}

/// What this process and the engine take.
struct Size {
    files: usize,
    threads: usize,
    ours: u64,
    engine: u64,
}

impl Size {
    fn now(faulty: &FaultyEngine) -> Self {
        let count = |folder: &str| fs::read_dir(folder).map(Iterator::count).unwrap_or_default();
        Self {
            files: count("/proc/self/fd"),
            threads: count("/proc/self/task"),
            ours: weight(std::process::id()).unwrap_or_default(),
            engine: faulty.started().pop().and_then(|engine| weight(engine.pid)).unwrap_or_default(),
        }
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let megabytes = |bytes: u64| bytes / 1_000_000;
        let Self { files, threads, ours, engine } = self;
        write!(f, "{files} files, {threads} threads, {} MB; the engine {} MB", megabytes(*ours), megabytes(*engine))
    }
}
