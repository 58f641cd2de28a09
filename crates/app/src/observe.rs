//! One look at everything: the files, the engine, and the difference.
//!
//! Invariants: a look changes nothing in the engine's configuration; while a file would not load,
//! no route is asked that could create an instance from it, so that a look never bricks a directory.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rekindle_domain::{
    Action, Answers, Change, Counts, DiffLine, Disk, Drift, EngineMode, EngineState, EngineView, Evidence, ItemId,
    Kind, LastGoodOffer, Loaded, McpAnswer, Memory, Plan, Problem, Profile, ReloadStatus, Row, RowState, drift, loaded,
    would_be_lost,
};
use serde_json::Value;

use crate::{
    clock,
    config::{check, schema::Schema},
    difference::difference,
    disk::{
        locate::Places,
        scan::{Scan, Scanner, order, row},
        watch::Hint,
    },
    engine::{
        client::{Client, ClientError, SHORT},
        events::Events,
        log::{LogMark, SOME_PLUGIN},
        record::{Records, load, write_json},
        weight,
    },
    error::chain,
    last_good::Verdict,
    memory::{Identity, MemoryStore},
};

/// How long a first answer may take: an engine without a network tries for 70 s to install what
/// plugins need (measured, `docs/engine.md`).
pub const LOADING: Duration = Duration::from_secs(120);

/// Says how many seconds that may be instead, where a network is slow or nobody wants to wait.
pub const LOADING_VARIABLE: &str = "REKINDLE_LOADING_SECONDS";

/// How long a first answer may take for this person.
pub fn loading() -> Duration {
    let chosen = std::env::var(LOADING_VARIABLE).ok().and_then(|seconds| seconds.parse().ok());
    chosen.map_or(LOADING, Duration::from_secs)
}

/// What is wrong with every tool when the engine answers for none.
pub(crate) const NO_TOOLS: &str = "OpenCode can load none of its tools, because one of them is broken";

/// The engine of a directory, as far as it is known.
#[derive(Clone)]
pub struct Target {
    /// The directory and its places.
    pub places: Places,
    /// For people.
    pub view: EngineView,
    /// For talking to it; `None` when there is none.
    pub client: Option<Client>,
    /// Which process it is.
    pub identity: Identity,
    /// For reading the files; what it remembers of them outlives one look.
    pub scanner: Arc<Mutex<Scanner>>,
}

impl Target {
    /// Opens the memory of this engine process. While a reload runs, it is the reload's to write.
    pub fn memory(&self) -> MemoryStore {
        let reloading = Records(&self.places).is_reloading();
        MemoryStore::open(&self.places, self.identity.clone(), !reloading)
    }

    /// The same for the reload itself.
    pub fn memory_of_reload(&self) -> MemoryStore {
        MemoryStore::open(&self.places, self.identity.clone(), true)
    }

    /// Reads the files without blocking other tasks.
    pub async fn read_files(&self) -> Scan {
        self.read_changed(Hint::Anything).await
    }

    /// The same, told what changed.
    pub async fn read_changed(&self, changed: Hint) -> Scan {
        let schema = self.schema().await;
        let (places, scanner) = (self.places.refreshed(), self.scanner.clone());
        let read = move || {
            let changed = match changed {
                Hint::Anything => None,
                Hint::Paths(paths) => Some(paths.into_iter().collect::<Vec<_>>()),
            };
            let mut scanner = scanner.lock().unwrap_or_else(PoisonError::into_inner);
            scanner.rescan(&places, schema.as_deref(), changed.as_deref())
        };
        tokio::task::spawn_blocking(read).await.unwrap_or_default()
    }

    /// Takes note of folders of skills that no file names, but a plugin; true when there are new ones.
    fn learn(&self, answers: &Answers) -> bool {
        let paths = answers.config["skills"]["paths"].as_array().into_iter().flatten();
        let paths: Vec<_> = paths.filter_map(Value::as_str).map(str::to_owned).collect();
        self.scanner.lock().unwrap_or_else(PoisonError::into_inner).learn(paths)
    }

