//! One reload, from the request to the proof, as a state machine.
//!
//! Invariants: [`step`] is pure; the engine is touched only after the files were checked and nothing
//! would be interrupted without consent; an answer that belongs to another attempt changes nothing;
//! at most one effect is under way at a time, so there are never two disposes at once; a reload ends
//! as proved only behind a verification.

mod end;
mod request;

use serde::{Deserialize, Serialize};

pub use end::{Failure, Refusal, Refused};
pub use request::{Consent, Job, Request, StepName};

use crate::{Action, BusyRun, Plan, Problem, Receipt, ReceiptResult};

/// Where a reload is, or how the last one ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "kebab-case")]
pub enum Phase {
    /// What is on disk is in the engine.
    #[default]
    Clean,
    /// Something waits for a reload, and nobody asked for one.
    Pending {
        /// What a reload would do.
        plan: Plan,
    },
    /// It was asked for, and is being written down.
    Planned(Job),
    /// The files are being checked, and the engine is asked what is running.
    Checking(Job),
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
    Starting(Job),
    /// Comparing what the engine shows with what was to become live.
    Verifying(Job),
    /// The last good files are being put back.
    RollingBack(Job),
    /// The engine shows every item.
    Proved {
        /// The reload's id.
        attempt: String,
    },
    /// It is done, and some item is not proved.
    Partial {
        /// The reload's id.
        attempt: String,
    },
    /// It did not get to its end.
    Failed {
        /// The reload's id.
        attempt: String,
        /// What went wrong.
        failure: Failure,
    },
    /// Nothing was touched.
    Refused {
        /// The reload's id.
        attempt: String,
        /// Why.
        refusal: Refusal,
    },
}

/// What happens to a reload. Each answer names the attempt it belongs to.
#[derive(Clone, Debug)]
pub enum Input {
    /// The files and the engine were looked at, and this is what a reload would do.
    Observed(Plan),
    /// A person has seen how the last reload ended.
    Dismissed,
    /// A person, or a program of theirs, wants a reload.
    Requested(Request),
    /// The files were checked; when they are fine, the engine was asked what is running.
    Checked {
        /// Whose answer.
        attempt: String,
        /// The plan for the files that were checked.
        plan: Plan,
        /// What was found.
        found: Found,
    },
    /// A file was broken after the engine was touched; nothing was asked.
    Broken {
        /// Whose answer.
        attempt: String,
        /// What the engine would not load.
        problems: Vec<Problem>,
    },
    /// What is running changed, or may have; something still is.
    StillBusy {
        /// Whose wait.
        attempt: String,
        /// What is running.
        runs: Vec<BusyRun>,
    },
    /// The engine lives, and does not get on with loading.
    StillLoading {
        /// Whose answer.
        attempt: String,
        /// What was waited for, for people.
        message: String,
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
    /// The engine was asked item by item.
    Verified {
        /// Whose answer.
        attempt: String,
        /// What it shows.
        verdict: Verdict,
    },
    /// A person cancels.
    Cancelled,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The engine could not load these files. It was not asked anything: that could brick the directory.
    Problems(Vec<Problem>),
    /// The files are fine, and this is running; nothing is, when it is empty.
    Runs(Vec<BusyRun>),
    /// The files are fine, and the engine does not say what is running.
    Silence(String),
}

/// What the engine shows after a reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every item.
    Proved,
    /// Not every item.
    Partial,
    /// Not every item, and the engine never said that it dropped the instance.
    Unconfirmed,
    /// Something that worked before the reload does not work any more.
    Worse,
}

/// What has to be done next, and answered with an [`Input`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write down what will be done; answer `Done` or `Failed`.
    WriteDown,
    /// Check the files, and if they are fine ask the engine what is running; answer `Checked`.
    Check,
    /// Wait until what is running may have changed; answer `Done`, `StillBusy`, `Failed` or `WaitedEnough`.
    WaitForIdle,
    /// Have the instance dropped and wait for the end of it; answer `Done` or `Failed`.
    Dispose,
    /// Replace the process; answer `Done` or `Failed`.
    Restart,
    /// Check the files again, and if they are fine wait until the new instance answers; answer `Done`,
    /// `Failed`, `StillLoading` or `Broken`.
    AwaitAnswer,
    /// Ask the engine for everything and compare; answer `Verified` or `Failed`.
    Verify,
    /// Put the last good files back; answer `Done` or `Failed`.
    RollBack,
}

