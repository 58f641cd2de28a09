//! One reload, from the click to the proof, as a state machine.
//!
//! Invariants: [`step`] is pure; a reload touches the engine only after the files were checked and
//! nothing would be interrupted without consent; an answer that belongs to another attempt changes
//! nothing; at most one effect is under way at a time, so there are never two disposes at once.

use serde::{Deserialize, Serialize};

use crate::{Action, BusyRun, Fingerprint, Plan, Problem};

/// What a person agreed to about running sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
        }
    }
}

/// Why nothing was touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "kebab-case")]
pub enum Refusal {
    /// The engine could not load these files.
    Problems {
        /// The problems, the first of which is shown.
        problems: Vec<Problem>,
    },
    /// Something is running.
    Busy {
        /// What is running.
        runs: Vec<BusyRun>,
    },
    /// The plan that was agreed to no longer fits.
    StalePlan {
        /// The plan as it is now.
        now: Fingerprint,
    },
    /// The engine is not ours and nobody said that it may be touched.
    ClientMode,
    /// A person cancelled.
    Cancelled,
    /// Another reload of the same engine is under way.
    AlreadyRunning,
}

/// What went wrong after the engine had been touched, or when it could not be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The step that failed.
    pub step: StepName,
    /// What happened, for people.
    pub message: String,
}

/// How a reload ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "kebab-case")]
pub enum Outcome {
    /// The engine was asked item by item; the receipt says what it shows.
    Verified,
    /// It did not get to the end.
    Failed {
        /// What went wrong.
        failure: Failure,
    },
    /// Nothing was touched.
    Refused {
        /// Why.
        refusal: Refusal,
    },
}

/// What a reload works on from its beginning to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The reload's id; answers carry it.
    pub attempt: String,
    /// The plan, made before anything was touched.
    pub plan: Plan,
    /// What the person agreed to.
    pub consent: Consent,
    /// True in host mode: the process may be replaced.
    pub may_restart: bool,
    /// True once the process was replaced; it is not replaced twice.
    pub restarted: bool,
    /// The fingerprint of the plan that the person saw, if any.
    pub agreed: Option<Fingerprint>,
}

/// Where a reload is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "kebab-case")]
pub enum Phase {
    /// None is under way.
    #[default]
    Idle,
    /// The files are being checked.
    Checking(Job),
    /// The engine is being asked what is running.
    AskingBusy(Job),
    /// Waiting until nothing is running.
    WaitingForIdle {
        /// The work.
        job: Job,
        /// What is still running.
        runs: Vec<BusyRun>,
    },
    /// The engine is dropping the instance.
    Disposing(Job),
    /// The engine's process is being replaced.
    Restarting(Job),
    /// Waiting until the new instance answers.
    Answering(Job),
    /// Comparing.
    Verifying(Job),
    /// It ended.
    Ended {
        /// The reload's id.
        attempt: String,
        /// How.
        outcome: Outcome,
    },
}

/// What happens to a reload. Each answer names the attempt it belongs to.
#[derive(Clone, Debug)]
pub enum Input {
    /// A person wants a reload.
    Requested {
        /// A new id.
        attempt: String,
        /// The plan as it is now.
        plan: Plan,
        /// The fingerprint of the plan that the person saw, if any.
        agreed: Option<Fingerprint>,
        /// What the person agreed to.
        consent: Consent,
        /// True in host mode.
        may_restart: bool,
        /// False in client mode without a typed consent.
        may_touch: bool,
    },
    /// The files were checked.
    Checked {
        /// Whose answer.
        attempt: String,
        /// What the engine could not load; empty when all is well.
        problems: Vec<Problem>,
        /// The plan for the files that were checked.
        plan: Plan,
    },
    /// The engine said what is running.
    Busy {
        /// Whose answer.
        attempt: String,
        /// What is running.
        runs: Vec<BusyRun>,
    },
    /// The wait for idle took longer than was allowed.
    WaitedEnough {
        /// Whose wait.
        attempt: String,
    },
    /// What was under way succeeded.
    Done {
        /// Whose answer.
        attempt: String,
    },
    /// What was under way failed.
    Failed {
        /// Whose answer.
        attempt: String,
        /// What happened, for people.
        message: String,
    },
    /// A person cancels.
    Cancelled,
}

