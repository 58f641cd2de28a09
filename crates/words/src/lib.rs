//! What people read: functions from codes and values to text.
//!
//! What the window and the command line both say stands once, in the file of its subject; what only one of them says is
//! in `window` or `command`.
//!
//! Invariants: pure, and for the window (wasm) as well as for the command line; the window never tells a person to type a
//! flag, and the command line never names a button. Deliberately absent: everything but `rekindle-domain`.

#![allow(missing_docs, reason = "a constant says what it is")]

pub mod changelogs;
pub mod command;
pub mod differences;
pub mod edits;
pub mod items;
pub mod keys;
pub mod live;
pub mod notice;
pub mod plan;
pub mod previews;
pub mod receipts;
pub mod runs;
pub mod skeleton;
pub mod steps;
pub mod templates;
pub mod text;
pub mod window;
