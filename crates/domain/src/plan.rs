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
    /// The id of the session, or of the terminal.
    pub session: String,
    /// Its title, for people.
    pub title: String,
    /// What it is doing.
    pub state: BusyState,
    /// The directory that it runs in, when that is another one than the plan's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
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
    /// Other directories that the engine has loaded, for a restart, which drops them all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub directories: Vec<String>,
    /// About how long it takes, in milliseconds; `None`: there was none like it.
    #[serde(default, rename = "takesMs", skip_serializing_if = "Option::is_none")]
    pub takes_ms: Option<u64>,
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
    /// The other directories that are dropped and loaded anew.
    pub directories: Vec<String>,
    /// About how long it takes, in milliseconds; `None`: there was none like it.
    pub takes_ms: Option<u64>,
}

impl Plan {
    /// The plan for a drift.
    pub fn new(changes: Drift, interrupts: Vec<BusyRun>) -> Self {
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
            directories: Vec::new(),
            takes_ms: None,
        }
    }

    /// The plan without the changes; `None` when there is nothing to do.
    pub fn summary(&self) -> Option<PlanSummary> {
        self.action.needs_reload().then(|| PlanSummary {
            action: self.action,
            fingerprint: self.fingerprint.clone(),
            interrupts: self.interrupts.clone(),
            servers: self.servers.clone(),
            directories: self.directories.clone(),
            takes_ms: self.takes_ms,
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
