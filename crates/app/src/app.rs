//! The core as one task: it takes inputs, looks, reloads, and publishes one whole state.
//!
//! Invariants: one look and one reload at a time; what is published is derived from the last look,
//! the reload's phase and what a person dismissed, and from nothing else; what a look saw before a
//! reload began or ended is forgotten.

use std::{collections::BTreeSet, path::Path, sync::Arc, time::Duration};

use rekindle_domain::{
    Banner, Finding, Fingerprint, Kind, Outcome, Phase, Problem, Receipt, ReceiptResult, Scope, Settings, UserError,
    WindowState, Workspace,
};
use tokio::{
    sync::{mpsc, watch},
    time::sleep,
};

use crate::{
    change::{self, ChangeError},
    connect,
    disk::{locate::Places, watch::Watch},
    doctor,
    engine::{
        client::Credentials,
        events::{EngineEvent, Events},
        host::Host,
        record::Records,
    },
    error::{Tell, chain},
    history::History,
    observe::{Observation, Target, observe, problems, read_files, with_files},
    reload::{Ended, Wish, reload},
    settings,
};

/// How many past reloads the window is given.
const SHOWN: usize = 50;
/// The longest time between two tries to reach an engine that is gone.
const SELDOM: Duration = Duration::from_secs(30);

/// Where the engine comes from.
#[derive(Clone)]
pub enum Source {
    /// This process owns it.
    Own(Host),
    /// Another process of ours owns it.
    Attached,
    /// It is someone else's.
    Client {
        /// Its address.
        url: String,
        /// User name and password.
        credentials: Credentials,
    },
}

/// Everything that can happen.
enum Input {
    /// Files may have changed.
    Files,
    /// The engine's answers may have changed.
    Engine,
    /// The instance was dropped by someone.
    Disposed,
    /// The engine is another one, or is otherwise than before.
    Target(Box<Target>),
    /// A look came to its end; with the number of the reload before which it began.
    Looked(u64, Box<Observation>),
    /// A person wants a reload.
    Reload(Wish),
    /// A reload went on.
    Phase(Phase),
    /// A reload ended.
    Ended(Box<Ended>),
    /// A person cancels the reload.
    Cancel,
    /// A person has seen the banner.
    Dismiss,
    /// A person chose something.
    Settings(Settings),
}

/// A handle to the core of one directory. The core ends when the last handle is dropped.
#[derive(Clone)]
pub struct App {
    places: Places,
    source: Source,
    inputs: mpsc::Sender<Input>,
    state: watch::Receiver<Arc<WindowState>>,
    seen: watch::Receiver<Option<(Target, Observation)>>,
}

impl App {
    /// Starts the core. States are numbered from `sequence` on.
    pub fn start(places: Places, source: Source, sequence: u64) -> Self {
        let (inputs, inbox) = mpsc::channel(64);
        let settings = settings::remember_directory(&places).unwrap_or_else(|error| {
            tracing::warn!(error = chain(&error), "settings");
            settings::read(&places)
        });
        let target = match &source {
            Source::Own(host) => connect::by_host(&places, &host.watch().borrow()),
            Source::Attached => connect::by_record(&places),
            Source::Client { url, .. } => connect::unknown(&places, url),
        };
        let weak = inputs.downgrade();
        let core = Core {
            places: places.clone(),
            source: source.clone(),
            target,
            observation: Observation::default(),
            phase: Phase::Idle,
            last: None,
            dismissed: BTreeSet::new(),
            dismissed_problems: Vec::new(),
            settings,
            history: History::of(&places).last(SHOWN),
            looking: false,
            era: 0,
            wanted: None,
            cancel: watch::channel(false).0,
            sequence,
            inputs: weak.clone(),
        };
        let (publish, state) = watch::channel(Arc::new(core.state()));
        let (show, seen) = watch::channel(None);
        tokio::spawn(core.run(inbox, publish, show));
        tokio::spawn(follow(places.clone(), source.clone(), weak));
        Self { places, source, inputs, state, seen }
    }

    /// The directory and its places.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// Where the engine comes from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The state, now and from now on.
    pub fn watch(&self) -> watch::Receiver<Arc<WindowState>> {
        self.state.clone()
    }

    /// Reloads; how it goes is published.
    pub async fn reload(&self, wish: Wish) {
        self.send(Input::Reload(wish)).await;
    }

    /// Cancels the reload while that is possible.
    pub async fn cancel(&self) {
        self.send(Input::Cancel).await;
    }

    /// Hides the banner until the next change.
    pub async fn dismiss(&self) {
        self.send(Input::Dismiss).await;
    }

    /// Keeps what a person chose.
    pub async fn save_settings(&self, settings: Settings) -> Result<(), UserError> {
        let places = self.places.clone();
        let kept = settings.clone();
        blocking(move || settings::write(&places, &kept).map_err(|error| error.tell())).await?;
        self.send(Input::Settings(settings)).await;
        Ok(())
    }

