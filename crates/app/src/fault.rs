//! Faults of Rekindle's own while it looks at what others wrote.
//!
//! Invariant: what a fault left half done is thrown away, and nothing is concluded from it: whoever
//! looked keeps what it knew, says so, and touches nothing. Faults are not expected: code that reads
//! foreign data has an answer to all of it. This is the second door behind that one.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use futures_util::FutureExt;
use rekindle_domain::{ErrorCode, Problem, UserError};

use crate::error::{Tell, user_error};

/// What to do about a fault of Rekindle.
const HINT: &str = "Rekindle keeps showing the last known state, reloads nothing, and looks again on its own; if this \
    persists, undo your last edit, restart Rekindle, and report it";

/// A look that Rekindle could not carry out, through a fault of its own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("could not read {what} because of a bug in Rekindle")]
pub struct Fault {
    what: &'static str,
    directory: PathBuf,
}

impl Fault {
    /// The files that take part could not be read.
    pub fn of_files(directory: &Path) -> Self {
        Self { what: "the files of this directory", directory: directory.to_owned() }
    }

    /// Files and the engine's answers could not be put together.
    pub fn of_look(directory: &Path) -> Self {
        Self { what: "what the files and the engine say", directory: directory.to_owned() }
    }

    /// The same where files are told that would not load: with it nothing is loaded.
    pub fn problem(&self) -> Problem {
        let problem = Problem::new(&self.directory.display().to_string(), self.to_string(), HINT);
        Problem { is_fault: true, ..problem }
    }
}

impl Tell for Fault {
    fn tell(&self) -> UserError {
        let mut error = user_error(ErrorCode::Fault, self.to_string(), HINT);
        error.path = Some(self.directory.display().to_string());
        error
    }
}

/// Does some work; a panic in it is a fault. Where and why, the panic itself has printed.
pub(crate) fn sheltered<T>(fault: Fault, work: impl FnOnce() -> T) -> Result<T, Fault> {
    // Nothing that the work had changed is used after a panic: callers give it what is theirs alone.
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| told(fault))
}

/// The same for work that waits.
pub(crate) async fn sheltered_async<T>(fault: Fault, work: impl Future<Output = T>) -> Result<T, Fault> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|_| told(fault))
}

fn told(fault: Fault) -> Fault {
    tracing::error!(%fault, "a look failed");
    fault
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N16: a panic is an error with words, wherever it comes from.
    #[tokio::test]
    async fn a_panic_is_a_fault() {
        let fault = || Fault::of_files(Path::new("/p"));
        assert_eq!(sheltered(fault(), || 1), Ok(1));
        let empty: [u8; 0] = [];
        let at = std::hint::black_box(3);
        assert_eq!(sheltered(fault(), || empty[at]), Err(fault()));
        assert_eq!(sheltered_async(fault(), async { empty[at] }).await, Err(fault()));
        let problem = fault().problem();
        assert_eq!(problem.path, "/p");
        assert!(problem.message.contains("bug in Rekindle") && problem.hint.contains("report"), "{problem:?}");
        assert_eq!(fault().tell().code.word(), "fault");
    }
}
