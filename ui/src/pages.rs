//! The pages, one file each.
//!
//! Invariant: a page is only its body; title, banner and navigation belong to the shell.

#![allow(unreachable_pub, reason = "`#[component]` writes `pub` into what it generates")]

pub(crate) mod activity;
pub(crate) mod agents;
pub(crate) mod configuration;
pub(crate) mod mcp;
pub(crate) mod overview;
pub(crate) mod plugins;
pub(crate) mod settings;
pub(crate) mod skills;
