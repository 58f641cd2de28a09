//! A reload under way: the effects that the machine asks for, and what is learnt by them.
//!
//! Invariant: an effect that touches the engine is in the journal before it begins, or does not begin; and it does not
//! begin either once the right to reload is lost.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rekindle_domain::{
    Action, AtLeast, BusyRun, Change, Counts, Effect, EngineMode, EngineNotice, EngineState, Found, Input, Job,
    LeftOut, Leftover, Notice, Phase, Plan, Receipt, ReceiptItem, ReceiptResult, Refusal, Resumed, StateNotice,
    StepName, StepTime, Wish,
};
use rekindle_opencode::{Profile, would_be_lost};

use super::{Ended, Observed, resume};
use crate::{
    clock,
    engine::{
        client::ClientError,
        connect::{self, Source},
        descendants::{Dropped, Generation},
        ear::Ear,
        packages,
    },
    error::cause,
    fault::Fault,
    files::scan::Scan,
    state::{history::History, journal::Journal, lock::Lock},
    workspace::{
        look::{Observation, compare, difference, observe_with, observe_within, problems},
        target::Target,
    },
};

/// How long an engine that is to be replaced is asked what it has: one that hangs is replaced because of that.
const SOON: Duration = Duration::from_secs(5);

/// A reload under way.
pub(crate) struct Run {
    /// The right to reload, until the end.
    pub(super) lock: Option<Lock>,
    pub(super) target: Target,
    pub(super) source: Source,
    pub(super) attempt: String,
    /// What is wanted, by all who have joined by now.
    pub(super) wish: Wish,
    pub(super) began: Instant,
    at: String,
    step_began: Option<(StepName, Instant)>,
    steps: Vec<StepTime>,
    /// What the files said when they were checked last.
    pub(super) snapshot: Scan,
    /// What the engine had before it was touched.
    pub(super) before: Option<Arc<Observation>>,
    /// What is to become live.
    pub(super) planned: Vec<Change>,
    /// The packages that the engine has to install for it.
    installs: Vec<String>,
    /// What was done to the engine.
    pub(super) action: Action,
    /// What was running when it was touched.
    interrupted: Vec<BusyRun>,
    /// The processes that the engine had started when it was touched first.
    generation: Option<Generation>,
    pub(super) ear: Ear,
    /// True when the engine was told to drop the instance and did not say that it had.
    pub(super) unconfirmed: bool,
    pub(super) failures: Vec<String>,
    pub(super) items: Vec<ReceiptItem>,
    pub(super) counts: Counts,
    pub(super) after: Option<Observation>,
}

impl Run {
    /// A reload that has not begun. `seen`: a look at the engine that is still true; without one, it is asked first.
    pub(crate) fn new(
        target: Target,
        source: Source,
        attempt: String,
        wish: Wish,
        seen: Option<Arc<Observation>>,
    ) -> Self {
        Self {
            lock: None,
            target,
            source,
            attempt,
            wish,
            began: Instant::now(),
            at: clock::now(),
            step_began: None,
            steps: Vec::new(),
            snapshot: Scan::default(),
            before: seen.filter(|seen| seen.answers.is_some()),
            planned: Vec::new(),
            installs: Vec::new(),
            action: Action::None,
            interrupted: Vec::new(),
            generation: None,
            ear: Ear::default(),
            unconfirmed: false,
            failures: Vec::new(),
            items: Vec::new(),
            counts: Counts::default(),
            after: None,
        }
    }

    /// Keeps the time of each step.
    fn enter(&mut self, phase: &Phase) {
        let name = phase.step_name();
        if self.step_began.map(|(name, _)| name) == name {
            return;
        }
        if let Some((name, began)) = self.step_began.take() {
            self.steps.push(StepTime { name: name.word().to_owned(), ms: millis(began) });
        }
        self.step_began = name.map(|name| (name, Instant::now()));
    }

