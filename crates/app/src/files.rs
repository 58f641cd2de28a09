//! What a fresh engine would load, read from the files.
//!
//! Invariant: reading has no side effect, and an unreadable file is reported, never guessed.

pub mod cached;
pub mod check;
mod code;
mod declared;
pub(crate) mod endless;
pub mod entries;
pub mod environment;
pub mod file;
pub mod foreign;
pub mod found;
mod ignored;
pub mod layers;
pub mod locate;
pub mod parser;
mod plugins;
pub mod references;
pub mod scan;
mod seen;
pub mod settled;
pub mod signed_in;
mod skills;
pub(crate) mod skipped;
mod stamp;
mod syntax;
#[allow(clippy::indexing_slicing, reason = "a step names a step that was taken before it")]
pub mod walk;
pub mod watch;
mod worktree;

/// True when the engine takes a file of this name for code.
pub fn is_code(path: &std::path::Path) -> bool {
    syntax::Language::of(path).is_some()
}
