//! The difference between what a fresh engine would load and what the running one has loaded.
//!
//! Invariants: `drift(x, x)` is empty; the result depends on nothing but the two sides and the
//! engine's habits.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Action, Aspect, Fingerprint, Habits, Item, ItemId, Kind, Notice, Scope, Snapshot};

/// What happened to an item on disk since the engine loaded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It is on disk, and the engine does not have it.
    Added,
    /// The engine has it otherwise.
    Changed,
    /// The engine has it, and it is no longer on disk.
    Removed,
}

/// Why the banner is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A plugin was declared, declared otherwise, or is no longer declared.
    PluginConfigChanged,
    /// The code of a loaded plugin changed.
    PluginCodeChanged,
    /// Skills changed.
    SkillsChanged,
    /// MCP servers changed.
    McpChanged,
    /// Agents changed.
    AgentsChanged,
    /// Commands changed.
    CommandsChanged,
    /// Tools changed.
    ToolsChanged,
    /// Another part of the configuration changed.
    ConfigChanged,
}

/// One item of the drift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which item.
    pub id: ItemId,
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// What happened to it.
    pub change: ChangeKind,
    /// Whom it is for.
    pub scope: Scope,
    /// The absolute path of the file that declares or holds it.
    pub source: String,
    /// What makes the change take effect.
    pub action: Action,
    /// Why that, in a sentence for people.
    pub why: Notice,
    /// What the engine has, for people; secrets are masked.
    pub before: Option<String>,
    /// What is on disk, for people; secrets are masked.
    pub after: Option<String>,
    /// The plugin before which the engine runs this one, although the files put this one after that one.
    #[serde(rename = "runsBefore")]
    pub runs_before: Option<String>,
    /// Why the banner is there because of it.
    pub reason: Reason,
    /// The same for the same change only: a further edit of the item gives another one.
    pub signature: Fingerprint,
}

/// What is on disk and not in the engine, item by item, in the order of the ids. Shared: it may be long, and stands in a plan,
/// in a status and in a phase.
pub type Drift = Arc<[Change]>;

/// What `disk` has that `loaded` has not, has otherwise, or still has.
pub fn drift(disk: &Snapshot, loaded: &Snapshot, habits: &impl Habits) -> Vec<Change> {
    loaded
        .pairs(disk)
        .filter_map(|pair| match pair {
            (None, Some(after)) => Some(change(ChangeKind::Added, None, Some(after), after, habits)),
            (Some(before), None) => Some(change(ChangeKind::Removed, Some(before), None, before, habits)),
            (Some(before), Some(after)) if before.declared != after.declared || code_differs(before, after) => {
                Some(change(ChangeKind::Changed, Some(before), Some(after), after, habits))
            }
            _ => None,
        })
        .collect()
}

/// Code counts when both sides know it: an unknown side is no proof of a difference.
fn code_differs(before: &Item, after: &Item) -> bool {
    matches!((&before.code, &after.code), (Some(a), Some(b)) if a != b)
}

fn change(kind: ChangeKind, before: Option<&Item>, after: Option<&Item>, item: &Item, habits: &impl Habits) -> Change {
    let code = before.zip(after).is_some_and(|(before, after)| code_differs(before, after));
    // A file in the global configuration counts as such also when only the old side was there.
    let places = before.into_iter().chain(after).map(|item| item.place);
    let declared = before.zip(after).is_none_or(|(before, after)| before.declared != after.declared);
    let rule = places
        .flat_map(|place| {
            let aspects = [(declared, Aspect::Declared), (code, Aspect::Code)];
            aspects.into_iter().filter(|(changed, _)| *changed).map(move |(_, aspect)| (place, aspect))
        })
        .map(|(place, aspect)| habits.rule(item.kind, place, aspect, kind))
        .max_by_key(|rule| rule.action)
        .unwrap_or_else(|| habits.rule(item.kind, item.place, Aspect::Declared, kind));
    let signature = |item: Option<&Item>| {
        item.map(|item| {
            format!("{}{}", item.declared.as_str(), item.code.as_ref().map(Fingerprint::as_str).unwrap_or_default())
        })
    };
    Change {
        id: item.id.clone(),
        kind: item.kind,
        name: item.name.clone(),
        change: kind,
        scope: item.scope,
        source: item.source.clone(),
        action: rule.action,
        why: rule.why.into(),
        before: before.and_then(|item| item.value.clone()),
        after: after.and_then(|item| item.value.clone()),
        runs_before: before.and_then(|item| item.runs_before.clone()),
        reason: reason(item.kind, code && !declared),
        signature: Fingerprint::of_parts(&[
            item.id.as_str(),
            &signature(before).unwrap_or_default(),
            &signature(after).unwrap_or_default(),
        ]),
    }
}

fn reason(kind: Kind, code_only: bool) -> Reason {
    match kind {
        Kind::Plugin if code_only => Reason::PluginCodeChanged,
        Kind::Plugin => Reason::PluginConfigChanged,
        Kind::Skill => Reason::SkillsChanged,
        Kind::Mcp => Reason::McpChanged,
        Kind::Agent => Reason::AgentsChanged,
        Kind::Command => Reason::CommandsChanged,
        Kind::Tool => Reason::ToolsChanged,
        Kind::Config | Kind::Instructions => Reason::ConfigChanged,
    }
}
