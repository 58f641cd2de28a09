//! Everything of Rekindle that touches disk, network and processes.
//!
//! Invariant: decisions are made in `rekindle-domain`; this crate carries them out. It has three
//! consumers: the window, the command line and the tests. Deliberately absent: tauri, clap, and
//! what is printed (`terminal` is only the door).

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests make and read files of their own"))]
// Foreign data is read here: everything has an answer, and nothing is cut or looked up that may not be there.
// Where a module may do it nevertheless, it says why it cannot go wrong.
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::panic_in_result_fn,
        clippy::string_slice,
        clippy::unreachable
    )
)]

#[cfg(test)]
mod anything;
pub mod check;
pub mod clock;
pub mod doctor;
pub mod edit;
pub mod engine;
pub mod error;
pub mod fault;
pub mod files;
pub mod install;
pub mod plugins;
pub mod probe;
pub mod provenance;
pub mod state;
pub mod terminal;
/// Shared with the end-to-end tests.
#[cfg(all(test, unix))]
#[path = "../../../tests/src/users.rs"]
#[expect(unreachable_pub, reason = "it is public there")]
mod users;
pub mod workspace;

/// Runs as one of the processes that a program of ours starts of itself, if it was started as one: the
/// keeper of an engine, or a parser of code. Every program of ours calls this before anything else.
pub fn run_if_asked() -> Option<std::process::ExitCode> {
    engine::keeper::run_if_asked().or_else(files::parser::run_if_asked)
}

/// Has a limit on the length of files (`ulimit -f`) be an error of the write that exceeds it, as a full disk is, rather than
/// the end of the program. Called within a runtime, once.
#[cfg(unix)]
pub fn outlive_limits() {
    use tokio::signal::unix::{SignalKind, signal};
    // Once it is listened to it stays so, also when nobody waits for it.
    if let Err(error) = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())) {
        tracing::debug!(%error, "a limit on files ends the program");
    }
}

/// There is no such limit here.
#[cfg(not(unix))]
pub fn outlive_limits() {}
