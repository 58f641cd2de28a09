//! One reload, from the request to the proof, as a state machine.
//!
//! Invariants: [`step`] is pure; the engine is touched only after the files were checked and nothing
//! would be interrupted without consent, also when the last good files are put back; an answer that belongs to another attempt changes nothing;
//! at most one effect is under way at a time, so there are never two disposes at once; a reload ends
//! as proved only behind a verification.

mod end;
mod input;
mod job;
mod phase;
mod wish;

pub use end::{Failure, Refusal, Refused};
pub use input::{Effect, Found, Input, Verdict};
pub use job::{Course, Job, OnFailure, Permission, StepName};
pub use phase::Phase;
pub use wish::{AtLeast, Consent, Resume, Whose, Wish};

use crate::{Action, Notice, Plan, ReloadNotice};

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
        (Phase::Partial { attempt }, Input::Settled { attempt: which }) if attempt == which => {
            (Phase::Proved { attempt, settled: true }, None)
        }
        (phase, Input::Cancelled) if phase.is_cancellable() => match phase.job().cloned() {
            Some(job) => stopped(job, Refusal::Cancelled),
            None => (phase, None),
        },
        (phase, Input::Wished(job)) => wished(phase, *job),
        (Phase::Planned(job), Input::Done { .. }) => (Phase::Checking(job), Some(Effect::Check)),
        (Phase::Planned(job), Input::Failed { message, .. }) => stopped(job, Refusal::NotWritten { message }),
        (Phase::Planned(job), Input::NotMyTurn { .. }) => stopped(job, Refusal::AlreadyRunning),
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
        (Phase::Restarting(job), Input::Failed { message, .. }) => {
            roll_back(job, Course::RolledBack, StepName::Restart, message)
        }
        (Phase::Starting(job), Input::Done { .. }) => (Phase::Verifying(job), Some(Effect::Verify)),
        // It is not asked, and no restart would help.
        (Phase::Starting(job), Input::Broken { problems, .. }) => {
            let message = Refusal::Problems { problems }.said(true);
            roll_back(job, Course::RolledBackUnasked, StepName::Answer, message)
        }
        // What it hangs on it would hang on again.
        (Phase::Starting(job), Input::StillLoading { message, .. }) => {
            roll_back(job, Course::RolledBack, StepName::Answer, message)
        }
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
        Phase::Clean | Phase::Pending { .. } | Phase::Proved { settled: false, .. } if plan.action.needs_reload() => {
            Phase::Pending { plan }
        }
        Phase::Pending { .. } => Phase::Clean,
        phase => phase,
    }
}

fn wished(phase: Phase, other: Job) -> (Phase, Option<Effect>) {
    match (phase.is_cancellable(), phase.job()) {
        // It joins the one that has not touched anything yet, and is written down before it counts.
        (true, Some(job)) => {
            let job = Job { wish: job.wish.clone().joined(other.wish), ..job.clone() };
            (Phase::Planned(job), Some(Effect::WriteDown))
        }
        (false, Some(_)) => (phase, None),
        (_, None) if other.may == Permission::Nothing => refused(other, Refusal::ClientMode),
        (_, None) => (Phase::Planned(other), Some(Effect::WriteDown)),
    }
}

fn checked(mut job: Job, plan: Plan, found: Found) -> (Phase, Option<Effect>) {
    // The files may have changed since the plan was made, most of all while we waited.
    let now = plan.fingerprint.clone();
    job.take_plan(plan);
    let runs = match found {
        Found::Problems(problems) => return stopped(job, Refusal::Problems { problems }),
        // Who does not say what is running may be running something.
        Found::Silence(_) if job.wish.consent == Consent::Force && job.wish.named.is_none() => Vec::new(),
        Found::Silence(message) => return failed(job, StepName::Check, message),
        Found::Runs(runs) => runs,
    };
    if job.wish.agreed.as_ref().is_some_and(|agreed| *agreed != now) && !job.has_touched() {
        return refused(job, Refusal::StalePlan { now });
    }
    if job.plan.action <= Action::None {
        // Everything is live: the engine is left alone.
        return (Phase::Proved { attempt: job.attempt, settled: false }, None);
    }
    match job.wish.consent {
        _ if runs.is_empty() => touch(job),
        Consent::Force if job.names_all(&runs) => touch(job),
        Consent::Force | Consent::IfIdle => stopped(job, Refusal::Busy { runs }),
        Consent::WhenIdle => (Phase::WaitingForIdle { job, runs }, Some(Effect::WaitForIdle)),
    }
}

