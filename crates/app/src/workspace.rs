//! The core as one task: it takes inputs, looks, reloads, and publishes one whole state.
//!
//! Invariants: one look and one reload at a time; what is published is derived from the last look,
//! the reload's phase and what a person dismissed, and from nothing else; what a look saw before a
//! reload began or ended is forgotten.

mod busy;
mod compared;
mod core;
mod deeds;
pub mod difference;
pub mod directory;
mod follow;
mod good_files;
mod keys;
pub mod look;
mod pace;
mod previewed;
pub mod reload;
mod signing_in;
pub mod target;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rekindle_domain::{
    Answers, AtLeast, Cause, Choice, ChosenServers, DiffLine, EngineNotice, ErrorCode, Finding, Fingerprint,
    Installing, Kind, LastGoodOffer, Leftover, Made, McpAnswer, Phase, Plan, Previewed, ProgramNotice, Receipt,
    Received, Refusal, ReloadNotice, Restored, Scope, ServerNotice, ServersPreview, Settings, Shown, UndoChoice,
    UserError, WindowState, Wish, chain,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::block_in_place,
    time::timeout,
};

use self::core::{Core, driver::Wisher, looks::Look};
pub use crate::engine::connect::Source;
use crate::{
    doctor,
    edit::{self, NewEntry, last_good::LastGood},
    engine::{
        client::{Client, ClientError, Connection},
        connect,
        known::Engine,
        output::last_words,
    },
    error::problem_error,
    files::{check::check_config, locate::Places, watch::Hint},
    state::{record::Records, settings},
    workspace::{
        compared::Comparing,
        keys::Listed,
        look::Observation,
        previewed::Waiting,
        reload::{
            Ended, Recovered,
            hear::{WAITS_FOR_COUNTS, WAITS_FOR_ITEMS},
        },
        signing_in::SigningIn,
        target::Target,
    },
};

/// How many past reloads the window is given.
const SHOWN: usize = 50;
/// How often to look whether another process has ended its reload.
const PATIENT: Duration = Duration::from_millis(100);
/// How long nothing may change before a reload begins by itself: whoever saves one file often saves another.
const SETTLED: Duration = Duration::from_secs(1);
/// The longest time between two tries to reach an engine that is gone.
const SELDOM: Duration = Duration::from_secs(30);

/// How long a core is there, and so what it attends to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stay {
    /// Until nobody has a handle: it watches the files, follows the engine, and reloads by itself where that is wished.
    Open,
    /// For one reload: it looks only for that.
    OneReload,
}

/// What a core knows, for whoever asks more than the state tells.
#[derive(Clone)]
struct Seen {
    target: Target,
    observation: Arc<Observation>,
    /// The receipt of the last reload, as far as it is known by now.
    last: Option<Receipt>,
    phase: Phase,
}

/// Everything that the core is told.
enum Message {
    /// Files may have changed.
    Files(Hint),
    /// The engine's answers may have changed.
    Answers,
    /// The last look came to nothing, and it is time for another.
    Again,
    /// What runs in another directory may have changed.
    Elsewhere,
    /// What a reload would do was found out; with the number of the question.
    Foreseen(u64, Box<Plan>),
    /// The instance was dropped by someone.
    Disposed,
    /// The engine is another one, or is otherwise than before.
    Engine(Box<Engine>),
    /// A look came to its end; with the era in which it began.
    Looked(u64, Look, Box<Observation>),
    /// What the engine had not said was asked for again; with the number of the question.
    Heard(u64, Box<Answers>),
    /// The engine installs something for the reload under way, or nothing any more.
    Installing(Option<Installing>),
    /// A person wants a reload.
    Reload(Box<Wish>, Option<Wisher>),
    /// What the reload asked for was carried out; with its number.
    Answered(u64, Box<rekindle_domain::Input>),
    /// A reload ended.
    Ended(Box<Ended>),
    /// A reload that was cut off before was looked for.
    Recovered(Box<Recovered>),
    /// It was looked for what could be restored.
    Offered(Box<Option<LastGoodOffer>>),
    /// For a while nothing changed; with the plan that was made before it.
    Settled(Fingerprint),
    /// Other files were put in the place of those that the last reload was about.
    Restored,
    /// A person cancels the reload.
    Cancel,
    /// A person has seen this of the banner, and puts it away.
    Dismiss(Shown),
    /// A person chose something; these are all settings now.
    Settings(Settings),
}

