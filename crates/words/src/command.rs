//! What the commands say to people, line by line.
//!
//! Invariant: a value never ends a line: whoever prints it escapes what is in a line.

pub mod check;
pub mod config;
pub mod edits;
pub mod engine;
pub mod failures;
mod json;
pub mod plugins;
pub mod preview;
pub mod servers;
pub mod update;

use rekindle_domain::{
    Action, BusyRun, Change, ChangeKind, DiffLine, EngineState, Finding, FindingLevel, ItemState, Leftover, Mark,
    Notice, Past, Plan, Problem, Receipt, ReceiptItem, ReceiptResult, ReloadStatus, Row, RowState,
};

pub use json::json;

pub use crate::skeleton;
pub use crate::steps::{installing, under_way as step};
use crate::{
    differences::gap,
    items,
    live::{ALL_LIVE, NOTHING_PENDING, failed_to_load},
    notice::{Front, hint, inline, said, sentences},
    plan::{DIRECTORIES, ENDS, PACKAGES, RETURNS, SERVERS, action},
    receipts::{NO_RELOADS, left_behind, result_word, resumed, unproved},
    runs,
    text::{capital, counted, duration},
};

/// What differs for a change, line by line.
type Difference<'a> = &'a dyn Fn(&Change) -> Vec<DiffLine>;

/// What is pending, and what differs. `rows`: the items as they are, for what is not as it should be although nothing waits.
pub fn status(status: &ReloadStatus, rows: &[Row], difference: Difference<'_>) -> Vec<String> {
    let mut lines = vec![engine::line(&status.engine)];
    lines.extend(status.problems.iter().flat_map(|found| problem("Error", found)));
    lines.extend(status.warnings.iter().flat_map(|found| problem("Warning", found)));
    if status.reload_required {
        let number = match status.changes.len() {
            0 => String::new(),
            number => format!(": {}", counted(number, "change")),
        };
        lines.push(format!("Reload required{number}. Reloading {}.", action(status.action)));
    } else if status.problems.is_empty() && status.engine.state == EngineState::Running {
        lines.push(nothing_pending(status, rows));
    }
    lines.extend(status.changes.iter().flat_map(|change| with_difference(change, difference)));
    lines.extend(status.past.iter().flat_map(past));
    lines.extend(status.notices.iter().map(|notice| format!("Note: {}", sentences(notice, Front::Command))));
    lines.extend(status.busy.iter().map(run));
    lines
}

/// That nothing is pending, and no more than is so.
fn nothing_pending(status: &ReloadStatus, rows: &[Row]) -> String {
    let failed = rows.iter().filter(|row| matches!(row.state, RowState::Failed { .. })).count();
    match (failed, &status.past) {
        (0, None) => ALL_LIVE.to_owned(),
        (0, Some(_)) => NOTHING_PENDING.to_owned(),
        (failed, _) => format!("{NOTHING_PENDING} {}. See which with: rekindle list", failed_to_load(failed)),
    }
}

/// How the last reload ended, where it was not wholly proved.
fn past(past: &Past) -> Vec<String> {
    let message =
        past.message.as_ref().map(|message| format!(": {}", said(message, Front::Command))).unwrap_or_default();
    let first = match past.result {
        ReceiptResult::Failed => format!("The last reload ({}) failed{message}", past.at),
        _ => format!("The last reload ({}): {}", past.at, unproved(past.unproved.len(), past.changes)),
    };
    [first].into_iter().chain(past.unproved.iter().map(item)).collect()
}

/// What is waited for behind a reload.
pub fn waits(receipt: &Receipt) -> String {
    let names: Vec<_> = receipt.items.iter().filter(|item| item.unheard).map(|item| item.name.as_str()).collect();
    match names.as_slice() {
        [] => "Waiting for the engine to report its counts".to_owned(),
        names => format!("Waiting for the engine to report {}", names.join(", ")),
    }
}

/// What is wrong with a file, and the line in question.
fn problem(what: &str, problem: &Problem) -> Vec<String> {
    let place = problem.line.zip(problem.column).map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
    let text = problem.text().filter(|text| !text.is_empty()).map(|text| format!("      {text}"));
    let said = format!("{what}: {}{place}: {}", problem.path, inline(&problem.what, Front::Command));
    [said].into_iter().chain(text).collect()
}