    /// The engine's schema, from the engine or from an earlier answer of the same version.
    pub async fn schema(&self) -> Option<Arc<Schema>> {
        static READY: Mutex<BTreeMap<String, Arc<Schema>>> = Mutex::new(BTreeMap::new());
        let version = self.view.version.as_deref().unwrap_or("unknown").replace(['/', '\\'], "_");
        let ready = || READY.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(schema) = ready().get(&version) {
            return Some(schema.clone());
        }
        let schema = Arc::new(self.make_schema(&version).await?);
        ready().insert(version, schema.clone());
        Some(schema)
    }

    async fn make_schema(&self, version: &str) -> Option<Schema> {
        let kept = self.places.common_state.join("schemas").join(format!("{version}.json"));
        if let Some(schema) = load::<Value>(&kept).as_ref().and_then(Schema::from_doc) {
            return Some(schema);
        }
        let doc = self.client.as_ref()?.doc().await.inspect_err(|error| tracing::warn!(%error, "the schema")).ok()?;
        let schema = Schema::from_doc(&doc)?;
        if let Err(error) = write_json(&kept, &doc) {
            tracing::debug!(%error, "keeping the schema");
        }
        Some(schema)
    }
}

/// What one look saw.
#[derive(Clone, Default)]
pub struct Observation {
    /// The files.
    pub scan: Scan,
    /// What the engine would not load.
    pub problems: Vec<Problem>,
    /// What the engine answered; `None`: it was not or could not be asked.
    pub answers: Option<Answers>,
    /// What the engine has loaded, as far as it is known.
    pub loaded: Option<Loaded>,
    /// The difference.
    pub drift: Drift,
    /// What is running.
    pub busy: Vec<rekindle_domain::BusyRun>,
    /// What failed to load, with the engine's message.
    pub failures: BTreeMap<ItemId, String>,
    /// How the engine is.
    pub view: Option<EngineView>,
    /// When something pending was first seen.
    pub detected_at: Option<String>,
    /// What the engine has and a dispose would lose.
    pub would_be_lost: Vec<String>,
    /// The items whose loaded value came from a variable.
    pub hidden: BTreeSet<ItemId>,
    /// What could be restored; looked for only while something is wrong.
    pub last_good: Option<LastGoodOffer>,
}

/// The same for someone who waits for the answer: an engine that takes longer to load the directory
/// than `patience` is said to be starting. It goes on loading.
pub async fn observe_within(target: &Target, patience: Duration) -> Observation {
    if let Ok(observation) = tokio::time::timeout(patience, observe(target)).await {
        return observation;
    }
    let (scan, problems) = (target.read_files().await, problems(target).await);
    let mut view = target.view.clone();
    view.state = EngineState::Starting;
    let waited = patience.as_secs();
    view.message =
        Some(format!("OpenCode is still loading this directory after {waited} s; a plugin may take its time"));
    let observation = Observation { scan, problems, view: Some(view), ..Observation::default() };
    finish(observation, &mut target.memory())
}

/// Looks at the files and asks the engine.
pub async fn observe(target: &Target) -> Observation {
    observe_with(target, target.read_files().await).await
}

/// Asks the engine and compares it with files that have been read.
pub async fn observe_with(target: &Target, mut scan: Scan) -> Observation {
    let mut view = target.view.clone();
    let problems = problems(target).await;
    let is_first = target.memory().instance().is_none();
    let mut answers = None;
    let mut busy = Vec::new();
    let mut failures = BTreeMap::new();
    if let Some(client) = &target.client {
        if problems.is_empty() {
            // Plugins report their failures while the instance is created, and never again.
            let mut events = if is_first { Events::open(client).await.ok() } else { None };
            let log = LogMark::now(&target.places);
            let (answered, running) = ask(target, client).await;
            if let Some(events) = &mut events {
                let mut messages = events.failures().await;
                // The log comes late. An engine that is not ours is told nothing.
                let waits = view.mode == EngineMode::Host && answered.is_ok() && !scan.disk.plugin_specs.is_empty();
                messages.extend(if waits { log.settled(client).await } else { log.failures() });
                failures = failed_items(&scan.disk, &messages);
            }
            busy = running;
            match answered {
                Ok(answered) => {
                    view.state = EngineState::Running;
                    answers = Some(answered);
                }
                Err(error) => tell(&mut view, &error),
            }
        } else if let Err(error) = client.health(SHORT).await {
            tell(&mut view, &error);
        }
    }
    if let Some(answers) = &answers
        && target.learn(answers)
    {
        scan = target.read_files().await;
    }
    // What changed while the engine read it is not known to have been loaded.
    let (kept, later) = match &answers {
        Some(_) if is_first => (target.keep_files(&scan).await, Some(target.read_files().await)),
        _ => (None, None),
    };
    let unseen = later.as_ref().map(|later| scan.changed_until(later)).unwrap_or_default();
    // Opened only now: what others remembered while the engine was asked is not lost.
    let mut memory = target.memory();
    if let Some(answers) = &answers {
        let kept = match memory.instance() {
            // The instance was created by this question, or before anyone watched.
            None => memory.found(&scan.disk, answers, failures, unseen),
            Some(_) => memory.seen(&scan.disk, answers),
        };
        if let Err(error) = kept {
            tracing::warn!(error = chain(&error), "memory");
        }
    }
    let seen =
        finish(Observation { scan, problems, answers, busy, view: Some(view), ..Observation::default() }, &mut memory);
    // The engine itself adds to files that it loads; that they mean the same is what counts.
    let is_same = later.is_some_and(|later| later.disk.items == seen.scan.disk.items);
    if let Some(kept) = kept.filter(|_| is_same && memory.instance().is_some() && !seen.is_pending()) {
        target.judge_files(kept, if seen.failures.is_empty() { Verdict::Loaded } else { Verdict::Partial }).await;
    }
    seen
}

