//! How the engine is called and described.
//!
//! Invariant: each state of the engine has one name, on the card, on the overview and in banners.

use rekindle_domain::{EngineMode, EngineState, EngineView};

/// The engine's state, as a headline.
pub fn state(state: EngineState) -> &'static str {
    match state {
        EngineState::Running => "Engine running",
        EngineState::Starting => "Engine starting…",
        EngineState::Stopped => "Engine stopped",
        EngineState::Unreachable => "Engine not responding",
        EngineState::Unauthorized => "Engine needs a password",
        EngineState::Stuck => "Engine stuck",
    }
}

/// The state's word, as in the command line's JSON.
pub fn state_word(state: EngineState) -> &'static str {
    match state {
        EngineState::Running => "running",
        EngineState::Starting => "starting",
        EngineState::Stopped => "stopped",
        EngineState::Unreachable => "unreachable",
        EngineState::Unauthorized => "unauthorized",
        EngineState::Stuck => "stuck",
    }
}

/// Whose the engine is.
pub fn mode(mode: EngineMode) -> &'static str {
    match mode {
        EngineMode::Host => "Host",
        EngineMode::Client => "Client",
    }
}

/// The same with what it means.
pub fn mode_explained(mode: EngineMode) -> &'static str {
    match mode {
        EngineMode::Host => "Host: Rekindle started it",
        EngineMode::Client => "Client: someone else runs it",
    }
}

/// An address without its scheme.
pub fn address(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/')
}

/// `Host · 1.18.33 · 127.0.0.1:4096`, as far as it is known.
pub fn line(engine: &EngineView) -> String {
    let parts = [Some(mode(engine.mode)), engine.version.as_deref(), engine.url.as_deref().map(address)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// What the overview tells about the engine: label and value.
pub fn facts(engine: &EngineView) -> [(&'static str, String); 4] {
    let known = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
    [
        ("Mode", mode_explained(engine.mode).to_owned()),
        ("Version", known(engine.version.clone())),
        ("Address", known(engine.url.as_deref().map(|url| address(url).to_owned()))),
        ("Process", known(engine.pid.map(|pid| pid.to_string()))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_what_is_known() {
        let check = |version: Option<&str>, url: Option<&str>, expected| {
            let engine = EngineView {
                mode: EngineMode::Host,
                url: url.map(str::to_owned),
                version: version.map(str::to_owned),
                pid: None,
                state: EngineState::Running,
                message: None,
            };
            assert_eq!(line(&engine), expected);
        };
        check(Some("1.18.33"), Some("http://127.0.0.1:4096/"), "Host · 1.18.33 · 127.0.0.1:4096");
        check(None, Some("https://build-box.local"), "Host · build-box.local");
        check(None, None, "Host");
    }
}
