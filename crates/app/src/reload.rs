//! Carries out a reload: does what the machine in `rekindle-domain` asks for, and tells it how that
//! went.
//!
//! Invariants: the snapshot that is proved is taken before the engine is touched; one reload at a
//! time per engine, between all processes; every wait is bounded.

use std::{
    future::Future,
    pin::Pin,
    time::{Duration, Instant},
};

use rekindle_domain::{
    Action, Consent, Counts, Drift, Effect, EngineMode, Fingerprint, Input, Kind, Outcome, Phase, Plan, Profile,
    Receipt, ReceiptItem, ReceiptResult, Refusal, StepTime, drift, step, would_be_lost,
};
use tokio::sync::watch;

use crate::{
    clock,
    disk::scan::Scan,
    engine::{client::ClientError, events::Events, record::Records},
    error::chain,
    history::History,
    memory::MemoryStore,
    observe::{LOADING, NO_TOOLS, Observation, Target, compare, failed_items, observe_with, problems},
};

/// How long a dispose may take. A plugin's own clean-up may be slow.
const DISPOSE: Duration = Duration::from_secs(30);
/// How long one question for the new instance may take before it is asked again.
const POLL: Duration = Duration::from_secs(3);
/// How long to wait before looking again whether the engine is idle.
const IDLE: Duration = Duration::from_millis(500);

/// What a person wants.
#[derive(Clone, Debug)]
pub struct Wish {
    /// What they agreed to.
    pub consent: Consent,
    /// The plan that they saw.
    pub agreed: Option<Fingerprint>,
    /// How long to wait for idle at the most; `None`: as long as it takes.
    pub patience: Option<Duration>,
    /// In client mode: true when they said that the engine may be touched.
    pub may_touch: bool,
}

/// Replaces the engine's process; the target afterwards. Given by whoever can.
pub type Restart<'a> = dyn Fn() -> Pin<Box<dyn Future<Output = Result<Target, String>> + Send>> + Send + Sync + 'a;

/// What a reload came to.
#[derive(Clone, Debug)]
pub struct Ended {
    /// How it ended.
    pub outcome: Outcome,
    /// The receipt.
    pub receipt: Receipt,
    /// The engine afterwards; another process when it was restarted.
    pub observation: Option<Observed>,
}

/// The target and what a last look saw of it.
#[derive(Clone)]
pub struct Observed {
    /// The engine.
    pub target: Target,
    /// What was seen.
    pub observation: Observation,
}

impl std::fmt::Debug for Observed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Observed").field("drift", &self.observation.drift).finish_non_exhaustive()
    }
}

/// Reloads. `publish` sees every phase; a true in `cancel` cancels while that is possible.
pub async fn reload(
    target: Target,
    wish: Wish,
    restart: Option<&Restart<'_>>,
    mut cancel: watch::Receiver<bool>,
    publish: impl Fn(&Phase),
) -> Ended {
    let attempt = clock::new_id();
    let mut run = Run::new(target, attempt.clone());
    let Ok(Some(_lock)) = Records(&run.target.places).reloading() else {
        let outcome = Outcome::Refused { refusal: Refusal::AlreadyRunning };
        return run.end(outcome);
    };
    run.look().await;
    let plan = run.plan();
    let mut input = Input::Requested {
        attempt: attempt.clone(),
        plan,
        agreed: wish.agreed.clone(),
        consent: wish.consent,
        may_restart: restart.is_some(),
        may_touch: wish.may_touch || run.target.view.mode == EngineMode::Host,
    };
    let mut phase = Phase::Idle;
    let began_waiting = Instant::now();
    loop {
        let (next, effect) = step(phase, input);
        phase = next;
        run.enter(&phase);
        publish(&phase);
        let Some(effect) = effect else { break };
        let patience = wish.patience.map(|patience| patience.saturating_sub(began_waiting.elapsed()));
        let work = run.carry_out(effect, restart, patience);
        input = if phase.is_cancellable() {
            tokio::select! {
                input = work => input,
                Ok(_) = cancel.wait_for(|cancelled| *cancelled) => Input::Cancelled,
            }
        } else {
            work.await
        };
    }
    let outcome = match phase {
        Phase::Ended { outcome, .. } => outcome,
        _ => Outcome::Refused { refusal: Refusal::Cancelled },
    };
    run.end(outcome)
}

/// A reload under way.
struct Run {
    target: Target,
    attempt: String,
    at: String,
    began: Instant,
    step_began: Option<(&'static str, Instant)>,
    steps: Vec<StepTime>,
    snapshot: Scan,
    before: Observation,
    planned: Drift,
    action: Action,
    events: Option<Events>,
    failures: Vec<String>,
    items: Vec<ReceiptItem>,
    counts: Counts,
    after: Option<Observation>,
}

impl Run {
    fn new(target: Target, attempt: String) -> Self {
        Self {
            target,
            attempt,
            at: clock::now(),
            began: Instant::now(),
            step_began: None,
            steps: Vec::new(),
            snapshot: Scan::default(),
            before: Observation::default(),
            planned: Vec::new(),
            action: Action::None,
            events: None,
            failures: Vec::new(),
            items: Vec::new(),
            counts: Counts::default(),
            after: None,
        }
    }

