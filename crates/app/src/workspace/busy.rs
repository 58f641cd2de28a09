//! What a reload would interrupt: in its directory, and for a restart in all that the engine has loaded.
//!
//! Invariant: only directories that are loaded are asked, so that asking loads none; one that does not
//! answer counts as busy, because nobody can say that it is not.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use rekindle_domain::{Action, BusyRun, BusyState, Plan, chain};
use tokio::time::{Instant, timeout_at};

use crate::{
    engine::{client::ClientError, directories::Directories, packages},
    state::history::History,
    workspace::{look::Observation, target::Target},
};

/// How many directories are asked at a time, each with four questions.
const AT_A_TIME: usize = 8;
/// How long all of them may take together.
const ALL: Duration = Duration::from_secs(20);

impl Target {
    /// What is running: sessions, what waits for a person, terminals. `everywhere`: in all directories of
    /// the engine, as a restart would interrupt them; known only of an engine that Rekindle owns.
    pub async fn busy(&self, everywhere: bool) -> Result<Vec<BusyRun>, ClientError> {
        let Some(client) = &self.engine.client else { return Ok(Vec::new()) };
        let known = self.directories();
        let may_have_terminals = known.is_none_or(|known| known.may_have_terminals(client.directory()));
        let elsewhere = async { if everywhere { self.busy_elsewhere().await } else { Vec::new() } };
        let (here, elsewhere) = tokio::join!(client.runs(may_have_terminals), elsewhere);
        let mut runs = match here {
            // Nothing runs in a directory that could not be loaded; elsewhere something may.
            Err(ClientError::Stuck { .. }) => Vec::new(),
            here => here?,
        };
        runs.extend(elsewhere);
        Ok(runs)
    }

    /// What is running in the other directories that the engine has loaded.
    pub async fn busy_elsewhere(&self) -> Vec<BusyRun> {
        let (Some(client), Some(known)) = (&self.engine.client, self.directories()) else { return Vec::new() };
        let end = Instant::now() + ALL;
        let late = || ClientError::TimedOut { route: "/session/status".to_owned(), seconds: ALL.as_secs() };
        let ask = async |directory: &str| {
            let client = client.for_directory(directory);
            let runs = timeout_at(end, client.runs(known.may_have_terminals(directory))).await;
            in_directory(directory, runs.unwrap_or_else(|_| Err(late())))
        };
        let others = known.others(client.directory()).into_iter().map(ask);
        let asked: Vec<_> = stream::iter(others).buffered(AT_A_TIME).collect().await;
        asked.into_iter().flatten().collect()
    }

    /// What a reload would do, with all that it would interrupt and about how long it takes.
    pub async fn plan(&self, observation: &Observation) -> Plan {
        let mut plan = observation.plan();
        if !plan.action.needs_reload() {
            return plan;
        }
        observation.tell_servers(&mut plan);
        plan.installs = packages::wanted(self.places(), &observation.scan.disk);
        plan.takes = History::of(self.places()).takes(plan.action, !plan.installs.is_empty());
        if plan.action == Action::Restart {
            match self.busy(true).await {
                Ok(runs) => plan.interrupts = runs,
                Err(error) => tracing::warn!(error = chain(&error), "what is running"),
            }
            plan.directories = self.other_directories();
        }
        plan
    }

    /// The other directories that the engine has loaded, as far as something happened in them.
    pub fn other_directories(&self) -> Vec<String> {
        let Some(client) = &self.engine.client else { return Vec::new() };
        let known = self.directories();
        let others = known.as_ref().map(|known| known.others(client.directory())).unwrap_or_default();
        others.into_iter().map(str::to_owned).collect()
    }

    fn directories(&self) -> Option<Directories> {
        Directories::of(self.places(), &self.engine.identity)
    }
}

/// The runs of another directory.
fn in_directory(directory: &str, runs: Result<Vec<BusyRun>, ClientError>) -> Vec<BusyRun> {
    let runs = match runs {
        // Nothing runs in a directory that could not be loaded.
        Err(ClientError::Stuck { .. }) => Vec::new(),
        Err(error) => {
            tracing::warn!(error = chain(&error), directory, "what is running");
            vec![BusyRun { session: String::new(), title: String::new(), state: BusyState::Busy, directory: None }]
        }
        Ok(runs) => runs,
    };
    runs.into_iter().map(|run| BusyRun { directory: Some(directory.to_owned()), ..run }).collect()
}