/// A handle to the core of one directory. The core ends when the last handle is dropped.
#[derive(Clone)]
pub struct App {
    places: Places,
    source: Source,
    inputs: mpsc::Sender<Message>,
    state: watch::Receiver<Arc<WindowState>>,
    seen: watch::Receiver<Option<Seen>>,
    waiting: Waiting,
    signing_in: SigningIn,
    comparing: Comparing,
    listed: Listed,
}

impl App {
    /// Starts the core. States are numbered from `sequence` on.
    pub fn start(places: Places, source: Source, sequence: u64) -> Self {
        // It waits for others who write settings.
        if let Err(error) = block_in_place(|| settings::remember_directory(&places)) {
            tracing::warn!(error = chain(&error), "settings");
        }
        let engine = match &source {
            Source::Own(host) => connect::by_host(&host.watch().borrow()),
            Source::Attached => connect::by_record(&places),
            Source::Client { url, .. } => connect::unknown(url),
        };
        let app = Self::begin(Target::new(&places, engine), source.clone(), Stay::Open, sequence);
        tokio::spawn(follow::follow(places, source, app.inputs.downgrade()));
        app
    }

    /// A core that only reloads this engine, and looks at nothing before it is told to.
    pub fn for_one_reload(target: Target, source: Source) -> Self {
        Self::begin(target, source, Stay::OneReload, 0)
    }

    fn begin(target: Target, source: Source, stay: Stay, sequence: u64) -> Self {
        let (inputs, inbox) = mpsc::channel(64);
        let places = target.places().clone();
        let mut core = Core::new(target, source.clone(), stay, sequence, inputs.downgrade());
        let (publish, state) = watch::channel(Arc::new(core.state()));
        let (show, seen) = watch::channel(None);
        tokio::spawn(core.run(inbox, publish, show));
        Self {
            places,
            source,
            inputs,
            state,
            seen,
            waiting: Waiting::default(),
            signing_in: SigningIn::default(),
            comparing: Comparing::default(),
            listed: Listed::default(),
        }
    }

    /// True as soon as the state says what was seen, and not only what there was to see.
    pub fn has_looked(&self) -> bool {
        self.seen.borrow().as_ref().is_some_and(|seen| seen.observation.view.is_some())
    }

    /// The directory and its places.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// The same, as the engine finds them, which may be elsewhere than this process would: what is shown is what is edited.
    fn places_of_engine(&self) -> Places {
        let seen = self.seen.borrow();
        seen.as_ref().map_or_else(|| self.places.clone(), |seen| seen.target.places().clone())
    }

    /// Where the engine comes from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// True when a path may be opened for a person who sees it: someone else's engine may name any file of this
    /// machine as what it has loaded, so that there only what was found on disk counts.
    pub fn may_open(&self, path: &str) -> bool {
        let Source::Client { .. } = &self.source else { return true };
        let seen = self.seen.borrow();
        let Some(Seen { target, observation, .. }) = &*seen else { return false };
        let scan = &observation.scan;
        let is_place = target.places().directory.as_os_str() == path;
        is_place
            || self.listed.has(path)
            || scan.rows.iter().any(|row| row.source == path)
            || scan.disk.items.iter().any(|item| item.source == path)
            || observation.problems.iter().chain(&scan.warnings).any(|problem| problem.path == path)
    }

    /// The state, now and from now on.
    pub fn watch(&self) -> watch::Receiver<Arc<WindowState>> {
        self.state.clone()
    }

    /// Reloads; how it goes is published.
    pub async fn reload(&self, wish: Wish) {
        self.send(Message::Reload(Box::new(wish), None)).await;
    }

    /// Reloads, and waits for the end of the reload that served the wish; `None`: the core has ended. `told` hears of each
    /// phase before what it asks for begins.
    pub async fn reload_to_the_end(&self, wish: Wish, told: impl Fn(&Phase) + Send + 'static) -> Option<Ended> {
        let (reply, ended) = oneshot::channel();
        self.send(Message::Reload(Box::new(wish), Some(Wisher { told: Box::new(told), reply }))).await;
        ended.await.ok()
    }

