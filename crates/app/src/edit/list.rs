//! What the list of plugins says.

use serde_json::Value;

use super::undo::LIST;

/// What a text declares. What does not parse is reported by the edit, with its place.
pub(super) fn entries_of(text: &str) -> Vec<Value> {
    let config = rekindle_opencode::config::text::value(text).unwrap_or_default();
    config.get(LIST).and_then(Value::as_array).cloned().unwrap_or_default()
}
