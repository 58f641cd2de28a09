//! Where a reload is.

use serde::{Deserialize, Serialize};

use super::{Failure, Job, Refusal, StepName};
use crate::{BusyRun, Notice, Plan, Receipt, ReceiptResult};

/// Where a reload is, or how the last one ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "kebab-case")]
pub enum Phase {
    /// What is on disk is in the engine.
    #[default]
    Clean,
    /// Something waits for a reload, and nobody asked for one.
    Pending {
        /// What a reload would do.
        plan: Plan,
    },
    /// It was asked for, and is being written down.
    Planned(Job),
    /// The files are being checked, and the engine is asked what is running.
    Checking(Job),
    /// Waiting until nothing is running.
    WaitingForIdle {
        /// The work.
        job: Job,
        /// What is still running.
        runs: Vec<BusyRun>,
    },
    /// The engine is dropping the instance.
    Disposing(Job),
    /// The engine's process is being replaced.
    Restarting(Job),
    /// Waiting until the new instance answers.
    Starting(Job),
    /// Comparing what the engine shows with what was to become live.
    Verifying(Job),
    /// The last good files are being put back.
    RollingBack(Job),
    /// The engine shows every item.
    Proved {
        /// The reload's id.
        attempt: String,
        /// True when that was heard only after it had ended otherwise: it stays until somebody has seen it.
        #[serde(default)]
        settled: bool,
    },
    /// It is done, and some item is not proved.
    Partial {
        /// The reload's id.
        attempt: String,
    },
    /// It did not get to its end.
    Failed {
        /// The reload's id.
        attempt: String,
        /// What went wrong.
        failure: Failure,
    },
    /// Nothing was touched.
    Refused {
        /// The reload's id.
        attempt: String,
        /// Why.
        refusal: Refusal,
    },
}

impl Phase {
    /// True while a reload is under way.
    pub fn is_running(&self) -> bool {
        self.job().is_some()
    }

    /// True while the engine has not been touched, so that cancelling costs nothing; and in every wait for
    /// others, because it may never end.
    pub fn is_cancellable(&self) -> bool {
        match self {
            Self::WaitingForIdle { .. } => true,
            Self::Planned(job) | Self::Checking(job) => !job.has_touched(),
            _ => false,
        }
    }

    /// The step that is under way.
    pub fn step_name(&self) -> Option<StepName> {
        Some(match self {
            Self::Planned(_) | Self::Checking(_) => StepName::Check,
            Self::WaitingForIdle { .. } => StepName::WaitForIdle,
            Self::Disposing(_) => StepName::Dispose,
            Self::Restarting(_) => StepName::Restart,
            Self::Starting(_) => StepName::Answer,
            Self::Verifying(_) => StepName::Verify,
            Self::RollingBack(_) => StepName::RollBack,
            _ => return None,
        })
    }

    /// The work under way.
    pub fn job(&self) -> Option<&Job> {
        match self {
            Self::WaitingForIdle { job, .. }
            | Self::Planned(job)
            | Self::Checking(job)
            | Self::Disposing(job)
            | Self::Restarting(job)
            | Self::Starting(job)
            | Self::Verifying(job)
            | Self::RollingBack(job) => Some(job),
            _ => None,
        }
    }

    /// How a reload ended of which only the receipt is left.
    pub fn ended(receipt: &Receipt) -> Self {
        let attempt = receipt.id.clone();
        match receipt.result {
            ReceiptResult::Proved => Self::Proved { attempt, settled: receipt.settled_at.is_some() },
            ReceiptResult::Partial => Self::Partial { attempt },
            ReceiptResult::Failed => {
                let message = receipt.message.clone().unwrap_or_else(|| Notice::Verbatim(String::new()));
                Self::Failed { attempt, failure: Failure::new(StepName::Verify, message) }
            }
            ReceiptResult::Refused => Self::Refused { attempt, refusal: Refusal::CutOff },
        }
    }

    /// The id of the reload that ended here.
    pub fn attempt(&self) -> Option<&str> {
        match self {
            Self::Proved { attempt, .. }
            | Self::Partial { attempt }
            | Self::Failed { attempt, .. }
            | Self::Refused { attempt, .. } => Some(attempt),
            _ => None,
        }
    }

    /// True when a reload ended here.
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Proved { .. } | Self::Partial { .. } | Self::Failed { .. } | Self::Refused { .. })
    }
}
