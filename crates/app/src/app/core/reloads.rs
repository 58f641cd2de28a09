//! Reloads: begun by a person or by themselves, found again after they were cut off, and ended.

use std::{pin::Pin, time::Instant};

use rekindle_domain::{Cause, Consent, EngineMode, Fingerprint, Habit, Phase, Receipt, ReceiptResult, Refusal, past};
use tokio::{sync::mpsc, time::sleep};

use super::{Core, looks::Look};
use crate::{
    app::{Input, SETTLED, Source, report},
    connect,
    engine::packages,
    error::chain,
    reload::{Ended, Recovered, Restart, Signal, Wish, reload},
    target::Target,
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
    pub(super) fn signal(&self, signal: Signal) {
        if let Some(signals) = &self.signals
            && signals.send(signal).is_err()
        {
            tracing::debug!("the reload has ended");
        }
    }

    /// Where reloads begin by themselves: waits a moment for more changes.
    pub(super) fn await_calm(&self) {
        if !self.begins_by_itself() {
            return;
        }
        let (inputs, plan) = (self.inputs.clone(), self.observation.plan().fingerprint);
        tokio::spawn(async move {
            sleep(SETTLED).await;
            report(&inputs, Input::Settled(plan)).await;
        });
    }

    fn begins_by_itself(&self) -> bool {
        let plan = self.observation.plan();
        self.settings.habit(&self.places.directory.display().to_string()) == Habit::WhenIdle
            && self.target.view.mode == EngineMode::Host
            && self.observation.answers.is_some()
            && self.observation.problems.is_empty()
            && plan.action.needs_reload()
            && self.tried.as_ref() != Some(&plan.fingerprint)
            && !self.phase.is_running()
    }

    pub(super) fn reload_by_itself(&mut self, agreed: &Fingerprint) {
        if self.begins_by_itself() && self.observation.plan().fingerprint == *agreed {
            self.tried = Some(agreed.clone());
            self.start_reload(Wish { consent: Consent::WhenIdle, ..Wish::new(Cause::Automatic) });
        }
    }

    pub(super) fn recovered(&mut self, recovered: Recovered) {
        match recovered {
            Recovered::Nothing => self.recovering = false,
            Recovered::NotYet => {}
            Recovered::Waiting(wish) => {
                self.recovering = false;
                self.start_reload(wish);
            }
            Recovered::Ended(receipt) => {
                self.recovering = false;
                self.phase = Phase::ended(&receipt);
                self.last = Some(*receipt);
                self.read_history();
            }
        }
    }

    pub(super) fn start_reload(&mut self, wish: Wish) {
        self.insisted = wish.consent == Consent::Force || (self.insisted && self.phase.is_running());
        if self.phase.is_running() {
            // It joins, or its turn comes afterwards.
            self.follows |= !self.phase.is_cancellable();
            self.signal(Signal::Join(wish));
            return;
        }
        let wish = Wish { may_roll_back: self.settings.roll_back, ..wish };
        let (signals, heard) = mpsc::unbounded_channel();
        self.signals = Some(signals);
        self.era += 1;
        // If nothing comes of this one, that is what is to be told.
        let left = past(&self.phase, self.last.as_ref()).filter(|last| last.result != ReceiptResult::Proved);
        self.held = left.cloned().or(self.held.take());
        self.last = None;
        (self.began, self.takes, self.installing) = (Some(Instant::now()), self.ahead.takes, None);
        let hearing = self.hearing.take();
        self.stop_listening();
        let wanted = packages::wanted(&self.target.places, &self.observation.scan.disk);
        let (target, source, inputs) = (self.target.clone(), self.source.clone(), self.inputs.clone());
        // What was seen last is true as long as nothing was said since.
        let is_fresh = self.look.is_none() && self.wanted != Some(Look::Everything);
        let seen = is_fresh.then(|| self.observation.clone());
        // Shown at once: the reload itself begins in another task.
        let request = rekindle_domain::Request {
            attempt: String::new(),
            plan: self.observation.plan(),
            agreed: None,
            consent: wish.consent,
            named: None,
            may_restart: true,
            may_touch: true,
            may_roll_back: false,
        };
        self.advance(rekindle_domain::Input::Requested(request));
        let look = self.look.take();
        tokio::spawn(async move {
            for asking in [look, hearing].into_iter().flatten() {
                // Its next question could load what is being saved in this moment.
                asking.abort();
                drop(asking.await);
            }
            let places = target.places.clone();
            let restart = || -> Pin<Box<dyn Future<Output = Result<Target, String>> + Send>> {
                let (places, source) = (places.clone(), source.clone());
                Box::pin(async move {
                    match source {
                        Source::Own(host) => {
                            host.restart().await.map_err(|error| chain(&error))?;
                            let state = host.watch();
                            Ok(connect::by_host(&places, &state.borrow()))
                        }
                        _ => connect::restart_by_owner(&places).await,
                    }
                })
            };
            let restart: Option<&Restart<'_>> =
                if matches!(source, Source::Client { .. }) { None } else { Some(&restart) };
            let (phases, mut going) = mpsc::unbounded_channel();
            let (installs, mut installing) = mpsc::unbounded_channel();
            let work = reload(target, wish, seen, restart, heard, |phase| {
                // The receiver lives as long as the work.
                phases.send(phase.clone()).unwrap_or_default();
            });
            let watching = packages::watch(places.clone(), wanted, |now| installs.send(now).unwrap_or_default());
            tokio::pin!(work, watching);
            let ended = loop {
                tokio::select! {
                    biased;
                    Some(phase) = going.recv() => {
                        if phase.is_running() {
                            report(&inputs, Input::Phase(Box::new(phase))).await;
                        }
                    }
                    Some(now) = installing.recv() => {
                        report(&inputs, Input::Installing(now)).await;
                    }
                    ended = &mut work => break ended,
                    never = &mut watching => match never {},
                }
            };
            report(&inputs, Input::Ended(Box::new(ended))).await;
        });
    }

    pub(super) fn ended(&mut self, ended: Ended) {
        self.era += 1;
        self.signals = None;
        self.follows = false;
        (self.began, self.takes, self.installing) = (None, None, None);
        self.dismissed.clear();
        if let Phase::Refused { refusal: Refusal::Problems { problems }, .. } = &ended.phase {
            self.dismissed_problems.clear();
            self.observation.problems.clone_from(problems);
        }
        if let Phase::Refused { refusal: Refusal::Busy { runs }, .. } = &ended.phase {
            let here = runs.iter().filter(|run| run.directory.is_none());
            self.observation.busy = here.cloned().collect();
            self.ahead.interrupts.clone_from(runs);
        }
        self.phase = ended.phase;
        self.read_history();
        // Nothing was reloaded: how the one before it ended is as it was.
        let left = self.held.take();
        self.held = left.clone().filter(|_| ended.receipt.result == ReceiptResult::Refused);
        let unseen = left.filter(|left| is_still_told(left, &ended.receipt));
        if let Some(unseen) = &unseen {
            self.phase = Phase::ended(unseen);
        }
        self.last = Some(unseen.unwrap_or(ended.receipt));
        if let Some(seen) = ended.observation {
            self.target = Target { scanner: self.target.scanner.clone(), ..seen.target };
            self.observed(seen.observation);
        } else {
            self.want(Look::Everything);
        }
        if let Some(wish) = ended.unserved.filter(|_| self.observation.plan().action.needs_reload()) {
            self.start_reload(wish);
        }
        if self.has_failed() {
            // At once: the next look may wait for an engine that hangs.
            let (target, scan, inputs) = (self.target.clone(), self.observation.scan.clone(), self.inputs.clone());
            tokio::spawn(async move {
                let offer = target.last_good(&scan).await;
                report(&inputs, Input::Offered(Box::new(offer))).await
            });
        }
    }
}
