//! Configuration files: reading them as the engine does, editing their text, writing them safely,
//! and saying what is wrong with them.
//!
//! Invariant: a file that does not parse is never written to, and an edit changes no byte that it
//! does not have to change.

pub mod check;
#[allow(
    clippy::string_slice,
    clippy::indexing_slicing,
    clippy::unreachable,
    reason = "it cuts only where it found something in the same text"
)]
pub mod edit;
mod fault;
pub mod file;
mod grammar;
mod newer;
#[allow(clippy::indexing_slicing, reason = "a JSON value answers null for what is not there")]
pub mod schema;
pub mod shape;
pub mod text;
#[allow(clippy::string_slice, reason = "it cuts only where it found something in the same text")]
pub mod variables;
