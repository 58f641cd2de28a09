//! Why there is no answer.

use crate::error::{Tell, user_error};
use rekindle_domain::{ErrorCode, UserError, chain};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nothing listens there, or the connection broke.
    #[error("the engine at {url} cannot be reached")]
    Unreachable {
        /// Its address.
        url: String,
        /// What the network said.
        #[source]
        cause: reqwest::Error,
    },
    /// It took too long.
    #[error("the engine did not answer {route} in {seconds} s")]
    TimedOut {
        /// What was asked.
        route: String,
        /// How long was waited, in seconds.
        seconds: u64,
    },
    /// The password is wrong or missing.
    #[error("the engine wants another user name or password")]
    Unauthorized,
    /// The engine can't load its configuration for this directory.
    #[error("the engine cannot load this directory: {message}")]
    Stuck {
        /// What it said.
        message: String,
    },
    /// It answered with another status.
    #[error("the engine answered {route} with {status}: {message}")]
    Status {
        /// What was asked.
        route: String,
        /// The status.
        status: u16,
        /// The beginning of what it said.
        message: String,
    },
    /// It answered with something that is not JSON, or JSON of another shape.
    #[error("the engine answered {route} with something that is not JSON of the expected shape")]
    NotJson {
        /// What was asked.
        route: String,
    },
    /// It answered with more than anyone has to say.
    #[error("the engine's answer to {route} is too long: more than {most}")]
    TooLong {
        /// What was asked.
        route: String,
        /// How long an answer may be.
        most: String,
    },
    /// Nothing could be made ready for asking.
    #[error("no connection to an engine can be made ready")]
    NotReady(#[source] reqwest::Error),
    /// The address is not one.
    #[error("“{url}” is not the address of an engine")]
    BadUrl {
        /// What was given, without what may be a secret.
        url: String,
    },
}

impl Tell for ClientError {
    fn tell(&self) -> UserError {
        let (code, hint) = match self {
            Self::Unreachable { .. } => {
                (ErrorCode::Unreachable, "check that the engine runs and that its address is right")
            }
            Self::TimedOut { .. } => (ErrorCode::TimedOut, "it may still be loading plugins; try again in a minute"),
            Self::Unauthorized => (
                ErrorCode::Unauthorized,
                "set REKINDLE_ENGINE_PASSWORD (and REKINDLE_ENGINE_USERNAME) to what the engine was started with",
            ),
            Self::Stuck { .. } => {
                (ErrorCode::Stuck, "mend the file if it is broken; then the engine has to be restarted")
            }
            Self::Status { .. } | Self::NotJson { .. } | Self::TooLong { .. } => {
                (ErrorCode::UnexpectedAnswer, "check that this is an OpenCode engine, and its log")
            }
            Self::NotReady(_) => (ErrorCode::Internal, "restart Rekindle; if it stays so, report this"),
            Self::BadUrl { .. } => (
                ErrorCode::BadUrl,
                "give an address such as http://127.0.0.1:4096, without user name, password and \
                 query",
            ),
        };
        user_error(code, chain(self), hint)
    }
}

impl ClientError {
    /// Whether the same question may well be answered in the next moment.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::NotJson { .. } => true,
            Self::Status { status, .. } => *status >= 500,
            Self::Unauthorized
            | Self::Stuck { .. }
            | Self::TooLong { .. }
            | Self::NotReady(_)
            | Self::BadUrl { .. } => false,
        }
    }

    /// True when nothing listens at the address: whatever ran there is gone.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Unreachable { cause, .. } if cause.is_connect())
    }
}
