//! What the commands say of edits that are done.

use rekindle_domain::{Kind, Received, Restored, Restoring, UndoChoice, UserError, masked_text};

pub use crate::previews::left_out;
use crate::{
    edits,
    notice::{Front, said},
    previews,
};

/// What can be done next.
pub(super) const NEXT: &str = "Make it live with: rekindle reload. Undo it with: rekindle undo";

/// A plugin is declared.
pub fn added(spec: &str) -> String {
    format!("Added plugin {spec}. {NEXT}")
}

/// MCP servers are declared.
pub fn added_servers(names: &[String], path: &str) -> String {
    let noun = if names.len() == 1 { "server" } else { "servers" };
    format!("Added {noun} {} ({path}). {NEXT}", names.join(", "))
}

/// They are declared exactly so already.
pub fn servers_as_they_are(path: &str) -> String {
    format!("Nothing changed: {path} already declares exactly this.")
}

/// They would be declared there.
pub fn would_add_servers(path: &str) -> String {
    format!("This would be added to {path}:")
}

/// A server is turned on or off.
pub fn switched(name: &str, is_on: bool, path: &str) -> String {
    format!("Turned {name} {} ({path}). {NEXT}", if is_on { "on" } else { "off" })
}

/// A source is being fetched, and looked at.
pub fn fetching(source: &str) -> String {
    format!("Fetching {}…", masked_text(source))
}

/// How much has come.
pub fn received(received: Received) -> String {
    format!("  {}", previews::received(received))
}

/// Skills are turned off or on, by an edit of a file; without one they were so already.
pub fn turned(names: &[String], on: bool, file: Option<&str>) -> String {
    let (names, state) = (names.join(", "), if on { "on" } else { "off" });
    match file {
        Some(file) => format!("Turned {names} {state} in {file}. {NEXT}"),
        None => format!("{names}: already turned {state}."),
    }
}

/// Skills have a name together, or have none any more.
pub fn named_set(name: &str, skills: &[String]) -> String {
    match skills {
        [] => format!("Removed the set “{name}”. Its skills are as they were."),
        _ => format!("{}. Turn them off together with: rekindle skill disable --set {name}", set(name, skills)),
    }
}

/// A set.
pub fn set(name: &str, skills: &[String]) -> String {
    format!("{name}: {}", skills.join(", "))
}

/// A skill is begun.
pub fn begun(path: &str) -> String {
    format!("Created {path}. Edit it, then check it with: rekindle skill check. {NEXT}")
}

/// An agent or a command is begun.
pub fn begun_entry(path: &str) -> String {
    format!("Created {path}. Edit it. {NEXT}")
}

/// The folders of skills are where the engine finds them.
pub fn installed(places: &[String]) -> String {
    match places {
        [place] => format!("Installed skill {place}. {NEXT}"),
        places => format!("Installed {} skills: {}. {NEXT}", places.len(), places.join(", ")),
    }
}

/// A folder of skills is one that the engine does not read.
pub fn not_read(folder: &str) -> String {
    format!("OpenCode does not read {folder}, because its environment turns that off.")
}

/// A skill of a source would not load.
pub fn not_installed(error: &UserError) -> String {
    let path = error.path.as_deref().unwrap_or_default();
    format!("Skipped {path}: {}.", said(&error.what, Front::Command))
}

/// An item is gone.
pub fn removed(kind: Kind, name: &str, path: &str) -> String {
    match kind {
        Kind::Agent | Kind::Command if path.ends_with(".md") => {
            format!("Removed {name}: {path} is in the trash. {NEXT}")
        }
        // Where a folder holds more than the skill, only its SKILL.md is moved.
        Kind::Skill => format!("Removed {name}: {path} is in the trash. {NEXT}"),
        _ => format!("Removed {name} ({path}). {NEXT}"),
    }
}

/// A folder is a skill.
pub fn would_load(name: &str) -> String {
    format!("OpenCode would load it as “{name}”.")
}

/// A change is undone, or left.
pub fn undone(choice: Option<UndoChoice>, path: &str) -> String {
    match choice {
        None => format!("Undid the last change to {path}."),
        Some(UndoChoice::Ours) => format!("Undid only Rekindle's change to {path}."),
        Some(UndoChoice::Before) => format!("Put {path} back to how it was before Rekindle changed it."),
        Some(UndoChoice::Leave) => format!("Left {path} as it is."),
    }
}

/// The last good files are back.
pub fn restored(restored: &Restored) -> Vec<String> {
    let lines = restored.files.iter().map(|file| {
        let what = match file.change {
            Restoring::Replaced => "restored",
            Restoring::BroughtBack => "recreated",
            Restoring::SetAside => "moved to the trash",
        };
        format!("  {}: {what}", file.place)
    });
    let first = edits::restored(restored.files.len());
    [first].into_iter().chain(lines).chain([NEXT.to_owned()]).collect()
}