/// What a reload would do.
pub fn plan(plan: &Plan, warnings: &[Problem], difference: Difference<'_>) -> Vec<String> {
    let mut lines: Vec<_> = warnings.iter().flat_map(|found| problem("Warning", found)).collect();
    lines.push(match plan.action {
        Action::None | Action::NeverRead => "Nothing to reload.".to_owned(),
        Action::Dispose | Action::Restart => {
            format!("{}: {}", capital(action(plan.action)), counted(plan.changes.len(), "change"))
        }
    });
    lines.extend(plan.changes.iter().flat_map(|change| with_difference(change, difference)));
    lines.extend(plan.interrupts.iter().map(run));
    let costs = [
        (SERVERS, &plan.servers),
        (ENDS, &plan.ends),
        (RETURNS, &plan.returns),
        (DIRECTORIES, &plan.directories),
        (PACKAGES, &plan.installs),
    ];
    let costs = costs.into_iter().filter(|(_, names)| !names.is_empty());
    lines.extend(costs.map(|(what, names)| format!("  ! {what}: {}", names.join(", "))));
    lines.extend(plan.takes.map(|takes| format!("Usually takes {}", takes.words())));
    lines.push(format!("Plan fingerprint: {}", plan.fingerprint.as_str()));
    lines
}

/// A change, and the first lines of what differs.
fn with_difference(one: &Change, difference: Difference<'_>) -> Vec<String> {
    const MOST: usize = 12;
    let all = difference(one);
    let shown = all.iter().take(MOST).map(|line| {
        let sign = match line.mark {
            Mark::Same => ' ',
            Mark::Added => '+',
            Mark::Removed => '-',
            Mark::Gap => return format!("        ⋯ {}", gap(line, Front::Command)),
        };
        format!("      {sign} {}", said(&line.text, Front::Command))
    });
    let more = (all.len() > MOST).then(|| format!("        ⋯ {} more lines", all.len() - MOST));
    [change(one)].into_iter().chain(shown).chain(more).collect()
}

fn change(change: &Change) -> String {
    let source = if change.source.is_empty() { "deleted file" } else { &change.source };
    let sign = match change.change {
        ChangeKind::Added => '+',
        ChangeKind::Changed => '~',
        ChangeKind::Removed => '-',
    };
    format!(
        "  {sign} {} {} ({}, {}): {}",
        change.kind.word(),
        change.name,
        change.scope.word(),
        source,
        said(&change.why, Front::Command)
    )
}

fn run(run: &BusyRun) -> String {
    format!("  ! {}", runs::doing(run, |directory| directory))
}

/// What a reload did.
pub fn receipt(receipt: &Receipt) -> Vec<String> {
    let time = duration(receipt.duration_ms);
    let mut lines = vec![match receipt.result {
        ReceiptResult::Proved if receipt.tally().all == 0 => {
            let done = match receipt.action {
                Action::Restart => format!("Restarted the engine in {time}."),
                Action::Dispose => format!("Reloaded in {time}."),
                Action::None | Action::NeverRead => "Nothing was done.".to_owned(),
            };
            if receipt.still_pending.is_empty() { format!("{done} {ALL_LIVE}") } else { done }
        }
        ReceiptResult::Proved => format!("Reloaded in {time}: {} proved.", counted(receipt.tally().all, "change")),
        ReceiptResult::Partial => {
            let tally = receipt.tally();
            format!("Reloaded in {time}: {} of {} proved.", tally.proved, counted(tally.all, "change"))
        }
        ReceiptResult::Failed => "The reload failed.".to_owned(),
        ReceiptResult::Refused => "Not reloaded. Nothing was touched.".to_owned(),
    }];
    lines.extend(receipt.items.iter().map(item));
    lines.extend(receipt.message.iter().map(|message| format!("  {}.", said(message, Front::Command))));
    lines.extend(receipt.resumed.iter().map(|session| format!("  {}", resumed(session, Front::Command))));
    lines.extend(
        receipt
            .orphans
            .iter()
            .map(|process| format!("  ! {} (end it with: rekindle doctor --end-leftovers)", left_behind(process))),
    );
    if !receipt.still_pending.is_empty() && receipt.result != ReceiptResult::Refused {
        lines.push(format!("Still pending: {}", counted(receipt.still_pending.len(), "change")));
        lines.extend(receipt.still_pending.iter().map(change));
    }
    lines
}

/// What became of a change.
fn item(item: &ReceiptItem) -> String {
    let sign = match item.state {
        ItemState::Active | ItemState::Removed => "✓",
        ItemState::Failed | ItemState::NeedsRestart => "✗",
        ItemState::Unknown => "?",
    };
    let detail = item.detail.as_ref().map(|detail| format!(": {}", inline(detail, Front::Command))).unwrap_or_default();
    format!("  {sign} {} {}{detail}", item.name, items::outcome(item))
}

/// Something that a person should know, as a line of its own.
pub fn note(notice: &Notice) -> String {
    sentences(notice, Front::Command)
}

