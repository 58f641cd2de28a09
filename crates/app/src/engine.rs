//! The engine: finding its binary, owning its process, and talking to it.
//!
//! Invariants: every request is bounded in time; every answer's content type is checked; an engine
//! that is not ours is never disposed, restarted or stopped from here without being told to.

pub mod client;
pub mod control;
pub mod descendants;
pub mod directories;
pub mod events;
pub mod find;
pub mod host;
pub mod keeper;
pub mod log;
pub mod output;
pub mod packages;
mod process;
pub mod record;
pub mod weight;
