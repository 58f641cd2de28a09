//! The one driver of the reload machine: it steps it, has its effects carried out, and hears how they went.
//!
//! Invariants: the machine is stepped here and nowhere else; one effect at a time; an answer to an effect that was given up
//! changes nothing; a wish joins the reload under way, or follows it, and whoever wished is told of the end of that one.

use std::{sync::Arc, time::Instant};

use rekindle_domain::{
    AtLeast, Consent, Effect, Input as Step, Job, OnFailure, Permission, Phase, ReceiptResult, Wish, past, step,
};
use tokio::{
    sync::{Mutex, oneshot},
    task::JoinHandle,
};

use super::{Core, looks::Look};
use crate::{
    clock,
    engine::packages::Installs,
    workspace::{
        Message,
        reload::{Ended, Run},
        report,
    },
};

/// Is told of each phase before what it asks for begins.
pub(crate) type Told = Box<dyn Fn(&Phase) + Send>;

/// Whoever wished for a reload.
pub(crate) struct Wisher {
    /// Is told how it goes.
    pub(crate) told: Told,
    /// Takes how it ended.
    pub(crate) reply: oneshot::Sender<Ended>,
}

/// The reload under way.
pub(super) struct Reload {
    run: Arc<Mutex<Run>>,
    /// Counts the effects, so that none takes another's answer.
    number: u64,
    /// The effect under way, and before the first what was asked until then.
    tasks: Vec<JoinHandle<()>>,
    /// Tells what the engine installs, from when it is touched.
    installs: Option<JoinHandle<()>>,
    /// When its work began, for telling how long it has been at it.
    pub(super) began: Instant,
    machine: Machine,
    wishers: Vec<Wisher>,
    /// What came too late to join, and is wanted afterwards.
    next: Option<Wish>,
    next_wishers: Vec<Wisher>,
}

/// Whether the machine is still to be stepped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Machine {
    UnderWay,
    /// It has ended, and that is being written down.
    Closing,
}

impl Drop for Reload {
    fn drop(&mut self) {
        self.tasks.drain(..).chain(self.installs.take()).for_each(|task| task.abort());
    }
}

impl Reload {
    /// True when another reload follows this one.
    pub(super) fn is_followed(&self) -> bool {
        self.next.is_some()
    }
}

impl Core {
    /// A wish begins a reload, joins the one under way, or follows it.
    pub(super) fn wish(&mut self, wish: Wish, wisher: Option<Wisher>) {
        self.insisted = wish.consent == Consent::Force || (self.insisted && self.reload.is_some());
        let may_join = self.is_cancellable();
        match &mut self.reload {
            None => self.begin(wish, wisher),
            Some(reload) if may_join => {
                reload.wishers.extend(wisher);
                let job = self.job(wish);
                self.drive(Step::Wished(Box::new(job)));
            }
            Some(reload) => {
                reload.next_wishers.extend(wisher);
                reload.next = Some(match reload.next.take() {
                    Some(before) => before.joined(wish),
                    None => wish,
                });
            }
        }
    }

    /// The work that a wish becomes.
    fn job(&mut self, wish: Wish) -> Job {
        let may = Permission::of(&wish, self.target.engine.view.mode);
        let on_failure = if self.settings.roll_back { OnFailure::RollBack } else { OnFailure::Stay };
        Job::new(clock::new_id(), wish, self.plan(), may, on_failure)
    }

    fn begin(&mut self, wish: Wish, wisher: Option<Wisher>) {
        self.era += 1;
        // If nothing comes of this one, that is what is to be told.
        let left = past(&self.phase, self.last.as_ref()).filter(|last| last.result != ReceiptResult::Proved);
        self.held = left.cloned().or(self.held.take());
        self.last = None;
        (self.takes, self.installing) = (self.ahead.takes, None);
        // What was seen last is true as long as nothing was said since.
        let is_fresh = self.look.is_none() && self.wanted != Some(Look::Everything);
        let seen = is_fresh.then(|| self.observation.clone());
        let tasks = [self.look.take(), self.hearing.take()].into_iter().flatten().collect();
        self.stop_listening();
        let job = self.job(wish);
        let run = Run::new(self.target.clone(), self.source.clone(), job.attempt.clone(), job.wish.clone(), seen);
        self.reload = Some(Reload {
            run: Arc::new(Mutex::new(run)),
            number: 0,
            tasks,
            installs: None,
            began: Instant::now(),
            machine: Machine::UnderWay,
            wishers: wisher.into_iter().collect(),
            next: None,
            next_wishers: Vec::new(),
        });
        self.drive(Step::Wished(Box::new(job)));
    }

