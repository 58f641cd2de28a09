//! Looking at the files and the engine, one look at a time.

use std::collections::BTreeSet;

use tokio::time::sleep;

use super::Core;
use crate::{
    app::{Input, PATIENT, report},
    disk::watch::Hint,
    engine::record::Records,
    observe::{Observation, observe, problems, with_files},
    reload::recover,
};

/// How much has to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    Files,
    Everything,
}

impl Core {
    pub(super) fn want(&mut self, look: Look) {
        self.wanted = self.wanted.max(Some(look));
    }

    /// Starts the look that is wanted, unless one is under way or a reload is.
    pub(super) fn look_if_wanted(&mut self) {
        if self.look.is_some() || self.phase.is_running() {
            return;
        }
        let Some(mut look) = self.wanted.take() else { return };
        if look == Look::Everything && Records(&self.places).is_reloading() {
            // Another process reloads: what it sees and remembers comes first. The files are ours to see.
            look = Look::Files;
            let inputs = self.inputs.clone();
            tokio::spawn(async move {
                sleep(PATIENT).await;
                report(&inputs, Input::Engine).await;
            });
        }
        let (target, before, inputs) = (self.target.clone(), self.observation.clone(), self.inputs.clone());
        let era = self.era;
        let changed = std::mem::replace(&mut self.changed, Hint::Paths(BTreeSet::new()));
        let is_recovering = self.recovering && look == Look::Everything && target.client.is_some();
        let has_failed = self.has_failed();
        self.look = Some(tokio::spawn(async move {
            if is_recovering {
                let recovered = recover(&target, true).await;
                report(&inputs, Input::Recovered(Box::new(recovered))).await;
            }
            let mut seen = match look {
                Look::Everything => observe(&target).await,
                Look::Files => {
                    let scan = target.read_changed(changed).await;
                    let problems = problems(&target).await;
                    with_files(&before, scan, problems, &target)
                }
            };
            seen.last_good = if has_failed || seen.is_in_trouble() { target.last_good(&seen.scan).await } else { None };
            report(&inputs, Input::Looked(era, Box::new(seen))).await;
        }));
    }

    pub(super) fn observed(&mut self, observation: Observation) {
        self.observation = observation;
        if self.observation.drift.is_empty() {
            self.dismissed.clear();
        }
        if self.observation.problems != self.dismissed_problems {
            self.dismissed_problems.clear();
        }
        self.foresee();
        self.advance(rekindle_domain::Input::Observed(self.observation.plan()));
        self.await_calm();
    }
}