    /// The look on which the plan rests. Files that would not load are found again by the check.
    async fn look(&mut self) {
        self.snapshot = self.target.read_files().await;
        self.before = observe_with(&self.target, self.snapshot.clone()).await;
        self.planned = self.before.drift.clone();
    }

    fn plan(&mut self) -> Plan {
        let mut plan = Plan::new(self.planned.clone(), self.before.busy.clone());
        let memory = self.target.memory_of_reload();
        if !would_be_lost(&self.snapshot.disk, memory.memory(), &self.profile()).is_empty() {
            plan = plan.without_dispose();
        }
        let stuck = self.before.view.as_ref().is_some_and(|view| view.state == rekindle_domain::EngineState::Stuck);
        if stuck {
            plan.action = Action::Restart;
        }
        self.action = plan.action;
        plan
    }

    /// Keeps the time of each step.
    fn enter(&mut self, phase: &Phase) {
        let name = phase.step_name().map(rekindle_domain::StepName::word);
        if self.step_began.map(|(name, _)| name) == name {
            return;
        }
        if let Some((name, began)) = self.step_began.take() {
            self.steps.push(StepTime { name: name.to_owned(), ms: millis(began) });
        }
        self.step_began = name.map(|name| (name, Instant::now()));
    }

    async fn carry_out(&mut self, effect: Effect, restart: Option<&Restart<'_>>, patience: Option<Duration>) -> Input {
        let attempt = self.attempt.clone();
        let answer = |result: Result<(), String>, attempt| match result {
            Ok(()) => Input::Done { attempt },
            Err(message) => Input::Failed { attempt, message },
        };
        match effect {
            Effect::CheckFiles => {
                // The snapshot is taken before the check, so that what is proved was checked.
                let scan = self.target.read_files().await;
                let problems = problems(&self.target).await;
                self.take_snapshot(scan);
                Input::Checked { attempt, problems, plan: self.plan() }
            }
            Effect::AskBusy => self.ask_busy().await,
            Effect::WaitForIdle => {
                if patience.is_some_and(|patience| patience.is_zero()) {
                    return Input::WaitedEnough { attempt };
                }
                tokio::time::sleep(IDLE.min(patience.unwrap_or(IDLE))).await;
                self.ask_busy().await
            }
            Effect::Dispose => answer(self.dispose().await, attempt),
            Effect::Restart => answer(self.restart(restart).await, attempt),
            Effect::AwaitAnswer => {
                // Someone may have broken a file in this very moment. Asking now would brick the directory.
                let problems = problems(&self.target).await;
                if problems.is_empty() {
                    answer(self.await_answer().await, attempt)
                } else {
                    Input::Checked { attempt, problems, plan: self.plan() }
                }
            }
            Effect::Verify => answer(self.verify().await, attempt),
        }
    }

    /// What is to become live is what differs from the engine at this moment.
    fn take_snapshot(&mut self, mut scan: Scan) {
        if let Some(answers) = &self.before.answers {
            let known = compare(&mut scan, answers, self.target.memory_of_reload().memory());
            self.planned = drift(&scan.disk.items, &known.items, &self.profile());
        }
        self.snapshot = scan;
    }

    async fn ask_busy(&mut self) -> Input {
        let attempt = self.attempt.clone();
        let Some(client) = &self.target.client else {
            return Input::Failed { attempt, message: "there is no engine".to_owned() };
        };
        match client.busy().await {
            Ok(runs) => Input::Busy { attempt, runs },
            // Nothing runs in a directory that could not be loaded.
            Err(ClientError::Stuck { .. }) => Input::Busy { attempt, runs: Vec::new() },
            Err(error) => Input::Failed { attempt, message: chain(&error) },
        }
    }

    async fn dispose(&mut self) -> Result<(), String> {
        self.action = self.action.max(Action::Dispose);
        let client = self.target.client.clone().ok_or("there is no engine")?;
        let mut events = Events::open(&client).await.map_err(|error| chain(&error))?;
        forget(&mut self.target.memory_of_reload());
        client.dispose().await.map_err(|error| chain(&error))?;
        if !events.disposed(false, DISPOSE, &mut self.failures).await {
            return Err(format!("the engine did not say within {} s that it dropped the instance", DISPOSE.as_secs()));
        }
        self.events = Some(events);
        Ok(())
    }

