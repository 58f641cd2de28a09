//! Facts about the engine on which decisions rest, asked of the engine itself: see `docs/engine.md`.

mod canary;
mod code;
mod global;
mod servers;
mod start;

use std::path::Path;

use rekindle_tests::{raw::RawEngine, world::World};
use reqwest::Method;
use serde_json::{Value, json};

/// An engine in a world of its own, with nothing of Rekindle around it.
async fn engine(world: &World) -> RawEngine {
    RawEngine::start(world.project(), &world.environment()).await
}

/// A key of the configuration that a directory has.
async fn configured(engine: &RawEngine, directory: &Path, key: &str) -> Value {
    let (status, config) = engine.ask(Method::GET, "/config", directory).await;
    assert_eq!(status, 200, "{config}");
    config[key].clone()
}

/// Asks the engine to write into its global file; the status.
async fn patch(engine: &RawEngine, directory: &Path, patch: Value) -> u16 {
    engine.tell(Method::PATCH, "/global/config", directory, patch).await.0
}

/// The pair of patches that makes the engine read its global files again.
async fn read_again(engine: &RawEngine, directory: &Path) {
    for shell in ["/bin/sh", ""] {
        assert_eq!(patch(engine, directory, json!({ "shell": shell })).await, 200);
    }
}