    /// Waits until the engine has said what a reload that ended is about, or for as long as is worth it. `waits` is told
    /// what is waited for, whenever that is another thing.
    pub async fn settle(&self, ended: &mut Ended, waits: impl Fn(&Receipt)) {
        let began = Instant::now();
        let (mut seen, mut told) = (self.seen.clone(), None);
        loop {
            let now = seen.borrow_and_update().clone();
            let Some(now) = now else { return };
            let Some(last) = now.last.filter(|last| last.id == ended.receipt.id) else { return };
            // Of a long one the whole is here already.
            if last.left_out == ended.receipt.left_out {
                ended.receipt = last;
            }
            if now.phase.attempt() == Some(ended.receipt.id.as_str()) {
                ended.phase = now.phase;
            }
            let is_silent = now.observation.answers.as_ref().is_some_and(|answers| !answers.unheard().is_empty());
            let longest = if ended.receipt.awaits() { WAITS_FOR_ITEMS } else { WAITS_FOR_COUNTS };
            let left = longest.saturating_sub(began.elapsed());
            if !is_silent || !ended.receipt.is_open() || left.is_zero() {
                return;
            }
            if told.as_ref() != Some(&ended.receipt.items) {
                waits(&ended.receipt);
                told = Some(ended.receipt.items.clone());
            }
            // In time or not: what counts is how long it has been.
            drop(timeout(left, seen.changed()).await);
        }
    }

    /// Cancels the reload while that is possible.
    pub async fn cancel(&self) {
        self.send(Message::Cancel).await;
    }

    /// Puts away what was on the screen; what came since stays.
    pub async fn dismiss(&self, shown: Shown) {
        self.send(Message::Dismiss(shown)).await;
    }

    /// Keeps what a person chose, beside what they chose before, here and in other processes.
    pub async fn choose(&self, choice: Choice) -> Result<(), UserError> {
        let places = self.places.clone();
        let settings = blocking(move || settings::choose(&places, &choice)).await?;
        self.send(Message::Settings(settings)).await;
        Ok(())
    }

    /// Declares a plugin; a token for taking it back.
    pub async fn add_plugin(&self, spec: String, scope: Scope) -> Result<String, UserError> {
        self.change(move |places| edit::add_plugin(places, &spec, scope)).await
    }

    /// Fetches a source of skills, and tells what it would install. It waits until it is installed or cancelled, or another one
    /// takes its place.
    pub async fn preview_skills(&self, source: String, scope: Scope) -> Result<Previewed, UserError> {
        let (places, waiting) = (self.places_of_engine(), self.waiting.clone());
        blocking(move || waiting.fetch(&places, &source, scope)).await
    }

    /// The text of a file that is previewed, with everything in it visible; `None`: it is too large, or no text.
    pub async fn preview_text(&self, id: String, skill: String, path: String) -> Result<Option<String>, UserError> {
        let waiting = self.waiting.clone();
        blocking(move || waiting.text(&id, &skill, &path)).await
    }

    /// How much has come of what is fetched for a preview.
    pub fn preview_received(&self) -> Option<Received> {
        self.waiting.received()
    }

    /// Nothing that is fetched or previewed is wanted any more.
    pub async fn cancel_preview(&self) -> Result<(), UserError> {
        let waiting = self.waiting.clone();
        blocking(move || {
            waiting.cancel();
            Ok(())
        })
        .await
    }

    /// Installs skills that are previewed, by their names.
    pub async fn install_skills(&self, id: String, names: Vec<String>) -> Result<Made, UserError> {
        let waiting = self.waiting.clone();
        self.change(move |places| {
            let installed = waiting.install(places, &id, &names)?;
            Ok(Made { token: Some(installed.token), remark: installed.remark })
        })
        .await
    }

    /// What a text would declare of MCP servers. Nothing is written.
    pub async fn preview_servers(&self, chosen: ChosenServers) -> Result<ServersPreview, UserError> {
        let places = self.places_of_engine();
        blocking(move || edit::preview_servers(&places, &chosen)).await
    }

    /// Declares MCP servers that a text has, by their names; a token for taking it back, if anything changed. `name`: that of a
    /// single one, if a person gave it another.
    pub async fn add_servers(
        &self,
        chosen: ChosenServers,
        name: Option<String>,
        names: Vec<String>,
    ) -> Result<Option<String>, UserError> {
        self.change(move |places| edit::add_chosen_servers(places, &chosen, name.as_deref(), &names)).await
    }