impl Phase {
    /// True while a reload is under way.
    pub fn is_running(&self) -> bool {
        self.job().is_some()
    }

    /// True while the engine has not been touched, so that cancelling costs nothing.
    pub fn is_cancellable(&self) -> bool {
        let waits = matches!(self, Self::Planned(_) | Self::Checking(_) | Self::WaitingForIdle { .. });
        waits && self.job().is_some_and(|job| job.escalated.is_none())
    }

    /// The step that is under way.
    pub fn step_name(&self) -> Option<StepName> {
        Some(match self {
            Self::Planned(_) | Self::Checking(_) => StepName::Check,
            Self::WaitingForIdle { .. } => StepName::WaitForIdle,
            Self::Disposing(_) => StepName::Dispose,
            Self::Restarting(_) => StepName::Restart,
            Self::Starting(_) => StepName::Answer,
            Self::Verifying(_) => StepName::Verify,
            Self::RollingBack(_) => StepName::RollBack,
            _ => return None,
        })
    }

    /// The work under way.
    pub fn job(&self) -> Option<&Job> {
        match self {
            Self::WaitingForIdle { job, .. }
            | Self::Planned(job)
            | Self::Checking(job)
            | Self::Disposing(job)
            | Self::Restarting(job)
            | Self::Starting(job)
            | Self::Verifying(job)
            | Self::RollingBack(job) => Some(job),
            _ => None,
        }
    }

    /// How a reload ended of which only the receipt is left.
    pub fn ended(receipt: &Receipt) -> Self {
        let attempt = receipt.id.clone();
        match receipt.result {
            ReceiptResult::Proved => Self::Proved { attempt },
            ReceiptResult::Partial => Self::Partial { attempt },
            ReceiptResult::Failed => {
                let message = receipt.message.clone().unwrap_or_default();
                Self::Failed { attempt, failure: Failure::new(StepName::Verify, message) }
            }
            ReceiptResult::Refused => Self::Refused { attempt, refusal: Refusal::CutOff },
        }
    }

    /// True when a reload ended here.
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Proved { .. } | Self::Partial { .. } | Self::Failed { .. } | Self::Refused { .. })
    }
}

/// The next phase, and what has to be done for it. An input that does not fit changes nothing.
pub fn step(phase: Phase, input: Input) -> (Phase, Option<Effect>) {
    if let Some(attempt) = input.attempt()
        && phase.job().is_none_or(|job| job.attempt != *attempt)
    {
        // A late answer of an attempt that is over.
        return (phase, None);
    }
    match (phase, input) {
        (phase, Input::Observed(plan)) => (observed(phase, plan), None),
        (phase, Input::Dismissed) if phase.is_end() => (Phase::Clean, None),
        (phase, Input::Cancelled) if phase.is_cancellable() => match phase.job().cloned() {
            Some(job) => refused(job, Refusal::Cancelled),
            None => (phase, None),
        },
        (phase, Input::Requested(request)) => requested(phase, request),
        (Phase::Planned(job), Input::Done { .. }) => (Phase::Checking(job), Some(Effect::Check)),
        (Phase::Planned(job), Input::Failed { message, .. }) => refused(job, Refusal::NotWritten { message }),
        (Phase::Checking(job), Input::Checked { plan, found, .. }) => checked(job, plan, found),
        // The files may have changed while we waited.
        (Phase::WaitingForIdle { job, .. }, Input::Done { .. }) => (Phase::Checking(job), Some(Effect::Check)),
        (Phase::WaitingForIdle { job, .. }, Input::StillBusy { runs, .. }) => {
            (Phase::WaitingForIdle { job, runs }, Some(Effect::WaitForIdle))
        }
        (Phase::WaitingForIdle { job, runs }, Input::WaitedEnough { .. }) => stopped(job, Refusal::Busy { runs }),
        (Phase::WaitingForIdle { job, .. }, Input::Failed { message, .. }) => {
            failed(job, StepName::WaitForIdle, message)
        }
        (Phase::Disposing(job) | Phase::Restarting(job), Input::Done { .. }) => {
            (Phase::Starting(job), Some(Effect::AwaitAnswer))
        }
        (Phase::Disposing(job), Input::Failed { message, .. }) => escalate(job, StepName::Dispose, message),
        (Phase::Restarting(job), Input::Failed { message, .. }) => roll_back(job, StepName::Restart, message),
        (Phase::Starting(job), Input::Done { .. }) => (Phase::Verifying(job), Some(Effect::Verify)),
        // It is not asked, and no restart would help.
        (Phase::Starting(job), Input::Broken { problems, .. }) => {
            let job = Job { unasked: true, ..job };
            roll_back(job, StepName::Answer, Refusal::Problems { problems }.while_touched())
        }
        // What it hangs on it would hang on again.
        (Phase::Starting(job), Input::StillLoading { message, .. }) => roll_back(job, StepName::Answer, message),
        (Phase::Starting(job), Input::Failed { message, .. }) => escalate(job, StepName::Answer, message),
        (Phase::Verifying(job), Input::Verified { verdict, .. }) => verified(job, verdict),
        (Phase::Verifying(job), Input::Failed { message, .. }) => escalate(job, StepName::Verify, message),
        (Phase::RollingBack(job), Input::Done { .. }) => rolled_back(job),
        (Phase::RollingBack(job), Input::Failed { message, .. }) => failed(job, StepName::RollBack, message),
        (phase, _) => (phase, None),
    }
}

