//! What pages are made of, one file each with its style beside it.
//!
//! Invariant: a component reads the state and calls commands; it keeps nothing but what is open.

#![allow(unreachable_pub, reason = "`#[component]` writes `pub` into what it generates")]

pub(crate) mod add_bar;
pub(crate) mod banner;
pub(crate) mod changes;
pub(crate) mod confirm;
pub(crate) mod dialog;
pub(crate) mod difference;
pub(crate) mod engine_card;
pub(crate) mod icon;
pub(crate) mod new_entry;
pub(crate) mod plan;
pub(crate) mod preview;
pub(crate) mod rail;
pub(crate) mod receipt;
pub(crate) mod restore;
pub(crate) mod rows;
pub(crate) mod segmented;
pub(crate) mod server_bar;
pub(crate) mod shell;
pub(crate) mod sign_in;
pub(crate) mod task;
pub(crate) mod toasts;
pub(crate) mod undo;
pub(crate) mod workspace_menu;
