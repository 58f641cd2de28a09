//! What the commands say of the engine.

use rekindle_domain::{EngineMode, EngineState, EngineView};

use crate::notice::{Front, said};

pub const STARTING: &str = "Starting the engine";
pub const STOPPED: &str = "The engine has stopped.";

/// The engine, in the first line of a status.
pub fn line(view: &EngineView) -> String {
    let mode = match view.mode {
        EngineMode::Host => "host",
        EngineMode::Client => "client",
    };
    let version = view.version.as_deref().unwrap_or("?");
    let url = view.url.as_deref().unwrap_or("");
    match view.state {
        EngineState::Running => format!("Engine {version} is running at {url} ({mode} mode)"),
        EngineState::Starting => match &view.message {
            Some(why) => format!("{}. Wait longer with: --wait SECONDS", said(why, Front::Command)),
            None => format!("Engine is starting or loading plugins ({mode} mode)"),
        },
        EngineState::Stopped => {
            "No engine is running for this directory. Start one with: rekindle engine start".to_owned()
        }
        EngineState::Unreachable => match &view.message {
            Some(why) => format!("Engine at {url} cannot be used: {}", said(why, Front::Command)),
            None => format!("Engine cannot be reached at {url}"),
        },
        EngineState::Unauthorized => {
            format!("Engine at {url} needs a valid password. Set REKINDLE_ENGINE_PASSWORD")
        }
        EngineState::Stuck => {
            "Engine is stuck on a configuration that failed to load. Restart it with: rekindle reload".to_owned()
        }
    }
}

/// How to reach the engine that a record tells of.
pub fn reach(state: EngineState, version: &str, url: &str, process: u32, password_file: &str) -> Vec<String> {
    let first = match state {
        EngineState::Running => format!("Engine {version} is running at {url} (process {process})"),
        EngineState::Starting => format!("Engine {version} is starting (last address: {url})"),
        _ => format!("Engine {version} has stopped (last address: {url})"),
    };
    vec![first, format!("Password file: {password_file}")]
}
