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
use rekindle_domain::{ErrorCode, FileNotice, Notice, Problem, UserError};

use crate::error::{shown, told};

/// A look that Rekindle could not carry out, through a fault of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    part: Part,
    directory: PathBuf,
}

/// What could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Files,
    Look,
}

impl Fault {
    /// The files that take part could not be read.
    pub fn of_files(directory: &Path) -> Self {
        Self { part: Part::Files, directory: directory.to_owned() }
    }

    /// Files and the engine's answers could not be put together.
    pub fn of_look(directory: &Path) -> Self {
        Self { part: Part::Look, directory: directory.to_owned() }
    }

    /// The same where files are told that would not load: with it nothing is loaded.
    pub fn problem(&self) -> Problem {
        Problem { is_fault: true, ..Problem::new(&self.directory.display().to_string(), self.notice()) }
    }

    fn notice(&self) -> Notice {
        match self.part {
            Part::Files => FileNotice::FilesFault.into(),
            Part::Look => FileNotice::LookFault.into(),
        }
    }
}

told!(Fault);

impl From<&Fault> for UserError {
    fn from(fault: &Fault) -> Self {
        UserError::new(ErrorCode::Fault, fault.notice()).about(shown(&fault.directory))
    }
}

/// Does some work; a panic in it is a fault. Where and why, the panic itself has printed.
pub(crate) fn sheltered<T>(fault: Fault, work: impl FnOnce() -> T) -> Result<T, Fault> {
    // Nothing that the work had changed is used after a panic: callers give it what is theirs alone.
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| logged(fault))
}

/// The same for work that waits.
pub(crate) async fn sheltered_async<T>(fault: Fault, work: impl Future<Output = T>) -> Result<T, Fault> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|_| logged(fault))
}

fn logged(fault: Fault) -> Fault {
    // The panic itself has been printed, with its place.
    tracing::debug!(part = ?fault.part, "a look failed");
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
        assert_eq!(problem.what, Notice::from(FileNotice::FilesFault));
        assert_eq!(UserError::from(fault()).code, ErrorCode::Fault);
    }
}
