//! What one look saw, and what it says to people and programs.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rekindle_domain::{
    Action, Answers, BusyRun, Change, Counts, DiffLine, Drift, EngineMode, EngineState, EngineView, ItemId, Kind,
    LastGoodOffer, Loaded, McpAnswer, Notice, Past, Plan, Problem, Receipt, ReloadNotice, ReloadStatus, Row, RowState,
    Scope, ServerNotice, SkillNotice, Stage,
};
use rekindle_opencode::{Profile, skill::turned::is_off};

use crate::{
    engine::weight,
    fault::Fault,
    files::{
        locate::Places,
        scan::{Scan, order, row},
        signed_in::SignedIn,
    },
    provenance::Provenance,
    workspace::{difference::Sides, target::Target},
};

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
    pub busy: Vec<BusyRun>,
    /// What failed to load, with the engine's message.
    pub failures: BTreeMap<ItemId, Notice>,
    /// How the engine is.
    pub view: Option<EngineView>,
    /// When something pending was first seen.
    pub detected_at: Option<String>,
    /// Since when the MCP servers are as the engine says, as far as that is known.
    pub since: BTreeMap<String, String>,
    /// What the engine has and a dispose would lose.
    pub would_be_lost: Vec<String>,
    /// The items whose loaded value came from a variable.
    pub hidden: BTreeSet<ItemId>,
    /// What could be restored; looked for only while something is wrong.
    pub last_good: Option<LastGoodOffer>,
    /// Why the last look came to nothing; then everything else is from the look before it. It is among the
    /// problems, too, so that nothing is loaded meanwhile.
    pub fault: Option<Fault>,
}

impl Observation {
    /// True when something on disk waits for a reload.
    pub(super) fn is_pending(&self) -> bool {
        self.drift.iter().any(|change| change.action.needs_reload())
    }

    /// The same after a look that came to nothing: what was known stays, and nothing is concluded.
    #[must_use]
    pub fn after(&self, fault: Fault) -> Self {
        Self { problems: vec![fault.problem()], fault: Some(fault), ..self.clone() }
    }

    /// True when a file would not load, or the engine does not do what it should.
    pub fn is_in_trouble(&self) -> bool {
        let view = self.view.as_ref();
        !self.problems.is_empty() || view.is_some_and(|view| view.message.is_some() || view.state == EngineState::Stuck)
    }

    /// What is pending, for people and programs.
    /// `plan`: what a reload would do, as [`Self::plan`] has it.
    pub fn status(&self, target: &Target, plan: Plan) -> ReloadStatus {
        let caveats = target.engine.caveat.clone().into_iter().chain(target.engine.caveat_of_schema());
        ReloadStatus {
            version: 1,
            directory: target.places().directory.display().to_string(),
            engine: self.view.clone().unwrap_or_else(|| target.engine.view.clone()),
            reload_required: plan.action.needs_reload(),
            action: plan.action,
            reasons: plan.reasons(),
            detected_at: self.detected_at.clone(),
            changes: plan.changes,
            busy: plan.interrupts,
            problems: self.problems.clone(),
            warnings: self.scan.warnings.as_slice().into(),
            notices: caveats.chain(self.notices()).collect(),
            past: None,
        }
    }

    /// What is still to be told of the last reload. `rows`: those of this look.
    pub fn past(&self, last: Option<&Receipt>, rows: &[Row]) -> Option<Past> {
        let is_running = self.view.as_ref().is_some_and(|view| view.state != EngineState::Stopped);
        Past::of(last.filter(|_| is_running)?, rows, self.is_pending() || self.is_in_trouble())
    }

