//! Why there is no answer.

use rekindle_domain::{EngineNotice, ErrorCode, UserError, chain};

use crate::error::Tell;

/// What an engine says of what went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// The file that it names.
    pub path: Option<String>,
    /// One line of what it said; `None`: nothing, or nothing but the file.
    pub text: Option<String>,
}

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
    #[error("the engine cannot load this directory: {reason:?}")]
    Stuck {
        /// What it said.
        reason: Reason,
    },
    /// It answered with another status.
    #[error("the engine answered {route} with {status}: {reason:?}")]
    Status {
        /// What was asked.
        route: String,
        /// The status.
        status: u16,
        /// The beginning of what it said.
        reason: Reason,
    },
    /// It answered with something that is not JSON, or JSON of another shape.
    #[error("the engine answered {route} with something that is not JSON of the expected shape")]
    NotJson {
        /// What was asked.
        route: String,
    },
    /// It answered with more than anyone has to say.
    #[error("the engine's answer to {route} is too long: more than {kibibytes} KiB")]
    TooLong {
        /// What was asked.
        route: String,
        /// How long an answer may be.
        kibibytes: usize,
    },
    /// It answered with more values than anyone has to say.
    #[error("the engine's answer to {route} is too long: more than {values} values")]
    TooMuch {
        /// What was asked.
        route: String,
        /// How many there may be.
        values: usize,
        /// Whether in one list.
        in_one_list: bool,
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
        let (code, notice) = match self {
            Self::Unreachable { url, cause } => {
                (ErrorCode::Unreachable, EngineNotice::EngineUnreachable { url: url.clone(), why: chain(cause) })
            }
            Self::TimedOut { route, seconds } => {
                (ErrorCode::TimedOut, EngineNotice::EngineTimedOut { route: route.clone(), seconds: *seconds })
            }
            Self::Unauthorized => (ErrorCode::Unauthorized, EngineNotice::EngineUnauthorized),
            Self::Stuck { reason: Reason { path, text } } => {
                (ErrorCode::Stuck, EngineNotice::EngineStuck { path: path.clone(), why: text.clone() })
            }
            Self::Status { route, status, reason: Reason { path, text } } => {
                let (route, path, why) = (route.clone(), path.clone(), text.clone());
                (ErrorCode::UnexpectedAnswer, EngineNotice::EngineStatus { route, status: *status, path, why })
            }
            Self::NotJson { route } => {
                (ErrorCode::UnexpectedAnswer, EngineNotice::EngineNotJson { route: route.clone() })
            }
            Self::TooLong { route, kibibytes } => {
                let kibibytes = *kibibytes as u64;
                (ErrorCode::UnexpectedAnswer, EngineNotice::EngineTooLong { route: route.clone(), kibibytes })
            }
            Self::TooMuch { route, values, in_one_list } => {
                let (route, values, in_one_list) = (route.clone(), *values as u64, *in_one_list);
                (ErrorCode::UnexpectedAnswer, EngineNotice::EngineTooMuch { route, values, in_one_list })
            }
            Self::NotReady(cause) => (ErrorCode::Internal, EngineNotice::NoConnection { why: chain(cause) }),
            Self::BadUrl { url } => (ErrorCode::BadUrl, EngineNotice::BadAddress { url: url.clone() }),
        };
        UserError::new(code, notice)
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
            | Self::TooMuch { .. }
            | Self::NotReady(_)
            | Self::BadUrl { .. } => false,
        }
    }

    /// True when nothing listens at the address: whatever ran there is gone.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Unreachable { cause, .. } if cause.is_connect())
    }
}
