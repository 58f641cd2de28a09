//! The states of items.
//!
//! Invariant: each state has one name, wherever it stands; where a name begins a line, the window capitalises it.

use rekindle_domain::{Action, ItemState, PackageNotice, ReceiptItem, RowState};

/// How an item is. `place` says how a path is shown.
pub fn state(state: &RowState, place: impl Fn(&str) -> String) -> String {
    match state {
        RowState::Loaded => "loaded".to_owned(),
        RowState::Waiting { action: Action::Restart, .. } => "needs restart".to_owned(),
        RowState::Waiting { .. } => "waiting for reload".to_owned(),
        RowState::Failed { .. } => "failed to load".to_owned(),
        RowState::Overridden { by } => format!("overridden by {}", place(by)),
        RowState::NotRead { why } if *why == PackageNotice::PluginTurnedOff => "turned off".to_owned(),
        RowState::NotRead { .. } => "not read".to_owned(),
        RowState::Unknown => "unknown".to_owned(),
    }
}

/// What the engine shows of an item after a reload.
pub fn outcome(item: &ReceiptItem) -> &'static str {
    match item.state {
        ItemState::Active => "live",
        ItemState::Removed => "removed",
        ItemState::Failed => "failed to load",
        ItemState::NeedsRestart => "needs restart",
        ItemState::Unknown if item.unheard => NOT_REPORTED_YET,
        ItemState::Unknown => "not proved",
    }
}

/// The engine was asked, and has not said it.
pub const NOT_REPORTED_YET: &str = "not reported yet";
