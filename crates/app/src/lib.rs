//! Everything of Rekindle that touches disk, network and processes.
//!
//! Invariant: decisions are made in `rekindle-domain`; this crate carries them out. It has three
//! consumers: the window, the command line and the tests. Deliberately absent: tauri, clap, and
//! printing.

pub mod config;
pub mod disk;
pub mod skill;
