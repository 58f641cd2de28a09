//! The task behind the handle.
//!
//! Invariant: only this task changes the state; everything else sends it inputs.

mod ahead;
pub(super) mod driver;
mod hearing;
mod lists;
pub(super) mod looks;
mod reloads;

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use rekindle_domain::{
    Banner, Fingerprint, Habit, Installing, Notice, Phase, Plan, Problem, Progress, Receipt, Settings, Shown, Takes,
    WindowState, Workspace, past, step,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::{JoinHandle, block_in_place},
    time::timeout,
};

use self::{
    driver::Reload,
    lists::Lists,
    looks::{Again, Look},
};
use super::{Message, SHOWN, Seen, Stay};
use crate::{
    engine::connect::Source,
    files::{
        locate::Places,
        watch::{Hint, SLOW, Watch, seen_late},
    },
    state::{history::History, record::Records, settings},
    workspace::{
        look::Observation,
        reload::{Ended, hear::Patience},
        target::Target,
    },
};

/// Everything that the task knows.
pub(super) struct Core {
    places: Places,
    source: Source,
    stay: Stay,
    target: Target,
    observation: Arc<Observation>,
    /// What follows from it for people.
    lists: Lists,
    /// What a reload would do, as far as that is known by now.
    ahead: Plan,
    /// The number of the last question for it.
    asked: u64,
    /// The question under way.
    asking: Option<JoinHandle<()>>,
    /// True when there was a reason to ask since it began.
    asks_again: bool,
    phase: Phase,
    /// The reload under way.
    reload: Option<Reload>,
    /// Who is to be told of the end of a reload, once the state tells it.
    replies: Vec<(oneshot::Sender<Ended>, Ended)>,
    /// True when somebody wanted what runs to be interrupted.
    insisted: bool,
    /// The receipt of the reload whose end the phase is.
    last: Option<Receipt>,
    /// That of one that was not wholly proved, while another runs, or was refused.
    held: Option<Receipt>,
    /// How long reloads of the kind under way take.
    takes: Option<Takes>,
    /// What the engine installs for it.
    installing: Option<Installing>,
    /// The question for what the engine had not said.
    hearing: Option<JoinHandle<()>>,
    /// Counts up when what was asked before is of no use any more.
    questions: u64,
    patience: Patience,
    /// True until it is known that no reload was cut off before.
    recovering: bool,
    /// The plan that was last carried out without being asked: what it left is not tried again.
    tried: Option<Fingerprint>,
    dismissed: BTreeSet<Fingerprint>,
    dismissed_problems: Vec<Problem>,
    settings: Settings,
    /// What people should know of settings that cannot be read.
    unread_settings: Option<Notice>,
    history: Arc<[Receipt]>,
    /// How long the history was when it was read.
    read: u64,
    /// The look under way.
    look: Option<JoinHandle<()>>,
    /// Counts the reloads that began or ended, here or in another process: what was asked in the era before is not true
    /// of this one.
    era: u64,
    /// The era of the engine's answers.
    answered_in: u64,
    /// The wait for another process's reload.
    turn: Option<JoinHandle<()>>,
    wanted: Option<Look>,
    again: Again,
    notices: Vec<Notice>,
    changed: Hint,
    sequence: u64,
    inputs: mpsc::WeakSender<Message>,
}

impl Core {
    /// A core that has not looked yet.
    pub(super) fn new(
        target: Target,
        source: Source,
        stay: Stay,
        sequence: u64,
        inputs: mpsc::WeakSender<Message>,
    ) -> Self {
        let places = target.places().clone();
        let (settings, unread_settings) = settings::look(&places);
        Self {
            read: History::of(&places).length(),
            history: History::of(&places).last(SHOWN).into(),
            places,
            source,
            stay,
            target,
            ahead: Observation::default().plan(),
            asked: 0,
            asking: None,
            asks_again: false,
            observation: Arc::default(),
            lists: Lists::default(),
            phase: Phase::Clean,
            reload: None,
            replies: Vec::new(),
            insisted: false,
            last: None,
            held: None,
            takes: None,
            installing: None,
            hearing: None,
            questions: 0,
            patience: Patience::default(),
            recovering: stay == Stay::Open,
            tried: None,
            dismissed: BTreeSet::new(),
            dismissed_problems: Vec::new(),
            settings,
            unread_settings,
            look: None,
            era: 0,
            answered_in: 0,
            turn: None,
            wanted: None,
            again: Again::default(),
            notices: Vec::new(),
            changed: Hint::Anything,
            sequence,
            inputs,
        }
    }

