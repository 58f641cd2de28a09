//! What a reload would do, before anyone asks for one.
//!
//! Invariants: the plan that is shown is that of the last look; what had to be asked for comes after it. One
//! question for it at a time, and one more afterwards, however many there were reasons for meanwhile.

use rekindle_domain::{Phase, Plan, Refusal, Refused};

use super::Core;
use crate::{
    state::record::Records,
    workspace::{Message, Stay, report},
};

impl Core {
    /// What a reload would do, as far as the last look knows.
    pub(super) fn plan(&mut self) -> Plan {
        self.lists.follow(&self.observation, &self.history, &self.places);
        self.lists.plan.clone()
    }

    /// Makes the plan, and asks for what no look knows: what a restart would interrupt elsewhere.
    pub(super) fn foresee(&mut self) {
        let before = {
            let plan = self.plan();
            std::mem::replace(&mut self.ahead, plan)
        };
        self.asked += 1;
        let is_touched = self.reload.is_some() || Records(&self.places).is_reloading();
        let is_asked = self.ahead.action.needs_reload() && self.stay == Stay::Open;
        if !is_asked || is_touched || !self.observation.problems.is_empty() {
            // Nobody asks beside a reload, nor what would load a broken file.
            return;
        }
        if before.fingerprint == self.ahead.fingerprint {
            // As far as is known; nothing on the screen goes away to come back.
            let elsewhere = before.interrupts.into_iter().filter(|run| run.directory.is_some());
            self.ahead.interrupts.extend(elsewhere);
            let Plan { servers, directories, installs, takes, .. } = before;
            self.ahead = Plan { servers, directories, installs, takes, ..self.ahead.clone() };
        }
        if self.asking.as_ref().is_some_and(|asking| !asking.is_finished()) {
            self.asks_again = true;
            return;
        }
        self.asks_again = false;
        let (target, observation, inputs) = (self.target.clone(), self.observation.clone(), self.inputs.clone());
        let asked = self.asked;
        self.asking = Some(tokio::spawn(async move {
            let plan = target.plan(&observation).await;
            report(&inputs, Message::Foreseen(asked, Box::new(plan))).await;
        }));
    }

    /// What a reload would do was found out.
    pub(super) fn foreseen(&mut self, asked: u64, plan: Plan) {
        self.asking = None;
        // An older answer about the same plan is better than none: the newer one may take its time, too.
        if asked == self.asked || plan.fingerprint == self.ahead.fingerprint {
            self.ahead = plan;
        }
        if std::mem::take(&mut self.asks_again) {
            self.foresee();
        }
    }

    /// Why the last wish came to nothing, as long as it is so.
    pub(super) fn refused(&self) -> Option<Refused> {
        let Phase::Refused { attempt, refusal } = &self.phase else { return None };
        let is_so = match refusal {
            Refusal::StalePlan { now } => *now == self.ahead.fingerprint,
            _ => true,
        };
        let refused = || Refused { attempt: attempt.clone(), refusal: refusal.clone(), insisted: self.insisted };
        is_so.then(refused)
    }
}
