//! What an empty list is called, and what to do about it.
//!
//! Invariant: the hint names a step that fills the list.

use rekindle_domain::{Kind, Scope};

/// The words of an empty list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nothing {
    pub title: &'static str,
    pub hint: &'static str,
}

const fn nothing(title: &'static str, hint: &'static str) -> Nothing {
    Nothing { title, hint }
}

pub const NO_MCP: Nothing =
    nothing("No MCP servers", "In the field above, paste the JSON, command or URL from a server's README.");

/// No plugins.
pub fn no_plugins(scope: Scope) -> Nothing {
    match scope {
        Scope::Project => nothing(
            "No plugins in this project",
            "Enter an npm package, a path or a git URL above to add it to this project's configuration.",
        ),
        Scope::Global => nothing(
            "No global plugins",
            "Enter an npm package, a path or a git URL above. OpenCode loads it in every project.",
        ),
    }
}

/// No skills.
pub fn no_skills(scope: Scope) -> Nothing {
    match scope {
        Scope::Project => nothing(
            "No skills in this project",
            "Enter a folder, a repository such as owner/name, or a URL above. Installing copies it into this project.",
        ),
        Scope::Global => nothing(
            "No global skills",
            "Enter a folder, a repository such as owner/name, or a URL above. Installing makes it available in every project.",
        ),
    }
}

/// What a group of the page “Agents & commands” is called, and what to say while it is empty.
pub fn group(kind: Kind) -> (&'static str, Nothing) {
    match kind {
        Kind::Agent => (
            "Agents",
            nothing("No custom agents", "Create one with the button above, or add one under “agent” in opencode.json."),
        ),
        Kind::Command => (
            "Commands",
            nothing(
                "No custom commands",
                "Create one with the button above, or add one under “command” in opencode.json.",
            ),
        ),
        _ => ("Tools", nothing("No custom tools", "Add one as a TypeScript or JavaScript file in .opencode/tools.")),
    }
}
