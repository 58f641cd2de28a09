//! What a reload would do.
//!
//! Invariant: every part begins with a verb, so that it reads as a line and as a heading.

use rekindle_domain::Action;

pub const INTERRUPTS: &str = "Interrupts";
pub const SERVERS: &str = "Reconnects MCP servers";
pub const ENDS: &str = "Drops MCP servers that no file declares";
pub const RETURNS: &str = "Turns MCP servers back on";
pub const DIRECTORIES: &str = "Affects other directories";
pub const PACKAGES: &str = "Installs packages first";

/// What it does to the engine.
pub fn action(action: Action) -> &'static str {
    match action {
        Action::Restart => "restarts the engine",
        Action::None | Action::Dispose | Action::NeverRead => "disposes the instance",
    }
}