    /// Removes an item.
    pub async fn remove(&self, id: String) -> Result<Made, UserError> {
        self.change(move |places| {
            let rows = crate::files::scan::scan(places, None)?.rows;
            let kind = rows.iter().find(|row| row.id.as_str() == id).map_or(Kind::Plugin, |row| row.kind);
            let row = edit::find(&rows, kind, &id, Scope::Project)?;
            let removed = edit::remove(places, row)?;
            Ok(Made { token: Some(removed.token), remark: removed.remark })
        })
        .await
    }

    /// Begins an agent or a command with this text.
    pub async fn new_entry(&self, kind: Kind, name: String, text: String, scope: Scope) -> Result<Made, UserError> {
        self.change(move |places| {
            let begun = edit::new_entry(places, &NewEntry { kind, name: &name, scope, text: &text })?;
            Ok(Made { token: Some(begun.token), remark: begun.remarks.into_iter().next() })
        })
        .await
    }

    /// Turns a plugin, a skill, an agent or a server on or off.
    pub async fn switch(&self, id: String, is_on: bool) -> Result<Made, UserError> {
        self.change(move |places| edit::switch(places, &id, is_on)).await
    }

    /// Has the engine connect a server anew, without a reload. Someone else's engine is left alone.
    pub async fn retry_server(&self, name: String) -> Result<(), UserError> {
        let client = self.engine_of_ours()?;
        let answer = client.switch_server(&name, Connection::Connect).await;
        self.told_of_server(name, answer).await
    }

    /// Signs in to a server, through the engine. The answer is an address that the person has to open, if the engine could
    /// not, and `None` once it is done. It ends when [`Self::cancel_sign_in`] is called, or another begins.
    pub async fn sign_in(&self, name: String) -> Result<Option<String>, UserError> {
        let client = self.engine_of_ours()?;
        let step = self.signing_in.begin(client, name).await;
        self.send(Message::Answers).await;
        step
    }

    /// Waits for the end of a sign-in of which an address was told.
    pub async fn sign_in_goes_on(&self) -> Result<Option<String>, UserError> {
        let step = self.signing_in.next().await;
        self.send(Message::Answers).await;
        step
    }

    /// Nobody wants to sign in any more.
    pub fn cancel_sign_in(&self) {
        self.signing_in.cancel();
    }

    /// Signs out of a server.
    pub async fn sign_out(&self, name: String) -> Result<(), UserError> {
        let client = self.engine_of_ours()?;
        let answer = client.sign_out(&name).await;
        self.told_of_server(name, answer).await
    }

    /// The engine, to have it do something with a server; not someone else's.
    fn engine_of_ours(&self) -> Result<Client, UserError> {
        if matches!(self.source, Source::Client { .. }) {
            return Err(Refusal::ClientMode.error());
        }
        let not_running = || UserError::new(ErrorCode::NoEngineRunning, EngineNotice::NoEngineRunning);
        let seen = self.seen.borrow().clone();
        let Seen { target, observation, .. } = seen.ok_or_else(not_running)?;
        // Asking makes the engine load the directory, so the files come first.
        if let Some(problem) = observation.problems.first() {
            return Err(problem_error(problem));
        }
        target.engine.client.filter(|_| observation.answers.is_some()).ok_or_else(not_running)
    }

    /// What came of it is looked for at once.
    async fn told_of_server(
        &self,
        name: String,
        answer: Result<Option<McpAnswer>, ClientError>,
    ) -> Result<(), UserError> {
        self.send(Message::Answers).await;
        match answer {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(UserError::new(ErrorCode::NotFound, ServerNotice::ServerNotLoaded { name })),
            Err(error) => Err(UserError::from(&error)),
        }
    }

    /// Takes a change back. `choice`: how, if somebody else changed the same file since.
    pub async fn undo(&self, token: String, choice: Option<UndoChoice>) -> Result<(), UserError> {
        self.change(move |places| edit::undo(places, Some(&token), choice).map(drop)).await
    }

    /// Restores configuration files that the engine is known to have loaded. Nothing is reloaded.
    pub async fn restore_last_good(&self, id: String) -> Result<Restored, UserError> {
        let restored = self.change(move |places| LastGood::of(places).restore(&id)).await;
        if restored.is_ok() {
            self.send(Message::Restored).await;
        }
        restored
    }

