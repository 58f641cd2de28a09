//! The difference between what a fresh engine would load and what the running one has loaded.
//!
//! Invariants: `drift(x, x)` is empty; the result depends on nothing but the two sides and the
//! engine's profile.

use serde::{Deserialize, Serialize};

use crate::{Action, Aspect, Fingerprint, Item, ItemId, Kind, Profile, Scope, Snapshot};

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
    pub why: String,
    /// What the engine has, for people; secrets are masked.
    pub before: Option<String>,
    /// What is on disk, for people; secrets are masked.
    pub after: Option<String>,
    /// Why the banner is there because of it.
    pub reason: Reason,
    /// The same for the same change only: a further edit of the item gives another one.
    pub signature: Fingerprint,
}

/// What is on disk and not in the engine, item by item, in the order of the ids.
pub type Drift = Vec<Change>;

/// What `disk` has that `loaded` has not, has otherwise, or still has.
pub fn drift(disk: &Snapshot, loaded: &Snapshot, profile: &Profile) -> Drift {
    loaded
        .pairs(disk)
        .filter_map(|pair| match pair {
            (None, Some(after)) => Some(change(ChangeKind::Added, None, Some(after), after, profile)),
            (Some(before), None) => Some(change(ChangeKind::Removed, Some(before), None, before, profile)),
            (Some(before), Some(after)) if before.declared != after.declared || code_differs(before, after) => {
                Some(change(ChangeKind::Changed, Some(before), Some(after), after, profile))
            }
            _ => None,
        })
        .collect()
}

/// Code counts when both sides know it: an unknown side is no proof of a difference.
fn code_differs(before: &Item, after: &Item) -> bool {
    matches!((&before.code, &after.code), (Some(a), Some(b)) if a != b)
}

fn change(kind: ChangeKind, before: Option<&Item>, after: Option<&Item>, item: &Item, profile: &Profile) -> Change {
    let code = before.zip(after).is_some_and(|(before, after)| code_differs(before, after));
    // A file in the global configuration counts as such also when only the old side was there.
    let places = before.into_iter().chain(after).map(|item| item.place);
    let declared = before.zip(after).is_none_or(|(before, after)| before.declared != after.declared);
    let rule = places
        .flat_map(|place| {
            let aspects = [(declared, Aspect::Declared), (code, Aspect::Code)];
            aspects.into_iter().filter(|(changed, _)| *changed).map(move |(_, aspect)| (place, aspect))
        })
        .map(|(place, aspect)| profile.rule(item.kind, place, aspect, kind))
        .max_by_key(|rule| rule.action)
        .unwrap_or_else(|| profile.rule(item.kind, item.place, Aspect::Declared, kind));
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
        why: rule.why.to_owned(),
        before: before.and_then(|item| item.value.clone()),
        after: after.and_then(|item| item.value.clone()),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Place, Plan};

    fn item(name: &str, declared: u8, code: Option<u8>, place: Place) -> Item {
        Item {
            id: ItemId::new(Kind::Plugin, Scope::Project, name),
            kind: Kind::Plugin,
            name: name.to_owned(),
            scope: Scope::Project,
            source: "/p/opencode.json".to_owned(),
            place,
            value: Some(format!("{name}@{declared}")),
            declared: Fingerprint::of_bytes(&[declared]),
            code: code.map(|code| Fingerprint::of_bytes(&[code])),
        }
    }

    fn profile() -> Profile {
        Profile::for_version("1.18.33")
    }

    #[test]
    fn each_change_is_named_with_its_action() {
        let check = |loaded: Option<Item>, disk: Option<Item>, expected: Option<(ChangeKind, Action, Reason)>| {
            let drift = drift(&disk.into_iter().collect(), &loaded.into_iter().collect(), &profile());
            assert_eq!(drift.first().map(|c| (c.change, c.action, c.reason)), expected);
        };
        let folder = |declared, code| item("a", declared, code, Place::Folder);
        use ChangeKind::*;
        check(None, Some(folder(1, None)), Some((Added, Action::Dispose, Reason::PluginConfigChanged)));
        check(Some(folder(1, None)), None, Some((Removed, Action::Dispose, Reason::PluginConfigChanged)));
        check(
            Some(folder(1, None)),
            Some(folder(2, None)),
            Some((Changed, Action::Dispose, Reason::PluginConfigChanged)),
        );
        check(
            Some(folder(1, Some(1))),
            Some(folder(1, Some(2))),
            Some((Changed, Action::Restart, Reason::PluginCodeChanged)),
        );
        check(Some(folder(1, None)), Some(folder(1, Some(2))), None);
        check(
            None,
            Some(item("a", 1, None, Place::GlobalConfig)),
            Some((Added, Action::Restart, Reason::PluginConfigChanged)),
        );
        check(
            Some(item("a", 1, None, Place::GlobalConfig)),
            Some(item("a", 2, None, Place::InstanceConfig)),
            Some((Changed, Action::Restart, Reason::PluginConfigChanged)),
        );
    }

    /// M3: what needs a reload is in the table. With another one, the same change needs none.
    #[test]
    fn the_table_decides_and_not_the_code() {
        let skill = |declared: u8| Item {
            id: ItemId::new(Kind::Skill, Scope::Project, "s"),
            kind: Kind::Skill,
            ..item("s", declared, None, Place::Folder)
        };
        let check = |profile: Profile, loaded: Option<Item>, disk: Option<Item>, expected: Action| {
            let drift = drift(&disk.into_iter().collect(), &loaded.into_iter().collect(), &profile);
            assert_eq!(drift.len(), 1, "the change is named, whatever it needs");
            assert!(!drift[0].why.is_empty());
            let plan = Plan::new(drift, vec![]);
            assert_eq!((plan.changes[0].action, plan.action), (expected, expected));
            assert_eq!(plan.action.needs_reload(), expected == Action::Dispose);
        };
        let other = Profile::rereads_skills;
        check(profile(), Some(skill(1)), Some(skill(2)), Action::Dispose);
        check(other(), Some(skill(1)), Some(skill(2)), Action::None);
        check(other(), None, Some(skill(1)), Action::Dispose);
        check(other(), Some(skill(1)), None, Action::Dispose);
    }

    fn any_snapshot() -> impl Strategy<Value = Snapshot> {
        let place = prop_oneof![Just(Place::Folder), Just(Place::InstanceConfig), Just(Place::GlobalConfig)];
        let one = ("[a-e]", 0..3u8, proptest::option::of(0..3u8), place);
        proptest::collection::vec(one, 0..6).prop_map(|all| {
            all.iter().map(|(name, declared, code, place)| item(name, *declared, *code, *place)).collect()
        })
    }

    proptest! {
        /// N1: nothing is invented.
        #[test]
        fn a_snapshot_has_no_drift_from_itself(snapshot in any_snapshot()) {
            prop_assert_eq!(drift(&snapshot, &snapshot, &profile()), vec![]);
        }

        /// N1: nothing is forgotten. Applying the drift to the loaded side gives the disk side.
        #[test]
        fn applying_the_drift_gives_the_disk_side(disk in any_snapshot(), loaded in any_snapshot()) {
            let changes = drift(&disk, &loaded, &profile());
            let applied: Snapshot = loaded
                .iter()
                .filter(|item| !changes.iter().any(|change| change.id == item.id))
                .chain(changes.iter().filter_map(|change| disk.get(&change.id)))
                .cloned()
                .collect();
            prop_assert_eq!(drift(&disk, &applied, &profile()), vec![]);
            prop_assert_eq!(applied.len(), disk.len());
        }
    }
}