    /// Does what the machine asks for in this phase; how that went.
    pub(crate) async fn carry_out(&mut self, effect: Effect, phase: &Phase) -> Input {
        self.enter(phase);
        if let Some(job) = phase.job() {
            self.wish.clone_from(&job.wish);
        }
        if effect == Effect::WriteDown
            && let Err(input) = self.await_turn().await
        {
            return input;
        }
        let attempt = self.attempt.clone();
        if let Err(message) = self.write_down(effect, phase) {
            return Input::Failed { attempt, message };
        }
        let answer = |result: Result<(), Notice>| match result {
            Ok(()) => Input::Done { attempt: attempt.clone() },
            Err(message) => Input::Failed { attempt: attempt.clone(), message },
        };
        match effect {
            Effect::WriteDown => answer(Ok(())),
            Effect::Check if phase.job().is_some_and(|job| job.course.rolled_back().is_some()) => {
                self.check_once_more().await
            }
            Effect::Check => self.check(phase.job().is_some_and(Job::has_touched)).await,
            Effect::WaitForIdle => self.wait_for_idle().await,
            Effect::Dispose => answer(self.dispose().await),
            Effect::Restart => answer(self.restart().await),
            Effect::AwaitAnswer => self.await_answer().await,
            Effect::Verify => match self.verify().await {
                Ok(verdict) => Input::Verified { attempt, verdict },
                Err(message) => Input::Failed { attempt, message },
            },
            Effect::RollBack => answer(self.roll_back().await),
        }
    }