    /// Starts the engine, or replaces its process: a reload like every other, that restarts whatever is pending.
    pub async fn restart_engine(&self) -> Result<(), UserError> {
        let seen = self.seen.borrow().as_ref().map(|seen| seen.target.engine.client.is_some());
        if !seen.unwrap_or_else(|| connect::by_record(&self.places).client.is_some()) {
            return self.start_engine().await;
        }
        let wish = Wish { at_least: AtLeast::Restart, ..Wish::new(Cause::Window) };
        match self.reload_to_the_end(wish, |_| {}).await.map(|ended| ended.phase) {
            Some(Phase::Refused { refusal, .. }) => Err(refusal.error()),
            // How it ended is told by its receipt.
            _ => Ok(()),
        }
    }

    /// Starts an engine where there is none. Nothing runs that could be interrupted, and nothing is loaded that could be
    /// proved.
    async fn start_engine(&self) -> Result<(), UserError> {
        let turn = Records(&self.places).reloading()?;
        let _turn = turn.ok_or_else(|| Refusal::AlreadyRunning.error())?;
        let global = self.places.global_files();
        if let Some(problem) =
            global.iter().find_map(|config| check_config(&config.path, &self.places, None).into_iter().next())
        {
            // No engine would come up.
            return Err(problem_error(&problem));
        }
        match &self.source {
            Source::Client { .. } => Err(Refusal::ClientMode.error()),
            source => {
                source.restart(&self.places).await.map(drop).map_err(|why| {
                    UserError::new(ErrorCode::CannotStart, ReloadNotice::NotStarted { why: Box::new(why) })
                })
            }
        }
    }

    /// What is wrong, and how to fix it.
    pub async fn doctor(&self) -> Vec<Finding> {
        let seen = self.seen.borrow().clone();
        let (target, observation) = match seen {
            Some(Seen { target, observation, .. }) => (target, observation),
            None => (Target::by_record(&self.places), Arc::default()),
        };
        doctor::examine(&target, &observation, &settings::read(&self.places).engine).await
    }

    /// Ends these processes, as far as an engine of the directory left them behind.
    pub async fn end_leftovers(&self, these: &[Leftover]) -> Result<(), UserError> {
        let seen = self.seen.borrow().clone();
        let target = seen.map_or_else(|| Target::by_record(&self.places), |seen| seen.target);
        let is_meant =
            |process: &Leftover| these.iter().any(|one| (one.pid, one.started) == (process.pid, process.started));
        let ended = doctor::end_leftovers(&target, is_meant).await;
        match ended.into_iter().find_map(|(_, result)| result.err()) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// The readable difference of a pending item: what the engine has, and what is on disk.
    pub fn difference(&self, id: &str) -> Vec<DiffLine> {
        let seen = self.seen.borrow().clone();
        seen.map(|seen| seen.observation.difference(id)).unwrap_or_default()
    }

    /// What the engine printed last.
    pub fn engine_output(&self) -> Vec<String> {
        match &self.source {
            Source::Own(host) => host.output().shown(),
            Source::Attached => last_words(&self.places, SHOWN),
            Source::Client { .. } => Vec::new(),
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
        change: impl FnOnce(&Places) -> Result<T, UserError> + Send + 'static,
    ) -> Result<T, UserError> {
        let places = self.places_of_engine();
        let result = blocking(move || change(&places)).await;
        // The same path as anyone's write, only without the wait for the file system's event.
        self.send(Message::Files(Hint::Anything)).await;
        result
    }

    async fn send(&self, input: Message) {
        if self.inputs.send(input).await.is_err() {
            tracing::warn!("the core has ended");
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, UserError> + Send + 'static,
) -> Result<T, UserError> {
    let ended = |_| Err(UserError::new(ErrorCode::Internal, ProgramNotice::WorkEndedEarly));
    tokio::task::spawn_blocking(work).await.unwrap_or_else(ended)
}

/// Tells the core, if it is still there.
async fn report(inputs: &mpsc::WeakSender<Message>, input: Message) -> bool {
    match inputs.upgrade() {
        Some(inputs) => inputs.send(input).await.is_ok(),
        None => false,
    }
}
