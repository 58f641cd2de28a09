//! The mark of an engine of ours: what it starts inherits it.

use super::descendants::table;

/// The variable that marks what an engine of ours starts.
pub const MARK: &str = "REKINDLE_ENGINE_GENERATION";

/// The mark of a process of this user, if it has one.
pub(crate) fn mark_of(pid: u32) -> Option<String> {
    table::variable(pid, MARK)
}
