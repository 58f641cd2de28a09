//! Errors as a person sees them: what happened, what still works, what to do next.
//!
//! Invariant: every error that leaves this crate can be told to a person by [`Tell::tell`].

use rekindle_domain::{ErrorCode, Problem, UserError};

/// Tells an error to a person.
pub trait Tell {
    /// What happened, and what to do.
    fn tell(&self) -> UserError;
}

/// An error without a place in a file.
pub fn user_error(code: ErrorCode, message: impl Into<String>, hint: impl Into<String>) -> UserError {
    UserError {
        code,
        message: message.into(),
        hint: hint.into(),
        path: None,
        line: None,
        column: None,
        choices: Vec::new(),
    }
}

/// The error for a file that the engine could not load.
pub fn problem_error(problem: &Problem) -> UserError {
    UserError {
        code: ErrorCode::WouldNotLoad,
        message: match (problem.line, problem.column) {
            (Some(line), Some(column)) => format!("{}:{line}:{column}: {}", problem.path, problem.message),
            _ => format!("{}: {}", problem.path, problem.message),
        },
        hint: problem.hint.clone(),
        path: Some(problem.path.clone()),
        line: problem.line,
        column: problem.column,
        choices: Vec::new(),
    }
}

impl Tell for UserError {
    fn tell(&self) -> UserError {
        self.clone()
    }
}
