//! The work that a wish becomes.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

use super::{Failure, Wish};
use crate::{Action, AtLeast, BusyRun, EngineMode, Plan, Whose};

/// The steps that a person sees and whose durations are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
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
    /// All of them.
    pub const ALL: &[Self] = Self::VARIANTS;

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

/// What a reload may do to the engine. The later may do more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// Nothing: it is someone else's, and nobody said that it may be touched.
    Nothing,
    /// Have this directory's instance dropped.
    Dispose,
    /// Also replace its process.
    Restart,
}

impl Permission {
    /// What this wish may do to an engine.
    pub fn of(wish: &Wish, mode: EngineMode) -> Self {
        match (mode, wish.whose) {
            (EngineMode::Host, _) => Self::Restart,
            (EngineMode::Client, Whose::Anyones) => Self::Dispose,
            (EngineMode::Client, Whose::Ours) => Self::Nothing,
        }
    }
}

/// What is done about the files when the engine does not come up with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// They stay, and the person decides.
    #[default]
    Stay,
    /// The last good files are put back.
    RollBack,
}

/// How far a reload got: what was tried, and why that was not enough.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "tried", content = "because", rename_all = "kebab-case")]
pub enum Course {
    /// A dispose, or nothing yet.
    #[default]
    First,
    /// A restart, as planned.
    Restart,
    /// A restart in place of a dispose that failed.
    RestartInstead(Failure),
    /// The last good files were put back before the new instance was asked for anything.
    RolledBackUnasked(Failure),
    /// The last good files were put back, and the engine has to let go of the others.
    RolledBack(Failure),
    /// The process was replaced since.
    RestartedBack(Failure),
}

impl Course {
    /// True when a dispose or a restart has gone before: nothing less than a restart helps now.
    fn has_touched(&self) -> bool {
        !matches!(self, Self::First | Self::Restart)
    }

    /// True while the process was not replaced for the files as they are now.
    pub(super) fn may_escalate(&self) -> bool {
        matches!(self, Self::First | Self::RolledBackUnasked(_) | Self::RolledBack(_))
    }

    /// Why the last good files were put back.
    pub fn rolled_back(&self) -> Option<&Failure> {
        match self {
            Self::RolledBackUnasked(failure) | Self::RolledBack(failure) | Self::RestartedBack(failure) => {
                Some(failure)
            }
            Self::First | Self::Restart | Self::RestartInstead(_) => None,
        }
    }

    /// The course once a restart takes the place of what failed.
    pub(super) fn escalated(self, failure: Failure) -> Self {
        match self {
            Self::First | Self::Restart | Self::RestartInstead(_) => Self::RestartInstead(failure),
            // The first failure is what the person has to hear of.
            Self::RolledBackUnasked(first) | Self::RolledBack(first) | Self::RestartedBack(first) => {
                Self::RestartedBack(first)
            }
        }
    }

    /// The course once the process is replaced.
    pub(super) fn restarted(self) -> Self {
        match self {
            Self::First => Self::Restart,
            Self::RolledBackUnasked(first) | Self::RolledBack(first) => Self::RestartedBack(first),
            Self::Restart | Self::RestartInstead(_) | Self::RestartedBack(_) => self,
        }
    }
}

/// What a reload works on from its beginning to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// A new id; answers carry it.
    pub attempt: String,
    /// What is wanted, by all who joined.
    pub wish: Wish,
    /// The plan as it is now; it is made again whenever the files are checked, and never after the engine was touched.
    pub plan: Plan,
    /// What it may do to the engine.
    pub may: Permission,
    /// What it does when the engine does not come up.
    pub on_failure: OnFailure,
    /// How far it got.
    pub course: Course,
}

impl Job {
    /// The work before it has begun.
    pub fn new(attempt: String, wish: Wish, plan: Plan, may: Permission, on_failure: OnFailure) -> Self {
        Self { attempt, wish, plan, may, on_failure, course: Course::First }
    }

    /// True when a dispose or a restart of it has gone before: nothing less than a restart helps now.
    pub fn has_touched(&self) -> bool {
        self.course.has_touched()
    }

    /// What is done to the engine next, or was done.
    pub fn action(&self) -> Action {
        let is_restart = self.has_touched() || self.course == Course::Restart || self.plan.action == Action::Restart;
        if is_restart { Action::Restart } else { Action::Dispose }
    }

    /// A plan with what is wanted at the least.
    pub(super) fn take_plan(&mut self, plan: Plan) {
        let is_restart = self.wish.at_least == AtLeast::Restart && plan.action != Action::Restart;
        self.plan = if is_restart { plan.with_restart() } else { plan };
        if self.has_touched() {
            self.plan.action = Action::Restart;
        }
    }

    /// True when the person was shown every one of these runs.
    pub(super) fn names_all(&self, runs: &[BusyRun]) -> bool {
        let Some(named) = &self.wish.named else { return true };
        runs.iter().all(|run| named.contains(&run.session))
    }
}
