//! What a reload will do, and what it would interrupt.
//!
//! Invariant: two plans with the same fingerprint do the same to the same things; a plan that was
//! shown can be told from one that no longer fits.

use serde::{Deserialize, Serialize};

use crate::{Action, Change, Drift, Fingerprint, Reason};

/// What a session, or a terminal, is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BusyState {
    /// The model or a tool is at work.
    Busy,
    /// The provider refused; the engine will try again.
    Retry,
    /// It waits for a person to allow something.
    Permission,
    /// It waits for a person's answer.
    Question,
    /// A terminal with a running process.
    Terminal,
}

/// One run that a reload would interrupt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BusyRun {
    /// The id of the session, or of the terminal; empty: the directory does not say what runs in it.
    pub session: String,
    /// Its title, for people.
    pub title: String,
    /// What it is doing.
    pub state: BusyState,
    /// The directory that it runs in, when that is another one than the plan's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
}

/// How long something usually takes, in milliseconds: the middle of all, and between which two most are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Takes {
    /// Half of them took less.
    pub takes_ms: u64,
    /// Few took less.
    pub takes_from_ms: u64,
    /// Few took more.
    pub takes_to_ms: u64,
}

impl Takes {
    /// Told from what the last ones took, in any order; nothing from nothing.
    pub fn of(mut times: Vec<u64>) -> Option<Self> {
        times.sort_unstable();
        let rank = |percent: usize| times.get((times.len().checked_sub(1)? * percent + 50) / 100).copied();
        Some(Self { takes_ms: rank(50)?, takes_from_ms: rank(10)?, takes_to_ms: rank(90)? })
    }

    /// In words, as `1 to 3 seconds`.
    pub fn words(self) -> String {
        let (from, to) = (self.takes_from_ms, self.takes_to_ms.max(self.takes_from_ms));
        if to < 1000 {
            return "less than a second".to_owned();
        }
        if to >= 120_000 {
            return range(from / 60_000, to.div_ceil(60_000), "minute");
        }
        range((from + 500) / 1000, to.div_ceil(1000), "second")
    }
}

fn range(from: u64, to: u64, noun: &str) -> String {
    match (from.max(1), to) {
        (from, to) if from < to => format!("{from} to {to} {noun}s"),
        (_, 1) => format!("about a {noun}"),
        (_, to) => format!("about {to} {noun}s"),
    }
}

/// A package that the engine is installing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installing {
    /// Its name with its version, as the engine keeps it; `None`: what plugins themselves need.
    pub package: Option<String>,
    /// How much of it is on disk, in bytes.
    pub bytes: u64,
}

/// What a reload will do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The strongest action of all changes; `None` when nothing is pending.
    pub action: Action,
    /// What will become live.
    pub changes: Drift,
    /// What would be interrupted.
    pub interrupts: Vec<BusyRun>,
    /// The MCP servers that are connected and would be dropped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<String>,
    /// The MCP servers that somebody added while the engine ran, and no file declares: they end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<String>,
    /// The MCP servers that somebody switched off while the engine ran: they come back on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<String>,
    /// Other directories that the engine has loaded, for a restart, which drops them all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub directories: Vec<String>,
    /// The packages of plugins that the engine has to install first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub installs: Vec<String>,
    /// How long most reloads of this kind took; `None`: there was none like it.
    #[serde(default, flatten)]
    pub takes: Option<Takes>,
    /// The same for the same plan only. What runs comes and goes, and is not part of it.
    pub fingerprint: Fingerprint,
}

/// A plan for people who have the changes before them already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanSummary {
    /// What is done to the engine.
    pub action: Action,
    /// The plan's.
    pub fingerprint: Fingerprint,
    /// What would be interrupted; for a restart, in all directories of the engine.
    pub interrupts: Vec<BusyRun>,
    /// The MCP servers that are dropped and loaded anew.
    pub servers: Vec<String>,
    /// The MCP servers that end, because only the engine knows of them.
    pub ends: Vec<String>,
    /// The MCP servers that were switched off in the engine, and come back on.
    pub returns: Vec<String>,
    /// The other directories that are dropped and loaded anew.
    pub directories: Vec<String>,
    /// The packages of plugins that the engine has to install first.
    pub installs: Vec<String>,
    /// How long most reloads of this kind took; `None`: there was none like it.
    pub takes: Option<Takes>,
}

