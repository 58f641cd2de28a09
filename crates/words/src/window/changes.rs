//! How pending changes are told.
//!
//! Invariant: a change is always named by kind and scope, so that two items of the same name can be
//! told apart.

use rekindle_domain::{Action, Change, ChangeKind, Kind, ReloadStatus};

use super::scope;
use crate::text::{be, counted, file_name};

/// The sign in front of a change.
pub fn sign(change: ChangeKind) -> &'static str {
    match change {
        ChangeKind::Added => "+",
        ChangeKind::Changed => "~",
        ChangeKind::Removed => "−",
    }
}

/// The same as a word, also the name of its style.
pub fn word(change: ChangeKind) -> &'static str {
    match change {
        ChangeKind::Added => "added",
        ChangeKind::Changed => "changed",
        ChangeKind::Removed => "removed",
    }
}

/// What an item is called.
pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Plugin => "Plugin",
        Kind::Skill => "Skill",
        Kind::Mcp => "MCP server",
        Kind::Agent => "Agent",
        Kind::Command => "Command",
        Kind::Tool => "Tool",
        Kind::Config => "Setting",
        Kind::Instructions => "Instructions",
    }
}

/// `Plugin · project`.
pub fn subject(change: &Change) -> String {
    format!("{} · {}", kind(change.kind), scope(change.scope).to_lowercase())
}

/// What changed: a plugin's spec, because it has the version; anything else by name.
pub fn name(change: &Change) -> &str {
    match change.kind {
        Kind::Plugin => change.after.as_ref().or(change.before.as_ref()).unwrap_or(&change.name),
        _ => &change.name,
    }
}

/// How it was, or how its value moved; `None` where there is nothing to tell, or more than a line
/// holds: then the difference tells it.
pub fn value(change: &Change) -> Option<String> {
    let fits = |value: &Option<String>| value.as_ref().is_none_or(|value| is_short(value));
    match (change.kind, &change.before, &change.after) {
        (Kind::Plugin, ..) if change.runs_before.is_some() => {
            change.runs_before.as_ref().map(|other| format!("runs before {other}"))
        }
        (_, before, after) if before == after => None,
        (Kind::Plugin, Some(before), Some(_)) => Some(format!("was {before}")),
        (Kind::Plugin | Kind::Skill | Kind::Mcp | Kind::Agent | Kind::Command | Kind::Tool, ..) => None,
        (_, before, after) if !fits(before) || !fits(after) => None,
        (_, Some(before), Some(after)) => Some(format!("{before} → {after}")),
        (_, None, Some(after)) => Some(after.clone()),
        (_, _, None) => None,
    }
}

fn is_short(value: &str) -> bool {
    value.chars().count() <= 40 && !value.contains('\n')
}

/// The file a change is in; where the engine does not read it, that.
pub fn tag(change: &Change) -> &str {
    if change.action == Action::NeverRead { "not read" } else { file_name(&change.source) }
}

/// The changes that a reload makes live: `3 changes`, `1 plugin change`.
pub fn number(changes: &[Change]) -> String {
    let mut kinds: Vec<_> = changes.iter().map(|change| change.kind).collect();
    kinds.dedup();
    let noun = match kinds.as_slice() {
        [Kind::Plugin] => "plugin change",
        [Kind::Skill] => "skill change",
        [Kind::Mcp] => "MCP server change",
        [Kind::Agent] => "agent change",
        [Kind::Command] => "command change",
        [Kind::Tool] => "tool change",
        _ => "change",
    };
    counted(changes.len(), noun)
}

/// The title of the list on the overview.
pub fn summary(changes: &[Change]) -> String {
    format!("{} {} waiting for a reload.", number(changes), be(changes.len()))
}

/// A message to whoever runs the engine.
pub fn request(host: &str, status: &ReloadStatus) -> String {
    let verb = if status.action == Action::Restart { "restart" } else { "reload" };
    let lines: Vec<_> = status
        .changes
        .iter()
        .map(|change| {
            format!("{} {}: {} ({})", sign(change.change), subject(change), name(change), file_name(&change.source))
        })
        .collect();
    let changes = match lines.as_slice() {
        [] => String::new(),
        lines => format!("These changes are on disk but not loaded yet:\n{}\n", lines.join("\n")),
    };
    format!("Please {verb} the OpenCode engine at {host} for {}.\n{changes}", status.directory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::banner::fixture;

    #[test]
    fn changes_are_counted_by_kind() {
        let check = |kinds: &[Kind], expected| {
            let changes: Vec<_> = kinds.iter().map(|kind| fixture::change(*kind, ChangeKind::Added, "a")).collect();
            assert_eq!(number(&changes), expected);
        };
        check(&[Kind::Plugin], "1 plugin change");
        check(&[Kind::Skill, Kind::Skill], "2 skill changes");
        check(&[Kind::Plugin, Kind::Skill, Kind::Plugin], "3 changes");
        check(&[Kind::Config], "1 change");
    }

    #[test]
    fn values_are_told_where_they_say_something() {
        let check = |kind, before: Option<&str>, after: Option<&str>, expected: (&str, Option<&str>)| {
            let mut change = fixture::change(kind, ChangeKind::Changed, "x");
            change.before = before.map(str::to_owned);
            change.after = after.map(str::to_owned);
            assert_eq!((name(&change), value(&change).as_deref()), expected);
        };
        check(Kind::Plugin, None, Some("x@2"), ("x@2", None));
        check(Kind::Plugin, Some("x@1"), Some("x@2"), ("x@2", Some("was x@1")));
        check(Kind::Plugin, Some("x@1"), Some("x@1"), ("x@1", None));
        check(Kind::Plugin, Some("x@1"), None, ("x@1", None));
        check(Kind::Config, Some("a"), Some("b"), ("x", Some("a → b")));
        check(Kind::Skill, None, Some("about"), ("x", None));
        check(Kind::Config, Some("a"), Some("b\nc"), ("x", None));
        check(Kind::Mcp, Some("a"), Some("b"), ("x", None));
        let mut change = fixture::change(Kind::Plugin, ChangeKind::Changed, "x");
        change.runs_before = Some("y".to_owned());
        assert_eq!(value(&change).as_deref(), Some("runs before y"));
    }

    #[test]
    fn a_request_names_each_change() {
        let status = fixture::status(vec![
            fixture::change(Kind::Plugin, ChangeKind::Added, "a@1"),
            fixture::change(Kind::Mcp, ChangeKind::Removed, "linear"),
        ]);
        assert_eq!(
            request("box:4096", &status),
            "Please reload the OpenCode engine at box:4096 for /p.\n\
             These changes are on disk but not loaded yet:\n\
             + Plugin · project: a@1 (opencode.jsonc)\n\
             − MCP server · project: linear (opencode.jsonc)\n"
        );
    }
}
