//! Why a reload did not get to its end.

use serde::{Deserialize, Serialize};

use super::StepName;
use crate::{BusyRun, Fingerprint, Problem};

/// Why nothing was touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "kebab-case")]
pub enum Refusal {
    /// The engine could not load these files.
    Problems {
        /// The problems, the first of which is shown.
        problems: Vec<Problem>,
    },
    /// Something is running.
    Busy {
        /// What is running.
        runs: Vec<BusyRun>,
    },
    /// The plan that was agreed to no longer fits.
    StalePlan {
        /// The plan as it is now.
        now: Fingerprint,
    },
    /// The engine is not ours and nobody said that it may be touched.
    ClientMode,
    /// A person cancelled.
    Cancelled,
    /// Another reload of the same engine is under way.
    AlreadyRunning,
    /// What would be done could not be written down, so that a crash would leave nobody knowing.
    NotWritten {
        /// What the system said.
        message: String,
    },
    /// Rekindle ended before anything was touched.
    CutOff,
}

/// A wish that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The reload's id: another one is another refusal.
    pub attempt: String,
    /// Why.
    pub refusal: Refusal,
    /// True when somebody wanted what runs to be interrupted.
    pub insisted: bool,
}

impl Refusal {
    /// What stands in the way, in words.
    pub fn explain(&self) -> String {
        match self {
            Self::Problems { problems } => problems.first().map_or_else(
                || "the engine could not load a file".to_owned(),
                |problem| format!("{}: {}", problem.path, problem.message),
            ),
            Self::Busy { runs } => {
                let titles: Vec<_> = runs.iter().map(|run| format!("“{}”", run.title)).collect();
                let verb = if runs.len() == 1 { "is" } else { "are" };
                format!("{} {verb} running", titles.join(", "))
            }
            Self::StalePlan { .. } => "the files changed since the plan was made".to_owned(),
            Self::ClientMode => "this engine is someone else's".to_owned(),
            Self::Cancelled => "cancelled".to_owned(),
            Self::AlreadyRunning => "another reload of this engine is under way".to_owned(),
            Self::NotWritten { message } => format!("the reload could not be written down: {message}"),
            Self::CutOff => "Rekindle ended before anything was touched".to_owned(),
        }
    }

    /// The same when the engine was touched already.
    pub(super) fn while_touched(&self) -> String {
        match self {
            Self::Problems { .. } => {
                format!("a file was broken during the reload ({}); mend it, then reload again", self.explain())
            }
            Self::Busy { .. } => format!("a restart would help, but {}", self.explain()),
            _ => self.explain(),
        }
    }
}

/// What went wrong after the engine had been touched, or when it could not be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The step that failed.
    pub step: StepName,
    /// What happened, for people.
    pub message: String,
    /// True when the last good files were put back, and the engine runs with them.
    #[serde(default)]
    pub restored: bool,
}

impl Failure {
    /// A failure of a step.
    pub fn new(step: StepName, message: impl Into<String>) -> Self {
        Self { step, message: message.into(), restored: false }
    }
}
