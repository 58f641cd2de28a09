//! The task behind the handle.
//!
//! Invariant: only this task changes the state; everything else sends it inputs.

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
    Banner, Fingerprint, Kind, Outcome, Phase, Problem, Receipt, ReceiptResult, Refusal, Settings, WindowState,
    Workspace,
};
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};

use super::{Input, PATIENT, SHOWN, Source, report};
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
    reload::{Ended, Restart, Wish, reload},
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
    phase: Phase,
    last: Option<(Outcome, Receipt)>,
    dismissed: BTreeSet<Fingerprint>,
    dismissed_problems: Vec<Problem>,
    settings: Settings,
    history: Vec<Receipt>,
    looking: bool,
    era: u64,
    wanted: Option<Look>,
    cancel: watch::Sender<bool>,
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
            observation: Observation::default(),
            phase: Phase::Idle,
            last: None,
            dismissed: BTreeSet::new(),
            dismissed_problems: Vec::new(),
            settings,
            looking: false,
            era: 0,
            wanted: None,
            cancel: watch::channel(false).0,
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
            Input::Phase(phase) => self.phase = phase,
            Input::Ended(ended) => self.ended(*ended),
            Input::Cancel => drop(self.cancel.send_replace(true)),
            Input::Dismiss => {
                self.dismissed.extend(self.observation.drift.iter().map(|change| change.signature.clone()));
                self.dismissed_problems.clone_from(&self.observation.problems);
                self.last = None;
            }
            Input::Settings(settings) => self.settings = settings,
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
        let has_failed = self.has_failed();
        tokio::spawn(async move {
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
        let changed = observation.drift != self.observation.drift;
        self.observation = observation;
        if self.observation.drift.is_empty() {
            self.dismissed.clear();
        }
        if self.observation.problems != self.dismissed_problems {
            self.dismissed_problems.clear();
        }
        let proved = matches!(&self.last, Some((_, receipt)) if receipt.result == ReceiptResult::Proved);
        if changed && proved && !self.observation.drift.is_empty() {
            // The next change overtakes what was proved before it.
            self.last = None;
        }
    }

    fn start_reload(&mut self, wish: Wish) {
        if self.phase.is_running() {
            return;
        }
        self.cancel.send_replace(false);
        self.era += 1;
        self.last = None;
        let (target, source, inputs) = (self.target.clone(), self.source.clone(), self.inputs.clone());
        let cancel = self.cancel.subscribe();
        // Shown at once: the first look of the reload takes a moment.
        let (phase, _) = rekindle_domain::step(
            Phase::Idle,
            rekindle_domain::Input::Requested {
                attempt: String::new(),
                plan: self.observation.plan(),
                agreed: None,
                consent: wish.consent,
                may_restart: true,
                may_touch: true,
            },
        );
        self.phase = phase;
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
            let work = reload(target, wish, restart, cancel, |phase| {
                // The receiver lives as long as the work.
                phases.send(phase.clone()).unwrap_or_default();
            });
            tokio::pin!(work);
            let ended = loop {
                tokio::select! {
                    biased;
                    Some(phase) = going.recv() => {
                        if phase.is_running() {
                            report(&inputs, Input::Phase(phase)).await;
                        }
                    }
                    ended = &mut work => break ended,
                }
            };
            report(&inputs, Input::Ended(Box::new(ended))).await;
        });
    }

    fn ended(&mut self, ended: Ended) {
        self.phase = Phase::Idle;
        self.era += 1;
        self.dismissed.clear();
        if let Some(seen) = ended.observation {
            self.target = Target { scanner: self.target.scanner.clone(), ..seen.target };
            self.observed(seen.observation);
        } else {
            self.want(Look::Everything);
        }
        if let Outcome::Refused { refusal: Refusal::Problems { problems } } = &ended.outcome {
            self.dismissed_problems.clear();
            self.observation.problems.clone_from(problems);
        }
        self.last = Some((ended.outcome, ended.receipt));
        if self.has_failed() {
            // What could be restored is looked for with the files.
            self.want(Look::Files);
        }
        self.history = History::of(&self.places).last(SHOWN);
    }

    /// True when the last reload did not make live what it should have.
    fn has_failed(&self) -> bool {
        let last = self.last.as_ref();
        last.is_some_and(|(_, receipt)| matches!(receipt.result, ReceiptResult::Partial | ReceiptResult::Failed))
    }

    /// Everything that the window shows.
    pub(super) fn state(&self) -> WindowState {
        let mut status = self.observation.status(&self.target);
        status.notices.extend(self.notices.iter().cloned());
        let changes_dismissed = status.changes.iter().all(|change| self.dismissed.contains(&change.signature));
        let dismissed = changes_dismissed && self.dismissed_problems == status.problems;
        let last = self.last.as_ref().map(|(outcome, receipt)| (outcome, receipt));
        let rows = self.observation.rows(&self.places);
        let of = |kinds: &[Kind]| rows.iter().filter(|row| kinds.contains(&row.kind)).cloned().collect();
        WindowState {
            sequence: self.sequence,
            workspace: workspace(&self.places),
            banner: Banner::of(&status, &self.phase, dismissed, last),
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
