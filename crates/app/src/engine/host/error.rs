//! Why there is no engine.

use std::path::PathBuf;

use rekindle_domain::{EngineNotice, ErrorCode, Notice, StateNotice, UserError};

use crate::{
    engine::{client::ClientError, find},
    error::Tell,
    files::file::FileError,
};

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// Someone owns an engine for this directory already.
    #[error("an engine for this directory is running already")]
    Owned,
    /// Our state folder can't be used.
    #[error("the state folder {path} cannot be used")]
    State {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// A state file can't be written.
    #[error("the engine's record could not be written")]
    Record(#[from] FileError),
    /// There is no engine to start.
    #[error(transparent)]
    NotFound(#[from] find::NotFound),
    /// The program can't be started.
    #[error("{program} could not be started")]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// It ended before it listened.
    #[error("the engine ended before it was ready: {output}")]
    Ended {
        /// The last that it said.
        output: String,
    },
    /// It was started where somebody else had just listened.
    #[error("another program keeps taking the engine's port")]
    Overheard,
    /// What somebody else started for the directory is still there.
    #[error("another engine of this directory (process {pid}) does not end")]
    LeftBehind {
        /// Its process.
        pid: u32,
    },
    /// Our lock is not where it was, so that the directory is free for others.
    #[error(
        "the folder {path} was deleted, moved or replaced while the engine ran; the engine was stopped, because nobody \
         could have reached it any more, and there may be another one"
    )]
    Lost {
        /// The state folder.
        path: PathBuf,
    },
    /// It did not come up; why, if that is known.
    #[error("the engine did not come up")]
    Unready(Option<Notice>),
    /// It does not listen in time.
    #[error("the engine was not ready after {seconds} s")]
    Slow {
        /// How long was waited.
        seconds: u64,
    },
    /// It listens and does not answer.
    #[error("the engine does not answer")]
    Silent(#[source] ClientError),
    /// The host is gone.
    #[error("the engine's owner has ended")]
    Gone,
}

impl Tell for HostError {
    fn tell(&self) -> UserError {
        let (code, notice): (_, Notice) = match self {
            Self::NotFound(error) => return error.tell(),
            Self::Owned => (ErrorCode::EngineOwned, EngineNotice::EngineOwned.into()),
            Self::State { path, cause } => {
                let (path, why) = (path.display().to_string(), cause.to_string());
                (ErrorCode::State, StateNotice::StateUnusable { path, why }.into())
            }
            Self::Record(error) => {
                (ErrorCode::State, EngineNotice::RecordNotWritten { why: Box::new(error.tell().what) }.into())
            }
            Self::Spawn { program, cause } => {
                let (program, why) = (program.display().to_string(), cause.to_string());
                (ErrorCode::CannotStart, EngineNotice::NotSpawned { program, why }.into())
            }
            Self::Ended { output } => {
                (ErrorCode::EngineEnded, EngineNotice::EngineEnded { output: output.clone() }.into())
            }
            Self::Unready(why) => {
                (ErrorCode::EngineEnded, EngineNotice::EngineNotUp { why: why.clone().map(Box::new) }.into())
            }
            Self::Overheard => (ErrorCode::PortTaken, EngineNotice::PortTaken.into()),
            Self::LeftBehind { pid } => (ErrorCode::LeftBehind, EngineNotice::OtherEngineStays { pid: *pid }.into()),
            Self::Lost { path } => {
                (ErrorCode::StateLost, StateNotice::StateLost { path: path.display().to_string() }.into())
            }
            Self::Slow { seconds } => {
                (ErrorCode::EngineSilent, EngineNotice::EngineNotReady { seconds: *seconds }.into())
            }
            Self::Silent(error) => {
                (ErrorCode::EngineSilent, EngineNotice::EngineNotAnswering { why: Box::new(error.tell().what) }.into())
            }
            Self::Gone => (ErrorCode::EngineGone, EngineNotice::OwnerGone.into()),
        };
        UserError::new(code, notice)
    }
}
