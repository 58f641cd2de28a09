//! What a reload did, in words.
//!
//! Invariant: nothing is called live unless the receipt proves it.

use rekindle_domain::{Cause, ChangeKind, ItemState, Receipt, ReceiptItem, ReceiptResult, ReloadNotice, Resumed};

pub use crate::receipts::{left_behind, part, result_word};
use crate::{
    items,
    live::ALL_LIVE,
    notice::{Front, said, sentences},
    receipts, steps,
    text::{capital, closed, duration, listed_of, sentence},
};

pub const STEPS: &str = "Steps";
pub const COUNTS: &str = "Loaded afterwards";
pub const ENDED: &str = "Ended";

/// The result, as a pill.
pub fn result(result: ReceiptResult) -> &'static str {
    match result {
        ReceiptResult::Proved => "Proved",
        ReceiptResult::Partial => "Partly proved",
        ReceiptResult::Failed => "Failed",
        ReceiptResult::Refused => "Not reloaded",
    }
}

/// The headline of a reload that ended.
pub fn title(receipt: &Receipt) -> String {
    let tally = receipt.tally();
    match receipt.result {
        ReceiptResult::Proved if receipt.cause == Cause::Automatic => {
            format!("Reloaded automatically in {}", duration(receipt.duration_ms))
        }
        ReceiptResult::Proved => format!("Engine reloaded in {}", duration(receipt.duration_ms)),
        ReceiptResult::Partial if tally.open() == 0 => "Engine reloaded, but something needs attention".to_owned(),
        ReceiptResult::Partial => {
            let yet = if tally.only_waits() { " yet" } else { "" };
            format!("Engine reloaded; {}{yet}", receipts::unproved(tally.open(), tally.all))
        }
        ReceiptResult::Failed if receipt.restored => "Reload failed; rolled back to the last good files".to_owned(),
        ReceiptResult::Failed => "Reload failed".to_owned(),
        ReceiptResult::Refused => "Nothing was reloaded".to_owned(),
    }
}

/// The sentence under it.
pub fn body(receipt: &Receipt) -> String {
    let message = receipt.message.as_ref().map(|message| sentence(&said(message, Front::Window)));
    let first = match receipt.result {
        ReceiptResult::Proved => live(&receipt.items, receipt.tally().proved),
        ReceiptResult::Partial => partly(receipt),
        ReceiptResult::Failed | ReceiptResult::Refused => {
            let unknown = "The cause is unknown. The engine output in Settings may tell.";
            let why = message.unwrap_or_else(|| unknown.to_owned());
            let now = if receipt.restored { " The engine is running with the files as they were before." } else { "" };
            return format!("{why}{now}");
        }
    };
    message.map_or(first.clone(), |message| format!("{first} {message}"))
}

/// What of it is live, beside what is not, by the same count as the headline's.
fn partly(receipt: &Receipt) -> String {
    let tally = receipt.tally();
    let proved: Vec<_> = receipt.items.iter().filter(|item| item.is_proved()).cloned().collect();
    let live = match (tally.proved, tally.open()) {
        (0, _) if tally.only_waits() => "The engine has not reported the outcome yet.".to_owned(),
        (0, _) => "The engine responds, but shows none of the changes.".to_owned(),
        (_, 0) => live(&proved, tally.proved),
        (1, _) => format!("The other one is live: {}.", told(&proved, tally.proved)),
        (number, _) => format!("The other {number} are live: {}.", told(&proved, tally.proved)),
    };
    if tally.unheard > 0 { format!("{live} Rekindle will ask again.") } else { live }
}

/// What is said of the changes of which nothing more is kept.
pub fn left_out(receipt: &Receipt) -> Option<String> {
    let more = receipt.left_out.proved + receipt.left_out.unproved;
    (more > 0).then(|| format!("and {more} more, {} of them live", receipt.left_out.proved))
}

/// True when it needs nobody's attention.
pub fn is_quiet(receipt: &Receipt) -> bool {
    let is_whole = receipt.orphans.is_empty() && receipt.resumed.is_empty();
    receipt.cause == Cause::Automatic && receipt.result == ReceiptResult::Proved && is_whole
}

