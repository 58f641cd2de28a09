//! Errors as a person sees them: what happened, what still works, what to do next.
//!
//! Invariant: every error that leaves this crate can be told to a person by [`Tell::tell`].

use rekindle_domain::{ErrorCode, Problem, UserError, chain};
use rekindle_opencode::config::{edit::EditError, text::TextError};

use crate::{
    engine::{attach::AttachError, client::ClientError, control::ControlError, find::NotFound, host::HostError},
    files::{file::FileError, locate::LocateError},
};

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

impl Tell for LocateError {
    fn tell(&self) -> UserError {
        match self {
            Self::NoDirectory { path, .. } => {
                let mut error = user_error(ErrorCode::NoDirectory, chain(self), "choose a folder that exists");
                error.path = Some(path.display().to_string());
                error
            }
            Self::NoCurrent(_) => user_error(
                ErrorCode::NoDirectory,
                chain(self),
                "go to a folder that exists, or name one with --directory",
            ),
            Self::NoHome(_) => user_error(ErrorCode::NoHome, chain(self), "set the variable HOME"),
        }
    }
}

impl Tell for FileError {
    fn tell(&self) -> UserError {
        let (code, hint, path): (_, _, &std::path::Path) = match self {
            Self::Read(error) if error.is_bound_of_ours() => (ErrorCode::TooLarge, "move it away".to_owned(), error.path()),
            Self::Read(error) => (ErrorCode::CannotRead, "check what it is, and its permissions".to_owned(), error.path()),
            Self::Write { path, cause } => {
                let hint = match cause.kind() {
                    std::io::ErrorKind::StorageFull
                    | std::io::ErrorKind::QuotaExceeded
                    | std::io::ErrorKind::FileTooLarge => "free some disk space, then try again",
                    std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                        "check the folder's permissions"
                    }
                    _ => "nothing was changed; try again",
                };
                (ErrorCode::CannotWrite, hint_of(cause).unwrap_or_else(|| hint.to_owned()), path)
            }
            Self::NotText { path } => (ErrorCode::NotText, "save it as UTF-8".to_owned(), path),
            Self::Contended { path } => (ErrorCode::Contended, "wait for the other program, then try again".to_owned(), path),
            Self::Dangling { path, .. } => (
                ErrorCode::DanglingLink,
                "nothing was changed; make what it leads to, or remove the link, then try again".to_owned(),
                path,
            ),
            Self::Shared { path } => (
                ErrorCode::HardLink,
                "nothing was changed; make the change by hand, which keeps both, or put a copy of the file in its place"
                    .to_owned(),
                path,
            ),
            Self::Owner { path, .. } => {
                (ErrorCode::NotYours, "nothing was changed; do it as the user whom the file belongs to".to_owned(), path)
            }
            Self::Edit { path, text, cause } => return tell_edit(path, text, cause),
        };
        let mut error = user_error(code, chain(self), hint);
        error.path = Some(path.display().to_string());
        error
    }
}

/// What to do, where what the system said is an error of ours that knows.
pub(crate) fn hint_of(cause: &std::io::Error) -> Option<String> {
    cause.get_ref()?.downcast_ref::<FileError>().map(|error| error.tell().hint)
}

fn tell_edit(path: &std::path::Path, text: &str, cause: &EditError) -> UserError {
    let shown = path.display().to_string();
    let problem = |message: String, hint: &str, offset| Problem::new(&shown, message, hint).at(text, offset);
    match cause {
        EditError::Text(TextError { message, hint, offset }) => UserError {
            code: ErrorCode::NotJson,
            hint: format!("{hint}; nothing was written to the file"),
            ..problem_error(&problem(message.clone(), hint, *offset))
        },
        EditError::NotAList { key, offset } => UserError {
            code: ErrorCode::NotAList,
            ..problem_error(&problem(format!("“{key}” is not a list"), "make it a list in square brackets", *offset))
        },
        EditError::NoSuchEntry { entry, .. } => {
            let mut error = user_error(
                ErrorCode::NotFound,
                format!("“{entry}” is not declared in {shown}"),
                "look at the list of what is there",
            );
            error.path = Some(shown);
            error
        }
    }
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

impl Tell for HostError {
    fn tell(&self) -> UserError {
        let (code, hint) = match self {
            Self::NotFound(error) => return error.tell(),
            Self::Owned => (ErrorCode::EngineOwned, "use the one that is running"),
            Self::State { .. } | Self::Record(_) => {
                (ErrorCode::State, "check the permissions of the state folder and the free disk space")
            }
            Self::Spawn { .. } => (ErrorCode::CannotStart, "check the engine in the settings"),
            Self::Ended { .. } | Self::Unready(_) => {
                (ErrorCode::EngineEnded, "mend what it complains about, then start it again")
            }
            Self::Overheard => {
                (ErrorCode::PortTaken, "look for a program that takes the ports of others, then start the engine again")
            }
            Self::LeftBehind { .. } => (ErrorCode::LeftBehind, "end that process, then start the engine again"),
            Self::Lost { .. } => (ErrorCode::StateLost, "start the engine again"),
            Self::Slow { .. } | Self::Silent(_) => {
                (ErrorCode::EngineSilent, "try again; the doctor shows what the engine said")
            }
            Self::Gone => (ErrorCode::EngineGone, "start the engine again"),
        };
        user_error(code, chain(self), hint)
    }
}

impl Tell for NotFound {
    fn tell(&self) -> UserError {
        user_error(
            ErrorCode::NoEngine,
            self.to_string(),
            "install OpenCode (npm install -g opencode-ai), or choose its file in the settings",
        )
    }
}

impl Tell for AttachError {
    fn tell(&self) -> UserError {
        match self {
            Self::NoEngine(error) => error.tell(),
            Self::NotFound(error) => error.tell(),
            Self::NotRunning => {
                user_error(ErrorCode::NoEngineRunning, chain(self), "start it with: rekindle engine start")
            }
            Self::Stranger { .. } => user_error(
                ErrorCode::Stranger,
                chain(self),
                "nothing was said to it; start the engine again: rekindle engine start",
            ),
            Self::Spawn { .. } => user_error(ErrorCode::CannotStart, chain(self), "check the engine in the settings"),
        }
    }
}

impl Tell for ControlError {
    fn tell(&self) -> UserError {
        match self {
            Self::NoOwner => {
                user_error(ErrorCode::NoEngineRunning, self.to_string(), "start one with: rekindle engine start")
            }
            Self::NotThere => user_error(ErrorCode::OwnerNotThere, self.to_string(), "try again in a moment"),
            Self::OtherVersion { pid } => {
                let hint = format!("end it (kill {pid}, or close its window), then start the engine again");
                user_error(ErrorCode::OtherVersion, self.to_string(), hint)
            }
            Self::Silent { .. } => {
                user_error(ErrorCode::OwnerSilent, chain(self), "end that program, then start the engine again")
            }
            Self::Failed(message) => {
                user_error(ErrorCode::EngineFailed, message, "see what the engine said with: rekindle doctor")
            }
        }
    }
}
