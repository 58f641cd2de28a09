//! What the commands say to people, line by line.
//!
//! Invariant: a value never ends a line: whoever prints it escapes what is in a line.

use rekindle_domain::{
    Action, BusyRun, BusyState, Change, ChangeKind, DiffLine, EngineMode, EngineState, EngineView, Finding,
    FindingLevel, Installing, ItemState, Mark, Past, Plan, Problem, Receipt, ReceiptItem, ReceiptResult, ReloadStatus,
    Restored, Restoring, Row, RowState, StepName,
};

/// What differs for a change, line by line.
type Difference<'a> = &'a dyn Fn(&Change) -> Vec<DiffLine>;

/// `rows`: the items as they are, for what is not as it should be although nothing waits.
pub fn status(status: &ReloadStatus, rows: &[Row], difference: Difference<'_>) -> Vec<String> {
    let mut lines = vec![engine(&status.engine)];
    lines.extend(status.problems.iter().flat_map(|found| problem("Would not load", found)));
    lines.extend(status.warnings.iter().flat_map(|found| problem("Warning", found)));
    if status.reload_required {
        let how = if status.action == Action::Restart {
            "the engine has to restart"
        } else {
            "the instance has to be disposed"
        };
        lines.push(match status.changes.len() {
            0 => format!("Reload required: {how}"),
            number => format!("Reload required: {} ({how})", count(number, "change")),
        });
    } else if status.problems.is_empty() && status.engine.state == EngineState::Running {
        lines.push(nothing_waits(status, rows));
    }
    lines.extend(status.changes.iter().flat_map(|change| with_difference(change, difference)));
    lines.extend(status.past.iter().flat_map(past));
    lines.extend(status.notices.iter().map(|notice| format!("Note: {notice}")));
    lines.extend(status.busy.iter().map(run));
    lines
}

/// That nothing waits, and no more than is so.
fn nothing_waits(status: &ReloadStatus, rows: &[Row]) -> String {
    let failed = rows.iter().filter(|row| matches!(row.state, RowState::Failed { .. })).count();
    match (failed, &status.past) {
        (0, None) => "Everything on disk is live.".to_owned(),
        (0, Some(_)) => "Nothing waits for a reload.".to_owned(),
        (failed, _) => format!("Nothing waits for a reload; {} failed to load: rekindle list", count(failed, "item")),
    }
}

/// How the last reload ended, where it was not wholly proved.
fn past(past: &Past) -> Vec<String> {
    let message = past.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
    let first = match past.result {
        ReceiptResult::Failed => format!("The last reload ({}) failed{message}", past.at),
        _ => {
            let is = if past.unproved.len() == 1 { "is" } else { "are" };
            let of = count(past.changes, "change");
            format!("The last reload ({}): {} of {of} {is} not proved", past.at, past.unproved.len())
        }
    };
    [first].into_iter().chain(past.unproved.iter().map(item)).collect()
}

/// What is being installed.
pub fn installing(now: &Installing) -> String {
    let what = now.package.as_deref().unwrap_or("what its plugins need");
    format!("The engine installs {what} ({} MB so far)", now.bytes.div_ceil(1_000_000))
}

/// What is waited for behind a reload.
pub fn waits(receipt: &Receipt) -> String {
    let names: Vec<_> = receipt.items.iter().filter(|item| item.unheard).map(|item| item.name.as_str()).collect();
    match names.as_slice() {
        [] => "Waiting for what the engine has not told yet".to_owned(),
        names => format!("Waiting for {}", names.join(", ")),
    }
}

/// What is wrong with a file, and the line in question.
fn problem(what: &str, problem: &Problem) -> Vec<String> {
    let place = problem.line.zip(problem.column).map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
    let text = problem.text().filter(|text| !text.is_empty()).map(|text| format!("      {text}"));
    let said = format!("{what}: {}{place}: {} ({})", problem.path, problem.message, problem.hint);
    [said].into_iter().chain(text).collect()
}

