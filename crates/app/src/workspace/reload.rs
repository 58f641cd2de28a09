//! Carries out a reload: does what the machine in `rekindle-domain` asks for, and tells it how that
//! went. Who asks the machine is the workspace's core (`app/core/driver.rs`), and nobody else.
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
mod turn;
mod verify;

use rekindle_domain::{Phase, Receipt};

pub(crate) use self::run::Run;
pub use self::{
    hear::last,
    recover::{Recovered, recover, waits},
};
use crate::workspace::{look::Observation, target::Target};

/// What a reload came to.
#[derive(Clone, Debug)]
pub struct Ended {
    /// How it ended.
    pub phase: Phase,
    /// The receipt.
    pub receipt: Receipt,
    /// The engine afterwards; another process when it was restarted.
    pub observation: Option<Observed>,
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
