//! The engine: finding its binary, owning its process, and talking to it.
//!
//! Invariants: every request is bounded in time; every answer's content type is checked; an engine
//! that is not ours is never disposed, restarted or stopped from here without being told to.

pub mod accepted;
mod access;
pub mod attach;
#[allow(clippy::indexing_slicing, reason = "a JSON value answers null for what is not there")]
#[allow(clippy::string_slice, reason = "it cuts only where it found something in the same text")]
pub mod client;
pub mod connect;
pub mod control;
pub mod descendants;
pub mod directories;
pub(crate) mod door;
pub mod ear;
#[allow(clippy::indexing_slicing, reason = "a JSON value answers null for what is not there")]
pub mod events;
pub mod find;
pub mod host;
pub mod keeper;
pub mod known;
pub(crate) mod listeners;
#[allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "it cuts and takes only what it found in the same text"
)]
pub mod log;
pub mod mark;
#[allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "it cuts and takes only what it found in the same text"
)]
pub mod output;
pub mod packages;
mod process;
pub mod program;
pub mod sign_in;
pub mod weight;

/// A random text that nobody can guess.
pub(crate) fn secret() -> String {
    rand::random_iter::<u8>().take(16).map(|byte| format!("{byte:02x}")).collect()
}