/// What a look changes: it never ends a reload, and never clears what one left unproved.
fn observed(phase: Phase, plan: Plan) -> Phase {
    match phase {
        Phase::Clean | Phase::Pending { .. } | Phase::Proved { .. } if plan.action.needs_reload() => {
            Phase::Pending { plan }
        }
        Phase::Pending { .. } => Phase::Clean,
        phase => phase,
    }
}

fn requested(phase: Phase, request: Request) -> (Phase, Option<Effect>) {
    if phase.is_cancellable()
        && let Some(job) = phase.job()
    {
        // It joins the one that has not touched anything yet.
        let job = job.clone().joined(request);
        return match phase {
            Phase::Planned(_) => (Phase::Planned(job), Some(Effect::WriteDown)),
            _ => (Phase::Checking(job), Some(Effect::Check)),
        };
    }
    if phase.is_running() {
        return (phase, None);
    }
    let may_touch = request.may_touch;
    let job = Job::new(request);
    if may_touch { (Phase::Planned(job), Some(Effect::WriteDown)) } else { refused(job, Refusal::ClientMode) }
}

fn checked(job: Job, plan: Plan, found: Found) -> (Phase, Option<Effect>) {
    // The files may have changed since the plan was made, most of all while we waited.
    let mut job = Job { plan, ..job };
    if job.escalated.is_some() {
        job.plan.action = Action::Restart;
    }
    let runs = match found {
        Found::Problems(problems) => return stopped(job, Refusal::Problems { problems }),
        // Who does not say what is running may be running something.
        Found::Silence(_) if job.consent == Consent::Force && job.named.is_none() => Vec::new(),
        Found::Silence(message) => return failed(job, StepName::Check, message),
        Found::Runs(runs) => runs,
    };
    if job.agreed.as_ref().is_some_and(|agreed| *agreed != job.plan.fingerprint) && job.escalated.is_none() {
        let now = job.plan.fingerprint.clone();
        return refused(job, Refusal::StalePlan { now });
    }
    if job.plan.action <= Action::None {
        // Everything is live: the engine is left alone.
        return (Phase::Proved { attempt: job.attempt }, None);
    }
    match job.consent {
        _ if runs.is_empty() => touch(job),
        Consent::Force if job.names_all(&runs) => touch(job),
        Consent::Force | Consent::IfIdle => stopped(job, Refusal::Busy { runs }),
        Consent::WhenIdle => (Phase::WaitingForIdle { job, runs }, Some(Effect::WaitForIdle)),
    }
}

