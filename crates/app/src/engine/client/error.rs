//! Why there is no answer.

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