    /// What people should know about what is pending.
    fn notices(&self) -> Vec<Notice> {
        let version = self.view.as_ref().and_then(|view| view.version.as_deref());
        let is_client = self.view.as_ref().is_some_and(|view| view.mode == EngineMode::Client);
        let has_plugins = self.answers.as_ref().is_some_and(|answers| !answers.plugins.is_empty());
        let mut notices: Vec<_> = version
            .and_then(|version| Profile::for_version(version).caveat(version))
            .map(Notice::from)
            .into_iter()
            .collect();
        let running = self.view.as_ref().filter(|view| view.state == EngineState::Running);
        notices.extend(running.and_then(|view| view.message.clone()));
        let weight = running.and_then(|view| view.pid).and_then(weight::weight);
        notices.extend(weight.and_then(weight::warning));
        notices.extend((is_client && has_plugins).then(|| ReloadNotice::LoadedUnwatched.into()));
        let disposes = Plan::new(self.drift.clone(), Vec::new()).action == Action::Dispose;
        if !disposes || self.would_be_lost.is_empty() {
            return notices;
        }
        notices.push(ReloadNotice::RestartsToKeep { names: self.would_be_lost.clone() }.into());
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

    /// Says in a plan what becomes of the MCP servers that the engine has now.
    pub fn tell_servers(&self, plan: &mut Plan) {
        let Some(answers) = &self.answers else { return };
        let entry = |name: &str| answers.config.get("mcp").and_then(|servers| servers.get(name));
        for (name, server) in answers.mcp.iter().flatten() {
            let list = match (entry(name), server.status.as_str()) {
                (None, _) => &mut plan.ends,
                (Some(_), "connected") => &mut plan.servers,
                (Some(_), "disabled") if !answers.is_turned_off(name) => &mut plan.returns,
                _ => continue,
            };
            list.push(name.clone());
        }
    }

    /// The lists, each item with its state. What is loaded and no longer on disk is listed too, as
    /// long as it is.
    pub fn rows(&self, places: &Places) -> Vec<Row> {
        let mut rows: Vec<Row> =
            self.scan.rows.iter().filter(|row| row.copy.is_none()).map(|row| self.row(row)).collect();
        for change in self.drift.iter().filter(|change| self.scan.disk.items.get(&change.id).is_none()) {
            let gone = self.loaded.as_ref().and_then(|loaded| loaded.items.get(&change.id));
            rows.extend(gone.map(|item| Row {
                state: RowState::Waiting { change: change.change, action: change.action },
                removable: false,
                ..row(places, item, None, None, Stage::Active)
            }));
        }
        let listed: HashSet<_> = self.scan.rows.iter().map(|row| row.kind).collect();
        for item in self.scan.disk.items.iter().filter(|item| !listed.contains(&item.kind)) {
            let row = Row {
                removable: false,
                ..row(places, item, None, item.value.clone().map(Notice::Verbatim), Stage::Declared)
            };
            rows.push(self.row(&row));
        }
        let alone = self.servers_of_the_engine_alone(&rows);
        rows.extend(alone);
        // Someone else's engine keeps them elsewhere.
        if self.view.as_ref().is_some_and(|view| view.mode == EngineMode::Host) {
            SignedIn::of(places).tell(&mut rows);
        }
        rows.sort_by(|a, b| order(a).cmp(&order(b)));
        Provenance::of(places).tell(&mut rows);
        let permission = self.scan.permission();
        for row in rows.iter_mut().filter(|row| row.kind == Kind::Skill && row.warning.is_none()) {
            row.warning = is_off(&permission, &row.name).then(|| SkillNotice::SkillTurnedOff.into());
        }
        rows
    }

    /// The MCP servers that somebody added to the running engine: no file says anything of them.
    fn servers_of_the_engine_alone(&self, listed: &[Row]) -> Vec<Row> {
        let Some(answers) = &self.answers else { return Vec::new() };
        let is_declared = |name: &str| answers.config.get("mcp").is_some_and(|servers| servers.get(name).is_some());
        // One that is declared since, and not loaded yet, is told by that.
        let is_read = |row: &Row| !matches!(row.state, RowState::Overridden { .. } | RowState::NotRead { .. });
        let is_listed = |name: &str| listed.iter().any(|row| row.kind == Kind::Mcp && row.name == name && is_read(row));
        let servers = answers.mcp.iter().flatten().filter(|(name, _)| !is_declared(name) && !is_listed(name));
        let row = |(name, server): (&String, &McpAnswer)| Row {
            stage: Stage::Active,
            state: server.failure().map_or(RowState::Loaded, |message| RowState::Failed { message }),
            since: self.since.get(name).cloned(),
            warning: Some(ServerNotice::ServerOnlyInEngine.into()),
            ..Row::new(ItemId::new(Kind::Mcp, Scope::Project, name), Kind::Mcp, name, Scope::Project)
        };
        servers.map(row).collect()
    }

    fn row(&self, row: &Row) -> Row {
        if !matches!(row.state, RowState::Unknown) {
            return row.clone();
        }
        let change = self.change(row.id.as_str());
        let known = self.loaded.as_ref().is_some_and(|loaded| loaded.items.get(&row.id).is_some());
        let servers = self.answers.as_ref().filter(|_| row.kind == Kind::Mcp);
        let server = servers.and_then(|answers| answers.server_failure(&row.name));
        let tools = self.answers.as_ref().filter(|answers| row.kind == Kind::Tool && answers.has_broken_tools());
        let tools = tools.map(|_| ReloadNotice::NoTools.into());
        let is_unheard = servers.is_some_and(|answers| answers.mcp.is_none() && !answers.is_turned_off(&row.name));
        let state = match (change, self.failures.get(&row.id).cloned().or(server).or(tools)) {
            (Some(change), _) => RowState::Waiting { change: change.change, action: change.action },
            (None, Some(message)) => RowState::Failed { message },
            (None, None) if known && !is_unheard => RowState::Loaded,
            (None, None) => RowState::Unknown,
        };
        let stage = if state == RowState::Loaded { Stage::Active } else { row.stage };
        let detail = self.said(row).filter(|_| state == RowState::Loaded).or_else(|| row.detail.clone());
        let is_told = matches!(state, RowState::Loaded | RowState::Failed { .. });
        let since = servers.filter(|_| is_told).and_then(|_| self.since.get(&row.name)).cloned();
        Row { state, stage, detail, since, ..row.clone() }
    }

    /// What the engine makes of an item that is as it should be, where that is not what one would think.
    fn said(&self, row: &Row) -> Option<Notice> {
        let answers = self.answers.as_ref()?;
        match row.kind {
            Kind::Tool if answers.tools.is_some() && !answers.tool_names().has(&row.name) => {
                Some(ReloadNotice::NoTool.into())
            }
            Kind::Agent if answers.is_disabled(&row.name) => Some(ReloadNotice::TurnedOff.into()),
            _ => None,
        }
    }

    /// The change of an item; drift is in the order of the ids.
    fn change(&self, id: &str) -> Option<&Change> {
        let at = self.drift.binary_search_by(|change| change.id.as_str().cmp(id)).ok()?;
        self.drift.get(at)
    }

    /// The readable difference of a pending item; no lines when nothing can be shown as text.
    pub fn difference(&self, id: &str) -> Vec<DiffLine> {
        self.differences()(id)
    }

    /// The same for many items: what is needed for all of them is made once.
    pub fn differences(&self) -> impl Fn(&str) -> Vec<DiffLine> + '_ {
        let sides = Sides::new(&self.scan.disk, self.answers.as_ref());
        move |id| {
            let change = self.change(id);
            change.map(|change| sides.difference(change, self.hidden.contains(&change.id))).unwrap_or_default()
        }
    }

    /// What the engine reports.
    pub fn counts(&self) -> Option<Counts> {
        self.answers.as_ref().map(|answers| Counts::of(answers, self.failures.len()))
    }
}