    async fn restart(&mut self, restart: Option<&Restart<'_>>) -> Result<(), String> {
        self.action = Action::Restart;
        let restart = restart.ok_or("this engine is not ours to restart")?;
        if let Some(problem) = problems(&self.target).await.first() {
            // A new process would not come up, or be stuck.
            return Err(format!("{} would not load: {}", problem.path, problem.message));
        }
        self.events = None;
        self.failures.clear();
        self.target = restart().await?;
        let client = self.target.client.clone().ok_or("the engine did not come up")?;
        // Before the first question, because plugins report their failures while they are loaded.
        self.events = Events::open(&client).await.ok();
        Ok(())
    }

    async fn await_answer(&mut self) -> Result<(), String> {
        let client = self.target.client.clone().ok_or("there is no engine")?;
        let end = Instant::now() + LOADING;
        loop {
            match client.config(POLL).await {
                Ok(_) => return Ok(()),
                Err(error @ (ClientError::Stuck { .. } | ClientError::Unauthorized)) => return Err(chain(&error)),
                Err(error) if Instant::now() >= end => return Err(chain(&error)),
                Err(ClientError::TimedOut { .. }) => {}
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    async fn verify(&mut self) -> Result<(), String> {
        let client = self.target.client.clone().ok_or("there is no engine")?;
        let answers = client.answers(LOADING).await.map_err(|error| chain(&error))?;
        if let Some(events) = &mut self.events {
            self.failures.extend(events.failures().await);
        }
        let mut failures = failed_items(&self.snapshot.disk, &self.failures);
        if answers.tools.is_none() {
            let tools = self.planned.iter().filter(|change| change.kind == Kind::Tool);
            failures.extend(tools.map(|change| (change.id.clone(), NO_TOOLS.to_owned())));
        }
        let mut memory = self.target.memory_of_reload();
        let unseen = self.snapshot.changed_until(&self.target.read_files().await);
        memory.loaded(&self.snapshot.disk, &answers, failures.clone(), unseen).map_err(|error| chain(&error))?;
        // What changed since the snapshot is compared with what was loaded, and stays pending.
        let proved = compare(&mut self.snapshot, &answers, memory.memory());
        let still = drift(&self.snapshot.disk.items, &proved.items, &self.profile());
        self.items = ReceiptItem::judge(&self.planned, &still, &proved, &failures);
        ReceiptItem::judge_servers(&mut self.items, &self.planned, answers.mcp.as_ref());
        self.counts = Counts::of(&answers, failures.len());
        let busy = client.busy().await.unwrap_or_default();
        let now = self.target.read_files().await;
        let seen = Observation {
            answers: Some(answers),
            busy,
            view: Some(self.target.view.clone()),
            ..Observation::default()
        };
        let problems = problems(&self.target).await;
        self.after = Some(crate::observe::with_files(&seen, now, problems, &self.target));
        Ok(())
    }

    fn profile(&self) -> Profile {
        Profile::for_version(self.target.view.version.as_deref().unwrap_or_default())
    }

    fn end(mut self, outcome: Outcome) -> Ended {
        self.enter(&Phase::Idle);
        let still_pending = self.after.as_ref().unwrap_or(&self.before).drift.clone();
        let (result, message) = match &outcome {
            Outcome::Verified => (ReceiptResult::of(&self.items), None),
            Outcome::Failed { failure } => (ReceiptResult::Failed, Some(failure.message.clone())),
            Outcome::Refused { refusal } => (ReceiptResult::Refused, Some(explain(refusal))),
        };
        let action = if result == ReceiptResult::Refused { Action::None } else { self.action };
        let receipt = Receipt {
            version: 1,
            id: self.attempt,
            at: self.at,
            result,
            action,
            duration_ms: millis(self.began),
            steps: self.steps,
            items: self.items,
            counts: self.counts,
            still_pending,
            message,
        };
        // A refusal touched nothing: it is an answer, not a reload.
        if result != ReceiptResult::Refused
            && let Err(error) = History::of(&self.target.places).add(&receipt)
        {
            tracing::warn!(%error, "history");
        }
        let target = self.target;
        Ended { outcome, receipt, observation: self.after.map(|observation| Observed { target, observation }) }
    }
}

fn forget(memory: &mut MemoryStore) {
    if let Err(error) = memory.forget_instance() {
        tracing::warn!(error = chain(&error), "memory");
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// A refusal in a sentence.
pub fn explain(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Problems { problems } => {
            problems.first().map(|problem| crate::error::problem_error(problem).message).unwrap_or_default()
        }
        Refusal::Busy { runs } => {
            let titles: Vec<_> = runs.iter().map(|run| format!("“{}”", run.title)).collect();
            format!("{} would be interrupted", titles.join(", "))
        }
        Refusal::StalePlan { .. } => "the plan no longer fits what is on disk".to_owned(),
        Refusal::ClientMode => "this engine is not ours to reload".to_owned(),
        Refusal::Cancelled => "it was cancelled".to_owned(),
        Refusal::AlreadyRunning => "a reload of this engine is under way".to_owned(),
    }
}
