//! What can be done with an item, and what was.

use rekindle_domain::{Deed, Keep};

/// The button that leads to them.
pub const MORE: &str = "More";

/// A deed, as a choice.
pub fn deed(deed: Deed) -> &'static str {
    match deed {
        Deed::Update => "Update…",
        Deed::Edit => "Edit…",
        Deed::Pin => "Pin to the installed version",
        Deed::Unpin => "Unpin",
        Deed::Reinstall => "Reinstall",
    }
}

/// It is done at once.
pub fn done(deed: Deed, name: &str) -> String {
    match deed {
        Deed::Update => format!("Updated {name}"),
        Deed::Edit => format!("Saved {name}"),
        Deed::Pin => format!("Pinned {name}"),
        Deed::Unpin => format!("Unpinned {name}"),
        Deed::Reinstall => format!("Moved OpenCode's copy of {name} to the trash"),
    }
}

/// What became of an update of a skill.
pub fn updated(name: &str, keep: Option<Keep>) -> String {
    match keep {
        Some(Keep::Mine) => format!("Kept {name} as it is"),
        Some(Keep::Theirs) | None => done(Deed::Update, name),
    }
}
