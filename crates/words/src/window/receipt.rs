//! What a reload did, in words.
//!
//! Invariant: nothing is called live unless the receipt proves it.

use rekindle_domain::{Cause, ChangeKind, ItemState, Leftover, Receipt, ReceiptItem, ReceiptResult, Resumed};

use crate::text::{be, counted, duration, listed_of, sentence};

pub const STEPS: &str = "Steps";
pub const COUNTS: &str = "In the engine afterwards";
pub const ENDED: &str = "Ended";

/// The result's word, also the name of its style.
pub fn result_word(result: ReceiptResult) -> &'static str {
    match result {
        ReceiptResult::Proved => "proved",
        ReceiptResult::Partial => "partial",
        ReceiptResult::Failed => "failed",
        ReceiptResult::Refused => "refused",
    }
}

/// The result, as a pill.
pub fn result(result: ReceiptResult) -> &'static str {
    match result {
        ReceiptResult::Proved => "Proved",
        ReceiptResult::Partial => "Partly proved",
        ReceiptResult::Failed => "Failed",
        ReceiptResult::Refused => "Not reloaded",
    }
}

/// `1 change`, `2 changes`, and of how many, where that is not all: `1 of 3 changes`.
pub fn part(some: usize, all: usize) -> String {
    if some >= all { counted(some, "change") } else { format!("{some} of {}", counted(all, "change")) }
}

/// The headline of a reload that ended.
pub fn title(receipt: &Receipt) -> String {
    let tally = receipt.tally();
    match receipt.result {
        ReceiptResult::Proved if receipt.cause == Cause::Automatic => {
            format!("Reloaded by itself in {}", duration(receipt.duration_ms))
        }
        ReceiptResult::Proved => format!("Engine reloaded in {}", duration(receipt.duration_ms)),
        ReceiptResult::Partial if tally.open() == 0 => "Engine reloaded, and not all is as it was".to_owned(),
        ReceiptResult::Partial => {
            let yet = if tally.only_waits() { " yet" } else { "" };
            let open = tally.open();
            format!("Engine reloaded; {} {} not proved{yet}", part(open, tally.all), be(open))
        }
        ReceiptResult::Failed if receipt.restored => "Reload failed; the last good files are back".to_owned(),
        ReceiptResult::Failed => "Reload failed".to_owned(),
        ReceiptResult::Refused => "Nothing was reloaded".to_owned(),
    }
}

/// The sentence under it.
pub fn body(receipt: &Receipt) -> String {
    let message = receipt.message.as_deref().map(sentence);
    let first = match receipt.result {
        ReceiptResult::Proved => live(&receipt.items, receipt.tally().proved),
        ReceiptResult::Partial => partly(receipt),
        ReceiptResult::Failed | ReceiptResult::Refused => {
            let unknown = "Rekindle could not find out why; the engine's output in Settings may tell.";
            let why = message.unwrap_or_else(|| unknown.to_owned());
            let now = if receipt.restored { " The engine runs with the files as they were before." } else { "" };
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
        (0, _) if tally.only_waits() => "The engine has not said yet what became of it.".to_owned(),
        (0, _) => "The engine answers, and shows none of the changes.".to_owned(),
        (_, 0) => live(&proved, tally.proved),
        (1, _) => format!("The other one is live: {}.", told(&proved, tally.proved)),
        (number, _) => format!("The other {number} are live: {}.", told(&proved, tally.proved)),
    };
    if tally.unheard > 0 { format!("{live} Rekindle asks again.") } else { live }
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
        Cause::Window => "Asked for in the window",
        Cause::Command => "Asked for on the command line",
        Cause::Automatic => "By itself, when nothing was running",
        Cause::CutOff => "Cut off, and taken up by the next start of Rekindle",
    }
}

/// What became of a session that was to go on.
pub fn resumed(resumed: &Resumed) -> String {
    let title = resumed.title.trim();
    match &resumed.error {
        None => format!("“{title}” goes on."),
        Some(error) => format!("“{title}” was not told to go on. {}", sentence(error)),
    }
}

/// A process that should be gone.
pub fn left_behind(process: &Leftover) -> String {
    format!("Process {} is left behind: {}", process.pid, process.command)
}

/// `All 3 changes are live: a loaded, b updated, c removed.`
/// `number`: of how many changes these are some.
fn live(items: &[ReceiptItem], number: usize) -> String {
    match number {
        0 => "Nothing was pending; the engine has what is on disk.".to_owned(),
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
        _ if item.detail.as_deref() == Some(ReceiptItem::TURNED_OFF) => ReceiptItem::TURNED_OFF,
        ChangeKind::Added => "loaded",
        ChangeKind::Changed => "updated",
        ChangeKind::Removed => "removed",
    }
}

