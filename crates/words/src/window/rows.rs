//! How the items of a list are described.
//!
//! Invariant: each state has one name; why it is so stands beside or below it, never in a tooltip
//! alone.

mod empty;
mod remarks;

use rekindle_domain::{Kind, PluginOrigin, Row, RowState, Scope, Workspace};

pub use self::{
    empty::{NO_MCP, Nothing, group, no_plugins, no_skills},
    remarks::{Remark, Weight, remarks},
};
use super::{changes, short_path};
use crate::{
    items,
    notice::{Front, said},
    text::capital,
};

/// The state's tag, as in JSON; also the name of its style.
pub fn state_word(state: &RowState) -> &'static str {
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
pub fn state(state: &RowState, workspace: &Workspace) -> String {
    capital(&items::state(state, |path| short_path(path, workspace)))
}

/// The word or two beside the state. `asked`: the engine could be asked.
pub fn note(kind: Kind, state: &RowState, asked: bool) -> &'static str {
    match state {
        RowState::Waiting { change, .. } => changes::word(*change),
        // It tells of servers once each has connected or failed.
        RowState::Unknown if asked && kind == Kind::Mcp => items::NOT_REPORTED_YET,
        RowState::Unknown if asked => "not reported by the engine",
        RowState::Unknown => "the engine is unavailable",
        RowState::Loaded | RowState::Failed { .. } | RowState::Overridden { .. } | RowState::NotRead { .. } => "",
    }
}

/// Since when it is so.
pub fn since(time: &str) -> String {
    format!("since {time}")
}

/// A package's version; files have none.
pub fn version(row: &Row) -> Option<String> {
    match row.origin {
        Some(PluginOrigin::Npm) => Some(about(row).unwrap_or_else(|| "latest".to_owned())),
        Some(PluginOrigin::Git) => about(row),
        Some(PluginOrigin::File | PluginOrigin::Found) | None => None,
    }
}

/// Where it comes from and where it is declared, and what it is for. Where a list has both scopes,
/// the global one is named.
pub fn origin(row: &Row) -> String {
    let scope = match (row.kind, row.scope) {
        (Kind::Plugin | Kind::Skill, _) | (_, Scope::Project) => None,
        (_, Scope::Global) => Some("global"),
    };
    let origin = row.origin.map(|origin| match origin {
        PluginOrigin::Npm => "npm",
        PluginOrigin::Git => "git",
        PluginOrigin::File | PluginOrigin::Found => "local file",
    });
    // A value as it stands in a file is for its difference, not for a line.
    let about = about(row).filter(|about| row.kind != Kind::Plugin && !about.starts_with('{'));
    let place = Some(row.place.as_str()).filter(|place| !place.is_empty());
    [scope, origin, place, about.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn about(row: &Row) -> Option<String> {
    row.detail.as_ref().map(|detail| said(detail, Front::Window))
}

/// What a row's button does, for those who hear it: `Open linear: opencode.json`.
pub fn action(action: &str, row: &Row) -> String {
    match row.place.as_str() {
        "" => format!("{action} {}", row.name),
        place => format!("{action} {}: {place}", row.name),
    }
}

#[cfg(test)]
mod tests {
    use rekindle_domain::{Action, ChangeKind};

    use super::*;
    use crate::window::banner::fixture;

    #[test]
    fn states_have_names_and_notes() {
        let check = |row: RowState, asked, expected: (&str, &str)| {
            let workspace = fixture::workspace("/p", "/p");
            assert_eq!((state(&row, &workspace).as_str(), note(Kind::Plugin, &row, asked)), expected);
        };
        let waiting = |action| RowState::Waiting { change: ChangeKind::Added, action };
        check(RowState::Loaded, true, ("Loaded", ""));
        check(waiting(Action::Dispose), true, ("Waiting for reload", "added"));
        check(waiting(Action::Restart), true, ("Needs restart", "added"));
        check(RowState::Failed { message: "not found".into() }, true, ("Failed to load", ""));
        check(RowState::Overridden { by: "/g/x".to_owned() }, true, ("Overridden by /g/x", ""));
        check(RowState::Overridden { by: "/p/x".to_owned() }, true, ("Overridden by x", ""));
        check(RowState::NotRead { why: "no SKILL.md".into() }, true, ("Not read", ""));
        check(RowState::Unknown, true, ("Unknown", "not reported by the engine"));
        check(RowState::Unknown, false, ("Unknown", "the engine is unavailable"));
        assert_eq!(note(Kind::Mcp, &RowState::Unknown, true), "not reported yet");
    }

    #[test]
    fn origins_are_told_where_they_matter() {
        let check = |kind, origin_of, detail: Option<&str>, expected: (Option<&str>, &str)| {
            let row = Row { origin: origin_of, detail: detail.map(Into::into), ..fixture::row(kind, "x") };
            assert_eq!((version(&row).as_deref(), origin(&row).as_str()), expected);
        };
        check(Kind::Plugin, Some(PluginOrigin::Npm), Some("1.4.0"), (Some("1.4.0"), "npm · opencode.jsonc"));
        check(Kind::Plugin, Some(PluginOrigin::Npm), None, (Some("latest"), "npm · opencode.jsonc"));
        check(Kind::Plugin, Some(PluginOrigin::Found), None, (None, "local file · opencode.jsonc"));
        check(Kind::Plugin, Some(PluginOrigin::Git), None, (None, "git · opencode.jsonc"));
        check(Kind::Skill, None, Some("Cuts releases"), (None, "opencode.jsonc · Cuts releases"));
        check(Kind::Agent, None, Some("Reviews"), (None, "opencode.jsonc · Reviews"));
        check(Kind::Agent, None, Some("{\"prompt\":\"x\"}"), (None, "opencode.jsonc"));
    }

    #[test]
    fn the_scope_is_named_where_a_list_has_both() {
        let check = |kind, scope, expected| {
            assert_eq!(origin(&Row { scope, ..fixture::row(kind, "x") }), expected);
        };
        check(Kind::Mcp, Scope::Project, "opencode.jsonc");
        check(Kind::Mcp, Scope::Global, "global · opencode.jsonc");
        check(Kind::Skill, Scope::Global, "opencode.jsonc");
    }
}
