//! From the wish to "proved", against a bare loop that sends the same requests one after the other and
//! checks nothing: the same engine, the same change, in turns.

use std::time::{Duration, Instant};

use rekindle_app::{
    connect,
    reload::{Wish, reload},
};
use rekindle_domain::{Cause, ReceiptResult};
use rekindle_tests::world::{Engine, World};
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
        let (ours, bare) = runtime.block_on(measure(count));
        let skills = format!("{} skills", crate::scan::thousands(count));
        Row { what: format!("dispose, event and four questions, {skills}"), measured: ms(bare), ..Row::default() }
            .print();
        let more = ours.saturating_sub(bare);
        let allowed = MORE.0.max(bare.mul_f64(MORE.1 / 100.0));
        Row {
            what: format!("reload, from the wish to “proved”, {skills}"),
            measured: ms(ours),
            ratio: format!("{} more", ms(more)),
            target: Some((format!("{} more", ms(allowed)), more <= allowed)),
        }
        .print();
    }
}

async fn measure(count: usize) -> (Duration, Duration) {
    let world = World::named("bench");
    skills::many(&world, count);
    let engine = world.start_engine().await;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let name = format!("bare {round}");
        world.write("opencode.json", &json!({ "username": name }).to_string());
        bare.push(by_hand(&engine, &name).await);
        let name = format!("ours {round}");
        world.write("opencode.json", &json!({ "username": name }).to_string());
        ours.push(reloaded(&world).await);
        assert_eq!(engine.get("/config").await["username"], name);
    }
    (median(&ours), median(&bare))
}

async fn by_hand(engine: &Engine, name: &str) -> Duration {
    let disposes = engine.count_disposes().await;
    let began = Instant::now();
    engine.ask(Method::POST, "/instance/dispose", None).await;
    while disposes.so_far() == 0 {
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    let config = engine.get("/config").await;
    for route in ["/skill", "/agent", "/command"] {
        engine.get(route).await;
    }
    let took = began.elapsed();
    assert_eq!(config["username"], name);
    took
}

/// The reload as the command line carries it out: it looks at everything first, which the window has done
/// already when somebody clicks.
async fn reloaded(world: &World) -> Duration {
    let target = connect::by_record(&world.places());
    let never = tokio::sync::mpsc::unbounded_channel().1;
    let began = Instant::now();
    let ended = reload(target, Wish::new(Cause::Command), None, None, never, |_| {}).await;
    let took = began.elapsed();
    assert_eq!(ended.receipt.result, ReceiptResult::Proved, "{:?}", ended.receipt);
    took
}
