//! The task behind the handle.
//!
//! Invariant: only this task changes the state; everything else sends it inputs.

mod ahead;

use std::{
    collections::BTreeSet,
    path::Path,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rekindle_domain::{
    Banner, Cause, Consent, EngineMode, Fingerprint, Habit, Kind, Phase, Plan, Problem, Receipt, Refusal, Settings,
    WindowState, Workspace, step,
};
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};

use super::{Input, PATIENT, SETTLED, SHOWN, Source, report};
use crate::{
    connect,
    disk::{
        locate::Places,
        watch::{Blind, Hint, SLOW, Watch},
    },
    engine::record::Records,
    error::chain,
    history::History,
    observe::{Observation, Target, observe, problems, with_files},
    reload::{Ended, Recovered, Restart, Signal, Wish, recover, reload},
    settings,
};

/// How much has to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    Files,
    Everything,
}

/// Everything that the task knows.
pub(super) struct Core {
    places: Places,
    source: Source,
    target: Target,
    observation: Observation,
    /// What a reload would do, as far as that is known by now.
    ahead: Plan,
    /// The number of the last question for it.
    asked: u64,
    phase: Phase,
    /// True when a wish came too late to join the reload under way.
    follows: bool,
    /// True when somebody wanted what runs to be interrupted.
    insisted: bool,
    /// The receipt of the reload whose end the phase is.
    last: Option<Receipt>,
    /// For speaking to the reload under way.
    signals: Option<mpsc::UnboundedSender<Signal>>,
    /// True until it is known that no reload was cut off before.
    recovering: bool,
    /// The plan that was last carried out without being asked: what it left is not tried again.
    tried: Option<Fingerprint>,
    dismissed: BTreeSet<Fingerprint>,
    dismissed_problems: Vec<Problem>,
    settings: Settings,
    history: Vec<Receipt>,
    looking: bool,
    era: u64,
    wanted: Option<Look>,
    notices: Vec<String>,
    changed: Hint,
    sequence: u64,
    inputs: mpsc::WeakSender<Input>,
}

impl Core {
    /// A core that has not looked yet.
    pub(super) fn new(places: Places, source: Source, sequence: u64, inputs: mpsc::WeakSender<Input>) -> Self {
        let settings = settings::remember_directory(&places).unwrap_or_else(|error| {
            tracing::warn!(error = chain(&error), "settings");
            settings::read(&places)
        });
        let target = match &source {
            Source::Own(host) => connect::by_host(&places, &host.watch().borrow()),
            Source::Attached => connect::by_record(&places),
            Source::Client { url, .. } => connect::unknown(&places, url),
        };
        Self {
            history: History::of(&places).last(SHOWN),
            places,
            source,
            target,
            ahead: Observation::default().plan(),
            asked: 0,
            observation: Observation::default(),
            phase: Phase::Clean,
            follows: false,
            insisted: false,
            last: None,
            signals: None,
            recovering: true,
            tried: None,
            dismissed: BTreeSet::new(),
            dismissed_problems: Vec::new(),
            settings,
            looking: false,
            era: 0,
            wanted: None,
            notices: Vec::new(),
            changed: Hint::Anything,
            sequence,
            inputs,
        }
    }

