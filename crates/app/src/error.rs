//! Errors as a person sees them: what happened, what still works, what to do next.
//!
//! Invariant: every error that leaves this crate can be told to a person by [`Tell::tell`].

use std::{error::Error, fmt, io};

use rekindle_domain::{Notice, Problem, UserError, chain};

/// Tells an error to a person.
pub trait Tell {
    /// What happened, and what to do.
    fn tell(&self) -> UserError;
}

/// The error for a file that the engine could not load.
pub fn problem_error(problem: &Problem) -> UserError {
    rekindle_domain::Refusal::Problems { problems: vec![problem.clone()] }.error()
}

/// An error of ours where one of the system's is expected. It brings along what a person should know of it.
#[derive(Debug)]
pub(crate) struct Ours {
    notice: Notice,
    error: Box<dyn Error + Send + Sync>,
}

impl Ours {
    /// As an error of the system's.
    pub(crate) fn of(notice: impl Into<Notice>, error: impl Error + Send + Sync + 'static) -> io::Error {
        Self::of_kind(io::ErrorKind::Other, notice, error)
    }

    /// The same of a kind that means something to whoever gets it.
    pub(crate) fn of_kind(
        kind: io::ErrorKind,
        notice: impl Into<Notice>,
        error: impl Error + Send + Sync + 'static,
    ) -> io::Error {
        io::Error::new(kind, Self { notice: notice.into(), error: Box::new(error) })
    }

    /// The error that was put into one of the system's, if it is of this type.
    pub(crate) fn take<E: Error + 'static>(error: io::Error) -> Result<E, io::Error> {
        let kind = error.kind();
        let Self { notice, error } = error.downcast::<Self>()?;
        let other = |error| io::Error::new(kind, Self { notice, error });
        error.downcast::<E>().map(|error| *error).map_err(other)
    }
}

impl fmt::Display for Ours {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(out)
    }
}

impl Error for Ours {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

/// What the system said, or what an error of ours in its place says.
pub(crate) fn cause(error: &io::Error) -> Box<Notice> {
    let ours = error.get_ref().and_then(|error| error.downcast_ref::<Ours>());
    Box::new(ours.map_or_else(|| chain(error).into(), |ours| ours.notice.clone()))
}

impl Tell for UserError {
    fn tell(&self) -> UserError {
        self.clone()
    }
}