/// What the engine would not load of the files as they are now.
pub async fn problems(target: &Target) -> Vec<Problem> {
    let schema = target.schema().await;
    let places = target.places.refreshed();
    tokio::task::spawn_blocking(move || check::check(&places, schema.as_deref())).await.unwrap_or_default()
}

/// The same observation with files that have been read again; the engine is as it was.
pub fn with_files(observation: &Observation, scan: Scan, problems: Vec<Problem>, target: &Target) -> Observation {
    finish(Observation { scan, problems, ..observation.clone() }, &mut target.memory())
}

/// Everything that follows from what was seen.
fn finish(mut observation: Observation, memory: &mut MemoryStore) -> Observation {
    let known = match &observation.answers {
        Some(answers) => Some(compare(&mut observation.scan, answers, memory.memory())),
        None => remembered(memory.memory()),
    };
    let version = observation.view.as_ref().and_then(|view| view.version.clone()).unwrap_or_default();
    let profile = Profile::for_version(&version);
    observation.loaded = known;
    let known = observation.loaded.as_ref();
    observation.drift =
        known.map(|known| drift(&observation.scan.disk.items, &known.items, &profile)).unwrap_or_default();
    observation.would_be_lost = would_be_lost(&observation.scan.disk, memory.memory(), &profile);
    // What is in a file that cannot be read now is neither removed nor changed.
    let unreadable = |change: &Change| {
        let before = observation.loaded.as_ref().and_then(|loaded| loaded.items.get(&change.id));
        before.is_some_and(|item| observation.scan.disk.broken.contains(&item.source))
    };
    let drift = std::mem::take(&mut observation.drift);
    observation.drift = drift.into_iter().filter(|change| !unreadable(change)).collect();
    observation.failures = memory.memory().failures.clone();
    observation.hidden = memory.memory().hidden.clone();
    let pending = observation.is_pending();
    observation.detected_at = memory.detected_at(pending, clock::now).unwrap_or_else(|error| {
        tracing::warn!(error = chain(&error), "memory");
        pending.then(clock::now)
    });
    observation
}

/// What the engine has loaded, told from its answers beside these files.
pub(crate) fn compare(scan: &mut Scan, answers: &Answers, memory: &Memory) -> Loaded {
    let locations = answers.skills.iter().map(|skill| skill.location.as_str());
    let gone = locations.filter(|location| location.starts_with('/') && !Path::new(location).exists());
    scan.disk.gone_files = gone.map(str::to_owned).collect();
    loaded(&scan.disk, answers, memory)
}

/// Without an answer, what the instance had loaded when it was created is the best that is known.
fn remembered(memory: &Memory) -> Option<Loaded> {
    let items = memory.instance.clone()?;
    let evidence = items.iter().map(|item| (item.id.clone(), Evidence::Remembered)).collect();
    Some(Loaded { items, evidence })
}

