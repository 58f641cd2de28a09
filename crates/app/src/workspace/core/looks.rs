//! Looking at the files and the engine, one look at a time.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

use tokio::time::sleep;

use super::Core;
use crate::{
    fault::{Fault, sheltered_async},
    files::watch::Hint,
    state::record::Records,
    workspace::{
        Message, PATIENT, SELDOM, Stay,
        look::{Observation, observe_after, observe_files},
        reload::recover,
        report,
    },
};

/// How long to wait before the first look after one that came to nothing.
const FIRST: Duration = Duration::from_secs(1);

/// How much has to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::workspace) enum Look {
    Files,
    Everything,
}

/// When to look again after a look that came to nothing.
#[derive(Debug, Default)]
pub(super) struct Again {
    tries: u32,
    is_waiting: bool,
}

impl Again {
    /// How long to wait this time; `None`: somebody is waiting already.
    fn begin(&mut self) -> Option<Duration> {
        if std::mem::replace(&mut self.is_waiting, true) {
            return None;
        }
        // Not past the longest pause, so that no number overflows.
        self.tries = self.tries.saturating_add(1).min(16);
        Some(FIRST.saturating_mul(1 << (self.tries - 1)).min(SELDOM))
    }

    /// The wait is over.
    pub(super) fn end(&mut self) {
        self.is_waiting = false;
    }
}

impl Core {
    pub(super) fn want(&mut self, look: Look) {
        self.wanted = self.wanted.max(Some(look));
    }

    /// Starts the look that is wanted, unless one is under way or a reload is.
    pub(super) fn look_if_wanted(&mut self) {
        if self.look.is_some() || self.reload.is_some() || self.stay == Stay::OneReload {
            return;
        }
        let Some(mut look) = self.wanted.take() else { return };
        if look == Look::Everything && Records(&self.places).is_reloading() {
            // Another process reloads: what it sees and remembers comes first. The files are ours to see.
            look = Look::Files;
            self.await_turn();
        }
        let (target, before, inputs) = (self.target.clone(), self.observation.clone(), self.inputs.clone());
        let era = self.era;
        let changed = std::mem::replace(&mut self.changed, Hint::Paths(BTreeSet::new()));
        let is_recovering = self.recovering && look == Look::Everything && target.engine.client.is_some();
        let has_failed = self.has_failed();
        self.look = Some(tokio::spawn(async move {
            let work = async {
                if is_recovering {
                    let recovered = recover(&target, true).await;
                    report(&inputs, Message::Recovered(Box::new(recovered))).await;
                }
                let mut seen = match look {
                    Look::Everything => observe_after(&target, &before).await,
                    Look::Files => observe_files(&target, &before, changed).await,
                };
                let is_wanted = has_failed || seen.is_in_trouble();
                seen.last_good = if is_wanted { target.last_good(&seen.scan).await } else { None };
                seen
            };
            // Whatever becomes of it, its end is reported: else no look would follow.
            let seen = sheltered_async(Fault::of_look(&target.places().directory), work).await;
            let seen = seen.unwrap_or_else(|fault| before.after(fault));
            report(&inputs, Message::Looked(era, look, Box::new(seen))).await;
        }));
    }

    /// Asks the engine once another process's reload may have ended; one wait at a time.
    fn await_turn(&mut self) {
        if self.turn.as_ref().is_some_and(|turn| !turn.is_finished()) {
            return;
        }
        let inputs = self.inputs.clone();
        self.turn = Some(tokio::spawn(async move {
            sleep(PATIENT).await;
            report(&inputs, Message::Answers).await;
        }));
    }

    /// Looks again by itself, ever more seldom, as long as the last look came to nothing or the engine did
    /// not say what it has loaded.
    pub(super) fn look_again_if_needed(&mut self) {
        let is_silent = self.observation.answers.is_none() && self.target.engine.client.is_some();
        if self.observation.fault.is_none() && !(is_silent && self.observation.problems.is_empty()) {
            self.again = Again::default();
            return;
        }
        let Some(pause) = self.again.begin() else { return };
        let inputs = self.inputs.clone();
        tokio::spawn(async move {
            sleep(pause).await;
            report(&inputs, Message::Again).await;
        });
    }

    pub(super) fn observed(&mut self, observation: Arc<Observation>) {
        self.observation = observation;
        // What is gone and comes back is another thing, and nobody has seen that one.
        let pending: HashSet<_> = self.observation.drift.iter().map(|change| change.signature.as_str()).collect();
        self.dismissed.retain(|signature| pending.contains(signature.as_str()));
        self.dismissed_problems.retain(|problem| self.observation.problems.contains(problem));
        self.foresee();
        self.catch_up();
        self.settle();
        let plan = self.plan();
        self.advance(rekindle_domain::Input::Observed(plan));
        self.await_calm();
        self.listen();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N16: one wait at a time, each longer than the one before it, and none longer than half a minute.
    #[test]
    fn looks_that_come_to_nothing_get_seldom() {
        let mut again = Again::default();
        let mut pauses = Vec::new();
        for _ in 0..100 {
            pauses.extend(again.begin());
            assert_eq!(again.begin(), None, "one is waiting");
            again.end();
        }
        assert_eq!(pauses.len(), 100);
        assert!(pauses.is_sorted() && pauses.first() == Some(&FIRST) && pauses.last() == Some(&SELDOM), "{pauses:?}");
    }
}
