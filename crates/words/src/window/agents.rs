//! Creating agents and commands.

use rekindle_domain::{AgentMode, Kind};

pub const NAME: &str = "Name";
pub const DESCRIPTION: &str = "Description";
pub const MODE: &str = "Where it can be used";
pub const CREATE: &str = "Create";

/// The button that begins one; nothing where Rekindle creates none.
pub fn new(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Agent => Some("New agent…"),
        Kind::Command => Some("New command…"),
        _ => None,
    }
}

/// What the form is called.
pub fn title(kind: Kind) -> &'static str {
    if kind == Kind::Agent { "New agent" } else { "New command" }
}

/// What becomes of what is typed.
pub fn advice(kind: Kind) -> &'static str {
    match kind {
        Kind::Agent => "Creates a Markdown file with a template. Open it to say what the agent should do.",
        _ => "Creates a Markdown file with a template. Open it to say what /NAME should do.",
    }
}

/// Where an agent can be used.
pub fn mode(mode: AgentMode) -> &'static str {
    match mode {
        AgentMode::Primary => "Primary",
        AgentMode::Subagent => "Subagent",
        AgentMode::All => "Both",
    }
}

/// It is there.
pub fn created(name: &str) -> String {
    format!("Created {name}")
}