fn touch(job: Job) -> (Phase, Option<Effect>) {
    match (job.plan.action, job.may) {
        (Action::Restart, Permission::Restart) => {
            let course = job.course.restarted();
            (Phase::Restarting(Job { course, ..job }), Some(Effect::Restart))
        }
        (Action::Restart, _) => failed(job, StepName::Restart, ReloadNotice::MayNotRestart.into()),
        (Action::Dispose | Action::None | Action::NeverRead, _) => (Phase::Disposing(job), Some(Effect::Dispose)),
    }
}

/// A restart helps where a dispose did not. It interrupts more, so everything is asked again.
fn escalate(job: Job, step: StepName, message: Notice) -> (Phase, Option<Effect>) {
    if !job.course.may_escalate() || job.may != Permission::Restart {
        return roll_back(job, Course::RolledBack, step, message);
    }
    let course = job.course.escalated(Failure::new(step, message));
    (Phase::Checking(Job { course, ..job }), Some(Effect::Check))
}

/// Puts the last good files back, where the person wants that, once.
fn roll_back(
    job: Job,
    course: impl FnOnce(Failure) -> Course,
    step: StepName,
    message: Notice,
) -> (Phase, Option<Effect>) {
    if job.on_failure == OnFailure::Stay || job.course.rolled_back().is_some() {
        return failed(job, step, message);
    }
    let course = course(Failure::new(step, message));
    (Phase::RollingBack(Job { course, ..job }), Some(Effect::RollBack))
}

/// The good files are there again. An instance that was never created needs nothing more; else the engine
/// has to let go of the bad ones, which interrupts as much as any reload does.
fn rolled_back(job: Job) -> (Phase, Option<Effect>) {
    match (&job.course, job.may) {
        (Course::RolledBackUnasked(_), _) => (Phase::Starting(job), Some(Effect::AwaitAnswer)),
        (_, Permission::Restart) => (Phase::Checking(job), Some(Effect::Check)),
        (_, Permission::Dispose | Permission::Nothing) => (Phase::Disposing(job), Some(Effect::Dispose)),
    }
}

fn verified(job: Job, verdict: Verdict) -> (Phase, Option<Effect>) {
    if let Some(failure) = job.course.rolled_back().cloned() {
        // What was wanted is not there; what was there before is, unless the engine did not let go of the rest.
        let restored = matches!(verdict, Verdict::Proved | Verdict::Partial);
        return (Phase::Failed { attempt: job.attempt, failure: Failure { restored, ..failure } }, None);
    }
    match verdict {
        Verdict::Proved => (Phase::Proved { attempt: job.attempt, settled: false }, None),
        Verdict::Unconfirmed if job.may == Permission::Restart && job.course.may_escalate() => {
            escalate(job, StepName::Dispose, ReloadNotice::NotDropped.into())
        }
        Verdict::Worse if job.on_failure == OnFailure::RollBack => {
            roll_back(job, Course::RolledBack, StepName::Verify, ReloadNotice::Worse.into())
        }
        Verdict::Partial | Verdict::Unconfirmed | Verdict::Worse => (Phase::Partial { attempt: job.attempt }, None),
    }
}

/// Ends a reload that goes no further: as refused while nothing was touched, else as failed.
fn stopped(job: Job, refusal: Refusal) -> (Phase, Option<Effect>) {
    match job.course.clone() {
        Course::First | Course::Restart => refused(job, refusal),
        Course::RestartInstead(Failure { step, message, .. }) => failed(job, step, message.then(refusal.said(true))),
        Course::RolledBackUnasked(_) | Course::RolledBack(_) | Course::RestartedBack(_) => {
            let then = Box::new(refusal.said(true));
            failed(job, StepName::Check, ReloadNotice::GoodFilesBack { then }.into())
        }
    }
}

fn refused(job: Job, refusal: Refusal) -> (Phase, Option<Effect>) {
    (Phase::Refused { attempt: job.attempt, refusal }, None)
}

fn failed(job: Job, step: StepName, message: Notice) -> (Phase, Option<Effect>) {
    let failure = match job.course.rolled_back() {
        // The first failure is what the person has to hear of.
        Some(first) => Failure { message: first.message.clone().then(message), ..first.clone() },
        None => Failure::new(step, message),
    };
    (Phase::Failed { attempt: job.attempt, failure }, None)
}

#[cfg(test)]
mod tests;
