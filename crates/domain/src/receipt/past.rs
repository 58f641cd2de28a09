//! How the last reload is told once other things have happened.
//!
//! Invariant: whatever is said of how much is live comes from one [`Tally`], so that no two sentences can
//! disagree; nothing is told of what is no longer so.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{ItemState, LeftOut, Receipt, ReceiptItem, ReceiptResult};
use crate::{Change, EngineMode, ItemId, Notice, Row, RowState};

/// How much of a reload is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The changes that the engine shows.
    pub proved: usize,
    /// Those of which it has not said anything yet.
    pub unheard: usize,
    /// All of them.
    pub all: usize,
}

impl Tally {
    /// The changes that are not proved, heard or not.
    pub fn open(self) -> usize {
        self.all - self.proved
    }

    /// True when the engine's silence alone stands against it.
    pub fn only_waits(self) -> bool {
        self.open() > 0 && self.open() == self.unheard
    }
}

impl Receipt {
    /// How much of it is proved.
    pub fn tally(&self) -> Tally {
        let count = |is: fn(&ReceiptItem) -> bool| self.items.iter().filter(|item| is(item)).count();
        let LeftOut { proved, unproved, .. } = self.left_out;
        Tally {
            proved: count(ReceiptItem::is_proved) + proved,
            unheard: count(|item| item.unheard),
            all: self.items.len() + proved + unproved,
        }
    }

    /// True when the reload can be tried again from what is told of it: it failed, or only a restart makes the
    /// rest live. Nobody restarts an engine that is someone else's.
    pub fn can_be_tried_again(&self, mode: EngineMode) -> bool {
        let wants_restart = self.items.iter().any(|item| item.state == ItemState::NeedsRestart);
        let is_left = match self.result {
            ReceiptResult::Failed => !self.restored,
            ReceiptResult::Partial => wants_restart,
            ReceiptResult::Proved | ReceiptResult::Refused => false,
        };
        is_left && mode == EngineMode::Host
    }

    /// Tells of a change whether trying the reload again is about it, too: it is told by what is told of the reload.
    pub fn covers(&self, mode: EngineMode) -> impl Fn(&Change) -> bool {
        let is_possible = self.can_be_tried_again(mode);
        let left = self.still_pending.iter().filter(|_| is_possible);
        let left: HashSet<_> = left.map(|change| change.signature.as_str()).collect();
        let restarts = self.items.iter().filter(|item| item.state == ItemState::NeedsRestart);
        let restarts: HashSet<_> = restarts.map(|item| &item.id).collect();
        let has_failed = self.result == ReceiptResult::Failed;
        move |change| left.contains(change.signature.as_str()) && (has_failed || restarts.contains(&change.id))
    }
}

/// The last reload, where it was not wholly proved and that is still so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// The reload's id.
    pub id: String,
    /// When it began (RFC 3339, UTC).
    pub at: String,
    /// How it ended.
    pub result: ReceiptResult,
    /// How many changes it was about.
    pub changes: usize,
    /// Those that are still not proved.
    pub unproved: Vec<ReceiptItem>,
    /// What went wrong as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Notice>,
}

impl Past {
    /// What is to be told of the last reload; `None` when nothing is. `rows`: the items as they are now.
    /// `is_pending`: something waits for a reload, or keeps one from being done.
    pub fn of(receipt: &Receipt, rows: &[Row], is_pending: bool) -> Option<Self> {
        let open: Vec<_> = receipt.items.iter().filter(|item| !item.is_proved()).collect();
        let ids: HashSet<_> = open.iter().map(|item| &item.id).collect();
        let rows = rows.iter().filter(|row| ids.contains(&row.id)).rev();
        let states: HashMap<_, _> = rows.map(|row| (&row.id, &row.state)).collect();
        let unproved: Vec<_> = open.into_iter().filter(|item| is_still_so(item, &states)).cloned().collect();
        let is_told = match receipt.result {
            ReceiptResult::Partial => !unproved.is_empty(),
            ReceiptResult::Failed => is_pending,
            ReceiptResult::Proved | ReceiptResult::Refused => false,
        };
        is_told.then(|| Self {
            id: receipt.id.clone(),
            at: receipt.at.clone(),
            result: receipt.result,
            changes: receipt.tally().all,
            unproved,
            message: receipt.message.clone(),
        })
    }
}

/// True unless the engine shows by now what it did not show then. What it cannot tell it cannot tell now.
fn is_still_so(item: &ReceiptItem, states: &HashMap<&ItemId, &RowState>) -> bool {
    match (item.state, states.get(&item.id)) {
        (ItemState::Active | ItemState::Removed, _) => false,
        (_, None) => item.state == ItemState::NeedsRestart,
        (ItemState::Unknown, Some(_)) => true,
        (ItemState::Failed | ItemState::NeedsRestart, Some(state)) => **state != RowState::Loaded,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{ChangeKind, ItemId, Kind, Scope, Stage};

    fn receipt(result: ReceiptResult, items: &[(&str, ItemState)]) -> Receipt {
        let item = |(name, state): &(&str, ItemState)| ReceiptItem {
            id: ItemId::new(Kind::Plugin, Scope::Project, name),
            name: (*name).to_owned(),
            change: ChangeKind::Added,
            state: *state,
            detail: None,
            unheard: false,
        };
        let value = json!({
            "version": 1, "id": "r", "at": "", "result": result, "action": "dispose", "durationMs": 1, "steps": [],
            "items": items.iter().map(item).collect::<Vec<_>>(), "counts": {}, "stillPending": [],
        });
        serde_json::from_value(value).expect("a receipt")
    }

    fn row(name: &str, state: RowState) -> Row {
        Row {
            id: ItemId::new(Kind::Plugin, Scope::Project, name),
            kind: Kind::Plugin,
            name: name.to_owned(),
            scope: Scope::Project,
            source: String::new(),
            place: String::new(),
            origin: None,
            detail: None,
            stage: Stage::Declared,
            state,
            removable: false,
            overrides: vec![],
            also: vec![],
            copy: None,
            from: None,
            since: None,
            is_signed_in: false,
            warning: None,
        }
    }

    /// N16, W4: the past is told as long as it is so, and no longer.
    #[test]
    fn the_past_is_told_while_it_is_so() {
        use ItemState::*;
        use ReceiptResult::{Partial, Proved, Refused};
        let check = |result, items: &[(&str, ItemState)], rows: &[Row], pending, expected: Option<&[&str]>| {
            let past = Past::of(&receipt(result, items), rows, pending);
            let names =
                past.as_ref().map(|past| past.unproved.iter().map(|item| item.name.as_str()).collect::<Vec<_>>());
            assert_eq!(names.as_deref(), expected, "{result:?} {items:?} {rows:?}");
        };
        let broken = || row("a", RowState::Failed { message: "boom".into() });
        let live = || row("a", RowState::Loaded);
        check(Proved, &[("a", Active)], &[live()], false, None);
        check(Partial, &[("a", Failed), ("b", Active)], &[broken()], false, Some(&["a"]));
        check(Partial, &[("a", Failed)], &[live()], false, None);
        check(Partial, &[("a", Failed)], &[], true, None);
        check(Partial, &[("a", Unknown)], &[live()], false, Some(&["a"]));
        check(Partial, &[("a", Unknown)], &[], false, None);
        check(Partial, &[("a", NeedsRestart)], &[live()], false, None);
        check(ReceiptResult::Failed, &[], &[], true, Some(&[]));
        check(ReceiptResult::Failed, &[], &[], false, None);
        check(Refused, &[], &[], true, None);
    }
}
