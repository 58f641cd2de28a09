//! What was measured, and what follows from it for a difference.

use proptest::prelude::*;
use rekindle_domain::{Fingerprint, Item, ItemId, Notice, Plan, Reason, Scope, Snapshot, drift};

use super::*;

use ChangeKind::{Added, Changed, Removed};

#[test]
fn rows_say_what_was_measured() {
    let check = |kind, place, aspect, expected| {
        for change in [Added, Changed, Removed] {
            let rule = Profile::for_version("1.18.33").rule(kind, place, aspect, change);
            assert_eq!(rule.action, expected, "{kind:?} {place:?} {aspect:?} {change:?}");
        }
    };
    check(Kind::Plugin, Place::InstanceConfig, Aspect::Declared, Action::Dispose);
    check(Kind::Plugin, Place::Folder, Aspect::Declared, Action::Dispose);
    check(Kind::Plugin, Place::GlobalConfig, Aspect::Declared, Action::Restart);
    check(Kind::Plugin, Place::Folder, Aspect::Code, Action::Restart);
    check(Kind::Skill, Place::Folder, Aspect::Declared, Action::Dispose);
    check(Kind::Mcp, Place::GlobalConfig, Aspect::Declared, Action::Restart);
    check(Kind::Config, Place::InstanceConfig, Aspect::Declared, Action::Dispose);
    check(Kind::Instructions, Place::InstanceConfig, Aspect::Declared, Action::Dispose);
    check(Kind::Instructions, Place::GlobalConfig, Aspect::Declared, Action::Restart);
    check(Kind::Instructions, Place::Folder, Aspect::Support, Action::None);
    check(Kind::Skill, Place::Folder, Aspect::Support, Action::None);
    check(Kind::Tool, Place::Folder, Aspect::Declared, Action::Dispose);
    check(Kind::Tool, Place::Folder, Aspect::Code, Action::Restart);
}

#[test]
fn the_nearest_profile_is_taken_and_says_so() {
    let all: &[Series] = &[([1, 18, 0], [1, 19, 0], "1.18.33", &[]), ([1, 20, 0], [2, 0, 0], "1.21.4", &[])];
    let check = |version, measured_on, fit| {
        let profile = choose(all, version);
        assert_eq!((profile.measured_on, profile.fit), (measured_on, fit), "{version:?}");
    };
    check("1.18.0", "1.18.33", Fit::Measured);
    check("v1.18.40", "1.18.33", Fit::Measured);
    check("1.18.33-beta.2", "1.18.33", Fit::Measured);
    check("1.20.0+build.7", "1.21.4", Fit::Measured);
    check("1.9.100", "1.18.33", Fit::Nearest);
    check("1.19.2", "1.18.33", Fit::Nearest);
    check("2.0.0", "1.21.4", Fit::Nearest);
    for unreadable in ["", "latest", "1.18", "1.18.x", "1.18.33.7", "99999999999.0.0"] {
        check(unreadable, "1.21.4", Fit::Nearest);
    }
}

#[test]
fn a_version_that_nobody_measured_is_told() {
    let check = |version: &str, is_told: bool| {
        let expected = HabitNotice::NotMeasured { version: version.to_owned(), by: "1.18.33".to_owned() };
        assert_eq!(Profile::for_version(version).caveat(version), is_told.then_some(expected));
    };
    check("1.18.33", false);
    check("1.20.0", true);
    check("", true);
}

#[test]
fn another_table_gives_another_answer() {
    let skill = |change| {
        let rule = |profile: Profile| profile.rule(Kind::Skill, Place::Folder, Aspect::Declared, change).action;
        (rule(Profile::for_version("1.18.33")), rule(Profile::rereads_skills()))
    };
    assert_eq!(skill(Changed), (Action::Dispose, Action::None));
    assert_eq!(skill(Added), (Action::Dispose, Action::Dispose));
    assert_eq!(skill(Removed), (Action::Dispose, Action::Dispose));
    let code = Profile::rereads_skills().rule(Kind::Plugin, Place::Folder, Aspect::Code, Changed);
    assert_eq!(code.action, Action::Restart, "what the first table does not name, the second does");
}

fn item(name: &str, declared: u8, code: Option<u8>, place: Place) -> Item {
    Item {
        id: ItemId::new(Kind::Plugin, Scope::Project, name),
        kind: Kind::Plugin,
        name: name.to_owned(),
        scope: Scope::Project,
        source: "/p/opencode.json".to_owned(),
        place,
        value: Some(format!("{name}@{declared}")),
        runs_before: None,
        declared: Fingerprint::of_bytes(&[declared]),
        code: code.map(|code| Fingerprint::of_bytes(&[code])),
    }
}

fn profile() -> Profile {
    Profile::newest()
}

#[test]
fn each_change_is_named_with_its_action() {
    let check = |loaded: Option<Item>, disk: Option<Item>, expected: Option<(ChangeKind, Action, Reason)>| {
        let drift = drift(&disk.into_iter().collect(), &loaded.into_iter().collect(), &profile());
        assert_eq!(drift.first().map(|c| (c.change, c.action, c.reason)), expected);
    };
    let folder = |declared, code| item("a", declared, code, Place::Folder);
    check(None, Some(folder(1, None)), Some((Added, Action::Dispose, Reason::PluginConfigChanged)));
    check(Some(folder(1, None)), None, Some((Removed, Action::Dispose, Reason::PluginConfigChanged)));
    check(Some(folder(1, None)), Some(folder(2, None)), Some((Changed, Action::Dispose, Reason::PluginConfigChanged)));
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
        assert!(matches!(drift[0].why, Notice::Habit(_)), "{drift:?}");
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
    proptest::collection::vec(one, 0..6)
        .prop_map(|all| all.iter().map(|(name, declared, code, place)| item(name, *declared, *code, *place)).collect())
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