/// The items that the engine's messages are about.
pub(crate) fn failed_items(disk: &Disk, messages: &[String]) -> BTreeMap<ItemId, String> {
    let mut failed = BTreeMap::new();
    let nameless = messages.iter().find_map(|message| message.strip_prefix(SOME_PLUGIN));
    if let (Some(reason), 1) = (nameless, disk.plugin_specs.len()) {
        let reason = format!("its config hook failed: {reason}");
        failed.extend(disk.plugin_specs.keys().map(|id| (id.clone(), reason.clone())));
    }
    for (id, spec) in &disk.plugin_specs {
        // The name is followed by a version, a colon or the end; or another plugin is meant.
        let about = |message: &&String| {
            message.match_indices(spec.as_str()).any(|(at, _)| {
                message[at + spec.len()..].chars().next().is_none_or(|next| matches!(next, '@' | ':' | ' '))
            })
        };
        if let Some(message) = messages.iter().find(about) {
            failed.insert(id.clone(), reason(message, spec));
        }
    }
    failed
}

/// What is behind the plugin's name in the engine's message: the row says already which one it is.
fn reason(message: &str, spec: &str) -> String {
    let behind = message.split_once(spec).and_then(|(_, rest)| rest.split_once(": ")).map(|(_, reason)| reason.trim());
    behind.filter(|reason| !reason.is_empty()).unwrap_or(message).to_owned()
}

async fn ask(target: &Target, client: &Client) -> (Result<Answers, ClientError>, Vec<rekindle_domain::BusyRun>) {
    let answers = client.answers(loading()).await;
    if answers.is_err() {
        return (answers, Vec::new());
    }
    let busy = target.busy(false).await.unwrap_or_else(|error| {
        tracing::warn!(error = chain(&error), "what is running");
        Vec::new()
    });
    (answers, busy)
}

fn tell(view: &mut EngineView, error: &ClientError) {
    view.state = match error {
        ClientError::Stuck { .. } => EngineState::Stuck,
        ClientError::Unauthorized => EngineState::Unauthorized,
        // It lives and takes its time; a plugin may be loading.
        ClientError::TimedOut { .. } => EngineState::Starting,
        _ => EngineState::Unreachable,
    };
    view.message = Some(chain(error));
}

impl Observation {
    /// True when something on disk waits for a reload.
    fn is_pending(&self) -> bool {
        self.drift.iter().any(|change| change.action.needs_reload())
    }

    /// True when a file would not load, or the engine does not do what it should.
    pub fn is_in_trouble(&self) -> bool {
        let view = self.view.as_ref();
        !self.problems.is_empty() || view.is_some_and(|view| view.message.is_some() || view.state == EngineState::Stuck)
    }

    /// What is pending, for people and programs.
    pub fn status(&self, target: &Target) -> ReloadStatus {
        let plan = self.plan();
        ReloadStatus {
            version: 1,
            directory: target.places.directory.display().to_string(),
            engine: self.view.clone().unwrap_or_else(|| target.view.clone()),
            reload_required: plan.action.needs_reload(),
            action: plan.action,
            reasons: plan.reasons(),
            detected_at: self.detected_at.clone(),
            changes: plan.changes,
            busy: plan.interrupts,
            problems: self.problems.clone(),
            warnings: self.scan.warnings.clone(),
            notices: self.notices(),
        }
    }

    /// What people should know about what is pending.
    fn notices(&self) -> Vec<String> {
        let version = self.view.as_ref().and_then(|view| view.version.as_deref());
        let is_client = self.view.as_ref().is_some_and(|view| view.mode == EngineMode::Client);
        let has_plugins = self.answers.as_ref().is_some_and(|answers| !answers.plugins.is_empty());
        let mut notices: Vec<_> =
            version.and_then(|version| Profile::for_version(version).caveat(version)).into_iter().collect();
        let running = self.view.as_ref().filter(|view| view.state == EngineState::Running);
        notices.extend(running.and_then(|view| view.message.clone()));
        let weight = running.and_then(|view| view.pid).and_then(weight::weight);
        notices.extend(weight.and_then(weight::warning));
        if is_client && has_plugins {
            notices.push(
                "This engine has plugins, and nobody watched it load: what was taken out of its configuration since, and \
                 code that changed, cannot be told."
                    .to_owned(),
            );
        }
        let disposes = Plan::new(self.drift.clone(), Vec::new()).action == Action::Dispose;
        if !disposes || self.would_be_lost.is_empty() {
            return notices;
        }
        let names = self.would_be_lost.join("”, “");
        notices.push(format!(
            "The engine is restarted rather than reloaded, because OpenCode would lose “{names}”: it reads front matter \
             that holds a colon without quotes only once in its life. Put the description in quotes."
        ));
        notices
    }

