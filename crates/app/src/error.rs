//! Errors as a person sees them: what happened, what still works, what to do next.
//!
//! Invariant: an error that reaches a person is a [`UserError`], or becomes one with `?`. Only what the program itself has
//! to tell apart is a type of its own. An `io::Error` that may wrap a notice of ours is told by [`cause`], never by its
//! own text.

use std::{error::Error, fmt, io, path::Path};

use rekindle_domain::{Notice, Problem, UserError, chain};

/// For an error type that has `From<&Self> for UserError`: adds the conversion by value, `Display`, `Error` and `what()`.
macro_rules! told {
    ($error:ty) => {
        impl From<$error> for rekindle_domain::UserError {
            fn from(error: $error) -> Self {
                Self::from(&error)
            }
        }

        impl std::fmt::Display for $error {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                rekindle_domain::UserError::from(self).fmt(out)
            }
        }

        impl std::error::Error for $error {}

        impl $error {
            /// What happened.
            pub fn what(&self) -> rekindle_domain::Notice {
                rekindle_domain::UserError::from(self).what
            }
        }
    };
}
pub(crate) use told;

/// The error for a file that the engine could not load.
pub fn problem_error(problem: &Problem) -> UserError {
    rekindle_domain::Refusal::Problems { problems: vec![problem.clone()] }.error()
}

/// What a person should know, where an error of the system's is expected.
#[derive(Debug)]
struct Ours(Notice);

impl fmt::Display for Ours {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}", self.0)
    }
}

impl Error for Ours {}

/// An error of ours as one of the system's.
pub(crate) fn ours(kind: io::ErrorKind, notice: impl Into<Notice>) -> io::Error {
    io::Error::new(kind, Ours(notice.into()))
}

/// What the system said, or what an error of ours in its place says.
pub(crate) fn cause(error: &io::Error) -> Box<Notice> {
    let ours = error.get_ref().and_then(|error| error.downcast_ref::<Ours>());
    Box::new(ours.map_or_else(|| chain(error).into(), |ours| ours.0.clone()))
}

/// A path as it is told.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}