/// Items, each with its state.
pub fn rows(rows: &[Row]) -> Vec<String> {
    let lines = rows.iter().flat_map(|row| {
        let why = match &row.state {
            RowState::Failed { message: why } | RowState::NotRead { why } => {
                format!(": {}", inline(why, Front::Command))
            }
            _ => String::new(),
        };
        let state = items::state(&row.state, str::to_owned);
        let over = row.overrides.iter().map(|place| format!(", overrides {place}")).collect::<String>();
        // Of a skill its warning says so.
        let is_off = row.is_on() == Some(false) && row.warning.is_none();
        let over = if is_off { format!(", turned off{over}") } else { over };
        let over = row.from.iter().fold(over, |over, from| format!("{over}, from {}", from.source));
        let over = row.also.iter().fold(over, |over, place| format!("{over}, also at {place}"));
        let (kind, scope) = (row.kind.word(), row.scope.word());
        let line = format!("{kind:<12} {scope:<8} {:<28} {:<32} {state}{why}{over}", row.name, row.place);
        [line]
            .into_iter()
            .chain(row.warning.iter().map(|warning| format!("  ! {}", sentences(warning, Front::Command))))
    });
    lines.collect()
}

/// What is wrong, and how to fix it.
pub fn findings(findings: &[Finding]) -> Vec<String> {
    let lines = findings.iter().flat_map(|finding| {
        let sign = match finding.level {
            FindingLevel::Ok => "✓",
            FindingLevel::Warning => "!",
            FindingLevel::Error => "✗",
        };
        let message = said(&finding.what, Front::Command);
        let mut message = message.split('\n').map(str::to_owned);
        let first = format!("{sign} {}: {}", said(&finding.title, Front::Command), message.next().unwrap_or_default());
        let more = message.map(|line| format!("    {line}"));
        let hint = Some(hint(&finding.what, Front::Command))
            .filter(|hint| !hint.is_empty())
            .map(|hint| format!("    → {hint}"));
        [first].into_iter().chain(more).chain(hint).collect::<Vec<_>>()
    });
    lines.collect()
}

/// How many changes of a reload are named in a line.
const NAMED: usize = 20;

/// What is said of reloads whose records cannot be read.
pub fn passed_over(number: usize) -> String {
    match number {
        1 => "1 reload is not shown because its record is too long to read.".to_owned(),
        number => format!("{number} reloads are not shown because their records are too long to read."),
    }
}

/// Past reloads.
pub fn history(receipts: &[Receipt]) -> Vec<String> {
    if receipts.is_empty() {
        return vec![format!("{NO_RELOADS}.")];
    }
    let lines = receipts.iter().map(|receipt| {
        let result = result_word(receipt.result);
        let mut items: Vec<_> = receipt.items.iter().take(NAMED).map(|item| item.name.clone()).collect();
        let more = receipt.tally().all - items.len();
        items.extend((more > 0).then(|| format!("and {more} more")));
        format!("{}  {result:<8} {:>6} ms  {}  {}", receipt.at, receipt.duration_ms, receipt.id, items.join(", "))
    });
    lines.collect()
}

/// How far a reload that was cut off got is told below this.
pub fn cut_off(id: &str) -> String {
    format!("Reload {id} was cut off.")
}

/// A process that an engine left behind is ended.
pub fn ended(process: &Leftover) -> String {
    format!("Ended process {}: {}", process.pid, process.command)
}

/// What cannot wait for the result, or is no part of it.
pub fn warning(text: &str) -> String {
    format!("Warning: {text}")
}

#[cfg(test)]
mod tests {
    use rekindle_domain::{Kind, ReloadNotice};

    use super::*;
    use crate::window::banner::fixture;

    #[test]
    fn what_is_off_says_so() {
        let off = Row { detail: Some(ReloadNotice::TurnedOff.into()), ..fixture::row(Kind::Agent, "x") };
        assert!(rows(&[off])[0].ends_with(", turned off"));
        assert!(!rows(&[fixture::row(Kind::Agent, "x")])[0].contains("turned off"));
    }

    #[test]
    fn each_end_has_its_line() {
        let check = |result, action, items, expected: &str| {
            let receipt = Receipt { action, ..fixture::receipt(result, items) };
            assert_eq!(super::receipt(&receipt)[0], expected);
        };
        let item = |state| fixture::item("a", ChangeKind::Added, state);
        use ReceiptResult::*;
        check(Proved, Action::None, vec![], "Nothing was done. Everything on disk is live.");
        check(Proved, Action::Dispose, vec![], "Reloaded in 0.9 s. Everything on disk is live.");
        check(Proved, Action::Restart, vec![], "Restarted the engine in 0.9 s. Everything on disk is live.");
        check(Proved, Action::Dispose, vec![item(ItemState::Active)], "Reloaded in 0.9 s: 1 change proved.");
        let both = vec![item(ItemState::Active), item(ItemState::Failed)];
        check(Partial, Action::Dispose, both, "Reloaded in 0.9 s: 1 of 2 changes proved.");
        check(Failed, Action::Dispose, vec![], "The reload failed.");
        check(Refused, Action::None, vec![], "Not reloaded. Nothing was touched.");
    }
}
