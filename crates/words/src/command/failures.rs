//! What the commands say when something cannot be done: what happened, then what to do.

use rekindle_domain::{EngineNotice, ErrorCode, Notice, ProgramNotice, UserError};

use crate::notice::{self, Front, said};

/// The line that a failure is told in.
pub fn line(error: &UserError) -> String {
    let one_line = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let said = one_line(&said(&error.what, Front::Command));
    match one_line(&notice::hint(&error.what, Front::Command)) {
        hint if hint.is_empty() => format!("{NAME}{said}"),
        hint => format!("{NAME}{said}: {hint}"),
    }
}

/// What such a line begins with.
const NAME: &str = "rekindle: ";
/// A fault of Rekindle, where it happened.
pub fn fault(panic: &str) -> String {
    format!("rekindle: a bug in Rekindle: {panic}")
}

/// No engine, where one is needed.
pub fn no_engine() -> UserError {
    UserError::new(ErrorCode::NoEngineRunning, EngineNotice::NoEngineRunning)
}

/// Someone else's engine cannot be reached.
pub fn unreachable(why: &Notice) -> UserError {
    UserError::new(ErrorCode::Unreachable, EngineNotice::ClientUnreachable { why: Box::new(why.clone()) })
}

/// The engine does not say what it has; `why`, if that is known.
pub fn no_answer(why: Option<&Notice>) -> UserError {
    UserError::new(ErrorCode::NoAnswer, EngineNotice::NoAnswer { why: why.cloned().map(Box::new) })
}

/// What was given is not the fingerprint of a plan.
pub fn bad_plan() -> UserError {
    UserError::new(ErrorCode::BadPlan, ProgramNotice::NotAPlan)
}

/// The reload ended before it told how.
pub fn ended_early() -> UserError {
    UserError::new(ErrorCode::Internal, ProgramNotice::ReloadEndedEarly)
}

/// The program cannot begin.
pub fn cannot_begin(why: String) -> UserError {
    UserError::new(ErrorCode::Internal, ProgramNotice::CannotBegin { why })
}

/// `engine` is for engines of Rekindle's.
pub fn not_ours() -> UserError {
    UserError::new(ErrorCode::ClientMode, EngineNotice::NotForClients)
}

/// Rekindle's own program is not where it was.
pub fn no_program(why: String) -> UserError {
    UserError::new(ErrorCode::CannotStart, ProgramNotice::NoProgram { why })
}

/// The engine ended while it started; `last`: the line in which the program that was to own it told why.
pub fn engine_ended(last: Option<&str>) -> UserError {
    let last = last.map(|last| last.strip_prefix(NAME).unwrap_or(last).to_owned());
    UserError::new(ErrorCode::EngineEnded, EngineNotice::StartEnded { last })
}

/// The engine does not start in time.
pub fn too_slow() -> UserError {
    UserError::new(ErrorCode::EngineSilent, EngineNotice::StartSlow)
}

/// The owner of the engine does not end.
pub fn owner_silent() -> UserError {
    UserError::new(ErrorCode::OwnerSilent, EngineNotice::OwnerStays)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the owner told in its last line is told once, and not as something that it told.
    #[test]
    fn the_last_words_of_an_owner_are_told_as_they_are() {
        let told = line(&engine_ended(Some("rekindle: the engine ended before it was ready: no: fix it")));
        assert_eq!(told, "rekindle: the engine ended before it was ready: no: fix it");
        let told = line(&engine_ended(None));
        let expected = "rekindle: the engine ended without a message: see what the engine said with: rekindle doctor";
        assert_eq!(told, expected);
    }
}
