//! The right to reload: one reload at a time per engine, between all processes.

use std::time::Duration;

use rekindle_domain::{Consent, Input};

use super::run::Run;
use crate::state::record::Records;

/// How long another process's reload is waited for.
const TURN: Duration = Duration::from_secs(60);
/// How often to look whether it has ended.
const AGAIN: Duration = Duration::from_millis(50);

impl Run {
    /// Waits for the right to reload: another process may be at it. No system tells when a file's lock is free without
    /// keeping a thread for it that cannot be cancelled; so it is tried again and again.
    pub(super) async fn await_turn(&mut self) -> Result<(), Input> {
        let patience = match self.wish.consent {
            Consent::WhenIdle => self.wish.patience.map(Duration::from_secs),
            Consent::IfIdle | Consent::Force => Some(TURN),
        };
        while self.lock.is_none() {
            match Records(self.target.places()).reloading() {
                Ok(Some(lock)) => self.lock = Some(lock),
                Ok(None) if patience.is_some_and(|patience| self.began.elapsed() >= patience) => {
                    return Err(Input::NotMyTurn { attempt: self.attempt.clone() });
                }
                Ok(None) => {
                    // What was seen before it is of no use afterwards.
                    self.before = None;
                    tokio::time::sleep(AGAIN).await;
                }
                Err(error) => return Err(Input::Failed { attempt: self.attempt.clone(), message: error.what }),
            }
        }
        Ok(())
    }
}