/// What has to be done next, and answered with an [`Input`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Check the files; answer `Checked`.
    CheckFiles,
    /// Ask the engine what is running; answer `Busy` or `Failed`.
    AskBusy,
    /// Wait until what is running may have changed, ask again; answer `Busy` or `WaitedEnough`.
    WaitForIdle,
    /// Have the instance dropped and wait for the end of it; answer `Done` or `Failed`.
    Dispose,
    /// Replace the process; answer `Done` or `Failed`.
    Restart,
    /// Wait until the new instance answers; answer `Done` or `Failed`.
    AwaitAnswer,
    /// Ask the engine for everything and compare; answer `Done` or `Failed`.
    Verify,
}

impl Phase {
    /// True while a reload is under way.
    pub fn is_running(&self) -> bool {
        !matches!(self, Self::Idle | Self::Ended { .. })
    }

    /// True while the engine has not been touched, so that cancelling costs nothing.
    pub fn is_cancellable(&self) -> bool {
        matches!(self, Self::Checking(_) | Self::AskingBusy(_) | Self::WaitingForIdle { .. })
    }

    /// The step that is under way.
    pub fn step_name(&self) -> Option<StepName> {
        Some(match self {
            Self::Idle | Self::Ended { .. } => return None,
            Self::Checking(_) | Self::AskingBusy(_) => StepName::Check,
            Self::WaitingForIdle { .. } => StepName::WaitForIdle,
            Self::Disposing(_) => StepName::Dispose,
            Self::Restarting(_) => StepName::Restart,
            Self::Answering(_) => StepName::Answer,
            Self::Verifying(_) => StepName::Verify,
        })
    }

    /// The work under way.
    pub fn job(&self) -> Option<&Job> {
        match self {
            Self::Idle | Self::Ended { .. } => None,
            Self::WaitingForIdle { job, .. } => Some(job),
            Self::Checking(job)
            | Self::AskingBusy(job)
            | Self::Disposing(job)
            | Self::Restarting(job)
            | Self::Answering(job)
            | Self::Verifying(job) => Some(job),
        }
    }
}