fn touch(job: Job) -> (Phase, Option<Effect>) {
    match job.plan.action {
        Action::Restart if job.may_restart => {
            (Phase::Restarting(Job { restarted: true, ..job }), Some(Effect::Restart))
        }
        Action::Restart => {
            let message = "only a restart of the engine helps, and this engine is not ours to restart".to_owned();
            failed(job, StepName::Restart, message)
        }
        Action::Dispose | Action::None | Action::NeverRead => (Phase::Disposing(job), Some(Effect::Dispose)),
    }
}

/// A restart helps where a dispose did not. It interrupts more, so everything is asked again.
fn escalate(job: Job, step: StepName, message: String) -> (Phase, Option<Effect>) {
    if job.restarted || !job.may_restart {
        return roll_back(job, step, message);
    }
    let escalated = Some(Failure::new(step, message));
    (Phase::Checking(Job { escalated, ..job }), Some(Effect::Check))
}

/// Puts the last good files back, where the person wants that, once.
fn roll_back(job: Job, step: StepName, message: String) -> (Phase, Option<Effect>) {
    if !job.may_roll_back || job.rolled_back.is_some() {
        return failed(job, step, message);
    }
    let rolled_back = Some(Failure::new(step, message));
    (Phase::RollingBack(Job { rolled_back, ..job }), Some(Effect::RollBack))
}

/// The good files are there again. An instance that was never created needs no restart.
fn rolled_back(job: Job) -> (Phase, Option<Effect>) {
    if job.may_restart && !job.unasked {
        (Phase::Restarting(Job { restarted: true, ..job }), Some(Effect::Restart))
    } else {
        (Phase::Starting(job), Some(Effect::AwaitAnswer))
    }
}

fn verified(job: Job, verdict: Verdict) -> (Phase, Option<Effect>) {
    if let Some(failure) = job.rolled_back.clone() {
        // What was wanted is not there; what was there before is.
        return (Phase::Failed { attempt: job.attempt, failure: Failure { restored: true, ..failure } }, None);
    }
    match verdict {
        Verdict::Proved => (Phase::Proved { attempt: job.attempt }, None),
        Verdict::Unconfirmed if job.may_restart && !job.restarted => {
            escalate(job, StepName::Dispose, "the engine did not drop the instance".to_owned())
        }
        Verdict::Worse if job.may_roll_back => {
            roll_back(job, StepName::Verify, "something that worked before does not work any more".to_owned())
        }
        Verdict::Partial | Verdict::Unconfirmed | Verdict::Worse => (Phase::Partial { attempt: job.attempt }, None),
    }
}

/// Ends a reload that goes no further: as refused while nothing was touched, else as failed.
fn stopped(job: Job, refusal: Refusal) -> (Phase, Option<Effect>) {
    match job.escalated.clone() {
        None => refused(job, refusal),
        Some(Failure { step, message, .. }) => failed(job, step, format!("{message}; {}", refusal.while_touched())),
    }
}

fn refused(job: Job, refusal: Refusal) -> (Phase, Option<Effect>) {
    (Phase::Refused { attempt: job.attempt, refusal }, None)
}

fn failed(job: Job, step: StepName, message: String) -> (Phase, Option<Effect>) {
    let failure = match job.rolled_back {
        // The first failure is what the person has to hear of.
        Some(first) => Failure { message: format!("{}; {message}", first.message), ..first },
        None => Failure::new(step, message),
    };
    (Phase::Failed { attempt: job.attempt, failure }, None)
}

impl Input {
    /// The attempt that an answer belongs to.
    fn attempt(&self) -> Option<&String> {
        match self {
            Self::Observed(_) | Self::Dismissed | Self::Requested(_) | Self::Cancelled => None,
            Self::Checked { attempt, .. }
            | Self::Broken { attempt, .. }
            | Self::StillBusy { attempt, .. }
            | Self::StillLoading { attempt, .. }
            | Self::WaitedEnough { attempt }
            | Self::Done { attempt }
            | Self::Failed { attempt, .. }
            | Self::Verified { attempt, .. } => Some(attempt),
        }
    }
}

#[cfg(test)]
mod tests;
