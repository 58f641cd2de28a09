//! From the click to "proved", against a bare loop that sends the same requests one after the other and
//! checks nothing: the same engine, the same change, in turns. And the same as the command line does it,
//! which has to look at everything first; the window has done that already when somebody clicks.

use std::time::{Duration, Instant};

use rekindle_app::workspace::{App, Source, target::Target};
use rekindle_domain::{Banner, Cause, Receipt, ReceiptResult, Wish};
use rekindle_tests::{
    wait,
    world::{Engine, World},
};
use reqwest::Method;
use serde_json::json;

use crate::{
    skills,
    table::{Row, median, ms},
};

/// How often each is done.
const ROUNDS: usize = 15;
/// How much longer ours may take, whichever is more: that long, or so much of the bare loop in percent.
const MORE: (Duration, f64) = (Duration::from_millis(50), 25.0);

/// Measures, and prints rows.
pub(crate) fn run() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for count in [0, 10, 100, 1000] {
        let [bare, clicked, commanded] = runtime.block_on(measure(count));
        let skills = format!("{} skills", crate::scan::thousands(count));
        Row { what: format!("dispose, its event and four queries, {skills}"), measured: ms(bare), ..Row::default() }
            .print();
        let more = clicked.saturating_sub(bare);
        let allowed = MORE.0.max(bare.mul_f64(MORE.1 / 100.0));
        Row {
            what: format!("reload, from the click to “proved”, {skills}"),
            measured: ms(clicked),
            ratio: format!("{} longer", ms(more)),
            target: Some((format!("{} longer", ms(allowed)), more <= allowed)),
        }
        .print();
        Row {
            what: format!("`rekindle reload`, including its first look, {skills}"),
            measured: ms(commanded),
            ratio: format!("{} longer", ms(commanded.saturating_sub(bare))),
            target: None,
        }
        .print();
    }
}

/// The bare loop, the click and the command.
async fn measure(count: usize) -> [Duration; 3] {
    let world = World::named("bench").with_all_models();
    skills::many(&world, count);
    let engine = world.start_engine().await;
    let mut times = [const { Vec::new() }; 3];
    for round in 0..ROUNDS {
        for (who, times) in times.iter_mut().enumerate() {
            let name = format!("{who} in round {round}");
            world.write("opencode.json", &json!({ "username": name }).to_string());
            times.push(match who {
                0 => by_hand(&engine).await,
                1 => click(&world).await,
                _ => command(&world).await,
            });
            assert_eq!(engine.get("/config").await["username"], name);
        }
    }
    times.map(|times| median(&times))
}

async fn by_hand(engine: &Engine) -> Duration {
    let disposes = engine.count_disposes().await;
    let began = Instant::now();
    engine.ask(Method::POST, "/instance/dispose", None).await;
    while disposes.so_far() == 0 {
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    for route in ["/config", "/skill", "/agent", "/command"] {
        engine.get(route).await;
    }
    began.elapsed()
}

async fn click(world: &World) -> Duration {
    let app = App::start(world.places(), Source::Attached, 0);
    let mut states = app.watch();
    let pending = states.wait_for(|state| matches!(state.banner, Banner::Pending));
    drop(tokio::time::timeout(wait::BOUND, pending).await.expect("in time").expect("pending"));
    let began = Instant::now();
    app.reload(Wish::new(Cause::Window)).await;
    let ended = states.wait_for(|state| state.past.is_some());
    let state = tokio::time::timeout(wait::BOUND, ended).await.expect("in time").expect("ended").clone();
    let took = began.elapsed();
    let receipt = state.past.as_ref().expect("it was waited for");
    proved(receipt);
    took
}

async fn command(world: &World) -> Duration {
    let target = Target::by_record(&world.places());
    let began = Instant::now();
    let app = App::for_one_reload(target, Source::Attached);
    let ended = app.reload_to_the_end(Wish::new(Cause::Command), |_| {}).await.expect("an end");
    let took = began.elapsed();
    proved(&ended.receipt);
    took
}

fn proved(receipt: &Receipt) {
    assert_eq!(receipt.result, ReceiptResult::Proved, "{receipt:?}");
}