    /// Takes inputs until the last handle is gone.
    pub(super) async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Message>,
        publish: watch::Sender<Arc<WindowState>>,
        show: watch::Sender<Option<Seen>>,
    ) {
        let hints = self.inputs.clone();
        let missed = Arc::new(AtomicBool::new(false));
        let was_missed = missed.clone();
        let hint = move |hint| {
            let Some(inputs) = hints.upgrade() else { return };
            match inputs.try_send(Message::Files(hint)) {
                Ok(()) => {}
                // There are looks to come anyway; what they look at is then everything.
                Err(mpsc::error::TrySendError::Full(_)) => missed.store(true, Ordering::Relaxed),
                Err(mpsc::error::TrySendError::Closed(_)) => tracing::debug!("the core has ended"),
            }
        };
        let mut files = match self.stay {
            Stay::Open => Some(Watch::start(&self.places, hint)),
            Stay::OneReload => None,
        };
        loop {
            let input = match files.as_ref().and_then(Watch::blind) {
                None => inbox.recv().await,
                // Nobody tells of changes: look now and then.
                Some(_) => timeout(SLOW, inbox.recv()).await.unwrap_or(Some(Message::Files(Hint::Anything))),
            };
            let Some(input) = input else { break };
            if was_missed.swap(false, Ordering::Relaxed) {
                self.changed = Hint::Anything;
                self.want(Look::Files);
            }
            let has_looked = matches!(input, Message::Looked(..) | Message::Ended(_));
            self.take(input);
            if let Some(files) = files.as_mut().filter(|_| has_looked) {
                // Thousands of watches take a while, and others have a right to this thread.
                block_in_place(|| files.follow(&self.target.places().refreshed(), &self.observation.scan));
                self.notices = files.blind().map(seen_late).into_iter().collect();
            }
            self.look_if_wanted();
            // Before the state: whoever is told of it may ask at once.
            let (target, observation) = (self.target.clone(), self.observation.clone());
            let had_looked = show.borrow().as_ref().is_some_and(|seen: &Seen| seen.observation.view.is_some());
            let is_first_look = !had_looked && observation.view.is_some();
            let last = self.last.as_ref().or(self.history.first()).cloned();
            show.send_replace(Some(Seen { target, observation, last, phase: self.phase.clone() }));
            let state = self.state();
            // Nobody is woken by what changed nothing.
            if is_first_look || state != **publish.borrow() {
                self.sequence += 1;
                publish.send_replace(Arc::new(WindowState { sequence: self.sequence, ..state }));
            }
            for (reply, ended) in self.replies.drain(..) {
                // Whoever does not wait for it is told by the state.
                drop(reply.send(ended));
            }
        }
    }

    fn take(&mut self, input: Message) {
        match input {
            Message::Files(hint) => {
                self.changed.add(hint);
                self.want(Look::Files);
            }
            Message::Answers => self.want(Look::Everything),
            Message::Again => {
                self.again.end();
                self.want(Look::Everything);
            }
            Message::Elsewhere => self.foresee(),
            Message::Foreseen(asked, plan) => self.foreseen(asked, *plan),
            Message::Disposed => {
                // While a reload runs, here or in another process, that is where it belongs.
                if self.reload.is_none()
                    && !Records(&self.places).is_reloading()
                    && let Err(error) = self.target.memory().forget_instance()
                {
                    tracing::warn!(%error, "memory");
                }
                self.stop_listening();
                self.want(Look::Everything);
            }
            Message::Engine(engine) => {
                if engine.client.is_none() || engine.identity != self.target.engine.identity {
                    self.stop_listening();
                    let nothing = Observation { view: None, answers: None, ..self.observation.as_ref().clone() };
                    self.observation = Arc::new(nothing);
                }
                self.target.meet(*engine);
                self.want(Look::Everything);
            }
            Message::Looked(era, ..) if era != self.era => {
                self.look = None;
                self.want(Look::Everything);
            }
            Message::Looked(era, look, observation) => {
                self.look = None;
                if look == Look::Everything {
                    self.answered_in = era;
                }
                self.look_at_settings();
                let mended = !self.observation.problems.is_empty() && observation.problems.is_empty();
                let must_ask = observation.problems.is_empty() && observation.answers.is_none();
                let asked = observation.view.is_some() && !mended;
                self.observed(Arc::new(*observation));
                if must_ask && !asked && self.target.engine.client.is_some() {
                    self.want(Look::Everything);
                }
                self.look_again_if_needed();
            }
            Message::Reload(wish, wisher) => self.wish(*wish, wisher),
            Message::Heard(number, later) => self.heard(number, *later),
            Message::Answered(number, answer) => self.answered(number, *answer),
            Message::Installing(installing) => self.installing = installing,
            Message::Ended(ended) => self.ended(*ended),
            Message::Recovered(recovered) => self.recovered(*recovered),
            Message::Offered(offer) => Arc::make_mut(&mut self.observation).last_good = *offer,
            Message::Settled(plan) => self.reload_by_itself(&plan),
            Message::Cancel => self.cancel(),
            // What went wrong belongs to other files.
            Message::Restored => {
                self.held = None;
                self.advance(rekindle_domain::Input::Dismissed);
            }
            Message::Dismiss(shown) => self.dismiss(shown),
            Message::Settings(settings) => self.choose(settings),
        }
    }

    /// Puts away what was on the screen, and nothing that came since.
    fn dismiss(&mut self, shown: Shown) {
        self.dismissed.extend(shown.changes);
        self.dismissed_problems.extend(shown.problems);
        let is_told = self.told().is_some_and(|told| shown.past.as_ref() == Some(&told.id));
        if is_told || self.phase.attempt().is_some_and(|attempt| shown.past.as_deref() == Some(attempt)) {
            self.held = None;
            self.advance(rekindle_domain::Input::Dismissed);
        }
    }

    /// How the last reload ended, as long as that is told.
    fn told(&self) -> Option<&Receipt> {
        let held = self.held.as_ref().filter(|_| matches!(self.phase, Phase::Refused { .. }));
        past(&self.phase, self.last.as_ref()).or(held)
    }

    /// Settings are written by other processes, too, and by people.
    fn look_at_settings(&mut self) {
        let (settings, unread) = settings::look(&self.places);
        self.unread_settings = unread;
        if settings != self.settings {
            self.choose(settings);
        }
    }

    fn choose(&mut self, settings: Settings) {
        self.settings = settings;
        self.tried = None;
        self.await_calm();
    }

    /// Takes the phase further where no reload has to be asked.
    fn advance(&mut self, input: rekindle_domain::Input) {
        self.phase = step(std::mem::take(&mut self.phase), input).0;
        if !self.phase.is_end() {
            self.last = None;
        }
    }

    /// True when the last reload did not make live what it should have.
    fn has_failed(&self) -> bool {
        matches!(self.phase, Phase::Partial { .. } | Phase::Failed { .. })
    }

    /// Everything that the window shows.
    pub(super) fn state(&mut self) -> WindowState {
        self.lists.follow(&self.observation, &self.history, &self.places);
        let mut status = self.observation.status(&self.target, self.lists.plan.clone());
        status.warnings = self.lists.warnings.clone();
        status.past = self.lists.past.clone();
        status.notices.extend(self.notices.iter().chain(&self.unread_settings).cloned());
        let changes_dismissed = status.changes.iter().all(|change| self.dismissed.contains(&change.signature));
        let problems_dismissed = status.problems.iter().all(|problem| self.dismissed_problems.contains(problem));
        let never = self.settings.habit(&status.directory) == Habit::Never;
        let dismissed = (changes_dismissed && problems_dismissed) || never;
        let past = self.told();
        let progress = Progress {
            elapsed_ms: self.reload.as_ref().map_or(0, |reload| millis(reload.began)),
            takes: self.takes,
            installing: self.installing.clone(),
        };
        WindowState {
            sequence: self.sequence,
            workspace: workspace(&self.places),
            banner: Banner::of(&status, &self.ahead.interrupts, &self.phase, dismissed, past, &progress),
            past: past.cloned(),
            plan: self.ahead.summary(),
            refused: self.refused(),
            follows: self.reload.as_ref().is_some_and(Reload::is_followed),
            status,
            plugins: self.lists.plugins.clone(),
            skills: self.lists.skills.clone(),
            mcp: self.lists.mcp.clone(),
            agents: self.lists.agents.clone(),
            counts: self.observation.counts(),
            history: self.history.clone(),
            settings: self.settings.clone(),
            last_good: self.observation.last_good.clone(),
        }
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
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
