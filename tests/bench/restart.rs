//! A restart of our engine against killing `opencode serve` and starting it by hand, until it answers:
//! the same folder, home and directory.

use std::time::{Duration, Instant};

use rekindle_app::engine::control::{self, Request};
use rekindle_tests::{raw::RawEngine, world::World};
use reqwest::Method;

use crate::table::{Row, median, ms};

/// How often each is done.
const ROUNDS: usize = 11;
/// How much longer ours may take, in percent: it drops the instances before it ends the process.
const MORE: f64 = 10.0;

/// Measures, and prints rows.
pub(crate) fn run() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (ours, by_hand) = runtime.block_on(measure());
    Row { what: "opencode serve, killed and started by hand".to_owned(), measured: ms(by_hand), ..Row::default() }
        .print();
    let more = (ours.as_secs_f64() / by_hand.as_secs_f64() - 1.0) * 100.0;
    Row {
        what: "restart of our engine, after dropping its instances".to_owned(),
        measured: ms(ours),
        ratio: format!("{more:+.0} %"),
        target: Some((format!("at most {MORE:+} %"), more <= MORE)),
    }
    .print();
}

async fn measure() -> (Duration, Duration) {
    let world = World::named("bench").with_all_models();
    let by_hand = by_hand(&world).await;
    // One after the other: an engine that was just restarted is looked at, and would slow the other.
    world.start_engine().await;
    let places = world.places();
    let mut ours = Vec::new();
    for _ in 0..ROUNDS {
        // By then the owner has looked at it, too.
        assert_eq!(world.rekindle(&["status"]).await.code, 0);
        let began = Instant::now();
        // The owner answers when the engine has answered.
        control::ask(&places, Request::Restart).await.expect("restarted");
        ours.push(began.elapsed());
    }
    (median(&ours), median(&by_hand))
}

async fn by_hand(world: &World) -> Vec<Duration> {
    let environment = world.environment();
    let mut engine = RawEngine::start(world.project(), &environment).await;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        engine.ask(Method::GET, "/config", world.project()).await;
        let began = Instant::now();
        engine.stop().await;
        engine = RawEngine::start(world.project(), &environment).await;
        engine.version().await;
        times.push(began.elapsed());
    }
    engine.stop().await;
    times
}
