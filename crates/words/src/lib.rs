//! What people read: functions from codes and values to text.
//!
//! Invariants: pure, and for the window (wasm) as well as for the command line; the window never tells a person to type a
//! flag, and the command line never names a button. Deliberately absent: everything but `rekindle-domain`.

#![allow(missing_docs, reason = "a constant says what it is")]

pub mod command;
pub mod text;
pub mod window;
