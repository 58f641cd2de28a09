//! What makes a change of an item take effect.
//!
//! Invariant: no other module knows that an engine needs a dispose or a restart for something; it asks
//! [`Habits::rule`]. What an engine of some version does is known to `rekindle-opencode`.

use serde::{Deserialize, Serialize};

use crate::{ChangeKind, HabitNotice, Kind, Place};

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

impl Action {
    /// True when nothing but a reload makes the change take effect.
    pub fn needs_reload(self) -> bool {
        self >= Self::Dispose
    }
}

/// Which part of an item changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aspect {
    /// That it exists, or what its declaration says.
    Declared,
    /// The code behind it.
    Code,
    /// What belongs to it and is read when it is used: the files beside a `SKILL.md`, the texts
    /// of instructions. Such files are no items.
    Support,
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What makes the change take effect.
    pub action: Action,
    /// Why.
    pub why: HabitNotice,
}

/// What an engine does with changes.
pub trait Habits {
    /// What makes a change of this part of such an item take effect.
    fn rule(&self, kind: Kind, place: Place, aspect: Aspect, change: ChangeKind) -> Rule;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restart_is_stronger_than_dispose() {
        let mut actions = [Action::Restart, Action::None, Action::NeverRead, Action::Dispose];
        actions.sort();
        assert_eq!(actions, [Action::NeverRead, Action::None, Action::Dispose, Action::Restart]);
    }
}