    /// Takes inputs until the last handle is gone.
    pub(super) async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Input>,
        publish: watch::Sender<Arc<WindowState>>,
        show: watch::Sender<Option<(Target, Observation)>>,
    ) {
        let hints = self.inputs.clone();
        let missed = Arc::new(AtomicBool::new(false));
        let was_missed = missed.clone();
        let hint = move |hint| {
            let Some(inputs) = hints.upgrade() else { return };
            match inputs.try_send(Input::Files(hint)) {
                Ok(()) => {}
                // There are looks to come anyway; what they look at is then everything.
                Err(mpsc::error::TrySendError::Full(_)) => missed.store(true, Ordering::Relaxed),
                Err(mpsc::error::TrySendError::Closed(_)) => tracing::debug!("the core has ended"),
            }
        };
        let mut files = Watch::start(&self.places, hint);
        loop {
            let input = match files.blind() {
                None => inbox.recv().await,
                // Nobody tells of changes: look now and then.
                Some(_) => timeout(SLOW, inbox.recv()).await.unwrap_or(Some(Input::Files(Hint::Anything))),
            };
            let Some(input) = input else { break };
            if was_missed.swap(false, Ordering::Relaxed) {
                self.changed = Hint::Anything;
                self.want(Look::Files);
            }
            let has_looked = matches!(input, Input::Looked(..) | Input::Ended(_));
            self.take(input);
            if has_looked {
                files.follow(&self.target.places.refreshed(), &self.observation.scan);
                self.notices = files.blind().map(Blind::text).into_iter().collect();
            }
            self.look_if_wanted();
            self.sequence += 1;
            let state = self.state();
            // Before the state: whoever is told of it may ask at once.
            show.send_replace(Some((self.target.clone(), self.observation.clone())));
            publish.send_replace(Arc::new(state));
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Files(hint) => {
                self.changed.add(hint);
                self.want(Look::Files);
            }
            Input::Engine => self.want(Look::Everything),
            Input::Elsewhere => self.foresee(),
            Input::Foreseen(asked, plan) if asked == self.asked => self.ahead = *plan,
            Input::Foreseen(..) => {}
            Input::Disposed => {
                // While a reload runs, here or in another process, that is where it belongs.
                if !self.phase.is_running()
                    && !Records(&self.places).is_reloading()
                    && let Err(error) = self.target.memory().forget_instance()
                {
                    tracing::warn!(error = chain(&error), "memory");
                }
                self.want(Look::Everything);
            }
            Input::Target(target) => {
                if target.client.is_none() || target.identity != self.target.identity {
                    self.observation = Observation { view: None, answers: None, ..self.observation.clone() };
                }
                // What is remembered of the files has nothing to do with the engine.
                self.target = Target { scanner: self.target.scanner.clone(), ..*target };
                self.want(Look::Everything);
            }
            Input::Looked(era, _) if era != self.era => {
                self.looking = false;
                self.want(Look::Everything);
            }
            Input::Looked(_, observation) => {
                self.looking = false;
                let mended = !self.observation.problems.is_empty() && observation.problems.is_empty();
                let must_ask = observation.problems.is_empty() && observation.answers.is_none();
                let asked = observation.view.is_some() && !mended;
                self.observed(*observation);
                if must_ask && !asked && self.target.client.is_some() {
                    self.want(Look::Everything);
                }
            }
            Input::Reload(wish) => self.start_reload(wish),
            Input::Phase(phase) => self.phase = *phase,
            Input::Ended(ended) => self.ended(*ended),
            Input::Recovered(recovered) => self.recovered(*recovered),
            Input::Offered(offer) => self.observation.last_good = *offer,
            Input::Settled(plan) => self.reload_by_itself(&plan),
            Input::Cancel => self.signal(Signal::Cancel),
            // What went wrong belongs to other files.
            Input::Restored => self.advance(rekindle_domain::Input::Dismissed),
            Input::Dismiss => {
                self.dismissed.extend(self.observation.drift.iter().map(|change| change.signature.clone()));
                self.dismissed_problems.clone_from(&self.observation.problems);
                self.advance(rekindle_domain::Input::Dismissed);
            }
            Input::Settings(settings) => {
                self.settings = settings;
                self.tried = None;
                self.await_calm();
            }
        }
    }

    fn want(&mut self, look: Look) {
        self.wanted = self.wanted.max(Some(look));
    }

    /// Starts the look that is wanted, unless one is under way or a reload is.
    fn look_if_wanted(&mut self) {
        if self.looking || self.phase.is_running() {
            return;
        }
        let Some(mut look) = self.wanted.take() else { return };
        if look == Look::Everything && Records(&self.places).is_reloading() {
            // Another process reloads: what it sees and remembers comes first. The files are ours to see.
            look = Look::Files;
            let inputs = self.inputs.clone();
            tokio::spawn(async move {
                sleep(PATIENT).await;
                report(&inputs, Input::Engine).await;
            });
        }
        self.looking = true;
        let (target, before, inputs) = (self.target.clone(), self.observation.clone(), self.inputs.clone());
        let era = self.era;
        let changed = std::mem::replace(&mut self.changed, Hint::Paths(BTreeSet::new()));
        let is_recovering = self.recovering && look == Look::Everything && target.client.is_some();
        let has_failed = self.has_failed();
        tokio::spawn(async move {
            if is_recovering {
                let recovered = recover(&target, true).await;
                report(&inputs, Input::Recovered(Box::new(recovered))).await;
            }
            let mut seen = match look {
                Look::Everything => observe(&target).await,
                Look::Files => {
                    let scan = target.read_changed(changed).await;
                    let problems = problems(&target).await;
                    with_files(&before, scan, problems, &target)
                }
            };
            seen.last_good = if has_failed || seen.is_in_trouble() { target.last_good(&seen.scan).await } else { None };
            report(&inputs, Input::Looked(era, Box::new(seen))).await;
        });
    }

    fn observed(&mut self, observation: Observation) {
        self.observation = observation;
        if self.observation.drift.is_empty() {
            self.dismissed.clear();
        }
        if self.observation.problems != self.dismissed_problems {
            self.dismissed_problems.clear();
        }
        self.foresee();
        self.advance(rekindle_domain::Input::Observed(self.observation.plan()));
        self.await_calm();
    }

    /// Takes the phase further where no reload has to be asked.
    fn advance(&mut self, input: rekindle_domain::Input) {
        self.phase = step(std::mem::take(&mut self.phase), input).0;
        if !self.phase.is_end() {
            self.last = None;
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(signals) = &self.signals
            && signals.send(signal).is_err()
        {
            tracing::debug!("the reload has ended");
        }
    }

    /// Where reloads begin by themselves: waits a moment for more changes.
    fn await_calm(&self) {
        if !self.begins_by_itself() {
            return;
        }
        let (inputs, plan) = (self.inputs.clone(), self.observation.plan().fingerprint);
        tokio::spawn(async move {
            sleep(SETTLED).await;
            report(&inputs, Input::Settled(plan)).await;
        });
    }

    fn begins_by_itself(&self) -> bool {
        let plan = self.observation.plan();
        self.settings.habit(&self.places.directory.display().to_string()) == Habit::WhenIdle
            && self.target.view.mode == EngineMode::Host
            && self.observation.answers.is_some()
            && self.observation.problems.is_empty()
            && plan.action.needs_reload()
            && self.tried.as_ref() != Some(&plan.fingerprint)
            && !self.phase.is_running()
    }

    fn reload_by_itself(&mut self, agreed: &Fingerprint) {
        if self.begins_by_itself() && self.observation.plan().fingerprint == *agreed {
            self.tried = Some(agreed.clone());
            self.start_reload(Wish { consent: Consent::WhenIdle, ..Wish::new(Cause::Automatic) });
        }
    }

    fn recovered(&mut self, recovered: Recovered) {
        match recovered {
            Recovered::Nothing => self.recovering = false,
            Recovered::NotYet => {}
            Recovered::Waiting(wish) => {
                self.recovering = false;
                self.start_reload(wish);
            }
            Recovered::Ended(receipt) => {
                self.recovering = false;
                self.phase = Phase::ended(&receipt);
                self.last = Some(receipt);
                self.history = History::of(&self.places).last(SHOWN);
            }
        }
    }

    fn start_reload(&mut self, wish: Wish) {
        self.insisted = wish.consent == Consent::Force || (self.insisted && self.phase.is_running());
        if self.phase.is_running() {
            // It joins, or its turn comes afterwards.
            self.follows |= !self.phase.is_cancellable();
            self.signal(Signal::Join(wish));
            return;
        }
        let wish = Wish { may_roll_back: self.settings.roll_back, ..wish };
        let (signals, heard) = mpsc::unbounded_channel();
        self.signals = Some(signals);
        self.era += 1;
        self.last = None;
        let (target, source, inputs) = (self.target.clone(), self.source.clone(), self.inputs.clone());
        // What was seen last is true as long as nothing was said since.
        let is_fresh = !self.looking && self.wanted != Some(Look::Everything);
        let seen = is_fresh.then(|| self.observation.clone());
        // Shown at once: the reload itself begins in another task.
        let request = rekindle_domain::Request {
            attempt: String::new(),
            plan: self.observation.plan(),
            agreed: None,
            consent: wish.consent,
            named: None,
            may_restart: true,
            may_touch: true,
            may_roll_back: false,
        };
        self.advance(rekindle_domain::Input::Requested(request));
        tokio::spawn(async move {
            let places = target.places.clone();
            let restart = || -> Pin<Box<dyn Future<Output = Result<Target, String>> + Send>> {
                let (places, source) = (places.clone(), source.clone());
                Box::pin(async move {
                    match source {
                        Source::Own(host) => {
                            host.restart().await.map_err(|error| chain(&error))?;
                            let state = host.watch();
                            Ok(connect::by_host(&places, &state.borrow()))
                        }
                        _ => connect::restart_by_owner(&places).await,
                    }
                })
            };
            let restart: Option<&Restart<'_>> =
                if matches!(source, Source::Client { .. }) { None } else { Some(&restart) };
            let (phases, mut going) = mpsc::unbounded_channel();
            let work = reload(target, wish, seen, restart, heard, |phase| {
                // The receiver lives as long as the work.
                phases.send(phase.clone()).unwrap_or_default();
            });
            tokio::pin!(work);
            let ended = loop {
                tokio::select! {
                    biased;
                    Some(phase) = going.recv() => {
                        if phase.is_running() {
                            report(&inputs, Input::Phase(Box::new(phase))).await;
                        }
                    }
                    ended = &mut work => break ended,
                }
            };
            report(&inputs, Input::Ended(Box::new(ended))).await;
        });
    }

    fn ended(&mut self, ended: Ended) {
        self.era += 1;
        self.signals = None;
        self.follows = false;
        self.dismissed.clear();
        if let Phase::Refused { refusal: Refusal::Problems { problems }, .. } = &ended.phase {
            self.dismissed_problems.clear();
            self.observation.problems.clone_from(problems);
        }
        if let Phase::Refused { refusal: Refusal::Busy { runs }, .. } = &ended.phase {
            let here = runs.iter().filter(|run| run.directory.is_none());
            self.observation.busy = here.cloned().collect();
            self.ahead.interrupts.clone_from(runs);
        }
        self.phase = ended.phase;
        self.last = Some(ended.receipt);
        self.history = History::of(&self.places).last(SHOWN);
        if let Some(seen) = ended.observation {
            self.target = Target { scanner: self.target.scanner.clone(), ..seen.target };
            self.observed(seen.observation);
        } else {
            self.want(Look::Everything);
        }
        if let Some(wish) = ended.unserved.filter(|_| self.observation.plan().action.needs_reload()) {
            self.start_reload(wish);
        }
        if self.has_failed() {
            // At once: the next look may wait for an engine that hangs.
            let (target, scan, inputs) = (self.target.clone(), self.observation.scan.clone(), self.inputs.clone());
            tokio::spawn(async move {
                let offer = target.last_good(&scan).await;
                report(&inputs, Input::Offered(Box::new(offer))).await
            });
        }
    }

    /// True when the last reload did not make live what it should have.
    fn has_failed(&self) -> bool {
        matches!(self.phase, Phase::Partial { .. } | Phase::Failed { .. })
    }

    /// Everything that the window shows.
    pub(super) fn state(&self) -> WindowState {
        let mut status = self.observation.status(&self.target);
        status.notices.extend(self.notices.iter().cloned());
        let changes_dismissed = status.changes.iter().all(|change| self.dismissed.contains(&change.signature));
        let never = self.settings.habit(&status.directory) == Habit::Never;
        let dismissed = (changes_dismissed && self.dismissed_problems == status.problems) || never;
        let rows = self.observation.rows(&self.places);
        let of = |kinds: &[Kind]| rows.iter().filter(|row| kinds.contains(&row.kind)).cloned().collect();
        WindowState {
            sequence: self.sequence,
            workspace: workspace(&self.places),
            banner: Banner::of(&status, &self.ahead.interrupts, &self.phase, dismissed, self.last.as_ref()),
            plan: self.ahead.summary(),
            refused: self.refused(),
            follows: self.follows,
            status,
            plugins: of(&[Kind::Plugin]),
            skills: of(&[Kind::Skill]),
            mcp: of(&[Kind::Mcp]),
            agents: of(&[Kind::Agent, Kind::Command, Kind::Tool]),
            counts: self.observation.counts(),
            history: self.history.clone(),
            settings: self.settings.clone(),
            last_good: self.observation.last_good.clone(),
        }
    }
}

fn workspace(places: &Places) -> Workspace {
    let directory = &places.directory;
    let name = directory.file_name().map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned());
    let short = match directory.strip_prefix(&places.home) {
        Ok(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
        Ok(rest) => Path::new("~").join(rest).display().to_string(),
        Err(_) => directory.display().to_string(),
    };
    Workspace { directory: directory.display().to_string(), name, short }
}
