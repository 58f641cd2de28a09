//! Telling interrupted sessions to go on.
//!
//! Invariant: only sessions that the reload interrupted and that a person ticked are spoken to.

use rekindle_domain::{BusyRun, BusyState, Resumed};

use crate::engine::client::Client;

/// What an interrupted session is told.
const GO_ON: &str =
    "You were interrupted by a reload of the engine, and nothing else was wrong. Please go on where you stopped.";

/// Tells each of these sessions to go on, with the agent and the model that it had.
pub(super) async fn resume(client: &Client, runs: impl Iterator<Item = &BusyRun>) -> Vec<Resumed> {
    let mut resumed = Vec::new();
    for run in runs.filter(|run| run.state != BusyState::Terminal) {
        let told = client.prompt(&run.session, GO_ON).await;
        resumed.push(Resumed {
            session: run.session.clone(),
            title: run.title.clone(),
            error: told.err().map(|error| error.what()),
        });
    }
    resumed
}
