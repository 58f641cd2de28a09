//! Configuration files: reading them as the engine does, editing their text, writing them safely,
//! and saying what is wrong with them.
//!
//! Invariant: a file that does not parse is never written to, and an edit changes no byte that it
//! does not have to change.

pub mod check;
pub mod edit;
mod fault;
pub mod file;
mod newer;
pub mod schema;
pub mod shape;
pub mod text;
pub mod variables;
