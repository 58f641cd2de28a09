//! Why there is no engine.

use std::{io, path::Path};

use rekindle_domain::{EngineNotice, ErrorCode, Notice, StateNotice, UserError};

use crate::{engine::client::ClientError, error::shown};

/// A program can't be started.
pub(in crate::engine) fn not_spawned(program: &Path, error: &io::Error) -> UserError {
    let (program, why) = (shown(program), error.to_string());
    UserError::new(ErrorCode::CannotStart, EngineNotice::NotSpawned { program, why })
}

/// A state file can't be written.
pub(in crate::engine) fn not_recorded(error: UserError) -> UserError {
    UserError::new(ErrorCode::State, EngineNotice::RecordNotWritten { why: Box::new(error.what) })
}

/// It ended before it listened: the last that it said.
pub(in crate::engine) fn ended(output: String) -> UserError {
    UserError::new(ErrorCode::EngineEnded, EngineNotice::EngineEnded { output })
}

/// True when it ended because its port was taken.
pub(super) fn is_port_taken(error: &UserError) -> bool {
    match &error.what {
        Notice::Engine(EngineNotice::EngineEnded { output }) => output.contains("ServeError"),
        Notice::Engine(EngineNotice::PortTaken) => true,
        _ => false,
    }
}

/// Our lock is not where it was, so that the directory is free for others.
pub(super) fn lost(state: &Path) -> UserError {
    UserError::new(ErrorCode::StateLost, StateNotice::StateLost { path: shown(state) })
}

/// The host is gone.
pub(in crate::engine) fn gone() -> UserError {
    UserError::new(ErrorCode::EngineGone, EngineNotice::OwnerGone)
}

/// It listens and does not answer.
pub(in crate::engine) fn silent(error: ClientError) -> UserError {
    let why = Box::new(UserError::from(error).what);
    UserError::new(ErrorCode::EngineSilent, EngineNotice::EngineNotAnswering { why })
}
