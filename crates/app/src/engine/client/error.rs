//! Why there is no answer.

use rekindle_domain::{EngineNotice, ErrorCode, UserError, chain};

use crate::error::told;

/// What an engine says of what went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// The file that it names.
    pub path: Option<String>,
    /// One line of what it said; `None`: nothing, or nothing but the file.
    pub text: Option<String>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum ClientError {
    /// Nothing listens there, or the connection broke.
    Unreachable {
        /// Its address.
        url: String,
        /// What the network said.
        cause: reqwest::Error,
    },
    /// It took too long.
    TimedOut {
        /// What was asked.
        route: String,
        /// How long was waited, in seconds.
        seconds: u64,
    },
    /// The password is wrong or missing.
    Unauthorized,
    /// The engine can't load its configuration for this directory.
    Stuck {
        /// What it said.
        reason: Reason,
    },
    /// It answered with another status.
    Status {
        /// What was asked.
        route: String,
        /// The status.
        status: u16,
        /// The beginning of what it said.
        reason: Reason,
    },
    /// It answered with something that is not JSON, or JSON of another shape.
    NotJson {
        /// What was asked.
        route: String,
    },
    /// It answered with more than anyone has to say.
    TooLong {
        /// What was asked.
        route: String,
        /// How long an answer may be.
        kibibytes: usize,
    },
    /// It answered with more values than anyone has to say.
    TooMuch {
        /// What was asked.
        route: String,
        /// How many there may be.
        values: usize,
        /// Whether in one list.
        in_one_list: bool,
    },
    /// Nothing could be made ready for asking.
    NotReady(reqwest::Error),
    /// The address is not one.
    BadUrl {
        /// What was given, without what may be a secret.
        url: String,
    },
}

told!(ClientError);

impl From<&ClientError> for UserError {
    fn from(error: &ClientError) -> Self {
        let (code, notice) = match error {
            ClientError::Unreachable { url, cause } => {
                (ErrorCode::Unreachable, EngineNotice::EngineUnreachable { url: url.clone(), why: chain(cause) })
            }
            ClientError::TimedOut { route, seconds } => {
                (ErrorCode::TimedOut, EngineNotice::EngineTimedOut { route: route.clone(), seconds: *seconds })
            }
            ClientError::Unauthorized => (ErrorCode::Unauthorized, EngineNotice::EngineUnauthorized),
            ClientError::Stuck { reason: Reason { path, text } } => {
                (ErrorCode::Stuck, EngineNotice::EngineStuck { path: path.clone(), why: text.clone() })
            }
            ClientError::Status { route, status, reason: Reason { path, text } } => {
                let (route, path, why) = (route.clone(), path.clone(), text.clone());
                (ErrorCode::UnexpectedAnswer, EngineNotice::EngineStatus { route, status: *status, path, why })
            }
            ClientError::NotJson { route } => {
                (ErrorCode::UnexpectedAnswer, EngineNotice::EngineNotJson { route: route.clone() })
            }
            ClientError::TooLong { route, kibibytes } => {
                let kibibytes = *kibibytes as u64;
                (ErrorCode::UnexpectedAnswer, EngineNotice::EngineTooLong { route: route.clone(), kibibytes })
            }
            ClientError::TooMuch { route, values, in_one_list } => {
                let (route, values, in_one_list) = (route.clone(), *values as u64, *in_one_list);
                (ErrorCode::UnexpectedAnswer, EngineNotice::EngineTooMuch { route, values, in_one_list })
            }
            ClientError::NotReady(cause) => (ErrorCode::Internal, EngineNotice::NoConnection { why: chain(cause) }),
            ClientError::BadUrl { url } => (ErrorCode::BadUrl, EngineNotice::BadAddress { url: url.clone() }),
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