    /// Writes down what is about to be done. Only what touches the engine has to be there.
    fn write_down(&self, effect: Effect, phase: &Phase) -> Result<(), Notice> {
        let is_needed = matches!(effect, Effect::WriteDown | Effect::Dispose | Effect::Restart | Effect::RollBack);
        if is_needed && self.lock.as_ref().is_some_and(Lock::is_lost) {
            let path = self.target.places().state.display().to_string();
            return Err(StateNotice::ReloadTurnLost { path }.into());
        }
        let journal = Journal::of(self.target.places());
        let written = match (effect, phase.step_name()) {
            (Effect::WriteDown, _) => journal.plan(&self.attempt, &self.wish, self.client_url()),
            (_, Some(step)) => {
                // What comes after it is about the same plan.
                let plan = phase.job().map(|job| &job.plan).filter(|_| is_needed);
                journal.step(&self.attempt, step, millis(self.began), plan)
            }
            (_, None) => Ok(()),
        };
        match written {
            Err(error) if is_needed => {
                let path = self.target.places().state.display().to_string();
                Err(StateNotice::JournalNotWritten { path, why: cause(&error) }.into())
            }
            Err(error) => {
                tracing::warn!(%error, "the journal");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// The address of someone else's engine.
    fn client_url(&self) -> Option<&str> {
        let view = &self.target.engine.view;
        view.url.as_deref().filter(|_| view.mode == EngineMode::Client)
    }

    /// Checks the files, and asks what is running if they are fine: a broken file must not be loaded by a
    /// question of ours.
    async fn check(&mut self, is_escalated: bool) -> Input {
        let attempt = self.attempt.clone();
        self.find_engine();
        if let Some(client) = &self.target.engine.client {
            self.ear.open(client).await;
        }
        // The snapshot is taken before the check, so that what is proved was checked.
        let read = self.target.read_files().await;
        let mut problems = problems(&self.target).await;
        let scan = match (read, problems.is_empty()) {
            (Ok(scan), true) => {
                let roots = scan.skill_roots.clone();
                let scan = self.look_before(scan).await;
                if scan.as_ref().is_ok_and(|scan| scan.skill_roots != roots) {
                    problems = self::problems(&self.target).await;
                }
                scan
            }
            (read, _) => read,
        };
        let scan = scan.map_err(|fault| problems.push(fault.problem()));
        let (Ok(scan), true) = (scan, problems.is_empty()) else {
            return Input::Checked { attempt, plan: self.plan(), found: Found::Problems(problems) };
        };
        self.take_snapshot(scan);
        let mut plan = self.plan();
        plan.installs.clone_from(&self.installs);
        if is_escalated {
            self.action = Action::Restart;
        } else if self.action.needs_reload() {
            self.generation = self.processes().await;
        }
        if self.action.needs_reload() {
            self.target.keep_files(&self.snapshot).await;
        }
        let found = match self.unanswered() {
            // Nothing runs in an instance that never came up; elsewhere it may.
            Some(_) if self.is_still_loading() => Found::Runs(self.target.busy_elsewhere().await),
            // Nobody can wait for one that does not answer, nor for what it does not tell.
            Some(_) if self.wish.at_least == AtLeast::Restart => {
                let mut runs = self.target.busy_elsewhere().await;
                runs.retain(|run| !run.session.is_empty());
                Found::Runs(runs)
            }
            Some(message) => Found::Silence(message),
            None => match self.busy().await {
                Ok(runs) => Found::Runs(runs),
                Err(message) => Found::Silence(message),
            },
        };
        if let Found::Runs(runs) = &found {
            plan.interrupts.clone_from(runs);
            self.interrupted.clone_from(runs);
        }
        Input::Checked { attempt, plan, found }
    }

    /// Makes sure that it is known what the engine has, beside these files; the files, with those that the engine
    /// reads because a plugin named them.
    async fn look_before(&mut self, scan: Scan) -> Result<Scan, Fault> {
        if self.before.as_ref().is_some_and(|before| before.answers.is_some()) {
            return Ok(scan);
        }
        let before = match self.wish.at_least {
            AtLeast::WhatIsPending => observe_with(&self.target, scan).await?,
            AtLeast::Restart => observe_within(&self.target, SOON).await,
        };
        Ok(self.before.insert(Arc::new(before)).scan.clone())
    }

    /// An engine of ours may be another process by now: somebody restarted it while this reload waited.
    fn find_engine(&mut self) {
        if self.target.engine.view.mode != EngineMode::Host {
            return;
        }
        let now = connect::by_record(self.target.places());
        if now.identity != self.target.engine.identity {
            self.target.meet(now);
            self.before = None;
            self.ear.close();
        }
    }

    /// Before the restart that lets go of what was taken back. An instance that does not say what runs in it
    /// never came up, or hangs; elsewhere something may run.
    async fn check_once_more(&mut self) -> Input {
        let attempt = self.attempt.clone();
        self.action = Action::Restart;
        let problems = problems(&self.target).await;
        let found = match problems.is_empty() {
            false => Found::Problems(problems),
            true => Found::Runs(match self.busy().await {
                Ok(runs) => runs,
                Err(_) => self.target.busy_elsewhere().await,
            }),
        };
        let mut plan = Plan::new(self.planned.clone(), Vec::new()).with_restart();
        if let Found::Runs(runs) = &found {
            plan.interrupts.clone_from(runs);
            self.interrupted.extend(runs.iter().cloned());
        }
        Input::Checked { attempt, plan, found }
    }

    /// What is to become live is what differs from the engine at this moment.
    fn take_snapshot(&mut self, mut scan: Scan) {
        let Some(before) = &self.before else { return };
        self.planned = match &before.answers {
            Some(answers) => {
                let known = compare(&mut scan, answers, self.target.memory_of_reload().memory());
                difference(&scan, &known, &self.profile())
            }
            None => before.drift.to_vec(),
        };
        self.installs = packages::wanted(self.target.places(), &scan.disk);
        self.snapshot = scan;
    }

    fn plan(&mut self) -> Plan {
        let plan = Plan::new(self.planned.clone(), Vec::new());
        let memory = self.target.memory_of_reload();
        let loses = !would_be_lost(&self.snapshot.disk, memory.memory(), &self.profile()).is_empty();
        let is_silent = self.before.as_ref().is_some_and(|before| before.answers.is_none());
        let plan = match (is_silent, loses) {
            // What it does not tell, only a new process puts right.
            (true, _) => plan.with_restart(),
            (false, true) => plan.without_dispose(),
            (false, false) => plan,
        };
        self.action = match self.wish.at_least {
            AtLeast::WhatIsPending => plan.action,
            AtLeast::Restart => Action::Restart,
        };
        plan
    }

    /// Why the engine did not answer the look on which the plan rests; a stuck one has said enough.
    fn unanswered(&self) -> Option<Notice> {
        let before = self.before.as_ref().filter(|before| before.answers.is_none())?;
        let view = before.view.as_ref()?;
        let is_known = matches!(view.state, EngineState::Stuck | EngineState::Stopped);
        (!is_known).then(|| view.message.clone().unwrap_or_else(|| EngineNotice::EngineSilent.into()))
    }

    /// True when the engine takes its time, and nobody saw this instance loaded since the last was dropped.
    fn is_still_loading(&self) -> bool {
        let view = self.before.as_ref().and_then(|before| before.view.as_ref());
        let is_slow = view.is_some_and(|view| view.state == EngineState::Starting);
        is_slow
            && self.target.engine.view.mode == EngineMode::Host
            && self.target.memory_of_reload().instance().is_none()
    }

    /// What the engine has started.
    async fn processes(&mut self) -> Option<Generation> {
        let engine = self.target.engine.view.pid?;
        tokio::task::spawn_blocking(move || Generation::of(engine)).await.ok().flatten()
    }

    /// What would be interrupted: a restart interrupts what runs in every directory.
    pub(super) async fn busy(&mut self) -> Result<Vec<BusyRun>, Notice> {
        match self.target.busy(self.action == Action::Restart).await {
            Ok(runs) => Ok(runs),
            // Nothing runs in a directory that could not be loaded, or in an engine that is gone.
            Err(ClientError::Stuck { .. }) => Ok(Vec::new()),
            Err(error) if error.is_refused() => Ok(Vec::new()),
            Err(error) => Err(error.what()),
        }
    }

    pub(super) fn profile(&self) -> Profile {
        Profile::for_version(self.target.engine.view.version.as_deref().unwrap_or_default())
    }

    /// Lets go of everything, and writes down how it ended.
    pub(crate) async fn end(&mut self, phase: Phase) -> Ended {
        self.enter(&Phase::Clean);
        let (result, message, restored) = match &phase {
            Phase::Proved { .. } => (ReceiptResult::Proved, None, false),
            Phase::Partial { .. } => (ReceiptResult::Partial, None, false),
            Phase::Failed { failure, .. } => (ReceiptResult::Failed, Some(failure.message.clone()), failure.restored),
            Phase::Refused { refusal, .. } => (ReceiptResult::Refused, Some(refusal.clone().said(false)), false),
            // A reload that has not ended does not get here.
            _ => (ReceiptResult::Refused, Some(Refusal::CutOff.said(false)), false),
        };
        let was_touched = self.steps.iter().any(|step| ["dispose", "restart"].contains(&step.name.as_str()));
        if was_touched && self.after.is_none() {
            self.forget_instance();
        }
        let orphans = self.orphans();
        let resumed = if self.after.is_some() { self.resume().await } else { Vec::new() };
        let still_pending = self.after.as_ref().or(self.before.as_deref()).map(|seen| seen.drift.to_vec());
        let receipt = Receipt {
            version: 1,
            id: self.attempt.clone(),
            at: std::mem::take(&mut self.at),
            cause: self.wish.cause,
            result,
            action: if was_touched { self.action } else { Action::None },
            duration_ms: millis(self.began),
            steps: std::mem::take(&mut self.steps),
            items: std::mem::take(&mut self.items),
            counts: std::mem::take(&mut self.counts),
            installs: if was_touched { std::mem::take(&mut self.installs) } else { Vec::new() },
            settled_at: None,
            still_pending: still_pending.unwrap_or_default(),
            left_out: LeftOut::default(),
            orphans,
            resumed,
            restored,
            message,
        };
        // A refusal touched nothing: it is an answer, not a reload.
        if result != ReceiptResult::Refused
            && let Err(error) = History::of(self.target.places()).add(&receipt)
        {
            tracing::warn!(%error, "history");
        }
        if let Err(error) = Journal::of(self.target.places()).end(&self.attempt, result) {
            tracing::warn!(%error, "the journal");
        }
        self.lock = None;
        let target = self.target.clone();
        let observation = self.after.take().map(|observation| Observed { target, observation });
        Ended { phase, receipt, observation }
    }

    /// Processes of what was dropped that are still there.
    fn orphans(&self) -> Vec<Leftover> {
        let Some(generation) = self.generation.as_ref().filter(|_| self.after.is_some()) else { return Vec::new() };
        match self.action {
            Action::Restart => generation.left(Dropped::Engine),
            _ => generation.left(Dropped::Instance(&self.target.places().directory)),
        }
    }

    /// What was loaded is gone, and what is loaded now nobody saw.
    fn forget_instance(&self) {
        if let Err(error) = self.target.memory_of_reload().forget_instance() {
            tracing::warn!(%error, "memory");
        }
    }

    async fn resume(&mut self) -> Vec<Resumed> {
        let runs = self.interrupted.iter().filter(|run| self.wish.resume.includes(&run.session));
        match &self.target.engine.client {
            Some(client) => resume::resume(client, runs).await,
            None => Vec::new(),
        }
    }
}

pub(super) fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
