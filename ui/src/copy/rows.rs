//! How the items of a list are described.
//!
//! Invariant: each state has one name; why it is so stands beside it or in its tooltip.

use rekindle_domain::{Action, Kind, PluginOrigin, Row, RowState, Scope};

use super::{changes, short_path};

/// The state's tag, as in JSON; also the name of its style.
pub(crate) fn state_word(state: &RowState) -> &'static str {
    match state {
        RowState::Loaded => "loaded",
        RowState::Waiting { .. } => "waiting",
        RowState::Failed { .. } => "failed",
        RowState::Overridden { .. } => "overridden",
        RowState::NotRead { .. } => "not-read",
        RowState::Unknown => "unknown",
    }
}

/// The state, as a pill.
pub(crate) fn state(state: &RowState) -> &'static str {
    match state {
        RowState::Loaded => "Loaded",
        RowState::Waiting { action: Action::Restart, .. } => "Needs restart",
        RowState::Waiting { .. } => "Waiting for reload",
        RowState::Failed { .. } => "Failed to load",
        RowState::Overridden { .. } => "Overridden",
        RowState::NotRead { .. } => "Not read",
        RowState::Unknown => "Unknown",
    }
}

/// What stands beside the state. `directory` is the one that is shown.
pub(crate) fn note(state: &RowState, directory: &str) -> String {
    match state {
        RowState::Loaded | RowState::Unknown => String::new(),
        RowState::Waiting { change, .. } => changes::word(*change).to_owned(),
        RowState::Failed { message } => message.clone(),
        RowState::Overridden { by } => format!("by {}", short_path(by, directory)),
        RowState::NotRead { why } => why.clone(),
    }
}

/// A package's version; files have none.
pub(crate) fn version(row: &Row) -> Option<&str> {
    match row.origin {
        Some(PluginOrigin::Npm) => Some(row.detail.as_deref().unwrap_or("latest")),
        Some(PluginOrigin::Git) => row.detail.as_deref(),
        Some(PluginOrigin::File | PluginOrigin::Found) | None => None,
    }
}

/// Where it comes from and where it is declared; a skill also says what it is for.
pub(crate) fn origin(row: &Row) -> String {
    let origin = row.origin.map(|origin| match origin {
        PluginOrigin::Npm => "npm",
        PluginOrigin::Git => "git",
        PluginOrigin::File | PluginOrigin::Found => "local file",
    });
    let about = row.detail.as_deref().filter(|_| row.kind == Kind::Skill);
    [origin, Some(&row.place), about].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// What an empty list is called, and what to do about it.
pub(crate) fn none(kind: Kind, scope: Scope) -> (&'static str, &'static str) {
    match (kind, scope) {
        (Kind::Skill, Scope::Project) => (
            "No skills in this project",
            "Choose a folder with a SKILL.md and import it. It is copied into this project and found from then on.",
        ),
        (Kind::Skill, Scope::Global) => {
            ("No global skills", "Choose a folder with a SKILL.md and import it. Every project of yours can use it.")
        }
        (_, Scope::Project) => (
            "No plugins in this project",
            "Type the name of an npm package, a path or a git URL above, and add it to this project's configuration.",
        ),
        (_, Scope::Global) => (
            "No global plugins",
            "Type the name of an npm package, a path or a git URL above. Every project of yours loads it.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use rekindle_domain::{ChangeKind, ItemId};

    use super::*;

    #[test]
    fn states_have_names_and_reasons() {
        let check =
            |row: RowState, expected: (&str, &str)| assert_eq!((state(&row), note(&row, "/p").as_str()), expected);
        let waiting = |action| RowState::Waiting { change: ChangeKind::Added, action };
        check(RowState::Loaded, ("Loaded", ""));
        check(waiting(Action::Dispose), ("Waiting for reload", "added"));
        check(waiting(Action::Restart), ("Needs restart", "added"));
        check(RowState::Failed { message: "not found".to_owned() }, ("Failed to load", "not found"));
        check(RowState::Overridden { by: "/g/x".to_owned() }, ("Overridden", "by /g/x"));
        check(RowState::Overridden { by: "/p/x".to_owned() }, ("Overridden", "by x"));
        check(RowState::NotRead { why: "no SKILL.md".to_owned() }, ("Not read", "no SKILL.md"));
        check(RowState::Unknown, ("Unknown", ""));
    }

    #[test]
    fn origins_are_told_where_they_matter() {
        let check = |kind, origin_of, detail: Option<&str>, expected: (Option<&str>, &str)| {
            let row = Row {
                id: ItemId::new(kind, Scope::Project, "x"),
                kind,
                name: "x".to_owned(),
                scope: Scope::Project,
                source: "/p/opencode.jsonc".to_owned(),
                place: "opencode.jsonc".to_owned(),
                origin: origin_of,
                detail: detail.map(str::to_owned),
                layer: "declared".to_owned(),
                state: RowState::Loaded,
                removable: true,
            };
            assert_eq!((version(&row), origin(&row).as_str()), expected);
        };
        check(Kind::Plugin, Some(PluginOrigin::Npm), Some("1.4.0"), (Some("1.4.0"), "npm · opencode.jsonc"));
        check(Kind::Plugin, Some(PluginOrigin::Npm), None, (Some("latest"), "npm · opencode.jsonc"));
        check(Kind::Plugin, Some(PluginOrigin::Found), None, (None, "local file · opencode.jsonc"));
        check(Kind::Plugin, Some(PluginOrigin::Git), None, (None, "git · opencode.jsonc"));
        check(Kind::Skill, None, Some("Cuts releases"), (None, "opencode.jsonc · Cuts releases"));
    }
}
