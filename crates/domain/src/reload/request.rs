//! What is asked for, and the work that it becomes.
//!
//! Invariant: a request that joins another never takes consent away from it, and never widens whom
//! it may interrupt beyond what one of the two persons saw.

use serde::{Deserialize, Serialize};

use super::Failure;
use crate::{BusyRun, Fingerprint, Plan};

/// What a person agreed to about running sessions. The later agrees to more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    /// Reload only if nothing is running.
    IfIdle,
    /// Wait until nothing is running, then reload.
    WhenIdle,
    /// Interrupt what is running; the person saw what it is.
    Force,
}

/// The steps that a person sees and whose durations are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepName {
    /// The files are checked and the engine is asked what is running.
    Check,
    /// Waiting until nothing is running.
    WaitForIdle,
    /// The engine drops the instance.
    Dispose,
    /// The engine's process is replaced.
    Restart,
    /// Waiting until the new instance answers.
    Answer,
    /// Comparing what the engine shows with what was to become live.
    Verify,
    /// The last good files are put back.
    RollBack,
}

impl StepName {
    /// The name used in receipts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::WaitForIdle => "wait-for-idle",
            Self::Dispose => "dispose",
            Self::Restart => "restart",
            Self::Answer => "answer",
            Self::Verify => "verify",
            Self::RollBack => "roll-back",
        }
    }

    /// True when the engine may have been touched once this step has begun.
    pub fn touches(self) -> bool {
        !matches!(self, Self::Check | Self::WaitForIdle)
    }
}

/// A wish for a reload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// A new id; answers carry it.
    pub attempt: String,
    /// The plan as it is now; it is made again whenever the files are checked, and never after the engine
    /// was touched.
    pub plan: Plan,
    /// The fingerprint of the plan that the person saw, if any.
    pub agreed: Option<Fingerprint>,
    /// What the person agreed to.
    pub consent: Consent,
    /// The ids of the runs that the person was shown before they said `Force`; `None`: all, whatever they are.
    pub named: Option<Vec<String>>,
    /// True in host mode: the process may be replaced.
    pub may_restart: bool,
    /// False in client mode without a typed consent.
    pub may_touch: bool,
    /// True when the last good files are to be put back by themselves if the engine does not come up.
    pub may_roll_back: bool,
}

/// What a reload works on from its beginning to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// What was asked for, and what joined it.
    pub request: Request,
    /// True once the process was replaced; it is not replaced twice for the same files.
    pub restarted: bool,
    /// True when the new instance was not asked anything, because a file was broken.
    pub unasked: bool,
    /// Why a restart takes the place of what was tried first.
    pub escalated: Option<Failure>,
    /// Why the last good files are, or were, put back.
    pub rolled_back: Option<Failure>,
}

impl Job {
    pub(super) fn new(request: Request) -> Self {
        Self { request, restarted: false, unasked: false, escalated: None, rolled_back: None }
    }

    /// True when a dispose or a restart of it has gone before: nothing less than a restart helps now.
    pub fn has_touched(&self) -> bool {
        self.escalated.is_some() || self.rolled_back.is_some()
    }

    /// The work when another request joins it.
    pub(super) fn joined(self, other: Request) -> Self {
        let mine = self.request;
        let (consent, named) = match mine.consent.cmp(&other.consent) {
            std::cmp::Ordering::Less => (other.consent, other.named),
            std::cmp::Ordering::Greater => (mine.consent, mine.named),
            std::cmp::Ordering::Equal => {
                let both = |(mut mine, theirs): (Vec<_>, Vec<_>)| {
                    mine.extend(theirs);
                    mine
                };
                (mine.consent, mine.named.zip(other.named).map(both))
            }
        };
        // Whoever saw no plan agrees to any; who joins with the plan of today replaces a stale one.
        let request = Request { consent, named, agreed: other.agreed.or(mine.agreed), ..mine };
        Self { request, ..self }
    }

    /// True when the person was shown every one of these runs.
    pub(super) fn names_all(&self, runs: &[BusyRun]) -> bool {
        let Some(named) = &self.request.named else { return true };
        runs.iter().all(|run| named.contains(&run.session))
    }
}
