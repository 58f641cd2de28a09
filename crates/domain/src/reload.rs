//! One reload, from the request to the proof, as a state machine.
//!
//! Invariants: [`step`] is pure; the engine is touched only after the files were checked and nothing
//! would be interrupted without consent, also when the last good files are put back; an answer that belongs to another attempt changes nothing;
//! at most one effect is under way at a time, so there are never two disposes at once; a reload ends
//! as proved only behind a verification.

mod end;
mod input;
mod phase;
mod request;

pub use end::{Failure, Refusal, Refused};
pub use input::{Effect, Found, Input, Verdict};
pub use phase::Phase;
pub use request::{Consent, Job, Request, StepName};

use crate::{Action, Plan};

/// The next phase, and what has to be done for it. An input that does not fit changes nothing.
pub fn step(phase: Phase, input: Input) -> (Phase, Option<Effect>) {
    if let Some(attempt) = input.attempt()
        && phase.job().is_none_or(|job| job.request.attempt != *attempt)
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
        Phase::Clean | Phase::Pending { .. } | Phase::Proved { settled: false, .. } if plan.action.needs_reload() => {
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

fn checked(mut job: Job, plan: Plan, found: Found) -> (Phase, Option<Effect>) {
    // The files may have changed since the plan was made, most of all while we waited.
    job.request.plan = plan;
    if job.has_touched() {
        job.request.plan.action = Action::Restart;
    }
    let runs = match found {
        Found::Problems(problems) => return stopped(job, Refusal::Problems { problems }),
        // Who does not say what is running may be running something.
        Found::Silence(_) if job.request.consent == Consent::Force && job.request.named.is_none() => Vec::new(),
        Found::Silence(message) => return failed(job, StepName::Check, message),
        Found::Runs(runs) => runs,
    };
    if job.request.agreed.as_ref().is_some_and(|agreed| *agreed != job.request.plan.fingerprint) && !job.has_touched() {
        let now = job.request.plan.fingerprint.clone();
        return refused(job, Refusal::StalePlan { now });
    }
    if job.request.plan.action <= Action::None {
        // Everything is live: the engine is left alone.
        return (Phase::Proved { attempt: job.request.attempt, settled: false }, None);
    }
    match job.request.consent {
        _ if runs.is_empty() => touch(job),
        Consent::Force if job.names_all(&runs) => touch(job),
        Consent::Force | Consent::IfIdle => stopped(job, Refusal::Busy { runs }),
        Consent::WhenIdle => (Phase::WaitingForIdle { job, runs }, Some(Effect::WaitForIdle)),
    }
}

fn touch(job: Job) -> (Phase, Option<Effect>) {
    match job.request.plan.action {
        Action::Restart if job.request.may_restart => {
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
    if job.restarted || !job.request.may_restart {
        return roll_back(job, step, message);
    }
    let escalated = Some(Failure::new(step, message));
    (Phase::Checking(Job { escalated, ..job }), Some(Effect::Check))
}

/// Puts the last good files back, where the person wants that, once.
fn roll_back(job: Job, step: StepName, message: String) -> (Phase, Option<Effect>) {
    if !job.request.may_roll_back || job.rolled_back.is_some() {
        return failed(job, step, message);
    }
    let rolled_back = Some(Failure::new(step, message));
    (Phase::RollingBack(Job { rolled_back, ..job }), Some(Effect::RollBack))
}

/// The good files are there again. An instance that was never created needs nothing more; else the engine
/// has to let go of the bad ones, which interrupts as much as any reload does.
fn rolled_back(job: Job) -> (Phase, Option<Effect>) {
    match (job.unasked, job.request.may_restart) {
        (true, _) => (Phase::Starting(job), Some(Effect::AwaitAnswer)),
        (false, true) => (Phase::Checking(job), Some(Effect::Check)),
        (false, false) => (Phase::Disposing(job), Some(Effect::Dispose)),
    }
}

fn verified(job: Job, verdict: Verdict) -> (Phase, Option<Effect>) {
    if let Some(failure) = job.rolled_back.clone() {
        // What was wanted is not there; what was there before is, unless the engine did not let go of the rest.
        let restored = matches!(verdict, Verdict::Proved | Verdict::Partial);
        return (Phase::Failed { attempt: job.request.attempt, failure: Failure { restored, ..failure } }, None);
    }
    match verdict {
        Verdict::Proved => (Phase::Proved { attempt: job.request.attempt, settled: false }, None),
        Verdict::Unconfirmed if job.request.may_restart && !job.restarted => {
            escalate(job, StepName::Dispose, "the engine did not drop the instance".to_owned())
        }
        Verdict::Worse if job.request.may_roll_back => {
            roll_back(job, StepName::Verify, "something that worked before does not work any more".to_owned())
        }
        Verdict::Partial | Verdict::Unconfirmed | Verdict::Worse => {
            (Phase::Partial { attempt: job.request.attempt }, None)
        }
    }
}

/// Ends a reload that goes no further: as refused while nothing was touched, else as failed.
fn stopped(job: Job, refusal: Refusal) -> (Phase, Option<Effect>) {
    match (job.rolled_back.is_some(), job.escalated.clone()) {
        (true, _) => {
            failed(job, StepName::Check, format!("the last good files are back, and {}", refusal.while_touched()))
        }
        (false, Some(Failure { step, message, .. })) => {
            failed(job, step, format!("{message}; {}", refusal.while_touched()))
        }
        (false, None) => refused(job, refusal),
    }
}

fn refused(job: Job, refusal: Refusal) -> (Phase, Option<Effect>) {
    (Phase::Refused { attempt: job.request.attempt, refusal }, None)
}

fn failed(job: Job, step: StepName, message: String) -> (Phase, Option<Effect>) {
    let failure = match job.rolled_back {
        // The first failure is what the person has to hear of.
        Some(first) => Failure { message: format!("{}; {message}", first.message), ..first },
        None => Failure::new(step, message),
    };
    (Phase::Failed { attempt: job.request.attempt, failure }, None)
}

#[cfg(test)]
mod tests;
