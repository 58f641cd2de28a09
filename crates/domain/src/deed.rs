//! What can be done with an item beside turning it on or off and removing it.
//!
//! Invariant: only what can be done with it as it is now is among them.

use serde::{Deserialize, Serialize};

use crate::{Kind, Notice, PluginOrigin, Row, RowState};

/// Something that can be done with an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Looking for a newer version of it.
    Update,
    /// Changing what it says.
    Edit,
    /// Declaring the version that the engine keeps.
    Pin,
    /// Declaring no version.
    Unpin,
    /// Having the engine install it again.
    Reinstall,
}

impl Row {
    /// What can be done with it, in the order in which it is offered.
    pub fn deeds(&self) -> Vec<Deed> {
        let is_used = self.removable && !matches!(self.state, RowState::Overridden { .. });
        let mut deeds = Vec::new();
        match (self.kind, self.origin) {
            (Kind::Skill, _) if is_used => {
                deeds.extend(self.from.is_some().then_some(Deed::Update));
                deeds.extend((!matches!(self.state, RowState::NotRead { .. })).then_some(Deed::Edit));
            }
            (Kind::Plugin, Some(origin @ (PluginOrigin::Npm | PluginOrigin::Git))) if is_used => {
                let version = match &self.detail {
                    Some(Notice::Verbatim(version)) => Some(version.as_str()),
                    _ => None,
                };
                if origin == PluginOrigin::Npm && version.is_none_or(is_of_registry) {
                    let pin = if version.is_some_and(is_exact) { Deed::Unpin } else { Deed::Pin };
                    deeds.extend([Deed::Update, pin]);
                }
                deeds.push(Deed::Reinstall);
            }
            _ => {}
        }
        deeds
    }
}

/// Whether a registry knows of versions: a package under another name has them, an address has none.
fn is_of_registry(version: &str) -> bool {
    version.strip_prefix("npm:").is_some() || !version.contains([':', '/'])
}

/// Whether it is a single version: `1.2.3`, `npm:name@1.2.3`.
fn is_exact(version: &str) -> bool {
    let version = version.rsplit('@').next().unwrap_or(version);
    let version = version.strip_prefix('v').unwrap_or(version);
    let numbers = version.split(['-', '+']).next().unwrap_or(version);
    let is_number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    numbers.split('.').count() == 3 && numbers.split('.').all(is_number) && !version.contains(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ItemId, PackageNotice, Scope, SkillFrom, Stage};

    fn row(kind: Kind, origin: Option<PluginOrigin>, detail: Option<&str>) -> Row {
        Row {
            id: ItemId::new(kind, Scope::Project, "x"),
            kind,
            name: "x".to_owned(),
            scope: Scope::Project,
            source: String::new(),
            place: String::new(),
            origin,
            detail: detail.map(Into::into),
            stage: Stage::Installed,
            state: RowState::Loaded,
            removable: true,
            overrides: Vec::new(),
            also: Vec::new(),
            copy: None,
            from: None,
            since: None,
            is_signed_in: false,
            warning: None,
        }
    }

    /// G3: a plugin is pinned or unpinned, whichever it is not; what has no version of a registry is only installed again.
    #[test]
    fn what_can_be_done_is_offered() {
        use Deed::{Edit, Pin, Reinstall, Unpin, Update};
        let check = |origin, detail, expected: &[Deed]| {
            assert_eq!(row(Kind::Plugin, Some(origin), detail).deeds(), expected, "{origin:?} {detail:?}");
        };
        for range in [None, Some("latest"), Some("^1.2.3"), Some("1.x"), Some("1.2"), Some("1.0.0 - 2.0.0")] {
            check(PluginOrigin::Npm, range, &[Update, Pin, Reinstall]);
        }
        for version in ["1.2.3", "v1.2.3", "1.2.3-beta.1", "npm:@s/real@1.2.3"] {
            check(PluginOrigin::Npm, Some(version), &[Update, Unpin, Reinstall]);
        }
        check(PluginOrigin::Npm, Some("npm:real"), &[Update, Pin, Reinstall]);
        check(PluginOrigin::Npm, Some("https://host/x.tgz"), &[Reinstall]);
        check(PluginOrigin::Git, Some("1.2.3"), &[Reinstall]);
        check(PluginOrigin::File, None, &[]);
        check(PluginOrigin::Found, None, &[]);
        let mut skill = row(Kind::Skill, None, None);
        assert_eq!(skill.deeds(), [Edit]);
        skill.from = Some(SkillFrom { source: "o/r".to_owned(), path: None, resolved: None });
        assert_eq!(skill.deeds(), [Update, Edit]);
        skill.state = RowState::NotRead { why: "no front matter".into() };
        assert_eq!(skill.deeds(), [Update]);
        skill.state = RowState::Overridden { by: "/x".to_owned() };
        assert_eq!(skill.deeds(), []);
    }

    /// G3: one that is turned off can be turned on, also while it waits to be gone from the engine.
    #[test]
    fn a_plugin_is_on_or_off() {
        let mut plugin = row(Kind::Plugin, Some(PluginOrigin::Npm), None);
        assert_eq!(plugin.is_on(), Some(true));
        plugin.removable = false;
        assert_eq!(plugin.is_on(), None, "it was removed");
        plugin.warning = Some(PackageNotice::PluginTurnedOff.into());
        assert_eq!(plugin.is_on(), Some(false));
        plugin.warning = None;
        plugin.state = RowState::NotRead { why: PackageNotice::PluginTurnedOff.into() };
        assert_eq!((plugin.is_on(), plugin.deeds()), (Some(false), Vec::new()));
        assert_eq!(row(Kind::Plugin, Some(PluginOrigin::Found), None).is_on(), None, "no list has it");
    }
}
