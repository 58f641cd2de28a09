//! What goes into the machine and what comes out of it.

use super::Job;
use crate::{BusyRun, Notice, Plan, Problem};

/// What happens to a reload. Each answer names the attempt it belongs to.
#[derive(Clone, Debug)]
pub enum Input {
    /// The files and the engine were looked at, and this is what a reload would do.
    Observed(Plan),
    /// A person has seen how the last reload ended.
    Dismissed,
    /// What the engine had not said at the end of the last reload was heard, and proves the rest of it.
    Settled {
        /// Which reload.
        attempt: String,
    },
    /// A person, or a program of theirs, wants a reload: this is the work, if none is under way that it can join.
    Wished(Box<Job>),
    /// Another process reloads, and was waited for long enough.
    NotMyTurn {
        /// Whose wait.
        attempt: String,
    },
    /// The files were checked; when they are fine, the engine was asked what is running.
    Checked {
        /// Whose answer.
        attempt: String,
        /// The plan for the files that were checked.
        plan: Plan,
        /// What was found.
        found: Found,
    },
    /// A file was broken after the engine was touched; nothing was asked.
    Broken {
        /// Whose answer.
        attempt: String,
        /// What the engine would not load.
        problems: Vec<Problem>,
    },
    /// What is running changed, or may have; something still is.
    StillBusy {
        /// Whose wait.
        attempt: String,
        /// What is running.
        runs: Vec<BusyRun>,
    },
    /// The engine lives, and does not get on with loading.
    StillLoading {
        /// Whose answer.
        attempt: String,
        /// What was waited for.
        message: Notice,
    },
    /// The wait for idle took longer than was allowed.
    WaitedEnough {
        /// Whose wait.
        attempt: String,
    },
    /// What was under way succeeded.
    Done {
        /// Whose answer.
        attempt: String,
    },
    /// What was under way failed.
    Failed {
        /// Whose answer.
        attempt: String,
        /// What happened.
        message: Notice,
    },
    /// The engine was asked item by item.
    Verified {
        /// Whose answer.
        attempt: String,
        /// What it shows.
        verdict: Verdict,
    },
    /// A person cancels.
    Cancelled,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The engine could not load these files. It was not asked anything: that could brick the directory.
    Problems(Vec<Problem>),
    /// The files are fine, and this is running; nothing is, when it is empty.
    Runs(Vec<BusyRun>),
    /// The files are fine, and the engine does not say what is running.
    Silence(Notice),
}

/// What the engine shows after a reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every item.
    Proved,
    /// Not every item.
    Partial,
    /// Not every item, and the engine never said that it dropped the instance.
    Unconfirmed,
    /// Something that worked before the reload does not work any more.
    Worse,
}

/// What has to be done next, and answered with an [`Input`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Wait for the right to reload, and write down what will be done; answer `Done`, `NotMyTurn` or `Failed`.
    WriteDown,
    /// Check the files, and if they are fine ask the engine what is running; answer `Checked`.
    Check,
    /// Wait until what is running may have changed; answer `Done`, `StillBusy`, `Failed` or `WaitedEnough`.
    WaitForIdle,
    /// Have the instance dropped and wait for the end of it; answer `Done` or `Failed`.
    Dispose,
    /// Replace the process; answer `Done` or `Failed`.
    Restart,
    /// Check the files again, and if they are fine wait until the new instance answers; answer `Done`,
    /// `Failed`, `StillLoading` or `Broken`.
    AwaitAnswer,
    /// Ask the engine for everything and compare; answer `Verified` or `Failed`.
    Verify,
    /// Put the last good files back; answer `Done` or `Failed`.
    RollBack,
}

impl Input {
    /// The attempt under way that an answer belongs to.
    pub(super) fn attempt(&self) -> Option<&String> {
        match self {
            Self::Observed(_) | Self::Dismissed | Self::Settled { .. } | Self::Wished(_) | Self::Cancelled => None,
            Self::Checked { attempt, .. }
            | Self::NotMyTurn { attempt }
            | Self::Broken { attempt, .. }
            | Self::StillBusy { attempt, .. }
            | Self::StillLoading { attempt, .. }
            | Self::WaitedEnough { attempt }
            | Self::Done { attempt }
            | Self::Failed { attempt, .. }
            | Self::Verified { attempt, .. } => Some(attempt),
        }
    }
}