/// What the engine shows of an item, as a pill.
pub fn item_state(item: &ReceiptItem) -> &'static str {
    match item.state {
        ItemState::Unknown if item.unheard => "Not heard yet",
        ItemState::Active => "Live",
        ItemState::Removed => "Removed",
        ItemState::Failed => "Failed to load",
        ItemState::NeedsRestart => "Needs restart",
        ItemState::Unknown => "Not proved",
    }
}

/// What became of an item that was not proved at first.
pub fn settled(item: &ReceiptItem) -> &'static str {
    match item.state {
        ItemState::Removed => "The engine has said that it is gone.",
        _ => "The engine has said that it is live.",
    }
}

/// Why an item is not proved, and what to do about it.
pub fn explained(item: &ReceiptItem, receipt: &Receipt) -> String {
    let detail = item.detail.as_deref().map(sentence);
    [detail.as_deref(), next_step(item, receipt)].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn next_step(item: &ReceiptItem, receipt: &Receipt) -> Option<&'static str> {
    let pending = receipt.still_pending.iter().any(|change| change.id == item.id);
    match item.state {
        ItemState::Active | ItemState::Removed => None,
        ItemState::NeedsRestart => Some("Restart the engine to make it live."),
        ItemState::Unknown if item.unheard => Some("Rekindle asks again; this settles by itself."),
        ItemState::Unknown if pending => Some("Reload again to make it live."),
        ItemState::Unknown => Some("To be sure, look at it in OpenCode."),
        ItemState::Failed => Some("Mend it or remove it, then reload. The engine's output is in Settings."),
    }
}

/// A step's name in the past tense, for what is over.
pub fn step(name: &str) -> &str {
    match name {
        "check" => "Checked config",
        "wait-for-idle" => "Waited until idle",
        "dispose" => "Instance disposed",
        "restart" => "Engine restarted",
        "answer" => "Engine answered",
        "verify" => "Verified what loaded",
        "roll-back" => "Last good files put back",
        other => other,
    }
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
        check(Proved, vec![], ("Engine reloaded in 0.9 s", "Nothing was pending; the engine has what is on disk."));
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
                "The engine has not said yet what became of it. Rekindle asks again.",
            ),
        );
        check(
            Partial,
            vec![unheard("a"), active("b", Added)],
            (
                "Engine reloaded; 1 of 2 changes is not proved yet",
                "The other one is live: b loaded. Rekindle asks again.",
            ),
        );
        check(
            Partial,
            vec![unheard("a"), item("b", Added, ItemState::Failed)],
            (
                "Engine reloaded; 2 changes are not proved",
                "The engine answers, and shows none of the changes. Rekindle asks again.",
            ),
        );
        check(
            Partial,
            vec![active("a", Added)],
            ("Engine reloaded, and not all is as it was", "1 change is live: a loaded."),
        );
        let off = ReceiptItem { detail: Some("turned off".to_owned()), ..active("search", Added) };
        check(Proved, vec![off], ("Engine reloaded in 0.9 s", "1 change is live: search turned off."));
        check(
            Partial,
            vec![item("b", Added, ItemState::Unknown), item("c", Added, ItemState::NeedsRestart)],
            ("Engine reloaded; 2 changes are not proved", "The engine answers, and shows none of the changes."),
        );
        check(Failed, vec![], ("Reload failed", "The engine did not answer within 30 s."));
        check(Refused, vec![], ("Nothing was reloaded", "The engine did not answer within 30 s."));
    }

    #[test]
    fn what_is_not_proved_has_a_next_step() {
        let check = |state, detail: Option<&str>, expected| {
            let item = ReceiptItem { detail: detail.map(str::to_owned), ..item("a", ChangeKind::Added, state) };
            assert_eq!(explained(&item, &receipt(ReceiptResult::Partial, vec![])), expected);
        };
        check(ItemState::NeedsRestart, None, "Restart the engine to make it live.");
        check(ItemState::Unknown, Some("no value"), "No value. To be sure, look at it in OpenCode.");
        check(
            ItemState::Failed,
            Some("package not found"),
            "Package not found. Mend it or remove it, then reload. The engine's output is in Settings.",
        );
        check(ItemState::Active, None, "");
        let unheard = ReceiptItem { unheard: true, ..item("a", ChangeKind::Added, ItemState::Unknown) };
        let told = explained(&unheard, &receipt(ReceiptResult::Partial, vec![]));
        assert_eq!(told, "Rekindle asks again; this settles by itself.");
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
