//! What a fresh engine would load, read from the files.
//!
//! Invariant: reading has no side effect, and an unreadable file is reported, never guessed.

pub mod locate;
pub mod scan;
pub mod watch;