pub fn plan(plan: &Plan, warnings: &[Problem], difference: Difference<'_>) -> Vec<String> {
    let mut lines: Vec<_> = warnings.iter().flat_map(|found| problem("Warning", found)).collect();
    lines.push(match plan.action {
        Action::None | Action::NeverRead => "Nothing to do.".to_owned(),
        Action::Dispose => format!("Dispose the instance: {}", count(plan.changes.len(), "change")),
        Action::Restart => format!("Restart the engine: {}", count(plan.changes.len(), "change")),
    });
    lines.extend(plan.changes.iter().flat_map(|change| with_difference(change, difference)));
    lines.extend(plan.interrupts.iter().map(run));
    if !plan.servers.is_empty() {
        lines.push(format!("  ! connected anew: {}", plan.servers.join(", ")));
    }
    if !plan.ends.is_empty() {
        lines.push(format!("  ! gone afterwards, unless something adds it again: {}", plan.ends.join(", ")));
    }
    if !plan.returns.is_empty() {
        lines.push(format!("  ! switched on again: {}", plan.returns.join(", ")));
    }
    lines.extend(plan.directories.iter().map(|directory| format!("  ! also loaded anew: {directory}")));
    lines.extend(plan.installs.iter().map(|package| format!("  ! installed first: {package}")));
    lines.extend(plan.takes.map(|takes| format!("Usually takes {}", takes.words())));
    lines.push(format!("Plan {}", plan.fingerprint.as_str()));
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
            Mark::Gap => return format!("        ⋯ {} lines the same", line.text),
        };
        format!("      {sign} {}", line.text)
    });
    let more = (all.len() > MOST).then(|| format!("        ⋯ {} more lines", all.len() - MOST));
    [change(one)].into_iter().chain(shown).chain(more).collect()
}

fn change(change: &Change) -> String {
    let source = if change.source.is_empty() { "in a file that is gone" } else { &change.source };
    let sign = match change.change {
        ChangeKind::Added => '+',
        ChangeKind::Changed => '~',
        ChangeKind::Removed => '-',
    };
    format!("  {sign} {} {} ({}, {}): {}", change.kind.word(), change.name, change.scope.word(), source, change.why)
}

fn run(run: &BusyRun) -> String {
    let state = match run.state {
        BusyState::Busy => "is running",
        BusyState::Retry => "is waiting for its provider",
        BusyState::Permission => "waits for a permission",
        BusyState::Question => "waits for an answer",
        BusyState::Terminal => "is an open terminal",
    };
    let place = run.directory.as_ref().map(|directory| format!(" in {directory}")).unwrap_or_default();
    format!("  ! “{}” {state}{place}", run.title)
}

pub fn engine(view: &EngineView) -> String {
    let mode = match view.mode {
        EngineMode::Host => "host",
        EngineMode::Client => "client",
    };
    let version = view.version.as_deref().unwrap_or("?");
    let url = view.url.as_deref().unwrap_or("");
    match view.state {
        EngineState::Running => format!("Engine {version} runs at {url} ({mode} mode)"),
        EngineState::Starting => match &view.message {
            Some(message) => format!("{message}. Wait longer with: --wait SECONDS"),
            None => format!("Engine is starting, or busy loading plugins ({mode} mode)"),
        },
        EngineState::Stopped => "No engine runs for this directory: rekindle engine start".to_owned(),
        EngineState::Unreachable => match &view.message {
            Some(why) => format!("Engine at {url} cannot be used: {why}"),
            None => format!("Engine cannot be reached at {url}"),
        },
        EngineState::Unauthorized => format!("Engine at {url} wants another password: set REKINDLE_ENGINE_PASSWORD"),
        EngineState::Stuck => {
            "Engine is stuck on a configuration it could not load: rekindle reload restarts it".to_owned()
        }
    }
}

pub fn receipt(receipt: &Receipt) -> Vec<String> {
    let seconds = seconds(receipt.duration_ms);
    let mut lines = vec![match receipt.result {
        ReceiptResult::Proved if receipt.tally().all == 0 && !receipt.still_pending.is_empty() => {
            "Nothing was done.".to_owned()
        }
        ReceiptResult::Proved if receipt.tally().all == 0 => "Everything on disk is live; nothing was done.".to_owned(),
        ReceiptResult::Proved => format!("Reloaded in {seconds}: {} proved.", count(receipt.tally().all, "change")),
        ReceiptResult::Partial => {
            let tally = receipt.tally();
            format!("Reloaded in {seconds}: {} of {} proved.", tally.proved, count(tally.all, "change"))
        }
        ReceiptResult::Failed => "The reload failed.".to_owned(),
        ReceiptResult::Refused => "Not reloaded; nothing was touched.".to_owned(),
    }];
    lines.extend(receipt.items.iter().map(item));
    lines.extend(receipt.message.iter().map(|message| format!("  {message}.")));
    lines.extend(receipt.resumed.iter().map(|session| match &session.error {
        None => format!("  “{}” goes on", session.title),
        Some(error) => format!("  “{}” could not be told to go on: {error}", session.title),
    }));
    lines.extend(receipt.orphans.iter().map(|process| {
        format!("  ! process {} is left behind: {} (rekindle doctor --end-leftovers)", process.pid, process.command)
    }));
    if !receipt.still_pending.is_empty() && receipt.result != ReceiptResult::Refused {
        lines.push(format!("Still pending: {}", count(receipt.still_pending.len(), "change")));
        lines.extend(receipt.still_pending.iter().map(change));
    }
    lines
}

