//! The engine's truth table as data: what makes a change of an item take effect.
//!
//! Invariant: no other module knows that an engine needs a dispose or a restart for something;
//! it asks [`Profile::rule`]. Source of every row: measured on OpenCode 1.18.33, see
//! `docs/engine.md`, "What makes a change live".

use serde::{Deserialize, Serialize};

use crate::{Kind, Place};

/// What makes a change take effect. The order is the order of strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The engine does not read it at all.
    #[serde(rename = "never")]
    NeverRead,
    /// It is live already.
    None,
    /// The engine has to drop the instance and build it anew.
    Dispose,
    /// The engine's process has to be replaced.
    Restart,
}

/// Which part of an item changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aspect {
    /// That it exists, or what its declaration says.
    Declared,
    /// The code behind it.
    Code,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What makes the change take effect.
    pub action: Action,
    /// Why, in a sentence for people.
    pub why: &'static str,
}

/// What a version of the engine does with changes.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// The version on which the rows were measured.
    pub measured_on: &'static str,
    rows: &'static [(Match, Rule)],
}

#[derive(Clone, Copy, Debug)]
struct Match {
    kinds: &'static [Kind],
    place: Option<Place>,
    aspect: Aspect,
}

/// The profile of OpenCode 1.18.
const OPENCODE_1_18: Profile = Profile {
    measured_on: "1.18.33",
    rows: &[
        (
            Match { kinds: &[Kind::Plugin], place: None, aspect: Aspect::Code },
            Rule { action: Action::Restart, why: "OpenCode keeps a plugin's code in memory until its process ends" },
        ),
        (
            Match { kinds: &[Kind::Tool], place: None, aspect: Aspect::Code },
            Rule { action: Action::Restart, why: "OpenCode keeps a tool's code in memory until its process ends" },
        ),
        (
            Match { kinds: &[], place: Some(Place::GlobalConfig), aspect: Aspect::Declared },
            Rule { action: Action::Restart, why: "OpenCode reads its global configuration once, when it starts" },
        ),
        (
            Match { kinds: &[Kind::Plugin], place: None, aspect: Aspect::Declared },
            Rule { action: Action::Dispose, why: "OpenCode loads plugins when an instance starts" },
        ),
        (
            Match { kinds: &[Kind::Skill], place: None, aspect: Aspect::Declared },
            Rule { action: Action::Dispose, why: "OpenCode reads skills once for each instance" },
        ),
        (
            Match { kinds: &[Kind::Mcp], place: None, aspect: Aspect::Declared },
            Rule { action: Action::Dispose, why: "OpenCode connects to MCP servers once for each instance" },
        ),
        (
            Match { kinds: &[], place: None, aspect: Aspect::Declared },
            Rule { action: Action::Dispose, why: "OpenCode reads its configuration when an instance starts" },
        ),
        (
            Match { kinds: &[], place: None, aspect: Aspect::Code },
            Rule { action: Action::Restart, why: "OpenCode keeps loaded code in memory until its process ends" },
        ),
    ],
};

impl Profile {
    /// The profile for an engine's version. There is one so far, so every version gets it.
    pub fn for_version(_version: &str) -> Self {
        OPENCODE_1_18
    }

    /// What makes a change of this part of such an item take effect: the first row that fits.
    pub fn rule(&self, kind: Kind, place: Place, aspect: Aspect) -> Rule {
        self.rows
            .iter()
            .find(|(row, _)| {
                row.aspect == aspect
                    && (row.kinds.is_empty() || row.kinds.contains(&kind))
                    && row.place.is_none_or(|wanted| wanted == place)
            })
            .map_or(Rule { action: Action::Restart, why: "this engine's habits are not known" }, |(_, rule)| *rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_say_what_was_measured() {
        let check = |kind, place, aspect, expected| {
            let rule = Profile::for_version("1.18.33").rule(kind, place, aspect);
            assert_eq!(rule.action, expected, "{kind:?} {place:?} {aspect:?}");
        };
        check(Kind::Plugin, Place::InstanceConfig, Aspect::Declared, Action::Dispose);
        check(Kind::Plugin, Place::Folder, Aspect::Declared, Action::Dispose);
        check(Kind::Plugin, Place::GlobalConfig, Aspect::Declared, Action::Restart);
        check(Kind::Plugin, Place::Folder, Aspect::Code, Action::Restart);
        check(Kind::Skill, Place::Folder, Aspect::Declared, Action::Dispose);
        check(Kind::Mcp, Place::GlobalConfig, Aspect::Declared, Action::Restart);
        check(Kind::Config, Place::InstanceConfig, Aspect::Declared, Action::Dispose);
        check(Kind::Tool, Place::Folder, Aspect::Code, Action::Restart);
    }

    #[test]
    fn restart_is_stronger_than_dispose() {
        let mut actions = [Action::Restart, Action::None, Action::NeverRead, Action::Dispose];
        actions.sort();
        assert_eq!(actions, [Action::NeverRead, Action::None, Action::Dispose, Action::Restart]);
    }
}