    /// True while the reload under way can be joined, and cancelled.
    fn is_cancellable(&self) -> bool {
        let is_under_way = self.reload.as_ref().is_some_and(|reload| reload.machine == Machine::UnderWay);
        is_under_way && self.phase.is_cancellable()
    }

    /// Cancels the reload while that is possible.
    pub(super) fn cancel(&mut self) {
        if self.is_cancellable() {
            self.drive(Step::Cancelled);
        }
    }

    /// An effect was carried out.
    pub(super) fn answered(&mut self, number: u64, answer: Step) {
        if self.reload.as_ref().is_some_and(|reload| reload.number == number) {
            self.drive(answer);
        }
    }

    /// Steps the machine, and begins what it asks for in place of what was under way.
    fn drive(&mut self, input: Step) {
        let before = self.phase.clone();
        let (phase, effect) = step(std::mem::take(&mut self.phase), input);
        let Some(reload) = &mut self.reload else { return };
        reload.number += 1;
        reload.wishers.iter().for_each(|wisher| (wisher.told)(&phase));
        let waits = |phase: &Phase| matches!(phase, Phase::WaitingForIdle { .. });
        if waits(&before) && !waits(&phase) {
            // The wait was for others.
            reload.began = Instant::now();
        }
        if let (Some(Effect::Dispose | Effect::Restart), Some(job), None) = (effect, phase.job(), &reload.installs) {
            let mut installs = Installs::new(self.target.places().clone(), job.plan.installs.clone());
            let inputs = self.inputs.clone();
            reload.installs = Some(tokio::spawn(async move {
                while report(&inputs, Message::Installing(installs.next().await)).await {}
            }));
        }
        let (given_up, run, inputs) = (std::mem::take(&mut reload.tasks), reload.run.clone(), self.inputs.clone());
        let (number, now) = (reload.number, phase.clone());
        reload.tasks.push(tokio::spawn(async move {
            for task in given_up {
                // Its next question could load what is being saved in this moment.
                task.abort();
                drop(task.await);
            }
            let mut run = run.lock().await;
            let input = match effect {
                Some(effect) => Message::Answered(number, Box::new(run.carry_out(effect, &now).await)),
                None => Message::Ended(Box::new(run.end(now).await)),
            };
            drop(run);
            report(&inputs, input).await;
        }));
        if effect.is_none() {
            reload.machine = Machine::Closing;
        }
        // How it ended is told with its receipt.
        self.phase = if effect.is_some() { phase } else { before };
    }

    /// The reload ended, and that is written down.
    pub(super) fn ended(&mut self, ended: Ended) {
        let Some(mut reload) = self.reload.take() else { return };
        let (next, next_wishers) = (reload.next.take(), std::mem::take(&mut reload.next_wishers));
        let wishers = std::mem::take(&mut reload.wishers);
        drop(reload);
        self.close(&ended);
        let is_pending = self.plan().action.needs_reload();
        let next = next.filter(|wish| wish.at_least == AtLeast::Restart || is_pending);
        let (now, later) = if next.is_some() {
            (wishers, next_wishers)
        } else {
            // What they wanted is live.
            (wishers.into_iter().chain(next_wishers).collect(), Vec::new())
        };
        self.replies.extend(now.into_iter().map(|wisher| (wisher.reply, ended.clone())));
        if let Some(wish) = next {
            self.wish(wish, None);
            if let Some(reload) = &mut self.reload {
                reload.wishers.extend(later);
            }
        }
    }
}
