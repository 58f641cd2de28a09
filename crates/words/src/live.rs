//! How far what is on disk is live.

use crate::text::counted;

pub const ALL_LIVE: &str = "Everything on disk is live.";
pub const NOTHING_PENDING: &str = "No pending changes.";

/// `2 items failed to load`.
pub fn failed_to_load(items: usize) -> String {
    format!("{} failed to load", counted(items, "item"))
}
