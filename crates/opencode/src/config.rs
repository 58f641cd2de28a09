//! Configuration files as texts: read as the engine reads them, and edited.
//!
//! Invariant: an edit changes no byte that it does not have to change.

#[allow(
    clippy::string_slice,
    clippy::indexing_slicing,
    clippy::unreachable,
    reason = "it cuts only where it found something in the same text"
)]
pub mod edit;
pub mod fault;
pub mod grammar;
pub mod judge;
pub mod lines;
mod newer;
pub mod path;
#[allow(clippy::indexing_slicing, reason = "a JSON value answers null for what is not there")]
pub mod schema;
pub mod shape;
pub mod text;
#[allow(clippy::string_slice, reason = "it cuts only where it found something in the same text")]
pub mod variables;
