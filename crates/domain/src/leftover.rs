//! Processes that an engine started and that are still there although they should be gone.
//!
//! Invariant: a process is its id together with its start: ids are used again.

use serde::{Deserialize, Serialize};

/// What a process seems to be; a guess from how it was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProcessKind {
    /// It talks to the engine over pipes, as MCP servers and language servers do.
    Server,
    /// It has a terminal of the engine.
    Terminal,
    /// A shell.
    Shell,
    /// Anything else.
    Other,
}

/// A process of an old engine, or of an instance that was dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leftover {
    /// Its id.
    pub pid: u32,
    /// When it was started, in ticks of the system's clock since the system started.
    pub started: u64,
    /// Its command line, shortened; secrets are masked.
    pub command: String,
    /// What it seems to be.
    pub kind: ProcessKind,
}
