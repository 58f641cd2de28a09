//! The engine of a directory, as far as it is known.

use rekindle_domain::{EngineView, Fingerprint, Notice};

use crate::{engine::client::Client, files::environment::Environment, state::memory::Identity};

/// The engine of a directory, as far as it is known: what answers, or nothing.
#[derive(Clone)]
pub struct Engine {
    /// For people.
    pub view: EngineView,
    /// For talking to it; `None` when there is none.
    pub client: Option<Client>,
    /// Which process it is.
    pub identity: Identity,
    /// The program of an engine of ours, if it is known.
    pub program: Option<Fingerprint>,
    /// What people should know about the way to it.
    pub caveat: Option<Notice>,
    /// The environment in which it looks for files; `None`: this process's.
    pub environment: Option<Environment>,
}

impl Engine {
    /// One that is not there.
    pub(crate) fn nowhere(view: EngineView) -> Self {
        Self { view, client: None, identity: Identity::default(), program: None, caveat: None, environment: None }
    }
}
