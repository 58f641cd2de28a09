//! Errors as a person sees them: what happened, what still works, what to do next.
//!
//! Invariant: every error that leaves this crate can be told to a person by [`Tell::tell`].

use std::io;

use rekindle_domain::{Notice, Problem, UserError};

use crate::{
    edit,
    files::{file::FileError, foreign},
};

/// Tells an error to a person.
pub trait Tell {
    /// What happened, and what to do.
    fn tell(&self) -> UserError;
}

/// The error for a file that the engine could not load.
pub fn problem_error(problem: &Problem) -> UserError {
    rekindle_domain::Refusal::Problems { problems: vec![problem.clone()] }.error()
}

/// What the system said, or what an error of ours in its place says.
pub(crate) fn cause(error: &io::Error) -> Box<Notice> {
    let ours = || error.get_ref()?.downcast_ref::<FileError>().map(|error| error.tell().what);
    Box::new(edit::not_moved(error).or_else(ours).unwrap_or_else(|| foreign::said(error)))
}

impl Tell for UserError {
    fn tell(&self) -> UserError {
        self.clone()
    }
}
