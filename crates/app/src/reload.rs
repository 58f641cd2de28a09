//! Carries out a reload: does what the machine in `rekindle-domain` asks for, and tells it how that
//! went.
//!
//! Invariants: the snapshot that is proved is taken before the engine is touched; each step is in the
//! journal before it begins; one reload at a time per engine, between all processes; every wait is
//! bounded, but that for idle, which a person can cancel.

pub(crate) mod hear;
mod idle;
mod recover;
mod resume;
mod run;
mod touch;
mod verify;

use std::{
    future::Future,
    pin::Pin,
    time::{Duration, Instant},
};

use rekindle_domain::{Cause, Consent, EngineMode, Fingerprint, Input, Phase, Receipt, Refusal, step};
use tokio::sync::mpsc;

use self::run::Run;
pub use self::{
    hear::{last, wait},
    recover::{Recovered, recover, waits},
};
use crate::{
    clock,
    engine::{lock::Lock, record::Records},
    observe::Observation,
    target::Target,
};

/// How long another process's reload is waited for.
const TURN: Duration = Duration::from_secs(60);
/// How often to look whether it has ended.
const AGAIN: Duration = Duration::from_millis(50);

/// Which interrupted sessions go on afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Resume {
    /// None.
    #[default]
    None,
    /// Those with these ids.
    These(Vec<String>),
    /// All.
    All,
}

/// What a person wants.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Why there is to be a reload.
    pub cause: Cause,
    /// What they agreed to.
    pub consent: Consent,
    /// The runs that they were shown before they agreed to interrupt them; `None`: all.
    pub named: Option<Vec<String>>,
    /// The plan that they saw.
    pub agreed: Option<Fingerprint>,
    /// How long to wait for idle at the most; `None`: as long as it takes.
    pub patience: Option<Duration>,
    /// In client mode: true when they said that the engine may be touched.
    pub may_touch: bool,
    /// True when the last good files are put back by themselves if the engine does not come up.
    pub may_roll_back: bool,
    /// Which interrupted sessions go on afterwards.
    pub resume: Resume,
}

impl Wish {
    /// A reload that interrupts nothing and waits for nothing.
    pub fn new(cause: Cause) -> Self {
        Self {
            cause,
            consent: Consent::IfIdle,
            named: None,
            agreed: None,
            patience: None,
            may_touch: false,
            may_roll_back: false,
            resume: Resume::None,
        }
    }
}

/// What a person says while a reload is under way.
#[derive(Clone, Debug)]
pub enum Signal {
    /// Cancel it, while that is possible.
    Cancel,
    /// Another wish: it joins while nothing was touched.
    Join(Wish),
}

/// Replaces the engine's process; the target afterwards. Given by whoever can.
pub type Restart<'a> = dyn Fn() -> Pin<Box<dyn Future<Output = Result<Target, String>> + Send>> + Send + Sync + 'a;

/// What a reload came to.
#[derive(Clone, Debug)]
pub struct Ended {
    /// How it ended.
    pub phase: Phase,
    /// The receipt.
    pub receipt: Receipt,
    /// The engine afterwards; another process when it was restarted.
    pub observation: Option<Observed>,
    /// A wish that came too late to join.
    pub unserved: Option<Wish>,
}

/// The target and what a last look saw of it.
#[derive(Clone)]
pub struct Observed {
    /// The engine.
    pub target: Target,
    /// What was seen.
    pub observation: Observation,
}

impl std::fmt::Debug for Observed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Observed").field("drift", &self.observation.drift).finish_non_exhaustive()
    }
}

/// Reloads. `seen`: a look at the engine that is still true; without one, the engine is asked first.
/// `publish` sees every phase.
pub async fn reload(
    target: Target,
    wish: Wish,
    seen: Option<Observation>,
    restart: Option<&Restart<'_>>,
    mut signals: mpsc::UnboundedReceiver<Signal>,
    publish: impl Fn(&Phase),
) -> Ended {
    let is_ours = target.view.mode == EngineMode::Host;
    let attempt = clock::new_id();
    let request = |wish: &Wish, plan| rekindle_domain::Request {
        attempt: attempt.clone(),
        plan,
        agreed: wish.agreed.clone(),
        consent: wish.consent,
        named: wish.named.clone(),
        may_restart: restart.is_some(),
        may_touch: wish.may_touch || is_ours,
        may_roll_back: wish.may_roll_back,
    };
    let mut run = Run::new(target, attempt.clone(), wish.clone(), seen);
    let first = request(&wish, run.plan_so_far());
    let (mut phase, mut effect) = step(Phase::Clean, Input::Requested(first));
    publish(&phase);
    let mut joined = Vec::new();
    let turn = match effect {
        Some(_) => my_turn(&run.target, &wish, &mut signals, &mut joined).await,
        None => Turn::NotNeeded,
    };
    match turn {
        Turn::Mine { lock, waited } => {
            if waited {
                run.before = None;
            }
            for other in joined {
                (phase, effect) = step(phase, Input::Requested(request(&other, run.plan_so_far())));
                run.join(other);
            }
            run.lock = Some(lock);
        }
        Turn::NotNeeded => {}
        Turn::Refused(refusal) => (phase, effect) = (Phase::Refused { attempt: attempt.clone(), refusal }, None),
    }
    loop {
        run.enter(&phase);
        publish(&phase);
        let Some(todo) = effect else { break };
        let input = if phase.is_cancellable() {
            tokio::select! {
                biased;
                Some(signal) = signals.recv() => match signal {
                    Signal::Cancel => Input::Cancelled,
                    Signal::Join(other) => {
                        let input = Input::Requested(request(&other, run.plan_so_far()));
                        run.join(other);
                        input
                    }
                },
                input = run.carry_out(todo, &phase, restart) => input,
            }
        } else {
            run.carry_out(todo, &phase, restart).await
        };
        (phase, effect) = step(phase, input);
    }
    let mut ended = run.end(phase).await;
    while let Ok(signal) = signals.try_recv() {
        if let Signal::Join(wish) = signal {
            ended.unserved = Some(wish);
        }
    }
    ended
}

/// Whether the right to reload was got.
enum Turn {
    Mine {
        lock: Lock,
        /// True when another process reloaded meanwhile.
        waited: bool,
    },
    NotNeeded,
    Refused(Refusal),
}

/// Waits for the right to reload: another process may be at it. No system tells when a file's lock is
/// free without keeping a thread for it that cannot be cancelled; so it is tried again and again.
async fn my_turn(
    target: &Target,
    wish: &Wish,
    signals: &mut mpsc::UnboundedReceiver<Signal>,
    joined: &mut Vec<Wish>,
) -> Turn {
    let began = Instant::now();
    let mut waited = false;
    let patience = match wish.consent {
        Consent::WhenIdle => wish.patience,
        _ => Some(TURN),
    };
    loop {
        match Records(&target.places).reloading() {
            Ok(Some(lock)) => return Turn::Mine { lock, waited },
            Ok(None) if patience.is_some_and(|patience| began.elapsed() >= patience) => {
                return Turn::Refused(Refusal::AlreadyRunning);
            }
            Ok(None) => waited = true,
            Err(error) => {
                let message = format!("{error} in {}", target.places.state.display());
                return Turn::Refused(Refusal::NotWritten { message });
            }
        }
        tokio::select! {
            Some(signal) = signals.recv() => match signal {
                Signal::Cancel => return Turn::Refused(Refusal::Cancelled),
                Signal::Join(other) => joined.push(other),
            },
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}