    /// Declares a plugin; a token for taking it back.
    pub async fn add_plugin(&self, spec: String, scope: Scope) -> Result<String, UserError> {
        self.change(move |places| change::add_plugin(places, &spec, scope)).await
    }

    /// Imports a folder as a skill; a token for taking it back.
    pub async fn import_skill(&self, source: String, scope: Scope) -> Result<String, UserError> {
        self.change(move |places| change::import_skill(places, &source, scope, None).map(|(_, token)| token)).await
    }

    /// Removes an item; a token for taking it back.
    pub async fn remove(&self, id: String) -> Result<String, UserError> {
        self.change(move |places| {
            let rows = crate::disk::scan::scan(places).rows;
            let row = rows.iter().find(|row| row.id.as_str() == id && row.removable);
            let kind = if id.starts_with("skill:") { Kind::Skill } else { Kind::Plugin };
            change::remove(places, row.ok_or(ChangeError::NotFound { kind: kind.word(), name: id.clone() })?)
        })
        .await
    }

    /// Takes a change back.
    pub async fn undo(&self, token: String) -> Result<(), UserError> {
        self.change(move |places| change::undo(places, Some(&token)).map(drop)).await
    }

    /// Starts the engine, or replaces its process.
    pub async fn restart_engine(&self) -> Result<(), UserError> {
        match &self.source {
            Source::Own(host) => host.restart().await.map_err(|error| error.tell()),
            Source::Attached => {
                use crate::engine::control::{Request, ask};
                ask(&self.places, Request::Restart).await.map_err(|error| error.tell())
            }
            Source::Client { .. } => Err(crate::error::user_error(
                "client-mode",
                "this engine is not ours to restart",
                "ask whoever runs it to restart it",
            )),
        }
    }

    /// What is wrong, and how to mend it.
    pub async fn doctor(&self) -> Vec<Finding> {
        let seen = self.seen.borrow().clone();
        let (target, observation) = match seen {
            Some(seen) => seen,
            None => (connect::by_record(&self.places), Observation::default()),
        };
        doctor::examine(&target, &observation, &settings::read(&self.places).engine).await
    }

    /// What the engine printed last.
    pub fn engine_output(&self) -> Vec<String> {
        match &self.source {
            Source::Own(host) => host.output().lines(),
            _ => Vec::new(),
        }
    }

    /// Stops the engine cleanly, if this process owns it.
    pub async fn stop(&self) {
        if let Source::Own(host) = &self.source {
            host.stop().await;
        }
    }

    async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Places) -> Result<T, ChangeError> + Send + 'static,
    ) -> Result<T, UserError> {
        let places = self.places.clone();
        let result = blocking(move || change(&places).map_err(|error| error.tell())).await;
        // The same path as anyone's write, only without the wait for the file system's event.
        self.send(Input::Files).await;
        result
    }

    async fn send(&self, input: Input) {
        if self.inputs.send(input).await.is_err() {
            tracing::warn!("the core has ended");
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, UserError> + Send + 'static,
) -> Result<T, UserError> {
    let ended = |_| Err(crate::error::user_error("internal", "the work ended early", "try again"));
    tokio::task::spawn_blocking(work).await.unwrap_or_else(ended)
}

/// How much has to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    Files,
    Everything,
}

struct Core {
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
    sequence: u64,
    inputs: mpsc::WeakSender<Input>,
}

