//! From a write to the published state that shows it: with a real engine, in a process that owns it
//! as the window does.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use rekindle_app::{
    engine::host::Host,
    files::{locate::Places, watch::WINDOW},
    workspace::{App, Source},
};
use rekindle_domain::{Banner, Cause, Publisher, ReceiptResult, Scope, WindowState, Wish};
use rekindle_tests::{wait, world::World};
use tokio::{sync::watch, time::timeout};

use crate::{
    skills,
    table::{Row, ms, percentile},
};

/// The name under which this program measures in the environment of a world.
pub(crate) const INSIDE: &str = "publish-inside";
/// How many skills there are while one of them is written.
const SKILLS: usize = 100;
/// How often it is written by others.
const WRITES: usize = 1_000;
/// How often Rekindle itself writes.
const OWN_WRITES: usize = 100;
/// How many skills there are when events are weighed, and how much one may weigh, in bytes.
const MANY: usize = 10_000;
const LARGEST: usize = 16 * 1024;
/// How much longer than the time in which events are gathered it may take.
const SOON: Duration = Duration::from_millis(60);
/// How long our own writes may take, which need no event.
const AT_ONCE: Duration = Duration::from_millis(20);

/// Measures, and prints rows: in a process of its own, because the engine gets its environment.
pub(crate) fn run() {
    let world = World::named("bench");
    skills::many(&world, SKILLS);
    world.write("plugin.ts", "export const Plugin = async () => ({})\n");
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.arg(INSIDE).current_dir(world.project()).envs(world.environment()).stdin(Stdio::null());
    assert!(command.status().expect("it runs").success(), "the part inside the world failed");
}

/// The part in the world, with the project as its folder.
pub(crate) fn inside() {
    assert!(WINDOW <= Duration::from_millis(150), "events are gathered for {WINDOW:?}");
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let places = Places::of(Path::new(".")).expect("places");
        let host = Host::own(&places, World::program("rekindle")).expect("the engine is ours");
        host.ready().await.expect("an engine");
        let app = App::start(places, Source::Own(host), 0);
        let mut states = app.watch();
        seen(&mut states, "what the engine has", |state| state.counts.is_some() && state.status.changes.is_empty())
            .await;
        writes(&app, &mut states).await;
        own_writes(&app, &mut states).await;
        events(&app).await;
        app.stop().await;
    });
}

/// One letter, there and back.
async fn writes(app: &App, states: &mut watch::Receiver<Arc<WindowState>>) {
    let name = skills::name(SKILLS / 2);
    let file = app.places().directory.join(".opencode/skills").join(&name).join("SKILL.md");
    let mut times = Vec::new();
    for write in 0..WRITES {
        let is_change = write % 2 == 0;
        let text = skills::text(SKILLS / 2, if is_change { 'b' } else { 'a' });
        let began = Instant::now();
        fs::write(&file, text).expect("written");
        seen(states, "the change", |state| is_pending(state, &name) == is_change).await;
        times.push(began.elapsed());
    }
    let [half, most, nearly_all] = [50, 95, 99].map(|percent| percentile(&times, percent));
    Row {
        what: format!("file written → status published, {SKILLS} skills: p50, p95, p99 of {WRITES}"),
        measured: [half, most, nearly_all].map(ms).join(", "),
        ratio: format!("p95 is {} over the {} window", ms(most.saturating_sub(WINDOW)), ms(WINDOW)),
        target: Some((format!("p95: {} over", ms(SOON)), most <= WINDOW + SOON)),
    }
    .print();
}

/// A plugin is declared, and the change is taken back.
async fn own_writes(app: &App, states: &mut watch::Receiver<Arc<WindowState>>) {
    let (mut times, mut changes) = (Vec::new(), Vec::new());
    for _ in 0..OWN_WRITES / 2 {
        let began = Instant::now();
        let token = app.add_plugin("./plugin.ts".to_owned(), Scope::Project).await.expect("declared");
        changes.push(began.elapsed());
        seen(states, "the plugin", |state| is_pending(state, "plugin.ts")).await;
        times.push(began.elapsed());
        let began = Instant::now();
        app.undo(token, None).await.expect("taken back");
        changes.push(began.elapsed());
        seen(states, "nothing", |state| state.status.changes.is_empty()).await;
        times.push(began.elapsed());
    }
    let most = percentile(&times, 95);
    Row {
        what: format!("our own change → status published, p50, p95 of {OWN_WRITES}"),
        measured: [50, 95].map(|percent| ms(percentile(&times, percent))).join(", "),
        ratio: format!(
            "of which until the change is on disk: {}",
            [50, 95].map(|percent| ms(percentile(&changes, percent))).join(", ")
        ),
        target: Some((format!("p95: {}", ms(AT_ONCE)), most <= AT_ONCE)),
    }
    .print();
}

/// What crosses to the window in a reload, with very many skills.
async fn events(app: &App) {
    let folder = app.places().directory.join(".opencode/skills");
    for index in SKILLS..MANY {
        let place = folder.join(skills::name(index));
        fs::create_dir_all(&place).expect("made");
        fs::write(place.join("SKILL.md"), skills::text(index, 'a')).expect("written");
    }
    let mut states = app.watch();
    seen(&mut states, "all skills", |state| state.skills.len() == MANY && state.banner == Banner::Pending).await;
    let (mut told, mut largest, mut count) = (Publisher::default(), 0, 0);
    told.event(states.borrow_and_update().clone());
    app.reload(Wish::new(Cause::Window)).await;
    loop {
        timeout(wait::BOUND, states.changed()).await.expect("in time").expect("a state");
        let state = states.borrow_and_update().clone();
        let is_under_way = matches!(state.banner, Banner::Reloading { .. });
        let event = told.event(state.clone());
        if !is_under_way && count > 0 {
            assert!(state.history.first().is_some_and(|last| last.result == ReceiptResult::Proved));
            break;
        }
        if is_under_way {
            (largest, count) = (largest.max(serde_json::to_vec(&event).expect("JSON").len()), count + 1);
        }
    }
    Row {
        what: format!("a phase of a reload, {MANY} skills: the largest of {count} events"),
        measured: format!("{:.1} KiB", largest as f64 / 1024.0),
        ratio: String::new(),
        target: Some((format!("{} KiB", LARGEST / 1024), largest <= LARGEST)),
    }
    .print();
}

fn is_pending(state: &WindowState, name: &str) -> bool {
    state.status.changes.iter().any(|change| change.name == name)
}

async fn seen(states: &mut watch::Receiver<Arc<WindowState>>, what: &str, is_it: impl Fn(&WindowState) -> bool) {
    let state = timeout(wait::BOUND, states.wait_for(|state| is_it(state))).await;
    assert!(matches!(state, Ok(Ok(_))), "{what} was not published");
}