/// Why there was a reload.
pub fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Window => "Started in the window",
        Cause::Command => "Started on the command line",
        Cause::Automatic => "Started automatically when nothing was running",
        Cause::CutOff => "Cut off; checked when Rekindle next started",
    }
}

/// What became of a session that was to resume.
pub fn resumed(resumed: &Resumed) -> String {
    closed(&receipts::resumed(resumed, Front::Window))
}

/// `All 3 changes are live: a loaded, b updated, c removed.`
/// `number`: of how many changes these are some.
fn live(items: &[ReceiptItem], number: usize) -> String {
    match number {
        0 => format!("Nothing was pending. {ALL_LIVE}"),
        1 => format!("1 change is live: {}.", told(items, number)),
        number => format!("All {number} changes are live: {}.", told(items, number)),
    }
}

/// `a loaded, b updated, c removed`.
fn told(items: &[ReceiptItem], number: usize) -> String {
    let parts: Vec<_> = items.iter().map(|item| format!("{} {}", item.name, done(item))).collect();
    listed_of(&parts, 5, number)
}

fn done(item: &ReceiptItem) -> &'static str {
    match item.change {
        _ if item.detail.as_ref().is_some_and(|detail| *detail == ReloadNotice::TurnedOff) => "turned off",
        ChangeKind::Added => "loaded",
        ChangeKind::Changed => "updated",
        ChangeKind::Removed => "removed",
    }
}

/// What the engine shows of an item, as a pill.
pub fn item_state(item: &ReceiptItem) -> String {
    capital(items::outcome(item))
}

/// What became of an item that was not proved at first.
pub fn settled(item: &ReceiptItem) -> &'static str {
    match item.state {
        ItemState::Removed => "The engine has confirmed that it is gone.",
        _ => "The engine has confirmed that it is live.",
    }
}

/// Why an item is not proved, and what to do about it.
pub fn explained(item: &ReceiptItem, receipt: &Receipt) -> String {
    let detail = item.detail.as_ref().map(|detail| sentences(detail, Front::Window));
    [detail.as_deref(), next_step(item, receipt)].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn next_step(item: &ReceiptItem, receipt: &Receipt) -> Option<&'static str> {
    let pending = receipt.still_pending.iter().any(|change| change.id == item.id);
    match item.state {
        ItemState::Active | ItemState::Removed => None,
        ItemState::NeedsRestart => Some("Restart the engine to make it live."),
        ItemState::Unknown if item.unheard => Some("Rekindle will ask again; there is nothing to do."),
        ItemState::Unknown if pending => Some("Reload again to make it live."),
        ItemState::Unknown => Some("To be sure, check it in OpenCode."),
        ItemState::Failed => Some("Fix or remove it, then reload. The engine output is in Settings."),
    }
}

/// A step's name in the past tense, for what is over.
pub fn step(name: &str) -> &str {
    steps::over_by_word(name)
}