/// What became of a change.
fn item(item: &ReceiptItem) -> String {
    let (sign, state) = match item.state {
        ItemState::Active => ("✓", "active"),
        ItemState::Removed => ("✓", "removed"),
        ItemState::Failed => ("✗", "failed"),
        ItemState::NeedsRestart => ("✗", "needs a restart"),
        ItemState::Unknown if item.unheard => ("?", "not heard yet"),
        ItemState::Unknown => ("?", "not shown by the engine"),
    };
    let detail = item.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
    format!("  {sign} {} {state}{detail}", item.name)
}

pub fn step(step: StepName) -> &'static str {
    match step {
        StepName::Check => "Checking the files, asking what is running",
        StepName::WaitForIdle => "Waiting until nothing is running",
        StepName::Dispose => "Disposing the instance",
        StepName::Restart => "Restarting the engine",
        StepName::Answer => "Waiting for the engine",
        StepName::Verify => "Asking the engine what it has loaded",
        StepName::RollBack => "Putting the last good files back",
    }
}

pub fn rows(rows: &[Row]) -> Vec<String> {
    let lines = rows.iter().flat_map(|row| {
        let state = match &row.state {
            RowState::Loaded => "loaded".to_owned(),
            RowState::Waiting { action: Action::Restart, .. } => "needs a restart".to_owned(),
            RowState::Waiting { .. } => "waiting for reload".to_owned(),
            RowState::Failed { message } => format!("failed: {message}"),
            RowState::Overridden { by } => format!("overridden by {by}"),
            RowState::NotRead { why } => format!("not read: {why}"),
            RowState::Unknown => "unknown".to_owned(),
        };
        let over = row.overrides.iter().map(|place| format!(", instead of {place}")).collect::<String>();
        let over = row.also.iter().fold(over, |over, place| format!("{over}, the same at {place}"));
        let (kind, scope) = (row.kind.word(), row.scope.word());
        let line = format!("{kind:<12} {scope:<8} {:<28} {:<32} {state}{over}", row.name, row.place);
        [line].into_iter().chain(row.warning.iter().map(|warning| format!("  ! {warning}")))
    });
    lines.collect()
}

pub fn findings(findings: &[Finding]) -> Vec<String> {
    let lines = findings.iter().flat_map(|finding| {
        let sign = match finding.level {
            FindingLevel::Ok => "✓",
            FindingLevel::Warning => "!",
            FindingLevel::Error => "✗",
        };
        let mut said = finding.message.split('\n');
        let first = format!("{sign} {}: {}", finding.title, said.next().unwrap_or_default());
        let more = said.map(|line| format!("    {line}"));
        let hint = (!finding.hint.is_empty()).then(|| format!("    → {}", finding.hint));
        [first].into_iter().chain(more).chain(hint).collect::<Vec<_>>()
    });
    lines.collect()
}

pub fn restored(restored: &Restored) -> Vec<String> {
    let lines = restored.files.iter().map(|file| {
        let what = match file.change {
            Restoring::Replaced => "restored",
            Restoring::BroughtBack => "brought back",
            Restoring::SetAside => "moved to the trash",
        };
        format!("  {}: {what}", file.place)
    });
    let first = format!("Restored {}; what was there is kept.", count(restored.files.len(), "file"));
    let last = "Make it live with: rekindle reload. Take it back with: rekindle undo".to_owned();
    [first].into_iter().chain(lines).chain([last]).collect()
}

/// How many changes of a reload are named in a line.
const NAMED: usize = 20;

/// What is said of reloads whose records cannot be read.
pub fn passed_over(number: usize) -> String {
    let (those, them) =
        if number == 1 { ("record of a reload is", "it is") } else { ("records of reloads are", "they are") };
    format!("{number} {those} too long to be read, so {them} not shown.")
}

pub fn history(receipts: &[Receipt]) -> Vec<String> {
    if receipts.is_empty() {
        return vec!["No reload yet.".to_owned()];
    }
    let lines = receipts.iter().map(|receipt| {
        let result = match receipt.result {
            ReceiptResult::Proved => "proved",
            ReceiptResult::Partial => "partial",
            ReceiptResult::Failed => "failed",
            ReceiptResult::Refused => "refused",
        };
        let mut items: Vec<_> = receipt.items.iter().take(NAMED).map(|item| item.name.clone()).collect();
        let more = receipt.tally().all - items.len();
        items.extend((more > 0).then(|| format!("and {more} more")));
        format!("{}  {result:<8} {:>6} ms  {}  {}", receipt.at, receipt.duration_ms, receipt.id, items.join(", "))
    });
    lines.collect()
}

fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