impl Core {
    async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Input>,
        publish: watch::Sender<Arc<WindowState>>,
        show: watch::Sender<Option<(Target, Observation)>>,
    ) {
        let hints = self.inputs.clone();
        let hint = move || {
            // Full: there are looks to come anyway.
            if let Some(inputs) = hints.upgrade()
                && let Err(mpsc::error::TrySendError::Closed(_)) = inputs.try_send(Input::Files)
            {
                tracing::debug!("the core has ended");
            }
        };
        let mut files = Watch::start(&self.places, hint)
            .inspect_err(|error| tracing::warn!(%error, "changes made elsewhere are not seen by themselves"))
            .ok();
        while let Some(input) = inbox.recv().await {
            self.take(input);
            self.look_if_wanted();
            if let Some(files) = &mut files
                && !self.looking
            {
                files.follow(&self.places);
            }
            self.sequence += 1;
            let state = self.state();
            publish.send_replace(Arc::new(state));
            show.send_replace(Some((self.target.clone(), self.observation.clone())));
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Files => self.want(Look::Files),
            Input::Engine => self.want(Look::Everything),
            Input::Disposed => {
                // While a reload runs, here or in another process, that is where it belongs.
                if !self.phase.is_running()
                    && matches!(Records(&self.places).reloading(), Ok(Some(_)))
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
                self.target = *target;
                self.want(Look::Everything);
            }
            Input::Looked(era, _) if era != self.era => {
                self.looking = false;
                self.want(Look::Everything);
            }
            Input::Looked(_, observation) => {
                self.looking = false;
                let must_ask = observation.problems.is_empty() && observation.answers.is_none();
                let asked = observation.view.is_some();
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
        let Some(look) = self.wanted.take() else { return };
        self.looking = true;
        let (target, before, inputs) = (self.target.clone(), self.observation.clone(), self.inputs.clone());
        let era = self.era;
        tokio::spawn(async move {
            let seen = match look {
                Look::Everything => observe(&target).await,
                Look::Files => {
                    let scan = read_files(target.places.clone()).await;
                    let problems = problems(&target).await;
                    with_files(&before, scan, problems, &target)
                }
            };
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
            let restart = || -> std::pin::Pin<Box<dyn Future<Output = Result<Target, String>> + Send>> {
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
            let restart: Option<&crate::reload::Restart<'_>> =
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
            self.target = seen.target;
            self.observed(seen.observation);
        } else {
            self.want(Look::Everything);
        }
        if let Outcome::Refused { refusal: rekindle_domain::Refusal::Problems { problems } } = &ended.outcome {
            self.dismissed_problems.clear();
            self.observation.problems.clone_from(problems);
        }
        self.last = Some((ended.outcome, ended.receipt));
        self.history = History::of(&self.places).last(SHOWN);
    }

    fn state(&self) -> WindowState {
        let status = self.observation.status(&self.target);
        let changes_dismissed = status.changes.iter().all(|change| self.dismissed.contains(&change.signature));
        let dismissed = changes_dismissed && self.dismissed_problems == status.problems;
        let last = self.last.as_ref().map(|(outcome, receipt)| (outcome, receipt));
        let (plugins, others): (Vec<_>, Vec<_>) =
            self.observation.rows(&self.places).into_iter().partition(|row| row.kind == Kind::Plugin);
        WindowState {
            sequence: self.sequence,
            workspace: workspace(&self.places),
            banner: Banner::of(&status, &self.phase, dismissed, last),
            status,
            plugins,
            skills: others.into_iter().filter(|row| row.kind == Kind::Skill).collect(),
            counts: self.observation.counts(),
            history: self.history.clone(),
            settings: self.settings.clone(),
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

/// Tells the core, if it is still there.
async fn report(inputs: &mpsc::WeakSender<Input>, input: Input) -> bool {
    match inputs.upgrade() {
        Some(inputs) => inputs.send(input).await.is_ok(),
        None => false,
    }
}

/// Keeps up with the engine: which one it is, and its events.
async fn follow(places: Places, source: Source, inputs: mpsc::WeakSender<Input>) {
    let mut host = match &source {
        Source::Own(host) => Some(host.watch()),
        _ => None,
    };
    let mut pause = Duration::from_millis(250);
    loop {
        let target = match (&source, &mut host) {
            (_, Some(state)) => connect::by_host(&places, &state.borrow_and_update()),
            (Source::Client { url, credentials }, _) => connect::by_url(&places, url, credentials.clone())
                .await
                .unwrap_or_else(|error| connect::failed(&places, &error)),
            _ => connect::by_record(&places),
        };
        let client = target.client.clone();
        if !report(&inputs, Input::Target(Box::new(target))).await {
            return;
        }
        if let Some(client) = client
            && let Ok(events) = Events::open(&client).await
        {
            pause = Duration::from_millis(250);
            pass_on(events, &inputs, host.as_mut()).await;
        } else if let Some(state) = &mut host {
            if state.changed().await.is_err() {
                return;
            }
            continue;
        }
        // The stream broke: the engine restarts, or is gone.
        sleep(pause).await;
        pause = (pause * 2).min(SELDOM);
    }
}

/// Passes events on until the stream ends or the host says that the engine is another one.
async fn pass_on(
    mut events: Events,
    inputs: &mpsc::WeakSender<Input>,
    mut host: Option<&mut watch::Receiver<crate::engine::host::HostState>>,
) {
    loop {
        let changed = async {
            match &mut host {
                Some(state) => drop(state.changed().await),
                None => std::future::pending().await,
            }
        };
        let input = tokio::select! {
            event = events.next() => match event {
                Some(EngineEvent::Disposed | EngineEvent::AllDisposed) => Input::Disposed,
                Some(EngineEvent::Activity) => Input::Engine,
                Some(EngineEvent::PluginFailed(message)) => {
                    tracing::info!(message, "a plugin failed");
                    continue;
                }
                None => return,
            },
            () = changed => return,
        };
        if !report(inputs, input).await {
            return;
        }
    }
}
