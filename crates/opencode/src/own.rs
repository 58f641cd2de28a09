//! The agents and commands that the engine has of itself.
//!
//! Source: `docs/engine.md`, "Agents and commands of its own"; `tests/end_to_end/agents.rs` asks the engine again.

use rekindle_domain::{Kind, OwnEntry};

/// The agents that a person can turn off.
const AGENTS: [&str; 4] = ["build", "plan", "general", "explore"];
/// Those of them to which a prompt can go.
pub const PRIMARY_AGENTS: [&str; 2] = ["build", "plan"];
/// The agents that the engine uses itself, and shows to nobody.
const INNER_AGENTS: [&str; 3] = ["compaction", "summary", "title"];
/// The commands.
const COMMANDS: [&str; 2] = ["init", "review"];

/// What the engine has of itself by this name.
pub fn own(kind: Kind, name: &str) -> Option<OwnEntry> {
    match kind {
        Kind::Agent if AGENTS.contains(&name) => Some(OwnEntry::Agent),
        Kind::Agent if INNER_AGENTS.contains(&name) => Some(OwnEntry::InnerAgent),
        Kind::Command if COMMANDS.contains(&name) => Some(OwnEntry::Command),
        _ => None,
    }
}

/// The names of the engine's own agents or commands.
pub fn own_names(kind: Kind) -> Vec<&'static str> {
    match kind {
        Kind::Agent => AGENTS.iter().chain(&INNER_AGENTS).copied().collect(),
        Kind::Command => COMMANDS.to_vec(),
        _ => Vec::new(),
    }
}

/// How the engine writes the name of an MCP server in front of the commands that its prompts become: `my_srv_x:do_it_`.
pub fn server_in_command(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' };
    name.chars().map(letter).collect()
}
