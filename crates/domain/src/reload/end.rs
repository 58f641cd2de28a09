//! Why a reload did not get to its end.

use serde::{Deserialize, Serialize};

use super::StepName;
use crate::{BusyRun, ErrorCode, Fingerprint, Notice, Problem, ReloadNotice, UserError};

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
        /// Why.
        message: Notice,
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
    /// What went wrong, for programs.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Problems { .. } => ErrorCode::WouldNotLoad,
            Self::Busy { .. } => ErrorCode::Busy,
            Self::StalePlan { .. } => ErrorCode::StalePlan,
            Self::ClientMode => ErrorCode::ClientMode,
            Self::Cancelled => ErrorCode::Cancelled,
            Self::AlreadyRunning => ErrorCode::AlreadyRunning,
            Self::NotWritten { .. } => ErrorCode::CannotWrite,
            Self::CutOff => ErrorCode::CutOff,
        }
    }

    /// As an error, with the place of what stands in the way.
    pub fn error(self) -> UserError {
        let problem = match &self {
            Self::Problems { problems } => problems.first().cloned(),
            _ => None,
        };
        let error = UserError::new(self.code(), ReloadNotice::Refused { refusal: Box::new(self) });
        problem.map_or(error.clone(), |problem| error.at(&problem))
    }

    /// As something to be said. `touched`: whether the engine had been touched already.
    pub fn said(self, touched: bool) -> Notice {
        ReloadNotice::Stopped { refusal: Box::new(self), touched }.into()
    }
}

/// What went wrong after the engine had been touched, or when it could not be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The step that failed.
    pub step: StepName,
    /// What happened.
    pub message: Notice,
    /// True when the last good files were put back, and the engine runs with them.
    #[serde(default)]
    pub restored: bool,
}

impl Failure {
    /// As an error.
    pub fn error(self) -> UserError {
        let code = if self.restored { ErrorCode::RolledBack } else { ErrorCode::ReloadFailed };
        UserError::new(code, ReloadNotice::Failed { why: Box::new(self.message), restored: self.restored })
    }

    /// A failure of a step.
    pub fn new(step: StepName, message: impl Into<Notice>) -> Self {
        Self { step, message: message.into(), restored: false }
    }
}