    /// What a reload would do.
    pub fn plan(&self) -> Plan {
        let plan = Plan::new(self.drift.clone(), self.busy.clone());
        let state = self.view.as_ref().map(|view| view.state);
        if state == Some(EngineState::Stuck) {
            return plan.with_restart();
        }
        if self.would_be_lost.is_empty() { plan } else { plan.without_dispose() }
    }

    /// The MCP servers that are connected.
    pub fn connected(&self) -> Vec<String> {
        let servers = self.answers.iter().filter_map(|answers| answers.mcp.as_ref()).flatten();
        servers.filter(|(_, server)| server.status == "connected").map(|(name, _)| name.clone()).collect()
    }

    /// The lists, each item with its state. What is loaded and no longer on disk is listed too, as
    /// long as it is.
    pub fn rows(&self, places: &Places) -> Vec<Row> {
        let mut rows: Vec<Row> = self.scan.rows.iter().map(|row| self.row(row)).collect();
        for change in self.drift.iter().filter(|change| self.scan.disk.items.get(&change.id).is_none()) {
            let gone = self.loaded.as_ref().and_then(|loaded| loaded.items.get(&change.id));
            rows.extend(gone.map(|item| Row {
                state: RowState::Waiting { change: change.change, action: change.action },
                removable: false,
                ..row(places, item, None, None, "active")
            }));
        }
        for item in self.scan.disk.items.iter().filter(|item| !self.scan.rows.iter().any(|row| row.kind == item.kind)) {
            let row = Row { removable: false, ..row(places, item, None, item.value.clone(), "declared") };
            rows.push(self.row(&row));
        }
        rows.sort_by(|a, b| order(a).cmp(&order(b)));
        rows
    }

    fn row(&self, row: &Row) -> Row {
        if !matches!(row.state, RowState::Unknown) {
            return row.clone();
        }
        let change = self.drift.binary_search_by(|change| change.id.cmp(&row.id)).ok().map(|at| &self.drift[at]);
        let known = self.loaded.as_ref().is_some_and(|loaded| loaded.items.get(&row.id).is_some());
        let servers = self.answers.as_ref().filter(|_| row.kind == Kind::Mcp);
        let server = servers
            .and_then(|answers| answers.mcp.as_ref())
            .and_then(|servers| servers.get(&row.name))
            .and_then(McpAnswer::failure);
        let tools = self.answers.as_ref().filter(|answers| row.kind == Kind::Tool && answers.tools.is_none());
        let tools = tools.map(|_| NO_TOOLS.to_owned());
        let state = match (change, self.failures.get(&row.id).cloned().or(server).or(tools)) {
            (Some(change), _) => RowState::Waiting { change: change.change, action: change.action },
            (None, Some(message)) => RowState::Failed { message },
            (None, None) if known => RowState::Loaded,
            (None, None) => RowState::Unknown,
        };
        let layer = if state == RowState::Loaded { "active".to_owned() } else { row.layer.clone() };
        Row { state, layer, ..row.clone() }
    }

    /// The readable difference of a pending item; no lines when nothing can be shown as text.
    pub fn difference(&self, id: &str) -> Vec<DiffLine> {
        let change = self.drift.iter().find(|change| change.id.as_str() == id);
        let was_hidden = change.is_some_and(|change| self.hidden.contains(&change.id));
        let lines = |change| difference(change, &self.scan.disk, self.answers.as_ref(), was_hidden);
        change.map(lines).unwrap_or_default()
    }

    /// What the engine reports.
    pub fn counts(&self) -> Option<Counts> {
        self.answers.as_ref().map(|answers| Counts::of(answers, self.failures.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_in_the_engines_words() {
        let check = |message, spec, expected: &str| assert_eq!(reason(message, spec), expected);
        check("Failed to load plugin file:///p/a b.ts: boom: at load", "file:///p/a b.ts", "boom: at load");
        check("Failed to install plugin x@latest: 404 Not Found", "x", "404 Not Found");
        check("something else", "x", "something else");
    }
}