/// One line for a list of reloads.
pub fn summary(receipt: &Receipt) -> String {
    match receipt.result {
        ReceiptResult::Proved => body(receipt),
        ReceiptResult::Partial => title(receipt),
        ReceiptResult::Failed | ReceiptResult::Refused => body(receipt),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::banner::fixture::{item, receipt};

    #[test]
    fn each_end_has_its_words() {
        let check = |result, items, expected: (&str, &str)| {
            let receipt = receipt(result, items);
            assert_eq!((title(&receipt).as_str(), body(&receipt).as_str()), expected);
        };
        use ChangeKind::*;
        use ReceiptResult::*;
        let active = |name, change| item(name, change, ItemState::Active);
        check(
            Proved,
            vec![active("a", Added), active("b", Changed), item("c", Removed, ItemState::Removed)],
            ("Engine reloaded in 0.9 s", "All 3 changes are live: a loaded, b updated, c removed."),
        );
        check(Proved, vec![active("a", Added)], ("Engine reloaded in 0.9 s", "1 change is live: a loaded."));
        check(Proved, vec![], ("Engine reloaded in 0.9 s", "Nothing was pending. Everything on disk is live."));
        check(
            Proved,
            (0..7).map(|_| active("a", Added)).collect(),
            (
                "Engine reloaded in 0.9 s",
                "All 7 changes are live: a loaded, a loaded, a loaded, a loaded, a loaded and 2 more.",
            ),
        );
        check(
            Partial,
            vec![active("a", Added), item("b", Added, ItemState::Failed)],
            ("Engine reloaded; 1 of 2 changes is not proved", "The other one is live: a loaded."),
        );
        check(
            Partial,
            vec![active("a", Added), item("b", Added, ItemState::Failed), active("c", Changed)],
            ("Engine reloaded; 1 of 3 changes is not proved", "The other 2 are live: a loaded, c updated."),
        );
        let unheard = |name| ReceiptItem { unheard: true, ..item(name, Added, ItemState::Unknown) };
        check(
            Partial,
            vec![unheard("a")],
            (
                "Engine reloaded; 1 change is not proved yet",
                "The engine has not reported the outcome yet. Rekindle will ask again.",
            ),
        );
        check(
            Partial,
            vec![unheard("a"), active("b", Added)],
            (
                "Engine reloaded; 1 of 2 changes is not proved yet",
                "The other one is live: b loaded. Rekindle will ask again.",
            ),
        );
        check(
            Partial,
            vec![unheard("a"), item("b", Added, ItemState::Failed)],
            (
                "Engine reloaded; 2 changes are not proved",
                "The engine responds, but shows none of the changes. Rekindle will ask again.",
            ),
        );
        check(
            Partial,
            vec![active("a", Added)],
            ("Engine reloaded, but something needs attention", "1 change is live: a loaded."),
        );
        let off = ReceiptItem { detail: Some(ReloadNotice::TurnedOff.into()), ..active("search", Added) };
        check(Proved, vec![off], ("Engine reloaded in 0.9 s", "1 change is live: search turned off."));
        check(
            Partial,
            vec![item("b", Added, ItemState::Unknown), item("c", Added, ItemState::NeedsRestart)],
            ("Engine reloaded; 2 changes are not proved", "The engine responds, but shows none of the changes."),
        );
        check(Failed, vec![], ("Reload failed", "The engine did not answer within 30 s."));
        check(Refused, vec![], ("Nothing was reloaded", "The engine did not answer within 30 s."));
    }

    #[test]
    fn what_is_not_proved_has_a_next_step() {
        let check = |state, detail: Option<&str>, expected| {
            let item = ReceiptItem { detail: detail.map(Into::into), ..item("a", ChangeKind::Added, state) };
            assert_eq!(explained(&item, &receipt(ReceiptResult::Partial, vec![])), expected);
        };
        check(ItemState::NeedsRestart, None, "Restart the engine to make it live.");
        check(ItemState::Unknown, Some("no value"), "No value. To be sure, check it in OpenCode.");
        check(
            ItemState::Failed,
            Some("package not found"),
            "Package not found. Fix or remove it, then reload. The engine output is in Settings.",
        );
        check(ItemState::Active, None, "");
        let unheard = ReceiptItem { unheard: true, ..item("a", ChangeKind::Added, ItemState::Unknown) };
        let told = explained(&unheard, &receipt(ReceiptResult::Partial, vec![]));
        assert_eq!(told, "Rekindle will ask again; there is nothing to do.");
    }

    /// N16: no number of what is live disagrees with the number of what is not.
    #[test]
    fn the_headline_and_the_sentence_count_alike() {
        for (proved, open) in (0..4).flat_map(|proved| (0..4).map(move |open| (proved, open))) {
            let result = if open == 0 { ReceiptResult::Proved } else { ReceiptResult::Partial };
            let live = (0..proved).map(|_| item("a", ChangeKind::Added, ItemState::Active));
            let dead = (0..open).map(|_| item("b", ChangeKind::Added, ItemState::Failed));
            let receipt = receipt(result, live.chain(dead).collect());
            let (title, body) = (title(&receipt), body(&receipt));
            assert_eq!(title.contains("not proved"), open > 0, "{title}");
            assert_eq!(body.contains("All "), open == 0 && proved > 1, "{body}");
            assert!(open == 0 || title.contains(&part(open, proved + open)), "{title}");
        }
    }
}
