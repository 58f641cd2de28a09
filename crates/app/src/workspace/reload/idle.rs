//! Waiting until nothing is running.
//!
//! Invariant: an event only means "ask again"; a run is over when the engine says so, and a moment in
//! which it does not answer is not idleness.

use std::time::{Duration, Instant};

use rekindle_domain::Input;

use super::run::Run;

/// How long to wait before asking again although no event came.
const LOOK: Duration = Duration::from_secs(1);
/// How long to wait at least: an engine may never stop telling that something happened.
const OFTEN: Duration = Duration::from_millis(100);
/// How long the engine may be silent before the wait is given up.
const SILENT: Duration = Duration::from_secs(30);

impl Run {
    pub(super) async fn wait_for_idle(&mut self) -> Input {
        let attempt = self.attempt.clone();
        // What the engine said before the wait may be long past after it.
        self.before = None;
        let patience =
            self.wish.patience.map(|patience| Duration::from_secs(patience).saturating_sub(self.began.elapsed()));
        if patience.is_some_and(|patience| patience.is_zero()) {
            return Input::WaitedEnough { attempt };
        }
        let asked = Instant::now();
        loop {
            let pause = LOOK.min(patience.unwrap_or(LOOK));
            // In time or not: what counts is what the engine says when it is asked.
            let calm = tokio::time::sleep(OFTEN.min(pause));
            match &self.target.engine.client {
                Some(client) => drop(tokio::time::timeout(pause, self.ear.activity(client)).await),
                None => tokio::time::sleep(pause).await,
            }
            calm.await;
            match self.busy().await {
                Ok(runs) if runs.is_empty() => return Input::Done { attempt },
                Ok(runs) => return Input::StillBusy { attempt, runs },
                Err(message) if asked.elapsed() >= SILENT => return Input::Failed { attempt, message },
                Err(_) => tokio::time::sleep(pause).await,
            }
        }
    }
}