/// The next phase, and what has to be done for it. An input that does not fit changes nothing.
pub fn step(phase: Phase, input: Input) -> (Phase, Option<Effect>) {
    let belongs = |job: &Job, attempt: &String| job.attempt == *attempt;
    match (phase, input) {
        (phase, Input::Requested { .. }) if phase.is_running() => (phase, None),
        (_, Input::Requested { attempt, plan, agreed, consent, may_restart, may_touch }) => {
            let job = Job { attempt, plan, consent, may_restart, restarted: false, agreed };
            if may_touch { (Phase::Checking(job), Some(Effect::CheckFiles)) } else { refused(job, Refusal::ClientMode) }
        }
        (phase, Input::Cancelled) if phase.is_cancellable() => match phase.job().cloned() {
            Some(job) => refused(job, Refusal::Cancelled),
            None => (phase, None),
        },
        (Phase::Checking(job), Input::Checked { attempt, problems, plan }) if belongs(&job, &attempt) => {
            // The files may have changed since the plan was made, most of all while we waited.
            let job = Job { plan, ..job };
            if !problems.is_empty() {
                refused(job, Refusal::Problems { problems })
            } else if job.agreed.as_ref().is_some_and(|agreed| *agreed != job.plan.fingerprint) {
                let now = job.plan.fingerprint.clone();
                refused(job, Refusal::StalePlan { now })
            } else if job.plan.action <= Action::None {
                // Everything is live: the engine is left alone.
                (Phase::Ended { attempt: job.attempt, outcome: Outcome::Verified }, None)
            } else {
                (Phase::AskingBusy(job), Some(Effect::AskBusy))
            }
        }
        (Phase::AskingBusy(job), Input::Busy { attempt, runs }) if belongs(&job, &attempt) => {
            match (runs.is_empty(), job.consent) {
                (true, _) | (false, Consent::Force) => touch(job),
                (false, Consent::IfIdle) => refused(job, Refusal::Busy { runs }),
                (false, Consent::WhenIdle) => (Phase::WaitingForIdle { job, runs }, Some(Effect::WaitForIdle)),
            }
        }
        // Who does not say what is running may be running something.
        (Phase::AskingBusy(job), Input::Failed { attempt, message }) if belongs(&job, &attempt) => {
            failed(job, StepName::Check, message)
        }
        (Phase::WaitingForIdle { job, .. }, Input::Busy { attempt, runs }) if belongs(&job, &attempt) => {
            if runs.is_empty() {
                // The files may have changed while we waited.
                (Phase::Checking(job), Some(Effect::CheckFiles))
            } else {
                (Phase::WaitingForIdle { job, runs }, Some(Effect::WaitForIdle))
            }
        }
        (Phase::WaitingForIdle { job, runs }, Input::WaitedEnough { attempt }) if belongs(&job, &attempt) => {
            refused(job, Refusal::Busy { runs })
        }
        (Phase::WaitingForIdle { job, .. }, Input::Failed { attempt, message }) if belongs(&job, &attempt) => {
            failed(job, StepName::WaitForIdle, message)
        }
        (Phase::Disposing(job) | Phase::Restarting(job), Input::Done { attempt }) if belongs(&job, &attempt) => {
            (Phase::Answering(job), Some(Effect::AwaitAnswer))
        }
        // A file was broken after the engine was touched. It is not asked, and no restart would help.
        (Phase::Answering(job), Input::Checked { attempt, problems, .. }) if belongs(&job, &attempt) => {
            let what =
                problems.first().map(|problem| format!("{}: {}", problem.path, problem.message)).unwrap_or_default();
            failed(
                job,
                StepName::Answer,
                format!("a file was broken during the reload ({what}); mend it, then reload again"),
            )
        }
        (Phase::Answering(job), Input::Done { attempt }) if belongs(&job, &attempt) => {
            (Phase::Verifying(job), Some(Effect::Verify))
        }
        (Phase::Verifying(job), Input::Done { attempt }) if belongs(&job, &attempt) => {
            (Phase::Ended { attempt: job.attempt, outcome: Outcome::Verified }, None)
        }
        (Phase::Disposing(job), Input::Failed { attempt, message }) if belongs(&job, &attempt) => {
            if job.may_restart {
                restart(job)
            } else {
                failed(job, StepName::Dispose, message)
            }
        }
        (Phase::Answering(job), Input::Failed { attempt, message }) if belongs(&job, &attempt) => {
            if job.may_restart && !job.restarted { restart(job) } else { failed(job, StepName::Answer, message) }
        }
        (Phase::Restarting(job), Input::Failed { attempt, message }) if belongs(&job, &attempt) => {
            failed(job, StepName::Restart, message)
        }
        (Phase::Verifying(job), Input::Failed { attempt, message }) if belongs(&job, &attempt) => {
            failed(job, StepName::Verify, message)
        }
        (phase, _) => (phase, None),
    }
}

fn touch(job: Job) -> (Phase, Option<Effect>) {
    match job.plan.action {
        Action::Restart if job.may_restart => restart(job),
        Action::Restart => {
            let message = "only a restart of the engine helps, and this engine is not ours to restart".to_owned();
            failed(job, StepName::Restart, message)
        }
        Action::Dispose | Action::None | Action::NeverRead => (Phase::Disposing(job), Some(Effect::Dispose)),
    }
}

fn restart(job: Job) -> (Phase, Option<Effect>) {
    (Phase::Restarting(Job { restarted: true, ..job }), Some(Effect::Restart))
}

fn refused(job: Job, refusal: Refusal) -> (Phase, Option<Effect>) {
    (Phase::Ended { attempt: job.attempt, outcome: Outcome::Refused { refusal } }, None)
}

fn failed(job: Job, step: StepName, message: String) -> (Phase, Option<Effect>) {
    let failure = Failure { step, message };
    (Phase::Ended { attempt: job.attempt, outcome: Outcome::Failed { failure } }, None)
}

#[cfg(test)]
mod tests;