impl Default for Plan {
    fn default() -> Self {
        Self::new(Vec::new(), Vec::new())
    }
}

impl Plan {
    /// The plan for a drift.
    pub fn new(changes: impl Into<Drift>, interrupts: Vec<BusyRun>) -> Self {
        let changes = changes.into();
        let action = whole_action(&changes);
        Self::with(action, changes, interrupts)
    }

    /// The same with a restart in place of a dispose, for what a dispose would lose.
    #[must_use]
    pub fn without_dispose(self) -> Self {
        let action = if self.action == Action::Dispose { Action::Restart } else { self.action };
        Self::with(action, self.changes, self.interrupts)
    }

    /// The same with a restart, for an engine that nothing else helps.
    #[must_use]
    pub fn with_restart(self) -> Self {
        Self::with(Action::Restart, self.changes, self.interrupts)
    }

    fn with(action: Action, changes: Drift, interrupts: Vec<BusyRun>) -> Self {
        let mut parts = vec![format!("{action:?}")];
        parts.extend(changes.iter().map(|change| change.signature.as_str().to_owned()));
        let parts: Vec<_> = parts.iter().map(String::as_str).collect();
        Self {
            action,
            fingerprint: Fingerprint::of_parts(&parts),
            changes,
            interrupts,
            servers: Vec::new(),
            ends: Vec::new(),
            returns: Vec::new(),
            directories: Vec::new(),
            installs: Vec::new(),
            takes: None,
        }
    }

    /// The plan without the changes; `None` when there is nothing to do.
    pub fn summary(&self) -> Option<PlanSummary> {
        self.action.needs_reload().then(|| PlanSummary {
            action: self.action,
            fingerprint: self.fingerprint.clone(),
            interrupts: self.interrupts.clone(),
            servers: self.servers.clone(),
            ends: self.ends.clone(),
            returns: self.returns.clone(),
            directories: self.directories.clone(),
            installs: self.installs.clone(),
            takes: self.takes,
        })
    }

    /// Why the banner is there, each reason once, in a fixed order.
    pub fn reasons(&self) -> Vec<Reason> {
        let mut reasons: Vec<_> = self.changes.iter().map(|change| change.reason).collect();
        reasons.sort();
        reasons.dedup();
        reasons
    }
}

/// The strongest of `None`, `Dispose`, `Restart`; what the engine never reads asks for nothing.
fn whole_action(changes: &[Change]) -> Action {
    changes.iter().map(|change| change.action).max().unwrap_or(Action::None).max(Action::None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N16: how long it takes is a range, and nothing where there is nothing to tell it from.
    #[test]
    fn how_long_it_takes_is_a_range() {
        let check = |times: &[u64], expected: Option<(u64, u64, u64)>| {
            let takes = Takes::of(times.to_vec());
            assert_eq!(takes.map(|takes| (takes.takes_from_ms, takes.takes_ms, takes.takes_to_ms)), expected);
        };
        check(&[], None);
        check(&[300], Some((300, 300, 300)));
        check(&[300, 100], Some((100, 300, 300)));
        check(&[100, 200, 300], Some((100, 200, 300)));
        check(&(1..=20).map(|n| n * 100).collect::<Vec<_>>(), Some((300, 1100, 1800)));
    }

    #[test]
    fn a_range_is_told_in_words() {
        let check = |from, to, expected: &str| {
            let takes = Takes { takes_ms: from, takes_from_ms: from, takes_to_ms: to };
            assert_eq!(takes.words(), expected);
        };
        check(20, 800, "less than a second");
        check(300, 1000, "about a second");
        check(900, 1200, "1 to 2 seconds");
        check(1800, 2000, "about 2 seconds");
        check(800, 2600, "1 to 3 seconds");
        check(9_000, 26_000, "9 to 26 seconds");
        check(61_000, 130_000, "1 to 3 minutes");
        check(119_000, 120_000, "1 to 2 minutes");
        check(5_000, 1_000, "about 5 seconds");
    }
}
