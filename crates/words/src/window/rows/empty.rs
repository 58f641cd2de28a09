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

pub const NO_MCP: Nothing = nothing(
    "No MCP servers",
    "Declare one under “mcp” in opencode.json. It is listed here as soon as the file is saved.",
);

/// No plugins.
pub fn no_plugins(scope: Scope) -> Nothing {
    match scope {
        Scope::Project => nothing(
            "No plugins in this project",
            "Type the name of an npm package, a path or a git URL above, and add it to this project's configuration.",
        ),
        Scope::Global => nothing(
            "No global plugins",
            "Type the name of an npm package, a path or a git URL above. Every project of yours loads it.",
        ),
    }
}

/// No skills.
pub fn no_skills(scope: Scope) -> Nothing {
    match scope {
        Scope::Project => nothing(
            "No skills in this project",
            "Choose a folder with a SKILL.md and import it. It is copied into this project and found from then on.",
        ),
        Scope::Global => nothing(
            "No global skills",
            "Choose a folder with a SKILL.md and import it. Every project of yours can use it.",
        ),
    }
}

/// What a group of the page “Agents & commands” is called, and what to say while it is empty.
pub fn group(kind: Kind) -> (&'static str, Nothing) {
    match kind {
        Kind::Agent => (
            "Agents",
            nothing(
                "No agents of your own",
                "Declare one under “agent” in opencode.json, or write it as a Markdown file in .opencode/agents.",
            ),
        ),
        Kind::Command => (
            "Commands",
            nothing(
                "No commands of your own",
                "Declare one under “command” in opencode.json, or write it as a Markdown file in .opencode/commands.",
            ),
        ),
        _ => (
            "Tools",
            nothing("No tools of your own", "Write one as a TypeScript or JavaScript file in .opencode/tools."),
        ),
    }
}
