//! Reloads: begun by a person or by themselves, found again after they were cut off, and ended.

use std::sync::Arc;

use rekindle_domain::{Cause, Consent, EngineMode, Fingerprint, Habit, Phase, Receipt, ReceiptResult, Refusal, Wish};
use tokio::time::sleep;

use super::{Core, looks::Look};
use crate::workspace::{
    Message, SETTLED, Stay,
    reload::{Ended, Recovered},
    report,
};

/// True when what a reload left unproved is not answered by one that went well by itself: whoever asked for the
/// first may not have seen it end.
fn is_still_told(left: &Receipt, now: &Receipt) -> bool {
    let is_by_itself = now.cause == Cause::Automatic && now.result == ReceiptResult::Proved;
    let mut unproved = left.items.iter().filter(|item| !item.is_proved());
    let is_open = left.result == ReceiptResult::Partial;
    is_by_itself && is_open && unproved.any(|item| !now.items.iter().any(|other| other.id == item.id))
}

impl Core {
    /// Where reloads begin by themselves: waits a moment for more changes.
    pub(super) fn await_calm(&mut self) {
        let Some(plan) = self.begins_by_itself() else { return };
        let inputs = self.inputs.clone();
        tokio::spawn(async move {
            sleep(SETTLED).await;
            report(&inputs, Message::Settled(plan)).await;
        });
    }

    /// The plan that is to be carried out without being asked.
    fn begins_by_itself(&mut self) -> Option<Fingerprint> {
        let is_wished = self.settings.habit(&self.places.directory.display().to_string()) == Habit::WhenIdle
            && self.target.engine.view.mode == EngineMode::Host
            && self.observation.answers.is_some()
            && self.observation.problems.is_empty()
            && self.reload.is_none()
            && self.stay == Stay::Open;
        let plan = is_wished.then(|| self.plan()).filter(|plan| plan.action.needs_reload())?;
        (self.tried.as_ref() != Some(&plan.fingerprint)).then_some(plan.fingerprint)
    }

    pub(super) fn reload_by_itself(&mut self, agreed: &Fingerprint) {
        if self.begins_by_itself().as_ref() == Some(agreed) {
            self.tried = Some(agreed.clone());
            self.wish(Wish { consent: Consent::WhenIdle, ..Wish::new(Cause::Automatic) }, None);
        }
    }

    pub(super) fn recovered(&mut self, recovered: Recovered) {
        match recovered {
            Recovered::Nothing => self.recovering = false,
            Recovered::NotYet => {}
            Recovered::Waiting(wish) => {
                self.recovering = false;
                self.wish(wish, None);
            }
            Recovered::Ended(receipt) => {
                self.recovering = false;
                self.phase = Phase::ended(&receipt);
                self.last = Some(*receipt);
                self.read_history();
            }
        }
    }

    /// Takes over what a reload came to.
    pub(super) fn close(&mut self, ended: &Ended) {
        self.era += 1;
        (self.takes, self.installing) = (None, None);
        self.dismissed.clear();
        if let Phase::Refused { refusal: Refusal::Problems { problems }, .. } = &ended.phase {
            self.dismissed_problems.clear();
            Arc::make_mut(&mut self.observation).problems.clone_from(problems);
        }
        if let Phase::Refused { refusal: Refusal::Busy { runs }, .. } = &ended.phase {
            let here = runs.iter().filter(|run| run.directory.is_none());
            Arc::make_mut(&mut self.observation).busy = here.cloned().collect();
            self.ahead.interrupts.clone_from(runs);
        }
        self.phase = ended.phase.clone();
        self.read_history();
        // Nothing was reloaded: how the one before it ended is as it was.
        let left = self.held.take();
        self.held = left.clone().filter(|_| ended.receipt.result == ReceiptResult::Refused);
        let unseen = left.filter(|left| is_still_told(left, &ended.receipt));
        if let Some(unseen) = &unseen {
            self.phase = Phase::ended(unseen);
        }
        self.last = Some(unseen.unwrap_or_else(|| ended.receipt.clone()));
        if let Some(seen) = ended.observation.clone() {
            self.answered_in = self.era;
            self.target.meet(seen.target.engine);
            self.observed(Arc::new(seen.observation));
        } else {
            self.want(Look::Everything);
        }
        if self.has_failed() {
            // At once: the next look may wait for an engine that hangs.
            let (target, scan, inputs) = (self.target.clone(), self.observation.scan.clone(), self.inputs.clone());
            tokio::spawn(async move {
                let offer = target.last_good(&scan).await;
                report(&inputs, Message::Offered(Box::new(offer))).await
            });
        }
    }
}
